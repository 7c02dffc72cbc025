/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MigrateVirtualSystemTo..., CheckVirtualSystemIsMigratable...: what is to move where, and the job or the check of it.
 */
#include "move.h"

#include <arpa/inet.h>
#include <string.h>

#include "hvc/record.h"

void hvc_method_migration_service_MigrateVirtualSystemToHost(struct hvc_cim_method_call *call);
void hvc_method_migration_service_MigrateVirtualSystemToSystem(struct hvc_cim_method_call *call);
void hvc_method_migration_service_CheckVirtualSystemIsMigratable(struct hvc_cim_method_call *call);
void hvc_method_migration_service_CheckVirtualSystemIsMigratableToHost(struct hvc_cim_method_call *call);
void hvc_method_migration_service_CheckVirtualSystemIsMigratableToSystem(struct hvc_cim_method_call *call);

/* ---- the target ---- */

struct address {
    int family; /* 0: no address */
    unsigned char bytes[16];
};

static struct address address_of(const char *text)
{
    struct address address = {0};

    if (inet_pton(AF_INET, text, address.bytes) == 1)
        address.family = AF_INET;
    else if (inet_pton(AF_INET6, text, address.bytes) == 1)
        address.family = AF_INET6;
    return address;
}

/* RFC 1035, and underscores; what has only digits and dots is an address, a good one or not. */
static bool is_host_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_0123456789.";

    return text[0] != '\0' && strlen(text) < 256 && text[strspn(text, all)] == '\0' && strpbrk(text, letters) != NULL;
}

static const struct hvc_facts_node *node_at(const struct hvc_cim_facts *facts, const struct address *wanted)
{
    for (uint32_t i = 0; i < facts->node_count; i++)
        for (uint32_t k = 0; k < facts->nodes[i].listen_count; k++) {
            struct address there = address_of(facts->nodes[i].listens[k]);

            if (there.family == wanted->family && memcmp(there.bytes, wanted->bytes, sizeof(there.bytes)) == 0)
                return &facts->nodes[i];
        }
    return NULL;
}

/* "n2" of "n2" and of "n2.example.org". */
static const struct hvc_facts_node *node_named(struct hvc_cim_method_call *call, const char *name)
{
    const struct hvc_facts_node *node = node_of(call->facts, name);
    const char *label = node == NULL ? hvc_cim_copy(call->arena, name, strcspn(name, ".")) : NULL;

    return label == NULL ? node : node_of(call->facts, label);
}

/* DestinationHost in each form that the capabilities tell. */
static void take_host(struct hvc_cim_method_call *call, struct move *move)
{
    const char *host = given_text(call, "DestinationHost");
    struct address address;

    if (host == NULL)
        return;
    address = address_of(host);
    if (address.family == 0 && !is_host_name(host)) {
        refuse(call, SITUATION_INVALID, "DestinationHost \"%.64s\" is no name, no IPv4 and no IPv6 address of a host",
               host);
        return;
    }
    move->target = address.family != 0 ? node_at(call->facts, &address) : node_named(call, host);
    if (move->target == NULL)
        refuse(call, SITUATION_NO_TARGET, "the cluster has no node %s \"%.64s\"",
               address.family != 0 ? "where moves come in at" : "with the name", host);
}

/* DestinationSystem: the path of a node. */
static void take_destination_system(struct hvc_cim_method_call *call, struct move *move)
{
    const struct hvc_facts_guest *guest;

    if (given(call, "DestinationSystem") == NULL || !take_system(call, "DestinationSystem", &guest, &move->target))
        return;
    if (guest != NULL)
        refuse(call, SITUATION_INVALID, "DestinationSystem is virtual system %s: it has to be a node", guest->name);
}

/* What is known without asking stands against it; hvclusterd says the rest. */
static void check_target(struct hvc_cim_method_call *call, const struct move *move)
{
    bool stays = strcmp(move->kind, "storage") == 0;

    if (stays && move->target != NULL && strcmp(move->target->name, move->guest->node) != 0)
        refuse(call, SITUATION_INVALID,
               "storage alone stays on the node of its virtual system, %s: name no other host, or use MigrationType "
               "32771",
               move->guest->node[0] == '\0' ? "none" : move->guest->node);
    else if (!stays && move->target == NULL)
        refuse(call, SITUATION_INVALID, "the host is NULL: only storage alone (MigrationType 32769) moves without one");
    else if (!stays && strcmp(move->target->name, move->guest->node) == 0)
        refuse(call, SITUATION_STATE, "virtual system %s is on node %s already", move->guest->name, move->target->name);
    else if (!stays && !move->target->member)
        refuse(call, SITUATION_AWAY, "node %s takes no part in the cluster now", move->target->name);
}

/* ---- the whole request ---- */

static bool take_settings(struct hvc_cim_method_call *call, struct move *move)
{
    if (embedded_count(call, "MigrationSettingData") == 1)
        move->settings = embedded(call, "MigrationSettingData", 0, "CIM_VirtualSystemMigrationSettingData");
    return !refused(call);
}

static bool take_move(struct hvc_cim_method_call *call, struct move *move, bool check)
{
    const struct hvc_cim_facts *facts = call->facts;
    const struct hvc_facts_node *node;

    if (!take_system(call, "ComputerSystem", &move->guest, &node))
        return false;
    if (move->guest == NULL)
        refuse(call, SITUATION_INVALID, "ComputerSystem is node %s: it has to be a virtual system", node->name);
    if (refused(call) || !take_settings(call, move) || !take_type(call, move, check))
        return false;
    take_host(call, move);
    if (!refused(call))
        take_destination_system(call, move);
    if (!refused(call))
        check_target(call, move);
    if (refused(call) || !take_planned(call, move) || !take_plan(call, move))
        return false;
    if (facts->stale[0] != '\0')
        refuse(call, SITUATION_AWAY, "no move is taken now: %s", facts->stale);
    else if (move->guest->moving && !check)
        refuse(call, SITUATION_IN_USE, "virtual system %s is being moved already", move->guest->name);
    return !refused(call);
}

static void order_job(struct hvc_cim_method_call *call, bool check)
{
    struct move move = {0};
    struct hvc_cim_order *order = take_move(call, &move, check) ? hvc_cim_method_order(call, "job.create") : NULL;

    if (order == NULL)
        return;
    hvc_cim_order_text(order, "guest", move.guest->uuid);
    hvc_cim_order_text(order, "kind", move.kind);
    if (strcmp(move.kind, "storage") != 0)
        hvc_cim_order_text(order, "target", move.target->name);
    if (check)
        hvc_cim_order_flag(order, "check", true);
    add_settings(call, &move, order);
    hvc_cim_order_text(order, "document", move.plan);
}

static void migrate(struct hvc_cim_method_call *call)
{
    order_job(call, false);
}

static void check_by_job(struct hvc_cim_method_call *call)
{
    order_job(call, true);
}

/* ---- at once ---- */

static void check_now(struct hvc_cim_method_call *call)
{
    struct move move = {0};
    struct hvc_cim_order *order;
    struct hvc_cim_order settings = {0};

    if (!take_move(call, &move, true))
        return;
    add_settings(call, &move, &settings);
    if (refused(call))
        return;
    order = hvc_cim_method_order(call, "guest.check");
    if (order == NULL)
        return;
    order->asks = true;
    hvc_cim_order_text(order, "guest", move.guest->uuid);
    hvc_cim_order_text(order, "kind", move.kind);
    hvc_cim_order_text(order, "target", strcmp(move.kind, "storage") == 0 ? NULL : move.target->name);
    if (flag_of(move.settings, "AllowOverwriteExistingFile") == 1)
        hvc_cim_order_flag(order, "overwrite", true);
    hvc_cim_order_text(order, "document", move.plan);
}

/* A "no" is an answer: 0 and FALSE. Only when there was no check the return value tells. */
static void take_verdict(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    bool told = answers->data != NULL && hvc_record_list_count(answers->data, "nodes") > 0;

    if (answers->result == HVC_RESULT_OK ||
        (told && (answers->result == HVC_RESULT_REFUSED || answers->result == HVC_RESULT_BUSY)))
        hvc_cim_method_out(call, "IsMigratable", hvc_cim_boolean(call->arena, answers->result == HVC_RESULT_OK));
    else
        take_answers(call, answers, count);
    if (!refused(call) && answers->result != HVC_RESULT_OK)
        call->words = hvc_cim_copy(call->arena, answers->words, strlen(answers->words));
}

#define MOVE_NEEDS                                                                                                     \
    HVC_FACTS_STATUS | HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS | HVC_FACTS_NODES | HVC_FACTS_GUESTS |             \
        HVC_FACTS_DEVICES | HVC_FACTS_JOBS

static const struct hvc_cim_method to_host = {
    .needs = MOVE_NEEDS, .codes = CODES_MS, .perform = migrate, .complete = take_job};
static const struct hvc_cim_method to_system = {
    .needs = MOVE_NEEDS, .codes = CODES_CIM, .perform = migrate, .complete = take_job};
static const struct hvc_cim_method check_job = {
    .needs = MOVE_NEEDS, .codes = CODES_MS, .perform = check_by_job, .complete = take_job};
static const struct hvc_cim_method check_at_once = {
    .needs = MOVE_NEEDS, .codes = CODES_CIM, .perform = check_now, .complete = take_verdict};

void hvc_method_migration_service_MigrateVirtualSystemToHost(struct hvc_cim_method_call *call)
{
    call->is = &to_host;
}

void hvc_method_migration_service_MigrateVirtualSystemToSystem(struct hvc_cim_method_call *call)
{
    call->is = &to_system;
}

void hvc_method_migration_service_CheckVirtualSystemIsMigratable(struct hvc_cim_method_call *call)
{
    call->is = &check_job;
}

void hvc_method_migration_service_CheckVirtualSystemIsMigratableToHost(struct hvc_cim_method_call *call)
{
    call->is = &check_at_once;
}

void hvc_method_migration_service_CheckVirtualSystemIsMigratableToSystem(struct hvc_cim_method_call *call)
{
    call->is = &check_at_once;
}
