/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask_codec.h"

#include "guest_class.h"
#include "hvc/client.h"

static void set_number(struct hvc_record *args, const char *name, uint64_t value)
{
    if (value != 0)
        hvc_record_set_u64(args, name, value);
}

static bool is_list(const struct hvc_question *question)
{
    return strcmp(question->operation, "guest.list") == 0;
}

struct hvc_record *hvc_ask_encode(const struct hvc_question *question)
{
    struct hvc_record *args = NULL;
    struct hvc_record *request = hvc_request_new(question->operation, &args);

    hvc_record_set_text(args, "xml", question->xml);
    hvc_record_set_text(args, "uuid", question->uuid);
    hvc_record_set_text(args, "name", question->name);
    if (!is_list(question))
        hvc_record_set_text(args, "resource", question->resource);
    hvc_record_set_text(args, "target", question->target);
    hvc_record_set_text(args, "source", question->source);
    hvc_record_set_text(args, "config", question->config);
    hvc_record_set_text(args, "end_action", question->end_action);
    set_number(args, "timeout_ms", question->timeout_ms);
    set_number(args, "graceful_ms", question->graceful_ms);
    set_number(args, "bandwidth_mib", question->bandwidth_mib);
    set_number(args, "max_downtime_ms", question->max_downtime_ms);
    if (question->post_copy)
        hvc_record_set_bool(args, "post_copy", true);
    if (question->force)
        hvc_record_set_bool(args, "force", true);
    return request;
}

/* Longer texts than ours cannot come from our own limits; they are cut. */
static void take(const struct hvc_record *data, const char *name, char *target, size_t size)
{
    (void)snprintf(target, size, "%s", hvc_record_text(data, name, ""));
}

static void decode_guest(const struct hvc_record *data, struct hvc_answer *answer)
{
    answer->guest_class = hvc_class_of_word(hvc_record_text(data, "class", ""));
    take(data, "uuid", answer->uuid, sizeof(answer->uuid));
    take(data, "name", answer->name, sizeof(answer->name));
    take(data, "owner", answer->owner, sizeof(answer->owner));
    take(data, "words", answer->words, sizeof(answer->words));
    take(data, "outcome", answer->outcome, sizeof(answer->outcome));
    take(data, "warning", answer->warning, sizeof(answer->warning));
    if (answer->warning[0] == '\0')
        take(data, "mark_error", answer->warning, sizeof(answer->warning));
    answer->io_error = hvc_record_bool(data, "io_error", false);
}

static void decode_owned(const char *resource, const struct hvc_record *data, struct hvc_answer *answer)
{
    size_t found = 0;

    for (size_t i = 0; i < hvc_record_list_count(data, "guests"); i++) {
        const struct hvc_record *guest = hvc_record_list_at(data, "guests", i);

        if (strcmp(hvc_record_text(guest, "owner", ""), resource) != 0)
            continue;
        if (found++ == 0)
            decode_guest(guest, answer);
    }
    if (found == 0) {
        answer->result = HVC_RESULT_NOT_FOUND;
        (void)snprintf(answer->text, sizeof(answer->text), "no guest of resource %s is here", resource);
    } else if (found > 1) {
        answer->result = HVC_RESULT_REFUSED;
        (void)snprintf(answer->text, sizeof(answer->text), "%zu guests here are marked as resource %s's", found,
                       resource);
    }
}

void hvc_ask_decode(const struct hvc_question *question, const struct hvc_record *response,
                    struct hvc_answer *ret_answer)
{
    struct hvc_answer answer = {.result = hvc_response_result(response), .guest_class = HVC_GUEST_CLASS_MAX};
    const struct hvc_record *data = hvc_response_data(response);

    (void)snprintf(answer.text, sizeof(answer.text), "%s", hvc_response_text(response));
    if (answer.text[0] == '\0')
        (void)snprintf(answer.text, sizeof(answer.text), "%s", hvc_result_text(answer.result));
    if (!is_list(question))
        decode_guest(data, &answer);
    else if (answer.result == HVC_RESULT_OK)
        decode_owned(question->resource, data, &answer);
    *ret_answer = answer;
}
