/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread that does one thing again and again: at each period, and sooner when it is woken. What it does may block;
 * a run that hangs delays only the next one. */
#ifndef HVC_TICKER_H
#define HVC_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"

struct hvc_ticker;

/* what: for words. -ENOMEM, -EAGAIN. */
int hvc_ticker_new(const char *what, uint64_t period_ms, void (*run)(void *context), void *context,
                   struct hvc_ticker **ret_ticker, struct hvc_error *error);

/* Any thread. */
void hvc_ticker_wake(struct hvc_ticker *ticker);

/* No further run. True: the thread has ended and everything is freed. False: a run has not come back by deadline_ms
 * (hvc_now_ms); the context must stay, this may be called again. NULL is allowed. */
bool hvc_ticker_end(struct hvc_ticker *ticker, uint64_t deadline_ms);

#endif
