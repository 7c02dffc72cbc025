/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request from its check to its response. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "hvc/client.h"
#include "hvc/operations.h"
#include "hvc/text.h"

struct hvc_call_state {
    atomic_uint references;
    struct hvc_record *request;
    struct hvc_record *response;
    enum hvc_result result;
    bool accepted;
    uint64_t began_ms;
    pthread_mutex_t lock; /* of cancelled */
    pthread_cond_t wake;
    bool cancelled;
};

static struct hvc_call *new_call(const struct hvc_caller *caller)
{
    struct hvc_call *call = calloc(1, sizeof(*call));
    struct hvc_call_state *state = calloc(1, sizeof(*state));
    pthread_condattr_t attributes;

    if (call == NULL || state == NULL) {
        free(call);
        free(state);
        return NULL;
    }
    call->caller = *caller;
    call->state = state;
    atomic_init(&state->references, 1);
    (void)pthread_mutex_init(&state->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&state->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    /* in the order in which people read it */
    state->response = hvc_record_new();
    hvc_record_set_u64(state->response, "version", HVC_IPC_VERSION);
    hvc_record_set_text(state->response, "result", "");
    hvc_record_set_text(state->response, "text", "");
    call->data = hvc_record_set_record(state->response, "data");
    return call;
}

struct hvc_call *hvc_call_new(struct hvc_record *request, const struct hvc_caller *caller, uint64_t now_ms)
{
    struct hvc_call *call = new_call(caller);
    uint64_t timeout_ms = 0;

    if (call == NULL) {
        hvc_record_free(request);
        return NULL;
    }
    call->state->request = request;
    call->state->began_ms = now_ms;
    call->state->result =
        hvc_check_request(request, caller->right, &call->operation, &call->args, &timeout_ms, &call->error);
    call->state->accepted = call->state->result == HVC_RESULT_OK;
    call->deadline_ms = now_ms + timeout_ms;
    return call;
}

struct hvc_call *hvc_call_new_refused(const struct hvc_caller *caller, enum hvc_result result,
                                      const struct hvc_error *why)
{
    struct hvc_call *call = new_call(caller);

    if (call == NULL)
        return NULL;
    call->state->result = result;
    call->error = *why;
    call->deadline_ms = hvc_now_ms();
    return call;
}

void hvc_call_ref(struct hvc_call *call)
{
    (void)atomic_fetch_add(&call->state->references, 1);
}

void hvc_call_unref(struct hvc_call *call)
{
    if (call == NULL || atomic_fetch_sub(&call->state->references, 1) > 1)
        return;
    hvc_record_free(call->state->request);
    hvc_record_free(call->state->response);
    (void)pthread_cond_destroy(&call->state->wake);
    (void)pthread_mutex_destroy(&call->state->lock);
    free(call->state);
    free(call);
}

bool hvc_call_is_accepted(const struct hvc_call *call)
{
    return call->state->accepted;
}

/* ---- running ---- */

static void audit(struct hvc_operations *operations, const struct hvc_call *call, uint64_t took_ms)
{
    enum hvc_result result = call->state->result;
    char guest[HVC_GUEST_NAME_MAX + 8], resource[HVC_RESOURCE_NAME_MAX + 8], words[HVC_ERROR_TEXT_MAX];
    bool of_guest = strncmp(call->operation->name, "guest.", 6) == 0;
    const char *name = hvc_record_text(call->data, "name", of_guest ? hvc_record_text(call->args, "name", "") : "");
    const char *uuid = hvc_record_text(call->data, "uuid", hvc_record_text(call->args, "uuid", "-"));

    hvc_operations_note(operations, result == HVC_RESULT_OK ? HVC_MESSAGE_OPERATION_DONE : HVC_MESSAGE_OPERATION_FAILED,
                        "op=%s result=%s ms=%llu uid=%u pid=%lld guest=%s uuid=%s resource=%s words=%s",
                        call->operation->name, hvc_result_word(result), (unsigned long long)took_ms, call->caller.uid,
                        (long long)call->caller.pid, hvc_message_quote(name, guest, sizeof(guest)), uuid,
                        hvc_message_quote(hvc_record_text(call->args, "resource", ""), resource, sizeof(resource)),
                        hvc_message_quote(call->error.text, words, sizeof(words)));
}

void hvc_call_run(struct hvc_operations *operations, struct hvc_call *call)
{
    uint64_t begin = hvc_now_ms();

    if (!call->state->accepted)
        return;
    if (hvc_call_is_cancelled(call)) {
        call->state->result =
            hvc_call_say(call, HVC_RESULT_FAILED, "%s was cancelled before it began", call->operation->name);
    } else if (begin >= call->deadline_ms) {
        call->state->result =
            hvc_call_say(call, HVC_RESULT_TIMEOUT, "%s was not begun: its time passed while all workers were busy",
                         call->operation->name);
    } else {
        call->state->result = call->operation->handler(operations, call);
    }
    if (call->operation->audited)
        audit(operations, call, hvc_now_ms() - call->state->began_ms);
}

void hvc_call_cancel(struct hvc_call *call)
{
    (void)pthread_mutex_lock(&call->state->lock);
    call->state->cancelled = true;
    (void)pthread_cond_broadcast(&call->state->wake);
    (void)pthread_mutex_unlock(&call->state->lock);
}

bool hvc_call_is_cancelled(const struct hvc_call *call)
{
    bool cancelled;

    (void)pthread_mutex_lock(&call->state->lock);
    cancelled = call->state->cancelled;
    (void)pthread_mutex_unlock(&call->state->lock);
    return cancelled;
}

bool hvc_call_wait(struct hvc_call *call, uint64_t ms)
{
    uint64_t until = hvc_deadline_within(call->deadline_ms, ms);
    const struct timespec when = hvc_timespec_of(until);
    bool go_on;

    (void)pthread_mutex_lock(&call->state->lock);
    while (!call->state->cancelled && hvc_now_ms() < until)
        (void)pthread_cond_timedwait(&call->state->wake, &call->state->lock, &when);
    go_on = !call->state->cancelled && hvc_now_ms() < call->deadline_ms;
    (void)pthread_mutex_unlock(&call->state->lock);
    return go_on;
}

/* ---- answering ---- */

enum hvc_result hvc_call_say(struct hvc_call *call, enum hvc_result result, const char *format, ...)
{
    char text[HVC_ERROR_TEXT_MAX + 8]; /* larger than its target, which marks what it cuts */
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)hvc_error_set(&call->error, result == HVC_RESULT_OK ? 0 : -EIO, "%s", text);
    return result;
}

enum hvc_result hvc_call_fail(struct hvc_call *call, const struct hvc_error *error)
{
    enum hvc_result result = hvc_result_of_errno(error->code);

    call->error = *error;
    return result == HVC_RESULT_OK ? HVC_RESULT_INTERNAL : result; /* a failure without a code is a defect */
}

const struct hvc_record *hvc_call_response(struct hvc_call *call)
{
    struct hvc_call_state *state = call->state;
    bool bare = call->error.text[0] == '\0' && state->result != HVC_RESULT_OK;

    hvc_record_set_text(state->response, "result", hvc_result_word(state->result));
    hvc_record_set_text(state->response, "text", bare ? hvc_result_text(state->result) : call->error.text);
    return state->response;
}

char *hvc_answer_words(enum hvc_result result, const char *words, size_t *ret_length)
{
    HVC_CLEANUP(record) struct hvc_record *response = hvc_response_new(result, words);
    char *text = NULL;

    return hvc_record_format_replacing(response, &text, ret_length, NULL) < 0 ? NULL : text;
}

char *hvc_call_answer(struct hvc_call *call, size_t *ret_length)
{
    struct hvc_error error = {0};
    char *text = NULL;

    if (hvc_record_format_replacing(hvc_call_response(call), &text, ret_length, &error) == 0)
        return text;
    (void)hvc_error_prefix(&error, "the operation ended as \"%s\", but its answer cannot be written",
                           hvc_result_word(call->state->result));
    return hvc_answer_words(HVC_RESULT_INTERNAL, error.text, ret_length);
}
