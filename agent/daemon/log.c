/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <qb/qblog.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"

#define SOURCE_FILE "hvcluster" /* by which libqb's filters know our lines from those of its own clients */

enum { WAITING_MAX = 1000, WRITE_MS = 1000 };

struct line {
    struct line *next;
    enum hvc_message message;
    uint8_t priority;
    char details[];
};

static struct {
    pthread_t main_thread;
    bool open;
    int32_t file_target; /* -1: none */
    char file[HVC_PATH_TEXT_MAX];
    pthread_mutex_t lock; /* of the members below */
    struct line *first, *last;
    unsigned waiting, lost;
} logger = {.file_target = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

/* libqb drops a line without a word while another thread is in its logger (log.c, in_logger), as libcpg is when
 * corosync is away. This target is given every line of ours: what it has not seen was dropped. */
static bool witnessed;

static void witness(int32_t target, struct qb_log_callsite *site, struct timespec *when, const char *text)
{
    (void)target;
    (void)site;
    (void)when;
    (void)text;
    if (pthread_equal(pthread_self(), logger.main_thread))
        witnessed = true;
}

static uint8_t priority(enum hvc_message_level level)
{
    static const uint8_t priorities[] = {[HVC_LEVEL_ERROR] = LOG_ERR,
                                         [HVC_LEVEL_WARNING] = LOG_WARNING,
                                         [HVC_LEVEL_NOTICE] = LOG_NOTICE,
                                         [HVC_LEVEL_INFO] = LOG_INFO,
                                         [HVC_LEVEL_DEBUG] = LOG_DEBUG};

    return (unsigned)level < sizeof(priorities) ? priorities[level] : LOG_ERR;
}

static uint8_t level_of_word(const char *word)
{
    static const char *const words[] = {[HVC_LEVEL_ERROR] = "error",
                                        [HVC_LEVEL_WARNING] = "warning",
                                        [HVC_LEVEL_NOTICE] = "notice",
                                        [HVC_LEVEL_INFO] = "info",
                                        [HVC_LEVEL_DEBUG] = "debug"};

    for (unsigned i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], word) == 0)
            return priority((enum hvc_message_level)i);
    }
    return LOG_INFO;
}

static void open_target(int32_t target, uint8_t level, const char *format)
{
    (void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", level);
    (void)qb_log_format_set(target, format);
    (void)qb_log_ctl(target, QB_LOG_CONF_MAX_LINE_LEN, 2048);
    (void)qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
}

static int open_witness(struct hvc_error *error)
{
    int32_t target = qb_log_custom_open(witness, NULL, NULL, NULL);

    if (target < 0)
        return hvc_error_set(error, target, "cannot open a target in libqb's logger: %s", strerror(-target));
    (void)qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, SOURCE_FILE, LOG_TRACE);
    (void)qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
    return 0;
}

int hvc_log_open(const struct hvc_log_options *options, struct hvc_error *error)
{
    uint8_t level = level_of_word(options->level);
    int rc;

    logger.main_thread = pthread_self();
    qb_log_init("hvclusterd", LOG_DAEMON, LOG_INFO);
    (void)qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
    (void)qb_log_filter_ctl(QB_LOG_SYSLOG, QB_LOG_FILTER_CLEAR_ALL, QB_LOG_FILTER_FILE, "*", LOG_TRACE);
    if (options->to_syslog)
        open_target(QB_LOG_SYSLOG, level, "%b");
    if (options->to_stderr)
        open_target(QB_LOG_STDERR, level, "%t [%P] %7p: %b");
    rc = open_witness(error);
    if (rc < 0) {
        qb_log_fini();
        return rc;
    }
    logger.open = true;
    if (options->file == NULL || options->file[0] == '\0')
        return 0;
    (void)hvc_text_copy(logger.file, sizeof(logger.file), options->file);
    logger.file_target = qb_log_file_open(options->file);
    if (logger.file_target < 0)
        return hvc_error_set(error, logger.file_target, "cannot open the log file %s: %s", options->file,
                             strerror(-logger.file_target));
    open_target(logger.file_target, level, "%t [%P] %7p: %b");
    return 0;
}

static bool write_once(uint8_t level, enum hvc_message message, const char *details)
{
    const struct hvc_message_row *row = hvc_message_row(message);

    witnessed = false;
    qb_log_from_external_source("hvclusterd", SOURCE_FILE, "HVC%u %s%s%s", level, 0, 0, row->id, row->text,
                                details[0] == '\0' ? "" : ": ", details);
    return witnessed;
}

static void write_line(uint8_t level, enum hvc_message message, const char *details)
{
    uint64_t deadline = hvc_deadline_in(WRITE_MS);
    const struct timespec pause = {.tv_nsec = 10000};
    bool written = !logger.open;

    while (!written && !(written = write_once(level, message, details)) && hvc_now_ms() < deadline)
        (void)nanosleep(&pause, NULL);
    if (written)
        return;
    (void)pthread_mutex_lock(&logger.lock);
    logger.lost++;
    (void)pthread_mutex_unlock(&logger.lock);
}

void hvc_log_flush(void)
{
    struct line *line;
    unsigned lost;

    (void)pthread_mutex_lock(&logger.lock);
    line = logger.first;
    lost = logger.lost;
    logger.first = NULL;
    logger.last = NULL;
    logger.waiting = 0;
    logger.lost = 0;
    (void)pthread_mutex_unlock(&logger.lock);
    while (line != NULL) {
        struct line *next = line->next;

        write_line(line->priority, line->message, line->details);
        free(line);
        line = next;
    }
    if (lost > 0)
        hvc_log(HVC_MESSAGE_MESSAGES_LOST, "count=%u", lost);
}

static gboolean flush_in_main_loop(gpointer context)
{
    (void)context;
    hvc_log_flush();
    return G_SOURCE_REMOVE;
}

static void leave_for_main_thread(uint8_t level, enum hvc_message message, const char *details)
{
    size_t size = strlen(details) + 1;
    struct line *line = malloc(sizeof(*line) + size);
    bool first = false;

    if (line != NULL) {
        line->next = NULL;
        line->message = message;
        line->priority = level;
        memcpy(line->details, details, size);
    }
    (void)pthread_mutex_lock(&logger.lock);
    if (line == NULL || logger.waiting >= WAITING_MAX) {
        logger.lost++;
        free(line);
    } else {
        first = logger.first == NULL;
        if (first)
            logger.first = line;
        else
            logger.last->next = line;
        logger.last = line;
        logger.waiting++;
    }
    (void)pthread_mutex_unlock(&logger.lock);
    if (first)
        (void)g_idle_add_full(G_PRIORITY_DEFAULT, flush_in_main_loop, NULL, NULL);
}

void hvc_log_with_priority(int level, enum hvc_message message, const char *details)
{
    uint8_t known = level >= LOG_EMERG && level <= LOG_DEBUG ? (uint8_t)level : (uint8_t)LOG_ERR;

    if (pthread_equal(pthread_self(), logger.main_thread))
        write_line(known, message, details);
    else
        leave_for_main_thread(known, message, details);
}

void hvc_log_message(void *context, enum hvc_message message, const char *details)
{
    (void)context;
    hvc_log_with_priority(priority(hvc_message_row(message)->level), message, details);
}

void hvc_log(enum hvc_message message, const char *format, ...)
{
    char details[HVC_ERROR_TEXT_MAX * 2];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments); /* a line of a log may be cut */
    va_end(arguments);
    hvc_log_message(NULL, message, details);
}

void hvc_log_reopen(void)
{
    if (logger.file_target >= 0)
        (void)qb_log_file_reopen(logger.file_target, logger.file);
}

void hvc_log_close(void)
{
    if (!logger.open)
        return;
    hvc_log_flush();
    logger.open = false;
    qb_log_fini();
}
