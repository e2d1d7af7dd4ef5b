//! What names mean in each clause: aliases, columns, numbers of columns, aggregates in their places and
//! out of them. Every statement is asked of both, and where one refuses it the other does.

use super::Pair;
use crate::answer::rows_of;
use crate::random::Dice;

/// How many statements are compared.
const STATEMENTS: usize = 6_000;

/// Rows that differ in every column, so that every group is one row and every order is total.
const DATA: &[&str] = &[
    "CREATE TABLE t(a INTEGER, b INTEGER, c INTEGER)",
    "CREATE TABLE u(a INTEGER, d INTEGER, e INTEGER)",
    "INSERT INTO t VALUES (1, 13, 7), (2, 11, 9), (3, 12, 8)",
    "INSERT INTO u VALUES (2, 13, 5), (3, 11, 4), (1, 12, 6)",
];

const ITEMS: &[&str] = &[
    "*",
    "t.*",
    "b AS m",
    "a",
    "b",
    "t.a",
    "t.b AS a",
    "-b AS a",
    "a AS b",
    "a AS x",
    "-a AS x",
    "a + 1",
    "a + b AS \"A\"",
    "max(a) AS m",
    "min(b) AS a",
    "sum(b)",
    "count(*) AS n",
    "main.t.a",
    "main.t.b AS a",
    "a a",
    "c [b]",
    "a 'x'",
    "b AS 'm'",
];

const FROM: &[&str] = &[
    "t",
    "main.t",
    "t AS z",
    "(t) AS z",
    "((t AS y)) z",
    "((SELECT * FROM t)) 'z'",
    "t JOIN u ON t.b = u.d",
    "t JOIN u USING (a)",
    "t NATURAL JOIN t",
    "t JOIN t USING (a)",
    "t JOIN u AS t USING (a)",
    "t FULL JOIN u AS t USING (a)",
    "t CROSS JOIN t",
    "t JOIN (SELECT 1 AS one) AS z ON x < 3",
    "t JOIN (SELECT 1 AS one) AS z ON a = m",
];

const FILTERS: &[&str] = &["a > 1", "x < 0", "m > 0", "max(a) > 1", "t.b > 11", "main.t.b > 11"];

const GROUPS: &[&str] =
    &["a", "b", "x", "m", "1", "2", "+1", "-1", "max(a)", "t.a", "-a", "[A]", "main.t.a"];

const HAVING: &[&str] =
    &["a > 1", "x < 0", "m > 1", "max(a) > 1", "sum(m) > 0", "n > 0", "min(x) < 9"];

/// Names stand in brackets where they are quoted: in double quotes SQLite takes what is none for a text.
const ORDER: &[&str] = &[
    "a", "b", "x", "m", "A", "-a", "-x", "-b", "t.a", "1", "2", "3", "+1", "-1", "(1)", "(a)",
    "min(a)", "max(b)", "sum(x)", "max(m)", "main.t.a", "a + b", "[x]", "[b]", "lower(a)",
];

/// A clause with one or two of its terms, or none.
fn clause(dice: &mut Dice, word: &str, terms: &[&str], chances: usize) -> String {
    if dice.roll(chances) > 0 {
        return String::new();
    }
    let mut clause = format!(" {word} {}", terms[dice.roll(terms.len())]);
    if word.ends_with("BY") && dice.roll(4) == 0 {
        clause += &format!(", {}", terms[dice.roll(terms.len())]);
    }
    clause
}

#[test]
fn names_mean_what_they_mean_to_sqlite() {
    let mut pair = Pair::new();
    DATA.iter().for_each(|sql| pair.execute(sql));
    let mut dice = Dice(0x00a5_0f5e_ed00_0011);
    let (mut wrong, mut answered) = (Vec::new(), 0);
    for _ in 0..STATEMENTS {
        let items: Vec<&str> =
            (0..1 + dice.roll(3)).map(|_| ITEMS[dice.roll(ITEMS.len())]).collect();
        let from = FROM[dice.roll(FROM.len())];
        let filter = clause(&mut dice, "WHERE", FILTERS, 5);
        let group = clause(&mut dice, "GROUP BY", GROUPS, 3);
        let having = clause(&mut dice, "HAVING", HAVING, 5);
        let order = clause(&mut dice, "ORDER BY", ORDER, 2);
        let sql = format!("SELECT {} FROM {from}{filter}{group}{having}{order}", items.join(", "));
        let has = |what: &str| items.iter().any(|item| item.contains(what));
        // Of several rows that become one, SQLite is free to take what is not aggregated from any.
        let differs = if group.is_empty() && has("(") {
            refused_by_one(&mut pair, &sql)
        } else {
            answered += usize::from(pair.ask_sqlite(&sql).is_ok());
            // Every group counts one row.
            pair.difference(&sql, !order.is_empty() && !has("count"))
        };
        wrong.extend(differs.map(|what| format!("{sql}\n{what}")));
    }
    let shown = &wrong[..wrong.len().min(12)];
    assert!(wrong.is_empty(), "{} of {STATEMENTS} differ\n\n{}", wrong.len(), shown.join("\n\n"));
    assert!(answered > STATEMENTS / 6, "only {answered} were answered");
}

/// What differs where one side refuses a query and the other does not.
fn refused_by_one(pair: &mut Pair, sql: &str) -> Option<String> {
    match (rows_of(&mut pair.session, sql), pair.ask_sqlite(sql)) {
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => None,
        (Err(error), Ok(_)) => Some(format!("error[{}]: {error}", error.code())),
        (Ok(_), Err(error)) => Some(format!("is an error to SQLite: {error}")),
    }
}
