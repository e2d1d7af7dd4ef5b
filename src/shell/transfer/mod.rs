//! Tables to files and back: CSV, TSV, JSON, NDJSON, and scripts of SQL.
//!
//! In: a file (`source_file`) in any `encoding` and the name of a table; the file is read as a stream,
//! by `fields`, between which the `separator` is found, or by `objects`; its texts become what INSERT is given (`values`), and [`Session::load`](crate::session::Session::load)
//! does the rest in one transaction. The types of a table that does not exist yet are found by reading
//! the file once more before (`infer`). Out: what `render` draws, in a file that is there as a whole
//! or not at all.
//!
//! What is exported comes back exactly, whatever its type: an empty field is NULL and `""` the empty
//! text, a blob is `x'0aff'` in CSV and TSV and base64 in JSON, a document that is `null` is
//! `{"$json":null}` there, and a column of ANY is written so that the type of each value can be told.

mod database;
mod dump;
mod encoding;
mod export;
mod fields;
mod file_lines;
mod header;
mod import;
mod infer;
mod objects;
mod separator;
mod source_file;
mod values;

use crate::render::{Diagnostic, Mode};
use fields::Dialect;
use std::path::Path;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// Records between delimiters.
    Fields(Dialect),
    /// One array of objects.
    Json,
    /// One object on each line.
    Ndjson,
}

/// The kinds by the option and the end of a file's name that mean them.
const KINDS: &[(&str, FileFormat)] = &[
    ("csv", FileFormat::Fields(Dialect::Csv)),
    ("tsv", FileFormat::Fields(Dialect::Tsv)),
    ("tab", FileFormat::Fields(Dialect::Tsv)),
    ("json", FileFormat::Json),
    ("ndjson", FileFormat::Ndjson),
    ("jsonl", FileFormat::Ndjson),
];

impl FileFormat {
    /// The kind of this name, in any case.
    pub(super) fn named(name: &str) -> Option<FileFormat> {
        KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    /// The kind that the end of a file's name says.
    ///
    /// # Errors
    /// `file-kind` where it says none.
    fn of_file(path: &str) -> Result<FileFormat, Diagnostic> {
        let end = Path::new(path).extension().map(|end| end.to_string_lossy().into_owned());
        end.as_deref().and_then(FileFormat::named).ok_or_else(|| {
            let message = format!("the name {path} does not say what the file is");
            let help = "--csv, --tsv, --json or --ndjson says it, or a name that ends so";
            Diagnostic::new("file-kind", message).help(Some(help.to_owned()))
        })
    }

    /// The mode that draws it.
    fn mode(self) -> Mode {
        match self {
            FileFormat::Fields(Dialect::Csv) => Mode::Csv,
            FileFormat::Fields(Dialect::Tsv) => Mode::Tsv,
            FileFormat::Json => Mode::Json,
            FileFormat::Ndjson => Mode::Ndjson,
        }
    }
}

pub(super) use encoding::named as encoding_named;
pub(super) use export::ExportRequest;
pub(super) use import::ImportRequest;

/// What the system says of a file.
fn refused(action: &str, path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new("file", format!("cannot {action} {path}: {error}"))
}
