//! Reading takes time in proportion to the text: counted in looks at tokens, which no machine makes
//! faster or slower.

use super::*;

/// How often a look is taken at a token of a text, both passes of one that is no statement included.
fn visits(text: &str) -> usize {
    let lexed = LexedText::new(text);
    let state = ParseState::new(text, lexed.source());
    let read = one_statement(TokenInput::new(&state, 0));
    let first = state.visits.get();
    if read.is_ok() {
        return first;
    }
    let again = ParseState::collecting(text, lexed.source(), state.furthest.get());
    assert!(one_statement(TokenInput::new(&again, 0)).is_err(), "the same tokens");
    first + again.visits.get()
}

/// The most looks that each token of a statement takes, however it is made.
const MOST_VISITS: usize = 120;

/// Asks of texts of one shape whether one that is twice as long takes twice as many looks, and not many
/// for each of its tokens.
fn assert_linear(shape: &str, size: usize, text: impl Fn(usize) -> String) {
    let (half, whole) = (visits(&text(size / 2)), visits(&text(size)));
    // What stands around is looked at in both.
    let around = visits(&text(1));
    assert!(whole <= 2 * half + around, "{shape}: {half} and {whole} looks");
    let tokens = LexedText::new(&text(size)).source().len();
    assert!(whole <= MOST_VISITS * tokens, "{shape}: {whole} looks at {tokens} tokens");
}

#[test]
fn nested_brackets_take_as_many_looks_as_they_have_tokens() {
    for (open, close) in NESTS {
        assert_linear(open, 28, |levels| format!("SELECT {}", nest(open, close, levels)));
        // What is never closed is read twice, for its message.
        assert_linear(open, 28, |levels| format!("SELECT {}x )", open.repeat(levels)));
    }
    for (open, inner, close) in [
        ("(SELECT ", "1", ")"),
        ("EXISTS (SELECT ", "1", ")"),
        ("1 IN (SELECT ", "1", ")"),
        ("(WITH t AS (SELECT 1) SELECT ", "1", ")"),
        ("(VALUES (", "1", "))"),
        ("(1, ", "1", ") = (1, 2)"),
        ("CASE 1 WHEN 2 THEN 3 ELSE ", "1", " END"),
        ("x NOT BETWEEN ", "1", " AND 2"),
        ("f(1, DISTINCT ", "1", ")"),
        ("sum(", "1", ") OVER (PARTITION BY a ORDER BY b)"),
    ] {
        let nested = |levels: usize| {
            format!("SELECT {}{inner}{}", open.repeat(levels), close.repeat(levels))
        };
        assert_linear(open, 28, nested);
        assert_linear(open, 28, |levels| format!("{} nonsense (", nested(levels)));
    }
}

#[test]
fn nested_tables_and_queries_take_as_many_looks_as_they_have_tokens() {
    for (open, inner, close) in [
        ("(", "t", ")"),
        ("(", "t", ") AS u"),
        ("(t JOIN ", "t", ")"),
        ("(SELECT * FROM ", "t", ")"),
        ("(SELECT * FROM ", "t", ") AS u"),
        ("(WITH u AS (SELECT 1) SELECT * FROM ", "t", ") AS u"),
    ] {
        let nested = |levels: usize| {
            format!("SELECT * FROM {}{inner}{}", open.repeat(levels), close.repeat(levels))
        };
        assert_linear(open, 28, nested);
        assert_linear(open, 28, |levels| format!("{} WHERE WHERE", nested(levels)));
    }
}

#[test]
fn chains_and_lists_take_as_many_looks_as_they_have_tokens() {
    for operator in [" OR ", " AND ", " + ", " || ", " = ", " IS NOT ", " NOT LIKE ", " -> "] {
        let chain = |terms: usize| format!("SELECT {}", vec!["a"; terms].join(operator));
        assert_linear(operator, 1_000, chain);
        assert_linear(operator, 1_000, |terms| format!("{} FROM FROM", chain(terms)));
    }
    for suffix in [" IS NULL", " NOTNULL", " COLLATE NOCASE", " IN (1)", " BETWEEN 1 AND 2"] {
        // Each is a level behind the first.
        assert_linear(suffix, 990, |terms| format!("SELECT a{}", suffix.repeat(terms)));
    }
    for (before, term, behind) in [
        ("VALUES ", "(1, 'x', NULL, -2.5)", ""),
        ("INSERT INTO t VALUES ", "(1, f(2), (3 + 4), DEFAULT)", " RETURNING *"),
        ("INSERT INTO t ", "{\"a\": 1, \"b\": [1, 2]}", ""),
        ("SELECT a IN (", "b + 1", ")"),
        ("SELECT f(", "(1)", ")"),
        ("UPDATE t SET ", "a = 1", ""),
    ] {
        let listed = |terms: usize| format!("{before}{}{behind}", vec![term; terms].join(", "));
        assert_linear(before, 10_000, listed);
        assert_linear(before, 10_000, |terms| format!("{} nonsense (", listed(terms)));
    }
    let terms = |terms: usize| format!("SELECT {}", vec!["a AS b"; terms].join(", "));
    assert_linear("terms", MAX_TERMS, terms);
    let parts = |parts: usize| vec!["SELECT 1"; parts].join(" UNION ALL ");
    assert_linear("compound", select::MAX_PARTS, parts);
    let tables =
        |tables: usize| format!("SELECT * FROM t{}", " LEFT JOIN t USING (a)".repeat(tables));
    assert_linear("joins", select::MAX_TABLES - 1, tables);
    let columns = |columns: usize| {
        format!(
            "CREATE TABLE t ({})",
            vec!["a INT NOT NULL DEFAULT (1) CHECK (a > 0)"; columns].join(", ")
        )
    };
    assert_linear("columns", 1_000, columns);
    let body = |statements: usize| {
        let body = "INSERT INTO t SELECT new.a; ".repeat(statements);
        format!("CREATE TRIGGER x AFTER INSERT ON t BEGIN {body}END")
    };
    assert_linear("trigger", 1_000, body);
}
