//! One database writes, another one follows it.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::{Change, Database};

fn index_path() -> PathBuf {
    directory().join("events.index")
}

/// A database that writes, with a table and one row, and one that follows.
fn pair(vfs: &MemVfs) -> Result<(Database, Database), Error> {
    let writer = Database::open(directory(), options(vfs.clone()))?;
    commit(&writer, vec![create("users")])?;
    commit(&writer, vec![row(&writer, 1, "Ada")?])?;
    let follower = Database::open(directory(), following(vfs))?;
    Ok((writer, follower))
}

fn following(vfs: &MemVfs) -> OpenOptions {
    OpenOptions { follow: true, ..options(vfs.clone()) }
}

#[test]
fn who_follows_sees_what_the_writer_committed() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, follower) = pair(&vfs)?;
    assert_eq!((writer.holder(), writer.follow()?), (None, None));
    let process = format!("process {}", std::process::id());
    assert_eq!((follower.holder(), follower.head()), (Some(process.as_str()), EventId(2)));
    assert_eq!(follower.begin().expect_err("the other one writes").code(), "read-only");
    assert_eq!(follower.follow()?, None);
    let before = follower.latest()?;
    for id in 2..40 {
        commit(&writer, vec![row(&writer, id, "Eve")?])?;
        if id == 20 {
            commit(&writer, vec![create("more"), Change::Tag { name: "half".into(), at: None }])?;
        }
        if id % 3 == 0 {
            assert_eq!(follower.follow()?, Some(writer.head()));
        }
    }
    assert_eq!(follower.follow()?, None);
    assert_eq!(before.period(), Period::at(EventId(2)));
    assert_eq!(follower.store().tags(), writer.store().tags());
    assert_eq!(follower.lifetimes("more"), writer.lifetimes("more"));
    assert_eq!(
        (follower.last_tx(), follower.store().last_at()),
        (writer.last_tx(), writer.store().last_at())
    );
    for event in 0..=writer.head().0 {
        let event = EventId(event);
        assert_eq!(rows(&follower, event, "users")?, rows(&writer, event, "users")?, "{event}");
        assert_eq!(follower.committed_at(event)?, writer.committed_at(event)?);
    }
    assert_eq!(shown(&read_all(follower.store())), shown(&read_all(writer.store())));
    Ok(())
}

#[test]
fn epochs_turn_while_following_and_the_past_stays() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let every = |options| OpenOptions { snapshot_every: Some(3), ..options };
    let writer = Database::open(directory(), every(options(vfs.clone())))?;
    commit(&writer, vec![create("users")])?;
    let follower = Database::open(directory(), every(following(&vfs)))?;
    for id in 1..60 {
        commit(&writer, vec![row(&writer, id, "Eve")?])?;
        if id % 7 == 0 {
            follower.follow()?;
        }
    }
    drop(writer);
    assert_eq!(follower.follow()?, Some(EventId(60)));
    for event in 1..=60 {
        let seen = rows(&follower, EventId(event), "users")?.len();
        assert_eq!(seen as u64, event - 1, "event {event}");
    }
    Ok(())
}

#[test]
fn nothing_is_read_behind_the_last_entry_of_the_index() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, follower) = pair(&vfs)?;
    let behind = vfs.contents(&index_path()).expect("an index");
    commit(&writer, vec![row(&writer, 2, "Eve")?, row(&writer, 3, "Bob")?])?;
    let whole = vfs.contents(&index_path()).expect("an index");
    // The log has the events, and nobody says yet that they are durable.
    for end in behind.len()..whole.len() {
        vfs.put(&index_path(), &whole[..end]);
        assert_eq!(follower.follow()?, None, "{end} bytes of the index");
        let opened = Database::open(directory(), following(&vfs))?;
        assert_eq!(opened.head(), EventId(2), "{end} bytes of the index");
    }
    vfs.put(&index_path(), whole);
    assert_eq!(follower.follow()?, Some(EventId(4)));
    Ok(())
}

#[test]
fn a_line_that_is_being_written_is_left_alone() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, follower) = pair(&vfs)?;
    commit(&writer, vec![row(&writer, 2, "Eve")?])?;
    let end = log_of(&vfs).len() as u64;
    let log = vfs.open(&log_path(), crate::storage::Access::Write).expect("it is there");
    log.write_at(end, b"{\"event\":4,\"tx\":4,\"at").expect("memory takes it");
    assert_eq!(follower.follow()?, Some(EventId(3)));
    assert_eq!(follower.follow()?, None);
    assert_eq!(rows(&follower, EventId(3), "users")?, ["1 'Ada'", "2 'Eve'"]);
    Ok(())
}

#[test]
fn whoever_only_reads_beside_a_writer_reads_what_is_durable() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, _) = pair(&vfs)?;
    let behind = vfs.contents(&index_path()).expect("an index");
    commit(&writer, vec![row(&writer, 2, "Eve")?])?;
    commit(&writer, vec![row(&writer, 3, "Ida")?])?;
    drop(writer);
    // Two transactions whose sync has not come back, and half of a third.
    vfs.put(&index_path(), behind);
    vfs.remove(&directory().join("_catalog.json")).expect("written when it was closed");
    let end = log_of(&vfs).len() as u64;
    let log = vfs.open(&log_path(), crate::storage::Access::Write).expect("it is there");
    log.write_at(end, b"{\"event\":5,\"tx\":5,\"at").expect("memory takes it");
    let reading = || OpenOptions { read_only: true, ..options(vfs.clone()) };
    let lock = vfs.open(&directory().join("LOCK"), crate::storage::Access::Create);
    let lock = lock.expect("memory takes it");
    assert!(lock.try_lock().expect("nobody has it"));
    let reader = Database::open(directory(), reading())?;
    assert_eq!((reader.head(), reader.notices()), (EventId(2), &[][..]));
    assert_eq!(rows(&reader, EventId(2), "users")?, ["1 'Ada'"]);
    assert!(reader.holder().is_none(), "it was asked to read only");
    // Nobody writes any more: what a crash left is judged as recovery does.
    drop(lock);
    let reader = Database::open(directory(), reading())?;
    assert_eq!(reader.head(), EventId(4));
    assert!(reader.notices()[0].ends_with("after event 4 left out"), "{:?}", reader.notices());
    Ok(())
}

#[test]
fn a_log_that_was_just_created_is_followed_from_its_header_on() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let writer = Database::open(directory(), options(vfs.clone()))?;
    commit(&writer, vec![create("users")])?;
    let (log, index) = (log_of(&vfs), vfs.contents(&index_path()).expect("an index"));
    let fresh = MemVfs::default();
    fresh.put(&log_path(), b"");
    let lock = fresh.open(&directory().join("LOCK"), crate::storage::Access::Create);
    let lock = lock.expect("memory takes it");
    assert!(lock.try_lock().expect("nobody has it"));
    let follower = Database::open(directory(), following(&fresh))?;
    assert_eq!((follower.head(), follower.follow()?), (EventId(0), None));
    let file = fresh.open(&log_path(), crate::storage::Access::Write).expect("it is there");
    file.write_at(0, &log).expect("memory takes it");
    fresh.put(&index_path(), index);
    assert_eq!(follower.follow()?, Some(EventId(1)));
    Ok(())
}

#[test]
fn a_log_that_is_another_one_is_refused_and_the_session_stays() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, follower) = pair(&vfs)?;
    let log = log_of(&vfs);
    commit(&writer, vec![row(&writer, 2, "Eve")?])?;
    let more = log_of(&vfs);
    drop(writer);
    let file = vfs.open(&log_path(), crate::storage::Access::Write).expect("it is there");
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("cut", log[..log.len() - 1].to_vec(), "replaced"),
        ("short", log.clone(), "corrupt"),
        ("flipped", flipped(&more, more.len() - 40), "corrupt"),
        ("known", flipped(&more, log.len() - 40), "corrupt"),
    ];
    for (name, bytes, code) in cases {
        file.truncate(0).and_then(|()| file.write_at(0, &bytes)).expect("memory takes it");
        assert_eq!(follower.follow().expect_err(name).code(), code, "{name}");
        assert_eq!((follower.head(), follower.last_tx().0), (EventId(2), 2), "{name}");
        assert_eq!(follower.latest()?.period(), Period::at(EventId(2)));
    }
    file.truncate(0).and_then(|()| file.write_at(0, &more)).expect("memory takes it");
    assert_eq!(follower.follow()?, Some(EventId(3)), "what was put right is followed again");
    vfs.rename(&log_path(), &directory().join("old.log")).expect("it is there");
    assert_eq!(follower.follow().expect_err("it is gone").code(), "replaced");
    vfs.put(&log_path(), more.clone());
    assert_eq!(follower.follow().expect_err("it is another file").code(), "replaced");
    assert_eq!(rows(&follower, EventId(3), "users")?, ["1 'Ada'", "2 'Eve'"]);
    Ok(())
}

#[test]
fn who_gives_the_writers_place_up_follows_and_writes_after_opening_again() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let (writer, _) = pair(&vfs)?;
    drop(writer);
    let first = Database::open(directory(), following(&vfs))?;
    assert!(!first.is_read_only(), "nobody else writes");
    let transaction = first.begin()?;
    let held = Database::open(
        directory(),
        OpenOptions { busy_timeout: Duration::ZERO, ..options(vfs.clone()) },
    );
    assert_eq!(held.expect_err("the first has the place").code(), "busy");
    first.give_up_place();
    first.give_up_place();
    assert_eq!((first.is_read_only(), first.holder()), (true, None));
    assert_eq!(first.begin().expect_err("it was given up").code(), "read-only");
    assert_eq!(first.begin_deferred()?.base(), EventId(2));
    let mut late = transaction;
    late.record(vec![create("late")])?;
    let refused = first.commit(late, Metadata::default()).expect_err("it was given up");
    assert_eq!(refused.code(), "read-only");
    let second = Database::open(directory(), options(vfs.clone()))?;
    commit(&second, vec![row(&second, 2, "Eve")?])?;
    assert_eq!(first.follow()?, Some(EventId(3)));
    assert_eq!(rows(&first, EventId(3), "users")?, ["1 'Ada'", "2 'Eve'"]);
    // What is written to files when it is closed is the writer's to write.
    let catalog = vfs.contents(&directory().join("_catalog.json"));
    first.checkpoint()?;
    drop(first);
    assert_eq!(vfs.contents(&directory().join("_catalog.json")), catalog);
    commit(&second, vec![row(&second, 3, "Ida")?])?;
    second.give_up_place();
    let third = Database::open(directory(), options(vfs.clone()))?;
    commit(&third, vec![row(&third, 4, "Bob")?])?;
    assert_eq!((second.follow()?, third.head()), (Some(EventId(5)), EventId(5)));
    Ok(())
}

/// These bytes with one of them another.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[at] ^= 1;
    flipped
}
