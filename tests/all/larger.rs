//! Databases larger than the memory that they may take: they give the answers that they give without a
//! limit. A large one does so under a limit of the system's, which is less than its text; in a small one
//! what a process needs for itself is more than that.

use crate::shell::TestDirectory;
use std::fmt::Write;
use std::fs;
use std::process::{Command, Output};

/// Bytes of the text in each row: with them the keys and the numbers of rows are the small part.
const TEXT: usize = 5_000;

/// Rows of each transaction.
const ROWS_TOGETHER: usize = 500;

/// What the process is told that it may take, how many rows there are, whose text is more than ten times that,
/// and the address space that it has beside what it needs when it is empty, where that is less than the text.
struct Limits {
    memory: usize,
    rows: usize,
    address_space: Option<usize>,
}

/// What is asked, and what is changed between.
const STATEMENTS: &str = "
SELECT count(*), sum(id), sum(length(body)), min(body), max(body) FROM wide;
SELECT grp, count(*), max(body) FROM wide GROUP BY grp ORDER BY grp;
SELECT sum(a.id), max(b.body) FROM wide a JOIN wide b ON a.id = b.other;
SELECT sum(n * id) FROM (SELECT id, row_number() OVER (ORDER BY body DESC, id) AS n FROM wide);
SELECT id, substr(body, 1, 30) FROM wide ORDER BY body LIMIT 5 OFFSET 500;
SELECT count(DISTINCT body) FROM wide;
SELECT id, substr(body, -20) FROM wide WHERE id IN (1, 17, 4097, 5999);
SELECT count(*), min(body), max(body) FROM wide AS OF EVENT 3001;
UPDATE wide SET grp = grp + 1 WHERE id % 8 = 0;
SELECT count(*), sum(grp), max(body) FROM wide;
DELETE FROM wide WHERE id % 9 = 0;
SELECT count(*), sum(grp), max(body) FROM wide;
CREATE TEMPORARY TABLE some AS SELECT id, body FROM wide WHERE id % 10 = 0;
SELECT count(*), sum(id), max(body) FROM some;
BEGIN;
INSERT INTO wide SELECT id + 1000000, grp, other, body FROM wide WHERE id % 10 = 1;
SELECT count(*), sum(id), min(body), max(body) FROM wide;
ROLLBACK;
";

/// The rows of the table, some of them in each transaction.
fn inserts(rows: usize) -> String {
    let mut script = String::from(
        "CREATE TABLE wide (id INTEGER PRIMARY KEY, grp INTEGER, other INTEGER, body TEXT);\n",
    );
    for first in (1..=rows).step_by(ROWS_TOGETHER) {
        let last = (first + ROWS_TOGETHER - 1).min(rows);
        let behind = rows + 1;
        let padding = TEXT - 6;
        writeln!(
            script,
            "INSERT INTO wide SELECT value, value % 7, {behind} - value, \
             printf('%06d%{padding}d', value * 7919 % 20011, value) \
             FROM generate_series({first}, {last});"
        )
        .expect("a text");
    }
    script
}

/// Runs a script on a database, in so much address space, which is counted in kibibytes.
fn run(place: &TestDirectory, memory: usize, address_space: Option<usize>, script: &str) -> Output {
    fs::write(place.path().join("script.sql"), script).expect("a file");
    let limit = address_space.map_or(String::new(), |space| format!("ulimit -v {space};"));
    Command::new("sh")
        // Else the allocator reserves as much at once as there may be.
        .env("MIMALLOC_ARENA_RESERVE", "16MiB")
        .args(["-c", &format!("{limit} exec \"$@\""), "sh", env!("CARGO_BIN_EXE_asof")])
        .args(["--memory", &memory.to_string(), "wide", "-f", "script.sql"])
        .current_dir(place.path())
        .output()
        .expect("it runs")
}

/// The least address space, in kibibytes, in which an empty database answers. What a process takes that has
/// more is no measure: its allocator reserves what it will not need.
fn empty_address_space() -> usize {
    let place = TestDirectory::new();
    let is_enough = |space: &usize| {
        let output = run(&place, 1 << 20, Some(*space), "SELECT 1;");
        output.status.success() && output.stdout == b"1\n"
    };
    (40_000..400_000).step_by(5_000).find(is_enough).expect("it answers in some space")
}

/// Makes a database, reopens it and asks, with a limit and without; the answers are the same.
fn compare(limits: &Limits) {
    let Limits { memory, rows, address_space } = *limits;
    assert!(rows * TEXT >= 10 * memory && address_space.is_none_or(|space| rows * TEXT > space));
    let space = address_space.map(|space| empty_address_space() + space / 1024);
    let answer = |memory, space| {
        let place = TestDirectory::new();
        let made = run(&place, memory, space, &inserts(rows));
        let asked = run(&place, memory, space, STATEMENTS);
        let again = run(&place, memory, space, STATEMENTS);
        [made, asked, again].map(|output| {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), said)
        })
    };
    let unlimited = answer(1 << 30, None);
    assert!(unlimited.iter().all(|(code, _, said)| *code == Some(0) && said.is_empty()));
    assert!(unlimited[1].1.lines().count() > 20, "{:?}", unlimited[1]);
    let limited = answer(memory, space);
    for ((code, shown, said), (_, expected, _)) in limited.iter().zip(&unlimited) {
        let ended = said.lines().next().unwrap_or_default();
        assert_eq!((*code, ended), (Some(0), ""), "in {space:?} kB");
        assert!(shown == expected, "{shown}, not {expected}");
    }
}

#[test]
fn ten_times_the_memory_has_the_answers_of_memory_for_all() {
    compare(&Limits { memory: 2 << 20, rows: 5_000, address_space: None });
}

#[test]
fn a_gigabyte_has_the_answers_of_memory_for_all() {
    if std::env::var_os("ASOF_EXHAUSTIVE").is_some() {
        compare(&Limits { memory: 64 << 20, rows: 200_000, address_space: Some(760 << 20) });
    }
}
