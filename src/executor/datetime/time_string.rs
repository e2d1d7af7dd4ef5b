//! Time strings: `YYYY-MM-DD HH:MM:SS.SSS+HH:MM` and its parts, `now`, a Julian day.

use super::moment::{Day, Moment, TimeOfDay, days_of_month, real};
use crate::types::{Timestamp, whole_number};

/// The moment that a time string is.
pub(super) fn time(text: &str, now: Timestamp) -> Option<Moment> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if let Some(moment) = day_and_time(text.as_bytes()).or_else(|| day_of_2000(text.as_bytes())) {
        return Some(moment);
    }
    if is("now") {
        return Some(Moment::at(now));
    }
    if let Some(number) = number(text) {
        return Some(Moment::of_number(number));
    }
    let shows_fraction = is("subsec") || is("subsecond");
    shows_fraction.then(|| Moment { shows_fraction, ..Moment::at(now) })
}

/// A text that is a number as a whole.
pub(super) fn number(text: &str) -> Option<f64> {
    whole_number(text).map(|number| crate::executor::arithmetic::to_real(&number))
}

/// White space as SQLite has it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// The text without the white space that it begins with.
pub(super) fn skip_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| is_space(**byte)).count();
    &text[spaces..]
}

/// So many digits at the start, as a number from `least` to `most`; and what follows.
pub(super) fn digits(text: &[u8], count: usize, least: i64, most: i64) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    let number = digits.iter().try_fold(0_i64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    })?;
    (least..=most).contains(&number).then_some((number, rest))
}

/// `HH:MM` with hours up to `most`; and what follows.
pub(super) fn hours_and_minutes(text: &[u8], most: i64) -> Option<(i64, i64, &[u8])> {
    let (hours, rest) = digits(text, 2, 0, most)?;
    let (minutes, rest) = digits(rest.strip_prefix(b":")?, 2, 0, 59)?;
    Some((hours, minutes, rest))
}

/// `[-]YYYY-MM-DD`, with or without a time behind it.
fn day_and_time(text: &[u8]) -> Option<Moment> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (year, rest) = digits(text, 4, 0, 14_712)?;
    let (month, rest) = digits(rest.strip_prefix(b"-")?, 2, 1, 12)?;
    let (day, rest) = digits(rest.strip_prefix(b"-")?, 2, 1, 31)?;
    let gap = rest.iter().take_while(|byte| is_space(**byte) || **byte == b'T').count();
    let rest = &rest[gap..];
    let mut moment = if rest.is_empty() { Moment::default() } else { day_of_2000(rest)? };
    let year = if negative { -year } else { year };
    let mut date = Day { year, month, day };
    if let Some(time) = &mut moment.time
        && time.hour == 24
    {
        time.hour = 0;
        date.day += 1;
        let last = days_of_month(year, month);
        if date.day > last {
            date = Day { year, month: month + 1, day: date.day - last };
        }
    }
    moment.set_day(date.year, date.month, date.day);
    if moment.offset != 0 {
        moment.count()?;
    }
    Some(moment)
}

/// `HH:MM[:SS[.SSS]]` with or without an offset behind it, by itself a time of 2000-01-01.
pub(super) fn day_of_2000(text: &[u8]) -> Option<Moment> {
    let (hour, minute, mut rest) = hours_and_minutes(text, 24)?;
    let mut second = 0.0;
    if let Some(behind) = rest.strip_prefix(b":") {
        let (whole, behind) = digits(behind, 2, 0, 59)?;
        (second, rest) = (real(whole), behind);
        if let Some((fraction, behind)) = fraction(behind) {
            second += fraction;
            rest = behind;
        }
    }
    if hour == 24 && (minute, second) != (0, 0.0) {
        return None;
    }
    let mut moment = Moment { time: Some(TimeOfDay { hour, minute, second }), ..Moment::default() };
    offset(rest, &mut moment)?;
    Some(moment)
}

/// `.SSS`, any number of digits, less than a second also where it would be shown as one.
fn fraction(text: &[u8]) -> Option<(f64, &[u8])> {
    let text = text.strip_prefix(b".")?;
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    let (mut number, mut scale) = (0.0, 1.0);
    for digit in digits {
        number = number * 10.0 + f64::from(digit - b'0');
        scale *= 10.0;
    }
    // So many digits that they have no number are none.
    let fraction = if f64::is_finite(number / scale) { number / scale } else { 0.0 };
    (count > 0).then_some((fraction.min(0.999), rest))
}

/// `Z` or `(+|-)HH:MM`, which may be missing; `None` where anything else stands there.
fn offset(text: &[u8], moment: &mut Moment) -> Option<()> {
    let text = skip_spaces(text);
    let (sign, behind) = match text.split_first() {
        None => return Some(()),
        Some((b'-', behind)) => (-1, behind),
        Some((b'+', behind)) => (1, behind),
        Some((b'Z' | b'z', behind)) => (0, behind),
        Some(_) => return None,
    };
    let mut rest = behind;
    if sign != 0 {
        let (hours, minutes, behind) = hours_and_minutes(behind, 14)?;
        moment.offset = sign * (hours * 60 + minutes);
        rest = behind;
    }
    if moment.offset == 0 {
        (moment.is_utc, moment.is_local) = (true, false);
    }
    skip_spaces(rest).is_empty().then_some(())
}
