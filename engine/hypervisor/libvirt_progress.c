/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libvirt/virterror.h>

#include "hvc/clock.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_table.h"
#include "progress.h"

struct progress_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    struct hvc_job_numbers numbers;
};

static uint64_t number_of(virTypedParameterPtr params, int count, const char *name)
{
    unsigned long long value = 0;

    /* a field that the hypervisor does not give is 0, as the header says */
    (void)virTypedParamsGetULLong(params, count, name, &value);
    return value;
}

static void take_numbers(virTypedParameterPtr params, int count, struct hvc_job_numbers *n)
{
    n->operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    (void)virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &n->operation);
    n->elapsed_ms = number_of(params, count, VIR_DOMAIN_JOB_TIME_ELAPSED);
    n->total = number_of(params, count, VIR_DOMAIN_JOB_DATA_TOTAL);
    n->processed = number_of(params, count, VIR_DOMAIN_JOB_DATA_PROCESSED);
    n->remaining = number_of(params, count, VIR_DOMAIN_JOB_DATA_REMAINING);
    n->disk_total = number_of(params, count, VIR_DOMAIN_JOB_DISK_TOTAL);
    n->disk_processed = number_of(params, count, VIR_DOMAIN_JOB_DISK_PROCESSED);
    n->bps = number_of(params, count, VIR_DOMAIN_JOB_MEMORY_BPS);
    n->dirty_pages = number_of(params, count, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE);
    n->page_size = number_of(params, count, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE);
    n->iteration = number_of(params, count, VIR_DOMAIN_JOB_MEMORY_ITERATION);
    n->downtime_ms = number_of(params, count, VIR_DOMAIN_JOB_DOWNTIME);
}

static int read_stats(virDomainPtr domain, unsigned flags, struct hvc_job_numbers *ret_numbers)
{
    virTypedParameterPtr params = NULL;
    int count = 0, type = VIR_DOMAIN_JOB_NONE;
    int result = virDomainGetJobStats(domain, &type, &params, &count, flags);

    if (result < 0)
        return result;
    ret_numbers->type = type;
    if (type != VIR_DOMAIN_JOB_NONE)
        take_numbers(params, count, ret_numbers);
    virTypedParamsFree(params, count);
    return 0;
}

/* The running job, or the last one that ended: libvirt keeps its numbers at both ends. */
static int read_progress(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct progress_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    a->numbers = (struct hvc_job_numbers){.type = VIR_DOMAIN_JOB_NONE};
    if (result < 0)
        return result == -ENOENT ? 0 : result;
    if (virDomainGetState(domain, &a->numbers.state, &a->numbers.reason, 0) < 0)
        return hvc_libvirt_error(error, "no progress of the guest's migration");
    if (read_stats(domain, 0, &a->numbers) < 0) {
        /* the target of a migration has no numbers before its end; a driver may have none at all (test:///) */
        if (hvc_libvirt_error_is(VIR_ERR_OPERATION_UNSUPPORTED) || hvc_libvirt_error_is(VIR_ERR_OPERATION_INVALID) ||
            hvc_libvirt_error_is(VIR_ERR_NO_SUPPORT))
            return 0;
        return hvc_libvirt_error(error, "no progress of the guest's migration");
    }
    if (a->numbers.type != VIR_DOMAIN_JOB_NONE)
        return 0;
    if (read_stats(domain, VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, &a->numbers) < 0)
        return hvc_libvirt_error(error, "no numbers of the guest's last migration");
    return 0;
}

/* The core's lock is held. The guest's entry, or the one that was not used for the longest time. */
static struct hvc_progress_memory *memory_of(struct hvc_libvirt_core *core, const char *uuid)
{
    struct hvc_progress_memory *oldest = &core->progress[0];

    for (size_t i = 0; i < HVC_PROGRESS_MEMORY; i++) {
        if (strcmp(core->progress[i].uuid, uuid) == 0)
            return &core->progress[i];
        if (core->progress[i].used_ms < oldest->used_ms)
            oldest = &core->progress[i];
    }
    *oldest = (struct hvc_progress_memory){.last = {.phase = HVC_MIGRATE_NONE}};
    memcpy(oldest->uuid, uuid, HVC_UUID_TEXT_MAX);
    return oldest;
}

int hvc_libvirt_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(core, "tell a migration's progress", read_progress, HVC_CALL_READ | HVC_CALL_SOFT,
                             sizeof(struct progress_argument), NULL);
    struct progress_argument *a = hvc_libvirt_call_argument(call);
    struct hvc_progress_memory *memory;
    int result = 0;

    if (a != NULL)
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    if (result == 0)
        result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result < 0)
        return result;
    (void)pthread_mutex_lock(&core->lock);
    memory = memory_of(core, a->uuid);
    hvc_progress_fold(&memory->last, &a->numbers, &memory->last);
    memory->used_ms = hvc_now_ms();
    *ret_progress = memory->last;
    (void)pthread_mutex_unlock(&core->lock);
    return 0;
}
