/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passwords that are being checked: one thread steps all of them, so that a client whose answer takes seconds (a wrong
 * password, a PAM that hangs) holds a connection and none of HTTP's threads.
 */
#ifndef HVC_WBEMD_GATE_H
#define HVC_WBEMD_GATE_H

#include "hvc/auth.h"

/* One check. The caller's, from hvc_wbemd_gate_add until done is called. */
struct hvc_wbemd_wait {
    struct hvc_auth_call *call;    /* of hvc_auth_begin; the gate frees it */
    struct hvc_auth_answer answer; /* set when done is called */
    void (*done)(void *context);   /* in the gate's thread, or in the caller's when the gate is closed */
    void *context;
    struct hvc_wbemd_wait *next; /* the gate's */
};

struct hvc_wbemd_gate;

/* most: checks at one time. -ENOMEM, -EMFILE, -EAGAIN (no thread), in words. */
int hvc_wbemd_gate_new(unsigned most, struct hvc_wbemd_gate **ret_gate, struct hvc_error *error);
/* Any thread. More than `most` are answered UNAVAILABLE at once. */
void hvc_wbemd_gate_add(struct hvc_wbemd_gate *gate, struct hvc_wbemd_wait *wait);
/* Ends the thread; who waits, and whoever comes later, is answered UNAVAILABLE. NULL is allowed. */
void hvc_wbemd_gate_close(struct hvc_wbemd_gate *gate);
/* After the close, when nobody adds any more. NULL is allowed. */
void hvc_wbemd_gate_free(struct hvc_wbemd_gate *gate);

#endif
