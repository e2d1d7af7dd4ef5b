//! A database that does not exist: an empty one, until its first write creates it.

use crate::render::Diagnostic;
use crate::storage::Database;
use std::path::Path;

/// The codes of errors of statements that ask an empty database for what it would have if it were
/// another one, which a wrong name is the likely reason of, or would create one that may not be.
const ASKED_FOR: &[&str] =
    &["unknown-table", "beyond-head", "unknown-tag", "unknown-snapshot", "read-only"];

/// The file that makes a directory a database.
const LOG: &str = "events.log";

/// Where a database will be that does not exist yet; `None` for one that does, or is in memory.
pub(super) fn missing(database: &Database) -> Option<&Path> {
    database.path().filter(|_| !database.store().is_created())
}

/// Whether somebody has created the database of a directory.
pub(super) fn is_there(path: &Path) -> bool {
    path.join(LOG).is_file()
}

/// Whether an error on a missing database says no more than that it is missing.
pub(super) fn says_so(error: &Diagnostic) -> bool {
    ASKED_FOR.contains(&error.code.as_ref())
}

/// `there is no database bnk yet`, with the nearest name beside it.
pub(super) fn diagnostic(path: &Path) -> Diagnostic {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let message = format!("there is no database {} yet", path.display());
    let help = nearest_database(path, &name)
        .map(|near| format!("did you mean {near}?"))
        .or_else(|| Some("its first CREATE TABLE will create it".to_string()));
    Diagnostic::new("not-found", message).help(help)
}

/// The path of a database beside this path whose name is spelt much like it.
fn nearest_database(path: &Path, name: &str) -> Option<String> {
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(beside.unwrap_or(Path::new("."))).ok()?;
    entries
        .flatten()
        .filter(|entry| is_there(&entry.path()))
        .filter_map(|entry| {
            let near = entry.file_name().to_string_lossy().into_owned();
            let distance = strsim::damerau_levenshtein(&near, name);
            (distance * 3 <= name.chars().count().max(3)).then_some((distance, near))
        })
        .min()
        .map(|(_, near)| path.with_file_name(near).display().to_string())
}
