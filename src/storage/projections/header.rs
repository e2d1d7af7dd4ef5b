//! What snapshots and the catalog have in common: whose history they are about, and the tables.
//!
//! Both begin with a header, one line with a checksum of its own, so that it can be believed without
//! reading the rest:
//!
//! ```text
//! {"id":7,"event_id":42,"name":"before","format":"asof-snapshot","format_version":2,"uuid":"32 hex",
//!  "tx":12,"at":"…","hash":"64 hex","log_offset":8191,"schema_version":3,
//!  "head_crc":"8 hex",⏎
//! ```
//!
//! `id` and `name` are a snapshot's, `clean` is the catalog's, and so is `scrubbed`, the event up to
//! which the log was read again, where that was not its end. `hash` is the chain's after the event,
//! `log_offset` is where the line of the next event begins. Then one line per table:
//!
//! ```text
//! "accounts":{"file":{"name":"accounts.db","length":812,"live":9,"dead":1,"digest":"16 hex"},
//!  "table":1,"next_row":8,"autoincrement":7,"columns":[[1,0],[1,1],[4,0]],"keys":[[1,0],[5,0]],
//!  "definition":{…}}
//! ```
//!
//! `file` is the catalog's. A definition is written as in the log, where the identities inside follow
//! from the event; here they are written beside it, each the event that made it and its place there.

use super::file_name::row_file_name;
use super::lines::{check_length, push_seal};
use super::row_file::RowFileSummary;
use crate::storage::base::BaseTable;
use crate::storage::error::Error;
use crate::storage::log::Locator;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::Uuid;
use crate::storage::log::schema_rules::{check_initial, check_table};
use crate::storage::log::text::{parse_hex, parse_moment, push_hex, push_i64, push_moment};
use crate::storage::log::text::{push_string, push_u64};
use crate::storage::store::ProjectionPosition;
use crate::types::{
    ColumnId, Definition, EventId, KeyId, RowId, Schema, TableId, TableSchema, TxId, fold,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The longest header, with its newline.
pub(crate) const MAX_HEADER: usize = 1 << 20;

/// The only version of both formats. What has another is made anew from the log.
const VERSION: u64 = 2;

/// The first line of a snapshot or of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectionHeader {
    /// A snapshot's number.
    pub id: Option<u64>,
    /// A snapshot's name.
    pub name: Option<String>,
    /// Whether row files can be trusted, in the catalog.
    pub clean: Option<bool>,
    /// The event that the scrub of the log came to, in the catalog.
    pub scrubbed: Option<EventId>,
    /// Where it stands.
    pub position: ProjectionPosition,
    /// How many schema changes there were.
    pub schema_version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectionHeaderFields<'a> {
    id: Option<u64>,
    event_id: u64,
    name: Option<String>,
    clean: Option<bool>,
    scrubbed: Option<u64>,
    format: &'a str,
    format_version: u64,
    uuid: &'a str,
    tx: u64,
    at: &'a str,
    hash: &'a str,
    #[serde(rename = "log_offset")]
    next_line: Locator,
    schema_version: u64,
    #[serde(rename = "head_crc")]
    _crc: IgnoredAny,
}

/// Appends a number as a field of an object that has others before it.
fn push_number(out: &mut Vec<u8>, name: &str, number: u64) {
    push_name(out, name);
    push_u64(out, number);
}

fn push_digits(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    push_name(out, name);
    out.push(b'"');
    push_hex(out, bytes);
    out.push(b'"');
}

fn push_name(out: &mut Vec<u8>, name: &str) {
    if !out.ends_with(b"{") {
        out.push(b',');
    }
    push_string(out, name);
    out.push(b':');
}

impl ProjectionHeader {
    /// Appends the line, newline and all, to an empty buffer.
    pub(crate) fn encode(&self, out: &mut Vec<u8>, format: &str) -> Result<(), Error> {
        let position = &self.position;
        let start = out.len();
        out.push(b'{');
        if let Some(id) = self.id {
            push_number(out, "id", id);
        }
        push_number(out, "event_id", position.event.0);
        if let Some(name) = &self.name {
            push_name(out, "name");
            push_string(out, name);
        }
        if let Some(clean) = self.clean {
            push_name(out, "clean");
            out.extend_from_slice(if clean { b"true" } else { b"false" });
        }
        if let Some(event) = self.scrubbed {
            push_number(out, "scrubbed", event.0);
        }
        push_name(out, "format");
        push_string(out, format);
        push_number(out, "format_version", VERSION);
        push_digits(out, "uuid", &position.uuid);
        push_number(out, "tx", position.tx.0);
        push_name(out, "at");
        push_moment(out, position.at);
        if !out.ends_with(b"\"") {
            return Err(Error::invalid("a commit outside the years 0 to 9999"));
        }
        push_digits(out, "hash", &position.hash);
        push_name(out, "log_offset");
        position.next_line.push(out);
        push_number(out, "schema_version", self.schema_version);
        let crc = crc32c::crc32c(&out[start..]);
        push_seal(out, "head_crc", crc);
        out.pop();
        out.extend_from_slice(b",\n");
        let size = out.len() - start;
        match size <= MAX_HEADER {
            true => Ok(()),
            false => Err(Error::Limit { what: "the name of a snapshot", size, limit: MAX_HEADER }),
        }
    }

    /// Reads the line without its newline; the error says what is wrong with it.
    pub(crate) fn decode(line: &[u8], format: &str) -> Result<ProjectionHeader, String> {
        let mut object = line.strip_suffix(b",").ok_or("it has no header")?.to_vec();
        object.push(b'}');
        let mut seal = Vec::new();
        push_seal(&mut seal, "head_crc", 0);
        let content = object.len().checked_sub(seal.len()).ok_or("its header is too short")?;
        seal.clear();
        push_seal(&mut seal, "head_crc", crc32c::crc32c(&object[..content]));
        if object[content..] != seal {
            return Err("its header has a wrong checksum".into());
        }
        let fields: ProjectionHeaderFields<'_> =
            serde_json::from_slice(&object).map_err(|error| format!("bad header: {error}"))?;
        if fields.format != format || fields.format_version != VERSION {
            let (format, version) = (fields.format, fields.format_version);
            return Err(format!(
                "it has version {version} of the format `{format}`, which is not known"
            ));
        }
        let position = ProjectionPosition {
            uuid: parse_hex::<{ size_of::<Uuid>() }>(fields.uuid).ok_or("bad uuid")?,
            event: EventId(fields.event_id),
            tx: TxId(fields.tx),
            at: parse_moment(fields.at).ok_or("bad time")?,
            hash: parse_hex::<{ size_of::<Hash>() }>(fields.hash).ok_or("bad hash")?,
            next_line: fields.next_line,
        };
        let (id, name, clean) = (fields.id, fields.name, fields.clean);
        let (schema_version, scrubbed) = (fields.schema_version, fields.scrubbed.map(EventId));
        Ok(ProjectionHeader { id, name, clean, scrubbed, position, schema_version })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFields {
    file: Option<FileFields>,
    table: u64,
    next_row: u64,
    autoincrement: i64,
    columns: Vec<(u64, usize)>,
    keys: Vec<(u64, usize)>,
    definition: TableSchema,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileFields {
    name: String,
    length: u64,
    live: u64,
    dead: u64,
    digest: String,
}

/// Appends the line of a table without comma and newline.
pub(crate) fn push_table(
    out: &mut Vec<u8>,
    table: &BaseTable,
    file: Option<&RowFileSummary>,
) -> Result<(), Error> {
    let (start, schema) = (out.len(), &table.schema);
    push_string(out, &schema.name);
    out.extend_from_slice(b":{");
    if let Some(file) = file {
        push_name(out, "file");
        out.extend_from_slice(b"{\"name\":");
        push_string(out, &file.file);
        push_number(out, "length", file.length);
        push_number(out, "live", file.live);
        push_number(out, "dead", file.dead);
        push_digits(out, "digest", &file.digest.to_be_bytes());
        out.push(b'}');
    }
    push_number(out, "table", schema.id.0.0);
    push_number(out, "next_row", table.next_row.0);
    push_name(out, "autoincrement");
    push_i64(out, table.autoincrement);
    push_name(out, "columns");
    push_identities(out, schema.columns.iter().map(|column| (column.id.event, column.id.ordinal)));
    push_name(out, "keys");
    push_identities(out, schema.keys.iter().map(|key| (key.id.event, key.id.ordinal)));
    push_name(out, "definition");
    let written = serde_json::to_writer(&mut *out, &**schema);
    written.map_err(|error| Error::invalid(error.to_string()))?;
    out.push(b'}');
    check_length(out, start, "the definition of a table")
}

fn push_identities(out: &mut Vec<u8>, identities: impl Iterator<Item = (EventId, usize)>) {
    out.push(b'[');
    for (event, ordinal) in identities {
        out.extend_from_slice(if out.ends_with(b"[") { b"[" } else { b",[" });
        push_u64(out, event.0);
        out.push(b',');
        push_u64(out, crate::storage::log::reader::to_u64(ordinal));
        out.push(b']');
    }
    out.push(b']');
}

/// Reads the line of a table without its comma.
pub(crate) fn parse_table(
    line: &[u8],
    head: EventId,
) -> Result<(BaseTable, Option<RowFileSummary>), String> {
    let object = [b"{", line, b"}"].concat();
    let object: BTreeMap<String, TableFields> =
        serde_json::from_slice(&object).map_err(|error| format!("bad table: {error}"))?;
    let mut tables = object.into_iter();
    let (Some((name, fields)), None) = (tables.next(), tables.next()) else {
        return Err("not one table in a line".into());
    };
    let mut schema = fields.definition;
    if name != schema.name
        || fields.columns.len() != schema.columns.len()
        || fields.keys.len() != schema.keys.len()
    {
        return Err(format!("the definition of `{name}` contradicts itself"));
    }
    schema.id = TableId(EventId(fields.table));
    for (column, (event, ordinal)) in schema.columns.iter_mut().zip(&fields.columns) {
        column.id = ColumnId { event: EventId(*event), ordinal: *ordinal };
    }
    for (key, (event, ordinal)) in schema.keys.iter_mut().zip(&fields.keys) {
        key.id = KeyId { event: EventId(*event), ordinal: *ordinal };
    }
    let events = fields.columns.iter().chain(&fields.keys).map(|(event, _)| *event);
    if events.chain([fields.table]).any(|event| event > head.0) {
        return Err(format!("the definition of `{name}` is of a later event"));
    }
    let mut older = schema.columns.iter().filter(|column| !column.initial.is_null());
    check_table(&schema)
        .and_then(|()| older.try_for_each(check_initial))
        .map_err(|error| error.to_string())?;
    let file = fields.file.map(|file| {
        let digest = parse_hex(&file.digest).map(u64::from_be_bytes).ok_or("bad digest")?;
        let FileFields { name: file, length, live, dead, .. } = file;
        if file != row_file_name(&schema) {
            return Err(format!("`{name}` cannot be in the file `{file}`"));
        }
        Ok(RowFileSummary { file, length, live, dead, digest })
    });
    let file = file.transpose()?;
    let (next_row, autoincrement) = (RowId(fields.next_row), fields.autoincrement);
    let base = BaseTable { schema: Arc::new(schema), next_row, autoincrement };
    // What would be written otherwise has something that is not understood here.
    let mut again = Vec::with_capacity(line.len());
    push_table(&mut again, &base, file.as_ref()).map_err(|error| error.to_string())?;
    match again == line {
        true => Ok((base, file)),
        false => Err(format!("the definition of `{name}` has something unknown in it")),
    }
}

/// Refuses tables that cannot be of one schema.
pub(crate) fn check_tables<'t>(tables: impl Iterator<Item = &'t BaseTable>) -> Result<(), String> {
    let (mut names, mut identities) = (HashSet::new(), HashSet::new());
    for BaseTable { schema, .. } in tables {
        if !names.insert(fold(&schema.name)) || !identities.insert(schema.id) {
            return Err(format!("the table `{}` is there twice", schema.name));
        }
    }
    Ok(())
}

/// Tables and definitions as a schema.
pub(crate) fn schema_of<'t>(
    tables: impl Iterator<Item = &'t BaseTable>,
    definitions: &[Arc<Definition>],
    version: u64,
) -> Schema {
    let mut schema = Schema::default();
    tables.for_each(|table| schema.put(Arc::clone(&table.schema)));
    definitions.iter().for_each(|definition| schema.put_definition(Arc::clone(definition)));
    schema.version = version;
    schema
}
