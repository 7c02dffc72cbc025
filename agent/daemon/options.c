/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct option {
    const char *name;
    const char *value; /* what stands for it in the help; NULL: takes none */
    size_t offset;
    const char *help;
} options[] = {
    {"--config", "FILE", offsetof(struct hvc_options, config), "configuration file (" HVC_CONFIG_FILE ")"},
    {"--foreground", NULL, offsetof(struct hvc_options, foreground), "log to the terminal, too"},
    {"--log-file", "FILE", offsetof(struct hvc_options, log_file), "log to FILE, whatever the configuration says"},
    {"--standalone", NULL, offsetof(struct hvc_options, standalone), "no cluster: keep the state on this host alone"},
    {"--init", NULL, offsetof(struct hvc_options, init),
     "create the cluster's history with this start, if there is none: see hvcluster(8), init"},
    {"--force", NULL, offsetof(struct hvc_options, force),
     "with this start this node's history survives, the others give theirs up: see hvcluster(8), init --force"},
    {"--check-config", NULL, offsetof(struct hvc_options, check_config), "check the configuration file and end"},
    {"--print-config", NULL, offsetof(struct hvc_options, print_config), "print the whole configuration and end"},
    {"--help", NULL, offsetof(struct hvc_options, help), "this help"},
    {"--version", NULL, offsetof(struct hvc_options, version), "the version"},
};

#define COUNT (sizeof(options) / sizeof(options[0]))

static const struct option *find(const char *word, size_t length)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strlen(options[i].name) == length && strncmp(options[i].name, word, length) == 0)
            return &options[i];
    }
    return NULL;
}

static int take(const struct option *option, const char *value, struct hvc_options *target, struct hvc_error *error)
{
    const bool yes = true;
    char *member = (char *)target + option->offset;

    if (option->value == NULL && value != NULL)
        return hvc_error_set(error, -EINVAL, "%s takes no value", option->name);
    if (option->value == NULL)
        memcpy(member, &yes, sizeof(yes));
    else
        memcpy(member, &value, sizeof(value));
    return 0;
}

int hvc_options_parse(int argc, char *const *argv, struct hvc_options *ret_options, struct hvc_error *error)
{
    struct hvc_options parsed = {0};

    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        size_t length = equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option *option = find(argv[i], length);
        const char *value = equals != NULL ? equals + 1 : NULL;
        int rc;

        if (option == NULL)
            return hvc_error_set(error, -EINVAL, "there is no option \"%.80s\"; hvclusterd --help names them", argv[i]);
        if (option->value != NULL && value == NULL)
            value = i + 1 < argc ? argv[++i] : "";
        if (option->value != NULL && value != NULL && value[0] == '\0')
            return hvc_error_set(error, -EINVAL, "%s needs a value: %s", option->name, option->value);
        rc = take(option, value, &parsed, error);
        if (rc < 0)
            return rc;
    }
    if (parsed.init && parsed.force)
        return hvc_error_set(error, -EINVAL,
                             "--init creates a history, --force keeps one: only one of them can be meant");
    *ret_options = parsed;
    return 0;
}

void hvc_options_help(FILE *out)
{
    (void)fputs("usage: hvclusterd [OPTION...]\n"
                "The migration service of one node. Runs until it gets SIGTERM; does not go to the background.\n\n",
                out);
    for (size_t i = 0; i < COUNT; i++) {
        char form[40];

        (void)snprintf(form, sizeof(form), "%s%s%s", options[i].name, options[i].value != NULL ? " " : "",
                       options[i].value != NULL ? options[i].value : "");
        (void)fprintf(out, "  %-18s  %s\n", form, options[i].help);
    }
}
