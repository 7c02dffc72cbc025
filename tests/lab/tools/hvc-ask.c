/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-ask [--data] OPERATION [NAME=VALUE...]: one request to the hvclusterd of this node, as the agents make them. A
 * value of digits is a number, "true" and "false" are truth values, anything else is text. Prints the answer's word and
 * text
 * (--data: its data as JSON instead), and ends with 0 when it is "ok", 1 when it is another one, 2 when there was none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/client.h"
#include "hvc/text.h"

enum { CALL_MS = 300000 };

static bool set(struct hvc_record *args, char *word)
{
    char *value = strchr(word, '=');
    uint64_t number;

    if (value == NULL)
        return false;
    *value++ = '\0';
    if (hvc_parse_u64(value, 0, UINT64_MAX, &number) == 0)
        hvc_record_set_u64(args, word, number);
    else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        hvc_record_set_bool(args, word, *value == 't');
    else
        hvc_record_set_text(args, word, value);
    return true;
}

static int print_data(const struct hvc_record *response)
{
    struct hvc_error error = {0};
    size_t length;
    char *json;

    if (hvc_record_format(hvc_record_record(response, "data"), &json, &length, &error) < 0) {
        (void)fprintf(stderr, "hvc-ask: %s\n", error.text);
        return 2;
    }
    (void)puts(json);
    free(json);
    return hvc_response_result(response) == HVC_RESULT_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool data = argc > 1 && strcmp(argv[1], "--data") == 0;
    int first = data ? 2 : 1;
    struct hvc_record *args = NULL, *request = argc <= first ? NULL : hvc_request_new(argv[first], &args),
                      *response = NULL;
    struct hvc_client *client = NULL;
    struct hvc_error error = {0};

    for (int i = first + 1; request != NULL && i < argc; i++) {
        if (!set(args, argv[i])) {
            (void)fprintf(stderr, "hvc-ask: \"%s\" is no NAME=VALUE\n", argv[i]);
            return 2;
        }
    }
    if (request == NULL) {
        (void)fprintf(stderr, "usage: hvc-ask [--data] OPERATION [NAME=VALUE...]\n");
        return 2;
    }
    if (hvc_client_connect(NULL, hvc_deadline_in(CALL_MS), &client, &error) < 0 ||
        hvc_client_call(client, request, hvc_deadline_in(CALL_MS), &response, &error) < 0) {
        (void)fprintf(stderr, "hvc-ask: %s\n", error.text);
        return 2;
    }
    if (data)
        return print_data(response);
    printf("%s: %s\n", hvc_result_word(hvc_response_result(response)), hvc_response_text(response));
    return hvc_response_result(response) == HVC_RESULT_OK ? 0 : 1;
}
