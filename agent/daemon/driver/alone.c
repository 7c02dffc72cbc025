/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stand-alone host: a list of one node, which is its only member and always quorate. What is sent is delivered, in
 * order. One thread. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "internal.h"

enum { NODE = 1 };

struct letter {
    struct letter *next;
    size_t length;
    uint8_t bytes[];
};

struct alone {
    int fd; /* readable while something is to be taken */
    unsigned said;
    struct letter *first, **last, *taken;
    size_t bytes;
    uint64_t since_ms;
    char name[HVC_NODE_NAME_MAX];
};

static const struct hvc_replication_member member = {.node = NODE, .pid = 1};
static const struct hvc_replication_node node = {.node = NODE, .votes = 1};

static void signal_fd(const struct alone *a)
{
    const uint64_t one = 1;

    while (write(a->fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

int hvc_alone_open(const char *name, void **ret_ring, struct hvc_error *error)
{
    struct alone *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a ring of one node");
    a->last = &a->first;
    a->since_ms = hvc_now_ms();
    a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (a->fd < 0 || hvc_text_copy(a->name, sizeof(a->name), name) < 0) {
        int r = a->fd < 0 ? -errno : -ENAMETOOLONG;

        if (a->fd >= 0)
            (void)close(a->fd);
        free(a);
        return hvc_error_set(error, r, "cannot begin a ring of the one node '%s': %s", name, strerror(-r));
    }
    signal_fd(a);
    *ret_ring = a;
    return 0;
}

static int alone_close(void *ring, uint64_t wait_ms)
{
    struct alone *a = ring;

    (void)wait_ms;
    if (a == NULL)
        return 0;
    while (a->first != NULL) {
        struct letter *letter = a->first;

        a->first = letter->next;
        free(letter);
    }
    free(a->taken);
    (void)close(a->fd);
    free(a);
    return 0;
}

static int alone_fd(const void *ring)
{
    const struct alone *a = ring;

    return a->fd;
}

static bool take_letter(struct alone *a, struct hvc_replication_event *event)
{
    uint64_t count;

    free(a->taken);
    a->taken = a->first;
    if (a->first == NULL) {
        while (read(a->fd, &count, sizeof(count)) < 0 && errno == EINTR)
            continue;
        return false;
    }
    a->first = a->taken->next;
    if (a->first == NULL)
        a->last = &a->first;
    a->bytes -= a->taken->length;
    event->kind = HVC_REPLICATION_MESSAGE;
    event->message.node = NODE;
    event->message.bytes = a->taken->bytes;
    event->message.length = a->taken->length;
    return true;
}

static bool alone_next(void *ring, struct hvc_replication_event *ret_event)
{
    struct alone *a = ring;
    struct hvc_replication_event event = {.now_ms = hvc_now_ms()};

    if (a->said == 0) {
        event.kind = HVC_REPLICATION_VIEW;
        event.view.ring = (struct hvc_ring_id){.node = NODE, .seq = 1};
        event.view.members = &member;
        event.view.count = 1;
        a->said++;
    } else if (a->said == 1) {
        event.kind = HVC_REPLICATION_QUORUM;
        event.quorum.ring = (struct hvc_ring_id){.node = NODE, .seq = 1};
        event.quorum.quorate = true;
        event.quorum.votes = event.quorum.expected = event.quorum.quorum = 1;
        event.quorum.nodes = &node;
        event.quorum.count = 1;
        a->said++;
    } else if (!take_letter(a, &event)) {
        return false;
    }
    *ret_event = event;
    return true;
}

static int alone_send(void *ring, const void *bytes, size_t length)
{
    struct alone *a = ring;
    struct letter *letter;

    if (length > HVC_RING_MESSAGE_MAX)
        return -EMSGSIZE;
    if (a->bytes + length > HVC_RING_SEND_MAX)
        return -ENOBUFS;
    letter = malloc(sizeof(*letter) + length);
    if (letter == NULL)
        return -ENOMEM;
    letter->next = NULL;
    letter->length = length;
    memcpy(letter->bytes, bytes, length);
    *a->last = letter;
    a->last = &letter->next;
    a->bytes += length;
    signal_fd(a);
    return 0;
}

static uint32_t alone_node(const void *ring)
{
    (void)ring;
    return NODE;
}

static int alone_name(void *ring, uint32_t id, char ret_name[HVC_NODE_NAME_MAX])
{
    const struct alone *a = ring;

    return id == NODE ? hvc_text_copy(ret_name, HVC_NODE_NAME_MAX, a->name) : -ENOENT;
}

static void alone_status(void *ring, struct hvc_ring_status *ret_status)
{
    const struct alone *a = ring;

    *ret_status =
        (struct hvc_ring_status){.health = HVC_RING_JOINED, .since_ms = a->since_ms, .receive_bytes = a->bytes};
}

const struct hvc_ring_operations hvc_alone_operations = {
    .close = alone_close,
    .fd = alone_fd,
    .next = alone_next,
    .send = alone_send,
    .node = alone_node,
    .name = alone_name,
    .status = alone_status,
};
