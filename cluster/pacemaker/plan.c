/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Pacemaker would do with a resource, and what it does: the CIB of now, read and simulated. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "marks.h"
#include "plan.h"
#include "session.h"
#include "simulate.h"

struct reading {
    struct session_task task; /* first */
    char *text;
    size_t length;
};

static void free_reading(struct session_task *task)
{
    free(((struct reading *)(void *)task)->text);
    free(task);
}

static int run_reading(struct session_task *task, cib_t *cib)
{
    struct reading *reading = (struct reading *)(void *)task;

    return cib_text_recall(cib, &reading->text, &reading->length, &task->error);
}

int plan_read_cib(uint64_t deadline_ms, xmlDoc **ret_cib, struct hvc_error *error)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    int r;

    if (reading != NULL)
        reading->task = (struct session_task){.run = run_reading, .release = free_reading, .deadline_ms = deadline_ms};
    r = session_run(reading == NULL ? NULL : &reading->task, error);
    if (r < 0)
        return r;
    r = cib_text_parse(reading->text, reading->length, ret_cib, error);
    free_reading(&reading->task);
    return r;
}

static int no_resource(const char *resource, struct hvc_error *error)
{
    return hvc_error_set(error, -ENOENT, "pacemaker has no resource %s", resource);
}

/* ---- the move ---- */

enum { BESIDES_MAX = 4 };

struct planning {
    const char *program, *resource, *target;
    xmlDoc *cib;
    uint64_t deadline_ms;
    struct simulation now, moved, left;
};

/* One to be changed and simulated, not validated: Pacemaker's CIB manager has done that, and crm_simulate would do it
 * twice, which is half of its time. But for a schema older than 3.0, which it would upgrade. */
static xmlDoc *copy_to_simulate(xmlDoc *cib, struct hvc_error *error)
{
    xmlDoc *copy = xmlCopyDoc(cib, 1);
    xmlNode *root = copy == NULL ? NULL : xmlDocGetRootElement(copy);
    char schema[TREE_ATTRIBUTE_MAX];

    if (root == NULL) {
        (void)hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
        xmlFreeDoc(copy);
        return NULL;
    }
    tree_attribute(root, "validate-with", schema);
    if (strncmp(schema, "pacemaker-3.", strlen("pacemaker-3.")) == 0)
        (void)xmlSetProp(root, (const xmlChar *)"validate-with", (const xmlChar *)"none"); /* or it is validated */
    return copy;
}

/* A copy with nothing of ours but the location. left: and what becomes of it without that, afterwards. */
static int simulate_move(struct planning *p, bool left, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish wish = {.job = UINT64_MAX, .resource = p->resource, .here = p->target};
    xmlDoc *copy = copy_to_simulate(p->cib, error), *after = NULL;
    int r;

    if (copy == NULL)
        return -ENOMEM;
    marks_clear_resource(xmlDocGetRootElement(copy), p->resource);
    r = marks_wish(xmlDocGetRootElement(copy), &wish, NULL, error);
    if (r == 0)
        r = simulate(p->program, copy, p->resource, p->deadline_ms, &p->moved, left ? &after : NULL, error);
    if (r == 0 && left) {
        marks_clear_locations(xmlDocGetRootElement(after), p->resource);
        r = simulate(p->program, after, p->resource, p->deadline_ms, &p->left, NULL, error);
    }
    xmlFreeDoc(copy);
    xmlFreeDoc(after);
    return r;
}

/* What it would do now, were nothing held: a job that goes on under the hold of another asks that. */
static xmlDoc *copy_of_now(struct planning *p, struct hvc_error *error)
{
    xmlDoc *copy = copy_to_simulate(p->cib, error);

    if (copy != NULL)
        marks_clear_holds(xmlDocGetRootElement(copy), p->resource);
    return copy;
}

static int simulate_now(struct planning *p, struct hvc_error *error)
{
    xmlDoc *copy = copy_of_now(p, error);
    int r = copy == NULL ? -ENOMEM : simulate(p->program, copy, p->resource, p->deadline_ms, &p->now, NULL, error);

    xmlFreeDoc(copy);
    return r;
}

struct beside {
    struct planning *planning;
    xmlDoc *copy;
    int result;
    struct hvc_error error;
};

static void *run_beside(void *context)
{
    struct beside *b = context;
    struct planning *p = b->planning;

    b->result = simulate(p->program, b->copy, p->resource, p->deadline_ms, &p->now, NULL, &b->error);
    return NULL;
}

/* What it would do now does not wait for what it would do then: one process beside the two. A check of all nodes of a
 * large cluster has enough of them without that. */
static int simulate_all(struct planning *p, struct hvc_error *error)
{
    static atomic_uint besides;
    struct beside beside = {.planning = p, .copy = copy_of_now(p, error)};
    pthread_t thread = 0;
    bool started;
    int r;

    if (beside.copy == NULL)
        return -ENOMEM;
    started = atomic_fetch_add(&besides, 1) < BESIDES_MAX && hvc_thread_start(run_beside, &beside, &thread) == 0;
    r = simulate_move(p, true, error);
    if (started)
        (void)pthread_join(thread, NULL);
    else if (r == 0)
        (void)run_beside(&beside);
    (void)atomic_fetch_sub(&besides, 1);
    xmlFreeDoc(beside.copy);
    if (r == 0 && beside.result < 0) {
        r = beside.result;
        if (error != NULL)
            *error = beside.error;
    }
    return r;
}

/* The hand-back is answered by our agent, which knows that the guest is there already; another one would fail, and
 * Pacemaker would restart the guest. */
static void judge_agent(const xmlNode *agent, struct hvc_pacemaker_plan *plan)
{
    char type[TREE_ATTRIBUTE_MAX];
    size_t used = 0;

    if (tree_has(agent, "provider", "hvcluster") && tree_has(agent, "type", "VirtualSystem"))
        return;
    tree_attribute(agent, "type", type);
    plan->managed = false;
    plan->managed_words[0] = '\0';
    (void)hvc_text_append(plan->managed_words, sizeof(plan->managed_words), &used,
                          "its resource is of %.60s, which moves it by itself: hvcluster adopt makes it ours", type);
}

/* The guest is there already: what it would do now is asked only when something else would be done then. */
static int simulate_hand_back(struct planning *p, struct hvc_error *error)
{
    int r = simulate_move(p, false, error);

    if (r == 0 && simulation_others(&p->moved, p->resource))
        return simulate_now(p, error);
    if (r == 0)
        p->now.now = p->moved.now; /* a location changes nothing about what is */
    return r;
}

static int make_plan(struct planning *p, int (*simulate_it)(struct planning *p, struct hvc_error *error),
                     struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    const struct simulation_set set = {
        .resource = p->resource, .target = p->target, .now = &p->now, .moved = &p->moved, .left = &p->left};
    xmlNode *root = xmlDocGetRootElement(p->cib), *primitive = marks_primitive(root, p->resource);
    int r;

    *ret_plan = (struct hvc_pacemaker_plan){0};
    if (primitive == NULL)
        return no_resource(p->resource, error);
    r = tree_version(root, ret_plan->version);
    if (r < 0)
        return hvc_error_set(error, -EIO, "pacemaker's CIB has no version");
    r = simulate_it(p, error);
    if (r == 0) {
        simulation_judge(&set, ret_plan);
        judge_agent(tree_agent(root, primitive), ret_plan);
    }
    simulation_clear(&p->now);
    simulation_clear(&p->moved);
    simulation_clear(&p->left);
    return r;
}

int plan_simulate(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                  struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    struct planning p = {
        .program = program, .resource = resource, .target = target, .cib = cib, .deadline_ms = deadline_ms};

    return make_plan(&p, simulate_all, ret_plan, error);
}

int plan_hand_back(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                   struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    struct planning p = {
        .program = program, .resource = resource, .target = target, .cib = cib, .deadline_ms = deadline_ms};

    return make_plan(&p, simulate_hand_back, ret_plan, error);
}

/* A number that no job has; simulate_move takes it, too, behind this. */
static int put_place(xmlNode *cib, const struct hvc_pacemaker_place *place, uint64_t number, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish wish = {
        .job = UINT64_MAX - number, .resource = place->resource, .here = place->node};
    int r = marks_wish(cib, &wish, NULL, error);

    return r == -ENOENT ? 0 : r;
}

int plan_move_on(const char *program, xmlDoc **cib, const struct hvc_pacemaker_place *places, size_t count,
                 uint64_t deadline_ms, struct hvc_error *error)
{
    struct simulation moved = {0};
    xmlDoc *copy, *after = NULL;
    int r = 0;

    if (count == 0)
        return 0;
    copy = copy_to_simulate(*cib, error);
    if (copy == NULL)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = put_place(xmlDocGetRootElement(copy), &places[i], i, error);
    if (r == 0)
        r = simulate(program, copy, places[0].resource, deadline_ms, &moved, &after, error);
    simulation_clear(&moved);
    xmlFreeDoc(copy);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        marks_clear_locations(xmlDocGetRootElement(after), places[i].resource);
    xmlFreeDoc(*cib);
    *cib = after;
    return 0;
}

typedef int (*plan_fn)(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                       struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error);

static int plan_now(plan_fn plan, const struct hvc_pacemaker_place *before, size_t count, const char *resource,
                    const char *target, uint64_t deadline_ms, struct hvc_pacemaker_plan *ret_plan,
                    struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = plan_move_on(NULL, &cib, before, count, deadline_ms, error);
    if (r == 0)
        r = plan(NULL, cib, resource, target, deadline_ms, ret_plan, error);
    xmlFreeDoc(cib);
    return r;
}

int hvc_pacemaker_plan(const char *resource, const char *target, uint64_t deadline_ms,
                       struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    return plan_now(plan_simulate, NULL, 0, resource, target, deadline_ms, ret_plan, error);
}

int hvc_pacemaker_plan_behind(const struct hvc_pacemaker_place *before, size_t count, const char *resource,
                              const char *target, uint64_t deadline_ms, struct hvc_pacemaker_plan *ret_plan,
                              struct hvc_error *error)
{
    return plan_now(plan_simulate, before, count, resource, target, deadline_ms, ret_plan, error);
}

int hvc_pacemaker_plan_hand_back(const char *resource, const char *target, uint64_t deadline_ms,
                                 struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    return plan_now(plan_hand_back, NULL, 0, resource, target, deadline_ms, ret_plan, error);
}

/* ---- where it is ---- */

int plan_look(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
              struct hvc_pacemaker_resource *ret_resource, struct hvc_error *error)
{
    struct simulation now = {0};
    char words[HVC_PACEMAKER_WORDS_MAX];
    xmlDoc *copy;
    int r;

    if (marks_primitive(xmlDocGetRootElement(cib), resource) == NULL)
        return no_resource(resource, error);
    copy = copy_to_simulate(cib, error);
    r = copy == NULL ? -ENOMEM : simulate(program, copy, resource, deadline_ms, &now, NULL, error);
    xmlFreeDoc(copy);
    if (r < 0)
        return r;
    *ret_resource = (struct hvc_pacemaker_resource){.managed = now.now.managed && !now.now.blocked,
                                                    .failed = now.now.failed,
                                                    .idle = !simulation_touches(&now, resource, words, sizeof(words)) &&
                                                            now.now.pending[0] == '\0',
                                                    .nodes = now.now.nodes};
    memcpy(ret_resource->node, now.now.node, sizeof(ret_resource->node));
    ret_resource->all_idle = true;
    for (size_t i = 0; i < now.count; i++)
        ret_resource->all_idle = ret_resource->all_idle && now.actions[i].blocked;
    simulation_clear(&now);
    return 0;
}

int hvc_pacemaker_resource(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_resource *ret_resource,
                           struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = plan_look(NULL, cib, resource, deadline_ms, ret_resource, error);
    xmlFreeDoc(cib);
    return r;
}
