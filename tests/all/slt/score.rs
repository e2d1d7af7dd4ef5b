//! What comes of the records of a file: right, wrong, unsupported, or behind an unsupported write.
//!
//! What the language refuses by name is unsupported, never right, also where the file says that there
//! is an error; and once a statement did not run that should have, nothing later can be judged.

use super::reader::{self, Answer, Expected, Record};
use crate::answer::rows_of;
use asof::session::Session;
use std::collections::HashMap;

/// What came of a file.
#[derive(Debug, Default)]
pub struct Score {
    /// How many records gave what they must.
    pub right: usize,
    /// Those that did not, and what they gave.
    pub wrong: Vec<String>,
    /// How many are refused by name.
    pub unsupported: usize,
    /// How many stand behind a statement that was refused and should have run.
    pub behind: usize,
}

/// What came of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What it must give.
    Right,
    /// Something else.
    Wrong(String),
    /// An error that names what is not supported.
    Unsupported,
    /// Nothing: a statement before it did not run.
    Behind,
}

/// A run through a file.
pub struct Run {
    /// Where the statements run.
    pub session: Session,
    /// The hash of each label's answer.
    labels: HashMap<String, String>,
    /// Whether a statement was refused that should have run.
    is_astray: bool,
}

impl Run {
    /// A run in a session.
    pub fn new(session: Session) -> Run {
        Run { session, labels: HashMap::new(), is_astray: false }
    }

    /// Runs a record.
    pub fn record(&mut self, record: &Record) -> Verdict {
        if self.is_astray {
            return Verdict::Behind;
        }
        match (rows_of(&mut self.session, &record.sql), &record.expected) {
            (Err(error), expected) if error.code() == "unsupported" => {
                self.is_astray = matches!(expected, Expected::Done);
                Verdict::Unsupported
            }
            (Err(_), Expected::Error(None)) | (Ok(_), Expected::Done) => Verdict::Right,
            (Err(error), Expected::Error(Some(code))) if error.code() == code => Verdict::Right,
            (Err(error), _) => Verdict::Wrong(format!("error[{}]: {error}", error.code())),
            (Ok(_), Expected::Error(_)) => Verdict::Wrong("is no error".into()),
            (Ok(rows), Expected::Answer(answer)) => {
                let verdict = answer.check(&rows).and_then(|()| self.label(answer, &rows));
                verdict.map_or_else(Verdict::Wrong, |()| Verdict::Right)
            }
        }
    }

    /// Makes sure that queries of one label have one answer.
    fn label(&mut self, answer: &Answer, rows: &[Vec<asof::types::Value>]) -> Result<(), String> {
        let Some(label) = &answer.label else { return Ok(()) };
        let hash = reader::hashed(&answer.of(rows));
        let first = self.labels.entry(label.clone()).or_insert_with(|| hash.clone());
        if *first == hash { Ok(()) } else { Err(format!("differs from {label}")) }
    }
}

impl Score {
    /// Takes note of what came of a record.
    pub fn add(&mut self, record: &Record, verdict: Verdict) {
        match verdict {
            Verdict::Right => self.right += 1,
            Verdict::Wrong(what) => {
                self.wrong.push(format!("line {}: {}\n{what}", record.line, record.sql));
            }
            Verdict::Unsupported => self.unsupported += 1,
            Verdict::Behind => self.behind += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asof::storage::Database;
    use std::sync::Arc;

    const TABLE: &str = "statement ok\nCREATE TABLE t(a INTEGER, b TEXT)\n\n\
                         statement ok\nINSERT INTO t VALUES (1, 'x'), (3, ''), (2, NULL)\n\n";

    /// How many records behind the table are right, wrong, unsupported and behind.
    fn score(records: &str) -> [usize; 4] {
        let database = Database::in_memory().expect("a database");
        let mut run = Run::new(Session::new(Arc::new(database)));
        let mut score = Score::default();
        for record in reader::read(&format!("{TABLE}{records}")) {
            let verdict = run.record(&record);
            score.add(&record, verdict);
        }
        [score.right - 2, score.wrong.len(), score.unsupported, score.behind]
    }

    #[test]
    fn a_right_answer_is_right() {
        let all = "1\nx\n2\nNULL\n3\n(empty)";
        for (query, answer) in [
            ("query IT nosort\nSELECT a, b FROM t ORDER BY a", all),
            ("query IT rowsort\nSELECT a, b FROM t", all),
            ("query IT valuesort\nSELECT a, b FROM t", "(empty)\n1\n2\n3\nNULL\nx"),
            ("query IR\nSELECT max(a), 1.5 FROM t", "3\n1.500"),
            ("query I\nSELECT a FROM t WHERE 0", ""),
            (
                "query I rowsort\nSELECT a FROM t",
                "3 values hashing to c0710d6b4f15dfa88f600b0e6b624077",
            ),
        ] {
            assert_eq!(score(&format!("{query}\n----\n{answer}\n")), [1, 0, 0, 0], "{query}");
        }
    }

    #[test]
    fn a_planted_fault_is_wrong() {
        for record in [
            "query I rowsort\nSELECT a FROM t\n----\n1\n2\n4\n",
            "query I rowsort\nSELECT a FROM t\n----\n1\n2\n",
            "query I rowsort\nSELECT a FROM t\n----\n1\n2\n3\n3\n",
            "query I\nSELECT a FROM t\n----\n1\n2\n3\n",
            "query I rowsort\nSELECT a, b FROM t\n----\n1\n2\n3\n",
            "query II rowsort\nSELECT a FROM t\n----\n1\n2\n3\n",
            "query I rowsort\nSELECT a FROM t\n----\n3 values hashing to d41d8cd98f00b204e9800998ecf8427e\n",
            "query T\nSELECT b FROM t WHERE a = 3\n----\nNULL\n",
            "query I\nSELECT nothing FROM t\n----\n",
            "statement ok\nINSERT INTO nowhere VALUES (1)\n",
            "statement error\nSELECT a FROM t\n",
            "statement error type\nSELECT nothing FROM t\n",
        ] {
            assert_eq!(score(record), [0, 1, 0, 0], "{record}");
        }
        let labels = "query I rowsort one\nSELECT a FROM t\n----\n1\n2\n3\n\n\
                      query I rowsort one\nSELECT a + 0 FROM t WHERE a < 3\n----\n1\n2\n";
        assert_eq!(score(labels), [1, 1, 0, 0]);
    }

    #[test]
    fn what_is_unsupported_is_never_right() {
        let attach = "ATTACH 'x' AS y";
        let behind = "\n\nquery I\nSELECT max(a) FROM t\n----\n3\n\nstatement ok\nDROP TABLE t\n";
        assert_eq!(score(&format!("statement error\n{attach}\n")), [0, 0, 1, 0]);
        assert_eq!(score(&format!("query I\n{attach}\n----\n1\n")), [0, 0, 1, 0]);
        assert_eq!(score(&format!("statement ok\n{attach}{behind}")), [0, 0, 1, 2]);
        assert_eq!(score(&format!("statement error\n{attach}{behind}")), [2, 0, 1, 0]);
    }

    #[test]
    fn records_of_other_engines_and_behind_the_end_are_left_out() {
        let other = "skipif sqlite # not here\nstatement ok\nnonsense\n\n\
                     onlyif mysql\nhalt\n\n\
                     # a comment\nonlyif sqlite # here\nquery I\nSELECT max(a)\n# inside\nFROM t\n----\n3\n\n\
                     halt\n\nstatement ok\nnonsense\n";
        assert_eq!(score(other), [1, 0, 0, 0]);
    }
}
