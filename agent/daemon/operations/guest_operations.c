/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the guest operations. */
#include "cluster_call.h"
#include "guest.h"

#define BY_NAME                                                                                                        \
    {                                                                                                                  \
        .name = "guest", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1,                                             \
        .help = "its UUID, or its name as any node or the cluster knows it"                                            \
    }
/* Not for those that look every few seconds. */
#define WITH                                                                                                           \
    {                                                                                                                  \
        .name = "with", .type = HVC_ARGUMENT_TEXT, .words = with_words,                                                \
        .help = "and the resource of another agent that has the guest, by Pacemaker's configuration"                   \
    }
static const char *const with_words[] = {"foreign", NULL};

static const struct hvc_argument list_arguments[] = {WITH};

static const struct hvc_argument inspect_arguments[] = {GUEST_ARGUMENTS, BY_NAME, WITH};

static const struct hvc_argument locate_arguments[] = {GUEST_ARGUMENTS, BY_NAME};

static const struct hvc_argument known_arguments[] = {
    {.name = "after", .type = HVC_ARGUMENT_UUID, .help = "the last UUID of the former piece; without: from the first"},
    {.name = "limit",
     .type = HVC_ARGUMENT_U64,
     .min = 1,
     .max = GUEST_KNOWN_ROWS_MAX,
     .help = "guests in this piece, or fewer"},
    {.name = "devices", .type = HVC_ARGUMENT_BOOL, .help = "with the devices that the kept definition names"},
    HVC_READ_ARGUMENTS,
};

static const struct hvc_argument start_arguments[] = {
    GUEST_ARGUMENTS,
    {.name = "config",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_PATH_TEXT_MAX - 1,
     .help = "file the definition came from; no other resource may name it"},
};

static const struct hvc_argument stop_arguments[] = {
    GUEST_ARGUMENTS,
    {.name = "force", .type = HVC_ARGUMENT_BOOL, .help = "do not ask the guest, force it down at once"},
    {.name = "graceful_ms",
     .type = HVC_ARGUMENT_U64,
     .help = "longest time for the guest to shut down by itself; without it what the other parts leave"},
};

static const char *const end_actions[] = {"abort", "force", NULL};

static const struct hvc_argument move_arguments[] = {
    GUEST_ARGUMENTS,
    {.name = "target",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "node to move to"},
    {.name = "end_action",
     .type = HVC_ARGUMENT_TEXT,
     .words = end_actions,
     .help = "at the deadline: abort the move, or force the guest over with a longer pause"},
    {.name = "bandwidth_mib",
     .type = HVC_ARGUMENT_U64,
     .max = HVC_BANDWIDTH_MAX_MIB,
     .help = "limit in MiB/s; 0: none"},
    {.name = "max_downtime_ms",
     .type = HVC_ARGUMENT_U64,
     .max = HVC_DOWNTIME_MAX_MS,
     .help = "longest pause at the switch-over; 0: the hypervisor's own"},
    {.name = "tls", .type = HVC_ARGUMENT_BOOL, .help = "encrypt the memory stream"},
    {.name = "post_copy", .type = HVC_ARGUMENT_BOOL, .help = "may be switched to post-copy"},
};

static const struct hvc_argument arrived_arguments[] = {
    GUEST_ARGUMENTS,
    {.name = "source", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_NODE_NAME_MAX - 1, .help = "node it came from"},
};

static const struct hvc_operation rows[] = {
    {.name = "guest.list",
     .help = "all guests of this node",
     HVC_ARGUMENTS(list_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 15000,
     .handler = guest_list},
    {.name = "guest.known",
     .help = "guests of the cluster's state, and where each is: in order of their UUIDs, a piece at a time",
     HVC_ARGUMENTS(known_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 10000,
     .handler = guest_known},
    {.name = "guest.inspect",
     .help = "what one guest does on this node, by libvirt or by the kernel, and what the cluster keeps of it",
     HVC_ARGUMENTS(inspect_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 10000,
     .handler = guest_inspect},
    {.name = "guest.locate",
     .help = "what every node says about one guest, and whether it could be started here",
     HVC_ARGUMENTS(locate_arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 20000,
     .handler = guest_locate},
    {.name = "guest.start",
     .help = "make the guest run on this node: started, or fetched from the node where it runs",
     HVC_ARGUMENTS(start_arguments),
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .bound = true,
     .audited = true,
     .timeout_ms = 120000,
     .handler = guest_start},
    {.name = "guest.stop",
     .help = "make nothing of the guest run on this node",
     HVC_ARGUMENTS(stop_arguments),
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .audited = true,
     .timeout_ms = 120000,
     .handler = guest_stop},
    {.name = "guest.move",
     .help = "make the guest be at the target, by live migration from this node",
     HVC_ARGUMENTS(move_arguments),
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .bound = true,
     .audited = true,
     .timeout_ms = 3600000,
     .handler = guest_move},
    {.name = "guest.arrived",
     .help = "prove that the guest runs on this node",
     HVC_ARGUMENTS(arrived_arguments),
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .audited = true,
     .timeout_ms = 60000,
     .handler = guest_arrived},
};

const struct hvc_operation_set hvc_guest_operations = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};
