/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "group_view.h"
#include "hvc/clock.h"
#include "queue.h"
#include "votes.h"

enum {
    RETRY_SEND_MS = 2,      /* after TRY_AGAIN: the token comes round in less */
    RETRY_CONNECT_MS = 250, /* corosync is not there, or refuses */
    CHECK_MS = 1000,        /* nothing to do: look whether the thread is to end */
    DISPATCH_BURST = 64,    /* deliveries in a row before quorum and sending get their turn */
};

/* The node list's names. */
struct hvc_ring_names {
    size_t count;
    uint32_t node[HVC_NODES_MAX];
    char name[HVC_NODES_MAX][HVC_NODE_NAME_MAX];
};

struct hvc_ring {
    pthread_t thread;
    int events; /* eventfd: the main loop has something to take */
    int wake;   /* eventfd: the thread has something to do */
    struct hvc_queue received, sending;
    struct hvc_block *taken; /* what the last hvc_ring_next gave out */
    struct cpg_name group;
    atomic_bool stop, joined, paused;
    atomic_uint_fast64_t call_since; /* when the call into corosync that is under way began; 0: none */
    atomic_uint_fast64_t try_again, reconnects;
    atomic_uint own_node;
    pthread_mutex_t lock; /* last, since_ms, trace, names */
    struct hvc_error last;
    uint64_t since_ms;
    hvc_ring_trace_fn trace;
    void *trace_context;
    struct hvc_ring_names names;

    /* of the thread */
    cpg_handle_t cpg;
    quorum_handle_t quorum;
    votequorum_handle_t votequorum;
    cmap_handle_t cmap;
    bool cpg_open, quorum_open, votequorum_open, cmap_open;
    int cpg_fd, quorum_fd, votequorum_fd, cmap_fd;
    struct hvc_votes votes; /* room for what push_quorum reads */
    struct hvc_group_view view;
    bool ring_quorate, quorum_known, votes_dirty, failed;
    struct hvc_ring_id quorum_ring;
};

/* One event as it lies in the queue: the event, then what its pointer points to. */
struct item {
    struct hvc_replication_event event;
    max_align_t payload[];
};

const char *hvc_ring_health_name(enum hvc_ring_health health)
{
    switch (health) {
    case HVC_RING_CONNECTING:
        return "connecting";
    case HVC_RING_JOINED:
        return "joined";
    case HVC_RING_HANGS:
        return "hangs";
    }
    return "invalid";
}

static void signal_fd(int fd)
{
    static const uint64_t one = 1;

    /* EAGAIN means that the counter is full: it is readable, which is all that is wanted */
    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

static void drain_fd(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

__attribute__((format(printf, 2, 3))) static void trace(struct hvc_ring *ring, const char *format, ...)
{
    char line[512];
    va_list arguments;

    (void)pthread_mutex_lock(&ring->lock);
    if (ring->trace != NULL) {
        va_start(arguments, format);
        (void)vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        ring->trace(ring->trace_context, line);
    }
    (void)pthread_mutex_unlock(&ring->lock);
}

/* Every call that may block stands between these two. */
static void call_begins(struct hvc_ring *ring)
{
    atomic_store(&ring->call_since, hvc_now_ms());
}

static void call_ended(struct hvc_ring *ring)
{
    atomic_store(&ring->call_since, 0);
}

static void set_joined(struct hvc_ring *ring, bool joined)
{
    (void)pthread_mutex_lock(&ring->lock);
    if (atomic_load(&ring->joined) != joined)
        ring->since_ms = hvc_now_ms();
    if (joined)
        hvc_error_clear(&ring->last);
    atomic_store(&ring->joined, joined);
    (void)pthread_mutex_unlock(&ring->lock);
}

/* The connection is of no use any more; the thread's loop takes it down. */
static void fail(struct hvc_ring *ring, const char *what, cs_error_t result)
{
    (void)pthread_mutex_lock(&ring->lock);
    (void)hvc_error_set(&ring->last, -ENOTCONN, "%s: %s", what, cs_strerror(result));
    (void)pthread_mutex_unlock(&ring->lock);
    ring->failed = true;
}

static void push(struct hvc_ring *ring, const struct hvc_replication_event *event, const void *payload, size_t length)
{
    struct hvc_block *block = hvc_block_new(sizeof(struct item) + length);
    struct item *item;

    if (block == NULL) {
        /* An event that is lost is a hole in the order: start over as a fresh member. */
        fail(ring, "no memory for an event", CS_ERR_NO_MEMORY);
        return;
    }
    item = (struct item *)(void *)block->bytes;
    item->event = *event;
    if (length > 0)
        memcpy(item->payload, payload, length);
    (void)hvc_queue_put(&ring->received, block, 1);
    signal_fd(ring->events);
}

static void push_view(struct hvc_ring *ring)
{
    struct hvc_replication_member members[HVC_NODES_MAX];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};

    event.view.ring = ring->view.ring;
    event.view.count = hvc_group_view_current(&ring->view, members);
    push(ring, &event, members, event.view.count * sizeof(members[0]));
}

static void take_outcome(struct hvc_ring *ring, enum hvc_group_outcome outcome)
{
    static const struct hvc_replication_event end = {.kind = HVC_REPLICATION_VIEW_END};

    if (outcome == HVC_GROUP_NOTHING)
        return;
    hvc_queue_clear(&ring->sending); /* every message is for one view */
    if (outcome == HVC_GROUP_VIEW)
        push_view(ring);
    else
        push(ring, &end, NULL, 0);
}

static struct hvc_ring *of_cpg(cpg_handle_t handle)
{
    void *context = NULL;

    (void)cpg_context_get(handle, &context);
    return context;
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *bytes,
                       size_t length)
{
    struct hvc_ring *ring = of_cpg(handle);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};

    (void)group;
    trace(ring, "deliver node=%u pid=%u length=%zu", node, pid, length);
    event.message.node = node;
    event.message.length = length;
    push(ring, &event, bytes, length);
}

/* NODEDOWN and NODEUP come with a ring change; every other reason is a process's in a standing ring. */
static enum hvc_group_reason reason_of(const struct cpg_address *list, size_t count, enum hvc_group_reason reason)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].reason == CPG_REASON_NODEDOWN || list[i].reason == CPG_REASON_NODEUP)
            return HVC_GROUP_NODE;
    }
    return reason;
}

static void on_group(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *members, size_t count,
                     const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                     size_t joined_count)
{
    struct hvc_ring *ring = of_cpg(handle);
    struct hvc_replication_member list[HVC_GROUP_PROCESSES_MAX];
    enum hvc_group_outcome outcome;
    enum hvc_group_reason reason;

    (void)group;
    for (size_t i = 0; i < left_count; i++)
        trace(ring, "left node=%u pid=%u reason=%u", left[i].nodeid, left[i].pid, left[i].reason);
    for (size_t i = 0; i < joined_count; i++)
        trace(ring, "joined node=%u pid=%u reason=%u", joined[i].nodeid, joined[i].pid, joined[i].reason);
    trace(ring, "members count=%zu", count);
    for (size_t i = 0; i < count && i < HVC_GROUP_PROCESSES_MAX; i++)
        list[i] = (struct hvc_replication_member){.node = members[i].nodeid, .pid = members[i].pid};
    reason = reason_of(left, left_count, reason_of(joined, joined_count, HVC_GROUP_PROCESS));
    if (hvc_group_view_members(&ring->view, list, (unsigned)count, reason, &outcome) != 0)
        fail(ring, "the group has more members than CPG allows", CS_ERR_TOO_BIG);
    else
        take_outcome(ring, outcome);
}

static void on_totem(cpg_handle_t handle, struct cpg_ring_id id, uint32_t count, const uint32_t *nodes)
{
    struct hvc_ring *ring = of_cpg(handle);
    struct hvc_ring_id ring_id = {.node = id.nodeid, .seq = id.seq};
    enum hvc_group_outcome outcome;

    trace(ring, "totem ring=%u.%llu count=%u", id.nodeid, (unsigned long long)id.seq, count);
    if (hvc_group_view_totem(&ring->view, ring_id, nodes, count, &outcome) != 0)
        fail(ring, "the ring has more nodes than hvcluster supports", CS_ERR_TOO_BIG);
    else
        take_outcome(ring, outcome);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id id, uint32_t count,
                      const uint32_t *nodes)
{
    const void *context = NULL;
    struct hvc_ring *ring;

    (void)nodes;
    (void)quorum_context_get(handle, &context);
    memcpy(&ring, &context, sizeof(ring)); /* corosync hands back a const pointer to what is ours */
    trace(ring, "quorum ring=%u.%llu quorate=%u count=%u", id.nodeid, (unsigned long long)id.seq, quorate, count);
    ring->quorum_ring = (struct hvc_ring_id){.node = id.nodeid, .seq = id.seq};
    ring->ring_quorate = quorate != 0;
    ring->quorum_known = true;
    ring->votes_dirty = true;
}

static void on_node_list(quorum_handle_t handle, struct quorum_ring_id id, uint32_t count, const uint32_t *nodes,
                         uint32_t joined_count, const uint32_t *joined, uint32_t left_count, const uint32_t *left)
{
    /* CPG's totem callback tells the same, in order with the messages; libquorum wants this function all the same. */
    (void)handle, (void)id, (void)count, (void)nodes, (void)joined_count, (void)joined, (void)left_count, (void)left;
}

static struct hvc_ring *of_votequorum(votequorum_handle_t handle)
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
    struct hvc_ring *ring = context;

    (void)handle, (void)track, (void)event, (void)key, (void)new_value, (void)old_value;
    ring->votes_dirty = true;
}

static cs_error_t connect_cpg(struct hvc_ring *ring)
{
    cpg_model_v1_data_t model = {
        .model = CPG_MODEL_V1,
        .cpg_deliver_fn = on_deliver,
        .cpg_confchg_fn = on_group,
        .cpg_totem_confchg_fn = on_totem,
        .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
    };
    uint32_t node = 0;
    cs_error_t result = cpg_model_initialize(&ring->cpg, CPG_MODEL_V1, (cpg_model_data_t *)(void *)&model, ring);

    if (result != CS_OK)
        return result;
    ring->cpg_open = true;
    result = cpg_fd_get(ring->cpg, &ring->cpg_fd);
    if (result == CS_OK)
        result = cpg_local_get(ring->cpg, &node);
    if (result == CS_OK)
        atomic_store(&ring->own_node, node);
    hvc_group_view_init(&ring->view, node);
    return result;
}

static cs_error_t connect_quorum(struct hvc_ring *ring)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1, .quorum_notify_fn = on_quorum, .nodelist_notify_fn = on_node_list};
    uint32_t type;
    cs_error_t result =
        quorum_model_initialize(&ring->quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)(void *)&model, &type, ring);

    if (result != CS_OK)
        return result;
    ring->quorum_open = true;
    result = quorum_fd_get(ring->quorum, &ring->quorum_fd);
    return result == CS_OK ? quorum_trackstart(ring->quorum, CS_TRACK_CHANGES | CS_TRACK_CURRENT) : result;
}

static cs_error_t connect_votequorum(struct hvc_ring *ring)
{
    votequorum_callbacks_t callbacks = {.votequorum_quorum_notify_fn = on_votes,
                                        .votequorum_expectedvotes_notify_fn = on_expected_votes};
    cs_error_t result = votequorum_initialize(&ring->votequorum, &callbacks);

    if (result != CS_OK)
        return result;
    ring->votequorum_open = true;
    result = votequorum_context_set(ring->votequorum, ring);
    if (result == CS_OK)
        result = votequorum_fd_get(ring->votequorum, &ring->votequorum_fd);
    return result == CS_OK ? votequorum_trackstart(ring->votequorum, 0, CS_TRACK_CHANGES) : result;
}

static cs_error_t connect_cmap(struct hvc_ring *ring)
{
    static const char *const watched[] = {"nodelist.", "quorum."};
    const int32_t changes = CMAP_TRACK_ADD | CMAP_TRACK_DELETE | CMAP_TRACK_MODIFY | CMAP_TRACK_PREFIX;
    cs_error_t result = cmap_initialize(&ring->cmap);

    if (result != CS_OK)
        return result;
    ring->cmap_open = true;
    result = cmap_fd_get(ring->cmap, &ring->cmap_fd);
    for (size_t i = 0; result == CS_OK && i < sizeof(watched) / sizeof(watched[0]); i++) {
        cmap_track_handle_t track;

        result = cmap_track_add(ring->cmap, watched[i], changes, on_cmap, ring, &track);
    }
    return result;
}

static bool connect_all(struct hvc_ring *ring)
{
    static const struct {
        const char *words;
        cs_error_t (*connect)(struct hvc_ring *);
    } steps[] = {
        {"cannot connect to corosync's CPG", connect_cpg},
        {"cannot connect to corosync's quorum service", connect_quorum},
        {"cannot connect to corosync's votequorum", connect_votequorum},
        {"cannot connect to corosync's cmap", connect_cmap},
    };
    cs_error_t result = CS_OK;

    ring->view.open = false;
    ring->quorum_known = false;
    ring->failed = false;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        call_begins(ring);
        result = steps[i].connect(ring);
        call_ended(ring);
        if (result != CS_OK) {
            fail(ring, steps[i].words, result);
            return false;
        }
    }
    call_begins(ring);
    result = cpg_join(ring->cpg, &ring->group);
    call_ended(ring);
    if (result != CS_OK)
        fail(ring, "cannot join the CPG group", result);
    return result == CS_OK;
}

static void disconnect_all(struct hvc_ring *ring)
{
    static const struct hvc_replication_event end = {.kind = HVC_REPLICATION_VIEW_END};

    call_begins(ring);
    if (ring->cpg_open)
        (void)cpg_finalize(ring->cpg);
    if (ring->quorum_open)
        (void)quorum_finalize(ring->quorum);
    if (ring->votequorum_open)
        (void)votequorum_finalize(ring->votequorum);
    if (ring->cmap_open)
        (void)cmap_finalize(ring->cmap);
    call_ended(ring);
    ring->cpg_open = ring->quorum_open = ring->votequorum_open = ring->cmap_open = false;
    hvc_queue_clear(&ring->sending);
    if (ring->view.open)
        push(ring, &end, NULL, 0);
    ring->view.open = false;
}

static void keep_names(struct hvc_ring *ring, const struct hvc_votes *votes)
{
    struct hvc_ring_names *names = &ring->names;

    (void)pthread_mutex_lock(&ring->lock);
    names->count = votes->count;
    for (size_t i = 0; i < votes->count; i++) {
        names->node[i] = votes->nodes[i].id;
        memcpy(names->name[i], votes->nodes[i].name, sizeof(names->name[i]));
    }
    (void)pthread_mutex_unlock(&ring->lock);
}

static void push_quorum(struct hvc_ring *ring)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_QUORUM};
    struct hvc_replication_node nodes[HVC_NODES_MAX];
    struct hvc_votes *votes = &ring->votes;
    struct hvc_error error;
    int result;

    call_begins(ring);
    result = hvc_votes_read(ring->votequorum, ring->cmap, atomic_load(&ring->own_node), votes, &error);
    call_ended(ring);
    ring->votes_dirty = false;
    if (result != 0) {
        (void)pthread_mutex_lock(&ring->lock);
        ring->last = error;
        (void)pthread_mutex_unlock(&ring->lock);
        ring->failed = true;
        return;
    }
    event.quorum.ring = ring->quorum_ring;
    event.quorum.quorate = ring->ring_quorate;
    event.quorum.votes = votes->own;
    event.quorum.expected = votes->expected;
    event.quorum.quorum = votes->quorum;
    event.quorum.modes = votes->modes;
    event.quorum.count = (unsigned)votes->count;
    for (size_t i = 0; i < votes->count; i++)
        nodes[i] = (struct hvc_replication_node){.node = votes->nodes[i].id, .votes = votes->nodes[i].votes};
    keep_names(ring, votes); /* before the event, so that whoever has taken it finds them */
    push(ring, &event, nodes, votes->count * sizeof(nodes[0]));
}

/* Takes what CPG has, a burst at a time; returns false when the receiver is behind and CPG must wait. */
static bool dispatch_cpg(struct hvc_ring *ring)
{
    for (int i = 0; i < DISPATCH_BURST && !ring->failed; i++) {
        cs_error_t result;

        if (hvc_queue_bytes(&ring->received) >= HVC_RING_RECEIVE_MAX) {
            atomic_store(&ring->paused, true);
            return false;
        }
        result = cpg_dispatch(ring->cpg, CS_DISPATCH_ONE_NONBLOCKING);
        if (result == CS_ERR_TRY_AGAIN)
            break;
        if (result != CS_OK)
            fail(ring, "CPG has lost the connection to corosync", result);
    }
    return true;
}

static void dispatch(struct hvc_ring *ring, cs_error_t result, const char *words)
{
    if (result != CS_OK && result != CS_ERR_TRY_AGAIN)
        fail(ring, words, result);
}

/* Sends what waits; returns true when corosync asked to try again. */
static bool send_waiting(struct hvc_ring *ring)
{
    struct hvc_block *block;

    while (!ring->failed && (block = hvc_queue_take(&ring->sending)) != NULL) {
        struct iovec part = {.iov_base = block->bytes, .iov_len = block->length};
        cs_error_t result = cpg_mcast_joined(ring->cpg, CPG_TYPE_AGREED, &part, 1);

        if (result == CS_ERR_TRY_AGAIN) {
            hvc_queue_return(&ring->sending, block);
            atomic_fetch_add(&ring->try_again, 1);
            return true;
        }
        free(block);
        if (result != CS_OK)
            fail(ring, "CPG cannot send", result);
    }
    return false;
}

static void serve(struct hvc_ring *ring)
{
    bool retry = false, receiving = true;

    set_joined(ring, true);
    while (!atomic_load(&ring->stop) && !ring->failed) {
        struct pollfd fds[] = {
            {.fd = ring->wake, .events = POLLIN},
            {.fd = ring->quorum_fd, .events = POLLIN},
            {.fd = ring->votequorum_fd, .events = POLLIN},
            {.fd = ring->cmap_fd, .events = POLLIN},
            {.fd = receiving ? ring->cpg_fd : -1, .events = POLLIN},
        };

        if (poll(fds, sizeof(fds) / sizeof(fds[0]), retry ? RETRY_SEND_MS : CHECK_MS) < 0 && errno != EINTR)
            fail(ring, "poll failed", CS_ERR_LIBRARY);
        if ((fds[0].revents & POLLIN) != 0)
            drain_fd(ring->wake);
        if (fds[1].revents != 0)
            dispatch(ring, quorum_dispatch(ring->quorum, CS_DISPATCH_ALL), "the quorum service is lost");
        if (fds[2].revents != 0)
            dispatch(ring, votequorum_dispatch(ring->votequorum, CS_DISPATCH_ALL), "votequorum is lost");
        if (fds[3].revents != 0)
            dispatch(ring, cmap_dispatch(ring->cmap, CS_DISPATCH_ALL), "cmap is lost");
        receiving = dispatch_cpg(ring);
        if ((fds[4].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            fail(ring, "CPG has lost the connection to corosync", CS_ERR_LIBRARY);
        if (ring->votes_dirty && ring->quorum_known && !ring->failed)
            push_quorum(ring);
        retry = send_waiting(ring);
    }
    set_joined(ring, false);
}

static void wait_to_connect(struct hvc_ring *ring)
{
    struct pollfd fd = {.fd = ring->wake, .events = POLLIN};

    if (poll(&fd, 1, RETRY_CONNECT_MS) > 0)
        drain_fd(ring->wake);
}

static void *run(void *argument)
{
    struct hvc_ring *ring = argument;

    while (!atomic_load(&ring->stop)) {
        if (connect_all(ring))
            serve(ring);
        disconnect_all(ring);
        if (!atomic_load(&ring->stop)) {
            atomic_fetch_add(&ring->reconnects, 1);
            wait_to_connect(ring);
        }
    }
    return NULL;
}

static void ring_free(struct hvc_ring *ring)
{
    free(ring->taken);
    hvc_queue_done(&ring->received);
    hvc_queue_done(&ring->sending);
    (void)pthread_mutex_destroy(&ring->lock);
    if (ring->events >= 0)
        (void)close(ring->events);
    if (ring->wake >= 0)
        (void)close(ring->wake);
    free(ring);
}

int hvc_ring_open(const char *group, struct hvc_ring **ret_ring, struct hvc_error *error)
{
    struct hvc_ring *ring;
    size_t length = strlen(group);
    int result;

    if (length == 0 || length >= CPG_MAX_NAME_LENGTH)
        return hvc_error_set(error, -EINVAL, "the CPG group name '%s' must have 1 to %d bytes", group,
                             CPG_MAX_NAME_LENGTH - 1);
    ring = calloc(1, sizeof(*ring));
    if (ring == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for the connection to corosync");
    hvc_queue_init(&ring->received, HVC_RING_RECEIVE_MAX);
    hvc_queue_init(&ring->sending, HVC_RING_SEND_MAX);
    (void)pthread_mutex_init(&ring->lock, NULL);
    ring->since_ms = hvc_now_ms();
    ring->group.length = (uint32_t)length;
    memcpy(ring->group.value, group, length);
    ring->events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ring->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = ring->events < 0 || ring->wake < 0 ? errno : pthread_create(&ring->thread, NULL, run, ring);
    if (result != 0) {
        ring_free(ring);
        return hvc_error_set(error, -result, "cannot start the thread that talks to corosync: %s", strerror(result));
    }
    *ret_ring = ring;
    return 0;
}

int hvc_ring_close(struct hvc_ring *ring, uint64_t wait_ms)
{
    struct timespec until;

    if (ring == NULL)
        return 0;
    atomic_store(&ring->stop, true);
    signal_fd(ring->wake);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    if (pthread_clockjoin_np(ring->thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
        (void)pthread_detach(ring->thread);
        return -ETIMEDOUT;
    }
    ring_free(ring);
    return 0;
}

int hvc_ring_fd(const struct hvc_ring *ring)
{
    return ring->events;
}

static void point_at_payload(struct item *item)
{
    struct hvc_replication_event *event = &item->event;
    const void *payload = item->payload;

    if (event->kind == HVC_REPLICATION_VIEW)
        event->view.members = payload;
    else if (event->kind == HVC_REPLICATION_QUORUM)
        event->quorum.nodes = payload;
    else if (event->kind == HVC_REPLICATION_MESSAGE)
        event->message.bytes = payload;
}

bool hvc_ring_next(struct hvc_ring *ring, struct hvc_replication_event *ret_event)
{
    struct item *item;

    free(ring->taken);
    ring->taken = hvc_queue_take(&ring->received);
    if (ring->taken == NULL) {
        /* Clear first, look again: an event that came in between has signalled or is found now. */
        drain_fd(ring->events);
        ring->taken = hvc_queue_take(&ring->received);
    }
    if (ring->taken == NULL)
        return false;
    if (atomic_load(&ring->paused) && hvc_queue_bytes(&ring->received) < HVC_RING_RECEIVE_MAX / 2) {
        atomic_store(&ring->paused, false);
        signal_fd(ring->wake);
    }
    item = (struct item *)(void *)ring->taken->bytes;
    point_at_payload(item);
    item->event.now_ms = hvc_now_ms();
    *ret_event = item->event;
    return true;
}

int hvc_ring_send(struct hvc_ring *ring, const void *bytes, size_t length)
{
    struct hvc_block *block;

    if (length > HVC_RING_MESSAGE_MAX)
        return -EMSGSIZE;
    if (!atomic_load(&ring->joined))
        return -ENOTCONN;
    block = hvc_block_new(length);
    if (block == NULL)
        return -ENOMEM;
    memcpy(block->bytes, bytes, length);
    if (hvc_queue_put(&ring->sending, block, 0) != 0) {
        free(block);
        return -ENOBUFS;
    }
    signal_fd(ring->wake);
    return 0;
}

void hvc_ring_status(struct hvc_ring *ring, struct hvc_ring_status *ret_status)
{
    uint64_t since = atomic_load(&ring->call_since), now = hvc_now_ms();

    memset(ret_status, 0, sizeof(*ret_status));
    (void)pthread_mutex_lock(&ring->lock);
    ret_status->health = atomic_load(&ring->joined) ? HVC_RING_JOINED : HVC_RING_CONNECTING;
    ret_status->since_ms = ring->since_ms;
    ret_status->last = ring->last;
    (void)pthread_mutex_unlock(&ring->lock);
    if (since != 0 && now - since > HVC_RING_HANG_MS) {
        ret_status->health = HVC_RING_HANGS;
        ret_status->since_ms = since;
    }
    ret_status->try_again = atomic_load(&ring->try_again);
    ret_status->reconnects = atomic_load(&ring->reconnects);
    ret_status->send_bytes = hvc_queue_bytes(&ring->sending);
    ret_status->receive_bytes = hvc_queue_bytes(&ring->received);
}

uint32_t hvc_ring_node(const struct hvc_ring *ring)
{
    return atomic_load(&ring->own_node);
}

int hvc_ring_name(struct hvc_ring *ring, uint32_t node, char ret_name[HVC_NODE_NAME_MAX])
{
    struct hvc_ring_names *names = &ring->names;
    int result = -ENOENT;

    (void)pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < names->count && result != 0; i++) {
        if (names->node[i] != node)
            continue;
        memcpy(ret_name, names->name[i], sizeof(names->name[i]));
        result = 0;
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return result;
}

void hvc_ring_trace(struct hvc_ring *ring, hvc_ring_trace_fn function, void *context)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->trace = function;
    ring->trace_context = context;
    (void)pthread_mutex_unlock(&ring->lock);
}
