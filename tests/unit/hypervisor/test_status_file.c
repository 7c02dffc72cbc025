/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"

/* As libvirt 9.0 writes it, shortened. */
static const char whole[] =
    "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\nOVERWRITTEN AND LOST.\n-->\n\n"
    "<domstatus state='paused' reason='migration' pid='4711'>\n"
    "  <taint flag='high-privileges'/>\n"
    "  <monitor path='/var/lib/libvirt/qemu/domain-1-vm1/monitor.sock' type='unix'/>\n"
    "  <vcpus><vcpu id='0' pid='4712'/></vcpus>\n"
    "  <qemuCaps><flag name='kvm'/></qemuCaps>\n"
    "  <job type='none' async='migration in' phase='prepare' flags='0x3' asyncStarted='1795242420494'>\n"
    "    <disk migrating='no'/>\n  </job>\n"
    "  <domain type='qemu' id='1'>\n"
    "    <name>vm1</name>\n    <uuid>" UUID "</uuid>\n"
    "    <metadata>\n      <hvc:guest xmlns:hvc=\""
    "https://hvcluster.org/xmlns/domain/1"
    "\" owner=\"vm-1\"/>\n"
    "    </metadata>\n"
    "    <memory unit='KiB'>65536</memory>\n    <currentMemory unit='KiB'>1</currentMemory>\n"
    "    <devices><disk><name>no</name></disk></devices>\n"
    "  </domain>\n</domstatus>\n";

static void a_status_file_tells_state_job_and_owner(void **state)
{
    struct hvc_status_file s;

    (void)state;
    assert_int_equal(hvc_status_file_parse(whole, sizeof(whole) - 1, &s, NULL), 0);
    assert_string_equal(s.id.name, "vm1");
    assert_string_equal(s.id.uuid, UUID);
    assert_int_equal(s.pid, 4711);
    assert_int_equal(s.state, VIR_DOMAIN_PAUSED);
    assert_int_equal(s.reason, VIR_DOMAIN_PAUSED_MIGRATION);
    assert_int_equal(s.job, HVC_DOMAIN_JOB_IN);
    assert_false(s.finishing);
    assert_int_equal(s.memory_kib, 65536);
    assert_string_equal(s.owner, "vm-1");
}

static void the_job_is_read_where_it_stands(void **state)
{
    static const struct {
        const char *job;
        enum hvc_domain_job wanted;
        bool finishing;
    } cases[] = {
        {"", HVC_DOMAIN_JOB_NONE, false},
        {"<job type='query' async='none'/>", HVC_DOMAIN_JOB_NONE, false},
        {"<job type='none' async='migration out' phase='perform3'/>", HVC_DOMAIN_JOB_OUT, false},
        {"<job type='none' async='migration in' phase='none'/>", HVC_DOMAIN_JOB_IN, false},
        {"<job type='none' async='migration in' phase='prepare'/>", HVC_DOMAIN_JOB_IN, false},
        {"<job type='none' async='migration in' phase='finish3'/>", HVC_DOMAIN_JOB_IN, true},
        {"<job type='none' async='migration in'/>", HVC_DOMAIN_JOB_IN, true},
        {"<job type='none' async='snapshot'/>", HVC_DOMAIN_JOB_NONE, false},
        {"<other><job async='migration in'/></other>", HVC_DOMAIN_JOB_NONE, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_status_file s;
        char xml[512];

        (void)snprintf(xml, sizeof(xml),
                       "<domstatus state='running' reason='booted' pid='1'>%s<domain><name>a</name><uuid>" UUID
                       "</uuid></domain></domstatus>",
                       cases[i].job);
        assert_int_equal(hvc_status_file_parse(xml, strlen(xml), &s, NULL), 0);
        assert_int_equal(s.job, cases[i].wanted);
        assert_int_equal(s.finishing, cases[i].finishing);
    }
}

static void words_of_another_libvirt_are_unknown_numbers(void **state)
{
    static const char xml[] = "<domstatus state='hovering' reason='booted' pid='-3'><domain><name>a</name><uuid>" UUID
                              "</uuid><memory unit='GiB'>1</memory></domain></domstatus>";
    struct hvc_status_file s;

    (void)state;
    assert_int_equal(hvc_status_file_parse(xml, sizeof(xml) - 1, &s, NULL), 0);
    assert_int_equal(s.state, -1);
    assert_int_equal(s.reason, -1);
    assert_int_equal(s.pid, 0);
    assert_int_equal(s.memory_kib, 0);
}

static void what_is_no_status_file_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "nothing",
        "<domstatus state='running'",
        "<domain><name>a</name><uuid>" UUID "</uuid></domain>",
        "<domstatus state='running' reason='booted'/>",
        "<domstatus><domain><name>a</name><uuid>x</uuid></domain></domstatus>",
        "<!DOCTYPE domstatus><domstatus><domain><name>a</name><uuid>" UUID "</uuid></domain></domstatus>",
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        struct hvc_status_file s = {.pid = 77};
        struct hvc_error error = {.code = 0};

        assert_int_equal(hvc_status_file_parse(bad[i], strlen(bad[i]), &s, &error), -EINVAL);
        assert_string_not_equal(error.text, "");
        assert_int_equal(s.pid, 77);
    }
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
    struct hvc_status_file s;

    (void)state;
    for (size_t length = 0; length + 2 < sizeof(whole); length++)
        assert_int_equal(hvc_status_file_parse(whole, length, &s, NULL), -EINVAL);
}

static void files_are_found_by_name_below_the_folder_only(void **state)
{
    char folder[] = "/tmp/hvc-status-XXXXXX";
    char path[64];
    struct hvc_status_file s;
    struct hvc_error error;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/vm1.xml", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, whole, sizeof(whole) - 1), sizeof(whole) - 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(hvc_status_file_read(folder, "vm1", &s, NULL), 0);
    assert_int_equal(s.pid, 4711);
    assert_int_equal(hvc_status_file_read(folder, "vm2", &s, &error), -ENOENT);
    assert_non_null(strstr(error.text, "vm2.xml"));
    assert_int_equal(hvc_status_file_read(folder, "", &s, &error), -EINVAL);
    assert_int_equal(hvc_status_file_read(folder, "../vm1", &s, &error), -EINVAL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_file_tells_state_job_and_owner),
        cmocka_unit_test(the_job_is_read_where_it_stands),
        cmocka_unit_test(words_of_another_libvirt_are_unknown_numbers),
        cmocka_unit_test(what_is_no_status_file_is_refused),
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
        cmocka_unit_test(files_are_found_by_name_below_the_folder_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
