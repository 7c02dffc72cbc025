/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.list, job.show, job.wait. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cluster_call.h"
#include "hvc/hash.h"
#include "hvc/text.h"
#include "job_operations.h"
#include "job_record.h"

enum { ENDED_DEFAULT = 20, SLICE_MS = 400 };

const char *const hvc_job_state_words[] = {"active", "ended", NULL};

/* Which jobs; and what was found of them. */
struct selection {
    struct hvc_keeper *keeper;
    struct hvc_record *data;
    uint64_t ids[HVC_JOB_IDS_MAX];
    unsigned id_count;
    bool active, ended;
    const char *kind; /* NULL: any */
    uint64_t before, after;
    unsigned limit;
    const char *guest;
    uint8_t uuid[16];
    bool by_uuid;
    uint32_t node;
    const struct hvc_job *rows[HVC_JOB_ROWS_MAX]; /* of the present look only */
    unsigned count;
    uint64_t left_out;
    uint64_t seen; /* hash of what is told */
    uint64_t now_ms;
};

static enum hvc_result take_ids(struct hvc_call *call, struct selection *selection)
{
    const char *text = hvc_record_text(call->args, "ids", "");

    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        char number[24];

        if (selection->id_count == HVC_JOB_IDS_MAX)
            return hvc_call_say(call, HVC_RESULT_INVALID, "ids takes at most %d numbers", HVC_JOB_IDS_MAX);
        (void)snprintf(number, sizeof(number), "%.*s", (int)length, text);
        if (length >= sizeof(number) ||
            hvc_parse_u64(number, 1, UINT64_MAX - 1, &selection->ids[selection->id_count++]) < 0)
            return hvc_call_say(call, HVC_RESULT_INVALID,
                                "\"%.40s\" is no number of a job: 'hvcluster jobs' shows them", text);
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return HVC_RESULT_OK;
}

static enum hvc_result take_selection(struct hvc_operations *operations, struct hvc_call *call,
                                      struct selection *selection)
{
    const char *state = hvc_record_text(call->args, "state", "");
    enum hvc_result result;

    memset(selection, 0, sizeof(*selection));
    selection->keeper = operations->keeper;
    selection->data = call->data;
    selection->active = strcmp(state, "ended") != 0;
    selection->ended = strcmp(state, "active") != 0;
    selection->kind = hvc_record_text(call->args, "kind", NULL);
    selection->limit = (unsigned)hvc_record_u64(call->args, "limit", ENDED_DEFAULT);
    selection->before = hvc_record_u64(call->args, "before", UINT64_MAX);
    selection->after = hvc_record_u64(call->args, "after", 0);
    selection->guest = hvc_record_text(call->args, "guest", NULL);
    selection->by_uuid = hvc_parse_uuid_bytes(selection->guest, selection->uuid) == 0;
    selection->now_ms = hvc_wall_ms();
    result = take_ids(call, selection);
    return result == HVC_RESULT_OK ? hvc_cluster_node(operations, call, "node", &selection->node) : result;
}

static bool is_meant(const struct selection *s, const struct hvc_job *job)
{
    bool named = s->id_count == 0;

    for (unsigned i = 0; !named && i < s->id_count; i++)
        named = s->ids[i] == job->id;
    if (!named || (s->node != 0 && job->source != s->node && job->target != s->node))
        return false;
    if (s->guest != NULL &&
        (s->by_uuid ? memcmp(s->uuid, job->guest, 16) != 0 : strcmp(s->guest, job->guest_name) != 0))
        return false;
    if (s->kind != NULL && strcmp(s->kind, hvc_job_kind_info(job->kind)->name) != 0)
        return false;
    return job->ended != 0 ? s->ended && job->id < s->before : s->active && job->id > s->after;
}

/* Unfinished ones in order, as many as fit; then the newest ended ones. */
static void select_jobs(struct selection *s, const struct hvc_service *service)
{
    const struct hvc_job *newest[HVC_JOB_ROWS_MAX], *job;
    uint64_t ended = 0;
    uint32_t cursor = 0;

    s->count = 0;
    s->left_out = 0;
    while ((job = hvc_service_job_next(service, &cursor)) != NULL) {
        if (!is_meant(s, job))
            continue;
        if (job->ended != 0)
            newest[ended++ % s->limit] = job;
        else if (s->count < HVC_JOB_ROWS_MAX)
            s->rows[s->count++] = job;
        else
            s->left_out++;
    }
    for (uint64_t i = ended; i > 0 && ended - i < s->limit && s->count < HVC_JOB_ROWS_MAX; i--)
        s->rows[s->count++] = newest[(i - 1) % s->limit];
    s->left_out += ended > s->limit ? ended - s->limit : 0;
}

/* What a person would call a change. */
static void note_seen(struct selection *s, const struct hvc_service *service)
{
    s->seen = s->count;
    for (unsigned i = 0; i < s->count; i++) {
        const struct hvc_job *job = s->rows[i];
        const uint64_t told[] = {job->id,
                                 job->phase,
                                 job->step,
                                 job->cancel,
                                 job->target,
                                 job->attempts,
                                 job->reason_count + job->reasons_dropped,
                                 job->options.priority,
                                 job->options.bandwidth,
                                 job->options.deadline_ms,
                                 job->options.downtime_ms,
                                 job->options.end_action,
                                 (uint64_t)hvc_service_blocker(service, job->id, s->now_ms)};

        s->seen = hvc_hash64(told, sizeof(told), s->seen);
    }
}

/* What the node that runs the move has told of it lately: beside the log, may be missing. */
static void describe_progress(struct hvc_record *record, struct hvc_keeper *keeper, const struct hvc_job *job)
{
    struct hvc_soft_job soft;
    struct hvc_record *progress;

    if (job->phase == HVC_JOB_QUEUED || keeper->ops->soft_job(keeper, job->id, &soft) < 0 ||
        soft.age_ms > HVC_SOFT_OLD_MS)
        return;
    progress = hvc_record_set_record(record, "progress");
    hvc_record_set_u64(progress, "age_ms", soft.age_ms);
    hvc_record_set_u64(progress, "percent", job->phase == HVC_JOB_COMPLETED ? 100 : soft.move.percent);
    hvc_record_set_u64(progress, "elapsed_ms", soft.move.elapsed_ms);
    hvc_record_set_u64(progress, "total_bytes", soft.move.total_bytes);
    hvc_record_set_u64(progress, "done_bytes", soft.move.done_bytes);
    hvc_record_set_u64(progress, "remaining_bytes", soft.move.remaining_bytes);
    if (job->ended == 0) {
        hvc_record_set_u64(progress, "rate_bytes", soft.move.rate_bytes);
        hvc_job_describe_limit(progress, soft.move.allotted, soft.move.held);
        hvc_record_set_u64(progress, "dirty_rate_bytes", soft.move.dirty_rate_bytes);
        hvc_record_set_u64(progress, "estimated_left_ms", soft.move.estimated_left_ms);
        hvc_record_set_u64(progress, "expected_downtime_ms", soft.move.expected_downtime_ms);
    }
    if (soft.move.blackout_ms != 0)
        hvc_record_set_u64(progress, "blackout_ms", soft.move.blackout_ms);
}

static void describe_selected(const struct selection *s, const struct hvc_service *service)
{
    struct hvc_service_counts counts;

    hvc_service_counts(service, &counts);
    hvc_record_remove(s->data, "jobs");
    hvc_record_set_list(s->data, "jobs");
    for (unsigned i = 0; i < s->count; i++) {
        struct hvc_record *row = hvc_record_add(s->data, "jobs");

        hvc_job_describe(row, service, s->rows[i], s->now_ms);
        describe_progress(row, s->keeper, s->rows[i]);
    }
    hvc_record_set_u64(s->data, "left_out", s->left_out);
    hvc_record_set_u64(s->data, "queued", counts.queued);
    hvc_record_set_u64(s->data, "active", counts.active);
    hvc_record_set_u64(s->data, "ended", counts.ended);
    hvc_record_set_u64(s->data, "now_ms", s->now_ms);
    hvc_record_set_format(s->data, "seen", "%016" PRIx64, s->seen);
}

static int look_at_jobs(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct selection *s = context;

    (void)stamp;
    select_jobs(s, service);
    note_seen(s, service);
    describe_selected(s, service);
    return 0;
}

/* A job that was asked for by its number and is not there is told, not left out. */
static enum hvc_result check_named(struct hvc_call *call, const struct selection *s)
{
    if (s->id_count == 1 && s->count == 0 && s->guest == NULL && s->kind == NULL && s->node == 0 && s->active &&
        s->ended)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "the cluster knows no job %" PRIu64 "; ended ones are kept for a while only", s->ids[0]);
    return HVC_RESULT_OK;
}

enum hvc_result hvc_job_list(struct hvc_operations *operations, struct hvc_call *call)
{
    struct selection selection;
    enum hvc_result result = take_selection(operations, call, &selection);

    if (result == HVC_RESULT_OK)
        result = hvc_cluster_read(operations, call, look_at_jobs, &selection);
    if (result == HVC_RESULT_OK)
        result = check_named(call, &selection);
    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, "jobs of the cluster") : result;
}

struct one {
    struct hvc_keeper *keeper;
    struct hvc_record *data;
    uint64_t id;
    bool found;
};

static int look_at_job(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct one *one = context;
    const struct hvc_job *job = hvc_service_job(service, one->id);

    (void)stamp;
    one->found = job != NULL;
    if (!one->found)
        return 0;
    hvc_job_describe(one->data, service, job, hvc_wall_ms());
    describe_progress(one->data, one->keeper, job);
    return 0;
}

enum hvc_result hvc_job_show(struct hvc_operations *operations, struct hvc_call *call)
{
    struct one one = {.keeper = operations->keeper, .data = call->data, .id = hvc_record_u64(call->args, "id", 0)};
    enum hvc_result result = hvc_cluster_read(operations, call, look_at_job, &one);

    if (result != HVC_RESULT_OK)
        return result;
    if (!one.found)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "the cluster knows no job %" PRIu64 "; ended ones are kept for a while only", one.id);
    return hvc_cluster_say_read(call, "a job of the cluster");
}

enum hvc_result hvc_job_wait(struct hvc_operations *operations, struct hvc_call *call)
{
    const char *seen = hvc_record_text(call->args, "seen", "");
    struct hvc_keeper *keeper = operations->keeper;
    struct selection selection;
    enum hvc_result result = take_selection(operations, call, &selection);
    uint64_t moment = 0;
    bool changed = false, waits = result == HVC_RESULT_OK;

    while (waits) {
        uint64_t slice = hvc_deadline_within(call->deadline_ms, SLICE_MS);

        selection.now_ms = hvc_wall_ms();
        result = hvc_cluster_read(operations, call, look_at_jobs, &selection);
        changed = strcmp(hvc_record_text(call->data, "seen", ""), seen) != 0;
        if (result != HVC_RESULT_OK || changed)
            break;
        do {
            uint64_t before = moment;

            moment = keeper->ops->await(keeper, moment, slice);
            waits = hvc_call_wait(call, 0);
            if (moment != before)
                break;
            slice = hvc_deadline_within(call->deadline_ms, SLICE_MS);
        } while (waits);
    }
    if (result == HVC_RESULT_OK)
        result = check_named(call, &selection);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_record_set_bool(call->data, "changed", changed);
    return hvc_cluster_say_read(call, changed ? "jobs of the cluster" : "nothing has changed");
}
