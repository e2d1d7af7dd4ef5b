//! What is imported: a file, standard input, or what a command says.
//!
//! It is read more than once: for its separator, for the types of a new table, for its rows. What comes
//! through a pipe is therefore copied to a file without a name first. A command that fails has said
//! something wrong, however much it said: then nothing is imported.

use super::encoding::{DecodingReader, advice, first_bytes, marked};
use crate::render::Diagnostic;
use crate::session::Error;
use crate::shell::INTERRUPTED;
use crate::shell::programs::{spawn, system_shell};
use crate::shell::progress::Progress;
use crate::shell::script::STANDARD_INPUT;
use encoding_rs::Encoding;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many bytes are copied at once.
const BLOCK: usize = 256 << 10;

/// Why the reading stopped.
pub(super) enum ImportError {
    /// The file cannot be read.
    Read(io::Error),
    /// It is not what it has to be.
    Wrong(Diagnostic),
    /// Ctrl-C.
    Interrupted,
    /// The session refuses.
    Session(Error),
}

impl From<io::Error> for ImportError {
    fn from(error: io::Error) -> ImportError {
        ImportError::Read(error)
    }
}

impl From<Error> for ImportError {
    fn from(error: Error) -> ImportError {
        if error.code() == INTERRUPTED {
            ImportError::Interrupted
        } else {
            ImportError::Session(error)
        }
    }
}

/// The command that a path is, if it is one: `|cut -f1 x.tsv`.
pub(super) fn command(path: &str) -> Option<&str> {
    path.strip_prefix('|').map(str::trim)
}

/// Something to be imported, which is read from its beginning as often as need be.
pub(super) struct SourceFile<'a> {
    path: &'a str,
    /// What came through a pipe.
    copy: Option<File>,
    /// What its text is in, if not in UTF-8.
    encoding: Option<&'static Encoding>,
}

impl<'a> SourceFile<'a> {
    /// Opens what a path names; what can be read but once is copied, with its progress.
    ///
    /// # Errors
    /// [`ImportError::Read`] where it cannot be opened or copied, [`ImportError::Wrong`] with `import` where
    /// a command fails, [`ImportError::Interrupted`] by Ctrl-C.
    pub(super) fn open(
        path: &'a str,
        encoding: Option<&'static Encoding>,
        progress: Progress,
        stop: &AtomicBool,
    ) -> Result<SourceFile<'a>, ImportError> {
        let copy = match command(path) {
            Some(command) => Some(said_by(command, progress, stop)?),
            None if path == STANDARD_INPUT => Some(copied(&mut io::stdin(), progress, stop)?),
            None => {
                let found = std::fs::metadata(path)?;
                if found.is_dir() {
                    return Err(io::Error::other("it is a directory").into());
                }
                match found.is_file() {
                    true => None,
                    false => Some(copied(&mut File::open(path)?, progress, stop)?),
                }
            }
        };
        let mut source = SourceFile { path, copy, encoding };
        if source.encoding.is_none() {
            source.encoding = marked(&first_bytes(source.bytes()?)?);
        }
        Ok(source)
    }

    /// Its bytes, from the first.
    fn bytes(&self) -> io::Result<File> {
        let mut file = match &self.copy {
            Some(copy) => copy.try_clone()?,
            None => File::open(self.path)?,
        };
        file.rewind()?;
        Ok(file)
    }

    /// Its text, from the beginning, and how many bytes it has.
    pub(super) fn text(&self) -> io::Result<(Box<dyn Read>, u64)> {
        let file = self.bytes()?;
        let size = file.metadata()?.len();
        Ok(match self.encoding {
            Some(encoding) if encoding != encoding_rs::UTF_8 => {
                (Box::new(DecodingReader::new(file, encoding)), size)
            }
            _ => (Box::new(file), size),
        })
    }

    /// What to try where its text is no UTF-8.
    pub(super) fn advice(&self) -> Option<String> {
        let first = self.bytes().and_then(first_bytes);
        first.ok().map(|first| advice(&first))
    }
}

/// What a command says, up to its end.
fn said_by(command: &str, progress: Progress, stop: &AtomicBool) -> Result<File, ImportError> {
    // Standard input may be the script that this stands in.
    let mut child = spawn(system_shell(command).stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut output = child.stdout.take().expect("its standard output is a pipe");
    let copy = copied(&mut output, progress, stop).inspect_err(|_| end(&mut child))?;
    drop(output);
    let status = child.wait()?;
    if status.success() {
        return Ok(copy);
    }
    let message = format!("the command failed ({status}): nothing was imported");
    Err(ImportError::Wrong(Diagnostic::new("import", message)))
}

/// Ends a command whose words nobody wants any more.
fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// A copy without a name.
fn copied(
    input: &mut dyn Read,
    progress: Progress,
    stop: &AtomicBool,
) -> Result<File, ImportError> {
    let (mut copy, mut progress) = (tempfile::tempfile()?, progress);
    let mut block = vec![0; BLOCK];
    loop {
        let read = match input.read(&mut block) {
            Ok(0) => return Ok(copy),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error.into()),
        };
        if stop.load(Ordering::Relaxed) {
            return Err(ImportError::Interrupted);
        }
        copy.write_all(&block[..read])?;
        progress.advance(u64::try_from(read).unwrap_or(u64::MAX));
    }
}
