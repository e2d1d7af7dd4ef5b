//! Foreign keys beside SQLite's: schemas with every action, deferred or not, of one column or two, of a
//! table to itself; writes in transactions and savepoints. After each, both say whether it is refused,
//! and every table is compared. In the end each is again as it was `AS OF` every transaction. Half of the
//! schemas have triggers, which tell what is done to each row; of some, triggers recurse, so that what
//! REPLACE deletes is told, too.
//!
//! Rows are changed one at a time: a statement is done wholly before its actions, where SQLite takes
//! row by row.

use super::{Pair, Rows, cases, plain, sort};
use crate::answer::rows_of;
use crate::random::Dice;

/// How many schemas are made; twenty times as many with `ASOF_EXHAUSTIVE`.
const SCHEMAS: u64 = 60;

/// How many writes there are to each.
const WRITES: usize = 60;

const TABLES: [&str; 4] = ["a", "b", "c", "d"];

/// What is compared: the tables, and what triggers told, in any order.
const QUERIES: [&str; 5] = [
    "SELECT * FROM a",
    "SELECT * FROM b",
    "SELECT * FROM c",
    "SELECT * FROM d",
    "SELECT what, count(*) FROM log GROUP BY what",
];

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

/// Triggers that tell what becomes of the rows of a table.
fn triggers(dice: &mut Dice, table: &str) -> Vec<String> {
    let mut triggers = Vec::new();
    for (time, event) in
        [("BEFORE", "UPDATE"), ("AFTER", "UPDATE"), ("BEFORE", "DELETE"), ("AFTER", "DELETE")]
    {
        if dice.roll(3) > 0 {
            let new = |column: &str| match event {
                "UPDATE" => format!("ifnull(NEW.{column}, '-')"),
                _ => "'gone'".to_owned(),
            };
            triggers.push(format!(
                "CREATE TRIGGER {table}_{time}_{event} {time} {event} ON {table} BEGIN \
                 INSERT INTO log(what) VALUES ('{time} {table} ' || OLD.id || ' ' || {} || ' ' || {} \
                 || ' ' || {}); END",
                new("id"),
                new("x"),
                new("y"),
            ));
        }
    }
    triggers
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
        0..=6 => format!("INSERT INTO {table} VALUES ({}, {x}, {y})", number(dice)),
        7 => format!("REPLACE INTO {table} VALUES ({}, {x}, {y})", number(dice)),
        8..=10 => format!("UPDATE {table} SET x = {x}, y = {y} WHERE id = {id}"),
        11 | 12 => format!("UPDATE {table} SET id = {} WHERE id = {id}", dice.roll(6)),
        13..=15 => format!("DELETE FROM {table} WHERE id = {id}"),
        16 => "BEGIN".into(),
        17 => dice.pick(&["COMMIT", "COMMIT", "ROLLBACK"]).to_owned(),
        18 => format!("SAVEPOINT s{}", dice.roll(2)),
        _ => format!("{} s{}", dice.pick(&["ROLLBACK TO", "RELEASE"]), dice.roll(2)),
    }
}

/// All answers of ours.
fn ours(pair: &mut Pair, moment: &str) -> Vec<Rows> {
    let mut answer = |query: &&str| {
        let rows = rows_of(&mut pair.session, &format!("{moment}{query}"));
        let rows = rows.unwrap_or_else(|error| panic!("{moment}{query}: {error}"));
        let mut rows = plain(&rows);
        sort(&mut rows);
        rows
    };
    QUERIES.iter().map(&mut answer).collect()
}

/// All answers of SQLite's.
fn theirs(pair: &Pair) -> Vec<Rows> {
    let answer = |query: &&str| {
        let mut rows = pair.ask_sqlite(query).expect("it is there");
        sort(&mut rows);
        rows
    };
    QUERIES.iter().map(answer).collect()
}

#[test]
fn foreign_keys_are_those_of_sqlite() {
    let schemas = cases(SCHEMAS);
    let (mut refused, mut done) = (0, 0);
    for seed in 0..schemas {
        let (mut pair, mut dice) = (Pair::new(), Dice::of(1000 + seed));
        pair.sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("it has them");
        let mut script = schema(&mut dice);
        script.push("CREATE TABLE log(n INTEGER PRIMARY KEY, what TEXT)".into());
        if seed % 2 == 1 {
            script.extend(TABLES.iter().flat_map(|table| triggers(&mut dice, table)));
            let recurse = if seed % 3 == 0 { "on" } else { "off" };
            script.push(format!("PRAGMA recursive_triggers = {recurse}"));
        }
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
            assert_eq!(ours(&mut pair, &format!("AS OF EVENT {event} ")), expected, "{seed}");
        }
    }
    assert!(refused > done / 10 && done > refused / 10, "{done} done, {refused} refused");
}
