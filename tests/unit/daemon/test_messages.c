/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void every_message_has_an_id_of_its_own_and_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HVC_MESSAGE_COUNT; i++) {
        const struct hvc_message_row *row = hvc_message_row((enum hvc_message)i);

        assert_in_range(row->id, 1000, 1999);
        assert_true(strlen(row->text) > 5);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(row->id, hvc_message_row((enum hvc_message)k)->id);
    }
    assert_int_equal(hvc_message_row(HVC_MESSAGE_COUNT)->id, 1901);
}

static char *read_page(void)
{
    static char page[65536];
    char path[512];
    FILE *file;
    size_t length;

    (void)snprintf(path, sizeof(path), "%s/docs/messages.md", getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "re");
    assert_non_null(file);
    length = fread(page, 1, sizeof(page) - 1, file);
    (void)fclose(file);
    page[length] = '\0';
    return page;
}

static void the_page_explains_every_id_with_its_words_and_no_other(void **state)
{
    const char *page = read_page();
    unsigned headings = 0;

    (void)state;
    for (unsigned i = 0; i < HVC_MESSAGE_COUNT; i++) {
        const struct hvc_message_row *row = hvc_message_row((enum hvc_message)i);
        char heading[256];

        (void)snprintf(heading, sizeof(heading), "### HVC%u %s\n", row->id, row->text);
        if (strstr(page, heading) == NULL)
            fail_msg("docs/messages.md has no line \"### HVC%u %s\"", row->id, row->text);
    }
    for (const char *p = page; (p = strstr(p, "### HVC")) != NULL; p++)
        headings++;
    assert_int_equal(headings, HVC_MESSAGE_COUNT);
}

static void values_are_quoted_only_when_they_must_be(void **state)
{
    static const struct {
        const char *value, *quoted;
    } cases[] = {
        {"n1", "n1"},
        {"qemu+tls://n2/system", "qemu+tls://n2/system"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"x\"", "\"say \\\"x\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nbreak\t", "\"line\\nbreak\\x09\""},
        {"\xc3\xa4", "\xc3\xa4"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        char buffer[64];

        assert_string_equal(hvc_message_quote(cases[i].value, buffer, sizeof(buffer)), cases[i].quoted);
    }
}

static void a_value_that_does_not_fit_is_cut_visibly(void **state)
{
    char buffer[16];

    (void)state;
    assert_string_equal(hvc_message_quote("0123456789abcdef", buffer, sizeof(buffer)), "\"0123456789...\"");
    assert_string_equal(hvc_message_quote("\n\n\n\n\n\n\n\n\n\n", buffer, sizeof(buffer)), "\"\\n\\n\\n\\n\\n...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_has_an_id_of_its_own_and_words),
        cmocka_unit_test(the_page_explains_every_id_with_its_words_and_no_other),
        cmocka_unit_test(values_are_quoted_only_when_they_must_be),
        cmocka_unit_test(a_value_that_does_not_fit_is_cut_visibly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
