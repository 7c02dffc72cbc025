/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live migration, peer to peer: the source's libvirtd drives it, so that it goes on to a defined end when the caller
 * dies (libvirt, docs/migration.rst). VIR_MIGRATE_UNSAFE comes only from the options' own word.
 */
#include <errno.h>
#include <libvirt/virterror.h>

#include "guest_devices.h"
#include "guest_xml.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "libvirt_domain.h"
#include "libvirt_error.h"
#include "libvirt_table.h"

struct migrate_argument {
    char uuid[HVC_UUID_TEXT_MAX];
    char target_uri[HVC_URI_MAX];
    char migrate_uri[HVC_URI_MAX];
    char tls_name[HVC_NODE_NAME_MAX];
    struct hvc_migrate_options options; /* its strings are the copies above, and these: */
    char disks[HVC_PLAN_DISKS_MAX][HVC_DISK_NAME_MAX];
    char *target_xml, *target_stored_xml;
};

static void destroy_migrate(void *argument)
{
    struct migrate_argument *a = argument;

    free(a->target_xml);
    free(a->target_stored_xml);
}

struct params {
    virTypedParameterPtr list;
    int count, room;
};

static unsigned flags_of(const struct hvc_migrate_options *o)
{
    /* ABORT_ON_ERROR: a guest that meets an I/O error on the way stays where it is, with its state */
    unsigned flags = VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR;

    flags |= o->tls ? VIR_MIGRATE_TLS : 0;
    flags |= o->auto_converge ? VIR_MIGRATE_AUTO_CONVERGE : 0;
    flags |= o->post_copy_allowed ? VIR_MIGRATE_POSTCOPY : 0;
    flags |= o->parallel > 1 ? VIR_MIGRATE_PARALLEL : 0;
    flags |= o->zero_copy ? VIR_MIGRATE_ZEROCOPY : 0;
    flags |= o->unsafe ? VIR_MIGRATE_UNSAFE : 0;
    flags |= o->compression != HVC_COMPRESSION_NONE ? VIR_MIGRATE_COMPRESSED : 0;
    flags |= o->disk_count > 0 ? VIR_MIGRATE_NON_SHARED_DISK : 0;
    flags |= o->disk_count > 0 && o->synchronous_writes ? VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES : 0;
    flags |= o->target_stored_xml != NULL ? VIR_MIGRATE_PERSIST_DEST : 0;
    return flags;
}

static int add_text(struct params *p, const char *name, const char *value)
{
    return value == NULL || *value == '\0' ? 0 : virTypedParamsAddString(&p->list, &p->count, &p->room, name, value);
}

static int add_number(struct params *p, const char *name, uint64_t value)
{
    return value == 0 ? 0 : virTypedParamsAddULLong(&p->list, &p->count, &p->room, name, value);
}

/* The flags of a post-copy that goes on: libvirt wants those that made it one; everything else stands since it began
 * (qemu_migration.c, qemuMigrationAnyCanResume). */
static unsigned resume_flags(const struct hvc_migrate_options *o)
{
    return VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_LIVE | VIR_MIGRATE_POSTCOPY | VIR_MIGRATE_POSTCOPY_RESUME |
           (o->tls ? VIR_MIGRATE_TLS : 0);
}

static int fill_params(const struct migrate_argument *a, struct params *p)
{
    const struct hvc_migrate_options *o = &a->options;

    if (add_text(p, VIR_MIGRATE_PARAM_URI, a->migrate_uri) < 0 ||
        add_text(p, VIR_MIGRATE_PARAM_DEST_XML, a->target_xml) < 0 ||
        add_text(p, VIR_MIGRATE_PARAM_PERSIST_XML, a->target_stored_xml) < 0 ||
        add_number(p, VIR_MIGRATE_PARAM_BANDWIDTH, o->bandwidth_mib) < 0 ||
        add_number(p, VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, o->post_copy_bandwidth_mib) < 0)
        return -1;
    if (o->tls && add_text(p, VIR_MIGRATE_PARAM_TLS_DESTINATION, a->tls_name) < 0)
        return -1;
    if (o->compression != HVC_COMPRESSION_NONE &&
        add_text(p, VIR_MIGRATE_PARAM_COMPRESSION, hvc_compression_name(o->compression)) < 0)
        return -1;
    for (size_t i = 0; i < o->disk_count; i++)
        if (add_text(p, VIR_MIGRATE_PARAM_MIGRATE_DISKS, a->disks[i]) < 0)
            return -1;
    if (o->parallel > 1 && virTypedParamsAddInt(&p->list, &p->count, &p->room, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS,
                                                (int)o->parallel) < 0)
        return -1;
    return 0;
}

/* What this libvirt and its QEMU can do is known here only. */
static int settle_options(virConnectPtr conn, struct hvc_migrate_options *o, struct hvc_error *error)
{
    unsigned long libvirt = 0, qemu = 0;

    if (virConnectGetLibVersion(conn, &libvirt) < 0 || virConnectGetVersion(conn, &qemu) < 0)
        return hvc_libvirt_error(error, "the versions of the hypervisor");
    o->compression = hvc_compression_choose(o, libvirt, qemu);
    o->zero_copy = o->zero_copy && hvc_zero_copy_fits(o, libvirt, qemu);
    return hvc_migrate_options_check(o, libvirt, qemu, error);
}

/* A stored definition that protects the guest's TPM state here is needed at the target as well. */
static int definition_flag(virDomainPtr domain, unsigned *ret_flag, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    bool needs = false;
    int result;

    if (virDomainIsPersistent(domain) != 1)
        return 0;
    xml = virDomainGetXMLDesc(domain, 0);
    if (xml == NULL)
        return hvc_libvirt_error(error, "the guest's definition");
    result = hvc_guest_xml_needs_definition(xml, &needs, error);
    if (result == 0)
        *ret_flag = needs ? VIR_MIGRATE_PERSIST_DEST : 0;
    return result;
}

static int check_movable(virDomainPtr domain, struct hvc_error *error)
{
    switch (hvc_libvirt_job_operation(domain)) {
    case VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT:
        return hvc_error_set(error, -EBUSY, "the guest is being migrated from here already");
    case VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN:
        return hvc_error_set(error, -EBUSY, "the guest is still arriving here");
    default: /* other jobs: libvirt itself decides whether they exclude a migration */
        break;
    }
    return virDomainIsActive(domain) == 0 ? hvc_libvirt_not_active(error) : 0;
}

/* Of a post-copy that is resumed: libvirt itself says whether it was interrupted, and at both ends. */
static int check_resumable(virDomainPtr domain, struct hvc_error *error)
{
    return hvc_libvirt_job_operation(domain) == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT
               ? 0
               : hvc_error_set(error, -EINVAL, "no migration of the guest from here is under way");
}

static int run_migration(virDomainPtr domain, const struct migrate_argument *a, struct hvc_error *error)
{
    struct params params = {.list = NULL};
    unsigned flags = a->options.resume ? resume_flags(&a->options) : flags_of(&a->options);
    unsigned definition = 0;
    int result = a->options.resume ? 0 : definition_flag(domain, &definition, error);

    if (result < 0)
        return result;
    if (fill_params(a, &params) < 0)
        result = hvc_libvirt_error(error, "the migration's parameters");
    else if (virDomainMigrateToURI3(domain, a->target_uri, params.list, (unsigned)params.count, flags | definition) < 0)
        result = hvc_libvirt_migrate_error(error);
    virTypedParamsFree(params.list, params.count);
    return result;
}

static int migrate(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    struct migrate_argument *a = argument;
    unsigned long long downtime_before = 0;
    HVC_CLEANUP(domain) virDomainPtr domain = NULL;
    int result = hvc_libvirt_lookup(conn, a->uuid, &domain, error);

    if (result == 0)
        result = a->options.resume ? check_resumable(domain, error) : check_movable(domain, error);
    if (result == 0)
        result = settle_options(conn, &a->options, error);
    if (result < 0)
        return result;
    if (a->options.max_downtime_ms > 0) {
        /* set before the start, so that no round of copying runs with another one */
        if (virDomainMigrateGetMaxDowntime(domain, &downtime_before, 0) < 0 ||
            virDomainMigrateSetMaxDowntime(domain, a->options.max_downtime_ms, 0) < 0)
            return hvc_libvirt_error(error, "the migration's downtime limit was not set");
    }
    result = run_migration(domain, a, error);
    /* QEMU keeps the limit for the next migration; the guest may also be gone by now, then there is nothing to restore
     */
    if (result < 0 && downtime_before > 0)
        (void)virDomainMigrateSetMaxDowntime(domain, downtime_before, 0);
    return result;
}

static int check_options(const struct hvc_migrate_options *o, struct hvc_error *error)
{
    if (o->target_uri == NULL || *o->target_uri == '\0')
        return hvc_error_set(error, -EINVAL, "a migration needs the libvirt URI of its target");
    if (strlen(o->target_uri) >= HVC_URI_MAX || (o->migrate_uri != NULL && strlen(o->migrate_uri) >= HVC_URI_MAX))
        return hvc_error_set(error, -EINVAL, "a URI of the migration has more than %d bytes", HVC_URI_MAX - 1);
    if (o->tls_name != NULL && strlen(o->tls_name) >= HVC_NODE_NAME_MAX)
        return hvc_error_set(error, -EINVAL, "the name of the target's certificate is too long");
    if (o->bandwidth_mib > HVC_BANDWIDTH_MAX_MIB)
        return hvc_error_set(error, -EINVAL, "a bandwidth of %llu MiB/s is more than libvirt takes (%llu)",
                             (unsigned long long)o->bandwidth_mib, (unsigned long long)HVC_BANDWIDTH_MAX_MIB);
    if (o->max_downtime_ms > HVC_DOWNTIME_MAX_MS)
        return hvc_error_set(error, -EINVAL, "a downtime of %llu ms is more than QEMU takes (%d)",
                             (unsigned long long)o->max_downtime_ms, HVC_DOWNTIME_MAX_MS);
    if (o->parallel > HVC_PARALLEL_MAX)
        return hvc_error_set(error, -EINVAL, "%u parallel streams are more than QEMU takes (%d)", o->parallel,
                             HVC_PARALLEL_MAX);
    if (o->post_copy_bandwidth_mib > HVC_BANDWIDTH_MAX_MIB)
        return hvc_error_set(error, -EINVAL, "post-copy's bandwidth of %llu MiB/s is more than libvirt takes",
                             (unsigned long long)o->post_copy_bandwidth_mib);
    if (o->disk_count > HVC_PLAN_DISKS_MAX)
        return hvc_error_set(error, -EINVAL, "%zu disks are more than are copied along (%d)", o->disk_count,
                             HVC_PLAN_DISKS_MAX);
    return 0;
}

/* The caller may leave before the call has ended. */
static int copy_options(struct migrate_argument *a, const struct hvc_migrate_options *o, struct hvc_error *error)
{
    a->options = *o;
    a->options.target_uri = a->options.migrate_uri = a->options.tls_name = NULL;
    a->options.disks = NULL;
    memcpy(a->target_uri, o->target_uri, strlen(o->target_uri) + 1); /* checked before */
    if (o->tls_name != NULL)
        memcpy(a->tls_name, o->tls_name, strlen(o->tls_name) + 1);
    if (o->migrate_uri != NULL)
        memcpy(a->migrate_uri, o->migrate_uri, strlen(o->migrate_uri) + 1);
    for (size_t i = 0; i < o->disk_count; i++)
        if (hvc_text_copy(a->disks[i], sizeof(a->disks[i]), o->disks[i]) < 0)
            return hvc_error_set(error, -EINVAL, "\"%.40s...\" is no name of a disk", o->disks[i]);
    if (o->target_xml != NULL && (a->target_xml = strdup(o->target_xml)) == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a guest definition");
    if (o->target_stored_xml != NULL && (a->target_stored_xml = strdup(o->target_stored_xml)) == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for a guest definition");
    return 0;
}

int hvc_libvirt_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                        uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call =
        hvc_libvirt_call_new(hvc_libvirt_core_of(h), "migrate a guest", migrate, HVC_CALL_MOVE,
                             sizeof(struct migrate_argument), destroy_migrate);
    struct migrate_argument *a = hvc_libvirt_call_argument(call);
    int result = check_options(options, error);

    if (result == 0 && a != NULL)
        result = hvc_libvirt_uuid(uuid, a->uuid, error);
    if (result == 0 && a != NULL)
        result = copy_options(a, options, error);
    if (result < 0)
        return result;
    return hvc_libvirt_call_run(call, deadline_ms, error);
}

/* ---- the shorter calls during a migration ---- */

static int steer(struct hvc_hypervisor *h, const char *what, const char *uuid, hvc_libvirt_change_fn change,
                 uint64_t value, uint64_t deadline_ms, struct hvc_error *error)
{
    return hvc_libvirt_change(h, what, HVC_CALL_SOFT, uuid, change, (struct hvc_libvirt_order){.value = value},
                              deadline_ms, error);
}

/* Only a migration is aborted, never another job of the guest. */
static int cancel(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    int result;

    (void)order;
    switch (hvc_libvirt_job_operation(domain)) {
    case VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT:
        break;
    case VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN:
        return virDomainIsActive(domain) != 1
                   ? 0
                   : hvc_error_set(error, -EOPNOTSUPP,
                                   "the guest is arriving here: its migration is cancelled at the source");
    case VIR_DOMAIN_JOB_OPERATION_UNKNOWN:
        return hvc_error_set(error, -EBUSY, "libvirt does not say whether the guest is being migrated");
    default:
        return 0;
    }
    if (virDomainAbortJob(domain) == 0)
        return 0;
    result = hvc_libvirt_error(error, "the migration was not cancelled");
    /* it may have ended by itself in between */
    return hvc_libvirt_job_operation(domain) == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT ? result : 0;
}

int hvc_libvirt_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    int result = steer(h, "cancel a guest's migration", uuid, cancel, 0, deadline_ms, error);

    return result == -ENOENT ? 0 : result; /* who is not there does not move */
}

static int set_downtime(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    return virDomainMigrateSetMaxDowntime(domain, order->value, 0) == 0
               ? 0
               : hvc_libvirt_error(error, "the migration's downtime limit was not set");
}

int hvc_libvirt_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    if (downtime_ms == 0 || downtime_ms > HVC_DOWNTIME_MAX_MS)
        return hvc_error_set(error, -EINVAL, "a downtime limit of %llu ms is not between 1 and %d",
                             (unsigned long long)downtime_ms, HVC_DOWNTIME_MAX_MS);
    return steer(h, "set a migration's downtime limit", uuid, set_downtime, downtime_ms, deadline_ms, error);
}

static int set_bandwidth(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    return virDomainMigrateSetMaxSpeed(domain, (unsigned long)order->value, 0) == 0
               ? 0
               : hvc_libvirt_error(error, "the migration's bandwidth was not set");
}

int hvc_libvirt_set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                              struct hvc_error *error)
{
    if (mib > HVC_BANDWIDTH_MAX_MIB)
        return hvc_error_set(error, -EINVAL, "a bandwidth of %llu MiB/s is more than libvirt takes (%llu)",
                             (unsigned long long)mib, (unsigned long long)HVC_BANDWIDTH_MAX_MIB);
    return steer(h, "set a migration's bandwidth", uuid, set_bandwidth, mib == 0 ? HVC_BANDWIDTH_MAX_MIB : mib,
                 deadline_ms, error);
}

static int post_copy(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    (void)order;
    return virDomainMigrateStartPostCopy(domain, 0) == 0
               ? 0
               : hvc_libvirt_error(error, "the migration was not switched to post-copy");
}

int hvc_libvirt_post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return steer(h, "switch a migration to post-copy", uuid, post_copy, 0, deadline_ms, error);
}

/* With this flag libvirt refuses a job that is no post-copy, and pauses one that is: QEMU's migrate-pause. */
static int interrupt(virDomainPtr domain, const struct hvc_libvirt_order *order, struct hvc_error *error)
{
    (void)order;
    return virDomainAbortJobFlags(domain, VIR_DOMAIN_ABORT_JOB_POSTCOPY) == 0
               ? 0
               : hvc_libvirt_error(error, "the post-copy was not interrupted");
}

int hvc_libvirt_interrupt(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    return steer(h, "interrupt a post-copy", uuid, interrupt, 0, deadline_ms, error);
}
