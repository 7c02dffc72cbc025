/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/membership.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmap_nodes.h"
#include "handles.h"
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

/* ---- connections: one of each service is kept, for to open them costs more than to ask ---- */

struct connections {
    bool open;
    cmap_handle_t map;
    quorum_handle_t quorum;
    votequorum_handle_t votes;
    uint32_t type; /* of quorum */
};

static struct connections kept;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static void close_all(struct connections *c)
{
    if (!c->open)
        return;
    hvc_votequorum_close(c->votes);
    hvc_quorum_close(c->quorum);
    hvc_cmap_close(c->map);
    c->open = false;
}

/* Nobody else has it meanwhile: a call that hangs takes it along. */
static struct connections take_kept(void)
{
    struct connections taken;

    (void)pthread_mutex_lock(&kept_lock);
    taken = kept;
    kept.open = false;
    (void)pthread_mutex_unlock(&kept_lock);
    return taken;
}

static void keep(struct connections *c)
{
    struct connections former;

    (void)pthread_mutex_lock(&kept_lock);
    former = kept;
    kept = *c;
    (void)pthread_mutex_unlock(&kept_lock);
    close_all(&former);
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

static int open_quorum(struct connections *c, struct hvc_error *error)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1, .quorum_notify_fn = on_quorum, .nodelist_notify_fn = on_nodes};
    cs_error_t e;

    c->type = QUORUM_FREE;
    e = hvc_quorum_open(&c->quorum, &model, &c->type, NULL);
    return e == CS_OK ? 0 : hvc_cs_unreachable(error, "quorum_model_initialize", e);
}

static int open_all(struct connections *c, struct hvc_error *error)
{
    cs_error_t e = hvc_cmap_open(&c->map, CMAP_MAP_ICMAP);
    int r;

    if (e != CS_OK)
        return hvc_cs_unreachable(error, "cmap_initialize", e);
    r = open_quorum(c, error);
    if (r == 0) {
        e = hvc_votequorum_open(&c->votes, NULL);
        if (e == CS_OK) {
            c->open = true;
            return 0;
        }
        r = hvc_cs_unreachable(error, "votequorum_initialize", e);
        hvc_quorum_close(c->quorum);
    }
    hvc_cmap_close(c->map);
    return r;
}

/* ---- one snapshot ---- */

static int read_map(struct reading *reading, cmap_handle_t map)
{
    int r =
        hvc_cmap_text(map, "totem.cluster_name", reading->cluster_name, sizeof(reading->cluster_name), &reading->error);

    return r < 0 ? r : hvc_cmap_nodes(map, &reading->list, &reading->error);
}

/* Members, quorate and ring id come in one callback, so they belong together. */
static int read_quorum(struct reading *reading, const struct connections *c)
{
    cs_error_t e = quorum_context_set(c->quorum, reading);

    reading->facts.votequorum = c->type == QUORUM_SET;
    if (e == CS_OK)
        e = quorum_trackstart(c->quorum, CS_TRACK_CURRENT);
    while (e == CS_OK && !reading->got_quorum)
        e = quorum_dispatch(c->quorum, CS_DISPATCH_ONE);
    return e == CS_OK ? 0 : hvc_cs_failed(&reading->error, "quorum_dispatch", e);
}

static int read_votes(struct reading *reading, votequorum_handle_t handle)
{
    struct quorum_facts *facts = &reading->facts;
    struct votequorum_info info = {0};
    cs_error_t e = votequorum_getinfo(handle, 0, &info); /* 0: this node */

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

static int read_over(struct reading *reading, const struct connections *c)
{
    char host[HVC_NODE_NAME_MAX] = "";
    int r = read_map(reading, c->map);

    if (r == 0)
        r = read_quorum(reading, c);
    if (r == 0 && !reading->facts.votequorum)
        r = hvc_error_set(&reading->error, -EINVAL,
                          "corosync runs without a quorum provider: set 'provider: corosync_votequorum' in the quorum "
                          "section of corosync.conf");
    if (r == 0)
        r = read_votes(reading, c->votes);
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

/* What a kept connection says of its own end is no answer: a fresh one tells. */
static int read_all(struct reading *reading)
{
    struct connections c = take_kept();
    int r = c.open ? read_over(reading, &c) : -ENOTCONN;

    if (r < 0) {
        close_all(&c);
        reset(reading);
        r = open_all(&c, &reading->error);
        if (r == 0)
            r = read_over(reading, &c);
    }
    if (r == 0)
        keep(&c);
    else
        close_all(&c);
    return r;
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
