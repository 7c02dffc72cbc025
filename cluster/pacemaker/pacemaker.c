/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to the local CIB manager and fencer. Both are opened without a main loop source (signon_raw and connect
 * with a descriptor): nothing of Pacemaker's ever runs in the daemon's GLib loop.
 */
#include "hvc/pacemaker.h"

#include <crm/cib.h>
#include <crm/common/logging.h>
#include <crm/common/results.h>
#include <crm/stonith-ng.h>
#include <errno.h>
#include <pthread.h>
#include <qb/qbipcc.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cib_view.h"
#include "hvc/bounded_call.h"
#include "hvc/clock.h"
#include "hvc/text.h"

#define CLIENT_NAME "hvcluster"

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

struct request {
    bool guests_wanted;
    char resource[HVC_RESOURCE_NAME_MAX];
    uint64_t deadline_ms;
    int status;
    struct hvc_error error;
    struct hvc_pacemaker_view view;
    struct hvc_pacemaker_guest *guests;
    size_t guest_count;
};

static void free_request(void *context)
{
    struct request *request = context;

    free(request->guests);
    free(request);
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

static int connect_failed(struct hvc_error *error, const char *whom, const char *service)
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

/* Seconds for a library's own timeout, at least one. */
static int seconds_left(const struct request *request)
{
    uint64_t left = hvc_deadline_left(request->deadline_ms) / 1000;

    return left < 1 ? 1 : left > 600 ? 600 : (int)left;
}

static int ask_cib(struct request *request)
{
    cib_t *cib = cib_native_new();
    int fd = -1, r;

    if (cib == NULL)
        return hvc_error_set(&request->error, -ENOMEM, "no memory to connect to pacemaker");
    r = cib->cmds->signon_raw(cib, CLIENT_NAME, cib_query, &fd);
    if (r < 0) {
        r = connect_failed(&request->error, "CIB manager", "cib_ro");
        cib_delete(cib);
        return r;
    }
    cib->call_timeout = seconds_left(request);
    r = request->guests_wanted ? cib_view_guests(cib, &request->guests, &request->guest_count, &request->error)
                               : cib_view_read(cib, request->resource, &request->view, &request->error);
    (void)cib->cmds->signoff(cib);
    cib_delete(cib);
    return r;
}

static int apply_history(struct hvc_pacemaker_view *view, const stonith_history_t *history)
{
    struct fencing_record *records;
    size_t count = 0;

    for (const stonith_history_t *h = history; h != NULL; h = h->next)
        count++;
    records = calloc(count + 1, sizeof(*records));
    if (records == NULL)
        return -ENOMEM;
    count = 0;
    for (const stonith_history_t *h = history; h != NULL; h = h->next)
        records[count++] = (struct fencing_record){
            .target = h->target, .action = h->action, .done = h->state == st_done, .completed = (int64_t)h->completed};
    cib_view_apply_fencing(view, records, count);
    free(records);
    return 0;
}

static int ask_fencer(struct request *request, struct hvc_error *error)
{
    stonith_t *fencer = stonith_api_new();
    stonith_history_t *history = NULL;
    int fd = -1, r;

    if (fencer == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to connect to pacemaker's fencer");
    r = fencer->cmds->connect(fencer, CLIENT_NAME, &fd);
    if (r < 0) {
        r = connect_failed(error, "fencer", "stonith-ng");
        stonith_api_delete(fencer);
        return r;
    }
    r = fencer->cmds->history(fencer, st_opt_sync_call, NULL, &history, seconds_left(request));
    if (r < 0)
        r = hvc_error_set(error, -EIO, "pacemaker's fencer did not give its history: %s", pcmk_strerror(r));
    else
        r = apply_history(&request->view, history);
    stonith_history_free(history);
    (void)fencer->cmds->disconnect(fencer);
    stonith_api_delete(fencer);
    return r < 0 ? r : 0;
}

/* A silent fencer costs the word "fenced", not the answer. */
static void add_fencing(struct request *request)
{
    struct hvc_error error = {0};
    size_t used = 0;

    request->view.fencer_answered = ask_fencer(request, &error) == 0;
    if (request->view.fencer_answered)
        return;
    for (size_t i = 0; i < request->view.count; i++)
        request->view.nodes[i].fenced = false;
    (void)hvc_text_append(request->view.fencer_words, sizeof(request->view.fencer_words), &used, "%s", error.text);
}

static void ask_in_thread(void *context)
{
    struct request *request = context;
    struct timespec until = {.tv_sec = (time_t)(request->deadline_ms / 1000),
                             .tv_nsec = (long)(request->deadline_ms % 1000) * 1000000L};

    if (pthread_mutex_clocklock(&one_at_a_time, CLOCK_MONOTONIC, &until) != 0) {
        request->status = hvc_error_set(&request->error, -ETIMEDOUT, "an earlier question to pacemaker still hangs");
        return;
    }
    (void)pthread_once(&once, quiet);
    request->status = ask_cib(request);
    if (request->status == 0 && !request->guests_wanted)
        add_fencing(request);
    (void)pthread_mutex_unlock(&one_at_a_time);
}

static struct request *new_request(const char *resource, uint64_t deadline_ms)
{
    struct request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    /* HVC_NO_DEADLINE is beyond what a timespec holds */
    request->deadline_ms = deadline_ms > hvc_deadline_in(3600000) ? hvc_deadline_in(3600000) : deadline_ms;
    if (resource != NULL && hvc_text_copy(request->resource, sizeof(request->resource), resource) < 0) {
        free(request);
        return NULL;
    }
    return request;
}

/* Takes the request; on success it stays the caller's. */
static int ask(struct request *request, struct hvc_error *error)
{
    int r;

    if (request == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to ask pacemaker, or the resource name is too long");
    r = hvc_bounded_call(&pacemaker_calls, ask_in_thread, free_request, request, request->deadline_ms);
    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, "pacemaker runs but does not answer on this node: it is stopped or overloaded");
    if (r < 0)
        return hvc_error_set(error, r, "cannot ask pacemaker: %s", strerror(-r));
    r = request->status;
    if (r < 0) {
        if (error != NULL)
            *error = request->error;
        free_request(request);
    }
    return r;
}

int hvc_pacemaker_read(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                       struct hvc_error *error)
{
    struct request *request = new_request(resource, deadline_ms);
    int r = ask(request, error);

    if (r < 0)
        return r;
    *ret_view = request->view;
    free_request(request);
    return 0;
}

int hvc_pacemaker_guests(uint64_t deadline_ms, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count,
                         struct hvc_error *error)
{
    struct request *request = new_request(NULL, deadline_ms);
    int r;

    if (request != NULL)
        request->guests_wanted = true;
    r = ask(request, error);
    if (r < 0)
        return r;
    *ret_guests = request->guests;
    *ret_count = request->guest_count;
    request->guests = NULL;
    free_request(request);
    return 0;
}
