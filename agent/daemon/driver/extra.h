/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's own messages, beside those of replication in the same group: who a member is, definitions that one
 * member wants of another, and soft facts (hvc/soft_facts.h). None of them decides anything about the log. Pure.
 */
#ifndef HVC_DRIVER_EXTRA_H
#define HVC_DRIVER_EXTRA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/soft_facts.h"
#include "hvc/store.h"

#define HVC_EXTRA_PART_MAX (24 * 1024) /* bytes of a definition in one message */
#define HVC_EXTRA_MAX      (HVC_SOFT_FACTS_MAX + 128)

enum hvc_extra_kind {
    HVC_EXTRA_HELLO = 1, /* to all, at the begin of each view */
    HVC_EXTRA_WANT,      /* to: please send this definition */
    HVC_EXTRA_HAVE,      /* to: a part of it */
    HVC_EXTRA_NOT,       /* to: it is not here */
    HVC_EXTRA_SOFT,      /* to all, once a second: what hvc_soft_facts_encode wrote */
};

struct hvc_extra {
    uint8_t kind;
    uint32_t to;      /* node, 0: all */
    uint64_t boot_id; /* of the sender */
    /* HELLO */
    uint32_t cpus;
    uint64_t memory_kib;
    /* WANT, HAVE, NOT */
    uint8_t hash[HVC_STORE_HASH_SIZE];
    /* HAVE; size 1..HVC_XML_MAX */
    uint32_t size, offset;
    /* HAVE, SOFT */
    uint32_t length;
    const uint8_t *bytes; /* into the message */

    uint32_t from; /* as the ring says; not in the message */
};

/* Is it one of these messages (and none of replication's)? */
bool hvc_extra_is(const void *bytes, size_t length);

/* -EBADMSG: cut, changed, or of a later version. */
int hvc_extra_decode(const void *bytes, size_t length, struct hvc_extra *ret_extra);

/* HVC_EXTRA_MAX is always enough; -ENOBUFS. */
int hvc_extra_encode(const struct hvc_extra *extra, void *bytes, size_t size, size_t *ret_length);

#endif
