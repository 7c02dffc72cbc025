/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is meant by a UUID or a name. A name is a label: libvirt keeps it unique on one host only, and the record of a
 * guest outlives it. Of several guests with one name the only one that lives is meant, by the records or, when none of
 * them lives, by what the nodes say; else the only one that is defined; else the call is refused with their UUIDs. For
 * handlers, in a worker: it may ask the nodes.
 */
#ifndef HVC_GUEST_NAME_H
#define HVC_GUEST_NAME_H

#include "guest.h"

/* For looking and for moves. NOT_FOUND, UNREACHABLE, or REFUSED for a name of several, in words. The name is "" for a
 * UUID that the cluster has no record of. */
enum hvc_result guest_name_find(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                struct hvc_guest_id *ret_id);

/* Who a call means that may name the guest by "guest", too, of which this node's hypervisor need not know the name. */
enum hvc_result guest_name_request(struct hvc_operations *operations, struct hvc_call *call,
                                   struct guest_request *ret_request);

/* The record as it is, without asking anybody. NOT_FOUND and REFUSED in words. only: a name of several is refused
 * though one of them lives, for what cannot be taken back. */
enum hvc_result guest_name_record(struct hvc_operations *operations, struct hvc_call *call, const char *who, bool only,
                                  struct hvc_service_guest *ret_guest);

#endif
