/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.known: the guests of the committed state, page by page. */
#include "job_cases.h"

#define DEFINITION(name, uuid, devices)                                                                                \
    "<domain type='kvm'><name>" name "</name><uuid>" uuid "</uuid><memory>2048</memory><vcpu>2</vcpu>"                 \
    "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>" devices "</devices></domain>"
#define DISK "<disk type='file' device='disk'><source file='/srv/new.qcow2'/><target dev='vda'/></disk>"
#define NET  "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>"

static const struct hvc_record *row(const struct hvc_call *call, size_t position)
{
    return hvc_record_list_at(call->data, "guests", position);
}

static void keep(const char *request)
{
    check(&(struct operation_case){"guest.add", request, "ok", "the cluster keeps the definition"});
}

static int three_guests(void **state)
{
    int rc = begin_jobs(state);

    keep("{\"xml\":\"" DEFINITION("new2", VM2, "") "\"}");
    keep("{\"xml\":\"" DEFINITION("vm1", VM1, "") "\",\"resource\":\"rsc-vm1\"}");
    keep("{\"xml\":\"" DEFINITION("new3", VM3, DISK NET) "\"}");
    return rc;
}

static void guests_come_in_order_of_their_uuid_page_by_page(void **state)
{
    struct hvc_call *call;

    (void)state;
    call = run("guest.known", "{\"limit\":2}");
    assert_int_equal(hvc_record_list_count(call->data, "guests"), 2);
    assert_string_equal(hvc_record_text(row(call, 0), "name", ""), "vm1");
    assert_string_equal(hvc_record_text(row(call, 0), "node", ""), "n1");
    assert_string_equal(hvc_record_text(row(call, 0), "resource", ""), "rsc-vm1");
    assert_int_equal(hvc_record_u64(row(call, 0), "memory_kib", 0), 2048);
    assert_int_equal(hvc_record_u64(row(call, 0), "cpus", 0), 2);
    assert_true(hvc_record_bool(row(call, 0), "definition", false));
    assert_string_equal(hvc_record_text(row(call, 1), "uuid", ""), VM2);
    assert_int_equal(hvc_record_u64(call->data, "left", 0), 1);
    assert_int_equal(hvc_record_u64(call->data, "total", 0), 3);
    assert_false(hvc_record_bool(call->data, "stale", true));
    hvc_call_unref(call);
    call = run("guest.known", "{\"limit\":2,\"after\":\"" VM2 "\"}");
    assert_int_equal(hvc_record_list_count(call->data, "guests"), 1);
    assert_string_equal(hvc_record_text(row(call, 0), "uuid", ""), VM3);
    assert_int_equal(hvc_record_u64(call->data, "left", 9), 0);
    hvc_call_unref(call);
}

static void devices_come_from_the_definition_that_is_kept_and_a_lost_one_is_told(void **state)
{
    const struct hvc_record *disk, *net;
    struct hvc_call *call;

    (void)state;
    call = run("guest.known", "{\"devices\":true}"); /* the fake keeper has kept the last definition only */
    assert_int_equal(hvc_record_list_count(call->data, "guests"), 3);
    assert_string_not_equal(hvc_record_text(row(call, 0), "definition_words", ""), "");
    assert_int_equal(hvc_record_type(row(call, 0), "disks"), HVC_RECORD_NONE);
    assert_string_equal(hvc_record_text(row(call, 2), "machine", ""), "q35");
    disk = hvc_record_list_at(row(call, 2), "disks", 0);
    assert_string_equal(hvc_record_text(disk, "source", ""), "/srv/new.qcow2");
    assert_string_equal(hvc_record_text(disk, "target", ""), "vda");
    assert_string_equal(hvc_record_text(disk, "kind", ""), "file");
    net = hvc_record_list_at(row(call, 2), "nets", 0);
    assert_string_equal(hvc_record_text(net, "source", ""), "br0");
    assert_string_equal(hvc_record_text(net, "mac", ""), "52:54:00:00:00:01");
    hvc_call_unref(call);
}

static void what_the_node_shows_of_a_guest_is_told_while_it_is_new(void **state)
{
    struct hvc_soft_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_call *call;

    (void)state;
    assert_non_null(facts);
    facts->node = 1;
    facts->guest_count = 1;
    facts->guests[0].guest_class = HVC_GUEST_PAUSED;
    assert_int_equal(hvc_parse_uuid_bytes(VM1, facts->guests[0].uuid), 0);
    keeper->soft = facts;
    keeper->soft_count = 1;
    call = run("guest.known", "{}");
    assert_string_equal(hvc_record_text(row(call, 0), "class", ""), hvc_guest_class_name(HVC_GUEST_PAUSED));
    assert_int_equal(hvc_record_type(row(call, 1), "class"), HVC_RECORD_NONE); /* it runs nowhere */
    hvc_call_unref(call);
    facts->guests_age_ms = HVC_SOFT_OLD_MS + 1;
    call = run("guest.known", "{}");
    assert_int_equal(hvc_record_type(row(call, 0), "class"), HVC_RECORD_NONE);
    hvc_call_unref(call);
    keeper->soft = NULL;
    keeper->soft_count = 0;
    free(facts);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, three_guests, end)
    const struct CMUnitTest tests[] = {
        T(guests_come_in_order_of_their_uuid_page_by_page),
        T(devices_come_from_the_definition_that_is_kept_and_a_lost_one_is_told),
        T(what_the_node_shows_of_a_guest_is_told_while_it_is_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
