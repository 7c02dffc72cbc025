/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the main loop of the test's thread until a condition holds, at most half a minute; a timer wakes it to look. */
#ifndef HVC_TEST_LOOP_H
#define HVC_TEST_LOOP_H

#include <glib.h>

#include "hvc/clock.h"

static inline gboolean hvc_test_wake(gpointer context)
{
    (void)context;
    return G_SOURCE_CONTINUE;
}

#define ITERATE_UNTIL(condition)                                                                                       \
    do {                                                                                                               \
        uint64_t deadline_ = hvc_deadline_in(30000);                                                                   \
        guint timer_ = g_timeout_add(5, hvc_test_wake, NULL);                                                          \
        while (!(condition) && hvc_now_ms() < deadline_)                                                               \
            (void)g_main_context_iteration(NULL, TRUE);                                                                \
        g_source_remove(timer_);                                                                                       \
        assert_true(condition);                                                                                        \
    } while (0)

#endif
