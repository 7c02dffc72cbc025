/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_kinds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_devices.h"

static const char guest_xml[] =
    "<domain><name>vm1</name><uuid>" KINDS_UUID "</uuid><os><nvram>/nvram/vm1.fd</nvram></os><devices>"
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/old/vm1.img'/>"
    "<target dev='vda'/></disk><disk type='file' device='cdrom'><target dev='sda'/></disk></devices></domain>";

static struct kinds_node *node_of(struct hvc_hypervisor *h)
{
    return (struct kinds_node *)h;
}

/* Locks; what a node that is silent, or whose next calls of the sort fail, answers. Unlocks when it is an error. */
static int begin(struct hvc_hypervisor *h, int call, struct hvc_error *error)
{
    struct kinds_node *n = node_of(h);

    (void)pthread_mutex_lock(&n->world->lock);
    if (n->silent) {
        (void)pthread_mutex_unlock(&n->world->lock);
        return hvc_error_set(error, -ENOTCONN, "fake: no answer");
    }
    if (call >= 0)
        n->calls[call]++;
    if (call >= 0 && n->failures[call] > 0) {
        n->failures[call]--;
        (void)pthread_mutex_unlock(&n->world->lock);
        return hvc_error_set(error, -EIO, "fake: call %d fails", call);
    }
    return 0;
}

static int end(struct hvc_hypervisor *h, int result)
{
    struct kinds_world *w = node_of(h)->world;

    if (hvc_guest_is_present(w->a.guest_class) && hvc_guest_is_present(w->b.guest_class))
        w->ran_twice++;
    (void)pthread_mutex_unlock(&w->lock);
    return result;
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = value == NULL ? NULL : strdup(value);
}

/* ---- files ---- */

static struct kinds_file *find(struct kinds_node *n, const char *path)
{
    struct kinds_node *owner = n->world->shared ? &n->world->a : n;

    for (size_t i = 0; i < KINDS_FILES; i++)
        if (strcmp(owner->files[i].path, path) == 0)
            return &owner->files[i];
    return NULL;
}

void kinds_put(struct kinds_node *n, const char *path, const char *content)
{
    struct kinds_file *file = find(n, path);

    if (file == NULL)
        file = find(n, "");
    if (file == NULL)
        abort();
    (void)snprintf(file->path, sizeof(file->path), "%s", path);
    (void)snprintf(file->content, sizeof(file->content), "%s", content);
}

const char *kinds_content(struct kinds_node *n, const char *path)
{
    struct kinds_file *file = find(n, path);

    return file == NULL ? NULL : file->content;
}

size_t kinds_count(struct kinds_node *n)
{
    size_t count = 0;

    for (size_t i = 0; i < KINDS_FILES; i++)
        count += n->files[i].path[0] != '\0' ? 1 : 0;
    return count;
}

static int file_look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                     struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_state = (struct hvc_file_state){
        .exists = find(node_of(h), path) != NULL, .has_directory = true, .available = node_of(h)->available};
    return end(h, 0);
}

static int file_create(struct hvc_hypervisor *h, const char *path, const char *format, uint64_t capacity,
                       uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, strstr(path, ".hvcluster-") == NULL ? CALL_CREATE : -1, error);

    (void)format;
    (void)capacity;
    (void)deadline_ms;
    if (result < 0)
        return result;
    if (find(node_of(h), path) != NULL)
        return end(h, hvc_error_set(error, -EEXIST, "fake: exists"));
    kinds_put(node_of(h), path, "empty");
    return end(h, 0);
}

static int file_remove(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, -1, error);
    struct kinds_file *file = result < 0 ? NULL : find(node_of(h), path);

    (void)deadline_ms;
    if (file != NULL)
        file->path[0] = '\0';
    return result < 0 ? result : end(h, 0);
}

static int file_send(struct hvc_hypervisor *h, const char *path, const char *target_uri, const char *target_path,
                     uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, CALL_SEND, error);
    struct kinds_node *to = target_uri == NULL ? node_of(h) : &node_of(h)->world->b;
    struct kinds_file *file = result < 0 ? NULL : find(node_of(h), path);

    (void)deadline_ms;
    if (result < 0)
        return result;
    if (file == NULL || to->silent)
        return end(h, hvc_error_set(error, -ENOENT, "fake: not sent"));
    kinds_put(to, target_path, file->content);
    return end(h, 0);
}

/* ---- the guest ---- */

static int inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                   struct hvc_error *error)
{
    int result = begin(h, -1, error);
    struct kinds_node *n = node_of(h);

    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_state = (struct hvc_guest_state){.guest_class = n->guest_class,
                                          .state = n->state,
                                          .persistent = n->stored_xml != NULL,
                                          .memory_kib = 1024,
                                          .owner = "owner"};
    (void)snprintf(ret_state->id.uuid, sizeof(ret_state->id.uuid), "%s", uuid);
    (void)snprintf(ret_state->words, sizeof(ret_state->words), "fake %s", hvc_guest_class_name(n->guest_class));
    return end(h, 0);
}

static int copy_xml(struct hvc_hypervisor *h, const char *xml, char **ret_xml, struct hvc_error *error)
{
    if (xml == NULL)
        return end(h, hvc_error_set(error, -ENOENT, "fake: no definition"));
    *ret_xml = strdup(xml);
    return end(h, 0);
}

static int read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    return result < 0 ? result : copy_xml(h, inactive ? node_of(h)->stored_xml : node_of(h)->live_xml, ret_xml, error);
}

static int live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *error)
{
    return read_xml(h, uuid, false, deadline_ms, ret_xml, error);
}

static int define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, CALL_DEFINE, error);

    (void)deadline_ms;
    if (result < 0)
        return result;
    set_text(&node_of(h)->stored_xml, xml);
    return end(h, 0);
}

static int undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    set_text(&node_of(h)->stored_xml, NULL);
    return end(h, 0);
}

static int start_as(struct hvc_hypervisor *h, const char *xml, enum hvc_guest_class guest_class,
                    struct hvc_error *error)
{
    int result = begin(h, CALL_START, error);

    if (result < 0)
        return result;
    set_text(&node_of(h)->live_xml, xml);
    node_of(h)->guest_class = guest_class;
    return end(h, 0);
}

static int start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                 struct hvc_error *error)
{
    (void)deadline_ms;
    return strcmp(owner, "owner") == 0 ? start_as(h, xml, HVC_GUEST_RUNNING, error) : -EINVAL;
}

static int start_paused(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                        struct hvc_error *error)
{
    (void)owner;
    (void)deadline_ms;
    return start_as(h, xml, HVC_GUEST_PAUSED, error);
}

static void vanish(struct kinds_node *n)
{
    n->guest_class = HVC_GUEST_ABSENT;
    set_text(&n->live_xml, NULL);
}

static int stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    if (step != HVC_STOP_SHUTDOWN || !node_of(h)->deaf)
        vanish(node_of(h));
    return end(h, 0);
}

static int save(struct hvc_hypervisor *h, const char *uuid, const char *path, uint64_t deadline_ms,
                struct hvc_error *error)
{
    int result = begin(h, CALL_SAVE, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    kinds_put(node_of(h), path, node_of(h)->guest_class == HVC_GUEST_PAUSED ? "paused" : "running");
    vanish(node_of(h));
    return end(h, 0);
}

static int restore(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, CALL_RESTORE, error);
    const char *content = result < 0 ? NULL : kinds_content(node_of(h), path);

    (void)deadline_ms;
    if (result < 0)
        return result;
    if (content == NULL)
        return end(h, hvc_error_set(error, -ENOENT, "fake: no save file"));
    set_text(&node_of(h)->live_xml, guest_xml);
    node_of(h)->guest_class = strcmp(content, "paused") == 0 ? HVC_GUEST_PAUSED : HVC_GUEST_RUNNING;
    return end(h, 0);
}

static int saved_xml(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, char **ret_xml,
                     struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)deadline_ms;
    return result < 0 ? result
                      : copy_xml(h, kinds_content(node_of(h), path) == NULL ? NULL : guest_xml, ret_xml, error);
}

/* The mark in an element, as libvirt would show it in a definition. */
static void read_mark(const char *element, struct hvc_transit *mark)
{
    struct hvc_guest_devices *devices = malloc(sizeof(*devices));
    char *xml = NULL;

    if (devices == NULL ||
        asprintf(&xml, "<domain><metadata><transit xmlns=\"%s\"%s</metadata></domain>", HVC_TRANSIT_URI,
                 element + strlen("<transit")) < 0 ||
        hvc_guest_devices_read(xml, devices, NULL) < 0)
        abort();
    *mark = devices->transit;
    free(devices);
    free(xml);
}

static int set_transit(struct hvc_hypervisor *h, const char *uuid, const char *element, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    static struct hvc_transit mark;
    struct kinds_node *n = node_of(h);
    char **texts[] = {&n->live_xml, &n->stored_xml};
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    memset(&mark, 0, sizeof(mark));
    if (element != NULL)
        read_mark(element, &mark);
    for (size_t i = 0; i < 2; i++) {
        char *marked = NULL;

        if (*texts[i] == NULL)
            continue;
        if (hvc_guest_xml_place(*texts[i], NULL, 0, &mark, &marked, error) < 0)
            abort();
        free(*texts[i]);
        *texts[i] = marked;
    }
    return end(h, 0);
}

static int snapshots(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                     struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_count = node_of(h)->world->snapshots;
    return end(h, 0);
}

/* ---- disks ---- */

/* With the lock held: the disk's elements as they are after a word of the copy's life. */
static void rewrite(struct kinds_node *n, const char *from, const char *to)
{
    char *at = strstr(n->live_xml, from), *changed = NULL;

    if (at == NULL || asprintf(&changed, "%.*s%s%s", (int)(at - n->live_xml), n->live_xml, to, at + strlen(from)) < 0)
        abort();
    free(n->live_xml);
    n->live_xml = changed;
}

static int disk_copy(struct hvc_hypervisor *h, const char *uuid, const char *disk, const char *disk_xml,
                     uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, CALL_COPY, error);
    const char *path = strstr(disk_xml, "file=\"");
    char mirror[256];

    (void)uuid;
    (void)disk;
    (void)bandwidth_mib;
    (void)deadline_ms;
    if (result < 0)
        return result;
    if (path == NULL)
        abort();
    (void)snprintf(mirror, sizeof(mirror), "<mirror type='file'%s><source file='%.*s'/></mirror><target dev=\"vda\"/>",
                   node_of(h)->world->copies_stand ? "" : " ready='yes'", (int)strcspn(path + 6, "\""), path + 6);
    rewrite(node_of(h),
            strstr(node_of(h)->live_xml, "<target dev='vda'/>") ? "<target dev='vda'/>" : "<target dev=\"vda\"/>",
            mirror);
    return end(h, 0);
}

static int disk_job(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                    struct hvc_block_job *ret_job, struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)disk;
    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_job = (struct hvc_block_job){.active = true, .done_bytes = 50, .total_bytes = 100 + node_of(h)->world->left};
    return end(h, 0);
}

static int disk_end(struct hvc_hypervisor *h, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                    struct hvc_error *error)
{
    int result = begin(h, pivot ? CALL_PIVOT : -1, error);
    struct kinds_node *n = node_of(h);
    struct hvc_guest_devices *devices = NULL;
    const struct hvc_transit *mark;
    struct hvc_disk_place place = {.name = "vda", .format = "raw"};
    char *changed = NULL;

    (void)uuid;
    (void)disk;
    (void)deadline_ms;
    if (result < 0)
        return result;
    devices = malloc(sizeof(*devices));
    if (devices == NULL || hvc_guest_devices_read(n->live_xml, devices, error) < 0)
        abort();
    mark = &devices->transit;
    memcpy(place.path, pivot ? devices->disks[0].mirror : devices->disks[0].path, sizeof(place.path));
    if (hvc_guest_xml_place(n->live_xml, &place, 1, mark, &changed, error) < 0)
        abort();
    n->world->switched_running += pivot && n->guest_class == HVC_GUEST_RUNNING;
    if (pivot)
        kinds_put(n, place.path, "the disk");
    free(n->live_xml);
    n->live_xml = changed;
    free(devices);
    return end(h, 0);
}

static int disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                     uint64_t *ret_bytes, struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)disk;
    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_bytes = 100;
    return end(h, 0);
}

/* All at once: what it copies along arrives in the files that must be there. */
static int migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                   uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, CALL_MIGRATE, error);
    struct kinds_node *from = node_of(h), *to = &node_of(h)->world->b;
    struct hvc_guest_devices *devices;

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    devices = malloc(sizeof(*devices));
    if (devices == NULL || hvc_guest_devices_read(options->target_xml, devices, error) < 0)
        abort();
    if (find(to, devices->disks[0].path) == NULL) {
        free(devices);
        return end(h, hvc_error_set(error, -EIO, "fake: no file at the target"));
    }
    kinds_put(to, devices->disks[0].path, "the disk");
    free(devices);
    set_text(&to->live_xml, options->target_xml);
    if (options->target_stored_xml != NULL)
        set_text(&to->stored_xml, options->target_stored_xml);
    to->guest_class = from->guest_class;
    vanish(from);
    return end(h, 0);
}

static int progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                    struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    if (result < 0)
        return result;
    *ret_progress = (struct hvc_migrate_progress){.phase = HVC_MIGRATE_NONE};
    return end(h, 0);
}

static int cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = begin(h, -1, error);

    (void)uuid;
    (void)deadline_ms;
    return result < 0 ? result : end(h, 0);
}

/* The class that it has, and the one that it gets. */
static int change(struct hvc_hypervisor *h, enum kinds_call call, enum hvc_guest_class from, enum hvc_guest_class to,
                  struct hvc_error *error)
{
    int result = begin(h, call, error);
    struct kinds_node *n = node_of(h);

    if (result < 0)
        return result;
    if (n->guest_class != from)
        return end(h, hvc_error_set(error, -EINVAL, "fake: it is not so"));
    n->guest_class = to;
    return end(h, 0);
}

static int pause_guest(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid, (void)deadline_ms;
    return change(h, CALL_PAUSE, HVC_GUEST_RUNNING, HVC_GUEST_PAUSED, error);
}

static int resume_guest(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid, (void)deadline_ms;
    return change(h, CALL_RESUME, HVC_GUEST_PAUSED, HVC_GUEST_RUNNING, error);
}

static const struct hvc_storage_ops storage_ops = {
    .disk_copy = disk_copy,
    .disk_job = disk_job,
    .disk_end = disk_end,
    .disk_size = disk_size,
    .live_xml = live_xml,
    .file_look = file_look,
    .file_create = file_create,
    .file_remove = file_remove,
    .file_send = file_send,
    .save = save,
    .restore = restore,
    .saved_xml = saved_xml,
    .start_paused = start_paused,
    .set_transit = set_transit,
    .snapshots = snapshots,
};

static const struct hvc_hypervisor_ops ops = {
    .storage = &storage_ops,
    .inspect = inspect,
    .read_xml = read_xml,
    .define = define,
    .undefine = undefine,
    .start = start,
    .stop = stop,
    .migrate = migrate,
    .progress = progress,
    .cancel = cancel,
    .pause = pause_guest,
    .resume = resume_guest,
};

void kinds_begin(struct kinds_world *w)
{
    memset(w, 0, sizeof(*w));
    (void)pthread_mutex_init(&w->lock, NULL);
    w->a.base.ops = w->b.base.ops = &ops;
    w->a.world = w->b.world = w;
    w->a.available = w->b.available = UINT64_C(1) << 30;
    w->a.guest_class = HVC_GUEST_RUNNING;
    w->b.guest_class = HVC_GUEST_ABSENT;
    set_text(&w->a.live_xml, guest_xml);
    kinds_put(&w->a, "/old/vm1.img", "the disk");
}

void kinds_end(struct kinds_world *w)
{
    set_text(&w->a.live_xml, NULL);
    set_text(&w->a.stored_xml, NULL);
    set_text(&w->b.live_xml, NULL);
    set_text(&w->b.stored_xml, NULL);
    (void)pthread_mutex_destroy(&w->lock);
}
