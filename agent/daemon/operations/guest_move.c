/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.move: "make the guest be at the target", from this node; guest.arrived: prove that it is here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "guest_job.h"
#include "hvc/text.h"

#define PLACED        "the guest is not here, and the cluster's state has it at the target"
#define ASK_TARGET_MS 10000
#define OBSERVE_MS    8000
#define LOOK_AGAIN_MS 100

struct mover {
    struct hvc_operations *operations;
    struct hvc_call *call;
    struct guest_request request;
    const char *target;
    struct hvc_guest_state here, there;
};

static enum hvc_result done(struct mover *m, const char *outcome, const char *words)
{
    guest_describe_id(m->call->data, &m->request.id, &m->here);
    hvc_record_set_text(m->call->data, "outcome", outcome);
    hvc_record_set_text(m->call->data, "target", m->target);
    return hvc_call_say(m->call, HVC_RESULT_OK, "%s", words);
}

static enum hvc_result refuse(struct mover *m, enum hvc_result result, const char *words)
{
    return hvc_call_say(m->call, result, "guest %s is not moved from node %s to %s: %s", guest_label(&m->request),
                        m->operations->node, m->target, words);
}

static void name_nodes(const struct hvc_cluster_facts *facts, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < facts->count; i++)
        (void)hvc_text_append(text, size, &used, "%s%s", i == 0 ? "" : ", ", facts->nodes[i].name);
}

/* Nothing of libvirt is asked for a target that the cluster does not have. */
static enum hvc_result check_cluster(struct mover *m)
{
    struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    const struct hvc_fact_node *node;
    enum hvc_result result = HVC_RESULT_OK;
    char names[512];

    if (facts == NULL ||
        hvc_facts_read(m->operations->facts, HVC_FACTS_COROSYNC, guest_deadline(m->call, 5000), facts) < 0) {
        free(facts);
        return refuse(m, HVC_RESULT_INTERNAL, "no memory");
    }
    node = hvc_facts_find(facts, m->target);
    name_nodes(facts, names, sizeof(names));
    if (!facts->corosync_answers)
        result = refuse(m, HVC_RESULT_UNREACHABLE, facts->corosync_error.text);
    else if (node == NULL)
        result = hvc_call_say(m->call, HVC_RESULT_NOT_FOUND, "node %s is not in the cluster's node list (%s)",
                              m->target, names);
    else if (!facts->quorate)
        result = refuse(m, HVC_RESULT_NO_QUORUM, "this partition of the cluster has no quorum");
    else if (!node->member)
        result = refuse(m, HVC_RESULT_REFUSED, "the target is offline: it is no member of the cluster now");
    free(facts);
    return result;
}

static int ask_target(struct mover *m, struct hvc_error *error)
{
    struct hvc_hypervisor *peer = NULL;
    int r = hvc_peers_get(m->operations->peers, m->target, &peer, error);

    if (r == 0)
        r = hvc_hypervisor_inspect(peer, m->request.id.uuid, guest_deadline(m->call, ASK_TARGET_MS), &m->there, error);
    return r;
}

static bool runs(const struct hvc_guest_state *state)
{
    return state->guest_class == HVC_GUEST_RUNNING || state->guest_class == HVC_GUEST_PAUSED;
}

/* The guest is not on this node: fine when it is at the target. */
static enum hvc_result not_here(struct mover *m)
{
    if (runs(&m->there)) {
        if (guest_is_foreign(&m->request, &m->there))
            return hvc_call_say(m->call, HVC_RESULT_REFUSED, "guest %s runs under resource %s on node %s",
                                guest_label(&m->request), m->there.owner, m->target);
        return done(m, "already-there", "the guest is at the target already");
    }
    return hvc_call_say(m->call, HVC_RESULT_NOT_FOUND, "guest %s is neither on this node, %s (%s), nor on node %s (%s)",
                        guest_label(&m->request), m->operations->node, m->here.words, m->target, m->there.words);
}

/* OK: it may go. */
static enum hvc_result check_guest(struct mover *m)
{
    switch (m->here.guest_class) {
    case HVC_GUEST_RUNNING:
    case HVC_GUEST_PAUSED:
    case HVC_GUEST_LEAVING: /* a move is under way: it is joined, or named as busy */
        break;
    case HVC_GUEST_ABSENT:
        return HVC_RESULT_OK; /* not_here decides */
    case HVC_GUEST_STOPPING:
        return refuse(m, HVC_RESULT_REFUSED, "it is shutting down");
    case HVC_GUEST_INCOMING:
        return hvc_call_say(m->call, HVC_RESULT_BUSY,
                            "guest %s is not moved from node %s to %s: it is not here yet (%s)",
                            guest_label(&m->request), m->operations->node, m->target, m->here.words);
    case HVC_GUEST_FAILED:
        return refuse(m, HVC_RESULT_REFUSED, m->here.words);
    case HVC_GUEST_UNKNOWN:
    case HVC_GUEST_CLASS_MAX:
        return refuse(m, HVC_RESULT_UNREACHABLE, m->here.words);
    }
    if (m->here.source == HVC_SOURCE_PROCESS)
        return refuse(m, HVC_RESULT_UNREACHABLE, m->here.words);
    if (guest_is_foreign(&m->request, &m->here))
        return hvc_call_say(m->call, HVC_RESULT_REFUSED, "guest %s runs under resource %s and is not resource %s's",
                            guest_label(&m->request), m->here.owner, m->request.resource);
    return HVC_RESULT_OK;
}

static enum hvc_result check_target(struct mover *m)
{
    if (m->there.autostart)
        return refuse(m, HVC_RESULT_REFUSED,
                      "libvirt of the target has autostart set for it and would boot it beside the cluster: run 'virsh "
                      "autostart --disable' there");
    if (runs(&m->there) && m->here.guest_class != HVC_GUEST_LEAVING && !m->here.migrating_out)
        return refuse(m, HVC_RESULT_REFUSED, "it runs on both nodes at once; stop one copy by hand after looking");
    if (m->there.guest_class == HVC_GUEST_FAILED || m->there.guest_class == HVC_GUEST_STOPPING)
        return refuse(m, HVC_RESULT_REFUSED, "remains of it are still on the target: they have to be stopped first");
    return HVC_RESULT_OK;
}

static enum hvc_result run(struct mover *m)
{
    const struct hvc_record *args = m->call->args;
    struct hvc_move_order order = {
        .guest = m->request.id,
        .source = m->operations->node,
        .target = m->target,
        .resource = m->request.resource,
        .options = {.tls = hvc_record_bool(args, "tls", false),
                    .bandwidth_mib = hvc_record_u64(args, "bandwidth_mib", 0),
                    .max_downtime_ms = hvc_record_u64(args, "max_downtime_ms", 0),
                    .post_copy_allowed = hvc_record_bool(args, "post_copy", false)},
        .force_at_deadline = strcmp(hvc_record_text(args, "end_action", "abort"), "force") == 0,
    };
    struct hvc_move_outcome outcome;
    enum hvc_result result;

    if (order.guest.name[0] == '\0')
        order.guest = m->here.id;
    result = guest_job_begin(m->operations, m->call, &m->here, &order);
    if (result != HVC_RESULT_OK)
        return result;
    result = hvc_moves_run(m->operations, m->call, &order, &outcome);
    guest_describe_id(m->call->data, &m->request.id, &m->here);
    hvc_record_set_text(m->call->data, "target", m->target);
    hvc_record_set_text(m->call->data, "move", outcome.id);
    hvc_record_set_bool(m->call->data, "joined", outcome.joined);
    hvc_record_set_u64(m->call->data, "ms", outcome.elapsed_ms);
    hvc_record_set_u64(m->call->data, "downtime_ms", outcome.downtime_ms);
    if (result == HVC_RESULT_OK)
        hvc_record_set_text(m->call->data, "outcome", "moved");
    return result;
}

/* One that arrives, or whose start libvirt has not finished, is here in a moment: a migrate_to that fails costs it a
 * stop and a start. What is left of the time is the move's. */
static void look_here(struct mover *m)
{
    uint64_t until_ms = hvc_deadline_in(hvc_deadline_left(m->call->deadline_ms) / 2);

    do
        guest_observe(m->operations, m->call, &m->request, OBSERVE_MS, &m->here);
    while (m->here.guest_class == HVC_GUEST_INCOMING && hvc_deadline_left(until_ms) > 0 &&
           hvc_call_wait(m->call, LOOK_AGAIN_MS));
}

/* Who cannot be asked does not make a failure of a move that has been proven: Pacemaker would stop the guest for it.
 * migrate_from looks at the guest there, and needs neither Corosync nor libvirt for that. */
static bool is_proven(const struct mover *m)
{
    return m->here.guest_class == HVC_GUEST_ABSENT && guest_is_placed(m->operations, m->request.id.uuid, m->target);
}

/* Which is said already. */
static enum hvc_result no_corosync(struct mover *m)
{
    guest_observe(m->operations, m->call, &m->request, OBSERVE_MS, &m->here);
    return is_proven(m) ? done(m, "already-there", PLACED) : HVC_RESULT_UNREACHABLE;
}

static enum hvc_result not_asked(struct mover *m, struct hvc_error *error)
{
    if (is_proven(m))
        return done(m, "already-there", PLACED);
    (void)hvc_error_prefix(error, "guest %s is not moved: libvirt of node %s cannot be used", guest_label(&m->request),
                           m->target);
    return hvc_call_say(m->call, HVC_RESULT_UNREACHABLE, "%s", error->text);
}

enum hvc_result guest_move(struct hvc_operations *operations, struct hvc_call *call)
{
    struct mover m = {.operations = operations, .call = call, .target = hvc_record_text(call->args, "target", "")};
    struct hvc_error error = {0};
    enum hvc_result result = guest_request_read(call, &m.request);

    if (result != HVC_RESULT_OK)
        return result;
    result = check_cluster(&m);
    if (result != HVC_RESULT_OK)
        return result == HVC_RESULT_UNREACHABLE ? no_corosync(&m) : result;
    look_here(&m);
    result = check_guest(&m);
    if (result != HVC_RESULT_OK)
        return result;
    if (strcmp(m.target, operations->node) == 0) {
        if (m.here.guest_class == HVC_GUEST_ABSENT || m.here.guest_class == HVC_GUEST_LEAVING)
            return refuse(&m, HVC_RESULT_REFUSED, "source and target are the same node, and the guest is not on it");
        return done(&m, "already-there", "source and target are the same node, and the guest is on it");
    }
    if (ask_target(&m, &error) < 0)
        return not_asked(&m, &error);
    if (m.here.guest_class == HVC_GUEST_ABSENT)
        return not_here(&m);
    result = check_target(&m);
    return result == HVC_RESULT_OK ? run(&m) : result;
}

/* Where it is instead, as far as the source says. */
static enum hvc_result not_arrived(struct mover *m, const char *source)
{
    struct hvc_error error = {0};

    if (source[0] == '\0' || strcmp(source, m->operations->node) == 0)
        return hvc_call_say(m->call, HVC_RESULT_NOT_FOUND, "guest %s is not on this node, %s (%s)",
                            guest_label(&m->request), m->operations->node, m->here.words);
    m->target = source;
    if (ask_target(m, &error) < 0)
        return hvc_call_say(m->call, HVC_RESULT_NOT_FOUND,
                            "guest %s is not on this node, %s (%s); its source %s does not answer: %s",
                            guest_label(&m->request), m->operations->node, m->here.words, source, error.text);
    hvc_record_set_text(m->call->data, "source_class", hvc_guest_class_name(m->there.guest_class));
    return hvc_call_say(m->call, HVC_RESULT_NOT_FOUND,
                        "guest %s is not on this node, %s (%s); on its source %s it is %s", guest_label(&m->request),
                        m->operations->node, m->here.words, source, m->there.words);
}

/* A process that was started for a migration, and libvirt cannot say whether it runs by now: the job that moved it has
 * proven that, or nobody has. */
static enum hvc_result arrived_unseen(struct mover *m)
{
    if (guest_is_placed(m->operations, m->request.id.uuid, m->operations->node))
        return done(m, "arrived", "the cluster's state has the guest on this node; libvirt cannot be asked");
    return hvc_call_say(m->call, HVC_RESULT_UNREACHABLE, "nobody can tell whether guest %s arrived on node %s: %s",
                        guest_label(&m->request), m->operations->node, m->here.words);
}

enum hvc_result guest_arrived(struct hvc_operations *operations, struct hvc_call *call)
{
    struct mover m = {.operations = operations, .call = call, .target = operations->node};
    enum hvc_result result = guest_request_read(call, &m.request);

    if (result != HVC_RESULT_OK)
        return result;
    for (;;) {
        guest_observe(operations, call, &m.request, 8000, &m.here);
        if (m.here.guest_class != HVC_GUEST_INCOMING)
            break;
        if (!hvc_call_wait(call, LOOK_AGAIN_MS))
            return hvc_call_say(call, HVC_RESULT_TIMEOUT, "guest %s still arrives on node %s at the deadline: %s",
                                guest_label(&m.request), operations->node, m.here.words);
    }
    if (!hvc_guest_is_present(m.here.guest_class))
        return not_arrived(&m, hvc_record_text(call->args, "source", ""));
    if (m.here.guest_class == HVC_GUEST_UNKNOWN)
        return arrived_unseen(&m);
    if (!runs(&m.here))
        return hvc_call_say(call, HVC_RESULT_FAILED, "guest %s is on node %s and does not run: %s",
                            guest_label(&m.request), operations->node, m.here.words);
    if (guest_is_foreign(&m.request, &m.here))
        return hvc_call_say(call, HVC_RESULT_REFUSED, "guest %s runs on node %s under resource %s, not %s",
                            guest_label(&m.request), operations->node, m.here.owner, m.request.resource);
    guest_mark(operations, call, &m.request, &m.here);
    return done(&m, "arrived", "the guest runs on this node");
}
