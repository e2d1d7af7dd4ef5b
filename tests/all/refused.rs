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
    stdin:5:138: error[unique]: twice.a 1 is there twice: UNIQUE INDEX one
       = the rows: id 4 and id 6
    stdin:6:1: error[unique]: twice.b 'x' with twice.a 1.0 is there twice: UNIQUE INDEX both
       = the rows: id 4 and id 7
    stdin:7:36: error[unique]: pairs.a 2 is there twice: UNIQUE INDEX by_a
       = the rows: _row 2 and _row 3
    ");
}

/// Each constraint is named, where it has a name; so is the row, and of a foreign key both sides.
#[test]
fn constraints_are_named_with_the_row_and_both_sides() {
    insta::assert_snapshot!(refused(&[
        "CREATE TABLE p(a INTEGER, b TEXT, CONSTRAINT of_p PRIMARY KEY (a, b)); \
         CREATE TABLE c(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, m INTEGER CONSTRAINT big \
         CHECK (m > 10), u TEXT CONSTRAINT one_u UNIQUE, a INTEGER, b TEXT, \
         CONSTRAINT to_p FOREIGN KEY (a, b) REFERENCES p ON UPDATE RESTRICT); \
         CREATE UNIQUE INDEX one_m ON c(m, n); INSERT INTO p VALUES (1, 'x'); \
         INSERT INTO c VALUES (1, 1, 11, 'u', 1, 'x'); INSERT INTO p VALUES (1, 'x')",
        "INSERT INTO c(id, m) VALUES (2, 12)",
        "INSERT INTO c(id, n, m) VALUES (2, 2, 3)",
        "INSERT INTO c(id, n, m, u) VALUES (2, 2, 12, 'u')",
        "INSERT INTO c(id, n, m) VALUES (2, 1, 11)",
        "INSERT INTO c(id, n, a, b) VALUES (7, 1, 1, 'y')",
        "UPDATE p SET a = 2",
        "DELETE FROM p",
    ]), @r#"
    stdin:5:432: error[unique]: p.a 1 with p.b 'x' is there already: PRIMARY KEY of_p
     5 | INSERT INTO p VALUES (1, 'x')
       |                          ^^^
       = the row there: a 1, b 'x'
    stdin:6:30: error[not-null]: c.n must not be NULL
     6 | INSERT INTO c(id, m) VALUES (2, 12)
       |                              ^^^^^
    stdin:7:39: error[check]: a row of c breaks CHECK big (m > 10)
     7 | INSERT INTO c(id, n, m) VALUES (2, 2, 3)
       |                                       ^
       = the row: id 2
       = its values: m 3
    stdin:8:46: error[unique]: c.u 'u' is there already: UNIQUE one_u
     8 | INSERT INTO c(id, n, m, u) VALUES (2, 2, 12, 'u')
       |                                              ^^^
       = the row there: id 1, n 1, m 11, u 'u', a 1, b 'x'
    stdin:9:36: error[unique]: c.m 11 with c.n 1 is there already: UNIQUE INDEX one_m
     9 | INSERT INTO c(id, n, m) VALUES (2, 1, 11)
       |                                    ^
       = the row there: id 1, n 1, m 11, u 'u', a 1, b 'x'
    stdin:10:1: error[foreign-key]: c.a 1 with c.b 'y' refers to p.a 1 with p.b 'y', which is not there: FOREIGN KEY to_p
        = the row of c: id 7
    stdin:11:1: error[foreign-key]: p.a 1 with p.b 'x' is referred to by c.a 1 with c.b 'x': FOREIGN KEY to_p, RESTRICT
        = the row of c: id 1
    stdin:12:1: error[foreign-key]: p.a 1 with p.b 'x' is referred to by c.a 1 with c.b 'x': FOREIGN KEY to_p
        = the row of c: id 1
    "#);
}

/// A statement that fails at its last row leaves nothing: no row, no event, not a byte of the log.
#[test]
fn ten_thousand_rows_of_which_the_last_is_refused_leave_nothing() {
    let place = TestDirectory::new();
    let made = "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)); \
                INSERT INTO t VALUES (20000, 1);";
    assert_eq!(place.run(&["bank"], made).err, "");
    let log = || std::fs::read(place.path().join("bank/events.log")).expect("a log");
    let before = log();
    let rows = (1..10_000).map(|id| format!("({id}, {id}), ")).collect::<String>();
    for (insert, code) in [
        (format!("INSERT INTO t VALUES {rows}(20000, 1);"), "unique"),
        (format!("INSERT INTO t VALUES {rows}(10000, NULL);"), "not-null"),
        (format!("INSERT INTO t VALUES {rows}(10000, -1);"), "check"),
        (
            format!("INSERT INTO t VALUES {rows}(10000, 9223372036854775807 + 1);"),
            "integer-overflow",
        ),
        (
            "INSERT INTO t SELECT value, value - 1 FROM generate_series(10000, 0, -1);".into(),
            "check",
        ),
    ] {
        let run = place.run(&["bank"], &insert);
        assert!(run.err.contains(&format!("error[{code}]")), "{code}: {}", run.err);
        assert_eq!(log(), before, "{code}");
        // In a transaction that goes on, too.
        let script = format!(
            "BEGIN; {insert}\nSELECT (SELECT count(*) FROM t), max(event) FROM _events; ROLLBACK;"
        );
        let run = place.run(&["-q", "--keep-going", "bank"], &script);
        assert_eq!(run.out, "1|2\n", "{code}: {}", run.err);
        assert_eq!(log(), before, "{code}");
    }
}

/// What no row could make right is an error before one is read: of an empty table, too.
#[test]
fn types_that_do_not_fit_are_refused_before_a_row_is_read() {
    insta::assert_snapshot!(refused(&[
        "CREATE TABLE none(id INTEGER PRIMARY KEY, day DATE, n INTEGER, j JSON); SELECT day + day FROM none",
        "SELECT day * 2 FROM none",
        "UPDATE none SET day = TIMESTAMP 'x'",
        "SELECT CAST(n AS DECIMAL(50,2)) FROM none",
        "DELETE FROM none WHERE (n, day) = (1, 2, 3)",
        "INSERT INTO none(n) SELECT n, day FROM none",
        "SELECT abs(n, 1) FROM none",
    ]), @r#"
    stdin:5:80: error[type]: DATE + DATE is not defined
     5 | SELECT day + day FROM none
       |        ^^^^^^^^^ a day moves by an INTEGER of days; datetime(x, '+36 hours') by anything
    stdin:6:8: error[type]: DATE * INTEGER is not defined
     6 | SELECT day * 2 FROM none
       |        ^^^^^^^ julianday(x) makes a number of it, strftime('%Y', x) its year
    stdin:7:23: error[type]: 'x' is no TIMESTAMP
     7 | UPDATE none SET day = TIMESTAMP 'x'
       |                       ^^^^^^^^^^^^^ a TIMESTAMP is 'YYYY-MM-DD HH:MM:SS', with or without an offset behind it
    stdin:8:18: error[type]: DECIMAL has no such digits
     8 | SELECT CAST(n AS DECIMAL(50,2)) FROM none
       |                  ^^^^^^^^^^^^^ DECIMAL(p,s) has 1 to 38 digits, at most all of them behind the point
    stdin:9:24: error[column-count]: 2 values cannot be compared with 3
     9 | DELETE FROM none WHERE (n, day) = (1, 2, 3)
       |                        ^^^^^^^^^^^^^^^^^^^^
    stdin:10:13: error[column-count]: 1 column of none and 2 values
     10 | INSERT INTO none(n) SELECT n, day FROM none
        |             ^^^^
        = none(id, day, n, j)
    stdin:11:8: error[function]: abs takes 1 argument, not 2
     11 | SELECT abs(n, 1) FROM none
        |        ^^^^^^^^^
    "#);
}

/// As in SQLite: what numbers the rows, then the key that was made last.
#[test]
fn a_row_that_meets_others_by_several_keys_is_refused_by_the_first_that_is_asked() {
    let script = "CREATE TABLE m(z TEXT UNIQUE, id INTEGER PRIMARY KEY, y TEXT UNIQUE);
INSERT INTO m VALUES ('a', 1, 'b'), ('c', 2, 'd');
INSERT INTO m VALUES ('a', 1, 'b');
INSERT INTO m VALUES ('a', 3, 'b');
UPDATE m SET z = 'a', y = 'b' WHERE id = 2;
UPDATE m SET z = 'a', y = 'b', id = 1 WHERE id = 2;";
    let run = TestDirectory::new().run(&["-q", "--keep-going"], script);
    let errors: Vec<&str> = run.err.lines().filter(|line| line.contains("error[")).collect();
    assert_eq!(
        errors,
        [
            "stdin:3:28: error[unique]: m.id 1 is there already: PRIMARY KEY",
            "stdin:4:31: error[unique]: m.y 'b' is there already: UNIQUE",
            "stdin:5:27: error[unique]: m.y 'b' is there already: UNIQUE",
            "stdin:6:37: error[unique]: m.id 1 is there already: PRIMARY KEY",
        ]
    );
}
