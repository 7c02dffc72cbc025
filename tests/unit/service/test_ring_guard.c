/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limit that spares the ring: tables of looks, one a second, with what each allows; and what holds for any. The
 * links are measured as knet does it, four answers a second. Rates and limits in MiB, times in ms. */
#include <stdbool.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/bandwidth.h"
#include "hvc/ring_guard.h"

#define MIB       (UINT64_C(1) << 20)
#define THRESHOLD 50 /* ms */

enum { PINGS = 4, USUAL_US = 400, PRECISION = 2048 };

/* ---- a ring ---- */

static struct hvc_ring_guard guard;
static struct hvc_ring_load load;
static uint64_t now_ms;

/* libknet 1.25: a mean of at most 2048 answers, cut to whole microseconds at each. */
static void answer(struct hvc_ring_link *link, uint32_t latency_us)
{
    link->pongs++;
    if (link->samples < PRECISION)
        link->samples++;
    link->latency_us = (uint32_t)(((uint64_t)link->latency_us * (link->samples - 1) + latency_us) / link->samples);
}

/* One second of it: link 0 has the latency, link 1 the usual one; `lost` pings of link 0 have no answer. */
static void second(uint32_t more_ms, unsigned lost)
{
    for (unsigned i = 0; i < load.link_count; i++) {
        load.links[i].pings += PINGS;
        for (unsigned k = i == 0 ? lost : 0; k < PINGS; k++)
            answer(&load.links[i], i == 0 ? USUAL_US + more_ms * 1000 : USUAL_US);
    }
    now_ms += 1000;
}

static uint64_t look(unsigned moves, uint64_t rate_mib)
{
    const struct hvc_ring_guard_moves guarded = {.count = moves, .rate = rate_mib * MIB};

    hvc_ring_guard_look(&guard, &load, now_ms, &guarded);
    return guard.allowed;
}

/* A ring that has run quietly for `seconds` and was looked at meanwhile. */
static void quiet_ring(unsigned seconds)
{
    memset(&guard, 0, sizeof(guard));
    guard.latency_us = THRESHOLD * 1000;
    memset(&load, 0, sizeof(load));
    load.token_retransmit_ms = 238;
    load.link_count = 2;
    for (unsigned i = 0; i < load.link_count; i++)
        load.links[i] = (struct hvc_ring_link){.node = 2 + i, .link = 0, .connected = true};
    now_ms = 1000000;
    for (unsigned i = 0; i < seconds; i++) {
        second(0, 0);
        assert_int_equal(look(0, 0), 0);
    }
}

/* The first look at moves that have just begun: what was before it is not theirs. */
static void begin_moves(unsigned moves)
{
    second(0, 0);
    assert_int_equal(look(moves, 100), 0);
}

/* ---- tables ---- */

struct row {
    unsigned moves;
    uint64_t rate;
    uint32_t more;        /* latency above the usual */
    unsigned lost, again; /* pings; messages sent again */
    bool token_lost, token_late, down;
    uint64_t allowed;
};

static const struct {
    const char *what;
    struct row rows[12];
} cases[] = {
    {"no move: nothing is limited, whatever the ring says", {{0, 0, 500, 4, 99, true, true, true, .allowed = 0}}},
    {"moves on a ring at ease are not limited",
     {{1, 100, 0, 0, 0, .allowed = 0}, {1, 100, 5, 0, 0, .allowed = 0}, {2, 100, 20, 0, 0, .allowed = 0}}},
    {"one strained look is not enough, two are",
     {{1, 100, 60, .allowed = 0}, {1, 100, 0, .allowed = 0}, {1, 100, 60, .allowed = 0}, {1, 100, 60, .allowed = 50}}},
    {"nearly strained for ever is not strained",
     {{1, 100, 40, .allowed = 0}, {1, 100, 40, .allowed = 0}, {1, 100, 40, .allowed = 0}, {1, 100, 40, .allowed = 0}}},
    {"pings without an answer need no second look", {{1, 100, 0, 2, .allowed = 50}}},
    {"one ping may be on its way",
     {{1, 100, 0, 1, .allowed = 0}, {1, 100, 0, 1, .allowed = 0}, {1, 100, 0, 1, .allowed = 0}}},
    {"a token that was lost needs no second look", {{1, 100, .token_lost = true, .allowed = 50}}},
    {"nor one that is late", {{1, 100, .token_late = true, .allowed = 50}}},
    {"nor a link that is cut", {{1, 100, .down = true, .allowed = 50}}},
    {"a link that stays cut is no reason any more",
     {{1, 100, .down = true, .allowed = 50},
      {1, 50, .down = true, .allowed = 50},
      {1, 50, .down = true, .allowed = 50},
      {1, 50, .down = true, .allowed = 50},
      {1, 50, .down = true, .allowed = 56}}},
    {"messages that are sent again strain", {{1, 100, .again = 6}, {1, 100, .again = 6, .allowed = 50}}},
    {"a few of them do not", {{1, 100, .again = 4}, {1, 100, .again = 4}, {1, 100, .again = 4}}},
    {"a move that sends nothing is not the reason",
     {{1, 0, 0, 2, .allowed = 0}, {1, 0, 0, 2, .allowed = 0}, {1, 80, 0, 2, .allowed = 40}}},
    {"the limit is lowered every other second, to the floor",
     {{1, 160, 0, 2, .allowed = 80},
      {1, 80, 0, 2, .allowed = 80},
      {1, 80, 0, 2, .allowed = 40},
      {1, 40, 0, 2, .allowed = 40},
      {1, 40, 0, 2, .allowed = 20},
      {1, 20, 0, 2, .allowed = 20},
      {1, 20, 0, 2, .allowed = 10},
      {1, 10, 0, 2, .allowed = 10},
      {1, 10, 0, 2, .allowed = 10},
      {1, 10, 0, 2, .allowed = 10},
      {1, 10, 0, 2, .allowed = 10}}},
    {"half of what is sent, when that is less than what was allowed",
     {{1, 160, 0, 2, .allowed = 80}, {1, 30, 0, 2, .allowed = 80}, {1, 30, 0, 2, .allowed = 15}}},
    {"each move keeps one MiB", {{3, 4, 0, 2, .allowed = 3}, {3, 3, 0, 2, .allowed = 3}, {3, 3, 0, 2, .allowed = 3}}},
    {"in between it stays, at ease it grows",
     {{1, 160, 0, 2, .allowed = 80},
      {1, 80, 30, .allowed = 80},
      {1, 80, 30, .allowed = 80},
      {1, 80, 30, .allowed = 80},
      {1, 80, 0, .allowed = 80},
      {1, 80, 0, .allowed = 80},
      {1, 80, 0, .allowed = 80},
      {1, 80, 0, .allowed = 90},
      {1, 90, 0, .allowed = 100}}},
    {"the limit ends with the moves",
     {{1, 160, 0, 2, .allowed = 80}, {0, 0, 0, 2, .allowed = 0}, {1, 160, 0, .allowed = 0}}},
};

static void take(const struct row *row)
{
    load.links[0].connected = !row->down;
    load.retransmits += row->again;
    load.token_losses += row->token_lost;
    load.token_age_ms = row->token_late ? 240 : 100;
    second(row->more, row->lost);
}

static void each_look_allows_what_the_table_says(void **state)
{
    static const struct row none;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const struct row *rows = cases[i].rows;

        quiet_ring(10);
        begin_moves(rows[0].moves);
        for (unsigned k = 0; k < HVC_COUNT(cases[i].rows) && memcmp(&rows[k], &none, sizeof(none)) != 0; k++) {
            uint64_t allowed;

            take(&rows[k]);
            allowed = look(rows[k].moves, rows[k].rate);
            /* a step is a sixteenth of what was sent: not always whole MiB */
            if (allowed / MIB != rows[k].allowed)
                fail_msg("%s: look %u allows %llu bytes, not %llu MiB", cases[i].what, k + 1,
                         (unsigned long long)allowed, (unsigned long long)rows[k].allowed);
        }
    }
}

/* ---- what is usual ---- */

/* As after a node was lost: the ring forms anew while nothing moves, and then a move begins. */
static void what_was_before_a_move_is_not_its_doing(void **state)
{
    (void)state;
    quiet_ring(10);
    load.token_losses++;
    load.retransmits += 50;
    second(300, 3);
    assert_int_equal(look(1, 100), 0);
    second(0, 0);
    assert_int_equal(look(1, 100), 0);
    assert_true(guard.links[0].usual_us < 3000);
}

/* knet's mean of 2048 hardly moves in a second: 60 ms more of four answers are a tenth of a millisecond of it. */
static void a_second_is_told_from_a_mean_of_ten_minutes(void **state)
{
    (void)state;
    quiet_ring(600);
    assert_int_equal(load.links[0].samples, PRECISION);
    begin_moves(1);
    second(60, 0);
    (void)look(1, 100);
    assert_int_equal(guard.finding.strain, HVC_RING_LATENCY);
    assert_true(load.links[0].latency_us < 1000);
    assert_true(guard.finding.value > 57000 && guard.finding.value < 63000);
    assert_true(guard.finding.usual < 3000);
    assert_int_equal(guard.finding.node, 2);
}

static void a_ring_that_is_always_slow_is_not_strained_by_that(void **state)
{
    (void)state;
    quiet_ring(0);
    for (unsigned i = 0; i < 200; i++) {
        second(80, 0);
        assert_int_equal(look(0, 0), 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        second(80, 0);
        assert_int_equal(look(1, 100), 0);
    }
    second(140, 0);
    (void)look(1, 100);
    second(140, 0);
    assert_int_equal(look(1, 100), 50 * MIB);
}

static void what_moves_do_to_the_ring_does_not_become_usual(void **state)
{
    (void)state;
    quiet_ring(30);
    for (unsigned i = 0; i < 300; i++) {
        second(60, 0);
        (void)look(1, 100);
    }
    assert_int_equal(guard.allowed, 100 * MIB / 16);
    assert_true(guard.finding.usual < 3000);
}

static void messages_that_are_always_sent_again_do_not_strain(void **state)
{
    (void)state;
    quiet_ring(0);
    for (unsigned i = 0; i < 60; i++) {
        load.retransmits += 20;
        second(0, 0);
        (void)look(0, 0);
    }
    for (unsigned i = 0; i < 5; i++) {
        load.retransmits += 30;
        second(0, 0);
        assert_int_equal(look(1, 100), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        load.retransmits += 60;
        second(0, 0);
        (void)look(1, 100);
    }
    assert_int_equal(guard.allowed, 50 * MIB);
    assert_int_equal(guard.finding.strain, HVC_RING_RETRANSMITS);
}

/* ---- begin and end ---- */

static void it_is_said_once_that_it_begins_and_once_that_it_ends(void **state)
{
    unsigned begins = 0, ends = 0;

    (void)state;
    quiet_ring(10);
    for (unsigned i = 0; i < 60; i++) {
        second(i < 10 ? 60 : 0, 0);
        (void)look(1, 100);
        begins += guard.change == HVC_RING_GUARD_BEGINS;
        ends += guard.change == HVC_RING_GUARD_ENDS;
    }
    assert_int_equal(begins, 1);
    assert_int_equal(ends, 1);
    assert_int_equal(guard.allowed, 0);
    /* strained again by the same moves: it stays now, however often that is */
    for (unsigned i = 0; i < 300; i++) {
        second(i % 100 < 10 ? 60 : 0, 0);
        (void)look(1, 100);
        begins += guard.change == HVC_RING_GUARD_BEGINS;
        ends += guard.change == HVC_RING_GUARD_ENDS;
    }
    assert_int_equal(begins, 2);
    assert_int_equal(ends, 1);
    assert_int_equal(guard.allowed, 200 * MIB);
    second(0, 0);
    assert_int_equal(look(0, 0), 0);
    assert_int_equal(guard.change, HVC_RING_GUARD_ENDS);
}

/* ---- nothing to go by ---- */

static void a_corosync_that_does_not_answer_changes_nothing(void **state)
{
    const struct hvc_ring_guard_moves one = {.count = 1, .rate = 100 * MIB};

    (void)state;
    quiet_ring(10);
    begin_moves(1);
    second(0, 2);
    assert_int_equal(look(1, 100), 50 * MIB);
    for (unsigned i = 0; i < 10; i++) {
        now_ms += 1000;
        hvc_ring_guard_look(&guard, NULL, now_ms, &one);
        assert_int_equal(guard.allowed, 50 * MIB);
    }
}

static void a_corosync_that_was_started_anew_is_learned_anew(void **state)
{
    (void)state;
    quiet_ring(100);
    load.retransmits = 100;
    second(0, 0);
    (void)look(0, 0);
    memset(load.links, 0, sizeof(load.links));
    load.retransmits = 0;
    for (unsigned i = 0; i < 2; i++)
        load.links[i] = (struct hvc_ring_link){.node = 2 + i, .connected = true};
    for (unsigned i = 0; i < 5; i++) {
        second(0, 0);
        assert_int_equal(look(1, 100), 0);
        assert_int_equal(guard.finding.strain, HVC_RING_AT_EASE);
    }
}

static void without_links_the_token_alone_tells(void **state)
{
    (void)state;
    quiet_ring(10);
    load.link_count = 0;
    now_ms += 1000;
    assert_int_equal(look(1, 100), 0);
    now_ms += 1000;
    load.token_losses++;
    assert_int_equal(look(1, 100), 50 * MIB);
    for (unsigned i = 0; i < 40 && guard.allowed != 0; i++) {
        now_ms += 1000;
        (void)look(1, 100);
    }
    assert_int_equal(guard.allowed, 0);
}

/* ---- any ring ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

static void whatever_happens_moves_go_on(void **state)
{
    (void)state;
    for (seed = 1; seed < 200; seed += 2) {
        quiet_ring(draw(20));
        for (unsigned i = 0; i < 200; i++) {
            unsigned moves = draw(4);
            uint64_t rate = draw(2000), before = guard.allowed;

            load.retransmits += draw(12);
            load.token_losses += draw(20) == 0;
            load.token_age_ms = draw(300);
            load.links[0].connected = draw(10) != 0;
            second(draw(120), draw(PINGS + 1));
            (void)look(moves, rate);
            assert_true(guard.allowed == 0 || guard.allowed >= moves * HVC_BANDWIDTH_MIN || before == guard.allowed);
            assert_true(guard.allowed == 0 || moves > 0);
            assert_true(guard.allowed <= UINT64_C(4000) * MIB);
            assert_int_equal(guard.change == HVC_RING_GUARD_BEGINS, before == 0 && guard.allowed != 0);
            assert_int_equal(guard.change == HVC_RING_GUARD_ENDS, before != 0 && guard.allowed == 0);
        }
    }
}

static void each_strain_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HVC_RING_STRAIN_MAX; i++)
        assert_string_not_equal(hvc_ring_strain_name(i), "invalid");
    assert_string_equal(hvc_ring_strain_name(HVC_RING_STRAIN_MAX), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_look_allows_what_the_table_says),
        cmocka_unit_test(what_was_before_a_move_is_not_its_doing),
        cmocka_unit_test(a_second_is_told_from_a_mean_of_ten_minutes),
        cmocka_unit_test(a_ring_that_is_always_slow_is_not_strained_by_that),
        cmocka_unit_test(what_moves_do_to_the_ring_does_not_become_usual),
        cmocka_unit_test(messages_that_are_always_sent_again_do_not_strain),
        cmocka_unit_test(it_is_said_once_that_it_begins_and_once_that_it_ends),
        cmocka_unit_test(a_corosync_that_does_not_answer_changes_nothing),
        cmocka_unit_test(a_corosync_that_was_started_anew_is_learned_anew),
        cmocka_unit_test(without_links_the_token_alone_tells),
        cmocka_unit_test(whatever_happens_moves_go_on),
        cmocka_unit_test(each_strain_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
