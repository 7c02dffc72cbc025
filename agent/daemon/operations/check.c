/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "hvc/client.h"
#include "hvc/text.h"

#define TIMEOUT_NAME "timeout_ms"

static uint64_t timeout_max(const struct hvc_operation *row)
{
    return row->timeout_max_ms != 0 ? row->timeout_max_ms : HVC_OPERATION_TIMEOUT_MAX_MS;
}

static const struct hvc_argument *find_argument(const struct hvc_operation *row, const char *name)
{
    for (size_t i = 0; i < row->argument_count; i++) {
        if (strcmp(row->arguments[i].name, name) == 0)
            return &row->arguments[i];
    }
    return NULL;
}

static void list_names(const struct hvc_operation *row, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < row->argument_count; i++)
        (void)hvc_text_append(text, size, &used, "%s, ", row->arguments[i].name);
    (void)hvc_text_append(text, size, &used, "%s", TIMEOUT_NAME);
}

/* ---- one argument ---- */

static int check_text(const struct hvc_argument *argument, const char *text, struct hvc_error *error)
{
    uint64_t max = argument->max != 0 ? argument->max : HVC_GUEST_NAME_MAX - 1;
    size_t length = strlen(text);
    char words[256] = "";
    size_t used = 0;

    if (length < argument->min || length > max)
        return hvc_error_set(error, -EINVAL, "argument %s has %zu bytes: %" PRIu64 " to %" PRIu64 " are allowed",
                             argument->name, length, argument->min, max);
    if (argument->words == NULL)
        return 0;
    for (size_t i = 0; argument->words[i] != NULL; i++) {
        if (strcmp(argument->words[i], text) == 0)
            return 0;
        (void)hvc_text_append(words, sizeof(words), &used, "%s%s", i == 0 ? "" : ", ", argument->words[i]);
    }
    return hvc_error_set(error, -EINVAL, "argument %s is \"%.80s\": it must be one of %s", argument->name, text, words);
}

static int check_number(const struct hvc_argument *argument, uint64_t value, struct hvc_error *error)
{
    uint64_t max = argument->max != 0 ? argument->max : UINT64_MAX - 1;

    if (value < argument->min || value > max)
        return hvc_error_set(error, -EINVAL, "argument %s is %" PRIu64 ": %" PRIu64 " to %" PRIu64 " are allowed",
                             argument->name, value, argument->min, max);
    return 0;
}

static int check_value(struct hvc_record *args, const struct hvc_argument *argument, struct hvc_error *error)
{
    static const char *const wanted[] = {[HVC_ARGUMENT_TEXT] = "a text",
                                         [HVC_ARGUMENT_U64] = "a number, not negative",
                                         [HVC_ARGUMENT_BOOL] = "true or false",
                                         [HVC_ARGUMENT_UUID] = "a UUID"};
    char uuid[HVC_UUID_TEXT_MAX];
    const char *text = NULL;
    uint64_t number = 0;
    bool yes = false;
    int rc = -EINVAL;

    switch (argument->type) {
    case HVC_ARGUMENT_TEXT:
        rc = hvc_record_get_text(args, argument->name, &text);
        if (rc == 0)
            return check_text(argument, text, error);
        break;
    case HVC_ARGUMENT_U64:
        rc = hvc_record_get_u64(args, argument->name, &number);
        if (rc == 0)
            return check_number(argument, number, error);
        break;
    case HVC_ARGUMENT_BOOL:
        rc = hvc_record_get_bool(args, argument->name, &yes);
        break;
    case HVC_ARGUMENT_UUID:
        rc = hvc_record_get_text(args, argument->name, &text);
        if (rc == 0)
            rc = hvc_parse_uuid(text, uuid);
        if (rc == 0)
            hvc_record_set_text(args, argument->name, uuid);
        break;
    case HVC_ARGUMENT_TYPE_MAX:
        break;
    }
    if (rc == 0)
        return 0;
    return hvc_error_set(error, -EINVAL, "argument %s is a %s: it must be %s", argument->name,
                         hvc_record_type_name(hvc_record_type(args, argument->name)),
                         (unsigned)argument->type < HVC_ARGUMENT_TYPE_MAX ? wanted[argument->type] : "something else");
}

/* ---- all arguments ---- */

static int check_given(const struct hvc_operation *row, struct hvc_record *args, struct hvc_error *error)
{
    char names[256];

    for (size_t i = 0; i < hvc_record_count(args); i++) {
        const char *name = hvc_record_name(args, i);
        const struct hvc_argument *argument = find_argument(row, name);
        int rc;

        if (argument == NULL && strcmp(name, TIMEOUT_NAME) == 0)
            continue;
        if (argument == NULL) {
            list_names(row, names, sizeof(names));
            return hvc_error_set(error, -EINVAL, "%s has no argument %s: there are %s", row->name, name, names);
        }
        rc = check_value(args, argument, error);
        if (rc < 0)
            return hvc_error_prefix(error, "%s", row->name);
    }
    return 0;
}

/* Of the arguments that exclude each other exactly one must be there; told once, at the first of them. */
static int check_choice(const struct hvc_operation *row, size_t first, const struct hvc_record *args,
                        struct hvc_error *error)
{
    unsigned choice = row->arguments[first].choice, given = 0;
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < row->argument_count; i++) {
        if (row->arguments[i].choice != choice)
            continue;
        if (i < first)
            return 0;
        given += hvc_record_type(args, row->arguments[i].name) != HVC_RECORD_NONE;
        (void)hvc_text_append(names, sizeof(names), &used, "%s%s", i == first ? "" : " or ", row->arguments[i].name);
    }
    if (given == 1)
        return 0;
    return hvc_error_set(error, -EINVAL, "%s needs %s %s", row->name, given == 0 ? "an argument" : "only one of",
                         names);
}

static int check_missing(const struct hvc_operation *row, const struct hvc_record *args, struct hvc_error *error)
{
    for (size_t i = 0; i < row->argument_count; i++) {
        const struct hvc_argument *argument = &row->arguments[i];
        int rc = 0;

        if (argument->required && hvc_record_type(args, argument->name) == HVC_RECORD_NONE)
            rc = hvc_error_set(error, -EINVAL, "%s needs the argument %s (%s)", row->name, argument->name,
                               argument->help);
        else if (argument->choice != 0)
            rc = check_choice(row, i, args, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_timeout(const struct hvc_operation *row, const struct hvc_record *args, uint64_t *ret_timeout_ms,
                        struct hvc_error *error)
{
    const struct hvc_argument timeout = {
        .name = TIMEOUT_NAME, .type = HVC_ARGUMENT_U64, .min = 1, .max = timeout_max(row)};
    uint64_t value = row->timeout_ms;
    int rc = hvc_record_get_u64(args, TIMEOUT_NAME, &value);

    if (rc == -ENOENT)
        rc = 0;
    else if (rc < 0)
        return hvc_error_set(error, -EINVAL, "%s: argument %s must be a number of milliseconds", row->name,
                             TIMEOUT_NAME);
    else
        rc = check_number(&timeout, value, error);
    if (rc < 0)
        return hvc_error_prefix(error, "%s", row->name);
    *ret_timeout_ms = value;
    return 0;
}

/* ---- the request ---- */

static int check_envelope(const struct hvc_record *request, struct hvc_error *error)
{
    static const char *const members[] = {"op", "version", "args"};
    uint64_t version = hvc_record_u64(request, "version", 0);

    for (size_t i = 0; i < hvc_record_count(request); i++) {
        const char *name = hvc_record_name(request, i);
        bool known = false;

        for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++)
            known = known || strcmp(members[k], name) == 0;
        if (!known)
            return hvc_error_set(error, -EINVAL, "a request has op, version and args: \"%s\" is not known", name);
    }
    if (version != HVC_IPC_VERSION)
        return hvc_error_set(error, -EINVAL, "a request of version %" PRIu64 ": this hvclusterd speaks version %d",
                             version, HVC_IPC_VERSION);
    if (hvc_record_type(request, "op") != HVC_RECORD_TEXT)
        return hvc_error_set(error, -EINVAL, "a request needs the name of an operation in op");
    if (hvc_record_type(request, "args") != HVC_RECORD_NONE && hvc_record_type(request, "args") != HVC_RECORD_RECORD)
        return hvc_error_set(error, -EINVAL, "args of a request must be a record");
    return 0;
}

enum hvc_result hvc_check_request(struct hvc_record *request, enum hvc_right right,
                                  const struct hvc_operation **ret_operation, const struct hvc_record **ret_args,
                                  uint64_t *ret_timeout_ms, struct hvc_error *error)
{
    const struct hvc_operation *row;
    struct hvc_record *args;

    if (check_envelope(request, error) < 0)
        return HVC_RESULT_INVALID;
    row = hvc_operation_find(hvc_record_text(request, "op", ""));
    if (row == NULL) {
        (void)hvc_error_set(error, -ENOENT, "there is no operation \"%.80s\"", hvc_record_text(request, "op", ""));
        return HVC_RESULT_UNSUPPORTED;
    }
    if (right < row->right) {
        (void)hvc_error_set(error, -EACCES, "%s needs the right to %s, this caller has the right to %s", row->name,
                            hvc_right_name(row->right), hvc_right_name(right));
        return HVC_RESULT_DENIED;
    }
    if (hvc_record_type(request, "args") == HVC_RECORD_NONE)
        (void)hvc_record_set_record(request, "args");
    args = hvc_record_edit(request, "args");
    if (check_given(row, args, error) < 0 || check_missing(row, args, error) < 0 ||
        read_timeout(row, args, ret_timeout_ms, error) < 0)
        return HVC_RESULT_INVALID;
    if (hvc_record_status(request) < 0) {
        (void)hvc_error_set(error, hvc_record_status(request), "out of memory");
        return HVC_RESULT_INTERNAL;
    }
    *ret_operation = row;
    *ret_args = args;
    return HVC_RESULT_OK;
}
