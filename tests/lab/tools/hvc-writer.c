/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-writer NUMBER SETTING PAUSE-MS [SECONDS]: a client that changes a setting of the cluster again and again through
 * the hvclusterd of its node and keeps its own list of what it was told. Standard input: the list so far (what was not
 * answered in it is asked again with the same token). Standard output: what is to be appended to it, one line each:
 *
 *     try K TOKEN VALUE           before the request is sent; VALUE is NUMBER * 10^9 + K
 *     done K INDEX EPOCH MS       the answer: it stands in the log at INDEX
 *     not K WORD TEXT             known not to be done; asked again with the same token
 *     unknown K WORD TEXT         may have been done; the same
 *     read APPLIED EPOCH VALUE STALE
 *
 * SIGTERM: no new request; what is not answered is asked for SECONDS (60) more. Ends with 0 when all is answered.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hvc/client.h"
#include "hvc/text.h"

enum { CALL_MS = 5000, AGAIN_MS = 100, LINE_LENGTH_MAX = 1024 };

#define TOKEN_TEXT 64 /* 32 hexadecimal digits, a colon, the greatest index this client knew, a zero byte */
#define TOKEN_ID   16 /* bytes */

struct writer {
    uint64_t number, count, value;
    uint64_t known; /* greatest index that it was told */
    const char *setting;
    bool open; /* the last one has no answer yet */
    char token[TOKEN_TEXT];
    struct hvc_client *client;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line in one write: a power loss must not leave half of one. */
static void say(const char *format, ...)
{
    char line[LINE_LENGTH_MAX];
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(line, sizeof(line) - 1, format, list);
    va_end(list);
    if (length < 0)
        _exit(2);
    if (length > (int)sizeof(line) - 2)
        length = (int)sizeof(line) - 2;
    line[length] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length + 1) != length + 1)
        _exit(2); /* the list is what all of this is for */
}

/* Takes up the list of an earlier run. */
static void read_list(struct writer *writer, FILE *list)
{
    char line[LINE_LENGTH_MAX], token[TOKEN_TEXT];
    uint64_t count, value;

    while (fgets(line, sizeof(line), list) != NULL) {
        if (sscanf(line, "try %" SCNu64 " %63s %" SCNu64, &count, token, &value) == 3) {
            writer->count = count;
            writer->value = value;
            writer->open = true;
            memcpy(writer->token, token, sizeof(token));
        } else if (sscanf(line, "done %" SCNu64 " %" SCNu64, &count, &value) == 2 && count == writer->count) {
            writer->open = false;
            writer->known = value;
        }
    }
}

static void begin_write(struct writer *writer)
{
    uint8_t random[TOKEN_ID];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        _exit(2);
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(writer->token + 2 * i, 3, "%02x", random[i]);
    (void)snprintf(writer->token + 2 * sizeof(random), 22, ":%" PRIu64, writer->known);
    writer->count++;
    writer->value = writer->number * UINT64_C(1000000000) + writer->count;
    writer->open = true;
    say("try %" PRIu64 " %s %" PRIu64, writer->count, writer->token, writer->value);
}

/* Asks; NULL and an error that says whether the outcome is known otherwise. A handle that failed is closed. */
static struct hvc_record *ask(struct writer *writer, struct hvc_record *request, bool *ret_sent,
                              struct hvc_error *error)
{
    struct hvc_record *response = NULL;
    uint64_t deadline_ms = hvc_deadline_in(CALL_MS + 1000);

    *ret_sent = false;
    if (writer->client == NULL && hvc_client_connect(NULL, hvc_deadline_in(1000), &writer->client, error) < 0)
        return NULL;
    *ret_sent = true;
    if (hvc_client_call(writer->client, request, deadline_ms, &response, error) < 0) {
        hvc_client_close(writer->client);
        writer->client = NULL;
        return NULL;
    }
    return response;
}

/* True: answered. */
static bool write_once(struct writer *writer)
{
    struct hvc_error error = {0};
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("settings.set", &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    const struct hvc_record *data;
    enum hvc_result result;
    uint64_t begin_ms = hvc_now_ms();
    bool sent;

    hvc_record_set_text(args, "name", writer->setting);
    hvc_record_set_format(args, "value", "%" PRIu64, writer->value);
    hvc_record_set_text(args, "token", writer->token);
    hvc_record_set_u64(args, "timeout_ms", CALL_MS);
    response = ask(writer, request, &sent, &error);
    if (response == NULL) {
        say("%s %" PRIu64 " %d %s", sent ? "unknown" : "not", writer->count, error.code, error.text);
        return false;
    }
    result = hvc_response_result(response);
    data = hvc_response_data(response);
    if (result == HVC_RESULT_OK) {
        say("done %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, writer->count, hvc_record_u64(data, "index", 0),
            hvc_record_u64(data, "epoch", 0), hvc_now_ms() - begin_ms);
        writer->open = false;
        writer->known = hvc_record_u64(data, "index", writer->known);
        return true;
    }
    say("%s %" PRIu64 " %s %s",
        result == HVC_RESULT_NO_QUORUM || result == HVC_RESULT_BUSY || result == HVC_RESULT_REFUSED ? "not" : "unknown",
        writer->count, hvc_result_word(result), hvc_response_text(response));
    return false;
}

static uint64_t value_of(const struct hvc_record *data, const char *setting)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "settings"); i++) {
        const struct hvc_record *item = hvc_record_list_at(data, "settings", i);

        if (strcmp(hvc_record_text(item, "name", ""), setting) == 0)
            return hvc_record_u64(item, "value", UINT64_MAX);
    }
    return UINT64_MAX;
}

static void read_once(struct writer *writer)
{
    struct hvc_error error = {0};
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("settings.show", &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    const struct hvc_record *data;
    bool sent;

    hvc_record_set_u64(args, "timeout_ms", CALL_MS);
    response = ask(writer, request, &sent, &error);
    if (response == NULL || hvc_response_result(response) != HVC_RESULT_OK)
        return;
    data = hvc_response_data(response);
    say("read %" PRIu64 " %" PRIu64 " %" PRIu64 " %s", hvc_record_u64(data, "applied", 0),
        hvc_record_u64(data, "epoch", 0), value_of(data, writer->setting),
        hvc_record_bool(data, "stale", false) ? "stale" : "-");
}

static int open_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
    struct writer writer = {0};
    struct pollfd stop = {.fd = open_signals(), .events = POLLIN};
    uint64_t pause_ms = 0, seconds = 60, end_ms = UINT64_MAX;

    if (argc < 4 || argc > 5 || hvc_parse_u64(argv[1], 1, 99, &writer.number) != 0 ||
        hvc_parse_u64(argv[3], 0, 60000, &pause_ms) != 0 ||
        (argc == 5 && hvc_parse_u64(argv[4], 0, 3600, &seconds) != 0)) {
        (void)fprintf(stderr, "usage: hvc-writer NUMBER SETTING PAUSE-MS [SECONDS] <LIST >>LIST\n");
        return 2;
    }
    writer.setting = argv[2];
    read_list(&writer, stdin);
    while (hvc_now_ms() < end_ms && (writer.open || end_ms == UINT64_MAX)) {
        bool answered;

        if (!writer.open)
            begin_write(&writer);
        answered = write_once(&writer);
        read_once(&writer);
        if (poll(&stop, end_ms == UINT64_MAX ? 1 : 0, answered ? (int)pause_ms : AGAIN_MS) > 0)
            end_ms = hvc_deadline_in(seconds * 1000);
        else if (end_ms != UINT64_MAX)
            (void)poll(NULL, 0, AGAIN_MS);
    }
    hvc_client_close(writer.client);
    return writer.open ? 1 : 0;
}
