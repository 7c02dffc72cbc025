/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_loop.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

#define ITEMS_MAX 1024 /* descriptors and timers of one process: two of each for a connection */

enum kind { FREE_SLOT, HANDLE, TIMER };

/* A descriptor or a timer that libvirt asked for. A removed one is handed to its free function by the loop's thread,
 * never by the remover: libvirt may hold locks there (virEventAddHandle's documentation). */
struct item {
    enum kind kind;
    bool removed;
    int id;
    int fd;
    int events;   /* virEventHandleType bits */
    int every_ms; /* -1: disabled */
    uint64_t due; /* hvc_now_ms */
    virEventHandleCallback on_handle;
    virEventTimeoutCallback on_timer;
    void *opaque;
    virFreeCallback free_opaque;
};

static struct {
    pthread_mutex_t lock;
    struct item items[ITEMS_MAX];
    size_t used; /* slots ever used: the scans' end */
    int next_id;
    int wake_fd;
    int started; /* 0, or the negative errno of the start */
    pthread_once_t once;
} loop = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT, .next_id = 1, .wake_fd = -1};

static void wake(void)
{
    uint64_t one = 1;

    /* EAGAIN: the counter is full, so a wake-up is pending anyway */
    while (write(loop.wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static struct item *find(enum kind kind, int id)
{
    for (size_t i = 0; i < loop.used; i++)
        if (loop.items[i].kind == kind && loop.items[i].id == id && !loop.items[i].removed)
            return &loop.items[i];
    return NULL;
}

static int add(struct item item)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&loop.lock);
    while (i < loop.used && loop.items[i].kind != FREE_SLOT)
        i++;
    if (i == ITEMS_MAX) {
        (void)pthread_mutex_unlock(&loop.lock);
        return -1;
    }
    if (i == loop.used)
        loop.used++;
    item.id = loop.next_id;
    loop.next_id = loop.next_id == INT32_MAX ? 1 : loop.next_id + 1;
    loop.items[i] = item;
    (void)pthread_mutex_unlock(&loop.lock);
    wake();
    return item.id;
}

static int remove_item(enum kind kind, int id)
{
    struct item *item;

    (void)pthread_mutex_lock(&loop.lock);
    item = find(kind, id);
    if (item != NULL)
        item->removed = true;
    (void)pthread_mutex_unlock(&loop.lock);
    wake();
    return item == NULL ? -1 : 0;
}

static int add_handle(int fd, int events, virEventHandleCallback callback, void *opaque, virFreeCallback free_opaque)
{
    return add((struct item){.kind = HANDLE,
                             .fd = fd,
                             .events = events,
                             .on_handle = callback,
                             .opaque = opaque,
                             .free_opaque = free_opaque});
}

static void update_handle(int id, int events)
{
    struct item *item;

    (void)pthread_mutex_lock(&loop.lock);
    item = find(HANDLE, id);
    if (item != NULL)
        item->events = events;
    (void)pthread_mutex_unlock(&loop.lock);
    wake();
}

static int remove_handle(int id)
{
    return remove_item(HANDLE, id);
}

static uint64_t due_in(int every_ms)
{
    return every_ms < 0 ? UINT64_MAX : hvc_now_ms() + (uint64_t)every_ms;
}

static int add_timer(int every_ms, virEventTimeoutCallback callback, void *opaque, virFreeCallback free_opaque)
{
    return add((struct item){.kind = TIMER,
                             .every_ms = every_ms,
                             .due = due_in(every_ms),
                             .on_timer = callback,
                             .opaque = opaque,
                             .free_opaque = free_opaque});
}

static void update_timer(int id, int every_ms)
{
    struct item *item;

    (void)pthread_mutex_lock(&loop.lock);
    item = find(TIMER, id);
    if (item != NULL) {
        item->every_ms = every_ms;
        item->due = due_in(every_ms);
    }
    (void)pthread_mutex_unlock(&loop.lock);
    wake();
}

static int remove_timer(int id)
{
    return remove_item(TIMER, id);
}

/* Frees what was removed. Called and returns with the lock held; the free functions run without it. */
static void sweep(void)
{
    for (size_t i = 0; i < loop.used; i++) {
        struct item item = loop.items[i];

        if (item.kind == FREE_SLOT || !item.removed)
            continue;
        loop.items[i] = (struct item){.kind = FREE_SLOT};
        if (item.free_opaque == NULL)
            continue;
        (void)pthread_mutex_unlock(&loop.lock);
        item.free_opaque(item.opaque);
        (void)pthread_mutex_lock(&loop.lock);
    }
}

static short to_poll(int events)
{
    int bits = 0;

    if ((events & VIR_EVENT_HANDLE_READABLE) != 0)
        bits |= POLLIN;
    if ((events & VIR_EVENT_HANDLE_WRITABLE) != 0)
        bits |= POLLOUT;
    return (short)bits;
}

static int from_poll(short revents)
{
    int events = 0;

    if ((revents & POLLIN) != 0)
        events |= VIR_EVENT_HANDLE_READABLE;
    if ((revents & POLLOUT) != 0)
        events |= VIR_EVENT_HANDLE_WRITABLE;
    if ((revents & (POLLERR | POLLNVAL)) != 0)
        events |= VIR_EVENT_HANDLE_ERROR;
    if ((revents & POLLHUP) != 0)
        events |= VIR_EVENT_HANDLE_HANGUP;
    return events;
}

/* What one round of poll waits for. Lives in the thread's own static memory. */
struct round {
    struct pollfd fds[ITEMS_MAX + 1];
    int ids[ITEMS_MAX + 1];
    nfds_t count;
    int timeout_ms;
};

static void prepare(struct round *round)
{
    uint64_t now = hvc_now_ms();
    uint64_t next = UINT64_MAX;

    round->fds[0] = (struct pollfd){.fd = loop.wake_fd, .events = POLLIN};
    round->count = 1;
    for (size_t i = 0; i < loop.used; i++) {
        const struct item *item = &loop.items[i];

        if (item->kind == HANDLE && item->events != 0) {
            round->fds[round->count] = (struct pollfd){.fd = item->fd, .events = to_poll(item->events)};
            round->ids[round->count++] = item->id;
        }
        if (item->kind == TIMER && item->every_ms >= 0 && item->due < next)
            next = item->due;
    }
    if (next == UINT64_MAX)
        round->timeout_ms = -1;
    else
        round->timeout_ms = next <= now ? 0 : next - now > INT32_MAX ? INT32_MAX : (int)(next - now);
}

static void dispatch_handle(int id, short revents)
{
    const struct item *found;
    struct item item;

    (void)pthread_mutex_lock(&loop.lock);
    found = find(HANDLE, id);
    if (found != NULL)
        item = *found;
    (void)pthread_mutex_unlock(&loop.lock);
    if (found != NULL)
        item.on_handle(id, item.fd, from_poll(revents), item.opaque);
}

static void dispatch_timers(void)
{
    uint64_t now = hvc_now_ms();

    (void)pthread_mutex_lock(&loop.lock);
    for (size_t i = 0; i < loop.used; i++) {
        struct item item = loop.items[i];

        if (item.kind != TIMER || item.removed || item.every_ms < 0 || item.due > now)
            continue;
        loop.items[i].due = now + (uint64_t)item.every_ms;
        (void)pthread_mutex_unlock(&loop.lock);
        item.on_timer(item.id, item.opaque);
        (void)pthread_mutex_lock(&loop.lock);
    }
    (void)pthread_mutex_unlock(&loop.lock);
}

static void *run(void *unused)
{
    static struct round round;

    (void)unused;
    for (;;) {
        uint64_t counter;

        (void)pthread_mutex_lock(&loop.lock);
        sweep();
        prepare(&round);
        (void)pthread_mutex_unlock(&loop.lock);
        if (poll(round.fds, round.count, round.timeout_ms) < 0 && errno != EINTR)
            return NULL; /* EFAULT, EINVAL, ENOMEM: cannot come from these arguments */
        /* non-blocking; an empty counter (EAGAIN) is as good as an emptied one */
        if ((round.fds[0].revents & POLLIN) != 0 && read(loop.wake_fd, &counter, sizeof(counter)) < 0 && errno == EBADF)
            return NULL;
        for (nfds_t i = 1; i < round.count; i++)
            if (round.fds[i].revents != 0)
                dispatch_handle(round.ids[i], round.fds[i].revents);
        dispatch_timers();
    }
}

static void stay_silent(void *unused, virErrorPtr error)
{
    (void)unused;
    (void)error;
}

/* libvirt's loop has no end: its thread is not one that a stop of the program waits for. */
static int start_thread(void)
{
    pthread_t thread;
    int rc = hvc_thread_start(run, NULL, &thread);

    if (rc < 0)
        return rc;
    (void)pthread_setname_np(thread, "hvc-libvirt");
    (void)pthread_detach(thread);
    return 0;
}

static void start_once(void)
{
    if (virInitialize() < 0) {
        loop.started = -EIO;
        return;
    }
    virSetErrorFunc(NULL, stay_silent);
    loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop.wake_fd < 0) {
        loop.started = -errno;
        return;
    }
    virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timer, update_timer, remove_timer);
    loop.started = start_thread();
}

int hvc_libvirt_loop_start(void)
{
    (void)pthread_once(&loop.once, start_once);
    return loop.started;
}
