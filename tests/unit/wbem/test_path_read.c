/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of instances from text, in the forms that clients write. */
#include "hvc/cim.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 16);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static void the_forms_of_clients_are_read(void **state)
{
    static const struct {
        const char *text, *host, *again;
    } rows[] = {
        {"root/v2:C.Name=\"a\"", NULL, "root/v2:C.Name=\"a\""},
        {"C.Name=\"a\"", NULL, "C.Name=\"a\""},
        {"\\\\N1\\root\\v2:C.Name=\"a\"", "N1", "root/v2:C.Name=\"a\""},
        {"//n1/root/v2:C.Name=\"a\"", "n1", "root/v2:C.Name=\"a\""},
        {"/root/v2:C.Name=\"a\"", NULL, "root/v2:C.Name=\"a\""},
        {"C.B=\"x,y\",A=7", NULL, "C.A=7,B=\"x,y\""},
        {"C.A=-7,B=TRUE", NULL, "C.A=-7,B=TRUE"},
        {"C.A=\"Microsoft:b\\\\Disk\\\\vda\"", NULL, "C.A=\"Microsoft:b\\\\Disk\\\\vda\""},
        {"C.A=\"say \\\"a:b\\\"\"", NULL, "C.A=\"say \\\"a:b\\\"\""},
    };

    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const struct hvc_cim_path *path = NULL;

        assert_int_equal(hvc_cim_path_read(*state, rows[i].text, &path), 0);
        assert_string_equal(hvc_cim_path_text(*state, path), rows[i].again);
        if (rows[i].host == NULL)
            assert_null(path->host);
        else
            assert_string_equal(path->host, rows[i].host);
    }
}

static void what_is_no_path_is_refused(void **state)
{
    static const char *const texts[] = {
        "",      "rubbish",    "C",        "C.",       "C.A",      "C.A=",     "C.A=\"x", "C.A=\"x\"y",
        "C.A=x", "C.A=\"x\",", "C.=\"x\"", ".A=\"x\"", "root/v2:", "\\\\n1:C", "C.A=1,B", "C.A=\"x\\"};

    for (size_t i = 0; i < HVC_COUNT(texts); i++) {
        const struct hvc_cim_path *path = NULL;

        print_message("\"%s\"\n", texts[i]);
        assert_int_equal(hvc_cim_path_read(*state, texts[i], &path), -EINVAL);
        assert_null(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_forms_of_clients_are_read, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_path_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
