//! Words of later versions and of other systems: whoever types one knows another shell, and the error
//! says what does the same in this one.

use super::super::Keyword;
use super::super::token::TokenKind;
use super::input::{ParseState, Parsed, TokenInput};

/// Statements of later versions: the first words, what their error calls them, and what does it until
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
    ("REDO", "REDO", Some(".undo takes back what .undo did, too")),
    ("RESTORE", "RESTORE", Some(RESTORE)),
    ("REVERT", "REVERT", Some(RESTORE)),
    ("TAIL", "TAIL", Some("EVENTS SINCE EVENT n lists what came after n")),
    ("TIMELINE", "TIMELINE", None),
    ("UNDO", "UNDO", Some(".undo takes the last transaction back")),
    ("USE BRANCH", "USE BRANCH", Some(".open NAME goes to another database")),
    ("WHAT", "WHAT IF", Some("BEGIN, change, look, ROLLBACK")),
    ("WHY", "WHY", Some("HISTORY OF t WHERE … tells what happened to its rows")),
];

/// How the past is brought back by statements that are there.
const RESTORE: &str = "INSERT INTO t SELECT * FROM t BEFORE EVENT n brings rows back";

/// Statements of other systems: the first words, what is true of them here, and what to do instead.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("ABORT", "there is no ABORT", "ROLLBACK forgets everything since BEGIN"),
    ("CALL", "there are no procedures", "statements are run one by one"),
    ("CHECKPOINT", "nothing waits to be written", "every commit is in the log when it is told"),
    ("CONNECT", "a session has one database", ".open NAME goes to another"),
    (
        "COPY",
        "files are read and written by dot-commands",
        ".import FILE TABLE, .export FILE TABLE",
    ),
    ("DECLARE", "there are no variables", ".param set NAME VALUE gives $NAME a value"),
    ("DELIMITER", "statements end with ;", "leave DELIMITER out"),
    ("EXEC", "there are no procedures", "statements are run one by one"),
    ("EXECUTE", "there are no procedures", "statements are run one by one"),
    ("FROM", "a query begins with SELECT", "SELECT * FROM t"),
    ("GO", "statements end with ;", "leave GO out"),
    ("GRANT", NO_USERS, OWNERS),
    ("INSTALL", "there are no extensions", "HELP lists what there is"),
    ("LISTEN", "there is nobody to listen to", "EVENTS SINCE EVENT n lists what came after n"),
    ("LOAD", "there are no extensions", "HELP lists what there is"),
    ("LOAD DATA", "files are read by a dot-command", ".import FILE TABLE"),
    ("LOCK", "tables are not locked", "a transaction sees one moment of all tables"),
    ("MERGE", "there is no MERGE", "UPDATE what is there, INSERT what is not"),
    ("OPTIMIZE", "there is nothing to optimize", "leave it out"),
    ("PREPARE", "statements are prepared by themselves", "$NAME takes its value from .param"),
    ("PRINT", "texts are printed by a dot-command", ".print TEXT"),
    ("RENAME", "tables are renamed by ALTER", "ALTER TABLE t RENAME TO u"),
    ("REVOKE", NO_USERS, OWNERS),
    ("SOURCE", "scripts are read by a dot-command", ".read FILE"),
    ("START TRANSACTION", "a transaction begins with BEGIN", "BEGIN; …; COMMIT;"),
    ("SUMMARIZE", "there is no SUMMARIZE", "SELECT count(*), min(a), max(a), avg(a) FROM t"),
    ("TABLE", "a query begins with SELECT", "SELECT * FROM t"),
    ("TRUNCATE", "there is no TRUNCATE", "DELETE FROM t deletes all rows"),
    ("UNLOCK", "tables are not locked", "a transaction sees one moment of all tables"),
    ("UPSERT", "there is no UPSERT", "UPDATE what is there, INSERT what is not"),
    ("USE", "a session has one database", ".open NAME goes to another"),
];

/// What other systems show: the words behind SHOW, what is true of it here, and what shows it.
const SHOWN: &[(&str, &str, &str)] = &[
    ("ALL", "settings belong to the shell", ".show lists them"),
    ("COLUMNS", "columns are described", "DESCRIBE t lists the columns of t"),
    ("CREATE", "definitions are shown by a dot-command", ".schema t shows the CREATE TABLE of t"),
    ("DATABASES", ONE_DATABASE, ".databases says which, .open NAME goes to another"),
    ("ERRORS", "an error is told when it happens", "leave it out"),
    ("FIELDS", "columns are described", "DESCRIBE t lists the columns of t"),
    (
        "FULL",
        "there is no more to show",
        "SHOW TABLES lists the tables, DESCRIBE t the columns of t",
    ),
    ("GRANTS", NO_USERS, OWNERS),
    ("HISTORY", "the history is a statement", "HISTORY OF t lists what happened to t"),
    ("INDEX", "indexes are listed by a dot-command", ".indexes t, or SELECT * FROM _indexes"),
    ("INDEXES", "indexes are listed by a dot-command", ".indexes t, or SELECT * FROM _indexes"),
    ("KEYS", "indexes are listed by a dot-command", ".indexes t, or SELECT * FROM _indexes"),
    ("LOG", "the log is its events", "SHOW EVENTS, or .log"),
    ("PROCESSLIST", "every session runs one statement at a time", "leave it out"),
    ("SCHEMA", "definitions are shown by a dot-command", ".schema, or DESCRIBE t"),
    ("SCHEMAS", ONE_DATABASE, ".databases says which, .tables lists its tables"),
    ("STATUS", "numbers are shown by a dot-command", ".stats"),
    ("TABLE", "tables are listed together", "SHOW TABLES, or DESCRIBE t"),
    ("TRANSACTIONS", "transactions are rows", "SELECT * FROM _transactions"),
    ("USERS", NO_USERS, OWNERS),
    ("VARIABLES", "settings belong to the shell", ".show lists them"),
    ("WARNINGS", "a notice is told when it happens", "leave it out"),
];

const ONE_DATABASE: &str = "one database is open at a time";

/// Schemas of other systems, and what to read instead of their tables.
const SCHEMAS: &[&str] =
    &["information_schema", "pg_catalog", "sys", "mysql", "performance_schema"];

/// Tables of those schemas, by a part of their names, and what has the same here.
const SCHEMA_TABLES: &[(&str, &str)] = &[
    ("column", "SELECT * FROM _columns, or DESCRIBE t"),
    ("attribute", "SELECT * FROM _columns, or DESCRIBE t"),
    ("index", "SELECT * FROM _indexes"),
    ("statistics", "SELECT * FROM _indexes"),
    ("", "SELECT * FROM _tables, or SHOW TABLES"),
];

/// Words of other systems inside a statement, each with the way to say it here; found where the grammar
/// comes to no end.
const INSIDE: &[(&str, &str)] = &[
    ("AUTO_INCREMENT", "leave it out: an INTEGER PRIMARY KEY fills itself"),
    ("CASCADE", "leave it out: it goes without saying"),
    ("CHANGE", "a column keeps its type: add another, UPDATE it from this one, drop this one"),
    ("CHARSET", "leave it out: every text is UTF-8"),
    ("COMMENT", "leave it out, or write -- a comment"),
    ("CONCURRENTLY", "leave it out: reading goes on while an index is made"),
    ("DATABASE", ".open NAME goes to another database, and makes it"),
    ("DIV", "the quotient of two INTEGERs is one: 7 / 2 is 3"),
    ("ENGINE", "leave it out: there is one kind of table"),
    ("FETCH", "LIMIT n gives the first n rows"),
    ("FOR SHARE", "leave it out: a transaction sees one moment of all tables"),
    ("FOR UPDATE", "leave it out: a transaction sees one moment of all tables"),
    ("FUNCTION", "there are no functions but those that HELP functions lists"),
    ("IDENTITY", "leave it out: an INTEGER PRIMARY KEY fills itself"),
    ("ILIKE", "LIKE takes A and a for the same already"),
    ("INTERVAL", "AS OF '5 minutes ago' goes back; dates are reckoned with in days"),
    ("MINUS", "EXCEPT is not supported yet: AND NOT the condition of the rows to leave out"),
    ("MODIFY", "a column keeps its type: add another, UPDATE it from this one, drop this one"),
    ("NOW", "LATEST is the present, CURRENT_TIMESTAMP its time"),
    ("PROCEDURE", "there are no procedures: statements are run one by one"),
    ("RLIKE", "LIKE knows % and _, GLOB knows *, ? and [a-z]"),
    ("ROLE", "there are no users: who may write to the directory may write to the database"),
    ("SCHEMA", "a database has one schema, called main"),
    ("SEQUENCE", "an INTEGER PRIMARY KEY counts by itself"),
    ("SIMILAR", "LIKE knows % and _, GLOB knows *, ? and [a-z]"),
    ("TODAY", "a time stands in quotes: 'today', 'yesterday 14:00', '5 minutes ago'"),
    ("TOP", "LIMIT n, behind all else, gives the first n rows"),
    ("TRAN", "leave it out: BEGIN, COMMIT and ROLLBACK stand alone"),
    ("USER", "there are no users: who may write to the directory may write to the database"),
    ("WORK", "leave it out: BEGIN, COMMIT and ROLLBACK stand alone"),
    ("XOR", "(a OR b) AND NOT (a AND b)"),
    ("YESTERDAY", "a time stands in quotes: 'today', 'yesterday 14:00', '5 minutes ago'"),
];

const NO_USERS: &str = "there are no users to allow anything";
const OWNERS: &str = "who may write to the directory may write to the database";

/// Whether the words of a phrase stand at a place.
fn stands(input: TokenInput<'_>, phrase: &str) -> bool {
    let mut words = phrase.split(' ').enumerate();
    words.all(|(at, word)| input.skip(at).word().eq_ignore_ascii_case(word))
}

/// The entry of a table whose phrase stands at a place; of several the longest.
fn entry<T>(
    input: TokenInput<'_>,
    table: &'static [T],
    phrase: impl Fn(&T) -> &'static str,
) -> Option<&'static T> {
    let found = table.iter().filter(|entry| stands(input, phrase(entry)));
    found.max_by_key(|entry| phrase(entry).len())
}

/// Fails by name if the next word begins a statement of a later version or of another system.
pub(super) fn refuse(input: TokenInput<'_>) -> Parsed<'_, ()> {
    let span = input.peek().span;
    if let Some((_, feature, help)) = entry(input, LATER, |entry| entry.0) {
        let message = format!("{feature} is not supported yet");
        return input.fail_at(span, "unsupported", message, help.map(str::to_owned));
    }
    match entry(input, FOREIGN, |entry| entry.0) {
        Some((_, message, help)) => instead(input, message, help),
        None => Ok((input, ())),
    }
}

/// The same for what other systems SHOW.
pub(super) fn refuse_shown(input: TokenInput<'_>) -> Parsed<'_, ()> {
    match entry(input, SHOWN, |entry| entry.0) {
        Some((_, message, help)) => instead(input, message, help),
        None => Ok((input, ())),
    }
}

/// Fails with what is true here, and what to do instead.
fn instead<'a>(input: TokenInput<'a>, message: &str, help: &str) -> Parsed<'a, ()> {
    input.fail_at(input.peek().span, "unsupported", message.to_owned(), Some(help.to_owned()))
}

/// What is true of a schema of another system, and what to read instead of its table.
pub(super) fn schema(name: &str, table: &str) -> Option<(String, String)> {
    SCHEMAS.iter().find(|known| name.eq_ignore_ascii_case(known))?;
    let table = table.to_ascii_lowercase();
    let (_, help) = SCHEMA_TABLES.iter().find(|(part, _)| table.contains(part))?;
    Some((format!("there is no {name} here"), (*help).to_owned()))
}

/// A way out where a word of another system stands at the place of a miss, or before it: there it was
/// taken for an alias.
pub(super) fn inside(state: &ParseState<'_>, at: usize) -> Option<String> {
    if let (Some(before), "(") = (at.checked_sub(1), state.slice(state.tokens.at(at).span))
        && let TokenKind::Keyword(
            word @ (Keyword::CurrentDate | Keyword::CurrentTime | Keyword::CurrentTimestamp),
        ) = state.tokens.at(before).kind
    {
        return Some(format!("{} has no parentheses", word.text()));
    }
    let places = [Some(at), at.checked_sub(1)];
    places.into_iter().flatten().find_map(|at| {
        let is_word = matches!(state.tokens.at(at).kind, TokenKind::Name | TokenKind::Keyword(_));
        let known = entry(TokenInput::new(state, at), INSIDE, |entry| entry.0);
        known.filter(|_| is_word).map(|(_, help)| (*help).to_owned())
    })
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
            assert_eq!(production, None, "{word}");
        }
        let mut unique = words.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), words.len());
    }

    #[test]
    fn the_longest_phrase_is_meant() {
        let help = |text| parse_statement(text).expect_err("no statement").help;
        assert_eq!(help("use shop").as_deref(), Some(".open NAME goes to another"));
        let branch = parse_statement("use branch b").expect_err("no statement");
        assert_eq!(branch.message, "USE BRANCH is not supported yet");
        assert_eq!(
            help("load data infile 'x' into table t").as_deref(),
            Some(".import FILE TABLE")
        );
    }

    #[test]
    fn what_other_systems_show_has_its_way() {
        for (shown, ..) in SHOWN {
            let error = parse_statement(&format!("show {} x", shown.to_lowercase()));
            let error = error.expect_err("no statement");
            assert_eq!((error.code, error.help.is_some()), ("unsupported", true), "{shown}");
        }
        for shown in ["tables", "events", "tags", "snapshots"] {
            assert!(parse_statement(&format!("show {shown}")).is_ok());
        }
    }

    #[test]
    fn words_inside_a_statement_have_their_way() {
        for (text, help) in [
            ("select top 5 * from t", "LIMIT n"),
            ("select * from t fetch first 5 rows only", "LIMIT n"),
            ("select * from t where a ilike 'x%'", "LIKE takes"),
            ("select a ilike 'x%' from t", "LIKE takes"),
            ("select * from t as of now", "LATEST"),
            ("set as of now", "LATEST"),
            ("set as of yesterday", "in quotes"),
            ("create table t (id int not null auto_increment)", "fills itself"),
            ("create table t (a int) engine=InnoDB", "one kind of table"),
            ("drop table t cascade", "leave it out"),
            ("select 7 div 2", "7 / 2 is 3"),
            ("select a from t for update", "one moment"),
            ("alter table t modify a text", "keeps its type"),
            ("create database x", ".open NAME"),
            ("commit work", "stand alone"),
            ("select current_timestamp()", "no parentheses"),
            ("select 1::int", "CAST"),
            ("select a::text from t", "CAST"),
        ] {
            let error = parse_statement(text).expect_err("no statement");
            let given = error.help.unwrap_or_default();
            assert!(given.contains(help), "{text}: {} ({given})", error.message);
        }
        // They are names like all others.
        for text in ["select now, top, fetch from minus", "select a from t ilike"] {
            assert!(parse_statement(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn schemas_of_other_systems_have_their_way() {
        for (text, help) in [
            ("select * from information_schema.tables", "_tables"),
            ("select * from INFORMATION_SCHEMA.columns", "_columns"),
            ("select * from pg_catalog.pg_indexes", "_indexes"),
            ("select * from dbo.t", "main"),
        ] {
            let error = parse_statement(text).expect_err("no table");
            assert_eq!(error.code, "unknown-database");
            assert!(error.help.unwrap_or_default().contains(help), "{text}");
        }
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
