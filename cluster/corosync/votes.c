/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "votes.h"

#include <corosync/corotypes.h>
#include <errno.h>
#include <unistd.h>

#include "cmap_nodes.h"

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

enum { READS = 3 }; /* a reload of corosync.conf between two keys spoils a read, and the next one is whole */

static int read_nodes(votequorum_handle_t votequorum, cmap_handle_t cmap, uint32_t own_node, struct hvc_votes *votes,
                      struct hvc_error *error)
{
    char host[HVC_NODE_NAME_MAX] = "";
    int r = -EAGAIN;

    (void)gethostname(host, sizeof(host) - 1);
    for (unsigned i = 0; i < READS && r < 0; i++) {
        struct nodelist list = {0};

        r = hvc_cmap_nodes(cmap, &list, error);
        if (r == 0)
            r = nodelist_nodes(&list, own_node, host, votes->nodes, &votes->count, error);
    }
    for (size_t i = 0; r == 0 && i < votes->count; i++) {
        struct votequorum_info info;

        if (votequorum_getinfo(votequorum, votes->nodes[i].id, &info) == CS_OK)
            votes->nodes[i].votes = info.node_votes;
    }
    return r;
}

int hvc_votes_read(votequorum_handle_t votequorum, cmap_handle_t cmap, uint32_t own_node, struct hvc_votes *ret_votes,
                   struct hvc_error *error)
{
    struct votequorum_info info;
    cs_error_t result = votequorum_getinfo(votequorum, own_node, &info);

    if (result != CS_OK)
        return hvc_error_set(error, -EIO, "votequorum does not tell the votes of node %u: %s", own_node,
                             cs_strerror(result));
    ret_votes->own = info.node_votes;
    ret_votes->expected = info.highest_expected;
    ret_votes->quorum = info.quorum;
    ret_votes->modes = modes_of(info.flags);
    return read_nodes(votequorum, cmap, own_node, ret_votes, error);
}
