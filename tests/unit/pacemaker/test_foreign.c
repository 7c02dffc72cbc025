/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resources of VirtualDomain in a CIB, wherever they stand. */
#include "foreign.h"

#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "cib_tree.h"

static void every_guest_of_another_agent_is_listed_with_each_config_that_it_may_have(void **state)
{
    static const struct hvc_pacemaker_foreign expected[] = {
        {"web", "ocf:heartbeat:VirtualDomain", "/etc/guests/web.xml"},
        {"in-group", "ocf:site:VirtualDomain", "/etc/guests/in-group.xml"},
        {"of-template", "ocf:heartbeat:VirtualDomain", "/etc/guests/template.xml"},
        {"in-clone", "ocf:heartbeat:VirtualDomain", "/etc/guests/web.xml"},
        {"by-rule", "ocf:heartbeat:VirtualDomain", "/etc/guests/day.xml"},
        {"by-rule", "ocf:heartbeat:VirtualDomain", "/etc/guests/web.xml"},
        {"no-config", "ocf:heartbeat:VirtualDomain", ""},
    };
    xmlDoc *cib = xmlReadFile(HVC_GOLDEN "/foreign.xml", NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
    struct hvc_pacemaker_foreign *list = NULL;
    size_t count = 0;

    (void)state;
    assert_non_null(cib);
    assert_int_equal(foreign_tree_list(xmlDocGetRootElement(cib), &list, &count), 0);
    assert_int_equal(count, HVC_COUNT(expected));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].resource, expected[i].resource);
        assert_string_equal(list[i].agent, expected[i].agent);
        assert_string_equal(list[i].config, expected[i].config);
    }
    free(list);
    xmlFreeDoc(cib);
}

static void a_cib_without_resources_has_none(void **state)
{
    xmlDoc *cib = xmlReadDoc((const xmlChar *)"<cib><configuration/></cib>", NULL, NULL, 0);
    struct hvc_pacemaker_foreign *list = NULL;
    size_t count = 1;

    (void)state;
    assert_non_null(cib);
    assert_int_equal(foreign_tree_list(xmlDocGetRootElement(cib), &list, &count), 0);
    assert_int_equal(count, 0);
    assert_null(list);
    xmlFreeDoc(cib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_guest_of_another_agent_is_listed_with_each_config_that_it_may_have),
        cmocka_unit_test(a_cib_without_resources_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
