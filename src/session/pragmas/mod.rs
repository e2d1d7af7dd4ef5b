//! PRAGMA: what it answers, as a statement and in the place of a table.
//!
//! What tells of the schema is asked of the moment that is read; the numbers of the database are part of
//! it (`setting`). What a session can turn on and off is in `switches`; what it can set besides is kept with
//! it and has no effect, as SQLite's pages and caches have no counterpart here.

mod integrity;
mod schema;
mod setting;
mod switches;

pub(super) use schema::sqlite_indexes;
pub(super) use setting::setting_statement;

use super::outcome::{self, Outcome};
use super::relations::integer;
use super::view::ReadableViews;
use super::{Error, Session, describe};
use crate::executor::{self, COMPILE_OPTIONS, Context, FunctionSource, unreferenced_rows};
use crate::language::ast::PragmaStatement;
use crate::language::{leading_number, turns_on};
use crate::planner::{
    AGGREGATE_FUNCTIONS, PRAGMAS, Pragma, PragmaEntry, PragmaSwitch, SCALAR_FUNCTIONS, Signature,
    TABLE_FUNCTIONS, TableFunction, Volatility, WINDOW_FUNCTIONS,
};
use crate::storage::{Database, View};
use crate::types::{Collation, EventId, Row, Schema, SchemaName, TableSchema, Value};
use setting::setting;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The settings that answer when they are set.
const ANSWERING: [&str; 9] = [
    "analysis_limit",
    "busy_timeout",
    "hard_heap_limit",
    "journal_size_limit",
    "max_page_count",
    "secure_delete",
    "soft_heap_limit",
    "threads",
    "wal_autocheckpoint",
];

/// What `PRAGMA name = value` set, by name.
pub(super) type PragmaSettings = BTreeMap<&'static str, i64>;

/// What PRAGMAs answer at a moment.
#[derive(Debug)]
pub(super) struct PragmaAnswers {
    database: Arc<Database>,
    event: EventId,
    view: View,
    /// The views that can be read, with their columns.
    views: ReadableViews,
    foreign_keys: bool,
    recursive_triggers: bool,
    settings: PragmaSettings,
    switched_on: BTreeSet<PragmaSwitch>,
}

impl FunctionSource for PragmaAnswers {
    fn rows(
        &self,
        function: TableFunction,
        arguments: &[Value],
        context: &Context,
    ) -> Result<Vec<Row>, executor::Error> {
        let TableFunction::Pragma(number) = function else { return Ok(Vec::new()) };
        let argument = arguments.first().filter(|argument| !argument.is_null());
        let schema = arguments.get(1).filter(|schema| !schema.is_null());
        let within = schema.map(|schema| SchemaName::named(&schema.to_text()));
        if within == Some(None) {
            return Ok(Vec::new());
        }
        let asked = argument.map(Value::to_text);
        self.answer(&PRAGMAS[number], within.flatten(), asked.as_deref(), context)
    }

    fn source(&self) -> String {
        format!("pragmas: the schema at event {}", self.event)
    }
}

impl PragmaAnswers {
    /// What a session answers of this view; `views` are those of then that can be read.
    pub fn new(
        session: &Session,
        event: EventId,
        view: View,
        views: ReadableViews,
    ) -> PragmaAnswers {
        PragmaAnswers {
            database: Arc::clone(&session.database),
            event,
            view,
            views,
            foreign_keys: session.foreign_keys,
            recursive_triggers: session.recursive_triggers,
            settings: session.pragmas.clone(),
            switched_on: session.switched_on.clone(),
        }
    }

    /// The event that they are of.
    pub fn event(&self) -> EventId {
        self.event
    }

    /// The database and its file, and what is temporary.
    fn databases(&self, schema: &Schema) -> Vec<Row> {
        let path = self.database.path().map(|path| path.display().to_string());
        let file = Value::text(path.unwrap_or_default());
        let temporary = || vec![Value::Integer(1), Value::text("temp"), Value::text("")];
        let main = vec![Value::Integer(0), Value::text("main"), file];
        std::iter::once(main).chain(schema.temporary.iter().map(|_| temporary())).collect()
    }

    /// The rows of a PRAGMA.
    fn answer(
        &self,
        entry: &PragmaEntry,
        within: Option<SchemaName>,
        argument: Option<&str>,
        context: &Context,
    ) -> Result<Vec<Row>, executor::Error> {
        let schema = self.view.schema();
        let one = |value: Value| vec![vec![value]];
        let table = argument.and_then(|name| {
            let home = schema.schema_of(within, name);
            schema.within(home).table(name).or_else(|| self.views.named(home, name))
        });
        let of_table = |rows: fn(&TableSchema) -> Vec<Row>| table.map_or(Vec::new(), |t| rows(t));
        Ok(match entry.pragma {
            Pragma::TableInfo | Pragma::TableXinfo if argument.is_some_and(schema::is_master) => {
                schema::master_columns(entry.pragma == Pragma::TableXinfo)
            }
            Pragma::TableInfo => of_table(schema::table_info),
            Pragma::TableXinfo => of_table(schema::table_xinfo),
            Pragma::TableList => schema::table_list(schema, &self.views, within, argument),
            Pragma::IndexList => of_table(schema::index_list),
            Pragma::IndexInfo => schema::index_info(schema, within, argument, false),
            Pragma::IndexXinfo => schema::index_info(schema, within, argument, true),
            Pragma::ForeignKeyList => of_table(schema::foreign_key_list),
            Pragma::ForeignKeyCheck => {
                self.foreign_key_check(self.checked_tables(table, within, argument)?)?
            }
            Pragma::IntegrityCheck { keys } => self.integrity_check(argument, keys, context)?,
            Pragma::DatabaseList => self.databases(schema),
            Pragma::CollationList => {
                let names = Collation::ALL.into_iter().rev().map(|known| Value::text(known.name()));
                numbered(names)
            }
            Pragma::FunctionList => functions(),
            Pragma::ModuleList => {
                let known = TABLE_FUNCTIONS.iter().map(|entry| &entry.signature);
                let all = known.chain(PRAGMAS.iter().map(|entry| &entry.signature));
                all.map(|signature| vec![Value::text(signature.name)]).collect()
            }
            Pragma::PragmaList => {
                PRAGMAS.iter().map(|entry| vec![Value::text(entry.name())]).collect()
            }
            Pragma::CompileOptions => {
                COMPILE_OPTIONS.iter().map(|option| vec![Value::text(*option)]).collect()
            }
            Pragma::SchemaVersion => {
                let changes = self.database.store().schema_changes(self.event).len();
                one(integer(u64::try_from(changes).unwrap_or(u64::MAX)))
            }
            Pragma::DataVersion => one(integer(self.database.head().0)),
            Pragma::ForeignKeys => one(Value::Integer(self.foreign_keys.into())),
            Pragma::RecursiveTriggers => one(Value::Integer(self.recursive_triggers.into())),
            // What is temporary goes with the session.
            Pragma::Setting if within == Some(SchemaName::Temporary) => {
                let set = self.settings.get(entry.name()).copied();
                one(Value::Integer(set.unwrap_or_default()))
            }
            Pragma::Setting => one(Value::Integer(setting(schema, entry.name()).into())),
            Pragma::Number(usual) => {
                let set = self.settings.get(entry.name()).copied();
                one(Value::Integer(set.unwrap_or(usual)))
            }
            Pragma::Flag(usual) => {
                let set = self.settings.get(entry.name()).copied();
                one(Value::Integer(set.unwrap_or(usual.into())))
            }
            Pragma::Switch(switch) => {
                one(Value::Integer(self.switched_on.contains(&switch).into()))
            }
            Pragma::Always(number) => one(Value::Integer(number)),
            Pragma::Word(word) => one(Value::text(word)),
            Pragma::WalCheckpoint => vec![vec![Value::Integer(0); 3]],
        })
    }

    /// The tables whose foreign keys are asked: the one that is named, or all of one schema, as in SQLite.
    fn checked_tables<'t>(
        &'t self,
        table: Option<&'t Arc<TableSchema>>,
        within: Option<SchemaName>,
        argument: Option<&str>,
    ) -> Result<Vec<&'t Arc<TableSchema>>, executor::Error> {
        match (argument, table) {
            (Some(_), Some(table)) => Ok(vec![table]),
            (Some(name), None) => {
                let message = format!("no table \"{name}\"");
                Err(executor::Error::failed("unknown-table", message))
            }
            (None, _) => {
                let asked = self.view.schema().within(within.unwrap_or(SchemaName::Main));
                Ok(asked.tables().collect())
            }
        }
    }

    /// The rows of tables that do not find what they refer to.
    fn foreign_key_check(
        &self,
        tables: Vec<&Arc<TableSchema>>,
    ) -> Result<Vec<Row>, executor::Error> {
        let mut rows = Vec::new();
        for table in tables {
            for (number, row, constraint) in unreferenced_rows(&self.view, table)? {
                let rowid = match table.integer_primary_key() {
                    Some(_) | None if table.options.without_rowid => Value::Null,
                    Some(key) => row[key].clone(),
                    None => integer(number.0),
                };
                rows.push(vec![
                    Value::text(&table.name),
                    rowid,
                    Value::text(&table.foreign_keys[constraint].references),
                    Value::Integer(schema::foreign_key_id(table, constraint)),
                ]);
            }
        }
        Ok(rows)
    }
}

/// Values with their numbers before them.
fn numbered(values: impl Iterator<Item = Value>) -> Vec<Row> {
    (0..).map(Value::Integer).zip(values).map(|(number, value)| vec![number, value]).collect()
}

/// That of a function which does nothing but give a value, in SQLite's list.
const HARMLESS: i64 = 0x20_0000;
/// That of a function which always gives the same.
const DETERMINISTIC: i64 = 0x800;

/// The most numbers of arguments that have a row each: SQLite declares a function of more once, for any.
const MOST_COUNTS: usize = 3;

/// Every function with its numbers of arguments; -1 where it takes many.
fn functions() -> Vec<Row> {
    let rows = |signature: &Signature, kind: &str, flags: i64| {
        let is_any = signature.most - signature.least >= MOST_COUNTS;
        let counts = if is_any { 0..=0 } else { signature.least..=signature.most };
        let row = |count: usize| {
            let count = i64::try_from(count).ok().filter(|_| !is_any).unwrap_or(-1);
            vec![
                Value::text(signature.name),
                Value::Integer(1),
                Value::text(kind),
                Value::text("utf8"),
                Value::Integer(count),
                Value::Integer(flags),
            ]
        };
        counts.map(row).collect::<Vec<Row>>()
    };
    let scalar = SCALAR_FUNCTIONS.iter().flat_map(|entry| {
        let is_immutable = entry.function.volatility() == Volatility::Immutable;
        rows(&entry.signature, "s", if is_immutable { HARMLESS | DETERMINISTIC } else { HARMLESS })
    });
    let aggregates = AGGREGATE_FUNCTIONS.iter();
    let aggregates = aggregates.flat_map(|entry| rows(&entry.signature, "w", HARMLESS));
    let windows = WINDOW_FUNCTIONS.iter();
    let windows = windows.flat_map(|entry| rows(&entry.signature, "w", HARMLESS));
    scalar.chain(aggregates).chain(windows).collect()
}

impl Session {
    /// PRAGMA. One that nobody knows is taken and gives no rows, as in SQLite.
    pub(super) fn pragma(&mut self, pragma: &PragmaStatement) -> Result<Outcome, Error> {
        let PragmaStatement { schema, name, value, words } = pragma;
        let Some(entry) = PragmaEntry::named(name) else {
            return Ok(Outcome::Done(describe::accepted(words)));
        };
        if let (Pragma::Setting, Some(value)) = (entry.pragma, value) {
            if *schema == Some(SchemaName::Temporary) {
                let number = leading_number(value);
                self.pragmas.insert(entry.name(), number.into());
                let said = format!("temp.{} is {number} as long as the session", entry.name());
                return Ok(Outcome::Done(said));
            }
            return self.set_setting(entry.name(), value, words);
        }
        if let (Pragma::Switch(switch), Some(value)) = (entry.pragma, value) {
            let is_on = turns_on(value);
            self.turn(switch, is_on);
            let state = if is_on { "on" } else { "off" };
            return Ok(Outcome::Done(format!("{} is {state}", entry.name())));
        }
        if let (Pragma::Always(_), Some(_)) = (entry.pragma, value) {
            return Ok(Outcome::Done(describe::accepted(words)));
        }
        if let (Pragma::Flag(_), Some(value)) = (entry.pragma, value) {
            self.pragmas.insert(entry.name(), turns_on(value).into());
            return Ok(Outcome::Done(describe::accepted(words)));
        }
        if let (Pragma::Number(_), Some(value)) = (entry.pragma, value) {
            let number = number(value).and_then(|number| self.taken(entry.name(), number));
            self.pragmas.extend(number.map(|number| (entry.name(), number)));
            // SQLite answers what these are from now on.
            if !ANSWERING.contains(&entry.name()) {
                return Ok(Outcome::Done(describe::accepted(words)));
            }
        }
        self.note_read();
        let catalog = self.catalog()?;
        let answers = catalog.pragma_answers(None, crate::types::Span::default())?;
        let context = self.context(catalog.resolver().now(), Arc::default());
        let rows = answers.answer(entry, *schema, value.as_deref(), &context)?;
        outcome::fixed(entry.shown(), rows, Some(answers.event))
    }

    /// What SQLite takes a number of a setting for: pages are of a power of two bytes, from 512 to 65,536,
    /// as long as a database is empty, their number is bounded by one at least, and a checkpoint waits for no
    /// less than no page.
    fn taken(&self, name: &str, number: i64) -> Option<i64> {
        let is_taken = match name {
            "page_size" => {
                let is_size = (512..=65_536).contains(&number) && number & (number - 1) == 0;
                is_size
                    && self.present().is_ok_and(|view| view.schema().all_tables().next().is_none())
            }
            "max_page_count" => number > 0,
            "wal_autocheckpoint" => return Some(i32::try_from(number).unwrap_or(0).max(0).into()),
            _ => true,
        };
        is_taken.then_some(number)
    }
}

/// The number that a setting is, or that its word stands for.
fn number(value: &str) -> Option<i64> {
    let word = value.trim().to_ascii_lowercase();
    match word.as_str() {
        "off" | "no" | "false" | "none" | "default" => Some(0),
        "on" | "yes" | "true" | "normal" | "file" => Some(1),
        "full" | "memory" | "incremental" => Some(2),
        "extra" => Some(3),
        number => number.trim_start_matches('+').parse().ok(),
    }
}
