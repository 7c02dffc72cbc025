/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monotonic time for the shells; the pure cores get their time with the event. */
#ifndef HVC_CLOCK_H
#define HVC_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. A deadline is a value of this clock; HVC_NO_DEADLINE never comes. */
#define HVC_NO_DEADLINE UINT64_MAX

static inline uint64_t hvc_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline uint64_t hvc_deadline_in(uint64_t ms)
{
    uint64_t now = hvc_now_ms();

    return ms >= HVC_NO_DEADLINE - now ? HVC_NO_DEADLINE : now + ms;
}

/* Milliseconds left, 0 when the deadline has passed. */
static inline uint64_t hvc_deadline_left(uint64_t deadline_ms)
{
    uint64_t now = hvc_now_ms();

    return deadline_ms > now ? deadline_ms - now : 0;
}

/* That deadline, or so many milliseconds from now if that is sooner. */
static inline uint64_t hvc_deadline_within(uint64_t deadline_ms, uint64_t ms)
{
    uint64_t in = hvc_deadline_in(ms);

    return in < deadline_ms ? in : deadline_ms;
}

/* A moment of that clock as pthread_cond_timedwait() wants it. */
static inline struct timespec hvc_timespec_of(uint64_t at_ms)
{
    return (struct timespec){.tv_sec = (time_t)(at_ms / 1000), .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

/* Sleeps before another try, twice as long before the next one, most_ms at most. False: the deadline is nearer. */
static inline bool hvc_pause_before(uint64_t deadline_ms, unsigned *ms, unsigned most_ms)
{
    const struct timespec pause = {.tv_sec = *ms / 1000, .tv_nsec = *ms % 1000 * 1000000L};

    if (hvc_deadline_left(deadline_ms) <= *ms)
        return false;
    (void)nanosleep(&pause, NULL);
    *ms = *ms < most_ms / 2 ? *ms * 2 : most_ms;
    return true;
}

#endif
