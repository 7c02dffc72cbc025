/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/storage_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

#define VERSION "1"

static const char *const format_names[HVC_FORMAT_COUNT] = {
    [HVC_FORMAT_SAME] = "", [HVC_FORMAT_RAW] = "raw", [HVC_FORMAT_QCOW2] = "qcow2"};

const char *hvc_disk_format_name(unsigned format)
{
    return format < HVC_FORMAT_COUNT ? format_names[format] : "invalid";
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text == 0x7f)
            return true;
    return false;
}

int hvc_storage_path_check(const char *what, const char *path, struct hvc_error *error)
{
    const char *part = path;

    if (*path != '/' || path[1] == '\0')
        return hvc_error_set(error, -EINVAL, "%s \"%.80s\" is no absolute path", what, path);
    if (strlen(path) >= HVC_DISK_PATH_MAX)
        return hvc_error_set(error, -EINVAL, "%s \"%.60s...\" has more than %d bytes", what, path,
                             HVC_DISK_PATH_MAX - 1);
    if (has_control(path))
        return hvc_error_set(error, -EINVAL, "%s has control characters in it", what);
    while (part != NULL) {
        size_t length;

        part++;
        length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
            return hvc_error_set(error, -EINVAL, "%s \"%.80s\" has an empty, \".\" or \"..\" part", what, path);
        part = part[length] == '/' ? part + length : NULL;
    }
    return 0;
}

/* ---- reading ---- */

/* What the keys of the line belong to. */
enum section { OF_PLAN, OF_DISK, OF_FILE };

struct reader {
    struct hvc_storage_plan *plan;
    enum section section;
    bool has_version;
    unsigned line;
    struct hvc_error *error;
};

static int bad(struct reader *r, const char *why)
{
    return hvc_error_set(r->error, -EINVAL, "line %u of the storage plan: %s", r->line, why);
}

static int prefix_line(struct reader *r)
{
    return hvc_error_prefix(r->error, "line %u of the storage plan", r->line);
}

static int take_path(struct reader *r, const char *what, const char *value, char *ret_path)
{
    if (*ret_path != '\0')
        return bad(r, "the same key twice");
    if (hvc_storage_path_check(what, value, r->error) < 0)
        return r->error == NULL ? -EINVAL : prefix_line(r);
    return hvc_text_copy(ret_path, HVC_DISK_PATH_MAX, value) < 0 ? bad(r, "too long") : 0;
}

static int take_version(struct reader *r, const char *value)
{
    if (r->has_version)
        return bad(r, "a second version");
    if (strcmp(value, VERSION) != 0)
        return bad(r, "only version " VERSION " is known here; a newer program wrote it");
    r->has_version = true;
    return 0;
}

static int take_root(struct reader *r, const char *value)
{
    return take_path(r, "the root", value, r->plan->root);
}

static int take_save_root(struct reader *r, const char *value)
{
    return take_path(r, "the save root", value, r->plan->save_root);
}

static int take_disk(struct reader *r, const char *value)
{
    struct hvc_storage_plan *p = r->plan;

    if (p->disk_count == HVC_PLAN_DISKS_MAX)
        return bad(r, "too many disks");
    for (size_t i = 0; i < p->disk_count; i++)
        if (strcmp(p->disks[i].disk, value) == 0)
            return bad(r, "the same disk twice");
    if (*value == '\0' || hvc_text_copy(p->disks[p->disk_count].disk, HVC_DISK_PATH_MAX, value) < 0)
        return bad(r, "a disk's name is empty or too long");
    p->disk_count++;
    r->section = OF_DISK;
    return 0;
}

static int take_unmanaged(struct reader *r, const char *value)
{
    struct hvc_storage_plan *p = r->plan;
    int result;

    if (p->unmanaged_count == HVC_PLAN_FILES_MAX)
        return bad(r, "too many files");
    if (r->section == OF_FILE && p->unmanaged[p->unmanaged_count - 1].to[0] == '\0')
        return bad(r, "the file before it has no path= to go to");
    result = take_path(r, "the file", value, p->unmanaged[p->unmanaged_count].from);
    if (result < 0)
        return result;
    p->unmanaged_count++;
    r->section = OF_FILE;
    return 0;
}

static int take_target(struct reader *r, const char *value)
{
    struct hvc_storage_plan *p = r->plan;

    if (r->section == OF_FILE)
        return take_path(r, "the path", value, p->unmanaged[p->unmanaged_count - 1].to);
    if (r->section == OF_DISK)
        return take_path(r, "the path", value, p->disks[p->disk_count - 1].path);
    return bad(r, "a path= belongs after a disk= or an unmanaged=");
}

static int take_format(struct reader *r, const char *value)
{
    struct hvc_plan_disk *disk;

    if (r->section != OF_DISK)
        return bad(r, "a format= belongs after a disk=");
    disk = &r->plan->disks[r->plan->disk_count - 1];
    if (disk->format != HVC_FORMAT_SAME)
        return bad(r, "the same key twice");
    for (unsigned f = HVC_FORMAT_RAW; f < HVC_FORMAT_COUNT; f++) {
        if (strcmp(value, format_names[f]) == 0) {
            disk->format = (enum hvc_disk_format)f;
            return 0;
        }
    }
    return bad(r, "a format is raw or qcow2");
}

static int take_keep(struct reader *r, const char *value)
{
    struct hvc_plan_disk *disk;

    if (r->section != OF_DISK)
        return bad(r, "a keep= belongs after a disk=");
    disk = &r->plan->disks[r->plan->disk_count - 1];
    if (disk->keep)
        return bad(r, "the same key twice");
    if (strcmp(value, "yes") != 0)
        return bad(r, "keep= is yes or not there");
    disk->keep = true;
    return 0;
}

static const struct {
    const char *name;
    int (*take)(struct reader *r, const char *value);
} keys[] = {
    {"version", take_version},     {"root", take_root},   {"save-root", take_save_root}, {"disk", take_disk},
    {"unmanaged", take_unmanaged}, {"path", take_target}, {"format", take_format},       {"keep", take_keep},
};

static int take_line(struct reader *r, char *line)
{
    char *equals = strchr(line, '=');

    if (equals == NULL)
        return bad(r, "no key=value");
    *equals = '\0';
    if (!r->has_version && strcmp(line, "version") != 0)
        return bad(r, "the first line is version=" VERSION);
    if (has_control(equals + 1))
        return bad(r, "control characters");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(line, keys[i].name) == 0)
            return keys[i].take(r, equals + 1);
    return bad(r, "a key that is not known here");
}

/* What no single line shows. */
static int check_whole(const struct hvc_storage_plan *p, struct hvc_error *error)
{
    for (size_t i = 0; i < p->disk_count; i++) {
        const struct hvc_plan_disk *d = &p->disks[i];

        if (d->keep && (d->path[0] != '\0' || d->format != HVC_FORMAT_SAME))
            return hvc_error_set(error, -EINVAL,
                                 "disk %.60s of the storage plan is kept where it is, and has a path or a format",
                                 d->disk);
        if (!d->keep && d->path[0] == '\0' && p->root[0] == '\0')
            return hvc_error_set(error, -EINVAL, "disk %.60s of the storage plan has no path, and there is no root",
                                 d->disk);
        for (size_t k = 0; k < i; k++)
            if (d->path[0] != '\0' && strcmp(d->path, p->disks[k].path) == 0)
                return hvc_error_set(error, -EINVAL, "two disks of the storage plan go to %.200s", d->path);
    }
    for (size_t i = 0; i < p->unmanaged_count; i++)
        if (p->unmanaged[i].to[0] == '\0')
            return hvc_error_set(error, -EINVAL, "file %.200s of the storage plan has no path= to go to",
                                 p->unmanaged[i].from);
    return 0;
}

static int read_lines(struct reader *r, char *text)
{
    char *next;
    int result = 0;

    for (char *line = text; result == 0 && *line != '\0'; line = next) {
        r->line++;
        next = strchr(line, '\n');
        if (next == NULL)
            return bad(r, "no end of the line: the text was cut");
        *next++ = '\0';
        result = take_line(r, line);
    }
    if (result == 0 && !r->has_version)
        return hvc_error_set(r->error, -EINVAL, "the storage plan is empty: its first line is version=" VERSION);
    return result == 0 ? check_whole(r->plan, r->error) : result;
}

int hvc_storage_plan_parse(const char *text, size_t length, struct hvc_storage_plan *ret_plan, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *copy = NULL;
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = NULL;
    struct reader r = {.section = OF_PLAN, .error = error};
    int result;

    if (length >= HVC_PLAN_TEXT_MAX)
        return hvc_error_set(error, -EINVAL, "the storage plan has %zu bytes; at most %d are read", length,
                             HVC_PLAN_TEXT_MAX - 1);
    if (length > 0 && memchr(text, '\0', length) != NULL)
        return hvc_error_set(error, -EINVAL, "the storage plan has a zero byte in it");
    copy = malloc(length + 1);
    plan = calloc(1, sizeof(*plan));
    if (copy == NULL || plan == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a storage plan");
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    r.plan = plan;
    result = read_lines(&r, copy);
    if (result == 0)
        *ret_plan = *plan;
    return result;
}

/* ---- writing ---- */

struct writer {
    char *text;
    size_t size, used;
    bool full;
};

static void put(struct writer *w, const char *key, const char *value)
{
    if (*value != '\0' && hvc_text_append(w->text, w->size, &w->used, "%s=%s\n", key, value) < 0)
        w->full = true;
}

static int emit(const struct hvc_storage_plan *p, struct writer *w, struct hvc_error *error)
{
    put(w, "version", VERSION);
    put(w, "root", p->root);
    put(w, "save-root", p->save_root);
    for (size_t i = 0; i < p->disk_count; i++) {
        put(w, "disk", p->disks[i].disk);
        put(w, "path", p->disks[i].path);
        put(w, "format", hvc_disk_format_name((unsigned)p->disks[i].format));
        put(w, "keep", p->disks[i].keep ? "yes" : "");
    }
    for (size_t i = 0; i < p->unmanaged_count; i++) {
        put(w, "unmanaged", p->unmanaged[i].from);
        put(w, "path", p->unmanaged[i].to);
    }
    return w->full ? hvc_error_set(error, -ENAMETOOLONG, "the storage plan needs more than %zu bytes", w->size) : 0;
}

int hvc_storage_plan_emit(const struct hvc_storage_plan *plan, char *text, size_t size, size_t *ret_length,
                          struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_storage_plan *again = NULL;
    struct writer w = {.text = text, .size = size};
    int result;

    if (plan->disk_count > HVC_PLAN_DISKS_MAX || plan->unmanaged_count > HVC_PLAN_FILES_MAX)
        return hvc_error_set(error, -EINVAL, "the storage plan has too many disks or files");
    result = emit(plan, &w, error);
    if (result < 0)
        return result;
    /* only what can be read again is written */
    again = malloc(sizeof(*again));
    if (again == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a storage plan");
    result = hvc_storage_plan_parse(text, w.used, again, error);
    if (result == 0)
        *ret_length = w.used;
    return result;
}
