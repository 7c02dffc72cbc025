/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to one connection about what a guest needs there. Run in a call's thread; each may block. They only read.
 */
#ifndef HVC_LIBVIRT_FIT_H
#define HVC_LIBVIRT_FIT_H

#include <libvirt/libvirt.h>

#include "hvc/host.h"

/* Type, emulator, machine, TPM, and the CPU a guest with host-model would get. */
void hvc_fit_capabilities(virConnectPtr conn, const struct hvc_guest_profile *profile, struct hvc_host_fit *fit);
/* UUID and CPU of the host itself. */
void hvc_fit_host(virConnectPtr conn, struct hvc_host_fit *fit);
/* As hvc_hypervisor_names, of a guest's <cpu> and of the host. */
void hvc_fit_guest_names(virConnectPtr conn, const struct hvc_guest_profile *profile, const char *cpu,
                         struct hvc_host_names *names);
int hvc_fit_host_names(virConnectPtr conn, const char *architecture, struct hvc_host_names *names,
                       struct hvc_error *error);
/* same: the CPU must be the host's own, else the hypervisor must be able to give it. */
struct hvc_fit_answer hvc_fit_cpu(virConnectPtr conn, const struct hvc_guest_profile *profile, const char *cpu,
                                  bool same);
struct hvc_fit_answer hvc_fit_net(virConnectPtr conn, const struct hvc_profile_net *net);
struct hvc_fit_answer hvc_fit_device(virConnectPtr conn, const struct hvc_profile_device *device);
struct hvc_fit_answer hvc_fit_disk(virConnectPtr conn, const struct hvc_profile_disk *disk);

#endif
