//! The scrub: the older log is read again, a step at a time.

use super::database::{commit, create, row};
use super::*;
use crate::storage::{Access, CatalogFile, Database};

fn open_database(vfs: &MemVfs) -> Result<Database, Error> {
    Database::open(directory(), options(vfs.clone()))
}

/// A database of so many rows that was closed, opened again.
fn reopened(vfs: &MemVfs, count: i64) -> Result<Database, Error> {
    let database = open_database(vfs)?;
    commit(&database, vec![create("users")])?;
    (1..=count).try_for_each(|id| commit(&database, vec![row(&database, id, "Ada")?]).map(drop))?;
    drop(database);
    open_database(vfs)
}

#[test]
fn it_reads_to_the_end_in_steps_and_then_no_more() -> Result<(), Error> {
    for (budget, most) in [(1, 21), (600, 16), (u64::MAX, 1)] {
        let database = reopened(&MemVfs::default(), 20)?;
        let mut steps = 1;
        while database.scrub(budget)? {
            steps += 1;
        }
        assert!(steps <= most && (steps > 1 || most == 1), "{steps} steps of {budget}");
        assert!(!database.scrub(budget)?, "it has come to the end");
    }
    let new = open_database(&MemVfs::default())?;
    assert!(!new.scrub(1)?, "there is nothing to read");
    Ok(())
}

#[test]
fn it_finds_every_byte_that_flips() -> Result<(), Error> {
    let length = {
        let vfs = MemVfs::default();
        drop(reopened(&vfs, 3)?);
        log_of(&vfs).len()
    };
    let step = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 1 } else { 3 };
    for at in (0..length).step_by(step) {
        let vfs = MemVfs::default();
        let database = reopened(&vfs, 3)?;
        let byte = log_of(&vfs)[at] ^ 1 << (at % 8);
        let file = vfs.open(&log_path(), Access::Write).expect("a log");
        file.write_at(u64::try_from(at).expect("small"), &[byte]).expect("memory");
        let found =
            std::iter::repeat_with(|| database.scrub(300)).find(|step| !matches!(step, Ok(true)));
        let found = found.expect("it ends").map(|_| ()).expect_err("a byte is another");
        assert_eq!(found.code(), "corrupt", "byte {at}: {found}");
        assert_eq!(database.begin().map(drop).expect_err("ended").code(), "damaged", "byte {at}");
        assert_eq!(database.scrub(1).ok(), Some(false), "it has ended");
    }
    Ok(())
}

#[test]
fn how_far_it_came_is_in_the_catalog_and_only_a_hint() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = reopened(&vfs, 20)?;
    assert!(database.scrub(1500)?);
    let came_to = database.store().scrubbed();
    assert!(came_to > EventId(3) && came_to < EventId(20), "{came_to}");
    commit(&database, vec![row(&database, 21, "Eve")?])?;
    drop(database);
    let catalog = || CatalogFile::load(&vfs, directory()).expect("sound").expect("it is there");
    assert_eq!(catalog().scrubbed, came_to);
    // The next session goes on there, and when it is through the round begins anew.
    let database = open_database(&vfs)?;
    assert_eq!(database.store().scrubbed(), came_to);
    assert!(!database.scrub(u64::MAX)?);
    commit(&database, vec![row(&database, 22, "Eve")?])?;
    drop(database);
    assert_eq!(catalog().scrubbed, EventId::START);
    // A hint beyond the log, or inside of a transaction, is none.
    for hint in [EventId(500), EventId::NEVER] {
        let wrong = CatalogFile { scrubbed: hint, ..catalog() };
        wrong.save(&vfs, directory())?;
        let database = open_database(&vfs)?;
        assert!(!database.scrub(u64::MAX)?);
        assert!(database.store().check_writable().is_ok());
    }
    Ok(())
}

#[test]
fn in_the_background_it_finds_damage_and_says_so() -> Result<(), Error> {
    let vfs = MemVfs::default();
    drop(reopened(&vfs, 5)?);
    let file = vfs.open(&log_path(), Access::Write).expect("a log");
    let at = log_of(&vfs).len() / 2;
    let running = Environment { vfs: Arc::new(vfs.clone()), ..Environment::standard() };
    let options = OpenOptions { environment: running, ..OpenOptions::default() };
    let database = Database::open(directory(), options)?;
    file.write_at(u64::try_from(at).expect("small"), b"\0").expect("memory");
    let mut notices = Vec::new();
    for _ in 0..600 {
        notices = database.take_notices();
        if !notices.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let notices = notices.join("\n");
    assert!(notices.contains("nothing is written any more"), "{notices}");
    assert_eq!(database.begin().map(drop).expect_err("ended").code(), "damaged");
    Ok(())
}
