/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls about one guest, told by its UUID. */
#ifndef HVC_LIBVIRT_DOMAIN_H
#define HVC_LIBVIRT_DOMAIN_H

#include "libvirt_call.h"

static inline void hvc_domain_free(virDomainPtr domain)
{
    (void)virDomainFree(domain);
}
HVC_DEFINE_CLEANUP(virDomainPtr, domain, hvc_domain_free, NULL)

/* The lower-case form; -EINVAL in words. */
int hvc_libvirt_uuid(const char *uuid, char ret_uuid[HVC_UUID_TEXT_MAX], struct hvc_error *error);
/* The domain of a UUID; -ENOENT in words. */
int hvc_libvirt_lookup(virConnectPtr conn, const char *uuid, virDomainPtr *ret_domain, struct hvc_error *error);
/* Operation of the domain's job: a virDomainJobOperation, 0 when libvirt did not say, -1 without a job. May wait. */
int hvc_libvirt_job_operation(virDomainPtr domain);
/* -ENOENT in the words that every change of a guest uses which is not active. */
int hvc_libvirt_not_active(struct hvc_error *error);

/* A change of one guest, and what it needs beside the domain. Runs in the call's thread. */
struct hvc_libvirt_order {
    uint64_t value;
    char *text; /* belongs to the call: free() */
};
typedef int (*hvc_libvirt_change_fn)(virDomainPtr domain, const struct hvc_libvirt_order *order,
                                     struct hvc_error *error);

/* Looks the domain up and changes it; flags of enum hvc_libvirt_call_flags. The order's text is taken over, also when
 * it fails. */
int hvc_libvirt_change(struct hvc_hypervisor *h, const char *what, unsigned flags, const char *uuid,
                       hvc_libvirt_change_fn change, struct hvc_libvirt_order order, uint64_t deadline_ms,
                       struct hvc_error *error);

#endif
