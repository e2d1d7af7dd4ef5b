//! Joins of up to 64 tables, as those of SQLite's own test `select5`: chains of keys and columns that
//! end in a constant, named in any order; and products of tables that a condition filters.

use super::both_ways;
use crate::random::Dice;

/// How many tables there are, each of ten rows.
const TABLES: usize = 64;

/// How many chains are asked for, and how many products.
const CHAINS: u64 = 122;
const PRODUCTS: u64 = 60;

fn data() -> Vec<String> {
    let mut dice = Dice::of(5);
    let mut all = Vec::new();
    for table in 1..=TABLES {
        all.push(format!(
            "CREATE TABLE t{table}(a{table} INTEGER PRIMARY KEY, b{table} INTEGER, x{table} VARCHAR(40))"
        ));
        let mut partners: Vec<usize> = (1..=10).collect();
        shuffle(&mut partners, &mut dice);
        let rows = partners.iter().enumerate().map(|(row, partner)| {
            format!("({}, {partner}, 'table t{table} row {}')", row + 1, row + 1)
        });
        all.push(format!("INSERT INTO t{table} VALUES {}", rows.collect::<Vec<_>>().join(", ")));
    }
    all
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for at in (1..list.len()).rev() {
        list.swap(at, dice.roll(at + 1));
    }
}

fn some_tables(count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut tables: Vec<usize> = (1..=TABLES).collect();
    shuffle(&mut tables, dice);
    tables.truncate(count);
    tables
}

fn select(tables: &[usize], conditions: &[String]) -> String {
    let items: Vec<String> = tables.iter().map(|table| format!("x{table}")).collect();
    let from: Vec<String> = tables.iter().rev().map(|table| format!("t{table}")).collect();
    format!(
        "SELECT {} FROM {} WHERE {}",
        items.join(", "),
        from.join(", "),
        conditions.join(" AND ")
    )
}

/// A chain: each table's key is a column of the next, the last is fixed.
fn chain(count: usize, dice: &mut Dice) -> String {
    let mut tables = some_tables(count, dice);
    let mut conditions: Vec<String> = tables
        .windows(2)
        .map(|pair| match dice.roll(2) {
            0 => format!("a{} = b{}", pair[0], pair[1]),
            _ => format!("b{} = a{}", pair[1], pair[0]),
        })
        .collect();
    let end = tables[dice.roll(2) * (count - 1)];
    conditions.push(match dice.roll(2) {
        0 => format!("a{end} = {}", 1 + dice.roll(10)),
        _ => format!("{} = b{end}", 1 + dice.roll(10)),
    });
    shuffle(&mut conditions, dice);
    shuffle(&mut tables, dice);
    select(&tables, &conditions)
}

/// A product of a few tables, with a condition that no key helps with.
fn product(dice: &mut Dice) -> String {
    let tables = some_tables(2 + dice.roll(3), dice);
    let of = |dice: &mut Dice, letter: &str| format!("{letter}{}", tables[dice.roll(tables.len())]);
    let mut conditions = vec![format!("{} + {} = {}", of(dice, "a"), of(dice, "b"), of(dice, "b"))];
    if dice.roll(2) == 0 {
        conditions.push(format!(
            "({} < {} OR {} = 3)",
            of(dice, "a"),
            of(dice, "a"),
            of(dice, "b")
        ));
    }
    for table in &tables[..tables.len().min(2)] {
        conditions.push(format!("b{table} > {}", 4 + dice.roll(5)));
    }
    select(&tables, &conditions)
}

#[test]
fn joins_of_many_tables_have_sqlites_rows() {
    let (mut rewritten, mut plain) = both_ways(&data());
    let mut wrong = Vec::new();
    for seed in 0..CHAINS {
        let mut dice = Dice::of(seed + 1);
        let count = 4 + usize::try_from(seed % 61).expect("small");
        let sql = chain(count, &mut dice);
        wrong.extend(rewritten.difference(&sql, false).map(|what| format!("{sql}\n{what}")));
        if count == 4 {
            wrong.extend(plain.difference(&sql, false).map(|what| format!("{sql}\n{what}")));
        }
    }
    for seed in 0..PRODUCTS {
        let sql = product(&mut Dice::of(seed + 1));
        for pair in [&mut rewritten, &mut plain] {
            wrong.extend(pair.difference(&sql, false).map(|what| format!("{sql}\n{what}")));
        }
    }
    let shown = &wrong[..wrong.len().min(5)];
    assert!(wrong.is_empty(), "{} differ\n\n{}", wrong.len(), shown.join("\n\n"));
}
