//! Finding the log of a directory, and taking the lock beside it.

use super::lock::{Lock, holder_of};
use super::recovery::check_companions;
use crate::storage::error::Error;
use crate::storage::log::{FileLog, LOG, Log};
use crate::storage::options::OpenOptions;
use crate::storage::vfs::Access;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What opening the log came to.
#[derive(Default)]
pub(crate) struct FoundLog {
    /// The log; absent where there is none yet.
    pub log: Option<Arc<dyn Log>>,
    /// The lock, if it is ours.
    pub lock: Option<Lock>,
    /// Why nothing may be written, if so.
    pub refusal: Option<String>,
    /// Who writes to it meanwhile, `process 4711`, and kept this process from it.
    pub holder: Option<String>,
    /// Whether another process writes to it meanwhile, or may.
    pub beside_writer: bool,
}

/// The names in a directory; none where there is no directory and one may be created.
fn names_in(directory: &Path, options: &OpenOptions) -> Result<Vec<String>, Error> {
    let path = || directory.to_path_buf();
    match options.environment.vfs.names(directory) {
        Ok(names) => Ok(names),
        Err(error) if error.kind() == io::ErrorKind::NotFound && options.create => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::NotFound { path: path() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::NotADatabase { path: path(), reason: "it is a file".into() })
        }
        Err(error) => Err(Error::io("read", directory)(error)),
    }
}

impl FoundLog {
    /// Finds the log and takes the lock, as far as there is anything to lock.
    pub(crate) fn open(directory: &Path, options: &OpenOptions) -> Result<FoundLog, Error> {
        let shared = &options.environment.vfs;
        let vfs = &**shared;
        let names = names_in(directory, options)?;
        let open = |access| FileLog::open(shared, directory, access).map(Some);
        let asked = || "it was opened so".to_owned();
        if !FileLog::is_among(&names) {
            check_companions(vfs, directory, &names, "it is missing")?;
            if let (false, Some(name)) = (options.create, names.first()) {
                let reason = format!("`{name}` is there and {LOG} is not");
                return Err(Error::NotADatabase { path: directory.to_path_buf(), reason });
            }
            if !options.create {
                return Err(Error::NotFound { path: directory.to_path_buf() });
            }
            return Ok(FoundLog { refusal: options.read_only.then(asked), ..FoundLog::default() });
        }
        if options.read_only {
            let log = open(Access::Read)?;
            let refusal = Some(asked());
            // Where nobody can tell, somebody may.
            let beside_writer = holder_of(vfs, directory).map_or(true, |holder| holder.is_some());
            return Ok(FoundLog { log, refusal, beside_writer, ..FoundLog::default() });
        }
        let mut wait = options.lock_wait();
        if options.follow {
            wait.timeout = Duration::ZERO;
        }
        let lock = Lock::take(vfs, directory, &wait);
        let opened = lock.and_then(|lock| {
            let log = open(Access::Write)?;
            Ok(FoundLog { log, lock: Some(lock), ..FoundLog::default() })
        });
        match opened {
            Err(Error::Io { action, path: refused, source }) if is_forbidden(&source) => {
                let refusal = Some(format!("cannot {action} {}: {source}", refused.display()));
                Ok(FoundLog { log: open(Access::Read)?, refusal, ..FoundLog::default() })
            }
            Err(Error::Busy { holder, .. }) if options.follow => {
                let log = open(Access::Read)?;
                let refusal = Some(format!("{holder} is writing to it"));
                let holder = Some(holder);
                Ok(FoundLog { log, lock: None, refusal, holder, beside_writer: true })
            }
            opened => opened,
        }
    }

    /// Whether the log may be written to.
    pub(crate) fn is_writable(&self) -> bool {
        self.lock.is_some() && self.refusal.is_none()
    }
}

/// Whether the system allows no write there, as opposed to having failed at one. A full disk counts:
/// opening needs no space.
fn is_forbidden(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded)
}
