/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "place.h"

static struct {
    unsigned magic;
    int code;
} answer;

int __wrap_statfs(const char *path, struct statfs *facts);

int __wrap_statfs(const char *path, struct statfs *facts)
{
    (void)path;
    if (answer.code != 0) {
        errno = answer.code;
        return -1;
    }
    memset(facts, 0, sizeof(*facts));
    facts->f_type = (__typeof__(facts->f_type))answer.magic;
    return 0;
}

static const struct {
    unsigned magic;
    int code;
    bool lost;
    const char *name;
} cases[] = {
    {NFS_SUPER_MAGIC, -EOPNOTSUPP, false, "NFS"},
    {CIFS_SUPER_MAGIC, -EOPNOTSUPP, false, "CIFS"},
    {SMB2_SUPER_MAGIC, -EOPNOTSUPP, false, "SMB2"},
    {FUSE_SUPER_MAGIC, -EOPNOTSUPP, false, "FUSE"},
    {CEPH_SUPER_MAGIC, -EOPNOTSUPP, false, "Ceph"},
    {V9FS_MAGIC, -EOPNOTSUPP, false, "9P"},
    {OCFS2_SUPER_MAGIC, -EOPNOTSUPP, false, "OCFS2"},
    {0x01161970, -EOPNOTSUPP, false, "GFS2"},
    {TMPFS_MAGIC, 0, true, "tmpfs"},
    {EXT4_SUPER_MAGIC, 0, false, "ext4"},
    {XFS_SUPER_MAGIC, 0, false, "XFS"},
    {0x12345678, 0, false, "another local file system"},
};

static void network_and_shared_file_systems_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        const char *name = "";
        bool lost = false;

        answer.magic = cases[i].magic;
        assert_int_equal(hvc_store_place("/tmp", &name, &lost, &error), cases[i].code);
        assert_int_equal(lost, cases[i].lost);
        if (cases[i].code == 0)
            assert_string_equal(name, cases[i].name);
        else if (strstr(error.text, cases[i].name) == NULL || strstr(error.text, "local disk") == NULL)
            fail_msg("'%s' does not name %s", error.text, cases[i].name);
    }
}

static void a_place_that_cannot_be_judged_is_an_error(void **state)
{
    struct hvc_error error = {0};
    const char *name;
    bool lost;

    (void)state;
    answer.code = EIO;
    assert_int_equal(hvc_store_place("/tmp", &name, &lost, &error), -EIO);
    answer.code = 0;
    assert_int_equal(hvc_store_place("/proc/no/such/place", &name, &lost, &error), -ENOENT);
}

static void the_second_lock_names_the_first_holder(void **state)
{
    char path[] = "/tmp/hvc-lock-XXXXXX", words[32];
    struct hvc_error error = {0};
    int first = mkstemp(path), held, second;

    (void)state;
    assert_true(first >= 0);
    assert_int_equal(close(first), 0);
    assert_int_equal(hvc_store_lock(path, &held, &error), 0);
    assert_int_equal(hvc_store_lock(path, &second, &error), -EBUSY);
    (void)snprintf(words, sizeof(words), "pid %d,", getpid());
    assert_non_null(strstr(error.text, words));
    assert_int_equal(close(held), 0);
    assert_int_equal(hvc_store_lock(path, &second, &error), 0);
    assert_int_equal(close(second), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(hvc_store_lock("/proc/no/such/place", &second, &error), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_and_shared_file_systems_are_refused_by_name),
        cmocka_unit_test(a_place_that_cannot_be_judged_is_an_error),
        cmocka_unit_test(the_second_lock_names_the_first_holder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
