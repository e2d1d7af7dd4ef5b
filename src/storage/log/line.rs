//! One event as one line: both directions.

use super::chain::{Chain, ChainedFields, Hash, Salt};
use super::definition::{self, DefinitionLine};
use super::ledger::Ledger;
use super::text::{parse_hex, parse_moment, push_hex, push_moment, push_string, push_u64};
use super::values::{decode_columns, push_columns};
use super::{MAX_LINE_SIZE, MAX_ROW_SIZE, push_crc};
use crate::storage::error::Error;
use crate::storage::event::{Digest, Event, Metadata, Operation, RowImages, RowOperation};
use crate::types::{Column, EventId, Row, RowId, Schema, TableSchema, Timestamp, TxId, Value};
use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// When and as what an event is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineStamp {
    /// The event.
    pub event: EventId,
    /// Its transaction.
    pub tx: TxId,
    /// When that is committed.
    pub at: Timestamp,
    /// The event that made it happen.
    pub cause: Option<EventId>,
}

impl From<&Event> for LineStamp {
    fn from(event: &Event) -> LineStamp {
        LineStamp { event: event.id, tx: event.tx, at: event.at, cause: event.cause }
    }
}

/// What the first line of a transaction carries besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstLine {
    /// The last event known to be synced.
    pub durable: EventId,
    /// The transaction's salt.
    pub salt: Salt,
}

// ---- writing ----------------------------------------------------------------------------------

/// Appends the line of an event to `out` and to the chain; gives the chain's hash if it is the last
/// of its transaction. After an error `out` is as it was, the chain is not.
pub(crate) fn encode(
    out: &mut Vec<u8>,
    chain: &mut Chain,
    stamp: LineStamp,
    operation: &Operation,
    first: Option<&FirstLine>,
    last: Option<&Metadata>,
) -> Result<Option<Hash>, Error> {
    let start = out.len();
    let encoded = push_line(out, chain, stamp, operation, first, last);
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded
}

fn push_line(
    out: &mut Vec<u8>,
    chain: &mut Chain,
    stamp: LineStamp,
    operation: &Operation,
    first: Option<&FirstLine>,
    last: Option<&Metadata>,
) -> Result<Option<Hash>, Error> {
    let start = out.len();
    let outside = ChainedFields {
        event: stamp.event,
        tx: stamp.tx,
        at: stamp.at,
        op: operation.name(),
        table: operation.table().map(|table| table.name.as_str()),
        row: operation.row().map(version),
        cause: stamp.cause,
    };
    push_outside(out, &outside);
    let [old, new] = push_payloads(out, operation)?;
    if let Some(FirstLine { durable, salt }) = first {
        out.extend_from_slice(b",\"durable\":");
        push_u64(out, durable.0);
        out.extend_from_slice(b",\"salt\":\"");
        push_hex(out, salt);
        out.push(b'"');
        chain.begin(Some(salt));
    }
    let text = |range: Option<Range<usize>>| range.map(|range| &out[range]);
    let salt = chain.line_salt(stamp.event);
    let salt = salt.expect("a transaction that is written has a salt on its first line");
    chain.add(&outside, &salt, [text(old), text(new)], last);
    let hash = last.map(|metadata| {
        let hash = chain.finish();
        push_metadata(out, metadata);
        out.extend_from_slice(b",\"hash\":\"");
        push_hex(out, &hash);
        out.push(b'"');
        hash
    });
    push_crc(out, start);
    let size = out.len() - start;
    if size > MAX_LINE_SIZE {
        return Err(Error::Limit { what: "the event's line", size, limit: MAX_LINE_SIZE });
    }
    Ok(hash)
}

impl Operation {
    /// What its line holds as `old` and as `new`: JSON objects with the names of the time.
    ///
    /// # Errors
    /// [`Error::Invalid`] of a value that no line can hold, [`Error::Limit`] of an operation larger
    /// than a line or nested deeper.
    pub fn payloads(&self) -> Result<[Option<String>; 2], Error> {
        let mut out = Vec::new();
        let payloads = push_payloads(&mut out, self)?;
        Ok(payloads.map(|range| range.map(|at| String::from_utf8_lossy(&out[at]).into_owned())))
    }
}

/// What a line says of its row before the images; `prev` is that of a row that comes back.
fn version(operation: &RowOperation) -> (RowId, u32, Option<EventId>) {
    let prev = match &operation.images {
        RowImages::Insert { prev, .. } if *prev != EventId::START => Some(*prev),
        RowImages::Insert { .. } | RowImages::Update(_) | RowImages::Delete(_) => None,
    };
    (operation.row, operation.rev, prev)
}

fn push_outside(out: &mut Vec<u8>, outside: &ChainedFields<'_>) {
    out.extend_from_slice(b"{\"event\":");
    push_u64(out, outside.event.0);
    out.extend_from_slice(b",\"tx\":");
    push_u64(out, outside.tx.0);
    out.extend_from_slice(b",\"at\":");
    push_moment(out, outside.at);
    out.extend_from_slice(b",\"op\":\"");
    out.extend_from_slice(outside.op.as_bytes());
    out.push(b'"');
    if let Some(table) = outside.table {
        out.extend_from_slice(b",\"table\":");
        push_string(out, table);
    }
    if let Some((row, rev, prev)) = outside.row {
        out.extend_from_slice(b",\"row\":");
        push_u64(out, row.0);
        out.extend_from_slice(b",\"rev\":");
        push_u64(out, u64::from(rev));
        if let Some(prev) = prev {
            out.extend_from_slice(b",\"prev\":");
            push_u64(out, prev.0);
        }
    }
    if let Some(cause) = outside.cause {
        out.extend_from_slice(b",\"cause\":");
        push_u64(out, cause.0);
    }
}

fn push_metadata(out: &mut Vec<u8>, metadata: &Metadata) {
    out.extend_from_slice(b",\"last\":true");
    let Metadata { intent, actor, note, id, digest, reverts } = metadata;
    for (name, said) in [("intent", intent), ("actor", actor), ("note", note), ("id", id)] {
        if let Some(text) = said {
            out.push(b',');
            push_string(out, name);
            out.push(b':');
            push_string(out, text);
        }
    }
    if let Some(digest) = digest {
        out.extend_from_slice(b",\"digest\":\"");
        push_hex(out, digest);
        out.push(b'"');
    }
    for (at, tx) in reverts.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b",\"reverts\":[" } else { b"," });
        push_u64(out, tx.0);
    }
    out.extend_from_slice(if reverts.is_empty() { b"" } else { b"]" });
}

/// Appends `old` and `new` as far as the operation has them; gives where their texts are.
fn push_payloads(
    out: &mut Vec<u8>,
    operation: &Operation,
) -> Result<[Option<Range<usize>>; 2], Error> {
    let [old, new] = match operation {
        Operation::Row(RowOperation { table, images, .. }) => {
            return push_images(out, table, images);
        }
        Operation::Schema(change) => definition::of_change(change)?,
        Operation::Marker(marker) => definition::of_marker(marker)?,
    };
    let mut push = |name, text: Option<String>| {
        let push = |text: String| push_payload(out, name, |out| push_text(out, &text));
        text.map(push).transpose()
    };
    Ok([push("old", old)?, push("new", new)?])
}

/// Appends what an event tells of its row.
fn push_images(
    out: &mut Vec<u8>,
    table: &TableSchema,
    images: &RowImages,
) -> Result<[Option<Range<usize>>; 2], Error> {
    let whole = |row: &Row| {
        if row.len() == table.columns.len() {
            return Ok(());
        }
        let (name, columns) = (&table.name, table.columns.len());
        Err(Error::invalid(format!("a row of {} values in `{name}` with {columns}", row.len())))
    };
    Ok(match images {
        RowImages::Insert { new, .. } => {
            whole(new)?;
            let row = table.columns.iter().zip(new);
            let new = push_payload(out, "new", |out| push_columns(out, row))?;
            check_row_size(&new)?;
            [None, Some(new)]
        }
        RowImages::Delete(old) => {
            whole(old)?;
            let row = table.columns.iter().zip(old);
            [Some(push_payload(out, "old", |out| push_columns(out, row))?), None]
        }
        RowImages::Update(changed) => {
            let indexes = || changed.iter().map(|(index, ..)| *index);
            let inside = indexes().all(|index| index < table.columns.len());
            if !inside || !indexes().is_sorted_by(|a, b| a < b) {
                return Err(Error::invalid("changed columns that are out of order"));
            }
            let column = |index: &usize| &table.columns[*index];
            let before = changed.iter().map(|(index, old, _)| (column(index), old));
            let after = changed.iter().map(|(index, _, new)| (column(index), new));
            let old = push_payload(out, "old", |out| push_columns(out, before))?;
            let new = push_payload(out, "new", |out| push_columns(out, after))?;
            check_row_size(&new)?;
            [Some(old), Some(new)]
        }
    })
}

fn push_payload(
    out: &mut Vec<u8>,
    name: &str,
    push: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<Range<usize>, Error> {
    out.push(b',');
    push_string(out, name);
    out.push(b':');
    let start = out.len();
    push(out)?;
    Ok(start..out.len())
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn check_row_size(payload: &Range<usize>) -> Result<(), Error> {
    if payload.len() > MAX_ROW_SIZE {
        return Err(Error::Limit { what: "the row", size: payload.len(), limit: MAX_ROW_SIZE });
    }
    Ok(())
}

/// Refuses a row that no line of its own could hold, before anything is written of it.
///
/// An update writes only what changes, so that a row may outgrow the limit column by column: then no
/// delete of it could be written.
///
/// # Errors
/// [`Error::Limit`] where the row is larger than [`MAX_ROW_SIZE`].
pub fn check_row(table: &TableSchema, row: &Row) -> Result<(), Error> {
    let columns = || table.columns.iter().zip(row);
    let bound = |(column, value): (&Column, &Value)| bound_of_text(&column.name) + bound_of(value);
    if columns().map(bound).sum::<usize>() <= MAX_ROW_SIZE {
        return Ok(());
    }
    let mut payload = Vec::new();
    push_columns(&mut payload, columns())?;
    check_row_size(&(0..payload.len()))
}

/// No fewer bytes than a text has in a payload: `\u001b` for a character of one byte.
fn bound_of_text(text: &str) -> usize {
    text.len() * 6 + 4
}

/// No fewer bytes than a value has in a payload, with the wrapper that tells its type.
fn bound_of(value: &Value) -> usize {
    /// More than the longest number and the longest wrapper have.
    const OTHER: usize = 512;
    match value {
        Value::Text(text) | Value::Json(text) => bound_of_text(text) + OTHER,
        Value::Blob(bytes) => bytes.len() * 2 + OTHER,
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_) => OTHER,
    }
}

// ---- reading ----------------------------------------------------------------------------------

/// A string of a line, borrowed where nothing in it was escaped.
#[derive(Debug, PartialEq, Eq)]
struct LineText<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for LineText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LineText<'a>, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = LineText<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<LineText<'de>, E> {
                Ok(LineText(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<LineText<'de>, E> {
                Ok(LineText(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The fields of a line as they stand there.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFields<'a> {
    event: u64,
    tx: u64,
    at: &'a str,
    op: &'a str,
    #[serde(borrow)]
    table: Option<LineText<'a>>,
    row: Option<u64>,
    rev: Option<u32>,
    prev: Option<u64>,
    cause: Option<u64>,
    #[serde(borrow)]
    old: Option<&'a RawValue>,
    #[serde(borrow)]
    new: Option<&'a RawValue>,
    durable: Option<u64>,
    salt: Option<&'a str>,
    line_salt: Option<&'a str>,
    #[serde(default)]
    last: bool,
    #[serde(borrow)]
    intent: Option<LineText<'a>>,
    #[serde(borrow)]
    actor: Option<LineText<'a>>,
    #[serde(borrow)]
    note: Option<LineText<'a>>,
    #[serde(borrow)]
    id: Option<LineText<'a>>,
    digest: Option<&'a str>,
    #[serde(default)]
    reverts: Vec<u64>,
    hash: Option<&'a str>,
    #[serde(rename = "crc")]
    _crc: IgnoredAny,
}

/// A line that is sound in itself; whether it follows from those before is another question.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    fields: LineFields<'a>,
    /// Its numbers and its time.
    pub stamp: LineStamp,
    /// The mark of durability, on the first line of a batch.
    pub durable: Option<EventId>,
    /// The transaction's salt, on its first line.
    pub salt: Option<Salt>,
    /// The salt of the line itself, where the transaction's is gone.
    line_salt: Option<Salt>,
    /// What tells the transaction's text from another's, on its last line.
    digest: Option<Digest>,
    /// The chain's hash, on the last line of a transaction.
    pub hash: Option<Hash>,
}

/// Finds the tables that lines name.
#[derive(Debug, Default)]
pub(crate) struct TableLookup {
    /// The last one found, with the version of the schema it is from: neighbours are about the same.
    recent: Option<(u64, Arc<TableSchema>)>,
}

impl TableLookup {
    fn find(&mut self, schema: &Schema, name: &str) -> Result<Arc<TableSchema>, String> {
        if let Some((version, table)) = &self.recent
            && *version == schema.version
            && table.name == name
        {
            return Ok(Arc::clone(table));
        }
        let found = schema.table(name).filter(|table| table.name == name);
        let table = Arc::clone(found.ok_or_else(|| format!("there is no table `{name}` then"))?);
        self.recent = Some((schema.version, Arc::clone(&table)));
        Ok(table)
    }
}

/// Takes a line apart whose checksum was found right. The error says what is wrong.
pub(crate) fn parse(line: &[u8]) -> Result<Line<'_>, String> {
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let fields: LineFields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let at = parse_moment(fields.at).ok_or_else(|| format!("bad time `{}`", fields.at))?;
    let said = [&fields.intent, &fields.actor, &fields.note, &fields.id];
    let said = said.into_iter().any(Option::is_some) || fields.hash.is_some();
    let said = said || fields.digest.is_some() || !fields.reverts.is_empty();
    if fields.last != fields.hash.is_some() || (said && !fields.last) {
        return Err("the end of a transaction is marked incompletely".into());
    }
    if fields.digest.is_some() && fields.id.is_none() {
        return Err("a digest of a transaction without an id".into());
    }
    let is_earlier = |tx: &u64| (1..fields.tx).contains(tx);
    if !fields.reverts.iter().all(is_earlier) || !fields.reverts.is_sorted_by(|a, b| a < b) {
        return Err("it takes back what is not before it".into());
    }
    let (event, cause) = (EventId(fields.event), fields.cause.map(EventId));
    Ok(Line {
        stamp: LineStamp { event, tx: TxId(fields.tx), at, cause },
        durable: fields.durable.map(EventId),
        salt: digits("salt", fields.salt)?,
        line_salt: digits("salt of the line", fields.line_salt)?,
        digest: digits("digest", fields.digest)?,
        hash: digits("hash", fields.hash)?,
        fields,
    })
}

/// The bytes that a field has in hexadecimal, if it is there.
fn digits<const N: usize>(what: &str, field: Option<&str>) -> Result<Option<[u8; N]>, String> {
    let read = |text| parse_hex(text).ok_or_else(|| format!("bad {what}"));
    field.map(read).transpose()
}

impl Line<'_> {
    /// What it says of its transaction, if it is the last.
    pub(crate) fn metadata(&self) -> Option<Metadata> {
        let owned = |text: &Option<LineText<'_>>| text.as_ref().map(|text| text.0.to_string());
        let fields = &self.fields;
        fields.last.then(|| Metadata {
            intent: owned(&fields.intent),
            actor: owned(&fields.actor),
            note: owned(&fields.note),
            id: owned(&fields.id),
            digest: self.digest,
            reverts: fields.reverts.iter().copied().map(TxId).collect(),
        })
    }

    /// The word for what it did.
    pub(crate) fn operation_name(&self) -> &str {
        self.fields.op
    }

    /// The event, given the schema before it.
    pub(crate) fn event(&self, tables: &mut TableLookup, schema: &Schema) -> Result<Event, String> {
        let last = self.metadata().map(Box::new);
        let LineStamp { event: id, tx, at, cause } = self.stamp;
        let operation = self.operation(tables, schema)?;
        Ok(Event { id, tx, at, cause, operation, last })
    }

    fn operation(&self, tables: &mut TableLookup, schema: &Schema) -> Result<Operation, String> {
        let fields = &self.fields;
        let name = fields.table.as_ref().map(|name| name.0.as_ref());
        let (event, op, old, new) = (self.stamp.event, fields.op, fields.old, fields.new);
        match (fields.row, fields.rev, fields.prev, name) {
            (Some(row), Some(rev), prev, Some(name)) => {
                let table = tables.find(schema, name)?;
                let prev = prev.map(EventId);
                let images = decode_images(op, prev, old, new, &table)?;
                Ok(Operation::Row(RowOperation { table, row: RowId(row), rev, images }))
            }
            (None, None, None, table) => DefinitionLine { event, op, table, old, new }
                .operation(|name| tables.find(schema, name)),
            _ => Err("an event of a row without its table, its row or its version".into()),
        }
    }

    /// Adds the line to the chain; it is the `first` of its transaction, or not.
    ///
    /// # Errors
    /// Why not, where nothing or too much says by which salt.
    pub(crate) fn add_to(
        &self,
        chain: &mut Chain,
        first: bool,
        last: Option<&Metadata>,
    ) -> Result<(), String> {
        if first {
            chain.begin(self.salt.as_ref());
        } else if self.salt.is_some() {
            return Err("the beginning of a transaction is marked wrongly".into());
        }
        let fields = &self.fields;
        let salt = match (chain.line_salt(self.stamp.event), self.line_salt) {
            (Some(salt), None) | (None, Some(salt)) => salt,
            // Without payloads there is nothing to be guessed, and nothing that a salt is for.
            (None, None) if fields.old.is_none() && fields.new.is_none() => Salt::default(),
            (None, None) => return Err("a payload without a salt".into()),
            (Some(_), Some(_)) => return Err("a line with a salt beside its transaction's".into()),
        };
        let outside = ChainedFields {
            event: self.stamp.event,
            tx: self.stamp.tx,
            at: self.stamp.at,
            op: fields.op,
            table: fields.table.as_ref().map(|name| name.0.as_ref()),
            row: fields
                .row
                .zip(fields.rev)
                .map(|(row, rev)| (RowId(row), rev, fields.prev.map(EventId))),
            cause: self.stamp.cause,
        };
        let payloads = [fields.old, fields.new].map(|raw| raw.map(|raw| raw.get().as_bytes()));
        chain.add(&outside, &salt, payloads, last);
        Ok(())
    }

    /// Reads the event and enters it into the books; gives what they had before it, too.
    pub(crate) fn admit(
        &self,
        tables: &mut TableLookup,
        ledger: &mut Ledger,
    ) -> Result<(Event, EventId), String> {
        let event = self.event(tables, ledger.schema())?;
        let previous = ledger.admit(event.id, &event.operation);
        let previous = previous.map_err(|error| error.to_string())?;
        Ok((event, previous))
    }
}

/// What an event tells of a row of the table.
fn decode_images(
    op: &str,
    prev: Option<EventId>,
    old: Option<&RawValue>,
    new: Option<&RawValue>,
    table: &TableSchema,
) -> Result<RowImages, String> {
    match (op, prev, old, new) {
        ("insert", prev, None, Some(new)) if prev != Some(EventId::START) => {
            let (new, prev) = (decode_row(new, table)?, prev.unwrap_or(EventId::START));
            Ok(RowImages::Insert { new, prev })
        }
        ("update", None, Some(old), Some(new)) => {
            Ok(RowImages::Update(decode_changed(old, new, table)?))
        }
        ("delete", None, Some(old), None) => Ok(RowImages::Delete(decode_row(old, table)?)),
        _ => Err(format!("`{op}` is no event of a row, or not with these fields")),
    }
}

fn decode_row(payload: &RawValue, table: &TableSchema) -> Result<Row, String> {
    let columns = decode_columns(payload, table).map_err(|error| error.to_string())?;
    if columns.len() != table.columns.len() {
        return Err(format!("{} values for {table}", columns.len()));
    }
    Ok(columns.into_iter().map(|(_, value)| value).collect())
}

fn decode_changed(
    old: &RawValue,
    new: &RawValue,
    table: &TableSchema,
) -> Result<Vec<(usize, Value, Value)>, String> {
    let old = decode_columns(old, table).map_err(|error| error.to_string())?;
    let new = decode_columns(new, table).map_err(|error| error.to_string())?;
    let same = old.iter().map(|(index, _)| index).eq(new.iter().map(|(index, _)| index));
    if !same || old.is_empty() {
        return Err("the columns before and after differ".into());
    }
    Ok(old.into_iter().zip(new).map(|((index, old), (_, new))| (index, old, new)).collect())
}
