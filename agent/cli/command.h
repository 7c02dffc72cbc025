/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of hvcluster as tables: commands and options, from which parsing, --help and the man page come.
 * Parsing is pure: arguments in, an order or a sentence about what is wrong out.
 */
#ifndef HVC_CLI_COMMAND_H
#define HVC_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "hvc/error.h"
#include "hvc/record.h"

enum hvc_cli_output { HVC_CLI_TEXT, HVC_CLI_JSON };

/* What the one operand of a command is, and so how it becomes an argument of the operation. */
enum hvc_cli_operand {
    HVC_CLI_NO_OPERAND,
    HVC_CLI_GUEST,  /* UUID, name of a guest of this node, or path of a definition (it has a slash) */
    HVC_CLI_MOVE_ID /* passed as "id" */
};

/* Writes a response's data for people. */
typedef void (*hvc_cli_render_fn)(FILE *out, const struct hvc_record *data, unsigned columns);

struct hvc_cli_command {
    const char *words; /* "guest list" */
    enum hvc_cli_operand operand;
    const char *operation;
    hvc_cli_render_fn render;
    const char *help;        /* one line */
    const char *description; /* for the manual */
};

struct hvc_cli_option {
    const char *name;  /* "--timeout" */
    const char *value; /* what it takes, NULL: nothing */
    const char *help;
};

struct hvc_cli_order {
    const struct hvc_cli_command *command; /* NULL: help, version or manual */
    const char *operand;
    enum hvc_cli_output output;
    uint64_t timeout_ms;
    bool help, version, manual;
};

/* NULL after the last. */
const struct hvc_cli_command *hvc_cli_command_at(size_t index);
const struct hvc_cli_option *hvc_cli_option_at(size_t index);

/* -EINVAL with a sentence that says what and where to look. Texts of the order belong to argv. */
int hvc_cli_parse(int argc, char *const *argv, struct hvc_cli_order *ret_order, struct hvc_error *error);

void hvc_cli_write_help(FILE *out);
void hvc_cli_write_manual(FILE *out);

#endif
