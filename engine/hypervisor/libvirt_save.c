/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's memory to a file and back. */
#include <errno.h>
#include <libvirt/virterror.h>

#include "hvc/storage_plan.h"
#include "hvc/text.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_storage.h"

struct save_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    char path[HVC_DISK_PATH_MAX];
    char *xml;
};

static void destroy_save(void *argument)
{
    free(((struct save_argument *)argument)->xml);
}

static int save(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct save_argument *a = argument;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    if (result < 0)
        return result;
    if (virDomainIsActive(domain) == 0)
        return hvc_libvirt_not_active(error);
    /* neither SAVE_RUNNING nor SAVE_PAUSED: restored as it was */
    return virDomainSaveFlags(domain, a->path, NULL, 0) < 0 ? hvc_libvirt_error(error, "the guest was not saved") : 0;
}

/* libvirt calls a guest that was restored paused "paused (migration)", which is also what it calls one whose migration
 * it has forgotten. A moment of running gives it the state that it had: paused by its user. */
static int settle_paused(virConnectPtr conn, const char *uuid, struct hvc_error *error)
{
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int state = 0, reason = 0;
    int result = hvc_libvirt_lookup(conn, uuid, &domain, error);

    if (result < 0)
        return result;
    if (virDomainGetState(domain, &state, &reason, 0) < 0)
        return hvc_libvirt_error(error, "the state of the restored guest");
    if (state != VIR_DOMAIN_PAUSED || reason != VIR_DOMAIN_PAUSED_MIGRATION)
        return 0;
    if (virDomainResume(domain) < 0 || virDomainSuspend(domain) < 0)
        return hvc_libvirt_error(error, "the restored guest was not paused");
    return 0;
}

static int restore(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct save_argument *a = argument;
    HVC_CLEANUP(free) char *xml = virDomainSaveImageGetXMLDesc(conn, a->path, 0);
    struct hvc_guest_id id;
    int result;

    if (xml == NULL)
        return hvc_libvirt_error(error, "the saved guest is not whole");
    result = hvc_guest_parse_id(xml, strlen(xml), &id, error);
    if (result < 0)
        return result;
    if (virDomainRestoreFlags(conn, a->path, NULL, 0) < 0)
        return hvc_libvirt_error(error, "the guest was not restored");
    return settle_paused(conn, id.uuid, error);
}

static int read_saved(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct save_argument *a = argument;

    a->xml = virDomainSaveImageGetXMLDesc(conn, a->path, 0);
    return a->xml == NULL ? hvc_libvirt_error(error, "the saved guest is not whole") : 0;
}

static int run_save(struct hvc_hypervisor *h, const char *what, hvc_libvirt_call_fn run, unsigned flags,
                    const char *uuid, const char *path, char **ret_xml, uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(hvc_libvirt_core_of(h), what, run, flags, sizeof(struct save_argument), destroy_save);
    struct save_argument *a = hvc_libvirt_call_argument(call);
    int result = hvc_storage_path_check("the save file", path, error);

    if (result == 0 && a != NULL && uuid != NULL)
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    if (result < 0)
        return result;
    if (a != NULL)
        (void)hvc_text_copy(a->path, sizeof(a->path), path); /* checked above */
    result = hvc_libvirt_call_run(call, deadline_ms, error);
    if (result == 0 && ret_xml != NULL)
        *ret_xml = HVC_TAKE(a->xml, NULL);
    return result;
}

int hvc_libvirt_save(struct hvc_hypervisor *h, const char *uuid, const char *path, uint64_t deadline_ms,
                     struct hvc_error *error)
{
    return run_save(h, "save a guest", save, HVC_CALL_MOVE, uuid, path, NULL, deadline_ms, error);
}

int hvc_libvirt_restore(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    return run_save(h, "restore a guest", restore, HVC_CALL_MOVE, NULL, path, NULL, deadline_ms, error);
}

int hvc_libvirt_saved_xml(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, char **ret_xml,
                          struct hvc_error *error)
{
    return run_save(h, "read a saved guest's definition", read_saved, HVC_CALL_READ | HVC_CALL_SOFT, NULL, path,
                    ret_xml, deadline_ms, error);
}
