/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state of a job as one row of a table, and what is decided for it. */
#ifndef HVC_TEST_AGENDA_ROWS_H
#define HVC_TEST_AGENDA_ROWS_H

#include "hvc/job_agenda.h"

#define NOW UINT64_C(1000000)

enum { NONE = HVC_JOB_WORK_NONE };

struct row {
    const char *name;
    uint8_t effect, phase;
    bool cancel;
    /* here */
    uint8_t work;
    bool running;
    uint16_t found;
    bool absent;
    uint32_t target_found;
    uint8_t stage, proof;
    bool told, ours, foreign; /* ours: it was told so for its lost target, by this runner */
    /* of the job, 0: as most are */
    bool switched;
    uint8_t origin, kind, attempts;
    /* wanted */
    uint8_t step;
    uint8_t command; /* enum hvc_command_kind */
    uint8_t to;      /* of a report */
    int runs_on;     /* -1: not located */
    uint8_t begin;
    uint8_t at, goes; /* enum hvc_job_step: of the job, and of the report (NONE: as the job's) */
};

#define WAITS      .step = HVC_AGENDA_WAIT, .runs_on = -1
#define ENDS       .step = HVC_AGENDA_END, .runs_on = -1
#define WORKS(w)   .step = HVC_AGENDA_WORK, .begin = HVC_JOB_WORK_##w, .runs_on = -1
#define REPORTS(p) .step = HVC_AGENDA_PROPOSE, .command = HVC_COMMAND_JOB_REPORT, .to = HVC_JOB_##p, .runs_on = -1
#define PROVES(p, node)                                                                                                \
    .step = HVC_AGENDA_PROPOSE, .command = HVC_COMMAND_JOB_REPORT, .to = HVC_JOB_##p, .runs_on = (node)
#define OF(e, p) .effect = HVC_EFFECT_##e, .phase = HVC_JOB_##p
#define MOVE(s)  .stage = HVC_STAGE_##s
#define AT(s)    .at = HVC_STEP_##s
#define GOES(s)  .goes = HVC_STEP_##s
#define ENDED(p) .stage = HVC_STAGE_ENDED, .proof = HVC_PROOF_##p

static inline struct hvc_agenda_effect effect_of(const struct row *row)
{
    struct hvc_agenda_effect e = {.kind = row->effect, .source_member = true, .target_member = true};

    e.job.id = 7;
    e.job.source = 1;
    e.job.target = row->effect == HVC_EFFECT_PLACE ? 0 : 2;
    e.job.phase = row->phase;
    e.job.step = row->at;
    e.job.cancel = row->cancel;
    e.job.phase_ms[HVC_JOB_ADMITTED] = NOW - 2;
    e.job.phase_ms[HVC_JOB_SWITCHING] = row->switched ? NOW - 1 : NOW - 3; /* of a former attempt */
    e.job.origin = row->origin;
    e.job.kind = row->kind;
    e.job.attempts = row->attempts;
    return e;
}

static inline void decide(const struct row *row, const struct hvc_agenda_effect *effect,
                          struct hvc_agenda_action *action)
{
    const struct hvc_agenda_finding finding = {
        .work = row->work,
        .phase = row->work == HVC_JOB_WORK_PLACE && row->phase != HVC_JOB_QUEUED ? HVC_JOB_QUEUED : row->phase,
        .running = row->running,
        .code = row->found,
        .absent = row->absent,
        .target = row->target_found,
        .tries = 1,
        .ended_ms = NOW,
        .text = "words"};
    const struct hvc_agenda_move move = {.stage = row->stage,
                                         .proof = row->proof,
                                         .cancel = row->told || row->ours,
                                         .for_target = row->ours,
                                         .foreign = row->foreign,
                                         .code = row->proof == HVC_PROOF_MOVED ? HVC_REASON_NOTE : HVC_REASON_GIVE_UP,
                                         .text = "libvirt's words"};
    const struct hvc_agenda_input input = {
        .effect = effect, .finding = &finding, .move = &move, .now_ms = NOW, .version = HVC_COMMAND_VERSION};

    hvc_agenda_decide(&input, action);
}

#endif
