/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this node has to do for the jobs of the cluster: one step a job at a time, from what the committed state wants
 * done here (hvc_service_effect_next), what this node does already, and what that has found. Level-triggered: a restart
 * of the daemon, a new view, a replay of the log make it ask the same question again, and nothing is begun twice.
 *
 * Pure and deterministic: no I/O, no clock (time comes in), no allocation, no thread. The simulator can link it.
 */
#ifndef HVC_JOB_AGENDA_H
#define HVC_JOB_AGENDA_H

#include "hvc/service.h"

/* ---- what the state wants of this node: a copy, so that nobody holds the state ---- */

struct hvc_agenda_effect {
    uint8_t kind; /* enum hvc_effect_kind; neither DRAIN nor RETURN */
    struct hvc_job job;
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX]; /* names; target "": not chosen */
    bool source_member, target_member;
    uint32_t guest_node;                  /* where the guest runs as far as was committed, 0: nowhere */
    char resource[HVC_RESOURCE_NAME_MAX]; /* of the guest, "": Pacemaker does not manage it */
    uint64_t setting[HVC_SETTING_MAX];    /* in force for the source */
    bool limits_networks;                 /* hvc_service_limits_networks: the state is told which ones moves take */
};

/* Copies the next effect of node, and with any those of nobody in particular; cursor as hvc_service_effect_next has it.
 * False: there are no more. */
bool hvc_agenda_effect_next(const struct hvc_service *service, uint32_t node, bool any,
                            struct hvc_effect_cursor *cursor, struct hvc_agenda_effect *ret_effect);

/* Nodes that may be the target of a queued job, the best one first: members that accept moves and have room for it, by
 * free memory, then fewest moves coming, then id. Returns how many. */
unsigned hvc_agenda_candidates(const struct hvc_service *service, const struct hvc_job *job,
                               uint32_t nodes[HVC_NODES_MAX]);

/* ---- what this node does about it ---- */

enum hvc_agenda_work {
    HVC_JOB_WORK_NONE,
    HVC_JOB_WORK_PLACE,     /* look for a target */
    HVC_JOB_WORK_CHECK,     /* the checks before the move */
    HVC_JOB_WORK_BEGIN,     /* ask once more whether the job still stands (a barrier), and begin the move */
    HVC_JOB_WORK_WATCH,     /* look whether the hold still stands; GIVE_UP: it does not */
    HVC_JOB_WORK_PROVE,     /* the same, but only watch what libvirt does and prove where the guest is */
    HVC_JOB_WORK_HAND_BACK, /* tell Pacemaker that its guest is at the target, and wait until it knows */
    HVC_JOB_WORK_SETTLE,    /* it knows: our location goes, or becomes the pin that was asked for */
    HVC_JOB_WORK_RELEASE,   /* tell it that the guest is its own again, where it was */
    HVC_JOB_WORK_COUNT
};
const char *hvc_agenda_work_name(unsigned work);

/* The last work of a job here, and what came of it. Of another phase or attempt than the job's present one it says
 * nothing. */
struct hvc_agenda_finding {
    uint8_t work; /* enum hvc_agenda_work */
    uint8_t phase, attempts;
    bool running;
    uint8_t tries; /* of this work in this phase and attempt */
    uint16_t code; /* enum hvc_reason_code; NOTE: it went well */
    bool absent;   /* BEGIN: the guest does not run at the source */
    uint32_t target;
    uint8_t way_count; /* CHECK: migration networks, as the report of admission has them */
    uint32_t ways[HVC_JOB_WAYS_MAX];
    uint64_t ended_ms; /* wall clock */
    char text[HVC_REASON_TEXT_MAX];
};

enum hvc_agenda_stage {
    HVC_STAGE_NONE,    /* no move of the guest is known here */
    HVC_STAGE_BEGUN,   /* by this daemon, and libvirt shows nothing of it yet */
    HVC_STAGE_WATCHED, /* found, and nothing is known of it yet but that it has not ended */
    HVC_STAGE_COPYING,
    HVC_STAGE_SWITCHING,
    HVC_STAGE_INTERRUPTED, /* post-copy without its network: nothing has ended, it is being resumed (hvc/move.h) */
    HVC_STAGE_ENDED,
};

enum hvc_agenda_proof {
    HVC_PROOF_NONE,   /* the move has ended, where the guest runs is not proven */
    HVC_PROOF_MOVED,  /* done: runs at the target, nothing of it at the source (of a kind that moves the guest) */
    HVC_PROOF_STAYED, /* not done: the guest is at the source, nothing of it at the target */
    HVC_PROOF_GONE,   /* at neither end */
    HVC_PROOF_UNCLEAR /* what is there nobody may decide about alone: an operator has to */
};

/* The move of the job's guest from or to here. */
struct hvc_agenda_move {
    uint8_t stage;    /* enum hvc_agenda_stage */
    uint8_t proof;    /* enum hvc_agenda_proof, of ENDED */
    uint16_t code;    /* enum hvc_reason_code, of ENDED */
    bool cancel;      /* it was told to end */
    bool for_target;  /* ... by this runner, because the target of its job is lost */
    bool foreign;     /* somebody else began it here: it is not ended for this job */
    uint32_t network; /* id of the migration network that it takes, 0: none, or not known */
    char text[HVC_REASON_TEXT_MAX];
};

/*
 * ---- the next step ----
 *
 * A job that moves a guest of Pacemaker's has a step beside its phase (enum hvc_job_step), which is committed before
 * anything is done for it, and is done again by whoever goes on:
 *
 *     phase                     step
 *     CHECKING                  none       the gate: the checks
 *     ADMITTED                  hold       BEGIN: the hold, then the move, until libvirt shows it
 *     COPYING, SWITCHING        copy       libvirt's; until the switch-over WATCH, and without the hold the move ends
 *     VERIFYING                 prove      PROVE: both ends
 *     any, once it is proven    hand-back  HAND_BACK; it runs at the target, as the state says now
 *     ... and Pacemaker knows   settle     SETTLE
 *     any, once it is proven    release    RELEASE; it runs at the source or nowhere, as the state says now
 */

enum hvc_agenda_step {
    HVC_AGENDA_WAIT,   /* nothing now; look again at until_ms, or when something has changed */
    HVC_AGENDA_WORK,   /* begin `work` */
    HVC_AGENDA_END,    /* tell the move to end */
    HVC_AGENDA_PROPOSE /* propose `command` */
};

struct hvc_agenda_action {
    uint8_t step;      /* enum hvc_agenda_step */
    uint8_t work;      /* enum hvc_agenda_work */
    uint64_t until_ms; /* wall clock; UINT64_MAX: only when something changes */
    struct hvc_command command;
};

struct hvc_agenda_input {
    const struct hvc_agenda_effect *effect;
    const struct hvc_agenda_finding *finding;
    const struct hvc_agenda_move *move;
    uint64_t now_ms; /* wall clock */
    uint32_t jitter; /* any number: spreads tries of several nodes */
    uint8_t version; /* of commands that every member understands: what needs a newer one is not decided */
};

void hvc_agenda_decide(const struct hvc_agenda_input *input, struct hvc_agenda_action *ret_action);

/* The guest is Pacemaker's, and the job moves it: under a hold on its resource, which BEGIN puts there. */
bool hvc_agenda_is_held(const struct hvc_agenda_effect *effect);

/* ---- objects of ours in Pacemaker's configuration, by any member ---- */

/* How many members come before that node; UINT_MAX: it is none. */
unsigned hvc_agenda_rank(const struct hvc_service *service, uint32_t node);

/* For how long the member of that rank leaves it to others. lives: first of all to the job's own node. */
uint64_t hvc_agenda_patience_ms(unsigned rank, bool lives);

enum hvc_agenda_mark {
    HVC_AGENDA_MARK_KEEP,
    HVC_AGENDA_MARK_REMOVE,
    HVC_AGENDA_MARK_HAND_BACK, /* its guest is elsewhere than Pacemaker has it: that has to be learned first */
    HVC_AGENDA_MARK_AWAY,      /* the node of its guest is away: a location there goes when the guest is proven dead */
};

struct hvc_agenda_verdict {
    uint8_t mark;   /* enum hvc_agenda_mark */
    bool lives;     /* its job does */
    bool inherited; /* another job of the guest lives, and will take it over, or end */
    bool known;     /* the state has a guest of that resource */
    bool pin;       /* of HAND_BACK: asked for */
    uint8_t guest[16];
    char node[HVC_NODE_NAME_MAX]; /* where the guest is as far as the state knows; "": nowhere. To be proven, both */
};

/* What becomes of a hold or location (no pin) of that job on that resource: by the steps of the job, and where the
 * state has the guest now, not by where the job once left it. */
void hvc_agenda_judge_mark(const struct hvc_service *service, uint64_t job, const char *resource,
                           struct hvc_agenda_verdict *ret_verdict);

/* For people: what a hold or location waits for that no unfinished job of the guest has; NULL: one has it. */
const char *hvc_agenda_left_words(const struct hvc_agenda_verdict *verdict);

/* Pacemaker was told of a target that is away now: it may be fenced and back within seconds, and what it was told would
 * then bring a guest there that was started elsewhere. */
bool hvc_agenda_is_pressing(const struct hvc_service *service);

/* The end of a job whose time has passed before its move began, or began anew, which without a deadline of its own
 * waits as long for a lost target as a move may take; false: it has not, or the job is further on already. setting_s:
 * HVC_SETTING_DEADLINE_S at its source. */
bool hvc_agenda_expired(const struct hvc_job *job, bool target_away, uint64_t setting_s, uint64_t now_ms,
                        struct hvc_command *ret_command);

/* How long to wait before the n-th try again, from 1: grows, is bounded, and spread by jitter. */
uint64_t hvc_agenda_backoff_ms(unsigned tries, uint32_t jitter);

/* What an error of the hypervisor means for a job: RETRY, OTHER_NODE, GIVE_UP, ... */
enum hvc_reason_code hvc_agenda_reason(int error_code);

/* Wall clock by which the move shall have ended, and 0 when nothing says so: the job's, else the setting's, else from
 * the memory of the guest. began_ms: when the job was admitted. */
uint64_t hvc_agenda_deadline_ms(const struct hvc_job *job, uint64_t setting_s, uint64_t began_ms);

#endif
