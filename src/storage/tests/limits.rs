//! Limits, at the limit and on both sides of it.

use super::*;
use crate::storage::{Change, Database, MAX_LINE_SIZE, MAX_ROW_SIZE};
use crate::storage::{Marker, SchemaChange};

fn note(size: usize) -> Metadata {
    Metadata { note: Some("x".repeat(size)), ..Metadata::default() }
}

#[test]
fn rows_end_at_their_limit() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let table = table(1, "t", &[("a", DataType::Text)]);
    store.append(
        vec![Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)))],
        Metadata::default(),
    )?;
    let around = "{\"a\":\"\"}".len();
    for (row, size, fits) in
        [(1, MAX_ROW_SIZE - 1, true), (2, MAX_ROW_SIZE, true), (3, MAX_ROW_SIZE + 1, false)]
    {
        let before = log_of(&vfs).len();
        let value = Value::text("x".repeat(size - around));
        // The row before makes sure that something of the transaction was written already.
        let operations = vec![
            insert(&table, row * 2, vec![Value::text("y".repeat(2 << 20))]),
            insert(&table, row * 2 + 1, vec![value]),
        ];
        match store.append(operations, Metadata::default()) {
            Ok(_) => assert!(fits),
            Err(Error::Limit { limit, size: found, .. }) => {
                assert_eq!((limit, found, fits), (MAX_ROW_SIZE, size, false));
                assert_eq!(log_of(&vfs).len(), before);
            }
            Err(other) => panic!("{other}"),
        }
    }
    store.append(vec![insert(&table, 9, vec![Value::Null])], Metadata::default())?;
    drop(store);
    let (store, events) = open(&options(vfs))?;
    assert_eq!((events.len(), store.notices().len()), (6, 0));
    Ok(())
}

#[test]
fn lines_end_at_their_limit() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let table = table(1, "t", &[("a", DataType::Integer)]);
    store.append(
        vec![Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)))],
        Metadata::default(),
    )?;
    let row = |row| vec![insert(&table, row, vec![Value::Integer(1)])];
    let before = log_of(&vfs).len();
    store.append(row(1), note(1))?;
    let around = log_of(&vfs).len() - before - 1;
    for (number, size, fits) in
        [(2, MAX_LINE_SIZE - 1, true), (3, MAX_LINE_SIZE, true), (4, MAX_LINE_SIZE + 1, false)]
    {
        let appended = store.append(row(number), note(size - around));
        assert_eq!(appended.is_ok(), fits, "{size}");
        assert!(fits || matches!(appended, Err(Error::Limit { .. })));
    }
    store.append(row(5), Metadata::default())?;
    drop(store);
    let (store, events) = open(&options(vfs))?;
    assert_eq!((events.len(), store.notices().len()), (5, 0));
    Ok(())
}

#[test]
fn a_line_without_end_costs_no_memory() -> Result<(), Error> {
    let (log, _) = sample();
    let endless = vec![b'{'; MAX_LINE_SIZE + 10];
    let (store, events) = open(&options(files_with(&[log, endless].concat())))?;
    assert_eq!((events.len(), store.notices().len()), (20, 1));
    Ok(())
}

#[test]
fn a_row_cannot_outgrow_its_limit_column_by_column() -> Result<(), Error> {
    let database = Database::in_memory()?;
    let columns = [("a", DataType::Text), ("b", DataType::Text)];
    let mut fork = database.begin()?;
    fork.record(vec![Change::Schema(SchemaChange::CreateTable(Arc::new(TableSchema::clone(
        &table(0, "t", &columns),
    ))))])?;
    let t = Arc::clone(fork.view().schema().table("t").expect("created above"));
    let around = "{\"a\":\"\",\"b\":\"\"}".len();
    let half = MAX_ROW_SIZE / 2;
    let row = |size: usize| vec![Value::text("x".repeat(half)), Value::text("y".repeat(size))];
    for (id, size, fits) in
        [(1, MAX_ROW_SIZE - 1, true), (2, MAX_ROW_SIZE, true), (3, MAX_ROW_SIZE + 1, false)]
    {
        let (old, new) = (row(0), row(size - around - half));
        let before = fork.len();
        let insert = Change::Insert { table: Arc::clone(&t), row: None, new: old.clone() };
        let update = Change::Update { table: Arc::clone(&t), row: RowId(id), old, new };
        match fork.record(vec![insert, update]) {
            Ok(events) => assert_eq!((events, fits), (2, true)),
            Err(Error::Limit { limit, size: found, .. }) => {
                assert_eq!((limit, found, fits), (MAX_ROW_SIZE, size, false));
                assert_eq!(fork.len(), before, "nothing of the statement is recorded");
            }
            Err(other) => panic!("{other}"),
        }
    }
    // What could be made can be deleted.
    let old = row(MAX_ROW_SIZE - around - half);
    fork.record(vec![Change::Delete { table: t, row: RowId(2), old }])?;
    assert!(database.commit(fork, Metadata::default())?.is_some());
    Ok(())
}

#[test]
fn a_first_transaction_that_is_refused_creates_nothing() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let create = Operation::Schema(SchemaChange::CreateTable(accounts(1)));
    let refused = [
        vec![
            create.clone(),
            Operation::Marker(Marker::Tag { name: "x".repeat(MAX_LINE_SIZE), at: EventId(1) }),
        ],
        vec![create.clone(), create.clone()],
    ];
    for operations in refused {
        store.append(operations, Metadata::default()).expect_err("it cannot be read back");
        assert!(vfs.names(directory()).is_err(), "{:?}", vfs.names(directory()));
    }
    store.append(vec![create], Metadata::default())?;
    assert_eq!(store.head(), EventId(1));
    Ok(())
}
