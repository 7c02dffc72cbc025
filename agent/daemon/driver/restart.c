/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From nothing to a running core and back: open the store and load it, open the ring and wait for the own node id, make
 * the core. What goes wrong is a state with words; the thread waits, longer each time, and begins again as a fresh
 * member with a new boot id.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <syslog.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/hash.h"
#include "internal.h"

enum { CLOSE_MS = 10000 };

static bool random_bytes(void *bytes, size_t length)
{
    return getrandom(bytes, length, 0) == (ssize_t)length;
}

static int read_host_boot(struct hvc_replica *r, struct hvc_error *error)
{
    const char *path = r->boot_id_file != NULL ? r->boot_id_file : "/proc/sys/kernel/random/boot_id";
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[128];
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));

    if (length <= 0)
        return hvc_error_set(error, length < 0 ? -errno : -ENODATA, "cannot read the host's boot id from %s: %s", path,
                             length < 0 ? strerror(errno) : "it is empty");
    r->host_boot = hvc_hash64(text, (size_t)length, 0);
    r->host_boot += r->host_boot == 0;
    return 0;
}

/* ---- store ---- */

static void share(struct hvc_replica *r, struct hvc_store *store)
{
    (void)pthread_mutex_lock(&r->store_lock);
    while (store == NULL && r->store_users > 0)
        (void)pthread_cond_wait(&r->store_idle, &r->store_lock);
    r->shared = store;
    (void)pthread_mutex_unlock(&r->store_lock);
}

static int open_store(struct hvc_replica *r, struct hvc_error *error)
{
    struct hvc_store_config config = {.directory = r->state_directory, .boot_id_file = r->boot_id_file};
    hvc_document_hash *hashes = NULL;
    size_t count = 0;
    int result = read_host_boot(r, error);

    if (result == 0)
        result = hvc_store_open(&config, &r->store, error);
    if (result == 0)
        result = hvc_store_documents(r->store, &hashes, &count, error);
    if (result < 0)
        return result;
    hvc_documents_clear(&r->documents);
    for (size_t i = 0; i < count && result == 0; i++)
        result = hvc_hash_set_add(&r->documents.stored, hashes[i]);
    free(hashes);
    if (result < 0)
        return hvc_error_set(error, result, "no memory for the list of %zu definitions", count);
    r->submitted = r->persisted = r->carried_out = 0;
    r->queued_records = 0;
    r->disk_failed = false;
    r->store_condition = HVC_STORE_GOOD;
    hvc_error_clear(&r->store_error);
    return 0;
}

static void tell_store(struct hvc_replica *r)
{
    if (r->facts.damaged)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_STORE, "what=damaged reason=\"%s\" aside=\"%s\"",
                         r->facts.damage, r->facts.aside);
    if (r->facts.volatile_place)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_STORE, "what=volatile place=%s directory=%s",
                         r->facts.place, r->state_directory);
}

/* ---- core ---- */

static struct hvc_replication_config core_config(const struct hvc_replica *r, uint32_t node)
{
    const struct hvc_tuning *t = &r->tuning;

    return (struct hvc_replication_config){.node = node,
                                           .boot_id = r->boot_id,
                                           .host_boot = r->host_boot,
                                           .wire_min = HVC_REPLICATION_WIRE_MIN,
                                           .wire_max = HVC_REPLICATION_WIRE_MAX,
                                           .entry_version_max = HVC_COMMAND_VERSION,
                                           .chunk_bytes = HVC_CHUNK_MAX,
                                           .log_entries = t->log_entries,
                                           .log_bytes = t->log_bytes,
                                           .tokens = t->tokens,
                                           .digest_interval = t->digest_interval,
                                           .exclude_ms = t->exclude_ms,
                                           .resend_ms = t->resend_ms,
                                           .rejoin_ms = t->rejoin_ms,
                                           .barrier_ms = t->barrier_ms};
}

static int init_core(struct hvc_replica *r, uint32_t node, struct hvc_error *error)
{
    struct hvc_replication_config config = core_config(r, node);
    const struct hvc_store_facts *f = &r->facts;
    /* A store that has lost something is no new one, which could take part in the making of a history; only the
     * operator's init makes it one. */
    struct hvc_replication_store store = {.empty = f->empty && (!f->damaged || r->init),
                                          .damaged = f->damaged,
                                          .voter = f->voter,
                                          .node = f->node,
                                          .view_boot = f->view_boot,
                                          .promised = f->promised,
                                          .commit = f->commit,
                                          .refused = f->refused};
    size_t size = hvc_replication_size(&config);
    int result;

    if (!random_bytes(config.cluster_id, sizeof(config.cluster_id)))
        return hvc_error_set(error, -EIO, "the kernel gives no random numbers");
    memcpy(store.cluster_id, f->cluster_id, sizeof(store.cluster_id));
    store.with.count = f->with.count;
    memcpy(store.with.node, f->with.node, sizeof(store.with.node));
    if (f->has_snapshot) {
        store.snapshot = f->metadata;
        store.snapshot_length = f->metadata_length;
    }
    free(r->core_memory);
    r->core = NULL;
    r->core_memory = calloc(1, size);
    if (size == 0 || r->core_memory == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for the log: %zu bytes", size);
    result = hvc_replication_init(r->core_memory, size, &config, &store, &r->core);
    if (result < 0)
        return hvc_error_set(error, result, "the stored snapshot's metadata cannot be read");
    return 0;
}

struct load {
    struct hvc_replica *replica;
    struct hvc_state_loader state;
    bool begun;
};

static int load_state(void *userdata, uint64_t offset, const void *bytes, size_t length)
{
    struct load *load = userdata;

    (void)offset;
    if (!load->begun)
        hvc_state_load_begin(load->replica, &load->state);
    load->begun = true;
    return hvc_state_load_bytes(&load->state, bytes, length);
}

static int load_entry(void *userdata, const struct hvc_store_entry *from)
{
    const struct load *load = userdata;
    struct hvc_entry entry = {.index = from->index,
                              .epoch = from->epoch,
                              .kind = from->kind,
                              .version = from->version,
                              .token.birth = from->birth,
                              .bytes = from->bytes,
                              .length = from->length};

    memcpy(entry.token.id, from->token, sizeof(entry.token.id));
    return hvc_replication_load(load->replica->core, &entry);
}

static int load_all(struct hvc_replica *r, uint32_t node, struct hvc_error *error)
{
    static const struct hvc_store_loader loader = {.state = load_state, .entry = load_entry};
    struct load load = {.replica = r};
    int result = init_core(r, node, error);

    if (result < 0)
        return result;
    hvc_state_reset(r, true);
    if (r->facts.damaged || r->facts.empty)
        return 0;
    hvc_error_clear(error);
    result = hvc_store_load(r->store, &loader, &load, error);
    if (load.begun && result == 0)
        result = hvc_state_load_end(&load.state, r->facts.snapshot_index, 0);
    else
        hvc_state_load_drop(&load.state);
    if (result < 0 && error->code == 0)
        return hvc_error_set(error, result, "what the store holds cannot be used: %s", strerror(-result));
    return result;
}

/* Content that cannot be used is put aside; the store is empty and damaged then, and refills from the others. */
static int load_or_condemn(struct hvc_replica *r, uint32_t node, struct hvc_error *error)
{
    char reason[HVC_ERROR_TEXT_MAX];
    int result = load_all(r, node, error);

    if (result != -EBADMSG && result != -ENOBUFS)
        return result;
    (void)snprintf(reason, sizeof(reason), "%s", error->text);
    result = hvc_store_condemn(r->store, reason, error);
    if (result < 0)
        return result;
    hvc_store_facts(r->store, &r->facts);
    tell_store(r);
    return load_all(r, node, error);
}

static void say_operator(struct hvc_replica *r, enum hvc_replication_event_kind kind, const char *word)
{
    struct hvc_replication_event event = {.kind = kind};
    int result = 0;

    if (kind == HVC_REPLICATION_FORCE && !random_bytes(event.cluster_id, sizeof(event.cluster_id)))
        result = -EIO;
    if (result == 0)
        result = hvc_drive(r, &event);
    if (result < 0)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_OPERATOR, "word=%s result=refused reason=\"%s\"", word,
                         result == -EEXIST   ? "this node has a history already"
                         : result == -ENOENT ? "this node has no history that could survive"
                                             : strerror(-result));
}

static int start_core(struct hvc_replica *r, uint32_t node, struct hvc_error *error)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_START};
    int result;

    if (!random_bytes(&r->boot_id, sizeof(r->boot_id)))
        return hvc_error_set(error, -EIO, "the kernel gives no random numbers");
    result = load_or_condemn(r, node, error);
    if (result < 0)
        return result;
    r->node = node;
    r->stage = HVC_STAGE_RUN;
    share(r, r->store);
    hvc_replication_status(r->core, &r->core_status);
    (void)hvc_drive(r, &event); /* applies what the store holds as committed */
    if (!r->leaving)
        hvc_state_ready(r);
    if (r->init)
        say_operator(r, HVC_REPLICATION_INIT, "init");
    if (r->force)
        say_operator(r, HVC_REPLICATION_FORCE, "force");
    hvc_fetch_scan(r);
    return 0;
}

/* Corosync does not come, and with it the own node id: what is stored can be read meanwhile, as stale. It is loaded
 * once more when the id is known. */
static void preview(struct hvc_replica *r)
{
    struct hvc_error error = {0};

    r->previewed = true;
    if (r->facts.empty || r->facts.damaged || r->facts.node == 0)
        return;
    if (load_all(r, r->facts.node, &error) == 0) {
        hvc_drive_preview(r);
        hvc_state_ready(r);
        share(r, r->store);
    } else {
        hvc_state_reset(r, false); /* the start for good says what is wrong with it */
    }
    free(r->core_memory);
    r->core_memory = NULL;
    r->core = NULL;
    hvc_state_stamp(r);
}

/* ---- stages ---- */

static void fail(struct hvc_replica *r, struct hvc_error *error, const char *what)
{
    r->store_error = *error;
    (void)hvc_error_prefix(error, "%s", what);
    hvc_drive_leave(r, HVC_LEAVE_DISK, error->text);
}

static void step_store(struct hvc_replica *r)
{
    struct hvc_error error = {0};

    if (open_store(r, &error) < 0) {
        fail(r, &error, "the store cannot be used");
        return;
    }
    hvc_store_facts(r->store, &r->facts);
    tell_store(r);
    r->ring_ms = hvc_now_ms();
    r->previewed = false;
    if (r->port.open(r->port.context, &r->ring, &error) < 0)
        fail(r, &error, "corosync cannot be used");
    else
        r->stage = HVC_STAGE_RING;
}

void hvc_restart_step(struct hvc_replica *r)
{
    struct hvc_error error = {0};
    uint32_t node;

    switch (r->stage) {
    case HVC_STAGE_STORE:
        step_store(r);
        break;
    case HVC_STAGE_RING:
        node = r->port.operations->node(r->ring);
        if (node != 0 && start_core(r, node, &error) < 0)
            fail(r, &error, "what this node has stored cannot be used");
        if (node == 0 && !r->previewed && hvc_now_ms() >= r->ring_ms + r->tuning.preview_ms)
            preview(r);
        break;
    case HVC_STAGE_RUN:
        break;
    case HVC_STAGE_LEFT:
        if (hvc_now_ms() >= r->retry_ms && !r->hung)
            r->stage = HVC_STAGE_STORE;
        break;
    }
}

static void next_retry(struct hvc_replica *r)
{
    const struct hvc_tuning *t = &r->tuning;

    if (r->leave == HVC_LEAVE_REJOIN || r->voted_ms >= t->steady_ms)
        r->retry_delay_ms = 0;
    r->retry_delay_ms = r->retry_delay_ms == 0 ? t->retry_min_ms : r->retry_delay_ms * 2;
    if (r->retry_delay_ms > t->retry_max_ms)
        r->retry_delay_ms = t->retry_max_ms;
    r->retry_ms = r->hung ? HVC_NO_DEADLINE : hvc_now_ms() + r->retry_delay_ms;
}

static void close_all(struct hvc_replica *r)
{
    struct hvc_error error = {0};

    if (r->ring != NULL && r->port.operations->close(r->ring, CLOSE_MS) < 0) {
        r->hung = true;
        (void)snprintf(r->leave_words, sizeof(r->leave_words),
                       "corosync holds a call and does not return; this process has to be started again");
    }
    r->ring = NULL;
    share(r, NULL);
    if (r->store != NULL && hvc_store_close(r->store, &error) < 0)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_STORE, "what=close error=\"%s\"", error.text);
    r->store = NULL;
    r->facts.metadata = NULL;
    free(r->core_memory);
    r->core_memory = NULL;
    r->core = NULL;
}

void hvc_restart_end(struct hvc_replica *r)
{
    struct hvc_replication_event none = {.kind = HVC_REPLICATION_VIEW_END};

    hvc_propose_void(r);
    hvc_read_void(r);
    hvc_members_view(r, &none);
    close_all(r);
    memset(&r->core_status, 0, sizeof(r->core_status));
    r->quorum_known = r->quorate = false;
    r->wake_ms = HVC_NO_DEADLINE;
    r->fenced_count = 0;
    hvc_buffer_unref(r->pinned);
    hvc_buffer_unref(r->staged);
    r->pinned = r->staged = NULL;
    hvc_state_settle(r);
    hvc_state_stamp(r);
    next_retry(r);
    if (!atomic_load(&r->stop))
        hvc_replica_note(r, r->leave == HVC_LEAVE_REJOIN ? LOG_NOTICE : LOG_WARNING, HVC_REPLICA_MESSAGE_LEFT,
                         "reason=\"%s\" retry_ms=%llu", r->leave_words, (unsigned long long)r->retry_delay_ms);
    r->leaving = false;
    r->stage = HVC_STAGE_LEFT;
    r->changed = true;
}
