/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/settings.h"

#include <errno.h>
#include <string.h>

#define YEAR_S UINT64_C(31536000)

static const struct hvc_setting_info settings[HVC_SETTING_MAX] = {
    [HVC_SETTING_ENABLE_MIGRATION] = {"enable-migration", "EnableVirtualSystemMigration",
                                      "live migration is enabled (storage migration always is)", 0, 1, 1, 1, true},
    [HVC_SETTING_MOVES_OUT] = {"moves-out", "MaximumActiveVirtualSystemMigration",
                               "moves that may leave a node at one time", 1, 64, 1, 2, true},
    [HVC_SETTING_MOVES_IN] = {"moves-in", "MaximumActiveVirtualSystemMigration",
                              "moves that may come to a node at one time", 1, 64, 1, 2, true},
    [HVC_SETTING_STORAGE_MOVES] = {"storage-moves", "MaximumActiveStorageMigration",
                                   "storage moves of a node at one time", 1, 64, 1, 2, true},
    [HVC_SETTING_MOVES_CLUSTER] = {"moves-cluster", NULL, "moves in the whole cluster at one time, 0: no such limit", 0,
                                   4096, 0, 0, false},
    [HVC_SETTING_AUTHENTICATION] = {"authentication", "AuthenticationType",
                                    "0 CredSSP, 1 Kerberos: shown to clients; libvirt's TLS identity decides", 0, 1, 0,
                                    0, false},
    [HVC_SETTING_COMPRESSION] = {"compression", "EnableCompression", "compress the traffic of live moves", 0, 1, 1, 1,
                                 false},
    [HVC_SETTING_SMB] = {"smb", "EnableSmbTransport", "SMB as transport: not available, always 0", 0, 0, 0, 0, false},
    [HVC_SETTING_ANY_NETWORK] = {"any-network", NULL,
                                 "use any network when none of the configured ones reaches the target", 0, 1, 1, 1,
                                 false},
    [HVC_SETTING_TLS] = {"tls", NULL, "encrypt the memory stream", 0, 1, 1, 1, false},
    [HVC_SETTING_BANDWIDTH] = {"bandwidth", NULL, "bytes per second of all moves of a node, 0: not limited", 0,
                               UINT64_C(1) << 40, 0, 0, true},
    [HVC_SETTING_DOWNTIME_MS] = {"downtime-ms", NULL, "longest pause at the switch-over, in milliseconds", 1, 2000000,
                                 300, 300, false},
    [HVC_SETTING_DEADLINE_S] = {"deadline-s", NULL, "seconds for a move that names none, 0: from its size and the link",
                                0, 7 * 86400, 0, 0, false},
    [HVC_SETTING_END_ACTION] = {"end-action", NULL, "at the deadline: 0 abort, 1 force the switch-over, 2 post-copy", 0,
                                HVC_END_MAX - 1, HVC_END_ABORT, HVC_END_ABORT, false},
    [HVC_SETTING_PRIORITY] = {"priority", NULL, "of a move that names none; lower is sooner", 1, UINT16_MAX, 1000, 1000,
                              false},
    [HVC_SETTING_RETENTION_S] = {"retention-s", NULL, "seconds for which an ended job is kept", 300, 10 * YEAR_S,
                                 30 * 86400, 30 * 86400, false},
    [HVC_SETTING_RETENTION_COUNT] = {"retention-count", NULL, "ended jobs that are kept", 1, HVC_JOBS_KEPT_MAX,
                                     HVC_JOBS_KEPT_MAX, HVC_JOBS_KEPT_MAX, false},
    [HVC_SETTING_MEMORY_SPARE] = {"memory-spare", NULL, "KiB of a node's memory that moves leave free", 0, HVC_KIB_MAX,
                                  0, 0, true},
};

const struct hvc_setting_info *hvc_setting_info(unsigned setting)
{
    return setting < HVC_SETTING_MAX ? &settings[setting] : NULL;
}

int hvc_setting_find(const char *name, enum hvc_setting *ret_setting)
{
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            *ret_setting = (enum hvc_setting)i;
            return 0;
        }
    }
    return -ENOENT;
}

const char *hvc_end_action_name(unsigned action)
{
    static const char *const names[HVC_END_MAX] = {"abort", "force", "post-copy"};

    return action < HVC_END_MAX ? names[action] : "invalid";
}

uint16_t hvc_service_enabled_state(const struct hvc_service_properties *properties)
{
    return properties->state_used ? properties->state : HVC_STATE_NOT_APPLICABLE;
}

uint16_t hvc_service_requested_state(const struct hvc_service_properties *properties)
{
    return properties->state_used ? properties->state : HVC_STATE_REQUEST_NOT_APPLICABLE;
}

bool hvc_enabled_default_is_valid(unsigned value)
{
    return value == 2 || value == 3 || value == 5 || value == 6 || value == 7 || value == 9;
}
