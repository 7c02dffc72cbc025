/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/clock.h"
#include "libvirt_error.h"
#include "libvirt_loop.h"
#include "libvirt_private.h"

#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT   3
#define OPENS_MAX         3    /* attempts at one time: one may hang for minutes in a TCP connect to a dead node */
#define OPEN_PATIENCE_MS  5000 /* after that a further attempt is made beside one that hangs */

/* A connection that is no longer used, on its way to be closed. It keeps the core for its close callback. */
struct old_connection {
    struct hvc_libvirt_core *core;
    virConnectPtr conn;
    int event_ids[HVC_EVENT_IDS];
};

/* Runs in the event loop's thread. */
static void on_close(virConnectPtr conn, int reason, void *context)
{
    static const char *const reasons[] = {
        [VIR_CONNECT_CLOSE_REASON_ERROR] = "an I/O error",
        [VIR_CONNECT_CLOSE_REASON_EOF] = "libvirtd ended it",
        [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "libvirtd has not answered to keepalive",
        [VIR_CONNECT_CLOSE_REASON_CLIENT] = "closed on this side",
    };
    struct hvc_libvirt_core *core = context;
    struct hvc_error words;
    bool known = reason >= 0 && (size_t)reason < sizeof(reasons) / sizeof(reasons[0]);

    (void)hvc_error_set(&words, -ENOTCONN, "the connection to libvirt at %s broke: %s", core->uri,
                        known ? reasons[reason] : "for an unknown reason");
    (void)pthread_mutex_lock(&core->lock);
    if (core->conn == conn) {
        hvc_libvirt_forget(core, conn);
        hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &words);
        (void)pthread_cond_broadcast(&core->changed);
    }
    (void)pthread_mutex_unlock(&core->lock);
}

static void *close_thread(void *argument)
{
    struct old_connection *old = argument;

    for (int i = 0; i < HVC_EVENT_IDS; i++)
        if (old->event_ids[i] >= 0)
            (void)virConnectDomainEventDeregisterAny(old->conn, old->event_ids[i]);
    (void)virConnectUnregisterCloseCallback(old->conn, on_close);
    (void)virConnectClose(old->conn);
    hvc_libvirt_core_unref(old->core); /* on_close runs no more after it was unregistered */
    free(old);
    return NULL;
}

/* Deregistering and closing ask libvirtd, so a thread does it. Without memory or threads the connection stays open
 * until the process ends: nothing waits for it. */
static void close_later(struct hvc_libvirt_core *core, virConnectPtr conn, const int event_ids[HVC_EVENT_IDS])
{
    struct old_connection *old = calloc(1, sizeof(*old));

    if (old == NULL)
        return;
    old->core = core;
    old->conn = conn;
    memcpy(old->event_ids, event_ids, sizeof(old->event_ids));
    if (hvc_libvirt_thread(close_thread, old) < 0)
        free(old);
}

void hvc_libvirt_forget(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    if (conn == NULL || core->conn != conn)
        return;
    core->conn = NULL;
    close_later(core, conn, core->event_ids);
    for (int i = 0; i < HVC_EVENT_IDS; i++)
        core->event_ids[i] = -1;
}

/* Keepalive and the close callback; a driver without them (test:///) works without. The reference to the core is the
 * connection's, given back by close_thread: libvirt calls no free function where a driver has no close callbacks. */
static void make_watchful(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    (void)pthread_mutex_lock(&core->lock);
    core->refs++;
    (void)pthread_mutex_unlock(&core->lock);
    (void)virConnectSetKeepAlive(conn, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
    (void)virConnectRegisterCloseCallback(conn, on_close, core, NULL);
}

/* The core's lock is held. The connection becomes the core's unless another attempt was faster. */
static bool install(struct hvc_libvirt_core *core, virConnectPtr conn, const int ids[HVC_EVENT_IDS])
{
    if (core->conn != NULL || core->closed || virConnectIsAlive(conn) != 1)
        return false;
    core->conn = conn;
    memcpy(core->event_ids, ids, sizeof(core->event_ids));
    return true;
}

static void *open_thread(void *argument)
{
    struct hvc_libvirt_core *core = argument;
    struct hvc_error error = {.code = 0};
    int ids[HVC_EVENT_IDS] = {-1, -1};
    virConnectPtr conn = virConnectOpen(core->uri);

    if (conn == NULL) {
        (void)hvc_libvirt_connect_error(&error, core->uri);
    } else {
        make_watchful(core, conn);
        (void)hvc_libvirt_register_events(core, conn, ids, &error);
    }
    (void)pthread_mutex_lock(&core->lock);
    core->opening--;
    core->opens_ended++;
    core->open_error = error;
    if (conn != NULL && error.code == 0 && install(core, conn, ids))
        hvc_libvirt_health(core, HVC_HYPERVISOR_ANSWERS, NULL);
    else if (conn != NULL)
        close_later(core, conn, ids);
    if (error.code != 0 && core->conn == NULL)
        hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &error);
    (void)pthread_cond_broadcast(&core->changed);
    (void)pthread_mutex_unlock(&core->lock);
    hvc_libvirt_core_unref(core);
    return NULL;
}

int hvc_libvirt_start_opening(struct hvc_libvirt_core *core)
{
    int result;

    if (core->opening > 0 && (core->opening >= OPENS_MAX || hvc_now_ms() - core->open_started_ms < OPEN_PATIENCE_MS))
        return 0;
    result = hvc_libvirt_loop_start();
    if (result < 0)
        return result;
    core->opening++;
    core->refs++;
    core->open_started_ms = hvc_now_ms();
    result = hvc_libvirt_thread(open_thread, core);
    if (result < 0) {
        core->opening--;
        core->refs--;
    }
    return result;
}

/* The core's lock is held. */
static int say_hang(struct hvc_libvirt_core *core, uint64_t begin_ms, struct hvc_error *error)
{
    struct hvc_error words;
    int result = hvc_error_set(&words, -ETIMEDOUT, "libvirt at %s accepts no connection: no answer for %llu ms",
                               core->uri, (unsigned long long)(hvc_now_ms() - begin_ms));

    hvc_libvirt_health(core, HVC_HYPERVISOR_HANGS, &words);
    if (error != NULL)
        *error = words;
    return result;
}

/* When a caller that waits for an attempt to connect looks again: the attempt may hang, then another one is made. */
static uint64_t next_look(const struct hvc_libvirt_core *core, uint64_t deadline_ms)
{
    uint64_t patient = core->open_started_ms + OPEN_PATIENCE_MS;

    return core->opening >= OPENS_MAX || patient > deadline_ms ? deadline_ms : patient;
}

/* The core's lock is held. Waits for a connection; the outcome of an attempt that ended meanwhile is the answer. */
static int wait_for_connection(struct hvc_libvirt_core *core, uint64_t deadline_ms, struct hvc_error *error)
{
    uint64_t begin = hvc_now_ms();
    uint64_t ended = core->opens_ended;

    while (core->conn == NULL) {
        int result;

        if (core->opens_ended != ended && core->open_error.code != 0) {
            if (error != NULL)
                *error = core->open_error;
            return core->open_error.code;
        }
        if (hvc_deadline_left(deadline_ms) == 0)
            return say_hang(core, begin, error);
        ended = core->opens_ended;
        result = hvc_libvirt_start_opening(core);
        if (result < 0)
            return hvc_error_set(error, result, "no connection to libvirt at %s: no thread or event loop: %s",
                                 core->uri, strerror(-result));
        (void)hvc_libvirt_wait(core, next_look(core, deadline_ms));
    }
    return 0;
}

int hvc_libvirt_connect(struct hvc_libvirt_core *core, uint64_t deadline_ms, virConnectPtr *ret_conn,
                        struct hvc_error *error)
{
    int result;

    (void)pthread_mutex_lock(&core->lock);
    if (core->conn != NULL && virConnectIsAlive(core->conn) != 1)
        hvc_libvirt_forget(core, core->conn);
    result = wait_for_connection(core, deadline_ms, error);
    if (result == 0) {
        (void)virConnectRef(core->conn);
        *ret_conn = core->conn;
    }
    (void)pthread_mutex_unlock(&core->lock);
    return result;
}
