/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct hvc_wbemd_gate {
    int wake; /* eventfd: somebody came, or the end */
    unsigned most;
    pthread_t thread;
    struct pollfd *polls;          /* the thread's; [0] is wake */
    struct hvc_wbemd_wait *inside; /* the thread's */
    pthread_mutex_t mutex;
    struct hvc_wbemd_wait *coming; /* under mutex, as the rest */
    unsigned count;                /* coming and inside */
    bool closed;
};

static void finish(struct hvc_wbemd_wait *wait)
{
    hvc_auth_call_free(wait->call);
    wait->call = NULL;
    wait->done(wait->context); /* from here on it may be gone */
}

static void turn_away(struct hvc_wbemd_wait *wait, const char *words)
{
    hvc_auth_answer_set(&wait->answer, HVC_AUTH_UNAVAILABLE, "passwords cannot be checked: %s", words);
    finish(wait);
}

static void wake_up(const struct hvc_wbemd_gate *gate)
{
    const uint64_t one = 1;

    while (write(gate->wake, &one, sizeof(one)) < 0 && errno == EINTR)
        continue; /* it cannot be full: the thread reads it each time */
}

/* True: go on. */
static bool let_in(struct hvc_wbemd_gate *gate)
{
    bool closed;

    (void)pthread_mutex_lock(&gate->mutex);
    while (gate->coming != NULL) {
        struct hvc_wbemd_wait *wait = gate->coming;

        gate->coming = wait->next;
        wait->next = gate->inside;
        gate->inside = wait;
    }
    closed = gate->closed;
    (void)pthread_mutex_unlock(&gate->mutex);
    return !closed;
}

static void wait_for_something(struct hvc_wbemd_gate *gate)
{
    nfds_t count = 1;
    int wait_ms = -1;
    uint64_t taken;

    gate->polls[0] = (struct pollfd){.fd = gate->wake, .events = POLLIN};
    for (const struct hvc_wbemd_wait *wait = gate->inside; wait != NULL; wait = wait->next) {
        int ms = hvc_auth_call_wait(wait->call, &gate->polls[count++]);

        wait_ms = wait_ms < 0 || ms < wait_ms ? ms : wait_ms;
    }
    if (poll(gate->polls, count, wait_ms) > 0 && gate->polls[0].revents != 0)
        (void)!read(gate->wake, &taken, sizeof(taken)); /* only to make it quiet again */
}

/* Whatever poll said: a step looks itself. */
static void step_all(struct hvc_wbemd_gate *gate)
{
    struct hvc_wbemd_wait **place = &gate->inside;

    while (*place != NULL) {
        struct hvc_wbemd_wait *wait = *place;

        if (!hvc_auth_call_step(wait->call, &wait->answer)) {
            place = &wait->next;
            continue;
        }
        *place = wait->next;
        (void)pthread_mutex_lock(&gate->mutex);
        gate->count--;
        (void)pthread_mutex_unlock(&gate->mutex);
        finish(wait);
    }
}

static void *run(void *context)
{
    struct hvc_wbemd_gate *gate = context;

    while (let_in(gate)) {
        wait_for_something(gate);
        step_all(gate);
    }
    while (gate->inside != NULL) {
        struct hvc_wbemd_wait *wait = gate->inside;

        gate->inside = wait->next;
        turn_away(wait, "hvcluster-wbemd ends");
    }
    return NULL;
}

int hvc_wbemd_gate_new(unsigned most, struct hvc_wbemd_gate **ret_gate, struct hvc_error *error)
{
    struct hvc_wbemd_gate *gate = calloc(1, sizeof(*gate));
    int rc = 0;

    if (gate == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    gate->most = most;
    gate->polls = calloc((size_t)most + 1, sizeof(*gate->polls));
    gate->wake = eventfd(0, EFD_CLOEXEC);
    (void)pthread_mutex_init(&gate->mutex, NULL);
    if (gate->polls == NULL)
        rc = -ENOMEM;
    else if (gate->wake < 0)
        rc = -errno;
    else
        rc = -pthread_create(&gate->thread, NULL, run, gate);
    if (rc < 0) {
        gate->closed = true; /* no thread to end */
        hvc_wbemd_gate_free(gate);
        return hvc_error_set(error, rc, "no thread for passwords: %s", strerror(-rc));
    }
    *ret_gate = gate;
    return 0;
}

void hvc_wbemd_gate_add(struct hvc_wbemd_gate *gate, struct hvc_wbemd_wait *wait)
{
    const char *words = NULL;

    (void)pthread_mutex_lock(&gate->mutex);
    if (gate->closed) {
        words = "hvcluster-wbemd ends";
    } else if (gate->count == gate->most) {
        words = "too many are being checked";
    } else {
        wait->next = gate->coming;
        gate->coming = wait;
        gate->count++;
        wake_up(gate); /* under the mutex: a gate that is closed has no thread to wake */
    }
    (void)pthread_mutex_unlock(&gate->mutex);
    if (words != NULL)
        turn_away(wait, words);
}

void hvc_wbemd_gate_close(struct hvc_wbemd_gate *gate)
{
    bool closed;

    if (gate == NULL)
        return;
    (void)pthread_mutex_lock(&gate->mutex);
    closed = gate->closed;
    gate->closed = true;
    (void)pthread_mutex_unlock(&gate->mutex);
    if (closed)
        return;
    wake_up(gate);
    (void)pthread_join(gate->thread, NULL);
}

void hvc_wbemd_gate_free(struct hvc_wbemd_gate *gate)
{
    if (gate == NULL)
        return;
    hvc_wbemd_gate_close(gate);
    if (gate->wake >= 0)
        (void)close(gate->wake);
    (void)pthread_mutex_destroy(&gate->mutex);
    free(gate->polls);
    free(gate);
}
