//! Temporary tables: random writes to tables of both schemas, some of one name, with temporary triggers,
//! foreign keys and savepoints among them. After each write every table is what it is in SQLite, and
//! no event is of a temporary one.

use super::Pair;
use crate::answer::rows_of;
use crate::random::Dice;

/// How many sessions there are, and how many statements each sees.
const SESSIONS: usize = 60;
const STATEMENTS: usize = 25;

/// What makes the tables: `t` is one of each schema, `m` only of the database, `s` and `c` only temporary.
const TABLES: [&str; 8] = [
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)",
    "CREATE TABLE m(id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER)",
    "CREATE TEMP TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER CHECK (b IS NOT 7))",
    "CREATE TABLE temp.s(id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER)",
    "CREATE TEMPORARY TABLE c(id INTEGER PRIMARY KEY, a INTEGER REFERENCES s ON DELETE CASCADE, b)",
    "CREATE INDEX by_b ON t(b)",
    "CREATE INDEX main.by_b ON t(b, a)",
    "INSERT INTO main.t(a, b) VALUES (1, 2), (3, 4), (2, NULL)",
];

/// What each of them is asked by.
const NAMES: [&str; 5] = ["main.t", "temp.t", "m", "s", "c"];

/// A number as a write makes it; `row` is what it can name.
fn number(dice: &mut Dice, row: Option<&str>) -> String {
    let (column, name) = (["a", "b", "id"][dice.roll(3)], NAMES[dice.roll(4)]);
    match (dice.roll(5), row) {
        (0 | 1, Some(row)) => format!("{row}.{column}"),
        (2, _) => format!("(SELECT count(*) FROM {name})"),
        (3, _) => {
            format!("(SELECT max({column}) + 1 FROM {name} WHERE {name}.a > {})", dice.roll(4))
        }
        _ => dice.roll(9).to_string(),
    }
}

/// A statement that changes a table of this name; `row` is what a trigger's knows.
fn write(dice: &mut Dice, table: &str, row: Option<&str>) -> String {
    let (a, b) = (number(dice, row), number(dice, row));
    match dice.roll(8) {
        0 => format!("DELETE FROM {table} WHERE id = {a}"),
        1 => format!("UPDATE {table} SET a = {a}, b = b + 1 WHERE id % 3 = {}", dice.roll(3)),
        2 => format!("UPDATE {table} SET b = {b} WHERE id > 1"),
        3 => format!("INSERT OR REPLACE INTO {table}(id, a, b) SELECT {}, {a}, {b}", dice.roll(5)),
        4 => format!("INSERT INTO {table}(a, b) SELECT a, b FROM {} LIMIT 3", NAMES[dice.roll(4)]),
        5 => format!(
            "INSERT INTO {table}(id, a) VALUES ({}, 4) ON CONFLICT (id) DO UPDATE SET b = excluded.a",
            dice.roll(5)
        ),
        _ => format!("INSERT INTO {table}(a, b) SELECT {a}, {b}"),
    }
}

/// A trigger: a temporary one on any table, or one of the database on one of its own.
fn trigger(dice: &mut Dice, number: usize) -> String {
    let (event, row) = [("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")][dice.roll(3)];
    if dice.roll(4) == 0 {
        let on = ["t", "m"][dice.roll(2)];
        let body = format!("INSERT INTO t(a) VALUES ({row}.a + 1)");
        return format!("CREATE TRIGGER main.x{number} AFTER {event} ON {on} BEGIN {body}; END");
    }
    let on = ["main.t", "temp.t", "m", "s"][dice.roll(4)];
    let into = ["t", "m", "c"][dice.roll(3)];
    let body = write(dice, into, Some(row));
    let name = [format!("TEMP TRIGGER x{number}"), format!("TRIGGER temp.x{number}")];
    format!("CREATE {} AFTER {event} ON {on} BEGIN {body}; END", name[dice.roll(2)])
}

/// A statement that begins, ends or marks a transaction.
fn mark(dice: &mut Dice, is_open: bool) -> &'static str {
    match (is_open, dice.roll(4)) {
        (false, 0..2) => "BEGIN",
        (false, _) => "SAVEPOINT one",
        (true, 0) => "COMMIT",
        (true, 1) => "ROLLBACK",
        (true, 2) => "SAVEPOINT one",
        (true, _) => "ROLLBACK TO one",
    }
}

#[test]
fn random_temporary_tables_are_those_of_sqlite() {
    let mut dice = Dice::of(0x7e4d_0a11);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..SESSIONS {
        let mut pair = Pair::new();
        pair.sqlite.execute_batch("PRAGMA foreign_keys = on").expect("a setting");
        let mut script: Vec<String> = TABLES.iter().map(|sql| (*sql).to_owned()).collect();
        script.extend((0..dice.roll(4)).map(|at| trigger(&mut dice, at)));
        script.iter().for_each(|sql| pair.execute(sql));
        for _ in 0..STATEMENTS {
            let sql = match dice.roll(6) {
                0 => mark(&mut dice, pair.session.transaction().is_some()).to_owned(),
                _ => {
                    let table = ["t", "main.t", "temp.t", "m", "s", "c"][dice.roll(6)];
                    write(&mut dice, table, None)
                }
            };
            script.push(sql.clone());
            let (ours, theirs) = (pair.session.execute(&sql), pair.sqlite.execute_batch(&sql));
            let shown = || script.join(";\n");
            assert_eq!(ours.is_err(), theirs.is_err(), "{ours:?}\n{theirs:?}\n{}", shown());
            let counted = if ours.is_err() { &mut refused } else { &mut taken };
            *counted += 1;
            for name in NAMES {
                let asked = format!("SELECT id, a, b FROM {name} ORDER BY id");
                if let Some(difference) = pair.difference(&asked, true) {
                    panic!("{};\n{asked}\n{difference}", shown());
                }
            }
        }
        let events = rows_of(
            &mut pair.session,
            "SELECT count(*) FROM _events WHERE table_name IN ('s', 'c') OR change LIKE '%temp%'",
        );
        assert_eq!(events.expect("events")[0][0].to_text(), "0", "{}", script.join(";\n"));
    }
    assert!(taken > 1_000 && refused > 30, "{taken} were taken, {refused} refused");
}
