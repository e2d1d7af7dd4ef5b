//! The differences that are meant, each as it stands in `grammar/README.md`, told by what shows them and by
//! nothing wider; one, `SharedValues`, is SQLite's own error. (Integer overflow is one more, which [`Pair::difference`]
//! knows.)

use super::super::{Pair, Plain};
use super::dropped::without_dropped;
use crate::answer::rows_of;
use asof::session::Error;

/// Why both answer otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deliberate {
    /// A name that means nothing stands beside a constant false, with which SQLite's parser drops it.
    DroppedName,
    /// A deferred foreign key is counted that no row has any more, or of a table that is dropped.
    CountedKey,
    /// A foreign key is not asked, because a trigger deletes from the table that it refers to, or a REPLACE might
    /// from its own.
    ForgottenKey,
    /// A CHECK comes while none is asked, and rows are there that break it.
    UnaskedCheck,
    /// A column of a primary key is to lose NOT NULL, which it does not say.
    NullOfKey,
    /// A trigger cannot run that what a statement leads to would fire, if there were a row.
    UnfiredTrigger,
    /// The name of a renamed table stands where a trigger says `excluded`.
    RenamedExcluded,
    /// `changes()` counts a row of `sqlite_sequence` that says 0, or no table was made that it counts for.
    EmptySequence,
    /// `changes()` counts the rows of a table that is dropped while foreign keys are held.
    CountOfDrop,
    /// What a dropped table does to rows that refer to it fires no trigger.
    TriggerOfDrop,
    /// A transaction is ended by OR ROLLBACK of rows that refer to none.
    EndedByKey,
    /// A temporary trigger that ignores a row keeps it from RETURNING.
    ReturningBehindIgnore,
    /// A row that is deleted was changed before because of another that is, too.
    ActedOnBefore,
    /// `last_insert_rowid()` is of a row whose statement failed, or `changes()` counts that of the one before.
    CountOfFailure,
    /// A table is altered whose views and triggers could not run, of which SQLite looks at the names in
    /// expressions alone.
    ReadWhole,
    /// A foreign key refers to a table that is not there, of no row that is written.
    MissingParent,
    /// A column is renamed of a temporary table that a temporary view or trigger names, whose text SQLite
    /// leaves as it is.
    TemporaryRename,
    /// A view is written to with RETURNING that has triggers of other writes alone.
    OtherTrigger,
    /// A view that cannot be read gets an INSTEAD OF trigger.
    TriggerOfBrokenView,
    /// A blob comes into JSON, of which only one of two conditions keeps a row away, and the other is asked first.
    AskedFirst,
    /// What changes nothing is asked where nothing is to be changed.
    ChangesNothing,
    /// An integer overflows, which is a real to SQLite.
    Overflow,
    /// Of texts that a collation takes for equal the first is shown, and without rewrites tables are read in another
    /// order.
    FirstOfAlike,
    /// SQLite merges the queries of a view that VALUES stand beside, of which each takes rows from the other's.
    SharedValues,
}

/// The statements of all that was made.
const DEFINITIONS: &str = "(SELECT type, name, tbl_name, sql FROM sqlite_master UNION ALL \
                           SELECT type, name, tbl_name, sql FROM sqlite_temp_master)";

/// What both say of a blob in JSON.
const BLOB: &str = "JSON cannot hold BLOB values";

/// What differs behind a statement that failed.
pub const NUMBER: &str = "SELECT last_insert_rowid()";
pub const CHANGES: &str = "SELECT changes()";

/// Why asof refuses a statement that SQLite takes, if that is meant.
pub fn refusal(error: &Error, sql: &str, pair: &mut Pair) -> Option<Deliberate> {
    match error.code() {
        "integer-overflow" => Some(Deliberate::Overflow),
        "json" if error.to_string().contains(BLOB) => Some(Deliberate::AskedFirst),
        "alter-table" if is_of_definition(&error.to_string()) => Some(Deliberate::ReadWhole),
        "alter-table" if error.to_string().contains("in the primary key") => {
            Some(Deliberate::NullOfKey)
        }
        "unknown-column" | "unknown-table" if is_of_broken_view(sql, pair) => {
            Some(Deliberate::TriggerOfBrokenView)
        }
        "read-only-table" if is_of_other_trigger(sql, pair) => Some(Deliberate::OtherTrigger),
        "foreign-key" if is_forgotten(&error.to_string(), pair) => Some(Deliberate::ForgottenKey),
        "unknown-column"
        | "unknown-table"
        | "misplaced-aggregate"
        | "misplaced-subquery"
        | "alter-table"
            if is_dropped(sql, pair) =>
        {
            Some(Deliberate::DroppedName)
        }
        _ => None,
    }
}

/// Why asof answers a query that SQLite does not, if that is meant.
pub fn answer(error: &rusqlite::Error) -> Option<Deliberate> {
    let message = error.to_string();
    match () {
        () if message.contains(BLOB) => Some(Deliberate::AskedFirst),
        () if message.starts_with("no such table: sqlite_sequence") => {
            Some(Deliberate::EmptySequence)
        }
        () => None,
    }
}

/// Whether groups of texts that are alike differ in nothing but which of them is shown.
pub fn first_of_alike(sql: &str, pair: &mut Pair) -> Option<Deliberate> {
    let (head, key) = sql.rsplit_once(" GROUP BY ")?;
    let others = head.strip_prefix("SELECT ")?.strip_prefix(key)?.strip_prefix(", ")?;
    let collated = format!("SELECT 1 FROM {DEFINITIONS} WHERE sql LIKE '%COLLATE%'");
    let is_collated =
        key.contains(" COLLATE ") || pair.ask_sqlite(&collated).is_ok_and(|rows| !rows.is_empty());
    let is_alike = is_collated
        && others.starts_with(&format!("count(*), count(DISTINCT {key}), "))
        && pair.difference(&format!("SELECT {others} GROUP BY {key}"), false).is_none();
    is_alike.then_some(Deliberate::FirstOfAlike)
}

/// Whether SQLite has the same rows where VALUES are made before they are read. It makes them once for both sides
/// of a UNION ALL that it merges, and goes back and forth between these.
pub fn shared_values(sql: &str, ordered: bool, pair: &mut Pair) -> Option<Deliberate> {
    let plan = pair.ask_sqlite(&format!("EXPLAIN QUERY PLAN {sql}")).ok()?;
    let steps = |what: &str| {
        let says = |step: &&Plain| matches!(step, Plain::Text(text) if text.contains(what));
        plan.iter().flatten().filter(says).count()
    };
    let is_shared = steps("MERGE (UNION ALL)") > 0 && steps("-ROW VALUES CLAUSE") > 1;
    let before = sql
        .replace("(VALUES (1, ", "(WITH m AS MATERIALIZED (VALUES (1, ")
        .replace("(3, 'a')) ", "(3, 'a')) SELECT * FROM m) ");
    (is_shared && pair.difference_between(sql, &before, ordered).is_none())
        .then_some(Deliberate::SharedValues)
}

/// Why asof takes a statement that SQLite refuses, if that is meant.
pub fn acceptance(error: &rusqlite::Error, sql: &str, pair: &Pair) -> Option<Deliberate> {
    let message = error.to_string();
    let of_definition = message
        .strip_prefix("error in trigger ")
        .or_else(|| message.strip_prefix("error in view "));
    if let Some(name) = of_definition.and_then(|what| what.split(':').next())
        && sql.starts_with("ALTER TABLE")
        && sql.contains(" RENAME ")
    {
        let named = format!("SELECT 1 FROM sqlite_temp_master WHERE name = '{name}'");
        let is_temporary = pair.ask_sqlite(&named).is_ok_and(|rows| rows.len() == 1);
        return is_temporary.then_some(Deliberate::TemporaryRename);
    }
    if let (Some(table), "FOREIGN KEY constraint failed") =
        (sql.strip_prefix("DROP TABLE "), &*message)
    {
        let found = format!(
            "SELECT 1 FROM pragma_foreign_key_list('{table}') WHERE \"table\" = '{table}' COLLATE NOCASE"
        );
        let refers_to_itself = pair.ask_sqlite(&found).is_ok_and(|rows| !rows.is_empty());
        return refers_to_itself.then_some(Deliberate::CountedKey);
    }
    let ends = matches!(sql, "COMMIT" | "END") || sql.starts_with("RELEASE ");
    if message == "FOREIGN KEY constraint failed" && ends {
        let broken = pair.ask_sqlite("PRAGMA foreign_key_check");
        return broken.is_ok_and(|rows| rows.is_empty()).then_some(Deliberate::CountedKey);
    }
    if message == "constraint failed" && sql.contains(" ADD CONSTRAINT ") {
        let ignored = pair.ask_sqlite("PRAGMA ignore_check_constraints");
        let is_ignored = ignored.is_ok_and(|rows| rows == [[Plain::Number(1.0)]]);
        return is_ignored.then_some(Deliberate::UnaskedCheck);
    }
    if let Some(difference) = answer(error) {
        return Some(difference);
    }
    let changes_nothing = ["ANALYZE", "REINDEX"];
    if message.contains("readonly") && changes_nothing.iter().any(|it| sql.contains(it)) {
        return Some(Deliberate::ChangesNothing);
    }
    if sql.starts_with("DROP TABLE") && drops_unfired(sql, pair) {
        return Some(Deliberate::TriggerOfDrop);
    }
    if let Some(column) = message.strip_prefix("no such column: ")
        && is_in_trigger_of_another(column, sql, pair)
    {
        return Some(Deliberate::UnfiredTrigger);
    }
    if let Some((table, column)) = message.split_once(" has no column named ")
        && !sql.contains(table.trim_start_matches("table "))
        && is_in_trigger(column, pair)
    {
        return Some(Deliberate::UnfiredTrigger);
    }
    if let Some(missing) = message.strip_prefix("no such table: ")
        && let missing = missing.strip_prefix("main.").unwrap_or(missing)
        && !sql.contains(missing)
        && is_in_trigger(missing, pair)
    {
        return Some(Deliberate::UnfiredTrigger);
    }
    misses_parent(&message, sql, pair).then_some(Deliberate::MissingParent)
}

/// Whether what SQLite says of a statement is that a foreign key refers to a table that is not there: it asks
/// for that before any row.
pub fn misses_parent(message: &str, sql: &str, pair: &Pair) -> bool {
    let Some(missing) = message.strip_prefix("no such table: main.") else { return false };
    let missing = missing.split(' ').next().unwrap_or(missing);
    let count = format!(
        "SELECT count(*) FROM sqlite_master m, pragma_foreign_key_list(m.name) k \
         WHERE m.type = 'table' AND k.\"table\" = '{missing}' COLLATE NOCASE"
    );
    let is_parent = pair.ask_sqlite(&count).is_ok_and(|rows| rows != [[Plain::Number(0.0)]]);
    is_parent && !sql.starts_with("SELECT")
}

/// Whether a write to a view, which returns rows, is of another kind than the triggers of the view.
fn is_of_other_trigger(sql: &str, pair: &Pair) -> bool {
    let event = sql.split(' ').next().unwrap_or_default();
    let found = format!(
        "SELECT 1 FROM {DEFINITIONS} WHERE type = 'trigger' AND sql LIKE '%INSTEAD OF%' \
         AND sql NOT LIKE '%INSTEAD OF {event}%'"
    );
    sql.contains(" RETURNING ") && pair.ask_sqlite(&found).is_ok_and(|rows| !rows.is_empty())
}

/// Why OR ROLLBACK ends a transaction in one of both alone: for a foreign key, or because SQLite asks for
/// the table of one before any row.
pub fn ends_otherwise(
    sql: &str,
    is_open: bool,
    code: Option<&str>,
    message: Option<&str>,
) -> Option<Deliberate> {
    let is_missing = message.is_some_and(|message| message.starts_with("no such table: main."));
    match (is_open, sql.contains(" OR ROLLBACK ")) {
        (true, true) if code == Some("foreign-key") => Some(Deliberate::EndedByKey),
        (false, true) if is_missing => Some(Deliberate::MissingParent),
        (true | false, _) => None,
    }
}

/// Why `changes()` is another behind a statement, if it is; nothing of one that counts nothing.
pub fn counts_otherwise(sql: &str, has_failed: bool) -> Option<Option<Deliberate>> {
    let counts = ["INSERT", "REPLACE", "UPDATE", "DELETE", "WITH"];
    match sql {
        _ if has_failed => Some(Some(Deliberate::CountOfFailure)),
        _ if sql.starts_with("DROP TABLE") => Some(Some(Deliberate::CountOfDrop)),
        _ if sql.contains("sqlite_sequence") => Some(Some(Deliberate::EmptySequence)),
        _ => counts.iter().any(|word| sql.starts_with(word)).then_some(None),
    }
}

/// Whether rows are returned that go from a table that refers to itself: SQLite has acted on some of them.
pub fn returns_acted_on(sql: &str, pair: &Pair) -> bool {
    sql.contains("DELETE FROM ") && sql.contains(" RETURNING ") && acts_on_itself(pair)
}

/// Whether there is a table that refers to itself with an action: a row that goes with its parent was changed by that
/// before in SQLite, which counts it twice.
pub fn acts_on_itself(pair: &Pair) -> bool {
    let found = "SELECT 1 FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table' \
                 AND k.\"table\" = m.name COLLATE NOCASE AND k.on_delete NOT IN ('NO ACTION', 'RESTRICT')";
    pair.ask_sqlite(found).is_ok_and(|rows| !rows.is_empty())
}

/// Whether a RENAME put the table's name in the place of `excluded`.
pub fn renames_excluded(sql: &str, pair: &Pair) -> bool {
    let Some((_, name)) = sql.split_once(" RENAME TO ") else { return false };
    let texts = pair.ask_sqlite(&format!(
        "SELECT 1 FROM {DEFINITIONS} WHERE type = 'trigger' AND sql LIKE '%DO UPDATE%=%\"{name}\".%'"
    ));
    texts.is_ok_and(|rows| !rows.is_empty())
}

/// Whether a temporary trigger leaves rows out of what RETURNING gives.
pub fn ignores_returning(sql: &str, pair: &Pair) -> bool {
    let found = "SELECT 1 FROM sqlite_temp_master \
                 WHERE type = 'trigger' AND sql LIKE '%AFTER%RAISE(IGNORE)%'";
    sql.contains("RETURNING") && pair.ask_sqlite(found).is_ok_and(|rows| !rows.is_empty())
}

/// Whether a table goes while foreign keys are held and there are triggers on one whose rows are changed by that.
pub fn drops_unfired(sql: &str, pair: &Pair) -> bool {
    let Some(table) = sql.strip_prefix("DROP TABLE ") else { return false };
    let found = format!(
        "WITH RECURSIVE changed(name) AS (VALUES ('{table}') UNION SELECT m.name FROM changed c, \
         {DEFINITIONS} m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table' \
         AND k.\"table\" = c.name COLLATE NOCASE \
         AND (k.on_delete NOT IN ('NO ACTION', 'RESTRICT') OR k.on_update NOT IN ('NO ACTION', 'RESTRICT'))) \
         SELECT 1 FROM {DEFINITIONS} d, pragma_foreign_keys f \
         WHERE d.type = 'trigger' AND d.tbl_name IN (SELECT name FROM changed) AND f.foreign_keys"
    );
    pair.ask_sqlite(&found).is_ok_and(|rows| !rows.is_empty())
}

/// Whether the name that an error is about stands only where SQLite's parser drops it: in the statement, which is
/// taken without, or in a definition.
fn is_dropped(sql: &str, pair: &mut Pair) -> bool {
    let mut reduced = without_dropped(sql);
    // No row comes to the clause that is about any key where those before it are about all.
    if let Some((before, _)) = reduced.split_once(" ON CONFLICT DO UPDATE SET ")
        && before.contains(" ON CONFLICT ")
    {
        reduced = before.to_owned();
    }
    let error = match rows_of(&mut pair.session, &reduced) {
        Ok(_) => return reduced != sql,
        Err(error) => error.to_string(),
    };
    let message = &error;
    let table = message.split_once(" table ").map(|(_, table)| table.trim_start_matches("main."));
    let table = table.or_else(|| message.strip_prefix("table "));
    let table = table.and_then(|table| table.split(' ').next());
    let index = message.strip_prefix("index ").and_then(|_| sql.rsplit(' ').next());
    let quoted = message.split('"').skip(1).step_by(2);
    let mut names: Vec<String> = quoted.chain(table).chain(index).map(str::to_owned).collect();
    let all = format!("SELECT type, name, sql FROM {DEFINITIONS} WHERE sql IS NOT NULL");
    let definitions: Vec<[String; 3]> = pair.ask_sqlite(&all).map_or(Vec::new(), |rows| {
        rows.iter().filter_map(|row| <[String; 3]>::try_from(texts(row)).ok()).collect()
    });
    // With the name of a view all goes that its text names.
    let mut known = 0;
    while known < names.len() {
        let name = names[known].clone();
        let readers = definitions.iter().filter(|[kind, view, text]| {
            kind == "view" && times(text, &name) > 0 && !names.contains(view)
        });
        let readers: Vec<String> = readers.map(|[_, view, _]| view.clone()).collect();
        names.extend(readers);
        known += 1;
    }
    definitions.iter().any(|[_, _, text]| {
        let reduced = without_dropped(text);
        names.iter().any(|name| times(text, name) > times(&reduced, name))
    })
}

/// The texts of a row.
fn texts(row: &[Plain]) -> Vec<String> {
    let text = |value: &Plain| match value {
        Plain::Text(text) => Some(text.clone()),
        Plain::Null | Plain::Number(_) | Plain::Blob(_) => None,
    };
    row.iter().filter_map(text).collect()
}

/// How often a name stands in a statement.
fn times(sql: &str, name: &str) -> usize {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let stands = |&(at, _): &(usize, &str)| {
        !sql[..at].ends_with(is_part) && !sql[at + name.len()..].starts_with(is_part)
    };
    sql.match_indices(name).filter(stands).count()
}

/// Whether a trigger deletes from the table that the foreign key of an error refers to, or SQLite finds itself
/// that it has let the row in.
fn is_forgotten(message: &str, pair: &Pair) -> bool {
    let Some((child, parent)) = message.split_once(" refers to ") else { return false };
    let table = |column: &str| column.split('.').next().unwrap_or_default().to_owned();
    let (of, to) = (table(child), table(parent));
    let of_value = match child.rsplit_once('.').and_then(|(_, column)| column.split_once(' ')) {
        Some((column, value)) if !child.contains(" with ") => {
            format!("quote({column}) = '{}'", value.replace('\'', "''"))
        }
        _ => "TRUE".into(),
    };
    let broken = format!(
        "SELECT 1 FROM pragma_foreign_key_check('{of}') WHERE parent = '{to}' COLLATE NOCASE \
         AND EXISTS (SELECT 1 FROM {of} WHERE {of_value})"
    );
    let deletes = ["DELETE FROM", "REPLACE INTO"];
    pair.ask_sqlite(&broken).is_ok_and(|rows| !rows.is_empty())
        || deletes.iter().any(|verb| is_in_trigger(&format!("{verb} {to}"), pair))
}

/// Whether a trigger has these words that is on a table which the statement does not name.
fn is_in_trigger_of_another(words: &str, sql: &str, pair: &Pair) -> bool {
    let found = format!(
        "SELECT tbl_name FROM {DEFINITIONS} WHERE type = 'trigger' AND instr(sql, '{}')",
        words.replace('\'', "''")
    );
    let is_another = |name: &Plain| match name {
        Plain::Text(name) => !sql.contains(&**name),
        Plain::Null | Plain::Number(_) | Plain::Blob(_) => false,
    };
    pair.ask_sqlite(&found).is_ok_and(|rows| rows.iter().flatten().any(is_another))
}

/// Whether a trigger has these words, or a view that it reads.
fn is_in_trigger(words: &str, pair: &Pair) -> bool {
    let words = words.replace('\'', "''");
    let found = format!(
        "WITH RECURSIVE said(words) AS (VALUES ('{words}') UNION SELECT d.name FROM said, {DEFINITIONS} d \
         WHERE d.type = 'view' AND instr(d.sql, words)) \
         SELECT 1 FROM said, {DEFINITIONS} d WHERE d.type = 'trigger' AND instr(d.sql, words)"
    );
    pair.ask_sqlite(&found).is_ok_and(|rows| !rows.is_empty())
}

/// Whether it is a view or a trigger that stands in the way.
fn is_of_definition(message: &str) -> bool {
    let what = ["cannot be read as things are", "could not be read after that"];
    ["view ", "trigger "].iter().any(|kind| message.starts_with(kind))
        && what.iter().any(|what| message.contains(what))
}

/// Whether a statement makes a trigger on a view that SQLite cannot read, or writes to one, whose columns SQLite
/// knows from when it could be read.
fn is_of_broken_view(sql: &str, pair: &Pair) -> bool {
    let named = match sql.split_once(" INSTEAD OF ") {
        Some((_, behind)) => behind.split_once(" ON "),
        None => ["INSERT INTO ", "UPDATE ", "DELETE FROM "]
            .iter()
            .find_map(|verb| sql.strip_prefix(verb).map(|behind| (*verb, behind))),
    };
    let Some((_, view)) = named else { return false };
    let view = view.split([' ', '(']).next().unwrap_or_default();
    let found = format!("SELECT 1 FROM {DEFINITIONS} WHERE type = 'view' AND name = '{view}'");
    pair.ask_sqlite(&found).is_ok_and(|rows| !rows.is_empty())
        && pair.ask_sqlite(&format!("SELECT * FROM {view}")).is_err()
}
