//! An event that another one made names it, from the log to the lists of events.

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::{Database, Environment, MemVfs, OpenOptions, Vfs};
use std::path::Path;
use std::sync::Arc;

/// A log of three events, the last of which the second made.
const LOG: &str = include_str!("cause.log");

fn session(vfs: &MemVfs) -> Session {
    let environment = Environment { vfs: Arc::new(vfs.clone()), ..Environment::in_memory() };
    let options = OpenOptions { snapshot_every: Some(2), environment, ..OpenOptions::default() };
    let database = Database::open(Path::new("bank"), options).expect("the log is good");
    Session::new(Arc::new(database))
}

#[test]
fn an_event_names_the_one_that_made_it() {
    let (vfs, directory) = (MemVfs::default(), Path::new("bank"));
    vfs.put(&directory.join("events.log"), LOG.as_bytes().to_vec());
    // From the log alone, from what was made of it, and without its index.
    for removed in [None, None, Some("events.index"), Some("_catalog.json")] {
        if let Some(name) = removed {
            vfs.remove(&directory.join(name)).expect("it was made");
        }
        let mut asked = session(&vfs);
        for (query, expected) in [
            ("SELECT event, cause FROM _events", "[1, NULL] [2, NULL] [3, 2]"),
            ("SELECT event, cause FROM (HISTORY OF accounts) h", "[2, NULL] [3, 2]"),
            ("SELECT count(*) FROM (HISTORY OF accounts) h WHERE cause = 2", "[1]"),
        ] {
            let rows =
                rows_of(&mut asked, query).unwrap_or_else(|error| panic!("{query}: {error}"));
            let shown = rows.iter().map(|row| {
                let values: Vec<String> = row.iter().map(ToString::to_string).collect();
                format!("[{}]", values.join(", "))
            });
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{query}");
        }
        rows_of(&mut asked, "VERIFY").expect("all files are sound");
    }
}
