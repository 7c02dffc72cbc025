/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"

int hvc_libvirt_core_new(const char *uri, struct hvc_libvirt_core **ret_core)
{
    struct hvc_libvirt_core *core = calloc(1, sizeof(*core));
    pthread_condattr_t monotonic;

    if (core == NULL)
        return -ENOMEM;
    (void)pthread_mutex_init(&core->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&core->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    core->refs = 1;
    core->health = HVC_HYPERVISOR_UNUSED;
    core->since_ms = hvc_now_ms();
    memcpy(core->uri, uri, strlen(uri) + 1); /* hvc_libvirt_open has checked its length */
    *ret_core = core;
    return 0;
}

void hvc_libvirt_core_unref(struct hvc_libvirt_core *core)
{
    bool last;

    (void)pthread_mutex_lock(&core->lock);
    last = --core->refs == 0;
    (void)pthread_mutex_unlock(&core->lock);
    if (!last)
        return;
    (void)pthread_cond_destroy(&core->changed);
    (void)pthread_mutex_destroy(&core->lock);
    free(core);
}

bool hvc_libvirt_wait(struct hvc_libvirt_core *core, uint64_t deadline_ms)
{
    const struct timespec until = hvc_timespec_of(deadline_ms);

    if (deadline_ms == HVC_NO_DEADLINE) {
        (void)pthread_cond_wait(&core->changed, &core->lock);
        return true;
    }
    if (hvc_deadline_left(deadline_ms) == 0)
        return false;
    return pthread_cond_timedwait(&core->changed, &core->lock, &until) != ETIMEDOUT;
}

void hvc_libvirt_health(struct hvc_libvirt_core *core, enum hvc_hypervisor_health health, const struct hvc_error *words)
{
    if (core->health != health) {
        core->health = health;
        core->since_ms = hvc_now_ms();
    }
    if (words != NULL)
        core->last = *words;
}
