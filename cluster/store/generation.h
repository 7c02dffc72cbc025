/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generation file: which database belongs here. While a generation changes it names both, so that a crash between
 * the two writes is no damage; otherwise only one.
 */
#ifndef HVC_STORE_GENERATION_H
#define HVC_STORE_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"

#define HVC_GENERATION_RANDOM 16

struct hvc_generation {
    uint64_t counter; /* 0: no store yet */
    uint8_t random[HVC_GENERATION_RANDOM];
};

struct hvc_generation_file {
    struct hvc_generation previous, next; /* equal when nothing is changing */
    bool lost;                            /* the previous one was given up: only next counts */
    bool running;                         /* the write-ahead log must be there */
};

bool hvc_generation_equal(const struct hvc_generation *a, const struct hvc_generation *b);

/* A new one above this counter. */
int hvc_generation_make(uint64_t above, struct hvc_generation *ret_generation, struct hvc_error *error);

/* -ENOENT: no file. -EBADMSG: it cannot be read as one. */
int hvc_generation_read(const char *path, struct hvc_generation_file *ret_file, struct hvc_error *error);
int hvc_generation_write(const char *path, const struct hvc_generation_file *file, struct hvc_error *error);

/* The text in the file; -EBADMSG. For tests and the fuzzer as well. */
int hvc_generation_parse(const char *text, struct hvc_generation_file *ret_file);

#endif
