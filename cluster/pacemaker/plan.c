/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Pacemaker would do with a resource, and what it does: the CIB of now, read and simulated. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/text.h"
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

    return cib_text_read(cib, &reading->text, &reading->length, &task->error);
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

/* A copy with nothing of ours but the location, and what becomes of it. */
static int simulate_move(const char *program, xmlDoc *cib, struct simulation_set *set, uint64_t deadline_ms,
                         struct simulation *moved, struct simulation *left, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish wish = {.job = UINT64_MAX, .resource = set->resource, .here = set->target};
    xmlDoc *copy = xmlCopyDoc(cib, 1), *after = NULL;
    int r;

    if (copy == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
    marks_clear_resource(xmlDocGetRootElement(copy), set->resource);
    r = marks_wish(xmlDocGetRootElement(copy), &wish, NULL, error);
    if (r == 0)
        r = simulate(program, copy, set->resource, deadline_ms, moved, &after, error);
    if (r == 0) {
        marks_clear_locations(xmlDocGetRootElement(after), set->resource);
        r = simulate(program, after, set->resource, deadline_ms, left, NULL, error);
    }
    xmlFreeDoc(copy);
    xmlFreeDoc(after);
    return r;
}

/* What it would do now, were nothing held: a job that goes on under the hold of another asks that. */
static int simulate_now(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
                        struct simulation *now, struct hvc_error *error)
{
    xmlDoc *copy = xmlCopyDoc(cib, 1);
    int r;

    if (copy == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
    marks_clear_holds(xmlDocGetRootElement(copy), resource);
    r = simulate(program, copy, resource, deadline_ms, now, NULL, error);
    xmlFreeDoc(copy);
    return r;
}

/* The hand-back is answered by our agent, which knows that the guest is there already; another one would fail, and
 * Pacemaker would restart the guest. */
static void judge_agent(const xmlNode *primitive, struct hvc_pacemaker_plan *plan)
{
    char type[TREE_ATTRIBUTE_MAX];
    size_t used = 0;

    if (tree_has(primitive, "provider", "hvcluster") && tree_has(primitive, "type", "VirtualSystem"))
        return;
    tree_attribute(primitive, "type", type);
    plan->managed = false;
    plan->managed_words[0] = '\0';
    (void)hvc_text_append(plan->managed_words, sizeof(plan->managed_words), &used,
                          "its resource is of %.60s, which moves it by itself: hvcluster adopt makes it ours", type);
}

int plan_simulate(const char *program, xmlDoc *cib, const char *resource, const char *target, uint64_t deadline_ms,
                  struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    struct simulation now = {0}, moved = {0}, left = {0};
    struct simulation_set set = {.resource = resource, .target = target, .now = &now, .moved = &moved, .left = &left};
    int r;

    *ret_plan = (struct hvc_pacemaker_plan){0};
    if (marks_primitive(xmlDocGetRootElement(cib), resource) == NULL)
        return no_resource(resource, error);
    r = tree_version(xmlDocGetRootElement(cib), ret_plan->version);
    if (r < 0)
        return hvc_error_set(error, -EIO, "pacemaker's CIB has no version");
    r = simulate_now(program, cib, resource, deadline_ms, &now, error);
    if (r == 0)
        r = simulate_move(program, cib, &set, deadline_ms, &moved, &left, error);
    if (r == 0)
        simulation_judge(&set, ret_plan);
    if (r == 0)
        judge_agent(marks_primitive(xmlDocGetRootElement(cib), resource), ret_plan);
    simulation_clear(&now);
    simulation_clear(&moved);
    simulation_clear(&left);
    return r;
}

int hvc_pacemaker_plan(const char *resource, const char *target, uint64_t deadline_ms,
                       struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = plan_simulate(NULL, cib, resource, target, deadline_ms, ret_plan, error);
    xmlFreeDoc(cib);
    return r;
}

/* ---- where it is ---- */

int plan_look(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
              struct hvc_pacemaker_resource *ret_resource, struct hvc_error *error)
{
    struct simulation now = {0};
    char words[HVC_PACEMAKER_WORDS_MAX];
    int r;

    if (marks_primitive(xmlDocGetRootElement(cib), resource) == NULL)
        return no_resource(resource, error);
    r = simulate(program, cib, resource, deadline_ms, &now, NULL, error);
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

int hvc_pacemaker_watches(const char *resource, const char *node, uint64_t deadline_ms, bool *ret_watches,
                          struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    *ret_watches = marks_is_monitored(xmlDocGetRootElement(cib), resource, node);
    xmlFreeDoc(cib);
    return 0;
}
