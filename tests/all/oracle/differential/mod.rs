//! Differential testing over all of the language: random schemas, writes and queries, each asked of asof
//! and of SQLite.
//!
//! A script is made from a seed. After each write both have taken it or both have refused it, what it
//! returned and every table are the same; each query has the same rows, with rewrites and without, again and with
//! other numbers (`again`), and in the end `AS OF` its event. What differs is shrunk to a script of a few lines. Half of the scripts
//! run on FLEXIBLE tables and put values of any kind into any column.
//!
//! What it makes, and where:
//!
//! * `schema`: tables with and without a rowid, AUTOINCREMENT, TEMP; DEFAULT, CHECK, UNIQUE, COLLATE, generated
//!   columns; foreign keys with actions, at once or deferred; indexes of columns and expressions, unique, partial,
//!   descending; views
//! * `triggers`: BEFORE, AFTER and INSTEAD OF, with WHEN, UPDATE OF and RAISE, of the session or not
//! * `alter`: columns that come, go and are renamed, tables that are renamed, dropped and made from a query
//! * `writes`: INSERT, REPLACE, OR …, UPDATE with FROM and row values, DELETE, both with ORDER BY and LIMIT,
//!   WITH before them, RETURNING behind them, writes to views
//! * `upserts`: ON CONFLICT of one key, of several and of any
//! * `settings`: transactions and savepoints, the PRAGMAs that set and those that tell, `changes()` and its like
//! * `queries`: joins of tables, views and derived tables, with ON, USING and NATURAL; `*`, orders and limits
//! * `groups`: aggregates with DISTINCT, FILTER and ORDER BY, the row of the least and the greatest, HAVING
//! * `with`: compounds, WITH, recursion with one step and several
//! * `sources`: JSON as a table, also of the columns of the table beside it; VALUES
//! * `windows`: frames of all units and bounds, EXCLUDE, FILTER, named windows
//! * `expressions`, `functions`, `conditions`: operators, calls, COLLATE, row values, queries inside
//!
//! `deliberate` knows the differences that are meant, `dropped` what SQLite's parser drops of a statement. `generate_series` is not in this SQLite.

mod again;
mod alter;
mod conditions;
mod deliberate;
mod dropped;
mod expressions;
mod functions;
mod groups;
mod queries;
mod run;
mod schema;
mod settings;
mod shrink;
mod sources;
mod triggers;
mod upserts;
mod windows;
mod with;
mod writes;

use crate::random::Dice;
use run::{Count, first_difference, shrunk};
use schema::{Kind, Table};
use std::io::Write;

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
#[derive(Clone, Default)]
struct Scope {
    columns: Vec<(String, Kind)>,
    keys: Vec<String>,
    queries: usize,
}

impl Scope {
    /// The same without queries inside.
    fn plain(&self) -> Scope {
        Scope { queries: 0, ..self.clone() }
    }
}

struct Query {
    sql: String,
    ordered: bool,
}

/// What a script does, one statement at a time.
#[derive(Clone)]
enum Step {
    Write(String),
    Query {
        sql: String,
        ordered: bool,
        /// Whether the same is asked of the past in the end.
        of_its_time: bool,
    },
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
            Step::Query { ordered, of_its_time, .. } => {
                Step::Query { sql, ordered: *ordered, of_its_time: *of_its_time }
            }
        }
    }
}

/// The tables and views that a script has made.
#[derive(Clone, Default)]
struct Made {
    tables: Vec<Table>,
    views: Vec<Table>,
}

/// Makes the statements of one script.
struct ScriptGenerator {
    dice: Dice,
    made: Made,
    /// What was made before the transaction that is open, and before each savepoint in it.
    marks: Vec<(Option<String>, Made)>,
    /// Whether something that is temporary was named, which has no past.
    named_temporary: bool,
    /// How many names were given.
    names: usize,
    /// Whether values of any kind go into any column.
    flexible: bool,
    /// Whether texts are compared otherwise than by their bytes.
    collated: bool,
    /// Whether there is a table with AUTOINCREMENT, so that SQLite has `sqlite_sequence`.
    numbered: bool,
    /// Whether rows have numbers that no column shows; here one that is gone is never given again.
    hides_numbers: bool,
    /// Whether a column was added that refers to a table; its foreign key is the last one here, and in SQLite
    /// before those that are no column's.
    refers_later: bool,
    /// Whether nothing is to be written just now.
    query_only: bool,
}

impl ScriptGenerator {
    fn new(seed: u64) -> ScriptGenerator {
        let mut dice = Dice::of(seed);
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..8 {
            dice.roll(2);
        }
        let (flexible, collated) = (dice.roll(2) == 0, dice.roll(3) == 0);
        ScriptGenerator {
            dice,
            made: Made::default(),
            marks: Vec::new(),
            named_temporary: false,
            names: 0,
            flexible,
            collated,
            numbered: false,
            hides_numbers: false,
            refers_later: false,
            query_only: false,
        }
    }

    /// A name that was not given before.
    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// A table of the script.
    fn table(&mut self) -> Table {
        self.made.tables[self.dice.roll(self.made.tables.len())].clone()
    }

    fn columns_of(&self, table: &Table) -> Scope {
        let columns = table.columns.iter().map(|column| (column.name.clone(), column.kind));
        Scope { columns: columns.collect(), keys: vec!["id".into()], queries: 1 }
    }

    /// A table or a view under an alias, and what it names.
    fn table_as(&mut self, alias: &str) -> (String, Scope) {
        let views = &self.made.views;
        let table = match views.is_empty() || self.dice.roll(4) > 0 {
            true => self.table(),
            false => views[self.dice.roll(views.len())].clone(),
        };
        self.named_as(&table, alias)
    }

    fn named_as(&mut self, table: &Table, alias: &str) -> (String, Scope) {
        self.named_temporary |= table.is_temporary;
        let columns =
            table.columns.iter().map(|column| (format!("{alias}.{}", column.name), column.kind));
        let scope =
            Scope { columns: columns.collect(), keys: vec![format!("{alias}.id")], queries: 2 };
        (format!("{} {alias}", table.name), scope)
    }

    fn script(mut self) -> Vec<Step> {
        let mut script: Vec<Step> = self.schema().into_iter().map(Step::Write).collect();
        for _ in 0..STEPS {
            script.push(match self.dice.roll(10) {
                0 => self.told(),
                1..=4 => {
                    self.named_temporary = false;
                    let Query { sql, ordered } = self.query();
                    Step::Query { sql, ordered, of_its_time: !self.named_temporary }
                }
                _ => Step::Write(self.write()),
            });
        }
        script
    }
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
            let fault = format!("seed {seed}, flexible: {flexible}\n{}", shrunk(script, flexible));
            // An exhaustive run takes hours; each fault is shown as soon as it is known.
            let _ = writeln!(std::io::stderr(), "{fault}\n");
            faults.push(fault);
            if !exhaustive || faults.len() == MOST_FAULTS {
                break;
            }
        }
    }
    let _ = writeln!(std::io::stderr(), "{count:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let Count { written, refused, answered, unanswered, .. } = count;
    assert!(written > refused && answered > 9 * unanswered && refused > 20, "{count:?}");
}
