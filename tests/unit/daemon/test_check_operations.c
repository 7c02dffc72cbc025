/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.check: what is asked for comes into the checks, and what they found into the answer. */
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "checked_guest.h"
#include "hvc/guest_storage.h"
#include "operation_cases.h"

#define CHECK(arguments) "guest.check", "{\"guest\":\"vm1\"," arguments "}"
#define TO_N2(kind)      "\"target\":\"n2\",\"kind\":\"" kind "\""
#define ROOT             "\"document\":\"version=1\\nroot=/fast\\n\""

static struct hvc_file_state file; /* at every place of n2 */
static unsigned looks;

static int live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *error)
{
    return read_its_xml(h, uuid, false, deadline_ms, ret_xml, error);
}

static int disk_size(struct hvc_hypervisor *h, const char *uuid, const char *name, uint64_t deadline_ms,
                     uint64_t *ret_bytes, struct hvc_error *error)
{
    (void)h, (void)uuid, (void)name, (void)deadline_ms, (void)error;
    *ret_bytes = 100;
    return 0;
}

static int look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                struct hvc_error *error)
{
    (void)h, (void)deadline_ms, (void)error;
    assert_string_equal(path, "/fast/a");
    looks++;
    *ret_state = file;
    return 0;
}

static int up(void **state)
{
    static const struct hvc_storage_ops storage = {.live_xml = live_xml, .disk_size = disk_size, .file_look = look};
    static struct hvc_hypervisor_ops ops;

    (void)begin(state);
    ops = *world->here.base.ops;
    ops.read_xml = read_its_xml;
    ops.fits = fits_everywhere;
    ops.reaches = reaches;
    ops.storage = &storage;
    world->here.base.ops = world->there.base.ops = &ops;
    put_running(&world->here, UUID, "vm1");
    disk = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    file = (struct hvc_file_state){.has_directory = true, .available = 1000};
    looks = 0;
    return 0;
}

/* The severity of that finding about n2, "" without it. */
static const char *severity_of(const char *operation, const char *arguments, const char *code)
{
    static char severity[16];
    struct hvc_call *call = run(operation, arguments);
    const struct hvc_record *node = hvc_record_list_at(call->data, "nodes", 0);

    severity[0] = '\0';
    for (size_t i = 0; node != NULL && i < hvc_record_list_count(node, "findings"); i++) {
        const struct hvc_record *finding = hvc_record_list_at(node, "findings", i);

        if (strcmp(hvc_record_text(finding, "code", ""), code) == 0)
            (void)snprintf(severity, sizeof(severity), "%s", hvc_record_text(finding, "severity", ""));
    }
    hvc_call_unref(call);
    return severity;
}

static void what_cannot_be_asked_is_told_in_words(void **state)
{
    static const struct operation_case rows[] = {
        {CHECK("\"kind\":\"teleport\""), "invalid", "must be one of live, storage"},
        {CHECK("\"document\":\"\""), "invalid", "document"},
        {CHECK("\"document\":\"colour=red\""), "invalid", "the storage plan cannot be used: "},
        {CHECK("\"document\":\"version=1\\nroot=fast\\n\""), "invalid", "the storage plan cannot be used: "},
        {CHECK("\"document\":\"version=1\\ndisk=vda\\nkeep=yes\\npath=/b\\n\""), "invalid", "the storage plan"},
        {CHECK("\"overwrite\":\"often\""), "invalid", "overwrite"},
        {CHECK("\"target\":\"n9\""), "not-found", "vm1 cannot move: "},
        {"guest.check", "{\"guest\":\"vm9\"}", "not-found", "no node knows a guest \"vm9\""},
        {"guest.check", "{}", "invalid", "guest"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    world->operations.keeper = NULL;
    check(&(struct operation_case){CHECK("\"target\":\"n2\""), "unreachable", "only where hvclusterd runs"});
    world->operations.keeper = &keeper->base;
}

static void a_document_sends_the_checks_to_its_places(void **state)
{
    (void)state;
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") "," ROOT), "storage-place"), "");
    assert_int_equal(looks, 1);
    file.exists = true;
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") "," ROOT), "storage-place"), "error");
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") "," ROOT ",\"overwrite\":false"), "storage-place"),
                        "error");
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") "," ROOT ",\"overwrite\":true"), "storage-place"), "");
    file = (struct hvc_file_state){.has_directory = true, .available = 99};
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") "," ROOT), "storage-place"), "error");
    assert_string_equal(severity_of(CHECK("\"kind\":\"storage\"," ROOT), "storage-place"), "error");
}

/* A plan of another guest is no defect of the request: it is found as the target's answer. */
static void a_plan_for_disks_that_the_guest_has_not_is_a_finding(void **state)
{
    (void)state;
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage") ",\"document\":\"version=1\\ndisk=vdz\\npath=/b\\n\""),
                                    "storage-place"),
                        "error");
    assert_int_equal(looks, 0);
}

static void without_a_document_no_place_is_looked_at(void **state)
{
    (void)state;
    assert_string_equal(severity_of(CHECK(TO_N2("live-storage")), "storage-place"), "");
    assert_string_equal(severity_of(CHECK(TO_N2("live") ",\"overwrite\":true"), "storage-place"), "");
    assert_string_equal(severity_of(CHECK(TO_N2("quick") "," ROOT), "storage-place"), "");
    assert_int_equal(looks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_told_in_words, up, end),
        cmocka_unit_test_setup_teardown(a_document_sends_the_checks_to_its_places, up, end),
        cmocka_unit_test_setup_teardown(a_plan_for_disks_that_the_guest_has_not_is_a_finding, up, end),
        cmocka_unit_test_setup_teardown(without_a_document_no_place_is_looked_at, up, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
