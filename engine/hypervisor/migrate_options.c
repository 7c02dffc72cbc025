/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hypervisor of some version can do in a migration, and what excludes what. Pure. */
#include <errno.h>

#include "hvc/hypervisor.h"

#define VERSION(major, minor, release) ((uint64_t)(major)*1000000 + (uint64_t)(minor)*1000 + (uint64_t)(release))

static const char *const compression_names[HVC_COMPRESSION_COUNT] = {
    [HVC_COMPRESSION_NONE] = "none", [HVC_COMPRESSION_AUTO] = "auto", [HVC_COMPRESSION_XBZRLE] = "xbzrle",
    [HVC_COMPRESSION_MT] = "mt",     [HVC_COMPRESSION_ZSTD] = "zstd", [HVC_COMPRESSION_BY_LINK] = "by-link",
};

const char *hvc_compression_name(unsigned compression)
{
    return compression < HVC_COMPRESSION_COUNT ? compression_names[compression] : "invalid";
}

static bool asks_tls(const struct hvc_migrate_options *o)
{
    return o->tls;
}

static bool asks_parallel(const struct hvc_migrate_options *o)
{
    return o->parallel > 1;
}

static bool asks_post_copy(const struct hvc_migrate_options *o)
{
    return o->post_copy_allowed;
}

static bool asks_resume(const struct hvc_migrate_options *o)
{
    return o->resume;
}

static bool asks_post_copy_limit(const struct hvc_migrate_options *o)
{
    return o->post_copy_bandwidth_mib > 0;
}

static bool asks_disks(const struct hvc_migrate_options *o)
{
    return o->disk_count > 0;
}

static bool asks_synchronous(const struct hvc_migrate_options *o)
{
    return asks_disks(o) && o->synchronous_writes;
}

static bool asks_xbzrle(const struct hvc_migrate_options *o)
{
    return o->compression == HVC_COMPRESSION_XBZRLE;
}

static bool asks_threads(const struct hvc_migrate_options *o)
{
    return o->compression == HVC_COMPRESSION_MT;
}

static bool asks_zstd(const struct hvc_migrate_options *o)
{
    return o->compression == HVC_COMPRESSION_ZSTD;
}

/* From libvirt's news and QEMU's qapi/migration.json ("Since"). until 0: still there. */
static const struct feature {
    const char *name;
    bool (*asked)(const struct hvc_migrate_options *o);
    uint64_t libvirt, qemu, qemu_until;
} features[] = {
    {"an encrypted stream", asks_tls, VERSION(3, 2, 0), VERSION(2, 7, 0), 0},
    {"parallel streams", asks_parallel, VERSION(5, 2, 0), VERSION(4, 0, 0), 0},
    {"post-copy", asks_post_copy, VERSION(1, 3, 3), VERSION(2, 6, 0), 0},
    {"way to go on with an interrupted post-copy", asks_resume, VERSION(8, 5, 0), VERSION(3, 0, 0), 0},
    {"a limit of post-copy's bandwidth", asks_post_copy_limit, VERSION(5, 1, 0), VERSION(3, 0, 0), 0},
    {"copying disks along", asks_disks, VERSION(1, 3, 3), VERSION(2, 6, 0), 0},
    {"synchronous writes of disks that are copied along", asks_synchronous, VERSION(8, 0, 0), VERSION(3, 0, 0), 0},
    {"xbzrle compression", asks_xbzrle, VERSION(1, 0, 3), VERSION(1, 3, 0), 0},
    {"compression by threads", asks_threads, VERSION(1, 3, 3), VERSION(2, 4, 0), VERSION(9, 1, 0)},
    {"zstd compression", asks_zstd, VERSION(9, 4, 0), VERSION(5, 0, 0), 0},
};

static const struct {
    bool (*one)(const struct hvc_migrate_options *o);
    bool (*other)(const struct hvc_migrate_options *o);
    const char *why;
    uint64_t qemu_until; /* excluded up to this version; 0: always */
} exclusions[] = {
    {asks_parallel, asks_post_copy, "parallel streams and post-copy exclude each other in QEMU before 10.1",
     VERSION(10, 1, 0)},
    {asks_threads, asks_post_copy, "compression by threads and post-copy exclude each other", 0},
    {asks_threads, asks_parallel, "compression by threads and parallel streams exclude each other", 0},
    {asks_xbzrle, asks_parallel, "xbzrle compresses one stream and not parallel ones", 0},
    {asks_disks, asks_post_copy, "post-copy is not for a guest whose disks are copied along", 0},
};

static int check_feature(const struct feature *f, uint64_t libvirt, uint64_t qemu, struct hvc_error *error)
{
    if (libvirt < f->libvirt)
        return hvc_error_set(error, -EOPNOTSUPP, "libvirt %u.%u has no %s; it came with %u.%u",
                             (unsigned)(libvirt / 1000000), (unsigned)(libvirt / 1000 % 1000), f->name,
                             (unsigned)(f->libvirt / 1000000), (unsigned)(f->libvirt / 1000 % 1000));
    if (qemu < f->qemu || (f->qemu_until > 0 && qemu >= f->qemu_until))
        return hvc_error_set(error, -EOPNOTSUPP, "QEMU %u.%u has no %s", (unsigned)(qemu / 1000000),
                             (unsigned)(qemu / 1000 % 1000), f->name);
    return 0;
}

int hvc_migrate_options_check(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                              uint64_t hypervisor_version, struct hvc_error *error)
{
    if ((unsigned)options->compression >= HVC_COMPRESSION_COUNT)
        return hvc_error_set(error, -EINVAL, "compression %d is unknown", (int)options->compression);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        int result =
            features[i].asked(options) ? check_feature(&features[i], libvirt_version, hypervisor_version, error) : 0;

        if (result < 0)
            return result;
    }
    for (size_t i = 0; i < sizeof(exclusions) / sizeof(exclusions[0]); i++)
        if (exclusions[i].one(options) && exclusions[i].other(options) &&
            (exclusions[i].qemu_until == 0 || hypervisor_version < exclusions[i].qemu_until))
            return hvc_error_set(error, -EINVAL, "%s", exclusions[i].why);
    if (asks_zstd(options) && !asks_parallel(options))
        return hvc_error_set(error, -EINVAL, "zstd compresses parallel streams: ask for two or more");
    if (asks_post_copy_limit(options) && !asks_post_copy(options))
        return hvc_error_set(error, -EINVAL, "a limit of post-copy's bandwidth without post-copy");
    return 0;
}

enum hvc_compression hvc_compression_choose(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                                            uint64_t hypervisor_version)
{
    static const enum hvc_compression best_first[] = {HVC_COMPRESSION_ZSTD, HVC_COMPRESSION_XBZRLE};
    struct hvc_migrate_options tried = *options;

    if (options->compression == HVC_COMPRESSION_BY_LINK)
        return HVC_COMPRESSION_NONE;
    if (options->compression != HVC_COMPRESSION_AUTO)
        return options->compression;
    for (size_t i = 0; i < sizeof(best_first) / sizeof(best_first[0]); i++) {
        tried.compression = best_first[i];
        if (hvc_migrate_options_check(&tried, libvirt_version, hypervisor_version, NULL) == 0)
            return best_first[i];
    }
    return HVC_COMPRESSION_NONE;
}

/* From libvirt's news; and QEMU's qapi/migration.json, zero-copy-send, which is of multifd without TLS and compression
 * and not with post-copy. */
bool hvc_zero_copy_fits(const struct hvc_migrate_options *options, uint64_t libvirt_version,
                        uint64_t hypervisor_version)
{
    return libvirt_version >= VERSION(8, 5, 0) && hypervisor_version >= VERSION(7, 1, 0) && asks_parallel(options) &&
           !asks_tls(options) && !asks_post_copy(options) && options->compression == HVC_COMPRESSION_NONE;
}

/* ---- by the link ---- */

enum { SLOW_MBIT = 1000 };

static unsigned streams_of(uint64_t mbit)
{
    return mbit >= 100000 ? 8 : mbit >= 40000 ? 4 : mbit > 10000 ? 2 : 1;
}

void hvc_migrate_options_for_link(struct hvc_migrate_options *options, uint64_t link_mbit)
{
    uint64_t limit_mbit = options->bandwidth_mib * 1048576 * 8 / 1000000;
    uint64_t used_mbit = limit_mbit != 0 && limit_mbit < link_mbit ? limit_mbit : link_mbit;

    if (options->compression == HVC_COMPRESSION_BY_LINK)
        options->compression = link_mbit != 0 && link_mbit <= SLOW_MBIT ? HVC_COMPRESSION_AUTO : HVC_COMPRESSION_NONE;
    if (options->parallel == 0)
        options->parallel =
            asks_post_copy(options) || options->compression != HVC_COMPRESSION_NONE ? 1 : streams_of(used_mbit);
}
