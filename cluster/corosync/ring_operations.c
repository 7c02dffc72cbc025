/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring.h"

static int ring_close(void *ring, uint64_t wait_ms)
{
    return hvc_ring_close(ring, wait_ms);
}

static int ring_fd(const void *ring)
{
    return hvc_ring_fd(ring);
}

static bool ring_next(void *ring, struct hvc_replication_event *ret_event)
{
    return hvc_ring_next(ring, ret_event);
}

static int ring_send(void *ring, const void *bytes, size_t length)
{
    return hvc_ring_send(ring, bytes, length);
}

static void ring_flush(void *ring)
{
    hvc_ring_flush(ring);
}

static uint32_t ring_node(const void *ring)
{
    return hvc_ring_node(ring);
}

static int ring_name(void *ring, uint32_t node, char ret_name[HVC_NODE_NAME_MAX])
{
    return hvc_ring_name(ring, node, ret_name);
}

static void ring_status(void *ring, struct hvc_ring_status *ret_status)
{
    hvc_ring_status(ring, ret_status);
}

const struct hvc_ring_operations hvc_ring_operations = {
    .close = ring_close,
    .fd = ring_fd,
    .next = ring_next,
    .send = ring_send,
    .flush = ring_flush,
    .node = ring_node,
    .name = ring_name,
    .status = ring_status,
};
