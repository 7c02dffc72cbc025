/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hvc/text.h"

unsigned hvc_cli_columns(int fd)
{
    struct winsize size;

    if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 1000; /* a pipe: nothing is cut */
}

int hvc_cli_read_file(const char *what, const char *path, char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = malloc(HVC_XML_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t length;
    int code = file == NULL ? errno : xml == NULL ? ENOMEM : 0;

    errno = 0;
    length = code == 0 ? fread(xml, 1, HVC_XML_MAX + 1, file) : 0;
    if (code == 0 && ferror(file) != 0)
        code = errno != 0 ? errno : EIO;
    if (file != NULL)
        (void)fclose(file);
    if (code == EISDIR)
        return hvc_error_set(error, -EINVAL, "cannot read %s %s: it is a folder, name a file in it", what, path);
    if (code != 0)
        return hvc_error_set(error, -code, "cannot read %s %s: %s", what, path, strerror(code));
    if (length > HVC_XML_MAX)
        return hvc_error_set(error, -E2BIG, "%s %s is larger than %d bytes", what, path, HVC_XML_MAX);
    if (memchr(xml, '\0', length) != NULL)
        return hvc_error_set(error, -EINVAL, "%s %s is no text: it has a byte 0", what, path);
    xml[length] = '\0';
    *ret_xml = HVC_TAKE(xml, NULL);
    return 0;
}

int hvc_cli_send(struct hvc_client *client, const struct hvc_record *request, uint64_t deadline_ms,
                 struct hvc_record **ret_response, struct hvc_error *error)
{
    int result = hvc_record_status(request);

    if (result != 0)
        return hvc_error_set(error, result, "the request cannot be built: %s", strerror(-result));
    return hvc_client_call(client, request, deadline_ms, ret_response, error);
}

/* The UUID of a guest that this node knows by name, which it does without the cluster. -ENOENT without words: it does
 * not. */
static int find_by_name(struct hvc_client *client, const char *name, uint64_t deadline_ms,
                        char ret_uuid[HVC_UUID_TEXT_MAX], struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("guest.list", &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    const struct hvc_record *data;
    int result = hvc_cli_send(client, request, deadline_ms, &response, error);

    if (result != 0)
        return result;
    if (hvc_response_result(response) != HVC_RESULT_OK)
        return hvc_error_set(error, -EIO, "%s", hvc_response_text(response));
    data = hvc_response_data(response);
    for (size_t i = 0; i < hvc_record_list_count(data, "guests"); i++) {
        const struct hvc_record *guest = hvc_record_list_at(data, "guests", i);

        if (strcmp(hvc_record_text(guest, "name", ""), name) == 0)
            return hvc_parse_uuid(hvc_record_text(guest, "uuid", ""), ret_uuid);
    }
    return -ENOENT;
}

static int set_guest(struct hvc_client *client, const char *guest, uint64_t deadline_ms, struct hvc_record *args,
                     struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    char uuid[HVC_UUID_TEXT_MAX];
    int result;

    if (strchr(guest, '/') != NULL) {
        result = hvc_cli_read_file("the definition", guest, &xml, error);
        if (result == 0)
            hvc_record_set_text(args, "xml", xml);
        return result;
    }
    result = hvc_parse_uuid(guest, uuid);
    if (result != 0)
        result = find_by_name(client, guest, deadline_ms, uuid, error);
    if (result == -ENOENT)
        hvc_record_set_text(args, "guest", guest);
    else if (result == 0)
        hvc_record_set_text(args, "uuid", uuid);
    return result == -ENOENT ? 0 : result;
}

/* hvclusterd looks for it in the whole cluster. */
static int set_any_guest(const char *guest, struct hvc_record *args, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = 0;

    if (strchr(guest, '/') == NULL) {
        hvc_record_set_text(args, "guest", guest);
        return 0;
    }
    result = hvc_cli_read_file("the definition", guest, &xml, error);
    if (result == 0)
        hvc_record_set_text(args, "xml", xml);
    return result;
}

static int set_contents(const struct hvc_cli_value *value, struct hvc_record *args, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *text = NULL;
    int result = hvc_cli_read_file("the file", value->text, &text, error);

    if (result == 0)
        hvc_record_set_text(args, value->argument, text);
    return result;
}

/* The daemon's user has another folder than we: a name without a slash in front is ours. */
static int set_path(struct hvc_record *args, const char *argument, const char *text, struct hvc_error *error)
{
    char folder[PATH_MAX];

    if (text[0] == '/') {
        hvc_record_set_text(args, argument, text);
        return 0;
    }
    if (getcwd(folder, sizeof(folder)) == NULL)
        return hvc_error_set(error, -errno, "cannot tell the present folder: %s", strerror(errno));
    hvc_record_set_format(args, argument, "%s/%s", folder, text);
    return 0;
}

static int set_value(struct hvc_client *client, const struct hvc_cli_value *value, const char *numbers,
                     uint64_t deadline_ms, struct hvc_record *args, struct hvc_error *error)
{
    switch (value->kind) {
    case HVC_CLI_GUEST:
        return set_guest(client, value->text, deadline_ms, args, error);
    case HVC_CLI_ANY_GUEST:
        return set_any_guest(value->text, args, error);
    case HVC_CLI_TEXT_FILE:
        return set_contents(value, args, error);
    case HVC_CLI_NUMBERS:
        hvc_record_set_text(args, value->argument, numbers);
        break;
    case HVC_CLI_FILE:
        return set_path(args, value->argument, value->text, error);
    case HVC_CLI_NUMBER:
        hvc_record_set_u64(args, value->argument, value->number);
        break;
    case HVC_CLI_YES_NO:
    case HVC_CLI_SET:
        hvc_record_set_bool(args, value->argument, value->yes);
        break;
    case HVC_CLI_WORD:
        hvc_record_set_text(args, value->argument, value->text);
        break;
    case HVC_CLI_JOB: /* became one of the others */
    case HVC_CLI_NONE:
        break;
    }
    return 0;
}

/* Told with the request, so that the daemon's answer (and the token in it) comes before we give up. */
static void set_timeout(const struct hvc_cli_order *order, struct hvc_record *args)
{
    unsigned changing = HVC_CLI_OF_WRITE | HVC_CLI_OF_INIT | HVC_CLI_OF_MOVE;

    if (order->timeout_given ? order->command->operation != NULL : (order->command->options & changing) != 0)
        hvc_record_set_u64(args, "timeout_ms", order->timeout_ms - order->timeout_ms / 10);
}

int hvc_cli_ask(struct hvc_client *client, const struct hvc_cli_order *order, uint64_t deadline_ms,
                struct hvc_record **ret_response, struct hvc_error *error)
{
    const struct hvc_cli_command *command = order->command;
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(command->operation, &args);
    int result = 0;

    for (size_t i = 0; i < sizeof(command->fixed) / sizeof(command->fixed[0]) && command->fixed[i].argument; i++)
        hvc_record_set_text(args, command->fixed[i].argument, command->fixed[i].value);
    for (unsigned i = 0; result == 0 && i < order->value_count; i++)
        result = set_value(client, &order->values[i], order->numbers, deadline_ms, args, error);
    if (result != 0)
        return result;
    set_timeout(order, args);
    return hvc_cli_send(client, request, deadline_ms, ret_response, error);
}

/* ---- showing ---- */

bool hvc_cli_reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/* A long answer is written before it is flushed: the stream remembers that it failed, but not why. */
bool hvc_cli_flush(void)
{
    static bool told;
    int code = fflush(stdout) == 0 ? 0 : errno;

    if (code == 0 && ferror(stdout) == 0)
        return true;
    if (!told && !hvc_cli_reader_is_gone()) {
        (void)fprintf(stderr, "hvcluster: the answer cannot be written%s%s\n", code == 0 ? "" : ": ",
                      code == 0 ? "" : strerror(code));
        told = true;
    }
    return false;
}

static int write_json(const struct hvc_record *response)
{
    HVC_CLEANUP(free) char *json = NULL;
    struct hvc_error error = {0};
    size_t length;

    if (hvc_record_format(response, &json, &length, &error) != 0)
        return hvc_cli_complain(NULL, &error);
    (void)printf("%s\n", json);
    return 0;
}

int hvc_cli_say(const struct hvc_cli_order *order, enum hvc_result result, const char *words)
{
    HVC_CLEANUP(record) struct hvc_record *response = hvc_response_new(result, words);

    if (order != NULL && order->output == HVC_CLI_JSON && hvc_record_status(response) == 0)
        return hvc_cli_show(order, response);
    (void)(result == HVC_RESULT_OK ? printf("%s\n", words) : fprintf(stderr, "hvcluster: %s\n", words));
    return hvc_result_exit_code(result);
}

int hvc_cli_complain(const struct hvc_cli_order *order, const struct hvc_error *error)
{
    const char *advice = error->code == -ENOTCONN ? ": start it, in a cluster with 'pcs cluster start'" : "";
    char words[HVC_ERROR_TEXT_MAX + 64];

    (void)snprintf(words, sizeof(words), "%s%s", error->text, advice);
    return hvc_cli_say(order, hvc_result_of_errno(error->code), words);
}

static void write_text(const struct hvc_cli_order *order, const struct hvc_record *response)
{
    const struct hvc_record *data = hvc_response_data(response);
    enum hvc_result result = hvc_response_result(response);

    if (result != HVC_RESULT_OK) {
        if (order->command->shows_no &&
            (hvc_record_list_count(data, "nodes") > 0 || hvc_record_list_count(data, "parts") > 0))
            order->command->render(stdout, data, hvc_cli_columns(STDOUT_FILENO));
        (void)fflush(stdout); /* a failure is met again at the end */
        (void)fprintf(stderr, "hvcluster: %s: %s\n", hvc_result_word(result), hvc_response_text(response));
    } else if (order->command->render == NULL || data == NULL) {
        (void)puts(hvc_response_text(response));
    } else {
        order->command->render(stdout, data, hvc_cli_columns(STDOUT_FILENO));
        if (hvc_record_bool(data, "stale", false))
            (void)fprintf(stderr, "hvcluster: %s\n", hvc_response_text(response));
    }
}

int hvc_cli_show(const struct hvc_cli_order *order, const struct hvc_record *response)
{
    int result = 0;

    if (order->output == HVC_CLI_JSON)
        result = write_json(response);
    else
        write_text(order, response);
    if (result != 0)
        return result;
    if (!hvc_cli_flush() && !hvc_cli_reader_is_gone())
        return hvc_result_exit_code(HVC_RESULT_FAILED);
    return hvc_result_exit_code(hvc_response_result(response));
}
