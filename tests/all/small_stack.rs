//! The library on a thread of little stack: the limits of an expression are the same there.

use asof::language::parse_statement;
use asof::session::{Error, Outcome, Session};
use asof::storage::Database;
use asof::types::column::value_at;
use asof::types::{Decimal, Value};
use std::sync::Arc;
use std::thread;

/// Bytes of stack: an eighth of what the first thread of a program mostly has.
const STACK: usize = 512 << 10;

/// How many terms a chain has that is nearly as tall as it may be.
const TERMS: usize = 990;

/// How deep brackets of any kind may stand in each other.
const DEPTH: usize = 100;

fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(test);
    thread.expect("a thread").join().expect("the test passes");
}

fn session() -> Session {
    let database = Database::in_memory().expect("a database");
    let mut session = Session::new(Arc::new(database));
    for statement in ["CREATE TABLE t(a INTEGER, d DECIMAL(9,2))", "INSERT INTO t VALUES (1, 1.5)"]
    {
        session.execute(statement).expect(statement);
    }
    session
}

/// The one value that a query gives.
fn value(session: &mut Session, query: &str) -> Result<Value, Error> {
    let Outcome::Rows(mut rows) = session.execute(query)? else { panic!("no rows: {query}") };
    let data_type = rows.columns[0].data_type;
    let batch = rows.next().expect("a row")?;
    Ok(value_at(&batch.columns[0], data_type, 0))
}

/// An expression of several parts with something between them.
fn chain(first: &str, operator: &str, next: &str) -> String {
    format!("{first}{}", format!(" {operator} {next}").repeat(TERMS - 1))
}

/// An expression inside so many others.
fn nested(before: &str, inner: &str, behind: &str, depth: usize) -> String {
    format!("{}{inner}{}", before.repeat(depth), behind.repeat(depth))
}

/// Tall expressions over `a`, which is 1, with their values.
fn tall() -> Vec<(String, Value)> {
    let terms = i64::try_from(TERMS).expect("it is small");
    let integer = Value::Integer;
    vec![
        (chain("a", "AND", "a"), Value::Boolean(true)),
        (chain("a", "OR", "a"), Value::Boolean(true)),
        (chain("a = 2", "OR", "a = 1"), Value::Boolean(true)),
        (chain("a", "+", "a"), integer(terms)),
        (chain("a", "-", "1"), integer(2 - terms)),
        (chain("a", "*", "1"), integer(1)),
        (chain("a", "||", "a"), Value::text("1".repeat(TERMS))),
        (chain("a", "=", "a"), Value::Boolean(true)),
        (chain("1", "+", "1"), integer(terms)),
        (
            chain("d * 0 + 0.5", "+", "0.5"),
            Value::Decimal(Decimal::parse("495.0").expect("a number")),
        ),
        (format!("a{}", " IS NOT NULL".repeat(TERMS - 1)), Value::Boolean(true)),
        (format!("a{}", " IN (1)".repeat(TERMS - 1)), Value::Boolean(true)),
        (nested("(", "a", ")", DEPTH - 1), integer(1)),
        (nested("NOT ", "a", "", DEPTH - 1), Value::Boolean(false)),
        (nested("- ", "a", "", DEPTH - 1), integer(-1)),
        (nested("~", "a", "", DEPTH - 1), integer(-2)),
        (nested("abs(", "a", ")", DEPTH - 1), integer(1)),
        (nested("coalesce(NULL, ", "a", ")", DEPTH - 1), integer(1)),
        (nested("CAST(", "a", " AS INTEGER)", DEPTH - 1), integer(1)),
        (nested("CASE WHEN a THEN ", "a", " END", DEPTH - 1), integer(1)),
        (nested("CASE a WHEN ", "a", " THEN 1 END", DEPTH - 1), integer(1)),
        (nested("a IN (", "a", ")", DEPTH - 1), Value::Boolean(true)),
        (nested("1 + 2 * (3 - ", "a", ")", DEPTH - 1), Value::Null),
    ]
}

#[test]
fn tall_expressions_have_their_values() {
    on_small_stack(|| {
        let mut session = session();
        for (expression, expected) in tall() {
            let shown: String = expression.chars().take(40).collect();
            // Once with a plan of its own, twice with a shared one, and in every clause.
            let named = format!("SELECT {expression} AS x FROM t");
            for query in [&format!("SELECT {expression} FROM t"), &named, &named] {
                let found = value(&mut session, query);
                if expected.is_null() {
                    assert!(found.is_err(), "{shown}: it overflows");
                } else {
                    assert_eq!(found.expect(&shown), expected, "{shown}");
                }
            }
            for statement in [
                format!("EXPLAIN SELECT a FROM t WHERE {expression}"),
                format!("SELECT count(*) FROM t GROUP BY {expression} HAVING {expression}"),
                format!("SELECT a FROM t ORDER BY {expression}"),
                format!("SELECT count(*) FROM t p JOIN t q ON {}", expression.replace('a', "p.a")),
                format!("UPDATE t SET a = 1 WHERE ({expression}) IS 0.25"),
                format!("DELETE FROM t WHERE ({expression}) IS 0.25"),
            ] {
                if let Ok(Outcome::Rows(rows)) = session.execute(&statement) {
                    rows.for_each(drop);
                }
            }
        }
        let rows = value(&mut session, "SELECT count(*) FROM t").expect("it is there");
        assert_eq!(rows, Value::Integer(1));
        let kept = chain("1", "+", "1");
        let create = format!("CREATE TABLE kept(a DEFAULT ({kept}), b CHECK ({kept}))");
        session.execute(&create).expect("it may be as tall");
        session.execute(&format!("INSERT INTO kept(b) VALUES ({kept})")).expect("here, too");
        let both = value(&mut session, "SELECT a = 990 AND b = 990 FROM kept").expect("a row");
        assert_eq!(both, Value::Boolean(true));
    });
}

#[test]
fn what_is_taller_is_an_error_that_names_the_limit() {
    on_small_stack(|| {
        let mut session = session();
        let long = format!("a{}", " AND a".repeat(100_000));
        for (expression, limit) in [
            (long, "an expression of more than 1000 levels"),
            (nested("(", "a", ")", DEPTH + 1), "nested deeper than 100 levels"),
            (nested("(", "a", ")", 100_000), "nested deeper than 100 levels"),
            (nested("NOT ", "a", "", DEPTH + 1), "nested deeper than 100 levels"),
            (nested("CASE WHEN ", "a", " THEN 1 END", DEPTH + 1), "nested deeper than 100 levels"),
            (nested("abs(", "a", ")", DEPTH + 1), "nested deeper than 100 levels"),
        ] {
            let error = session.execute(&format!("SELECT {expression} FROM t"));
            let error = error.expect_err("it is too tall");
            assert_eq!((error.code(), error.to_string().as_str()), ("nesting-limit", limit));
        }
        for [before, behind] in [["(", ")"], ["- ", ""], ["abs(", ")"], ["CAST(", " AS INTEGER)"]] {
            let query = format!("SELECT {} FROM t", nested(before, "a", behind, DEPTH));
            assert_eq!(value(&mut session, &query).expect(before), Value::Integer(1));
        }
    });
}

/// How deep queries stand in each other: deeper than anybody writes them.
const QUERIES: usize = 55;

/// Queries in each other, in every place that takes one, each with the one value that it gives.
fn nested_queries() -> Vec<(String, i64)> {
    let select = |before: &str, inner: &str, behind: &str| {
        format!("SELECT {}", nested(before, inner, behind, QUERIES))
    };
    let from = |before: &str, inner: &str, behind: &str| {
        format!("SELECT x FROM {}", nested(before, inner, behind, QUERIES))
    };
    let views = i64::try_from(QUERIES).expect("few");
    let mut mixed = "a".to_owned();
    for level in 0..QUERIES {
        mixed = match level % 5 {
            0 => format!("(SELECT {mixed})"),
            1 => format!("CASE WHEN {mixed} THEN 1 END"),
            2 => format!("coalesce(NULL, {mixed})"),
            3 => format!("({mixed} IN (SELECT 1))"),
            _ => format!("NOT NOT {mixed}"),
        };
    }
    vec![
        (select("(SELECT ", "1", ")"), 1),
        (select("(SELECT a + ", "1", " FROM t)"), views + 1),
        (select("EXISTS (SELECT ", "1", ")"), 1),
        (select("1 IN (SELECT ", "1", ")"), 1),
        (select("(VALUES (", "1", "))"), 1),
        (select("(WITH c AS (SELECT 1 AS x) SELECT x FROM c WHERE x = ", "1", ")"), 1),
        (select("1 = ANY (SELECT ", "1", ")"), 1),
        (from("(SELECT * FROM ", "(SELECT 1 AS x)", ")"), 1),
        (from("(SELECT x + 1 AS x FROM ", "(SELECT 1 AS x)", ") AS u"), views + 1),
        (from("(", "(SELECT 1 AS x)", ") AS u"), 1),
        (from("(SELECT DISTINCT x FROM ", "(SELECT 1 AS x)", " ORDER BY x LIMIT 1)"), 1),
        (format!("SELECT {mixed} FROM t"), 1),
        (format!("SELECT x FROM v{QUERIES}"), views + 1),
        (vec!["SELECT 1"; 500].join(" UNION "), 1),
    ]
}

#[test]
fn queries_stand_in_each_other_as_deep_as_anybody_writes_them() {
    on_small_stack(|| {
        let mut session = session();
        session.execute("CREATE VIEW v0 AS SELECT a AS x FROM t").expect("a view");
        for number in 1..=QUERIES {
            let view = format!("CREATE VIEW v{number} AS SELECT x + 1 AS x FROM v{}", number - 1);
            session.execute(&view).expect("a view");
        }
        for (query, expected) in nested_queries() {
            let shown: String = query.chars().take(60).collect();
            let number = |value: Value| value.to_text().into_owned();
            let found = value(&mut session, &query).map(number).expect(&shown);
            assert_eq!(found, expected.to_string(), "{shown}");
            session.execute("SET rewrites = off").expect("a setting");
            let found = value(&mut session, &query).map(number).expect(&shown);
            assert_eq!(found, expected.to_string(), "{shown}");
            session.execute("SET rewrites = on").expect("a setting");
            let explained = session.execute(&format!("EXPLAIN VERBOSE {query}")).expect(&shown);
            let Outcome::Rows(rows) = explained else { panic!("{shown}: no plan") };
            rows.for_each(drop);
        }
        // Deeper than the limit each is an error, and no query is so deep that it ends the program.
        for (before, behind) in [
            ("SELECT (SELECT ", ")"),
            ("SELECT x FROM (SELECT * FROM ", ")"),
            ("SELECT x FROM (", ") AS u"),
        ] {
            let (head, open) = before.split_at(before.find('(').expect("a bracket"));
            for depth in [DEPTH + 1, 50_000] {
                let query = format!("{head}{}", nested(open, "1", behind, depth));
                let error = session.execute(&query).map(drop).expect_err("too deep");
                assert_eq!(error.code(), "nesting-limit", "{before}");
            }
        }
    });
}

#[test]
fn trees_are_copied_compared_shown_and_dropped() {
    on_small_stack(|| {
        for (expression, _) in tall() {
            let text = format!("SELECT {expression} FROM t");
            let tree = parse_statement(&text).expect("it parses").expect("a statement");
            let copy = tree.clone();
            assert_eq!(copy, tree);
            let printed = tree.to_string();
            drop(tree);
            assert_eq!(parse_statement(&printed).expect("what prints parses"), Some(copy.clone()));
            assert!(format!("{copy:?}").len() > printed.len());
        }
    });
}
