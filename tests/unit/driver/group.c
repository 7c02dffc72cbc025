/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include <poll.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

struct world world;
struct hub *hub;
struct hvc_replica *replica[HUB_NODES_MAX + 1];
struct hvc_tuning tuning;

int group_up(void **state)
{
    (void)state;
    world_up(&world);
    memset(replica, 0, sizeof(replica));
    tuning = hvc_tuning_default(false);
    tuning.retry_min_ms = 5;
    tuning.retry_max_ms = 50;
    tuning.rejoin_ms = 50;
    tuning.service.guests = 100;
    tuning.service.jobs_kept = 100;
    return 0;
}

void group_open_with(unsigned node, enum group_word word)
{
    char name[16];
    struct hvc_replica_config config = {
        .group = "test", .hooks = world_hooks(&world), .init = word == GROUP_INIT, .force = word == GROUP_FORCE};
    struct hvc_error error = {0};

    (void)snprintf(name, sizeof(name), "store%u", node);
    config.state_directory = world_path(&world, name);
    assert_int_equal(hvc_replica_open_on(&config, hub_port(hub, node), &tuning, &replica[node], &error), 0);
}

void group_open(unsigned node)
{
    group_open_with(node, GROUP_NO_WORD);
}

void group_close(unsigned node)
{
    world_close(replica[node]);
    replica[node] = NULL;
}

int group_down(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= HUB_NODES_MAX; n++)
        if (replica[n] != NULL)
            group_close(n);
    hub_hold(hub, false);
    hub_free(hub);
    world_down(&world);
    return 0;
}

void group_begin(unsigned nodes, uint32_t modes)
{
    hub = hub_new(nodes, modes);
    for (unsigned n = 1; n <= nodes; n++)
        group_open(n);
    for (unsigned n = 1; n <= nodes; n++)
        world_wait(replica[n], HVC_REPLICA_VOTING);
}

void group_owner_becomes(unsigned node, const char *wanted)
{
    char name[HVC_OWNER_NAME_MAX] = "";
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    do {
        if (world_read_owner(replica[node], HVC_REPLICA_HERE, name, NULL) == 0 && strcmp(name, wanted) == 0)
            return;
        (void)poll(NULL, 0, 2);
    } while (hvc_deadline_left(until) > 0);
    assert_string_equal(name, wanted);
}
