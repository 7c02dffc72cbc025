/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_main.h"
#include "askers.h"
#include "virtual_system.h"

static int act(const struct hvc_ocf *ocf, uint64_t deadline_ms)
{
    return hvc_virtual_system_act(ocf, deadline_ms, &hvc_ask_daemon, &hvc_ask_direct);
}

int main(int argc, char **argv)
{
    return hvc_agent_main(&hvc_virtual_system, argc, argv, environ, act);
}
