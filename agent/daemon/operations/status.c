/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `status`: what this node's daemon knows, whoever hangs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster_state.h"
#include "hvc/cleanup.h"
#include "hvc/job_agenda.h"
#include "hvc/operations.h"
#include "hvc/pacemaker_moves.h"
#include "node_facts.h"

/* of the 2 s within which the status lane answers */
#define ASK_HYPERVISOR_MS 400
#define ASK_CLUSTER_MS    900
#define ASK_PACEMAKER_MS  500
#define ASK_STATE_MS      100

static void describe_nodes(struct hvc_record *data, const struct hvc_cluster_facts *facts)
{
    hvc_record_set_list(data, "nodes");
    for (size_t i = 0; i < facts->count; i++) {
        struct hvc_record *node = hvc_record_add(data, "nodes");

        hvc_record_set_u64(node, "id", facts->nodes[i].id);
        hvc_record_set_text(node, "name", facts->nodes[i].name);
        hvc_record_set_bool(node, "member", facts->nodes[i].member);
        hvc_record_set_bool(node, "local", facts->nodes[i].local);
    }
}

/* Without Corosync nothing is said about members and quorum but that it is not known. */
static int describe_cluster(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_record *corosync = hvc_record_set_record(call->data, "corosync");
    uint64_t deadline = hvc_deadline_within(call->deadline_ms, ASK_CLUSTER_MS);

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, deadline, facts) < 0) {
        free(facts);
        return -ENOMEM;
    }
    hvc_record_set_bool(corosync, "answers", facts->corosync_answers);
    if (!facts->corosync_answers)
        hvc_cluster_state_doubt(hvc_record_edit(call->data, "cluster_state"));
    if (!facts->corosync_answers)
        hvc_record_set_text(corosync, "words", facts->corosync_error.text);
    if (facts->cluster_name[0] != '\0')
        hvc_record_set_text(call->data, "cluster", facts->cluster_name);
    if (facts->corosync_answers) {
        hvc_record_set_bool(call->data, "quorate", facts->quorate);
        hvc_record_set_text(call->data, "flags", facts->flags);
        describe_nodes(call->data, facts);
    }
    free(facts);
    return 0;
}

/* Health is what the last call met, and there may have been none for hours: so one is made. Not when it is known to
 * hang already, for every such call costs a thread until libvirt returns it. */
static void look_at_hypervisor(struct hvc_operations *operations, struct hvc_hypervisor_status *ret_status)
{
    struct hvc_host_facts facts;
    struct hvc_error ignored = {0}; /* the driver keeps it as the words of its health */

    hvc_hypervisor_status(operations->hypervisor, ret_status);
    if (ret_status->health == HVC_HYPERVISOR_HANGS)
        return;
    (void)hvc_hypervisor_host(operations->hypervisor, hvc_deadline_in(ASK_HYPERVISOR_MS), &facts, &ignored);
    hvc_hypervisor_status(operations->hypervisor, ret_status);
}

static void describe_hypervisor(struct hvc_operations *operations, struct hvc_record *data)
{
    struct hvc_record *hypervisor = hvc_record_set_record(data, "hypervisor");
    struct hvc_hypervisor_status status = {0};
    uint64_t now_ms;

    look_at_hypervisor(operations, &status);
    now_ms = hvc_now_ms();
    hvc_record_set_text(hypervisor, "health", hvc_hypervisor_health_name(status.health));
    if (status.since_ms != 0 && status.since_ms <= now_ms)
        hvc_record_set_u64(hypervisor, "for_ms", now_ms - status.since_ms);
    hvc_record_set_u64(hypervisor, "stuck_calls", status.stuck_calls);
    if (status.health != HVC_HYPERVISOR_ANSWERS && status.last.text[0] != '\0')
        hvc_record_set_text(hypervisor, "words", status.last.text);
}

static void describe_workers(struct hvc_operations *operations, struct hvc_record *data)
{
    struct hvc_record *record = hvc_record_set_record(data, "workers");
    struct hvc_workers_state state = {0};

    operations->workers_state(operations->workers_context, &state);
    hvc_record_set_u64(record, "workers", state.workers);
    hvc_record_set_u64(record, "busy", state.busy);
    hvc_record_set_u64(record, "queued", state.queued);
    hvc_record_set_u64(record, "stuck", state.stuck);
    hvc_record_set_u64(record, "clients", state.clients);
}

/* What each node tells about itself, also of those that no view holds together now. */
static void describe_facts(struct hvc_keeper *keeper, const struct hvc_replica_status *status, struct hvc_record *data)
{
    hvc_record_set_list(data, "node_facts");
    for (unsigned i = 0; i < status->node_count; i++) {
        struct hvc_record *record = hvc_record_add(data, "node_facts");

        hvc_record_set_text(record, "name", status->nodes[i].name);
        hvc_node_facts_describe(keeper, status->nodes[i].id, NULL, record);
    }
}

struct marks {
    const struct hvc_pacemaker_mark *mark;
    size_t count;
    struct hvc_agenda_verdict *verdicts;
};

static int judge_marks(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct marks *marks = context;

    (void)stamp; /* the state's age is told beside it */
    for (size_t i = 0; i < marks->count; i++)
        hvc_agenda_judge_mark(service, marks->mark[i].job, marks->mark[i].resource, &marks->verdicts[i]);
    return 0;
}

/* What the state says of each; NULL: it does not say. free(). */
static struct hvc_agenda_verdict *read_verdicts(struct hvc_keeper *keeper, const struct hvc_pacemaker_mark *marks,
                                                size_t count)
{
    struct marks all = {.mark = marks, .count = count, .verdicts = calloc(count + 1, sizeof(*all.verdicts))};

    if (all.verdicts != NULL &&
        keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(ASK_STATE_MS), judge_marks, &all, NULL) < 0) {
        free(all.verdicts);
        return NULL;
    }
    return all.verdicts;
}

static void describe_mark(struct hvc_record *record, const struct hvc_pacemaker_mark *mark,
                          const struct hvc_agenda_verdict *verdict)
{
    const char *left = verdict == NULL || mark->kind == HVC_MARK_PIN ? NULL : hvc_agenda_left_words(verdict);

    hvc_record_set_text(record, "id", mark->id);
    hvc_record_set_text(record, "kind", hvc_pacemaker_mark_name(mark->kind));
    hvc_record_set_text(record, "resource", mark->resource);
    if (mark->node[0] != '\0')
        hvc_record_set_text(record, "node", mark->node);
    hvc_record_set_u64(record, "job", mark->job);
    if (left != NULL)
        hvc_record_set_text(record, "left", left);
}

/* Whether it answers on this node, and what of ours stands in its configuration: pins, what moves have put there, and
 * what ended ones have left. */
static void describe_pacemaker(struct hvc_keeper *keeper, struct hvc_record *data)
{
    HVC_CLEANUP(free) struct hvc_pacemaker_mark *marks = NULL;
    HVC_CLEANUP(free) struct hvc_agenda_verdict *verdicts = NULL;
    struct hvc_record *record = hvc_record_set_record(data, "pacemaker");
    struct hvc_error error = {0};
    size_t count = 0;
    int rc = hvc_pacemaker_marks(hvc_deadline_in(ASK_PACEMAKER_MS), &marks, &count, &error);

    hvc_record_set_bool(record, "answers", rc == 0);
    if (rc < 0)
        hvc_record_set_text(record, "words", error.text);
    hvc_record_set_list(record, "marks");
    if (rc == 0 && count > 0)
        verdicts = read_verdicts(keeper, marks, count);
    for (size_t i = 0; i < count && i < HVC_RECORD_LIST_MAX; i++)
        describe_mark(hvc_record_add(record, "marks"), &marks[i], verdicts == NULL ? NULL : &verdicts[i]);
}

static int describe_state(struct hvc_operations *operations, struct hvc_record *data)
{
    struct hvc_replica_status *status = operations->keeper == NULL ? NULL : calloc(1, sizeof(*status));

    if (operations->keeper == NULL)
        return 0;
    if (status == NULL)
        return -ENOMEM;
    operations->keeper->ops->status(operations->keeper, status);
    hvc_cluster_state_describe(hvc_record_set_record(data, "cluster_state"), status, hvc_now_ms());
    describe_facts(operations->keeper, status, data);
    free(status);
    return 0;
}

static enum hvc_result status(struct hvc_operations *operations, struct hvc_call *call)
{
    hvc_record_set_text(call->data, "version", HVC_VERSION);
    hvc_record_set_text(call->data, "node", operations->node);
    hvc_record_set_u64(call->data, "pid", (uint64_t)getpid());
    hvc_record_set_bool(call->data, "direct", operations->direct);
    hvc_record_set_u64(call->data, "uptime_ms", hvc_now_ms() - operations->started_ms);
    hvc_record_set_text(call->data, "right", hvc_right_name(call->caller.right));
    if (describe_state(operations, call->data) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    describe_hypervisor(operations, call->data);
    if (operations->workers_state != NULL)
        describe_workers(operations, call->data);
    hvc_moves_describe(operations->moves, call->data, "moves", true);
    if (describe_cluster(operations, call) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (operations->keeper != NULL && !operations->direct)
        describe_pacemaker(operations->keeper, call->data);
    return hvc_call_say(call, HVC_RESULT_OK, "hvclusterd " HVC_VERSION " on node %s", operations->node);
}

static const struct hvc_operation rows[] = {
    {
        .name = "status",
        .help = "this node's daemon, its view of the cluster, its hypervisor, the moves under way",
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_STATUS,
        .timeout_ms = 2000,
        .handler = status,
    },
};

const struct hvc_operation_set hvc_status_operations = {rows, sizeof(rows) / sizeof(rows[0])};
