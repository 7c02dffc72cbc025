/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When an interrupted post-copy is resumed: at once and then with growing pauses, as often as it takes. Pure. */
#ifndef HVC_RECOVERY_H
#define HVC_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#define HVC_RECOVERY_FIRST_MS 1000  /* both ends have to notice */
#define HVC_RECOVERY_MOST_MS  15000 /* between two tries: what a healed network costs the guest at most */
#define HVC_RECOVERY_CALM_MS  10000 /* a connection that has carried for so long was a good one: pauses begin anew */

/* Of one move; all zero: it was never interrupted. Times are hvc_now_ms. */
struct hvc_recovery {
    bool interrupted;
    uint64_t changed_ms; /* when that became so */
    uint64_t again_ms;   /* no try before */
    unsigned pauses;     /* tries in a row, also those for which no way was found */
    unsigned number;     /* of the next way: tries that libvirt was asked for */
};

/* What its source says now. True: that has changed. */
bool hvc_recovery_see(struct hvc_recovery *recovery, bool interrupted, uint64_t now_ms);

/* A try is due. busy: a migrate call has not returned, and libvirt takes no second one. */
bool hvc_recovery_is_due(const struct hvc_recovery *recovery, bool busy, uint64_t now_ms);

/* A try was made. asked: libvirt was asked to resume; else no way answered, which is not the fault of one. */
void hvc_recovery_tried(struct hvc_recovery *recovery, bool asked, uint64_t now_ms);

#endif
