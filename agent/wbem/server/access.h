/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a client is and what he may do. Passwords are checked by hvcluster-auth over its socket; what it said is
 * remembered for a minute, as a hash. An address that brings wrong passwords has to wait. Threads: any.
 */
#ifndef HVC_WBEMD_ACCESS_H
#define HVC_WBEMD_ACCESS_H

#include "hvc/error.h"
#include "settings.h"

enum hvc_wbemd_role { HVC_ROLE_NONE, HVC_ROLE_READ, HVC_ROLE_OPERATE, HVC_ROLE_ADMIN };
const char *hvc_wbemd_role_name(enum hvc_wbemd_role role);

struct hvc_wbemd_access;

struct hvc_wbemd_access *hvc_wbemd_access_new(const struct hvc_wbemd_settings *settings);
void hvc_wbemd_access_free(struct hvc_wbemd_access *access);

/* By password. 0 with *ret_role (NONE: known, and in none of the groups); -EACCES: wrong; -EAGAIN: the address has to
 * wait; else hvcluster-auth cannot be asked. */
int hvc_wbemd_access_password(struct hvc_wbemd_access *access, const char *address, const char *user,
                              const char *password, uint64_t now_ms, enum hvc_wbemd_role *ret_role,
                              struct hvc_error *error);

/* Of a user whose certificate was checked: by the groups that he has on this node. */
enum hvc_wbemd_role hvc_wbemd_access_user(const struct hvc_wbemd_access *access, const char *user);

#endif
