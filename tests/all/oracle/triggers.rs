//! Triggers: random ones on random tables and a view, and writes that fire them. After each write every
//! table is what it is in SQLite, and a write that one refuses the other refuses.
//!
//! What SQLite leaves open is not written: a BEFORE trigger changes other tables than its own.

use super::Pair;
use crate::answer::rows_of;
use crate::random::Dice;

/// How many databases are made, and how many writes each sees.
const DATABASES: usize = 60;
const WRITES: usize = 12;

/// The tables; `v` shows the first.
const TABLES: [&str; 3] = ["t", "u", "w"];

/// A number as a trigger or a write makes it; `row` is what it can name.
fn number(dice: &mut Dice, rows: &[&str]) -> String {
    let column = ["a", "b", "id"][dice.roll(3)];
    match dice.roll(6) {
        0 | 1 if !rows.is_empty() => format!("{}.{column}", rows[dice.roll(rows.len())]),
        2 if !rows.is_empty() => {
            format!("coalesce({}.{column}, 0) % 50 + {}", rows[dice.roll(rows.len())], dice.roll(4))
        }
        3 => format!("(SELECT count(*) FROM {})", TABLES[dice.roll(3)]),
        4 if !rows.is_empty() => {
            let row = rows[dice.roll(rows.len())];
            format!("(SELECT max(b) FROM {} WHERE a = {row}.a)", TABLES[dice.roll(3)])
        }
        _ => dice.roll(6).to_string(),
    }
}

/// A condition on a row of the table that is changed, or on what a trigger knows.
fn condition(dice: &mut Dice, subject: &str, rows: &[&str]) -> String {
    let column = ["a", "b"][dice.roll(2)];
    let operator = ["=", "<", ">=", "<>", "IS NOT"][dice.roll(5)];
    let subject = if subject.is_empty() { String::new() } else { format!("{subject}.") };
    format!("{subject}{column} {operator} {}", number(dice, rows))
}

/// A statement that changes one of these tables.
fn write(dice: &mut Dice, tables: &[&str], rows: &[&str]) -> String {
    let table = tables[dice.roll(tables.len())];
    let (a, b) = (number(dice, rows), number(dice, rows));
    match dice.roll(6) {
        0 => format!("DELETE FROM {table} WHERE {}", condition(dice, "", rows)),
        1 => format!("UPDATE {table} SET a = {a} WHERE {}", condition(dice, "", rows)),
        2 => {
            let filter = condition(dice, "", rows);
            format!("UPDATE {table} SET b = {b}, a = a + 1 WHERE {filter}")
        }
        _ => format!(
            "INSERT INTO {table}(a, b) SELECT {a}, {b} WHERE (SELECT count(*) FROM {table}) < 25"
        ),
    }
}

/// A random trigger.
fn trigger(dice: &mut Dice, number: usize) -> String {
    let table = TABLES[dice.roll(3)];
    let event = ["INSERT", "UPDATE", "UPDATE OF a", "UPDATE OF b, a", "DELETE"][dice.roll(5)];
    let rows: &[&str] = match event {
        "INSERT" => &["NEW"],
        "DELETE" => &["OLD"],
        _ => &["OLD", "NEW"],
    };
    let (is_view, is_before) = (dice.roll(5) == 0, dice.roll(2) == 0);
    let (time, on) = match (is_view, is_before) {
        (true, _) => ("INSTEAD OF", "v"),
        (false, true) => ("BEFORE", table),
        (false, false) => ("AFTER", table),
    };
    let when = match dice.roll(3) {
        0 => {
            let row = rows[dice.roll(rows.len())];
            format!(" WHEN {}", condition(dice, row, rows))
        }
        _ => String::new(),
    };
    let others: Vec<&str> =
        TABLES.into_iter().filter(|other| *other != table || !is_before).collect();
    let mut body: Vec<String> = (0..1 + dice.roll(2)).map(|_| write(dice, &others, rows)).collect();
    if dice.roll(5) == 0 {
        let action = ["IGNORE", "ABORT, 'no'", "FAIL, 'not ' || 'now'"][dice.roll(3)];
        let row = rows[dice.roll(rows.len())];
        let filter = condition(dice, row, rows);
        body.insert(dice.roll(body.len() + 1), format!("SELECT RAISE({action}) WHERE {filter}"));
    }
    let event = if is_view { event.split(" OF").next().unwrap_or(event) } else { event };
    format!("CREATE TRIGGER x{number} {time} {event} ON {on}{when} BEGIN {}; END", body.join("; "))
}

#[test]
fn random_triggers_do_what_they_do_in_sqlite() {
    let mut dice = Dice::of(0x7419_9e25);
    let (mut fired, mut refused) = (0, 0);
    for _ in 0..DATABASES {
        let mut pair = Pair::new();
        let mut script: Vec<String> = Vec::new();
        for table in TABLES {
            script.push(format!(
                "CREATE TABLE {table}(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"
            ));
            script.push(format!("INSERT INTO {table}(a, b) VALUES (1, 2), (3, 4), (2, NULL)"));
        }
        script.push("CREATE VIEW v(id, a, b) AS SELECT id, a, b FROM t WHERE a IS NOT NULL".into());
        script.extend((0..2 + dice.roll(5)).map(|at| trigger(&mut dice, at)));
        script.iter().for_each(|sql| pair.execute(sql));
        for _ in 0..WRITES {
            let tables: &[&str] = if dice.roll(4) == 0 { &["v"] } else { &TABLES };
            let sql = match dice.roll(5) {
                0 => format!(
                    "INSERT INTO {}(a, b) VALUES (7, 1), (1, 9)",
                    tables[dice.roll(tables.len())]
                ),
                _ => write(&mut dice, tables, &[]),
            };
            let before = pair.session.head();
            let (ours, theirs) = (pair.session.execute(&sql), pair.sqlite.execute_batch(&sql));
            refused += usize::from(ours.is_err());
            script.push(sql.clone());
            let shown = || script.join(";\n");
            assert_eq!(ours.is_err(), theirs.is_err(), "{ours:?}\n{theirs:?}\n{}", shown());
            for table in TABLES {
                let asked = format!("SELECT id, a, b FROM {table} ORDER BY id");
                if let Some(difference) = pair.difference(&asked, true) {
                    panic!("{};\n{asked}\n{difference}", shown());
                }
            }
            let caused = "SELECT count(*) FROM _events WHERE cause IS NOT NULL AND event > ";
            let caused = rows_of(&mut pair.session, &format!("{caused}{before}"));
            let caused = caused.expect("events are counted");
            fired += usize::from(caused[0][0].to_text() != "0");
        }
    }
    assert!(fired > 40 && refused > 8, "{fired} writes fired something, {refused} were refused");
}
