//! Tables that come back after they were dropped, as the log tells of them.

use super::across::damage;
use super::database::{commit, create, row, rows};
use super::verify::assert_sound;
use super::*;
use crate::storage::{Change, Database, Dropped, SalvageReport, SchemaChange};

fn restore(table: &Arc<TableSchema>, event: u64, next_row: u64) -> Operation {
    let dropped = Dropped { event: EventId(event), next_row: RowId(next_row), autoincrement: 0 };
    Operation::Schema(SchemaChange::RestoreTable { table: Arc::clone(table), dropped })
}

fn one(operation: Operation) -> Vec<Operation> {
    vec![operation]
}

/// A log whose fourth event dropped the accounts, with two rows in them.
fn dropped() -> Result<MemVfs, Error> {
    let vfs = MemVfs::default();
    let (store, _) = open(&options(vfs.clone()))?;
    let table = accounts(1);
    let created = Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)));
    let rows = vec![created, account(&table, 1, "Ada", 1), account(&table, 2, "Eve", 2)];
    store.append(rows, Metadata::default())?;
    store.append(one(Operation::Schema(SchemaChange::DropTable(table))), Metadata::default())?;
    Ok(vfs)
}

#[test]
fn a_table_goes_on_as_itself_and_nothing_else_does() -> Result<(), Error> {
    let vfs = dropped()?;
    let (store, _) = open(&options(vfs.clone()))?;
    let table = accounts(1);
    let before = log_of(&vfs);
    let ada = || vec![Value::Integer(1), Value::text("Ada"), cents(1)];
    let mut renamed = TableSchema::clone(&table);
    renamed.name = "others".into();
    let mut other = TableSchema::clone(&table);
    other.columns[1].id.ordinal = 7;
    for (name, refused) in [
        ("by another event", one(restore(&table, 3, 3))),
        ("by no event", one(restore(&table, 0, 3))),
        ("by a later event", one(restore(&table, 5, 3))),
        ("with numbers that were given", one(restore(&table, 4, 2))),
        ("by another name", one(restore(&Arc::new(renamed), 4, 3))),
        ("with other columns", one(restore(&Arc::new(other), 4, 3))),
        ("another one", one(restore(&accounts(2), 4, 3))),
        ("twice", vec![restore(&table, 4, 3), restore(&table, 4, 3)]),
        ("a row without it", one(back(&table, 1, 2, 2, ada()))),
        ("a row as it was", vec![restore(&table, 4, 3), account(&table, 1, "Ada", 1)]),
        ("a version on", vec![restore(&table, 4, 3), back(&table, 1, 3, 2, ada())]),
        ("after the drop", vec![restore(&table, 4, 3), back(&table, 1, 2, 4, ada())]),
        ("a number again", vec![restore(&table, 4, 3), back(&table, 1, 1, 0, ada())]),
        (
            "a row that did not come",
            vec![
                restore(&table, 4, 3),
                update(&table, 2, 2, vec![(1, Value::text("Eve"), Value::Null)]),
            ],
        ),
    ] {
        assert!(store.append(refused, Metadata::default()).is_err(), "{name}");
    }
    assert_eq!(log_of(&vfs), before);
    let good = vec![restore(&table, 4, 9), back(&table, 1, 2, 2, ada())];
    store.append(good, Metadata::default())?;
    let text = String::from_utf8(log_of(&vfs)).expect("the log is text");
    let old = "\"op\":\"create_table\",\"table\":\"accounts\",\"old\":{\"table\":1,\"dropped\":4,\
               \"next_row\":9,\"columns\":[[1,0],[1,1],[1,2]],\"keys\":[[1,0]]},\"new\":{\"name\"";
    assert!(text.contains(old), "{text}");
    // Later, the other row comes, too, and a new one has the number that it was told. It is not new.
    assert!(store.append(one(account(&table, 2, "Bob", 1)), Metadata::default()).is_err());
    store.append(
        vec![back(&table, 2, 2, 3, ada()), account(&table, 9, "Bob", 1)],
        Metadata::default(),
    )?;
    let (again, events) = open(&options(files_with(&log_of(&vfs))))?;
    assert_eq!(shown(&events), shown(&read_all(&store)));
    for (row, version) in [(1, 2), (2, 2), (9, 1)] {
        assert_eq!(again.row_version(table.id, RowId(row)), Some(version));
    }
    Ok(())
}

#[test]
fn what_a_failed_transaction_dropped_is_there_again() -> Result<(), Error> {
    let vfs = dropped()?;
    let (store, _) = open(&options(vfs))?;
    let table = accounts(1);
    let drop = || Operation::Schema(SchemaChange::DropTable(accounts(1)));
    let row = |row| account(&table, row, "Bob", 1);
    store.append(one(restore(&table, 4, 3)), Metadata::default())?;
    // Events 6 to 10; what is after the last is refused, and all with it.
    for failing in [
        vec![row(3), drop(), restore(&table, 7, 4), row(4), row(4)],
        vec![row(3), drop(), restore(&table, 7, 3)],
        vec![drop(), drop()],
    ] {
        assert!(store.append(failing, Metadata::default()).is_err());
    }
    store.append(vec![row(3), drop(), restore(&table, 7, 4), row(4)], Metadata::default())?;
    Ok(())
}

/// The table of users.
fn users(database: &Database) -> Result<Arc<TableSchema>, Error> {
    Ok(Arc::clone(database.latest()?.schema().table("users").expect("it is there")))
}

fn drop_users(database: &Database) -> Result<EventId, Error> {
    commit(database, vec![Change::Schema(SchemaChange::DropTable(users(database)?))])
}

/// Brings the table back that an event dropped, with the rows that it had before.
fn bring_users(database: &Database, event: EventId) -> Result<EventId, Error> {
    commit(database, database.restored_table(event, event.before())?)
}

#[test]
fn it_comes_back_to_a_database_that_was_opened_since() -> Result<(), Error> {
    for removed in [&[][..], &["_catalog.json"], &["events.index"]] {
        let vfs = MemVfs::default();
        let database = Database::open(directory(), options(vfs.clone()))?;
        commit(&database, vec![create("users")])?;
        commit(&database, vec![row(&database, 1, "Ada")?, row(&database, 2, "Eve")?])?;
        let id = users(&database)?.id;
        let gone = drop_users(&database)?;
        // What stands for the events so far has nothing of the table.
        database.take_snapshot(None, Metadata::default())?;
        drop(database);
        let database = Database::open(directory(), options(vfs.clone()))?;
        bring_users(&database, gone)?;
        let before = [gone, database.head()].map(|event| rows(&database, event.before(), "users"));
        commit(&database, vec![row(&database, 3, "Bob")?])?;
        drop(database);
        for name in removed {
            drop(vfs.remove(&directory().join(name)));
        }
        let database = Database::open(directory(), options(vfs.clone()))?;
        assert_eq!(users(&database)?.id, id);
        assert_eq!(rows(&database, database.head(), "users")?, ["1 'Ada'", "2 'Eve'", "3 'Bob'"]);
        let [first, second] = before;
        assert_eq!(first?, rows(&database, gone.before(), "users")?);
        assert_eq!(second?, ["1 'Ada'"], "the second row came one event later");
        assert_sound(&database, &format!("without {removed:?}"))?;
        let error =
            database.restored_table(EventId(1), EventId(1)).expect_err("it dropped nothing");
        assert_eq!(error.code(), "invalid");
    }
    Ok(())
}

/// A database of twelve events. Row 2 came and went, the table went, and both came back: event 1 created
/// it, 2 and 3 are rows 1 and 2, 4 deleted row 2, 5 dropped the table, 6 and 7 brought it back with row
/// 1, 8 brought row 2 back, 9 dropped it, 10 to 12 brought it back with both.
fn eventful(vfs: &MemVfs, every: u64) -> Result<(), Error> {
    let database = Database::open(
        directory(),
        OpenOptions { snapshot_every: Some(every), ..options(vfs.clone()) },
    )?;
    commit(&database, vec![create("users")])?;
    commit(&database, vec![row(&database, 1, "Ada")?])?;
    commit(&database, vec![row(&database, 2, "Eve")?])?;
    let (table, old) = (users(&database)?, vec![Value::Integer(2), Value::text("Eve")]);
    commit(&database, vec![Change::Delete { table, row: RowId(2), old: old.clone() }])?;
    let gone = drop_users(&database)?;
    bring_users(&database, gone)?;
    let table = users(&database)?;
    let (rev, prev) = (3, EventId(4));
    commit(&database, vec![Change::Restore { table, row: RowId(2), rev, prev, new: old }])?;
    let gone = drop_users(&database)?;
    assert_eq!(bring_users(&database, gone)?, EventId(12));
    Ok(())
}

#[test]
fn salvage_brings_back_what_came_and_went_where_lines_are_lost() -> Result<(), Error> {
    let mut went_on = 0;
    for every in 1..=11 {
        for event in 1..=12 {
            let vfs = MemVfs::default();
            eventful(&vfs, every)?;
            let when = format!("a snapshot every {every}, event {event}");
            damage(&vfs, event);
            let reading = OpenOptions { read_only: true, whole: true, ..options(vfs.clone()) };
            let database = Database::open(directory(), reading)?;
            let expected = rows(&database, database.head(), "users")?;
            let saved = database.salvage_to(Path::new("saved"), options(vfs.clone()));
            let SalvageReport { ranges, .. } = saved.unwrap_or_else(|e| panic!("{when}: {e}"));
            let saved = Database::open(Path::new("saved"), options(vfs.clone()))?;
            let when = format!("{when}: {ranges:?}");
            assert_eq!(rows(&saved, saved.head(), "users")?, expected, "{when}");
            assert_sound(&saved, &when)?;
            went_on += ranges.windows(2).filter(|two| !two[0].is_whole && two[1].is_whole).count();
        }
    }
    assert!(went_on > 40, "behind the lost lines it went on {went_on} times");
    Ok(())
}
