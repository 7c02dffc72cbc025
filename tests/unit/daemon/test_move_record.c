/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/text.h"

#include "../hvc_cmocka.h"

#define UUID "11111111-2222-4333-8444-555555555555"

static char base[64], folder[80];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/hvc-move-record-XXXXXX");
    if (mkdtemp(base) == NULL)
        return -1;
    (void)snprintf(folder, sizeof(folder), "%s/moves", base);
    return 0;
}

static int tear_down(void **state)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;

    (void)state;
    while (dir != NULL && (e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(folder);
    return rmdir(base);
}

static struct hvc_move_record sample(void)
{
    struct hvc_move_record r = {.id = "n1-17",
                                .guest = {.uuid = UUID, .name = "a \"guest\"\nof two lines"},
                                .source = "n1",
                                .target = "n2",
                                .owner = "vm-resource",
                                .uid = 4294967295u,
                                .began_at = 1790000000,
                                .tls = true};

    assert_int_equal(hvc_move_record_boot(NULL, r.boot, NULL), 0);
    return r;
}

static size_t count_files(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    size_t count = 0;

    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    (void)closedir(dir);
    return count;
}

static void put(const char *name, const char *text, size_t length)
{
    char path[160];
    FILE *file;

    (void)mkdir(folder, 0700);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void what_is_written_is_read_again_whole(void **state)
{
    const struct hvc_move_record want = sample();
    struct hvc_move_record *records = NULL;
    size_t count = 0, bad = 9;

    (void)state;
    assert_int_equal(hvc_move_record_write(folder, &want, NULL), 0);
    assert_int_equal(hvc_move_record_list(folder, &records, &count, &bad, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(bad, 0);
    assert_string_equal(records[0].id, want.id);
    assert_string_equal(records[0].guest.uuid, want.guest.uuid);
    assert_string_equal(records[0].guest.name, want.guest.name);
    assert_string_equal(records[0].source, want.source);
    assert_string_equal(records[0].target, want.target);
    assert_string_equal(records[0].owner, want.owner);
    assert_string_equal(records[0].boot, want.boot);
    assert_int_equal(strlen(records[0].boot), 36);
    assert_int_equal(records[0].uid, want.uid);
    assert_int_equal(records[0].began_at, want.began_at);
    assert_true(records[0].tls);
    free(records);
}

static void a_guest_has_one_record_the_newest_and_nothing_else_stays_in_the_folder(void **state)
{
    struct hvc_move_record r = sample();
    struct hvc_move_record *records = NULL;
    size_t count = 0, bad = 0;

    (void)state;
    assert_int_equal(hvc_move_record_write(folder, &r, NULL), 0);
    (void)hvc_text_copy(r.target, sizeof(r.target), "n3");
    (void)hvc_text_copy(r.guest.uuid, sizeof(r.guest.uuid), "11111111-2222-4333-8444-55555555555A");
    assert_int_equal(hvc_move_record_write(folder, &r, NULL), 0);
    (void)hvc_text_copy(r.guest.uuid, sizeof(r.guest.uuid), "11111111-2222-4333-8444-55555555555a");
    (void)hvc_text_copy(r.target, sizeof(r.target), "n4");
    assert_int_equal(hvc_move_record_write(folder, &r, NULL), 0);
    assert_int_equal(count_files(), 2);
    assert_int_equal(hvc_move_record_list(folder, &records, &count, &bad, NULL), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(records[i].target, strcmp(records[i].guest.uuid, UUID) == 0 ? "n2" : "n4");
    free(records);
}

static void the_boot_is_told_by_the_kernel_or_by_a_file(void **state)
{
    char path[96], boot[HVC_BOOT_ID_MAX];
    struct hvc_error error = {0};

    (void)state;
    put("boot", "a boot\nand more", 15);
    (void)snprintf(path, sizeof(path), "%s/boot", folder);
    assert_int_equal(hvc_move_record_boot(path, boot, NULL), 0);
    assert_string_equal(boot, "a boot");
    put("boot", "\n", 1);
    assert_int_equal(hvc_move_record_boot(path, boot, &error), -EINVAL);
    put("boot", "0123456789012345678901234567890123456\n", 38);
    assert_int_equal(hvc_move_record_boot(path, boot, &error), -EINVAL);
    assert_non_null(strstr(error.text, path));
    put("boot", "012345678901234567890123456789012345\n", 37);
    assert_int_equal(hvc_move_record_boot(path, boot, NULL), 0);
    (void)snprintf(path, sizeof(path), "%s/none", folder);
    assert_int_equal(hvc_move_record_boot(path, boot, &error), -ENOENT);
}

static void what_is_removed_is_gone_and_removing_nothing_is_no_error(void **state)
{
    const struct hvc_move_record r = sample();

    (void)state;
    assert_int_equal(hvc_move_record_remove(folder, UUID, NULL), 0); /* not even the folder */
    assert_int_equal(hvc_move_record_write(folder, &r, NULL), 0);
    assert_int_equal(hvc_move_record_remove(folder, UUID, NULL), 0);
    assert_int_equal(count_files(), 0);
    assert_int_equal(hvc_move_record_remove(folder, UUID, NULL), 0);
}

static void no_folder_is_no_record(void **state)
{
    struct hvc_move_record *records = NULL;
    size_t count = 9, bad = 9;

    (void)state;
    assert_int_equal(hvc_move_record_list(folder, &records, &count, &bad, NULL), 0);
    assert_int_equal(count, 0);
    assert_int_equal(bad, 0);
    free(records);
}

static void a_file_that_is_no_record_is_told_and_hides_no_other(void **state)
{
    static const struct {
        const char *text, *words;
    } files[] = {
        {"", "no record of a move"},
        {"{\"version\":1,", "no record of a move"},
        {"{\"version\":2}", "version"},
        {"{\"version\":1,\"id\":\"n1-1\"}", "member"},
        {"{\"version\":1,\"id\":\"n1-1\",\"uuid\":\"" UUID "\",\"name\":\"\",\"source\":\"n1\",\"target\":\"n2\","
         "\"owner\":\"\",\"boot\":\"\",\"uid\":0,\"began_at\":1}",
         "it is of guest " UUID},
        {"{\"version\":1,\"id\":\"n1-1\",\"uuid\":\"22222222-2222-4333-8444-555555555555\",\"name\":\"\",\"source\":"
         "\"n1\",\"target\":\"n2\",\"owner\":\"\",\"boot\":\"\",\"uid\":4294967296,\"began_at\":1}",
         "member"},
    };
    const struct hvc_move_record good = sample();

    (void)state;
    assert_int_equal(hvc_move_record_write(folder, &good, NULL), 0);
    for (size_t i = 0; i < HVC_COUNT(files); i++) {
        struct hvc_move_record *records = NULL;
        struct hvc_error error = {0};
        size_t count = 0, bad = 0;

        put("22222222-2222-4333-8444-555555555555", files[i].text, strlen(files[i].text));
        put("no-uuid", "x", 1);
        assert_int_equal(hvc_move_record_list(folder, &records, &count, &bad, &error), 0);
        assert_int_equal(bad, 1);
        assert_int_equal(count, 1);
        assert_string_equal(records[0].guest.uuid, UUID);
        if (strstr(error.text, files[i].words) == NULL || error.code >= 0)
            fail_msg("file %zu: %d %s", i, error.code, error.text);
        free(records);
    }
}

static void a_file_without_end_is_not_read_to_its_end(void **state)
{
    static char much[20000];
    struct hvc_move_record *records = NULL;
    struct hvc_error error = {0};
    size_t count = 0, bad = 0;

    (void)state;
    memset(much, ' ', sizeof(much));
    put(UUID, much, sizeof(much));
    assert_int_equal(hvc_move_record_list(folder, &records, &count, &bad, &error), 0);
    assert_int_equal(count, 0);
    assert_int_equal(bad, 1);
    assert_int_equal(error.code, -E2BIG);
    free(records);
}

static void what_cannot_be_written_is_an_error_with_the_place(void **state)
{
    struct hvc_move_record r = sample();
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_move_record_write("/proc/no/moves", &r, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/proc/no/moves"));
    (void)hvc_text_copy(r.guest.uuid, sizeof(r.guest.uuid), "../../etc/passwd");
    assert_int_equal(hvc_move_record_write(folder, &r, &error), -EINVAL);
    put("x", "", 0);
    r = sample();
    (void)snprintf(folder + strlen(folder), 4, "/x"); /* a file where the folder should be */
    assert_int_equal(hvc_move_record_write(folder, &r, &error), -ENOTDIR);
    folder[strlen(folder) - 2] = '\0';
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_again_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_guest_has_one_record_the_newest_and_nothing_else_stays_in_the_folder, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_boot_is_told_by_the_kernel_or_by_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_removed_is_gone_and_removing_nothing_is_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_folder_is_no_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_record_is_told_and_hides_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_end_is_not_read_to_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_an_error_with_the_place, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
