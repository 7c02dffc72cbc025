/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/guest_profile.h"

const char *hvc_profile_disk_name(unsigned kind)
{
    static const char *const names[HVC_PROFILE_DISK_COUNT] = {"empty",  "file",    "block", "dir",
                                                              "volume", "network", "other"};

    return kind < HVC_PROFILE_DISK_COUNT ? names[kind] : "invalid";
}

const char *hvc_profile_net_name(unsigned kind)
{
    static const char *const names[HVC_PROFILE_NET_COUNT] = {"network", "bridge", "interface", "free", "other"};

    return kind < HVC_PROFILE_NET_COUNT ? names[kind] : "invalid";
}
