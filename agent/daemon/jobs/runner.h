/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner's table, for runner.c, carry.c and work.c. */
#ifndef HVC_JOBS_RUNNER_H
#define HVC_JOBS_RUNNER_H

#include <pthread.h>

#include "audit.h"
#include "hvc/job_agenda.h"
#include "hvc/job_runner.h"
#include "sweep.h"

enum {
    ITEMS_MAX = 256, /* jobs looked at in one round; more of them wait for the next */
    WORKS_MAX = 16,  /* threads that work for jobs at one time */
};

/* What is known here of one job. */
struct item {
    uint64_t job; /* 0: free */
    struct hvc_agenda_finding finding;
    bool proposing; /* a proposal is under way: nothing is decided before its answer */
    bool seen;      /* in this round */
    uint8_t refused;
    uint64_t propose_after_ms; /* hvc_now_ms */
    uint64_t proving_ms;       /* phase_ms of the RECONCILING in which PROVE was begun here */
    uint64_t ended_ms;         /* phase_ms of the ADMITTED whose move was told to end because its target is lost */
};

struct hvc_job_runner {
    struct hvc_operations *operations;
    pthread_mutex_t wake_lock; /* of woken and stop; innermost: who wakes may hold locks of his own */
    pthread_cond_t changed;
    bool woken, stop;
    bool started;
    pthread_t thread;
    pthread_mutex_t lock; /* of everything below */
    unsigned references;  /* the main thread's, works, proposals */
    struct item items[ITEMS_MAX];
    unsigned works;
    unsigned rank;          /* of this node among the members */
    bool pressing;          /* hvc_agenda_is_pressing, and this node is the first member */
    bool following;         /* places are being compared, or only what stands in Pacemaker's configuration looked at */
    bool all;               /* ... both */
    uint64_t follow_ms;     /* hvc_now_ms at which they shall be */
    uint64_t sweep_ms;      /* and the other alone while it is pressing */
    struct job_sweep sweep; /* of whoever follows */
    /* of the thread alone */
    struct hvc_job_audit audit;
    bool told_more; /* that there are more jobs than ITEMS_MAX */
};

/* Wall clock in milliseconds. */
uint64_t job_stamp_ms(void);

/* The lock is held. The last one frees the runner; then it is unlocked and gone. */
void job_runner_unref(struct hvc_job_runner *runner);
struct item *job_runner_item(struct hvc_job_runner *runner, uint64_t job);

/* work.c: begins work for a job; its finding is in the item when it has ended. -EAGAIN: too much work already. The lock
 * is held. */
int job_work_begin(struct hvc_job_runner *runner, const struct hvc_agenda_effect *effect, enum hvc_agenda_work work,
                   struct item *item);

/* work.c: has the committed places of guests follow libvirt, when it is time. The lock is held. */
void job_follow_places(struct hvc_job_runner *runner);

/* propose.c: hands a command to the keeper. item NULL: of no job in the table. The lock is held; it is let go of
 * meanwhile. */
void job_propose(struct hvc_job_runner *runner, const struct hvc_command *command, struct item *item);

/* carry.c: one round. Returns when to look again, hvc_now_ms. */
uint64_t job_round(struct hvc_job_runner *runner);

#endif
