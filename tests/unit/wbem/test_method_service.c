/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's state: what the golden calls do not have. */
#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define STATE "cluster|RequestStateChange|S RequestedState="

static void a_number_is_a_number_however_it_is_written(void **state)
{
    static const struct method_row rows[] = {
        {STATE "0x2|ok", "> service.set name=state value=enabled\n", VALUE("0")},
        {STATE "+3|ok", "> service.set name=state value=disabled\n", VALUE("0")},
        {STATE "009|ok", "> service.set name=state value=quiesce\n", VALUE("0")},
        {STATE " 9\n|ok", "> service.set name=state value=quiesce\n", VALUE("0")},
        {STATE "65535|ok", NOTHING, VALUE("5")},
        {STATE "-2|ok", NOTHING, "<ERROR CODE=\"4\""},
        {STATE "2.0|ok", NOTHING, "<ERROR CODE=\"4\""},
        {STATE "|ok", NOTHING, "<ERROR CODE=\"4\""},
        {"cluster|RequestStateChange|N RequestedState=|ok", NOTHING, VALUE("5") " RequestedState NULL is none"},
        {"cluster|RequestStateChange|SA RequestedState=2+3|ok", NOTHING, "<ERROR CODE=\"4\""},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* A state that there is not is told before a time that is not taken. */
static void only_a_time_that_is_none_is_taken(void **state)
{
    static const struct method_row rows[] = {
        {STATE "2#N TimeoutPeriod=|ok", "> service.set name=state value=enabled\n", VALUE("0")},
        {STATE "2#S TimeoutPeriod=00000000000000.000000:000|ok", "> service.set", VALUE("0")},
        {STATE "2#S TimeoutPeriod=00000001000000.000000:000|ok", NOTHING, VALUE("4098")},
        {STATE "2#S TimeoutPeriod=20260101000000.000000+000|ok", NOTHING, VALUE("4098")},
        {STATE "4#S TimeoutPeriod=00000001000000.000000:000|ok", NOTHING, VALUE("1")},
        {STATE "12#S TimeoutPeriod=00000001000000.000000:000|ok", NOTHING, VALUE("5")},
        {"host|RequestStateChange|S RequestedState=2#S TimeoutPeriod=00000001000000.000000:000|ok", NOTHING,
         VALUE("1")},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* Starting and stopping is for everybody who may, whatever the service's state is now. */
static void a_service_that_is_stopped_is_stopped_again(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|StopService||ok", "> service.set name=state value=disabled\n", VALUE("0")},
        {"cluster|StartService||ok", "> service.set name=state value=enabled\n", VALUE("0")},
        {"there|StopService||ok", "> node.set node=n2 accepting?no\n", VALUE("0")},
        {"there|StartService||ok", "> node.set node=n2 accepting?yes\n", VALUE("0")},
    };
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.node = "n2";
    facts.service.started = false;
    facts.service.enabled_state = 3;
    facts.service.requested_state = 3;
    facts.stale = "no quorum"; /* hvclusterd says so, not we */
    method_rows(&facts, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_a_number_however_it_is_written),
        cmocka_unit_test(only_a_time_that_is_none_is_taken),
        cmocka_unit_test(a_service_that_is_stopped_is_stopped_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
