/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "hvc/text.h"

enum kind { TEXT, SECONDS, FLAG };

static const struct row {
    const char *name, *value;
    enum kind kind;
    size_t offset;
    uint64_t min, max; /* of seconds */
    const char *help;
} rows[] = {
    {"socket", "PATH", TEXT, offsetof(struct hvc_auth_command, socket), 0, 0,
     "make this socket instead of taking systemd's"},
    {"peer", "USER", TEXT, offsetof(struct hvc_auth_command, peer), 0, 0,
     "who may ask, beside root (" HVC_WBEM_USER ")"},
    {"service", "NAME", TEXT, offsetof(struct hvc_auth_command, service), 0, 0, "PAM's service (hvcluster)"},
    {"pam-directory", "DIR", TEXT, offsetof(struct hvc_auth_command, confdir), 0, 0, "where its file is (/etc/pam.d)"},
    {"check-timeout", "SECONDS", SECONDS, offsetof(struct hvc_auth_command, check_s), 1, 300,
     "PAM's time for one password (20)"},
    {"idle", "SECONDS", SECONDS, offsetof(struct hvc_auth_command, idle_s), 0, 86400,
     "end after so long without a client; 0: never (300)"},
    {"help", NULL, FLAG, offsetof(struct hvc_auth_command, help), 0, 0, "this help"},
    {"version", NULL, FLAG, offsetof(struct hvc_auth_command, version), 0, 0, "the version"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int take(const struct row *row, const char *value, struct hvc_auth_command *command, struct hvc_error *error)
{
    char *member = (char *)command + row->offset;
    const bool yes = true;
    uint64_t number = 0;

    switch (row->kind) {
    case TEXT:
        if (value[0] == '\0')
            return hvc_error_set(error, -EINVAL, "--%s needs a value: %s", row->name, row->value);
        memcpy(member, &value, sizeof(value));
        return 0;
    case SECONDS:
        if (hvc_parse_u64(value, row->min, row->max, &number) < 0)
            return hvc_error_set(error, -EINVAL,
                                 "--%s is \"%.80s\": it must be a whole number from %" PRIu64 " to %" PRIu64, row->name,
                                 value, row->min, row->max);
        memcpy(member, &number, sizeof(number));
        return 0;
    case FLAG:
        memcpy(member, &yes, sizeof(yes));
        return 0;
    }
    return -EINVAL;
}

int hvc_auth_command_parse(int argc, char *const *argv, struct hvc_auth_command *ret_command, struct hvc_error *error)
{
    struct hvc_auth_command command = {.peer = HVC_WBEM_USER, .service = "hvcluster", .check_s = 20, .idle_s = 300};
    struct option options[ROWS + 1] = {{0}};
    int found, index = 0, rc = 0;

    for (size_t i = 0; i < ROWS; i++)
        options[i] = (struct option){rows[i].name, rows[i].value != NULL ? required_argument : no_argument, NULL, 1};
    opterr = 0;
    optind = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    while (rc == 0 && (found = getopt_long(argc, argv, ":", options, &index)) != -1) {
        if (found == ':')
            rc = hvc_error_set(error, -EINVAL, "%.80s needs a value", argv[optind - 1]);
        else if (found == '?')
            rc = hvc_error_set(error, -EINVAL, "\"%.80s\" is not understood; hvcluster-auth --help names the options",
                               argv[optind - 1]);
        else
            rc = take(&rows[index], optarg, &command, error);
    }
    if (rc == 0 && optind < argc)
        rc = hvc_error_set(error, -EINVAL, "\"%.80s\" is no option; hvcluster-auth --help names them", argv[optind]);
    if (rc == 0)
        *ret_command = command;
    return rc;
}

void hvc_auth_command_help(FILE *out)
{
    (void)fputs("usage: hvcluster-auth [OPTION...]\n"
                "Asks PAM about user names and passwords for hvcluster-wbemd. Started by hvcluster-auth.socket.\n\n",
                out);
    for (size_t i = 0; i < ROWS; i++) {
        char form[40];

        (void)snprintf(form, sizeof(form), "--%s%s%s", rows[i].name, rows[i].value != NULL ? " " : "",
                       rows[i].value != NULL ? rows[i].value : "");
        (void)fprintf(out, "  %-24s  %s\n", form, rows[i].help);
    }
}
