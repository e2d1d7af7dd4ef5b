//! Disks that refuse, fail and lie.

use super::hooked_vfs::{Countdown, DiskHooks, DiskOperation, HookedVfs};
use super::*;
use crate::storage::{Access, Database, SchemaChange};
use std::io;

/// What a disk does when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The next write reaches the file in half and fails.
    Write,
    /// The next sync fails.
    Sync,
    /// Nothing may be opened for writing.
    Forbidden,
    /// Nothing may be created.
    Full,
    /// The next cut fails.
    Truncate,
    /// Nothing may be removed or renamed.
    Remove,
}

/// A disk in memory that fails after some operations of one kind.
#[derive(Debug)]
struct Faulty {
    fault: Fault,
    left: Countdown,
}

/// A disk with these files that fails after some operations of one kind.
fn faulty(vfs: &MemVfs, fault: Fault, after: usize) -> HookedVfs<Faulty> {
    HookedVfs::new(vfs.clone(), Faulty { fault, left: Countdown::new(after) })
}

impl Faulty {
    fn check(&self, fault: Fault, error: impl Into<io::Error>) -> io::Result<()> {
        if self.fault != fault || self.left.count() {
            return Ok(());
        }
        Err(error.into())
    }
}

impl DiskHooks for Faulty {
    fn before(&self, _: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        // What is written into the lock file matters to nobody, and the index follows the log.
        let is_spared = path.ends_with("LOCK") || path.ends_with("events.index");
        let bad_disk = || io::Error::other("bad disk");
        match operation {
            DiskOperation::Open(access) => {
                if access != Access::Read {
                    self.check(Fault::Forbidden, io::ErrorKind::PermissionDenied)?;
                }
                if access == Access::CreateNew {
                    self.check(Fault::Full, io::ErrorKind::StorageFull)?;
                }
                Ok(())
            }
            DiskOperation::Write if !is_spared => self.check(Fault::Write, bad_disk()),
            DiskOperation::Truncate if !is_spared => self.check(Fault::Truncate, bad_disk()),
            DiskOperation::Sync if !is_spared => {
                self.check(Fault::Sync, bad_disk()).inspect_err(|_| {
                    // Once only: the second sync would say that all is well.
                    self.left.end();
                })
            }
            DiskOperation::Remove => self.check(Fault::Remove, io::ErrorKind::PermissionDenied),
            // The log and its projections are made by renaming: only what they are made in is not.
            DiskOperation::Rename if path.extension().is_none() => {
                self.check(Fault::Remove, io::ErrorKind::PermissionDenied)
            }
            DiskOperation::Write
            | DiskOperation::Truncate
            | DiskOperation::Sync
            | DiskOperation::CreateDirectory
            | DiskOperation::SyncDirectory
            | DiskOperation::Rename => Ok(()),
        }
    }
}

#[test]
fn after_a_failed_write_or_sync_reads_go_on_and_writes_do_not() -> Result<(), Error> {
    let accounts = accounts(1);
    for fault in [Fault::Write, Fault::Sync] {
        for after in 0..4 {
            let vfs = MemVfs::default();
            let disk = faulty(&vfs, fault, after);
            let (store, _) = open(&options(disk))?;
            let mut acknowledged = Vec::new();
            let mut appended = store.append(
                vec![Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts)))],
                Metadata::default(),
            );
            for row in 1.. {
                match appended {
                    Ok(events) => acknowledged.extend(events),
                    Err(Error::Io { path, .. }) => {
                        assert_eq!(path, log_path());
                        break;
                    }
                    Err(other) => panic!("{other}"),
                }
                appended =
                    store.append(vec![account(&accounts, row, "Ada", 1)], Metadata::default());
            }
            assert_eq!(acknowledged.len(), after.saturating_sub(1), "the header comes first");
            if after == 0 {
                // Nothing is left of a log that could not be created, and so nothing is uncertain.
                assert!(!store.is_created() && vfs.contents(&log_path()).is_none());
                continue;
            }
            for _ in 0..2 {
                let refused =
                    store.append(vec![account(&accounts, 9, "Eve", 1)], Metadata::default());
                assert!(matches!(refused, Err(Error::Poisoned)), "{refused:?}");
            }
            assert!(matches!(store.check_writable(), Err(Error::Poisoned)));
            assert_eq!(shown(&read_all(&store)), shown(&acknowledged));
            drop(store);
            // What failed may be there or not; what was acknowledged is.
            let (store, events) = open(&options(vfs))?;
            assert_eq!(shown(&events[..acknowledged.len()]), shown(&acknowledged));
            assert!(events.len() <= acknowledged.len() + 1);
            append_more(&store)?;
        }
    }
    Ok(())
}

#[test]
fn what_cannot_be_written_is_opened_for_reading() -> Result<(), Error> {
    let (log, transactions) = sample();
    let all = shown(&transactions.concat());
    let vfs = files_with(&log);
    let (store, events) = open(&options(faulty(&vfs, Fault::Forbidden, 0)))?;
    assert_eq!(shown(&events), all);
    assert_eq!(store.notices().len(), 1);
    assert!(
        store.notices()[0].starts_with("opened read-only: cannot open"),
        "{:?}",
        store.notices()
    );
    assert!(matches!(store.check_writable(), Err(Error::ReadOnly { .. })));
    Ok(())
}

#[test]
fn what_cannot_be_repaired_is_opened_for_reading() -> Result<(), Error> {
    let (log, transactions) = sample();
    let all = shown(&transactions.concat());
    let torn = [&log[..], b"{\"event\":19"].concat();
    for fault in [Fault::Full, Fault::Write, Fault::Sync, Fault::Truncate] {
        let vfs = files_with(&torn);
        let (store, events) = open(&options(faulty(&vfs, fault, 0)))?;
        assert_eq!(shown(&events), all);
        assert_eq!(shown(&read_all(&store)), all);
        assert!(store.notices()[0].contains("left out"), "{:?}", store.notices());
        assert!(matches!(store.check_writable(), Err(Error::ReadOnly { .. })));
        assert_eq!(log_of(&vfs), torn);
        drop(store);
        let (store, events) = open(&options(vfs.clone()))?;
        assert_eq!((shown(&events), log_of(&vfs)), (all.clone(), log.clone()));
        assert!(store.check_writable().is_ok());
    }
    Ok(())
}

#[test]
fn a_log_that_was_moved_replaced_or_written_by_others_takes_nothing_more() -> Result<(), Error> {
    let accounts = accounts(1);
    let elsewhere = directory().join("elsewhere");
    type Disturbance = (&'static str, fn(&MemVfs, &Path));
    let disturb: [Disturbance; 4] = [
        ("moved", |vfs, to| vfs.rename(&log_path(), to).expect("it is there")),
        ("removed", |vfs, _| vfs.remove(&log_path()).expect("it is there")),
        ("replaced", |vfs, _| vfs.put(&log_path(), log_of(vfs))),
        ("written", |vfs, _| {
            let file = vfs.open(&log_path(), Access::Write).expect("it is there");
            file.write_at(file.size().expect("a size"), b"x").expect("memory");
        }),
    ];
    for (what, disturb) in disturb {
        let vfs = MemVfs::default();
        let (store, _) = open(&options(vfs.clone()))?;
        let create = Operation::Schema(SchemaChange::CreateTable(Arc::clone(&accounts)));
        store.append(vec![create], Metadata::default())?;
        disturb(&vfs, &elsewhere);
        let before = (vfs.contents(&log_path()), vfs.contents(&elsewhere));
        for _ in 0..2 {
            let operations = vec![account(&accounts, 1, "Ada", 100)];
            let appended = store.append(operations, Metadata::default());
            assert!(matches!(appended, Err(Error::Replaced { .. })), "{what}: {appended:?}");
        }
        assert_eq!((vfs.contents(&log_path()), vfs.contents(&elsewhere)), before, "{what}");
        assert_eq!(store.head(), EventId(1), "{what}");
    }
    Ok(())
}

#[test]
fn a_salvage_that_fails_leaves_no_trace() -> Result<(), Error> {
    for fault in [Fault::Write, Fault::Sync, Fault::Full] {
        let mut is_whole = false;
        for after in 0..200 {
            let vfs = MemVfs::default();
            super::across::history(&vfs)?;
            super::across::damage(&vfs, 3);
            let reading = OpenOptions { read_only: true, whole: true, ..options(vfs.clone()) };
            let database = Database::open(directory(), reading)?;
            let disk = faulty(&vfs, fault, after);
            let saved = database.salvage_to(Path::new("saved"), options(disk));
            let is_there = |name: &str| vfs.names(Path::new(name)).is_ok();
            assert!(!is_there("saved.part"), "{fault:?} {after}");
            assert_eq!(is_there("saved"), saved.is_ok(), "{fault:?} {after}: {saved:?}");
            is_whole = saved.is_ok();
            if is_whole {
                break;
            }
        }
        assert!(is_whole, "{fault:?} strikes for ever");
    }
    Ok(())
}

#[test]
fn a_salvage_names_what_it_cannot_remove() -> Result<(), Error> {
    let vfs = MemVfs::default();
    super::across::history(&vfs)?;
    super::across::damage(&vfs, 3);
    let reading = OpenOptions { read_only: true, whole: true, ..options(vfs.clone()) };
    let database = Database::open(directory(), reading)?;
    let disk = faulty(&vfs, Fault::Remove, 0);
    let error = database.salvage_to(Path::new("saved/"), options(disk)).expect_err("it is full");
    assert_eq!(error.code(), "io");
    let said = error.to_string();
    assert!(said.contains("; saved.part/"), "{said}");
    assert!(said.ends_with("is left behind and of no use: remove it"), "{said}");
    // What an attempt has left is nobody's to remove but whose it was.
    let error =
        database.salvage_to(Path::new("saved"), options(vfs.clone())).expect_err("in the way");
    assert!(error.to_string().contains("saved.part"), "{error}");
    Ok(())
}
