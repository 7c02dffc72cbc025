/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>

#include "hvc/text.h"

enum {
    TIMEOUT_DEFAULT_MS = 30000,
    TIMEOUT_MAX_S = 86400,
    WAIT_MAX_S = 7 * 86400,
    WORDS_MAX = HVC_CLI_NUMBERS_MAX + 2,
    OPTIONS_MAX = HVC_CLI_VALUES_MAX + 8
};

const struct hvc_cli_value *hvc_cli_value(const struct hvc_cli_order *order, const char *argument)
{
    for (unsigned i = 0; i < order->value_count; i++) {
        if (order->values[i].argument != NULL && strcmp(order->values[i].argument, argument) == 0)
            return &order->values[i];
    }
    return NULL;
}

/* ---- values ---- */

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* what: the option, or the operand's word; for the sentence. */
static int add_value(const char *what, enum hvc_cli_kind kind, const char *argument, const char *text,
                     struct hvc_cli_order *order, struct hvc_error *error)
{
    struct hvc_cli_value value = {.argument = argument, .kind = kind, .text = text, .yes = true};

    if (kind == HVC_CLI_JOB) {
        bool is_number = is_digits(text);

        return add_value(what, is_number ? HVC_CLI_NUMBER : HVC_CLI_WORD, is_number ? argument : "guest", text, order,
                         error);
    }
    if (argument != NULL && hvc_cli_value(order, argument) != NULL)
        return hvc_error_set(error, -EINVAL, "%s is given twice", what);
    if (order->value_count == HVC_CLI_VALUES_MAX)
        return hvc_error_set(error, -EINVAL, "too many options: %s", what);
    if (kind == HVC_CLI_NUMBER && hvc_parse_u64(text, 0, UINT64_MAX - 1, &value.number) != 0)
        return hvc_error_set(error, -EINVAL, "%s takes a whole number, not '%s'", what, text);
    if (kind == HVC_CLI_YES_NO && hvc_parse_bool(text, &value.yes) != 0)
        return hvc_error_set(error, -EINVAL, "%s takes yes or no, not '%s'", what, text);
    order->values[order->value_count++] = value;
    return 0;
}

/* ---- options ---- */

static int set_timeout(const char *value, struct hvc_cli_order *order, struct hvc_error *error)
{
    uint64_t seconds;

    if (hvc_parse_u64(value, 1, TIMEOUT_MAX_S, &seconds) != 0)
        return hvc_error_set(error, -EINVAL, "--timeout takes whole seconds from 1 to %d, not '%s'", TIMEOUT_MAX_S,
                             value);
    order->timeout_ms = seconds * 1000;
    order->timeout_given = true;
    return 0;
}

/* "", no, or a number of seconds behind --wait. */
static int set_wait(const char *value, struct hvc_cli_order *order, struct hvc_error *error)
{
    uint64_t seconds = 0;

    if (value == NULL || value[0] == '\0') {
        order->wait_ms = UINT64_MAX;
        return 0;
    }
    if (hvc_parse_u64(value, 0, WAIT_MAX_S, &seconds) != 0)
        return hvc_error_set(error, -EINVAL, "--wait takes whole seconds from 0 to %d, not '%s'", WAIT_MAX_S, value);
    order->wait_ms = seconds * 1000;
    return 0;
}

static int set_output(const char *value, struct hvc_cli_order *order, struct hvc_error *error)
{
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return hvc_error_set(error, -EINVAL, "--output-as takes text or json, not '%s'", value);
    order->output = strcmp(value, "json") == 0 ? HVC_CLI_JSON : HVC_CLI_TEXT;
    return 0;
}

static int set_option(const struct hvc_cli_option *option, const char *value, struct hvc_cli_order *order,
                      struct hvc_error *error)
{
    if (option->argument != NULL)
        return add_value(option->name, option->kind, option->argument, value, order, error);
    if (strcmp(option->name, "--timeout") == 0)
        return set_timeout(value, order, error);
    if (strcmp(option->name, "--wait") == 0)
        return set_wait(value, order, error);
    if (strcmp(option->name, "--output-as") == 0)
        return set_output(value, order, error);
    if (strcmp(option->name, "--no-wait") == 0)
        order->wait_ms = 0;
    else if (strcmp(option->name, "--follow") == 0)
        order->follow = true;
    else if (strcmp(option->name, "--do") == 0)
        order->act = true;
    else if (strcmp(option->name, "--json") == 0)
        order->output = HVC_CLI_JSON;
    else if (strcmp(option->name, "--config") == 0)
        order->config = value;
    else if (strcmp(option->name, "--help") == 0)
        order->help = true;
    else if (strcmp(option->name, "--version") == 0)
        order->version = true;
    else if (strcmp(option->name, "--completion") == 0)
        order->completion = true;
    else
        order->manual = true;
    return 0;
}

/* An option as it was written. */
struct given {
    const struct hvc_cli_option *option; /* the first row of that name */
    const char *value;                   /* NULL: none */
    int next;                            /* of the words, the one that stands behind it; -1: none, or it has a value */
};

/* An option at argv[*at], as "--name value" or "--name=value"; moves *at past it. */
static int take_option(int argc, char *const *argv, int *at, struct given *ret_given, struct hvc_error *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct hvc_cli_option *option;

    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        const char *value = equals != NULL ? equals + 1 : NULL;

        if (strlen(option->name) != length || strncmp(option->name, word, length) != 0)
            continue;
        if (option->value != NULL && option->value[0] != '[' && value == NULL) {
            if (*at + 1 >= argc)
                return hvc_error_set(error, -EINVAL, "%s needs a value: %s", option->name, option->value);
            value = argv[++*at];
        }
        ++*at;
        *ret_given = (struct given){option, value, -1};
        return 0;
    }
    return hvc_error_set(error, -EINVAL, "there is no option '%s'; 'hvcluster --help' names them", word);
}

/* The row of a name that is meant for this command; command NULL: one for all. */
static const struct hvc_cli_option *row_for(const struct hvc_cli_option *first, const struct hvc_cli_command *command)
{
    const struct hvc_cli_option *option;

    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        if (strcmp(option->name, first->name) == 0 &&
            (option->of == HVC_CLI_OF_ALL || (command != NULL && (option->of & command->options) != 0)))
            return option;
    }
    return NULL;
}

static int set_options(const struct given *given, size_t count, struct hvc_cli_order *order, struct hvc_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct hvc_cli_option *option = row_for(given[i].option, order->command);
        int result;

        if (option == NULL)
            return hvc_error_set(error, -EINVAL, "'hvcluster %s' does not take %s",
                                 order->command != NULL ? order->command->words : "", given[i].option->name);
        if (option->value == NULL && given[i].value != NULL)
            return hvc_error_set(error, -EINVAL, "%s takes no value", option->name);
        result = set_option(option, given[i].value, order, error);
        if (result != 0)
            return result;
    }
    return 0;
}

/* ---- commands ---- */

/* How many of the words stand at the front of the command's, all of them when it is the command; 0: not this one. */
static int match(const struct hvc_cli_command *command, const char *const *words, int count)
{
    const char *p = command->words;
    int matched = 0;

    while (*p != '\0') {
        size_t length = strcspn(p, " ");

        if (matched == count && matched > 0 && command->short_form)
            return matched;
        if (matched == count || strlen(words[matched]) != length || strncmp(words[matched], p, length) != 0)
            return 0;
        matched++;
        p += length;
        p += *p == ' ' ? 1 : 0;
    }
    return matched;
}

/* Numbers in all the words, as one text with commas. */
static int take_numbers(const struct hvc_cli_operand *operand, const char *const *words, int count,
                        struct hvc_cli_order *order, struct hvc_error *error)
{
    size_t used = 0;

    for (int i = 0; i < count; i++) {
        uint64_t number;

        if (hvc_parse_u64(words[i], 1, UINT64_MAX - 1, &number) != 0)
            return hvc_error_set(error, -EINVAL, "%s takes whole numbers, not '%s'", operand->word, words[i]);
        (void)hvc_text_append(order->numbers, sizeof(order->numbers), &used, "%s%llu", i == 0 ? "" : ",",
                              (unsigned long long)number);
    }
    return count == 0 ? 0 : add_value(operand->word, HVC_CLI_NUMBERS, operand->argument, NULL, order, error);
}

static int take_operands(const struct hvc_cli_command *command, const char *const *words, int count,
                         struct hvc_cli_order *order, struct hvc_error *error)
{
    int taken = 0;

    for (int i = 0; i < HVC_CLI_OPERANDS_MAX && command->operands[i].kind != HVC_CLI_NONE; i++) {
        const struct hvc_cli_operand *operand = &command->operands[i];
        int result;

        if (operand->kind == HVC_CLI_NUMBERS)
            return take_numbers(operand, words + taken, count - taken, order, error);
        if (taken >= count && operand->needs == NULL)
            break;
        if (taken >= count)
            return hvc_error_set(error, -EINVAL, "'hvcluster %s' needs %s", command->words, operand->needs);
        result = add_value(operand->word, operand->kind, operand->argument, words[taken++], order, error);
        if (result != 0)
            return result;
    }
    if (count > taken)
        return hvc_error_set(error, -EINVAL, "'hvcluster %s' does not take '%s'", command->words, words[taken]);
    return 0;
}

static const struct hvc_cli_command *find_command(const char *const *words, int count, int *ret_matched)
{
    const struct hvc_cli_command *command;

    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++) {
        *ret_matched = match(command, words, count);
        if (*ret_matched > 0)
            return command;
    }
    return NULL;
}

/* "--wait 5": a number behind an option whose value may be left out belongs to it, and is no word of the command. */
static void take_numbers_behind(struct given *given, size_t options, const char **words, int *count)
{
    for (size_t i = 0; i < options; i++) {
        const struct hvc_cli_option *option;
        const char *rest[WORDS_MAX];
        int at = given[i].next, matched;

        if (at < 0 || !is_digits(words[at]))
            continue;
        memcpy(rest, words, (size_t)at * sizeof(*words));
        memcpy(rest + at, words + at + 1, (size_t)(*count - at - 1) * sizeof(*words));
        option = row_for(given[i].option, find_command(rest, *count - 1, &matched));
        if (option == NULL || option->value == NULL || option->value[0] != '[')
            continue;
        given[i].value = words[at];
        memcpy(words, rest, (size_t)-- * count * sizeof(*words));
        for (size_t k = i + 1; k < options; k++)
            given[k].next -= given[k].next > at ? 1 : 0;
    }
}

static int set_command(const char *const *words, int count, struct hvc_cli_order *order, struct hvc_error *error)
{
    int matched = 0;

    order->command = find_command(words, count, &matched);
    if (order->command != NULL)
        return take_operands(order->command, words + matched, count - matched, order, error);
    return hvc_error_set(error, -EINVAL, "there is no command '%s%s%s'; 'hvcluster --help' names them", words[0],
                         count > 1 ? " " : "", count > 1 ? words[1] : "");
}

/* Words and options apart, as they were written. */
static int split(int argc, char *const *argv, struct given *given, size_t *ret_options, const char **words,
                 int *ret_count, struct hvc_error *error)
{
    int at = 1, result;

    *ret_options = 0;
    *ret_count = 0;
    while (at < argc) {
        if (argv[at][0] == '-' && argv[at][1] != '\0') {
            if (*ret_options == OPTIONS_MAX)
                return hvc_error_set(error, -EINVAL, "too many options: '%s'", argv[at]);
            result = take_option(argc, argv, &at, &given[*ret_options], error);
            if (result != 0)
                return result;
            if (given[*ret_options].value == NULL && at < argc && argv[at][0] != '-')
                given[*ret_options].next = *ret_count;
            ++*ret_options;
        } else if (*ret_count == WORDS_MAX) {
            return hvc_error_set(error, -EINVAL, "too many words: '%s'", argv[at]);
        } else {
            words[(*ret_count)++] = argv[at++];
        }
    }
    return 0;
}

/* Help, version, manual and completion want no command. */
static bool is_complete(const struct given *given, size_t count)
{
    static const char *const names[] = {"--help", "--version", "--manual", "--completion"};

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strcmp(given[i].option->name, names[k]) == 0)
                return true;
        }
    }
    return false;
}

int hvc_cli_parse(int argc, char *const *argv, struct hvc_cli_order *ret_order, struct hvc_error *error)
{
    struct hvc_cli_order order = {.timeout_ms = TIMEOUT_DEFAULT_MS, .wait_ms = UINT64_MAX};
    struct given given[OPTIONS_MAX];
    const char *words[WORDS_MAX];
    size_t options;
    int count, result = split(argc, argv, given, &options, words, &count, error);

    if (result != 0)
        return result;
    if (count == 0 && !is_complete(given, options))
        return hvc_error_set(error, -EINVAL, "no command; 'hvcluster --help' names them");
    take_numbers_behind(given, options, words, &count);
    if (!is_complete(given, options))
        result = set_command(words, count, &order, error);
    if (result == 0)
        result = set_options(given, options, &order, error);
    if (result == 0)
        *ret_order = order;
    return result;
}

/* ---- help ---- */

void hvc_cli_form(const struct hvc_cli_command *command, char *text, size_t size)
{
    const char *last = strrchr(command->words, ' ');
    size_t used = 0;

    if (command->short_form && last != NULL)
        (void)hvc_text_append(text, size, &used, "%.*s [%s]", (int)(last - command->words), command->words, last + 1);
    else
        (void)hvc_text_append(text, size, &used, "%s", command->words);
    for (int i = 0; i < HVC_CLI_OPERANDS_MAX && command->operands[i].kind != HVC_CLI_NONE; i++)
        (void)hvc_text_append(text, size, &used, command->operands[i].needs != NULL ? " %s" : " [%s]",
                              command->operands[i].word);
}

void hvc_cli_option_form(const struct hvc_cli_option *option, char *text, size_t size)
{
    bool apart = option->value != NULL && option->value[0] != '[';

    (void)snprintf(text, size, "%s%s%s", option->name, apart ? " " : "", option->value != NULL ? option->value : "");
}

static void write_option(FILE *out, const struct hvc_cli_option *option, int indent)
{
    char form[96];

    hvc_cli_option_form(option, form, sizeof(form));
    (void)fprintf(out, "%*s%-*s  %s\n", indent, "", 26 - indent, form, option->help);
}

void hvc_cli_write_help(FILE *out)
{
    const struct hvc_cli_command *command;
    const struct hvc_cli_option *option;

    (void)fputs("usage: hvcluster [OPTION...] COMMAND\n\n", out);
    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++) {
        char form[96];

        hvc_cli_form(command, form, sizeof(form));
        (void)fprintf(out, "  %-24s  %s\n", form, command->help);
        for (size_t k = 0; (option = hvc_cli_option_at(k)) != NULL; k++) {
            if ((option->of & command->options) != 0)
                write_option(out, option, 6);
        }
    }
    (void)fputs(
        "\nGUEST is a UUID, a name, or the path of a definition (anything with a slash), of any node's guest.\n\n",
        out);
    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        if (option->of == HVC_CLI_OF_ALL)
            write_option(out, option, 2);
    }
    (void)fputs(
        "\nExit status: 0 done; of a job that was followed 8 not ended, 10 not known, 11 failed, 14 cancelled;\n"
        "the others are in hvcluster(8).\n",
        out);
}
