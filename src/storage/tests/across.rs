//! Reading on both sides of damage: a moment is right, or an error that names the damage.

use super::database::{commit, create, row, rows};
use super::*;
use crate::storage::{Access, Change, Database, SnapshotManager};

/// The files that are rebuilt from the log.
const INDEX: &str = "events.index";
const CATALOG: &str = "_catalog.json";

/// Thirteen events with changes, deletions and a second table, and snapshots of some; gives what the
/// two tables hold after each event.
pub(super) fn history(vfs: &MemVfs) -> Result<Vec<Vec<String>>, Error> {
    let database = Database::open(
        directory(),
        OpenOptions { snapshot_every: Some(4), ..options(vfs.clone()) },
    )?;
    commit(&database, vec![create("users")])?;
    for id in 1..=4 {
        commit(&database, vec![row(&database, id, "Ada")?])?;
    }
    let users = Arc::clone(database.latest()?.schema().table("users").expect("created"));
    let values = |id, name: &str| vec![Value::Integer(id), Value::text(name)];
    let (old, new) = (values(2, "Ada"), values(2, "Eve"));
    commit(&database, vec![Change::Update { table: Arc::clone(&users), row: RowId(2), old, new }])?;
    commit(&database, vec![create("more"), row(&database, 5, "Bob")?])?;
    let old = values(1, "Ada");
    commit(&database, vec![Change::Delete { table: users, row: RowId(1), old }])?;
    for id in 6..=9 {
        commit(&database, vec![row(&database, id, "Ida")?])?;
    }
    let head = database.head().0;
    (0..=head).map(|event| both(&database, EventId(event))).collect()
}

/// What both tables hold after an event.
pub(super) fn both(database: &Database, event: EventId) -> Result<Vec<String>, Error> {
    let mut found = rows(database, event, "users")?;
    found.extend(rows(database, event, "more")?);
    let names = database.view(Period::at(event))?.schema().tables().count();
    found.push(format!("{names} tables"));
    Ok(found)
}

/// Damages the line of an event in its middle.
pub(super) fn damage(vfs: &MemVfs, event: u64) {
    let log = log_of(vfs);
    let text = format!("{{\"event\":{event},");
    let start = log.windows(text.len()).position(|found| found == text.as_bytes()).expect("a line");
    let byte = log[start + 60];
    let file = vfs.open(&log_path(), Access::Write).expect("a log");
    file.write_at(u64::try_from(start + 60).expect("small"), &[byte ^ 1]).expect("memory");
}

/// The events at which a snapshot of a database stands.
fn bases(vfs: &MemVfs) -> Vec<u64> {
    let manager = SnapshotManager::new(Arc::new(vfs.clone()), directory());
    manager.list().expect("listed").iter().map(|entry| entry.position.event.0).collect()
}

#[test]
fn every_moment_behind_damage_is_right_or_names_it() -> Result<(), Error> {
    for missing in [&[][..], &[INDEX], &[CATALOG], &[INDEX, CATALOG]] {
        for event in 1..=13 {
            let vfs = MemVfs::default();
            let expected = history(&vfs)?;
            let head = u64::try_from(expected.len()).expect("small") - 1;
            for name in missing {
                vfs.remove(&directory().join(name)).expect("it is there");
            }
            damage(&vfs, event);
            let before = log_of(&vfs);
            let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
            let database = Database::open(directory(), reading)?;
            let when = format!("event {event} of {head}, without {missing:?}");
            let mut known = bases(&vfs);
            if !missing.contains(&CATALOG) {
                known.push(head);
            }
            let is_told = |moment: u64| {
                moment < event || known.iter().any(|base| (event..=moment).contains(base))
            };
            if is_told(head) {
                assert_eq!(database.head(), EventId(head), "{when}");
            }
            for moment in 0..=database.head().0 {
                match both(&database, EventId(moment)) {
                    Ok(found) => {
                        assert_eq!(
                            found,
                            expected[usize::try_from(moment).expect("small")],
                            "{when}: {moment}"
                        );
                    }
                    Err(error) => {
                        assert!(!is_told(moment), "{when}: {moment}: {error}");
                        assert_eq!(error.code(), "corrupt", "{when}: {moment}: {error}");
                    }
                }
            }
            assert_eq!(database.begin().map(drop).expect_err("damaged").code(), "read-only");
            let notices = database.notices().join("\n");
            // The last event without any mark cannot be told from one that was never finished.
            let is_torn = event == head && missing.len() == 2;
            assert_eq!(notices.contains("nothing is lost"), is_torn, "{when}: {notices}");
            assert_eq!(log_of(&vfs), before, "{when}");
        }
    }
    Ok(())
}

#[test]
fn a_time_in_what_cannot_be_read_is_no_answer() -> Result<(), Error> {
    let vfs = MemVfs::default();
    history(&vfs)?;
    let times: Vec<Timestamp> = {
        let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
        let database = Database::open(directory(), reading)?;
        let at = |event| Ok(database.committed_at(EventId(event))?.expect("committed"));
        (1..=13).map(at).collect::<Result<_, Error>>()?
    };
    for name in [INDEX, CATALOG] {
        vfs.remove(&directory().join(name)).expect("it is there");
    }
    damage(&vfs, 2);
    let database =
        Database::open(directory(), OpenOptions { read_only: true, ..options(vfs.clone()) })?;
    let first = bases(&vfs)[0];
    for (event, at) in (1..).zip(&times) {
        let found = database.at_time(*at)?;
        if event < 2 || event >= first {
            let last = times.iter().rposition(|other| other == at).expect("it is one of them");
            assert_eq!(found, EventId(u64::try_from(last).expect("small") + 1));
        } else {
            assert!(both(&database, found).is_err(), "{event} is in between, {found} is not known");
        }
    }
    Ok(())
}

#[test]
fn a_log_with_a_damaged_header_can_be_read() -> Result<(), Error> {
    for missing in [&[][..], &[INDEX], &[CATALOG]] {
        let vfs = MemVfs::default();
        let expected = history(&vfs)?;
        for name in missing {
            vfs.remove(&directory().join(name)).expect("it is there");
        }
        let whole = log_of(&vfs);
        let header = whole.iter().position(|byte| *byte == b'\n').expect("a header");
        for at in (0..=header).step_by(11).chain([header]) {
            let good = whole[at];
            let file = vfs.open(&log_path(), Access::Write).expect("a log");
            let at = u64::try_from(at).expect("small");
            file.write_at(at, &[good ^ 4]).expect("memory");
            assert_eq!(
                Database::open(directory(), options(vfs.clone()))
                    .map(drop)
                    .expect_err("damaged")
                    .code(),
                "corrupt"
            );
            let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
            let database = Database::open(directory(), reading)?;
            for (event, expected) in (0..).zip(&expected) {
                assert_eq!(both(&database, EventId(event))?, *expected, "byte {at}: {event}");
            }
            let notices = database.notices().join("\n");
            assert!(notices.contains("header"), "byte {at}: {notices}");
            // A copy has the header as it was, and so nothing is lost.
            let elsewhere = MemVfs::default();
            let saved = database.salvage_to(directory(), options(elsewhere.clone()))?;
            assert!(saved.lost.is_empty(), "byte {at}");
            assert_eq!(log_of(&elsewhere), whole, "byte {at}");
            file.write_at(at, &[good]).expect("memory");
            drop(database);
            // It is good again: the record goes.
            drop(Database::open(directory(), options(vfs.clone()))?);
        }
    }
    Ok(())
}
