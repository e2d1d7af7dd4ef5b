//! Snapshots that were asked for, and those that make themselves.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::base::SnapshotId;
use crate::storage::checkpoint::view_source::ViewSource;
use crate::storage::past::schedule::Schedule;
use crate::storage::versions::State;
use crate::storage::{Database, SnapshotManager};

fn open_every(vfs: &MemVfs, every: Option<u64>) -> Result<Database, Error> {
    Database::open(directory(), OpenOptions { snapshot_every: every, ..options(vfs.clone()) })
}

/// The names of the snapshots' files.
fn files(vfs: &MemVfs) -> Vec<String> {
    let mut names = vfs.names(&directory().join("snapshots")).unwrap_or_default();
    names.sort();
    names
}

fn remove_all(vfs: &MemVfs) {
    for name in files(vfs) {
        vfs.remove(&directory().join("snapshots").join(name)).expect("it is there");
    }
}

/// A table and some rows, one event each.
fn fill(database: &Database, last: i64) -> Result<(), Error> {
    commit(database, vec![create("users")])?;
    (1..=last).try_for_each(|id| commit(database, vec![row(database, id, "Ada")?]).map(drop))
}

#[test]
fn only_those_that_were_asked_for_have_numbers() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, Some(2))?;
    fill(&database, 4)?;
    assert_eq!(database.snapshots(), []);
    let (first, committed) = database.take_snapshot(None, Metadata::default())?;
    assert_eq!((first, committed.last), (1, EventId(6)));
    commit(&database, vec![row(&database, 5, "Ada")?])?;
    assert_eq!(database.take_snapshot(Some("two".into()), Metadata::default())?.0, 2);
    let listed = |database: &Database| -> Vec<(u64, EventId, bool)> {
        let all = database.snapshots().into_iter();
        all.map(|info| (info.id, info.event, info.file.is_some())).collect()
    };
    assert_eq!(listed(&database), [(1, EventId(6), true), (2, EventId(8), true)]);
    drop(database);
    let automatic = [2, 4, 6, 8].map(|event| format!("snapshot_at_{event}.json"));
    let asked_for = [1, 2].map(|number| format!("snapshot_{number}.json"));
    assert_eq!(files(&vfs), [&asked_for[..], &automatic[..]].concat());
    // The markers stand without their files, and a file makes no number.
    let database = open_every(&vfs, None)?;
    let manager = SnapshotManager::new(Arc::new(vfs.clone()), directory());
    let entry = manager.latest()?.expect("there are some");
    let mut head = manager.load(&entry, &entry.position.anchor())?.header().clone();
    drop(database);
    remove_all(&vfs);
    (head.id, head.tables) = (SnapshotId::Number(u64::MAX), Vec::new());
    manager.save(&head, &ViewSource(&Database::in_memory()?.latest()?))?;
    let database = open_every(&vfs, Some(1000))?;
    assert_eq!(listed(&database), [(1, EventId(6), false), (2, EventId(8), false)]);
    assert_eq!(database.take_snapshot(None, Metadata::default())?.0, 3);
    assert_eq!(rows(&database, database.head(), "users")?.len(), 5);
    Ok(())
}

#[test]
fn those_that_are_gone_are_made_again() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, Some(3))?;
    fill(&database, 4)?;
    drop(database);
    assert_eq!(files(&vfs), ["snapshot_at_3.json"]);
    remove_all(&vfs);
    // When the database is closed, though nothing was written.
    drop(open_every(&vfs, Some(3))?);
    assert_eq!(files(&vfs), ["snapshot_at_5.json"]);
    drop(open_every(&vfs, Some(3))?);
    assert_eq!(files(&vfs), ["snapshot_at_5.json"]);
    remove_all(&vfs);
    // Or when something is, and from there they are counted.
    let database = open_every(&vfs, Some(3))?;
    for id in 5..=8 {
        commit(&database, vec![row(&database, id, "Ada")?])?;
    }
    drop(database);
    assert_eq!(files(&vfs), ["snapshot_at_6.json", "snapshot_at_9.json"]);
    // By whoever has nothing but the log, where they were.
    let log = files_with(&log_of(&vfs));
    drop(open_every(&log, Some(3))?);
    let names = [3, 6, 9].map(|event| format!("snapshot_at_{event}.json"));
    assert_eq!(files(&log), names);
    // Nobody makes them who only reads.
    remove_all(&log);
    let options = OpenOptions { read_only: true, snapshot_every: Some(3), ..options(log.clone()) };
    let reader = Database::open(directory(), options)?;
    for event in 1..=9 {
        assert_eq!(rows(&reader, EventId(event), "users")?.len() as u64, event - 1);
    }
    drop(reader);
    assert_eq!(files(&log), [""; 0]);
    Ok(())
}

#[test]
fn a_file_that_cannot_be_written_is_a_notice() -> Result<(), Error> {
    let root = tempfile::tempdir().expect("a directory for temporary files");
    let path = root.path().join("shop");
    let database = Database::open(&path, OpenOptions::default())?;
    fill(&database, 2)?;
    let in_the_way = path.join("snapshots").join("snapshot_1.json");
    std::fs::create_dir_all(in_the_way.join("theirs")).expect("a directory");
    let theirs = path.join("snapshots").join("snapshot_2.json");
    std::fs::write(&theirs, "theirs").expect("a file");
    let (number, committed) = database.take_snapshot(None, Metadata::default())?;
    assert_eq!((number, committed.last), (1, EventId(4)));
    let notices = database.take_notices();
    let said = "snapshot 1 names event 4, but its file was not written: ";
    assert!(notices.len() == 1 && notices[0].starts_with(said), "{notices:?}");
    assert_eq!(database.take_notices(), [""; 0]);
    let all = database.snapshots();
    assert_eq!((all.len(), &all[0].file, all[0].event), (1, &None, EventId(4)));
    assert_eq!(database.take_snapshot(None, Metadata::default())?.0, 2);
    assert!(database.take_notices()[0].ends_with("another file has its name"));
    assert_eq!(database.take_snapshot(None, Metadata::default())?.0, 3);
    assert!(database.snapshots()[2].file.is_some());
    assert_eq!(std::fs::read(&theirs).expect("it is there"), b"theirs");
    assert!(in_the_way.join("theirs").is_dir());
    Ok(())
}

#[test]
fn they_make_themselves_where_the_log_grew_by_four_events_for_each_row() {
    let accounts = accounts(1);
    let mut state = State::default();
    let mut schedule = Schedule::new(None);
    let mut made = Vec::new();
    for event in 1..=120_000_u64 {
        let operation = match event {
            1 => Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts))),
            event => account(&accounts, event - 1, "Ada", 1),
        };
        let tx = crate::types::TxId(event);
        state
            .apply(&Event { id: EventId(event), tx, at: START, operation, cause: None, last: None })
            .expect("all is in memory");
        if schedule.is_due(EventId(event)) {
            state.start_epoch().expect("it can be read back");
            made.extend(schedule.next_epoch(&state).then_some(event));
        }
    }
    assert_eq!(made, [100_000]);
    let is_due = |schedule: &Schedule, event| schedule.is_snapshot_due(EventId(event));
    assert_eq!([499_995, 499_996].map(|event| is_due(&schedule, event)), [false, true]);
    // Opened again it goes on from the last, as far as the last is there.
    state.start_epoch().expect("it can be read back");
    schedule.begin(&state, EventId(100_000));
    assert_eq!([499_999, 500_000].map(|event| is_due(&schedule, event)), [false, true]);
    schedule.begin(&state, EventId::START);
    assert!(is_due(&schedule, 120_000));
}

#[test]
fn the_past_is_reached_epoch_by_epoch() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, None)?;
    commit(&database, vec![create("users")])?;
    for first in (1..=60_000).step_by(1000) {
        let all = (first..first + 1000).map(|id| row(&database, id, "Ada"));
        commit(&database, all.collect::<Result<_, _>>()?)?;
    }
    drop(database);
    let database = open_every(&vfs, None)?;
    assert_eq!((database.store().replayed(), files(&vfs)), (0, Vec::new()));
    let replayed = |event: u64| -> Result<u64, Error> {
        let view = database.view(Period::at(EventId(event)))?.to_string();
        let words: Vec<&str> = view.split(' ').collect();
        let at = words.iter().position(|word| word.starts_with("event") && *word != "event");
        let count = at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok());
        Ok(count.unwrap_or(0))
    };
    // The first goes through all epochs before it, which are kept; the next goes on from there.
    let first = replayed(25_000)?;
    assert!((25_000..60_000).contains(&first), "{first}");
    assert_eq!(replayed(5_000)?, 0);
    assert_eq!(replayed(25_500)?, 0);
    let next = replayed(first + 500)?;
    assert!(next > 500 && next < first, "{next}");
    let users = Arc::clone(database.latest()?.schema().table("users").expect("created before"));
    let all = Period { first: EventId(1), last: database.head() };
    let changes = database.changes(&users, all, None)?.collect::<Result<Vec<_>, _>>()?;
    assert!(changes.iter().map(|change| change.event.0).eq(2..=60_001));
    Ok(())
}
