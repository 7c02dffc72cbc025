/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking about a guest: hvclusterd first, the fallback program next. Actions see only this; what stands behind an asker
 * is the IPC client (ask_daemon.c), hvcluster-direct (ask_direct.c) or a unit test's own function.
 */
#ifndef HVC_ASK_H
#define HVC_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/hypervisor.h"
#include "hvc/limits.h"
#include "hvc/results.h"

/* One operation of hvclusterd's table with the arguments that the agents use; NULL, 0 and false are left out. */
struct hvc_question {
    const char *operation; /* "guest.inspect" */
    const char *xml;
    const char *uuid;
    const char *name;
    const char *resource;
    const char *target;
    const char *source;
    const char *config; /* file the definition came from */
    const char *end_action;
    uint64_t timeout_ms;  /* the operation answers within it */
    uint64_t graceful_ms; /* of guest.stop */
    uint64_t bandwidth_mib;
    uint64_t max_downtime_ms;
    bool post_copy;
    bool force;
};

struct hvc_answer {
    enum hvc_result result;
    char text[HVC_ERROR_TEXT_MAX]; /* for people */
    /* about the guest, as far as the operation tells it */
    enum hvc_guest_class guest_class; /* HVC_GUEST_CLASS_MAX when it was not told */
    char uuid[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];
    char owner[HVC_RESOURCE_NAME_MAX];
    char words[256];
    char outcome[64];                 /* of guest.start: "started", "already-here", "fetched" */
    char warning[HVC_ERROR_TEXT_MAX]; /* done, but something should be changed; "" for none */
    bool io_error;                    /* FAILED because of it */
};

struct hvc_asker {
    /* 0 with an answer, whatever its result; a negative errno with words when there was no answer. Answers or gives up
     * by the deadline. -EPIPE: it went away while it worked, the outcome is not known. */
    int (*ask)(struct hvc_asker *asker, const struct hvc_question *question, uint64_t deadline_ms,
               struct hvc_answer *ret_answer, struct hvc_error *error);
};

/* The two ways to an answer, and a place for what went on. */
struct hvc_ways {
    struct hvc_asker *daemon;
    struct hvc_asker *direct;
    /* Called when the daemon gave no usable answer and the fallback is tried: why. */
    void (*note)(void *context, const char *words);
    void *context;
};

/* How an action asks. Bits of falls_back are 1u << result. */
struct hvc_ask_plan {
    uint64_t daemon_ms;   /* of the time until the deadline, the daemon's share; 0: all of it */
    uint64_t patience_ms; /* how long a daemon that vanished while it worked is waited for */
    unsigned falls_back;  /* results of the daemon after which the fallback is asked as well */
};

/*
 * Asks the daemon, then, when nobody answered, or its result is one of plan->falls_back, or it could not tell the
 * guest's state, the fallback with the rest of the time. timeout_ms of the question is set for each, a little less than
 * what is left. 0 with an answer (the daemon's, when the fallback gave none); negative errno with the words of both
 * when neither answered.
 */
int hvc_ask(const struct hvc_ways *ways, const struct hvc_question *question, const struct hvc_ask_plan *plan,
            uint64_t deadline_ms, struct hvc_answer *ret_answer, struct hvc_error *error);

#endif
