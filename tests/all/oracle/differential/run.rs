//! A script that runs on both: after each statement, what differs.

use super::super::{Pair, Plain, Rows, are_like, plain, sort};
use super::Step;
use super::again::with_other_numbers;
use super::deliberate::{self, Deliberate};
use super::shrink::{shrink, words};
use super::writes::for_sqlite;
use crate::answer::rows_of;
use asof::session::Error;
use asof::types::{EventId, Value};
use std::collections::BTreeMap;

/// What was done and asked, for the report that the test is about something.
#[derive(Default, Debug)]
pub struct Count {
    pub written: u64,
    pub refused: u64,
    pub answered: u64,
    pub unanswered: u64,
    /// How often both answered otherwise on purpose.
    pub deliberate: BTreeMap<Deliberate, u64>,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.written += other.written;
        self.refused += other.refused;
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        for (difference, times) in other.deliberate {
            *self.deliberate.entry(difference).or_default() += times;
        }
    }
}

/// How a step went.
enum Verdict {
    Alike,
    /// The difference is one of those that stand in `grammar/README.md`.
    Meant(Deliberate),
    Differs(String),
}

impl Verdict {
    fn of(what: Option<String>) -> Verdict {
        what.map_or(Verdict::Alike, Verdict::Differs)
    }
}

fn sorted(mut rows: Rows) -> Rows {
    sort(&mut rows);
    rows
}

struct Run {
    pair: Pair,
    count: Count,
    /// Queries with their event and SQLite's rows.
    asked: Vec<(String, EventId, Rows)>,
    /// Whether a statement failed, and `last_insert_rowid()` is what a row of it had in SQLite.
    number_is_of_failure: bool,
    /// Why the last statement that counts counted otherwise.
    counted_otherwise: Option<Deliberate>,
    /// What `total_changes()` is here and in SQLite.
    totals: (f64, f64),
}

impl Run {
    fn new(flexible: bool) -> Run {
        let mut pair = Pair::new();
        pair.sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("a setting");
        let switch = if flexible { "on" } else { "off" };
        pair.session.execute(&format!("SET flexible_types = {switch}")).expect("a setting");
        Run {
            pair,
            count: Count::default(),
            asked: Vec::new(),
            number_is_of_failure: false,
            counted_otherwise: None,
            totals: (0.0, 0.0),
        }
    }

    fn step(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Write(sql) => self.write(sql),
            Step::Query { sql, ordered, of_its_time } => self.ask(sql, *ordered, *of_its_time),
        }
    }

    fn write(&mut self, sql: &str) -> Verdict {
        let ours = rows_of(&mut self.pair.session, sql);
        let theirs = self.pair.ask_sqlite(&for_sqlite(sql));
        if !sql.starts_with("PRAGMA") {
            let otherwise = deliberate::counts_otherwise(sql, theirs.is_err());
            self.counted_otherwise = otherwise.unwrap_or(self.counted_otherwise);
        }
        let code = ours.as_ref().err().map(Error::code);
        let message = theirs.as_ref().err().map(ToString::to_string);
        let verdict = match self.outcome(sql, ours, theirs) {
            Verdict::Alike => self.state(sql, code, message.as_deref()),
            verdict @ (Verdict::Meant(_) | Verdict::Differs(_)) => verdict,
        };
        match verdict {
            Verdict::Alike => Verdict::of(self.totals_differ(sql, message.is_some())),
            Verdict::Meant(_) | Verdict::Differs(_) => verdict,
        }
    }

    /// Whether a statement added more to `total_changes()` than in SQLite, where it counts the same.
    fn totals_differ(&mut self, sql: &str, has_failed: bool) -> Option<String> {
        let total = "SELECT total_changes()";
        let ours = plain(&rows_of(&mut self.pair.session, total).expect("a number"));
        let theirs = self.pair.ask_sqlite(total).expect("a number");
        let number = |rows: &Rows| match rows[0][0] {
            Plain::Number(number) => number,
            Plain::Null | Plain::Text(_) | Plain::Blob(_) => panic!("a number: {rows:?}"),
        };
        let before = std::mem::replace(&mut self.totals, (number(&ours), number(&theirs)));
        let (ours, theirs) = (self.totals.0 - before.0, self.totals.1 - before.1);
        let is_meant = ours == theirs
            || matches!(deliberate::counts_otherwise(sql, has_failed), Some(Some(_)))
            || (ours < theirs && deliberate::acts_on_itself(&self.pair));
        (!is_meant).then(|| format!("changes {ours} rows, in SQLite {theirs}"))
    }

    /// Whether both took a statement or refused it, and what it returned.
    fn outcome(
        &mut self,
        sql: &str,
        ours: Result<Vec<Vec<Value>>, Error>,
        theirs: Result<Rows, rusqlite::Error>,
    ) -> Verdict {
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                self.count.written += 1;
                let (ours, theirs) = (sorted(plain(&ours)), sorted(theirs));
                if deliberate::renames_excluded(sql, &self.pair) {
                    return Verdict::Meant(Deliberate::RenamedExcluded);
                }
                if are_like(&ours, &theirs) {
                    return Verdict::Alike;
                }
                if deliberate::returns_acted_on(sql, &self.pair) {
                    return Verdict::Meant(Deliberate::ActedOnBefore);
                }
                match deliberate::ignores_returning(sql, &self.pair) {
                    true => Verdict::Meant(Deliberate::ReturningBehindIgnore),
                    false => Verdict::Differs(format!("returned {ours:?}\nSQLite   {theirs:?}")),
                }
            }
            // What nobody can say is nothing that both refuse.
            (Err(error), Err(theirs)) if matches!(error.code(), "unsupported" | "syntax") => {
                Verdict::Differs(format!("error[{}]: {error}\nSQLite: {theirs}", error.code()))
            }
            (Err(_), Err(_)) => {
                self.count.refused += 1;
                self.number_is_of_failure = true;
                Verdict::Alike
            }
            (Err(error), Ok(_)) => match deliberate::refusal(&error, sql, &mut self.pair) {
                Some(difference) => Verdict::Meant(difference),
                None => Verdict::Differs(format!("error[{}]: {error}", error.code())),
            },
            (Ok(_), Err(error)) => match deliberate::acceptance(&error, sql, &self.pair) {
                Some(difference) => Verdict::Meant(difference),
                None => Verdict::Differs(format!("is an error to SQLite: {error}")),
            },
        }
    }

    /// Whether a transaction is open, and the tables, behind a statement that failed with a code here and a message
    /// of SQLite, or did not.
    fn state(&mut self, sql: &str, code: Option<&str>, message: Option<&str>) -> Verdict {
        let is_open = self.pair.session.transaction().is_some();
        if is_open == self.pair.sqlite.is_autocommit() {
            return match deliberate::ends_otherwise(sql, is_open, code, message) {
                Some(difference) => Verdict::Meant(difference),
                None => Verdict::Differs(format!("leaves a transaction open: {is_open}")),
            };
        }
        self.number_is_of_failure &= self.pair.difference(deliberate::NUMBER, false).is_some();
        match self.tables_differ() {
            Some(_) if deliberate::drops_unfired(sql, &self.pair) => {
                Verdict::Meant(Deliberate::TriggerOfDrop)
            }
            // What FAIL leaves behind breaks a foreign key, which SQLite does not ask.
            Some(_)
                if code == Some("foreign-key")
                    && message.is_some_and(|message| !message.contains("FOREIGN KEY"))
                    && deliberate::acts_on_itself(&self.pair) =>
            {
                Verdict::Meant(Deliberate::ForgottenKey)
            }
            // What FAIL leaves behind was done before the row that fails here.
            Some(_)
                if code.is_some()
                    && message.is_some_and(|message| {
                        deliberate::misses_parent(message, sql, &self.pair)
                    }) =>
            {
                Verdict::Meant(Deliberate::MissingParent)
            }
            what => Verdict::of(what),
        }
    }

    fn tables_differ(&mut self) -> Option<String> {
        let names = "SELECT 'main.' || name FROM sqlite_master \
                     WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' \
                     UNION ALL SELECT 'temp.' || name FROM sqlite_temp_master WHERE type = 'table' \
                     AND name NOT LIKE 'sqlite_s%' ORDER BY 1";
        for row in self.pair.ask_sqlite(names).expect("its tables") {
            let [Plain::Text(name)] = row.as_slice() else { continue };
            // A table of which no row came is there with a 0, or is not there.
            let filter = if name == "main.sqlite_sequence" { " WHERE seq <> 0" } else { "" };
            let all = format!("SELECT * FROM {name}{filter}");
            if let Some(what) = self.pair.difference(&all, false) {
                return Some(format!("then {all}: {what}"));
            }
        }
        None
    }

    fn ask(&mut self, sql: &str, ordered: bool, of_its_time: bool) -> Verdict {
        if sql == deliberate::NUMBER && self.number_is_of_failure {
            return Verdict::Meant(Deliberate::CountOfFailure);
        }
        if let (deliberate::CHANGES, Some(otherwise)) = (sql, self.counted_otherwise) {
            return Verdict::Meant(otherwise);
        }
        let theirs = self.pair.ask_sqlite(sql);
        match &theirs {
            Ok(_) => self.count.answered += 1,
            Err(_) => self.count.unanswered += 1,
        }
        // From the second on, those of one shape share a plan.
        let other = with_other_numbers(sql).unwrap_or_else(|| sql.to_owned());
        let mut meant = None;
        for (rewrites, sql) in [("off", sql), ("on", sql), ("on", sql), ("on", &other)] {
            let switch = format!("SET rewrites = {rewrites}");
            self.pair.session.execute(&switch).expect("a setting");
            if let Some(what) = self.pair.difference(sql, ordered) {
                meant = self.meaning(sql, ordered, rewrites);
                if meant.is_none() {
                    return Verdict::Differs(format!("with rewrites {rewrites}: {what}\n{sql}"));
                }
            }
        }
        if let Some(difference) = meant {
            return Verdict::Meant(difference);
        }
        if let Ok(rows) = theirs
            && of_its_time
            && self.pair.session.transaction().is_none()
        {
            self.asked.push((sql.to_owned(), self.pair.session.head(), rows));
        }
        Verdict::Alike
    }

    /// Why the answers to a query differ, if that is meant.
    fn meaning(&mut self, sql: &str, ordered: bool, rewrites: &str) -> Option<Deliberate> {
        let ours = rows_of(&mut self.pair.session, sql);
        match (ours, self.pair.ask_sqlite(sql)) {
            (Err(error), _) => deliberate::refusal(&error, sql, &mut self.pair),
            (Ok(_), Err(error)) => deliberate::answer(&error),
            (Ok(_), Ok(_)) => {
                let first = match rewrites {
                    "off" => deliberate::first_of_alike(sql, &mut self.pair),
                    _ => None,
                };
                first.or_else(|| deliberate::shared_values(sql, ordered, &mut self.pair))
            }
        }
    }

    /// Asks the queries of its past again.
    fn past_differs(&mut self) -> Option<String> {
        let _ = self.pair.session.execute("ROLLBACK");
        for (sql, event, theirs) in std::mem::take(&mut self.asked) {
            let asked = format!("AS OF EVENT {event} {sql}");
            let ours = match rows_of(&mut self.pair.session, &asked) {
                Ok(rows) => sorted(plain(&rows)),
                Err(error) if error.code() == "integer-overflow" => continue,
                Err(error) => return Some(format!("{asked}\nerror[{}]: {error}", error.code())),
            };
            if !are_like(&ours, &sorted(theirs)) {
                return Some(format!("{asked}\nhas other rows than when it was asked"));
            }
        }
        None
    }
}

/// Runs a script to the first difference: its place, and what differs. A write that differs on purpose ends
/// it, as both go on from other tables.
pub fn first_difference(
    script: &[Step],
    flexible: bool,
    count: &mut Count,
) -> Option<(usize, String)> {
    let mut run = Run::new(flexible);
    let mut found = None;
    for (at, step) in script.iter().enumerate() {
        match run.step(step) {
            Verdict::Alike => {}
            Verdict::Meant(difference) => {
                *run.count.deliberate.entry(difference).or_default() += 1;
                if matches!(step, Step::Write(_)) {
                    break;
                }
            }
            Verdict::Differs(what) => {
                found = Some((at, what));
                break;
            }
        }
    }
    let found = found.or_else(|| run.past_differs().map(|what| (script.len() - 1, what)));
    count.add(run.count);
    found
}

/// What differences of one kind have in common.
fn kind(what: &str) -> String {
    let place = what.split(char::is_numeric).next().unwrap_or_default();
    let code = what.split_once("error[").and_then(|(_, error)| error.split(']').next());
    format!("{place} {}", code.unwrap_or_default())
}

/// A few statements that show the same kind of difference, and what it is.
pub fn shrunk(mut script: Vec<Step>, flexible: bool) -> String {
    let whole = first_difference(&script, flexible, &mut Count::default());
    let Some((at, what)) = whole else { return "it does not happen again".into() };
    script.truncate(at + 1);
    let (wanted, found) = (kind(&what), format!("{}\n{what}", script[at].sql()));
    let fails = |script: &[Step]| {
        first_difference(script, flexible, &mut Count::default())
            .is_some_and(|(_, what)| kind(&what) == wanted)
    };
    script = shrink(script, fails);
    for at in (0..script.len()).rev() {
        let (before, after) = (script[..at].to_vec(), script[at + 1..].to_vec());
        let step = script[at].clone();
        let with = |parts: &[String]| {
            let mut all = before.clone();
            all.push(step.with_sql(parts.concat()));
            all.extend(after.iter().cloned());
            all
        };
        let parts = shrink(words(step.sql()), |parts| fails(&with(parts)));
        script = with(&parts);
    }
    let what = first_difference(&script, flexible, &mut Count::default());
    let text: Vec<&str> = script.iter().map(Step::sql).collect();
    let what = what.map(|(_, what)| what).unwrap_or_default();
    format!("{};\n{what}\nbefore it was shrunk: {found}", text.join(";\n"))
}
