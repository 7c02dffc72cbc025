/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roles.h"

static void print_groups(FILE *out, const struct hvc_roles *roles, enum hvc_role role, const char *help)
{
    (void)fprintf(out, "# %s\n%s_groups=", help, hvc_role_name(role));
    for (unsigned i = 0; i < roles->group_count[role]; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "" : ", ", roles->groups[role][i]);
    (void)fputc('\n', out);
}

void hvc_roles_print(FILE *out, const struct hvc_roles *roles)
{
    (void)fputs("[roles]\n", out);
    print_groups(out, roles, HVC_ROLE_READ, "Members of these groups, divided by commas, may read; nobody may before");
    print_groups(out, roles, HVC_ROLE_OPERATE, "Members may change, too");
    print_groups(out, roles, HVC_ROLE_ADMIN, "Members may do everything");
    (void)fputs("\n# A client with a certificate: one group for each, with a name of its own\n"
                "# [certificate monitoring]\n"
                "# subject=CN=monitor,OU=IT,O=Example\n"
                "# role=read\n",
                out);
    for (unsigned i = 0; i < roles->certificate_count; i++) {
        const struct hvc_roles_certificate *row = &roles->certificates[i];

        (void)fprintf(out, "\n[certificate %s]\n%s=%s\nrole=%s\n", row->name, row->by_cn ? "cn" : "subject",
                      row->subject, hvc_role_name(row->role));
    }
}
