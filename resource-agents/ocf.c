/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf.h"

#include <errno.h>
#include <string.h>

#include "hvc/text.h"

/* Pacemaker passes a resource's parameter P as OCF_RESKEY_P, its own facts as OCF_RESKEY_CRM_meta_FACT. */
#define PARAMETER_PREFIX        "OCF_RESKEY_"
#define DEFAULT_TIMEOUT_MS      20000 /* Pacemaker's own default of an operation */
#define TIMEOUT_MAX_MS          (7 * 24 * 3600 * 1000ULL)
#define DEFAULT_STATE_DIRECTORY "/run/resource-agents" /* HA_RSCTMP of the resource-agents package */

const char *hvc_ocf_code_name(int code)
{
    switch (code) {
    case HVC_OCF_SUCCESS:
        return "OCF_SUCCESS";
    case HVC_OCF_ERR_GENERIC:
        return "OCF_ERR_GENERIC";
    case HVC_OCF_ERR_ARGS:
        return "OCF_ERR_ARGS";
    case HVC_OCF_ERR_UNIMPLEMENTED:
        return "OCF_ERR_UNIMPLEMENTED";
    case HVC_OCF_ERR_PERM:
        return "OCF_ERR_PERM";
    case HVC_OCF_ERR_INSTALLED:
        return "OCF_ERR_INSTALLED";
    case HVC_OCF_ERR_CONFIGURED:
        return "OCF_ERR_CONFIGURED";
    case HVC_OCF_NOT_RUNNING:
        return "OCF_NOT_RUNNING";
    case HVC_OCF_DEGRADED:
        return "OCF_DEGRADED";
    default:
        return "OCF code";
    }
}

const char *hvc_ocf_variable(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (char *const *entry = environment; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

const char *hvc_ocf_parameter(const struct hvc_ocf *ocf, const char *name)
{
    static const char prefix[] = PARAMETER_PREFIX;

    for (char *const *entry = ocf->environment; *entry != NULL; entry++) {
        const char *rest = *entry + sizeof(prefix) - 1;
        size_t length = strlen(name);

        if (strncmp(*entry, prefix, sizeof(prefix) - 1) == 0 && strncmp(rest, name, length) == 0 && rest[length] == '=')
            return rest + length + 1;
    }
    return NULL;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static int read_milliseconds(const struct hvc_ocf *ocf, const char *fact, uint64_t *ret_ms, struct hvc_error *error)
{
    const char *text = hvc_ocf_parameter(ocf, fact);

    if (text == NULL || *text == '\0')
        return -ENOENT;
    if (hvc_parse_u64(text, 0, TIMEOUT_MAX_MS, ret_ms) < 0)
        return hvc_error_set(error, -EINVAL,
                             PARAMETER_PREFIX "%s is '%s': it must be a number of milliseconds up to %llu", fact, text,
                             TIMEOUT_MAX_MS);
    return 0;
}

static int read_times(const struct hvc_ocf_action *actions, struct hvc_ocf *ocf, struct hvc_error *error)
{
    uint64_t interval_ms = 0;
    int rc;

    rc = read_milliseconds(ocf, "CRM_meta_interval", &interval_ms, error);
    if (rc == -EINVAL)
        return rc;
    /* Pacemaker 2.1 always tells the interval, 0 for a probe; a monitor by hand, without it, is no probe. */
    ocf->probe = rc == 0 && interval_ms == 0 && strcmp(ocf->action, "monitor") == 0;
    rc = read_milliseconds(ocf, "CRM_meta_timeout", &ocf->timeout_ms, error);
    if (rc == -EINVAL)
        return rc;
    ocf->timeout_told = rc == 0 && ocf->timeout_ms > 0;
    if (ocf->timeout_told)
        return 0;
    ocf->timeout_ms = DEFAULT_TIMEOUT_MS;
    for (const struct hvc_ocf_action *row = actions; row->name != NULL; row++)
        if (strcmp(row->name, ocf->action) == 0)
            ocf->timeout_ms = row->timeout_s * 1000;
    return 0;
}

int hvc_ocf_read(const char *agent, const struct hvc_ocf_action *actions, const char *action, char *const *environment,
                 struct hvc_ocf *ret_ocf, struct hvc_error *error)
{
    struct hvc_ocf ocf = {.environment = environment, .agent = agent, .action = or_empty(action)};
    const char *directory = hvc_ocf_variable(environment, "HA_RSCTMP");
    int rc;

    ocf.resource = or_empty(hvc_ocf_variable(environment, "OCF_RESOURCE_INSTANCE"));
    if (strlen(ocf.resource) >= HVC_RESOURCE_NAME_MAX || strchr(ocf.resource, '/') != NULL)
        return hvc_error_set(error, -EINVAL,
                             "OCF_RESOURCE_INSTANCE '%.64s' is no resource id: at most %d characters, no slash",
                             ocf.resource, HVC_RESOURCE_NAME_MAX - 1);
    ocf.migrate_source = or_empty(hvc_ocf_parameter(&ocf, "CRM_meta_migrate_source"));
    ocf.migrate_target = or_empty(hvc_ocf_parameter(&ocf, "CRM_meta_migrate_target"));
    ocf.state_directory = directory == NULL || *directory == '\0' ? DEFAULT_STATE_DIRECTORY : directory;
    rc = read_times(actions, &ocf, error);
    if (rc < 0)
        return rc;
    *ret_ocf = ocf;
    return 0;
}
