//! Whether bytes are a document in SQLite's binary form through and through, JSONB.
//!
//! Functions that read a document take what its headers say. What `json_valid` asks with the flag 8, and
//! `json_error_position` of bytes, is whether each payload is what its kind says besides.

use super::binary::Encoded;
use crate::types::MAX_JSON_DEPTH;

/// The kinds of values by which their payloads differ.
const INTEGER: u8 = 3;
const INTEGER_JSON5: u8 = 4;
const REAL: u8 = 5;
const REAL_JSON5: u8 = 6;
const PLAIN_TEXT: u8 = 7;
const ESCAPED_TEXT: u8 = 8;
const TEXT_JSON5: u8 = 9;
const RAW_TEXT: u8 = 10;

/// The first byte, counted from 1, that a sound document would not have; `None` of a sound one.
pub(super) fn fault(bytes: &[u8]) -> Option<usize> {
    element(bytes, 0, 0).err().map(|at| at + 1)
}

/// Where something is wrong, counted from 0.
type Checked = Result<(), usize>;

/// One value that takes all bytes, which begin at `start`.
fn element(bytes: &[u8], start: usize, depth: usize) -> Checked {
    let first = Encoded::of(bytes).filter(|first| first.rest.is_empty());
    let Some(Encoded { kind, payload, .. }) = first.filter(|_| depth <= MAX_JSON_DEPTH) else {
        return Err(start);
    };
    let inside = start + bytes.len() - payload.len();
    let value = Payload { bytes: payload, start: inside, whole: start };
    match kind {
        0..=2 if bytes.len() == 1 => Ok(()),
        INTEGER => value.integer(),
        INTEGER_JSON5 => value.hexadecimal(),
        REAL | REAL_JSON5 => value.real(kind == REAL),
        PLAIN_TEXT => value.plain_text(),
        ESCAPED_TEXT | TEXT_JSON5 => value.escaped_text(kind == ESCAPED_TEXT),
        RAW_TEXT => Ok(()),
        11 => value.values(depth, false),
        12 => value.values(depth, true),
        _ => Err(start),
    }
}

/// What stands behind a header.
struct Payload<'a> {
    bytes: &'a [u8],
    /// Where it begins.
    start: usize,
    /// Where its header does.
    whole: usize,
}

impl Payload<'_> {
    /// The byte at an index, 0 behind the last one.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Whether a condition holds of the payload as a whole.
    fn whole(&self, holds: bool) -> Checked {
        if holds { Ok(()) } else { Err(self.whole) }
    }

    /// Whether a condition holds of the byte at an index.
    fn at(&self, at: usize, holds: bool) -> Checked {
        if holds { Ok(()) } else { Err(self.start + at) }
    }

    /// How many bytes the sign takes; at least `least` have to stand behind it.
    fn sign(&self, least: usize) -> Result<usize, usize> {
        let sign = usize::from(self.byte(0) == b'-');
        self.whole(self.bytes.len() >= sign + least).map(|()| sign)
    }

    fn integer(&self) -> Checked {
        let sign = self.sign(1)?;
        (sign..self.bytes.len()).try_for_each(|at| self.at(at, self.byte(at).is_ascii_digit()))
    }

    fn hexadecimal(&self) -> Checked {
        let sign = self.sign(3)?;
        self.whole(self.byte(sign) == b'0')?;
        self.at(sign + 1, self.byte(sign + 1).eq_ignore_ascii_case(&b'x'))?;
        let mut digits = sign + 2..self.bytes.len();
        digits.try_for_each(|at| self.at(at, self.byte(at).is_ascii_hexdigit()))
    }

    /// Digits with a point, an exponent or both; by RFC 8259 digits stand on both sides of a point.
    fn real(&self, is_standard: bool) -> Checked {
        let length = self.bytes.len();
        let mut at = self.sign(2)?;
        let (mut has_point, mut has_exponent) = (false, false);
        if self.byte(at) == b'.' {
            self.at(at, !is_standard && self.byte(at + 1).is_ascii_digit())?;
            (has_point, at) = (true, at + 2);
        } else if self.byte(at) == b'0' && is_standard {
            let is_followed = matches!(self.byte(at + 1), b'.' | b'e' | b'E');
            self.at(at, at + 3 <= length && is_followed)?;
            at += 1;
        }
        while at < length {
            match self.byte(at) {
                b'0'..=b'9' => {}
                b'.' => {
                    let is_followed = self.byte(at + 1).is_ascii_digit();
                    self.at(at, !has_point && !has_exponent && (is_followed || !is_standard))?;
                    has_point = true;
                }
                b'e' | b'E' => {
                    self.at(at, !has_exponent && at + 1 < length)?;
                    if matches!(self.byte(at + 1), b'+' | b'-') {
                        at += 1;
                        self.at(at, at + 1 < length)?;
                    }
                    has_exponent = true;
                }
                _ => return self.at(at, false),
            }
            at += 1;
        }
        self.whole(has_point || has_exponent)
    }

    fn plain_text(&self) -> Checked {
        let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        (0..self.bytes.len()).try_for_each(|at| self.at(at, is_plain(self.byte(at))))
    }

    /// A text with escapes, of RFC 8259 or those of JSON5 besides.
    fn escaped_text(&self, is_standard: bool) -> Checked {
        let mut at = 0;
        while at < self.bytes.len() {
            let length = match self.byte(at) {
                b'"' | ..=0x1f if is_standard => None,
                b'\\' => self.escape(at, is_standard),
                _ => Some(1),
            };
            let Some(length) = length else { return self.at(at, false) };
            at += length;
        }
        Ok(())
    }

    /// How long the escape at an index is; `None` of none.
    fn escape(&self, at: usize, is_standard: bool) -> Option<usize> {
        let escape = self.bytes.get(at..)?;
        match escape.get(1)? {
            // As SQLite sees it, a NUL is one of the characters that may stand there.
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | 0 => Some(2),
            b'u' => escape.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(2),
            _ if is_standard => None,
            _ => lenient_escape(escape),
        }
    }

    /// Values that stand one behind the other, of an object labels in turn.
    fn values(&self, depth: usize, is_object: bool) -> Checked {
        let mut at = 0;
        let mut is_label = is_object;
        while at < self.bytes.len() {
            let start = self.start + at;
            let rest = &self.bytes[at..];
            let Encoded { kind, rest: behind, .. } = Encoded::of(rest).ok_or(start)?;
            let length = rest.len() - behind.len();
            if is_label && !(PLAIN_TEXT..=RAW_TEXT).contains(&kind) {
                return Err(start);
            }
            element(&rest[..length], start, depth + 1)?;
            at += length;
            is_label = is_object && !is_label;
        }
        self.at(at, is_label == is_object)
    }
}

/// How long an escape is that JSON5 has besides, whose digits are not looked at; `None` of none. What a
/// line that goes on is continued with belongs to it.
fn lenient_escape(escape: &[u8]) -> Option<usize> {
    match escape.get(1)? {
        b'\'' | b'v' | b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'0' => escape.get(2).is_none_or(|behind| !behind.is_ascii_digit()).then_some(2),
        b'x' => (escape.len() >= 4).then_some(4),
        b'u' => (escape.len() >= 6).then_some(6),
        _ => {
            let skipped = line_ends(escape);
            match &escape[skipped..] {
                _ if skipped == 0 => None,
                [] => Some(skipped),
                [b'\\', ..] => Some(skipped + lenient_escape(&escape[skipped..])?),
                [first, rest @ ..] => {
                    let wanted = usize::try_from(first.leading_ones()).unwrap_or(0).clamp(1, 4);
                    let more = rest.iter().take(wanted - 1);
                    let more = more.take_while(|byte| **byte & 0xc0 == 0x80).count();
                    Some(skipped + 1 + more)
                }
            }
        }
    }
}

/// How many bytes the escaped ends of lines take that stand first.
fn line_ends(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match &text[at..] {
            [b'\\', b'\r', b'\n', ..] => 3,
            [b'\\', b'\n' | b'\r', ..] => 2,
            [b'\\', 0xe2, 0x80, 0xa8 | 0xa9, ..] => 4,
            _ => return at,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite says of sound documents whose bytes were changed, cut and mixed.
    #[test]
    fn faults_are_where_sqlite_finds_them() {
        let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
        let mut asked = sqlite
            .prepare("SELECT json_valid(?1, 8), json_error_position(?1), json_valid(?1, 4)")
            .expect("a query");
        let texts = [
            "null",
            "[true,false,-12,0x1f,1.5e-3,.5,5.]",
            "{\"a\":\"b\\n\\u00e9\",'c':'\\x41\\'\\0','d':[[],{}]}",
            "\"\\\n\\\r\n\u{e9}\\v\"",
        ];
        let alphabet = b"0123456789abcdefxXeEuvnr\"'\\/+-.\n\r\0\x0b\x13\x17\x27\x2c\xc7\xc8\xc9\xff\xe2\x80\xa8";
        let mut seed = 1_u64;
        let mut roll = |most: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits") % most
        };
        for round in 0..20_000 {
            let text = texts[roll(texts.len())];
            let mut bytes: Vec<u8> =
                sqlite.query_row("SELECT jsonb(?1)", [text], |row| row.get(0)).expect("a document");
            for _ in 0..roll(4) {
                let at = roll(bytes.len());
                bytes[at] = alphabet[roll(alphabet.len())];
            }
            if round % 3 == 0 {
                let kind = u8::try_from(3 + roll(10)).expect("a kind");
                let length = roll(11);
                bytes = vec![u8::try_from(length).expect("short") << 4 | kind];
                bytes.extend((0..length).map(|_| alphabet[roll(alphabet.len())]));
            }
            let (valid, position, looks): (bool, u32, bool) = asked
                .query_row([&bytes], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .expect("an answer");
            let ours = fault(&bytes);
            if looks {
                assert_eq!(ours.is_none(), valid, "{bytes:x?}");
                assert_eq!(
                    ours.unwrap_or(0),
                    usize::try_from(position).expect("short"),
                    "{bytes:x?}"
                );
            }
        }
    }
}
