//! One snapshot: all tables at an event.
//!
//! `snapshots/snapshot_7.json` is what the seventh SNAPSHOT statement made, `snapshot_at_42.json` what
//! made itself after event 42 and has no `id`. Each is one JSON object in which every row has a line
//! of its own:
//!
//! ```text
//! {"id":7,"event_id":42,"format":"asof-snapshot",…,"head_crc":"8 hex",⏎      see `header`
//! "schema":{⏎
//! "accounts":{"table":1,"next_row":8,…,"definition":{…}},⏎
//! "orders":{…}⏎                                 behind them what else is defined, see `definitions`
//! },"tables":{⏎
//! "accounts":[⏎
//! {"id":1,"rev":3,"event":17,"row":{"id":1,"owner":"amy","balance":"90.00"}},⏎   values as in the log
//! {"id":4,"rev":1,"event":9,"row":{…}}⏎                                          ascending by id
//! ],⏎
//! "orders":[⏎
//! ]⏎
//! },"indexes":{⏎
//! "accounts":{⏎
//! "accounts_owner":[⏎
//! 4,1⏎                                          the rows in the key's order, 1000 of them in a line
//! ]⏎
//! },⏎
//! "orders":{⏎
//! }⏎
//! },"crc":"8 hex"}⏎                             CRC32C of everything before it
//! ```
//!
//! A key without a name of its own is called after its columns. The bytes follow from what is in it
//! and from nothing else. It is written and read as a stream; no more than a line is in memory, and
//! no line is longer than one of the log.
//!
//! # Crashes and checks
//!
//! A snapshot is written once, under a temporary name, synced and renamed: a crash leaves a whole one
//! or none, and perhaps a `snapshot_7.json.tmp`.
//!
//! ```text
//! cut, longer, any bit another           the checksum, at the end at the latest
//! a header that is taken for another       its own checksum, before anything is chosen by it
//! renamed, of another database, of a     number or event in the header; uuid, event and hash of the
//! log that went another way              position, which the caller knows from the log
//! made by hand, the checksums right      the definitions, as those of the log; rows have to ascend
//!                                        below `next_row`, their versions to be no later than it;
//!                                        tables and indexes to come as the definitions have them
//! ```

use super::definitions::{push_definitions, read_definitions};
use super::header::{ProjectionHeader, check_tables, parse_table, push_table, schema_of};
use super::lines::{ProjectionLines, check_length, push_end};
use super::output_file::OutputFile;
use super::snapshots::SnapshotSource;
use super::{BaseRow, damaged};
use crate::storage::base::{BaseTable, SnapshotId};
use crate::storage::error::Error;
use crate::storage::log::text::{push_string, push_u64};
use crate::storage::log::values::{RowSeed, push_columns};
use crate::storage::store::{Anchor, ProjectionPosition};
use crate::storage::vfs::Vfs;
use crate::types::{Definition, EventId, KeySchema, RowId, Schema, TableSchema};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What the header calls the format.
pub(crate) const FORMAT: &str = "asof-snapshot";

const SCHEMA: &[u8] = b"\"schema\":{";
const TABLES: &[u8] = b"},\"tables\":{";
const INDEXES: &[u8] = b"},\"indexes\":{";
const END: &[u8] = b"}";

/// How many rows of an index stand in one line.
const ROWS_PER_LINE: usize = 1000;

/// Everything of a snapshot but its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// What its file is named after.
    pub id: SnapshotId,
    /// The name it was given.
    pub name: Option<String>,
    /// Where it stands.
    pub position: ProjectionPosition,
    /// How many schema changes there were.
    pub schema_version: u64,
    /// The tables, by name.
    pub tables: Vec<BaseTable>,
    /// The views, triggers and settings, in the order in which they were created.
    pub definitions: Vec<Arc<Definition>>,
}

impl SnapshotHeader {
    /// The tables as a schema.
    pub fn schema(&self) -> Schema {
        schema_of(self.tables.iter(), &self.definitions, self.schema_version)
    }
}

/// Which snapshot a header is of.
pub(crate) fn snapshot_id(header: &ProjectionHeader) -> SnapshotId {
    header.id.map_or(SnapshotId::At(header.position.event), SnapshotId::Number)
}

/// The keys of a table that have an index here, with their places: one that is computed is made anew.
fn stored_keys(table: &TableSchema) -> impl Iterator<Item = (usize, &KeySchema)> {
    table.keys.iter().enumerate().filter(|(_, key)| !key.is_computed())
}

/// What each key of a table is called in a snapshot, no two of them alike.
fn index_names(table: &TableSchema) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in stored_keys(table).map(|(_, key)| key) {
        let plain = key.name.clone().unwrap_or_else(|| name_of_columns(table, key));
        let numbered = (2_usize..).map(|number| format!("{plain} {number}"));
        let candidates = std::iter::once(plain.clone()).chain(numbered);
        names.extend(candidates.filter(|name| !names.contains(name)).take(1).collect::<Vec<_>>());
    }
    names
}

/// `(owner, branch)`.
fn name_of_columns(table: &TableSchema, key: &KeySchema) -> String {
    let names: Vec<&str> =
        key.columns.iter().map(|column| table.columns[*column].name.as_str()).collect();
    format!("({})", names.join(", "))
}

// ---- writing ----------------------------------------------------------------------------------

/// Writes all of a snapshot.
pub(crate) fn write(
    output: &mut OutputFile<'_>,
    header: &SnapshotHeader,
    source: &impl SnapshotSource,
) -> Result<(), Error> {
    check_tables(header.tables.iter()).map_err(Error::invalid)?;
    let first = ProjectionHeader {
        id: match header.id {
            SnapshotId::Number(number) => Some(number),
            SnapshotId::At(_) => None,
        },
        name: header.name.clone(),
        clean: None,
        scrubbed: None,
        position: header.position.clone(),
        schema_version: header.schema_version,
    };
    first.encode(&mut output.bytes, FORMAT)?;
    output.bytes.extend_from_slice(SCHEMA);
    for (at, table) in header.tables.iter().enumerate() {
        next_line(output, at == 0)?;
        push_table(&mut output.bytes, table, None)?;
    }
    push_definitions(output, &header.definitions)?;
    output.bytes.push(b'\n');
    output.bytes.extend_from_slice(TABLES);
    for (at, table) in header.tables.iter().enumerate() {
        next_line(output, at == 0)?;
        output.bytes.extend_from_slice(&opening(&table.schema.name, b'['));
        write_rows(output, header, table, source)?;
        output.bytes.extend_from_slice(b"\n]");
    }
    output.bytes.push(b'\n');
    output.bytes.extend_from_slice(INDEXES);
    for (at, table) in header.tables.iter().enumerate() {
        next_line(output, at == 0)?;
        output.bytes.extend_from_slice(&opening(&table.schema.name, b'{'));
        let keys = stored_keys(&table.schema).map(|(key, _)| key);
        for (at, (key, name)) in keys.zip(index_names(&table.schema)).enumerate() {
            next_line(output, at == 0)?;
            output.bytes.extend_from_slice(&opening(&name, b'['));
            write_index(output, &source.index_order(&table.schema, key)?)?;
            output.bytes.extend_from_slice(b"\n]");
        }
        output.bytes.extend_from_slice(b"\n}");
    }
    output.bytes.push(b'\n');
    push_end(output, END);
    Ok(())
}

/// Ends a line behind an item, unless what follows is the first.
fn next_line(output: &mut OutputFile<'_>, is_first: bool) -> Result<(), Error> {
    output.bytes.extend_from_slice(if is_first { b"\n" } else { b",\n" });
    output.flush_if_full()
}

/// What begins a list or an object that has a name.
fn opening(name: &str, bracket: u8) -> Vec<u8> {
    let mut line = Vec::new();
    push_string(&mut line, name);
    line.extend_from_slice(&[b':', bracket]);
    line
}

fn write_rows(
    output: &mut OutputFile<'_>,
    header: &SnapshotHeader,
    table: &BaseTable,
    source: &impl SnapshotSource,
) -> Result<(), Error> {
    let mut bounds = RowBounds::of(table, header.position.event);
    let mut is_first = true;
    for row in source.rows(&table.schema)? {
        let row = row?;
        bounds.admit(&row).map_err(Error::invalid)?;
        next_line(output, is_first)?;
        is_first = false;
        push_row(&mut output.bytes, &table.schema, &row)?;
    }
    Ok(())
}

fn push_row(out: &mut Vec<u8>, table: &TableSchema, row: &BaseRow) -> Result<(), Error> {
    if row.values.len() != table.columns.len() {
        return Err(Error::invalid(format!("a row of `{}` with other columns", table.name)));
    }
    let start = out.len();
    for (name, number) in [
        (&b"{\"id\":"[..], row.row.0),
        (b",\"rev\":", u64::from(row.rev)),
        (b",\"event\":", row.event.0),
    ] {
        out.extend_from_slice(name);
        push_u64(out, number);
    }
    out.extend_from_slice(b",\"row\":");
    push_columns(out, table.columns.iter().zip(&row.values))?;
    out.push(b'}');
    check_length(out, start, "a row of a snapshot")
}

fn write_index(output: &mut OutputFile<'_>, rows: &[RowId]) -> Result<(), Error> {
    for (at, line) in rows.chunks(ROWS_PER_LINE).enumerate() {
        next_line(output, at == 0)?;
        for (at, row) in line.iter().enumerate() {
            if at > 0 {
                output.bytes.push(b',');
            }
            push_u64(&mut output.bytes, row.0);
        }
    }
    Ok(())
}

/// What rows a table can have at an event.
#[derive(Debug)]
struct RowBounds {
    head: EventId,
    next_row: RowId,
    /// The row before.
    last: RowId,
}

impl RowBounds {
    fn of(table: &BaseTable, head: EventId) -> RowBounds {
        RowBounds { head, next_row: table.next_row, last: RowId(0) }
    }

    fn admit(&mut self, row: &BaseRow) -> Result<(), String> {
        if row.row <= self.last || row.row >= self.next_row {
            return Err(format!("row {} has no place there", row.row));
        }
        if row.rev == 0 || row.event > self.head || row.event == EventId::START {
            return Err(format!("row {} has a version that it cannot have", row.row));
        }
        self.last = row.row;
        Ok(())
    }
}

// ---- reading ----------------------------------------------------------------------------------

/// One thing that a snapshot holds, in the order of the file.
#[derive(Clone, Debug)]
pub enum SnapshotPart {
    /// A row.
    Row {
        /// Which of the header's tables it belongs to.
        table: usize,
        /// The row.
        row: BaseRow,
    },
    /// All rows of a table in the order of one of its keys. After the rows of all tables.
    Index {
        /// Which of the header's tables.
        table: usize,
        /// Which of the table's keys.
        key: usize,
        /// The rows.
        rows: Vec<RowId>,
    },
}

/// Where reading is.
#[derive(Debug)]
enum SnapshotSection {
    /// Before the rows of a table, or behind those of the last.
    Table(usize),
    /// Among the rows of a table.
    Rows(usize, RowBounds),
    /// Before the indexes of a table, or behind those of the last.
    Indexes(usize),
    /// Before an index of a table, or behind its last.
    Index(usize, usize, Vec<String>),
    /// Behind the end, or an error.
    Done,
}

/// A snapshot, open: its header, and an iterator over its rows and then its indexes.
///
/// The rows come before the file was seen to its end: only when the iteration ends without an error
/// is its checksum right, and are they to be believed.
#[derive(Debug)]
pub struct Snapshot {
    header: SnapshotHeader,
    lines: ProjectionLines,
    stage: SnapshotSection,
}

impl Snapshot {
    /// Opens a file and reads all before the rows.
    pub(crate) fn open(
        vfs: &dyn Vfs,
        path: &Path,
        id: SnapshotId,
        expected: &Anchor,
    ) -> Result<Snapshot, Error> {
        let mut lines = ProjectionLines::open(vfs, path)?;
        lines.advance()?;
        let header = ProjectionHeader::decode(lines.line(), FORMAT)
            .map_err(|reason| damaged(path, reason))?;
        if snapshot_id(&header) != id {
            return Err(damaged(path, "it is another snapshot"));
        }
        header.position.check(expected).map_err(|reason| damaged(path, reason))?;
        lines.expect(SCHEMA)?;
        let mut tables = Vec::new();
        loop {
            lines.advance()?;
            if lines.line().starts_with(END) {
                break;
            }
            let (table, _) = parse_table(lines.item(), header.position.event)
                .map_err(|reason| lines.damaged(reason))?;
            tables.push(table);
        }
        let definitions = read_definitions(&mut lines, header.position.event)?;
        lines.check(lines.line() == TABLES)?;
        check_tables(tables.iter()).map_err(|reason| lines.damaged(reason))?;
        let ProjectionHeader { name, position, schema_version, .. } = header;
        let header = SnapshotHeader { id, name, position, schema_version, tables, definitions };
        Ok(Snapshot { header, lines, stage: SnapshotSection::Table(0) })
    }

    /// Everything but the rows.
    pub fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn table(&self, at: usize) -> Option<Arc<TableSchema>> {
        self.header.tables.get(at).map(|table| Arc::clone(&table.schema))
    }

    /// Goes on until there is a part, or nothing more.
    fn advance(&mut self) -> Result<Option<SnapshotPart>, Error> {
        loop {
            self.lines.advance()?;
            match std::mem::replace(&mut self.stage, SnapshotSection::Done) {
                SnapshotSection::Table(at) => self.stage = self.begin_table(at)?,
                SnapshotSection::Rows(at, bounds) => {
                    if let Some(row) = self.next_row(at, bounds)? {
                        return Ok(Some(row));
                    }
                }
                SnapshotSection::Indexes(at) => match self.table(at) {
                    Some(table) => {
                        self.lines.check(self.lines.line() == opening(&table.name, b'{'))?;
                        self.stage = SnapshotSection::Index(at, 0, index_names(&table));
                    }
                    None => {
                        self.lines.finish(END)?;
                        return Ok(None);
                    }
                },
                SnapshotSection::Index(at, key, names) => match names.get(key) {
                    Some(name) => {
                        self.lines.check(self.lines.line() == opening(name, b'['))?;
                        let rows = self.read_index()?;
                        self.stage = SnapshotSection::Index(at, key + 1, names);
                        return Ok(Some(SnapshotPart::Index { table: at, key, rows }));
                    }
                    None => {
                        self.lines.check(self.lines.item() == END)?;
                        self.stage = SnapshotSection::Indexes(at + 1);
                    }
                },
                SnapshotSection::Done => return Ok(None),
            }
        }
    }

    fn begin_table(&self, at: usize) -> Result<SnapshotSection, Error> {
        let Some(table) = self.header.tables.get(at) else {
            self.lines.check(self.lines.line() == INDEXES)?;
            return Ok(SnapshotSection::Indexes(0));
        };
        self.lines.check(self.lines.line() == opening(&table.schema.name, b'['))?;
        Ok(SnapshotSection::Rows(at, RowBounds::of(table, self.header.position.event)))
    }

    /// The row in the current line; `None` where the rows of the table end.
    fn next_row(
        &mut self,
        at: usize,
        mut bounds: RowBounds,
    ) -> Result<Option<SnapshotPart>, Error> {
        if self.lines.item() == b"]" {
            self.stage = SnapshotSection::Table(at + 1);
            return Ok(None);
        }
        let table = &self.header.tables[at].schema;
        let row = parse_row(self.lines.item(), table);
        let row = row.and_then(|row| bounds.admit(&row).map(|()| row));
        let row = row.map_err(|reason| self.lines.damaged(reason))?;
        self.stage = SnapshotSection::Rows(at, bounds);
        Ok(Some(SnapshotPart::Row { table: at, row }))
    }

    fn read_index(&mut self) -> Result<Vec<RowId>, Error> {
        let mut rows = Vec::new();
        loop {
            self.lines.advance()?;
            if self.lines.item() == b"]" {
                return Ok(rows);
            }
            let text = std::str::from_utf8(self.lines.item()).unwrap_or_default();
            for number in text.split(',') {
                match number.parse() {
                    Ok(number) => rows.push(RowId(number)),
                    Err(_) => return Err(self.lines.damaged("there is no row in an index")),
                }
            }
        }
    }
}

impl Iterator for Snapshot {
    type Item = Result<SnapshotPart, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.stage, SnapshotSection::Done) {
            return None;
        }
        let part = self.advance();
        if part.is_err() {
            self.stage = SnapshotSection::Done;
        }
        part.transpose()
    }
}

fn parse_row(line: &[u8], table: &TableSchema) -> Result<BaseRow, String> {
    let text = std::str::from_utf8(line).map_err(|_| "a row is no text")?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    SnapshotRowSeed(table)
        .deserialize(&mut deserializer)
        .and_then(|row| deserializer.end().map(|()| row))
        .map_err(|error| format!("bad row: {error}"))
}

/// Reads the line of a row.
struct SnapshotRowSeed<'s>(&'s TableSchema);

impl<'de> DeserializeSeed<'de> for SnapshotRowSeed<'_> {
    type Value = BaseRow;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<BaseRow, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SnapshotRowSeed<'_> {
    type Value = BaseRow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {} with its version", self.0.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BaseRow, A::Error> {
        let expect = |map: &mut A, name: &str| match map.next_key::<&str>()? {
            Some(key) if key == name => Ok(()),
            _ => Err(A::Error::custom(format!("no `{name}`"))),
        };
        expect(&mut map, "id")?;
        let row = RowId(map.next_value()?);
        expect(&mut map, "rev")?;
        let rev = map.next_value()?;
        expect(&mut map, "event")?;
        let event = EventId(map.next_value()?);
        expect(&mut map, "row")?;
        let values = map.next_value_seed(RowSeed(self.0))?;
        match map.next_key::<&str>()? {
            None => Ok(BaseRow { row, rev, event, values }),
            Some(key) => Err(A::Error::custom(format!("an unknown `{key}`"))),
        }
    }
}
