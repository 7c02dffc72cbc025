/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small document as a tree: elements, attributes, text. Read by libxml2's reader without DTD, entities of its own,
 * network or processing instructions; bounded in depth, elements and (by the arena) bytes. Pure.
 */
#ifndef HVC_WBEM_XML_TREE_H
#define HVC_WBEM_XML_TREE_H

#include "hvc/cim.h"
#include "hvc/error.h"

#define HVC_XML_TREE_DEPTH_MAX    64
#define HVC_XML_TREE_ELEMENTS_MAX 200000

struct hvc_xml_attribute {
    const char *name, *value;
    struct hvc_xml_attribute *next;
};

struct hvc_xml_node {
    const char *name; /* of an element, without namespace prefix; NULL: text */
    const char *text; /* of text */
    int line;
    struct hvc_xml_attribute *attributes;
    struct hvc_xml_node *parent, *first, *last, *next;
};

/* -EINVAL: not well-formed, a DTD, an entity; -E2BIG: too deep or too many; -ENOMEM: the arena is full. */
int hvc_xml_tree_read(struct hvc_cim_arena *arena, const char *bytes, size_t length, struct hvc_xml_node **ret_root,
                      struct hvc_error *error);

const char *hvc_xml_attribute(const struct hvc_xml_node *node, const char *name); /* NULL: it has none */
bool hvc_xml_is(const struct hvc_xml_node *node, const char *name);
/* First child element from a node on (NULL: there is none): hvc_xml_element(parent->first), (child->next). */
struct hvc_xml_node *hvc_xml_element(struct hvc_xml_node *node);
/* All text directly below; "" for none. NULL: no memory. */
const char *hvc_xml_text(struct hvc_cim_arena *arena, const struct hvc_xml_node *node);
/* Everything below, elements written out again: for clients that do not escape what they put into a string. */
const char *hvc_xml_inner(struct hvc_cim_arena *arena, const struct hvc_xml_node *node);

#endif
