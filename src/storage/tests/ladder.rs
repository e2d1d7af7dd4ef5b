//! What is found again by opening a database, and what is known of its past then.

use super::database::{commit, create, row};
use super::*;
use crate::storage::Database;

/// A database with a snapshot after so many events.
fn open_every(vfs: &MemVfs, every: u64) -> Result<Database, Error> {
    let options = OpenOptions { snapshot_every: Some(every), ..options(vfs.clone()) };
    Database::open(directory(), options)
}

/// Creates a table and inserts rows, one event each; the last is event `count + 1`.
fn fill(database: &Database, count: i64) -> Result<(), Error> {
    commit(database, vec![create("users")])?;
    (1..=count).try_for_each(|id| commit(database, vec![row(database, id, "Ada")?]).map(drop))
}

#[test]
fn a_view_of_the_past_knows_which_row_came_next() -> Result<(), Error> {
    let vfs = MemVfs::default();
    let database = open_every(&vfs, 1000)?;
    fill(&database, 10)?;
    let head = database.head().0;
    for event in 1..=head {
        let view = database.view(Period::at(EventId(event)))?;
        let users = view.schema().table("users").expect("created before");
        assert_eq!(view.table(users).next_row(), RowId(event), "at event {event}");
    }
    Ok(())
}
