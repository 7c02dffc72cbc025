/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the model of corosync gives its processes, as lines for accept_trace --model. */
#include <inttypes.h>
#include <stdio.h>

#include "sim.h"

void sim_record(const struct sim_node *n, const struct sim_inbox *item)
{
    const char *comma = "";

    printf("@%d/%" PRIu32, n->id + 1, n->pid);
    switch (item->kind) {
    case INBOX_VIEW:
        printf(" view ring=%" PRIu32 ".%" PRIu64 " members=", item->ring.node, item->ring.seq);
        for (unsigned i = 0; i < SIM_NODES; i++) {
            if (!((item->members >> i) & 1))
                continue;
            printf("%s%u/%" PRIu32, comma, i + 1, item->pid[i]);
            comma = ",";
        }
        break;
    case INBOX_VIEW_END:
        printf(" view-end");
        break;
    case INBOX_MESSAGE:
        printf(" message from=%d id=%" PRIu64, item->from + 1, item->number);
        break;
    case INBOX_QUORUM:
        printf(" quorum ring=%" PRIu32 ".%" PRIu64 " quorate=%d", item->ring.node, item->ring.seq, item->quorate);
        break;
    }
    printf("\n");
}
