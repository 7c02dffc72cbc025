/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients: one request under way each, repeated with the same token at any node until it is answered; sometimes one
 * that was answered long ago is asked again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define HEALED_REQUESTS 3

static void tidy(struct sim_world *w, struct sim_node *n)
{
    static struct hvc_command command;
    struct hvc_replication_status s;

    hvc_replication_status(n->core, &s);
    if (s.primary && wish_tidy(w, n, &command))
        (void)ask(w, n, &command, UINT64_C(3) << 60, w->now);
}

static struct sim_node *pick_node(struct sim_world *w)
{
    int at = (int)sim_below(w, (uint64_t)w->nodes);

    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[(at + i) % w->nodes];

        if (node_awake(w, n) && (w->core == 0 || ((w->core >> n->id) & 1)))
            return n;
    }
    return NULL;
}

static void new_request(struct sim_world *w, struct sim_client *c, struct sim_node *n)
{
    static struct hvc_command command;
    struct hvc_replication_status s;

    hvc_replication_status(n->core, &s);
    if (s.phase != HVC_PHASE_RUNNING)
        return; /* birth wants a commit index that is not far behind */
    for (unsigned i = 0; i < HVC_TOKEN_ID_SIZE; i++)
        c->token.id[i] = (uint8_t)sim_random(w);
    c->token.birth = s.commit;
    if (!wish(w, n, w->core != 0, &command) || hvc_command_encode(&command, c->op, sizeof(c->op), &c->length) < 0)
        return;
    c->version = state_speaks(n) && sim_chance(w, 300) ? 2 : 1;
    if (state_version(c->op) > 1 && !state_speaks(n))
        return; /* it is not refused: nobody could ask for it */
    state_mark(c->op, c->version);
    c->version = state_version(c->op);
    c->busy = true;
    c->repeat = false;
    c->healed += w->core != 0;
}

static void old_request(struct sim_world *w, struct sim_client *c)
{
    const struct sim_answer *a;
    uint64_t back;

    if (w->answered_count == 0)
        return;
    back = sim_below(w, sim_chance(w, 800) && w->answered_count > 6 ? 6 : w->answered_count);
    a = &w->answered[w->answered_count - 1 - back];
    c->token = a->token;
    c->was_index = a->index;
    c->was_value = a->value;
    c->length = a->length;
    memcpy(c->op, a->op, a->length);
    c->version = state_version(c->op);
    c->busy = true;
    c->repeat = true;
    w->stats.cover[COVER_REPEATED]++;
}

void client_tick(struct sim_world *w, int number)
{
    struct sim_client *c = &w->client[number];
    struct sim_node *n = pick_node(w);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PROPOSE};
    int result;

    sim_at(w, 1500 + sim_below(w, w->core ? 15000 : 9000), EV_CLIENT, -1, (uint64_t)number, 0);
    if (n != NULL && w->core != 0 && number == 0)
        tidy(w, n);
    if (n == NULL || (w->core != 0 && !c->busy && c->healed >= HEALED_REQUESTS))
        return;
    if (!c->busy) {
        if (sim_chance(w, 180))
            old_request(w, c);
        else
            new_request(w, c, n);
        c->asked_at = 0;
        c->lazy = w->core == 0 && sim_chance(w, c->op[1] == HVC_COMMAND_FENCED ? 700 : 100);
        c->patience = c->lazy ? 50000 + sim_below(w, 800000) : 25000;
        if (c->lazy)
            c->asked_at = w->now; /* what it asks is late already when it is heard first */
    }
    if (!c->busy || (c->asked_at != 0 && w->now < c->asked_at + c->patience && (c->lazy || !sim_chance(w, 60))))
        return;
    c->node = n->id;
    event.propose.token = c->token;
    event.propose.version = c->version;
    event.propose.bytes = c->op;
    event.propose.length = c->length;
    result = node_step(w, n, &event);
    if (result == 0) {
        c->asked_at = w->now;
        w->stats.proposals++;
    } else {
        w->stats.refused++;
    }
    if (result == -EPROTONOSUPPORT) { /* an older program has come: the client asks it in its own version */
        state_mark(c->op, 1);
        c->version = state_version(c->op);
        c->busy = c->version == 1;
    } else if (result < 0 && result != -EAGAIN && result != -ENOBUFS)
        sim_violation(w, "contract", "proposal refused: %d", result);
}

/* Code, detail and the lower half of the value. */
static uint64_t client_value(int32_t packed, uint64_t value)
{
    return value << 32 | (uint32_t)packed;
}

static void keep_answer(struct sim_world *w, const struct sim_client *c, uint64_t index, uint64_t value)
{
    struct hvc_answer answer;

    if (w->answered_count == w->answered_capacity) {
        w->answered_capacity = w->answered_capacity ? 2 * w->answered_capacity : 256;
        w->answered = realloc(w->answered, w->answered_capacity * sizeof(*w->answered));
        if (w->answered == NULL)
            abort();
    }
    w->answered[w->answered_count] = (struct sim_answer){.token = c->token, .index = index, .value = value};
    memcpy(w->answered[w->answered_count].op, c->op, c->length);
    w->answered[w->answered_count++].length = c->length;
    answer = hvc_answer_unpack((int32_t)(uint32_t)(value & UINT32_MAX), value >> 32);
    if (c->op[1] == HVC_COMMAND_JOB && answer.code == HVC_ANSWER_OK)
        invariant_acknowledged(w, answer.value);
}

void client_answer(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u,
                   const struct hvc_answer *answer)
{
    uint64_t value = client_value(hvc_answer_pack(answer), answer->value);

    for (int i = 0; i < SIM_CLIENTS; i++) {
        struct sim_client *c = &w->client[i];
        uint64_t index = u->work_entry.index;

        if (!c->busy || c->asked_at == 0 || c->node != n->id || check_is_former(w, n) ||
            memcmp(&c->token, &u->work_entry.token, sizeof(c->token)) != 0)
            continue;
        c->busy = false;
        w->stats.answers++;
        if (u->work_verdict == HVC_VERDICT_EXPIRED) {
            w->stats.expired_answers++;
            continue;
        }
        if (u->work_verdict == HVC_VERDICT_DUPLICATE) {
            w->stats.answers_from_table++;
            index = u->work_first;
            value = client_value(u->work_code, u->work_value);
        }
        sim_trace(w, "client %d answered by n%d: index %llu", i, n->id + 1, (unsigned long long)index);
        if (c->repeat && (index != c->was_index || value != c->was_value))
            sim_violation(w, "answered-stays", "client %d: answer %llx at %llu was %llx at %llu before", i,
                          (unsigned long long)value, (unsigned long long)index, (unsigned long long)c->was_value,
                          (unsigned long long)c->was_index);
        check_answer(w, &c->token, index, value);
        if (!c->repeat)
            keep_answer(w, c, index, value);
    }
}

/* What was asked and answered belonged to a history that is given up. */
void client_forget(struct sim_world *w)
{
    w->answered_count = 0;
    for (int i = 0; i < SIM_CLIENTS; i++) {
        w->client[i].busy = false;
        w->client[i].healed = 0;
    }
}
