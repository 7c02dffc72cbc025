/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fast hash for indexes and for digests that compare states; not against an adversary. Pure. */
#ifndef HVC_HASH_H
#define HVC_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md, section "XXH64 Algorithm Description"): the same number on
 * every machine and in every version, so it may go over the wire. */
uint64_t hvc_hash64(const void *bytes, size_t length, uint64_t seed);

#endif
