//! Modifiers: `+1 month`, `start of year`, `weekday 0`, `unixepoch`.

use super::moment::{DAY, Day, Moment, TimeOfDay, UNIX_EPOCH, cut, real};
use super::time_string::{day_of_2000, digits, hours_and_minutes, is_space, number, skip_spaces};

/// Applies a modifier; `None` where it is none, or leads beyond all years. `is_first` says whether
/// it stands right behind the time.
pub(super) fn apply(moment: &mut Moment, text: &str, is_first: bool) -> Option<()> {
    if text.starts_with(|c: char| matches!(c, '+' | '-' | '0'..='9')) {
        return step(moment, text.as_bytes());
    }
    let word = text.to_ascii_lowercase();
    if let Some(unit) = word.strip_prefix("start of ") {
        return start_of(moment, unit);
    }
    if let Some(unit) = word.strip_prefix("end of ") {
        return end_of(moment, unit);
    }
    if let Some(day) = word.strip_prefix("weekday ") {
        return weekday(moment, day);
    }
    match word.as_str() {
        "auto" if is_first => either(moment),
        "julianday" if is_first => julian_day(moment),
        "unixepoch" if is_first => unix_seconds(moment),
        "ceiling" => {
            moment.beyond_month = 0;
            moment.shift(0)
        }
        "floor" => moment.shift(-moment.beyond_month * DAY),
        "localtime" => {
            if !moment.is_local {
                moment.shift(0)?;
                moment.broken_down()?;
            }
            (moment.is_utc, moment.is_local) = (false, true);
            Some(())
        }
        "utc" => {
            if !moment.is_utc {
                *moment = Moment { is_utc: true, ..Moment::counted(moment.count()?) };
            }
            Some(())
        }
        "subsec" | "subsecond" => {
            moment.shows_fraction = true;
            Some(())
        }
        _ => None,
    }
}

/// `unixepoch`: the number that stands as the time counts seconds since 1970.
fn unix_seconds(moment: &mut Moment) -> Option<()> {
    let milliseconds = moment.raw? * 1000.0 + real(UNIX_EPOCH);
    if !(0.0..464_269_060_800_000.0).contains(&milliseconds) {
        return None;
    }
    moment.forget();
    (moment.raw, moment.julian) = (None, Some(cut(milliseconds + 0.5)));
    Some(())
}

/// `julianday`: the number is a Julian day.
fn julian_day(moment: &mut Moment) -> Option<()> {
    moment.julian?;
    moment.raw.take().map(|_| ())
}

/// `auto`: the number is a Julian day where it can be one, else it counts seconds. What is no number
/// stays what it is, and so does one that can be neither, which is no time in the end.
fn either(moment: &mut Moment) -> Option<()> {
    match (moment.raw, moment.julian) {
        (Some(seconds), None) => {
            if (-210_866_760_000.0..=253_402_300_799.0).contains(&seconds) {
                unix_seconds(moment)?;
            }
        }
        _ => moment.raw = None,
    }
    Some(())
}

fn start_of(moment: &mut Moment, unit: &str) -> Option<()> {
    let day = known_day(moment, TimeOfDay { hour: 0, minute: 0, second: 0.0 })?;
    moment.day = Some(match unit {
        "day" => day,
        "month" => Day { day: 1, ..day },
        "year" => Day { month: 1, day: 1, ..day },
        _ => return None,
    });
    Some(())
}

fn end_of(moment: &mut Moment, unit: &str) -> Option<()> {
    let day = known_day(moment, TimeOfDay { hour: 23, minute: 59, second: 59.999 })?;
    match unit {
        "day" => Some(()),
        "month" => {
            moment.set_day(day.year, day.month + 1, 1);
            moment.shift(-DAY)
        }
        "year" => {
            moment.day = Some(Day { month: 12, day: 31, ..day });
            Some(())
        }
        _ => None,
    }
}

/// The day of a moment that is one, whose time is set.
fn known_day(moment: &mut Moment, time: TimeOfDay) -> Option<Day> {
    if moment.julian.is_none() && moment.day.is_none() && moment.time.is_none() {
        return None;
    }
    let day = moment.calendar()?;
    (moment.time, moment.raw, moment.offset, moment.julian) = (Some(time), None, 0, None);
    Some(day)
}

/// On to the next day of the week of this number, 0 for Sunday; back, if it has a sign.
fn weekday(moment: &mut Moment, text: &str) -> Option<()> {
    let wanted = number(text).filter(|wanted| (-6.0..=6.0).contains(wanted))?;
    if wanted.fract() != 0.0 {
        return None;
    }
    moment.broken_down()?;
    moment.offset = 0;
    let is = (moment.count()? + 3 * DAY / 2) / DAY % 7;
    let ahead = (cut(wanted).abs() - is).rem_euclid(7);
    let back = if ahead != 0 && text.contains('-') { 7 } else { 0 };
    moment.shift((ahead - back) * DAY)
}

/// `±N units`, `±HH:MM[:SS.SSS]`, `±YYYY-MM-DD [HH:MM]`.
fn step(moment: &mut Moment, text: &[u8]) -> Option<()> {
    let end = (1..text.len()).find(|at| match text[*at] {
        b':' => true,
        b'-' => matches!(at, 5 | 6) && digits(&text[1..], at - 1, 0, 14_712).is_some(),
        byte => is_space(byte),
    });
    let end = end.unwrap_or(text.len());
    let amount = number(std::str::from_utf8(&text[..end]).ok()?)?;
    match text.get(end) {
        Some(b'-') => step_date(moment, text, end),
        Some(b':') => step_time(moment, text, text[0] == b'-'),
        _ => step_units(moment, amount, skip_spaces(&text[end..])),
    }
}

/// `±YYYY-MM-DD [HH:MM[:SS.SSS]]`, whose year ends at `end`.
fn step_date(moment: &mut Moment, text: &[u8], end: usize) -> Option<()> {
    let sign = match text[0] {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let (years, rest) = digits(&text[1..], end - 1, 0, 14_712)?;
    let (months, rest) = digits(rest.strip_prefix(b"-")?, 2, 0, 11)?;
    let (days, rest) = digits(rest.strip_prefix(b"-")?, 2, 0, 30)?;
    let (day, _) = moment.broken_down()?;
    moment.set_day(day.year + sign * years, day.month + sign * months, day.day);
    moment.shift(sign * days * DAY)?;
    match rest.split_first() {
        None => Some(()),
        Some((byte, time)) if is_space(*byte) && time.first()?.is_ascii_digit() => {
            step_time(moment, time, sign < 0)
        }
        Some(_) => None,
    }
}

/// `[±]HH:MM[:SS.SSS]`
fn step_time(moment: &mut Moment, text: &[u8], negative: bool) -> Option<()> {
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    hours_and_minutes(text, 24)?;
    let of_day = (day_of_2000(text)?.count()? + DAY / 2).rem_euclid(DAY);
    moment.shift(if negative { -of_day } else { of_day })
}

/// The units of a step: a name, the amount it must stay below, seconds.
const UNITS: &[(&str, f32, f64)] = &[
    ("second", 4.6427e+14, 1.0),
    ("minute", 7.7379e+12, 60.0),
    ("hour", 1.2897e+11, 3_600.0),
    ("day", 5_373_485.0, 86_400.0),
    ("month", 176_546.0, 2_592_000.0),
    ("year", 14_713.0, 31_536_000.0),
];

/// `±N units`. Months and years are the calendar's, but for their fraction.
fn step_units(moment: &mut Moment, amount: f64, unit: &[u8]) -> Option<()> {
    let unit = std::str::from_utf8(unit).ok()?.to_ascii_lowercase();
    let unit = unit.strip_suffix('s').unwrap_or(&unit);
    let (_, _, seconds) =
        UNITS.iter().find(|(name, below, _)| *name == unit && amount.abs() < f64::from(*below))?;
    moment.count()?;
    moment.beyond_month = 0;
    let whole = amount.trunc();
    let mut rest = amount;
    if matches!(unit, "month" | "year") {
        let (day, _) = moment.broken_down()?;
        let (years, months) = if unit == "year" { (cut(whole), 0) } else { (0, cut(whole)) };
        moment.set_day(day.year + years, day.month + months, day.day);
        rest -= whole;
    }
    let rounding = if amount < 0.0 { -0.5 } else { 0.5 };
    moment.shift(cut(rest * 1000.0 * seconds + rounding))
}
