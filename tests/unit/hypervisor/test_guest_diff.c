/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/guest_diff.h"

#include <errno.h>
#include <stdlib.h>

#include "../hvc_cmocka.h"

#define DOMAIN(inside) "<domain type='kvm'><name>a</name>" inside "</domain>"

static void take(void *context, char sign, const char *line)
{
    char *text = context;

    (void)snprintf(text + strlen(text), 1024 - strlen(text), "%c%s\n", sign, line);
}

static void definitions_differ_in_what_they_say(void **state)
{
    static const struct {
        const char *one, *other, *differences;
    } cases[] = {
        {DOMAIN(""), DOMAIN(""), ""},
        {DOMAIN("<vcpu>2</vcpu>"), DOMAIN("<vcpu>4</vcpu>"), "-vcpu=2\n+vcpu=4\n"},
        {DOMAIN("<vcpu>  2\n</vcpu>"), DOMAIN("\n  <vcpu><!-- two -->2</vcpu>"), ""},
        {DOMAIN("<a b='1' c='2'/>"), DOMAIN("<a c=\"2\" b=\"1\"></a>"), ""},
        {DOMAIN("<devices><disk><target dev='vda'/></disk></devices>"),
         DOMAIN("<devices><disk><target dev='vda'/></disk><disk><target dev='vdb'/></disk></devices>"),
         "-devices/disk/target@dev=vda\n+devices/disk[1]/target@dev=vda\n+devices/disk[2]/target@dev=vdb\n"},
        {DOMAIN("<features><acpi/></features>"), DOMAIN("<features/>"), "-features/acpi=\n+features=\n"},
        {DOMAIN("<metadata><x>1</x></metadata>"), DOMAIN(""), ""},
        {"<domain type='kvm'/>", "<domain type='qemu'/>", "-domain@type=kvm\n+domain@type=qemu\n"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        char text[1024] = "";

        if (hvc_guest_diff(cases[i].one, cases[i].other, take, text, &error) < 0)
            fail_msg("row %zu: %s", i, error.text);
        assert_string_equal(text, cases[i].differences);
    }
}

static void what_is_no_definition_is_told_with_which_one_it_is(void **state)
{
    struct hvc_error error = {0};
    char text[1024] = "", *deep = calloc(1, 4096);

    (void)state;
    assert_int_equal(hvc_guest_diff("<network/>", DOMAIN(""), take, text, &error), -EINVAL);
    assert_non_null(strstr(error.text, "the first definition cannot be compared"));
    memset(&error, 0, sizeof(error));
    assert_true(hvc_guest_diff(DOMAIN(""), "<domain>", take, text, &error) < 0);
    assert_non_null(strstr(error.text, "the second definition cannot be compared"));
    assert_non_null(deep);
    (void)snprintf(deep, 4096, "<domain>");
    for (int i = 0; i < 40; i++)
        memcpy(deep + strlen(deep), "<a>", 4);
    for (int i = 0; i < 40; i++)
        memcpy(deep + strlen(deep), "</a>", 5);
    memcpy(deep + strlen(deep), "</domain>", 10);
    memset(&error, 0, sizeof(error));
    assert_int_equal(hvc_guest_diff(DOMAIN(""), deep, take, text, &error), -E2BIG);
    assert_string_equal(text, "");
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_differ_in_what_they_say),
        cmocka_unit_test(what_is_no_definition_is_told_with_which_one_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
