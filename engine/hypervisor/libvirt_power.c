/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that change a guest on one node: define, start, stop, pause, owner. */
#include <errno.h>
#include <libvirt/virterror.h>

#include "guest_xml.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_storage.h"
#include "libvirt_table.h"

/* ---- calls with a definition ---- */

struct definition_argument {
    struct hvc_guest_id id;
    char *xml;
    bool define_first;
    bool paused; /* starts so */
};

static void destroy_definition(void *argument)
{
    free(((struct definition_argument *)argument)->xml);
}

static struct hvc_libvirt_call *new_definition(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run)
{
    return hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run, 0, sizeof(struct definition_argument),
                                destroy_definition);
}

static int define(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct definition_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = virDomainDefineXMLFlags(conn, a->xml, 0);

    return domain == NULL ? hvc_libvirt_error(error, "the guest was not defined") : 0;
}

int hvc_libvirt_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_definition(h, "define a guest", define);
    struct definition_argument *a = hvc_libvirt_call_argument(call);
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
    struct definition_argument *a = argument;
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
    domain = virDomainCreateXML(conn, a->xml, a->paused ? VIR_DOMAIN_START_PAUSED : 0);
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

static int start_as(struct hvc_hypervisor *h, const char *xml, const char *owner, bool paused, uint64_t deadline_ms,
                    struct hvc_error *error)
{
    HVC_CLEANUP(call) struct hvc_libvirt_call *call = new_definition(h, "start a guest", start);
    struct definition_argument *a = hvc_libvirt_call_argument(call);
    int result;

    if (a != NULL) {
        a->paused = paused;
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

int hvc_libvirt_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                      struct hvc_error *error)
{
    return start_as(h, xml, owner, false, deadline_ms, error);
}

int hvc_libvirt_start_paused(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    return start_as(h, xml, owner, true, deadline_ms, error);
}

/* ---- changes of a guest that is known ---- */

static int undefine(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    (void)order;
    if (virDomainIsPersistent(domain) == 0)
        return hvc_error_set(error, -ENOENT, "the guest has no stored definition here");
    if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_TPM) == 0)
        return 0;
    /* drivers that have neither (test:///) */
    if (hvc_libvirt_error_is(VIR_ERR_INVALID_ARG) && virDomainUndefine(domain) == 0)
        return 0;
    return hvc_libvirt_error(error, "the guest's definition was not removed");
}

static int pause_guest(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    (void)order;
    return virDomainSuspend(domain) == 0 ? 0 : hvc_libvirt_error(error, "the guest was not paused");
}

static int resume(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    (void)order;
    return virDomainResume(domain) == 0 ? 0 : hvc_libvirt_error(error, "the guest was not resumed");
}

/* A change that needs nothing but the guest. */
static int change_plainly(struct hvc_hypervisor *h, const char *what, unsigned flags, const char *uuid,
                          hvc_libvirt_change_fn change, uint64_t deadline_ms, struct hvc_error *error)
{
    return hvc_libvirt_change(h, what, flags, uuid, change, (struct hvc_libvirt_order){.value = 0}, deadline_ms, error);
}

int hvc_libvirt_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return change_plainly(h, "remove a guest's definition", 0, uuid, undefine, deadline_ms, error);
}

int hvc_libvirt_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return change_plainly(h, "pause a guest", HVC_CALL_SOFT, uuid, pause_guest, deadline_ms, error);
}

int hvc_libvirt_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return change_plainly(h, "resume a guest", HVC_CALL_SOFT, uuid, resume, deadline_ms, error);
}

static int shut_down(virDomainPtr domain)
{
    int result = virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);

    /* a driver without ways to choose from (test:///) */
    return result < 0 && hvc_libvirt_error_is(VIR_ERR_INVALID_ARG) ? virDomainShutdown(domain) : result;
}

static int destroy_politely(virDomainPtr domain)
{
    return virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_GRACEFUL);
}

static int destroy(virDomainPtr domain)
{
    return virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_DEFAULT);
}

static const struct {
    const char *what;
    int (*run)(virDomainPtr domain);
} steps[] = {
    [HVC_STOP_SHUTDOWN] = {"shut a guest down", shut_down},
    [HVC_STOP_DESTROY] = {"destroy a guest politely", destroy_politely},
    [HVC_STOP_KILL] = {"destroy a guest", destroy},
};

static int stop(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    int result;

    if (virDomainIsActive(domain) == 0)
        return hvc_libvirt_not_active(error);
    if (steps[order->value].run(domain) == 0)
        return 0;
    result = hvc_libvirt_error(error, "the guest was not stopped");
    return result == -ENOENT || virDomainIsActive(domain) == 0 ? hvc_libvirt_not_active(error) : result;
}

int hvc_libvirt_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    if ((size_t)step >= sizeof(steps) / sizeof(steps[0]))
        return hvc_error_set(error, -EINVAL, "step %d of a stop is unknown", (int)step);
    return hvc_libvirt_change(h, steps[step].what, 0, uuid, stop, (struct hvc_libvirt_order){.value = (uint64_t)step},
                              deadline_ms, error);
}

/* The order's text is the metadata element, NULL to remove it. */
static int set_owner(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    if (virDomainIsActive(domain) == 0)
        return hvc_libvirt_not_active(error);
    if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, order->text, HVC_METADATA_PREFIX, HVC_METADATA_URI,
                             VIR_DOMAIN_AFFECT_LIVE) == 0 ||
        (order->text == NULL && hvc_libvirt_error_is(VIR_ERR_NO_DOMAIN_METADATA)))
        return 0;
    return hvc_libvirt_error(error, "the guest was not marked with its owner");
}

int hvc_libvirt_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                          struct hvc_error *error)
{
    struct hvc_libvirt_order order = {.text = NULL};

    if (owner != NULL && *owner != '\0' && hvc_guest_xml_owner_element(owner, &order.text) < 0)
        return hvc_error_set(error, -ENOMEM, "no memory for the owner's mark");
    return hvc_libvirt_change(h, "mark a guest with its owner", HVC_CALL_SOFT, uuid, set_owner, order, deadline_ms,
                              error);
}
