//! SQLite's date and time functions, modifier by modifier.
//!
//! A time string, with what modifiers make of it, is a [`Moment`]: a count of milliseconds, or a
//! calendar day and a time that are not counted yet, as the modifiers need it. The rules are those of
//! SQLite's `date.c`, its oddities included, because scripts rely on what it answers: a property test
//! asks both. Days are counted by jiff. What is no time is NULL, never an error.
//!
//! The session's zone is UTC, so that `localtime` and `utc` change nothing but what they say of the
//! moment. `now` is the time of the statement.

mod format;
mod modifier;
mod moment;
mod time_string;

use self::moment::{Moment, SECOND};
use crate::planner::CalendarFunction;
use crate::types::{Timestamp, Value};

/// Calls a function; NULL where an argument is no time, or one that no year has.
pub(super) fn call(function: CalendarFunction, arguments: &[Value], now: Timestamp) -> Value {
    computed(function, arguments, now).unwrap_or(Value::Null)
}

fn computed(function: CalendarFunction, arguments: &[Value], now: Timestamp) -> Option<Value> {
    match function {
        CalendarFunction::Date => {
            let mut moment = moment(arguments, now)?;
            Some(Value::text(format::date(&mut moment)?))
        }
        CalendarFunction::Time => {
            let mut moment = moment(arguments, now)?;
            Some(Value::text(format::time(&mut moment)?))
        }
        CalendarFunction::Datetime => {
            let mut moment = moment(arguments, now)?;
            let day = format::date(&mut moment)?;
            Some(Value::text(format!("{day} {}", format::time(&mut moment)?)))
        }
        CalendarFunction::Julianday => Some(Value::real(moment(arguments, now)?.julian_day()?)),
        CalendarFunction::Unixepoch => {
            let mut moment = moment(arguments, now)?;
            let since_1970 = moment.unix_milliseconds()?;
            Some(if moment.shows_fraction {
                Value::real(moment::real(since_1970) / 1000.0)
            } else {
                // Moments before 1970 are cut as their Julian days are, which are never negative.
                Value::Integer(since_1970.div_euclid(SECOND))
            })
        }
        CalendarFunction::Strftime => {
            let (format, arguments) = arguments.split_first()?;
            let moment = moment(arguments, now)?;
            format::strftime(&format.to_text(), moment).map(Value::text)
        }
        CalendarFunction::Timediff => {
            let of = |at: usize| moment(arguments.get(at..=at)?, now);
            format::difference(of(0)?, of(1)?).map(Value::text)
        }
    }
}

/// The moment that a time string, or a number, and modifiers behind it are; `now` without any.
fn moment(arguments: &[Value], now: Timestamp) -> Option<Moment> {
    let Some((time, modifiers)) = arguments.split_first() else { return Some(Moment::at(now)) };
    // A day is what its text would be read as.
    let day = if let Value::Date(date) = time { date.calendar() } else { None };
    let mut moment = match (time, day) {
        (_, Some(day)) => Moment::of_day(day),
        (Value::Null, None) => return None,
        (Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_), None) => {
            Moment::of_number(super::arithmetic::to_real(time))
        }
        (
            Value::Date(_) | Value::Timestamp(_) | Value::Text(_) | Value::Json(_) | Value::Blob(_),
            None,
        ) => time_string::time(&time.to_text(), now)?,
    };
    for (at, modifier) in modifiers.iter().enumerate() {
        if modifier.is_null() {
            return None;
        }
        modifier::apply(&mut moment, &modifier.to_text(), at == 0)?;
    }
    moment.settle(modifiers.is_empty())?;
    Some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Date;

    #[test]
    fn a_day_is_what_its_text_is_read_as() {
        let days = ["0000-01-01", "1969-12-31", "2023-12-31", "2024-02-29", "9999-12-31"];
        let modifiers =
            ["+1 month", "start of year", "weekday 2", "auto", "unixepoch", "-1.5 days"];
        let functions = [
            CalendarFunction::Date,
            CalendarFunction::Time,
            CalendarFunction::Datetime,
            CalendarFunction::Julianday,
            CalendarFunction::Unixepoch,
        ];
        let now = Timestamp(0);
        for text in days {
            let day = Value::Date(Date::parse(text).expect("a day"));
            let both = |function, rest: &[Value]| {
                let of = |time: &Value| {
                    let mut arguments = rest.to_vec();
                    let at = usize::from(function == CalendarFunction::Strftime);
                    arguments.insert(at, time.clone());
                    call(function, &arguments, now)
                };
                assert_eq!(of(&day), of(&Value::text(text)), "{function:?} of {text} {rest:?}");
            };
            for function in functions {
                both(function, &[]);
                modifiers.iter().for_each(|modifier| both(function, &[Value::text(*modifier)]));
            }
            both(CalendarFunction::Strftime, &[Value::text("%Y %j %W %G-%V %J %s %H:%M %f")]);
        }
        let beyond = Value::Date(Date(i32::MAX));
        assert_eq!(call(CalendarFunction::Date, &[beyond], now), Value::Null);
    }
}
