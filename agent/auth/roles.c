/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roles.h"

#include <stdlib.h>
#include <string.h>

const char *hvc_role_name(enum hvc_role role)
{
    static const char *const names[HVC_ROLE_COUNT] = {
        [HVC_ROLE_NONE] = "none",
        [HVC_ROLE_READ] = "read",
        [HVC_ROLE_OPERATE] = "operate",
        [HVC_ROLE_ADMIN] = "admin",
    };

    return (unsigned)role < HVC_ROLE_COUNT ? names[role] : names[HVC_ROLE_NONE];
}

void hvc_roles_free(struct hvc_roles *roles)
{
    free(roles);
}

bool hvc_roles_is_empty(const struct hvc_roles *roles)
{
    unsigned count = roles->certificate_count;

    for (unsigned role = HVC_ROLE_READ; role < HVC_ROLE_COUNT; role++)
        count += roles->group_count[role];
    return count == 0;
}

static bool has_group(const struct hvc_roles *roles, unsigned role, const char *group)
{
    for (unsigned i = 0; i < roles->group_count[role]; i++) {
        if (strcmp(roles->groups[role][i], group) == 0)
            return true;
    }
    return false;
}

enum hvc_role hvc_roles_of_groups(const struct hvc_roles *roles, const char *groups)
{
    for (unsigned role = HVC_ROLE_COUNT - 1; role > HVC_ROLE_NONE; role--) {
        for (const char *group = groups; *group != '\0'; group += strlen(group) + 1) {
            if (has_group(roles, role, group))
                return (enum hvc_role)role;
        }
    }
    return HVC_ROLE_NONE;
}

enum hvc_role hvc_roles_of_certificate(const struct hvc_roles *roles, const char *subject, const char *cn)
{
    enum hvc_role greatest = HVC_ROLE_NONE;

    for (unsigned i = 0; i < roles->certificate_count; i++) {
        const struct hvc_roles_certificate *row = &roles->certificates[i];
        const char *name = row->by_cn ? cn : subject;

        if (name != NULL && strcmp(row->subject, name) == 0 && row->role > greatest)
            greatest = row->role;
    }
    return greatest;
}
