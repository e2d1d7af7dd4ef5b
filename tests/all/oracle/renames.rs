//! ALTER TABLE beside views and triggers: which changes SQLite refuses for one of them, and what their
//! texts are behind the others.
//!
//! Names of tables come without the quotes that SQLite puts around them.

use super::{Pair, Plain, plain};
use crate::answer::rows_of;

/// The tables of each case.
const TABLES: &[&str] = &["CREATE TABLE t(a, b)", "CREATE TABLE u(a, c)", "CREATE TABLE w(d, e)"];

/// The texts of all definitions.
const TEXTS: &str = "SELECT sql FROM (SELECT * FROM sqlite_master UNION ALL SELECT * FROM \
                     sqlite_temp_master) WHERE type IN ('view', 'trigger') ORDER BY name";

/// Definitions, and a change that they follow or that both refuse.
const CASES: &[(&[&str], &str)] = &[
    (
        &["CREATE VIEW v AS SELECT a FROM t WHERE EXISTS (SELECT 1 WHERE t.b = 1)"],
        "ALTER TABLE t RENAME b TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT j.value FROM t JOIN json_each(json_array(t.b)) AS j"],
        "ALTER TABLE t RENAME b TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT sum(a) FILTER (WHERE b > 1) OVER w FROM t \
           WINDOW w AS (PARTITION BY b ORDER BY a + b)"],
        "ALTER TABLE t RENAME b TO z",
    ),
    (
        &[
            "CREATE VIEW v AS WITH RECURSIVE r(n) AS (SELECT b FROM t UNION ALL SELECT n + b FROM r \
           JOIN t ON t.a = n WHERE n < 5) SELECT n FROM r",
        ],
        "ALTER TABLE t RENAME b TO z",
    ),
    (
        &[
            "CREATE VIEW v AS VALUES ((SELECT b FROM t))",
            "CREATE VIEW v2 AS SELECT a IS b, CASE b \
           WHEN a THEN b END, CAST(b AS TEXT), b COLLATE NOCASE, b BETWEEN b AND b FROM t AS x \
           WHERE x.b NOT NULL",
        ],
        "ALTER TABLE t RENAME b TO z",
    ),
    (
        &[
            "CREATE TRIGGER tr AFTER UPDATE OF b ON t WHEN new.b IN (SELECT b FROM t) BEGIN UPDATE t \
           SET (a, b) = (SELECT b, a FROM t) WHERE (b, a) IN (SELECT b, a FROM t); END",
        ],
        "ALTER TABLE t RENAME b TO z",
    ),
    (&["CREATE VIEW v AS SELECT * FROM v"], "ALTER TABLE t RENAME b TO z"),
    (
        &["CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW v2 AS SELECT a FROM v"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS SELECT a FROM (SELECT a FROM t)"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (
        &["CREATE VIEW v AS SELECT q.a FROM (SELECT a FROM t) q"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT q.a FROM (SELECT a AS a FROM t) q"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS WITH q AS (SELECT a FROM t) SELECT a FROM q"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS WITH q(a) AS (SELECT a FROM t) SELECT a FROM q"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS WITH t AS (SELECT 1 a) SELECT a FROM t"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS WITH t AS (SELECT 1 a) SELECT a FROM t"], "ALTER TABLE t RENAME TO z"),
    (
        &["CREATE VIEW v AS WITH q AS (SELECT 1 a) SELECT q.a,t.b FROM q,t"],
        "ALTER TABLE t RENAME TO q",
    ),
    (
        &["CREATE VIEW v AS SELECT a FROM t UNION SELECT a FROM u"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT a FROM t UNION SELECT a FROM u ORDER BY a"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS SELECT t.a, u.a FROM t, u"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (&["CREATE VIEW v AS SELECT t.b, d FROM t, w"], "ALTER TABLE t RENAME COLUMN b TO d"),
    (&["CREATE VIEW v AS SELECT b, c FROM t, u"], "ALTER TABLE t RENAME COLUMN b TO c"),
    (&["CREATE VIEW v AS SELECT b, w.d FROM t, w"], "ALTER TABLE t RENAME COLUMN b TO d"),
    (
        &["CREATE VIEW v AS SELECT b AS d, w.d FROM t, w ORDER BY d"],
        "ALTER TABLE t RENAME COLUMN b TO d",
    ),
    (&["CREATE VIEW v AS SELECT a FROM t JOIN u USING(a)"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (&["CREATE VIEW v AS SELECT b FROM t NATURAL JOIN u"], "ALTER TABLE t RENAME COLUMN b TO z"),
    (
        &["CREATE VIEW v AS SELECT x.b FROM t AS x NATURAL JOIN t AS y"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS WITH q AS (SELECT a FROM t) SELECT 1"], "ALTER TABLE t RENAME a TO z"),
    (
        &["CREATE VIEW v AS WITH q AS (WITH r AS (SELECT a FROM t) SELECT 2) SELECT 1"],
        "ALTER TABLE t RENAME a TO z",
    ),
    (&["CREATE VIEW v AS WITH q AS (SELECT a FROM t) SELECT 1"], "ALTER TABLE t RENAME TO z"),
    (&["CREATE VIEW v AS WITH q AS (SELECT no FROM t) SELECT 1"], "ALTER TABLE t RENAME a TO z"),
    (
        &["CREATE VIEW v AS SELECT b FROM t WINDOW w AS (PARTITION BY a ORDER BY a + 1, t.a)"],
        "ALTER TABLE t RENAME a TO z",
    ),
    (&["CREATE VIEW v AS SELECT b FROM t WINDOW w AS (ORDER BY a)"], "ALTER TABLE t DROP a"),
    (
        &["CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW v2 AS SELECT a FROM v"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v(p) AS SELECT a FROM t", "CREATE VIEW v2 AS SELECT p FROM v"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v(a) AS SELECT a FROM t", "CREATE VIEW v2 AS SELECT a FROM v"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT a AS x, x+1 y FROM (SELECT a, 1 x FROM t)"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS SELECT b AS a FROM t ORDER BY a"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (&["CREATE VIEW v AS SELECT b AS a FROM t WHERE a>1"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (
        &["CREATE VIEW v AS SELECT a a FROM t GROUP BY a HAVING a>1"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT d FROM w WHERE EXISTS(SELECT 1 FROM t WHERE a=d)"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT \"a\", [a], `a`, t.\"a\" FROM t"],
        "ALTER TABLE t RENAME COLUMN a TO \"z z\"",
    ),
    (&["CREATE VIEW v AS SELECT a FROM t"], "ALTER TABLE t RENAME TO v"),
    (&["CREATE VIEW v AS SELECT a FROM t AS u, w AS t"], "ALTER TABLE t RENAME TO zz"),
    (&["CREATE VIEW v AS SELECT u.a FROM t AS u"], "ALTER TABLE u RENAME TO zz"),
    (&["CREATE VIEW v AS SELECT u.a FROM t AS u, w AS t"], "ALTER TABLE w RENAME TO zz"),
    (&["CREATE VIEW v AS SELECT t.a, w.d FROM t, w"], "ALTER TABLE t RENAME TO u2"),
    (&["CREATE VIEW v AS SELECT u2.d FROM t, w AS u2"], "ALTER TABLE t RENAME TO u2"),
    (&["CREATE VIEW v AS SELECT main.t.a FROM main.t"], "ALTER TABLE t RENAME TO u2"),
    (&["CREATE VIEW v AS SELECT t.* FROM t"], "ALTER TABLE t RENAME TO u2"),
    (&["CREATE VIEW v AS SELECT (SELECT t.a) FROM t"], "ALTER TABLE t RENAME TO u2"),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u(a,c) VALUES(new.a,new.b); END"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u(a,c) VALUES(new.a,new.b); END"],
        "ALTER TABLE u RENAME COLUMN a TO z",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u(a,c) VALUES(new.a,new.b); END"],
        "ALTER TABLE u RENAME TO zz",
    ),
    (
        &[
            "CREATE TRIGGER tr AFTER UPDATE OF a ON t WHEN new.a>old.a BEGIN UPDATE u SET a=new.a, c=(SELECT max(a) FROM t) WHERE a=old.a; DELETE FROM u WHERE a=new.a; SELECT a FROM t; END",
        ],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &[
            "CREATE TRIGGER tr AFTER UPDATE OF a ON t WHEN new.a>old.a BEGIN UPDATE u SET a=new.a, c=(SELECT max(a) FROM t) WHERE a=old.a; DELETE FROM u WHERE a=new.a; SELECT a FROM t; END",
        ],
        "ALTER TABLE u RENAME COLUMN a TO z",
    ),
    (
        &["CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN UPDATE u SET a=new.a; END"],
        "ALTER TABLE t RENAME TO zz",
    ),
    (
        &[
            "CREATE UNIQUE INDEX ui ON u(a)",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u(a,c) VALUES(1,2) ON CONFLICT(a) DO UPDATE SET c=excluded.a, a=u.a+1 WHERE excluded.a>a; END",
        ],
        "ALTER TABLE u RENAME COLUMN a TO z",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT a FROM missing; END"],
        "ALTER TABLE u RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS SELECT * FROM missing"], "ALTER TABLE u RENAME COLUMN a TO z"),
    (&["CREATE VIEW v AS SELECT * FROM missing"], "ALTER TABLE u RENAME TO zz"),
    (&["CREATE VIEW v AS SELECT nocol FROM t"], "ALTER TABLE u RENAME TO zz"),
    (&["CREATE VIEW v AS SELECT nocol FROM t"], "ALTER TABLE t DROP COLUMN b"),
    (&["CREATE VIEW v AS SELECT * FROM missing"], "ALTER TABLE u DROP COLUMN a"),
    (&["CREATE VIEW v AS SELECT a FROM t"], "ALTER TABLE t DROP COLUMN a"),
    (&["CREATE VIEW v AS SELECT a FROM t JOIN u USING(a)"], "ALTER TABLE t DROP COLUMN a"),
    (
        &["CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW v2 AS SELECT a FROM v"],
        "ALTER TABLE t DROP COLUMN a",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u VALUES(new.a,1); END"],
        "ALTER TABLE t DROP COLUMN a",
    ),
    (
        &[
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(new.a); END",
        ],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &[
            "CREATE VIEW v(a) AS SELECT a FROM t",
            "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(new.a); END",
        ],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT count(*) OVER (PARTITION BY a ORDER BY b) FROM t"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (
        &["CREATE VIEW v AS SELECT a FROM t WHERE (a,b) IN (SELECT a,c FROM u)"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
    (&["CREATE VIEW v AS SELECT a FROM t"], "ALTER TABLE v RENAME TO vv"),
    (&["CREATE VIEW v AS SELECT a FROM t"], "ALTER TABLE v RENAME COLUMN a TO vv"),
    (
        &["CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW v2 AS SELECT a FROM v"],
        "ALTER TABLE t RENAME TO zz",
    ),
    (
        &["CREATE VIEW v AS SELECT x.a FROM t AS x LEFT JOIN t AS y ON x.a=y.b"],
        "ALTER TABLE t RENAME COLUMN a TO b2",
    ),
    (&["CREATE TEMP VIEW v AS SELECT a FROM t"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (
        &["CREATE TEMP TRIGGER v AFTER INSERT ON t BEGIN INSERT INTO u VALUES(new.a,1); END"],
        "ALTER TABLE t RENAME COLUMN a TO z",
    ),
];

/// Changes that SQLite makes and we refuse, since what a definition does would be something else, or
/// nothing any more.
const REFUSED: &[(&[&str], &str)] = &[
    (&["CREATE VIEW v AS SELECT b FROM t NATURAL JOIN u"], "ALTER TABLE t RENAME COLUMN a TO z"),
    (&["CREATE VIEW v AS SELECT b FROM t NATURAL JOIN u"], "ALTER TABLE t DROP COLUMN a"),
    (&["CREATE VIEW v AS SELECT b FROM t NATURAL JOIN u"], "ALTER TABLE u RENAME COLUMN c TO b"),
    (&["CREATE VIEW v AS WITH q AS (SELECT a FROM t) SELECT 1"], "ALTER TABLE t DROP COLUMN a"),
    (
        &["CREATE VIEW v AS SELECT d FROM w WHERE EXISTS (SELECT 1 FROM t WHERE a = d)"],
        "ALTER TABLE w RENAME COLUMN d TO a",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u VALUES (1, 1); END"],
        "ALTER TABLE u DROP COLUMN a",
    ),
    (
        &["CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u(a) VALUES (1); END"],
        "ALTER TABLE u DROP COLUMN a",
    ),
    (
        &["CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN SELECT 1; END"],
        "ALTER TABLE t DROP COLUMN a",
    ),
];

/// The texts without quotes.
fn unquoted(rows: Vec<Vec<Plain>>) -> Vec<String> {
    let text = |row: Vec<Plain>| match row.as_slice() {
        [Plain::Text(text)] => text.replace('"', ""),
        other => format!("{other:?}"),
    };
    rows.into_iter().map(text).collect()
}

fn prepared(definitions: &[&str]) -> Pair {
    let mut pair = Pair::new();
    TABLES.iter().chain(definitions).for_each(|sql| pair.execute(sql));
    pair
}

#[test]
fn definitions_follow_as_in_sqlite_or_stand_in_the_way() {
    let mut wrong = Vec::new();
    for (definitions, change) in CASES {
        let mut pair = prepared(definitions);
        let ours = pair.session.execute(change).map(drop);
        let theirs = pair.sqlite.execute_batch(change);
        if ours.is_ok() != theirs.is_ok() {
            wrong.push(format!("{definitions:?}\n{change}\nours {ours:?}\nSQLite {theirs:?}"));
            continue;
        }
        let ours = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
        let theirs = unquoted(pair.ask_sqlite(TEXTS).expect(TEXTS));
        if ours != theirs {
            wrong.push(format!("{definitions:?}\n{change}\nours {ours:#?}\nSQLite {theirs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_would_mean_something_else_is_refused() {
    for (definitions, change) in REFUSED {
        let mut pair = prepared(definitions);
        let error = pair.session.execute(change).map(drop).expect_err(change);
        assert_eq!(error.code(), "alter-table", "{change}: {error}");
        let texts = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
        assert_eq!(texts, *definitions, "{change} leaves everything as it was");
        pair.sqlite.execute_batch(change).expect("SQLite makes it");
    }
}

#[test]
fn the_columns_of_using_follow_where_both_sides_do() {
    let mut pair = prepared(&["CREATE VIEW v AS SELECT x.b FROM t AS x JOIN t AS y USING (a)"]);
    pair.session.execute("ALTER TABLE t RENAME COLUMN a TO z").expect("SQLite refuses it");
    let texts = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
    assert_eq!(texts, ["CREATE VIEW v AS SELECT x.b FROM t AS x JOIN t AS y USING (z)"]);
}

#[test]
fn what_is_read_in_the_past_keeps_its_name() {
    let mut pair = Pair::new();
    let mut run = |sql: &str| pair.session.execute(sql).map(drop);
    run("CREATE TABLE t(a)").expect("a table");
    run("INSERT INTO t VALUES (1)").expect("a row");
    run("CREATE VIEW past AS SELECT a FROM t AS OF EVENT 2").expect("a view");
    run("CREATE VIEW changed AS SELECT op FROM (HISTORY OF t) h").expect("a view");
    run("ALTER TABLE t RENAME COLUMN a TO z").expect("nothing that is now names it");
    run("ALTER TABLE t RENAME TO things").expect("nothing that is now names it");
    let texts = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
    let history = "CREATE VIEW changed AS SELECT op FROM (HISTORY OF things) h";
    assert_eq!(texts, [history, "CREATE VIEW past AS SELECT a FROM t AS OF EVENT 2"]);
    for (query, wanted) in [("SELECT * FROM past", "1"), ("SELECT * FROM changed", "insert")] {
        let rows = rows_of(&mut pair.session, query).expect(query);
        assert_eq!(rows.len(), 1, "{query}");
        assert_eq!(rows[0][0].to_text(), wanted, "{query}");
    }
}

#[test]
fn periods_that_end_with_the_present_are_of_what_has_the_name_now() {
    let mut pair = Pair::new();
    let mut run = |sql: &str| pair.session.execute(sql).map(drop);
    run("CREATE TABLE t(a, b)").expect("a table");
    run("INSERT INTO t VALUES (1, 2)").expect("a row");
    for (name, period) in [
        ("all_of_it", "FOR SYSTEM_TIME ALL"),
        ("between_them", "FOR SYSTEM_TIME BETWEEN EVENT 1 AND LATEST"),
        ("from_to", "FOR SYSTEM_TIME FROM START TO LATEST"),
        ("of_latest", "AS OF LATEST"),
        ("past_period", "FOR SYSTEM_TIME BETWEEN EVENT 1 AND EVENT 2"),
    ] {
        run(&format!("CREATE VIEW {name} AS SELECT t.a FROM t {period}")).expect(name);
    }
    run("ALTER TABLE t RENAME COLUMN a TO z").expect("all views follow");
    run("ALTER TABLE t RENAME TO things").expect("all views follow");
    let error = run("ALTER TABLE things DROP COLUMN z").expect_err("what the views name");
    assert_eq!(error.code(), "alter-table", "{error}");
    run("ALTER TABLE things DROP COLUMN b").expect("nothing names it");
    let texts = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
    let renamed = [
        "CREATE VIEW all_of_it AS SELECT things.z FROM things FOR SYSTEM_TIME ALL",
        "CREATE VIEW between_them AS SELECT things.z FROM things \
         FOR SYSTEM_TIME BETWEEN EVENT 1 AND LATEST",
        "CREATE VIEW from_to AS SELECT things.z FROM things FOR SYSTEM_TIME FROM START TO LATEST",
        "CREATE VIEW of_latest AS SELECT things.z FROM things AS OF LATEST",
        "CREATE VIEW past_period AS SELECT t.a FROM t \
         FOR SYSTEM_TIME BETWEEN EVENT 1 AND EVENT 2",
    ];
    assert_eq!(texts, renamed);
    for view in ["all_of_it", "between_them", "from_to", "of_latest", "past_period"] {
        let rows = rows_of(&mut pair.session, &format!("SELECT * FROM {view}")).expect(view);
        assert_eq!(rows.len(), 1, "{view}");
        assert_eq!(rows[0][0].to_text(), "1", "{view}");
    }
}

#[test]
fn histories_that_end_with_the_present_follow_in_their_conditions() {
    let mut pair = Pair::new();
    let mut run = |sql: &str| pair.session.execute(sql).map(drop);
    run("CREATE TABLE t(a, b)").expect("a table");
    run("INSERT INTO t VALUES (1, 2)").expect("a row");
    for (name, history) in [
        ("all_of_it", "HISTORY OF t WHERE a > 0 AND t.a < b"),
        ("past_range", "HISTORY OF t WHERE a > 0 BETWEEN EVENT 1 AND EVENT 2"),
        ("until_latest", "HISTORY OF t WHERE a > 0 BETWEEN EVENT 1 AND LATEST"),
    ] {
        run(&format!("CREATE VIEW {name} AS SELECT op FROM ({history}) h")).expect(name);
    }
    run("ALTER TABLE t RENAME COLUMN a TO z").expect("all views follow");
    run("ALTER TABLE t RENAME TO things").expect("all views follow");
    for column in ["z", "b"] {
        let error = run(&format!("ALTER TABLE things DROP COLUMN {column}"));
        let error = error.expect_err("what a view names");
        assert_eq!(error.code(), "alter-table", "{error}");
    }
    let texts = unquoted(plain(&rows_of(&mut pair.session, TEXTS).expect(TEXTS)));
    let renamed = [
        "CREATE VIEW all_of_it AS SELECT op FROM (HISTORY OF things WHERE z > 0 AND things.z < b) h",
        "CREATE VIEW past_range AS SELECT op FROM \
         (HISTORY OF t WHERE a > 0 BETWEEN EVENT 1 AND EVENT 2) h",
        "CREATE VIEW until_latest AS SELECT op FROM \
         (HISTORY OF things WHERE z > 0 BETWEEN EVENT 1 AND LATEST) h",
    ];
    assert_eq!(texts, renamed);
    for view in ["all_of_it", "past_range", "until_latest"] {
        let rows = rows_of(&mut pair.session, &format!("SELECT * FROM {view}")).expect(view);
        assert_eq!(rows.len(), 1, "{view}");
    }
}
