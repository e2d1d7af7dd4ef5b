//! The whole program over a history of updates: every moment has its sum, and is reached by few
//! events.

#[path = "../../benches/past/cold.rs"]
mod cold;
#[path = "../../benches/peers/process.rs"]
#[expect(dead_code, reason = "only the benchmark looks at the time")]
mod process;
#[path = "../../benches/peers/workload.rs"]
mod workload;

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::{Database, OpenOptions};
use asof::types::Value;
use assert_cmd::Command;
use cold::replayed;
use std::path::Path;
use std::sync::Arc;
use workload::Moment;

fn asof(database: &Path, script: String) -> String {
    asof_with(database, &[], script)
}

fn asof_with(database: &Path, options: &[&str], script: String) -> String {
    let output = Command::cargo_bin("asof")
        .expect("the program is built")
        .arg(database)
        .args(options)
        .write_stdin(script)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}

#[test]
fn sums_are_right_at_every_moment_before_and_after_reopening() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w2");
    let (rows, updates) = match std::env::var_os("ASOF_EXHAUSTIVE") {
        Some(_) => (10_000, 1_000_000),
        None => (500, 20_000),
    };
    let (script, moments) = workload::updates(rows, updates);
    let (questions, answers) = workload::ask(&moments);
    assert_eq!(asof(&database, script + &questions), answers);
    assert_eq!(asof(&database, questions), answers);
}

/// Opens a database whose projections are good: no event is replayed for it.
fn open(database: &Path, every: u64) -> Session {
    let options = OpenOptions { snapshot_every: Some(every), ..OpenOptions::default() };
    let database = Database::open(database, options).expect("the database opens");
    assert_eq!(database.notices(), [""; 0]);
    assert_eq!(database.store().replayed(), 0);
    Session::new(Arc::new(database))
}

#[test]
fn every_moment_is_reached_by_an_interval_of_events_and_a_transaction_at_most() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w2");
    let (rows, updates, every, transaction) = (500, 20_000, 3_000, 1_000);
    let (script, moments) = workload::updates(rows, updates);
    let interval = every.to_string();
    assert_eq!(asof_with(&database, &["--snapshot-every", &interval], script), "");
    let question =
        |event: u64| format!("SELECT count(*), sum(balance) FROM accounts AS OF EVENT {event}");
    let ask = |session: &mut Session, sql: &str| rows_of(session, sql).expect("an answer");
    let analyze = |event: u64| format!("EXPLAIN ANALYZE {}", question(event));
    let mut all = 0;
    for Moment { event, .. } in &moments {
        let cold = replayed(&ask(&mut open(&database, every), &analyze(*event)));
        assert!(cold <= every + transaction, "{cold} events for event {event}");
        all += cold;
    }
    // Only the last moment needs none.
    assert!(all > every, "{all} events for all moments");
    let mut session = open(&database, every);
    for Moment { event, rows, sum } in &moments {
        let found = ask(&mut session, &question(*event));
        let [Value::Integer(count), Value::Real(total)] = found[0].as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((count.unsigned_abs(), total * 4.0), (*rows, *sum as f64));
    }
    for Moment { event, .. } in &moments {
        // All moments that were asked for stay in memory.
        assert_eq!(replayed(&ask(&mut session, &analyze(*event))), 0, "event {event}");
    }
}

#[test]
fn inserts_by_script_are_found_by_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w3");
    let (rows, queries) = (5_000, 300);
    assert_eq!(asof(&database, workload::inserts(rows)), "");
    let found = asof(&database, workload::points(rows, queries));
    let wanted = workload::points(rows, queries);
    let ids = wanted.lines().map(|line| line.trim_end_matches(';').rsplit(' ').next());
    assert!(found.lines().map(|line| line.split('|').next()).eq(ids));
}

#[test]
fn a_long_script_needs_no_more_memory_than_a_short_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let database = directory.path().join("w3");
    assert_eq!(asof(&database, workload::inserts(1_000)), "");
    let peak = |queries: u64| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_asof"));
        let run = process::run(command.arg(&database), &workload::points(1_000, queries));
        assert_eq!(u64::try_from(run.output.lines().count()), Ok(queries));
        run.peak
    };
    let long = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 2_000_000 } else { 200_000 };
    let (short, long) = (peak(20_000), peak(long));
    // Where the system does not tell, both are 0.
    assert!(long <= short + 50 * 1024, "{short} KiB for the short, {long} KiB for the long");
}
