/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2's tree of a libvirt document, for the files that read or change one. Bounded by HVC_XML_MAX. */
#ifndef HVC_GUEST_TREE_H
#define HVC_GUEST_TREE_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/error.h"

/* No network and nothing on stderr. Without XML_PARSE_HUGE libxml2 bounds depth (256) and names by itself; without
 * XML_PARSE_NOENT and XML_PARSE_DTDLOAD it replaces and loads nothing, and a DTD is refused below. */
#define HVC_TREE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static inline void hvc_tree_free_text(xmlChar *text)
{
    xmlFree(text);
}

HVC_DEFINE_CLEANUP(xmlDocPtr, doc, xmlFreeDoc, NULL)
HVC_DEFINE_CLEANUP(xmlChar *, xml_text, hvc_tree_free_text, NULL)

static inline const char *hvc_tree_text(const xmlChar *text)
{
    return text == NULL ? "" : (const char *)text;
}

static inline bool hvc_tree_is(const xmlChar *name, const char *word)
{
    return name != NULL && strcmp((const char *)name, word) == 0;
}

int hvc_tree_check_size(size_t length, struct hvc_error *error);

/* Tree of a document without DTD, its root named so. */
int hvc_tree_read(const char *xml, const char *root, xmlDocPtr *ret_doc, struct hvc_error *error);

/* First child element of the name, without a namespace; NULL. */
xmlNodePtr hvc_tree_child(xmlNodePtr parent, const char *name);

bool hvc_tree_attribute_is(xmlNodePtr node, const char *attribute, const char *value);

/* free() the text. -ENOMEM. */
int hvc_tree_dump(xmlDocPtr doc, char **ret_xml);

#endif
