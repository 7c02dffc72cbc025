/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CIB as a tree of libxml2, read and changed there, and the patch that does the same in the CIB: Pacemaker's own
 * format 2, which its CIB manager applies to exactly one version. Pure. Memory is the only failure: -ENOMEM, NULL or
 * false.
 */
#ifndef HVC_PACEMAKER_CIB_TREE_H
#define HVC_PACEMAKER_CIB_TREE_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "hvc/pacemaker_moves.h"

#define TREE_ATTRIBUTE_MAX 512

bool tree_is_element(const xmlNode *node, const char *name);
xmlNode *tree_child(const xmlNode *node, const char *name); /* the first of that name */
/* The next one of that name behind node, NULL: the first, below parent. */
xmlNode *tree_next_child(const xmlNode *parent, const xmlNode *node, const char *name);
/* "" when it is not there, or longer than any name of ours. */
void tree_attribute(const xmlNode *node, const char *name, char value[TREE_ATTRIBUTE_MAX]);
bool tree_has(const xmlNode *node, const char *name, const char *value);
xmlNode *tree_next(const xmlNode *top, xmlNode *node); /* the next node in document order, below top */
xmlNode *tree_configuration(xmlNode *cib);
xmlNode *tree_named(xmlNode *cib, const char *element, const char *id); /* of the configuration; NULL: not there */
/* What says of which agent a primitive is: its template, or itself. */
const xmlNode *tree_agent(xmlNode *cib, const xmlNode *primitive);
bool tree_stands(xmlNode *cib, const char *id); /* something in the configuration has it */
/* "admin_epoch.epoch.num_updates" */
int tree_version(const xmlNode *cib, char version[HVC_PACEMAKER_VERSION_MAX]);

xmlNode *tree_add(xmlNode *parent, const char *name);
bool tree_set(xmlNode *node, const char *name, const char *value); /* of a node that has no such attribute yet */

/* A patch of the CIB as it is now to its next epoch, which changes nothing else yet; its document is the caller's. */
int patch_new(const xmlNode *cib, xmlNode **ret_patch);
bool patch_is_empty(const xmlNode *patch);
/* What was changed in the tree is noted: before node is unlinked, after it was added as its parent's last child, after
 * these attributes of it were given other values. patch NULL: nothing is. */
bool patch_note_removal(xmlNode *patch, const xmlNode *node);
bool patch_note_addition(xmlNode *patch, const xmlNode *node);
bool patch_note_attributes(xmlNode *patch, const xmlNode *node, const char *const *names); /* ends with NULL */

#endif
