/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A blocking call of a foreign library with a deadline. The call runs in a thread of its own; when it does not come
 * back in time the caller goes on and the thread is left to finish (no library can be interrupted safely).
 * Library hvc_bounded; shells only. Any thread may call it, no main loop.
 */
#ifndef HVC_BOUNDED_CALL_H
#define HVC_BOUNDED_CALL_H

#include <stdatomic.h>
#include <stdint.h>

/* One per peer (corosync, pacemaker ...), static, zero-initialised but for max_stuck. */
struct hvc_bounded_limit {
    unsigned max_stuck; /* calls that may hang at one time; further ones fail at once */
    atomic_uint stuck;  /* calls past their deadline that have not returned */
};

/*
 * Runs function(context) until deadline_ms (hvc/clock.h).
 *   0           it returned; context is the caller's
 *   -ETIMEDOUT  it did not; context belongs to the thread now, which calls release(context) when it does return.
 *               Also when max_stuck calls hang already: then function was not called and context was released.
 *   other       no thread could be made (-EAGAIN, -ENOMEM); context was released
 * The thread blocks all signals. release must not be NULL.
 */
int hvc_bounded_call(struct hvc_bounded_limit *limit, void (*function)(void *context), void (*release)(void *context),
                     void *context, uint64_t deadline_ms);

#endif
