//! Foreign keys beside SQLite's: schemas with every action, deferred or not, of one column or two, of a
//! table to itself; writes in transactions and savepoints. After each, both say whether it is refused,
//! and every table is compared. In the end each is again as it was `AS OF` every transaction.
//!
//! Rows are changed one at a time: a statement is done wholly before its actions, where SQLite takes
//! row by row.

use super::{Pair, Plain, Rows, cases, sort};
use crate::answer::rows_of;
use crate::random::Dice;

/// How many schemas are made; twenty times as many with `ASOF_EXHAUSTIVE`.
const SCHEMAS: u64 = 60;

/// How many writes there are to each.
const WRITES: usize = 60;

const TABLES: [&str; 4] = ["a", "b", "c", "d"];

fn action(dice: &mut Dice, when: &str) -> String {
    let actions = ["", "NO ACTION", "RESTRICT", "CASCADE", "CASCADE", "SET NULL", "SET DEFAULT"];
    let mut said = String::new();
    for on in ["DELETE", "UPDATE"] {
        let action = dice.pick(&actions);
        if !action.is_empty() {
            said += &format!(" ON {on} {action}");
        }
    }
    said + when
}

/// Tables that refer to each other: `b` and `c` to `a`, `d` to `b` and `c`, perhaps `b` to itself. All
/// foreign keys of a table are asked at one time: of a row that is refused at once, SQLite goes on
/// counting what its deferred ones broke, and refuses the COMMIT.
fn schema(dice: &mut Dice) -> Vec<String> {
    let mut when = || dice.pick(&["", "", " DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE"]);
    let (of_b, of_c, of_d) = (when(), when(), when());
    vec![
        "CREATE TABLE a(id INTEGER PRIMARY KEY, x INTEGER, y TEXT, UNIQUE (x, y))".into(),
        format!(
            "CREATE TABLE b(id INTEGER PRIMARY KEY, x INTEGER DEFAULT 1 REFERENCES a{}, \
             y INTEGER{})",
            action(dice, of_b),
            if dice.roll(2) == 0 { String::new() } else { format!(" REFERENCES b{of_b}") },
        ),
        format!(
            "CREATE TABLE c(id INTEGER PRIMARY KEY, x INTEGER, y TEXT DEFAULT 'p', \
             FOREIGN KEY (x, y) REFERENCES a(x, y){})",
            action(dice, of_c)
        ),
        format!(
            "CREATE TABLE d(id INTEGER PRIMARY KEY, x INTEGER REFERENCES b(id){}, \
             y INTEGER{} DEFAULT 2 CONSTRAINT dc REFERENCES c{})",
            action(dice, of_d),
            dice.pick(&["", "", " NOT NULL"]),
            action(dice, of_d),
        ),
    ]
}

fn write(dice: &mut Dice) -> String {
    let table = dice.pick(&TABLES);
    let id = dice.roll(6);
    let number =
        |dice: &mut Dice| if dice.roll(6) == 0 { "NULL".into() } else { dice.roll(6).to_string() };
    let text = |dice: &mut Dice| dice.pick(&["'p'", "'q'", "NULL"]).to_owned();
    let y = match table {
        "a" | "c" => text(dice),
        _ => number(dice),
    };
    let x = number(dice);
    match dice.roll(20) {
        0..=7 => format!("INSERT INTO {table} VALUES ({}, {x}, {y})", number(dice)),
        8..=10 => format!("UPDATE {table} SET x = {x}, y = {y} WHERE id = {id}"),
        11 | 12 => format!("UPDATE {table} SET id = {} WHERE id = {id}", dice.roll(6)),
        13..=15 => format!("DELETE FROM {table} WHERE id = {id}"),
        16 => "BEGIN".into(),
        17 => dice.pick(&["COMMIT", "COMMIT", "ROLLBACK"]).to_owned(),
        18 => format!("SAVEPOINT s{}", dice.roll(2)),
        _ => format!("{} s{}", dice.pick(&["ROLLBACK TO", "RELEASE"]), dice.roll(2)),
    }
}

/// All tables of ours.
fn ours(pair: &mut Pair, moment: &str) -> Vec<Rows> {
    let mut table = |name: &&str| {
        let rows = rows_of(&mut pair.session, &format!("SELECT * FROM {name}{moment}"));
        let rows = rows.unwrap_or_else(|error| panic!("{name}{moment}: {error}"));
        let mut rows: Rows = rows.iter().map(|row| row.iter().map(Plain::of).collect()).collect();
        sort(&mut rows);
        rows
    };
    TABLES.iter().map(&mut table).collect()
}

/// All tables of SQLite's.
fn theirs(pair: &Pair) -> Vec<Rows> {
    let table = |name: &&str| {
        let mut rows = pair.ask_sqlite(&format!("SELECT * FROM {name}")).expect("it is there");
        sort(&mut rows);
        rows
    };
    TABLES.iter().map(table).collect()
}

#[test]
fn foreign_keys_are_those_of_sqlite() {
    let schemas = cases(SCHEMAS);
    let (mut refused, mut done) = (0, 0);
    for seed in 0..schemas {
        let (mut pair, mut dice) = (Pair::new(), Dice::of(1000 + seed));
        pair.sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("it has them");
        let mut script = schema(&mut dice);
        script.iter().for_each(|sql| pair.execute(sql));
        let mut moments = Vec::new();
        for _ in 0..WRITES {
            let sql = write(&mut dice);
            script.push(sql.clone());
            let written = pair.session.execute(&sql).map(drop);
            let expected = pair.sqlite.execute_batch(&sql);
            let shown = || format!("seed {seed}:\n{}", script.join(";\n"));
            match (&written, &expected) {
                (Ok(()), Ok(())) => done += 1,
                (Err(_), Err(_)) => refused += 1,
                _ => panic!("{written:?} and {expected:?}\n{}", shown()),
            }
            assert_eq!(ours(&mut pair, ""), theirs(&pair), "{}", shown());
            if pair.session.transaction().is_none() {
                moments.push((pair.session.head(), theirs(&pair)));
            }
        }
        let _ = pair.session.execute("ROLLBACK");
        for (event, expected) in moments {
            assert_eq!(ours(&mut pair, &format!(" AS OF EVENT {event}")), expected, "{seed}");
        }
    }
    assert!(refused > done / 10 && done > refused / 10, "{done} done, {refused} refused");
}
