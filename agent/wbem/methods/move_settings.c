/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MigrationSettingData, NewSystemSettingData and NewResourceSettingData: each property is carried out or refused. */
#include <stdlib.h>
#include <string.h>

#include "hvc/cimxml.h"
#include "move.h"

enum { TRANSPORT_TLS = 3, TRANSPORT_TCP = 5 };

/* ---- what moves ---- */

static const char *kind_of(const struct move *move)
{
    bool off = move->guest->node[0] == '\0';

    switch (move->type) {
    case 0:
    case TYPE_LIVE:
    case TYPE_SYSTEM:
        return off ? "definition" : "live";
    case TYPE_RESUME:
        return "quick";
    case TYPE_RESTART:
        return "restart";
    case TYPE_STORAGE:
        return "storage";
    case TYPE_STAGED:
        return "staged";
    case TYPE_BOTH:
        return "live-storage";
    default:
        return NULL;
    }
}

/* Live migration is told to be possible by a template of its type; without it the type is none of this service. */
static bool is_possible(struct hvc_cim_method_call *call, unsigned type)
{
    struct hvc_cim_ask ask = ask_of(call);
    unsigned types[8];
    uint32_t count = migration_types(&ask, types);

    if (type < TYPE_SYSTEM || type == TYPE_DEEP_CHECK) /* CIM's own have no template */
        return true;
    for (uint32_t i = 0; i < count; i++)
        if (types[i] == type)
            return true;
    return false;
}

bool take_type(struct hvc_cim_method_call *call, struct move *move, bool check)
{
    bool named = given(call, "DestinationHost") != NULL || given(call, "DestinationSystem") != NULL;

    move->type = (unsigned)number_of(move->settings, "MigrationType", TYPE_SYSTEM);
    if (move->type == TYPE_DEEP_CHECK && check)
        move->kind = named ? "live-storage" : "storage";
    else
        move->kind = kind_of(move);
    move->storage = move->kind != NULL && strstr(move->kind, "storage") != NULL;
    if (move->type == TYPE_DEEP_CHECK && !check)
        refuse(call, SITUATION_INCOMPATIBLE,
               "MigrationType 32772 checks and moves nothing: use "
               "CheckVirtualSystemIsMigratable");
    else if (move->kind == NULL)
        refuse(call, SITUATION_INCOMPATIBLE, "MigrationType %u is none that this service has", move->type);
    else if (!is_possible(call, move->type == TYPE_LIVE || move->type == 0 ? TYPE_SYSTEM : move->type) &&
             strcmp(move->kind, "definition") != 0)
        refuse(call, SITUATION_INCOMPATIBLE,
               "MigrationType %u: live migration is not enabled (EnableVirtualSystemMigration)", move->type);
    return !refused(call);
}

/* ---- a planned system at the target ---- */

static bool find_planned(const struct hvc_cim_method_call *call, const struct move *move, struct planned *ret_planned)
{
    struct hvc_cim_ask ask = ask_of(call);
    uint32_t cursor = 0;

    while (next_planned(&ask, &cursor, ret_planned))
        if (ret_planned->guest == move->guest && move->target != NULL &&
            strcmp(ret_planned->job->target, move->target->name) == 0)
            return true;
    return false;
}

/* It has the name of its virtual system. One that was planned with places for the disks has them copied there: the
 * engine takes the places of the planned system when a move with storage has none of its own. */
bool take_planned(struct hvc_cim_method_call *call, struct move *move)
{
    const char *id = text_of(move->settings, "DestinationPlannedVirtualSystemId");
    struct planned planned;

    if (id == NULL || id[0] == '\0')
        return true;
    if (strcmp(move->kind, "live") != 0 && strcmp(move->kind, "live-storage") != 0)
        refuse(call, SITUATION_INCOMPATIBLE,
               "DestinationPlannedVirtualSystemId: a planned system becomes the virtual system by a live move of it "
               "(MigrationType 32768 or 32771 while it runs)");
    else if (hvc_schema_compare(id, move->guest->uuid) != 0 || !find_planned(call, move, &planned))
        refuse(
            call, SITUATION_INVALID,
            "DestinationPlannedVirtualSystemId \"%.64s\": the target has no such planned system of virtual system %s",
            id, move->guest->name);
    if (refused(call))
        return false;
    move->planned = true;
    move->storage = planned.job->plan;
    move->kind = move->storage ? "live-storage" : "live";
    return true;
}

/* ---- where storage goes ---- */

struct plan {
    struct hvc_cim_method_call *call;
    const char *text;
    bool root; /* it has one */
};

/* A line more; what a client says has no line ends, or it would say more than one. */
static void put(struct plan *plan, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n") != NULL)
        refuse(plan->call, SITUATION_INVALID, "a path has no line end in it");
    else
        plan->text = hvc_cim_format(plan->call->arena, "%s%s=%s\n", plan->text == NULL ? "version=1\n" : plan->text,
                                    name, value);
}

static bool is_below(const char *path, const char *root)
{
    size_t length = strlen(root);

    return length > 0 && strncmp(path, root, length) == 0 &&
           (path[length] == '\0' || path[length] == '/' || root[length - 1] == '/');
}

static void take_roots(struct plan *plan)
{
    static const char *const others[] = {"SnapshotDataRoot", "SwapFileDataRoot", "LogDataRoot"};
    const struct hvc_cim_instance *system =
        embedded_count(plan->call, "NewSystemSettingData") == 1
            ? embedded(plan->call, "NewSystemSettingData", 0, "CIM_VirtualSystemSettingData")
            : NULL;
    const char *root = text_of(system, "ConfigurationDataRoot"), *save = text_of(system, "SuspendDataRoot");

    plan->root = root != NULL && root[0] != '\0';
    if (plan->root)
        put(plan, "root", root);
    if (save != NULL && save[0] != '\0' && (root == NULL || strcmp(save, root) != 0))
        put(plan, "save-root", save);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const char *other = text_of(system, others[i]);

        if (other != NULL && other[0] != '\0' && (root == NULL || !is_below(other, root)))
            refuse(plan->call, SITUATION_INCOMPATIBLE,
                   "%s: a virtual system has such files with its disks alone: leave it NULL, or say "
                   "ConfigurationDataRoot or a folder below it",
                   others[i]);
    }
}

/* The disk that an entry means: by its InstanceID, else by its Address. */
static const struct hvc_facts_disk *disk_of(struct plan *plan, const struct hvc_facts_guest *guest,
                                            const struct hvc_cim_instance *entry)
{
    struct hvc_cim_ask ask = ask_of(plan->call);
    const char *id = text_of(entry, "InstanceID"), *address = text_of(entry, "Address");

    for (uint32_t i = 0; i < guest->disk_count; i++) {
        const char *own = id_of_guest(&ask, guest, hvc_cim_format(ask.arena, "\\Disk\\%s", guest->disks[i].target));

        if (id != NULL ? own != NULL && hvc_schema_compare(own, id) == 0
                       : address != NULL && strcmp(guest->disks[i].target, address) == 0)
            return &guest->disks[i];
    }
    refuse(plan->call, SITUATION_INVALID, "NewResourceSettingData: virtual system %s has no disk with %s \"%.96s\"",
           guest->name, id != NULL ? "InstanceID" : "Address", id != NULL ? id : (address != NULL ? address : "NULL"));
    return NULL;
}

/* HostResource {""} leaves it to the target: below the root where there is one, else where its definition has it; what
 * is no file of the node is reached from there as well. */
static void put_default(struct plan *plan, const struct move *move, const struct hvc_facts_disk *disk)
{
    bool file = disk->source[0] == '/' && strncmp(disk->source, "/dev/", 5) != 0;

    if ((strcmp(move->kind, "live-storage") != 0 && strcmp(move->kind, "staged") != 0) || plan->root)
        return;
    put(plan, "disk", disk->target);
    put(plan, file ? "path" : "keep", file ? disk->source : "yes");
}

static void take_resource(struct plan *plan, const struct move *move, const struct hvc_cim_instance *entry)
{
    const struct hvc_schema_class *storage = hvc_schema_class_find(plan->call->space, STORAGE_CLASS);
    const char *path = text_of(entry, "HostResource");
    const struct hvc_facts_disk *disk;

    if (!hvc_schema_is_a(entry->cls, "CIM_StorageAllocationSettingData") && entry->cls != storage) {
        refuse(plan->call, SITUATION_INCOMPATIBLE,
               "NewResourceSettingData holds an %s: processors, memory and networks do not change by a move",
               entry->cls->name);
        return;
    }
    disk = disk_of(plan, move->guest, entry);
    if (disk != NULL && path != NULL && path[0] != '\0') {
        put(plan, "disk", disk->target);
        put(plan, "path", path);
    } else if (disk != NULL) {
        put_default(plan, move, disk);
    }
}

static void take_resources(struct plan *plan, const struct move *move)
{
    uint32_t count = embedded_count(plan->call, "NewResourceSettingData");

    for (uint32_t i = 0; i < count && !refused(plan->call); i++) {
        const struct hvc_cim_instance *entry =
            embedded(plan->call, "NewResourceSettingData", i, "CIM_ResourceAllocationSettingData");

        if (entry != NULL)
            take_resource(plan, move, entry);
    }
}

/* UnmanagedVhds: instances of Msvm_MoveUnmanagedVhd in the settings. */
static void take_files(struct plan *plan, const struct move *move)
{
    const struct hvc_cim_value *files = move->settings == NULL ? NULL : hvc_cim_get(move->settings, "UnmanagedVhds");

    for (uint32_t i = 0; files != NULL && !files->null && i < files->count && !refused(plan->call); i++) {
        const struct hvc_cim_instance *file = NULL;
        struct hvc_error error = {0};
        const char *from, *to;

        if (hvc_cimxml_read_instance(plan->call->arena, files->text[i], &file, &error) < 0) {
            refuse(plan->call, SITUATION_INVALID, "UnmanagedVhds is no instance in CIM-XML: %s", error.text);
            return;
        }
        from = text_of(file, "VhdSourcePath");
        to = text_of(file, "VhdDestinationPath");
        if (from == NULL || to == NULL || hvc_schema_compare(file->class_name, "Msvm_MoveUnmanagedVhd") != 0) {
            refuse(plan->call, SITUATION_INVALID,
                   "UnmanagedVhds takes Msvm_MoveUnmanagedVhd with VhdSourcePath and VhdDestinationPath");
            return;
        }
        put(plan, "unmanaged", from);
        put(plan, "path", to);
    }
}

bool take_plan(struct hvc_cim_method_call *call, struct move *move)
{
    struct plan plan = {.call = call};

    take_roots(&plan);
    if (!refused(call))
        take_resources(&plan, move);
    if (!refused(call))
        take_files(&plan, move);
    if (!refused(call) && plan.text != NULL && move->planned)
        refuse(
            call, SITUATION_INVALID,
            "the planned system says where storage goes: leave NewSystemSettingData and NewResourceSettingData NULL");
    if (!refused(call) && plan.text != NULL && !move->storage && strcmp(move->kind, "quick") != 0 &&
        strcmp(move->kind, "staged") != 0)
        refuse(call, SITUATION_INVALID,
               "new places of storage go with MigrationType 32769, 32770 and 32771: with %u no storage moves",
               move->type);
    if (!refused(call) && plan.text == NULL && strcmp(move->kind, "storage") == 0)
        refuse(call, SITUATION_INVALID,
               "a move of storage has to say where to: ConfigurationDataRoot, or HostResource of a disk");
    move->plan = plan.text;
    return !refused(call);
}

/* ---- how ---- */

/* Bytes a second of a number in a programmatic unit of DSP0004. False: another unit. */
static bool bytes_a_second(uint64_t number, const char *unit, uint64_t *ret_bytes)
{
    static const struct {
        const char *unit;
        uint64_t times, by;
    } units[] = {{"byte / second", 1, 1},
                 {"byte / second * 10^3", 1000, 1},
                 {"byte / second * 10^6", 1000000, 1},
                 {"byte / second * 2^10", 1024, 1},
                 {"byte / second * 2^20", 1048576, 1},
                 {"bit / second", 1, 8},
                 {"bit / second * 10^3", 1000, 8},
                 {"bit / second * 10^6", 1000000, 8},
                 {"bit / second * 10^9", 1000000000, 8}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (hvc_schema_compare(units[i].unit, unit) == 0) {
            *ret_bytes = number * units[i].times / units[i].by;
            return true;
        }
    return false;
}

static void add_bandwidth(struct hvc_cim_method_call *call, const struct hvc_cim_instance *settings,
                          struct hvc_cim_order *order)
{
    uint64_t number = number_of(settings, "Bandwidth", 0), bytes = 0; /* a uint16: no unit makes too much of it */
    const char *unit = text_of(settings, "BandwidthUnit");

    if (number == 0)
        return;
    if (unit == NULL || !bytes_a_second(number, unit, &bytes))
        refuse(call, SITUATION_INCOMPATIBLE,
               "BandwidthUnit \"%.64s\": it takes \"byte / second\" or \"bit / second\", with * 10^3, 10^6 or 10^9",
               unit == NULL ? "NULL" : unit);
    else if (bytes == 0)
        refuse(call, SITUATION_INVALID, "Bandwidth %llu %s is less than a byte a second", (unsigned long long)number,
               unit);
    else
        hvc_cim_order_number(order, call->arena, "bandwidth", bytes);
}

static void add_transport(struct hvc_cim_method_call *call, const struct hvc_cim_instance *settings,
                          struct hvc_cim_order *order)
{
    uint64_t transport = number_of(settings, "TransportType", TRANSPORT_TCP);
    const char *other = text_of(settings, "OtherTransportType");

    if (other != NULL && other[0] != '\0')
        refuse(call, SITUATION_INCOMPATIBLE, "OtherTransportType \"%.64s\": there is no other transport", other);
    else if (transport == TRANSPORT_TLS)
        hvc_cim_order_flag(order, "tls", true);
    else if (transport != 0 && transport != TRANSPORT_TCP) /* TCP is encrypted when the setting says so */
        refuse(call, SITUATION_INCOMPATIBLE, "TransportType %llu: this service has 3 (TLS) and 5 (TCP)",
               (unsigned long long)transport);
}

/* The networks of the cluster choose the address: a list that has it is carried out, another one cannot be. */
static void check_addresses(struct hvc_cim_method_call *call, const struct move *move)
{
    const struct hvc_cim_value *list = hvc_cim_get(move->settings, "DestinationIPAddressList");
    bool chosen = false;

    if (list == NULL || list->null || list->count == 0)
        return;
    if (move->target == NULL) {
        refuse(call, SITUATION_INVALID, "DestinationIPAddressList is NULL when storage moves alone");
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        bool there = false;

        for (uint32_t k = 0; k < move->target->listen_count; k++)
            there = there || hvc_schema_compare(move->target->listens[k], list->text[i]) == 0;
        if (!there) {
            refuse(call, SITUATION_INVALID, "DestinationIPAddressList: at \"%.64s\" no moves come in to node %s",
                   list->text[i], move->target->name);
            return;
        }
        chosen = chosen || hvc_schema_compare(move->target->listens[0], list->text[i]) == 0;
    }
    if (!chosen)
        refuse(call, SITUATION_INCOMPATIBLE,
               "DestinationIPAddressList lacks %s, over which the networks lead to node %s: change their Metric",
               move->target->listens[0], move->target->name);
}

static void add_flags(const struct move *move, struct hvc_cim_order *order)
{
    static const struct {
        const char *property, *argument;
    } flags[] = {{"RetainVhdCopiesOnSource", "retain_copies"},
                 {"AllowOverwriteExistingFile", "overwrite"},
                 {"AvoidRemovingVHDs", "avoid_removing"},
                 {"RemoveSourceUnmanagedVhds", "remove_unmanaged"}};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flag_of(move->settings, flags[i].property) == 1)
            hvc_cim_order_flag(order, flags[i].argument, true);
    if (strncmp(move->kind, "live", 4) == 0 && flag_of(move->settings, "EnableCompression") >= 0)
        hvc_cim_order_flag(order, "compress", flag_of(move->settings, "EnableCompression") == 1);
}

void add_settings(struct hvc_cim_method_call *call, const struct move *move, struct hvc_cim_order *order)
{
    uint64_t priority = number_of(move->settings, "Priority", 0);
    uint64_t capping = number_of(move->settings, "CPUCappingMagnitude", 0);

    if (move->settings == NULL)
        return;
    if (priority != 0)
        hvc_cim_order_number(order, call->arena, "priority", priority);
    add_bandwidth(call, move->settings, order);
    if (!refused(call))
        add_transport(call, move->settings, order);
    if (!refused(call))
        check_addresses(call, move);
    add_flags(move, order);
    if (refused(call))
        return;
    if (capping > 2)
        refuse(call, SITUATION_INVALID, "CPUCappingMagnitude takes 0 to 2");
    else if (capping != 0)
        hvc_cim_order_flag(order, "auto_converge", true);
    if (!refused(call) && flag_of(move->settings, "CancelIfBlackoutThresholdExceeded") == 1)
        refuse(call, SITUATION_INCOMPATIBLE,
               "CancelIfBlackoutThresholdExceeded: the switch-over waits until the pause "
               "is short enough, and is not measured against a threshold afterwards");
}
