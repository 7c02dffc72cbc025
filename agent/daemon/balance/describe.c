/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hints as a record and as one sentence. Scores in thousandths. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"
#include "internal.h"

enum { STAYS_MAX = 64, PERCENT = HVC_BALANCE_ONE / 100, THOUSANDTH = HVC_BALANCE_ONE / 1000 };

static uint64_t rounded(uint64_t part, uint64_t unit)
{
    return (part + unit / 2) / unit;
}

/* ---- nodes ---- */

/* after: what it will be then, "memory_percent_after" and so on. */
static void describe_share(struct hvc_record *record, const struct hvc_balance_share *share, bool after)
{
    hvc_record_set_u64(record, after ? "used_kib_after" : "used_kib", share->memory_kib);
    hvc_record_set_u64(record, after ? "memory_percent_after" : "memory_percent", rounded(share->memory_part, PERCENT));
    hvc_record_set_format(record, after ? "load_after" : "load", "%" PRIu64 ".%02" PRIu64, share->load / 1000,
                          share->load % 1000 / 10);
    hvc_record_set_u64(record, after ? "load_percent_after" : "load_percent", rounded(share->load_part, PERCENT));
    hvc_record_set_u64(record, after ? "guests_after" : "guests", share->guests);
}

static void describe_node(const struct balance *balance, unsigned i, struct hvc_record *record)
{
    const struct hvc_balance_node *node = &balance->core.nodes[i];

    hvc_record_set_text(record, "node", balance->nodes[i].name);
    hvc_record_set_u64(record, "node_id", node->id);
    hvc_record_set_bool(record, "takes_part", node->out == HVC_BALANCE_IN);
    if (node->out == HVC_BALANCE_IN) {
        hvc_record_set_u64(record, "memory_kib", node->memory_kib);
        hvc_record_set_u64(record, "cpus", node->cpus);
        describe_share(record, &node->before, false);
        describe_share(record, &node->after, true);
        return;
    }
    hvc_record_set_format(record, "words", "%s%s%s", hvc_balance_out_text(node->out),
                          node->out == HVC_BALANCE_NO_GUESTS && balance->nodes[i].error.text[0] != '\0' ? ": " : "",
                          node->out == HVC_BALANCE_NO_GUESTS ? balance->nodes[i].error.text : "");
}

/* ---- moves ---- */

/* "memory of n1 81 to 62 %, of n2 20 to 39 %; load ..." */
static void say_reason(const struct balance *balance, const struct balance_proposal *p, char *text, size_t size)
{
    const char *from = balance->nodes[p->move.from].name, *to = balance->nodes[p->move.to].name;
    size_t used = 0;

    text[0] = '\0';
    (void)hvc_text_append(text, size, &used,
                          "memory of %.64s %" PRIu64 " to %" PRIu64 " %%, of %.64s %" PRIu64 " to %" PRIu64 " %%", from,
                          rounded(p->from[0].memory_part, PERCENT), rounded(p->from[1].memory_part, PERCENT), to,
                          rounded(p->to[0].memory_part, PERCENT), rounded(p->to[1].memory_part, PERCENT));
    if (balance->core.rules.load_weight > 0)
        (void)hvc_text_append(text, size, &used,
                              "; load %" PRIu64 " to %" PRIu64 " %%, and %" PRIu64 " to %" PRIu64 " %%",
                              rounded(p->from[0].load_part, PERCENT), rounded(p->from[1].load_part, PERCENT),
                              rounded(p->to[0].load_part, PERCENT), rounded(p->to[1].load_part, PERCENT));
}

static void describe_ends(const struct balance *balance, const struct balance_proposal *p, struct hvc_record *record)
{
    hvc_record_set_text(record, "guest", balance->guests[p->move.guest].name);
    hvc_record_set_text(record, "uuid", balance->guests[p->move.guest].uuid);
    hvc_record_set_text(record, "source", balance->nodes[p->move.from].name);
    hvc_record_set_text(record, "target", balance->nodes[p->move.to].name);
    hvc_record_set_text(record, "resource", p->resource);
}

static void describe_move(const struct balance *balance, const struct balance_proposal *p, struct hvc_record *record)
{
    char text[512];

    describe_ends(balance, p, record);
    hvc_record_set_u64(record, "memory_kib", balance->core.guests[p->move.guest].memory_kib);
    hvc_record_set_u64(record, "score", rounded(p->move.score, THOUSANDTH));
    say_reason(balance, p, text, sizeof(text));
    hvc_record_set_text(record, "words", text);
}

static void describe_refused(const struct balance *balance, const struct balance_proposal *p, struct hvc_record *record)
{
    const struct hvc_check_code_info *info = hvc_check_code_info(p->code);

    describe_ends(balance, p, record);
    hvc_record_set_text(record, "code", info == NULL ? "" : info->name);
    hvc_record_set_text(record, "words", p->words);
}

/* ---- guests that stay ---- */

static const char *node_name(const struct balance *balance, uint32_t id)
{
    for (unsigned i = 0; i < balance->core.node_count; i++) {
        if (balance->core.nodes[i].id == id)
            return balance->nodes[i].name;
    }
    return "";
}

static void describe_stays(const struct balance *balance, struct hvc_record *data)
{
    uint64_t left_out = 0;
    size_t shown = 0;

    hvc_record_set_list(data, "stays");
    for (size_t i = 0; i < balance->core.guest_count; i++) {
        const struct hvc_balance_guest *guest = &balance->core.guests[i];
        struct hvc_record *record;

        if (guest->stay == HVC_BALANCE_MOVABLE)
            continue;
        if (shown++ >= STAYS_MAX) {
            left_out++;
            continue;
        }
        record = hvc_record_add(data, "stays");
        hvc_record_set_text(record, "guest", balance->guests[i].name);
        hvc_record_set_text(record, "uuid", balance->guests[i].uuid);
        hvc_record_set_text(record, "node", node_name(balance, guest->node));
        hvc_record_set_text(record, "words", hvc_balance_stay_text(guest->stay));
    }
    hvc_record_set_u64(data, "stays_left_out", left_out);
}

/* ---- all ---- */

void balance_describe(const struct balance *balance, struct hvc_record *data)
{
    hvc_record_set_u64(data, "score_before", rounded(balance->core.score_before, THOUSANDTH));
    hvc_record_set_u64(data, "score_after", rounded(balance->core.score_after, THOUSANDTH));
    hvc_record_set_text(data, "end", balance->blocker != NULL ? "blocked" : hvc_balance_next_name(balance->end));
    hvc_record_set_bool(data, "incomplete", balance->incomplete);
    hvc_record_set_list(data, "nodes");
    for (unsigned i = 0; i < balance->core.node_count; i++)
        describe_node(balance, i, hvc_record_add(data, "nodes"));
    hvc_record_set_list(data, "moves");
    for (unsigned i = 0; i < balance->move_count; i++)
        describe_move(balance, &balance->moves[i], hvc_record_add(data, "moves"));
    hvc_record_set_list(data, "refused");
    for (unsigned i = 0; i < balance->refused_count; i++)
        describe_refused(balance, &balance->refused[i], hvc_record_add(data, "refused"));
    describe_stays(balance, data);
}

static const char *end_words(const struct balance *balance)
{
    if (balance->incomplete)
        return "not all was looked at: time, or the number of refused moves, ended it";
    switch (balance->end) {
    case HVC_BALANCE_FEW:
        return "fewer than two nodes take part";
    case HVC_BALANCE_LOW:
        return "that is low enough";
    case HVC_BALANCE_ENOUGH:
        return "more moves than that were not wanted";
    case HVC_BALANCE_NONE:
        return balance->refused_count > 0 ? "what else would lower it enough is not allowed"
                                          : "nothing else would lower it enough";
    case HVC_BALANCE_MOVE:
    case HVC_BALANCE_NEXT_COUNT:
        break;
    }
    return "";
}

enum hvc_result balance_say(const struct balance *balance)
{
    uint64_t before = rounded(balance->core.score_before, THOUSANDTH),
             after = rounded(balance->core.score_after, THOUSANDTH);

    if (balance->blocker != NULL)
        return hvc_call_say(balance->call, HVC_RESULT_BUSY, "nothing can be moved now: %s", balance->blocker->words);
    if (balance->move_count == 0)
        return hvc_call_say(balance->call, HVC_RESULT_OK, "no move; the score is %" PRIu64 ".%03" PRIu64 ": %s",
                            before / 1000, before % 1000, end_words(balance));
    return hvc_call_say(balance->call, HVC_RESULT_OK,
                        "%u move%s lower%s the score from %" PRIu64 ".%03" PRIu64 " to %" PRIu64 ".%03" PRIu64 ": %s",
                        balance->move_count, balance->move_count == 1 ? "" : "s", balance->move_count == 1 ? "s" : "",
                        before / 1000, before % 1000, after / 1000, after % 1000, end_words(balance));
}
