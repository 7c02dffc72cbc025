/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checklist of DSP1081, sections 2 and 3 (registration, discovery, structure), as a client asks: through the
 * operations, in both namespaces. Which lines there are, their levels and their words are read from the checklist
 * (../shared/spec/profile.md beside the project): a line without a check, and a check without a line, is a failure.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hvc/cim_server.h"
#include "hvc/schemas.h"

#include "facts_sample.h"

#include "../hvc_cmocka.h"

#define CHECKLIST "../shared/spec/profile.md"
#define SERVICE   "CIM_VirtualSystemMigrationService"
#define SYSTEM    "CIM_ComputerSystem"
#define CAPS      "CIM_VirtualSystemMigrationCapabilities"
#define TEMPLATE  "CIM_VirtualSystemMigrationSettingData"
#define INTEROP   "root/interop"

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};
static const struct hvc_cim_server_options options = {.spaces = spaces, .space_count = 3, .host = "n1.example.org"};
static struct hvc_cim_server *server;
static struct hvc_cim_arena *arena;

/* ---- a client ---- */

struct found {
    const struct hvc_cim_instance *const *instances; /* each with its path */
    uint32_t count;
    const char *words; /* of an error, else NULL */
};

static struct hvc_cimxml_request *request_of(const char *space, const char *method)
{
    struct hvc_cimxml_request *request = hvc_cim_alloc(arena, 1, sizeof(*request));

    request->intrinsic = true;
    request->method = method;
    request->space = space;
    return request;
}

static void add_class(struct hvc_cimxml_request *request, const char *name, const char *class_name)
{
    if (class_name != NULL)
        request->parameters[request->parameter_count++] =
            (struct hvc_cimxml_parameter){.name = name, .kind = HVC_CIMXML_CLASS_NAME, .class_name = class_name};
}

static struct found ask(const struct hvc_cimxml_request *request)
{
    struct hvc_cim_call *call = hvc_cim_alloc(arena, 1, sizeof(*call));

    *call = (struct hvc_cim_call){.server = server, .arena = arena, .request = request, .facts = &facts_sample};
    (void)hvc_cim_prepare(call);
    hvc_cim_perform(call);
    return (struct found){call->result.instances, call->result.count,
                          call->result.status == HVC_CIM_OK ? NULL : call->result.words};
}

static struct found enumerate(const char *space, const char *class_name)
{
    struct hvc_cimxml_request *request = request_of(space, "EnumerateInstances");

    add_class(request, "ClassName", class_name);
    return ask(request);
}

/* Associators, or References when association is the ResultClass of these. */
static struct found related(const char *method, const struct hvc_cim_path *path, const char *association,
                            const char *result)
{
    struct hvc_cimxml_request *request = request_of(path->space, method);

    request->parameters[request->parameter_count++] =
        (struct hvc_cimxml_parameter){.name = "ObjectName", .kind = HVC_CIMXML_PATH, .path = path};
    add_class(request, "AssocClass", association);
    add_class(request, "ResultClass", result);
    return ask(request);
}

static struct found associators(const struct hvc_cim_path *path, const char *association, const char *result)
{
    return related("Associators", path, association, result);
}

static const char *text(const struct hvc_cim_instance *instance, const char *name) /* "": NULL */
{
    const struct hvc_cim_value *value = hvc_cim_get(instance, name);

    return value == NULL || value->null ? "" : value->text[0];
}

static bool has_number(const struct hvc_cim_instance *instance, const char *name, const char *number)
{
    const struct hvc_cim_value *value = hvc_cim_get(instance, name);

    for (uint32_t i = 0; value != NULL && !value->null && i < value->count; i++)
        if (strcmp(value->text[i], number) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong: the answer is an error or has another number of instances. */
static const char *counted(struct found found, uint32_t want, const char *what)
{
    if (found.words != NULL)
        return hvc_cim_format(arena, "%s: %s", what, found.words);
    return found.count == want ? NULL : hvc_cim_format(arena, "%s: %u, not %u", what, found.count, want);
}

static const struct hvc_cim_instance *only(const char *space, const char *class_name)
{
    struct found found = enumerate(space, class_name);

    assert_null(counted(found, 1, class_name));
    return found.instances[0];
}

static bool is_guest(const struct hvc_cim_instance *system)
{
    return strcmp(text(system, "Caption"), "Virtual Machine") == 0;
}

/* What check says of a guest of the namespace, NULL when nothing is wrong with any; there is one at least. */
static const char *of_each_guest(const char *space, const char *(*check)(const struct hvc_cim_instance *guest))
{
    struct found systems = enumerate(space, "Msvm_ComputerSystem");
    uint32_t guests = 0;

    for (uint32_t i = 0; i < systems.count; i++) {
        const char *words = is_guest(systems.instances[i]) ? check(systems.instances[i]) : NULL;

        guests += is_guest(systems.instances[i]);
        if (words != NULL)
            return hvc_cim_format(arena, "%s: %s", text(systems.instances[i], "ElementName"), words);
    }
    return guests == 0 ? "there is no guest" : NULL;
}

/* ---- the checks: NULL, or what is wrong ---- */

static const char *profile_is_registered(const char *name)
{
    struct found profiles = enumerate(INTEROP, "CIM_RegisteredProfile");

    for (uint32_t i = 0; i < profiles.count; i++)
        if (strcmp(text(profiles.instances[i], "RegisteredName"), name) == 0 &&
            strcmp(text(profiles.instances[i], "RegisteredOrganization"), "2") == 0 &&
            strtod(text(profiles.instances[i], "RegisteredVersion"), NULL) >= 1)
            return NULL;
    return hvc_cim_format(arena, "\"%s\" is not registered", name);
}

static const char *r1(const char *space)
{
    (void)space;
    return profile_is_registered("Virtual System Migration");
}

static const char *r2(const char *space)
{
    struct found found = associators(only(space, SERVICE)->path, "CIM_ElementConformsToProfile", NULL);
    const char *words = counted(found, 1, "profiles of the service");

    return words != NULL || strcmp(text(found.instances[0], "RegisteredName"), "Virtual System Migration") == 0
               ? words
               : "the service conforms to another profile";
}

static const char *r3(const char *space)
{
    struct found found = associators(only(space, SERVICE)->path, "CIM_ElementConformsToProfile", NULL);
    const char *words = counted(found, 1, "profiles of the service");

    if (words != NULL)
        return words;
    found = associators(found.instances[0]->path, "CIM_ReferencedProfile", "CIM_RegisteredProfile");
    words = counted(found, 1, "profiles that it refers to");
    return words != NULL || strcmp(text(found.instances[0], "RegisteredName"), "System Virtualization") == 0
               ? words
               : "it refers to another profile";
}

static const char *r4(const char *space)
{
    const char *words = profile_is_registered("System Virtualization");

    (void)space;
    return words != NULL ? words : profile_is_registered("Virtual System Profile");
}

static const char *s1(const char *space)
{
    return counted(enumerate(space, SERVICE), 1, "services");
}

/* The system that the service belongs to: the host, or the cluster. */
static const struct hvc_cim_instance *its_system(const char *space)
{
    const char *name = text(only(space, SERVICE), "SystemName");
    struct found systems = enumerate(space, SYSTEM);

    for (uint32_t i = 0; i < systems.count; i++)
        if (strcmp(text(systems.instances[i], "Name"), name) == 0)
            return systems.instances[i];
    fail_msg("%s: no system has the name of the service, %s", space, name);
    return NULL;
}

static const char *s2(const char *space)
{
    return counted(associators(its_system(space)->path, "CIM_HostedService", SERVICE), 1, "services of the system");
}

static const char *guest_is_affected(const struct hvc_cim_instance *guest)
{
    return counted(associators(guest->path, "CIM_ServiceAffectsElement", SERVICE), 1, "services that affect it");
}

static const char *s3(const char *space)
{
    return of_each_guest(space, guest_is_affected);
}

static const char *s4(const char *space)
{
    return counted(associators(only(space, SERVICE)->path, "CIM_ElementCapabilities", CAPS), 1, "capabilities");
}

/* Each number stands for a method that is carried out, and each such method is in one of the arrays. */
static const char *check_methods(const struct hvc_cim_instance *capabilities, const struct hvc_schema_class *service,
                                 const char *property, bool *ret_listed)
{
    const struct hvc_schema_element *element = hvc_schema_property_find(capabilities->cls, property);
    const struct hvc_schema_qualifier *map =
        hvc_schema_qualifier_find(element->qualifiers, element->qualifier_count, "ValueMap");
    const struct hvc_schema_qualifier *words =
        hvc_schema_qualifier_find(element->qualifiers, element->qualifier_count, "Values");
    const struct hvc_cim_value *value = hvc_cim_get(capabilities, property);
    uint32_t known = 0;

    for (uint16_t i = 0; i < map->value.count; i++) {
        size_t length = strlen(words->value.text[i]) - strlen("Supported");
        const char *name = hvc_cim_copy(arena, words->value.text[i], length);
        const struct hvc_schema_method *method = hvc_schema_method_find(service, name);

        if (!has_number(capabilities, property, map->value.text[i]))
            continue;
        known++;
        ret_listed[method - service->methods] = true;
        if (method->function == NULL)
            return hvc_cim_format(arena, "%s lists %s, which is not carried out", property, name);
    }
    return value == NULL || value->null || value->count == known
               ? NULL
               : hvc_cim_format(arena, "%s lists %u numbers, of which %u are known", property, value->count, known);
}

static const char *s5(const char *space)
{
    static const char *const needed[] = {"MigrateVirtualSystemToHost", "MigrateVirtualSystemToSystem",
                                         "CheckVirtualSystemIsMigratableToHost",
                                         "CheckVirtualSystemIsMigratableToSystem"};
    const struct hvc_cim_instance *capabilities = only(space, CAPS);
    const struct hvc_schema_class *service = only(space, SERVICE)->cls;
    bool *listed = hvc_cim_alloc(arena, service->method_count, sizeof(*listed));
    const char *words = check_methods(capabilities, service, "SynchronousMethodsSupported", listed);

    if (words == NULL)
        words = check_methods(capabilities, service, "AsynchronousMethodsSupported", listed);
    for (size_t i = 0; words == NULL && i < HVC_COUNT(needed); i++) {
        const struct hvc_schema_method *method = hvc_schema_method_find(service, needed[i]);

        if (method->function != NULL && !listed[method - service->methods])
            words = hvc_cim_format(arena, "%s is carried out, and listed nowhere", needed[i]);
    }
    return words;
}

static bool supports(const struct hvc_cim_instance *capabilities, const char *number)
{
    return has_number(capabilities, "SynchronousMethodsSupported", number) ||
           has_number(capabilities, "AsynchronousMethodsSupported", number);
}

static const char *s6(const char *space)
{
    const struct hvc_cim_instance *capabilities = only(space, CAPS);

    return supports(capabilities, "2") || supports(capabilities, "3") ? NULL : "neither 2 nor 3 is supported";
}

static const char *s7(const char *space)
{
    const struct hvc_cim_instance *capabilities = only(space, CAPS);
    const struct hvc_cim_value *formats = hvc_cim_get(capabilities, "DestinationHostFormatsSupported");

    if (!supports(capabilities, "2") && !supports(capabilities, "4"))
        return NULL;
    for (uint32_t i = 0; formats != NULL && !formats->null && i < formats->count; i++)
        if (strlen(formats->text[i]) != 1 || strchr("234", formats->text[i][0]) == NULL)
            return hvc_cim_format(arena, "format %s is none", formats->text[i]);
    return has_number(capabilities, "DestinationHostFormatsSupported", "3") ? NULL : "IPv4 (3) is not there";
}

static const char *s8(const char *space)
{
    static const char *const carried[] = {"MigrationType", "Priority", "TransportType"};
    const struct hvc_cim_path *path = only(space, CAPS)->path;
    struct found links = related("References", path, NULL, "CIM_SettingsDefineCapabilities");
    struct found settings = associators(path, "CIM_SettingsDefineCapabilities", TEMPLATE);

    if (settings.words != NULL || settings.count == 0 || links.count != settings.count)
        return "the capabilities have no setting";
    for (uint32_t i = 0; i < settings.count; i++) {
        if (strcmp(text(links.instances[i], "ValueRole"), "0") != 0)
            return "a setting is no default";
        for (size_t k = 0; k < HVC_COUNT(carried); k++)
            if (text(settings.instances[i], carried[k])[0] == '\0')
                return hvc_cim_format(arena, "a setting has no %s", carried[k]);
    }
    return NULL;
}

/* Whether the capabilities have a setting that is the minimum (1), maximum (2) or increment (3) of a range. */
static bool has_range(const char *space, const char *range)
{
    struct found links = related("References", only(space, CAPS)->path, NULL, "CIM_SettingsDefineCapabilities");

    for (uint32_t i = 0; i < links.count; i++)
        if (strcmp(text(links.instances[i], "ValueRange"), range) == 0)
            return true;
    return false;
}

/* The first of the settings for which wrong holds, as words; NULL: there is none. */
static const char *of_each_setting(const char *space, bool (*wrong)(const struct hvc_cim_instance *setting),
                                   const char *words)
{
    struct found settings = enumerate(space, TEMPLATE);

    if (settings.count == 0)
        return settings.words != NULL ? settings.words : "there is no setting";
    for (uint32_t i = 0; i < settings.count; i++)
        if (wrong(settings.instances[i]))
            return hvc_cim_format(arena, "%s: %s", text(settings.instances[i], "InstanceID"), words);
    return NULL;
}

static bool weighs(const struct hvc_cim_instance *setting)
{
    return strcmp(text(setting, "Priority"), "0") != 0 || strcmp(text(setting, "Bandwidth"), "0") != 0;
}

static const char *s9(const char *space)
{
    bool all = has_range(space, "1") && has_range(space, "2") && has_range(space, "3");
    bool any = has_range(space, "1") || has_range(space, "2") || has_range(space, "3");

    if (any && !all)
        return "a range has no minimum, no maximum or no increment";
    return all ? NULL : of_each_setting(space, weighs, "it has a bandwidth or priority, of which no range is told");
}

static const char *s10(const char *space)
{
    return has_range(space, "1") ? NULL : of_each_setting(space, weighs, "Priority and Bandwidth have to be 0");
}

static bool is_no_percentage(const struct hvc_cim_instance *setting)
{
    return strcmp(text(setting, "BandwidthUnit"), "percent") == 0 &&
           strtoul(text(setting, "Bandwidth"), NULL, 10) > 100;
}

static const char *s11(const char *space)
{
    return of_each_setting(space, is_no_percentage, "Bandwidth is no percentage");
}

static bool transports_otherwise(const struct hvc_cim_instance *setting)
{
    return (text(setting, "OtherTransportType")[0] != '\0') != (strcmp(text(setting, "TransportType"), "1") == 0);
}

static const char *s12(const char *space)
{
    return of_each_setting(space, transports_otherwise, "OtherTransportType goes with TransportType 1");
}

/* A guest that runs has one host, and that host has it. */
static const char *guest_is_hosted(const struct hvc_cim_instance *guest)
{
    bool runs = strcmp(text(guest, "EnabledState"), "3") != 0;
    struct found hosts = associators(guest->path, "CIM_HostedDependency", SYSTEM), guests;
    const char *words = counted(hosts, runs, "hosts");

    if (words != NULL || !runs)
        return words;
    guests = associators(hosts.instances[0]->path, "CIM_HostedDependency", SYSTEM);
    for (uint32_t i = 0; i < guests.count; i++)
        if (hvc_cim_path_is(guests.instances[i]->path, guest->path))
            return NULL;
    return "its host does not have it";
}

static const char *s13(const char *space)
{
    return of_each_guest(space, guest_is_hosted);
}

/* ---- the lines ---- */

static const struct {
    const char *id;
    const char *(*check)(const char *space);
} checks[] = {
    {"R1", r1}, {"R2", r2}, {"R3", r3}, {"R4", r4}, {"S1", s1},   {"S2", s2},   {"S3", s3},   {"S4", s4},   {"S5", s5},
    {"S6", s6}, {"S7", s7}, {"S8", s8}, {"S9", s9}, {"S10", s10}, {"S11", s11}, {"S12", s12}, {"S13", s13},
};

/* "| R1 | SHALL | words | C | source |": false when the line is no check. */
static bool read_row(char *line, char *ret_cells[3])
{
    char *rest = NULL;
    char *cell = strtok_r(line, "|", &rest);

    for (int i = 0; i < 3; i++, cell = strtok_r(NULL, "|", &rest)) {
        if (cell == NULL)
            return false;
        while (*cell == ' ')
            cell++;
        for (char *end = cell + strlen(cell); end > cell && end[-1] == ' '; end--)
            end[-1] = '\0';
        ret_cells[i] = cell;
    }
    return (ret_cells[0][0] == 'R' || ret_cells[0][0] == 'S') && ret_cells[0][1] >= '0' && ret_cells[0][1] <= '9';
}

/* One line in one namespace; false: it does not hold. */
static bool check_line(char *const cells[3], const char *space)
{
    for (size_t i = 0; i < HVC_COUNT(checks); i++) {
        const char *words = strcmp(checks[i].id, cells[0]) == 0 ? checks[i].check(space) : NULL;

        if (strcmp(checks[i].id, cells[0]) != 0)
            continue;
        print_message("%s %s (%s, %s): %s%s%s\n", words == NULL ? "holds" : "DOES NOT HOLD", cells[0], cells[1], space,
                      cells[2], words == NULL ? "" : ": ", words == NULL ? "" : words);
        return words == NULL;
    }
    print_message("NO CHECK %s (%s): %s\n", cells[0], cells[1], cells[2]);
    return false;
}

static void every_line_of_registration_and_structure_holds(void **state)
{
    char path[512], line[2048];
    unsigned failures = 0;
    size_t lines = 0;
    char *cells[3];
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/" CHECKLIST, getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (!read_row(line, cells))
            continue;
        lines++;
        failures += !check_line(cells, hvc_schema_host.name);
        failures += !check_line(cells, hvc_schema_cluster.name);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(lines, HVC_COUNT(checks));
    assert_int_equal(failures, 0);
    assert_false(hvc_cim_arena_failed(arena));
}

static int begin(void **state)
{
    (void)state;
    arena = hvc_cim_arena_new((size_t)64 << 20);
    server = hvc_cim_server_new(&options);
    return arena == NULL || server == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    hvc_cim_server_free(server);
    hvc_cim_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_registration_and_structure_holds),
    };
    char path[512];
    struct stat about;

    (void)snprintf(path, sizeof(path), "%s/" CHECKLIST, getenv("HVC_SOURCE_DIR"));
    if (stat(path, &about) != 0) {
        print_error("%s is missing, the checklist that this test goes through: put the folder shared beside the "
                    "project\n",
                    path);
        return 77; /* skipped, which tests/run takes for a failure */
    }
    return cmocka_run_group_tests_name("wbem.profile", tests, begin, end);
}
