/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_main.h"
#include "migration_service.h"

static int act(const struct hvc_ocf *ocf, uint64_t deadline_ms)
{
    /* The runtime folder's owner is who clients accept as hvclusterd. */
    static const char *const folders[] = {HVC_RUNTIME_DIRECTORY, HVC_STATE_DIRECTORY, NULL};

    return hvc_migration_service_act(ocf, deadline_ms, &hvc_service_status, folders);
}

int main(int argc, char **argv)
{
    return hvc_agent_main(&hvc_migration_service, argc, argv, environ, act);
}
