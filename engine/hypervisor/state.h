/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table that says what libvirt's domain states mean for a cluster. Pure. The numbers are libvirt's
 * (virDomainState, its reasons, virDomainJobOperation) of version 9.0; numbers it does not know are met with the safe
 * answer, never with "absent" and never with "running" where the state alone does not say so.
 */
#ifndef HVC_STATE_H
#define HVC_STATE_H

#include <stddef.h>

#include "hvc/hypervisor.h"

/* What the job that libvirt has on the domain says about it. */
enum hvc_domain_job {
    HVC_DOMAIN_JOB_NONE,    /* no migration job */
    HVC_DOMAIN_JOB_OUT,     /* this is the source of a migration */
    HVC_DOMAIN_JOB_IN,      /* this is the target of one */
    HVC_DOMAIN_JOB_UNKNOWN, /* libvirt did not say */
    HVC_DOMAIN_JOB_KINDS
};

/* virDomainJobOperation -> kind; a number that is not known is HVC_DOMAIN_JOB_UNKNOWN. */
enum hvc_domain_job hvc_domain_job_of(int operation);

enum hvc_guest_class hvc_state_class(int state, int reason, enum hvc_domain_job job);

/* "paused (I/O error)"; numbers that are not known are shown as such. */
void hvc_state_words(int state, int reason, char *target, size_t size);

/* True when only the job tells what the state means: the caller must ask for it. */
bool hvc_state_needs_job(int state, int reason);

/* Paused by an outgoing migration, and no such job exists (hvc_guest_state.stranded). */
bool hvc_state_stranded(int state, int reason, enum hvc_domain_job job);

/* One end of a post-copy (hvc_guest_state.half). */
bool hvc_state_half(int state, int reason);

/* libvirt's words in its status file ("paused", "migration") -> numbers; -1 when it is none. */
int hvc_state_by_word(const char *word);
int hvc_reason_by_word(int state, const char *word);

/* Number of reasons that the table knows of a state, 0 for an unknown state: the tests' completeness check. */
size_t hvc_state_reasons(int state);

#endif
