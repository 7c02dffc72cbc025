/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/cim-methods.md: every request that it shows is sent, and gives what it shows; every method has one.
 * HVC_GOLDEN_UPDATE=1 writes the answers anew. */
#include "hvc/schemas.h"

#include "method_talk.h"

#include "../hvc_cmocka.h"

static const char xml_mark[] = "```xml\n", answer_mark[] = "```text\n", end_mark[] = "```";

/* The text after a mark, up to the next end; *at goes behind it. */
static char *take_block(const char **at, const char *mark)
{
    const char *begin = strstr(*at, mark), *end;

    assert_non_null(begin);
    begin += strlen(mark);
    end = strstr(begin, end_mark);
    assert_non_null(end);
    *at = end;
    return strndup(begin, (size_t)(end - begin));
}

/* "<!-- OBJECT|WHAT HVCLUSTERD SAYS -->" */
static char *take_comment(const char **at, char **ret_says)
{
    const char *begin = *at + strlen("<!-- "), *end = strstr(begin, " -->");
    char *object;

    assert_non_null(end);
    object = strndup(begin, (size_t)(end - begin));
    *ret_says = strchr(object, '|');
    assert_non_null(*ret_says);
    *(*ret_says)++ = '\0';
    *at = end;
    return object;
}

/* One session: what stands before its answer goes to out as it is, then the answer. *at goes behind it. */
static void talk(struct hvc_cim_server *server, const char **at, struct hvc_text_buffer *out)
{
    const char *begin = *at, *answer;
    char *says, *object = take_comment(at, &says);
    char *request = take_block(at, xml_mark);

    answer = strstr(*at, answer_mark);
    assert_non_null(answer);
    hvc_text_put_bytes(out, begin, (size_t)(answer - begin) + strlen(answer_mark));
    method_talk(server, request, object, says, out);
    free(take_block(at, answer_mark));
    free(request);
    free(object);
}

static char *read_page(const char *path)
{
    char *text = calloc(METHOD_TALK_MAX, 1);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, METHOD_TALK_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void every_method_has_a_session(const char *page, const char *class_name)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(&hvc_schema_cluster, class_name);
    char mark[128];

    for (uint16_t i = 0; i < cls->method_count; i++) {
        (void)snprintf(mark, sizeof(mark), "<METHODCALL NAME=\"%s\">", cls->methods[i].name);
        if (cls->methods[i].function != NULL && strstr(page, mark) == NULL)
            fail_msg("docs/cim-methods.md has no session with %s", cls->methods[i].name);
    }
}

static void every_session_of_the_page_goes_as_it_says(void **state)
{
    struct hvc_cim_server *server = hvc_cim_server_new(&method_talk_options);
    struct hvc_text_buffer out = {.limit = METHOD_TALK_MAX};
    char path[512], *page;
    unsigned count = 0;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/docs/cim-methods.md", getenv("HVC_SOURCE_DIR"));
    page = read_page(path);
    for (const char *at = page, *next; *at != '\0'; at = next) {
        next = strstr(at, "<!-- ");
        if (next == NULL)
            next = at + strlen(at);
        hvc_text_put_bytes(&out, at, (size_t)(next - at));
        if (*next == '\0')
            continue;
        talk(server, &next, &out);
        count++;
    }
    every_method_has_a_session(page, "Msvm_VirtualSystemMigrationService");
    every_method_has_a_session(page, "Msvm_MigrationJob");
    print_message("%u sessions\n", count);
    assert_false(out.failed);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_true(fputs(out.bytes, file) >= 0);
        assert_int_equal(fclose(file), 0);
    } else {
        assert_string_equal(out.bytes, page);
    }
    hvc_text_free(&out);
    free(page);
    hvc_cim_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_of_the_page_goes_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
