/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of roles, shared by what fills it and what asks it. */
#ifndef HVC_AUTH_ROLES_H
#define HVC_AUTH_ROLES_H

#include "hvc/roles.h"

struct hvc_roles_certificate {
    char name[HVC_ROLE_NAME_MAX];
    char subject[HVC_ROLE_SUBJECT_MAX]; /* a distinguished name, or a common name when by_cn; "" until it is read */
    bool by_cn;
    enum hvc_role role; /* NONE until it is read */
    unsigned line;      /* of its head */
};

struct hvc_roles {
    unsigned group_count[HVC_ROLE_COUNT];
    char groups[HVC_ROLE_COUNT][HVC_ROLE_GROUPS_MAX][HVC_ROLE_NAME_MAX];
    unsigned certificate_count;
    struct hvc_roles_certificate certificates[HVC_ROLE_CERTIFICATES_MAX];
};

#endif
