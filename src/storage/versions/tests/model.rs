//! The naive database, and the comparison of views with it.

use crate::storage::{
    Change, Event, Marker, Operation, RowImages, RowOperation, SchemaChange, State, TableView, View,
};
use crate::types::{
    Column, DataType, EventId, KeyKind, KeySchema, Name, Period, Row, RowId, TableId, TableOptions,
    TableSchema, Timestamp, TxId, Value, fold,
};
use crate::types::{column::value_at, key::encode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A table as a map.
#[derive(Clone, Debug)]
pub struct ModelTable {
    pub schema: Arc<TableSchema>,
    pub rows: BTreeMap<RowId, (u32, Row)>,
    /// The event that began each row's version, and what it did.
    pub since: BTreeMap<RowId, (u64, &'static str)>,
    /// The rows that were deleted, with the number that their deletion counted as, and its event.
    pub dead: BTreeMap<RowId, (u32, u64)>,
    /// The largest number that an AUTOINCREMENT key ever had.
    pub highest: i64,
}

/// All tables by folded name.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub tables: BTreeMap<String, ModelTable>,
    /// Those that were dropped and did not come back, each with the event that dropped it.
    pub dropped: Vec<(u64, ModelTable)>,
    /// How many events there were.
    pub events: u64,
}

impl Model {
    /// Does what an operation says, and checks what it says about the rows as they were.
    pub fn apply(&mut self, operation: &Operation) {
        self.events += 1;
        let name = operation.table().map(|table| fold(&table.name)).unwrap_or_default();
        match operation {
            Operation::Row(operation) => {
                self.tables.get_mut(&name).expect("exists").apply(self.events, operation);
            }
            Operation::Schema(change) => self.alter(name, change),
            Operation::Marker(Marker::Counter { old, new, .. }) => {
                let table = self.tables.get_mut(&name).expect("exists");
                assert_eq!(table.highest, *old);
                table.highest = *new;
            }
            Operation::Marker(
                Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction,
            ) => {}
        }
    }
}

impl ModelTable {
    fn apply(&mut self, event: u64, operation: &RowOperation) {
        let RowOperation { row, rev, images, .. } = operation;
        match images {
            RowImages::Insert { new, prev } => {
                let (before, last) = self.dead.remove(row).unwrap_or_default();
                assert_eq!((*rev, prev.0), (before + 1, last), "{row} goes on");
                assert!(self.rows.insert(*row, (*rev, new.clone())).is_none(), "{row} is new");
                self.since.insert(*row, (event, "insert"));
                self.note_number(new);
            }
            RowImages::Update(changed) => {
                let (old_rev, values) = self.rows.get_mut(row).expect("exists");
                self.since.insert(*row, (event, "update"));
                assert_eq!(*rev, *old_rev + 1);
                *old_rev = *rev;
                assert!(!changed.is_empty());
                for (at, old, new) in changed {
                    assert_eq!(format!("{old:?}"), format!("{:?}", values[*at]));
                    assert_ne!(format!("{old:?}"), format!("{new:?}"));
                    values[*at] = new.clone();
                }
                let number = changed.iter().find(|(at, ..)| *at == 0);
                let number = number.map(|(_, _, new)| vec![new.clone()]);
                number.iter().for_each(|row| self.note_number(row));
            }
            RowImages::Delete(old) => {
                let (old_rev, values) = self.rows.remove(row).expect("exists");
                assert_eq!((*rev, format!("{old:?}")), (old_rev + 1, format!("{values:?}")));
                self.dead.insert(*row, (*rev, event));
            }
        }
    }

    /// The number that the next row gets.
    pub fn next_row(&self) -> RowId {
        let largest = self.rows.keys().chain(self.dead.keys()).max();
        largest.map_or(RowId(1), |row| RowId(row.0 + 1))
    }

    fn note_number(&mut self, row: &Row) {
        if let (true, Value::Integer(number)) = (self.schema.autoincrement, &row[0]) {
            self.highest = self.highest.max(*number);
        }
    }
}

impl Model {
    fn alter(&mut self, name: String, change: &SchemaChange) {
        if let SchemaChange::CreateTable(schema) = change {
            let (rows, since, dead) = Default::default();
            let schema = Arc::clone(schema);
            let table = ModelTable { schema, rows, since, dead, highest: 0 };
            self.tables.insert(name, table);
            return;
        }
        if let SchemaChange::RestoreTable { table: schema, dropped } = change {
            let is_it = |(event, _): &(u64, ModelTable)| *event == dropped.event.0;
            let at = self.dropped.iter().position(is_it).expect("it was dropped");
            let (_, mut table) = self.dropped.remove(at);
            assert_eq!(
                (table.next_row(), table.highest),
                (dropped.next_row, dropped.autoincrement)
            );
            assert_eq!(table.schema, *schema);
            // It comes without rows, which can come back as those can that were deleted.
            for (row, (rev, _)) in std::mem::take(&mut table.rows) {
                table.dead.insert(row, (rev, table.since[&row].0));
            }
            assert!(self.tables.insert(name, table).is_none());
            return;
        }
        let mut table = self.tables.remove(&name).expect("exists");
        let schema = Arc::make_mut(&mut table.schema);
        match change {
            SchemaChange::CreateTable(_) | SchemaChange::RestoreTable { .. } => {
                unreachable!("it was there above")
            }
            SchemaChange::DropTable(_) => {
                self.dropped.push((self.events, table));
                return;
            }
            SchemaChange::CreateIndex { key, .. } => schema.keys.push(KeySchema::clone(key)),
            SchemaChange::DropIndex { key, .. } => schema.keys.retain(|other| other.id != key.id),
            SchemaChange::AddColumn { column, .. } => {
                schema.columns.push(Column::clone(column));
                let rows = table.rows.values_mut();
                rows.for_each(|(_, values)| values.push(column.initial.clone()));
            }
            SchemaChange::DropColumn { column, .. } => {
                // Keys by the names of their columns, which stay.
                let names = |key: &KeySchema| -> Vec<Name> {
                    key.columns.iter().map(|at| schema.columns[*at].name.clone()).collect()
                };
                let keys: Vec<_> = schema.keys.iter().map(names).collect();
                schema.columns.remove(*column);
                let place = |name: &Name| schema.column(name).expect("stays");
                let places: Vec<Vec<usize>> =
                    keys.iter().map(|names| names.iter().map(place).collect()).collect();
                for (key, columns) in schema.keys.iter_mut().zip(places) {
                    key.columns = columns;
                }
                table.rows.values_mut().for_each(|(_, values)| drop(values.remove(*column)));
            }
            SchemaChange::RenameColumn { column, name, .. } => {
                schema.columns[*column].name = name.as_str().into();
            }
            SchemaChange::RenameTable { name, .. } => schema.name = name.as_str().into(),
            SchemaChange::AlterConstraint { edit, sql, .. } => edit.apply(schema, sql),
            SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => unreachable!("no table is changed"),
        }
        let name = fold(&table.schema.name);
        assert!(self.tables.insert(name, table).is_none());
    }
}

/// A column.
pub fn column(name: &str, data_type: DataType, initial: Value) -> Column {
    Column { initial, ..Column::new(name, data_type) }
}

/// A table (id INTEGER PRIMARY KEY, name TEXT, amount ANY, UNIQUE (name, amount)).
pub fn table_schema(name: &str, autoincrement: bool) -> TableSchema {
    let column = |name, data_type| column(name, data_type, Value::Null);
    TableSchema {
        id: TableId::default(),
        name: name.into(),
        columns: vec![
            column("id", DataType::Integer),
            column("name", DataType::Text),
            column("amount", DataType::Any),
        ],
        keys: vec![key(KeyKind::Primary, &[0]), key(KeyKind::Unique, &[1, 2])],
        autoincrement,
        options: TableOptions::default(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: String::new(),
    }
}

pub fn key(kind: KeyKind, columns: &[usize]) -> KeySchema {
    KeySchema {
        name: (kind == KeyKind::Index).then(|| format!("by{columns:?}")),
        ..KeySchema::new(kind, kind != KeyKind::Index, columns.to_vec())
    }
}

/// An event as the log would have it.
pub fn event(id: u64, operation: Operation) -> Event {
    Event { id: EventId(id), tx: TxId(id), at: Timestamp(0), cause: None, operation, last: None }
}

/// Commits changes one transaction each and gives their operations.
pub fn commit(state: &mut State, changes: Vec<Change>) -> Vec<Operation> {
    let base = state.view(Period::at(state.head()));
    let mut fork = crate::storage::Fork::new(base, state.head().next());
    fork.record(changes).expect("rows exist");
    let (operations, _) = fork.into_operations().expect("all was applied");
    for operation in &operations {
        state.apply(&event(state.head().0 + 1, operation.clone())).expect("it can be read back");
    }
    operations
}

/// All rows of the named columns, as text.
pub fn scanned(table: &TableView, columns: &[usize]) -> Vec<(RowId, String)> {
    let mut rows = Vec::new();
    for batch in table.scan(columns) {
        let batch = batch.expect("small");
        assert!(!batch.rows.is_empty() && batch.rows.len() <= super::super::chunk::CHUNK_ROWS);
        assert_eq!(batch.columns.len(), columns.len());
        rows.extend(texts(table, &batch, columns));
    }
    rows
}

fn texts(
    table: &TableView,
    batch: &crate::storage::RowBatch,
    columns: &[usize],
) -> Vec<(RowId, String)> {
    let value = |at: usize, index: usize| {
        let data_type = table.schema().type_of(columns[at]);
        value_at(&batch.columns[at], data_type, index)
    };
    assert!(batch.columns.iter().all(|array| array.len() == batch.rows.len()));
    let row = |index: usize| {
        let values: Row = (0..columns.len()).map(|at| value(at, index)).collect();
        (batch.rows[index], format!("{values:?}"))
    };
    (0..batch.rows.len()).map(row).collect()
}

/// Asserts that a view shows exactly what the model holds, whichever way it is asked.
pub fn assert_shows(view: &View, model: &Model) {
    let names = view.schema().tables().map(|table| fold(&table.name));
    assert!(names.eq(model.tables.keys().cloned()), "the tables of {view}");
    for (name, expected) in &model.tables {
        let schema = view.schema().table(name).expect("compared above");
        assert_eq!(schema, &expected.schema, "the schema of {name} in {view}");
        let table = view.table(schema);
        let all: Vec<usize> = (0..schema.columns.len()).collect();
        let backwards = all.iter().copied().rev().step_by(2).collect();
        for columns in [&all, &backwards, &vec![]] {
            let of = |(row, (_, values)): (&RowId, &(u32, Row))| {
                let values: Row = columns.iter().map(|at| values[*at].clone()).collect();
                (*row, format!("{values:?}"))
            };
            let rows: Vec<_> = expected.rows.iter().map(of).collect();
            assert_eq!(scanned(&table, columns), rows, "{columns:?} of {name} in {view}");
        }
        assert_eq!(table.autoincrement(), expected.highest, "numbers of {name} in {view}");
        let hidden = ["_row", "_rev", "_event", "_op"].map(|name| schema.pseudo_column(name));
        let hidden: Vec<usize> = hidden.into_iter().flatten().chain([0]).collect();
        let of = |(row, (rev, values)): (&RowId, &(u32, Row))| {
            let integer = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
            let (since, op) = expected.since[row];
            let (since, op) = (integer(since), Value::text(op));
            let all = [integer(row.0), integer(u64::from(*rev)), since, op, values[0].clone()];
            (*row, format!("{all:?}"))
        };
        let rows: Vec<_> = expected.rows.iter().map(of).collect();
        assert_eq!(scanned(&table, &hidden), rows, "hidden columns of {name} in {view}");
        schema.keys.iter().for_each(|key| assert_finds(&table, key, expected));
    }
}

/// Asserts that every key has the rows in its order.
pub fn assert_ordered(table: &TableView, model: &ModelTable) {
    for key in &table.schema().keys {
        let of = |row: &Row| encode(key.columns.iter().map(|at| &row[*at]));
        let mut rows: Vec<_> = model.rows.iter().map(|(row, (_, v))| (of(v), *row)).collect();
        rows.sort();
        let rows: Vec<RowId> = rows.into_iter().map(|(_, row)| row).collect();
        assert_eq!(table.index_order(key.id), Some(rows));
    }
}

/// Asserts that `find` is `scan` and a filter, for every prefix of a key and every value there is.
fn assert_finds(table: &TableView, key: &KeySchema, model: &ModelTable) {
    for count in 1..=key.columns.len() {
        let columns = &key.columns[..count];
        let of = |row: &Row| -> Row { columns.iter().map(|at| row[*at].clone()).collect() };
        let mut asked: Vec<Row> = model.rows.values().map(|(_, row)| of(row)).collect();
        asked.push(columns.iter().map(|_| Value::Integer(-1)).collect());
        asked.push(columns.iter().map(|_| Value::Null).collect());
        asked.sort_by_key(|row| format!("{row:?}"));
        asked.dedup_by_key(|row| format!("{row:?}"));
        for values in asked {
            let equal = |row: &Row| {
                of(row).iter().zip(&values).all(|(a, b)| !a.is_null() && !b.is_null() && a == b)
            };
            let expected = model.rows.iter().filter(|(_, (_, row))| equal(row));
            let expected: Vec<_> =
                expected.map(|(row, (_, values))| (*row, format!("{values:?}"))).collect();
            let found = table.find(key.id, &values).expect("the key exists");
            let all: Vec<usize> = (0..table.schema().columns.len()).collect();
            let batch = table.fetch(&found, &all).expect("small");
            assert_eq!(texts(table, &batch, &all), expected, "{values:?} by {key:?}");
        }
    }
    if let [column] = key.columns[..] {
        let values = model.rows.values().map(|(_, row)| &row[column]).filter(|v| !v.is_null());
        let largest = values.max_by(|a, b| a.compare(b)).cloned();
        if table.schema().columns[column].data_type == DataType::Integer {
            assert_eq!(table.largest(key.id).map(Value::Integer), largest);
        }
    }
}
