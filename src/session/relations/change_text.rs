//! Changes in words, on one line each: `balance 100.00 → 70.00`, `+ 1, Ada, 100.00`,
//! `CREATE TABLE accounts`.
//!
//! The one place that makes them: for HISTORY, EVENTS, REPLAY and `.log`, for differences, and for the
//! events of a write. Values stand as a person would write them, and as literals where that could be taken
//! for something else; what is long is cut, since the images have it whole.

use super::integer;
use crate::language::ast::Identifier;
use crate::planner::alteration;
use crate::session::pragmas::setting_statement;
use crate::storage::{Event, Marker, Operation, RowImages, RowOperation, SchemaChange};
use crate::types::{
    Definition, DefinitionKind, KeySchema, TableSchema, Value, is_control, parse_number,
};

/// The most characters of one value.
const VALUE: usize = 40;
/// The characters from which on no further value is written.
const ENOUGH: usize = 160;
/// Words that a bare text is not to be taken for.
const WORDS: [&str; 3] = ["NULL", "TRUE", "FALSE"];

/// A row that came, with its values in order.
pub(in crate::session) fn inserted<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    format!("+ {}", list(values.map(value)))
}

/// A row that went.
pub(in crate::session) fn deleted<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    format!("− {}", list(values.map(value)))
}

/// A row that changed: each column that did, with its value before and after.
pub(in crate::session) fn updated<'a>(
    changed: impl Iterator<Item = (&'a str, &'a Value, &'a Value)>,
) -> String {
    list(changed.map(|(column, old, new)| {
        format!("{} {} → {}", Identifier::of(column), value(old), value(new))
    }))
}

/// A row that changed, which of them it is first: the values of its key, or its number where it has
/// none.
pub(in crate::session) fn updated_row<'a>(
    row: &Value,
    key: &[Value],
    changed: impl Iterator<Item = (&'a str, &'a Value, &'a Value)>,
) -> String {
    let which = match key {
        [] => format!("row {row}"),
        key => list(key.iter().map(value)),
    };
    format!("{which}: {}", updated(changed))
}

/// A change of a row with its table in front.
pub(in crate::session) fn in_table(table: &str, change: &str) -> String {
    format!("{} {change}", Identifier::of(table))
}

/// What an event did, whatever it was; `key` is that of a row that it updated, if that has one.
pub(in crate::session) fn of_event(event: &Event, key: &[Value]) -> String {
    let Some(RowOperation { table, row, images, .. }) = event.operation.row() else {
        return statement_of(event);
    };
    let change = match images {
        RowImages::Insert { new, .. } => inserted(new.iter()),
        RowImages::Delete(old) => deleted(old.iter()),
        RowImages::Update(changed) => {
            let name = |at: usize| table.columns.get(at).map_or("?", |column| &column.name);
            let changed = changed.iter().map(|(at, old, new)| (name(*at), old, new));
            updated_row(&integer(row.0), key, changed)
        }
    };
    in_table(&table.name, &change)
}

/// What an event did, in the words of the statement that does it: of a row only to which table.
pub(in crate::session) fn statement_of(event: &Event) -> String {
    match &event.operation {
        Operation::Row(RowOperation { table, .. }) => {
            let verb = event.operation.name().to_uppercase();
            format!("{verb} {}", Identifier::of(table.name.clone()))
        }
        Operation::Schema(change) => of_definition(change),
        Operation::Marker(Marker::Tag { name, at }) => {
            let at = (at.next() != event.id).then(|| format!(" AT EVENT {at}"));
            format!("TAG {}{}", quoted(name), at.unwrap_or_default())
        }
        Operation::Marker(Marker::Snapshot { id, name }) => {
            let name = name.as_deref().map(|name| format!(" {}", quoted(name)));
            format!("SNAPSHOT {id}{}", name.unwrap_or_default())
        }
        Operation::Marker(Marker::Counter { table, old, new }) => {
            format!("sqlite_sequence {}: seq {old} → {new}", Identifier::of(table.name.clone()))
        }
        Operation::Marker(Marker::Transaction) => "TRANSACTION".to_owned(),
    }
}

/// What became of the tables.
fn of_definition(change: &SchemaChange) -> String {
    let table = Identifier::of(change.table_name());
    let column = |table: &TableSchema, at: usize| {
        Identifier::of(table.columns.get(at).map_or("?", |column| &column.name))
    };
    let index = |key: &KeySchema| Identifier::of(key.name.as_deref().unwrap_or_default());
    match change {
        SchemaChange::CreateTable(_) => format!("CREATE TABLE {table}"),
        SchemaChange::DropTable(_) => format!("DROP TABLE {table}"),
        SchemaChange::RestoreTable { dropped, .. } => {
            format!("CREATE TABLE {table}, dropped by event {}", dropped.event)
        }
        SchemaChange::CreateIndex { key, .. } => format!("CREATE INDEX {} ON {table}", index(key)),
        SchemaChange::DropIndex { key, .. } => format!("DROP INDEX {}", index(key)),
        SchemaChange::AddColumn { column, .. } => {
            format!("ALTER TABLE {table} ADD COLUMN {}", Identifier::of(column.name.clone()))
        }
        SchemaChange::DropColumn { table: before, column: at } => {
            format!("ALTER TABLE {table} DROP COLUMN {}", column(before, *at))
        }
        SchemaChange::RenameColumn { table: before, column: at, name, .. } => {
            let (old, new) = (column(before, *at), Identifier::of(name));
            format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
        }
        SchemaChange::RenameTable { name, .. } => {
            format!("ALTER TABLE {table} RENAME TO {}", Identifier::of(name))
        }
        SchemaChange::AlterConstraint { table, edit, .. } => alteration(table, edit),
        SchemaChange::CreateDefinition(of) => definition_words("CREATE", of),
        SchemaChange::DropDefinition(of) => definition_words("DROP", of),
        SchemaChange::ReplaceDefinition { new: of, .. } => definition_words("REPLACE", of),
    }
}

/// `CREATE TRIGGER x ON t`, and what else becomes of a definition; of a setting, the statement that sets
/// it so.
pub(in crate::session) fn definition_words(verb: &str, definition: &Definition) -> String {
    if definition.kind == DefinitionKind::Setting {
        return match verb {
            "DROP" => setting_statement(&definition.name, 0),
            _ => definition.sql.clone(),
        };
    }
    let on = definition.table.as_ref().filter(|_| verb != "DROP");
    let on = on.map(|table| format!(" ON {}", Identifier::of(table)));
    let (kind, name) = (definition.kind.keyword(), Identifier::of(&definition.name));
    format!("{verb} {kind} {name}{}", on.unwrap_or_default())
}

/// Parts with commas between them, as many as there is room for.
fn list(parts: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    let mut length = 0;
    let mut parts = parts;
    while let Some(part) = parts.next() {
        if length > 0 {
            text.push_str(", ");
        }
        if length >= ENOUGH {
            text.push_str(&format!("… {} more", parts.count() + 1));
            break;
        }
        length += part.chars().count() + 2;
        text.push_str(&part);
    }
    text
}

/// A value, cut where it is long.
fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let (text, more) = cut(text);
            if is_plain(text) { format!("{text}{more}") } else { quoted(text) + more }
        }
        Value::Json(document) => {
            let (document, more) = cut(document);
            format!("{document}{more}")
        }
        Value::Date(date) => date.to_string(),
        Value::Timestamp(at) => at.to_string(),
        Value::Blob(bytes) => {
            let shown = bytes.iter().take(VALUE / 2).map(|byte| format!("{byte:02x}"));
            let more = if bytes.len() > VALUE / 2 { "…" } else { "" };
            format!("x'{}'{more}", shown.collect::<String>())
        }
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_) => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As much of a text as is shown, and a mark where that is not all.
fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    }
}

/// Whether a text can stand without quotes: nobody would read a number, a word or two values.
fn is_plain(text: &str) -> bool {
    let is_marked = |c: char| is_control(c) || matches!(c, ',' | '\'' | '"' | '→' | '…');
    !text.is_empty()
        && text.trim() == text
        && !text.contains(is_marked)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        && parse_number(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_could_be_taken_for_something_else_stand_in_quotes() {
        for (text, shown) in [
            ("Ada", "Ada"),
            ("née 漢", "née 漢"),
            ("", "''"),
            (" x", "' x'"),
            ("1e3", "'1e3'"),
            ("null", "'null'"),
            ("a, b", "'a, b'"),
            ("O'Hara", "'O''Hara'"),
            ("ad\u{200b}min", "'ad\u{200b}min'"),
            ("\u{202e}gpj", "'\u{202e}gpj'"),
            ("tag\u{e0041}", "'tag\u{e0041}'"),
        ] {
            assert_eq!(value(&Value::text(text)), shown);
        }
    }
}
