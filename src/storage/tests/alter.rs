//! ALTER TABLE and markers in the log.

use super::*;
use crate::storage::log::{CRC_SIZE, push_crc};
use crate::storage::{Marker, SchemaChange};
use crate::types::{Date, ForeignKey};

fn column(event: u64, name: &str, data_type: DataType, initial: Value) -> Column {
    let id = ColumnId { event: EventId(event), ordinal: 0 };
    Column { id, initial, ..Column::new(name, data_type) }
}

fn refer(event: u64) -> Arc<TableSchema> {
    let mut table = TableSchema::clone(&table(event, "refer", &[("a", DataType::Integer)]));
    let referenced = vec!["OWNER".to_owned()];
    let references = "Accounts".to_owned();
    table.foreign_keys =
        vec![ForeignKey { columns: vec![0], references, referenced, ..ForeignKey::default() }];
    Arc::new(table)
}

/// The table of this name after everything in a log.
fn current(store: &EventStore, name: &str) -> Arc<TableSchema> {
    let mut schema = crate::types::Schema::default();
    let events = read_all(store);
    let changes = events.iter().filter_map(|event| event.operation.schema_change());
    changes.for_each(|change| change.apply(&mut schema));
    Arc::clone(schema.table(name).expect("it is there"))
}

fn append(store: &EventStore, operation: Operation) -> Result<EventId, Error> {
    Ok(store.append(vec![operation], metadata("Altered"))?[0].id)
}

/// A log in which every kind of alteration and marker is: 12 events.
fn altered() -> (Vec<u8>, MemVfs) {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone())).expect("nothing there yet");
    let now = || current(&store, "accounts");
    let does = |operation| {
        append(&store, operation).expect("it follows");
    };
    does(Operation::Schema(SchemaChange::CreateTable(accounts(1))));
    does(account(&now(), 1, "Ada", 100));
    does(Operation::Schema(SchemaChange::CreateTable(refer(3))));
    let since = column(4, "since", DataType::Date, Value::Date(Date(20_000)));
    let add = |table, column| {
        let constraints = Box::default();
        Operation::Schema(SchemaChange::AddColumn { table, column, constraints })
    };
    does(add(now(), Box::new(since)));
    let document = Value::Json("{\"$json\":[1.0,null]}".into());
    let document = Box::new(column(5, "doc", DataType::Any, document));
    does(add(now(), document));
    let changed = vec![(3, Value::Date(Date(20_000)), Value::Null)];
    does(update(&now(), 1, 2, changed));
    does(Operation::Schema(SchemaChange::RenameColumn {
        table: now(),
        column: 1,
        name: "holder".into(),
        expressions: Box::default(),
    }));
    does(Operation::Schema(SchemaChange::DropColumn { table: now(), column: 2 }));
    does(Operation::Schema(SchemaChange::RenameTable {
        table: now(),
        name: "Konten \"neu\"".into(),
    }));
    let renamed = current(&store, "konten \"NEU\"");
    let row = vec![Value::Integer(2), Value::text("Eve"), Value::Null, Value::Real(1.0)];
    does(insert(&renamed, 2, row));
    does(Operation::Marker(Marker::Tag { name: "before \"it\"".into(), at: EventId(3) }));
    does(Operation::Marker(Marker::Snapshot { id: 7, name: Some("half".into()) }));
    (log_of(&vfs), vfs)
}

#[test]
fn alterations_and_markers_read_back() -> Result<(), Error> {
    let (log, vfs) = altered();
    let (store, events) = open(&options(vfs.clone()))?;
    assert_eq!((events.len(), store.notices().len()), (12, 0));
    assert_eq!(shown(&read_all(&store)), shown(&events));
    assert_eq!(log_of(&vfs), log);
    let table = current(&store, "KONTEN \"neu\"");
    assert_eq!(table.to_string(), "Konten \"neu\"(id, holder, since, doc)");
    assert_eq!(table.id, TableId(EventId(1)));
    let refer = current(&store, "refer");
    assert_eq!(refer.foreign_keys[0].references, "Konten \"neu\"");
    assert_eq!(refer.foreign_keys[0].referenced, ["holder"]);
    assert_eq!(store.schema_version(), 7);
    insta::assert_snapshot!(String::from_utf8(log).expect("the log is text"));
    Ok(())
}

#[test]
fn what_cannot_follow_is_refused_and_leaves_no_trace() -> Result<(), Error> {
    let (log, vfs) = altered();
    let (store, _) = open(&options(vfs.clone()))?;
    let now = || current(&store, "konten \"neu\"");
    let add_to = |table, column| {
        let (column, constraints) = (Box::new(column), Box::default());
        Operation::Schema(SchemaChange::AddColumn { table, column, constraints })
    };
    let add = |column| add_to(now(), column);
    let text = |size: usize| column(13, "n", DataType::Text, Value::text("x".repeat(size)));
    let mut indexed = TableSchema::clone(&now());
    indexed.keys[0].columns = vec![0, 1];
    let tag =
        |name: &str, at| Operation::Marker(Marker::Tag { name: name.into(), at: EventId(at) });
    let rename = |column, name: &str| {
        let (name, expressions) = (name.into(), Box::default());
        Operation::Schema(SchemaChange::RenameColumn { table: now(), column, name, expressions })
    };
    let mut created = TableSchema::clone(&table(13, "new", &[("a", DataType::Any)]));
    created.columns[0].initial = Value::Integer(1);
    for operation in [
        add(column(12, "n", DataType::Text, Value::Null)),
        add(column(13, "HOLDER", DataType::Text, Value::Null)),
        add(column(13, "n", DataType::Text, Value::Integer(1))),
        add(column(13, "n", DataType::Any, Value::Real(f64::NAN))),
        add(column(13, "n", DataType::Json, Value::Json("{".into()))),
        add(column(13, "n", DataType::Decimal { precision: 3, scale: 9 }, Value::Null)),
        add(text(20_000)),
        add_to(accounts(1), column(13, "n", DataType::Text, Value::Null)),
        Operation::Schema(SchemaChange::DropColumn { table: now(), column: 0 }),
        Operation::Schema(SchemaChange::DropColumn { table: now(), column: 4 }),
        Operation::Schema(SchemaChange::DropColumn { table: current(&store, "refer"), column: 0 }),
        Operation::Schema(SchemaChange::DropColumn { table: Arc::new(indexed), column: 2 }),
        rename(1, "DOC"),
        rename(9, "n"),
        Operation::Schema(SchemaChange::RenameTable { table: now(), name: "Refer".into() }),
        Operation::Schema(SchemaChange::CreateTable(Arc::new(created))),
        tag("before \"it\"", 4),
        tag("now", 13),
        Operation::Marker(Marker::Snapshot { id: 7, name: None }),
        // Rows in the columns that the table had before.
        account(&accounts(1), 3, "Bob", 1),
    ] {
        let name = format!("{operation:?}");
        // What came before it in its transaction goes with it.
        let both = vec![operation, tag("again", 1), tag("again", 1)];
        assert!(store.append(both, Metadata::default()).is_err(), "{name}");
    }
    let twice = vec![
        tag("again", 1),
        Operation::Marker(Marker::Snapshot { id: 8, name: None }),
        tag("again", 1),
    ];
    assert!(store.append(twice, Metadata::default()).is_err());
    assert_eq!(log_of(&vfs), log);
    let once = vec![
        tag("again", 12),
        Operation::Marker(Marker::Snapshot { id: 8, name: None }),
        rename(0, "ID"),
    ];
    store.append(once, Metadata::default())?;
    append(&store, add(Column { id: ColumnId { event: EventId(16), ordinal: 0 }, ..text(9_000) }))?;
    drop(store);
    assert_eq!(open(&options(vfs))?.1.len(), 16);
    Ok(())
}

#[test]
fn lines_that_contradict_are_refused() {
    let (log, _) = altered();
    let text = String::from_utf8(log).expect("the log is text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (event, from, to) in [
        (4, "\"add_column\"", "\"add_colum\""),
        (4, "\"table\":\"accounts\"", "\"table\":\"refer\",\"row\":1,\"rev\":1"),
        (4, "\"table\":\"accounts\",", ""),
        (4, "\"new\":", "\"old\":"),
        (4, "\"since\"", "\"owner\""),
        (4, "{\"$date\":\"2024-10-04\"}", "\"2024-10-04\""),
        (4, "{\"$date\":\"2024-10-04\"}", "{\"$date\":20000}"),
        (4, "\"initial\":", "\"initially\":"),
        (7, "{\"name\":\"owner\"}", "{\"name\":\"nobody\"}"),
        (7, "{\"name\":\"owner\"}", "{\"name\":\"owner\",\"more\":1}"),
        (7, "{\"name\":\"holder\"}", "{\"name\":\"id\"}"),
        (8, "\"balance\"", "\"since\""),
        (8, "\"scale\":2", "\"scale\":1"),
        (9, "\"old\":{\"name\":\"accounts\"}", "\"old\":{\"name\":\"refer\"}"),
        (9, "\"new\":{\"name\":\"Konten \\\"neu\\\"\"}", "\"new\":{\"name\":\"refer\"}"),
        (11, "\"op\":\"tag\"", "\"op\":\"tag\",\"table\":\"refer\""),
        (11, "\"op\":\"tag\"", "\"op\":\"tag\",\"table\":\"\""),
        (11, "\"at\":3", "\"at\":11"),
        (11, "\"op\":\"tag\"", "\"op\":\"tug\""),
        (12, "\"id\":7", "\"id\":0"),
        (12, "\"half\"", "null"),
    ] {
        let line = lines[event];
        assert!(line.contains(from), "{from} is not in {line}");
        let mut bytes = line.replacen(from, to, 1).into_bytes();
        bytes.truncate(bytes.len() - CRC_SIZE - 1);
        push_crc(&mut bytes, 0);
        let before = lines[..event].concat().into_bytes();
        let error = open(&options(files_with(&[before, bytes].concat()))).expect_err(to);
        let event = EventId(u64::try_from(event).expect("small"));
        assert!(matches!(&error, Error::Corrupt(found) if found.event == event), "{to}: {error}");
        // It is refused for what it says, and not only because the chain shows that it was edited.
        assert!(!error.to_string().contains("chain"), "{to}: {error}");
    }
}
