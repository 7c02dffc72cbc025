/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host says about a guest, each question in a call with a deadline. */
#include <errno.h>
#include <string.h>

#include "libvirt_call.h"
#include "libvirt_fit.h"
#include "libvirt_table.h"

struct fit_argument {
    struct hvc_guest_profile profile;
    char *cpu;
    bool same;
    struct hvc_host_fit fit;
    struct hvc_disk_fit disks; /* filled one by one under the call's lock */
    struct hvc_fit_answer answer;
    struct hvc_host_names names;
};

static void destroy(void *argument)
{
    free(((struct fit_argument *)argument)->cpu);
}

/* A call with its own copy of what it needs: the caller may be gone when it runs. */
static struct hvc_libvirt_call *new_call(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run,
                                         unsigned flags, const struct hvc_guest_profile *profile, const char *cpu)
{
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run, flags, sizeof(struct fit_argument), destroy);
    struct fit_argument *a;

    if (call == NULL)
        return NULL;
    a = hvc_libvirt_call_argument(call);
    a->profile = *profile;
    a->cpu = cpu == NULL ? NULL : strdup(cpu);
    if (cpu != NULL && a->cpu == NULL) {
        hvc_libvirt_call_unref(call);
        return NULL;
    }
    return call;
}

static int run_fits(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct fit_argument *a = argument;

    (void)error;
    memset(&a->fit, 0, sizeof(a->fit));
    hvc_fit_host(conn, &a->fit);
    hvc_fit_capabilities(conn, &a->profile, &a->fit);
    a->fit.cpu.is = HVC_TELL_MOOT;
    if (a->cpu != NULL)
        a->fit.cpu = hvc_fit_cpu(conn, &a->profile, a->cpu, false);
    if (!a->profile.tpm)
        a->fit.tpm.is = HVC_TELL_MOOT;
    for (uint32_t i = 0; i < a->profile.net_count; i++)
        a->fit.nets[i] = hvc_fit_net(conn, &a->profile.nets[i]);
    for (uint32_t i = 0; i < a->profile.device_count; i++)
        a->fit.devices[i] = hvc_fit_device(conn, &a->profile.devices[i]);
    return virConnectIsAlive(conn) == 1 ? 0 : hvc_error_set(error, -ENOTCONN, "the connection broke meanwhile");
}

int hvc_libvirt_fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                     uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_call(h, "tell what fits it", run_fits, HVC_CALL_READ, profile, cpu);
    int result = hvc_libvirt_call_run(call, deadline_ms, error);

    if (result == 0)
        *ret_fit = ((struct fit_argument *)hvc_libvirt_call_argument(call))->fit;
    return result;
}

static int run_reaches(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct fit_argument *a = argument;

    (void)error;
    for (uint32_t i = 0; i < a->profile.disk_count; i++) {
        struct hvc_fit_answer one = hvc_fit_disk(conn, &a->profile.disks[i]);

        hvc_libvirt_call_lock(a);
        a->disks.disks[i] = one;
        hvc_libvirt_call_unlock(a);
    }
    return 0;
}

/* What was answered before a dead file server held it up is told; the rest stays unknown. */
int hvc_libvirt_reaches(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, uint64_t deadline_ms,
                        struct hvc_disk_fit *ret_fit, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        new_call(h, "open the guest's disks", run_reaches, HVC_CALL_READ | HVC_CALL_SOFT, profile, NULL);
    int result = hvc_libvirt_call_run(call, deadline_ms, error);
    struct fit_argument *a;

    if (call == NULL || (result < 0 && result != -ETIMEDOUT))
        return result;
    a = hvc_libvirt_call_argument(call);
    hvc_libvirt_call_lock(a);
    *ret_fit = a->disks;
    hvc_libvirt_call_unlock(a);
    return result;
}

static int run_compare(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct fit_argument *a = argument;

    (void)error;
    a->answer = hvc_fit_cpu(conn, &a->profile, a->cpu, a->same);
    return 0;
}

int hvc_libvirt_compare_cpu(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                            bool same, uint64_t deadline_ms, struct hvc_fit_answer *ret_answer, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = new_call(h, "compare a CPU", run_compare, HVC_CALL_READ, profile, cpu);
    int result;

    if (call != NULL)
        ((struct fit_argument *)hvc_libvirt_call_argument(call))->same = same;
    result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result == 0)
        *ret_answer = ((struct fit_argument *)hvc_libvirt_call_argument(call))->answer;
    return result;
}

static int run_names(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct fit_argument *a = argument;

    if (a->cpu == NULL)
        return hvc_fit_host_names(conn, a->profile.architecture, &a->names, error);
    hvc_fit_guest_names(conn, &a->profile, a->cpu, &a->names);
    return 0;
}

int hvc_libvirt_names(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                      uint64_t deadline_ms, struct hvc_host_names *ret_names, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        new_call(h, "tell machine types and CPU features", run_names, HVC_CALL_READ, profile, cpu);
    int result = hvc_libvirt_call_run(call, deadline_ms, error);

    if (result == 0)
        *ret_names = ((struct fit_argument *)hvc_libvirt_call_argument(call))->names;
    return result;
}
