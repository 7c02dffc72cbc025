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
 * is another guest's; or why nothing could be decided.
 */
enum hvc_result guest_record_ensure(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                    struct hvc_service_guest *ret_guest);

/* Which node stores the definition of a guest that is off. OK: *ret_node is its id. Otherwise in words: NOT_FOUND none
 * does; REFUSED several do; UNREACHABLE a node that does not answer may have one. */
enum hvc_result guest_record_home(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_service_guest *guest, uint32_t *ret_node);

/* The record as it is, without asking anybody. NOT_FOUND in words. */
enum hvc_result guest_record_read(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                  struct hvc_service_guest *ret_guest);

/* The record as data: who it is, version and hash of its definition, what it needs, its resource. */
void guest_record_describe(struct hvc_record *data, const struct hvc_service_guest *guest);
/* The cluster keeps a definition of it. */
bool guest_record_has_definition(const struct hvc_service_guest *guest);

/* Who is meant by a UUID, or by a name as the cluster or any member's hypervisor knows it; for looking only. NOT_FOUND
 * or UNREACHABLE in words. The name is "" for a UUID that the cluster has no record of. */
enum hvc_result guest_record_find(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                  struct hvc_guest_id *ret_id);

/* Who a call means that may name the guest by "guest", too, of which this node's hypervisor need not know the name. */
enum hvc_result guest_request_find(struct hvc_operations *operations, struct hvc_call *call,
                                   struct guest_request *ret_request);

#endif
