//! What each path costs in instructions, beside its budget and beside SQLite.
//!
//! `cargo bench --bench instructions` needs `valgrind` on the path. Each path is two scripts, a shorter
//! and a longer one, over the same database; `callgrind` counts what `asof` executes for each, as a
//! process of its own that reads the script from standard input, and the difference is divided by the
//! steps between. What both have in common, starting and opening for example, is not in it. The
//! thread that runs statements and all other threads together are counted each for themselves; budgets
//! and ratios are about the first. The others are shown where they work for the steps: beside questions
//! they only read the log again, as far as the time allows. SQLite (the version that `rusqlite` bundles, WAL, synchronous=FULL) is
//! counted the same way: a process that hands it one line after the other, as text, and reads all rows.
//!
//! `INSTRUCTIONS_SCALE` is the number of rows and statements in hundredths (100), and only paths whose
//! name has `INSTRUCTIONS_ONLY` in it are counted.

#![expect(clippy::print_stdout, reason = "a report for people")]

mod count;
mod databases;
mod paths;
#[path = "../peers/process.rs"]
#[expect(dead_code, reason = "only the other benchmarks look at time and memory")]
mod process;
#[path = "../peers/questions.rs"]
mod questions;
#[path = "../peers/sqlite.rs"]
mod sqlite;
#[path = "../peers/workload.rs"]
#[expect(dead_code, reason = "the other benchmarks ask for moments, too")]
mod workload;

use count::{Instructions, valgrind_version};
use databases::{Databases, Program};
use paths::{Budget, PATHS, Path, Steps};
use std::process::ExitCode;

fn main() -> ExitCode {
    if sqlite::is_asked() {
        return sqlite::run();
    }
    let Some(valgrind) = valgrind_version() else {
        println!(
            "skipped: no valgrind on the path (apt-get install valgrind, dnf install valgrind)"
        );
        return ExitCode::SUCCESS;
    };
    println!(
        "asof {} and SQLite {}, instructions of a step, counted by {valgrind}; \
         ratios below 1 say that asof takes less\n",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version(),
    );
    println!(
        "{:<44} {:>10} {:>10} {:>10} {:>8} {:>10} {:>8}",
        "path, and what a step is", "statements", "others", "budget", "ratio", "SQLite", "ratio"
    );
    let scale = setting("INSTRUCTIONS_SCALE").unwrap_or(100).max(1);
    let only = std::env::var("INSTRUCTIONS_ONLY").unwrap_or_default();
    let directory = tempfile::tempdir().expect("a directory for the databases");
    let mut databases = Databases::new(directory.path());
    for path in PATHS.iter().filter(|path| path.name.contains(&only)) {
        report(&mut databases, path, scale);
    }
    ExitCode::SUCCESS
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Counts a path on both sides and prints its line.
fn report(databases: &mut Databases, path: &Path, scale: u64) {
    let steps = (path.steps)(scale);
    let ours = per_step(databases, Program::Asof, &steps);
    let theirs = steps.both.then(|| per_step(databases, Program::Sqlite, &steps).statements);
    let budget = match path.budget {
        Budget::Instructions(count) => Some(count),
        Budget::OfSqlite => theirs,
        Budget::Open => None,
    };
    println!(
        "{:<44} {:>10} {:>10} {:>10} {:>8} {:>10} {:>8}",
        path.name,
        short(ours.statements),
        if path.shared { short(ours.others) } else { "-".into() },
        budget.map_or_else(|| "-".into(), short),
        budget.map_or_else(|| "-".into(), |budget| ratio(ours.statements, budget)),
        theirs.map_or_else(|| "-".into(), short),
        theirs.map_or_else(|| "-".into(), |theirs| ratio(ours.statements, theirs)),
    );
}

/// The difference of the two scripts, divided by the steps between.
fn per_step(databases: &mut Databases, program: Program, steps: &Steps) -> Instructions<f64> {
    let [fewer, more] = [&steps.fewer, &steps.more].map(|work| databases.count(program, work));
    let each = |more: u64, fewer: u64| (more as f64 - fewer as f64) / steps.between as f64;
    Instructions {
        statements: each(more.statements, fewer.statements),
        others: each(more.others, fewer.others),
    }
}

/// A count in a few digits.
fn short(count: f64) -> String {
    match count {
        count if count.abs() < 1e3 => format!("{count:.1}"),
        count if count.abs() < 1e6 => format!("{:.1}k", count / 1e3),
        count => format!("{:.1}M", count / 1e6),
    }
}

/// A count beside another; nothing is a multiple of nothing.
fn ratio(count: f64, of: f64) -> String {
    match of.abs() < 0.5 {
        true if count.abs() < 0.5 => "met".into(),
        true => "over".into(),
        false => format!("{:.2}", count / of),
    }
}
