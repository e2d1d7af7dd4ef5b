//! Where a caret stands under an error of a value: the smallest expression that it is of, however the
//! statement is run.

use crate::shell::TestDirectory;

const TABLES: &str =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, d DECIMAL(9,2), j TEXT, day DATE);
INSERT INTO t VALUES (1, 9223372036854775807, 1, 'no', '2026-01-01'), (2, 1, 2, '[1]', NULL);
CREATE VIEW v AS SELECT id, n + 1 AS more FROM t;
CREATE TABLE log(n INTEGER);
CREATE TRIGGER x AFTER DELETE ON t BEGIN INSERT INTO log VALUES (OLD.n + 1); END;
CREATE TABLE checked(a INTEGER CHECK (a + 9223372036854775807 > 0), g INTEGER AS (a * 2));
";

/// What is said of statements behind these tables.
fn refused(statements: &[&str]) -> String {
    let script = format!("{TABLES}{};\n", statements.join(";\n"));
    let run = TestDirectory::new().run(&["-q", "--keep-going"], script);
    assert_eq!(run.err.matches("error[").count(), statements.len(), "{}", run.err);
    run.err
}

#[test]
fn of_a_query_it_is_the_expression() {
    insta::assert_snapshot!(refused(&[
        "SELECT id, n + 1 FROM t",
        "SELECT id FROM t WHERE n * 2 > 1 AND id < 7",
        "SELECT abs(n - 9223372036854775807 - 2) FROM t",
        "SELECT CAST(j AS DATE) FROM t",
        "SELECT json_extract(j, '$.a') FROM t",
        "SELECT CASE WHEN id = 2 THEN 1 ELSE -(-n - 1) END FROM t",
        "SELECT sum(n) FROM t",
        "SELECT sum(n) OVER (ORDER BY id) FROM t",
        "SELECT id FROM t ORDER BY n + 1",
        "SELECT count(*) FROM t GROUP BY n + id",
        "SELECT t.id FROM t JOIN t AS u ON u.n + u.id = t.id",
        "SELECT (SELECT max(u.n + 5) FROM t AS u WHERE u.id = t.id) FROM t",
        "WITH c AS (SELECT n + 1 AS m FROM t) SELECT m FROM c",
        "SELECT e.value FROM t, json_each(t.j) AS e",
        "SELECT more FROM v",
        "SELECT n LIKE 'x' ESCAPE 'ab' FROM t",
    ]), @r#"
    stdin:7:12: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     7 | SELECT id, n + 1 FROM t
       |            ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:8:24: error[integer-overflow]: 9223372036854775807 * 2 is beyond 64 bits
     8 | SELECT id FROM t WHERE n * 2 > 1 AND id < 7
       |                        ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:9:8: error[integer-overflow]: abs(-9223372036854775808) is beyond 64 bits
     9 | SELECT abs(n - 9223372036854775807 - 2) FROM t
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    stdin:10:8: error[type]: 'no' cannot be cast to DATE
     10 | SELECT CAST(j AS DATE) FROM t
        |        ^^^^^^^^^^^^^^^ a DATE is 'YYYY-MM-DD'; date(x) reads more, and is NULL if it fails
    stdin:11:8: error[json]: malformed JSON: 'no'
     11 | SELECT json_extract(j, '$.a') FROM t
        |        ^^^^^^^^^^^^^^^^^^^^^^
    stdin:12:37: error[integer-overflow]: 0 - -9223372036854775808 is beyond 64 bits
     12 | SELECT CASE WHEN id = 2 THEN 1 ELSE -(-n - 1) END FROM t
        |                                     ^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:13:8: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     13 | SELECT sum(n) FROM t
        |        ^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:14:8: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     14 | SELECT sum(n) OVER (ORDER BY id) FROM t
        |        ^^^^^^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:15:27: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     15 | SELECT id FROM t ORDER BY n + 1
        |                           ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:16:33: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     16 | SELECT count(*) FROM t GROUP BY n + id
        |                                 ^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:17:35: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     17 | SELECT t.id FROM t JOIN t AS u ON u.n + u.id = t.id
        |                                   ^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:18:20: error[integer-overflow]: 9223372036854775807 + 5 is beyond 64 bits
     18 | SELECT (SELECT max(u.n + 5) FROM t AS u WHERE u.id = t.id) FROM t
        |                    ^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:19:19: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     19 | WITH c AS (SELECT n + 1 AS m FROM t) SELECT m FROM c
        |                   ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:20:24: error[json]: malformed JSON: 'no'
     20 | SELECT e.value FROM t, json_each(t.j) AS e
        |                        ^^^^^^^^^
    stdin:21:18: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     21 | SELECT more FROM v
        |                  ^ CAST one side AS REAL to compute with rounding
    stdin:22:8: error[escape]: ESCAPE 'ab' is not one character
     22 | SELECT n LIKE 'x' ESCAPE 'ab' FROM t
        |        ^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn of_a_write_it_is_the_value_or_what_is_inside_of_it() {
    insta::assert_snapshot!(refused(&[
        "INSERT INTO t(n) VALUES (1), (1 + (9223372036854775807 + 2))",
        "INSERT INTO t(n) SELECT n + 1 FROM t",
        "UPDATE t SET d = 1, n = n + 1",
        "UPDATE t SET d = 5 WHERE n + 1 > 2",
        "DELETE FROM t WHERE n * 3 = 0",
        "INSERT INTO t(id, n) VALUES (1, 5) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        "INSERT INTO t(n) VALUES (9223372036854775807) RETURNING n + 1",
        "INSERT INTO checked(a) VALUES (5)",
        "INSERT INTO checked(a) VALUES (-9223372036854775807)",
        "DELETE FROM t",
    ]), @r#"
    stdin:7:35: error[integer-overflow]: 9223372036854775807 + 2 is beyond 64 bits
     7 | INSERT INTO t(n) VALUES (1), (1 + (9223372036854775807 + 2))
       |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
       = row 2, column n
    stdin:8:25: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     8 | INSERT INTO t(n) SELECT n + 1 FROM t
       |                         ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:9:25: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     9 | UPDATE t SET d = 1, n = n + 1
       |                         ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:10:26: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     10 | UPDATE t SET d = 5 WHERE n + 1 > 2
        |                          ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:11:21: error[integer-overflow]: 9223372036854775807 * 3 is beyond 64 bits
     11 | DELETE FROM t WHERE n * 3 = 0
        |                     ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:12:66: error[integer-overflow]: 9223372036854775807 + 5 is beyond 64 bits
     12 | INSERT INTO t(id, n) VALUES (1, 5) ON CONFLICT DO UPDATE SET n = n + excluded.n
        |                                                                  ^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
        = the row changed: id 1
    stdin:13:57: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     13 | INSERT INTO t(n) VALUES (9223372036854775807) RETURNING n + 1
        |                                                         ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:14:32: error[integer-overflow]: 5 + 9223372036854775807 is beyond 64 bits
     14 | INSERT INTO checked(a) VALUES (5)
        |                                ^ CAST one side AS REAL to compute with rounding
    stdin:15:32: error[integer-overflow]: -9223372036854775807 * 2 is beyond 64 bits
     15 | INSERT INTO checked(a) VALUES (-9223372036854775807)
        |                                ^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:16:1: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
        = CAST one side AS REAL to compute with rounding
        = in trigger x
    "#);
}

/// Statements that differ in literals share a plan; each has its own text.
#[test]
fn of_a_shared_plan_it_is_in_the_text_that_was_run() {
    insta::assert_snapshot!(refused(&[
        "SELECT n + 1 FROM t WHERE id = 1",
        "SELECT   n + 22 FROM t WHERE id = 1",
        "SELECT n /* far */ +    333 FROM t WHERE id = 1",
        "SELECT n + 4444\n  FROM t WHERE id   = 1",
        "UPDATE t SET n = n + 1 WHERE id = 1",
        "UPDATE t SET  n = n + 22 WHERE id = 1",
        "UPDATE t SET n =    n + 333 WHERE id = 1",
        "INSERT INTO t(n) VALUES (9223372036854775807 + 1)",
        "INSERT INTO t(n) VALUES (9223372036854775807 + 22)",
        "INSERT INTO t(n) VALUES (9223372036854775807 +    333)",
    ]), @r#"
    stdin:7:8: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     7 | SELECT n + 1 FROM t WHERE id = 1
       |        ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:8:10: error[integer-overflow]: 9223372036854775807 + 22 is beyond 64 bits
     8 | SELECT   n + 22 FROM t WHERE id = 1
       |          ^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:9:8: error[integer-overflow]: 9223372036854775807 + 333 is beyond 64 bits
     9 | SELECT n /* far */ +    333 FROM t WHERE id = 1
       |        ^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:10:8: error[integer-overflow]: 9223372036854775807 + 4444 is beyond 64 bits
     10 | SELECT n + 4444
        |        ^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:12:18: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     12 | UPDATE t SET n = n + 1 WHERE id = 1
        |                  ^^^^^ CAST one side AS REAL to compute with rounding
    stdin:13:19: error[integer-overflow]: 9223372036854775807 + 22 is beyond 64 bits
     13 | UPDATE t SET  n = n + 22 WHERE id = 1
        |                   ^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:14:21: error[integer-overflow]: 9223372036854775807 + 333 is beyond 64 bits
     14 | UPDATE t SET n =    n + 333 WHERE id = 1
        |                     ^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:15:26: error[integer-overflow]: 9223372036854775807 + 1 is beyond 64 bits
     15 | INSERT INTO t(n) VALUES (9223372036854775807 + 1)
        |                          ^^^^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:16:26: error[integer-overflow]: 9223372036854775807 + 22 is beyond 64 bits
     16 | INSERT INTO t(n) VALUES (9223372036854775807 + 22)
        |                          ^^^^^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    stdin:17:26: error[integer-overflow]: 9223372036854775807 + 333 is beyond 64 bits
     17 | INSERT INTO t(n) VALUES (9223372036854775807 +    333)
        |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ CAST one side AS REAL to compute with rounding
    "#);
}
