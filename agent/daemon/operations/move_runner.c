/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_runner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/move.h"
#include "hvc/thread.h"

enum {
    LOOK_MS = 100,           /* between two looks at a move under way */
    SILENT_MS = 1000,        /* the same while libvirt does not answer */
    ASK_MS = 5000,           /* for one question */
    SEARCH_MS = 2000,        /* between two searches for the target of an adopted move */
    ADOPTED_PROOF_MS = 60000 /* nobody's deadline ends the proof of an adopted move */
};

struct run {
    const struct hvc_move_task *task;
    struct hvc_move *move;
    enum hvc_move_end end;
    struct hvc_error error;
    bool lost;            /* ended because of its way */
    bool cancelled;       /* and told so */
    pthread_mutex_t lock; /* of done */
    pthread_cond_t ended;
    bool done;
};

static void *drive(void *context)
{
    struct run *run = context;

    run->end = hvc_move_run(run->move, run->task->deadline_ms, &run->error);
    (void)pthread_mutex_lock(&run->lock);
    run->done = true;
    (void)pthread_cond_signal(&run->ended);
    (void)pthread_mutex_unlock(&run->lock);
    return NULL;
}

/* True when the move has ended, at the latest LOOK_MS from now; an end is noticed at once: somebody waits for it. */
static bool has_ended(struct run *run)
{
    const struct timespec when = hvc_timespec_of(hvc_deadline_in(LOOK_MS));
    bool done;

    (void)pthread_mutex_lock(&run->lock);
    if (!run->done)
        (void)pthread_cond_timedwait(&run->ended, &run->lock, &when);
    done = run->done;
    (void)pthread_mutex_unlock(&run->lock);
    return done;
}

static void init_run(struct run *run)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&run->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&run->ended, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static void clear_run(struct run *run)
{
    (void)pthread_cond_destroy(&run->ended);
    (void)pthread_mutex_destroy(&run->lock);
    hvc_move_free(run->move);
}

static void hand_on_cancel(struct run *run)
{
    const struct hvc_move_task *task = run->task;

    if (run->cancelled || !atomic_load(task->cancel))
        return;
    hvc_move_cancel(run->move, task->cancel_words != NULL ? *task->cancel_words : "it was cancelled");
    run->cancelled = true;
}

/* Its way carries nothing any more: a guest that still runs at the source stays there, one in post-copy cannot. */
static void leave_way(struct run *run, const struct hvc_move_report *report)
{
    const struct hvc_move_task *task = run->task;
    enum hvc_migrate_phase phase = report->progress.phase;
    bool copies = phase == HVC_MIGRATE_SETUP || phase == HVC_MIGRATE_COPY;

    if (task->lost == NULL || (!copies && phase != HVC_MIGRATE_POST_COPY) || (copies && run->cancelled) ||
        !task->lost(task->context, &report->progress))
        return;
    if (copies) {
        hvc_move_cancel(run->move, "its network carries nothing any more");
        run->cancelled = run->lost = true;
    } else {
        hvc_move_interrupt(run->move);
    }
}

/* Hands the cancel and the wish on, once, and progress, until the move has ended. */
static void attend(struct run *run)
{
    const struct hvc_move_task *task = run->task;
    bool hastened = false;

    while (!has_ended(run)) {
        struct hvc_move_report report;

        if (!hastened && task->wish != NULL && atomic_load(&task->wish->set)) {
            hvc_move_set_deadline(run->move, task->wish->deadline_ms, task->wish->force_at_deadline);
            hastened = true;
        }
        hand_on_cancel(run);
        hvc_move_report(run->move, &report);
        if (report.progress.phase != HVC_MIGRATE_NONE)
            task->progress(task->context, &report.progress);
        leave_way(run, &report);
    }
}

static enum hvc_result result_of(enum hvc_move_end end, int code)
{
    switch (end) {
    case HVC_MOVE_MOVED:
    case HVC_MOVE_PREPARED:
        return HVC_RESULT_OK;
    case HVC_MOVE_NOT_STARTED:
        return code < 0 ? hvc_result_of_errno(code) : HVC_RESULT_REFUSED;
    case HVC_MOVE_STAYED:
        return code == -ETIMEDOUT ? HVC_RESULT_TIMEOUT : HVC_RESULT_FAILED;
    case HVC_MOVE_GONE:
        return HVC_RESULT_NOT_FOUND;
    case HVC_MOVE_BROKEN:
    case HVC_MOVE_DOUBLE:
    case HVC_MOVE_UNPROVEN:
    case HVC_MOVE_UNDER_WAY:
        break;
    }
    return HVC_RESULT_UNKNOWN_OUTCOME;
}

static void mark(const struct hvc_move_task *task, struct hvc_error *words)
{
    struct hvc_error error = {0};

    if (task->owner[0] == '\0')
        return;
    if (hvc_hypervisor_set_owner(task->target, task->id.uuid, task->owner, hvc_deadline_in(ASK_MS), &error) < 0)
        (void)hvc_error_set(words, 0, "runs at the target, but could not be marked as the guest of resource %s: %s",
                            task->owner, error.text);
}

/* ---- the end ---- */

/* What the words are when the move itself has none. */
static const char *words_of(enum hvc_job_kind kind)
{
    switch (kind) {
    case HVC_KIND_STORAGE:
        return "its disks are at their new places";
    case HVC_KIND_STAGED:
        return "a planned system is at the target";
    case HVC_KIND_DEFINITION:
        return "is defined at the target";
    case HVC_KIND_LIVE:
    case HVC_KIND_LIVE_STORAGE:
    case HVC_KIND_QUICK:
    case HVC_KIND_RESTART:
    case HVC_KIND_COUNT:
        break;
    }
    return "runs at the target";
}

static void finish(struct run *run, struct hvc_move_result *ret_end)
{
    struct hvc_move_report report;

    hvc_move_report(run->move, &report);
    if (run->lost && run->end == HVC_MOVE_STAYED && !atomic_load(run->task->cancel))
        run->error.code = -EHOSTUNREACH;
    ret_end->result = result_of(run->end, run->error.code);
    ret_end->end = run->end;
    ret_end->unproven = run->end == HVC_MOVE_UNPROVEN;
    ret_end->downtime_ms = report.downtime_ms;
    ret_end->error = run->error;
    if (ret_end->result == HVC_RESULT_OK) {
        if (ret_end->error.text[0] == '\0')
            (void)hvc_error_set(&ret_end->error, 0, "%s", words_of(run->task->special.kind));
        if ((hvc_job_kind_info(run->task->special.kind)->flags & HVC_KIND_MOVES_GUEST) != 0)
            mark(run->task, &ret_end->error);
    } else if (run->end == HVC_MOVE_NOT_STARTED) {
        hvc_move_runner_look(run->task, ret_end);
    }
}

static void run_here(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    const struct hvc_move_request request = {.id = task->id,
                                             .source = task->source,
                                             .target = task->target,
                                             .source_name = task->source_name,
                                             .target_name = task->target_name,
                                             .options = task->options,
                                             .force = task->force_at_deadline,
                                             .adopt = task->adopted,
                                             .source_dead = task->source_dead,
                                             .target_dead = task->target_dead,
                                             .rescue = task->rescue,
                                             .kind = task->special.kind,
                                             .flags = task->special.flags,
                                             .restart = task->special.restart,
                                             .again = task->special.again,
                                             .plan = task->special.plan,
                                             .token = task->token,
                                             .proof_ms = task->adopted ? ADOPTED_PROOF_MS : 0};
    struct run run = {.task = task};
    pthread_t thread;
    int rc = hvc_move_new(&request, &run.move, &ret_end->error);

    if (rc < 0) {
        ret_end->result = hvc_result_of_errno(rc);
        hvc_move_runner_look(task, ret_end);
        return;
    }
    init_run(&run);
    hand_on_cancel(&run); /* one that is cancelled already does not begin */
    rc = hvc_thread_start(drive, &run, &thread);
    if (rc < 0) {
        ret_end->result = HVC_RESULT_INTERNAL;
        (void)hvc_error_set(&ret_end->error, rc, "cannot start a thread for the move: %s", strerror(-rc));
    } else {
        attend(&run);
        (void)pthread_join(thread, NULL);
        finish(&run, ret_end);
    }
    clear_run(&run);
}

/* ---- a move that somebody else started, to a target that is not known ---- */

/* Hands the cancel on and looks, for so long at most. True: the guest is still leaving, or nobody knows. */
static bool watch_leaving(const struct hvc_move_task *task, uint64_t until_ms, bool *cancelled,
                          struct hvc_guest_state *source)
{
    struct hvc_migrate_progress progress = {0};
    bool silent;

    do {
        if (!*cancelled && atomic_load(task->cancel))
            *cancelled = hvc_hypervisor_cancel(task->source, task->id.uuid, hvc_deadline_in(ASK_MS), NULL) == 0;
        if (hvc_hypervisor_progress(task->source, task->id.uuid, hvc_deadline_in(ASK_MS), &progress, NULL) == 0 &&
            progress.phase != HVC_MIGRATE_NONE)
            task->progress(task->context, &progress);
        silent = hvc_hypervisor_inspect(task->source, task->id.uuid, hvc_deadline_in(ASK_MS), source, NULL) < 0;
        if (!silent && !source->migrating_out)
            return false;
        (void)poll(NULL, 0, silent ? SILENT_MS : LOOK_MS);
    } while (hvc_deadline_left(until_ms) > 0);
    return true;
}

/* It has left or stayed, and no other node shows it. found: what the last search came to. */
static void end_without_target(const struct hvc_guest_state *source, int found, struct hvc_move_result *ret_end)
{
    if (source->guest_class != HVC_GUEST_ABSENT) {
        ret_end->result = HVC_RESULT_FAILED;
        ret_end->end = HVC_MOVE_STAYED;
        (void)hvc_error_set(&ret_end->error, -EIO, "is still on this node (%s)", source->words);
    } else if (found == -ENOENT) {
        ret_end->result = HVC_RESULT_NOT_FOUND;
        ret_end->end = HVC_MOVE_GONE;
        (void)hvc_error_set(&ret_end->error, -ENOENT, "ended during its move: it is on no node");
    } else {
        ret_end->result = HVC_RESULT_UNKNOWN_OUTCOME;
        ret_end->end = HVC_MOVE_UNPROVEN;
        ret_end->unproven = true;
        (void)hvc_error_set(&ret_end->error, -EINPROGRESS,
                            "has left this node (%s), and no node that answers has it: ask again when all nodes answer",
                            source->words);
    }
}

/* Searches for the target while the guest leaves and once afterwards, then proves the end as of a move of its own. */
static void run_adopted(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    struct hvc_move_task known = *task;
    struct hvc_guest_state source = {0};
    bool cancelled = false, leaving = true;
    int found = task->find_target(task->context, &known.target);

    while (found < 0 && leaving) {
        leaving = watch_leaving(task, hvc_deadline_in(SEARCH_MS), &cancelled, &source);
        found = task->find_target(task->context, &known.target);
    }
    if (found == 0)
        run_here(&known, ret_end);
    else
        end_without_target(&source, found, ret_end);
}

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    memset(ret_end, 0, sizeof(*ret_end));
    ret_end->end = HVC_MOVE_NOT_STARTED;
    if (task->adopted && task->target == NULL)
        run_adopted(task, ret_end);
    else
        run_here(task, ret_end);
}
