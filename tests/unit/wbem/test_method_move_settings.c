/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings and places of storage that the golden calls do not have. */
#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define MOVE(type) "#E MigrationSettingData=Msvm_VirtualSystemMigrationSettingData!MigrationType=" type
#define SYSTEM     "#E NewSystemSettingData=Msvm_VirtualSystemSettingData!"
#define DISK       "#EA NewResourceSettingData=Msvm_StorageAllocationSettingData!"
#define STORAGE    "cluster|MigrateVirtualSystemToHost|" GUEST("2") MOVE("32769")
#define BOTH       "cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=n1" MOVE("32771")
#define JOB        "|ok {\"id\":12}"

static const struct hvc_facts_disk disks[] = {
    {.target = "vda", .source = "/srv/a.qcow2"},
    {.target = "vdb", .source = "/dev/vg/b"},
    {.target = "vdc", .source = "nbd://store/c"},
};

/* The second guest has disks: a file, a block device and a network disk. */
static struct hvc_cim_facts with_disks(void)
{
    static struct hvc_facts_guest guests[3];
    struct hvc_cim_facts facts = facts_sample;

    memcpy(guests, facts.guests, sizeof(guests));
    guests[1].disks = disks;
    guests[1].disk_count = HVC_COUNT(disks);
    facts.guests = guests;
    return facts;
}

static void roots_of_a_virtual_system_become_roots_of_the_plan_or_are_refused(void **state)
{
    static const struct method_row rows[] = {
        {STORAGE SYSTEM "ConfigurationDataRoot=/srv/new!SuspendDataRoot=/srv/save" JOB,
         "document=version=1~root=/srv/new~save-root=/srv/save~", VALUE("4096")},
        {STORAGE SYSTEM "ConfigurationDataRoot=/srv/new!SuspendDataRoot=/srv/new" JOB,
         "document=version=1~root=/srv/new~\n", VALUE("4096")},
        {STORAGE SYSTEM
         "ConfigurationDataRoot=/srv/new!SnapshotDataRoot=/srv/new/snapshots!SwapFileDataRoot=/srv/new" JOB,
         "document=version=1~root=/srv/new~\n", VALUE("4096")},
        {STORAGE SYSTEM "ConfigurationDataRoot=/srv/new/!SnapshotDataRoot=/srv/new/snapshots" JOB, "root=/srv/new/~\n",
         VALUE("4096")},
        {STORAGE SYSTEM "ConfigurationDataRoot=/srv/new!SnapshotDataRoot=/srv/newer" JOB, NOTHING,
         VALUE("32770") " SnapshotDataRoot: a virtual system has such files with its disks alone"},
        {STORAGE SYSTEM "ConfigurationDataRoot=!LogDataRoot=/srv/log" JOB, NOTHING, VALUE("32770") " LogDataRoot: "},
        {STORAGE SYSTEM "SwapFileDataRoot=/srv/swap" JOB, NOTHING, VALUE("32770") " SwapFileDataRoot: "},
        {STORAGE SYSTEM "ConfigurationDataRoot=" JOB, NOTHING, VALUE("32773") " a move of storage has to say where to"},
        {STORAGE SYSTEM "ConfigurationDataRoot=/srv/a\nkeep=yes" JOB, NOTHING,
         VALUE("32773") " a path has no line end in it"},
        {STORAGE SYSTEM "ElementName=x" JOB, NOTHING, VALUE("32773") " a move of storage has to say where to"},
    };
    const struct hvc_cim_facts facts = with_disks();

    (void)state;
    method_rows(&facts, rows, HVC_COUNT(rows));
}

static void a_place_that_is_left_to_the_target_is_where_the_disk_is_now(void **state)
{
    static const struct method_row rows[] = {
        {BOTH DISK "Address=vda!HostResource*=" JOB, "document=version=1~disk=vda~path=/srv/a.qcow2~\n", VALUE("4096")},
        {BOTH DISK "Address=vdb!HostResource*=" JOB, "document=version=1~disk=vdb~keep=yes~\n", VALUE("4096")},
        {BOTH DISK "Address=vdc!HostResource*=" JOB, "document=version=1~disk=vdc~keep=yes~\n", VALUE("4096")},
        {BOTH DISK "Address=vda" JOB, "document=version=1~disk=vda~path=/srv/a.qcow2~\n", VALUE("4096")},
        {BOTH SYSTEM "ConfigurationDataRoot=/srv/new" DISK "Address=vda!HostResource*=" JOB,
         "document=version=1~root=/srv/new~\n", VALUE("4096")},
        {STORAGE DISK "Address=vda!HostResource*=" JOB, NOTHING,
         VALUE("32773") " a move of storage has to say where to"},
        {BOTH DISK "HostResource*=/srv/b" JOB, NOTHING, "has no disk with Address \"NULL\""},
        {BOTH DISK "InstanceID=Microsoft:0!HostResource*=/srv/b" JOB, NOTHING,
         "has no disk with InstanceID \"Microsoft:0\""},
        {BOTH DISK "Address=vda!HostResource*=/srv/b\ndisk=vdb" JOB, NOTHING, " a path has no line end in it"},
        {BOTH "#EA NewResourceSettingData=Msvm_ResourceAllocationSettingData!Address=vda" JOB, NOTHING,
         VALUE("32770") " NewResourceSettingData holds an Msvm_ResourceAllocationSettingData"},
    };
    const struct hvc_cim_facts facts = with_disks();

    (void)state;
    method_rows(&facts, rows, HVC_COUNT(rows));
}

static void files_beside_disks_are_instances_with_both_paths(void **state)
{
    static const struct method_row rows[] = {
        {BOTH "!UnmanagedVhds*=rubbish" JOB, NOTHING, VALUE("32773") " UnmanagedVhds is no instance in CIM-XML: "},
        {BOTH
         "!UnmanagedVhds*=&amp;lt;INSTANCE CLASSNAME=\"Msvm_MoveUnmanagedVhd\"&amp;gt;&amp;lt;/INSTANCE&amp;gt;" JOB,
         NOTHING, VALUE("32773") " UnmanagedVhds takes Msvm_MoveUnmanagedVhd with VhdSourcePath and"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

static void every_unit_of_bandwidth_becomes_bytes_a_second(void **state)
{
    static const struct {
        const char *number, *unit, *want;
    } rows[] = {
        {"65535", "byte / second", "bandwidth#65535"},
        {"65535", "byte / second * 10^3", "bandwidth#65535000"},
        {"65535", "byte / second * 10^6", "bandwidth#65535000000"},
        {"65535", "byte / second * 2^10", "bandwidth#67107840"},
        {"65535", "byte / second * 2^20", "bandwidth#68718428160"},
        {"8", "bit / second", "bandwidth#1\n"},
        {"1", "bit / second * 10^3", "bandwidth#125\n"},
        {"1", "bit / second * 10^6", "bandwidth#125000\n"},
        {"65535", "BIT / SECOND * 10^9", "bandwidth#8191875000000"},
        {"0", "furlong", "target=n1\n"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        char line[512];
        struct method_row row = {line, rows[i].want, VALUE("4096")};

        (void)snprintf(line, sizeof(line),
                       "cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=n1" MOVE(
                           "32768") "!Bandwidth=%s!BandwidthUnit=%s" JOB,
                       rows[i].number, rows[i].unit);
        method_rows(&facts_sample, &row, 1);
    }
}

static void a_type_means_what_the_guest_and_the_target_make_of_it(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|CheckVirtualSystemIsMigratable|" GUEST("2") MOVE("32772") SYSTEM "ConfigurationDataRoot=/srv/new" JOB,
         "kind=storage check?yes", VALUE("4096")},
        {"cluster|CheckVirtualSystemIsMigratable|" GUEST("2") "#S DestinationHost=n1" MOVE("32772") JOB,
         "kind=live-storage target=n1 check?yes", VALUE("4096")},
        {"cluster|MigrateVirtualSystemToHost|" GUEST("3") "#S DestinationHost=n1" JOB, "kind=definition target=n1",
         VALUE("4096")},
        {"cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=n1" MOVE("2") JOB, NOTHING,
         VALUE("32770") " MigrationType 2: live migration is not enabled"},
        {"cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=n1" MOVE("3") JOB, "kind=quick target=n1",
         VALUE("4096")},
        {STORAGE "!DestinationIPAddressList*=10.77.2.2" SYSTEM "ConfigurationDataRoot=/srv/new" JOB, NOTHING,
         VALUE("32773") " DestinationIPAddressList is NULL when storage moves alone"},
        {"cluster|MigrateVirtualSystemToHost|" GUEST("2") "#S DestinationHost=n1" MOVE("4") "!OtherTransportType=" JOB,
         "kind=restart target=n1\n", VALUE("4096")},
    };
    struct hvc_cim_facts facts = facts_sample;

    (void)state;
    facts.settings.enable_migration = false; /* no live moves; all others go on */
    method_rows(&facts, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_a_virtual_system_become_roots_of_the_plan_or_are_refused),
        cmocka_unit_test(a_place_that_is_left_to_the_target_is_where_the_disk_is_now),
        cmocka_unit_test(files_beside_disks_are_instances_with_both_paths),
        cmocka_unit_test(every_unit_of_bandwidth_becomes_bytes_a_second),
        cmocka_unit_test(a_type_means_what_the_guest_and_the_target_make_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
