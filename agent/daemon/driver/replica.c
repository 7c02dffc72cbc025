/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open and close, the thread and what it waits for, requests of other threads. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/thread.h"
#include "internal.h"

enum {
    TICK_MS = 1000,    /* status and the clock of the service are looked at that often */
    NODE_WAIT_MS = 50, /* the own node id is not announced: asked for */
};

struct hvc_tuning hvc_tuning_default(bool alone)
{
    struct hvc_tuning tuning = {.exclude_ms = 5000,
                                .resend_ms = 1000,
                                .rejoin_ms = 1000,
                                .barrier_ms = 500, /* below corosync's default token timeout of a second */
                                .preview_ms = 1000,
                                .snapshot_version = HVC_STATE_VERSION,
                                .log_entries = HVC_LOG_ENTRIES_MAX,
                                .log_bytes = HVC_LOG_BYTES_MAX,
                                .tokens = HVC_TOKENS_MAX,
                                .digest_interval = 256,
                                .retry_min_ms = 250,
                                .retry_max_ms = 30000,
                                .steady_ms = 30000,
                                .fetch_ms = 2000,
                                .scan_ms = 60000,
                                .keepalive_ms = 2000,
                                .silent_ms = 6000,
                                .hello_ms = 5000,
                                .service = hvc_service_config_default()};

    tuning.service.alone = alone;
    return tuning;
}

void hvc_replica_note(struct hvc_replica *r, int priority, enum hvc_replica_message message, const char *format, ...)
{
    char details[2 * HVC_ERROR_TEXT_MAX];
    va_list arguments;

    if (r->hooks.log == NULL || atomic_load(&r->deaf))
        return;
    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments);
    va_end(arguments);
    r->hooks.log(r->hooks.context, priority, message, details);
}

static void wake(const struct hvc_replica *r)
{
    const uint64_t one = 1;

    while (write(r->wake, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

/* ---- requests ---- */

int hvc_replica_post(struct hvc_replica *r, struct hvc_request *request)
{
    bool closed, first;

    request->next = NULL;
    (void)pthread_mutex_lock(&r->mail_lock);
    closed = r->closed;
    first = r->mail == NULL;
    if (!closed) {
        *r->mail_tail = request;
        r->mail_tail = &request->next;
    }
    (void)pthread_mutex_unlock(&r->mail_lock);
    if (closed)
        return -ECANCELED;
    if (first) /* all mail is taken at once */
        wake(r);
    return 0;
}

static struct hvc_request *take_mail(struct hvc_replica *r, bool close)
{
    struct hvc_request *mail;

    (void)pthread_mutex_lock(&r->mail_lock);
    mail = r->mail;
    r->mail = NULL;
    r->mail_tail = &r->mail;
    r->closed = r->closed || close;
    (void)pthread_mutex_unlock(&r->mail_lock);
    return mail;
}

static void open_mail(struct hvc_replica *r, bool close)
{
    struct hvc_request *mail = take_mail(r, close), *request;

    while ((request = mail) != NULL) {
        mail = request->next;
        request->next = NULL;
        switch (request->kind) {
        case HVC_REQUEST_SUBMIT:
            hvc_propose_take(r, request);
            break;
        case HVC_REQUEST_BARRIER:
            hvc_read_take(r, request);
            break;
        case HVC_REQUEST_DOCUMENT:
            hvc_fetch_take(r, request);
            break;
        case HVC_REQUEST_FENCED:
            hvc_members_fenced(r, request->node);
            hvc_request_fail(request, 0, "%s", "");
            break;
        }
    }
}

/* ---- soft facts ---- */

int hvc_replica_publish(struct hvc_replica *r, struct hvc_soft_facts *facts)
{
    int result = hvc_soft_publish(&r->soft, facts);

    if (result == 0)
        wake(r);
    return result;
}

int hvc_replica_soft(struct hvc_replica *r, uint32_t node, struct hvc_soft_facts *ret_facts)
{
    return hvc_soft_read(&r->soft, node, ret_facts);
}

int hvc_replica_soft_job(struct hvc_replica *r, uint64_t job, struct hvc_soft_job *ret_job)
{
    return hvc_soft_job(&r->soft, job, ret_job);
}

static void tell_soft_facts(struct hvc_replica *r)
{
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length = hvc_soft_next(&r->soft, r->node, r->boot_id, &r->documents, bytes, sizeof(bytes));

    if (length > 0 && r->member_count > 0)
        (void)r->port.operations->send(r->ring, bytes, length); /* not joined any more, or full: the next ones follow */
}

/* ---- the thread ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Everything that is due; returns when the next thing will be. */
static uint64_t run_due(struct hvc_replica *r, bool more)
{
    struct hvc_replication_event timer = {.kind = HVC_REPLICATION_TIMER};
    uint64_t now = hvc_now_ms(), next = now + TICK_MS;

    if (r->stage == HVC_STAGE_RUN && !r->leaving) {
        if (r->wake_ms <= now)
            (void)hvc_drive(r, &timer);
        next = earlier(next, hvc_members_keepalive(r, now));
        tell_soft_facts(r);
        hvc_propose_pump(r);
        hvc_read_pump(r);
        next = earlier(next, hvc_members_upkeep(r, now));
        hvc_propose_pump(r);
        hvc_fetch_pump(r);
        next = earlier(next, r->wake_ms);
    } else if (r->stage == HVC_STAGE_RING) {
        next = earlier(next, now + NODE_WAIT_MS);
    } else if (r->stage == HVC_STAGE_LEFT) {
        next = earlier(next, r->retry_ms);
    }
    next = earlier(next, hvc_propose_expire(r, now));
    next = earlier(next, hvc_read_expire(r, now));
    next = earlier(next, hvc_fetch_expire(r, now));
    return more || r->leaving || r->stage == HVC_STAGE_STORE ? now : next;
}

static void wait_for_work(struct hvc_replica *r, uint64_t until)
{
    bool running = r->stage == HVC_STAGE_RUN, full = hvc_drive_full(r);
    struct pollfd fds[] = {
        {.fd = r->wake, .events = POLLIN},
        {.fd = running ? hvc_store_fd(r->store) : -1, .events = POLLIN},
        {.fd = running && !full ? r->port.operations->fd(r->ring) : -1, .events = POLLIN},
    };
    uint64_t left = hvc_deadline_left(until), count;

    if (poll(fds, sizeof(fds) / sizeof(fds[0]), left > TICK_MS ? TICK_MS : (int)left) <= 0)
        return; /* time, or EINTR: looked at again */
    while ((fds[0].revents & POLLIN) != 0 && read(r->wake, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

static void replica_free(struct hvc_replica *r)
{
    if (r->service_memory != NULL)
        (void)munmap(r->service_memory, r->service_size);
    hvc_documents_clear(&r->documents);
    if (r->wake >= 0)
        (void)close(r->wake);
    (void)pthread_mutex_destroy(&r->mail_lock);
    (void)pthread_mutex_destroy(&r->state_lock);
    (void)pthread_mutex_destroy(&r->store_lock);
    (void)pthread_cond_destroy(&r->store_idle);
    (void)pthread_mutex_destroy(&r->status_lock);
    (void)pthread_mutex_destroy(&r->end_lock);
    (void)pthread_cond_destroy(&r->end_come);
    hvc_soft_clear(&r->soft);
    free(r->state_directory);
    free(r->boot_id_file);
    free(r->group);
    free(r->node_name);
    free(r);
}

/* The thread's last step: whoever closes frees the replica, or this thread when nobody waits any more. */
static void end_thread(struct hvc_replica *r)
{
    bool abandoned;

    (void)pthread_mutex_lock(&r->end_lock);
    r->ended = true;
    abandoned = r->abandoned;
    (void)pthread_cond_signal(&r->end_come);
    (void)pthread_mutex_unlock(&r->end_lock);
    if (abandoned)
        replica_free(r);
}

static void *run(void *argument)
{
    struct hvc_replica *r = argument;

    while (!atomic_load(&r->stop)) {
        bool more = false;
        uint64_t next;

        hvc_restart_step(r);
        open_mail(r, false);
        if (r->stage == HVC_STAGE_RUN && !r->leaving) {
            hvc_drive_collect(r);
            more = hvc_drive_ring(r);
            hvc_drive_collect(r);
        }
        next = run_due(r, more);
        if (r->ring != NULL && r->port.operations->flush != NULL)
            r->port.operations->flush(r->ring);
        if (r->leaving)
            hvc_restart_end(r);
        hvc_status_publish(r);
        if (next > hvc_now_ms())
            wait_for_work(r, next);
    }
    open_mail(r, true);
    hvc_propose_cancel(r);
    hvc_read_cancel(r);
    hvc_fetch_cancel(r);
    hvc_restart_end(r);
    hvc_status_publish(r);
    end_thread(r);
    return NULL;
}

/* ---- open and close ---- */

static char *copy_of(const char *text, bool *ok)
{
    char *copy = text == NULL ? NULL : strdup(text);

    *ok = *ok && (text == NULL || copy != NULL);
    return copy;
}

static void init_locks(struct hvc_replica *r)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&r->end_lock, NULL);
    (void)pthread_cond_init(&r->end_come, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&r->mail_lock, NULL);
    (void)pthread_mutex_init(&r->state_lock, NULL);
    (void)pthread_mutex_init(&r->store_lock, NULL);
    (void)pthread_cond_init(&r->store_idle, NULL);
    (void)pthread_mutex_init(&r->status_lock, NULL);
    r->mail_tail = &r->mail;
    hvc_soft_init(&r->soft);
}

static int open_corosync(void *context, void **ret_ring, struct hvc_error *error)
{
    const struct hvc_replica *r = context;
    struct hvc_ring *ring = NULL;
    int result = hvc_ring_open(r->group, &ring, error);

    if (result == 0)
        *ret_ring = ring;
    return result;
}

static int open_alone(void *context, void **ret_ring, struct hvc_error *error)
{
    const struct hvc_replica *r = context;

    return hvc_alone_open(r->node_name, ret_ring, error);
}

static void choose_ring(struct hvc_replica *r, const struct hvc_ring_port *port)
{
    if (port != NULL)
        r->port = *port;
    else if (r->alone)
        r->port = (struct hvc_ring_port){&hvc_alone_operations, open_alone, r};
    else
        r->port = (struct hvc_ring_port){&hvc_ring_operations, open_corosync, r};
}

int hvc_replica_open_on(const struct hvc_replica_config *config, const struct hvc_ring_port *port,
                        const struct hvc_tuning *tuning, struct hvc_replica **ret_replica, struct hvc_error *error)
{
    struct hvc_replica *r;
    bool ok = true;
    int result;

    if (config->state_directory == NULL || (config->group == NULL && config->node_name == NULL))
        return hvc_error_set(error, -EINVAL, "a replica needs a folder for its store and a group or a node's name");
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for the replica");
    init_locks(r);
    r->hooks = config->hooks;
    r->init = config->init;
    r->force = config->force;
    r->alone = config->group == NULL;
    r->tuning = *tuning;
    r->since_ms = hvc_now_ms();
    r->wake_ms = HVC_NO_DEADLINE;
    r->stamp.stale = true;
    r->state_directory = copy_of(config->state_directory, &ok);
    r->boot_id_file = copy_of(config->boot_id_file, &ok);
    r->group = copy_of(config->group, &ok);
    r->node_name = copy_of(config->node_name, &ok);
    choose_ring(r, port);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = !ok ? -ENOMEM : r->wake < 0 ? -errno : hvc_state_init(r);
    hvc_status_publish(r);
    if (result == 0)
        result = hvc_thread_leave(run, r);
    if (result < 0) {
        replica_free(r);
        return hvc_error_set(error, result, "cannot start the replica: %s", strerror(-result));
    }
    *ret_replica = r;
    return 0;
}

int hvc_replica_open(const struct hvc_replica_config *config, struct hvc_replica **ret_replica, struct hvc_error *error)
{
    struct hvc_tuning tuning = hvc_tuning_default(config->group == NULL);

    return hvc_replica_open_on(config, NULL, &tuning, ret_replica, error);
}

int hvc_replica_close(struct hvc_replica *r, uint64_t wait_ms, struct hvc_error *error)
{
    const struct timespec deadline = hvc_timespec_of(hvc_deadline_in(wait_ms));
    bool ended;
    int late = 0;

    if (r == NULL)
        return 0;
    atomic_store(&r->stop, true);
    wake(r);
    (void)pthread_mutex_lock(&r->end_lock);
    while (!r->ended && late == 0)
        late = pthread_cond_timedwait(&r->end_come, &r->end_lock, &deadline);
    ended = r->ended;
    r->abandoned = !ended;
    atomic_store(&r->deaf, !ended);
    (void)pthread_mutex_unlock(&r->end_lock);
    if (!ended)
        return hvc_error_set(error, -ETIMEDOUT,
                             "the replica did not end within %llu ms: the disk or corosync holds it; this process "
                             "should end now",
                             (unsigned long long)wait_ms);
    replica_free(r);
    return 0;
}
