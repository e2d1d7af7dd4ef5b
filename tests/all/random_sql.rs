//! Random scripts that change tables, rows and transactions: what histories are made of.

use crate::random::Dice;

const TABLES: [&str; 3] = ["a", "b", "long name"];
const COLUMNS: [&str; 4] = ["x", "y", "z", "w"];

/// One statement; it may make no sense, which changes nothing.
pub fn statement(random: &mut Dice) -> String {
    let table = format!("\"{}\"", random.pick(&TABLES));
    let column = random.pick(&COLUMNS);
    let (number, small) = (random.roll(1000), random.roll(6));
    match random.roll(100) {
        0..=9 => format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY{}, x TEXT, y INTEGER{})",
            random.pick(&["", " AUTOINCREMENT"]),
            random.pick(&["", " UNIQUE", " DEFAULT 5"]),
        ),
        10..=11 => format!("DROP TABLE {table}"),
        12..=14 => format!(
            "ALTER TABLE {table} ADD COLUMN {column} {}",
            random.pick(&[
                "TEXT",
                "INTEGER DEFAULT 7",
                "REAL NOT NULL DEFAULT 0.5",
                "DECIMAL(6,2)"
            ]),
        ),
        15 => format!("ALTER TABLE {table} DROP COLUMN {column}"),
        16 => format!("ALTER TABLE {table} RENAME COLUMN {column} TO {}", random.pick(&COLUMNS)),
        17 => format!("ALTER TABLE {table} RENAME TO \"{}\"", random.pick(&TABLES)),
        18..=19 => format!("CREATE INDEX i{small} ON {table} ({column})"),
        20 => format!("DROP INDEX i{small}"),
        21 => format!("TAG 't{number}'"),
        22 => "SNAPSHOT".into(),
        23..=27 => "BEGIN".into(),
        28 => "SAVEPOINT s".into(),
        29..=31 => "COMMIT".into(),
        32 => "RELEASE s".into(),
        33 => "ROLLBACK TO s".into(),
        34..=35 => "ROLLBACK".into(),
        36..=60 => {
            format!("INSERT INTO {table} (x, y) VALUES ('{number}', {number}), (NULL, NULL)")
        }
        61..=64 => format!("INSERT INTO {table} SELECT * FROM {table} WHERE id IS NULL"),
        65..=74 => format!("UPDATE {table} SET y = {number} WHERE id % 7 = {small}"),
        75..=80 => format!("UPDATE {table} SET x = x || '{small}', y = NULL WHERE y > {number}"),
        81..=84 => format!("UPDATE {table} SET id = id + 1000 WHERE id = {small}"),
        85..=93 => format!("DELETE FROM {table} WHERE id % 5 = {small}"),
        94 => format!("DELETE FROM {table}"),
        _ => format!("UPDATE {table} SET {column} = {small}"),
    }
}
