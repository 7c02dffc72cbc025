/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_main.h"

#include <errno.h>

#include "hvc/clock.h"
#include "ocf_log.h"

/* Of an operation's time, what is kept to end before Pacemaker's SIGKILL: a twentieth, at most half a second. */
static uint64_t answer_due(uint64_t timeout_ms)
{
    uint64_t reserve = timeout_ms / 20 < 500 ? timeout_ms / 20 : 500;

    return hvc_deadline_in(timeout_ms - reserve);
}

static int refuse(const struct hvc_agent *agent, char *const *environment, int code, const char *words)
{
    const struct hvc_ocf ocf = {.environment = environment, .agent = agent->name, .resource = ""};

    hvc_ocf_exit_reason(&ocf, "%s", words);
    return code;
}

static int write_code(int rc)
{
    return rc < 0 ? HVC_OCF_ERR_GENERIC : HVC_OCF_SUCCESS;
}

int hvc_agent_main(const struct hvc_agent *agent, int argc, char *const *argv, char *const *environment,
                   int (*act)(const struct hvc_ocf *ocf, uint64_t deadline_ms))
{
    const char *action = argc == 2 ? argv[1] : "";
    struct hvc_error error = {0};
    struct hvc_ocf ocf;

    if (strcmp(action, "meta-data") == 0)
        return write_code(hvc_metadata_write(agent, stdout));
    if (strcmp(action, "usage") == 0 || strcmp(action, "help") == 0)
        return write_code(hvc_usage_write(agent, stdout));
    if (!hvc_agent_has_action(agent, action)) {
        (void)hvc_usage_write(agent, stderr);
        return HVC_OCF_ERR_UNIMPLEMENTED;
    }
    if (hvc_ocf_read(agent->name, agent->actions, action, environment, &ocf, &error) < 0)
        return refuse(agent, environment, HVC_OCF_ERR_ARGS, error.text);
    if (*ocf.resource == '\0' && strcmp(action, "validate-all") != 0)
        return refuse(agent, environment, HVC_OCF_ERR_ARGS,
                      "OCF_RESOURCE_INSTANCE is not set: this program is run by Pacemaker, or with the environment "
                      "of an OCF agent");
    return act(&ocf, answer_due(ocf.timeout_ms));
}
