//! Text becomes a JSON document: JSON as RFC 8259 has it, and what SQLite takes of JSON5 besides.

use super::document::{Json, JsonText};
use crate::types::MAX_JSON_DEPTH;

/// Reads a whole text; `None` of one that is no document. Also tells whether it is one by RFC 8259.
pub(super) fn parse(text: &str) -> Option<(Json, bool)> {
    let mut parser = JsonParser::of(text);
    let document = parser.document()?;
    Some((document, parser.is_standard))
}

/// Reads a text that is one number, without blanks. Also tells whether it is one by RFC 8259.
pub(super) fn number(text: &str) -> Option<(Json, bool)> {
    let mut parser = JsonParser::of(text);
    let number = parser.number()?;
    (parser.at == text.len()).then_some((number, parser.is_standard))
}

/// Reads what stands between the quotes of a text. Also tells whether it can between those of RFC 8259.
pub(super) fn quoted(text: &str) -> Option<(JsonText, bool)> {
    let mut parser = JsonParser::of(text);
    let quoted = parser.characters(None)?;
    Some((quoted, parser.is_standard))
}

/// At which character of a text, counted from 1, it stops to be a document; 0 of one that is one.
pub(super) fn error_position(text: &str) -> usize {
    let mut parser = JsonParser::of(text);
    if parser.document().is_some() {
        return 0;
    }
    text.get(..parser.at).map_or(0, |right| right.chars().count()) + 1
}

struct JsonParser<'a> {
    text: &'a str,
    /// Where it reads; where it has failed, what is wrong.
    at: usize,
    /// Where the blanks before that began.
    before_blanks: usize,
    is_standard: bool,
}

impl<'a> JsonParser<'a> {
    fn of(text: &'a str) -> JsonParser<'a> {
        JsonParser { text, at: 0, before_blanks: 0, is_standard: true }
    }

    /// The whole text.
    fn document(&mut self) -> Option<Json> {
        self.skip_blanks();
        let document = self.value(0)?;
        self.skip_blanks();
        (self.at == self.text.len()).then_some(document)
    }

    /// Says where it is wrong.
    fn fail<T>(&mut self, at: usize) -> Option<T> {
        self.at = at;
        None
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_blanks(&mut self) {
        self.before_blanks = self.at;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return };
            let length = match c {
                ' ' | '\t' | '\n' | '\r' => {
                    self.at += 1;
                    continue;
                }
                '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
                    Some(end) => end + 4,
                    None => return,
                },
                '/' if rest.starts_with("//") => {
                    let ends = ['\n', '\r', '\u{2028}', '\u{2029}'];
                    let end = rest.char_indices().find(|(_, c)| ends.contains(c));
                    end.map_or(rest.len(), |(at, c)| at + c.len_utf8())
                }
                '\u{b}'
                | '\u{c}'
                | '\u{a0}'
                | '\u{1680}'
                | '\u{2000}'..='\u{200a}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202f}'
                | '\u{205f}'
                | '\u{3000}'
                | '\u{feff}' => c.len_utf8(),
                _ => return,
            };
            self.at += length;
            self.is_standard = false;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        match self.byte(0) {
            b'{' | b'[' if depth >= MAX_JSON_DEPTH => None,
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            // A value is missing where the one before ended, as SQLite has it.
            b'}' | b']' | b',' | b':' if depth > 0 => self.fail(self.before_blanks),
            _ if self.at == self.text.len() => self.fail(self.before_blanks),
            b'"' | b'\'' => self.quoted().map(Json::Text),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    /// Goes behind a comma, or to a closing bracket; false where neither stands.
    fn separated(&mut self, close: u8) -> bool {
        self.skip_blanks();
        if self.byte(0) != b',' {
            return self.byte(0) == close;
        }
        self.at += 1;
        self.skip_blanks();
        if self.byte(0) == close {
            self.is_standard = false;
        }
        true
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        self.skip_blanks();
        let mut items = Vec::new();
        while self.byte(0) != b']' {
            items.push(self.value(depth + 1)?);
            if !self.separated(b']') {
                return None;
            }
        }
        self.at += 1;
        Some(Json::Array(items))
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        self.skip_blanks();
        let mut members = Vec::new();
        while self.byte(0) != b'}' {
            let label = self.label(depth)?;
            self.skip_blanks();
            if self.byte(0) != b':' {
                return self.no_colon(depth);
            }
            self.at += 1;
            self.skip_blanks();
            members.push((label, self.value(depth + 1)?));
            if !self.separated(b'}') {
                return None;
            }
        }
        self.at += 1;
        Some(Json::Object(members))
    }

    /// What is wrong where a colon has to stand: what is there instead, or something inside of that.
    fn no_colon(&mut self, depth: usize) -> Option<Json> {
        let at = self.at;
        let is_value = !matches!(self.byte(0), b'}' | b']' | b',' | 0);
        if is_value && self.value(depth + 1).is_none() {
            return None;
        }
        self.fail(at)
    }

    /// A label: quoted, or a name that is no word of JSON.
    fn label(&mut self, depth: usize) -> Option<JsonText> {
        if matches!(self.byte(0), b'"' | b'\'') {
            return self.quoted();
        }
        let (start, before_blanks) = (self.at, self.before_blanks);
        let is_no_text = match self.byte(0) {
            b'{' | b'[' | b'+' | b'-' | b'.' | b'0'..=b'9' => {
                self.value(depth + 1)?;
                true
            }
            _ => self.word().is_some(),
        };
        if is_no_text {
            return self.fail(before_blanks);
        }
        loop {
            match self.byte(0) {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.at += 1,
                b'0'..=b'9' if self.at > start => self.at += 1,
                0x80.. => {
                    let before = (self.at, self.is_standard);
                    self.skip_blanks();
                    if self.at > before.0 && self.at > start {
                        (self.at, self.is_standard) = before;
                        break;
                    }
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                b'\\' if self.byte(1) == b'u' && self.has_hexadecimal(2, 4) => self.at += 6,
                _ => break,
            }
        }
        self.is_standard = false;
        (self.at > start).then(|| JsonText(self.text[start..self.at].to_owned()))
    }

    fn has_hexadecimal(&self, from: usize, count: usize) -> bool {
        (from..from + count).all(|ahead| self.byte(ahead).is_ascii_hexdigit())
    }

    fn word(&mut self) -> Option<Json> {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let word = &rest[..length];
        let (json, is_standard) = match word {
            "null" => (Json::Null, true),
            "true" => (Json::True, true),
            "false" => (Json::False, true),
            _ if ["inf", "infinity"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                (Json::Real("9e999".to_owned()), false)
            }
            _ if ["nan", "qnan", "snan"].iter().any(|name| name.eq_ignore_ascii_case(word)) => {
                (Json::Null, false)
            }
            _ => return None,
        };
        self.at += length;
        self.is_standard &= is_standard;
        Some(json)
    }

    /// A text in quotes, in the escapes of RFC 8259.
    fn quoted(&mut self) -> Option<JsonText> {
        let quote = char::from(self.byte(0));
        self.is_standard &= quote == '"';
        self.at += 1;
        self.characters(Some(quote))
    }

    /// Characters up to a quote, or all that there are.
    fn characters(&mut self, end: Option<char>) -> Option<JsonText> {
        let mut out = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                return end.is_none().then_some(JsonText(out));
            };
            match c {
                _ if Some(c) == end => {
                    self.at += 1;
                    return Some(JsonText(out));
                }
                '\\' => self.escape(&mut out)?,
                '\0' => return None,
                ..='\u{1f}' => {
                    self.is_standard = false;
                    out.push_str(&JsonText::of(c.encode_utf8(&mut [0; 4])).0);
                    self.at += 1;
                }
                '"' => {
                    self.is_standard = false;
                    out.push_str("\\\"");
                    self.at += 1;
                }
                _ => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let Some(c) = self.rest().chars().nth(1) else { return self.fail(self.text.len()) };
        let length = match c {
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
                out.extend(['\\', c]);
                self.at += 2;
                return Some(());
            }
            'u' if self.has_hexadecimal(2, 4) => {
                out.push_str(&self.rest()[..6]);
                self.at += 6;
                return Some(());
            }
            '\'' => {
                out.push('\'');
                2
            }
            'v' => {
                out.push_str("\\u000b");
                2
            }
            '0' if !self.byte(2).is_ascii_digit() => {
                out.push_str("\\u0000");
                2
            }
            'x' if self.has_hexadecimal(2, 2) => {
                out.push_str("\\u00");
                out.push_str(&self.rest()[2..4]);
                4
            }
            // A line that goes on.
            '\n' => 2,
            '\r' if self.byte(2) == b'\n' => 3,
            '\r' => 2,
            '\u{2028}' | '\u{2029}' => 4,
            _ => return self.fail(self.at + 1),
        };
        self.is_standard = false;
        self.at += length;
        Some(())
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        let negative = self.byte(0) == b'-';
        if matches!(self.byte(0), b'+' | b'-') {
            self.is_standard &= negative;
            self.at += 1;
        }
        let sign = if negative { "-" } else { "" };
        if self.byte(0).eq_ignore_ascii_case(&b'i') && self.at > start {
            let rest = self.rest();
            let is =
                |name: &str| rest.get(..name.len()).is_some_and(|r| r.eq_ignore_ascii_case(name));
            let Some(name) = ["infinity", "inf"].iter().find(|name| is(name)) else {
                return self.fail(start);
            };
            self.at += name.len();
            self.is_standard = false;
            return Some(Json::Real(format!("{sign}9e999")));
        }
        if self.byte(0) == b'0'
            && matches!(self.byte(1), b'x' | b'X')
            && self.byte(2).is_ascii_hexdigit()
            && !self.text[start..].starts_with('+')
        {
            self.is_standard = false;
            self.at += 2;
            let digits = self.digits(u8::is_ascii_hexdigit);
            let number = u64::from_str_radix(digits, 16).ok();
            let number = number.map_or("9.0e999".to_owned(), |number| number.to_string());
            return Some(Json::Integer(format!("{sign}{number}")));
        }
        let whole = self.digits(u8::is_ascii_digit);
        if whole.len() > 1 && whole.starts_with('0') {
            return self.fail(start + 1);
        }
        let mut fraction = None;
        if self.byte(0) == b'.' {
            self.at += 1;
            fraction = Some(self.digits(u8::is_ascii_digit));
        }
        if whole.is_empty() && fraction.is_none_or(str::is_empty) {
            let is_signed = self.at > start + 1 && fraction.is_some();
            return self.fail(if is_signed { self.at } else { start });
        }
        self.is_standard &= !whole.is_empty() && fraction != Some("");
        let exponent = self.exponent()?;
        let is_real = fraction.is_some() || !exponent.is_empty();
        let filled = |digits: &'a str| if digits.is_empty() { "0" } else { digits };
        let point = fraction.map_or(String::new(), |digits| format!(".{}", filled(digits)));
        let number = format!("{sign}{}{point}{exponent}", filled(whole));
        Some(if is_real { Json::Real(number) } else { Json::Integer(number) })
    }

    /// The exponent of a number, if it has one; `None` of one that is none.
    fn exponent(&mut self) -> Option<&'a str> {
        let start = self.at;
        if matches!(self.byte(0), b'e' | b'E') {
            self.at += if matches!(self.byte(1), b'+' | b'-') { 2 } else { 1 };
            if self.digits(u8::is_ascii_digit).is_empty() {
                return self.fail(self.at - 1);
            }
        }
        Some(&self.text[start..self.at])
    }

    fn digits(&mut self, is_digit: fn(&u8) -> bool) -> &'a str {
        let rest = self.rest();
        let digits = &rest[..rest.bytes().take_while(is_digit).count()];
        self.at += digits.len();
        digits
    }
}
