/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the replicated state says: the service, the nodes, their limits and room, the guest's record and job. */
#include <errno.h>
#include <string.h>

#include "hvc/keeper.h"
#include "hvc/text.h"
#include "internal.h"

static void take_node(const struct hvc_service *service, const struct hvc_service_node *node,
                      struct checks_state_node *to)
{
    to->id = node->id;
    to->known = true;
    to->accepting = node->accepting;
    to->maintenance = node->maintenance;
    to->memory_kib = node->memory_kib;
    to->boot_id = node->boot_id;
    to->live = hvc_service_setting(service, node->id, HVC_SETTING_ENABLE_MIGRATION) != 0;
    to->out_limit = (uint32_t)hvc_service_setting(service, node->id, HVC_SETTING_MOVES_OUT);
    to->in_limit = (uint32_t)hvc_service_setting(service, node->id, HVC_SETTING_MOVES_IN);
    to->storage_limit = (uint32_t)hvc_service_setting(service, node->id, HVC_SETTING_STORAGE_MOVES);
    to->spare_kib = hvc_service_setting(service, node->id, HVC_SETTING_MEMORY_SPARE);
    if (hvc_service_node_load(service, node->id, &to->load) < 0)
        to->load = (struct hvc_node_load){0};
}

static void take_guest(const struct hvc_service *service, const char *uuid, struct checks_state *state)
{
    const struct hvc_service_guest *guest;
    uint8_t bytes[16];

    if (hvc_parse_uuid_bytes(uuid, bytes) < 0)
        return;
    guest = hvc_service_guest(service, bytes);
    if (guest == NULL)
        return;
    state->guest_known = true;
    state->guest_node = guest->node;
    state->guest_job = guest->job;
    state->guest_version = guest->version;
    memcpy(state->guest_document, guest->document, sizeof(state->guest_document));
    memcpy(state->guest_name, guest->name, sizeof(state->guest_name));
    memcpy(state->guest_resource, guest->resource, sizeof(state->guest_resource));
}

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct checks_run *run = context;
    struct checks_state *state = &run->state;
    const struct hvc_service_node *node;
    struct hvc_service_counts counts;

    (void)stamp; /* whether it may be old is told by the quorum */
    hvc_service_counts(service, &counts);
    state->service = hvc_service_properties(service)->state;
    state->moves_limit = (uint32_t)hvc_service_setting(service, 0, HVC_SETTING_MOVES_CLUSTER);
    state->moves_used = counts.moving;
    for (uint32_t i = 0; state->node_count < HVC_NODES_MAX && (node = hvc_service_node_at(service, i)) != NULL; i++)
        take_node(service, node, &state->nodes[state->node_count++]);
    take_guest(service, run->request->guest, state);
    state->known = true;
    return 0;
}

void checks_read_state(struct checks_run *run)
{
    struct hvc_keeper *keeper = run->operations->keeper;
    int result;

    if (keeper == NULL) {
        (void)hvc_error_set(&run->state.error, -ENOTCONN, "this program keeps no state of the cluster");
        return;
    }
    result = keeper->ops->read(keeper, HVC_REPLICA_HERE, checks_deadline(run, 5000), look, run, &run->state.error);
    if (result < 0 && run->state.error.text[0] == '\0')
        (void)hvc_error_set(&run->state.error, result, "the cluster's state cannot be read: %s", strerror(-result));
}

const struct checks_state_node *checks_state_of(const struct checks_state *state, uint32_t id)
{
    for (size_t i = 0; i < state->node_count; i++) {
        if (state->nodes[i].id == id)
            return &state->nodes[i];
    }
    return NULL;
}
