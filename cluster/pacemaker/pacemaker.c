/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Pacemaker knows, read: nodes from the CIB and the fencer's history, resources that run guests. */
#include "hvc/pacemaker.h"

#include <crm/common/results.h>
#include <crm/stonith-ng.h>
#include <errno.h>
#include <stdlib.h>

#include "cib_view.h"
#include "hvc/text.h"
#include "session.h"

struct request {
    struct session_task task; /* first */
    char resource[HVC_RESOURCE_NAME_MAX];
    struct hvc_pacemaker_view view;
    struct hvc_pacemaker_guest *guests;
    size_t guest_count;
};

static struct request *request_of(struct session_task *task)
{
    return (struct request *)(void *)task;
}

static void free_request(struct session_task *task)
{
    free(request_of(task)->guests);
    free(task);
}

static int read_view(struct session_task *task, cib_t *cib)
{
    struct request *request = request_of(task);

    return cib_view_read(cib, request->resource, &request->view, &task->error);
}

static int read_guests(struct session_task *task, cib_t *cib)
{
    struct request *request = request_of(task);

    return cib_view_guests(cib, &request->guests, &request->guest_count, &task->error);
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
    r = fencer->cmds->connect(fencer, SESSION_CLIENT, &fd);
    if (r < 0) {
        r = session_connect_failed(error, "fencer", "stonith-ng");
        stonith_api_delete(fencer);
        return r;
    }
    r = fencer->cmds->history(fencer, st_opt_sync_call, NULL, &history, session_seconds_left(&request->task));
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
static void add_fencing(struct session_task *task)
{
    struct request *request = request_of(task);
    struct hvc_error error = {0};
    size_t used = 0;

    request->view.fencer_answered = ask_fencer(request, &error) == 0;
    if (request->view.fencer_answered)
        return;
    cib_view_apply_fencing(&request->view, NULL, 0);
    (void)hvc_text_append(request->view.fencer_words, sizeof(request->view.fencer_words), &used, "%s", error.text);
}

static struct request *new_request(const char *resource, uint64_t deadline_ms)
{
    struct request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    request->task = (struct session_task){.run = read_guests, .release = free_request, .deadline_ms = deadline_ms};
    if (resource != NULL && hvc_text_copy(request->resource, sizeof(request->resource), resource) < 0) {
        free(request);
        return NULL;
    }
    return request;
}

/* fencer: may have confirmed what the CIB leaves open, or NULL. */
static int read_nodes(const char *resource, uint64_t deadline_ms, void (*fencer)(struct session_task *task),
                      struct hvc_pacemaker_view *ret_view, struct hvc_error *error)
{
    struct request *request = new_request(resource, deadline_ms);
    int r;

    if (request != NULL) {
        request->task.run = read_view;
        request->task.after = fencer;
    }
    r = session_run(request == NULL ? NULL : &request->task, error);
    if (r < 0)
        return r;
    *ret_view = request->view;
    free_request(&request->task);
    return 0;
}

int hvc_pacemaker_read(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                       struct hvc_error *error)
{
    return read_nodes(resource, deadline_ms, add_fencing, ret_view, error);
}

int hvc_pacemaker_read_modes(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                             struct hvc_error *error)
{
    int r = read_nodes(resource, deadline_ms, NULL, ret_view, error);

    if (r == 0)
        cib_view_apply_fencing(ret_view, NULL, 0);
    return r;
}

int hvc_pacemaker_guests(uint64_t deadline_ms, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count,
                         struct hvc_error *error)
{
    struct request *request = new_request(NULL, deadline_ms);
    int r = session_run(request == NULL ? NULL : &request->task, error);

    if (r < 0)
        return r;
    *ret_guests = request->guests;
    *ret_count = request->guest_count;
    request->guests = NULL;
    free_request(&request->task);
    return 0;
}
