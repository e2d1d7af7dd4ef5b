//! Times in words: `5 minutes ago`, `yesterday 14:00`.
//!
//! Days begin at midnight in UTC, as in PostgreSQL. A month ago is the same day of the month before, or
//! its last one.

use crate::types::{DataType, Date, Timestamp, Value};
use jiff::Span;
use jiff::fmt::friendly::SpanParser;

/// The time that words mean, or an ISO date or timestamp; `None` for what is neither. The clock is
/// looked at only for words.
pub(super) fn read(text: &str, now: impl FnOnce() -> Timestamp) -> Option<Timestamp> {
    if let Ok(Value::Timestamp(at)) = DataType::Timestamp.accept(Value::text(text.trim())) {
        return Some(at);
    }
    let words = text.to_ascii_lowercase();
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    match words.as_slice() {
        ["now"] => Some(now()),
        ["today"] => Some(now().date().midnight()),
        ["yesterday"] => day_before(now()).map(Date::midnight),
        ["today", time] => on(now().date(), time),
        ["yesterday", time] => on(day_before(now())?, time),
        [.., "ago"] => ago(&words.join(" "), now()),
        _ => None,
    }
}

fn day_before(now: Timestamp) -> Option<Date> {
    now.date().0.checked_sub(1).map(Date)
}

/// A time of a day, `14:00` or `14:00:30.5`.
fn on(day: Date, time: &str) -> Option<Timestamp> {
    // A day or an offset would be another way to write the whole.
    let is_time = time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    let padded = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    is_time.then(|| Timestamp::parse(&format!("{day} {padded}"))).flatten()
}

/// So long before now: `2 days 3 hours ago`.
fn ago(words: &str, now: Timestamp) -> Option<Timestamp> {
    if !words.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let span: Span = SpanParser::new().parse_span(words).ok()?;
    // Nothing is ago that is yet to come.
    if span.is_positive() { None } else { now.shifted(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a timestamp")
    }

    #[test]
    fn words_mean_times() {
        let now = at("2026-03-31 12:30:15.5");
        for (words, meant) in [
            ("now", "2026-03-31 12:30:15.5"),
            ("Today", "2026-03-31 00:00"),
            ("yesterday", "2026-03-30 00:00"),
            ("today 14:00", "2026-03-31 14:00"),
            (" TODAY   9:05:07.25 ", "2026-03-31 09:05:07.25"),
            ("yesterday 09:30", "2026-03-30 09:30"),
            ("5 minutes ago", "2026-03-31 12:25:15.5"),
            ("1 minute ago", "2026-03-31 12:29:15.5"),
            ("2 days 3 hours ago", "2026-03-29 09:30:15.5"),
            ("2 days, 3 hours ago", "2026-03-29 09:30:15.5"),
            ("1 week ago", "2026-03-24 12:30:15.5"),
            ("1 month ago", "2026-02-28 12:30:15.5"),
            ("1 year ago", "2025-03-31 12:30:15.5"),
            ("90 seconds ago", "2026-03-31 12:28:45.5"),
            ("500 milliseconds ago", "2026-03-31 12:30:15"),
            ("0 seconds ago", "2026-03-31 12:30:15.5"),
            ("2026-03-01", "2026-03-01 00:00"),
            ("2026-03-01 10:00", "2026-03-01 10:00"),
            ("2026-03-01T10:00:00+02:00", "2026-03-01 08:00"),
        ] {
            let padded = if meant.len() < 16 { format!("{meant} 00:00") } else { meant.to_owned() };
            assert_eq!(read(words, || now), Some(at(&padded)), "{words}");
        }
    }

    #[test]
    fn other_words_mean_none() {
        for words in [
            "",
            "ago",
            "5 minutes",
            "5 mintes ago",
            "-5 minutes ago",
            "minutes ago",
            "today yesterday",
            "today 25:00",
            "today 14",
            "today 14:00+02:00",
            "today 2026-03-01",
            "tomorrow",
            "in 5 minutes",
            "999999999999 years ago",
            "19999 years ago",
            "2026-13-01",
            "PT5M",
            "é",
        ] {
            assert_eq!(read(words, || at("2026-03-31 12:30:15")), None, "{words}");
        }
    }
}
