/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "votes.h"

#include <corosync/corotypes.h>
#include <errno.h>

/* Which corosync flags say that two disjoint sides can both be quorate (votequorum(5)). */
static uint32_t modes_of(unsigned flags)
{
    static const struct {
        unsigned flag;
        uint32_t mode;
    } table[] = {
        {VOTEQUORUM_INFO_TWONODE, HVC_MODE_TWO_NODE},
        {VOTEQUORUM_INFO_QDEVICE_REGISTERED, HVC_MODE_QDEVICE},
        {VOTEQUORUM_INFO_AUTO_TIE_BREAKER, HVC_MODE_AUTO_TIE_BREAKER},
        {VOTEQUORUM_INFO_LAST_MAN_STANDING, HVC_MODE_LAST_MAN_STANDING},
    };
    uint32_t modes = 0;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if ((flags & table[i].flag) != 0)
            modes |= table[i].mode;
    }
    return modes;
}

/* Position in the node list from a key "nodelist.node.<position>.nodeid", or -1. */
static int position_of(const char *key)
{
    static const char prefix[] = "nodelist.node.";
    static const char suffix[] = ".nodeid";
    int position = 0;
    const char *p = key + sizeof(prefix) - 1;

    if (strncmp(key, prefix, sizeof(prefix) - 1) != 0 || *p < '0' || *p > '9')
        return -1;
    for (; *p >= '0' && *p <= '9' && position < 10000; p++)
        position = position * 10 + (*p - '0');
    return strcmp(p, suffix) == 0 ? position : -1;
}

static uint32_t votes_of(votequorum_handle_t votequorum, cmap_handle_t cmap, uint32_t node, int position)
{
    struct votequorum_info info;
    char key[CMAP_KEYNAME_MAXLEN + 1];
    uint32_t votes;

    if (votequorum_getinfo(votequorum, node, &info) == CS_OK)
        return info.node_votes;
    (void)snprintf(key, sizeof(key), "nodelist.node.%d.quorum_votes", position);
    return cmap_get_uint32(cmap, key, &votes) == CS_OK ? votes : 1;
}

static int read_nodes(votequorum_handle_t votequorum, cmap_handle_t cmap, struct hvc_votes *votes,
                      struct hvc_error *error)
{
    cmap_iter_handle_t iterator;
    char key[CMAP_KEYNAME_MAXLEN + 1];
    cs_error_t result = cmap_iter_init(cmap, "nodelist.node.", &iterator);
    int outcome = 0;

    if (result != CS_OK)
        return hvc_error_set(error, -EIO, "cmap cannot list nodelist.node.: %s", cs_strerror(result));
    while (outcome == 0 && cmap_iter_next(cmap, iterator, key, NULL, NULL) == CS_OK) {
        uint32_t node;
        int position = position_of(key);

        if (position < 0)
            continue;
        result = cmap_get_uint32(cmap, key, &node);
        if (result != CS_OK)
            outcome = hvc_error_set(error, -EIO, "cmap cannot read %s: %s", key, cs_strerror(result));
        else if (votes->count == HVC_NODES_MAX)
            outcome =
                hvc_error_set(error, -E2BIG, "the node list of corosync.conf has more than %d nodes", HVC_NODES_MAX);
        else
            votes->nodes[votes->count++] =
                (struct hvc_replication_node){.node = node, .votes = votes_of(votequorum, cmap, node, position)};
    }
    (void)cmap_iter_finalize(cmap, iterator);
    return outcome;
}

int hvc_votes_read(votequorum_handle_t votequorum, cmap_handle_t cmap, uint32_t own_node, struct hvc_votes *ret_votes,
                   struct hvc_error *error)
{
    struct votequorum_info info;
    struct hvc_votes votes = {0};
    cs_error_t result = votequorum_getinfo(votequorum, own_node, &info);
    int outcome;

    if (result != CS_OK)
        return hvc_error_set(error, -EIO, "votequorum does not tell the votes of node %u: %s", own_node,
                             cs_strerror(result));
    votes.own = info.node_votes;
    votes.expected = info.highest_expected;
    votes.quorum = info.quorum;
    votes.modes = modes_of(info.flags);
    outcome = read_nodes(votequorum, cmap, &votes, error);
    if (outcome == 0)
        *ret_votes = votes;
    return outcome;
}
