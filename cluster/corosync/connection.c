/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection.h"

#include <corosync/corotypes.h>
#include <errno.h>
#include <sys/uio.h>

#include "handles.h"

/* ---- callbacks: only the context is found here ---- */

static struct hvc_delivery *of_cpg(cpg_handle_t handle)
{
    void *context = NULL;

    (void)cpg_context_get(handle, &context);
    return context;
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *bytes,
                       size_t length)
{
    (void)group;
    hvc_delivery_message(of_cpg(handle), node, pid, bytes, length);
}

static void on_group(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *members, size_t count,
                     const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                     size_t joined_count)
{
    (void)group;
    hvc_delivery_group(of_cpg(handle), members, count, left, left_count, joined, joined_count);
}

static void on_totem(cpg_handle_t handle, struct cpg_ring_id id, uint32_t count, const uint32_t *nodes)
{
    hvc_delivery_totem(of_cpg(handle), (struct hvc_ring_id){.node = id.nodeid, .seq = id.seq}, count, nodes);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id id, uint32_t count,
                      const uint32_t *nodes)
{
    const void *context = NULL;
    struct hvc_delivery *delivery;

    (void)quorum_context_get(handle, &context);
    memcpy(&delivery, &context, sizeof(delivery)); /* corosync hands back a const pointer to what is ours */
    hvc_delivery_quorum(delivery, (struct hvc_ring_id){.node = id.nodeid, .seq = id.seq}, quorate != 0, count, nodes);
}

static void on_node_list(quorum_handle_t handle, struct quorum_ring_id id, uint32_t count, const uint32_t *nodes,
                         uint32_t joined_count, const uint32_t *joined, uint32_t left_count, const uint32_t *left)
{
    /* CPG's totem callback tells the same, in order with the messages; libquorum wants this function all the same. */
    (void)handle, (void)id, (void)count, (void)nodes, (void)joined_count, (void)joined, (void)left_count, (void)left;
}

static struct hvc_delivery *of_votequorum(votequorum_handle_t handle)
{
    void *context = NULL;

    (void)votequorum_context_get(handle, &context);
    return context;
}

static void on_votes(votequorum_handle_t handle, uint64_t context, uint32_t quorate, uint32_t count,
                     votequorum_node_t nodes[])
{
    (void)context, (void)quorate, (void)count, (void)nodes;
    of_votequorum(handle)->votes_dirty = true;
}

static void on_expected_votes(votequorum_handle_t handle, uint64_t context, uint32_t expected)
{
    (void)context, (void)expected;
    of_votequorum(handle)->votes_dirty = true;
}

static void on_cmap(cmap_handle_t handle, cmap_track_handle_t track, int32_t event, const char *key,
                    struct cmap_notify_value new_value, struct cmap_notify_value old_value, void *context)
{
    struct hvc_delivery *delivery = context;

    (void)handle, (void)track, (void)event, (void)key, (void)new_value, (void)old_value;
    delivery->votes_dirty = true;
}

/* ---- the four connections ---- */

static cs_error_t connect_cpg(struct hvc_connection *c)
{
    cpg_model_v1_data_t model = {
        .model = CPG_MODEL_V1,
        .cpg_deliver_fn = on_deliver,
        .cpg_confchg_fn = on_group,
        .cpg_totem_confchg_fn = on_totem,
        .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
    };
    uint32_t node = 0;
    cs_error_t result = cpg_model_initialize(&c->cpg, CPG_MODEL_V1, (cpg_model_data_t *)(void *)&model, c->delivery);

    if (result != CS_OK)
        return result;
    c->open[HVC_FD_CPG] = true;
    result = cpg_fd_get(c->cpg, &c->fd[HVC_FD_CPG]);
    if (result == CS_OK)
        result = cpg_local_get(c->cpg, &node);
    if (result == CS_OK)
        atomic_store(&c->report->own_node, node);
    hvc_delivery_begin(c->delivery, node);
    return result;
}

static cs_error_t connect_quorum(struct hvc_connection *c)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1, .quorum_notify_fn = on_quorum, .nodelist_notify_fn = on_node_list};
    uint32_t type;
    cs_error_t result = hvc_quorum_open(&c->quorum, &model, &type, c->delivery);

    if (result != CS_OK)
        return result;
    c->open[HVC_FD_QUORUM] = true;
    result = quorum_fd_get(c->quorum, &c->fd[HVC_FD_QUORUM]);
    return result == CS_OK ? quorum_trackstart(c->quorum, CS_TRACK_CHANGES | CS_TRACK_CURRENT) : result;
}

static cs_error_t connect_votequorum(struct hvc_connection *c)
{
    votequorum_callbacks_t callbacks = {.votequorum_quorum_notify_fn = on_votes,
                                        .votequorum_expectedvotes_notify_fn = on_expected_votes};
    cs_error_t result = hvc_votequorum_open(&c->votequorum, &callbacks);

    if (result != CS_OK)
        return result;
    c->open[HVC_FD_VOTES] = true;
    result = votequorum_context_set(c->votequorum, c->delivery);
    if (result == CS_OK)
        result = votequorum_fd_get(c->votequorum, &c->fd[HVC_FD_VOTES]);
    return result == CS_OK ? votequorum_trackstart(c->votequorum, 0, CS_TRACK_CHANGES) : result;
}

static cs_error_t connect_cmap(struct hvc_connection *c)
{
    static const char *const watched[] = {"nodelist.", "quorum."};
    const int32_t changes = CMAP_TRACK_ADD | CMAP_TRACK_DELETE | CMAP_TRACK_MODIFY | CMAP_TRACK_PREFIX;
    cs_error_t result = hvc_cmap_open(&c->cmap, CMAP_MAP_ICMAP);

    if (result != CS_OK)
        return result;
    c->open[HVC_FD_CMAP] = true;
    result = cmap_fd_get(c->cmap, &c->fd[HVC_FD_CMAP]);
    for (size_t i = 0; result == CS_OK && i < sizeof(watched) / sizeof(watched[0]); i++) {
        cmap_track_handle_t track;

        result = cmap_track_add(c->cmap, watched[i], changes, on_cmap, c->delivery, &track);
    }
    return result;
}

/* Tells what failed, in words; false for brevity's sake. */
static bool fail(struct hvc_connection *c, const char *what, cs_error_t result)
{
    hvc_report_fail(c->report, -ENOTCONN, "%s: %s", what, cs_strerror(result));
    return false;
}

bool hvc_connection_open(struct hvc_connection *c, const struct cpg_name *group)
{
    static const struct {
        const char *words;
        cs_error_t (*connect)(struct hvc_connection *);
    } steps[] = {
        {"cannot connect to corosync's CPG", connect_cpg},
        {"cannot connect to corosync's quorum service", connect_quorum},
        {"cannot connect to corosync's votequorum", connect_votequorum},
        {"cannot connect to corosync's cmap", connect_cmap},
    };
    cs_error_t result = CS_OK;

    c->report->failed = false;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        hvc_report_call_begins(c->report);
        result = steps[i].connect(c);
        hvc_report_call_ended(c->report);
        if (result != CS_OK)
            return fail(c, steps[i].words, result);
    }
    hvc_report_call_begins(c->report);
    result = cpg_join(c->cpg, group);
    hvc_report_call_ended(c->report);
    return result == CS_OK || fail(c, "cannot join the CPG group", result);
}

void hvc_connection_close(struct hvc_connection *c, const struct cpg_name *group)
{
    bool was_open = c->open[HVC_FD_CPG];

    hvc_report_call_begins(c->report);
    if (c->open[HVC_FD_CPG] && !c->report->failed)
        (void)cpg_leave(c->cpg, group); /* else the others are told that the process died, which is as good */
    if (c->open[HVC_FD_CPG])
        (void)cpg_finalize(c->cpg);
    if (c->open[HVC_FD_QUORUM])
        hvc_quorum_close(c->quorum);
    if (c->open[HVC_FD_VOTES])
        hvc_votequorum_close(c->votequorum);
    if (c->open[HVC_FD_CMAP])
        hvc_cmap_close(c->cmap);
    hvc_report_call_ended(c->report);
    memset(c->open, 0, sizeof(c->open));
    if (was_open)
        hvc_delivery_end(c->delivery);
}

static void judge(struct hvc_connection *c, cs_error_t result, const char *words)
{
    if (result != CS_OK && result != CS_ERR_TRY_AGAIN)
        (void)fail(c, words, result);
}

void hvc_connection_dispatch(struct hvc_connection *c, const struct pollfd fds[HVC_FD_COUNT])
{
    if (fds[HVC_FD_QUORUM].revents != 0)
        judge(c, quorum_dispatch(c->quorum, CS_DISPATCH_ALL), "the quorum service is lost");
    if (fds[HVC_FD_VOTES].revents != 0)
        judge(c, votequorum_dispatch(c->votequorum, CS_DISPATCH_ALL), "votequorum is lost");
    if (fds[HVC_FD_CMAP].revents != 0)
        judge(c, cmap_dispatch(c->cmap, CS_DISPATCH_ALL), "cmap is lost");
    if ((fds[HVC_FD_CPG].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        (void)fail(c, "CPG has lost the connection to corosync", CS_ERR_LIBRARY);
}

bool hvc_connection_dispatch_cpg(struct hvc_connection *c)
{
    cs_error_t result = cpg_dispatch(c->cpg, CS_DISPATCH_ONE_NONBLOCKING);

    if (result == CS_ERR_TRY_AGAIN)
        return false;
    return result == CS_OK || fail(c, "CPG has lost the connection to corosync", result);
}

void hvc_connection_read_votes(struct hvc_connection *c)
{
    struct hvc_error error;
    int result;

    hvc_report_call_begins(c->report);
    result = hvc_votes_read(c->votequorum, c->cmap, atomic_load(&c->report->own_node), &c->votes, &error);
    hvc_report_call_ended(c->report);
    if (result == 0)
        hvc_delivery_votes(c->delivery, &c->votes);
    else
        hvc_report_fail(c->report, error.code, "%s", error.text);
}

static cs_error_t multicast(const struct hvc_connection *c, const void *bytes, size_t length)
{
    struct iovec part = {.iov_len = length};

    memcpy(&part.iov_base, &bytes, sizeof(bytes)); /* CPG does not write to it, though its type does not say so */
    return cpg_mcast_joined(c->cpg, CPG_TYPE_AGREED, &part, 1);
}

int hvc_connection_try(const struct hvc_connection *c, const void *bytes, size_t length)
{
    return multicast(c, bytes, length) == CS_OK ? 0 : -EAGAIN;
}

int hvc_connection_send(struct hvc_connection *c, const void *bytes, size_t length)
{
    cs_error_t result = multicast(c, bytes, length);

    if (result == CS_ERR_TRY_AGAIN)
        return -EAGAIN;
    return result == CS_OK || fail(c, "CPG cannot send", result) ? 0 : -EIO;
}
