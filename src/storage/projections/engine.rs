//! The current rows of every table, each table in a file of its own.
//!
//! A file is [records](super::record) one after the other, nothing before, between or behind them.
//! An insert appends; an update appends the new version and then sets the flag of the old one; a
//! delete sets the flag. [`Engine::compact`] and [`Engine::rewrite`] write the live records anew, in
//! the order of their rows.
//!
//! What is appended gathers until it is worth a write, and so do the flags, which are set after what
//! was appended before them. Where a row lies is only needed to update, delete or read it by itself:
//! the first of those reads the file once and keeps an offset per row.
//!
//! # Trust
//!
//! Per file there is a [`RowFileSummary`] that changes with every record. The catalog keeps it, and
//! [`Engine::open`] is given it back; from then on every pass over the file is held against it. A
//! file that was cut, has records more or less, with another flag, or of another time, is an error,
//! and so is each record with a wrong checksum, even a deleted one. Without a summary the file is
//! taken for what it says, if each of its records is sound and no row is there twice.
//!
//! After a crash a file that was being written to is not to be trusted; see the catalog's `clean`.

use super::file_name::{is_leftover, row_file_name};
use super::output_file::{remove_leftover, replace};
use super::record::{self, Record};
use super::row_file::{RowFile, RowFileScan, RowFileSummary};
use super::{BaseRow, damaged};
use crate::storage::error::Error;
use crate::storage::log::reader::to_u64;
use crate::storage::row_file_signature::{is_row_file, may_begin};
use crate::storage::vfs::{Access, Vfs};
use crate::types::{RowId, TableId, TableSchema};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The row files of a data directory.
///
/// Rows are given and taken in the columns of the table as it is; a table whose columns changed has
/// to be [rewritten](Engine::rewrite), and one that was renamed [renamed](Engine::rename).
#[derive(Debug)]
pub struct Engine {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
    files: HashMap<TableId, RowFile>,
}

impl Engine {
    /// The row files of a directory, which exists. None is opened yet.
    pub fn new(vfs: Arc<dyn Vfs>, directory: &Path) -> Engine {
        Engine { vfs, directory: directory.to_path_buf(), files: HashMap::new() }
    }

    /// Opens the file of a table that shall be what the summary says.
    ///
    /// # Errors
    /// [`Error::Projection`] where its name or its length is another, [`Error::Io`] where it is
    /// missing, no regular file or cannot be opened.
    pub fn open(&mut self, table: &TableSchema, summary: &RowFileSummary) -> Result<(), Error> {
        let (name, path) = self.name_and_path(table);
        if name != summary.file {
            return Err(damaged(&path, format!("the catalog names `{}`", summary.file)));
        }
        let file = RowFile::expected(&*self.vfs, path, summary)?;
        self.keep(table, file);
        Ok(())
    }

    /// What the file of a table is, with what is still to be written.
    ///
    /// # Errors
    /// [`Error::Projection`] where the row file is not what was written, [`Error::Io`] where it
    /// cannot be read; neither of one that is open.
    pub fn summary(&mut self, table: &TableSchema) -> Result<RowFileSummary, Error> {
        Ok(self.file(table)?.1.summary.clone())
    }

    /// Appends the first version of a row.
    ///
    /// # Errors
    /// [`Error::Invalid`] where its values are not of the table's columns, or the row is known to
    /// be there; [`Error::Limit`] where it is larger than a row may be; [`Error::Projection`] where
    /// the row file is not what was written, [`Error::Io`] where it cannot be read or written.
    pub fn insert_row(&mut self, table: &TableSchema, row: &BaseRow) -> Result<(), Error> {
        let (vfs, file) = self.file(table)?;
        file.push(vfs, table, row)
    }

    /// Whether a row has a current version. Nothing is read or written for it but the first time.
    ///
    /// # Errors
    /// Those of [`Engine::read_row`].
    pub fn has_row(&mut self, table: &TableSchema, row: RowId) -> Result<bool, Error> {
        let (vfs, file) = self.file(table)?;
        Ok(file.locations(vfs)?.contains_key(&row))
    }

    /// The current version of a row.
    ///
    /// # Errors
    /// [`Error::Projection`] where the row file is not what was written, [`Error::Io`] where it
    /// cannot be read.
    pub fn read_row(&mut self, table: &TableSchema, row: RowId) -> Result<Option<BaseRow>, Error> {
        let (vfs, file) = self.file(table)?;
        let Some(offset) = file.locations(vfs)?.get(&row).map(|location| location.offset) else {
            return Ok(None);
        };
        let Some(mut blocks) = file.blocks(vfs)? else { return Ok(None) };
        let path = blocks.path();
        let record = Record::read(&mut blocks, offset)?;
        let found = record.decode(table).map_err(|reason| damaged(&path, reason))?;
        if record.deleted || found.row != row {
            return Err(damaged(&path, format!("at byte {offset} there was row {row}")));
        }
        Ok(Some(found))
    }

    /// Puts a version of a row in the place of the one that stands.
    ///
    /// # Errors
    /// [`Error::NoSuchRow`] where none does; those of [`Engine::insert_row`].
    pub fn update_row(&mut self, table: &TableSchema, row: &BaseRow) -> Result<(), Error> {
        let (vfs, file) = self.file(table)?;
        file.put(vfs, table, row)
    }

    /// Ends the version of a row that stands.
    ///
    /// # Errors
    /// [`Error::NoSuchRow`] where none does; [`Error::Projection`] where the row file is not what
    /// was written, [`Error::Io`] where it cannot be read or written.
    pub fn delete_row(&mut self, table: &TableSchema, row: RowId) -> Result<(), Error> {
        let (vfs, file) = self.file(table)?;
        file.end(vfs, table, row)
    }

    /// The rows of a table in the order they lie in the file, read as they are asked for.
    ///
    /// # Errors
    /// [`Error::Io`] where the row file cannot be opened, or what is pending not be written. The
    /// items are [`Error::Projection`] where it is not what was written; [`RowFileScan`] says when
    /// they are to be believed.
    pub fn scan<'t>(&mut self, table: &'t TableSchema) -> Result<RowFileScan<'t>, Error> {
        let (vfs, file) = self.file(table)?;
        let blocks = file.blocks(vfs)?;
        Ok(RowFileScan::new(table, blocks, file.summary.clone()))
    }

    /// Writes the file anew with nothing but the live records, in the order of their rows.
    ///
    /// # Errors
    /// [`Error::Projection`] where the row file is not what was written, [`Error::Io`] where it
    /// cannot be read or written; then it is as it was.
    pub fn compact(&mut self, table: &TableSchema) -> Result<(), Error> {
        let (vfs, file) = self.file(table)?;
        let mut locations: Vec<(RowId, u64)> =
            file.locations(vfs)?.iter().map(|(row, location)| (*row, location.offset)).collect();
        locations.sort_unstable();
        let blocks = file.blocks(vfs)?;
        self.replace(table, |push| {
            let Some(mut blocks) = blocks else { return Ok(()) };
            locations.into_iter().try_for_each(|(_, offset)| {
                let record = Record::read(&mut blocks, offset)?;
                push(&|out| {
                    record.copy(out);
                    Ok(record.crc)
                })
            })
        })
    }

    /// Writes the file anew with these rows, whatever was in it.
    ///
    /// # Errors
    /// The first of the rows', [`Error::Limit`] or [`Error::Invalid`] of one that no record can
    /// hold, [`Error::Io`] where the file cannot be written; then it is as it was.
    pub fn rewrite(
        &mut self,
        table: &TableSchema,
        rows: impl IntoIterator<Item = Result<BaseRow, Error>>,
    ) -> Result<(), Error> {
        self.replace(table, |push| {
            rows.into_iter().try_for_each(|row| {
                let row = row?;
                push(&|out| record::push(out, table, &row))
            })
        })
    }

    /// Puts a new file with the records that `write` pushes in the place of a table's file.
    fn replace(
        &mut self,
        table: &TableSchema,
        write: impl FnOnce(&mut RecordEncoder<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (name, path) = self.name_and_path(table);
        let (file, summary) = replace(&*self.vfs, &self.directory, &name, |output| {
            let mut summary = RowFileSummary { file: name.clone(), ..RowFileSummary::default() };
            write(&mut |record| {
                let before = output.bytes.len();
                let crc = record(&mut output.bytes)?;
                summary.add(to_u64(output.bytes.len() - before), crc);
                output.flush_if_full()
            })?;
            Ok(summary)
        })?;
        self.keep(table, RowFile::written(path, file, summary));
        Ok(())
    }

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`Error::Io`] where a row file cannot be written or synced: then nothing of the files is
    /// known any more.
    pub fn sync(&mut self) -> Result<(), Error> {
        let mut has_synced = false;
        for file in self.files.values_mut() {
            has_synced |= file.sync(&*self.vfs)?;
        }
        match has_synced {
            true => self.sync_directory(),
            false => Ok(()),
        }
    }

    /// Gives a table's file the name that follows from the table's new name.
    ///
    /// # Errors
    /// [`Error::Io`] where what is pending cannot be written, or the file cannot be renamed.
    pub fn rename(&mut self, before: &TableSchema, after: &TableSchema) -> Result<(), Error> {
        let ((old, from), (new, to)) = (self.name_and_path(before), self.name_and_path(after));
        if old == new {
            return Ok(());
        }
        let (vfs, file) = self.file(before)?;
        if file.reading(vfs)?.is_some() {
            vfs.rename(&from, &to).map_err(Error::io("rename", from))?;
        }
        if let Some(mut file) = self.files.remove(&before.id) {
            file.rename(to, new);
            self.keep(after, file);
        }
        self.sync_directory()
    }

    /// Removes a row file by its name, with what was still to be written to it. One that is missing
    /// is removed already.
    ///
    /// # Errors
    /// [`Error::Invalid`] where that is no name of a row file, [`Error::Io`] where it cannot be
    /// removed.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        if !is_row_file(name) {
            return Err(Error::invalid(format!("`{name}` is no row file")));
        }
        self.files.retain(|_, file| file.summary.file != name);
        let path = self.directory.join(name);
        match self.vfs.remove(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::io("remove", path)),
        }
    }

    /// The names of all files in the directory that can only be row files, sorted.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let names = self.vfs.names(&self.directory).map_err(Error::io("read", &self.directory))?;
        Ok(names.into_iter().filter(|name| is_row_file(name)).collect())
    }

    /// Removes what a crash left of files that were being rewritten.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read, or a file not be removed.
    pub fn remove_leftovers(&self) -> Result<(), Error> {
        let names = self.vfs.names(&self.directory).map_err(Error::io("read", &self.directory))?;
        names
            .into_iter()
            .filter(|name| is_leftover(name))
            .try_for_each(|name| remove_leftover(&*self.vfs, self.directory.join(name)))
    }

    /// Refuses where something else has the name of a table's file: it is in nobody's way, and nothing
    /// is written over it.
    ///
    /// # Errors
    /// [`Error::Projection`] where that is so, [`Error::Io`] where the file cannot be read.
    pub(crate) fn check_free(&self, table: &TableSchema) -> Result<(), Error> {
        let (_, path) = self.name_and_path(table);
        match self.vfs.open(&path, Access::Read) {
            Ok(file) if may_begin(&*file).map_err(Error::io("read", &path))? => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Ok(_) | Err(_) => Err(damaged(
                &path,
                "it is none of asof's files, and is left as it is: move it away",
            )),
        }
    }

    fn name_and_path(&self, table: &TableSchema) -> (String, PathBuf) {
        let name = row_file_name(table);
        let path = self.directory.join(&name);
        (name, path)
    }

    fn sync_directory(&self) -> Result<(), Error> {
        let synced = self.vfs.sync_directory(&self.directory);
        synced.map_err(Error::io("sync", &self.directory))
    }

    /// Takes a file for a table's, and for nobody's else.
    fn keep(&mut self, table: &TableSchema, file: RowFile) {
        self.files.retain(|_, other| other.summary.file != file.summary.file);
        self.files.insert(table.id, file);
    }

    /// A table's file, read once if it was not opened.
    fn file(&mut self, table: &TableSchema) -> Result<(&dyn Vfs, &mut RowFile), Error> {
        if !self.files.contains_key(&table.id) {
            let (name, path) = self.name_and_path(table);
            let found = RowFile::found(&*self.vfs, path, &name)?;
            self.keep(table, found);
        }
        let file = self.files.get_mut(&table.id);
        let file = file.ok_or_else(|| Error::invalid("a row file is not open"))?;
        Ok((&*self.vfs, file))
    }
}

/// Pushes one record: appends its bytes and gives its checksum.
type RecordEncoder<'a> =
    dyn FnMut(&dyn Fn(&mut Vec<u8>) -> Result<u32, Error>) -> Result<(), Error> + 'a;
