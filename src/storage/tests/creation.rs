//! A database that cannot be created leaves nothing behind, and what is somebody else's is left alone.

use super::database::{commit, create, row, rows};
use super::hooked_vfs::{Countdown, DiskHooks, DiskOperation, HookedVfs};
use super::*;
use crate::storage::{Access, Database};
use std::fs;
use std::io;

/// A disk that is full after so many creations, writes and syncs, until there is room again.
#[derive(Debug)]
struct Full {
    left: Countdown,
}

impl DiskHooks for Full {
    fn before(&self, vfs: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        let takes_room = match operation {
            DiskOperation::Open(Access::Create | Access::CreateNew) => vfs.contents(path).is_none(),
            DiskOperation::CreateDirectory
            | DiskOperation::SyncDirectory
            | DiskOperation::Write
            | DiskOperation::Sync => true,
            DiskOperation::Open(Access::Read | Access::Write)
            | DiskOperation::Rename
            | DiskOperation::Remove
            | DiskOperation::Truncate => false,
        };
        if !takes_room || self.left.count() {
            return Ok(());
        }
        Err(io::ErrorKind::StorageFull.into())
    }
}

/// A disk with these files and room for so much.
fn full_after(vfs: &MemVfs, left: usize) -> HookedVfs<Full> {
    HookedVfs::new(vfs.clone(), Full { left: Countdown::new(left) })
}

#[test]
fn a_disk_that_is_full_when_a_database_is_created_keeps_no_trace_of_it() -> Result<(), Error> {
    let path = Path::new("far/away/bank");
    let mut refused = 0;
    for left in 0..12 {
        let vfs = MemVfs::default();
        let disk = full_after(&vfs, left);
        let database = Database::open(path, options(disk.clone()))?;
        if commit(&database, vec![create("users")]).is_ok() {
            continue;
        }
        if database.store().is_created() {
            // The log is there with its header, and what failed was the first event.
            continue;
        }
        refused += 1;
        for gone in [path, Path::new("far/away"), Path::new("far")] {
            assert!(vfs.names(gone).is_err(), "after {left}: {} is there", gone.display());
        }
        // With room again it works, in the same session and in another one.
        disk.hooks.left.end();
        commit(&database, vec![create("users")])?;
        drop(database);
        let database = Database::open(path, options(vfs))?;
        assert_eq!((database.head(), database.notices()), (EventId(1), &[][..]), "after {left}");
    }
    assert!(refused >= 4, "{refused}");
    Ok(())
}

#[test]
fn a_tail_that_cannot_be_kept_leaves_no_half_of_it() -> Result<(), Error> {
    let (log, _) = sample();
    let torn = [&log[..], b"{\"event\":15,\"tx\":9"].concat();
    for left in 0..8 {
        let vfs = files_with(&torn);
        let disk = full_after(&vfs, left);
        // The file of the lock takes two.
        let (store, _) = open(&options(disk))?;
        assert!(store.check_writable().is_err(), "after {left}");
        assert!(vfs.names(&directory().join("lost+found")).is_err(), "after {left}");
        assert_eq!(log_of(&vfs), torn, "after {left}");
    }
    Ok(())
}

/// What somebody else has put in the place of our files.
#[derive(Clone, Copy, Debug)]
enum Foreign {
    Directory,
    File,
}

#[test]
fn foreign_things_are_never_overwritten_and_block_nobody() -> Result<(), Error> {
    let cases = [
        ("users.db", Foreign::Directory),
        ("users.db", Foreign::File),
        ("users.db.tmp", Foreign::Directory),
        ("snapshots", Foreign::File),
        ("_catalog.json", Foreign::Directory),
        ("events.index", Foreign::Directory),
        ("DAMAGED", Foreign::Directory),
        ("lost+found", Foreign::File),
        ("notes.txt", Foreign::File),
        ("backup.db", Foreign::File),
        ("sub", Foreign::Directory),
    ];
    for (name, what) in cases {
        let root = tempfile::tempdir().expect("a directory for temporary files");
        let path = root.path().join(name);
        match what {
            Foreign::Directory => {
                fs::create_dir(&path).expect("a directory");
                fs::write(path.join("inside"), "theirs").expect("a file");
            }
            Foreign::File => fs::write(&path, "theirs, not ours").expect("a file"),
        }
        let when = format!("{name}, {what:?}");
        for id in 1..=3 {
            let options = OpenOptions { snapshot_every: Some(1), ..OpenOptions::default() };
            let database = Database::open(root.path(), options)?;
            if id == 1 {
                commit(&database, vec![create("users")])?;
            }
            assert!(!database.is_read_only(), "{when}");
            commit(&database, vec![row(&database, id, "Ada")?])?;
            // Both files that are written are tried.
            drop(database.checkpoint());
        }
        let reading = OpenOptions { read_only: true, ..OpenOptions::default() };
        let database = Database::open(root.path(), reading)?;
        assert_eq!(rows(&database, database.head(), "users")?.len(), 3, "{when}");
        assert_eq!(rows(&database, EventId(2), "users")?.len(), 1, "{when}");
        match what {
            Foreign::Directory => {
                let inside = fs::read(path.join("inside")).expect("it is there");
                assert_eq!(inside, b"theirs", "{when}");
            }
            Foreign::File => {
                assert_eq!(fs::read(&path).expect("it is there"), b"theirs, not ours", "{when}");
            }
        }
    }
    Ok(())
}
