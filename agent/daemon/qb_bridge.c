/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qb_bridge.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib.h>
#include <poll.h>
#include <stdbool.h>

#include "hvc/clock.h"

struct watch {
    int32_t fd;
    void *data;
    qb_ipcs_dispatch_fn_t function;
    guint source;
    bool listens;
    bool handshake; /* accepted, has not said yet who it is */
    uint64_t since_ms;
};

static struct {
    GHashTable *watches; /* by descriptor */
    bool accepting;      /* the listening descriptor is being served: what is added now was accepted */
    unsigned handshakes;
    guint timer;
} bridge;

static void free_watch(gpointer data)
{
    g_free(data);
}

static void forget(struct watch *watch)
{
    if (watch->handshake)
        bridge.handshakes--;
    g_source_remove(watch->source);
    (void)g_hash_table_remove(bridge.watches, GINT_TO_POINTER(watch->fd));
}

static struct watch *find(int32_t fd)
{
    return bridge.watches == NULL ? NULL : g_hash_table_lookup(bridge.watches, GINT_TO_POINTER(fd));
}

/* What libqb's function may do meanwhile: remove this very watch, put another one on the same descriptor. */
static gboolean serve(gint fd, GIOCondition condition, gpointer context)
{
    struct watch *watch = context;
    guint source = watch->source;
    int32_t rc;

    bridge.accepting = watch->listens;
    rc = watch->function(fd, (int32_t)condition, watch->data);
    bridge.accepting = false;
    watch = find(fd);
    if (rc < 0 && watch != NULL && watch->source == source)
        forget(watch);
    return G_SOURCE_CONTINUE; /* whatever is removed has been removed by its id */
}

/* A connection that is being made and has taken at least this long; NULL: none. */
static struct watch *next_handshake(uint64_t now_ms, uint64_t least_ms)
{
    GHashTableIter at;
    gpointer value;

    g_hash_table_iter_init(&at, bridge.watches);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        struct watch *watch = value;

        if (watch->handshake && now_ms - watch->since_ms >= least_ms)
            return watch;
    }
    return NULL;
}

/* libqb closes a connection that is told to be hung up, and frees what it kept for it. */
static void hang_up(uint64_t least_ms)
{
    struct watch *watch;

    if (bridge.watches == NULL)
        return;
    while ((watch = next_handshake(hvc_now_ms(), least_ms)) != NULL) {
        guint source = watch->source;
        int32_t fd = watch->fd;

        (void)watch->function(fd, POLLHUP, watch->data);
        watch = find(fd);
        if (watch != NULL && watch->source == source)
            forget(watch);
    }
}

static gboolean close_overdue(gpointer context)
{
    (void)context;
    hang_up(HVC_BRIDGE_HANDSHAKE_MS);
    if (bridge.handshakes > 0)
        return G_SOURCE_CONTINUE;
    bridge.timer = 0;
    return G_SOURCE_REMOVE;
}

static guint add_source(struct watch *watch, int32_t events)
{
    return g_unix_fd_add(watch->fd, (GIOCondition)(events & (POLLIN | POLLPRI | POLLOUT)), serve, watch);
}

static int32_t add(enum qb_loop_priority priority, int32_t fd, int32_t events, void *data,
                   qb_ipcs_dispatch_fn_t function)
{
    struct watch *watch;

    (void)priority;
    if (bridge.accepting && bridge.handshakes >= HVC_BRIDGE_HANDSHAKES_MAX)
        return -EMFILE;
    if (bridge.watches == NULL)
        bridge.watches = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_watch);
    if (find(fd) != NULL)
        return -EEXIST;
    watch = g_new0(struct watch, 1);
    *watch = (struct watch){.fd = fd, .data = data, .function = function, .since_ms = hvc_now_ms()};
    watch->listens = g_hash_table_size(bridge.watches) == 0;
    watch->handshake = bridge.accepting;
    watch->source = add_source(watch, events);
    (void)g_hash_table_insert(bridge.watches, GINT_TO_POINTER(fd), watch);
    if (watch->handshake) {
        bridge.handshakes++;
        if (bridge.timer == 0)
            bridge.timer = g_timeout_add(HVC_BRIDGE_HANDSHAKE_MS / 3, close_overdue, NULL);
    }
    return 0;
}

static int32_t modify(enum qb_loop_priority priority, int32_t fd, int32_t events, void *data,
                      qb_ipcs_dispatch_fn_t function)
{
    struct watch *watch = find(fd);

    (void)priority;
    if (watch == NULL)
        return -ENOENT;
    watch->data = data;
    watch->function = function;
    g_source_remove(watch->source);
    watch->source = add_source(watch, events);
    return 0;
}

static int32_t delete (int32_t fd)
{
    struct watch *watch = find(fd);

    if (watch == NULL)
        return -ENOENT;
    forget(watch);
    return 0;
}

struct job {
    void *data;
    qb_loop_job_dispatch_fn function;
};

static gboolean run_job(gpointer context)
{
    struct job *job = context;

    job->function(job->data);
    return G_SOURCE_REMOVE;
}

static int32_t add_job(enum qb_loop_priority priority, void *data, qb_loop_job_dispatch_fn function)
{
    struct job *job = g_new0(struct job, 1);

    (void)priority;
    *job = (struct job){data, function};
    (void)g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, run_job, job, g_free);
    return 0;
}

struct qb_ipcs_poll_handlers hvc_qb_bridge = {add_job, add, modify, delete};

void hvc_qb_bridge_hang_up(void)
{
    hang_up(0);
}

void hvc_qb_bridge_clear(void)
{
    GHashTableIter at;
    gpointer value;

    if (bridge.watches != NULL) {
        g_hash_table_iter_init(&at, bridge.watches);
        while (g_hash_table_iter_next(&at, NULL, &value))
            g_source_remove(((struct watch *)value)->source);
        g_hash_table_destroy(bridge.watches);
    }
    if (bridge.timer != 0)
        g_source_remove(bridge.timer);
    bridge.watches = NULL;
    bridge.timer = 0;
    bridge.handshakes = 0;
}
