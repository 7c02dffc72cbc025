/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_lookup.h"

#include <stdlib.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "fake_asker.h"
#include "hvc/clock.h"

#define NOTED "11111111-2222-3333-4444-555555555555"

static char folder[64];
static char config[96];
static struct hvc_ocf ocf;
static struct fake_asker hvclusterd, direct;
static struct hvc_ways ways;
static struct hvc_error error;

static void note(void *context, const char *words)
{
    (void)context;
    (void)words;
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-lookup-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(config, sizeof(config), "%s/guest.xml", folder);
    ocf = (struct hvc_ocf){.resource = "vm1", .state_directory = folder};
    fake_init(&hvclusterd);
    fake_init(&direct);
    ways = (struct hvc_ways){.daemon = &hvclusterd.asker, .direct = &direct.asker, .note = note};
    hvc_error_clear(&error);
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static void the_order_decides_when_file_and_xml_are_there(void **state)
{
    const struct hvc_identity identity = {NOTED, "noted"};
    FILE *out = fopen(config, "w");

    (void)state;
    assert_non_null(out);
    assert_true(fputs("<domain/>", out) >= 0);
    (void)fclose(out);
    assert_int_equal(hvc_identity_store(&ocf, &identity, &error), 0);
    for (int order = 0; order < 2; order++) {
        struct hvc_lookup lookup = {
            .ocf = &ocf, .config = config, .ways = &ways, .deadline_ms = hvc_deadline_in(10000)};
        struct hvc_question question = {0};

        assert_int_equal(hvc_lookup(&lookup, (enum hvc_lookup_order)order, &question, &error), 0);
        if (order == HVC_LOOKUP_FILE_FIRST) {
            assert_string_equal(question.uuid, NOTED);
            assert_string_equal(question.name, "noted");
            assert_null(question.xml);
        } else {
            assert_string_equal(question.xml, "<domain/>");
            assert_null(question.uuid);
        }
        hvc_lookup_end(&lookup);
    }
    assert_int_equal(hvclusterd.count, 0);
}

static void the_mark_is_asked_for_last(void **state)
{
    struct hvc_lookup lookup = {.ocf = &ocf, .config = config, .ways = &ways, .deadline_ms = hvc_deadline_in(10000)};
    struct hvc_question question = {0};

    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(hvc_lookup(&lookup, HVC_LOOKUP_FILE_FIRST, &question, &error), 0);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.list");
    assert_string_equal(question.uuid, FAKE_UUID);
    assert_string_equal(question.name, "guest1");
}

static void not_known_and_cannot_be_told_are_different(void **state)
{
    struct hvc_lookup lookup = {.ocf = &ocf, .config = config, .ways = &ways, .deadline_ms = hvc_deadline_in(10000)};
    struct hvc_question question = {0};

    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "no guest of resource vm1 is here");
    assert_int_equal(hvc_lookup(&lookup, HVC_LOOKUP_FILE_FIRST, &question, &error), -ENOENT);
    assert_non_null(strstr(error.text, "guest.xml does not exist on this node; resource vm1 has no guest noted here; "
                                       "no guest of resource vm1 is here"));
    fake_init(&hvclusterd);
    assert_int_not_equal(hvc_lookup(&lookup, HVC_LOOKUP_FILE_FIRST, &question, &error), -ENOENT);
    fake_init(&hvclusterd);
    (void)fake_reply(&hvclusterd, HVC_RESULT_REFUSED, "2 guests here are marked as resource vm1's");
    assert_int_equal(hvc_lookup(&lookup, HVC_LOOKUP_FILE_FIRST, &question, &error), -EIO);
    assert_non_null(strstr(error.text, "2 guests here are marked"));
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_order_decides_when_file_and_xml_are_there),
        T(the_mark_is_asked_for_last),
        T(not_known_and_cannot_be_told_are_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
