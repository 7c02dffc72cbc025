/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/events.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/operations.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "job_record.h"

enum { SLICE_MS = 400 };

/* A job as it looked before. */
struct memo {
    uint64_t id;
    uint64_t phase_ms[HVC_JOB_PHASE_COUNT];
    bool cancel;
};

struct memos {
    struct memo *memo;
    size_t count, room;
};

struct node_memo {
    uint32_t id;
    bool member, fenced, accepting, maintenance;
};

/* How the state looked; only the watching thread has it. */
struct seen {
    bool any;
    uint64_t applied;
    unsigned service_state;
    struct node_memo nodes[HVC_NODES_MAX];
    unsigned node_count;
    struct memos jobs; /* by id */
};

struct hvc_events {
    struct hvc_keeper *keeper;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    struct seen seen;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t more;
    uint64_t last; /* number of the newest */
    struct hvc_event ring[HVC_EVENTS_MAX];
};

/* ---- the ring ---- */

static void add_event(struct hvc_events *events, const char *kind, uint64_t job, uint64_t at_ms, const char *format,
                      ...) __attribute__((format(printf, 5, 6)));

static void add_event(struct hvc_events *events, const char *kind, uint64_t job, uint64_t at_ms, const char *format,
                      ...)
{
    struct hvc_event *event;
    va_list arguments;

    (void)pthread_mutex_lock(&events->lock);
    event = &events->ring[++events->last % HVC_EVENTS_MAX];
    *event = (struct hvc_event){.number = events->last, .at_ms = at_ms, .kind = kind, .job = job};
    va_start(arguments, format);
    (void)vsnprintf(event->text, sizeof(event->text), format, arguments);
    va_end(arguments);
    (void)pthread_cond_broadcast(&events->more);
    (void)pthread_mutex_unlock(&events->lock);
}

unsigned hvc_events_read(struct hvc_events *events, uint64_t after, struct hvc_event *ret_events, unsigned room,
                         uint64_t *ret_last, uint64_t *ret_lost)
{
    uint64_t oldest, from;
    unsigned count = 0;

    (void)pthread_mutex_lock(&events->lock);
    oldest = events->last > HVC_EVENTS_MAX ? events->last - HVC_EVENTS_MAX + 1 : 1;
    from = after + 1 > oldest ? after + 1 : oldest;
    for (uint64_t number = from; number <= events->last && count < room; number++)
        ret_events[count++] = events->ring[number % HVC_EVENTS_MAX];
    *ret_last = events->last;
    *ret_lost = from - after - 1;
    (void)pthread_mutex_unlock(&events->lock);
    return count;
}

void hvc_events_wait(struct hvc_events *events, uint64_t after, uint64_t deadline_ms)
{
    const struct timespec deadline = hvc_timespec_of(deadline_ms);

    (void)pthread_mutex_lock(&events->lock);
    while (events->last <= after &&
           pthread_cond_clockwait(&events->more, &events->lock, CLOCK_MONOTONIC, &deadline) == 0)
        continue;
    (void)pthread_mutex_unlock(&events->lock);
}

/* ---- comparing ---- */

static void compare_service(struct hvc_events *events, const struct hvc_service *service)
{
    const struct hvc_service_properties *p = hvc_service_properties(service);
    unsigned state = p->state_used ? p->state : HVC_STATE_ENABLED;

    if (events->seen.any && state != events->seen.service_state)
        add_event(events, "service", 0, p->changed_ms, "the migration service %s",
                  state == HVC_STATE_DISABLED  ? "is stopped: new moves are refused"
                  : state == HVC_STATE_QUIESCE ? "is quiesced: moves wait in the queue"
                                               : "is started");
    events->seen.service_state = state;
}

static const struct node_memo *find_node(const struct seen *seen, uint32_t id)
{
    for (unsigned i = 0; i < seen->node_count; i++) {
        if (seen->nodes[i].id == id)
            return &seen->nodes[i];
    }
    return NULL;
}

static void compare_node(struct hvc_events *events, const struct hvc_service_node *node)
{
    const struct node_memo *before = find_node(&events->seen, node->id);
    uint64_t now_ms = hvc_wall_ms();

    if (!events->seen.any)
        return;
    if (before == NULL) {
        add_event(events, "node", 0, now_ms, "node %.80s is new", node->name);
        return;
    }
    if (before->member != node->member)
        add_event(events, "node", 0, now_ms, "node %.80s %s", node->name,
                  node->member ? "takes part in the cluster" : "takes no part in the cluster any more");
    if (!before->fenced && node->fenced)
        add_event(events, "node", 0, now_ms, "node %.80s is confirmed fenced", node->name);
    if (before->accepting != node->accepting)
        add_event(events, "node", 0, now_ms, "node %.80s %s", node->name,
                  node->accepting ? "accepts moves" : "accepts no moves");
    if (before->maintenance != node->maintenance)
        add_event(events, "node", 0, now_ms, "node %.80s %s", node->name,
                  node->maintenance ? "is in maintenance" : "is no longer in maintenance");
}

static void compare_nodes(struct hvc_events *events, const struct hvc_service *service)
{
    const struct hvc_service_node *node;
    struct seen *seen = &events->seen;

    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL; i++)
        compare_node(events, node);
    seen->node_count = 0;
    for (uint32_t i = 0; i < HVC_NODES_MAX && (node = hvc_service_node_at(service, i)) != NULL; i++)
        seen->nodes[seen->node_count++] =
            (struct node_memo){node->id, node->member, node->fenced, node->accepting, node->maintenance};
}

/* The words that belong to a phase the job came into: the newest reason, where it ended or went back to the queue. */
static const char *words_of(const struct hvc_job *job, unsigned phase)
{
    bool tells = phase != HVC_JOB_COMPLETED &&
                 ((hvc_job_phase_info(phase)->flags & HVC_JOB_ENDED) != 0 || phase == HVC_JOB_QUEUED ||
                  phase == HVC_JOB_UNKNOWN || phase == HVC_JOB_NEEDS_OPERATOR);

    return tells && job->reason_count > 0 ? job->reasons[job->reason_count - 1].text : "";
}

static void tell_phase(struct hvc_events *events, const struct hvc_service *service, const struct hvc_job *job,
                       unsigned phase)
{
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX];
    const char *words = words_of(job, phase);

    hvc_job_node_name(service, job->source, source);
    hvc_job_node_name(service, job->target, target);
    add_event(events, "job", job->id, job->phase_ms[phase], "job %" PRIu64 ": guest %.80s, %s, %.40s to %.40s: %s%s%s",
              job->id, job->guest_name, hvc_job_kind_info(job->kind)->name, source,
              target[0] != '\0' ? target : "a node to be chosen", hvc_job_phase_name(phase),
              words[0] != '\0' ? ": " : "", words);
}

/* In the order of their stamps; two with the same one in the order of phases. */
static void compare_job(struct hvc_events *events, const struct hvc_service *service, const struct hvc_job *job,
                        const struct memo *before)
{
    uint64_t told_ms[HVC_JOB_PHASE_COUNT] = {0};

    if (before != NULL)
        memcpy(told_ms, before->phase_ms, sizeof(told_ms));
    for (;;) {
        unsigned next = HVC_JOB_PHASE_COUNT;

        for (unsigned p = 0; p < HVC_JOB_PHASE_COUNT; p++) {
            if (job->phase_ms[p] != told_ms[p] &&
                (next == HVC_JOB_PHASE_COUNT || job->phase_ms[p] < job->phase_ms[next]))
                next = p;
        }
        if (next == HVC_JOB_PHASE_COUNT)
            break;
        tell_phase(events, service, job, next);
        told_ms[next] = job->phase_ms[next];
    }
    if (job->cancel && (before == NULL || !before->cancel) && job->phase != HVC_JOB_CANCELLED)
        add_event(events, "job", job->id, hvc_wall_ms(), "job %" PRIu64 ": guest %.80s: it shall be cancelled", job->id,
                  job->guest_name);
}

static int remember(struct memos *memos, const struct hvc_job *job)
{
    struct memo *memo;

    if (memos->count == memos->room) {
        size_t room = memos->room == 0 ? 64 : 2 * memos->room;
        struct memo *more = reallocarray(memos->memo, room, sizeof(*more));

        if (more == NULL)
            return -ENOMEM;
        memos->memo = more;
        memos->room = room;
    }
    memo = &memos->memo[memos->count++];
    memo->id = job->id;
    memo->cancel = job->cancel;
    memcpy(memo->phase_ms, job->phase_ms, sizeof(memo->phase_ms));
    return 0;
}

/* Both lists are in order of id. Without memory what was seen is forgotten: the next look begins anew. */
static int compare_jobs(struct hvc_events *events, const struct hvc_service *service)
{
    struct memos *before = &events->seen.jobs, now = {0};
    const struct hvc_job *job;
    uint32_t cursor = 0;
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && (job = hvc_service_job_next(service, &cursor)) != NULL) {
        while (at < before->count && before->memo[at].id < job->id)
            at++;
        if (events->seen.any)
            compare_job(events, service, job,
                        at < before->count && before->memo[at].id == job->id ? &before->memo[at] : NULL);
        rc = remember(&now, job);
    }
    free(before->memo);
    *before = now;
    return rc;
}

static int look_at_state(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct hvc_events *events = context;
    int rc;

    if (events->seen.any && events->seen.applied == stamp->applied)
        return 0;
    compare_service(events, service);
    compare_nodes(events, service);
    rc = compare_jobs(events, service);
    events->seen.any = rc == 0;
    events->seen.applied = stamp->applied;
    return rc;
}

void hvc_events_look(struct hvc_events *events)
{
    struct hvc_error error = {0};

    /* no history yet, or being started again: the next change comes with a look of its own */
    (void)events->keeper->ops->read(events->keeper, HVC_REPLICA_HERE, hvc_deadline_in(SLICE_MS), look_at_state, events,
                                    &error);
}

/* ---- the thread ---- */

static void *watch(void *context)
{
    struct hvc_events *events = context;
    uint64_t moment = 0;

    while (!atomic_load(&events->stop)) {
        uint64_t before = moment;

        moment = events->keeper->ops->await(events->keeper, moment, hvc_deadline_in(SLICE_MS));
        if (moment != before)
            hvc_events_look(events);
    }
    return NULL;
}

int hvc_events_new(struct hvc_keeper *keeper, struct hvc_events **ret_events)
{
    struct hvc_events *events = calloc(1, sizeof(*events));

    if (events == NULL)
        return -ENOMEM;
    events->keeper = keeper;
    (void)pthread_mutex_init(&events->lock, NULL);
    (void)pthread_cond_init(&events->more, NULL);
    *ret_events = events;
    return 0;
}

int hvc_events_open(struct hvc_keeper *keeper, struct hvc_events **ret_events, struct hvc_error *error)
{
    struct hvc_events *events = NULL;
    int rc = hvc_events_new(keeper, &events);

    if (rc == 0)
        rc = hvc_thread_start(watch, events, &events->thread);
    if (rc < 0) {
        hvc_events_close(events);
        return hvc_error_set(error, rc, "the events of the cluster cannot be watched: %s", strerror(-rc));
    }
    events->started = true;
    *ret_events = events;
    return 0;
}

void hvc_events_close(struct hvc_events *events)
{
    if (events == NULL)
        return;
    atomic_store(&events->stop, true);
    if (events->started)
        (void)pthread_join(events->thread, NULL);
    free(events->seen.jobs.memo);
    (void)pthread_cond_destroy(&events->more);
    (void)pthread_mutex_destroy(&events->lock);
    free(events);
}
