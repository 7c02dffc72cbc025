/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a database a whole and unchanged store? */
#ifndef HVC_STORE_VERIFY_H
#define HVC_STORE_VERIFY_H

#include "row.h"

struct hvc_content {
    unsigned schema;
    struct hvc_life life;
    struct hvc_state state;
    bool has_snapshot;
    struct hvc_snapshot_head head; /* metadata: owned, free() */
};

/* Reads everything but documents (their hash is checked when they are read) and history lines (their checksum, too).
 * -EBADMSG: corrupt, the words name what; -EPROTONOSUPPORT: newer; -ENODATA: no tables at all; anything else: no
 * judgement was possible. Migrates first when the tables are older. */
int hvc_store_verify(sqlite3 *db, struct hvc_content *ret_content, struct hvc_error *error);

#endif
