/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines: a libvirtd that accepts and never answers, one that is not there, one that goes away. */
#include <errno.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/libvirt_driver.h"
#include "libvirt_call.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"

struct fixture {
    char folder[32];
    char path[64];
    int listener;
    struct hvc_hypervisor *h;
};

static int setup(void **state)
{
    static struct fixture f;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char uri[128];

    f = (struct fixture){.folder = "/tmp/hvc-call-XXXXXX"};
    if (mkdtemp(f.folder) == NULL)
        return -1;
    (void)snprintf(f.path, sizeof(f.path), "%s/sock", f.folder);
    memcpy(address.sun_path, f.path, sizeof(f.path));
    f.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (f.listener < 0 || bind(f.listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(f.listener, 64) < 0)
        return -1;
    (void)snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s", f.path);
    *state = &f;
    return hvc_libvirt_open(uri, &f.h, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    hvc_hypervisor_close(f->h);
    if (f->listener >= 0)
        (void)close(f->listener);
    (void)unlink(f->path);
    return rmdir(f->folder);
}

static struct hvc_hypervisor_status status_of(struct hvc_hypervisor *h)
{
    struct hvc_hypervisor_status status;

    hvc_hypervisor_status(h, &status);
    return status;
}

static bool reaches_health(struct hvc_hypervisor *h, enum hvc_hypervisor_health wanted)
{
    uint64_t deadline = hvc_deadline_in(5000);

    while (status_of(h).health != wanted && hvc_deadline_left(deadline) > 0)
        (void)poll(NULL, 0, 5);
    return status_of(h).health == wanted;
}

static void a_libvirtd_that_never_answers_costs_the_deadline_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct hvc_guest_state guest = {.guest_class = HVC_GUEST_STOPPING};
    struct hvc_error error = {.code = 0};
    uint64_t begin = hvc_now_ms(), spent;

    assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, hvc_deadline_in(200), &guest, &error), -ETIMEDOUT);
    spent = hvc_now_ms() - begin;
    assert_true(spent >= 195 && spent < 30000);
    assert_int_equal(guest.guest_class, HVC_GUEST_STOPPING);
    assert_non_null(strstr(error.text, "accepts no connection"));
    assert_int_equal(status_of(f->h).health, HVC_HYPERVISOR_HANGS);
    assert_int_equal(status_of(f->h).stuck_calls, 1);
    assert_true(status_of(f->h).since_ms >= begin);
    assert_string_not_equal(status_of(f->h).last.text, "");
}

static void many_callers_of_a_hung_libvirtd_share_one_attempt(void **state)
{
    struct fixture *f = *state;
    struct hvc_guest_state guest;

    for (int i = 0; i < 100; i++)
        assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, hvc_deadline_in(2), &guest, NULL), -ETIMEDOUT);
    assert_int_equal(status_of(f->h).stuck_calls, 1);
}

static void a_deadline_that_has_passed_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    struct hvc_guest_state guest;
    uint64_t begin = hvc_now_ms();

    assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, begin, &guest, NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, 0, &guest, NULL), -ETIMEDOUT);
    assert_true(hvc_now_ms() - begin < 30000);
}

static void a_libvirtd_that_dies_while_asked_is_down_not_hung(void **state)
{
    struct fixture *f = *state;
    struct hvc_guest_state guest;
    struct hvc_error error;

    assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, hvc_deadline_in(50), &guest, NULL), -ETIMEDOUT);
    assert_int_equal(close(f->listener), 0);
    f->listener = -1;
    assert_true(reaches_health(f->h, HVC_HYPERVISOR_DOWN));
    assert_int_equal(hvc_hypervisor_inspect(f->h, UUID, hvc_deadline_in(5000), &guest, &error), -ENOTCONN);
    assert_non_null(strstr(error.text, "Connection refused"));
    assert_int_equal(status_of(f->h).stuck_calls, 0);
}

static void every_call_ends_at_its_deadline(void **state)
{
    struct fixture *f = *state;
    static const char xml[] = "<domain type='kvm'><name>a</name><uuid>" UUID "</uuid></domain>";
    struct hvc_migrate_options options = {.target_uri = "qemu+tls://n2/system"};
    struct hvc_guest_state *guests = NULL;
    struct hvc_migrate_progress progress;
    struct hvc_host_facts facts;
    size_t count;
    char *text = NULL;
    struct hvc_hypervisor *h = f->h;
    uint64_t begin = hvc_now_ms();

    assert_int_equal(hvc_hypervisor_list(h, hvc_deadline_in(5), &guests, &count, NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_read_xml(h, UUID, true, hvc_deadline_in(5), &text, NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_define(h, xml, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_undefine(h, UUID, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_start(h, xml, "", hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_stop(h, UUID, HVC_STOP_KILL, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_pause(h, UUID, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_resume(h, UUID, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_set_owner(h, UUID, "r", hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_migrate(h, UUID, &options, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_progress(h, UUID, hvc_deadline_in(5), &progress, NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_cancel(h, UUID, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_set_downtime(h, UUID, 100, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_set_bandwidth(h, UUID, 100, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_post_copy(h, UUID, hvc_deadline_in(5), NULL), -ETIMEDOUT);
    assert_int_equal(hvc_hypervisor_host(h, hvc_deadline_in(5), &facts, NULL), -ETIMEDOUT);
    assert_true(hvc_now_ms() - begin < 30000);
    assert_null(guests);
    assert_null(text);
}

/* The wrapper itself, with calls of our own over a real connection to the in-process driver. */
struct gate {
    atomic_bool open;
    atomic_int made, entered, left;
};
static struct gate gate;

struct gate_argument {
    int value;
};

static int wait_at_the_gate(virConnectPtr conn, void *argument, struct hvc_error *error)
{
    (void)conn;
    (void)error;
    atomic_fetch_add(&gate.entered, 1);
    while (!atomic_load(&gate.open))
        (void)poll(NULL, 0, 2);
    ((struct gate_argument *)argument)->value = 42;
    return 0;
}

static void count_destroyed(void *argument)
{
    (void)argument;
    atomic_fetch_add(&gate.left, 1);
}

static int gated_call(struct hvc_hypervisor *h, unsigned flags, uint64_t ms, struct hvc_error *error)
{
    HVC_CLEANUP(call)
    struct hvc_libvirt_call *call = hvc_libvirt_call_new(hvc_libvirt_core_of(h), "wait at a gate", wait_at_the_gate,
                                                         flags, sizeof(struct gate_argument), count_destroyed);
    int result;

    atomic_fetch_add(&gate.made, 1);
    result = hvc_libvirt_call_run(call, hvc_deadline_in(ms), error);

    if (result == 0)
        assert_int_equal(((struct gate_argument *)hvc_libvirt_call_argument(call))->value, 42);
    return result;
}

static int setup_gate(void **state)
{
    static struct hvc_hypervisor *h;

    gate.open = false;
    gate.made = gate.entered = gate.left = 0;
    if (hvc_libvirt_open("test:///default", &h, NULL) < 0)
        return -1;
    *state = h;
    /* connected before, so that the short deadlines of the tests are spent inside the calls */
    return hvc_hypervisor_inspect(h, UUID, hvc_deadline_in(5000), &(struct hvc_guest_state){.state = 0}, NULL);
}

static bool everything_left(int wanted)
{
    uint64_t deadline = hvc_deadline_in(5000);

    while (atomic_load(&gate.left) < wanted && hvc_deadline_left(deadline) > 0)
        (void)poll(NULL, 0, 5);
    return atomic_load(&gate.left) == wanted;
}

static int teardown_gate(void **state)
{
    gate.open = true;
    if (*state != NULL)
        hvc_hypervisor_close(*state);
    return everything_left(gate.made) ? 0 : -1;
}

/* A call whose time is over before it has got into libvirt hangs nowhere: on a loaded machine another one is made. */
static void one_more_hangs(struct hvc_hypervisor *h, unsigned flags, unsigned now, struct hvc_error *error)
{
    uint64_t deadline = hvc_deadline_in(30000);

    do {
        assert_int_equal(gated_call(h, flags, 50, error), -ETIMEDOUT);
    } while (status_of(h).stuck_calls < now && hvc_deadline_left(deadline) > 0);
    assert_int_equal(status_of(h).stuck_calls, now);
}

static void stuck_calls_are_counted_bounded_and_forgotten_when_they_return(void **state)
{
    struct hvc_hypervisor *h = *state;
    struct hvc_error error = {.code = 0};

    for (unsigned i = 0; i < HVC_STUCK_CALLS_MAX; i++)
        one_more_hangs(h, 0, i + 1, &error);
    assert_non_null(strstr(error.text, "wait at a gate"));
    assert_int_equal(status_of(h).health, HVC_HYPERVISOR_HANGS);
    for (int i = 0; i < 10; i++)
        assert_int_equal(gated_call(h, 0, 100000, &error), -ETIMEDOUT); /* at once */
    assert_non_null(strstr(error.text, "have not returned"));
    gate.open = true;
    assert_true(reaches_health(h, HVC_HYPERVISOR_ANSWERS));
    assert_int_equal(gate.entered, HVC_STUCK_CALLS_MAX);
    assert_int_equal(status_of(h).stuck_calls, 0);
    assert_int_equal(gated_call(h, 0, 5000, NULL), 0);
}

static void waiting_for_one_guest_says_nothing_about_libvirtd(void **state)
{
    struct hvc_hypervisor *h = *state;

    one_more_hangs(h, HVC_CALL_SOFT, 1, NULL);
    assert_int_equal(status_of(h).health, HVC_HYPERVISOR_ANSWERS);
    assert_int_equal(gated_call(h, HVC_CALL_MOVE, 50, NULL), -ETIMEDOUT);
    assert_int_equal(status_of(h).stuck_calls, 1); /* a migration takes its time */
}

static void a_handle_closes_while_calls_are_inside_libvirt(void **state)
{
    struct hvc_hypervisor *h = *state;
    uint64_t begin = hvc_now_ms();

    for (int i = 0; i < 5; i++)
        assert_int_equal(gated_call(h, 0, 50, NULL), -ETIMEDOUT);
    hvc_hypervisor_close(h);
    *state = NULL;
    assert_true(hvc_now_ms() - begin < 30000);
    gate.open = true;
    assert_true(everything_left(5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_libvirtd_that_never_answers_costs_the_deadline_and_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(many_callers_of_a_hung_libvirtd_share_one_attempt, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deadline_that_has_passed_is_not_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_libvirtd_that_dies_while_asked_is_down_not_hung, setup, teardown),
        cmocka_unit_test_setup_teardown(every_call_ends_at_its_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(stuck_calls_are_counted_bounded_and_forgotten_when_they_return, setup_gate,
                                        teardown_gate),
        cmocka_unit_test_setup_teardown(waiting_for_one_guest_says_nothing_about_libvirtd, setup_gate, teardown_gate),
        cmocka_unit_test_setup_teardown(a_handle_closes_while_calls_are_inside_libvirt, setup_gate, teardown_gate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
