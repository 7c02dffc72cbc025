/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all parts of the libvirt driver share. A handle (struct hvc_libvirt) is what the caller has; the core behind it
 * is shared by the handle and every thread that is inside libvirt, and lives until the last of them lets go. Everything
 * in the core is guarded by its lock. The ground floor: calls no other part of the driver.
 */
#ifndef HVC_LIBVIRT_CORE_H
#define HVC_LIBVIRT_CORE_H

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "hvc/hypervisor.h"

#define HVC_PROGRESS_MEMORY  HVC_MOVES_MAX
#define HVC_IDLE_CONNECTIONS 4

/* What was seen of a guest's migration before, so that its progress never goes back. */
struct hvc_progress_memory {
    char uuid[HVC_UUID_TEXT_MAX];
    uint64_t used_ms;  /* hvc_now_ms of the last use: the oldest entry gives way */
    unsigned asked;    /* threads that wait for libvirt's numbers of it ... */
    uint64_t asked_ms; /* ... and since when: hvc_now_ms */
    struct hvc_migrate_progress last;
};

struct hvc_libvirt_core {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* of CLOCK_MONOTONIC; anything below changed */
    unsigned refs;
    bool closed;
    char uri[HVC_URI_MAX];

    virConnectPtr idle[HVC_IDLE_CONNECTIONS]; /* open and used by nobody, the last used one last */
    size_t idle_count;
    unsigned waiting;            /* callers that wait for a connection */
    unsigned opening;            /* threads inside virConnectOpen for them */
    uint64_t open_started_ms;    /* of the last of those attempts */
    uint64_t opens_ended;        /* counts attempts that ended */
    struct hvc_error open_error; /* of the last attempt that ended; code 0: it succeeded */

    unsigned running; /* short calls inside libvirt, stuck ones included */
    unsigned stuck;   /* those whose caller has gone */
    unsigned moves;   /* migrations inside libvirt */

    enum hvc_hypervisor_health health;
    uint64_t since_ms;
    struct hvc_error last;

    hvc_guest_event_fn watcher;
    void *watcher_context;
    unsigned emitting; /* threads inside watcher */

    struct hvc_progress_memory progress[HVC_PROGRESS_MEMORY];
};

struct hvc_libvirt {
    struct hvc_hypervisor base;
    struct hvc_libvirt_core *core;
};

static inline struct hvc_libvirt_core *hvc_libvirt_core_of(struct hvc_hypervisor *h)
{
    return ((struct hvc_libvirt *)h)->core;
}

/* One reference is the caller's. -ENOMEM. uri is shorter than HVC_URI_MAX. */
int hvc_libvirt_core_new(const char *uri, struct hvc_libvirt_core **ret_core);
void hvc_libvirt_core_unref(struct hvc_libvirt_core *core);

/* Waits for `changed` with the lock held; false when the deadline has passed. */
bool hvc_libvirt_wait(struct hvc_libvirt_core *core, uint64_t deadline_ms);

/* With the lock held: what the last answer or silence says about libvirtd. */
void hvc_libvirt_health(struct hvc_libvirt_core *core, enum hvc_hypervisor_health health,
                        const struct hvc_error *words);

#endif
