/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs as records of an answer, and the words for their options in both directions. Pure. */
#ifndef HVC_JOB_RECORD_H
#define HVC_JOB_RECORD_H

#include "hvc/record.h"
#include "hvc/service.h"

/* Everything that people and programs may want to know of a job. now_ms: wall clock, for what a queued job waits. */
void hvc_job_describe(struct hvc_record *record, const struct hvc_service *service, const struct hvc_job *job,
                      uint64_t now_ms);

/* Of the progress of a move that runs: bytes per second that it may use (0: not limited, and nothing is said), and that
 * this is less than usual to spare the ring. */
void hvc_job_describe_limit(struct hvc_record *progress, uint64_t allotted, bool held);

/* "n2" of the state's node list, "node 2" when it is not in it; "" for 0. */
void hvc_job_node_name(const struct hvc_service *service, uint32_t node, char name[HVC_NODE_NAME_MAX]);

/* The words of arguments, for their rows; each ends with NULL, in the order of its enum. */
extern const char *const hvc_job_kind_words[];
extern const char *const hvc_job_restart_words[];
extern const char *const hvc_job_end_words[];

/* A flag of the options and its name: as a yes-no argument of job.create, and as a member of a job's record. */
struct hvc_job_flag {
    const char *name;
    uint32_t yes, no; /* HVC_OPTION_*; no 0: nothing to say */
    const char *help;
};
const struct hvc_job_flag *hvc_job_flag_at(size_t index); /* NULL after the last */

#endif
