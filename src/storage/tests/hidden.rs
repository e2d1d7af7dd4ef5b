//! The hidden columns, asked of a database.

use super::*;
use crate::storage::SchemaChange;
use crate::storage::{Change, Database, RowBatch, TableView};
use crate::types::{PseudoColumn, column::value_at};
use arrow_array::ArrayRef;

fn commit(database: &Database, changes: Vec<Change>, metadata: Metadata) -> Result<(), Error> {
    let mut fork = database.begin()?;
    fork.record(changes)?;
    database.commit(fork, metadata).map(drop)
}

fn by(intent: &str, actor: &str) -> Metadata {
    Metadata { actor: Some(actor.into()), ..metadata(intent) }
}

/// The indexes of the hidden columns, without the one that has two names.
fn hidden(table: &TableSchema) -> Vec<usize> {
    let all = table.columns.len()..table.width();
    all.filter(|at| table.pseudo(*at) != Some(PseudoColumn::EventFrom)).collect()
}

fn texts(table: &TableSchema, batch: &RowBatch) -> Vec<String> {
    let types: Vec<DataType> = hidden(table).iter().map(|at| table.type_of(*at)).collect();
    let row = |index: usize| {
        let value = |(data_type, array): (&DataType, &ArrayRef)| {
            value_at(array, *data_type, index).to_text().into_owned()
        };
        types.iter().zip(&batch.columns).map(value).collect::<Vec<_>>().join("|")
    };
    (0..batch.rows.len()).map(row).collect()
}

/// All rows, row, rev, event, event_to, at, tx, op, actor, intent.
fn shown(table: &TableView) -> Vec<String> {
    let batches = table.scan(&hidden(table.schema()));
    batches.flat_map(|batch| texts(table.schema(), &batch.expect("small"))).collect()
}

#[test]
fn hidden_columns_tell_where_versions_come_from() -> Result<(), Error> {
    let database = Database::in_memory_with(options(MemVfs::default()).environment)?;
    let columns = [("id", DataType::Integer), ("name", DataType::Text)];
    let create = Change::Schema(SchemaChange::CreateTable(Arc::new(TableSchema::clone(&table(
        0, "users", &columns,
    )))));
    commit(&database, vec![create], Metadata::default())?;
    let users = Arc::clone(database.latest()?.schema().table("users").expect("made above"));
    let row = |id, name: &str| vec![Value::Integer(id), Value::text(name)];
    let insert =
        |id, name| Change::Insert { table: Arc::clone(&users), row: None, new: row(id, name) };
    let update = |id: u64, old: &str, new: &str| {
        let number = i64::try_from(id).expect("small");
        let (old, new) = (row(number, old), row(number, new));
        Change::Update { table: Arc::clone(&users), row: RowId(id), old, new }
    };
    commit(&database, vec![insert(1, "Ada"), insert(2, "Eve")], by("Joined", "amy"))?;
    commit(&database, vec![update(1, "Ada", "Zoë")], by("Renamed", "bob"))?;
    let latest = database.latest()?.table(&users);
    let past = database.view(Period::at(EventId(3)))?.table(&users);
    let all = Period { first: EventId(0), last: EventId(4) };
    let all = database.view(all)?.table(&users);
    let mut fork = database.begin()?;
    fork.record(vec![update(2, "Eve", "Eva"), insert(3, "Bob")])?;
    // Another transaction takes the numbers that the fork has for its own.
    commit(&database, vec![insert(8, "Mia"), insert(9, "Kim")], by("Late", "eve"))?;

    let one = "1|1|2|4|2026-11-22 15:40:01|2|insert|amy|Joined";
    let two = "2|1|3||2026-11-22 15:40:01|2|insert|amy|Joined";
    let then = "1|2|4||2026-11-22 15:40:02|3|update|bob|Renamed";
    assert_eq!(shown(&latest), [then, two]);
    assert_eq!(shown(&past), [one, two]);
    assert_eq!(shown(&all), [one, then, two]);
    assert_eq!(shown(&fork.view().table(&users)), [then, "2|2|5||||update||", "3|1|6||||insert||"]);

    let found = all.find(users.keys[0].id, &[Value::Integer(1)]).expect("the key exists");
    assert_eq!(texts(&users, &all.fetch(&found, &hidden(&users))?), [one, then]);
    assert_eq!(texts(&users, &all.fetch(&[], &hidden(&users))?).len(), 0);
    Ok(())
}
