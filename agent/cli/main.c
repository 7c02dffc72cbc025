/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster: asks the hvclusterd of this node and shows the answer. */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "hvc/client.h"
#include "hvc/text.h"
#include "store_commands.h"

enum { EXIT_USAGE = 1 };

static unsigned terminal_columns(void)
{
    struct winsize size;

    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 1000; /* a pipe: nothing is cut */
}

static int complain(const struct hvc_error *error)
{
    (void)fprintf(stderr, "hvcluster: %s\n", error->text);
    return hvc_result_exit_code(hvc_result_of_errno(error->code));
}

/* The definition at path, whole; at most HVC_XML_MAX bytes. */
static int read_definition(const char *path, char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = malloc(HVC_XML_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t length;
    int failed;

    if (xml == NULL || file == NULL) {
        int code = file == NULL ? errno : ENOMEM;

        if (file != NULL)
            (void)fclose(file);
        return hvc_error_set(error, -code, "cannot read the definition %s: %s", path, strerror(code));
    }
    length = fread(xml, 1, HVC_XML_MAX + 1, file);
    failed = ferror(file);
    (void)fclose(file);
    if (failed != 0)
        return hvc_error_set(error, -EIO, "cannot read the definition %s", path);
    if (length > HVC_XML_MAX)
        return hvc_error_set(error, -E2BIG, "the definition %s is larger than %d bytes", path, HVC_XML_MAX);
    xml[length] = '\0';
    *ret_xml = HVC_TAKE(xml, NULL);
    return 0;
}

static int ask(struct hvc_client *client, struct hvc_record *request, uint64_t deadline_ms,
               struct hvc_record **ret_response, struct hvc_error *error)
{
    int result = hvc_record_status(request);

    if (result != 0)
        return hvc_error_set(error, result, "the request cannot be built: %s", strerror(-result));
    return hvc_client_call(client, request, deadline_ms, ret_response, error);
}

/* The UUID of a guest that this node knows by name. */
static int find_by_name(struct hvc_client *client, const char *name, uint64_t deadline_ms,
                        char ret_uuid[HVC_UUID_TEXT_MAX], struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("guest.list", &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    const struct hvc_record *data;
    int result = ask(client, request, deadline_ms, &response, error);

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
    return hvc_error_set(error, -ENOENT,
                         "this node knows no guest named '%s'; give its UUID, or the path of its definition", name);
}

static int set_guest(struct hvc_client *client, const char *guest, uint64_t deadline_ms, struct hvc_record *args,
                     struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    char uuid[HVC_UUID_TEXT_MAX];
    int result;

    if (strchr(guest, '/') != NULL) {
        result = read_definition(guest, &xml, error);
        if (result == 0)
            hvc_record_set_text(args, "xml", xml);
        return result;
    }
    result = hvc_parse_uuid(guest, uuid);
    if (result != 0)
        result = find_by_name(client, guest, deadline_ms, uuid, error);
    if (result == 0)
        hvc_record_set_text(args, "uuid", uuid);
    return result;
}

static int show(const struct hvc_cli_order *order, const struct hvc_record *response, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *json = NULL;
    const struct hvc_record *data = hvc_response_data(response);
    enum hvc_result result = hvc_response_result(response);
    size_t length;

    if (order->output == HVC_CLI_JSON) {
        if (hvc_record_format(response, &json, &length, error) != 0)
            return complain(error);
        (void)printf("%s\n", json);
    } else if (result == HVC_RESULT_OK && data != NULL) {
        if (order->command->render == NULL)
            (void)puts(hvc_response_text(response));
        else
            order->command->render(stdout, data, terminal_columns());
        if (order->command->render != NULL && hvc_record_bool(data, "stale", false))
            (void)fprintf(stderr, "hvcluster: %s\n", hvc_response_text(response));
    }
    if (result != HVC_RESULT_OK && order->output == HVC_CLI_TEXT)
        (void)fprintf(stderr, "hvcluster: %s: %s\n", hvc_result_word(result), hvc_response_text(response));
    if (fflush(stdout) != 0 && errno != EPIPE) {
        (void)fprintf(stderr, "hvcluster: the answer cannot be written: %s\n", strerror(errno));
        return hvc_result_exit_code(HVC_RESULT_FAILED);
    }
    return hvc_result_exit_code(result);
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

static int set_value(struct hvc_client *client, const struct hvc_cli_value *value, uint64_t deadline_ms,
                     struct hvc_record *args, struct hvc_error *error)
{
    switch (value->kind) {
    case HVC_CLI_GUEST:
        return set_guest(client, value->text, deadline_ms, args, error);
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
    case HVC_CLI_NONE:
        break;
    }
    return 0;
}

/* Told with the request, so that the daemon's answer (and the token in it) comes before we give up. */
static void set_timeout(const struct hvc_cli_order *order, struct hvc_record *args)
{
    unsigned changing = HVC_CLI_OF_WRITE | HVC_CLI_OF_INIT;

    if (order->timeout_given ? order->command->work == HVC_CLI_ASK : (order->command->options & changing) != 0)
        hvc_record_set_u64(args, "timeout_ms", order->timeout_ms - order->timeout_ms / 10);
}

static int carry_out(const struct hvc_cli_order *order)
{
    struct hvc_error error = {0};
    uint64_t deadline_ms = hvc_deadline_in(order->timeout_ms);
    struct hvc_record *args;
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(order->command->operation, &args);
    HVC_CLEANUP(record) struct hvc_record *response = NULL;

    if (hvc_client_connect(NULL, deadline_ms, &client, &error) != 0)
        return complain(&error);
    for (unsigned i = 0; i < order->value_count; i++) {
        if (set_value(client, &order->values[i], deadline_ms, args, &error) != 0)
            return complain(&error);
    }
    set_timeout(order, args);
    if (ask(client, request, deadline_ms, &response, &error) != 0)
        return complain(&error);
    return show(order, response, &error);
}

static int change_store(const struct hvc_cli_order *order)
{
    struct hvc_error error = {0};
    char done[HVC_ERROR_TEXT_MAX];

    if (hvc_cli_change_store(order, done, &error) != 0)
        return complain(&error);
    (void)puts(done);
    return 0;
}

int main(int argc, char **argv)
{
    struct hvc_error error = {0};
    struct hvc_cli_order order;
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL); /* a reader that went away is no failure of ours */
    if (hvc_cli_parse(argc, argv, &order, &error) != 0) {
        (void)fprintf(stderr, "hvcluster: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (order.help)
        hvc_cli_write_help(stdout);
    else if (order.version)
        (void)puts("hvcluster " HVC_VERSION);
    else if (order.manual)
        hvc_cli_write_manual(stdout);
    else
        return order.command->work == HVC_CLI_ASK ? carry_out(&order) : change_store(&order);
    return fflush(stdout) == 0 || errno == EPIPE ? 0 : hvc_result_exit_code(HVC_RESULT_FAILED);
}
