//! Files of statements and their answers: our own beside this folder, and SQLite's where there is a
//! copy of them.
//!
//! Our own run in a database in memory and in one that is closed and opened again; in both, every
//! query is asked once more at the end, as of the event at which it was asked first, and must give
//! the same answer; one that reads what is temporary has no such event, and says so. Where plans are not rewritten, and where operators may hold nothing without a
//! temporary file, the answers are the same, too.

mod corpus;
mod md5;
mod reader;
mod score;

use crate::answer::rows_of;
use asof::language::ast::{QueryStatement, Statement};
use asof::language::parse_statement;
use asof::session::Session;
use asof::storage::{Database, OpenOptions};
use asof::types::EventId;
use reader::{Expected, Record};
use std::path::Path;
use std::sync::Arc;

/// A query to be asked again.
struct Asked<'a> {
    record: &'a Record,
    head: EventId,
}

/// Runs a file's records; gives the queries that can be asked again, or what went wrong.
fn run<'a>(session: &mut Session, records: &'a [Record]) -> (Vec<Asked<'a>>, Vec<String>) {
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    for record in records {
        let head = session.head();
        if let Err(complaint) = check(session, record, &record.sql) {
            wrong.push(complaint);
        } else if matches!(record.expected, Expected::Answer(_))
            && session.transaction().unwrap_or(0) == 0
            && reads_the_present(&record.sql)
            && !reads_temporary(session, &record.sql, head)
        {
            asked.push(Asked { record, head });
        }
    }
    (asked, wrong)
}

/// Whether a moment can be put before the statement.
fn reads_the_present(sql: &str) -> bool {
    matches!(parse_statement(sql), Ok(Some(Statement::Query(QueryStatement::Query(query)))) if query.as_of.is_none())
}

/// Whether the statement reads what is temporary: as of an event it is refused, and gives nothing.
fn reads_temporary(session: &mut Session, sql: &str, head: EventId) -> bool {
    let schema = session.schema().expect("the schema");
    schema.temporary.is_some()
        && rows_of(session, &format!("AS OF EVENT {} {sql}", head.0))
            .is_err_and(|error| error.code() == "no-past")
}

fn ask_again(session: &mut Session, asked: &[Asked]) -> Vec<String> {
    let again = |Asked { record, head }: &Asked| {
        let sql = format!("AS OF EVENT {} {}", head.0, record.sql);
        check(session, record, &sql).err()
    };
    asked.iter().filter_map(again).collect()
}

/// Runs the record's statement, or another that must give the same.
fn check(session: &mut Session, record: &Record, sql: &str) -> Result<(), String> {
    let complaint = |what: String| Err(format!("line {}: {sql}\n{what}", record.line));
    match (rows_of(session, sql), &record.expected) {
        (Ok(_), Expected::Done) => Ok(()),
        (Ok(rows), Expected::Answer(answer)) => answer.check(&rows).or_else(complaint),
        (Ok(_), Expected::Error(_)) => complaint("is no error".into()),
        (Err(error), Expected::Error(code)) => match code {
            Some(code) if code != error.code() => {
                complaint(format!("is error[{}]: {error}", error.code()))
            }
            _ => Ok(()),
        },
        (Err(error), _) => complaint(format!("error[{}]: {error}", error.code())),
    }
}

fn open(path: &Path) -> Session {
    let database = Database::open(path, OpenOptions::default()).expect("the database opens");
    Session::new(Arc::new(database))
}

#[test]
fn our_files_give_their_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let mut wrong = Vec::new();
    let mut files = 0;
    for file in std::fs::read_dir(folder).expect("the folder").flatten() {
        files += 1;
        let name = file.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file.path()).expect("a file of text");
        let records = reader::read(&text);
        let mut add = |mode: &str, complaints: Vec<String>| {
            wrong.extend(complaints.into_iter().map(|what| format!("{name} ({mode}), {what}")));
        };
        let memory = Database::in_memory().expect("a database");
        let mut session = Session::new(Arc::new(memory));
        let (asked, complaints) = run(&mut session, &records);
        add("in memory", complaints);
        add("asked again", ask_again(&mut session, &asked));
        let memory = Database::in_memory().expect("a database");
        let mut session = Session::new(Arc::new(memory));
        rows_of(&mut session, "SET rewrites = off").expect("a setting");
        add("without rewrites", run(&mut session, &records).1);
        let memory = Database::in_memory().expect("a database");
        let mut session = Session::new(Arc::new(memory));
        rows_of(&mut session, "SET memory = '0'").expect("a setting");
        add("without memory", run(&mut session, &records).1);
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("db");
        let (asked, complaints) = run(&mut open(&path), &records);
        add("on disk", complaints);
        add("reopened", ask_again(&mut open(&path), &asked));
    }
    assert!(files > 0, "there are files");
    assert!(wrong.is_empty(), "{} wrong\n\n{}", wrong.len(), wrong.join("\n\n"));
}
