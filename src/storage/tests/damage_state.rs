//! The damage state: whoever finds the log damaged ends writing, and it is remembered.

use super::database::{commit, create, row, rows};
use super::verify::verify;
use super::*;
use crate::storage::store::damage::DAMAGED;
use crate::storage::{Access, Database};

/// A database with a snapshot after every fourth event, or none.
fn open_database(vfs: &MemVfs) -> Result<Database, Error> {
    Database::open(directory(), OpenOptions { snapshot_every: Some(4), ..options(vfs.clone()) })
}

/// Some events, a snapshot and a checkpoint in their middle.
fn some(vfs: &MemVfs) -> Result<Database, Error> {
    let database = open_database(vfs)?;
    commit(&database, vec![create("users")])?;
    for id in 1..=3 {
        commit(&database, vec![row(&database, id, "Ada")?])?;
    }
    database.checkpoint()?;
    commit(&database, vec![row(&database, 4, "Eve")?, row(&database, 5, "Bob")?])?;
    Ok(database)
}

/// Changes a byte of the log where it is, as a bad disk would.
fn flip(vfs: &MemVfs, at: usize, bits: u8) {
    let byte = log_of(vfs)[at];
    let file = vfs.open(&log_path(), Access::Write).expect("a log");
    file.write_at(u64::try_from(at).expect("small"), &[byte ^ bits]).expect("memory");
}

fn record(vfs: &MemVfs) -> Option<String> {
    let bytes = vfs.contents(&directory().join(DAMAGED))?;
    Some(String::from_utf8(bytes).expect("a line of JSON"))
}

/// Makes sure that nothing is written any more, now or after the next opening.
fn assert_ended(vfs: &MemVfs, database: Database, when: &str) {
    let before = log_of(vfs);
    let refused = database.begin().map(drop).expect_err(when);
    assert_eq!(refused.code(), "damaged", "{when}: {refused}");
    assert_eq!(database.latest().map(|view| view.period().last).ok(), Some(database.head()));
    let catalog = vfs.contents(&directory().join("_catalog.json"));
    drop(database);
    assert_eq!(vfs.contents(&directory().join("_catalog.json")), catalog, "{when}");
    let first = record(vfs).expect(when);
    for _ in 0..2 {
        let refused = open_database(vfs).map(drop).expect_err(when);
        assert_eq!(refused.code(), "corrupt", "{when}: {refused}");
        assert_eq!((log_of(vfs), record(vfs)), (before.clone(), Some(first.clone())), "{when}");
    }
}

#[test]
fn every_bit_that_flips_behind_an_open_database_ends_all_writing() -> Result<(), Error> {
    let length = {
        let vfs = MemVfs::default();
        let _open = some(&vfs)?;
        log_of(&vfs).len()
    };
    // Every byte takes half a minute, and a part of them is as telling.
    let step = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 1 } else { 5 };
    for at in (0..length).step_by(step) {
        let bits = 1 << (at % 8);
        let vfs = MemVfs::default();
        let database = some(&vfs)?;
        flip(&vfs, at, bits);
        let when = format!("byte {at}");
        verify(&database)?;
        assert_ended(&vfs, database, &when);
        // Put right, it is read whole and goes on; the record is gone for good.
        flip(&vfs, at, bits);
        let database = open_database(&vfs)?;
        let notices = database.notices().join("\n");
        assert!(notices.contains("it is good again, all of it was read"), "{when}: {notices}");
        assert_eq!(record(&vfs), None, "{when}");
        commit(&database, vec![row(&database, 6, "Ida")?])?;
        drop(database);
        let database = open_database(&vfs)?;
        assert_eq!(database.notices(), [""; 0], "{when}");
        assert_eq!(rows(&database, EventId(7), "users")?.len(), 6, "{when}");
    }
    Ok(())
}

#[test]
fn the_record_says_where_and_what() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = some(&vfs)?;
    let log = log_of(&vfs);
    let start = log.windows(11).position(|text| text == b"{\"event\":3,").expect("a line");
    flip(&vfs, start + 30, 1);
    verify(&database)?;
    let record = record(&vfs).expect("it was found");
    let read: serde_json::Value = serde_json::from_str(&record).expect("a line of JSON");
    assert_eq!(record.lines().count(), 1);
    assert_eq!(read["file"], "events.log");
    assert_eq!(
        (read["offset"].as_u64(), read["event"].as_u64()),
        (u64::try_from(start).ok(), Some(3))
    );
    assert_eq!(read["found"], "the checksum is wrong");
    assert!(read["expected"].as_str().is_some_and(|text| text.contains("\"crc\":")), "{record}");
    Ok(())
}

#[test]
fn what_another_process_remembers_ends_writing_here() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = some(&vfs)?;
    let reader = Database::open(directory(), OpenOptions { follow: true, ..options(vfs.clone()) })?;
    let fork = database.begin()?;
    let at = log_of(&vfs).windows(11).position(|text| text == b"{\"event\":2,").expect("a line");
    flip(&vfs, at + 40, 4);
    verify(&reader)?;
    assert!(record(&vfs).is_some());
    drop(fork);
    let before = log_of(&vfs);
    let add = vec![row(&database, 6, "Ida")?];
    let refused = commit(&database, add).expect_err("the reader has seen it");
    assert_eq!(refused.code(), "damaged", "{refused}");
    assert_eq!(log_of(&vfs), before);
    assert_ended(&vfs, database, "after the reader");
    Ok(())
}

#[test]
fn a_follower_that_comes_upon_damage_remembers_it() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = some(&vfs)?;
    let reader = Database::open(directory(), OpenOptions { follow: true, ..options(vfs.clone()) })?;
    let end = log_of(&vfs).len();
    commit(&database, vec![row(&database, 6, "Ida")?])?;
    flip(&vfs, end + 20, 1);
    assert_eq!(reader.follow().expect_err("it is damaged").code(), "corrupt");
    assert_eq!(reader.head(), EventId(6));
    assert_eq!(
        commit(&database, vec![row(&database, 7, "Jo")?]).expect_err("ended").code(),
        "damaged"
    );
    assert_ended(&vfs, database, "after the follower");
    Ok(())
}

#[test]
fn a_query_of_the_past_that_comes_upon_damage_ends_writing() -> Result<(), Error> {
    let vfs = MemVfs::default();
    drop(some(&vfs)?);
    let database = open_database(&vfs)?;
    let at = log_of(&vfs).windows(11).position(|text| text == b"{\"event\":3,").expect("a line");
    flip(&vfs, at + 40, 2);
    assert_eq!(rows(&database, EventId(6), "users")?.len(), 5);
    assert_eq!(rows(&database, EventId(3), "users").expect_err("it is there").code(), "corrupt");
    assert_ended(&vfs, database, "after the query");
    Ok(())
}

#[test]
fn a_record_that_is_there_already_is_never_overwritten() -> Result<(), Error> {
    for bytes in [&b""[..], b"{\"file\":", b"something else\n"] {
        let vfs = MemVfs::default();
        let database = some(&vfs)?;
        let path = directory().join(DAMAGED);
        vfs.put(&path, bytes);
        let at = log_of(&vfs).len() - 30;
        flip(&vfs, at, 1);
        verify(&database)?;
        assert_eq!(vfs.contents(&path).as_deref(), Some(bytes));
        assert_ended(&vfs, database, "with another record");
        flip(&vfs, at, 1);
        assert!(!open_database(&vfs)?.is_read_only());
        assert_eq!(record(&vfs), None);
    }
    Ok(())
}

#[test]
fn the_damaged_end_is_not_cut_as_one_that_a_crash_left() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = some(&vfs)?;
    let at = log_of(&vfs).len() - 30;
    flip(&vfs, at, 1);
    verify(&database)?;
    drop(database);
    for name in ["events.index", "_catalog.json"] {
        vfs.remove(&directory().join(name)).expect("it is there");
    }
    let before = log_of(&vfs);
    assert_eq!(open_database(&vfs).map(drop).expect_err("it was safe").code(), "corrupt");
    assert_eq!(log_of(&vfs), before);
    Ok(())
}

#[test]
fn whoever_only_reads_reads_on() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = some(&vfs)?;
    let at = log_of(&vfs).windows(11).position(|text| text == b"{\"event\":3,").expect("a line");
    flip(&vfs, at + 40, 2);
    verify(&database)?;
    drop(database);
    let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
    let database = Database::open(directory(), reading)?;
    assert!(database.notices().join("\n").contains("event 3"), "{:?}", database.notices());
    assert_eq!(database.begin().map(drop).expect_err("damaged").code(), "read-only");
    assert_eq!(rows(&database, EventId(6), "users")?.len(), 5);
    assert_eq!(rows(&database, EventId(4), "users")?.len(), 3);
    assert_eq!(rows(&database, EventId(3), "users").expect_err("it is there").code(), "corrupt");
    Ok(())
}
