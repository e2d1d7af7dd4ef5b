//! A script of any length becomes statements, without parsing them.
//!
//! The text comes in pieces of any size; each byte is looked at once, and only the statement that is
//! still open is kept. What counts as the end of a statement is what the lexer would say: a `;`
//! outside texts, quoted names, comments, JSON objects, and the bodies of triggers and functions.

mod body;
mod completeness;
mod dollar;
mod error;

pub use completeness::{Completeness, is_complete};
pub(super) use error::size;
pub use error::{SplitError, StatementTooLarge};

use body::StatementBody;

/// The most bytes of one statement, its `;` excluded; of a dot-command and of a comment, too.
pub const MAX_STATEMENT_SIZE: usize = 64 << 20;

/// One statement or dot-command of a script, and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// A statement without its `;`, or a dot-command's line without its end.
    pub text: String,
    /// Which of the two.
    pub kind: PieceKind,
    /// The line of its first character, from 1.
    pub line: usize,
    /// The column of its first character, in characters from 1.
    pub column: usize,
    /// The offset of its first byte in the whole script.
    pub offset: usize,
}

/// What a piece of a script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A statement.
    Statement,
    /// A line that begins with `.` where no statement is open.
    DotCommand,
}

/// What is open at the end of a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this {what} is never closed")]
pub struct Unterminated {
    /// `text`, `name`, `comment`, `JSON object` or `body of statements`.
    pub what: &'static str,
    /// How it was opened.
    pub opened_by: &'static str,
    /// The line where it was opened, from 1.
    pub line: usize,
    /// The column there, in characters from 1.
    pub column: usize,
    /// The byte there in the whole script.
    pub offset: usize,
}

/// Inside what the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SplitterState {
    Plain,
    Text,
    DoubleQuoted,
    BackQuoted,
    Bracketed,
    /// Behind `$$` or a `$tag$` of this length.
    Dollars(usize),
    LineComment,
    BlockComment,
    Json,
    JsonText,
    DotCommand,
    Shebang,
}

impl SplitterState {
    /// What is never closed if the script ends here, and what opened it.
    fn open(self) -> Option<(&'static str, &'static str)> {
        match self {
            SplitterState::Plain
            | SplitterState::LineComment
            | SplitterState::DotCommand
            | SplitterState::Shebang => None,
            SplitterState::Text => Some(("text", "'")),
            SplitterState::Dollars(_) => Some(("text", "$$")),
            SplitterState::DoubleQuoted => Some(("name", "\"")),
            SplitterState::BackQuoted => Some(("name", "`")),
            SplitterState::Bracketed => Some(("name", "[")),
            SplitterState::BlockComment => Some(("comment", "/*")),
            SplitterState::Json | SplitterState::JsonText => Some(("JSON object", "{")),
        }
    }
}

/// Cuts a script into statements.
///
/// Call [`Splitter::feed`] with a piece of text and [`Splitter::next`] until it gives `None`, again
/// and again, and [`Splitter::finish`] until it gives `Ok(None)`. A script that goes on with what is
/// too large ends before it: nothing more is kept or handed out, and `finish` says so.
#[derive(Clone, Debug)]
pub struct Splitter {
    /// The text from `base` on that is not yet handed out.
    text: String,
    /// The offset of the text's first byte in the script.
    base: usize,
    /// How much of the text was looked at.
    scanned: usize,
    /// Inside what `scanned` stands.
    state: SplitterState,
    /// Where that began, in `text`.
    opened: usize,
    /// How many braces of a JSON object are open.
    braces: usize,
    /// Where the open statement begins, in `text`.
    start: Option<usize>,
    /// The body that the open statement is in, by places in `text`.
    body: Option<StatementBody>,
    /// Up to where lines were counted, in `text`.
    counted: usize,
    /// The line of `counted`, from 1.
    line: usize,
    /// The column of `counted`, from 1.
    column: usize,
    /// The offset of the first byte behind a byte order mark.
    first: usize,
    /// Whether no more text comes.
    ended: bool,
    /// The most bytes of a statement.
    limit: usize,
    /// The first that has more.
    refused: Option<StatementTooLarge>,
}

impl Default for Splitter {
    fn default() -> Splitter {
        Splitter::new()
    }
}

impl Splitter {
    /// A splitter at the beginning of a script, whose statements have at most
    /// [`MAX_STATEMENT_SIZE`] bytes.
    pub fn new() -> Splitter {
        Splitter::with_limit(MAX_STATEMENT_SIZE)
    }

    /// The same with another limit.
    pub fn with_limit(limit: usize) -> Splitter {
        Splitter {
            limit,
            refused: None,
            text: String::new(),
            base: 0,
            scanned: 0,
            state: SplitterState::Plain,
            opened: 0,
            braces: 0,
            start: None,
            body: None,
            counted: 0,
            line: 1,
            column: 1,
            first: 0,
            ended: false,
        }
    }

    /// Adds the next piece of the script.
    pub fn feed(&mut self, text: &str) {
        // What was handed out goes, so that only the open statement is kept; it moves at most once,
        // because afterwards nothing lies before it.
        let keep = self.kept();
        if keep > 0 {
            self.count_to(keep);
            self.text.drain(..keep);
            self.base += keep;
            self.scanned -= keep;
            self.counted -= keep;
            self.opened = self.opened.saturating_sub(keep);
            self.start = self.start.map(|start| start - keep);
            self.body = self
                .body
                .map(|body| StatementBody { begin: body.begin - keep, next: body.next - keep });
        }
        if self.refused.is_none() {
            self.text.push_str(text);
        }
    }

    /// The next statement or dot-command that is complete.
    #[expect(clippy::should_implement_trait, reason = "more may come after a None")]
    pub fn next(&mut self) -> Option<Piece> {
        if self.refused.is_some() {
            return None;
        }
        let piece = self.scan();
        self.within_limit(piece)
    }

    /// Whether what comes next is too large, which [`Splitter::finish`] tells.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// A piece, if neither it nor what was scanned of one that is not complete is too large.
    fn within_limit(&mut self, piece: Option<Piece>) -> Option<Piece> {
        let (size, start) = match &piece {
            Some(piece) => (piece.text.len(), piece.offset - self.base),
            None => (self.scanned - self.kept(), self.kept()),
        };
        if size <= self.limit {
            return piece;
        }
        let kind = piece.map(|piece| piece.kind);
        let what = match (kind, self.state, self.start) {
            (Some(PieceKind::DotCommand), _, _) | (None, SplitterState::DotCommand, _) => {
                "dot-command"
            }
            (None, SplitterState::BlockComment, None) => "comment",
            (Some(PieceKind::Statement) | None, _, _) => "statement",
        };
        self.refuse(what, start);
        None
    }

    /// Ends the script before what begins at a place of the text and is too large.
    fn refuse(&mut self, what: &'static str, start: usize) {
        self.count_to(start);
        let (line, column, limit) = (self.line, self.column, self.limit);
        let refused = StatementTooLarge { what, limit, line, column, offset: self.base + start };
        *self = Splitter { ended: self.ended, ..Splitter::with_limit(limit) };
        self.refused = Some(refused);
    }

    /// The next piece however large it is.
    fn scan(&mut self) -> Option<Piece> {
        loop {
            let bytes = self.text.as_bytes();
            let byte = *bytes.get(self.scanned)?;
            let following = bytes.get(self.scanned + 1).copied();
            match self.state {
                SplitterState::Plain => {
                    if let Some(piece) = self.plain(byte, following)? {
                        return Some(piece);
                    }
                }
                SplitterState::Text => self.skip_to(b'\''),
                SplitterState::DoubleQuoted => self.skip_to(b'"'),
                SplitterState::BackQuoted => self.skip_to(b'`'),
                SplitterState::Bracketed => self.skip_to(b']'),
                SplitterState::Dollars(length) => self.dollars(length)?,
                SplitterState::LineComment | SplitterState::Shebang => self.skip_to(b'\n'),
                SplitterState::BlockComment => {
                    self.block_comment()?;
                    // Inside a statement it is a part of that.
                    if self.start.is_none() && self.scanned - self.opened > self.limit {
                        self.refuse("comment", self.opened);
                        return None;
                    }
                }
                SplitterState::Json | SplitterState::JsonText => self.json()?,
                SplitterState::DotCommand => {
                    let start = self.start.unwrap_or(self.scanned);
                    self.skip_to(b'\n');
                    if self.state == SplitterState::Plain {
                        return Some(self.dot_command(start, self.scanned - 1));
                    }
                }
            }
        }
    }

    /// Says that no more text comes and gives what is left: pieces not yet taken, then a last
    /// statement without `;`, then `None`.
    ///
    /// # Errors
    ///
    /// [`SplitError::Unterminated`] of a text, quoted name, comment, JSON object or body of statements
    /// that is never closed, with its opening place; [`SplitError::TooLarge`] of a statement,
    /// dot-command or comment beyond the limit, with the place where it begins.
    pub fn finish(&mut self) -> Result<Option<Piece>, SplitError> {
        self.ended = true;
        if let Some(piece) = self.next() {
            return Ok(Some(piece));
        }
        if self.refused.is_none() {
            let rest = self.remainder()?;
            if let Some(piece) = self.within_limit(rest) {
                return Ok(Some(piece));
            }
        }
        self.refused.take().map_or(Ok(None), |refused| Err(refused.into()))
    }

    /// What is left at the end of the script.
    fn remainder(&mut self) -> Result<Option<Piece>, Unterminated> {
        if let Some((what, opened_by)) = self.state.open() {
            return Err(self.unterminated(what, opened_by, self.opened));
        }
        let Some(start) = self.start.take() else {
            return Ok(None);
        };
        if self.state != SplitterState::DotCommand
            && let Some(body) = self.still_in_body(start, self.text.len())
        {
            return Err(self.unterminated("body of statements", BODY, body.begin));
        }
        if self.state == SplitterState::DotCommand {
            self.state = SplitterState::Plain;
            return Ok(Some(self.dot_command(start, self.text.len())));
        }
        Ok(Some(self.piece(start, self.text.len(), PieceKind::Statement)))
    }

    /// What was opened at a place of the text and is never closed.
    fn unterminated(
        &mut self,
        what: &'static str,
        opened_by: &'static str,
        opened: usize,
    ) -> Unterminated {
        self.count_to(opened);
        let (line, column, offset) = (self.line, self.column, self.base + opened);
        Unterminated { what, opened_by, line, column, offset }
    }

    /// The body that goes on behind a place which would end the statement, if one does.
    fn still_in_body(&mut self, start: usize, at: usize) -> Option<StatementBody> {
        let open = self.body.take().or_else(|| StatementBody::opened(&self.text[..at], start))?;
        (!open.ends(&self.text, at)).then_some(open)
    }

    /// What was fed and begins a statement, or something in it, that is not complete yet.
    pub fn rest(&self) -> &str {
        &self.text[self.kept()..]
    }

    /// Where in the text begins what is not handed out.
    fn kept(&self) -> usize {
        let start = self.start.unwrap_or(self.scanned).min(self.scanned);
        if self.state.open().is_some() { start.min(self.opened) } else { start }
    }

    /// One step outside everything. `None` to wait for more text.
    fn plain(&mut self, byte: u8, following: Option<u8>) -> Option<Option<Piece>> {
        let at = self.scanned;
        // Two bytes decide whether these begin a comment.
        if matches!(byte, b'-' | b'/' | b'#') && following.is_none() && !self.ended {
            return None;
        }
        let opened = match (byte, following) {
            (b'\'', _) => Some((SplitterState::Text, 1)),
            (b'"', _) => Some((SplitterState::DoubleQuoted, 1)),
            (b'`', _) => Some((SplitterState::BackQuoted, 1)),
            (b'[', _) => Some((SplitterState::Bracketed, 1)),
            (b'{', _) => Some((SplitterState::Json, 0)),
            (b'-', Some(b'-')) => Some((SplitterState::LineComment, 2)),
            (b'/', Some(b'*')) => Some((SplitterState::BlockComment, 2)),
            (b'#', Some(b'!')) if self.at_start() => Some((SplitterState::Shebang, 2)),
            (b'.', _) if self.start.is_none() && self.at_line_start() => {
                Some((SplitterState::DotCommand, 1))
            }
            (b'$', _) => dollar::opening(&self.text, self.start, at, self.ended)?
                .map(|length| (SplitterState::Dollars(length), length)),
            _ => None,
        };
        if let Some((state, length)) = opened {
            let comment = matches!(
                state,
                SplitterState::LineComment | SplitterState::BlockComment | SplitterState::Shebang
            );
            if !comment {
                self.start.get_or_insert(at);
            }
            (self.state, self.opened, self.braces) = (state, at, 0);
            self.scanned += length;
            return Some(None);
        }
        self.scanned += 1;
        match byte {
            b';' => {
                let Some(start) = self.start else { return Some(None) };
                self.body = self
                    .still_in_body(start, at)
                    .map(|body| StatementBody { next: at + 1, ..body });
                if self.body.is_some() {
                    return Some(None);
                }
                self.start = None;
                Some(Some(self.piece(start, at, PieceKind::Statement)))
            }
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => {
                if self.start.is_none() {
                    return Some(None);
                }
                self.skip_plain();
                Some(None)
            }
            0xef if self.base + at == 0 && self.text.starts_with('\u{feff}') => {
                self.scanned = '\u{feff}'.len_utf8();
                self.first = self.scanned;
                Some(None)
            }
            _ => {
                self.start.get_or_insert(at);
                self.skip_plain();
                Some(None)
            }
        }
    }

    /// Skips bytes that change nothing inside a statement.
    fn skip_plain(&mut self) {
        let rest = &self.text.as_bytes()[self.scanned..];
        let length = rest.iter().position(|byte| STOPS[usize::from(*byte)]);
        self.scanned += length.unwrap_or(rest.len());
    }

    /// Skips behind a byte that ends the state, or to the end of the text.
    fn skip_to(&mut self, end: u8) {
        let rest = &self.text.as_bytes()[self.scanned..];
        if let Some(length) = find(rest, end) {
            self.scanned += length + 1;
            self.state = SplitterState::Plain;
        } else {
            self.scanned = self.text.len();
        }
    }

    /// Skips behind the `$tag$` that opened the text; where its beginning may stand at the end, what
    /// follows is waited for.
    fn dollars(&mut self, length: usize) -> Option<()> {
        let tag = &self.text[self.opened..self.opened + length];
        if let Some(at) = self.text[self.scanned..].find(tag) {
            self.scanned += at + length;
            self.state = SplitterState::Plain;
            return Some(());
        }
        let looked_at = self.text.floor_char_boundary(self.text.len() - (length - 1));
        self.scanned = self.scanned.max(looked_at);
        None
    }

    /// Skips behind `*/`; a star at the end of the text waits for what follows it.
    fn block_comment(&mut self) -> Option<()> {
        let rest = &self.text.as_bytes()[self.scanned..];
        let Some(length) = find(rest, b'*') else {
            self.scanned = self.text.len();
            return Some(());
        };
        match rest.get(length + 1) {
            Some(b'/') => {
                self.scanned += length + 2;
                self.state = SplitterState::Plain;
                Some(())
            }
            Some(_) => {
                self.scanned += length + 1;
                Some(())
            }
            None => {
                self.scanned += length;
                None
            }
        }
    }

    /// Walks through a JSON object; a backslash at the end of the text waits for what follows it.
    fn json(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.scanned) {
            match (self.state, byte) {
                (SplitterState::JsonText, b'\\') => {
                    if self.scanned + 1 == bytes.len() {
                        return None;
                    }
                    self.scanned += 1;
                }
                (SplitterState::JsonText, b'"') => self.state = SplitterState::Json,
                (SplitterState::Json, b'"') => self.state = SplitterState::JsonText,
                (SplitterState::Json, b'{') => self.braces += 1,
                (SplitterState::Json, b'}') => {
                    self.braces -= 1;
                    if self.braces == 0 {
                        self.scanned += 1;
                        self.state = SplitterState::Plain;
                        return Some(());
                    }
                }
                _ => {}
            }
            self.scanned += 1;
        }
        Some(())
    }

    /// Whether `scanned` is the first byte of the script, a byte order mark aside.
    fn at_start(&self) -> bool {
        self.base + self.scanned == self.first
    }

    /// Whether `scanned` is the first byte of a line.
    fn at_line_start(&self) -> bool {
        match self.scanned.checked_sub(1) {
            Some(before) => self.text.as_bytes()[before] == b'\n' || self.at_start(),
            None => self.base == 0 || self.column == 1,
        }
    }

    fn dot_command(&mut self, start: usize, end: usize) -> Piece {
        self.start = None;
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        self.piece(start, end, PieceKind::DotCommand)
    }

    fn piece(&mut self, start: usize, end: usize, kind: PieceKind) -> Piece {
        self.count_to(start);
        let text = self.text[start..end].to_owned();
        let offset = self.base + start;
        Piece { text, kind, line: self.line, column: self.column, offset }
    }

    /// Moves the count of lines and columns forward to a place in the text.
    fn count_to(&mut self, to: usize) {
        let Some(between) = self.text.get(self.counted..to) else {
            return;
        };
        let bytes = between.as_bytes();
        let lines = newlines(bytes);
        let tail = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let columns = characters(&between[tail..]);
        self.column = if lines == 0 { self.column + columns } else { columns + 1 };
        self.line += lines;
        self.counted = to;
    }
}

/// How many lines end in a text.
fn newlines(text: &[u8]) -> usize {
    // So few that a byte counts them, and many bytes are compared at once.
    let few = |part: &[u8]| part.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>();
    text.chunks(usize::from(u8::MAX)).map(|part| usize::from(few(part))).sum()
}

/// How many characters a text has, byte order marks left out.
fn characters(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().filter(|character| *character != '\u{feff}').count()
}

/// The first place of a byte.
fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// The bytes at which a statement may change its state.
static STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let wanted = b"'\"`[{;-/$";
    let mut index = 0;
    while index < wanted.len() {
        stops[wanted[index] as usize] = true;
        index += 1;
    }
    stops
};

/// What opens a body of statements.
const BODY: &str = "BEGIN";

#[cfg(test)]
mod tests;
