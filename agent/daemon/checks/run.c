/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "internal.h"

/* Time that is left for the judgement and the answer when everything else hangs. */
#define JUDGE_MS 100

uint64_t checks_deadline(const struct checks_run *run, uint64_t ms)
{
    return hvc_deadline_within(run->deadline_ms, ms);
}

void checks_each(void *items, size_t count, size_t size, void *(*work)(void *item))
{
    pthread_t threads[HVC_NODES_MAX];
    bool started[HVC_NODES_MAX];

    for (size_t i = 0; i < count && i < HVC_NODES_MAX; i++)
        started[i] = hvc_thread_start(work, (char *)items + i * size, &threads[i]) == 0;
    for (size_t i = 0; i < count && i < HVC_NODES_MAX; i++) {
        if (!started[i])
            (void)work((char *)items + i * size); /* one after the other, when there are no more threads */
    }
    for (size_t i = 0; i < count && i < HVC_NODES_MAX; i++) {
        if (started[i])
            (void)pthread_join(threads[i], NULL);
    }
}

struct question {
    struct checks_run *run;
    void (*ask)(struct checks_run *run);
};

static void *ask(void *item)
{
    const struct question *question = item;

    question->ask(question->run);
    return NULL;
}

static void ask_both(struct checks_run *run, void (*one)(struct checks_run *run), void (*other)(struct checks_run *run))
{
    struct question questions[] = {{run, one}, {run, other}};

    checks_each(questions, 2, sizeof(questions[0]), ask);
}

/* ---- what the cluster says ---- */

static void read_facts(struct checks_run *run)
{
    if (hvc_facts_read(run->operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER, checks_deadline(run, 5000),
                       &run->facts) < 0)
        (void)hvc_error_set(&run->facts.corosync_error, -ENOMEM, "out of memory");
}

/* A stand-alone host has no node list: it is the only node, and decides by itself. */
static void take_alone(struct checks_run *run)
{
    HVC_CLEANUP(free) struct hvc_replica_status *status = calloc(1, sizeof(*status));
    struct hvc_fact_node *node = &run->facts.nodes[0];

    if (status == NULL || run->operations->keeper == NULL)
        return;
    run->operations->keeper->ops->status(run->operations->keeper, status);
    if (!status->alone)
        return;
    *node = (struct hvc_fact_node){.id = status->node, .local = true, .member = true};
    memcpy(node->name, run->operations->node, sizeof(node->name));
    run->facts.count = 1;
    run->facts.corosync_answers = true;
    run->facts.quorate = true;
}

static void read_cluster(struct checks_run *run)
{
    read_facts(run);
    if (run->facts.count == 0)
        take_alone(run);
    for (size_t i = 0; i < run->facts.count; i++)
        run->nodes[i].fact = &run->facts.nodes[i];
}

/* ---- targets ---- */

static struct checks_target *add_target(struct checks_run *run, struct checks_node *node)
{
    struct checks_target *target = &run->targets[run->target_count++];

    if (target->run == NULL) /* else somebody asks of it already */
        target->run = run;
    target->node = node;
    target->fit = calloc(1, sizeof(*target->fit));
    target->disks = calloc(1, sizeof(*target->disks));
    return target->fit == NULL || target->disks == NULL ? NULL : target;
}

static bool stays(const struct checks_run *run)
{
    return (hvc_job_kind_info(run->request->kind)->flags & HVC_KIND_STAYS) != 0;
}

static bool is_one(const struct checks_run *run)
{
    return run->request->target != NULL && run->request->target[0] != '\0' && !stays(run);
}

static int choose_targets(struct checks_run *run)
{
    const char *named = run->request->target;
    bool one = is_one(run);

    if (stays(run))
        return add_target(run, run->source.node) == NULL ? -ENOMEM : 0;
    for (size_t i = 0; i < run->facts.count; i++) {
        struct checks_node *node = &run->nodes[i];

        if (one ? strcmp(named, node->fact->name) != 0 : node == run->source.node)
            continue;
        if (add_target(run, node) == NULL)
            return -ENOMEM;
    }
    if (run->target_count == 0 && one && add_target(run, NULL) == NULL)
        return -ENOMEM;
    return 0;
}

static void *ask_target(void *item)
{
    checks_ask_target(item);
    return NULL;
}

static void ask_targets(struct checks_run *run)
{
    checks_each(run->targets, run->target_count, sizeof(run->targets[0]), ask_target);
}

/* ---- the run ---- */

static void free_run(struct checks_run *run)
{
    for (size_t i = 0; i < run->target_count; i++) {
        free(run->targets[i].fit);
        free(run->targets[i].disks);
    }
    free(run->source.cpu);
    free(run->source.definition);
    free(run->source.profile);
    free(run);
}
HVC_DEFINE_CLEANUP(struct checks_run *, run, free_run, NULL)

static int judge_all(struct checks_run *run, struct hvc_checks *checks)
{
    const struct checks_source *source = &run->source;

    checks->reports = calloc(run->target_count + 1, sizeof(checks->reports[0]));
    if (checks->reports == NULL)
        return -ENOMEM;
    checks->count = run->target_count;
    for (size_t i = 0; i < run->target_count; i++)
        checks_judge(run, &run->targets[i], &checks->reports[i]);
    memcpy(checks->guest, run->request->guest, sizeof(checks->guest));
    memcpy(checks->name, source->profile != NULL ? source->profile->name : run->state.guest_name, sizeof(checks->name));
    memcpy(checks->resource, run->resource, sizeof(checks->resource));
    checks->kind = run->request->kind;
    checks->memory_kib = source->profile == NULL ? 0 : source->profile->memory_kib;
    if (source->node != NULL) {
        memcpy(checks->source, source->node->fact->name, sizeof(checks->source));
        checks->source_id = source->node->fact->id;
    }
    return 0;
}

static void find_ends(struct checks_run *run)
{
    read_cluster(run);
    checks_survey(run);
    checks_read_source(run);
    run->result = choose_targets(run);
}

static void ask_ahead(struct checks_run *run)
{
    checks_ask_pacemaker(&run->targets[0], run->request->target);
}

/* What Pacemaker would do takes as long as all else: it is asked at once when it is known of which resource and node.
 */
static void find_ends_and_ask(struct checks_run *run)
{
    struct checks_target *target = &run->targets[0];

    target->run = run;
    target->pacemaker_asked = true;
    ask_both(run, find_ends, ask_ahead);
    if (target->node == NULL) /* what it said of a name that is no node's */
        target->pacemaker = (struct hvc_checks_pacemaker){0};
}

static int carry_out(struct checks_run *run, struct hvc_checks *checks)
{
    checks_read_state(run);
    memcpy(run->resource, run->state.guest_resource, sizeof(run->resource));
    if (is_one(run) && run->resource[0] != '\0')
        find_ends_and_ask(run);
    else
        find_ends(run);
    if (run->result < 0)
        return run->result;
    ask_both(run, ask_targets, checks_read_foreign);
    return judge_all(run, checks);
}

int hvc_checks_run(struct hvc_operations *operations, const struct hvc_checks_request *request, uint64_t deadline_ms,
                   struct hvc_checks **ret_checks, struct hvc_error *error)
{
    HVC_CLEANUP(run) struct checks_run *run = calloc(1, sizeof(*run));
    struct hvc_checks *checks = calloc(1, sizeof(*checks));
    uint64_t begin = hvc_now_ms();
    char uuid[HVC_UUID_TEXT_MAX];
    int result = run == NULL || checks == NULL ? -ENOMEM : 0;

    if (result == 0 && (hvc_parse_uuid(request->guest, uuid) < 0 || hvc_job_kind_info(request->kind) == NULL)) {
        hvc_checks_free(checks);
        return hvc_error_set(error, -EINVAL, "a check needs the UUID of a guest and a kind of move");
    }
    if (result == 0) {
        run->operations = operations;
        run->request = request;
        run->deadline_ms = deadline_ms > JUDGE_MS ? deadline_ms - JUDGE_MS : 0;
        result = carry_out(run, checks);
    }
    if (result < 0) {
        hvc_checks_free(checks);
        return hvc_error_set(error, result, "out of memory while the move was checked");
    }
    checks->elapsed_ms = hvc_now_ms() - begin;
    *ret_checks = checks;
    return 0;
}

void hvc_checks_free(struct hvc_checks *checks)
{
    if (checks == NULL)
        return;
    free(checks->reports);
    free(checks);
}

const struct hvc_check_report *hvc_checks_of(const struct hvc_checks *checks, uint32_t node_id)
{
    for (size_t i = 0; i < checks->count; i++) {
        if (checks->reports[i].node_id == node_id)
            return &checks->reports[i];
    }
    return NULL;
}
