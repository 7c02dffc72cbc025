/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking libxml2's tree of a libvirt document and taking values out of it. What is not there is no error here. */
#ifndef HVC_TREE_VALUES_H
#define HVC_TREE_VALUES_H

#include "guest_tree.h"

/* Element of that name and without a namespace: the first child, and the next one behind an element. NULL: none, also
 * for a NULL parent. */
xmlNodePtr hvc_tree_find(xmlNodePtr parent, const char *name);
xmlNodePtr hvc_tree_next(xmlNodePtr element, const char *name);
/* The next element without a namespace, whatever its name; node itself when it is one. */
xmlNodePtr hvc_tree_element(xmlNodePtr node);

/* Value of an attribute or content of an element, cut at both ends; false and "" when it is not there or does not fit.
 * A NULL node has none. */
bool hvc_tree_attribute(xmlNodePtr node, const char *attribute, char *target, size_t size);
bool hvc_tree_content(xmlNodePtr node, char *target, size_t size);

#endif
