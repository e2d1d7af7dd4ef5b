//! VERIFY: what it says of files that are sound, and of files that were changed behind its back.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::checkpoint::view_source::{ViewSource, base_tables};
use crate::storage::store::index::IndexEntry;
use crate::storage::{
    Access, CatalogFile, CheckedFile, Database, Engine, FileDamage, Repair, SnapshotManager,
    Verdict, Verification, VerifyMonitor,
};
use std::sync::atomic::AtomicBool;

/// A database with a snapshot after so many events.
fn open_every(vfs: &MemVfs, every: u64) -> Result<Database, Error> {
    let options = OpenOptions { snapshot_every: Some(every), ..options(vfs.clone()) };
    Database::open(directory(), options)
}

/// Reads all files again.
pub(super) fn verify(database: &Database) -> Result<Verification, Error> {
    let interrupt = AtomicBool::new(false);
    database.verify(&mut VerifyMonitor { interrupt: &interrupt, progress: &mut |_, _| {} })
}

/// What was found, a line for each file.
fn lines(found: &Verification) -> Vec<String> {
    let line = |checked: &CheckedFile| {
        let CheckedFile { file, holds, event, verdict } = checked;
        let event = event.map_or("-".into(), |event| event.to_string());
        let said = match verdict {
            Verdict::Sound(said) => said.clone().unwrap_or("sound".into()),
            Verdict::Unchecked(reason) => format!("unchecked: {reason}"),
            Verdict::Damaged(FileDamage { error, repair }) => format!("{repair:?}: {error}"),
        };
        format!("{file} | {holds} | {event} | {said}")
    };
    found.files.iter().map(line).collect()
}

/// The files with which something is wrong, and what helps.
fn damaged(found: &Verification) -> Vec<(&str, Repair)> {
    let wrong = |checked: &'_ CheckedFile| match &checked.verdict {
        Verdict::Damaged(damage) => Some(damage.repair),
        Verdict::Sound(_) | Verdict::Unchecked(_) => None,
    };
    found.files.iter().filter_map(|file| Some((file.file.as_str(), wrong(file)?))).collect()
}

/// Makes sure that nothing is wrong with any file.
pub(super) fn assert_sound(database: &Database, when: &str) -> Result<(), Error> {
    let found = verify(database)?;
    assert_eq!(damaged(&found), [], "{when}: {:#?}", lines(&found));
    Ok(())
}

/// A small database with a file of every kind, some of them older than the log; as it is while it is
/// open.
fn small(vfs: &MemVfs) -> Result<Database, Error> {
    let database = open_every(vfs, 4)?;
    commit(&database, vec![create("users")])?;
    for id in 1..=3 {
        commit(&database, vec![row(&database, id, "Ada")?])?;
    }
    database.checkpoint()?;
    commit(&database, vec![row(&database, 4, "Eve")?])?;
    Ok(database)
}

/// The names of the files that it has.
const FILES: [&str; 5] =
    ["events.log", "events.index", "_catalog.json", "users.db", "snapshots/snapshot_at_4.json"];

/// Changes a file where it is, as a bad disk would.
fn write(vfs: &MemVfs, name: &str, at: usize, bytes: &[u8]) {
    let file = vfs.open(&directory().join(name), Access::Write).expect(name);
    file.write_at(u64::try_from(at).expect("small"), bytes).expect("memory");
}

fn cut(vfs: &MemVfs, name: &str, length: usize) {
    let file = vfs.open(&directory().join(name), Access::Write).expect(name);
    file.truncate(u64::try_from(length).expect("small")).expect("memory");
}

fn contents(vfs: &MemVfs, name: &str) -> Vec<u8> {
    vfs.contents(&directory().join(name)).expect(name)
}

#[test]
fn files_that_are_older_than_the_log_are_sound() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = small(&vfs)?;
    insta::assert_snapshot!(lines(&verify(&database)?).join("\n"), @"
    events.log | 5 events | 5 | sound
    events.index | 5 entries | 5 | sound
    _catalog.json | 1 table | 4 | sound
    users.db | 3 rows | 4 | sound
    snapshots/snapshot_at_4.json | 3 rows | 4 | sound
    ");
    // With more in the log, and once more after the next opening.
    commit(&database, vec![create("more")])?;
    database.take_snapshot(Some("named".into()), metadata("Kept"))?;
    commit(&database, vec![row(&database, 5, "Ida")?])?;
    assert_sound(&database, "while it is open")?;
    drop(database);
    let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
    let reader = Database::open(directory(), reading)?;
    insta::assert_snapshot!(lines(&verify(&reader)?).join("\n"), @"
    events.log | 8 events | 8 | sound
    events.index | 8 entries | 8 | sound
    _catalog.json | 2 tables | 8 | sound
    more.db | 0 rows | 8 | sound
    users.db | 5 rows | 8 | sound
    snapshots/snapshot_at_4.json | 3 rows | 4 | sound
    snapshots/snapshot_1.json | 4 rows | 7 | sound
    snapshots/snapshot_at_8.json | 5 rows | 8 | sound
    ");
    drop(reader);
    let before: Vec<Vec<u8>> = FILES.iter().map(|name| contents(&vfs, name)).collect();
    let database = open_every(&vfs, 4)?;
    assert_sound(&database, "opened again")?;
    let after: Vec<Vec<u8>> = FILES.iter().map(|name| contents(&vfs, name)).collect();
    assert_eq!(before, after, "nothing is written");
    Ok(())
}

#[test]
fn a_database_without_files_has_none_to_verify() -> Result<(), Error> {
    let database = Database::in_memory()?;
    commit(&database, vec![create("users")])?;
    assert_eq!(lines(&verify(&database)?), [""; 0]);
    let new = open_every(&MemVfs::default(), 4)?;
    assert_eq!(lines(&verify(&new)?), [""; 0]);
    Ok(())
}

#[test]
fn every_bit_that_flips_behind_an_open_database_is_named() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = small(&vfs)?;
    for name in FILES {
        let bytes = contents(&vfs, name);
        for (at, byte) in bytes.iter().enumerate() {
            for bit in 0..8 {
                write(&vfs, name, at, &[byte ^ 1 << bit]);
                let found = verify(&database)?;
                let first = damaged(&found).first().map(|(file, _)| *file);
                assert_eq!(first, Some(name), "byte {at} bit {bit}: {:#?}", lines(&found));
            }
            write(&vfs, name, at, &[*byte]);
        }
    }
    assert_sound(&database, "put right")
}

#[test]
fn what_is_said_to_help_does() -> Result<(), Error> {
    for name in FILES {
        let length = {
            let vfs = MemVfs::default();
            let _open = small(&vfs)?;
            contents(&vfs, name).len()
        };
        for at in (0..length).step_by(41) {
            let vfs = MemVfs::default();
            let database = small(&vfs)?;
            write(&vfs, name, at, &[contents(&vfs, name)[at] ^ 4]);
            let found = verify(&database)?;
            let when = format!("{name}, byte {at}: {:#?}", lines(&found));
            let (file, repair) = *damaged(&found).first().expect("it was damaged");
            assert_eq!(file, name, "{when}");
            drop(database);
            match repair {
                Repair::Salvage => {
                    assert_eq!(name, "events.log", "{when}");
                    continue;
                }
                Repair::Remove => vfs.remove(&directory().join(name)).expect("it is there"),
                Repair::Reopen => {}
            }
            drop(open_every(&vfs, 4)?);
            let database = open_every(&vfs, 4)?;
            assert_eq!(database.notices(), [""; 0], "{when}");
            assert_sound(&database, &when)?;
            assert_eq!(rows(&database, EventId(5), "users")?.len(), 4, "{when}");
        }
    }
    Ok(())
}

#[test]
fn files_that_were_cut_or_go_on_are_named() -> Result<(), Error> {
    for name in FILES {
        let vfs = MemVfs::default();
        let database = small(&vfs)?;
        let bytes = contents(&vfs, name);
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            cut(&vfs, name, length);
            let found = verify(&database)?;
            let first = damaged(&found).first().map(|(file, _)| *file);
            assert_eq!(first, Some(name), "{length} bytes: {:#?}", lines(&found));
            write(&vfs, name, 0, &bytes);
        }
        write(&vfs, name, bytes.len(), b"\n");
        let found = verify(&database)?;
        assert_eq!(damaged(&found).first().map(|(file, _)| *file), Some(name), "{name} goes on");
        cut(&vfs, name, bytes.len());
        assert_sound(&database, name)?;
        // Another file of the same name.
        vfs.put(&directory().join(name), bytes.as_slice());
        let found = verify(&database)?;
        assert_eq!(damaged(&found).is_empty(), name != "events.log", "{:#?}", lines(&found));
    }
    Ok(())
}

/// Makes a database say something that is not so, its checksums right; gives the file.
type Lie = fn(&MemVfs, &Database) -> Result<&'static str, Error>;

fn lie_of_index(vfs: &MemVfs, _: &Database) -> Result<&'static str, Error> {
    let name = "events.index";
    let bytes = contents(vfs, name);
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&bytes[16..32]);
    let place = 44 + 2 * 56;
    let entry =
        IndexEntry::decode(&bytes[place..place + 56], EventId(3), &uuid).expect("it is sound");
    let mut lie = Vec::new();
    IndexEntry { previous: EventId(2), ..entry }.encode(EventId(3), &uuid, &mut lie);
    write(vfs, name, place, &lie);
    Ok(name)
}

fn lie_of_catalog(vfs: &MemVfs, _: &Database) -> Result<&'static str, Error> {
    let mut catalog = CatalogFile::load(vfs, directory())?.expect("it was saved");
    catalog.tables[0].base.next_row = RowId(99);
    catalog.save(vfs, directory())?;
    Ok("_catalog.json")
}

/// A row file without a row that there is, or with another name in it.
fn lie_of_rows(vfs: &MemVfs, change: fn(&mut Engine, &TableSchema)) -> Result<&'static str, Error> {
    let mut catalog = CatalogFile::load(vfs, directory())?.expect("it was saved");
    let mut engine = Engine::new(Arc::new(vfs.clone()), directory());
    let table = &mut catalog.tables[0];
    engine.open(&table.base.schema, &table.rows)?;
    change(&mut engine, &table.base.schema);
    engine.sync()?;
    table.rows = engine.summary(&table.base.schema)?;
    catalog.save(vfs, directory())?;
    Ok("users.db")
}

fn lie_of_snapshot(vfs: &MemVfs, database: &Database) -> Result<&'static str, Error> {
    let manager = SnapshotManager::new(Arc::new(vfs.clone()), directory());
    let entry = manager.latest()?.expect("one was taken");
    let mut head = manager.load(&entry, &entry.position.anchor())?.header().clone();
    let view = database.view(Period::at(EventId(3)))?;
    head.tables = base_tables(&view);
    manager.save(&head, &ViewSource(&view))?;
    Ok("snapshots/snapshot_at_4.json")
}

#[test]
fn a_file_whose_checksums_are_right_is_held_against_the_log() -> Result<(), Error> {
    let lies: [Lie; 5] = [
        lie_of_index,
        lie_of_catalog,
        |vfs, _| {
            lie_of_rows(vfs, |engine, table| {
                engine.delete_row(table, RowId(2)).expect("it is there");
            })
        },
        |vfs, _| {
            lie_of_rows(vfs, |engine, table| {
                let mut row = engine.read_row(table, RowId(2)).expect("sound").expect("there");
                row.values[1] = Value::text("Eve");
                engine.update_row(table, &row).expect("it is there");
            })
        },
        lie_of_snapshot,
    ];
    let mut said = Vec::new();
    for lie in lies {
        let vfs = MemVfs::default();
        let database = small(&vfs)?;
        let name = lie(&vfs, &database)?;
        let found = verify(&database)?;
        assert_eq!(damaged(&found), [(name, Repair::Remove)], "{:#?}", lines(&found));
        said.extend(lines(&found).into_iter().filter(|line| line.contains("Remove")));
        drop(database);
        vfs.remove(&directory().join(name)).expect("it is there");
        drop(open_every(&vfs, 4)?);
        let database = open_every(&vfs, 4)?;
        assert_sound(&database, name)?;
        assert_eq!(rows(&database, EventId(5), "users")?.len(), 4);
    }
    insta::assert_snapshot!(said.join("\n"), @"
    events.index | 2 entries | 2 | Remove: bank/events.index cannot be used: at byte 156, event 3, the entry says otherwise than the log
    _catalog.json | 1 table | 4 | Remove: bank/_catalog.json cannot be used: it says otherwise than the log does of event 4
    users.db | 2 rows | 4 | Remove: bank/users.db cannot be used: row 2 is missing
    users.db | 3 rows | 4 | Remove: bank/users.db cannot be used: row 2, version 1 of event 3, says otherwise than the log
    snapshots/snapshot_at_4.json | 3 rows | 4 | Remove: bank/snapshots/snapshot_at_4.json cannot be used: at byte 317 it says otherwise than the log
    ");
    Ok(())
}

#[test]
fn whoever_only_reads_is_told_what_is_behind_the_last_good_event() -> Result<(), Error> {
    let vfs = MemVfs::default();
    drop(small(&vfs)?);
    let log = contents(&vfs, "events.log");
    let reading = || OpenOptions { read_only: true, ..options(vfs.clone()) };
    // Something that a crash left.
    write(&vfs, "events.log", log.len(), b"{\"event\":6,\"tx\"");
    let reader = Database::open(directory(), reading())?;
    let found = verify(&reader)?;
    assert_eq!(damaged(&found), []);
    assert!(lines(&found)[0].ends_with("| 1 event after event 5 not read"), "{:#?}", lines(&found));
    cut(&vfs, "events.log", log.len());
    assert_sound(&reader, "put right")?;
    // Damage that was there when it was opened.
    let at = log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).expect("long").0;
    write(&vfs, "events.log", at + 30, b"x");
    let reader = Database::open(directory(), reading())?;
    let found = verify(&reader)?;
    insta::assert_snapshot!(lines(&found).join("\n"), @"
    events.log | 2 events | 2 | Salvage: bank/events.log is damaged at byte 940, event 3: the checksum is wrong; events 1 to 2 are intact
    events.index | 2 entries | 2 | sound
    _catalog.json | 1 table | 5 | unchecked: the log is good to event 2 only
    users.db |  | - | unchecked: _catalog.json was not checked
    snapshots/snapshot_at_4.json |  | 4 | unchecked: the log is good to event 2 only
    ");
    Ok(())
}

#[test]
fn it_tells_how_far_it_is_and_can_be_stopped() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = small(&vfs)?;
    let (mut last, mut calls) = ((0, 0), 0);
    let interrupt = AtomicBool::new(false);
    let mut progress = |done: u64, total: u64| {
        assert!(done >= last.0 && done <= total, "{done} of {total} after {last:?}");
        (last, calls) = ((done, total), calls + 1);
    };
    database.verify(&mut VerifyMonitor { interrupt: &interrupt, progress: &mut progress })?;
    assert!(calls > 5 && last.0 > last.1 / 2, "{last:?}");
    interrupt.store(true, std::sync::atomic::Ordering::Relaxed);
    let stopped =
        database.verify(&mut VerifyMonitor { interrupt: &interrupt, progress: &mut |_, _| {} });
    assert_eq!(stopped.expect_err("it was stopped").code(), "interrupted");
    // Nobody is kept waiting after it.
    database.checkpoint()?;
    assert_sound(&database, "after it was stopped")
}
