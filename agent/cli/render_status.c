/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `hvcluster status` for people who were woken up: the first line below the title says whether the cluster can decide,
 * the next ones what it waits for and what to do; figures come after.
 */
#include <inttypes.h>
#include <string.h>

#include "render.h"
#include "render_table.h"

#define LABEL "%-11s "

static void line(FILE *out, const char *label, const char *text)
{
    if (text[0] != '\0')
        (void)fprintf(out, LABEL "%s\n", label, text);
}

static void advice(FILE *out, const struct hvc_record *record)
{
    const char *text = hvc_record_text(record, "advice", "");

    if (text[0] != '\0')
        (void)fprintf(out, LABEL "-> %s\n", "", text);
}

static void for_how_long(FILE *out, const struct hvc_record *record)
{
    uint64_t ms = hvc_record_u64(record, "for_ms", UINT64_MAX);

    if (ms == UINT64_MAX)
        return;
    (void)fputs(" (for ", out);
    hvc_render_duration(out, ms);
    (void)fputc(')', out);
}

static void write_title(FILE *out, const struct hvc_record *data)
{
    const char *cluster = hvc_record_text(data, "cluster", NULL);

    (void)fprintf(out, "node %s%s%s: hvclusterd %s, process %" PRIu64 ", up ", hvc_record_text(data, "node", "?"),
                  cluster != NULL ? " of cluster " : "", cluster != NULL ? cluster : "",
                  hvc_record_text(data, "version", "?"), hvc_record_u64(data, "pid", 0));
    hvc_render_duration(out, hvc_record_u64(data, "uptime_ms", 0));
    (void)fprintf(out, "; your right here: %s\n\n", hvc_record_text(data, "right", "?"));
}

static void write_health(FILE *out, const struct hvc_record *state)
{
    const struct hvc_record *waits = hvc_record_record(state, "waits");
    const char *why = hvc_record_text(waits, "for", "nothing");
    uint64_t retry = hvc_record_u64(state, "retry_in_ms", UINT64_MAX);

    (void)fprintf(out, LABEL "%s", "STATE", hvc_record_text(state, "summary", "not known"));
    for_how_long(out, state);
    (void)fputc('\n', out);
    line(out, "DOUBT", hvc_record_text(state, "doubt", ""));
    if (retry != UINT64_MAX) {
        (void)fprintf(out, LABEL "it begins again in ", "");
        hvc_render_duration(out, retry);
        (void)fputc('\n', out);
    }
    if (strcmp(why, "nothing") != 0 && strcmp(hvc_record_text(state, "health", ""), "out") == 0) {
        (void)fprintf(out, LABEL "%s", "WAITS FOR", why);
        for_how_long(out, waits);
        (void)fputc('\n', out);
        advice(out, waits);
    }
    if (hvc_record_bool(state, "stale", false) && strcmp(hvc_record_text(state, "health", ""), "starting") != 0)
        (void)fprintf(out, LABEL "what is shown of the cluster's settings and jobs may be old\n", "STALE");
}

static void write_quorum(FILE *out, const struct hvc_record *state)
{
    const struct hvc_record *quorum = hvc_record_record(state, "quorum");
    const char *modes = hvc_record_text(quorum, "modes", "");

    if (quorum == NULL || hvc_record_u64(quorum, "expected", 0) == 0) /* corosync has not said anything yet */
        return;
    (void)fprintf(out,
                  LABEL "%s; hvclusterd is here with %" PRIu64 " of %" PRIu64 " votes, %" PRIu64 " are needed%s%s\n",
                  "QUORUM", hvc_record_bool(quorum, "quorate", false) ? "yes" : "NO",
                  hvc_record_u64(quorum, "votes", 0), hvc_record_u64(quorum, "expected", 0),
                  hvc_record_u64(quorum, "needed", 0), modes[0] != '\0' ? "; " : "", modes);
    if (hvc_record_bool(quorum, "all_must_acknowledge", false))
        (void)fprintf(out, LABEL "both halves may be quorate: all members must agree, a lost one must be fenced\n", "");
}

/* Corosync sees the node: then it is only hvclusterd that is missing there. */
static bool is_up(const struct hvc_record *data, const char *name)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "nodes"); i++) {
        const struct hvc_record *node = hvc_record_list_at(data, "nodes", i);

        if (strcmp(hvc_record_text(node, "name", ""), name) == 0)
            return hvc_record_bool(node, "member", false);
    }
    return false;
}

static void write_nodes(FILE *out, const struct hvc_record *data, const struct hvc_record *state)
{
    size_t count = hvc_record_list_count(state, "nodes");
    char facts[256];

    for (size_t i = 0; i < count; i++) {
        const struct hvc_record *node = hvc_record_list_at(state, "nodes", i);
        const char *name = hvc_record_text(node, "name", "?"), *what = "NOT HERE";

        if (hvc_record_bool(node, "member", false))
            what = hvc_record_bool(node, "participant", false) ? "here, takes part" : "here, takes no part yet";
        else if (is_up(data, name))
            what = "up, but hvclusterd is NOT IN THE GROUP there";
        hvc_render_facts(data, name, facts, sizeof(facts));
        (void)fprintf(out, LABEL "%s%s: %s\n", i == 0 ? "NODES" : "", name,
                      hvc_record_bool(node, "local", false) ? " (this one)" : "", what);
        if (facts[0] != '\0')
            (void)fprintf(out, LABEL "  %s\n", "", facts);
    }
}

static void write_view(FILE *out, const struct hvc_record *state)
{
    const struct hvc_record *view = hvc_record_record(state, "view"), *ring = hvc_record_record(state, "ring");
    const struct hvc_record *log = hvc_record_record(state, "log");
    const char *id = hvc_record_text(ring, "id", "");

    (void)fprintf(out, LABEL "%s", "VIEW", hvc_record_text(view, "phase", "?"));
    if (hvc_record_u64(view, "epoch", 0) != 0)
        (void)fprintf(out, ", epoch %" PRIu64, hvc_record_u64(view, "epoch", 0));
    if (hvc_record_u64(view, "index", 0) != 0)
        (void)fprintf(out, ", from entry %" PRIu64 " on", hvc_record_u64(view, "index", 0));
    (void)fprintf(out, "%s%s\n", id[0] != '\0' ? ", ring " : "", id);
    (void)fprintf(out, LABEL "committed %" PRIu64 ", applied %" PRIu64 "%s%s\n", "LOG",
                  hvc_record_u64(log, "commit", 0), hvc_record_u64(log, "applied", 0),
                  hvc_record_type(log, "digest") != HVC_RECORD_NONE ? ", digest " : "",
                  hvc_record_text(log, "digest", ""));
    line(out, "HISTORY", hvc_record_text(log, "cluster_id", "none yet"));
}

static void write_store(FILE *out, const struct hvc_record *state)
{
    const struct hvc_record *store = hvc_record_record(state, "store");
    const char *condition = hvc_record_text(store, "condition", "?");
    uint64_t missing = hvc_record_u64(store, "missing_documents", 0);

    (void)fprintf(out, LABEL "%s%s%s\n", "STORE", strcmp(condition, "good") == 0 ? "" : "FAILED: ", condition,
                  hvc_record_bool(store, "counts", false) ? "" : ", does not count yet");
    line(out, "", hvc_record_text(store, "words", ""));
    if (hvc_record_bool(store, "damaged", false))
        (void)fprintf(out, LABEL "was damaged at the start: %s\n", "", hvc_record_text(store, "damage", "?"));
    if (hvc_record_type(store, "aside") != HVC_RECORD_NONE)
        (void)fprintf(out, LABEL "what it held lies in %s\n", "", hvc_record_text(store, "aside", ""));
    if (hvc_record_bool(store, "volatile", false))
        (void)fprintf(out, LABEL "LIES ON %s: a power cut loses it\n", "", hvc_record_text(store, "place", "?"));
    if (missing > 0)
        (void)fprintf(out, LABEL "%" PRIu64 " definitions are still being fetched from the other nodes\n", "", missing);
    advice(out, store);
}

/* Before the store is open there is nothing to say about it. */
static bool is_open(const struct hvc_record *state)
{
    const struct hvc_record *store = hvc_record_record(state, "store");

    return strcmp(hvc_record_text(state, "health", ""), "starting") != 0 ||
           hvc_record_u64(store, "generation", 0) != 0 ||
           strcmp(hvc_record_text(store, "condition", "good"), "good") != 0;
}

static void write_ring(FILE *out, const struct hvc_record *data, const struct hvc_record *state)
{
    const struct hvc_record *ring = hvc_record_record(state, "ring"), *asked = hvc_record_record(data, "corosync");
    const char *words = hvc_record_text(ring, "words", hvc_record_text(asked, "words", ""));

    if (ring != NULL) {
        (void)fprintf(out, LABEL "%s", "COROSYNC", hvc_record_text(ring, "health", "?"));
        for_how_long(out, ring);
        (void)fprintf(out, "%s%s\n", words[0] != '\0' ? ": " : "", words);
        advice(out, ring);
    } else if (asked != NULL && !hvc_record_bool(state, "standalone", false)) {
        (void)fprintf(out, LABEL "%s%s%s\n", "COROSYNC",
                      hvc_record_bool(asked, "answers", false) ? "answers" : "does not answer",
                      words[0] != '\0' ? ": " : "", words);
    }
}

/* "PINNED  web to n2 (hvcluster-job-7-pin)": what an operator wished, and what moves under way have put there; of one
 * that has ended what it waits for. */
static void write_marks(FILE *out, const struct hvc_record *pacemaker)
{
    for (size_t i = 0; i < hvc_record_list_count(pacemaker, "marks"); i++) {
        const struct hvc_record *mark = hvc_record_list_at(pacemaker, "marks", i);
        const char *node = hvc_record_text(mark, "node", ""), *kind = hvc_record_text(mark, "kind", "?");
        const char *left = hvc_record_text(mark, "left", "");
        bool pin = strcmp(kind, "pin") == 0;

        (void)fprintf(out, LABEL "%s%s%s (%s)%s%s\n",
                      pin               ? "PINNED"
                      : left[0] != '\0' ? "LEFT OVER"
                                        : "IN A MOVE",
                      hvc_record_text(mark, "resource", "?"), node[0] != '\0' ? " to " : "", node,
                      hvc_record_text(mark, "id", "?"), left[0] != '\0' ? ": " : "", left);
    }
}

static void write_pacemaker(FILE *out, const struct hvc_record *data)
{
    const struct hvc_record *pacemaker = hvc_record_record(data, "pacemaker");
    const char *words = hvc_record_text(pacemaker, "words", "");

    if (pacemaker == NULL)
        return;
    (void)fprintf(out, LABEL "%s%s%s\n", "PACEMAKER",
                  hvc_record_bool(pacemaker, "answers", false) ? "answers" : "does not answer",
                  words[0] != '\0' ? ": " : "", words);
    write_marks(out, pacemaker);
}

static void write_hypervisor(FILE *out, const struct hvc_record *data)
{
    const struct hvc_record *hypervisor = hvc_record_record(data, "hypervisor");
    const char *words = hvc_record_text(hypervisor, "words", "");

    (void)fprintf(out, LABEL "%s", "LIBVIRT", hvc_record_text(hypervisor, "health", "?"));
    for_how_long(out, hypervisor);
    (void)fprintf(out, "%s%s\n", words[0] != '\0' ? ": " : "", words);
}

static void write_workers(FILE *out, const struct hvc_record *data)
{
    const struct hvc_record *workers = hvc_record_record(data, "workers");
    uint64_t stuck = hvc_record_u64(workers, "stuck", 0);

    if (workers == NULL)
        return;
    (void)fprintf(
        out, LABEL "%" PRIu64 " clients; %" PRIu64 " of %" PRIu64 " workers busy, %" PRIu64 " requests wait for one",
        "LOAD", hvc_record_u64(workers, "clients", 0), hvc_record_u64(workers, "busy", 0),
        hvc_record_u64(workers, "workers", 0), hvc_record_u64(workers, "queued", 0));
    if (stuck > 0)
        (void)fprintf(out, "; %" PRIu64 " HANG", stuck);
    (void)fputc('\n', out);
}

static void write_moves(FILE *out, const struct hvc_record *data, unsigned columns)
{
    if (hvc_record_list_count(data, "moves") == 0) {
        line(out, "MOVES", "none under way on this node");
        return;
    }
    (void)fputs("\nMOVES under way on this node\n", out);
    hvc_render_moves(out, data, columns);
}

void hvc_render_status(FILE *out, const struct hvc_record *data, unsigned columns)
{
    const struct hvc_record *state = hvc_record_record(data, "cluster_state");

    write_title(out, data);
    if (state != NULL) {
        write_health(out, state);
        write_quorum(out, state);
        write_nodes(out, data, state);
        if (is_open(state)) {
            write_store(out, state);
            write_view(out, state);
        }
    }
    write_ring(out, data, state);
    write_pacemaker(out, data);
    write_hypervisor(out, data);
    write_workers(out, data);
    write_moves(out, data, columns);
}
