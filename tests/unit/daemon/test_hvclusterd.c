/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real hvclusterd on folders of its own, asked by the real client; libvirt's test driver stands for the hypervisor.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/client.h"

#include "../hvc_cmocka.h"

#define NOBODY 65534

static struct {
    char base[64], run[96], log[96], config[96], service[64], program[512];
    pid_t pid;
} d;

static void write_config(const char *more)
{
    FILE *file = fopen(d.config, "we");

    assert_non_null(file);
    assert_true(fprintf(file,
                        "[log]\nsyslog = no\nlevel = debug\n[access]\noperate_group =\n%s\n"
                        "[daemon]\nuser = %s\nruntime_directory = %s\nstate_directory = %s/state\nservice = %s\n",
                        more, getuid() == 0 ? "nobody" : "", d.run, d.base, d.service) > 0);
    assert_int_equal(fclose(file), 0);
}

#define TEST_DRIVER "[hypervisor]\nuri = test:///default"

static pid_t launch(const char *const *environment)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int log = open(d.log, O_WRONLY | O_CREAT | O_APPEND, 0666);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (; environment != NULL && *environment != NULL; environment += 2)
            (void)setenv(environment[0], environment[1], 1);
        if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
            _exit(126);
        (void)execl(d.program, d.program, "--config", d.config, "--foreground", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int connect_within(uint64_t ms, struct hvc_client **ret_client, struct hvc_error *error)
{
    const struct hvc_client_options options = {d.service, d.run};

    return hvc_client_connect(&options, hvc_deadline_in(ms), ret_client, error);
}

static void nap(void)
{
    const struct timespec time = {.tv_nsec = 10000000};

    (void)nanosleep(&time, NULL);
}

static void start_with(const char *const *environment)
{
    uint64_t deadline = hvc_deadline_in(30000);
    struct hvc_error error = {0};
    int rc = -1;

    d.pid = launch(environment);
    while (rc != 0 && hvc_now_ms() < deadline) {
        struct hvc_client *client = NULL;

        rc = connect_within(1000, &client, &error);
        hvc_client_close(client);
        if (rc != 0)
            nap();
    }
    if (rc != 0)
        fail_msg("hvclusterd does not answer: %s", error.text);
}

static int await_end(pid_t pid, uint64_t ms)
{
    uint64_t deadline = hvc_deadline_in(ms);
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (hvc_now_ms() > deadline)
            return -ETIMEDOUT;
        nap();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *read_log(void)
{
    static char text[1 << 20];
    FILE *file = fopen(d.log, "re");

    text[0] = '\0';
    if (file != NULL) {
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        (void)fclose(file);
    }
    return text;
}

static bool await_log(const char *words)
{
    uint64_t deadline = hvc_deadline_in(20000);

    while (strstr(read_log(), words) == NULL && hvc_now_ms() < deadline)
        nap();
    return strstr(read_log(), words) != NULL;
}

static int set_up(void **state)
{
    static unsigned number;

    (void)state;
    memset(&d, 0, sizeof(d));
    (void)snprintf(d.base, sizeof(d.base), "/tmp/hvc-test-daemon-XXXXXX");
    if (mkdtemp(d.base) == NULL || chmod(d.base, 0755) < 0)
        return -1;
    (void)snprintf(d.run, sizeof(d.run), "%s/run", d.base);
    (void)snprintf(d.log, sizeof(d.log), "%s/log", d.base);
    (void)snprintf(d.config, sizeof(d.config), "%s/conf", d.base);
    (void)snprintf(d.service, sizeof(d.service), "hvc-test-%d-%u", (int)getpid(), number++);
    (void)snprintf(d.program, sizeof(d.program), "%s/agent/daemon/hvclusterd", getenv("HVC_BINARY_DIR"));
    write_config(TEST_DRIVER);
    return 0;
}

static int set_up_running(void **state)
{
    int rc = set_up(state);

    if (rc == 0)
        start_with(NULL);
    return rc;
}

static void empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0); /* not "." and "..": they are folders */
    if (folder != NULL)
        (void)closedir(folder);
}

static int tear_down(void **state)
{
    static const char *const left[] = {"log", "conf", "run/hvclusterd.pid", "notify", "libvirt"};
    char path[128];

    (void)state;
    if (d.pid > 0) {
        (void)kill(d.pid, SIGCONT);
        (void)kill(d.pid, SIGTERM);
        if (await_end(d.pid, 30000) == -ETIMEDOUT) {
            (void)kill(d.pid, SIGKILL);
            (void)waitpid(d.pid, NULL, 0);
        }
    }
    for (size_t i = 0; i < HVC_COUNT(left); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", d.base, left[i]);
        (void)unlink(path);
    }
    (void)rmdir(d.run);
    (void)snprintf(path, sizeof(path), "%s/state", d.base);
    empty_folder(path);
    (void)rmdir(path);
    return rmdir(d.base);
}

/* Asks on a connection of its own; the response, to be freed. */
static struct hvc_record *ask_two(const char *operation, const char *name, const char *value, const char *second,
                                  const char *second_value)
{
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    struct hvc_record *args = NULL, *response = NULL;
    struct hvc_error error = {0};

    if (connect_within(60000, &client, &error) < 0)
        fail_msg("%s", error.text);
    request = hvc_request_new(operation, &args);
    hvc_record_set_u64(args, "timeout_ms", 60000);
    if (name != NULL)
        hvc_record_set_text(args, name, value);
    if (second != NULL)
        hvc_record_set_text(args, second, second_value);
    if (hvc_client_call(client, request, hvc_deadline_in(60000), &response, &error) < 0)
        fail_msg("%s", error.text);
    return response;
}

static struct hvc_record *ask(const char *operation, const char *name, const char *value)
{
    return ask_two(operation, name, value, NULL, NULL);
}

static void is_well(void)
{
    HVC_CLEANUP(record) struct hvc_record *response = ask("status", NULL, NULL);

    assert_int_equal(hvc_response_result(response), HVC_RESULT_OK);
    assert_int_equal(hvc_record_u64(hvc_response_data(response), "pid", 0), d.pid);
}

/* ---- tests ---- */

static bool hypervisor_answers(void)
{
    HVC_CLEANUP(record) struct hvc_record *response = ask("status", NULL, NULL);
    const struct hvc_record *hypervisor = hvc_record_record(hvc_response_data(response), "hypervisor");

    assert_int_equal(hvc_response_result(response), HVC_RESULT_OK);
    return strcmp(hvc_record_text(hypervisor, "health", ""), "answers") == 0;
}

static void status_is_told_and_root_became_the_user_of_the_configuration(void **state)
{
    uint64_t deadline = hvc_deadline_in(20000);
    struct stat status;
    char path[64];

    (void)state;
    assert_true(await_log("HVC1201"));
    while (!hypervisor_answers() && hvc_now_ms() < deadline)
        nap();
    assert_true(hypervisor_answers());
    (void)snprintf(path, sizeof(path), "/proc/%d", (int)d.pid);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, getuid() == 0 ? NOBODY : getuid());
    assert_non_null(strstr(read_log(), "HVC1001 hvclusterd started"));
}

static void mistakes_are_answered_in_words(void **state)
{
    static const struct {
        const char *operation, *name, *value;
        enum hvc_result result;
        const char *words;
    } cases[] = {
        {"fly", NULL, NULL, HVC_RESULT_UNSUPPORTED, "there is no operation \"fly\""},
        {"move.show", NULL, NULL, HVC_RESULT_INVALID, "needs the argument id"},
        {"move.show", "uuid", "x", HVC_RESULT_INVALID, "has no argument uuid"},
        {"move.show", "id", "n1-1", HVC_RESULT_NOT_FOUND, "knows no move n1-1"},
        {"move.cancel", "uuid", "x", HVC_RESULT_INVALID, "must be a UUID"},
        {"status", "timeout_ms", "1", HVC_RESULT_INVALID, "must be a number"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        HVC_CLEANUP(record) struct hvc_record *response = ask(cases[i].operation, cases[i].name, cases[i].value);

        assert_int_equal(hvc_response_result(response), cases[i].result);
        assert_non_null(strstr(hvc_response_text(response), cases[i].words));
    }
    is_well();
}

static void *ask_five_times(void *context)
{
    uintptr_t *bad = context;

    for (unsigned i = 0; i < 5; i++) {
        struct hvc_record *response = ask("status", NULL, NULL);

        *bad += hvc_response_result(response) != HVC_RESULT_OK;
        hvc_record_free(response);
    }
    return NULL;
}

static void sixty_four_clients_at_one_time_are_served(void **state)
{
    static pthread_t threads[64];
    static uintptr_t bad[64];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_five_times, &bad[i]), 0);
    for (size_t i = 0; i < HVC_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(bad[i], 0);
    }
    is_well();
}

static void a_stopped_daemon_costs_its_client_no_more_than_the_deadline(void **state)
{
    struct hvc_client *client = NULL, *before = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    struct hvc_record *args = NULL, *response = NULL;
    struct hvc_error error = {0};
    uint64_t begin;

    (void)state;
    request = hvc_request_new("status", &args);
    assert_int_equal(connect_within(10000, &before, &error), 0);
    assert_int_equal(kill(d.pid, SIGSTOP), 0);
    begin = hvc_now_ms();
    assert_int_equal(connect_within(300, &client, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "does not answer"));
    assert_int_equal(hvc_client_call(before, request, hvc_deadline_in(300), &response, &error), -ETIMEDOUT);
    assert_in_range(hvc_now_ms() - begin, 590, 30000);
    hvc_client_close(before);
    assert_int_equal(kill(d.pid, SIGCONT), 0);
    is_well();
}

static void a_second_instance_is_refused_in_words(void **state)
{
    char words[128];

    (void)state;
    assert_int_equal(await_end(launch(NULL), 20000), 1);
    (void)snprintf(words, sizeof(words), "hvclusterd: hvclusterd runs already, as process %d", (int)d.pid);
    assert_non_null(strstr(read_log(), words));
    is_well();
}

static void what_a_killed_one_left_does_not_matter_to_the_next(void **state)
{
    HVC_CLEANUP(client) struct hvc_client *left = NULL;
    struct hvc_client *client = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(connect_within(10000, &left, &error), 0);
    assert_int_equal(kill(d.pid, SIGKILL), 0);
    assert_int_equal(await_end(d.pid, 30000), 128 + SIGKILL);
    d.pid = 0;
    assert_int_equal(connect_within(1000, &client, &error), -ENOTCONN);
    start_with(NULL);
    is_well();
    assert_true(await_log("removed what a killed daemon left"));
}

static void sigterm_ends_it_in_order(void **state)
{
    char path[128];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/hvclusterd.pid", d.run);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(kill(d.pid, SIGTERM), 0);
    assert_int_equal(await_end(d.pid, 30000), 0);
    d.pid = 0;
    assert_int_equal(access(path, F_OK), -1);
    assert_non_null(strstr(read_log(), "HVC1002"));
    assert_non_null(strstr(read_log(), "HVC1003"));
}

/* A libvirtd that accepts and never says anything. */
static int silent_libvirtd(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char more[256];

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/libvirt", d.base);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(chmod(address.sun_path, 0777), 0);
    assert_int_equal(listen(fd, 64), 0);
    (void)snprintf(more, sizeof(more), "[hypervisor]\nuri = qemu+unix:///system?socket=%s/libvirt", d.base);
    write_config(more);
    return fd;
}

struct waiting_call {
    struct hvc_record *response;
    int result;
};

static void *ask_for_guests(void *context)
{
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    struct waiting_call *call = context;
    struct hvc_record *args = NULL;
    struct hvc_error error = {0};

    request = hvc_request_new("guest.list", &args);
    hvc_record_set_u64(args, "timeout_ms", 60000);
    call->result = connect_within(10000, &client, &error);
    if (call->result == 0)
        call->result = hvc_client_call(client, request, hvc_deadline_in(60000), &call->response, &error);
    return NULL;
}

static uint64_t busy_workers(void)
{
    HVC_CLEANUP(record) struct hvc_record *response = ask("status", NULL, NULL);

    return hvc_record_u64(hvc_record_record(hvc_response_data(response), "workers"), "busy", 0);
}

static void a_hung_libvirtd_keeps_it_neither_from_answering_nor_from_ending(void **state)
{
    struct waiting_call call = {.result = -1};
    HVC_CLEANUP(fd) int fd = -1;
    uint64_t begin, deadline = hvc_deadline_in(20000);
    pthread_t thread;

    (void)state;
    fd = silent_libvirtd();
    start_with(NULL);
    assert_int_equal(pthread_create(&thread, NULL, ask_for_guests, &call), 0);
    while (busy_workers() < 2 && hvc_now_ms() < deadline) /* that, and the look for moves at the start */
        nap();
    begin = hvc_now_ms();
    is_well();
    assert_true(hvc_now_ms() - begin < 20000);
    assert_int_equal(kill(d.pid, SIGTERM), 0);
    assert_int_equal(await_end(d.pid, 30000), 0);
    d.pid = 0;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(call.result, 0);
    assert_int_equal(hvc_response_result(call.response), HVC_RESULT_UNREACHABLE);
    assert_non_null(strstr(hvc_response_text(call.response), "hvclusterd is stopping"));
    hvc_record_free(call.response);
    assert_non_null(strstr(read_log(), "HVC1006 operations left unfinished"));
}

static void a_user_without_a_right_is_refused(void **state)
{
    pid_t pid;
    int status = 0;

    (void)state;
    if (getuid() != 0)
        skip(); /* only root can be somebody else */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct hvc_client *client = NULL;
        struct hvc_error error = {0};

        if (setgroups(0, NULL) < 0 || setgid(12345) < 0 || setuid(12345) < 0)
            _exit(2);
        _exit(connect_within(10000, &client, &error) == -EACCES && strstr(error.text, "does not serve this user") ? 0
                                                                                                                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(await_log("HVC1101 client refused"));
    is_well();
}

static void a_reader_may_ask_and_not_change(void **state)
{
    pid_t pid;
    int status = 0;

    (void)state;
    if (getuid() != 0)
        skip();                                         /* only root can be somebody else */
    write_config("read_group = nogroup\n" TEST_DRIVER); /* nogroup is nobody's own, so the files can be given to it */
    start_with(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        HVC_CLEANUP(record) struct hvc_record *read = NULL;
        HVC_CLEANUP(record) struct hvc_record *change = NULL;

        if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(12345) < 0)
            _exit(2);
        read = ask("status", NULL, NULL);
        change = ask("move.cancel", "id", "n1-1");
        _exit(hvc_response_result(read) == HVC_RESULT_OK && hvc_response_result(change) == HVC_RESULT_DENIED ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void systemd_is_told_about_start_watchdog_and_stop(void **state)
{
    char path[100];
    const char *const environment[] = {"NOTIFY_SOCKET", path, "WATCHDOG_USEC", "100000", NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    HVC_CLEANUP(fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = 20};
    bool ready = false, fed = false, stopping = false;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/notify", d.base);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    start_with(environment);
    while (!stopping) {
        char text[256] = "";

        assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
        ready = ready || strncmp(text, "READY=1\n", 8) == 0;
        stopping = strcmp(text, "STOPPING=1") == 0;
        if (strcmp(text, "WATCHDOG=1") == 0 && !fed) {
            fed = true;
            assert_int_equal(kill(d.pid, SIGTERM), 0);
        }
    }
    assert_true(ready && fed);
    assert_int_equal(await_end(d.pid, 30000), 0);
    d.pid = 0;
}

/* ---- the cluster's state ---- */

static bool health_is(const char *health)
{
    HVC_CLEANUP(record) struct hvc_record *response = ask("status", NULL, NULL);
    const struct hvc_record *state = hvc_record_record(hvc_response_data(response), "cluster_state");

    assert_true(strlen(hvc_record_text(state, "summary", "")) > 0);
    return strcmp(hvc_record_text(state, "health", ""), health) == 0;
}

static void await_health(const char *health)
{
    uint64_t deadline = hvc_deadline_in(30000);

    while (!health_is(health) && hvc_now_ms() < deadline)
        nap();
    assert_true(health_is(health));
}

static uint64_t moves_out(void)
{
    HVC_CLEANUP(record) struct hvc_record *response = ask("settings.show", NULL, NULL);
    const struct hvc_record *data = hvc_response_data(response);

    assert_int_equal(hvc_response_result(response), HVC_RESULT_OK);
    for (size_t i = 0; i < hvc_record_list_count(data, "settings"); i++) {
        const struct hvc_record *setting = hvc_record_list_at(data, "settings", i);

        if (strcmp(hvc_record_text(setting, "name", ""), "moves-out") == 0)
            return hvc_record_u64(setting, "value", 0);
    }
    return 0;
}

static void a_stand_alone_host_keeps_its_settings_over_a_restart(void **state)
{
    struct hvc_record *response;

    (void)state;
    write_config("[cluster]\nstandalone = yes\n" TEST_DRIVER);
    start_with(NULL);
    await_health("voting");
    response = ask_two("settings.set", "name", "moves-out", "value", "7");
    assert_int_equal(hvc_response_result(response), HVC_RESULT_OK);
    assert_string_equal(hvc_response_text(response), "moves-out is 7");
    hvc_record_free(response);
    assert_int_equal(moves_out(), 7);
    assert_int_equal(kill(d.pid, SIGTERM), 0);
    assert_int_equal(await_end(d.pid, 30000), 0);
    d.pid = 0;
    start_with(NULL);
    await_health("voting");
    assert_int_equal(moves_out(), 7);
    assert_null(strstr(read_log(), "HVC1523"));
}

static void a_killed_one_keeps_what_it_acknowledged(void **state)
{
    struct hvc_record *response;

    (void)state;
    write_config("[cluster]\nstandalone = yes\n" TEST_DRIVER);
    start_with(NULL);
    await_health("voting");
    response = ask_two("settings.set", "name", "moves-out", "value", "9");
    assert_int_equal(hvc_response_result(response), HVC_RESULT_OK);
    hvc_record_free(response);
    assert_int_equal(kill(d.pid, SIGKILL), 0);
    assert_int_equal(await_end(d.pid, 30000), 128 + SIGKILL);
    d.pid = 0;
    start_with(NULL);
    await_health("voting");
    assert_int_equal(moves_out(), 9);
}

static void without_corosync_it_serves_its_node_and_decides_nothing(void **state)
{
    struct hvc_record *response;

    (void)state;
    if (access("/run/corosync.pid", F_OK) == 0)
        skip(); /* this host is a node of a cluster */
    is_well();
    assert_false(health_is("voting"));
    response = ask_two("settings.set", "name", "moves-out", "value", "7");
    assert_int_equal(hvc_response_result(response), HVC_RESULT_NO_QUORUM);
    assert_non_null(strstr(hvc_response_text(response), "nothing was done: "));
    hvc_record_free(response);
    response = ask("state.init", NULL, NULL);
    assert_true(hvc_response_result(response) == HVC_RESULT_NO_QUORUM ||
                hvc_response_result(response) == HVC_RESULT_BUSY || hvc_response_result(response) == HVC_RESULT_DENIED);
    hvc_record_free(response);
    response = ask("node.list", NULL, NULL);
    assert_int_not_equal(hvc_response_result(response), HVC_RESULT_OK);
    hvc_record_free(response);
    is_well();
}

static void a_wrong_configuration_ends_it_with_file_and_line(void **state)
{
    char words[160];

    (void)state;
    write_config("workerz = 3");
    assert_int_equal(await_end(launch(NULL), 20000), 6);
    (void)snprintf(words, sizeof(words), "hvclusterd: %s:6: [access] has no key workerz", d.config);
    assert_non_null(strstr(read_log(), words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(status_is_told_and_root_became_the_user_of_the_configuration, set_up_running,
                                        tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_answered_in_words, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(sixty_four_clients_at_one_time_are_served, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_daemon_costs_its_client_no_more_than_the_deadline, set_up_running,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_second_instance_is_refused_in_words, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(what_a_killed_one_left_does_not_matter_to_the_next, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(sigterm_ends_it_in_order, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(a_hung_libvirtd_keeps_it_neither_from_answering_nor_from_ending, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_user_without_a_right_is_refused, set_up_running, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_may_ask_and_not_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(systemd_is_told_about_start_watchdog_and_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stand_alone_host_keeps_its_settings_over_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_one_keeps_what_it_acknowledged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_corosync_it_serves_its_node_and_decides_nothing, set_up_running,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_configuration_ends_it_with_file_and_line, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
