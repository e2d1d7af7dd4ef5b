//! Rows that are refused: where the value stands, which row it is, and what is there already.

use crate::shell::TestDirectory;

/// Two tables, and rows in them.
const TABLES: &str = "CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, \
     balance DECIMAL(9,2));
CREATE TABLE pairs(a INTEGER, b TEXT, UNIQUE(a, b));
INSERT INTO accounts VALUES (1, 'Ada', 100), (2, 'Bob', 20);
INSERT INTO pairs VALUES (1, 'x'), (2, NULL);
";

/// What is said of statements behind these tables, each without its first line's place.
fn refused(statements: &[&str]) -> String {
    let script = format!("{TABLES}{};\n", statements.join(";\n"));
    let run = TestDirectory::new().run(&["-q", "--keep-going"], script);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(run.err.matches("error[").count(), statements.len(), "{}", run.err);
    run.err
}

#[test]
fn a_caret_points_at_the_value_of_a_values_list() {
    insta::assert_snapshot!(refused(&[
        "INSERT INTO accounts VALUES (3, 'Eve', 1),\n  (4, 'Joe', 'abc')",
        "INSERT INTO accounts(owner, id) VALUES ('Eve', 1)",
        "INSERT INTO accounts(balance, owner) VALUES (1, NULL)",
        "INSERT INTO accounts VALUES (3, 'a', 1), (4, 'b', 1), (3, 'c', 1)",
        "INSERT INTO pairs VALUES (1, 'x')",
        "INSERT INTO pairs VALUES (7, 'y'), (8, CAST('x' AS DATE))",
        "INSERT INTO pairs(rowid, a) VALUES ('x', 1)",
    ]), @r#"
    stdin:6:14: error[type]: accounts.balance cannot hold it: 'abc' does not fit DECIMAL(9,2)
     6 |   (4, 'Joe', 'abc')
       |              ^^^^^ a FLEXIBLE table takes any value, as in SQLite: SET flexible_types = on, or --flexible-types
       = row 2, column balance
    stdin:7:48: error[unique]: accounts.id 1 is there already: PRIMARY KEY
     7 | INSERT INTO accounts(owner, id) VALUES ('Eve', 1)
       |                                                ^
       = the row there: id 1, owner 'Ada', balance 100.00
    stdin:8:49: error[not-null]: accounts.owner must not be NULL
     8 | INSERT INTO accounts(balance, owner) VALUES (1, NULL)
       |                                                 ^^^^
    stdin:9:56: error[unique]: accounts.id 3 is given twice: PRIMARY KEY
     9 | INSERT INTO accounts VALUES (3, 'a', 1), (4, 'b', 1), (3, 'c', 1)
       |                                                        ^
       = row 3, column id
       = row 1 gives it first
    stdin:10:30: error[unique]: pairs.a 1 with pairs.b 'x' is there already: UNIQUE
     10 | INSERT INTO pairs VALUES (1, 'x')
        |                              ^^^
        = the row there: a 1, b 'x'
    stdin:11:40: error[type]: 'x' cannot be cast to DATE
     11 | INSERT INTO pairs VALUES (7, 'y'), (8, CAST('x' AS DATE))
        |                                        ^^^^^^^^^^^^^^^^^ a DATE is 'YYYY-MM-DD'; date(x) reads more, and is NULL if it fails
        = row 2, column b
    stdin:12:37: error[rowid]: 'x' is no number of a row of pairs
     12 | INSERT INTO pairs(rowid, a) VALUES ('x', 1)
        |                                     ^^^ it is a whole number from 1 to 9223372036854775807
    "#);
}

#[test]
fn a_row_whose_value_is_not_written_is_named() {
    insta::assert_snapshot!(refused(&[
        "INSERT INTO accounts(balance) VALUES (1), (2)",
        "INSERT INTO accounts {\"id\": 9, \"owner\": null}",
        "INSERT INTO accounts SELECT id + 7, owner, balance FROM accounts",
        "INSERT INTO accounts SELECT id + 7, owner || 'x', 'q' FROM accounts",
        "INSERT INTO accounts DEFAULT VALUES",
        "UPDATE accounts SET owner = NULL WHERE id = 2",
        "UPDATE accounts SET owner = 'Ada'",
        "UPDATE accounts SET id = 1 WHERE id = 2",
        "UPDATE pairs SET a = 'q' WHERE b IS NULL",
    ]), @r#"
    stdin:5:39: error[not-null]: accounts.owner must not be NULL
     5 | INSERT INTO accounts(balance) VALUES (1), (2)
       |                                       ^
       = row 1, column owner
    stdin:6:22: error[not-null]: accounts.owner must not be NULL
     6 | INSERT INTO accounts {"id": 9, "owner": null}
       |                      ^^^^^^^^^^^^^^^^^^^^^^^^
    stdin:7:1: error[unique]: accounts.owner 'Ada' is there already: UNIQUE
       = the row of the query: id 8
       = the row there: id 1, owner 'Ada', balance 100.00
    stdin:8:1: error[type]: accounts.balance cannot hold it: 'q' does not fit DECIMAL(9,2)
       = a FLEXIBLE table takes any value, as in SQLite: SET flexible_types = on, or --flexible-types
       = row 1 of the query: id 8
    stdin:9:1: error[not-null]: accounts.owner must not be NULL
    stdin:10:29: error[not-null]: accounts.owner must not be NULL
     10 | UPDATE accounts SET owner = NULL WHERE id = 2
        |                             ^^^^
        = the row changed: id 2
    stdin:11:29: error[unique]: accounts.owner 'Ada' is given twice: UNIQUE
     11 | UPDATE accounts SET owner = 'Ada'
        |                             ^^^^^
        = the row changed: id 2
    stdin:12:26: error[unique]: accounts.id 1 is there already: PRIMARY KEY
     12 | UPDATE accounts SET id = 1 WHERE id = 2
        |                          ^
        = the row changed: id 2
        = the row there: id 1, owner 'Ada', balance 100.00
    stdin:13:22: error[type]: pairs.a cannot hold it: 'q' does not fit INTEGER without loss
     13 | UPDATE pairs SET a = 'q' WHERE b IS NULL
        |                      ^^^ a FLEXIBLE table takes any value, as in SQLite: SET flexible_types = on, or --flexible-types
        = the row changed: _row 2
    "#);
}

/// The second statement of a shape has a plan that knows no places.
#[test]
fn a_shared_plan_points_at_the_same_place() {
    let statement = |id: u8| format!("INSERT INTO accounts VALUES ({id}, 'Ada', 1)");
    let said = refused(&[&statement(3), &statement(4), &statement(5)]);
    assert_eq!(
        said.matches("(5, 'Ada', 1)\n   |                                 ^^^^^\n").count(),
        1
    );
    assert_eq!(said.matches("^^^^^\n").count(), 3, "{said}");
    // Whoever reads JSON has the place in bytes of the statement.
    let script = format!("{TABLES}INSERT INTO accounts VALUES (7, 'Ada', 1);\n");
    let run = TestDirectory::new().run(&["--error-format", "json"], script);
    assert!(run.err.contains("\"offset\":32,\"length\":5,"), "{}", run.err);
    assert!(run.err.contains("\"notes\":[\"the row there: id 1, "), "{}", run.err);
}

/// Keys that rows have twice, two of them.
#[test]
fn a_unique_index_names_the_key_and_the_rows_that_have_it() {
    insta::assert_snapshot!(refused(&[
        "CREATE TABLE twice(id INTEGER PRIMARY KEY, a, b TEXT); \
         INSERT INTO twice VALUES (4, 1, 'x'), (5, NULL, 'x'), (6, 1, 'y'), (7, 1.0, 'x'); \
         CREATE UNIQUE INDEX one ON twice(a)",
        "CREATE UNIQUE INDEX both ON twice(b, a)",
        "INSERT INTO pairs VALUES (2, 'y'); CREATE UNIQUE INDEX by_a ON pairs(a)",
    ]), @"
    stdin:5:138: error[unique]: twice.a 1 is there twice: UNIQUE
       = the rows: id 4 and id 6
    stdin:6:1: error[unique]: twice.b 'x' with twice.a 1.0 is there twice: UNIQUE
       = the rows: id 4 and id 7
    stdin:7:36: error[unique]: pairs.a 2 is there twice: UNIQUE
       = the rows: _row 2 and _row 3
    ");
}
