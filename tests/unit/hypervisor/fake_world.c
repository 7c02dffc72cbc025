/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_world.h"

#include <errno.h>
#include <string.h>

#include "hvc/clock.h"

#define STEP_MS 5

static struct fake_node *node_of(struct hvc_hypervisor *h)
{
    return (struct fake_node *)h;
}

static void lock(struct fake_world *w)
{
    (void)pthread_mutex_lock(&w->lock);
}

static void unlock(struct fake_world *w)
{
    (void)pthread_mutex_unlock(&w->lock);
}

/* With the lock held. */
static void wait_ms(struct fake_world *w, uint64_t ms)
{
    uint64_t until = hvc_deadline_in(ms);
    struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};

    (void)pthread_cond_timedwait(&w->changed, &w->lock, &at);
}

/* With the lock held: 0, or what a silent or dead libvirtd gives. */
static int answers(struct fake_node *n, uint64_t deadline_ms, struct hvc_error *error)
{
    while (n->silent && hvc_deadline_left(deadline_ms) > 0)
        wait_ms(n->world, STEP_MS);
    if (n->silent)
        return hvc_error_set(error, -ETIMEDOUT, "the fake libvirtd hangs");
    return n->down ? hvc_error_set(error, -ENOTCONN, "the fake libvirtd is down") : 0;
}

void fake_set(struct fake_node *node, enum hvc_guest_class guest_class, bool migrating_out, bool stranded)
{
    node->guest.guest_class = guest_class;
    node->guest.migrating_out = migrating_out;
    node->guest.stranded = stranded;
    node->guest.half = false;
    (void)snprintf(node->guest.words, sizeof(node->guest.words), "fake %s", hvc_guest_class_name(guest_class));
}

void fake_split(struct fake_world *world)
{
    fake_set(&world->source, HVC_GUEST_LEAVING, true, false);
    fake_set(&world->target, HVC_GUEST_RUNNING, false, false);
    world->source.guest.half = world->target.guest.half = true;
}

static int inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                   struct hvc_error *error)
{
    struct fake_node *n = node_of(h);
    int result;

    (void)uuid;
    lock(n->world);
    n->inspects++;
    result = answers(n, deadline_ms, error);
    if (result == 0)
        *ret_state = n->guest;
    unlock(n->world);
    return result;
}

static int stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                struct hvc_error *error)
{
    struct fake_node *n = node_of(h);
    int result;

    (void)uuid;
    (void)step;
    lock(n->world);
    result = answers(n, deadline_ms, error);
    if (result == 0) {
        n->kills++;
        fake_set(n, HVC_GUEST_ABSENT, false, false);
    }
    unlock(n->world);
    return result;
}

static int progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                    struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    struct fake_node *n = node_of(h);
    struct fake_world *w = n->world;
    int result;

    (void)uuid;
    lock(w);
    result = answers(n, deadline_ms, error);
    if (result == 0) {
        *ret_progress = (struct hvc_migrate_progress){.phase = HVC_MIGRATE_NONE};
        if (n == &w->source && w->under_way)
            *ret_progress = (struct hvc_migrate_progress){.phase = HVC_MIGRATE_COPY,
                                                          .elapsed_ms = hvc_now_ms() - w->began_ms,
                                                          .iteration = 3,
                                                          .remaining_bytes = w->remaining,
                                                          .rate_bytes = 1000,
                                                          .percent = 42};
        if (n == &w->source && n->guest.half && n->guest.migrating_out)
            ret_progress->phase = w->interrupted ? HVC_MIGRATE_INTERRUPTED : HVC_MIGRATE_POST_COPY;
        if (n == &w->target && !n->guest.half && n->guest.guest_class == HVC_GUEST_RUNNING)
            *ret_progress =
                (struct hvc_migrate_progress){.phase = HVC_MIGRATE_DONE, .percent = 100, .expected_downtime_ms = 13};
    }
    unlock(w);
    return result;
}

static int steer(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_error *error, bool *flag)
{
    struct fake_node *n = node_of(h);
    int result;

    lock(n->world);
    result = answers(n, deadline_ms, error);
    if (result == 0)
        *flag = true;
    unlock(n->world);
    return result;
}

static int cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    struct fake_world *w = node_of(h)->world;
    bool unused;

    (void)uuid;
    lock(w);
    w->cancels++;
    unlock(w);
    return steer(h, deadline_ms, error, w->fault == FAULT_CANCEL_DEAF ? &unused : &w->cancel_asked);
}

static int pause_guest(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid;
    return steer(h, deadline_ms, error, &node_of(h)->world->paused);
}

static int post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid;
    return steer(h, deadline_ms, error, &node_of(h)->world->post_copied);
}

static int interrupt(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid;
    return steer(h, deadline_ms, error, &node_of(h)->world->interrupted);
}

static int set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                        struct hvc_error *error)
{
    struct fake_node *n = node_of(h);
    int result;

    (void)uuid;
    lock(n->world);
    result = answers(n, deadline_ms, error);
    if (result == 0)
        n->world->downtime_limit = downtime_ms;
    unlock(n->world);
    return result;
}

static bool converged(const struct fake_world *w)
{
    if (w->paused || w->post_copied || (w->downtime_needed > 0 && w->downtime_limit >= w->downtime_needed))
        return true;
    return w->copy_ms != UINT64_MAX && hvc_now_ms() - w->began_ms >= w->copy_ms;
}

/* The copy ended without a switch-over. */
static int give_up(struct fake_world *w, int code, const char *words, struct hvc_error *error)
{
    fake_set(&w->source, HVC_GUEST_RUNNING, false, false);
    fake_set(&w->target, w->fault == FAULT_LEFT_INCOMING ? HVC_GUEST_INCOMING : HVC_GUEST_ABSENT, false, false);
    return hvc_error_set(error, code, "%s", words);
}

/* What goes wrong while memory is copied: 1 when nothing does. */
static int fault_in_copy(struct fake_world *w, struct hvc_error *error)
{
    switch ((int)w->fault) {
    case FAULT_FAILS_IN_COPY:
    case FAULT_LEFT_INCOMING:
        return give_up(w, -EIO, "fake: the stream broke", error);
    case FAULT_SOURCE_DIES_IN_COPY:
        w->source.silent = true;
        fake_set(&w->target, HVC_GUEST_ABSENT, false, false);
        return hvc_error_set(error, -ENOTCONN, "fake: the source is gone");
    case FAULT_TARGET_DIES_IN_COPY:
        (void)give_up(w, -EIO, "", NULL);
        w->target.silent = true;
        return hvc_error_set(error, -EIO, "fake: the target is gone");
    case FAULT_GUEST_ENDS:
        fake_set(&w->source, HVC_GUEST_ABSENT, false, false);
        fake_set(&w->target, HVC_GUEST_ABSENT, false, false);
        return hvc_error_set(error, -EIO, "fake: the guest shut down");
    case FAULT_STRANDED_NOTHING:
        fake_set(&w->source, HVC_GUEST_FAILED, false, true);
        fake_set(&w->target, HVC_GUEST_ABSENT, false, false);
        return hvc_error_set(error, -ENOTCONN, "fake: libvirtd was restarted");
    case FAULT_CALL_BREAKS:
        /* the migration goes on by itself: fake_world_go_on */
        return hvc_error_set(error, -ENOTCONN, "fake: the connection of the call broke");
    default:
        return 1;
    }
}

/* Both halves stay, and the call ends when libvirt has noticed. */
static int break_off(struct fake_world *w, struct hvc_error *error)
{
    fake_split(w);
    w->interrupted = w->fault == FAULT_POST_COPY_BREAKS;
    while (!w->interrupted && w->source.guest.half)
        wait_ms(w, STEP_MS);
    return hvc_error_set(error, -EIO, "fake: job failed in post-copy phase");
}

static int resume_post_copy(struct fake_world *w, struct hvc_error *error)
{
    w->resumes++;
    if (!w->interrupted)
        return hvc_error_set(error, -EIO, "fake: migration is still running");
    if (w->breaks > 0) {
        w->breaks--;
        return hvc_error_set(error, -EHOSTUNREACH, "fake: unable to connect");
    }
    w->interrupted = false;
    wait_ms(w, STEP_MS);
    fake_set(&w->target, HVC_GUEST_RUNNING, false, false);
    wait_ms(w, STEP_MS);
    fake_set(&w->source, HVC_GUEST_ABSENT, false, false);
    return 0;
}

static int finish(struct fake_world *w, struct hvc_error *error)
{
    fake_set(&w->source, HVC_GUEST_LEAVING, true, false);
    wait_ms(w, STEP_MS);
    fake_set(&w->target, HVC_GUEST_RUNNING, false, false);
    wait_ms(w, STEP_MS);
    switch ((int)w->fault) {
    case FAULT_SOURCE_DIES_AT_END:
    case FAULT_SOURCE_HANGS_AT_END:
        w->source.silent = true;
        /* the call of a hung libvirtd does not return; neither does this one while the test wants it so */
        while (w->fault == FAULT_SOURCE_HANGS_AT_END && w->source.silent)
            wait_ms(w, STEP_MS);
        return hvc_error_set(error, -ENOTCONN, "fake: the source is gone");
    case FAULT_STRANDED_RUNS:
        fake_set(&w->source, HVC_GUEST_FAILED, false, true);
        return hvc_error_set(error, -ENOTCONN, "fake: libvirtd was restarted");
    case FAULT_RUNS_TWICE:
        fake_set(&w->source, HVC_GUEST_RUNNING, false, false);
        return hvc_error_set(error, -EIO, "fake: the last message was lost");
    case FAULT_POST_COPY_FAILS:
        fake_set(&w->source, HVC_GUEST_FAILED, true, false);
        fake_set(&w->target, HVC_GUEST_FAILED, false, false);
        return hvc_error_set(error, -EIO, "fake: post-copy failed");
    case FAULT_POST_COPY_BREAKS:
    case FAULT_POST_COPY_STALLS:
        return break_off(w, error);
    default:
        break;
    }
    fake_set(&w->source, HVC_GUEST_ABSENT, false, false);
    if (w->fault == FAULT_TARGET_DIES_AT_END)
        w->target.silent = true;
    return 0;
}

/* The migration in the source's libvirtd; the lock is held. */
static int run_migration(struct fake_world *w, struct hvc_error *error)
{
    int result;

    while (!converged(w) && !w->cancel_asked) {
        wait_ms(w, STEP_MS);
        result = hvc_now_ms() - w->began_ms < 4 * STEP_MS ? 1 : fault_in_copy(w, error);
        if (result != 1)
            return result;
    }
    if (w->cancel_asked)
        return give_up(w, -ECANCELED, "fake: cancelled", error);
    return finish(w, error);
}

/* A migration whose call has broken. */
static void *go_on(void *argument)
{
    struct fake_world *w = argument;

    lock(w);
    w->fault = FAULT_NONE;
    (void)run_migration(w, NULL);
    w->under_way = false;
    w->threads--;
    (void)pthread_cond_broadcast(&w->changed);
    unlock(w);
    return NULL;
}

static int migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                   uint64_t deadline_ms, struct hvc_error *error)
{
    struct fake_world *w = node_of(h)->world;
    pthread_t thread;
    int result;

    (void)uuid;
    (void)deadline_ms;
    lock(w);
    w->migrations += options->resume ? 0 : 1;
    w->options = *options;
    if (options->resume) {
        w->threads++;
        result = resume_post_copy(w, error);
        w->threads--;
    } else if (w->fault == FAULT_REFUSED) {
        result = hvc_error_set(error, -EPERM, "fake: unsafe");
    } else {
        w->threads++;
        w->began_ms = hvc_now_ms();
        w->under_way = true;
        fake_set(&w->source, HVC_GUEST_RUNNING, true, false);
        fake_set(&w->target, HVC_GUEST_INCOMING, false, false);
        result = run_migration(w, error);
        if (w->fault == FAULT_CALL_BREAKS && pthread_create(&thread, NULL, go_on, w) == 0) {
            (void)pthread_detach(thread);
        } else {
            w->under_way = false;
            w->threads--;
        }
    }
    (void)pthread_cond_broadcast(&w->changed);
    unlock(w);
    return result;
}

static void status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status)
{
    struct fake_node *n = node_of(h);

    lock(n->world);
    *ret_status = (struct hvc_hypervisor_status){.health = n->silent && n->inspects > 0 ? HVC_HYPERVISOR_HANGS
                                                           : n->down                    ? HVC_HYPERVISOR_DOWN
                                                                                        : HVC_HYPERVISOR_ANSWERS};
    unlock(n->world);
}

static const struct hvc_hypervisor_ops fake_ops = {
    .inspect = inspect,
    .stop = stop,
    .migrate = migrate,
    .progress = progress,
    .cancel = cancel,
    .set_downtime = set_downtime,
    .pause = pause_guest,
    .post_copy = post_copy,
    .interrupt = interrupt,
    .status = status,
};

void fake_world_begin(struct fake_world *world)
{
    pthread_condattr_t monotonic;

    memset(world, 0, sizeof(*world));
    (void)pthread_mutex_init(&world->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&world->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    world->copy_ms = 30;
    world->remaining = 100;
    world->source.base.ops = world->target.base.ops = &fake_ops;
    world->source.world = world->target.world = world;
    memcpy(world->source.guest.id.uuid, FAKE_UUID, sizeof(FAKE_UUID));
    memcpy(world->target.guest.id.uuid, FAKE_UUID, sizeof(FAKE_UUID));
    fake_set(&world->source, HVC_GUEST_RUNNING, false, false);
    fake_set(&world->target, HVC_GUEST_ABSENT, false, false);
}

void fake_world_end(struct fake_world *world)
{
    lock(world);
    world->source.silent = world->target.silent = false;
    world->cancel_asked = world->interrupted = true;
    while (world->threads > 0)
        wait_ms(world, STEP_MS);
    unlock(world);
    (void)pthread_cond_destroy(&world->changed);
    (void)pthread_mutex_destroy(&world->lock);
}
