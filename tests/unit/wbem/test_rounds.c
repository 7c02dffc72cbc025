/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question for all who ask at the same time, and never an answer to one that was asked before somebody came. */
#include "rounds.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

enum { THREADS = 8, TIMES = 500, PATIENCE_MS = 60000 };

static struct world {
    struct hvc_wbemd_rounds *rounds;
    atomic_uint questions; /* begun */
    atomic_uint lost, old; /* answers that did not come, and to questions that were asked too early */
    int rc;                /* of every question */
    sem_t begun, end;      /* of a question that is held */
} world;

static int begin(void **state)
{
    (void)state;
    world.rounds = hvc_wbemd_rounds_new();
    atomic_store(&world.questions, 0);
    atomic_store(&world.lost, 0);
    atomic_store(&world.old, 0);
    world.rc = 0;
    return world.rounds == NULL || sem_init(&world.begun, 0, 0) != 0 || sem_init(&world.end, 0, 0) != 0 ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    hvc_wbemd_rounds_free(world.rounds);
    return 0;
}

/* The answer tells the number of its question. */
static int question(void *context, struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    const struct hvc_wbemd_stamp stamp = {.applied = atomic_fetch_add(&world.questions, 1) + 1};

    (void)context;
    if (world.rc < 0)
        return hvc_error_set(error, world.rc, "nobody answers");
    *ret_kept = hvc_wbemd_kept_new(&stamp);
    return *ret_kept == NULL ? -ENOMEM : 0;
}

static int held_question(void *context, struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    (void)sem_post(&world.begun);
    while (sem_wait(&world.end) != 0)
        continue;
    return question(context, ret_kept, error);
}

static void *ask_often(void *context)
{
    (void)context;
    for (unsigned i = 0; i < TIMES; i++) {
        unsigned before = atomic_load(&world.questions);
        struct hvc_wbemd_kept *kept = NULL;

        if (hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(PATIENCE_MS), question, NULL, &kept, NULL) < 0)
            (void)atomic_fetch_add(&world.lost, 1);
        else if (kept->stamp.applied <= before)
            (void)atomic_fetch_add(&world.old, 1);
        hvc_wbemd_kept_release(kept);
    }
    return NULL;
}

static void nobody_gets_an_answer_that_is_older_than_his_question(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&world.lost), 0);
    assert_int_equal(atomic_load(&world.old), 0);
    assert_in_range(atomic_load(&world.questions), TIMES, THREADS * TIMES);
}

static void *ask_held(void *context)
{
    struct hvc_wbemd_kept *kept = NULL;

    (void)context;
    if (hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(PATIENCE_MS), held_question, NULL, &kept, NULL) < 0)
        (void)atomic_fetch_add(&world.lost, 1);
    hvc_wbemd_kept_release(kept);
    return NULL;
}

static void who_waits_for_others_waits_until_his_deadline(void **state)
{
    struct hvc_wbemd_kept *kept = NULL;
    struct hvc_error error = {0};
    pthread_t other;

    (void)state;
    assert_int_equal(pthread_create(&other, NULL, ask_held, NULL), 0);
    while (sem_wait(&world.begun) != 0)
        continue;
    assert_int_equal(hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(20), question, NULL, &kept, &error),
                     -ETIMEDOUT);
    assert_non_null(strstr(error.text, "has not answered others in time"));
    assert_int_equal(atomic_load(&world.questions), 0);
    assert_int_equal(sem_post(&world.end), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(atomic_load(&world.lost), 0);
    assert_int_equal(hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(PATIENCE_MS), question, NULL, &kept, &error),
                     0);
    assert_int_equal(kept->stamp.applied, 2);
    hvc_wbemd_kept_release(kept);
}

static void a_question_that_fails_fails_for_all_and_the_next_is_asked(void **state)
{
    struct hvc_wbemd_kept *kept = NULL;
    struct hvc_error error = {0};

    (void)state;
    world.rc = -ENOTCONN;
    assert_int_equal(hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(PATIENCE_MS), question, NULL, &kept, &error),
                     -ENOTCONN);
    assert_string_equal(error.text, "nobody answers");
    assert_null(kept);
    world.rc = 0;
    assert_int_equal(hvc_wbemd_rounds_ask(world.rounds, hvc_deadline_in(PATIENCE_MS), question, NULL, &kept, &error),
                     0);
    hvc_wbemd_kept_release(kept);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_gets_an_answer_that_is_older_than_his_question),
        TEST(who_waits_for_others_waits_until_his_deadline),
        TEST(a_question_that_fails_fails_for_all_and_the_next_is_asked),
    };

    return cmocka_run_group_tests_name("wbem.rounds", tests, NULL, NULL);
}
