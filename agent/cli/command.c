/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>

#include "hvc/text.h"
#include "render.h"

enum { TIMEOUT_DEFAULT_MS = 30000, TIMEOUT_MAX_S = 86400 };

static const struct hvc_cli_command commands[] = {
    {"status", HVC_CLI_NO_OPERAND, "status", hvc_render_status, "what this node's daemon sees and does",
     "Node, cluster, quorum, members, health of the hypervisor, moves under way and load of the daemon. What is wrong "
     "is "
     "told with the words of the program that said it."},
    {"guest list", HVC_CLI_NO_OPERAND, "guest.list", hvc_render_guests, "the guests of this node",
     "Every guest that the hypervisor of this node knows, running or only defined."},
    {"guest show", HVC_CLI_GUEST, "guest.inspect", hvc_render_members, "one guest on this node",
     "The physical truth about one guest on this node: from libvirt, or from the kernel when libvirt is silent."},
    {"guest locate", HVC_CLI_GUEST, "guest.locate", hvc_render_locations, "where a guest is, as every node answers",
     "Asks the hypervisor of every configured node, tells who did not answer and why, and what a start here would do."},
    {"move list", HVC_CLI_NO_OPERAND, "move.list", hvc_render_moves, "moves from and to this node",
     "Moves under way and those that ended lately."},
    {"move show", HVC_CLI_MOVE_ID, "move.show", hvc_render_members, "one move", "Everything known about one move."},
    {"move cancel", HVC_CLI_MOVE_ID, "move.cancel", hvc_render_members, "end a move; the guest stays where it runs",
     "Asks for the end of a move and waits until its outcome is proven."},
};

static const struct hvc_cli_option options[] = {
    {"--output-as", "text|json", "text for people (default) or the answer as one line of JSON"},
    {"--timeout", "SECONDS", "how long to wait for the answer (30)"},
    {"--help", NULL, "this help"},
    {"--version", NULL, "the version"},
    {"--manual", NULL, "the manual page as roff source"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct hvc_cli_command *hvc_cli_command_at(size_t index)
{
    return index < COUNT(commands) ? &commands[index] : NULL;
}

const struct hvc_cli_option *hvc_cli_option_at(size_t index)
{
    return index < COUNT(options) ? &options[index] : NULL;
}

static int set_option(const char *name, const char *value, struct hvc_cli_order *order, struct hvc_error *error)
{
    uint64_t seconds;

    if (strcmp(name, "--output-as") == 0) {
        if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
            return hvc_error_set(error, -EINVAL, "--output-as takes text or json, not '%s'", value);
        order->output = strcmp(value, "json") == 0 ? HVC_CLI_JSON : HVC_CLI_TEXT;
    } else if (strcmp(name, "--timeout") == 0) {
        if (hvc_parse_u64(value, 1, TIMEOUT_MAX_S, &seconds) != 0)
            return hvc_error_set(error, -EINVAL, "--timeout takes whole seconds from 1 to %d, not '%s'", TIMEOUT_MAX_S,
                                 value);
        order->timeout_ms = seconds * 1000;
    } else if (strcmp(name, "--help") == 0) {
        order->help = true;
    } else if (strcmp(name, "--version") == 0) {
        order->version = true;
    } else {
        order->manual = true;
    }
    return 0;
}

/* An option at argv[*at], as "--name value" or "--name=value"; moves *at past it. */
static int take_option(int argc, char *const *argv, int *at, struct hvc_cli_order *order, struct hvc_error *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);

    for (size_t i = 0; i < COUNT(options); i++) {
        const struct hvc_cli_option *option = &options[i];
        const char *value = equals != NULL ? equals + 1 : NULL;

        if (strlen(option->name) != length || strncmp(option->name, word, length) != 0)
            continue;
        if (option->value == NULL && value != NULL)
            return hvc_error_set(error, -EINVAL, "%s takes no value", option->name);
        if (option->value != NULL && value == NULL) {
            if (*at + 1 >= argc)
                return hvc_error_set(error, -EINVAL, "%s needs a value: %s", option->name, option->value);
            value = argv[++*at];
        }
        ++*at;
        return set_option(option->name, value, order, error);
    }
    return hvc_error_set(error, -EINVAL, "there is no option '%s'; 'hvcluster --help' names them", word);
}

/* How many of the words stand at the front of the command's, all of them when it is the command; 0: not this one. */
static int match(const struct hvc_cli_command *command, const char *const *words, int count)
{
    const char *p = command->words;
    int matched = 0;

    while (*p != '\0') {
        size_t length = strcspn(p, " ");

        if (matched == count || strlen(words[matched]) != length || strncmp(words[matched], p, length) != 0)
            return 0;
        matched++;
        p += length;
        p += *p == ' ' ? 1 : 0;
    }
    return matched;
}

static int set_command(const char *const *words, int count, struct hvc_cli_order *order, struct hvc_error *error)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        const struct hvc_cli_command *command = &commands[i];
        int matched = match(command, words, count);
        int wanted = matched + (command->operand != HVC_CLI_NO_OPERAND ? 1 : 0);

        if (matched == 0)
            continue;
        if (count > wanted)
            return hvc_error_set(error, -EINVAL, "'hvcluster %s' does not take '%s'", command->words, words[wanted]);
        if (count < wanted)
            return hvc_error_set(error, -EINVAL, "'hvcluster %s' needs %s", command->words,
                                 command->operand == HVC_CLI_GUEST ? "a guest: its UUID, its name, or a path"
                                                                   : "the id of a move: see 'hvcluster move list'");
        order->command = command;
        order->operand = count > matched ? words[matched] : NULL;
        return 0;
    }
    return hvc_error_set(error, -EINVAL, "there is no command '%s%s%s'; 'hvcluster --help' names them", words[0],
                         count > 1 ? " " : "", count > 1 ? words[1] : "");
}

int hvc_cli_parse(int argc, char *const *argv, struct hvc_cli_order *ret_order, struct hvc_error *error)
{
    struct hvc_cli_order order = {.timeout_ms = TIMEOUT_DEFAULT_MS};
    const char *words[4];
    int count = 0, at = 1, result;

    while (at < argc) {
        if (argv[at][0] == '-' && argv[at][1] != '\0') {
            result = take_option(argc, argv, &at, &order, error);
            if (result != 0)
                return result;
        } else if (count == (int)COUNT(words)) {
            return hvc_error_set(error, -EINVAL, "too many words: '%s'", argv[at]);
        } else {
            words[count++] = argv[at++];
        }
    }
    if (!order.help && !order.version && !order.manual) {
        if (count == 0)
            return hvc_error_set(error, -EINVAL, "no command; 'hvcluster --help' names them");
        result = set_command(words, count, &order, error);
        if (result != 0)
            return result;
    }
    *ret_order = order;
    return 0;
}

static const char *operand_word(enum hvc_cli_operand operand)
{
    switch (operand) {
    case HVC_CLI_GUEST:
        return " GUEST";
    case HVC_CLI_MOVE_ID:
        return " ID";
    case HVC_CLI_NO_OPERAND:
        break;
    }
    return "";
}

void hvc_cli_write_help(FILE *out)
{
    (void)fputs("usage: hvcluster [OPTION...] COMMAND\n\n", out);
    for (size_t i = 0; i < COUNT(commands); i++) {
        char form[64];

        (void)snprintf(form, sizeof(form), "%s%s", commands[i].words, operand_word(commands[i].operand));
        (void)fprintf(out, "  %-20s  %s\n", form, commands[i].help);
    }
    (void)fputs("\nGUEST is a UUID, the name of a guest of this node, or the path of a definition.\n\n", out);
    for (size_t i = 0; i < COUNT(options); i++) {
        char form[64];

        (void)snprintf(form, sizeof(form), "%s%s%s", options[i].name, options[i].value != NULL ? " " : "",
                       options[i].value != NULL ? options[i].value : "");
        (void)fprintf(out, "  %-24s  %s\n", form, options[i].help);
    }
}
