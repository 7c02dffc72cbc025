/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of hvcluster-wbemd: a table of keys, a file of groups. [roles] and [certificate ...] in it are read
 * by hvc/roles.h. */
#ifndef HVC_WBEMD_SETTINGS_H
#define HVC_WBEMD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hvc/error.h"
#include "hvc/roles.h"

#define HVC_WBEMD_TEXT_MAX 256

struct hvc_wbemd_settings {
    char http_address[HVC_WBEMD_TEXT_MAX]; /* "": no HTTP */
    uint64_t http_port;
    char https_address[HVC_WBEMD_TEXT_MAX]; /* "": no HTTPS */
    uint64_t https_port;
    char certificate[HVC_WBEMD_TEXT_MAX], key[HVC_WBEMD_TEXT_MAX], client_ca[HVC_WBEMD_TEXT_MAX];
    char anonymous[HVC_WBEMD_TEXT_MAX]; /* "none" or "read": who comes over HTTP without a password */
    char auth_socket[HVC_WBEMD_TEXT_MAX];
    char service[HVC_WBEMD_TEXT_MAX], runtime_directory[HVC_WBEMD_TEXT_MAX];
    uint64_t connections, connections_per_address, request_kib, answer_mib, idle_s, header_s, body_s, answer_s,
        timeout_ms, enumerations, password_cache_ms;
};

void hvc_wbemd_settings_default(struct hvc_wbemd_settings *settings);
/* -ENOENT: there is no such file; -EINVAL with the key and what it takes; -ENOMEM. Keys that are not in the file keep
 * what they have. *ret_roles is the caller's. */
int hvc_wbemd_settings_read(const char *path, struct hvc_wbemd_settings *settings, struct hvc_roles **ret_roles,
                            struct hvc_error *error);
/* As a file with a comment at each key. */
void hvc_wbemd_settings_print(FILE *out, const struct hvc_wbemd_settings *settings, const struct hvc_roles *roles);

#endif
