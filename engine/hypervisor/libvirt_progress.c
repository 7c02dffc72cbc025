/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libvirt/virterror.h>

#include "hvc/clock.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_table.h"
#include "progress.h"

#define NUMBERS_MS 1000 /* for the numbers, before the guest's state is asked for */
#define HANGS_MS   500  /* a question that waits so long is not asked a second time beside it */

struct progress_argument {
    struct hvc_libvirt_core *core;
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

static int read_state(virConnectPtr conn, struct progress_argument *a, virDomainPtr *ret_domain,
                      struct hvc_error *error)
{
    int result = hvc_libvirt_lookup(conn, a->uuid, ret_domain, error);

    a->numbers = (struct hvc_job_numbers){.type = VIR_DOMAIN_JOB_NONE};
    if (result < 0)
        return result;
    if (virDomainGetState(*ret_domain, &a->numbers.state, &a->numbers.reason, 0) < 0)
        return hvc_libvirt_error(error, "no progress of the guest's migration");
    return 0;
}

/* The running job, or the last one that ended: libvirt keeps its numbers at both ends. */
static int read_numbers(virDomainPtr domain, struct hvc_job_numbers *numbers, struct hvc_error *error)
{
    if (read_stats(domain, 0, numbers) < 0) {
        /* the target of a migration has no numbers before its end; a driver may have none at all (test:///) */
        if (hvc_libvirt_error_is(VIR_ERR_OPERATION_UNSUPPORTED) || hvc_libvirt_error_is(VIR_ERR_OPERATION_INVALID) ||
            hvc_libvirt_error_is(VIR_ERR_NO_SUPPORT))
            return 0;
        return hvc_libvirt_error(error, "no progress of the guest's migration");
    }
    if (numbers->type != VIR_DOMAIN_JOB_NONE)
        return 0;
    if (read_stats(domain, VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, numbers) < 0)
        return hvc_libvirt_error(error, "no numbers of the guest's last migration");
    return 0;
}

static void note_asked(const struct progress_argument *a, bool begins)
{
    struct hvc_progress_memory *memory;

    (void)pthread_mutex_lock(&a->core->lock);
    memory = memory_of(a->core, a->uuid);
    if (begins && memory->asked++ == 0)
        memory->asked_ms = hvc_now_ms();
    if (!begins && memory->asked > 0) /* it may have given way to another guest's meanwhile */
        memory->asked--;
    (void)pthread_mutex_unlock(&a->core->lock);
}

static int read_progress(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct progress_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = read_state(conn, a, &domain, error);

    if (result < 0)
        return result == -ENOENT ? 0 : result;
    note_asked(a, true);
    result = read_numbers(domain, &a->numbers, error);
    note_asked(a, false);
    return result;
}

/* What libvirt tells without asking QEMU. */
static int read_only_state(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = read_state(conn, argument, &domain, error);

    return result == -ENOENT ? 0 : result;
}

static int ask(struct hvc_libvirt_core *core, hvc_libvirt_call_fn what, const char *uuid, uint64_t deadline_ms,
               struct hvc_job_numbers *ret_numbers, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(core, "tell a migration's progress", what, HVC_CALL_READ | HVC_CALL_SOFT,
                             sizeof(struct progress_argument), NULL);
    struct progress_argument *a = hvc_libvirt_call_argument(call);
    int result;

    if (a != NULL) {
        a->core = core; /* the call has a reference to it */
        memcpy(a->uuid, uuid, sizeof(a->uuid));
    }
    result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result == 0)
        *ret_numbers = a->numbers;
    return result;
}

static bool hangs(struct hvc_libvirt_core *core, const char *uuid)
{
    const struct hvc_progress_memory *memory;
    bool hangs;

    (void)pthread_mutex_lock(&core->lock);
    memory = memory_of(core, uuid);
    hangs = memory->asked > 0 && hvc_now_ms() - memory->asked_ms >= HANGS_MS;
    (void)pthread_mutex_unlock(&core->lock);
    return hangs;
}

static int ask_numbers(struct hvc_libvirt_core *core, const char *uuid, uint64_t deadline_ms,
                       struct hvc_job_numbers *ret_numbers, struct hvc_error *error)
{
    uint64_t half = hvc_deadline_left(deadline_ms) / 2;

    if (hangs(core, uuid))
        return hvc_error_set(error, -ETIMEDOUT, "libvirt at %s has not told a migration's progress yet", core->uri);
    return ask(core, read_progress, uuid, hvc_deadline_in(half < NUMBERS_MS ? half : NUMBERS_MS), ret_numbers, error);
}

/* The state alone tells it. */
static bool is_hidden(struct hvc_libvirt_core *core, const char *uuid, uint64_t deadline_ms,
                      struct hvc_migrate_progress *ret_progress)
{
    struct hvc_job_numbers numbers;
    struct hvc_progress_memory *memory;
    bool hidden;

    if (ask(core, read_only_state, uuid, deadline_ms, &numbers, NULL) < 0)
        return false;
    (void)pthread_mutex_lock(&core->lock);
    memory = memory_of(core, uuid);
    hidden = hvc_progress_hidden(&memory->last, numbers.state, numbers.reason, &memory->last);
    memory->used_ms = hvc_now_ms();
    if (hidden)
        *ret_progress = memory->last;
    (void)pthread_mutex_unlock(&core->lock);
    return hidden;
}

int hvc_libvirt_progress(struct hvc_hypervisor *h, const char *uuid_text, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);
    struct hvc_progress_memory *memory;
    struct hvc_job_numbers numbers;
    char uuid[HVC_UUID_TEXT_MAX];
    int result = hvc_libvirt_uuid(uuid_text, uuid, error);

    if (result == 0)
        result = ask_numbers(core, uuid, deadline_ms, &numbers, error);
    if (result == -ETIMEDOUT && is_hidden(core, uuid, deadline_ms, ret_progress))
        return 0;
    if (result < 0)
        return result;
    (void)pthread_mutex_lock(&core->lock);
    memory = memory_of(core, uuid);
    hvc_progress_fold(&memory->last, &numbers, &memory->last);
    memory->used_ms = hvc_now_ms();
    *ret_progress = memory->last;
    (void)pthread_mutex_unlock(&core->lock);
    return 0;
}
