/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt says about guests. Two calls: the first reads what libvirt answers without touching a guest's monitor;
 * the second asks for its job, which may wait behind another job of the same guest and so has a share of the time only.
 */
#include <errno.h>
#include <libvirt/virterror.h>

#include "guest_xml.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_table.h"
#include "state.h"

#define JOB_SHARE_MAX_MS  5000                      /* at most, and half of the time left */
#define JOB_STUCK_MAX     (HVC_STUCK_CALLS_MAX / 2) /* so many stuck calls leave the rest to calls that must be made */
#define STEADY_ROUNDS_MAX 8                         /* reads of state and job until both belong together */

/* The owner from the metadata of the live definition; "" when there is none. */
static void read_owner(virDomainPtr domain, struct hvc_guest_state *state)
{
    HVC_CLEANUP(free)
    char *element =
        virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, HVC_METADATA_URI, VIR_DOMAIN_AFFECT_CURRENT);

    if (element == NULL || hvc_guest_xml_owner(element, state->owner) < 0)
        state->owner[0] = '\0';
}

/* Everything but the job. -ENOENT when the domain went away meanwhile. */
static int read_base(virDomainPtr domain, struct hvc_guest_state *state, struct hvc_error *error)
{
    const char *name = virDomainGetName(domain);
    int autostart = 0, persistent;
    virDomainInfo info;

    if (virDomainGetUUIDString(domain, state->id.uuid) < 0 ||
        virDomainGetState(domain, &state->state, &state->reason, 0) < 0)
        return hvc_libvirt_error(error, "the guest's state");
    if (name == NULL || hvc_text_copy(state->id.name, sizeof(state->id.name), name) < 0)
        state->id.name[0] = '\0'; /* longer than any that is started here: the UUID tells who it is */
    persistent = virDomainIsPersistent(domain);
    if (persistent < 0 || virDomainGetInfo(domain, &info) < 0)
        return hvc_libvirt_error(error, "the guest's state");
    /* a transient domain has no autostart and a driver may answer so with an error */
    state->autostart = virDomainGetAutostart(domain, &autostart) == 0 && autostart != 0;
    state->persistent = persistent == 1;
    state->memory_kib = info.maxMem;
    state->source = HVC_SOURCE_LIBVIRT;
    /* "crashed" of a domain that is not active has no process (drivers other than QEMU) */
    if (state->state == VIR_DOMAIN_CRASHED && virDomainIsActive(domain) == 0) {
        state->state = VIR_DOMAIN_SHUTOFF;
        state->reason = VIR_DOMAIN_SHUTOFF_CRASHED;
    }
    if (state->state != VIR_DOMAIN_SHUTOFF)
        read_owner(domain, state);
    return 0;
}

static void absent(const char *uuid, struct hvc_guest_state *ret_state)
{
    *ret_state = (struct hvc_guest_state){
        .guest_class = HVC_GUEST_ABSENT, .source = HVC_SOURCE_LIBVIRT, .state = VIR_DOMAIN_SHUTOFF};
    (void)hvc_text_copy(ret_state->id.uuid, sizeof(ret_state->id.uuid), uuid);
    (void)snprintf(ret_state->words, sizeof(ret_state->words), "not known to libvirt here");
}

/* State and job that belong together: the state was the same before and after the job was asked for. */
struct steady {
    bool answered;
    int state, reason;
    enum hvc_domain_job job;
};

static int read_steady(virConnectPtr conn, const char *uuid, struct steady *ret_steady)
{
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int state = -1, reason = -1;
    int result = hvc_libvirt_lookup(conn, uuid, &domain, NULL);

    if (result < 0)
        return result;
    if (virDomainGetState(domain, &state, &reason, 0) < 0)
        return hvc_libvirt_error(NULL, "state");
    for (int round = 0; round < STEADY_ROUNDS_MAX; round++) {
        int operation = hvc_libvirt_job_operation(domain);
        int state_after = -1, reason_after = -1;

        if (virDomainGetState(domain, &state_after, &reason_after, 0) < 0)
            return hvc_libvirt_error(NULL, "state");
        if (state_after == state && reason_after == reason) {
            *ret_steady = (struct steady){.answered = true,
                                          .state = state,
                                          .reason = reason,
                                          .job = operation < 0 ? HVC_DOMAIN_JOB_NONE : hvc_domain_job_of(operation)};
            return 0;
        }
        state = state_after;
        reason = reason_after;
    }
    *ret_steady = (struct steady){.answered = true, .state = state, .reason = reason, .job = HVC_DOMAIN_JOB_UNKNOWN};
    return 0;
}

struct jobs_argument {
    size_t count;
    char (*uuids)[HVC_UUID_TEXT_MAX];
    struct steady *steady; /* filled one by one under the call's lock */
};

static void destroy_jobs(void *argument)
{
    struct jobs_argument *a = argument;

    free(a->uuids);
    free(a->steady);
}

static int read_jobs(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct jobs_argument *a = argument;

    (void)error;
    for (size_t i = 0; i < a->count; i++) {
        struct steady steady = {.answered = false};
        int result = read_steady(conn, a->uuids[i], &steady);

        if (result == -ENOENT)
            steady = (struct steady){.answered = true,
                                     .state = VIR_DOMAIN_SHUTOFF,
                                     .reason = VIR_DOMAIN_SHUTOFF_UNKNOWN,
                                     .job = HVC_DOMAIN_JOB_NONE};
        hvc_libvirt_call_lock(a);
        a->steady[i] = steady;
        hvc_libvirt_call_unlock(a);
    }
    return 0;
}

static void conclude(struct hvc_guest_state *state, const struct steady *steady)
{
    enum hvc_domain_job job = HVC_DOMAIN_JOB_UNKNOWN;

    if (state->state == VIR_DOMAIN_SHUTOFF) {
        job = HVC_DOMAIN_JOB_NONE;
    } else if (steady->answered) {
        state->state = steady->state;
        state->reason = steady->reason;
        job = steady->job;
    }
    state->guest_class = hvc_state_class(state->state, state->reason, job);
    state->migrating_out = job == HVC_DOMAIN_JOB_OUT;
    state->stranded = hvc_state_stranded(state->state, state->reason, job);
    state->half = hvc_state_half(state->state, state->reason);
    hvc_state_words(state->state, state->reason, state->words, sizeof(state->words));
    if (state->guest_class == HVC_GUEST_ABSENT)
        state->owner[0] = '\0';
}

static bool too_many_stuck(struct hvc_libvirt_core *core)
{
    bool many;

    (void)pthread_mutex_lock(&core->lock);
    many = core->stuck >= JOB_STUCK_MAX;
    (void)pthread_mutex_unlock(&core->lock);
    return many;
}

/* Asks for the jobs of the guests that are active and concludes all. Never fails: what is not answered is concluded as
 * unknown, which is right only for the few states where the job decides. */
static void add_jobs(struct hvc_libvirt_core *core, struct hvc_guest_state *states, size_t count, uint64_t deadline_ms)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(core, "tell a guest's job", read_jobs, HVC_CALL_READ | HVC_CALL_SOFT,
                             sizeof(struct jobs_argument), destroy_jobs);
    struct jobs_argument *a = hvc_libvirt_call_argument(call);
    uint64_t share = hvc_deadline_left(deadline_ms) / 2;
    size_t next = 0;

    if (a != NULL) {
        a->uuids = calloc(count, sizeof(*a->uuids));
        a->steady = calloc(count, sizeof(*a->steady));
    }
    for (size_t i = 0; a != NULL && a->uuids != NULL && i < count; i++)
        if (states[i].state != VIR_DOMAIN_SHUTOFF)
            memcpy(a->uuids[a->count++], states[i].id.uuid, HVC_UUID_TEXT_MAX);
    if (a != NULL && a->steady != NULL && a->count > 0 && !too_many_stuck(core))
        (void)hvc_libvirt_call_run(call, hvc_deadline_in(share < JOB_SHARE_MAX_MS ? share : JOB_SHARE_MAX_MS), NULL);
    for (size_t i = 0; i < count; i++) {
        struct steady steady = {.answered = false};

        if (a != NULL && a->steady != NULL && next < a->count && states[i].state != VIR_DOMAIN_SHUTOFF) {
            hvc_libvirt_call_lock(a);
            steady = a->steady[next++];
            hvc_libvirt_call_unlock(a);
        }
        conclude(&states[i], &steady);
    }
}

struct guests_argument {
    char uuid[HVC_UUID_TEXT_MAX]; /* "" for all */
    struct hvc_guest_state *states;
    size_t count;
};

static void destroy_guests(void *argument)
{
    free(((struct guests_argument *)argument)->states);
}

static int read_one(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct guests_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result;

    free(a->states);
    a->states = calloc(1, sizeof(*a->states));
    if (a->states == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    a->count = 1;
    result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);
    if (result == 0)
        result = read_base(domain, a->states, error);
    if (result == -ENOENT) {
        absent(a->uuid, a->states);
        result = 0;
    }
    return result;
}

static int read_each(virDomainPtr *domains, int count, struct guests_argument *a, struct hvc_error *error)
{
    if (count > HVC_GUESTS_PER_NODE_MAX)
        return hvc_error_set(error, -E2BIG, "%d guests are defined here; at most %d are read", count,
                             HVC_GUESTS_PER_NODE_MAX);
    free(a->states);
    a->count = 0;
    a->states = calloc(count == 0 ? 1 : (size_t)count, sizeof(*a->states));
    if (a->states == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for %d guests", count);
    for (int i = 0; i < count; i++) {
        int result = read_base(domains[i], &a->states[a->count], error);

        if (result == 0)
            a->count++;
        else if (result == -ENOENT) /* went away meanwhile */
            a->states[a->count] = (struct hvc_guest_state){.state = 0};
        else
            return result;
    }
    return 0;
}

static int read_all(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(conn, &domains, 0);
    int result;

    if (count < 0)
        return hvc_libvirt_error(error, "no list of guests");
    result = read_each(domains, count, argument, error);
    for (int i = 0; i < count; i++)
        (void)virDomainFree(domains[i]);
    free(domains);
    return result;
}

int hvc_libvirt_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                     size_t *ret_count, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(core, "list its guests", read_all, HVC_CALL_READ,
                                                         sizeof(struct guests_argument), destroy_guests);
    int result = hvc_libvirt_call_run(call, deadline_ms, error);
    struct guests_argument *a;

    if (result < 0)
        return result;
    a = hvc_libvirt_call_argument(call);
    add_jobs(core, a->states, a->count, deadline_ms);
    *ret_count = a->count;
    *ret_guests = HVC_TAKE(a->states, NULL);
    return 0;
}

int hvc_libvirt_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                        struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    struct hvc_libvirt_core *core = hvc_libvirt_core_of(h);
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(core, "tell a guest's state", read_one, HVC_CALL_READ,
                                                         sizeof(struct guests_argument), destroy_guests);
    struct guests_argument *a = hvc_libvirt_call_argument(call);
    int result = 0;

    if (a != NULL)
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    if (result == 0)
        result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result < 0)
        return result;
    if (a->states[0].words[0] == '\0') /* not concluded as absent yet */
        add_jobs(core, a->states, 1, deadline_ms);
    *ret_state = a->states[0];
    return 0;
}

struct xml_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    bool inactive;
    char *xml;
};

static void destroy_xml(void *argument)
{
    free(((struct xml_argument *)argument)->xml);
}

static int read_definition(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct xml_argument *a = argument;
    unsigned flags = a->inactive ? VIR_DOMAIN_XML_INACTIVE : VIR_DOMAIN_XML_MIGRATABLE;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    if (result < 0)
        return result;
    a->xml = virDomainGetXMLDesc(domain, flags | VIR_DOMAIN_XML_SECURE);
    if (a->xml == NULL && hvc_libvirt_error_is(VIR_ERR_OPERATION_DENIED))
        a->xml = virDomainGetXMLDesc(domain, flags);
    return a->xml == NULL ? hvc_libvirt_error(error, "no definition of the guest") : 0;
}

int hvc_libvirt_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                         char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(hvc_libvirt_core_of(h), "read a guest's definition", read_definition, HVC_CALL_READ,
                             sizeof(struct xml_argument), destroy_xml);
    struct xml_argument *a = hvc_libvirt_call_argument(call);
    int result = 0;

    if (a != NULL) {
        a->inactive = inactive;
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    }
    if (result == 0)
        result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result == 0)
        *ret_xml = HVC_TAKE(a->xml, NULL);
    return result;
}
