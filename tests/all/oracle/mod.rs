//! SQLite as the oracle: the same statements on both, rows compared, numbers equal to 1e-9.
//!
//! The data and the queries are made by a seeded generator, so that a run can be repeated. What
//! differs on purpose is not generated (`generate` says what that is); nothing is forgiven here but
//! an integer overflow, which is an error in asof and a rounded number in SQLite.

mod changes;
mod collations;
mod correlated;
mod differential;
mod foreign_keys;
mod functions;
mod generate;
mod joins;
mod json;
mod key_lookups;
mod many_tables;
mod names;
mod orders;
mod renames;
mod statistics;
mod switches;
mod temporary;
mod tpch;
mod triggers;
mod windows;

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use generate::Generator;
use std::cmp::Ordering;
use std::ops::Mul;
use std::sync::Arc;

/// How many queries are compared.
const QUERIES: u64 = 10_000;

/// A value of either side: what is left of it where types have other names.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Null,
    Number(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Plain {
    fn of(value: &Value) -> Plain {
        match value {
            Value::Null => Plain::Null,
            Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
                Plain::Number(value.to_text().parse().expect("a number's text is one"))
            }
            Value::Text(_) | Value::Json(_) | Value::Date(_) | Value::Timestamp(_) => {
                Plain::Text(value.to_text().into_owned())
            }
            Value::Blob(bytes) => Plain::Blob(bytes.to_vec()),
        }
    }

    fn of_sqlite(value: rusqlite::types::Value) -> Plain {
        match value {
            rusqlite::types::Value::Null => Plain::Null,
            rusqlite::types::Value::Integer(integer) => {
                Plain::Number(integer.to_string().parse().expect("an integer is a number"))
            }
            rusqlite::types::Value::Real(real) => Plain::Number(real),
            rusqlite::types::Value::Text(text) => Plain::Text(text),
            rusqlite::types::Value::Blob(bytes) => Plain::Blob(bytes),
        }
    }

    fn is_like(&self, other: &Plain) -> bool {
        match (self, other) {
            (Plain::Number(a), Plain::Number(b)) => {
                a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-9 * a.abs().max(1.0)
            }
            _ => self == other,
        }
    }

    /// Some order, in which numbers that are nearly equal stay neighbours.
    fn order(&self, other: &Plain) -> Ordering {
        let class = |value: &Plain| match value {
            Plain::Null => 0,
            Plain::Number(_) => 1,
            Plain::Text(_) => 2,
            Plain::Blob(_) => 3,
        };
        match (self, other) {
            (Plain::Number(a), Plain::Number(b)) => {
                let rounded = |number: f64| (number * 1e6).round() + 0.0;
                rounded(*a).total_cmp(&rounded(*b))
            }
            (Plain::Text(a), Plain::Text(b)) => a.cmp(b),
            (Plain::Blob(a), Plain::Blob(b)) => a.cmp(b),
            _ => class(self).cmp(&class(other)),
        }
    }
}

type Rows = Vec<Vec<Plain>>;

fn sort(rows: &mut Rows) {
    rows.sort_by(|a, b| {
        a.iter().zip(b).map(|(x, y)| x.order(y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
}

/// Rows of ours as they are compared.
fn plain(rows: &[Vec<Value>]) -> Rows {
    rows.iter().map(|row| row.iter().map(Plain::of).collect()).collect()
}

fn is_row_like(a: &[Plain], b: &[Plain]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.is_like(y))
}

/// Whether the same rows come in the same order.
fn are_like(a: &Rows, b: &Rows) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_row_like(a, b))
}

/// Both databases.
struct Pair {
    session: Session,
    sqlite: rusqlite::Connection,
}

impl Pair {
    fn new() -> Pair {
        let database = Database::in_memory().expect("a database");
        let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
        Pair { session: Session::new(Arc::new(database)), sqlite }
    }

    fn execute(&mut self, sql: &str) {
        self.session.execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        self.sqlite.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
    }

    fn ask_sqlite(&self, sql: &str) -> Result<Rows, rusqlite::Error> {
        let mut statement = self.sqlite.prepare(sql)?;
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width).map(|at| row.get(at).map(Plain::of_sqlite)).collect::<Result<Vec<_>, _>>()
        })?;
        rows.collect()
    }

    /// Asks both; gives what differs. Rows are compared in their order if they are `ordered`.
    fn difference(&mut self, sql: &str, ordered: bool) -> Option<String> {
        self.difference_between(sql, sql, ordered)
    }

    /// The same of two texts that mean one thing, the second for SQLite.
    fn difference_between(&mut self, sql: &str, theirs: &str, ordered: bool) -> Option<String> {
        let ours = rows_of(&mut self.session, sql);
        let (mut ours, mut theirs): (Rows, Rows) = match (ours, self.ask_sqlite(theirs)) {
            (Err(_), Err(_)) => return None,
            (Err(error), _) if error.code() == "integer-overflow" => return None,
            (Err(error), Ok(_)) => return Some(format!("error[{}]: {error}", error.code())),
            (Ok(_), Err(error)) => return Some(format!("is an error to SQLite: {error}")),
            (Ok(ours), Ok(theirs)) => (plain(&ours), theirs),
        };
        if !ordered {
            sort(&mut ours);
            sort(&mut theirs);
        }
        if are_like(&ours, &theirs) {
            return None;
        }
        let first = ours.iter().zip(&theirs).find(|(a, b)| !is_row_like(a, b));
        Some(format!("{} rows, SQLite {}; first difference {first:?}", ours.len(), theirs.len()))
    }
}

/// How many generated cases are compared; twenty times as many with `ASOF_EXHAUSTIVE`.
fn cases<N: From<u8> + Mul<Output = N>>(usual: N) -> N {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    usual * N::from(if exhaustive { 20 } else { 1 })
}

/// Two pairs with the same tables: one whose plans are rewritten, and one whose plans are not.
fn both_ways(data: &[String]) -> (Pair, Pair) {
    let (mut rewritten, mut plain) = (Pair::new(), Pair::new());
    for sql in data {
        rewritten.execute(sql);
        plain.execute(sql);
    }
    plain.session.execute("SET rewrites = off").expect("a setting");
    (rewritten, plain)
}

/// Shows the first of what differs, if something does.
fn assert_no_difference(wrong: &[String], count: u64) {
    let shown = &wrong[..wrong.len().min(12)];
    assert!(wrong.is_empty(), "{} of {count} differ\n\n{}", wrong.len(), shown.join("\n\n"));
}

#[test]
fn generated_queries_have_sqlites_answers() {
    let count = cases(QUERIES);
    let mut pair = Pair::new();
    let mut generator = Generator::new(0);
    generator.data().iter().for_each(|sql| pair.execute(sql));
    let mut wrong = Vec::new();
    for seed in 1..=count {
        let query = Generator::new(seed).query();
        if let Some(what) = pair.difference(&query.sql, query.ordered) {
            wrong.push(format!("seed {seed}: {}\n{what}", query.sql));
        }
    }
    assert_no_difference(&wrong, count);
}
