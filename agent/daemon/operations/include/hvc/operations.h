/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operation layer: one table of what can be asked, with every argument, right and bound; handlers that get checked
 * arguments; and what they work with. Linked by hvclusterd, which answers over IPC, and by hvcluster-direct, which
 * runs one operation in its own process when there is no daemon.
 *
 * Life of a request: hvc_call_new checks it against the table (any thread, never blocks) -> hvc_call_run runs the
 * handler (a worker when the row says `blocking`) -> hvc_call_response. hvc_call_cancel may come from another thread
 * meanwhile.
 */
#ifndef HVC_OPERATIONS_H
#define HVC_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/clock.h"
#include "hvc/error.h"
#include "hvc/facts.h"
#include "hvc/hypervisor.h"
#include "hvc/keeper.h"
#include "hvc/limits.h"
#include "hvc/messages.h"
#include "hvc/moves.h"
#include "hvc/peers.h"
#include "hvc/record.h"
#include "hvc/results.h"

/* ---- the table ---- */

enum hvc_argument_type {
    HVC_ARGUMENT_TEXT, /* min..max bytes without the zero byte; max 0: HVC_GUEST_NAME_MAX - 1 */
    HVC_ARGUMENT_U64,  /* min..max; max 0: UINT64_MAX */
    HVC_ARGUMENT_BOOL,
    HVC_ARGUMENT_UUID, /* text form; the handler gets it in lower case with dashes */
    HVC_ARGUMENT_TYPE_MAX
};

struct hvc_argument {
    const char *name;
    enum hvc_argument_type type;
    bool required;
    unsigned choice; /* of all arguments with the same non-zero number exactly one must be given */
    uint64_t min, max;
    const char *const *words; /* NULL, or the texts that are allowed, ends with NULL */
    const char *help;
};

enum hvc_right { HVC_RIGHT_NONE, HVC_RIGHT_READ, HVC_RIGHT_OPERATE, HVC_RIGHT_ADMIN };
const char *hvc_right_name(enum hvc_right right);

struct hvc_operations;
struct hvc_events; /* hvc/events.h */
struct hvc_call;

/* Fills call->data, says words with hvc_call_say, returns how it ended. Never blocks beyond the call's deadline. */
typedef enum hvc_result (*hvc_operation_fn)(struct hvc_operations *operations, struct hvc_call *call);

/* Which threads run it. */
enum hvc_lane {
    HVC_LANE_NONE,   /* the main loop: a handler that never blocks, not even for a file */
    HVC_LANE_WORK,   /* the workers; waits in their queue when all are busy */
    HVC_LANE_STATUS, /* threads of its own, so that it is answered also when every worker hangs; ends within 2 s */
    HVC_LANE_WAIT    /* threads of its own: waits for a change, does nothing else, and ends within half a second of its
                        cancel */
};

struct hvc_operation {
    const char *name;
    const char *help;
    const struct hvc_argument *arguments;
    size_t argument_count;
    enum hvc_right right;
    enum hvc_lane lane;
    bool bound;              /* to its client: client gone = cancelled */
    bool audited;            /* one audit line at its end: everything that changes something */
    uint64_t timeout_ms;     /* when the request names none; every operation takes "timeout_ms" without a row for it */
    uint64_t timeout_max_ms; /* 0: HVC_OPERATION_TIMEOUT_MAX_MS */
    hvc_operation_fn handler;
};

/* The two members of a row that name its arguments. */
#define HVC_ARGUMENTS(array) .arguments = (array), .argument_count = sizeof(array) / sizeof((array)[0])

/* Rows of one file. hvc_operation_sets (operations.c) lists all of them. */
struct hvc_operation_set {
    const struct hvc_operation *rows;
    size_t count;
};
extern const struct hvc_operation_set hvc_status_operations;        /* status.c */
extern const struct hvc_operation_set hvc_guest_operations;         /* guest_operations.c */
extern const struct hvc_operation_set hvc_move_operations;          /* moves_operations.c */
extern const struct hvc_operation_set hvc_settings_operations;      /* settings_operations.c */
extern const struct hvc_operation_set hvc_service_operations;       /* service_operations.c */
extern const struct hvc_operation_set hvc_node_operations;          /* node_operations.c */
extern const struct hvc_operation_set hvc_network_operations;       /* network_operations.c */
extern const struct hvc_operation_set hvc_state_operations;         /* state_operations.c */
extern const struct hvc_operation_set hvc_job_operations;           /* job_operations.c */
extern const struct hvc_operation_set hvc_event_operations;         /* event_operations.c */
extern const struct hvc_operation_set hvc_definition_operations;    /* guest_definition.c */
extern const struct hvc_operation_set hvc_check_operations;         /* ../checks/operations.c */
extern const struct hvc_operation_set hvc_compatibility_operations; /* ../checks/compatibility.c */
extern const struct hvc_operation_set hvc_vector_operations;        /* ../checks/vectors.c */
extern const struct hvc_operation_set hvc_balance_operations;       /* ../balance/operations.c */

/* Row of a name, NULL when there is none; and all rows in order, NULL after the last. */
const struct hvc_operation *hvc_operation_find(const char *name);
const struct hvc_operation *hvc_operation_at(size_t index);

/* ---- what handlers work with: one a process, lives longer than every call ---- */

/* Configuration of moves ([migration] of hvclusterd.conf). */
struct hvc_migration_settings {
    bool tls;                 /* encrypt the memory stream */
    uint64_t bandwidth_mib;   /* 0: not limited */
    uint64_t max_downtime_ms; /* 0: the hypervisor's own */
    bool auto_converge;
    bool post_copy;           /* may a move be switched to post-copy when nobody says */
    bool zero_copy;           /* where streams and versions allow */
    bool synchronous_writes;  /* of disks that are copied along */
    unsigned parallel;        /* streams */
    uint64_t ring_latency_ms; /* more than usual, from which moves are slowed down to spare the ring; 0: never */
    bool ring_all;            /* all moves, not only those whose data take the ring's network */
};

/* Load of the workers, for `status`. */
struct hvc_workers_state {
    unsigned workers, busy, queued, stuck; /* stuck: past the deadline of their call */
    unsigned clients;
};

struct hvc_operations {
    char node[HVC_NODE_NAME_MAX];      /* name of this node in the cluster; the host name when corosync does not say */
    bool direct;                       /* hvcluster-direct: no daemon, no workers, one call */
    const char *root;                  /* folder that stands for / where /etc and /run are looked at; NULL: / */
    bool privileged;                   /* root: may read /run/libvirt/qemu and end processes of guests */
    uint64_t started_ms;               /* hvc_now_ms */
    struct hvc_hypervisor *hypervisor; /* of this node; never NULL */
    struct hvc_peers *peers;           /* hypervisors of the other nodes */
    struct hvc_facts *facts;           /* Corosync and Pacemaker */
    struct hvc_moves *moves;
    struct hvc_keeper *keeper;            /* the cluster's state; NULL in hvcluster-direct */
    struct hvc_events *events;            /* what has happened; NULL likewise */
    char move_records[HVC_PATH_TEXT_MAX]; /* folder where moves under way are written down; "": nowhere */
    char archive[HVC_PATH_TEXT_MAX];      /* folder of ended jobs (hvc/job_archive.h); "": none */
    uint64_t archive_days;                /* for which they are kept, 0: none is */
    const char *boot_id_file;             /* tells whether a record is of this boot; NULL: the kernel's */
    struct hvc_migration_settings migration;
    /* NULL in hvcluster-direct */
    void (*workers_state)(void *context, struct hvc_workers_state *ret_state);
    void *workers_context;
    /* Where messages go; any thread. Never NULL. `details` is key=value text, "" for none. */
    hvc_message_fn message;
    void *message_context;
};

/* Milliseconds of the wall clock since 1970, as commands have them. */
uint64_t hvc_wall_ms(void);

/* Says message with key=value details (values through hvc_message_quote). */
void hvc_operations_note(struct hvc_operations *operations, enum hvc_message message, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- one call ---- */

struct hvc_caller {
    int64_t pid;
    uint32_t uid, gid;
    enum hvc_right right;
};

struct hvc_call {
    const struct hvc_operation *operation;
    struct hvc_caller caller;
    const struct hvc_record *args; /* checked against the row: nothing unknown, missing or mistyped is in it */
    uint64_t deadline_ms;          /* hvc_now_ms at which the answer is due */
    struct hvc_record *data;       /* of the response; empty when the handler starts */
    struct hvc_error error;        /* words of the response (hvc_call_say) */
    struct hvc_call_state *state;  /* the framework's */
};

/* Checks a request. Always gives a call unless there is no memory (NULL): one whose request was refused has that result
 * already and hvc_call_run does nothing. request is taken over. now_ms: when it came, the deadline counts from there.
 */
struct hvc_call *hvc_call_new(struct hvc_record *request, const struct hvc_caller *caller, uint64_t now_ms);
/* The same for a request that could not be read at all. */
struct hvc_call *hvc_call_new_refused(const struct hvc_caller *caller, enum hvc_result result,
                                      const struct hvc_error *why);
void hvc_call_ref(struct hvc_call *call);
void hvc_call_unref(struct hvc_call *call);

/* True when hvc_call_run has something to run (the request was not refused by the table). */
bool hvc_call_is_accepted(const struct hvc_call *call);

/* Runs the handler in the calling thread, then audits. Also ends a call whose time passed before it began (TIMEOUT). */
void hvc_call_run(struct hvc_operations *operations, struct hvc_call *call);

/* Any thread, any time, repeatedly: its client has gone, or nobody wants it any more. */
void hvc_call_cancel(struct hvc_call *call);
bool hvc_call_is_cancelled(const struct hvc_call *call);

/* The response after hvc_call_run (or of a refused call). Belongs to the call. */
const struct hvc_record *hvc_call_response(struct hvc_call *call);
/* The same as text, with a zero byte; free(). Always an answer: what cannot be written becomes "internal" with the
 * reason. NULL: no memory. */
char *hvc_call_answer(struct hvc_call *call, size_t *ret_length);
/* An answer without a call: for a client whose call is still in a worker's hands. NULL: no memory. free(). */
char *hvc_answer_words(enum hvc_result result, const char *words, size_t *ret_length);

/* For handlers. */

/* Sets the words of the response, and returns result: `return hvc_call_say(call, HVC_RESULT_REFUSED, "...")`. */
enum hvc_result hvc_call_say(struct hvc_call *call, enum hvc_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the code and words of a lower layer's error. */
enum hvc_result hvc_call_fail(struct hvc_call *call, const struct hvc_error *error);

/* Sleeps up to ms, ends early at the deadline or when cancelled. True: go on; false: cancelled or out of time. */
bool hvc_call_wait(struct hvc_call *call, uint64_t ms);

#endif
