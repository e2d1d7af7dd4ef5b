//! The language beside SQLite: the same queries in process on both sides, in turn, in one run.
//!
//! `cargo bench --bench language`. Both databases are in memory and have the same tables, keys and
//! rows; SQLite (the version that `rusqlite` bundles) has run ANALYZE. A query is prepared and all of
//! its rows are read, and both give as many. Each figure is the median of the rounds (five, or
//! `LANGUAGE_ROUNDS`) behind one that is not counted; a ratio below 1 says that asof is faster.
//! `LANGUAGE_SCALE` is TPC-H's scale in thousandths (100, which is scale factor 0.1), and only work whose
//! name has `LANGUAGE_ONLY` in it is done. Where `ASOF_CORPUS` names a directory that holds SQLite's
//! sqllogictest/, its files are run, too.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "../../tests/all/answer.rs"]
#[expect(dead_code, reason = "the tests tell answers in words, too")]
mod answer;
mod corpus;
#[path = "../../tests/all/slt/md5.rs"]
mod md5;
#[path = "../../tests/all/random.rs"]
mod random;
#[path = "../../tests/all/slt/reader.rs"]
#[expect(dead_code, reason = "the tests look at codes of errors and at labels, too")]
mod reader;
#[path = "../../tests/all/oracle/tpch/rows.rs"]
mod rows;

use answer::rows_of;
use asof::session::{Outcome, Session};
use asof::storage::Database;
use std::sync::Arc;
use std::time::Instant;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TPCH: &str = include_str!("../../tests/all/oracle/tpch/schema.sql");
const QUERIES: &str = include_str!("../../tests/all/oracle/tpch/queries.sql");

/// Two tables of 100,000 rows with keys, and one of 1,000,000.
const TABLES: &[&str] = &[
    "CREATE TABLE owners (id INTEGER PRIMARY KEY, city INTEGER)",
    "CREATE TABLE cards (id INTEGER PRIMARY KEY, owner INTEGER, amount INTEGER)",
    "CREATE INDEX cards_of_owner ON cards (owner)",
    "CREATE TABLE readings (id INTEGER PRIMARY KEY, sensor INTEGER, value INTEGER)",
];

/// Rows of those tables: a row of one is a formula of its number, up to how many.
const FORMULAS: &[(&str, usize, &str)] = &[
    ("owners", 100_000, "n, n * 7919 % 100"),
    ("cards", 100_000, "n, n * 7919 % 150000, n * 104729 % 1000"),
    ("readings", 1_000_000, "n, n * 7919 % 1000, n * 104729 % 100000"),
];

const LANGUAGE: &[(&str, &str)] = &[
    (
        "correlated EXISTS, 100,000 x 100,000, key",
        "SELECT count(*) FROM owners o
         WHERE EXISTS (SELECT * FROM cards c WHERE c.owner = o.id AND c.amount > 500)",
    ),
    (
        "window over 1,000,000 rows",
        "SELECT max(r), max(s) FROM (
           SELECT row_number() OVER (PARTITION BY sensor ORDER BY value) AS r,
                  sum(value) OVER (PARTITION BY sensor ORDER BY value) AS s FROM readings) t",
    ),
    (
        "recursive CTE of 1,000,000 steps",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000)
         SELECT count(*), sum(x) FROM n",
    ),
    ("scan: count with a condition", "SELECT count(*) FROM readings WHERE value > 50000"),
    ("scan: group of 1,000", "SELECT sensor, count(*), sum(value) FROM readings GROUP BY sensor"),
    ("scan: top 10", "SELECT * FROM readings ORDER BY value DESC, id LIMIT 10"),
    ("distinct", "SELECT count(DISTINCT value) FROM readings"),
];

/// Both databases.
struct Peers {
    session: Session,
    sqlite: rusqlite::Connection,
    rounds: usize,
}

impl Peers {
    fn execute(&mut self, sql: &str) {
        if let Err(error) = self.session.execute(sql) {
            panic!("{sql}\n{error}");
        }
        self.sqlite.execute_batch(sql).expect("a statement of SQLite");
    }

    /// The rows of a statement and the seconds it took. A profiler finds the function by its name.
    #[inline(never)]
    fn ours(&mut self, sql: &str) -> (usize, f64) {
        let start = Instant::now();
        let outcome = self.session.execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        let Outcome::Rows(rows) = outcome else { panic!("{sql} has no rows") };
        let count = rows.map(|batch| batch.expect("rows").rows).sum();
        (count, start.elapsed().as_secs_f64())
    }

    fn theirs(&self, sql: &str) -> (usize, f64) {
        let start = Instant::now();
        let mut statement = self.sqlite.prepare(sql).expect("a query");
        let width = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        let mut count = 0;
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..width {
                std::hint::black_box(row.get_ref(column).expect("a value"));
            }
            count += 1;
        }
        (count, start.elapsed().as_secs_f64())
    }

    fn report(&mut self, work: &str, sql: &str) {
        if !is_asked(work) {
            return;
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=self.rounds {
            let (a, b) = (self.ours(sql), self.theirs(sql));
            assert_eq!(a.0, b.0, "{work}: as many rows");
            if round > 0 {
                ours.push(a.1);
                theirs.push(b.1);
            }
        }
        let (a, b) = (median(ours), median(theirs));
        println!("{work:<44} {:>10.2} {:>10.2} {:>8.2}", a * 1e3, b * 1e3, a / b);
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Whether a piece of work shall be done.
fn is_asked(work: &str) -> bool {
    std::env::var("LANGUAGE_ONLY").map_or(true, |only| work.contains(&only))
}

/// Makes the tables that are no TPC-H.
fn fill(peers: &mut Peers) {
    TABLES.iter().for_each(|table| peers.execute(table));
    for (table, count, formula) in FORMULAS {
        let mut first = 1;
        while first <= *count {
            let numbers: Vec<String> =
                (first..first + 5_000).map(|number| format!("({number})")).collect();
            peers.execute(&format!(
                "INSERT INTO {table} SELECT {} FROM (VALUES {}) numbers",
                formula.replace('n', "column1"),
                numbers.join(", ")
            ));
            first += 5_000;
        }
    }
    peers.sqlite.execute_batch("ANALYZE").expect("statistics");
}

/// Makes the tables of TPC-H where one of its queries is asked, and runs those.
fn report_tpch(peers: &mut Peers) {
    let queries = || QUERIES.split("-- ").skip(1).filter_map(|query| query.split_once('\n'));
    if !queries().any(|(title, _)| is_asked(title)) {
        return;
    }
    let scale = setting("LANGUAGE_SCALE", 100);
    println!("\nTPC-H, scale {}", f64::from(u32::try_from(scale).unwrap_or(0)) / 1e3);
    TPCH.split_inclusive(";\n").for_each(|table| peers.execute(table));
    peers.execute("BEGIN");
    rows::of_scale(scale).iter().for_each(|statement| peers.execute(statement));
    peers.execute("COMMIT");
    peers.sqlite.execute_batch("ANALYZE").expect("statistics");
    for (title, sql) in queries() {
        peers.report(title, sql.trim_end().trim_end_matches(';'));
    }
}

fn main() {
    let session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    let rounds = setting("LANGUAGE_ROUNDS", 5).max(1);
    let mut peers = Peers { session, sqlite, rounds };
    println!(
        "asof {} and SQLite {}, both in process and in memory; medians of {rounds} rounds, ms\n",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version()
    );
    println!("{:<44} {:>10} {:>10} {:>8}", "work", "asof", "SQLite", "ratio");
    if LANGUAGE.iter().any(|(work, _)| is_asked(work)) {
        fill(&mut peers);
    }
    for (work, sql) in LANGUAGE {
        peers.report(work, sql);
    }
    report_tpch(&mut peers);
    corpus::report(rounds);
}
