/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/libvirt_driver.h"

#include <errno.h>
#include <libvirt/libvirt.h>

#include "guest_xml.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "libvirt_call.h"
#include "libvirt_connect.h"
#include "libvirt_error.h"
#include "libvirt_storage.h"
#include "libvirt_table.h"

/* Calls inside libvirt keep the core and end by themselves; connections close in threads of their own. */
static void close_handle(struct hvc_hypervisor *h)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);

    (void)pthread_mutex_lock(&core->lock);
    core->closed = true;
    hvc_libvirt_drop_idle(core);
    (void)pthread_cond_broadcast(&core->changed);
    while (core->emitting > 0)
        (void)hvc_libvirt_wait(core, HVC_NO_DEADLINE);
    (void)pthread_mutex_unlock(&core->lock);
    hvc_libvirt_core_unref(core);
    free(h);
}

static void status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);

    (void)pthread_mutex_lock(&core->lock);
    *ret_status = (struct hvc_hypervisor_status){
        .health = core->health, .since_ms = core->since_ms, .stuck_calls = core->stuck, .last = core->last};
    if (core->health == HVC_HYPERVISOR_HANGS)
        ret_status->stuck_calls += core->opening;
    (void)pthread_mutex_unlock(&core->lock);
}

static void read_capabilities(virConnectPtr conn, struct hvc_host_facts *facts)
{
    HVC_CLEANUP(free) char *capabilities = virConnectGetCapabilities(conn);

    /* a host without a CPU model in its capabilities stays without one here */
    if (capabilities == NULL || hvc_host_xml_cpu_model(capabilities, facts->cpu_model, sizeof(facts->cpu_model)) < 0)
        facts->cpu_model[0] = '\0';
    if (capabilities == NULL || hvc_host_xml_uuid(capabilities, facts->uuid) < 0)
        facts->uuid[0] = '\0';
}

static int read_host(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct hvc_host_facts *facts = argument;
    HVC_CLEANUP(free) char *hostname = virConnectGetHostname(conn);
    const char *type = virConnectGetType(conn);
    virNodeInfo info;
    unsigned long version = 0, libvirt = 0;

    if (hostname == NULL || type == NULL || virConnectGetVersion(conn, &version) < 0 ||
        virConnectGetLibVersion(conn, &libvirt) < 0 || virNodeGetInfo(conn, &info) < 0)
        return hvc_libvirt_error(error, "no facts of the host");
    if (hvc_text_copy(facts->hostname, sizeof(facts->hostname), hostname) < 0 ||
        hvc_text_copy(facts->hypervisor, sizeof(facts->hypervisor), type) < 0 ||
        hvc_text_copy(facts->architecture, sizeof(facts->architecture), info.model) < 0)
        return hvc_error_set(error, -EIO, "no facts of the host: a name in libvirt's answer is too long");
    facts->hypervisor_version = version;
    facts->libvirt_version = libvirt;
    facts->cpus = info.cpus;
    facts->memory_kib = info.memory;
    facts->memory_free_kib = virNodeGetFreeMemory(conn) / 1024;
    read_capabilities(conn, facts);
    return 0;
}

static int host(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_host_facts *ret_facts,
                struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(hvc_libvirt_core_of(h), "read the host's facts", read_host,
                                                         HVC_CALL_READ, sizeof(struct hvc_host_facts), NULL);
    int result = hvc_libvirt_call_run(call, deadline_ms, error);

    if (result == 0)
        *ret_facts = *(struct hvc_host_facts *)hvc_libvirt_call_argument(call);
    return result;
}

static const struct hvc_storage_ops storage_ops = {
    .disk_copy = hvc_libvirt_disk_copy,
    .disk_job = hvc_libvirt_disk_job,
    .disk_end = hvc_libvirt_disk_end,
    .disk_size = hvc_libvirt_disk_size,
    .live_xml = hvc_libvirt_live_xml,
    .file_look = hvc_libvirt_file_look,
    .file_create = hvc_libvirt_file_create,
    .file_remove = hvc_libvirt_file_remove,
    .file_send = hvc_libvirt_file_send,
    .save = hvc_libvirt_save,
    .restore = hvc_libvirt_restore,
    .saved_xml = hvc_libvirt_saved_xml,
    .start_paused = hvc_libvirt_start_paused,
    .set_transit = hvc_libvirt_set_transit,
    .snapshots = hvc_libvirt_snapshots,
};

static const struct hvc_hypervisor_ops libvirt_ops = {
    .storage = &storage_ops,
    .close = close_handle,
    .list = hvc_libvirt_list,
    .inspect = hvc_libvirt_inspect,
    .read_xml = hvc_libvirt_read_xml,
    .define = hvc_libvirt_define,
    .undefine = hvc_libvirt_undefine,
    .start = hvc_libvirt_start,
    .stop = hvc_libvirt_stop,
    .pause = hvc_libvirt_pause,
    .resume = hvc_libvirt_resume,
    .set_owner = hvc_libvirt_set_owner,
    .migrate = hvc_libvirt_migrate,
    .progress = hvc_libvirt_progress,
    .cancel = hvc_libvirt_cancel,
    .set_downtime = hvc_libvirt_set_downtime,
    .set_bandwidth = hvc_libvirt_set_bandwidth,
    .post_copy = hvc_libvirt_post_copy,
    .interrupt = hvc_libvirt_interrupt,
    .host = host,
    .watch = hvc_libvirt_watch,
    .status = status,
    .fits = hvc_libvirt_fits,
    .reaches = hvc_libvirt_reaches,
    .compare_cpu = hvc_libvirt_compare_cpu,
    .names = hvc_libvirt_names,
};

int hvc_libvirt_open(const char *uri, struct hvc_hypervisor **ret_hypervisor, struct hvc_error *error)
{
    struct hvc_libvirt *handle;
    int result;

    if (uri == NULL || *uri == '\0')
        return hvc_error_set(error, -EINVAL, "no URI of a libvirt; \"qemu:///system\" is the local one");
    if (strlen(uri) >= HVC_URI_MAX)
        return hvc_error_set(error, -EINVAL, "the URI \"%.60s...\" has more than %d bytes", uri, HVC_URI_MAX - 1);
    handle = calloc(1, sizeof(*handle));
    if (handle == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a handle to libvirt at %s", uri);
    result = hvc_libvirt_core_new(uri, &handle->core);
    if (result < 0) {
        free(handle);
        return hvc_error_set(error, result, "no memory for a handle to libvirt at %s", uri);
    }
    handle->base.ops = &libvirt_ops;
    *ret_hypervisor = &handle->base;
    return 0;
}
