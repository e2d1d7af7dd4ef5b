//! The catalog: the tables at an event, and what their row files have to be.
//!
//! `_catalog.json` is one JSON object, one table per line:
//!
//! ```text
//! {"event_id":42,"clean":true,"format":"asof-catalog",…,"head_crc":"8 hex",⏎     see `header`
//! "tables":{⏎
//! "accounts":{"file":{"name":"accounts.db",…},…,"definition":{…}},⏎
//! "orders":{…}⏎                         behind them what else is defined, see `definitions`
//! },"crc":"8 hex"}⏎                                              CRC32C of everything before it
//! ```
//!
//! # Crashes
//!
//! `clean` says that the row files are as the catalog has them. Before a row file is touched the
//! catalog is saved with `clean` off, and with it on when all are written and synced. A crash in
//! between leaves it off: then the row files are not opened, whatever they are. Saving itself puts a
//! whole synced file in the place of the old one.
//!
//! A catalog with a wrong byte, of another database or beyond the log is an error value; one that is
//! missing is none.

use super::definitions::{push_definitions, read_definitions};
use super::header::{ProjectionHeader, check_tables, parse_table, push_table, schema_of};
use super::lines::{ProjectionLines, push_end};
use super::output_file::replace;
use super::row_file::RowFileSummary;
use crate::storage::base::BaseTable;
use crate::storage::error::Error;
use crate::storage::file_names::CATALOG;
use crate::storage::store::ProjectionPosition;
use crate::storage::vfs::Vfs;
use crate::types::{Definition, EventId, Schema};
use std::path::Path;
use std::sync::Arc;

/// What the header calls the format.
const FORMAT: &str = "asof-catalog";

const START: &[u8] = b"\"tables\":{";
const END: &[u8] = b"}";

/// The tables at an event, and what their row files have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogFile {
    /// Where it stands.
    pub position: ProjectionPosition,
    /// How many schema changes there were.
    pub schema_version: u64,
    /// The tables, by name.
    pub tables: Vec<CatalogTable>,
    /// The views, triggers and settings, in the order in which they were created.
    pub definitions: Vec<Arc<Definition>>,
    /// Whether the row files are as it says.
    pub clean: bool,
    /// The event that the scrub of the log came to, 0 where none is under way: a hint.
    pub scrubbed: EventId,
}

/// A table and its row file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogTable {
    /// The table.
    pub base: BaseTable,
    /// What its row file has to be.
    pub rows: RowFileSummary,
}

impl CatalogFile {
    /// The tables as a schema.
    pub fn schema(&self) -> Schema {
        let tables = self.tables.iter().map(|table| &table.base);
        schema_of(tables, &self.definitions, self.schema_version)
    }

    /// Puts this catalog in the place of the one in a directory, durably.
    ///
    /// # Errors
    /// [`Error::Limit`] and [`Error::Invalid`] where it could not be read back, [`Error::Io`] where
    /// it cannot be written; then the old one stands.
    pub fn save(&self, vfs: &dyn Vfs, directory: &Path) -> Result<(), Error> {
        check_tables(self.tables.iter().map(|table| &table.base)).map_err(Error::invalid)?;
        let (_, ()) = replace(vfs, directory, CATALOG, |output| {
            let header = ProjectionHeader {
                id: None,
                name: None,
                clean: Some(self.clean),
                scrubbed: Some(self.scrubbed).filter(|event| *event > EventId::START),
                position: self.position.clone(),
                schema_version: self.schema_version,
            };
            header.encode(&mut output.bytes, FORMAT)?;
            output.bytes.extend_from_slice(START);
            for (at, table) in self.tables.iter().enumerate() {
                output.bytes.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
                push_table(&mut output.bytes, &table.base, Some(&table.rows))?;
                output.flush_if_full()?;
            }
            push_definitions(output, &self.definitions)?;
            output.bytes.push(b'\n');
            push_end(output, END);
            Ok(())
        })?;
        Ok(())
    }

    /// Reads the catalog of a directory; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Projection`] where it is not what was written, [`Error::Io`] where it cannot be
    /// read.
    pub fn load(vfs: &dyn Vfs, directory: &Path) -> Result<Option<CatalogFile>, Error> {
        let mut lines = match ProjectionLines::open(vfs, &directory.join(CATALOG)) {
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            opened => opened?,
        };
        lines.advance()?;
        let header = ProjectionHeader::decode(lines.line(), FORMAT)
            .map_err(|reason| lines.damaged(reason))?;
        let clean =
            header.clean.ok_or_else(|| lines.damaged("it does not say whether it is clean"))?;
        let ProjectionHeader { position, schema_version, scrubbed, .. } = header;
        let scrubbed = scrubbed.unwrap_or_default();
        lines.expect(START)?;
        let mut tables: Vec<CatalogTable> = Vec::new();
        loop {
            lines.advance()?;
            if lines.line().starts_with(END) {
                break;
            }
            let (base, rows) = parse_table(lines.item(), position.event)
                .map_err(|reason| lines.damaged(reason))?;
            let rows = rows.ok_or_else(|| lines.damaged("a table has no file"))?;
            tables.push(CatalogTable { base, rows });
        }
        let definitions = read_definitions(&mut lines, position.event)?;
        lines.finish(END)?;
        check_tables(tables.iter().map(|table| &table.base))
            .map_err(|reason| lines.damaged(reason))?;
        Ok(Some(CatalogFile { position, schema_version, tables, definitions, clean, scrubbed }))
    }
}
