/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <qb/qblog.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static char path[64];
static char text[262144];

static const char *read_log(void)
{
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static int set_up(void **state)
{
    struct hvc_log_options options = {.file = path, .level = "notice"};
    int fd;

    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/hvc-test-log-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0 || close(fd) < 0)
        return -1;
    return hvc_log_open(&options, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    hvc_log_close();
    hvc_log(HVC_MESSAGE_STARTED, "%s", "after the end"); /* is silent and does no harm */
    return unlink(path);
}

static void a_message_has_its_id_words_and_details(void **state)
{
    (void)state;
    hvc_log(HVC_MESSAGE_STARTED, "version=%s node=%s", "0.1", "n1");
    hvc_log(HVC_MESSAGE_QUEUE_FULL, "%s", "");
    assert_non_null(strstr(read_log(), "notice : HVC1001 hvclusterd started: version=0.1 node=n1\n"));
    assert_non_null(strstr(text, "warning: HVC1108 too many operations wait for a worker\n"));
}

static void what_is_below_the_level_is_left_out(void **state)
{
    (void)state;
    hvc_log(HVC_MESSAGE_CLIENT_GONE, "pid=%d", 1); /* info */
    assert_null(strstr(read_log(), "HVC1107"));
}

static void a_message_may_have_a_level_of_its_own(void **state)
{
    (void)state;
    hvc_log_with_priority(LOG_ERR, HVC_MESSAGE_STARTED, "n=1");
    hvc_log_with_priority(LOG_INFO, HVC_MESSAGE_STARTED, "n=2");
    hvc_log_with_priority(99, HVC_MESSAGE_STARTED, "n=3");
    assert_non_null(strstr(read_log(), "error  : HVC1001 hvclusterd started: n=1\n"));
    assert_null(strstr(text, "n=2"));
    assert_non_null(strstr(text, "error  : HVC1001 hvclusterd started: n=3\n"));
}

static void percent_signs_of_details_are_text(void **state)
{
    (void)state;
    hvc_log_message(NULL, HVC_MESSAGE_STARTED, "words=\"%s%n%d\"");
    assert_non_null(strstr(read_log(), "words=\"%s%n%d\""));
}

static void *say_from_a_thread(void *context)
{
    (void)context;
    for (unsigned i = 0; i < 700; i++) {
        char details[32];

        (void)snprintf(details, sizeof(details), "i=%u.", i);
        hvc_log_message(NULL, HVC_MESSAGE_MOVE_DONE, details);
    }
    return NULL;
}

static void other_threads_wait_in_order_and_what_is_too_much_is_counted(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, say_from_a_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(strstr(read_log(), "HVC1302"));
    hvc_log_flush();
    assert_non_null(strstr(read_log(), "i=699."));
    assert_true(strstr(text, "i=7.") < strstr(text, "i=8."));
    assert_null(strstr(text, "HVC1009"));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread, NULL, say_from_a_thread, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    hvc_log_flush();
    assert_non_null(strstr(read_log(), "HVC1009 messages were lost, too many at once: count=400"));
}

enum { LINES = 2000 };

struct other_thread {
    atomic_uint said;
    atomic_bool end;
};

static void *log_as_libcpg_does(void *context)
{
    const struct timespec pause = {.tv_nsec = 1000}; /* for ever in there it would let nobody else in */
    struct other_thread *other = context;

    while (!atomic_load(&other->end)) {
        qb_log_from_external_source("qb_ipcc_connect", "ipcc.c", "%s", LOG_ERR, 1, 0,
                                    "Could not connect to the server");
        atomic_fetch_add(&other->said, 1);
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static unsigned count_own_lines(void)
{
    FILE *file = fopen(path, "re");
    unsigned count = 0;

    assert_non_null(file);
    while (fgets(text, sizeof(text), file) != NULL)
        count += strstr(text, "HVC1001") != NULL;
    (void)fclose(file);
    return count;
}

static void no_line_is_lost_to_another_thread_in_libqb(void **state)
{
    struct other_thread other = {0};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, log_as_libcpg_does, &other), 0);
    while (atomic_load(&other.said) == 0)
        (void)sched_yield();
    for (unsigned i = 0; i < LINES; i++)
        hvc_log(HVC_MESSAGE_STARTED, "line=%u", i);
    atomic_store(&other.end, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(count_own_lines(), LINES);
}

static void a_moved_file_is_opened_anew(void **state)
{
    char moved[80];

    (void)state;
    (void)snprintf(moved, sizeof(moved), "%s.1", path);
    assert_int_equal(rename(path, moved), 0);
    hvc_log_reopen();
    hvc_log(HVC_MESSAGE_STARTED, "%s", "again");
    assert_non_null(strstr(read_log(), "HVC1001 hvclusterd started: again"));
    assert_int_equal(unlink(moved), 0);
}

static void a_file_that_cannot_be_opened_is_told(void **state)
{
    struct hvc_log_options options = {.file = "/nonexistent/log", .level = "info"};
    struct hvc_error error = {0};

    (void)state;
    assert_true(hvc_log_open(&options, &error) < 0);
    assert_non_null(strstr(error.text, "/nonexistent/log"));
    hvc_log(HVC_MESSAGE_START_FAILED, "%s", "n=1"); /* as hvclusterd's main does */
    hvc_log_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_has_its_id_words_and_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_may_have_a_level_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(percent_signs_of_details_are_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_threads_wait_in_order_and_what_is_too_much_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_line_is_lost_to_another_thread_in_libqb, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_moved_file_is_opened_anew, set_up, tear_down),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
