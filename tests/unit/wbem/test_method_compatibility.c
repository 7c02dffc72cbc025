/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blobs and vectors that the golden calls do not have. */
#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define INFO    "cluster|GetSystemCompatibilityInfo|" GUEST("2")
#define VECTORS "cluster|GetSystemCompatibilityVectors|" GUEST("2")

/* Each byte that there is, as hexadecimal digits and as numbers with sep between. */
static void all_bytes(char *hex, char *numbers, size_t size, const char *before, const char *sep)
{
    size_t used = 0;

    for (unsigned i = 0; i < 256; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", i);
        used += (size_t)snprintf(numbers + used, size - used, "%s%u%s", before, i, sep);
    }
}

static void a_blob_comes_and_goes_byte_by_byte(void **state)
{
    char hex[513], numbers[6000], line[8192], want[600];
    struct method_row row = {line, "> guest.compatibility guest=", numbers};

    (void)state;
    all_bytes(hex, numbers, sizeof(numbers), "<VALUE>", "</VALUE>");
    (void)snprintf(line, sizeof(line), INFO "|ok {\"info\":\"%s\"}", hex);
    method_rows(&facts_sample, &row, 1);
    all_bytes(hex, numbers, sizeof(numbers), "", "+");
    numbers[strlen(numbers) - 1] = '\0';
    (void)snprintf(line, sizeof(line),
                   "cluster|CheckSystemCompatibilityInfo|SA CompatibilityInfo=%s|ok {\"compatible\":true}", numbers);
    (void)snprintf(want, sizeof(want), "> host.check-compatibility node=n1 info=%s\n", hex);
    row = (struct method_row){line, want, "< " VALUE("0") "\n"};
    method_rows(&facts_sample, &row, 1);
}

/* hvclusterd's answer is not believed. */
static void what_is_no_blob_and_no_vector_is_a_failure(void **state)
{
    static const struct method_row rows[] = {
        {INFO "|ok {\"info\":\"\"}", "> guest", VALUE("32768") " hvclusterd gave no compatibility information"},
        {INFO "|ok {\"info\":\"4G\"}", "> guest", VALUE("32768") " hvclusterd gave no compatibility information"},
        {INFO "|ok {\"info\":\"ABCD\"}", "> guest", VALUE("32768") " hvclusterd gave no compatibility information"},
        {INFO "|ok {}", "> guest", VALUE("32768") " hvclusterd gave no compatibility information"},
        {VECTORS "|ok {\"vectors\":[]}", "> guest", VALUE("32768") " hvclusterd gave no vectors"},
        {VECTORS "|ok {}", "> guest", VALUE("32768") " hvclusterd gave no vectors"},
        {"cluster|CheckSystemCompatibilityInfo|SA CompatibilityInfo=1|ok {}", "> host", VALUE("32784")},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* A warning is told beside 0 with a low severity, an error beside 32784 with a high one. */
static void a_reason_has_the_severity_that_it_has(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|CheckSystemCompatibilityInfo|SA CompatibilityInfo=1|ok "
         "{\"compatible\":true,\"reasons\":[{\"guest\":\"u\","
         "\"name\":\"web1\",\"code\":\"old\",\"severity\":\"warning\",\"text\":\"t\"}]}",
         "> host", "PerceivedSeverity&quot; TYPE=&quot;uint16&quot;&gt;&lt;VALUE&gt;2&lt;"},
        {"cluster|CheckSystemCompatibilityInfo|SA CompatibilityInfo=1|ok "
         "{\"compatible\":false,\"reasons\":[{\"guest\":\"u\","
         "\"name\":\"web1\",\"code\":\"cpu\",\"severity\":\"error\",\"text\":\"t\"}]}",
         "> host", "PerceivedSeverity&quot; TYPE=&quot;uint16&quot;&gt;&lt;VALUE&gt;4&lt;"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

static void a_host_is_asked_in_its_own_namespace_or_the_clusters(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|GetSystemCompatibilityVectors|R ComputerSystem=Msvm_ComputerSystem!Name!n2|ok "
         "{\"vectors\":[{\"id\":1,\"operation\":2,\"info\":3}]}",
         "> host.vectors node=n2\n", VALUE("0")},
        {"there|GetSystemCompatibilityInfo|R ComputerSystem=Msvm_ComputerSystem!Name!N2|ok {\"info\":\"00\"}",
         "> host.compatibility node=n2\n", VALUE("0")},
        {"there|GetSystemCompatibilityInfo|R ComputerSystem=Msvm_ComputerSystem!Name!n1|ok {\"info\":\"00\"}", NOTHING,
         VALUE("32773") " ComputerSystem is node n1: here only n2 is known"},
    };

    (void)state;
    method_rows(NULL, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_comes_and_goes_byte_by_byte),
        cmocka_unit_test(what_is_no_blob_and_no_vector_is_a_failure),
        cmocka_unit_test(a_reason_has_the_severity_that_it_has),
        cmocka_unit_test(a_host_is_asked_in_its_own_namespace_or_the_clusters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
