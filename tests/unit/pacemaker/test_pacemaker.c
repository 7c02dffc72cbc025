/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against the real CIB manager and fencer in stand-alone mode, in namespaces of their own. Needs root. */
#include "hvc/pacemaker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <qb/qblog.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/pacemaker_moves.h"

#include "../hvc_cmocka.h"

#define DAEMONS "/usr/lib/pacemaker/"

static pid_t based, fenced;
static uid_t cluster_user;
static gid_t cluster_group;

#define CIB_WITH(crm_config)                                                                                           \
    "<cib crm_feature_set=\"3.16.2\" validate-with=\"pacemaker-3.9\" epoch=\"9\" num_updates=\"0\" admin_epoch=\"0\">" \
    "<configuration>" crm_config CIB_REST
#define CIB_REST                                                                                                       \
    "<nodes/><resources><primitive id=\"vm1\" class=\"ocf\" provider=\"hvcluster\" "                                   \
    "type=\"VirtualSystem\"/></resources><constraints/></configuration>"                                               \
    "<status><node_state id=\"5\" uname=\"n5\" in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"down\"/>"    \
    "</status></cib>"

static const char cib[] = CIB_WITH("<crm_config/>");
static const char cib_without_fencing[] =
    CIB_WITH("<crm_config><cluster_property_set id=\"o\"><nvpair id=\"o-s\" name=\"stonith-enabled\" value=\"false\"/>"
             "</cluster_property_set></crm_config>");

static int own_namespaces(void)
{
    static const char *const places[] = {"/var/lib/pacemaker", "/run", "/dev/shm", "/var/log"};

    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -errno;
    for (size_t i = 0; i < HVC_COUNT(places); i++) {
        if (mount("tmpfs", places[i], "tmpfs", 0, "size=64m") < 0)
            return -errno;
    }
    return 0;
}

static void make_folder(const char *folder)
{
    assert_int_equal(mkdir(folder, 0770), 0);
    assert_int_equal(chown(folder, cluster_user, cluster_group), 0);
}

static pid_t start(const char *program, const char *option)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        execl(program, program, option, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void stop(pid_t *pid)
{
    if (*pid <= 0)
        return;
    (void)kill(*pid, SIGKILL);
    (void)waitpid(*pid, NULL, 0);
    *pid = 0;
}

static void write_cib(const char *text)
{
    int fd = open("/var/lib/pacemaker/cib/cib.xml", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(chown("/var/lib/pacemaker/cib/cib.xml", cluster_user, cluster_group), 0);
    (void)unlink("/var/lib/pacemaker/cib/cib.xml.sig"); /* of the one before */
}

static int prepare(void **state)
{
    const struct passwd *user = getpwnam("hacluster");

    (void)state;
    assert_non_null(user);
    cluster_user = user->pw_uid;
    cluster_group = user->pw_gid;
    assert_int_equal(chown("/var/lib/pacemaker", cluster_user, cluster_group), 0);
    make_folder("/var/lib/pacemaker/cib");
    make_folder("/var/lib/pacemaker/cores");
    make_folder("/var/lib/pacemaker/blackbox");
    make_folder("/run/crm");
    make_folder("/var/log/pacemaker");
    write_cib(cib);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    stop(&fenced);
    stop(&based);
    return 0;
}

/* Everything written to stderr meanwhile; "" when the libraries kept quiet. */
static int stderr_aside(void)
{
    int kept = dup(STDERR_FILENO), file = open("/run", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    assert_true(kept >= 0 && file >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    close(file);
    return kept;
}

static void stderr_back_and_empty(int kept)
{
    off_t written = lseek(STDERR_FILENO, 0, SEEK_END);

    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    assert_int_equal(written, 0);
}

static void without_pacemaker_it_says_so_at_once_and_stderr_stays_empty(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};
    uint64_t began = hvc_now_ms();
    int kept = stderr_aside();

    (void)state;
    assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(20000), view, &error), -ENOTCONN);
    assert_true(hvc_now_ms() - began < 10000);
    stderr_back_and_empty(kept);
    assert_non_null(strstr(error.text, "CIB manager does not run on this node"));
    free(view);
}

static int read_until(struct hvc_pacemaker_view *view, bool fencer, struct hvc_error *error)
{
    uint64_t end = hvc_deadline_in(20000);
    int r;

    do {
        r = hvc_pacemaker_read("vm1", hvc_deadline_in(2000), view, error);
        if (r == 0 && view->fencer_answered == fencer)
            return 0;
        (void)usleep(20000);
    } while (hvc_deadline_left(end) > 0);
    return r == 0 ? -ETIMEDOUT : r;
}

static unsigned lines;

static void count_line(int32_t target, struct qb_log_callsite *callsite, struct timespec *when, const char *text)
{
    (void)target;
    (void)callsite;
    (void)when;
    lines += strcmp(text, "a line of our own") == 0;
}

static void say_a_line(void)
{
    qb_log_from_external_source("test", "test", "%s", LOG_NOTICE, 0, 0, "a line of our own");
}

/* Before any other question to Pacemaker: the first one sets the libraries up. */
static void the_log_of_the_process_stays_its_own(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};
    int32_t target;

    (void)state;
    qb_log_init("test", LOG_USER, LOG_INFO);
    (void)qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
    target = qb_log_custom_open(count_line, NULL, NULL, NULL);
    assert_true(target >= 0);
    (void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_INFO);
    (void)qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
    say_a_line();
    assert_int_equal(lines, 1);
    assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(5000), view, &error), -ENOTCONN);
    say_a_line();
    assert_int_equal(lines, 2);
    qb_log_custom_close(target);
    qb_log_fini();
    free(view);
}

static void without_the_fencer_nodes_are_down_and_none_is_fenced(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_pacemaker_guest *guests = NULL;
    struct hvc_error error = {0};
    size_t count = 0;
    int kept = stderr_aside();

    (void)state;
    based = start(DAEMONS "pacemaker-based", "-s");
    if (read_until(view, false, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(hvc_pacemaker_guests(hvc_deadline_in(2000), &guests, &count, &error), 0);
    stderr_back_and_empty(kept);
    /* the status section does not outlive the CIB manager: stand-alone starts without nodes */
    assert_null(hvc_pacemaker_find(view, 1));
    assert_int_equal(count, 1);
    assert_string_equal(guests[0].resource, "vm1");
    assert_non_null(strstr(view->fencer_words, "fencer does not run on this node"));
    free(guests);
    free(view);
}

/* This program once more, as another user: a mere fork takes over what the threads of former calls were just at. */
static const char in_group[] = "in-group", in_no_group[] = "in-no-group";

static int ask_as_another_user(const char *which)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    const bool is_in_group = strcmp(which, in_group) == 0;
    const int expected = is_in_group ? 0 : -EACCES;
    struct hvc_error error = {0};
    struct passwd *cluster = getpwnam("hacluster");
    int r;

    if (view == NULL || cluster == NULL || setgroups(is_in_group ? 1 : 0, &cluster->pw_gid) < 0 || setgid(65534) < 0 ||
        setuid(65533) < 0)
        return 1;
    r = hvc_pacemaker_read("vm1", hvc_deadline_in(20000), view, &error);
    if (r != expected)
        (void)fprintf(stderr, "%s: %d %s\n", which, r, error.text);
    free(view);
    return r == expected ? 0 : 2;
}

static void a_user_of_group_haclient_may_ask_and_another_may_not(void **state)
{
    static const char *const cases[] = {in_group, in_no_group};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        int status = 0;
        pid_t child = fork();

        if (child == 0) {
            execl("/proc/self/exe", "test_pacemaker", cases[i], (char *)NULL);
            _exit(127);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void with_the_fencer_its_history_is_read(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};
    uint64_t began;
    int kept = stderr_aside();

    (void)state;
    fenced = start(DAEMONS "pacemaker-fenced", "-s");
    if (read_until(view, true, &error) != 0)
        fail_msg("%s %s", error.text, view->fencer_words);
    began = hvc_now_ms();
    for (int i = 0; i < 10; i++)
        assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(2000), view, &error), 0);
    stderr_back_and_empty(kept);
    print_message("one view: %.1f ms\n", (double)(hvc_now_ms() - began) / 10);
    free(view);
}

static void a_stopped_pacemaker_costs_the_deadline_and_no_more(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(kill(based, SIGSTOP), 0);
    for (int i = 0; i < 6; i++) {
        uint64_t began = hvc_now_ms();

        assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(200), view, &error), -ETIMEDOUT);
        assert_true(hvc_now_ms() - began < 10000);
    }
    assert_int_equal(kill(based, SIGCONT), 0);
    assert_int_equal(read_until(view, true, &error), 0);
    free(view);
}

/* libcib's own time is over before the deadline then. */
static void one_that_is_stopped_behind_a_kept_connection_is_told_to_be(void **state)
{
    struct hvc_pacemaker_guest *guests = NULL;
    struct hvc_error error = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(hvc_pacemaker_guests(hvc_deadline_in(2000), &guests, &count, &error), 0);
    free(guests);
    assert_int_equal(kill(based, SIGSTOP), 0);
    assert_int_equal(hvc_pacemaker_guests(hvc_deadline_in(2900), &guests, &count, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "runs but does not answer"));
    assert_int_equal(kill(based, SIGCONT), 0);
}

static void one_that_has_ended_is_told_and_found_again(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(read_until(view, true, &error), 0);
    stop(&based);
    assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(2000), view, &error), -ENOTCONN);
    based = start(DAEMONS "pacemaker-based", "-s");
    if (read_until(view, true, &error) != 0)
        fail_msg("%s", error.text);
    free(view);
}

/* The CIB is kept between questions, by its version. */
static void the_cib_of_another_manager_is_not_taken_for_the_one_before(void **state)
{
    struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));
    struct hvc_error error = {0};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        stop(&based);
        write_cib(i % 2 == 0 ? cib_without_fencing : cib);
        based = start(DAEMONS "pacemaker-based", "-s");
        if (read_until(view, true, &error) != 0)
            fail_msg("%s", error.text);
        assert_int_equal(view->fencing_enabled, i % 2 != 0);
        assert_int_equal(hvc_pacemaker_read("vm1", hvc_deadline_in(2000), view, &error), 0);
        assert_int_equal(view->fencing_enabled, i % 2 != 0);
    }
    free(view);
}

static void *wait_for_nothing(void *context)
{
    const struct hvc_pacemaker_wait wait = {.resource = "vm1", .node = "n5", .there = true};
    int *result = context;

    *result = hvc_pacemaker_await(&wait, hvc_deadline_in(2000), NULL);
    return NULL;
}

static uint64_t processor_ms(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

static void who_waits_sleeps_and_lets_others_ask(void **state)
{
    struct hvc_pacemaker_guest *guests = NULL;
    struct hvc_error error = {0};
    uint64_t used = processor_ms();
    size_t count = 0;
    int result = 0;
    pthread_t thread;

    (void)state;
    assert_null(wait_for_nothing(&result));
    assert_int_equal(result, -EAGAIN);
    used = processor_ms() - used;
    if (used > 500) /* of 2000 ms; a wait that looks all the time takes all of it */
        fail_msg("a wait took %llu ms of processor time", (unsigned long long)used);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_nothing, &result), 0);
    for (int i = 0; i < 50; i++) {
        if (hvc_pacemaker_guests(hvc_deadline_in(1000), &guests, &count, &error) != 0)
            fail_msg("%s", error.text);
        free(guests);
    }
    (void)pthread_join(thread, NULL);
}

struct ending {
    pid_t pid;
    uint64_t after_ms;
};

static void *end_it(void *context)
{
    const struct ending *ending = context;

    (void)usleep((useconds_t)(ending->after_ms * 1000));
    (void)kill(ending->pid, SIGKILL);
    return NULL;
}

static void one_that_ends_while_it_is_listened_to_is_told(void **state)
{
    const struct hvc_pacemaker_wait wait = {.resource = "vm1", .node = "n5", .there = true};
    struct ending ending = {based, 300};
    struct hvc_error error = {0};
    uint64_t began = hvc_now_ms();
    pthread_t thread;

    (void)state;
    assert_int_equal(hvc_pacemaker_await(&wait, hvc_deadline_in(100), &error), -EAGAIN);
    assert_int_equal(pthread_create(&thread, NULL, end_it, &ending), 0);
    assert_int_equal(hvc_pacemaker_await(&wait, hvc_deadline_in(20000), &error), -ENOTCONN);
    assert_true(hvc_now_ms() - began < 10000);
    (void)pthread_join(thread, NULL);
    stop(&based);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_of_the_process_stays_its_own),
        cmocka_unit_test(without_pacemaker_it_says_so_at_once_and_stderr_stays_empty),
        cmocka_unit_test(without_the_fencer_nodes_are_down_and_none_is_fenced),
        cmocka_unit_test(a_user_of_group_haclient_may_ask_and_another_may_not),
        cmocka_unit_test(with_the_fencer_its_history_is_read),
        cmocka_unit_test(a_stopped_pacemaker_costs_the_deadline_and_no_more),
        cmocka_unit_test(one_that_is_stopped_behind_a_kept_connection_is_told_to_be),
        cmocka_unit_test(one_that_has_ended_is_told_and_found_again),
        cmocka_unit_test(the_cib_of_another_manager_is_not_taken_for_the_one_before),
        cmocka_unit_test(who_waits_sleeps_and_lets_others_ask),
        cmocka_unit_test(one_that_ends_while_it_is_listened_to_is_told),
    };

    if (argc > 1)
        return ask_as_another_user(argv[1]);
    if (geteuid() != 0 || access(DAEMONS "pacemaker-based", X_OK) != 0 || own_namespaces() < 0) {
        print_message("skipped: needs root, namespaces and pacemaker\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, prepare, clean);
}
