/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accept_trace FILE...: are these records of corosync's callbacks (traces/README.md), of one run, what docs and model
 * say of totem and CPG? Prints each refusal with its rule, then what was seen; ends with 1 when something was refused.
 * accept_trace --model FILE: the same rules for what the simulator's model of corosync gave (hvc_sim --record).
 * accept_trace --rules: the names of all rules.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callbacks.h"

enum { REFUSALS_SHOWN = 20, SESSIONS_MAX = 4096 };

static unsigned refusals;

static void on_refusal(void *context, const char *rule, const char *text)
{
    (void)context;
    if (refusals++ < REFUSALS_SHOWN)
        (void)printf("refused by rule %s: %s\n", rule, text);
}

static void print_rules(void)
{
    static const struct {
        const char *name, *words;
    } callback_rules[] = {CALLBACK_RULES(CALLBACK_NAME)};

    for (size_t i = 0; i < sizeof(callback_rules) / sizeof(callback_rules[0]); i++)
        (void)printf("%s: %s\n", callback_rules[i].name, callback_rules[i].words);
    for (unsigned i = 0; i < ACCEPT_RULE_COUNT; i++)
        (void)printf("%s: %s\n", accept_rule_name((enum accept_rule)i), accept_rule_words((enum accept_rule)i));
}

static void print_counts(const struct accept_counts *c, uint64_t ghosts)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"sessions", c->sessions},
        {"rings", c->rings},
        {"views", c->views},
        {"process-changes", c->process_changes},
        {"messages", c->messages},
        {"quorum-notifications", c->quorums},
        {"merges", c->merges},
        {"kept-together", c->kept_together},
        {"parted", c->parted},
        {"parted-ahead", c->parted_ahead},
        {"messages-before-quorum", c->late_quorum},
        {"ghosts", ghosts},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        (void)printf("# %s %" PRIu64 "\n", rows[i].name, rows[i].value);
}

static void add_counts(struct accept_counts *sum, const struct accept_counts *c)
{
    sum->sessions += c->sessions;
    sum->rings += c->rings;
    sum->views += c->views;
    sum->messages += c->messages;
    sum->quorums += c->quorums;
    sum->process_changes += c->process_changes;
    sum->merges += c->merges;
    sum->kept_together += c->kept_together;
    sum->parted += c->parted;
    sum->parted_ahead += c->parted_ahead;
    sum->late_quorum += c->late_quorum;
}

static FILE *open_file(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (file == NULL) {
        (void)fprintf(stderr, "accept_trace: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return file;
}

static void unreadable(const char *path, uint64_t place, const char *line)
{
    (void)fprintf(stderr, "accept_trace: %s:%" PRIu64 ": this line cannot be read: %s\n", path, place, line);
    exit(2);
}

/* A process that was killed may have left half a line; the next one begins behind it. */
static void read_trace(struct callbacks_group *group, const char *path)
{
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    struct callbacks *c = callbacks_new(group, name);
    FILE *file = open_file(path);
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    for (uint64_t place = 1; (length = getline(&line, &size, file)) > 0; place++) {
        const char *mark = strstr(line, "# hvc-ring pid=");
        char *text = strchr(line, ' ');

        if (mark != NULL) {
            callbacks_process(c, (uint32_t)strtoul(mark + strlen("# hvc-ring pid="), NULL, 10));
            continue;
        }
        if (line[length - 1] != '\n')
            break;
        line[length - 1] = '\0';
        if (text == NULL || !callbacks_line(c, place, text + 1))
            unreadable(path, place, line);
    }
    free(line);
    callbacks_free(c);
    (void)fclose(file);
}

/* ---- what the model gave ---- */

struct model {
    struct accept *accept; /* of one seed */
    struct {
        uint32_t node, pid;
        struct accept_session *session;
    } known[SESSIONS_MAX];
    size_t count;
    struct accept_counts counts; /* of the seeds before */
};

static void finish(struct model *m)
{
    struct accept_counts counts = {0};

    if (m->accept == NULL)
        return;
    accept_finish(m->accept, &counts);
    accept_free(m->accept);
    m->accept = NULL;
    m->count = 0;
    add_counts(&m->counts, &counts);
}

static struct accept_session *session_of(struct model *m, uint32_t node, uint32_t pid)
{
    char label[64];

    for (size_t i = 0; i < m->count; i++) {
        if (m->known[i].node == node && m->known[i].pid == pid)
            return m->known[i].session;
    }
    if (m->count == SESSIONS_MAX) {
        (void)fprintf(stderr, "accept_trace: more than %d processes in one run\n", SESSIONS_MAX);
        exit(2);
    }
    (void)snprintf(label, sizeof(label), "%" PRIu32 "/%" PRIu32, node, pid);
    m->known[m->count].node = node;
    m->known[m->count].pid = pid;
    m->known[m->count].session = accept_open(m->accept, label, node, pid);
    return m->known[m->count++].session;
}

static bool model_view(struct accept_session *s, const char *text)
{
    struct hvc_replication_member member[HVC_NODES_MAX];
    struct hvc_ring_id ring;
    unsigned count = 0;
    int used = 0;

    if (sscanf(text, "ring=%" SCNu32 ".%" SCNu64 " members=%n", &ring.node, &ring.seq, &used) != 2 || used == 0)
        return false;
    text += used;
    while (count < HVC_NODES_MAX &&
           sscanf(text, "%" SCNu32 "/%" SCNu32 "%n", &member[count].node, &member[count].pid, &used) == 2) {
        count++;
        text += used;
        if (*text++ != ',') {
            accept_view(s, ring, member, count);
            return text[-1] == '\0';
        }
    }
    return false;
}

static bool model_line(struct model *m, uint64_t place, const char *line)
{
    struct accept_session *s;
    struct hvc_ring_id ring;
    uint32_t node, pid, from;
    uint64_t id;
    unsigned quorate;
    int used = 0;

    if (sscanf(line, "%" SCNu32 "/%" SCNu32 " %n", &node, &pid, &used) != 2 || used == 0)
        return false;
    line += used;
    s = session_of(m, node, pid);
    accept_at(s, place);
    if (sscanf(line, "message from=%" SCNu32 " id=%" SCNu64, &from, &id) == 2)
        accept_message(s, from, 0, id, id);
    else if (sscanf(line, "quorum ring=%" SCNu32 ".%" SCNu64 " quorate=%u", &ring.node, &ring.seq, &quorate) == 3)
        accept_quorum(s, ring, quorate != 0);
    else if (strcmp(line, "view-end") == 0)
        accept_view_end(s);
    else
        return strncmp(line, "view ", 5) == 0 && model_view(s, line + 5);
    return true;
}

static void read_model(const char *path, struct accept_counts *ret_counts)
{
    static struct model m;
    FILE *file = open_file(path);
    char *line = NULL;
    size_t size = 0;

    for (uint64_t place = 1; getline(&line, &size, file) > 0; place++) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '@') /* what the simulator says beside it */
            continue;
        if (strncmp(line, "@seed ", 6) == 0) {
            finish(&m);
            m.accept = accept_new(false, on_refusal, NULL);
        } else if (m.accept == NULL || !model_line(&m, place, line + 1)) {
            unreadable(path, place, line);
        }
    }
    finish(&m);
    *ret_counts = m.counts;
    free(line);
    (void)fclose(file);
}

static void read_traces(int count, char **paths, struct accept_counts *ret_counts, uint64_t *ret_ghosts)
{
    struct accept *a = accept_new(true, on_refusal, NULL);
    struct callbacks_group *group = callbacks_group_new(a, on_refusal, NULL);

    for (int i = 0; i < count; i++)
        read_trace(group, paths[i]);
    *ret_ghosts = callbacks_ghosts(group);
    accept_finish(a, ret_counts);
    callbacks_group_free(group);
    accept_free(a);
}

int main(int argc, char **argv)
{
    bool model = argc == 3 && strcmp(argv[1], "--model") == 0;
    struct accept_counts counts = {0};
    uint64_t ghosts = 0;

    if (argc == 2 && strcmp(argv[1], "--rules") == 0) {
        print_rules();
        return 0;
    }
    if (argc < 2 || (argv[1][0] == '-' && argv[1][1] == '-' && !model)) {
        (void)fputs("usage: accept_trace FILE... | --model FILE | --rules\n", stderr);
        return 2;
    }
    if (model)
        read_model(argv[2], &counts);
    else
        read_traces(argc - 1, argv + 1, &counts, &ghosts);
    print_counts(&counts, ghosts);
    if (counts.sessions == 0 || counts.messages == 0) {
        (void)printf("refused: there is nothing in it\n");
        return 2;
    }
    if (refusals > 0)
        (void)printf("refused: %u times\n", refusals);
    else
        (void)printf("accepted\n");
    return refusals > 0;
}
