//! From a file into a table.

use super::fields::{Field, Found, Records};
use super::header;
use super::infer::{Columns, Kind as Seen};
use super::lines::Lines;
use super::objects::{Objects, each_key};
use super::{Kind, refused, values};
use crate::render::Diagnostic;
use crate::session::{Error, Loading, Receipt, Refused, Session};
use crate::shell::dot::Trouble;
use crate::shell::progress::Progress;
use crate::shell::script::STANDARD_INPUT;
use crate::shell::{INTERRUPTED, Shell};
use crate::types::{DataType, TableSchema, Value, fold};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// How often, in rows, it is looked whether the work shall stop, and told how far it is.
const PACE: u64 = 1024;

/// How many bytes are copied at once.
const BLOCK: usize = 256 << 10;

/// What is to be imported.
pub(in crate::shell) struct Import {
    /// The file; `-` is standard input.
    pub(in crate::shell) path: String,
    /// The table.
    pub(in crate::shell) table: String,
    /// What the file is, if its name does not say it.
    pub(in crate::shell) kind: Option<Kind>,
    /// Lines to be passed over.
    pub(in crate::shell) skip: u64,
    /// Whether the first record behind them names columns, if that was said.
    pub(in crate::shell) header: Option<bool>,
}

impl Import {
    /// What the file is called.
    fn name(&self) -> &str {
        if self.path == STANDARD_INPUT { "standard input" } else { &self.path }
    }
}

/// The rows of a file.
enum Source {
    Records(Records),
    Objects(Objects),
}

impl Source {
    fn offset(&self) -> u64 {
        match self {
            Source::Records(records) => records.offset(),
            Source::Objects(objects) => objects.offset(),
        }
    }
}

/// Why the reading stopped.
enum Broken {
    /// The file cannot be read.
    Read(io::Error),
    /// It is not what it has to be.
    Wrong(Diagnostic),
    /// Ctrl-C.
    Interrupted,
    /// The session refuses.
    Session(Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Read(error)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        if error.code() == INTERRUPTED { Broken::Interrupted } else { Broken::Session(error) }
    }
}

/// A work on its way through a file.
struct Watch {
    progress: Progress,
    stop: Arc<AtomicBool>,
    rows: u64,
    told: u64,
}

impl Watch {
    fn step(&mut self, source: &Source) -> Result<(), Broken> {
        self.rows += 1;
        if !self.rows.is_multiple_of(PACE) {
            return Ok(());
        }
        let offset = source.offset();
        self.progress.advance(offset.saturating_sub(self.told));
        self.told = offset;
        if self.stop.load(Ordering::Relaxed) { Err(Broken::Interrupted) } else { Ok(()) }
    }
}

impl Shell {
    /// Imports a file: all of it, or nothing where a line of it is refused.
    ///
    /// # Errors
    /// What is wrong with the file, by line.
    pub(in crate::shell) fn import(&mut self, import: &Import) -> Result<(), Trouble> {
        let started = Instant::now();
        let kind = import.kind.map_or_else(|| Kind::of_file(&import.path), Ok)?;
        if import.header.is_some() && !matches!(kind, Kind::Fields(_)) {
            let message =
                "--header and --no-header are for CSV and TSV: objects name their columns";
            return Err(Diagnostic::new("dot-command", message).into());
        }
        if import.path == STANDARD_INPUT && (self.input_is_script || io::stdin().is_terminal()) {
            return Err(taken().into());
        }
        let existing = match self.connection.session() {
            Some(session) => session.schema().map_err(|error| Diagnostic::from(&error))?,
            None => crate::types::Schema::default(),
        };
        let existing = existing.table(&import.table).cloned();
        let (stop, terminal) = (self.connection.interrupt(), self.settings.progress);
        let mut work = Work { import, kind, stop, terminal, copy: None };
        let done =
            self.connection.with_session(|session| work.run(session, existing.as_deref()))?;
        let path = import.name();
        match done {
            Ok(Ok(receipt)) => {
                if self.settings.receipts {
                    writeln!(self.out, "{}", crate::render::escape(&receipt.to_string()))?;
                }
                Ok(())
            }
            Ok(Err(refused)) => Err(bad_lines(path, &refused).into()),
            Err(Broken::Read(error)) => Err(refused("read", path, &error).into()),
            Err(Broken::Wrong(error)) => Err(error.into()),
            Err(Broken::Interrupted) => Err(Trouble::Stop(self.interrupted(started))),
            Err(Broken::Session(error)) => {
                Err(Diagnostic { span: None, ..Diagnostic::from(&error) }.into())
            }
        }
    }
}

/// Why standard input is no file now.
fn taken() -> Diagnostic {
    let error = Diagnostic::new("file", "statements come from standard input".to_owned());
    error.help(Some("asof DATABASE '.import --csv - TABLE' < FILE".to_owned()))
}

/// What is wrong with a file.
fn bad_lines(path: &str, refused: &Refused) -> Diagnostic {
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

/// An import with all that it needs.
struct Work<'a> {
    import: &'a Import,
    kind: Kind,
    stop: Arc<AtomicBool>,
    terminal: bool,
    /// What came through a pipe.
    copy: Option<File>,
}

impl Work<'_> {
    fn run(
        &mut self,
        session: &mut Session,
        existing: Option<&TableSchema>,
    ) -> Result<Result<Receipt, Refused>, Broken> {
        self.copy = self.copied()?;
        let made = match existing {
            Some(_) => None,
            None => Some(self.columns()?),
        };
        let create = made.as_ref().map(|columns| columns.create(&self.import.table));
        let (mut source, mut watch) = self.open(self.import.name())?;
        match &mut source {
            Source::Objects(_) => {
                let loading = session.load(create.as_deref(), &self.import.table, None)?;
                load_objects(loading, source, watch)
            }
            Source::Records(records) => {
                let mut first = records.next()?.map(Found::into_owned);
                let said = self.import.header;
                let names = match (&made, existing, &first) {
                    (Some(columns), ..) => Some(columns.names().to_vec()),
                    (None, Some(table), Some(Found { line, what: Ok(fields) })) => {
                        let place = format!("line {line} of {}", self.import.name());
                        header::names(fields, table, said, &place).map_err(Broken::Wrong)?
                    }
                    (None, ..) => None,
                };
                if names.is_some() && !(made.is_some() && said == Some(false)) {
                    first = None;
                }
                let loading =
                    session.load(create.as_deref(), &self.import.table, names.as_deref())?;
                watch.step(&source)?;
                load_records(loading, names.as_deref(), first, source, watch)
            }
        }
    }

    /// What can be read but once, in a file without a name: the types of a new table are found before
    /// its rows are read.
    fn copied(&self) -> Result<Option<File>, Broken> {
        let path = self.import.path.as_str();
        let mut input: Box<dyn Read> = if path == STANDARD_INPUT {
            Box::new(io::stdin())
        } else {
            let found = std::fs::metadata(path)?;
            if found.is_dir() {
                return Err(io::Error::other("it is a directory").into());
            }
            if found.is_file() {
                return Ok(None);
            }
            Box::new(File::open(path)?)
        };
        let mut copy = tempfile::tempfile()?;
        let mut progress = Progress::new(self.import.name(), None, self.terminal);
        let mut block = vec![0; BLOCK];
        loop {
            let read = match input.read(&mut block) {
                Ok(0) => return Ok(Some(copy)),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(error.into()),
            };
            if self.stop.load(Ordering::Relaxed) {
                return Err(Broken::Interrupted);
            }
            copy.write_all(&block[..read])?;
            progress.advance(u64::try_from(read).unwrap_or(u64::MAX));
        }
    }

    /// The file from its beginning.
    fn open(&self, what: &str) -> Result<(Source, Watch), Broken> {
        let mut file = match &self.copy {
            Some(copy) => copy.try_clone()?,
            None => File::open(&self.import.path)?,
        };
        file.rewind()?;
        let size = file.metadata()?.len();
        let lines = Lines::new(Box::new(file));
        let source = match self.kind {
            Kind::Fields(dialect) => {
                let mut records = Records::new(lines, dialect);
                records.skip(self.import.skip)?;
                Source::Records(records)
            }
            Kind::Json => Source::Objects(Objects::of_array(lines)),
            Kind::Ndjson => Source::Objects(Objects::of_lines(lines)),
        };
        let progress = Progress::new(what, Some(size), self.terminal);
        Ok((source, Watch { progress, stop: Arc::clone(&self.stop), rows: 0, told: 0 }))
    }

    /// Reads the file for the columns that a new table has.
    fn columns(&self) -> Result<Columns, Broken> {
        let (mut source, mut watch) = self.open(&format!("{}, its types", self.import.name()))?;
        let mut columns = Columns::default();
        let mut refused = Refused::default();
        if let Source::Records(records) = &mut source
            && let Some(Found { what: Ok(fields), .. }) = records.next()?
        {
            if self.import.header == Some(false) {
                columns = Columns::named(fields.iter().map(|_| None));
                note_fields(&mut columns, fields);
            } else {
                columns = Columns::named(fields.into_iter());
            }
        }
        loop {
            watch.step(&source)?;
            // What is wrong with a line is told when it is read again.
            match &mut source {
                Source::Records(records) => match records.next()? {
                    None => break,
                    Some(Found { what, .. }) => note_fields(&mut columns, what.unwrap_or_default()),
                },
                Source::Objects(objects) => match objects.next()? {
                    None => break,
                    Some(Found { line, what }) => {
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
                Err(Broken::Wrong(Diagnostic::new("import", message)))
            }
            (true, _) => Err(Broken::Wrong(bad_lines(name, &refused))),
        }
    }
}

fn note_fields(columns: &mut Columns, fields: Vec<Field<'_>>) {
    for (column, field) in fields.into_iter().enumerate() {
        if let Some(text) = field.filter(|_| !columns.is_settled(column)) {
            columns.note(column, Seen::of_text(&text));
        }
    }
}

/// Takes note of an object, or says why it is none.
fn note_keys(columns: &mut Columns, object: &str) -> Result<(), String> {
    each_key(object, |key, raw| {
        let column = columns.place_of(key).unwrap_or_else(|| columns.add(key));
        columns.note(column, Seen::of_json(raw));
        Ok(())
    })
}

/// Loads records, the first of which was read already if it is there.
fn load_records(
    mut loading: Loading<'_>,
    names: Option<&[String]>,
    mut first: Option<Found<Vec<Field<'static>>>>,
    mut source: Source,
    mut watch: Watch,
) -> Result<Result<Receipt, Refused>, Broken> {
    let table = Arc::clone(loading.table());
    let types: Vec<DataType> = match names {
        Some(names) => {
            let column = |name: &String| table.column(name).map(|at| table.columns[at].data_type);
            names.iter().filter_map(column).collect()
        }
        None => table.columns.iter().map(|column| column.data_type).collect(),
    };
    while let Source::Records(records) = &mut source {
        let found = match first.take() {
            Some(found) => Some(found),
            None => records.next()?,
        };
        let Some(Found { line, what }) = found else { break };
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
                    Some(values::of_field(field, *data_type))
                };
                loading.add(line, fields.into_iter().zip(&types).map(value).collect())?;
            }
        }
        watch.step(&source)?;
    }
    drop(watch);
    Ok(loading.finish()?)
}

/// Loads objects.
fn load_objects(
    mut loading: Loading<'_>,
    mut source: Source,
    mut watch: Watch,
) -> Result<Result<Receipt, Refused>, Broken> {
    let table = Arc::clone(loading.table());
    // Keys come again with every object; as they were first written they are found at once.
    let mut places: HashMap<String, usize> = HashMap::new();
    while let Source::Objects(objects) = &mut source {
        let Some(Found { line, what }) = objects.next()? else { break };
        let mut row: Vec<Option<Value>> = vec![None; table.columns.len()];
        let read = what.and_then(|text| {
            each_key(&text, |key, raw| {
                let known = places.get(key).copied().or_else(|| {
                    let at = table.column(key)?;
                    places.insert(key.to_owned(), at);
                    Some(at)
                });
                let at = known.ok_or_else(|| no_column(&table, key))?;
                let column = &table.columns[at];
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
    let near = table.columns.iter().map(|column| column.name.as_str());
    let near = crate::planner::suggest(&fold(key), near);
    let near = near.map(|near| format!(", {near}")).unwrap_or_default();
    format!("{} has no column \"{key}\"{near}", table.name)
}
