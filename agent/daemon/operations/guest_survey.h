/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks every configured node about one guest, in parallel, and puts the start gate's input together. */
#ifndef HVC_OPERATIONS_GUEST_SURVEY_H
#define HVC_OPERATIONS_GUEST_SURVEY_H

#include "guest.h"
#include "hvc/placement.h"

struct guest_survey_node {
    struct hvc_guest_state state; /* valid when answered */
    bool answered;
    struct hvc_error error; /* why it did not, with libvirt's own words */
    char words[HVC_ERROR_TEXT_MAX];
};

struct guest_survey {
    struct hvc_cluster_facts facts;
    struct guest_survey_node nodes[HVC_NODES_MAX]; /* as facts.nodes */
    struct hvc_placement_node placement[HVC_NODES_MAX];
    struct hvc_placement_input input;
    struct hvc_placement_verdict verdict;
};

/* local: what is here, observed by the caller a moment ago. NULL when there is no memory. free(). */
struct guest_survey *guest_survey_take(struct hvc_operations *operations, struct hvc_call *call,
                                       const struct guest_request *request, const struct hvc_guest_state *local);

/* The gate's word for a class. */
enum hvc_seen guest_seen(enum hvc_guest_class guest_class);

/* A list `nodes` and the verdict into the response. */
void guest_survey_describe(const struct guest_survey *survey, struct hvc_record *data);

/* Index of the node whose guest is marked as another resource's; facts.count when there is none. */
size_t guest_survey_foreign(const struct guest_survey *survey, const struct guest_request *request);

#endif
