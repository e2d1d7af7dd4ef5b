//! The smallest pieces of a line: integers, strings, digits in hexadecimal, moments.

use crate::types::{Date, Timestamp};

/// The moments that have a text of fixed width: the years 0 to 9999.
pub(crate) const FIRST_MOMENT: i64 = -62_167_219_200_000_000;
/// See [`FIRST_MOMENT`].
pub(crate) const LAST_MOMENT: i64 = 253_402_300_799_999_999;

const MICROS_PER_DAY: i64 = 86_400_000_000;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The two digits of each number below 100: half as many divisions as digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0_u8;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// The digits of what is left of a division by 100.
fn pair(number: u64) -> [u8; 2] {
    usize::try_from(number).ok().and_then(|at| PAIRS.get(at).copied()).unwrap_or(*b"00")
}

/// Appends an unsigned integer.
pub(crate) fn push_u64(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    while number >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&pair(number % 100));
        number /= 100;
    }
    // A first digit of its own: what is left is below 10, and nothing is left of an even count.
    if number > 0 || at == digits.len() {
        at -= 1;
        digits[at] = digit(number);
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a signed integer.
pub(crate) fn push_i64(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_u64(out, number.unsigned_abs());
}

fn digit(number: u64) -> u8 {
    // Callers give what is left of a division by ten.
    b'0' + u8::try_from(number).unwrap_or(0)
}

/// Appends bytes in lower-case hexadecimal.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 15)]);
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(bytes.len() * 2);
    push_hex(&mut digits, bytes);
    String::from_utf8_lossy(&digits).into_owned()
}

/// What no hexadecimal digit is worth.
const NO_DIGIT: u8 = 0xFF;

/// What each byte is worth as a lower-case hexadecimal digit. A table, because digits of hashes are
/// random: a processor would guess every other branch on them wrong.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut worth = 0;
    while worth < 16 {
        digits[HEX[worth as usize] as usize] = worth;
        worth += 1;
    }
    digits
};

/// Reads exactly the digits of [`push_hex`].
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let (mut bytes, mut seen) = ([0; N], 0);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (DIGITS[usize::from(pair[0])], DIGITS[usize::from(pair[1])]);
        *byte = high << 4 | low;
        seen |= high | low;
    }
    (seen < 16).then_some(bytes)
}

/// What stands behind the backslash of each byte that is escaped in a JSON string; 0 for one that is not.
/// Bytes from 0x80 on are parts of longer characters and stay as they are.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[0x7F] = b'u';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes
};

/// Appends a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.push(b'"');
    while let Some(plain) = rest.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0) {
        let byte = rest[plain];
        let escape = ESCAPES[usize::from(byte)];
        out.extend_from_slice(&rest[..plain]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            push_hex(out, &[0, byte]);
        }
        rest = &rest[plain + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Year, month and day of a day since 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn civil_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 1970-01-01 of a year, month and day; the inverse of [`civil_of`].
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Appends the last digits of a number, with leading zeros: so many pairs of them.
fn push_padded<const PAIRS: usize>(out: &mut Vec<u8>, number: i64) {
    let mut digits = [*b"00"; PAIRS];
    let mut left = number.unsigned_abs();
    for two in digits.iter_mut().rev() {
        *two = pair(left % 100);
        left /= 100;
    }
    out.extend_from_slice(digits.as_flattened());
}

/// Appends `2026-11-22`, or the number of days where the year has not four digits.
pub(crate) fn push_date(out: &mut Vec<u8>, date: Date) {
    let days = FIRST_MOMENT / MICROS_PER_DAY..=LAST_MOMENT / MICROS_PER_DAY;
    if !days.contains(&i64::from(date.0)) {
        return push_i64(out, i64::from(date.0));
    }
    out.push(b'"');
    push_day(out, i64::from(date.0));
    out.push(b'"');
}

fn push_day(out: &mut Vec<u8>, day: i64) {
    let (year, month, day) = civil_of(day);
    push_padded::<2>(out, year);
    out.push(b'-');
    push_padded::<1>(out, month);
    out.push(b'-');
    push_padded::<1>(out, day);
}

/// Appends `"2026-11-22T15:40:00.123456Z"`, or the number of microseconds where the year has not
/// four digits.
pub(crate) fn push_moment(out: &mut Vec<u8>, at: Timestamp) {
    if !(FIRST_MOMENT..=LAST_MOMENT).contains(&at.0) {
        return push_i64(out, at.0);
    }
    let (day, micros) = (at.0.div_euclid(MICROS_PER_DAY), at.0.rem_euclid(MICROS_PER_DAY));
    let seconds = micros / 1_000_000;
    out.push(b'"');
    push_day(out, day);
    for (mark, part) in [(b'T', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        out.push(mark);
        push_padded::<1>(out, part);
    }
    out.push(b'.');
    push_padded::<3>(out, micros % 1_000_000);
    out.extend_from_slice(b"Z\"");
}

/// Reads the digits at the start of `bytes`, `width` of them.
fn parse_padded(bytes: &[u8], width: usize) -> Option<i64> {
    bytes.get(..width)?.iter().try_fold(0_i64, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

fn parse_day(bytes: &[u8]) -> Option<i64> {
    let [year, month, day] =
        [parse_padded(bytes, 4)?, parse_padded(&bytes[5..], 2)?, parse_padded(&bytes[8..], 2)?];
    let number = day_of(year, month, day);
    let marks = bytes[4] == b'-' && bytes[7] == b'-';
    // A day that the calendar lacks comes back as another one.
    (marks && civil_of(number) == (year, month, day)).then_some(number)
}

/// Reads exactly what [`push_date`] writes between its quotes.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let day = if text.len() == 10 { parse_day(text.as_bytes())? } else { return None };
    i32::try_from(day).ok().map(Date)
}

/// Reads exactly what [`push_moment`] writes between its quotes.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 27
        || [bytes[10], bytes[13], bytes[16], bytes[19], bytes[26]] != [b'T', b':', b':', b'.', b'Z']
    {
        return None;
    }
    let day = parse_day(bytes)?;
    let hour = parse_padded(&bytes[11..], 2).filter(|hour| *hour < 24)?;
    let minute = parse_padded(&bytes[14..], 2).filter(|minute| *minute < 60)?;
    let second = parse_padded(&bytes[17..], 2).filter(|second| *second < 60)?;
    let micros = parse_padded(&bytes[20..], 6)?;
    let seconds = (hour * 60 + minute) * 60 + second;
    Some(Timestamp(day * MICROS_PER_DAY + seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).expect("only text is pushed")
    }

    proptest! {
        #[test]
        fn moments_read_back_and_agree_with_the_calendar(
            micros in FIRST_MOMENT..=LAST_MOMENT,
        ) {
            let at = Timestamp(micros);
            let text = written(|out| push_moment(out, at));
            prop_assert_eq!(&text, &format!("\"{}\"", at.to_iso()));
            prop_assert_eq!(parse_moment(text.trim_matches('"')), Some(at));
            let date = written(|out| push_date(out, at.date()));
            prop_assert_eq!(parse_date(date.trim_matches('"')), Some(at.date()));
        }

        #[test]
        fn strings_read_back(text in any::<String>()) {
            let json = written(|out| push_string(out, &text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
        }

        #[test]
        fn numbers_and_digits_read_back(number in any::<i64>(), bytes in any::<[u8; 16]>()) {
            prop_assert_eq!(written(|out| push_i64(out, number)), number.to_string());
            prop_assert_eq!(parse_hex(&written(|out| push_hex(out, &bytes))), Some(bytes));
        }
    }

    #[test]
    fn days_that_the_calendar_lacks_are_refused() {
        for text in ["2023-02-29", "2024-13-01", "2024-00-10", "2024/01/01", "2024-1-001", "", "é"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
        for text in ["2024-01-01T24:00:00.000000Z", "2024-01-01T00:00:60.000000Z"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
        assert_eq!(written(|out| push_date(out, Date(i32::MAX))), i32::MAX.to_string());
    }
}
