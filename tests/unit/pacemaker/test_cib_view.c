/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real libcib on a CIB in a file. */
#include "cib_view.h"

#include <crm/common/logging.h>
#include <crm/common/xml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

#define HEAD                                                                                                           \
    "<cib crm_feature_set=\"3.16.2\" validate-with=\"pacemaker-3.9\" epoch=\"9\" num_updates=\"4\" admin_epoch=\"0\">" \
    "<configuration><crm_config>%s</crm_config><nodes>%s</nodes><resources>%s</resources><constraints/></"             \
    "configuration>"                                                                                                   \
    "<status>%s</status></cib>"

static char path[64];

static cib_t *cib_with_nodes(const char *properties, const char *nodes, const char *resources, const char *status)
{
    FILE *file;
    cib_t *cib;
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/hvc-test-cib-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    assert_true(fprintf(file, HEAD, properties, nodes, resources, status) > 0);
    assert_int_equal(fclose(file), 0);
    cib = cib_file_new(path);
    assert_non_null(cib);
    assert_int_equal(cib->cmds->signon(cib, "test", cib_query), 0);
    return cib;
}

static cib_t *cib_of(const char *properties, const char *resources, const char *status)
{
    return cib_with_nodes(properties, "", resources, status);
}

static void done(cib_t *cib)
{
    (void)cib->cmds->signoff(cib);
    cib_delete(cib);
    assert_int_equal(unlink(path), 0);
}

#define LRM(node, inside)                                                                                              \
    "<lrm id=\"" node "\"><lrm_resources><lrm_resource id=\"vm1\" type=\"VirtualSystem\" class=\"ocf\" "               \
    "provider=\"hvcluster\">" inside "</lrm_resource></lrm_resources></lrm>"
#define OP(call, what, code)                                                                                           \
    "<lrm_rsc_op id=\"o" call "\" operation=\"" what "\" call-id=\"" call "\" rc-code=\"" code "\" op-status=\"0\"/>"

static void node_states_are_told_apart(void **state)
{
    static const struct {
        const char *attributes, *inside;
        bool member, online, down, unclean, fenced, left_with;
    } cases[] = {
        {"in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"", "", true, true, false, false, false,
         false},
        {"in_ccm=\"true\" crmd=\"online\" join=\"pending\" expected=\"down\"", "", true, false, false, false, false,
         false},
        {"in_ccm=\"true\" crmd=\"offline\" join=\"down\" expected=\"down\"", "", true, false, false, false, false,
         false}, /* pacemaker stopped, corosync runs */
        {"in_ccm=\"1763700000\" crmd=\"1763700001\" join=\"member\" expected=\"member\"", "", true, true, false, false,
         false, false}, /* as Pacemaker 2.1.7 writes it */
        {"in_ccm=\"0\" crmd=\"0\" join=\"down\" expected=\"down\"", "", false, false, true, false, true, false},
        /* lost: fencing is due, an old fencing does not count */
        {"in_ccm=\"false\" crmd=\"offline\" join=\"member\" expected=\"member\"", "", false, false, false, true, false,
         false},
        {"in_ccm=\"false\" crmd=\"offline\"", "", false, false, false, true, false, false},
        /* fenced: history erased */
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"", "", false, false, true, false, true,
         false},
        /* fenced, came back, left cleanly: its history is there */
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"",
         LRM("2", OP("4", "monitor", "7") OP("9", "start", "0") OP("12", "stop", "0")), false, false, true, false,
         false, false},
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"", LRM("2", OP("4", "monitor", "7")), false,
         false, true, false, false, false},
        /* stopped in maintenance mode with the guest running */
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"",
         LRM("2", OP("12", "start", "0") OP("4", "stop", "0")), false, false, true, false, false, true},
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"",
         LRM("2", OP("2", "stop", "0") OP("13", "monitor", "0")), false, false, true, false, false, true},
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"",
         LRM("2", OP("2", "stop", "0") OP("-1", "start", "193")), false, false, true, false, false, true},
        {"in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"", LRM("2", OP("2", "stop", "1")), false,
         false, true, false, false, true},
    };
    static const struct fencing_record fencings[] = {{"n2", "reboot", true, 1000}, {"n9", "reboot", true, 3000}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
        struct hvc_error error = {0};
        char status[2048];
        const struct hvc_pacemaker_node *n;
        cib_t *cib;

        (void)snprintf(status, sizeof(status), "<node_state id=\"2\" uname=\"n2\" %s>%s</node_state>",
                       cases[i].attributes, cases[i].inside);
        cib = cib_of("", "", status);
        if (cib_view_read(cib, "vm1", view, &error) != 0)
            fail_msg("%s", error.text);
        cib_view_apply_fencing(view, fencings, HVC_COUNT(fencings));
        n = hvc_pacemaker_find(view, 2);
        assert_non_null(n);
        assert_null(hvc_pacemaker_find(view, 3));
        if (n->member != cases[i].member || n->online != cases[i].online || n->down != cases[i].down ||
            n->unclean != cases[i].unclean || n->fenced != cases[i].fenced || n->left_with != cases[i].left_with)
            fail_msg("row %zu: member %d online %d down %d unclean %d fenced %d left_with %d", i, n->member, n->online,
                     n->down, n->unclean, n->fenced, n->left_with);
        assert_int_equal(n->fenced_at, 1000);
        assert_true(view->fencing_enabled);
        done(cib);
        free(view);
    }
}

static void only_a_confirmed_off_or_reboot_of_that_node_is_a_fencing(void **state)
{
    static const struct {
        struct fencing_record record;
        bool fenced;
    } cases[] = {
        {{"n2", "off", true, 5}, true},      {{"N2", "reboot", true, 5}, true}, {{"n2", "reboot", false, 5}, false},
        {{"n2", "on", true, 5}, false},      {{"n22", "off", true, 5}, false},  {{NULL, "off", true, 5}, false},
        {{"n2", "monitor", true, 5}, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
        cib_t *cib = cib_of("", "",
                            "<node_state id=\"2\" uname=\"n2\" in_ccm=\"false\" crmd=\"offline\" join=\"down\" "
                            "expected=\"down\"/>");

        assert_int_equal(cib_view_read(cib, NULL, view, NULL), 0);
        cib_view_apply_fencing(view, &cases[i].record, 1);
        assert_int_equal(view->nodes[0].fenced, cases[i].fenced);
        assert_true(view->nodes[0].down);
        done(cib);
        free(view);
    }
}

static void several_nodes_and_properties_are_read(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    cib_t *cib = cib_of("<cluster_property_set id=\"s\"><nvpair id=\"s-1\" name=\"stonith-enabled\" value=\"false\"/>"
                        "</cluster_property_set>",
                        "",
                        "<node_state id=\"1\" uname=\"n1\" in_ccm=\"true\" crmd=\"online\" join=\"member\"/>"
                        "<node_state id=\"r\" uname=\"r\" remote_node=\"true\"/>"
                        "<node_state id=\"3\" uname=\"n3\" in_ccm=\"false\" crmd=\"offline\" expected=\"member\"/>");

    (void)state;
    assert_int_equal(cib_view_read(cib, "vm1", view, NULL), 0);
    assert_int_equal(view->count, 2);
    assert_true(view->nodes[0].online);
    assert_true(view->nodes[1].unclean);
    assert_false(view->fencing_enabled);
    done(cib);
    free(view);
}

static void an_empty_cib_has_neither_nodes_nor_guests(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_pacemaker_guest *guests = NULL;
    size_t count = 7;
    cib_t *cib = cib_of("", "", "");

    (void)state;
    assert_int_equal(cib_view_read(cib, "vm1", view, NULL), 0);
    assert_int_equal(view->count, 0);
    assert_int_equal(cib_view_guests(cib, &guests, &count, NULL), 0);
    assert_int_equal(count, 0);
    done(cib);
    free(view);
    free(guests);
}

static void resources_of_our_type_come_with_their_config(void **state)
{
    struct hvc_pacemaker_guest *guests = NULL;
    size_t count = 0;
    cib_t *cib = cib_of(
        "",
        "<primitive id=\"vm1\" class=\"ocf\" provider=\"hvcluster\" type=\"VirtualSystem\"><instance_attributes "
        "id=\"a\"><nvpair id=\"a1\" name=\"hypervisor\" value=\"x\"/><nvpair id=\"a2\" name=\"config\" "
        "value=\"/etc/vm1.xml\"/></instance_attributes></primitive>"
        "<primitive id=\"ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>"
        "<group id=\"g\"><primitive id=\"vm2\" class=\"ocf\" provider=\"hvcluster\" type=\"VirtualSystem\"/></group>",
        "");

    (void)state;
    assert_int_equal(cib_view_guests(cib, &guests, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_string_equal(guests[0].resource, "vm1");
    assert_string_equal(guests[0].config, "/etc/vm1.xml");
    assert_string_equal(guests[1].resource, "vm2");
    assert_string_equal(guests[1].config, "");
    done(cib);
    free(guests);
}

static int quiet(void **state)
{
    (void)state;
    (void)set_crm_log_level(LOG_EMERG);
    crm_xml_init(); /* a CIB in a file is checked against the schemas */
    return 0;
}

static int forget(void **state)
{
    (void)state;
    crm_xml_cleanup();
    return 0;
}

static void standby_and_maintenance_of_a_node_are_read_for_ever_and_until_its_next_start(void **state)
{
#define MODE(name, value)                                                                                              \
    "<instance_attributes id=\"i\"><nvpair id=\"p\" name=\"" name "\" value=\"" value "\"/></instance_attributes>"
#define HERE "in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\""
    static const struct {
        const char *lasting, *transient;
        bool standby, maintenance;
    } cases[] = {
        {"", "", false, false},
        {MODE("standby", "on"), "", true, false},
        {MODE("standby", "off"), "", false, false},
        {MODE("maintenance", "true"), "", false, true},
        {"", MODE("standby", "true"), true, false},
        {MODE("maintenance", "true"), MODE("standby", "true"), true, true},
        {MODE("colour", "true"), "", false, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
        struct hvc_error error = {0};
        char status[1024], nodes[1024];
        const struct hvc_pacemaker_node *n;
        cib_t *cib;

        (void)snprintf(nodes, sizeof(nodes), "<node id=\"2\" uname=\"n2\">%s</node>", cases[i].lasting);
        (void)snprintf(status, sizeof(status),
                       "<node_state id=\"2\" uname=\"n2\" " HERE "><transient_attributes id=\"2\">%s"
                       "</transient_attributes></node_state>",
                       cases[i].transient);
        cib = cib_with_nodes("", nodes, "", status);
        if (cib_view_read(cib, "vm1", view, &error) != 0)
            fail_msg("%s", error.text);
        n = hvc_pacemaker_find(view, 2);
        assert_non_null(n);
        if (n->standby != cases[i].standby || n->maintenance != cases[i].maintenance)
            fail_msg("row %zu: standby %d maintenance %d", i, n->standby, n->maintenance);
        done(cib);
        free(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_states_are_told_apart),
        cmocka_unit_test(only_a_confirmed_off_or_reboot_of_that_node_is_a_fencing),
        cmocka_unit_test(several_nodes_and_properties_are_read),
        cmocka_unit_test(standby_and_maintenance_of_a_node_are_read_for_ever_and_until_its_next_start),
        cmocka_unit_test(an_empty_cib_has_neither_nodes_nor_guests),
        cmocka_unit_test(resources_of_our_type_come_with_their_config),
    };

    return cmocka_run_group_tests(tests, quiet, forget);
}
