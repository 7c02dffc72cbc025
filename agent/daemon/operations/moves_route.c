/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of a move: its ways one after the other, until one carries it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "link_speed.h"
#include "move_route.h"
#include "moves_table.h"
#include "reach.h"

#define MIB (UINT64_C(1) << 20)

enum {
    STALL_MS =
        4000, /* nothing more was sent for so long: the network is looked at; TCP itself gives up after minutes */
    SPLIT_STALL_MS = 10000, /* ... in post-copy without another network: a short break is TCP's to mend */
    AGAIN_MS = 2000,        /* between two looks */
    REACH_MS = 1500,
};

/* One way in use, of the thread of the move. */
struct way {
    const struct hvc_move_routes *routes;
    unsigned at;
    uint64_t sent_bytes, since_ms, looked_ms;
};

static void note_route(const struct hvc_moves_entry *entry, const struct hvc_route *route)
{
    char uri[HVC_URI_MAX];

    hvc_move_route_uri(&route->address, uri);
    hvc_operations_note(entry->operations, route->address.ring ? HVC_MESSAGE_MOVE_OVER_RING : HVC_MESSAGE_MOVE_ROUTE,
                        "id=%s uuid=%s to=%s uri=%s network=%u", entry->id, entry->guest.uuid, entry->target, uri,
                        route->network);
}

/* The smallest one that is a limit; in MiB as libvirt counts, at least one. */
static uint64_t first_bandwidth(const struct hvc_moves_entry *entry, const struct hvc_move_routes *routes,
                                const struct hvc_route *route)
{
    const uint64_t limits[] = {entry->limit, routes->node_bandwidth, route == NULL ? 0 : route->bandwidth};
    uint64_t least = 0;

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (limits[i] != 0 && (least == 0 || limits[i] < least))
            least = limits[i];
    }
    return least == 0 ? 0 : least < MIB ? 1 : least / MIB;
}

static void take_route(struct hvc_moves_entry *entry, const struct hvc_move_routes *routes,
                       const struct hvc_route *route)
{
    struct hvc_moves *moves = entry->operations->moves;
    uint64_t mbit = route == NULL ? 0 : hvc_link_mbit("/sys/class/net", &route->address);

    (void)pthread_mutex_lock(&moves->lock);
    if (route != NULL) {
        hvc_move_route_uri(&route->address, entry->migrate_uri);
        entry->task.options.migrate_uri = entry->migrate_uri;
        entry->task.options.tls_name = entry->target; /* its certificate names the node, hardly each address */
        entry->network = route->network;
        entry->ring = route->address.ring;
    }
    entry->task.options.bandwidth_mib = first_bandwidth(entry, routes, route);
    entry->task.options.parallel = entry->asked_parallel;
    entry->task.options.compression = entry->asked_compression;
    hvc_migrate_options_for_link(&entry->task.options, mbit);
    entry->allotted = entry->task.options.bandwidth_mib * MIB;
    entry->held = false;
    (void)pthread_mutex_unlock(&moves->lock);
}

/* ---- a way that carries nothing any more ---- */

static bool answers(const struct hvc_route *route)
{
    int result = 0;

    hvc_reach(&route->address, 1, HVC_REACH_PORT, REACH_MS, &result);
    return result == 0;
}

static bool has_other(const struct way *way)
{
    for (unsigned i = way->at + 1; i < way->routes->count; i++) {
        if (answers(&way->routes->list[i]))
            return true;
    }
    return false;
}

/* Nothing is sent, its address is silent and another one's is not. With no other way TCP may yet recover; but a guest
 * in post-copy stands still meanwhile, and that is said by letting go. */
static bool is_lost(void *context, const struct hvc_migrate_progress *progress)
{
    struct hvc_moves_entry *entry = context;
    struct way *way = entry->way;
    bool split = progress->phase == HVC_MIGRATE_POST_COPY;
    uint64_t now_ms = hvc_now_ms();

    if (way == NULL || (!split && way->at + 1 >= way->routes->count))
        return false;
    if (way->since_ms == 0 || progress->sent_bytes != way->sent_bytes) {
        way->since_ms = now_ms;
        way->sent_bytes = progress->sent_bytes;
        return false;
    }
    if (now_ms - way->since_ms < STALL_MS || now_ms - way->looked_ms < AGAIN_MS)
        return false;
    way->looked_ms = now_ms;
    if (answers(&way->routes->list[way->at]))
        return false;
    return has_other(way) || (split && now_ms - way->since_ms >= SPLIT_STALL_MS);
}

/* It failed because of its way: the guest runs at the source, and another way may carry it. */
static bool wants_another(const struct hvc_moves_entry *entry, const struct hvc_move_result *end)
{
    return end->result == HVC_RESULT_FAILED && !end->unproven && end->error.code == -EHOSTUNREACH &&
           !atomic_load(&entry->cancel) && hvc_deadline_left(entry->task.deadline_ms) > 0;
}

/* The end's words with what the way had to say behind them. */
static void add_words(struct hvc_move_result *end, const struct hvc_error *note)
{
    size_t used = strlen(end->error.text);

    if (note->text[0] != '\0') /* what does not fit is in the log */
        (void)hvc_text_append(end->error.text, sizeof(end->error.text), &used, "%s%s", used > 0 ? "; " : "",
                              note->text);
}

static void run_over(struct hvc_moves_entry *entry, struct hvc_move_routes *routes, struct hvc_move_result *ret_end)
{
    char words[HVC_ERROR_TEXT_MAX];

    for (unsigned i = 0; i < routes->count; i++) {
        struct way way = {.routes = routes, .at = i};

        take_route(entry, routes, &routes->list[i]);
        note_route(entry, &routes->list[i]);
        entry->way = &way;
        entry->task.lost = is_lost;
        hvc_move_runner_run(&entry->task, ret_end);
        entry->way = NULL;
        if (i + 1 == routes->count || !wants_another(entry, ret_end))
            return;
        (void)hvc_error_set(&routes->note, 0, "%s did not carry it: %.400s", entry->migrate_uri, ret_end->error.text);
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_ROUTE_FAILED, "id=%s uuid=%s uri=%s words=%s",
                            entry->id, entry->guest.uuid, entry->migrate_uri,
                            hvc_message_quote(ret_end->error.text, words, sizeof(words)));
        hvc_move_routes_go_on(entry->operations, entry->source, entry->target, routes, i);
    }
}

void hvc_moves_run_entry(struct hvc_moves_entry *entry, struct hvc_move_result *ret_end)
{
    HVC_CLEANUP(free) struct hvc_move_routes *routes = calloc(1, sizeof(*routes));
    struct hvc_error error = {0};
    char words[HVC_ERROR_TEXT_MAX];

    memset(ret_end, 0, sizeof(*ret_end));
    if (routes == NULL || entry->adopted) {
        hvc_move_runner_run(&entry->task, ret_end);
        return;
    }
    if (!entry->own_uri && hvc_move_routes_find(entry->operations, entry->source, entry->target, routes, &error) < 0) {
        ret_end->result = error.code == -ENETUNREACH ? HVC_RESULT_REFUSED : hvc_result_of_errno(error.code);
        ret_end->end = HVC_MOVE_NOT_STARTED;
        ret_end->error = error;
        hvc_move_runner_look(&entry->task, ret_end);
        return;
    }
    if (routes->note.text[0] != '\0')
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_ROUTE_FAILED, "id=%s uuid=%s words=%s", entry->id,
                            entry->guest.uuid, hvc_message_quote(routes->note.text, words, sizeof(words)));
    if (entry->given != 0)
        hvc_route_prefer(routes->list, routes->reached, routes->count, entry->given);
    if (routes->count > 0) {
        run_over(entry, routes, ret_end);
    } else {
        take_route(entry, routes, NULL);
        hvc_move_runner_run(&entry->task, ret_end);
    }
    if (entry->ring)
        add_words(ret_end, &(struct hvc_error){.text = "the data took the ring's network"});
    add_words(ret_end, &routes->note);
}

int hvc_moves_networks(struct hvc_operations *operations, const char *source, const char *target,
                       uint32_t ids[HVC_JOB_WAYS_MAX], struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_move_routes *routes = calloc(1, sizeof(*routes));
    int rc;

    if (routes == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    rc = hvc_move_routes_find(operations, source, target, routes, error);
    return rc < 0 ? rc : (int)hvc_route_networks(routes->list, routes->reached, routes->count, ids, HVC_JOB_WAYS_MAX);
}
