/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-lab-guest marks NAME SERIAL-LOG IMAGE [--json] [--since SECONDS]: what a guest's serial line and disk prove.
 *     Ends with 0 when never two copies ran, 1 when they did, 2 when it cannot tell.
 * hvc-lab-guest set IMAGE [rate KIB] [deaf on|off]: changes the orders for the guest.
 * hvc-lab-guest order IMAGE poweroff|reset: the copy that owns the disk now shall do that.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "guest_disk.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "marks.h"

HVC_DEFINE_CLEANUP(struct marks *, marks, marks_free, NULL)

struct view {
    const char *name;
    bool json;
    int64_t now_ns;
    struct marks_report report;
    struct guest_disk_mark disk;
    bool has_disk; /* a guest has booted from it */
};

static int64_t clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* A node's address ends with its number (machine/net.sh). */
static const char *node_name(const char *peer, char text[MARKS_PEER_MAX])
{
    const char *last = strrchr(peer, '.');

    (void)snprintf(text, MARKS_PEER_MAX, "n%s", last ? last + 1 : peer);
    return text;
}

static const struct marks_segment *newest_segment(const struct marks_report *report)
{
    const struct marks_segment *newest = NULL;

    for (size_t i = 0; i < report->segment_count; i++)
        if (!newest || report->segments[i].last_ns > newest->last_ns)
            newest = &report->segments[i];
    return newest;
}

static int64_t longest_overlap(const struct marks_report *report)
{
    int64_t longest = 0;

    for (size_t i = 0; i < report->overlap_count; i++)
        if (report->overlaps[i].until_ns - report->overlaps[i].from_ns > longest)
            longest = report->overlaps[i].until_ns - report->overlaps[i].from_ns;
    return longest;
}

/* Moves: an instance that went on at another place. */
static size_t moves(const struct marks_report *report)
{
    size_t count = 0;

    for (size_t i = 1; i < report->segment_count; i++)
        for (size_t j = 0; j < i; j++)
            if (report->segments[j].instance == report->segments[i].instance) {
                count++;
                break;
            }
    return count;
}

static const char *overlap_kind(const struct marks_overlap *overlap)
{
    return overlap->instances[0] == overlap->instances[1] ? "one instance at two places" : "two instances";
}

static bool one_copy(const struct view *view)
{
    return view->report.overlap_count == 0 && (!view->has_disk || view->disk.conflicts == 0);
}

static void print_lists_json(const struct marks_report *r)
{
    char one[MARKS_PEER_MAX], two[MARKS_PEER_MAX];

    printf("  \"instances\": [");
    for (size_t i = 0; i < r->instance_count; i++) {
        const struct marks_instance *n = &r->instances[i];

        printf("%s\n    {\"mark\": \"%016" PRIx64 "\", \"boots\": %" PRIu32 ", \"count\": %" PRIu64
               ", \"ticks\": %" PRIu64 ", \"lines\": %" PRIu64
               ", \"from\": %.6f, \"until\": %.6f, \"max_gap_ms\": %.1f, \"max_gap_at\": %.6f, "
               "\"off\": %s}",
               i ? "," : "", n->mark, n->boots, n->count, n->ticks, n->lines, seconds(n->first_ns), seconds(n->last_ns),
               ms(n->gap_ns), seconds(n->gap_at_ns), n->off ? "true" : "false");
    }
    printf("],\n  \"segments\": [");
    for (size_t i = 0; i < r->segment_count; i++) {
        const struct marks_segment *s = &r->segments[i];

        printf("%s\n    {\"mark\": \"%016" PRIx64
               "\", \"node\": \"%s\", \"from\": %.6f, \"until\": %.6f, \"ticks\": %" PRIu64 "}",
               i ? "," : "", r->instances[s->instance].mark, node_name(s->peer, one), seconds(s->first_ns),
               seconds(s->last_ns), s->ticks);
    }
    printf("],\n  \"overlaps\": [");
    for (size_t i = 0; i < r->overlap_count; i++) {
        const struct marks_overlap *o = &r->overlaps[i];

        printf("%s\n    {\"kind\": \"%s\", \"nodes\": [\"%s\", \"%s\"], \"from\": %.6f, \"until\": %.6f, \"ms\": %.1f, "
               "\"ticks\": %" PRIu64 "}",
               i ? "," : "", overlap_kind(o), node_name(o->peers[0], one), node_name(o->peers[1], two),
               seconds(o->from_ns), seconds(o->until_ns), ms(o->until_ns - o->from_ns), o->ticks);
    }
    printf("]\n");
}

static void print_json(const struct view *view)
{
    const struct marks_report *r = &view->report;
    const struct marks_segment *last = newest_segment(r);
    char node[MARKS_PEER_MAX];

    printf("{\n  \"name\": \"%s\", \"one_copy\": %s, \"last_node\": \"%s\", \"silent_ms\": %.1f,\n", view->name,
           one_copy(view) ? "true" : "false", last ? node_name(last->peer, node) : "",
           last ? ms(view->now_ns - last->last_ns) : -1.0);
    printf("  \"mark\": \"%016" PRIx64 "\", \"count\": %" PRIu64 ", \"boots\": %" PRIu32 ", \"conflicts\": %" PRIu32
           ", \"io_errors\": %" PRIu32 ", \"rate_kib\": %" PRIu32 ", \"presses\": %" PRIu32 ",\n",
           view->disk.mark, view->disk.count, view->disk.boots, view->disk.conflicts, view->disk.io_errors,
           view->disk.rate_kib, view->disk.presses);
    printf("  \"moves\": %zu, \"max_gap_ms\": %.1f, \"max_outage_ms\": %.1f, \"overlap_ms\": %.1f, \"unknown_ticks\": "
           "%" PRIu64 ",\n",
           moves(r), ms(r->gap_ns), ms(r->outage_ns), ms(longest_overlap(r)), r->unknown);
    print_lists_json(r);
    printf("}\n");
}

static void print_text(const struct view *view)
{
    const struct marks_report *r = &view->report;
    const struct marks_segment *last = newest_segment(r);
    char one[MARKS_PEER_MAX], two[MARKS_PEER_MAX];

    printf("%s: count %" PRIu64 ", boots %" PRIu32 ", conflicts on disk %" PRIu32 ", I/O errors %" PRIu32
           ", dirties %" PRIu32 " KiB/s\n",
           view->name, view->disk.count, view->disk.boots, view->disk.conflicts, view->disk.io_errors,
           view->disk.rate_kib);
    for (size_t i = 0; i < r->segment_count; i++) {
        const struct marks_segment *s = &r->segments[i];
        const struct marks_segment *before = i ? &r->segments[i - 1] : NULL;

        printf("  %s at %s: %.2f s, %" PRIu64 " ticks",
               before && before->instance == s->instance ? "moved  " : "started", node_name(s->peer, one),
               seconds(s->last_ns - s->first_ns), s->ticks);
        if (before && before->last_ns <= s->first_ns)
            printf(", %.0f ms after the last tick before", ms(s->first_ns - before->last_ns));
        else if (before)
            printf(", while %s still ticked", node_name(before->peer, two));
        printf("%s\n", r->instances[s->instance].off &&
                               (i + 1 == r->segment_count || r->segments[i + 1].instance != s->instance)
                           ? ", then switched itself off"
                           : "");
    }
    for (size_t i = 0; i < r->instance_count; i++)
        printf("  instance %016" PRIx64 ": longest gap %.0f ms\n", r->instances[i].mark, ms(r->instances[i].gap_ns));
    for (size_t i = 0; i < r->overlap_count; i++) {
        const struct marks_overlap *o = &r->overlaps[i];

        printf("  TWO COPIES: %s, %s and %s, for %.0f ms (%" PRIu64 " ticks)\n", overlap_kind(o),
               node_name(o->peers[0], one), node_name(o->peers[1], two), ms(o->until_ns - o->from_ns), o->ticks);
    }
    if (view->disk.conflicts)
        printf("  TWO WRITERS: the disk was written by somebody else %" PRIu32 " times\n", view->disk.conflicts);
    if (last)
        printf("  last heard %.1f s ago, from %s\n", seconds(view->now_ns - last->last_ns), node_name(last->peer, one));
}

static int show_marks(int argc, char **argv)
{
    HVC_CLEANUP(marks) struct marks *marks = NULL;
    struct view view = {.name = argv[0]};
    int64_t since_ns = 0;
    unsigned long line = 0;
    int r;

    for (int i = 3; i < argc; i++) {
        char *end = NULL;

        if (strcmp(argv[i], "--json") == 0)
            view.json = true;
        else if (strcmp(argv[i], "--since") == 0 && i + 1 < argc) {
            since_ns = (int64_t)llround(strtod(argv[++i], &end) * 1e9);
            if (!end || *end != '\0') {
                fprintf(stderr, "hvc-lab-guest: --since wants seconds of the Unix clock, not '%s'\n", argv[i]);
                return 2;
            }
        }
    }
    view.now_ns = clock_ns();
    r = marks_new(&marks);
    if (r == 0)
        r = marks_read_file(marks, argv[1], &line);
    if (r == 0)
        r = marks_judge(marks, since_ns, &view.report);
    if (r < 0) {
        fprintf(stderr, "hvc-lab-guest: %s, line %lu: %s\n", argv[1], line, strerror(-r));
        return 2;
    }
    r = guest_disk_read_mark(argv[2], &view.disk);
    if (r < 0 && r != -ENODATA) {
        fprintf(stderr, "hvc-lab-guest: %s: %s\n", argv[2], strerror(-r));
        return 2;
    }
    view.has_disk = r == 0;
    if (view.json)
        print_json(&view);
    else
        print_text(&view);
    return one_copy(&view) ? 0 : 1;
}

static int set_orders(int argc, char **argv)
{
    struct guest_disk_orders orders;
    int r = guest_disk_read_orders(argv[0], &orders);

    for (int i = 1; r == 0 && i + 1 < argc; i += 2) {
        uint64_t value = 0;

        if (strcmp(argv[i], "rate") == 0) {
            r = hvc_parse_u64(argv[i + 1], 0, 16 * 1024 * 1024, &value);
            orders.rate_kib = (uint32_t)value;
        } else if (strcmp(argv[i], "deaf") == 0)
            r = hvc_parse_bool(argv[i + 1], &orders.deaf);
        else
            r = -EINVAL;
    }
    orders.action = GUEST_DISK_NOTHING;
    if (r == 0)
        r = guest_disk_write_orders(argv[0], &orders);
    if (r < 0)
        fprintf(stderr, "hvc-lab-guest: set %s: %s\n", argv[0], strerror(-r));
    return r < 0;
}

static int give_order(const char *image, const char *word)
{
    struct guest_disk_orders orders;
    struct guest_disk_mark mark;
    int r = guest_disk_read_orders(image, &orders);

    if (r == 0)
        r = guest_disk_read_mark(image, &mark);
    if (r == 0) {
        orders.action = strcmp(word, "poweroff") == 0 ? GUEST_DISK_POWER_OFF : GUEST_DISK_RESET;
        orders.action_mark = mark.mark;
        r = guest_disk_write_orders(image, &orders);
    }
    if (r < 0)
        fprintf(stderr, "hvc-lab-guest: order %s: %s\n", image, r == -ENODATA ? "no guest runs from it" : strerror(-r));
    return r < 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "marks") == 0)
        return show_marks(argc - 2, argv + 2);
    if (argc >= 3 && strcmp(argv[1], "set") == 0)
        return set_orders(argc - 2, argv + 2);
    if (argc == 4 && strcmp(argv[1], "order") == 0 &&
        (strcmp(argv[3], "poweroff") == 0 || strcmp(argv[3], "reset") == 0))
        return give_order(argv[2], argv[3]);
    fprintf(stderr, "usage: hvc-lab-guest marks NAME SERIAL-LOG IMAGE [--json] [--since SECONDS]\n"
                    "       hvc-lab-guest set IMAGE [rate KIB] [deaf on|off]\n"
                    "       hvc-lab-guest order IMAGE poweroff|reset\n");
    return 2;
}
