//! Differential testing over all of the language: random schemas, writes and queries, each asked of asof
//! and of SQLite.
//!
//! A script is made from a seed. After each write both have taken it or both have refused it, what it
//! returned and every table are the same; each query has the same rows, with rewrites and without, and in
//! the end again `AS OF` its event. What differs is shrunk to a script of a few lines. Half of the scripts
//! run on FLEXIBLE tables and put values of any kind into any column.

mod expressions;
mod queries;
mod schema;
mod shrink;
mod writes;

use super::{Pair, Plain, Rows, are_like, plain, sort};
use crate::answer::rows_of;
use crate::random::Dice;
use asof::types::EventId;
use schema::{Kind, Table};
use shrink::{shrink, words};

/// How many scripts are run; with `ASOF_EXHAUSTIVE` they have a million statements, and the run goes on to
/// the next fault. `ASOF_SEED` is the seed of the first.
const SCRIPTS: usize = 60;
const EXHAUSTIVE_SCRIPTS: usize = 13_000;

/// How many faults end an exhaustive run.
const MOST_FAULTS: usize = 8;

/// How many statements a script has behind its schema.
const STEPS: usize = 70;

/// The columns that an expression may name, those that make an order total, and how deep queries may
/// stand in it.
#[derive(Clone)]
struct Scope {
    columns: Vec<(String, Kind)>,
    keys: Vec<String>,
    queries: usize,
}

struct Query {
    sql: String,
    ordered: bool,
}

/// What a script does, one statement at a time.
#[derive(Clone)]
enum Step {
    Write(String),
    Query { sql: String, ordered: bool },
}

impl Step {
    fn sql(&self) -> &str {
        match self {
            Step::Write(sql) | Step::Query { sql, .. } => sql,
        }
    }

    fn with_sql(&self, sql: String) -> Step {
        match self {
            Step::Write(_) => Step::Write(sql),
            Step::Query { ordered, .. } => Step::Query { sql, ordered: *ordered },
        }
    }
}

/// Makes the statements of one script.
struct ScriptGenerator {
    dice: Dice,
    tables: Vec<Table>,
    views: Vec<Table>,
    /// How many names were given.
    names: usize,
    /// Whether values of any kind go into any column.
    flexible: bool,
    /// Whether texts are compared otherwise than by their bytes.
    collated: bool,
}

impl ScriptGenerator {
    fn new(seed: u64) -> ScriptGenerator {
        let (tables, views, names) = (Vec::new(), Vec::new(), 0);
        let mut dice = Dice::of(seed);
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..8 {
            dice.roll(2);
        }
        let (flexible, collated) = (dice.roll(2) == 0, dice.roll(3) == 0);
        ScriptGenerator { dice, tables, views, names, flexible, collated }
    }

    /// A table of the script.
    fn table(&mut self) -> Table {
        self.tables[self.dice.roll(self.tables.len())].clone()
    }

    fn columns_of(&self, table: &Table) -> Scope {
        let columns = table.columns.iter().map(|column| (column.name.clone(), column.kind));
        Scope { columns: columns.collect(), keys: vec!["id".into()], queries: 1 }
    }

    /// A table or a view under an alias, and what it names.
    fn table_as(&mut self, alias: &str) -> (String, Scope) {
        let table = match self.views.is_empty() || self.dice.roll(4) > 0 {
            true => self.table(),
            false => self.views[self.dice.roll(self.views.len())].clone(),
        };
        let columns =
            table.columns.iter().map(|column| (format!("{alias}.{}", column.name), column.kind));
        let scope =
            Scope { columns: columns.collect(), keys: vec![format!("{alias}.id")], queries: 2 };
        (format!("{} {alias}", table.name), scope)
    }

    fn script(mut self) -> Vec<Step> {
        let mut script: Vec<Step> = self.schema().into_iter().map(Step::Write).collect();
        for _ in 0..STEPS {
            script.push(match self.dice.roll(5) {
                0 | 1 => {
                    let Query { sql, ordered } = self.query();
                    Step::Query { sql, ordered }
                }
                _ => Step::Write(self.write()),
            });
        }
        script
    }
}

/// What was done and asked, for the report that the test is about something.
#[derive(Default, Debug)]
struct Count {
    written: u64,
    refused: u64,
    answered: u64,
    unanswered: u64,
}

fn sorted(mut rows: Rows) -> Rows {
    sort(&mut rows);
    rows
}

/// A script that runs on both.
struct Run {
    pair: Pair,
    count: Count,
    /// Queries with their event and SQLite's rows.
    asked: Vec<(String, EventId, Rows)>,
}

impl Run {
    fn new(flexible: bool) -> Run {
        let mut pair = Pair::new();
        pair.sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("a setting");
        let switch = if flexible { "on" } else { "off" };
        pair.session.execute(&format!("SET flexible_types = {switch}")).expect("a setting");
        Run { pair, count: Count::default(), asked: Vec::new() }
    }

    /// Gives what differs.
    fn step(&mut self, step: &Step) -> Option<String> {
        match step {
            Step::Write(sql) => self.write(sql),
            Step::Query { sql, ordered } => self.ask(sql, *ordered),
        }
    }

    fn write(&mut self, sql: &str) -> Option<String> {
        let ours = rows_of(&mut self.pair.session, sql);
        let theirs = self.pair.ask_sqlite(sql);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                self.count.written += 1;
                let (ours, theirs) = (sorted(plain(&ours)), sorted(theirs));
                if !are_like(&ours, &theirs) {
                    return Some(format!("returned {ours:?}\nSQLite   {theirs:?}"));
                }
            }
            (Err(_), Err(_)) => self.count.refused += 1,
            (Err(error), Ok(_)) => return Some(format!("error[{}]: {error}", error.code())),
            (Ok(_), Err(error)) => return Some(format!("is an error to SQLite: {error}")),
        }
        self.tables_differ()
    }

    fn tables_differ(&mut self) -> Option<String> {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        for row in self.pair.ask_sqlite(names).expect("its tables") {
            let [Plain::Text(name)] = row.as_slice() else { continue };
            let all = format!("SELECT * FROM {name}");
            if let Some(what) = self.pair.difference(&all, false) {
                return Some(format!("then {all}: {what}"));
            }
        }
        None
    }

    fn ask(&mut self, sql: &str, ordered: bool) -> Option<String> {
        if let Ok(rows) = self.pair.ask_sqlite(sql) {
            self.count.answered += 1;
            if self.pair.session.transaction().is_none() {
                self.asked.push((sql.to_owned(), self.pair.session.head(), rows));
            }
        } else {
            self.count.unanswered += 1;
        }
        for rewrites in ["off", "on"] {
            let switch = format!("SET rewrites = {rewrites}");
            self.pair.session.execute(&switch).expect("a setting");
            if let Some(what) = self.pair.difference(sql, ordered) {
                return Some(format!("with rewrites {rewrites}: {what}"));
            }
        }
        None
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

/// Runs a script to the first difference: its place, and what differs.
fn first_difference(script: &[Step], flexible: bool, count: &mut Count) -> Option<(usize, String)> {
    let mut run = Run::new(flexible);
    let mut found = None;
    for (at, step) in script.iter().enumerate() {
        if let Some(what) = run.step(step) {
            found = Some((at, what));
            break;
        }
    }
    let found = found.or_else(|| run.past_differs().map(|what| (script.len() - 1, what)));
    count.written += run.count.written;
    count.refused += run.count.refused;
    count.answered += run.count.answered;
    count.unanswered += run.count.unanswered;
    found
}

/// A few statements that show the same kind of difference, and what it is.
fn shrunk(mut script: Vec<Step>, flexible: bool) -> String {
    let kind = |what: &str| what.split(char::is_numeric).next().unwrap_or_default().to_owned();
    let whole = first_difference(&script, flexible, &mut Count::default());
    let Some((at, what)) = whole else { return "it does not happen again".into() };
    script.truncate(at + 1);
    let wanted = kind(&what);
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
    format!("{};\n{}", text.join(";\n"), what.map(|(_, what)| what).unwrap_or_default())
}

#[test]
fn random_scripts_do_what_they_do_in_sqlite() {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    let first: u64 = std::env::var("ASOF_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let mut count = Count::default();
    let mut faults = Vec::new();
    for seed in (first..).take(if exhaustive { EXHAUSTIVE_SCRIPTS } else { SCRIPTS }) {
        let generator = ScriptGenerator::new(seed);
        let flexible = generator.flexible;
        let script = generator.script();
        if first_difference(&script, flexible, &mut count).is_some() {
            faults.push(format!("seed {seed}, flexible: {flexible}\n{}", shrunk(script, flexible)));
            if !exhaustive || faults.len() == MOST_FAULTS {
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let Count { written, refused, answered, unanswered } = count;
    assert!(written > refused && answered > 9 * unanswered && refused > 20, "{count:?}");
}
