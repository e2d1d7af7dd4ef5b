//! asof's side, through its library: plain statements, as a program says them.

use crate::answer::rows_of;
use asof::session::{Outcome, Session};
use asof::storage::{Database, OpenOptions};
use asof::types::Value;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// An open database.
pub struct Asof {
    session: Session,
}

impl Asof {
    /// Opens what there is; all projections are good, so that no event is replayed.
    ///
    /// # Panics
    /// If that is not so.
    pub fn open(path: &Path) -> Asof {
        let database = Database::open(path, OpenOptions::default()).expect("the database opens");
        assert_eq!(database.store().replayed(), 0, "{:?}", database.notices());
        Asof { session: Session::new(Arc::new(database)) }
    }

    /// The question for all rows, at an event or now.
    pub fn scan_question(event: Option<u64>) -> String {
        format!("SELECT count(*) AS n, sum(balance) AS total FROM accounts{}", at(event))
    }

    /// The question for one row.
    pub fn row_question(event: Option<u64>, key: u64) -> String {
        format!("SELECT * FROM accounts{} WHERE id = {key}", at(event))
    }

    /// Asks questions; gives how many rows came.
    ///
    /// # Panics
    /// If one fails.
    pub fn count(&mut self, questions: &[String]) -> usize {
        let mut count = 0;
        for question in questions {
            let Outcome::Rows(rows) = self.session.execute(question).expect("an answer") else {
                continue;
            };
            for batch in rows {
                count += black_box(batch.expect("a batch")).rows;
            }
        }
        count
    }

    /// A question's answer as values.
    ///
    /// # Panics
    /// If it fails.
    pub fn answer(&mut self, question: &str) -> Vec<Vec<Value>> {
        rows_of(&mut self.session, question).unwrap_or_else(|error| panic!("{question}: {error}"))
    }

    /// The number of rows and the sum of their balances at an event, or now where there is none.
    ///
    /// # Panics
    /// If that is not the answer's shape.
    pub fn scan(&mut self, event: Option<u64>) -> (u64, f64) {
        let rows = self.answer(&Asof::scan_question(event));
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        match row.as_slice() {
            [Value::Integer(count), Value::Real(sum)] => (count.unsigned_abs(), *sum),
            other => panic!("{other:?}"),
        }
    }

    /// Every row at an event in order of keys, as text.
    pub fn table(&mut self, event: u64) -> Vec<String> {
        let rows = self.answer(&format!("SELECT * FROM accounts AS OF EVENT {event} ORDER BY id"));
        let text = |value: &Value| {
            let Value::Boolean(value) = value else { return value.to_text().to_string() };
            i32::from(*value).to_string()
        };
        let line = |row: &Vec<Value>| row.iter().map(text).collect::<Vec<_>>().join("|");
        rows.iter().map(line).collect()
    }
}

/// The clause that names an event.
fn at(event: Option<u64>) -> String {
    event.map(|event| format!(" AS OF EVENT {event}")).unwrap_or_default()
}
