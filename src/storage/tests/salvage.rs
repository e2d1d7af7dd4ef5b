//! Salvage: the new database has everything that can be read of the damaged one.

use super::across::{both, damage, history};
use super::database::{commit, row, rows};
use super::verify::assert_sound;
use super::*;
use crate::storage::{Database, SalvageReport, SalvagedRange};

/// Opens a damaged database to be salvaged, and does.
fn salvaged(vfs: &MemVfs) -> Result<(Database, SalvageReport), Error> {
    let reading = OpenOptions { read_only: true, whole: true, ..options(vfs.clone()) };
    let database = Database::open(directory(), reading)?;
    let saved = database.salvage_to(Path::new("saved"), options(vfs.clone()))?;
    Ok((Database::open(Path::new("saved"), options(vfs.clone()))?, saved))
}

#[test]
fn it_goes_on_behind_the_damage_and_every_moment_that_is_left_is_right() -> Result<(), Error> {
    for event in 1..=13 {
        let vfs = MemVfs::default();
        let expected = history(&vfs)?;
        damage(&vfs, event);
        let before = log_of(&vfs);
        let (saved, SalvageReport { ranges, lost }) = salvaged(&vfs)?;
        let when = format!("event {event}: {ranges:?}");
        assert_eq!(both(&saved, saved.head())?, expected[13], "{when}");
        assert_sound(&saved, &when)?;
        assert_eq!(saved.notices(), [""; 0], "{when}");
        assert_eq!(lost.len(), 1, "{when}: {lost:?}");
        assert!(lost[0].events.is_some_and(|lost| lost.first.0 <= event && event <= lost.last.0));
        assert!(lost[0].lines > 0 && lost[0].bytes > 0, "{when}: {lost:?}");
        for SalvagedRange { events, new, is_whole } in &ranges {
            let Some(new) = new else { continue };
            let first = if *is_whole { events.first.0 } else { events.last.0 };
            for old in first..=events.last.0 {
                let now = new.last.0 - (events.last.0 - old);
                let found = both(&saved, EventId(now))?;
                assert_eq!(found, expected[usize::try_from(old).expect("small")], "{when}: {old}");
            }
        }
        assert_eq!(log_of(&vfs), before, "{when}");
        // It is a database like any other.
        let head = saved.head();
        assert_eq!(commit(&saved, vec![row(&saved, 70, "Zoë")?])?, head.next());
    }
    Ok(())
}

#[test]
fn what_was_lost_is_a_transaction_at_its_time_with_a_note() -> Result<(), Error> {
    let vfs = MemVfs::default();
    history(&vfs)?;
    let at = {
        let reading = OpenOptions { read_only: true, ..options(vfs.clone()) };
        let database = Database::open(directory(), reading)?;
        (1..=13)
            .map(|event| database.committed_at(EventId(event)))
            .collect::<Result<Vec<_>, _>>()?
    };
    damage(&vfs, 3);
    let (saved, SalvageReport { ranges, .. }) = salvaged(&vfs)?;
    let gap = ranges.iter().find(|range| !range.is_whole).expect("something is lost");
    let new = gap.new.expect("rows came of it");
    let info = saved.store().transaction_info(new.first)?.expect("a transaction");
    assert_eq!(info.metadata.intent.as_deref(), Some("Salvaged"));
    let note = format!("what events 3 to {} of a damaged log led to", gap.events.last);
    assert_eq!(info.metadata.note, Some(note));
    for (old, at) in (1..=13).zip(at) {
        // Event 7 does not end its transaction.
        if old != 7 && (old < 3 || old >= gap.events.last.0) {
            let now = saved.at_time(at.expect("committed"))?;
            assert_eq!(both(&saved, now)?, both(&saved, moved(&ranges, old))?, "event {old}");
        }
    }
    Ok(())
}

/// What an event of the damaged log is in the new one.
fn moved(ranges: &[SalvagedRange], old: u64) -> EventId {
    let holds = |range: &&SalvagedRange| range.events.first.0 <= old && old <= range.events.last.0;
    let range = ranges.iter().find(holds).expect("all events are in one");
    EventId(range.new.expect("not empty").last.0 - (range.events.last.0 - old))
}

#[test]
fn several_damages_are_gone_around() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let expected = history(&vfs)?;
    damage(&vfs, 2);
    damage(&vfs, 11);
    let (saved, SalvageReport { ranges, lost }) = salvaged(&vfs)?;
    assert_eq!(both(&saved, saved.head())?, expected[13], "{ranges:?}");
    assert_eq!(lost.len(), 2, "{lost:?}");
    assert_sound(&saved, "salvaged")
}

#[test]
fn without_anything_behind_the_damage_what_is_before_it_is_saved() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let expected = history(&vfs)?;
    for name in ["_catalog.json", "snapshots/snapshot_1.json", "snapshots/snapshot_2.json"] {
        drop(vfs.remove(&directory().join(name)));
    }
    let snapshots = directory().join("snapshots");
    for name in vfs.names(&snapshots).unwrap_or_default() {
        vfs.remove(&snapshots.join(name)).expect("it is there");
    }
    damage(&vfs, 6);
    let (saved, SalvageReport { ranges, lost }) = salvaged(&vfs)?;
    assert_eq!(saved.head(), EventId(5));
    assert_eq!(both(&saved, EventId(5))?, expected[5]);
    let whole = Period { first: EventId(1), last: EventId(5) };
    assert_eq!(ranges, [SalvagedRange { events: whole, new: Some(whole), is_whole: true }]);
    assert_eq!((lost.len(), lost[0].events, lost[0].lines), (1, None, 8));
    assert_eq!(lost[0].rows.get("users"), Some(&6), "{lost:?}");
    assert_eq!(lost[0].described[1], "event 7, create_table of more");
    Ok(())
}

#[test]
fn of_a_good_database_nothing_is_lost() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let expected = history(&vfs)?;
    let (saved, SalvageReport { lost, .. }) = salvaged(&vfs)?;
    assert_eq!((lost.len(), saved.head()), (0, EventId(13)));
    for (event, expected) in (0..).zip(expected) {
        assert_eq!(both(&saved, EventId(event))?, expected, "{event}");
    }
    assert_eq!(rows(&saved, EventId(13), "users")?.len(), 8);
    Ok(())
}
