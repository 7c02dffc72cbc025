/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that go to another node: the files for them at the target before a migration that copies them along, what is of
 * no use after it, and the planned system of a staged move.
 *
 * The mark at the source names the files made at the target; the same mark goes to the target with the guest and names
 * there the source's files that the guest does not use any more. So who goes on after a crash finds both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "hvc/text.h"
#include "move_places.h"
#include "move_private.h"

/* What is read of both ends for it. */
struct ends {
    char *xml, *target_xml; /* target's: its stored definition, NULL without one */
    struct hvc_guest_devices *devices, *target_devices;
    uint64_t sizes[HVC_PLAN_DISKS_MAX];
};

static void free_ends(struct ends *e)
{
    free(e->xml);
    free(e->target_xml);
    free(e->devices);
    free(e->target_devices);
    free(e);
}
HVC_DEFINE_CLEANUP(struct ends *, ends, free_ends, NULL)

static int read_ends(struct hvc_move *m, bool inactive, struct ends *e, struct hvc_error *error)
{
    int result = hvc_move_read(m, m->request.source, inactive, &e->xml, &e->devices, error);

    if (result == 0 && m->report.target.persistent)
        result = hvc_move_read(m, m->request.target, true, &e->target_xml, &e->target_devices, error);
    return result;
}

static bool is_planned(const struct ends *e)
{
    return e->target_devices != NULL && e->target_devices->transit.planned;
}

/* Without a plan of its own the move realises the planned system: what lies elsewhere there is copied. */
static int places_of_planned(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    for (size_t i = 0; i < e->devices->disk_count; i++) {
        const struct hvc_guest_disk *disk = &e->devices->disks[i];
        const struct hvc_guest_disk *there = hvc_places_disk(e->target_devices, disk->name);
        struct hvc_disk_place *place = &m->places[m->place_count];

        if (there == NULL)
            return hvc_error_set(error, -EINVAL, "the planned system at the target has no disk %s", disk->name);
        if (there->type != HVC_DISK_FILE || (disk->type == HVC_DISK_FILE && strcmp(there->path, disk->path) == 0))
            continue;
        memcpy(place->name, disk->name, sizeof(place->name));
        memcpy(place->path, there->path, sizeof(place->path));
        memcpy(place->format, there->format, sizeof(place->format));
        m->place_count++;
    }
    return m->place_count > 0 ? 0
                              : hvc_error_set(error, -EINVAL, "the planned system at the target has the same disks");
}

static int choose_places(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    free(m->places);
    m->place_count = 0;
    m->places = calloc(HVC_PLAN_DISKS_MAX, sizeof(*m->places));
    if (m->places == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a move");
    if (m->plan != NULL)
        return hvc_places_choose(m->plan, m->request.id.name, e->devices, m->places, &m->place_count, error);
    if (is_planned(e))
        return places_of_planned(m, e, error);
    return hvc_error_set(error, -EINVAL, "there is neither a plan for its disks nor a planned system at the target");
}

/* A path that both ends see is the guest's own disk: overwriting it would end the guest. */
static int check_not_shared(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    for (size_t i = 0; i < m->place_count; i++) {
        const struct hvc_guest_disk *disk = hvc_places_disk(e->devices, m->places[i].name);
        bool shared = false;
        int result;

        if (disk == NULL || strcmp(disk->path, m->places[i].path) != 0)
            continue;
        result = hvc_move_is_shared(m, disk->path, &shared, error);
        if (result < 0)
            return result;
        if (shared)
            return hvc_error_set(error, -EINVAL, "both nodes reach disk %s at %.200s: keep it, or move the guest live",
                                 disk->name, disk->path);
    }
    return 0;
}

static int fill_transit(struct hvc_move *m, const struct ends *e, bool creates, struct hvc_error *error)
{
    struct hvc_transit *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a move");
    free(m->transit);
    m->transit = t;
    t->present = true;
    memcpy(t->token, m->token, sizeof(t->token));
    for (size_t i = 0; i < m->place_count; i++) {
        const struct hvc_guest_disk *disk = hvc_places_disk(e->devices, m->places[i].name);

        if (creates)
            memcpy(t->created[t->created_count++], m->places[i].path, HVC_DISK_PATH_MAX);
        if (disk != NULL && disk->type == HVC_DISK_FILE)
            memcpy(t->old[t->old_count++], disk->path, HVC_DISK_PATH_MAX);
    }
    return 0;
}

static int make_files(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < m->place_count; i++)
        result = hvc_move_make_file(m->request.target, &m->places[i], e->sizes[i], error);
    return result;
}

/* ---- a migration that copies disks ---- */

static int make_definitions(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    const struct hvc_transit none = {.present = false};
    int result;

    free(m->target_xml);
    free(m->target_stored_xml);
    m->target_xml = m->target_stored_xml = NULL;
    result = hvc_guest_xml_place(e->xml, m->places, m->place_count, m->transit, &m->target_xml, error);
    if (result == 0 && e->target_xml != NULL)
        result = hvc_guest_xml_place(e->target_xml, m->places, m->place_count, &none, &m->target_stored_xml, error);
    return result;
}

static void give_options(struct hvc_move *m)
{
    for (size_t i = 0; i < m->place_count; i++)
        m->disks[i] = m->places[i].name;
    m->migrate_options.disks = m->disks;
    m->migrate_options.disk_count = m->place_count;
    m->migrate_options.target_xml = m->target_xml;
    m->migrate_options.target_stored_xml = m->target_stored_xml;
}

static int prepare(struct hvc_move *m, struct ends *e, struct hvc_error *error)
{
    bool ours = hvc_move_is_ours(m, &e->devices->transit);
    bool planned;
    int result = choose_places(m, e, error);

    if (result == 0)
        result = hvc_move_disk_sizes(m, m->places, m->place_count, e->sizes, error);
    if (result == 0)
        result = check_not_shared(m, e, error);
    planned = result == 0 && m->plan == NULL;
    if (result == 0 && !ours && !planned)
        result = hvc_move_check_room(m, m->request.target, m->target_name, m->places, e->sizes, m->place_count, error);
    if (result == 0)
        result = fill_transit(m, e, !planned, error);
    if (result == 0)
        result = make_definitions(m, e, error);
    if (result == 0)
        result = hvc_move_mark(m, m->request.source, m->transit, error);
    return result == 0 && !planned ? make_files(m, e, error) : result;
}

enum hvc_move_end hvc_move_prepare_disks(struct hvc_move *m, struct hvc_error *error)
{
    HVC_CLEANUP(ends) struct ends *e = calloc(1, sizeof(*e));
    struct hvc_error why = {.code = 0};
    enum hvc_guest_class source;

    if (e == NULL)
        return hvc_move_refuse(m, -ENOMEM, "no memory", error);
    hvc_move_ask_ends(m);
    source = m->report.source.guest_class;
    if (!m->report.source_answered || !m->report.target_answered ||
        (source != HVC_GUEST_RUNNING && source != HVC_GUEST_PAUSED && !m->report.source.migrating_out))
        return HVC_MOVE_UNDER_WAY; /* the check of every migration says it */
    if (read_ends(m, false, e, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    if (m->report.source.migrating_out) {
        m->request.adopt = hvc_move_is_ours(m, &e->devices->transit);
        return HVC_MOVE_UNDER_WAY;
    }
    if (hvc_guest_is_present(m->report.target.guest_class) || hvc_move_is_cancelled(m))
        return HVC_MOVE_UNDER_WAY; /* likewise */
    if (prepare(m, e, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    give_options(m);
    return HVC_MOVE_UNDER_WAY;
}

/* ---- after it ---- */

/* The mark at an end, if it is of this move. */
static int read_mark(struct hvc_move *m, struct hvc_hypervisor *end, struct hvc_transit *ret_transit)
{
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    struct hvc_error why;

    if (hvc_move_read(m, end, false, &xml, &devices, &why) < 0 || !hvc_move_is_ours(m, &devices->transit))
        return -ENOENT;
    *ret_transit = devices->transit;
    return 0;
}

static void clear_mark(struct hvc_move *m, struct hvc_hypervisor *end, const char *node)
{
    const struct hvc_transit none = {.present = false};
    struct hvc_error why;

    if (hvc_move_mark(m, end, &none, &why) < 0)
        hvc_move_note(m, "the mark of the move could not be taken off the guest on %s: %.200s", node, why.text);
}

/* What the source has stored names the disks where they are now: it never leads to files that are gone. */
static void store_at_source(struct hvc_move *m)
{
    HVC_CLEANUP(ends) struct ends *e = calloc(1, sizeof(*e));
    HVC_CLEANUP(free) char *live = NULL;
    HVC_CLEANUP(free) char *changed = NULL;
    const struct hvc_transit none = {.present = false};
    struct hvc_disk_place *places = calloc(HVC_PLAN_DISKS_MAX, sizeof(*places));
    struct hvc_error why = {.code = 0};
    size_t count = 0;
    int result = e == NULL || places == NULL ? -ENOMEM : 0;

    if (result == 0)
        result = hvc_move_read(m, m->request.source, true, &e->xml, &e->devices, &why);
    if (result == 0)
        result = hvc_move_read(m, m->request.target, false, &live, &e->target_devices, &why);
    for (size_t i = 0; result == 0 && i < e->target_devices->disk_count; i++) {
        const struct hvc_guest_disk *now = &e->target_devices->disks[i];
        const struct hvc_guest_disk *stored = hvc_places_disk(e->devices, now->name);

        if (now->type != HVC_DISK_FILE || stored == NULL || strcmp(stored->path, now->path) == 0)
            continue;
        memcpy(places[count].name, now->name, sizeof(now->name));
        memcpy(places[count].path, now->path, sizeof(now->path));
        memcpy(places[count++].format, now->format, sizeof(now->format));
    }
    if (result == 0)
        result = hvc_guest_xml_place(e->xml, places, count, &none, &changed, &why);
    if (result == 0)
        result = hvc_hypervisor_define(m->request.source, changed, hvc_move_work_deadline(), &why);
    if (result < 0)
        hvc_move_note(m, "the definition stored on %s still names the old disks: %.200s", m->source_name, why.text);
    free(places);
}

static void finish_moved(struct hvc_move *m, struct hvc_transit *t)
{
    bool keep = (m->request.flags & (HVC_OPTION_AVOID_REMOVING | HVC_OPTION_RETAIN_COPIES)) != 0;

    if (read_mark(m, m->request.target, t) < 0)
        return;
    hvc_move_send_unmanaged(m, m->target_uri);
    if (m->report.source_answered && m->report.source.persistent)
        store_at_source(m);
    if (!keep && m->report.source_answered)
        hvc_move_remove_files(m, m->request.source, m->source_name, t->old, t->old_count);
    else if (!keep && t->old_count > 0)
        hvc_move_note(m, "%s does not answer: %.200s and the guest's other old disks are still there", m->source_name,
                      t->old[0]);
    clear_mark(m, m->request.target, m->target_name);
}

static void finish_stayed(struct hvc_move *m, struct hvc_transit *t)
{
    if (read_mark(m, m->request.source, t) < 0) {
        if (m->transit == NULL)
            return;
        *t = *m->transit;
    }
    if (!m->report.target_answered && t->created_count > 0) {
        /* the mark stays: the next run of the move knows them as its own */
        hvc_move_note(m, "%s does not answer: %.200s and other files of the move may be left there", m->target_name,
                      t->created[0]);
        return;
    }
    if ((m->request.flags & HVC_OPTION_AVOID_REMOVING) == 0)
        hvc_move_remove_files(m, m->request.target, m->target_name, t->created, t->created_count);
    if (hvc_guest_is_present(m->report.source.guest_class) || m->report.source.persistent)
        clear_mark(m, m->request.source, m->source_name);
}

void hvc_move_finish_disks(struct hvc_move *m, enum hvc_move_end end)
{
    HVC_CLEANUP(free) struct hvc_transit *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return;
    if (end == HVC_MOVE_MOVED)
        finish_moved(m, t);
    else if (end == HVC_MOVE_STAYED || end == HVC_MOVE_GONE || (end == HVC_MOVE_NOT_STARTED && m->transit != NULL))
        finish_stayed(m, t);
}

void hvc_move_realise(struct hvc_move *m)
{
    if (m->report.target_answered && m->report.target.persistent && m->request.target->ops->storage != NULL)
        clear_mark(m, m->request.target, m->target_name);
}

/* ---- a planned system ---- */

static int define_planned(struct hvc_move *m, const struct ends *e, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = hvc_guest_xml_place(e->xml, m->places, m->place_count, m->transit, &xml, error);

    return result == 0 ? hvc_hypervisor_define(m->request.target, xml, hvc_move_work_deadline(), error) : result;
}

/* The mark is there before the files: a run after a crash knows them as its own. */
static int plan_system(struct hvc_move *m, struct ends *e, struct hvc_error *error)
{
    bool ours = is_planned(e) && hvc_move_is_ours(m, &e->target_devices->transit);
    int result = 0;

    if (m->plan != NULL)
        result = choose_places(m, e, error);
    if (result == 0)
        result = hvc_move_disk_sizes(m, m->places, m->place_count, e->sizes, error);
    if (result == 0)
        result = check_not_shared(m, e, error);
    if (result == 0 && !ours)
        result = hvc_move_check_room(m, m->request.target, m->target_name, m->places, e->sizes, m->place_count, error);
    if (result == 0)
        result = fill_transit(m, e, true, error);
    if (result < 0)
        return result;
    m->transit->planned = true;
    m->transit->old_count = 0;
    result = define_planned(m, e, error);
    if (result == 0)
        result = make_files(m, e, error);
    return result;
}

static void forget_system(struct hvc_move *m)
{
    struct hvc_error why;

    if (m->transit == NULL)
        return;
    hvc_move_remove_files(m, m->request.target, m->target_name, m->transit->created, m->transit->created_count);
    if (hvc_hypervisor_undefine(m->request.target, m->request.id.uuid, hvc_move_work_deadline(), &why) < 0 &&
        why.code != -ENOENT)
        hvc_move_note(m, "the planned system on %s could not be removed: %.200s", m->target_name, why.text);
}

enum hvc_move_end hvc_move_run_staged(struct hvc_move *m, struct hvc_error *error)
{
    HVC_CLEANUP(ends) struct ends *e = calloc(1, sizeof(*e));
    struct hvc_error why = {.code = 0};
    bool active;

    if (e == NULL)
        return hvc_move_refuse(m, -ENOMEM, "no memory", error);
    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return hvc_move_refuse_for(m, &m->source_words, error);
    if (!m->report.target_answered)
        return hvc_move_refuse_for(m, &m->target_words, error);
    active = hvc_guest_is_present(m->report.source.guest_class);
    if (!active && !m->report.source.persistent)
        return hvc_move_refuse(m, -ENOENT, "it is not at the source", error);
    if (hvc_guest_is_present(m->report.target.guest_class))
        return hvc_move_refuse(m, -EEXIST, "the target has it already", error);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    if (read_ends(m, !active || m->report.source.persistent, e, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    if (e->target_xml != NULL && !is_planned(e))
        return hvc_move_refuse(m, -EEXIST, "the target has a definition of it already, which no staged move made",
                               error);
    if (plan_system(m, e, &why) == 0 && !hvc_move_is_cancelled(m))
        return HVC_MOVE_PREPARED;
    forget_system(m);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    return hvc_move_refuse_for(m, &why, error);
}
