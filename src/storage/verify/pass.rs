//! One pass over the log, and what is held against it on the way.

use super::{
    CheckedFile, ProgressMeter, Verdict, Verification, VerifiedFiles, VerifyMonitor, rows,
};
use crate::storage::base::SnapshotId;
use crate::storage::checkpoint::view_source::{ViewSource, base_tables, definitions};
use crate::storage::error::Error;
use crate::storage::file_names::CATALOG;
use crate::storage::log::log_path;
use crate::storage::log::reader::to_u64;
use crate::storage::past::schedule::Schedule;
use crate::storage::projections::{
    CatalogFile, CatalogTable, Engine, SnapshotEntry, SnapshotHeader, SnapshotListing,
};
use crate::storage::store::index::{INDEX, IndexCheck};
use crate::storage::store::{FileDamage, Repair, RereadTransaction};
use crate::storage::versions::{State, View};
use crate::types::{EventId, Period};
use std::path::Path;
use std::sync::Arc;

/// What there is beside the log and its index.
pub(super) struct ProjectionListing {
    catalog: Result<Option<CatalogFile>, Error>,
    snapshots: SnapshotListing,
}

impl ProjectionListing {
    /// Reads the catalog and the headers of the snapshots.
    pub fn new(files: &VerifiedFiles<'_>) -> ProjectionListing {
        let snapshots = files
            .snapshots
            .listing()
            .unwrap_or_else(|error| SnapshotListing { entries: Vec::new(), damaged: vec![error] });
        ProjectionListing { catalog: CatalogFile::load(&**files.vfs, files.directory), snapshots }
    }
}

/// One pass over the log.
pub(super) struct LogPass<'f, 'w, 'a> {
    files: &'f VerifiedFiles<'f>,
    meter: ProgressMeter<'w, 'a>,
    index: IndexCheck,
    /// The catalog, until its event is passed.
    catalog: Option<CatalogFile>,
    /// The snapshots whose event was not passed, the next one last.
    snapshots: Vec<SnapshotEntry>,
    /// The state after the transactions that were read.
    state: State,
    /// Says when what ended in it may go.
    schedule: Schedule,
    /// What was found of the catalog and the row files.
    of_rows: Vec<CheckedFile>,
    of_snapshots: Vec<CheckedFile>,
}

impl<'f, 'w, 'a> LogPass<'f, 'w, 'a> {
    /// Begins before the first event of a log of so many bytes.
    pub fn new(
        files: &'f VerifiedFiles<'f>,
        listed: ProjectionListing,
        index: IndexCheck,
        log: u64,
        monitor: &'w mut VerifyMonitor<'a>,
    ) -> LogPass<'f, 'w, 'a> {
        let mut snapshots = listed.snapshots.entries;
        snapshots.reverse();
        let (catalog, damaged) = match listed.catalog {
            Ok(catalog) => (catalog, None),
            Err(error) => (None, Some(error)),
        };
        let of_rows = catalog.iter().flat_map(|catalog| &catalog.tables);
        let rows: u64 = of_rows.map(|table| table.rows.length).sum();
        let of_snapshots: u64 = snapshots.iter().map(|entry| entry.bytes).sum();
        let total = log.saturating_add(rows).saturating_add(of_snapshots);
        let state = State::new(files.blocks);
        let mut pass = LogPass {
            files,
            meter: ProgressMeter { monitor, done: 0, total },
            index,
            catalog,
            snapshots,
            schedule: Schedule::new(None),
            state,
            of_rows: Vec::new(),
            of_snapshots: Vec::new(),
        };
        for error in listed.snapshots.damaged {
            let path = error.path().map(Path::to_path_buf);
            let found = pass.found(path.as_deref(), "", None, Err((error, Repair::Remove)));
            pass.of_snapshots.push(found);
        }
        if let Some(error) = damaged {
            let path = pass.files.directory.join(CATALOG);
            let found = pass.found(Some(&path), "", None, Err((error, Repair::Reopen)));
            pass.of_rows.push(found);
            let names = pass.engine().names().unwrap_or_default();
            pass.leave_rows(names.iter(), "_catalog.json is damaged");
        }
        pass
    }

    /// The last event that another file is about.
    pub fn covered(&self) -> EventId {
        let catalog = self.catalog.iter().map(|catalog| catalog.position.event);
        let snapshots = self.snapshots.iter().map(|entry| entry.position.event);
        catalog.chain(snapshots).max().unwrap_or_default()
    }

    /// Goes on with the next transaction.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the monitor's flag is set.
    pub fn take(&mut self, reread: &RereadTransaction<'_>) -> Result<(), Error> {
        for (event, entry) in reread.events.iter().zip(reread.entries) {
            self.index.compare(entry);
            self.state.apply(event)?;
        }
        self.meter.advance(reread.bytes)?;
        let event = reread.position.event;
        if let Some(catalog) = self.catalog.take_if(|catalog| catalog.position.event <= event) {
            self.check_catalog(&catalog, reread)?;
        }
        while let Some(entry) = self.snapshots.pop_if(|entry| entry.position.event <= event) {
            self.check_snapshot(&entry, reread)?;
        }
        if self.schedule.is_due(event) {
            self.state.start_epoch()?;
            self.schedule.next_epoch(&self.state);
        }
        Ok(())
    }

    /// What is visible after the last transaction that was read.
    fn view(&self) -> View {
        self.state.view(Period::at(self.state.head()))
    }

    fn engine(&self) -> Engine {
        Engine::new(Arc::clone(self.files.vfs), self.files.directory)
    }

    /// Holds the catalog against the log, and then the row files that it vouches for.
    fn check_catalog(
        &mut self,
        catalog: &CatalogFile,
        reread: &RereadTransaction<'_>,
    ) -> Result<(), Error> {
        let (view, event) = (self.view(), catalog.position.event);
        let tables = catalog.tables.iter().map(|table| &table.base);
        // While row files are written it names none.
        let is_right = catalog.position == reread.position
            && catalog.schema_version == view.schema().version
            && catalog.definitions == definitions(&view)
            && (tables.eq(base_tables(&view).iter()) || !catalog.clean);
        let path = self.files.directory.join(CATALOG);
        let said = (!catalog.clean).then_some("it was not closed, so the row files are not used");
        let verdict = match is_right {
            true => Ok(said.map(str::to_owned)),
            false => Err((contradicted(&path, event), Repair::Remove)),
        };
        let holds = count(to_u64(catalog.tables.len()), "table");
        let found = self.found(Some(&path), &holds, Some(event), verdict);
        self.of_rows.push(found);
        if !is_right || !catalog.clean {
            let names = self.engine().names().unwrap_or_default();
            self.leave_rows(names.iter(), "_catalog.json does not vouch for it");
            return Ok(());
        }
        let mut engine = self.engine();
        for table in &catalog.tables {
            self.check_rows(&mut engine, catalog, table, &view)?;
        }
        Ok(())
    }

    fn check_rows(
        &mut self,
        engine: &mut Engine,
        catalog: &CatalogFile,
        table: &CatalogTable,
        view: &View,
    ) -> Result<(), Error> {
        let directory = self.files.directory;
        let verdict = match rows::check(directory, engine, table, view, &mut self.meter)? {
            Ok(()) => Verdict::Sound(None),
            Err(_) if self.is_written(catalog) => {
                Verdict::Unchecked("it is being written by another process".into())
            }
            Err(damage) => Verdict::Damaged(damage),
        };
        self.of_rows.push(CheckedFile {
            file: table.rows.file.clone(),
            holds: count(table.rows.live, "row"),
            event: Some(catalog.position.event),
            verdict,
        });
        Ok(())
    }

    /// Whether another process began to change the row files since the catalog was read.
    fn is_written(&self, before: &CatalogFile) -> bool {
        let now = || CatalogFile::load(&**self.files.vfs, self.files.directory);
        self.files.store.read_only().is_some()
            && now().is_ok_and(|now| now.as_ref() != Some(before))
    }

    /// Holds a snapshot against the one that would be written of the same event.
    fn check_snapshot(
        &mut self,
        entry: &SnapshotEntry,
        reread: &RereadTransaction<'_>,
    ) -> Result<(), Error> {
        let (view, event) = (self.view(), entry.position.event);
        let markers = self.files.store.snapshot_markers();
        let marker = markers.into_iter().find(|marker| SnapshotId::Number(marker.id) == entry.id);
        let head = SnapshotHeader {
            id: entry.id,
            name: marker.filter(|marker| marker.event == event).and_then(|marker| marker.name),
            position: reread.position.clone(),
            schema_version: view.schema().version,
            tables: base_tables(&view),
            definitions: definitions(&view),
        };
        let meter = &mut self.meter;
        let mut passed = |bytes| meter.advance(to_u64(bytes));
        let compared = self.files.snapshots.compare(&head, &ViewSource(&view), &mut passed);
        let verdict = match compared {
            Ok(()) => Ok(None),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(differs) => Err((self.unreadable(entry).unwrap_or(differs), Repair::Remove)),
        };
        let holds = count(self.state.row_count(self.state.head()), "row");
        let found = self.found(Some(&entry.path), &holds, Some(event), verdict);
        self.of_snapshots.push(found);
        Ok(())
    }

    /// What whoever reads a snapshot finds wrong with it, which says more than that it differs.
    fn unreadable(&self, entry: &SnapshotEntry) -> Option<Error> {
        match self.files.snapshots.load(entry, &entry.position.anchor()) {
            Ok(mut snapshot) => snapshot.find_map(Result::err),
            Err(error) => Some(error),
        }
    }

    /// Ends with what was read of the log, if there is one.
    pub fn finish(mut self, has_log: bool, read: Result<Option<String>, Error>) -> Verification {
        let head = self.state.head();
        self.skip_rest(read.is_err());
        let mut files = Vec::new();
        if has_log {
            let verdict = match read {
                Ok(said) => Ok(said),
                Err(error) => Err((error, Repair::Salvage)),
            };
            if verdict.is_ok() {
                self.files.store.check_index_length(&mut self.index);
            }
            let path = log_path(self.files.directory);
            files.push(self.found(Some(&path), &count(head.0, "event"), Some(head), verdict));
            files.push(self.index_found());
        }
        files.append(&mut self.of_rows);
        files.append(&mut self.of_snapshots);
        Verification { files, events: head.0 }
    }

    fn index_found(&mut self) -> CheckedFile {
        let (checked, last) = (self.index.checked(), self.index.last());
        let verdict = match (self.index.take_damage(), self.index.size()) {
            (Some(damage), _) => Verdict::Damaged(damage),
            (None, None) => Verdict::Unchecked("it is missing".into()),
            (None, Some(_)) => Verdict::Sound(None),
        };
        let entries = if checked == 1 { "entry" } else { "entries" };
        let holds = format!("{checked} {entries}");
        CheckedFile { file: INDEX.into(), holds, event: Some(last), verdict }
    }

    /// Says of what was not passed why it was not.
    fn skip_rest(&mut self, is_log_damaged: bool) {
        let head = self.state.head();
        let is_reader = self.files.store.read_only().is_some();
        let verdict = |path: &Path, event: EventId| {
            if is_log_damaged {
                Verdict::Unchecked(format!("the log is good to event {head} only"))
            } else if is_reader {
                Verdict::Unchecked(format!("this session has read to event {head} only"))
            } else {
                let reason = format!("it is of event {event}, and the log ends with {head}");
                let error = Error::Projection { file: path.to_path_buf(), reason };
                Verdict::Damaged(FileDamage { error, repair: Repair::Remove })
            }
        };
        if let Some(catalog) = self.catalog.take() {
            let (path, event) = (self.files.directory.join(CATALOG), catalog.position.event);
            let (file, holds) = (CATALOG.into(), count(to_u64(catalog.tables.len()), "table"));
            let verdict = verdict(&path, event);
            self.of_rows.push(CheckedFile { file, holds, event: Some(event), verdict });
            let names = catalog.tables.iter().map(|table| &table.rows.file);
            self.leave_rows(names, "_catalog.json was not checked");
        }
        while let Some(entry) = self.snapshots.pop() {
            let event = entry.position.event;
            let (file, holds) = (self.name(&entry.path), String::new());
            let verdict = verdict(&entry.path, event);
            self.of_snapshots.push(CheckedFile { file, holds, event: Some(event), verdict });
        }
    }

    /// Says of row files why they were not looked at.
    fn leave_rows<'n>(&mut self, names: impl Iterator<Item = &'n String>, reason: &str) {
        self.of_rows.extend(names.map(|name| CheckedFile {
            file: name.clone(),
            holds: String::new(),
            event: None,
            verdict: Verdict::Unchecked(reason.to_owned()),
        }));
    }

    /// What was found of a file: what else there is to say of it, or what is wrong and its repair.
    fn found(
        &self,
        path: Option<&Path>,
        holds: &str,
        event: Option<EventId>,
        verdict: Result<Option<String>, (Error, Repair)>,
    ) -> CheckedFile {
        let verdict = match verdict {
            Ok(said) => Verdict::Sound(said),
            Err((error, repair)) => Verdict::Damaged(FileDamage { error, repair }),
        };
        let file = path.map_or_else(String::new, |path| self.name(path));
        CheckedFile { file, holds: holds.to_owned(), event, verdict }
    }

    /// The name of a file in the database's directory.
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.files.directory).unwrap_or(path).display().to_string()
    }
}

/// `1 row`, `2 rows`.
fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The error for a projection whose checksums are right and which the log contradicts.
fn contradicted(path: &Path, event: EventId) -> Error {
    let reason = format!("it says otherwise than the log does of event {event}");
    Error::Projection { file: path.to_path_buf(), reason }
}
