/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocf:hvcluster:MigrationService: runs hvclusterd, as a clone. */
#ifndef HVC_MIGRATION_SERVICE_H
#define HVC_MIGRATION_SERVICE_H

#include "metadata.h"
#include "ocf.h"
#include "parameters.h"

struct hvc_service_health {
    char words[768]; /* of `status`: what is wrong and yet no failure (service_status.c), "" when nothing is */
    char summary[512];
    int64_t pid; /* 0 when it was not told */
};

/* How the service is asked how it does. */
struct hvc_service_probe {
    /* 0 when it answered; -ENOTCONN nobody listens; -ETIMEDOUT it hangs; -EAGAIN it has too many clients; else words */
    int (*ask)(const struct hvc_service_probe *probe, uint64_t deadline_ms, struct hvc_service_health *ret_health,
               struct hvc_error *error);
    const char *root; /* folder that stands for / where systemd's links are looked at; NULL: / */
};
extern const struct hvc_service_probe hvc_service_status; /* operation "status" over its socket */

extern const struct hvc_agent hvc_migration_service;

/* Runs the action that ocf names and returns its OCF code. */
int hvc_migration_service_act(const struct hvc_ocf *ocf, uint64_t deadline_ms, const struct hvc_service_probe *probe);

#endif
