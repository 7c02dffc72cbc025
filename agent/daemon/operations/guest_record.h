/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a guest in the replicated state, as a move needs it: there, and saying where the guest really is. A
 * guest that nobody added is recorded from what the hypervisors say. For handlers, in a worker: it asks the nodes.
 */
#ifndef HVC_GUEST_RECORD_H
#define HVC_GUEST_RECORD_H

#include "guest.h"

/*
 * who: a UUID, or a name as the cluster or any member's hypervisor knows it. OK: *ret_guest is the record as committed;
 * a guest with an unfinished job is left as it is, its job knows better. Otherwise in words: NOT_FOUND nobody knows it;
 * UNREACHABLE it could run on a node that does not answer, and no record says where; REFUSED it runs twice, or its name
 * is that of several (guest_name.h); or why nothing could be decided.
 */
enum hvc_result guest_record_ensure(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                    struct hvc_service_guest *ret_guest);

/* Which node stores the definition of a guest that is off. OK: *ret_node is its id. Otherwise in words: NOT_FOUND none
 * does; REFUSED several do; UNREACHABLE a node that does not answer may have one. */
enum hvc_result guest_record_home(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_service_guest *guest, uint32_t *ret_node);

/* The record as data: who it is, version and hash of its definition, what it needs, its resource. */
void guest_record_describe(struct hvc_record *data, const struct hvc_service_guest *guest);
/* The cluster keeps a definition of it. */
bool guest_record_has_definition(const struct hvc_service_guest *guest);

/* guest.add of that definition: the cluster keeps it, with a hash and a version, on every node; as the resource's that
 * the call names, if it does. OK, or in words why not. */
enum hvc_result guest_definition_keep(struct hvc_operations *operations, struct hvc_call *call, const char *xml);

#endif
