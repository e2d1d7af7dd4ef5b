//! Marks of durability: what stands beside a log binds it.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::store::damage::DAMAGED;
use crate::storage::{Access, Database};
use std::collections::BTreeMap;

const FILES: [&str; 4] = ["events.log", "events.index", "_catalog.json", "users.db"];

fn open_database(vfs: &MemVfs) -> Result<Database, Error> {
    Database::open(directory(), options(vfs.clone()))
}

/// A database of three events and one of five, whose third differs.
fn two() -> Result<[MemVfs; 2], Error> {
    let base = MemVfs::default();
    let database = open_database(&base)?;
    commit(&database, vec![create("users")])?;
    commit(&database, vec![row(&database, 1, "base")?])?;
    drop(database);
    let (one, other) = (copy(&base), copy(&base));
    let database = open_database(&one)?;
    commit(&database, vec![row(&database, 2, "one")?])?;
    database.take_snapshot(None, Metadata::default())?;
    drop(database);
    let database = open_database(&other)?;
    for (id, name) in [(2, "two"), (3, "three"), (4, "four")] {
        commit(&database, vec![row(&database, id, name)?])?;
    }
    drop(database);
    Ok([one, other])
}

/// All files of a database.
fn files(vfs: &MemVfs) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for directory in [directory().to_path_buf(), directory().join("snapshots")] {
        for name in vfs.names(&directory).unwrap_or_default() {
            let path = directory.join(name);
            found.extend(vfs.contents(&path).map(|bytes| (path, bytes)));
        }
    }
    found
}

fn copy(vfs: &MemVfs) -> MemVfs {
    let copy = MemVfs::default();
    files(vfs).into_iter().for_each(|(path, bytes)| copy.put(&path, bytes));
    copy
}

/// Puts files of one database in the place of those of another.
fn mix(into: &MemVfs, from: &MemVfs, names: &[&str]) {
    for name in names {
        let path = directory().join(name);
        into.put(&path, from.contents(&path).expect("it is there"));
    }
}

#[test]
fn a_log_of_another_history_is_refused_however_many_rungs_remain() -> Result<(), Error> {
    let [one, other] = two()?;
    for removed in [&[][..], &["_catalog.json"], &["users.db"], &["snapshots/snapshot_1.json"]] {
        for names in [&["events.log"][..], &["events.log", "events.index"]] {
            let vfs = copy(&one);
            mix(&vfs, &other, names);
            for name in removed {
                vfs.remove(&directory().join(name)).expect("it is there");
            }
            let before = files(&vfs);
            for _ in 0..2 {
                let when = format!("{names:?} without {removed:?}");
                let error = open_database(&vfs).map(drop).expect_err(&when);
                assert_eq!(error.code(), "corrupt", "{when}: {error}");
            }
            let after = files(&vfs);
            let only_lock = |path: &&PathBuf| !path.ends_with("LOCK") && !path.ends_with(DAMAGED);
            assert!(
                before.keys().filter(only_lock).all(|path| before.get(path) == after.get(path)),
                "{names:?}"
            );
        }
    }
    Ok(())
}

#[test]
fn another_history_is_named_and_can_be_read() -> Result<(), Error> {
    let [one, other] = two()?;
    mix(&one, &other, &["events.log", "events.index"]);
    let error = open_database(&one).map(drop).expect_err("another history").to_string();
    assert!(error.contains("bank/events.log is damaged at byte"), "{error}");
    assert!(error.contains("another history than bank/_catalog.json"), "{error}");
    assert_eq!(one.contents(&directory().join(DAMAGED)), None, "the log is good in itself");
    let reading = OpenOptions { read_only: true, ..options(one.clone()) };
    let database = Database::open(directory(), reading)?;
    assert_eq!(rows(&database, database.head(), "users")?.len(), 4);
    assert_eq!(rows(&database, EventId(3), "users")?, ["1 'base'", "2 'two'"]);
    assert!(!database.notices().join("\n").contains("nothing is lost"));
    drop(database);
    // The way out that is named.
    for name in ["_catalog.json", "snapshots/snapshot_1.json"] {
        one.remove(&directory().join(name)).expect("it is there");
    }
    let database = open_database(&one)?;
    assert!(database.notices().join("\n").ends_with("nothing is lost"), "{:?}", database.notices());
    assert_eq!(rows(&database, EventId(5), "users")?.len(), 4);
    Ok(())
}

#[test]
fn what_was_deleted_binds_nobody() -> Result<(), Error> {
    let [_, other] = two()?;
    for name in &FILES[1..] {
        let vfs = copy(&other);
        vfs.remove(&directory().join(name)).expect("it is there");
        let database = open_database(&vfs)?;
        assert_eq!(rows(&database, EventId(5), "users")?.len(), 4, "{name}");
        assert!(!database.is_read_only());
    }
    Ok(())
}

#[test]
fn without_a_catalog_the_whole_log_is_read_before_anything_is_written() -> Result<(), Error> {
    let [one, _] = two()?;
    let log = log_of(&one);
    for at in (0..log.len()).step_by(13) {
        let vfs = copy(&one);
        vfs.remove(&directory().join("_catalog.json")).expect("it is there");
        let file = vfs.open(&log_path(), Access::Write).expect("a log");
        file.write_at(u64::try_from(at).expect("small"), &[log[at] ^ 16]).expect("memory");
        let error = open_database(&vfs).map(drop).expect_err("it is damaged");
        assert_eq!(error.code(), "corrupt", "byte {at}: {error}");
        let catalog = vfs.contents(&directory().join("_catalog.json"));
        assert_eq!(catalog, None, "byte {at}");
    }
    Ok(())
}

#[test]
fn an_index_binds_the_log_alone() -> Result<(), Error> {
    let [one, other] = two()?;
    let (event, other_event) = (EventId(4), EventId(5));
    for (log, index, event) in [(&other, &one, event), (&one, &other, other_event)] {
        let vfs = copy(log);
        mix(&vfs, index, &["events.index"]);
        // Nothing else says that it is another history.
        for name in ["_catalog.json", "users.db", "snapshots/snapshot_1.json"] {
            drop(vfs.remove(&directory().join(name)));
        }
        let before = files(&vfs);
        for _ in 0..2 {
            let error = open_database(&vfs).map(drop).expect_err("another history");
            assert_eq!(error.code(), "corrupt", "{error}");
            let said = error.to_string();
            if event == EventId(4) {
                assert!(said.contains("another history than bank/events.index"), "{said}");
            } else {
                assert!(said.contains("events are missing, and event 5 was known"), "{said}");
            }
        }
        assert_eq!(before.get(&log_path()), files(&vfs).get(&log_path()));
        let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
        let database = Database::open(directory(), reading)?;
        assert_eq!(rows(&database, EventId(2), "users")?, ["1 'base'"]);
        assert!(!database.notices().join("\n").contains("nothing is lost"));
    }
    // The way out that is named.
    mix(&one, &other, &["events.log"]);
    for name in ["_catalog.json", "snapshots/snapshot_1.json", "events.index"] {
        one.remove(&directory().join(name)).expect("it is there");
    }
    assert_eq!(rows(&open_database(&one)?, EventId(5), "users")?.len(), 4);
    Ok(())
}

#[test]
fn an_index_of_another_version_is_made_anew_and_a_log_is_refused() -> Result<(), Error> {
    let [one, _] = two()?;
    let path = directory().join("events.index");
    let mut index = one.contents(&path).expect("it is there");
    index[8] = 1;
    let crc = crc32c::crc32c(&index[..40]);
    index[40..44].copy_from_slice(&crc.to_le_bytes());
    one.put(&path, index);
    let notices = open_database(&one)?.notices().join("\n");
    let said = "events.index has version 1 of its format, and only version 2 is read";
    assert!(notices.contains(said), "{notices}");
    for (version, help) in [(2, ".dump"), (4, "a newer asof")] {
        let log = String::from_utf8(log_of(&one)).expect("the log is text");
        let (header, events) = log.split_once('\n').expect("it has lines");
        let header = header.replace("\"version\":3", &format!("\"version\":{version}"));
        let mut bytes = header.as_bytes()[..header.len() - crate::storage::log::CRC_SIZE].to_vec();
        crate::storage::log::push_crc(&mut bytes, 0);
        let vfs = copy(&one);
        vfs.put(&log_path(), [&bytes, events.as_bytes()].concat());
        for read_only in [false, true] {
            let opening = OpenOptions { read_only, ..options(vfs.clone()) };
            let error = Database::open(directory(), opening).map(drop).expect_err("another format");
            assert_eq!(error.code(), "format");
            let said =
                format!("bank/events.log has version {version} of the format, and only 3 is");
            assert!(error.to_string().starts_with(&said), "{error}");
            assert!(error.help().is_some_and(|way| way.contains(help)), "{error}");
        }
        assert_eq!(vfs.contents(&directory().join(DAMAGED)), None);
    }
    Ok(())
}
