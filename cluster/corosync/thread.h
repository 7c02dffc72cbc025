/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that talks to corosync, and all it works on. */
#ifndef HVC_RING_THREAD_H
#define HVC_RING_THREAD_H

#include "connection.h"

struct hvc_ring {
    pthread_t thread;
    int wake; /* eventfd: the thread has something to do */
    atomic_bool stop;
    atomic_bool paused; /* the receiver is behind: CPG is not dispatched */
    struct cpg_name group;
    struct hvc_events events;
    struct hvc_queue sending;
    struct hvc_report report;
    struct hvc_delivery delivery; /* of the thread, as what follows */
    struct hvc_connection connection;
};

/* For pthread_create: connects, serves and connects again until stop. */
void *hvc_ring_thread(void *ring);

#endif
