/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore and forget on a store in a folder of the test's own. */
#include "store_commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/store.h"

#include "../hvc_cmocka.h"

static char folder[64], config[96], copy[96];

static void empty(const char *name)
{
    char path[128];
    const struct dirent *entry;
    DIR *files;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    files = opendir(path);
    while (files != NULL && (entry = readdir(files)) != NULL)
        (void)unlinkat(dirfd(files), entry->d_name, 0); /* not folders */
    if (files != NULL)
        (void)closedir(files);
}

static struct hvc_store *open_store(void)
{
    char path[96];
    const struct hvc_store_config place = {.directory = path};
    struct hvc_store *store = NULL;
    struct hvc_error error = {0};

    (void)snprintf(path, sizeof(path), "%s/state", folder);
    if (hvc_store_open(&place, &store, &error) != 0)
        fail_msg("%s", error.text);
    return store;
}

static int begin(void **state)
{
    char path[96];
    struct hvc_store *store;
    struct hvc_error error = {0};
    FILE *file;

    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-cli-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/run", folder);
    if (mkdir(path, 0755) < 0)
        return -1;
    (void)snprintf(config, sizeof(config), "%s/conf", folder);
    (void)snprintf(copy, sizeof(copy), "%s/copy", folder);
    file = fopen(config, "we");
    assert_non_null(file);
    (void)fprintf(file, "[daemon]\nstate_directory = %s/state\nruntime_directory = %s/run\n", folder, folder);
    assert_int_equal(fclose(file), 0);
    store = open_store();
    assert_int_equal(hvc_store_backup(store, copy, &error), 0);
    return hvc_store_close(store, &error);
}

static int end(void **state)
{
    char path[96];

    (void)state;
    empty("state");
    empty("run");
    (void)snprintf(path, sizeof(path), "%s/state", folder);
    (void)rmdir(path);
    (void)snprintf(path, sizeof(path), "%s/run", folder);
    (void)rmdir(path);
    empty("");
    return rmdir(folder);
}

/* words: the command line without the name of the program and --config */
static int change(const char *command, const char *path, const char *option, char done[HVC_ERROR_TEXT_MAX],
                  struct hvc_error *error)
{
    char words[6][128] = {"hvcluster", "--config"}, *argv[6];
    struct hvc_cli_order order;
    int argc = 0;

    (void)snprintf(words[2], sizeof(words[2]), "%s", config);
    (void)snprintf(words[3], sizeof(words[3]), "%s", command);
    (void)snprintf(words[4], sizeof(words[4]), "%s", path == NULL ? "" : path);
    (void)snprintf(words[5], sizeof(words[5]), "%s", option == NULL ? "" : option);
    for (int i = 0; i < 6; i++) {
        if (words[i][0] != '\0')
            argv[argc++] = words[i];
    }
    if (hvc_cli_parse(argc, argv, &order, error) != 0)
        fail_msg("%s", error->text);
    return hvc_cli_change_store(&order, done, error);
}

static bool is_damaged(void)
{
    struct hvc_store *store = open_store();
    struct hvc_store_facts facts;

    hvc_store_facts(store, &facts);
    assert_int_equal(hvc_store_close(store, NULL), 0);
    return facts.damaged;
}

static void a_copy_is_put_back_as_an_observer(void **state)
{
    char done[HVC_ERROR_TEXT_MAX];
    struct hvc_error error = {0};

    (void)state;
    if (change("restore", copy, NULL, done, &error) != 0)
        fail_msg("%s", error.text);
    assert_non_null(strstr(done, "is in the place of the store. Start hvclusterd here: the node refills"));
    assert_true(is_damaged());
}

static void an_authoritative_copy_counts(void **state)
{
    char done[HVC_ERROR_TEXT_MAX];
    struct hvc_error error = {0};

    (void)state;
    if (change("restore", copy, "--authoritative", done, &error) != 0)
        fail_msg("%s", error.text);
    assert_non_null(strstr(done, "hvcluster init --force"));
    assert_false(is_damaged());
}

static void a_store_is_emptied(void **state)
{
    char done[HVC_ERROR_TEXT_MAX], path[96];
    struct hvc_error error = {0};

    (void)state;
    if (change("forget", NULL, NULL, done, &error) != 0)
        fail_msg("%s", error.text);
    assert_non_null(strstr(done, "is empty"));
    (void)snprintf(path, sizeof(path), "%s/state/hvcluster.db", folder);
    assert_int_equal(access(path, F_OK), -1);
    assert_false(is_damaged());
}

static void what_root_writes_belongs_to_the_owner_of_the_directory(void **state)
{
    char done[HVC_ERROR_TEXT_MAX], path[96];
    struct hvc_error error = {0};
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can be somebody else */
    (void)snprintf(path, sizeof(path), "%s/state", folder);
    assert_int_equal(chown(path, 12345, 12346), 0);
    assert_int_equal(change("restore", copy, NULL, done, &error), 0);
    (void)snprintf(path, sizeof(path), "%s/state/hvcluster.db", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, 12345);
    assert_int_equal(status.st_gid, 12346);
    (void)snprintf(path, sizeof(path), "%s/state", folder);
    assert_int_equal(chown(path, 0, 0), 0);
}

static void nothing_is_done_while_hvclusterd_runs(void **state)
{
    static const char *const commands[] = {"restore", "forget"};
    char done[HVC_ERROR_TEXT_MAX], path[128];
    struct hvc_store *store;
    int fd;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/run/hvclusterd.pid", folder);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    for (size_t i = 0; i < HVC_COUNT(commands); i++) {
        struct hvc_error error = {0};

        assert_int_equal(change(commands[i], i == 0 ? copy : NULL, NULL, done, &error), -EBUSY);
        assert_non_null(strstr(error.text, "hvclusterd runs here: nothing was done. Stop it on this node first"));
    }
    (void)close(fd);
    store = open_store(); /* somebody else has it, whatever that is */
    for (size_t i = 0; i < HVC_COUNT(commands); i++) {
        struct hvc_error error = {0};

        assert_int_equal(change(commands[i], i == 0 ? copy : NULL, NULL, done, &error), -EBUSY);
        assert_non_null(strstr(error.text, i == 0 ? "the store was not restored" : "the store was not emptied"));
    }
    assert_int_equal(hvc_store_close(store, NULL), 0);
}

static void mistakes_are_told(void **state)
{
    char done[HVC_ERROR_TEXT_MAX];
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(change("restore", "/no/such/copy", NULL, done, &error), -ENOENT);
    assert_non_null(strstr(error.text, "the store was not restored: cannot read the backup /no/such/copy"));
    (void)unlink(config);
    hvc_error_clear(&error);
    assert_int_equal(change("forget", NULL, NULL, done, &error), -ENOENT);
    assert_non_null(strstr(error.text, config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_is_put_back_as_an_observer, begin, end),
        cmocka_unit_test_setup_teardown(an_authoritative_copy_counts, begin, end),
        cmocka_unit_test_setup_teardown(a_store_is_emptied, begin, end),
        cmocka_unit_test_setup_teardown(what_root_writes_belongs_to_the_owner_of_the_directory, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_done_while_hvclusterd_runs, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_told, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
