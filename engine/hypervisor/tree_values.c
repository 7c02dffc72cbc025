/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree_values.h"

static xmlNodePtr named_from(xmlNodePtr node, const char *name)
{
    for (; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && node->ns == NULL && hvc_tree_is(node->name, name))
            return node;
    return NULL;
}

xmlNodePtr hvc_tree_find(xmlNodePtr parent, const char *name)
{
    return parent == NULL ? NULL : named_from(parent->children, name);
}

xmlNodePtr hvc_tree_next(xmlNodePtr element, const char *name)
{
    return named_from(element->next, name);
}

xmlNodePtr hvc_tree_element(xmlNodePtr node)
{
    while (node != NULL && (node->type != XML_ELEMENT_NODE || node->ns != NULL))
        node = node->next;
    return node;
}

/* Cuts white space at both ends. */
static bool take(const xmlChar *value, char *target, size_t size)
{
    static const char space[] = " \t\r\n";
    const char *text = hvc_tree_text(value);
    size_t lead = strspn(text, space), length = strlen(text);

    target[0] = '\0';
    while (length > lead && strchr(space, text[length - 1]) != NULL)
        length--;
    if (value == NULL || length - lead >= size)
        return false;
    memcpy(target, text + lead, length - lead);
    target[length - lead] = '\0';
    return true;
}

bool hvc_tree_attribute(xmlNodePtr node, const char *attribute, char *target, size_t size)
{
    HVC_CLEANUP(xml_text)
    xmlChar *value = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)attribute);

    return take(value, target, size);
}

bool hvc_tree_content(xmlNodePtr node, char *target, size_t size)
{
    HVC_CLEANUP(xml_text) xmlChar *value = node == NULL ? NULL : xmlNodeGetContent(node);

    return take(value, target, size);
}
