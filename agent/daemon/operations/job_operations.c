/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job.*: what is done with jobs that exist. job.create is job_create.c, what is read of them job_read.c. */
#include "job_operations.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cluster_call.h"
#include "guest_name.h"
#include "hvc/text.h"
#include "job_record.h"

static uint64_t id_of(const struct hvc_call *call)
{
    return hvc_record_u64(call->args, "id", 0);
}

static enum hvc_result write_job(struct hvc_operations *operations, struct hvc_call *call, uint64_t id,
                                 const struct hvc_command *command, const char *what)
{
    char done[64];

    (void)snprintf(done, sizeof(done), "job %" PRIu64 " %s", id, what);
    return hvc_cluster_write(operations, call, command, done);
}

static enum hvc_result take_reason(struct hvc_call *call, char reason[HVC_REASON_TEXT_MAX], const char *otherwise)
{
    const char *text = hvc_record_text(call->args, "reason", otherwise);

    if (hvc_text_copy(reason, HVC_REASON_TEXT_MAX, text) < 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "reason takes at most %d bytes", HVC_REASON_TEXT_MAX - 1);
    return HVC_RESULT_OK;
}

/* The job that the call names by its number, or the unfinished one of a guest. */
static enum hvc_result find_job(struct hvc_operations *operations, struct hvc_call *call, uint64_t *ret_id)
{
    const char *who = hvc_record_text(call->args, "guest", NULL);
    struct hvc_service_guest guest = {.job = id_of(call)};
    enum hvc_result result = who == NULL ? HVC_RESULT_OK : guest_name_record(operations, call, who, false, &guest);

    if (result != HVC_RESULT_OK)
        return result;
    if (guest.job == 0)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "guest %s has no unfinished job (hvcluster jobs --guest %s); nothing was done", guest.name,
                            guest.name);
    *ret_id = guest.job;
    return HVC_RESULT_OK;
}

static enum hvc_result cancel(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;
    enum hvc_result result;

    hvc_cluster_command(operations, call, HVC_COMMAND_JOB_CANCEL, &command);
    result = find_job(operations, call, &command.cancel.job);
    if (result == HVC_RESULT_OK)
        result = take_reason(call, command.cancel.text, "cancelled by an operator");
    return result == HVC_RESULT_OK ? write_job(operations, call, command.cancel.job, &command, "is being cancelled")
                                   : result;
}

static int take_end_action(const char *word, uint8_t *ret_action)
{
    for (unsigned i = 0; hvc_job_end_words[i] != NULL; i++) {
        if (strcmp(hvc_job_end_words[i], word) == 0) {
            *ret_action = (uint8_t)i;
            return 0;
        }
    }
    return -EINVAL;
}

static enum hvc_result modify(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;
    uint64_t number = 0;
    const char *word = hvc_record_text(call->args, "end_action", NULL);

    hvc_cluster_command(operations, call, HVC_COMMAND_JOB_MODIFY, &command);
    command.modify.job = id_of(call);
    if (hvc_record_get_u64(call->args, "priority", &number) == 0) {
        command.modify.mask |= HVC_JOB_SET_PRIORITY;
        command.modify.priority = (uint16_t)number;
    }
    if (hvc_record_get_u64(call->args, "bandwidth", &command.modify.bandwidth) == 0)
        command.modify.mask |= HVC_JOB_SET_BANDWIDTH;
    if (hvc_record_get_u64(call->args, "downtime_ms", &number) == 0) {
        command.modify.mask |= HVC_JOB_SET_DOWNTIME;
        command.modify.downtime_ms = (uint32_t)number;
    }
    if (hvc_record_get_u64(call->args, "deadline_s", &number) == 0) {
        command.modify.mask |= HVC_JOB_SET_DEADLINE;
        command.modify.deadline_ms = number == 0 ? 0 : hvc_wall_ms() + number * 1000;
    }
    if (word != NULL && take_end_action(word, &command.modify.end_action) == 0)
        command.modify.mask |= HVC_JOB_SET_END_ACTION;
    if (command.modify.mask == 0)
        return hvc_call_say(call, HVC_RESULT_INVALID,
                            "nothing to set: name priority, bandwidth, deadline_s, downtime_ms or end_action");
    return write_job(operations, call, id_of(call), &command, "is changed");
}

static enum hvc_result resolve(struct hvc_operations *operations, struct hvc_call *call)
{
    bool nowhere = hvc_record_bool(call->args, "nowhere", false);
    struct hvc_command command;
    enum hvc_result result;

    hvc_cluster_command(operations, call, HVC_COMMAND_JOB_RESOLVE, &command);
    command.resolve.job = id_of(call);
    if (nowhere == (hvc_record_text(call->args, "node", NULL) != NULL))
        return hvc_call_say(call, HVC_RESULT_INVALID,
                            "say where the guest runs: node with its name, or nowhere, and only one of them");
    result = hvc_cluster_node(operations, call, "node", &command.resolve.runs_on);
    if (result == HVC_RESULT_OK)
        result = take_reason(call, command.resolve.text, "an operator says where the guest runs");
    return result == HVC_RESULT_OK ? write_job(operations, call, id_of(call), &command, "is resolved") : result;
}

static enum hvc_result forget(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;

    hvc_cluster_command(operations, call, HVC_COMMAND_JOB_FORGET, &command);
    command.forget.job = id_of(call);
    return write_job(operations, call, id_of(call), &command, "is forgotten");
}

/* ---- rows ---- */

#define JOB                                                                                                            \
    {                                                                                                                  \
        .name = "id", .type = HVC_ARGUMENT_U64, .required = true, .min = 1, .help = "number of the job"                \
    }
#define REASON                                                                                                         \
    {                                                                                                                  \
        .name = "reason", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_REASON_TEXT_MAX - 1,                         \
        .help = "why, kept with the job"                                                                               \
    }

static const struct hvc_argument show_arguments[] = {JOB, HVC_READ_ARGUMENTS};
static const struct hvc_argument list_arguments[] = {HVC_JOB_LIST_ARGUMENTS, HVC_READ_ARGUMENTS};
static const struct hvc_argument archive_arguments[] = {HVC_JOB_ENDED_ARGUMENTS};
static const struct hvc_argument wait_arguments[] = {
    HVC_JOB_LIST_ARGUMENTS,
    {.name = "seen",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = 32,
     .help = "\"seen\" of the former answer: waits until there is something else to tell. Without: answers at once"},
    HVC_READ_ARGUMENTS,
};
static const struct hvc_argument cancel_arguments[] = {
    {.name = "id", .type = HVC_ARGUMENT_U64, .choice = 1, .min = 1, .help = "number of the job"},
    {.name = "guest",
     .type = HVC_ARGUMENT_TEXT,
     .choice = 1,
     .min = 1,
     .help = "name or UUID of a guest: its unfinished job"},
    REASON,
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument modify_arguments[] = {
    JOB,
    {.name = "priority",
     .type = HVC_ARGUMENT_U64,
     .max = UINT16_MAX,
     .help = "lower is sooner; 0: the setting's. Only while it waits"},
    {.name = "bandwidth", .type = HVC_ARGUMENT_U64, .help = "bytes a second; 0: the setting's"},
    {.name = "downtime_ms", .type = HVC_ARGUMENT_U64, .max = HVC_DOWNTIME_MAX_MS, .help = "longest pause; 0: setting"},
    {.name = "deadline_s", .type = HVC_ARGUMENT_U64, .max = HVC_JOB_DEADLINE_MAX_S, .help = "from now; 0: none"},
    {.name = "end_action", .type = HVC_ARGUMENT_TEXT, .words = hvc_job_end_words, .help = "at the deadline"},
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument resolve_arguments[] = {
    JOB,
    {.name = "node", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_NODE_NAME_MAX - 1, .help = "where the guest runs"},
    {.name = "nowhere", .type = HVC_ARGUMENT_BOOL, .help = "it runs on no node"},
    REASON,
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument forget_arguments[] = {JOB, HVC_WRITE_ARGUMENTS};

#define READ  .right = HVC_RIGHT_READ, .lane = HVC_LANE_WORK, .timeout_ms = 5000
#define WRITE .right = HVC_RIGHT_OPERATE, .lane = HVC_LANE_WORK, .audited = true, .timeout_ms = 10000

static const struct hvc_operation rows[] = {
    {.name = "job.create",
     .help = "a move, or the check of one; answers with the job's number when the cluster has it",
     .arguments = hvc_job_create_arguments,
     .argument_count = HVC_JOB_CREATE_ARGUMENTS,
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .audited = true,
     .timeout_ms = 30000,
     .handler = hvc_job_create},
    {.name = "job.list",
     .help = "jobs of the cluster: unfinished ones, then ended ones, the newest first",
     HVC_ARGUMENTS(list_arguments),
     READ,
     .handler = hvc_job_list},
    {.name = "job.show", .help = "one job", HVC_ARGUMENTS(show_arguments), READ, .handler = hvc_job_show},
    {.name = "job.archive",
     .help = "ended jobs from the files of this node, the newest first, also those that the cluster keeps no more",
     HVC_ARGUMENTS(archive_arguments),
     READ,
     .handler = hvc_job_archive},
    {.name = "job.wait",
     .help = "the same as job.list, as soon as it differs from what was seen, or at the timeout",
     HVC_ARGUMENTS(wait_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WAIT,
     .bound = true,
     .timeout_ms = 25000,
     .handler = hvc_job_wait},
    {.name = "job.cancel",
     .help = "end a job; the guest stays where it runs. Once more is no mistake",
     HVC_ARGUMENTS(cancel_arguments),
     WRITE,
     .handler = cancel},
    {.name = "job.modify",
     .help = "other options for an unfinished job",
     HVC_ARGUMENTS(modify_arguments),
     WRITE,
     .handler = modify},
    {.name = "job.resolve",
     .help = "an operator's word where a guest runs, for a job that nothing else can end",
     HVC_ARGUMENTS(resolve_arguments),
     .right = HVC_RIGHT_ADMIN,
     .lane = HVC_LANE_WORK,
     .audited = true,
     .timeout_ms = 10000,
     .handler = resolve},
    {.name = "job.forget",
     .help = "drop an ended job from what the cluster remembers",
     HVC_ARGUMENTS(forget_arguments),
     WRITE,
     .handler = forget},
};

const struct hvc_operation_set hvc_job_operations = {rows, sizeof(rows) / sizeof(rows[0])};
