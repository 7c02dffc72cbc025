/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metadata.h"

#include <stdlib.h>

#include "../hvc_cmocka.h"
#include "agent_environment.h"

static const struct hvc_parameter PARAMETERS[] = {
    {.name = "one",
     .type = HVC_PARAMETER_INTEGER,
     .required = true,
     .min = 1,
     .max = 9,
     .standard = "0",
     .shortdesc = "Number",
     .longdesc = "A <number> & \"more\""},
    {.name = "two",
     .use = HVC_PARAMETER_REFUSED,
     .type = HVC_PARAMETER_BOOLEAN,
     .reloadable = true,
     .shortdesc = "Two",
     .longdesc = "Second.",
     .instead = "do it by hand"},
    {.name = NULL},
};
static const struct hvc_ocf_action ACTIONS[] = {{"monitor", 30, 10}, {"meta-data", 5, 0}, {NULL, 0, 0}};
static const struct hvc_agent AGENT = {
    .name = "Thing", .shortdesc = "Short", .longdesc = "Long", .parameters = PARAMETERS, .actions = ACTIONS};

static void the_metadata_says_what_the_table_says(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    assert_int_equal(hvc_metadata_write(&AGENT, out), 0);
    (void)fclose(out);
    assert_non_null(strstr(text, "<version>1.1</version>"));
    assert_non_null(strstr(text, "<parameter name=\"one\" unique=\"0\" required=\"1\" reloadable=\"0\">\n"
                                 "<longdesc lang=\"en\">A &lt;number&gt; &amp; &quot;more&quot;\n"
                                 "From 1 to 9; 0 means not set.</longdesc>\n"
                                 "<shortdesc lang=\"en\">Number</shortdesc>\n"
                                 "<content type=\"integer\" default=\"0\"/>\n</parameter>\n"));
    assert_non_null(strstr(text, "Not supported; a value that asks for it is refused: do it by hand</longdesc>"));
    assert_non_null(strstr(text, "<action name=\"monitor\" timeout=\"30s\" interval=\"10s\" depth=\"0\"/>"));
    assert_non_null(strstr(text, "<action name=\"meta-data\" timeout=\"5s\"/>"));
    free(text);
}

static void usage_names_every_action(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    assert_int_equal(hvc_usage_write(&AGENT, out), 0);
    (void)fclose(out);
    assert_string_equal(text, "usage: Thing {monitor|meta-data|usage}\n");
    free(text);
    assert_true(hvc_agent_has_action(&AGENT, "monitor"));
    assert_false(hvc_agent_has_action(&AGENT, "monito"));
}

static void a_stream_that_cannot_be_written_is_an_error(void **state)
{
    FILE *out = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(out);
    assert_true(hvc_metadata_write(&AGENT, out) < 0);
    (void)fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_metadata_says_what_the_table_says),
        cmocka_unit_test(usage_names_every_action),
        cmocka_unit_test(a_stream_that_cannot_be_written_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
