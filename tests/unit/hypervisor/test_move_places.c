/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_places.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static const struct hvc_guest_devices guest = {
    .disk_count = 5,
    .disks = {{.name = "vda", .type = HVC_DISK_FILE, .path = "/a/vm.qcow2", .format = "qcow2"},
              {.name = "vdb", .type = HVC_DISK_BLOCK, .path = "/dev/x", .format = "raw"},
              {.name = "vdc", .type = HVC_DISK_NETWORK},
              {.name = "sda", .type = HVC_DISK_FILE, .path = "/iso", .format = "raw", .readonly = true},
              {.name = "vdd", .type = HVC_DISK_FILE, .path = "/s", .format = "raw", .shareable = true}},
};

static struct hvc_storage_plan plan;
static struct hvc_disk_place places[HVC_PLAN_DISKS_MAX];

static int choose(const char *text, size_t *count, struct hvc_error *error)
{
    assert_int_equal(hvc_storage_plan_parse(text, strlen(text), &plan, error), 0);
    return hvc_places_choose(&plan, "vm", &guest, places, count, error);
}

static void a_root_takes_all_that_can_be_written(void **state)
{
    struct hvc_error error = {.code = 0};
    size_t count = 0;

    (void)state;
    assert_int_equal(choose("version=1\nroot=/new\ndisk=vdd\nkeep=yes\n", &count, &error), 0);
    assert_int_equal(count, 3);
    assert_string_equal(places[0].path, "/new/vm.qcow2");
    assert_string_equal(places[0].format, "qcow2");
    assert_string_equal(places[1].path, "/new/vm-vdb.img");
    assert_string_equal(places[2].name, "vdc");
    assert_string_equal(places[2].path, "/new/vm-vdc.img");
    assert_string_equal(places[2].format, "raw");
}

static void without_a_root_only_what_is_named_moves(void **state)
{
    struct hvc_error error = {.code = 0};
    size_t count = 0;

    (void)state;
    assert_int_equal(choose("version=1\ndisk=/a/vm.qcow2\npath=/b/x.img\nformat=raw\n", &count, &error), 0);
    assert_int_equal(count, 1);
    assert_string_equal(places[0].name, "vda");
    assert_string_equal(places[0].path, "/b/x.img");
    assert_string_equal(places[0].format, "raw");
    /* a disk that a former run has moved is known by its new path */
    assert_int_equal(choose("version=1\ndisk=/old\npath=/a/vm.qcow2\n", &count, &error), 0);
    assert_string_equal(places[0].name, "vda");
}

static const struct {
    const char *text;
    int code;
    const char *words;
} refused[] = {
    {"version=1\ndisk=vdz\npath=/b\n", -EINVAL, "no disk \"vdz\""},
    {"version=1\ndisk=sda\npath=/b\n", -EOPNOTSUPP, "read-only"},
    {"version=1\ndisk=vdd\npath=/b\n", -EOPNOTSUPP, "other guests"},
    {"version=1\nroot=/new\n", -EOPNOTSUPP, "vdd cannot be moved: other guests"},
    {"version=1\ndisk=vda\npath=/dev/y\n", -EOPNOTSUPP, "block device"},
    {"version=1\n", -EINVAL, "moves no disk"},
    {"version=1\ndisk=vda\nkeep=yes\n", -EINVAL, "moves no disk"},
    {"version=1\nroot=/new\ndisk=vdd\nkeep=yes\ndisk=vda\npath=/new/vm-vdb.img\n", -EINVAL, "vda and vdb"},
};

static void what_cannot_be_copied_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(refused); i++) {
        struct hvc_error error = {.code = 0};
        size_t count = 0;

        if (choose(refused[i].text, &count, &error) != refused[i].code || strstr(error.text, refused[i].words) == NULL)
            fail_msg("%s: %d \"%s\"", refused[i].text, error.code, error.text);
    }
}

static void a_disk_is_found_by_its_name(void **state)
{
    (void)state;
    assert_string_equal(hvc_places_disk(&guest, "vdb")->path, "/dev/x");
    assert_null(hvc_places_disk(&guest, "vdz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_takes_all_that_can_be_written),
        cmocka_unit_test(without_a_root_only_what_is_named_moves),
        cmocka_unit_test(what_cannot_be_copied_is_refused),
        cmocka_unit_test(a_disk_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
