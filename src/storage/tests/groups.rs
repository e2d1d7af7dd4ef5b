//! Transactions that are staged and settled together: who sees what, and what a crash leaves of them.

use super::database::{create, row, rows};
use super::hooked_vfs::{DiskHooks, DiskOperation, HookedVfs};
use super::*;
use crate::storage::{Change, CommittedTransaction, Database};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes of a page, which reaches the disk or not.
const PAGE: usize = 4096;

/// Stages changes on what this session sees.
fn stage(
    database: &Database,
    own: &mut EventId,
    changes: Vec<Change>,
) -> Result<CommittedTransaction, Error> {
    let mut fork = database.begin_for(*own, None)?;
    fork.record(changes)?;
    let committed = database.stage(fork, Metadata::default())?.expect("it has events");
    *own = committed.last;
    Ok(committed)
}

/// A row of the table of users as somebody sees it who staged `own` last.
fn user(database: &Database, own: EventId, id: u64, name: &str) -> Result<Change, Error> {
    let table = Arc::clone(database.latest_for(own)?.schema().table("users").expect("created"));
    let id = Value::Integer(i64::try_from(id).expect("small"));
    Ok(Change::Insert { table, row: None, new: vec![id, Value::text(name)] })
}

/// A database with a table, and a group of transactions behind that: how many are whole up to each event.
fn staged_group(disk: impl Vfs + 'static) -> Result<(Database, EventId, Vec<EventId>), Error> {
    let database = Database::open(directory(), options(disk))?;
    super::database::commit(&database, vec![create("users")])?;
    super::database::commit(&database, vec![row(&database, 1, "Ada")?])?;
    let mut own = EventId::START;
    let mut ends = vec![database.head()];
    for transaction in 0..6_u64 {
        let name = "x".repeat(700);
        let users = (0..3).map(|n| user(&database, own, 10 + transaction * 3 + n, &name));
        let users = users.collect::<Result<_, _>>()?;
        ends.push(stage(&database, &mut own, users)?.last);
    }
    Ok((database, own, ends))
}

#[test]
fn what_is_staged_is_seen_by_who_staged_it_and_by_others_when_it_is_settled() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (database, own, ends) = staged_group(vfs.clone())?;
    let durable = ends[0];
    assert_eq!((database.head(), database.head_for(own)), (durable, own));
    assert_eq!(database.latest()?.period().last, durable);
    assert_eq!(database.latest_for(own)?.period().last, own);
    let beyond = database.view(Period::at(own));
    assert!(matches!(beyond, Err(Error::BeyondHead { .. })), "{beyond:?}");
    assert_eq!(database.store().last_of(TxId(3))?, None);
    // Nobody builds upon what is not durable but who staged it.
    assert_eq!(database.begin_for(own, None)?.base(), own);
    assert_eq!(database.head(), durable);
    assert_eq!(database.begin_deferred()?.base(), own);
    assert_eq!(database.head(), own);
    for (at, end) in ends.iter().enumerate() {
        assert_eq!(rows(&database, *end, "users")?.len(), 1 + 3 * at);
    }
    // One batch: each first line names what was durable when the batch began.
    let text = String::from_utf8(log_of(&vfs)).expect("the log is text");
    let named = text.lines().filter(|line| line.contains(&format!("\"durable\":{durable},")));
    assert_eq!(named.count(), ends.len() - 1);
    Ok(())
}

#[test]
fn a_large_transaction_and_a_long_epoch_wait_for_the_disk() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let options = OpenOptions { snapshot_every: Some(10), ..options(vfs) };
    let database = Database::open(directory(), options)?;
    super::database::commit(&database, vec![create("users")])?;
    let mut own = EventId::START;
    let name = "x".repeat(3 << 20);
    for id in 1..=3 {
        let change = user(&database, own, id, &name)?;
        stage(&database, &mut own, vec![change])?;
        let unsettled = database.head() < own;
        assert_eq!(unsettled, id < 3, "user {id}");
    }
    for id in 4..40 {
        let change = user(&database, own, id, "Ada")?;
        stage(&database, &mut own, vec![change])?;
        let began = database.latest_for(own)?.period().last.0 / 10 * 10;
        assert!(database.head() >= EventId(began), "an epoch ends with what is durable");
    }
    Ok(())
}

/// Opens what a crash left, twice, and holds it against the transactions that there were: what is there is
/// whole ones, at least those that were durable.
fn check_prefix(vfs: &MemVfs, ends: &[EventId], what: &str) -> Result<EventId, Error> {
    let database = Database::open(directory(), options(vfs.clone()))?;
    let head = database.head();
    let whole = ends.iter().position(|end| *end == head);
    let whole = whole.unwrap_or_else(|| panic!("{what}: half a transaction, up to event {head}"));
    assert_eq!(rows(&database, head, "users")?.len(), 1 + 3 * whole, "{what}");
    drop(database);
    let before = log_of(vfs);
    let database = Database::open(directory(), options(vfs.clone()))?;
    assert_eq!((database.head(), log_of(vfs)), (head, before), "{what}: opened again");
    Ok(head)
}

#[test]
fn a_torn_group_is_a_prefix_of_whole_transactions() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (database, own, ends) = staged_group(vfs.clone())?;
    let durable = log_of(&vfs).len();
    database.settle(own)?;
    let log = log_of(&vfs);
    drop(database);
    let step = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 1 } else { 37 };
    for length in (durable..=log.len()).step_by(step) {
        let head = check_prefix(&files_with(&log[..length]), &ends, &format!("{length} bytes"))?;
        assert!(length < log.len() || head == own);
    }
    // Any of its pages may be missing, and be zeros or what stood there before the file grew.
    let pages: Vec<_> = (durable / PAGE..log.len().div_ceil(PAGE)).collect();
    assert!((4..=8).contains(&pages.len()), "{pages:?}");
    for lost in 0..1_u32 << pages.len() {
        for cut in [log.len(), log.len() - log.len() % PAGE] {
            let mut torn = log[..cut].to_vec();
            for (at, page) in pages.iter().enumerate().filter(|(at, _)| lost & 1 << at != 0) {
                let _ = at;
                let start = (page * PAGE).max(durable).min(cut);
                torn[start..((page + 1) * PAGE).min(cut).max(start)].fill(0);
            }
            check_prefix(&files_with(&torn), &ends, &format!("without {lost:b} of {cut}"))?;
        }
    }
    Ok(())
}

/// A disk that refuses one operation on the log.
#[derive(Debug)]
struct Refusal {
    operation: DiskOperation,
    left: AtomicUsize,
}

impl DiskHooks for Refusal {
    fn before(&self, _: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        if operation != self.operation || !path.ends_with("events.log") {
            return Ok(());
        }
        match self.left.fetch_sub(1, Ordering::Relaxed) {
            1 => Err(io::Error::other("bad disk")),
            _ => Ok(()),
        }
    }
}

#[test]
fn what_the_disk_refuses_never_was() -> Result<(), Error> {
    // The header, two transactions, then the group.
    for operation in [DiskOperation::Write, DiskOperation::Sync] {
        let vfs = MemVfs::default();
        let refusal = Refusal { operation, left: AtomicUsize::new(4) };
        let (database, own, ends) = staged_group(HookedVfs::new(vfs.clone(), refusal))?;
        let durable = ends[0];
        let refused = database.settle(own);
        assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
        // Whoever staged a part of it is told, whoever asks first.
        assert!(matches!(database.settle(ends[1]), Err(Error::Io { .. })));
        database.settle(durable)?;
        assert_eq!((database.head(), database.head_for(own)), (durable, durable));
        assert_eq!(database.latest_for(own)?.period().last, durable);
        assert_eq!(rows(&database, durable, "users")?, ["1 'Ada'"]);
        assert_eq!(read_all(database.store()).len(), 2);
        assert_eq!(database.store().tags().len(), 0);
        let fork = database.begin_for(own, None)?;
        assert_eq!(fork.base(), durable);
        assert!(matches!(database.begin(), Err(Error::Poisoned)));
        drop(database);
        assert!(check_prefix(&vfs, &ends, "reopened")? >= durable);
    }
    Ok(())
}

/// What a disk was asked, and by whom something was seen.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<DiskOperation>>);

impl DiskHooks for Recorder {
    fn before(&self, _: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        if path.ends_with("events.log") || path.ends_with("events.index") {
            self.0.lock().expect("nobody panics").push(operation);
        }
        Ok(())
    }
}

#[test]
fn a_group_is_one_write_and_one_sync_and_then_its_index() -> Result<(), Error> {
    let disk = HookedVfs::new(MemVfs::default(), Recorder::default());
    let (database, own, _) = staged_group(disk.clone())?;
    disk.hooks.0.lock().expect("nobody panics").clear();
    database.settle(own)?;
    let asked = disk.hooks.0.lock().expect("nobody panics").clone();
    assert_eq!(asked, [DiskOperation::Write, DiskOperation::Sync, DiskOperation::Write]);
    Ok(())
}
