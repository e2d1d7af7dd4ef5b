//! Window functions over every kind of frame: small tables with NULLs and ties, asked of both.
//!
//! A window whose order leaves ties is the only one of its query, so that both databases take rows that
//! are equal to it in the same order: that of the table.

use super::{Pair, assert_no_difference, cases};
use crate::random::Dice;

/// How many statements are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
const STATEMENTS: u64 = 1_500;

const DATA: &[&str] = &[
    "CREATE TABLE w(id INTEGER PRIMARY KEY, p INTEGER, k INTEGER, r REAL, s TEXT, v)",
    "INSERT INTO w(p, k, r, s, v) VALUES
     (1, 5, 1.5, 'x', 1), (1, 5, -2.25, 'y', 'b'), (1, 7, NULL, 'x', NULL), (1, NULL, 4.0, NULL, 2.5),
     (1, 1, 1.5, 'z', 7), (1, 2, 0.5, 'a', 7), (1, 2, 0.0, 'b', 'b'), (1, 9, 3.5, 'c', 3),
     (2, 1, 1.0, 'x', 1), (2, 1, 1.0, 'x', 1), (2, 1, 2.0, 'x', -4), (2, 3, NULL, 'w', NULL),
     (NULL, 4, 10.0, 'q', 9), (NULL, NULL, NULL, NULL, NULL), (NULL, 4, 6.5, 'r', 4),
     (3, 8, 100.25, 'only', 12), (4, NULL, 1.0, 'm', 1), (4, NULL, 2.0, 'n', 2),
     (4, 6, 3.0, 'o', 3), (4, 5, 4.0, 'p', 4), (4, 6, 5.0, 'q', 5), (4, 7, 6.0, 'r', 6)",
    "CREATE TABLE empty(id INTEGER PRIMARY KEY, p INTEGER, k INTEGER, r REAL, s TEXT, v)",
];

const PLACES: &[&str] = &[
    "row_number()",
    "rank()",
    "dense_rank()",
    "percent_rank()",
    "cume_dist()",
    "ntile(1)",
    "ntile(3)",
    "ntile('4')",
    "lag(k)",
    "lead(s)",
    "lag(v, 2)",
    "lead(r, 2, -1)",
    "lag(s, k, 'none')",
    "lead(k, 0)",
    "lag(k, 1.0, id)",
    "lead(id, -1)",
    "lead(s, 0.5, 'half')",
    "lead(s, NULL, 'no')",
];

const VALUES: &[&str] = &[
    "first_value(k)",
    "last_value(s)",
    "nth_value(v, 2)",
    "nth_value(id, 3)",
    "first_value(id)",
    "last_value(id)",
    "nth_value(s, 1)",
];

const AGGREGATES: &[&str] = &[
    "count(*)",
    "count(k)",
    "count(v)",
    "sum(k)",
    "sum(r)",
    "sum(v)",
    "total(k)",
    "total(r)",
    "avg(k)",
    "avg(r)",
    "min(k)",
    "max(k)",
    "min(r)",
    "max(s)",
    "min(v)",
    "max(v)",
    "group_concat(s)",
    "group_concat(id, '-')",
    "string_agg(s, k)",
    "sum(id * 2)",
    "count(DISTINCT k)",
];

const PARTITIONS: &[&str] = &["p", "p, s", "k % 2", "p IS NULL", "id"];

const ORDERS: &[&str] = &[
    "k",
    "k DESC",
    "k, id",
    "r",
    "r DESC NULLS FIRST",
    "k NULLS LAST",
    "k DESC NULLS FIRST",
    "s, id DESC",
    "id",
    "p, k",
    "k % 3",
    "s",
    "v, id",
    "1",
    "-k",
];

fn bound(dice: &mut Dice, is_end: bool) -> String {
    let distance = dice.pick(&["0", "1", "2", "3", "10", "1 + 1"]);
    match dice.roll(6) {
        0 | 1 => format!("{distance} PRECEDING"),
        2 => "CURRENT ROW".to_owned(),
        3 | 4 => format!("{distance} FOLLOWING"),
        _ if is_end => "UNBOUNDED FOLLOWING".to_owned(),
        _ => "UNBOUNDED PRECEDING".to_owned(),
    }
}

fn frame(dice: &mut Dice) -> String {
    if dice.roll(4) == 0 {
        return String::new();
    }
    let unit = dice.pick(&["ROWS", "RANGE", "GROUPS"]);
    let exclusion =
        ["", "", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"];
    let exclusion = dice.pick(&exclusion);
    if dice.roll(5) == 0 {
        return format!(" {unit} {}{exclusion}", bound(dice, false));
    }
    let (start, end) = (bound(dice, false), bound(dice, true));
    format!(" {unit} BETWEEN {start} AND {end}{exclusion}")
}

/// The parts of a window behind its name, and whether its order leaves no ties.
fn window(dice: &mut Dice, order: bool) -> String {
    let mut parts = String::new();
    if dice.roll(3) > 0 {
        parts += &format!("PARTITION BY {}", dice.pick(PARTITIONS));
    }
    if order && dice.roll(6) > 0 {
        parts += &format!(" ORDER BY {}", dice.pick(ORDERS));
    }
    parts + &frame(dice)
}

fn call(dice: &mut Dice) -> String {
    match dice.roll(5) {
        0 => dice.pick(PLACES).to_owned(),
        1 => dice.pick(VALUES).to_owned(),
        2 => format!(
            "{} FILTER (WHERE {})",
            dice.pick(AGGREGATES),
            dice.pick(&["k > 2", "s < 'q'", "0"])
        ),
        _ => dice.pick(AGGREGATES).to_owned(),
    }
}

fn statement(dice: &mut Dice) -> String {
    let table = if dice.roll(30) == 0 { "empty" } else { "w" };
    let filter = dice.pick(&["", "", "", " WHERE p = 4", " WHERE id % 2", " WHERE k IS NOT NULL"]);
    let (one, two) = (call(dice), call(dice));
    let over = window(dice, true);
    match dice.roll(8) {
        // A window that has a name, and one that extends it.
        0 => {
            let base = format!("PARTITION BY {}", dice.pick(PARTITIONS));
            let order = dice.pick(ORDERS);
            let frame = frame(dice);
            format!(
                "SELECT id, {one} OVER a, {two} OVER (a{frame}) FROM {table}{filter} \
                 WINDOW x AS ({base}), a AS (x ORDER BY {order})"
            )
        }
        // Over groups.
        1 => {
            let call = dice.pick(&[
                "sum(sum(k))",
                "max(count(*))",
                "row_number()",
                "rank()",
                "lag(sum(r))",
                "group_concat(p)",
                "sum(p)",
                "count(*)",
                "avg(total(r))",
            ]);
            let order = dice.pick(&["p", "count(*), p", "sum(k) DESC, p", "p DESC"]);
            let frame = frame(dice);
            format!(
                "SELECT p, {call} OVER (ORDER BY {order}{frame}) FROM {table}{filter} GROUP BY p"
            )
        }
        // In an order of the whole, in an expression.
        2 => format!(
            "SELECT id, coalesce({one} OVER ({over}), -1) FROM {table}{filter} ORDER BY {two} OVER ({over}), id DESC"
        ),
        3 => format!("SELECT DISTINCT {one} OVER ({over}) FROM {table}{filter}"),
        // Conditions on what a derived table computes.
        4 => format!(
            "SELECT * FROM (SELECT id, p, s, {one} OVER (PARTITION BY p, s ORDER BY k, id) x, \
             {two} OVER (PARTITION BY p ORDER BY id) y FROM {table}{filter}) \
             WHERE p > 1 AND s <> 'x' AND x IS NOT NULL"
        ),
        // Two windows.
        5 => format!(
            "SELECT id, {one} OVER (ORDER BY k, id{}), {two} OVER (PARTITION BY s ORDER BY r DESC, id) \
             FROM {table}{filter} LIMIT 9",
            frame(dice)
        ),
        _ => format!("SELECT id, {one} OVER ({over}), {two} OVER ({over}) FROM {table}{filter}"),
    }
}

/// Aggregates of groups that take their rows in an order, with DISTINCT and FILTER.
fn ordered_aggregate(dice: &mut Dice) -> String {
    let list = |dice: &mut Dice| {
        let order =
            dice.pick(&["id DESC", "r, id", "s DESC NULLS LAST, id", "k DESC, -id", "v, id"]);
        let call =
            dice.pick(&["group_concat(s", "group_concat(id, '-'", "json_group_array(k", "total(r"]);
        let filter = dice.pick(&["", "", " FILTER (WHERE k > 2)", " FILTER (WHERE s < 'q')"]);
        format!("{call} ORDER BY {order}){filter}")
    };
    let (one, two) = (list(dice), list(dice));
    let values = dice.pick(&["s", "k", "p"]);
    let down = dice.pick(&["", " DESC", " NULLS LAST"]);
    let group = dice.pick(&["p", "s", "k % 3", "1 + p"]);
    format!(
        "SELECT {group}, {one}, json_group_array(DISTINCT {values} ORDER BY {values}{down}), {two} \
         FROM w GROUP BY 1 ORDER BY 1"
    )
}

#[test]
fn ordered_aggregates_have_sqlites_answers() {
    let mut pair = Pair::new();
    pair.session.execute("SET flexible_types = on").expect("a switch");
    DATA.iter().for_each(|sql| pair.execute(sql));
    for seed in 1..=400 {
        let sql = ordered_aggregate(&mut Dice::of(seed));
        assert!(pair.ask_sqlite(&sql).is_ok(), "{sql}");
        assert_eq!(pair.difference(&sql, true), None, "seed {seed}: {sql}");
    }
}

#[test]
fn windows_have_sqlites_answers() {
    let count = cases(STATEMENTS);
    for rewrites in ["on", "off"] {
        let mut pair = Pair::new();
        pair.session.execute("SET flexible_types = on").expect("a switch");
        pair.session.execute(&format!("SET rewrites = {rewrites}")).expect("a switch");
        DATA.iter().for_each(|sql| pair.execute(sql));
        let (mut wrong, mut answered) = (Vec::new(), 0);
        for seed in 1..=count {
            let sql = statement(&mut Dice::of(seed));
            answered += u64::from(pair.ask_sqlite(&sql).is_ok());
            if let Some(what) = pair.difference(&sql, true) {
                wrong.push(format!("seed {seed}: {sql}\n{what}"));
            }
        }
        assert!(answered * 3 > count * 2, "only {answered} of {count} have an answer");
        assert_no_difference(&wrong, count);
    }
}
