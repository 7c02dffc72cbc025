/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the log: what clients change, or may not: who, from where, what, and how it ended. Threads: any. */
#ifndef HVC_WBEMD_AUDIT_H
#define HVC_WBEMD_AUDIT_H

#include "answer.h"

/* An order that hvclusterd was given for the call; words: why it is not done. */
void hvc_wbemd_audit_order(const struct hvc_wbemd_request *request, const struct hvc_cim_call *call,
                           const struct hvc_cim_order *order, enum hvc_result result, const char *words);
/* A change that was refused before anything was ordered. */
void hvc_wbemd_audit_refused(const struct hvc_wbemd_request *request, const struct hvc_cim_call *call);

#endif
