/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

/* True with room for one more. Without memory the message is lost, not the job. */
static bool grow(void **array, size_t *room, size_t count, size_t size)
{
    size_t more = *room == 0 ? 16 : 2 * *room;
    void *grown;

    if (count < *room)
        return true;
    grown = reallocarray(*array, more, size);
    if (grown == NULL)
        return false;
    *array = grown;
    *room = more;
    return true;
}

static void add_news(struct hvc_job_audit *audit, const struct hvc_job *job, bool made)
{
    void *news = audit->news, *flags = audit->made;
    size_t room = audit->news_room, flag_room = audit->news_room;
    bool fits = grow(&news, &room, audit->news_count, sizeof(*audit->news));

    audit->news = news;
    fits = fits && grow(&flags, &flag_room, audit->news_count, sizeof(*audit->made));
    audit->made = flags;
    if (!fits)
        return;
    audit->news_room = room;
    audit->news[audit->news_count] = *job;
    audit->made[audit->news_count++] = made;
}

static void watch(struct hvc_job_audit *audit, const struct hvc_job *job)
{
    void *watched = audit->watched;
    bool fits = grow(&watched, &audit->room, audit->count, sizeof(*audit->watched));

    audit->watched = watched;
    if (fits)
        audit->watched[audit->count++] = (struct watched){.job = job->id, .index = job->index, .phase = job->phase};
}

static bool concerns(const struct hvc_job *job, uint32_t node)
{
    return job->source == node || job->target == node;
}

/* A job that is queued without a target may come to have this node as one: it is looked at until it has one. */
static bool may_concern(const struct hvc_job *job, uint32_t node)
{
    return job->ended == 0 && (concerns(job, node) || job->target == 0);
}

/* The first look finds what there is, and does not call it new. */
static void look_at_all(struct hvc_job_audit *audit, const struct hvc_service *service, uint32_t node)
{
    const struct hvc_job *job;
    uint32_t cursor = 0;

    audit->count = 0;
    while ((job = hvc_service_job_next(service, &cursor)) != NULL) {
        if (may_concern(job, node))
            watch(audit, job);
    }
}

static void look_at_new(struct hvc_job_audit *audit, const struct hvc_service *service, uint32_t node, uint64_t next)
{
    for (uint64_t id = audit->next_job; id < next; id++) {
        const struct hvc_job *job = hvc_service_job(service, id);

        if (job == NULL || (!may_concern(job, node) && !concerns(job, node)))
            continue;
        if (concerns(job, node))
            add_news(audit, job, true);
        if (job->ended == 0)
            watch(audit, job);
    }
}

void job_audit_look(struct hvc_job_audit *audit, const struct hvc_service *service, uint32_t node,
                    void (*each)(void *context, const struct hvc_job *job), void *context)
{
    struct hvc_service_counts counts;
    size_t kept = 0;

    audit->news_count = 0;
    hvc_service_counts(service, &counts);
    for (size_t i = 0; i < audit->count; i++) {
        struct watched *w = &audit->watched[i];
        const struct hvc_job *job = hvc_service_job(service, w->job);

        if (job == NULL || job->index != w->index)
            continue; /* forgotten, or of a history that was given up */
        if (job->phase != w->phase && concerns(job, node))
            add_news(audit, job, false);
        w->phase = job->phase;
        if (may_concern(job, node))
            audit->watched[kept++] = *w;
    }
    audit->count = kept;
    if (audit->next_job == 0 || counts.next_job < audit->next_job)
        look_at_all(audit, service, node);
    else
        look_at_new(audit, service, node, counts.next_job);
    audit->next_job = counts.next_job;
    for (size_t i = 0; i < audit->count; i++) {
        const struct hvc_job *job = hvc_service_job(service, audit->watched[i].job);

        if (job != NULL && concerns(job, node))
            each(context, job);
    }
}

static enum hvc_message message_of(const struct hvc_job *job, bool made)
{
    if (made && job->ended == 0)
        return HVC_MESSAGE_JOB_MADE;
    switch ((enum hvc_job_phase)job->phase) {
    case HVC_JOB_COMPLETED:
        return HVC_MESSAGE_JOB_COMPLETED;
    case HVC_JOB_FAILED:
        return HVC_MESSAGE_JOB_FAILED;
    case HVC_JOB_CANCELLED:
        return HVC_MESSAGE_JOB_CANCELLED;
    case HVC_JOB_UNKNOWN:
        return HVC_MESSAGE_JOB_UNKNOWN;
    case HVC_JOB_NEEDS_OPERATOR:
        return HVC_MESSAGE_JOB_NEEDS_OPERATOR;
    case HVC_JOB_QUEUED:
    case HVC_JOB_CHECKING:
    case HVC_JOB_ADMITTED:
    case HVC_JOB_COPYING:
    case HVC_JOB_SWITCHING:
    case HVC_JOB_VERIFYING:
    case HVC_JOB_RECONCILING:
    case HVC_JOB_PHASE_COUNT:
        break;
    }
    return HVC_MESSAGE_JOB_PHASE;
}

static void tell(struct hvc_operations *operations, const struct hvc_job *job, bool made)
{
    const struct hvc_job_reason *last = job->reason_count > 0 ? &job->reasons[job->reason_count - 1] : NULL;
    char name[HVC_GUEST_NAME_MAX + 8], by[HVC_REQUESTER_MAX + 8], words[HVC_REASON_TEXT_MAX + 8];

    hvc_operations_note(
        operations, message_of(job, made),
        "job=%llu phase=%s guest=%s kind=%s origin=%s from=%u to=%u by=%s attempts=%u reason=%s words=%s",
        (unsigned long long)job->id, hvc_job_phase_name(job->phase),
        hvc_message_quote(job->guest_name, name, sizeof(name)), hvc_job_kind_info(job->kind)->name,
        hvc_origin_name(job->origin), job->source, job->target, hvc_message_quote(job->by, by, sizeof(by)),
        job->attempts, last == NULL ? "none" : hvc_reason_name(last->code),
        hvc_message_quote(last == NULL ? "" : last->text, words, sizeof(words)));
}

void job_audit_tell(struct hvc_job_audit *audit, struct hvc_operations *operations)
{
    for (size_t i = 0; i < audit->news_count; i++)
        tell(operations, &audit->news[i], audit->made[i]);
    audit->news_count = 0;
}

void job_audit_clear(struct hvc_job_audit *audit)
{
    free(audit->watched);
    free(audit->news);
    free(audit->made);
    *audit = (struct hvc_job_audit){0};
}
