//! From a file into a table.

use super::fields::{Dialect, Field, Located, RecordFormat, RecordReader};
use super::file_lines::{FileLines, INVALID};
use super::header;
use super::infer::{InferredColumns, InferredType};
use super::objects::{ObjectReader, each_key};
use super::source_file::{ImportError, SourceFile, command};
use super::{FileFormat, refused, separator, values};
use crate::render::Diagnostic;
use crate::session::{BulkLoader, Receipt, RefusedRows, Session};
use crate::shell::Shell;
use crate::shell::dot::DotCommandError;
use crate::shell::progress::Progress;
use crate::shell::script::STANDARD_INPUT;
use crate::types::{DataType, TableSchema, Value, fold};
use encoding_rs::Encoding;
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// How often, in rows, it is looked whether the work shall stop, and reported how far it is.
const PACE: u64 = 1024;

/// What is to be imported.
pub(in crate::shell) struct ImportRequest {
    /// The file; `-` is standard input, behind `|` stands a command.
    pub(in crate::shell) path: String,
    /// The table.
    pub(in crate::shell) table: String,
    /// What the file is, if its name does not say it.
    pub(in crate::shell) kind: Option<FileFormat>,
    /// Lines to be passed over.
    pub(in crate::shell) skip: u64,
    /// Whether the first record behind them names columns, if that was said.
    pub(in crate::shell) header: Option<bool>,
    /// What stands between its fields, if that was said.
    pub(in crate::shell) separator: Option<char>,
    /// What its text is in, if that was said.
    pub(in crate::shell) encoding: Option<&'static Encoding>,
    /// What stands for NULL besides nothing.
    pub(in crate::shell) null: Option<String>,
    /// Whether numbers have a comma where others have a point.
    pub(in crate::shell) decimal_comma: bool,
}

impl ImportRequest {
    /// What the file is called.
    fn name(&self) -> &str {
        if self.path == STANDARD_INPUT { "standard input" } else { &self.path }
    }

    /// Whether it is CSV, or may be.
    pub(in crate::shell) fn is_separated(&self) -> bool {
        let kind = self.kind.or_else(|| FileFormat::of_file(&self.path).ok());
        kind.is_none_or(|kind| kind == FileFormat::Fields(Dialect::Csv))
    }

    /// What it is: as was said, or by its name. A separator makes it CSV, and so does a command.
    ///
    /// # Errors
    /// `file-kind` where nothing says it, `dot-command` where what was said does not fit together.
    fn kind(&self) -> Result<FileFormat, Diagnostic> {
        let csv = FileFormat::Fields(Dialect::Csv);
        let kind = match self.kind {
            Some(kind) => kind,
            None if self.separator.is_some() => csv,
            None if command(&self.path).is_some() => FileFormat::of_file(&self.path).unwrap_or(csv),
            None => FileFormat::of_file(&self.path)?,
        };
        let is_fields = matches!(kind, FileFormat::Fields(_));
        let misplaced = [
            ("--header and --no-header are", self.header.is_some() && !is_fields),
            ("--null is", self.null.is_some() && !is_fields),
            ("--decimal-comma is", self.decimal_comma && !is_fields),
            ("--separator is", self.separator.is_some() && kind != csv),
        ];
        match misplaced.iter().find(|(_, is_misplaced)| *is_misplaced) {
            None => Ok(kind),
            Some((what, _)) if is_fields => {
                let message = format!("{what} for CSV: TSV has tabs");
                Err(Diagnostic::new("dot-command", message))
            }
            Some((what, _)) => {
                let message = format!("{what} for CSV and TSV: objects name their columns");
                Err(Diagnostic::new("dot-command", message))
            }
        }
    }
}

/// The rows of a file.
enum ImportSource {
    Records(RecordReader),
    Objects(ObjectReader),
}

impl ImportSource {
    fn offset(&self) -> u64 {
        match self {
            ImportSource::Records(records) => records.offset(),
            ImportSource::Objects(objects) => objects.offset(),
        }
    }
}

/// A work on its way through a file.
struct ImportProgress {
    progress: Progress,
    stop: Arc<AtomicBool>,
    rows: u64,
    reported: u64,
}

impl ImportProgress {
    fn step(&mut self, source: &ImportSource) -> Result<(), ImportError> {
        self.rows += 1;
        if !self.rows.is_multiple_of(PACE) {
            return Ok(());
        }
        let offset = source.offset();
        self.progress.advance(offset.saturating_sub(self.reported));
        self.reported = offset;
        if self.stop.load(Ordering::Relaxed) { Err(ImportError::Interrupted) } else { Ok(()) }
    }
}

impl Shell {
    /// Imports a file: all of it, or nothing where a line of it is refused.
    ///
    /// # Errors
    /// `import` with each line that is wrong, `file` where it cannot be read, `interrupted` by Ctrl-C;
    /// `unknown-column`, `past`, `read-only` and `damaged` where the session cannot take rows.
    pub(in crate::shell) fn import(
        &mut self,
        import: &ImportRequest,
    ) -> Result<(), DotCommandError> {
        let started = Instant::now();
        let kind = import.kind()?;
        if import.path == STANDARD_INPUT && (self.input_is_script || io::stdin().is_terminal()) {
            return Err(taken().into());
        }
        let existing = match self.connection.session() {
            Some(session) => session.schema().map_err(|error| Diagnostic::from(&error))?,
            None => crate::types::Schema::default(),
        };
        let existing = existing.find_table(None, &import.table).cloned();
        let (stop, terminal) = (self.connection.interrupt(), self.settings.progress);
        let separator = import.separator.unwrap_or(',');
        let mut work = Importer { import, kind, separator, stop, terminal, with_comma: None };
        let done =
            self.connection.with_session(|session| work.run(session, existing.as_deref()))?;
        let notice = matches!(&done, Ok(Ok(_))).then(|| work.notice()).flatten();
        if let Some(notice) = notice {
            self.say(&notice)?;
        }
        let path = import.name();
        match done {
            Ok(Ok(receipt)) => {
                if self.settings.receipts {
                    writeln!(self.out, "{}", crate::render::escape(&receipt.to_string()))?;
                }
                Ok(())
            }
            Ok(Err((refused, advice))) => Err(bad_lines(path, &refused).help(advice).into()),
            Err(ImportError::Read(error)) => Err(refused("read", path, &error).into()),
            Err(ImportError::Wrong(error)) => Err(error.into()),
            Err(ImportError::Interrupted) => Err(DotCommandError::Stop(self.interrupted(started))),
            Err(ImportError::Session(error)) => Err(self.connection.connection_error(error).into()),
        }
    }
}

/// Why standard input is no file now.
fn taken() -> Diagnostic {
    let error = Diagnostic::new("file", "statements come from standard input".to_owned());
    error.help(Some("asof DATABASE '.import --csv - TABLE' < FILE".to_owned()))
}

/// What is wrong with a file.
fn bad_lines(path: &str, refused: &RefusedRows) -> Diagnostic {
    let count = refused.count;
    let message = match count {
        1 => format!("1 line of {path} is wrong: nothing was imported"),
        _ => format!("{count} lines of {path} are wrong: nothing was imported"),
    };
    let mut error = Diagnostic::new("import", message);
    let line = |(line, reason): &(u64, String)| format!("line {line}: {reason}");
    error.notes.extend(refused.first.iter().map(line));
    let more = count.saturating_sub(u64::try_from(refused.first.len()).unwrap_or(u64::MAX));
    if more > 0 {
        error.notes.push(format!("and {more} more"));
    }
    error
}

/// What to try with a file, lines of which are refused because they are no text.
fn advice_of(refused: &RefusedRows, file: &SourceFile<'_>) -> Option<String> {
    let is_text = |(_, reason): &(u64, String)| !reason.starts_with(INVALID);
    if refused.first.iter().all(is_text) { None } else { file.advice() }
}

/// An import with all that it needs.
struct Importer<'a> {
    import: &'a ImportRequest,
    kind: FileFormat,
    /// What stands between fields.
    separator: char,
    stop: Arc<AtomicBool>,
    terminal: bool,
    /// The first field that would be a number with a decimal comma.
    with_comma: Option<String>,
}

/// What became of the rows of a file: the receipt, or those that were refused and what to try.
type ImportOutcome = Result<Receipt, (RefusedRows, Option<String>)>;

impl Importer<'_> {
    fn run(
        &mut self,
        session: &mut Session,
        existing: Option<&TableSchema>,
    ) -> Result<ImportOutcome, ImportError> {
        let progress = Progress::new(self.import.name(), None, self.terminal);
        let ImportRequest { path, encoding, .. } = self.import;
        let file = SourceFile::open(path, *encoding, progress, &self.stop)?;
        if self.import.separator.is_none() && self.kind == FileFormat::Fields(Dialect::Csv) {
            self.separator = separator::find(file.text()?.0, self.import.skip)?;
        }
        let loaded = self.load(&file, session, existing)?;
        Ok(loaded.map_err(|refused| {
            let advice = advice_of(&refused, &file);
            (refused, advice)
        }))
    }

    /// What is said of a file whose separator was found, and is not the usual one.
    fn notice(&self) -> Option<String> {
        let is_found = self.import.separator.is_none() && self.separator != ',';
        let name = self.import.name();
        let comma = self.with_comma.as_ref().map(|field| {
            let field = crate::render::escape(field).into_owned();
            format!("; --decimal-comma reads {field} as a number")
        });
        is_found.then(|| {
            let between = separator::called(self.separator);
            format!("notice: {name} has {between} between its fields{}", comma.unwrap_or_default())
        })
    }

    fn load(
        &mut self,
        file: &SourceFile<'_>,
        session: &mut Session,
        existing: Option<&TableSchema>,
    ) -> Result<Result<Receipt, RefusedRows>, ImportError> {
        let made = match existing {
            Some(_) => None,
            None => Some(self.columns(file)?),
        };
        let create = made.as_ref().map(|columns| columns.create(&self.import.table));
        let (mut source, mut watch) = self.open(file, self.import.name())?;
        match &mut source {
            ImportSource::Objects(_) => {
                let loading = session.load(create.as_deref(), &self.import.table, None)?;
                load_objects(loading, source, watch)
            }
            ImportSource::Records(records) => {
                let mut first = records.next()?.map(Located::into_owned);
                let said = self.import.header;
                self.check_header(file, first.as_ref())?;
                let names = match (&made, existing, &first) {
                    (Some(columns), ..) => Some(columns.names().to_vec()),
                    (None, Some(table), Some(Located { line, what: Ok(fields) })) => {
                        let place = format!("line {line} of {}", self.import.name());
                        header::names(fields, table, said, &place).map_err(ImportError::Wrong)?
                    }
                    (None, ..) => None,
                };
                if names.is_some() && !(made.is_some() && said == Some(false)) {
                    first = None;
                }
                let loading =
                    session.load(create.as_deref(), &self.import.table, names.as_deref())?;
                watch.step(&source)?;
                let comma = self.import.decimal_comma;
                load_records(loading, names.as_deref(), first, source, watch, comma)
            }
        }
    }

    /// The rows of the file, from its beginning.
    fn open(
        &self,
        file: &SourceFile<'_>,
        what: &str,
    ) -> Result<(ImportSource, ImportProgress), ImportError> {
        let (text, size) = file.text()?;
        let lines = FileLines::new(text);
        let source = match self.kind {
            FileFormat::Fields(dialect) => {
                let (separator, null) = (self.separator, self.import.null.clone());
                let mut records =
                    RecordReader::new(lines, RecordFormat { dialect, separator, null });
                records.skip(self.import.skip)?;
                ImportSource::Records(records)
            }
            FileFormat::Json => ImportSource::Objects(ObjectReader::of_array(lines)),
            FileFormat::Ndjson => ImportSource::Objects(ObjectReader::of_lines(lines)),
        };
        let progress = Progress::new(what, Some(size), self.terminal);
        Ok((
            source,
            ImportProgress { progress, stop: Arc::clone(&self.stop), rows: 0, reported: 0 },
        ))
    }

    /// Makes sure that the record in whose place a header stands is one: what is wrong with it is not
    /// wrong with a row.
    fn check_header<T>(
        &self,
        file: &SourceFile<'_>,
        first: Option<&Located<T>>,
    ) -> Result<(), ImportError> {
        match first {
            Some(Located { line, what: Err(wrong) }) if self.import.header != Some(false) => {
                let name = self.import.name();
                let message = format!("line {line} of {name}, where its header stands: {wrong}");
                let advice = if wrong.starts_with(INVALID) { file.advice() } else { None };
                Err(ImportError::Wrong(Diagnostic::new("import", message).help(advice)))
            }
            _ => Ok(()),
        }
    }

    /// Reads the file for the columns that a new table has.
    fn columns(&mut self, file: &SourceFile<'_>) -> Result<InferredColumns, ImportError> {
        let what = format!("{}, its types", self.import.name());
        let (mut source, mut watch) = self.open(file, &what)?;
        let mut columns = InferredColumns::default();
        let mut refused = RefusedRows::default();
        if let ImportSource::Records(records) = &mut source {
            let first = records.next()?;
            self.check_header(file, first.as_ref())?;
            if let Some(Located { what: Ok(fields), .. }) = first {
                if self.import.header == Some(false) {
                    columns = InferredColumns::named(fields.iter().map(|_| None));
                    self.note_fields(&mut columns, fields);
                } else {
                    columns = InferredColumns::named(fields.into_iter());
                }
            }
        }
        loop {
            watch.step(&source)?;
            // What is wrong with a line is reported when it is read again.
            match &mut source {
                ImportSource::Records(records) => match records.next()? {
                    None => break,
                    Some(Located { what, .. }) => {
                        self.note_fields(&mut columns, what.unwrap_or_default());
                    }
                },
                ImportSource::Objects(objects) => match objects.next()? {
                    None => break,
                    Some(Located { line, what }) => {
                        let noted = what.and_then(|text| note_keys(&mut columns, &text));
                        noted.unwrap_or_else(|wrong| refused.push(line, wrong));
                    }
                },
            }
        }
        let (name, table) = (self.import.name(), &self.import.table);
        match (columns.names().is_empty(), refused.count) {
            (false, _) => Ok(columns),
            (true, 0) => {
                let message = format!("{name} has no columns to make {table} of");
                Err(ImportError::Wrong(Diagnostic::new("import", message)))
            }
            (true, _) => {
                let advice = advice_of(&refused, file);
                Err(ImportError::Wrong(bad_lines(name, &refused).help(advice)))
            }
        }
    }

    /// Takes note of the fields of a record.
    fn note_fields(&mut self, columns: &mut InferredColumns, fields: Vec<Field<'_>>) {
        for (column, field) in fields.into_iter().enumerate() {
            let Some(text) = field.filter(|_| !columns.is_settled(column)) else { continue };
            if self.import.decimal_comma {
                let number = values::with_comma(&text);
                columns.note(
                    column,
                    number.map_or(InferredType::Text, |text| InferredType::of_text(&text)),
                );
                continue;
            }
            let has_comma =
                || text.contains(',') && values::with_comma(&text) != Ok((&*text).into());
            if self.with_comma.is_none() && self.separator != ',' && has_comma() {
                self.with_comma = Some(text.clone().into_owned());
            }
            columns.note(column, InferredType::of_text(&text));
        }
    }
}

/// Takes note of an object, or says why it is none.
fn note_keys(columns: &mut InferredColumns, object: &str) -> Result<(), String> {
    each_key(object, |key, raw| {
        let column = columns.place_of(key).unwrap_or_else(|| columns.add(key));
        columns.note(column, InferredType::of_json(raw));
        Ok(())
    })
}

/// Loads records, the first of which was read already if it is there.
fn load_records(
    mut loading: BulkLoader<'_>,
    names: Option<&[String]>,
    mut first: Option<Located<Vec<Field<'static>>>>,
    mut source: ImportSource,
    mut watch: ImportProgress,
    decimal_comma: bool,
) -> Result<Result<Receipt, RefusedRows>, ImportError> {
    let table = Arc::clone(loading.table());
    let types: Vec<DataType> = match names {
        Some(names) => {
            let column = |name: &String| table.column(name).map(|at| table.columns[at].data_type);
            names.iter().filter_map(column).collect()
        }
        None => table.given_columns().iter().map(|at| table.columns[*at].data_type).collect(),
    };
    while let ImportSource::Records(records) = &mut source {
        let found = match first.take() {
            Some(found) => Some(found),
            None => records.next()?,
        };
        let Some(Located { line, what }) = found else { break };
        match what {
            Err(wrong) => loading.refuse(line, wrong)?,
            // A line with nothing on it is no row, but of a table that has but one column.
            Ok(fields) if fields == [None] && types.len() != 1 => {}
            Ok(fields) if fields.len() != types.len() => {
                let (wanted, given) = (types.len(), fields.len());
                let plural = if wanted == 1 { "" } else { "s" };
                loading.refuse(line, format!("expected {wanted} field{plural}, found {given}"))?;
            }
            Ok(fields) => {
                let value = |(field, data_type): (Field<'_>, &DataType)| {
                    let field = match field {
                        Some(text) if decimal_comma => values::of_comma(text, *data_type)?,
                        field => field,
                    };
                    Ok(Some(values::of_field(field, *data_type)))
                };
                let row: Result<_, String> = fields.into_iter().zip(&types).map(value).collect();
                match row {
                    Ok(row) => loading.add(line, row)?,
                    Err(wrong) => loading.refuse(line, wrong)?,
                }
            }
        }
        watch.step(&source)?;
    }
    drop(watch);
    Ok(loading.finish()?)
}

/// Loads objects.
fn load_objects(
    mut loading: BulkLoader<'_>,
    mut source: ImportSource,
    mut watch: ImportProgress,
) -> Result<Result<Receipt, RefusedRows>, ImportError> {
    let table = Arc::clone(loading.table());
    let given = table.given_columns();
    // Keys come again with every object; as they were first written they are found at once.
    let mut places: HashMap<String, usize> = HashMap::new();
    while let ImportSource::Objects(objects) = &mut source {
        let Some(Located { line, what }) = objects.next()? else { break };
        let mut row: Vec<Option<Value>> = vec![None; given.len()];
        let read = what.and_then(|text| {
            each_key(&text, |key, raw| {
                let known = places.get(key).copied().or_else(|| {
                    let column = table.column(key)?;
                    let at = given.iter().position(|given| *given == column)?;
                    places.insert(key.to_owned(), at);
                    Some(at)
                });
                let at = known.ok_or_else(|| no_column(&table, key))?;
                let column = &table.columns[given[at]];
                let value = values::of_json(raw, column.data_type)
                    .map_err(|reason| format!("{}: {reason}", column.name))?;
                match row[at].replace(value) {
                    Some(_) => Err(format!("\"{key}\" is given twice")),
                    None => Ok(()),
                }
            })
        });
        match read {
            Ok(()) => loading.add(line, row)?,
            Err(wrong) => loading.refuse(line, wrong)?,
        }
        watch.step(&source)?;
    }
    drop(watch);
    Ok(loading.finish()?)
}

fn no_column(table: &TableSchema, key: &str) -> String {
    if table.column(key).is_some() {
        return format!("\"{key}\" is a generated column of {}", table.name);
    }
    let near = table.columns.iter().map(|column| column.name.as_str());
    let near = crate::planner::suggest(&fold(key), near);
    let near = near.map(|near| format!(", {near}")).unwrap_or_default();
    format!("{} has no column \"{key}\"{near}", table.name)
}
