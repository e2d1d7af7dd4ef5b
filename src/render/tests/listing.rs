//! Lists of events at a terminal.

use super::*;
use crate::session::{Listing, event_columns};

/// What `.log` gives on the day after the first event, or of that day alone.
fn events(first: usize) -> Rows {
    let at = |text: &str| Value::Timestamp(Timestamp::parse(text).expect("a time"));
    let image = Value::Json(r#"{"id":1,"owner":"Ada","balance":"100.00"}"#.repeat(3).into());
    let event = |number: i64, time: &str, op: &str, who: [Value; 2], change: &str| {
        let (text, number) = (Value::text, Value::Integer(number));
        let [actor, intent] = who;
        let row = [number.clone(), at(time), text(op), text("accounts"), number.clone()];
        let rest = [number.clone(), number, Value::Null, Value::Null, image.clone(), image.clone()];
        [row.to_vec(), vec![actor, intent, text(change)], rest.to_vec()].concat()
    };
    let nobody = || [Value::Null, Value::Null];
    let amy = [Value::text("amy"), Value::text("MoneyWithdrawn")];
    let values = [
        event(1, "2026-03-01 23:59:59.9", "create_table", nobody(), "CREATE TABLE accounts"),
        event(3, "2026-03-02 02:56:12.25", "insert", nobody(), "accounts + 2, B\u{1b}b\n, 20.00"),
        event(4, "2026-03-02 02:56:12.5", "update", amy, "accounts 1: balance 100.00 → 70.00"),
    ];
    let Value::Timestamp(now) = at("2026-03-02 08:00:00") else { unreachable!("it was made so") };
    let mut events = rows(event_columns(), &values[first..]);
    events.listing = Some(Listing { now });
    events
}

/// The names that a terminal of so many columns is shown, and the last event.
fn at_width(first: usize, columns: usize) -> String {
    let terminal = Format { terminal: true, width: Some(columns), ..format(Mode::Box) };
    let text = drawn(events(first), &terminal);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('│')).collect();
    assert_eq!(lines.len(), 5 - first, "each event has one line:\n{text}");
    assert!(text.lines().all(|line| width(line) <= columns), "{text}");
    let words = |line: &str| {
        line.split('│').map(str::trim).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    format!("{}\n{}", words(lines[0]), words(lines[4 - first]))
}

#[test]
fn each_event_is_one_line_and_the_images_are_hidden_first() {
    assert_eq!(at_width(0, 60), "event | at | change\n4 | 02:56:12 | accounts 1: balance 100.0…");
    assert_eq!(
        at_width(1, 80),
        "event | at | actor | intent | change\n\
         4 | 02:56:12 | amy | MoneyWithdr… | accounts 1: balance 100.00 → 70.00"
    );
    assert_eq!(
        at_width(1, 100),
        "event | at | op | actor | intent | change\n\
         4 | 02:56:12 | update | amy | MoneyWithdrawn | accounts 1: balance 100.00 → 70.00"
    );
    assert_eq!(
        at_width(0, 200).lines().next(),
        Some(
            "event | at | op | table_name | row | actor | intent | change | rev | tx | note | cause"
        )
    );
    let images = |columns: usize| {
        let names = at_width(0, columns);
        [" old", " new"].map(|name| names.lines().next().is_some_and(|names| names.contains(name)))
    };
    assert!((46..500).all(|columns| matches!(images(columns), [false, false] | [true, true])));
    assert_eq!(images(499), [true, true]);
    for columns in 46..260 {
        at_width(0, columns);
        at_width(1, columns);
    }
}

#[test]
fn what_commands_a_terminal_is_shown_and_days_that_are_gone_have_a_date() {
    let terminal = Format { terminal: true, width: Some(100), ..format(Mode::Box) };
    let text = drawn(events(0), &terminal);
    assert!(text.contains(" 2026-03-01 23:59:59 "), "{text}");
    assert!(text.contains(" accounts + 2, B\\eb↵, 20.00 "), "{text}");
}

#[test]
fn elsewhere_nothing_is_hidden_or_cut() {
    let text = drawn(events(0), &format(Mode::Box));
    assert!(text.contains(" 2026-03-02 02:56:12.250000 "), "{text}");
    assert!(text.contains("\"owner\":\"Ada\""), "{text}");
    let csv = Format { terminal: true, width: Some(60), ..format(Mode::Csv) };
    let text = drawn(events(0), &csv);
    assert!(text.contains("4,2026-03-02 02:56:12.500000,update,accounts,4,amy,"), "{text}");
}
