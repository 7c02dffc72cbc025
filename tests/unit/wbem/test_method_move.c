/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets and verdicts that the golden calls do not have. */
#include <stdlib.h>

#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define TO_HOST(host) "cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=" host
#define CHECK         "cluster|CheckVirtualSystemIsMigratableToHost|" GUEST("2") "#S DestinationHost=n1"
#define JOB           "|ok {\"id\":12}"

/* Names with dots, with capitals, with the first label of another one; nobody listens. */
static struct hvc_cim_facts with_long_names(void)
{
    static const struct hvc_facts_node nodes[] = {
        {.name = "n1.one.example", .member = true, .accepting = true},
        {.name = "n1", .member = true, .accepting = true},
        {.name = "N2", .member = true, .accepting = true},
        {.name = "node_3", .member = true, .accepting = true},
    };
    struct hvc_cim_facts facts = facts_sample;

    facts.nodes = nodes;
    facts.node_count = HVC_COUNT(nodes);
    return facts;
}

static void a_host_is_found_by_its_whole_name_before_its_first_label(void **state)
{
    static const struct method_row rows[] = {
        {TO_HOST("n1.one.example") JOB, "target=n1.one.example\n", VALUE("4096")},
        {TO_HOST("n1.two.example") JOB, "target=n1\n", VALUE("4096")},
        {TO_HOST("NODE_3.example") JOB, "target=node_3\n", VALUE("4096")},
        {TO_HOST("n2.example") JOB, NOTHING, VALUE("32775") " virtual system web & <mail> is on node N2 already"},
        {TO_HOST("one.example") JOB, NOTHING, VALUE("32777") " the cluster has no node with the name"},
        {TO_HOST("10.77.2.2") JOB, NOTHING, VALUE("32777") " the cluster has no node where moves come in at"},
        {TO_HOST(".") JOB, NOTHING, VALUE("32773") " DestinationHost \".\" is no name"},
        {TO_HOST("n 1") JOB, NOTHING, VALUE("32773") " DestinationHost \"n 1\" is no name"},
    };
    struct hvc_cim_facts facts = with_long_names();
    struct hvc_facts_guest guests[3];

    (void)state;
    memcpy(guests, facts.guests, sizeof(guests));
    guests[1].node = "N2";
    facts.guests = guests;
    method_rows(&facts, rows, HVC_COUNT(rows));
}

static void a_name_that_is_longer_than_any_is_none(void **state)
{
    char line[1024], name[300];
    struct method_row row = {line, NOTHING, VALUE("32773") " DestinationHost \"aaaa"};

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)snprintf(line, sizeof(line), TO_HOST("%s") JOB, name);
    method_rows(&facts_sample, &row, 1);
    name[255] = '\0'; /* as long as RFC 1035 lets one be */
    (void)snprintf(line, sizeof(line), TO_HOST("%s") JOB, name);
    row.answer = VALUE("32777") " the cluster has no node with the name \"aaaa";
    method_rows(&facts_sample, &row, 1);
}

static void storage_of_a_virtual_system_that_is_on_no_node_stays_nowhere(void **state)
{
    static const struct method_row row = {
        "cluster|MigrateVirtualSystemToHost|" GUEST(
            "3") "#S DestinationHost=n1"
                 "#E MigrationSettingData=Msvm_VirtualSystemMigrationSettingData!MigrationType=32769"
                 "#E NewSystemSettingData=Msvm_VirtualSystemSettingData!ConfigurationDataRoot=/srv/new" JOB,
        NOTHING, VALUE("32773") " storage alone stays on the node of its virtual system, none: "};

    (void)state;
    method_rows(&facts_sample, &row, 1);
}

static void a_check_at_once_is_told_all_that_a_job_would_be(void **state)
{
    static const struct method_row rows[] = {
        {CHECK "#E MigrationSettingData=Msvm_VirtualSystemMigrationSettingData!MigrationType=32771!"
               "AllowOverwriteExistingFile=TRUE"
               "#E NewSystemSettingData=Msvm_VirtualSystemSettingData!ConfigurationDataRoot=/srv/new"
               "|ok {\"nodes\":[{}]}",
         "> guest.check guest=0A000000-0000-4000-8000-000000000002 kind=live-storage target=n1 overwrite?yes "
         "document=version=1~root=/srv/new~\n",
         "<VALUE>TRUE</VALUE>"},
        {"cluster|CheckVirtualSystemIsMigratableToHost|" GUEST(
             "2") "#E MigrationSettingData=Msvm_VirtualSystemMigrationSettingData!MigrationType=32769"
                  "#E NewSystemSettingData=Msvm_VirtualSystemSettingData!ConfigurationDataRoot=/srv/new|ok "
                  "{\"nodes\":[{}]}",
         "kind=storage document=version=1~root=/srv/new~\n", "<VALUE>TRUE</VALUE>"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* With a verdict of every node a "no" is 0 and FALSE with its words; without, nothing was checked. */
static void a_no_is_an_answer_when_it_was_found_out(void **state)
{
    static const struct method_row rows[] = {
        {CHECK "|refused {\"nodes\":[{}]}", "> guest.check", "<VALUE>FALSE</VALUE></PARAMVALUE> hvclusterd's words"},
        {CHECK "|busy {\"nodes\":[{}]}", "> guest.check", "<VALUE>FALSE</VALUE></PARAMVALUE> hvclusterd's words"},
        {CHECK "|refused {\"nodes\":[]}", "> guest.check", "< " VALUE("5") " hvclusterd's words"},
        {CHECK "|busy", "> guest.check", "< " VALUE("5") " hvclusterd's words"},
        {CHECK "|not-found {\"nodes\":[{}]}", "> guest.check", "< " VALUE("4") " hvclusterd's words"},
        {CHECK "|no-quorum {\"nodes\":[{}]}", "> guest.check", "< " VALUE("5") " hvclusterd's words"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_found_by_its_whole_name_before_its_first_label),
        cmocka_unit_test(a_name_that_is_longer_than_any_is_none),
        cmocka_unit_test(storage_of_a_virtual_system_that_is_on_no_node_stays_nowhere),
        cmocka_unit_test(a_check_at_once_is_told_all_that_a_job_would_be),
        cmocka_unit_test(a_no_is_an_answer_when_it_was_found_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
