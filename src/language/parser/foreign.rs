//! First words of statements that are none here: of later versions, and of other systems.
//!
//! Whoever types one knows another shell; the error says what does the same in this one.

use super::input::{Input, Parsed};

/// Statements of later versions: the first word, what their error calls them, and what does it until
/// then.
pub(super) const LATER: &[(&str, &str, Option<&str>)] = &[
    ("ATTACH", "ATTACH", Some(".open NAME goes to another database")),
    ("BRANCH", "BRANCH", None),
    ("COMPACT", "COMPACT", None),
    ("DETACH", "DETACH", None),
    (
        "DIFF",
        "DIFF",
        Some("HISTORY OF t FROM EVENT a TO EVENT b lists the changes between two moments"),
    ),
    ("ERASE", "ERASE", None),
    (
        "EXPORT",
        "EXPORT LOG",
        Some("the log is events.log in the database's directory, a line of JSON each"),
    ),
    ("FIRST", "FIRST EVENT WHERE", None),
    ("IMPORT", "IMPORT LOG", None),
    ("LAST", "LAST EVENT WHERE", None),
    ("REBUILD", "REBUILD", None),
    ("REDO", "REDO", None),
    ("RELEASE", "RELEASE", None),
    ("REPLACE", "REPLACE INTO", Some("UPDATE what is there, INSERT what is not")),
    ("RESTORE", "RESTORE", Some(RESTORE)),
    ("REVERT", "REVERT", Some(RESTORE)),
    ("SAVEPOINT", "SAVEPOINT", Some("BEGIN, COMMIT and ROLLBACK are there")),
    ("TAIL", "TAIL", Some("EVENTS SINCE EVENT n lists what came after n")),
    ("TIMELINE", "TIMELINE", None),
    ("UNDO", "UNDO", Some(RESTORE)),
    ("USE", "USE BRANCH", Some(".open NAME goes to another database")),
    ("VALUES", "VALUES as a statement", Some("SELECT 1, 2 makes a row")),
    ("WHAT", "WHAT IF", Some("BEGIN, change, look, ROLLBACK")),
    ("WHY", "WHY", Some("HISTORY OF t WHERE … tells what happened to its rows")),
    ("WITH", "WITH before a query", None),
];

/// How the past is brought back by statements that are there.
const RESTORE: &str = "INSERT INTO t SELECT * FROM t BEFORE EVENT n brings rows back";

/// Statements of other systems: the first word, what is true of it here, and what to do instead.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("CALL", "there are no procedures", "statements are run one by one"),
    ("CHECKPOINT", "nothing waits to be written", "every commit is in the log when it is told"),
    (
        "COPY",
        "files are read and written by dot-commands",
        ".import FILE TABLE, .export FILE TABLE",
    ),
    ("DESC", "DESC is for ORDER BY", "DESCRIBE t lists the columns of t"),
    ("FROM", "a query begins with SELECT", "SELECT * FROM t"),
    ("GRANT", NO_USERS, OWNERS),
    ("INSTALL", "there are no extensions", "HELP lists what there is"),
    ("LISTEN", "there is nobody to listen to", "EVENTS SINCE EVENT n lists what came after n"),
    ("LOAD", "there are no extensions", "HELP lists what there is"),
    ("LOCK", "tables are not locked", "a transaction sees one moment of all tables"),
    ("MERGE", "there is no MERGE", "UPDATE what is there, INSERT what is not"),
    ("REVOKE", NO_USERS, OWNERS),
    ("SUMMARIZE", "there is no SUMMARIZE", "SELECT count(*), min(a), max(a), avg(a) FROM t"),
    ("TABLE", "a query begins with SELECT", "SELECT * FROM t"),
    ("TRUNCATE", "there is no TRUNCATE", "DELETE FROM t deletes all rows"),
    ("UNLOCK", "tables are not locked", "a transaction sees one moment of all tables"),
    ("UPSERT", "there is no UPSERT", "UPDATE what is there, INSERT what is not"),
];

const NO_USERS: &str = "there are no users to allow anything";
const OWNERS: &str = "who may write to the directory may write to the database";

/// Fails by name if the next word begins a statement of a later version or of another system.
pub(super) fn refuse(input: Input<'_>) -> Parsed<'_, ()> {
    let (first, span) = (input.word(), input.peek().span);
    let is = |word: &str| word.eq_ignore_ascii_case(first);
    if let Some((_, feature, help)) = LATER.iter().find(|(word, ..)| is(word)) {
        let message = format!("{feature} is not supported yet");
        return input.fail_at(span, "unsupported", message, help.map(str::to_owned));
    }
    if let Some((_, message, help)) = FOREIGN.iter().find(|(word, ..)| is(word)) {
        let (message, help) = ((*message).to_owned(), Some((*help).to_owned()));
        return input.fail_at(span, "unsupported", message, help);
    }
    Ok((input, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Keyword, parse_statement};

    #[test]
    fn every_word_is_refused_by_name_and_begins_no_statement() {
        let foreign = FOREIGN.iter().map(|(word, ..)| *word);
        let words: Vec<&str> = LATER.iter().map(|(word, ..)| *word).chain(foreign).collect();
        for word in &words {
            let error = parse_statement(&format!("{} x", word.to_lowercase()));
            assert_eq!(error.expect_err("no statement").code, "unsupported", "{word}");
            let production = super::super::productions()
                .find(|(keyword, _)| Keyword::find(word) == Some(*keyword));
            assert_eq!(production, None);
        }
        let mut unique = words.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), words.len());
    }

    #[test]
    fn a_word_of_another_system_gets_a_way_out() {
        let error = parse_statement("copy t to 'x.csv'").expect_err("no statement");
        insta::assert_snapshot!(error.message, @"files are read and written by dot-commands");
        assert_eq!(error.help.as_deref(), Some(".import FILE TABLE, .export FILE TABLE"));
        let error = parse_statement("SELECT * FROM 'data.csv'").expect_err("no statement");
        assert_eq!(error.help.as_deref(), Some(".import data.csv TABLE makes a table of a file"));
    }
}
