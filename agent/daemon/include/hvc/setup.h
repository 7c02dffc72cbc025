/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operations work with, made from the configuration: for hvclusterd and for hvcluster-direct. */
#ifndef HVC_SETUP_H
#define HVC_SETUP_H

#include "hvc/config.h"
#include "hvc/operations.h"

/* Opens the handles (nothing is asked yet but the name of this node, within deadline_ms: Corosync's, else the host's
 * and *ret_host_name true). message and its context are the caller's to set before the call;
 * config stays as long as operations. */
int hvc_setup_open(const struct hvc_config *config, bool direct, uint64_t deadline_ms,
                   struct hvc_operations *operations, bool *ret_host_name, struct hvc_error *error);
void hvc_setup_close(struct hvc_operations *operations);

#endif
