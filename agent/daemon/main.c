/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvclusterd: the migration service of one node. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "hvc/config.h"
#include "hvc/text.h"
#include "log.h"
#include "options.h"
#include "privileges.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 6 }; /* 6: EXIT_NOTCONFIGURED of systemd.exec(5) */

static int complain(const struct hvc_error *error, int status)
{
    (void)fprintf(stderr, "hvclusterd: %s\n", error->text);
    return status;
}

static int read_config(const struct hvc_options *options, struct hvc_config *ret_config, struct hvc_error *error)
{
    const char *path = options->config != NULL ? options->config : HVC_CONFIG_FILE;
    int rc = hvc_config_read(path, options->config != NULL, ret_config, error);

    if (rc == -ENOENT && options->config == NULL)
        rc = 0; /* without a file everything has its default */
    if (rc == 0 && options->log_file != NULL)
        rc = hvc_text_copy(ret_config->log_file, sizeof(ret_config->log_file), options->log_file);
    ret_config->standalone = ret_config->standalone || options->standalone;
    if (rc == -ENAMETOOLONG)
        (void)hvc_error_set(error, rc, "the name of the log file is too long");
    return rc;
}

/* libqb and GLib write to 0, 1 and 2; none of them may be something else by accident. */
static int settle_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR); /* NOLINT(android-cloexec-open): these three are to be inherited */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -errno : close(fd);
}

static int run(const struct hvc_options *options, const struct hvc_config *config, bool *ret_orderly,
               struct hvc_error *error)
{
    const struct hvc_log_options log = {.to_stderr = options->foreground,
                                        .to_syslog = config->log_syslog,
                                        .file = config->log_file,
                                        .level = config->log_level};
    const struct hvc_daemon_start start = {config, options->init, options->force};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    char words[HVC_ERROR_TEXT_MAX];
    int rc;

    if (settle_descriptors() < 0)
        return hvc_error_set(error, -EIO, "cannot open /dev/null");
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)umask(027);
    rc = hvc_privileges_settle(config->user, config->runtime_directory, config->state_directory, error);
    if (rc < 0)
        return rc;
    rc = hvc_log_open(&log, error);
    if (rc == 0)
        rc = hvc_daemon_run(&start, ret_orderly, error);
    if (rc < 0)
        hvc_log(HVC_MESSAGE_START_FAILED, "words=%s", hvc_message_quote(error->text, words, sizeof(words)));
    hvc_log_close();
    return rc;
}

int main(int argc, char **argv)
{
    static struct hvc_config config;
    struct hvc_options options = {0};
    struct hvc_error error = {0};
    bool orderly = true;
    int status;

    if (hvc_options_parse(argc, argv, &options, &error) < 0)
        return complain(&error, EXIT_USAGE);
    if (options.help) {
        hvc_options_help(stdout);
        return 0;
    }
    if (options.version) {
        (void)puts("hvclusterd " HVC_VERSION);
        return 0;
    }
    if (read_config(&options, &config, &error) < 0)
        return complain(&error, EXIT_CONFIG);
    if (options.print_config) {
        hvc_config_print(stdout, &config);
        return 0;
    }
    if (options.check_config) {
        (void)puts("the configuration is good");
        return 0;
    }
    status = run(&options, &config, &orderly, &error) < 0 ? complain(&error, 1) : 0;
    if (!orderly)
        _exit(status);
    return status;
}
