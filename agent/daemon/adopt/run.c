/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"
#include "internal.h"

enum {
    ASK_MS = 15000,  /* for one answer of Pacemaker's */
    PROVE_MS = 8000, /* for the nodes to say where the guest is */
    PAUSE_MS = 250,  /* between two looks */
    REFRESH_MS = 30000,
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

bool adoption_begin(void)
{
    return pthread_mutex_trylock(&one_at_a_time) == 0;
}

void adoption_end(void)
{
    (void)pthread_mutex_unlock(&one_at_a_time);
}

/* ---- whose it is ---- */

struct member_look {
    const char *node;
    bool member;
};

static int look_at_member(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct member_look *look = context;
    const struct hvc_service_node *node = hvc_service_node_named(service, look->node);

    if (stamp->stale)
        return -EAGAIN;
    look->member = node != NULL && node->member;
    return 0;
}

int adoption_take(struct hvc_operations *operations, const char *resource, const struct hvc_adopt_state *state,
                  uint64_t deadline_ms, struct hvc_error *error)
{
    struct member_look look = {.node = state->owner};
    struct hvc_keeper *keeper = operations->keeper;
    int r;

    if (strcmp(state->owner, operations->node) == 0)
        return 0;
    r = keeper->ops->read(keeper, HVC_REPLICA_BARRIER, hvc_deadline_within(deadline_ms, ASK_MS), look_at_member, &look,
                          error);
    if (r < 0)
        return r;
    if (look.member)
        return hvc_error_set(error, -EBUSY, "node %s does it", state->owner);
    return hvc_pacemaker_adopt_take(resource, state->version, operations->node,
                                    hvc_deadline_within(deadline_ms, ASK_MS), error);
}

struct guest_look {
    const char *resource;
    bool found;
    char uuid[HVC_UUID_TEXT_MAX];
};

static int look_at_guests(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct guest_look *look = context;
    const struct hvc_service_guest *guest;
    uint32_t cursor = 0;

    (void)stamp;
    while (!look->found && (guest = hvc_service_guest_next(service, &cursor)) != NULL) {
        look->found = strcmp(guest->resource, look->resource) == 0;
        if (look->found)
            hvc_format_uuid(guest->uuid, look->uuid);
    }
    return 0;
}

bool adoption_guest(struct hvc_operations *operations, const char *resource, char uuid[HVC_UUID_TEXT_MAX])
{
    struct guest_look look = {.resource = resource};
    struct hvc_keeper *keeper = operations->keeper;

    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(ASK_MS), look_at_guests, &look, NULL) < 0)
        return false;
    memcpy(uuid, look.uuid, sizeof(look.uuid));
    return look.found;
}

/* ---- the steps ---- */

static int release(const char *resource, uint64_t deadline_ms, struct hvc_error *error)
{
    char version[HVC_PACEMAKER_VERSION_MAX];
    int r = hvc_pacemaker_adopt_settled(resource, hvc_deadline_within(deadline_ms, ASK_MS), version, error);

    return r < 0 ? r : hvc_pacemaker_adopt_release(resource, version, hvc_deadline_within(deadline_ms, ASK_MS), error);
}

static int take_step(const char *resource, const struct hvc_adopt_state *state,
                     const struct hvc_adopt_decision *decision, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_adopt_order order = {
        .resource = resource, .way = state->way, .without = state->without[0] == '\0' ? NULL : state->without};

    switch (decision->step) {
    case HVC_ADOPT_REPLACE:
        return hvc_pacemaker_adopt_replace(&order, state->version, hvc_deadline_within(deadline_ms, ASK_MS), error);
    case HVC_ADOPT_REFRESH:
        return hvc_pacemaker_adopt_refresh(resource, decision->node, hvc_deadline_within(deadline_ms, REFRESH_MS),
                                           error);
    case HVC_ADOPT_RELEASE:
        return release(resource, deadline_ms, error);
    case HVC_ADOPT_STUCK:
        return hvc_error_set(error, -EPERM, "%s", decision->words);
    case HVC_ADOPT_WAIT:
        (void)hvc_error_set(error, -EAGAIN, "%s", decision->words);
        return -EAGAIN;
    case HVC_ADOPT_DONE:
        return 0;
    }
    return 0;
}

/* The place of the guest costs an answer of each node, so it is asked for only where something depends on it. */
static void decide(struct hvc_operations *operations, const struct hvc_adopt_state *state, const char *uuid, bool undo,
                   uint64_t deadline_ms, struct hvc_adopt_decision *decision)
{
    struct hvc_guest_proof proof = {.is = HVC_ADOPT_PROOF_UNKNOWN};

    hvc_adopt_decide(state, HVC_ADOPT_PROOF_NOWHERE, "", undo, decision);
    if (decision->step != HVC_ADOPT_RELEASE && decision->step != HVC_ADOPT_STUCK)
        return;
    hvc_guest_prove(operations, uuid, true, hvc_deadline_within(deadline_ms, PROVE_MS), &proof);
    hvc_adopt_decide(state, proof.is, proof.node, undo, decision);
}

int adoption_run(struct hvc_operations *operations, const char *resource, const char *uuid, bool undo,
                 uint64_t deadline_ms, struct hvc_error *error)
{
    unsigned pause_ms = PAUSE_MS;

    for (;;) {
        struct hvc_adopt_state state;
        struct hvc_adopt_decision decision;
        int r = hvc_pacemaker_adopt_look(resource, hvc_deadline_within(deadline_ms, ASK_MS), &state, error);

        if (r == 0 && state.held && strcmp(state.owner, operations->node) != 0)
            return hvc_error_set(error, -ECANCELED, "node %s has taken it over", state.owner);
        if (r == 0) {
            decide(operations, &state, uuid, undo, deadline_ms, &decision);
            if (decision.step == HVC_ADOPT_DONE)
                return 0;
            r = take_step(resource, &state, &decision, deadline_ms, error);
        }
        if (r == -ENOENT || r == -EPERM)
            return r;
        if (!hvc_pause_before(deadline_ms, &pause_ms, PAUSE_MS)) {
            (void)hvc_error_prefix(error, "not in time");
            return error->code = -ETIMEDOUT;
        }
    }
}
