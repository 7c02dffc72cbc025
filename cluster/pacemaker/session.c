/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to the local CIB manager. They are opened without a main loop source (signon_raw with a descriptor):
 * nothing of Pacemaker's ever runs in the daemon's GLib loop.
 */
#include "session.h"

#include <crm/common/logging.h>
#include <crm/common/results.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <qb/qbipcc.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "hvc/bounded_call.h"
#include "hvc/clock.h"

/* A stopped daemon of Pacemaker keeps its clients in libqb for ever. */
static struct hvc_bounded_limit pacemaker_calls = {.max_stuck = 4};

/* The libraries keep tables of their own in static variables: one caller at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * crm_perror writes to stderr up to this level. Only the variable is set: crm_log_init would take over the process's
 * libqb log and its umask, and set_crm_log_level() puts a filter of Pacemaker's before every message of the process,
 * which then lets nothing through.
 */
static void quiet(void)
{
    crm_log_level = LOG_EMERG;
}

/* The libraries turn every failed connection into ENOTCONN; libqb knows whether it was a matter of rights. */
static int reason(const char *service)
{
    struct qb_ipcc_connection *connection = qb_ipcc_connect(service, 1024);
    int r = connection == NULL ? -errno : -ENOTCONN;

    if (connection != NULL)
        qb_ipcc_disconnect(connection);
    return r;
}

int session_connect_failed(struct hvc_error *error, const char *whom, const char *service)
{
    int r = reason(service);

    switch (r) {
    case -EACCES:
    case -EPERM:
        return hvc_error_set(error, -EACCES,
                             "pacemaker's %s refuses this user (uid %u): it has to be root or in group haclient: %s",
                             whom, (unsigned)geteuid(), pcmk_strerror(r));
    case -ENOMEM:
        return hvc_error_set(error, r, "no memory to connect to pacemaker's %s", whom);
    default:
        return hvc_error_set(error, -ENOTCONN,
                             "pacemaker's %s does not run on this node (%s): start it with 'pcs cluster start'", whom,
                             pcmk_strerror(r));
    }
}

int session_seconds_left(const struct session_task *task)
{
    uint64_t left = hvc_deadline_left(task->deadline_ms) / 1000;

    return left < 1 ? 1 : left > 600 ? 600 : (int)left;
}

int session_code(int code)
{
    return code == -ETIMEDOUT || code == -ETIME ? -ETIMEDOUT : code == -EACCES ? -EACCES : -EIO;
}

static int use_cib(struct session_task *task)
{
    cib_t *cib = cib_native_new();
    int r;

    if (cib == NULL)
        return hvc_error_set(&task->error, -ENOMEM, "no memory to connect to pacemaker");
    r = cib->cmds->signon_raw(cib, SESSION_CLIENT, task->write ? cib_command : cib_query, &task->fd);
    if (r < 0) {
        r = session_connect_failed(&task->error, "CIB manager", task->write ? "cib_rw" : "cib_ro");
        cib_delete(cib);
        return r;
    }
    cib->call_timeout = session_seconds_left(task);
    r = task->run(task, cib);
    (void)cib->cmds->signoff(cib);
    cib_delete(cib);
    return r;
}

int session_listen(struct session_task *task, cib_t *cib)
{
    int r = cib->cmds->register_notification(cib, T_CIB_DIFF_NOTIFY, 1);

    return r > 0 ? 0
                 : hvc_error_set(&task->error, session_code(r), "pacemaker does not tell of changes of its CIB: %s",
                                 pcmk_strerror(r));
}

void session_await_change(const struct session_task *task, uint64_t until_ms)
{
    struct pollfd told = {.fd = task->fd, .events = POLLIN};
    uint64_t left = hvc_deadline_left(until_ms);

    (void)pthread_mutex_unlock(&one_at_a_time);
    (void)poll(&told, 1, left > 60000 ? 60000 : (int)left); /* whatever it says: who waits looks again */
    (void)pthread_mutex_lock(&one_at_a_time);
}

static void run_in_thread(void *context)
{
    struct session_task *task = context;
    struct timespec until = {.tv_sec = (time_t)(task->deadline_ms / 1000),
                             .tv_nsec = (long)(task->deadline_ms % 1000) * 1000000L};

    if (pthread_mutex_clocklock(&one_at_a_time, CLOCK_MONOTONIC, &until) != 0) {
        task->status = hvc_error_set(&task->error, -ETIMEDOUT, "an earlier question to pacemaker still hangs");
        return;
    }
    (void)pthread_once(&once, quiet);
    task->status = use_cib(task);
    if (task->status == 0 && task->after != NULL)
        task->after(task);
    (void)pthread_mutex_unlock(&one_at_a_time);
}

static void release(void *context)
{
    struct session_task *task = context;

    task->release(task);
}

int session_run(struct session_task *task, struct hvc_error *error)
{
    uint64_t most = hvc_deadline_in(3600000); /* HVC_NO_DEADLINE is beyond what a timespec holds */
    int r;

    if (task == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to ask pacemaker, or the resource name is too long");
    task->deadline_ms = task->deadline_ms > most ? most : task->deadline_ms;
    r = hvc_bounded_call(&pacemaker_calls, run_in_thread, release, task, task->deadline_ms);
    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, "pacemaker runs but does not answer on this node: it is stopped or overloaded");
    if (r < 0)
        return hvc_error_set(error, r, "cannot ask pacemaker: %s", strerror(-r));
    r = task->status;
    if (r < 0) {
        if (error != NULL)
            *error = task->error;
        task->release(task);
    }
    return r;
}
