/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.*: the replicated state as a whole: its digest, a copy of it, its beginning, its rescue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "cluster_state.h"
#include "hvc/text.h"

#define LOOK_MS 100

static struct hvc_replica_status *look(struct hvc_operations *operations)
{
    struct hvc_replica_status *status = calloc(1, sizeof(*status));

    if (status != NULL)
        operations->keeper->ops->status(operations->keeper, status);
    return status;
}

static void set_cluster_id(struct hvc_record *data, const struct hvc_replica_status *status)
{
    char id[2 * HVC_CLUSTER_ID_SIZE + 1];

    for (size_t i = 0; i < HVC_CLUSTER_ID_SIZE; i++)
        (void)snprintf(id + 2 * i, 3, "%02x", status->replication.cluster_id[i]);
    hvc_record_set_text(data, "cluster_id", id);
}

static void set_position(struct hvc_record *data, const struct hvc_replica_status *status)
{
    set_cluster_id(data, status);
    hvc_record_set_u64(data, "applied", status->replication.applied);
    hvc_record_set_u64(data, "epoch", status->replication.last_epoch);
    hvc_record_set_bool(data, "stale", hvc_cluster_state_is_stale(status));
}

static enum hvc_result digest(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct hvc_replica_status *status = NULL;
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result != HVC_RESULT_OK)
        return result;
    status = look(operations);
    if (status == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (status->replication.applied == 0)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "nothing of a history is applied here yet: %.600s",
                            status->words);
    set_position(call->data, status);
    hvc_record_set_format(call->data, "digest", "%016llx", (unsigned long long)status->digest);
    return hvc_cluster_say_read(call, "two nodes that have applied the same entries have the same digest");
}

static enum hvc_result backup(struct hvc_operations *operations, struct hvc_call *call)
{
    const char *path = hvc_record_text(call->args, "path", "");
    HVC_CLEANUP(free) struct hvc_replica_status *status = NULL;
    struct hvc_error error = {0};
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result != HVC_RESULT_OK)
        return result;
    if (path[0] != '/')
        return hvc_call_say(call, HVC_RESULT_INVALID, "path is \"%.80s\": it must be an absolute path", path);
    if (operations->keeper->ops->backup(operations->keeper, path, &error) < 0) {
        (void)hvc_error_prefix(&error, "no backup was written to %.400s (hvclusterd writes it as its own user)", path);
        return hvc_call_fail(call, &error);
    }
    status = look(operations);
    if (status == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    hvc_record_set_text(call->data, "path", path);
    set_position(call->data, status);
    return hvc_cluster_say_read(call, "the copy is written and checked");
}

/* ---- init and force ---- */

/* Another node has offered a history in this membership. */
static enum hvc_result say_history(struct hvc_call *call, const struct hvc_replica_status *status, const char *done)
{
    char node[HVC_NODE_NAME_MAX], missing[HVC_STATE_WORDS_MAX];

    hvc_cluster_state_node_name(status, status->replication.history_node, node, sizeof(node));
    hvc_cluster_state_missing(status, missing);
    return hvc_call_say(
        call, HVC_RESULT_REFUSED,
        "there is a history already, node %s has it: %s. This node, whose store is empty, is filled from "
        "it as soon as enough stores that count are here%s%.400s. If the others are lost for good: "
        "operator guide, \"Force\", on node %s",
        node, done, missing[0] != '\0' ? "; now: " : "", missing, node);
}

static enum hvc_result may_init(struct hvc_call *call, const struct hvc_replica_status *status)
{
    const struct hvc_replication_status *r = &status->replication;

    if (hvc_cluster_state_has_history(status))
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "there is a history already (%llu entries are committed here): nothing was done. If most "
                            "stores of the cluster are lost and this node's is to survive: operator guide, \"Force\"",
                            (unsigned long long)(r->commit > 0 ? r->commit : status->facts.commit));
    if (r->history_node != 0)
        return say_history(call, status, "nothing was done");
    if (status->facts.damaged)
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "this node's store is damaged (%.300s): it has held a history, so none is created here. "
                            "Refill it from the other nodes, or see the operator guide, \"A damaged store\"",
                            status->facts.damage);
    return HVC_RESULT_OK;
}

static enum hvc_result may_force(struct hvc_call *call, const struct hvc_replica_status *status)
{
    if (!hvc_cluster_state_is_stale(status))
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "the cluster decides as it is: there is nothing to force, and nothing was done");
    if (!hvc_cluster_state_has_history(status))
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "this node's store holds no history that could survive: nothing was done. Force the node "
                            "that has one, or create a new one: init without force");
    return HVC_RESULT_OK;
}

static enum hvc_result may_begin(struct hvc_call *call, const struct hvc_replica_status *status, bool force)
{
    char missing[HVC_STATE_WORDS_MAX];
    enum hvc_result result;

    if (status->health == HVC_REPLICA_STARTING)
        return hvc_call_say(call, HVC_RESULT_BUSY,
                            "nothing was done, try again when hvclusterd has joined the others: %.500s", status->words);
    if (status->store != HVC_STORE_GOOD)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "nothing was done: this node's store does not work: %.500s",
                            status->store_error.text[0] != '\0' ? status->store_error.text : status->words);
    result = force ? may_force(call, status) : may_init(call, status);
    if (result != HVC_RESULT_OK || status->quorate || status->alone)
        return result;
    hvc_cluster_state_missing(status, missing);
    return hvc_call_say(call, HVC_RESULT_NO_QUORUM,
                        "nothing was done: that, too, needs quorum (corosync's votes), and there is none here: %.600s",
                        missing);
}

static enum hvc_result await_service(struct hvc_operations *operations, struct hvc_call *call, bool force)
{
    char missing[HVC_STATE_WORDS_MAX] = "";

    do {
        HVC_CLEANUP(free) struct hvc_replica_status *status = look(operations);

        if (status == NULL)
            return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
        if (!hvc_cluster_state_is_stale(status)) {
            set_position(call->data, status);
            return hvc_call_say(call, HVC_RESULT_OK,
                                force ? "this node's history is the cluster's now"
                                      : "the cluster has a history and is in service");
        }
        if (!force && status->replication.history_node != 0 && !hvc_cluster_state_has_history(status))
            return say_history(call, status, "none was made, and the word is void");
        hvc_cluster_state_missing(status, missing);
    } while (hvc_call_wait(call, LOOK_MS));
    return hvc_call_say(call, HVC_RESULT_UNKNOWN_OUTCOME,
                        "the word was given and the cluster is not in service yet: %.600s; hvcluster status shows how "
                        "it goes on",
                        missing);
}

static enum hvc_result init(struct hvc_operations *operations, struct hvc_call *call)
{
    bool force = hvc_record_bool(call->args, "force", false);
    HVC_CLEANUP(free) struct hvc_replica_status *status = NULL;
    struct hvc_error error = {0};
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result != HVC_RESULT_OK)
        return result;
    status = look(operations);
    if (status == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    result = may_begin(call, status, force);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_operations_note(operations, HVC_MESSAGE_HISTORY_WORD, "word=%s uid=%u pid=%lld", force ? "force" : "init",
                        call->caller.uid, (long long)call->caller.pid);
    if (operations->keeper->ops->begin_again(operations->keeper, !force, force, call->deadline_ms, &error) < 0)
        return hvc_call_fail(call, &error);
    return await_service(operations, call, force);
}

static const struct hvc_argument backup_arguments[] = {
    {.name = "path",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = HVC_PATH_TEXT_MAX - 1,
     .help = "file that does not exist, in a folder that hvclusterd's user may write"},
};
static const struct hvc_argument init_arguments[] = {
    {.name = "force",
     .type = HVC_ARGUMENT_BOOL,
     .help = "this node's history is the one that survives; the other nodes give theirs up"},
};

static const struct hvc_operation rows[] = {
    {
        .name = "state.digest",
        .help = "digest of the replicated state here",
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_STATUS,
        .timeout_ms = 2000,
        .handler = digest,
    },
    {
        .name = "state.backup",
        .help = "write a checked copy of this node's store",
        HVC_ARGUMENTS(backup_arguments),
        .right = HVC_RIGHT_ADMIN,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 120000,
        .handler = backup,
    },
    {
        .name = "state.init",
        .help = "create the cluster's history although not all nodes are here; or let this node's survive",
        HVC_ARGUMENTS(init_arguments),
        .right = HVC_RIGHT_ADMIN,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 20000,
        .handler = init,
    },
};

const struct hvc_operation_set hvc_state_operations = {rows, sizeof(rows) / sizeof(rows[0])};
