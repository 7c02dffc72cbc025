/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor of one node, behind one interface. The libvirt driver (hvc/libvirt_driver.h) is the only user of
 * libvirt; unit tests put a table of functions of their own behind it.
 *
 * Ownership  a handle belongs to who opened it; results are plain values in the caller's memory or arrays that the
 *            caller frees with the function named at the call.
 * Threads    every function may be called from any thread; a handle serialises what it must. No function blocks longer
 *            than its deadline (hvc/clock.h), whatever libvirtd does; none may be called from a main loop.
 * Errors     negative errno, and the hypervisor's own words in struct hvc_error:
 *              -ENOENT     no such guest here           -ETIMEDOUT  no answer before the deadline: the daemon hangs
 *              -ENOTCONN   nobody listens there         -EBUSY      the guest has a job that excludes this call
 *              -EINVAL     bad XML, URI or argument     -EEXIST     a guest of that name or UUID is in the way
 *              -EACCES     refused: rights or a certificate   -EOPNOTSUPP  libvirt or QEMU cannot do it
 *              -ECANCELED  ended by hvc_hypervisor_cancel     -EPERM   unsafe without the administrator's word
 *              -EHOSTUNREACH  the data connection of a migration was not made: nothing was copied
 *              -EIO        anything else; the words say what
 */
#ifndef HVC_HYPERVISOR_H
#define HVC_HYPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

struct hvc_hypervisor;

/* Who a guest is: the UUID decides, the name is for people and for files that libvirt names by it. */
struct hvc_guest_id {
    char uuid[HVC_UUID_TEXT_MAX]; /* lower case, with dashes */
    char name[HVC_GUEST_NAME_MAX];
};

/*
 * What a domain's state and reason mean for a cluster: may its vCPUs run here, now or without another decision?
 * One table (hypervisor/state.c) maps every virDomainState and reason of libvirt 9.0 to one of these.
 */
enum hvc_guest_class {
    HVC_GUEST_ABSENT,   /* no process of the guest here: undefined, or defined and shut off */
    HVC_GUEST_RUNNING,  /* vCPUs run here, or a reset, wake-up or dump will let them go on by itself */
    HVC_GUEST_PAUSED,   /* alive here and stopped on purpose (by a user, a snapshot, a save): goes on when resumed */
    HVC_GUEST_STOPPING, /* the guest or its administrator is shutting it down; its process is still here */
    HVC_GUEST_INCOMING, /* a process that never ran and does not run: it waits for a migration or is being set up */
    HVC_GUEST_LEAVING,  /* switch-over: paused here by an outgoing migration whose outcome libvirt is deciding */
    HVC_GUEST_FAILED,   /* a process is here, the guest does not run and will not by itself: I/O error, crash, watchdog,
                           failed post-copy */
    HVC_GUEST_UNKNOWN,  /* nobody could tell: libvirt hangs and the kernel's view does not settle it */
    HVC_GUEST_CLASS_MAX
};

/* Short lower-case word for logs and results: "absent", "running", ... ; "invalid" outside the enum. */
const char *hvc_guest_class_name(enum hvc_guest_class guest_class);

/* True when a process of the guest exists here or may exist: everything but ABSENT. */
bool hvc_guest_is_present(enum hvc_guest_class guest_class);

enum hvc_guest_source {
    HVC_SOURCE_LIBVIRT, /* libvirt answered */
    HVC_SOURCE_PROCESS  /* libvirt did not; the kernel's process table and libvirt's own state file did */
};

struct hvc_guest_state {
    struct hvc_guest_id id;
    enum hvc_guest_class guest_class;
    enum hvc_guest_source source;
    int state;          /* virDomainState; -1 from the process table */
    int reason;         /* its reason; -1 likewise */
    char words[128];    /* "running (booted)", "paused (I/O error)", "process 4711 alive, libvirtd hangs" */
    int64_t pid;        /* of the emulator; 0 when there is none or it is not known */
    bool persistent;    /* a definition stays on this node when the guest stops */
    bool autostart;     /* libvirtd would boot it by itself: nobody may, in a cluster */
    bool migrating_out; /* an outgoing migration is under way */
    bool stranded;      /* paused by an outgoing migration that libvirt has forgotten: its outcome must be found at the
                           target; when the guest runs there, this one is destroyed (hvc/move.h does) */
    bool half; /* in post-copy, under way or interrupted: the rest of its memory is at the other end, and neither
                  end is worth anything without the other */
    uint64_t memory_kib;               /* maximum memory */
    char owner[HVC_RESOURCE_NAME_MAX]; /* resource that started it, from the domain's metadata; "" when unmarked */
};

/* What a guest definition says about who it is. Pure parse with a bounded reader: no DTD, no entities, no network.
 * -EINVAL with line and reason when it is no domain definition, has no name or no UUID, or exceeds HVC_XML_MAX. */
int hvc_guest_parse_id(const char *xml, size_t length, struct hvc_guest_id *ret_id, struct hvc_error *error);
/* The same, and uuid is "" when the definition has none: libvirt makes one for it then. */
int hvc_guest_parse_name(const char *xml, size_t length, struct hvc_guest_id *ret_id, struct hvc_error *error);

/* Health of the connection: told without asking the hypervisor, so it never waits. */
enum hvc_hypervisor_health {
    HVC_HYPERVISOR_UNUSED, /* not asked anything yet */
    HVC_HYPERVISOR_ANSWERS,
    HVC_HYPERVISOR_DOWN, /* refuses connections */
    HVC_HYPERVISOR_HANGS /* a call passed its deadline and has not returned */
};
struct hvc_hypervisor_status {
    enum hvc_hypervisor_health health;
    uint64_t since_ms;     /* hvc_now_ms when that state began */
    unsigned stuck_calls;  /* calls that have not returned; bounded by HVC_STUCK_CALLS_MAX */
    struct hvc_error last; /* the words of the last failure */
};
const char *hvc_hypervisor_health_name(enum hvc_hypervisor_health health);

/* Facts of the host. */
struct hvc_host_facts {
    char hostname[HVC_NODE_NAME_MAX];
    char hypervisor[32];         /* "QEMU" */
    uint64_t hypervisor_version; /* major * 1000000 + minor * 1000 + release */
    uint64_t libvirt_version;    /* of the daemon, same form */
    char cpu_model[64];
    char uuid[HVC_UUID_TEXT_MAX]; /* of the host, "": not told */
    char architecture[16];
    unsigned cpus;
    uint64_t memory_kib;
    uint64_t memory_free_kib;
};

/* How the memory is compressed on its way. */
enum hvc_compression {
    HVC_COMPRESSION_NONE,
    HVC_COMPRESSION_AUTO, /* the best that both ends, the parallel streams and post-copy allow; none when none does */
    HVC_COMPRESSION_BY_LINK, /* AUTO over a slow link, none over a fast one and one whose speed is not known */
    HVC_COMPRESSION_XBZRLE,
    HVC_COMPRESSION_MT,   /* QEMU's compression threads */
    HVC_COMPRESSION_ZSTD, /* of parallel streams (multifd) */
    HVC_COMPRESSION_COUNT
};
const char *hvc_compression_name(unsigned compression); /* "xbzrle"; "invalid" outside the enum */

/* How a move is made. Zero values are the defaults. */
struct hvc_migrate_options {
    const char *target_uri; /* libvirt of the target as the SOURCE reaches it: "qemu+tls://n2/system". Required */
    const char
        *migrate_uri;     /* data connection: "tcp://n2-mig", no port (libvirt chooses it); NULL: the target names it */
    const char *tls_name; /* that the target's certificate must have; NULL: what migrate_uri calls it. Only with tls */
    bool tls;             /* encrypt the memory stream (VIR_MIGRATE_TLS) */
    uint64_t bandwidth_mib;   /* 0: not limited */
    uint64_t max_downtime_ms; /* 0: the hypervisor's own (300 ms in QEMU 7.2) */
    bool auto_converge;       /* throttle a guest that dirties faster than the link */
    bool post_copy_allowed;   /* may be switched to post-copy by hvc_hypervisor_post_copy */
    unsigned parallel;        /* streams; 0: by the link (hvc_migrate_options_for_link), else one */
    bool zero_copy;           /* the kernel sends the pages from where they lie, where hvc_zero_copy_fits */
    bool unsafe;              /* VIR_MIGRATE_UNSAFE: only ever by an explicit word of the administrator */
    enum hvc_compression compression;
    uint64_t post_copy_bandwidth_mib; /* 0: not limited */
    /* disks that are copied along with the memory (VIR_MIGRATE_NON_SHARED_DISK): set by hvc_move_run, not by who asks
     */
    const char *const *disks; /* target names; NULL: none */
    size_t disk_count;
    bool synchronous_writes;       /* of such disks the guest's writes wait for the target's: the copy ends for sure */
    const char *target_xml;        /* the definition as the target shall have it; NULL: the same */
    const char *target_stored_xml; /* the stored one there; NULL: none that it did not have */
    /* Goes on with a post-copy that was interrupted. Beside it only the URIs, tls and post_copy_bandwidth_mib count. */
    bool resume;
};

/*
 * 0 when a hypervisor of these versions (of struct hvc_host_facts) can move with these options; -EOPNOTSUPP or -EINVAL
 * with the reason: a table of what each version knows, and of what excludes what. AUTO is always possible. Pure.
 */
int hvc_migrate_options_check(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                              uint64_t hypervisor_version, struct hvc_error *error);

/* What is left to the link is settled for one of that many Mbit/s (0: not known): compression BY_LINK, and streams
 * where parallel is 0. One stream of QEMU fills about 10 Gbit/s; packing pages costs the guest more than it gains
 * beyond 1 Gbit/s. A bandwidth limit makes streams needless; post-copy and compression exclude them. Pure. */
void hvc_migrate_options_for_link(struct hvc_migrate_options *options, uint64_t link_mbit);

/* What AUTO comes to, anything else as it is; BY_LINK that nobody settled is none. Pure. */
enum hvc_compression hvc_compression_choose(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                                            uint64_t hypervisor_version);

/* Whether zero_copy can be had: parallel streams that are neither encrypted nor compressed, of versions that know it.
 * compression is what hvc_compression_choose has made of it. Pure. */
bool hvc_zero_copy_fits(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                        uint64_t hypervisor_version);

enum hvc_migrate_phase {
    HVC_MIGRATE_NONE,       /* no migration job on this guest */
    HVC_MIGRATE_SETUP,      /* connecting, preparing the target */
    HVC_MIGRATE_COPY,       /* memory is being copied, the guest runs at the source */
    HVC_MIGRATE_SWITCH,     /* the guest is paused for the switch-over */
    HVC_MIGRATE_POST_COPY,  /* the guest runs at the target, the rest is fetched */
    HVC_MIGRATE_DONE,       /* the last job has ended (at either end); how is told by the guests' states */
    HVC_MIGRATE_INTERRUPTED /* post-copy has lost its connection: the guest stands still at the first page it misses,
                               until the migration is resumed (options.resume) */
};
const char *hvc_migrate_phase_name(enum hvc_migrate_phase phase);

struct hvc_migrate_progress {
    enum hvc_migrate_phase phase;
    uint64_t elapsed_ms;
    uint64_t total_bytes, done_bytes, remaining_bytes; /* memory and disks; done never falls within one move */
    uint64_t disk_total_bytes, disk_done_bytes;        /* the share of the disks that are copied; 0: none is */
    uint64_t sent_bytes;                               /* over the wire, what was sent again included */
    uint64_t rate_bytes;                               /* per second, over the last interval */
    uint64_t dirty_rate_bytes;                         /* per second; 0 when unknown */
    uint64_t iteration;
    uint64_t expected_downtime_ms; /* what a switch-over now would cost; after the end: what it did cost */
    uint64_t estimated_left_ms;    /* UINT64_MAX when it does not converge or is not known */
    unsigned percent;              /* 0..100, monotone within one move */
};

/* Called for what happens to guests, from a thread of the driver: return quickly, call nothing of the handle. */
enum hvc_guest_event {
    HVC_EVENT_GUEST_CHANGED,
    HVC_EVENT_GUEST_JOB_DONE,
    HVC_EVENT_HYPERVISOR_LOST,
    HVC_EVENT_HYPERVISOR_BACK
};
typedef void (*hvc_guest_event_fn)(void *context, enum hvc_guest_event event, const struct hvc_guest_id *id);

/* How a stop may be done, one step each; the caller splits the time (hvc/stop_budget.h). */
enum hvc_stop_step {
    HVC_STOP_SHUTDOWN, /* ask the guest by ACPI, return at once */
    HVC_STOP_DESTROY,  /* end the process politely (TERM, disks flushed): VIR_DOMAIN_DESTROY_GRACEFUL */
    HVC_STOP_KILL      /* end the process at once */
};

struct hvc_guest_profile; /* hvc/host.h */
struct hvc_host_fit;
struct hvc_disk_fit;
struct hvc_fit_answer;
struct hvc_host_names;
struct hvc_storage_ops; /* hvc/guest_storage.h */

struct hvc_hypervisor_ops {
    const struct hvc_storage_ops *storage;
    void (*close)(struct hvc_hypervisor *);
    int (*list)(struct hvc_hypervisor *, uint64_t deadline_ms, struct hvc_guest_state **ret_guests, size_t *ret_count,
                struct hvc_error *);
    int (*inspect)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                   struct hvc_error *);
    int (*read_xml)(struct hvc_hypervisor *, const char *uuid, bool inactive, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *);
    int (*define)(struct hvc_hypervisor *, const char *xml, uint64_t deadline_ms, struct hvc_error *);
    int (*undefine)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*start)(struct hvc_hypervisor *, const char *xml, const char *owner, uint64_t deadline_ms, struct hvc_error *);
    int (*stop)(struct hvc_hypervisor *, const char *uuid, enum hvc_stop_step, uint64_t deadline_ms,
                struct hvc_error *);
    int (*resume)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*set_owner)(struct hvc_hypervisor *, const char *uuid, const char *owner, uint64_t deadline_ms,
                     struct hvc_error *);
    int (*migrate)(struct hvc_hypervisor *, const char *uuid, const struct hvc_migrate_options *, uint64_t deadline_ms,
                   struct hvc_error *);
    int (*progress)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms,
                    struct hvc_migrate_progress *ret_progress, struct hvc_error *);
    int (*cancel)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*set_downtime)(struct hvc_hypervisor *, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                        struct hvc_error *);
    int (*set_bandwidth)(struct hvc_hypervisor *, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                         struct hvc_error *);
    int (*pause)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*post_copy)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*interrupt)(struct hvc_hypervisor *, const char *uuid, uint64_t deadline_ms, struct hvc_error *);
    int (*host)(struct hvc_hypervisor *, uint64_t deadline_ms, struct hvc_host_facts *ret_facts, struct hvc_error *);
    int (*watch)(struct hvc_hypervisor *, hvc_guest_event_fn, void *context, struct hvc_error *);
    void (*status)(struct hvc_hypervisor *, struct hvc_hypervisor_status *ret_status);
    /* Of hvc/host.h; NULL: not asked, -EOPNOTSUPP. */
    int (*fits)(struct hvc_hypervisor *, const struct hvc_guest_profile *, const char *cpu, uint64_t deadline_ms,
                struct hvc_host_fit *ret_fit, struct hvc_error *);
    int (*reaches)(struct hvc_hypervisor *, const struct hvc_guest_profile *, uint64_t deadline_ms,
                   struct hvc_disk_fit *ret_fit, struct hvc_error *);
    int (*compare_cpu)(struct hvc_hypervisor *, const struct hvc_guest_profile *, const char *cpu, bool same,
                       uint64_t deadline_ms, struct hvc_fit_answer *ret_answer, struct hvc_error *);
    int (*names)(struct hvc_hypervisor *, const struct hvc_guest_profile *, const char *cpu, uint64_t deadline_ms,
                 struct hvc_host_names *ret_names, struct hvc_error *);
};

/* Every implementation starts with this. */
struct hvc_hypervisor {
    const struct hvc_hypervisor_ops *ops;
};

/* Ends everything the handle started and frees it; calls still stuck in libvirt are left to their threads, which free
 * what they hold when they return. NULL is allowed. */
void hvc_hypervisor_close(struct hvc_hypervisor *h);

/* All guests here, active or defined. Free the array with free(). */
int hvc_hypervisor_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                        size_t *ret_count, struct hvc_error *error);

/* One guest. A guest that is not defined here is success with HVC_GUEST_ABSENT, never -ENOENT. This is libvirt's answer
 * alone; hvc_guest_observe (hvc/observe.h) adds the kernel's view when libvirt is silent. */
int hvc_hypervisor_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                           struct hvc_guest_state *ret_state, struct hvc_error *error);

/* The definition, migratable and with security data when the connection may read it; inactive: the stored one. free().
 */
int hvc_hypervisor_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                            char **ret_xml, struct hvc_error *error);

int hvc_hypervisor_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error);

/* Removes a stored definition; NVRAM and TPM state are kept. A running guest goes on as a transient one. */
int hvc_hypervisor_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);

/* Boots the guest from xml and marks it with its owner (a resource name, "" for none) in its metadata. A stored
 * definition on the node stays as it is. -EEXIST when the guest is active here already. Decides nothing about other
 * nodes: hvc/placement.h does that. */
int hvc_hypervisor_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                         struct hvc_error *error);

/* One step of a stop. 0 when the step was taken, -ENOENT when the guest is not active here. SHUTDOWN returns when
 * the guest was asked; DESTROY and KILL when libvirt says that the process is gone. */
int hvc_hypervisor_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                        struct hvc_error *error);

int hvc_hypervisor_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_hypervisor_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_hypervisor_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error);

/*
 * Moves a running guest, peer to peer and live. Returns when libvirt has said how it ended, or -ETIMEDOUT at the
 * deadline: then the move GOES ON in the source's libvirtd (its driver is libvirtd, not the caller) and the caller must
 * cancel it or watch it to its end. A paused guest arrives paused. The source keeps a stored definition if it had one;
 * the target gets none that it did not have. Success is libvirt's word; proof is to inspect both ends (hvc/move.h).
 */
int hvc_hypervisor_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                           uint64_t deadline_ms, struct hvc_error *error);

/* Progress of the outgoing migration of a guest; HVC_MIGRATE_NONE when it has none. While QEMU tells no numbers, which
 * it does for seconds in a long switch-over: those that were told last, in the phase that the guest's state tells. */
int hvc_hypervisor_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                            struct hvc_migrate_progress *ret_progress, struct hvc_error *error);

/* Asks for the end of the guest's migration; 0 also when there is none. The outcome is what inspect says afterwards.
 * One that is about to switch over is left alone for up to one and a half seconds, in which it mostly completes
 * (cancel.h). */
int hvc_hypervisor_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);

int hvc_hypervisor_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                                struct hvc_error *error);
int hvc_hypervisor_set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                                 struct hvc_error *error);
int hvc_hypervisor_post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
/* At the source of a post-copy whose connection carries nothing any more: lets go of it, so that it can be resumed over
 * another one. Never ends the migration; one that is not in post-copy is left alone. */
int hvc_hypervisor_interrupt(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);

int hvc_hypervisor_host(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_host_facts *ret_facts,
                        struct hvc_error *error);

/* From now on function is called for what happens to guests; reconnects by itself. One watcher a handle. */
int hvc_hypervisor_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error);

void hvc_hypervisor_status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status);

#endif
