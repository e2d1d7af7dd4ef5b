//! A database as a child would write it: a list of events, and a fold over the first n of them.

use asof::storage::{Event, Operation, RowImages, RowOperation, SchemaChange};
use asof::types::{EventId, RowId, TableId, Value};
use std::collections::BTreeMap;

/// One table after some events: the names of its columns, and its rows by identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub id: TableId,
    pub columns: Vec<String>,
    pub rows: BTreeMap<RowId, Vec<Value>>,
}

/// All tables by name.
pub type Tables = BTreeMap<String, Table>;

/// One version of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub row: RowId,
    pub values: Vec<Value>,
    pub from: EventId,
    pub to: Option<EventId>,
    /// How many events there were of the row so far.
    pub rev: u64,
    /// What began it.
    pub op: &'static str,
}

/// Does to the tables what an event says.
pub fn apply(tables: &mut Tables, event: &Event) {
    let name = event.operation.table().map(|table| table.name.to_string()).unwrap_or_default();
    match &event.operation {
        Operation::Row(operation) => {
            apply_to(tables.get_mut(&name).expect("a row has a table"), operation);
        }
        Operation::Schema(change) if change.table().is_some() => alter(tables, name, change),
        Operation::Schema(_) | Operation::Marker(_) => {}
    }
}

fn apply_to(table: &mut Table, operation: &RowOperation) {
    let row = operation.row;
    match &operation.images {
        RowImages::Insert { new, .. } => drop(table.rows.insert(row, new.clone())),
        RowImages::Update(changed) => {
            let values = table.rows.get_mut(&row).expect("what is updated exists");
            changed.iter().for_each(|(at, _, new)| values[*at] = new.clone());
        }
        RowImages::Delete(_) => drop(table.rows.remove(&row)),
    }
}

fn alter(tables: &mut Tables, name: String, change: &SchemaChange) {
    let mut table = tables.remove(&name).unwrap_or_default();
    match change {
        SchemaChange::CreateTable(created) | SchemaChange::RestoreTable { table: created, .. } => {
            let columns = created.columns.iter().map(|column| column.name.to_string()).collect();
            table = Table { id: created.id, columns, rows: BTreeMap::new() };
        }
        SchemaChange::DropTable(_) => return,
        SchemaChange::AddColumn { column, .. } => {
            table.columns.push(column.name.to_string());
            table.rows.values_mut().for_each(|row| row.push(column.initial.clone()));
        }
        SchemaChange::DropColumn { column, .. } => {
            table.columns.remove(*column);
            table.rows.values_mut().for_each(|row| drop(row.remove(*column)));
        }
        SchemaChange::RenameColumn { column, name, .. } => table.columns[*column] = name.clone(),
        SchemaChange::RenameTable { name, .. } => {
            tables.insert(name.clone(), table);
            return;
        }
        SchemaChange::CreateIndex { .. }
        | SchemaChange::DropIndex { .. }
        | SchemaChange::AlterConstraint { .. } => {}
        SchemaChange::CreateDefinition(_)
        | SchemaChange::DropDefinition(_)
        | SchemaChange::ReplaceDefinition { .. } => unreachable!("they are of no table"),
    }
    tables.insert(name, table);
}

/// The tables after every event, those after none first.
pub fn histories(events: &[Event]) -> Vec<Tables> {
    let mut all = vec![Tables::new()];
    for event in events {
        let mut tables = all.last().expect("it begins with one").clone();
        apply(&mut tables, event);
        all.push(tables);
    }
    all
}

/// All versions of a table's rows, in order of rows and then of age, in the columns that it has in
/// the end: one version for each event that changed the row.
pub fn versions(events: &[Event], table: TableId) -> Vec<Version> {
    let mut versions: BTreeMap<RowId, Vec<Version>> = BTreeMap::new();
    let mut revs: BTreeMap<RowId, u64> = BTreeMap::new();
    let mut tables = Tables::new();
    for event in events {
        apply(&mut tables, event);
        let about = event.operation.table().filter(|about| about.id == table);
        match (about, &event.operation) {
            (None, _) => {}
            (Some(_), Operation::Schema(SchemaChange::AddColumn { column, .. })) => versions
                .values_mut()
                .flatten()
                .for_each(|version| version.values.push(column.initial.clone())),
            (Some(_), Operation::Schema(SchemaChange::DropColumn { column, .. })) => versions
                .values_mut()
                .flatten()
                .for_each(|version| drop(version.values.remove(*column))),
            (Some(_), Operation::Schema(SchemaChange::DropTable(_))) => {
                let open = versions.values_mut().flatten().filter(|version| version.to.is_none());
                open.for_each(|version| version.to = Some(event.id));
            }
            (Some(about), operation) => {
                let Some(row) = operation.row().map(|operation| operation.row) else { continue };
                let of_row = versions.entry(row).or_default();
                let rev = revs.entry(row).or_default();
                *rev += 1;
                if let Some(last) = of_row.last_mut().filter(|last| last.to.is_none()) {
                    last.to = Some(event.id);
                }
                if let Some(values) = tables[about.name.as_str()].rows.get(&row) {
                    let values = values.clone();
                    let (from, rev, op) = (event.id, *rev, operation.name());
                    of_row.push(Version { row, values, from, to: None, rev, op });
                }
            }
        }
    }
    versions.into_values().flatten().collect()
}
