/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with one disk, and whether its targets reach that. */
#ifndef HVC_CHECKED_GUEST_H
#define HVC_CHECKED_GUEST_H

#include <string.h>

#include "hvc/host.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define XML                                                                                                            \
    "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid><memory>1024</memory><devices><disk type='file'>"         \
    "<source file='/srv/a'/><target dev='vda'/></disk></devices></domain>"

static struct hvc_fit_answer disk;

static inline int reaches(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, uint64_t deadline_ms,
                          struct hvc_disk_fit *ret_fit, struct hvc_error *error)
{
    (void)h, (void)profile, (void)deadline_ms, (void)error;
    memset(ret_fit, 0, sizeof(*ret_fit));
    ret_fit->disks[0] = disk;
    return 0;
}

#endif
