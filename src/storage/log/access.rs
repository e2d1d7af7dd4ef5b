//! What whoever writes and reads a log knows of where its lines are kept: no file, and no offset.
//!
//! ```text
//! store, verify, salvage    events, transactions, marks, damage; a line is where its Locator says
//! ───────────────────────── Log ─────────────────────────────────────────────────────────────────
//! FileLog                   files, bytes, offsets
//! ```
//!
//! Lines go in and come out whole and are not understood here, but for the first, which is the header:
//! its place is the start of the log.

use super::Locator;
use super::reader::NextLine;
use crate::storage::error::{Error, FilePlace};
use crate::storage::vfs::FileStamp;
use std::fmt::Debug;
use std::ops::Range;
use std::path::PathBuf;

/// The lines of a log, wherever they are kept.
pub(crate) trait Log: Debug + Send + Sync {
    /// Where the header begins.
    fn start(&self) -> Locator;

    /// Where the log ends now, with what may not be durable and may be no whole line.
    ///
    /// # Errors
    /// [`Error::Io`] where that cannot be told.
    fn end(&self) -> Result<Locator, Error>;

    /// Where the line behind these lines begins, once they are appended at `end`. It is told before they
    /// are, so that an index of them can be made on the way.
    fn locate(&self, end: Locator, lines: &[u8]) -> Locator;

    /// Appends whole lines, newlines and all, to a log that ends at `end`; gives where it ends then.
    ///
    /// # Errors
    /// [`Error::Replaced`] where it is seen to end elsewhere: then nothing was written. [`Error::Io`]
    /// where writing failed: then nobody knows what stands behind `end`.
    fn append(&self, end: Locator, lines: &[u8]) -> Result<Locator, Error>;

    /// Makes durable what was appended.
    ///
    /// # Errors
    /// [`Error::Io`] where that failed: then nobody knows what of it is.
    fn sync(&self) -> Result<(), Error>;

    /// The lines of a part. Its start is where a line begins; what stands at its end is not read.
    fn read(&self, part: Range<Locator>) -> Box<dyn LogLines>;

    /// The first place near the start of a log where a line begins so, whatever stands before it and
    /// whether or not that ends as a line does.
    fn find_first(&self, line_start: &[u8]) -> Option<Locator>;

    /// Whether the log can still be found where it was opened, and is not another one or none.
    ///
    /// # Errors
    /// [`Error::Io`] where that cannot be told.
    fn is_in_place(&self) -> Result<bool, Error>;

    /// What can be told of the log without reading it: as long as that is the same, so is the log.
    /// `None` where nothing can.
    fn stamp(&self) -> Option<FileStamp>;

    /// Whether a part is nothing but zeros.
    fn is_blank(&self, part: Range<Locator>) -> bool;

    /// Copies what stands at the end of the log to where people find it, and makes the copy durable;
    /// gives its name in the database's directory. Where that fails nothing of it stays.
    ///
    /// # Errors
    /// [`Error::Io`] where the copy cannot be made.
    fn keep(&self, tail: Range<Locator>) -> Result<PathBuf, Error>;

    /// Cuts the log, durably.
    ///
    /// # Errors
    /// [`Error::Io`] where that failed.
    fn cut(&self, end: Locator) -> Result<(), Error>;

    /// How many bytes a part has: for whoever waits, and for what is bounded by it.
    fn size_of(&self, part: Range<Locator>) -> u64;

    /// A place as people are told of it.
    fn place(&self, at: Locator) -> FilePlace;
}

/// Lines of a log, one after another.
pub(crate) trait LogLines: Debug + Send + Sync {
    /// Goes to the next line.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read.
    fn advance(&mut self) -> Result<NextLine, Error>;

    /// Goes on to where a line that is too long ends, or the part.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read.
    fn pass_over(&mut self) -> Result<(), Error>;

    /// The line without its newline.
    fn line(&self) -> &[u8];

    /// Where the line begins.
    fn begin(&self) -> Locator;

    /// Where the line behind it begins.
    fn end(&self) -> Locator;

    /// Where the line begins, as people are told of it.
    fn place(&self) -> FilePlace;
}
