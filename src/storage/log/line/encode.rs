//! An event becomes a line.

use super::{FirstLine, LineStamp};
use crate::storage::error::Error;
use crate::storage::event::{Event, Metadata, Operation, RowImages, RowOperation};
use crate::storage::log::chain::{Chain, ChainedFields, Hash, Salt};
use crate::storage::log::definition;
use crate::storage::log::text::{push_hex, push_moment, push_string, push_u64};
use crate::storage::log::values::{check_columns, push_columns, write_columns};
use crate::storage::log::{MAX_LINE_SIZE, MAX_ROW_SIZE, push_crc};
use crate::types::{Column, EventId, Row, RowId, TableSchema, Value};
use std::ops::Range;

/// Appends the line of an event to `out` and to the chain; gives the chain's hash if it is the last
/// of its transaction. After an error `out` is as it was, the chain is not; of an event that was
/// [checked](check) there is none.
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
    Ok(encoded?.hash)
}

/// What there is to be said of a line that was written.
struct EncodedLine {
    /// Where its payloads are.
    payloads: [Option<Range<usize>>; 2],
    /// The chain's hash, if it ends its transaction.
    hash: Option<Hash>,
}

fn push_line(
    out: &mut Vec<u8>,
    chain: &mut Chain,
    stamp: LineStamp,
    operation: &Operation,
    first: Option<&FirstLine>,
    last: Option<&Metadata>,
) -> Result<EncodedLine, Error> {
    let start = out.len();
    let outside = ChainedFields {
        event: stamp.event,
        tx: stamp.tx,
        at: stamp.at,
        op: operation.name(),
        table: operation.table_name(),
        row: operation.row().map(version),
        cause: stamp.cause,
    };
    push_outside(out, &outside);
    let payloads = push_payloads(out, operation)?;
    if let Some(FirstLine { durable, salt }) = first {
        out.extend_from_slice(b",\"durable\":");
        push_u64(out, durable.0);
        out.extend_from_slice(b",\"salt\":\"");
        push_hex(out, salt);
        out.push(b'"');
        chain.begin(Some(salt));
    }
    let text = |range: &Option<Range<usize>>| range.clone().map(|range| &out[range]);
    let salt = chain.line_salt(stamp.event);
    let salt = salt.expect("a transaction that is written has a salt on its first line");
    chain.add(&outside, &salt, payloads.each_ref().map(text), last);
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
    Ok(EncodedLine { payloads, hash })
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
            return Ok(push_images(out, table, images));
        }
        Operation::Schema(change) => definition::of_change(change)?,
        Operation::Marker(marker) => definition::of_marker(marker)?,
    };
    let mut push = |name, text: Option<String>| {
        text.map(|text| push_payload(out, name, |out| out.extend_from_slice(text.as_bytes())))
    };
    Ok([push("old", old), push("new", new)])
}

/// Appends what an event tells of its row, which was [checked](check).
fn push_images(
    out: &mut Vec<u8>,
    table: &TableSchema,
    images: &RowImages,
) -> [Option<Range<usize>>; 2] {
    match images {
        RowImages::Insert { new, .. } => {
            let row = table.columns.iter().zip(new);
            [None, Some(push_payload(out, "new", |out| write_columns(out, row)))]
        }
        RowImages::Delete(old) => {
            let row = table.columns.iter().zip(old);
            [Some(push_payload(out, "old", |out| write_columns(out, row))), None]
        }
        RowImages::Update(changed) => {
            let [before, after] = changed_values(table, changed);
            let old = push_payload(out, "old", |out| write_columns(out, before));
            [Some(old), Some(push_payload(out, "new", |out| write_columns(out, after)))]
        }
    }
}

/// The changed columns with their values before, and with those after.
fn changed_values<'a>(
    table: &'a TableSchema,
    changed: &'a [(usize, Value, Value)],
) -> [impl Iterator<Item = (&'a Column, &'a Value)> + Clone + use<'a>; 2] {
    [false, true].map(|is_new| {
        let value = move |(_, old, new): &'a (usize, Value, Value)| if is_new { new } else { old };
        let columns = changed.iter().filter_map(|change| table.columns.get(change.0));
        columns.zip(changed.iter().map(value))
    })
}

fn push_payload(out: &mut Vec<u8>, name: &str, push: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
    out.push(b',');
    push_string(out, name);
    out.push(b':');
    let start = out.len();
    push(out);
    start..out.len()
}

/// Refuses an event that [`encode`] could not write so that it reads back: then nothing but the disk
/// can refuse its line. Most rows are seen to be short enough without being written.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Limit`], as [`encode`].
pub(crate) fn check(event: &Event, durable: EventId, is_first: bool) -> Result<(), Error> {
    let (operation, last) = (&event.operation, event.last.as_deref());
    if let Operation::Row(RowOperation { table, images, .. }) = operation {
        let bound = check_images(table, images)? + last.map_or(0, bound_of_metadata);
        if bound <= MAX_ROW_SIZE {
            return Ok(());
        }
    }
    let (mut out, mut chain) = (Vec::new(), Chain::after(&Hash::default()));
    let first = FirstLine { durable, salt: Salt::default() };
    chain.begin(Some(&first.salt));
    let first = is_first.then_some(&first);
    let [_, new] = push_line(&mut out, &mut chain, event.into(), operation, first, last)?.payloads;
    match new.filter(|_| operation.row().is_some()) {
        Some(new) => check_row_size(new.len()),
        None => Ok(()),
    }
}

/// Refuses what an event cannot tell of its row; gives no fewer bytes than it takes.
fn check_images(table: &TableSchema, images: &RowImages) -> Result<usize, Error> {
    let whole = |row: &Row| {
        if row.len() != table.columns.len() {
            let (name, columns) = (&table.name, table.columns.len());
            let found = row.len();
            return Err(Error::invalid(format!(
                "a row of {found} values in `{name}` with {columns}"
            )));
        }
        check_columns(table.columns.iter().zip(row))?;
        Ok(bound_of_row(table.columns.iter().zip(row)))
    };
    match images {
        RowImages::Insert { new, .. } => whole(new),
        RowImages::Delete(old) => whole(old),
        RowImages::Update(changed) => {
            let indexes = || changed.iter().map(|(index, ..)| *index);
            let inside = indexes().all(|index| index < table.columns.len());
            if !inside || !indexes().is_sorted_by(|a, b| a < b) {
                return Err(Error::invalid("changed columns that are out of order"));
            }
            let [before, after] = changed_values(table, changed);
            check_columns(before.clone().chain(after.clone()))?;
            Ok(bound_of_row(before.chain(after)))
        }
    }
}

fn check_row_size(size: usize) -> Result<(), Error> {
    if size > MAX_ROW_SIZE {
        return Err(Error::Limit { what: "the row", size, limit: MAX_ROW_SIZE });
    }
    Ok(())
}

/// No fewer bytes than columns and their values have in a payload.
fn bound_of_row<'a>(columns: impl Iterator<Item = (&'a Column, &'a Value)>) -> usize {
    columns.map(|(column, value)| bound_of_text(&column.name) + bound_of(value)).sum()
}

/// No fewer bytes than what a transaction says of itself has in its last line.
fn bound_of_metadata(metadata: &Metadata) -> usize {
    let Metadata { intent, actor, note, id, digest: _, reverts } = metadata;
    let said = [intent, actor, note, id].into_iter().flatten();
    said.map(|text| bound_of_text(text)).sum::<usize>() + reverts.len() * 21
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
    if bound_of_row(columns()) <= MAX_ROW_SIZE {
        return Ok(());
    }
    let mut payload = Vec::new();
    push_columns(&mut payload, columns())?;
    check_row_size(payload.len())
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
