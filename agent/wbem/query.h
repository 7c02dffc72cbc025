/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queries: the basic select of WQL and of DMTF:CQL, as far as both mean the same.
 *
 *   SELECT * | name [, name]... FROM class [alias] [WHERE condition]
 *   condition: name op literal | literal op name | name ISA class | name LIKE 'pattern' | name IS [NOT] NULL |
 *              NOT condition | (condition) | condition AND condition | condition OR condition
 *   op: = <> != < <= > >=; literal: 'text' "text" number TRUE FALSE NULL
 *
 * A name may stand behind its class (Class.Name). LIKE: % any text, _ one character, [a-z] one of; without case as WQL
 * compares texts. A comparison with a property that is NULL is false, its NOT is true.
 */
#ifndef HVC_WBEM_QUERY_H
#define HVC_WBEM_QUERY_H

#include "hvc/cim.h"
#include "hvc/error.h"

enum { HVC_QUERY_DEPTH_MAX = 32, HVC_QUERY_NAMES_MAX = 128, HVC_QUERY_LENGTH_MAX = 16384 };

struct hvc_query_condition;

struct hvc_query {
    const char *class_name;
    const char **names; /* NULL: all */
    uint32_t name_count;
    const struct hvc_query_condition *where; /* NULL: every instance */
};

/* -EINVAL with the place and what is wrong, -ENOMEM. */
int hvc_query_parse(struct hvc_cim_arena *arena, const char *text, struct hvc_query *ret_query,
                    struct hvc_error *error);

/* -EINVAL in words: a name that the class does not have, a comparison with a value of another type (a number may stand
 * in quotes, as WMI takes it) or with an array, ISA with a class that the namespace does not have. */
int hvc_query_check(const struct hvc_query *query, const struct hvc_schema_namespace *space,
                    const struct hvc_schema_class *cls, struct hvc_error *error);

/* Of a query that was checked. */
bool hvc_query_fits(const struct hvc_query *query, const struct hvc_cim_instance *instance);

#endif
