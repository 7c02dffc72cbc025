/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisors of the other nodes, by node name: which URI they have, and one open handle each, made when first
 * asked for. Any thread.
 */
#ifndef HVC_PEERS_H
#define HVC_PEERS_H

#include "hvc/error.h"
#include "hvc/hypervisor.h"
#include "hvc/limits.h"

struct hvc_peers;

/* Opens a handle without blocking: hvc_libvirt_open, or a test's own. */
typedef int (*hvc_open_hypervisor_fn)(const char *uri, struct hvc_hypervisor **ret_hypervisor);

/*
 * Patterns: "%n" stands for the node's name, "%%" for a percent sign. migrate_pattern NULL or "": the target names the
 * address of the data connection itself. -EINVAL in words for a pattern without %n or with another letter.
 */
int hvc_peers_new(const char *uri_pattern, const char *migrate_pattern, hvc_open_hypervisor_fn open_hypervisor,
                  struct hvc_peers **ret_peers, struct hvc_error *error);
/* Closes every handle. NULL is allowed. */
void hvc_peers_free(struct hvc_peers *peers);

/* The handle of a node's hypervisor, borrowed: it lives as long as peers. -E2BIG beyond HVC_NODES_MAX names,
 * -EINVAL for a name that cannot stand in a URI. Never blocks. */
int hvc_peers_get(struct hvc_peers *peers, const char *node, struct hvc_hypervisor **ret_hypervisor,
                  struct hvc_error *error);

/* "qemu+tls://n2/system" */
int hvc_peers_uri(const struct hvc_peers *peers, const char *node, char ret_uri[HVC_URI_MAX], struct hvc_error *error);
/* "tcp://n2-mig"; "" when there is no pattern: pass NULL to libvirt then. */
int hvc_peers_migrate_uri(const struct hvc_peers *peers, const char *node, char ret_uri[HVC_URI_MAX],
                          struct hvc_error *error);

#endif
