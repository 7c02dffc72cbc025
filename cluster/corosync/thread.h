/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that talks to corosync, and all it works on. */
#ifndef HVC_RING_THREAD_H
#define HVC_RING_THREAD_H

#include "connection.h"

struct hvc_ring {
    int wake;                 /* eventfd: the thread has something to do */
    pthread_mutex_t end_lock; /* ended, abandoned */
    pthread_cond_t end_come;
    bool ended;     /* the thread has */
    bool abandoned; /* nobody waits for it: it frees everything when it ends */
    bool unsent;    /* of who sends: something was queued since the last flush */
    atomic_bool stop;
    atomic_bool paused; /* the receiver is behind: CPG is not dispatched */
    struct cpg_name group;
    struct hvc_events events;
    struct hvc_sending sending;
    struct hvc_report report;
    struct hvc_delivery delivery; /* of the thread, as what follows */
    struct hvc_connection connection;
};

/* Connects, serves and connects again until stop. */
void hvc_ring_thread(struct hvc_ring *ring);

#endif
