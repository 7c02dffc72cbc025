/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine types, CPU features and the time stamp counter out of libvirt's documents. */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/host.h"

#define CAPABILITIES                                                                                                   \
    "<capabilities><host/><guest><os_type>hvm</os_type><arch name='i686'><machine>isapc</machine>"                     \
    "<domain type='kvm'/></arch></guest><guest><os_type>hvm</os_type><arch name='x86_64'>"                             \
    "<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine><machine>pc-q35-5.0</machine>"                         \
    "<domain type='qemu'/></arch></guest></capabilities>"

static struct hvc_name_set set_of(const char *const *names)
{
    struct hvc_name_set set = {0};

    for (; *names != NULL; names++)
        hvc_name_set_add(&set, *names);
    return set;
}

static void types_and_machines_are_those_of_the_architecture(void **state)
{
    static const char *const machines[] = {"q35", "pc-q35-7.2", "pc-q35-5.0", NULL};
    struct hvc_name_set want = set_of(machines);
    struct hvc_host_names names;

    (void)state;
    assert_int_equal(hvc_host_xml_names(CAPABILITIES, "x86_64", &names), 0);
    assert_true(names.qemu);
    assert_false(names.kvm);
    assert_memory_equal(names.machines.words, want.words, sizeof(want.words));
    assert_int_equal(names.machines.count, 3);
    assert_int_equal(hvc_host_xml_names(CAPABILITIES, "s390x", &names), 0);
    assert_int_equal(names.machines.count, 0);
    assert_false(names.qemu);
    assert_int_equal(hvc_host_xml_names("<domain/>", "x86_64", &names), -EINVAL);
}

static void features_are_those_that_nobody_forbids(void **state)
{
    static const char *const have[] = {"sse4.2", "aes", "x2apic", NULL};
    struct hvc_name_set want = set_of(have), features;

    (void)state;
    assert_int_equal(
        hvc_cpu_xml_features(
            "<cpu mode='custom'><model>EPYC</model><feature policy='require' name='sse4.2'/><feature name='aes'/>"
            "<feature policy='force' name='x2apic'/><feature policy='disable' name='svm'/>"
            "<feature policy='require' name='avx2'/></cpu>",
            "<cpu mode='custom'><model>EPYC</model><feature policy='forbid' name='avx2'/></cpu>", &features),
        0);
    assert_memory_equal(features.words, want.words, sizeof(want.words));
    assert_int_equal(features.count, 3);
    assert_int_equal(hvc_cpu_xml_features("<cpu/>", "nothing", &features), -EINVAL);
    assert_int_equal(hvc_cpu_xml_features("nothing", "<cpu/>", &features), -EINVAL);
    assert_int_equal(features.count, 3);
}

static void the_counter_of_a_host_is_read(void **state)
{
#define HOST(cpu) "<capabilities><host><cpu>" cpu "</cpu></host></capabilities>"
    static const struct {
        const char *xml;
        struct hvc_check_tsc tsc;
    } cases[] = {
        {HOST("<counter name='tsc' frequency='2593906000' scaling='yes'/><feature name='invtsc'/>"),
         {2593906000, true, true}},
        {HOST("<counter name='tsc' frequency='2593906000' scaling='no'/><feature name='aes'/>"),
         {2593906000, false, false}},
        {HOST("<counter name='tsc' frequency='2593906000'/>"), {2593906000, false, false}},
        {HOST("<counter name='tsc' frequency='much' scaling='yes'/>"), {0, false, false}},
        {HOST("<counter name='other' frequency='1' scaling='yes'/>"), {0, false, false}},
        {"<capabilities><host/></capabilities>", {0, false, false}},
        {"<capabilities/>", {0, false, false}},
    };
#undef HOST
    struct hvc_check_tsc tsc;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(hvc_host_xml_tsc(cases[i].xml, &tsc), 0);
        assert_int_equal(tsc.hz, cases[i].tsc.hz);
        assert_int_equal(tsc.scales, cases[i].tsc.scales);
        assert_int_equal(tsc.invariant, cases[i].tsc.invariant);
    }
    assert_int_equal(hvc_host_xml_tsc("<domain/>", &tsc), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_machines_are_those_of_the_architecture),
        cmocka_unit_test(the_counter_of_a_host_is_read),
        cmocka_unit_test(features_are_those_that_nobody_forbids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
