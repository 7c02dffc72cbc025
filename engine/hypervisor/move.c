/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/move.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "hvc/clock.h"
#include "hvc/pacing.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "move_private.h"

#define TICK_FIRST_MS     50 /* between looks: short at first, for small guests */
#define TICK_MS           250
#define CANCEL_AGAIN_MS   500 /* a cancel that has not ended the migration is sent again */
#define PROOF_LEAST_MS    1500
#define PROOF_MOST_MS     10000
#define DOWNTIME_ASKED_MS 300  /* QEMU's own limit (migration.c, DEFAULT_MIGRATE_SET_DOWNTIME) */
#define DOWNTIME_POLITE   2000 /* how far it is raised without being asked for or forced */

const char *hvc_move_phase_name(enum hvc_move_phase phase)
{
    static const char *const names[] = {
        [HVC_MOVE_CHECKING] = "checking", [HVC_MOVE_COPYING] = "copying", [HVC_MOVE_SWITCHING] = "switching",
        [HVC_MOVE_PROVING] = "proving",   [HVC_MOVE_ENDED] = "ended",
    };

    return (size_t)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "invalid";
}

const char *hvc_move_end_name(enum hvc_move_end end)
{
    static const char *const names[] = {
        [HVC_MOVE_UNDER_WAY] = "under-way", [HVC_MOVE_NOT_STARTED] = "not-started",
        [HVC_MOVE_MOVED] = "moved",         [HVC_MOVE_STAYED] = "stayed",
        [HVC_MOVE_GONE] = "gone",           [HVC_MOVE_BROKEN] = "broken",
        [HVC_MOVE_DOUBLE] = "double",       [HVC_MOVE_UNPROVEN] = "unproven",
        [HVC_MOVE_PREPARED] = "prepared",
    };

    return (size_t)end < sizeof(names) / sizeof(names[0]) ? names[end] : "invalid";
}

static int migrate(struct hvc_move *m, struct hvc_error *error)
{
    return hvc_hypervisor_migrate(m->request.source, m->request.id.uuid, &m->migrate_options, HVC_NO_DEADLINE, error);
}

/* UNDER_WAY when the migration may begin. */
static enum hvc_move_end check(struct hvc_move *m, struct hvc_error *error)
{
    const struct hvc_guest_state *source = &m->report.source, *target = &m->report.target;

    hvc_move_ask_ends(m);
    if (!m->report.source_answered)
        return hvc_move_refuse(m, m->source_words.code, m->source_words.text, error);
    if (!m->report.target_answered)
        return hvc_move_refuse(m, m->target_words.code, m->target_words.text, error);
    if (source->guest_class == HVC_GUEST_ABSENT && !target->half &&
        (target->guest_class == HVC_GUEST_RUNNING || target->guest_class == HVC_GUEST_PAUSED))
        return HVC_MOVE_MOVED;
    if (source->guest_class == HVC_GUEST_ABSENT)
        return hvc_move_refuse(m, -ENOENT, "it is not at the source", error);
    if (source->migrating_out)
        return hvc_move_refuse(m, -EBUSY, "it is being migrated already", error);
    if (source->guest_class != HVC_GUEST_RUNNING && source->guest_class != HVC_GUEST_PAUSED)
        return hvc_move_refuse(m, -EBUSY, source->words, error);
    if (target->guest_class != HVC_GUEST_ABSENT) {
        char words[192];

        (void)snprintf(words, sizeof(words), "the target has it as \"%s\"", target->words);
        return hvc_move_refuse(m, -EEXIST, words, error);
    }
    return HVC_MOVE_UNDER_WAY;
}

static void ask_cancel(struct hvc_move *m)
{
    uint64_t now = hvc_now_ms();

    if (m->cancel_sent_ms != 0 && now - m->cancel_sent_ms < CANCEL_AGAIN_MS)
        return;
    m->cancel_sent_ms = now;
    /* a cancel that fails leaves the migration under way: it is sent again, and what came of it is proven at the end */
    (void)hvc_hypervisor_cancel(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), NULL);
}

static int carry_out(struct hvc_move *m, const struct hvc_pacing_decision *decision)
{
    struct hvc_hypervisor *source = m->request.source;
    const char *uuid = m->request.id.uuid;

    switch (decision->action) {
    case HVC_PACING_SET_DOWNTIME:
        return hvc_hypervisor_set_downtime(source, uuid, decision->downtime_ms, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_POST_COPY:
        return hvc_hypervisor_post_copy(source, uuid, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_PAUSE:
        return hvc_hypervisor_pause(source, uuid, hvc_move_call_deadline(m), NULL);
    case HVC_PACING_ABORT: /* the watch sends the cancel */
    case HVC_PACING_NOTHING:
        break;
    }
    return 0;
}

static void pace(struct hvc_move *m, const struct hvc_migrate_progress *p)
{
    struct hvc_pacing_sample sample = {.elapsed_ms = hvc_now_ms() - m->run_began_ms,
                                       .copying = p->phase == HVC_MIGRATE_COPY,
                                       .iteration = p->iteration,
                                       .remaining_bytes = p->remaining_bytes,
                                       .rate_bytes = p->rate_bytes};
    struct hvc_pacing_decision decision;

    if (p->iteration != m->pass || p->remaining_bytes > m->pass_bytes) {
        m->pass = p->iteration;
        m->pass_bytes = p->remaining_bytes;
    }
    sample.pass_bytes = m->pass_bytes;
    decision = hvc_pacing_decide(&m->pacing_config, &m->pacing, &sample);
    if (carry_out(m, &decision) < 0)
        return; /* it comes again with the next sample */
    hvc_pacing_note(&m->pacing, &decision);
    hvc_move_lock(m);
    m->report.downtime_limit_ms = m->pacing.downtime_ms;
    m->report.forced = m->pacing.paused;
    m->report.post_copied = m->pacing.post_copied;
    m->report.aborted = m->pacing.aborted;
    hvc_move_unlock(m);
}

/* In post-copy: no cancel and no deadline helps. */
static bool is_split(const struct hvc_migrate_progress *p)
{
    return p->phase == HVC_MIGRATE_POST_COPY || p->phase == HVC_MIGRATE_INTERRUPTED;
}

enum sign { SIGN_UNDER_WAY, SIGN_OVER, SIGN_ARRIVED };

/* The source is silent: does the target have the guest already? */
static enum sign ask_target(struct hvc_move *m)
{
    struct hvc_guest_state target;

    if (hvc_move_inspect(m, m->request.target, &target, NULL) < 0 || target.guest_class == HVC_GUEST_INCOMING ||
        target.guest_class == HVC_GUEST_ABSENT || target.guest_class == HVC_GUEST_UNKNOWN)
        return SIGN_UNDER_WAY;
    if (!target.half)
        return SIGN_ARRIVED;
    hvc_move_lock(m);
    if (!is_split(&m->report.progress))
        m->report.progress.phase = HVC_MIGRATE_POST_COPY;
    hvc_move_unlock(m);
    return SIGN_UNDER_WAY;
}

/* How it goes, by the source's word; and the steering. */
static enum sign sample(struct hvc_move *m)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_NONE};
    bool steered;
    int result;

    if (m->request.source_dead)
        return SIGN_OVER;
    result = hvc_hypervisor_progress(m->request.source, m->request.id.uuid, hvc_move_call_deadline(m), &p, NULL);
    hvc_move_lock(m);
    m->report.source_answered = result == 0;
    if (result == 0 && p.phase != HVC_MIGRATE_NONE)
        m->report.progress = p;
    if (result == 0 && (p.phase == HVC_MIGRATE_SWITCH || is_split(&p)))
        m->report.phase = HVC_MOVE_SWITCHING;
    /* in post-copy nothing could be taken back; and what is being ended is not hurried on */
    steered = !is_split(&m->report.progress) && !m->report.cancelled && !m->report.aborted;
    hvc_move_unlock(m);
    if (steered)
        pace(m, &p); /* also without a sample: the deadline comes nevertheless */
    if (result < 0)
        return ask_target(m);
    return p.phase == HVC_MIGRATE_NONE || p.phase == HVC_MIGRATE_DONE ? SIGN_OVER : SIGN_UNDER_WAY;
}

static void set_pacing(struct hvc_move *m)
{
    const struct hvc_migrate_options *o = &m->request.options;
    uint64_t budget = m->deadline_ms == HVC_NO_DEADLINE ? 0 : hvc_deadline_left(m->deadline_ms);
    uint64_t proof = budget / 10 < PROOF_LEAST_MS ? PROOF_LEAST_MS : budget / 10;

    m->pacing_config = (struct hvc_pacing_config){
        .budget_ms = m->deadline_ms == HVC_NO_DEADLINE ? 0
                     : budget == 0                     ? 1
                                                       : budget,
        .proof_ms = proof > PROOF_MOST_MS ? PROOF_MOST_MS : proof,
        .downtime_ms = o->max_downtime_ms > 0 ? o->max_downtime_ms : DOWNTIME_ASKED_MS,
        .force = m->request.force,
        .post_copy = o->post_copy_allowed,
    };
    m->pacing_config.downtime_max_ms = o->max_downtime_ms > 0 ? o->max_downtime_ms : DOWNTIME_POLITE;
    if (m->request.force)
        m->pacing_config.downtime_max_ms = HVC_DOWNTIME_MAX_MS;
}

static void take_wish(struct hvc_move *m)
{
    bool has_wish;

    hvc_move_lock(m);
    has_wish = m->has_wish;
    m->has_wish = false;
    if (has_wish) {
        m->deadline_ms = m->wished_deadline_ms;
        m->request.force = m->wished_force;
    }
    hvc_move_unlock(m);
    if (!has_wish)
        return;
    m->run_began_ms = hvc_now_ms();
    set_pacing(m);
}

/* Until the migration is over or the deadline. The migrate call's return is the surest sign; a migration that somebody
 * else started is over when the source has no job of it. */
static void watch(struct hvc_move *m)
{
    uint64_t tick = TICK_FIRST_MS;

    hvc_move_set_phase(m, HVC_MOVE_COPYING);
    while (hvc_deadline_left(m->deadline_ms) > 0) {
        enum migrate_call call;
        enum sign sign;
        bool cancel, split;

        take_wish(m);
        hvc_move_lock(m);
        m->seen_changes = m->changes;
        call = m->call;
        cancel = m->report.cancelled || m->report.aborted;
        split = is_split(&m->report.progress);
        hvc_move_unlock(m);
        if (call == CALL_RETURNED && !m->job_seen_after_return)
            return;
        if (cancel && !split)
            ask_cancel(m);
        sign = sample(m);
        if (sign == SIGN_UNDER_WAY && is_split(&m->report.progress) && hvc_move_tend_split(m))
            return;
        if (sign == SIGN_ARRIVED || (sign == SIGN_OVER && call != CALL_UNDER_WAY))
            return;
        hvc_move_wait(m, tick);
        tick = tick * 2 < TICK_MS ? tick * 2 : TICK_MS;
    }
}

/* Begins the migration unless that was done: by this move or, of an adopted one, by somebody else. */
static enum hvc_move_end begin(struct hvc_move *m, struct hvc_error *error)
{
    enum hvc_move_end end;

    if (m->call != CALL_NONE || m->request.adopt)
        return HVC_MOVE_UNDER_WAY;
    m->migrate_options = m->request.options;
    end = m->request.kind == HVC_KIND_LIVE_STORAGE ? hvc_move_prepare_disks(m, error) : HVC_MOVE_UNDER_WAY;
    if (end == HVC_MOVE_UNDER_WAY && !m->request.adopt) /* what was prepared may be under way */
        end = check(m, error);
    hvc_move_lock(m);
    if (end == HVC_MOVE_UNDER_WAY && m->report.cancelled && !m->request.adopt)
        end = hvc_move_refuse(m, -ECANCELED, m->cancel_reason, error);
    hvc_move_unlock(m);
    if (end == HVC_MOVE_UNDER_WAY && !m->request.adopt && hvc_move_call(m, migrate, error) < 0)
        end = HVC_MOVE_NOT_STARTED;
    return end;
}

static enum hvc_move_end run_live(struct hvc_move *m, struct hvc_error *error)
{
    enum hvc_move_end end = begin(m, error);

    while (end == HVC_MOVE_UNDER_WAY) {
        watch(m);
        end = hvc_move_prove(m, error);
        if (end == HVC_MOVE_UNDER_WAY && hvc_deadline_left(m->deadline_ms) == 0)
            end = hvc_move_unproven(m, error);
    }
    if (m->request.kind == HVC_KIND_LIVE_STORAGE)
        hvc_move_finish_disks(m, end);
    else if (end == HVC_MOVE_MOVED)
        hvc_move_realise(m);
    return end;
}

static enum hvc_move_end (*const runs[HVC_KIND_COUNT])(struct hvc_move *m, struct hvc_error *error) = {
    [HVC_KIND_LIVE] = run_live,
    [HVC_KIND_STORAGE] = hvc_move_run_storage,
    [HVC_KIND_LIVE_STORAGE] = run_live,
    [HVC_KIND_STAGED] = hvc_move_run_staged,
    [HVC_KIND_QUICK] = hvc_move_run_quick,
    [HVC_KIND_RESTART] = hvc_move_run_restart,
    [HVC_KIND_DEFINITION] = hvc_move_run_definition,
};

static void add_note(struct hvc_error *words, const char *note)
{
    size_t used = strlen(words->text);

    (void)hvc_text_append(words->text, sizeof(words->text), &used, "; %s", note); /* what fits stays */
}

enum hvc_move_end hvc_move_run(struct hvc_move *move, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_error words = {.code = 0};
    enum hvc_move_end end;

    move->deadline_ms = deadline_ms;
    move->run_began_ms = hvc_now_ms();
    set_pacing(move);
    move->note.text[0] = '\0';
    end = runs[move->request.kind](move, &words);
    if (words.text[0] == '\0')
        words = move->note;
    else if (move->note.text[0] != '\0')
        add_note(&words, move->note.text);
    hvc_move_lock(move);
    move->report.end = end;
    move->report.phase = HVC_MOVE_ENDED;
    move->report.elapsed_ms = hvc_now_ms() - move->began_ms;
    hvc_move_unlock(move);
    if (error != NULL)
        *error = words;
    return end;
}

void hvc_move_cancel(struct hvc_move *move, const char *reason)
{
    hvc_move_lock(move);
    if (!move->report.cancelled) {
        (void)snprintf(move->cancel_reason, sizeof(move->cancel_reason), "%s", reason);
        move->report.cancelled = true;
        hvc_move_changed(move);
    }
    hvc_move_unlock(move);
}

void hvc_move_interrupt(struct hvc_move *move)
{
    hvc_move_lock(move);
    move->let_go = true;
    hvc_move_unlock(move);
}

void hvc_move_set_deadline(struct hvc_move *move, uint64_t deadline_ms, bool force)
{
    hvc_move_lock(move);
    move->has_wish = true;
    move->wished_deadline_ms = deadline_ms;
    move->wished_force = force;
    hvc_move_unlock(move);
}

void hvc_move_report(struct hvc_move *move, struct hvc_move_report *ret_report)
{
    hvc_move_lock(move);
    *ret_report = move->report;
    if (ret_report->end == HVC_MOVE_UNDER_WAY)
        ret_report->elapsed_ms = hvc_now_ms() - move->began_ms;
    hvc_move_unlock(move);
}

static int copy_texts(struct hvc_move *m, const struct hvc_move_request *r)
{
    const char *target_uri = r->options.target_uri == NULL ? "" : r->options.target_uri;
    const char *migrate_uri = r->options.migrate_uri == NULL ? "" : r->options.migrate_uri;
    const char *tls_name = r->options.tls_name == NULL ? "" : r->options.tls_name;

    if (hvc_text_copy(m->target_uri, sizeof(m->target_uri), target_uri) < 0 ||
        hvc_text_copy(m->migrate_uri, sizeof(m->migrate_uri), migrate_uri) < 0 ||
        hvc_text_copy(m->tls_name, sizeof(m->tls_name), tls_name) < 0 ||
        hvc_text_copy(m->source_name, sizeof(m->source_name), r->source_name) < 0 ||
        hvc_text_copy(m->target_name, sizeof(m->target_name), r->target_name) < 0)
        return -ENAMETOOLONG;
    m->request.source_name = m->source_name;
    m->request.target_name = m->target_name;
    m->request.options.target_uri = m->target_uri;
    m->request.options.tls_name = m->tls_name[0] == '\0' ? NULL : m->tls_name;
    m->request.options.migrate_uri = m->migrate_uri[0] == '\0' ? NULL : m->migrate_uri;
    if (r->token != NULL && hvc_text_copy(m->token, sizeof(m->token), r->token) < 0)
        return -ENAMETOOLONG;
    return hvc_parse_uuid(r->id.uuid, m->request.id.uuid);
}

static int copy_documents(struct hvc_move *m, const struct hvc_move_request *r)
{
    m->request.plan = NULL;
    m->request.definition = NULL;
    if (r->plan != NULL) {
        m->plan = malloc(sizeof(*m->plan));
        if (m->plan == NULL)
            return -ENOMEM;
        *m->plan = *r->plan;
    }
    if (r->definition != NULL) {
        m->definition = strdup(r->definition);
        if (m->definition == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Why no move can be made of it; NULL when one can. */
static const char *flaw_of(const struct hvc_move *m, const struct hvc_move_request *r)
{
    const struct hvc_job_kind_info *kind = hvc_job_kind_info((unsigned)r->kind);

    if (kind == NULL)
        return "its kind is unknown";
    if (r->adopt && r->kind != HVC_KIND_LIVE && r->kind != HVC_KIND_LIVE_STORAGE)
        return "only a migration is adopted; other kinds are run again";
    if (!r->adopt && r->target == NULL)
        return "it has no target";
    if (!r->adopt && (kind->flags & HVC_KIND_STAYS) == 0 && m->target_uri[0] == '\0')
        return "it has no URI of its target";
    if (r->plan == NULL && r->kind == HVC_KIND_STORAGE)
        return "it needs a plan of where its storage shall be";
    if (r->kind == HVC_KIND_RESTART && (unsigned)r->restart >= HVC_RESTART_COUNT)
        return "how it is stopped is unknown";
    return NULL;
}

int hvc_move_new(const struct hvc_move_request *request, struct hvc_move **ret_move, struct hvc_error *error)
{
    struct hvc_move *m = calloc(1, sizeof(*m));
    pthread_condattr_t monotonic;
    const char *flaw;
    int result;

    if (m == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a move");
    m->request = *request;
    result = copy_texts(m, request);
    if (result == 0)
        result = copy_documents(m, request);
    flaw = result == 0 ? flaw_of(m, request) : "a UUID, a URI, a token or a node name is bad or too long";
    if (flaw != NULL) {
        free(m->plan);
        free(m->definition);
        free(m);
        return hvc_error_set(error, result == 0 ? -EINVAL : result, "no move of guest %.60s: %s", request->id.name,
                             flaw);
    }
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&m->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    m->refs = 1;
    m->began_ms = hvc_now_ms();
    m->deadline_ms = HVC_NO_DEADLINE;
    *ret_move = m;
    return 0;
}

void hvc_move_free(struct hvc_move *move)
{
    if (move != NULL)
        hvc_move_unref(move);
}
