/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hub.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

struct item {
    struct item *next;
    struct hvc_replication_event event;
    max_align_t payload[];
};

struct hub_ring {
    struct hub *hub;
    unsigned node;
    uint32_t pid;
    int fd;
    struct item *first, **last, *taken;
    size_t bytes;
};

struct letter {
    struct letter *next;
    unsigned node, side;
    size_t length;
    uint8_t bytes[];
};

struct hub {
    pthread_mutex_t lock;
    unsigned nodes;
    uint32_t modes, next_pid;
    uint64_t next_seq, seq[2]; /* of each side's ring */
    unsigned side[HUB_NODES_MAX + 1];
    struct hub_ring *ring[HUB_NODES_MAX + 1];
    bool hold;
    struct letter *held, **held_last;
    struct slot {
        struct hub *hub;
        unsigned node;
        struct hvc_ring_port port;
    } slot[HUB_NODES_MAX + 1];
};

static void push(struct hub_ring *ring, const struct hvc_replication_event *event, const void *payload, size_t length)
{
    const uint64_t one = 1;
    struct item *item = malloc(sizeof(*item) + length);

    assert_non_null(item);
    item->next = NULL;
    item->event = *event;
    if (length > 0)
        memcpy(item->payload, payload, length);
    *ring->last = item;
    ring->last = &item->next;
    ring->bytes += length;
    assert_int_equal(write(ring->fd, &one, sizeof(one)), sizeof(one));
}

static void push_quorum(struct hub *hub, struct hub_ring *ring)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_QUORUM};
    struct hvc_replication_node list[HUB_NODES_MAX];
    unsigned present = 0;

    /* corosync's votes do not depend on the daemon's group: every node of the side counts */
    for (unsigned n = 1; n <= hub->nodes; n++) {
        list[n - 1] = (struct hvc_replication_node){.node = n, .votes = 1};
        present += hub->side[n] == hub->side[ring->node];
    }
    event.quorum.ring = (struct hvc_ring_id){.node = 1, .seq = hub->seq[hub->side[ring->node]]};
    event.quorum.expected = hub->nodes;
    event.quorum.quorum = (hub->modes & HVC_MODE_TWO_NODE) != 0 ? 1 : hub->nodes / 2 + 1;
    event.quorum.quorate = present >= event.quorum.quorum;
    event.quorum.votes = 1;
    event.quorum.modes = hub->modes;
    event.quorum.count = hub->nodes;
    push(ring, &event, list, hub->nodes * sizeof(list[0]));
}

/* The members of one side get a view; what was held back for the former one is lost. */
static void change_view(struct hub *hub, unsigned side, bool quorum)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};
    struct hvc_replication_member members[HUB_NODES_MAX];
    struct letter **at = &hub->held;

    while (*at != NULL) {
        struct letter *letter = *at;

        if (letter->side != side) {
            at = &letter->next;
            continue;
        }
        *at = letter->next;
        free(letter);
    }
    hub->held_last = at;
    event.view.ring = (struct hvc_ring_id){.node = 1, .seq = hub->seq[side]};
    for (unsigned n = 1; n <= hub->nodes; n++) {
        if (hub->ring[n] != NULL && hub->side[n] == side)
            members[event.view.count++] = (struct hvc_replication_member){.node = n, .pid = hub->ring[n]->pid};
    }
    for (unsigned n = 1; n <= hub->nodes; n++) {
        if (hub->ring[n] == NULL || hub->side[n] != side)
            continue;
        push(hub->ring[n], &event, members, event.view.count * sizeof(members[0]));
        if (quorum)
            push_quorum(hub, hub->ring[n]);
    }
}

/* ---- the ring's operations ---- */

static int ring_open(void *context, void **ret_ring, struct hvc_error *error)
{
    const struct slot *slot = context;
    struct hub *hub = slot->hub;
    struct hub_ring *ring = calloc(1, sizeof(*ring));

    (void)error;
    assert_non_null(ring);
    ring->hub = hub;
    ring->node = slot->node;
    ring->last = &ring->first;
    ring->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(ring->fd >= 0);
    (void)pthread_mutex_lock(&hub->lock);
    assert_null(hub->ring[slot->node]);
    ring->pid = ++hub->next_pid;
    hub->ring[slot->node] = ring;
    push_quorum(hub, ring);
    change_view(hub, hub->side[slot->node], false);
    (void)pthread_mutex_unlock(&hub->lock);
    *ret_ring = ring;
    return 0;
}

static int ring_close(void *context, uint64_t wait_ms)
{
    struct hub_ring *ring = context;
    struct hub *hub = ring->hub;

    (void)wait_ms;
    (void)pthread_mutex_lock(&hub->lock);
    hub->ring[ring->node] = NULL;
    change_view(hub, hub->side[ring->node], false);
    (void)pthread_mutex_unlock(&hub->lock);
    while (ring->first != NULL) {
        struct item *item = ring->first;

        ring->first = item->next;
        free(item);
    }
    free(ring->taken);
    (void)close(ring->fd);
    free(ring);
    return 0;
}

static int ring_fd(const void *context)
{
    const struct hub_ring *ring = context;

    return ring->fd;
}

static bool ring_next(void *context, struct hvc_replication_event *ret_event)
{
    struct hub_ring *ring = context;
    struct hub *hub = ring->hub;
    struct item *item;
    uint64_t count;

    free(ring->taken);
    (void)pthread_mutex_lock(&hub->lock);
    item = ring->taken = ring->first;
    if (item != NULL) {
        ring->first = item->next;
        if (ring->first == NULL)
            ring->last = &ring->first;
        if (item->event.kind == HVC_REPLICATION_MESSAGE)
            ring->bytes -= item->event.message.length;
    } else {
        (void)!read(ring->fd, &count, sizeof(count)); /* EAGAIN: nothing was signalled */
    }
    (void)pthread_mutex_unlock(&hub->lock);
    if (item == NULL)
        return false;
    if (item->event.kind == HVC_REPLICATION_VIEW)
        item->event.view.members = (const void *)item->payload;
    else if (item->event.kind == HVC_REPLICATION_QUORUM)
        item->event.quorum.nodes = (const void *)item->payload;
    else
        item->event.message.bytes = item->payload;
    item->event.now_ms = hvc_now_ms();
    *ret_event = item->event;
    return true;
}

static void deliver(struct hub *hub, unsigned from, const void *bytes, size_t length)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};

    event.message.node = from;
    event.message.length = length;
    for (unsigned n = 1; n <= hub->nodes; n++) {
        if (hub->ring[n] != NULL && hub->side[n] == hub->side[from])
            push(hub->ring[n], &event, bytes, length);
    }
}

static int ring_send(void *context, const void *bytes, size_t length)
{
    struct hub_ring *ring = context;
    struct hub *hub = ring->hub;
    struct letter *letter;

    if (length > HVC_RING_MESSAGE_MAX)
        return -EMSGSIZE;
    (void)pthread_mutex_lock(&hub->lock);
    if (hub->hold) {
        letter = malloc(sizeof(*letter) + length);
        assert_non_null(letter);
        *letter = (struct letter){.node = ring->node, .side = hub->side[ring->node], .length = length};
        memcpy(letter->bytes, bytes, length);
        *hub->held_last = letter;
        hub->held_last = &letter->next;
    } else {
        deliver(hub, ring->node, bytes, length);
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return 0;
}

static uint32_t ring_node(const void *context)
{
    const struct hub_ring *ring = context;

    return ring->node;
}

static int ring_name(void *context, uint32_t node, char ret_name[HVC_NODE_NAME_MAX])
{
    (void)context;
    (void)snprintf(ret_name, HVC_NODE_NAME_MAX, "n%u", node);
    return 0;
}

static void ring_status(void *context, struct hvc_ring_status *ret_status)
{
    (void)context;
    *ret_status = (struct hvc_ring_status){.health = HVC_RING_JOINED};
}

static const struct hvc_ring_operations operations = {
    .close = ring_close,
    .fd = ring_fd,
    .next = ring_next,
    .send = ring_send,
    .node = ring_node,
    .name = ring_name,
    .status = ring_status,
};

/* ---- the hub ---- */

struct hub *hub_new(unsigned nodes, uint32_t modes)
{
    struct hub *hub = calloc(1, sizeof(*hub));

    assert_non_null(hub);
    assert_true(nodes <= HUB_NODES_MAX);
    (void)pthread_mutex_init(&hub->lock, NULL);
    hub->nodes = nodes;
    hub->modes = modes;
    hub->next_pid = 1000;
    hub->seq[0] = 4;
    hub->seq[1] = 8;
    hub->next_seq = 12;
    hub->held_last = &hub->held;
    for (unsigned n = 1; n <= nodes; n++)
        hub->slot[n] = (struct slot){hub, n, {&operations, ring_open, &hub->slot[n]}};
    return hub;
}

void hub_free(struct hub *hub)
{
    for (unsigned n = 1; n <= hub->nodes; n++)
        assert_null(hub->ring[n]);
    assert_null(hub->held);
    (void)pthread_mutex_destroy(&hub->lock);
    free(hub);
}

const struct hvc_ring_port *hub_port(struct hub *hub, unsigned node)
{
    return &hub->slot[node].port;
}

static void set_sides(struct hub *hub, unsigned mask)
{
    (void)pthread_mutex_lock(&hub->lock);
    for (unsigned n = 1; n <= hub->nodes; n++)
        hub->side[n] = (mask >> (n - 1)) & 1;
    for (unsigned side = 0; side < 2; side++) {
        hub->seq[side] = hub->next_seq;
        hub->next_seq += 4;
        change_view(hub, side, true);
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

void hub_split(struct hub *hub, unsigned mask)
{
    set_sides(hub, mask);
}

void hub_heal(struct hub *hub)
{
    set_sides(hub, 0);
}

void hub_hold(struct hub *hub, bool hold)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->hold = hold;
    while (!hold && hub->held != NULL) {
        struct letter *letter = hub->held;

        hub->held = letter->next;
        deliver(hub, letter->node, letter->bytes, letter->length);
        free(letter);
    }
    if (!hold)
        hub->held_last = &hub->held;
    (void)pthread_mutex_unlock(&hub->lock);
}

unsigned hub_held(struct hub *hub)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&hub->lock);
    for (const struct letter *letter = hub->held; letter != NULL; letter = letter->next)
        count++;
    (void)pthread_mutex_unlock(&hub->lock);
    return count;
}
