/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.start: "make the guest run here", level-triggered. Each round looks at every node, lets the gate decide
 * (hvc/placement.h) and acts: answer, boot, fetch by live migration, look again. Rounds end at the call's deadline.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest_job.h"
#include "guest_survey.h"

#define LOOK_AGAIN_MS 250
/* How long a refusal that may go away by itself is looked at again: a start that fails costs the guest this node
 * (start-failure-is-fatal), one that waits too long holds up the fencing that it waits for. */
#define PATIENCE_MS 8000
/* Of the time, for libvirt to say what came of a start that it has not finished. */
#define LOOK_LEFT_MS 1000

struct start {
    struct hvc_operations *operations;
    struct hvc_call *call;
    struct guest_request request;
    struct hvc_guest_state local;
    uint64_t began_ms, patience_until_ms;
    struct hvc_error fetch_error; /* of a fetch that failed in an earlier round */
};

static enum hvc_result finish(struct start *s, const char *outcome, const char *from, const char *words)
{
    guest_describe_id(s->call->data, &s->request.id, &s->local);
    hvc_record_set_text(s->call->data, "outcome", outcome);
    hvc_record_set_text(s->call->data, "from", from);
    hvc_record_set_u64(s->call->data, "ms", hvc_now_ms() - s->began_ms);
    hvc_record_set_text(s->call->data, "class", hvc_guest_class_name(s->local.guest_class));
    return hvc_call_say(s->call, HVC_RESULT_OK, "%s", words);
}

static enum hvc_result foreign(struct start *s, const char *node, const struct hvc_guest_state *state)
{
    return hvc_call_say(
        s->call, HVC_RESULT_REFUSED,
        "guest %s runs under resource %s on node %s: resource %s has the same guest and leaves it alone",
        guest_label(&s->request), state->owner, node, s->request.resource);
}

static void look_here(struct start *s)
{
    guest_observe(s->operations, s->call, &s->request, 8000, &s->local);
}

static bool runs_here(const struct start *s)
{
    return s->local.guest_class == HVC_GUEST_RUNNING || s->local.guest_class == HVC_GUEST_PAUSED;
}

static enum hvc_result already_here(struct start *s)
{
    if (guest_is_foreign(&s->request, &s->local))
        return foreign(s, s->operations->node, &s->local);
    guest_mark(s->operations, s->call, &s->request, &s->local);
    if (s->local.autostart)
        hvc_record_set_text(s->call->data, "warning",
                            "autostart is set: libvirtd would boot this guest beside the cluster");
    return finish(s, "already-here", NULL, "the guest runs on this node already");
}

/* Waits for the next round. False: the time is over, *ret_result says so with the words of the verdict. */
static bool next_round(struct start *s, const char *words, enum hvc_result *ret_result)
{
    if (hvc_call_wait(s->call, LOOK_AGAIN_MS))
        return true;
    *ret_result = hvc_call_say(s->call, HVC_RESULT_TIMEOUT, "guest %s was not started before the deadline: %s",
                               guest_label(&s->request), words);
    return false;
}

/* The world of the verdict is still there: same members, same quorum. */
static bool still_so(struct start *s, const struct guest_survey *survey)
{
    struct hvc_cluster_facts *now = calloc(1, sizeof(*now));
    bool same = now != NULL &&
                hvc_facts_read(s->operations->facts, HVC_FACTS_COROSYNC, guest_deadline(s->call, 3000), now) == 0;

    same = same && now->corosync_answers == survey->facts.corosync_answers && now->quorate == survey->facts.quorate &&
           now->quorum_exclusive == survey->facts.quorum_exclusive && now->count == survey->facts.count;
    for (size_t i = 0; same && i < now->count; i++)
        same = now->nodes[i].id == survey->facts.nodes[i].id && now->nodes[i].member == survey->facts.nodes[i].member;
    free(now);
    return same && !hvc_call_is_cancelled(s->call);
}

static uint64_t boot_deadline(const struct start *s)
{
    uint64_t left = hvc_deadline_left(s->call->deadline_ms), look = left / 8;

    return hvc_deadline_in(left - (look < LOOK_LEFT_MS ? look : LOOK_LEFT_MS));
}

/* libvirt refused or did not answer: what is here now decides what that meant. A process alone is no proof of a start
 * that libvirt has not finished: it is there from the beginning, and the guest may never run in it. */
static bool boot_failed(struct start *s, int code, struct hvc_error *error, enum hvc_result *ret_result)
{
    look_here(s);
    if (runs_here(s) && (code != -ETIMEDOUT || s->local.source != HVC_SOURCE_PROCESS)) {
        *ret_result = finish(s, "started", NULL, "the guest was started on this node");
        return true;
    }
    if (s->local.guest_class == HVC_GUEST_ABSENT && code != -ETIMEDOUT) {
        (void)hvc_error_prefix(error, "guest %s could not be started on node %s", guest_label(&s->request),
                               s->operations->node);
        *ret_result =
            hvc_call_say(s->call, code == -EEXIST ? HVC_RESULT_REFUSED : HVC_RESULT_FAILED, "%s", error->text);
        return true;
    }
    if (s->local.guest_class == HVC_GUEST_INCOMING || s->local.guest_class == HVC_GUEST_STOPPING)
        return false; /* it arrived while this looked, or goes down again: look again */
    *ret_result = hvc_call_say(s->call, HVC_RESULT_UNKNOWN_OUTCOME,
                               "guest %s: libvirt was asked to start it on node %s (%s) and now says: %s",
                               guest_label(&s->request), s->operations->node, error->text, s->local.words);
    return true;
}

/* True when that ended the operation. */
static bool boot(struct start *s, const struct guest_survey *survey, enum hvc_result *ret_result)
{
    struct hvc_error error = {0};
    int r;

    if (!still_so(s, survey))
        return !next_round(s, "the membership of the cluster changes", ret_result);
    r = hvc_hypervisor_start(s->operations->hypervisor, s->request.xml, s->request.resource, boot_deadline(s), &error);
    if (r < 0)
        return boot_failed(s, r, &error, ret_result);
    look_here(s);
    if (hvc_guest_is_present(s->local.guest_class)) {
        *ret_result = finish(s, "started", NULL, "the guest was started on this node");
        return true;
    }
    *ret_result = hvc_call_say(s->call, HVC_RESULT_FAILED, "guest %s was started on node %s and ended at once: %s",
                               guest_label(&s->request), s->operations->node, s->local.words);
    return true;
}

/* The source can vanish, the move can be somebody else's: after a failure the next look decides, unless the guest is
 * proven to be where it was. */
static bool fetch(struct start *s, const struct guest_survey *survey, enum hvc_result *ret_result)
{
    const char *source = survey->facts.nodes[survey->verdict.node].name;
    struct hvc_move_order order = {.guest = s->request.id,
                                   .source = source,
                                   .target = s->operations->node,
                                   .resource = s->request.resource,
                                   .force_at_deadline = true};
    struct hvc_move_outcome outcome;
    enum hvc_result result = hvc_moves_run(s->operations, s->call, &order, &outcome);

    hvc_record_set_text(s->call->data, "move", outcome.id);
    look_here(s);
    if (runs_here(s)) {
        guest_mark(s->operations, s->call, &s->request, &s->local);
        *ret_result = finish(s, "fetched", source, "the guest was fetched by live migration");
        return true;
    }
    s->fetch_error = s->call->error;
    if (result == HVC_RESULT_OK || result == HVC_RESULT_UNKNOWN_OUTCOME || result == HVC_RESULT_BUSY ||
        result == HVC_RESULT_UNREACHABLE)
        return !next_round(s, s->fetch_error.text, ret_result);
    (void)hvc_error_prefix(&s->fetch_error, "guest %s could not be fetched from node %s", guest_label(&s->request),
                           source);
    *ret_result = hvc_call_say(s->call, result, "%s", s->fetch_error.text);
    return true;
}

/* Without the daemon waiting here changes one thing only: Pacemaker asks for the start as soon as the last fencing has
 * succeeded, and what it writes down of that in the CIB may come a moment later. */
static bool may_change_here(const struct start *s, const struct guest_survey *survey)
{
    size_t node = survey->verdict.node;

    return survey->verdict.may_change &&
           (!s->operations->direct || (node < survey->facts.count && !survey->facts.nodes[node].member));
}

static bool refuse(struct start *s, const struct guest_survey *survey, enum hvc_result *ret_result)
{
    const struct hvc_placement_verdict *v = &survey->verdict;
    const char *before = s->fetch_error.text;
    enum hvc_result result = HVC_RESULT_REFUSED;

    if (may_change_here(s, survey) && hvc_now_ms() < s->patience_until_ms &&
        hvc_call_wait(s->call, 2ul * LOOK_AGAIN_MS))
        return false;
    if (survey->facts.count == 0) {
        *ret_result = hvc_call_say(s->call, HVC_RESULT_UNREACHABLE,
                                   "the nodes of the cluster are not known, so nothing is started: %s",
                                   survey->facts.corosync_error.text);
        return true;
    }
    if (v->node < survey->facts.count && survey->facts.nodes[v->node].local &&
        survey->placement[v->node].seen == HVC_SEEN_UNKNOWN)
        result = HVC_RESULT_UNREACHABLE;
    else if (!survey->input.quorate)
        result = HVC_RESULT_NO_QUORUM;
    *ret_result =
        hvc_call_say(s->call, result, "guest %s is not started on node %s: %s%s%s%s%s", guest_label(&s->request),
                     s->operations->node, v->words, before[0] != '\0' ? "; before that: " : "", before,
                     survey->facts.pacemaker_answers ? "" : "; who is fenced is not known: ",
                     survey->facts.pacemaker_answers ? "" : survey->facts.pacemaker_error.text);
    return true;
}

/* True when the operation has ended with *ret_result. */
static bool one_round(struct start *s, enum hvc_result *ret_result)
{
    struct guest_survey *survey;
    char coming[320];
    size_t other;
    bool ended;

    look_here(s);
    if (runs_here(s)) {
        *ret_result = already_here(s);
        return true;
    }
    survey = guest_survey_take(s->operations, s->call, &s->request, &s->local);
    if (survey == NULL) {
        *ret_result = hvc_call_say(s->call, HVC_RESULT_INTERNAL, "no memory to ask the nodes");
        return true;
    }
    other = guest_survey_foreign(survey, &s->request);
    if (other < survey->facts.count) {
        *ret_result = foreign(s, survey->facts.nodes[other].name, &survey->nodes[other].state);
        ended = true;
    } else if ((survey->verdict.action == HVC_PLACEMENT_BOOT || survey->verdict.action == HVC_PLACEMENT_FETCH) &&
               guest_is_expected(s->operations, s->request.id.uuid, coming, sizeof(coming))) {
        ended = !next_round(s, coming, ret_result);
    } else if (survey->verdict.action == HVC_PLACEMENT_BOOT) {
        ended = boot(s, survey, ret_result);
    } else if (survey->verdict.action == HVC_PLACEMENT_FETCH) {
        ended = fetch(s, survey, ret_result);
    } else if (survey->verdict.action == HVC_PLACEMENT_REFUSE) {
        ended = refuse(s, survey, ret_result);
    } else { /* WAIT; HERE was answered above */
        ended = !next_round(s, survey->verdict.words, ret_result);
    }
    free(survey);
    return ended;
}

/* Two resources with one definition file would fight over the guest. Pacemaker's silence does not hold up the start:
 * the mark of the running guest guards as well. */
static enum hvc_result check_config(struct start *s)
{
    const char *config = hvc_record_text(s->call->args, "config", "");
    char other[HVC_RESOURCE_NAME_MAX];
    struct hvc_error error = {0};

    if (config[0] == '\0' || s->request.resource[0] == '\0')
        return HVC_RESULT_OK;
    if (hvc_facts_resource_of_config(s->operations->facts, config, s->request.resource, guest_deadline(s->call, 3000),
                                     other, &error) != 0)
        return HVC_RESULT_OK;
    return hvc_call_say(s->call, HVC_RESULT_REFUSED,
                        "resources %s and %s have the same guest (config=%s): remove one of them", s->request.resource,
                        other, config);
}

enum hvc_result guest_start(struct hvc_operations *operations, struct hvc_call *call)
{
    struct start s = {.operations = operations, .call = call, .began_ms = hvc_now_ms()};
    enum hvc_result result = guest_request_read(call, &s.request);
    uint64_t left = hvc_deadline_left(call->deadline_ms);

    if (result != HVC_RESULT_OK)
        return result;
    if (s.request.xml == NULL)
        return hvc_call_say(call, HVC_RESULT_INVALID, "guest.start needs the definition of the guest (xml)");
    result = check_config(&s);
    if (result != HVC_RESULT_OK)
        return result;
    s.patience_until_ms = s.began_ms + (left / 3 < PATIENCE_MS ? left / 3 : PATIENCE_MS);
    while (!one_round(&s, &result)) {
        if (hvc_call_is_cancelled(call) || hvc_deadline_left(call->deadline_ms) == 0)
            return hvc_call_say(call, HVC_RESULT_TIMEOUT, "guest %s was not started before the deadline: %s",
                                guest_label(&s.request), s.local.words);
    }
    return result;
}
