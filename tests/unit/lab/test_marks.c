/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the serial line proves: the tests play guests and emulators and look at the judgement. */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "marks.h"

#define MS   INT64_C(1000000)
#define TICK (10 * MS)
static const uint64_t RED = 0x0123456789abcdef, BLUE = 0xfedcba9876543210;

struct world {
    struct marks *marks;
    int64_t now;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->now = INT64_C(1700000000) * 1000 * MS;
    *state = world;
    return marks_new(&world->marks);
}

static int end(void **state)
{
    struct world *world = *state;

    marks_free(world->marks);
    free(world);
    return 0;
}

static void text(struct world *w, unsigned connection, const char *line)
{
    char bytes[160];
    int size = snprintf(bytes, sizeof(bytes), "%s\n", line);

    assert_int_equal(marks_data(w->marks, w->now, connection, (const unsigned char *)bytes, (size_t)size), 0);
}

static void line(struct world *w, unsigned connection, const char *word, uint64_t mark, uint32_t tick)
{
    char bytes[160];

    (void)snprintf(bytes, sizeof(bytes), "%s %016" PRIx64 " tick %08" PRIx32 " count %016x boots %08x forks %08x", word,
                   mark, tick, tick / 5, 1U, 0U);
    text(w, connection, bytes);
}

static void tick_byte(struct world *w, unsigned connection, uint32_t tick)
{
    unsigned char byte = (unsigned char)(0x80 | (tick & 0x7f));

    assert_int_equal(marks_data(w->marks, w->now, connection, &byte, 1), 0);
}

/* The guest runs at a connection from one tick to another, with a line every 100 ticks. */
static void run(struct world *w, unsigned connection, uint64_t mark, uint32_t from, uint32_t to)
{
    for (uint32_t t = from; t <= to; t++) {
        tick_byte(w, connection, t);
        if (t % 100 == 1)
            line(w, connection, "mark", mark, t);
        w->now += TICK;
    }
}

static void boot(struct world *w, unsigned connection, uint64_t mark)
{
    text(w, connection, "start");
    tick_byte(w, connection, 1);
    line(w, connection, "boot", mark, 1);
    w->now += TICK;
}

static void connect_from(struct world *w, unsigned connection, const char *peer)
{
    assert_int_equal(marks_open(w->marks, connection, peer), 0);
}

static struct marks_report judge(struct world *w, int64_t since)
{
    struct marks_report report = {.gap_ns = -1};

    assert_int_equal(marks_judge(w->marks, since, &report), 0);
    return report;
}

static void a_guest_that_stays_is_one_copy_with_gaps_of_a_tick(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 1000);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 1);
    assert_int_equal(r.segment_count, 1);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.gap_ns, TICK);
    assert_int_equal(r.unknown, 0);
    assert_true(r.instances[0].mark == RED);
    assert_int_equal(r.instances[0].ticks, 1000);
    assert_string_equal(r.segments[0].peer, "10.77.3.1");
}

static void a_move_is_a_second_segment_and_its_blackout_the_longest_gap(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    connect_from(w, 2, "10.77.3.2"); /* the target's emulator comes before its guest */
    run(w, 1, RED, 251, 303);
    w->now += 70 * MS;
    run(w, 2, RED, 304, 800);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 1);
    assert_int_equal(r.segment_count, 2);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.gap_ns, 80 * MS);
    assert_int_equal(r.segments[1].first_tick, 304);
    assert_string_equal(r.segments[1].peer, "10.77.3.2");
}

static void a_move_there_and_back_is_three_segments(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    connect_from(w, 2, "10.77.3.2");
    run(w, 2, RED, 251, 600);
    connect_from(w, 3, "10.77.3.1");
    run(w, 3, RED, 601, 900);
    r = judge(w, 0);
    assert_int_equal(r.segment_count, 3);
    assert_int_equal(r.overlap_count, 0);
}

static void a_stay_that_is_too_short_for_a_line_is_no_other_instance(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 210);
    connect_from(w, 2, "10.77.3.2");
    run(w, 2, RED, 211, 230);
    connect_from(w, 3, "10.77.3.3");
    run(w, 3, RED, 231, 500);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 1);
    assert_int_equal(r.segment_count, 3);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.unknown, 0);
}

static void a_restart_is_a_new_instance_after_an_outage(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    w->now += 4000 * MS;
    connect_from(w, 2, "10.77.3.2");
    boot(w, 2, BLUE);
    run(w, 2, BLUE, 2, 100);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 2);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.outage_ns, 4000 * MS + TICK);
    assert_int_equal(r.gap_ns, TICK);
}

static void a_reset_in_the_same_emulator_is_a_new_instance_and_no_second_copy(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    boot(w, 1, BLUE);
    run(w, 1, BLUE, 2, 300);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 2);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.unknown, 0);
}

static void a_source_that_goes_on_after_the_switch_over_is_two_copies(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    connect_from(w, 2, "10.77.3.2");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    run(w, 2, RED, 251, 270);
    for (uint32_t t = 251; t < 281; t++) { /* both, in step, with the same numbers */
        tick_byte(w, 1, t);
        tick_byte(w, 2, t + 20);
        w->now += TICK;
    }
    r = judge(w, 0);
    assert_int_equal(r.overlap_count, 1);
    assert_string_equal(r.overlaps[0].peers[0], "10.77.3.1");
    assert_string_equal(r.overlaps[0].peers[1], "10.77.3.2");
    assert_int_equal(r.overlaps[0].ticks, 30);
    assert_int_equal(r.overlaps[0].until_ns - r.overlaps[0].from_ns, (20 + 29) * TICK);
}

static void a_copy_of_an_older_state_is_two_copies_even_when_the_first_is_silent(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    connect_from(w, 2, "10.77.3.2");
    run(w, 2, RED, 240, 400);
    r = judge(w, 0);
    assert_int_equal(r.overlap_count, 1);
}

static void ticks_that_are_only_delivered_late_are_no_second_copy(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    connect_from(w, 2, "10.77.3.2");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 247);
    tick_byte(w, 2, 251);
    tick_byte(w, 1, 248);
    tick_byte(w, 1, 249);
    tick_byte(w, 1, 250);
    run(w, 2, RED, 252, 420);
    r = judge(w, 0);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.instances[0].ticks, 420);
}

static void a_former_instance_that_ticks_after_a_new_one_booted_is_two_copies(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    w->now += 1000 * MS;
    connect_from(w, 2, "10.77.3.2");
    boot(w, 2, BLUE);
    run(w, 2, BLUE, 2, 50);
    run(w, 1, RED, 251, 260);
    r = judge(w, 0);
    assert_int_equal(r.overlap_count, 1);
    assert_int_equal(r.overlaps[0].ticks, 10);
    assert_int_not_equal(r.overlaps[0].instances[0], r.overlaps[0].instances[1]);
}

static void what_ended_before_since_is_left_out(void **state)
{
    struct world *w = *state;
    struct marks_report r;
    int64_t since;

    connect_from(w, 1, "10.77.3.1");
    connect_from(w, 2, "10.77.3.2");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 250);
    run(w, 2, RED, 251, 260);
    tick_byte(w, 1, 251);
    w->now += 500 * MS;
    run(w, 2, RED, 261, 400);
    since = w->now;
    w->now += 30 * MS;
    run(w, 2, RED, 401, 500);
    r = judge(w, since);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.gap_ns, 40 * MS);
}

static void a_line_that_lost_bytes_tells_nothing(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 50);
    text(w, 1, "mark 0123456789abcdf tick 00000064 count 0000000000000010 boots 00000001 forks 00000000");
    text(w, 1, "ef tick 00000064 count 0000000000000010 boots 00000001 forks 00000000");
    run(w, 1, RED, 51, 90);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 1);
}

static void lost_ticks_are_made_up_for_by_the_next_line(void **state)
{
    struct world *w = *state;
    struct marks_report r;

    connect_from(w, 1, "10.77.3.1");
    boot(w, 1, RED);
    run(w, 1, RED, 2, 50);
    run(w, 1, RED, 390, 450); /* 339 ticks lost, a line at 401 */
    connect_from(w, 2, "10.77.3.2");
    run(w, 2, RED, 451, 600);
    r = judge(w, 0);
    assert_int_equal(r.overlap_count, 0);
    assert_int_equal(r.segments[1].first_tick, 451);
}

static void data_of_a_connection_that_was_never_opened_is_refused(void **state)
{
    struct world *w = *state;

    assert_int_equal(marks_data(w->marks, w->now, 7, (const unsigned char *)"x", 1), -EINVAL);
}

static void the_recorders_file_is_read_and_a_line_without_its_end_left_out(void **state)
{
    struct world *w = *state;
    char path[] = "/tmp/hvc-marks-XXXXXX";
    int fd = mkstemp(path);
    static const char content[] = "1000 open 1 10.77.3.2\n"
                                  "2000 data 1 73746172740a\n" /* start */
                                  "3000 data 1 81\n"
                                  "4000 data 1 626f6f7420303132333435363738396162636465662074\n"
                                  "5000 data 1 69636b20303030303030303120636f756e742030303030303030303030303030303030"
                                  "20626f6f747320303030303030303220666f726b732030303030303030300a\n"
                                  "6000 close 1\n"
                                  "7000 data 1 8";
    unsigned long number = 0;
    struct marks_report r;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, sizeof(content) - 1), sizeof(content) - 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(marks_read_file(w->marks, path, &number), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(number, 6);
    r = judge(w, 0);
    assert_int_equal(r.instance_count, 1);
    assert_true(r.instances[0].mark == RED);
    assert_int_equal(r.instances[0].boots, 2);
    assert_int_equal(r.instances[0].first_ns, 3000);
}

static void a_file_that_is_none_of_the_recorders_is_refused_with_the_line(void **state)
{
    struct world *w = *state;
    char path[] = "/tmp/hvc-marks-XXXXXX";
    int fd = mkstemp(path);
    unsigned long number = 0;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "1 open 1 a\nhello\n", 17), 17);
    assert_int_equal(close(fd), 0);
    assert_int_equal(marks_read_file(w->marks, path, &number), -EINVAL);
    assert_int_equal(number, 2);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)
    static const struct CMUnitTest tests[] = {
        T(a_guest_that_stays_is_one_copy_with_gaps_of_a_tick),
        T(a_move_is_a_second_segment_and_its_blackout_the_longest_gap),
        T(a_move_there_and_back_is_three_segments),
        T(a_stay_that_is_too_short_for_a_line_is_no_other_instance),
        T(a_restart_is_a_new_instance_after_an_outage),
        T(a_reset_in_the_same_emulator_is_a_new_instance_and_no_second_copy),
        T(a_source_that_goes_on_after_the_switch_over_is_two_copies),
        T(a_copy_of_an_older_state_is_two_copies_even_when_the_first_is_silent),
        T(ticks_that_are_only_delivered_late_are_no_second_copy),
        T(a_former_instance_that_ticks_after_a_new_one_booted_is_two_copies),
        T(what_ended_before_since_is_left_out),
        T(a_line_that_lost_bytes_tells_nothing),
        T(lost_ticks_are_made_up_for_by_the_next_line),
        T(data_of_a_connection_that_was_never_opened_is_refused),
        T(the_recorders_file_is_read_and_a_line_without_its_end_left_out),
        T(a_file_that_is_none_of_the_recorders_is_refused_with_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
