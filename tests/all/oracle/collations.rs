//! Collations and affinities in generated expressions, and unique indexes of all kinds under generated
//! writes.

use super::{Pair, assert_no_difference, cases};
use crate::random::Dice;
use asof::session::Session;

/// How many queries are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const QUERIES: u64 = 1_500;

const TEXTS: &[&str] = &["''", "'a'", "'A'", "'a '", "'b'", "'B  '", "'1'", "'ab'", "'_'", "NULL"];

const COLLATIONS: &[&str] = &["BINARY", "NOCASE", "RTRIM"];

fn operand(dice: &mut Dice, depth: usize) -> String {
    let column = |dice: &mut Dice| dice.pick(&["x", "y", "z", "i", "v"]).to_owned();
    if depth == 0 {
        return match dice.roll(3) {
            0 => dice.pick(TEXTS).to_owned(),
            1 => dice.roll(3).to_string(),
            _ => column(dice),
        };
    }
    let (a, b) = (operand(dice, depth - 1), operand(dice, depth - 1));
    match dice.roll(12) {
        0 => format!("+{a}"),
        1 => format!("CAST({a} AS TEXT)"),
        2 => format!("CAST({a} AS INTEGER)"),
        3 | 4 => format!("{a} COLLATE {}", dice.pick(COLLATIONS)),
        5 => format!("({a} || {b})"),
        6 => format!("lower({a})"),
        7 => format!("coalesce({a}, {b})"),
        8 => format!("CASE WHEN i > 1 THEN {a} ELSE {b} END"),
        9 => format!("(SELECT {a})"),
        _ => column(dice),
    }
}

fn condition(dice: &mut Dice) -> String {
    let depth = dice.roll(3);
    let (a, b, c) = (operand(dice, depth), operand(dice, 1), operand(dice, 0));
    match dice.roll(9) {
        0 => format!("{a} IN ({b}, {c})"),
        1 => format!("{a} NOT IN ({b}, {c})"),
        2 => format!("{a} BETWEEN {b} AND {c}"),
        3 => format!("CASE {a} WHEN {b} THEN 1 WHEN {c} THEN 2 ELSE 0 END"),
        4 => format!("nullif({a}, {b}) IS NULL"),
        5 => format!("{a} IN (SELECT {b} FROM t u)"),
        _ => format!("{a} {} {b}", dice.pick(&["=", "<>", "<", "<=", ">", "IS", "IS NOT"])),
    }
}

fn query(dice: &mut Dice) -> String {
    let (condition, a, b) = (condition(dice), operand(dice, 1), operand(dice, 1));
    match dice.roll(10) {
        0 => format!("SELECT id FROM t WHERE {condition} ORDER BY id"),
        1 => format!("SELECT id FROM t ORDER BY {a}, {b} DESC, id"),
        2 => format!("SELECT count(*) FROM (SELECT DISTINCT {a} FROM t)"),
        3 => format!("SELECT count(*), min(id) FROM t GROUP BY {a} ORDER BY 2"),
        4 => format!("SELECT count(DISTINCT {a}) FROM t"),
        5 => {
            let set = dice.pick(&["UNION", "EXCEPT", "INTERSECT"]);
            format!("SELECT count(*) FROM (SELECT {a} AS q FROM t {set} SELECT {b} FROM t)")
        }
        6 => format!("SELECT id FROM (SELECT id, {a} AS q FROM t) WHERE q = {} ORDER BY id", "'a'"),
        7 => "SELECT l.id, r.id FROM t l JOIN t r ON l.x = r.y AND l.z = r.x ORDER BY 1, 2".into(),
        _ => format!("SELECT {condition} FROM t ORDER BY id"),
    }
}

#[test]
fn generated_comparisons_have_sqlites_answers() {
    let count = cases(QUERIES);
    let mut pair = Pair::new();
    pair.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE, y TEXT, z TEXT COLLATE RTRIM, \
         i INTEGER, v)",
    );
    pair.execute("CREATE INDEX by_x ON t (x)");
    pair.execute("CREATE INDEX by_y ON t (y COLLATE NOCASE)");
    let mut dice = Dice::of(11);
    for id in 1..=40 {
        let (x, y, z) = (dice.pick(TEXTS), dice.pick(TEXTS), dice.pick(TEXTS));
        let (i, v) = (dice.roll(4), dice.pick(&["'a'", "'A'", "1", "2", "NULL", "'1'"]));
        pair.execute(&format!("INSERT INTO t VALUES ({id}, {x}, {y}, {z}, {i}, {v})"));
    }
    let mut wrong = Vec::new();
    for seed in 1..=count {
        let sql = query(&mut Dice::of(seed));
        if let Some(what) = pair.difference(&sql, true) {
            wrong.push(format!("seed {seed}: {sql}\n{what}"));
        }
    }
    assert_no_difference(&wrong, count);
}

/// Unique indexes, of which each run has some.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX i1 ON k (x COLLATE NOCASE, n)",
    "CREATE UNIQUE INDEX i2 ON k (lower(y), n % 3 DESC)",
    "CREATE UNIQUE INDEX i3 ON k (x) WHERE n > 3",
    "CREATE UNIQUE INDEX i4 ON k (n, y COLLATE RTRIM) WHERE x IS NOT NULL AND n <> 2",
    "CREATE UNIQUE INDEX i5 ON k (x || y)",
    "CREATE INDEX i6 ON k (length(x)) WHERE y LIKE 'a%'",
];

const LOOKUPS: &[&str] = &[
    "SELECT * FROM k ORDER BY id",
    "SELECT id FROM k WHERE lower(y) = 'a' ORDER BY id",
    "SELECT id FROM k WHERE lower(y) IN ('a', 'b') AND n % 3 = 1 ORDER BY id",
    "SELECT id FROM k WHERE x = 'a' AND n > 3 ORDER BY id",
    "SELECT id FROM k WHERE x || y = 'aA' ORDER BY id",
    "SELECT id FROM k WHERE n = 4 AND x = 'b' AND n <> 2 ORDER BY id",
    "SELECT id FROM k WHERE length(x) = 1 AND y LIKE 'a%' ORDER BY id",
];

fn write(dice: &mut Dice) -> String {
    let (x, y, n) = (dice.pick(TEXTS), dice.pick(TEXTS), dice.roll(6));
    let id = dice.roll(20);
    match dice.roll(8) {
        0 => format!("DELETE FROM k WHERE id = {id}"),
        1 => format!("UPDATE k SET x = {x} WHERE id = {id}"),
        2 => format!("UPDATE k SET y = {y}, n = {n} WHERE id = {id}"),
        3 => format!("UPDATE k SET n = n + 1 WHERE id = {id}"),
        _ => format!("INSERT INTO k VALUES ({id}, {x}, {y}, {n})"),
    }
}

/// Whether both take a statement, or both refuse it.
fn both(pair: &mut Pair, sql: &str) -> Result<(), String> {
    let Pair { session, sqlite } = pair;
    let ours = Session::execute(session, sql).map(drop);
    match (ours, sqlite.execute_batch(sql)) {
        (Ok(()), Ok(())) | (Err(_), Err(_)) => Ok(()),
        (Ok(()), Err(error)) => Err(format!("{sql}\nis an error to SQLite: {error}")),
        (Err(error), Ok(())) => Err(format!("{sql}\nerror[{}]: {error}", error.code())),
    }
}

#[test]
fn keys_of_all_kinds_are_kept_unique_as_sqlite_does() {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    for seed in 1..=if exhaustive { 400 } else { 12 } {
        let mut dice = Dice::of(seed);
        let mut pair = Pair::new();
        let collation = dice.pick(COLLATIONS);
        pair.execute(&format!(
            "CREATE TABLE k (id INTEGER PRIMARY KEY, x TEXT COLLATE {collation}, y TEXT, n INTEGER)"
        ));
        for step in 0..120 {
            // Indexes come early, late, or to rows that they refuse.
            let sql = match dice.roll(10) {
                0 => dice.pick(INDEXES).to_owned(),
                _ => write(&mut dice),
            };
            let place = |what| format!("seed {seed}, step {step}: {what}");
            both(&mut pair, &sql).map_err(place).expect("both say the same");
            let lookup = dice.pick(LOOKUPS);
            let differs = pair.difference(lookup, true);
            assert_eq!(differs, None, "seed {seed}, step {step}: {lookup}");
        }
    }
}
