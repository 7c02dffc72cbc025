/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other threads ask of the replica's thread, and how they wait for it. */
#ifndef HVC_DRIVER_REQUEST_H
#define HVC_DRIVER_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "hvc/replica.h"

/* Somebody waits; both sides hold a reference, so that either may give up. */
struct hvc_waiter {
    pthread_mutex_t lock;
    pthread_cond_t come;
    atomic_uint references;
    bool done;
    struct hvc_replica_outcome outcome; /* error and words also of a barrier or a document */
    char *bytes;                        /* of a document that came from another member */
    size_t length;
};

struct hvc_waiter *hvc_waiter_new(void); /* two references; NULL without memory */
void hvc_waiter_unref(struct hvc_waiter *waiter);
void hvc_waiter_done(struct hvc_waiter *waiter, const struct hvc_replica_outcome *outcome);
/* False when the deadline (hvc_now_ms) has passed. */
bool hvc_waiter_wait(struct hvc_waiter *waiter, uint64_t deadline);

enum hvc_request_kind { HVC_REQUEST_SUBMIT, HVC_REQUEST_BARRIER, HVC_REQUEST_DOCUMENT, HVC_REQUEST_FENCED };

struct hvc_request {
    struct hvc_request *next;
    enum hvc_request_kind kind;
    uint64_t deadline;

    /* SUBMIT */
    struct hvc_command *command; /* own, with the bytes of a DOCUMENT behind it */
    struct hvc_token token;
    bool wait_for_quorum, given; /* given: to a core at least once */
    bool once;                   /* made for the present view: not given again after its end */
    hvc_replica_done_fn done;
    void *context;

    /* BARRIER, DOCUMENT */
    struct hvc_waiter *waiter; /* a reference */
    uint64_t barrier;          /* 0: none yet */
    uint64_t target;           /* applied index to wait for, 0: the barrier has not passed */
    uint8_t hash[HVC_STORE_HASH_SIZE];
    bool damaged; /* the store's own copy is: get it from another member all the same */

    uint32_t node; /* FENCED */
};

struct hvc_request_list {
    struct hvc_request *head, *tail; /* tail: only where head is not NULL */
};

/* With a copy of the command; NULL without memory. command may be NULL. */
struct hvc_request *hvc_replica_request_new(enum hvc_request_kind kind, const struct hvc_command *command);
/* Answers it, once, and frees it. */
void hvc_request_end(struct hvc_request *request, const struct hvc_replica_outcome *outcome);
/* The same with an error in words. */
__attribute__((format(printf, 3, 4))) void hvc_request_fail(struct hvc_request *request, int error, const char *format,
                                                            ...);

#endif
