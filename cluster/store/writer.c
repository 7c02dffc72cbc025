/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer thread: takes what is queued, one transaction for all of it, and tells how far it came. */
#include <errno.h>
#include <inttypes.h>
#include <sys/eventfd.h>

#include "hvc/thread.h"
#include "internal.h"

static enum hvc_store_condition condition_of(int code)
{
    switch (code) {
    case -ENOSPC:
        return HVC_STORE_FULL;
    case -EIO:
        return HVC_STORE_IO_ERROR;
    case -EBADMSG:
        return HVC_STORE_CORRUPT;
    default:
        return HVC_STORE_REFUSED;
    }
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/*
 * Who waits is woken behind the lock: awake on another processor it would wait for the lock at once, and sleep again.
 * tell_due, under the lock, says whether tell is to be called; told stays true until collect has read what tell wrote.
 */
static bool tell_due(struct hvc_store *store)
{
    bool due = !store->told;

    store->told = true;
    return due;
}

/* Only when the counter would overflow could it fail. */
static void tell(const struct hvc_store *store)
{
    (void)eventfd_write(store->event_fd, 1);
}

/* Everything or nothing; ret_seq: the last seq in the batch, unchanged when there is none. */
static int carry_out(struct hvc_writer *writer, const struct hvc_change *batch, uint64_t *ret_seq,
                     struct hvc_error *error)
{
    uint64_t seq = *ret_seq;
    int r = hvc_sql_run(writer->statements[HVC_ST_BEGIN], error);

    if (r < 0)
        return r;
    for (const struct hvc_change *change = batch; r == 0 && change != NULL; change = change->next) {
        r = hvc_writer_apply(writer, change, error);
        if (change->record.seq != 0)
            seq = change->record.seq;
    }
    if (r == 0)
        r = hvc_sql_run(writer->statements[HVC_ST_COMMIT], error);
    if (r < 0) {
        (void)hvc_sql_exec(writer->db, "ROLLBACK", NULL); /* the failure is final; nothing is written after it */
        return r;
    }
    *ret_seq = seq;
    return 0;
}

/* Under the lock: unlinks at most HVC_STORE_BATCH_MAX records. */
static struct hvc_change *take(struct hvc_store *store, size_t *ret_count, size_t *ret_bytes)
{
    struct hvc_change *batch = store->head, *last = NULL;

    *ret_count = *ret_bytes = 0;
    for (struct hvc_change *c = batch; c != NULL && *ret_count < HVC_STORE_BATCH_MAX; c = c->next) {
        last = c;
        ++*ret_count;
        *ret_bytes += c->bytes;
    }
    if (last == NULL)
        return NULL;
    store->head = last->next;
    if (store->head == NULL)
        store->tail = &store->head;
    last->next = NULL;
    return batch;
}

static void free_all(struct hvc_change *batch)
{
    while (batch != NULL) {
        struct hvc_change *next = batch->next;

        hvc_change_free(batch);
        batch = next;
    }
}

/* Under the lock; true: tell is due. */
static bool note_failure(struct hvc_store *store, const struct hvc_error *error)
{
    store->progress.condition = condition_of(error->code);
    store->progress.error = *error;
    return tell_due(store);
}

/* Under the lock, which is released for the time of the disk. */
static void work(struct hvc_store *store)
{
    struct hvc_store_progress *progress = &store->progress;
    struct hvc_error error = {0};
    uint64_t seq = progress->persisted, begin = now_us();
    bool good = progress->condition == HVC_STORE_GOOD, due = false;
    size_t count, bytes;
    struct hvc_change *batch = take(store, &count, &bytes);

    (void)pthread_mutex_unlock(&store->lock);
    if (good)
        good = carry_out(&store->writer, batch, &seq, &error) == 0;
    (void)pthread_mutex_lock(&store->lock);
    progress->queued_records -= count;
    progress->queued_bytes -= bytes;
    if (good) {
        progress->persisted = seq;
        progress->carried_out += count;
        progress->transactions++;
        progress->last_commit_us = now_us() - begin;
        if (progress->last_commit_us > progress->worst_commit_us)
            progress->worst_commit_us = progress->last_commit_us;
        due = tell_due(store);
    } else if (progress->condition == HVC_STORE_GOOD) {
        due = note_failure(store, &error);
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (due)
        tell(store);
    free_all(batch);
    if (good) /* what was told stays true whatever comes of this */
        good = hvc_writer_checkpoint(&store->writer, &error) == 0;
    (void)pthread_mutex_lock(&store->lock);
    if (!good && progress->condition == HVC_STORE_GOOD && note_failure(store, &error))
        tell(store);
}

static void *run(void *userdata)
{
    struct hvc_store *store = userdata;

    (void)pthread_mutex_lock(&store->lock);
    for (;;) {
        while (store->head == NULL && !store->stop)
            (void)pthread_cond_wait(&store->wake, &store->lock);
        if (store->head == NULL)
            break;
        work(store);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return NULL;
}

int hvc_store_thread_start(struct hvc_store *store, struct hvc_error *error)
{
    int rc;

    store->stop = false;
    rc = hvc_thread_start(run, store, &store->thread);
    if (rc < 0)
        return hvc_error_set(error, rc, "cannot start the store's writer thread: %s", strerror(-rc));
    store->thread_runs = true;
    return 0;
}

void hvc_store_thread_stop(struct hvc_store *store)
{
    if (!store->thread_runs)
        return;
    (void)pthread_mutex_lock(&store->lock);
    store->stop = true;
    (void)pthread_cond_signal(&store->wake);
    (void)pthread_mutex_unlock(&store->lock);
    (void)pthread_join(store->thread, NULL);
    store->thread_runs = false;
}

/* Under the lock. */
static int enqueue(struct hvc_store *store, struct hvc_change *change, struct hvc_error *error)
{
    struct hvc_store_progress *progress = &store->progress;
    uint64_t seq = change->record.seq;

    if (progress->condition != HVC_STORE_GOOD) {
        if (error != NULL)
            *error = progress->error;
        return progress->error.code;
    }
    if (seq != 0 && seq <= store->last_seq)
        return hvc_error_set(error, -EINVAL, "record %" PRIu64 " comes after record %" PRIu64, seq, store->last_seq);
    if (progress->queued_records >= HVC_STORE_QUEUE_MAX ||
        progress->queued_bytes + change->bytes > HVC_STORE_QUEUE_BYTES_MAX)
        return hvc_error_set(
            error, -ENOBUFS, "the disk does not keep up: %zu records of %zu bytes wait (at most %d records, %d bytes)",
            progress->queued_records, progress->queued_bytes, HVC_STORE_QUEUE_MAX, HVC_STORE_QUEUE_BYTES_MAX);
    *store->tail = change;
    store->tail = &change->next;
    progress->queued_records++;
    progress->queued_bytes += change->bytes;
    store->submitted = true;
    if (seq != 0)
        store->last_seq = seq;
    change->release = change->record.snapshot == NULL ? NULL : change->snapshot.release;
    return 0;
}

int hvc_store_submit(struct hvc_store *store, const struct hvc_store_record *record, struct hvc_error *error)
{
    struct hvc_change *change;
    int r = hvc_change_new(record, &change, error);

    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&store->lock);
    r = enqueue(store, change, error);
    (void)pthread_mutex_unlock(&store->lock);
    if (r < 0)
        hvc_change_free(change);
    else
        (void)pthread_cond_signal(&store->wake); /* behind the lock: see tell_due */
    return r;
}

bool hvc_store_has_submitted(struct hvc_store *store)
{
    bool submitted;

    (void)pthread_mutex_lock(&store->lock);
    submitted = store->submitted;
    (void)pthread_mutex_unlock(&store->lock);
    return submitted;
}

int hvc_store_fd(const struct hvc_store *store)
{
    return store->event_fd;
}

void hvc_store_collect(struct hvc_store *store, struct hvc_store_progress *ret_progress)
{
    eventfd_t count;

    (void)pthread_mutex_lock(&store->lock);
    if (store->told && eventfd_read(store->event_fd, &count) == 0)
        store->told = false; /* else tell has not written it yet, and wakes who waits */
    *ret_progress = store->progress;
    (void)pthread_mutex_unlock(&store->lock);
}
