/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many threads open and close connections to a real corosync at once. */
#include "handles.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"
#include "solo.h"

enum { THREADS = 8, ROUNDS = 60 };

struct worker {
    pthread_t thread;
    cs_error_t bad; /* the first answer that was not CS_OK */
    const char *call;
};

static pthread_barrier_t start;

static int clean(void **state)
{
    (void)state;
    solo_stop();
    return 0;
}

static bool is_good(struct worker *worker, const char *call, cs_error_t result)
{
    if (result == CS_OK)
        return true;
    worker->bad = result;
    worker->call = call;
    return false;
}

static bool use_cmap(struct worker *worker)
{
    cmap_handle_t map;
    char *name = NULL;
    bool good = is_good(worker, "open", hvc_cmap_open(&map, CMAP_MAP_ICMAP));

    if (!good)
        return false;
    good = is_good(worker, "get", cmap_get_string(map, "totem.cluster_name", &name));
    free(name);
    hvc_cmap_close(map);
    return good;
}

static bool use_votequorum(struct worker *worker)
{
    struct votequorum_info info;
    votequorum_handle_t votes;
    bool good = is_good(worker, "open", hvc_votequorum_open(&votes, NULL));

    if (!good)
        return false;
    good = is_good(worker, "info", votequorum_getinfo(votes, 0, &info));
    hvc_votequorum_close(votes);
    return good;
}

static void *work(void *context)
{
    struct worker *worker = context;

    worker->bad = CS_OK;
    (void)pthread_barrier_wait(&start);
    if (use_cmap(worker))
        (void)use_votequorum(worker);
    return NULL;
}

/* Corosync answers once it has formed its first membership. */
static void wait_until_it_answers(void)
{
    uint64_t end = hvc_deadline_in(20000);
    struct worker worker = {0};

    while (!use_cmap(&worker) || !use_votequorum(&worker)) {
        if (hvc_deadline_left(end) == 0)
            fail_msg("corosync does not answer: %s: %s", worker.call, cs_strerror(worker.bad));
        (void)usleep(20000);
    }
}

/* Without the lock a connection gets lost (the leak sanitizer tells), or its handle is refused. */
static void no_thread_loses_its_connection_to_another(void **state)
{
    static struct worker workers[THREADS];

    (void)state;
    solo_start();
    wait_until_it_answers();
    for (int round = 0; round < ROUNDS; round++) {
        assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        (void)pthread_barrier_destroy(&start);
        for (int i = 0; i < THREADS; i++) {
            if (workers[i].bad != CS_OK)
                fail_msg("round %d, thread %d: %s: %s", round, i, workers[i].call, cs_strerror(workers[i].bad));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_thread_loses_its_connection_to_another)};

    if (!solo_prepare())
        return 77;
    return cmocka_run_group_tests(tests, NULL, clean);
}
