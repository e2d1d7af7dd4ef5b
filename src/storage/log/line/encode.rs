//! An event becomes a line.

use super::{FirstLine, LineStamp};
use crate::storage::error::Error;
use crate::storage::event::{Metadata, Operation, RowImages, RowOperation};
use crate::storage::log::chain::{Chain, ChainedFields, Hash};
use crate::storage::log::definition;
use crate::storage::log::text::{push_hex, push_moment, push_string, push_u64};
use crate::storage::log::values::push_columns;
use crate::storage::log::{MAX_LINE_SIZE, MAX_ROW_SIZE, push_crc};
use crate::types::{Column, EventId, Row, RowId, TableSchema, Value};
use std::ops::Range;

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
        table: operation.table_name(),
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
