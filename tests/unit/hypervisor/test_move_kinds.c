/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves of every kind beyond a live one over two fake nodes: what they leave, also when they fail or are run again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "fake_kinds.h"
#include "guest_devices.h"
#include "hvc/clock.h"

static struct hvc_storage_plan plan;

static int setup(void **state)
{
    static struct kinds_world world;

    kinds_begin(&world);
    *state = &world;
    memset(&plan, 0, sizeof(plan));
    memcpy(plan.root, "/new", 5);
    return 0;
}

static int teardown(void **state)
{
    kinds_end(*state);
    return 0;
}

static struct hvc_move_request request_of(struct kinds_world *w, enum hvc_job_kind kind)
{
    return (struct hvc_move_request){.id = {.uuid = KINDS_UUID, .name = "vm1"},
                                     .kind = kind,
                                     .source = &w->a.base,
                                     .target = kind == HVC_KIND_STORAGE ? &w->a.base : &w->b.base,
                                     .source_name = "n1",
                                     .target_name = kind == HVC_KIND_STORAGE ? "n1" : "n2",
                                     .options = {.target_uri = "fake://n2"},
                                     .token = "7",
                                     .plan = kind == HVC_KIND_QUICK || kind == HVC_KIND_RESTART ? NULL : &plan};
}

/* A whole run; nothing may ever be at both ends. */
static enum hvc_move_end run(struct kinds_world *w, const struct hvc_move_request *request, uint64_t ms,
                             struct hvc_error *error)
{
    struct hvc_move *move = NULL;
    enum hvc_move_end end;

    memset(error, 0, sizeof(*error));
    assert_int_equal(hvc_move_new(request, &move, error), 0);
    end = hvc_move_run(move, hvc_deadline_in(ms), error);
    hvc_move_free(move);
    assert_int_equal(w->ran_twice, 0);
    if (end != HVC_MOVE_MOVED && end != HVC_MOVE_PREPARED)
        assert_string_not_equal(error->text, "");
    return end;
}

static enum hvc_move_end run_kind(struct kinds_world *w, enum hvc_job_kind kind, struct hvc_error *error)
{
    const struct hvc_move_request request = request_of(w, kind);

    return run(w, &request, 20000, error);
}

/* ---- quick ---- */

static void a_quick_move_takes_the_file_along_and_leaves_none(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    kinds_put(&w->a, "/nvram/vm1.fd", "its variables");
    kinds_put(&w->b, "/nvram/vm1.fd", "older ones");
    w->a.guest_class = HVC_GUEST_PAUSED;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.guest_class, HVC_GUEST_PAUSED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_ABSENT);
    assert_string_equal(kinds_content(&w->b, "/nvram/vm1.fd"), "its variables");
    assert_int_equal(kinds_count(&w->b), 1);
    assert_int_equal(kinds_count(&w->a), 2); /* the disk and the variables stay */
}

static void a_quick_move_that_fails_at_the_target_is_restored_at_the_source(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->b.failures[CALL_RESTORE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -EIO);
    assert_non_null(strstr(error.text, "is on n1 again, restored"));
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    assert_int_equal(kinds_count(&w->a), 1);
    assert_int_equal(kinds_count(&w->b), 0);
}

static void a_guest_that_is_restored_nowhere_stays_in_its_file(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->b.failures[CALL_RESTORE] = w->a.failures[CALL_RESTORE] = 9;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_BROKEN);
    assert_int_equal(kinds_count(&w->a), 2);
    w->b.failures[CALL_RESTORE] = 0;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_MOVED); /* and the move can be run again */
    assert_int_equal(w->b.guest_class, HVC_GUEST_RUNNING);
}

static void nothing_is_restored_while_the_target_is_silent(void **state)
{
    struct kinds_world *w = *state;
    const struct hvc_move_request request = request_of(w, HVC_KIND_QUICK);
    char path[HVC_DISK_PATH_MAX];
    struct hvc_error error;

    /* its process died after the save, and the target is lost */
    (void)snprintf(path, sizeof(path), "/var/lib/libvirt/qemu/save/hvcluster-%s-7.save", KINDS_UUID);
    kinds_put(&w->a, path, "running");
    kinds_put(&w->a, "/nvram/vm1.fd", "its variables");
    w->a.guest_class = HVC_GUEST_ABSENT;
    w->b.silent = true;
    assert_int_equal(run(w, &request, 300, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(w->a.calls[CALL_RESTORE], 0);
    w->b.silent = false;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.guest_class, HVC_GUEST_RUNNING);
    assert_string_equal(kinds_content(&w->b, "/nvram/vm1.fd"), "its variables");
}

static void a_save_that_fails_leaves_the_guest(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.failures[CALL_SAVE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_STAYED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    w->a.available = 1000;
    assert_int_equal(run_kind(w, HVC_KIND_QUICK, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -ENOSPC);
}

/* ---- restart ---- */

static void a_restart_moves_and_takes_its_mark_away(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.guest_class, HVC_GUEST_RUNNING);
    assert_null(strstr(w->b.live_xml, "transit"));
    assert_null(w->a.stored_xml);
    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.calls[CALL_START], 1);
}

static void a_restart_that_fails_at_the_target_starts_at_the_source(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.stored_xml = strdup(w->a.live_xml);
    w->b.failures[CALL_START] = 9;
    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_STAYED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    assert_null(strstr(w->a.stored_xml, "transit"));
    w->a.failures[CALL_START] = 9;
    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_BROKEN);
    assert_int_equal(w->a.guest_class, HVC_GUEST_ABSENT);
    w->b.failures[CALL_START] = 0;
    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_MOVED); /* the mark says that it is to run */
    assert_int_equal(w->b.guest_class, HVC_GUEST_RUNNING);
}

static void a_guest_that_does_not_hear_is_forced_only_when_that_is_said(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_RESTART);
    struct hvc_error error;

    w->a.deaf = true;
    request.stop_ms = 300;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -ETIMEDOUT);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    request.restart = HVC_RESTART_FORCE;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
}

static void a_guest_that_somebody_switched_off_is_not_started(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.stored_xml = strdup(w->a.live_xml);
    w->a.guest_class = HVC_GUEST_ABSENT;
    assert_int_equal(run_kind(w, HVC_KIND_RESTART, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -ENOENT);
}

static void a_paused_guest_is_not_asked_and_starts_paused(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_RESTART);
    struct hvc_error error;

    w->a.guest_class = HVC_GUEST_PAUSED;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    request.restart = HVC_RESTART_TURN_OFF;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.guest_class, HVC_GUEST_PAUSED);
}

static void a_guest_that_has_crashed_is_turned_off_and_runs_at_the_target(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_RESTART);
    struct hvc_error error;

    w->a.guest_class = HVC_GUEST_FAILED;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    assert_non_null(strstr(error.text, "turn it off"));
    request.restart = HVC_RESTART_FORCE;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->b.guest_class, HVC_GUEST_RUNNING);
}

/* ---- definition ---- */

static void a_definition_moves_with_its_nvram(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_NOT_STARTED); /* it runs */
    w->a.stored_xml = strdup(w->a.live_xml);
    w->a.guest_class = HVC_GUEST_ABSENT;
    kinds_put(&w->a, "/nvram/vm1.fd", "its variables");
    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_MOVED);
    assert_null(w->a.stored_xml);
    assert_non_null(w->b.stored_xml);
    assert_string_equal(kinds_content(&w->b, "/nvram/vm1.fd"), "its variables");
    assert_string_equal(kinds_content(&w->a, "/nvram/vm1.fd"), "its variables");
    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_MOVED);
}

/* The state of an emulated TPM lies in files of the node, of which libvirt takes care in a live migration only. */
static void a_guest_with_a_tpm_is_not_moved_without_its_state(void **state)
{
    static const char tpm[] = "<domain><name>vm1</name><uuid>" KINDS_UUID "</uuid><devices>"
                              "<tpm><backend type='emulator'/></tpm></devices></domain>";
    static const unsigned kinds[] = {HVC_KIND_QUICK, HVC_KIND_RESTART, HVC_KIND_DEFINITION};
    struct kinds_world *w = *state;
    struct hvc_error error;

    for (size_t i = 0; i < HVC_COUNT(kinds); i++) {
        bool off = kinds[i] == HVC_KIND_DEFINITION;

        free(w->a.stored_xml);
        free(w->a.live_xml);
        w->a.stored_xml = off ? strdup(tpm) : NULL;
        w->a.live_xml = off ? NULL : strdup(tpm);
        w->a.guest_class = off ? HVC_GUEST_ABSENT : HVC_GUEST_RUNNING;
        assert_int_equal(run_kind(w, kinds[i], &error), HVC_MOVE_NOT_STARTED);
        assert_non_null(strstr(error.text, "its TPM keeps its state in files of"));
        assert_int_equal(w->a.guest_class, off ? HVC_GUEST_ABSENT : HVC_GUEST_RUNNING);
        assert_null(w->b.stored_xml);
    }
}

static void a_definition_that_the_target_does_not_take_stays(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.stored_xml = strdup(w->a.live_xml);
    w->a.guest_class = HVC_GUEST_ABSENT;
    w->b.failures[CALL_DEFINE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_STAYED);
    assert_non_null(w->a.stored_xml);
    w->b.stored_xml = strdup("<domain><name>vm1</name></domain>");
    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -EEXIST);
    w->snapshots = 2;
    assert_int_equal(run_kind(w, HVC_KIND_DEFINITION, &error), HVC_MOVE_NOT_STARTED);
    assert_non_null(strstr(error.text, "2 snapshots"));
}

/* ---- storage ---- */

static void disks_go_to_their_new_places(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.stored_xml = strdup(w->a.live_xml);
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_string_equal(kinds_content(&w->a, "/new/vm1.img"), "the disk");
    assert_null(kinds_content(&w->a, "/old/vm1.img"));
    assert_non_null(strstr(w->a.stored_xml, "/new/vm1.img"));
    assert_null(strstr(w->a.live_xml, "transit"));
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->a.calls[CALL_COPY], 1);
}

static void a_source_is_kept_when_that_is_asked_for(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_STORAGE);
    struct hvc_error error;

    request.flags = HVC_OPTION_AVOID_REMOVING;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_non_null(kinds_content(&w->a, "/old/vm1.img"));
}

static void a_file_in_the_way_is_overwritten_only_when_that_is_asked_for(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_STORAGE);
    struct hvc_error error;

    kinds_put(&w->a, "/new/vm1.img", "somebody's");
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -EEXIST);
    assert_string_equal(kinds_content(&w->a, "/new/vm1.img"), "somebody's");
    w->a.available = 99;
    request.flags = HVC_OPTION_OVERWRITE;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -ENOSPC);
    w->a.available = 1000;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
}

static void a_copy_that_does_not_end_in_time_is_undone(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_STORAGE);
    struct hvc_error error;

    w->copies_stand = true;
    assert_int_equal(run(w, &request, 400, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -ETIMEDOUT);
    assert_string_equal(kinds_content(&w->a, "/old/vm1.img"), "the disk");
    assert_int_equal(kinds_count(&w->a), 1);
    assert_null(strstr(w->a.live_xml, "transit"));
    assert_null(strstr(w->a.live_xml, "mirror"));
}

static void a_copy_that_does_not_begin_is_undone(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.failures[CALL_COPY] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_STAYED);
    assert_int_equal(kinds_count(&w->a), 1);
    w->a.failures[CALL_PIVOT] = 3; /* the switch is tried again */
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->a.calls[CALL_PAUSE], w->a.calls[CALL_RESUME]);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    w->snapshots = 1;
    memcpy(plan.root, "/xyz", 5);
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_NOT_STARTED);
}

static void a_guest_stands_still_while_its_disks_are_switched(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.failures[CALL_PAUSE] = w->a.failures[CALL_RESUME] = 2; /* each is tried again */
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->switched_running, 0);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
}

static void and_not_while_much_is_left_to_copy(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_STORAGE);
    struct hvc_error error;

    w->left = UINT64_C(17) << 20;
    assert_int_equal(run(w, &request, 400, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -ETIMEDOUT);
    assert_int_equal(w->a.calls[CALL_PAUSE], 0);
    w->left = UINT64_C(15) << 20;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
}

static void a_guest_that_somebody_has_paused_stays_so(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.guest_class = HVC_GUEST_PAUSED;
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->a.calls[CALL_PAUSE] + w->a.calls[CALL_RESUME], 0);
    assert_int_equal(w->a.guest_class, HVC_GUEST_PAUSED);
}

/* The process died between the pause and the first switch. */
static void put_a_halted_guest(struct kinds_world *w, const char *token)
{
    struct hvc_transit mark = {.present = true, .halted = true};
    struct hvc_error error = {.code = 0};
    char *element = NULL;

    (void)snprintf(mark.token, sizeof(mark.token), "%s", token);
    assert_int_equal(hvc_transit_element(&mark, &element), 0);
    assert_int_equal(hvc_guest_set_transit(&w->a.base, KINDS_UUID, element, HVC_NO_DEADLINE, &error), 0);
    free(element);
    w->a.guest_class = HVC_GUEST_PAUSED;
}

static void a_guest_that_a_former_run_has_halted_goes_on(void **state)
{
    static const char disk[] = "<disk><source file=\"/new/vm1.img\"/></disk>";
    struct kinds_world *w = *state;
    struct hvc_error error = {.code = 0};

    assert_int_equal(hvc_disk_copy(&w->a.base, KINDS_UUID, "vda", disk, 0, HVC_NO_DEADLINE, &error), 0);
    put_a_halted_guest(w, "7");
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    assert_int_equal(w->switched_running, 0);
    assert_string_equal(kinds_content(&w->a, "/new/vm1.img"), "the disk");
}

/* Also of one whose disks cannot be moved, and of another job's run. */
static void a_guest_that_was_halted_goes_on_whatever_becomes_of_its_move(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error = {.code = 0};

    put_a_halted_guest(w, "another");
    w->snapshots = 1;
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    assert_null(strstr(w->a.live_xml, "halted"));
}

static void nothing_is_told_of_a_halted_guest_before_it_goes_on(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_STORAGE);
    struct hvc_error error = {.code = 0};

    put_a_halted_guest(w, "7");
    w->a.failures[CALL_RESUME] = 1;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_UNPROVEN);
    w->a.silent = true;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    request.again = true;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_UNPROVEN);
    w->a.silent = false;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->switched_running, 0);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
}

static void a_guest_that_sleeps_needs_no_halt(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.state = 7; /* VIR_DOMAIN_PMSUSPENDED, which cannot be paused */
    assert_int_equal(run_kind(w, HVC_KIND_STORAGE, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->a.calls[CALL_PAUSE], 0);
}

/* ---- both; staged ---- */

static void a_guest_moves_with_its_disks(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    assert_int_equal(run_kind(w, HVC_KIND_LIVE_STORAGE, &error), HVC_MOVE_MOVED);
    assert_string_equal(kinds_content(&w->b, "/new/vm1.img"), "the disk");
    assert_int_equal(kinds_count(&w->a), 0);
    assert_null(strstr(w->b.live_xml, "transit"));
}

static void a_migration_that_fails_leaves_no_files(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->a.failures[CALL_MIGRATE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_LIVE_STORAGE, &error), HVC_MOVE_STAYED);
    assert_int_equal(kinds_count(&w->b), 0);
    assert_null(strstr(w->a.live_xml, "transit"));
    assert_string_equal(kinds_content(&w->a, "/old/vm1.img"), "the disk");
    w->b.failures[CALL_CREATE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_LIVE_STORAGE, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(kinds_count(&w->b), 0);
    assert_null(strstr(w->a.live_xml, "transit"));
}

static void a_disk_that_both_nodes_see_is_never_overwritten(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_LIVE_STORAGE);
    struct hvc_error error;

    w->shared = true;
    memcpy(plan.root, "/old", 5);
    request.flags = HVC_OPTION_OVERWRITE;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_NOT_STARTED);
    assert_non_null(strstr(error.text, "both nodes reach"));
    assert_string_equal(kinds_content(&w->a, "/old/vm1.img"), "the disk");
}

static void a_planned_system_is_prepared_and_realised(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_LIVE_STORAGE);
    struct hvc_error error;

    assert_int_equal(run_kind(w, HVC_KIND_STAGED, &error), HVC_MOVE_PREPARED);
    assert_int_equal(w->a.guest_class, HVC_GUEST_RUNNING);
    assert_int_equal(w->b.guest_class, HVC_GUEST_ABSENT);
    assert_non_null(strstr(w->b.stored_xml, "/new/vm1.img"));
    assert_string_equal(kinds_content(&w->b, "/new/vm1.img"), "empty");
    assert_int_equal(run_kind(w, HVC_KIND_STAGED, &error), HVC_MOVE_PREPARED);
    request.plan = NULL;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_string_equal(kinds_content(&w->b, "/new/vm1.img"), "the disk");
    assert_null(strstr(w->b.stored_xml, "transit"));
}

static void a_plan_that_fails_leaves_nothing(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_error error;

    w->b.failures[CALL_CREATE] = 1;
    assert_int_equal(run_kind(w, HVC_KIND_STAGED, &error), HVC_MOVE_NOT_STARTED);
    assert_null(w->b.stored_xml);
    assert_int_equal(kinds_count(&w->b), 0);
    w->b.stored_xml = strdup(w->a.live_xml);
    assert_int_equal(run_kind(w, HVC_KIND_STAGED, &error), HVC_MOVE_NOT_STARTED);
    assert_int_equal(error.code, -EEXIST);
}

static void files_beside_the_disks_go_along(void **state)
{
    struct kinds_world *w = *state;
    struct hvc_move_request request = request_of(w, HVC_KIND_LIVE_STORAGE);
    struct hvc_error error;

    plan.unmanaged_count = 2;
    memcpy(plan.unmanaged[0].from, "/notes", 7);
    memcpy(plan.unmanaged[0].to, "/new/notes", 11);
    memcpy(plan.unmanaged[1].from, "/missing", 9);
    memcpy(plan.unmanaged[1].to, "/new/missing", 13);
    kinds_put(&w->a, "/notes", "words");
    request.flags = HVC_OPTION_REMOVE_UNMANAGED;
    assert_int_equal(run(w, &request, 20000, &error), HVC_MOVE_MOVED);
    assert_string_equal(kinds_content(&w->b, "/new/notes"), "words");
    assert_null(kinds_content(&w->a, "/notes"));
    assert_non_null(strstr(error.text, "/missing was not copied"));
}

static void a_request_that_makes_no_sense_is_refused(void **state)
{
    struct hvc_move_request request = request_of(*state, HVC_KIND_STORAGE);
    struct hvc_move *move = NULL;
    struct hvc_error error = {.code = 0};

    request.plan = NULL;
    assert_int_equal(hvc_move_new(&request, &move, &error), -EINVAL);
    request.kind = HVC_KIND_COUNT;
    assert_int_equal(hvc_move_new(&request, &move, &error), -EINVAL);
    request.kind = HVC_KIND_QUICK;
    request.adopt = true;
    assert_int_equal(hvc_move_new(&request, &move, &error), -EINVAL);
    assert_non_null(strstr(error.text, "adopted"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_quick_move_takes_the_file_along_and_leaves_none),
        TEST(a_quick_move_that_fails_at_the_target_is_restored_at_the_source),
        TEST(a_guest_that_is_restored_nowhere_stays_in_its_file),
        TEST(nothing_is_restored_while_the_target_is_silent),
        TEST(a_save_that_fails_leaves_the_guest),
        TEST(a_restart_moves_and_takes_its_mark_away),
        TEST(a_restart_that_fails_at_the_target_starts_at_the_source),
        TEST(a_guest_that_does_not_hear_is_forced_only_when_that_is_said),
        TEST(a_guest_that_somebody_switched_off_is_not_started),
        TEST(a_paused_guest_is_not_asked_and_starts_paused),
        TEST(a_guest_that_has_crashed_is_turned_off_and_runs_at_the_target),
        TEST(a_definition_moves_with_its_nvram),
        TEST(a_guest_with_a_tpm_is_not_moved_without_its_state),
        TEST(a_definition_that_the_target_does_not_take_stays),
        TEST(disks_go_to_their_new_places),
        TEST(a_source_is_kept_when_that_is_asked_for),
        TEST(a_file_in_the_way_is_overwritten_only_when_that_is_asked_for),
        TEST(a_copy_that_does_not_end_in_time_is_undone),
        TEST(a_copy_that_does_not_begin_is_undone),
        TEST(a_guest_stands_still_while_its_disks_are_switched),
        TEST(and_not_while_much_is_left_to_copy),
        TEST(a_guest_that_somebody_has_paused_stays_so),
        TEST(a_guest_that_a_former_run_has_halted_goes_on),
        TEST(a_guest_that_was_halted_goes_on_whatever_becomes_of_its_move),
        TEST(nothing_is_told_of_a_halted_guest_before_it_goes_on),
        TEST(a_guest_that_sleeps_needs_no_halt),
        TEST(a_guest_moves_with_its_disks),
        TEST(a_migration_that_fails_leaves_no_files),
        TEST(a_disk_that_both_nodes_see_is_never_overwritten),
        TEST(a_planned_system_is_prepared_and_realised),
        TEST(a_plan_that_fails_leaves_nothing),
        TEST(files_beside_the_disks_go_along),
        TEST(a_request_that_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
