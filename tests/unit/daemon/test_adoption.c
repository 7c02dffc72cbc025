/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.adopt and its sweep: which steps are taken, in which order, and what keeps them. Pacemaker is the test's own.
 */
#include "hvc/adoption.h"

#include <errno.h>
#include <string.h>

#include "hvc/pacemaker_adopt.h"
#include "hvc/text.h"
#include "internal.h"
#include "job_cases.h"

#define XML            "<domain type='kvm'><name>vm1</name><uuid>" VM1 "</uuid><memory>2048</memory><vcpu>1</vcpu></domain>"
#define ADOPT(more)    "{\"resource\":\"web\",\"xml\":\"" XML "\"" more "}"
#define IN_A_SECOND    ",\"timeout_ms\":1000"
#define ADOPT_IN_STEPS "hold replace refresh:n2 refresh:n1 settled release"

/* ---- Pacemaker: resource web on n1 and n2, its guest on n1 ---- */

static struct {
    struct hvc_adopt_state state;
    struct hvc_adopt_plan plan;
    char steps[256], active[HVC_NODE_NAME_MAX];
    size_t used;
    int look_code, plan_code, hold_code, take_code;
    unsigned unsettled;     /* times that the scheduler would still do something */
    const char *taken_over; /* by this node once the hold stands */
    const char *fails_on;   /* the look of the new agent fails there */
} pacemaker;

static void note(const char *step, const char *node)
{
    (void)hvc_text_append(pacemaker.steps, sizeof(pacemaker.steps), &pacemaker.used, "%s%s%s%s",
                          pacemaker.used == 0 ? "" : " ", step, node == NULL ? "" : ":", node == NULL ? "" : node);
}

int hvc_pacemaker_adopt_plan(const struct hvc_adopt_order *order, uint64_t deadline_ms, struct hvc_adopt_plan *ret_plan,
                             struct hvc_error *error)
{
    (void)deadline_ms;
    if (pacemaker.plan_code < 0)
        return hvc_error_set(error, pacemaker.plan_code, "pacemaker has no resource %s", order->resource);
    *ret_plan = pacemaker.plan;
    return 0;
}

int hvc_pacemaker_adopt_look(const char *resource, uint64_t deadline_ms, struct hvc_adopt_state *ret_state,
                             struct hvc_error *error)
{
    (void)resource, (void)deadline_ms;
    if (pacemaker.look_code < 0)
        return hvc_error_set(error, pacemaker.look_code, "pacemaker does not answer");
    *ret_state = pacemaker.state;
    /* what was asked for has happened by the next look */
    for (size_t i = 0; i < pacemaker.state.count; i++) {
        struct hvc_adopt_record *r = &pacemaker.state.records[i];

        if (pacemaker.state.held)
            r->watched = false;
        if (!r->known) {
            r->known = true;
            r->active = strcmp(r->node, pacemaker.active) == 0;
            r->failed = pacemaker.fails_on != NULL && strcmp(r->node, pacemaker.fails_on) == 0;
        }
    }
    return 0;
}

int hvc_pacemaker_adopt_held(uint64_t deadline_ms, char (**ret_resources)[HVC_RESOURCE_NAME_MAX], size_t *ret_count,
                             struct hvc_error *error)
{
    (void)deadline_ms, (void)error;
    *ret_resources = calloc(1, sizeof(**ret_resources));
    assert_non_null(*ret_resources);
    memcpy((*ret_resources)[0], "web", 4);
    *ret_count = pacemaker.state.held;
    return 0;
}

int hvc_pacemaker_adopt_hold(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan, const char *owner,
                             uint64_t deadline_ms, struct hvc_error *error)
{
    (void)plan, (void)deadline_ms;
    if (pacemaker.hold_code < 0)
        return hvc_error_set(error, pacemaker.hold_code, "pacemaker's CIB has changed");
    note("hold", NULL);
    pacemaker.state.held = true;
    pacemaker.state.way = order->way;
    if (pacemaker.taken_over != NULL)
        owner = pacemaker.taken_over;
    return hvc_text_copy(pacemaker.state.owner, sizeof(pacemaker.state.owner), owner);
}

int hvc_pacemaker_adopt_take(const char *resource, const char *version, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    (void)resource, (void)version, (void)deadline_ms;
    if (pacemaker.take_code < 0)
        return hvc_error_set(error, pacemaker.take_code, "pacemaker's CIB has changed");
    note("take", NULL);
    return hvc_text_copy(pacemaker.state.owner, sizeof(pacemaker.state.owner), owner);
}

int hvc_pacemaker_adopt_replace(const struct hvc_adopt_order *order, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error)
{
    (void)order, (void)version, (void)deadline_ms, (void)error;
    note("replace", NULL);
    pacemaker.state.replaced = true;
    for (size_t i = 0; i < pacemaker.state.count; i++)
        pacemaker.state.records[i].foreign = true;
    return 0;
}

int hvc_pacemaker_adopt_refresh(const char *resource, const char *node, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)resource, (void)deadline_ms, (void)error;
    note("refresh", node);
    for (size_t i = 0; i < pacemaker.state.count; i++) {
        struct hvc_adopt_record *r = &pacemaker.state.records[i];

        if (strcmp(r->node, node) == 0)
            r->known = r->foreign = r->active = false;
    }
    return 0;
}

int hvc_pacemaker_adopt_settled(const char *resource, uint64_t deadline_ms, char ret_version[HVC_PACEMAKER_VERSION_MAX],
                                struct hvc_error *error)
{
    (void)resource, (void)deadline_ms;
    if (pacemaker.unsettled > 0) {
        pacemaker.unsettled--;
        return hvc_error_set(error, -EBUSY, "pacemaker would still do: stop web");
    }
    note("settled", NULL);
    return hvc_text_copy(ret_version, HVC_PACEMAKER_VERSION_MAX, "0.1.2");
}

int hvc_pacemaker_adopt_release(const char *resource, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error)
{
    (void)resource, (void)version, (void)deadline_ms, (void)error;
    note("release", NULL);
    pacemaker.state.held = false;
    return 0;
}

/* ---- the fixture ---- */

static struct hvc_hypervisor_ops marking;
static char marked[HVC_RESOURCE_NAME_MAX];
static int mark_code;

static int set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    (void)h, (void)deadline_ms;
    assert_string_equal(uuid, VM1);
    if (mark_code < 0)
        return hvc_error_set(error, mark_code, "libvirt does not answer");
    return hvc_text_copy(marked, sizeof(marked), owner);
}

static int begin_adoption(void **state)
{
    static const char *const nodes[] = {"n1", "n2"};

    (void)begin_jobs(state);
    marking = *world->here.base.ops;
    marking.set_owner = set_owner;
    world->here.base.ops = &marking;
    marked[0] = '\0';
    mark_code = 0;
    memset(&pacemaker, 0, sizeof(pacemaker));
    (void)hvc_text_copy(pacemaker.active, sizeof(pacemaker.active), "n1");
    (void)hvc_text_copy(pacemaker.plan.node, sizeof(pacemaker.plan.node), "n1");
    (void)hvc_text_copy(pacemaker.plan.config, sizeof(pacemaker.plan.config), "/etc/web.xml");
    for (size_t i = 0; i < HVC_COUNT(nodes); i++) {
        struct hvc_adopt_record *r = &pacemaker.state.records[pacemaker.state.count++];

        (void)hvc_text_copy(r->node, sizeof(r->node), nodes[i]);
        r->online = r->known = true;
        r->active = r->watched = i == 0;
    }
    return 0;
}

static void steps_are(const char *wanted)
{
    assert_string_equal(pacemaker.steps, wanted);
}

/* The cluster's record says that vm1 is the resource's. */
static void record_it(void)
{
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" XML "\",\"resource\":\"web\"}", "ok", ""});
}

/* A hold stands, in the name of that node. */
static void hold_of(const char *owner, enum hvc_adopt_way way, bool replaced)
{
    pacemaker.state.held = true;
    pacemaker.state.way = way;
    pacemaker.state.replaced = replaced;
    (void)hvc_text_copy(pacemaker.state.owner, sizeof(pacemaker.state.owner), owner);
    for (size_t i = 0; i < pacemaker.state.count; i++)
        pacemaker.state.records[i].foreign = replaced;
}

/* ---- the way of an adoption ---- */

static void an_adoption_takes_every_step_and_the_guests_own_node_is_refreshed_last(void **state)
{
    struct hvc_call *call = run("guest.adopt", ADOPT(""));

    (void)state;
    assert_string_equal(call->error.text,
                        "resource web is ocf:hvcluster:VirtualSystem now; its guest ran all the time");
    hvc_call_unref(call);
    steps_are(ADOPT_IN_STEPS);
    assert_string_equal(marked, "web");
    assert_string_equal(hvc_service_guest_named(keeper->service, "vm1")->resource, "web");
    assert_int_equal(fake_world_said(world, "1731 resource=web agent=ocf:hvcluster:VirtualSystem"), 1);
    assert_int_equal(fake_world_said(world, "1734"), 0);
}

static void the_way_back_takes_the_same_steps_and_marks_nothing(void **state)
{
    (void)state;
    check(&(struct operation_case){"guest.adopt", ADOPT(",\"back\":true"), "ok",
                                   "resource web is ocf:heartbeat:VirtualDomain now"});
    steps_are(ADOPT_IN_STEPS);
    assert_string_equal(marked, "");
}

static void a_mark_that_fails_is_told_and_costs_nothing(void **state)
{
    (void)state;
    mark_code = -ETIMEDOUT;
    pacemaker.unsettled = 1;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "ok", ""});
    steps_are(ADOPT_IN_STEPS);
    assert_int_equal(fake_world_said(world, "1734 resource=web"), 1);
}

static void a_look_changes_nothing_and_tells_the_plan(void **state)
{
    struct hvc_call *call;

    (void)state;
    pacemaker.plan.lines[0] = (struct hvc_adopt_line){HVC_ADOPT_DROPPED, "parameter snapshot", "given up"};
    pacemaker.plan.count = 1;
    (void)hvc_text_copy(pacemaker.plan.held[pacemaker.plan.held_count++], HVC_RESOURCE_NAME_MAX, "dep");
    call = run("guest.adopt", ADOPT(",\"dry_run\":true"));
    assert_string_equal(call->error.text,
                        "resource web can become ocf:hvcluster:VirtualSystem while its guest runs on n1");
    assert_string_equal(hvc_record_text(call->data, "config", ""), "/etc/web.xml");
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "parts", 0), "fate", ""), "dropped");
    assert_non_null(strstr(hvc_record_text(hvc_record_list_at(call->data, "changes", 1), "text", ""), "hold dep"));
    assert_int_equal(hvc_record_list_count(call->data, "changes"), 6);
    assert_int_equal(hvc_record_list_count(call->data, "actions"), 3);
    hvc_call_unref(call);
    check(&(struct operation_case){"guest.adopt", "{\"resource\":\"web\",\"dry_run\":true}", "ok", ""});
    steps_are("");
}

/* ---- what keeps it ---- */

static void what_is_in_the_way_is_told_before_anything_is_changed(void **state)
{
    static const struct operation_case refused[] = {
        {"guest.adopt", ADOPT(""), "refused",
         "resource web stays ocf:heartbeat:VirtualDomain: parameter snapshot: is not kept (and 1 more: see --dry-run)"},
        {"guest.adopt", "{\"resource\":\"web\",\"dry_run\":true}", "refused", "parameter snapshot"},
    };

    (void)state;
    check(&(struct operation_case){"guest.adopt", "{\"resource\":\"web\"}", "invalid", "/etc/web.xml did not come"});
    check(&(struct operation_case){"guest.adopt", "{\"resource\":\"web\",\"xml\":\"<domain/>\"}", "invalid",
                                   "the definition in /etc/web.xml cannot be kept"});
    pacemaker.plan.lines[0] = (struct hvc_adopt_line){HVC_ADOPT_REFUSED, "parameter snapshot", "is not kept"};
    pacemaker.plan.lines[1] = (struct hvc_adopt_line){HVC_ADOPT_REFUSED, "resource", "it is held"};
    pacemaker.plan.count = 2;
    pacemaker.plan.refused = true;
    for (size_t i = 0; i < HVC_COUNT(refused); i++)
        check(&refused[i]);
    pacemaker.plan.count = 1;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "refused",
                                   "resource web stays as it is: parameter snapshot: is not kept"});
    pacemaker.plan_code = -ENOENT;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "not-found", "no resource web"});
    world->operations.keeper = NULL;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "unreachable", ""});
    steps_are("");
}

static void a_guest_that_is_not_proven_where_pacemaker_has_it_keeps_its_agent(void **state)
{
    static const struct operation_case adopt = {"guest.adopt", ADOPT(""), "refused", ""};
    struct operation_case row = adopt;

    (void)state;
    (void)hvc_text_copy(pacemaker.plan.node, sizeof(pacemaker.plan.node), "n2");
    row.text = "guest vm1 runs on node n1, and Pacemaker has it on n2";
    check(&row);
    put_guest(&world->there, VM1, "vm1", HVC_GUEST_RUNNING);
    row.text = "guest vm1: it runs on 2 nodes";
    check(&row);
    world->here.guests[0].guest_class = HVC_GUEST_ABSENT;
    world->there.guests[world->there.count - 1].guest_class = HVC_GUEST_ABSENT;
    row.text = "guest vm1 runs on no node, and Pacemaker has it on n2";
    check(&row);
    world->there.inspect_result = -ETIMEDOUT;
    row.result = "unreachable";
    row.text = "where guest vm1 runs is not proven: node n2";
    check(&row);
    world->facts.nodes[1].member = false;
    world->facts.nodes[1].fenced = true; /* runs nothing, whatever it answers */
    row.result = "refused";
    row.text = "guest vm1 runs on no node";
    check(&row);
    steps_are("");
}

static void a_guest_with_a_job_keeps_its_agent(void **state)
{
    (void)state;
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 1"});
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "busy", "job 1 of guest vm1 is under way"});
    steps_are("");
}

static void a_configuration_that_has_changed_meanwhile_is_left_as_it_is(void **state)
{
    (void)state;
    pacemaker.hold_code = -ESTALE;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "busy",
                                   "nothing was changed: pacemaker's CIB has changed; ask again"});
    steps_are("");
    pacemaker.hold_code = 0;
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "ok", ""}); /* what was refused holds up no other one */
}

static void one_adoption_is_under_way_at_a_time(void **state)
{
    (void)state;
    assert_true(adoption_begin());
    assert_false(adoption_begin());
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "busy", "this node adopts another resource just now"});
    hold_of("n1", HVC_ADOPT_OURS, true);
    record_it();
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "busy", "resource web is just becoming"});
    hvc_adoption_sweep(&world->operations);
    steps_are("");
    adoption_end();
}

/* ---- what goes wrong under the hold ---- */

static void a_hold_that_cannot_go_in_time_stays_and_the_answer_says_so(void **state)
{
    (void)state;
    pacemaker.unsettled = 1000;
    check(&(struct operation_case){
        "guest.adopt", ADOPT(",\"timeout_ms\":2500"), "unknown-outcome",
        "resource web is held, its guest is not touched: not in time: pacemaker would still do"});
    steps_are("hold replace refresh:n2 refresh:n1");
    assert_true(pacemaker.state.held);
}

static void a_look_of_the_new_agent_that_fails_is_for_people(void **state)
{
    (void)state;
    pacemaker.fails_on = "n2";
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "failed", "the look of the new agent failed on node n2"});
    assert_true(pacemaker.state.held);
}

static void another_node_that_has_taken_it_over_goes_on_alone(void **state)
{
    (void)state;
    pacemaker.taken_over = "n2";
    check(&(struct operation_case){"guest.adopt", ADOPT(""), "unknown-outcome", "node n2 has taken it over"});
    steps_are("hold");
}

static void a_pacemaker_that_does_not_answer_is_waited_for(void **state)
{
    (void)state;
    hold_of("n1", HVC_ADOPT_OURS, true);
    record_it();
    pacemaker.look_code = -ETIMEDOUT; /* neither held nor not: it is judged anew, and refused in time */
    pacemaker.hold_code = -ETIMEDOUT;
    check(&(struct operation_case){"guest.adopt", ADOPT(IN_A_SECOND), "timeout", "nothing was changed"});
    steps_are("");
}

/* ---- what somebody has begun ---- */

static void whoever_asks_again_goes_on_with_it(void **state)
{
    static const struct operation_case again = {"guest.adopt", ADOPT(""), "busy", ""};
    struct operation_case row = again;

    (void)state;
    hold_of("n2", HVC_ADOPT_BACK, false);
    row.text = "resource web is just becoming ocf:heartbeat:VirtualDomain";
    check(&row);
    hold_of("n2", HVC_ADOPT_OURS, true);
    row.result = "not-found";
    row.text = "the cluster knows no guest of resource web";
    check(&row);
    record_it();
    row.result = "busy";
    row.text = "node n2 does it";
    check(&row);
    steps_are("");
    set_members(1);
    row.result = "ok";
    row.text = "is ocf:hvcluster:VirtualSystem now";
    check(&row);
    steps_are("take refresh:n2 refresh:n1 settled release");
}

static void a_look_at_what_is_held_tells_that(void **state)
{
    struct hvc_call *call;

    (void)state;
    hold_of("n2", HVC_ADOPT_OURS, true);
    call = run("guest.adopt", ADOPT(",\"dry_run\":true"));
    assert_true(hvc_record_bool(call->data, "held", false));
    hvc_call_unref(call);
    steps_are("");
}

/* ---- the sweep ---- */

static void what_a_daemon_left_behind_is_finished_when_the_agent_was_replaced(void **state)
{
    (void)state;
    record_it();
    hold_of("n1", HVC_ADOPT_OURS, true);
    hvc_adoption_sweep(&world->operations);
    steps_are("refresh:n2 refresh:n1 settled release");
    assert_int_equal(fake_world_said(world, "1732 resource=web"), 1);
    hvc_adoption_sweep(&world->operations); /* nothing is held any more */
    assert_int_equal(fake_world_said(world, "1732"), 1);
}

static void it_is_undone_when_nothing_was_replaced(void **state)
{
    (void)state;
    record_it();
    set_members(1);
    hold_of("n2", HVC_ADOPT_OURS, false);
    hvc_adoption_sweep(&world->operations);
    steps_are("take settled release");
    assert_false(pacemaker.state.replaced);
    assert_int_equal(fake_world_said(world, "1732 resource=web"), 1);
}

static void what_a_member_does_is_left_to_it(void **state)
{
    (void)state;
    record_it();
    hold_of("n2", HVC_ADOPT_OURS, true);
    hvc_adoption_sweep(&world->operations);
    set_members(1);
    pacemaker.take_code = -ESTALE; /* another member was sooner */
    hvc_adoption_sweep(&world->operations);
    steps_are("");
    assert_int_equal(fake_world_said(world, "173"), 0);
}

static void what_cannot_be_finished_is_told_and_stays(void **state)
{
    (void)state;
    hold_of("n1", HVC_ADOPT_OURS, true);
    hvc_adoption_sweep(&world->operations);
    assert_int_equal(fake_world_said(world, "1733 resource=web words=\"the cluster knows no guest"), 1);
    record_it();
    pacemaker.fails_on = "n1";
    hvc_adoption_sweep(&world->operations);
    assert_int_equal(fake_world_said(world, "the look of the new agent failed on node n1"), 1);
    assert_true(pacemaker.state.held);
    world->operations.keeper = NULL; /* without a state nobody knows whose turn it is */
    hvc_adoption_sweep(&world->operations);
    assert_int_equal(fake_world_said(world, "1733"), 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin_adoption, end)
    const struct CMUnitTest tests[] = {
        T(an_adoption_takes_every_step_and_the_guests_own_node_is_refreshed_last),
        T(the_way_back_takes_the_same_steps_and_marks_nothing),
        T(a_mark_that_fails_is_told_and_costs_nothing),
        T(a_look_changes_nothing_and_tells_the_plan),
        T(what_is_in_the_way_is_told_before_anything_is_changed),
        T(a_guest_that_is_not_proven_where_pacemaker_has_it_keeps_its_agent),
        T(a_guest_with_a_job_keeps_its_agent),
        T(a_configuration_that_has_changed_meanwhile_is_left_as_it_is),
        T(one_adoption_is_under_way_at_a_time),
        T(a_hold_that_cannot_go_in_time_stays_and_the_answer_says_so),
        T(a_look_of_the_new_agent_that_fails_is_for_people),
        T(another_node_that_has_taken_it_over_goes_on_alone),
        T(a_pacemaker_that_does_not_answer_is_waited_for),
        T(whoever_asks_again_goes_on_with_it),
        T(a_look_at_what_is_held_tells_that),
        T(what_a_daemon_left_behind_is_finished_when_the_agent_was_replaced),
        T(it_is_undone_when_nothing_was_replaced),
        T(what_a_member_does_is_left_to_it),
        T(what_cannot_be_finished_is_told_and_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
