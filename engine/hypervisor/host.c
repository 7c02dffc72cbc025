/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/host.h"

#include <errno.h>

static int not_asked(struct hvc_error *error)
{
    return hvc_error_set(error, -EOPNOTSUPP, "this hypervisor cannot be asked what fits it");
}

int hvc_hypervisor_fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                        uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error)
{
    return h->ops->fits == NULL ? not_asked(error) : h->ops->fits(h, profile, cpu, deadline_ms, ret_fit, error);
}

int hvc_hypervisor_reaches(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, uint64_t deadline_ms,
                           struct hvc_disk_fit *ret_fit, struct hvc_error *error)
{
    return h->ops->reaches == NULL ? not_asked(error) : h->ops->reaches(h, profile, deadline_ms, ret_fit, error);
}

int hvc_hypervisor_compare_cpu(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                               bool same, uint64_t deadline_ms, struct hvc_fit_answer *ret_answer,
                               struct hvc_error *error)
{
    return h->ops->compare_cpu == NULL ? not_asked(error)
                                       : h->ops->compare_cpu(h, profile, cpu, same, deadline_ms, ret_answer, error);
}

int hvc_hypervisor_names(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                         uint64_t deadline_ms, struct hvc_host_names *ret_names, struct hvc_error *error)
{
    return h->ops->names == NULL ? not_asked(error) : h->ops->names(h, profile, cpu, deadline_ms, ret_names, error);
}
