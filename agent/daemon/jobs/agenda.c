/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/job_agenda.h"

#include <errno.h>
#include <string.h>

#include "hvc/text.h"

enum {
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MOST_MS = 60000,
    PLACE_AGAIN_MS = 10000,    /* a job for which no node had room: one may have now */
    WATCH_MS = 2000,           /* between two looks at the hold of a move */
    FORESEE_MS = 400,          /* before the second: both ends are busy with the beginning of the copy */
    FORBIDDEN_TRIES = 2,       /* of a hand-back to where Pacemaker is not allowed the guest */
    TELL_TRIES = 5,            /* for Pacemaker to learn the end of a move, before the job ends without that */
    CHECK_TRIES = 5,           /* back to the queue because of what may pass by itself, in all */
    SLOWEST_KIB_MS = 10 * 1024 /* per second: a link slower than that is an operator's word away (deadline) */
};

const char *hvc_agenda_work_name(unsigned work)
{
    static const char *const names[HVC_JOB_WORK_COUNT] = {"none",  "place",     "check",  "begin",  "watch",
                                                          "prove", "hand-back", "settle", "release"};

    return work < HVC_JOB_WORK_COUNT ? names[work] : "invalid";
}

uint64_t hvc_agenda_backoff_ms(unsigned tries, uint32_t jitter)
{
    uint64_t base = BACKOFF_FIRST_MS;

    for (unsigned i = 1; i < tries && base < BACKOFF_MOST_MS; i++)
        base *= 2;
    if (base > BACKOFF_MOST_MS)
        base = BACKOFF_MOST_MS;
    return base / 2 + jitter % (base / 2 + 1);
}

enum hvc_reason_code hvc_agenda_reason(int error_code)
{
    switch (-error_code) {
    case ECANCELED:
        return HVC_REASON_CANCELLED;
    case ENOENT:
        return HVC_REASON_GUEST_STOPPED;
    case EBUSY:
    case EAGAIN:
        return HVC_REASON_RETRY;
    case ETIMEDOUT:
        return HVC_REASON_DEADLINE;
    case ENOTCONN:
    case EACCES:
    case EEXIST:
        return HVC_REASON_OTHER_NODE;
    default:
        return HVC_REASON_GIVE_UP;
    }
}

uint64_t hvc_agenda_deadline_ms(const struct hvc_job *job, uint64_t setting_s, uint64_t began_ms)
{
    if (job->options.deadline_ms != 0)
        return job->options.deadline_ms;
    if (setting_s == 0)
        setting_s = 600 + job->memory_kib / SLOWEST_KIB_MS;
    return began_ms + setting_s * 1000;
}

/* ---- steps ---- */

static void wait_until(struct hvc_agenda_action *action, uint64_t until_ms)
{
    action->step = HVC_AGENDA_WAIT;
    action->until_ms = until_ms;
}

static void work(struct hvc_agenda_action *action, enum hvc_agenda_work what)
{
    action->step = HVC_AGENDA_WORK;
    action->work = (uint8_t)what;
}

static struct hvc_command *propose(struct hvc_agenda_action *action, enum hvc_command_kind kind)
{
    action->step = HVC_AGENDA_PROPOSE;
    memset(&action->command, 0, sizeof(action->command));
    action->command.version = HVC_COMMAND_VERSION;
    action->command.kind = (uint8_t)kind;
    memcpy(action->command.by, "hvclusterd", sizeof("hvclusterd"));
    return &action->command;
}

static struct hvc_command *report(const struct hvc_job *job, struct hvc_agenda_action *action, unsigned to,
                                  unsigned code, const char *text)
{
    struct hvc_command *c = propose(action, HVC_COMMAND_JOB_REPORT);

    c->report.job = job->id;
    c->report.from = job->phase;
    c->report.to = (uint8_t)to;
    c->report.step = job->step;
    c->report.code = (uint16_t)code;
    (void)hvc_text_copy(c->report.text, sizeof(c->report.text), text); /* of the same size, or words of this file */
    return c;
}

static void report_phase(const struct hvc_job *job, struct hvc_agenda_action *action, unsigned to)
{
    (void)report(job, action, to, HVC_REASON_NOTE, "");
}

static void report_end(const struct hvc_job *job, struct hvc_agenda_action *action, unsigned to, uint32_t runs_on,
                       unsigned code, const char *text)
{
    struct hvc_command *c = report(job, action, to, code, text);

    c->report.located = true;
    c->report.runs_on = runs_on;
}

/* ---- held jobs: a step is committed before anything is done for it ---- */

static bool moves_guest(const struct hvc_job *job)
{
    return (hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) != 0;
}

bool hvc_agenda_is_held(const struct hvc_agenda_effect *effect)
{
    return effect->resource[0] != '\0' && effect->job.origin != HVC_ORIGIN_PACEMAKER && moves_guest(&effect->job) &&
           !hvc_job_is_check(&effect->job);
}

/* The steps that come with a phase; the others are proposed by themselves. NONE: as it is. */
static const uint8_t step_of_phase[HVC_JOB_PHASE_COUNT] = {[HVC_JOB_ADMITTED] = HVC_STEP_HOLD,
                                                           [HVC_JOB_COPYING] = HVC_STEP_COPY,
                                                           [HVC_JOB_SWITCHING] = HVC_STEP_COPY,
                                                           [HVC_JOB_VERIFYING] = HVC_STEP_PROVE};

static void follow_phase(const struct hvc_agenda_effect *effect, struct hvc_agenda_action *action)
{
    struct hvc_command *c = &action->command;

    if (action->step == HVC_AGENDA_PROPOSE && c->kind == HVC_COMMAND_JOB_REPORT && hvc_agenda_is_held(effect) &&
        c->report.to != effect->job.phase && step_of_phase[c->report.to] != HVC_STEP_NONE)
        c->report.step = step_of_phase[c->report.to];
}

/* True: the step stands in the state, or the job has none. */
static bool is_at(const struct hvc_agenda_effect *effect, enum hvc_job_step step, struct hvc_agenda_action *action)
{
    if (!hvc_agenda_is_held(effect) || effect->job.step == step)
        return true;
    report(&effect->job, action, effect->job.phase, HVC_REASON_NOTE, "")->report.step = (uint8_t)step;
    return false;
}

/* The same of a step that needs to say where the guest is: whoever goes on with it needs no other proof. */
static bool is_at_with(const struct hvc_agenda_effect *effect, enum hvc_job_step step, uint32_t runs_on,
                       struct hvc_agenda_action *action)
{
    if (is_at(effect, step, action))
        return true;
    action->command.report.located = true;
    action->command.report.runs_on = runs_on;
    return false;
}

/* What was found, when it is of this work and of the job as it is now. */
static const struct hvc_agenda_finding *finding_of(const struct hvc_agenda_input *in, enum hvc_agenda_work what)
{
    const struct hvc_agenda_finding *f = in->finding;
    const struct hvc_job *job = &in->effect->job;

    return f->work == what && f->phase == job->phase && f->attempts == job->attempts ? f : NULL;
}

/* Begins the work, or begins it again when its time has come. True: it has ended and says something. */
static bool worked(const struct hvc_agenda_input *in, enum hvc_agenda_work what, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_finding *f = finding_of(in, what);

    if (f == NULL && in->finding->running)
        wait_until(action, UINT64_MAX); /* something of an earlier phase has to end first */
    else if (f == NULL)
        work(action, what);
    else if (f->running)
        wait_until(action, UINT64_MAX);
    else
        return true;
    return false;
}

static void again(const struct hvc_agenda_input *in, enum hvc_agenda_work what, uint64_t after_ms,
                  struct hvc_agenda_action *action)
{
    uint64_t at = in->finding->ended_ms + after_ms;

    if (in->now_ms >= at)
        work(action, what);
    else
        wait_until(action, at);
}

/* ---- queued and checking ---- */

/* Why there is no target is told once, not with every look. */
static bool was_told(const struct hvc_job *job, const char *text)
{
    return job->reason_count > 0 && strcmp(job->reasons[job->reason_count - 1].text, text) == 0;
}

static void place(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;
    const struct hvc_agenda_finding *f = in->finding;
    struct hvc_command *c;

    if (!worked(in, HVC_JOB_WORK_PLACE, action))
        return;
    if (f->code == HVC_REASON_NOTE && f->target != 0) {
        c = propose(action, HVC_COMMAND_JOB_TARGET);
        c->job_target.job = job->id;
        c->job_target.target = f->target;
    } else if (f->code == HVC_REASON_GIVE_UP || f->code == HVC_REASON_GUEST_STOPPED) {
        (void)report(job, action, HVC_JOB_FAILED, f->code, f->text);
    } else if (f->text[0] != '\0' && !was_told(job, f->text)) {
        (void)report(job, action, HVC_JOB_QUEUED, f->code, f->text);
    } else {
        again(in, HVC_JOB_WORK_PLACE, PLACE_AGAIN_MS, action);
    }
}

/* What a node that has just come back says may pass, too: Pacemaker joins, an incoming guest of the former move goes.
 */
static bool may_pass(const struct hvc_job *job, unsigned code)
{
    return code == HVC_REASON_RETRY ||
           (job->lost_target != HVC_TARGET_NOT_LOST && (code == HVC_REASON_OTHER_NODE || code == HVC_REASON_GIVE_UP));
}

static void check(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;
    const struct hvc_agenda_finding *f = in->finding;
    bool is_check = hvc_job_is_check(job);

    if (!worked(in, HVC_JOB_WORK_CHECK, action))
        return;
    if (f->code == HVC_REASON_NOTE) {
        struct hvc_command *c =
            report(job, action, is_check ? HVC_JOB_COMPLETED : HVC_JOB_ADMITTED, HVC_REASON_NOTE, f->text);

        c->report.way_count = f->way_count;
        memcpy(c->report.ways, f->ways, sizeof(c->report.ways));
    } else if (may_pass(job, f->code) && !is_check && job->attempts < CHECK_TRIES) {
        struct hvc_command *c = report(job, action, HVC_JOB_QUEUED, f->code, f->text);

        c->report.not_before_ms = in->now_ms + hvc_agenda_backoff_ms(job->attempts + 1u, in->jitter);
    } else {
        (void)report(job, action, HVC_JOB_FAILED, f->code, f->text);
    }
}

/* ---- a move that has begun, or may have ---- */

/* On towards the proof, one phase at a time as the table of phases has it. What a move that has ended said is kept: the
 * proof has words of its own. */
static void towards_proof(const struct hvc_job *job, const struct hvc_agenda_move *move,
                          struct hvc_agenda_action *action)
{
    if (job->phase == HVC_JOB_ADMITTED)
        report_phase(job, action, HVC_JOB_COPYING);
    else if (move->stage == HVC_STAGE_ENDED && move->proof == HVC_PROOF_NONE)
        (void)report(job, action, HVC_JOB_VERIFYING, move->code, move->text);
    else
        report_phase(job, action, HVC_JOB_VERIFYING);
}

static bool is_being_proven(const struct hvc_job *job)
{
    return job->phase == HVC_JOB_VERIFYING || job->phase == HVC_JOB_RECONCILING;
}

/* Where the guest is when it has not been moved, or when its job does not move it: of one that is off, nowhere. */
static uint32_t unmoved(const struct hvc_agenda_effect *effect)
{
    return !moves_guest(&effect->job) && effect->guest_node == 0 ? 0 : effect->job.source;
}

/* True: Pacemaker knows, or has been told often enough; what is left there then is removed when it answers again. */
static bool is_told(const struct hvc_agenda_input *in, enum hvc_agenda_work how, struct hvc_agenda_action *action)
{
    if (!hvc_agenda_is_held(in->effect))
        return true;
    if (!worked(in, how, action))
        return false;
    if (in->finding->code == HVC_REASON_NOTE || in->finding->tries >= TELL_TRIES)
        return true;
    again(in, how, hvc_agenda_backoff_ms(in->finding->tries, in->jitter), action);
    return false;
}

/* What Pacemaker itself waits for it begins anew itself, and a move of another kind is not begun twice: it has been run
 * again to find out where the guest is. */
static bool may_begin_anew(const struct hvc_job *job)
{
    return !job->cancel && job->kind == HVC_KIND_LIVE && job->origin != HVC_ORIGIN_PACEMAKER &&
           job->attempts < CHECK_TRIES;
}

/* This node ended the move for its lost target, or would have if it had not ended by itself. */
static bool ended_for_target(const struct hvc_agenda_input *in)
{
    return !in->effect->job.cancel && (in->move->for_target || (!in->effect->target_member && !in->move->cancel));
}

/* A node of it was lost before the switch-over: it is checked, and begun, once more when both are here. Nothing waits
 * for a target that is proven dead. Pacemaker has to know of the release, for the next hold is of the same name. */
static bool is_queued_again(const struct hvc_agenda_input *in)
{
    const struct hvc_agenda_effect *e = in->effect;
    bool released = !hvc_agenda_is_held(e) || in->finding->code == HVC_REASON_NOTE;
    bool fits = e->job.phase == HVC_JOB_RECONCILING
                    ? e->target_member && hvc_job_never_switched(&e->job) && e->job.lost_target != HVC_TARGET_DEAD
                    : e->job.lost_target == HVC_TARGET_LOST && ended_for_target(in);

    return fits && may_begin_anew(&e->job) && e->source_member && released;
}

static void queue_again(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_effect *e = in->effect;
    bool proven = in->move->cancel || e->job.phase == HVC_JOB_RECONCILING;
    const char *text = proven ? "" : in->move->text; /* of a move that ended by itself */

    if (text[0] == '\0')
        text = e->target_member ? "it is at its source; a node of its move was lost and is back: it is checked again"
                                : "it is at its source, and waits until its target is back";
    report_end(&e->job, action, HVC_JOB_QUEUED, unmoved(e),
               e->target_member ? HVC_REASON_RETRY : HVC_REASON_TARGET_LOST, text);
}

static void stayed(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;
    const struct hvc_agenda_move *move = in->move;
    bool lost = ended_for_target(in);
    bool cancelled = job->cancel || (move->code == HVC_REASON_CANCELLED && !lost);
    unsigned code = move->code, to = cancelled ? HVC_JOB_CANCELLED : HVC_JOB_FAILED;

    if (!is_at_with(in->effect, HVC_STEP_RELEASE, unmoved(in->effect), action) ||
        !is_told(in, HVC_JOB_WORK_RELEASE, action))
        return;
    if (is_queued_again(in)) {
        queue_again(in, action);
        if (hvc_command_version(&action->command) <= in->version)
            return;
    }
    if (lost)
        code = HVC_REASON_TARGET_LOST;
    else if (code == HVC_REASON_NOTE)
        code = cancelled ? HVC_REASON_CANCELLED : HVC_REASON_UNPROVEN;
    report_end(job, action, to, unmoved(in->effect), code,
               move->text[0] != '\0' ? move->text : "it is at the source, and no move of it is under way");
}

/* Pacemaker has it at the target and our location is gone, or it was told often enough. */
static bool is_known(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_effect *e = in->effect;

    if (e->job.step == HVC_STEP_SETTLE)
        return is_told(in, HVC_JOB_WORK_SETTLE, action);
    if (!is_at_with(e, HVC_STEP_HAND_BACK, e->job.target, action) || !is_told(in, HVC_JOB_WORK_HAND_BACK, action))
        return false;
    return !hvc_agenda_is_held(e) || in->finding->code != HVC_REASON_NOTE || is_at(e, HVC_STEP_SETTLE, action);
}

/* It runs at the target, and cannot stay: whoever finds its hold moves it on, or back. */
static bool is_forbidden(const struct hvc_agenda_input *in)
{
    const struct hvc_agenda_finding *f = finding_of(in, HVC_JOB_WORK_HAND_BACK);

    return f != NULL && !f->running && f->code == HVC_REASON_OTHER_NODE && f->tries >= FORBIDDEN_TRIES;
}

static void completed(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;
    bool held = hvc_agenda_is_held(in->effect);

    if (held && job->step == HVC_STEP_HAND_BACK && is_forbidden(in)) {
        report_end(job, action, HVC_JOB_FAILED, job->target, HVC_REASON_OTHER_NODE, in->finding->text);
        return;
    }
    if (!is_known(in, action))
        return;
    report_end(job, action, HVC_JOB_COMPLETED, moves_guest(job) ? job->target : unmoved(in->effect), HVC_REASON_NOTE,
               held && in->finding->code != HVC_REASON_NOTE ? in->finding->text
               : job->kind == HVC_KIND_LIVE                 ? ""
                                                            : in->move->text);
}

static void gone(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    if (is_at_with(in->effect, HVC_STEP_RELEASE, 0, action) && is_told(in, HVC_JOB_WORK_RELEASE, action))
        report_end(&in->effect->job, action, HVC_JOB_FAILED, 0, HVC_REASON_GUEST_STOPPED, in->move->text);
}

static void ended(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;
    const struct hvc_agenda_move *move = in->move;

    if (move->proof == HVC_PROOF_STAYED) {
        stayed(in, action);
    } else if (!is_being_proven(job)) {
        towards_proof(job, in->move, action);
    } else if (move->proof == HVC_PROOF_MOVED) {
        completed(in, action);
    } else if (move->proof == HVC_PROOF_GONE) {
        gone(in, action);
    } else if (move->proof == HVC_PROOF_UNCLEAR) {
        (void)report(job, action, HVC_JOB_NEEDS_OPERATOR, HVC_REASON_UNPROVEN, move->text);
    } else if (finding_of(in, HVC_JOB_WORK_PROVE) == NULL || in->finding->running) {
        (void)worked(in, HVC_JOB_WORK_PROVE, action);
    } else {
        again(in, HVC_JOB_WORK_PROVE, hvc_agenda_backoff_ms(in->finding->tries, in->jitter), action);
    }
}

/* The move was not begun: is the guest still at the source, or where else? */
static void not_begun(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_finding *f = in->finding;
    const struct hvc_job *job = &in->effect->job;

    if (job->step == HVC_STEP_RELEASE) { /* it was being undone: it is not begun once more */
        report_phase(job, action, HVC_JOB_COPYING);
        return;
    }
    if (!is_at(in->effect, HVC_STEP_HOLD, action) || !worked(in, HVC_JOB_WORK_BEGIN, action))
        return;
    if (f->absent)
        report_phase(job, action, HVC_JOB_COPYING);
    else if (f->code == HVC_REASON_RETRY)
        again(in, HVC_JOB_WORK_BEGIN, hvc_agenda_backoff_ms(f->tries, in->jitter), action);
    else if (f->code == HVC_REASON_NOTE) /* begun, and forgotten behind many others: what came of it is seen then */
        again(in, HVC_JOB_WORK_BEGIN, BACKOFF_FIRST_MS, action);
    else
        report_end(job, action, job->cancel ? HVC_JOB_CANCELLED : HVC_JOB_FAILED, job->source, f->code, f->text);
}

/* Without the hold Pacemaker would take the guest for failed as soon as it has left the source. */
static void watch(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    if (!hvc_agenda_is_held(in->effect) || in->effect->job.step != HVC_STEP_COPY || in->move->cancel ||
        in->move->foreign) {
        wait_until(action, UINT64_MAX);
        return;
    }
    if (!worked(in, HVC_JOB_WORK_WATCH, action))
        return;
    if (in->finding->code == HVC_REASON_GIVE_UP)
        action->step = HVC_AGENDA_END;
    else
        again(in, HVC_JOB_WORK_WATCH, in->finding->tries == 1 ? FORESEE_MS : WATCH_MS, action);
}

/* The state counts the moves over networks that have a limit: it is told when this one takes another than it was given,
 * or was begun before there was a limit. */
static bool is_elsewhere(const struct hvc_agenda_input *in)
{
    const struct hvc_job *job = &in->effect->job;

    return in->effect->limits_networks && in->move->network != 0 && in->move->network != job->network &&
           hvc_job_takes_network(job);
}

static void report_network(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    struct hvc_command *c = report(&in->effect->job, action, in->effect->job.phase, HVC_REASON_NOTE, "");

    c->report.way_count = 1;
    c->report.ways[0] = in->move->network;
}

/* libvirt decides: nothing of it can be taken back. */
static bool switches(const struct hvc_agenda_move *move)
{
    return move->stage == HVC_STAGE_SWITCHING || move->stage == HVC_STAGE_INTERRUPTED;
}

/* A post-copy that is interrupted, or goes on, is told once each; else there is nothing to do but wait. */
static void wait_for_switch(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    static const char interrupted[] = "post-copy is interrupted: the guest stands still until the network is back",
                      goes_on[] = "post-copy goes on";
    const struct hvc_job *job = &in->effect->job;
    bool told = was_told(job, interrupted);

    if (in->move->stage == HVC_STAGE_INTERRUPTED && !told)
        (void)report(job, action, job->phase, HVC_REASON_NOTE, interrupted);
    else if (in->move->stage == HVC_STAGE_SWITCHING && told)
        (void)report(job, action, job->phase, HVC_REASON_NOTE, goes_on);
    else
        wait_until(action, UINT64_MAX);
}

static void migrate(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;

    if (in->move->stage == HVC_STAGE_ENDED)
        ended(in, action);
    else if (in->move->stage == HVC_STAGE_BEGUN)
        wait_until(action, UINT64_MAX);
    else if (in->move->stage == HVC_STAGE_NONE && job->phase == HVC_JOB_ADMITTED)
        not_begun(in, action);
    else if (in->move->stage == HVC_STAGE_NONE)
        towards_proof(job, in->move, action);
    else if (job->phase == HVC_JOB_ADMITTED)
        report_phase(job, action, HVC_JOB_COPYING);
    else if (job->phase == HVC_JOB_COPYING && switches(in->move))
        report_phase(job, action, HVC_JOB_SWITCHING);
    else if (job->phase == HVC_JOB_COPYING && in->move->stage == HVC_STAGE_COPYING && is_elsewhere(in))
        report_network(in, action);
    else if (job->phase == HVC_JOB_COPYING && in->move->stage == HVC_STAGE_COPYING)
        watch(in, action);
    else
        wait_for_switch(in, action);
}

/* Before the move is ended: that the target is soon back changes nothing then, whoever goes on with the job. */
static bool tell_lost_target(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_effect *e = in->effect;

    if (e->job.lost_target != HVC_TARGET_NOT_LOST || e->job.cancel || e->target_member ||
        (in->move->stage == HVC_STAGE_ENDED && in->move->proof != HVC_PROOF_STAYED))
        return false;
    (void)report(&e->job, action, e->job.phase, HVC_REASON_TARGET_LOST,
                 "the target is no longer a member of the cluster: the move is to be ended");
    return hvc_command_version(&action->command) <= in->version;
}

static void cancel(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_job *job = &in->effect->job;

    if (tell_lost_target(in, action))
        return;
    if (in->move->stage == HVC_STAGE_ENDED)
        ended(in, action);
    else if (in->move->stage != HVC_STAGE_NONE && !in->move->cancel && !in->move->foreign)
        action->step = HVC_AGENDA_END;
    else if (in->move->stage != HVC_STAGE_NONE)
        wait_for_switch(in, action);
    else if (in->finding->running)
        wait_until(action, UINT64_MAX);
    else
        towards_proof(job, in->move, action);
}

/* VERIFY and RECONCILE: a move that libvirt still does is watched, what is over is proven by the same means. */
static void prove(const struct hvc_agenda_input *in, struct hvc_agenda_action *action)
{
    const struct hvc_agenda_effect *e = in->effect;
    const struct hvc_job *job = &e->job;
    bool goes_on = job->phase == HVC_JOB_RECONCILING && e->source_member && e->target_member;

    if (!e->source_member && !e->target_member) {
        report_end(job, action, HVC_JOB_FAILED, 0, HVC_REASON_SOURCE_LOST,
                   "source and target are lost, and both are confirmed to be down");
    } else if (in->move->stage == HVC_STAGE_ENDED) {
        ended(in, action);
    } else if (goes_on && (in->move->stage == HVC_STAGE_COPYING || switches(in->move))) {
        report_phase(job, action, in->move->stage == HVC_STAGE_COPYING ? HVC_JOB_COPYING : HVC_JOB_SWITCHING);
    } else if (in->move->stage != HVC_STAGE_NONE) {
        wait_for_switch(in, action);
    } else if (worked(in, HVC_JOB_WORK_PROVE, action)) {
        again(in, HVC_JOB_WORK_PROVE, hvc_agenda_backoff_ms(in->finding->tries, in->jitter), action);
    }
}

void hvc_agenda_decide(const struct hvc_agenda_input *in, struct hvc_agenda_action *ret_action)
{
    memset(ret_action, 0, sizeof(*ret_action));
    ret_action->until_ms = UINT64_MAX;
    switch ((enum hvc_effect_kind)in->effect->kind) {
    case HVC_EFFECT_PLACE:
        place(in, ret_action);
        break;
    case HVC_EFFECT_CHECK:
        check(in, ret_action);
        break;
    case HVC_EFFECT_MIGRATE:
        migrate(in, ret_action);
        break;
    case HVC_EFFECT_CANCEL:
        cancel(in, ret_action);
        break;
    case HVC_EFFECT_VERIFY:
    case HVC_EFFECT_RECONCILE:
        prove(in, ret_action);
        break;
    case HVC_EFFECT_EXPECT: /* the gate of guest.start asks the state itself */
    case HVC_EFFECT_DRAIN:
    case HVC_EFFECT_RETURN:
    case HVC_EFFECT_COUNT:
        break;
    }
    follow_phase(in->effect, ret_action);
}

bool hvc_agenda_expired(const struct hvc_job *job, bool target_away, uint64_t setting_s, uint64_t now_ms,
                        struct hvc_command *ret_command)
{
    bool queued = job->phase == HVC_JOB_QUEUED,
         waits = queued && job->lost_target != HVC_TARGET_NOT_LOST && target_away;
    struct hvc_agenda_action action;

    if ((!queued && job->phase != HVC_JOB_CHECKING) || (job->options.deadline_ms == 0 && !waits) ||
        now_ms < hvc_agenda_deadline_ms(job, setting_s, job->phase_ms[HVC_JOB_QUEUED]))
        return false;
    (void)report(job, &action, HVC_JOB_FAILED, waits ? HVC_REASON_TARGET_LOST : HVC_REASON_DEADLINE,
                 waits    ? "its target did not come back to the cluster in time"
                 : queued ? "its deadline has passed while it waited in the queue"
                          : "its deadline has passed while it was being checked");
    *ret_command = action.command;
    return true;
}
