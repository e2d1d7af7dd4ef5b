//! Window functions over one partition of many rows: the answers with no memory are those that they are
//! with memory for all of it.

use crate::answer::rows_of;
use crate::spill;
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

/// Rows of the partition: several batches.
const ROWS: usize = 9_000;

/// Every function that looks at a frame, of a window w.
const OF_FRAMES: &str =
    "first_value(word) OVER w, last_value(amount) OVER w, nth_value(word, 2) OVER w,
    nth_value(id, 1 + id % 40 * 100) OVER w, count(*) OVER w,
    count(amount) FILTER (WHERE id % 3 = 0) OVER w, sum(amount) OVER w, sum(price) OVER w,
    avg(price) OVER w, total(amount / 8.0) OVER w, avg(amount) OVER w, min(word) OVER w,
    max(amount) OVER w, min(amount) FILTER (WHERE id % 3 > 0) OVER w, max(-id) OVER w,
    median(amount) OVER w, percentile(amount, 20) OVER w";

/// Those that see the whole partition.
const OF_ROWS: &str =
    "row_number() OVER w, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w,
    cume_dist() OVER w, ntile(7) OVER w, lag(word) OVER w, lag(word, 5000) OVER w,
    lead(amount, id % 700 * 10, -1) OVER w, lead(price, 3, 0.5) OVER w";

/// Frames, each of which is asked without a hole and with one.
const FRAMES: [&str; 12] = [
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN 6000 PRECEDING AND 4500 PRECEDING",
    "ROWS BETWEEN 10 PRECEDING AND 5000 FOLLOWING",
    "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN 2 FOLLOWING AND 5 FOLLOWING",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN 900 PRECEDING AND 1200 FOLLOWING",
    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "GROUPS BETWEEN 3 PRECEDING AND 4 FOLLOWING",
    "GROUPS BETWEEN 1500 PRECEDING AND 2 PRECEDING",
    "GROUPS BETWEEN CURRENT ROW AND 1700 FOLLOWING",
];

const HOLES: [&str; 3] = ["EXCLUDE CURRENT ROW", "EXCLUDE GROUP", "EXCLUDE TIES"];

/// A table whose `step` has groups of three peers, and as many NULLs before.
fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let mut run = |sql: &str| rows_of(&mut session, sql).expect("it runs");
    run("CREATE TABLE big (id INTEGER PRIMARY KEY, step INTEGER, word TEXT, amount INTEGER,
         price DECIMAL(10,2), part INTEGER)");
    let row = |id: usize| {
        let or_null = |of: usize, text: String| {
            if id.is_multiple_of(of) { "NULL".to_owned() } else { text }
        };
        let step = if id < 4 { "NULL".to_owned() } else { (id / 3).to_string() };
        let word = or_null(13, format!("'word {}'", id * 7877 % 5003));
        let amount = or_null(11, (id * 7919 % 1009).to_string());
        let price = or_null(7, format!("{}.{}", id * 31 % 997, id % 90 + 10));
        format!("({id}, {step}, {word}, {amount}, {price}, {})", id / 40 * 7 % 5 + id / 4000 * 9)
    };
    for from in (1..=ROWS).step_by(1_000) {
        let rows: Vec<String> = (from..from + 1_000).map(row).collect();
        run(&format!("INSERT INTO big VALUES {}", rows.join(",")));
    }
    session
}

/// Asks with memory for all, and with less.
fn ask(session: &mut Session, query: &str, memory: &str) {
    let rows = spill::ask(session, query, &[memory]);
    assert!(rows >= 100, "{query} gives rows");
}

#[test]
fn every_frame_of_a_large_partition_is_the_same_without_memory() {
    let mut session = session();
    for (at, frame) in FRAMES.iter().enumerate() {
        for (hole, memory) in [("", "200kB"), (HOLES[at % HOLES.len()], "0")] {
            let window = format!("ORDER BY step {frame} {hole}");
            let query = format!("SELECT id, {OF_FRAMES} FROM big WINDOW w AS ({window})");
            ask(&mut session, &query, memory);
        }
    }
}

#[test]
fn every_place_in_a_large_partition_is_the_same_without_memory() {
    let mut session = session();
    for window in ["ORDER BY step", "ORDER BY step DESC, word", "PARTITION BY part ORDER BY word"] {
        ask(&mut session, &format!("SELECT id, {OF_ROWS} FROM big WINDOW w AS ({window})"), "0");
    }
    let of_partitions = "PARTITION BY part ORDER BY step RANGE 90 PRECEDING EXCLUDE TIES";
    ask(
        &mut session,
        &format!("SELECT {OF_FRAMES} FROM big WINDOW w AS ({of_partitions})"),
        "20kB",
    );
}

/// Lists whose texts are long together, and frames that fall behind each other.
#[test]
fn lists_of_a_large_partition_are_the_same_without_memory() {
    let mut session = session();
    for frame in ["ROWS 6 PRECEDING", "GROUPS 2 PRECEDING EXCLUDE TIES", "RANGE 4 PRECEDING"] {
        ask(
            &mut session,
            &format!(
                "SELECT group_concat(word, '; ') OVER w, json_group_array(amount) OVER w,
                   json_group_object(id, price) FILTER (WHERE id % 2) OVER w
                 FROM big WINDOW w AS (ORDER BY step {frame})"
            ),
            "0",
        );
    }
    let growing = "SELECT length(group_concat(word) OVER (ORDER BY id)) FROM big WHERE id <= 2000";
    ask(&mut session, growing, "0");
}

/// Results of one function that have no room in one array, in partitions that end between, beside those of
/// others.
#[test]
fn large_results_leave_in_several_batches() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let query = "SELECT length(m), length(n), r, s FROM (
        SELECT max(b) OVER w AS m, first_value(b) OVER (PARTITION BY p ORDER BY value DESC) AS n,
          row_number() OVER w AS r, sum(value) OVER w AS s, value
        FROM (SELECT value, value / 12 AS p,
            zeroblob(CASE WHEN value IN (11, 23, 30) THEN 6000000 ELSE value END) AS b
          FROM generate_series(1, 30)) WINDOW w AS (PARTITION BY p ORDER BY value)) ORDER BY value";
    let rows = rows_of(&mut session, query).expect("it runs");
    let said: Vec<String> = rows
        .iter()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        .collect();
    let expected = (1..=30).map(|value| {
        let first = (value / 12 * 12).max(1);
        let last = (value / 12 * 12 + 11).min(30);
        let sum: i32 = (first..=value).sum();
        let largest = if value == last { 6_000_000 } else { value };
        format!("{largest} 6000000 {} {sum}", value - first + 1)
    });
    assert_eq!(said, expected.collect::<Vec<_>>());
}

#[test]
fn what_a_window_writes_is_said() {
    let mut session = session();
    let mut spilled = |memory: &str, query: &str| -> usize {
        rows_of(&mut session, &format!("SET memory = '{memory}'")).expect("a setting");
        let lines = rows_of(&mut session, &format!("EXPLAIN ANALYZE {query}")).expect("a plan");
        let lines = lines.iter().map(|line| line[0].to_string());
        let said = lines.filter(|line| line.contains("window")).find_map(|line| {
            let said = line.split_once(", spilled ")?.1;
            let digits: String = said.chars().take_while(|c| *c != ' ').collect();
            digits.replace(',', "").parse().ok()
        });
        said.unwrap_or(0)
    };
    let query = |function: &str| {
        format!("SELECT {function} OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM big")
    };
    let alone = spilled("0", &query("row_number()"));
    assert_eq!(spilled("256MB", &query("sum(amount)")), 0);
    assert!(alone >= ROWS, "batches that wait: {alone}");
    let with_argument = spilled("0", &query("sum(amount)"));
    assert!(with_argument >= alone + ROWS, "an argument, too: {with_argument}, not {alone}");
    // Of values that fall each could be the largest once those before it have left.
    let falling = "SELECT max(-id) OVER (ORDER BY id ROWS 8000 PRECEDING) FROM big";
    assert!(spilled("0", falling) >= with_argument + 7_000, "the queue of extremes, too");
}
