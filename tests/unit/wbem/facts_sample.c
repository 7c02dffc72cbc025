/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts_sample.h"

static const char *tags[] = {"Microsoft:UserManaged", "backup"};
static const char *listens_1[] = {"10.77.2.1", "fd77:2::1"};
static const char *listens_2[] = {"10.77.2.2"};

static const struct hvc_facts_network networks[] = {
    {.id = 1,
     .address = "10.77.2.0",
     .prefix = 24,
     .metric = 10,
     .name = "migration",
     .node = "",
     .tags = tags,
     .tag_count = 2},
    {.id = 2,
     .address = "fd77:2::",
     .prefix = 64,
     .metric = 20,
     .name = "",
     .node = "n2",
     .tags = tags,
     .tag_count = 1},
};

static const struct hvc_facts_node nodes[] = {
    {.name = "n1",
     .member = true,
     .accepting = true,
     .cpus = 8,
     .moves_out = 1,
     .listens = listens_1,
     .listen_count = 2},
    {.name = "n2",
     .member = true,
     .accepting = true,
     .cpus = 8,
     .moves_in = 1,
     .listens = listens_2,
     .listen_count = 1},
    {.name = "n3", .fenced = true, .accepting = true},
};

static const struct hvc_facts_disk disks[] = {
    {.target = "vda", .source = "/srv/web1.qcow2"},
    {.target = "sda", .source = "", .readonly = true},
};
static const struct hvc_facts_net nets[] = {{.source = "br0", .mac = "52:54:00:aa:bb:01"}};

static const struct hvc_facts_guest guests[] = {
    {.uuid = "0A000000-0000-4000-8000-000000000001",
     .name = "web1",
     .node = "n1",
     .cpus = 2,
     .memory_kib = 1048576,
     .version = 3,
     .moving = true,
     .disks = disks,
     .disk_count = 2,
     .nets = nets,
     .net_count = 1},
    {.uuid = "0A000000-0000-4000-8000-000000000002",
     .name = "web & <mail>",
     .node = "n2",
     .cpus = 1,
     .memory_kib = 524288,
     .version = 1},
    {.uuid = "0A000000-0000-4000-8000-000000000003",
     .name = "web3",
     .node = "",
     .cpus = 4,
     .memory_kib = 2097152,
     .version = 1},
};

static const struct hvc_facts_reason reasons[] = {
    {.code = "note", .text = "the target was chosen"},
    {.code = "retry", .text = "libvirt: pool <fast> is busy"},
    {.code = "give-up", .text = "no space left at the target"},
};

static const struct hvc_facts_job jobs[] = {
    {.id = 7,
     .uuid = "0A000000-0000-4000-8000-000000000001",
     .guest = "web1",
     .kind = "live",
     .phase = "copying",
     .source = "n1",
     .target = "n2",
     .by = "root",
     .words = "",
     .cancellable = true,
     .created_ms = 1700000000000,
     .started_ms = 1700000001000,
     .since_ms = 1700000002000,
     .priority = 100,
     .percent = 42},
    {.id = 5,
     .uuid = "0A000000-0000-4000-8000-000000000002",
     .guest = "web & <mail>",
     .kind = "storage",
     .phase = "failed",
     .source = "n2",
     .target = "n2",
     .by = "uid 1000",
     .words = "no space left at the target",
     .ended = true,
     .created_ms = 1690000000000,
     .started_ms = 1690000001000,
     .since_ms = 1690000061000,
     .priority = 50,
     .percent = 101,
     .reasons = reasons,
     .reason_count = 3},
};

const struct hvc_cim_facts facts_sample = {
    .node = "n1",
    .cluster = "lab",
    .version = "0.1.0",
    .quorate = true,
    .quorum_votes = 2,
    .stale = "",
    .now_ms = 1700000010000,
    .service = {.started = true,
                .enabled_state = 5,
                .requested_state = 12,
                .enabled_default = 2,
                .owner_name = "",
                .owner_contact = "ops@example.org"},
    .settings = {.enable_migration = true, .compression = true, .moves = 2, .storage_moves = 2},
    .node_settings = {.enable_migration = false, .compression = true, .moves = 4, .storage_moves = 2},
    .networks = networks,
    .network_count = 2,
    .nodes = nodes,
    .node_count = 3,
    .guests = guests,
    .guest_count = 3,
    .jobs = jobs,
    .job_count = 2,
};
