/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message for each job that begins or ends its way on this node: when it is made, goes into another phase, and
 * ends. Told by source and target, each for itself, from the state: the same after a restart, whoever proposed what.
 */
#ifndef HVC_JOBS_AUDIT_H
#define HVC_JOBS_AUDIT_H

#include "hvc/operations.h"

struct hvc_job_audit {
    uint64_t next_job; /* jobs below it were looked at; 0: none was */
    struct watched {
        uint64_t job, index; /* and of the entry that made it */
        uint8_t phase;
    } * watched; /* unfinished ones of this node */
    size_t count, room;
    struct hvc_job *news; /* of the last look, to be told */
    bool *made;           /* which of them are new */
    size_t news_count, news_room;
};

/* Compares with the state; calls each for every unfinished job of this node. Within a read of the keeper. */
void job_audit_look(struct hvc_job_audit *audit, const struct hvc_service *service, uint32_t node,
                    void (*each)(void *context, const struct hvc_job *job), void *context);
/* Tells what look has found. */
void job_audit_tell(struct hvc_job_audit *audit, struct hvc_operations *operations);
void job_audit_clear(struct hvc_job_audit *audit);

#endif
