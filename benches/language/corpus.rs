//! SQLite's own sqllogictest files, both sides by the same reader.

use super::reader::{Expected, Record, files, read};
use super::{is_asked, median, rows_of};
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use rusqlite::types::ValueRef;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// All files below a folder that `ASOF_CORPUS` names, each in databases of its own, so often.
pub fn report(rounds: usize) {
    let Some(folder) = std::env::var_os("ASOF_CORPUS") else {
        println!("\nSQLite's corpus: skipped, ASOF_CORPUS names no directory with sqllogictest/");
        return;
    };
    let folder = Path::new(&folder).join("sqllogictest");
    let paths = files(&folder);
    println!("\nSQLite's corpus, all statements of a file; the rows of both are the same");
    let mut sum = [0.0; 2];
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        if !is_asked(&name) {
            continue;
        }
        let times: Vec<[Duration; 2]> = (0..rounds).map(|_| run(path)).collect();
        let of_side = |side: usize| times.iter().map(|times| times[side].as_secs_f64()).collect();
        let (ours, theirs) = (median(of_side(0)), median(of_side(1)));
        (sum[0], sum[1]) = (sum[0] + ours, sum[1] + theirs);
        line(&name, ours, theirs);
    }
    if sum[1] > 0.0 {
        line("all of them", sum[0], sum[1]);
    }
}

fn line(name: &str, ours: f64, theirs: f64) {
    println!("{name:<44} {:>10.2} {:>10.2} {:>8.2}", ours * 1e3, theirs * 1e3, ours / theirs);
}

/// The time of a file's statements, ours and theirs: each side runs the whole file by itself, as a script
/// does that has one database, and the answers are compared behind both.
fn run(path: &Path) -> [Duration; 2] {
    let records = read(&std::fs::read_to_string(path).expect("a file of text"));
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let (our_time, ours) = timed(&records, |sql| rows_of(&mut session, sql).ok());
    let mut sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    let (their_time, theirs) = timed(&records, |sql| their_rows(&mut sqlite, sql).ok());
    for ((record, ours), theirs) in records.iter().zip(ours).zip(theirs) {
        if ours.is_some() && theirs.is_some() {
            assert_eq!(ours, theirs, "{}:{}", path.display(), record.line);
        }
    }
    [our_time, their_time]
}

/// How long statements take one after the other, and a digest of what the file's reader makes of the rows
/// of each, which takes no part in it.
fn timed(
    records: &[Record],
    mut rows_of: impl FnMut(&str) -> Option<Vec<Vec<Value>>>,
) -> (Duration, Vec<Option<u64>>) {
    let mut time = Duration::ZERO;
    let answers = records.iter().map(|record| {
        let start = Instant::now();
        let rows = rows_of(&record.sql);
        time += start.elapsed();
        match &record.expected {
            Expected::Answer(answer) => rows.map(|rows| {
                BuildHasherDefault::<DefaultHasher>::default().hash_one(answer.of(&rows))
            }),
            Expected::Done | Expected::Error(_) => None,
        }
    });
    let answers = answers.collect();
    (time, answers)
}

/// The rows of a statement as values, as `rows_of` gives ours.
fn their_rows(
    sqlite: &mut rusqlite::Connection,
    sql: &str,
) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
    let mut statement = sqlite.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let value = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(integer) => Value::Integer(integer),
                ValueRef::Real(real) => Value::Real(real),
                ValueRef::Text(text) => Value::text(&*String::from_utf8_lossy(text)),
                ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
            })
        };
        all.push((0..width).map(value).collect::<Result<_, rusqlite::Error>>()?);
    }
    Ok(all)
}
