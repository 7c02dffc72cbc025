/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/membership.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmap_nodes.h"
#include "hvc/bounded_call.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "nodelist.h"

/* A stopped corosync keeps every caller in connect or in recvmsg for ever (libqb waits without end). */
static struct hvc_bounded_limit corosync_calls = {.max_stuck = 4};

/* Everything the thread works on; it may outlive the caller. */
struct reading {
    struct nodelist list;
    struct quorum_facts facts;
    char cluster_name[HVC_CLUSTER_NAME_MAX];
    bool got_quorum;
    uint64_t deadline_ms;
    struct hvc_membership result;
    struct hvc_error error;
    int status;
};

static int read_map(struct reading *reading)
{
    cmap_handle_t map;
    cs_error_t e = cmap_initialize(&map);
    int r;

    if (e != CS_OK)
        return hvc_cs_unreachable(&reading->error, "cmap_initialize", e);
    r = hvc_cmap_text(map, "totem.cluster_name", reading->cluster_name, sizeof(reading->cluster_name), &reading->error);
    if (r == 0)
        r = hvc_cmap_nodes(map, &reading->list, &reading->error);
    (void)cmap_finalize(map);
    return r;
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring, uint32_t count,
                      const uint32_t *members)
{
    const void *context = NULL;
    struct reading *reading;

    if (quorum_context_get(handle, &context) != CS_OK || context == NULL)
        return;
    memcpy(&reading, &context, sizeof(reading)); /* the library hands the pointer back as const */
    reading->facts.quorate = quorate != 0;
    reading->facts.ring_node = ring.nodeid;
    reading->facts.ring_sequence = ring.seq;
    if (count > HVC_NODES_MAX) {
        reading->list.too_many = true;
        count = HVC_NODES_MAX;
    }
    memcpy(reading->facts.members, members, count * sizeof(*members));
    reading->facts.member_count = count;
    reading->got_quorum = true;
}

static void on_nodes(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t count, const uint32_t *members,
                     uint32_t joined_count, const uint32_t *joined, uint32_t left_count, const uint32_t *left)
{
    /* members and quorate come together in on_quorum; the library wants both functions */
    (void)handle, (void)ring, (void)count, (void)members;
    (void)joined_count, (void)joined, (void)left_count, (void)left;
}

/* Members, quorate and ring id come in one callback, so they belong together. */
static int read_quorum(struct reading *reading)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1, .quorum_notify_fn = on_quorum, .nodelist_notify_fn = on_nodes};
    uint32_t type = QUORUM_FREE;
    quorum_handle_t handle;
    cs_error_t e = quorum_model_initialize(&handle, QUORUM_MODEL_V1, (quorum_model_data_t *)&model, &type, reading);

    if (e != CS_OK)
        return hvc_cs_unreachable(&reading->error, "quorum_model_initialize", e);
    reading->facts.votequorum = type == QUORUM_SET;
    e = quorum_trackstart(handle, CS_TRACK_CURRENT);
    while (e == CS_OK && !reading->got_quorum)
        e = quorum_dispatch(handle, CS_DISPATCH_ONE);
    (void)quorum_finalize(handle);
    return e == CS_OK ? 0 : hvc_cs_failed(&reading->error, "quorum_dispatch", e);
}

static int read_votes(struct reading *reading)
{
    struct quorum_facts *facts = &reading->facts;
    struct votequorum_info info = {0};
    votequorum_handle_t handle;
    cs_error_t e = votequorum_initialize(&handle, NULL);

    if (e != CS_OK)
        return hvc_cs_unreachable(&reading->error, "votequorum_initialize", e);
    e = votequorum_getinfo(handle, 0, &info); /* 0: this node */
    (void)votequorum_finalize(handle);
    if (e != CS_OK)
        return hvc_cs_failed(&reading->error, "votequorum_getinfo", e);
    facts->local_id = info.node_id;
    facts->two_node = (info.flags & VOTEQUORUM_INFO_TWONODE) != 0;
    facts->wait_for_all = (info.flags & VOTEQUORUM_INFO_WAIT_FOR_ALL) != 0;
    facts->last_man_standing = (info.flags & VOTEQUORUM_INFO_LAST_MAN_STANDING) != 0;
    facts->auto_tie_breaker = (info.flags & VOTEQUORUM_INFO_AUTO_TIE_BREAKER) != 0;
    facts->qdevice = (info.flags & VOTEQUORUM_INFO_QDEVICE_REGISTERED) != 0;
    facts->qdevice_alive = (info.flags & VOTEQUORUM_INFO_QDEVICE_ALIVE) != 0;
    facts->qdevice_votes = facts->qdevice ? info.qdevice_votes : 0;
    facts->quorum = info.quorum;
    facts->expected_votes = info.highest_expected;
    facts->total_votes = info.total_votes;
    /* two messages, two moments: the more careful of both answers holds */
    facts->quorate = facts->quorate && (info.flags & VOTEQUORUM_INFO_QUORATE) != 0;
    return 0;
}

static int read_all(struct reading *reading)
{
    char host[HVC_NODE_NAME_MAX] = "";
    int r = read_map(reading);

    if (r == 0)
        r = read_quorum(reading);
    if (r == 0 && !reading->facts.votequorum)
        r = hvc_error_set(&reading->error, -EINVAL,
                          "corosync runs without a quorum provider: set 'provider: corosync_votequorum' in the quorum "
                          "section of corosync.conf");
    if (r == 0)
        r = read_votes(reading);
    if (r < 0)
        return r;
    (void)gethostname(host, sizeof(host) - 1);
    return nodelist_assemble(&reading->list, &reading->facts, reading->cluster_name, host, &reading->result,
                             &reading->error);
}

static void reset(struct reading *reading)
{
    uint64_t deadline_ms = reading->deadline_ms;

    memset(reading, 0, sizeof(*reading));
    reading->deadline_ms = deadline_ms;
}

/* In the thread. Corosync says "try again" while it forms a membership: some tens of milliseconds. */
static void read_in_thread(void *context)
{
    static const struct timespec pause = {.tv_nsec = 20 * 1000000L};
    struct reading *reading = context;

    for (;;) {
        reading->status = read_all(reading);
        if (reading->status != -EAGAIN || hvc_deadline_left(reading->deadline_ms) < 50)
            break;
        (void)nanosleep(&pause, NULL);
        reset(reading);
    }
    if (reading->status == -EAGAIN)
        reading->status = reading->error.code = -ETIMEDOUT;
}

int hvc_membership_read(uint64_t deadline_ms, struct hvc_membership *ret_membership, struct hvc_error *error)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    int r;

    if (reading == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory to ask corosync");
    reading->deadline_ms = deadline_ms;
    r = hvc_bounded_call(&corosync_calls, read_in_thread, free, reading, deadline_ms);
    if (r == -ETIMEDOUT)
        return hvc_error_set(error, r, "corosync runs but does not answer on this node: it is stopped or overloaded");
    if (r < 0)
        return hvc_error_set(error, r, "cannot ask corosync: %s", strerror(-r));
    r = reading->status;
    if (r == 0)
        *ret_membership = reading->result;
    else if (error != NULL)
        *error = reading->error;
    free(reading);
    return r;
}
