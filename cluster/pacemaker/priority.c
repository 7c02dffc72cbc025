/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The meta attribute "priority" of a resource. */
#include "priority.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cib_tree.h"
#include "marks.h"
#include "plan.h"

#define INFINITE HVC_PACEMAKER_PRIORITY_MAX

static int clamped(long number)
{
    return number > INFINITE ? INFINITE : number < -INFINITE ? -INFINITE : (int)number;
}

/* As Pacemaker reads a score: what is no number is 0. */
static int score_of(const char *text)
{
    if (strcmp(text, "INFINITY") == 0 || strcmp(text, "+INFINITY") == 0)
        return INFINITE;
    if (strcmp(text, "-INFINITY") == 0)
        return -INFINITE;
    return clamped(strtol(text, NULL, 10));
}

/* In one of the holder's sets. A set with a rule is left out: when it holds is Pacemaker's to say. */
static bool find(const xmlNode *holder, const char *sets, int *ret_priority)
{
    char value[TREE_ATTRIBUTE_MAX];

    for (const xmlNode *set = holder->children; set != NULL; set = set->next) {
        if (!tree_is_element(set, sets) || tree_child(set, "rule") != NULL)
            continue;
        for (const xmlNode *pair = set->children; pair != NULL; pair = pair->next) {
            if (!tree_is_element(pair, "nvpair") || !tree_has(pair, "name", "priority"))
                continue;
            tree_attribute(pair, "value", value);
            *ret_priority = score_of(value);
            return true;
        }
    }
    return false;
}

/* Its own one, else that of the group or clone it is in, else the default of all resources. */
bool priority_read(xmlNode *cib, const char *resource, int *ret_priority)
{
    const xmlNode *node = marks_primitive(cib, resource), *defaults;

    *ret_priority = 0;
    if (node == NULL)
        return false;
    for (; node != NULL && !tree_is_element(node, "resources"); node = node->parent) {
        if (find(node, "meta_attributes", ret_priority))
            return true;
    }
    defaults = tree_child(tree_configuration(cib), "rsc_defaults");
    if (defaults != NULL)
        (void)find(defaults, "meta_attributes", ret_priority);
    return true;
}

int hvc_pacemaker_priority(const char *resource, uint64_t deadline_ms, int *ret_priority, struct hvc_error *error)
{
    xmlDoc *cib = NULL;
    int priority, r = plan_read_cib(deadline_ms, &cib, error);

    if (r < 0)
        return r;
    if (priority_read(xmlDocGetRootElement(cib), resource, &priority))
        *ret_priority = priority;
    else
        r = hvc_error_set(error, -ENOENT, "pacemaker has no resource %s", resource);
    xmlFreeDoc(cib);
    return r;
}
