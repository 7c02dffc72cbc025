/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Save, move, restore. The save file is the guest while it is nowhere else: it is restored where the guest is off at
 * both ends by both ends' word, and removed only when the guest lives again. A restore that failed at the target is
 * followed by one at the source only after the target has shown for some seconds that nothing came of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "hvc/text.h"
#include "move_judge.h"
#include "move_private.h"

#define ROUND_MS  200
#define SAVE_ROOT "/var/lib/libvirt/qemu/save" /* where libvirt keeps its own */

struct quick {
    struct hvc_move *m;
    bool saved;         /* a whole save file of the guest is at the source */
    bool shared;        /* the target sees the same file */
    bool sent;          /* or has got it */
    bool target_failed; /* it was not restored there */
    uint64_t failed_ms, saved_ms;
    unsigned source_tries;
    char nvram[HVC_DISK_PATH_MAX];
    struct hvc_error failure;
};

static int save_call(struct hvc_move *m, struct hvc_error *error)
{
    return hvc_guest_save(m->request.source, m->request.id.uuid, m->save_path, HVC_NO_DEADLINE, error);
}

static int send_call(struct hvc_move *m, struct hvc_error *error)
{
    int result = hvc_file_remove(m->request.target, m->save_path, hvc_move_work_deadline(), error);

    return result < 0
               ? result
               : hvc_file_send(m->request.source, m->save_path, m->target_uri, m->save_path, HVC_NO_DEADLINE, error);
}

static int restore_at_target(struct hvc_move *m, struct hvc_error *error)
{
    return hvc_guest_restore(m->request.target, m->save_path, HVC_NO_DEADLINE, error);
}

static int restore_at_source(struct hvc_move *m, struct hvc_error *error)
{
    return hvc_guest_restore(m->request.source, m->save_path, HVC_NO_DEADLINE, error);
}

/* The call to its end; -EINPROGRESS at the deadline, and the next run waits for it first. */
static int do_call(struct hvc_move *m, hvc_move_call_fn run, struct hvc_error *error)
{
    int result = hvc_move_call(m, run, error);

    return result < 0 ? result : hvc_move_await(m, error);
}

static int name_file(struct hvc_move *m)
{
    const char *root = m->plan == NULL || m->plan->save_root[0] == '\0' ? SAVE_ROOT : m->plan->save_root;
    size_t used = 0;

    return hvc_text_append(m->save_path, sizeof(m->save_path), &used, "%s/hvcluster-%s-%s.save", root,
                           m->request.id.uuid, m->token);
}

/* Is there a whole save file of this guest at the source? */
static int look_for_file(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = malloc(sizeof(*devices));
    struct hvc_file_state file;
    struct hvc_guest_id id;
    int result = devices == NULL
                     ? hvc_error_set(error, -ENOMEM, "no memory for what a guest consists of")
                     : hvc_file_look(m->request.source, m->save_path, hvc_move_work_deadline(), &file, error);

    q->saved = false;
    if (result < 0 || !file.exists)
        return result;
    result = hvc_guest_saved_xml(m->request.source, m->save_path, hvc_move_work_deadline(), &xml, error);
    if (result == 0)
        result = hvc_guest_parse_id(xml, strlen(xml), &id, error);
    if (result == 0 && strcmp(id.uuid, m->request.id.uuid) != 0)
        result = hvc_error_set(error, -EINVAL, "%s is of another guest", m->save_path);
    if (result == 0)
        result = hvc_guest_devices_read(xml, devices, error);
    if (result == 0)
        result = hvc_text_copy(q->nvram, sizeof(q->nvram), devices->nvram);
    q->saved = result == 0;
    return result;
}

static int read_devices(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    int result = hvc_move_read(m, m->request.source, false, &xml, &devices, error);

    if (result == 0)
        result = hvc_move_check_devices(m, devices, error);
    return result < 0 ? result : hvc_text_copy(q->nvram, sizeof(q->nvram), devices->nvram);
}

static bool runs(const struct hvc_guest_state *state)
{
    return state->guest_class == HVC_GUEST_RUNNING || state->guest_class == HVC_GUEST_PAUSED;
}

/* The room for the memory, and a file there that is nobody's. */
static int prepare(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    struct hvc_file_state file;
    int result = hvc_file_look(m->request.source, m->save_path, hvc_move_work_deadline(), &file, error);

    if (result == 0 && file.exists) /* the guest runs: what it was once is of no use */
        result = hvc_file_remove(m->request.source, m->save_path, hvc_move_work_deadline(), error);
    if (result == 0 && !file.has_directory)
        result = hvc_error_set(error, -ENOTDIR, "there is no directory for %s on %s", m->save_path, m->source_name);
    if (result == 0 && file.available < m->report.source.memory_kib * 1024)
        result = hvc_error_set(error, -ENOSPC, "there are %llu MiB for %s on %s, and the guest's memory needs %llu",
                               (unsigned long long)(file.available >> 20), m->save_path, m->source_name,
                               (unsigned long long)(m->report.source.memory_kib >> 10));
    return result;
}

/* UNDER_WAY: the guest is in the file now, or was before. */
static enum hvc_move_end save(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    struct hvc_error why = {.code = 0};
    int result;

    if (read_devices(q, &why) < 0 || prepare(q, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    hvc_move_set_phase(m, HVC_MOVE_COPYING);
    q->saved_ms = hvc_now_ms();
    result = do_call(m, save_call, &why);
    if (result == 0)
        return HVC_MOVE_UNDER_WAY;
    if (result == -EINPROGRESS)
        return hvc_move_unproven(m, error);
    hvc_move_ask_ends(m);
    if (m->report.source_answered && hvc_guest_is_present(m->report.source.guest_class)) {
        (void)hvc_error_set(error, why.code, "guest %s stays on %s: %s", m->request.id.name, m->source_name, why.text);
        return HVC_MOVE_STAYED;
    }
    return HVC_MOVE_UNDER_WAY;
}

/* The file to where the target finds it. */
static int bring(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    int result;

    if (q->sent || q->shared)
        return 0;
    result = hvc_move_is_shared(m, m->save_path, &q->shared, error);
    if (result == 0 && q->nvram[0] != '\0')
        result = hvc_move_carry(m, q->nvram, error);
    if (result == 0 && !q->shared)
        result = do_call(m, send_call, error);
    q->sent = result == 0;
    return result;
}

/* ---- ends ---- */

static void remove_file(struct quick *q, bool at_target)
{
    struct hvc_move *m = q->m;

    hvc_move_remove_files(m, m->request.source, m->source_name, &m->save_path, 1);
    if (at_target)
        hvc_move_remove_files(m, m->request.target, m->target_name, &m->save_path, 1);
}

static enum hvc_move_end moved(struct quick *q)
{
    struct hvc_move *m = q->m;

    remove_file(q, true);
    hvc_move_lock(m);
    m->report.downtime_ms = q->saved_ms == 0 ? 0 : hvc_now_ms() - q->saved_ms;
    hvc_move_unlock(m);
    return HVC_MOVE_MOVED;
}

static enum hvc_move_end stayed(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;

    remove_file(q, !q->shared);
    (void)hvc_error_set(error, q->failure.code == 0 ? -EIO : q->failure.code,
                        "guest %s is on %s again, restored: it was not restored on %s: %s", m->request.id.name,
                        m->source_name, m->target_name, q->failure.text);
    return HVC_MOVE_STAYED;
}

static void fail(struct quick *q, const struct hvc_error *why)
{
    q->target_failed = true;
    q->failed_ms = hvc_now_ms();
    q->failure = *why;
}

/* Off at both ends, and both say so. UNDER_WAY: look again. */
static enum hvc_move_end restore(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    struct hvc_error why = {.code = 0};
    int result;

    hvc_move_set_phase(m, HVC_MOVE_SWITCHING);
    if (!q->target_failed) {
        result = bring(q, &why);
        if (result == 0)
            result = do_call(m, restore_at_target, &why);
        if (result < 0 && result != -EINPROGRESS)
            fail(q, &why);
        return HVC_MOVE_UNDER_WAY;
    }
    if (hvc_now_ms() - q->failed_ms < HVC_MOVE_SILENT_MS)
        return HVC_MOVE_UNDER_WAY;
    /* no copy of the file is left from which somebody could restore it there as well */
    if (!q->shared && hvc_file_remove(m->request.target, m->save_path, hvc_move_work_deadline(), NULL) < 0)
        return HVC_MOVE_UNDER_WAY;
    result = do_call(m, restore_at_source, &why);
    if (result == 0 || result == -EINPROGRESS || ++q->source_tries < 3)
        return HVC_MOVE_UNDER_WAY;
    (void)hvc_error_set(error, -ENOTRECOVERABLE,
                        "guest %s is saved in %s on %s: it was restored neither on %s (%.300s) nor there (%.300s)",
                        m->request.id.name, m->save_path, m->source_name, m->target_name, q->failure.text, why.text);
    return HVC_MOVE_BROKEN;
}

/* ---- the rounds ---- */

static enum hvc_move_end double_end(const struct hvc_move *m, struct hvc_error *error)
{
    (void)hvc_error_set(error, -ENOTUNIQ, "guest %s is on %s (%s) AND on %s (%s): destroy one of them at once",
                        m->request.id.name, m->source_name, m->report.source.words, m->target_name,
                        m->report.target.words);
    return HVC_MOVE_DOUBLE;
}

/* Nothing has been begun by this run: what do the ends say? UNDER_WAY: it is in its file. */
static enum hvc_move_end begin(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;
    struct hvc_error why = {.code = 0};

    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return hvc_move_refuse_for(m, &m->source_words, error);
    if (!m->report.target_answered)
        return hvc_move_refuse_for(m, &m->target_words, error);
    if (hvc_guest_is_present(target->guest_class) && hvc_guest_is_present(source->guest_class))
        return hvc_move_refuse(m, -EEXIST, "the target has it already", error);
    if (hvc_guest_is_present(target->guest_class))
        return HVC_MOVE_UNDER_WAY;
    if (hvc_guest_is_present(source->guest_class)) {
        if (!runs(source) || source->migrating_out)
            return hvc_move_refuse(m, -EBUSY, source->words, error);
        return save(q, error);
    }
    if (look_for_file(q, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    return q->saved ? HVC_MOVE_UNDER_WAY : hvc_move_refuse(m, -ENOENT, "it is not at the source", error);
}

static enum hvc_move_end go_on(struct quick *q, struct hvc_error *error)
{
    struct hvc_move *m = q->m;
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;

    hvc_move_ask_ends(m);
    if (!m->report.source_answered || !m->report.target_answered)
        return HVC_MOVE_UNDER_WAY;
    if (hvc_guest_is_present(source->guest_class) && hvc_guest_is_present(target->guest_class))
        return double_end(m, error);
    if (hvc_guest_is_present(target->guest_class))
        return runs(target) ? moved(q) : HVC_MOVE_UNDER_WAY;
    if (hvc_guest_is_present(source->guest_class))
        return runs(source) && q->target_failed ? stayed(q, error) : HVC_MOVE_UNDER_WAY;
    return restore(q, error);
}

/* A call of a former run is waited for before anything else is done: its result is what the ends show. */
static bool settle(struct hvc_move *m)
{
    bool under_way;

    hvc_move_lock(m);
    under_way = m->call != CALL_NONE;
    hvc_move_unlock(m);
    return !under_way || hvc_move_await(m, NULL) != -EINPROGRESS;
}

enum hvc_move_end hvc_move_run_quick(struct hvc_move *m, struct hvc_error *error)
{
    struct quick q = {.m = m};
    enum hvc_move_end end;

    if (name_file(m) < 0)
        return hvc_move_refuse(m, -ENAMETOOLONG, "the path of its save file is too long", error);
    end = settle(m) ? begin(&q, error) : hvc_move_unproven(m, error);
    while (end == HVC_MOVE_UNDER_WAY) {
        bool late = hvc_move_is_late(m);

        end = settle(m) ? go_on(&q, error) : hvc_move_unproven(m, error);
        if (end == HVC_MOVE_UNDER_WAY && late)
            end = hvc_move_unproven(m, error);
        if (end == HVC_MOVE_UNDER_WAY)
            hvc_move_wait(m, ROUND_MS);
    }
    return end;
}
