//! Moments as texts: `YYYY-MM-DD`, `HH:MM:SS`, and whatever `strftime` is asked for.

use super::moment::{DAY, Day, Moment, TimeOfDay, cut, real};
use crate::types::Decimal;
use std::fmt::Write;

/// `YYYY-MM-DD`, with a sign before a negative year.
pub(super) fn date(moment: &mut Moment) -> Option<String> {
    let Day { year, month, day } = moment.calendar()?;
    let sign = if year < 0 { "-" } else { "" };
    Some(format!("{sign}{:04}-{month:02}-{day:02}", year.abs()))
}

/// `HH:MM:SS`, with milliseconds where they shall be shown.
pub(super) fn time(moment: &mut Moment) -> Option<String> {
    let TimeOfDay { hour, minute, second } = moment.clock()?;
    let mut text = format!("{hour:02}:{minute:02}:");
    if moment.shows_fraction {
        let milliseconds = cut(1000.0 * second + 0.5);
        let _ = write!(text, "{:02}.{:03}", milliseconds / 1000, milliseconds % 1000);
    } else {
        let _ = write!(text, "{:02}", cut(second));
    }
    Some(text)
}

/// The moment by a format; `None` where a conversion is unknown.
pub(super) fn strftime(format: &str, mut moment: Moment) -> Option<String> {
    let julian = moment.count()?;
    let parts = CalendarFields {
        julian,
        day: moment.calendar()?,
        time: moment.clock()?,
        shows_fraction: moment.shows_fraction,
    };
    let mut text = String::with_capacity(format.len() + 16);
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            parts.write(rest.next()?, &mut text)?;
        } else {
            text.push(c);
        }
    }
    Some(text)
}

/// A moment in both of its shapes.
struct CalendarFields {
    julian: i64,
    day: Day,
    time: TimeOfDay,
    shows_fraction: bool,
}

impl CalendarFields {
    fn write(&self, conversion: char, text: &mut String) -> Option<()> {
        let Day { year, month, day } = self.day;
        let TimeOfDay { hour, minute, second } = self.time;
        let whole_second = cut(second);
        let twelfth = if hour % 12 == 0 { 12 } else { hour % 12 };
        let half = if hour >= 12 { "pm" } else { "am" };
        let written = match conversion {
            'd' => write!(text, "{day:02}"),
            'e' => write!(text, "{day:2}"),
            'f' => write!(text, "{:0>6}", thousandths(second.min(59.999))),
            'F' => write!(text, "{year:04}-{month:02}-{day:02}"),
            'G' => write!(text, "{:04}", self.thursday()?.year),
            'g' => write!(text, "{:02}", self.thursday()?.year % 100),
            'H' => write!(text, "{hour:02}"),
            'k' => write!(text, "{hour:2}"),
            'I' => write!(text, "{twelfth:02}"),
            'l' => write!(text, "{twelfth:2}"),
            'j' => write!(text, "{:03}", day_of_year(self.day) + 1),
            'J' => write!(text, "{}", significant(real(self.julian) / real(DAY))),
            'm' => write!(text, "{month:02}"),
            'M' => write!(text, "{minute:02}"),
            'p' => write!(text, "{}", half.to_ascii_uppercase()),
            'P' => write!(text, "{half}"),
            'R' => write!(text, "{hour:02}:{minute:02}"),
            's' => self.write_unix_time(text),
            'S' => write!(text, "{whole_second:02}"),
            'T' => write!(text, "{hour:02}:{minute:02}:{whole_second:02}"),
            'u' => write!(text, "{}", self.after_monday() + 1),
            'w' => write!(text, "{}", self.after_sunday()),
            'U' => write!(text, "{:02}", (day_of_year(self.day) - self.after_sunday() + 7) / 7),
            'V' => write!(text, "{:02}", day_of_year(self.thursday()?) / 7 + 1),
            'W' => write!(text, "{:02}", (day_of_year(self.day) - self.after_monday() + 7) / 7),
            'Y' => write!(text, "{year:04}"),
            '%' => write!(text, "%"),
            _ => return None,
        };
        written.ok()
    }

    fn write_unix_time(&self, text: &mut String) -> std::fmt::Result {
        let milliseconds = self.julian - super::moment::UNIX_EPOCH;
        if self.shows_fraction {
            write!(text, "{}", thousandths(real(milliseconds) / 1000.0))
        } else {
            write!(text, "{}", milliseconds.div_euclid(super::moment::SECOND))
        }
    }

    /// Days since the last Monday.
    fn after_monday(&self) -> i64 {
        (self.julian + DAY / 2) / DAY % 7
    }

    /// Days since the last Sunday.
    fn after_sunday(&self) -> i64 {
        (self.after_monday() + 1) % 7
    }

    /// The Thursday of the same week, which says which year the week belongs to.
    fn thursday(&self) -> Option<Day> {
        Moment::counted(self.julian + (3 - self.after_monday()) * DAY).calendar()
    }
}

/// Days since the first of January.
fn day_of_year(day: Day) -> i64 {
    let days = |month| super::moment::days_of_month(day.year, month);
    (1..day.month).map(days).sum::<i64>() + day.day - 1
}

/// A number with three digits behind the point, rounded half up by its first 18 digits.
fn thousandths(number: f64) -> String {
    match Decimal::parse_rounded(&format!("{number:.17e}"), 3) {
        Some(rounded) => rounded.to_string(),
        None => format!("{number:.3}"),
    }
}

/// A number of at most 16 digits, as C's `%.16g` writes it.
fn significant(number: f64) -> String {
    let shown = format!("{number:.15e}");
    let Some((digits, exponent)) = shown.split_once('e') else { return shown };
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    match exponent.parse::<i32>() {
        Ok(exponent) if exponent < -4 => format!("{digits}e-{:02}", -exponent),
        Ok(exponent) => {
            let behind = usize::try_from(15 - exponent).unwrap_or(0);
            let fixed = format!("{number:.behind$}");
            let fixed = fixed.trim_end_matches('0').trim_end_matches('.');
            fixed.to_owned()
        }
        Err(_) => shown,
    }
}

/// What has to be added to the second moment to come to the first: `+YYYY-MM-DD HH:MM:SS.SSS`.
pub(super) fn difference(mut to: Moment, mut from: Moment) -> Option<String> {
    /// The Julian milliseconds of -0001-12-31, from which no year, month or day is one.
    const NOTHING: i64 = 148_699_540_800_000;
    let (end, begin) = (to.count()?, from.count()?);
    let forward = end >= begin;
    let (to_day, _) = (to.calendar()?, to.clock()?);
    let (from_day, time) = (from.calendar()?, from.clock()?);
    let sign = if forward { 1 } else { -1 };
    let mut months = sign * ((to_day.year - from_day.year) * 12 + to_day.month - from_day.month);
    // From a day in the same month as the end, month by month back to before it.
    let at = |months: i64| {
        let mut moment = Moment { time: Some(time), ..Moment::default() };
        moment.set_day(from_day.year, from_day.month + sign * months, from_day.day);
        moment.count()
    };
    let mut near = at(months)?;
    while sign * (end - near) < 0 {
        months -= 1;
        near = at(months)?;
    }
    let mut rest = Moment::counted(sign * (end - near) + NOTHING);
    let (days, TimeOfDay { hour, minute, second }) = (rest.calendar()?.day - 1, rest.clock()?);
    let mark = if forward { '+' } else { '-' };
    let (years, months) = (months / 12, months % 12);
    let second = thousandths(second);
    Some(format!("{mark}{years:04}-{months:02}-{days:02} {hour:02}:{minute:02}:{second:0>6}"))
}
