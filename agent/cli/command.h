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

#define HVC_CLI_EXIT_USAGE 1 /* the command line is not understood */

enum hvc_cli_output { HVC_CLI_TEXT, HVC_CLI_JSON };

/* What a word of the command line is, and so how it becomes an argument of the operation. */
enum hvc_cli_kind {
    HVC_CLI_NONE,
    HVC_CLI_GUEST, /* UUID, name of a guest of this node, else of the cluster, or path of a definition (with a slash) */
    HVC_CLI_ANY_GUEST, /* the same of the whole cluster: hvclusterd finds it by name */
    HVC_CLI_WORD,      /* as it is */
    HVC_CLI_JOB,       /* number of a job (the operand's argument), or a guest ("guest"): its unfinished job */
    HVC_CLI_NUMBER,    /* whole, not negative */
    HVC_CLI_NUMBERS,   /* all words that follow; one argument with commas */
    HVC_CLI_TEXT_FILE, /* the contents of a file of text */
    HVC_CLI_YES_NO,
    HVC_CLI_SET, /* an option without a value: true */
    HVC_CLI_FILE /* a path, made absolute */
};

struct hvc_cli_operand {
    enum hvc_cli_kind kind;
    const char *word;     /* in help: "NAME" */
    const char *argument; /* of the operation */
    const char *needs;    /* "a guest: its UUID, its name, or a path"; NULL: it may be left out */
};

#define HVC_CLI_OPERANDS_MAX 2

/* Writes a response's data for people. */
typedef void (*hvc_cli_render_fn)(FILE *out, const struct hvc_record *data, unsigned columns);

/* What is done with an order. */
enum hvc_cli_work {
    HVC_CLI_ASK,     /* hvclusterd, with the row's operation */
    HVC_CLI_MOVE,    /* the same, and then the job is followed */
    HVC_CLI_WATCH,   /* jobs are followed */
    HVC_CLI_ADOPT,   /* the same twice: first to learn which file the definition is in */
    HVC_CLI_BALANCE, /* hints are asked for, with --do made jobs, and those followed */
    HVC_CLI_EVENTS,  /* events, with --follow also those to come */
    HVC_CLI_RESTORE, /* the store, while hvclusterd is stopped */
    HVC_CLI_FORGET
};

/* Options that only some commands take. */
enum {
    HVC_CLI_OF_ALL = 0,
    HVC_CLI_OF_READ = 1u,
    HVC_CLI_OF_WRITE = 2u,
    HVC_CLI_OF_NODE = 4u,    /* takes --node */
    HVC_CLI_OF_NETWORK = 8u, /* --metric ... */
    HVC_CLI_OF_SUBNET = 16u,
    HVC_CLI_OF_FLAGS = 32u, /* --accepting, --maintenance */
    HVC_CLI_OF_INIT = 64u,
    HVC_CLI_OF_RESTORE = 128u,
    HVC_CLI_OF_STORE = 256u, /* --config */
    HVC_CLI_OF_MOVE = 512u,  /* what a move takes */
    HVC_CLI_OF_JOBS = 1024u, /* which jobs are meant */
    HVC_CLI_OF_JOB = 2048u,  /* what can be changed of a job */
    HVC_CLI_OF_REASON = 4096u,
    HVC_CLI_OF_PLACE = 8192u,
    HVC_CLI_OF_ENDED = 32768u,
    HVC_CLI_OF_EVENTS = 65536u,
    HVC_CLI_OF_RESOURCE = 131072u,
    HVC_CLI_OF_RATE = 16384u, /* --bandwidth of one move, not of a network */
    HVC_CLI_OF_CHECK = 262144u,
    HVC_CLI_OF_ADOPT = 524288u,
    HVC_CLI_OF_BALANCE = 1048576u,
};

struct hvc_cli_command {
    const char *words; /* "guest list" */
    struct hvc_cli_operand operands[HVC_CLI_OPERANDS_MAX];
    unsigned options; /* HVC_CLI_OF_*, besides those of all */
    bool short_form;  /* the last word may be left out: "settings" for "settings show" */
    enum hvc_cli_work work;
    const char *operation;
    struct {
        const char *argument, *value;
    } fixed[2];               /* of the operation, besides what the words give */
    hvc_cli_render_fn render; /* NULL: the words of the answer are what people see */
    bool shows_no;            /* what it found is shown also when the answer is no */
    const char *help;         /* one line */
    const char *description;  /* for the manual */
};

struct hvc_cli_option {
    const char *name;  /* "--timeout" */
    const char *value; /* what it takes, NULL: nothing; in brackets, with its "=": it may be left out, and a number may
                          as well stand behind it as a word of its own */
    const char *help;
    unsigned of; /* commands that take it: HVC_CLI_OF_ALL, or those of which one is set there. A name may have several
                    rows, for different commands; all of them take a value, or none */
    enum hvc_cli_kind kind;
    const char *argument; /* of the operation; NULL: it is the command line's own */
};

/* A value that becomes an argument of the operation. */
struct hvc_cli_value {
    const char *argument;
    enum hvc_cli_kind kind;
    const char *text;
    uint64_t number; /* of NUMBER */
    bool yes;        /* of YES_NO and SET */
};

#define HVC_CLI_VALUES_MAX  32
#define HVC_CLI_NUMBERS_MAX 64 /* words of HVC_CLI_NUMBERS */

struct hvc_cli_order {
    const struct hvc_cli_command *command; /* NULL: help, version or manual */
    struct hvc_cli_value values[HVC_CLI_VALUES_MAX];
    unsigned value_count;
    enum hvc_cli_output output;
    uint64_t timeout_ms;
    bool timeout_given;
    bool follow;
    bool act;         /* --do */
    uint64_t wait_ms; /* how long a job is followed; UINT64_MAX: to its end */
    char numbers[21 * HVC_CLI_NUMBERS_MAX];
    const char *config; /* NULL: the installed one */
    bool help, version, manual, completion;
};

/* NULL after the last. */
const struct hvc_cli_command *hvc_cli_command_at(size_t index);
const struct hvc_cli_option *hvc_cli_option_at(size_t index);

/* -EINVAL with a sentence that says what and where to look. Texts of the order belong to argv. */
int hvc_cli_parse(int argc, char *const *argv, struct hvc_cli_order *ret_order, struct hvc_error *error);

/* The value of that argument, or NULL. */
const struct hvc_cli_value *hvc_cli_value(const struct hvc_cli_order *order, const char *argument);

/* "settings set NAME VALUE" */
void hvc_cli_form(const struct hvc_cli_command *command, char *text, size_t size);

/* "--timeout SECONDS", "--wait[=SECONDS]" */
void hvc_cli_option_form(const struct hvc_cli_option *option, char *text, size_t size);

void hvc_cli_write_help(FILE *out);
void hvc_cli_write_manual(FILE *out);
void hvc_cli_write_completion(FILE *out);

#endif
