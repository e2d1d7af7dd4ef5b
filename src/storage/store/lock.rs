//! One writer per directory at a time.
//!
//! The lock is the system's lock on the file `LOCK`, which it releases when the process ends however
//! it ends, and which whoever only reads gives up before. What the file says, the number of the
//! process, is only for messages.

use crate::storage::error::Error;
use crate::storage::options::LockWait;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The name of the lock file.
pub(crate) const LOCK: &str = "LOCK";

/// How long a waiting process sleeps before it tries again.
const PAUSE: Duration = Duration::from_millis(10);

/// The right to write to a directory, given back when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: Arc<dyn VfsFile>,
}

impl Lock {
    /// Takes the lock of a directory that exists, waiting for it if need be.
    ///
    /// # Errors
    /// `busy` where another process still has it at the end of the wait, `interrupted` where the wait
    /// ended early, `io` where its file cannot be made or locked.
    pub(crate) fn take(vfs: &dyn Vfs, directory: &Path, wait: &LockWait) -> Result<Lock, Error> {
        let path = directory.join(LOCK);
        let open = || vfs.open(&path, Access::Create).map_err(Error::io("open", &path));
        let mut file = open()?;
        let since = Instant::now();
        // Whoever asks whether somebody has the lock has it for an instant.
        let timeout = wait.timeout.max(PAUSE);
        loop {
            if file.try_lock().map_err(Error::io("lock", &path))? {
                // Who could not create a database removes its file, and nobody finds that one again.
                if file.is_at(&path).map_err(Error::io("lock", &path))? {
                    break;
                }
                file = open()?;
                continue;
            }
            let left = timeout.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(Error::Busy { path: directory.to_path_buf(), holder: holder(&*file) });
            }
            if wait.interrupt.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            std::thread::sleep(PAUSE.min(left));
        }
        // A message without its number is no reason to refuse work.
        let number = format!("{}\n", std::process::id());
        if file.truncate(0).is_ok() {
            drop(file.write_at(0, number.as_bytes()));
        }
        Ok(Lock { _file: file })
    }
}

/// Who has the lock of a directory, `process 4711`; `None` where nobody has.
///
/// # Errors
/// [`Error::Io`] where `LOCK` is there and cannot be opened, or not be asked.
pub(crate) fn holder_of(vfs: &dyn Vfs, directory: &Path) -> Result<Option<String>, Error> {
    let path = directory.join(LOCK);
    let file = match vfs.open(&path, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(Error::io("open", &path))?,
    };
    let locked = file.is_locked().map_err(Error::io("lock", &path))?;
    Ok(locked.then(|| holder(&*file)))
}

/// Who holds the lock, as far as the file tells.
fn holder(file: &dyn VfsFile) -> String {
    let mut bytes = [0; 20];
    let read = file.read_at(0, &mut bytes).unwrap_or(0);
    let number =
        std::str::from_utf8(&bytes[..read]).ok().and_then(|t| t.trim().parse::<u32>().ok());
    number.map_or_else(|| "another process".into(), |number| format!("process {number}"))
}
