/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest needs, read from its definition. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/host.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define HEAD "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid>"
#define BASE HEAD "<memory unit='MiB'>64</memory>"

static struct hvc_guest_profile profile;
static struct hvc_error error;

static int parse(const char *xml)
{
    memset(&error, 0, sizeof(error));
    memset(&profile, 0, sizeof(profile));
    return hvc_guest_parse_profile(xml, strlen(xml), &profile, &error);
}

static void a_whole_definition_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        parse(HEAD "<memory unit='GiB'>2</memory><vcpu placement='static'>4</vcpu>"
                   "<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
                   "<cpu mode='custom' match='exact'><model fallback='forbid'> EPYC </model></cpu><devices>"
                   "<emulator>/usr/bin/qemu-system-x86_64</emulator>"
                   "<disk type='file' device='disk'><source file='/srv/a.img'/><target dev='vda'/><shareable/></disk>"
                   "<disk type='network' device='disk'><source protocol='nbd' name='vm1'><host name='10.0.0.1' "
                   "port='10809'/></source><target dev='vdb'/></disk>"
                   "<disk type='file' device='cdrom'><target dev='sda'/></disk>"
                   "<disk type='volume'><source pool='p' volume='v'/><target dev='vdc'/></disk>"
                   "<disk type='nvme'><source type='pci'/><target dev='vdd'/></disk>"
                   "<interface type='bridge'><source bridge='br0'/><mac address='52:54:00:00:00:01'/></interface>"
                   "<interface type='network'><source network='default'/></interface>"
                   "<interface type='user'/><interface type='vhostuser'/>"
                   "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x06' slot='0x12' "
                   "function='0x5'/></source></hostdev>"
                   "<hostdev mode='subsystem' type='usb'><source><vendor id='0x0951'/><product id='0x1666'/></source>"
                   "</hostdev><tpm><backend type='emulator'/></tpm><filesystem><source dir='/srv'/></filesystem>"
                   "</devices></domain>"),
        0);
    assert_string_equal(profile.name, "vm1");
    assert_string_equal(profile.uuid, UUID);
    assert_string_equal(profile.type, "kvm");
    assert_string_equal(profile.architecture, "x86_64");
    assert_string_equal(profile.machine, "pc-q35-7.2");
    assert_string_equal(profile.emulator, "/usr/bin/qemu-system-x86_64");
    assert_int_equal(profile.memory_kib, 2097152);
    assert_int_equal(profile.cpus, 4);
    assert_int_equal(profile.cpu, HVC_CPU_CUSTOM);
    assert_string_equal(profile.cpu_model, "EPYC");
    assert_true(profile.nvram && profile.tpm && !profile.huge_pages);
    assert_int_equal(profile.disk_count, 5);
    assert_string_equal(profile.disks[0].source, "/srv/a.img");
    assert_true(profile.disks[0].shareable && !profile.disks[0].readonly);
    assert_string_equal(profile.disks[1].source, "nbd://10.0.0.1:10809/vm1");
    assert_int_equal(profile.disks[2].kind, HVC_PROFILE_DISK_EMPTY);
    assert_true(profile.disks[2].readonly);
    assert_string_equal(profile.disks[3].source, "p/v");
    assert_int_equal(profile.disks[4].kind, HVC_PROFILE_DISK_OTHER);
    assert_int_equal(profile.net_count, 4);
    assert_string_equal(profile.nets[0].source, "br0");
    assert_int_equal(profile.nets[1].kind, HVC_PROFILE_NET_NETWORK);
    assert_int_equal(profile.nets[2].kind, HVC_PROFILE_NET_FREE);
    assert_int_equal(profile.nets[3].kind, HVC_PROFILE_NET_OTHER);
    assert_int_equal(profile.device_count, 3);
    assert_string_equal(profile.devices[0].text, "pci 0000:06:12.5");
    assert_string_equal(profile.devices[1].text, "usb 0x0951:0x1666");
    assert_string_equal(profile.devices[2].text, "filesystem /srv");
}

static void the_cpu_is_told_by_its_mode(void **state)
{
    static const struct {
        const char *xml;
        uint8_t cpu;
    } cases[] = {
        {BASE "</domain>", HVC_CPU_DEFAULT},
        {BASE "<cpu><topology sockets='1'/></cpu></domain>", HVC_CPU_DEFAULT},
        {BASE "<cpu><model>EPYC</model></cpu></domain>", HVC_CPU_CUSTOM},
        {BASE "<cpu mode='host-model'/></domain>", HVC_CPU_HOST_MODEL},
        {BASE "<cpu mode='host-passthrough'/></domain>", HVC_CPU_PASSTHROUGH},
        {BASE "<cpu mode='maximum'/></domain>", HVC_CPU_MAXIMUM},
    };
    char *cpu = NULL;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].xml), 0);
        assert_int_equal(profile.cpu, cases[i].cpu);
    }
    assert_int_equal(hvc_guest_xml_cpu(BASE "</domain>", &cpu, &error), 0);
    assert_null(cpu);
    assert_int_equal(hvc_guest_xml_cpu(BASE "<cpu mode='maximum'/></domain>", &cpu, &error), 0);
    assert_string_equal(cpu, "<cpu mode=\"maximum\"/>");
    free(cpu);
}

static void the_counter_is_told_by_cpu_and_clock(void **state)
{
    static const struct {
        const char *xml;
        bool invariant, unfiltered;
        uint64_t hz;
    } cases[] = {
        {BASE "<cpu mode='host-passthrough'/></domain>", false, false, 0},
        {BASE "<cpu mode='host-passthrough' migratable='off'/></domain>", false, true, 0},
        {BASE "<cpu mode='host-passthrough' migratable='off'><feature policy='disable' name='invtsc'/></cpu></domain>",
         false, false, 0},
        {BASE "<cpu><model>EPYC</model><feature policy='require' name='invtsc'/></cpu></domain>", true, false, 0},
        {BASE "<cpu><model>EPYC</model><feature name='invtsc'/></cpu></domain>", true, false, 0},
        {BASE "<cpu><feature policy='optional' name='invtsc'/><feature name='aes'/></cpu></domain>", false, false, 0},
        {BASE "<clock offset='utc'><timer name='rtc'/><timer name='tsc' frequency='2100000000'/></clock></domain>",
         false, false, 2100000000},
        {BASE "<clock offset='utc'><timer name='tsc' mode='native'/></clock></domain>", false, false, 0},
        {BASE "<clock offset='utc'><timer name='tsc' frequency='fast'/></clock></domain>", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].xml), 0);
        assert_int_equal(profile.invariant_tsc, cases[i].invariant);
        assert_int_equal(profile.unfiltered_cpu, cases[i].unfiltered);
        assert_int_equal(profile.tsc_hz, cases[i].hz);
    }
}

static void what_cannot_be_read_is_refused_in_words(void **state)
{
    static const struct {
        const char *xml;
        const char *says;
    } cases[] = {
        {HEAD "</domain>", "no <memory>"},
        {HEAD "<memory>many</memory></domain>", "no number"},
        {HEAD "<memory unit='barrels'>1</memory></domain>", "barrels"},
        {HEAD "<memory unit='TiB'>99999999</memory></domain>", "more than 1 PiB"},
        {BASE "<vcpu>x</vcpu></domain>", "<vcpu>"},
        {BASE "<devices><disk type='file'><source/><target dev='vda'/></disk></devices></domain>", "vda"},
        {BASE "<devices><interface type='bridge'/></devices></domain>", "has no source"},
        {"<domain><name>vm1</name><uuid>" UUID "</uuid><memory>1</memory></domain>", "no type"},
        {"<guest/>", "not a <domain>"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].xml), -EINVAL);
        assert_non_null(strstr(error.text, cases[i].says));
    }
}

static void more_than_a_profile_holds_is_refused(void **state)
{
    static char xml[HVC_XML_MAX];
    size_t used = strlen(BASE "<devices>");

    (void)state;
    memcpy(xml, BASE "<devices>", used);
    for (int i = 0; i <= HVC_PROFILE_DISKS_MAX; i++) {
        memcpy(xml + used, "<disk/>", 7);
        used += 7;
    }
    memcpy(xml + used, "</devices></domain>", 20);
    assert_int_equal(parse(xml), -E2BIG);
    assert_non_null(strstr(error.text, "64 drives"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_definition_is_read),
        cmocka_unit_test(the_cpu_is_told_by_its_mode),
        cmocka_unit_test(the_counter_is_told_by_cpu_and_clock),
        cmocka_unit_test(what_cannot_be_read_is_refused_in_words),
        cmocka_unit_test(more_than_a_profile_holds_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
