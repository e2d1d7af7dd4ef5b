//! The works: what is written, what is asked.

use crate::{questions, workload};

/// Work that begins with nothing.
pub struct Write {
    /// What it is called.
    pub name: &'static str,
    /// How often something is written.
    pub size: u64,
    /// The script that writes so often.
    pub script: fn(u64) -> String,
    /// What asof must know afterwards: questions and answers.
    pub check: fn(u64) -> (String, String),
    /// Whether SQLite without syncs does it, too.
    pub careless: bool,
}

/// What is written by whole processes.
pub const WRITES: &[Write] = &[
    Write {
        name: "W1a INSERTs, autocommit",
        size: 50_000,
        script: |size| autocommit(workload::inserts(size)),
        check: counted,
        careless: false,
    },
    Write {
        name: "W1b INSERTs in transactions of 1,000",
        size: 200_000,
        script: workload::inserts,
        check: counted,
        careless: false,
    },
    Write {
        name: "W1c INSERTs, autocommit",
        size: 200_000,
        script: |size| autocommit(workload::inserts(size)),
        check: counted,
        careless: true,
    },
    Write {
        name: "W2 UPDATEs by key, asof keeps history",
        size: 1_000_000,
        script: |size| workload::updates(10_000, size).0,
        check: |size| workload::ask(&workload::updates(10_000, size).1),
        careless: false,
    },
];

/// All rows are there.
fn counted(size: u64) -> (String, String) {
    ("SELECT count(*) FROM accounts;\n".to_string(), format!("{size}\n"))
}

/// How many rows W3 asks.
pub const ROWS: u64 = 1_000_000;

/// A question of W3.
pub struct Question {
    /// What it is called.
    pub name: &'static str,
    /// The script that asks it of so many rows.
    pub script: fn(u64) -> String,
}

/// What W3 asks.
pub const QUESTIONS: &[Question] = &[
    Question {
        name: "W3 10,000 rows by their keys",
        script: |rows| workload::points(rows, 10_000),
    },
    Question {
        name: "W3 1,000 counts and sums by an index",
        script: |rows| questions::lookups(owners(rows), 1_000),
    },
    Question { name: "W3 count with a condition", script: |_| questions::FILTER.to_string() },
    Question { name: "W3 group by city", script: |_| questions::GROUP.to_string() },
    Question { name: "W3 top 10", script: |_| questions::TOP_10.to_string() },
    Question { name: "W3 join with owners, by region", script: |_| questions::JOIN.to_string() },
];

/// W3's tables, a statement for each transaction of the load, which is not measured.
pub fn tables(rows: u64) -> String {
    let script = workload::inserts_of_owners(rows, owners(rows));
    let script = script.replace(");\nINSERT INTO accounts VALUES (", "),(");
    script + questions::INDEX + &questions::owners(owners(rows))
}

/// How many owners there are, who have a hundred rows each.
fn owners(rows: u64) -> u64 {
    rows / 100
}

/// W1d's statements with their answers.
pub fn alternating(count: u64) -> Vec<(String, String)> {
    let script = autocommit(workload::inserts(count));
    let inserts = script.lines().filter(|line| line.starts_with("INSERT"));
    inserts
        .zip(1..=count)
        .map(|(insert, id)| {
            (format!("{} RETURNING id;\n", insert.trim_end_matches(';')), id.to_string())
        })
        .collect()
}

/// A script without its transactions.
fn autocommit(script: String) -> String {
    script.replace("BEGIN;\n", "").replace("COMMIT;\n", "")
}
