/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cancel.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

#define MIB (UINT64_C(1) << 20)
#define NOW UINT64_C(1000000)

/* ---- the moment ---- */

static void a_copy_is_ended_unless_it_is_nearly_done(void **state)
{
    static const struct {
        struct hvc_migrate_progress progress;
        bool safe;
    } cases[] = {
        {{.phase = HVC_MIGRATE_NONE}, true},
        {{.phase = HVC_MIGRATE_SETUP}, true},
        {{.phase = HVC_MIGRATE_DONE}, true},
        {{.phase = HVC_MIGRATE_POST_COPY}, true},
        {{.phase = HVC_MIGRATE_COPY}, true}, /* no numbers yet */
        {{.phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 64 * MIB}, true},
        {{.phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 10 * MIB, .rate_bytes = 20 * MIB},
         true},
        {{.phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 9 * MIB, .rate_bytes = 20 * MIB},
         false},
        {{.phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .rate_bytes = 20 * MIB}, false},
        /* pages of zeros: little on the wire, and most of it is done */
        {{.phase = HVC_MIGRATE_COPY,
          .total_bytes = 64 * MIB,
          .remaining_bytes = 9 * MIB,
          .rate_bytes = MIB,
          .elapsed_ms = 200},
         false},
        {{.phase = HVC_MIGRATE_COPY, .total_bytes = 1 << 20, .remaining_bytes = UINT64_MAX, .rate_bytes = 1}, true},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_cancel_moment moment = {0};

        if (hvc_cancel_is_safe(&moment, &cases[i].progress, NOW) != cases[i].safe)
            fail_msg("row %zu", i);
    }
}

static void what_two_looks_see_counts(void **state)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 40 * MIB};
    struct hvc_cancel_moment moment = {0};

    (void)state;
    assert_true(hvc_cancel_is_safe(&moment, &p, NOW));
    p.remaining_bytes = 30 * MIB; /* 10 in 50 ms: 150 ms are left */
    assert_false(hvc_cancel_is_safe(&moment, &p, NOW + 50));
    p.remaining_bytes = 60 * MIB; /* the next pass */
    assert_true(hvc_cancel_is_safe(&moment, &p, NOW + 100));
}

static void a_switch_over_is_ended_when_it_has_lasted(void **state)
{
    struct hvc_migrate_progress p = {.phase = HVC_MIGRATE_SWITCH};
    struct hvc_cancel_moment moment = {0};

    (void)state;
    assert_false(hvc_cancel_is_safe(&moment, &p, NOW));
    assert_false(hvc_cancel_is_safe(&moment, &p, NOW + HVC_CANCEL_SWITCH_MS - 1));
    assert_true(hvc_cancel_is_safe(&moment, &p, NOW + HVC_CANCEL_SWITCH_MS));
}

/* ---- the order ---- */

struct hypervisor {
    struct hvc_hypervisor base; /* first */
    struct hvc_migrate_progress progress[2];
    unsigned before; /* looks that see the first one */
    int result;      /* of looks */
    unsigned looks, cancels, downtimes;
};

static int tell(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    struct hypervisor *fake = (struct hypervisor *)h;

    (void)uuid;
    (void)deadline_ms;
    *ret_progress = fake->progress[fake->looks++ >= fake->before];
    return fake->result < 0 ? hvc_error_set(error, fake->result, "no answer") : 0;
}

static int take_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)uuid;
    (void)deadline_ms;
    (void)error;
    return (int)++((struct hypervisor *)h)->cancels - 1;
}

static int take_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                         struct hvc_error *error)
{
    (void)uuid;
    (void)deadline_ms;
    assert_int_equal(downtime_ms, 1);
    ((struct hypervisor *)h)->downtimes++;
    return hvc_error_set(error, -ENOTSUP, "not by this driver");
}

static const struct hvc_hypervisor_ops ops = {.progress = tell, .cancel = take_cancel, .set_downtime = take_downtime};

static const struct hvc_migrate_progress far = {
    .phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 60 * MIB, .rate_bytes = MIB};
static const struct hvc_migrate_progress near = {
    .phase = HVC_MIGRATE_COPY, .total_bytes = 64 * MIB, .remaining_bytes = 1, .rate_bytes = MIB};

static void one_that_is_far_from_its_end_is_cancelled_at_once(void **state)
{
    struct hypervisor fake = {.base = {.ops = &ops}, .progress = {far, far}};

    (void)state;
    assert_int_equal(hvc_hypervisor_cancel(&fake.base, "u", hvc_deadline_in(5000), NULL), 0);
    assert_int_equal(fake.looks, 1);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(fake.downtimes, 0);
}

static void one_that_is_near_is_kept_away_from_it_first(void **state)
{
    struct hypervisor fake = {.base = {.ops = &ops}, .progress = {near, far}, .before = 3};

    (void)state;
    assert_int_equal(hvc_hypervisor_cancel(&fake.base, "u", hvc_deadline_in(60000), NULL), 0);
    assert_int_equal(fake.looks, 4);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(fake.downtimes, 1);
}

static void a_good_moment_that_never_comes_is_not_waited_for(void **state)
{
    struct hypervisor fake = {.base = {.ops = &ops}, .progress = {near, near}};
    uint64_t began = hvc_now_ms();

    (void)state;
    assert_int_equal(hvc_hypervisor_cancel(&fake.base, "u", hvc_deadline_in(2000), NULL), 0);
    assert_in_range(hvc_now_ms() - began, 1400, 60000);
    assert_int_equal(fake.cancels, 1);
    fake.looks = 0;
    assert_int_equal(hvc_hypervisor_cancel(&fake.base, "u", hvc_deadline_in(100), NULL), 1); /* no time for a look */
    assert_int_equal(fake.looks, 0);
    assert_int_equal(fake.cancels, 2);
}

static void without_an_answer_the_order_is_sent(void **state)
{
    struct hypervisor fake = {.base = {.ops = &ops}, .progress = {near, near}, .result = -ETIMEDOUT};

    (void)state;
    assert_int_equal(hvc_hypervisor_cancel(&fake.base, "u", hvc_deadline_in(5000), NULL), 0);
    assert_int_equal(fake.looks, 1);
    assert_int_equal(fake.cancels, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_ended_unless_it_is_nearly_done),
        cmocka_unit_test(what_two_looks_see_counts),
        cmocka_unit_test(a_switch_over_is_ended_when_it_has_lasted),
        cmocka_unit_test(one_that_is_far_from_its_end_is_cancelled_at_once),
        cmocka_unit_test(one_that_is_near_is_kept_away_from_it_first),
        cmocka_unit_test(a_good_moment_that_never_comes_is_not_waited_for),
        cmocka_unit_test(without_an_answer_the_order_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
