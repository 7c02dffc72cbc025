/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#include "../hvc_cmocka.h"

static char folder[] = "/tmp/hvc-mof-XXXXXX";

static void put_file(const char *name, const char *text)
{
    char path[256];
    FILE *out;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static const char *parse(struct compiled *c, const char *name)
{
    static char path[256];
    static char second[256];
    static const char *folders[] = {second};

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)snprintf(second, sizeof(second), "%s/second", folder);
    *c = (struct compiled){.run = {.folders = folders, .folder_count = 1}};
    c->run.messages = open_memstream(&c->messages, &c->messages_length);
    assert_non_null(c->run.messages);
    mof_parse(&c->run, &c->tree, path);
    return compiled_messages(c);
}

static void included_files_are_found_beside_and_in_the_folders_and_read_once(void **state)
{
    struct compiled c;

    (void)state;
    put_file("a.mof",
             "#pragma include (\"b.mof\")\n#pragma include (\"b.mof\")\n#pragma include (\"c.mof\")\nclass CIM_A { };");
    put_file("b.mof", "class CIM_B { };\n#pragma include (\"a.mof\")");
    put_file("second/c.mof", "class CIM_C { };");
    assert_string_equal(parse(&c, "a.mof"), "");
    assert_int_equal(c.tree.class_count, 3);
    assert_int_equal(c.tree.file_count, 3);
    compiled_free(&c);
}

static void a_file_that_is_not_there_or_too_deep_is_told(void **state)
{
    struct compiled c;
    char name[32];
    char text[64];

    (void)state;
    assert_non_null(strstr(parse(&c, "none.mof"), "error: cannot open "));
    assert_non_null(strstr(c.messages, "No such file or directory"));
    compiled_free(&c);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof(name), "d%d.mof", i);
        (void)snprintf(text, sizeof(text), "#pragma include (\"d%d.mof\")", i + 1);
        put_file(name, text);
    }
    assert_non_null(strstr(parse(&c, "d0.mof"), "files are included deeper than 16 levels"));
    compiled_free(&c);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    struct compiled c;
    char path[256];

    (void)state;
    put_file("large.mof", "//");
    (void)snprintf(path, sizeof(path), "%s/large.mof", folder);
    assert_int_equal(truncate(path, MOF_FILE_MAX + 1), 0);
    assert_non_null(strstr(parse(&c, "large.mof"), "is larger than 4194304 bytes"));
    compiled_free(&c);
}

static int make_folder(void **state)
{
    char path[256];

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/second", folder);
    return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"a.mof", "b.mof", "second/c.mof", "large.mof", "second", ""};
    char path[256];

    (void)state;
    for (int i = 0; i < 20; i++) {
        (void)snprintf(path, sizeof(path), "%s/d%d.mof", folder, i);
        (void)unlink(path);
    }
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    return access(folder, F_OK) == 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(included_files_are_found_beside_and_in_the_folders_and_read_once),
        cmocka_unit_test(a_file_that_is_not_there_or_too_deep_is_told),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
