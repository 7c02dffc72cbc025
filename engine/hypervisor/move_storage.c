/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running guest's disks to other places of the node where it runs: a block copy for each, and when all are whole, the
 * switch of each. Where a disk is, is read from libvirt in every round: a run after a crash goes on from there. Until
 * the first switch it can be undone, after it it is carried on.
 *
 * The guest stands still while its disks are switched. QEMU 7.2 died of one such switch in 150 when the guest wrote
 * just then (bdrv_co_write_req_prepare: Assertion `child->perm & BLK_PERM_WRITE'), by virsh as well. That it is this
 * move that halts it is in its mark first: whoever goes on with the move lets it go on.
 */
#include <errno.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "hvc/text.h"
#include "move_places.h"
#include "move_private.h"
#include "state.h"

#define ROUND_MS    250
#define PIVOT_TRIES 20
#define LEFT_MOST   (UINT64_C(16) << 20) /* bytes that a copy may lack when the guest is halted for its switch */
#define LEFT_LEAST  (UINT64_C(4) << 20)  /* ... also of a slow one */
#define PATIENCE_MS 5000                 /* after so long it may lack twice as much: a guest may never write less */

/* Where one disk of the plan is. */
enum where {
    WAITS,     /* where it was, and nothing copies it */
    COPIES,    /* a block job of ours */
    READY,     /* likewise, and it is whole */
    ARRIVED,   /* at its new place */
    ELSEWHERE, /* another block job has it */
};

struct storage_move {
    struct hvc_move *m;
    struct hvc_guest_devices *devices; /* as it was seen last */
    struct hvc_disk_place places[HVC_PLAN_DISKS_MAX];
    uint64_t sizes[HVC_PLAN_DISKS_MAX];
    size_t count;
    struct hvc_transit transit; /* of this move */
    struct hvc_error failure;   /* why it is given up; code 0: it is not */
    uint64_t whole_ms;          /* since when all copies are whole, 0: they are not */
    bool unanswered;            /* a pause may still come */
};

static void free_storage(struct storage_move *s)
{
    free(s->devices);
    free(s);
}
HVC_DEFINE_CLEANUP(struct storage_move *, storage, free_storage, NULL)

static enum where where_is(const struct storage_move *s, size_t i)
{
    const struct hvc_guest_disk *disk = hvc_places_disk(s->devices, s->places[i].name);

    if (disk == NULL)
        return ELSEWHERE;
    if (disk->mirrored && strcmp(disk->mirror, s->places[i].path) == 0)
        return disk->mirror_ready ? READY : COPIES;
    if (disk->mirrored)
        return ELSEWHERE;
    return strcmp(disk->path, s->places[i].path) == 0 ? ARRIVED : WAITS;
}

static size_t count_where(const struct storage_move *s, enum where where)
{
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        count += where_is(s, i) == where ? 1 : 0;
    return count;
}

/* Looks again. */
static int look(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    HVC_CLEANUP(free) char *xml = NULL;
    int result = hvc_guest_live_xml(m->request.source, m->request.id.uuid, hvc_move_work_deadline(), &xml, error);

    return result < 0 ? result : hvc_guest_devices_read(xml, s->devices, error);
}

static const char *uuid_of(const struct storage_move *s)
{
    return s->m->request.id.uuid;
}

/* ---- the guest halted and let go ---- */

/* One that stands still already is somebody else's to let go on. */
static int halt(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    struct hvc_guest_state now;
    int result = hvc_move_inspect(m, m->request.source, &now, error);

    if (result < 0 || now.guest_class != HVC_GUEST_RUNNING || now.state == hvc_state_by_word("pmsuspended"))
        return result;
    s->transit.halted = true;
    result = hvc_move_mark(m, m->request.source, &s->transit, error);
    if (result == 0)
        result = hvc_hypervisor_pause(m->request.source, uuid_of(s), hvc_move_work_deadline(), error);
    s->unanswered = result < 0;
    return result;
}

static bool is_silence(int code)
{
    return code == -ETIMEDOUT || code == -EBUSY || code == -ENOTCONN;
}

/* What a mark says, of this run or of any before: no end is told while it is so. */
static int let_go(struct storage_move *s, struct hvc_transit *mark, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    struct hvc_guest_state now = {.guest_class = HVC_GUEST_UNKNOWN};
    int result;

    if (!mark->halted)
        return 0;
    result = hvc_move_inspect(m, m->request.source, &now, error);
    if (result == 0 && now.guest_class == HVC_GUEST_UNKNOWN)
        result = hvc_error_set(error, -EAGAIN, "%s", now.words);
    if (result == 0 && (now.guest_class == HVC_GUEST_PAUSED || s->unanswered)) /* behind the pause, if that is coming */
        result = hvc_hypervisor_resume(m->request.source, uuid_of(s), hvc_move_work_deadline(), error);
    if (result < 0 && (now.guest_class != HVC_GUEST_RUNNING || is_silence(result)))
        return result;
    mark->halted = s->unanswered = false;
    (void)hvc_move_mark(m, m->request.source, mark, NULL); /* one that stays is of no harm while the guest runs */
    return 0;
}

/* ---- before the first copy ---- */

static int check_copies(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    unsigned snapshots = 0;
    int result = hvc_guest_snapshots(m->request.source, uuid_of(s), hvc_move_work_deadline(), &snapshots, error);

    if (result == 0 && snapshots > 0)
        result = hvc_error_set(error, -EOPNOTSUPP,
                               "libvirt keeps %u snapshots, checkpoints or managed saves of it, which name its disks",
                               snapshots);
    if (result == 0 && count_where(s, ELSEWHERE) > 0)
        result = hvc_error_set(error, -EBUSY, "another block job has one of its disks");
    if (result == 0)
        result = hvc_move_disk_sizes(m, s->places, s->count, s->sizes, error);
    return result == 0 ? hvc_move_check_room(m, m->request.source, m->source_name, s->places, s->sizes, s->count, error)
                       : result;
}

/* Disks that are there already are no part of this move. */
static void drop_arrived(struct storage_move *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++)
        if (where_is(s, i) != ARRIVED)
            s->places[kept++] = s->places[i];
    s->count = kept;
}

static int mark(struct storage_move *s, struct hvc_error *error)
{
    memset(&s->transit, 0, sizeof(s->transit));
    s->transit.present = true;
    memcpy(s->transit.token, s->m->token, sizeof(s->transit.token));
    for (size_t i = 0; i < s->count; i++) {
        const struct hvc_guest_disk *disk = hvc_places_disk(s->devices, s->places[i].name);

        memcpy(s->transit.created[s->transit.created_count++], s->places[i].path, HVC_DISK_PATH_MAX);
        if (disk->type == HVC_DISK_FILE)
            memcpy(s->transit.old[s->transit.old_count++], disk->path, HVC_DISK_PATH_MAX);
    }
    return hvc_move_mark(s->m, s->m->request.source, &s->transit, error);
}

/* UNDER_WAY: marked as ours, now or by a former run. */
static enum hvc_move_end begin(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    struct hvc_error why = {.code = 0};

    hvc_move_ask_ends(m);
    if (!m->report.source_answered && m->request.again)
        return hvc_move_unproven(m, error);
    if (!m->report.source_answered)
        return hvc_move_refuse_for(m, &m->source_words, error);
    if (m->report.source.guest_class != HVC_GUEST_RUNNING && m->report.source.guest_class != HVC_GUEST_PAUSED)
        return hvc_move_refuse(m, -EBUSY, "its disks are copied while it runs there, and it does not", error);
    if (look(s, &why) < 0) /* what is not understood will not be later */
        return m->request.again && why.code != -EINVAL && why.code != -E2BIG ? hvc_move_unproven(m, error)
                                                                             : hvc_move_refuse_for(m, &why, error);
    if (let_go(s, &s->devices->transit, &why) < 0)
        return hvc_move_unproven(m, error);
    if (hvc_places_choose(m->plan, m->request.id.name, s->devices, s->places, &s->count, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    if (hvc_move_is_ours(m, &s->devices->transit)) {
        s->transit = s->devices->transit;
        return HVC_MOVE_UNDER_WAY;
    }
    drop_arrived(s);
    if (s->count == 0)
        return HVC_MOVE_MOVED;
    if (m->report.source.migrating_out)
        return hvc_move_refuse(m, -EBUSY, "it is being migrated", error);
    if (hvc_move_is_cancelled(m))
        return hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    if (check_copies(s, &why) < 0 || mark(s, &why) < 0)
        return hvc_move_refuse_for(m, &why, error);
    return HVC_MOVE_UNDER_WAY;
}

/* ---- copies ---- */

static int start_copy(struct storage_move *s, size_t i, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    HVC_CLEANUP(free) char *element = NULL;
    int result = hvc_disk_place_element(&s->places[i], &element);

    if (result < 0)
        return hvc_error_set(error, result, "no memory for a disk's definition");
    /* what is there is ours, of a run that died, or may be overwritten: both were checked before the mark */
    result = hvc_file_remove(m->request.source, s->places[i].path, hvc_move_work_deadline(), error);
    if (result == 0) /* the directory, if it is missing, comes with the file; QEMU wants to make the file itself */
        result = hvc_file_create(m->request.source, s->places[i].path, "raw", 0, hvc_move_work_deadline(), error);
    if (result == 0)
        result = hvc_disk_copy(m->request.source, uuid_of(s), s->places[i].name, element,
                               m->request.options.bandwidth_mib, hvc_move_work_deadline(), error);
    return result == -EBUSY ? 0 : result; /* one that an unanswered call began: the next look sees it */
}

static int start_copies(struct storage_move *s, struct hvc_error *error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < s->count; i++)
        if (where_is(s, i) == WAITS)
            result = start_copy(s, i, error);
    return result;
}

/* Bytes of all disks; one that has arrived counts as a whole. */
static void tell_progress(struct storage_move *s)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_COPY, .estimated_left_ms = UINT64_MAX};
    struct hvc_move *m = s->m;

    for (size_t i = 0; i < s->count; i++) {
        struct hvc_block_job job = {.active = false};
        enum where where = where_is(s, i);

        if ((where == COPIES || where == READY) &&
            hvc_disk_job(m->request.source, uuid_of(s), s->places[i].name, hvc_move_call_deadline(m), &job, NULL) < 0)
            return; /* the last numbers stay */
        p.disk_total_bytes += job.active ? job.total_bytes : s->sizes[i];
        p.disk_done_bytes += job.active ? job.done_bytes : where == ARRIVED ? s->sizes[i] : 0;
    }
    p.elapsed_ms = hvc_now_ms() - m->began_ms;
    p.total_bytes = p.disk_total_bytes;
    p.done_bytes = p.disk_done_bytes;
    p.remaining_bytes = p.total_bytes > p.done_bytes ? p.total_bytes - p.done_bytes : 0;
    p.percent = p.total_bytes == 0 ? 0 : (unsigned)(p.done_bytes * 100 / p.total_bytes);
    p.rate_bytes = p.elapsed_ms == 0 ? 0 : p.done_bytes * 1000 / p.elapsed_ms;
    if (p.rate_bytes > 0)
        p.estimated_left_ms = p.remaining_bytes * 1000 / p.rate_bytes;
    hvc_move_lock(m);
    p.percent = p.percent < m->report.progress.percent ? m->report.progress.percent : p.percent;
    m->report.progress = p;
    hvc_move_unlock(m);
}

/* ---- ends ---- */

/* Back to the old places; only while no disk has arrived. */
static int undo(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;

    for (size_t i = 0; i < s->count; i++) {
        int result =
            hvc_disk_end(m->request.source, uuid_of(s), s->places[i].name, false, hvc_move_work_deadline(), error);

        if (result < 0)
            return result;
    }
    if ((m->request.flags & HVC_OPTION_AVOID_REMOVING) == 0)
        hvc_move_remove_files(m, m->request.source, m->source_name, s->transit.created, s->transit.created_count);
    s->transit.present = false;
    return hvc_move_mark(m, m->request.source, &s->transit, error);
}

static int switch_disks(struct storage_move *s, struct hvc_error *error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < s->count; i++) {
        if (where_is(s, i) != ARRIVED)
            result = hvc_disk_end(s->m->request.source, uuid_of(s), s->places[i].name, true, hvc_move_work_deadline(),
                                  error);
    }
    return result;
}

static uint64_t most_left(const struct storage_move *s)
{
    uint64_t limit = (uint64_t)s->m->request.options.bandwidth_mib << 20;
    uint64_t most = limit == 0 || limit / 10 > LEFT_MOST ? LEFT_MOST : limit / 10;
    uint64_t doubled = (hvc_now_ms() - s->whole_ms) / PATIENCE_MS;

    return (most < LEFT_LEAST ? LEFT_LEAST : most) << (doubled > 32 ? 32 : doubled);
}

/* What was whole once is written to since; the guest stands still until that is copied, too. */
static bool is_close(const struct storage_move *s)
{
    uint64_t most = most_left(s);
    struct hvc_block_job job;

    for (size_t i = 0; i < s->count; i++) {
        if (where_is(s, i) == ARRIVED)
            continue;
        if (hvc_disk_job(s->m->request.source, uuid_of(s), s->places[i].name, hvc_move_call_deadline(s->m), &job,
                         NULL) < 0 ||
            job.total_bytes - job.done_bytes > most)
            return false;
    }
    return true;
}

static bool is_to_be_switched(struct storage_move *s)
{
    if (count_where(s, READY) + count_where(s, ARRIVED) < s->count)
        s->whole_ms = 0;
    else if (s->whole_ms == 0)
        s->whole_ms = hvc_now_ms();
    return s->whole_ms != 0 && (count_where(s, ARRIVED) > 0 || is_close(s));
}

static int switch_over(struct storage_move *s, struct hvc_error *error)
{
    int result = halt(s, error);

    if (result == 0)
        result = switch_disks(s, error);
    (void)let_go(s, &s->transit, NULL); /* one that fails is tried again with the next look, before anything else */
    return result;
}

/* What is stored names the new places, too. */
static int store_places(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) char *changed = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = NULL;
    const struct hvc_transit none = {.present = false};
    int result;

    hvc_move_ask_ends(m);
    if (!m->report.source.persistent)
        return 0;
    result = hvc_move_read(m, m->request.source, true, &xml, &devices, error);
    if (result == 0)
        result = hvc_guest_xml_place(xml, s->places, s->count, &none, &changed, error);
    return result == 0 ? hvc_hypervisor_define(m->request.source, changed, hvc_move_work_deadline(), error) : result;
}

static void remove_old(struct storage_move *s)
{
    struct hvc_move *m = s->m;

    if ((m->request.flags & (HVC_OPTION_AVOID_REMOVING | HVC_OPTION_RETAIN_COPIES)) == 0)
        hvc_move_remove_files(m, m->request.source, m->source_name, s->transit.old, s->transit.old_count);
}

static enum hvc_move_end complete(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_error why;

    if (store_places(s, &why) < 0) {
        (void)hvc_error_set(error, -ENOTRECOVERABLE,
                            "guest %s runs on its new disks, and its stored definition still names the old ones: %s",
                            s->m->request.id.name, why.text);
        return HVC_MOVE_BROKEN;
    }
    hvc_move_send_unmanaged(s->m, NULL);
    remove_old(s);
    s->transit.present = false;
    if (hvc_move_mark(s->m, s->m->request.source, &s->transit, &why) < 0)
        hvc_move_note(s->m, "the mark of the move could not be taken off the guest: %s", why.text);
    return HVC_MOVE_MOVED;
}

static enum hvc_move_end give_up(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    struct hvc_error why;

    if (undo(s, &why) < 0) {
        (void)hvc_error_set(error, -EINPROGRESS, "the copies of guest %s's disks are not ended yet: %s",
                            m->request.id.name, why.text);
        return HVC_MOVE_UNPROVEN;
    }
    (void)hvc_error_set(error, s->failure.code, "the disks of guest %s stay where they were on %s: %s",
                        m->request.id.name, m->source_name, s->failure.text);
    return HVC_MOVE_STAYED;
}

static enum hvc_move_end half_way(struct storage_move *s, const struct hvc_error *why, struct hvc_error *error)
{
    (void)hvc_error_set(error, -ENOTRECOVERABLE,
                        "guest %s runs on %s with %zu of %zu disks at their new places; run the move again: %s",
                        s->m->request.id.name, s->m->source_name, count_where(s, ARRIVED), s->count, why->text);
    return HVC_MOVE_BROKEN;
}

/* Why it is to be given up, if it is: only before the first disk has arrived. */
static void judge(struct storage_move *s)
{
    struct hvc_move *m = s->m;

    if (s->failure.code < 0)
        return;
    if (hvc_move_is_cancelled(m))
        (void)hvc_error_set(&s->failure, -ECANCELED, "the move was cancelled: %s", m->cancel_reason);
    else if (hvc_move_is_late(m))
        (void)hvc_error_set(&s->failure, -ETIMEDOUT, "the copy did not end within its time");
}

/* A disk that waits after its copy had begun has lost it: to a full file system, an error of the disk, somebody's
 * blockjob --abort. */
static void judge_lost(struct storage_move *s)
{
    if (s->failure.code == 0 && count_where(s, WAITS) > 0)
        (void)hvc_error_set(
            &s->failure, -EIO,
            "the copy of %zu disks ended before it was whole (no space, or an error in reading or writing)",
            count_where(s, WAITS));
}

static enum hvc_move_end carry_on(struct storage_move *s, struct hvc_error *error)
{
    struct hvc_move *m = s->m;
    struct hvc_error why = {.code = 0};
    unsigned tries = 0;

    hvc_move_set_phase(m, HVC_MOVE_COPYING);
    for (;;) {
        if (let_go(s, &s->transit, &why) < 0 || look(s, &why) < 0) {
            hvc_move_ask_ends(m);
            if (m->report.source_answered && m->report.source.guest_class == HVC_GUEST_ABSENT) {
                (void)hvc_error_set(error, -ENOENT, "guest %s ended during its move", m->request.id.name);
                return HVC_MOVE_GONE;
            }
            if (hvc_move_is_late(m))
                return hvc_move_unproven(m, error);
            hvc_move_wait(m, ROUND_MS);
            continue;
        }
        tell_progress(s);
        if (count_where(s, ARRIVED) == s->count)
            return complete(s, error);
        judge_lost(s);
        judge(s);
        if (s->failure.code < 0 && count_where(s, ARRIVED) == 0)
            return give_up(s, error);
        if (is_to_be_switched(s)) {
            hvc_move_set_phase(m, HVC_MOVE_SWITCHING);
            if (switch_over(s, &why) == 0 || s->transit.halted)
                continue;
            if (++tries == PIVOT_TRIES && count_where(s, ARRIVED) == 0)
                s->failure = why;
        }
        if (count_where(s, ARRIVED) > 0 && (hvc_move_is_late(m) || s->failure.code < 0 || tries >= PIVOT_TRIES))
            return half_way(s, s->failure.code < 0 ? &s->failure : &why, error);
        hvc_move_wait(m, ROUND_MS);
    }
}

enum hvc_move_end hvc_move_run_storage(struct hvc_move *m, struct hvc_error *error)
{
    HVC_CLEANUP(storage) struct storage_move *s = calloc(1, sizeof(*s));
    enum hvc_move_end end;

    if (s == NULL) {
        (void)hvc_error_set(error, -ENOMEM, "no memory for a move");
        return HVC_MOVE_NOT_STARTED;
    }
    s->m = m;
    s->devices = calloc(1, sizeof(*s->devices));
    end = s->devices == NULL ? hvc_move_refuse(m, -ENOMEM, "no memory", error) : begin(s, error);
    if (end != HVC_MOVE_UNDER_WAY)
        return end;
    if (s->sizes[0] == 0) /* of a run that goes on; without them a disk that has arrived counts as nothing */
        (void)hvc_move_disk_sizes(m, s->places, s->count, s->sizes, NULL);
    if (start_copies(s, &s->failure) == 0)
        return carry_on(s, error);
    return count_where(s, ARRIVED) == 0 ? give_up(s, error) : half_way(s, &s->failure, error);
}
