//! A line becomes an event.

use super::LineStamp;
use crate::storage::event::{Digest, Event, Metadata, Operation, RowImages, RowOperation};
use crate::storage::log::chain::{Chain, ChainedFields, Hash, Salt};
use crate::storage::log::definition::DefinitionLine;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::text::{parse_hex, parse_moment};
use crate::storage::log::values::decode_columns;
use crate::types::{EventId, Row, RowId, Schema, TableSchema, TxId, Value};
use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

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
                .operation(schema, |name| tables.find(schema, name)),
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
