/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_tree.h"

#include <errno.h>
#include <libxml/parser.h>

int hvc_tree_check_size(size_t length, struct hvc_error *error)
{
    if (length == 0)
        return hvc_error_set(error, -EINVAL, "the guest definition is empty");
    if (length >= HVC_XML_MAX)
        return hvc_error_set(error, -EINVAL, "the guest definition has %zu bytes; at most %d are read", length,
                             HVC_XML_MAX - 1);
    return 0;
}

/* Tree of a document without DTD, its root named so. */
int hvc_tree_read(const char *xml, const char *root, xmlDocPtr *ret_doc, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr top;
    size_t length = strlen(xml);
    int result = hvc_tree_check_size(length, error);

    if (result < 0)
        return result;
    xmlInitParser();
    doc = xmlReadMemory(xml, (int)length, NULL, NULL, HVC_TREE_OPTIONS);
    if (doc == NULL) {
        xmlErrorPtr last = xmlGetLastError();

        return hvc_error_set(error, -EINVAL, "line %d: not well-formed XML: %s", last == NULL ? 0 : last->line,
                             last == NULL || last->message == NULL ? "cannot be read" : last->message);
    }
    if (doc->intSubset != NULL || doc->extSubset != NULL)
        return hvc_error_set(error, -EINVAL, "a guest definition has no DTD; remove <!DOCTYPE ...>");
    top = xmlDocGetRootElement(doc);
    if (top == NULL || !hvc_tree_is(top->name, root))
        return hvc_error_set(error, -EINVAL, "the document is no <%s>", root);
    *ret_doc = HVC_TAKE(doc, NULL);
    return 0;
}

xmlNodePtr hvc_tree_child(xmlNodePtr parent, const char *name)
{
    for (xmlNodePtr node = parent->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && node->ns == NULL && hvc_tree_is(node->name, name))
            return node;
    return NULL;
}

bool hvc_tree_attribute_is(xmlNodePtr node, const char *attribute, const char *value)
{
    HVC_CLEANUP(xml_text) xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)attribute);

    return hvc_tree_is(text, value);
}

int hvc_tree_dump(xmlDocPtr doc, char **ret_xml)
{
    HVC_CLEANUP(xml_text) xmlChar *text = NULL;
    int length = 0;
    char *copy;

    xmlDocDumpMemoryEnc(doc, &text, &length, "UTF-8");
    if (text == NULL)
        return -ENOMEM;
    copy = strdup((const char *)text);
    if (copy == NULL)
        return -ENOMEM;
    *ret_xml = copy;
    return 0;
}
