//! Dates and times: SQLite's functions against SQLite, and what is a moment compared as one.

use crate::answer::{plan, rows_of};
use crate::random::Dice;
use asof::session::Session;
use asof::storage::Database;
use asof::types::column::value_at;
use asof::types::{DataType, Value};
use std::sync::Arc;

/// How many time strings with modifiers are asked about; twenty times as many with `ASOF_EXHAUSTIVE`.
const CASES: usize = 3_000;

/// Every conversion of `strftime` but the one that is compared as a number.
const CONVERSIONS: &str =
    "%d|%e|%f|%F|%G|%g|%H|%k|%I|%l|%j|%m|%M|%p|%P|%R|%s|%S|%T|%u|%w|%U|%V|%W|%Y|%%";

fn session() -> Session {
    Session::new(Arc::new(Database::in_memory().expect("a database")))
}

/// A number of some digits, now and then one too many or too large.
fn number(dice: &mut Dice, digits: usize, most: usize) -> String {
    let number = if dice.roll(25) == 0 { dice.roll(10_usize.pow(4)) } else { dice.roll(most + 1) };
    let digits = if dice.roll(60) == 0 { digits + 1 } else { digits };
    format!("{number:0digits$}")
}

fn day(dice: &mut Dice) -> String {
    let year = match dice.roll(4) {
        0 => number(dice, 4, 9_999),
        1 => dice.pick(&["0000", "0001", "1582", "1600", "1900", "9999", "9998"]).to_owned(),
        _ => format!("{}", 1950 + dice.roll(120)),
    };
    let sign = if dice.roll(30) == 0 { "-" } else { "" };
    let day = match dice.roll(3) {
        0 => format!("{}", 27 + dice.roll(5)),
        _ => number(dice, 2, 31),
    };
    format!("{sign}{year}-{}-{day}", number(dice, 2, 12))
}

fn time_of_day(dice: &mut Dice) -> String {
    let mut text = format!("{}:{}", number(dice, 2, 24), number(dice, 2, 59));
    if dice.roll(3) > 0 {
        text += &format!(":{}", number(dice, 2, 59));
        if dice.roll(3) == 0 {
            text += &format!(".{:03}", dice.roll(1_000));
        } else if dice.roll(8) == 0 {
            text += &format!(".{:06}", dice.roll(1_000_000));
        }
    }
    text
}

/// A time string or a number, as an SQL literal.
fn time(dice: &mut Dice) -> String {
    let day = day(dice);
    let text = match dice.roll(12) {
        0..=3 => day,
        4..=6 => format!("{day} {}", time_of_day(dice)),
        7 => format!("{day}T{}Z", time_of_day(dice)),
        8 => {
            let sign = dice.pick(&["+", "-", " +", " -"]);
            format!(
                "{day} {}{sign}{}:{}",
                time_of_day(dice),
                number(dice, 2, 14),
                number(dice, 2, 59)
            )
        }
        9 => time_of_day(dice),
        10 => {
            let whole = dice.roll(5_373_484);
            return match dice.roll(3) {
                0 => format!("{whole}"),
                1 => format!("{whole}.{:05}", dice.roll(100_000)),
                _ => format!("'{whole}.{:03}'", dice.roll(1_000)),
            };
        }
        _ => {
            let sign = if dice.roll(3) == 0 { "-" } else { "" };
            return format!("{sign}{}{}", dice.roll(3_000_000), dice.roll(1_000_000));
        }
    };
    format!("'{text}'")
}

/// A modifier, but for `localtime` and `utc`, which ask the machine that SQLite runs on for its zone.
fn modifier(dice: &mut Dice, is_first: bool) -> String {
    let sign = dice.pick(&["+", "-", ""]);
    let units =
        ["days", "day", "hours", "minutes", "seconds", "second", "months", "month", "years"];
    match dice.roll(14) {
        0..=2 => format!("{sign}{} {}", dice.roll(500), dice.pick(&units)),
        3 => format!("{sign}{}.{} {}", dice.roll(50), dice.roll(100), dice.pick(&units)),
        4 => {
            dice.pick(&["start of month", "start of year", "start of day", "START OF MONTH"]).into()
        }
        5 => dice.pick(&["end of month", "end of year", "end of day", "start of week"]).into(),
        6 => format!("weekday {}{}", dice.pick(&["", "", "-"]), dice.roll(8)),
        7 => dice.pick(&["floor", "ceiling", "subsec", "subsecond"]).into(),
        8 => format!("{sign}{}", time_of_day(dice)),
        9 => {
            let sign = dice.pick(&["+", "-"]);
            let (year, month, day) = (dice.roll(30), dice.roll(13), dice.roll(32));
            let time =
                if dice.roll(2) == 0 { format!(" {}", time_of_day(dice)) } else { "".into() };
            format!("{sign}{year:04}-{month:02}-{day:02}{time}")
        }
        10 | 11 if is_first => dice.pick(&["unixepoch", "auto", "julianday"]).into(),
        12 => {
            dice.pick(&["auto", "unixepoch", "+1", "1 fortnight", "", "weekday x", "days"]).into()
        }
        _ => format!("{sign}{} {}", dice.roll(40), dice.pick(&["months", "years", "days"])),
    }
}

fn arguments(dice: &mut Dice) -> String {
    let mut arguments = time(dice);
    for at in 0..dice.roll(4) {
        arguments += &format!(", '{}'", modifier(dice, at == 0));
    }
    arguments
}

/// A value of SQLite beside one of ours.
fn is_same(ours: &Value, theirs: &rusqlite::types::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, rusqlite::types::Value::Null) => true,
        (Value::Integer(a), rusqlite::types::Value::Integer(b)) => a == b,
        (Value::Real(a), rusqlite::types::Value::Real(b)) => a.to_bits() == b.to_bits(),
        (Value::Text(a), rusqlite::types::Value::Text(b)) => **a == **b,
        _ => false,
    }
}

#[test]
fn functions_of_dates_have_sqlites_answers() {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    let cases = if exhaustive { 20 * CASES } else { CASES };
    let mut session = session();
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    let mut dice = Dice::of(10);
    let (mut wrong, mut known) = (Vec::new(), 0_usize);
    for _ in 0..cases {
        let (some, other) = (arguments(&mut dice), time(&mut dice));
        let sql = format!(
            "SELECT date({some}), time({some}), datetime({some}), julianday({some}), \
             unixepoch({some}), strftime('{CONVERSIONS}', {some}), strftime('%J', {some}), \
             timediff({}, {other})",
            some.split(", '").next().expect("a time"),
        );
        let ours = rows_of(&mut session, &sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        let theirs: Vec<rusqlite::types::Value> = sqlite
            .query_row(&sql, [], |row| (0..8).map(|at| row.get(at)).collect())
            .unwrap_or_else(|error| panic!("{sql}\n{error}"));
        known += usize::from(!ours[0][0].is_null());
        for (at, (ours, theirs)) in ours[0].iter().zip(&theirs).enumerate() {
            if !is_same(ours, theirs) {
                wrong.push(format!("{at} of {some} and {other}: {ours}, SQLite {theirs:?}"));
            }
        }
    }
    assert!(known * 2 > cases, "only {known} of {cases} were times");
    let shown = &wrong[..wrong.len().min(12)];
    assert!(wrong.is_empty(), "{} of {cases} differ\n{}", wrong.len(), shown.join("\n"));
}

/// Spellings of one moment each, as INSERT takes them, and texts that are none.
const SPELLINGS: &[&[&str]] = &[
    &["1996-07-04", "1996-07-04 00:00", "1996-07-04T00:00:00Z", "1996-07-04 02:00:00.000+02:00"],
    &["1996-07-04 12:00:00", "1996-07-04T12:00", "1996-07-04 12:00:00.000000Z"],
    &["1996-07-05", "1996-07-05 00:00:00", "1996-07-04T23:30:00-00:30"],
    &["1996-07-05T12:00:00.500Z", "1996-07-05 12:00:00.5", "1996-07-05 14:00:00.500+02:00"],
];
const NONE: &[&str] =
    &["", "1996", "1996-7-4", "1996-02-30", "noon", "~", "1996-07-04 00:00:00.0000001"];

/// Where a text stands among the moments: its place, or behind all.
fn place(text: &str) -> usize {
    SPELLINGS.iter().position(|spellings| spellings.contains(&text)).unwrap_or(SPELLINGS.len())
}

/// What a comparison says of two places.
type Test = fn(usize, usize) -> bool;

const TESTS: [(&str, Test); 7] = [
    ("=", |a, b| a == b),
    ("<>", |a, b| a != b),
    ("<", |a, b| a < b),
    ("<=", |a, b| a <= b),
    (">", |a, b| a > b),
    (">=", |a, b| a >= b),
    ("IS", |a, b| a == b),
];

/// Tables of all moments, `m` with each once and `s` with every spelling.
struct Moments {
    session: Session,
    texts: Vec<&'static str>,
}

impl Moments {
    fn new() -> Moments {
        let mut session = session();
        let mut run = |sql: &str| {
            session.execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        };
        run("CREATE TABLE m (n INTEGER PRIMARY KEY, at TIMESTAMP, day DATE)");
        run("CREATE INDEX by_at ON m (at)");
        run("CREATE INDEX by_day ON m (day)");
        run("CREATE TABLE s (t TEXT, place INTEGER)");
        for (place, spellings) in SPELLINGS.iter().enumerate() {
            // Those of whole days are days, too.
            let day = if place % 2 == 0 { format!("'{}'", spellings[0]) } else { "NULL".into() };
            run(&format!("INSERT INTO m VALUES ({place}, '{}', {day})", spellings[0]));
        }
        let spellings = SPELLINGS.iter().flat_map(|all| all.iter());
        let texts: Vec<&str> = spellings.chain(NONE).copied().collect();
        for text in &texts {
            run(&format!("INSERT INTO s VALUES ('{text}', {})", place(text)));
        }
        Moments { session, texts }
    }

    /// The places of the moments in a column of which a query's condition is true.
    fn places(&mut self, column: &str, condition: &str, given: &[Value]) -> Vec<usize> {
        let sql = format!("SELECT n FROM m WHERE {column} IS NOT NULL AND {condition}");
        let outcome = self.session.execute_with(&sql, given);
        let Ok(asof::session::Outcome::Rows(rows)) = outcome else { panic!("{sql}") };
        let mut places = Vec::new();
        for batch in rows {
            let batch = batch.unwrap_or_else(|error| panic!("{sql}\n{error}"));
            for row in 0..batch.rows {
                let place = value_at(&batch.columns[0], DataType::Integer, row);
                places.push(place.to_text().parse().expect("a number"));
            }
        }
        places
    }
}

/// The columns with how far their moments are apart.
const COLUMNS: [(&str, usize); 2] = [("at", 1), ("day", 2)];

fn expected(step: usize, test: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..SPELLINGS.len()).step_by(step).filter(|place| test(*place)).collect()
}

#[test]
fn whatever_is_a_moment_compares_as_one() {
    let mut moments = Moments::new();
    for text in moments.texts.clone() {
        let there = place(text);
        for ((column, step), (operator, test)) in
            COLUMNS.iter().flat_map(|column| TESTS.map(|test| (*column, test)))
        {
            let right = format!("{column} {operator} '{text}'");
            let meant = expected(step, |place| test(place, there));
            assert_eq!(moments.places(column, &right, &[]), meant, "{right}");
            let given = format!("{column} {operator} ?");
            assert_eq!(
                moments.places(column, &given, &[Value::text(text)]),
                meant,
                "{given} {text}"
            );
            let left = format!("'{text}' {operator} {column}");
            let meant = expected(step, |place| test(there, place));
            assert_eq!(moments.places(column, &left, &[]), meant, "{left}");
        }
    }
}

#[test]
fn every_way_to_ask_for_equality_knows_moments() {
    let mut moments = Moments::new();
    for text in moments.texts.clone() {
        let there = place(text);
        for (column, step) in COLUMNS {
            for same in [
                format!("{column} = '{text}'"),
                format!("{column} IN ('no', '{text}')"),
                format!("NOT {column} NOT IN ('no', '{text}')"),
                format!("'{text}' IN ('no', {column}, 'not')"),
                format!("{column} BETWEEN '{text}' AND '{text}'"),
                format!("CASE {column} WHEN 'no' THEN 0 WHEN '{text}' THEN 1 END"),
                format!("CASE '{text}' WHEN {column} THEN 1 END"),
                format!("nullif({column}, '{text}') IS NULL"),
                format!("max({column}, {column}) IS '{text}'"),
            ] {
                let meant = expected(step, |place| place == there);
                assert_eq!(moments.places(column, &same, &[]), meant, "{same}");
            }
        }
    }
}

#[test]
fn columns_of_texts_are_joined_with_moments() {
    let mut moments = Moments::new();
    for (on, meant) in [
        ("m.at = s.t", "s.place = m.n"),
        ("s.t = m.day", "s.place = m.n AND m.day IS NOT NULL"),
        ("s.t < m.at", "s.place < m.n"),
        ("m.day >= s.t", "m.n >= s.place AND m.day IS NOT NULL"),
    ] {
        let mut joined = |on: &str| {
            let sql = format!("SELECT count(*), sum(m.n * 100 + s.place) FROM m JOIN s ON {on}");
            rows_of(&mut moments.session, &sql).expect("a join")
        };
        let (ours, meant) = (joined(on), joined(meant));
        assert_eq!(ours, meant, "{on}");
        assert_ne!(ours[0][0], Value::Integer(0), "{on}");
    }
}

#[test]
fn what_is_a_truth_value_compares_as_one() {
    let mut session = session();
    for sql in [
        "CREATE TABLE t (n INTEGER, ok BOOLEAN, word TEXT)",
        "CREATE INDEX by_ok ON t (ok)",
        "INSERT INTO t VALUES (1, 'true', 'FALSE'), (2, 'False', 'true'), (3, 1, 'maybe')",
    ] {
        session.execute(sql).expect(sql);
    }
    for (condition, meant) in [
        ("ok = 'TRUE'", "1, 3"),
        ("ok = '1'", "1, 3"),
        ("ok IS 'false'", "2"),
        ("ok IN ('false', 'x')", "2"),
        ("ok < 'true'", "2"),
        ("ok < 'maybe'", "1, 2, 3"),
        ("ok BETWEEN 'true' AND 'maybe'", "1, 3"),
        ("CASE ok WHEN 'true' THEN 1 END", "1, 3"),
        ("CAST(word AS TEXT) = ok", ""),
        ("ok <> word", "1, 2, 3"),
    ] {
        let sql = format!("SELECT n FROM t WHERE {condition} ORDER BY n");
        assert_eq!(crate::answer::told(&mut session, &sql), meant, "{sql}");
    }
    for (word, count) in [("true", 2), ("FALSE", 1), ("0", 1), ("yes", 0), ("1.0", 2)] {
        let outcome = session.execute_with("SELECT n FROM t WHERE ok = ?", &[Value::text(word)]);
        let Ok(asof::session::Outcome::Rows(rows)) = outcome else { panic!("{word}") };
        let found: usize = rows.map(|batch| batch.expect("rows").rows).sum();
        assert_eq!(found, count, "{word}");
    }
}

#[test]
fn keys_are_found_by_moments_however_they_are_written() {
    let mut session = session();
    for sql in [
        "CREATE TABLE t (day DATE PRIMARY KEY, at TIMESTAMP, note TEXT)",
        "CREATE INDEX by_at ON t (at)",
        "INSERT INTO t VALUES ('2026-01-31', '2026-01-31 12:00', '2026-01-31T00:00')",
    ] {
        session.execute(sql).expect(sql);
    }
    for (condition, key) in [
        ("day = '2026-01-31T00:00Z'", "by primary key"),
        ("'2026-01-31 00:00' = day", "by primary key"),
        ("day IN ('2026-01-31 00:00', 'never', NULL)", "by primary key"),
        ("day = DATE '2026-01-31'", "by primary key"),
        ("day = DATE '2026-01-30' + 1", "by primary key"),
        ("at = '2026-01-31T14:00+02:00'", "by by_at"),
        ("at = DATE '2026-01-31' AND 1", "by by_at"),
    ] {
        let shown = plan(&mut session, &format!("SELECT day FROM t WHERE {condition}"));
        assert!(shown.contains(key), "{condition}: {shown}");
    }
    let shown = plan(&mut session, "SELECT 1 FROM t a JOIN t b ON a.note = b.day");
    assert!(shown.contains("hash join on as date(note) = day"), "{shown}");
}

#[test]
fn literals_of_moments_share_a_plan_and_each_is_looked_at() {
    let mut session = session();
    session.execute("CREATE TABLE t (day DATE, at TIMESTAMP)").expect("a table");
    for day in 1..=9 {
        let sql = format!(
            "INSERT INTO t VALUES (DATE '2026-01-0{day}', TIMESTAMP '2026-01-0{day} 12:00')"
        );
        session.execute(&sql).expect("it holds");
    }
    for day in 1..=9 {
        let before = format!("SELECT day FROM t WHERE at < TIMESTAMP '2026-01-0{day}'");
        assert_eq!(rows_of(&mut session, &before).expect("rows").len(), day - 1, "{before}");
        let that = format!("SELECT at FROM t WHERE day = DATE '2026-01-0{day}' AND day + 1 > day");
        assert_eq!(rows_of(&mut session, &that).expect("rows").len(), 1, "{that}");
        let given = [Value::Date(asof::types::Date::parse("2026-01-05").expect("a day"))];
        let rows = session.execute_with("SELECT day FROM t WHERE day < ?", &given);
        assert!(rows.is_ok(), "a day is given as one");
    }
    for wrong in ["DATE '2026-01-32'", "TIMESTAMP '2026-01-01 25:00'", "DATE 'today'"] {
        let error = rows_of(&mut session, &format!("SELECT at FROM t WHERE day = {wrong}"));
        assert_eq!(error.expect_err(wrong).code(), "type", "{wrong}");
    }
}
