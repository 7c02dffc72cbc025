/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver against libvirt's own in-process test hypervisor (test:///default, one guest "test" that runs). */
#include "hvc/libvirt_driver.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"

#define OTHER "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define TEST  "6695eb01-f6a4-8304-79aa-97f2502e193f" /* the UUID of the guest that the driver brings */
#define VM1                                                                                                            \
    "<domain type='test'><name>vm1</name><uuid>" OTHER "</uuid><memory>8192</memory><os><type>hvm</type></os></"       \
    "domain>"
#define SOON hvc_deadline_in(5000)
#define URI  "test:///default"

static int setup(void **state)
{
    struct hvc_hypervisor *h = NULL;
    int result = hvc_libvirt_open(URI, &h, NULL);

    *state = h;
    return result;
}

static int teardown(void **state)
{
    hvc_hypervisor_close(*state);
    return 0;
}

static enum hvc_guest_class class_of(struct hvc_hypervisor *h, const char *uuid)
{
    struct hvc_guest_state guest;
    struct hvc_error error = {.code = 0};

    if (hvc_hypervisor_inspect(h, uuid, SOON, &guest, &error) < 0)
        fail_msg("%s", error.text);
    assert_string_equal(guest.id.uuid, uuid);
    assert_int_equal(guest.source, HVC_SOURCE_LIBVIRT);
    return guest.guest_class;
}

static void opening_checks_the_uri_and_asks_nothing(void **state)
{
    struct hvc_hypervisor *h = NULL;
    struct hvc_hypervisor_status status;
    struct hvc_error error;
    char longest[HVC_URI_MAX + 1];

    (void)state;
    memset(longest, 'u', HVC_URI_MAX);
    longest[HVC_URI_MAX] = '\0';
    assert_int_equal(hvc_libvirt_open(NULL, &h, &error), -EINVAL);
    assert_int_equal(hvc_libvirt_open("", &h, &error), -EINVAL);
    assert_int_equal(hvc_libvirt_open(longest, &h, &error), -EINVAL);
    assert_null(h);
    assert_int_equal(hvc_libvirt_open("qemu+tls://nowhere.invalid/system", &h, &error), 0);
    hvc_hypervisor_status(h, &status);
    assert_int_equal(status.health, HVC_HYPERVISOR_UNUSED);
    assert_int_equal(status.stuck_calls, 0);
    hvc_hypervisor_close(h);
    hvc_hypervisor_close(NULL);
}

static void a_guest_that_is_not_known_is_absent(void **state)
{
    struct hvc_hypervisor_status status;
    struct hvc_guest_state guest;

    assert_int_equal(hvc_hypervisor_inspect(*state, "0B6E4D5E-7D3A-4C0F-9A53-6E6A5A3B1C0D", SOON, &guest, NULL), 0);
    assert_int_equal(guest.guest_class, HVC_GUEST_ABSENT);
    assert_string_equal(guest.id.uuid, OTHER);
    assert_string_equal(guest.words, "not known to libvirt here");
    hvc_hypervisor_status(*state, &status);
    assert_int_equal(status.health, HVC_HYPERVISOR_ANSWERS);
}

static void what_is_no_uuid_is_refused(void **state)
{
    struct hvc_guest_state guest;
    struct hvc_migrate_progress progress;
    struct hvc_error error;

    assert_int_equal(hvc_hypervisor_inspect(*state, "vm1", SOON, &guest, &error), -EINVAL);
    assert_non_null(strstr(error.text, "\"vm1\" is no UUID"));
    assert_int_equal(hvc_hypervisor_stop(*state, "", HVC_STOP_KILL, SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, (enum hvc_stop_step)9, SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_progress(*state, NULL, SOON, &progress, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_cancel(*state, "x", SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_set_owner(*state, "x", "r", SOON, &error), -EINVAL);
}

static void a_guest_lives_from_start_to_stop(void **state)
{
    struct hvc_guest_state guest;
    struct hvc_error error = {.code = 0};

    if (hvc_hypervisor_start(*state, VM1, "vm-1", SOON, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_int_equal(guest.guest_class, HVC_GUEST_RUNNING);
    assert_string_equal(guest.id.name, "vm1");
    assert_string_equal(guest.owner, "vm-1");
    assert_string_equal(guest.words, "running (booted)");
    assert_int_equal(guest.memory_kib, 8192);
    assert_false(guest.persistent);
    assert_false(guest.autostart);
    assert_false(guest.migrating_out);

    assert_int_equal(hvc_hypervisor_start(*state, VM1, "vm-1", SOON, &error), -EEXIST);
    assert_non_null(strstr(error.text, "active here already"));

    assert_int_equal(hvc_hypervisor_pause(*state, OTHER, SOON, NULL), 0);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_PAUSED);
    assert_int_equal(hvc_hypervisor_resume(*state, OTHER, SOON, NULL), 0);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_RUNNING);

    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_DESTROY, SOON, NULL), 0);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_ABSENT);
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_KILL, SOON, &error), -ENOENT);
}

static void the_owner_is_changed_and_removed_while_the_guest_runs(void **state)
{
    struct hvc_guest_state guest;

    assert_int_equal(hvc_hypervisor_start(*state, VM1, "", SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_string_equal(guest.owner, "");
    assert_int_equal(hvc_hypervisor_set_owner(*state, OTHER, "a<b>\"c\"", SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_string_equal(guest.owner, "a<b>\"c\"");
    assert_int_equal(hvc_hypervisor_set_owner(*state, OTHER, NULL, SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_set_owner(*state, OTHER, "", SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_string_equal(guest.owner, "");
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_KILL, SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_set_owner(*state, OTHER, "x", SOON, NULL), -ENOENT);
}

static void a_stored_definition_stays_as_it_is(void **state)
{
    struct hvc_guest_state guest;
    struct hvc_error error = {.code = 0};
    char *xml = NULL;

    assert_int_equal(hvc_hypervisor_define(*state, VM1, SOON, NULL), 0);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_ABSENT);
    assert_int_equal(hvc_hypervisor_start(*state, VM1, "vm-1", SOON, &error), 0);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_true(guest.persistent);
    assert_string_equal(guest.owner, "vm-1");
    assert_int_equal(hvc_hypervisor_read_xml(*state, OTHER, true, SOON, &xml, NULL), 0);
    assert_null(strstr(xml, "vm-1"));
    free(xml);
    assert_int_equal(hvc_hypervisor_read_xml(*state, OTHER, false, SOON, &xml, NULL), 0);
    assert_non_null(strstr(xml, "vm-1"));
    free(xml);
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_SHUTDOWN, SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_inspect(*state, OTHER, SOON, &guest, NULL), 0);
    assert_int_equal(guest.guest_class, HVC_GUEST_ABSENT);
    assert_true(guest.persistent);
    assert_string_equal(guest.owner, "");
    assert_int_equal(hvc_hypervisor_undefine(*state, OTHER, SOON, &error), 0);
    assert_int_equal(hvc_hypervisor_undefine(*state, OTHER, SOON, &error), -ENOENT);
    assert_int_equal(hvc_hypervisor_read_xml(*state, OTHER, false, SOON, &xml, &error), -ENOENT);
}

static void a_guest_of_the_same_name_is_told_apart_by_its_uuid(void **state)
{
    static const char twin[] = "<domain type='test'><name>test</name><uuid>" OTHER
                               "</uuid><memory>8192</memory><os><type>hvm</type></os></domain>";
    struct hvc_error error;

    assert_int_equal(hvc_hypervisor_start(*state, twin, "r", SOON, &error), -EEXIST);
    assert_non_null(strstr(error.text, "another guest of the name test"));
    assert_non_null(strstr(error.text, OTHER));
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_ABSENT);
}

static void bad_definitions_never_reach_libvirt(void **state)
{
    struct hvc_error error;

    assert_int_equal(hvc_hypervisor_start(*state, "<domain/>", "r", SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_define(*state, "", SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_start(*state,
                                          "<domain type='kvm'><name>a</name><uuid>" OTHER
                                          "</uuid><memory>8192</memory></domain>",
                                          "r", SOON, &error),
                     -EINVAL);
    assert_non_null(strstr(error.text, "an os <type> must be specified")); /* libvirt's own words */
}

static void all_guests_are_listed(void **state)
{
    struct hvc_guest_state *guests = NULL;
    size_t count = 0, seen = 0;

    assert_int_equal(hvc_hypervisor_define(*state, VM1, SOON, NULL), 0);
    assert_int_equal(hvc_hypervisor_list(*state, SOON, &guests, &count, NULL), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(guests[i].id.name, "vm1") == 0 && guests[i].guest_class == HVC_GUEST_ABSENT && guests[i].persistent)
            seen++;
        if (strcmp(guests[i].id.name, "test") == 0 && guests[i].guest_class == HVC_GUEST_RUNNING)
            seen++;
    }
    assert_int_equal(seen, 2);
    free(guests);
    assert_int_equal(hvc_hypervisor_undefine(*state, OTHER, SOON, NULL), 0);
}

static void the_hosts_facts_are_read(void **state)
{
    struct hvc_host_facts facts;

    assert_int_equal(hvc_hypervisor_host(*state, SOON, &facts, NULL), 0);
    assert_string_equal(facts.hypervisor, "TEST");
    assert_true(facts.cpus > 0);
    assert_true(facts.memory_kib > 0);
    assert_string_not_equal(facts.hostname, "");
}

static void migrations_are_checked_before_libvirt_is_asked(void **state)
{
    static const struct {
        struct hvc_migrate_options options;
        const char *words;
    } cases[] = {
        {{.target_uri = NULL}, "target"},
        {{.target_uri = ""}, "target"},
        {{.target_uri = "t", .bandwidth_mib = HVC_BANDWIDTH_MAX_MIB + 1}, "bandwidth"},
        {{.target_uri = "t", .max_downtime_ms = HVC_DOWNTIME_MAX_MS + 1}, "downtime"},
        {{.target_uri = "t", .parallel = HVC_PARALLEL_MAX + 1}, "parallel"},
        {{.target_uri = "t", .post_copy_bandwidth_mib = UINT64_MAX}, "post-copy's bandwidth"},
        {{.target_uri = "t", .disk_count = HVC_PLAN_DISKS_MAX + 1}, "disks are more"},
    };
    struct hvc_error error;

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(hvc_hypervisor_migrate(*state, TEST, &cases[i].options, SOON, &error), -EINVAL);
        assert_non_null(strstr(error.text, cases[i].words));
    }
    assert_int_equal(hvc_hypervisor_set_downtime(*state, TEST, 0, SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_set_downtime(*state, TEST, HVC_DOWNTIME_MAX_MS + 1, SOON, &error), -EINVAL);
    assert_int_equal(hvc_hypervisor_set_bandwidth(*state, TEST, HVC_BANDWIDTH_MAX_MIB + 1, SOON, &error), -EINVAL);
}

static void what_the_hypervisor_cannot_do_is_said_so(void **state)
{
    struct hvc_migrate_options options = {.target_uri = "qemu+tls://n2/system"};
    struct hvc_migrate_progress progress;
    struct hvc_error error;

    assert_int_equal(hvc_hypervisor_migrate(*state, OTHER, &options, SOON, &error), -ENOENT);
    assert_int_equal(hvc_hypervisor_migrate(*state, TEST, &options, SOON, &error), -EOPNOTSUPP);
    assert_int_equal(hvc_hypervisor_post_copy(*state, TEST, SOON, &error), -EOPNOTSUPP);
    assert_int_equal(hvc_hypervisor_interrupt(*state, TEST, SOON, &error), -EOPNOTSUPP);
    assert_int_equal(hvc_hypervisor_interrupt(*state, OTHER, SOON, &error), -ENOENT);
    options.resume = true;
    assert_int_equal(hvc_hypervisor_migrate(*state, TEST, &options, SOON, &error), -EINVAL);
    assert_non_null(strstr(error.text, "no migration of the guest from here is under way"));
    assert_int_equal(hvc_hypervisor_cancel(*state, OTHER, SOON, &error), 0);
    assert_int_equal(hvc_hypervisor_cancel(*state, TEST, SOON, &error), 0);
    assert_int_equal(hvc_hypervisor_progress(*state, TEST, SOON, &progress, NULL), 0);
    assert_int_equal(progress.phase, HVC_MIGRATE_NONE);
}

static void disks_and_files_are_checked_before_libvirt_is_asked(void **state)
{
    static char far[HVC_DISK_PATH_MAX + 8];
    struct hvc_error error = {.code = 0};
    struct hvc_block_job job;
    struct hvc_file_state file;
    char *xml = NULL;

    memset(far, 'x', sizeof(far) - 1);
    assert_int_equal(hvc_disk_job(*state, "vm1", "vda", SOON, &job, &error), -EINVAL);
    assert_int_equal(hvc_disk_copy(*state, TEST, far, "<disk/>", 0, SOON, &error), -EINVAL);
    assert_int_equal(hvc_disk_end(*state, OTHER, "vda", false, SOON, &error), -ENOENT);
    assert_string_not_equal(error.text, "");
    assert_int_equal(hvc_file_look(*state, "relative", SOON, &file, &error), -EINVAL);
    assert_int_equal(hvc_file_remove(*state, "/a/../b", SOON, &error), -EINVAL);
    assert_int_equal(hvc_file_create(*state, far, "raw", 1, SOON, &error), -ENAMETOOLONG);
    assert_int_equal(hvc_file_send(*state, "/a", NULL, "b", SOON, &error), -EINVAL);
    assert_int_equal(hvc_guest_save(*state, OTHER, "/tmp/x", SOON, &error), -ENOENT);
    assert_int_equal(hvc_guest_restore(*state, "x", SOON, &error), -EINVAL);
    assert_int_equal(hvc_guest_saved_xml(*state, "/a//b", SOON, &xml, &error), -EINVAL);
    assert_int_equal(hvc_guest_live_xml(*state, OTHER, SOON, &xml, &error), -ENOENT);
    assert_null(xml);
}

static void a_guest_is_saved_and_restored_and_keeps_the_mark_of_its_move(void **state)
{
    char path[] = "/tmp/hvc-test-save-XXXXXX";
    struct hvc_error error = {.code = 0};
    char *xml = NULL;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(hvc_hypervisor_start(*state, VM1, "vm-1", SOON, &error), 0);
    if (hvc_guest_set_transit(*state, OTHER, "<transit token='7'/>", SOON, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(hvc_guest_live_xml(*state, OTHER, SOON, &xml, &error), 0);
    assert_non_null(strstr(xml, "transit/1"));
    free(xml);
    assert_int_equal(hvc_guest_set_transit(*state, OTHER, NULL, SOON, &error), 0);
    assert_int_equal(hvc_guest_set_transit(*state, OTHER, NULL, SOON, &error), 0);
    if (hvc_guest_save(*state, OTHER, path, SOON, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_ABSENT);
    if (hvc_guest_saved_xml(*state, path, SOON, &xml, &error) < 0)
        fail_msg("%s", error.text);
    assert_non_null(strstr(xml, OTHER));
    free(xml);
    assert_int_equal(hvc_guest_restore(*state, path, SOON, &error), 0);
    assert_int_equal(class_of(*state, OTHER), HVC_GUEST_RUNNING);
    /* the test hypervisor is one for all handles of the process */
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_KILL, SOON, NULL), 0);
    (void)unlink(path);
}

struct seen {
    pthread_mutex_t lock;
    unsigned back, changed;
    char uuid[HVC_UUID_TEXT_MAX];
};

static void note(void *context, enum hvc_guest_event event, const struct hvc_guest_id *id)
{
    struct seen *seen = context;

    (void)pthread_mutex_lock(&seen->lock);
    if (event == HVC_EVENT_HYPERVISOR_BACK)
        seen->back++;
    if (event == HVC_EVENT_GUEST_CHANGED) {
        seen->changed++;
        memcpy(seen->uuid, id->uuid, sizeof(seen->uuid));
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

static bool reaches(struct seen *seen, const unsigned *count, unsigned wanted)
{
    uint64_t deadline = SOON;
    bool reached = false;

    while (!reached && hvc_deadline_left(deadline) > 0) {
        (void)pthread_mutex_lock(&seen->lock);
        reached = *count >= wanted;
        (void)pthread_mutex_unlock(&seen->lock);
        if (!reached)
            (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return reached;
}

static void a_watcher_hears_what_happens_to_guests(void **state)
{
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

    assert_int_equal(hvc_hypervisor_watch(*state, NULL, NULL, NULL), -EINVAL);
    assert_int_equal(hvc_hypervisor_watch(*state, note, &seen, NULL), 0);
    assert_int_equal(hvc_hypervisor_watch(*state, note, &seen, NULL), -EEXIST);
    assert_true(reaches(&seen, &seen.back, 1));
    assert_int_equal(hvc_hypervisor_start(*state, VM1, "r", SOON, NULL), 0);
    assert_true(reaches(&seen, &seen.changed, 1));
    assert_string_equal(seen.uuid, OTHER);
    assert_int_equal(hvc_hypervisor_stop(*state, OTHER, HVC_STOP_KILL, SOON, NULL), 0);
    assert_true(reaches(&seen, &seen.changed, 2));
    /* after the close nothing is called any more: seen goes out of scope */
    hvc_hypervisor_close(*state);
    assert_int_equal(setup(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_checks_the_uri_and_asks_nothing),
        cmocka_unit_test_setup_teardown(a_guest_that_is_not_known_is_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_uuid_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_lives_from_start_to_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(the_owner_is_changed_and_removed_while_the_guest_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stored_definition_stays_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_of_the_same_name_is_told_apart_by_its_uuid, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_definitions_never_reach_libvirt, setup, teardown),
        cmocka_unit_test_setup_teardown(all_guests_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_hosts_facts_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(migrations_are_checked_before_libvirt_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_hypervisor_cannot_do_is_said_so, setup, teardown),
        cmocka_unit_test_setup_teardown(disks_and_files_are_checked_before_libvirt_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_is_saved_and_restored_and_keeps_the_mark_of_its_move, setup, teardown),
        cmocka_unit_test_setup_teardown(a_watcher_hears_what_happens_to_guests, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
