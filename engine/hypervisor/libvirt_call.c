/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdalign.h>

#include "hvc/clock.h"
#include "hvc/thread.h"
#include "libvirt_call.h"
#include "libvirt_connect.h"

enum call_state { CALL_WAITED_FOR, CALL_RETURNED, CALL_LEFT_BEHIND };

struct hvc_libvirt_call {
    struct hvc_libvirt_core *core;
    const char *what;
    hvc_libvirt_call_fn run;
    void (*destroy)(void *argument);
    unsigned flags;

    pthread_mutex_t lock; /* hvc_libvirt_call_lock */
    /* the rest is guarded by the core's lock */
    unsigned refs;
    enum call_state state;
    virConnectPtr conn;
    int result;
    struct hvc_error error;
    alignas(max_align_t) unsigned char argument[];
};

struct hvc_libvirt_call *hvc_libvirt_call_new(struct hvc_libvirt_core *core, const char *what, hvc_libvirt_call_fn run,
                                              unsigned flags, size_t argument_size, void (*destroy)(void *argument))
{
    struct hvc_libvirt_call *call = calloc(1, sizeof(*call) + argument_size);

    if (call == NULL)
        return NULL;
    (void)pthread_mutex_init(&call->lock, NULL);
    call->core = core;
    call->what = what;
    call->run = run;
    call->flags = flags;
    call->destroy = destroy;
    call->refs = 1;
    (void)pthread_mutex_lock(&core->lock);
    core->refs++;
    (void)pthread_mutex_unlock(&core->lock);
    return call;
}

void *hvc_libvirt_call_argument(struct hvc_libvirt_call *call)
{
    return call == NULL ? NULL : call->argument;
}

static struct hvc_libvirt_call *call_of(void *argument)
{
    return (void *)((unsigned char *)argument - offsetof(struct hvc_libvirt_call, argument));
}

void hvc_libvirt_call_lock(void *argument)
{
    (void)pthread_mutex_lock(&call_of(argument)->lock);
}

void hvc_libvirt_call_unlock(void *argument)
{
    (void)pthread_mutex_unlock(&call_of(argument)->lock);
}

void hvc_libvirt_call_unref(struct hvc_libvirt_call *call)
{
    struct hvc_libvirt_core *core = call->core;
    bool last;

    (void)pthread_mutex_lock(&core->lock);
    last = --call->refs == 0;
    (void)pthread_mutex_unlock(&core->lock);
    if (!last)
        return;
    if (call->destroy != NULL)
        call->destroy(call->argument);
    (void)pthread_mutex_destroy(&call->lock);
    free(call);
    hvc_libvirt_core_unref(core);
}

/* The core's lock is held. */
static unsigned *counter_of(const struct hvc_libvirt_call *call)
{
    return (call->flags & HVC_CALL_MOVE) != 0 ? &call->core->moves : &call->core->running;
}

/* An answer, of whatever content, means that libvirtd lives; while other calls are stuck it still hangs. */
static void note_answer(struct hvc_libvirt_core *core)
{
    if (core->health != HVC_HYPERVISOR_HANGS || core->stuck == 0)
        hvc_libvirt_health(core, HVC_HYPERVISOR_ANSWERS, NULL);
}

static void *call_thread(void *argument)
{
    struct hvc_libvirt_call *call = argument;
    struct hvc_libvirt_core *core = call->core;
    virConnectPtr conn = call->conn;
    struct hvc_error error = {.code = 0};
    int result = call->run(conn, call->argument, &error);
    bool lost = result < 0 && virConnectIsAlive(conn) != 1;

    if (lost) {
        (void)hvc_error_prefix(&error, "the connection to libvirt at %s broke while it was asked to %s", core->uri,
                               call->what);
        error.code = result = -ENOTCONN;
    }
    (void)pthread_mutex_lock(&core->lock);
    (*counter_of(call))--;
    if (call->state == CALL_LEFT_BEHIND && (call->flags & HVC_CALL_MOVE) == 0)
        core->stuck--;
    if (call->state == CALL_WAITED_FOR)
        call->state = CALL_RETURNED;
    call->result = result;
    call->error = error;
    if (lost)
        hvc_libvirt_health(core, HVC_HYPERVISOR_DOWN, &error);
    else
        note_answer(core);
    hvc_libvirt_give_connection(core, conn);
    (void)pthread_cond_broadcast(&core->changed);
    (void)pthread_mutex_unlock(&core->lock);
    hvc_libvirt_call_unref(call);
    return NULL;
}

/* The core's lock is held. Waits until a thread may be started for the call. */
static int take_slot(struct hvc_libvirt_call *call, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = call->core;

    if ((call->flags & HVC_CALL_MOVE) != 0) {
        if (core->moves >= HVC_MOVES_MAX)
            return hvc_error_set(error, -EBUSY, "%u migrations are under way at %s; no further one is started",
                                 core->moves, core->uri);
        core->moves++;
        return 0;
    }
    while (core->running >= HVC_STUCK_CALLS_MAX)
        if (core->stuck >= HVC_STUCK_CALLS_MAX || !hvc_libvirt_wait(core, deadline_ms))
            return hvc_error_set(error, -ETIMEDOUT,
                                 "libvirt at %s was not asked to %s: %u calls have not returned (libvirtd hangs)",
                                 core->uri, call->what, core->stuck);
    core->running++;
    return 0;
}

/* The core's lock is held. */
static int leave_behind(struct hvc_libvirt_call *call, uint64_t waited_ms, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = call->core;
    int result = hvc_error_set(error, -ETIMEDOUT, "libvirt at %s has not answered for %llu ms when asked to %s",
                               core->uri, (unsigned long long)waited_ms, call->what);

    call->state = CALL_LEFT_BEHIND;
    if ((call->flags & HVC_CALL_MOVE) != 0)
        return result;
    core->stuck++;
    if ((call->flags & HVC_CALL_SOFT) == 0)
        hvc_libvirt_health(core, HVC_HYPERVISOR_HANGS, error);
    return result;
}

/* Takes over the connection. */
static int run_once(struct hvc_libvirt_call *call, virConnectPtr conn, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = call->core;
    uint64_t begin = hvc_now_ms();
    int result;

    (void)pthread_mutex_lock(&core->lock);
    result = take_slot(call, deadline_ms, error);
    if (result == 0) {
        call->state = CALL_WAITED_FOR;
        call->conn = conn;
        call->refs++;
        result = hvc_thread_leave(call_thread, call);
        if (result < 0) {
            call->refs--;
            (*counter_of(call))--;
            (void)hvc_error_set(error, result, "no thread for a call of libvirt: %s", strerror(-result));
        }
    }
    if (result < 0) {
        hvc_libvirt_give_connection(core, conn);
        (void)pthread_mutex_unlock(&core->lock);
        return result;
    }
    while (call->state == CALL_WAITED_FOR && hvc_libvirt_wait(core, deadline_ms))
        ;
    if (call->state == CALL_WAITED_FOR) {
        struct hvc_error words;

        result = leave_behind(call, hvc_now_ms() - begin, &words);
        if (error != NULL)
            *error = words;
    } else {
        result = call->result;
        if (result < 0 && error != NULL)
            *error = call->error;
    }
    (void)pthread_mutex_unlock(&core->lock);
    return result;
}

int hvc_libvirt_call_run(struct hvc_libvirt_call *call, uint64_t deadline_ms, struct hvc_error *error)
{
    bool again = call != NULL && (call->flags & HVC_CALL_READ) != 0;

    if (call == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a call of libvirt");
    for (;;) {
        virConnectPtr conn = NULL;
        int result = hvc_libvirt_take_connection(call->core, deadline_ms, &conn, error);

        if (result < 0) {
            (void)hvc_error_prefix(error, "not asked to %s", call->what);
            return result;
        }
        result = run_once(call, conn, deadline_ms, error);
        if (result != -ENOTCONN || !again)
            return result;
        again = false;
    }
}
