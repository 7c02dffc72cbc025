/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with one disk, and whether its targets reach that. */
#ifndef HVC_CHECKED_GUEST_H
#define HVC_CHECKED_GUEST_H

#include <stdlib.h>
#include <string.h>

#include "hvc/host.h"
#include "hvc/hypervisor.h"

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

/* Whichever guest is asked for. */
static inline int read_its_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                               char **ret_xml, struct hvc_error *error)
{
    (void)h, (void)uuid, (void)inactive, (void)deadline_ms, (void)error;
    *ret_xml = strdup(XML);
    return 0;
}

static inline int fits_everywhere(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                                  uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error)
{
    (void)h, (void)profile, (void)cpu, (void)deadline_ms, (void)error;
    memset(ret_fit, 0, sizeof(*ret_fit));
    ret_fit->type.is = ret_fit->machine.is = ret_fit->emulator.is = HVC_TELL_YES;
    ret_fit->cpu.is = ret_fit->tpm.is = HVC_TELL_MOOT;
    return 0;
}

#endif
