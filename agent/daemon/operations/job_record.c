/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_record.h"

#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

const char *const hvc_job_kind_words[] = {"live",  "storage", "live-storage", "staged",
                                          "quick", "restart", "definition",   NULL};
const char *const hvc_job_restart_words[] = {"shutdown", "force", "turn-off", NULL};
const char *const hvc_job_end_words[] = {"abort", "force", "post-copy", NULL};

static const struct hvc_job_flag flags[] = {
    {"tls", HVC_OPTION_TLS, HVC_OPTION_PLAIN, "encrypt the memory stream; without: as the cluster's setting says"},
    {"compress", HVC_OPTION_COMPRESS, HVC_OPTION_NO_COMPRESS, "compress what is sent"},
    {"auto_converge", HVC_OPTION_AUTO_CONVERGE, 0, "throttle a guest that writes faster than the link takes it"},
    {"post_copy", HVC_OPTION_POST_COPY, 0, "may be switched to post-copy"},
    {"unsafe", HVC_OPTION_UNSAFE, 0, "although libvirt holds it for unsafe (disk caches)"},
    {"pin", HVC_OPTION_PIN, 0, "keep it at the target although Pacemaker would move it back"},
    {"with_others", HVC_OPTION_WITH_OTHERS, 0, "although Pacemaker stops, starts or moves others with it"},
    {"retain_copies", HVC_OPTION_RETAIN_COPIES, 0, "keep the source's disk files"},
    {"overwrite", HVC_OPTION_OVERWRITE, 0, "disk files that exist at the target may be overwritten"},
    {"avoid_removing", HVC_OPTION_AVOID_REMOVING, 0, "remove no disk file, not even a copy of a move that failed"},
    {"remove_unmanaged", HVC_OPTION_REMOVE_UNMANAGED, 0, "files moved beside the disks are removed at the source"},
    {"check", HVC_OPTION_CHECK_ONLY, 0, "run the checks of a move as a job, and move nothing"},
    {NULL, 0, 0, NULL},
};

const struct hvc_job_flag *hvc_job_flag_at(size_t index)
{
    return index + 1 < sizeof(flags) / sizeof(flags[0]) ? &flags[index] : NULL;
}

void hvc_job_node_name(const struct hvc_service *service, uint32_t node, char name[HVC_NODE_NAME_MAX])
{
    const struct hvc_service_node *known = node == 0 ? NULL : hvc_service_node(service, node);

    name[0] = '\0';
    if (known != NULL)
        (void)hvc_text_copy(name, HVC_NODE_NAME_MAX, known->name);
    else if (node != 0)
        (void)snprintf(name, HVC_NODE_NAME_MAX, "node %u", node);
}

static void set_node(struct hvc_record *record, const char *name, const struct hvc_service *service, uint32_t node)
{
    char text[HVC_NODE_NAME_MAX];

    if (node == 0)
        return;
    hvc_job_node_name(service, node, text);
    hvc_record_set_text(record, name, text);
}

void hvc_job_describe_limit(struct hvc_record *progress, uint64_t allotted, bool held)
{
    if (allotted != 0)
        hvc_record_set_u64(progress, "allotted_bytes", allotted);
    if (held)
        hvc_record_set_bool(progress, "held_for_ring", true);
}

static void describe_options(struct hvc_record *record, const struct hvc_job *job)
{
    static const uint8_t none[sizeof(job->options.document)];
    const struct hvc_job_options *o = &job->options;

    hvc_record_set_u64(record, "priority", o->priority);
    if (o->bandwidth != 0)
        hvc_record_set_u64(record, "bandwidth", o->bandwidth);
    if (o->downtime_ms != 0)
        hvc_record_set_u64(record, "downtime_ms", o->downtime_ms);
    if (o->deadline_ms != 0)
        hvc_record_set_u64(record, "deadline_ms", o->deadline_ms);
    if (o->not_before_ms != 0)
        hvc_record_set_u64(record, "not_before_ms", o->not_before_ms);
    hvc_record_set_text(record, "end_action", hvc_end_action_name(o->end_action));
    if (job->kind == HVC_KIND_RESTART)
        hvc_record_set_text(record, "restart", hvc_job_restart_words[o->restart]);
    if (o->parallel != 0)
        hvc_record_set_u64(record, "parallel", o->parallel);
    for (size_t i = 0; flags[i].name != NULL; i++) {
        if ((o->flags & (flags[i].yes | flags[i].no)) != 0)
            hvc_record_set_bool(record, flags[i].name, (o->flags & flags[i].yes) != 0);
    }
    if (memcmp(o->document, none, sizeof(none)) != 0)
        hvc_record_set_bool(record, "document", true);
}

static void describe_reasons(struct hvc_record *record, const struct hvc_service *service, const struct hvc_job *job)
{
    hvc_record_set_list(record, "reasons");
    for (unsigned i = 0; i < job->reason_count; i++) {
        const struct hvc_job_reason *reason = &job->reasons[i];
        struct hvc_record *row = hvc_record_add(record, "reasons");

        hvc_record_set_u64(row, "at_ms", reason->stamp_ms);
        set_node(row, "node", service, reason->node);
        hvc_record_set_text(row, "phase", hvc_job_phase_name(reason->phase));
        hvc_record_set_text(row, "code", hvc_reason_name(reason->code));
        hvc_record_set_text(row, "text", reason->text);
    }
    if (job->reasons_dropped != 0)
        hvc_record_set_u64(record, "reasons_dropped", job->reasons_dropped);
}

/* When it came into each phase since it came into the queue last: "queued_ms" and so on. */
static void describe_times(struct hvc_record *record, const struct hvc_job *job)
{
    struct hvc_record *times = hvc_record_set_record(record, "times");

    hvc_record_set_u64(record, "created_ms", job->phase_ms[HVC_JOB_QUEUED]);
    hvc_record_set_u64(record, "since_ms", job->phase_ms[job->phase]);
    for (unsigned phase = 0; phase < HVC_JOB_PHASE_COUNT; phase++) {
        if (job->phase_ms[phase] != 0 && job->phase_ms[phase] >= job->phase_ms[HVC_JOB_QUEUED])
            hvc_record_set_u64(times, hvc_job_phase_name(phase), job->phase_ms[phase]);
    }
}

/* The migration network that it was given, or those for one of which it waits. */
static void describe_networks(struct hvc_record *record, const struct hvc_job *job)
{
    char text[HVC_JOB_WAYS_MAX * 12] = "";
    size_t used = 0;

    if (job->network != 0)
        hvc_record_set_u64(record, "network", job->network);
    if (job->phase != HVC_JOB_QUEUED || job->way_count == 0)
        return;
    for (unsigned i = 0; i < job->way_count; i++)
        (void)hvc_text_append(text, sizeof(text), &used, "%s%u", i > 0 ? "," : "", job->ways[i]);
    hvc_record_set_text(record, "networks", text);
}

/* One sentence: why it waits, or what was said last. */
static const char *words_of(const struct hvc_service *service, const struct hvc_job *job, uint64_t now_ms)
{
    const struct hvc_job_reason *last;

    if (job->phase == HVC_JOB_QUEUED)
        return hvc_blocker_text(hvc_service_blocker(service, job->id, now_ms));
    if (job->reason_count == 0 || job->phase == HVC_JOB_COMPLETED)
        return "";
    last = &job->reasons[job->reason_count - 1];
    return job->ended != 0 || last->phase == job->phase ? last->text : ""; /* not why an earlier attempt ended */
}

void hvc_job_describe(struct hvc_record *record, const struct hvc_service *service, const struct hvc_job *job,
                      uint64_t now_ms)
{
    const struct hvc_job_phase_info *phase = hvc_job_phase_info(job->phase);
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(job->guest, uuid);
    hvc_record_set_u64(record, "id", job->id);
    hvc_record_set_text(record, "guest", job->guest_name);
    hvc_record_set_text(record, "uuid", uuid);
    hvc_record_set_text(record, "kind", hvc_job_kind_info(job->kind)->name);
    hvc_record_set_text(record, "phase", phase->name);
    hvc_record_set_text(record, "text", phase->text);
    hvc_record_set_bool(record, "ended", (phase->flags & HVC_JOB_ENDED) != 0);
    hvc_record_set_bool(record, "cancellable", (phase->flags & HVC_JOB_CANCELLABLE) != 0);
    hvc_record_set_u64(record, "exit_code", phase->exit_code);
    if (job->step != HVC_STEP_NONE)
        hvc_record_set_text(record, "step", hvc_step_name(job->step));
    if (job->cancel)
        hvc_record_set_bool(record, "cancel_asked", true);
    set_node(record, "source", service, job->source);
    set_node(record, "target", service, job->target);
    if (job->located) {
        hvc_record_set_bool(record, "located", true);
        set_node(record, "runs_on", service, job->runs_on);
    }
    hvc_record_set_text(record, "origin", hvc_origin_name(job->origin));
    hvc_record_set_text(record, "by", job->by);
    if (job->drain != 0)
        hvc_record_set_u64(record, "drain", job->drain);
    describe_networks(record, job);
    if (job->attempts != 0)
        hvc_record_set_u64(record, "attempts", job->attempts);
    hvc_record_set_text(record, "words", words_of(service, job, now_ms));
    describe_options(record, job);
    describe_times(record, job);
    describe_reasons(record, service, job);
}
