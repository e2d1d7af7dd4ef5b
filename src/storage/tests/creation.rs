//! A database that cannot be created leaves nothing behind, and what is somebody else's is left alone.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::{Access, Database, VfsFile};
use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A disk that is full after so many creations, writes and syncs, until there is room again.
#[derive(Clone, Debug)]
struct Full {
    vfs: MemVfs,
    left: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct FullFile {
    file: Arc<dyn VfsFile>,
    disk: Full,
}

impl Full {
    fn take(&self) -> io::Result<()> {
        let less = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}

impl Vfs for Full {
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>> {
        let is_new = self.vfs.contents(path).is_none();
        if is_new && matches!(access, Access::Create | Access::CreateNew) {
            self.take()?;
        }
        Ok(Arc::new(FullFile { file: self.vfs.open(path, access)?, disk: self.clone() }))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.take()?;
        self.vfs.create_directory(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.vfs.names(directory)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.take()?;
        self.vfs.sync_directory(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.vfs.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.vfs.remove(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.vfs.remove_directory(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.vfs.canonical(path)
    }
}

impl VfsFile for FullFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let Err(full) = self.disk.take() {
            self.file.write_at(offset, &bytes[..bytes.len() / 2])?;
            return Err(full);
        }
        self.file.write_at(offset, bytes)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.file.is_at(path)
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.file.truncate(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.take()?;
        self.file.sync()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.file.is_locked()
    }
}

#[test]
fn a_disk_that_is_full_when_a_database_is_created_keeps_no_trace_of_it() -> Result<(), Error> {
    let path = Path::new("far/away/bank");
    let mut refused = 0;
    for left in 0..12 {
        let vfs = MemVfs::default();
        let disk = Full { vfs: vfs.clone(), left: Arc::new(AtomicUsize::new(left)) };
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
        disk.left.store(usize::MAX, Ordering::Relaxed);
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
        let disk = Full { vfs: vfs.clone(), left: Arc::new(AtomicUsize::new(left)) };
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
