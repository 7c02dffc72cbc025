/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocf:hvcluster:VirtualSystem: its tables, its settings and its actions. */
#ifndef HVC_VIRTUAL_SYSTEM_H
#define HVC_VIRTUAL_SYSTEM_H

#include "ask.h"
#include "metadata.h"
#include "ocf.h"
#include "parameters.h"

/* What the honoured parameters say; strings belong to the environment. */
struct hvc_virtual_system_settings {
    const char *config;
    bool force_stop;
    uint64_t shutdown_timeout_s;    /* 0: what the op timeout leaves */
    uint64_t migration_downtime_ms; /* 0: the hypervisor's own */
    uint64_t migration_speed_mib;   /* MiB/s; 0: not limited */
    const char *migrate_options;
    const char *migration_at_deadline; /* "force" or "abort" */
    bool migration_post_copy;
    const char *monitor_scripts;
    const char *on_io_error; /* "fail" or "degraded" */
};

extern const struct hvc_agent hvc_virtual_system;

/* Reads the settings and checks what one row of the table cannot: combinations and the words of migrate_options.
 * Returns the number of BAD faults told to fault_fn. */
unsigned hvc_virtual_system_read_settings(const struct hvc_ocf *ocf, struct hvc_virtual_system_settings *ret_settings,
                                          hvc_parameter_fault_fn fault_fn, void *context);

/* Runs the action that ocf names and returns its OCF code; says why on standard error and in the log. meta-data and
 * usage are not among them: they need no environment. deadline_ms: when the answer is due. */
int hvc_virtual_system_act(const struct hvc_ocf *ocf, uint64_t deadline_ms, struct hvc_asker *daemon,
                           struct hvc_asker *direct);

#endif
