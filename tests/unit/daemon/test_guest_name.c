/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is meant by a name that several guests have, or had. */
#include "job_cases.h"

#define OLD   "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c07"
#define OTHER "0c6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c08"
#define DEFINITION(uuid)                                                                                               \
    "<domain type='kvm'><name>vm1</name><uuid>" uuid "</uuid><memory>2048</memory><vcpu>1</vcpu></domain>"

/* A record of the name, running on the node; 0: of a guest that is gone. */
static void remember(const char *uuid, uint32_t node)
{
    struct hvc_command command = {.kind = HVC_COMMAND_GUEST};

    assert_int_equal(hvc_parse_uuid_bytes(uuid, command.guest.uuid), 0);
    command.guest.node = node;
    (void)snprintf(command.guest.name, sizeof(command.guest.name), "vm1");
    propose(&command);
}

static const char *found(struct hvc_call *call)
{
    static char uuid[64];

    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "ok");
    (void)snprintf(uuid, sizeof(uuid), "%s", hvc_record_text(call->data, "uuid", ""));
    hvc_call_unref(call);
    return uuid;
}

static void a_record_of_a_gone_guest_does_not_hide_the_one_that_runs(void **state)
{
    (void)state;
    remember(OLD, 0);
    assert_string_equal(found(run("guest.inspect", "{\"guest\":\"vm1\"}")), VM1);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 1"});
    assert_string_equal(found(run("guest.inspect", "{\"guest\":\"vm1\"}")), VM1); /* now it is recorded, too */
    check(&(struct operation_case){"guest.remove", "{\"guest\":\"vm1\"}", "refused",
                                   "2 guests have the name \"vm1\": " VM1 " (lives on n1), " OLD
                                   " (a record of it is all there is); give the UUID"});
    check(&(struct operation_case){"guest.remove", "{\"guest\":\"" OLD "\"}", "ok", "not touched"});
}

static void of_one_that_is_gone_and_one_that_is_defined_the_latter_is_meant(void **state)
{
    (void)state;
    remember(OLD, 0);
    world->here.guests[0].guest_class = HVC_GUEST_ABSENT;
    assert_string_equal(found(run("guest.inspect", "{\"guest\":\"vm1\"}")), VM1);
    world->there.list_result = -EIO;
    check(&(struct operation_case){"guest.inspect", "{\"guest\":\"vm1\"}", "unreachable",
                                   "2 guests have the name \"vm1\", and which of them lives is not known of n2"});
    world->there.list_result = 0;
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" DEFINITION(OLD) "\"}", "ok", "keeps the definition"});
    check(&(struct operation_case){"guest.inspect", "{\"guest\":\"vm1\"}", "refused",
                                   VM1 " (is defined on n1), " OLD " (is defined)"});
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" DEFINITION(OTHER) "\"}", "refused", "name"});
}

static void where_two_live_nobody_guesses(void **state)
{
    (void)state;
    put_running(&world->there, OLD, "vm1");
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "refused",
                                   VM1 " (lives on n1), " OLD
                                       " (lives on n2); give the UUID of the one that is meant"});
    remember(VM1, 1);
    remember(OLD, 2);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "refused",
                                   VM1 " (lives on n1), " OLD
                                       " (lives on n2); give the UUID of the one that is meant"});
    check(&(struct operation_case){"guest.definition", "{\"guest\":\"vm1\"}", "refused", "2 guests have the name"});
    check(&(struct operation_case){"job.create", "{\"guest\":\"" VM1 "\",\"target\":\"n2\"}", "ok", "job 1"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_of_a_gone_guest_does_not_hide_the_one_that_runs, begin_jobs, end),
        cmocka_unit_test_setup_teardown(of_one_that_is_gone_and_one_that_is_defined_the_latter_is_meant, begin_jobs,
                                        end),
        cmocka_unit_test_setup_teardown(where_two_live_nobody_guesses, begin_jobs, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
