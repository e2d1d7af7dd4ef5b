//! Statements and expressions, printed back; errors with their places.

use super::*;
use crate::language::ast::WriteStatement;

mod linear;
mod time;

/// Parses, prints, and parses and prints again; both trees and both texts must agree.
fn printed(text: &str) -> String {
    let tree = match parse_statement(text) {
        Ok(Some(tree)) => tree,
        Ok(None) => return "nothing".to_owned(),
        Err(error) => panic!("{text}\n{error:?}"),
    };
    let once = tree.to_string();
    match parse_statement(&once) {
        Ok(Some(again)) => {
            assert_eq!(again, tree, "{once}");
            assert_eq!(again.to_string(), once);
        }
        other => panic!("{once}\n{other:?}"),
    }
    once
}

fn expression(text: &str) -> String {
    let tree = parse_expression(text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
    let once = tree.to_string();
    assert_eq!(parse_expression(&once).as_ref(), Ok(&tree), "{once}");
    once
}

#[test]
fn statements_print_as_they_were_meant() {
    for text in [
        "SELECT 1",
        "SELECT *, t.*, a AS b FROM t AS OF EVENT 17 AS x WHERE a = 1 AND b IS NULL",
        "SELECT DISTINCT a FROM t GROUP BY a, b + 1 HAVING count(*) > 2 ORDER BY a DESC NULLS LAST, 2 LIMIT 5 OFFSET 2",
        "AS OF TIMESTAMP '2024-05-01 12:00' SELECT a FROM t JOIN u ON t.id = u.id LEFT JOIN v USING (id, b)",
        "SELECT a FROM t CROSS JOIN (u AS OF EVENT 3)",
        "SELECT a FROM t JOIN (u JOIN v ON u.a = v.a) ON t.a = u.a",
        "INSERT INTO t DEFAULT VALUES WITH (intent = 'Opened')",
        "INSERT INTO t (a, b) VALUES (1, 'it''s'), (-2, x'0aff')",
        "INSERT INTO t {\"name\": \"A;da\", \"n\": 1.10}, {}",
        "INSERT INTO t AS OF EVENT 5 SELECT * FROM u WITH (actor = 'amy', note = 'x', id = 'y')",
        "UPDATE t SET a = a + 1, b = NULL WHERE id = 5 WITH (intent = 'Moved')",
        "DELETE FROM events WHERE event > 3",
        "INSERT OR IGNORE INTO t AS x (a) VALUES (1) RETURNING *, a AS b WITH (note = 'n')",
        "INSERT INTO t SELECT * FROM u ON CONFLICT (a, b) WHERE a > 0 DO UPDATE SET b = excluded.b, (c, d) = (1, DEFAULT) WHERE t.a IS NULL ON CONFLICT DO NOTHING",
        "WITH w AS (SELECT 1) INSERT INTO t DEFAULT VALUES ON CONFLICT DO NOTHING",
        "UPDATE OR FAIL t AS x SET (a, b) = (SELECT 1, 2), c = DEFAULT FROM u JOIN v ON u.a = v.a WHERE x.a = u.a RETURNING c ORDER BY x.a DESC LIMIT 3 OFFSET 1",
        "WITH w(a) AS (SELECT 1) UPDATE t SET a = 1",
        "WITH w AS (SELECT 1) DELETE FROM t AS x WHERE a IN (SELECT * FROM w) RETURNING t.* ORDER BY a LIMIT 1",
        "BEGIN WITH (intent = 'MoneyDeposited')",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE \"a b\"",
        "ROLLBACK TO savepoint",
        "EXPLAIN DELETE FROM t",
        "EXPLAIN ANALYZE SELECT 1",
        "DESCRIBE t AS OF EVENT 4",
        "SHOW TABLES AS OF EVENT 4",
        "PRAGMA encoding=utf8",
        "SET FOREIGN_KEYS = OFF",
        "VACUUM",
        "DROP TABLE IF EXISTS t",
        "DROP INDEX i",
        "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a COLLATE NOCASE DESC, b)",
        "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY AUTOINCREMENT, a NUMERIC(10, 2) NOT NULL DEFAULT -1.5, b DOUBLE PRECISION DEFAULT (1 + 2) CHECK (b > 0), c, d TEXT CONSTRAINT u UNIQUE COLLATE NOCASE REFERENCES x (y) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, e INT GENERATED ALWAYS AS (a * 2) STORED, PRIMARY KEY (a DESC, b) ON CONFLICT FAIL, CONSTRAINT k FOREIGN KEY (c) REFERENCES x NOT DEFERRABLE, CHECK (a <> b) ON CONFLICT IGNORE, UNIQUE (a) ON CONFLICT REPLACE)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC ON CONFLICT ROLLBACK AUTOINCREMENT, a NOT NULL ON CONFLICT ABORT, b UNIQUE ON CONFLICT IGNORE)",
    ] {
        assert_eq!(printed(text), text);
    }
}

#[test]
fn other_spellings_mean_the_same() {
    for (text, meant) in [
        (" ; ", "nothing"),
        ("-- only this", "nothing"),
        ("select 1;", "SELECT 1"),
        (
            "\u{feff}select [a b], `c`, N'x' as 'y' from t u",
            "SELECT \"a b\", c, 'x' AS y FROM t AS u",
        ),
        (
            "SELECT a FROM t, u x AS OF 5 WHERE 1",
            "SELECT a FROM t CROSS JOIN u AS OF EVENT 5 AS x WHERE 1",
        ),
        ("SELECT a FROM t AS OF 5", "SELECT a FROM t AS OF EVENT 5"),
        ("SELECT a FROM t WHERE b AS OF 5", "AS OF EVENT 5 SELECT a FROM t WHERE b"),
        ("SELECT a FROM t JOIN u ON 1 AS OF 5", "AS OF EVENT 5 SELECT a FROM t JOIN u ON 1"),
        ("SELECT a FROM t LIMIT 2, 5", "SELECT a FROM t LIMIT 5 OFFSET 2"),
        ("SELECT a AS of, b FROM t not indexed", "SELECT a AS \"of\", b FROM t NOT INDEXED"),
        ("BEGIN DEFERRED TRANSACTION", "BEGIN"),
        ("begin exclusive transaction", "BEGIN IMMEDIATE"),
        ("replace into t values (1)", "INSERT OR REPLACE INTO t VALUES (1)"),
        ("delete from t limit 1 returning a", "DELETE FROM t RETURNING a LIMIT 1"),
        ("END TRANSACTION;", "COMMIT"),
        ("explain query plan select 1", "EXPLAIN SELECT 1"),
        (
            "CREATE TEMP TABLE t ([Id] [int] NULL, b, UNIQUE(b) CHECK(1)) WITHOUT ROWID, STRICT",
            "CREATE TEMP TABLE t (Id int NULL, b, UNIQUE (b), CHECK (1)) WITHOUT ROWID, STRICT",
        ),
        (
            "CREATE TABLE t (a DEFAULT \"x\" REFERENCES u MATCH FULL NOT NULL)",
            "CREATE TABLE t (a DEFAULT 'x' REFERENCES u NOT NULL)",
        ),
    ] {
        assert_eq!(printed(text), meant);
    }
}

#[test]
fn operators_bind_as_in_sqlite() {
    for (text, meant) in [
        ("1 + 2 * 3", "1 + 2 * 3"),
        ("(1 + 2) * 3", "(1 + 2) * 3"),
        ("1 - (2 - 3)", "1 - (2 - 3)"),
        ("(1 - 2) - 3", "1 - 2 - 3"),
        ("a = b < c", "a = b < c"),
        ("(a = b) < c", "(a = b) < c"),
        ("NOT a = b", "NOT a = b"),
        ("(NOT a) = b", "(NOT a) = b"),
        ("a + NOT b = c", "a + (NOT b = c)"),
        ("- -5", "- -5"),
        ("-(5)", "-(5)"),
        ("-a || b", "-a || b"),
        ("-(a || b)", "-(a || b)"),
        ("- (- a)", "- -a"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "9223372036854775808"),
        ("0xff", "255"),
        ("a ISNULL OR b NOTNULL AND c NOT NULL", "a IS NULL OR b IS NOT NULL AND c IS NOT NULL"),
        ("a IS NOT DISTINCT FROM b", "a IS b"),
        ("a IS DISTINCT FROM b", "a IS NOT b"),
        ("a == b != c", "a = b <> c"),
        ("x NOT BETWEEN 1 AND 2 AND y", "x NOT BETWEEN 1 AND 2 AND y"),
        ("x BETWEEN (a AND b) AND c", "x BETWEEN (a AND b) AND c"),
        ("x IN () OR x NOT IN (1, 2)", "x IN () OR x NOT IN (1, 2)"),
        ("a LIKE b || '%' ESCAPE '\\' AND c", "a LIKE b || '%' ESCAPE '\\' AND c"),
        ("a COLLATE binary GLOB 'x*'", "a COLLATE binary GLOB 'x*'"),
        ("-a || b COLLATE x COLLATE y", "-a || b COLLATE x COLLATE y"),
        ("(a || b) COLLATE nocase", "(a || b) COLLATE nocase"),
        ("CASE a WHEN 1 THEN 2 ELSE end END", "CASE a WHEN 1 THEN 2 ELSE end END"),
        ("count(DISTINCT a) FILTER (WHERE b > 1)", "count(DISTINCT a) FILTER (WHERE b > 1)"),
        ("CAST(a AS VARCHAR(10))", "CAST(a AS VARCHAR(10))"),
        ("f(ALL a ORDER BY b DESC, c)", "f(a ORDER BY b DESC, c)"),
        ("sum(a) FILTER (WHERE b) OVER w", "sum(a) FILTER (WHERE b) OVER w"),
        ("f() OVER (ROWS 1 PRECEDING)", "f() OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"),
        (
            "f() OVER (w PARTITION BY a, b ORDER BY c GROUPS UNBOUNDED PRECEDING EXCLUDE TIES)",
            "f() OVER (w PARTITION BY a, b ORDER BY c \
             GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES)",
        ),
        (
            "f() OVER (RANGE BETWEEN 1 + a FOLLOWING AND UNBOUNDED FOLLOWING EXCLUDE NO OTHERS)",
            "f() OVER (RANGE BETWEEN (1 + a) FOLLOWING AND UNBOUNDED FOLLOWING)",
        ),
        (
            "over + filter + window(rows) OVER (\"rows\")",
            "over + filter + window(rows) OVER (\"rows\")",
        ),
        ("replace(a, left, \"TRUE\")", "replace(a, \"left\", \"TRUE\")"),
        ("~a & b << 1 | c", "~a & b << 1 | c"),
        (".5 + 1. + 1e3", "0.5 + 1.0 + 1000.0"),
        ("true AND current_date < current_timestamp", "TRUE AND CURRENT_DATE < CURRENT_TIMESTAMP"),
    ] {
        assert_eq!(expression(text), meant);
    }
}

/// Every way to nest, as what opens a level and what closes it.
const NESTS: &[(&str, &str)] = &[
    ("(", ")"),
    ("NOT ", ""),
    ("- ", ""),
    ("~", ""),
    ("f(", ")"),
    ("CASE WHEN 1 THEN ", " END"),
    ("CAST(", " AS INT)"),
    ("a BETWEEN (", ") AND 2"),
    ("a + NOT ", ""),
    ("1 IN (", ")"),
    ("count(*) FILTER (WHERE ", ")"),
    ("a OR b AND NOT c = d < e & f + g * h || (", ")"),
];

fn nest(open: &str, close: &str, levels: usize) -> String {
    format!("{}x{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn nesting_ends_at_the_limit_and_never_with_the_stack() {
    for (open, close) in NESTS {
        let twice = open.contains(" NOT ") || open.contains("FILTER");
        let levels = if twice { MAX_NESTING / 2 } else { MAX_NESTING };
        let tree = parse_expression(&nest(open, close, levels)).expect("within the limit");
        assert_eq!(parse_expression(&tree.to_string()).as_ref(), Ok(&tree.clone()));
        let error = parse_expression(&nest(open, close, 100_000)).expect_err("beyond the limit");
        assert_eq!(error.code, "nesting-limit", "{open}");
        let opened = parse_expression(&open.repeat(100_000)).expect_err("beyond the limit");
        assert_eq!(opened.code, "nesting-limit", "{open}");
    }
    let tables = format!("SELECT 1 FROM {}t{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(parse_statement(&tables).expect_err("too deep").code, "nesting-limit");
}

#[test]
fn chains_end_at_the_limit_and_never_with_the_stack() {
    for operator in [" OR ", " AND ", " + ", " || ", " = ", " IS ", " LIKE "] {
        let chain = |terms: usize| vec!["a"; terms].join(operator);
        let tree = parse_expression(&chain(MAX_HEIGHT)).expect("within the limit");
        assert_eq!(parse_expression(&tree.to_string()).as_ref(), Ok(&tree.clone()), "{operator}");
        assert!(!format!("{tree:?}").is_empty());
        let error = parse_expression(&chain(MAX_HEIGHT + 1)).expect_err("beyond the limit");
        assert_eq!(error.code, "nesting-limit");
        assert!(parse_expression(&chain(100_000)).is_err());
    }
    // Depth counts, not length: lists are as long as they like.
    let list = format!("a IN ({})", vec!["b + 1"; 5_000].join(", "));
    assert!(parse_expression(&list).is_ok());
    let tables = format!("SELECT 1 FROM {}", vec!["t"; 10_000].join(", "));
    assert_eq!(parse_statement(&tables).expect_err("too many").code, "nesting-limit");
}

#[test]
fn a_select_has_a_limit_of_terms() {
    let terms = |count: usize| vec!["a"; count].join(", ");
    for (before, behind, clause) in [
        ("SELECT ", " FROM t", "SELECT"),
        ("SELECT count(*) FROM t GROUP BY ", " HAVING 1", "GROUP BY"),
        ("SELECT a FROM t ORDER BY ", " DESC LIMIT 1", "ORDER BY"),
    ] {
        let text = |count| format!("{before}{}{behind}", terms(count));
        assert!(parse_statement(&text(MAX_TERMS)).is_ok(), "{clause}");
        let text = text(MAX_TERMS + 1);
        let error = parse_statement(&text).expect_err(clause);
        assert_eq!(error.code, "term-limit");
        assert_eq!(error.message, format!("{clause} has more than {MAX_TERMS} terms"));
        assert_eq!(&text[error.span.start..], format!("a{behind}"));
    }
}

/// A text, the code of its error, what the caret is under, the message, and the help.
type Mistake = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const MISTAKES: &[Mistake] = &[
    ("SELEC 1", "syntax", "SELEC", "unexpected `SELEC`", Some("did you mean SELECT?")),
    (
        "SELECT * FORM t",
        "syntax",
        "FORM",
        "expected `,`, FROM, WHERE, GROUP … or `;`",
        Some("did you mean FROM?"),
    ),
    (
        "SELECT * FROM t WERE x = 1",
        "syntax",
        "x",
        "expected AS OF, `,`, JOIN, LEFT JOIN … or `;`",
        Some("did you mean WHERE?"),
    ),
    ("HISTRY OF t", "syntax", "HISTRY", "unexpected `HISTRY`", Some("did you mean HISTORY?")),
    ("SELECT a FROM", "unfinished", "", "expected the name of a table, but the text ends", None),
    ("SELECT a, FROM t", "syntax", "FROM", "expected `*` or an expression", None),
    ("DELETE t", "syntax", "t", "expected FROM", None),
    ("COMMIT 1", "syntax", "1", "expected TRANSACTION or `;`", None),
    ("UPDATE t SET a = 1 WHERE;", "syntax", ";", "expected an expression", None),
    ("SELECT (1, 2", "unfinished", "", "expected `,` or `)`, but the text ends", None),
    ("SELECT f(1, 2", "unfinished", "", "expected `,` or `)`, but the text ends", None),
    (
        "CREATE TABLE order (a)",
        "syntax",
        "order",
        "expected IF or a name",
        Some("ORDER is a reserved word; as a name it is written \"order\""),
    ),
    (
        "INSERT INTO t VALUES (1, 2), (3)",
        "row-length",
        "(3)",
        "this row has 1 values, the first has 2",
        None,
    ),
    ("INSERT INTO t (a) {}", "syntax", "{}", "expected VALUES, SELECT or AS OF", None),
    (
        "INSERT INTO t {\"a\": 1, \"A\": 2}",
        "bad-json",
        "{\"a\": 1, \"A\": 2}",
        "the key \"A\" stands twice in this object",
        None,
    ),
    (
        "INSERT INTO t {\"a\": 1,,}",
        "bad-json",
        ",}",
        "this is no JSON object: key must be a string",
        None,
    ),
    (
        "SELECT a FROM t, u x AS OF 5",
        "ambiguous-as-of",
        "AS OF 5",
        "AS OF EVENT 5 could belong to u alone or to every table",
        Some("u alone: u AS OF EVENT 5 AS x; every table: AS OF EVENT 5 SELECT …"),
    ),
    (
        "SELECT a FROM t AS OF;",
        "syntax",
        ";",
        "expected EVENT, TX, TAG, SNAPSHOT, START, LATEST, TIMESTAMP or the number of an event, or a time in quotes",
        None,
    ),
    (
        "SELECT 0x10000000000000000",
        "number-range",
        "0x10000000000000000",
        "0x10000000000000000 has over 64 bits",
        None,
    ),
    ("SELECT 12abc", "bad-token", "12abc", "`12abc` is no number", None),
    ("SELECT x'0f1'", "bad-token", "x'0f1'", "a blob is pairs of hexadecimal digits", None),
    ("SELECT 'abc", "unfinished", "'", "this text is never closed", None),
    ("SELECT [abc", "unfinished", "[", "this name is never closed", None),
    ("SELECT 1 /* x", "unfinished", "/*", "this comment is never closed", None),
    ("INSERT INTO t {\"a", "unfinished", "{", "this JSON object is never closed", None),
    ("WHERE 'abc", "syntax", "WHERE", "unexpected `WHERE`", None),
    ("FROM t", "unsupported", "FROM", "a query begins with SELECT", Some("SELECT * FROM t")),
    (
        "INSERT INTO t VALUES (1) LIMIT 1 AS OF 1",
        "syntax",
        "AS OF 1",
        "a write changes the present; moments belong to queries",
        Some("INSERT … SELECT … AS OF … brings rows back"),
    ),
    ("UPDATE t SET (a, b) = (1)", "column-count", "(1)", "2 columns and 1 values", None),
    (
        "INSERT OR VANISH INTO t VALUES (1)",
        "syntax",
        "VANISH",
        "expected ROLLBACK, ABORT, FAIL, IGNORE or REPLACE",
        None,
    ),
];

#[test]
fn mistakes_are_named_where_they_stand() {
    for (text, code, under, message, help) in MISTAKES {
        let error = parse_script(text).expect_err(text);
        assert_eq!(error.message, *message, "{text}");
        assert_eq!(error.code, *code, "{text}");
        assert_eq!(&text[error.span.start..error.span.end], *under, "{text}");
        assert_eq!(error.help.as_deref(), *help, "{text}");
        assert_eq!(error.incomplete, *code == "unfinished", "{text}");
    }
}

#[test]
fn features_of_later_versions_are_named() {
    for (text, feature) in [
        ("ATTACH 'x' AS y", "ATTACH"),
        ("SHOW DIGEST", "SHOW DIGEST"),
        ("SET timezone = 'UTC'", "SET"),
        ("BEGIN EXPECT EVENT 5", "BEGIN EXPECT EVENT"),
    ] {
        let error = parse_statement(text).expect_err(text);
        assert_eq!(error.code, "unsupported", "{text}");
        assert_eq!(error.message, format!("{feature} is not supported yet"), "{text}");
    }
}

#[test]
fn a_script_gives_each_statement_its_place() {
    let text = "SELECT 1;;\n-- x\nCOMMIT ; END";
    let script = parse_script(text).expect("a script");
    let places: Vec<_> = script.iter().map(|(_, span)| &text[span.start..span.end]).collect();
    assert_eq!(places, ["SELECT 1", "COMMIT", "END"]);
    assert_eq!(parse_script(" ; "), Ok(vec![]));
    let error = parse_statement("COMMIT; COMMIT").expect_err("two statements");
    assert_eq!(error.message, "expected the end");
}

#[test]
fn json_numbers_keep_every_digit() {
    let text = "INSERT INTO t {\"a\": 1, \"b\": 1.10, \"c\": 0.1234567890123456789, \
                \"d\": [1, {\"e\": 2}], \"f\": \"x\\n\", \"g\": 9223372036854775808, \"h\": false}";
    let Ok(Some(Statement::Write(WriteStatement::Insert(insert)))) = parse_statement(text) else {
        panic!("an insert")
    };
    let crate::language::ast::InsertSource::Objects(objects) = insert.source else {
        panic!("objects")
    };
    let shown: Vec<String> = objects[0].fields.iter().map(|(_, value)| value.to_string()).collect();
    assert_eq!(
        shown,
        [
            "1",
            "1.10",
            "0.1234567890123456789",
            "'[1,{\"e\":2}]'",
            "'x\n'",
            "9223372036854775808",
            "FALSE"
        ]
    );
}
