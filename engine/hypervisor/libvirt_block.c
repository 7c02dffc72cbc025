/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block jobs of a guest's disks, its snapshots, and the mark of a move on it. */
#include <errno.h>
#include <libvirt/virterror.h>

#include "guest_devices.h"
#include "hvc/text.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_storage.h"

struct disk_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    char disk[HVC_DISK_NAME_MAX];
    char *xml;
    bool pivot;
    uint64_t number; /* bandwidth of a copy in; a size out */
    struct hvc_block_job job;
    int (*run)(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error);
};

static void destroy_disk(void *argument)
{
    free(((struct disk_argument *)argument)->xml);
}

static int run_disk(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct disk_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    return result < 0 ? result : a->run(domain, a, error);
}

/* The call, its argument filled as far as all of them have it; NULL and an error. */
static struct hvc_libvirt_call *new_disk_call(struct hvc_hypervisor *h, const char *what, const char *uuid,
                                              const char *disk,
                                              int (*run)(virDomainPtr, struct disk_argument *, struct hvc_error *),
                                              struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run_disk, HVC_CALL_SOFT,
                                                         sizeof(struct disk_argument), destroy_disk);
    struct disk_argument *a = hvc_libvirt_call_argument(call);

    if (a == NULL) {
        (void)hvc_error_set(error, -ENOMEM, "no memory for a call of libvirt");
        return NULL;
    }
    a->run = run;
    if (hvc_libvirt_uuid(uuid, a->uuid, error) < 0)
        return NULL;
    if (hvc_text_copy(a->disk, sizeof(a->disk), disk) < 0) {
        (void)hvc_error_set(error, -EINVAL, "\"%.40s...\" is no name of a disk", disk);
        return NULL;
    }
    return HVC_TAKE(call, NULL);
}

static int code_of(const struct hvc_error *error)
{
    return error == NULL ? -EINVAL : error->code;
}

static int disk_copy(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    virTypedParameterPtr params = NULL;
    int count = 0, room = 0, result = 0;

    if (a->number > 0 &&
        virTypedParamsAddULLong(&params, &count, &room, VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, a->number * 1024 * 1024) < 0)
        return hvc_libvirt_error(error, "the copy's bandwidth");
    /* TRANSIENT_JOB: a guest with a stored definition may have such a job, too; it ends with the process of the guest
     */
    if (virDomainBlockCopy(domain, a->disk, a->xml, params, count, VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB) < 0) {
        result = hvc_libvirt_error(error, "the disk was not copied");
        if (strstr(virGetLastErrorMessage(), "already exists") != NULL && error != NULL)
            result = error->code = -EEXIST;
    }
    virTypedParamsFree(params, count);
    return result;
}

int hvc_libvirt_disk_copy(struct hvc_hypervisor *h, const char *uuid, const char *disk, const char *disk_xml,
                          uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_disk_call(h, "copy a disk", uuid, disk, disk_copy, &words);
    struct disk_argument *a = hvc_libvirt_call_argument(call);

    if (a == NULL) {
        if (error != NULL)
            *error = words;
        return code_of(&words);
    }
    a->number = bandwidth_mib;
    a->xml = strdup(disk_xml);
    if (a->xml == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a disk's definition");
    return hvc_libvirt_call_run(call, deadline_ms, error);
}

static int disk_job(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    virDomainBlockJobInfo info;
    int found = virDomainGetBlockJobInfo(domain, a->disk, &info, 0);

    if (found < 0)
        return hvc_libvirt_error(error, "no word of the disk's copy");
    a->job = (struct hvc_block_job){.active = found == 1 && info.type == VIR_DOMAIN_BLOCK_JOB_TYPE_COPY};
    if (a->job.active) {
        a->job.done_bytes = info.cur;
        a->job.total_bytes = info.end;
        a->job.ready = info.end > 0 && info.cur == info.end;
    }
    return 0;
}

int hvc_libvirt_disk_job(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                         struct hvc_block_job *ret_job, struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_disk_call(h, "tell of a disk's copy", uuid, disk, disk_job, &words);
    int result = call == NULL ? code_of(&words) : hvc_libvirt_call_run(call, deadline_ms, &words);

    if (result == 0)
        *ret_job = ((struct disk_argument *)hvc_libvirt_call_argument(call))->job;
    else if (error != NULL)
        *error = words;
    return result;
}

static int disk_end(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    unsigned flags = a->pivot ? VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0;
    int result;

    if (virDomainBlockJobAbort(domain, a->disk, flags) == 0)
        return 0;
    result = hvc_libvirt_error(error, a->pivot ? "the disk was not switched to its copy" : "the copy was not ended");
    /* there is none any more: as it was wanted, unless it was to be used */
    if (!a->pivot && disk_job(domain, a, NULL) == 0 && !a->job.active)
        return 0;
    if (a->pivot && hvc_libvirt_error_is(VIR_ERR_BLOCK_COPY_ACTIVE))
        return -EBUSY;
    return result;
}

int hvc_libvirt_disk_end(struct hvc_hypervisor *h, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                         struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        new_disk_call(h, pivot ? "switch a disk to its copy" : "end a disk's copy", uuid, disk, disk_end, &words);
    int result = code_of(&words);

    if (call != NULL) {
        ((struct disk_argument *)hvc_libvirt_call_argument(call))->pivot = pivot;
        result = hvc_libvirt_call_run(call, deadline_ms, &words);
    }
    if (result < 0 && error != NULL)
        *error = words;
    return result;
}

static int disk_size(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    virDomainBlockInfo info;

    if (virDomainGetBlockInfo(domain, a->disk, &info, 0) < 0)
        return hvc_libvirt_error(error, "the disk's size");
    a->number = info.capacity;
    return 0;
}

int hvc_libvirt_disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                          uint64_t *ret_bytes, struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_disk_call(h, "tell a disk's size", uuid, disk, disk_size, &words);
    int result = call == NULL ? code_of(&words) : hvc_libvirt_call_run(call, deadline_ms, &words);

    if (result == 0)
        *ret_bytes = ((struct disk_argument *)hvc_libvirt_call_argument(call))->number;
    else if (error != NULL)
        *error = words;
    return result;
}

static int live_xml(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    a->xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_SECURE);
    return a->xml == NULL ? hvc_libvirt_error(error, "the guest's definition") : 0;
}

int hvc_libvirt_live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                         struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_disk_call(h, "read what runs of a guest", uuid, "", live_xml, &words);
    int result = call == NULL ? code_of(&words) : hvc_libvirt_call_run(call, deadline_ms, &words);

    if (result == 0)
        *ret_xml = HVC_TAKE(((struct disk_argument *)hvc_libvirt_call_argument(call))->xml, NULL);
    else if (error != NULL)
        *error = words;
    return result;
}

/* ---- the mark of a move; snapshots ---- */

static int set_mark(virDomainPtr domain, const char *element, unsigned where, struct hvc_error *error)
{
    if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, element, HVC_TRANSIT_PREFIX, HVC_TRANSIT_URI,
                             where) == 0 ||
        (element == NULL && hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN_METADATA)))
        return 0;
    return hvc_libvirt_error(error, "the guest was not marked with its move");
}

static int set_transit(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    bool active = virDomainIsActive(domain) == 1, stored = virDomainIsPersistent(domain) == 1;
    int result = active ? set_mark(domain, order->text, VIR_DOMAIN_AFFECT_LIVE, error) : 0;

    return result == 0 && stored ? set_mark(domain, order->text, VIR_DOMAIN_AFFECT_CONFIG, error) : result;
}

int hvc_libvirt_set_transit(struct hvc_hypervisor *h, const char *uuid, const char *element, uint64_t deadline_ms,
                            struct hvc_error *error)
{
    struct hvc_libvirt_order order = {.text = element == NULL ? NULL : strdup(element)};

    if (element != NULL && order.text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for the mark of a move");
    return hvc_libvirt_change(h, "mark a guest with its move", HVC_CALL_SOFT, uuid, set_transit, order, deadline_ms,
                              error);
}

static int snapshots(virDomainPtr domain, struct disk_argument *a, struct hvc_error *error)
{
    int found = virDomainSnapshotNum(domain, 0), checkpoints, saved;

    if (found < 0)
        return hvc_libvirt_error(error, "the guest's snapshots");
    checkpoints = virDomainListAllCheckpoints(domain, NULL, 0);
    saved = virDomainHasManagedSaveImage(domain, 0);
    if (checkpoints < 0 || saved < 0)
        return hvc_libvirt_error(error, "the guest's checkpoints");
    a->number = (uint64_t)found + (uint64_t)checkpoints + (uint64_t)saved;
    return 0;
}

int hvc_libvirt_snapshots(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                          struct hvc_error *error)
{
    struct hvc_error words = {.code = -EINVAL};
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_disk_call(h, "count snapshots", uuid, "", snapshots, &words);
    int result = call == NULL ? code_of(&words) : hvc_libvirt_call_run(call, deadline_ms, &words);

    if (result == 0)
        *ret_count = (unsigned)((struct disk_argument *)hvc_libvirt_call_argument(call))->number;
    else if (error != NULL)
        *error = words;
    return result;
}
