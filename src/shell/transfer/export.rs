//! From a query into a file, which is there as a whole or not at all.

use super::{FileFormat, refused, values};
use crate::language::ast::Identifier;
use crate::render::{self, Diagnostic, RenderError};
use crate::session::{Batch, Error, Outcome, OutputColumn, Rows};
use crate::shell::dot::DotCommandError;
use crate::shell::progress::Progress;
use crate::shell::{INTERRUPTED, Shell, connection};
use crate::types::DataType;
use crate::types::column::{array_of, value_at};
use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tempfile::NamedTempFile;

/// What is to be exported.
pub(in crate::shell) struct ExportRequest {
    /// The file.
    pub(in crate::shell) path: String,
    /// The name of a table, or a query; `None` for the only table.
    pub(in crate::shell) what: Option<String>,
    /// What the file shall be, if its name does not say it.
    pub(in crate::shell) kind: Option<FileFormat>,
    /// Whether a file that is there is replaced.
    pub(in crate::shell) force: bool,
}

/// A stream that tells how much went through it.
struct CountingWriter<W> {
    inner: W,
    progress: Progress,
}

impl<W: Write> Write for CountingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.progress.advance(u64::try_from(written).unwrap_or(u64::MAX));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Shell {
    /// Exports a table or the rows of a query.
    ///
    /// # Errors
    /// `file` where it is there already or cannot be written, `file-kind` where nothing says what it is to
    /// be, `dot-command` where `what` is not to be had; any code with which the query fails.
    pub(in crate::shell) fn export(
        &mut self,
        export: &ExportRequest,
    ) -> Result<(), DotCommandError> {
        let started = Instant::now();
        let path = &export.path;
        let kind = export.kind.map_or_else(|| FileFormat::of_file(path), Ok)?;
        check_target(path, export.force)?;
        let query = self.query_of(export.what.as_deref())?;
        let rows = match self.connection.execute(&query) {
            Ok(Outcome::Rows(rows)) => rows,
            Ok(Outcome::Replay(replay)) => replay.into_rows(),
            Ok(_) => return Err(no_query(&query).into()),
            Err(connection_error) => {
                return Err(match connection_error.diagnostic().code == INTERRUPTED {
                    true => DotCommandError::Stop(self.interrupted(started)),
                    false => connection_error.into(),
                });
            }
        };
        match write(exact(rows, kind), kind, export, self.settings.progress) {
            Ok(rows) => {
                if self.settings.receipts {
                    let plural = if rows == 1 { "" } else { "s" };
                    let said = format!("wrote {path} ({rows} row{plural})");
                    writeln!(self.out, "{}", render::escape(&said))?;
                }
                Ok(())
            }
            Err(RenderError::Query(error)) if error.code() == INTERRUPTED => {
                Err(DotCommandError::Stop(self.interrupted(started)))
            }
            Err(RenderError::Query(error)) => Err(Diagnostic::from(&error).into()),
            Err(RenderError::Output(error)) => Err(refused("write", path, &error).into()),
        }
    }

    /// The query that gives what was asked for.
    fn query_of(&self, what: Option<&str>) -> Result<String, DotCommandError> {
        let session = self.connection.existing()?;
        let schema = session.schema().map_err(|error| Diagnostic::from(&error))?;
        let Some(what) = what else {
            let mut tables = schema.tables();
            return match (tables.next(), tables.next()) {
                (Some(only), None) => {
                    Ok(format!("SELECT * FROM {}", Identifier::of(only.name.clone())))
                }
                _ => Err(Diagnostic::new("dot-command", "which table, or which query?")
                    .help(Some(".export FILE TABLE, or .export FILE SELECT …".to_owned()))
                    .into()),
            };
        };
        let table = schema.find_table(None, unquoted(what)).map(|table| table.name.as_str());
        if let Some(name) =
            table.or_else(|| schema.find_view(None, unquoted(what)).map(|view| view.name.as_str()))
        {
            return Ok(format!("SELECT * FROM {}", Identifier::of(name)));
        }
        match connection::reads(what) {
            true => Ok(what.to_owned()),
            // A name that is no table's, a system's perhaps: the session knows what to say of it.
            false if !what.contains(char::is_whitespace) => {
                Ok(format!("SELECT * FROM {}", Identifier::of(unquoted(what))))
            }
            false => Err(no_query(what).into()),
        }
    }
}

/// A name without the quotes around it.
fn unquoted(name: &str) -> &str {
    let inside = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(name)
}

fn no_query(text: &str) -> Diagnostic {
    let message = format!("{} is no query", crate::render::escape(text));
    Diagnostic::new("dot-command", message)
        .help(Some(".export takes the name of a table, or SELECT …".to_owned()))
}

/// Refuses a file that is there, unless it may be replaced.
fn check_target(path: &str, force: bool) -> Result<(), Diagnostic> {
    let problem = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => "it is no regular file",
        Ok(_) if !force => "it exists",
        _ if path == "-" => "the output of a query goes there by .mode and the query itself",
        _ => return Ok(()),
    };
    let help = (problem == "it exists").then(|| format!(".export --force {path} … replaces it"));
    Err(Diagnostic::new("file", format!("cannot write {path}: {problem}")).help(help))
}

/// Draws rows into a file beside the one that is meant, which it becomes when it is whole; gives
/// their number.
fn write(
    rows: Rows,
    kind: FileFormat,
    export: &ExportRequest,
    progress: bool,
) -> Result<usize, RenderError> {
    let path = Path::new(&export.path);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".asof-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As every program's file, less what the user's mask takes away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let part: NamedTempFile = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    let progress = Progress::new(&export.path, None, progress);
    let mut out = BufWriter::new(CountingWriter { inner: part, progress });
    let format = render::Format { headers: Some(true), ..render::Format::new(kind.mode()) };
    let drawn = render::draw(rows, &format, &|| None, &mut out)?;
    let part = out.into_inner().map_err(io::IntoInnerError::into_error)?.inner;
    part.as_file().sync_all()?;
    let moved = if export.force { part.persist(path) } else { part.persist_noclobber(path) };
    moved.map_err(|error| error.error)?;
    Ok(drawn.rows)
}

/// Rows whose every value is written so that it comes back as it was.
fn exact(rows: Rows, kind: FileFormat) -> Rows {
    let is_json = matches!(kind, FileFormat::Json | FileFormat::Ndjson);
    let plain = move |data_type: DataType| {
        let is_any = matches!(data_type, DataType::Any | DataType::Flexible(_));
        !(is_any || is_json && data_type == DataType::Json)
    };
    let before = rows.columns.clone();
    if before.iter().all(|column| plain(column.data_type)) {
        return rows;
    }
    let written = if is_json { DataType::Json } else { DataType::Text };
    let columns: Vec<OutputColumn> = before
        .iter()
        .map(|column| OutputColumn {
            name: column.name.clone(),
            data_type: if plain(column.data_type) { column.data_type } else { written },
        })
        .collect();
    let as_of = rows.as_of;
    let convert = move |batch: &Batch| {
        let array = |(column, array): (&OutputColumn, &ArrayRef)| {
            let data_type = column.data_type;
            if plain(data_type) {
                return Ok(Arc::clone(array));
            }
            let value = |row| {
                let value = value_at(array, data_type, row);
                match is_json {
                    true => values::any_document(&value, data_type),
                    false => values::any_field(&value, data_type),
                }
            };
            let values: Vec<_> = (0..batch.rows).map(value).collect();
            array_of(written, values.iter())
        };
        let arrays: Result<Vec<ArrayRef>, ArrowError> =
            before.iter().zip(&batch.columns).map(array).collect();
        Ok(Batch::new(arrays?, batch.rows))
    };
    let batches = rows.flat_map(move |batch| match batch {
        Ok(batch) => converted(batch, &convert),
        Err(error) => vec![Err(error)],
    });
    Rows::new(columns, as_of, batches)
}

/// What `convert` makes of a batch, in parts where one batch has no room for what its texts become.
fn converted(
    batch: Batch,
    convert: &impl Fn(&Batch) -> Result<Batch, ArrowError>,
) -> Vec<Result<Batch, Error>> {
    match convert(&batch) {
        Err(ArrowError::OffsetOverflowError(_)) if batch.rows > 1 => {
            let half = batch.rows / 2;
            let mut parts = converted(batch.slice(0, half), convert);
            parts.extend(converted(batch.slice(half, batch.rows - half), convert));
            parts
        }
        whole => vec![whole.map_err(|error| crate::executor::Error::from(error).into())],
    }
}
