/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call of libvirt in a thread of its own, so that its caller is never blocked beyond its deadline. */
#ifndef HVC_LIBVIRT_CALL_H
#define HVC_LIBVIRT_CALL_H

#include "hvc/cleanup.h"
#include "libvirt_core.h"

enum hvc_libvirt_call_flags {
    HVC_CALL_READ = 1, /* changes nothing: tried once more when the connection turns out to be dead */
    HVC_CALL_SOFT = 2, /* waits for one guest's job: its deadline says nothing about libvirtd's health */
    HVC_CALL_MOVE = 4  /* a whole migration: soft, long, counted on its own */
};
typedef int (*hvc_libvirt_call_fn)(virConnectPtr conn, void *argument, struct hvc_error *error);

/*
 * One call. The argument lies behind it, zeroed; destroy releases what hangs on it. The caller holds one reference and
 * the thread another. After hvc_libvirt_call_run has returned -ETIMEDOUT the argument may still be written by the
 * thread: only what is guarded by hvc_libvirt_call_lock may then be read.
 */
struct hvc_libvirt_call;
struct hvc_libvirt_call *hvc_libvirt_call_new(struct hvc_libvirt_core *core, const char *what, hvc_libvirt_call_fn run,
                                              unsigned flags, size_t argument_size, void (*destroy)(void *argument));
void *hvc_libvirt_call_argument(struct hvc_libvirt_call *call);
/* Errors of run as they are; -ETIMEDOUT when it has not returned by the deadline, -ENOTCONN when the connection broke.
 * -ENOMEM when call is NULL. */
int hvc_libvirt_call_run(struct hvc_libvirt_call *call, uint64_t deadline_ms, struct hvc_error *error);
void hvc_libvirt_call_unref(struct hvc_libvirt_call *call);
/* For arguments that are filled bit by bit while the caller may leave. call is what hvc_libvirt_call_argument came
 * from. */
void hvc_libvirt_call_lock(void *argument);
void hvc_libvirt_call_unlock(void *argument);

HVC_DEFINE_CLEANUP(struct hvc_libvirt_call *, call, hvc_libvirt_call_unref, NULL)

#endif
