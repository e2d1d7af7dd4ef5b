//! SQLite's own sqllogictest files, both sides by the same reader.

use super::reader::{Expected, files, read};
use super::{is_asked, rows_of};
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use rusqlite::types::ValueRef;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// All files below a folder that `ASOF_CORPUS` names, each in databases of its own.
pub fn report() {
    let Some(folder) = std::env::var_os("ASOF_CORPUS") else {
        println!("\nSQLite's corpus: skipped, ASOF_CORPUS names no directory with sqllogictest/");
        return;
    };
    let folder = Path::new(&folder).join("sqllogictest");
    let paths = files(&folder);
    println!("\nSQLite's corpus, each file once; the rows of both are the same");
    let mut sum = [Duration::ZERO; 2];
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        if !is_asked(&name) {
            continue;
        }
        let [ours, theirs] = run(path);
        (sum[0], sum[1]) = (sum[0] + ours, sum[1] + theirs);
        line(&name, ours, theirs);
    }
    if !sum[1].is_zero() {
        line("all of them", sum[0], sum[1]);
    }
}

fn line(name: &str, ours: Duration, theirs: Duration) {
    let (a, b) = (ours.as_secs_f64(), theirs.as_secs_f64());
    println!("{name:<44} {:>10.2} {:>10.2} {:>8.2}", a * 1e3, b * 1e3, a / b);
}

/// The time of a file's statements, ours and theirs, one after the other.
fn run(path: &Path) -> [Duration; 2] {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let mut sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    let mut times = [Duration::ZERO; 2];
    for record in read(&std::fs::read_to_string(path).expect("a file of text")) {
        let start = Instant::now();
        let rows = rows_of(&mut session, &record.sql);
        times[0] += start.elapsed();
        let start = Instant::now();
        let other = std::hint::black_box(their_rows(&mut sqlite, &record.sql));
        times[1] += start.elapsed();
        if let (Expected::Answer(answer), Ok(ours), Ok(theirs)) = (&record.expected, rows, other) {
            let place = format!("{}:{}", path.display(), record.line);
            assert_eq!(answer.of(&ours), answer.of(&theirs), "{place}");
        }
    }
    times
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
