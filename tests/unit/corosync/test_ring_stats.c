/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of the ring, of a real corosync whose other nodes never answer. */
#include "hvc/ring_stats.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"
#include "solo.h"

static struct hvc_ring_load load;

static int clean(void **state)
{
    (void)state;
    solo_stop();
    return 0;
}

static void without_corosync_it_says_so_and_writes_nothing(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    load.retransmits = 42;
    assert_int_equal(hvc_ring_stats_read(hvc_deadline_in(5000), &load, &error), -ENOTCONN);
    assert_non_null(strstr(error.text, "corosync does not run on this node"));
    assert_int_equal(load.retransmits, 42);
}

static const struct hvc_ring_link *link_to(uint32_t node)
{
    for (unsigned i = 0; i < load.link_count; i++) {
        if (load.links[i].node == node)
            return &load.links[i];
    }
    return NULL;
}

/* Pings go out, nobody answers. */
static void the_links_to_all_nodes_are_told_with_their_pings(void **state)
{
    uint64_t end = hvc_deadline_in(30000), began;
    struct hvc_error error = {0};
    int r;

    (void)state;
    solo_start();
    do {
        r = hvc_ring_stats_read(hvc_deadline_in(2000), &load, &error);
        if (r == 0 && link_to(9) != NULL && link_to(9)->pings >= 2)
            break;
        (void)usleep(50000);
    } while (hvc_deadline_left(end) > 0);
    if (r < 0)
        fail_msg("%s", error.text);
    assert_non_null(link_to(8));
    assert_non_null(link_to(9));
    assert_int_equal(link_to(9)->link, 0);
    assert_true(link_to(9)->pings >= 2);
    assert_int_equal(link_to(9)->pongs, 0);
    assert_int_equal(link_to(9)->samples, 0);
    assert_false(link_to(9)->connected);
    /* the token goes round this node alone, and corosync tells after what time it would send it again */
    assert_in_range(load.token_retransmit_ms, 20, 5000);
    assert_in_range(load.token_age_ms, 0, 10000);
    assert_int_equal(load.token_losses, 0);
    began = hvc_now_ms();
    for (int i = 0; i < 20; i++)
        assert_int_equal(hvc_ring_stats_read(hvc_deadline_in(2000), &load, &error), 0);
    print_message("one look: %.1f ms, %u links\n", (double)(hvc_now_ms() - began) / 20, load.link_count);
}

static void a_stopped_corosync_costs_the_deadline_and_no_more(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    solo_signal(SIGSTOP);
    for (int i = 0; i < 4; i++) {
        uint64_t began = hvc_now_ms();

        assert_int_equal(hvc_ring_stats_read(hvc_deadline_in(200), &load, &error), -ETIMEDOUT);
        assert_true(hvc_now_ms() - began < 10000);
        assert_non_null(strstr(error.text, "does not tell the state of its ring"));
    }
    solo_signal(SIGCONT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_corosync_it_says_so_and_writes_nothing),
        cmocka_unit_test(the_links_to_all_nodes_are_told_with_their_pings),
        cmocka_unit_test(a_stopped_corosync_costs_the_deadline_and_no_more),
    };

    if (!solo_prepare())
        return 77;
    return cmocka_run_group_tests(tests, NULL, clean);
}
