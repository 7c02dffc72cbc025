/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

#define UUID "c7a5fdbd-cdaf-9455-926a-d65c16db1809"

static char folder[64];
static char file[128];
static struct hvc_ocf ocf;
static struct hvc_error error;

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-identity-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(file, sizeof(file), "%s/hvcluster-vm1.id", folder);
    ocf = (struct hvc_ocf){.resource = "vm1", .state_directory = folder};
    hvc_error_clear(&error);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder); /* fails when a temporary file was left */
}

static void write_text(const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(file, 0600), 0);
}

static void what_is_stored_is_loaded_and_forgotten(void **state)
{
    const struct hvc_identity first = {UUID, "my guest"};
    const struct hvc_identity second = {UUID, "renamed"};
    struct hvc_identity loaded;

    (void)state;
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -ENOENT);
    assert_int_equal(hvc_identity_store(&ocf, &first, &error), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), 0);
    assert_string_equal(loaded.uuid, UUID);
    assert_string_equal(loaded.name, "my guest");
    assert_int_equal(hvc_identity_store(&ocf, &first, &error), 0);
    assert_int_equal(hvc_identity_store(&ocf, &second, &error), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), 0);
    assert_string_equal(loaded.name, "renamed");
    assert_int_equal(hvc_identity_forget(&ocf, &error), 0);
    assert_int_equal(hvc_identity_forget(&ocf, &error), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -ENOENT);
}

static void a_damaged_file_is_refused_in_words_and_replaced(void **state)
{
    static const char *const texts[] = {"",           "x\ny\n", UUID, UUID "\n", UUID "\n\n", UUID "\nname\nmore\n",
                                        UUID "\nname"};
    const struct hvc_identity identity = {UUID, "vm1"};
    struct hvc_identity loaded;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(texts); i++) {
        write_text(texts[i]);
        assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -EINVAL);
        assert_non_null(strstr(error.text, "does not hold a guest's UUID and name; remove it"));
    }
    assert_int_equal(hvc_identity_store(&ocf, &identity, &error), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), 0);
}

static void a_file_that_others_may_write_is_not_believed(void **state)
{
    struct hvc_identity loaded;

    (void)state;
    write_text(UUID "\nvm1\n");
    assert_int_equal(chmod(file, 0666), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -EPERM);
    assert_non_null(strstr(error.text, "not believed"));
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("/etc/passwd", file), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -EPERM);
}

static void a_missing_folder_is_made_and_a_bad_one_is_told(void **state)
{
    const struct hvc_identity identity = {UUID, "vm1"};
    struct hvc_identity loaded;
    char below[96];

    (void)state;
    (void)snprintf(below, sizeof(below), "%s/below", folder);
    ocf.state_directory = below;
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), -ENOENT);
    assert_int_equal(hvc_identity_store(&ocf, &identity, &error), 0);
    assert_int_equal(hvc_identity_load(&ocf, &loaded, &error), 0);
    assert_int_equal(hvc_identity_forget(&ocf, &error), 0);
    assert_int_equal(rmdir(below), 0);
    ocf.state_directory = "/dev/null/folder";
    assert_true(hvc_identity_store(&ocf, &identity, &error) < 0);
    assert_non_null(strstr(error.text, "cannot make folder /dev/null/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_stored_is_loaded_and_forgotten, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused_in_words_and_replaced, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_write_is_not_believed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_made_and_a_bad_one_is_told, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
