/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Pacemaker would do in an adoption and after it, by its own scheduler. The critical moment is the one without any
 * record of the guest: Pacemaker then takes it for stopped, and whatever is ordered after it or colocated with it would
 * be stopped, too. What the simulation names is held as well, until it names nothing any more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "adopt_plan.h"
#include "adopt_tree.h"
#include "hvc/text.h"
#include "plan.h"
#include "simulate.h"

enum { ROUNDS = 6 }; /* of finding more to hold */

static int no_memory(struct hvc_error *error)
{
    return hvc_error_set(error, -ENOMEM, "no memory to simulate what pacemaker would do");
}

enum moment {
    REPLACED, /* the records are of the former agent */
    UNKNOWN,  /* ... were dropped */
};

/* saved: NULL, or what is left behind. */
static int simulate_moment(const char *program, xmlDoc *cib, const struct hvc_adopt_order *order,
                           const struct hvc_adopt_plan *plan, enum moment moment, uint64_t deadline_ms,
                           struct simulation *ret_simulation, xmlDoc **saved, struct hvc_error *error)
{
    xmlDoc *copy = xmlCopyDoc(cib, 1);
    xmlNode *root = copy == NULL ? NULL : xmlDocGetRootElement(copy);
    int r = copy == NULL ? -ENOMEM : adopt_tree_replace(root, order, NULL);

    if (r == 0)
        r = adopt_tree_hold(root, order, plan, "", NULL);
    if (r < 0) {
        xmlFreeDoc(copy);
        return r == -ENOMEM
                   ? no_memory(error)
                   : hvc_error_set(error, r, "a resource that has to be held has gone, or its name is too long");
    }
    if (moment == UNKNOWN)
        adopt_tree_drop_records(root, order->resource);
    r = simulate(program, copy, order->resource, deadline_ms, ret_simulation, saved, error);
    xmlFreeDoc(copy);
    return r;
}

/* ---- the others ---- */

static bool is_held(const struct hvc_adopt_plan *plan, const char *resource)
{
    for (size_t i = 0; i < plan->held_count; i++) {
        if (strcmp(plan->held[i], resource) == 0)
            return true;
    }
    return false;
}

/* True: there is one more to hold. What cannot be held stands against it. */
static bool hold_more(xmlDoc *cib, const struct hvc_adopt_order *order, const struct simulation *now,
                      const struct simulation *then, struct hvc_adopt_plan *plan)
{
    const struct sim_action *a;
    size_t index = 0;
    bool more = false;

    while ((a = simulation_next_new(now, then, &index)) != NULL) {
        char name[HVC_RESOURCE_NAME_MAX];
        size_t used = 0;

        /* an instance of a clone is "NAME:0" */
        (void)hvc_text_append(name, sizeof(name), &used, "%.*s", (int)strcspn(a->resource, ":"), a->resource);
        if (strcmp(name, order->resource) == 0 || is_held(plan, name))
            continue;
        if (plan->held_count == HVC_ADOPT_HELD_MAX || name[0] == '\0' ||
            !adopt_tree_can_hold(xmlDocGetRootElement(cib), name)) {
            (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "Pacemaker",
                                 "while it learns the new agent it would %s %s on %s, and that cannot be held back",
                                 a->what, a->resource, a->from);
            return false;
        }
        memcpy(plan->held[plan->held_count++], name, sizeof(name));
        more = true;
    }
    return more;
}

/* *ret_left: the CIB as it is when every node has looked for the guest, and as the simulation has it, has not found it.
 */
static int find_held(const char *program, xmlDoc *cib, const struct hvc_adopt_order *order,
                     const struct simulation *now, uint64_t deadline_ms, struct hvc_adopt_plan *plan, xmlDoc **ret_left,
                     struct hvc_error *error)
{
    bool more = true;

    for (unsigned i = 0; i < ROUNDS && more && !plan->refused; i++) {
        more = false;
        for (enum moment moment = REPLACED; moment <= UNKNOWN; moment++) {
            struct simulation then = {0};
            int r;

            xmlFreeDoc(*ret_left);
            *ret_left = NULL;
            r = simulate_moment(program, cib, order, plan, moment, deadline_ms, &then, ret_left, error);
            if (r < 0)
                return r;
            more = hold_more(cib, order, now, &then, plan) || more;
            simulation_say_new(now, &then, plan->during, sizeof(plan->during));
            simulation_clear(&then);
        }
    }
    if (plan->during[0] != '\0' && !plan->refused)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "Pacemaker", "while it learns the new agent it would: %s",
                             plan->during);
    return 0;
}

/* The new agent has found the guest, and nothing is held. */
static int judge_after(const char *program, xmlDoc *left, const struct hvc_adopt_order *order,
                       const struct simulation *now, uint64_t deadline_ms, struct hvc_adopt_plan *plan,
                       struct hvc_error *error)
{
    struct simulation after = {0};
    int r;

    adopt_tree_found(xmlDocGetRootElement(left), order->resource, plan->node);
    if (adopt_tree_release(xmlDocGetRootElement(left), order->resource, NULL) < 0)
        return no_memory(error);
    r = simulate(program, left, order->resource, deadline_ms, &after, NULL, error);
    if (r < 0)
        return r;
    simulation_say_new(now, &after, plan->after, sizeof(plan->after));
    if (plan->after[0] != '\0')
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "Pacemaker", "afterwards it would: %s", plan->after);
    simulation_clear(&after);
    return 0;
}

/* ---- the resource now ---- */

static void judge_now(const struct hvc_adopt_order *order, const struct simulation *now, struct hvc_adopt_plan *plan)
{
    char words[HVC_PACEMAKER_WORDS_MAX];

    memcpy(plan->node, now->now.node, sizeof(plan->node));
    if (!now->now.managed || now->now.blocked)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "Pacemaker does not manage it now (unmanaged, in maintenance, or blocked): pcs resource "
                             "manage %.60s, or end the maintenance",
                             order->resource);
    if (now->now.failed)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "Pacemaker has it as failed: look at the reason, then pcs resource cleanup %.60s",
                             order->resource);
    if (now->now.nodes == 0)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "Pacemaker has it on no node: only a guest that runs is adopted (a stopped one is made "
                             "anew with pcs)");
    if (now->now.nodes > 1)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource", "Pacemaker has it on %u nodes at once",
                             now->now.nodes);
    if (now->now.pending[0] != '\0')
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource", "an operation of it is under way (%s): try again",
                             now->now.pending);
    if (simulation_touches(now, order->resource, words, sizeof(words)))
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "Pacemaker is about to: %.200s; try again when it has", words);
}

int adopt_plan_simulate(const char *program, xmlDoc *cib, const struct hvc_adopt_order *order, uint64_t deadline_ms,
                        struct hvc_adopt_plan *plan, struct hvc_error *error)
{
    struct simulation now = {0};
    xmlDoc *left = NULL;
    int r;

    memset(plan, 0, sizeof(*plan));
    r = adopt_tree_judge(xmlDocGetRootElement(cib), order, plan, error);
    if (r < 0 || plan->count == 0 || (plan->refused && plan->config[0] == '\0'))
        return r; /* it is no guest of that kind */
    r = simulate(program, cib, order->resource, deadline_ms, &now, NULL, error);
    if (r < 0)
        return r;
    judge_now(order, &now, plan);
    if (!plan->refused)
        r = find_held(program, cib, order, &now, deadline_ms, plan, &left, error);
    if (r == 0 && !plan->refused)
        r = judge_after(program, left, order, &now, deadline_ms, plan, error);
    simulation_clear(&now);
    xmlFreeDoc(left);
    return r;
}

int adopt_plan_settled(const char *program, xmlDoc *cib, const char *resource, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    struct simulation now = {0}, after = {0};
    char words[HVC_PACEMAKER_WORDS_MAX];
    xmlDoc *copy = xmlCopyDoc(cib, 1);
    int r = copy == NULL ? no_memory(error) : 0;

    if (r == 0 && adopt_tree_release(xmlDocGetRootElement(copy), resource, NULL) < 0)
        r = no_memory(error);
    if (r == 0)
        r = simulate(program, cib, resource, deadline_ms, &now, NULL, error);
    if (r == 0)
        r = simulate(program, copy, resource, deadline_ms, &after, NULL, error);
    if (r == 0) {
        simulation_say_new(&now, &after, words, sizeof(words));
        if (words[0] != '\0')
            r = hvc_error_set(error, -EBUSY, "without the hold Pacemaker would: %s", words);
    }
    simulation_clear(&now);
    simulation_clear(&after);
    xmlFreeDoc(copy);
    return r;
}
