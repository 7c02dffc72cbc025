/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"
#include "nowhere.h"
#include "pacemaker.h"
#include "places.h"

enum {
    ASK_MS = 10000,   /* for one answer of Pacemaker's */
    SWEEP_MS = 40000, /* for it to learn the place of one guest */
    READ_MS = 1000,   /* of the state */
    PROOF_MS = 5000,  /* for the node of a guest to say that it runs there */
    PROPOSE_MS = 5000,
    LATER_MS = 60000, /* between two jobs that shall take one guest on, and two words about one doubt */
    AGAIN_MS = 10000, /* of what Pacemaker did not take */
    DOUBT_MS = 5000,  /* for the state to learn of a place */
};

/* ---- whose turn it is ---- */

void job_sweep_begin(struct job_sweep *sweep)
{
    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++)
        sweep->objects[i].seen = false;
}

void job_sweep_end(struct job_sweep *sweep)
{
    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++) {
        if (!sweep->objects[i].seen)
            sweep->objects[i] = (struct job_sweep_object){0};
    }
}

static struct job_sweep_object *object_of(struct job_sweep *sweep, const char *id)
{
    struct job_sweep_object *empty = NULL;

    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++) {
        if (strcmp(sweep->objects[i].id, id) == 0)
            return &sweep->objects[i];
        if (empty == NULL && sweep->objects[i].id[0] == '\0')
            empty = &sweep->objects[i];
    }
    return empty;
}

bool job_sweep_is_due(struct job_sweep *sweep, const char *id, const struct hvc_agenda_verdict *verdict, unsigned rank,
                      uint64_t now_ms)
{
    struct job_sweep_object *o = object_of(sweep, id);

    if (o == NULL)
        return false;
    if (o->id[0] == '\0' || o->mark != verdict->mark) {
        (void)hvc_text_copy(o->id, sizeof(o->id), id); /* both have the length of an id */
        o->mark = verdict->mark;
        o->since_ms = now_ms;
        o->doubt_ms = 0;
    }
    o->seen = true;
    /* the own node of a job does nothing for it while its target is away and not fenced */
    return verdict->mark != HVC_AGENDA_MARK_KEEP && now_ms >= o->since_ms &&
           now_ms - o->since_ms >=
               hvc_agenda_patience_ms(rank, verdict->lives && verdict->mark != HVC_AGENDA_MARK_AWAY);
}

void job_sweep_later(struct job_sweep *sweep, const char *id, uint64_t until_ms)
{
    struct job_sweep_object *o = object_of(sweep, id);

    if (o != NULL && o->id[0] != '\0')
        o->since_ms = until_ms;
}

bool job_sweep_tells_doubt(struct job_sweep *sweep, const char *id, uint64_t now_ms)
{
    struct job_sweep_object *o = object_of(sweep, id);
    bool first = o != NULL && o->doubt_ms == 0;

    if (o == NULL || o->id[0] == '\0' || now_ms < o->doubt_ms)
        return false;
    o->doubt_ms = now_ms + (first ? DOUBT_MS : LATER_MS);
    return !first;
}

/* ---- one look ---- */

struct look {
    const struct hvc_pacemaker_mark *marks;
    size_t count;
    struct hvc_agenda_verdict *verdicts;
};

static int judge(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct look *look = context;

    if (stamp->stale)
        return -EAGAIN;
    for (size_t i = 0; i < look->count; i++) {
        if (look->marks[i].kind != HVC_MARK_PIN)
            hvc_agenda_judge_mark(service, look->marks[i].job, look->marks[i].resource, &look->verdicts[i]);
    }
    return 0;
}

/* What libvirt of that node says of the guest. */
static int ask_node(struct hvc_operations *operations, const struct hvc_agenda_verdict *verdict,
                    struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    struct hvc_hypervisor *at = operations->hypervisor;
    char uuid[HVC_UUID_TEXT_MAX];
    int r = 0;

    if (strcmp(verdict->node, operations->node) != 0)
        r = hvc_peers_get(operations->peers, verdict->node, &at, error);
    hvc_format_uuid(verdict->guest, uuid);
    return r < 0 ? r : hvc_hypervisor_inspect(at, uuid, hvc_deadline_in(PROOF_MS), ret_state, error);
}

/* The guest was at the node of the location and is not any more: the node was fenced and is not back, or is back and
 * says so (before its hvclusterd does). Of a node that is only away nothing is known: without the location Pacemaker
 * would take the guest for failed that may run there. */
static bool is_dead_there(struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark,
                          const struct hvc_agenda_verdict *verdict)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_guest_state state = {0};
    const struct hvc_fact_node *node;

    if (mark->kind != HVC_MARK_HERE || strcmp(mark->node, verdict->node) != 0 || facts == NULL ||
        hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER, hvc_deadline_in(PROOF_MS), facts) <
            0 ||
        !facts->quorate)
        return false;
    node = hvc_facts_find(facts, verdict->node);
    if (node != NULL && !node->member)
        return facts->pacemaker_answers && node->fenced && !node->unclean;
    return node != NULL && ask_node(operations, verdict, &state, NULL) == 0 && state.guest_class == HVC_GUEST_ABSENT;
}

/* The state follows libvirt with some delay, and a force takes it back to what it was: nothing is done on its word
 * alone. Nor while the guest is carried away by a move whose job a force has given up. */
static int prove(struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark,
                 const struct hvc_agenda_verdict *verdict, struct hvc_error *error)
{
    struct hvc_guest_state state = {0};
    int r;

    if (verdict->node[0] == '\0')
        return job_nowhere_prove(operations, verdict, mark->resource, error);
    if (verdict->mark == HVC_AGENDA_MARK_AWAY)
        return is_dead_there(operations, mark, verdict)
                   ? 0
                   : hvc_error_set(error, -EAGAIN, "its guest shall be on %.60s, which is away, and is not proven dead",
                                   verdict->node);
    r = ask_node(operations, verdict, &state, error);
    if (r < 0)
        return hvc_error_prefix(error, "its guest shall be on %.60s", verdict->node);
    if (job_places_runs(&state))
        return 0;
    return hvc_error_set(error, -EAGAIN, "its guest shall be on %.60s: %.300s%s", verdict->node, state.words,
                         state.migrating_out ? ", and is being moved away" : "");
}

/* Pacemaker is not allowed the guest where it is: a job takes it to where it is, under the same hold. What is queued or
 * runs for the guest already is that job. */
static int move_on(struct hvc_operations *operations, const struct hvc_agenda_verdict *verdict, struct hvc_error *error)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_JOB, .by = "hvclusterd"};
    struct hvc_keeper *keeper = operations->keeper;
    struct hvc_replica_outcome outcome = {0};
    char words[HVC_ERROR_TEXT_MAX];
    struct hvc_token token;
    int r;

    memcpy(c.job.guest, verdict->guest, sizeof(c.job.guest));
    c.job.kind = HVC_KIND_LIVE;
    c.job.origin = HVC_ORIGIN_OPERATOR;
    r = keeper->ops->token(keeper, &token);
    if (r == 0)
        r = keeper->ops->propose(keeper, &c, &token, hvc_deadline_in(PROPOSE_MS), false, &outcome);
    if (r < 0)
        return hvc_error_set(error, r, "the guest has to leave %.60s, and no job of it could be made", verdict->node);
    if (!hvc_answer_is_good(&outcome.answer) && outcome.answer.code != HVC_ANSWER_BUSY) {
        hvc_answer_text(&outcome.answer, words, sizeof(words));
        return hvc_error_set(error, -EAGAIN, "the guest has to leave %.60s, and: %.200s", verdict->node, words);
    }
    return -EINPROGRESS;
}

static int finish(struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark,
                  const struct hvc_agenda_verdict *verdict, struct hvc_error *error)
{
    bool dead = verdict->mark == HVC_AGENDA_MARK_AWAY, release = dead || verdict->mark == HVC_AGENDA_MARK_REMOVE;
    const struct job_hand_back order = {.job = mark->job,
                                        .resource = mark->resource,
                                        .target = dead ? "" : verdict->node,
                                        .pin = verdict->pin,
                                        .insist = true,
                                        .left = true};
    int r;

    if (release)
        r = job_pacemaker_release(&order, hvc_deadline_in(SWEEP_MS), error);
    else
        r = job_pacemaker_hand_back(&order, hvc_deadline_in(SWEEP_MS), error);
    if (r == -EACCES)
        return move_on(operations, verdict, error);
    if (release)
        return r;
    if (r == 0 ||
        (mark->kind == HVC_MARK_HERE && r != -ECANCELED)) { /* it has had its time: a location that nobody needs goes */
        int written = job_pacemaker_settle(&order, hvc_deadline_in(ASK_MS), error);

        r = r == 0 ? written : r;
    }
    return r;
}

static void tell(struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark, int code,
                 const struct hvc_error *error)
{
    char words[HVC_ERROR_TEXT_MAX];

    if (code == -ECANCELED || code == -EINPROGRESS)
        return; /* another was faster, or a job does it: they tell */
    if (code < 0)
        hvc_operations_note(operations, HVC_MESSAGE_PACEMAKER_MARK_STAYS, "id=%s resource=%s words=%s", mark->id,
                            mark->resource, hvc_message_quote(error->text, words, sizeof(words)));
    else
        hvc_operations_note(operations, HVC_MESSAGE_PACEMAKER_MARK_GONE, "id=%s resource=%s job=%" PRIu64, mark->id,
                            mark->resource, mark->job);
}

static void do_one(struct job_sweep *sweep, struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark,
                   const struct hvc_agenda_verdict *verdict)
{
    struct hvc_error error = {0};
    int r = finish(operations, mark, verdict, &error);

    if (r == -EINPROGRESS)
        job_sweep_later(sweep, mark->id, hvc_deadline_in(LATER_MS));
    else if (r < 0 && verdict->mark == HVC_AGENDA_MARK_AWAY) /* looked at every second, told less often */
        job_sweep_later(sweep, mark->id, hvc_deadline_in(AGAIN_MS));
    tell(operations, mark, r, &error);
}

/* What is in doubt for a moment only, the state being a little late, is nobody's concern; what a living job waits for
 * its phase says. */
static void take_up(struct job_sweep *sweep, struct hvc_operations *operations, const struct hvc_pacemaker_mark *mark,
                    const struct hvc_agenda_verdict *verdict)
{
    struct hvc_error doubt = {0};
    int r = prove(operations, mark, verdict, &doubt);

    if (r == 0)
        do_one(sweep, operations, mark, verdict);
    else if (!(verdict->lives && verdict->mark == HVC_AGENDA_MARK_AWAY) &&
             job_sweep_tells_doubt(sweep, mark->id, hvc_now_ms()))
        tell(operations, mark, r, &doubt);
}

void job_sweep_marks(struct job_sweep *sweep, struct hvc_operations *operations, const struct hvc_pacemaker_mark *marks,
                     size_t count, unsigned rank)
{
    struct look look = {
        .marks = marks, .count = count, .verdicts = calloc(count + 1, sizeof(*look.verdicts))}; /* KEEP */
    struct hvc_keeper *keeper = operations->keeper;

    if (look.verdicts != NULL && (count == 0 || keeper->ops->read(keeper, HVC_REPLICA_BARRIER, hvc_deadline_in(READ_MS),
                                                                  judge, &look, NULL) == 0)) {
        job_sweep_begin(sweep);
        for (size_t i = 0; i < count; i++) {
            if (job_sweep_is_due(sweep, marks[i].id, &look.verdicts[i], rank, hvc_now_ms()))
                take_up(sweep, operations, &marks[i], &look.verdicts[i]);
        }
        job_sweep_end(sweep);
    }
    free(look.verdicts);
}

void job_sweep(struct job_sweep *sweep, struct hvc_operations *operations, unsigned rank)
{
    struct hvc_pacemaker_mark *marks = NULL;
    size_t count = 0;

    if (hvc_pacemaker_marks(hvc_deadline_in(ASK_MS), &marks, &count, NULL) < 0)
        return; /* no Pacemaker, or none that answers: the next time, or another member */
    job_sweep_marks(sweep, operations, marks, count, rank);
    free(marks);
}
