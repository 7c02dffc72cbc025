/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/foreign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/bounded_call.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/definition_file.h"
#include "hvc/text.h"

/* libvirt itself keeps definitions there, each in a file of the guest's name. */
#define LIBVIRT_FOLDER "/etc/libvirt/qemu/"

enum { FILE_MS = 1000 };

/* Such files often are on a shared file system, which may hang. */
static struct hvc_bounded_limit readers = {.max_stuck = 8};

/* ---- files ---- */

struct reading {
    char path[HVC_PATH_TEXT_MAX];
    struct hvc_guest_id id;
    struct hvc_error error;
    int result;
};

static void run_reading(void *context)
{
    struct reading *reading = context;
    HVC_CLEANUP(free) char *xml = NULL;

    reading->result = hvc_read_definition(reading->path, &xml, &reading->error);
    if (reading->result == 0)
        reading->result = hvc_guest_parse_name(xml, strlen(xml), &reading->id, &reading->error);
}

static void say_unread(struct hvc_foreign *foreign, const char *words)
{
    (void)snprintf(foreign->words, sizeof(foreign->words), "%.*s", (int)sizeof(foreign->words) - 1, words);
}

static void read_definition(struct hvc_foreign *foreign, uint64_t deadline_ms)
{
    uint64_t until = hvc_deadline_within(deadline_ms, FILE_MS);
    struct reading *reading = calloc(1, sizeof(*reading));

    if (foreign->resource.config[0] == '\0' || reading == NULL) {
        say_unread(foreign, reading == NULL ? "out of memory" : "it names no file (config)");
        free(reading);
        return;
    }
    memcpy(reading->path, foreign->resource.config, sizeof(reading->path));
    if (hvc_bounded_call(&readers, run_reading, free, reading, until) < 0) {
        say_unread(foreign, "its file was not read in time");
        return;
    }
    foreign->id = reading->id;
    foreign->absent = reading->result == -ENOENT;
    if (reading->result < 0)
        say_unread(foreign, reading->error.text);
    free(reading);
}

int hvc_foreign_read(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_foreign **ret_list, size_t *ret_count,
                     struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_fact_foreign *resources = NULL;
    struct hvc_foreign *list;
    size_t count = 0;
    int rc = hvc_facts_foreign(facts, deadline_ms, &resources, &count, error);

    if (rc < 0)
        return rc;
    list = calloc(count + 1, sizeof(*list));
    if (list == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        list[i].resource = resources[i];
        read_definition(&list[i], deadline_ms);
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

/* ---- whose is it ---- */

/* "/etc/guests/web.xml" is of web; a name that is not known is nobody's. */
static bool file_is_named(const char *path, const char *name)
{
    const char *file = strrchr(path, '/');
    size_t length;

    file = file == NULL ? path : file + 1;
    length = strlen(file);
    if (length > 4 && strcmp(file + length - 4, ".xml") == 0)
        length -= 4;
    return length > 0 && length == strlen(name) && strncmp(file, name, length) == 0;
}

enum hvc_foreign_is hvc_foreign_is(const struct hvc_foreign *foreign, const struct hvc_guest_id *guest)
{
    const struct hvc_fact_foreign *resource = &foreign->resource;

    if (foreign->id.name[0] != '\0')
        return strcmp(foreign->id.name, guest->name) == 0 ||
                       (foreign->id.uuid[0] != '\0' && strcmp(foreign->id.uuid, guest->uuid) == 0)
                   ? HVC_FOREIGN_OWNS
                   : HVC_FOREIGN_NOT;
    if (file_is_named(resource->config, guest->name) || strcmp(resource->resource, guest->name) == 0)
        return HVC_FOREIGN_OWNS;
    /* without the file its agent runs nothing here; libvirt's own files are named after their guests */
    if (foreign->absent || strncmp(resource->config, LIBVIRT_FOLDER, sizeof(LIBVIRT_FOLDER) - 1) == 0)
        return HVC_FOREIGN_NOT;
    return HVC_FOREIGN_MAYBE;
}

const struct hvc_foreign *hvc_foreign_find(const struct hvc_foreign *list, size_t count,
                                           const struct hvc_guest_id *guest, const char *except,
                                           enum hvc_foreign_is *ret_is)
{
    const struct hvc_foreign *found = NULL;

    *ret_is = HVC_FOREIGN_NOT;
    for (size_t i = 0; i < count; i++) {
        enum hvc_foreign_is is = hvc_foreign_is(&list[i], guest);

        if (is <= *ret_is || strcmp(list[i].resource.resource, except) == 0)
            continue;
        found = &list[i];
        *ret_is = is;
    }
    return found;
}

void hvc_foreign_words(const struct hvc_foreign *foreign, enum hvc_foreign_is is, char *text, size_t size)
{
    const struct hvc_fact_foreign *resource = &foreign->resource;
    size_t used = 0;

    if (is == HVC_FOREIGN_MAYBE)
        (void)hvc_text_append(text, size, &used, "resource %.60s (%.60s): %.120s", resource->resource, resource->agent,
                              foreign->words);
    else
        (void)hvc_text_append(text, size, &used, "resource %.60s (%.60s, config=%.80s)", resource->resource,
                              resource->agent, resource->config);
}
