/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded record: names with values (text, whole number, bool, record, list of records), and its JSON form. What
 * every request and every response of hvclusterd is made of.
 *
 * Builder    one that fails (no memory, a bound, a bad name) marks its outermost record; later calls do nothing and
 * hvc_record_status and hvc_record_format say what happened. So a chain of calls needs one check, at the end. A NULL
 * record is allowed everywhere and counts as -ENOMEM. Bounds     HVC_RECORD_DEPTH_MAX, HVC_RECORD_MEMBERS_MAX a record,
 * HVC_RECORD_LIST_MAX a list, HVC_RECORD_NAME_MAX a name, HVC_IPC_MESSAGE_MAX the JSON text. Ownership  a record owns
 * everything below it; texts are copied. Children are freed with their parent only. Threads    none of its own; one
 * thread at a time on one record.
 */
#ifndef HVC_RECORD_H
#define HVC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/cleanup.h"
#include "hvc/error.h"
#include "hvc/limits.h"

struct hvc_record;

enum hvc_record_type {
    HVC_RECORD_NONE, /* no such member */
    HVC_RECORD_TEXT,
    HVC_RECORD_U64,
    HVC_RECORD_I64, /* a negative number */
    HVC_RECORD_BOOL,
    HVC_RECORD_RECORD,
    HVC_RECORD_LIST /* of records */
};
/* "text", "number", "bool", "record", "list"; for messages */
const char *hvc_record_type_name(enum hvc_record_type type);

struct hvc_record *hvc_record_new(void);
void hvc_record_free(struct hvc_record *record);
HVC_DEFINE_CLEANUP(struct hvc_record *, record, hvc_record_free, NULL)

/* Builder. A member that exists is replaced. Names are lower-case ASCII words: [a-z][a-z0-9_.-]*. A NULL text sets
 * nothing. */
void hvc_record_set_text(struct hvc_record *record, const char *name, const char *text);
void hvc_record_set_format(struct hvc_record *record, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* UINT64_MAX sets nothing: it stands for "not known" and "no limit". */
void hvc_record_set_u64(struct hvc_record *record, const char *name, uint64_t value);
/* Of a number whose 64 bits may all be set. */
void hvc_record_set_bits(struct hvc_record *record, const char *name, uint64_t value);
void hvc_record_set_i64(struct hvc_record *record, const char *name, int64_t value);
void hvc_record_set_bool(struct hvc_record *record, const char *name, bool value);
/* A new empty record as member; it belongs to `record`. NULL when it failed. */
struct hvc_record *hvc_record_set_record(struct hvc_record *record, const char *name);
/* An empty list, so that "none" is told from "not said". A list that exists stays as it is. */
void hvc_record_set_list(struct hvc_record *record, const char *name);
/* A new record at the end of the list `name`, which is made when it does not exist. NULL when it failed. */
struct hvc_record *hvc_record_add(struct hvc_record *record, const char *name);
void hvc_record_remove(struct hvc_record *record, const char *name);
/* All members of source, and what is in them. */
void hvc_record_copy(struct hvc_record *record, const struct hvc_record *source);
/* 0, or the first failure of the builder in this record or in one below it. */
int hvc_record_status(const struct hvc_record *record);

/* Reading. The get functions: 0, -ENOENT no such member, -EINVAL another type, -ERANGE the number does not fit.
 * Results belong to the record. */
enum hvc_record_type hvc_record_type(const struct hvc_record *record, const char *name);
int hvc_record_get_text(const struct hvc_record *record, const char *name, const char **ret_text);
int hvc_record_get_u64(const struct hvc_record *record, const char *name, uint64_t *ret_value);
int hvc_record_get_i64(const struct hvc_record *record, const char *name, int64_t *ret_value);
int hvc_record_get_bool(const struct hvc_record *record, const char *name, bool *ret_value);
/* The same with a value for "absent or of another type". */
const char *hvc_record_text(const struct hvc_record *record, const char *name, const char *otherwise);
uint64_t hvc_record_u64(const struct hvc_record *record, const char *name, uint64_t otherwise);
bool hvc_record_bool(const struct hvc_record *record, const char *name, bool otherwise);
const struct hvc_record *hvc_record_record(const struct hvc_record *record, const char *name); /* NULL: none */
/* The same for its owner, to change it. */
struct hvc_record *hvc_record_edit(struct hvc_record *record, const char *name);
size_t hvc_record_list_count(const struct hvc_record *record, const char *name); /* 0: none */
const struct hvc_record *hvc_record_list_at(const struct hvc_record *record, const char *name, size_t index);
/* Members in the order in which they were set. */
size_t hvc_record_count(const struct hvc_record *record);
const char *hvc_record_name(const struct hvc_record *record, size_t index);

/* JSON text to a record. -EINVAL with place and reason: not JSON, not an object, fractions, null, lists of anything but
 * records, numbers beyond 64 bits, zero bytes in a text, text that is no UTF-8, bad names; -E2BIG: a bound. */
int hvc_record_parse(const char *json, size_t length, struct hvc_record **ret_record, struct hvc_error *error);

/* A record to JSON text on one line with a zero byte; *ret_length does not count it. free(). -E2BIG beyond
 * HVC_IPC_MESSAGE_MAX; -EINVAL for a text that is no UTF-8; or what the builder met. */
int hvc_record_format(const struct hvc_record *record, char **ret_json, size_t *ret_length, struct hvc_error *error);

/* The same, with '?' for bytes that are no UTF-8: for answers with the words of others in them, which must arrive. */
int hvc_record_format_replacing(const struct hvc_record *record, char **ret_json, size_t *ret_length,
                                struct hvc_error *error);

#endif
