/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adoption on a CIB as a tree: what is in the way, what is changed, how far it has come. Pure. */
#ifndef HVC_PACEMAKER_ADOPT_TREE_H
#define HVC_PACEMAKER_ADOPT_TREE_H

#include <libxml/tree.h>

#include "cib_tree.h"
#include "hvc/pacemaker_adopt.h"

/* What a hold says, in attributes of these names: every one */
#define ADOPT_FOR "hvcluster-adopt" /* the resource that is adopted */
/* and the one on that resource itself */
#define ADOPT_BY    "hvcluster-adopt-by"      /* node whose hvclusterd does it */
#define ADOPT_TO    "hvcluster-adopt-to"      /* the agent that it shall have */
#define ADOPT_MINUS "hvcluster-adopt-without" /* parameters that are given up */

/* Lines of the plan for the resource, its parameters and operations, and its config. -ENOENT. */
int adopt_tree_judge(xmlNode *cib, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan,
                     struct hvc_error *error);
struct hvc_adopt_line *adopt_line_add(struct hvc_adopt_plan *plan, enum hvc_adopt_fate fate, const char *what,
                                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Holds on the resource and on the others of the plan. patch: NULL, or where it is noted. */
int adopt_tree_hold(xmlNode *cib, const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan,
                    const char *owner, xmlNode *patch);
int adopt_tree_take(xmlNode *cib, const char *resource, const char *owner, xmlNode *patch);
int adopt_tree_replace(xmlNode *cib, const struct hvc_adopt_order *order, xmlNode *patch);
int adopt_tree_release(xmlNode *cib, const char *resource, xmlNode *patch);

/* For simulations: as if every node's record had been dropped; as if a look on that node had found the guest. */
void adopt_tree_drop_records(xmlNode *cib, const char *resource);
void adopt_tree_found(xmlNode *cib, const char *resource, const char *node);

int adopt_tree_look(xmlNode *cib, const char *resource, struct hvc_adopt_state *state);
/* Name of the resource that the hold is for; false: node is no hold of an adoption on that resource itself. */
bool adopt_tree_is_hold(const xmlNode *node, char resource[HVC_RESOURCE_NAME_MAX]);
/* "" when it does not say that. */
void adopt_tree_said(const xmlNode *hold, const char *name, char value[TREE_ATTRIBUTE_MAX]);
/* The resource, "ping:0" is ping, is a primitive that can be held by itself. */
bool adopt_tree_can_hold(xmlNode *cib, const char *resource);

#endif
