/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks hvclusterd: what the providers need, and what a change orders. Connections are kept and used again.
 * Threads: any.
 */
#ifndef HVC_WBEMD_FETCH_H
#define HVC_WBEMD_FETCH_H

#include "facts.h"
#include "hvc/error.h"
#include "hvc/results.h"

struct hvc_wbemd_fetch;

/* NULL service and runtime_directory: the installation's. NULL: no memory. */
struct hvc_wbemd_fetch *hvc_wbemd_fetch_new(const char *service, const char *runtime_directory, uint64_t timeout_ms);
void hvc_wbemd_fetch_free(struct hvc_wbemd_fetch *fetch);

/* Fills the parts of needs; *ret_missing: those that could not be had, and why in error. */
void hvc_wbemd_fetch_facts(struct hvc_wbemd_fetch *fetch, struct hvc_cim_arena *arena, uint32_t needs,
                           struct hvc_cim_facts *facts, uint32_t *ret_missing, struct hvc_error *error);

/* Carries out one order. *ret_response: what hvclusterd said, NULL when it said nothing; the words of anything but OK
 * are in error. */
enum hvc_result hvc_wbemd_fetch_order(struct hvc_wbemd_fetch *fetch, const struct hvc_cim_order *order,
                                      struct hvc_record **ret_response, struct hvc_error *error);
/* The status of CIM that goes with a result. */
enum hvc_cim_status hvc_wbemd_fetch_status(enum hvc_result result);

#endif
