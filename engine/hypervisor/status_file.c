/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>

#include "guest_xml.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"

static inline void free_xml_text(xmlChar *text)
{
    xmlFree(text);
}
HVC_DEFINE_CLEANUP(xmlTextReaderPtr, reader, xmlFreeTextReader, NULL)
HVC_DEFINE_CLEANUP(xmlChar *, xml_text, free_xml_text, NULL)

static bool is_named(const xmlChar *name, const char *word)
{
    return name != NULL && strcmp((const char *)name, word) == 0;
}

static xmlChar *attribute(xmlTextReaderPtr reader, const char *name)
{
    return xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
}

static void read_domstatus(xmlTextReaderPtr reader, struct hvc_status_file *s)
{
    HVC_CLEANUP(xml_text) xmlChar *state = attribute(reader, "state");
    HVC_CLEANUP(xml_text) xmlChar *reason = attribute(reader, "reason");
    HVC_CLEANUP(xml_text) xmlChar *pid = attribute(reader, "pid");
    uint64_t number = 0;

    s->state = state == NULL ? -1 : hvc_state_by_word((const char *)state);
    s->reason = reason == NULL ? -1 : hvc_reason_by_word(s->state, (const char *)reason);
    if (pid != NULL && hvc_parse_u64((const char *)pid, 1, INT32_MAX, &number) == 0)
        s->pid = (int64_t)number;
}

/* <job type='none' async='migration in' phase='prepare' ...>; phases of the target: none, prepare, finish2, finish3,
 * postcopy_failed (virMigrationJobPhase). */
static void read_job(xmlTextReaderPtr reader, struct hvc_status_file *s)
{
    HVC_CLEANUP(xml_text) xmlChar *async = attribute(reader, "async");
    HVC_CLEANUP(xml_text) xmlChar *phase = attribute(reader, "phase");

    s->job = HVC_DOMAIN_JOB_NONE;
    if (is_named(async, "migration out"))
        s->job = HVC_DOMAIN_JOB_OUT;
    if (is_named(async, "migration in")) {
        s->job = HVC_DOMAIN_JOB_IN;
        s->finishing = !is_named(phase, "none") && !is_named(phase, "prepare");
    }
}

static int read_memory(xmlTextReaderPtr reader, struct hvc_status_file *s)
{
    HVC_CLEANUP(xml_text) xmlChar *unit = attribute(reader, "unit");
    HVC_CLEANUP(xml_text) xmlChar *text = xmlTextReaderReadString(reader);

    /* libvirt writes KiB only; another unit or no number leaves 0: not known */
    if (text == NULL || (unit != NULL && !is_named(unit, "KiB")))
        return 0;
    return hvc_parse_u64((const char *)text, 0, UINT64_MAX, &s->memory_kib);
}

static void read_owner(xmlTextReaderPtr reader, struct hvc_status_file *s)
{
    HVC_CLEANUP(xml_text) xmlChar *owner = attribute(reader, "owner");

    if (owner == NULL || hvc_text_copy(s->owner, sizeof(s->owner), (const char *)owner) < 0)
        s->owner[0] = '\0';
}

static int read_domain_child(xmlTextReaderPtr reader, struct hvc_status_file *s)
{
    const xmlChar *name = xmlTextReaderConstLocalName(reader);
    HVC_CLEANUP(xml_text) xmlChar *text = NULL;

    if (is_named(name, "memory"))
        return read_memory(reader, s);
    if (!is_named(name, "name") && !is_named(name, "uuid"))
        return 0;
    text = xmlTextReaderReadString(reader);
    if (text == NULL)
        return -EINVAL;
    if (is_named(name, "uuid"))
        return hvc_parse_uuid((const char *)text, s->id.uuid);
    return hvc_text_copy(s->id.name, sizeof(s->id.name), (const char *)text);
}

/* Where the reader is inside <domstatus>. */
struct place {
    bool in_domain, in_metadata;
};

static int read_element(xmlTextReaderPtr reader, struct place *place, struct hvc_status_file *s)
{
    const xmlChar *name = xmlTextReaderConstLocalName(reader);
    int depth = xmlTextReaderDepth(reader);

    if (depth == 0) {
        if (!is_named(name, "domstatus"))
            return -EINVAL;
        read_domstatus(reader, s);
    } else if (depth == 1) {
        place->in_domain = is_named(name, "domain");
        if (is_named(name, "job"))
            read_job(reader, s);
    } else if (depth == 2 && place->in_domain) {
        place->in_metadata = is_named(name, "metadata");
        return read_domain_child(reader, s);
    } else if (depth == 3 && place->in_metadata && is_named(name, "guest") &&
               is_named(xmlTextReaderConstNamespaceUri(reader), HVC_METADATA_URI)) {
        read_owner(reader, s);
    }
    return 0;
}

int hvc_status_file_parse(const char *xml, size_t length, struct hvc_status_file *ret_status, struct hvc_error *error)
{
    HVC_CLEANUP(reader) xmlTextReaderPtr reader = NULL;
    struct hvc_status_file status = {.state = -1, .reason = -1, .job = HVC_DOMAIN_JOB_NONE};
    struct place place = {.in_domain = false};
    int more = -1;

    if (length == 0 || length >= HVC_STATUS_FILE_MAX)
        return hvc_error_set(error, -EINVAL, "a status file of %zu bytes is not read", length);
    xmlInitParser();
    reader =
        xmlReaderForMemory(xml, (int)length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    while (reader != NULL && (more = xmlTextReaderRead(reader)) == 1) {
        int type = xmlTextReaderNodeType(reader);

        if (type == XML_READER_TYPE_DOCUMENT_TYPE ||
            (type == XML_READER_TYPE_ELEMENT && read_element(reader, &place, &status) < 0))
            return hvc_error_set(error, -EINVAL, "line %d: not a status file of libvirt",
                                 xmlTextReaderGetParserLineNumber(reader));
    }
    if (more != 0 || status.id.uuid[0] == '\0')
        return hvc_error_set(error, -EINVAL, "not a status file of libvirt: %s",
                             more != 0 ? "not well-formed" : "no UUID in it");
    *ret_status = status;
    return 0;
}

static int read_text(int fd, char *text, size_t size, size_t *ret_length)
{
    size_t length = 0;
    ssize_t count;

    while ((count = read(fd, text + length, size - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        return -errno;
    *ret_length = length;
    return 0;
}

int hvc_status_file_read(const char *folder, const char *name, struct hvc_status_file *ret_status,
                         struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = malloc(HVC_STATUS_FILE_MAX);
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX];
    size_t length = 0;
    int result;

    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a status file");
    if (*name == '\0' || strchr(name, '/') != NULL)
        return hvc_error_set(error, -EINVAL, "a guest named \"%s\" has no status file", name);
    if ((size_t)snprintf(path, sizeof(path), "%s/%s.xml", folder, name) >= sizeof(path))
        return hvc_error_set(error, -ENAMETOOLONG, "the path of the status file of %s is too long", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return hvc_error_set(error, -errno, "status file %s: %s", path, strerror(errno));
    result = read_text(fd, text, HVC_STATUS_FILE_MAX, &length);
    if (result < 0)
        return hvc_error_set(error, result, "status file %s: %s", path, strerror(-result));
    result = hvc_status_file_parse(text, length, ret_status, error);
    if (result < 0)
        (void)hvc_error_prefix(error, "status file %s", path);
    return result < 0 ? result : 0;
}
