//! A moment between its two shapes: a count of milliseconds, and a calendar day with a time.

use crate::types::Timestamp;
use jiff::civil;

/// A second, in milliseconds.
pub(super) const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// An hour, in milliseconds.
pub(super) const HOUR: i64 = 60 * MINUTE;
/// A day, in milliseconds.
pub(super) const DAY: i64 = 24 * HOUR;

/// The Julian milliseconds of 1970-01-01 00:00:00. They begin at noon of -4713-11-24.
pub(super) const UNIX_EPOCH: i64 = 210_866_760_000 * SECOND;
/// The Julian milliseconds of the last moment, 9999-12-31 23:59:59.999.
const LAST: i64 = 464_269_060_799_999;
/// From this Julian day on a number is none.
const LAST_DAY: f64 = 5_373_484.5;

/// A calendar day. Its day may lie behind the month's last one, as in 2023-02-31.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Day {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// A time of the day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeOfDay {
    pub hour: i64,
    pub minute: i64,
    pub second: f64,
}

/// A moment as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Moment {
    /// Julian milliseconds.
    pub julian: Option<i64>,
    /// The day, where it was read or computed and nothing changed it since.
    pub day: Option<Day>,
    /// The time, likewise.
    pub time: Option<TimeOfDay>,
    /// A number that no modifier has said the meaning of yet.
    pub raw: Option<f64>,
    /// Minutes that the day and time are ahead of UTC.
    pub offset: i64,
    /// How many days the day lies behind the end of its month: what `floor` takes off.
    pub beyond_month: i64,
    /// Whether milliseconds are shown.
    pub shows_fraction: bool,
    /// Whether it is known to be UTC, so that `utc` changes nothing.
    pub is_utc: bool,
    /// Whether it is known to be local time, so that `localtime` changes nothing.
    pub is_local: bool,
}

/// An integer as the nearest double.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of 15,000 years are below 2^53")]
pub(super) fn real(integer: i64) -> f64 {
    integer as f64
}

/// A double cut towards zero.
#[expect(clippy::cast_possible_truncation, reason = "`as` holds at the ends, far beyond all years")]
pub(super) fn cut(real: f64) -> i64 {
    real as i64
}

/// How many days a month has.
pub(super) fn days_of_month(year: i64, month: i64) -> i64 {
    civil_first(year, month).map_or(31, |first| i64::from(first.days_in_month()))
}

fn civil_first(year: i64, month: i64) -> Option<civil::Date> {
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()
}

/// The Julian milliseconds of a day's midnight; `None` beyond the years that have them.
fn midnight(day: Day) -> Option<i64> {
    let first = civil_first(day.year, day.month).filter(|_| (-4713..=9999).contains(&day.year))?;
    let days = first.duration_since(civil::date(1970, 1, 1)).as_secs() / 86_400;
    Some(UNIX_EPOCH + (days + day.day - 1) * DAY)
}

impl Moment {
    /// The time of a statement, which is UTC.
    pub fn at(now: Timestamp) -> Moment {
        Moment { is_utc: true, ..Moment::counted(UNIX_EPOCH + now.0.div_euclid(1_000)) }
    }

    /// A moment of Julian milliseconds.
    pub fn counted(julian: i64) -> Moment {
        Moment { julian: Some(julian), ..Moment::default() }
    }

    /// A day of the calendar: its year, month and day.
    pub fn of_day((year, month, day): (i64, i64, i64)) -> Moment {
        Moment { day: Some(Day { year, month, day }), ..Moment::default() }
    }

    /// A number: a Julian day where it can be one, unless a modifier says otherwise.
    pub fn of_number(number: f64) -> Moment {
        let is_day = (0.0..LAST_DAY).contains(&number);
        let julian = is_day.then(|| cut(number * real(DAY) + 0.5));
        Moment { julian, raw: Some(number), ..Moment::default() }
    }

    /// Its Julian milliseconds, counted now if they were not; `None` beyond all years.
    pub fn count(&mut self) -> Option<i64> {
        if let Some(julian) = self.julian {
            return Some(julian);
        }
        if self.raw.is_some() {
            return None;
        }
        // A time without a day is one of 2000-01-01.
        let mut day = self.day.unwrap_or(Day { year: 2000, month: 1, day: 1 });
        if let (None, Some(time)) = (self.day, &mut self.time)
            && time.hour == 24
        {
            time.hour = 0;
            day.day = 2;
        }
        let mut julian = midnight(day)?;
        if let Some(time) = self.time {
            julian += time.milliseconds();
            if self.offset != 0 {
                julian -= self.offset * MINUTE;
                self.forget();
                (self.is_utc, self.is_local) = (true, false);
            }
        }
        self.julian = Some(julian);
        Some(julian)
    }

    /// Its Julian milliseconds if they have a year.
    fn valid(&mut self) -> Option<i64> {
        self.count().filter(|julian| (0..=LAST).contains(julian))
    }

    /// Its calendar day, 2000-01-01 where nothing but a time is known.
    pub fn calendar(&mut self) -> Option<Day> {
        if let Some(day) = self.day {
            return Some(day);
        }
        let day = match self.julian {
            None => Day { year: 2000, month: 1, day: 1 },
            Some(_) => {
                let days = (self.valid()? + DAY / 2).div_euclid(DAY) - (UNIX_EPOCH + DAY / 2) / DAY;
                let epoch = civil::date(1970, 1, 1);
                let at = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
                Day { year: at.year().into(), month: at.month().into(), day: at.day().into() }
            }
        };
        self.day = Some(day);
        Some(day)
    }

    /// Its time of the day.
    pub fn clock(&mut self) -> Option<TimeOfDay> {
        if let Some(time) = self.time {
            return Some(time);
        }
        let of_day = (self.count()? + DAY / 2).rem_euclid(DAY);
        let time = TimeOfDay {
            hour: of_day / HOUR,
            minute: of_day / MINUTE % 60,
            second: real(of_day % MINUTE) / 1000.0,
        };
        (self.time, self.raw) = (Some(time), None);
        Some(time)
    }

    /// Both, to be changed: nothing is counted any more.
    pub fn broken_down(&mut self) -> Option<(Day, TimeOfDay)> {
        let parts = (self.calendar()?, self.clock()?);
        self.julian = None;
        Some(parts)
    }

    /// Forgets day and time, because the count is what holds.
    pub fn forget(&mut self) {
        (self.day, self.time, self.offset) = (None, None, 0);
    }

    /// Moves the count, which is all that is left then; `None` beyond what can be counted.
    pub fn shift(&mut self, milliseconds: i64) -> Option<()> {
        self.julian = Some(self.count()?.checked_add(milliseconds)?);
        self.forget();
        Some(())
    }

    /// Sets another day of the calendar, months beyond the year carried over.
    pub fn set_day(&mut self, year: i64, month: i64, day: i64) {
        let carried = (month - 1).div_euclid(12);
        let (year, month) = (year + carried, month - carried * 12);
        self.day = Some(Day { year, month, day });
        self.beyond_month = (day - days_of_month(year, month)).max(0);
        self.julian = None;
    }

    /// Makes sure that it is a moment. One that no modifier touched (`plain`) is written with a day
    /// that its month has.
    pub fn settle(&mut self, plain: bool) -> Option<()> {
        self.valid()?;
        if plain && self.day.is_some_and(|day| day.day > 28) {
            self.day = None;
        }
        Some(())
    }

    /// Its Julian day.
    pub fn julian_day(&mut self) -> Option<f64> {
        Some(real(self.count()?) / real(DAY))
    }

    /// Milliseconds since 1970.
    pub fn unix_milliseconds(&mut self) -> Option<i64> {
        Some(self.count()? - UNIX_EPOCH)
    }
}

impl TimeOfDay {
    /// Milliseconds since midnight.
    pub fn milliseconds(self) -> i64 {
        self.hour * HOUR + self.minute * MINUTE + cut(self.second * 1000.0 + 0.5)
    }
}
