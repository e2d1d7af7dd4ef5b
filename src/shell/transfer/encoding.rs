//! Texts in other encodings than UTF-8.
//!
//! A file says its encoding nowhere but by a byte order mark, which UTF-16 has. The others somebody has
//! to name: what is no UTF-8 is refused with the name to try, since every guess would be right most of
//! the time and silently wrong else.

use crate::render::Diagnostic;
use encoding_rs::{DecoderResult, Encoding, REPLACEMENT, UTF_16BE, UTF_16LE};
use std::io::{self, Read};

/// How many bytes are read at once.
const BLOCK: usize = 64 << 10;

/// How many bytes are looked at to name an encoding.
const LOOKED_AT: usize = 4 << 10;

/// The encoding of this name: any that the web knows.
///
/// # Errors
/// `encoding` where there is none.
pub(in crate::shell) fn named(name: &str) -> Result<&'static Encoding, Diagnostic> {
    let found = Encoding::for_label_no_replacement(name.as_bytes());
    found.filter(|encoding| *encoding != REPLACEMENT).ok_or_else(|| {
        let message = format!("there is no encoding {name} here");
        let help = "utf-8, utf-16le, utf-16be, windows-1250 to windows-1258, iso-8859-2 to \
                    iso-8859-16, macintosh, koi8-r, ibm866, shift_jis, euc-jp, gbk, gb18030, big5 \
                    and euc-kr are there";
        Diagnostic::new("encoding", message).help(Some(help.to_owned()))
    })
}

/// The encoding that the first bytes of a file say, other than UTF-8.
pub(super) fn marked(first: &[u8]) -> Option<&'static Encoding> {
    let (encoding, _) = Encoding::for_bom(first)?;
    [UTF_16LE, UTF_16BE].into_iter().find(|other| *other == encoding)
}

/// What to try with a file that is no UTF-8, of which these are the first bytes.
pub(super) fn advice(first: &[u8]) -> String {
    let zeros = |at: usize| first.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Half the bytes of Western text in UTF-16 are zero.
    let name = match even.max(odd) * 8 > first.len() {
        true if odd > even => "utf-16le",
        true => "utf-16be",
        false => "windows-1252",
    };
    format!("it is not UTF-8: --encoding {name} may read it")
}

/// The first bytes of a file, for [`marked`] and [`advice`].
pub(super) fn first_bytes(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(u64::try_from(LOOKED_AT).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A stream of another encoding, read as UTF-8.
pub(super) struct DecodingReader<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    encoding: &'static Encoding,
    /// What was read and not decoded yet.
    bytes: Vec<u8>,
    start: usize,
    /// What was decoded and not handed on yet.
    text: Vec<u8>,
    at: usize,
    /// Where in the stream `bytes` begin.
    offset: u64,
    is_last: bool,
    is_done: bool,
}

impl<R: Read> DecodingReader<R> {
    /// The text of a stream.
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> DecodingReader<R> {
        DecodingReader {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            encoding,
            bytes: Vec::new(),
            start: 0,
            text: Vec::new(),
            at: 0,
            offset: 0,
            is_last: false,
            is_done: false,
        }
    }

    /// Decodes some more, at least as much as makes a difference.
    fn decode(&mut self) -> io::Result<()> {
        if self.start == self.bytes.len() && !self.is_last {
            self.offset += u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
            self.bytes.resize(BLOCK, 0);
            let read = self.inner.read(&mut self.bytes);
            self.bytes.truncate(*read.as_ref().unwrap_or(&0));
            self.start = 0;
            self.is_last = read? == 0;
        }
        self.text.resize(BLOCK, 0);
        self.at = 0;
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.bytes[self.start..],
            &mut self.text,
            self.is_last,
        );
        self.start += read;
        self.text.truncate(written);
        match result {
            DecoderResult::InputEmpty => self.is_done = self.is_last,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, behind) => {
                let back = u64::from(length) + u64::from(behind);
                let here = self.offset + u64::try_from(self.start).unwrap_or(u64::MAX);
                let (name, at) = (self.encoding.name(), here.saturating_sub(back));
                return Err(io::Error::other(format!("it is no {name} at byte {at}")));
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for DecodingReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.is_done {
            self.decode()?;
        }
        let length = out.len().min(self.text.len() - self.at);
        out[..length].copy_from_slice(&self.text[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], name: &str) -> Result<String, String> {
        let encoding = named(name).expect("it is there");
        let mut text = String::new();
        let read = DecodingReader::new(bytes, encoding).read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn other_encodings_are_read_and_their_slips_are_told() {
        assert_eq!(decoded(b"caf\xe9 \x80", "latin1"), Ok("café €".into()));
        assert_eq!(decoded(b"\xff\xfea\0\xe9\0", "utf-16le"), Ok("aé".into()));
        assert_eq!(decoded(b"\xfe\xff\0a\xd8\x3d\xde\0", "UTF-16BE"), Ok("a😀".into()));
        assert_eq!(decoded(b"\x93\xfa", "shift_jis"), Ok("日".into()));
        let long = b"\xe9".repeat(3 * BLOCK);
        assert_eq!(decoded(&long, "windows-1252"), Ok("é".repeat(3 * BLOCK)));
        assert_eq!(decoded(b"ab\x93", "shift_jis"), Err("it is no Shift_JIS at byte 2".into()));
        assert_eq!(decoded(b"", "gbk"), Ok(String::new()));
        for name in ["cp437", "", "replacement"] {
            let error = named(name).expect_err("there is none");
            assert_eq!(error.code, "encoding");
        }
    }

    #[test]
    fn what_is_no_utf_8_says_what_to_try() {
        assert_eq!(marked(b"\xff\xfea\0").map(Encoding::name), Some("UTF-16LE"));
        assert_eq!(marked(b"\xef\xbb\xbfa"), None);
        assert!(advice(b"caf\xe9,b\n").contains("windows-1252"));
        assert!(advice(b"a\0,\0b\0\n\0").contains("utf-16le"));
        assert!(advice(b"\0a\0,\0b\0\n").contains("utf-16be"));
    }
}
