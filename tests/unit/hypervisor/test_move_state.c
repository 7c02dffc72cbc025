/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends a wait. A wait that is not ended hangs, and the program's time ends it. */
#include <errno.h>

#include "../hvc_cmocka.h"
#include "fake_world.h"
#include "hvc/clock.h"
#include "move_private.h"

#define AN_HOUR_MS 3600000

struct fixture {
    struct fake_world world;
    struct hvc_move *move;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct hvc_move_request request = {.source = &fixture.world.source.base,
                                       .target = &fixture.world.target.base,
                                       .source_name = "n1",
                                       .target_name = "n2",
                                       .options = {.target_uri = "fake://n2"}};

    fake_world_begin(&fixture.world);
    memcpy(request.id.uuid, FAKE_UUID, sizeof(FAKE_UUID));
    *state = &fixture;
    return hvc_move_new(&request, &fixture.move, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    hvc_move_free(f->move);
    fake_world_end(&f->world);
    return 0;
}

static int fail_at_once(struct hvc_move *m, struct hvc_error *error)
{
    (void)m;
    return hvc_error_set(error, -EIO, "fake: it fails");
}

static void await_return(struct hvc_move *m)
{
    hvc_move_lock(m);
    while (m->call != CALL_RETURNED)
        (void)pthread_cond_wait(&m->changed, &m->lock);
    hvc_move_unlock(m);
}

/* The call may return while its progress is asked for. */
static void a_return_before_the_wait_ends_it(void **state)
{
    struct hvc_move *m = ((struct fixture *)*state)->move;

    assert_int_equal(hvc_move_call(m, fail_at_once, NULL), 0);
    await_return(m);
    hvc_move_wait(m, AN_HOUR_MS);
}

static void a_cancel_before_the_wait_ends_it(void **state)
{
    struct hvc_move *m = ((struct fixture *)*state)->move;

    hvc_move_cancel(m, "an operator's word");
    hvc_move_wait(m, AN_HOUR_MS);
}

/* Looks at the ends keep their distance: what was seen, or told twice, ends no wait. */
static void what_was_seen_ends_no_wait(void **state)
{
    struct hvc_move *m = ((struct fixture *)*state)->move;
    struct hvc_error error;
    uint64_t begin;

    assert_int_equal(hvc_move_call(m, fail_at_once, NULL), 0);
    assert_int_equal(hvc_move_await(m, &error), -EIO);
    hvc_move_cancel(m, "an operator's word");
    hvc_move_wait(m, AN_HOUR_MS);
    hvc_move_cancel(m, "the same once more");
    begin = hvc_now_ms();
    hvc_move_wait(m, 20);
    assert_true(hvc_now_ms() - begin >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_return_before_the_wait_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_before_the_wait_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_seen_ends_no_wait, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
