//! What can go wrong below the sessions, each kind with a code that stays.

mod corruption;

pub use corruption::Corruption;
pub(crate) use corruption::{FilePlace, Mismatch};

use crate::types::{EventId, RowId};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What storage reports.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no database at the path, and none shall be created.
    #[error("no database at {}", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The path names something that cannot be a database.
    #[error("{} is not a database: {reason}", path.display())]
    NotADatabase {
        /// What was opened.
        path: PathBuf,
        /// Why it cannot be one.
        reason: String,
    },
    /// The log is of a version of the format that is not read here, or needs what is not known here.
    #[error("{} {reason}", path.display())]
    Format {
        /// The log.
        path: PathBuf,
        /// What it has, and what is read.
        reason: String,
        /// Whether it is of a newer version than what is read.
        is_newer: bool,
    },
    /// The system refused an access to a file.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The verb: read, write, sync …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes to the directory.
    #[error("{} is in use by {holder}", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
        /// Who holds it, `process 4711`.
        holder: String,
    },
    /// The log is not the file any more that was opened. Nothing was written.
    #[error("{} {reason} while it was open: nothing was written, reopen the database", path.display())]
    Replaced {
        /// The log.
        path: PathBuf,
        /// What happened to it.
        reason: &'static str,
    },
    /// The database was opened for reading only.
    #[error("the database is read-only: {reason}")]
    ReadOnly {
        /// Why.
        reason: String,
    },
    /// The database was opened beside a process that writes to it.
    #[error("{holder} is writing to {}: this session only reads, and follows it", path.display())]
    Following {
        /// The directory.
        path: PathBuf,
        /// Who writes, `process 4711`.
        holder: String,
    },
    /// The database's writer's place was given up to whoever wants to write.
    #[error("{} is only read here: to write, open it again", path.display())]
    GivenUp {
        /// The directory.
        path: PathBuf,
    },
    /// Something failed half-way, and what was made of it could not be removed.
    #[error("{cause}; {} is left behind and of no use: remove it", path.display())]
    Leftover {
        /// What stays.
        path: PathBuf,
        /// What failed.
        cause: Box<Error>,
    },
    /// Someone committed since the transaction began.
    #[error("the transaction began at event {base}, the database is at event {head} now")]
    Stale {
        /// The head the transaction was forked from.
        base: EventId,
        /// The head now.
        head: EventId,
    },
    /// An operation counts on another version of its row than the one that stands.
    #[error("row {row} of `{table}` is at version {found}, not at {expected}")]
    StaleVersion {
        /// The table's name.
        table: String,
        /// The row.
        row: RowId,
        /// The version that the operation would end; 0 where it would begin the first.
        expected: u32,
        /// The version that stands; 0 where there never was one.
        found: u32,
    },
    /// A file is not what was written. Nothing was changed.
    #[error("{0}")]
    Corrupt(Box<Corruption>),
    /// A file beside the log is of an event and a hash that the log does not have. Nothing was changed.
    #[error(
        "{} is damaged at byte {offset}, event {event}: up to there it is another history than {} \
         was made from; nothing was changed; if the log is the right one, remove that file",
        log.display(),
        file.display()
    )]
    OtherHistory {
        /// The log.
        log: PathBuf,
        /// Where in it the line of the event ends, in bytes.
        offset: u64,
        /// The event.
        event: EventId,
        /// The file that has another hash of it.
        file: PathBuf,
    },
    /// The log was found damaged, so nothing is written to the database any more.
    #[error("nothing is written any more: {0}")]
    Damaged(Arc<Corruption>),
    /// A row file, a snapshot or the catalog is not what was written, or not of this log. Nothing is
    /// lost: the log has it all.
    #[error("{} cannot be used: {reason}", file.display())]
    Projection {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What had to make room in memory cannot be read back. Nothing is lost: the log has it all.
    #[error("a temporary file {reason}")]
    TemporaryFile {
        /// What is wrong with it.
        reason: String,
    },
    /// What is in the log could not be taken into memory.
    #[error("what was written last is in the log, and not in memory: {0}")]
    Behind(Arc<Error>),
    /// A question about events that have not happened.
    #[error("event {event} has not happened yet, the last one is {head}")]
    BeyondHead {
        /// The event asked for.
        event: EventId,
        /// The last event.
        head: EventId,
    },
    /// A change of a row that is not visible.
    #[error("table `{table}` has no row {row}")]
    NoSuchRow {
        /// The table's name.
        table: String,
        /// The row.
        row: RowId,
    },
    /// A batch whose columns have no room for their values; fewer rows have.
    #[error("a batch of rows is too large: {0}")]
    Batch(String),
    /// A write to the log failed, so nobody knows what stands in it.
    #[error(
        "an earlier write to the log failed and its outcome is unknown: \
         reading goes on, to write again reopen the database"
    )]
    Poisoned,
    /// Whoever asked wants no answer any more.
    #[error("the statement was interrupted")]
    Interrupted,
    /// Something is larger than what can be read again.
    #[error("{what} has {size} bytes, the limit is {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// An operation that contradicts the schema or the rows, or a value that its column cannot hold.
    #[error("{reason}")]
    Invalid {
        /// What contradicts what.
        reason: String,
    },
}

impl Error {
    /// The same, as far as it can be said twice, for one more who has to know why the disk refused.
    pub(crate) fn told_again(&self) -> Error {
        if let Error::Io { action, path, source } = self {
            let source = std::io::Error::new(source.kind(), source.to_string());
            return Error::Io { action, path: path.clone(), source };
        }
        if let Error::Replaced { path, reason } = self {
            return Error::Replaced { path: path.clone(), reason };
        }
        if let Error::Damaged(found) = self {
            return Error::Damaged(Arc::clone(found));
        }
        Error::Poisoned
    }

    /// The kind as a word that scripts may rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotFound { .. } => "not-found",
            Error::NotADatabase { .. } => "not-a-database",
            Error::Format { .. } => "format",
            Error::Io { .. } => "io",
            Error::Busy { .. } => "busy",
            Error::Replaced { .. } => "replaced",
            Error::ReadOnly { .. } | Error::Following { .. } | Error::GivenUp { .. } => "read-only",
            Error::Leftover { cause, .. } => cause.code(),
            Error::Stale { .. } => "stale",
            Error::StaleVersion { .. } => "stale-version",
            Error::Corrupt(_) | Error::OtherHistory { .. } => "corrupt",
            Error::Damaged(_) => "damaged",
            Error::Projection { .. } => "projection",
            Error::TemporaryFile { .. } => "io",
            Error::Behind(cause) => cause.code(),
            Error::BeyondHead { .. } => "beyond-head",
            Error::NoSuchRow { .. } => "not-found",
            Error::Batch(_) => "too-large",
            Error::Poisoned => "poisoned",
            Error::Interrupted => "interrupted",
            Error::Limit { .. } => "limit",
            Error::Invalid { .. } => "invalid",
        }
    }

    /// Whether it says that a batch has no room for the values of its rows; fewer rows have.
    pub fn is_batch_too_large(&self) -> bool {
        matches!(self, Error::Batch(_))
    }

    /// The file or directory that it is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Error::NotFound { path }
            | Error::NotADatabase { path, .. }
            | Error::Format { path, .. }
            | Error::Io { path, .. }
            | Error::Busy { path, .. }
            | Error::Replaced { path, .. }
            | Error::Following { path, .. }
            | Error::GivenUp { path }
            | Error::Leftover { path, .. }
            | Error::OtherHistory { file: path, .. }
            | Error::Projection { file: path, .. } => Some(path),
            Error::Corrupt(corruption) => Some(&corruption.file),
            Error::Damaged(corruption) => Some(&corruption.file),
            Error::ReadOnly { .. }
            | Error::Stale { .. }
            | Error::StaleVersion { .. }
            | Error::BeyondHead { .. }
            | Error::NoSuchRow { .. }
            | Error::Batch(_)
            | Error::TemporaryFile { .. }
            | Error::Behind(_)
            | Error::Poisoned
            | Error::Interrupted
            | Error::Limit { .. }
            | Error::Invalid { .. } => None,
        }
    }

    /// What it says without the file that it is about, where that was named before.
    pub fn reason(&self) -> String {
        match self {
            Error::Corrupt(corruption) => {
                let Corruption { offset, event, found, .. } = &**corruption;
                format!("at byte {offset}, event {event}: {found}")
            }
            Error::Projection { reason, .. } | Error::Format { reason, .. } => reason.clone(),
            Error::Replaced { reason, .. } => format!("it {reason} while it was open"),
            Error::Io { action, source, .. } => format!("cannot {action} it: {source}"),
            Error::NotFound { .. }
            | Error::NotADatabase { .. }
            | Error::Busy { .. }
            | Error::ReadOnly { .. }
            | Error::Following { .. }
            | Error::GivenUp { .. }
            | Error::Leftover { .. }
            | Error::Stale { .. }
            | Error::StaleVersion { .. }
            | Error::OtherHistory { .. }
            | Error::Damaged(_)
            | Error::BeyondHead { .. }
            | Error::NoSuchRow { .. }
            | Error::Batch(_)
            | Error::TemporaryFile { .. }
            | Error::Behind(_)
            | Error::Poisoned
            | Error::Interrupted
            | Error::Limit { .. }
            | Error::Invalid { .. } => self.to_string(),
        }
    }

    /// A way out, where there is a good one.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Error::Following { .. } => Some("once that process has ended, open the database again"),
            Error::Damaged(_) => Some(
                "moments whose lines are good can still be read; \
                 asof --salvage NEWDIR DATABASE copies what is good",
            ),
            Error::Corrupt(corruption) if corruption.is_of_log() => Some(
                "asof --read-only DATABASE reads the moments whose lines are good, \
                 asof --salvage NEWDIR DATABASE copies what is good",
            ),
            Error::Format { is_newer: true, .. } => {
                Some("a newer asof wrote it: that one reads it")
            }
            Error::Format { is_newer: false, .. } => {
                Some("the asof that wrote it can .dump it, and this one runs the dump")
            }
            Error::Stale { .. } => {
                Some("nothing of it is written: ROLLBACK if it is open, and do it again")
            }
            Error::TemporaryFile { .. } | Error::Behind(_) => {
                Some("nothing is lost: open the database again")
            }
            Error::NotFound { .. }
            | Error::NotADatabase { .. }
            | Error::Io { .. }
            | Error::Busy { .. }
            | Error::Replaced { .. }
            | Error::ReadOnly { .. }
            | Error::GivenUp { .. }
            | Error::Leftover { .. }
            | Error::StaleVersion { .. }
            | Error::Corrupt(_)
            | Error::OtherHistory { .. }
            | Error::Projection { .. }
            | Error::BeyondHead { .. }
            | Error::NoSuchRow { .. }
            | Error::Batch(_)
            | Error::Poisoned
            | Error::Interrupted
            | Error::Limit { .. }
            | Error::Invalid { .. } => None,
        }
    }

    /// An [`Error::Invalid`].
    pub(crate) fn invalid(reason: impl Into<String>) -> Error {
        Error::Invalid { reason: reason.into() }
    }

    /// Wraps what the system said about a path.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Error {
        Error::Batch(error.to_string())
    }
}
