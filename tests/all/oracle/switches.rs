//! What PRAGMAs turn on and off beside SQLite's: statement by statement, both do it or both refuse it, and
//! every query has the same rows.

use super::Pair;

/// Runs a script on both sides, a statement a line.
fn both(script: &str) {
    let mut pair = Pair::new();
    for sql in script.lines().map(str::trim) {
        if let Some(difference) = pair.difference(sql, true) {
            panic!("{sql}\n{difference}");
        }
    }
}

#[test]
fn query_only_refuses_every_change_until_it_is_off() {
    both(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)
        INSERT INTO t VALUES (1, 'x')
        PRAGMA query_only = ON
        PRAGMA query_only
        SELECT * FROM t
        INSERT INTO t VALUES (2, 'y')
        UPDATE t SET b = 'z'
        DELETE FROM t WHERE a > 10
        CREATE TABLE u(a INTEGER)
        CREATE TABLE IF NOT EXISTS t(b INTEGER)
        CREATE TABLE IF NOT EXISTS u(b INTEGER)
        CREATE TEMP TABLE u(a INTEGER)
        DROP TABLE t
        DROP TABLE IF EXISTS nothing
        DROP INDEX IF EXISTS nothing
        DROP VIEW IF EXISTS nothing
        DROP TRIGGER IF EXISTS nothing
        CREATE VIEW v AS SELECT 1
        PRAGMA user_version = 3
        BEGIN IMMEDIATE
        BEGIN EXCLUSIVE TRANSACTION
        BEGIN DEFERRED
        INSERT INTO t VALUES (2, 'y')
        COMMIT
        PRAGMA query_only = 0
        SELECT * FROM t
        PRAGMA user_version
        BEGIN
        INSERT INTO t VALUES (2, 'y')
        PRAGMA query_only(yes)
        INSERT INTO t VALUES (3, 'y')
        COMMIT
        SELECT * FROM t
        PRAGMA query_only = false
        INSERT INTO t VALUES (3, 'y')
        SELECT * FROM t",
    );
}

#[test]
fn the_numbers_of_each_schema_are_its_own() {
    both(
        "PRAGMA user_version = 7
        PRAGMA temp.user_version = 8
        PRAGMA user_version
        PRAGMA main.user_version
        PRAGMA temp.user_version
        PRAGMA temp.application_id
        PRAGMA main.application_id = '0x10'
        PRAGMA application_id
        BEGIN
        PRAGMA user_version = 9
        SAVEPOINT s
        PRAGMA user_version = 10
        ROLLBACK TO s
        PRAGMA user_version
        ROLLBACK
        PRAGMA user_version
        SELECT * FROM pragma_user_version",
    );
}

#[test]
fn like_tells_letters_from_each_other_where_it_is_told_to() {
    both(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)
        INSERT INTO t VALUES (1, 'Abc'), (2, 'abc'), (3, 'ÄBC'), (4, NULL)
        CREATE INDEX i ON t(b COLLATE NOCASE)
        CREATE INDEX j ON t(b)
        SELECT a FROM t WHERE b LIKE 'abc' ORDER BY a
        SELECT a FROM t WHERE b LIKE 'Ab%' ORDER BY a
        PRAGMA case_sensitive_like = ON
        SELECT a FROM t WHERE b LIKE 'abc' ORDER BY a
        SELECT a FROM t WHERE b LIKE 'Ab%' ORDER BY a
        SELECT a FROM t WHERE b NOT LIKE 'A%' ORDER BY a
        SELECT 'A' LIKE 'a', like('a', 'A'), like('aX%', 'a%', 'X'), 'a' LIKE 'A' ESCAPE 'A'
        SELECT a, (SELECT count(*) FROM t AS s WHERE s.b LIKE t.b) FROM t ORDER BY a
        SELECT count(*) FROM t GROUP BY b LIKE 'a%' ORDER BY 1
        SELECT a FROM t ORDER BY b LIKE 'a%', a
        UPDATE t SET b = 'x' WHERE b LIKE 'aB%'
        SELECT b FROM t ORDER BY a
        PRAGMA case_sensitive_like = OFF
        SELECT a FROM t WHERE b LIKE 'abc' ORDER BY a
        SELECT a FROM t WHERE b LIKE 'Ab%' ORDER BY a
        SELECT 'A' LIKE 'a'",
    );
}

#[test]
fn a_check_is_not_asked_where_it_is_told_to() {
    both(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER NOT NULL CHECK (b > 0))
        INSERT INTO t VALUES (1, 0)
        PRAGMA ignore_check_constraints = ON
        INSERT INTO t VALUES (1, 0)
        INSERT INTO t VALUES (2, NULL)
        UPDATE t SET b = -1
        PRAGMA ignore_check_constraints
        PRAGMA ignore_check_constraints = OFF
        UPDATE t SET b = -2
        INSERT INTO t VALUES (2, 0) ON CONFLICT DO NOTHING
        SELECT * FROM t",
    );
}

#[test]
fn foreign_keys_wait_for_the_end_of_one_transaction() {
    both(
        "PRAGMA foreign_keys = ON
        CREATE TABLE p(a INTEGER PRIMARY KEY)
        CREATE TABLE c(a INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE RESTRICT)
        CREATE TABLE d(a INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE)
        PRAGMA defer_foreign_keys = ON
        SELECT 1
        PRAGMA defer_foreign_keys
        SELECT * FROM p
        PRAGMA defer_foreign_keys
        PRAGMA defer_foreign_keys = ON
        INSERT INTO c VALUES (1, 1)
        PRAGMA defer_foreign_keys
        BEGIN
        PRAGMA defer_foreign_keys = ON
        SELECT * FROM p
        PRAGMA defer_foreign_keys
        ROLLBACK
        BEGIN
        INSERT INTO c VALUES (1, 1)
        PRAGMA defer_foreign_keys = ON
        PRAGMA defer_foreign_keys
        INSERT INTO c VALUES (1, 1)
        COMMIT
        INSERT INTO p VALUES (1)
        COMMIT
        PRAGMA defer_foreign_keys
        BEGIN
        DELETE FROM p
        PRAGMA defer_foreign_keys = ON
        DELETE FROM p
        COMMIT
        INSERT INTO p VALUES (1)
        COMMIT
        BEGIN
        PRAGMA defer_foreign_keys = ON
        INSERT INTO c VALUES (2, 7)
        ROLLBACK
        PRAGMA defer_foreign_keys
        INSERT INTO d VALUES (1, 1)
        BEGIN
        PRAGMA defer_foreign_keys = ON
        DROP TABLE p
        CREATE TABLE p(a INTEGER PRIMARY KEY)
        INSERT INTO p VALUES (1)
        COMMIT
        SELECT * FROM p
        SELECT * FROM c
        SELECT * FROM d",
    );
}

#[test]
fn foreign_keys_are_checked_of_one_schema() {
    both(
        "PRAGMA foreign_keys = OFF
        CREATE TABLE kept(id INTEGER PRIMARY KEY, of REFERENCES kept)
        CREATE TEMP TABLE lost(id INTEGER PRIMARY KEY, of REFERENCES lost)
        INSERT INTO kept VALUES (1, 7), (2, 1)
        INSERT INTO lost VALUES (3, 7), (4, 3)
        PRAGMA foreign_key_check
        PRAGMA main.foreign_key_check
        PRAGMA temp.foreign_key_check
        PRAGMA foreign_key_check(lost)
        PRAGMA foreign_key_check(kept)
        PRAGMA foreign_key_check(nowhere)
        SELECT * FROM pragma_foreign_key_check
        SELECT * FROM pragma_foreign_key_check('lost')",
    );
}
