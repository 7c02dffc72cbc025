/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/hash.h"

/* the constants of the specification */
static const uint64_t p1 = 0x9E3779B185EBCA87, p2 = 0xC2B2AE3D27D4EB4F, p3 = 0x165667B19E3779F9;
static const uint64_t p4 = 0x85EBCA77C2B2AE63, p5 = 0x27D4EB2F165667C5;

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t load(const uint8_t *at, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = width; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static uint64_t mix(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * p2, 31) * p1;
}

static uint64_t stripes(const uint8_t **at, size_t *left, uint64_t seed)
{
    uint64_t lane[4] = {seed + p1 + p2, seed + p2, seed, seed - p1};
    uint64_t hash;

    for (; *left >= 32; *left -= 32, *at += 32) {
        for (unsigned i = 0; i < 4; i++)
            lane[i] = mix(lane[i], load(*at + (size_t)8 * i, 8));
    }
    hash = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ mix(0, lane[i])) * p1 + p4;
    return hash;
}

uint64_t hvc_hash64(const void *bytes, size_t length, uint64_t seed)
{
    const uint8_t *at = bytes;
    size_t left = length;
    uint64_t hash = length >= 32 ? stripes(&at, &left, seed) : seed + p5;

    hash += length;
    for (; left >= 8; left -= 8, at += 8)
        hash = rotate(hash ^ mix(0, load(at, 8)), 27) * p1 + p4;
    if (left >= 4) {
        hash = rotate(hash ^ load(at, 4) * p1, 23) * p2 + p3;
        left -= 4;
        at += 4;
    }
    for (; left > 0; left--, at++)
        hash = rotate(hash ^ *at * p5, 11) * p1;
    hash = (hash ^ hash >> 33) * p2;
    hash = (hash ^ hash >> 29) * p3;
    return hash ^ hash >> 32;
}
