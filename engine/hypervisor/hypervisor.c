/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/hypervisor.h"

#include <errno.h>
#include <string.h>

static const char *const class_names[HVC_GUEST_CLASS_MAX] = {
    [HVC_GUEST_ABSENT] = "absent",     [HVC_GUEST_RUNNING] = "running",   [HVC_GUEST_PAUSED] = "paused",
    [HVC_GUEST_STOPPING] = "stopping", [HVC_GUEST_INCOMING] = "incoming", [HVC_GUEST_LEAVING] = "leaving",
    [HVC_GUEST_FAILED] = "failed",     [HVC_GUEST_UNKNOWN] = "unknown",
};

static const char *const health_names[] = {
    [HVC_HYPERVISOR_UNUSED] = "unused",
    [HVC_HYPERVISOR_ANSWERS] = "answers",
    [HVC_HYPERVISOR_DOWN] = "down",
    [HVC_HYPERVISOR_HANGS] = "hangs",
};

static const char *const phase_names[] = {
    [HVC_MIGRATE_NONE] = "none",
    [HVC_MIGRATE_SETUP] = "setup",
    [HVC_MIGRATE_COPY] = "copy",
    [HVC_MIGRATE_SWITCH] = "switch",
    [HVC_MIGRATE_POST_COPY] = "post-copy",
    [HVC_MIGRATE_DONE] = "done",
    [HVC_MIGRATE_INTERRUPTED] = "interrupted",
};

static const char *name_of(const char *const *names, size_t count, size_t index)
{
    return index < count ? names[index] : "invalid";
}

#define NAME_OF(names, value) name_of(names, sizeof(names) / sizeof((names)[0]), (size_t)(value))

const char *hvc_guest_class_name(enum hvc_guest_class guest_class)
{
    return NAME_OF(class_names, guest_class);
}

bool hvc_guest_is_present(enum hvc_guest_class guest_class)
{
    return guest_class != HVC_GUEST_ABSENT;
}

const char *hvc_hypervisor_health_name(enum hvc_hypervisor_health health)
{
    return NAME_OF(health_names, health);
}

const char *hvc_migrate_phase_name(enum hvc_migrate_phase phase)
{
    return NAME_OF(phase_names, phase);
}

void hvc_hypervisor_close(struct hvc_hypervisor *h)
{
    if (h != NULL)
        h->ops->close(h);
}

int hvc_hypervisor_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                        size_t *ret_count, struct hvc_error *error)
{
    return h->ops->list(h, deadline_ms, ret_guests, ret_count, error);
}

int hvc_hypervisor_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                           struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    return h->ops->inspect(h, uuid, deadline_ms, ret_state, error);
}

int hvc_hypervisor_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                            char **ret_xml, struct hvc_error *error)
{
    return h->ops->read_xml(h, uuid, inactive, deadline_ms, ret_xml, error);
}

int hvc_hypervisor_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->define(h, xml, deadline_ms, error);
}

int hvc_hypervisor_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->undefine(h, uuid, deadline_ms, error);
}

int hvc_hypervisor_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                         struct hvc_error *error)
{
    return h->ops->start(h, xml, owner, deadline_ms, error);
}

int hvc_hypervisor_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                        struct hvc_error *error)
{
    return h->ops->stop(h, uuid, step, deadline_ms, error);
}

int hvc_hypervisor_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->pause(h, uuid, deadline_ms, error);
}

int hvc_hypervisor_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->resume(h, uuid, deadline_ms, error);
}

int hvc_hypervisor_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    return h->ops->set_owner(h, uuid, owner, deadline_ms, error);
}

int hvc_hypervisor_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                           uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->migrate(h, uuid, options, deadline_ms, error);
}

int hvc_hypervisor_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                            struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    return h->ops->progress(h, uuid, deadline_ms, ret_progress, error);
}

int hvc_hypervisor_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                                struct hvc_error *error)
{
    return h->ops->set_downtime(h, uuid, downtime_ms, deadline_ms, error);
}

int hvc_hypervisor_set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                                 struct hvc_error *error)
{
    return h->ops->set_bandwidth(h, uuid, mib, deadline_ms, error);
}

int hvc_hypervisor_post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->post_copy(h, uuid, deadline_ms, error);
}

int hvc_hypervisor_interrupt(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return h->ops->interrupt(h, uuid, deadline_ms, error);
}

int hvc_hypervisor_host(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_host_facts *ret_facts,
                        struct hvc_error *error)
{
    return h->ops->host(h, deadline_ms, ret_facts, error);
}

int hvc_hypervisor_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error)
{
    return h->ops->watch(h, function, context, error);
}

void hvc_hypervisor_status(struct hvc_hypervisor *h, struct hvc_hypervisor_status *ret_status)
{
    h->ops->status(h, ret_status);
}
