/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hvc/text.h"

enum {
    PROPOSE_MS = 3000, /* for one commit: without a quorum it is refused at once */
    BEGIN_MS = 10000,  /* for the job to be admitted, checked and begun */
    LOOK_MS = 5,
    STATE_EVERY = 40, /* looks at the moves for each look at the state */
    ANSWER_MS = 300,  /* of the op's deadline, for what comes after the move */
    FIRST = 1,        /* priority: nobody of an operator's comes before it */
};

struct maker {
    struct hvc_operations *operations;
    struct hvc_call *call;
    const struct hvc_guest_state *guest;
    struct hvc_move_order *order;
    uint8_t uuid[16];
    /* of the state */
    bool known;                     /* the guest is in it */
    uint32_t node;                  /* where it has the guest */
    uint32_t source, target;        /* node ids; 0: not in it */
    struct hvc_job job;             /* unfinished one of the guest; id 0: none */
    char words[HVC_ERROR_TEXT_MAX]; /* why there is no job */
};

static bool fail(struct maker *m, const char *what, const char *why)
{
    (void)snprintf(m->words, sizeof(m->words), "%s: %.600s", what, why);
    return false;
}

/* ---- the state ---- */

static uint32_t id_of(const struct hvc_service *service, const char *name)
{
    const struct hvc_service_node *node = hvc_service_node_named(service, name);

    return node == NULL ? 0 : node->id;
}

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct maker *m = context;
    const struct hvc_service_guest *guest = hvc_service_guest(service, m->uuid);
    const struct hvc_job *job = guest == NULL || guest->job == 0 ? NULL : hvc_service_job(service, guest->job);

    if (stamp->stale)
        return -EAGAIN;
    m->source = id_of(service, m->order->source);
    m->target = id_of(service, m->order->target);
    m->known = guest != NULL;
    m->node = guest == NULL ? 0 : guest->node;
    m->job = job == NULL ? (struct hvc_job){0} : *job;
    return 0;
}

static bool read_state(struct maker *m)
{
    struct hvc_keeper *keeper = m->operations->keeper;
    struct hvc_error error = {0};

    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, guest_deadline(m->call, 1000), look, m, &error) < 0)
        return fail(m, "the cluster's state cannot be used", error.text[0] == '\0' ? "it may be old" : error.text);
    if (m->source == 0 || m->target == 0)
        return fail(m, "a node is not in the cluster's state", m->source == 0 ? m->order->source : m->order->target);
    return true;
}

static struct hvc_command command_of(const struct maker *m, unsigned kind)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind};

    (void)hvc_text_copy(c.by, sizeof(c.by), "pacemaker");
    (void)m;
    return c;
}

/* True when it is committed and good. */
static bool propose(struct maker *m, const struct hvc_command *command, uint64_t *ret_value)
{
    struct hvc_keeper *keeper = m->operations->keeper;
    struct hvc_replica_outcome outcome = {.error = -EAGAIN, .words = "it is being started again"};
    struct hvc_token token;
    char text[256];

    if (keeper->ops->token(keeper, &token) == 0)
        (void)keeper->ops->propose(keeper, command, &token, guest_deadline(m->call, PROPOSE_MS), false, &outcome);
    if (outcome.error != 0)
        return fail(m, "the cluster's state takes nothing", outcome.words);
    hvc_answer_text(&outcome.answer, text, sizeof(text));
    if (!hvc_answer_is_good(&outcome.answer))
        return fail(m, hvc_command_name(command->kind), text);
    *ret_value = outcome.answer.value;
    return true;
}

/* ---- the guest ---- */

static bool record_guest(struct maker *m)
{
    struct hvc_command c = command_of(m, m->known ? HVC_COMMAND_GUEST_PLACE : HVC_COMMAND_GUEST);
    uint64_t ignored;

    if (m->known && m->node == m->source)
        return true;
    if (m->known) {
        memcpy(c.guest_place.uuid, m->uuid, sizeof(c.guest_place.uuid));
        c.guest_place.node = m->source;
        return propose(m, &c, &ignored);
    }
    memcpy(c.guest.uuid, m->uuid, sizeof(c.guest.uuid));
    c.guest.memory_kib = m->guest->memory_kib;
    c.guest.node = m->source;
    (void)hvc_text_copy(c.guest.name, sizeof(c.guest.name), m->order->guest.name); /* of one size */
    if (hvc_text_copy(c.guest.resource, sizeof(c.guest.resource), m->order->resource) < 0)
        return fail(m, "the name of the resource", "too long");
    return propose(m, &c, &ignored);
}

/* ---- the job ---- */

static bool cancel_job(struct maker *m, uint64_t job, const char *why)
{
    struct hvc_command c = command_of(m, HVC_COMMAND_JOB_CANCEL);
    uint64_t ignored;

    c.cancel.job = job;
    (void)hvc_text_copy(c.cancel.text, sizeof(c.cancel.text), why);
    return propose(m, &c, &ignored);
}

/* What waits in the queue for an operator makes way; what moves to another node already is told by the moves. */
static bool make_way(struct maker *m)
{
    bool started = (hvc_job_phase_info(m->job.phase)->flags & HVC_JOB_STARTED) != 0;

    if (m->job.id == 0)
        return true;
    if (started)
        return fail(m, "the guest has a job that has begun already", m->job.by);
    return cancel_job(m, m->job.id, "Pacemaker moves the guest now");
}

/* The job's move is over, and the guest runs here all the same: a start has fetched it back before Pacemaker was told.
 * One that still leaves is in the job's move. */
static bool came_back(const struct maker *m)
{
    return m->node == m->target && !m->guest->migrating_out && m->guest->guest_class != HVC_GUEST_LEAVING;
}

/* One that has begun: what an operator or a drain waits for may have been tried before, and how that ended is no
 * answer. */
static bool is_this(const struct maker *m)
{
    bool begun = (hvc_job_phase_info(m->job.phase)->flags & HVC_JOB_STARTED) != 0;

    return m->job.id != 0 && (begun || m->job.origin == HVC_ORIGIN_PACEMAKER) && m->job.target == m->target &&
           m->job.source == m->source && !came_back(m);
}

static bool make_job(struct maker *m)
{
    const struct hvc_migrate_options *options = &m->order->options;
    struct hvc_command c = command_of(m, HVC_COMMAND_JOB);
    uint64_t left = hvc_deadline_left(m->call->deadline_ms);
    struct timespec now;

    m->job = (struct hvc_job){0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    memcpy(c.job.guest, m->uuid, sizeof(c.job.guest));
    c.job.kind = HVC_KIND_LIVE;
    c.job.origin = HVC_ORIGIN_PACEMAKER;
    c.job.source = m->source;
    c.job.target = m->target;
    c.job.options.priority = FIRST;
    c.job.options.flags = (options->tls ? HVC_OPTION_TLS : 0) | (options->post_copy_allowed ? HVC_OPTION_POST_COPY : 0);
    c.job.options.end_action = m->order->force_at_deadline ? HVC_END_FORCE : HVC_END_ABORT;
    c.job.options.downtime_ms = (uint32_t)options->max_downtime_ms;
    c.job.options.bandwidth = options->bandwidth_mib * 1024 * 1024;
    c.job.options.deadline_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + left - ANSWER_MS;
    return propose(m, &c, &m->job.id);
}

/* ---- until its move is there ---- */

static bool has_move(const struct maker *m)
{
    const struct hvc_move_job job = {.id = m->job.id, .admitted_ms = m->job.phase_ms[HVC_JOB_ADMITTED]};
    struct hvc_move_view view;

    return hvc_moves_look(m->operations->moves, &job, m->order->guest.uuid, &view) && view.of_job;
}

/* The reason of a job that ended before its move began. */
static int look_at_end(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct maker *m = context;
    const struct hvc_job *job = hvc_service_job(service, m->job.id);

    (void)stamp;
    if (job != NULL && job->ended != 0)
        m->job = *job;
    return 0;
}

/* True: it begins, or has begun. */
static bool await_move(struct maker *m)
{
    uint64_t left = hvc_deadline_left(m->call->deadline_ms) / 3;
    uint64_t until = hvc_deadline_in(left < BEGIN_MS ? left : BEGIN_MS);
    struct hvc_keeper *keeper = m->operations->keeper;

    for (unsigned looks = 1; hvc_now_ms() < until; looks++) {
        if (has_move(m))
            return true;
        if (looks % STATE_EVERY == 0)
            (void)keeper->ops->read(keeper, HVC_REPLICA_HERE, until, look_at_end, m, NULL); /* tells nothing then */
        if (m->job.ended != 0)
            return fail(m, "its job ended before the move began",
                        m->job.reason_count > 0 ? m->job.reasons[m->job.reason_count - 1].text : "");
        if (!hvc_call_wait(m->call, LOOK_MS))
            break;
    }
    (void)fail(m, "its job", hvc_call_is_cancelled(m->call) ? "nobody waits for it any more" : "has not begun in time");
    (void)cancel_job(m, m->job.id, m->words); /* its failure changes nothing: the job ends at its deadline */
    return false;
}

static bool begin(struct maker *m)
{
    if (!read_state(m))
        return false;
    if (!is_this(m) && !(make_way(m) && record_guest(m) && make_job(m)))
        return false;
    return await_move(m);
}

enum hvc_result guest_job_begin(struct hvc_operations *operations, struct hvc_call *call,
                                const struct hvc_guest_state *state, struct hvc_move_order *order)
{
    struct maker m = {.operations = operations, .call = call, .guest = state, .order = order};
    char words[HVC_ERROR_TEXT_MAX];

    if (operations->keeper == NULL || hvc_parse_uuid_bytes(order->guest.uuid, m.uuid) < 0)
        return HVC_RESULT_OK;
    if (begin(&m)) {
        order->job.id = m.job.id;
        order->job.admitted_ms = m.job.phase_ms[HVC_JOB_ADMITTED]; /* 0: made now, its only one */
        hvc_record_set_u64(call->data, "job", m.job.id);
        return HVC_RESULT_OK;
    }
    if (hvc_call_is_cancelled(call))
        return hvc_call_say(call, HVC_RESULT_REFUSED, "nobody waits for the move any more; it was not begun");
    hvc_operations_note(operations, HVC_MESSAGE_MOVE_WITHOUT_JOB, "guest=%s uuid=%s to=%s words=%s", order->guest.name,
                        order->guest.uuid, order->target, hvc_message_quote(m.words, words, sizeof(words)));
    return HVC_RESULT_OK;
}
