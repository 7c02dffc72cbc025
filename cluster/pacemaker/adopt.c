/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adoption in the running cluster: the CIB of now is read, and changed only as it was read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "adopt_plan.h"
#include "adopt_tree.h"
#include "change.h"
#include "cib_tree.h"
#include "hvc/run_program.h"
#include "hvc/text.h"
#include "plan.h"
#include "simulation.h"

#define CRM_RESOURCE "/usr/sbin/crm_resource"

/* ---- looks ---- */

int hvc_pacemaker_adopt_plan(const struct hvc_adopt_order *order, uint64_t deadline_ms, struct hvc_adopt_plan *ret_plan,
                             struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = adopt_plan_simulate(NULL, cib, order, deadline_ms, ret_plan, error);
    xmlFreeDoc(cib);
    return r;
}

static int say(int r, const char *resource, struct hvc_error *error)
{
    if (r == -ENOENT)
        return hvc_error_set(error, r, "pacemaker has no resource %s", resource);
    if (r == -ECANCELED)
        return hvc_error_set(error, r, "resource %s is not held any more", resource);
    return r < 0 ? hvc_error_set(error, r, "pacemaker's CIB cannot be read or changed: %s", strerror(-r)) : 0;
}

int hvc_pacemaker_adopt_look(const char *resource, uint64_t deadline_ms, struct hvc_adopt_state *ret_state,
                             struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = say(adopt_tree_look(xmlDocGetRootElement(cib), resource, ret_state), resource, error);
    xmlFreeDoc(cib);
    return r;
}

int hvc_pacemaker_adopt_held(uint64_t deadline_ms, char (**ret_resources)[HVC_RESOURCE_NAME_MAX], size_t *ret_count,
                             struct hvc_error *error)
{
    char(*found)[HVC_RESOURCE_NAME_MAX] = NULL, name[HVC_RESOURCE_NAME_MAX];
    xmlDoc *cib = NULL;
    xmlNode *top;
    size_t count = 0;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    top = tree_configuration(xmlDocGetRootElement(cib));
    for (xmlNode *n = top; n != NULL && r == 0; n = tree_next(top, n)) {
        void *more;

        if (!adopt_tree_is_hold(n, name))
            continue;
        more = realloc(found, (count + 1) * sizeof(*found));
        r = more == NULL ? hvc_error_set(error, -ENOMEM, "no memory for what stands in pacemaker's CIB") : 0;
        found = more == NULL ? found : more;
        if (r == 0)
            memcpy(found[count++], name, sizeof(name));
    }
    xmlFreeDoc(cib);
    if (r < 0) {
        free(found);
        return r;
    }
    *ret_resources = found;
    *ret_count = count;
    return 0;
}

int hvc_pacemaker_adopt_settled(const char *resource, uint64_t deadline_ms, char ret_version[HVC_PACEMAKER_VERSION_MAX],
                                struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    r = adopt_plan_settled(NULL, cib, resource, deadline_ms, error);
    if (r == 0)
        r = say(tree_version(xmlDocGetRootElement(cib), ret_version), resource, error);
    xmlFreeDoc(cib);
    return r;
}

/* ---- changes ---- */

enum kind { HOLD, TAKE, REPLACE, RELEASE };

struct change {
    enum kind kind;
    enum hvc_adopt_way way;
    char resource[HVC_RESOURCE_NAME_MAX], owner[HVC_NODE_NAME_MAX], without[HVC_ADOPT_WITHOUT_MAX];
    char held[HVC_ADOPT_HELD_MAX][HVC_RESOURCE_NAME_MAX];
    size_t held_count;
};

static int hold(const struct change *change, const struct hvc_adopt_order *order, xmlNode *cib, xmlNode *patch)
{
    struct hvc_adopt_plan *plan = calloc(1, sizeof(*plan));
    int r;

    if (plan == NULL)
        return -ENOMEM;
    memcpy(plan->held, change->held, sizeof(plan->held));
    plan->held_count = change->held_count;
    r = adopt_tree_hold(cib, order, plan, change->owner, patch);
    free(plan);
    return r;
}

static int make(const void *what, xmlNode *cib, xmlNode *patch, struct hvc_error *error)
{
    const struct change *change = what;
    const struct hvc_adopt_order order = {.resource = change->resource,
                                          .way = change->way,
                                          .without = change->without[0] == '\0' ? NULL : change->without};
    int r = 0;

    switch (change->kind) {
    case HOLD:
        r = hold(change, &order, cib, patch);
        break;
    case TAKE:
        r = adopt_tree_take(cib, change->resource, change->owner, patch);
        break;
    case REPLACE:
        r = adopt_tree_replace(cib, &order, patch);
        break;
    case RELEASE:
        r = adopt_tree_release(cib, change->resource, patch);
        break;
    }
    return say(r, change->resource, error);
}

static int run(enum kind kind, const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan,
               const char *owner, const char *version, uint64_t deadline_ms, struct hvc_error *error)
{
    struct change change = {.kind = kind, .way = order->way};
    const struct change_order to_do = {.make = make, .what = &change, .version = version, .deadline_ms = deadline_ms};

    if (hvc_text_copy(change.resource, sizeof(change.resource), order->resource) < 0 ||
        hvc_text_copy(change.owner, sizeof(change.owner), owner) < 0 ||
        hvc_text_copy(change.without, sizeof(change.without), order->without == NULL ? "" : order->without) < 0)
        return hvc_error_set(error, -EINVAL, "the name of a resource or node, or the list of parameters, is too long");
    if (plan != NULL) {
        memcpy(change.held, plan->held, sizeof(change.held));
        change.held_count = plan->held_count;
    }
    return change_running(&to_do, sizeof(change), error);
}

int hvc_pacemaker_adopt_hold(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan, const char *owner,
                             uint64_t deadline_ms, struct hvc_error *error)
{
    return run(HOLD, order, plan, owner, plan->version, deadline_ms, error);
}

int hvc_pacemaker_adopt_take(const char *resource, const char *version, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    const struct hvc_adopt_order order = {.resource = resource};

    return run(TAKE, &order, NULL, owner, version, deadline_ms, error);
}

int hvc_pacemaker_adopt_replace(const struct hvc_adopt_order *order, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error)
{
    return run(REPLACE, order, NULL, "", version, deadline_ms, error);
}

int hvc_pacemaker_adopt_release(const char *resource, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error)
{
    const struct hvc_adopt_order order = {.resource = resource};

    return run(RELEASE, &order, NULL, "", version, deadline_ms, error);
}

/* The controller of the node does it; crm_resource waits for its answer. Only ever under a hold. */
int hvc_pacemaker_adopt_refresh(const char *resource, const char *node, uint64_t deadline_ms, struct hvc_error *error)
{
    const char *const arguments[] = {CRM_RESOURCE, "--refresh", "--resource", resource,
                                     "--node",     node,        "--force",    NULL};
    const struct hvc_program child = {.arguments = arguments, .with_stderr = true};
    char output[4096], words[HVC_PACEMAKER_WORDS_MAX];
    bool cut = false;
    int r = hvc_run_program(&child, deadline_ms, output, sizeof(output), &cut, error);

    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, "crm_resource --refresh did not end in time and was killed");
    if (r == -ENOENT)
        return hvc_error_set(error, -EIO, CRM_RESOURCE " is not there: install pacemaker-cli-utils");
    if (r < 0)
        return r;
    simulation_words(output, words, sizeof(words));
    return r > 0 ? hvc_error_set(error, -EIO, "crm_resource --refresh ended with %d: %s", r, words) : 0;
}
