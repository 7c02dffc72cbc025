/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/storage_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static const char golden[] = "version=1\n"
                             "root=/srv/fast\n"
                             "save-root=/srv/save\n"
                             "disk=vda\n"
                             "path=/srv/fast/vm 1=a.qcow2\n"
                             "format=qcow2\n"
                             "disk=/srv/old/data.img\n"
                             "disk=vdc\n"
                             "keep=yes\n"
                             "unmanaged=/srv/old/notes.img\n"
                             "path=/srv/fast/notes.img\n";

static struct hvc_storage_plan plan;

static void a_plan_is_read_and_written_alike(void **state)
{
    static char text[HVC_PLAN_TEXT_MAX];
    struct hvc_error error = {.code = 0};
    size_t length = 0;

    (void)state;
    assert_int_equal(hvc_storage_plan_parse(golden, sizeof(golden) - 1, &plan, &error), 0);
    assert_string_equal(plan.root, "/srv/fast");
    assert_string_equal(plan.save_root, "/srv/save");
    assert_int_equal(plan.disk_count, 3);
    assert_string_equal(plan.disks[0].disk, "vda");
    assert_string_equal(plan.disks[0].path, "/srv/fast/vm 1=a.qcow2");
    assert_int_equal(plan.disks[0].format, HVC_FORMAT_QCOW2);
    assert_string_equal(plan.disks[1].path, "");
    assert_int_equal(plan.disks[1].format, HVC_FORMAT_SAME);
    assert_true(plan.disks[2].keep);
    assert_int_equal(plan.unmanaged_count, 1);
    assert_string_equal(plan.unmanaged[0].to, "/srv/fast/notes.img");
    assert_int_equal(hvc_storage_plan_emit(&plan, text, sizeof(text), &length, &error), 0);
    assert_int_equal(length, sizeof(golden) - 1);
    assert_string_equal(text, golden);
}

static const struct {
    const char *text;
    const char *words;
} bad[] = {
    {"", "is empty"},
    {"version=2\n", "line 1 of the storage plan: only version 1"},
    {"root=/a\n", "the first line is version=1"},
    {"version=1", "was cut"},
    {"version=1\nversion=1\n", "a second version"},
    {"version=1\nroot\n", "line 2 of the storage plan: no key=value"},
    {"version=1\nrot=/a\n", "not known here"},
    {"version=1\nroot=a\n", "no absolute path"},
    {"version=1\nroot=/\n", "no absolute path"},
    {"version=1\nroot=/a/../b\n", "\"..\" part"},
    {"version=1\nroot=/a//b\n", "part"},
    {"version=1\nroot=/a/\n", "part"},
    {"version=1\nroot=/a\tb\n", "control"},
    {"version=1\nroot=/a\nroot=/b\n", "twice"},
    {"version=1\npath=/a\n", "belongs after"},
    {"version=1\nformat=raw\n", "belongs after"},
    {"version=1\nkeep=yes\n", "belongs after"},
    {"version=1\ndisk=vda\n", "there is no root"},
    {"version=1\ndisk=\n", "empty"},
    {"version=1\nroot=/a\ndisk=vda\ndisk=vda\n", "the same disk twice"},
    {"version=1\ndisk=vda\npath=/a\nformat=vmdk\n", "raw or qcow2"},
    {"version=1\ndisk=vda\npath=/a\nformat=raw\nformat=raw\n", "twice"},
    {"version=1\ndisk=vda\nkeep=no\n", "yes or not there"},
    {"version=1\ndisk=vda\nkeep=yes\npath=/a\n", "is kept"},
    {"version=1\ndisk=vda\npath=/a\ndisk=vdb\npath=/a\n", "two disks"},
    {"version=1\nunmanaged=/a\n", "no path="},
    {"version=1\nunmanaged=/a\nunmanaged=/b\npath=/c\n", "no path="},
    {"version=1\nunmanaged=/a\npath=/b\nformat=raw\n", "belongs after a disk"},
};

static void a_bad_plan_is_refused_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        struct hvc_error error = {.code = 0};

        if (hvc_storage_plan_parse(bad[i].text, strlen(bad[i].text), &plan, &error) != -EINVAL ||
            strstr(error.text, bad[i].words) == NULL)
            fail_msg("%s: \"%s\"", bad[i].text, error.text);
    }
}

static void a_zero_byte_and_too_much_are_refused(void **state)
{
    static char much[HVC_PLAN_TEXT_MAX + 1];
    struct hvc_error error;

    (void)state;
    assert_int_equal(hvc_storage_plan_parse("version=1\n\0", 11, &plan, &error), -EINVAL);
    memset(much, 'x', sizeof(much));
    assert_int_equal(hvc_storage_plan_parse(much, sizeof(much), &plan, &error), -EINVAL);
    assert_non_null(strstr(error.text, "bytes"));
}

/* Every disk and file with paths of the greatest length. */
static void fill(struct hvc_storage_plan *p)
{
    memset(p, 0, sizeof(*p));
    p->disk_count = HVC_PLAN_DISKS_MAX;
    p->unmanaged_count = HVC_PLAN_FILES_MAX;
    for (size_t i = 0; i < HVC_PLAN_DISKS_MAX; i++) {
        memset(p->disks[i].disk, 'd', HVC_DISK_PATH_MAX - 1);
        memset(p->disks[i].path, 'p', HVC_DISK_PATH_MAX - 1);
        p->disks[i].path[0] = '/';
        p->disks[i].disk[0] = p->disks[i].path[1] = (char)('A' + i);
        p->disks[i].format = HVC_FORMAT_QCOW2;
    }
    for (size_t i = 0; i < HVC_PLAN_FILES_MAX; i++) {
        memset(p->unmanaged[i].from, 'f', HVC_DISK_PATH_MAX - 1);
        memset(p->unmanaged[i].to, 't', HVC_DISK_PATH_MAX - 1);
        p->unmanaged[i].from[0] = p->unmanaged[i].to[0] = '/';
    }
}

static void the_greatest_plan_fits(void **state)
{
    static char text[HVC_PLAN_TEXT_MAX];
    struct hvc_error error = {.code = 0};
    size_t length = 0;

    (void)state;
    fill(&plan);
    if (hvc_storage_plan_emit(&plan, text, sizeof(text), &length, &error) < 0)
        fail_msg("%s", error.text);
    assert_true(length > 90000);
    assert_int_equal(hvc_storage_plan_emit(&plan, text, 1000, &length, &error), -ENAMETOOLONG);
    plan.disks[0].path[3] = '\n';
    assert_int_equal(hvc_storage_plan_emit(&plan, text, sizeof(text), &length, &error), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_read_and_written_alike),
        cmocka_unit_test(a_bad_plan_is_refused_in_words),
        cmocka_unit_test(a_zero_byte_and_too_much_are_refused),
        cmocka_unit_test(the_greatest_plan_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
