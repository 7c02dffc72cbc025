/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs as a table, as frames with progress bars, and one job whole. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "hvc/text.h"
#include "render.h"
#include "render_table.h"

enum { LINE_MAX_BYTES = 1024, NARROW = 78, NAME_MIN = 8 };

/* ---- lines that fit ---- */

/* A line being written; what does not fit into the terminal any more is left out. */
struct line {
    char text[LINE_MAX_BYTES];
    size_t used;
};

#define ADD(line, ...) ((void)hvc_text_append((line)->text, sizeof((line)->text), &(line)->used, __VA_ARGS__))

/* Characters, not bytes: what follows in a UTF-8 sequence does not count. */
static unsigned width_of(const char *text)
{
    unsigned width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void write_cut(FILE *out, const char *text, unsigned columns)
{
    unsigned width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
        if (width > columns)
            break;
        (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* Appends the part when the line stays within the terminal. */
static void add_if_it_fits(struct line *line, const char *part, unsigned columns)
{
    if (width_of(line->text) + width_of(part) <= columns)
        ADD(line, "%s", part);
}

void hvc_render_bytes(char text[HVC_RENDER_BYTES_MAX], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned unit = 0;
    uint64_t rest = 0;

    while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        rest = bytes % 1024;
        bytes /= 1024;
        unit++;
    }
    if (unit > 0 && bytes < 100)
        (void)snprintf(text, HVC_RENDER_BYTES_MAX, "%" PRIu64 ".%" PRIu64 " %s", bytes, rest * 10 / 1024, units[unit]);
    else
        (void)snprintf(text, HVC_RENDER_BYTES_MAX, "%" PRIu64 " %s", bytes, units[unit]);
}

static const char *duration(uint64_t ms, char text[32])
{
    FILE *memory = fmemopen(text, 32, "w");

    text[0] = '\0';
    if (memory == NULL)
        return text;
    hvc_render_duration(memory, ms);
    (void)fclose(memory);
    return text;
}

/* ---- progress ---- */

/* "  [#####-------]  43%  14 s left  118 MiB/s  pause ~120 ms  1.2 GiB of 2.8 GiB"; on a narrow terminal less, on a
 * wide one a longer bar. The pause with ~ is the forecast, without what the switch-over has cost. A move that could be
 * faster says why it is not. */
static void progress_line(const struct hvc_record *progress, unsigned columns, struct line *line)
{
    unsigned percent = (unsigned)hvc_record_u64(progress, "percent", 0), width = columns >= 100 ? 24 : 12;
    uint64_t left = hvc_record_u64(progress, "estimated_left_ms", UINT64_MAX);
    uint64_t rate = hvc_record_u64(progress, "rate_bytes", UINT64_MAX);
    uint64_t total = hvc_record_u64(progress, "total_bytes", 0);
    uint64_t pause = hvc_record_u64(progress, "blackout_ms", UINT64_MAX);
    uint64_t forecast = hvc_record_u64(progress, "expected_downtime_ms", 0);
    char part[128], bytes[HVC_RENDER_BYTES_MAX], all[HVC_RENDER_BYTES_MAX], time[32];

    percent = percent > 100 ? 100 : percent;
    ADD(line, "  [");
    for (unsigned i = 0; i < width; i++)
        ADD(line, "%c", i < (percent * width + 50) / 100 ? '#' : '-');
    ADD(line, "] %3u%%", percent);
    if (left != UINT64_MAX) {
        (void)snprintf(part, sizeof(part), "  %s left", duration(left, time));
        add_if_it_fits(line, part, columns);
    }
    if (rate != UINT64_MAX) {
        hvc_render_bytes(bytes, rate);
        (void)snprintf(part, sizeof(part), "  %s/s", bytes);
        add_if_it_fits(line, part, columns);
    }
    if (hvc_record_bool(progress, "held_for_ring", false))
        add_if_it_fits(line, "  slowed for the ring", columns);
    if (pause != UINT64_MAX || forecast != 0) {
        (void)snprintf(part, sizeof(part), "  pause %s%" PRIu64 " ms", pause != UINT64_MAX ? "" : "~",
                       pause != UINT64_MAX ? pause : forecast);
        add_if_it_fits(line, part, columns);
    }
    if (total != 0) {
        hvc_render_bytes(bytes, hvc_record_u64(progress, "done_bytes", 0));
        hvc_render_bytes(all, total);
        (void)snprintf(part, sizeof(part), "  %s of %s", bytes, all);
        add_if_it_fits(line, part, columns);
    }
}

/* ---- frames ---- */

static const char *colour_of(const struct hvc_record *job)
{
    const char *phase = hvc_record_text(job, "phase", "");
    static const struct {
        const char *phase, *colour;
    } colours[] = {{"completed", "\033[32m"}, {"failed", "\033[31m"},         {"cancelled", "\033[33m"},
                   {"unknown", "\033[35m"},   {"needs-operator", "\033[31m"}, {"reconciling", "\033[35m"}};

    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (strcmp(colours[i].phase, phase) == 0)
            return colours[i].colour;
    }
    return "";
}

static void add_route(struct line *line, const struct hvc_record *job)
{
    const char *source = hvc_record_text(job, "source", "?"), *target = hvc_record_text(job, "target", "?");

    if (strcmp(source, target) == 0)
        ADD(line, "on %s", source);
    else
        ADD(line, "%s -> %s", source, target);
}

static uint64_t took_ms(const struct hvc_record *job, uint64_t now_ms)
{
    uint64_t begin = hvc_record_u64(job, "created_ms", now_ms);
    uint64_t end = hvc_record_bool(job, "ended", false) ? hvc_record_u64(job, "since_ms", now_ms) : now_ms;

    return end > begin ? end - begin : 0;
}

/* What follows the guest's name; on a narrow terminal without the kind. */
static void add_rest(struct line *line, const struct hvc_record *job, uint64_t now_ms, bool with_kind)
{
    char time[32];

    if (with_kind)
        ADD(line, "  %s", hvc_record_text(job, "kind", "?"));
    ADD(line, "  ");
    add_route(line, job);
    ADD(line, "  %s", hvc_record_text(job, "phase", "?"));
    if (hvc_record_bool(job, "cancel_asked", false) && !hvc_record_bool(job, "ended", false))
        ADD(line, " (cancel)");
    ADD(line, "  %s", duration(took_ms(job, now_ms), time));
}

/* A long name gives way to the rest: "data..". */
static void add_name(struct line *line, const char *name, unsigned room)
{
    unsigned width = 0;

    if (width_of(name) <= room) {
        ADD(line, "%s", name);
        return;
    }
    for (; *name != '\0'; name++) {
        width += ((unsigned char)*name & 0xc0) != 0x80;
        if (width + 2 > room)
            break;
        ADD(line, "%c", *name);
    }
    ADD(line, "..");
}

/* "job 12  vm1  live  n1 -> n2  copying  8 s" */
static void add_head(struct line *line, const struct hvc_record *job, uint64_t now_ms, unsigned columns)
{
    const char *name = hvc_record_text(job, "guest", "?");
    struct line rest = {.used = 0};
    unsigned room = width_of(name) < NAME_MIN ? width_of(name) : NAME_MIN, taken;

    ADD(line, "job %" PRIu64 "  ", hvc_record_u64(job, "id", 0));
    add_rest(&rest, job, now_ms, true);
    if (width_of(line->text) + room + width_of(rest.text) > columns) {
        rest = (struct line){.used = 0};
        add_rest(&rest, job, now_ms, false);
    }
    taken = width_of(line->text) + width_of(rest.text);
    add_name(line, name, columns > taken + room ? columns - taken : room);
    ADD(line, "%s", rest.text);
}

static void write_head(FILE *out, const struct hvc_record *job, uint64_t now_ms, unsigned columns, bool colour)
{
    const char *on = colour ? colour_of(job) : "";
    struct line line = {.used = 0};

    add_head(&line, job, now_ms, columns);
    (void)fputs(on, out);
    write_cut(out, line.text, columns);
    (void)fputs(on[0] != '\0' ? "\033[0m\n" : "\n", out);
}

static unsigned write_frame(FILE *out, const struct hvc_record *job, uint64_t now_ms, unsigned columns, bool colour)
{
    const struct hvc_record *progress = hvc_record_record(job, "progress");
    const char *words = hvc_record_text(job, "words", "");
    struct line line = {.used = 0};

    write_head(out, job, now_ms, columns, colour);
    if (progress != NULL && (words[0] == '\0' || !hvc_record_bool(job, "ended", false)))
        progress_line(progress, columns, &line);
    else if (words[0] != '\0')
        ADD(&line, "  %s", words);
    if (line.used == 0)
        return 1;
    write_cut(out, line.text, columns);
    (void)fputc('\n', out);
    return 2;
}

unsigned hvc_render_job_frames(FILE *out, const struct hvc_record *data, unsigned columns, bool colour)
{
    uint64_t now_ms = hvc_record_u64(data, "now_ms", 0);
    unsigned lines = 0;

    for (size_t i = 0; i < hvc_record_list_count(data, "jobs"); i++)
        lines += write_frame(out, hvc_record_list_at(data, "jobs", i), now_ms, columns, colour);
    return lines;
}

/* ---- the list ---- */

static void tell_left_out(FILE *out, const struct hvc_record *data)
{
    uint64_t left_out = hvc_record_u64(data, "left_out", 0);
    size_t count = hvc_record_list_count(data, "jobs");

    if (left_out > 0)
        (void)fprintf(out, "%" PRIu64 " more are not shown: --limit, --before %" PRIu64 "\n", left_out,
                      hvc_record_u64(hvc_record_list_at(data, "jobs", count - 1), "id", 0));
}

void hvc_render_jobs(FILE *out, const struct hvc_record *data, unsigned columns)
{
    static const struct hvc_render_column table[] = {
        {"ID", "id", 4},     {"GUEST", "guest", 12}, {"KIND", "kind", 7},   {"FROM", "source", 6},
        {"TO", "target", 6}, {"PHASE", "phase", 10}, {"DETAIL", "words", 0}};
    if (hvc_record_list_count(data, "jobs") == 0)
        (void)fputs("no jobs\n", out);
    else if (columns < NARROW)
        (void)hvc_render_job_frames(out, data, columns, false);
    else
        hvc_render_table(out, data, "jobs", table, sizeof(table) / sizeof(table[0]), columns);
    tell_left_out(out, data);
}

/* ---- history and events ---- */

static const char *moment(uint64_t ms, char text[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    text[0] = '\0';
    if (localtime_r(&seconds, &tm) != NULL && strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        text[0] = '\0';
    return text;
}

void hvc_render_history(FILE *out, const struct hvc_record *data, unsigned columns)
{
    size_t count = hvc_record_list_count(data, "jobs");
    char text[32];

    if (count == 0)
        (void)fputs("no job has ended, or none is kept\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct hvc_record *job = hvc_record_list_at(data, "jobs", i);
        const char *words = hvc_record_text(job, "words", "");
        struct line line = {.used = 0};

        moment(hvc_record_u64(job, "since_ms", 0), text);
        if (columns < NARROW)
            (void)fprintf(out, "%s\n", text);
        else
            ADD(&line, "%s  ", text);
        add_head(&line, job, 0, columns);
        if (words[0] != '\0' && columns < NARROW) {
            write_cut(out, line.text, columns);
            (void)fputc('\n', out);
            line = (struct line){.used = 0};
            ADD(&line, "  %s", words);
        } else if (words[0] != '\0') {
            ADD(&line, ": %s", words);
        }
        write_cut(out, line.text, columns);
        (void)fputc('\n', out);
    }
    tell_left_out(out, data);
}

void hvc_render_events(FILE *out, const struct hvc_record *data, unsigned columns)
{
    uint64_t lost = hvc_record_u64(data, "lost", 0);
    char text[32];

    (void)columns;
    if (lost > 0)
        (void)fprintf(out, "(%" PRIu64 " events before these are not kept any more)\n", lost);
    for (size_t i = 0; i < hvc_record_list_count(data, "events"); i++) {
        const struct hvc_record *event = hvc_record_list_at(data, "events", i);

        (void)fprintf(out, "%s  %" PRIu64 "  %s\n", moment(hvc_record_u64(event, "at_ms", 0), text),
                      hvc_record_u64(event, "number", 0), hvc_record_text(event, "text", ""));
    }
}

/* ---- one job ---- */

#define LABEL "%-10s "

static void write_times(FILE *out, const struct hvc_record *job)
{
    const struct hvc_record *times = hvc_record_record(job, "times");
    char text[32];

    for (size_t i = 0; i < hvc_record_count(times); i++) {
        const char *phase = hvc_record_name(times, i);

        (void)fprintf(out, LABEL "%s %s\n", i == 0 ? "TIMES" : "", moment(hvc_record_u64(times, phase, 0), text),
                      phase);
    }
}

static void write_reasons(FILE *out, const struct hvc_record *job)
{
    uint64_t dropped = hvc_record_u64(job, "reasons_dropped", 0);
    char text[32];

    for (size_t i = 0; i < hvc_record_list_count(job, "reasons"); i++) {
        const struct hvc_record *reason = hvc_record_list_at(job, "reasons", i);

        if (i == 1 && dropped > 0)
            (void)fprintf(out, LABEL "(%" PRIu64 " more)\n", "", dropped);
        (void)fprintf(out, LABEL "%s %s, %s, %s: %s\n", i == 0 ? "SAID" : "",
                      moment(hvc_record_u64(reason, "at_ms", 0), text), hvc_record_text(reason, "node", "?"),
                      hvc_record_text(reason, "phase", "?"), hvc_record_text(reason, "code", "?"),
                      hvc_record_text(reason, "text", ""));
    }
}

static void write_options(FILE *out, const struct hvc_record *job)
{
    static const char *const names[] = {
        "priority",    "bandwidth",     "downtime_ms",   "end_action",     "restart",          "parallel",
        "tls",         "compress",      "auto_converge", "post_copy",      "unsafe",           "pin",
        "with_others", "retain_copies", "overwrite",     "avoid_removing", "remove_unmanaged", "check"};
    const char *separator = "";

    (void)fprintf(out, LABEL, "OPTIONS");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (hvc_record_type(job, names[i]) == HVC_RECORD_NONE)
            continue;
        (void)fprintf(out, "%s%s ", separator, names[i]);
        hvc_render_value(out, job, names[i]);
        separator = ", ";
    }
    (void)fputc('\n', out);
}

void hvc_render_job(FILE *out, const struct hvc_record *data, unsigned columns)
{
    const struct hvc_record *progress = hvc_record_record(data, "progress");
    const char *words = hvc_record_text(data, "words", "");
    struct line route = {.used = 0}, bar = {.used = 0};
    char text[32];

    add_route(&route, data);
    (void)fprintf(out, LABEL "%" PRIu64 ": %s, %s, %s\n", "JOB", hvc_record_u64(data, "id", 0),
                  hvc_record_text(data, "guest", "?"), hvc_record_text(data, "kind", "?"), route.text);
    (void)fprintf(out, LABEL "%s\n", "UUID", hvc_record_text(data, "uuid", "?"));
    (void)fprintf(out, LABEL "%s%s%s\n", "PHASE", hvc_record_text(data, "text", "?"), words[0] != '\0' ? ": " : "",
                  words);
    if (hvc_record_type(data, "step") != HVC_RECORD_NONE)
        (void)fprintf(out, LABEL "%s\n", "STEP", hvc_record_text(data, "step", "?"));
    if (hvc_record_bool(data, "cancel_asked", false))
        (void)fprintf(out, LABEL "asked for\n", "CANCEL");
    if (progress != NULL) {
        progress_line(progress, columns > 11 ? columns - 11 : columns, &bar);
        (void)fprintf(out, LABEL "%s\n", "PROGRESS", bar.text + 2);
    }
    if (hvc_record_bool(data, "located", false))
        (void)fprintf(out, LABEL "%s\n", "RUNS ON", hvc_record_text(data, "runs_on", "no node"));
    if (hvc_record_type(data, "networks") != HVC_RECORD_NONE)
        (void)fprintf(out, LABEL "waits for one of %s\n", "NETWORK", hvc_record_text(data, "networks", "?"));
    else if (hvc_record_u64(data, "network", 0) != 0)
        (void)fprintf(out, LABEL "%" PRIu64 "\n", "NETWORK", hvc_record_u64(data, "network", 0));
    (void)fprintf(out, LABEL "%s (%s)\n", "ASKED BY", hvc_record_text(data, "by", "?"),
                  hvc_record_text(data, "origin", "?"));
    if (hvc_record_u64(data, "deadline_ms", 0) != 0)
        (void)fprintf(out, LABEL "%s, then: %s\n", "DEADLINE", moment(hvc_record_u64(data, "deadline_ms", 0), text),
                      hvc_record_text(data, "end_action", "?"));
    write_options(out, data);
    write_times(out, data);
    write_reasons(out, data);
}
