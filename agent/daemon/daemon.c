/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "allot.h"
#include "archivist.h"
#include "desk.h"
#include "fence_watch.h"
#include "hvc/checks.h"
#include "hvc/cleanup.h"
#include "hvc/events.h"
#include "hvc/job_runner.h"
#include "hvc/setup.h"
#include "hvc/thread.h"
#include "instance.h"
#include "log.h"
#include "notify.h"
#include "replica_keeper.h"
#include "sampler.h"
#include "server.h"
#include "workers.h"

enum {
    NAME_MS = 2000,     /* for Corosync to tell our name at the start */
    ADOPT_MS = 30000,   /* for libvirt to tell its guests */
    FAREWELL_MS = 1000, /* for clients to take the answer that we are stopping */
    LEAVE_MS = 2000,    /* for work that is nearly done */
    STATE_MS = 3000     /* for the replica to leave the group and close its store in order */
};

struct daemon {
    const struct hvc_config *config;
    struct hvc_operations operations;
    struct hvc_workers *workers;
    struct hvc_desk *desk;
    struct hvc_server *server;
    struct hvc_fence_watch *watch;
    struct hvc_job_runner *jobs;
    struct hvc_sampler *sampler;
    struct hvc_allotter *allotter;
    struct hvc_archivist *archivist;
    bool init, force; /* the operator's word for the first start of the replica */
    atomic_uint clients;
    GMainLoop *loop;
    bool stopping;
    uint64_t farewell_ms;
    pthread_mutex_t events; /* of ended: no event of the driver reaches workers that are no more */
    bool ended;
};

/* ---- the hypervisor: heard of from a thread of its driver ---- */

static void adopt(void *context)
{
    struct daemon *daemon = context;
    struct hvc_error error = {0};
    char words[512];

    if (hvc_moves_adopt(&daemon->operations, hvc_deadline_in(ADOPT_MS), &error) < 0)
        hvc_log(HVC_MESSAGE_MOVE_ADOPT_FAILED, "words=%s", hvc_message_quote(error.text, words, sizeof(words)));
    hvc_job_runner_wake(daemon->jobs);
}

static void nothing_more(void *context)
{
    (void)context;
}

static void look_for_moves(struct daemon *daemon, void (*run)(void *))
{
    if (hvc_workers_submit(daemon->workers, HVC_LANE_WORK, hvc_deadline_in(ADOPT_MS), run, nothing_more, daemon) < 0)
        hvc_log(HVC_MESSAGE_MOVE_ADOPT_FAILED, "words=\"no worker is free\"");
}

static void on_guest_event(void *context, enum hvc_guest_event event, const struct hvc_guest_id *id)
{
    struct daemon *daemon = context;
    struct hvc_hypervisor_status status = {0};
    char words[512];

    (void)id;
    if (event == HVC_EVENT_HYPERVISOR_BACK) {
        hvc_log(HVC_MESSAGE_HYPERVISOR_ANSWERS, "uri=%s", daemon->config->hypervisor_uri);
        (void)pthread_mutex_lock(&daemon->events);
        if (!daemon->ended)
            look_for_moves(daemon, adopt);
        (void)pthread_mutex_unlock(&daemon->events);
    } else if (event == HVC_EVENT_HYPERVISOR_LOST) {
        hvc_hypervisor_status(daemon->operations.hypervisor, &status);
        hvc_log(HVC_MESSAGE_HYPERVISOR_LOST, "uri=%s words=%s", daemon->config->hypervisor_uri,
                hvc_message_quote(status.last.text, words, sizeof(words)));
    }
}

static void watch_and_adopt(void *context)
{
    struct daemon *daemon = context;
    struct hvc_error error = {0};
    char words[512];

    if (hvc_hypervisor_watch(daemon->operations.hypervisor, on_guest_event, daemon, &error) < 0)
        hvc_log(HVC_MESSAGE_START_WARNING, "words=%s", hvc_message_quote(error.text, words, sizeof(words)));
    adopt(daemon);
    /* only now: a move that a former life began is known, and not begun again */
    if (hvc_job_runner_start(daemon->jobs, &error) < 0)
        hvc_log(HVC_MESSAGE_START_WARNING, "words=%s", hvc_message_quote(error.text, words, sizeof(words)));
}

/* ---- the end ---- */

static gboolean leave_when_told(gpointer context)
{
    struct daemon *daemon = context;

    if (hvc_server_unsent(daemon->server) > 0 && hvc_now_ms() < daemon->farewell_ms)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(daemon->loop);
    return G_SOURCE_REMOVE;
}

static gboolean on_stop_signal(gpointer context)
{
    struct daemon *daemon = context;
    size_t moves = hvc_moves_active(daemon->operations.moves);
    unsigned calls;

    if (daemon->stopping)
        return G_SOURCE_CONTINUE;
    daemon->stopping = true;
    (void)hvc_notify("STOPPING=1"); /* systemd may have gone: nothing depends on it */
    calls = hvc_desk_stop(daemon->desk);
    hvc_log(HVC_MESSAGE_STOPPING, "operations=%u moves=%zu clients=%u", calls, moves,
            hvc_server_clients(daemon->server));
    if (moves > 0)
        hvc_log(HVC_MESSAGE_MOVES_LEFT, "count=%zu", moves);
    daemon->farewell_ms = hvc_deadline_in(FAREWELL_MS);
    (void)g_timeout_add(20, leave_when_told, daemon);
    return G_SOURCE_CONTINUE;
}

static gboolean on_reopen_signal(gpointer context)
{
    (void)context;
    hvc_log_reopen();
    return G_SOURCE_CONTINUE;
}

static gboolean feed_watchdog(gpointer context)
{
    (void)context;
    (void)hvc_notify("WATCHDOG=1"); /* when it cannot be fed, systemd will say so */
    return G_SOURCE_CONTINUE;
}

/* ---- the beginning ---- */

static void report_workers(void *context, struct hvc_workers_state *ret_state)
{
    struct daemon *daemon = context;

    hvc_workers_state(daemon->workers, ret_state);
    ret_state->clients = atomic_load(&daemon->clients);
}

static int listen_for_clients(struct daemon *daemon, struct hvc_error *error)
{
    const struct hvc_config *config = daemon->config;
    struct hvc_server_options options = {.service = config->service,
                                         .clients_max = (unsigned)config->clients,
                                         .count = &daemon->clients,
                                         .context = daemon->desk,
                                         .on_request = hvc_desk_request,
                                         .on_gone = hvc_desk_gone};
    int rc = hvc_access_new(config->operate_group, config->read_group, &options.access, error);

    if (rc < 0)
        return hvc_error_prefix(error, "[access] of the configuration");
    hvc_access_add_front(&options.access, config->front_group);
    return hvc_server_new(&options, &daemon->server, error);
}

static int open_state(struct daemon *daemon, struct hvc_error *error)
{
    const struct hvc_config *config = daemon->config;
    const struct hvc_replica_keeper_options options = {
        .state_directory = config->state_directory,
        .boot_id_file = config->boot_id_file[0] != '\0' ? config->boot_id_file : NULL,
        .group = config->standalone ? NULL : config->group,
        .node_name = daemon->operations.node,
        .init = daemon->init,
        .force = daemon->force,
        .message = hvc_log_message,
        .changed = hvc_job_runner_wake,
        .changed_context = daemon->jobs};
    int rc = hvc_replica_keeper_open(&options, &daemon->operations.keeper, error);

    if (rc == 0)
        rc = hvc_events_open(daemon->operations.keeper, &daemon->operations.events, error);
    if (rc == 0)
        rc =
            hvc_fence_watch_new(&daemon->operations, daemon->workers, hvc_replica_keeper_fenced, &daemon->watch, error);
    return rc;
}

static int begin_telling(struct daemon *daemon, struct hvc_error *error)
{
    const struct hvc_sampler_options options = {.operations = &daemon->operations,
                                                .publish = hvc_replica_keeper_publish};
    int rc = hvc_sampler_new(&options, &daemon->sampler, error);

    if (rc == 0)
        rc = hvc_allotter_new(&daemon->operations, &daemon->allotter, error);
    return rc < 0 ? rc : hvc_archivist_new(&daemon->operations, &daemon->archivist, error);
}

/* Those whose thread libvirt, corosync or a disk still holds. */
static unsigned end_telling(struct daemon *daemon, uint64_t deadline_ms)
{
    unsigned left = 0;

    if (hvc_sampler_end(daemon->sampler, deadline_ms))
        daemon->sampler = NULL;
    if (hvc_allotter_end(daemon->allotter, deadline_ms))
        daemon->allotter = NULL;
    if (hvc_archivist_end(daemon->archivist, deadline_ms))
        daemon->archivist = NULL;
    left += daemon->sampler != NULL;
    left += daemon->allotter != NULL;
    left += daemon->archivist != NULL;
    return left;
}

static int begin(struct daemon *daemon, struct hvc_error *error)
{
    bool host_name = false;
    int rc;

    daemon->operations.message = hvc_log_message;
    daemon->operations.workers_state = report_workers;
    daemon->operations.workers_context = daemon;
    hvc_checks_ask_pacemaker(hvc_checks_simulate_pacemaker);
    rc = hvc_setup_open(daemon->config, false, hvc_deadline_in(NAME_MS), &daemon->operations, &host_name, error);
    if (rc < 0)
        return rc;
    if (host_name)
        hvc_log(HVC_MESSAGE_NODE_NAME_OF_HOST, "node=%s", daemon->operations.node);
    rc = hvc_workers_new((unsigned)daemon->config->workers, &daemon->workers, error);
    if (rc == 0)
        rc = hvc_job_runner_new(&daemon->operations, &daemon->jobs, error);
    if (rc == 0)
        rc = open_state(daemon, error);
    if (rc == 0)
        rc = hvc_desk_new(&daemon->operations, daemon->workers, &daemon->desk, error);
    if (rc == 0)
        rc = begin_telling(daemon, error);
    if (rc == 0)
        rc = listen_for_clients(daemon, error);
    return rc;
}

static void serve(struct daemon *daemon)
{
    uint64_t watchdog_ms = hvc_notify_watchdog_ms();
    guint sources[4] = {0};
    char status[HVC_NODE_NAME_MAX + 64];

    sources[0] = g_unix_signal_add(SIGTERM, on_stop_signal, daemon);
    sources[1] = g_unix_signal_add(SIGINT, on_stop_signal, daemon);
    sources[2] = g_unix_signal_add(SIGHUP, on_reopen_signal, daemon);
    if (watchdog_ms > 0)
        sources[3] = g_timeout_add((guint)(watchdog_ms < UINT32_MAX ? watchdog_ms : UINT32_MAX), feed_watchdog, daemon);
    hvc_log(HVC_MESSAGE_STARTED, "version=%s node=%s uid=%u service=%s uri=%s", HVC_VERSION, daemon->operations.node,
            (unsigned)geteuid(), daemon->config->service, daemon->config->hypervisor_uri);
    look_for_moves(daemon, watch_and_adopt);
    (void)snprintf(status, sizeof(status), "READY=1\nSTATUS=serves node %s", daemon->operations.node);
    if (hvc_notify(status) < 0)
        hvc_log(HVC_MESSAGE_START_WARNING, "words=\"cannot notify systemd\"");
    g_main_loop_run(daemon->loop);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (sources[i] != 0)
            g_source_remove(sources[i]);
    }
}

static int end_state(struct daemon *daemon)
{
    struct hvc_error error = {0};
    char words[HVC_ERROR_TEXT_MAX];
    int rc;

    hvc_fence_watch_stop(daemon->watch);
    hvc_job_runner_stop(daemon->jobs);
    rc = hvc_replica_keeper_end(daemon->operations.keeper, STATE_MS, &error);
    if (rc < 0)
        hvc_log(HVC_MESSAGE_REPLICA_LEFT_BEHIND, "words=%s", hvc_message_quote(error.text, words, sizeof(words)));
    hvc_log_flush(); /* its last words, before those of the main thread */
    return rc;
}

/* The replica first: the other nodes wait for it to leave the group, and operations wait for it. With a thread that
 * hangs in a library nothing can be freed under its feet: false, the process just ends. */
static bool end(struct daemon *daemon)
{
    uint64_t deadline;
    unsigned left;
    int rc;

    (void)pthread_mutex_lock(&daemon->events);
    daemon->ended = true;
    (void)pthread_mutex_unlock(&daemon->events);
    hvc_server_free(daemon->server);
    rc = end_state(daemon);
    deadline = hvc_deadline_in(LEAVE_MS);
    left = hvc_workers_free(daemon->workers, deadline) + end_telling(daemon, deadline);
    if (left > 0)
        hvc_log(HVC_MESSAGE_CALLS_LEFT, "count=%u", left);
    if (left > 0 || rc < 0 || (daemon->operations.moves != NULL && hvc_moves_active(daemon->operations.moves) > 0))
        return false;
    hvc_fence_watch_free(daemon->watch);
    hvc_events_close(daemon->operations.events);
    hvc_replica_keeper_free(daemon->operations.keeper);
    hvc_desk_free(daemon->desk);
    hvc_job_runner_free(daemon->jobs);
    hvc_setup_close(&daemon->operations);
    left = hvc_thread_await(deadline);
    if (left > 0)
        hvc_log(HVC_MESSAGE_CALLS_LEFT, "count=%u", left);
    return left == 0;
}

int hvc_daemon_run(const struct hvc_daemon_start *start, bool *ret_orderly, struct hvc_error *error)
{
    static struct daemon daemon; /* threads may outlive this function by an instant */
    const struct hvc_config *config = start->config;
    int lock = -1;
    int rc = hvc_instance_lock(config->runtime_directory, &lock, error);
    unsigned swept;

    *ret_orderly = true;
    if (rc < 0)
        return rc;
    swept = hvc_instance_sweep("/dev/shm", config->service);
    if (swept > 0)
        hvc_log(HVC_MESSAGE_START_WARNING, "words=\"removed what a killed daemon left in /dev/shm\" count=%u", swept);
    daemon.config = config;
    daemon.init = start->init;
    daemon.force = start->force;
    (void)pthread_mutex_init(&daemon.events, NULL);
    daemon.loop = g_main_loop_new(NULL, FALSE);
    rc = begin(&daemon, error);
    if (rc == 0)
        serve(&daemon);
    *ret_orderly = end(&daemon);
    g_main_loop_unref(daemon.loop);
    hvc_instance_unlock(config->runtime_directory, lock);
    if (rc == 0)
        hvc_log(HVC_MESSAGE_STOPPED, "node=%s", daemon.operations.node);
    return rc;
}
