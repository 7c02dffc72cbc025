/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handlers of job.* that have files of their own, and the arguments that their rows name. */
#ifndef HVC_JOB_OPERATIONS_H
#define HVC_JOB_OPERATIONS_H

#include "hvc/operations.h"

#define HVC_JOB_DEADLINE_MAX_S (7u * 24 * 3600) /* a week, as the longest operation */

/* Which ended jobs are meant: of job.archive, and with others of job.list and job.wait. */
#define HVC_JOB_ENDED_ARGUMENTS                                                                                        \
    {.name = "guest", .type = HVC_ARGUMENT_TEXT, .min = 1, .help = "of this guest, by name or UUID"},                  \
        {.name = "node",                                                                                               \
         .type = HVC_ARGUMENT_TEXT,                                                                                    \
         .min = 1,                                                                                                     \
         .max = HVC_NODE_NAME_MAX - 1,                                                                                 \
         .help = "from or to this node"},                                                                              \
        {.name = "kind", .type = HVC_ARGUMENT_TEXT, .words = hvc_job_kind_words, .help = "of this kind"},              \
        {.name = "limit", .type = HVC_ARGUMENT_U64, .min = 1, .max = HVC_JOB_ROWS_MAX, .help = "ended ones at most"},  \
    {                                                                                                                  \
        .name = "before", .type = HVC_ARGUMENT_U64, .min = 1, .help = "of the ended ones those with smaller numbers"   \
    }

#define HVC_JOB_LIST_ARGUMENTS                                                                                         \
    {.name = "ids",                                                                                                    \
     .type = HVC_ARGUMENT_TEXT,                                                                                        \
     .min = 1,                                                                                                         \
     .max = 21 * HVC_JOB_IDS_MAX,                                                                                      \
     .help = "numbers of jobs, separated by commas; without: all that fit the rest"},                                  \
        {.name = "state",                                                                                              \
         .type = HVC_ARGUMENT_TEXT,                                                                                    \
         .words = hvc_job_state_words,                                                                                 \
         .help = "unfinished ones or ended"},                                                                          \
        HVC_JOB_ENDED_ARGUMENTS,                                                                                       \
    {                                                                                                                  \
        .name = "after", .type = HVC_ARGUMENT_U64, .help = "of the unfinished ones those with greater numbers"         \
    }
extern const char *const hvc_job_state_words[];

extern const struct hvc_argument hvc_job_create_arguments[];
#define HVC_JOB_CREATE_ARGUMENTS 29

enum hvc_result hvc_job_create(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result hvc_job_list(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result hvc_job_show(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result hvc_job_archive(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result hvc_job_wait(struct hvc_operations *operations, struct hvc_call *call);

#endif
