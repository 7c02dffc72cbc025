/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has no role for a request is answered with access denied, whatever the request: each golden request is asked. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#include "../hvc_cmocka.h"

enum { LARGE = 1 << 20 };

static struct hvc_wbemd_settings settings;
static struct hvc_wbemd_desk *desk;

/* The words of the answer; free() it. */
static char *ask(const char *path, const char *user, enum hvc_role role)
{
    struct hvc_wbemd_request request = {.user = user, .address = "192.0.2.1", .role = role};
    struct hvc_wbemd_answer answer;
    char *text = calloc(LARGE, 1);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    request.bytes = text;
    request.length = fread(text, 1, LARGE - 1, file);
    assert_int_equal(fclose(file), 0);
    hvc_wbemd_answer(desk, &request, &answer);
    assert_int_equal(answer.http, 200);
    free(text);
    return answer.bytes;
}

static size_t check_denied(const char *names, const char *user, enum hvc_role role, const char *words)
{
    char pattern[512];
    glob_t files;
    size_t count;

    (void)snprintf(pattern, sizeof(pattern), "%s/tests/golden/wbem/%s", getenv("HVC_SOURCE_DIR"), names);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    count = files.gl_pathc;
    for (size_t i = 0; i < count; i++) {
        char *bytes = ask(files.gl_pathv[i], user, role);

        if (strstr(bytes, "<ERROR CODE=\"2\"") == NULL || strstr(bytes, words) == NULL)
            fail_msg("%s gave %.400s", files.gl_pathv[i], bytes);
        free(bytes);
    }
    globfree(&files);
    return count;
}

static void who_has_no_role_reads_nothing(void **state)
{
    (void)state;
    assert_true(check_denied("*.request.xml", "somebody", HVC_ROLE_NONE, "has role none") > 160);
}

static void who_may_read_changes_nothing(void **state)
{
    (void)state;
    assert_true(check_denied("[Mm]odify[-I]*.request.xml", "somebody", HVC_ROLE_READ, "needs role operate") > 5);
    assert_true(check_denied("StartService-*.request.xml", "somebody", HVC_ROLE_READ, "needs role operate") > 3);
    assert_int_equal(check_denied("method-unknown.request.xml", "somebody", HVC_ROLE_READ, "needs role operate"), 1);
}

static void who_gives_no_user_is_told_to_give_one(void **state)
{
    (void)state;
    assert_true(check_denied("StartService-*.request.xml", "", HVC_ROLE_READ,
                             "who gives no user has role read; StartService needs role operate: give a user") > 3);
    assert_true(check_denied("StartService-*.request.xml", "bob", HVC_ROLE_READ,
                             "user &quot;bob&quot; has role read; StartService needs role operate: see [roles]") > 3);
}

static int begin(void **state)
{
    const struct hvc_wbemd_desk_options options = {.settings = &settings, .host = "n1.example.org"};

    (void)state;
    hvc_wbemd_settings_default(&settings);
    desk = hvc_wbemd_desk_new(&options);
    return desk == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    hvc_wbemd_desk_free(desk);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_no_role_reads_nothing),
        cmocka_unit_test(who_may_read_changes_nothing),
        cmocka_unit_test(who_gives_no_user_is_told_to_give_one),
    };

    return cmocka_run_group_tests_name("wbem.answer", tests, begin, end);
}
