/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "text_buffer.h"
#include "xml_tree.h"

#include "../hvc_cmocka.h"

static int begin(void **state)
{
    *state = hvc_cim_arena_new(64 << 20);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static void elements_attributes_and_text_are_kept(void **state)
{
    static const char text[] =
        "<?xml version=\"1.0\"?><!-- c --><a x=\"1\" y='&lt;2'>one<b/><![CDATA[<two>]]>&amp;<c><d/>t</c></a>";
    struct hvc_xml_node *root = NULL;
    struct hvc_error error = {0};

    assert_int_equal(hvc_xml_tree_read(*state, text, sizeof(text) - 1, &root, &error), 0);
    assert_true(hvc_xml_is(root, "a"));
    assert_string_equal(hvc_xml_attribute(root, "y"), "<2");
    assert_null(hvc_xml_attribute(root, "z"));
    assert_string_equal(hvc_xml_text(*state, root), "one<two>&");
    assert_true(hvc_xml_is(hvc_xml_element(root->first), "b"));
    assert_string_equal(hvc_xml_inner(*state, root), "one<b></b>&lt;two&gt;&amp;<c><d></d>t</c>");
    assert_string_equal(hvc_xml_text(*state, hvc_xml_element(root->first)), "");
    assert_string_equal(hvc_xml_inner(*state, hvc_xml_element(root->first)), "");
}

static void what_is_no_document_of_ours_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *words;
        int code;
    } rows[] = {
        {"", "not well-formed XML", -EINVAL},
        {"no xml", "not well-formed XML", -EINVAL},
        {"<a>\n<b></a>", "line 2: not well-formed XML: Opening and ending tag mismatch", -EINVAL},
        {"<a/><b/>", "not well-formed XML", -EINVAL},
        {"<a>", "not well-formed XML", -EINVAL},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "a document type is not taken", -EINVAL},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "a document type is not taken", -EINVAL},
        {"<a>&unknown;</a>", "Entity 'unknown' not defined", -EINVAL},
        {"<a>\xff</a>", "not well-formed XML", -EINVAL},
        {"<?xml version=\"1.0\" encoding=\"euc-jp\"?><a>\xd7>1</a>", "not well-formed XML", -EINVAL},
        {"\xff\xfe<a/>", "no document in UTF-8", -EINVAL},
        {"L\x6f\xa7\x94", "no document in UTF-8", -EINVAL},
    };

    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_xml_node *root = NULL;
        struct hvc_error error = {0};

        assert_int_equal(hvc_xml_tree_read(*state, rows[i].text, strlen(rows[i].text), &root, &error), rows[i].code);
        if (strstr(error.text, rows[i].words) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, error.text, rows[i].words);
    }
}

static void repeated(struct hvc_text_buffer *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        hvc_text_put(out, text);
}

static void what_is_too_deep_or_too_much_is_refused(void **state)
{
    struct hvc_text_buffer out = {.limit = 16 << 20};
    struct hvc_xml_node *root = NULL;
    struct hvc_error error = {0};
    struct hvc_cim_arena *small = hvc_cim_arena_new(4096);

    repeated(&out, "<a>", HVC_XML_TREE_DEPTH_MAX + 1);
    repeated(&out, "</a>", HVC_XML_TREE_DEPTH_MAX + 1);
    assert_int_equal(hvc_xml_tree_read(*state, out.bytes, out.length, &root, &error), -E2BIG);
    assert_non_null(strstr(error.text, "nested deeper than 64"));
    out.length = 0;
    hvc_text_put(&out, "<a>");
    repeated(&out, "<b/>", HVC_XML_TREE_ELEMENTS_MAX);
    hvc_text_put(&out, "</a>");
    assert_int_equal(hvc_xml_tree_read(*state, out.bytes, out.length, &root, &error), -E2BIG);
    assert_non_null(strstr(error.text, "more than 200000 elements"));
    assert_int_equal(hvc_xml_tree_read(small, out.bytes, out.length, &root, &error), -ENOMEM);
    hvc_cim_arena_free(small);
    hvc_text_free(&out);
}

static void a_document_is_utf_8_whatever_it_says(void **state)
{
    static const char declared[] = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a>\xc3\xa4</a>";
    static const char marked[] = "\xef\xbb\xbf<a>\xe2\x82\xac</a>";
    static const char wide[] = "<\0a\0/\0>\0"; /* UTF-16 */
    struct hvc_xml_node *root = NULL;
    struct hvc_error error = {0};

    assert_int_equal(hvc_xml_tree_read(*state, declared, sizeof(declared) - 1, &root, &error), 0);
    assert_string_equal(hvc_xml_text(*state, root), "\xc3\xa4");
    assert_int_equal(hvc_xml_tree_read(*state, marked, sizeof(marked) - 1, &root, &error), 0);
    assert_string_equal(hvc_xml_text(*state, root), "\xe2\x82\xac");
    assert_int_equal(hvc_xml_tree_read(*state, wide, sizeof(wide) - 1, &root, &error), -EINVAL);
    assert_string_equal(error.text, "line 1: not well-formed XML: no document in UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(elements_attributes_and_text_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_document_is_utf_8_whatever_it_says, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_document_of_ours_is_told_with_its_line, begin, end),
        cmocka_unit_test_setup_teardown(what_is_too_deep_or_too_much_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
