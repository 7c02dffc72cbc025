/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include <stdarg.h>

#include "hvc/clock.h"

struct hvc_waiter *hvc_waiter_new(void)
{
    struct hvc_waiter *waiter = calloc(1, sizeof(*waiter));
    pthread_condattr_t attributes;

    if (waiter == NULL)
        return NULL;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&waiter->lock, NULL);
    (void)pthread_cond_init(&waiter->come, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    atomic_init(&waiter->references, 2);
    return waiter;
}

void hvc_waiter_unref(struct hvc_waiter *waiter)
{
    if (waiter == NULL || atomic_fetch_sub(&waiter->references, 1) != 1)
        return;
    (void)pthread_cond_destroy(&waiter->come);
    (void)pthread_mutex_destroy(&waiter->lock);
    free(waiter->bytes);
    free(waiter);
}

void hvc_waiter_done(struct hvc_waiter *waiter, const struct hvc_replica_outcome *outcome)
{
    (void)pthread_mutex_lock(&waiter->lock);
    waiter->outcome = *outcome;
    waiter->done = true;
    (void)pthread_cond_signal(&waiter->come);
    (void)pthread_mutex_unlock(&waiter->lock);
}

bool hvc_waiter_wait(struct hvc_waiter *waiter, uint64_t deadline)
{
    struct timespec until = hvc_timespec_of(deadline);
    bool done;
    int r = 0;

    (void)pthread_mutex_lock(&waiter->lock);
    while (!waiter->done && r == 0)
        r = deadline == HVC_NO_DEADLINE ? pthread_cond_wait(&waiter->come, &waiter->lock)
                                        : pthread_cond_timedwait(&waiter->come, &waiter->lock, &until);
    done = waiter->done;
    (void)pthread_mutex_unlock(&waiter->lock);
    return done;
}

struct hvc_request *hvc_replica_request_new(enum hvc_request_kind kind, const struct hvc_command *command)
{
    bool document = command != NULL && command->kind == HVC_COMMAND_DOCUMENT;
    size_t bytes = document ? command->document.length : 0;
    struct hvc_request *request = calloc(1, sizeof(*request));
    uint8_t *copy;

    if (request == NULL)
        return NULL;
    request->kind = kind;
    if (command == NULL)
        return request;
    request->command = malloc(sizeof(*command) + bytes);
    if (request->command == NULL) {
        free(request);
        return NULL;
    }
    *request->command = *command;
    if (document) {
        copy = (uint8_t *)(request->command + 1);
        memcpy(copy, command->document.bytes, bytes);
        request->command->document.bytes = copy;
    }
    return request;
}

void hvc_request_end(struct hvc_request *request, const struct hvc_replica_outcome *outcome)
{
    if (request->done != NULL)
        request->done(request->context, outcome);
    if (request->waiter != NULL) {
        hvc_waiter_done(request->waiter, outcome);
        hvc_waiter_unref(request->waiter);
    }
    free(request->command);
    free(request);
}

void hvc_request_fail(struct hvc_request *request, int error, const char *format, ...)
{
    struct hvc_replica_outcome outcome = {.error = error};
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(outcome.words, sizeof(outcome.words), format, arguments);
    va_end(arguments);
    hvc_request_end(request, &outcome);
}
