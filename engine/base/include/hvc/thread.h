/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads of the shells. None of them takes a signal: those are for the program's main loop. Library hvc_bounded.
 * Functions return 0 or a negative errno (-EAGAIN, -ENOMEM) and may be called from any thread.
 */
#ifndef HVC_THREAD_H
#define HVC_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* A thread that its maker joins. */
int hvc_thread_start(void *(*run)(void *), void *argument, pthread_t *ret_thread);

/* A thread that nobody joins, because a foreign library may hold it for ever. It is counted until it has ended, so that
 * a program can tell whether it may leave in order. */
int hvc_thread_leave(void *(*run)(void *), void *argument);

/* Waits until the threads of hvc_thread_leave() have ended; the number of those that have not by the deadline. While
 * there are any, exit() is not safe: it takes the libraries down under their feet. */
unsigned hvc_thread_await(uint64_t deadline_ms);

#endif
