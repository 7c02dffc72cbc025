/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work for jobs that blocks, each in a thread of its own: look for a target, check, begin the move. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "hvc/adoption.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "owners.h"
#include "pacemaker.h"
#include "places.h"
#include "plan.h"
#include "runner.h"

enum {
    FOLLOW_EVERY_MS = 10000, /* places of guests against what libvirt shows */
    HURRY_EVERY_MS = 1000,   /* what a target that is away was told of, against what is proven */
    BARRIER_MS = 1000,       /* for the others to say that this node is still one of them */
    PLACES_MAX = 8,          /* nodes that are asked for one job in one look */
    ANSWER_LEFT_MS = 300,    /* of a deadline: for what comes after the move */
    BEGIN_TRIES = 15,        /* five to ten minutes: a guest that cannot be moved by then has to be seen to */
    HOLD_MS = 30000,         /* for Pacemaker to leave a guest alone */
    HOLD_TRIES = 5,          /* then the move is given up: it has not begun */
    WATCH_MS = 2000,         /* for a look at it: the end of a move waits for one that is under way */
    HAND_BACK_MS = 40000,    /* for it to have the guest at the target */
    INSIST_TRIES = 3,        /* from then on it is told whatever it would do: the guest is there */
    RELEASE_MS = 10000,
};

struct task {
    struct hvc_job_runner *runner;
    struct hvc_agenda_effect effect;
    struct hvc_agenda_finding finding;
};

static void find(struct task *task, enum hvc_reason_code code, const char *words)
{
    task->finding.code = (uint16_t)code;
    (void)snprintf(task->finding.text, sizeof(task->finding.text), "%.*s", (int)sizeof(task->finding.text) - 1, words);
}

/* ---- place ---- */

struct places {
    const struct hvc_job *job;
    uint32_t id[HVC_NODES_MAX];
    char name[PLACES_MAX][HVC_NODE_NAME_MAX];
    unsigned count;
};

static int list_places(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct places *places = context;

    (void)stamp; /* an old choice is refused by the state */
    places->count = hvc_agenda_candidates(service, places->job, places->id);
    if (places->count > PLACES_MAX)
        places->count = PLACES_MAX;
    for (unsigned i = 0; i < places->count; i++)
        memcpy(places->name[i], hvc_service_node(service, places->id[i])->name, HVC_NODE_NAME_MAX);
    return 0;
}

static void place(struct task *task)
{
    struct hvc_keeper *keeper = task->runner->operations->keeper;
    struct places *places = calloc(1, sizeof(*places));
    struct hvc_error error = {0};

    if (places == NULL) {
        find(task, HVC_REASON_RETRY, "out of memory");
        return;
    }
    places->job = &task->effect.job;
    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(BARRIER_MS), list_places, places, &error) < 0) {
        find(task, HVC_REASON_RETRY, error.text);
        places->count = 0;
    } else if (places->count == 0) {
        find(task, HVC_REASON_RETRY, "no other member accepts moves and has room for the guest");
    }
    for (unsigned i = 0; i < places->count; i++) {
        struct job_verdict verdict;

        job_check(task->runner->operations, &task->effect, places->name[i], &verdict);
        find(task, verdict.code, verdict.text);
        task->finding.target = places->id[i];
        if (verdict.code == HVC_REASON_NOTE || verdict.code == HVC_REASON_GIVE_UP ||
            verdict.code == HVC_REASON_GUEST_STOPPED)
            break;
    }
    free(places);
}

/* ---- check ---- */

/* Of the migration networks the state gives it one that has room. That none leads there is told by the move. */
static void find_ways(struct task *task)
{
    struct hvc_agenda_finding *f = &task->finding;
    struct hvc_error error = {0};
    int count = hvc_moves_networks(task->runner->operations, task->effect.source, task->effect.target, f->ways, &error);

    if (count == -ENOMEM)
        find(task, HVC_REASON_RETRY, error.text);
    f->way_count = (uint8_t)(count < 0 ? 0 : count);
}

static void check(struct task *task)
{
    struct job_verdict verdict;

    job_check(task->runner->operations, &task->effect, task->effect.target, &verdict);
    find(task, verdict.code, verdict.text);
    if (verdict.code == HVC_REASON_NOTE && task->effect.limits_networks && hvc_job_takes_network(&task->effect.job))
        find_ways(task);
}

/* ---- begin ---- */

struct stands {
    const struct hvc_job *job;
    bool prove, is;
};

static int does_it_stand(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct stands *stands = context;
    const struct hvc_job *now = hvc_service_job(service, stands->job->id);

    stands->is = !stamp->stale && now != NULL && now->index == stands->job->index && now->phase == stands->job->phase &&
                 (stands->prove || !now->cancel);
    return 0;
}

/* What cannot be taken back is done only on a state that is not older than this moment, and only here. */
static bool still_stands(struct task *task)
{
    struct stands stands = {.job = &task->effect.job, .prove = task->finding.work == HVC_JOB_WORK_PROVE};
    struct hvc_keeper *keeper = task->runner->operations->keeper;
    struct hvc_error error = {0};

    if (keeper->ops->read(keeper, HVC_REPLICA_BARRIER, hvc_deadline_in(BARRIER_MS), does_it_stand, &stands, &error) < 0)
        find(task, HVC_REASON_RETRY, error.text);
    else if (!stands.is)
        find(task, HVC_REASON_RETRY, "the job has gone on meanwhile");
    return stands.is;
}

/* True: the guest is at the source and can be moved from there. */
static bool is_at_source(struct task *task, const char *uuid)
{
    struct hvc_guest_state state = {0};
    struct hvc_error error = {0};

    if (hvc_hypervisor_inspect(task->runner->operations->hypervisor, uuid, hvc_deadline_in(JOB_ASK_MS), &state,
                               &error) < 0) {
        find(task, HVC_REASON_RETRY, error.text);
        return false;
    }
    task->finding.absent = state.guest_class == HVC_GUEST_ABSENT;
    if (state.guest_class == HVC_GUEST_RUNNING || state.guest_class == HVC_GUEST_PAUSED ||
        state.guest_class == HVC_GUEST_LEAVING)
        return true;
    if (state.guest_class == HVC_GUEST_FAILED && task->effect.job.kind == HVC_KIND_RESTART)
        return true; /* that is what helps it */
    find(task, !task->finding.absent && task->finding.tries >= BEGIN_TRIES ? HVC_REASON_GIVE_UP : HVC_REASON_RETRY,
         state.words);
    return false;
}

/* The job's word, else the cluster's; without one the link decides whether it is worth it. */
static enum hvc_compression compression_of(const struct hvc_job_options *o, const uint64_t *setting)
{
    if ((o->flags & HVC_OPTION_NO_COMPRESS) != 0)
        return HVC_COMPRESSION_NONE;
    if ((o->flags & HVC_OPTION_COMPRESS) != 0)
        return HVC_COMPRESSION_AUTO;
    return setting[HVC_SETTING_COMPRESSION] != 0 ? HVC_COMPRESSION_BY_LINK : HVC_COMPRESSION_NONE;
}

static struct hvc_migrate_options options_of(const struct task *task)
{
    const struct hvc_migration_settings *config = &task->runner->operations->migration;
    const struct hvc_job_options *o = &task->effect.job.options;
    const uint64_t *setting = task->effect.setting;
    uint64_t bytes = o->bandwidth; /* what all of a node may take is split among them while they run */
    struct hvc_migrate_options options = {
        .tls = (o->flags & HVC_OPTION_PLAIN) == 0 &&
               ((o->flags & HVC_OPTION_TLS) != 0 || setting[HVC_SETTING_TLS] != 0 || config->tls),
        .bandwidth_mib = bytes == 0            ? config->bandwidth_mib
                         : bytes < 1024 * 1024 ? 1
                                               : bytes / (1024 * 1024),
        .max_downtime_ms = o->downtime_ms != 0 ? o->downtime_ms : setting[HVC_SETTING_DOWNTIME_MS],
        .auto_converge = (o->flags & HVC_OPTION_AUTO_CONVERGE) != 0 || config->auto_converge,
        .post_copy_allowed =
            (o->flags & HVC_OPTION_POST_COPY) != 0 || o->end_action == HVC_END_POST_COPY || config->post_copy,
        .parallel = o->parallel != 0 ? o->parallel : config->parallel,
        .zero_copy = config->zero_copy,
        .synchronous_writes = config->synchronous_writes,
        .compression = compression_of(o, setting),
        .unsafe = (o->flags & HVC_OPTION_UNSAFE) != 0};

    return options;
}

/* Of the wall clock's deadline, as hvc_now_ms. */
static uint64_t deadline_of(const struct task *task)
{
    uint64_t now = job_stamp_ms();
    uint64_t at = hvc_agenda_deadline_ms(&task->effect.job, task->effect.setting[HVC_SETTING_DEADLINE_S], now);

    return at <= now + ANSWER_LEFT_MS ? hvc_now_ms() : hvc_deadline_in(at - now - ANSWER_LEFT_MS);
}

/* A Pacemaker that does not answer now may do so in a moment. */
static bool hold(struct task *task)
{
    struct hvc_error error = {0};
    int rc = job_pacemaker_hold(&task->effect, hvc_deadline_in(HOLD_MS), &error);
    bool later = rc != -EPERM && rc != -EACCES && task->finding.tries < HOLD_TRIES;

    if (rc < 0)
        find(task, later ? HVC_REASON_RETRY : HVC_REASON_GIVE_UP, error.text);
    return rc == 0;
}

/* The second look comes when the copy is well under way and there is time: its hand-back is simulated then. */
static void watch(struct task *task)
{
    uint64_t deadline_ms = hvc_deadline_in(WATCH_MS);
    struct hvc_error error = {0};
    int rc = job_pacemaker_watch(&task->effect, deadline_ms, &error);

    if (rc < 0)
        find(task, rc == -ENOENT ? HVC_REASON_GIVE_UP : HVC_REASON_RETRY, error.text);
    else if (task->finding.tries == 2)
        job_pacemaker_foresee(&task->effect, deadline_ms);
}

/* place: where it is proven to be. */
static struct job_hand_back order_of(const struct task *task, const char *place)
{
    return (struct job_hand_back){.job = task->effect.job.id,
                                  .resource = task->effect.resource,
                                  .target = place,
                                  .pin = (task->effect.job.options.flags & HVC_OPTION_PIN) != 0,
                                  .with_others = (task->effect.job.options.flags & HVC_OPTION_WITH_OTHERS) != 0,
                                  .insist = task->finding.tries >= INSIST_TRIES};
}

static void tell(struct task *task, const char *place,
                 int (*how)(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error))
{
    const struct job_hand_back order = order_of(task, place);
    struct hvc_error error = {0};
    int rc = how(&order, hvc_deadline_in(HAND_BACK_MS), &error);

    if (rc < 0)
        find(task, rc == -EACCES ? HVC_REASON_OTHER_NODE : HVC_REASON_RETRY, error.text);
}

/* True: a move that is begun now is not taken for a failure of the guest. */
static bool is_ready(struct task *task)
{
    return !hvc_agenda_is_held(&task->effect) || (still_stands(task) && hold(task));
}

/* True: what is known of a lost end. One that was fenced and is not back has nothing of the guest and is not asked; any
 * other one has to answer. */
static bool look_at_end(struct task *task, const struct hvc_cluster_facts *facts, const char *name, bool *ret_dead)
{
    const struct hvc_fact_node *node = hvc_facts_find(facts, name);
    const struct hvc_error *why = facts->corosync_answers ? &facts->pacemaker_error : &facts->corosync_error;

    if (!facts->corosync_answers || !facts->pacemaker_answers) {
        find(task, HVC_REASON_RETRY, why->text);
        return false;
    }
    *ret_dead = node != NULL && hvc_fact_is_dead(node);
    if (*ret_dead || node == NULL || node->member || node->clean_down)
        return true;
    find(task, HVC_REASON_RETRY, "a node of it is away, and its fencing is not known here yet");
    return false; /* a look at it now would wait for its answer for ever */
}

static bool look_at_lost_ends(struct task *task, struct hvc_move_job *job)
{
    const struct hvc_agenda_effect *e = &task->effect;
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = NULL;

    if (e->source_member && e->target_member)
        return true;
    facts = calloc(1, sizeof(*facts));
    if (facts == NULL || hvc_facts_read(task->runner->operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER,
                                        hvc_deadline_in(JOB_ASK_MS), facts) < 0) {
        find(task, HVC_REASON_RETRY, "out of memory");
        return false;
    }
    return (e->source_member || look_at_end(task, facts, e->source, &job->source_dead)) &&
           (e->target_member || look_at_end(task, facts, e->target, &job->target_dead));
}

static void begin(struct task *task)
{
    const struct hvc_job *job = &task->effect.job;
    bool prove = task->finding.work == HVC_JOB_WORK_PROVE;
    struct hvc_move_order order = {.source = task->effect.source,
                                   .target = task->effect.target,
                                   .resource = task->effect.resource,
                                   .options = options_of(task),
                                   .settled = true,
                                   .network = job->network,
                                   .force_at_deadline = job->options.end_action == HVC_END_FORCE,
                                   .special = {.kind = (enum hvc_job_kind)job->kind,
                                               .flags = job->options.flags,
                                               .restart = (enum hvc_restart_mode)job->options.restart,
                                               .again = prove,
                                               .cancelled = prove && job->cancel},
                                   .job = {.id = job->id,
                                           .admitted_ms = job->phase_ms[HVC_JOB_ADMITTED],
                                           .keeps = job->origin != HVC_ORIGIN_PACEMAKER}};
    bool off = job->kind == HVC_KIND_DEFINITION || job->kind == HVC_KIND_STORAGE; /* may be: the move looks itself */
    uint64_t deadline_ms = deadline_of(task);
    struct hvc_storage_plan *plan = NULL;
    struct hvc_error error = {0};
    int rc;

    hvc_format_uuid(job->guest, order.guest.uuid);
    memcpy(order.guest.name, job->guest_name, sizeof(order.guest.name));
    if (!prove && !off && !is_at_source(task, order.guest.uuid))
        return;
    if (!prove && hvc_deadline_left(deadline_ms) == 0) {
        find(task, HVC_REASON_DEADLINE, "its deadline passed before the move could begin");
        return;
    }
    if (prove ? !look_at_lost_ends(task, &order.job) : !is_ready(task))
        return;
    rc = job_plan_read(task->runner->operations, &task->effect.job, &plan, &error);
    if (rc == 0 && still_stands(task)) {
        order.special.plan = plan;
        /* what libvirt does is watched; a move of another kind is run again and finds out how far it had come */
        rc = hvc_moves_begin(task->runner->operations, &order, 0, prove && job->kind == HVC_KIND_LIVE, deadline_ms,
                             &error);
    }
    if (rc < 0)
        find(task, prove ? HVC_REASON_RETRY : hvc_agenda_reason(rc), error.text);
    free(plan);
}

/* What was not begun leaves no hold behind; the words of why it was not are kept. */
static void begin_or_leave(struct task *task)
{
    const struct job_hand_back order = order_of(task, task->effect.source);

    begin(task);
    if (hvc_agenda_is_held(&task->effect) && !task->finding.absent && task->finding.code != HVC_REASON_NOTE &&
        task->finding.code != HVC_REASON_RETRY)
        (void)job_pacemaker_release(&order, hvc_deadline_in(RELEASE_MS),
                                    NULL); /* else the sweep removes it when Pacemaker answers again */
}

/* ---- threads ---- */

static void *run(void *context)
{
    struct task *task = context;
    struct hvc_job_runner *runner = task->runner;
    struct item *item;

    switch ((enum hvc_agenda_work)task->finding.work) {
    case HVC_JOB_WORK_PLACE:
        place(task);
        break;
    case HVC_JOB_WORK_CHECK:
        check(task);
        break;
    case HVC_JOB_WORK_BEGIN:
        begin_or_leave(task);
        break;
    case HVC_JOB_WORK_WATCH:
        watch(task);
        break;
    case HVC_JOB_WORK_PROVE:
        begin(task);
        break;
    case HVC_JOB_WORK_HAND_BACK:
        tell(task, task->effect.target, job_pacemaker_hand_back);
        break;
    case HVC_JOB_WORK_SETTLE:
        tell(task, task->effect.target, job_pacemaker_settle);
        break;
    case HVC_JOB_WORK_RELEASE:
        tell(task, task->effect.guest_node == 0 ? "" : task->effect.source, job_pacemaker_release);
        break;
    case HVC_JOB_WORK_NONE:
    case HVC_JOB_WORK_COUNT:
        break;
    }
    task->finding.running = false;
    task->finding.ended_ms = job_stamp_ms();
    (void)pthread_mutex_lock(&runner->lock);
    item = job_runner_item(runner, task->effect.job.id); /* kept while it works */
    if (item != NULL)
        item->finding = task->finding;
    if (item != NULL && task->finding.work == HVC_JOB_WORK_PROVE && task->finding.code == HVC_REASON_NOTE)
        item->proving_ms = task->effect.job.phase_ms[HVC_JOB_RECONCILING];
    runner->works--;
    hvc_job_runner_wake(runner);
    free(task);
    job_runner_unref(runner);
    return NULL;
}

int job_work_begin(struct hvc_job_runner *runner, const struct hvc_agenda_effect *effect, enum hvc_agenda_work work,
                   struct item *item)
{
    const struct hvc_agenda_finding *last = &item->finding;
    bool again = last->work == work && last->phase == effect->job.phase && last->attempts == effect->job.attempts;
    unsigned tries = again ? last->tries + 1u : 1;
    struct task *task;
    int rc;

    if (runner->works == WORKS_MAX)
        return -EAGAIN;
    task = calloc(1, sizeof(*task));
    if (task == NULL)
        return -ENOMEM;
    task->runner = runner;
    task->effect = *effect;
    task->finding = (struct hvc_agenda_finding){.work = (uint8_t)work,
                                                .phase = effect->job.phase,
                                                .attempts = effect->job.attempts,
                                                .running = true,
                                                .tries = tries < UINT8_MAX ? (uint8_t)tries : UINT8_MAX};
    item->finding = task->finding;
    runner->works++;
    runner->references++;
    rc = hvc_thread_leave(run, task);
    if (rc < 0) {
        runner->works--;
        runner->references--;
        item->finding = (struct hvc_agenda_finding){0};
        free(task);
    }
    return rc;
}

/* ---- places ---- */

static void *follow(void *context)
{
    struct hvc_job_runner *runner = context;
    unsigned rank;
    bool all;

    (void)pthread_mutex_lock(&runner->lock);
    rank = runner->rank;
    all = runner->all;
    (void)pthread_mutex_unlock(&runner->lock);
    if (all) {
        job_places_follow(runner->operations);
        job_owners_follow(runner->operations);
    }
    job_sweep(&runner->sweep, runner->operations, rank);
    if (all)
        hvc_adoption_sweep(runner->operations);
    (void)pthread_mutex_lock(&runner->lock);
    runner->following = false;
    runner->sweep_ms = hvc_deadline_in(HURRY_EVERY_MS);
    if (all)
        runner->follow_ms = hvc_deadline_in(FOLLOW_EVERY_MS);
    job_runner_unref(runner);
    return NULL;
}

void job_follow_places(struct hvc_job_runner *runner)
{
    bool all = hvc_now_ms() >= runner->follow_ms;

    if (runner->following || (!all && (!runner->pressing || hvc_now_ms() < runner->sweep_ms)))
        return;
    runner->all = all;
    runner->following = true;
    runner->references++;
    if (hvc_thread_leave(follow, runner) == 0)
        return;
    runner->following = false; /* the next round tries again */
    runner->references--;
}
