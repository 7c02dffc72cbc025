/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round: the state copied, a step decided for each job, the steps taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "runner.h"

enum {
    READ_MS = 1000,  /* for the replica's thread to show the state */
    SLOW_MS = 2000,  /* a round also when nothing is heard: clocks pass deadlines */
    HURRY_MS = 500,  /* ... while a target that Pacemaker was told of is away */
    EXPIRED_MAX = 16 /* jobs ended for their deadline in one round */
};

struct round {
    struct hvc_job_runner *runner;
    uint64_t stamp_ms; /* wall clock */
    bool stale;
    unsigned rank; /* among the members */
    uint32_t node;
    uint8_t version;                   /* of commands that every member understands */
    const struct hvc_service *service; /* while it is looked at */
    struct hvc_agenda_effect *effects;
    unsigned count;
    bool more, pressing;
    struct hvc_command expired[EXPIRED_MAX];
    unsigned expired_count;
};

/* ---- the state ---- */

/* The source ends it: nobody else is heard while it is there, and nothing is begun without it. */
static void look_for_expired(void *context, const struct hvc_job *job)
{
    struct round *round = context;
    const struct hvc_service_node *target = hvc_service_node(round->service, job->target);

    if (round->expired_count < EXPIRED_MAX && job->source == round->node &&
        hvc_agenda_expired(job, target != NULL && !target->member,
                           hvc_service_setting(round->service, job->source, HVC_SETTING_DEADLINE_S), round->stamp_ms,
                           &round->expired[round->expired_count]))
        round->expired_count++;
}

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct round *round = context;
    const struct hvc_service_node *own = hvc_service_node_named(service, round->runner->operations->node);
    struct hvc_effect_cursor cursor = {0};

    round->stale = stamp->stale;
    if (own == NULL)
        return 0;
    round->node = own->id;
    round->rank = hvc_agenda_rank(service, own->id);
    round->service = service;
    job_audit_look(&round->runner->audit, service, own->id, look_for_expired, round);
    while (round->count < ITEMS_MAX &&
           hvc_agenda_effect_next(service, own->id, round->rank == 0, &cursor, &round->effects[round->count]))
        round->count++;
    round->more = round->count == ITEMS_MAX;
    round->pressing = round->rank == 0 && hvc_agenda_is_pressing(service);
    return 0;
}

/* Asked while something hangs on a lost node: only that needs a newer command. */
static uint8_t understood_version(const struct round *round)
{
    struct hvc_keeper *keeper = round->runner->operations->keeper;
    HVC_CLEANUP(free) struct hvc_replica_status *status = NULL;
    bool asked = false;

    for (unsigned i = 0; i < round->count; i++)
        asked = asked || round->effects[i].kind == HVC_EFFECT_RECONCILE ||
                round->effects[i].kind == HVC_EFFECT_CANCEL || round->effects[i].job.lost_target != HVC_TARGET_NOT_LOST;
    status = asked ? calloc(1, sizeof(*status)) : NULL;
    if (status == NULL)
        return 1;
    keeper->ops->status(keeper, status);
    return status->replication.entry_version;
}

/* ---- the move of a job ---- */

static enum hvc_agenda_proof proof_of(const struct hvc_move_result *result)
{
    switch (result->end == HVC_MOVE_NOT_STARTED ? result->seen : result->end) {
    case HVC_MOVE_MOVED:
    case HVC_MOVE_PREPARED:
        return HVC_PROOF_MOVED;
    case HVC_MOVE_STAYED:
        return HVC_PROOF_STAYED;
    case HVC_MOVE_GONE:
        return HVC_PROOF_GONE;
    case HVC_MOVE_BROKEN:
    case HVC_MOVE_DOUBLE:
        return HVC_PROOF_UNCLEAR;
    case HVC_MOVE_UNDER_WAY:
    case HVC_MOVE_NOT_STARTED:
    case HVC_MOVE_UNPROVEN:
        break;
    }
    return HVC_PROOF_NONE;
}

static enum hvc_agenda_stage stage_of(const struct hvc_job *job, const struct hvc_move_view *view)
{
    if (view->ended)
        return HVC_STAGE_ENDED;
    switch (view->progress.phase) {
    case HVC_MIGRATE_SETUP:
    case HVC_MIGRATE_COPY:
        return HVC_STAGE_COPYING;
    case HVC_MIGRATE_SWITCH:
    case HVC_MIGRATE_POST_COPY:
        return HVC_STAGE_SWITCHING;
    case HVC_MIGRATE_INTERRUPTED:
        return HVC_STAGE_INTERRUPTED;
    case HVC_MIGRATE_NONE:
    case HVC_MIGRATE_DONE:
        break;
    }
    return view->adopted                ? HVC_STAGE_WATCHED
           : job->kind == HVC_KIND_LIVE ? HVC_STAGE_BEGUN
                                        : HVC_STAGE_COPYING; /* which libvirt may never show as a migration */
}

/* A move of this guest that somebody else began counts as the job's while it is under way to the same target. */
static struct hvc_agenda_move move_of(struct hvc_operations *operations, const struct hvc_agenda_effect *effect)
{
    const struct hvc_move_job job = {.id = effect->job.id, .admitted_ms = effect->job.phase_ms[HVC_JOB_ADMITTED]};
    struct hvc_agenda_move move = {.stage = HVC_STAGE_NONE};
    struct hvc_move_view view;
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(effect->job.guest, uuid);
    if (!hvc_moves_look(operations->moves, &job, uuid, &view))
        return move;
    if (!view.of_job && view.target[0] != '\0' && strcmp(view.target, effect->target) != 0)
        return move;
    move.stage = (uint8_t)stage_of(&effect->job, &view);
    move.cancel = view.cancel;
    move.foreign = !view.of_job && !view.adopted;
    move.network = view.ended ? 0 : view.network;
    if (view.ended) {
        move.proof = (uint8_t)proof_of(&view.end);
        move.code =
            (uint16_t)(view.end.end == HVC_MOVE_MOVED ? HVC_REASON_NOTE : hvc_agenda_reason(view.end.error.code));
        (void)snprintf(move.text, sizeof(move.text), "%.*s", (int)sizeof(move.text) - 1, view.end.error.text);
    }
    return move;
}

/* ---- steps ---- */

/* Wall clock into hvc_now_ms. */
static uint64_t monotonic_of(const struct round *round, uint64_t stamp_ms)
{
    if (stamp_ms == UINT64_MAX)
        return UINT64_MAX;
    return stamp_ms <= round->stamp_ms ? hvc_now_ms() : hvc_deadline_in(stamp_ms - round->stamp_ms);
}

static void tell_end(struct hvc_operations *operations, const struct hvc_agenda_effect *effect,
                     const struct hvc_agenda_finding *finding)
{
    bool unheld = finding->work == HVC_JOB_WORK_WATCH && finding->code == HVC_REASON_GIVE_UP;
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(effect->job.guest, uuid);
    (void)hvc_moves_tell_end(operations->moves, uuid, /* it has ended meanwhile: the next round sees how */
                             effect->job.cancel ? "its job was cancelled"
                             : unheld           ? finding->text
                                                : "the target of its job is lost");
}

/* What had ended before an end of it was lost proves nothing any more: the guest may have died there since, and have
 * been started elsewhere. (A move of another kind finds that out when it is run again; it is not, once it has ended.)
 */
static bool is_outdated(const struct hvc_agenda_effect *effect, const struct hvc_agenda_move *move,
                        const struct item *item)
{
    const struct hvc_job *job = &effect->job;

    return job->phase == HVC_JOB_RECONCILING && job->kind == HVC_KIND_LIVE && move->stage == HVC_STAGE_ENDED &&
           item->proving_ms != job->phase_ms[HVC_JOB_RECONCILING];
}

/* The lock is held. Returns when to look again. */
static uint64_t step(const struct round *round, const struct hvc_agenda_effect *effect, struct item *item)
{
    struct hvc_job_runner *runner = round->runner;
    struct hvc_agenda_move move = move_of(runner->operations, effect);
    const struct hvc_agenda_input input = {.effect = effect,
                                           .finding = &item->finding,
                                           .move = &move,
                                           .now_ms = round->stamp_ms,
                                           .jitter = (uint32_t)(effect->job.index * 2654435761u),
                                           .version = round->version};
    struct hvc_agenda_action action;

    move.for_target = move.cancel && item->ended_ms == effect->job.phase_ms[HVC_JOB_ADMITTED];
    if (is_outdated(effect, &move, item))
        move = (struct hvc_agenda_move){.stage = HVC_STAGE_NONE};
    hvc_agenda_decide(&input, &action);
    switch ((enum hvc_agenda_step)action.step) {
    case HVC_AGENDA_WAIT:
        return monotonic_of(round, action.until_ms);
    case HVC_AGENDA_WORK: /* one that ends makes room for another, and wakes the runner */
        return job_work_begin(runner, effect, (enum hvc_agenda_work)action.work, item) < 0 ? hvc_deadline_in(SLOW_MS)
                                                                                           : UINT64_MAX;
    case HVC_AGENDA_END:
        tell_end(runner->operations, effect, &item->finding);
        if (effect->kind == HVC_EFFECT_CANCEL && !effect->job.cancel)
            item->ended_ms = effect->job.phase_ms[HVC_JOB_ADMITTED];
        return UINT64_MAX;
    case HVC_AGENDA_PROPOSE:
        if (item->propose_after_ms > hvc_now_ms())
            return item->propose_after_ms;
        job_propose(runner, &action.command, item);
        return UINT64_MAX;
    }
    return UINT64_MAX;
}

static uint64_t take_steps(const struct round *round)
{
    struct hvc_job_runner *runner = round->runner;
    uint64_t again = hvc_deadline_in(SLOW_MS);

    for (unsigned i = 0; i < ITEMS_MAX; i++)
        runner->items[i].seen = false;
    for (unsigned i = 0; i < round->count; i++) {
        struct item *item = job_runner_item(runner, round->effects[i].job.id);
        uint64_t until;

        if (item == NULL)
            continue; /* the table is full of others; those that end make room */
        item->seen = true;
        if (item->proposing)
            continue;
        until = step(round, &round->effects[i], item);
        again = until < again ? until : again;
    }
    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        struct item *item = &runner->items[i];

        if (item->job != 0 && !item->seen && !item->proposing && !item->finding.running)
            *item = (struct item){0};
    }
    return again;
}

static void end_expired(const struct round *round)
{
    struct hvc_job_runner *runner = round->runner;

    for (unsigned i = 0; i < round->expired_count; i++) {
        struct item *item = job_runner_item(runner, round->expired[i].report.job);

        if (item != NULL && !item->proposing && item->propose_after_ms <= hvc_now_ms())
            job_propose(runner, &round->expired[i], item);
    }
}

uint64_t job_round(struct hvc_job_runner *runner)
{
    struct round round = {.runner = runner, .stamp_ms = job_stamp_ms()};
    struct hvc_keeper *keeper = runner->operations->keeper;
    uint64_t again = hvc_deadline_in(SLOW_MS);

    round.effects = calloc(ITEMS_MAX, sizeof(*round.effects));
    if (round.effects == NULL)
        return again;
    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look, &round, NULL) == 0) {
        job_audit_tell(&runner->audit, runner->operations);
        if (round.more && !runner->told_more)
            hvc_operations_note(runner->operations, HVC_MESSAGE_JOBS_LEFT, "max=%d", ITEMS_MAX);
        runner->told_more = round.more;
        round.version = understood_version(&round);
        (void)pthread_mutex_lock(&runner->lock);
        if (!round.stale) { /* what is old may have been decided otherwise: moves go on, nothing is begun */
            end_expired(&round);
            again = take_steps(&round);
            runner->rank = round.rank;
            runner->pressing = round.pressing;
            job_follow_places(runner);
            if (round.pressing && again > hvc_deadline_in(HURRY_MS))
                again = hvc_deadline_in(HURRY_MS);
        }
        (void)pthread_mutex_unlock(&runner->lock);
    }
    free(round.effects);
    return again;
}
