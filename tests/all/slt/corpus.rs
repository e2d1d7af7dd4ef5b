//! SQLite's own sqllogictest files, where `ASOF_CORPUS` names a directory that holds them.
//!
//! A record is right, wrong or unsupported. What the language refuses by name is unsupported, and so
//! is what follows from it: a query on a view that could not be made, and everything after a write
//! that did not run. All records run unless a file has very many; all of all files with
//! `ASOF_EXHAUSTIVE`.

use super::reader::{self, Answer, Expected, Record};
use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::Database;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Records of one file whose expectations this corpus lost: (file, lines of SQL).
const LOST: (&str, std::ops::RangeInclusive<usize>) = ("slt_lang_aggfunc.test", 479..=496);

/// What came of a file.
#[derive(Default)]
struct Score {
    right: usize,
    wrong: Vec<String>,
    unsupported: usize,
}

/// A run through a file.
struct Run {
    session: Session,
    score: Score,
    /// The values of each label, hashed.
    labels: HashMap<String, String>,
    /// Views that could not be made.
    views: Vec<String>,
    /// Whether a write was refused, so that nothing later can be judged.
    astray: bool,
}

impl Run {
    fn record(&mut self, record: &Record) {
        if self.astray {
            self.score.unsupported += 1;
            return;
        }
        let given = rows_of(&mut self.session, &record.sql);
        let verdict = match (given, &record.expected) {
            (Err(error), Expected::Error(_)) if error.code() != "unsupported" => Ok(()),
            (Err(error), expected) => {
                if self.is_unsupported(error.code(), &record.sql, expected) {
                    self.score.unsupported += 1;
                    return;
                }
                Err(format!("error[{}]: {error}", error.code()))
            }
            (Ok(_), Expected::Done) => Ok(()),
            (Ok(_), Expected::Error(_)) => Err("is no error".into()),
            (Ok(rows), Expected::Answer(answer)) => self.answer(answer, &answer.of(&rows)),
        };
        match verdict {
            Ok(()) => self.score.right += 1,
            Err(what) => {
                let Record { line, sql, .. } = record;
                self.score.wrong.push(format!("line {line}: {sql}\n{what}"));
            }
        }
    }

    fn answer(&mut self, answer: &Answer, values: &[String]) -> Result<(), String> {
        let hash = reader::hashed(values);
        if let Some(label) = &answer.label {
            let first = self.labels.entry(label.clone()).or_insert_with(|| hash.clone());
            if *first != hash {
                return Err(format!("differs from {label}"));
            }
        }
        if answer.is(values) {
            return Ok(());
        }
        Err(format!("gives {hash}\n{}\nnot\n{}", values.join("\n"), answer.values.join("\n")))
    }

    fn is_unsupported(&mut self, code: &str, sql: &str, expected: &Expected) -> bool {
        let of_view = |view: &String| sql.split_whitespace().any(|word| word == view.as_str());
        if code != "unsupported" {
            return code == "unknown-table" && self.views.iter().any(of_view);
        }
        let words: Vec<&str> = sql.split_whitespace().collect();
        match (words.as_slice(), expected) {
            (["CREATE", "VIEW", name, ..], _) => self.views.push((*name).to_string()),
            (["DROP", ..], _) | (_, Expected::Answer(_) | Expected::Error(_)) => {}
            _ => self.astray = true,
        }
        true
    }
}

fn run(path: &Path) -> Score {
    let text = std::fs::read_to_string(path).expect("a file of text");
    let lost = |record: &Record| path.ends_with(LOST.0) && LOST.1.contains(&record.line);
    let database = Database::in_memory().expect("a database");
    let mut run = Run {
        session: Session::new(Arc::new(database)),
        score: Score::default(),
        labels: HashMap::new(),
        views: Vec::new(),
        astray: false,
    };
    reader::read(&text).iter().filter(|record| !lost(record)).for_each(|r| run.record(r));
    run.score
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "test") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a score is for people, and a skipped test says so")]
fn sqlites_files_are_never_answered_wrong() {
    let Some(corpus) = std::env::var_os("ASOF_CORPUS") else {
        eprintln!("skipped: ASOF_CORPUS names no directory that holds sqllogictest/");
        return;
    };
    let folder = Path::new(&corpus).join("sqllogictest");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    let queue = Mutex::new(paths.iter());
    let scores = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic holds it").next();
                    let Some(path) = next else { break };
                    let score = run(path);
                    let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
                    scores.lock().expect("no panic holds it").push((name, score));
                }
            });
        }
    });
    let mut scores = scores.into_inner().expect("all are done");
    scores.sort_by(|a, b| a.0.cmp(&b.0));
    let mut wrong = Vec::new();
    for (name, Score { right, wrong: complaints, unsupported }) in scores {
        let count = complaints.len();
        eprintln!("{name}: {right} right, {count} wrong, {unsupported} unsupported");
        wrong.extend(complaints.into_iter().map(|what| format!("{name}, {what}")));
    }
    let shown = &wrong[..wrong.len().min(20)];
    assert!(wrong.is_empty(), "{} wrong\n\n{}", wrong.len(), shown.join("\n\n"));
}
