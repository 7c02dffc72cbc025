/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_xml.h"

#include <errno.h>
#include <libxml/xmlreader.h>

#include "guest_tree.h"
#include "hvc/text.h"

HVC_DEFINE_CLEANUP(xmlTextReaderPtr, reader, xmlFreeTextReader, NULL)

/* One line of libxml2's words, kept by the first error. */
struct words {
    int line;
    char text[256];
};

static void keep_first_error(void *context, xmlErrorPtr error)
{
    struct words *words = context;
    size_t length;

    if (words->text[0] != '\0' || error == NULL || error->message == NULL)
        return;
    words->line = error->line;
    (void)snprintf(words->text, sizeof(words->text), "%s", error->message);
    length = strlen(words->text);
    while (length > 0 && (words->text[length - 1] == '\n' || words->text[length - 1] == ' '))
        words->text[--length] = '\0';
}

/* Cuts white space at both ends. */
static void trim(char *text)
{
    static const char space[] = " \t\r\n";
    size_t length = strlen(text);
    size_t lead = strspn(text, space);

    while (length > lead && strchr(space, text[length - 1]) != NULL)
        length--;
    memmove(text, text + lead, length - lead);
    text[length - lead] = '\0';
}

struct id_reader {
    xmlTextReaderPtr reader;
    struct words words;
    struct hvc_guest_id id;
    bool has_name, has_uuid;
};

static int line_of(xmlTextReaderPtr reader)
{
    return xmlTextReaderGetParserLineNumber(reader);
}

static int take_name(struct id_reader *r, const char *text, struct hvc_error *error)
{
    int line = line_of(r->reader);

    if (r->has_name)
        return hvc_error_set(error, -EINVAL, "line %d: the guest definition has two <name> elements", line);
    if (*text == '\0')
        return hvc_error_set(error, -EINVAL, "line %d: the guest's <name> is empty", line);
    if (strpbrk(text, "/\n\r") != NULL) /* a carriage return is another one when it has been written and read */
        return hvc_error_set(error, -EINVAL, "line %d: the guest's <name> has a '/' or a line break, which %s", line,
                             strpbrk(text, "/\n") != NULL ? "libvirt refuses" : "XML does not keep");
    if (hvc_text_copy(r->id.name, sizeof(r->id.name), text) < 0)
        return hvc_error_set(error, -EINVAL, "line %d: the guest's <name> is longer than %d bytes", line,
                             HVC_GUEST_NAME_MAX - 1);
    r->has_name = true;
    return 0;
}

static int take_uuid(struct id_reader *r, char *text, struct hvc_error *error)
{
    int line = line_of(r->reader);

    if (r->has_uuid)
        return hvc_error_set(error, -EINVAL, "line %d: the guest definition has two <uuid> elements", line);
    trim(text);
    if (hvc_parse_uuid(text, r->id.uuid) < 0)
        return hvc_error_set(error, -EINVAL, "line %d: the guest's <uuid> \"%.60s\" is no UUID", line, text);
    r->has_uuid = true;
    return 0;
}

/* A child of <domain> that has only text in it. */
static int read_child(struct id_reader *r, struct hvc_error *error)
{
    HVC_CLEANUP(xml_text) xmlChar *text = NULL;
    bool is_name = hvc_tree_is(xmlTextReaderConstLocalName(r->reader), "name");

    if (xmlTextReaderConstNamespaceUri(r->reader) != NULL)
        return 0;
    if (!is_name && !hvc_tree_is(xmlTextReaderConstLocalName(r->reader), "uuid"))
        return 0;
    text = xmlTextReaderReadString(r->reader);
    if (text == NULL && r->words.text[0] != '\0')
        return 0; /* broken inside; the reader's next step says so with its line */
    if (is_name)
        return take_name(r, hvc_tree_text(text), error);
    if (text == NULL)
        return hvc_error_set(error, -EINVAL, "line %d: the guest's <uuid> is empty", line_of(r->reader));
    return take_uuid(r, (char *)text, error);
}

static int read_node(struct id_reader *r, struct hvc_error *error)
{
    int depth = xmlTextReaderDepth(r->reader);
    int type = xmlTextReaderNodeType(r->reader);

    if (type == XML_READER_TYPE_DOCUMENT_TYPE)
        return hvc_error_set(error, -EINVAL, "line %d: a guest definition has no DTD; remove <!DOCTYPE ...>",
                             line_of(r->reader));
    if (type == XML_READER_TYPE_ENTITY_REFERENCE)
        return hvc_error_set(error, -EINVAL, "line %d: entity \"&%s;\" is not replaced in a guest definition",
                             line_of(r->reader), hvc_tree_text(xmlTextReaderConstName(r->reader)));
    if (type != XML_READER_TYPE_ELEMENT)
        return 0;
    if (depth == 0 && !hvc_tree_is(xmlTextReaderConstName(r->reader), "domain"))
        return hvc_error_set(error, -EINVAL, "line %d: the document is a <%.60s>, not a <domain>", line_of(r->reader),
                             hvc_tree_text(xmlTextReaderConstName(r->reader)));
    return depth == 1 ? read_child(r, error) : 0;
}

static int read_all(struct id_reader *r, struct hvc_error *error)
{
    int more;

    while ((more = xmlTextReaderRead(r->reader)) == 1) {
        int result = read_node(r, error);

        if (result < 0)
            return result;
    }
    if (more < 0 || r->words.text[0] != '\0')
        return hvc_error_set(error, -EINVAL, "line %d: the guest definition is not well-formed XML: %s", r->words.line,
                             r->words.text[0] != '\0' ? r->words.text : "cannot be read");
    if (!r->has_name)
        return hvc_error_set(error, -EINVAL, "the guest definition has no <name>");
    return 0;
}

int hvc_guest_parse_name(const char *xml, size_t length, struct hvc_guest_id *ret_id, struct hvc_error *error)
{
    HVC_CLEANUP(reader) xmlTextReaderPtr reader = NULL;
    struct id_reader r = {.reader = NULL};
    int result = hvc_tree_check_size(length, error);

    if (result < 0)
        return result;
    xmlInitParser();
    reader = xmlReaderForMemory(xml, (int)length, NULL, NULL, HVC_TREE_OPTIONS);
    if (reader == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for reading a guest definition");
    xmlTextReaderSetStructuredErrorHandler(reader, keep_first_error, &r.words);
    r.reader = reader;
    result = read_all(&r, error);
    if (result < 0)
        return result;
    *ret_id = r.id;
    return 0;
}

int hvc_guest_parse_id(const char *xml, size_t length, struct hvc_guest_id *ret_id, struct hvc_error *error)
{
    struct hvc_guest_id id;
    int result = hvc_guest_parse_name(xml, length, &id, error);

    if (result < 0)
        return result;
    if (id.uuid[0] == '\0')
        return hvc_error_set(
            error, -EINVAL,
            "the guest definition has no <uuid>; a cluster tells guests apart by it (uuidgen makes one)");
    *ret_id = id;
    return 0;
}

static bool is_our_mark(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL && hvc_tree_is(node->ns->href, HVC_METADATA_URI) &&
           hvc_tree_is(node->name, "guest");
}

static void remove_marks(xmlNodePtr metadata)
{
    xmlNodePtr next;

    for (xmlNodePtr node = metadata->children; node != NULL; node = next) {
        next = node->next;
        if (is_our_mark(node)) {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
        }
    }
}

static int add_mark(xmlNodePtr metadata, const char *owner)
{
    xmlNodePtr mark = xmlNewChild(metadata, NULL, (const xmlChar *)"guest", NULL);
    xmlNsPtr ns;

    if (mark == NULL)
        return -ENOMEM;
    ns = xmlNewNs(mark, (const xmlChar *)HVC_METADATA_URI, (const xmlChar *)HVC_METADATA_PREFIX);
    if (ns == NULL)
        return -ENOMEM;
    xmlSetNs(mark, ns);
    return xmlNewProp(mark, (const xmlChar *)"owner", (const xmlChar *)owner) == NULL ? -ENOMEM : 0;
}

int hvc_guest_xml_mark(const char *xml, const char *owner, char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr metadata;
    int result = hvc_tree_read(xml, "domain", &doc, error);

    if (result < 0)
        return result;
    metadata = hvc_tree_child(xmlDocGetRootElement(doc), "metadata");
    if (metadata != NULL)
        remove_marks(metadata);
    else if (*owner != '\0')
        metadata = xmlNewChild(xmlDocGetRootElement(doc), NULL, (const xmlChar *)"metadata", NULL);
    if (*owner != '\0') {
        result = metadata == NULL ? -ENOMEM : add_mark(metadata, owner);
        /* a default namespace on <domain> would be inherited by the new element; libvirt knows none */
        if (result == 0 && metadata->ns != NULL)
            result = -EINVAL;
    }
    if (result == 0)
        result = hvc_tree_dump(doc, ret_xml);
    if (result < 0)
        return hvc_error_set(error, result, "the owner's mark cannot be put into the guest definition: %s",
                             result == -ENOMEM ? "no memory" : "it has a default namespace");
    return 0;
}

int hvc_guest_xml_owner_element(const char *owner, char **ret_xml)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlBufferPtr buffer;
    xmlNodePtr node = xmlNewNode(NULL, (const xmlChar *)"guest");
    char *copy = NULL;

    if (doc == NULL || node == NULL) {
        xmlFreeNode(node);
        return -ENOMEM;
    }
    (void)xmlDocSetRootElement(doc, node);
    if (xmlNewProp(node, (const xmlChar *)"owner", (const xmlChar *)owner) == NULL)
        return -ENOMEM;
    buffer = xmlBufferCreate();
    if (buffer == NULL)
        return -ENOMEM;
    if (xmlNodeDump(buffer, doc, node, 0, 0) > 0)
        copy = strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    if (copy == NULL)
        return -ENOMEM;
    *ret_xml = copy;
    return 0;
}

int hvc_guest_xml_owner(const char *element, char ret_owner[HVC_RESOURCE_NAME_MAX])
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    HVC_CLEANUP(xml_text) xmlChar *owner = NULL;

    if (hvc_tree_read(element, "guest", &doc, NULL) < 0)
        return -EINVAL;
    owner = xmlGetNoNsProp(xmlDocGetRootElement(doc), (const xmlChar *)"owner");
    if (owner == NULL)
        return -EINVAL;
    return hvc_text_copy(ret_owner, HVC_RESOURCE_NAME_MAX, (const char *)owner) < 0 ? -EINVAL : 0;
}

static bool tpm_state_is_dropped(xmlNodePtr tpm)
{
    xmlNodePtr backend = hvc_tree_child(tpm, "backend");

    return backend != NULL && hvc_tree_attribute_is(backend, "type", "emulator") &&
           !hvc_tree_attribute_is(backend, "persistent_state", "yes");
}

int hvc_guest_xml_needs_definition(const char *xml, bool *ret_needs, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr devices;
    bool needs = false;
    int result = hvc_tree_read(xml, "domain", &doc, error);

    if (result < 0)
        return result;
    devices = hvc_tree_child(xmlDocGetRootElement(doc), "devices");
    for (xmlNodePtr node = devices == NULL ? NULL : devices->children; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE && hvc_tree_is(node->name, "tpm") && tpm_state_is_dropped(node))
            needs = true;
    *ret_needs = needs;
    return 0;
}

static int host_text(const char *xml, const char *const *path, size_t depth, char *ret_text, size_t size)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    HVC_CLEANUP(xml_text) xmlChar *content = NULL;
    xmlNodePtr node;

    if (hvc_tree_read(xml, "capabilities", &doc, NULL) < 0)
        return -EINVAL;
    node = xmlDocGetRootElement(doc);
    for (size_t i = 0; node != NULL && i < depth; i++)
        node = hvc_tree_child(node, path[i]);
    content = node == NULL ? NULL : xmlNodeGetContent(node);
    return hvc_text_copy(ret_text, size, hvc_tree_text(content));
}

int hvc_host_xml_cpu_model(const char *xml, char *ret_model, size_t size)
{
    static const char *const path[] = {"host", "cpu", "model"};

    return host_text(xml, path, 3, ret_model, size);
}

int hvc_host_xml_uuid(const char *xml, char ret_uuid[HVC_UUID_TEXT_MAX])
{
    static const char *const path[] = {"host", "uuid"};
    char text[64];
    int result = host_text(xml, path, 2, text, sizeof(text));

    return result < 0 ? result : hvc_parse_uuid(text, ret_uuid);
}
