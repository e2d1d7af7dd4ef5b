//! Random histories: every view of every event, and every fork, against replay.

use super::model::{
    Model, ModelTable, assert_ordered, assert_shows, column, event, key, table_schema,
};
use crate::storage::versions::blocks::BlockCache;
use crate::storage::versions::chunk::with_chunk_rows;
use crate::storage::{
    BaseRow, BaseTable, Change, Fork, Operation, RowChange, Savepoint, State, View,
};
use crate::storage::{Dropped, RowImages, RowOperation, SchemaChange};
use crate::storage::{Error, EventLookup, MemVfs, TransactionInfo, Vfs};
use crate::types::column::value_at;
use crate::types::memory::MemoryBudget;
use crate::types::{
    Column, DataType, EventId, KeyKind, Period, Row, RowId, TableId, TableSchema, Timestamp, TxId,
    Value,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What every event did, as a log knows it.
#[derive(Debug, Default)]
struct KnownOperations(Mutex<Vec<Operation>>);

impl EventLookup for KnownOperations {
    fn transaction_info(&self, _: EventId) -> Result<Option<Arc<TransactionInfo>>, Error> {
        Ok(None)
    }

    fn stamp(&self, _: EventId) -> Result<Option<(TxId, Timestamp)>, Error> {
        Ok(None)
    }

    fn operation(&self, event: EventId) -> Result<Option<&'static str>, Error> {
        let told = self.0.lock().expect("nobody panics holding it");
        Ok(usize::try_from(event.0 - 1).ok().and_then(|at| Some(told.get(at)?.name())))
    }

    fn was_restored(&self, _: TableId) -> bool {
        true
    }

    fn newest_version(&self, table: TableId, row: RowId) -> Result<Option<(u32, EventId)>, Error> {
        let told = self.0.lock().expect("nobody panics holding it");
        let is_of_it = |of: &&RowOperation| of.table.id == table && of.row == row;
        let of_row = (1..).zip(told.iter()).filter_map(|(event, operation)| {
            operation.row().filter(is_of_it).map(|of| (of.rev, EventId(event)))
        });
        Ok(of_row.last())
    }
}

/// A database that is written to, the same as a list of operations, and views kept on the way.
#[derive(Default)]
struct RecordedHistory {
    state: State,
    log: Vec<Operation>,
    told: Arc<KnownOperations>,
    model: Model,
    kept: Vec<(View, Model)>,
    fork: Option<(Fork, Model)>,
    marks: Vec<(Savepoint, Model)>,
    /// The states that answer for earlier events.
    epochs: Vec<State>,
}

fn some_value(seed: u8) -> Value {
    match seed % 8 {
        0 => Value::Null,
        1 => Value::Real(f64::from(seed % 3)),
        2 => Value::text("long enough not to stand in place of itself"),
        3 => Value::text("x"),
        4 => Value::Boolean(true),
        _ => Value::Integer(i64::from(seed % 3)),
    }
}

/// A row for the columns that the table has by now.
fn some_row(table: &TableSchema, a: u8, b: u8) -> Row {
    let value = |(at, column): (u8, &Column)| {
        if column.data_type == DataType::Integer {
            Value::Integer(i64::from(a.wrapping_add(at)))
        } else if column.data_type != DataType::Text {
            some_value(a ^ b ^ at)
        } else if (b ^ at).is_multiple_of(5) {
            Value::Null
        } else {
            Value::text(format!("name {}", b % 4))
        }
    };
    (0..).zip(&table.columns).map(value).collect()
}

const NAMES: [&str; 3] = ["one", "Two", "three"];

/// The change that a step asks for, if the database has what it needs.
fn change_of(model: &Model, kind: u8, a: u8, b: u8) -> Option<Change> {
    let name = NAMES[usize::from(a % 3)];
    let table = model.tables.get(&name.to_ascii_lowercase());
    let was_here = |(_, table): &&(u64, ModelTable)| table.schema.name == name;
    let dropped = model.dropped.iter().rev().find(was_here);
    if let (None, Some((event, was)), true) = (table, dropped, b.is_multiple_of(2)) {
        let dropped = Dropped {
            event: EventId(*event),
            next_row: was.next_row(),
            autoincrement: was.highest,
        };
        let table = Arc::clone(&was.schema);
        return Some(Change::Schema(SchemaChange::RestoreTable { table, dropped }));
    }
    let Some(table) = table else {
        return Some(Change::Schema(SchemaChange::CreateTable(Arc::new(table_schema(
            name,
            a.is_multiple_of(4),
        )))));
    };
    let schema = Arc::clone(&table.schema);
    let nth = usize::from(b) % table.rows.len().max(1);
    let existing = table.rows.iter().nth(nth).map(|(row, (_, values))| (*row, values.clone()));
    Some(match kind {
        0..10 if !table.dead.is_empty() => {
            let dead = table.dead.iter().nth(usize::from(b) % table.dead.len());
            let (row, (rev, event)) = dead.map(|(row, last)| (*row, *last))?;
            let new = some_row(&schema, a, b);
            Change::Restore { table: schema, row, rev: rev + 1, prev: EventId(event), new }
        }
        10..14 => {
            // One that no row has: below those that there are, beyond them, or of one that went.
            let row = RowId(1 + u64::from(b) % (table.next_row().0 + 3));
            let new = some_row(&schema, a, b);
            let is_free = !table.rows.contains_key(&row);
            is_free.then_some(Change::Insert { row: Some(row), new, table: schema })?
        }
        0..30 => Change::Insert { row: None, new: some_row(&schema, a, b), table: schema },
        30..65 => {
            let (row, old) = existing?;
            let mut new = old.clone();
            let source = some_row(&schema, b, a);
            let chosen = (0..old.len()).filter(|at| (a >> (at % 8)) & 1 == 0);
            chosen.for_each(|at| new[at] = source[at].clone());
            Change::Update { table: schema, row, old, new }
        }
        65..78 => {
            let (row, old) = existing?;
            Change::Delete { table: schema, row, old }
        }
        78..83 => alteration(model, schema, a, b)?,
        83..85 if schema.autoincrement => {
            Change::Counter { table: schema, last: i64::from(a) * i64::from(b % 3) }
        }
        83..86 => Change::Schema(SchemaChange::DropTable(schema)),
        _ => index_change(schema, b),
    })
}

fn alteration(model: &Model, table: Arc<TableSchema>, a: u8, b: u8) -> Option<Change> {
    let free = |name: &String| table.column(name).is_none();
    let name = ["c", "d", "E"].map(String::from).into_iter().find(free);
    Some(match b % 8 {
        0..3 => {
            let (data_type, initial) = match a % 4 {
                0 => (DataType::Integer, Value::Integer(i64::from(b))),
                1 => (DataType::Text, Value::text("as it was")),
                2 => (DataType::Any, some_value(b)),
                _ => (DataType::Text, Value::Null),
            };
            Change::Schema(SchemaChange::AddColumn {
                column: Box::new(column(&name?, data_type, initial)),
                constraints: Box::default(),
                table,
            })
        }
        3..5 => {
            let column = (0..table.columns.len()).find(|at| !table.is_key_column(*at))?;
            Change::Schema(SchemaChange::DropColumn { table, column })
        }
        5..7 => {
            let column = usize::from(a) % table.columns.len();
            Change::Schema(SchemaChange::RenameColumn {
                table,
                column,
                name: name?,
                expressions: Box::default(),
            })
        }
        _ => {
            let name = NAMES[usize::from(b / 8) % 3];
            if model.tables.contains_key(&name.to_ascii_lowercase()) {
                return None;
            }
            Change::Schema(SchemaChange::RenameTable { table, name: name.into() })
        }
    })
}

fn index_change(table: Arc<TableSchema>, b: u8) -> Change {
    let last = table.columns.len() - 1;
    let choices: [&[usize]; 4] = [&[2], &[1], &[2, 0], &[last]];
    let columns = choices[usize::from(b % 4)];
    let existing = table.keys.iter().find(|k| k.kind == KeyKind::Index && k.columns == columns);
    match existing.cloned() {
        Some(key) => Change::Schema(SchemaChange::DropIndex { table, key: Box::new(key) }),
        None => Change::Schema(SchemaChange::CreateIndex {
            key: Box::new(key(KeyKind::Index, columns)),
            table,
        }),
    }
}

impl RecordedHistory {
    fn step(&mut self, kind: u8, a: u8, b: u8) {
        match kind {
            0..90 => self.change(kind, a, b),
            90..93 => self.finish(true),
            93 if a.is_multiple_of(4) => self.finish(false),
            93..95 => self.start_epoch(b),
            95..96 => {
                let view = self.state.view(Period::at(self.state.head()));
                self.kept.push((view, self.model.clone()));
            }
            96..98 => {
                if let Some((fork, model)) = &self.fork {
                    self.kept.push((fork.view(), model.clone()));
                    self.marks.push((fork.savepoint(), model.clone()));
                }
            }
            _ => {
                if let (Some((fork, model)), Some((mark, then))) =
                    (&mut self.fork, self.marks.pop())
                {
                    fork.rollback_to(&mark);
                    *model = then.clone();
                    assert_shows(&fork.view(), model);
                    if a.is_multiple_of(2) {
                        self.marks.push((mark, then));
                    }
                }
            }
        }
    }

    fn change(&mut self, kind: u8, a: u8, b: u8) {
        let (fork, model) = self.fork.get_or_insert_with(|| {
            let base = self.state.view(Period::at(self.state.head()));
            (Fork::new(base, self.state.head().next()), self.model.clone())
        });
        let Some(change) = change_of(model, kind, a, b) else { return };
        let before = fork.len();
        let made = fork.record(vec![change]).expect("the row exists");
        assert_eq!(fork.len(), before + made);
        fork.operations()[before..].iter().for_each(|operation| model.apply(operation));
        // The cost of a test is the square of its length: not every step is looked at.
        if a.is_multiple_of(4) {
            assert_shows(&fork.view(), model);
        }
    }

    /// Begins a new epoch, now and then from rows as they would be read from a file.
    fn start_epoch(&mut self, a: u8) {
        if !a.is_multiple_of(4) {
            let before = self.state.start_epoch().expect("it can be read back");
            assert_eq!(self.state.base(), before.head());
            self.epochs.push(before);
        } else {
            let told = Arc::clone(&self.told);
            let restored = restored(&self.state).with_lookup(told);
            self.epochs.push(std::mem::replace(&mut self.state, restored));
        }
        assert_eq!(self.state.base(), self.state.head());
        assert_shows(&self.state.view(Period::at(self.state.head())), &self.model);
    }

    /// What happened to the rows of a table, in the columns that it has now.
    fn changes_of(&self, table: &TableSchema) -> Vec<RowChange> {
        let mut model = Model::default();
        let mut changes = Vec::new();
        for operation in &self.log {
            let Some(RowOperation { row, rev, .. }) = operation.row() else {
                model.apply(operation);
                continue;
            };
            let (row, rev) = (*row, *rev);
            let image = |model: &Model| {
                let then = model.tables.values().find(|then| then.schema.id == table.id)?;
                let (_, values) = then.rows.get(&row)?;
                let value = |column: &Column| {
                    let place = then.schema.columns.iter().position(|c| c.id == column.id);
                    place.map_or(column.initial.clone(), |place| values[place].clone())
                };
                Some(table.columns.iter().map(value).collect())
            };
            let old = image(&model);
            model.apply(operation);
            if operation.table().is_some_and(|of| of.id == table.id) {
                let event = EventId(model.events);
                changes.push(RowChange { event, row, rev, old, new: image(&model) });
            }
        }
        changes
    }

    /// Asserts what happened, over all epochs and within each.
    fn assert_changes(&self) {
        for table in self.model.tables.values() {
            let expected = self.changes_of(&table.schema);
            for state in self.epochs.iter().chain([&self.state]) {
                let (base, head) = (state.base().0, state.head().0);
                let middle = base + (head - base) / 2;
                for (first, last) in [(0, head), (middle, head), (base, middle), (middle, middle)] {
                    let (first, last) = (EventId(first), EventId(last));
                    let known = first.max(EventId(base + 1));
                    let inside =
                        |change: &&RowChange| known <= change.event && change.event <= last;
                    let expected: Vec<&RowChange> = expected.iter().filter(inside).collect();
                    let view = state.view(Period { first: first.before(), last });
                    let changes = changes_in(&view, &table.schema, None);
                    assert_eq!(format!("{changes:?}"), format!("{expected:?}"));
                    // Of some rows, along their chains: the same.
                    let rows = expected.iter().map(|change| change.row);
                    let some: BTreeSet<RowId> = rows.filter(|row| row.0 % 3 != 1).collect();
                    let some: Vec<RowId> = some.into_iter().collect();
                    let of_some = expected.iter().filter(|change| some.contains(&change.row));
                    let of_some: Vec<&&RowChange> = of_some.collect();
                    let changes = changes_in(&view, &table.schema, Some(&some));
                    assert_eq!(format!("{changes:?}"), format!("{of_some:?}"));
                }
            }
        }
    }

    fn finish(&mut self, commit: bool) {
        self.marks.clear();
        let Some((fork, model)) = self.fork.take().filter(|_| commit) else { return };
        let mut replayed = self.model.clone();
        for operation in fork.into_operations().expect("all was applied").0 {
            replayed.apply(&operation);
            self.state
                .apply(&event(self.state.head().0 + 1, operation.clone()))
                .expect("it can be read back");
            self.told.0.lock().expect("nobody panics holding it").push(operation.clone());
            self.log.push(operation);
        }
        assert_eq!(format!("{replayed:?}"), format!("{model:?}"));
        self.model = model;
        assert_shows(&self.state.view(Period::at(self.state.head())), &self.model);
        let view = self.state.view(Period::at(self.state.head()));
        for table in self.model.tables.values() {
            assert_eq!(view.table(&table.schema).row_estimate(), table.rows.len());
            assert_ordered(&view.table(&table.schema), table);
        }
    }

    /// Every event once more, when all is over.
    fn look_back(&self) {
        let mut model = Model::default();
        for (at, operation) in self.log.iter().enumerate() {
            model.apply(operation);
            let event = EventId(u64::try_from(at).expect("short") + 1);
            // Where one epoch ends and the next begins, both know.
            let knows = |state: &&State| state.base() <= event && event <= state.head();
            for state in self.epochs.iter().chain([&self.state]).filter(knows) {
                let view = state.view(Period::at(event));
                // An index that was dropped since, or whose table was, is gone from the past, too.
                let mut known = model.clone();
                for table in known.tables.values_mut() {
                    let tables = view.table(&table.schema);
                    let keys = &mut Arc::make_mut(&mut table.schema).keys;
                    keys.retain(|key| tables.find(key.id, &[Value::Null]).is_some());
                }
                assert_rows(&view, &known);
            }
        }
        self.kept.iter().for_each(|(view, model)| assert_shows(view, model));
    }
}

fn changes_in(view: &View, table: &TableSchema, rows: Option<&[RowId]>) -> Vec<RowChange> {
    view.changes(table, rows).collect::<Result<_, _>>().expect("it can be read back")
}

/// The same state, from the rows that it shows.
fn restored(state: &State) -> State {
    let view = state.view(Period::at(state.head()));
    let mut restored = State::restore(state.head(), view.schema().clone(), state.blocks());
    for schema in view.schema().tables() {
        let table = view.table(schema);
        let all: Vec<usize> = (0..schema.width()).collect();
        let mut rows = Vec::new();
        for batch in table.scan(&all) {
            let batch = batch.expect("small");
            for (at, row) in batch.rows.iter().enumerate() {
                let value =
                    |index: &usize| value_at(&batch.columns[*index], schema.type_of(*index), at);
                let number = |name| {
                    let found = value(&schema.pseudo_column(name).expect("has"));
                    let Value::Integer(number) = found else { panic!("{found:?}") };
                    u64::try_from(number).expect("small")
                };
                rows.push(Ok::<_, Error>(BaseRow {
                    row: *row,
                    rev: u32::try_from(number("_rev")).expect("small"),
                    event: EventId(number("_event")),
                    values: all[..schema.columns.len()].iter().map(value).collect(),
                }));
            }
        }
        let schema = Arc::clone(schema);
        let (next_row, autoincrement) = (table.next_row(), table.autoincrement());
        let base = BaseTable { schema, next_row, autoincrement };
        restored.load(&base, rows.into_iter()).expect("no row is an error");
    }
    restored
}

/// [`assert_shows`], by the schema of the model, which has lost its dropped indexes.
fn assert_rows(view: &View, model: &Model) {
    let mut view = view.clone();
    for table in model.tables.values() {
        assert!(view.schema().table(&table.schema.name).is_some());
        view = view.with(|parts| parts.schema.put(Arc::clone(&table.schema)));
    }
    assert_shows(&view, model);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_view_is_a_replay(
        chunk_rows in prop_oneof![1usize..12, Just(4096)],
        memory in prop_oneof![Just(usize::MAX), Just(8 << 10), Just(0)],
        steps in proptest::collection::vec((0u8..100, any::<u8>(), any::<u8>()), 0..160),
    ) {
        with_chunk_rows(chunk_rows, || {
            let mut run = RecordedHistory::default();
            let budget = Arc::new(MemoryBudget::new(memory));
            let vfs: Arc<dyn Vfs> = Arc::new(MemVfs::default());
            // Of the least budget nothing stays in memory that need not.
            let blocks = BlockCache::new(&vfs, &budget);
            run.state =
                State::new(&blocks).with_lookup(Arc::clone(&run.told) as Arc<dyn EventLookup>);
            steps.iter().for_each(|(kind, a, b)| run.step(*kind, *a, *b));
            run.finish(true);
            run.look_back();
            run.assert_changes();
            assert!(budget.kept() <= memory / 2, "{} bytes of {memory}", budget.kept());
        });
    }
}

#[test]
fn strange_events_do_no_harm() {
    let table = Arc::new(table_schema("t", false).created_by(EventId(1)));
    let mut state = State::default();
    let changed = vec![(0, Value::Null, Value::Integer(1)), (9, Value::Null, Value::Null)];
    let (row, old) = (RowId(u64::MAX), some_row(&table, 1, 1));
    let update = || {
        Operation::Row(RowOperation {
            table: Arc::clone(&table),
            row,
            rev: 9,
            images: RowImages::Update(changed.clone()),
        })
    };
    let insert = || {
        Operation::Row(RowOperation {
            table: Arc::clone(&table),
            row,
            rev: 1,
            images: RowImages::Insert { new: old.clone(), prev: EventId::START },
        })
    };
    let delete = || {
        Operation::Row(RowOperation {
            table: Arc::clone(&table),
            row,
            rev: 2,
            images: RowImages::Delete(old.clone()),
        })
    };
    let operations = [
        update(),
        delete(),
        Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table))),
        update(),
        insert(),
        insert(),
        update(),
        delete(),
        delete(),
        update(),
        insert(),
        Operation::Row(RowOperation {
            table: Arc::clone(&table),
            row: RowId(0),
            rev: 1,
            images: RowImages::Insert { new: Vec::new(), prev: EventId::START },
        }),
    ];
    for (at, operation) in (1..).zip(operations) {
        state.apply(&event(at, operation)).expect("it can be read back");
    }
    let view = state.view(Period::at(state.head()));
    let rows: Vec<RowId> =
        super::model::scanned(&view.table(&table), &[]).into_iter().map(|(row, _)| row).collect();
    assert_eq!(rows, [RowId(0), row]);
}
