/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adoption on a real CIB with a guest of VirtualDomain and a resource that is ordered after it: judged, changed by
 * libcib on a file, simulated by crm_simulate. */
#include <crm/cib.h>
#include <crm/common/logging.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "adopt_parameters.h"
#include "adopt_plan.h"
#include "adopt_tree.h"
#include "change.h"
#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/clock.h"
#include "marks.h"
#include "virtual_system.h"

#define SECONDS 1000
#define CIB_MAX 65536

static const struct hvc_adopt_order ours = {.resource = "web", .way = HVC_ADOPT_OURS};
static const struct hvc_adopt_order back = {.resource = "web", .way = HVC_ADOPT_BACK};

static char *golden(void)
{
    FILE *file = fopen(HVC_GOLDEN "/virtual-domain.xml", "re");
    char *text = calloc(1, CIB_MAX);

    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, CIB_MAX - 1, file), 1000, CIB_MAX - 2);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* With the first of these texts, at every place, written as the second one. */
static xmlDoc *golden_with(const char *text, const char *instead)
{
    char *whole = golden(), *changed = calloc(2, CIB_MAX), *at;
    struct hvc_error error = {0};
    xmlDoc *tree = NULL;
    char *from = whole, *to = changed;

    assert_non_null(changed);
    assert_non_null(strstr(whole, text));
    while ((at = strstr(from, text)) != NULL) {
        memcpy(to, from, (size_t)(at - from));
        to += at - from;
        memcpy(to, instead, strlen(instead));
        to += strlen(instead);
        from = at + strlen(text);
    }
    memcpy(to, from, strlen(from));
    if (cib_text_parse(changed, strlen(changed), &tree, &error) < 0)
        fail_msg("%s", error.text);
    free(whole);
    free(changed);
    return tree;
}

/* ---- parameters ---- */

static void every_parameter_has_its_fate(void **state)
{
    static const struct {
        enum hvc_adopt_way way;
        const char *name, *value;
        enum hvc_adopt_fate fate;
    } cases[] = {
        {HVC_ADOPT_OURS, "config", "/etc/web.xml", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "config", "web.xml", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "hypervisor", "qemu:///system", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "hypervisor", "xen:///system", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "force_stop", "1", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "migration_transport", "tls", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "migration_transport", "ssh", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migration_user", "root", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migration_downtime", "500", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "migration_downtime", "much", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migration_speed", "1048577", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migration_network_suffix", "-mig", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migrateuri", "tcp://x", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "migrate_options", "--live --p2p", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "migrate_options", "--live --unsafe", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "monitor_scripts", "/bin/a  /bin/b", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "monitor_scripts", "a", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "autoset_utilization_cpu", "off", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "autoset_utilization_cpu", "true", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "snapshot", "/var/saved", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "snapshot", "", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "shutdown_mode", "agent", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_OURS, "start_resources", "no", HVC_ADOPT_KEPT},
        {HVC_ADOPT_OURS, "on_io_error", "fail", HVC_ADOPT_REFUSED}, /* VirtualDomain does not know it */
        {HVC_ADOPT_OURS, "colour", "red", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_BACK, "on_io_error", "fail", HVC_ADOPT_DROPPED},
        {HVC_ADOPT_BACK, "on_io_error", "degraded", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_BACK, "migration_post_copy", "0", HVC_ADOPT_DROPPED},
        {HVC_ADOPT_BACK, "shutdown_timeout", "60", HVC_ADOPT_REFUSED},
        {HVC_ADOPT_BACK, "migration_transport", "tls", HVC_ADOPT_KEPT},
        {HVC_ADOPT_BACK, "colour", "red", HVC_ADOPT_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hvc_adopt_line line = {0};

        adopt_parameter_judge(cases[i].way, cases[i].name, cases[i].value, &line);
        if (line.fate != cases[i].fate)
            fail_msg("%s=%s is %s (%s)", cases[i].name, cases[i].value, hvc_adopt_fate_name(line.fate), line.words);
        if (line.fate == HVC_ADOPT_REFUSED)
            assert_non_null(strstr(line.words, "--without"));
    }
}

static void the_table_and_the_agent_know_the_same_parameters(void **state)
{
    const struct hvc_parameter *table = hvc_virtual_system.parameters;
    const char *name;
    bool both;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; (name = adopt_parameter_at(i, &both)) != NULL; i++)
        assert_non_null(hvc_parameter_find(table, name));
    for (const struct hvc_parameter *row = table; row->name != NULL; row++) {
        bool found = false;

        for (size_t i = 0; (name = adopt_parameter_at(i, &both)) != NULL; i++)
            found = found || strcmp(name, row->name) == 0;
        if (!found)
            fail_msg("%s has no row", row->name);
        count++;
    }
    assert_true(count > 25);
}

/* ---- what is next ---- */

/* It is away, and has told nothing. */
#define N1                                                                                                             \
    {                                                                                                                  \
        .node = "n1"                                                                                                   \
    }
#define N2(...)                                                                                                        \
    {                                                                                                                  \
        .node = "n2", .online = true, .known = true, __VA_ARGS__                                                       \
    }

static void what_is_next_follows_from_the_cib_and_the_proof(void **state)
{
    static const struct {
        const char *text;
        bool held, replaced, undo;
        struct hvc_adopt_record n1, n2;
        enum hvc_adopt_proof proof;
        const char *place;
        enum hvc_adopt_step step;
    } cases[] = {
        {"nothing is held", false, false, false, N1, N2(.active = true), HVC_ADOPT_PROOF_HERE, "n2", HVC_ADOPT_DONE},
        {"it is watched", true, false, false, N1, N2(.active = true, .watched = true), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_WAIT},
        {"... but shall be undone", true, false, true, N1, N2(.active = true, .watched = true), HVC_ADOPT_PROOF_HERE,
         "n2", HVC_ADOPT_RELEASE},
        {"not watched, proven", true, false, false, N1, N2(.active = true), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_REPLACE},
        {"... shall be undone", true, false, true, N1, N2(.active = true), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_RELEASE},
        {"not proven", true, false, false, N1, N2(.active = true), HVC_ADOPT_PROOF_UNKNOWN, "", HVC_ADOPT_WAIT},
        {"not proven, undone only by proof", true, false, true, N1, N2(.active = true), HVC_ADOPT_PROOF_UNKNOWN, "",
         HVC_ADOPT_WAIT},
        {"it died meanwhile", true, false, false, N1, N2(.active = true), HVC_ADOPT_PROOF_NOWHERE, "",
         HVC_ADOPT_RELEASE},
        {"it runs twice", true, false, false, N1, N2(.active = true), HVC_ADOPT_PROOF_TWICE, "n1", HVC_ADOPT_STUCK},
        {"it runs elsewhere", true, false, true, N1, N2(.active = true), HVC_ADOPT_PROOF_HERE, "n1", HVC_ADOPT_STUCK},
        {"records of the former agent", true, true, true, N1, N2(.active = true, .foreign = true),
         HVC_ADOPT_PROOF_UNKNOWN, "", HVC_ADOPT_REFRESH},
        {"an operation is under way", true, true, false, N1, N2(.foreign = true, .pending = true), HVC_ADOPT_PROOF_HERE,
         "n2", HVC_ADOPT_WAIT},
        {"no record yet",
         true,
         true,
         false,
         {.node = "n1", .online = true},
         N2(.active = true),
         HVC_ADOPT_PROOF_HERE,
         "n2",
         HVC_ADOPT_WAIT},
        {"a node that is away",
         true,
         true,
         false,
         {.node = "n1", .known = true, .foreign = true},
         N2(.active = true),
         HVC_ADOPT_PROOF_HERE,
         "n2",
         HVC_ADOPT_RELEASE},
        {"the new agent found it", true, true, true, N1, N2(.active = true), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_RELEASE},
        {"... and libvirt does not answer", true, true, false, N1, N2(.active = true), HVC_ADOPT_PROOF_UNKNOWN, "",
         HVC_ADOPT_WAIT},
        {"the new agent did not find it", true, true, false, N1, N2(.active = false), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_STUCK},
        {"the new agent failed", true, true, false, N1, N2(.active = true, .failed = true), HVC_ADOPT_PROOF_HERE, "n2",
         HVC_ADOPT_STUCK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hvc_adopt_state s = {.held = cases[i].held, .replaced = cases[i].replaced, .count = 2};
        struct hvc_adopt_decision d;

        s.records[0] = cases[i].n1;
        s.records[1] = cases[i].n2;
        hvc_adopt_decide(&s, cases[i].proof, cases[i].place, cases[i].undo, &d);
        if (d.step != cases[i].step)
            fail_msg("%s: %d (%s)", cases[i].text, (int)d.step, d.words);
    }
}

/* Of dep, which has moved from n3 to n2: its record on n3 still has the monitor of then. */
static void a_monitor_that_ended_with_a_stop_watches_nothing(void **state)
{
    xmlDoc *tree = golden_with("tls", "tls");
    struct hvc_adopt_state look;

    (void)state;
    assert_int_equal(adopt_tree_look(xmlDocGetRootElement(tree), "dep", &look), 0);
    assert_int_equal(look.count, 3);
    assert_string_equal(look.records[1].node, "n3");
    assert_true(look.records[1].known && !look.records[1].active && !look.records[1].watched);
    assert_string_equal(look.records[2].node, "n2");
    assert_true(look.records[2].active && look.records[2].watched);
    xmlFreeDoc(tree);
}

static void the_guests_own_node_is_refreshed_last(void **state)
{
    struct hvc_adopt_state s = {
        .held = true,
        .replaced = true,
        .count = 3,
        .records = {{.node = "n1", .online = true, .known = true, .foreign = true, .active = true},
                    {.node = "n2", .online = true, .known = true, .foreign = true},
                    {.node = "n3", .online = true}},
    };
    struct hvc_adopt_decision d;

    (void)state;
    hvc_adopt_decide(&s, HVC_ADOPT_PROOF_UNKNOWN, "", false, &d);
    assert_int_equal(d.step, HVC_ADOPT_REFRESH);
    assert_string_equal(d.node, "n2");
    s.records[1].known = false;
    hvc_adopt_decide(&s, HVC_ADOPT_PROOF_UNKNOWN, "", false, &d);
    assert_string_equal(d.node, "n1");
}

/* ---- plans ---- */

static void what_is_in_the_way_is_told(void **state)
{
    static const struct {
        const char *text, *instead; /* in the CIB */
        const char *resource;
        enum hvc_adopt_way way;
        const char *without;
        const char *words; /* of some refused line; NULL: nothing is in the way */
    } cases[] = {
        {"tls", "tls", "web", HVC_ADOPT_OURS, NULL, NULL},
        {"tls", "ssh", "web", HVC_ADOPT_OURS, NULL, "ssh is not kept"},
        {"tls", "tls", "web", HVC_ADOPT_BACK, NULL, "VirtualDomain already"},
        {"tls", "tls", "dep", HVC_ADOPT_OURS, NULL, "ocf:pacemaker:Dummy, and not"},
        {"tls", "tls", "migration-service-clone", HVC_ADOPT_OURS, NULL, "it is a clone"},
        {"tls", "tls", "migration-service", HVC_ADOPT_OURS, NULL, "part of clone migration-service-clone"},
        {"have-quorum=\"1\"", "have-quorum=\"0\"", "web", HVC_ADOPT_OURS, NULL, "no quorum"},
        {"name=\"allow-migrate\" value=\"true\"", "name=\"is-managed\" value=\"false\"", "web", HVC_ADOPT_OURS, NULL,
         "does not manage it now"},
        {"name=\"allow-migrate\" value=\"true\"", "name=\"remote-node\" value=\"web\"", "web", HVC_ADOPT_OURS, NULL,
         "nodes of Pacemaker themselves"},
        {"name=\"allow-migrate\" value=\"true\"", "name=\"target-role\" value=\"Stopped\"", "web", HVC_ADOPT_OURS, NULL,
         "is about to: stop web"},
        {"id=\"web-meta_attributes\"", "id=\"hvcluster-job-7-hold\"", "web", HVC_ADOPT_OURS, NULL,
         "hvcluster-job-7-hold"},
        {"name=\"#feature-set\"", "name=\"fail-count-web#monitor_10000\"", "web", HVC_ADOPT_OURS, NULL,
         "failed operation"},
        {"name=\"config\"", "name=\"colour\"", "web", HVC_ADOPT_OURS, NULL, "no such parameter"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct hvc_adopt_order order = {cases[i].resource, cases[i].way, cases[i].without};
        xmlDoc *cib = golden_with(cases[i].text, cases[i].instead);
        struct hvc_adopt_plan *plan = calloc(1, sizeof(*plan));
        struct hvc_error error = {0};
        bool found = cases[i].words == NULL;

        assert_non_null(plan);
        if (adopt_plan_simulate(NULL, cib, &order, hvc_deadline_in(60 * SECONDS), plan, &error) < 0)
            fail_msg("%s: %s", cases[i].instead, error.text);
        for (size_t k = 0; k < plan->count; k++)
            found = found ||
                    (plan->lines[k].fate == HVC_ADOPT_REFUSED && strstr(plan->lines[k].words, cases[i].words) != NULL);
        if (!found || plan->refused != (cases[i].words != NULL))
            fail_msg("%s for %s: %s: %s", cases[i].instead, cases[i].resource, plan->lines[plan->first_refused].what,
                     plan->lines[plan->first_refused].words);
        free(plan);
        xmlFreeDoc(cib);
    }
}

static void what_is_given_up_is_not_in_the_way(void **state)
{
    const struct hvc_adopt_order order = {"web", HVC_ADOPT_OURS, "snapshot,migration_transport"};
    xmlDoc *tree = golden_with("tls", "ssh");
    struct hvc_adopt_plan *plan = calloc(1, sizeof(*plan));
    struct hvc_error error = {0};

    (void)state;
    assert_non_null(plan);
    assert_int_equal(adopt_tree_judge(xmlDocGetRootElement(tree), &order, plan, &error), 0);
    assert_false(plan->refused);
    assert_int_equal(adopt_tree_replace(xmlDocGetRootElement(tree), &order, NULL), 0);
    assert_false(tree_stands(xmlDocGetRootElement(tree), "web-instance_attributes-migration_transport"));
    assert_true(tree_stands(xmlDocGetRootElement(tree), "web-instance_attributes-hypervisor"));
    free(plan);
    xmlFreeDoc(tree);
}

static void an_unknown_resource_is_not_found(void **state)
{
    const struct hvc_adopt_order order = {.resource = "nobody"};
    xmlDoc *cib = golden_with("tls", "tls");
    struct hvc_adopt_plan *plan = calloc(1, sizeof(*plan));
    struct hvc_error error = {0};

    (void)state;
    assert_non_null(plan);
    assert_int_equal(adopt_plan_simulate(NULL, cib, &order, hvc_deadline_in(60 * SECONDS), plan, &error), -ENOENT);
    assert_non_null(strstr(error.text, "nobody"));
    free(plan);
    xmlFreeDoc(cib);
}

static void what_pacemaker_would_touch_is_held_as_well(void **state)
{
    xmlDoc *cib = golden_with("tls", "tls");
    struct hvc_adopt_plan *plan = calloc(1, sizeof(*plan));
    struct hvc_error error = {0};

    (void)state;
    assert_non_null(plan);
    assert_int_equal(adopt_plan_simulate(NULL, cib, &ours, hvc_deadline_in(60 * SECONDS), plan, &error), 0);
    assert_false(plan->refused);
    assert_int_equal(plan->held_count, 1);
    assert_string_equal(plan->held[0], "dep");
    assert_string_equal(plan->config, "/etc/hvcluster/guests/web.xml");
    assert_string_equal(plan->node, "n2");
    assert_string_equal(plan->during, "");
    assert_string_equal(plan->after, "");
    free(plan);
    xmlFreeDoc(cib);
}

/* ---- changes, by libcib ---- */

static char path[] = "/tmp/hvc-test-adopt-XXXXXX";
static cib_t *cib;
static struct hvc_adopt_plan with_dep = {.held = {"dep"}, .held_count = 1};

static int open_cib(void **state)
{
    char *text = golden();
    FILE *file;
    int fd;

    (void)state;
    memcpy(path, "/tmp/hvc-test-adopt-XXXXXX", sizeof(path));
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    free(text);
    cib = cib_file_new(path);
    assert_non_null(cib);
    assert_int_equal(cib->cmds->signon(cib, "test", cib_command), 0);
    return 0;
}

static int close_cib(void **state)
{
    (void)state;
    (void)cib->cmds->signoff(cib);
    cib_delete(cib);
    return unlink(path);
}

static int make_hold(const void *what, xmlNode *tree, xmlNode *patch, struct hvc_error *error)
{
    (void)error;
    return adopt_tree_hold(tree, what, &with_dep, "n1", patch);
}

static int make_take(const void *what, xmlNode *tree, xmlNode *patch, struct hvc_error *error)
{
    (void)error;
    return adopt_tree_take(tree, "web", what, patch);
}

static int make_replace(const void *what, xmlNode *tree, xmlNode *patch, struct hvc_error *error)
{
    (void)error;
    return adopt_tree_replace(tree, what, patch);
}

static int make_release(const void *what, xmlNode *tree, xmlNode *patch, struct hvc_error *error)
{
    (void)error;
    return adopt_tree_release(tree, what, patch);
}

static xmlDoc *tree_now(void)
{
    struct hvc_error error = {0};
    char *text = NULL;
    size_t length = 0;
    xmlDoc *tree = NULL;

    if (cib_text_read(cib, &text, &length, &error) < 0 || cib_text_parse(text, length, &tree, &error) < 0)
        fail_msg("%s", error.text);
    free(text);
    return tree;
}

static void change(change_make_fn make, const void *what)
{
    const struct change_order order = {.make = make, .what = what, .deadline_ms = hvc_deadline_in(20 * SECONDS)};
    struct hvc_error error = {0};

    if (change_cib(cib, &order, &error) < 0)
        fail_msg("%s", error.text);
}

static void look(struct hvc_adopt_state *ret_state)
{
    xmlDoc *tree = tree_now();

    assert_int_equal(adopt_tree_look(xmlDocGetRootElement(tree), "web", ret_state), 0);
    xmlFreeDoc(tree);
}

static char *primitive_now(void)
{
    xmlDoc *tree = tree_now();
    xmlBuffer *buffer = xmlBufferCreate();
    char *text;

    assert_true(xmlNodeDump(buffer, tree, marks_primitive(xmlDocGetRootElement(tree), "web"), 0, 0) > 0);
    text = strdup((const char *)xmlBufferContent(buffer));
    assert_non_null(text);
    xmlBufferFree(buffer);
    xmlFreeDoc(tree);
    return text;
}

static void there_and_back_changes_the_agent_and_nothing_else(void **state)
{
    char *before = primitive_now(), *after;
    struct hvc_adopt_state s;

    (void)state;
    change(make_hold, &ours);
    look(&s);
    assert_true(s.held);
    assert_false(s.replaced);
    assert_int_equal(s.way, HVC_ADOPT_OURS);
    assert_string_equal(s.owner, "n1");
    change(make_take, "n3");
    change(make_replace, &ours);
    look(&s);
    assert_true(s.replaced);
    assert_string_equal(s.owner, "n3");
    assert_int_equal(s.count, 3);
    for (size_t i = 0; i < s.count; i++) {
        assert_true(s.records[i].online && s.records[i].known && s.records[i].foreign);
        assert_int_equal(s.records[i].active, strcmp(s.records[i].node, "n2") == 0);
    }
    change(make_release, "web");
    look(&s);
    assert_false(s.held);
    after = primitive_now();
    assert_non_null(strstr(after, "type=\"VirtualSystem\" provider=\"hvcluster\""));
    free(after);
    change(make_replace, &back);
    after = primitive_now();
    assert_string_equal(after, before);
    free(after);
    free(before);
}

static void a_hold_that_is_gone_is_not_taken_over(void **state)
{
    const struct change_order order = {.make = make_take, .what = "n3", .deadline_ms = hvc_deadline_in(20 * SECONDS)};
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(change_cib(cib, &order, &error), -ECANCELED);
}

static int prepare(void **state)
{
    (void)state;
    crm_log_preinit("test", 0, NULL); /* libcib applies patches to trees that its own libraries watch */
    crm_log_level = LOG_EMERG;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_parameter_has_its_fate),
        cmocka_unit_test(the_table_and_the_agent_know_the_same_parameters),
        cmocka_unit_test(what_is_next_follows_from_the_cib_and_the_proof),
        cmocka_unit_test(a_monitor_that_ended_with_a_stop_watches_nothing),
        cmocka_unit_test(the_guests_own_node_is_refreshed_last),
        cmocka_unit_test(what_is_in_the_way_is_told),
        cmocka_unit_test(what_is_given_up_is_not_in_the_way),
        cmocka_unit_test(an_unknown_resource_is_not_found),
        cmocka_unit_test(what_pacemaker_would_touch_is_held_as_well),
        cmocka_unit_test_setup_teardown(there_and_back_changes_the_agent_and_nothing_else, open_cib, close_cib),
        cmocka_unit_test_setup_teardown(a_hold_that_is_gone_is_not_taken_over, open_cib, close_cib),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
