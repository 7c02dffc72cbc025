/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes this node's soft facts (hvc/soft_facts.h), once a second. Two threads: one asks libvirt and corosync and may
 * wait for them; the other takes what is known by then and publishes it, so that a libvirt that hangs is told as such
 * while it hangs. Guests are listed as often as that costs at most a twentieth of the time.
 */
#ifndef HVC_SAMPLER_H
#define HVC_SAMPLER_H

#include "hvc/operations.h"

struct hvc_sampler;

struct hvc_sampler_options {
    struct hvc_operations *operations;
    const char *proc; /* NULL: /proc */
    /* hvc_replica_keeper_publish */
    int (*publish)(struct hvc_keeper *keeper, struct hvc_soft_facts *facts);
};

int hvc_sampler_new(const struct hvc_sampler_options *options, struct hvc_sampler **ret_sampler,
                    struct hvc_error *error);

/* True: everything has ended and is freed. False: libvirt or corosync still holds a thread; what the options name must
 * stay. NULL is allowed. */
bool hvc_sampler_end(struct hvc_sampler *sampler, uint64_t deadline_ms);

#endif
