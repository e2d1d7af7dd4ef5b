//! What schema changes and markers say of themselves: the payloads of lines that are not about rows.
//!
//! A definition stands in a line exactly as it would be written again. One that reads otherwise has
//! something that is not understood here, or contradicts what is known, and is refused.

use crate::storage::error::Error;
use crate::storage::event::{Marker, Operation};
use crate::storage::{Dropped, ExpressionTexts, SchemaChange};
use crate::types::{
    AddedConstraints, Column, ColumnId, ConstraintEdit, Definition, DefinitionKind, EventId, KeyId,
    KeySchema, RowId, Schema, TableId, TableSchema,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// What a thing is called, before or after it is renamed.
#[derive(Serialize, Deserialize)]
struct DefinitionName {
    name: String,
}

/// What a column is called from now on, and how the table's expressions read that name it.
#[derive(Serialize, Deserialize)]
struct RenamedColumn {
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expressions: Vec<String>,
}

/// What becomes of a constraint, and of the definition that says it.
#[derive(Serialize, Deserialize)]
struct AlteredConstraint {
    edit: ConstraintEdit,
    sql: String,
}

/// A tag.
#[derive(Serialize, Deserialize)]
struct TagPayload {
    name: String,
    at: EventId,
}

/// A snapshot's marker.
#[derive(Serialize, Deserialize)]
struct SnapshotPayload {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// An AUTOINCREMENT counter, as `sqlite_sequence` calls it.
#[derive(Serialize, Deserialize)]
struct CounterPayload {
    seq: i64,
}

/// The dropped table that a new one continues: its identity and those inside, when it was dropped, and
/// its counters.
#[derive(Serialize, Deserialize)]
struct Continued {
    table: EventId,
    dropped: EventId,
    next_row: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    seq: i64,
    columns: Vec<(EventId, usize)>,
    keys: Vec<(EventId, usize)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Continued {
    fn of(table: &TableSchema, dropped: &Dropped) -> Continued {
        Continued {
            table: table.id.0,
            dropped: dropped.event,
            next_row: dropped.next_row.0,
            seq: dropped.autoincrement,
            columns: table.columns.iter().map(|c| (c.id.event, c.id.ordinal)).collect(),
            keys: table.keys.iter().map(|key| (key.id.event, key.id.ordinal)).collect(),
        }
    }

    /// The change that brings back the table that is defined so.
    fn restore(self, mut table: TableSchema) -> Result<SchemaChange, String> {
        if (self.columns.len(), self.keys.len()) != (table.columns.len(), table.keys.len()) {
            return Err(format!("`{}` continues a table of another shape", table.name));
        }
        table.id = TableId(self.table);
        for (column, (event, ordinal)) in table.columns.iter_mut().zip(self.columns) {
            column.id = ColumnId { event, ordinal };
        }
        for (key, (event, ordinal)) in table.keys.iter_mut().zip(self.keys) {
            key.id = KeyId { event, ordinal };
        }
        let dropped = Dropped {
            event: self.dropped,
            next_row: RowId(self.next_row),
            autoincrement: self.seq,
        };
        Ok(SchemaChange::RestoreTable { table: Arc::new(table), dropped })
    }
}

// ---- writing ----------------------------------------------------------------------------------

/// The texts of `old` and `new` of a schema change.
pub(super) fn of_change(change: &SchemaChange) -> Result<[Option<String>; 2], Error> {
    let named = |name: &str| text(&DefinitionName { name: name.to_owned() });
    Ok(match change {
        SchemaChange::CreateTable(table) => [None, Some(text(&**table)?)],
        SchemaChange::DropTable(table) => [Some(text(&**table)?), None],
        SchemaChange::RestoreTable { table, dropped } => {
            [Some(text(&Continued::of(table, dropped))?), Some(text(&**table)?)]
        }
        SchemaChange::CreateIndex { key, .. } => [None, Some(text(key)?)],
        SchemaChange::DropIndex { key, .. } => [Some(text(key)?), None],
        SchemaChange::AddColumn { column, constraints, .. } => {
            [None, Some(added_column(column, constraints)?)]
        }
        SchemaChange::DropColumn { table, column } => [Some(text(known(table, *column)?)?), None],
        SchemaChange::RenameColumn { table, column, name, expressions } => {
            let new = RenamedColumn { name: name.clone(), expressions: expressions.0.clone() };
            [Some(named(&known(table, *column)?.name)?), Some(text(&new)?)]
        }
        SchemaChange::RenameTable { table, name } => {
            [Some(named(&table.name)?), Some(named(name)?)]
        }
        SchemaChange::AlterConstraint { edit, sql, .. } => {
            let altered = AlteredConstraint { edit: (**edit).clone(), sql: sql.clone() };
            [None, Some(text(&altered)?)]
        }
        SchemaChange::CreateDefinition(definition) => [None, Some(text(&**definition)?)],
        SchemaChange::DropDefinition(definition) => [Some(text(&**definition)?), None],
        SchemaChange::ReplaceDefinition { old, new } => [Some(text(&**old)?), Some(text(&**new)?)],
    })
}

/// The texts of `old` and `new` of a marker.
pub(super) fn of_marker(marker: &Marker) -> Result<[Option<String>; 2], Error> {
    Ok(match marker {
        Marker::Tag { name, at } => {
            [None, Some(text(&TagPayload { name: name.clone(), at: *at })?)]
        }
        Marker::Snapshot { id, name } => {
            [None, Some(text(&SnapshotPayload { id: *id, name: name.clone() })?)]
        }
        Marker::Counter { old, new, .. } => {
            [Some(text(&CounterPayload { seq: *old })?), Some(text(&CounterPayload { seq: *new })?)]
        }
        Marker::Transaction => [None, None],
    })
}

fn text(definition: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(definition).map_err(|error| Error::invalid(error.to_string()))
}

/// A column that is added, and behind it in the same object what else it demands.
fn added_column(column: &Column, constraints: &AddedConstraints) -> Result<String, Error> {
    let mut written = text(column)?;
    if !constraints.is_empty() {
        written.pop();
        written.push(',');
        written.push_str(text(constraints)?.trim_start_matches('{'));
    }
    Ok(written)
}

fn known(table: &TableSchema, column: usize) -> Result<&Column, Error> {
    let missing = || Error::invalid(format!("`{}` has no column {column}", table.name));
    table.columns.get(column).ok_or_else(missing)
}

// ---- reading ----------------------------------------------------------------------------------

/// A line that is not about a row, as far as its operation needs it.
pub(super) struct DefinitionLine<'a> {
    pub event: EventId,
    pub op: &'a str,
    /// The table's name; `None` on a marker.
    pub table: Option<&'a str>,
    pub old: Option<&'a RawValue>,
    pub new: Option<&'a RawValue>,
}

impl DefinitionLine<'_> {
    /// The operation; `schema` is the one before it, and `find` gives its table of a name.
    pub fn operation(
        &self,
        schema: &Schema,
        find: impl FnOnce(&str) -> Result<Arc<TableSchema>, String>,
    ) -> Result<Operation, String> {
        let Some(name) = self.table else { return self.marker() };
        if let Some(change) = self.definition(schema, name)? {
            return Ok(Operation::Schema(change.made_by(self.event)));
        }
        let table = || find(name);
        let change = match (self.op, self.old, self.new) {
            ("counter", Some(old), Some(new)) => {
                let (old, new) =
                    (decode::<CounterPayload>(old)?.seq, decode::<CounterPayload>(new)?.seq);
                return Ok(Operation::Marker(Marker::Counter { table: table()?, old, new }));
            }
            ("create_table", old, Some(new)) => {
                let table: TableSchema = decode(new)?;
                if table.name != name {
                    return Err(format!("`{name}` is defined as `{}`", table.name));
                }
                match old {
                    Some(old) => decode::<Continued>(old)?.restore(table)?,
                    None => SchemaChange::CreateTable(Arc::new(table)),
                }
            }
            ("drop_table", Some(old), None) => {
                let table = table()?;
                check(old, &*table)?;
                SchemaChange::DropTable(table)
            }
            ("create_index", None, Some(new)) => {
                let key: KeySchema = decode(new)?;
                SchemaChange::CreateIndex { table: table()?, key: Box::new(key) }
            }
            ("drop_index", Some(old), None) => {
                let table = table()?;
                let named: KeySchema = decode(old)?;
                let mut keys = table.keys.iter();
                let key = keys.find(|key| key.name == named.name && is_alike(key, &named));
                let key = key.cloned().ok_or("there is no such index then")?;
                SchemaChange::DropIndex { table, key: Box::new(key) }
            }
            ("add_column", None, Some(new)) => {
                let (column, constraints) = decode_added(new)?;
                SchemaChange::AddColumn { table: table()?, column, constraints }
            }
            ("drop_column", Some(old), None) => {
                let table = table()?;
                let column = index_of(&table, &decode::<Column>(old)?.name)?;
                check(old, &table.columns[column])?;
                SchemaChange::DropColumn { table, column }
            }
            ("rename_column", Some(old), Some(new)) => renamed_column(table()?, old, new)?,
            ("rename_table", Some(old), Some(new)) => {
                if decode::<DefinitionName>(old)?.name != name {
                    return Err(format!("`{name}` is renamed by another name"));
                }
                SchemaChange::RenameTable {
                    table: table()?,
                    name: decode::<DefinitionName>(new)?.name,
                }
            }
            ("alter_table", None, Some(new)) => {
                let AlteredConstraint { edit, sql } = decode(new)?;
                SchemaChange::AlterConstraint { table: table()?, edit: Box::new(edit), sql }
            }
            (op, ..) => return Err(format!("`{op}` is not known, or not with these fields")),
        };
        Ok(Operation::Schema(change.made_by(self.event)))
    }

    /// What became of a view, a trigger or a setting, where the line is about one.
    fn definition(&self, schema: &Schema, table: &str) -> Result<Option<SchemaChange>, String> {
        let read = |payload: &RawValue| {
            let mut definition: Definition = decode(payload)?;
            let known = schema.definition(definition.kind, &definition.name);
            let known = known.filter(|known| known.name == definition.name);
            definition.id = known.map(|known| known.id).unwrap_or_default();
            Ok::<_, String>(Arc::new(definition))
        };
        // Only they have no table, or one under a name that says nothing of them.
        let is_of_definition = |word: &str| {
            let mut kinds = DefinitionKind::ALL.iter();
            let behind = self.op.strip_prefix(word);
            behind.is_some_and(|behind| kinds.any(|kind| kind.to_string() == behind))
        };
        let change = match (self.old, self.new) {
            (None, Some(new)) if is_of_definition("create_") => {
                SchemaChange::CreateDefinition(read(new)?)
            }
            (Some(old), None) if is_of_definition("drop_") => {
                SchemaChange::DropDefinition(read(old)?)
            }
            (Some(old), Some(new)) if is_of_definition("replace_") => {
                SchemaChange::ReplaceDefinition { old: read(old)?, new: read(new)? }
            }
            (None | Some(_), None | Some(_)) => return Ok(None),
        };
        match change.name() == self.op && change.table_name() == table {
            true => Ok(Some(change)),
            false => Err(format!("`{}` of `{table}` has another definition", self.op)),
        }
    }

    fn marker(&self) -> Result<Operation, String> {
        let marker = match (self.op, self.old, self.new) {
            ("tag", None, Some(new)) => {
                let TagPayload { name, at } = decode(new)?;
                Marker::Tag { name, at }
            }
            ("snapshot", None, Some(new)) => {
                let SnapshotPayload { id, name } = decode(new)?;
                Marker::Snapshot { id, name }
            }
            ("tx", None, None) => Marker::Transaction,
            (op, ..) => return Err(format!("`{op}` is not known, or not without a table")),
        };
        Ok(Operation::Marker(marker))
    }
}

fn index_of(table: &TableSchema, name: &str) -> Result<usize, String> {
    let found = table.columns.iter().position(|column| column.name == name);
    found.ok_or_else(|| format!("{table} has no column `{name}` then"))
}

/// Reads a definition, and makes sure that nothing of it was passed over.
fn decode<T: DeserializeOwned + Serialize>(payload: &RawValue) -> Result<T, String> {
    let definition: T = serde_json::from_str(payload.get()).map_err(|error| error.to_string())?;
    check(payload, &definition)?;
    Ok(definition)
}

/// Reads another name for a column of a table.
fn renamed_column(
    table: Arc<TableSchema>,
    old: &RawValue,
    new: &RawValue,
) -> Result<SchemaChange, String> {
    let column = index_of(&table, &decode::<DefinitionName>(old)?.name)?;
    let RenamedColumn { name, expressions } = decode(new)?;
    let expressions = Box::new(ExpressionTexts(expressions));
    Ok(SchemaChange::RenameColumn { table, column, name, expressions })
}

/// Reads a column that is added, with what else it demands.
fn decode_added(payload: &RawValue) -> Result<(Box<Column>, Box<AddedConstraints>), String> {
    let wrong = |error: serde_json::Error| error.to_string();
    let column: Box<Column> = serde_json::from_str(payload.get()).map_err(wrong)?;
    let constraints: Box<AddedConstraints> = serde_json::from_str(payload.get()).map_err(wrong)?;
    let written = added_column(&column, &constraints).map_err(|error| error.to_string())?;
    match written == payload.get() {
        true => Ok((column, constraints)),
        false => Err("the definition is another one".into()),
    }
}

/// Whether a payload is exactly what would be written for a definition.
fn check(payload: &RawValue, definition: &impl Serialize) -> Result<(), String> {
    let written = serde_json::to_string(definition).map_err(|error| error.to_string())?;
    if written == payload.get() { Ok(()) } else { Err("the definition is another one".into()) }
}

/// Whether two keys differ in nothing but their identity.
fn is_alike(a: &KeySchema, b: &KeySchema) -> bool {
    KeySchema { id: KeyId::default(), ..a.clone() }
        == KeySchema { id: KeyId::default(), ..b.clone() }
}
