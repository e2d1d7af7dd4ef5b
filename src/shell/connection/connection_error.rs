//! Why a statement has no outcome: it failed, or there is no database to run it on.
//!
//! What a run exits with depends on it, and this is the one place that decides: with 1 after what
//! [failed](ConnectionError::Failed), with 3 where the database is [unavailable](ConnectionError::Unavailable),
//! whoever asked for it, `-c`, `-f`, standard input, `.open`, `.import` or `.read`.
//!
//! | unavailable | when |
//! |---|---|
//! | missing | a statement or a command is about what a database that does not exist would have |
//! | cannot be opened | it is none, the system refuses, it was moved, it is damaged: whatever opening fails with |
//! | cannot be created | its first write finds that the system refuses |
//! | locked | another process writes to it, now or when it is opened |
//!
//! Damage that an open database turns out to have is the failure of the statement that met it: other
//! moments can still be read. The next opening finds it unavailable.

use crate::render::Diagnostic;
use crate::session::Error;
use crate::storage;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Why there is no outcome.
pub enum ConnectionError {
    /// The statement failed.
    Failed(Diagnostic),
    /// There is no database to run it on.
    Unavailable(Diagnostic),
}

impl ConnectionError {
    /// What an error of a session is to those who asked for the statement.
    pub(in crate::shell) fn of(error: Error) -> ConnectionError {
        if let Error::Storage(error @ storage::Error::Busy { .. }) = error {
            return ConnectionError::opening(error);
        }
        ConnectionError::Failed(Diagnostic::from(&error))
    }

    /// What keeps a database from being opened; who ended the wait for it knows that.
    pub(super) fn opening(error: storage::Error) -> ConnectionError {
        if matches!(error, storage::Error::Interrupted) {
            return ConnectionError::Failed(Diagnostic::from(&Error::from(error)));
        }
        let way_out = matches!(error, storage::Error::Busy { .. }).then(|| {
            "reading goes on beside it; once that process has ended, write again".to_string()
        });
        let diagnostic = Diagnostic::from(&Error::from(error));
        let way_out = way_out.or_else(|| diagnostic.help.clone());
        ConnectionError::Unavailable(diagnostic.help(way_out))
    }

    /// The same without the place in a text that nobody wrote.
    pub(in crate::shell) fn placeless(self) -> ConnectionError {
        let without = |error| Diagnostic { span: None, ..error };
        match self {
            ConnectionError::Failed(error) => ConnectionError::Failed(without(error)),
            ConnectionError::Unavailable(error) => ConnectionError::Unavailable(without(error)),
        }
    }

    /// What there is to tell.
    pub fn diagnostic(&self) -> &Diagnostic {
        match self {
            ConnectionError::Failed(error) | ConnectionError::Unavailable(error) => error,
        }
    }
}

/// Says what a file is that was given as a database.
pub(super) fn no_directory(path: &Path) -> ConnectionError {
    let shown = path.display();
    let mut magic = [0; 16];
    let is_sqlite = File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok_and(|()| &magic == b"SQLite format 3\0");
    if is_sqlite {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
        let message = format!("this is a SQLite database: sqlite3 {shown} .dump | asof {name}");
        return ConnectionError::Unavailable(Diagnostic::new("not-a-database", message));
    }
    let message = format!("{shown} is a file; a database is a directory");
    let help = format!("to run it as a script: asof DATABASE -f {shown}");
    ConnectionError::Unavailable(Diagnostic::new("not-a-database", message).help(Some(help)))
}
