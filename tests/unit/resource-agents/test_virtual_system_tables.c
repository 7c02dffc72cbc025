/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../hvc_cmocka.h"
#include "agent_environment.h"
#include "virtual_system.h"

#define VIRTUAL_DOMAIN "/usr/lib/ocf/resource.d/heartbeat/VirtualDomain"

struct faults {
    unsigned bad;
    unsigned no_effect;
    char text[4096];
};

static void note_fault(void *context, enum hvc_parameter_fault fault, const char *words)
{
    struct faults *faults = context;
    size_t used = strlen(faults->text);

    if (fault == HVC_PARAMETER_BAD)
        faults->bad++;
    else
        faults->no_effect++;
    (void)snprintf(faults->text + used, sizeof(faults->text) - used, "%s\n", words);
}

static unsigned read_with(const char *name, const char *value, struct hvc_virtual_system_settings *ret,
                          struct faults *faults)
{
    static struct agent_environment environments[2]; /* the settings point into it: those of the first call stay */
    static unsigned calls;
    struct agent_environment *environment = &environments[calls++ == 0 ? 0 : 1];
    struct hvc_ocf ocf = {.environment = environment->entries};

    memset(environment, 0, sizeof(*environment));
    environment_add(environment, "OCF_RESKEY_%s=%s", name, value);
    if (strcmp(name, "config") != 0)
        environment_add(environment, "OCF_RESKEY_config=/etc/guest.xml");
    memset(faults, 0, sizeof(*faults));
    memset(ret, 0, sizeof(*ret));
    return hvc_virtual_system_read_settings(&ocf, ret, note_fault, faults);
}

/* A value of the row that asks for something. */
static const char *asking_value(const struct hvc_parameter *row, char *text, size_t size)
{
    switch (row->type) {
    case HVC_PARAMETER_STRING:
        if (strcmp(row->name, "migrate_options") == 0)
            return "--postcopy";
        if (row->use == HVC_PARAMETER_HONOURED && row->words[0] != NULL)
            return row->words[1];
        return "/asked/for";
    case HVC_PARAMETER_INTEGER:
        (void)snprintf(text, size, "%llu", row->max == 0 ? 49152ULL : (unsigned long long)row->max);
        return text;
    case HVC_PARAMETER_BOOLEAN:
        return "true";
    }
    return "";
}

/* Fields hold pointers into the environment: the settings are compared by what they say. */
static bool settings_differ(const struct hvc_virtual_system_settings *a, const struct hvc_virtual_system_settings *b)
{
    return strcmp(a->config, b->config) != 0 || a->force_stop != b->force_stop ||
           a->shutdown_timeout_s != b->shutdown_timeout_s || a->migration_downtime_ms != b->migration_downtime_ms ||
           a->migration_speed_mib != b->migration_speed_mib ||
           strcmp(a->migration_at_deadline, b->migration_at_deadline) != 0 ||
           a->migration_post_copy != b->migration_post_copy || strcmp(a->monitor_scripts, b->monitor_scripts) != 0 ||
           strcmp(a->on_io_error, b->on_io_error) != 0;
}

static void pain_18_every_parameter_has_an_effect_or_says_why_not(void **state)
{
    struct hvc_virtual_system_settings plain;
    struct faults faults;
    char number[32];

    (void)state;
    assert_int_equal(read_with("config", "/etc/guest.xml", &plain, &faults), 0);
    assert_int_equal(faults.no_effect, 0);
    for (const struct hvc_parameter *row = hvc_virtual_system.parameters; row->name != NULL; row++) {
        struct hvc_virtual_system_settings settings;
        unsigned bad = read_with(row->name, asking_value(row, number, sizeof(number)), &settings, &faults);

        switch (row->use) {
        case HVC_PARAMETER_HONOURED:
            assert_int_equal(bad, 0);
            assert_int_equal(faults.no_effect, 0);
            if (!settings_differ(&plain, &settings))
                fail_msg("parameter %s changes nothing", row->name);
            break;
        case HVC_PARAMETER_IGNORED:
            assert_int_equal(bad, 0);
            assert_int_equal(faults.no_effect, 1);
            assert_non_null(strstr(faults.text, row->instead));
            assert_false(settings_differ(&plain, &settings));
            break;
        case HVC_PARAMETER_REFUSED:
            assert_int_equal(bad, 1);
            assert_non_null(strstr(faults.text, row->instead));
            assert_false(settings_differ(&plain, &settings));
            break;
        }
    }
}

static void every_default_of_the_metadata_is_a_value_that_is_taken_silently(void **state)
{
    (void)state;
    for (const struct hvc_parameter *row = hvc_virtual_system.parameters; row->name != NULL; row++) {
        struct hvc_virtual_system_settings settings;
        struct faults faults;

        if (row->standard == NULL)
            continue;
        assert_int_equal(read_with(row->name, row->standard, &settings, &faults), 0);
        assert_int_equal(faults.no_effect, 0);
    }
}

static void every_row_is_complete_and_unique(void **state)
{
    (void)state;
    for (const struct hvc_parameter *row = hvc_virtual_system.parameters; row->name != NULL; row++) {
        assert_non_null(row->shortdesc);
        assert_non_null(row->longdesc);
        assert_ptr_equal(hvc_parameter_find(hvc_virtual_system.parameters, row->name), row);
        assert_int_equal(row->instead != NULL, row->use != HVC_PARAMETER_HONOURED);
        for (const struct hvc_parameter *other = row + 1; other->name != NULL; other++)
            if (row->use == HVC_PARAMETER_HONOURED && other->use == HVC_PARAMETER_HONOURED)
                assert_int_not_equal(row->offset, other->offset);
    }
    assert_null(hvc_parameter_find(hvc_virtual_system.parameters, "no_such"));
}

static void every_parameter_of_VirtualDomain_has_a_row(void **state)
{
    FILE *file = fopen(VIRTUAL_DOMAIN, "r");
    char line[1024];
    unsigned found = 0;

    (void)state;
    if (file == NULL) {
        print_message("%s is not installed\n", VIRTUAL_DOMAIN);
        skip();
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        char name[128];

        if (sscanf(line, "<parameter name=\"%127[^\"]\"", name) != 1)
            continue;
        found++;
        if (hvc_parameter_find(hvc_virtual_system.parameters, name) == NULL)
            fail_msg("VirtualDomain's parameter %s has no row", name);
    }
    (void)fclose(file);
    assert_in_range(found, 20, 60);
}

static void migrate_options_are_taken_or_refused_one_by_one(void **state)
{
    static const struct {
        const char *value;
        unsigned bad;
        unsigned no_effect;
        bool post_copy;
        const char *words;
    } rows[] = {
        {"--live --p2p", 0, 0, false, ""},
        {"  --verbose   --tls ", 0, 0, false, ""},
        {"--postcopy --auto-converge", 0, 0, true, ""},
        {"--migrateuri=tcp://%n-mig --p2p", 0, 1, false, "migrate_uri in hvclusterd.conf"},
        {"--unsafe", 1, 0, false, "migrate_options has '--unsafe', which is refused"},
        {"--live --tunnelled --compressed", 2, 0, false, "'--compressed'"},
        {"--livestock", 1, 0, false, "'--livestock'"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_virtual_system_settings settings;
        struct faults faults;

        assert_int_equal(read_with("migrate_options", rows[i].value, &settings, &faults), rows[i].bad);
        assert_int_equal(faults.no_effect, rows[i].no_effect);
        assert_int_equal(settings.migration_post_copy, rows[i].post_copy);
        assert_non_null(strstr(faults.text, rows[i].words));
    }
}

static void paths_must_be_absolute(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        unsigned bad;
    } rows[] = {
        {"config", "guest.xml", 1},
        {"config", "/etc/guest.xml", 0},
        {"monitor_scripts", "/usr/bin/a /usr/bin/b", 0},
        {"monitor_scripts", "/usr/bin/a check", 1},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_virtual_system_settings settings;
        struct faults faults;

        assert_int_equal(read_with(rows[i].name, rows[i].value, &settings, &faults), rows[i].bad);
    }
}

static void the_advised_timeouts_are_those_of_the_guide(void **state)
{
    static const char *const expected[] = {"start",        "stop",         "monitor",   "migrate_to",
                                           "migrate_from", "reload-agent", "meta-data", "validate-all"};
    size_t count = 0;

    (void)state;
    for (const struct hvc_ocf_action *action = hvc_virtual_system.actions; action->name != NULL; action++) {
        assert_true(count < HVC_COUNT(expected));
        assert_string_equal(action->name, expected[count]);
        assert_true(action->timeout_s > 0);
        assert_int_equal(action->interval_s != 0, strcmp(action->name, "monitor") == 0);
        count++;
    }
    assert_int_equal(count, HVC_COUNT(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain_18_every_parameter_has_an_effect_or_says_why_not),
        cmocka_unit_test(every_default_of_the_metadata_is_a_value_that_is_taken_silently),
        cmocka_unit_test(every_row_is_complete_and_unique),
        cmocka_unit_test(every_parameter_of_VirtualDomain_has_a_row),
        cmocka_unit_test(migrate_options_are_taken_or_refused_one_by_one),
        cmocka_unit_test(paths_must_be_absolute),
        cmocka_unit_test(the_advised_timeouts_are_those_of_the_guide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
