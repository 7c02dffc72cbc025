/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_main.h"
#include "migration_service.h"

static int act(const struct hvc_ocf *ocf, uint64_t deadline_ms)
{
    return hvc_migration_service_act(ocf, deadline_ms, &hvc_service_status);
}

int main(int argc, char **argv)
{
    return hvc_agent_main(&hvc_migration_service, argc, argv, environ, act);
}
