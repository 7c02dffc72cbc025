/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvclusterd.conf: a key file whose every group and key is known; anything else is an error with file and line. */
#ifndef HVC_CONFIG_H
#define HVC_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hvc/error.h"
#include "hvc/limits.h"

#define HVC_CONFIG_TEXT_MAX 512

struct hvc_config {
    /* [daemon] */
    char user[64]; /* "": stay who we are */
    char runtime_directory[HVC_CONFIG_TEXT_MAX];
    char state_directory[HVC_CONFIG_TEXT_MAX];
    char service[64];      /* name of the libqb service */
    uint64_t archive_days; /* for which ended jobs stay in files, 0: none do */
    uint64_t workers;      /* blocking operations at one time */
    /* [access] */
    char operate_group[64]; /* its members may operate; "": nobody but root */
    char read_group[64];    /* its members may read; "": nobody else */
    char front_group[64];   /* of hvcluster-wbemd, may operate; it need not exist */
    uint64_t clients;
    /* [log] */
    bool log_syslog;
    char log_file[HVC_CONFIG_TEXT_MAX]; /* "": none */
    char log_level[16];                 /* word of the least level */
    /* [cluster] */
    bool standalone;                        /* no Corosync: this host alone */
    char group[128];                        /* CPG group of the daemons */
    char boot_id_file[HVC_CONFIG_TEXT_MAX]; /* "": the kernel's */
    /* [hypervisor] */
    char hypervisor_uri[HVC_URI_MAX];
    /* [migration] */
    char peer_uri[HVC_URI_MAX];
    char migrate_uri[HVC_URI_MAX];
    bool tls, auto_converge, post_copy, zero_copy, synchronous_writes;
    uint64_t bandwidth_mib, max_downtime_ms, parallel, ring_latency_ms;
    bool ring_all;
};

/* Everything as if the file were empty. */
void hvc_config_defaults(struct hvc_config *ret_config);

/* Reads a file over the defaults. -ENOENT when there is none and required is false: *ret_config has the defaults then.
 * Other errors: "FILE:LINE: what is wrong and what is allowed". */
int hvc_config_read(const char *path, bool required, struct hvc_config *ret_config, struct hvc_error *error);

/* The same from text; `name` stands for the file in errors. */
int hvc_config_parse(const char *name, const char *text, struct hvc_config *ret_config, struct hvc_error *error);

/* The whole configuration as a file with comments: what `hvclusterd --print-config` shows and what is installed. */
void hvc_config_print(FILE *out, const struct hvc_config *config);

#endif
