//! Disks that break down at every step of a database's life, and how little is written in it.

use super::database::{commit, create, row, rows};
use super::hooked_vfs::{Breakdown, HookedVfs};
use super::verify::assert_sound;
use super::*;
use crate::storage::{Change, Database};

fn open_on(disk: &HookedVfs<Breakdown>, every: u64) -> Result<Database, Error> {
    let options = OpenOptions { snapshot_every: Some(every), ..options(disk.clone()) };
    Database::open(directory(), options)
}

/// Changes the name of a row.
fn rename(database: &Database, id: u64, old: &str, new: &str) -> Result<Change, Error> {
    let table = Arc::clone(database.latest()?.schema().table("users").expect("created before"));
    let number = Value::Integer(i64::try_from(id).expect("small"));
    let values = |name: &str| vec![number.clone(), Value::text(name)];
    Ok(Change::Update { table, row: RowId(id), old: values(old), new: values(new) })
}

/// Several openings, with all that is written on the side; `acknowledged` is the last event that was.
fn live(disk: &HookedVfs<Breakdown>, acknowledged: &mut EventId) -> Result<(), Error> {
    let database = open_on(disk, 3)?;
    *acknowledged = commit(&database, vec![create("users")])?;
    for id in 1..=5 {
        *acknowledged = commit(&database, vec![row(&database, id, "Ada")?])?;
    }
    drop(database);
    let database = open_on(disk, 3)?;
    *acknowledged = commit(&database, vec![rename(&database, 2, "Ada", "Eve")?])?;
    *acknowledged = database.take_snapshot(None, Metadata::default())?.1.last;
    drop(database);
    let database = open_on(disk, 3)?;
    *acknowledged = commit(&database, vec![rename(&database, 2, "Eve", "Bob")?])?;
    settle_together(&database, acknowledged)
}

/// Several transactions that are staged one after the other, each upon the last, and settled together.
fn settle_together(database: &Database, acknowledged: &mut EventId) -> Result<(), Error> {
    let mut own = EventId::START;
    for (id, name) in [(1, "Kim"), (3, "Lea"), (4, "Max")] {
        let mut fork = database.begin_for(own, None)?;
        fork.record(vec![
            rename(database, id, "Ada", name)?,
            row(database, 10 + i64::try_from(id).expect("small"), name)?,
        ])?;
        let staged = database.stage(fork, Metadata::default())?;
        own = staged.map_or(own, |staged| staged.last);
    }
    database.settle(own)?;
    *acknowledged = own;
    Ok(())
}

#[test]
fn a_disk_that_breaks_down_at_any_step_loses_nothing() -> Result<(), Error> {
    let whole = HookedVfs::breaking(MemVfs::default(), usize::MAX);
    let mut last = EventId::START;
    live(&whole, &mut last)?;
    let database = open_on(&whole, 3)?;
    let head = database.head();
    assert_eq!(head, last);
    let events = || (1..=head.0).map(EventId);
    let known: Vec<_> =
        events().map(|event| rows(&database, event, "users")).collect::<Result<_, _>>()?;
    let mut steps = 0;
    loop {
        let disk = HookedVfs::breaking(MemVfs::default(), steps);
        let mut acknowledged = EventId::START;
        let lived = live(&disk, &mut acknowledged);
        let healthy = HookedVfs::breaking(disk.vfs.clone(), usize::MAX);
        // Twice: what the first opening wrote must not hurt the second.
        for _ in 0..2 {
            let database = open_on(&healthy, 3)?;
            assert!(database.head() >= acknowledged, "after {steps} steps");
            assert!(!database.is_read_only(), "after {steps} steps: {:?}", database.notices());
            assert_sound(&database, &format!("after {steps} steps"))?;
            for (event, known) in events().zip(&known).filter(|(e, _)| *e <= database.head()) {
                let found = rows(&database, event, "users")?;
                assert_eq!(&found, known, "event {event} after {steps} steps");
            }
        }
        if lived.is_ok() && acknowledged == head {
            // Behind the last commit only the closing is left, whose failures nobody hears of.
            if disk.is_whole() {
                return Ok(());
            }
        }
        steps += 1;
    }
}

#[test]
fn few_rows_changed_are_few_writes() -> Result<(), Error> {
    let disk = HookedVfs::breaking(MemVfs::default(), usize::MAX);
    let database = open_on(&disk, 100_000)?;
    commit(&database, vec![create("users")])?;
    let all = (1..=4000).map(|id| row(&database, id, "Ada")).collect::<Result<_, _>>()?;
    commit(&database, all)?;
    database.checkpoint()?;
    let some = (1..=500).map(|id| rename(&database, id, "Ada", "Eve")).collect::<Result<_, _>>()?;
    commit(&database, some)?;
    let before = disk.writes();
    database.checkpoint()?;
    let writes = disk.writes() - before;
    assert!(writes < 20, "{writes} writes for 500 rows");
    drop(database);
    let database = open_on(&disk, 100_000)?;
    assert_eq!(database.store().replayed(), 0);
    assert_eq!(
        rows(&database, database.head(), "users")?[498..501],
        ["499 'Eve'", "500 'Eve'", "501 'Ada'"]
    );
    Ok(())
}
