//! What is found again by opening a database, and what is known of its past then.

use super::database::{commit, create, row, rows};
use super::hooked_vfs::{DiskHooks, DiskOperation, HookedVfs};
use super::*;
use crate::storage::SchemaChange;
use crate::storage::checkpoint::view_source::ViewSource;
use crate::storage::store::index::IndexEntry;
use crate::storage::{Access, Change, Database, Random, SnapshotManager};
use crate::types::{PseudoColumn, column::value_at};
use std::io;
use std::sync::Mutex;
use std::sync::mpsc::channel;

/// A database with a snapshot after so many events.
fn open_every(vfs: &MemVfs, every: u64) -> Result<Database, Error> {
    let options = OpenOptions { snapshot_every: Some(every), ..options(vfs.clone()) };
    Database::open(directory(), options)
}

/// Creates a table and inserts rows, one event each; the last is event `count + 1`.
fn fill(database: &Database, count: i64) -> Result<(), Error> {
    commit(database, vec![create("users")])?;
    (1..=count).try_for_each(|id| commit(database, vec![row(database, id, "Ada")?]).map(drop))
}

/// Nothing but the log.
fn only_log(vfs: &MemVfs) -> MemVfs {
    files_with(&log_of(vfs))
}

#[test]
fn epochs_passed_on_opening_know_of_transactions() -> Result<(), Error> {
    let vfs = MemVfs::default();
    fill(&open_every(&vfs, 4)?, 10)?;
    let database = open_every(&only_log(&vfs), 4)?;
    let view = database.view(Period::at(EventId(3)))?;
    let users = view.schema().table("users").expect("created before");
    let tx = users.index_of(PseudoColumn::Tx);
    let batch = view.table(users).scan(&[tx]).next().expect("there are rows")?;
    let found: Vec<Value> =
        (0..2).map(|at| value_at(&batch.columns[0], DataType::Integer, at)).collect();
    assert_eq!(found, [Value::Integer(2), Value::Integer(3)]);
    Ok(())
}

#[test]
fn a_view_of_the_past_knows_which_row_came_next() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 10)?;
    let head = database.head().0;
    for event in 1..=head {
        let view = database.view(Period::at(EventId(event)))?;
        let users = view.schema().table("users").expect("created before");
        assert_eq!(view.table(users).next_row(), RowId(event), "at event {event}");
    }
    Ok(())
}

#[test]
fn a_log_that_ends_too_early_is_no_short_answer() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 10)?;
    let log = log_of(&vfs);
    let cut = log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(5).expect("long").0;
    vfs.open(&log_path(), Access::Write)
        .and_then(|file| file.truncate(u64::try_from(cut + 1).expect("small")))
        .expect("memory");
    let all = Period { first: EventId(1), last: EventId::NEVER };
    let read: Result<Vec<Event>, Error> = database.store().read(all).collect();
    assert_eq!(read.expect_err("half of the events are gone").code(), "corrupt");
    Ok(())
}

#[test]
fn a_view_that_is_kept_keeps_nobody_out() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 3)?;
    let view = database.latest()?;
    drop(database);
    let database = open_every(&vfs, 1000)?;
    assert!(!database.is_read_only());
    let users = view.schema().table("users").expect("created before");
    let batch = view.table(users).scan(&[users.index_of(PseudoColumn::Tx)]).next();
    assert_eq!(batch.expect("there are rows")?.rows.len(), 3);
    assert_eq!(commit(&database, vec![row(&database, 4, "Eve")?])?, EventId(5));
    Ok(())
}

#[test]
fn whoever_holds_a_closed_log_only_reads() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 3)?;
    let store = Arc::clone(database.store());
    drop(database);
    let refused = store
        .append(vec![Operation::Schema(SchemaChange::CreateTable(accounts(5)))], metadata("Late"));
    assert_eq!(refused.expect_err("another may be writing").code(), "read-only");
    assert_eq!(read_all(&store).len(), 4);
    Ok(())
}

#[test]
fn snapshots_are_of_the_log_s_tables() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 3)?;
    let (id, _) = database.take_snapshot(None, Metadata::default())?;
    commit(&database, vec![row(&database, 4, "Ada")?])?;
    drop(database);
    vfs.remove(&directory().join("_catalog.json")).expect("written when it was closed");
    // Sealed again without its table, whose rows are then nowhere.
    let manager = SnapshotManager::new(Arc::new(vfs.clone()), directory());
    let entry = manager.latest()?.expect("just taken");
    let mut head = manager.load(&entry, &entry.position.anchor())?.header().clone();
    head.tables.clear();
    manager.save(&head, &ViewSource(&Database::in_memory()?.latest()?))?;
    let database = open_every(&vfs, 1000)?;
    let notices = database.notices().join("\n");
    assert!(notices.contains(&format!("snapshot_{id}.json")), "{notices}");
    assert!(notices.ends_with("nothing is lost"), "{notices}");
    assert_eq!(rows(&database, EventId(6), "users")?.len(), 4);
    assert_eq!(rows(&database, EventId(5), "users")?.len(), 3);
    Ok(())
}

#[test]
fn what_was_read_last_is_read_on() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 4)?;
    fill(&database, 20)?;
    database.view_with_ends(Period::at(EventId(2)))?;
    commit(&database, vec![row(&database, 21, "Ada")?])?;
    let view = database.view_with_ends(Period::at(EventId(2)))?.to_string();
    assert!(view.contains(", 1 event replayed"), "{view}");
    Ok(())
}

/// Files to which another process writes while they are opened: the log has more when it comes to
/// the index. And a disk that is slow at snapshots.
#[derive(Debug)]
struct Growing {
    log: Vec<u8>,
    /// Who holds it keeps snapshots from being written.
    gate: Arc<Mutex<()>>,
}

impl DiskHooks for Growing {
    fn before(&self, vfs: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        if path.ends_with("events.index") && operation == DiskOperation::Open(Access::Read) {
            vfs.open(&log_path(), Access::Write)?.write_at(0, &self.log)?;
        }
        let is_to_write =
            matches!(operation, DiskOperation::Open(access) if access != Access::Read);
        if is_to_write && path.starts_with(directory().join("snapshots")) {
            drop(self.gate.lock().expect("nobody panics"));
        }
        Ok(())
    }
}

#[test]
fn a_log_that_grows_while_it_is_opened_to_be_read_is_whole() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 3)?;
    let half = log_of(&vfs);
    (4..=9).try_for_each(|id| commit(&database, vec![row(&database, id, "Ada")?]).map(drop))?;
    let log = log_of(&vfs);
    drop(database);
    vfs.put(&log_path(), half);
    vfs.remove(&directory().join("_catalog.json")).expect("written when it was closed");
    let reading = OpenOptions {
        read_only: true,
        ..options(HookedVfs::new(vfs, Growing { log, gate: Arc::default() }))
    };
    let reader = Database::open(directory(), reading)?;
    assert_eq!(reader.notices(), [""; 0]);
    assert_eq!((reader.head(), rows(&reader, EventId(10), "users")?.len()), (EventId(10), 9));
    Ok(())
}

/// Randomness that has the log read by somebody else while it is asked for bytes.
#[derive(Debug)]
struct Nosy(Mutex<Option<Arc<EventStore>>>);

impl Random for Nosy {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
        let Some(store) = self.0.lock().expect("nobody panics").take() else { return };
        let (sender, receiver) = channel();
        std::thread::spawn(move || sender.send(read_all(&store).len()));
        // Long enough for the other to come to where it waits, if it does.
        receiver.recv_timeout(Duration::from_millis(100)).ok();
    }
}

#[test]
fn whoever_reads_while_the_log_is_created_stops_nobody() {
    let nosy = Arc::new(Nosy(Mutex::default()));
    let mut options = options(MemVfs::default());
    options.environment.random = Arc::clone(&nosy) as Arc<dyn Random>;
    let store = Arc::new(open(&options).expect("nothing there yet").0);
    *nosy.0.lock().expect("nobody panics") = Some(Arc::clone(&store));
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let create = vec![Operation::Schema(SchemaChange::CreateTable(accounts(1)))];
        sender.send(store.append(create, metadata("First")).map(|events| events.len()))
    });
    let appended = receiver.recv_timeout(Duration::from_secs(20));
    assert_eq!(appended.expect("both go on").expect("memory takes all"), 1);
}

#[test]
fn snapshots_that_wait_are_few() -> Result<(), Error> {
    let gate = Arc::new(Mutex::new(()));
    let vfs = MemVfs::default();
    let slow = HookedVfs::new(vfs.clone(), Growing { log: Vec::new(), gate: Arc::clone(&gate) });
    let options = OpenOptions { snapshot_every: Some(1), ..options(slow) };
    let database = Arc::new(Database::open(directory(), options)?);
    let held = gate.lock().expect("nobody panics");
    let filling = Arc::clone(&database);
    let writer = std::thread::spawn(move || fill(&filling, 300));
    // Long enough for all of them, if nothing stopped them.
    std::thread::sleep(Duration::from_millis(300));
    let head = database.head();
    drop(held);
    writer.join().expect("nobody panics")?;
    assert!(head < EventId(100), "{head} snapshots wait");
    database.checkpoint()?;
    assert_eq!(database.take_notices(), [""; 0]);
    assert_eq!(database.snapshots(), []);
    drop(database);
    assert_eq!(SnapshotManager::new(Arc::new(vfs), directory()).list()?.len(), 301);
    Ok(())
}

#[test]
fn an_index_that_lies_about_an_event_keeps_no_log_from_being_opened() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 3)?;
    drop(database);
    // The insertion of event 3 as the creation of a table, sealed again; the header has 44 bytes.
    let path = directory().join("events.index");
    let mut index = vfs.contents(&path).expect("it was written");
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&index[16..32]);
    let place = 44 + 2 * 56..44 + 3 * 56;
    let entry = IndexEntry::decode(&index[place.clone()], EventId(3), &uuid).expect("it is sound");
    let lie = IndexEntry { operation: IndexEntry::operation_of("create_table"), ..entry };
    let mut bytes = Vec::new();
    lie.encode(EventId(3), &uuid, &mut bytes);
    index[place].copy_from_slice(&bytes);
    vfs.put(&path, index);
    let database = open_every(&vfs, 1000)?;
    let notices = database.notices().join("\n");
    assert!(notices.contains("events.index is wrong about event 3"), "{notices}");
    assert_eq!(rows(&database, EventId(4), "users")?.len(), 3);
    drop(database);
    assert_eq!(open_every(&vfs, 1000)?.notices(), [""; 0]);
    Ok(())
}

#[test]
fn rows_of_equal_keys_have_one_order_whenever_they_are_looked_at() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    commit(&database, vec![create("users")])?;
    let event = commit(&database, vec![row(&database, 7, "Ada")?, row(&database, 7, "Eve")?])?;
    let order = || -> Result<_, Error> {
        let view = database.view(Period::at(event))?;
        let users = view.schema().table("users").expect("created before");
        Ok(view.table(users).index_order(users.keys[0].id))
    };
    assert_eq!(order()?, Some(vec![RowId(1), RowId(2)]));
    // Of the second it is in the past now that it had the key.
    let table = Arc::clone(database.latest()?.schema().table("users").expect("created before"));
    let values = |id| vec![Value::Integer(id), Value::text("Eve")];
    let (old, new) = (values(7), values(8));
    commit(&database, vec![Change::Update { table, row: RowId(2), old, new }])?;
    assert_eq!(order()?, Some(vec![RowId(1), RowId(2)]));
    Ok(())
}
