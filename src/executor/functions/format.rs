//! `format`, also called `printf`: SQLite's, conversion by conversion. What it does with a conversion
//! that nobody knows, with more conversions than values and with a text cut inside a character is
//! SQLite's, too, but that the cut character becomes U+FFFD.

use super::super::Error;
use super::super::arithmetic::{to_integer, to_real};
use super::MAX_TEXT;
use super::digits::{DecimalDigits, DigitRounding};
use crate::types::Value;

/// The values by a format, the first of the arguments; NULL without one.
///
/// # Errors
/// `text-limit` where the text would be longer than [`MAX_TEXT`].
pub(super) fn format(arguments: &[Value]) -> Result<Value, Error> {
    let Some((format, values)) = arguments.split_first() else { return Ok(Value::Null) };
    if format.is_null() {
        return Ok(Value::Null);
    }
    let format = format.to_text();
    let mut writer = FormatWriter {
        format: before_nul(format.as_bytes()),
        at: 0,
        values: values.iter(),
        out: vec![],
    };
    while let Some(percent) = writer.rest().iter().position(|byte| *byte == b'%') {
        let literal = &writer.rest()[..percent];
        writer.out.extend_from_slice(literal);
        writer.at += percent + 1;
        if writer.rest().is_empty() {
            writer.out.push(b'%');
            break;
        }
        if !writer.conversion()? {
            // SQLite ends where it does not understand.
            writer.at = writer.format.len();
        }
    }
    writer.out.extend_from_slice(writer.rest());
    let text = String::from_utf8(writer.out);
    Ok(Value::text(text.unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())))
}

/// A real as sqlite3 prints it, by `%!.15g`.
pub fn fifteen_digits(real: f64) -> String {
    if real.is_infinite() {
        return if real > 0.0 { "Inf" } else { "-Inf" }.to_owned();
    }
    let shown = format(&[Value::text("%!.15g"), Value::real(real)]);
    shown.map(|text| text.to_text().into_owned()).unwrap_or_default()
}

/// What is written of a format, and what is left of it and of the values.
struct FormatWriter<'a> {
    format: &'a [u8],
    at: usize,
    values: std::slice::Iter<'a, Value>,
    out: Vec<u8>,
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy, Default)]
struct FormatFlags {
    /// `-`: blanks stand behind.
    left: bool,
    /// `+` or a blank: what stands before a number that is not negative.
    plus: Option<u8>,
    /// `#`
    alternate: bool,
    /// `!`: characters are counted and not bytes, up to 20 digits and not 16.
    full: bool,
    /// `0`
    zeros: bool,
    /// `,`
    thousands: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'a> FormatWriter<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.format[self.at..]
    }

    fn peek(&self) -> u8 {
        self.rest().first().copied().unwrap_or(0)
    }

    fn integer(&mut self) -> i64 {
        self.values.next().map_or(0, to_integer)
    }

    /// The bytes of the next value; `None` of NULL and where there is none.
    fn text(&mut self) -> Option<Vec<u8>> {
        let value = self.values.next().filter(|value| !value.is_null())?;
        Some(before_nul(value.to_text().as_bytes()).to_vec())
    }

    /// The digits that stand here as SQLite counts them: 31 bits of them.
    fn number(&mut self) -> usize {
        let mut number = 0_u32;
        while self.peek().is_ascii_digit() {
            number = number.wrapping_mul(10).wrapping_add(u32::from(self.peek() - b'0'));
            self.at += 1;
        }
        usize::try_from(number & 0x7fff_ffff).unwrap_or(0)
    }

    /// The width or precision that a value gives for `*`, and whether it is negative.
    fn starred(&mut self) -> (Option<usize>, bool) {
        self.at += 1;
        #[expect(clippy::cast_possible_truncation, reason = "SQLite takes the low 32 bits")]
        let given = self.integer() as i32;
        let size = given.checked_abs().and_then(|size| usize::try_from(size).ok());
        (size, given < 0)
    }

    fn flags(&mut self) -> FormatFlags {
        let mut flags = FormatFlags::default();
        loop {
            match self.peek() {
                b'-' => flags.left = true,
                sign @ (b'+' | b' ') => flags.plus = Some(sign),
                b'#' => flags.alternate = true,
                b'!' => flags.full = true,
                b'0' => flags.zeros = true,
                b',' => flags.thousands = true,
                b'1'..=b'9' | b'*' => {
                    if self.peek() == b'*' {
                        let (width, negative) = self.starred();
                        flags.width = width.unwrap_or(0);
                        flags.left |= negative;
                    } else {
                        flags.width = self.number();
                    }
                    if !matches!(self.peek(), b'.' | b'l') {
                        return flags;
                    }
                    continue;
                }
                b'.' => {
                    self.at += 1;
                    flags.precision =
                        if self.peek() == b'*' { self.starred().0 } else { Some(self.number()) };
                    if self.peek() != b'l' {
                        return flags;
                    }
                    continue;
                }
                b'l' => {
                    self.at += if self.rest().starts_with(b"ll") { 2 } else { 1 };
                    return flags;
                }
                _ => return flags,
            }
            self.at += 1;
        }
    }

    /// Writes what a conversion makes of its value; false of one that nobody knows.
    fn conversion(&mut self) -> Result<bool, Error> {
        let mut flags = self.flags();
        let letter = self.peek();
        // More than any conversion adds to its precision.
        let size = flags.width.max(flags.precision.unwrap_or(0).saturating_mul(4));
        if size > MAX_TEXT || self.out.len() + size > MAX_TEXT {
            return Err(too_long());
        }
        let converted = match letter {
            b'd' | b'i' | b'u' | b'r' | b'x' | b'X' | b'o' | b'p' => {
                let value = self.integer();
                flags.whole_number(letter, value)
            }
            b'f' | b'e' | b'E' | b'g' | b'G' => {
                let value = self.values.next().map_or(0.0, to_real);
                flags.real_number(letter, value)
            }
            b'%' => vec![b'%'],
            b'n' => {
                flags.width = 0;
                Vec::new()
            }
            b'c' => {
                let text = self.text().unwrap_or_default();
                self.character(&mut flags, &text)
            }
            b's' | b'z' => {
                let text = self.text().unwrap_or_default();
                flags.shortened(&text).to_vec()
            }
            b'q' | b'Q' | b'w' => {
                let text = self.text();
                flags.quoted(letter, text)
            }
            b'j' | b'J' => match self.text() {
                Some(text) => flags.json(letter, &text),
                None if letter == b'J' => b"null".to_vec(),
                None => Vec::new(),
            },
            _ => return Ok(false),
        };
        self.at += 1;
        if self.out.len() + converted.len() > MAX_TEXT {
            return Err(too_long());
        }
        // Numbers and `%` are ASCII.
        let length = if flags.full || letter == b'c' {
            converted.iter().filter(|byte| !is_continuation(**byte)).count()
        } else {
            converted.len()
        };
        let blanks = std::iter::repeat_n(b' ', flags.width.saturating_sub(length));
        if flags.left {
            self.out.extend(converted);
            self.out.extend(blanks);
        } else {
            self.out.extend(blanks);
            self.out.extend(converted);
        }
        Ok(true)
    }

    /// `%c`: the first character of a text, as often as the precision says.
    fn character(&mut self, flags: &mut FormatFlags, text: &[u8]) -> Vec<u8> {
        let end = 1 + text.iter().skip(1).take_while(|byte| is_continuation(**byte)).count();
        let one = text.get(..end).unwrap_or(&[0]);
        let times = flags.precision.unwrap_or(1).max(1);
        if times > 1 {
            // All but the last are no part of what is made as wide as the width.
            let left = flags.width.saturating_sub(times - 1);
            if left > 1 && !flags.left {
                self.out.extend(std::iter::repeat_n(b' ', left - 1));
            }
            flags.width = if left > 1 && !flags.left { 0 } else { left };
            self.out.extend(one.repeat(times - 1));
        }
        one.to_vec()
    }
}

impl FormatFlags {
    /// What the precision leaves of a text.
    fn shortened<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.precision else { return text };
        let end = if self.full {
            let mut starts = (0..text.len()).filter(|at| !is_continuation(text[*at]));
            starts.nth(precision).unwrap_or(text.len())
        } else {
            precision.min(text.len())
        };
        &text[..end]
    }

    fn whole_number(&self, letter: u8, value: i64) -> Vec<u8> {
        let is_signed = matches!(letter, b'd' | b'i' | b'r');
        let (sign, magnitude) = match value {
            ..0 if is_signed => (Some(b'-'), value.unsigned_abs()),
            _ if is_signed => (self.plus, value.unsigned_abs()),
            _ => (None, value.cast_unsigned()),
        };
        let digits = match letter {
            b'x' => format!("{magnitude:x}"),
            b'X' | b'p' => format!("{magnitude:X}"),
            b'o' => format!("{magnitude:o}"),
            b'r' => format!("{magnitude}{}", ordinal(magnitude)),
            _ => magnitude.to_string(),
        };
        let mut least = self.precision.unwrap_or(0);
        if self.zeros {
            least = least.max(self.width.saturating_sub(usize::from(sign.is_some())));
        }
        let mut out = Vec::with_capacity(least + 32);
        if self.alternate && magnitude != 0 {
            out.extend_from_slice(match letter {
                b'x' | b'p' => b"0x",
                b'X' => b"0X",
                b'o' => b"0",
                _ => b"",
            });
        }
        out.extend(sign);
        let zeros = std::iter::repeat_n(b'0', least.saturating_sub(digits.len()));
        let padded: Vec<u8> = zeros.chain(digits.bytes()).collect();
        let separated = self.thousands && matches!(letter, b'd' | b'i' | b'u');
        for (at, digit) in padded.iter().enumerate() {
            if separated && at > 0 && (padded.len() - at).is_multiple_of(3) {
                out.push(b',');
            }
            out.push(*digit);
        }
        out
    }

    fn real_number(&self, letter: u8, value: f64) -> Vec<u8> {
        let precision = self.precision.map_or(6, |precision| precision.min(100_000_000));
        let mut precision = i64::try_from(precision).unwrap_or(6);
        let rounding = match letter {
            b'f' => DigitRounding::BehindPoint(precision),
            b'g' | b'G' => {
                precision = precision.max(1);
                DigitRounding::InAll(precision)
            }
            _ => DigitRounding::InAll(precision + 1),
        };
        let most = if self.full { 20 } else { 16 };
        let (negative, digits, point) = match DecimalDigits::of(value, rounding, most) {
            DecimalDigits::Finite { negative, digits, point } => (negative, digits, point),
            DecimalDigits::Infinite(negative) if self.zeros => (negative, b"9".to_vec(), 1000),
            DecimalDigits::Infinite(true) => return b"-Inf".to_vec(),
            DecimalDigits::Infinite(false) => {
                return self.plus.into_iter().chain(*b"Inf").collect();
            }
        };
        // `#` takes the sign from what shows as zero.
        let is_hidden =
            self.alternate && self.plus.is_none() && letter == b'f' && point <= -precision;
        let sign = match (negative, is_hidden) {
            (true, true) => None,
            (true, false) => Some(b'-'),
            (false, _) => self.plus,
        };
        let (mut scientific, mut is_trimmed) = (matches!(letter, b'e' | b'E'), self.full);
        if matches!(letter, b'g' | b'G') {
            precision -= 1;
            is_trimmed = !self.alternate;
            scientific = point - 1 < -4 || point - 1 > precision;
            if !scientific {
                precision -= point - 1;
            }
        }
        let mut out: Vec<u8> = sign.into_iter().collect();
        let before = if scientific { 1 } else { point };
        self.write_digits(&mut out, &digits, before, precision, is_trimmed);
        if scientific {
            out.push(if letter.is_ascii_uppercase() { b'E' } else { b'e' });
            let exponent = point - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            out.extend(format!("{sign}{:02}", exponent.abs()).bytes());
        }
        if self.zeros && !self.left {
            let at = usize::from(sign.is_some());
            let zeros = self.width.saturating_sub(out.len());
            out.splice(at..at, std::iter::repeat_n(b'0', zeros));
        }
        out
    }

    /// The digits with so many before the point, none where that is not positive, and a precision
    /// behind it.
    fn write_digits(
        &self,
        out: &mut Vec<u8>,
        digits: &[u8],
        before: i64,
        precision: i64,
        is_trimmed: bool,
    ) {
        let has_point = precision > 0 || self.alternate || self.full;
        let mut digits = digits.iter().copied();
        if before <= 0 {
            out.push(b'0');
        }
        for left in (0..before).rev() {
            out.push(digits.next().unwrap_or(b'0'));
            if self.thousands && left % 3 == 0 && left > 1 {
                out.push(b',');
            }
        }
        if has_point {
            out.push(b'.');
        }
        let count = |n: i64| usize::try_from(n).unwrap_or(0);
        let zeros = (-before).clamp(0, precision.max(0));
        out.extend(std::iter::repeat_n(b'0', count(zeros)));
        let behind = count(precision - zeros);
        let written = out.len();
        out.extend(digits.take(behind));
        if is_trimmed && has_point {
            while out.ends_with(b"0") {
                out.pop();
            }
            if out.ends_with(b".") {
                if self.full {
                    out.push(b'0');
                } else {
                    out.pop();
                }
            }
        } else if !is_trimmed {
            out.resize(written + behind, b'0');
        }
    }

    /// `%q`, `%Q` and `%w`: a text whose quotes are doubled, and NULL as a word.
    fn quoted(&self, letter: u8, text: Option<Vec<u8>>) -> Vec<u8> {
        let is_known = text.is_some();
        let null: &[u8] = if letter == b'Q' { b"NULL" } else { b"(NULL)" };
        let text = text.unwrap_or_else(|| null.to_vec());
        let text = self.shortened(&text);
        let quote = if letter == b'w' { b'"' } else { b'\'' };
        let has_control = text.iter().any(|byte| *byte <= 0x1f);
        let escapes = self.alternate && letter != b'w' && (has_control || letter == b'q');
        let (open, close): (&[u8], &[u8]) = match (letter, is_known, escapes) {
            (b'Q', true, false) => (b"'", b"'"),
            (b'Q', true, true) => (b"unistr('", b"')"),
            _ => (b"", b""),
        };
        let mut out = open.to_vec();
        for byte in text {
            if escapes && *byte <= 0x1f {
                out.extend(format!("\\u{byte:04x}").bytes());
                continue;
            }
            out.push(*byte);
            if *byte == quote || escapes && *byte == b'\\' {
                out.push(*byte);
            }
        }
        out.extend_from_slice(close);
        out
    }

    /// `%j` and `%J`: what stands in a JSON text, without and with its quotes.
    fn json(&self, letter: u8, text: &[u8]) -> Vec<u8> {
        let quote: &[u8] = if letter == b'J' { b"\"" } else { b"" };
        let mut out = quote.to_vec();
        for byte in self.shortened(text) {
            match byte {
                b'"' | b'\\' => out.extend([b'\\', *byte]),
                8 => out.extend(b"\\b"),
                9 => out.extend(b"\\t"),
                10 => out.extend(b"\\n"),
                12 => out.extend(b"\\f"),
                13 => out.extend(b"\\r"),
                ..=0x1f => out.extend(format!("\\u{byte:04x}").bytes()),
                _ => out.push(*byte),
            }
        }
        out.extend_from_slice(quote);
        out
    }
}

/// 1st, 2nd, 3rd, 4th …
fn ordinal(number: u64) -> &'static str {
    match (number % 10, number / 10 % 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// What C sees of a text.
fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or(bytes)
}

/// Whether a byte of UTF-8 is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn too_long() -> Error {
    let message = format!("format() would make a text of more than {MAX_TEXT} bytes");
    Error::failed("text-limit", message)
}
