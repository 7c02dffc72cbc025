/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of a migration job as progress that never goes back. Pure. */
#ifndef HVC_PROGRESS_H
#define HVC_PROGRESS_H

#include "hvc/hypervisor.h"

/* What libvirt says about a job (virDomainGetJobStats) and the domain's state at that time. */
struct hvc_job_numbers {
    int type;      /* virDomainJobType */
    int operation; /* virDomainJobOperation */
    int state, reason;
    uint64_t elapsed_ms;
    uint64_t total, processed, remaining; /* bytes of all kinds of data */
    uint64_t disk_total, disk_processed;  /* the share of disks that are copied along */
    uint64_t bps;                         /* memory, bytes a second */
    uint64_t dirty_pages, page_size;      /* pages a second */
    uint64_t iteration;
    uint64_t downtime_ms;
};

/* previous is what was told of the same guest before; one of an older migration (its time was longer) is ignored. */
void hvc_progress_fold(const struct hvc_migrate_progress *previous, const struct hvc_job_numbers *numbers,
                       struct hvc_migrate_progress *ret_progress);

/* libvirt tells no numbers, as QEMU answers nobody while it sends the rest of a guest that it has stopped. True: the
 * state of the domain says that it is that, and the progress is what was told last, in that phase. */
bool hvc_progress_hidden(const struct hvc_migrate_progress *previous, int state, int reason,
                         struct hvc_migrate_progress *ret_progress);

#endif
