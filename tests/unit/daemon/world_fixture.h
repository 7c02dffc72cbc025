/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake world and keeper that a test program works on, one at a time. */
#ifndef HVC_WORLD_FIXTURE_H
#define HVC_WORLD_FIXTURE_H

#include "fake_keeper.h"
#include "fake_world.h"

#include "../hvc_cmocka.h"

static struct fake_world *world;
static struct fake_keeper *keeper;

static inline void make_world(void)
{
    world = fake_world_new();
    keeper = fake_keeper_new();
    world->operations.keeper = &keeper->base;
}

static inline void drop_world(void)
{
    fake_keeper_free(keeper);
    fake_world_free(world);
}

/* What the state says to the command. */
static inline struct hvc_answer give(struct hvc_command *command)
{
    struct hvc_replica_outcome outcome;
    struct hvc_token token = {0};

    command->version = HVC_COMMAND_VERSION;
    assert_int_equal(keeper->base.ops->token(&keeper->base, &token), 0);
    assert_int_equal(keeper->base.ops->propose(&keeper->base, command, &token, 0, false, &outcome), 0);
    return outcome.answer;
}

/* The command is taken. */
static inline void propose(struct hvc_command *command)
{
    assert_int_equal(give(command).code, HVC_ANSWER_OK);
}

/* 10.77.THIRD.0/24 of the cluster. */
static inline void add_network(uint8_t third, uint32_t metric)
{
    struct hvc_command command = {.kind = HVC_COMMAND_NETWORK_ADD};

    command.networks.count = 1;
    command.networks.item[0].network =
        (struct hvc_network){.family = 4, .prefix = 24, .metric = metric, .address = {10, 77, third}};
    propose(&command);
}

/* The one guest of that hypervisor, running. */
static inline void put_running(struct fake_hypervisor *where, const char *uuid, const char *name)
{
    where->guests[0] = (struct hvc_guest_state){.guest_class = HVC_GUEST_RUNNING};
    (void)snprintf(where->guests[0].id.uuid, sizeof(where->guests[0].id.uuid), "%s", uuid);
    (void)snprintf(where->guests[0].id.name, sizeof(where->guests[0].id.name), "%s", name);
    where->count = 1;
}

#endif
