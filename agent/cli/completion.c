/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The completion of bash as a script, from the tables that the command line is parsed with. */
#include <stdbool.h>
#include <string.h>

#include "command.h"

/* The options of a command, or with NULL those of all. */
static void write_options(FILE *out, const struct hvc_cli_command *command)
{
    const struct hvc_cli_option *option;
    const char *separator = "";

    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        if (command == NULL ? option->of != HVC_CLI_OF_ALL : (option->of & command->options) == 0)
            continue;
        (void)fprintf(out, "%s%s", separator, option->name);
        separator = " ";
    }
}

static void write_words(FILE *out)
{
    const struct hvc_cli_command *command;

    (void)fputs("    local commands=\"", out);
    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "" : "\n", command->words);
    (void)fputs("\"\n", out);
}

/* What follows a command's words: a guest, a node, nothing. */
static const char *operand_list(const struct hvc_cli_operand *operand)
{
    if (operand->kind == HVC_CLI_GUEST || operand->kind == HVC_CLI_ANY_GUEST || operand->kind == HVC_CLI_JOB)
        return "guests";
    if (operand->kind == HVC_CLI_FILE || operand->kind == HVC_CLI_TEXT_FILE)
        return "files";
    if (operand->argument != NULL &&
        (strcmp(operand->argument, "node") == 0 || strcmp(operand->argument, "target") == 0))
        return "nodes";
    return "";
}

static void write_cases(FILE *out)
{
    const struct hvc_cli_command *command;

    (void)fputs("    case $found in\n", out);
    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++) {
        (void)fprintf(out, "    \"%s\") options=\"", command->words);
        write_options(out, command);
        (void)fprintf(out, "\" first=\"%s\" second=\"%s\" ;;\n", operand_list(&command->operands[0]),
                      operand_list(&command->operands[1]));
    }
    (void)fputs("    esac\n", out);
}

static bool is_first_of_its_name(size_t index)
{
    const char *name = hvc_cli_option_at(index)->name;

    for (size_t i = 0; i < index; i++) {
        if (strcmp(hvc_cli_option_at(i)->name, name) == 0)
            return false;
    }
    return true;
}

/* What is offered for an option's value: nodes, files, the words that the table names, or nothing. */
static void write_value(FILE *out, const struct hvc_cli_option *option)
{
    (void)fprintf(out, "    %s) ", option->name);
    if (strcmp(option->value, "NODE") == 0)
        (void)fputs("mapfile -t COMPREPLY < <(compgen -W \"$(_hvcluster_list nodes)\" -- \"$word\")", out);
    else if (strcmp(option->value, "FILE") == 0)
        (void)fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$word\")", out);
    else if (strchr(option->value, '|') != NULL)
        (void)fprintf(out, "mapfile -t COMPREPLY < <(IFS='|' && compgen -W \"%s\" -- \"$word\")", option->value);
    else
        (void)fputs("COMPREPLY=()", out);
    (void)fputs(" && return ;;\n", out);
}

static void write_values(FILE *out)
{
    const struct hvc_cli_option *option;

    (void)fputs("    case $previous in\n", out);
    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++) {
        if (option->value != NULL && option->value[0] != '[' && is_first_of_its_name(i))
            write_value(out, option);
    }
    (void)fputs("    esac\n", out);
}

void hvc_cli_write_completion(FILE *out)
{
    (void)fputs("# bash completion of hvcluster, made by hvcluster --completion\n"
                "_hvcluster_list() {\n"
                "    case $1 in\n"
                "    nodes) hvcluster --timeout 2 --json node list 2>/dev/null ;;\n"
                "    guests) hvcluster --timeout 2 --json guest list 2>/dev/null ;;\n"
                "    esac | grep -o '\"name\":\"[^\"]*\"' | cut -d'\"' -f4\n"
                "}\n\n"
                "_hvcluster() {\n"
                "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "    local options=\"\" first=\"\" second=\"\" found=\"\" typed=\"\" list=\"\" words_of=0 i\n"
                "    local -a words=()\n",
                out);
    write_words(out);
    write_values(out);
    (void)fputs("    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "        [[ ${COMP_WORDS[i]} == -* ]] || words+=(\"${COMP_WORDS[i]}\")\n"
                "    done\n"
                "    for ((i = 0; i < ${#words[@]}; i++)); do\n"
                "        typed+=${typed:+ }${words[i]}\n"
                "        grep -Fxq -- \"$typed\" <<<\"$commands\" && found=$typed && words_of=$((i + 1))\n"
                "    done\n",
                out);
    write_cases(out);
    (void)fputs("    if [[ $word == -* ]]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$options ",
                out);
    write_options(out, NULL);
    (void)fputs(
        "\" -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    list=$(awk -v typed=\"${words[*]}\" 'typed == \"\" { print $1 }\n"
        "        typed != \"\" && index($0, typed \" \") == 1 { $0 = substr($0, length(typed) + 2); print $1 }' "
        "<<<\"$commands\")\n"
        "    if [[ -n $found ]]; then\n"
        "        case $((${#words[@]} - words_of)) in\n"
        "        0) list+=\" $(_hvcluster_list \"$first\")\" ;;\n"
        "        1) list+=\" $(_hvcluster_list \"$second\")\" ;;\n"
        "        esac\n"
        "        [[ $first == files ]] && mapfile -t COMPREPLY < <(compgen -f -- \"$word\") && return\n"
        "    fi\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$word\")\n"
        "}\n"
        "complete -F _hvcluster hvcluster\n",
        out);
}
