/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress while QEMU answers nobody: libvirt's in-process driver, with two calls of libvirt's made here. */
#include <errno.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/libvirt_driver.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f" /* of the guest "test" of test:///default */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool busy; /* QEMU's monitor */
    unsigned asked;
    int state, reason;
    bool done; /* there is no job any more */
} qemu = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int virDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned int flags)
{
    (void)domain;
    (void)flags;
    (void)pthread_mutex_lock(&qemu.lock);
    *state = qemu.state;
    if (reason != NULL)
        *reason = qemu.reason;
    (void)pthread_mutex_unlock(&qemu.lock);
    return 0;
}

int virDomainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams, unsigned int flags)
{
    int count = 0, most = 0;
    bool good;

    (void)domain;
    (void)flags;
    (void)pthread_mutex_lock(&qemu.lock);
    qemu.asked++;
    while (qemu.busy)
        (void)pthread_cond_wait(&qemu.changed, &qemu.lock);
    *type = qemu.done ? VIR_DOMAIN_JOB_NONE : VIR_DOMAIN_JOB_UNBOUNDED;
    (void)pthread_mutex_unlock(&qemu.lock);
    *params = NULL;
    *nparams = 0;
    good = virTypedParamsAddInt(params, &count, &most, VIR_DOMAIN_JOB_OPERATION,
                                VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT) == 0 &&
           virTypedParamsAddULLong(params, &count, &most, VIR_DOMAIN_JOB_DATA_TOTAL, 1000) == 0 &&
           virTypedParamsAddULLong(params, &count, &most, VIR_DOMAIN_JOB_DATA_REMAINING, 400) == 0;
    *nparams = count;
    return good ? 0 : -1;
}

static void set(bool busy, int state, int reason, bool done)
{
    (void)pthread_mutex_lock(&qemu.lock);
    qemu.busy = busy;
    qemu.state = state;
    qemu.reason = reason;
    qemu.done = done;
    (void)pthread_cond_broadcast(&qemu.changed);
    (void)pthread_mutex_unlock(&qemu.lock);
}

static unsigned asked(void)
{
    unsigned n;

    (void)pthread_mutex_lock(&qemu.lock);
    n = qemu.asked;
    (void)pthread_mutex_unlock(&qemu.lock);
    return n;
}

static int setup(void **state)
{
    struct hvc_hypervisor *h = NULL;
    int result = hvc_libvirt_open("test:///default", &h, NULL);

    set(false, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, false);
    *state = h;
    return result;
}

static int teardown(void **state)
{
    set(false, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, true);
    hvc_hypervisor_close(*state);
    return 0;
}

static int look(struct hvc_hypervisor *h, uint64_t ms, struct hvc_migrate_progress *progress)
{
    *progress = (struct hvc_migrate_progress){.phase = HVC_MIGRATE_NONE};
    return hvc_hypervisor_progress(h, UUID, hvc_deadline_in(ms), progress, NULL);
}

/* The one that waited has its answer and may not have said so yet. */
static int look_when_told(struct hvc_hypervisor *h, struct hvc_migrate_progress *progress)
{
    uint64_t deadline = hvc_deadline_in(20000);
    int result = look(h, 20000, progress);

    while (result == -ETIMEDOUT && hvc_deadline_left(deadline) > 0) {
        (void)poll(NULL, 0, 5);
        result = look(h, 20000, progress);
    }
    return result;
}

static void a_guest_that_is_stopped_for_its_migration_is_switching(void **state)
{
    struct hvc_migrate_progress progress;
    unsigned before;

    assert_int_equal(look(*state, 20000, &progress), 0);
    assert_int_equal(progress.phase, HVC_MIGRATE_COPY);
    set(true, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, false);
    before = asked();
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(look(*state, 4000, &progress), 0);
        assert_int_equal(progress.phase, HVC_MIGRATE_SWITCH);
        assert_int_equal(progress.percent, 60);
        assert_int_equal(progress.remaining_bytes, 400);
    }
    assert_int_equal(asked(), before + 1); /* the others would wait beside it */
    set(false, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, true);
    assert_int_equal(look_when_told(*state, &progress), 0);
    assert_int_equal(progress.phase, HVC_MIGRATE_NONE);
}

static void one_whose_state_tells_nothing_is_not_guessed_about(void **state)
{
    struct hvc_migrate_progress progress;

    set(true, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, false);
    assert_int_equal(look(*state, 400, &progress), -ETIMEDOUT);
    assert_int_equal(progress.phase, HVC_MIGRATE_NONE);
    set(false, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, false);
    assert_int_equal(look_when_told(*state, &progress), 0);
    assert_int_equal(progress.phase, HVC_MIGRATE_COPY);
}

#define WITH_DRIVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DRIVER(a_guest_that_is_stopped_for_its_migration_is_switching),
        WITH_DRIVER(one_whose_state_tells_nothing_is_not_guessed_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
