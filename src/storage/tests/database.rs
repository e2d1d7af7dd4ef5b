//! Databases in directories and in memory, alone and side by side.

use super::*;
use crate::storage::SchemaChange;
use crate::storage::{Change, Database};
use std::sync::atomic::Ordering;

pub(super) fn create(name: &str) -> Change {
    let columns = [("id", DataType::Integer), ("name", DataType::Text)];
    Change::Schema(SchemaChange::CreateTable(Arc::new(TableSchema::clone(&table(
        0, name, &columns,
    )))))
}

/// Commits changes as one transaction.
pub(super) fn commit(database: &Database, changes: Vec<Change>) -> Result<EventId, Error> {
    let mut fork = database.begin()?;
    fork.record(changes)?;
    let committed = database.commit(fork, Metadata::default())?;
    Ok(committed.map_or(database.head(), |committed| committed.last))
}

/// All rows of a table as text.
pub(super) fn rows(database: &Database, event: EventId, name: &str) -> Result<Vec<String>, Error> {
    let view = database.view(Period::at(event))?;
    let Some(table) = view.schema().table(name) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for batch in view.table(table).scan(&[0, 1]) {
        let batch = batch?;
        for at in 0..batch.rows.len() {
            let value = |column: usize| {
                let data_type = table.columns[column].data_type;
                crate::types::column::value_at(&batch.columns[column], data_type, at).to_string()
            };
            rows.push(format!("{} {}", value(0), value(1)));
        }
    }
    Ok(rows)
}

pub(super) fn row(database: &Database, id: i64, name: &str) -> Result<Change, Error> {
    let view = database.latest()?;
    let table = Arc::clone(view.schema().table("users").expect("created before"));
    Ok(Change::Insert { table, row: None, new: vec![Value::Integer(id), Value::text(name)] })
}

#[test]
fn a_database_is_there_again_with_all_its_past() -> Result<(), Error> {
    let root = tempfile::tempdir().expect("a directory for temporary files");
    let path = root.path().join("shop");
    let mut asked = Vec::new();
    {
        let database = Database::open(&path, OpenOptions::default())?;
        assert_eq!((database.name(), database.head()), ("shop", EventId(0)));
        assert!(!path.exists(), "nothing was written yet");
        assert_eq!(commit(&database, vec![create("users")])?, EventId(1));
        let both = vec![row(&database, 1, "Ada")?, row(&database, 2, "Eve")?];
        assert_eq!(commit(&database, both)?, EventId(3));
        let users = Arc::clone(database.latest()?.schema().table("users").expect("created"));
        let old = vec![Value::Integer(1), Value::text("Ada")];
        let new = vec![Value::Integer(1), Value::text("Ida")];
        let update = Change::Update { table: Arc::clone(&users), row: RowId(1), old, new };
        assert_eq!(commit(&database, vec![update])?, EventId(4));
        assert_eq!(
            commit(&database, vec![Change::Schema(SchemaChange::DropTable(users))])?,
            EventId(5)
        );
        assert_eq!(commit(&database, Vec::new())?, EventId(5));
        for event in 0..=5 {
            asked.push(rows(&database, EventId(event), "users")?);
        }
    }
    assert_eq!(asked[3], ["1 'Ada'", "2 'Eve'"]);
    assert_eq!(asked[4], ["1 'Ida'", "2 'Eve'"]);
    let database = Database::open(&path, OpenOptions { create: false, ..OpenOptions::default() })?;
    for (event, expected) in (0..).zip(&asked) {
        assert_eq!(rows(&database, EventId(event), "users")?, *expected, "event {event}");
    }
    assert_eq!(database.lifetimes("USERS"), [(EventId(1), Some(EventId(5)))]);
    assert!(matches!(database.view(Period::at(EventId(6))), Err(Error::BeyondHead { .. })));
    assert_eq!(database.at_time(database.now())?, EventId(5));
    Ok(())
}

#[test]
fn one_writes_and_the_others_wait_or_read() -> Result<(), Error> {
    let root = tempfile::tempdir().expect("a directory for temporary files");
    let path = root.path().join("db");
    let patience = Duration::from_millis(30);
    let options = || OpenOptions { busy_timeout: patience, ..OpenOptions::default() };
    let first = Database::open(&path, options())?;
    commit(&first, vec![create("users")])?;
    let busy = Database::open(&path, options()).expect_err("the first has the lock");
    assert_eq!(busy.code(), "busy");
    assert!(busy.to_string().contains(&format!("process {}", std::process::id())), "{busy}");
    let reader = Database::open(&path, OpenOptions { read_only: true, ..options() })?;
    assert_eq!((reader.head(), reader.is_read_only()), (EventId(1), true));
    assert!(reader.notices().is_empty(), "{:?}", reader.notices());
    assert!(matches!(reader.begin(), Err(Error::ReadOnly { .. })));
    drop(first);
    let second = Database::open(&path, options())?;
    assert_eq!(commit(&second, vec![create("more")])?, EventId(2));
    Ok(())
}

#[test]
fn a_wait_for_the_writer_can_be_interrupted() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let first = Database::open(directory(), options(vfs.clone()))?;
    commit(&first, vec![create("users")])?;
    // Nobody would wait so long for this test.
    let patient = OpenOptions { busy_timeout: Duration::from_secs(600), ..options(vfs) };
    let interrupt = Arc::clone(&patient.interrupt);
    let waiting = std::thread::spawn(move || Database::open(directory(), patient).map(|_| ()));
    std::thread::sleep(Duration::from_millis(30));
    assert!(!waiting.is_finished());
    interrupt.store(true, Ordering::Relaxed);
    let ended = waiting.join().expect("it does not panic");
    assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
    Ok(())
}

#[test]
fn two_that_saw_no_database_cannot_both_create_it() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let first = Database::open(directory(), options(vfs.clone()))?;
    let second = Database::open(directory(), options(vfs.clone()))?;
    commit(&first, vec![create("users")])?;
    assert_eq!(commit(&second, vec![create("users")]).expect_err("locked").code(), "busy");
    drop(first);
    assert_eq!(commit(&second, vec![create("users")]).expect_err("exists").code(), "busy");
    drop(second);
    assert_eq!(Database::open(directory(), options(vfs))?.head(), EventId(1));
    Ok(())
}

#[test]
fn a_transaction_on_an_old_view_is_stale() -> Result<(), Error> {
    let database = Database::in_memory()?;
    assert_eq!((database.name(), database.path()), ("memory", None));
    commit(&database, vec![create("users")])?;
    let (mut ours, mut theirs) = (database.begin()?, database.begin()?);
    ours.record(vec![row(&database, 1, "Ada")?])?;
    theirs.record(vec![row(&database, 2, "Eve")?])?;
    let view = database.latest()?;
    database.commit(theirs, Metadata::default())?;
    let error = database.commit(ours, Metadata::default()).expect_err("they were first");
    assert_eq!(error.code(), "stale");
    assert_eq!(rows(&database, database.head(), "users")?, ["2 'Eve'"]);
    assert_eq!(view.period(), Period::at(EventId(1)));
    Ok(())
}

#[test]
fn what_is_no_database_is_not_opened() -> Result<(), Error> {
    let root = tempfile::tempdir().expect("a directory for temporary files");
    let nowhere = root.path().join("nowhere");
    let must_exist = || OpenOptions { create: false, ..OpenOptions::default() };
    let code = |opened: Result<Database, Error>| opened.map_err(|error| error.code()).err();
    assert_eq!(code(Database::open(&nowhere, must_exist())), Some("not-found"));
    assert_eq!(code(Database::open(root.path(), must_exist())), Some("not-found"));
    std::fs::write(root.path().join("cat.jpg"), "").expect("a file");
    assert_eq!(code(Database::open(root.path(), must_exist())), Some("not-a-database"));
    let vfs = MemVfs::default();
    vfs.put(directory(), "a file");
    assert_eq!(code(Database::open(directory(), options(vfs))), Some("not-a-database"));
    Ok(())
}

#[test]
fn databases_are_shared_by_threads() -> Result<(), Error> {
    let database = Arc::new(Database::in_memory()?);
    commit(&database, vec![create("users")])?;
    let writers: Vec<_> = (0..4_i64)
        .map(|writer| {
            let database = Arc::clone(&database);
            std::thread::spawn(move || {
                let mut written = 0;
                while written < 25 {
                    let insert = row(&database, writer * 100 + written, "Ada").expect("reads");
                    match commit(&database, vec![insert]) {
                        Ok(_) => written += 1,
                        Err(error) => assert_eq!(error.code(), "stale"),
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().expect("no writer panics"));
    assert_eq!(database.head(), EventId(101));
    assert_eq!(rows(&database, EventId(101), "users")?.len(), 100);
    Ok(())
}
