/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml_tree.h"

#include <errno.h>
#include <libxml/xmlreader.h>
#include <limits.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "text_buffer.h"

HVC_DEFINE_CLEANUP(xmlTextReaderPtr, reader, xmlFreeTextReader, NULL)

struct reading {
    struct hvc_cim_arena *arena;
    xmlTextReaderPtr reader;
    struct hvc_xml_node *root, *at; /* at: the element that is open */
    unsigned elements, depth;
    int line; /* of the parser's first complaint */
    char words[256];
};

static void keep_first_error(void *context, xmlErrorPtr complaint)
{
    struct reading *r = context;
    size_t length;

    if (r->words[0] != '\0' || complaint == NULL || complaint->message == NULL)
        return;
    r->line = complaint->line;
    (void)snprintf(r->words, sizeof(r->words), "%s", complaint->message);
    length = strlen(r->words);
    while (length > 0 && (r->words[length - 1] == '\n' || r->words[length - 1] == ' '))
        r->words[--length] = '\0';
}

static const char *copy_xml(struct reading *r, const xmlChar *text)
{
    return text == NULL ? NULL : hvc_cim_copy(r->arena, (const char *)text, strlen((const char *)text));
}

static struct hvc_xml_node *add_node(struct reading *r)
{
    struct hvc_xml_node *node = hvc_cim_alloc(r->arena, 1, sizeof(*node));

    if (node == NULL)
        return NULL;
    node->line = xmlTextReaderGetParserLineNumber(r->reader);
    node->parent = r->at;
    if (r->at == NULL)
        r->root = node;
    else if (r->at->last == NULL)
        r->at->first = r->at->last = node;
    else
        r->at->last = r->at->last->next = node;
    return node;
}

static bool read_attributes(struct reading *r, struct hvc_xml_node *node)
{
    struct hvc_xml_attribute **end = &node->attributes;

    while (xmlTextReaderMoveToNextAttribute(r->reader) == 1) {
        struct hvc_xml_attribute *attribute = hvc_cim_alloc(r->arena, 1, sizeof(*attribute));

        if (attribute == NULL)
            return false;
        attribute->name = copy_xml(r, xmlTextReaderConstLocalName(r->reader));
        attribute->value = copy_xml(r, xmlTextReaderConstValue(r->reader));
        if (attribute->name == NULL || attribute->value == NULL)
            return false;
        *end = attribute;
        end = &attribute->next;
    }
    (void)xmlTextReaderMoveToElement(r->reader);
    return true;
}

static int open_element(struct reading *r, struct hvc_error *error)
{
    bool empty = xmlTextReaderIsEmptyElement(r->reader) == 1;
    int line = xmlTextReaderGetParserLineNumber(r->reader);
    struct hvc_xml_node *node;

    if (++r->elements > HVC_XML_TREE_ELEMENTS_MAX)
        return hvc_error_set(error, -E2BIG, "line %d: more than %d elements", line, HVC_XML_TREE_ELEMENTS_MAX);
    if (r->depth >= HVC_XML_TREE_DEPTH_MAX)
        return hvc_error_set(error, -E2BIG, "line %d: elements are nested deeper than %d", line,
                             HVC_XML_TREE_DEPTH_MAX);
    node = add_node(r);
    if (node == NULL)
        return -ENOMEM;
    node->name = copy_xml(r, xmlTextReaderConstLocalName(r->reader));
    if (node->name == NULL || !read_attributes(r, node))
        return -ENOMEM;
    if (!empty) {
        r->at = node;
        r->depth++;
    }
    return 0;
}

static int add_text(struct reading *r)
{
    struct hvc_xml_node *node = r->at == NULL ? NULL : add_node(r);

    if (node == NULL)
        return -ENOMEM;
    node->text = copy_xml(r, xmlTextReaderConstValue(r->reader));
    return node->text == NULL ? -ENOMEM : 0;
}

static int take_node(struct reading *r, struct hvc_error *error)
{
    int line = xmlTextReaderGetParserLineNumber(r->reader);

    switch (xmlTextReaderNodeType(r->reader)) {
    case XML_READER_TYPE_ELEMENT:
        return open_element(r, error);
    case XML_READER_TYPE_END_ELEMENT:
        r->at = r->at->parent;
        r->depth--;
        return 0;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
    case XML_READER_TYPE_WHITESPACE:
        return add_text(r);
    case XML_READER_TYPE_DOCUMENT_TYPE:
        return hvc_error_set(error, -EINVAL, "line %d: a document type is not taken: remove <!DOCTYPE ...>", line);
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return hvc_error_set(error, -EINVAL, "line %d: the entity is not one of XML's own five", line);
    default:
        return 0; /* comments, the declaration, processing instructions: nothing is done about them */
    }
}

static int read_nodes(struct reading *r, struct hvc_error *error)
{
    int more;

    while ((more = xmlTextReaderRead(r->reader)) == 1) {
        int rc = take_node(r, error);

        if (rc == -ENOMEM)
            return hvc_error_set(error, rc, "the document needs more memory than one request may have");
        if (rc < 0)
            return rc;
    }
    if (more < 0 || r->words[0] != '\0' || r->root == NULL)
        return hvc_error_set(error, -EINVAL, "line %d: not well-formed XML: %s", r->line,
                             r->words[0] != '\0' ? r->words : "no element");
    return 0;
}

/* DSP0200 wants UTF-8. What libxml2 would take for another encoding by its first bytes is refused here and a declared
 * one is not looked at (IGNORE_ENC): its converters write what they cannot convert to standard error. */
static bool may_be_utf8(const char *bytes, size_t length)
{
    return length == 0 || (strchr("<\xef \t\r\n", bytes[0]) != NULL && memchr(bytes, 0, length) == NULL);
}

int hvc_xml_tree_read(struct hvc_cim_arena *arena, const char *bytes, size_t length, struct hvc_xml_node **ret_root,
                      struct hvc_error *error)
{
    HVC_CLEANUP(reader) xmlTextReaderPtr reader = NULL;
    struct reading r = {.arena = arena};
    int rc;

    if (length > INT_MAX)
        return hvc_error_set(error, -E2BIG, "the document is larger than %d bytes", INT_MAX);
    if (!may_be_utf8(bytes, length))
        return hvc_error_set(error, -EINVAL, "line 1: not well-formed XML: no document in UTF-8");
    reader = xmlReaderForMemory(bytes, (int)length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    if (reader == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for reading XML");
    r.reader = reader;
    xmlTextReaderSetStructuredErrorHandler(reader, keep_first_error, &r);
    rc = read_nodes(&r, error);
    if (rc == 0)
        *ret_root = r.root;
    return rc;
}

/* ---- looking at it ---- */

const char *hvc_xml_attribute(const struct hvc_xml_node *node, const char *name)
{
    for (const struct hvc_xml_attribute *a = node->attributes; a != NULL; a = a->next)
        if (strcmp(a->name, name) == 0)
            return a->value;
    return NULL;
}

bool hvc_xml_is(const struct hvc_xml_node *node, const char *name)
{
    return node->name != NULL && strcmp(node->name, name) == 0;
}

struct hvc_xml_node *hvc_xml_element(struct hvc_xml_node *node)
{
    while (node != NULL && node->name == NULL)
        node = node->next;
    return node;
}

const char *hvc_xml_text(struct hvc_cim_arena *arena, const struct hvc_xml_node *node)
{
    const struct hvc_xml_node *child = node->first;
    size_t length = 0;
    char *text;

    if (child == NULL)
        return "";
    if (child->text != NULL && child->next == NULL)
        return child->text;
    for (; child != NULL; child = child->next)
        length += child->text == NULL ? 0 : strlen(child->text);
    text = hvc_cim_alloc(arena, length + 1, 1);
    if (text == NULL)
        return NULL;
    length = 0;
    for (child = node->first; child != NULL; child = child->next) {
        size_t part = child->text == NULL ? 0 : strlen(child->text);

        if (part > 0)
            memcpy(text + length, child->text, part);
        length += part;
    }
    return text;
}

/* ---- written out again ---- */

static void put_start(struct hvc_text_buffer *out, const struct hvc_xml_node *node)
{
    hvc_text_put(out, "<");
    hvc_text_put(out, node->name);
    for (const struct hvc_xml_attribute *a = node->attributes; a != NULL; a = a->next) {
        hvc_text_put(out, " ");
        hvc_text_put(out, a->name);
        hvc_text_put(out, "=\"");
        hvc_text_put_escaped(out, a->value);
        hvc_text_put(out, "\"");
    }
    hvc_text_put(out, ">");
}

static void put_end(struct hvc_text_buffer *out, const struct hvc_xml_node *node)
{
    hvc_text_put(out, "</");
    hvc_text_put(out, node->name);
    hvc_text_put(out, ">");
}

/* The next one in the order of the document, not leaving `top`; elements that are left on the way are closed. */
static const struct hvc_xml_node *step(struct hvc_text_buffer *out, const struct hvc_xml_node *node,
                                       const struct hvc_xml_node *top)
{
    if (node->first != NULL)
        return node->first;
    for (; node != top; node = node->parent) {
        if (node->name != NULL)
            put_end(out, node);
        if (node->next != NULL)
            return node->next;
    }
    return NULL;
}

const char *hvc_xml_inner(struct hvc_cim_arena *arena, const struct hvc_xml_node *node)
{
    struct hvc_text_buffer out = {.limit = SIZE_MAX / 4};
    const char *copy = NULL;

    for (const struct hvc_xml_node *at = node->first; at != NULL; at = step(&out, at, node)) {
        if (at->name == NULL)
            hvc_text_put_escaped(&out, at->text);
        else
            put_start(&out, at);
    }
    if (!out.failed)
        copy = out.bytes == NULL ? "" : hvc_cim_copy(arena, out.bytes, out.length);
    hvc_text_free(&out);
    return copy;
}
