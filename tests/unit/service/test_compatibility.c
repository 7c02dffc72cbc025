/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blob: what goes in comes out, what is damaged is refused; the vectors: ten operations. */
#include "hvc/compatibility.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "golden.h"

#define CPU "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>EPYC</model>\n</cpu>"

static struct hvc_compatibility info, other;
static struct hvc_guest_profile profile;
static uint8_t bytes[HVC_COMPATIBILITY_MAX], again[HVC_COMPATIBILITY_MAX];

/* One running guest of node n1. */
static size_t make(void)
{
    size_t length = 0;

    memset(&info, 0, sizeof(info));
    memset(&profile, 0, sizeof(profile));
    memcpy(profile.uuid, "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d", 37);
    memcpy(profile.name, "vm1", 4);
    memcpy(profile.type, "kvm", 4);
    memcpy(profile.architecture, "x86_64", 7);
    memcpy(profile.machine, "pc-q35-7.2", 11);
    profile.memory_kib = 2097152;
    profile.cpus = 4;
    profile.cpu = HVC_CPU_CUSTOM;
    profile.tpm = true;
    memcpy(info.system, "n1", 3);
    info.hypervisor_version = 7002011;
    info.libvirt_version = 9000000;
    info.count = 1;
    assert_int_equal(hvc_compatibility_of(&profile, CPU, true, &info.guests[0]), 0);
    assert_int_equal(hvc_compatibility_encode(&info, bytes, sizeof(bytes), &length), 0);
    return length;
}

static void what_goes_in_comes_out(void **state)
{
    size_t length = make(), counted = 0;

    (void)state;
    assert_int_equal(hvc_compatibility_encode(&info, NULL, 0, &counted), 0);
    assert_int_equal(counted, length);
    memset(&other, 0, sizeof(other));
    assert_int_equal(hvc_compatibility_decode(bytes, length, &other), 0);
    assert_memory_equal(&other, &info, sizeof(info));
    assert_int_equal(hvc_compatibility_encode(&info, bytes, length - 1, &counted), -ENOBUFS);
}

static void the_bytes_are_those_of_this_version(void **state)
{
    char text[4096] = "";
    size_t length = make(), used = 0;

    (void)state;
    for (size_t i = 0; i < length; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%02x%s", bytes[i], i % 32 == 31 ? "\n" : "");
    (void)snprintf(text + used, sizeof(text) - used, "\n");
    golden("compatibility", text);
}

static void a_full_host_fits(void **state)
{
    size_t length = 0;

    (void)state;
    (void)make();
    info.host = true;
    info.count = HVC_COMPATIBILITY_GUESTS_MAX;
    info.dropped = 3;
    for (uint32_t i = 0; i < info.count; i++) {
        info.guests[i] = info.guests[0];
        memset(info.guests[i].cpu_xml, 'x', sizeof(info.guests[i].cpu_xml) - 1);
        memset(info.guests[i].name, 'n', sizeof(info.guests[i].name) - 1);
        memset(info.guests[i].emulator, 'e', sizeof(info.guests[i].emulator) - 1);
    }
    assert_int_equal(hvc_compatibility_encode(&info, bytes, sizeof(bytes), &length), 0);
    assert_int_equal(hvc_compatibility_decode(bytes, length, &other), 0);
    assert_int_equal(other.count, HVC_COMPATIBILITY_GUESTS_MAX);
    assert_int_equal(other.dropped, 3);
    assert_true(other.host);
}

static void a_cpu_that_is_too_long_is_refused(void **state)
{
    static char cpu[HVC_COMPATIBILITY_CPU_MAX + 1];

    (void)state;
    (void)make();
    memset(cpu, 'x', sizeof(cpu) - 1);
    assert_int_equal(hvc_compatibility_of(&profile, cpu, false, &info.guests[0]), -E2BIG);
    assert_int_equal(hvc_compatibility_of(&profile, NULL, false, &info.guests[0]), 0);
    assert_string_equal(info.guests[0].cpu_xml, "");
}

static void every_bit_that_differs_is_noticed(void **state)
{
    size_t length = make();

    (void)state;
    for (size_t bit = 0; bit < length * 8; bit++) {
        memcpy(again, bytes, length);
        again[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_true(hvc_compatibility_decode(again, length, &other) < 0);
    }
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(hvc_compatibility_decode(bytes, cut, &other), -EBADMSG);
    again[length] = 0;
    memcpy(again, bytes, length);
    assert_int_equal(hvc_compatibility_decode(again, length + 1, &other), -EBADMSG);
}

static void a_later_version_is_told_from_damage(void **state)
{
    size_t length = make();

    (void)state;
    bytes[4] = HVC_COMPATIBILITY_VERSION + 1;
    assert_int_equal(hvc_compatibility_decode(bytes, length, &other), -EPROTONOSUPPORT);
}

/* ---- the judgement ---- */

static struct hvc_check_report report;

static void judged(const struct hvc_check_fit *fit, const char *architecture, uint64_t hypervisor, unsigned code)
{
    struct hvc_check_node host = {.name = "n2", .id = 2, .hypervisor_version = hypervisor};

    memcpy(host.architecture, architecture, strlen(architecture) + 1);
    host.libvirt.is = HVC_TELL_YES;
    hvc_compatibility_judge(&info, &info.guests[0], &host, fit, &report);
    if (code == HVC_CHECK_NONE) {
        assert_int_equal(report.count, 0);
        return;
    }
    assert_int_equal(report.count, 1);
    assert_int_equal(report.findings[0].code, code);
    assert_int_equal(report.ms, 32784); /* "not compatible" */
}

static struct hvc_check_fit good(void)
{
    struct hvc_check_fit fit;

    memset(&fit, 0, sizeof(fit));
    fit.type.is = fit.emulator.is = fit.machine.is = fit.cpu.is = fit.tpm.is = HVC_TELL_YES;
    return fit;
}

static void a_blob_is_judged_by_what_is_about_the_hosts_alone(void **state)
{
    struct hvc_check_fit fit = good();

    (void)state;
    (void)make();
    judged(&fit, "x86_64", 7002011, HVC_CHECK_NONE);
    judged(&fit, "x86_64", 8000000, HVC_CHECK_NONE);
    judged(&fit, "x86_64", 7002010, HVC_CHECK_HYPERVISOR_OLDER);
    judged(&fit, "aarch64", 7002011, HVC_CHECK_ARCHITECTURE_DIFFERS);
    fit.machine.is = HVC_TELL_NO;
    judged(&fit, "x86_64", 7002011, HVC_CHECK_MACHINE_MISSING);
    fit = good();
    fit.cpu = (struct hvc_check_fact){HVC_TELL_NO, "Host CPU does not provide required features: avx512f"};
    judged(&fit, "x86_64", 7002011, HVC_CHECK_CPU_FEATURES_MISSING);
    assert_non_null(strstr(report.findings[0].text, "avx512f"));
    fit = good();
    info.guests[0].host_devices = 1;
    judged(&fit, "x86_64", 7002011, HVC_CHECK_HOST_DEVICE);
}

static void a_guest_that_is_off_fits_more_hosts(void **state)
{
    struct hvc_check_fit fit = good();

    (void)state;
    (void)make();
    info.guests[0].active = false;
    judged(&fit, "x86_64", 6000000, HVC_CHECK_NONE);
    info.guests[0].cpu = HVC_CPU_PASSTHROUGH;
    fit.cpu.is = HVC_TELL_MOOT;
    judged(&fit, "x86_64", 7002011, HVC_CHECK_NONE);
    info.guests[0].active = true;
    fit.cpu.is = HVC_TELL_UNKNOWN;
    judged(&fit, "x86_64", 7002011, HVC_CHECK_CPU_DIFFERS);
}

/* ---- vectors ---- */

static void each_operation_holds_where_it_should(void **state)
{
    static const struct {
        uint32_t operation;
        uint64_t v, h;
        bool holds;
    } cases[] = {
        {HVC_VECTOR_EQUAL, 5, 5, true},
        {HVC_VECTOR_EQUAL, 5, 4, false},
        {HVC_VECTOR_SUPERSET, 7, 3, true},
        {HVC_VECTOR_SUPERSET, 3, 7, false},
        {HVC_VECTOR_SUBSET, 3, 7, true},
        {HVC_VECTOR_SUBSET, 7, 3, false},
        {HVC_VECTOR_SUBSET, 0, 0, true},
        {HVC_VECTOR_DISJOINT, 4, 3, true},
        {HVC_VECTOR_DISJOINT, 6, 3, false},
        {HVC_VECTOR_GREATER, 5, 4, true},
        {HVC_VECTOR_GREATER, 4, 4, false},
        {HVC_VECTOR_GREATER_EQUAL, 4, 4, true},
        {HVC_VECTOR_GREATER_EQUAL, 3, 4, false},
        {HVC_VECTOR_LESS, 3, 4, true},
        {HVC_VECTOR_LESS, 4, 4, false},
        {HVC_VECTOR_LESS_EQUAL, 4, 4, true},
        {HVC_VECTOR_LESS_EQUAL, 5, 4, false},
        {HVC_VECTOR_MULTIPLE, 6, 3, true},
        {HVC_VECTOR_MULTIPLE, 7, 3, false},
        {HVC_VECTOR_MULTIPLE, 6, 0, false},
        {HVC_VECTOR_DIVISIBLE, 3, 6, true},
        {HVC_VECTOR_DIVISIBLE, 3, 7, false},
        {HVC_VECTOR_DIVISIBLE, 0, 6, false},
        {HVC_VECTOR_OPERATION_COUNT, 1, 1, false},
        {UINT32_MAX, 1, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const struct hvc_vector guest = {1, cases[i].operation, cases[i].v};

        assert_int_equal(hvc_vector_holds(&guest, cases[i].h), cases[i].holds);
    }
}

static struct hvc_vector_facts facts_of(const char *const *features, bool host)
{
    struct hvc_vector_facts facts = {.architecture = "x86_64",
                                     .qemu = host,
                                     .kvm = true,
                                     .hypervisor_version = 7002011,
                                     .memory_kib = host ? 8388608 : 1048576};

    hvc_name_set_add(&facts.machines, "pc-q35-7.2");
    if (host)
        hvc_name_set_add(&facts.machines, "pc-i440fx-7.2");
    for (; *features != NULL; features++)
        hvc_name_set_add(&facts.features, *features);
    return facts;
}

static void a_guest_is_compared_with_its_host_and_with_a_lesser_one(void **state)
{
    static const char *const of_guest[] = {"sse4.2", "avx", NULL}, *const of_host[] = {"avx", "avx2", "sse4.2", NULL},
                             *const of_lesser[] = {"sse4.2", NULL}, *const none[] = {NULL};
    struct hvc_vector guest[HVC_VECTORS_MAX], host[HVC_VECTORS_MAX];
    struct hvc_vector_facts facts = facts_of(of_guest, false);
    size_t guest_count = hvc_vectors_make(&facts, false, guest), host_count;
    uint32_t first = 0;

    (void)state;
    facts = facts_of(of_host, true);
    host_count = hvc_vectors_make(&facts, true, host);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, host, host_count, &first), 0);
    facts.memory_kib = 1024;
    host_count = hvc_vectors_make(&facts, true, host);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, host, host_count, &first), 1);
    assert_int_equal(first, HVC_VECTOR_MEMORY);
    facts = facts_of(of_lesser, true);
    host_count = hvc_vectors_make(&facts, true, host);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, host, host_count, &first), 1);
    assert_true(first >= HVC_VECTOR_FEATURES && first < HVC_VECTOR_FEATURES + HVC_NAME_SET_WORDS);
    facts = facts_of(none, true); /* a host that tells no features: what is missing there is not fulfilled */
    host_count = hvc_vectors_make(&facts, true, host);
    assert_true(hvc_vectors_compare(guest, guest_count, host, host_count, &first) > 0);
    facts = facts_of(of_host, true);
    facts.hypervisor_version = 7002000;
    host_count = hvc_vectors_make(&facts, true, host);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, host, host_count, &first), 1);
    assert_int_equal(first, HVC_VECTOR_HYPERVISOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(the_bytes_are_those_of_this_version),
        cmocka_unit_test(a_full_host_fits),
        cmocka_unit_test(a_cpu_that_is_too_long_is_refused),
        cmocka_unit_test(every_bit_that_differs_is_noticed),
        cmocka_unit_test(a_later_version_is_told_from_damage),
        cmocka_unit_test(a_blob_is_judged_by_what_is_about_the_hosts_alone),
        cmocka_unit_test(a_guest_that_is_off_fits_more_hosts),
        cmocka_unit_test(each_operation_holds_where_it_should),
        cmocka_unit_test(a_guest_is_compared_with_its_host_and_with_a_lesser_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
