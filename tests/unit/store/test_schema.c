/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "../hvc_cmocka.h"
#include "schema.h"
#include "sql.h"

static const char *const one[] = {"CREATE TABLE a(x INTEGER) STRICT; INSERT INTO a VALUES(5);", NULL};
static const char *const three[] = {"CREATE TABLE a(x INTEGER) STRICT; INSERT INTO a VALUES(5);",
                                    "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 0",
                                    "UPDATE a SET y = x + 1; CREATE INDEX b ON a(y)", NULL};
static const char *const broken[] = {"CREATE TABLE a(x INTEGER) STRICT; INSERT INTO a VALUES(5);",
                                     "CREATE TABLE c(x); CREATE TABLE a(again)", NULL};

static sqlite3 *db;
static struct hvc_error error;

static int up(void **state)
{
    (void)state;
    return hvc_sql_open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db, &error);
}

static int down(void **state)
{
    (void)state;
    hvc_sql_close(db);
    return 0;
}

static void version_is(unsigned expected)
{
    unsigned version = 99;

    assert_int_equal(hvc_store_schema_version(db, &version, &error), 0);
    assert_int_equal(version, expected);
}

static void every_missing_step_runs_once(void **state)
{
    int64_t y;

    (void)state;
    version_is(0);
    assert_int_equal(hvc_store_schema_migrate(db, one, &error), 0);
    version_is(1);
    assert_int_equal(hvc_store_schema_migrate(db, three, &error), 0);
    version_is(3);
    assert_int_equal(hvc_store_schema_migrate(db, three, &error), 0);
    assert_int_equal(hvc_sql_number(db, "SELECT y FROM a", &y, &error), 0);
    assert_int_equal(y, 6);
    assert_int_equal(hvc_store_schema_check(db, three, &error), 0);
    assert_int_equal(hvc_store_schema_check(db, one, &error), -EBADMSG);
}

static void newer_tables_are_refused_in_words(void **state)
{
    (void)state;
    assert_int_equal(hvc_store_schema_migrate(db, three, &error), 0);
    assert_int_equal(hvc_store_schema_migrate(db, one, &error), -EPROTONOSUPPORT);
    assert_non_null(strstr(error.text, "tables are of version 3, this one knows up to 1"));
}

static void a_step_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(hvc_store_schema_migrate(db, one, &error), 0);
    assert_int_equal(hvc_sql_exec(db, "BEGIN IMMEDIATE", &error), 0);
    assert_true(hvc_store_schema_migrate(db, broken, &error) < 0);
    assert_non_null(strstr(error.text, "table a already exists"));
    assert_int_equal(hvc_sql_exec(db, "ROLLBACK", &error), 0);
    version_is(1);
    assert_int_equal(hvc_store_schema_check(db, one, &error), 0);
}

static void tables_of_somebody_else_are_found(void **state)
{
    unsigned version;

    (void)state;
    assert_int_equal(hvc_sql_exec(db, "CREATE TABLE theirs(x)", &error), 0);
    assert_int_equal(hvc_store_schema_version(db, &version, &error), -EBADMSG);
    assert_int_equal(hvc_store_schema_migrate(db, one, &error), -EBADMSG);
}

static void a_version_that_is_missing_or_absurd_is_found(void **state)
{
    unsigned version;

    (void)state;
    assert_int_equal(hvc_store_schema_migrate(db, hvc_store_steps, &error), 0);
    assert_int_equal(hvc_sql_exec(db, "UPDATE schema_version SET version = -4", &error), 0);
    assert_int_equal(hvc_store_schema_version(db, &version, &error), -EBADMSG);
    assert_int_equal(hvc_sql_exec(db, "DELETE FROM schema_version", &error), 0);
    assert_int_equal(hvc_store_schema_version(db, &version, &error), -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_missing_step_runs_once),
        TEST(newer_tables_are_refused_in_words),
        TEST(a_step_that_fails_leaves_nothing_behind),
        TEST(tables_of_somebody_else_are_found),
        TEST(a_version_that_is_missing_or_absurd_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
