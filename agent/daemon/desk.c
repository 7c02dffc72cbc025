/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desk.h"

#include <errno.h>
#include <glib.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "log.h"

#define STOPPING                                                                                                       \
    "hvclusterd is stopping; what libvirt has begun goes on without it, so the outcome of a running operation is "     \
    "not known"

struct entry {
    struct hvc_desk *desk;
    struct hvc_call *call;
    struct hvc_peer *peer; /* NULL: gone, or answered before the call came back */
    guint overdue;         /* timer */
    atomic_bool begun;
    struct entry *previous, *next;
};

struct hvc_desk {
    struct hvc_operations *operations;
    struct hvc_workers *workers;
    struct entry *entries; /* calls with the workers */
    unsigned count;
    bool stopping;
};

int hvc_desk_new(struct hvc_operations *operations, struct hvc_workers *workers, struct hvc_desk **ret_desk,
                 struct hvc_error *error)
{
    struct hvc_desk *desk = calloc(1, sizeof(*desk));

    if (desk == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    desk->operations = operations;
    desk->workers = workers;
    *ret_desk = desk;
    return 0;
}

/* ---- entries ---- */

static void answer_words(struct hvc_peer *peer, enum hvc_result result, const char *words)
{
    size_t length = 0;
    char *text = hvc_answer_words(result, words, &length);

    hvc_server_answer(peer, text, length);
}

static void answer_call(struct hvc_peer *peer, struct hvc_call *call)
{
    size_t length = 0;
    char *text = hvc_call_answer(call, &length);

    hvc_server_answer(peer, text, length);
}

static void leave_peer(struct entry *entry)
{
    if (entry->peer != NULL)
        hvc_peer_set_data(entry->peer, NULL);
    entry->peer = NULL;
    if (entry->overdue != 0)
        g_source_remove(entry->overdue);
    entry->overdue = 0;
}

static void free_entry(struct entry *entry)
{
    struct hvc_desk *desk = entry->desk;

    leave_peer(entry);
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        desk->entries = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    desk->count--;
    hvc_call_unref(entry->call);
    free(entry);
}

void hvc_desk_free(struct hvc_desk *desk)
{
    if (desk == NULL)
        return;
    while (desk->entries != NULL)
        free_entry(desk->entries);
    free(desk);
}

static struct entry *new_entry(struct hvc_desk *desk, struct hvc_peer *peer, struct hvc_call *call)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->desk = desk;
    entry->call = call;
    entry->peer = peer;
    atomic_init(&entry->begun, false);
    entry->next = desk->entries;
    if (desk->entries != NULL)
        desk->entries->previous = entry;
    desk->entries = entry;
    desk->count++;
    hvc_peer_set_data(peer, entry);
    return entry;
}

/* ---- a call with the workers ---- */

static void run_call(void *context)
{
    struct entry *entry = context;

    atomic_store(&entry->begun, true);
    hvc_call_run(entry->desk->operations, entry->call);
}

static void call_done(void *context)
{
    struct entry *entry = context;
    struct hvc_peer *peer = entry->peer;

    leave_peer(entry);
    if (peer != NULL)
        answer_call(peer, entry->call);
    free_entry(entry);
}

/* The client gets an answer although the worker hangs; the worker keeps the call. */
static gboolean call_overdue(gpointer context)
{
    struct entry *entry = context;
    const struct hvc_operation *row = entry->call->operation;
    struct hvc_peer *peer = entry->peer;
    bool begun = atomic_load(&entry->begun);
    struct hvc_error words = {0};
    enum hvc_result result = HVC_RESULT_TIMEOUT;

    entry->overdue = 0;
    leave_peer(entry);
    hvc_call_cancel(entry->call);
    if (!begun) {
        (void)hvc_error_set(&words, -ETIMEDOUT, "%s was not begun: its time passed while all workers were busy",
                            row->name);
    } else {
        result = row->right == HVC_RIGHT_READ ? HVC_RESULT_TIMEOUT : HVC_RESULT_UNKNOWN_OUTCOME;
        (void)hvc_error_set(&words, -ETIMEDOUT, "%s has not come back in time: something it asked hangs", row->name);
        hvc_log(HVC_MESSAGE_OPERATION_STUCK, "op=%s uid=%u pid=%lld", row->name, entry->call->caller.uid,
                (long long)entry->call->caller.pid);
    }
    if (peer != NULL)
        answer_words(peer, result, words.text);
    return G_SOURCE_REMOVE;
}

static void hand_to_worker(struct hvc_desk *desk, struct hvc_peer *peer, struct hvc_call *call)
{
    struct entry *entry = new_entry(desk, peer, call);
    uint64_t left = hvc_deadline_left(call->deadline_ms) + HVC_DESK_GRACE_MS;
    int rc;

    if (entry == NULL) {
        hvc_call_unref(call);
        answer_words(peer, HVC_RESULT_INTERNAL, "out of memory");
        return;
    }
    rc = hvc_workers_submit(desk->workers, call->operation->lane, call->deadline_ms, run_call, call_done, entry);
    if (rc == 0) {
        entry->overdue = g_timeout_add(left < UINT32_MAX ? (guint)left : UINT32_MAX, call_overdue, entry);
        return;
    }
    leave_peer(entry);
    if (rc == -EAGAIN)
        hvc_log(HVC_MESSAGE_QUEUE_FULL, "op=%s uid=%u pid=%lld", call->operation->name, call->caller.uid,
                (long long)call->caller.pid);
    free_entry(entry);
    answer_words(peer, rc == -EAGAIN ? HVC_RESULT_BUSY : HVC_RESULT_INTERNAL,
                 rc == -EAGAIN ? "too many operations wait for a worker: try again later" : "out of memory");
}

/* ---- the server's side ---- */

static struct hvc_call *read_call(const struct hvc_caller *caller, const char *text, size_t length)
{
    struct hvc_record *request = NULL;
    struct hvc_error error = {0};
    int rc = hvc_record_parse(text, length, &request, &error);

    if (rc == 0)
        return hvc_call_new(request, caller, hvc_now_ms());
    (void)hvc_error_prefix(&error, "the request cannot be read");
    return hvc_call_new_refused(caller, rc == -ENOMEM ? HVC_RESULT_INTERNAL : HVC_RESULT_INVALID, &error);
}

void hvc_desk_request(void *context, struct hvc_peer *peer, const char *text, size_t length)
{
    struct hvc_desk *desk = context;
    struct hvc_call *call;

    if (desk->stopping) {
        answer_words(peer, HVC_RESULT_UNREACHABLE, "hvclusterd is stopping: the operation was not begun");
        return;
    }
    call = read_call(hvc_peer_caller(peer), text, length);
    if (call == NULL) {
        answer_words(peer, HVC_RESULT_INTERNAL, "out of memory");
        return;
    }
    if (hvc_call_is_accepted(call) && call->operation->lane != HVC_LANE_NONE) {
        hand_to_worker(desk, peer, call);
        return;
    }
    if (!hvc_call_is_accepted(call)) {
        char words[512];

        hvc_log(HVC_MESSAGE_BAD_REQUEST, "uid=%u pid=%lld words=%s", call->caller.uid, (long long)call->caller.pid,
                hvc_message_quote(call->error.text, words, sizeof(words)));
    }
    hvc_call_run(desk->operations, call);
    answer_call(peer, call);
    hvc_call_unref(call);
}

void hvc_desk_gone(void *context, struct hvc_peer *peer)
{
    struct entry *entry = hvc_peer_data(peer);

    (void)context;
    if (entry == NULL)
        return;
    leave_peer(entry);
    if (!entry->call->operation->bound)
        return;
    hvc_log(HVC_MESSAGE_CLIENT_GONE, "op=%s uid=%u pid=%lld", entry->call->operation->name, entry->call->caller.uid,
            (long long)entry->call->caller.pid);
    hvc_call_cancel(entry->call);
}

unsigned hvc_desk_stop(struct hvc_desk *desk)
{
    desk->stopping = true;
    for (struct entry *entry = desk->entries; entry != NULL; entry = entry->next) {
        struct hvc_peer *peer = entry->peer;
        bool begun = atomic_load(&entry->begun);

        leave_peer(entry);
        if (entry->call->operation->lane == HVC_LANE_WAIT)
            hvc_call_cancel(entry->call); /* nothing is lost with it */
        if (peer != NULL)
            answer_words(peer, HVC_RESULT_UNREACHABLE,
                         begun ? STOPPING : "hvclusterd is stopping: the operation was not begun");
    }
    return desk->count;
}
