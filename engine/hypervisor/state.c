/* SPDX-License-Identifier: GPL-2.0-or-later */
#define VIR_ENUM_SENTINELS
#include "state.h"

#include <libvirt/libvirt.h>

#include "hvc/text.h"

/*
 * One row a reason: libvirt's own word (src/conf/domain_conf.c, VIR_ENUM_IMPL; also in its status files), what people
 * read, and the class without a migration job, as source, as target, and when the job is not known.
 */
struct row {
    const char *word;
    const char *text;
    enum hvc_guest_class by_job[HVC_DOMAIN_JOB_KINDS];
};

#define ALWAYS(c)                                                                                                      \
    {                                                                                                                  \
        c, c, c, c                                                                                                     \
    }
#define BY_JOB(none, out, in, unknown)                                                                                 \
    {                                                                                                                  \
        none, out, in, unknown                                                                                         \
    }

#define A HVC_GUEST_ABSENT
#define R HVC_GUEST_RUNNING
#define P HVC_GUEST_PAUSED
#define S HVC_GUEST_STOPPING
#define I HVC_GUEST_INCOMING
#define L HVC_GUEST_LEAVING
#define F HVC_GUEST_FAILED
#define U HVC_GUEST_UNKNOWN

static const struct row nostate_rows[] = {
    [VIR_DOMAIN_NOSTATE_UNKNOWN] = {"unknown", "no state", ALWAYS(U)},
};

/* At the target libvirt says "running" only after Finish, when the source is paused for good; in post-copy the target
 * is the guest. */
static const struct row running_rows[] = {
    [VIR_DOMAIN_RUNNING_UNKNOWN] = {"unknown", "unknown reason", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_BOOTED] = {"booted", "booted", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_MIGRATED] = {"migrated", "migrated", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_RESTORED] = {"restored", "restored", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_FROM_SNAPSHOT] = {"from snapshot", "from snapshot", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_UNPAUSED] = {"unpaused", "unpaused", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_MIGRATION_CANCELED] = {"migration canceled", "migration cancelled", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_SAVE_CANCELED] = {"save canceled", "save cancelled", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_WAKEUP] = {"wakeup", "woken up", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_CRASHED] = {"crashed", "resumed after a crash", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_POSTCOPY] = {"post-copy", "post-copy", ALWAYS(R)},
    [VIR_DOMAIN_RUNNING_POSTCOPY_FAILED] = {"post-copy failed",
                                            "post-copy is interrupted, vCPUs run until they miss a page", ALWAYS(R)},
};

static const struct row blocked_rows[] = {
    [VIR_DOMAIN_BLOCKED_UNKNOWN] = {"unknown", "waits for a resource", ALWAYS(R)},
};

/*
 * PAUSED_MIGRATION is both ends of a migration. With no job at all libvirt has forgotten the migration (libvirtd was
 * restarted after the copy: "third party needs to check what to do next", qemuProcessRecoverMigrationOut): nobody will
 * resume it, so it is FAILED and stranded.
 */
static const struct row paused_rows[] = {
    [VIR_DOMAIN_PAUSED_UNKNOWN] = {"unknown", "unknown reason", BY_JOB(P, L, I, U)},
    [VIR_DOMAIN_PAUSED_USER] = {"user", "by a user", ALWAYS(P)},
    [VIR_DOMAIN_PAUSED_MIGRATION] = {"migration", "migration", BY_JOB(F, L, I, U)},
    [VIR_DOMAIN_PAUSED_SAVE] = {"save", "being saved", ALWAYS(P)},
    [VIR_DOMAIN_PAUSED_DUMP] = {"dump", "being dumped", ALWAYS(R)},
    [VIR_DOMAIN_PAUSED_IOERROR] = {"ioerror", "I/O error", ALWAYS(F)},
    [VIR_DOMAIN_PAUSED_WATCHDOG] = {"watchdog", "watchdog", ALWAYS(F)},
    [VIR_DOMAIN_PAUSED_FROM_SNAPSHOT] = {"from snapshot", "from snapshot", ALWAYS(P)},
    [VIR_DOMAIN_PAUSED_SHUTTING_DOWN] = {"shutdown", "shutting down", ALWAYS(S)},
    [VIR_DOMAIN_PAUSED_SNAPSHOT] = {"snapshot", "snapshot being taken", ALWAYS(P)},
    [VIR_DOMAIN_PAUSED_CRASHED] = {"panicked", "guest crashed", ALWAYS(F)},
    [VIR_DOMAIN_PAUSED_STARTING_UP] = {"starting up", "starting up", ALWAYS(I)},
    /* the source in post-copy: the guest is at the target; without a job libvirt lost it half way */
    [VIR_DOMAIN_PAUSED_POSTCOPY] = {"post-copy", "post-copy", BY_JOB(F, L, P, U)},
    /* likewise; its job waits to be resumed. libvirt calls the target's half running (post-copy failed) */
    [VIR_DOMAIN_PAUSED_POSTCOPY_FAILED] = {"post-copy failed", "post-copy is interrupted", BY_JOB(F, L, F, U)},
};

static const struct row shutdown_rows[] = {
    [VIR_DOMAIN_SHUTDOWN_UNKNOWN] = {"unknown", "unknown reason", ALWAYS(S)},
    [VIR_DOMAIN_SHUTDOWN_USER] = {"user", "by a user", ALWAYS(S)},
};

static const struct row shutoff_rows[] = {
    [VIR_DOMAIN_SHUTOFF_UNKNOWN] = {"unknown", "unknown reason", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_SHUTDOWN] = {"shutdown", "shut down", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_DESTROYED] = {"destroyed", "destroyed", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_CRASHED] = {"crashed", "crashed", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_MIGRATED] = {"migrated", "migrated away", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_SAVED] = {"saved", "saved", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_FAILED] = {"failed", "failed", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT] = {"from snapshot", "from snapshot", ALWAYS(A)},
    [VIR_DOMAIN_SHUTOFF_DAEMON] = {"daemon", "ended by libvirtd", ALWAYS(A)},
};

static const struct row crashed_rows[] = {
    [VIR_DOMAIN_CRASHED_UNKNOWN] = {"unknown", "unknown reason", ALWAYS(F)},
    [VIR_DOMAIN_CRASHED_PANICKED] = {"panicked", "guest panicked", ALWAYS(F)},
};

/* The guest wakes up by itself (timer, network). As the source of a migration its vCPUs stand still to the end. */
static const struct row pmsuspended_rows[] = {
    [VIR_DOMAIN_PMSUSPENDED_UNKNOWN] = {"unknown", "by its power management", BY_JOB(R, L, R, R)},
};

struct state {
    const char *word;
    const char *text;
    const struct row *rows;
    size_t count;
    enum hvc_guest_class other; /* for a reason that this table does not know */
};

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])
#define COMPLETE(rows, last)                                                                                           \
    _Static_assert(sizeof(rows) / sizeof((rows)[0]) == (last), "every reason of libvirt 9.0 has its row")

COMPLETE(nostate_rows, VIR_DOMAIN_NOSTATE_LAST);
COMPLETE(running_rows, VIR_DOMAIN_RUNNING_LAST);
COMPLETE(blocked_rows, VIR_DOMAIN_BLOCKED_LAST);
COMPLETE(paused_rows, VIR_DOMAIN_PAUSED_LAST);
COMPLETE(shutdown_rows, VIR_DOMAIN_SHUTDOWN_LAST);
COMPLETE(shutoff_rows, VIR_DOMAIN_SHUTOFF_LAST);
COMPLETE(crashed_rows, VIR_DOMAIN_CRASHED_LAST);
COMPLETE(pmsuspended_rows, VIR_DOMAIN_PMSUSPENDED_LAST);

static const struct state states[] = {
    [VIR_DOMAIN_NOSTATE] = {"nostate", "no state", ROWS(nostate_rows), U},
    [VIR_DOMAIN_RUNNING] = {"running", "running", ROWS(running_rows), R},
    [VIR_DOMAIN_BLOCKED] = {"blocked", "blocked", ROWS(blocked_rows), R},
    [VIR_DOMAIN_PAUSED] = {"paused", "paused", ROWS(paused_rows), U},
    [VIR_DOMAIN_SHUTDOWN] = {"shutdown", "shutting down", ROWS(shutdown_rows), S},
    [VIR_DOMAIN_SHUTOFF] = {"shutoff", "shut off", ROWS(shutoff_rows), A},
    [VIR_DOMAIN_CRASHED] = {"crashed", "crashed", ROWS(crashed_rows), F},
    [VIR_DOMAIN_PMSUSPENDED] = {"pmsuspended", "suspended", ROWS(pmsuspended_rows), R},
};
COMPLETE(states, VIR_DOMAIN_LAST);

static const enum hvc_domain_job operations[] = {
    [VIR_DOMAIN_JOB_OPERATION_UNKNOWN] = HVC_DOMAIN_JOB_UNKNOWN,
    [VIR_DOMAIN_JOB_OPERATION_START] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_SAVE] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_RESTORE] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN] = HVC_DOMAIN_JOB_IN,
    [VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT] = HVC_DOMAIN_JOB_OUT,
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_DUMP] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_BACKUP] = HVC_DOMAIN_JOB_NONE,
    [VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE] = HVC_DOMAIN_JOB_NONE,
};
COMPLETE(operations, VIR_DOMAIN_JOB_OPERATION_LAST);

static const struct state *state_of(int state)
{
    if (state < 0 || (size_t)state >= sizeof(states) / sizeof(states[0]))
        return NULL;
    return &states[state];
}

static const struct row *row_of(int state, int reason)
{
    const struct state *known = state_of(state);

    if (known == NULL || reason < 0 || (size_t)reason >= known->count)
        return NULL;
    return &known->rows[reason];
}

enum hvc_domain_job hvc_domain_job_of(int operation)
{
    if (operation < 0 || (size_t)operation >= sizeof(operations) / sizeof(operations[0]))
        return HVC_DOMAIN_JOB_UNKNOWN;
    return operations[operation];
}

enum hvc_guest_class hvc_state_class(int state, int reason, enum hvc_domain_job job)
{
    const struct row *row = row_of(state, reason);

    if (row != NULL && job < HVC_DOMAIN_JOB_KINDS)
        return row->by_job[job];
    return state_of(state) == NULL ? HVC_GUEST_UNKNOWN : states[state].other;
}

void hvc_state_words(int state, int reason, char *target, size_t size)
{
    const struct state *known = state_of(state);
    const struct row *row = row_of(state, reason);

    if (row != NULL)
        (void)snprintf(target, size, "%s (%s)", known->text, row->text);
    else if (known != NULL)
        (void)snprintf(target, size, "%s (reason %d, unknown to this version)", known->text, reason);
    else
        (void)snprintf(target, size, "state %d reason %d, unknown to this version", state, reason);
}

bool hvc_state_needs_job(int state, int reason)
{
    const struct row *row = row_of(state, reason);

    if (row == NULL)
        return false;
    for (int job = 1; job < HVC_DOMAIN_JOB_KINDS; job++)
        if (row->by_job[job] != row->by_job[0])
            return true;
    return false;
}

bool hvc_state_stranded(int state, int reason, enum hvc_domain_job job)
{
    return state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_MIGRATION && job == HVC_DOMAIN_JOB_NONE;
}

bool hvc_state_half(int state, int reason)
{
    if (state == VIR_DOMAIN_PAUSED)
        return reason == VIR_DOMAIN_PAUSED_POSTCOPY || reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED;
    return state == VIR_DOMAIN_RUNNING &&
           (reason == VIR_DOMAIN_RUNNING_POSTCOPY || reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED);
}

int hvc_state_by_word(const char *word)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (strcmp(states[i].word, word) == 0)
            return (int)i;
    return -1;
}

int hvc_reason_by_word(int state, const char *word)
{
    const struct state *known = state_of(state);

    for (size_t i = 0; known != NULL && i < known->count; i++)
        if (strcmp(known->rows[i].word, word) == 0)
            return (int)i;
    return -1;
}

size_t hvc_state_reasons(int state)
{
    const struct state *known = state_of(state);

    return known == NULL ? 0 : known->count;
}
