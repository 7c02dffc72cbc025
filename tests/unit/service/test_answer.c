/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/answer.h"

#include "../hvc_cmocka.h"
#include "golden.h"
#include "hvc/settings.h"

static void every_answer_has_its_golden_sentence(void **state)
{
    static char all[16384];
    char text[256];
    size_t used = 0;

    (void)state;
    for (unsigned code = 0; code < HVC_ANSWER_CODE_COUNT; code++) {
        struct hvc_answer answer = {.code = (uint16_t)code, .detail = HVC_FIELD_SUBNET, .value = 17};

        if (code == HVC_ANSWER_ENDED || code == HVC_ANSWER_TOO_LATE || code == HVC_ANSWER_NOT_ALLOWED)
            answer.detail = 4;
        hvc_answer_text(&answer, text, sizeof(text));
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s: %s\n", hvc_answer_name(code), text);
    }
    for (unsigned field = 0; field < HVC_FIELD_COUNT; field++) {
        struct hvc_answer answer = {
            .code = HVC_ANSWER_INVALID, .detail = (uint16_t)field, .value = HVC_SETTING_RETENTION_COUNT};

        hvc_answer_text(&answer, text, sizeof(text));
        used += (size_t)snprintf(all + used, sizeof(all) - used, "invalid %u: %s\n", field, text);
    }
    golden("answers", all);
}

static void sentences_keep_to_their_room(void **state)
{
    struct hvc_answer answer = {
        .code = HVC_ANSWER_INVALID, .detail = HVC_FIELD_SETTING, .value = HVC_SETTING_BANDWIDTH};
    char text[256], little[8];

    (void)state;
    hvc_answer_text(&answer, little, sizeof(little));
    assert_string_equal(little, "not a v");
    answer = (struct hvc_answer){.code = 60000, .detail = 60000, .value = UINT64_MAX};
    hvc_answer_text(&answer, text, sizeof(text));
    assert_string_equal(text, "the command cannot be read");
    assert_string_equal(hvc_answer_name(60000), "invalid-code");
    assert_true(hvc_answer_is_good(&(struct hvc_answer){.code = HVC_ANSWER_UNCHANGED}));
    assert_false(hvc_answer_is_good(&answer));
}

static void a_kept_answer_comes_back_whole(void **state)
{
    static const uint16_t details[] = {0, 1, HVC_FIELD_COUNT, 0x7fff, 0x8000, 0xffff};

    (void)state;
    for (unsigned code = 0; code <= HVC_ANSWER_CODE_COUNT; code++) {
        for (size_t i = 0; i < HVC_COUNT(details); i++) {
            struct hvc_answer given = {.code = (uint16_t)code, .detail = details[i], .value = UINT64_MAX - code};
            struct hvc_answer kept = hvc_answer_unpack(hvc_answer_pack(&given), given.value);

            assert_int_equal(kept.code, given.code);
            assert_int_equal(kept.detail, given.detail);
            assert_int_equal(kept.value, given.value);
            assert_true(kept.repeated);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_golden_sentence),
        cmocka_unit_test(sentences_keep_to_their_room),
        cmocka_unit_test(a_kept_answer_comes_back_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
