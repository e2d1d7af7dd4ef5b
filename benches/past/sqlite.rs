//! SQLite's side: a table whose triggers keep its history.
//!
//! `accounts_history` has every version of every row with the events between which it was valid. It
//! is stored by its key (id, valid_from), without a table beside the index, which is what serves
//! the question for one row best. A second index, made after the load, covers the scan.

use crate::workload::CREATE;
use rusqlite::Connection;
use std::hint::black_box;
use std::path::Path;

/// Durable as asof is. The cache is larger than the database, which asof has in memory, too.
const SETTINGS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                        PRAGMA cache_size=-1000000;";

/// Events are counted as asof counts them: creating the table is the first, and an update to what
/// is there is none.
const HISTORY: &str = "
CREATE TABLE clock(event INTEGER NOT NULL);
INSERT INTO clock VALUES (1);
CREATE TABLE accounts_history(
    id INTEGER, owner TEXT, city TEXT, balance REAL, active BOOLEAN,
    valid_from INTEGER, valid_to INTEGER,
    PRIMARY KEY (id, valid_from)
) WITHOUT ROWID;
CREATE TRIGGER inserted AFTER INSERT ON accounts BEGIN
    UPDATE clock SET event = event + 1;
    INSERT INTO accounts_history
        SELECT new.id, new.owner, new.city, new.balance, new.active, event, NULL FROM clock;
END;
CREATE TRIGGER updated AFTER UPDATE ON accounts
WHEN (new.id, new.owner, new.city, new.balance, new.active)
    IS NOT (old.id, old.owner, old.city, old.balance, old.active)
BEGIN
    UPDATE clock SET event = event + 1;
    UPDATE accounts_history SET valid_to = (SELECT event FROM clock)
        WHERE id = old.id
        AND valid_from = (SELECT max(valid_from) FROM accounts_history WHERE id = old.id);
    INSERT INTO accounts_history
        SELECT new.id, new.owner, new.city, new.balance, new.active, event, NULL FROM clock;
END;
CREATE TRIGGER deleted AFTER DELETE ON accounts BEGIN
    UPDATE clock SET event = event + 1;
    UPDATE accounts_history SET valid_to = (SELECT event FROM clock)
        WHERE id = old.id
        AND valid_from = (SELECT max(valid_from) FROM accounts_history WHERE id = old.id);
END;
";

/// Made after the load, so that it costs nothing there.
const INDEX: &str =
    "CREATE INDEX accounts_history_by_time ON accounts_history(valid_from, valid_to, balance);
     ANALYZE;
     PRAGMA wal_checkpoint(TRUNCATE);";

/// One row at an event: its last version that began by then, if it had not ended.
const ROW: &str = "SELECT id, owner, city, balance, active FROM accounts_history
    WHERE id = ?1 AND valid_from <= ?2 AND (valid_to > ?2 OR valid_to IS NULL)
    ORDER BY valid_from DESC LIMIT 1";

const ROW_NOW: &str = "SELECT * FROM accounts WHERE id = ?1";

/// The ways to ask for all rows at an event. The best at each point counts.
const SCANS: [(&str, &str); 3] = [
    (
        "over the history",
        "SELECT count(*), sum(balance) FROM accounts_history NOT INDEXED
         WHERE valid_from <= ?1 AND (valid_to > ?1 OR valid_to IS NULL)",
    ),
    (
        "by an index (valid_from, valid_to, balance)",
        "SELECT count(*), sum(balance) FROM accounts_history INDEXED BY accounts_history_by_time
         WHERE valid_from <= ?1 AND (valid_to > ?1 OR valid_to IS NULL)",
    ),
    // Right only as long as no row was ever deleted, and as no balance is NULL.
    (
        "key by key",
        "SELECT count(balance), sum(balance) FROM (
            SELECT (SELECT balance FROM accounts_history
                    WHERE id = accounts.id AND valid_from <= ?1
                    ORDER BY valid_from DESC LIMIT 1) AS balance
            FROM accounts)",
    ),
];

/// How many ways there are to ask for all rows.
pub const WAYS: usize = SCANS.len();

/// An open database.
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// The version of the library.
    pub fn version() -> &'static str {
        rusqlite::version()
    }

    /// What a way to ask for all rows is called.
    pub fn way(way: usize) -> &'static str {
        SCANS[way].0
    }

    /// Runs a workload's script in a new database, with history kept. Its updates are one prepared
    /// statement: to compile it with its triggers each time takes SQLite ten times as long.
    ///
    /// # Panics
    /// If something of it fails.
    pub fn load(path: &Path, script: &str) -> Sqlite {
        let sqlite = Sqlite::open(path);
        let run = |sql: &str| sqlite.connection.execute_batch(sql).expect("the script runs");
        run(CREATE);
        run(HISTORY);
        let sql = "UPDATE accounts SET balance = ?1 WHERE id = ?2";
        let mut update = sqlite.connection.prepare(sql).expect("a statement");
        let rest = script.strip_prefix(CREATE).expect("a script begins with its table");
        for line in rest.lines() {
            match update_of(line) {
                Some((balance, id)) => {
                    update.execute((balance, id)).expect("an update");
                }
                None => run(line),
            }
        }
        drop(update);
        sqlite
    }

    /// Makes the index that the load did without.
    ///
    /// # Panics
    /// If that fails.
    pub fn index(&self) {
        self.connection.execute_batch(INDEX).expect("the index is made");
    }

    /// Opens what there is.
    ///
    /// # Panics
    /// If that fails.
    pub fn open(path: &Path) -> Sqlite {
        let connection = Connection::open(path).expect("the database opens");
        connection.execute_batch(SETTINGS).expect("the settings are known");
        Sqlite { connection }
    }

    /// Reads rows by their keys, at an event or now, by one prepared statement; gives how many were
    /// there.
    ///
    /// # Panics
    /// If that fails.
    pub fn rows(&self, event: Option<u64>, keys: &[u64]) -> usize {
        let sql = if event.is_some() { ROW } else { ROW_NOW };
        let mut statement = self.connection.prepare(sql).expect("a statement");
        let mut count = 0;
        for key in keys {
            let key = key.cast_signed();
            let mut rows = match event {
                Some(event) => statement.query([key, event.cast_signed()]),
                None => statement.query([key]),
            }
            .expect("a question");
            while let Some(row) = rows.next().expect("a row") {
                for column in 0..5 {
                    black_box(row.get_ref(column).expect("a value"));
                }
                count += 1;
            }
        }
        count
    }

    /// The number of rows and the sum of their balances at an event, or now where there is none.
    ///
    /// # Panics
    /// If that fails.
    pub fn scan(&self, way: usize, event: Option<u64>) -> (u64, f64) {
        let sum = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?));
        let Some(event) = event else {
            let sql = "SELECT count(*), sum(balance) FROM accounts";
            let mut statement = self.connection.prepare(sql).expect("a statement");
            return statement.query_row([], sum).expect("a row");
        };
        let mut statement = self.connection.prepare(SCANS[way].1).expect("a statement");
        statement.query_row([event.cast_signed()], sum).expect("a row")
    }

    /// Every row at an event in order of keys, as text.
    ///
    /// # Panics
    /// If that fails.
    pub fn table(&self, event: u64) -> Vec<String> {
        let sql = "SELECT id || '|' || owner || '|' || city || '|' || balance || '|' || active
                   FROM accounts_history
                   WHERE valid_from <= ?1 AND (valid_to > ?1 OR valid_to IS NULL) ORDER BY id";
        let mut statement = self.connection.prepare(sql).expect("a statement");
        let rows = statement.query_map([event.cast_signed()], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }
}

/// The balance and the key of an update as workloads write it.
fn update_of(line: &str) -> Option<(f64, i64)> {
    let values = line.strip_prefix("UPDATE accounts SET balance = ")?.strip_suffix(';')?;
    let (balance, id) = values.split_once(" WHERE id = ")?;
    Some((balance.parse().ok()?, id.parse().ok()?))
}
