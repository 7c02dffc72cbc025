/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what over CIM: groups of users and subjects of certificates to roles. Pure but for memory; a finished
 * table is only read, by any thread.
 *
 *     [roles]
 *     read_groups = cluster-viewers
 *     operate_groups = haclient, cluster operators
 *     admin_groups = cluster-admins
 *
 *     [certificate monitoring]             a name of its own for each
 *     subject = CN=monitor,OU=IT,O=Example
 *     role = read
 *
 *     [certificate backup]
 *     cn = backup.example.com
 *     role = operate
 *
 * Names of groups are divided by commas. subject is compared byte by byte with the distinguished name as RFC 4514
 * writes it (`openssl x509 -noout -subject -nameopt RFC2253`; gnutls_x509_crt_get_dn3 with no flags); cn with the
 * common name of a certificate that has exactly one. Of several roles the greatest holds. Nothing configured: no role
 * for anybody.
 */
#ifndef HVC_ROLES_H
#define HVC_ROLES_H

#include <stdbool.h>
#include <stdio.h>

#include "hvc/error.h"
#include "hvc/limits.h"

/* The ladder of rights: each may do what those before it may. */
enum hvc_role { HVC_ROLE_NONE, HVC_ROLE_READ, HVC_ROLE_OPERATE, HVC_ROLE_ADMIN, HVC_ROLE_COUNT };

const char *hvc_role_name(enum hvc_role role); /* "none", "read", "operate", "admin" */

struct hvc_roles;

/* Reads [roles] and [certificate ...] of a whole configuration file and passes the other groups over; they are their
 * reader's to judge. name is the file's, for the words. -EINVAL with "NAME:LINE: what is wrong", -ENOMEM. */
int hvc_roles_parse(const char *name, const char *text, struct hvc_roles **ret_roles, struct hvc_error *error);
void hvc_roles_free(struct hvc_roles *roles); /* NULL is allowed */

/* As groups of a configuration file, with comments, that hvc_roles_parse reads as the same table. */
void hvc_roles_print(FILE *out, const struct hvc_roles *roles);

/* True for the name of a group that hvc_roles_parse reads: the reader of the rest lets it be. */
bool hvc_roles_owns_group(const char *group);

/* True when nobody can have a role: worth a warning at the start. */
bool hvc_roles_is_empty(const struct hvc_roles *roles);

/* groups: names, each with its zero byte, an empty one at the end (hvc_auth_answer.groups). */
enum hvc_role hvc_roles_of_groups(const struct hvc_roles *roles, const char *groups);

/* subject: the distinguished name; cn: its common name, NULL unless there is exactly one. Only for a certificate that
 * has been verified. */
enum hvc_role hvc_roles_of_certificate(const struct hvc_roles *roles, const char *subject, const char *cn);

#endif
