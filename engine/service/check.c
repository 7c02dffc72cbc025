/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/check.h"

#include "hvc/settings.h"
#include "hvc/text.h"

/* Which moves a fact matters to. */
enum {
    WARM = 1,  /* the running state goes over the link: live, with or without storage, quick */
    COLD = 2,  /* it boots at the target, or only its definition goes there */
    STAYS = 4, /* storage only */
    LEAVES = WARM | COLD,
    ALL = LEAVES | STAYS,
    IN_PLACE = 8, /* its disks stay where they are: the target must reach them */
};

/* libvirt's tolerance between a speed that is asked for and the host's, in millionths. */
#define TSC_PPM 250

static unsigned manner(const struct hvc_check_input *in)
{
    const struct hvc_job_kind_info *kind = hvc_job_kind_info(in->kind);

    if (kind == NULL)
        return WARM | IN_PLACE;
    if ((kind->flags & HVC_KIND_STAYS) != 0)
        return STAYS;
    switch (in->kind) {
    case HVC_KIND_LIVE_STORAGE:
        return WARM;
    case HVC_KIND_STAGED: /* its disks are made there */
        return COLD;
    case HVC_KIND_RESTART:
    case HVC_KIND_DEFINITION:
        return COLD | IN_PLACE;
    default:
        return WARM | IN_PLACE;
    }
}

/* ---- the report ---- */

static bool has_words(const char *words)
{
    return words != NULL && words[0] != '\0';
}

/* What helps most decides: nothing, another node, time. */
static unsigned weight(unsigned reason)
{
    return reason == HVC_REASON_GIVE_UP ? 3 : reason == HVC_REASON_OTHER_NODE ? 2 : reason == HVC_REASON_RETRY ? 1 : 0;
}

static void judge(struct hvc_check_report *report, unsigned code, const struct hvc_check_code_info *info)
{
    if (info->severity > report->worst)
        report->worst = info->severity;
    if (info->severity != HVC_CHECK_ERROR || weight(info->reason) <= weight(report->verdict))
        return;
    report->verdict = info->reason;
    report->decisive = (uint8_t)code;
    report->cim = info->cim;
    report->ms = info->ms;
}

/* Findings are kept in order of severity; in a full report the least severe one gives way. */
static struct hvc_check_finding *make_place(struct hvc_check_report *report, unsigned severity)
{
    uint32_t at = report->count;

    while (at > 0 && report->findings[at - 1].severity < severity)
        at--;
    if (report->count == HVC_CHECK_FINDINGS_MAX)
        report->dropped++;
    if (at == HVC_CHECK_FINDINGS_MAX)
        return NULL;
    if (report->count < HVC_CHECK_FINDINGS_MAX)
        report->count++;
    memmove(&report->findings[at + 1], &report->findings[at], (report->count - 1 - at) * sizeof(report->findings[0]));
    return &report->findings[at];
}

/* where: a node, or a part of the guest; what: more exactly; words: of who said it. Each may be missing. */
static void find(struct hvc_check_report *report, unsigned code, const char *where, const char *what, const char *words)
{
    const struct hvc_check_code_info *info = hvc_check_code_info(code);
    struct hvc_check_finding *finding;
    size_t used = 0;

    judge(report, code, info);
    finding = make_place(report, info->severity);
    if (finding == NULL)
        return;
    finding->code = (uint8_t)code;
    finding->severity = info->severity;
    finding->text[0] = '\0';
    /* words that do not fit are cut; the code and the start of the sentence stand */
    if (has_words(where))
        (void)hvc_text_append(finding->text, sizeof(finding->text), &used, "%.64s: ", where);
    (void)hvc_text_append(finding->text, sizeof(finding->text), &used, "%s", info->text);
    if (has_words(what))
        (void)hvc_text_append(finding->text, sizeof(finding->text), &used, " (%.120s)", what);
    if (has_words(words))
        (void)hvc_text_append(finding->text, sizeof(finding->text), &used, ": %.200s", words);
    (void)hvc_text_append(finding->text, sizeof(finding->text), &used, "; %s", info->advice);
}

/* ---- facts that are YES or not ---- */

static void look(struct hvc_check_report *report, const struct hvc_check_fact *fact, unsigned if_no,
                 unsigned if_unknown, const char *where, const char *what)
{
    if (fact->is == HVC_TELL_NO)
        find(report, if_no, where, what, fact->words);
    else if (fact->is != HVC_TELL_YES && fact->is != HVC_TELL_MOOT && if_unknown != HVC_CHECK_NONE)
        find(report, if_unknown, where, what, fact->words);
}

/* One fact a row: when it is looked at, what NO and what UNKNOWN is. */
struct row {
    size_t offset; /* of a struct hvc_check_fact in the input */
    uint8_t when;
    uint8_t if_no, if_unknown;
    bool source; /* told of the source, else of the target */
};

#define AT(member) __builtin_offsetof(struct hvc_check_input, member)

/* clang-format off */
static const struct row rows[] = {
    {AT(cluster.quorate),          ALL,    HVC_CHECK_NO_QUORUM,          HVC_CHECK_QUORUM_NOT_KNOWN,       true},
    {AT(source.member),            ALL,    HVC_CHECK_SOURCE_AWAY,        HVC_CHECK_SOURCE_AWAY,            true},
    {AT(source.open),              ALL,    HVC_CHECK_SOURCE_CLOSED,      HVC_CHECK_NONE,                   true},
    {AT(source.live_enabled),      WARM,   HVC_CHECK_SOURCE_DISABLED,    HVC_CHECK_NONE,                   true},
    {AT(source.libvirt),           ALL,    HVC_CHECK_SOURCE_LIBVIRT,     HVC_CHECK_SOURCE_LIBVIRT,         true},
    {AT(target.configured),        LEAVES, HVC_CHECK_TARGET_UNKNOWN,     HVC_CHECK_NONE,                   false},
    {AT(target.member),            LEAVES, HVC_CHECK_TARGET_AWAY,        HVC_CHECK_TARGET_AWAY,            false},
    {AT(target.open),              LEAVES, HVC_CHECK_TARGET_CLOSED,      HVC_CHECK_NONE,                   false},
    {AT(target.live_enabled),      WARM,   HVC_CHECK_TARGET_DISABLED,    HVC_CHECK_NONE,                   false},
    {AT(target.online),            LEAVES, HVC_CHECK_TARGET_PENDING,     HVC_CHECK_NONE,                   false},
    {AT(target.clean),             LEAVES, HVC_CHECK_TARGET_UNCLEAN,     HVC_CHECK_NONE,                   false},
    {AT(target.active),            LEAVES, HVC_CHECK_TARGET_STANDBY,     HVC_CHECK_NONE,                   false},
    {AT(target.not_maintenance),   LEAVES, HVC_CHECK_TARGET_MAINTENANCE, HVC_CHECK_NONE,                   false},
    {AT(target.libvirt),           LEAVES, HVC_CHECK_TARGET_LIBVIRT,     HVC_CHECK_TARGET_LIBVIRT,         false},
    {AT(fit.identity),             LEAVES, HVC_CHECK_TARGET_IDENTITY,    HVC_CHECK_TARGET_IDENTITY,        false},
    {AT(fit.same_boot),            LEAVES, HVC_CHECK_TARGET_BOOT,        HVC_CHECK_TARGET_BOOT,            false},
    {AT(fit.network),              WARM,   HVC_CHECK_NETWORK_CUT,        HVC_CHECK_NETWORK_NOT_KNOWN,      false},
    {AT(fit.quiet_link),           WARM,   HVC_CHECK_NETWORK_IS_RING,    HVC_CHECK_NONE,                   false},
    {AT(fit.type),                 LEAVES, HVC_CHECK_TYPE_MISSING,       HVC_CHECK_CAPABILITIES_NOT_KNOWN, false},
    {AT(fit.emulator),             LEAVES, HVC_CHECK_EMULATOR_MISSING,   HVC_CHECK_NONE,                   false},
    {AT(fit.machine),              LEAVES, HVC_CHECK_MACHINE_MISSING,    HVC_CHECK_NONE,                   false},
    {AT(fit.tpm),                  LEAVES, HVC_CHECK_TPM_MISSING,        HVC_CHECK_NONE,                   false},
    {AT(fit.cpu_back),             LEAVES, HVC_CHECK_CPU_NO_WAY_BACK,    HVC_CHECK_NONE,                   false},
    {AT(fit.definition),           LEAVES, HVC_CHECK_DEFINITION_MISSING, HVC_CHECK_NONE,                   false},
    {AT(fit.permitted),            ALL,    HVC_CHECK_SITE_FORBIDS,       HVC_CHECK_NONE,                   false},
    {AT(fit.storage),              LEAVES, HVC_CHECK_STORAGE_PLACE,      HVC_CHECK_STORAGE_NOT_KNOWN,      false},
    {AT(fit.storage),              STAYS,  HVC_CHECK_STORAGE_PLACE,      HVC_CHECK_STORAGE_NOT_KNOWN,      true},
    {AT(pacemaker.answers),        LEAVES, HVC_CHECK_PACEMAKER_SILENT,   HVC_CHECK_PACEMAKER_SILENT,       true},
    {AT(pacemaker.unclaimed),      LEAVES, HVC_CHECK_RESOURCE_FOREIGN,   HVC_CHECK_RESOURCE_NOT_KNOWN,     true},
    {AT(pacemaker.managed),        LEAVES, HVC_CHECK_RESOURCE_UNMANAGED, HVC_CHECK_NONE,                   true},
    {AT(pacemaker.migratable),     WARM,   HVC_CHECK_RESOURCE_NOT_MIGRATABLE, HVC_CHECK_NONE,              true},
    {AT(pacemaker.allowed),        LEAVES, HVC_CHECK_RESOURCE_FORBIDDEN, HVC_CHECK_NONE,                   false},
    {AT(pacemaker.stays),          LEAVES, HVC_CHECK_RESOURCE_MOVED_BACK, HVC_CHECK_NONE,                  false},
    {AT(pacemaker.others_untouched), LEAVES, HVC_CHECK_OTHERS_RESTARTED, HVC_CHECK_NONE,                   false},
    {AT(pacemaker.idle),           LEAVES, HVC_CHECK_RESOURCE_BUSY,      HVC_CHECK_NONE,                   true},
    {AT(pacemaker.quiet),          LEAVES, HVC_CHECK_PACEMAKER_ACTIONS,  HVC_CHECK_NONE,                   false},
};
/* clang-format on */

/* Of a node that does not exist, and of the one where the guest is, there is nothing else to say. */
static bool target_exists(const struct hvc_check_input *in)
{
    return in->target.configured.is != HVC_TELL_NO && (in->source.id == 0 || in->source.id != in->target.id);
}

/* Behind a libvirt that does not answer everything is unknown; that it does not answer is said once. */
static bool target_answers(const struct hvc_check_input *in)
{
    return target_exists(in) && (in->target.libvirt.is == HVC_TELL_YES || in->target.libvirt.is == HVC_TELL_MOOT);
}

static bool is_behind_libvirt(size_t offset)
{
    return offset == AT(fit.identity) || offset == AT(fit.same_boot) || offset == AT(fit.type) ||
           offset == AT(fit.emulator) || offset == AT(fit.machine) || offset == AT(fit.tpm) ||
           offset == AT(fit.cpu_back) || offset == AT(fit.definition) || offset == AT(fit.storage);
}

static void look_at_rows(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        const struct hvc_check_fact *fact = (const void *)((const char *)in + row->offset);
        bool silent = is_behind_libvirt(row->offset) && !target_answers(in) && fact->is != HVC_TELL_NO;

        if (!row->source && !target_exists(in) && row->offset != AT(target.configured))
            continue;
        if ((row->when & when) != 0 && !silent)
            look(report, fact, row->if_no, row->if_unknown, row->source ? in->source.name : in->target.name, NULL);
    }
}

/* ---- the guest ---- */

static unsigned state_code(const struct hvc_check_input *in)
{
    bool cold = in->kind == HVC_KIND_DEFINITION;

    switch ((enum hvc_seen)in->guest.state) {
    case HVC_SEEN_RUNNING:
        return cold ? HVC_CHECK_GUEST_RUNNING : HVC_CHECK_NONE;
    case HVC_SEEN_PAUSED:
        return cold ? HVC_CHECK_GUEST_RUNNING : HVC_CHECK_GUEST_PAUSED;
    case HVC_SEEN_ABSENT:
        return cold || in->kind == HVC_KIND_STAGED ? HVC_CHECK_NONE : HVC_CHECK_GUEST_NOT_RUNNING;
    case HVC_SEEN_STOPPING:
        return HVC_CHECK_GUEST_STOPPING;
    case HVC_SEEN_INCOMING:
    case HVC_SEEN_LEAVING:
        return HVC_CHECK_GUEST_IN_MOVE;
    case HVC_SEEN_FAILED: /* stopping and starting it elsewhere is what helps */
        return in->kind == HVC_KIND_RESTART ? HVC_CHECK_NONE : HVC_CHECK_GUEST_FAILED;
    case HVC_SEEN_NO_ANSWER:
    case HVC_SEEN_UNKNOWN:
    case HVC_SEEN_MAX:
        break;
    }
    return HVC_CHECK_GUEST_STATE_NOT_KNOWN;
}

static void look_at_guest(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    unsigned code = state_code(in);

    look(report, &in->guest.exists, HVC_CHECK_GUEST_NOT_FOUND, HVC_CHECK_GUEST_STATE_NOT_KNOWN, in->guest.name, NULL);
    if (in->guest.exists.is == HVC_TELL_YES && code != HVC_CHECK_NONE)
        find(report, code, in->guest.name, in->source.name, in->guest.state_words);
    look(report, &in->guest.free, HVC_CHECK_GUEST_BUSY, HVC_CHECK_NONE, in->guest.name, NULL);
    if (in->guest.exists.is == HVC_TELL_YES && in->guest.profile == NULL && code != HVC_CHECK_GUEST_STATE_NOT_KNOWN)
        find(report, HVC_CHECK_DEFINITION_NOT_READ, in->guest.name, NULL, in->guest.profile_words);
    if ((when & LEAVES) == 0)
        return;
    if (in->source.id != 0 && in->source.id == in->target.id)
        find(report, HVC_CHECK_SAME_NODE, in->target.name, NULL, NULL);
    else if (in->fit.seen != HVC_SEEN_ABSENT && in->fit.seen != HVC_SEEN_NO_ANSWER && target_answers(in))
        find(report, HVC_CHECK_GUEST_AT_TARGET, in->target.name, NULL, in->fit.seen_words);
}

/* ---- the cluster: service, limits, room ---- */

static void say_limit(struct hvc_check_report *report, const char *node, const char *setting, uint32_t limit,
                      uint32_t used, bool zero_is_none)
{
    char what[96] = "";
    size_t length = 0;

    if (limit == 0 && zero_is_none)
        return;
    (void)hvc_text_append(what, sizeof(what), &length, "%s is %lu, %lu under way", setting, (unsigned long)limit,
                          (unsigned long)used);
    if (limit == 0)
        find(report, HVC_CHECK_LIMIT_ZERO, node, what, NULL);
    else if (used >= limit)
        find(report, HVC_CHECK_LIMIT_REACHED, node, what, NULL);
}

static void look_at_limits(const struct hvc_check_input *in, struct hvc_check_report *report)
{
    const struct hvc_job_kind_info *kind = hvc_job_kind_info(in->kind);
    unsigned flags = kind == NULL ? HVC_KIND_USES_LINK : kind->flags;

    if (in->cluster.service_known && flags != 0)
        say_limit(report, NULL, "moves-cluster", in->cluster.moves_limit, in->cluster.moves_used, true);
    if ((flags & HVC_KIND_USES_LINK) != 0 && in->source.limits_known)
        say_limit(report, in->source.name, "moves-out", in->source.link_limit, in->source.link_used, false);
    if ((flags & HVC_KIND_USES_LINK) != 0 && in->target.limits_known)
        say_limit(report, in->target.name, "moves-in", in->target.link_limit, in->target.link_used, false);
    if ((flags & HVC_KIND_USES_STORAGE) != 0 && in->source.limits_known)
        say_limit(report, in->source.name, "storage-moves", in->source.storage_limit, in->source.storage_used, false);
}

static void look_at_room(const struct hvc_check_input *in, struct hvc_check_report *report)
{
    char what[96] = "";
    size_t used = 0;

    if (in->guest.profile == NULL)
        return;
    if (!in->fit.room_known) {
        find(report, HVC_CHECK_ROOM_NOT_KNOWN, in->target.name, NULL, NULL);
    } else if (in->guest.profile->memory_kib > in->fit.room_kib) {
        (void)hvc_text_append(what, sizeof(what), &used, "%llu MiB wanted, %llu MiB left for moves",
                              (unsigned long long)(in->guest.profile->memory_kib / 1024),
                              (unsigned long long)(in->fit.room_kib / 1024));
        find(report, HVC_CHECK_NO_ROOM, in->target.name, what, NULL);
    }
}

static void look_at_service(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    if (!in->cluster.service_known)
        find(report, HVC_CHECK_SERVICE_NOT_KNOWN, NULL, NULL, in->cluster.service_words);
    else if (in->cluster.service == HVC_STATE_DISABLED)
        find(report, HVC_CHECK_SERVICE_DISABLED, NULL, NULL, NULL);
    else if (in->cluster.service == HVC_STATE_QUIESCE && !in->slots_are_own)
        find(report, HVC_CHECK_SERVICE_QUIESCED, NULL, NULL, NULL);
    if (in->slots_are_own)
        return;
    look_at_limits(in, report);
    if ((when & LEAVES) != 0 && target_exists(in))
        look_at_room(in, report);
}

/* ---- what the hosts are ---- */

static void say_versions(struct hvc_check_report *report, unsigned code, const struct hvc_check_input *in,
                         uint64_t source, uint64_t target)
{
    char what[96] = "";
    size_t used = 0;

    if (source == 0 || target == 0 || target >= source)
        return;
    (void)hvc_text_append(what, sizeof(what), &used, "%llu.%llu.%llu there, %llu.%llu.%llu at the source",
                          (unsigned long long)(target / 1000000), (unsigned long long)(target / 1000 % 1000),
                          (unsigned long long)(target % 1000), (unsigned long long)(source / 1000000),
                          (unsigned long long)(source / 1000 % 1000), (unsigned long long)(source % 1000));
    find(report, code, in->target.name, what, NULL);
}

static void look_at_hosts(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const char *source = in->source.architecture, *target = in->target.architecture;

    if ((when & LEAVES) == 0)
        return;
    if (source[0] != '\0' && target[0] != '\0' && strcmp(source, target) != 0)
        find(report, HVC_CHECK_ARCHITECTURE_DIFFERS, in->target.name, target, NULL);
    if ((when & WARM) == 0)
        return;
    say_versions(report, HVC_CHECK_HYPERVISOR_OLDER, in, in->source.hypervisor_version, in->target.hypervisor_version);
    say_versions(report, HVC_CHECK_LIBVIRT_OLDER, in, in->source.libvirt_version, in->target.libvirt_version);
}

/* A guest that got its host's CPU moves while it runs only to an equal one, and that must be known. */
static void look_at_cpu(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const struct hvc_guest_profile *profile = in->guest.profile;
    bool own = profile->cpu == HVC_CPU_PASSTHROUGH || profile->cpu == HVC_CPU_MAXIMUM;

    if ((when & WARM) != 0 && own)
        look(report, &in->fit.cpu, HVC_CHECK_CPU_DIFFERS, HVC_CHECK_CPU_DIFFERS, in->target.name, NULL);
    else
        look(report, &in->fit.cpu, HVC_CHECK_CPU_FEATURES_MISSING, HVC_CHECK_CPU_NOT_KNOWN, in->target.name,
             profile->cpu_model);
}

static bool is_same_speed(uint64_t host, uint64_t guest)
{
    uint64_t apart = host > guest ? host - guest : guest - host;

    return apart <= host / 1000000 * TSC_PPM; /* of a counter below 1 MHz: exactly */
}

static void say_tsc(struct hvc_check_report *report, unsigned code, const struct hvc_check_input *in, uint64_t guest)
{
    char what[96] = "";
    size_t used = 0;

    (void)hvc_text_append(what, sizeof(what), &used, "%llu Hz there, the guest has %llu Hz",
                          (unsigned long long)in->target.tsc.hz, (unsigned long long)guest);
    find(report, code, in->target.name, what, NULL);
}

/* Only guests of KVM have the host's counter. QEMU takes one with invtsc along only when its speed is fixed; a speed
 * that is fixed must be had at the target, at a boot there, too; else the counter goes on at the target's speed. */
static void look_at_tsc(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const struct hvc_guest_profile *profile = in->guest.profile;
    const struct hvc_check_tsc *target = &in->target.tsc;
    uint64_t guest = profile->tsc_hz != 0 ? profile->tsc_hz : in->source.tsc.hz;

    if (strcmp(profile->type, "kvm") != 0)
        return;
    if ((when & WARM) != 0 && profile->tsc_hz == 0 &&
        (profile->invariant_tsc || (profile->unfiltered_cpu && in->source.tsc.invariant)))
        find(report, HVC_CHECK_TSC_BOUND, in->guest.name, NULL, NULL);
    else if (profile->tsc_hz != 0 && target->hz == 0)
        find(report, HVC_CHECK_TSC_NOT_KNOWN, in->target.name, NULL, NULL);
    else if (target->hz == 0 || guest == 0 || target->scales || is_same_speed(target->hz, guest))
        return;
    else if (profile->tsc_hz != 0)
        say_tsc(report, HVC_CHECK_TSC_DIFFERS, in, guest);
    else if ((when & WARM) != 0)
        say_tsc(report, HVC_CHECK_TSC_CHANGES, in, guest);
}

static void look_at_disks(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const struct hvc_guest_profile *profile = in->guest.profile;

    for (uint32_t i = 0; i < profile->disk_count && i < HVC_PROFILE_DISKS_MAX; i++) {
        const struct hvc_profile_disk *disk = &profile->disks[i];
        char what[128] = "";
        size_t used = 0;

        (void)hvc_text_append(what, sizeof(what), &used, "%s, %s %.90s", disk->target,
                              hvc_profile_disk_name(disk->kind), disk->source);
        if (disk->kind == HVC_PROFILE_DISK_OTHER && (when & WARM) != 0)
            find(report, HVC_CHECK_DISK_BOUND, in->target.name, what, NULL);
        else if (disk->kind != HVC_PROFILE_DISK_EMPTY && disk->kind != HVC_PROFILE_DISK_OTHER && (when & IN_PLACE) != 0)
            look(report, &in->fit.disks[i], HVC_CHECK_DISK_MISSING, HVC_CHECK_DISK_NOT_KNOWN, in->target.name, what);
    }
}

static void look_at_nets(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const struct hvc_guest_profile *profile = in->guest.profile;

    for (uint32_t i = 0; i < profile->net_count && i < HVC_PROFILE_NETS_MAX; i++) {
        const struct hvc_profile_net *net = &profile->nets[i];
        char what[128] = "";
        size_t used = 0;

        (void)hvc_text_append(what, sizeof(what), &used, "%s %s", hvc_profile_net_name(net->kind), net->source);
        if (net->kind == HVC_PROFILE_NET_OTHER && (when & WARM) != 0)
            find(report, HVC_CHECK_HOST_DEVICE, in->guest.name, what, NULL);
        else if (net->kind != HVC_PROFILE_NET_FREE && net->kind != HVC_PROFILE_NET_OTHER)
            look(report, &in->fit.nets[i], HVC_CHECK_BRIDGE_MISSING, HVC_CHECK_BRIDGE_NOT_KNOWN, in->target.name, what);
    }
}

static void look_at_devices(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    const struct hvc_guest_profile *profile = in->guest.profile;

    for (uint32_t i = 0; i < profile->device_count && i < HVC_PROFILE_DEVICES_MAX; i++) {
        if ((when & WARM) != 0)
            find(report, HVC_CHECK_HOST_DEVICE, in->guest.name, profile->devices[i].text, NULL);
        else
            look(report, &in->fit.devices[i], HVC_CHECK_HOST_DEVICE_MISSING, HVC_CHECK_HOST_DEVICE_NOT_KNOWN,
                 in->target.name, profile->devices[i].text);
    }
}

/* libvirt takes the state of an emulated TPM along in a migration only. */
static bool drops_tpm(unsigned kind)
{
    return kind == HVC_KIND_QUICK || kind == HVC_KIND_RESTART || kind == HVC_KIND_DEFINITION;
}

static void look_at_needs(const struct hvc_check_input *in, unsigned when, struct hvc_check_report *report)
{
    if (in->guest.profile == NULL || (when & LEAVES) == 0)
        return;
    look_at_devices(in, when, report);
    if (in->guest.profile->tpm && drops_tpm(in->kind))
        find(report, HVC_CHECK_TPM_STAYS, in->source.name, NULL, NULL);
    if (!target_answers(in))
        return;
    look_at_cpu(in, when, report);
    look_at_tsc(in, when, report);
    look_at_disks(in, when, report);
    look_at_nets(in, when, report);
}

/* ---- all ---- */

void hvc_check_evaluate(const struct hvc_check_input *input, struct hvc_check_report *ret_report)
{
    unsigned when = manner(input);
    size_t used = 0;

    ret_report->verdict = HVC_REASON_NOTE;
    ret_report->worst = HVC_CHECK_INFO;
    ret_report->decisive = HVC_CHECK_NONE;
    ret_report->cim = 0;
    ret_report->ms = 0;
    ret_report->count = 0;
    ret_report->dropped = 0;
    ret_report->node_id = input->target.id;
    ret_report->node[0] = '\0';
    (void)hvc_text_append(ret_report->node, sizeof(ret_report->node), &used, "%s",
                          input->target.name == NULL ? "" : input->target.name);
    look_at_guest(input, when, ret_report);
    look_at_rows(input, when, ret_report);
    look_at_service(input, when, ret_report);
    look_at_hosts(input, when, ret_report);
    look_at_needs(input, when, ret_report);
    if (!input->from_source && (when & WARM) != 0 && ret_report->worst != HVC_CHECK_ERROR)
        find(ret_report, HVC_CHECK_SEEN_FROM_ELSEWHERE, input->here, NULL, NULL);
}
