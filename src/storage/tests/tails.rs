//! What stands behind the last event: zeros, and lengths that nobody wrote.

use super::hooked_vfs::{DiskHooks, HookedVfs};
use super::*;
use crate::storage::{Access, VfsFile};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn zeros_behind_the_end_are_cut_and_not_copied() -> Result<(), Error> {
    let (log, transactions) = sample();
    let all = shown(&transactions.concat());
    let last = all.len();
    for length in [1, 512, 4096, 4 << 20, 65 << 20] {
        let vfs = files_with(&log);
        let file = vfs.open(&log_path(), Access::Write).expect("a log");
        let size = u64::try_from(log.len() + length).expect("small");
        file.truncate(size).expect("memory");
        let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
        let (store, events) = open(&reading)?;
        assert_eq!(shown(&events), all, "{length}");
        let left = format!("events.log: {length} bytes of zeros after event {last} left out");
        assert_eq!(store.notices(), [left]);
        drop(store);
        let (store, events) = open(&options(vfs.clone()))?;
        assert_eq!(shown(&events), all, "{length}");
        let cut = format!("events.log: {length} bytes of zeros after event {last} cut");
        assert_eq!(store.notices(), [cut]);
        assert_eq!(log_of(&vfs), log, "{length}");
        assert!(vfs.names(&directory().join("lost+found")).is_err(), "{length}");
    }
    Ok(())
}

/// A disk on which one file is much longer than what is in it.
#[derive(Debug)]
struct Sparse {
    name: &'static str,
    size: u64,
    read: AtomicU64,
}

/// A disk with these files, one of them a terabyte long.
fn with_terabyte(vfs: &MemVfs, name: &'static str) -> HookedVfs<Sparse> {
    HookedVfs::new(vfs.clone(), Sparse { name, size: 1 << 40, read: AtomicU64::default() })
}

impl DiskHooks for Sparse {
    fn read_at(
        &self,
        file: &dyn VfsFile,
        path: &Path,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let read = file.read_at(offset, buffer)?;
        if !path.ends_with(self.name) {
            return Ok(read);
        }
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        buffer[read.min(length)..length].fill(0);
        self.read.fetch_add(u64::try_from(length).expect("small"), Ordering::Relaxed);
        Ok(length)
    }

    fn size(&self, file: &dyn VfsFile, path: &Path) -> io::Result<u64> {
        if path.ends_with(self.name) { Ok(self.size) } else { file.size() }
    }
}

/// No test here may read more than this.
const MOST_READ: u64 = 256 << 20;

#[test]
fn a_log_of_an_absurd_length_is_refused_before_it_is_read() -> Result<(), Error> {
    let (log, transactions) = sample();
    let vfs = files_with(&log);
    let disk = with_terabyte(&vfs, "events.log");
    let error = open(&options(disk.clone())).map(drop).expect_err("nobody wrote a terabyte");
    assert_eq!(error.code(), "corrupt");
    let left = (1_u64 << 40) - u64::try_from(log.len()).expect("small");
    assert!(
        error.to_string().contains(&format!("{left} bytes without the end of a line")),
        "{error}"
    );
    assert_eq!(log_of(&vfs), log);
    let reading = OpenOptions { read_only: true, ..options(disk.clone()) };
    let (_, events) = open(&reading)?;
    assert_eq!(shown(&events), shown(&transactions.concat()));
    assert!(disk.hooks.read.load(Ordering::Relaxed) < MOST_READ);
    Ok(())
}

#[test]
fn other_files_of_an_absurd_length_are_not_read_either() -> Result<(), Error> {
    use super::database::{commit, create, row, rows};
    use crate::storage::Database;
    for name in ["events.index", "_catalog.json", "users.db", "snapshot_1.json"] {
        let vfs = MemVfs::default();
        let database = Database::open(directory(), options(vfs.clone()))?;
        commit(&database, vec![create("users")])?;
        commit(&database, vec![row(&database, 1, "Ada")?])?;
        database.take_snapshot(None, Metadata::default())?;
        drop(database);
        let disk = with_terabyte(&vfs, name);
        let database = Database::open(directory(), options(disk.clone()))?;
        assert_eq!(rows(&database, EventId(3), "users")?, ["1 'Ada'"], "{name}");
        assert_eq!(rows(&database, EventId(2), "users")?, ["1 'Ada'"], "{name}");
        drop(database);
        assert!(disk.hooks.read.load(Ordering::Relaxed) < MOST_READ, "{name}");
    }
    Ok(())
}
