//! Periods of states and ranges of events, held against lists that are filtered in the simplest way.
//!
//! Of every event it is known which it is, of which transaction, and when that was committed. Whether
//! it lies before a point, at it or behind it is asked of each by itself; nothing is looked up.

use crate::answer::{rows_of, told};
use crate::random::Dice;
use crate::shell::TestDirectory;
use asof::session::{Outcome, Session};
use asof::storage::{Database, Environment, FixedClock};
use asof::types::{Timestamp, Value};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many histories are made up, and how many questions are asked of each.
const HISTORIES: u64 = 8;
const QUESTIONS: usize = 250;

/// A time that no clock here comes to.
const TEN_YEARS: i64 = 315_360_000_000_000;

/// An event, or the empty database, which is before the first transaction and before all times.
#[derive(Clone, Copy, Debug)]
struct Known {
    event: u64,
    tx: u64,
    at: i64,
}

/// A point that can be written in words and asked for its place.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Event(u64),
    Transaction(u64),
    Time(i64),
    Start,
    Latest,
    Tag(usize, u64),
}

impl Asked {
    fn words(self, head: u64, dice: &mut Dice) -> String {
        match self {
            Asked::Event(event) if event <= head && dice.roll(3) == 0 => {
                format!("EVENT -{}", head - event)
            }
            Asked::Event(event) => format!("{}{event}", dice.pick(&["", "EVENT "])),
            Asked::Transaction(tx) => format!("TX {tx}"),
            Asked::Time(at) => {
                format!("{}'{}'", dice.pick(&["", "TIMESTAMP "]), Timestamp(at))
            }
            Asked::Start => "START".to_owned(),
            Asked::Latest => "LATEST".to_owned(),
            Asked::Tag(number, _) => format!("TAG tag{number}"),
        }
    }

    /// Where an event lies: before the point, at it, behind it.
    fn place_of(self, known: Known, head: u64) -> Ordering {
        match self {
            Asked::Event(event) | Asked::Tag(_, event) => known.event.cmp(&event),
            Asked::Transaction(tx) => known.tx.cmp(&tx),
            Asked::Time(at) => known.at.cmp(&at),
            Asked::Start => known.event.cmp(&0),
            Asked::Latest => known.event.cmp(&head),
        }
    }

    /// Whether an event comes before a point as the end of something: LATEST is behind all.
    fn ends_behind(self, known: Known, head: u64) -> bool {
        matches!(self, Asked::Latest) || self.place_of(known, head).is_lt()
    }

    fn is_ahead(self, all: &[Known]) -> bool {
        let last = all[all.len() - 1];
        match self {
            Asked::Event(event) => event > last.event,
            Asked::Transaction(tx) => tx > last.tx,
            // Now is behind the last event.
            Asked::Time(at) => at > last.at + 1,
            Asked::Start | Asked::Latest | Asked::Tag(..) => false,
        }
    }
}

/// A table that changes, by transactions of one event and of several, at times that are far apart and
/// close together; a clock that stands is behind all of them in the end.
fn history(dice: &mut Dice) -> (Session, Vec<Known>, Vec<u64>) {
    let start = Timestamp::parse("2026-03-29 12:00").expect("a timestamp");
    let step = [0, 1, 1_000_000][dice.roll(3)];
    let environment =
        Environment { clock: Arc::new(FixedClock::new(start, step)), ..Environment::in_memory() };
    let database = Database::in_memory_with(environment).expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
    let mut tags = Vec::new();
    for number in 0..14 {
        let statement = match dice.roll(6) {
            0 | 1 => format!("INSERT INTO t VALUES ({number})"),
            2 => format!("INSERT INTO t VALUES ({number}), (-{number}), (7)"),
            3 => "UPDATE t SET a = a + 1".to_owned(),
            4 => "DELETE FROM t WHERE _row % 3 = 0".to_owned(),
            _ => {
                let event = dice.roll(usize::try_from(session.head().0).expect("small") + 1);
                tags.push(u64::try_from(event).expect("small"));
                format!("TAG tag{} AT EVENT {event}", tags.len() - 1)
            }
        };
        session.execute(&statement).expect("it runs");
    }
    let mut all = vec![Known { event: 0, tx: 0, at: i64::MIN }];
    for row in rows_of(&mut session, "SELECT event, tx, at FROM _events").expect("the log") {
        let [Value::Integer(event), Value::Integer(tx), Value::Timestamp(at)] = row[..] else {
            panic!("{row:?}")
        };
        all.push(Known { event: event.unsigned_abs(), tx: tx.unsigned_abs(), at: at.0 });
    }
    (session, all, tags)
}

fn point(dice: &mut Dice, all: &[Known], tags: &[u64]) -> Asked {
    let some = all[1 + dice.roll(all.len() - 1)];
    let further = u64::try_from(dice.roll(3)).expect("small");
    match dice.roll(9) {
        0 | 1 => Asked::Event(some.event),
        2 => Asked::Event(some.event + further),
        3 | 4 => Asked::Transaction(some.tx),
        5 => Asked::Transaction(some.tx + further),
        6 => Asked::Time(some.at + [-1, 0, 0, 1, TEN_YEARS][dice.roll(5)]),
        7 if !tags.is_empty() => {
            let number = dice.roll(tags.len());
            Asked::Tag(number, tags[number])
        }
        7 => Asked::Start,
        _ => [Asked::Start, Asked::Latest][dice.roll(2)],
    }
}

/// The numbers in the first column.
fn numbers(session: &mut Session, query: &str) -> Result<Vec<u64>, String> {
    let number = |row: &Vec<Value>| {
        let Value::Integer(number) = row[0] else { panic!("{row:?}") };
        number.unsigned_abs()
    };
    match rows_of(session, query) {
        Ok(rows) => Ok(rows.iter().map(number).collect()),
        Err(error) => Err(error.code().to_owned()),
    }
}

/// The events of a REPLAY, by its headings.
fn replayed(session: &mut Session, statement: &str) -> Result<Vec<u64>, String> {
    let Outcome::Replay(replay) = session.execute(statement).map_err(|e| e.code().to_owned())?
    else {
        panic!("{statement}: no replay")
    };
    let event = |heading: &str| heading[1..].split(' ').next().and_then(|n| n.parse().ok());
    Ok(replay.map(|frame| event(&frame.expect("a frame").heading).expect("a number")).collect())
}

#[test]
fn ranges_have_the_events_that_lie_between_their_points() {
    let mut asked = 0;
    for seed in 1..=HISTORIES {
        let mut dice = Dice::of(seed);
        let (mut session, all, tags) = history(&mut dice);
        let head = all[all.len() - 1].event;
        for _ in 0..QUESTIONS {
            let (from, to) = (point(&mut dice, &all, &tags), point(&mut dice, &all, &tags));
            let (first, last) = (from.words(head, &mut dice), to.words(head, &mut dice));
            let at_or_after = |known: Known| from.place_of(known, head).is_ge();
            let after = |known: Known| from.place_of(known, head).is_gt();
            let before = |known: Known| to.ends_behind(known, head);
            let up_to = |known: Known| to.place_of(known, head).is_le();
            let (range, is_in): (String, &dyn Fn(Known) -> bool) = match dice.roll(6) {
                0 => (format!("FROM {first} TO {last}"), &|e| at_or_after(e) && before(e)),
                1 => (format!("BETWEEN {first} AND {last}"), &|e| at_or_after(e) && up_to(e)),
                2 => (format!("AFTER {first} TO {last}"), &|e| after(e) && before(e)),
                3 => (format!("SINCE {first}"), &at_or_after),
                4 => (format!("AFTER {first}"), &after),
                _ => (format!("TO {last}"), &before),
            };
            let wanted: Vec<u64> =
                all[1..].iter().filter(|e| is_in(**e)).map(|e| e.event).collect();
            let found = numbers(&mut session, &format!("EVENTS {range}"));
            let again = replayed(&mut session, &format!("REPLAY {range}"));
            assert_eq!(found, again, "seed {seed}: {range}");
            match found {
                Err(code) => assert_eq!((&*code, wanted), ("empty-period", Vec::new()), "{range}"),
                Ok(found) => assert_eq!(found, wanted, "seed {seed}: {range}"),
            }
            let first_two: Vec<u64> = wanted_of(&mut session, &range, 2);
            assert!(first_two.len() <= 2, "{range}");
            // A HISTORY has those of its table, if there is one where the range ends.
            let history = format!("SELECT event FROM (HISTORY OF t {range}) h");
            if let Ok(changes) = numbers(&mut session, &history) {
                let rows = numbers(&mut session, &format!("EVENTS FOR t {range}"));
                let rows = rows.expect("as good a range").into_iter().filter(|e| *e > 1);
                assert_eq!(changes, rows.collect::<Vec<_>>(), "seed {seed}: {range}");
                asked += 1;
            }
        }
    }
    assert!(asked > QUESTIONS, "{asked} histories");
}

/// The first events of a range, as many as LIMIT allows.
fn wanted_of(session: &mut Session, range: &str, limit: usize) -> Vec<u64> {
    let all = numbers(session, &format!("EVENTS {range}")).unwrap_or_default();
    let some = numbers(session, &format!("EVENTS {range} LIMIT {limit}")).unwrap_or_default();
    assert_eq!(some, all[..all.len().min(limit)], "{range}");
    some
}

#[test]
fn periods_have_what_was_visible_at_one_of_their_moments() {
    let mut asked = 0;
    for seed in 1..=HISTORIES {
        let mut dice = Dice::of(seed);
        let (mut session, all, tags) = history(&mut dice);
        let head = all[all.len() - 1].event;
        let visible: Vec<Vec<Vec<Value>>> = (1..=head)
            .map(|event| format!("SELECT _row, _rev FROM t AS OF EVENT {event}"))
            .map(|query| rows_of(&mut session, &query).expect("a moment"))
            .collect();
        for _ in 0..QUESTIONS {
            let (from, to) = (point(&mut dice, &all, &tags), point(&mut dice, &all, &tags));
            let (first, last) = (from.words(head, &mut dice), to.words(head, &mut dice));
            let with_end = dice.roll(2) == 0;
            let period = match with_end {
                true => format!("BETWEEN {first} AND {last}"),
                false => format!("FROM {first} TO {last}"),
            };
            let query = format!("SELECT _row, _rev FROM t FOR SYSTEM_TIME {period}");
            let found = rows_of(&mut session, &query);
            if from.is_ahead(&all) || to.is_ahead(&all) {
                let code = found.map_err(|error| error.code()).expect_err(&query);
                assert!(["beyond-head", "empty-period"].contains(&code), "{query}: {code}");
                continue;
            }
            // The state at the first point is what the last event before it or there left.
            let begins = all.iter().rfind(|e| from.place_of(**e, head).is_le());
            let begins = begins.map_or(0, |known| known.event);
            let is_in = |known: &&Known| {
                let ends = match with_end {
                    true => to.place_of(**known, head).is_le(),
                    false => to.ends_behind(**known, head),
                };
                known.event >= begins && ends
            };
            let is_no_time = matches!(
                (from, to),
                (Asked::Time(from), Asked::Time(to)) if from == to && !with_end
            );
            let moments: Vec<u64> =
                all.iter().filter(is_in).filter(|_| !is_no_time).map(|e| e.event).collect();
            let wanted: BTreeSet<String> = moments
                .iter()
                .filter(|event| **event > 0)
                .flat_map(|event| &visible[usize::try_from(*event - 1).expect("small")])
                .map(|row| format!("{row:?}"))
                .collect();
            match found {
                Ok(rows) => {
                    let found: BTreeSet<String> =
                        rows.iter().map(|row| format!("{row:?}")).collect();
                    assert_eq!(rows.len(), found.len(), "{query}: a version twice");
                    assert_eq!(found, wanted, "seed {seed}: {query}, {moments:?}");
                    asked += 1;
                }
                Err(error) => {
                    let expected = if moments.is_empty() && begins > 0 {
                        "empty-period"
                    } else if moments.is_empty() {
                        "unknown-table, empty-period"
                    } else {
                        "unknown-table"
                    };
                    assert!(expected.contains(error.code()), "{query}: {error}, {moments:?}");
                    assert!(wanted.is_empty(), "{query}: {error}");
                }
            }
        }
    }
    assert!(asked > QUESTIONS, "{asked} periods");
}

#[test]
fn now_is_behind_the_last_event_whatever_the_clock_says() {
    let noon = Timestamp::parse("2026-03-29 12:00").expect("a timestamp");
    for step in [0, 1, -1, -3_600_000_000, 3_600_000_000] {
        let environment = Environment {
            clock: Arc::new(FixedClock::new(noon, step)),
            ..Environment::in_memory()
        };
        let database = Database::in_memory_with(environment).expect("a database in memory");
        let mut session = Session::new(Arc::new(database));
        session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
        for a in 1..=3 {
            session.execute(&format!("INSERT INTO t VALUES ({a})")).expect("it runs");
        }
        for (query, rows) in [
            ("SELECT count(*) FROM t AS OF 'now'", "3"),
            ("SELECT count(*) FROM t BEFORE 'now'", "3"),
            ("SELECT count(*) FROM t AS OF '0 seconds ago'", "3"),
            ("SELECT count(*) FROM t FOR SYSTEM_TIME FROM START TO 'now'", "3"),
            ("SELECT count(*) FROM (HISTORY OF t TO 'now')", "3"),
            ("SELECT count(*) FROM (HISTORY OF t SINCE 'now')", "0"),
        ] {
            assert_eq!(told(&mut session, query), rows, "{query}, a clock of {step}");
        }
        session.execute("SET BEFORE EVENT 4").expect("a moment");
        assert_eq!(told(&mut session, "SELECT count(*) FROM t"), "2");
        session.execute("SET AS OF LATEST").expect("the present");
    }
}

#[test]
fn what_lies_ahead_is_said() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(a); INSERT INTO t VALUES (1);\n";
    for (statement, rows, notice) in [
        ("EVENTS SINCE EVENT 3", "", ""),
        ("EVENTS AFTER EVENT 2", "", ""),
        ("EVENTS AFTER LATEST", "", ""),
        ("SELECT op FROM (HISTORY OF t SINCE TIMESTAMP '2099-01-01')", "", ""),
        (
            "SELECT op FROM (HISTORY OF t TO EVENT 9)",
            "insert\n",
            "event 9 has not happened; the last is 2: the range ends with event 2",
        ),
        (
            "SELECT op FROM (HISTORY OF t BETWEEN TX 2 AND '2099-01-01')",
            "insert\n",
            "2099-01-01 00:00:00 has not come yet: the range ends with event 2",
        ),
    ] {
        let run = place.run(&["--list"], format!("{script}{statement};\n"));
        assert_eq!((run.code, &*run.out), (0, rows), "{statement}: {}", run.err);
        assert_eq!(run.err.contains("has not"), !notice.is_empty(), "{statement}: {}", run.err);
        assert!(run.err.contains(notice), "{statement}: {}", run.err);
    }
}

#[test]
fn a_clock_that_is_far_behind_the_log_is_said_once() {
    let place = TestDirectory::new();
    let ahead = ["bank", "--clock", "2036-01-01T00:00:00Z+1"];
    assert_eq!(place.run(&ahead, "CREATE TABLE t(a); INSERT INTO t VALUES (1);").code, 0);
    let behind = ["bank", "--list", "--clock", "2026-01-01T00:00:00Z+1"];
    let run = place
        .run(&behind, "SELECT count(*) FROM t AS OF '0 seconds ago';\nINSERT INTO t VALUES (2);");
    assert_eq!((run.code, &*run.out), (0, "1\n"), "{}", run.err);
    let said = "the last event was committed at 2036-01-01";
    assert_eq!(run.err.matches(said).count(), 1, "{}", run.err);
    assert!(run.err.contains("3652 days ahead of the clock: moments like 'now'"), "{}", run.err);
    let near = ["bank", "--list", "--clock", "2035-12-31T12:00:00Z+1"];
    assert_eq!(place.run(&near, "SELECT count(*) FROM t;").err, "");
}

#[test]
fn a_session_begins_before_a_point() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (3);";
    assert_eq!(place.run(&["bank"], script).code, 0);
    let count = "SELECT count(*) FROM t;\n";
    for (point, rows) in
        [("BEFORE TX 3", "1\n"), ("before event 4", "2\n"), ("BEFORE LATEST", "2\n")]
    {
        let run = place.run(&["bank", "--list", "--at", point], count);
        assert_eq!((run.code, &*run.out), (0, rows), "{point}: {}", run.err);
        let run = place.run(&["bank", "--list"], format!(".goto {point}\n{count}"));
        assert!(run.out.ends_with(rows), "{point}: {}{}", run.out, run.err);
    }
    let run = place.run(&["bank", "--at", "BEFORE START"], count);
    assert!(run.code != 0 && run.err.contains("nothing was before the start"), "{}", run.err);
}
