/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/job.h"

#include <stddef.h>

#define BIT(phase) (uint16_t)(1u << HVC_JOB_##phase)

/*
 * The one table of phases. cim_state: 2 New, 3 Starting, 4 Running, 7 Completed, 8 Terminated, 10 Exception, 11 Service
 * (DMTF: "a vendor-specific state that supports problem discovery, or resolution, or both"). operational: 2 OK, 6
 * Error, 15 Dormant, 17 Completed. exit_code: 0 done, 8 not ended in time, 10 the outcome is not
 * known, 11 failed: as hvc/results.h has them; 14 cancelled.
 */
static const struct hvc_job_phase_info phases[HVC_JOB_PHASE_COUNT] = {
    [HVC_JOB_QUEUED] = {"queued",
                        "waiting in the queue",
                        BIT(CHECKING) | BIT(FAILED) | BIT(CANCELLED),
                        HVC_JOB_CANCELLABLE,
                        2,
                        {2, 15},
                        8},
    [HVC_JOB_CHECKING] = {"checking",
                          "checks before the move are running",
                          BIT(QUEUED) | BIT(ADMITTED) | BIT(COMPLETED) | BIT(FAILED) | BIT(CANCELLED),
                          HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_CANCELLABLE,
                          3,
                          {2, 0},
                          8},
    [HVC_JOB_ADMITTED] = {"admitted",
                          "admitted, about to start",
                          BIT(QUEUED) | BIT(COPYING) | BIT(FAILED) | BIT(CANCELLED) | BIT(UNKNOWN),
                          HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_CANCELLABLE | HVC_JOB_STARTED,
                          3,
                          {2, 0},
                          8},
    [HVC_JOB_COPYING] = {"copying",
                         "copying, the guest runs at the source",
                         BIT(QUEUED) | BIT(SWITCHING) | BIT(VERIFYING) | BIT(FAILED) | BIT(CANCELLED) | BIT(UNKNOWN),
                         HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_CANCELLABLE | HVC_JOB_STARTED,
                         4,
                         {2, 0},
                         8},
    [HVC_JOB_SWITCHING] = {"switching",
                           "switching over",
                           BIT(VERIFYING) | BIT(FAILED) | BIT(CANCELLED) | BIT(UNKNOWN),
                           HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_STARTED | HVC_JOB_NEEDS_TARGET,
                           4,
                           {2, 0},
                           8},
    [HVC_JOB_VERIFYING] = {"verifying",
                           "proving where the guest runs",
                           BIT(QUEUED) | BIT(COMPLETED) | BIT(FAILED) | BIT(CANCELLED) | BIT(UNKNOWN) |
                               BIT(NEEDS_OPERATOR),
                           HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_STARTED | HVC_JOB_NEEDS_TARGET,
                           4,
                           {2, 0},
                           8},
    [HVC_JOB_COMPLETED] = {"completed", "completed", 0, HVC_JOB_ENDED, 7, {2, 17}, 0},
    [HVC_JOB_FAILED] = {"failed", "failed", 0, HVC_JOB_ENDED, 10, {6, 17}, 11},
    [HVC_JOB_CANCELLED] = {"cancelled", "cancelled", 0, HVC_JOB_ENDED, 8, {6, 17}, 14},
    [HVC_JOB_UNKNOWN] = {"unknown",
                         "a node that takes part is lost; waiting for its return or its fencing",
                         BIT(RECONCILING) | BIT(NEEDS_OPERATOR),
                         HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_CANCELLABLE | HVC_JOB_STARTED,
                         11,
                         {6, 0},
                         10},
    [HVC_JOB_RECONCILING] = {"reconciling",
                             "finding out what happened",
                             BIT(QUEUED) | BIT(COPYING) | BIT(SWITCHING) | BIT(VERIFYING) | BIT(COMPLETED) |
                                 BIT(FAILED) | BIT(CANCELLED) | BIT(UNKNOWN) | BIT(NEEDS_OPERATOR),
                             HVC_JOB_HOLDS_SLOTS | HVC_JOB_HOLDS_ROOM | HVC_JOB_CANCELLABLE | HVC_JOB_STARTED |
                                 HVC_JOB_NEEDS_TARGET,
                             11,
                             {6, 0},
                             10},
    [HVC_JOB_NEEDS_OPERATOR] = {"needs-operator",
                                "an operator has to say where the guest runs",
                                BIT(COMPLETED) | BIT(FAILED),
                                HVC_JOB_HOLDS_ROOM | HVC_JOB_STARTED,
                                11,
                                {6, 0},
                                10},
};

const struct hvc_job_phase_info *hvc_job_phase_info(unsigned phase)
{
    return phase < HVC_JOB_PHASE_COUNT ? &phases[phase] : NULL;
}

const char *hvc_job_phase_name(unsigned phase)
{
    return phase < HVC_JOB_PHASE_COUNT ? phases[phase].name : "invalid";
}

bool hvc_job_phase_may_follow(unsigned from, unsigned to)
{
    return from < HVC_JOB_PHASE_COUNT && to < HVC_JOB_PHASE_COUNT && (phases[from].next >> to & 1) != 0;
}

/* MigrationType and JobType: spec of Msvm_VirtualSystemMigrationSettingData and Msvm_MigrationJob; 1 Other, 3 Resume
 * and 4 Restart are CIM's own, which Microsoft's value map leaves out. */
static const struct hvc_job_kind_info kinds[HVC_KIND_COUNT] = {
    [HVC_KIND_LIVE] = {"live", HVC_KIND_MOVES_GUEST | HVC_KIND_USES_LINK | HVC_KIND_NEEDS_LIVE, 32768, 305, 301},
    [HVC_KIND_STORAGE] = {"storage", HVC_KIND_USES_STORAGE | HVC_KIND_STAYS, 32769, 307, 304},
    [HVC_KIND_LIVE_STORAGE] = {"live-storage",
                               HVC_KIND_MOVES_GUEST | HVC_KIND_USES_STORAGE | HVC_KIND_USES_LINK | HVC_KIND_NEEDS_LIVE,
                               32771, 306, 302},
    [HVC_KIND_STAGED] = {"staged", 0, 32770, 300, 301},
    [HVC_KIND_QUICK] = {"quick", HVC_KIND_MOVES_GUEST | HVC_KIND_USES_LINK, 3, 305, 301},
    [HVC_KIND_RESTART] = {"restart", HVC_KIND_MOVES_GUEST, 4, 305, 301},
    [HVC_KIND_DEFINITION] = {"definition", 0, 1, 305, 301},
};

const struct hvc_job_kind_info *hvc_job_kind_info(unsigned kind)
{
    return kind < HVC_KIND_COUNT ? &kinds[kind] : NULL;
}

bool hvc_job_takes_network(const struct hvc_job *job)
{
    return (hvc_job_kind_info(job->kind)->flags & HVC_KIND_USES_LINK) != 0 && !hvc_job_is_check(job);
}

bool hvc_job_never_switched(const struct hvc_job *job)
{
    uint64_t switched_ms = job->phase_ms[HVC_JOB_SWITCHING];

    return switched_ms == 0 || switched_ms < job->phase_ms[HVC_JOB_ADMITTED];
}

const char *hvc_origin_name(unsigned origin)
{
    static const char *const names[HVC_ORIGIN_COUNT] = {"operator", "pacemaker", "drain", "return"};

    return origin < HVC_ORIGIN_COUNT ? names[origin] : "invalid";
}

const char *hvc_step_name(unsigned step)
{
    static const char *const names[HVC_STEP_COUNT] = {"none",      "hold",   "copy",   "prove",
                                                      "hand-back", "settle", "release"};

    return step < HVC_STEP_COUNT ? names[step] : "invalid";
}

const char *hvc_reason_name(unsigned code)
{
    static const char *const names[HVC_REASON_COUNT] = {
        "note",        "retry",       "other-node",    "give-up",  "cancelled", "deadline",
        "source-lost", "target-lost", "guest-stopped", "unproven", "operator",
    };

    return code < HVC_REASON_COUNT ? names[code] : "invalid";
}

const char *hvc_blocker_text(unsigned blocker)
{
    static const char *const texts[HVC_BLOCKER_COUNT] = {
        "nothing in the way",
        "the service is quiesced or disabled",
        "a later attempt is set",
        "no target is chosen yet",
        "the source is not a member of the cluster now",
        "the target is not a member of the cluster now",
        "the target is in maintenance or accepts no moves",
        "live migration is not enabled at one end",
        "the limit of moves out of the source",
        "the limit of moves into the target",
        "the limit of storage moves of the source",
        "the limit of moves in the cluster",
        "the limit of moves over its migration networks",
        "not enough memory at the target",
        "an older job is next on these nodes",
    };

    return blocker < HVC_BLOCKER_COUNT ? texts[blocker] : "invalid";
}
