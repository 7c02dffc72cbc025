/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_runner.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "hvc/clock.h"

enum {
    LOOK_MS = 100,       /* between two looks at a move under way */
    SILENT_MS = 1000,    /* the same while libvirt does not answer */
    ASK_MS = 5000,       /* for one question while it runs */
    PROVE_MS = 15000,    /* for both ends to agree after libvirt has said how it ended */
    RESERVE_MS = 3000,   /* before the deadline: for the switch-over, or for the end of a cancelled move */
    RESERVE_PERCENT = 10 /* of the whole time, when that is more */
};

struct run {
    const struct hvc_move_task *task;
    pthread_mutex_t lock; /* of done, rc */
    bool done;
    int rc;
    struct hvc_error error; /* of libvirt's migration; read when done */
    uint64_t began_ms;
    bool cancelled, forced, late; /* what was done about it */
    struct hvc_migrate_progress progress;
};

static void *migrate(void *context)
{
    struct run *run = context;
    const struct hvc_move_task *task = run->task;
    int rc = hvc_hypervisor_migrate(task->source, task->uuid, &task->options, task->deadline_ms, &run->error);

    (void)pthread_mutex_lock(&run->lock);
    run->rc = rc;
    run->done = true;
    (void)pthread_mutex_unlock(&run->lock);
    return NULL;
}

static bool is_done(struct run *run)
{
    bool done;

    (void)pthread_mutex_lock(&run->lock);
    done = run->done;
    (void)pthread_mutex_unlock(&run->lock);
    return done;
}

static uint64_t soon(uint64_t ms)
{
    return hvc_deadline_in(ms);
}

static void look(struct run *run)
{
    const struct hvc_move_task *task = run->task;
    struct hvc_migrate_progress progress = {0};
    struct hvc_error ignored = {0}; /* the next look tells more; the end is told by the guests' states */

    if (hvc_hypervisor_progress(task->source, task->uuid, soon(ASK_MS), &progress, &ignored) < 0 ||
        progress.phase == HVC_MIGRATE_NONE)
        return;
    run->progress = progress;
    task->progress(task->context, &progress);
}

static void cancel(struct run *run)
{
    struct hvc_error ignored = {0}; /* tried again at the next look */

    run->cancelled = hvc_hypervisor_cancel(run->task->source, run->task->uuid, soon(ASK_MS), &ignored) == 0;
}

/* Near the deadline the guest is paused, so that the rest is sent at once, or the move is given up. */
static void pace(struct run *run)
{
    const struct hvc_move_task *task = run->task;
    uint64_t whole = task->deadline_ms - run->began_ms, reserve = whole / 100 * RESERVE_PERCENT;
    struct hvc_error ignored = {0}; /* tried again at the next look */

    if (task->deadline_ms == HVC_NO_DEADLINE)
        return;
    if (reserve < RESERVE_MS)
        reserve = whole > 2 * (uint64_t)RESERVE_MS ? RESERVE_MS : whole / 4;
    if (hvc_deadline_left(task->deadline_ms) > reserve)
        return;
    run->late = true;
    if (task->force_at_deadline && !run->forced)
        run->forced = hvc_hypervisor_pause(task->source, task->uuid, soon(ASK_MS), &ignored) == 0;
    else if (!task->force_at_deadline && !run->cancelled)
        cancel(run);
}

static void watch(struct run *run)
{
    while (!is_done(run)) {
        if (atomic_load(run->task->cancel) && !run->cancelled)
            cancel(run);
        pace(run);
        look(run);
        (void)poll(NULL, 0, LOOK_MS);
    }
}

/* ---- proof ---- */

static bool runs(const struct hvc_guest_state *state)
{
    return state->guest_class == HVC_GUEST_RUNNING || state->guest_class == HVC_GUEST_PAUSED;
}

/* OK at the target, FAILED at the source, UNKNOWN_OUTCOME not yet proven; in words. */
static enum hvc_result compare(const struct hvc_move_task *task, struct hvc_guest_state *source,
                               struct hvc_guest_state *target, struct hvc_error *words)
{
    struct hvc_error why = {0};

    if (hvc_hypervisor_inspect(task->source, task->uuid, soon(ASK_MS), source, &why) < 0) {
        (void)hvc_error_set(words, -EIO, "the source does not say whether it still has the guest: %s", why.text);
        return HVC_RESULT_UNKNOWN_OUTCOME;
    }
    if (hvc_hypervisor_inspect(task->target, task->uuid, soon(ASK_MS), target, &why) < 0) {
        (void)hvc_error_set(words, -EIO, "the target does not say whether it has the guest: %s", why.text);
        return HVC_RESULT_UNKNOWN_OUTCOME;
    }
    (void)hvc_error_set(words, -EIO, "the source says: %s; the target says: %s", source->words, target->words);
    if (runs(target) && source->guest_class == HVC_GUEST_ABSENT)
        return HVC_RESULT_OK;
    if (!source->migrating_out && target->guest_class == HVC_GUEST_ABSENT && runs(source))
        return HVC_RESULT_FAILED;
    return HVC_RESULT_UNKNOWN_OUTCOME;
}

static enum hvc_result prove(const struct hvc_move_task *task, struct hvc_guest_state *source, struct hvc_error *words)
{
    struct hvc_guest_state target = {0};
    uint64_t deadline = soon(PROVE_MS);
    enum hvc_result result;

    while ((result = compare(task, source, &target, words)) == HVC_RESULT_UNKNOWN_OUTCOME &&
           hvc_deadline_left(deadline) > 0)
        (void)poll(NULL, 0, LOOK_MS);
    return result;
}

static void mark(const struct hvc_move_task *task, struct hvc_error *words)
{
    struct hvc_error error = {0};

    if (task->owner[0] == '\0')
        return;
    if (hvc_hypervisor_set_owner(task->target, task->uuid, task->owner, soon(ASK_MS), &error) < 0)
        (void)hvc_error_set(words, 0, "runs at the target, but could not be marked as the guest of resource %s: %s",
                            task->owner, error.text);
}

static void finish(struct run *run, struct hvc_move_end *end)
{
    struct hvc_guest_state source = {0};

    end->result = prove(run->task, &source, &end->error);
    end->downtime_ms = run->progress.expected_downtime_ms;
    if (end->result == HVC_RESULT_OK) {
        (void)hvc_error_set(&end->error, 0, "runs at the target");
        mark(run->task, &end->error);
        return;
    }
    if (end->result == HVC_RESULT_FAILED && run->late)
        end->result = HVC_RESULT_TIMEOUT;
    if (end->result == HVC_RESULT_UNKNOWN_OUTCOME)
        (void)hvc_error_prefix(&end->error, "%s", run->rc < 0 ? run->error.text : "libvirt says that it has moved");
    else
        (void)hvc_error_set(&end->error, -EIO, "%s; the guest stays at the source (%s)",
                            run->late                        ? "it would not have ended in time and was given up"
                            : atomic_load(run->task->cancel) ? "it was cancelled"
                                                             : run->error.text,
                            source.words);
}

/* A move that somebody else drives: there is no second end to ask. */
static void watch_adopted(struct run *run, struct hvc_move_end *end)
{
    const struct hvc_move_task *task = run->task;
    struct hvc_guest_state source = {0};
    struct hvc_error why = {0};

    for (;;) {
        bool silent;

        if (atomic_load(task->cancel) && !run->cancelled)
            cancel(run);
        look(run);
        silent = hvc_hypervisor_inspect(task->source, task->uuid, soon(ASK_MS), &source, &why) < 0;
        if (!silent && !source.migrating_out)
            break;
        (void)poll(NULL, 0, silent ? SILENT_MS : LOOK_MS);
    }
    end->downtime_ms = run->progress.expected_downtime_ms;
    end->result = source.guest_class == HVC_GUEST_ABSENT ? HVC_RESULT_OK : HVC_RESULT_FAILED;
    (void)hvc_error_set(&end->error, end->result == HVC_RESULT_OK ? 0 : -EIO,
                        source.guest_class == HVC_GUEST_ABSENT ? "has left this node (%s)"
                                                               : "is still on this node (%s)",
                        source.words);
}

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_end *ret_end)
{
    struct run run = {.task = task, .began_ms = hvc_now_ms()};
    pthread_t thread;
    int rc;

    memset(ret_end, 0, sizeof(*ret_end));
    if (task->adopted) {
        watch_adopted(&run, ret_end);
        return;
    }
    (void)pthread_mutex_init(&run.lock, NULL);
    rc = pthread_create(&thread, NULL, migrate, &run);
    if (rc != 0) {
        ret_end->result = HVC_RESULT_INTERNAL;
        (void)hvc_error_set(&ret_end->error, -rc, "cannot start a thread for the move: %s", strerror(rc));
    } else {
        watch(&run);
        (void)pthread_join(thread, NULL);
        finish(&run, ret_end);
    }
    (void)pthread_mutex_destroy(&run.lock);
}
