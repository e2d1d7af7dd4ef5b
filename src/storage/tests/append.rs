//! Append, read, schema version, row versions.

use super::*;
use crate::storage::{RowImages, RowOperation, SchemaChange};

#[test]
fn append_numbers_events_and_they_come_back_to_the_bit() -> Result<(), Error> {
    let (log, transactions) = sample();
    let events = transactions.concat();
    assert!(events.iter().map(|event| event.id.0).eq(1..=20));
    for (tx, transaction) in (1..).zip(&transactions) {
        let same = |event: &Event| event.tx.0 == tx && event.at == transaction[0].at;
        assert!(transaction.iter().all(same));
        let last = transaction.iter().map(|event| event.last.is_some());
        assert!(last.eq((1..=transaction.len()).map(|at| at == transaction.len())));
    }
    let (store, replayed) = open(&options(files_with(&log)))?;
    assert_eq!(shown(&replayed), shown(&events));
    assert_eq!(shown(&read_all(&store)), shown(&events));
    assert_eq!(store.head(), EventId(20));
    assert!(store.notices().is_empty());
    Ok(())
}

#[test]
fn read_gives_the_events_of_a_period_with_the_schema_of_then() -> Result<(), Error> {
    let (log, transactions) = sample();
    let events = transactions.concat();
    let (store, _) = open(&options(files_with(&log)))?;
    for first in 0..=21_usize {
        for last in first..=22 {
            let number = |event: usize| EventId(event as u64);
            let period = Period { first: number(first), last: number(last) };
            let read: Vec<Event> = store.read(period).collect::<Result<_, _>>()?;
            let expected = &events[first.saturating_sub(1).min(20)..last.min(20)];
            assert_eq!(shown(&read), shown(expected), "{period}");
        }
    }
    Ok(())
}

#[test]
fn schema_version_counts_schema_changes() -> Result<(), Error> {
    let (store, _) = open(&options(MemVfs::default()))?;
    assert_eq!(store.schema_version(), 0);
    let accounts = accounts(1);
    store.append(
        vec![Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts)))],
        Metadata::default(),
    )?;
    store.append(vec![account(&accounts, 1, "Ada", 1)], Metadata::default())?;
    assert_eq!(store.schema_version(), 1);
    let (log, _) = sample();
    assert_eq!(open(&options(files_with(&log)))?.0.schema_version(), 7);
    Ok(())
}

#[test]
fn an_append_must_be_about_the_newest_version() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let table = accounts(1);
    let ours = [
        Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table))),
        account(&table, 1, "Ada", 1),
    ];
    store.append(ours.into(), Metadata::default())?;
    assert_eq!(store.row_version(table.id, RowId(1)), Some(1));
    assert_eq!(store.row_version(table.id, RowId(2)), None);
    let rename = |rev, from: &str, to: &str| {
        update(&table, 1, rev, vec![(1, Value::text(from), Value::text(to))])
    };
    let before = log_of(&vfs);
    for (rev, expected) in [(0, 0), (1, 0), (3, 2), (u32::MAX, u32::MAX - 1)] {
        // The first operation is sound; it must not count when the second is refused.
        let both = vec![rename(2, "Ada", "Eve"), rename(rev, "Eve", "Bob")];
        let refused = store.append(
            if rev == 3 { vec![rename(3, "Ada", "Bob")] } else { both },
            Metadata::default(),
        );
        match refused {
            Err(Error::StaleVersion { row, expected: e, found, .. }) => {
                assert_eq!((row, e), (RowId(1), expected));
                assert_eq!(found, if rev == 3 { 1 } else { 2 });
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.row_version(table.id, RowId(1)), Some(1));
    }
    assert!(store.append(vec![account(&table, 1, "Again", 1)], Metadata::default()).is_err());
    assert_eq!(log_of(&vfs), before);
    let old = vec![Value::Integer(1), Value::text("Ada"), cents(1)];
    let delete = Operation::Row(RowOperation {
        table: Arc::clone(&table),
        row: RowId(1),
        rev: 2,
        images: RowImages::Delete(old),
    });
    store.append(vec![delete], Metadata::default())?;
    assert_eq!(store.row_version(table.id, RowId(1)), Some(2));
    // What is deleted has no version that an update could end.
    assert!(store.append(vec![rename(3, "Ada", "Eve")], Metadata::default()).is_err());
    drop(store);
    let (store, _) = open(&options(vfs))?;
    assert_eq!(store.row_version(table.id, RowId(1)), Some(2));
    Ok(())
}

#[test]
fn what_contradicts_the_schema_is_refused_and_leaves_no_trace() -> Result<(), Error> {
    let (log, _) = sample();
    let vfs = files_with(&log);
    let (store, _) = open(&options(vfs.clone()))?;
    let accounts = accounts(1);
    let long = account(&accounts, 9, "Ada", i128::from(u64::MAX));
    let short = insert(&accounts, 9, vec![Value::Integer(9)]);
    let other = table(8, "things", &[("a", DataType::Any), ("doc", DataType::Json)]);
    let twice = table(21, "twice", &[("a", DataType::Any), ("A", DataType::Any)]);
    let no_decimal = DataType::Decimal { precision: 3, scale: 9 };
    for operation in [
        long,
        short,
        account(&other, 9, "Ada", 1),
        update(&accounts, 1, 3, Vec::new()),
        update(&accounts, 1, 3, vec![(7, Value::Null, Value::Null)]),
        Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts))),
        Operation::Schema(SchemaChange::CreateTable(table(99, "later", &[("a", DataType::Any)]))),
        Operation::Schema(SchemaChange::CreateTable(table(21, "bad", &[("a", no_decimal)]))),
        Operation::Schema(SchemaChange::CreateTable(table(21, "empty", &[]))),
        Operation::Schema(SchemaChange::CreateTable(twice)),
        Operation::Schema(SchemaChange::DropTable(other)),
    ] {
        let name = format!("{operation:?}");
        assert!(store.append(vec![operation], Metadata::default()).is_err(), "{name}");
    }
    assert!(store.append(Vec::new(), Metadata::default()).is_err());
    assert_eq!(log_of(&vfs), log);
    let next = store.append(vec![account(&accounts, 9, "Ada", 1)], Metadata::default())?;
    assert_eq!(next[0].id, EventId(21));
    drop(store);
    assert_eq!(open(&options(vfs))?.1.len(), 21);
    Ok(())
}

#[test]
fn the_same_operations_make_the_same_bytes_and_every_line_is_json() {
    let (log, _) = sample();
    assert_eq!(sample().0, log);
    let text = String::from_utf8(log).expect("the log is text");
    let mut lines = text.lines();
    let header: serde_json::Value =
        serde_json::from_str(lines.next().expect("a header")).expect("JSON");
    assert_eq!(header["format"], "asof");
    for (event, line) in (1_u64..).zip(lines) {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["event"], event);
        assert!(line["at"].as_str().is_some_and(|at| at.starts_with("2026-11-22T15:40:")));
    }
}

/// The format is a promise: a change here means that logs written before cannot be read.
#[test]
fn the_format_stays() {
    let text = String::from_utf8(sample().0).expect("the log is text");
    insta::assert_snapshot!(text);
}

#[test]
fn times_rise_whatever_the_clock_does() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let mut options = options(vfs.clone());
    let accounts = accounts(1);
    let mut times = Vec::new();
    for (row, (start, step)) in
        (1..).zip([(START.0, 0), (0, -1), (i64::MIN, 0), (START.0 + 10, 1), (START.0 - 10, 1)])
    {
        options.environment.clock = Arc::new(FixedClock::new(Timestamp(start), step));
        let (store, _) = open(&options)?;
        if row == 1 {
            let create = Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts)));
            times.push(store.append(vec![create], Metadata::default())?[0].at);
        }
        for row in [row * 2, row * 2 + 1] {
            let events =
                store.append(vec![account(&accounts, row, "Ada", 1)], Metadata::default())?;
            times.push(events[0].at);
        }
        assert_eq!(store.at_time(Timestamp(START.0 - 1))?, EventId(0));
        assert_eq!(store.at_time(START)?, EventId(1));
        assert_eq!(store.at_time(Timestamp(i64::MAX))?, store.head());
        assert_eq!(store.committed_at(EventId(1))?, Some(START));
        assert_eq!(store.committed_at(EventId(0))?, None);
        assert_eq!(store.committed_at(store.head().next())?, None);
    }
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    let late = Timestamp(i64::MAX);
    options.environment.clock = Arc::new(FixedClock::new(late, 0));
    let (store, _) = open(&options)?;
    store.append(vec![account(&accounts, 90, "Ada", 1)], Metadata::default())?;
    assert!(store.append(vec![account(&accounts, 91, "Ada", 1)], Metadata::default()).is_err());
    drop(store);
    assert_eq!(open(&options)?.1.len(), times.len() + 1);
    Ok(())
}
