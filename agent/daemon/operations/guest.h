/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest operations share: who is meant, what is here, whose it is. Called by handlers only, in a worker. */
#ifndef HVC_OPERATIONS_GUEST_H
#define HVC_OPERATIONS_GUEST_H

#include "hvc/operations.h"

/* The guest a request is about, from its arguments xml or uuid [name]. */
struct guest_request {
    struct hvc_guest_id id; /* name "" when only the UUID was given */
    const char *xml;        /* NULL without; belongs to the call */
    const char *resource;   /* the resource that asks; "" for a person */
};

/* Rows for these arguments; every guest operation lists them. */
#define GUEST_ARGUMENTS                                                                                                \
    {.name = "xml",                                                                                                    \
     .type = HVC_ARGUMENT_TEXT,                                                                                        \
     .choice = 1,                                                                                                      \
     .min = 1,                                                                                                         \
     .max = HVC_XML_MAX - 1,                                                                                           \
     .help = "definition of the guest"},                                                                               \
        {.name = "uuid", .type = HVC_ARGUMENT_UUID, .choice = 1, .help = "UUID of the guest"},                         \
        {.name = "name", .type = HVC_ARGUMENT_TEXT, .min = 1, .help = "its name, for messages"},                       \
    {                                                                                                                  \
        .name = "resource", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_RESOURCE_NAME_MAX - 1,                     \
        .help = "Pacemaker resource that asks"                                                                         \
    }

/* OK, or INVALID in words. */
enum hvc_result guest_request_read(struct hvc_call *call, struct guest_request *ret_request);

/* What is here, by libvirt or, when it is silent, by the kernel. Always fills *ret_state: class UNKNOWN with words when
 * nobody could tell. A request that gave no name learns it. The deadline is the nearer of the call's and within_ms from
 * now. */
void guest_observe(struct hvc_operations *operations, struct hvc_call *call, struct guest_request *request,
                   uint64_t within_ms, struct hvc_guest_state *ret_state);

/* The nearer of the call's deadline and ms from now. */
uint64_t guest_deadline(const struct hvc_call *call, uint64_t ms);

/* A process of it that has run is here: not absent, not on its way in, not unknown. */
bool guest_is_alive(const struct hvc_guest_state *state);

/* True when the guest is marked as another resource's. Unmarked guests and requests of people are nobody else's. */
bool guest_is_foreign(const struct guest_request *request, const struct hvc_guest_state *state);

/* Marks a guest that runs here as the resource's, when it is not yet. A failure is told in the words of the response,
 * not by the result: the guest runs. */
void guest_mark(struct hvc_operations *operations, struct hvc_call *call, const struct guest_request *request,
                const struct hvc_guest_state *state);

/* Puts uuid and name into the response. */
void guest_describe_id(struct hvc_record *data, const struct hvc_guest_id *id, const struct hvc_guest_state *state);
/* Puts everything inspect tells into a record. */
void guest_describe(struct hvc_record *record, const struct hvc_guest_state *state);

/* Best name for messages: name, or the UUID. */
const char *guest_label(const struct guest_request *request);

/* Rows of one answer of guest.known: they fit into a message. */
#define GUEST_KNOWN_ROWS_MAX 1000

/* The handlers, one file each. */
enum hvc_result guest_list(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_known(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_inspect(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_locate(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_start(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_stop(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_move(struct hvc_operations *operations, struct hvc_call *call);
enum hvc_result guest_arrived(struct hvc_operations *operations, struct hvc_call *call);

#endif
