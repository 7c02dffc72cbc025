/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/clock.h"
#include "hvc/thread.h"
#include "libvirt_connect.h"
#include "libvirt_error.h"
#include "libvirt_loop.h"

#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT   3
#define OPENS_MAX         4    /* attempts at one time: one may hang for minutes in a TCP connect to a dead node */
#define OPEN_PATIENCE_MS  5000 /* one that takes longer hangs; a further one is made after it, one a period */

/* Runs in the event loop's thread, before libvirt's calls on the connection have returned. */
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

    (void)conn;
    (void)hvc_error_set(&words, -ENOTCONN, "the connection to libvirt at %s broke: %s", core->uri,
                        known ? reasons[reason] : "for an unknown reason");
    (void)pthread_mutex_lock(&core->lock);
    hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &words);
    (void)pthread_cond_broadcast(&core->changed);
    (void)pthread_mutex_unlock(&core->lock);
}

int hvc_libvirt_open_connection(struct hvc_libvirt_core *core, virConnectPtr *ret_conn, struct hvc_error *error)
{
    int result = hvc_libvirt_loop_start();
    virConnectPtr conn;

    if (result < 0)
        return hvc_error_set(error, result, "no connection to libvirt at %s: no event loop: %s", core->uri,
                             strerror(-result));
    conn = virConnectOpen(core->uri);
    if (conn == NULL)
        return hvc_libvirt_connect_error(error, core->uri);
    /* The close callback's reference to the core is given back when the connection is closed: libvirt calls no free
     * function where a driver has no close callbacks. Such a driver (test:///) works without them and keepalive. */
    (void)pthread_mutex_lock(&core->lock);
    core->refs++;
    (void)pthread_mutex_unlock(&core->lock);
    (void)virConnectSetKeepAlive(conn, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
    (void)virConnectRegisterCloseCallback(conn, on_close, core, NULL);
    *ret_conn = conn;
    return 0;
}

void hvc_libvirt_close_connection(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    (void)virConnectUnregisterCloseCallback(conn, on_close);
    (void)virConnectClose(conn);
    hvc_libvirt_core_unref(core); /* on_close runs no more */
}

/* A connection on its way to be closed. */
struct closing {
    struct hvc_libvirt_core *core;
    virConnectPtr conn;
};

static void *close_thread(void *argument)
{
    struct closing *closing = argument;

    hvc_libvirt_close_connection(closing->core, closing->conn);
    free(closing);
    return NULL;
}

/* Without memory or threads the connection stays open until the process ends: nothing waits for it. */
void hvc_libvirt_close_later(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    struct closing *closing = calloc(1, sizeof(*closing));

    if (closing == NULL)
        return;
    *closing = (struct closing){.core = core, .conn = conn};
    if (hvc_thread_leave(close_thread, closing) < 0)
        free(closing);
}

void hvc_libvirt_give_connection(struct hvc_libvirt_core *core, virConnectPtr conn)
{
    if (core->closed || core->idle_count == HVC_IDLE_CONNECTIONS || virConnectIsAlive(conn) != 1) {
        hvc_libvirt_close_later(core, conn);
        return;
    }
    core->idle[core->idle_count++] = conn;
    (void)pthread_cond_broadcast(&core->changed);
}

void hvc_libvirt_drop_idle(struct hvc_libvirt_core *core)
{
    while (core->idle_count > 0)
        hvc_libvirt_close_later(core, core->idle[--core->idle_count]);
}

static void *open_thread(void *argument)
{
    struct hvc_libvirt_core *core = argument;
    struct hvc_error error = {.code = 0};
    virConnectPtr conn = NULL;
    int result = hvc_libvirt_open_connection(core, &conn, &error);

    (void)pthread_mutex_lock(&core->lock);
    core->opening--;
    core->opens_ended++;
    core->open_error = error;
    if (result == 0) {
        hvc_libvirt_give_connection(core, conn);
        if (core->stuck == 0)
            hvc_libvirt_health(core, HVC_HYPERVISOR_ANSWERS, NULL);
    } else {
        hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &error);
    }
    (void)pthread_cond_broadcast(&core->changed);
    (void)pthread_mutex_unlock(&core->lock);
    hvc_libvirt_core_unref(core);
    return NULL;
}

static bool one_more_attempt(const struct hvc_libvirt_core *core)
{
    if (core->opening >= OPENS_MAX)
        return false;
    /* Several that are quick, one after the other when they hang. */
    return hvc_now_ms() - core->open_started_ms >= OPEN_PATIENCE_MS || core->opening == 0 ||
           (core->health != HVC_HYPERVISOR_HANGS && core->opening < core->waiting);
}

static int start_opening(struct hvc_libvirt_core *core)
{
    int result;

    if (!one_more_attempt(core))
        return 0;
    core->opening++;
    core->refs++;
    core->open_started_ms = hvc_now_ms();
    result = hvc_thread_leave(open_thread, core);
    if (result < 0) {
        core->opening--;
        core->refs--;
    }
    return result;
}

/* The core's lock is held. The last used idle connection that lives, or NULL. */
static virConnectPtr take_idle(struct hvc_libvirt_core *core)
{
    while (core->idle_count > 0) {
        virConnectPtr conn = core->idle[--core->idle_count];

        if (virConnectIsAlive(conn) == 1)
            return conn;
        hvc_libvirt_close_later(core, conn);
    }
    return NULL;
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

/* The core's lock is held. The outcome of an attempt that ended meanwhile is the answer. */
static int wait_for_connection(struct hvc_libvirt_core *core, uint64_t deadline_ms, virConnectPtr *ret_conn,
                               struct hvc_error *error)
{
    uint64_t begin = hvc_now_ms();
    uint64_t ended = core->opens_ended;

    for (;;) {
        int result;

        *ret_conn = take_idle(core);
        if (*ret_conn != NULL)
            return 0;
        if (core->opens_ended != ended && core->open_error.code != 0) {
            if (error != NULL)
                *error = core->open_error;
            return core->open_error.code;
        }
        if (hvc_deadline_left(deadline_ms) == 0)
            return say_hang(core, begin, error);
        ended = core->opens_ended;
        result = start_opening(core);
        if (result < 0)
            return hvc_error_set(error, result, "no connection to libvirt at %s: no thread: %s", core->uri,
                                 strerror(-result));
        (void)hvc_libvirt_wait(core, next_look(core, deadline_ms));
    }
}

int hvc_libvirt_take_connection(struct hvc_libvirt_core *core, uint64_t deadline_ms, virConnectPtr *ret_conn,
                                struct hvc_error *error)
{
    virConnectPtr conn = NULL;
    int result;

    (void)pthread_mutex_lock(&core->lock);
    core->waiting++;
    result = wait_for_connection(core, deadline_ms, &conn, error);
    core->waiting--;
    (void)pthread_mutex_unlock(&core->lock);
    if (result == 0)
        *ret_conn = conn;
    return result;
}
