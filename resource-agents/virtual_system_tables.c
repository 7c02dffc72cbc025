/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters and actions of VirtualSystem. Every parameter of ocf:heartbeat:VirtualDomain (resource-agents 4.12)
 * has a row, so that a configuration can be switched over; tests/unit/resource-agents compares the names.
 */
#include <stddef.h>
#include <string.h>

#include "virtual_system.h"

#define FIELD(name)     offsetof(struct hvc_virtual_system_settings, name)
#define MIB_MAX         (1024 * 1024) /* 1 TiB/s: beyond any link, within libvirt's and QEMU's range */
#define SHUTDOWN_MAX_S  86400         /* a day: beyond any op timeout of use */
#define DOWNTIME_MAX_MS 2000000       /* QEMU's own bound, 2000 s (migration/options.c) */

static const struct hvc_parameter PARAMETERS[] = {
    {
        .name = "config",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_STRING,
        .required = true,
        .unique = true,
        .offset = FIELD(config),
        .shortdesc = "Absolute path of the guest's libvirt XML",
        .longdesc = "Absolute path of the guest's libvirt domain XML. It must contain name and uuid and be the same on "
                    "every node that may run the guest. It is read when the guest is started and to learn who the "
                    "guest is; it is never written.",
    },
    {
        .name = "force_stop",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .offset = FIELD(force_stop),
        .standard = "false",
        .shortdesc = "Stop without asking the guest",
        .longdesc = "If true, stop ends the guest at once instead of asking it by ACPI to shut down first.",
    },
    {
        .name = "shutdown_timeout",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_INTEGER,
        .reloadable = true,
        .offset = FIELD(shutdown_timeout_s),
        .min = 1,
        .max = SHUTDOWN_MAX_S,
        .standard = "0",
        .shortdesc = "Longest time that stop lets the guest shut down by itself, in seconds",
        .longdesc = "Longest time, in seconds, that stop lets the guest shut down by itself before it is forced down. "
                    "It is a part of the stop operation's timeout, which must hold 35 s more (20 s for libvirt, 5 s "
                    "for the kill, 10 s for the agent). Not set: all that the timeout leaves, 145 s of 180 s. Without "
                    "effect with force_stop.",
    },
    {
        .name = "migration_downtime",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_INTEGER,
        .reloadable = true,
        .offset = FIELD(migration_downtime_ms),
        .min = 1,
        .max = DOWNTIME_MAX_MS,
        .standard = "0",
        .shortdesc = "Longest pause of a live migration, in milliseconds",
        .longdesc = "Longest pause of the guest at the switch-over of a live migration, in milliseconds, from the "
                    "start of the move; towards the end of the operation's timeout it is raised when the move would "
                    "not end otherwise (see migration_at_deadline). Not set: the hypervisor's own, 300 ms in QEMU.",
    },
    {
        .name = "migration_speed",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_INTEGER,
        .reloadable = true,
        .offset = FIELD(migration_speed_mib),
        .min = 1,
        .max = MIB_MAX,
        .standard = "0",
        .shortdesc = "Limit of a live migration's bandwidth, in MiB/s",
        .longdesc = "Limit of the bandwidth of this guest's live migration, in MiB/s. Not set: not limited.",
    },
    {
        .name = "migrate_options",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .offset = FIELD(migrate_options),
        .shortdesc = "Options of virsh migrate that a configuration for VirtualDomain may carry",
        .longdesc = "Options of virsh migrate, as a configuration for VirtualDomain may carry them. --live, --p2p, "
                    "--verbose, --abort-on-error, --auto-converge, --tls and --postcopy-after-precopy ask for nothing "
                    "beyond what is done anyway; --postcopy does the same as migration_post_copy=true; --migrateuri "
                    "is accepted without effect. Every other option is refused by its name, --unsafe above all.",
    },
    {
        .name = "migration_at_deadline",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .offset = FIELD(migration_at_deadline),
        .words = {"force", "abort"},
        .standard = "force",
        .shortdesc = "What becomes of a move that would miss its timeout: force or abort",
        .longdesc = "What becomes of a live migration that would not end within the timeout of migrate_to. force: the "
                    "guest is paused so that it ends (a longer pause, no reboot). abort: the guest stays at the "
                    "source; the operation fails, and Pacemaker then stops and starts the guest.",
    },
    {
        .name = "migration_post_copy",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .offset = FIELD(migration_post_copy),
        .standard = "false",
        .shortdesc = "A move that does not converge may switch to post-copy",
        .longdesc =
            "If true, a live migration that does not converge may be switched to post-copy. During post-copy "
            "the loss of either node loses the guest's memory: it reboots. A broken network only stops it until "
            "the move is resumed, unless migrate_to times out first: then it reboots, too.",
    },
    {
        .name = "monitor_scripts",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .offset = FIELD(monitor_scripts),
        .shortdesc = "Programs that check what runs inside the guest, separated by blanks",
        .longdesc = "Absolute paths of programs, separated by blanks, without arguments and run without a shell. When "
                    "the guest runs, monitor runs them one after the other and fails with the first that does not end "
                    "with 0. start waits, within its timeout, until all succeed. migrate_from does not run them: a "
                    "service that is briefly slow after the switch-over must not cost the guest a reboot.",
    },
    {
        .name = "on_io_error",
        .use = HVC_PARAMETER_HONOURED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .offset = FIELD(on_io_error),
        .words = {"fail", "degraded"},
        .standard = "fail",
        .shortdesc = "What monitor answers for a guest paused by an I/O error: fail or degraded",
        .longdesc = "What monitor answers for a guest that the hypervisor has paused because its disk reported an "
                    "error (storage lost, no space left). fail: failed, so Pacemaker restarts the guest. degraded: "
                    "active with a warning that crm_mon shows; the guest waits for its storage and an administrator.",
    },
    {
        .name = "hypervisor",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_STRING,
        .words = {"qemu:///system", "qemu+unix:///system"},
        .standard = "qemu:///system",
        .shortdesc = "Hypervisor URI; only qemu:///system",
        .longdesc = "libvirt's URI of the hypervisor. hvcluster manages the QEMU guests of the node's own libvirt.",
        .instead = "only qemu:///system is managed; leave the parameter out",
    },
    {
        .name = "shutdown_mode",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_STRING,
        .words = {"acpi"},
        .shortdesc = "How the guest is asked to shut down; only acpi",
        .longdesc = "How stop asks the guest to shut down.",
        .instead = "guests are asked by ACPI; use acpi or leave it out, or set force_stop for a guest without ACPI",
    },
    {
        .name = "migration_transport",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .words = {"tls"},
        .shortdesc = "Transport between the nodes; always TLS",
        .longdesc = "Transport of the connection between the libvirts of two nodes.",
        .instead = "nodes reach each other by peer_uri in hvclusterd.conf (TLS unless changed there)",
    },
    {
        .name = "migration_user",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .shortdesc = "User for the connection between the nodes; not used",
        .longdesc = "User for the connection to the other node's libvirt.",
        .instead = "nodes know each other by their TLS certificates, not by users",
    },
    {
        .name = "migration_network_suffix",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .shortdesc = "Suffix of host names on the migration network; see hvclusterd.conf",
        .longdesc = "Suffix that makes a node's name its name on the migration network.",
        .instead = "the migration network is set once for all guests: migrate_uri=tcp://%nSUFFIX in hvclusterd.conf",
    },
    {
        .name = "migrateuri",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .shortdesc = "URI of the memory stream; see hvclusterd.conf",
        .longdesc = "URI of the memory stream of a live migration.",
        .instead = "the migration network is set once for all guests: migrate_uri in hvclusterd.conf",
    },
    {
        .name = "migrateport",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_INTEGER,
        .reloadable = true,
        .shortdesc = "Port of the memory stream; libvirt chooses it",
        .longdesc = "Port of the memory stream of a live migration.",
        .instead = "libvirt chooses a free port of its range and tries the next one (migration_port_min in qemu.conf)",
    },
    {
        .name = "remoteuri",
        .use = HVC_PARAMETER_IGNORED,
        .type = HVC_PARAMETER_STRING,
        .reloadable = true,
        .shortdesc = "URI of the other node's libvirt; see hvclusterd.conf",
        .longdesc = "URI of the other node's libvirt.",
        .instead = "nodes reach each other by peer_uri in hvclusterd.conf, one setting for all guests",
    },
#define AUTOSET_WORDS                                                                                                  \
    "set the utilization by hand (crm_resource -r RESOURCE -z -p NAME -v VALUE), together with the nodes' capacity"
    {
        .name = "autoset_utilization_cpu",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Set the resource's cpu utilization; only false",
        .longdesc = "Let monitor write the guest's number of CPUs into the resource's utilization. A guest with a "
                    "utilization does not start on nodes without a capacity, so neither is written as a side effect.",
        .instead = AUTOSET_WORDS,
    },
    {
        .name = "autoset_utilization_host_memory",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Set the resource's host_memory utilization; only false",
        .longdesc = "Let monitor write the guest's memory into the resource's utilization as host_memory.",
        .instead = AUTOSET_WORDS,
    },
    {
        .name = "autoset_utilization_hv_memory",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Set the resource's hv_memory utilization; only false",
        .longdesc = "Let monitor write the guest's memory into the resource's utilization as hv_memory.",
        .instead = AUTOSET_WORDS,
    },
#define UNSET_WORDS "remove it once by hand (crm_resource -r RESOURCE -z -d NAME)"
    {
        .name = "unset_utilization_cpu",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Remove the resource's cpu utilization; only false",
        .longdesc = "Let monitor remove the resource's utilization cpu.",
        .instead = UNSET_WORDS,
    },
    {
        .name = "unset_utilization_host_memory",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Remove the resource's host_memory utilization; only false",
        .longdesc = "Let monitor remove the resource's utilization host_memory.",
        .instead = UNSET_WORDS,
    },
    {
        .name = "unset_utilization_hv_memory",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Remove the resource's hv_memory utilization; only false",
        .longdesc = "Let monitor remove the resource's utilization hv_memory.",
        .instead = UNSET_WORDS,
    },
#define SAVE_WORDS "the XML in config is the administrator's: change it there, on all nodes, and restart the guest"
    {
        .name = "save_config_on_stop",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Write the running guest's XML over config; only false",
        .longdesc = "Let stop and monitor overwrite config with the running guest's XML.",
        .instead = SAVE_WORDS,
    },
    {
        .name = "sync_config_on_stop",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .reloadable = true,
        .standard = "false",
        .shortdesc = "Copy config to all nodes with csync2; only false",
        .longdesc = "Let stop copy config to all nodes with csync2.",
        .instead = SAVE_WORDS,
    },
    {
        .name = "snapshot",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_STRING,
        .shortdesc = "Save the guest's memory on stop; not supported",
        .longdesc = "Folder where stop saves the guest's memory and start restores it from.",
        .instead = "stop shuts the guest down; a saved memory image would be restored on a node where it may be stale",
    },
    {
        .name = "backingfile",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_STRING,
        .shortdesc = "Create the guest's disk from this image on start; not supported",
        .longdesc = "Image from which start creates the guest's disk.",
        .instead = "create the disk before the resource; start creates no disks",
    },
    {
        .name = "stateless",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .standard = "false",
        .shortdesc = "Create the guest's disk anew on every start; only false",
        .longdesc = "Let start create the guest's disk anew from backingfile.",
        .instead = "start creates no disks; use a transient disk in the guest's XML",
    },
    {
        .name = "copyindirs",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_STRING,
        .shortdesc = "Copy folders into the guest's disk on start; not supported",
        .longdesc = "Folders that start copies into the guest's disk.",
        .instead = "start does not write to disks; prepare the disk before",
    },
    {
        .name = "start_resources",
        .use = HVC_PARAMETER_REFUSED,
        .type = HVC_PARAMETER_BOOLEAN,
        .standard = "false",
        .shortdesc = "Start libvirt's pools and networks with the guest; only false",
        .longdesc = "Let start and migrate_to start the storage pools and networks that the guest's XML names.",
        .instead = "let libvirt start them (virsh pool-autostart, virsh net-autostart) on every node",
    },
    {.name = NULL},
};

/* Advised timeouts; docs/operator-guide.md says why. */
static const struct hvc_ocf_action ACTIONS[] = {
    {.name = "start", .timeout_s = 120},
    {.name = "stop", .timeout_s = 180},
    {.name = "monitor", .timeout_s = 30, .interval_s = 10},
    {.name = "migrate_to", .timeout_s = 1800},
    {.name = "migrate_from", .timeout_s = 120},
    {.name = "reload-agent", .timeout_s = 20},
    {.name = "meta-data", .timeout_s = 5},
    {.name = "validate-all", .timeout_s = 20},
    {.name = NULL},
};

const struct hvc_agent hvc_virtual_system = {
    .name = "VirtualSystem",
    .shortdesc = "A libvirt guest that moves between nodes and never runs twice",
    .longdesc =
        "Manages a QEMU guest of libvirt through hvclusterd, which the MigrationService agent runs on every node. "
        "The guest is live-migrated when the resource's meta attribute allow-migrate is true. start never boots a "
        "guest that may run elsewhere: a guest found running on another node is fetched by live migration, and a node "
        "that neither answers nor is fenced makes start fail with that reason. stop succeeds only when the kernel "
        "shows no process of the guest. Without hvclusterd the agent asks libvirt and the kernel itself.",
    .parameters = PARAMETERS,
    .actions = ACTIONS,
};

/* Words of migrate_options and what they come to. */
enum option_use { OPTION_ANYWAY, OPTION_POST_COPY, OPTION_IGNORED };
static const struct {
    const char *name;
    enum option_use use;
} OPTIONS[] = {
    {"--live", OPTION_ANYWAY},          {"--p2p", OPTION_ANYWAY},
    {"--verbose", OPTION_ANYWAY},       {"--abort-on-error", OPTION_ANYWAY},
    {"--auto-converge", OPTION_ANYWAY}, {"--tls", OPTION_ANYWAY},
    {"--postcopy", OPTION_POST_COPY},   {"--postcopy-after-precopy", OPTION_ANYWAY},
    {"--migrateuri", OPTION_IGNORED},
};

static unsigned read_option(const char *option, size_t length, struct hvc_virtual_system_settings *settings,
                            hvc_parameter_fault_fn fault_fn, void *context)
{
    const char *equal = memchr(option, '=', length);
    size_t name_length = equal == NULL ? length : (size_t)(equal - option);
    char words[HVC_ERROR_TEXT_MAX];

    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (strlen(OPTIONS[i].name) != name_length || strncmp(OPTIONS[i].name, option, name_length) != 0)
            continue;
        if (OPTIONS[i].use == OPTION_POST_COPY)
            settings->migration_post_copy = true;
        if (OPTIONS[i].use == OPTION_IGNORED)
            fault_fn(context, HVC_PARAMETER_NO_EFFECT,
                     "--migrateuri in migrate_options has no effect: the migration network is set once for all "
                     "guests, migrate_uri in hvclusterd.conf");
        return 0;
    }
    (void)snprintf(words, sizeof(words),
                   "migrate_options has '%.*s', which is refused: of virsh's options only --live, --p2p, --verbose, "
                   "--abort-on-error, --auto-converge, --tls, --postcopy and --migrateuri=URI are taken",
                   (int)(length < 128 ? length : 128), option);
    fault_fn(context, HVC_PARAMETER_BAD, words);
    return 1;
}

unsigned hvc_virtual_system_read_settings(const struct hvc_ocf *ocf, struct hvc_virtual_system_settings *ret_settings,
                                          hvc_parameter_fault_fn fault_fn, void *context)
{
    struct hvc_virtual_system_settings settings = {0};
    unsigned bad = hvc_parameters_read(PARAMETERS, ocf, &settings, fault_fn, context);

    for (const char *p = settings.migrate_options; *p != '\0';) {
        size_t length = strcspn(p, " \t\n");

        if (length > 0)
            bad += read_option(p, length, &settings, fault_fn, context);
        p += length;
        p += strspn(p, " \t\n");
    }
    if (settings.config[0] != '\0' && settings.config[0] != '/') {
        fault_fn(context, HVC_PARAMETER_BAD, "parameter config must be an absolute path");
        bad++;
    }
    for (const char *p = settings.monitor_scripts; *p != '\0';) {
        size_t length = strcspn(p, " \t\n");

        if (length > 0 && *p != '/') {
            fault_fn(context, HVC_PARAMETER_BAD, "parameter monitor_scripts must be absolute paths");
            bad++;
            break;
        }
        p += length;
        p += strspn(p, " \t\n");
    }
    *ret_settings = settings;
    return bad;
}
