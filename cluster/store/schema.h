/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables and their versions. A step leads from one version to the next; every store goes through all of them. */
#ifndef HVC_STORE_SCHEMA_H
#define HVC_STORE_SCHEMA_H

#include <sqlite3.h>

#include "hvc/error.h"

#define HVC_STORE_APPLICATION_ID 0x48766353 /* "HvcS"; file(1) and the header check */

/* steps[i] leads to version i + 1; NULL ends the list */
extern const char *const hvc_store_steps[];

/* 0 for a database without tables. -EBADMSG: tables, but not ours. */
int hvc_store_schema_version(sqlite3 *db, unsigned *ret_version, struct hvc_error *error);

/* Runs the missing steps and stores the version; inside a transaction of the caller.
 * -EPROTONOSUPPORT: the store is newer than the steps. */
int hvc_store_schema_migrate(sqlite3 *db, const char *const *steps, struct hvc_error *error);

/* The tables are those that the steps make, word for word, and nothing else. -EBADMSG. */
int hvc_store_schema_check(sqlite3 *db, const char *const *steps, struct hvc_error *error);

#endif
