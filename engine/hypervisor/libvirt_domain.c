/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_domain.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

#include "hvc/text.h"
#include "libvirt_error.h"

int hvc_libvirt_uuid(const char *uuid, char ret_uuid[HVC_UUID_TEXT_MAX], struct hvc_error *error)
{
    return hvc_parse_uuid(uuid, ret_uuid) < 0
               ? hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", uuid == NULL ? "" : uuid)
               : 0;
}

int hvc_libvirt_lookup(virConnectPtr conn, const char *uuid, virDomainPtr *ret_domain, struct hvc_error *error)
{
    virDomainPtr domain = virDomainLookupByUUIDString(conn, uuid);

    if (domain == NULL)
        return hvc_libvirt_error(error, "no such guest");
    *ret_domain = domain;
    return 0;
}

int hvc_libvirt_job_operation(virDomainPtr domain)
{
    virTypedParameterPtr params = NULL;
    int count = 0, type = VIR_DOMAIN_JOB_NONE, operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

    if (virDomainGetJobStats(domain, &type, &params, &count, 0) < 0) {
        /* "migration statistics are available only on the source host" (qemuDomainGetJobStatsInternal) */
        if (hvc_libvirt_error_is(VIR_ERR_OPERATION_UNSUPPORTED))
            return VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN;
        /* "domain is not running", or a driver without jobs (test:///) */
        if (hvc_libvirt_error_is(VIR_ERR_OPERATION_INVALID) || hvc_libvirt_error_is(VIR_ERR_NO_SUPPORT))
            return -1;
        return VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    }
    if (type == VIR_DOMAIN_JOB_NONE)
        operation = -1;
    else
        (void)virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation);
    virTypedParamsFree(params, count);
    return operation;
}

int hvc_libvirt_not_active(struct hvc_error *error)
{
    return hvc_error_set(error, -ENOENT, "the guest is not active here");
}

struct change_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    hvc_libvirt_change_fn change;
    struct hvc_libvirt_order order;
};

static void destroy_change(void *argument)
{
    free(((struct change_argument *)argument)->order.text);
}

static int run_change(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    const struct change_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    return result < 0 ? result : a->change(domain, &a->order, error);
}

int hvc_libvirt_change(struct hvc_hypervisor *h, const char *what, unsigned flags, const char *uuid,
                       hvc_libvirt_change_fn change, struct hvc_libvirt_order order, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run_change, flags,
                                                         sizeof(struct change_argument), destroy_change);
    struct change_argument *a = hvc_libvirt_call_argument(call);
    int result = 0;

    if (a == NULL) {
        free(order.text);
    } else {
        a->change = change;
        a->order = order;
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    }
    return result < 0 ? result : hvc_libvirt_call_run(call, deadline_ms, error);
}
