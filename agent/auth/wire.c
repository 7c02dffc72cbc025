/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "hvc/bytes.h"
#include "hvc/text.h"

enum { REQUEST_MAGIC = 0x51415648 /* "HVAQ" */, ANSWER_MAGIC = 0x52415648 /* "HVAR" */, VERSION = 1 };

static void put_header(struct hvc_bytes_writer *writer, uint32_t magic)
{
    hvc_bytes_put(writer, 4, magic);
    hvc_bytes_put(writer, 2, VERSION);
}

static void get_header(struct hvc_bytes_reader *reader, uint32_t magic)
{
    if (hvc_bytes_get(reader, 4) != magic || hvc_bytes_get(reader, 2) != VERSION)
        reader->failed = true;
}

/* ---- requests ---- */

static int check_text(const char *what, const char *text, size_t size, size_t min, struct hvc_error *error)
{
    size_t length = strlen(text);

    if (length < min)
        return hvc_error_set(error, -EINVAL, "the %s is empty", what);
    if (length >= size)
        return hvc_error_set(error, -EINVAL, "the %s has %zu bytes: %zu are allowed", what, length, size - 1);
    if (!hvc_bytes_is_text(text, length, false, NULL))
        return hvc_error_set(error, -EINVAL, "the %s is no UTF-8 text or holds control characters", what);
    return 0;
}

int hvc_auth_wire_encode_request(const struct hvc_auth_request *request, uint8_t *bytes, size_t *ret_length,
                                 struct hvc_error *error)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, HVC_AUTH_REQUEST_BYTES_MAX);
    size_t length = strlen(request->password);
    int rc = check_text("user name", request->user, HVC_AUTH_USER_MAX, 1, error);

    if (rc == 0)
        rc = check_text("origin", request->origin, HVC_AUTH_ORIGIN_MAX, 0, error);
    if (rc == 0 && length >= HVC_AUTH_PASSWORD_MAX)
        rc = hvc_error_set(error, -EINVAL, "the password is too long: %d bytes are allowed", HVC_AUTH_PASSWORD_MAX - 1);
    if (rc < 0)
        return rc;
    put_header(&writer, REQUEST_MAGIC);
    hvc_bytes_put_text(&writer, request->user);
    hvc_bytes_put_text(&writer, request->origin);
    hvc_bytes_put(&writer, 2, length);
    hvc_bytes_append(&writer, request->password, length);
    *ret_length = writer.length;
    return 0;
}

static void get_password(struct hvc_bytes_reader *reader, char *target)
{
    size_t length = (size_t)hvc_bytes_get(reader, 2);
    const uint8_t *at = hvc_bytes_take(reader, length);

    if (at == NULL || length >= HVC_AUTH_PASSWORD_MAX || memchr(at, '\0', length) != NULL) {
        reader->failed = true;
        return;
    }
    memcpy(target, at, length);
    target[length] = '\0';
}

int hvc_auth_wire_decode_request(const uint8_t *bytes, size_t length, struct hvc_auth_wire_request *ret_request)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(bytes, length);

    memset(ret_request, 0, sizeof(*ret_request));
    get_header(&reader, REQUEST_MAGIC);
    hvc_bytes_get_text(&reader, ret_request->user, sizeof(ret_request->user), 1, false);
    hvc_bytes_get_text(&reader, ret_request->origin, sizeof(ret_request->origin), 0, false);
    if (!reader.failed)
        get_password(&reader, ret_request->password);
    if (!reader.failed && reader.offset == length)
        return 0;
    hvc_auth_wire_wipe(ret_request);
    return -EPROTO;
}

void hvc_auth_wire_wipe(struct hvc_auth_wire_request *request)
{
    explicit_bzero(request, sizeof(*request));
}

/* ---- answers ---- */

const char *hvc_auth_verdict_name(enum hvc_auth_verdict verdict)
{
    static const char *const names[HVC_AUTH_VERDICT_COUNT] = {
        [HVC_AUTH_ACCEPTED] = "accepted", [HVC_AUTH_REFUSED] = "refused", [HVC_AUTH_EXPIRED] = "expired",
        [HVC_AUTH_DENIED] = "denied",     [HVC_AUTH_LIMITED] = "limited", [HVC_AUTH_UNAVAILABLE] = "unavailable",
    };

    return (unsigned)verdict < HVC_AUTH_VERDICT_COUNT ? names[verdict] : "?";
}

void hvc_auth_answer_set(struct hvc_auth_answer *answer, enum hvc_auth_verdict verdict, const char *format, ...)
{
    va_list arguments;
    size_t length;

    memset(answer, 0, sizeof(*answer));
    answer->verdict = verdict;
    va_start(arguments, format);
    (void)vsnprintf(answer->words, sizeof(answer->words), format, arguments); /* words may be cut */
    va_end(arguments);
    length = strlen(answer->words);
    if (hvc_bytes_is_text(answer->words, length, false, NULL))
        return;
    for (size_t i = 0; i < length; i++) { /* what PAM modules say is in no known character set */
        if (answer->words[i] < ' ' || answer->words[i] > '~')
            answer->words[i] = '?';
    }
}

static size_t count_groups(const char *groups)
{
    size_t count = 0;

    for (const char *p = groups; *p != '\0'; p += strlen(p) + 1)
        count++;
    return count;
}

int hvc_auth_wire_encode_answer(const struct hvc_auth_answer *answer, uint8_t *bytes, size_t *ret_length)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, HVC_AUTH_ANSWER_BYTES_MAX);

    put_header(&writer, ANSWER_MAGIC);
    hvc_bytes_put(&writer, 1, (uint64_t)answer->verdict);
    hvc_bytes_put(&writer, 4, answer->retry_after_s);
    hvc_bytes_put_text(&writer, answer->words);
    hvc_bytes_put_text(&writer, answer->user);
    hvc_bytes_put(&writer, 2, count_groups(answer->groups));
    for (const char *p = answer->groups; *p != '\0'; p += strlen(p) + 1)
        hvc_bytes_put_text(&writer, p);
    if (writer.failed)
        return -EINVAL;
    *ret_length = writer.length;
    return 0;
}

static void get_groups(struct hvc_bytes_reader *reader, char *groups)
{
    size_t count = (size_t)hvc_bytes_get(reader, 2);
    size_t used = 0;

    for (size_t i = 0; i < count && !reader->failed; i++) {
        /* one byte is kept for the empty name at the end */
        hvc_bytes_get_text(reader, groups + used, HVC_AUTH_GROUPS_MAX - 1 - used, 1, false);
        used += strlen(groups + used) + 1;
    }
    if (!reader->failed)
        groups[used] = '\0';
}

int hvc_auth_wire_decode_answer(const uint8_t *bytes, size_t length, struct hvc_auth_answer *ret_answer)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(bytes, length);
    uint64_t verdict;

    memset(ret_answer, 0, sizeof(*ret_answer));
    get_header(&reader, ANSWER_MAGIC);
    verdict = hvc_bytes_get(&reader, 1);
    ret_answer->retry_after_s = (uint32_t)hvc_bytes_get(&reader, 4);
    hvc_bytes_get_text(&reader, ret_answer->words, sizeof(ret_answer->words), 0, false);
    hvc_bytes_get_text(&reader, ret_answer->user, sizeof(ret_answer->user), 0, false);
    get_groups(&reader, ret_answer->groups);
    if (reader.failed || reader.offset != length || verdict >= HVC_AUTH_VERDICT_COUNT) {
        hvc_auth_answer_set(ret_answer, HVC_AUTH_UNAVAILABLE, "not understood");
        return -EPROTO;
    }
    ret_answer->verdict = (enum hvc_auth_verdict)verdict;
    return 0;
}
