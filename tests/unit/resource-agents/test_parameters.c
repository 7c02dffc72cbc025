/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parameters.h"

#include "../hvc_cmocka.h"
#include "agent_environment.h"

struct settings {
    const char *path;
    const char *mode;
    uint64_t speed;
    bool force;
};

static const struct hvc_parameter TABLE[] = {
    {.name = "path",
     .type = HVC_PARAMETER_STRING,
     .required = true,
     .offset = offsetof(struct settings, path),
     .shortdesc = "Where"},
    {.name = "mode",
     .type = HVC_PARAMETER_STRING,
     .offset = offsetof(struct settings, mode),
     .words = {"fast", "slow", "still"},
     .standard = "slow",
     .shortdesc = "How"},
    {.name = "speed",
     .type = HVC_PARAMETER_INTEGER,
     .offset = offsetof(struct settings, speed),
     .min = 5,
     .max = 50,
     .standard = "7",
     .shortdesc = "How fast"},
    {.name = "force",
     .type = HVC_PARAMETER_BOOLEAN,
     .offset = offsetof(struct settings, force),
     .shortdesc = "Whether"},
    {.name = "port",
     .use = HVC_PARAMETER_IGNORED,
     .type = HVC_PARAMETER_INTEGER,
     .shortdesc = "Port",
     .instead = "libvirt chooses"},
    {.name = "save",
     .use = HVC_PARAMETER_REFUSED,
     .type = HVC_PARAMETER_BOOLEAN,
     .shortdesc = "Save",
     .instead = "save by hand"},
    {.name = "uri",
     .use = HVC_PARAMETER_REFUSED,
     .type = HVC_PARAMETER_STRING,
     .words = {"here"},
     .shortdesc = "URI",
     .instead = "leave it out"},
    {.name = NULL},
};

struct faults {
    unsigned bad;
    unsigned no_effect;
    char last[HVC_ERROR_TEXT_MAX];
};

static void note_fault(void *context, enum hvc_parameter_fault fault, const char *words)
{
    struct faults *faults = context;

    if (fault == HVC_PARAMETER_BAD)
        faults->bad++;
    else
        faults->no_effect++;
    (void)snprintf(faults->last, sizeof(faults->last), "%s", words);
}

/* Reads with one more entry; NULL for none. */
static unsigned read_with(const char *entry, struct settings *ret, struct faults *faults)
{
    struct agent_environment environment = {0};
    struct hvc_ocf ocf = {.environment = environment.entries};

    environment_add(&environment, "OCF_RESKEY_path=/p");
    environment_add(&environment, "OCF_RESKEY_CRM_meta_timeout=1000");
    environment_add(&environment, "OCF_RESKEY_crm_feature_set=3.16.2");
    if (entry != NULL)
        environment_add(&environment, "%s", entry);
    memset(faults, 0, sizeof(*faults));
    return hvc_parameters_read(TABLE, &ocf, ret, note_fault, faults);
}

static void what_is_not_given_has_its_default(void **state)
{
    struct settings settings = {0};
    struct faults faults;

    (void)state;
    assert_int_equal(read_with(NULL, &settings, &faults), 0);
    assert_int_equal(faults.no_effect, 0);
    assert_string_equal(settings.mode, "slow");
    assert_int_equal(settings.speed, 7);
    assert_false(settings.force);
}

static void honoured_values_reach_their_fields(void **state)
{
    struct settings settings = {0};
    struct faults faults;

    (void)state;
    assert_int_equal(read_with("OCF_RESKEY_mode=still", &settings, &faults), 0);
    assert_string_equal(settings.mode, "still");
    assert_int_equal(read_with("OCF_RESKEY_speed=50", &settings, &faults), 0);
    assert_int_equal(settings.speed, 50);
    assert_int_equal(read_with("OCF_RESKEY_speed=0", &settings, &faults), 0);
    assert_int_equal(settings.speed, 0);
    assert_int_equal(read_with("OCF_RESKEY_force=yes", &settings, &faults), 0);
    assert_true(settings.force);
}

static void bad_values_are_told_and_leave_the_default(void **state)
{
    static const struct {
        const char *entry;
        const char *words;
    } rows[] = {
        {"OCF_RESKEY_mode=quick", "parameter mode is 'quick': it must be 'fast', 'slow' or 'still'"},
        {"OCF_RESKEY_speed=4", "parameter speed is '4': it must be a whole number from 5 to 50, or 0"},
        {"OCF_RESKEY_speed=51", "parameter speed is '51': it must be a whole number from 5 to 50, or 0"},
        {"OCF_RESKEY_speed=5MB", "parameter speed is '5MB': it must be a whole number from 5 to 50, or 0"},
        {"OCF_RESKEY_force=maybe", "parameter force is 'maybe': it must be true or false"},
        {"OCF_RESKEY_save=1", "parameter save='1' is refused: save by hand"},
        {"OCF_RESKEY_uri=there", "parameter uri='there' is refused: leave it out"},
        {"OCF_RESKEY_sped=5", "parameter sped is unknown to this agent: its meta-data lists those it has"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct settings settings = {0};
        struct faults faults;

        assert_int_equal(read_with(rows[i].entry, &settings, &faults), 1);
        assert_int_equal(faults.bad, 1);
        assert_string_equal(faults.last, rows[i].words);
        assert_string_equal(settings.mode, "slow");
        assert_int_equal(settings.speed, 7);
        assert_false(settings.force);
    }
}

static void a_missing_required_parameter_is_told(void **state)
{
    struct agent_environment environment = {0};
    struct hvc_ocf ocf = {.environment = environment.entries};
    struct settings settings = {0};
    struct faults faults = {0};

    (void)state;
    assert_int_equal(hvc_parameters_read(TABLE, &ocf, &settings, note_fault, &faults), 1);
    assert_string_equal(faults.last, "parameter path is missing: Where");
    assert_string_equal(settings.path, "");
}

static void neutral_values_of_what_is_not_supported_pass(void **state)
{
    static const char *const rows[] = {"OCF_RESKEY_save=false", "OCF_RESKEY_save=0", "OCF_RESKEY_save=",
                                       "OCF_RESKEY_uri=here",   "OCF_RESKEY_uri=",   "OCF_RESKEY_port=0"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct settings settings = {0};
        struct faults faults;

        assert_int_equal(read_with(rows[i], &settings, &faults), 0);
        assert_int_equal(faults.no_effect, 0);
    }
}

static void a_value_without_effect_is_said(void **state)
{
    struct settings settings = {0};
    struct faults faults;

    (void)state;
    assert_int_equal(read_with("OCF_RESKEY_port=49152", &settings, &faults), 0);
    assert_int_equal(faults.no_effect, 1);
    assert_string_equal(faults.last, "parameter port='49152' has no effect: libvirt chooses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(honoured_values_reach_their_fields),
        cmocka_unit_test(bad_values_are_told_and_leave_the_default),
        cmocka_unit_test(a_missing_required_parameter_is_told),
        cmocka_unit_test(neutral_values_of_what_is_not_supported_pass),
        cmocka_unit_test(a_value_without_effect_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
