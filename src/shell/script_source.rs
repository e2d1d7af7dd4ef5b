//! A script's bytes, block by block, as checked text.
//!
//! However long the script is, no more than a block of it is held.

use std::io::{self, Read};

/// Bytes read at once.
const BLOCK: usize = 128 * 1024;

/// A script that is being read.
pub(super) struct ScriptSource<'a> {
    input: Box<dyn Read + 'a>,
    /// Checked text, which is handed out at once.
    text: String,
    is_taken: bool,
    /// Bytes read that begin a character whose end is not read yet.
    rest: Vec<u8>,
    /// Bytes of the input behind `text` and before `rest`.
    offset: u64,
    bad: Option<SourceError>,
    ended: bool,
}

/// Why a script cannot be read on.
#[derive(Debug)]
pub(super) enum SourceError {
    /// Bytes that are no text: what they are, and where, from 0.
    Bytes {
        /// What is wrong.
        message: String,
        /// Its offset in bytes.
        offset: u64,
    },
    /// The system refused.
    Read(io::Error),
}

/// What a source has.
pub(super) enum SourceChunk<'s> {
    /// What was read, up to where it is no text.
    Text(&'s str),
    /// Nothing until more is read, which may take long.
    Wait,
    /// Nothing more.
    End,
}

impl<'a> ScriptSource<'a> {
    /// The text of an input from its first byte.
    pub(super) fn new(input: Box<dyn Read + 'a>) -> ScriptSource<'a> {
        ScriptSource {
            input,
            text: String::new(),
            is_taken: true,
            rest: Vec::new(),
            offset: 0,
            bad: None,
            ended: false,
        }
    }

    /// The next piece of text that is already here.
    ///
    /// # Errors
    /// Where the text goes on with what is none; everything before was handed out.
    pub(super) fn next(&mut self) -> Result<SourceChunk<'_>, SourceError> {
        if !std::mem::replace(&mut self.is_taken, true) {
            return Ok(SourceChunk::Text(&self.text));
        }
        match self.bad.take() {
            Some(bad) => Err(bad),
            None if self.ended => Ok(SourceChunk::End),
            None => Ok(SourceChunk::Wait),
        }
    }

    /// Reads a block; may block.
    pub(super) fn read(&mut self) {
        let mut bytes = std::mem::take(&mut self.rest);
        let carried = bytes.len();
        bytes.resize(carried + BLOCK, 0);
        let read = loop {
            match self.input.read(&mut bytes[carried..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        match read {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) => self.bad = Some(SourceError::Read(error)),
        }
        bytes.truncate(carried + count);
        self.take(bytes);
    }

    /// Takes the bytes that are text; notes what is wrong with the first that is not.
    fn take(&mut self, mut bytes: Vec<u8>) {
        let whole = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let is_nul = whole < bytes.len();
        let read = std::str::from_utf8(&bytes[..whole]);
        let (valid, wrong) = match &read {
            Ok(_) if is_nul => (whole, Some("a NUL byte: this is no text")),
            Ok(_) => (whole, None),
            Err(error) if error.error_len().is_none() && !self.ended && !is_nul => {
                (error.valid_up_to(), None)
            }
            Err(error) => (error.valid_up_to(), Some("bytes that are no UTF-8")),
        };
        let at = self.offset + u64::try_from(valid).unwrap_or(u64::MAX);
        self.text.clear();
        match read {
            Ok(text) => self.text.push_str(text),
            Err(_) => self.text.push_str(&String::from_utf8_lossy(&bytes[..valid])),
        }
        self.is_taken = valid == 0;
        if let Some(message) = wrong {
            let utf_16 =
                self.offset == 0 && matches!(bytes.get(..2), Some([0xff, 0xfe] | [0xfe, 0xff]));
            let message = if utf_16 { "UTF-16 text: convert it to UTF-8 first" } else { message };
            self.bad = Some(SourceError::Bytes { message: message.into(), offset: at });
        } else {
            self.rest = bytes.split_off(valid);
        }
        self.offset = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe may.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn text(input: Box<dyn Read + '_>) -> (String, Option<SourceError>) {
        let mut source = ScriptSource::new(input);
        let mut all = String::new();
        loop {
            match source.next() {
                Ok(SourceChunk::Text(text)) => all.push_str(text),
                Ok(SourceChunk::End) => return (all, None),
                Err(bad) => return (all, Some(bad)),
                Ok(SourceChunk::Wait) => source.read(),
            }
        }
    }

    #[test]
    fn characters_come_whole_however_the_bytes_come() {
        let expected = "SELECT 'née 漢字';\r\n\n.tables".repeat(3);
        let (read, bad) = text(Box::new(Drops(expected.as_bytes())));
        assert_eq!(read, expected);
        assert!(bad.is_none());
        let long = "é漢".repeat(BLOCK);
        assert!(text(Box::new(long.as_bytes())).0 == long);
    }

    #[test]
    fn what_is_no_text_is_named_with_its_offset_after_all_text_before_it() {
        let cases: [(&[u8], &str, &str, u64); 5] = [
            (b"a;\nb\0c", "a;\nb", "NUL", 4),
            (b"a;\n\xc3(", "a;\n", "no UTF-8", 3),
            (b"ab\xe6\xbc", "ab", "no UTF-8", 2),
            (b"\xed\xa0\x80", "", "no UTF-8", 0),
            (b"\xff\xfeS\0E\0", "", "UTF-16", 0),
        ];
        for (bytes, expected, word, at) in cases {
            for input in [Box::new(bytes) as Box<dyn Read>, Box::new(Drops(bytes))] {
                let (read, bad) = text(input);
                assert_eq!(read, expected);
                let Some(SourceError::Bytes { message, offset }) = bad else { panic!("no fault") };
                assert!(message.contains(word) || word == "UTF-16", "{message}");
                assert_eq!(offset, at);
            }
        }
    }
}
