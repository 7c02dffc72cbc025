/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The priority that Pacemaker's configuration gives a resource. */
#include "priority.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/pacemaker_moves.h"

#define SET(value)                                                                                                     \
    "<meta_attributes id=\"m\"><nvpair id=\"a\" name=\"allow-migrate\" value=\"true\"/>"                               \
    "<nvpair id=\"p\" name=\"priority\" value=\"" value "\"/></meta_attributes>"
#define RULED                                                                                                          \
    "<meta_attributes id=\"r\"><rule id=\"ru\"/><nvpair id=\"q\" name=\"priority\" value=\"77\"/></meta_attributes>"
#define WEB(inside)      "<primitive id=\"web\">" inside "</primitive>"
#define DEFAULTS(inside) "<rsc_defaults>" inside "</rsc_defaults>"

static bool read_from(const char *resources, const char *defaults, int *ret_priority)
{
    char text[2048];
    xmlDoc *doc;
    bool found;

    (void)snprintf(text, sizeof(text), "<cib><configuration><resources>%s</resources>%s</configuration></cib>",
                   resources, defaults);
    doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    found = priority_read(xmlDocGetRootElement(doc), "web", ret_priority);
    xmlFreeDoc(doc);
    return found;
}

static void the_nearest_value_without_a_rule_counts(void **state)
{
    static const struct {
        const char *resources, *defaults;
        int priority;
    } cases[] = {
        {WEB(""), "", 0},
        {WEB(SET("10")), "", 10},
        {WEB(SET("-5")), "", -5},
        {WEB(SET("INFINITY")), "", HVC_PACEMAKER_PRIORITY_MAX},
        {WEB(SET("-INFINITY")), "", -HVC_PACEMAKER_PRIORITY_MAX},
        {WEB(SET("99999999999")), "", HVC_PACEMAKER_PRIORITY_MAX},
        {WEB(SET("high")), "", 0},
        {WEB(RULED SET("3")), "", 3},
        {WEB(RULED), "", 0},
        {WEB(""), DEFAULTS(SET("4")), 4},
        {WEB(SET("0")), DEFAULTS(SET("4")), 0},
        {"<group id=\"g\">" WEB("") SET("6") "</group>", DEFAULTS(SET("4")), 6},
        {"<group id=\"g\">" WEB(SET("7")) SET("6") "</group>", "", 7},
        {"<primitive id=\"other\">" SET("8") "</primitive>" WEB(""), "", 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        int priority = 1;

        assert_true(read_from(cases[i].resources, cases[i].defaults, &priority));
        if (priority != cases[i].priority)
            fail_msg("row %zu: %d", i, priority);
    }
}

static void a_resource_that_there_is_not_is_told(void **state)
{
    int priority = 1;

    (void)state;
    assert_false(read_from("<primitive id=\"web2\"/>", DEFAULTS(SET("4")), &priority));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_value_without_a_rule_counts),
        cmocka_unit_test(a_resource_that_there_is_not_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
