/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts in, findings out: every row of the tables. */
#include "hvc/check.h"

#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/settings.h"

static struct hvc_guest_profile profile;
static struct hvc_check_report report;

/* A running guest with one of everything, on healthy nodes: nothing is in the way. */
static struct hvc_check_input healthy(void)
{
    struct hvc_check_input in = {
        .kind = HVC_KIND_LIVE,
        .from_source = true,
        .here = "n1",
        .guest = {.name = "vm1", .profile = &profile, .state = HVC_SEEN_RUNNING},
        .source = {.name = "n1", .id = 1, .limits_known = true, .link_limit = 1, .storage_limit = 1},
        .target = {.name = "n2", .id = 2, .limits_known = true, .link_limit = 1, .storage_limit = 1},
        .fit = {.seen = HVC_SEEN_ABSENT, .room_known = true, .room_kib = 4096},
        .cluster = {.service_known = true, .service = HVC_STATE_ENABLED},
    };
    struct hvc_check_fact yes = {HVC_TELL_YES, NULL};
    struct hvc_check_fact *const facts[] = {
        &in.guest.exists,
        &in.guest.free,
        &in.source.member,
        &in.source.configured,
        &in.source.open,
        &in.source.live_enabled,
        &in.source.libvirt,
        &in.target.member,
        &in.target.configured,
        &in.target.open,
        &in.target.live_enabled,
        &in.target.online,
        &in.target.clean,
        &in.target.active,
        &in.target.not_maintenance,
        &in.target.libvirt,
        &in.fit.identity,
        &in.fit.same_boot,
        &in.fit.network,
        &in.fit.quiet_link,
        &in.fit.type,
        &in.fit.emulator,
        &in.fit.machine,
        &in.fit.cpu,
        &in.fit.cpu_back,
        &in.fit.tpm,
        &in.fit.definition,
        &in.fit.storage,
        &in.fit.disks[0],
        &in.fit.nets[0],
        &in.fit.devices[0],
        &in.pacemaker.unclaimed,
        &in.pacemaker.answers,
        &in.pacemaker.managed,
        &in.pacemaker.migratable,
        &in.pacemaker.allowed,
        &in.pacemaker.stays,
        &in.pacemaker.others_untouched,
        &in.cluster.quorate,
    };

    for (size_t i = 0; i < HVC_COUNT(facts); i++)
        *facts[i] = yes;
    profile = (struct hvc_guest_profile){
        .name = "vm1", .memory_kib = 1024, .cpus = 1, .cpu = HVC_CPU_CUSTOM, .disk_count = 1, .net_count = 1};
    profile.disks[0] = (struct hvc_profile_disk){"vda", HVC_PROFILE_DISK_FILE, false, false, "/srv/vm1.img"};
    profile.nets[0] = (struct hvc_profile_net){HVC_PROFILE_NET_BRIDGE, "br0", "52:54:00:00:00:01"};
    return in;
}

static const struct hvc_check_finding *finding(unsigned code)
{
    for (uint32_t i = 0; i < report.count; i++) {
        if (report.findings[i].code == code)
            return &report.findings[i];
    }
    return NULL;
}

static void nothing_is_found_for_a_healthy_guest_on_healthy_nodes(void **state)
{
    (void)state;
    for (uint8_t kind = 0; kind < HVC_KIND_COUNT; kind++) {
        struct hvc_check_input in = healthy();

        in.kind = kind;
        if (kind == HVC_KIND_DEFINITION)
            in.guest.state = HVC_SEEN_ABSENT;
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, 0);
        assert_true(hvc_check_is_movable(&report));
        assert_int_equal(report.worst, HVC_CHECK_INFO);
        assert_int_equal(report.cim, 0);
        assert_int_equal(report.ms, 0);
        assert_string_equal(report.node, "n2");
    }
}

/* One fact that is not YES. expected: of NO and of UNKNOWN; NONE: nothing is said. */
static void each_fact_that_is_not_so_or_not_known_is_found(void **state)
{
    static const struct {
        size_t offset;
        unsigned no, unknown;
    } cases[] = {
#define FACT(member, if_no, if_unknown)                                                                                \
    {offsetof(struct hvc_check_input, member), HVC_CHECK_##if_no, HVC_CHECK_##if_unknown}
        FACT(guest.exists, GUEST_NOT_FOUND, GUEST_STATE_NOT_KNOWN),
        FACT(guest.free, GUEST_BUSY, NONE),
        FACT(cluster.quorate, NO_QUORUM, QUORUM_NOT_KNOWN),
        FACT(source.member, SOURCE_AWAY, SOURCE_AWAY),
        FACT(source.open, SOURCE_CLOSED, NONE),
        FACT(source.live_enabled, SOURCE_DISABLED, NONE),
        FACT(source.libvirt, SOURCE_LIBVIRT, SOURCE_LIBVIRT),
        FACT(target.configured, TARGET_UNKNOWN, NONE),
        FACT(target.member, TARGET_AWAY, TARGET_AWAY),
        FACT(target.open, TARGET_CLOSED, NONE),
        FACT(target.live_enabled, TARGET_DISABLED, NONE),
        FACT(target.online, TARGET_PENDING, NONE),
        FACT(target.clean, TARGET_UNCLEAN, NONE),
        FACT(target.active, TARGET_STANDBY, NONE),
        FACT(target.not_maintenance, TARGET_MAINTENANCE, NONE),
        FACT(target.libvirt, TARGET_LIBVIRT, TARGET_LIBVIRT),
        FACT(fit.identity, TARGET_IDENTITY, TARGET_IDENTITY),
        FACT(fit.same_boot, TARGET_BOOT, TARGET_BOOT),
        FACT(fit.network, NETWORK_CUT, NETWORK_NOT_KNOWN),
        FACT(fit.quiet_link, NETWORK_IS_RING, NONE),
        FACT(fit.type, TYPE_MISSING, CAPABILITIES_NOT_KNOWN),
        FACT(fit.emulator, EMULATOR_MISSING, NONE),
        FACT(fit.machine, MACHINE_MISSING, NONE),
        FACT(fit.cpu, CPU_FEATURES_MISSING, CPU_NOT_KNOWN),
        FACT(fit.cpu_back, CPU_NO_WAY_BACK, NONE),
        FACT(fit.tpm, TPM_MISSING, NONE),
        FACT(fit.definition, DEFINITION_MISSING, NONE),
        FACT(fit.storage, STORAGE_PLACE, STORAGE_NOT_KNOWN),
        FACT(fit.disks[0], DISK_MISSING, DISK_NOT_KNOWN),
        FACT(fit.nets[0], BRIDGE_MISSING, BRIDGE_NOT_KNOWN),
        FACT(pacemaker.unclaimed, RESOURCE_FOREIGN, RESOURCE_NOT_KNOWN),
        FACT(pacemaker.answers, PACEMAKER_SILENT, PACEMAKER_SILENT),
        FACT(pacemaker.managed, RESOURCE_UNMANAGED, NONE),
        FACT(pacemaker.migratable, RESOURCE_NOT_MIGRATABLE, NONE),
        FACT(pacemaker.allowed, RESOURCE_FORBIDDEN, NONE),
        FACT(pacemaker.stays, RESOURCE_MOVED_BACK, NONE),
        FACT(pacemaker.others_untouched, OTHERS_RESTARTED, NONE),
        FACT(pacemaker.idle, RESOURCE_BUSY, NONE),
        FACT(pacemaker.quiet, PACEMAKER_ACTIONS, NONE),
#undef FACT
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        for (unsigned is = HVC_TELL_UNKNOWN; is <= HVC_TELL_MOOT; is++) {
            struct hvc_check_input in = healthy();
            struct hvc_check_fact *fact = (void *)((char *)&in + cases[i].offset);
            unsigned expected = is == HVC_TELL_NO ? cases[i].no : is == HVC_TELL_UNKNOWN ? cases[i].unknown : 0;

            *fact = (struct hvc_check_fact){(uint8_t)is, "these words"};
            if (fact == &in.guest.exists && is == HVC_TELL_MOOT)
                continue;
            hvc_check_evaluate(&in, &report);
            if (expected == HVC_CHECK_NONE) {
                assert_int_equal(report.count, 0);
                continue;
            }
            assert_int_equal(report.count, 1);
            assert_int_equal(report.findings[0].code, expected);
            assert_non_null(strstr(report.findings[0].text, "these words"));
            assert_non_null(strstr(report.findings[0].text, hvc_check_code_info(expected)->advice));
            assert_int_equal(report.verdict, hvc_check_code_info(expected)->severity == HVC_CHECK_ERROR
                                                 ? hvc_check_code_info(expected)->reason
                                                 : HVC_REASON_NOTE);
        }
    }
}

static void the_state_of_the_guest_decides_by_the_kind_of_the_move(void **state)
{
    static const struct {
        uint8_t kind, seen;
        unsigned code;
    } cases[] = {
        {HVC_KIND_LIVE, HVC_SEEN_RUNNING, 0},
        {HVC_KIND_LIVE, HVC_SEEN_PAUSED, HVC_CHECK_GUEST_PAUSED},
        {HVC_KIND_LIVE, HVC_SEEN_ABSENT, HVC_CHECK_GUEST_NOT_RUNNING},
        {HVC_KIND_LIVE, HVC_SEEN_STOPPING, HVC_CHECK_GUEST_STOPPING},
        {HVC_KIND_LIVE, HVC_SEEN_INCOMING, HVC_CHECK_GUEST_IN_MOVE},
        {HVC_KIND_LIVE, HVC_SEEN_LEAVING, HVC_CHECK_GUEST_IN_MOVE},
        {HVC_KIND_LIVE, HVC_SEEN_FAILED, HVC_CHECK_GUEST_FAILED},
        {HVC_KIND_LIVE, HVC_SEEN_UNKNOWN, HVC_CHECK_GUEST_STATE_NOT_KNOWN},
        {HVC_KIND_LIVE, HVC_SEEN_NO_ANSWER, HVC_CHECK_GUEST_STATE_NOT_KNOWN},
        {HVC_KIND_LIVE, 200, HVC_CHECK_GUEST_STATE_NOT_KNOWN},
        {HVC_KIND_RESTART, HVC_SEEN_FAILED, 0},
        {HVC_KIND_RESTART, HVC_SEEN_ABSENT, HVC_CHECK_GUEST_NOT_RUNNING},
        {HVC_KIND_QUICK, HVC_SEEN_FAILED, HVC_CHECK_GUEST_FAILED},
        {HVC_KIND_DEFINITION, HVC_SEEN_ABSENT, 0},
        {HVC_KIND_DEFINITION, HVC_SEEN_RUNNING, HVC_CHECK_GUEST_RUNNING},
        {HVC_KIND_DEFINITION, HVC_SEEN_PAUSED, HVC_CHECK_GUEST_RUNNING},
        {HVC_KIND_STAGED, HVC_SEEN_ABSENT, 0},
        {HVC_KIND_STORAGE, HVC_SEEN_ABSENT, HVC_CHECK_GUEST_NOT_RUNNING},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_check_input in = healthy();

        in.kind = cases[i].kind;
        in.guest.state = cases[i].seen;
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, cases[i].code == 0 ? 0 : 1);
        if (cases[i].code != 0)
            assert_int_equal(report.findings[0].code, cases[i].code);
    }
}

/* ---- one change each ---- */

static void make_at_target(struct hvc_check_input *in)
{
    in->fit.seen = HVC_SEEN_RUNNING;
}
static void make_same(struct hvc_check_input *in)
{
    in->target.id = 1;
}
static void make_unread(struct hvc_check_input *in)
{
    in->guest.profile = NULL;
}
static void make_disabled(struct hvc_check_input *in)
{
    in->cluster.service = HVC_STATE_DISABLED;
}
static void make_quiesced(struct hvc_check_input *in)
{
    in->cluster.service = HVC_STATE_QUIESCE;
}
static void make_blind(struct hvc_check_input *in)
{
    in->cluster.service_known = false;
}
static void make_out_zero(struct hvc_check_input *in)
{
    in->source.link_limit = 0;
}
static void make_in_zero(struct hvc_check_input *in)
{
    in->target.link_limit = 0;
}
static void make_out_full(struct hvc_check_input *in)
{
    in->source.link_used = 1;
}
static void make_in_full(struct hvc_check_input *in)
{
    in->target.link_used = 7;
}
static void make_storage_full(struct hvc_check_input *in)
{
    in->kind = HVC_KIND_STORAGE;
    in->source.storage_used = 1;
}
static void make_cluster_full(struct hvc_check_input *in)
{
    in->cluster.moves_limit = in->cluster.moves_used = 3;
}
static void make_small(struct hvc_check_input *in)
{
    in->fit.room_kib = 1023;
}
static void make_room_unknown(struct hvc_check_input *in)
{
    in->fit.room_known = false;
}
static void make_arm(struct hvc_check_input *in)
{
    memcpy(in->source.architecture, "x86_64", 7);
    memcpy(in->target.architecture, "aarch64", 8);
}
static void make_old_qemu(struct hvc_check_input *in)
{
    in->source.hypervisor_version = 7002000;
    in->target.hypervisor_version = 7001009;
}
static void make_old_libvirt(struct hvc_check_input *in)
{
    in->source.libvirt_version = 9000000;
    in->target.libvirt_version = 8010000;
}
static void make_passthrough_unknown(struct hvc_check_input *in)
{
    profile.cpu = HVC_CPU_PASSTHROUGH;
    in->fit.cpu.is = HVC_TELL_UNKNOWN;
}
static void make_maximum_other(struct hvc_check_input *in)
{
    profile.cpu = HVC_CPU_MAXIMUM;
    in->fit.cpu.is = HVC_TELL_NO;
}
static void make_passthrough_cold(struct hvc_check_input *in)
{
    make_passthrough_unknown(in);
    in->kind = HVC_KIND_RESTART;
}
static void make_no_place(struct hvc_check_input *in)
{
    in->kind = HVC_KIND_STORAGE;
    in->target = in->source;
    in->fit.storage = (struct hvc_check_fact){HVC_TELL_NO, "/b.img exists on n1 already"};
}

static void make_bound_disk(struct hvc_check_input *in)
{
    (void)in;
    profile.disks[0].kind = HVC_PROFILE_DISK_OTHER;
}
static void make_bound_net(struct hvc_check_input *in)
{
    (void)in;
    profile.nets[0].kind = HVC_PROFILE_NET_OTHER;
}
static void make_device(struct hvc_check_input *in)
{
    (void)in;
    profile.device_count = 1;
    memcpy(profile.devices[0].text, "pci 0000:00:1f.2", 17);
}
static void make_device_cold(struct hvc_check_input *in)
{
    make_device(in);
    in->kind = HVC_KIND_RESTART;
    in->fit.devices[0].is = HVC_TELL_NO;
}
static void make_device_cold_unknown(struct hvc_check_input *in)
{
    make_device_cold(in);
    in->fit.devices[0].is = HVC_TELL_UNKNOWN;
}
/* A guest of KVM between hosts whose counters have these speeds. */
static void make_tsc(struct hvc_check_input *in, uint64_t here, uint64_t there, uint64_t fixed)
{
    memcpy(profile.type, "kvm", 4);
    profile.tsc_hz = fixed;
    in->source.tsc.hz = here;
    in->target.tsc.hz = there;
}
static void make_tsc_bound(struct hvc_check_input *in)
{
    make_tsc(in, 2000000000, 2000000000, 0);
    profile.invariant_tsc = true;
}
static void make_tsc_bound_by_host(struct hvc_check_input *in)
{
    make_tsc(in, 0, 0, 0);
    profile.unfiltered_cpu = true;
    in->source.tsc.invariant = true;
}
static void make_tsc_other(struct hvc_check_input *in)
{
    make_tsc(in, 2000000000, 2000500001, 2000000000);
}
static void make_tsc_other_cold(struct hvc_check_input *in)
{
    make_tsc(in, 0, 1900000000, 2000000000);
    profile.invariant_tsc = true;
    in->kind = HVC_KIND_RESTART;
}
static void make_tsc_changes(struct hvc_check_input *in)
{
    make_tsc(in, 2000000000, 3000000000, 0);
}
static void make_tsc_unknown(struct hvc_check_input *in)
{
    make_tsc(in, 2000000000, 0, 2000000000);
}
static void make_elsewhere(struct hvc_check_input *in)
{
    in->from_source = false;
}

static void each_thing_in_the_way_is_found(void **state)
{
    static const struct {
        void (*make)(struct hvc_check_input *);
        unsigned code;
        unsigned verdict;
        const char *says;
    } cases[] = {
        {make_at_target, HVC_CHECK_GUEST_AT_TARGET, HVC_REASON_GIVE_UP, "n2: "},
        {make_same, HVC_CHECK_SAME_NODE, HVC_REASON_GIVE_UP, "already"},
        {make_unread, HVC_CHECK_DEFINITION_NOT_READ, HVC_REASON_RETRY, "vm1"},
        {make_disabled, HVC_CHECK_SERVICE_DISABLED, HVC_REASON_RETRY, "service"},
        {make_quiesced, HVC_CHECK_SERVICE_QUIESCED, HVC_REASON_NOTE, "wait"},
        {make_blind, HVC_CHECK_SERVICE_NOT_KNOWN, HVC_REASON_RETRY, "not known"},
        {make_out_zero, HVC_CHECK_LIMIT_ZERO, HVC_REASON_OTHER_NODE,
         "n1: a limit of 0 lets no move through (moves-out is 0"},
        {make_in_zero, HVC_CHECK_LIMIT_ZERO, HVC_REASON_OTHER_NODE,
         "n2: a limit of 0 lets no move through (moves-in is 0"},
        {make_out_full, HVC_CHECK_LIMIT_REACHED, HVC_REASON_NOTE, "moves-out is 1, 1 under way"},
        {make_in_full, HVC_CHECK_LIMIT_REACHED, HVC_REASON_NOTE, "moves-in is 1, 7 under way"},
        {make_storage_full, HVC_CHECK_LIMIT_REACHED, HVC_REASON_NOTE, "storage-moves is 1, 1 under way"},
        {make_cluster_full, HVC_CHECK_LIMIT_REACHED, HVC_REASON_NOTE, "moves-cluster is 3, 3 under way"},
        {make_small, HVC_CHECK_NO_ROOM, HVC_REASON_OTHER_NODE, "1 MiB wanted, 0 MiB left"},
        {make_room_unknown, HVC_CHECK_ROOM_NOT_KNOWN, HVC_REASON_NOTE, "n2"},
        {make_arm, HVC_CHECK_ARCHITECTURE_DIFFERS, HVC_REASON_OTHER_NODE, "aarch64"},
        {make_old_qemu, HVC_CHECK_HYPERVISOR_OLDER, HVC_REASON_OTHER_NODE, "7.1.9 there, 7.2.0 at the source"},
        {make_old_libvirt, HVC_CHECK_LIBVIRT_OLDER, HVC_REASON_NOTE, "8.10.0 there, 9.0.0 at the source"},
        {make_passthrough_unknown, HVC_CHECK_CPU_DIFFERS, HVC_REASON_OTHER_NODE, "named CPU model"},
        {make_maximum_other, HVC_CHECK_CPU_DIFFERS, HVC_REASON_OTHER_NODE, "equal CPUs"},
        {make_passthrough_cold, HVC_CHECK_CPU_NOT_KNOWN, HVC_REASON_NOTE, "n2"},
        {make_no_place, HVC_CHECK_STORAGE_PLACE, HVC_REASON_GIVE_UP, "shall: /b.img exists on n1 already"},
        {make_bound_disk, HVC_CHECK_DISK_BOUND, HVC_REASON_GIVE_UP, "vda, other /srv/vm1.img"},
        {make_bound_net, HVC_CHECK_HOST_DEVICE, HVC_REASON_GIVE_UP, "other br0"},
        {make_device, HVC_CHECK_HOST_DEVICE, HVC_REASON_GIVE_UP, "pci 0000:00:1f.2"},
        {make_device_cold, HVC_CHECK_HOST_DEVICE_MISSING, HVC_REASON_OTHER_NODE, "pci 0000:00:1f.2"},
        {make_device_cold_unknown, HVC_CHECK_HOST_DEVICE_NOT_KNOWN, HVC_REASON_NOTE, "pci 0000:00:1f.2"},
        {make_tsc_bound, HVC_CHECK_TSC_BOUND, HVC_REASON_GIVE_UP, "vm1: "},
        {make_tsc_bound_by_host, HVC_CHECK_TSC_BOUND, HVC_REASON_GIVE_UP, "invtsc"},
        {make_tsc_other, HVC_CHECK_TSC_DIFFERS, HVC_REASON_OTHER_NODE, "2000500001 Hz there, the guest has 2000000000"},
        {make_tsc_other_cold, HVC_CHECK_TSC_DIFFERS, HVC_REASON_OTHER_NODE, "1900000000 Hz there"},
        {make_tsc_changes, HVC_CHECK_TSC_CHANGES, HVC_REASON_NOTE, "3000000000 Hz there, the guest has 2000000000 Hz"},
        {make_tsc_unknown, HVC_CHECK_TSC_NOT_KNOWN, HVC_REASON_NOTE, "n2"},
        {make_elsewhere, HVC_CHECK_SEEN_FROM_ELSEWHERE, HVC_REASON_NOTE, "n1"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_check_input in = healthy();

        cases[i].make(&in);
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, 1);
        assert_int_equal(report.findings[0].code, cases[i].code);
        assert_non_null(strstr(report.findings[0].text, cases[i].says));
        assert_int_equal(report.verdict, cases[i].verdict);
        assert_int_equal(report.cim, cases[i].verdict == HVC_REASON_NOTE ? 0 : hvc_check_code_info(cases[i].code)->cim);
    }
}

static void a_target_that_is_as_new_or_newer_is_right(void **state)
{
    static const uint64_t versions[] = {7002000, 7002001, 8000000};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(versions); i++) {
        struct hvc_check_input in = healthy();

        in.source.hypervisor_version = in.source.libvirt_version = versions[0];
        in.target.hypervisor_version = in.target.libvirt_version = versions[i];
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, 0);
    }
}

static void a_counter_that_goes_on_as_before_is_right(void **state)
{
    static const struct {
        uint64_t here, there, fixed;
        bool scales, invariant, unfiltered;
        uint8_t kind;
        const char *type;
    } cases[] = {
        {2000000000, 2000500000, 0, false, false, false, HVC_KIND_LIVE, "kvm"}, /* 250 millionths apart */
        {2000500000, 2000000000, 2000000000, false, false, false, HVC_KIND_LIVE, "kvm"},
        {2000000000, 3000000000, 0, true, false, false, HVC_KIND_LIVE, "kvm"},
        {2000000000, 3000000000, 2000000000, true, true, false, HVC_KIND_LIVE, "kvm"}, /* fixed: it may go along */
        {0, 3000000000, 0, false, false, false, HVC_KIND_LIVE, "kvm"},
        {2000000000, 0, 0, false, false, false, HVC_KIND_LIVE, "kvm"},
        {2000000000, 3000000000, 0, false, true, true, HVC_KIND_RESTART, "kvm"}, /* it boots with the target's */
        {2000000000, 3000000000, 0, false, false, true, HVC_KIND_RESTART, "kvm"},
        {2000000000, 2000000000, 0, false, false, true, HVC_KIND_LIVE, "kvm"}, /* the host has no invtsc to give */
        {2000000000, 3000000000, 2000000000, false, true, true, HVC_KIND_LIVE, "qemu"},
        {2000000000, 3000000000, 2000000000, false, true, true, HVC_KIND_STORAGE, "kvm"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_check_input in = healthy();

        make_tsc(&in, cases[i].here, cases[i].there, cases[i].fixed);
        memcpy(profile.type, cases[i].type, strlen(cases[i].type) + 1);
        profile.invariant_tsc = cases[i].invariant;
        profile.unfiltered_cpu = cases[i].unfiltered;
        in.target.tsc.scales = cases[i].scales;
        in.kind = cases[i].kind;
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, 0);
    }
}

static void what_a_move_takes_along_need_not_be_at_the_target(void **state)
{
    struct hvc_check_input in = healthy();

    (void)state;
    in.fit.disks[0].is = HVC_TELL_NO;
    in.kind = HVC_KIND_LIVE_STORAGE;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 0);
    in.kind = HVC_KIND_STAGED;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 0);
    in.kind = HVC_KIND_STORAGE; /* and one that stays needs nothing of a target */
    in.target.member.is = HVC_TELL_NO;
    in.fit.network.is = HVC_TELL_NO;
    in.fit.cpu.is = HVC_TELL_NO;
    in.fit.room_kib = 0;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 0);
}

static void the_state_of_a_tpm_goes_along_in_a_migration_only(void **state)
{
    static const bool refused[HVC_KIND_COUNT] = {
        [HVC_KIND_QUICK] = true, [HVC_KIND_RESTART] = true, [HVC_KIND_DEFINITION] = true};

    (void)state;
    for (unsigned kind = 0; kind < HVC_KIND_COUNT; kind++) {
        struct hvc_check_input in = healthy();

        profile.tpm = true;
        in.kind = (uint8_t)kind;
        in.guest.state = kind == HVC_KIND_DEFINITION ? HVC_SEEN_ABSENT : HVC_SEEN_RUNNING;
        hvc_check_evaluate(&in, &report);
        assert_int_equal(report.count, refused[kind] ? 1 : 0);
        assert_int_equal(report.verdict, refused[kind] ? HVC_REASON_GIVE_UP : HVC_REASON_NOTE);
        assert_int_equal(finding(HVC_CHECK_TPM_STAYS) != NULL, refused[kind]);
    }
}

static void a_job_is_not_in_its_own_way(void **state)
{
    struct hvc_check_input in = healthy();

    (void)state;
    in.slots_are_own = true;
    in.source.link_used = in.target.link_used = 1;
    in.fit.room_kib = 0;
    in.cluster.service = HVC_STATE_QUIESCE; /* it was admitted before that */
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 0);
}

static void of_a_silent_or_unknown_target_one_thing_is_said(void **state)
{
    struct hvc_check_input in = healthy();

    (void)state;
    memset(&in.fit, 0, sizeof(in.fit));
    in.fit.network.is = HVC_TELL_MOOT;
    in.fit.room_known = true;
    in.fit.room_kib = 4096;
    in.target.libvirt = (struct hvc_check_fact){HVC_TELL_NO, "Connection refused"};
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.decisive, HVC_CHECK_TARGET_LIBVIRT);
    memset(&in.target, 0, sizeof(in.target));
    in.target.name = "n9";
    in.target.configured.is = HVC_TELL_NO;
    in.fit.room_known = false;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, 1);
    assert_int_equal(report.decisive, HVC_CHECK_TARGET_UNKNOWN);
    assert_int_equal(report.cim, 4);
    assert_string_equal(report.node, "n9");
}

static void nothing_known_at_all_is_a_no(void **state)
{
    struct hvc_check_input in = {.kind = HVC_KIND_LIVE};

    (void)state;
    hvc_check_evaluate(&in, &report);
    assert_false(hvc_check_is_movable(&report));
    assert_non_null(finding(HVC_CHECK_QUORUM_NOT_KNOWN));
    assert_non_null(finding(HVC_CHECK_GUEST_STATE_NOT_KNOWN));
    assert_non_null(finding(HVC_CHECK_TARGET_LIBVIRT));
    assert_non_null(finding(HVC_CHECK_SERVICE_NOT_KNOWN));
}

static void the_hardest_error_decides_and_errors_come_first(void **state)
{
    struct hvc_check_input in = healthy();

    (void)state;
    in.guest.state = HVC_SEEN_PAUSED;
    in.fit.cpu.is = HVC_TELL_UNKNOWN;
    in.cluster.quorate.is = HVC_TELL_NO;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.verdict, HVC_REASON_RETRY);
    in.fit.disks[0].is = HVC_TELL_NO;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.verdict, HVC_REASON_OTHER_NODE);
    assert_int_equal(report.decisive, HVC_CHECK_DISK_MISSING);
    make_device(&in);
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.verdict, HVC_REASON_GIVE_UP);
    assert_int_equal(report.cim, 6);
    assert_int_equal(report.worst, HVC_CHECK_ERROR);
    assert_int_equal(report.count, 5);
    for (uint32_t i = 1; i < report.count; i++)
        assert_true(report.findings[i - 1].severity >= report.findings[i].severity);
    assert_int_equal(report.findings[4].code, HVC_CHECK_GUEST_PAUSED);
}

static void a_full_report_keeps_the_errors_and_counts_what_it_dropped(void **state)
{
    struct hvc_check_input in = healthy();
    uint32_t errors = 0;

    (void)state;
    profile.disk_count = HVC_PROFILE_DISKS_MAX;
    for (uint32_t i = 0; i < HVC_PROFILE_DISKS_MAX; i++) {
        profile.disks[i] = profile.disks[0];
        in.fit.disks[i].is = i < 40 ? HVC_TELL_UNKNOWN : HVC_TELL_NO;
    }
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.count, HVC_CHECK_FINDINGS_MAX);
    assert_int_equal(report.dropped, HVC_PROFILE_DISKS_MAX - HVC_CHECK_FINDINGS_MAX);
    for (uint32_t i = 0; i < report.count; i++)
        errors += report.findings[i].code == HVC_CHECK_DISK_MISSING;
    assert_int_equal(errors, 24);
    for (uint32_t i = 0; i < HVC_PROFILE_DISKS_MAX; i++)
        in.fit.disks[i].is = HVC_TELL_NO;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.dropped, HVC_PROFILE_DISKS_MAX - HVC_CHECK_FINDINGS_MAX);
    assert_int_equal(report.verdict, HVC_REASON_OTHER_NODE);
}

static void words_too_long_are_cut_and_the_finding_stands(void **state)
{
    struct hvc_check_input in = healthy();
    char words[2000];

    (void)state;
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    in.target.libvirt = (struct hvc_check_fact){HVC_TELL_NO, words};
    in.target.name = words;
    hvc_check_evaluate(&in, &report);
    assert_int_equal(report.findings[0].code, HVC_CHECK_TARGET_LIBVIRT);
    assert_true(strlen(report.findings[0].text) < HVC_CHECK_TEXT_MAX);
    assert_int_equal(strlen(report.node), HVC_NODE_NAME_MAX - 1);
}

static void every_code_has_a_name_of_its_own_and_says_what_to_do(void **state)
{
    (void)state;
    assert_null(hvc_check_code_info(HVC_CHECK_NONE));
    assert_null(hvc_check_code_info(HVC_CHECK_CODE_COUNT));
    for (unsigned code = 1; code < HVC_CHECK_CODE_COUNT; code++) {
        const struct hvc_check_code_info *info = hvc_check_code_info(code);

        assert_non_null(info);
        assert_true(info->text[0] != '\0' && info->advice[0] != '\0');
        assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(info->name));
        assert_int_equal(info->reason != HVC_REASON_NOTE, info->severity == HVC_CHECK_ERROR);
        assert_int_equal(info->ms != 0, info->severity == HVC_CHECK_ERROR);
        assert_true(info->cim == 0 || (info->cim >= 3 && info->cim <= 6));
        for (unsigned other = 1; other < code; other++)
            assert_string_not_equal(hvc_check_code_info(other)->name, info->name);
    }
    assert_string_equal(hvc_check_severity_name(HVC_CHECK_ERROR), "error");
    assert_string_equal(hvc_check_severity_name(3), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_for_a_healthy_guest_on_healthy_nodes),
        cmocka_unit_test(each_fact_that_is_not_so_or_not_known_is_found),
        cmocka_unit_test(the_state_of_the_guest_decides_by_the_kind_of_the_move),
        cmocka_unit_test(each_thing_in_the_way_is_found),
        cmocka_unit_test(a_target_that_is_as_new_or_newer_is_right),
        cmocka_unit_test(a_counter_that_goes_on_as_before_is_right),
        cmocka_unit_test(what_a_move_takes_along_need_not_be_at_the_target),
        cmocka_unit_test(the_state_of_a_tpm_goes_along_in_a_migration_only),
        cmocka_unit_test(a_job_is_not_in_its_own_way),
        cmocka_unit_test(of_a_silent_or_unknown_target_one_thing_is_said),
        cmocka_unit_test(nothing_known_at_all_is_a_no),
        cmocka_unit_test(the_hardest_error_decides_and_errors_come_first),
        cmocka_unit_test(a_full_report_keeps_the_errors_and_counts_what_it_dropped),
        cmocka_unit_test(words_too_long_are_cut_and_the_finding_stands),
        cmocka_unit_test(every_code_has_a_name_of_its_own_and_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
