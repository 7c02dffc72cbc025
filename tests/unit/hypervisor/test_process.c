/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of processes made by hand, and real processes of this program. */
#include "hvc/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

#define UUID  "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define OTHER "1b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"

static char table[64];
static const char *self;

static void write_file(const char *path, const void *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, count), (ssize_t)count);
    assert_int_equal(close(fd), 0);
}

static void make_folder(int pid, const char *below)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%d%s", table, pid, below);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
}

static void add_stat(int pid, char letter, unsigned threads, unsigned long long start)
{
    char path[128], text[256];
    int length = snprintf(text, sizeof(text),
                          "%d (a ) name) %c 1 1 1 0 -1 4194560 10 0 0 0 1 2 0 0 20 0 %u 0 %llu 1000 100 1 2 3\n", pid,
                          letter, threads, start);

    (void)snprintf(path, sizeof(path), "%s/%d/stat", table, pid);
    write_file(path, text, (size_t)length);
}

/* Arguments are separated by '|' and ended as the kernel does. */
static void add_arguments(const char *path, const char *arguments)
{
    size_t length = strlen(arguments);
    char *bytes = strdup(arguments);

    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '|')
            bytes[i] = '\0';
    write_file(path, bytes, length == 0 ? 0 : length + 1);
    free(bytes);
}

static void add_process(int pid, char letter, unsigned long long start, const char *arguments)
{
    char path[128];

    make_folder(pid, "");
    (void)snprintf(path, sizeof(path), "%s/%d/cmdline", table, pid);
    add_arguments(path, arguments);
    add_stat(pid, letter, 1, start);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(table, sizeof(table), "/tmp/hvc-proc-XXXXXX");
    if (mkdtemp(table) == NULL)
        return -1;
    add_process(1, 'S', 1, "/sbin/init");
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(table, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void a_guest_is_found_by_the_exact_argument_after_uuid(void **state)
{
    static const struct {
        const char *arguments;
        bool found, incoming;
        const char *name;
    } cases[] = {
        {"/usr/bin/qemu-system-x86_64|-name|guest=vm1,debug-threads=on|-S|-uuid|" UUID "|-no-user-config", true, false,
         "vm1"},
        {"/usr/bin/qemu-system-x86_64|-uuid|" UUID "|-incoming|defer|-name|guest=vm1", true, true, "vm1"},
        {"/opt/emulator|-name|guest=a,,b,process=x|-uuid|0B6E4D5E-7D3A-4C0F-9A53-6E6A5A3B1C0D", true, false, "a,b"},
        {"qemu-kvm|-uuid|" UUID, true, false, ""},
        {"/usr/libexec/qemu-kvm|-m|64|-uuid|" UUID, true, false, ""},
        /* pain 9 and 3: no expressions over names, no parts of arguments */
        {"/usr/bin/qemu-system-x86_64|-name|guest=vm1|-uuid|" OTHER, false, false, NULL},
        {"/usr/bin/qemu-system-x86_64|-name|guest=" UUID "|-uuid|" OTHER, false, false, NULL},
        {"/usr/bin/qemu-system-x86_64|-uuid|" UUID "0", false, false, NULL},
        {"/usr/bin/qemu-system-x86_64|-uuid=" UUID, false, false, NULL},
        {"/usr/bin/qemu-system-x86_64|" UUID, false, false, NULL},
        {"/usr/bin/qemu-system-x86_64|-uuid", false, false, NULL},
        {"grep|--|-uuid|" UUID, false, false, NULL},
        {"/bin/sh|-c|qemu -uuid " UUID, false, false, NULL},
        {"", false, false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_process process = {.pid = -7};
        int result;

        add_process(4711, 'S', 1000 + i, cases[i].arguments);
        result = hvc_process_find(table, UUID, &process, NULL);
        if (result != (cases[i].found ? 0 : -ENOENT))
            fail_msg("\"%s\": %d", cases[i].arguments, result);
        assert_int_equal(process.pid, cases[i].found ? 4711 : -7);
        if (!cases[i].found)
            continue;
        assert_int_equal(process.start_ticks, 1000 + i);
        assert_int_equal(process.incoming, cases[i].incoming);
        assert_string_equal(process.name, cases[i].name);
        assert_false(process.stopped || process.dying);
    }
}

static void arguments_of_any_length_are_read(void **state)
{
    enum { LONG = 300000 };
    char *arguments = malloc(LONG + 256);
    size_t used = (size_t)snprintf(arguments, 64, "qemu-system-x86_64|-device|");
    struct hvc_process process;

    (void)state;
    memset(arguments + used, 'x', LONG);
    (void)snprintf(arguments + used + LONG, 128, "|-uuid|" UUID);
    add_process(4711, 'S', 5, arguments);
    assert_int_equal(hvc_process_find(table, UUID, &process, NULL), 0);
    assert_int_equal(process.pid, 4711);
    free(arguments);
}

static void a_guest_name_that_is_too_long_is_cut_and_the_uuid_still_counts(void **state)
{
    char arguments[1200] = "qemu|-uuid|" UUID "|-name|guest=";
    struct hvc_process process;
    size_t used = strlen(arguments);

    (void)state;
    memset(arguments + used, 'n', 1000);
    arguments[used + 1000] = '\0';
    add_process(4711, 'S', 5, arguments);
    assert_int_equal(hvc_process_find(table, UUID, &process, NULL), 0);
    assert_int_equal(strlen(process.name), HVC_GUEST_NAME_MAX - 1);
}

static void ended_processes_do_not_count_and_dying_ones_do(void **state)
{
    struct hvc_process process;
    char path[160];

    (void)state;
    add_process(4711, 'Z', 5, "");
    assert_int_equal(hvc_process_find(table, UUID, &process, NULL), -ENOENT);
    /* the first thread has ended, a second one is inside the kernel */
    add_stat(4711, 'Z', 2, 5);
    make_folder(4711, "/task");
    make_folder(4711, "/task/4711");
    make_folder(4711, "/task/4712");
    (void)snprintf(path, sizeof(path), "%s/4711/task/4711/cmdline", table);
    add_arguments(path, "");
    (void)snprintf(path, sizeof(path), "%s/4711/task/4712/cmdline", table);
    add_arguments(path, "qemu-system-x86_64|-uuid|" UUID);
    assert_int_equal(hvc_process_find(table, UUID, &process, NULL), 0);
    assert_true(process.dying);
    assert_int_equal(process.pid, 4711);
    /* a living one goes before it */
    add_process(4999, 'T', 9, "qemu-system-x86_64|-uuid|" UUID);
    assert_int_equal(hvc_process_find(table, UUID, &process, NULL), 0);
    assert_int_equal(process.pid, 4999);
    assert_true(process.stopped);
    assert_false(process.dying);
}

static void what_cannot_be_seen_is_not_absent(void **state)
{
    struct hvc_process process;
    struct hvc_error error;
    char path[128];

    (void)state;
    assert_int_equal(hvc_process_find("/nonexistent", UUID, &process, &error), -EIO);
    assert_int_equal(hvc_process_find(table, "vm1", &process, &error), -EINVAL);
    assert_int_equal(hvc_process_find(table, NULL, &process, &error), -EINVAL);
    /* hidepid=2: not even the first process is listed */
    (void)snprintf(path, sizeof(path), "%s/1/cmdline", table);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/1/stat", table);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/1", table);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(hvc_process_find(table, UUID, &process, &error), -EACCES);
    assert_non_null(strstr(error.text, "hidepid"));
}

/* ---- real processes: this program, started with a guest's arguments ---- */

static pid_t start_guest(const char *uuid, const char *how)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        const struct sigaction ignore = {.sa_handler = SIG_IGN};

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (strcmp(how, "--ignore-term") == 0)
            (void)sigaction(SIGTERM, &ignore, NULL); /* stays so in the program that follows */
        (void)execl(self, "qemu-test", "-name", "guest=test", "-uuid", uuid, how, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool found_within(const char *uuid, struct hvc_process *process)
{
    uint64_t deadline = hvc_deadline_in(5000);

    while (hvc_process_find(HVC_PROC, uuid, process, NULL) < 0) {
        if (hvc_deadline_left(deadline) == 0)
            return false;
        (void)poll(NULL, 0, 5);
    }
    return true;
}

/* What init does for orphans: without it an ended child stays a zombie, which is gone by our measure as well. */
static int reap(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_process_that_is_not_there_is_ended_at_once(void **state)
{
    struct hvc_error error = {.code = 0};

    (void)state;
    assert_int_equal(hvc_process_end(OTHER, hvc_deadline_in(1000), hvc_deadline_in(2000), &error), 0);
    assert_int_equal(error.code, 0);
    assert_int_equal(hvc_process_end("x", hvc_deadline_in(1000), hvc_deadline_in(2000), &error), -EINVAL);
}

static void a_willing_process_ends_by_term(void **state)
{
    static const char uuid[] = "2b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d";
    struct hvc_process process;
    pid_t pid = start_guest(uuid, "--wait");

    (void)state;
    assert_true(found_within(uuid, &process));
    assert_int_equal(process.pid, pid);
    assert_string_equal(process.name, "test");
    assert_int_equal(hvc_process_end(uuid, hvc_deadline_in(5000), hvc_deadline_in(10000), NULL), 0);
    assert_int_equal(reap(pid), SIGTERM);
}

static void a_stubborn_process_ends_by_kill_when_its_time_comes(void **state)
{
    static const char uuid[] = "3b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d";
    struct hvc_process process;
    struct hvc_error error;
    pid_t pid = start_guest(uuid, "--ignore-term");
    uint64_t begin;

    (void)state;
    assert_true(found_within(uuid, &process));
    begin = hvc_now_ms();
    assert_int_equal(hvc_process_end(uuid, hvc_deadline_in(60000), hvc_deadline_in(200), &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "is still there"));
    assert_true(hvc_now_ms() - begin < 30000);
    begin = hvc_now_ms();
    assert_int_equal(hvc_process_end(uuid, hvc_deadline_in(200), hvc_deadline_in(10000), NULL), 0);
    assert_true(hvc_now_ms() - begin >= 190);
    assert_int_equal(reap(pid), SIGKILL);
}

static void a_stopped_process_is_seen_and_killed(void **state)
{
    static const char uuid[] = "4b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d";
    struct hvc_process process;
    pid_t pid = start_guest(uuid, "--wait");
    int status = 0;

    (void)state;
    assert_true(found_within(uuid, &process));
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_int_equal(hvc_process_find(HVC_PROC, uuid, &process, NULL), 0);
    assert_true(process.stopped);
    assert_int_equal(hvc_process_end(uuid, 0, hvc_deadline_in(10000), NULL), 0);
    assert_int_equal(reap(pid), SIGKILL);
}

static void without_the_right_it_is_said_so(void **state)
{
    static const char uuid[] = "5b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d";
    struct hvc_process process;
    pid_t guest, other;
    int status = 0;

    (void)state;
    if (geteuid() != 0)
        skip();
    guest = start_guest(uuid, "--wait");
    assert_true(found_within(uuid, &process));
    other = fork();
    if (other == 0) {
        struct hvc_error error;

        if (setuid(65534) != 0)
            _exit(2);
        _exit(hvc_process_end(uuid, hvc_deadline_in(100), hvc_deadline_in(200), &error) == -EPERM ? 0 : 1);
    }
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(hvc_process_end(uuid, 0, hvc_deadline_in(10000), NULL), 0);
    assert_int_equal(reap(guest), SIGKILL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_is_found_by_the_exact_argument_after_uuid, setup, teardown),
        cmocka_unit_test_setup_teardown(arguments_of_any_length_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_name_that_is_too_long_is_cut_and_the_uuid_still_counts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ended_processes_do_not_count_and_dying_ones_do, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_seen_is_not_absent, setup, teardown),
        cmocka_unit_test(a_process_that_is_not_there_is_ended_at_once),
        cmocka_unit_test(a_willing_process_ends_by_term),
        cmocka_unit_test(a_stubborn_process_ends_by_kill_when_its_time_comes),
        cmocka_unit_test(a_stopped_process_is_seen_and_killed),
        cmocka_unit_test(without_the_right_it_is_said_so),
    };

    if (argc > 1 && strcmp(argv[1], "-name") == 0) {
        for (;;)
            (void)pause();
    }
    self = "/proc/self/exe";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
