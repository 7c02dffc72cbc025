/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt driver's parts among themselves.
 *
 * A handle (struct hvc_libvirt) is what the caller has; the core behind it is shared by the handle and every thread
 * that is inside libvirt, and lives until the last of them lets go. Everything in the core is guarded by its lock.
 */
#ifndef HVC_LIBVIRT_PRIVATE_H
#define HVC_LIBVIRT_PRIVATE_H

#include <libvirt/libvirt.h>
#include <pthread.h>

#include "hvc/cleanup.h"
#include "hvc/hypervisor.h"

#define HVC_PROGRESS_MEMORY  HVC_MOVES_MAX
#define HVC_IDLE_CONNECTIONS 4

/* What was seen of a guest's migration before, so that its progress never goes back. */
struct hvc_progress_memory {
    char uuid[HVC_UUID_TEXT_MAX];
    uint64_t used_ms; /* hvc_now_ms of the last use: the oldest entry gives way */
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

void hvc_libvirt_core_unref(struct hvc_libvirt_core *core);

/* Waits for `changed` with the lock held; false when the deadline has passed. */
bool hvc_libvirt_wait(struct hvc_libvirt_core *core, uint64_t deadline_ms);

/* With the lock held: what the last answer or silence says about libvirtd. */
void hvc_libvirt_health(struct hvc_libvirt_core *core, enum hvc_hypervisor_health health,
                        const struct hvc_error *words);

/*
 * libvirt_connect.c: connections. A connection is used by one call at a time: in libvirt 9.0 a second call beside one
 * that takes long (a migration) was seen to wait until that one returned, for the wake-up of the thread that has the
 * socket is lost (virNetClientIO). So a call takes an idle connection or has one made, and gives it back.
 */
int hvc_libvirt_take_connection(struct hvc_libvirt_core *core, uint64_t deadline_ms, virConnectPtr *ret_conn,
                                struct hvc_error *error);
/* With the lock held: the connection is idle again, or closed when it is dead or there are enough. */
void hvc_libvirt_give_connection(struct hvc_libvirt_core *core, virConnectPtr conn);
/* With the lock held: closes all idle ones. */
void hvc_libvirt_drop_idle(struct hvc_libvirt_core *core);
/* Opens one in this thread, with keepalive and close callback; for threads that may block. */
int hvc_libvirt_open_connection(struct hvc_libvirt_core *core, virConnectPtr *ret_conn, struct hvc_error *error);
/* Closes in this thread; may block. */
void hvc_libvirt_close_connection(struct hvc_libvirt_core *core, virConnectPtr conn);
/* Closes in a thread of its own, for closing asks libvirtd once more. */
void hvc_libvirt_close_later(struct hvc_libvirt_core *core, virConnectPtr conn);

/* libvirt_events.c */
int hvc_libvirt_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error);

/* libvirt_call.c */
enum hvc_libvirt_call_flags {
    HVC_CALL_READ = 1, /* changes nothing: tried once more when the connection turns out to be dead */
    HVC_CALL_SOFT = 2, /* waits for one guest's job: its deadline says nothing about libvirtd's health */
    HVC_CALL_MOVE = 4  /* a whole migration: soft, long, counted on its own */
};
typedef int (*hvc_libvirt_call_fn)(virConnectPtr conn, void *argument, struct hvc_error *error);

/*
 * One call. The argument lies behind it, zeroed; destroy releases what hangs on it. The caller holds one reference and
 * the thread another. After hvc_libvirt_call_run has returned -ETIMEDOUT the argument may still be written by the
 * thread: only what is guarded by hvc_libvirt_call_lock may then be read.
 */
struct hvc_libvirt_call;
struct hvc_libvirt_call *hvc_libvirt_call_new(struct hvc_libvirt_core *core, const char *what, hvc_libvirt_call_fn run,
                                              unsigned flags, size_t argument_size, void (*destroy)(void *argument));
void *hvc_libvirt_call_argument(struct hvc_libvirt_call *call);
/* Errors of run as they are; -ETIMEDOUT when it has not returned by the deadline, -ENOTCONN when the connection broke.
 * -ENOMEM when call is NULL. */
int hvc_libvirt_call_run(struct hvc_libvirt_call *call, uint64_t deadline_ms, struct hvc_error *error);
void hvc_libvirt_call_unref(struct hvc_libvirt_call *call);
/* For arguments that are filled bit by bit while the caller may leave. call is what hvc_libvirt_call_argument came
 * from. */
void hvc_libvirt_call_lock(void *argument);
void hvc_libvirt_call_unlock(void *argument);

HVC_DEFINE_CLEANUP(struct hvc_libvirt_call *, call, hvc_libvirt_call_unref, NULL)

/* libvirt objects */
static inline void hvc_domain_free(virDomainPtr domain)
{
    (void)virDomainFree(domain);
}
HVC_DEFINE_CLEANUP(virDomainPtr, domain, hvc_domain_free, NULL)

/* libvirt_guest.c */
int hvc_libvirt_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                     size_t *ret_count, struct hvc_error *error);
int hvc_libvirt_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                        struct hvc_guest_state *ret_state, struct hvc_error *error);
int hvc_libvirt_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                         char **ret_xml, struct hvc_error *error);
/* The domain of a UUID; -ENOENT in words. */
int hvc_libvirt_lookup(virConnectPtr conn, const char *uuid, virDomainPtr *ret_domain, struct hvc_error *error);
/* Operation of the domain's job: a virDomainJobOperation, 0 when libvirt did not say, -1 without a job. May wait. */
int hvc_libvirt_job_operation(virDomainPtr domain);

/* libvirt_power.c */
int hvc_libvirt_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                      struct hvc_error *error);
int hvc_libvirt_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                     struct hvc_error *error);
int hvc_libvirt_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                          struct hvc_error *error);

/* libvirt_migrate.c */
int hvc_libvirt_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                        uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                             struct hvc_error *error);
int hvc_libvirt_set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                              struct hvc_error *error);
int hvc_libvirt_post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);

/* libvirt_progress.c */
int hvc_libvirt_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error);

#endif
