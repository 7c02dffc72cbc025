/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance.plan: what it gathers, how its moves go through the checks before a move, and what it says. The arithmetic is
 * tested with the core. */
#include <stdlib.h>

#include "checked_guest.h"
#include "hvc/checks.h"
#include "hvc/soft_facts.h"
#include "job_cases.h"

#define MIB  UINT64_C(1024)
#define NODE (UINT64_C(1) << 20) /* KiB, as the keeper's nodes have it */

static struct hvc_soft_facts *facts;

/* Pacemaker's word about resources, which have the names of their guests. */
static struct {
    const char *forbidden; /* resource that may not go anywhere */
    const char *apart[2];  /* resources that may not be on one node */
    unsigned asked, behind;
} pacemaker;

static bool goes_there(const struct hvc_checks_request *request, const char *resource, const char *target)
{
    for (size_t i = 0; i < request->before_count; i++) {
        if (strcmp(request->before[i].resource, resource) == 0 && strcmp(request->before[i].target, target) == 0)
            return true;
    }
    return false;
}

static void say_no(struct hvc_check_fact *fact, char *words, const char *why)
{
    fact->is = HVC_TELL_NO;
    memcpy(words, why, strlen(why) + 1);
}

static void simulate(const struct hvc_checks_request *request, const char *resource, const char *target,
                     uint64_t deadline_ms, struct hvc_checks_pacemaker *p)
{
    (void)deadline_ms;
    pacemaker.asked++;
    pacemaker.behind += request->before_count > 0;
    if (pacemaker.forbidden != NULL && strcmp(resource, pacemaker.forbidden) == 0)
        say_no(&p->facts.allowed, p->words.allowed, "it would be on n1");
    for (unsigned i = 0; i < 2; i++) {
        if (pacemaker.apart[i] != NULL && strcmp(resource, pacemaker.apart[i]) == 0 &&
            goes_there(request, pacemaker.apart[1 - i], target))
            say_no(&p->facts.others_untouched, p->words.others, "the other one would move");
    }
}

static void put_facts(void)
{
    facts = calloc(2, sizeof(*facts));
    assert_non_null(facts);
    for (unsigned i = 0; i < 2; i++) {
        facts[i].node = i + 1;
        facts[i].boot_id = 100 + i; /* as set_members has it */
        facts[i].cpus = 8;
        facts[i].memory_kib = NODE;
        facts[i].free_kib = NODE;
    }
    keeper->soft = facts;
    keeper->soft_count = 2;
}

/* 200 MiB of n1's 1 GiB. */
static struct hvc_guest_state *put(const char *uuid, const char *name)
{
    struct hvc_guest_state *guest = put_guest(&world->here, uuid, name, HVC_GUEST_RUNNING);

    guest->memory_kib = 200 * MIB;
    facts[0].free_kib -= guest->memory_kib;
    (void)hvc_text_copy(guest->owner, sizeof(guest->owner), name);
    return guest;
}

/* n1 has two guests, n2 none. */
static int up(void **state)
{
    static struct hvc_hypervisor_ops ops;

    (void)begin_jobs(state);
    ops = *world->here.base.ops;
    ops.read_xml = read_its_xml;
    ops.fits = fits_everywhere;
    ops.reaches = reaches;
    world->here.base.ops = world->there.base.ops = &ops;
    world->here.count = world->there.count = 0;
    disk = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    put_facts();
    (void)put(VM1, "vm1");
    (void)put(VM2, "vm2");
    memset(&pacemaker, 0, sizeof(pacemaker));
    hvc_checks_ask_pacemaker(simulate);
    return 0;
}

static int down(void **state)
{
    free(facts);
    return end(state);
}

#define PLAN(more) "balance.plan", "{\"load_weight\":0" more "}"

/* "vm1:n1>n2 vm3:n1>n2" of a list. */
static const char *moves_of(const struct hvc_call *call, const char *list)
{
    static char text[256];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < hvc_record_list_count(call->data, list); i++) {
        const struct hvc_record *move = hvc_record_list_at(call->data, list, i);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%s>%s", i == 0 ? "" : " ",
                                 hvc_record_text(move, "guest", "?"), hvc_record_text(move, "source", "?"),
                                 hvc_record_text(move, "target", "?"));
    }
    return text;
}

/* The moves of a plan; words are part of its sentence. */
static void expect(const char *args, const char *moves, const char *refused, const char *words)
{
    struct hvc_call *call = run("balance.plan", args);

    if (strcmp(moves_of(call, "moves"), moves) != 0)
        fail_msg("%s: %s, not %s (%s)", args, moves_of(call, "moves"), moves, call->error.text);
    assert_string_equal(moves_of(call, "refused"), refused);
    if (strstr(call->error.text, words) == NULL)
        fail_msg("%s: %s, not %s", args, call->error.text, words);
    hvc_call_unref(call);
}

static void what_cannot_be_asked_is_told_in_words(void **state)
{
    static const struct operation_case rows[] = {
        {PLAN(",\"memory_weight\":0"), "invalid", "both 0"}, {PLAN(",\"moves\":0"), "invalid", "moves"},
        {PLAN(",\"moves\":33"), "invalid", "moves"},         {PLAN(",\"gain\":0"), "invalid", "gain"},
        {PLAN(",\"hold_s\":99999999"), "invalid", "hold_s"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    fake_status_cut(&keeper->status, 1);
    check(&(struct operation_case){PLAN(""), "no-quorum", "takes no part in decisions now"});
    world->operations.keeper = NULL;
    check(&(struct operation_case){PLAN(""), "unreachable", "balance.plan needs the cluster's state"});
    world->operations.keeper = &keeper->base;
}

static void a_move_is_proposed_with_its_reason(void **state)
{
    struct hvc_call *call = run(PLAN(""));
    const struct hvc_record *move = hvc_record_list_at(call->data, "moves", 0);
    const struct hvc_record *node = hvc_record_list_at(call->data, "nodes", 0);

    (void)state;
    assert_string_equal(call->error.text, "1 move lowers the score from 0.195 to 0.000: that is low enough");
    assert_string_equal(hvc_record_text(call->data, "summary", ""), call->error.text);
    assert_int_equal(hvc_record_u64(call->data, "score_before", 0), 195);
    assert_int_equal(hvc_record_u64(call->data, "score_after", 9), 0);
    assert_string_equal(hvc_record_text(call->data, "end", ""), "low");
    assert_string_equal(moves_of(call, "moves"), "vm1:n1>n2");
    assert_string_equal(hvc_record_text(move, "uuid", ""), VM1);
    assert_string_equal(hvc_record_text(move, "resource", ""), "vm1");
    assert_int_equal(hvc_record_u64(move, "memory_kib", 0), 200 * MIB);
    assert_string_equal(hvc_record_text(move, "words", ""), "memory of n1 39 to 20 %, of n2 0 to 20 %");
    assert_true(hvc_record_bool(node, "takes_part", false));
    assert_int_equal(hvc_record_u64(node, "guests", 0), 2);
    assert_int_equal(hvc_record_u64(node, "guests_after", 0), 1);
    assert_int_equal(hvc_record_u64(node, "memory_percent", 0), 39);
    assert_int_equal(hvc_record_u64(node, "memory_percent_after", 0), 20);
    assert_int_equal(keeper->proposals, 1); /* of the members: nothing is changed */
    hvc_call_unref(call);
}

static void a_move_that_pacemaker_forbids_is_followed_by_the_next_best(void **state)
{
    struct hvc_call *call;
    const struct hvc_record *refused;

    (void)state;
    pacemaker.forbidden = "vm1";
    call = run(PLAN(""));
    assert_string_equal(moves_of(call, "moves"), "vm2:n1>n2");
    assert_string_equal(moves_of(call, "refused"), "vm1:n1>n2");
    refused = hvc_record_list_at(call->data, "refused", 0);
    assert_string_equal(hvc_record_text(refused, "code", ""), "resource-forbidden");
    assert_non_null(strstr(hvc_record_text(refused, "words", ""), "it would be on n1"));
    hvc_call_unref(call);
    world->here.count = 1;
    expect("{\"load_weight\":0,\"low\":0}", "", "vm1:n1>n2", "");
}

static void guests_that_may_not_meet_are_not_sent_to_one_node(void **state)
{
    (void)state;
    (void)put(VM3, "vm3");
    (void)put(VM4, "vm4");
    expect("{\"load_weight\":0}", "vm1:n1>n2 vm2:n1>n2", "", "2 moves lower the score from 0.391 to 0.000");
    assert_int_equal(pacemaker.behind, 1);
    pacemaker.apart[0] = "vm1";
    pacemaker.apart[1] = "vm2";
    expect("{\"load_weight\":0}", "vm1:n1>n2 vm3:n1>n2", "vm2:n1>n2", "2 moves lower");
    expect("{\"load_weight\":0,\"moves\":1}", "vm1:n1>n2", "", "more moves than that were not wanted");
}

static void what_concerns_every_move_ends_the_search(void **state)
{
    struct hvc_command command = {.kind = HVC_COMMAND_STATE};
    struct hvc_call *call;

    (void)state;
    world->facts.pacemaker_answers = false;
    check(&(struct operation_case){PLAN(""), "busy", "nothing can be moved now: "});
    world->facts.pacemaker_answers = true;
    command.state.state = HVC_STATE_DISABLED;
    propose(&command);
    call = run(PLAN(""));
    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "busy");
    assert_string_equal(hvc_record_text(call->data, "end", ""), "blocked");
    assert_int_equal(hvc_record_list_count(call->data, "refused"), 1);
    assert_int_equal(hvc_record_u64(call->data, "score_before", 0), 195);
    hvc_call_unref(call);
}

static void a_job_under_way_counts_as_done(void **state)
{
    (void)state;
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 1"});
    expect("{\"load_weight\":0}", "", "", "no move; the score is 0.000: that is low enough");
}

static const char *why_it_stays(const char *guest)
{
    static char words[128];
    struct hvc_call *call = run(PLAN(""));

    words[0] = '\0';
    for (size_t i = 0; i < hvc_record_list_count(call->data, "stays"); i++) {
        const struct hvc_record *row = hvc_record_list_at(call->data, "stays", i);

        if (strcmp(hvc_record_text(row, "guest", ""), guest) == 0)
            (void)snprintf(words, sizeof(words), "%s", hvc_record_text(row, "words", ""));
    }
    hvc_call_unref(call);
    return words;
}

static void what_moved_lately_stays_for_the_hold_time(void **state)
{
    (void)state;
    keeper->stamp_ms = hvc_wall_ms() - 60000;
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 1"});
    check(&(struct operation_case){"job.cancel", "{\"id\":1}", "ok", ""});
    assert_string_equal(why_it_stays("vm1"), "moved, or was to be moved, within the hold time");
    expect("{\"load_weight\":0}", "vm2:n1>n2", "", "");
    expect("{\"load_weight\":0,\"hold_s\":30}", "vm1:n1>n2", "", "");
}

static void guests_that_cannot_be_moved_are_told(void **state)
{
    (void)state;
    world->here.guests[0].guest_class = HVC_GUEST_PAUSED;
    assert_string_equal(why_it_stays("vm1"), "does not run, or is paused");
    world->here.guests[0].guest_class = HVC_GUEST_RUNNING;
    world->here.guests[0].migrating_out = true;
    assert_string_equal(why_it_stays("vm1"), "has an unfinished job or migration");
    expect("{\"load_weight\":0}", "vm2:n1>n2", "", "");
}

/* "takes part", or why not. */
static const char *words_of_n2(void)
{
    static char words[256];
    struct hvc_call *call = run(PLAN(""));
    const struct hvc_record *node = hvc_record_list_at(call->data, "nodes", 1);

    (void)snprintf(words, sizeof(words), "%s",
                   hvc_record_bool(node, "takes_part", false) ? "takes part" : hvc_record_text(node, "words", ""));
    assert_true(hvc_record_bool(node, "takes_part", false) ||
                strstr(call->error.text, "fewer than two nodes take part") != NULL);
    hvc_call_unref(call);
    return words;
}

static void a_node_that_does_not_tell_or_take_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(words_of_n2(), "takes part");
    facts[1].age_ms = HVC_SOFT_OLD_MS + 1;
    assert_string_equal(words_of_n2(), "has told nothing new about itself for some seconds");
    facts[1].age_ms = 0;
    keeper->soft_count = 1;
    assert_string_equal(words_of_n2(), "has told nothing about itself yet");
    keeper->soft_count = 2;
    world->there.list_result = -ETIMEDOUT;
    assert_string_equal(words_of_n2(),
                        "has a libvirt that does not tell its guests: the fake hypervisor does not answer");
    world->there.list_result = 0;
    world->facts.nodes[1].standby = true;
    assert_string_equal(words_of_n2(), "is offline, in standby or in maintenance for Pacemaker");
    world->facts.nodes[1].standby = false;
    check(&(struct operation_case){"node.set", "{\"node\":\"n2\",\"accepting\":false}", "ok", ""});
    assert_string_equal(words_of_n2(), "accepts no moves");
}

static void without_time_the_answer_is_what_is_known(void **state)
{
    struct hvc_call *call = run(PLAN(",\"timeout_ms\":1000"));

    (void)state;
    assert_true(hvc_record_bool(call->data, "incomplete", false));
    assert_int_equal(hvc_record_list_count(call->data, "moves"), 0);
    assert_non_null(strstr(call->error.text, "not all was looked at"));
    hvc_call_unref(call);
}

#define WITH_TWO_GUESTS(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO_GUESTS(what_cannot_be_asked_is_told_in_words),
        WITH_TWO_GUESTS(a_move_is_proposed_with_its_reason),
        WITH_TWO_GUESTS(a_move_that_pacemaker_forbids_is_followed_by_the_next_best),
        WITH_TWO_GUESTS(guests_that_may_not_meet_are_not_sent_to_one_node),
        WITH_TWO_GUESTS(what_concerns_every_move_ends_the_search),
        WITH_TWO_GUESTS(a_job_under_way_counts_as_done),
        WITH_TWO_GUESTS(what_moved_lately_stays_for_the_hold_time),
        WITH_TWO_GUESTS(guests_that_cannot_be_moved_are_told),
        WITH_TWO_GUESTS(a_node_that_does_not_tell_or_take_is_left_out),
        WITH_TWO_GUESTS(without_time_the_answer_is_what_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
