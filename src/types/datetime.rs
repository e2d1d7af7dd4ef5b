//! Days and moments: proleptic Gregorian, UTC, microseconds.
//!
//! The years that can be written are 0000 to 9999, all of 9999 included: its last day is what many
//! tables write for "never". Texts sort as their moments do, and read back, only with four digits. That is why moments are computed here as civil ones; jiff's own end a day
//! earlier.

use jiff::SignedDuration;
use jiff::civil;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use std::fmt;
use std::str::FromStr;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// 1970-01-01 00:00:00.
const EPOCH: civil::DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// A day, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

/// A moment in UTC, as microseconds since 1970-01-01 00:00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Date {
    /// No day: what comes before each of them.
    pub const BEFORE_ALL: Date = Date(i32::MIN);
    /// No day: what comes behind each of them.
    pub const BEHIND_ALL: Date = Date(i32::MAX);
    /// 0000-01-01, the first day that has a text.
    const FIRST: Date = Date(-719_528);
    /// 9999-12-31, the last one.
    const LAST: Date = Date(2_932_896);

    /// The day so many days later; earlier where there are less than none. `None` beyond the years
    /// that have a text.
    pub fn moved(self, days: i64) -> Option<Date> {
        let day = i32::try_from(i64::from(self.0).checked_add(days)?).ok().map(Date)?;
        (Date::FIRST..=Date::LAST).contains(&day).then_some(day)
    }

    /// Its year, month and day; `None` beyond the years that have a text.
    pub fn calendar(self) -> Option<(i64, i64, i64)> {
        let at = self.moved(0)?.midnight().civil()?;
        Some((at.year().into(), at.month().into(), at.day().into()))
    }

    /// The moment at which the day begins.
    pub fn midnight(self) -> Timestamp {
        Timestamp(i64::from(self.0).saturating_mul(MICROS_PER_DAY))
    }

    /// Reads exactly `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Date> {
        if text.len() != 10 || !text.is_ascii() {
            return None;
        }
        Some(Timestamp::from_civil(civil::Date::from_str(text).ok()?.at(0, 0, 0, 0))?.date())
    }
}

impl Timestamp {
    /// No moment: what comes before each of them.
    pub const BEFORE_ALL: Timestamp = Timestamp(i64::MIN);
    /// No moment: what comes behind each of them.
    pub const BEHIND_ALL: Timestamp = Timestamp(i64::MAX);

    /// The day that holds the moment.
    pub fn date(self) -> Date {
        let days = self.0.div_euclid(MICROS_PER_DAY);
        Date(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Reads a day with a time, `YYYY-MM-DD HH:MM[:SS[.ffffff]]`, `T` for the space, an offset or
    /// `Z` behind it; UTC where none is given. More than six digits of a second are refused.
    pub fn parse(text: &str) -> Option<Timestamp> {
        if text.len() < 16 || !text.is_ascii() || !matches!(text.as_bytes()[10], b' ' | b'T') {
            return None;
        }
        let fraction = text
            .split_once('.')
            .map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        if fraction > 6 {
            return None;
        }
        // A named zone would need its rules, which change.
        let pieces = Pieces::parse(text).ok().filter(|_| !text.contains('['))?;
        let offset = match pieces.offset() {
            None | Some(PiecesOffset::Zulu) => 0,
            Some(PiecesOffset::Numeric(offset)) => i64::from(offset.offset().seconds()),
            Some(_) => return None,
        };
        let local = Timestamp::from_civil(pieces.date().to_datetime(pieces.time()?))?;
        let moment = Timestamp(local.0.checked_sub(offset * 1_000_000)?);
        (Date::FIRST..=Date::LAST).contains(&moment.date()).then_some(moment)
    }

    /// The moment so much later; earlier where the span is negative. `None` beyond the years that have
    /// a text.
    pub fn shifted(self, by: jiff::Span) -> Option<Timestamp> {
        Timestamp::from_civil(self.civil()?.checked_add(by).ok()?)
    }

    fn from_civil(civil: civil::DateTime) -> Option<Timestamp> {
        let micros = civil.duration_since(EPOCH).as_micros();
        Some(Timestamp(i64::try_from(micros).ok()?))
    }

    fn civil(self) -> Option<civil::DateTime> {
        EPOCH.checked_add(SignedDuration::from_micros(self.0)).ok()
    }

    /// The moment as ISO 8601 with six digits of a second, as event lines carry it.
    pub fn to_iso(self) -> String {
        match self.civil() {
            Some(at) => format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                at.year(),
                at.month(),
                at.day(),
                at.hour(),
                at.minute(),
                at.second(),
                at.subsec_nanosecond() / 1000
            ),
            None => format!("{}us", self.0),
        }
    }
}

/// Prints `YYYY-MM-DD`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.midnight().civil() {
            Some(at) => write!(f, "{:04}-{:02}-{:02}", at.year(), at.month(), at.day()),
            None => write!(f, "{}d", self.0),
        }
    }
}

/// Prints `YYYY-MM-DD HH:MM:SS[.ffffff]`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = self.civil() else {
            return write!(f, "{}us", self.0);
        };
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )?;
        match at.subsec_nanosecond() / 1000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_and_print() {
        let shown = |text: &str| Timestamp::parse(text).map(|t| t.to_string());
        assert_eq!(shown("2009-01-01 00:00:00"), Some("2009-01-01 00:00:00".into()));
        assert_eq!(shown("2026-11-22T15:40:00.5Z"), Some("2026-11-22 15:40:00.500000".into()));
        assert_eq!(shown("2026-11-22T15:40+02:00"), Some("2026-11-22 13:40:00".into()));
        assert_eq!(shown("2026-11-22 15:40:00.1234567"), None);
        assert_eq!(shown("2026-11-22"), None);
        assert_eq!(shown("2026-11-22 15:40:00[Europe/Paris]"), None);
        assert_eq!(shown("2026-13-22 00:00:00"), None);
    }

    #[test]
    fn the_last_day_of_the_last_year_is_one() {
        let last = Timestamp::parse("9999-12-31 23:59:59.999999").expect("a moment");
        assert_eq!(last, Timestamp(253_402_300_799_999_999));
        assert_eq!(last.to_string(), "9999-12-31 23:59:59.999999");
        assert_eq!(last.to_iso(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Date::parse("9999-12-31"), Some(last.date()));
        assert_eq!(last.date().to_string(), "9999-12-31");
        let shown = |text: &str| Timestamp::parse(text).map(|t| t.to_string());
        assert_eq!(shown("9999-12-31T23:59:59+01:00"), Some("9999-12-31 22:59:59".into()));
        assert_eq!(shown("9999-12-31T23:59:59-00:01"), None);
        assert_eq!(Timestamp(last.0 + 1).to_string(), "253402300800000000us");
        assert_eq!(shown("0000-01-01 00:00:00Z"), Some("0000-01-01 00:00:00".into()));
        assert_eq!(shown("0000-01-01 00:00:00+00:01"), None);
        assert_eq!(Date::parse("0000-01-01"), Some(Date::FIRST));
        assert_eq!(Date::parse("9999-12-31"), Some(Date::LAST));
        assert_eq!(Date::LAST.moved(1), None);
        assert_eq!(Date::LAST.moved(-3_652_424), Some(Date::FIRST));
        assert_eq!(Date::FIRST.moved(i64::MIN), None);
        for extreme in [i64::MIN, i64::MAX] {
            assert_eq!(Timestamp(extreme).to_string(), format!("{extreme}us"));
            assert_eq!(
                Timestamp(extreme).date().midnight().to_iso(),
                format!("{}us", Timestamp(extreme).date().midnight().0)
            );
        }
    }

    #[test]
    fn days_read_and_print() {
        assert_eq!(Date::parse("1969-12-31"), Some(Date(-1)));
        assert_eq!(Date::parse("2024-02-29").map(|d| d.to_string()), Some("2024-02-29".into()));
        assert_eq!(Date::parse("2023-02-29"), None);
        assert_eq!(Date::parse("2023-2-2"), None);
        assert_eq!(Timestamp(-1).date(), Date(-1));
    }
}
