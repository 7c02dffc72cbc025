/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's word, the process table and the status file put together: who is believed when. */
#include "hvc/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "fake_world.h"
#include "hvc/clock.h"

static struct fake_world world;
static char root[32];
static char proc[48], status[48];
static const struct hvc_observe_places places = {.proc = proc, .status = status};
static const struct hvc_guest_id guest = {.uuid = FAKE_UUID, .name = "vm1"};

static void write_file(const char *folder, const char *name, const char *bytes, size_t count)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), (ssize_t)count);
    assert_int_equal(close(fd), 0);
}

static void add_process(const char *pid, const char *arguments, size_t length, char letter)
{
    char folder[64], text[128];
    int count = snprintf(text, sizeof(text), "%s (q) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 %u 0 77 0 0\n", pid, letter,
                         letter == 'Z' ? 2U : 1U);

    (void)snprintf(folder, sizeof(folder), "%s/%s", proc, pid);
    assert_true(mkdir(folder, 0700) == 0 || errno == EEXIST);
    write_file(folder, "cmdline", arguments, length);
    write_file(folder, "stat", text, (size_t)count);
}

#define BOOTED   "qemu-system-x86_64\0-name\0guest=vm1,debug-threads=on\0-uuid\0" FAKE_UUID
#define INCOMING BOOTED "\0-incoming\0defer"

static void add_status(const char *pid, const char *state, const char *reason, const char *job)
{
    char text[1024];
    int count = snprintf(text, sizeof(text),
                         "<domstatus state='%s' reason='%s' pid='%s'>%s<domain><name>vm1</name><uuid>" FAKE_UUID
                         "</uuid><metadata><hvc:guest xmlns:hvc='https://hvcluster.org/xmlns/domain/1' owner='r1'/>"
                         "</metadata><memory unit='KiB'>64</memory></domain></domstatus>",
                         state, reason, pid, job);

    write_file(status, "vm1.xml", text, (size_t)count);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/hvc-observe-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    (void)snprintf(proc, sizeof(proc), "%s/proc", root);
    (void)snprintf(status, sizeof(status), "%s/status", root);
    if (mkdir(proc, 0700) != 0 || mkdir(status, 0700) != 0)
        return -1;
    add_process("1", "init", 5, 'S');
    fake_world_begin(&world);
    fake_set(&world.source, HVC_GUEST_ABSENT, false, false);
    return 0;
}

static int remove_entry(const char *path, const struct stat *s, int type, struct FTW *place)
{
    (void)s;
    (void)type;
    (void)place;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    fake_world_end(&world);
    return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct hvc_guest_state observe(uint64_t ms)
{
    struct hvc_guest_state state;
    uint64_t begin = hvc_now_ms();

    assert_int_equal(hvc_guest_observe_at(&places, &world.source.base, &guest, hvc_deadline_in(ms), &state, NULL), 0);
    assert_true(hvc_now_ms() - begin < ms + 30000);
    assert_string_equal(state.id.uuid, FAKE_UUID);
    assert_string_not_equal(state.words, "");
    return state;
}

static void libvirts_answer_counts_while_it_answers(void **state)
{
    struct hvc_guest_state seen;

    (void)state;
    fake_set(&world.source, HVC_GUEST_PAUSED, false, false);
    seen = observe(1000);
    assert_int_equal(seen.guest_class, HVC_GUEST_PAUSED);
    assert_int_equal(seen.source, HVC_SOURCE_LIBVIRT);
    assert_string_equal(seen.id.name, "vm1");
}

static void absent_by_libvirt_and_by_the_kernel_is_absent(void **state)
{
    struct hvc_guest_state seen = observe(1000);

    (void)state;
    assert_int_equal(seen.guest_class, HVC_GUEST_ABSENT);
    assert_int_equal(seen.source, HVC_SOURCE_LIBVIRT);
}

static void a_process_that_libvirt_does_not_know_is_never_absent(void **state)
{
    struct hvc_guest_state seen;

    (void)state;
    add_process("4711", BOOTED, sizeof(BOOTED), 'S');
    seen = observe(1000);
    assert_int_equal(seen.guest_class, HVC_GUEST_UNKNOWN);
    assert_int_equal(seen.pid, 4711);
    assert_non_null(strstr(seen.words, "process 4711 of it is alive"));
}

static void when_libvirt_is_silent_process_and_status_file_decide(void **state)
{
    static const struct {
        const char *what;
        bool process, incoming, file, other_pid;
        const char *state, *reason, *job;
        enum hvc_guest_class wanted;
        bool migrating_out;
    } cases[] = {
        {"nothing there", false, false, false, false, "", "", "", HVC_GUEST_ABSENT, false},
        {"a file without its process", false, false, true, false, "running", "booted", "", HVC_GUEST_ABSENT, false},
        {"booted, file hidden", true, false, false, false, "", "", "", HVC_GUEST_RUNNING, false},
        {"came by migration, file hidden", true, true, false, false, "", "", "", HVC_GUEST_UNKNOWN, false},
        {"booted", true, false, true, false, "running", "booted", "", HVC_GUEST_RUNNING, false},
        {"arrived", true, true, true, false, "running", "migrated", "", HVC_GUEST_RUNNING, false},
        {"arriving", true, true, true, false, "paused", "migration", "<job async='migration in' phase='prepare'/>",
         HVC_GUEST_INCOMING, false},
        {"about to start", true, true, true, false, "paused", "migration",
         "<job async='migration in' phase='finish3'/>", HVC_GUEST_UNKNOWN, false},
        {"leaving", true, false, true, false, "running", "booted", "<job async='migration out' phase='perform3'/>",
         HVC_GUEST_RUNNING, true},
        {"switching", true, false, true, false, "paused", "migration", "<job async='migration out' phase='perform3'/>",
         HVC_GUEST_LEAVING, true},
        {"paused", true, false, true, false, "paused", "user", "", HVC_GUEST_PAUSED, false},
        {"I/O error", true, false, true, false, "paused", "ioerror", "", HVC_GUEST_FAILED, false},
        {"shutting down", true, false, true, false, "shutdown", "user", "", HVC_GUEST_STOPPING, false},
        {"a file that says off", true, false, true, false, "shutoff", "destroyed", "", HVC_GUEST_UNKNOWN, false},
        {"words of another libvirt", true, false, true, false, "hovering", "", "", HVC_GUEST_UNKNOWN, false},
        {"the file of a former process", true, false, true, true, "paused", "ioerror", "", HVC_GUEST_RUNNING, false},
        {"the same, by migration", true, true, true, true, "running", "booted", "", HVC_GUEST_UNKNOWN, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_guest_state seen;

        assert_int_equal(teardown(NULL), 0);
        assert_int_equal(setup(NULL), 0);
        world.source.down = i % 2 == 0;
        world.source.silent = i % 2 == 1;
        if (cases[i].process && cases[i].incoming)
            add_process("4711", INCOMING, sizeof(INCOMING), 'S');
        else if (cases[i].process)
            add_process("4711", BOOTED, sizeof(BOOTED), 'S');
        if (cases[i].file)
            add_status(cases[i].other_pid ? "4710" : "4711", cases[i].state, cases[i].reason, cases[i].job);
        seen = observe(100);
        if (seen.guest_class != cases[i].wanted)
            fail_msg("%s: %s (%s)", cases[i].what, hvc_guest_class_name(seen.guest_class), seen.words);
        assert_int_equal(seen.source, HVC_SOURCE_PROCESS);
        assert_int_equal(seen.migrating_out, cases[i].migrating_out);
        assert_int_equal(seen.pid, cases[i].process ? 4711 : 0);
        assert_non_null(strstr(seen.words, i % 2 == 0 ? "libvirtd is down" : "libvirtd hangs"));
        if (cases[i].file && cases[i].process && !cases[i].other_pid)
            assert_string_equal(seen.owner, "r1");
    }
}

static void a_libvirt_that_is_known_to_hang_gets_less_time(void **state)
{
    uint64_t begin;

    (void)state;
    world.source.silent = true;
    (void)observe(200); /* the fake says "hangs" from now on */
    begin = hvc_now_ms();
    (void)observe(60000);
    assert_true(hvc_now_ms() - begin < 30000);
}

static void what_libvirt_cannot_tell_the_status_file_may(void **state)
{
    struct hvc_guest_state seen;

    (void)state;
    fake_set(&world.source, HVC_GUEST_UNKNOWN, false, false);
    add_process("4711", INCOMING, sizeof(INCOMING), 'S');
    add_status("4711", "paused", "migration", "<job async='migration in' phase='prepare'/>");
    seen = observe(1000);
    assert_int_equal(seen.guest_class, HVC_GUEST_INCOMING);
    assert_non_null(strstr(seen.words, "does not tell its job"));
}

static void a_dying_process_is_stopping_not_gone(void **state)
{
    struct hvc_guest_state seen;
    char folder[80];

    (void)state;
    add_process("4711", "", 0, 'Z');
    (void)snprintf(folder, sizeof(folder), "%s/4711/task", proc);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)snprintf(folder, sizeof(folder), "%s/4711/task/4712", proc);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file(folder, "cmdline", BOOTED, sizeof(BOOTED));
    seen = observe(1000);
    assert_int_equal(seen.guest_class, HVC_GUEST_STOPPING);
    world.source.down = true;
    seen = observe(1000);
    assert_int_equal(seen.guest_class, HVC_GUEST_STOPPING);
}

static void an_unreadable_process_table_is_said_so(void **state)
{
    const struct hvc_observe_places nowhere = {.proc = "/nonexistent/proc", .status = status};
    struct hvc_guest_state seen;

    (void)state;
    world.source.down = true;
    assert_int_equal(hvc_guest_observe_at(&nowhere, &world.source.base, &guest, hvc_deadline_in(100), &seen, NULL), 0);
    assert_int_equal(seen.guest_class, HVC_GUEST_UNKNOWN);
    assert_non_null(strstr(seen.words, "cannot be read"));
}

static void without_a_hypervisor_the_process_table_answers(void **state)
{
    const struct hvc_guest_id nameless = {.uuid = FAKE_UUID};
    const struct hvc_guest_id bad = {.uuid = "vm1"};
    struct hvc_guest_state seen;

    (void)state;
    add_process("4711", BOOTED, sizeof(BOOTED), 'S');
    assert_int_equal(hvc_guest_observe_at(&places, NULL, &nameless, hvc_deadline_in(100), &seen, NULL), 0);
    assert_int_equal(seen.guest_class, HVC_GUEST_RUNNING);
    assert_string_equal(seen.id.name, "vm1");
    assert_int_equal(hvc_guest_observe_at(&places, NULL, &bad, hvc_deadline_in(100), &seen, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(libvirts_answer_counts_while_it_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_by_libvirt_and_by_the_kernel_is_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_that_libvirt_does_not_know_is_never_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(when_libvirt_is_silent_process_and_status_file_decide, setup, teardown),
        cmocka_unit_test_setup_teardown(a_libvirt_that_is_known_to_hang_gets_less_time, setup, teardown),
        cmocka_unit_test_setup_teardown(what_libvirt_cannot_tell_the_status_file_may, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dying_process_is_stopping_not_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unreadable_process_table_is_said_so, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_hypervisor_the_process_table_answers, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
