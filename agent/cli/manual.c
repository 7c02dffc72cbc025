/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual page, from the tables that the command line is parsed with. */
#include "command.h"
#include "hvc/job.h"
#include "hvc/results.h"

enum { EXIT_CODE_MAX = 125 };

/* roff reads a leading dot, a dash and a backslash in its own way. */
static void escaped(FILE *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '-')
            (void)fputs("\\-", out);
        else if (*p == '\\')
            (void)fputs("\\e", out);
        else
            (void)fputc(*p, out);
    }
}

static void write_value(FILE *out, const struct hvc_cli_option *option)
{
    if (option->value != NULL)
        (void)fprintf(out, "%s\\fI%s\\fR", option->value[0] == '[' ? "" : " ", option->value);
}

/* "Options: --node NODE, --wait." */
static void write_options_of(FILE *out, const struct hvc_cli_command *command)
{
    const struct hvc_cli_option *option;
    bool first = true;

    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        if ((option->of & command->options) == 0)
            continue;
        (void)fputs(first ? "Options: " : ", ", out);
        first = false;
        escaped(out, option->name);
        write_value(out, option);
    }
    (void)fputs(first ? "" : ".\n", out);
}

static void write_commands(FILE *out)
{
    const struct hvc_cli_command *command;

    (void)fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++) {
        char form[96];

        hvc_cli_form(command, form, sizeof(form));
        (void)fputs(".TP\n.B ", out);
        escaped(out, form);
        (void)fputs("\n", out);
        escaped(out, command->description);
        (void)fputs("\n", out);
        write_options_of(out, command);
    }
}

static void write_options(FILE *out)
{
    const struct hvc_cli_option *option;

    (void)fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        (void)fputs(".TP\n.B ", out);
        escaped(out, option->name);
        write_value(out, option);
        (void)fputs("\n", out);
        escaped(out, option->help);
        (void)fputs("\n", out);
    }
}

/* Codes come in the order of their numbers. */
static void write_code(FILE *out, int code, const char *word, const char *text)
{
    (void)fprintf(out, ".TP\n.B %d\n", code);
    escaped(out, word);
    (void)fputs(word[0] == '\0' ? "" : ": ", out);
    escaped(out, text);
    (void)fputs("\n", out);
}

/* Of a command that followed a job: the table of phases has them. */
static void write_job_codes(FILE *out)
{
    (void)fputs(".PP\nOf a job that was followed, by the phase it was last seen in:\n", out);
    for (int code = 0; code <= EXIT_CODE_MAX; code++) {
        for (unsigned i = 0; i < HVC_JOB_PHASE_COUNT; i++) {
            const struct hvc_job_phase_info *phase = hvc_job_phase_info(i);

            if (phase->exit_code == code)
                write_code(out, code, phase->name, phase->text);
        }
    }
}

static void write_exit_codes(FILE *out)
{
    (void)fputs(".SH EXIT STATUS\n", out);
    for (int code = 0; code <= EXIT_CODE_MAX; code++) {
        if (code == HVC_CLI_EXIT_USAGE)
            write_code(out, code, "", "The command line cannot be understood.");
        for (int i = 0; i < HVC_RESULT_MAX; i++) {
            if (hvc_result_exit_code((enum hvc_result)i) == code)
                write_code(out, code, hvc_result_word((enum hvc_result)i), hvc_result_text((enum hvc_result)i));
        }
    }
    write_job_codes(out);
}

void hvc_cli_write_manual(FILE *out)
{
    (void)fputs(
        ".TH HVCLUSTER 8 \"\" \"hvcluster\" \"System administration\"\n"
        ".SH NAME\nhvcluster \\- look at and steer the migration service of a Linux cluster\n"
        ".SH SYNOPSIS\n.B hvcluster\n[\\fIOPTION\\fR...] \\fICOMMAND\\fR\n"
        ".SH DESCRIPTION\n"
        "Asks the hvclusterd of this node and shows its answer. \\fIGUEST\\fR is a UUID, a name, or the path of a "
        "definition (anything with a slash), of any node's guest.\n"
        ".PP\n"
        "Moves are jobs of the cluster: every node shows them, and any node can end them. move waits for the end of "
        "its "
        "job unless told otherwise; its exit status, and that of jobs watch, is the outcome of the job. Bars and "
        "colours are drawn on a terminal only, colours not with NO_COLOR set; a pipe gets a line for each change.\n"
        ".PP\n"
        "Settings, the service, nodes and networks are the cluster's: the same on every node, changed only where a "
        "majority of the nodes agrees and has it on disk. Where this node may be behind the others, the answer is "
        "marked as stale. A request whose outcome is not known (exit status 10) names a token; asked again with that "
        "token it is done once and its outcome told.\n",
        out);
    write_commands(out);
    write_options(out);
    write_exit_codes(out);
    (void)fputs(".SH SEE ALSO\n.BR hvclusterd (8),\n.BR ocf_hvcluster_VirtualSystem (7)\n", out);
}
