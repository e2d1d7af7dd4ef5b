//! Tests of the log from its public side: what is appended, what comes back, what damage does.

mod across;
mod alter;
mod append;
mod crashes;
mod creation;
mod damage;
mod damage_state;
mod database;
mod dropped;
mod elsewhere;
mod faults;
mod follow;
mod groups;
mod hidden;
pub(crate) mod hooked_vfs;
mod ladder;
mod limits;
mod marks;
mod memory_log;
mod returns;
mod salvage;
mod scrub;
mod snapshots;
mod tails;
mod verify;

use super::{
    Environment, Error, Event, EventStore, FixedClock, MemVfs, Metadata, OpenOptions, Operation,
    Random, SeededRandom, Vfs,
};
use crate::storage::{Dropped, Marker, RowImages, RowOperation, SchemaChange};
use crate::types::{
    Column, ColumnId, DataType, Decimal, EventId, KeyId, KeyKind, KeySchema, Period, RowId,
    TableId, TableOptions, TableSchema, Timestamp, TxId, Value,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// 2026-11-22 15:40:00 UTC.
const START: Timestamp = Timestamp(1_795_362_000_000_000);

/// The directory of every database here.
fn directory() -> &'static Path {
    Path::new("bank")
}

fn log_path() -> PathBuf {
    directory().join("events.log")
}

/// A fixed clock and seeded randomness over some files.
fn options(vfs: impl Vfs + 'static) -> OpenOptions {
    let random = Arc::new(SeededRandom::new(7));
    OpenOptions {
        busy_timeout: Duration::from_millis(20),
        environment: Environment {
            vfs: Arc::new(vfs),
            clock: Arc::new(FixedClock::new(START, 1_000_000)),
            identities: Arc::clone(&random) as Arc<dyn Random>,
            random,
        },
        ..OpenOptions::default()
    }
}

/// The log and the events that opening it handed out.
fn open(options: &OpenOptions) -> Result<(EventStore, Vec<Event>), Error> {
    let mut events = Vec::new();
    let store = EventStore::open(directory(), options, &mut |event| events.push(event.clone()))?;
    Ok((store, events))
}

/// Files with nothing but a log of these bytes.
fn files_with(log: &[u8]) -> MemVfs {
    let vfs = MemVfs::default();
    vfs.put(&log_path(), log);
    vfs
}

/// The bytes of the log.
fn log_of(vfs: &MemVfs) -> Vec<u8> {
    vfs.contents(&log_path()).unwrap_or_default()
}

/// Events in a form that two of them have only if they are the same to the last bit.
fn shown(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

fn read_all(store: &EventStore) -> Vec<Event> {
    let all = Period { first: EventId(1), last: EventId::NEVER };
    store.read(all).collect::<Result<_, _>>().expect("the log was just opened")
}

/// Goes on with one more table.
fn append_more(store: &EventStore) -> Result<(), Error> {
    let more = table(store.head().next().0, "more", &[("a", DataType::Any)]);
    let more = Operation::Schema(SchemaChange::CreateTable(more));
    store.append(vec![more], Metadata::default()).map(drop)
}

fn metadata(intent: &str) -> Metadata {
    Metadata { intent: Some(intent.into()), ..Metadata::default() }
}

/// A table as the event with this number creates it.
pub(super) fn table(event: u64, name: &str, columns: &[(&str, DataType)]) -> Arc<TableSchema> {
    let column = |(name, data_type): &(&str, DataType)| Column::new(*name, *data_type);
    let key = KeySchema::new(KeyKind::Primary, true, vec![0]);
    let schema = TableSchema {
        id: TableId::default(),
        name: name.into(),
        columns: columns.iter().map(column).collect(),
        keys: vec![key],
        autoincrement: false,
        options: TableOptions::default(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: format!("CREATE TABLE {name} (\n  …\n)"),
    };
    Arc::new(schema.created_by(EventId(event)))
}

/// A table of accounts as the event with this number creates it.
pub(super) fn accounts(event: u64) -> Arc<TableSchema> {
    let price = DataType::Decimal { precision: 10, scale: 2 };
    let columns = [("id", DataType::Integer), ("owner", DataType::Text), ("balance", price)];
    table(event, "accounts", &columns)
}

pub(super) fn cents(mantissa: i128) -> Value {
    Value::Decimal(Decimal { mantissa, scale: 2 })
}

fn insert(table: &Arc<TableSchema>, row: u64, values: Vec<Value>) -> Operation {
    Operation::Row(RowOperation {
        table: Arc::clone(table),
        row: RowId(row),
        rev: 1,
        images: RowImages::Insert { new: values, prev: EventId::START },
    })
}

/// A row that comes back after an event deleted it.
fn back(table: &Arc<TableSchema>, row: u64, rev: u32, prev: u64, new: Vec<Value>) -> Operation {
    let (table, row, prev) = (Arc::clone(table), RowId(row), EventId(prev));
    Operation::Row(RowOperation { table, row, rev, images: RowImages::Insert { new, prev } })
}

fn account(table: &Arc<TableSchema>, row: u64, owner: &str, balance: i128) -> Operation {
    let id = i64::try_from(row).expect("small");
    insert(table, row, vec![Value::Integer(id), Value::text(owner), cents(balance)])
}

fn update(
    table: &Arc<TableSchema>,
    row: u64,
    rev: u32,
    changed: Vec<(usize, Value, Value)>,
) -> Operation {
    Operation::Row(RowOperation {
        table: Arc::clone(table),
        row: RowId(row),
        rev,
        images: RowImages::Update(changed),
    })
}

/// A log of several transactions with every kind of event and value; its bytes, and its events by
/// transaction.
fn sample() -> (Vec<u8>, Vec<Vec<Event>>) {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone())).expect("nothing there yet");
    let accounts = accounts(1);
    let key = KeySchema {
        id: KeyId { event: EventId(7), ordinal: 0 },
        name: Some("by \"owner\"".into()),
        sql: "CREATE INDEX …".into(),
        ..KeySchema::new(KeyKind::Index, false, vec![1])
    };
    let mut indexed = TableSchema::clone(&accounts);
    indexed.keys.push(key.clone());
    let indexed = Arc::new(indexed);
    let things = things();
    let row = vec![Value::Integer(2), Value::text("Zoë\n\u{1}"), cents(-5)];
    let transactions = [
        vec![Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts)))],
        vec![account(&accounts, 1, "Ada", 10_000), insert(&accounts, 2, row.clone())],
        vec![
            update(&accounts, 1, 2, vec![(2, cents(10_000), cents(9_000))]),
            update(
                &accounts,
                2,
                2,
                vec![(1, row[1].clone(), Value::Null), (2, row[2].clone(), cents(1))],
            ),
        ],
        vec![account(&accounts, 3, "Eve", 1)],
        vec![
            Operation::Schema(SchemaChange::CreateIndex {
                table: Arc::clone(&accounts),
                key: Box::new(key.clone()),
            }),
            account(&indexed, 4, "Bob", i128::from(u32::MAX)),
        ],
        vec![
            Operation::Schema(SchemaChange::CreateTable(Arc::clone(&things))),
            insert(&things, 1, vec![Value::Real(0.1), Value::Json("{\"a\":[1,null]}".into())]),
            insert(&things, 2, vec![Value::Blob([0, 255].as_slice().into()), Value::Null]),
        ],
        vec![
            Operation::Row(RowOperation {
                table: Arc::clone(&indexed),
                row: RowId(3),
                rev: 2,
                images: RowImages::Delete(vec![Value::Integer(3), Value::text("Eve"), cents(1)]),
            }),
            Operation::Schema(SchemaChange::DropIndex {
                table: Arc::clone(&indexed),
                key: Box::new(key),
            }),
        ],
        vec![Operation::Schema(SchemaChange::DropTable(things))],
    ];
    let append = |operations: Vec<Operation>| {
        let is_marker = matches!(operations[..], [Operation::Marker(Marker::Transaction)]);
        let said = if is_marker { all_said() } else { metadata("Sample") };
        store.append(operations, said).expect("each follows from the one before")
    };
    let events = transactions.into_iter().chain(returned(&accounts)).map(append).collect();
    (log_of(&vfs), events)
}

/// What the sample ends with: a row that comes back, a counter that is set, a table that comes back with a
/// row, and nothing but an identity.
fn returned(accounts: &Arc<TableSchema>) -> [Vec<Operation>; 4] {
    let mut numbers = TableSchema::clone(&table(16, "numbers", &[("n", DataType::Integer)]));
    numbers.autoincrement = true;
    let (numbers, things) = (Arc::new(numbers), things());
    [
        // The row that event 12 deleted.
        vec![back(accounts, 3, 3, 12, vec![Value::Integer(3), Value::text("Eve"), cents(2)])],
        vec![
            Operation::Schema(SchemaChange::CreateTable(Arc::clone(&numbers))),
            Operation::Marker(Marker::Counter { table: numbers, old: 0, new: 99 }),
        ],
        // What event 14 dropped.
        vec![
            Operation::Schema(SchemaChange::RestoreTable {
                table: Arc::clone(&things),
                dropped: Dropped { event: EventId(14), next_row: RowId(3), autoincrement: 0 },
            }),
            back(&things, 1, 2, 10, vec![Value::Real(0.1), Value::Null]),
        ],
        vec![Operation::Marker(Marker::Transaction)],
    ]
}

/// A table that comes and goes in the sample.
fn things() -> Arc<TableSchema> {
    table(9, "things", &[("a", DataType::Any), ("doc", DataType::Json)])
}

/// Everything that a transaction can say.
fn all_said() -> Metadata {
    Metadata {
        intent: Some("Retried \"it\"".into()),
        actor: Some("amy".into()),
        note: Some(String::new()),
        id: Some("7-b".into()),
        digest: Some([0xAB; 32]),
        reverts: vec![TxId(3), TxId(9)],
    }
}
