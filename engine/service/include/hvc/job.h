/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: a move, or the check of one, that the whole cluster knows. One table says for each phase what may follow, what
 * it holds and how CIM, people and exit codes see it. Pure.
 */
#ifndef HVC_JOB_H
#define HVC_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"

/* The numbers are the encoding. */
enum hvc_job_phase {
    HVC_JOB_QUEUED,    /* waits for slots, room, its target */
    HVC_JOB_CHECKING,  /* slots and room are its own; the checks before the move run */
    HVC_JOB_ADMITTED,  /* may start: from here on something may have been done on a node */
    HVC_JOB_COPYING,   /* the guest runs at the source */
    HVC_JOB_SWITCHING, /* libvirt decides; cannot be cancelled any more */
    HVC_JOB_VERIFYING, /* libvirt has ended; where the guest runs is being proven */
    HVC_JOB_COMPLETED,
    HVC_JOB_FAILED,
    HVC_JOB_CANCELLED,
    HVC_JOB_UNKNOWN,        /* who ran it is gone; nothing is known until it returns or is fenced */
    HVC_JOB_RECONCILING,    /* what happened is being found out from libvirt and fencing */
    HVC_JOB_NEEDS_OPERATOR, /* its slots are free for others; ends by an operator's word, or by a proof that came late
                             */
    HVC_JOB_PHASE_COUNT
};

enum {
    HVC_JOB_ENDED = 1,         /* for ever */
    HVC_JOB_HOLDS_SLOTS = 2,   /* counts against the limits */
    HVC_JOB_HOLDS_ROOM = 4,    /* its memory is reserved at the target */
    HVC_JOB_CANCELLABLE = 8,   /* a cancel is taken */
    HVC_JOB_STARTED = 16,      /* something may have been done: an end must say where the guest is */
    HVC_JOB_NEEDS_TARGET = 32, /* cannot go on when the target is lost: the outcome must be proven */
};

struct hvc_job_phase_info {
    const char *name; /* "copying" */
    const char *text; /* for people, JobStatus */
    uint16_t next;    /* bit n: phase n may follow */
    uint8_t flags;
    uint8_t cim_state;      /* CIM_ConcreteJob.JobState */
    uint8_t operational[2]; /* OperationalStatus; 0: no second one */
    uint8_t exit_code;      /* of a command that waited for the job and saw this last */
};

/* NULL outside the enum. */
const struct hvc_job_phase_info *hvc_job_phase_info(unsigned phase);
const char *hvc_job_phase_name(unsigned phase); /* "invalid" outside the enum */
bool hvc_job_phase_may_follow(unsigned from, unsigned to);

enum hvc_job_kind {
    HVC_KIND_LIVE,         /* running guest, shared storage */
    HVC_KIND_STORAGE,      /* its storage only, on the node where it is */
    HVC_KIND_LIVE_STORAGE, /* both */
    HVC_KIND_STAGED,       /* Hyper-V's Staged: a planned system at the target; the guest stays */
    HVC_KIND_QUICK,        /* save, move, restore */
    HVC_KIND_RESTART,      /* stop, move, start */
    HVC_KIND_DEFINITION,   /* of a guest that is off */
    HVC_KIND_COUNT
};

enum {
    HVC_KIND_MOVES_GUEST = 1,  /* the guest runs at the target afterwards */
    HVC_KIND_USES_STORAGE = 2, /* takes a storage slot at the source */
    HVC_KIND_USES_LINK = 4,    /* takes a slot out of the source and into the target */
    HVC_KIND_STAYS = 8,        /* source and target are the same node */
    HVC_KIND_NEEDS_LIVE = 16,  /* refused where live migration is not enabled */
};

struct hvc_job_kind_info {
    const char *name; /* "live-storage" */
    uint8_t flags;
    uint16_t migration_type; /* MigrationType of Msvm_VirtualSystemMigrationSettingData */
    uint16_t job_type;       /* Msvm_MigrationJob.JobType of the move */
    uint16_t check_type;     /* and of the check alone */
};
const struct hvc_job_kind_info *hvc_job_kind_info(unsigned kind); /* NULL outside the enum */

enum hvc_job_origin {
    HVC_ORIGIN_OPERATOR,
    HVC_ORIGIN_PACEMAKER, /* inside a migrate_to operation: a failure restarts the guest */
    HVC_ORIGIN_DRAIN,
    HVC_ORIGIN_RETURN, /* back to where a drain took it from */
    HVC_ORIGIN_COUNT
};
const char *hvc_origin_name(unsigned origin);

/* Steps of a staged move beside the phase: architecture of staged moves. */
enum hvc_job_step {
    HVC_STEP_NONE,
    HVC_STEP_HOLD, /* our maintenance set is being put on the resource */
    HVC_STEP_COPY,
    HVC_STEP_PROVE,     /* on both hypervisors */
    HVC_STEP_HAND_BACK, /* Pacemaker is being told the new place */
    HVC_STEP_SETTLE,    /* our location goes */
    HVC_STEP_RELEASE,   /* after a failure: our maintenance set goes */
    HVC_STEP_COUNT
};
const char *hvc_step_name(unsigned step);

/* Why a queued job waits. */
enum hvc_blocker {
    HVC_BLOCKER_NONE,
    HVC_BLOCKER_SERVICE, /* quiesced or disabled */
    HVC_BLOCKER_LATER,   /* not_before_ms */
    HVC_BLOCKER_NO_TARGET,
    HVC_BLOCKER_SOURCE,        /* not a member */
    HVC_BLOCKER_TARGET,        /* not a member */
    HVC_BLOCKER_TARGET_CLOSED, /* maintenance, or accepts no moves */
    HVC_BLOCKER_DISABLED,      /* enable-migration is 0 at one end */
    HVC_BLOCKER_LIMIT_OUT,
    HVC_BLOCKER_LIMIT_IN,
    HVC_BLOCKER_LIMIT_STORAGE,
    HVC_BLOCKER_LIMIT_CLUSTER,
    HVC_BLOCKER_LIMIT_NETWORK, /* of every migration network that it could take */
    HVC_BLOCKER_ROOM,          /* memory at the target */
    HVC_BLOCKER_CLAIM,         /* an older job that was passed over often is next on these nodes */
    HVC_BLOCKER_COUNT
};
const char *hvc_blocker_text(unsigned blocker);

enum { /* flags of options */
       HVC_OPTION_TLS = 1,
       HVC_OPTION_PLAIN = 2, /* not encrypted, against the setting */
       HVC_OPTION_COMPRESS = 4,
       HVC_OPTION_NO_COMPRESS = 8,
       HVC_OPTION_AUTO_CONVERGE = 16,
       HVC_OPTION_POST_COPY = 32,               /* allowed */
       HVC_OPTION_UNSAFE = 64,                  /* VIR_MIGRATE_UNSAFE: the administrator's word */
       HVC_OPTION_PIN = 128,                    /* keep it at the target although Pacemaker would move it back */
       HVC_OPTION_RETAIN_COPIES = 256,          /* RetainVhdCopiesOnSource */
       HVC_OPTION_OVERWRITE = 512,              /* AllowOverwriteExistingFile */
       HVC_OPTION_REMOVE_UNMANAGED = 1024,      /* RemoveSourceUnmanagedVhds */
       HVC_OPTION_AVOID_REMOVING = 2048,        /* AvoidRemovingVHDs */
       HVC_OPTION_CANCEL_ON_BLACKOUT = 4096,    /* CancelIfBlackoutThresholdExceeded */
       HVC_OPTION_WITH_OTHERS = 8192,           /* although Pacemaker stops, starts or moves others with it */
       HVC_OPTION_CHECK_ONLY = 16384,           /* CheckVirtualSystemIsMigratable: no move */
       HVC_OPTION_DELETE_ON_COMPLETION = 32768, /* may go 5 minutes after its end */
       HVC_OPTION_ALL = 65535,
};

enum hvc_restart_mode { HVC_RESTART_SHUTDOWN, HVC_RESTART_FORCE, HVC_RESTART_TURN_OFF, HVC_RESTART_COUNT };

struct hvc_job_options {
    uint32_t flags;         /* HVC_OPTION_* */
    uint16_t priority;      /* lower is sooner; 0: the setting */
    uint16_t transport;     /* TransportType, 0: the default */
    uint16_t cpu_capping;   /* CPUCappingMagnitude 0..2 */
    uint8_t end_action;     /* enum hvc_end_action */
    uint8_t restart;        /* enum hvc_restart_mode */
    uint8_t parallel;       /* streams, 0: by the link */
    uint32_t downtime_ms;   /* 0: the setting */
    uint64_t bandwidth;     /* bytes per second, 0: the setting */
    uint64_t deadline_ms;   /* wall clock, 0: none. A node proposes the end; the core never compares it with a clock */
    uint64_t not_before_ms; /* wall clock: not started before a command of at least this stamp, 0: at once */
    uint8_t document[32];   /* hash of a document with roots, disk paths, addresses; all 0: none */
};

struct hvc_job_reason {
    uint64_t stamp_ms;
    uint32_t node;                  /* who says so */
    uint16_t code;                  /* enum hvc_reason_code */
    uint8_t phase;                  /* the job was in */
    char text[HVC_REASON_TEXT_MAX]; /* the hypervisor's own words inside ours */
};

/* What kind of thing happened, for a decision what to do next; the text is for people. */
enum hvc_reason_code {
    HVC_REASON_NOTE,
    HVC_REASON_RETRY,      /* may work later, at the same target */
    HVC_REASON_OTHER_NODE, /* may work at another target */
    HVC_REASON_GIVE_UP,    /* will not work */
    HVC_REASON_CANCELLED,
    HVC_REASON_DEADLINE,
    HVC_REASON_SOURCE_LOST,
    HVC_REASON_TARGET_LOST,
    HVC_REASON_GUEST_STOPPED,
    HVC_REASON_UNPROVEN,
    HVC_REASON_OPERATOR,
    HVC_REASON_COUNT
};
const char *hvc_reason_name(unsigned code);

/* Since the job was admitted last, and before the switch-over. */
enum hvc_lost_target {
    HVC_TARGET_NOT_LOST,
    HVC_TARGET_LOST, /* its source told so, or it is back in the queue: it is begun anew when the target is back */
    HVC_TARGET_DEAD, /* fenced since: the job fails */
    HVC_TARGET_COUNT
};

struct hvc_job {
    uint64_t id;           /* from 1, never used again */
    uint64_t epoch, index; /* of the entry that created it: the token of its effects */
    uint8_t guest[16];
    char guest_name[HVC_GUEST_NAME_MAX];
    char by[HVC_REQUESTER_MAX];
    uint8_t kind, origin, phase, step;
    uint8_t attempts;        /* times it went back to the queue */
    bool cancel;             /* somebody wants it ended; the source does that */
    bool located;            /* runs_on is proven */
    uint8_t lost_target;     /* enum hvc_lost_target */
    uint32_t source, target; /* node ids; target 0: not chosen yet */
    uint32_t runs_on;        /* at its end; 0: nowhere */
    uint64_t drain;          /* id, 0: none */
    /* Migration networks, of moves that use the link while some network has a limit. network: the one it was given,
     * or has taken since (id, 0: not known, none, or no limit anywhere). ways: those that its last checks found, the
     * preferred one first; kept only until it is admitted. */
    uint32_t network;
    uint8_t way_count;
    uint32_t ways[HVC_JOB_WAYS_MAX];
    uint64_t memory_kib; /* reserved at the target while it holds room */
    struct hvc_job_options options;
    uint64_t mark;                          /* admissions in the cluster when it came into the queue */
    uint64_t ended;                         /* running number of its end, 0: not ended */
    uint64_t phase_ms[HVC_JOB_PHASE_COUNT]; /* when it last came into each phase, 0: never */
    uint32_t reasons_dropped;               /* between the first and the others */
    uint8_t reason_count;
    struct hvc_job_reason reasons[HVC_JOB_REASONS_MAX];
};

/* Job that takes nothing: a check. */
static inline bool hvc_job_is_check(const struct hvc_job *job)
{
    return (job->options.flags & HVC_OPTION_CHECK_ONLY) != 0;
}

/* Job that sends a guest's memory to its target: over a migration network, which may have a limit. */
bool hvc_job_takes_network(const struct hvc_job *job);

/* It has not come to the switch-over since it was admitted last: proven at its source, the guest may be moved anew.
 * (A later admission is stamped behind all that was before it.) */
bool hvc_job_never_switched(const struct hvc_job *job);

#endif
