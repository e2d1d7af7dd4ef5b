//! A script as what it consists of: statements and dot-commands, each with its place.

use super::script_source::{ScriptSource, SourceChunk, SourceError};
use crate::language::{Piece, SplitError, Splitter};
use std::io::Read;

/// What comes next in a script.
pub(super) enum ScriptItem {
    /// A statement or a dot-command.
    Piece(Piece),
    /// More must be read, which may take long.
    Wait,
    /// Nothing more.
    End,
}

/// Why a script cannot be read on.
pub(super) enum ScriptError {
    /// What comes is no text.
    Source(SourceError),
    /// It ends inside something, or goes on with what is too large.
    Split(SplitError),
}

/// The items of a script, one after the other.
pub(super) struct ScriptItems<'a> {
    source: ScriptSource<'a>,
    splitter: Splitter,
    /// Lines still to be passed over.
    skip: usize,
    /// Lines that were, and whether one without an end comes behind them.
    passed_lines: usize,
    is_cut: bool,
    /// Whether nothing is there yet of the line to begin with.
    is_before: bool,
    /// Bytes behind the last item.
    end: usize,
    /// How many of them were counted of.
    counted: usize,
    /// Bytes that were passed over.
    skipped: usize,
    ended: bool,
}

impl<'a> ScriptItems<'a> {
    /// The items of an input, from a line on (the first is 1).
    pub(super) fn new(input: Box<dyn Read + 'a>, from_line: usize) -> ScriptItems<'a> {
        ScriptItems {
            source: ScriptSource::new(input),
            splitter: Splitter::new(),
            skip: from_line.saturating_sub(1),
            passed_lines: 0,
            is_cut: false,
            is_before: from_line > 1,
            end: 0,
            counted: 0,
            skipped: 0,
            ended: false,
        }
    }

    /// The next item that is already here.
    ///
    /// # Errors
    /// Where the script cannot be read on; a statement that this interrupts is none.
    pub(super) fn next(&mut self) -> Result<ScriptItem, ScriptError> {
        loop {
            let piece = match self.ended {
                false => self.splitter.next(),
                true => self.splitter.finish().map_err(ScriptError::Split)?,
            };
            match (piece, self.ended) {
                (Some(piece), _) => {
                    self.end = self.skipped + piece.offset + piece.text.len();
                    return Ok(ScriptItem::Piece(piece));
                }
                (None, true) => return Ok(ScriptItem::End),
                (None, false) if self.splitter.is_refused() => {
                    self.ended = true;
                    continue;
                }
                (None, false) => {}
            }
            match self.source.next().map_err(ScriptError::Source)? {
                SourceChunk::Wait => return Ok(ScriptItem::Wait),
                SourceChunk::End => self.ended = true,
                SourceChunk::Text(text) => {
                    let mut rest = text;
                    while self.skip > 0 {
                        let Some((_, after)) = rest.split_once('\n') else {
                            self.is_cut = !rest.is_empty();
                            self.skipped += rest.len();
                            rest = "";
                            break;
                        };
                        // The splitter counts lines, too.
                        self.splitter.feed("\n");
                        self.skipped += rest.len() - after.len() - 1;
                        self.skip -= 1;
                        self.passed_lines += 1;
                        self.is_cut = false;
                        rest = after;
                    }
                    self.is_before &= rest.is_empty();
                    self.splitter.feed(rest);
                }
            }
        }
    }

    /// How many lines there are of a script that ended before the line to begin with, if it did.
    pub(super) fn ended_before(&self) -> Option<usize> {
        self.is_before.then(|| self.passed_lines + usize::from(self.is_cut))
    }

    /// How many bytes of the script lie behind that were not counted of before.
    pub(super) fn passed(&mut self) -> u64 {
        let passed = self.end - self.counted;
        self.counted = self.end;
        u64::try_from(passed).unwrap_or(u64::MAX)
    }

    /// Reads more of the script; may block.
    pub(super) fn read(&mut self) {
        self.source.read();
    }
}
