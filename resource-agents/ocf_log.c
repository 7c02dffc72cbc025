/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <syslog.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

#define REASON_END     61   /* of each end, with the five between them at most HVC_OCF_REASON_MAX */
#define LINE_MAX_BYTES 2048 /* HVC_ERROR_TEXT_MAX and our words around it */

static const struct {
    const char *word;
    int priority;
} LEVELS[] = {
    [HVC_OCF_DEBUG] = {"DEBUG", LOG_DEBUG},    [HVC_OCF_INFO] = {"INFO", LOG_INFO},
    [HVC_OCF_NOTICE] = {"NOTICE", LOG_NOTICE}, [HVC_OCF_WARNING] = {"WARNING", LOG_WARNING},
    [HVC_OCF_ERROR] = {"ERROR", LOG_ERR},
};

static const struct {
    const char *name;
    int facility;
} FACILITIES[] = {
    {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},     {"daemon", LOG_DAEMON},
    {"kern", LOG_KERN},     {"lpr", LOG_LPR},           {"mail", LOG_MAIL},     {"news", LOG_NEWS},
    {"syslog", LOG_SYSLOG}, {"user", LOG_USER},         {"uucp", LOG_UUCP},     {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},     {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},     {"local7", LOG_LOCAL7},
};

static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = ' ';
}

/* A variable that is set and neither empty nor "none". */
static const char *destination(const struct hvc_ocf *ocf, const char *name)
{
    const char *value = hvc_ocf_variable(ocf->environment, name);

    return value == NULL || *value == '\0' || strcmp(value, "none") == 0 ? NULL : value;
}

static bool facility_of(const char *name, int *ret_facility)
{
    for (size_t i = 0; name != NULL && i < sizeof(FACILITIES) / sizeof(FACILITIES[0]); i++) {
        if (strcmp(FACILITIES[i].name, name) == 0) {
            *ret_facility = FACILITIES[i].facility;
            return true;
        }
    }
    return false;
}

static void tag_of(const struct hvc_ocf *ocf, char *tag, size_t size)
{
    const char *given = hvc_ocf_variable(ocf->environment, "HA_LOGTAG");

    if (given != NULL && *given != '\0')
        (void)snprintf(tag, size, "%s", given);
    else
        (void)snprintf(tag, size, "%s(%s)[%ld]", ocf->agent, ocf->resource, (long)getpid());
}

static void write_all(int fd, const char *line, size_t length)
{
    /* A log that cannot be written must not fail the action; there is nowhere left to say so. */
    while (length > 0) {
        ssize_t written = write(fd, line, length);

        if (written <= 0)
            return;
        line += written;
        length -= (size_t)written;
    }
}

static void append_to_file(const char *path, const char *tag, const char *date, const char *text)
{
    HVC_CLEANUP(fd) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    char line[LINE_MAX_BYTES + 512];
    int length = snprintf(line, sizeof(line), "%s %s:    %s\n", date, tag, text);

    if (fd >= 0 && length > 0)
        write_all(fd, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

static void send_to_syslog(const char *tag, int facility, int priority, const char *text)
{
    openlog(tag, LOG_NDELAY, facility);
    syslog(priority, "%s", text);
    closelog();
}

/* said_already: the words stand on standard error already. */
static void write_line(const struct hvc_ocf *ocf, enum hvc_ocf_level level, const char *text, bool said_already)
{
    const char *file = destination(ocf, "HA_LOGFILE");
    const char *debug_file = destination(ocf, "HA_DEBUGLOG");
    char tag[512];
    char date[64];
    time_t now = time(NULL);
    struct tm local;
    int facility = 0;
    bool to_syslog = facility_of(destination(ocf, "HA_LOGFACILITY"), &facility);

    tag_of(ocf, tag, sizeof(tag));
    if (localtime_r(&now, &local) == NULL || strftime(date, sizeof(date), "%b %d %T", &local) == 0)
        date[0] = '\0';
    if (to_syslog)
        send_to_syslog(tag, facility, LEVELS[level].priority, text);
    if (file != NULL && level != HVC_OCF_DEBUG)
        append_to_file(file, tag, date, text);
    if (debug_file != NULL && (file == NULL || strcmp(file, debug_file) != 0))
        append_to_file(debug_file, tag, date, text);
    if (!to_syslog && file == NULL && !said_already)
        (void)fprintf(stderr, "%s %s\n", date, text);
}

void hvc_ocf_log(const struct hvc_ocf *ocf, enum hvc_ocf_level level, const char *format, ...)
{
    const char *debug = hvc_ocf_variable(ocf->environment, "HA_debug");
    char text[LINE_MAX_BYTES];
    va_list arguments;
    int used;

    if (level == HVC_OCF_DEBUG && (debug == NULL || *debug == '\0' || strcmp(debug, "0") == 0))
        return;
    used = snprintf(text, sizeof(text), "%s: ", LEVELS[level].word);
    va_start(arguments, format);
    (void)vsnprintf(text + used, sizeof(text) - (size_t)used, format, arguments);
    va_end(arguments);
    make_one_line(text);
    write_line(ocf, level, text, false);
}

void hvc_ocf_exit_reason(const struct hvc_ocf *ocf, const char *format, ...)
{
    static const char error_word[] = "ERROR: ";
    const char *prefix = hvc_ocf_variable(ocf->environment, "OCF_EXIT_REASON_PREFIX");
    char line[LINE_MAX_BYTES] = "ERROR: ";
    char *text = line + sizeof(error_word) - 1;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(line) - sizeof(error_word) + 1, format, arguments);
    va_end(arguments);
    make_one_line(line);
    if (prefix == NULL || *prefix == '\0')
        prefix = "ocf-exit-reason:";
    if (strlen(text) > HVC_OCF_REASON_MAX)
        (void)fprintf(stderr, "%s%.*s ... %s\n", prefix, REASON_END, text, text + strlen(text) - REASON_END);
    else
        (void)fprintf(stderr, "%s%s\n", prefix, text);
    write_line(ocf, HVC_OCF_ERROR, line, strlen(text) <= HVC_OCF_REASON_MAX);
}
