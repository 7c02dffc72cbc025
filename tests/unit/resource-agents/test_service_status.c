/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The golden answers of `status` (tests/golden/status) as the monitor of MigrationService reads them. */
#include "service_status.h"

#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static struct hvc_record *read_golden(const char *name)
{
    static char json[32768];
    struct hvc_record *data = NULL;
    struct hvc_error error = {0};
    char path[512];
    FILE *file;
    size_t length;

    (void)snprintf(path, sizeof(path), "%s/tests/golden/status/%s.json", getenv("HVC_SOURCE_DIR"), name);
    file = fopen(path, "re");
    assert_non_null(file);
    length = fread(json, 1, sizeof(json), file);
    (void)fclose(file);
    if (hvc_record_parse(json, length, &data, &error) != 0)
        fail_msg("%s: %s", path, error.text);
    return data;
}

static void what_is_wrong_with_the_clusters_state_is_told(void **state)
{
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"voting", ""},
        {"standalone", ""},
        {"one-node-lost", ""},
        {"voting-doubt", "corosync does not answer now: the others may have gone on without this node, and it would "
                         "not know"},
        {"starting", "starting: the store is being checked"},
        {"out-quorum", "nothing can be decided here: no quorum: 1 of 3 votes are here, 2 are needed; not here: n2, n3"},
        {"left-store-full", "this node takes no part: the store failed: disk full"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_record *data = read_golden(rows[i].name);
        struct hvc_service_health health;

        hvc_service_status_read(data, &health);
        assert_string_equal(health.words, rows[i].words);
        assert_string_equal(health.summary, "version 1.2.3, node n1");
        assert_int_equal(health.pid, 4711);
        hvc_record_free(data);
    }
}

static void libvirt_and_the_clusters_state_are_told_together(void **state)
{
    struct hvc_record *data = read_golden("left-store-full"), *hypervisor = hvc_record_edit(data, "hypervisor");
    struct hvc_service_health health;

    (void)state;
    hvc_record_set_text(hypervisor, "health", "hangs");
    hvc_record_set_text(hypervisor, "words", "no answer for 5 s");
    hvc_service_status_read(data, &health);
    assert_string_equal(health.words,
                        "libvirt hangs: no answer for 5 s; this node takes no part: the store failed: disk full");
    hvc_record_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_the_clusters_state_is_told),
        cmocka_unit_test(libvirt_and_the_clusters_state_are_told_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
