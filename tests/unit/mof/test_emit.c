/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of one small schema is compared byte by byte; HVC_GOLDEN_UPDATE=1 writes it anew. */
#include "fixture.h"

#include "emit.h"

#include "../hvc_cmocka.h"

static char *file_text(const char *name)
{
    const char *root = getenv("HVC_SOURCE_DIR");
    char path[512];
    struct mof_run run = {.messages = stderr};
    size_t length = 0;
    char *text;
    char *copy;

    assert_non_null(root);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/mof/%s", root, name);
    text = mof_read_file(&run, path, (struct mof_place){0}, &length);
    assert_non_null(text);
    copy = strdup(text);
    assert_non_null(copy);
    mof_arena_free(&run.arena);
    return copy;
}

static void compare(const char *name, const char *text)
{
    char path[512];
    char *want;

    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        FILE *out;

        (void)snprintf(path, sizeof(path), "%s/tests/golden/mof/%s", getenv("HVC_SOURCE_DIR"), name);
        out = fopen(path, "w");
        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    want = file_text(name);
    assert_string_equal(text, want);
    free(want);
}

static void emit(bool doc, const char *golden)
{
    struct compiled c;
    char *mof = file_text("small.mof");
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    assert_non_null(out);
    compile_text(&c, true, mof);
    assert_string_equal(compiled_messages(&c), "");
    if (doc)
        mof_emit_doc(&c.run, &c.tree, "root/small", out);
    else
        mof_emit_c(&c.run, &c.tree, "root/small", "small", out);
    assert_int_equal(fclose(out), 0);
    compare(golden, text);
    free(text);
    free(mof);
    compiled_free(&c);
}

static void tables_of_c_are_as_they_were(void **state)
{
    (void)state;
    emit(false, "small.c.txt");
}

static void the_page_is_as_it_was(void **state)
{
    (void)state;
    emit(true, "small.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_c_are_as_they_were),
        cmocka_unit_test(the_page_is_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
