/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "libvirt_connect.h"
#include "libvirt_table.h"

#define RECONNECT_MS 1000

/* Calls the watcher, unless the handle is being closed: hvc_hypervisor_close waits for those that are inside it. */
static void emit(struct hvc_libvirt_core *core, enum hvc_guest_event event, const struct hvc_guest_id *id)
{
    hvc_guest_event_fn watcher;
    void *context;

    (void)pthread_mutex_lock(&core->lock);
    watcher = core->closed ? NULL : core->watcher;
    context = core->watcher_context;
    if (watcher != NULL)
        core->emitting++;
    (void)pthread_mutex_unlock(&core->lock);
    if (watcher == NULL)
        return;
    watcher(context, event, id);
    (void)pthread_mutex_lock(&core->lock);
    core->emitting--;
    (void)pthread_cond_broadcast(&core->changed);
    (void)pthread_mutex_unlock(&core->lock);
}

static void emit_domain(struct hvc_libvirt_core *core, enum hvc_guest_event event, virDomainPtr domain)
{
    struct hvc_guest_id id = {.name = ""};
    const char *name = virDomainGetName(domain);

    if (virDomainGetUUIDString(domain, id.uuid) < 0)
        return;
    if (name == NULL || hvc_text_copy(id.name, sizeof(id.name), name) < 0)
        id.name[0] = '\0';
    emit(core, event, &id);
}

/* These run in the event loop's thread. */
static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *context)
{
    (void)conn;
    (void)event;
    (void)detail;
    emit_domain(context, HVC_EVENT_GUEST_CHANGED, domain);
    return 0;
}

static void on_job_completed(virConnectPtr conn, virDomainPtr domain, virTypedParameterPtr params, int count,
                             void *context)
{
    (void)conn;
    (void)params;
    (void)count;
    emit_domain(context, HVC_EVENT_GUEST_JOB_DONE, domain);
}

static void release_core(void *core)
{
    hvc_libvirt_core_unref(core);
}

/* A callback's reference to the core is given back by release_core when libvirt drops it. */
static int register_one(struct hvc_libvirt_core *core, virConnectPtr conn, int event,
                        virConnectDomainEventGenericCallback callback)
{
    int id;

    (void)pthread_mutex_lock(&core->lock);
    core->refs++;
    (void)pthread_mutex_unlock(&core->lock);
    id = virConnectDomainEventRegisterAny(conn, NULL, event, callback, core, release_core);
    if (id < 0)
        hvc_libvirt_core_unref(core);
    return id;
}

/* Stays until the connection breaks or the handle closes. */
static void watch_connection(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    int lifecycle = register_one(core, conn, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle));
    /* a driver may lack this one (test:///); lifecycle events tell the end of a migration as well */
    int jobs = register_one(core, conn, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_EVENT_CALLBACK(on_job_completed));

    if (lifecycle >= 0)
        emit(core, HVC_EVENT_HYPERVISOR_BACK, NULL);
    (void)pthread_mutex_lock(&core->lock);
    while (lifecycle >= 0 && !core->closed && virConnectIsAlive(conn) == 1)
        (void)hvc_libvirt_wait(core, HVC_NO_DEADLINE); /* on_close broadcasts */
    (void)pthread_mutex_unlock(&core->lock);
    if (lifecycle >= 0) {
        (void)virConnectDomainEventDeregisterAny(conn, lifecycle);
        emit(core, HVC_EVENT_HYPERVISOR_LOST, NULL);
    }
    if (jobs >= 0)
        (void)virConnectDomainEventDeregisterAny(conn, jobs);
}

/* Keeps a watched handle's own connection. Ends with the handle; holds a reference to the core. */
static void *watch_thread(void *argument)
{
    struct hvc_libvirt_core *core = argument;

    (void)pthread_mutex_lock(&core->lock);
    while (!core->closed) {
        virConnectPtr conn = NULL;
        struct hvc_error words = {.code = 0};
        uint64_t again;
        int result;

        (void)pthread_mutex_unlock(&core->lock);
        result = hvc_libvirt_open_connection(core, &conn, &words);
        if (result == 0) {
            watch_connection(core, conn);
            hvc_libvirt_close_connection(core, conn);
        }
        (void)pthread_mutex_lock(&core->lock);
        if (result < 0)
            hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &words);
        again = hvc_deadline_in(RECONNECT_MS);
        while (!core->closed && hvc_libvirt_wait(core, again))
            ;
    }
    (void)pthread_mutex_unlock(&core->lock);
    hvc_libvirt_core_unref(core);
    return NULL;
}

int hvc_libvirt_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);
    int result = 0;

    if (function == NULL)
        return hvc_error_set(error, -EINVAL, "a watcher without a function");
    (void)pthread_mutex_lock(&core->lock);
    if (core->watcher != NULL)
        result = hvc_error_set(error, -EEXIST, "libvirt at %s has its watcher already", core->uri);
    if (result == 0) {
        core->watcher = function;
        core->watcher_context = context;
        core->refs++;
        result = hvc_thread_leave(watch_thread, core);
        if (result < 0) {
            core->watcher = NULL;
            core->refs--;
            (void)hvc_error_set(error, result, "no thread to watch libvirt at %s: %s", core->uri, strerror(-result));
        }
    }
    (void)pthread_mutex_unlock(&core->lock);
    return result;
}
