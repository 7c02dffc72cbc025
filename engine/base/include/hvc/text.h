/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded text: copy, append, compare, numbers, UUIDs. Pure. */
#ifndef HVC_TEXT_H
#define HVC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/limits.h"

/* Copies text with its zero byte. -ENAMETOOLONG and an untouched target when it does not fit. */
int hvc_text_copy(char *target, size_t size, const char *text);

/* Appends formatted text at *used and moves it. -ENAMETOOLONG when it does not fit; what fitted stays. */
int hvc_text_append(char *target, size_t size, size_t *used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A whole decimal number in [min, max], nothing before or after it: -EINVAL, or -ERANGE outside the bounds. */
int hvc_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/* A UUID in text form, any case, normalised to lower case with dashes (libvirt's form). -EINVAL when it is none. */
int hvc_parse_uuid(const char *text, char ret_uuid[HVC_UUID_TEXT_MAX]);

/* The same as 16 bytes in the order of the text, and back. */
int hvc_parse_uuid_bytes(const char *text, uint8_t ret_uuid[16]);
void hvc_format_uuid(const uint8_t uuid[16], char ret_text[HVC_UUID_TEXT_MAX]);

/* yes/no words as Pacemaker takes them (crm_str_to_boolean): true on yes y 1 / false off no n 0. -EINVAL otherwise. */
int hvc_parse_bool(const char *text, bool *ret_value);

#endif
