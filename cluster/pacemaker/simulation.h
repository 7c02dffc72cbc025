/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crm_simulate said, parsed and compared. Pure: no process, no clock. */
#ifndef HVC_PACEMAKER_SIMULATION_H
#define HVC_PACEMAKER_SIMULATION_H

#include "hvc/pacemaker_moves.h"

/* Something that Pacemaker would do: "migrate", "move", "start", "stop", "restart", "recover" a resource; "fence" ... a
 * node (resource "" then). */
struct sim_action {
    char what[32];
    char resource[HVC_RESOURCE_NAME_MAX];
    char from[HVC_NODE_NAME_MAX], to[HVC_NODE_NAME_MAX]; /* from: also the only node */
    char reason[128];
    bool blocked; /* it will not be done */
};

/* Where one resource is. */
struct sim_place {
    bool found;
    bool managed, blocked, failed;
    char pending[32]; /* an operation under way, "": none */
    unsigned nodes;
    char node[HVC_NODE_NAME_MAX]; /* the first */
};

struct simulation {
    struct sim_action *actions;
    size_t count;
    struct sim_place now, then; /* then: of crm_simulate --simulate */
};

/* output: of crm_simulate --output-as=xml, its own words around it allowed. -EIO: with its words. */
int simulation_parse(const char *output, const char *resource, struct simulation *ret_simulation,
                     struct hvc_error *error);
void simulation_clear(struct simulation *simulation);

/* Words of a status that is not 0, or of a program that was ended: what it said last. */
void simulation_words(const char *output, char *words, size_t size);

/* As hvc_pacemaker_plan's. now: nothing changed; moved: with the location; left: afterwards without it. */
struct simulation_set {
    const char *resource, *target;
    const struct simulation *now, *moved, *left;
};
void simulation_judge(const struct simulation_set *set, struct hvc_pacemaker_plan *plan);

/* True: something will be done to that resource; words say what. */
bool simulation_touches(const struct simulation *simulation, const char *resource, char *words, size_t size);

/* True: something will be done to something else. */
bool simulation_others(const struct simulation *simulation, const char *resource);

/* What would be done then and is not done now anyway, one after the other: *index begins with 0. A "reload" leaves a
 * resource as it is. And all of it in words. */
const struct sim_action *simulation_next_new(const struct simulation *now, const struct simulation *then,
                                             size_t *index);
void simulation_say_new(const struct simulation *now, const struct simulation *then, char *words, size_t size);

#endif
