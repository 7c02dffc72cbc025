/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of requests and responses, whichever way they travel. */
#include <errno.h>

#include "hvc/client.h"

struct hvc_record *hvc_request_new(const char *operation, struct hvc_record **ret_args)
{
    struct hvc_record *request = hvc_record_new();

    hvc_record_set_text(request, "op", operation);
    hvc_record_set_u64(request, "version", HVC_IPC_VERSION);
    *ret_args = hvc_record_set_record(request, "args");
    return request;
}

struct hvc_record *hvc_response_new(enum hvc_result result, const char *text)
{
    struct hvc_record *response = hvc_record_new();

    hvc_record_set_u64(response, "version", HVC_IPC_VERSION);
    hvc_record_set_text(response, "result", hvc_result_word(result));
    hvc_record_set_text(response, "text", text);
    return response;
}

enum hvc_result hvc_response_result(const struct hvc_record *response)
{
    enum hvc_result result = HVC_RESULT_INTERNAL;

    (void)hvc_result_parse(hvc_record_text(response, "result", ""), &result);
    return result;
}

const char *hvc_response_text(const struct hvc_record *response)
{
    return hvc_record_text(response, "text", "");
}

const struct hvc_record *hvc_response_data(const struct hvc_record *response)
{
    return hvc_record_record(response, "data");
}

static int check(const struct hvc_record *response, struct hvc_error *error)
{
    enum hvc_record_type text = hvc_record_type(response, "text");
    enum hvc_record_type data = hvc_record_type(response, "data");
    const char *word = hvc_record_text(response, "result", "");
    uint64_t version = hvc_record_u64(response, "version", 0);
    enum hvc_result result;

    if (version != HVC_IPC_VERSION)
        return hvc_error_set(error, -EPROTO, "the answer is of version %llu, this program speaks version %d",
                             (unsigned long long)version, HVC_IPC_VERSION);
    if (hvc_result_parse(word, &result) < 0)
        return hvc_error_set(error, -EPROTO, "the answer has the unknown result \"%.40s\"", word);
    if ((text != HVC_RECORD_TEXT && text != HVC_RECORD_NONE) || (data != HVC_RECORD_RECORD && data != HVC_RECORD_NONE))
        return hvc_error_set(error, -EPROTO, "the answer's text is a %s and its data a %s", hvc_record_type_name(text),
                             hvc_record_type_name(data));
    return 0;
}

int hvc_response_parse(const char *json, size_t length, struct hvc_record **ret_response, struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    int rc = hvc_record_parse(json, length, &response, error);

    if (rc < 0) {
        (void)hvc_error_prefix(error, "the answer cannot be read");
        if (rc != -ENOMEM && error != NULL)
            error->code = -EPROTO;
        return rc == -ENOMEM ? rc : -EPROTO;
    }
    rc = check(response, error);
    if (rc < 0)
        return rc;
    *ret_response = HVC_TAKE(response, NULL);
    return 0;
}
