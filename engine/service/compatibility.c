/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/compatibility.h"

#include <errno.h>

#include "hvc/bytes.h"
#include "hvc/hash.h"
#include "hvc/settings.h"
#include "hvc/text.h"

enum {
    MAGIC = 0x43435648, /* "HVCC" */
    HEADER = 4 + 1 + 1 + 2 + 4 + 8,
    HASH_AT = 12, /* the hash covers everything but itself */
};

int hvc_compatibility_of(const struct hvc_guest_profile *profile, const char *cpu_xml, bool active,
                         struct hvc_compatibility_guest *ret_guest)
{
    struct hvc_compatibility_guest *g = ret_guest;

    memset(g, 0, sizeof(*g));
    memcpy(g->uuid, profile->uuid, sizeof(g->uuid));
    memcpy(g->name, profile->name, sizeof(g->name));
    memcpy(g->type, profile->type, sizeof(g->type));
    memcpy(g->architecture, profile->architecture, sizeof(g->architecture));
    memcpy(g->machine, profile->machine, sizeof(g->machine));
    memcpy(g->emulator, profile->emulator, sizeof(g->emulator));
    g->active = active;
    g->cpu = profile->cpu;
    g->memory_kib = profile->memory_kib;
    g->cpus = profile->cpus;
    g->tpm = profile->tpm;
    g->host_devices = profile->device_count;
    return cpu_xml != NULL && hvc_text_copy(g->cpu_xml, sizeof(g->cpu_xml), cpu_xml) < 0 ? -E2BIG : 0;
}

/* ---- writing ---- */

static void put_guest(struct hvc_bytes_writer *w, const struct hvc_compatibility_guest *g)
{
    hvc_bytes_put_text(w, g->uuid);
    hvc_bytes_put_text(w, g->name);
    hvc_bytes_put(w, 1, (g->active ? 1u : 0u) | (g->tpm ? 2u : 0u));
    hvc_bytes_put_text(w, g->type);
    hvc_bytes_put_text(w, g->architecture);
    hvc_bytes_put_text(w, g->machine);
    hvc_bytes_put_text(w, g->emulator);
    hvc_bytes_put(w, 1, g->cpu);
    hvc_bytes_put_text(w, g->cpu_xml);
    hvc_bytes_put(w, 8, g->memory_kib);
    hvc_bytes_put(w, 4, g->cpus);
    hvc_bytes_put(w, 4, g->host_devices);
}

static void put_payload(struct hvc_bytes_writer *w, const struct hvc_compatibility *info)
{
    hvc_bytes_put_text(w, info->system);
    hvc_bytes_put(w, 8, info->hypervisor_version);
    hvc_bytes_put(w, 8, info->libvirt_version);
    hvc_bytes_put(w, 4, info->dropped);
    hvc_bytes_put(w, 4, info->count);
    for (uint32_t i = 0; i < info->count; i++)
        put_guest(w, &info->guests[i]);
}

static void put_header(struct hvc_bytes_writer *w, const struct hvc_compatibility *info, size_t length, uint64_t hash)
{
    hvc_bytes_put(w, 4, MAGIC);
    hvc_bytes_put(w, 1, HVC_COMPATIBILITY_VERSION);
    hvc_bytes_put(w, 1, info->host ? 1 : 0);
    hvc_bytes_put(w, 2, 0);
    hvc_bytes_put(w, 4, length);
    hvc_bytes_put(w, 8, hash);
}

static uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    return hvc_hash64(bytes + HEADER, length - HEADER, hvc_hash64(bytes, HASH_AT, 0));
}

int hvc_compatibility_encode(const struct hvc_compatibility *info, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_bytes_writer w = hvc_bytes_writer(bytes, bytes == NULL ? HVC_COMPATIBILITY_MAX : size);
    struct hvc_bytes_writer again;

    put_header(&w, info, 0, 0);
    put_payload(&w, info);
    if (w.failed)
        return -ENOBUFS;
    if (bytes != NULL) {
        again = hvc_bytes_writer(bytes, size);
        put_header(&again, info, w.length, 0);
        again = hvc_bytes_writer(bytes, size);
        put_header(&again, info, w.length, hash_of(bytes, w.length));
    }
    *ret_length = w.length;
    return 0;
}

/* ---- reading ---- */

static void get_guest(struct hvc_bytes_reader *r, struct hvc_compatibility_guest *g)
{
    uint64_t flags;
    char uuid[HVC_UUID_TEXT_MAX] = "";

    hvc_bytes_get_text(r, g->uuid, sizeof(g->uuid), 36, false);
    hvc_bytes_get_text(r, g->name, sizeof(g->name), 1, false);
    flags = hvc_bytes_get(r, 1);
    g->active = (flags & 1) != 0;
    g->tpm = (flags & 2) != 0;
    hvc_bytes_get_text(r, g->type, sizeof(g->type), 1, false);
    hvc_bytes_get_text(r, g->architecture, sizeof(g->architecture), 0, false);
    hvc_bytes_get_text(r, g->machine, sizeof(g->machine), 0, false);
    hvc_bytes_get_text(r, g->emulator, sizeof(g->emulator), 0, false);
    g->cpu = (uint8_t)hvc_bytes_get(r, 1);
    hvc_bytes_get_text(r, g->cpu_xml, sizeof(g->cpu_xml), 0, true);
    g->memory_kib = hvc_bytes_get(r, 8);
    g->cpus = (uint32_t)hvc_bytes_get(r, 4);
    g->host_devices = (uint32_t)hvc_bytes_get(r, 4);
    if (flags > 3 || g->cpu >= HVC_CPU_COUNT || g->memory_kib > HVC_KIB_MAX || hvc_parse_uuid(g->uuid, uuid) < 0 ||
        strcmp(uuid, g->uuid) != 0)
        r->failed = true;
}

static int get_header(struct hvc_bytes_reader *r, const uint8_t *bytes, size_t length, bool *ret_host)
{
    uint64_t magic = hvc_bytes_get(r, 4), version = hvc_bytes_get(r, 1), host = hvc_bytes_get(r, 1);
    uint64_t spare = hvc_bytes_get(r, 2), said = hvc_bytes_get(r, 4), hash = hvc_bytes_get(r, 8);

    if (r->failed || magic != MAGIC)
        return -EBADMSG;
    if (version > HVC_COMPATIBILITY_VERSION)
        return -EPROTONOSUPPORT;
    if (version == 0 || host > 1 || spare != 0 || said != length || hash != hash_of(bytes, length))
        return -EBADMSG;
    *ret_host = host == 1;
    return 0;
}

int hvc_compatibility_decode(const void *bytes, size_t length, struct hvc_compatibility *ret_info)
{
    struct hvc_bytes_reader r = hvc_bytes_reader(bytes, length);
    struct hvc_compatibility *info = ret_info;
    int result = get_header(&r, bytes, length, &info->host);

    if (result < 0)
        return result;
    hvc_bytes_get_text(&r, info->system, sizeof(info->system), 1, false);
    info->hypervisor_version = hvc_bytes_get(&r, 8);
    info->libvirt_version = hvc_bytes_get(&r, 8);
    info->dropped = (uint32_t)hvc_bytes_get(&r, 4);
    info->count = (uint32_t)hvc_bytes_get(&r, 4);
    if (r.failed || info->count > HVC_COMPATIBILITY_GUESTS_MAX || (!info->host && info->count != 1))
        return -EBADMSG;
    for (uint32_t i = 0; i < info->count && !r.failed; i++)
        get_guest(&r, &info->guests[i]);
    return r.failed || r.offset != r.length ? -EBADMSG : 0;
}

/* ---- the judgement ---- */

/* Everything that is not about the two hosts does not matter here. */
static void make_moot(struct hvc_check_input *in)
{
    const struct hvc_check_fact moot = {HVC_TELL_MOOT, NULL};

    in->guest.exists.is = HVC_TELL_YES;
    in->guest.free = moot;
    in->source.member = in->source.open = in->source.live_enabled = in->source.libvirt = moot;
    in->target.member = in->target.open = in->target.live_enabled = in->target.online = moot;
    in->target.clean = in->target.active = in->target.not_maintenance = moot;
    in->target.configured.is = HVC_TELL_YES;
    in->fit.identity = in->fit.same_boot = in->fit.network = in->fit.quiet_link = in->fit.cpu_back = moot;
    in->fit.definition = in->fit.storage = moot;
    in->fit.seen = HVC_SEEN_ABSENT;
    in->pacemaker = (struct hvc_check_pacemaker){moot, moot, moot, moot, moot, moot, moot, moot, moot};
    in->cluster = (struct hvc_check_cluster){.quorate = moot, .service_known = true, .service = HVC_STATE_ENABLED};
    in->slots_are_own = true;
    in->from_source = true;
}

static void fill_profile(const struct hvc_compatibility_guest *guest, struct hvc_guest_profile *profile)
{
    profile->cpu = guest->cpu;
    profile->memory_kib = guest->memory_kib;
    profile->device_count =
        guest->host_devices < HVC_PROFILE_DEVICES_MAX ? guest->host_devices : HVC_PROFILE_DEVICES_MAX;
    for (uint32_t i = 0; i < profile->device_count; i++)
        memcpy(profile->devices[i].text, "a device of the source", 23);
}

void hvc_compatibility_judge(const struct hvc_compatibility *info, const struct hvc_compatibility_guest *guest,
                             const struct hvc_check_node *host, const struct hvc_check_fit *fit,
                             struct hvc_check_report *ret_report)
{
    struct hvc_guest_profile profile;
    struct hvc_check_input in = {.target = *host, .fit = *fit};

    memset(&profile, 0, sizeof(profile));
    in.kind = guest->active ? HVC_KIND_LIVE : HVC_KIND_DEFINITION;
    in.guest.name = guest->name;
    in.guest.profile = &profile;
    in.guest.state = guest->active ? HVC_SEEN_RUNNING : HVC_SEEN_ABSENT;
    in.source.name = info->system;
    in.source.hypervisor_version = info->hypervisor_version;
    in.source.libvirt_version = info->libvirt_version;
    memcpy(in.source.architecture, guest->architecture, sizeof(in.source.architecture));
    make_moot(&in);
    fill_profile(guest, &profile);
    hvc_check_evaluate(&in, ret_report);
}
