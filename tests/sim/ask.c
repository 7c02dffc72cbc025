/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of a driver: proposed with a token, again with the same one when a view ended, until they are answered or
 * too old to be of use. */
#include <errno.h>
#include <string.h>

#include "sim.h"

#define ASK_US 400000 /* so long a command is of use, at most */

struct hvc_command ask_command(const struct sim_world *w, const struct sim_node *n, unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION,
                                .kind = (uint8_t)kind,
                                .node = (uint32_t)n->id + 1,
                                .stamp_ms = node_stamp(w, n),
                                .by = "driver"};
}

static void send_request(struct sim_world *w, struct sim_node *n, struct sim_request *r)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PROPOSE};
    int result;

    event.propose.token = r->token;
    state_mark(r->bytes, state_speaks(n) && sim_chance(w, 500) ? 2 : 1);
    event.propose.version = state_version(r->bytes);
    event.propose.bytes = r->bytes;
    event.propose.length = r->length;
    result = node_step(w, n, &event);
    if (result == 0)
        r->asked_at = w->now;
    else if (result == -EPROTONOSUPPORT && event.propose.version > 1)
        r->busy = false; /* an older program has come: decided anew, without what it does not know */
    else if (result != -EAGAIN && result != -ENOBUFS)
        sim_violation(w, "contract", "node %d: a command of the driver is refused: %d", n->id + 1, result);
}

bool ask(struct sim_world *w, struct sim_node *n, const struct hvc_command *command, uint64_t key, uint64_t probed_at)
{
    struct sim_request *free_one = NULL;
    struct hvc_replication_status s;

    for (unsigned i = 0; i < SIM_REQUESTS; i++) {
        if (n->request[i].busy && n->request[i].key == key)
            return false;
        if (!n->request[i].busy && free_one == NULL)
            free_one = &n->request[i];
    }
    if (free_one == NULL)
        return false;
    hvc_replication_status(n->core, &s);
    memset(free_one, 0, sizeof(*free_one));
    if (hvc_command_encode(command, free_one->bytes, sizeof(free_one->bytes), &free_one->length) < 0) {
        sim_violation(w, "contract", "node %d: command %s cannot be encoded", n->id + 1,
                      hvc_command_name(command->kind));
        return false;
    }
    free_one->busy = true;
    free_one->key = key;
    free_one->until = w->now + 20000 + sim_below(w, ASK_US);
    free_one->probed_at = probed_at;
    for (unsigned i = 0; i < HVC_TOKEN_ID_SIZE; i++)
        free_one->token.id[i] = (uint8_t)(sim_random(w) >> 7);
    if (HVC_BUG(REUSETOKEN))
        memset(free_one->token.id, n->id + 1, sizeof(free_one->token.id));
    free_one->token.birth = s.commit;
    return true;
}

void ask_again(struct sim_world *w, struct sim_node *n)
{
    for (unsigned i = 0; i < SIM_REQUESTS && n->running; i++) {
        struct sim_request *r = &n->request[i];

        if (r->busy && w->now > r->until)
            r->busy = false;
        else if (r->busy && r->asked_at == 0)
            send_request(w, n, r);
    }
}

void ask_void(struct sim_node *n)
{
    for (unsigned i = 0; i < SIM_REQUESTS; i++)
        n->request[i].asked_at = 0;
}

void ask_applied(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry)
{
    (void)w;
    for (unsigned i = 0; i < SIM_REQUESTS; i++)
        if (n->request[i].busy && memcmp(&n->request[i].token, &entry->token, sizeof(entry->token)) == 0)
            n->request[i].busy = false;
}

/* When the node that proposed this looked at what it reports; 0: it is not known any more. */
uint64_t ask_probed_at(const struct sim_world *w, const struct hvc_token *token)
{
    for (int k = 0; k < SIM_NODES; k++)
        for (unsigned i = 0; i < SIM_REQUESTS; i++)
            if (w->node[k].request[i].busy && memcmp(&w->node[k].request[i].token, token, sizeof(*token)) == 0)
                return w->node[k].request[i].probed_at;
    return 0;
}
