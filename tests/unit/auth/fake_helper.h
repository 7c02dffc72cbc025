/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket in the place of hvcluster-auth's, whose clients get what a test wants. */
#ifndef HVC_TEST_FAKE_HELPER_H
#define HVC_TEST_FAKE_HELPER_H

/* The request lies in the socket; the connection is closed afterwards. In a thread of its own. */
typedef void (*fake_answer_fn)(int fd, void *context);

struct fake_helper;

struct fake_helper *fake_helper_start(fake_answer_fn answer, void *context);
const char *fake_helper_path(const struct fake_helper *fake);
unsigned fake_helper_stop(struct fake_helper *fake); /* how many it has served */

#endif
