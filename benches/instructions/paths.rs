//! The paths that have a budget: the scripts that show what a step of each costs.

use crate::databases::Work;
use crate::{questions, workload};
use std::fmt::Write;

/// What a step may cost the thread that runs statements.
pub enum Budget {
    /// So many instructions.
    Instructions(f64),
    /// What it costs SQLite.
    OfSqlite,
    /// Nobody has said yet.
    Open,
}

/// A path with a budget.
pub struct Path {
    /// What it is called, and what a step of it is.
    pub name: &'static str,
    /// What a step may cost.
    pub budget: Budget,
    /// Whether other threads than the one that runs statements take part.
    pub shared: bool,
    /// Two lengths of it, at a scale in hundredths.
    pub steps: fn(u64) -> Steps,
}

/// Two lengths of a path.
pub struct Steps {
    /// The shorter one.
    pub fewer: Work,
    /// The longer one.
    pub more: Work,
    /// How many steps lie between.
    pub between: u64,
    /// Whether SQLite can do that, too.
    pub both: bool,
}

/// The table, in the order of the design's.
pub const PATHS: &[Path] = &[
    Path {
        name: "W1b INSERT in a transaction of 1,000",
        budget: Budget::Instructions(12_000.0),
        shared: true,
        steps: |scale| {
            let [fewer, more] = [20, 60].map(|rows| over("", workload::inserts(rows * scale)));
            Steps { fewer, more, between: 40 * scale, both: true }
        },
    },
    Path {
        name: "W1a INSERT, autocommit",
        budget: Budget::Instructions(10_000.0),
        shared: true,
        steps: |scale| {
            let script = |rows: u64| {
                let script = workload::inserts(rows * scale);
                over("", script.replace("BEGIN;\n", "").replace("COMMIT;\n", ""))
            };
            Steps { fewer: script(10), more: script(30), between: 20 * scale, both: true }
        },
    },
    Path {
        name: "W2 UPDATE by key in a transaction of 1,000",
        budget: Budget::Instructions(9_500.0),
        shared: true,
        steps: |scale| {
            let rows = 100 * scale;
            let before = workload::inserts(rows);
            let script = |count: u64| {
                let (script, _) = workload::updates(rows, count * scale);
                over(&before, script.strip_prefix(&before).map_or_else(String::new, str::to_string))
            };
            Steps { fewer: script(20), more: script(60), between: 40 * scale, both: true }
        },
    },
    Path {
        name: "W3 SELECT of a row by its key",
        budget: Budget::Instructions(12_000.0),
        shared: false,
        steps: |scale| {
            let (rows, before) = (100 * scale, workload::inserts(100 * scale));
            let [fewer, more] =
                [10, 40].map(|count| over(&before, workload::points(rows, count * scale)));
            Steps { fewer, more, between: 30 * scale, both: true }
        },
    },
    Path {
        name: "W3 count and sum of 100 rows by an index",
        budget: Budget::Instructions(55_000.0),
        shared: false,
        steps: |scale| {
            let (rows, owners) = (100 * scale, scale);
            let before = workload::inserts_of_owners(rows, owners) + questions::INDEX;
            let [fewer, more] =
                [1, 5].map(|count| over(&before, questions::lookups(owners, count * scale)));
            Steps { fewer, more, between: 4 * scale, both: true }
        },
    },
    Path {
        name: "W3 count with a condition, per row",
        budget: Budget::Instructions(12.0),
        shared: false,
        steps: |scale| repeated(questions::FILTER, scale),
    },
    Path {
        name: "W3 top 10, per row",
        budget: Budget::Instructions(15.0),
        shared: false,
        steps: |scale| repeated(questions::TOP_10, scale),
    },
    Path {
        name: "W3 group by city, per row",
        budget: Budget::Instructions(22.0),
        shared: false,
        steps: |scale| repeated(questions::GROUP, scale),
    },
    Path {
        name: "W3 join with owners, by region, per row",
        budget: Budget::Instructions(100.0),
        shared: false,
        steps: |scale| repeated(questions::JOIN, scale),
    },
    Path {
        name: "opening, per row",
        budget: Budget::Instructions(0.0),
        shared: false,
        steps: |scale| {
            let opened = |rows: u64| over(&workload::inserts(rows * scale), NOTHING.into());
            Steps { fewer: opened(20), more: opened(100), between: 80 * scale, both: true }
        },
    },
    Path {
        name: "opening, per event",
        budget: Budget::Instructions(0.0),
        shared: false,
        steps: |scale| {
            let opened =
                |count: u64| over(&workload::updates(10 * scale, count * scale).0, NOTHING.into());
            Steps { fewer: opened(100), more: opened(500), between: 400 * scale, both: false }
        },
    },
    Path {
        name: "opening and closing, per table",
        budget: Budget::Open,
        shared: false,
        steps: |scale| {
            let opened = |count: u64| over(&tables(count), NOTHING.into());
            Steps { fewer: opened(10), more: opened(10 + scale), between: scale, both: true }
        },
    },
    Path {
        name: "AS OF, cold, per row (and event behind)",
        budget: Budget::Instructions(2_000.0),
        shared: false,
        steps: |scale| {
            let (rows, before) = history(100 * scale);
            let question = format!(
                "SELECT count(*), sum(balance) FROM accounts AS OF EVENT {};\n",
                // Behind the first snapshot, which is an event like the table, as many events as rows.
                2 + 3 * rows
            );
            asked(&before, question, rows)
        },
    },
    Path {
        name: "HISTORY of a row, per version of 101",
        budget: Budget::Instructions(4_000.0),
        shared: false,
        steps: |scale| {
            let before = busy(2 * scale, 100);
            asked(&before, "HISTORY OF accounts WHERE id = 2;\n".into(), 101)
        },
    },
    Path {
        name: "UPDATE of one column of 1,000",
        budget: Budget::OfSqlite,
        shared: true,
        steps: |scale| {
            let before = wide(scale);
            let [fewer, more] =
                [1, 3].map(|count| over(&before, wide_updates(scale, count * scale)));
            Steps { fewer, more, between: 2 * scale, both: true }
        },
    },
];

/// A script that opens a database and asks nothing of it.
const NOTHING: &str = "SELECT 1;\n";

fn over(before: &str, script: String) -> Work {
    Work { before: before.to_string(), script }
}

/// A question over all accounts, per row: what it costs once more where it was asked before, of so many that
/// what is paid once for a statement, and for the rows of a chunk that still grows, is little of it.
fn repeated(question: &str, scale: u64) -> Steps {
    let (rows, owners) = (500 * scale, 2 * scale);
    let before = workload::inserts_of_owners(rows, owners) + &questions::owners(owners);
    let [fewer, more] = [2, 7].map(|times| over(&before, question.repeat(times)));
    Steps { fewer, more, between: 5 * rows, both: true }
}

/// A question that only asof can answer, the first of its process.
fn asked(before: &str, question: String, between: u64) -> Steps {
    let [fewer, more] = [String::new(), question];
    let [fewer, more] = [fewer, more].map(|question| over(before, NOTHING.to_string() + &question));
    Steps { fewer, more, between, both: false }
}

/// Rows, and thrice as many updates in three equal parts with a snapshot before the second and one behind it.
fn history(rows: u64) -> (u64, String) {
    let (mut script, _) = workload::updates(rows, 3 * rows);
    let commits: Vec<usize> = script.match_indices("COMMIT;\n").map(|(at, _)| at).collect();
    // Rows and updates are in equally many transactions.
    for quarters in [3, 2] {
        let at = commits[(quarters * commits.len() / 4).saturating_sub(1)];
        script.insert_str(at + "COMMIT;\n".len(), "SNAPSHOT;\n");
    }
    (rows, script)
}

/// Rows that were all updated so often, in turn.
fn busy(rows: u64, times: u64) -> String {
    let mut script = workload::inserts(rows);
    for time in 1..=times {
        script.push_str("BEGIN;\n");
        for id in 1..=rows {
            let _ = writeln!(
                script,
                "UPDATE accounts SET balance = {} WHERE id = {id};",
                workload::money(40_000 + time)
            );
        }
        script.push_str("COMMIT;\n");
    }
    script
}

/// So many tables of a row each.
fn tables(count: u64) -> String {
    (0..count).fold(String::new(), |mut script, number| {
        let _ = writeln!(script, "CREATE TABLE t{number}(id INTEGER PRIMARY KEY, name TEXT);");
        let _ = writeln!(script, "INSERT INTO t{number} VALUES ({number}, 'name');");
        script
    })
}

/// Rows of 1,000 columns.
fn wide(rows: u64) -> String {
    let columns: Vec<String> = (1..1_000).map(|number| format!("c{number} INTEGER")).collect();
    let values: Vec<String> = (1..1_000).map(|number| number.to_string()).collect();
    let mut script =
        format!("CREATE TABLE wide(id INTEGER PRIMARY KEY, {});\n", columns.join(", "));
    for id in 1..=rows {
        let _ = writeln!(script, "INSERT INTO wide VALUES ({id}, {});", values.join(", "));
    }
    script
}

/// So many updates of one of those columns.
fn wide_updates(rows: u64, count: u64) -> String {
    let mut script = "BEGIN;\n".to_string();
    let mut random = workload::Random::seeded();
    for number in 0..count {
        let id = random.below(rows) + 1;
        let _ = writeln!(script, "UPDATE wide SET c500 = {} WHERE id = {id};", 10_000 + number);
    }
    script + "COMMIT;\n"
}
