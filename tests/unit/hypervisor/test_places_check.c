/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether disks find their places, on two nodes whose files the test names. */
#include "hvc/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/guest_storage.h"

#include "../hvc_cmocka.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define XML                                                                                                            \
    "<domain><name>vm1</name><uuid>" UUID "</uuid><devices>"                                                           \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/old/a.qcow2'/>"                  \
    "<target dev='vda'/></disk><disk type='file' device='disk'><driver name='qemu' type='raw'/>"                       \
    "<source file='/old/b.img'/><target dev='vdb'/></disk></devices></domain>"

enum { MIB = 1 << 20 };

struct node {
    struct hvc_hypervisor base;
    const char *files[3]; /* that lie there */
    uint64_t length;      /* of each of them */
    uint64_t available;   /* of every directory but /none, which there is not */
    bool silent;
    unsigned looks;
};

static struct node n1, n2;
static unsigned live, stored; /* definitions that were read */
static uint64_t big;          /* size of vdb; vda has 100 MiB */

static int read_stored(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms, char **ret_xml,
                       struct hvc_error *error)
{
    (void)uuid, (void)deadline_ms;
    assert_true(inactive);
    stored++;
    if (((struct node *)h)->silent)
        return hvc_error_set(error, -ENOTCONN, "no answer");
    *ret_xml = strdup(XML);
    return 0;
}

static int read_live(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                     struct hvc_error *error)
{
    (void)uuid, (void)deadline_ms;
    live++;
    if (((struct node *)h)->silent)
        return hvc_error_set(error, -ENOTCONN, "no answer");
    *ret_xml = strdup(XML);
    return 0;
}

static int disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                     uint64_t *ret_bytes, struct hvc_error *error)
{
    (void)uuid, (void)deadline_ms;
    assert_ptr_equal(h, &n1.base);
    if (big == 0)
        return hvc_error_set(error, -EIO, "disk %s cannot be read", disk);
    *ret_bytes = strcmp(disk, "vda") == 0 ? UINT64_C(100) * MIB : big;
    return 0;
}

static int look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                struct hvc_error *error)
{
    struct node *n = (struct node *)h;

    (void)deadline_ms;
    n->looks++;
    if (n->silent)
        return hvc_error_set(error, -ENOTCONN, "no answer");
    *ret_state = (struct hvc_file_state){.has_directory = strncmp(path, "/none/", 6) != 0};
    ret_state->available = ret_state->has_directory ? n->available : 0;
    for (size_t i = 0; i < HVC_COUNT(n->files); i++)
        if (n->files[i] != NULL && strcmp(n->files[i], path) == 0) {
            ret_state->exists = true;
            ret_state->length = n->length;
        }
    return 0;
}

static int begin(void **state)
{
    static const struct hvc_storage_ops storage = {.live_xml = read_live, .disk_size = disk_size, .file_look = look};
    static const struct hvc_hypervisor_ops ops = {.storage = &storage, .read_xml = read_stored};

    (void)state;
    n1 = n2 = (struct node){.base.ops = &ops, .available = UINT64_C(300) * MIB};
    big = UINT64_C(150) * MIB;
    live = stored = 0;
    return 0;
}

static struct hvc_error error;

static int check(const char *text, struct hvc_places_request request)
{
    static struct hvc_storage_plan plan;

    hvc_error_clear(&error);
    assert_int_equal(hvc_storage_plan_parse(text, strlen(text), &plan, &error), 0);
    request.uuid = UUID;
    request.name = "vm1";
    request.source = &n1.base;
    request.target_name = request.target == &n1.base ? "n1" : "n2";
    request.plan = &plan;
    return hvc_places_check(&request, 0, &error);
}

static int check_to_n2(const char *text, bool overwrite)
{
    return check(text, (struct hvc_places_request){.target = &n2.base, .active = true, .overwrite = overwrite});
}

static void disks_that_have_room_find_their_places(void **state)
{
    (void)state;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), 0);
    assert_int_equal(n2.looks, 2);
    assert_int_equal(n1.looks, 0);
    assert_int_equal(live, 1);
    assert_int_equal(stored, 0);
}

static void disks_of_one_directory_need_room_together(void **state)
{
    (void)state;
    n2.available = UINT64_C(249) * MIB;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -ENOSPC);
    assert_string_equal(error.text,
                        "disk vdb needs 250 MiB with those before it, and there are 249 MiB at /new/b.img on n2");
    assert_int_equal(check_to_n2("version=1\nroot=/new\ndisk=vdb\npath=/newer/b.img\n", false), 0);
    n2.available = UINT64_C(99) * MIB;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -ENOSPC);
    assert_string_equal(error.text,
                        "disk vda needs 100 MiB with those before it, and there are 99 MiB at /new/a.qcow2 on n2");
}

static void a_directory_that_there_is_not_yet_tells_no_room(void **state)
{
    (void)state;
    n2.available = 0;
    assert_int_equal(check_to_n2("version=1\nroot=/none\n", false), 0);
}

static void a_file_that_is_there_is_overwritten_only_on_demand_and_makes_room(void **state)
{
    (void)state;
    n2.files[0] = "/new/a.qcow2";
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -EEXIST);
    assert_string_equal(error.text, "/new/a.qcow2 exists on n2 already; it is overwritten only when that is asked for");
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", true), 0);
    n2.files[1] = "/new/b.img";
    n2.length = UINT64_C(125) * MIB;
    n2.available = 0; /* both go: 250 MiB for 250 */
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", true), 0);
    n2.length -= 1;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", true), -ENOSPC);
    assert_non_null(strstr(error.text, "there are 249 MiB at /new/b.img"));
}

static void a_disk_that_is_at_its_place_already_is_not_moved(void **state)
{
    struct hvc_places_request here = {.target = &n1.base, .active = true};

    (void)state;
    n1.files[0] = "/old/a.qcow2";
    n1.files[1] = "/old/b.img";
    assert_int_equal(check("version=1\nroot=/old\n", here), 0);
    assert_int_equal(n1.looks, 0);
    assert_int_equal(check("version=1\nroot=/old\ndisk=vdb\npath=/new/b.img\n", here), 0);
    assert_int_equal(n1.looks, 1);
    /* on another node the path is another file */
    n2.files[0] = "/old/a.qcow2";
    assert_int_equal(check_to_n2("version=1\nroot=/old\n", false), -EEXIST);
}

static void a_guest_that_is_off_has_its_stored_disks(void **state)
{
    (void)state;
    assert_int_equal(check("version=1\nroot=/new\n", (struct hvc_places_request){.target = &n2.base}), 0);
    assert_int_equal(stored, 1);
    assert_int_equal(live, 0);
}

static void a_plan_of_another_guest_is_refused_before_anybody_looks(void **state)
{
    (void)state;
    assert_int_equal(check_to_n2("version=1\ndisk=vdz\npath=/new/z\n", false), -EINVAL);
    assert_non_null(strstr(error.text, "no disk \"vdz\""));
    assert_int_equal(check_to_n2("version=1\ndisk=vda\npath=/dev/sdz\n", false), -EOPNOTSUPP);
    assert_int_equal(n2.looks, 0);
}

static void who_does_not_answer_is_told_in_its_words(void **state)
{
    (void)state;
    n2.silent = true;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -ENOTCONN);
    assert_string_equal(error.text, "no answer");
    n1.silent = true;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -ENOTCONN);
    n1.silent = n2.silent = false;
    big = 0;
    assert_int_equal(check_to_n2("version=1\nroot=/new\n", false), -EIO);
    assert_string_equal(error.text, "disk vda cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(disks_that_have_room_find_their_places, begin),
        cmocka_unit_test_setup(disks_of_one_directory_need_room_together, begin),
        cmocka_unit_test_setup(a_directory_that_there_is_not_yet_tells_no_room, begin),
        cmocka_unit_test_setup(a_file_that_is_there_is_overwritten_only_on_demand_and_makes_room, begin),
        cmocka_unit_test_setup(a_disk_that_is_at_its_place_already_is_not_moved, begin),
        cmocka_unit_test_setup(a_guest_that_is_off_has_its_stored_disks, begin),
        cmocka_unit_test_setup(a_plan_of_another_guest_is_refused_before_anybody_looks, begin),
        cmocka_unit_test_setup(who_does_not_answer_is_told_in_its_words, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
