/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that change a guest on one node: define, start, stop, pause, owner. */
#include <errno.h>
#include <libvirt/virterror.h>

#include "guest_xml.h"
#include "hvc/text.h"
#include "libvirt_error.h"
#include "libvirt_private.h"

/* One argument for all of them; each uses what it needs. */
struct power_argument {
    struct hvc_guest_id id;
    enum hvc_stop_step step;
    char *xml;
    bool define_first;
};

static void destroy_power(void *argument)
{
    free(((struct power_argument *)argument)->xml);
}

static struct hvc_libvirt_call *new_power(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run)
{
    return hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run, 0, sizeof(struct power_argument), destroy_power);
}

/* A call that needs nothing but the UUID. */
static int run_by_uuid(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run, const char *uuid,
                       enum hvc_stop_step step, uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_power(h, what, run);
    struct power_argument *a = hvc_libvirt_call_argument(call);

    if (a != NULL && hvc_parse_uuid(uuid, a->id.uuid) < 0)
        return hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", uuid == NULL ? "" : uuid);
    if (a != NULL)
        a->step = step;
    return hvc_libvirt_call_run(call, deadline_ms, error);
}

static int define(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = virDomainDefineXMLFlags(conn, a->xml, 0);

    return domain == NULL ? hvc_libvirt_error(error, "the guest was not defined") : 0;
}

int hvc_libvirt_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_power(h, "define a guest", define);
    struct power_argument *a = hvc_libvirt_call_argument(call);
    int result;

    if (a != NULL) {
        result = hvc_guest_parse_id(xml, strlen(xml), &a->id, error);
        if (result < 0)
            return result;
        a->xml = strdup(xml);
        if (a->xml == NULL)
            return hvc_error_set(error, -ENOMEM, "no memory for a guest definition");
    }
    return hvc_libvirt_call_run(call, deadline_ms, error);
}

static int undefine(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->id.uuid, &domain, error);

    if (result < 0)
        return result;
    if (virDomainIsPersistent(domain) == 0)
        return hvc_error_set(error, -ENOENT, "the guest has no stored definition here");
    if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_TPM) == 0)
        return 0;
    /* drivers that have neither (test:///) */
    if (hvc_libvirt_error_is(VIR_ERR_INVALID_ARG) && virDomainUndefine(domain) == 0)
        return 0;
    return hvc_libvirt_error(error, "the guest's definition was not removed");
}

int hvc_libvirt_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return run_by_uuid(h, "remove a guest's definition", undefine, uuid, HVC_STOP_SHUTDOWN, deadline_ms, error);
}

/* A guest of the same UUID that is active, or one of the same name with another UUID. */
static int check_in_the_way(virConnectPtr conn, const struct hvc_guest_id *id, bool *ret_defined,
                            struct hvc_error *error)
{
    HVC_CLEANUP(domain) virDomainPtr same = virDomainLookupByUUIDString(conn, id->uuid);
    HVC_CLEANUP(domain) virDomainPtr named = NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (same == NULL && !hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN))
        return hvc_libvirt_error(error, "the guest was not looked up");
    if (same != NULL && virDomainIsActive(same) == 1)
        return hvc_error_set(error, -EEXIST, "guest %s is active here already", id->name);
    named = virDomainLookupByName(conn, id->name);
    if (named == NULL && !hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN))
        return hvc_libvirt_error(error, "the guest was not looked up");
    if (named != NULL && virDomainGetUUIDString(named, uuid) == 0 && strcmp(uuid, id->uuid) != 0)
        return hvc_error_set(error, -EEXIST,
                             "another guest of the name %s is known to libvirt here, with UUID %s instead of %s",
                             id->name, uuid, id->uuid);
    *ret_defined = same != NULL;
    return 0;
}

static int start(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    HVC_CLEANUP(domain) virDomainPtr defined = NULL;
    bool is_defined = false;
    int result = check_in_the_way(conn, &a->id, &is_defined, error);

    if (result < 0)
        return result;
    if (a->define_first && !is_defined) {
        defined = virDomainDefineXMLFlags(conn, a->xml, 0);
        if (defined == NULL)
            return hvc_libvirt_error(error, "the guest has an emulated TPM and was not defined");
    }
    domain = virDomainCreateXML(conn, a->xml, 0);
    if (domain != NULL)
        return 0;
    result = hvc_libvirt_error(error, "the guest did not start");
    /* somebody else was faster: "domain is already active", "already exists" */
    if (check_in_the_way(conn, &a->id, &is_defined, NULL) == -EEXIST) {
        result = -EEXIST;
        if (error != NULL)
            error->code = result;
    }
    return result;
}

int hvc_libvirt_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                      struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_power(h, "start a guest", start);
    struct power_argument *a = hvc_libvirt_call_argument(call);
    int result;

    if (a != NULL) {
        result = hvc_guest_parse_id(xml, strlen(xml), &a->id, error);
        if (result == 0)
            result = hvc_guest_xml_needs_definition(xml, &a->define_first, error);
        if (result == 0)
            result = hvc_guest_xml_mark(xml, owner == NULL ? "" : owner, &a->xml, error);
        if (result < 0)
            return result;
    }
    return hvc_libvirt_call_run(call, deadline_ms, error);
}

static int not_active(struct hvc_error *error)
{
    return hvc_error_set(error, -ENOENT, "the guest is not active here");
}

static int stop(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->id.uuid, &domain, error);

    if (result < 0)
        return result;
    if (virDomainIsActive(domain) == 0)
        return not_active(error);
    switch (a->step) {
    case HVC_STOP_SHUTDOWN:
        result = virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
        if (result < 0 &&
            hvc_libvirt_error_is(VIR_ERR_INVALID_ARG)) /* a driver without ways to choose from (test:///) */
            result = virDomainShutdown(domain);
        break;
    case HVC_STOP_DESTROY:
        result = virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_GRACEFUL);
        break;
    case HVC_STOP_KILL:
        result = virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_DEFAULT);
        break;
    default:
        return hvc_error_set(error, -EINVAL, "step %d of a stop is unknown", (int)a->step);
    }
    if (result == 0)
        return 0;
    result = hvc_libvirt_error(error, "the guest was not stopped");
    return result == -ENOENT || virDomainIsActive(domain) == 0 ? not_active(error) : result;
}

int hvc_libvirt_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    static const char *const what[] = {
        [HVC_STOP_SHUTDOWN] = "shut a guest down",
        [HVC_STOP_DESTROY] = "destroy a guest politely",
        [HVC_STOP_KILL] = "destroy a guest",
    };

    if ((size_t)step >= sizeof(what) / sizeof(what[0]))
        return hvc_error_set(error, -EINVAL, "step %d of a stop is unknown", (int)step);
    return run_by_uuid(h, what[step], stop, uuid, step, deadline_ms, error);
}

static int pause_guest(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->id.uuid, &domain, error);

    if (result < 0)
        return result;
    return virDomainSuspend(domain) == 0 ? 0 : hvc_libvirt_error(error, "the guest was not paused");
}

int hvc_libvirt_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return run_by_uuid(h, "pause a guest", pause_guest, uuid, HVC_STOP_SHUTDOWN, deadline_ms, error);
}

static int resume(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->id.uuid, &domain, error);

    if (result < 0)
        return result;
    return virDomainResume(domain) == 0 ? 0 : hvc_libvirt_error(error, "the guest was not resumed");
}

int hvc_libvirt_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return run_by_uuid(h, "resume a guest", resume, uuid, HVC_STOP_SHUTDOWN, deadline_ms, error);
}

/* xml is the metadata element, NULL to remove it. */
static int set_owner(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct power_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->id.uuid, &domain, error);

    if (result < 0)
        return result;
    if (virDomainIsActive(domain) == 0)
        return not_active(error);
    if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, a->xml, HVC_METADATA_PREFIX, HVC_METADATA_URI,
                             VIR_DOMAIN_AFFECT_LIVE) == 0 ||
        (a->xml == NULL && hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN_METADATA)))
        return 0;
    return hvc_libvirt_error(error, "the guest was not marked with its owner");
}

int hvc_libvirt_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                          struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_power(h, "mark a guest with its owner", set_owner);
    struct power_argument *a = hvc_libvirt_call_argument(call);

    if (a != NULL && hvc_parse_uuid(uuid, a->id.uuid) < 0)
        return hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", uuid == NULL ? "" : uuid);
    if (a != NULL && owner != NULL && *owner != '\0' && hvc_guest_xml_owner_element(owner, &a->xml) < 0)
        return hvc_error_set(error, -ENOMEM, "no memory for the owner's mark");
    return hvc_libvirt_call_run(call, deadline_ms, error);
}
