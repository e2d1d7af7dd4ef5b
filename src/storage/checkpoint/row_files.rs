//! Row files brought up to a view, with as little writing as it takes.
//!
//! ```text
//! catalog "dirty", synced ─▶ row files changed, synced ─▶ catalog "clean", synced
//! ```
//!
//! A table of which little changed since the last time is changed in place, row by row; one of which
//! much did is written anew. The catalog vouches for nothing in between.

use super::view_source::{ViewSource, base_rows, base_tables, definitions, whole_rows};
use crate::storage::error::Error;
use crate::storage::projections::{
    CatalogFile, CatalogTable, Engine, RowFileSummary, SnapshotSource,
};
use crate::storage::store::EventStore;
use crate::storage::versions::View;
use crate::storage::vfs::Vfs;
use crate::types::{Period, RowId, TableId, TableSchema};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// A table of which more than one row in this many changed is written anew.
const REWRITE: u64 = 4;

/// With more events than this since the last time, nobody looks which rows they were about.
const MOST_READ: u64 = 50_000;

/// What happened to a table's rows.
enum RowFileChanges {
    /// These were touched, few of all.
    Rows(BTreeSet<RowId>),
    /// Nobody looked.
    Unknown,
}

/// The row files of a database.
#[derive(Debug)]
pub(crate) struct RowFiles {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
    store: Arc<EventStore>,
    engine: Engine,
    /// What the files are known to hold.
    catalog: Option<CatalogFile>,
}

impl RowFiles {
    /// The row files of a directory, as far as a catalog vouches for them.
    pub(crate) fn new(
        vfs: Arc<dyn Vfs>,
        directory: PathBuf,
        store: Arc<EventStore>,
        catalog: Option<CatalogFile>,
    ) -> RowFiles {
        let engine = Engine::new(Arc::clone(&vfs), &directory);
        RowFiles { vfs, directory, store, engine, catalog }
    }

    /// Removes what a crash left half written.
    ///
    /// # Errors
    /// Those of [`Engine::remove_leftovers`].
    pub(crate) fn clear(&self) -> Result<(), Error> {
        self.engine.remove_leftovers()
    }

    /// Makes the files what a view of one event shows, and the catalog vouch for them.
    ///
    /// # Errors
    /// [`Error::Io`] where a row file or the catalog cannot be written, [`Error::Projection`] where
    /// another file has the name of one; then the catalog vouches for nothing, and all is written
    /// anew the next time.
    pub(crate) fn write(&mut self, view: &View) -> Result<(), Error> {
        let event = view.period().last;
        if self.catalog.as_ref().is_some_and(|catalog| catalog.position.event == event) {
            return Ok(());
        }
        let before = self.catalog.take();
        let written = self.bring_up(view, before.as_ref());
        match written {
            Ok(catalog) => {
                self.catalog = Some(catalog);
                Ok(())
            }
            Err(error) => {
                self.engine = Engine::new(Arc::clone(&self.vfs), &self.directory);
                Err(error)
            }
        }
    }

    fn bring_up(
        &mut self,
        view: &View,
        before: Option<&CatalogFile>,
    ) -> Result<CatalogFile, Error> {
        let position = self.store.position_at(view.period().last)?;
        let position = position.ok_or_else(|| Error::invalid("row files within a transaction"))?;
        for table in view.schema().tables() {
            self.engine.check_free(table)?;
        }
        self.store.sync_index().map_err(Error::io("write", self.directory.join("events.index")))?;
        let mut catalog = CatalogFile {
            position,
            schema_version: view.schema().version,
            tables: Vec::new(),
            definitions: definitions(view),
            clean: false,
            scrubbed: self.store.scrubbed(),
        };
        catalog.save(&*self.vfs, &self.directory)?;
        let changed = match before {
            Some(before) => {
                let first = before.position.event.next();
                self.changed(before, Period { first, last: catalog.position.event })?
            }
            None => HashMap::new(),
        };
        for base in base_tables(view) {
            let known = before.and_then(|before| {
                before.tables.iter().find(|table| table.base.schema.id == base.schema.id)
            });
            let changed = changed.get(&base.schema.id);
            let rows = self.bring_up_table(view, &base.schema, known, changed)?;
            catalog.tables.push(CatalogTable { base, rows });
        }
        self.engine.sync()?;
        catalog.clean = true;
        catalog.save(&*self.vfs, &self.directory)?;
        for gone in before.iter().flat_map(|before| &before.tables) {
            if !catalog.tables.iter().any(|table| table.rows.file == gone.rows.file) {
                self.engine.remove(&gone.rows.file)?;
            }
        }
        Ok(catalog)
    }

    /// What happened to the tables of a catalog in a period; nothing to those that are not there.
    fn changed(
        &self,
        before: &CatalogFile,
        period: Period,
    ) -> Result<HashMap<TableId, RowFileChanges>, Error> {
        let counts = self.store.events_by_table(period)?;
        let events: u64 = counts.values().sum();
        let is_little = |table: &CatalogTable| {
            let count = counts.get(&table.base.schema.id).copied().unwrap_or(0);
            (1..table.rows.live / REWRITE).contains(&count)
        };
        let mut changed: HashMap<TableId, RowFileChanges> =
            counts.keys().map(|table| (*table, RowFileChanges::Unknown)).collect();
        if events > MOST_READ || !before.tables.iter().any(is_little) {
            return Ok(changed);
        }
        for little in before.tables.iter().filter(|table| is_little(table)) {
            changed.insert(little.base.schema.id, RowFileChanges::Rows(BTreeSet::new()));
        }
        for event in self.store.read(period) {
            let operation = event?.operation;
            let table = operation.table().and_then(|table| changed.get_mut(&table.id));
            if let (Some(RowFileChanges::Rows(rows)), Some(row)) = (table, operation.row()) {
                rows.insert(row.row);
            }
        }
        Ok(changed)
    }

    fn bring_up_table(
        &mut self,
        view: &View,
        table: &Arc<TableSchema>,
        known: Option<&CatalogTable>,
        changed: Option<&RowFileChanges>,
    ) -> Result<RowFileSummary, Error> {
        // The JSON of a row has the names of its columns.
        let same = known.filter(|known| {
            known.base.schema.columns == table.columns && known.base.schema.name == table.name
        });
        match (same, changed) {
            (Some(known), None) => return Ok(known.rows.clone()),
            (Some(known), Some(RowFileChanges::Rows(touched))) => {
                self.engine.open(table, &known.rows)?;
                self.change(view, table, known.base.next_row, touched)?;
                let summary = self.engine.summary(table)?;
                if summary.dead > summary.live {
                    self.engine.compact(table)?;
                }
            }
            (None, _) | (Some(_), Some(RowFileChanges::Unknown)) => {
                self.engine.rewrite(table, ViewSource(view).rows(table)?)?
            }
        }
        self.engine.summary(table)
    }

    /// Changes the rows that were touched, in place.
    fn change(
        &mut self,
        view: &View,
        table: &Arc<TableSchema>,
        next_row: RowId,
        touched: &BTreeSet<RowId>,
    ) -> Result<(), Error> {
        let rows = view.table(table);
        let mut left = touched.clone();
        let found: Vec<_> = touched.iter().filter_map(|row| rows.locate(*row)).collect();
        for batch in rows.fetch_batches(&found, &whole_rows(table)) {
            for row in base_rows(table, &batch?) {
                left.remove(&row.row);
                let is_new = row.row >= next_row || !self.engine.has_row(table, row.row)?;
                if is_new {
                    self.engine.insert_row(table, &row)?;
                } else {
                    self.engine.update_row(table, &row)?;
                }
            }
        }
        for gone in left.into_iter().filter(|row| *row < next_row) {
            if self.engine.has_row(table, gone)? {
                self.engine.delete_row(table, gone)?;
            }
        }
        Ok(())
    }
}
