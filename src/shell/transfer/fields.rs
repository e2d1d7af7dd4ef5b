//! Records between delimiters, read as a stream.
//!
//! CSV is what RFC 4180 says: a field in quotes may hold delimiters and newlines, a doubled quote
//! stands for one. A quote inside a field that does not begin with one is a character like others. In
//! TSV a tab, a newline, a carriage return and a backslash are written `\t`, `\n`, `\r` and `\\`.
//! In both an empty field is NULL and `""` the empty text; so is `\N` in TSV, and a text without quotes
//! that somebody said stands for NULL.

use super::file_lines::FileLines;
use std::borrow::Cow;
use std::io;

/// One field, as it stands in its line where it can: `None` for NULL.
pub(super) type Field<'a> = Option<Cow<'a, str>>;

/// What stands on some lines of a file: what was looked for, or why it is not there.
pub(super) struct Located<T> {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// What it is.
    pub(super) what: Result<T, String>,
}

impl Located<Vec<Field<'_>>> {
    /// The same fields apart from their line.
    pub(super) fn into_owned(self) -> Located<Vec<Field<'static>>> {
        let owned = |field: Field<'_>| field.map(|text| Cow::Owned(text.into_owned()));
        let what = self.what.map(|fields| fields.into_iter().map(owned).collect());
        Located { line: self.line, what }
    }
}

/// How fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shell) enum Dialect {
    /// Between commas, or another separator.
    Csv,
    /// Between tabs.
    Tsv,
}

/// How the records of a file are written.
#[derive(Clone, Debug)]
pub(super) struct RecordFormat {
    /// How fields are.
    pub(super) dialect: Dialect,
    /// What stands between those of CSV.
    pub(super) separator: char,
    /// What stands for NULL besides nothing at all.
    pub(super) null: Option<String>,
}

/// The records of a file.
pub(super) struct RecordReader {
    lines: FileLines,
    layout: RecordFormat,
}

impl RecordReader {
    /// The records that stand on these lines.
    pub(super) fn new(lines: FileLines, layout: RecordFormat) -> RecordReader {
        RecordReader { lines, layout }
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.lines.offset()
    }

    /// Passes over lines.
    pub(super) fn skip(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            self.lines.advance()?;
        }
        Ok(())
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Located<Vec<Field<'_>>>>> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        let line = self.lines.line();
        let what = match self.layout.dialect {
            Dialect::Csv => self.quoted()?,
            Dialect::Tsv => {
                let null = self.layout.null.as_deref();
                let field = |field| if Some(field) == null { None } else { unescaped(field) };
                self.lines.text().map(|text| text.split('\t').map(field).collect())
            }
        };
        Ok(Some(Located { line, what }))
    }

    /// A record of CSV, over as many lines as its quotes hold together.
    fn quoted(&mut self) -> io::Result<Result<Vec<Field<'_>>, String>> {
        let RecordFormat { separator, null, .. } = &self.layout;
        if !self.lines.bytes().contains(&b'"') {
            let bare = |field| bare(field, null.as_deref());
            let fields = |text| str::split(text, *separator).map(bare).collect();
            return Ok(self.lines.text().map(fields));
        }
        let mut parser = CsvParser::new(*separator, null.clone());
        loop {
            match self.lines.text() {
                Ok(text) => parser.feed(text),
                Err(wrong) => {
                    parser.refuse(wrong);
                    parser.feed(&String::from_utf8_lossy(self.lines.bytes()));
                }
            }
            if parser.state != FieldState::Quoted {
                return Ok(parser.finish());
            }
            parser.field.push_str(self.lines.ending());
            if !parser.is_bearable() || !self.lines.advance()? {
                return Ok(Err("the quote that opens here is never closed".into()));
            }
        }
    }
}

/// The most bytes that one field of a file has.
const MAX_FIELD: usize = 64 << 20;

/// Where in a record of CSV the reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FieldState {
    /// At the beginning of a field.
    #[default]
    Start,
    /// In a field without quotes.
    Bare,
    /// Between quotes.
    Quoted,
    /// Behind a quote between quotes: the last, or the first of two.
    Closing,
}

/// A record of CSV as it comes.
struct CsvParser {
    separator: char,
    null: Option<String>,
    fields: Vec<Field<'static>>,
    field: String,
    state: FieldState,
    /// What is wrong with it.
    wrong: Option<String>,
}

impl CsvParser {
    /// Before its first line.
    fn new(separator: char, null: Option<String>) -> CsvParser {
        let (fields, field, state) = (Vec::new(), String::new(), FieldState::Start);
        CsvParser { separator, null, fields, field, state, wrong: None }
    }

    /// Whether what was opened may still be closed.
    fn is_bearable(&self) -> bool {
        self.field.len() <= MAX_FIELD
    }

    fn refuse(&mut self, wrong: String) {
        self.wrong.get_or_insert(wrong);
    }

    /// Takes in a line without its ending.
    fn feed(&mut self, text: &str) {
        for c in text.chars() {
            self.state = match (self.state, c) {
                (FieldState::Start, '"') => FieldState::Quoted,
                (FieldState::Start | FieldState::Bare | FieldState::Closing, c)
                    if c == self.separator =>
                {
                    self.end_field();
                    FieldState::Start
                }
                (FieldState::Quoted, '"') => FieldState::Closing,
                (FieldState::Closing, '"') => {
                    self.field.push('"');
                    FieldState::Quoted
                }
                (FieldState::Closing, _) => {
                    let number = self.fields.len() + 1;
                    self.refuse(format!("text behind the closing quote of field {number}"));
                    FieldState::Bare
                }
                (state @ (FieldState::Quoted | FieldState::Bare), c) => {
                    self.field.push(c);
                    state
                }
                (FieldState::Start, c) => {
                    self.field.push(c);
                    FieldState::Bare
                }
            };
        }
    }

    /// Takes in the end of a field: what stood in no quotes may be NULL.
    fn end_field(&mut self) {
        let field = std::mem::take(&mut self.field);
        let is_null = match self.state {
            FieldState::Start => true,
            FieldState::Bare => self.null.as_ref() == Some(&field),
            FieldState::Quoted | FieldState::Closing => false,
        };
        self.fields.push((!is_null).then_some(Cow::Owned(field)));
    }

    fn finish(mut self) -> Result<Vec<Field<'static>>, String> {
        self.end_field();
        self.wrong.map_or(Ok(self.fields), Err)
    }
}

/// A field of CSV without quotes, which may stand for NULL.
fn bare<'a>(field: &'a str, null: Option<&str>) -> Field<'a> {
    (!field.is_empty() && Some(field) != null).then_some(Cow::Borrowed(field))
}

/// A field of TSV as it was before it was written.
fn unescaped(field: &str) -> Field<'_> {
    match field {
        "" | "\\N" => return None,
        "\"\"" => return Some(Cow::Borrowed("")),
        _ if !field.contains('\\') => return Some(Cow::Borrowed(field)),
        _ => {}
    }
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(c) = characters.next() {
        match (c, characters.as_str().chars().next()) {
            ('\\', Some(escaped @ ('t' | 'n' | 'r' | '\\' | '"'))) => {
                characters.next();
                text.push(match escaped {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => text.push(c),
        }
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], dialect: Dialect) -> Vec<(u64, Result<Vec<Field<'static>>, String>)> {
        read_by(text, RecordFormat { dialect, separator: ',', null: None })
    }

    fn read_by(
        text: &[u8],
        layout: RecordFormat,
    ) -> Vec<(u64, Result<Vec<Field<'static>>, String>)> {
        let lines = FileLines::new(Box::new(std::io::Cursor::new(text.to_vec())));
        let mut records = RecordReader::new(lines, layout);
        let mut all = Vec::new();
        while let Some(found) = records.next().expect("memory can be read") {
            let found = found.into_owned();
            all.push((found.line, found.what));
        }
        all
    }

    fn fields<'a>(fields: &[Option<&'a str>]) -> Result<Vec<Field<'a>>, String> {
        Ok(fields.iter().map(|field| field.map(Cow::Borrowed)).collect())
    }

    #[test]
    fn quotes_hold_what_they_hold() {
        let text = "\u{feff}a,,\"\",\"x,\"\"y\"\"\r\nz\"\r\n\n5\" pipe,\"é\"\nlast";
        let expected = [
            (1, fields(&[Some("a"), None, Some(""), Some("x,\"y\"\r\nz")])),
            (3, fields(&[None])),
            (4, fields(&[Some("5\" pipe"), Some("é")])),
            (5, fields(&[Some("last")])),
        ];
        assert_eq!(read(text.as_bytes(), Dialect::Csv), expected);
    }

    #[test]
    fn another_separator_and_another_null_are_taken() {
        let null = || Some("NA".to_owned());
        let layout = RecordFormat { dialect: Dialect::Csv, separator: ';', null: null() };
        let found = read_by("1,5;NA;\"NA\";\"a;b\"\n;NA\nNA\n\"NA\"\n".as_bytes(), layout);
        let expected = [
            (1, fields(&[Some("1,5"), None, Some("NA"), Some("a;b")])),
            (2, fields(&[None, None])),
            (3, fields(&[None])),
            (4, fields(&[Some("NA")])),
        ];
        assert_eq!(found, expected);
        let layout = RecordFormat { dialect: Dialect::Tsv, separator: '\t', null: null() };
        let found = read_by(b"NA\t\t1", layout);
        assert_eq!(found, [(1, fields(&[None, None, Some("1")]))]);
    }

    #[test]
    fn a_bad_record_is_one_and_the_next_is_read() {
        let found = read(b"\"a\"b,c\n1,2\n\"\xff\",3\n4,\xfe\n5,6\n7,\"8\n9", Dialect::Csv);
        let wrong = |text: &str| Err(text.to_owned());
        let expected = [
            (1, wrong("text behind the closing quote of field 1")),
            (2, fields(&[Some("1"), Some("2")])),
            (3, wrong("invalid UTF-8 at byte 12")),
            (4, wrong("invalid UTF-8 at byte 19")),
            (5, fields(&[Some("5"), Some("6")])),
            (6, wrong("the quote that opens here is never closed")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn tabs_are_between_fields_and_backslashes_before_what_is_in_them() {
        let found = read(b"a\\tb\t\t\"\"\t\\N\t\\\\N\t\\q\\\n\\\"\"\r\n", Dialect::Tsv);
        let first = [Some("a\tb"), None, Some(""), None, Some("\\N"), Some("\\q\\")];
        assert_eq!(found, [(1, fields(&first)), (2, fields(&[Some("\"\"")]))]);
    }
}
