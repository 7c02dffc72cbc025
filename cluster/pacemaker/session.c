/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to the local CIB manager. They are opened without a main loop source (signon_raw with a descriptor):
 * nothing of Pacemaker's ever runs in the daemon's GLib loop. Two are kept between questions, one that may read and one
 * that may write: to open one costs more than most questions.
 */
#include "session.h"

#include <assert.h>
#include <crm/common/logging.h>
#include <crm/common/results.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <qb/qbipcc.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#include "cib_kept.h"
#include "hvc/bounded_call.h"
#include "hvc/clock.h"

enum { LONGEST_MS = 3600000 }; /* of a question; HVC_NO_DEADLINE is beyond what a timespec holds */

#define HUNG "pacemaker runs but does not answer on this node: it is stopped or overloaded"

/* A stopped daemon of Pacemaker keeps its clients in libqb for ever. */
static struct hvc_bounded_limit pacemaker_calls = {.max_stuck = 4};

/* The libraries keep tables of their own in static variables: one caller at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct connection {
    cib_t *cib; /* NULL: none */
    int fd;
    pid_t owner; /* a child of its owner shares the socket, and must neither use nor close it */
};

static struct connection kept[2]; /* by whether it may write; one_at_a_time's */

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
    switch (code) {
    case -ETIMEDOUT:
    case -ETIME:
        return -ETIMEDOUT;
    case -EACCES:
    case -ECOMM:
        return code;
    case -ENOTCONN:
        return -ECOMM;
    default:
        return -EIO;
    }
}

/* ---- connections ---- */

bool session_keeps(const cib_t *cib)
{
    return cib == kept[false].cib || cib == kept[true].cib;
}

static int open_connection(struct session_task *task, struct connection *connection)
{
    cib_t *cib = cib_native_new();
    int r;

    *connection = (struct connection){.fd = -1, .owner = getpid()};
    if (cib == NULL)
        return hvc_error_set(&task->error, -ENOMEM, "no memory to connect to pacemaker");
    r = cib->cmds->signon_raw(cib, SESSION_CLIENT, task->write ? cib_command : cib_query, &connection->fd);
    if (r < 0) {
        r = session_connect_failed(&task->error, "CIB manager", task->write ? "cib_rw" : "cib_ro");
        cib_delete(cib);
        return r;
    }
    connection->cib = cib;
    return 0;
}

static void close_connection(struct connection *connection)
{
    if (connection->cib != NULL && connection->owner == getpid()) {
        (void)connection->cib->cmds->signoff(connection->cib);
        cib_delete(connection->cib);
    }
    connection->cib = NULL;
}

static bool has_ended(const struct connection *connection)
{
    struct pollfd end = {.fd = connection->fd, .events = POLLRDHUP};

    return poll(&end, 1, 0) != 0;
}

/* The edge of each thing that is told: what was told is never taken from the connection. */
static int watch(struct session_task *task, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    task->told = epoll_create1(EPOLL_CLOEXEC);
    if (task->told >= 0 && epoll_ctl(task->told, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    return hvc_error_set(&task->error, -errno, "cannot wait for pacemaker: %s", strerror(errno));
}

static int listen_first(struct session_task *task, const struct connection *connection)
{
    cib_t *cib = connection->cib;
    int r = watch(task, connection->fd);

    if (r < 0)
        return r;
    r = cib->cmds->register_notification(cib, T_CIB_DIFF_NOTIFY, 1);
    return r > 0 ? 0
                 : hvc_error_set(&task->error, session_code(r), "pacemaker does not tell of changes of its CIB: %s",
                                 pcmk_strerror(r));
}

/* libcib has one code for a CIB manager that ended and for one that was silent for the time it was given. */
static int run_on(struct session_task *task, const struct connection *connection)
{
    int r;

    connection->cib->call_timeout = session_seconds_left(task);
    r = task->listens ? listen_first(task, connection) : 0;
    if (r == 0)
        r = task->run(task, connection->cib);
    if (r != -ECOMM)
        return r;
    if (!has_ended(connection))
        return hvc_error_set(&task->error, -ETIMEDOUT, HUNG);
    return hvc_error_set(&task->error, -ENOTCONN, "pacemaker's CIB manager on this node ended meanwhile");
}

static bool is_usable(const struct connection *connection)
{
    return connection->cib != NULL && connection->owner == getpid() && !has_ended(connection);
}

/* One that failed is not kept: an answer that came too late would be the next question's. */
static int use_kept(struct session_task *task)
{
    struct connection *connection = &kept[task->write];
    int r = 0;

    if (!is_usable(connection)) {
        cib_kept_forget(); /* the CIB manager may be another one */
        close_connection(connection);
        r = open_connection(task, connection);
    }
    if (r < 0)
        return r;
    r = run_on(task, connection);
    if (r < 0)
        close_connection(connection);
    return r;
}

/* Others have their turn while it waits: it has a connection of its own. */
static int use_own(struct session_task *task)
{
    struct connection own;
    int r = open_connection(task, &own);

    if (r < 0)
        return r;
    task->told = -1;
    r = run_on(task, &own);
    if (task->told >= 0)
        (void)close(task->told);
    close_connection(&own);
    return r;
}

void session_await_change(const struct session_task *task, uint64_t until_ms)
{
    struct epoll_event event;
    uint64_t left = hvc_deadline_left(until_ms);

    assert(task->listens); /* or others use the connection meanwhile, and may close it */
    (void)pthread_mutex_unlock(&one_at_a_time);
    (void)epoll_wait(task->told, &event, 1, left > 60000 ? 60000 : (int)left); /* whatever it says: one looks again */
    (void)pthread_mutex_lock(&one_at_a_time);
}

/* ---- a task ---- */

static void run_in_thread(void *context)
{
    struct session_task *task = context;
    struct timespec until = hvc_timespec_of(task->deadline_ms);

    if (pthread_mutex_clocklock(&one_at_a_time, CLOCK_MONOTONIC, &until) != 0) {
        task->status = hvc_error_set(&task->error, -ETIMEDOUT, "an earlier question to pacemaker still hangs");
        return;
    }
    (void)pthread_once(&once, quiet);
    task->status = task->listens ? use_own(task) : use_kept(task);
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
    int r;

    if (task == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to ask pacemaker, or the resource name is too long");
    task->deadline_ms = hvc_deadline_within(task->deadline_ms, LONGEST_MS);
    r = hvc_bounded_call(&pacemaker_calls, run_in_thread, release, task, task->deadline_ms);
    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, HUNG);
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
