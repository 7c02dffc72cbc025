/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an agent's words go: the destinations of the resource-agents package (HA_LOGFACILITY, HA_LOGFILE, HA_DEBUGLOG,
 * HA_debug), reached without starting a program. With none of them, standard error, which Pacemaker logs.
 * HA_LOGD is not used: reaching heartbeat's log daemon takes a program, and Pacemaker does not run it.
 */
#ifndef HVC_OCF_LOG_H
#define HVC_OCF_LOG_H

#include "ocf.h"

enum hvc_ocf_level { HVC_OCF_DEBUG, HVC_OCF_INFO, HVC_OCF_NOTICE, HVC_OCF_WARNING, HVC_OCF_ERROR };

/* One line; control characters inside become blanks. */
void hvc_ocf_log(const struct hvc_ocf *ocf, enum hvc_ocf_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Pacemaker keeps this many characters of a reason (EXIT_REASON_MAX_LEN of its executor). */
#define HVC_OCF_REASON_MAX 128

/* Tells Pacemaker why the action ends as it does (shown by crm_mon and pcs status) and logs the same words as an error.
 * Of what exceeds HVC_OCF_REASON_MAX the reason keeps both ends, because libvirt and QEMU name the cause last, with "
 * ... " between them; the log has all of it. The last reason counts. */
void hvc_ocf_exit_reason(const struct hvc_ocf *ocf, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
