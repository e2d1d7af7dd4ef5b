//! What was typed before: kept in a file, recalled as a whole.
//!
//! The file is the one rustyline writes (`#V2`, one entry a line, `\n` and `\\` inside), but entries are
//! appended to it one by one under a lock, so that sessions side by side lose nothing, and a line that
//! is no text costs that line only. Entries come back with the padding that the buffer wants.

use super::keys::SharedEditorState;
use super::padding::{pad, unpad};
use rustyline::history::{History, SearchDirection, SearchResult};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Entries that are kept.
const MAX_ENTRIES: usize = 10_000;

/// A statement longer than this is a paste, and no entry.
const MAX_BYTES: usize = 32 * 1024;

/// The first line of the file.
const HEADER: &str = "#V2";

/// The entries of a session and where they are kept.
#[derive(Default)]
pub(in crate::shell) struct HistoryEntries {
    list: VecDeque<String>,
    file: Option<PathBuf>,
}

impl HistoryEntries {
    /// The entries of a file, if there is a place for one; a file that cannot be read has none.
    pub(super) fn load(file: Option<PathBuf>) -> HistoryEntries {
        let list = file.as_deref().and_then(|file| read(file).ok()).unwrap_or_default();
        HistoryEntries { list, file }
    }

    /// The entries, the oldest first.
    pub(in crate::shell) fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.list.iter().map(String::as_str)
    }

    /// Keeps entries, unless they begin with a blank, are long, or repeat the one before.
    pub(super) fn add(&mut self, entries: &[String]) {
        let mut lines = String::new();
        for entry in entries {
            let entry = entry.trim_end();
            let is_secret = entry.starts_with(char::is_whitespace);
            let is_again = self.list.back().is_some_and(|last| last == entry);
            if entry.is_empty() || entry.len() > MAX_BYTES || is_secret || is_again {
                continue;
            }
            if self.list.len() == MAX_ENTRIES {
                self.list.pop_front();
            }
            self.list.push_back(entry.to_string());
            lines.push_str(&entry.replace('\\', "\\\\").replace('\n', "\\n"));
            lines.push('\n');
        }
        if let Some(file) = self.file.as_deref().filter(|_| !lines.is_empty()) {
            // A history that cannot be written is no reason to disturb anyone.
            let _ = append(file, &lines);
        }
    }
}

/// Opens the file of a history, for its owner's eyes only.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

fn append(path: &Path, lines: &str) -> io::Result<()> {
    let mut file = open(path)?;
    let header = if file.metadata()?.len() == 0 { format!("{HEADER}\n") } else { String::new() };
    file.write_all((header + lines).as_bytes())
}

/// Reads the newest entries; a file that has grown to twice as many is cut down to them.
fn read(path: &Path) -> io::Result<VecDeque<String>> {
    if !path.exists() {
        return Ok(VecDeque::new());
    }
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && *line != HEADER).collect();
    let newest = &lines[lines.len().saturating_sub(MAX_ENTRIES)..];
    if lines.len() > 2 * MAX_ENTRIES {
        file.seek(SeekFrom::Start(0))?;
        file.set_len(0)?;
        file.write_all(format!("{HEADER}\n{}\n", newest.join("\n")).as_bytes())?;
    }
    Ok(newest.iter().map(|line| unescape(line)).collect())
}

fn unescape(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n') => entry.push('\n'),
                Some(other) => entry.push(other),
                None => entry.push('\\'),
            },
            _ => entry.push(c),
        }
    }
    entry
}

/// The history's file in a directory that exists, if the system has a place for it.
pub(super) fn file() -> Option<PathBuf> {
    let directory = dirs::state_dir().or_else(dirs::data_local_dir)?.join("asof");
    std::fs::create_dir_all(&directory).ok()?;
    Some(directory.join("history"))
}

/// The entries as rustyline asks for them.
pub(super) struct EditorHistory {
    /// The entries.
    pub(super) entries: Rc<RefCell<HistoryEntries>>,
    /// The padding of the buffer.
    pub(super) state: SharedEditorState,
}

impl EditorHistory {
    /// The nearest entry from `start` on that a text is found in, and where.
    fn nearest(
        &self,
        start: usize,
        direction: SearchDirection,
        found: impl Fn(&str) -> Option<usize>,
    ) -> Option<SearchResult<'_>> {
        let entries = self.entries.borrow();
        let mut places: Box<dyn Iterator<Item = usize>> = match direction {
            SearchDirection::Forward => Box::new(start..entries.list.len()),
            SearchDirection::Reverse => Box::new((0..entries.list.len().min(start + 1)).rev()),
        };
        let width = self.state.lock().width;
        places.find_map(|idx| {
            let entry = entries.list.get(idx)?;
            let at = found(entry)?;
            let pos = pad(&entry[..at], width).len();
            Some(SearchResult { entry: Cow::Owned(pad(entry, width)), idx, pos })
        })
    }
}

impl History for EditorHistory {
    fn get(&self, index: usize, _: SearchDirection) -> rustyline::Result<Option<SearchResult<'_>>> {
        let width = self.state.lock().width;
        let entries = self.entries.borrow();
        let entry = entries.list.get(index).map(|entry| pad(entry, width));
        Ok(entry.map(|entry| SearchResult { entry: Cow::Owned(entry), idx: index, pos: 0 }))
    }

    fn add(&mut self, line: &str) -> rustyline::Result<bool> {
        self.entries.borrow_mut().add(&[unpad(line)]);
        Ok(true)
    }

    fn add_owned(&mut self, line: String) -> rustyline::Result<bool> {
        self.add(&line)
    }

    fn len(&self) -> usize {
        self.entries.borrow().list.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set_max_len(&mut self, _: usize) -> rustyline::Result<()> {
        Ok(())
    }

    fn ignore_dups(&mut self, _: bool) -> rustyline::Result<()> {
        Ok(())
    }

    fn ignore_space(&mut self, _: bool) {}

    fn save(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn append(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn load(&mut self, _: &Path) -> rustyline::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> rustyline::Result<()> {
        self.entries.borrow_mut().list.clear();
        Ok(())
    }

    fn search(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> rustyline::Result<Option<SearchResult<'_>>> {
        if term.is_empty() {
            return Ok(None);
        }
        let term = unpad(term).to_ascii_lowercase();
        Ok(self.nearest(start, direction, |entry| entry.to_ascii_lowercase().find(&term)))
    }

    fn starts_with(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> rustyline::Result<Option<SearchResult<'_>>> {
        let term = unpad(term);
        Ok(self.nearest(start, direction, |entry| entry.starts_with(&term).then_some(term.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(entries: &HistoryEntries) -> Vec<&str> {
        entries.iter().collect()
    }

    #[test]
    fn entries_survive_whole_and_side_by_side() {
        let place = tempfile::tempdir().expect("a directory");
        let file = Some(place.path().join("history"));
        let mut first = HistoryEntries::load(file.clone());
        let mut second = HistoryEntries::load(file.clone());
        first.add(&["SELECT 'a\\n',\n1;".into(), " SELECT 'secret';".into()]);
        second.add(&["SELECT 2;".into(), "SELECT 2;".into(), "".into()]);
        first.add(&["SELECT 3;\n".into()]);
        let third = HistoryEntries::load(file);
        assert_eq!(texts(&third), ["SELECT 'a\\n',\n1;", "SELECT 2;", "SELECT 3;"]);
        assert_eq!(texts(&second), ["SELECT 2;"]);
    }

    #[test]
    fn a_bad_line_costs_that_line_and_a_long_file_is_cut() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("history");
        std::fs::write(&path, b"#V2\n\xff\xfe\nSELECT 1;\n").expect("a file");
        let entries = HistoryEntries::load(Some(path.clone()));
        assert_eq!(texts(&entries), ["\u{fffd}\u{fffd}", "SELECT 1;"]);
        let long: String = (0..25_000).map(|n| format!("SELECT {n};\n")).collect();
        std::fs::write(&path, long).expect("a file");
        let entries = HistoryEntries::load(Some(path.clone()));
        assert_eq!(entries.list.len(), MAX_ENTRIES);
        assert_eq!(texts(&entries).last(), Some(&"SELECT 24999;"));
        let kept = std::fs::read_to_string(&path).expect("a file");
        assert_eq!(kept.lines().count(), MAX_ENTRIES + 1);
    }

    #[test]
    fn recall_pads_and_finds() {
        let entries = Rc::new(RefCell::new(HistoryEntries::default()));
        entries.borrow_mut().add(&["SELECT\n1;".into(), "DELETE FROM t;".into()]);
        let state = SharedEditorState::default();
        state.lock().width = 5;
        let recall = EditorHistory { entries, state };
        let padded = pad("SELECT\n1;", 5);
        let found = recall.get(0, SearchDirection::Reverse).expect("no error").expect("an entry");
        assert_eq!(found.entry, padded);
        let found = recall.search("1;", 1, SearchDirection::Reverse).expect("no error");
        let found = found.expect("an entry");
        assert_eq!((found.idx, found.pos), (0, padded.find('1').expect("a one")));
        let found = recall.starts_with("DEL", 1, SearchDirection::Reverse).expect("no error");
        assert_eq!(found.map(|found| found.idx), Some(1));
    }
}
