/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the time of a stop is split: ask the guest (graceful), then let libvirt end it (forced), then end its process
 * (kill). Pure. The forced part is why the parts exist: libvirt needs 10 s and some for TERM, KILL and cleaning up
 * devices, so at least HVC_STOP_FORCED_MIN_MS are kept for it whenever the timeout holds them.
 */
#ifndef HVC_STOP_BUDGET_H
#define HVC_STOP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define HVC_STOP_FORCED_MIN_MS 20000u /* least forced part: libvirt's own TERM and KILL take up to 15 s */
#define HVC_STOP_KILL_MIN_MS   5000u  /* least kill part: SIGKILL, and the kernel freeing the guest's memory */

#define HVC_STOP_GRACEFUL_AUTO UINT64_MAX /* no wish of the user: everything the other parts leave */

struct hvc_stop_budget {
    uint64_t graceful_ms, forced_ms, kill_ms; /* their sum is the time that was given */
    bool fits;                                /* the parts hold what was wished and the least values above */
    char words[256];                          /* when it does not fit: why and what to set; else "" */
};

/* total_ms: time until the answer is due. graceful_ms: the user's wish or HVC_STOP_GRACEFUL_AUTO; 0 skips that part.
 * The wish is a ceiling: what it leaves goes to the forced part. */
void hvc_stop_budget_split(uint64_t total_ms, uint64_t graceful_ms, struct hvc_stop_budget *ret_budget);

#endif
