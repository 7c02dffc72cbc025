/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replica_keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hvc/clock.h"
#include "log.h"

/* What the replica has for its end, before it is started again. */
#define CLOSE_MS 10000

struct replica_keeper {
    struct hvc_keeper base;
    struct hvc_replica_keeper_options options;
    pthread_rwlock_t lock; /* of replica and words: a reader uses the replica, the writer exchanges it */
    struct hvc_replica *replica;
    char words[HVC_ERROR_TEXT_MAX]; /* why there is none */
    pthread_mutex_t moment_lock;    /* of moment */
    pthread_cond_t moved;
    uint64_t moment; /* counts the changes */
};

static struct replica_keeper *of(struct hvc_keeper *base)
{
    return (struct replica_keeper *)base;
}

/* ---- the replica's messages ---- */

static void take_message(void *context, int priority, unsigned id, const char *details)
{
    const struct replica_keeper *keeper = context;

    for (unsigned i = 0; i < HVC_MESSAGE_COUNT; i++) {
        if (hvc_message_row((enum hvc_message)i)->id == id) {
            hvc_log_with_priority(priority, (enum hvc_message)i, details);
            return;
        }
    }
    keeper->options.message(keeper->options.message_context, HVC_MESSAGE_INTERNAL, details);
}

static void changed(void *context)
{
    struct replica_keeper *keeper = context;

    (void)pthread_mutex_lock(&keeper->moment_lock);
    keeper->moment++;
    (void)pthread_cond_broadcast(&keeper->moved);
    (void)pthread_mutex_unlock(&keeper->moment_lock);
    if (keeper->options.changed != NULL)
        keeper->options.changed(keeper->options.changed_context);
}

static uint64_t await(struct hvc_keeper *base, uint64_t since, uint64_t deadline_ms)
{
    struct replica_keeper *keeper = of(base);
    const struct timespec deadline = hvc_timespec_of(deadline_ms);
    uint64_t moment;

    (void)pthread_mutex_lock(&keeper->moment_lock);
    while (keeper->moment == since &&
           pthread_cond_clockwait(&keeper->moved, &keeper->moment_lock, CLOCK_MONOTONIC, &deadline) == 0)
        continue;
    moment = keeper->moment;
    (void)pthread_mutex_unlock(&keeper->moment_lock);
    return moment;
}

static int open_replica(struct replica_keeper *keeper, bool init, bool force, struct hvc_error *error)
{
    const struct hvc_replica_config config = {.state_directory = keeper->options.state_directory,
                                              .boot_id_file = keeper->options.boot_id_file,
                                              .group = keeper->options.group,
                                              .node_name = keeper->options.node_name,
                                              .init = init,
                                              .force = force,
                                              .hooks = {changed, take_message, keeper}};

    return hvc_replica_open(&config, &keeper->replica, error);
}

/* ---- asking ---- */

/* True with the lock held for reading. Never waits: only a restart holds the lock for writing. */
static bool enter(struct replica_keeper *keeper)
{
    if (pthread_rwlock_tryrdlock(&keeper->lock) != 0)
        return false;
    if (keeper->replica != NULL)
        return true;
    (void)pthread_rwlock_unlock(&keeper->lock);
    return false;
}

static void leave(struct replica_keeper *keeper)
{
    (void)pthread_rwlock_unlock(&keeper->lock);
}

#define BEING_STARTED "the cluster's state is just being started again at an operator's word"

static void status(struct hvc_keeper *base, struct hvc_replica_status *ret_status)
{
    struct replica_keeper *keeper = of(base);

    if (enter(keeper)) {
        hvc_replica_status(keeper->replica, ret_status);
        leave(keeper);
        return;
    }
    memset(ret_status, 0, sizeof(*ret_status));
    ret_status->alone = keeper->options.group == NULL;
    ret_status->health = HVC_REPLICA_STARTING;
    (void)snprintf(ret_status->words, sizeof(ret_status->words), "%s", BEING_STARTED);
    if (pthread_rwlock_tryrdlock(&keeper->lock) != 0)
        return;
    if (keeper->replica == NULL) {
        ret_status->health = HVC_REPLICA_LEFT;
        (void)snprintf(ret_status->words, sizeof(ret_status->words), "%s", keeper->words);
    }
    leave(keeper);
}

static int token(struct hvc_keeper *base, struct hvc_token *ret_token)
{
    struct replica_keeper *keeper = of(base);

    if (!enter(keeper))
        return -EAGAIN;
    hvc_replica_token(keeper->replica, ret_token);
    leave(keeper);
    return 0;
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
    struct hvc_replica_outcome *outcome;
};

static void proposal_done(void *context, const struct hvc_replica_outcome *outcome)
{
    struct waiter *waiter = context;

    (void)pthread_mutex_lock(&waiter->lock);
    *waiter->outcome = *outcome;
    waiter->done = true;
    (void)pthread_cond_signal(&waiter->wake);
    (void)pthread_mutex_unlock(&waiter->lock);
}

static int submit(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *request_token,
                  uint64_t deadline_ms, bool wait_for_quorum, hvc_replica_done_fn done, void *context,
                  struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return hvc_error_set(error, -EAGAIN, "%s", BEING_STARTED);
    rc =
        hvc_replica_submit(keeper->replica, command, request_token, deadline_ms, wait_for_quorum, done, context, error);
    leave(keeper);
    return rc == -ECANCELED ? -EAGAIN : rc; /* it was not taken: nothing can come of it */
}

/* Waits outside the lock: a restart answers those who wait, and need not wait for them. */
static int propose(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *request_token,
                   uint64_t deadline_ms, bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome)
{
    struct waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    struct hvc_error error = {0};
    int rc;

    memset(ret_outcome, 0, sizeof(*ret_outcome));
    waiter.outcome = ret_outcome;
    rc = submit(base, command, request_token, deadline_ms, wait_for_quorum, proposal_done, &waiter, &error);
    if (rc < 0) {
        ret_outcome->error = rc;
        (void)snprintf(ret_outcome->words, sizeof(ret_outcome->words), "%s", error.text);
        return ret_outcome->error;
    }
    (void)pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        (void)pthread_cond_wait(&waiter.wake, &waiter.lock);
    (void)pthread_mutex_unlock(&waiter.lock);
    return ret_outcome->error;
}

static int read_state(struct hvc_keeper *base, enum hvc_replica_freshness freshness, uint64_t deadline_ms,
                      hvc_keeper_look_fn look, void *context, struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return hvc_error_set(error, -EAGAIN, "%s", BEING_STARTED);
    rc = hvc_replica_read(keeper->replica, freshness, deadline_ms, look, context, error);
    leave(keeper);
    return rc;
}

static int backup(struct hvc_keeper *base, const char *path, struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return hvc_error_set(error, -EAGAIN, "%s", BEING_STARTED);
    rc = hvc_replica_backup(keeper->replica, path, error);
    leave(keeper);
    return rc;
}

static int document(struct hvc_keeper *base, const uint8_t hash[HVC_STORE_HASH_SIZE], uint64_t deadline_ms,
                    char **ret_bytes, size_t *ret_length, struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return hvc_error_set(error, -EAGAIN, "%s", BEING_STARTED);
    rc = hvc_replica_document(keeper->replica, hash, deadline_ms, ret_bytes, ret_length, error);
    leave(keeper);
    return rc;
}

void hvc_replica_keeper_fenced(struct hvc_keeper *base, uint32_t node)
{
    struct replica_keeper *keeper = of(base);

    if (!enter(keeper))
        return;
    hvc_replica_fenced(keeper->replica, node);
    leave(keeper);
}

static int soft(struct hvc_keeper *base, uint32_t node, struct hvc_soft_facts *ret_facts)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return -EAGAIN;
    rc = hvc_replica_soft(keeper->replica, node, ret_facts);
    leave(keeper);
    return rc;
}

static int soft_job(struct hvc_keeper *base, uint64_t job, struct hvc_soft_job *ret_job)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return -EAGAIN;
    rc = hvc_replica_soft_job(keeper->replica, job, ret_job);
    leave(keeper);
    return rc;
}

int hvc_replica_keeper_publish(struct hvc_keeper *base, struct hvc_soft_facts *facts)
{
    struct replica_keeper *keeper = of(base);
    int rc;

    if (!enter(keeper))
        return -EAGAIN;
    rc = hvc_replica_publish(keeper->replica, facts);
    leave(keeper);
    return rc;
}

/* ---- starting again ---- */

static int exchange(struct replica_keeper *keeper, bool init, bool force, struct hvc_error *error)
{
    int rc = hvc_replica_close(keeper->replica, CLOSE_MS, error);

    keeper->replica = NULL;
    if (rc < 0)
        hvc_log(HVC_MESSAGE_REPLICA_LEFT_BEHIND, "words=\"%s\"", error->text);
    if (rc == 0)
        rc = open_replica(keeper, init, force, error);
    if (rc < 0) {
        (void)hvc_error_prefix(error, "the cluster's state could not be started again, restart hvclusterd");
        (void)snprintf(keeper->words, sizeof(keeper->words), "%s", error->text);
    }
    return rc;
}

static int begin_again(struct hvc_keeper *base, bool init, bool force, uint64_t deadline_ms, struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    const struct timespec deadline = hvc_timespec_of(deadline_ms);
    int rc;

    if (pthread_rwlock_clockwrlock(&keeper->lock, CLOCK_MONOTONIC, &deadline) != 0)
        return hvc_error_set(error, -EBUSY, "others are reading the cluster's state: nothing was done, try again");
    rc = exchange(keeper, init, force, error);
    (void)pthread_rwlock_unlock(&keeper->lock);
    return rc;
}

/* ---- open and end ---- */

int hvc_replica_keeper_open(const struct hvc_replica_keeper_options *options, struct hvc_keeper **ret_keeper,
                            struct hvc_error *error)
{
    static const struct hvc_keeper_ops ops = {
        .status = status,
        .token = token,
        .propose = propose,
        .read = read_state,
        .backup = backup,
        .begin_again = begin_again,
        .submit = submit,
        .soft = soft,
        .soft_job = soft_job,
        .await = await,
        .document = document,
        .hash = hvc_store_hash,
    };
    struct replica_keeper *keeper = calloc(1, sizeof(*keeper));
    int rc;

    if (keeper == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    keeper->base.ops = &ops;
    keeper->options = *options;
    keeper->moment = 1;
    (void)pthread_mutex_init(&keeper->moment_lock, NULL);
    (void)pthread_cond_init(&keeper->moved, NULL);
    (void)pthread_rwlock_init(&keeper->lock, NULL);
    rc = open_replica(keeper, options->init, options->force, error);
    if (rc < 0) {
        hvc_replica_keeper_free(&keeper->base);
        return rc;
    }
    *ret_keeper = &keeper->base;
    return 0;
}

int hvc_replica_keeper_end(struct hvc_keeper *base, uint64_t wait_ms, struct hvc_error *error)
{
    struct replica_keeper *keeper = of(base);
    const struct timespec deadline = hvc_timespec_of(hvc_deadline_in(wait_ms / 2));
    int rc;

    if (keeper == NULL)
        return 0;
    if (pthread_rwlock_clockwrlock(&keeper->lock, CLOCK_MONOTONIC, &deadline) != 0)
        return hvc_error_set(error, -EBUSY, "an operation has not let go of the cluster's state");
    rc = hvc_replica_close(keeper->replica, wait_ms / 2, error);
    keeper->replica = NULL;
    (void)snprintf(keeper->words, sizeof(keeper->words), "hvclusterd is stopping");
    (void)pthread_rwlock_unlock(&keeper->lock);
    return rc;
}

void hvc_replica_keeper_free(struct hvc_keeper *base)
{
    struct replica_keeper *keeper = of(base);

    if (keeper == NULL)
        return;
    (void)pthread_rwlock_destroy(&keeper->lock);
    (void)pthread_cond_destroy(&keeper->moved);
    (void)pthread_mutex_destroy(&keeper->moment_lock);
    free(keeper);
}
