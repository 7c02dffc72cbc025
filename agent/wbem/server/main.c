/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster-wbemd: CIM-XML for the cluster. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "http.h"
#include "notify.h"
#include "tell.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 6 }; /* 6: EXIT_NOTCONFIGURED of systemd.exec(5) */

struct options {
    const char *config;
    bool foreground, print, check;
};

static void help(FILE *out)
{
    (void)fputs("usage: hvcluster-wbemd [--config FILE] [--foreground] [--check-config | --print-config | --version]\n"
                "Serves the cluster's CIM classes over CIM-XML. See hvcluster-wbemd(8).\n",
                out);
}

/* 0: go on; 1: it is done; 2: wrong. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option rows[] = {{"config", required_argument, NULL, 'c'},
                                         {"foreground", no_argument, NULL, 'f'},
                                         {"check-config", no_argument, NULL, 'k'},
                                         {"print-config", no_argument, NULL, 'p'},
                                         {"version", no_argument, NULL, 'V'},
                                         {"help", no_argument, NULL, 'h'},
                                         {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "c:fh", rows, NULL)) != -1) {
        if (c == 'c')
            options->config = optarg;
        else if (c == 'f')
            options->foreground = true;
        else if (c == 'k')
            options->check = true;
        else if (c == 'p')
            options->print = true;
        else if (c == 'V')
            (void)puts("hvcluster-wbemd " HVC_VERSION);
        else
            help(c == 'h' ? stdout : stderr);
        if (c == 'V' || c == 'h' || c == '?')
            return c == '?' ? 2 : 1;
    }
    if (optind == argc)
        return 0;
    help(stderr);
    return 2;
}

/* Roles are read with the file; without a file nobody has any. */
static int read_settings(const struct options *options, struct hvc_wbemd_settings *settings,
                         struct hvc_roles **ret_roles, struct hvc_error *error)
{
    const char *path = options->config == NULL ? HVC_WBEMD_CONFIG_FILE : options->config;
    int rc;

    hvc_wbemd_settings_default(settings);
    rc = hvc_wbemd_settings_read(path, settings, ret_roles, error);
    return rc == -ENOENT && options->config == NULL ? hvc_roles_parse(path, "", ret_roles, error) : rc;
}

static int serve(const struct hvc_wbemd_settings *settings, const struct hvc_roles *roles, struct hvc_error *error)
{
    struct hvc_wbemd_desk_options options = {.settings = settings};
    struct hvc_wbemd_access *access = NULL;
    struct hvc_wbemd_desk *desk = NULL;
    struct hvc_wbemd_http *http = NULL;
    char host[256] = "localhost";
    sigset_t ends;
    int signal_number = 0;
    int rc;

    (void)gethostname(host, sizeof(host) - 1);
    options.host = host;
    options.fetch = hvc_wbemd_fetch_new(settings->service, settings->runtime_directory, settings->timeout_ms);
    desk = options.fetch == NULL ? NULL : hvc_wbemd_desk_new(&options);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL); /* inherited by libmicrohttpd's threads */
    rc = desk == NULL ? hvc_error_set(error, -ENOMEM, "no memory")
                      : hvc_wbemd_access_new(settings, roles, &access, error);
    if (rc == 0)
        rc = hvc_wbemd_http_start(settings, desk, access, &http, error);
    if (rc == 0) {
        hvc_wbemd_tell(HVC_MESSAGE_CIM_STARTED, "version=%s http=%s https=%s", HVC_VERSION, settings->http_address,
                       settings->https_address);
        if (hvc_roles_is_empty(roles) && strcmp(settings->anonymous, "none") == 0)
            hvc_wbemd_tell(HVC_MESSAGE_CIM_NO_ROLES, "name groups in [roles] of the configuration");
        (void)hvc_notify("READY=1\nSTATUS=serving CIM-XML");
        while (sigwait(&ends, &signal_number) != 0)
            continue;
        (void)hvc_notify("STOPPING=1");
        hvc_wbemd_http_stop(http);
        hvc_wbemd_tell(HVC_MESSAGE_CIM_STOPPED, "signal=%d", signal_number);
    }
    hvc_wbemd_desk_free(desk);
    hvc_wbemd_fetch_free(options.fetch);
    hvc_wbemd_access_free(access);
    return rc;
}

int main(int argc, char **argv)
{
    static struct hvc_wbemd_settings settings;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct hvc_roles *roles = NULL;
    struct options options = {0};
    struct hvc_error error = {0};
    int rc = parse(argc, argv, &options);

    if (rc != 0)
        return rc == 1 ? 0 : EXIT_USAGE;
    if (read_settings(&options, &settings, &roles, &error) < 0) {
        (void)fprintf(stderr, "hvcluster-wbemd: %s\n", error.text);
        return EXIT_CONFIG;
    }
    if (options.print)
        hvc_wbemd_settings_print(stdout, &settings, roles);
    else if (options.check)
        (void)puts("the configuration is good");
    if (!options.print && !options.check) {
        (void)sigaction(SIGPIPE, &ignore, NULL);
        hvc_wbemd_tell_open(options.foreground);
        rc = serve(&settings, roles, &error);
        if (rc < 0)
            hvc_wbemd_tell(HVC_MESSAGE_CIM_FAILED, "words=\"%s\"", error.text);
    }
    hvc_roles_free(roles);
    return rc < 0 ? 1 : 0;
}
