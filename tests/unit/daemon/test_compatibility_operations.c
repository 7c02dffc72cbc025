/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest or a host needs, as a blob and as vectors, asked on any node; and the judgement about a blob. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/compatibility.h"
#include "hvc/host.h"
#include "world_fixture.h"

#define UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"
#define XML                                                                                                            \
    "<domain type='kvm'><name>vm1</name><uuid>" UUID "</uuid><memory>1024</memory><os><type arch='x86_64' "            \
    "machine='pc-q35-7.2'>hvm</type></os><cpu mode='custom'><model>EPYC</model></cpu><devices/></domain>"

static struct hvc_hypervisor_ops ops;
static struct hvc_call *call;
static struct hvc_fit_answer machine_here; /* n1's answer about the guest's machine type */
static const char *machines_here;          /* the only machine type that n1 has */

static int read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms, char **ret_xml,
                    struct hvc_error *error)
{
    (void)uuid, (void)inactive, (void)deadline_ms, (void)error;
    assert_ptr_equal(h, &world->there.base); /* it is on n2 alone */
    *ret_xml = strdup(XML);
    return *ret_xml == NULL ? -ENOMEM : 0;
}

static int host(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_host_facts *ret_facts,
                struct hvc_error *error)
{
    (void)h, (void)deadline_ms, (void)error;
    *ret_facts = (struct hvc_host_facts){.hypervisor_version = h == &world->here.base ? 7002011 : 7002000,
                                         .libvirt_version = 9000000,
                                         .architecture = "x86_64",
                                         .memory_kib = 4096};
    return 0;
}

static int fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error)
{
    (void)cpu, (void)deadline_ms, (void)error;
    memset(ret_fit, 0, sizeof(*ret_fit));
    assert_string_equal(profile->machine, "pc-q35-7.2");
    ret_fit->type.is = ret_fit->emulator.is = ret_fit->cpu.is = ret_fit->machine.is = HVC_TELL_YES;
    ret_fit->tpm.is = HVC_TELL_MOOT;
    if (h == &world->here.base)
        ret_fit->machine = machine_here;
    return 0;
}

static int names(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                 uint64_t deadline_ms, struct hvc_host_names *ret_names, struct hvc_error *error)
{
    (void)h, (void)profile, (void)deadline_ms, (void)error;
    memset(ret_names, 0, sizeof(*ret_names));
    hvc_name_set_add(&ret_names->features, "aes");
    if (cpu != NULL)
        return 0;
    hvc_name_set_add(&ret_names->features, "avx2");
    hvc_name_set_add(&ret_names->machines, machines_here);
    ret_names->kvm = true;
    return 0;
}

static int up(void **state)
{
    (void)state;
    make_world();
    ops = *world->here.base.ops;
    ops.read_xml = read_xml;
    ops.host = host;
    ops.fits = fits;
    ops.names = names;
    world->here.base.ops = world->there.base.ops = &ops;
    put_running(&world->there, UUID, "vm1");
    machine_here = (struct hvc_fit_answer){.is = HVC_TELL_YES};
    machines_here = "pc-q35-7.2";
    return 0;
}

static int down(void **state)
{
    (void)state;
    hvc_call_unref(call);
    call = NULL;
    drop_world();
    return 0;
}

/* Arguments as JSON; the word of the result, the data that came in `data`. */
static const struct hvc_record *data;
static const char *ask(const char *operation, const char *arguments)
{
    static char json[16384];

    hvc_call_unref(call);
    (void)snprintf(json, sizeof(json), "{\"op\":\"%s\",\"version\":1,\"args\":%s}", operation, arguments);
    call = fake_call(json);
    hvc_call_run(&world->operations, call);
    data = hvc_record_record(hvc_call_response(call), "data");
    return hvc_record_text(hvc_call_response(call), "result", "");
}

static const char *check_blob(const char *blob)
{
    static char arguments[8192];

    (void)snprintf(arguments, sizeof(arguments), "{\"info\":\"%s\"}", blob);
    return ask("host.check-compatibility", arguments);
}

static char *blob_of(const char *operation, const char *arguments)
{
    char *blob;

    assert_string_equal(ask(operation, arguments), "ok");
    blob = strdup(hvc_record_text(data, "info", ""));
    assert_non_null(blob);
    return blob;
}

static void a_blob_is_made_where_the_guest_is_and_judged_by_any_node(void **state)
{
    char *blob = blob_of("guest.compatibility", "{\"guest\":\"vm1\"}");

    (void)state;
    assert_string_equal(check_blob(blob), "ok");
    assert_true(hvc_record_bool(data, "compatible", false));
    assert_int_equal(hvc_record_u64(data, "code", 1), 0);
    assert_int_equal(hvc_record_list_count(data, "reasons"), 0);
    machine_here = (struct hvc_fit_answer){HVC_TELL_NO, "unsupported machine type"};
    assert_string_equal(check_blob(blob), "ok");
    assert_false(hvc_record_bool(data, "compatible", true));
    assert_int_equal(hvc_record_u64(data, "code", 0), 32784);
    assert_string_equal(hvc_record_text(hvc_record_list_at(data, "reasons", 0), "code", ""), "machine-missing");
    blob[40] = blob[40] == '0' ? '1' : '0';
    assert_string_equal(check_blob(blob), "invalid");
    assert_int_equal(hvc_record_u64(data, "code", 0), 32773);
    free(blob);
}

static void a_host_speaks_for_all_its_guests(void **state)
{
    char *blob = blob_of("host.compatibility", "{\"node\":\"n2\"}");

    (void)state;
    assert_int_equal(hvc_record_u64(data, "guests", 0), 1);
    machine_here = (struct hvc_fit_answer){HVC_TELL_NO, "unsupported machine type"};
    assert_string_equal(check_blob(blob), "ok");
    assert_int_equal(hvc_record_u64(data, "code", 0), 32784);
    free(blob);
    assert_string_equal(ask("host.compatibility", "{\"node\":\"n9\"}"), "not-found");
}

static size_t take_vectors(struct hvc_vector *vectors)
{
    size_t count = hvc_record_list_count(data, "vectors");

    for (size_t i = 0; i < count; i++) {
        const struct hvc_record *vector = hvc_record_list_at(data, "vectors", i);

        vectors[i] =
            (struct hvc_vector){(uint32_t)hvc_record_u64(vector, "id", 0),
                                (uint32_t)hvc_record_u64(vector, "operation", 0), hvc_record_u64(vector, "info", 0)};
    }
    return count;
}

static void vectors_of_a_guest_hold_or_not_against_those_of_a_host(void **state)
{
    struct hvc_vector guest[HVC_VECTORS_MAX], own[HVC_VECTORS_MAX];
    size_t guest_count, own_count;
    uint32_t first = 0;

    (void)state;
    assert_string_equal(ask("guest.vectors", "{\"guest\":\"" UUID "\"}"), "ok");
    assert_string_equal(hvc_record_text(data, "node", ""), "n2");
    guest_count = take_vectors(guest);
    assert_int_equal(guest_count, 6); /* architecture, types, hypervisor, memory, machine, feature */
    assert_string_equal(ask("host.vectors", "{}"), "ok");
    own_count = take_vectors(own);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, own, own_count, &first), 0);
    machines_here = "pc-q35-5.0";
    assert_string_equal(ask("host.vectors", "{\"node\":\"n1\"}"), "ok");
    own_count = take_vectors(own);
    assert_int_equal(hvc_vectors_compare(guest, guest_count, own, own_count, &first), 1);
    assert_in_range(first, HVC_VECTOR_MACHINES, HVC_VECTOR_FEATURES - 1);
}

static void a_guest_that_is_nowhere_is_not_found_and_one_that_nobody_can_tell_of_is_said_so(void **state)
{
    (void)state;
    world->there.count = 0;
    assert_string_equal(ask("guest.vectors", "{\"guest\":\"" UUID "\"}"), "not-found");
    world->there.inspect_result = -ETIMEDOUT;
    assert_string_equal(ask("guest.compatibility", "{\"guest\":\"" UUID "\"}"), "unreachable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_blob_is_made_where_the_guest_is_and_judged_by_any_node, up, down),
        cmocka_unit_test_setup_teardown(a_host_speaks_for_all_its_guests, up, down),
        cmocka_unit_test_setup_teardown(vectors_of_a_guest_hold_or_not_against_those_of_a_host, up, down),
        cmocka_unit_test_setup_teardown(a_guest_that_is_nowhere_is_not_found_and_one_that_nobody_can_tell_of_is_said_so,
                                        up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
