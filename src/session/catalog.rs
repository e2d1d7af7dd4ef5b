//! Which tables a statement reads, and when.

use super::Session;
use super::last_result::{self, LastResultRelation, ResultStore};
use super::point::PointResolver;
use super::pragmas::PragmaAnswers;
use super::relations::{self, SystemTable};
use super::view::ReadableViews;
use crate::executor::{self, PlanInput};
use crate::language::ast::{
    AsOf, CreateView, EventSelection, History, Identifier, ObjectName, Range, ShowSubject, Temporal,
};
use crate::planner::{self, BoundExpression, Catalog, Error, Planned, PragmaSwitch, TableSource};
use crate::storage::{self, Database, View};
use crate::types::{
    Definition, EventId, Period, PseudoColumn, Schema, SchemaName, Span, TableId, TableSchema,
    Value,
};
use std::sync::Arc;

/// How many rows a relation is taken to have, which are counted by reading it.
const RELATION_ROWS: usize = 1_000;

/// How the names of SQLite's own tables begin.
pub(super) const SQLITE: &str = "sqlite_";

/// The tables of one statement: every moment it names is resolved here, once.
pub(super) struct StatementCatalog<'a> {
    /// Whose statement it is.
    session: &'a Session,
    database: &'a Arc<Database>,
    /// Whether it only looks at what a view has inside.
    is_beside: bool,
    resolver: PointResolver<'a>,
    present: View,
    /// Whether new tables are FLEXIBLE where nothing is said.
    are_flexible: bool,
    /// Who has the last result.
    results: &'a ResultStore,
    /// The past views that were asked for.
    past: Vec<(Period, View)>,
    /// What fills each slot.
    inputs: Vec<PlanInput>,
    /// The period of each slot; `None` where it was read at no moment that could be named.
    periods: Vec<Option<Period>>,
    /// Whether a moment was named for a table, by the statement or by what it reads.
    pub names_moment: bool,
    /// The views that were bound, and what else the plan relies on.
    pub definitions: Vec<Arc<Definition>>,
}

impl<'a> StatementCatalog<'a> {
    /// A statement that sees this view where it names no moment.
    pub fn new(session: &'a Session, present: View) -> StatementCatalog<'a> {
        StatementCatalog {
            session,
            database: &session.database,
            is_beside: false,
            resolver: PointResolver::new(session),
            present,
            are_flexible: session.flexible_types,
            results: &session.results,
            past: Vec::new(),
            // Most statements read one table.
            inputs: Vec::with_capacity(1),
            periods: Vec::with_capacity(1),
            names_moment: false,
            definitions: Vec::new(),
        }
    }

    /// The moment at which all its tables are read, if it is one.
    pub fn moment(&self) -> Option<EventId> {
        let mut periods = self.periods.iter().flatten();
        let first = periods.next()?;
        let is_one = first.first == first.last && periods.all(|other| other == first);
        is_one.then_some(first.last)
    }

    /// The moments and periods at which its tables are read, where they are several.
    pub fn several(&self) -> Option<String> {
        if self.moment().is_some() {
            return None;
        }
        let (last, committed) = (self.present.period().last, self.present.committed());
        let mut periods: Vec<Period> = self.periods.iter().flatten().copied().collect();
        periods.sort_unstable_by_key(|period| (period.first, period.last));
        periods.dedup();
        let names = |period: &Period| match (period.first, period.last.min(last)) {
            (first, last) if first == last && last > committed => {
                format!("{committed} + {} uncommitted", last.0 - committed.0)
            }
            (first, last) if first == last => last.to_string(),
            (first, last) if first > last => "none".to_owned(),
            (first, last) => format!("{first}–{last}"),
        };
        let names: Vec<String> = periods.iter().map(names).collect();
        Some(match names.split_last()? {
            (one, []) => format!("events {one}"),
            (last, rest) => format!("as of events {} and {last}", rest.join(", ")),
        })
    }

    /// Whose statement it is.
    pub fn session(&self) -> &Session {
        self.session
    }

    /// What names mean in the present.
    pub fn names(&self) -> &Schema {
        self.present.schema()
    }

    /// The database.
    pub fn database(&self) -> &Arc<Database> {
        self.database
    }

    /// The event that the present is of, whose schema are the [`names`](StatementCatalog::names).
    pub fn present_event(&self) -> EventId {
        self.present.period().last
    }

    /// The schema at a moment, and the event it is of.
    ///
    /// # Errors
    /// Those of the moment; `corrupt` and `io` where it cannot be read.
    pub fn past_schema(
        &mut self,
        temporal: &Temporal,
        span: Span,
    ) -> Result<(EventId, Schema), Error> {
        let period = self.resolver.period(temporal)?;
        let view = self.view_of(period, span)?;
        Ok((period.last, view.schema().clone()))
    }

    /// The same moments for what is only looked at.
    pub fn beside(&self) -> StatementCatalog<'a> {
        StatementCatalog {
            session: self.session,
            database: self.database,
            is_beside: true,
            resolver: self.resolver.clone(),
            present: self.present.clone(),
            are_flexible: self.are_flexible,
            results: self.results,
            past: self.past.clone(),
            inputs: Vec::new(),
            periods: Vec::new(),
            names_moment: false,
            definitions: Vec::new(),
        }
    }

    /// What the statement's moments are.
    pub fn resolver(&self) -> &PointResolver<'a> {
        &self.resolver
    }

    /// The tables, one per slot; `None` where a slot is filled with what is no table.
    pub fn tables(&self) -> Option<Vec<Arc<TableSchema>>> {
        let table = |input: &PlanInput| match input {
            PlanInput::Table(view) => Some(view.schema().clone()),
            PlanInput::Relation(_) | PlanInput::Function(_) => None,
        };
        self.inputs.iter().map(table).collect()
    }

    /// Where what the slots are filled with comes from, one line for each table and moment.
    pub fn sources(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (input, period) in self.inputs.iter().zip(&self.periods) {
            let line = match input {
                PlanInput::Table(table) => {
                    if table.schema().id.is_temporary() {
                        lines.push(format!("temp.{}: the session", table.schema().name));
                        continue;
                    }
                    let past = self.past.iter().find(|(known, _)| Some(*known) == *period);
                    let view = past.map_or(&self.present, |(_, view)| view);
                    format!("{}: {view}", table.schema().name)
                }
                PlanInput::Relation(relation) => relation.source(),
                PlanInput::Function(source) => source.source(),
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// What fills the slots of a plan, in their order. A plan that asks when past versions ended reads
    /// views that know it, which takes more than to know what was visible.
    ///
    /// # Errors
    /// `corrupt` where the log or a snapshot on the way to such a view is damaged, `io` where it cannot
    /// be read.
    pub fn into_inputs(mut self, planned: &Planned) -> Result<Vec<PlanInput>, storage::Error> {
        let head = self.database.head();
        // The present has no version that ended, nor has what is not committed.
        let is_past = |period: &Period| period.first <= period.last && period.last < head;
        if !self.periods.iter().flatten().any(is_past) {
            return Ok(self.inputs);
        }
        let mut slots = Vec::new();
        planned.for_each_access(&mut |access| {
            let is_end =
                |column: &usize| access.table.pseudo(*column) == Some(PseudoColumn::EventTo);
            if access.columns.iter().any(is_end) {
                slots.push(access.slot);
            }
        });
        for slot in slots {
            let Some(period) = self.periods[slot].filter(is_past) else { continue };
            let is_own = period == self.present.period() && self.present.committed() < period.last;
            if let (PlanInput::Table(table), false) = (&self.inputs[slot], is_own) {
                let view = self.database.view_with_ends(period)?;
                self.inputs[slot] = PlanInput::Table(view.table(table.schema()));
            }
        }
        Ok(self.inputs)
    }

    /// Everything at a moment, the present where none is given.
    ///
    /// # Errors
    /// As [`PointResolver::resolve`]; `corrupt` and `io` where that moment cannot be read.
    pub fn view(&mut self, as_of: Option<&AsOf>) -> Result<(EventId, View), Error> {
        let Some(as_of) = as_of else {
            return Ok((self.present.period().last, self.present.clone()));
        };
        let event = self.resolver.resolve(as_of)?;
        Ok((event, self.view_of(Period::at(event), as_of.span)?))
    }

    /// What was visible in a period; of one that ends before it begins, the schema at its end.
    fn view_of(&mut self, period: Period, span: Span) -> Result<View, Error> {
        if let Some((_, view)) = self.past.iter().find(|(known, _)| *known == period) {
            return Ok(view.clone());
        }
        self.settle(span)?;
        let view = self
            .database
            .view(if period.first <= period.last { period } else { Period::at(period.last) })
            .map_err(|error| Error::new(error.code(), error.to_string(), span))?;
        self.past.push((period, view.clone()));
        Ok(view)
    }

    /// Makes sure that the log has what the session staged.
    fn settle(&self, span: Span) -> Result<(), Error> {
        let settled = self.database.settle(self.session.staged());
        settled.map_err(|error| Error::new(error.code(), error.to_string(), span))
    }

    /// The moment that a clause means for what is read from the log, which has nothing of an open
    /// transaction.
    fn committed(&self, as_of: Option<&AsOf>) -> Result<EventId, Error> {
        as_of.map_or(Ok(self.present.committed()), |as_of| self.resolver.resolve(as_of))
    }

    /// A system table at a moment.
    fn system(&mut self, system: SystemTable, as_of: Option<&AsOf>) -> Result<TableSource, Error> {
        self.settle(as_of.map_or(Span::default(), |as_of| as_of.span))?;
        let (event, view) = match as_of {
            Some(as_of) if system.is_schema() => {
                let event = self.resolver.resolve(as_of)?;
                (event, self.view_of(Period::at(event), as_of.span)?)
            }
            // An open transaction sees the tables that it made.
            None if system.is_schema() => (self.present.period().last, self.present.clone()),
            as_of => (self.committed(as_of)?, self.present.clone()),
        };
        let temporal = as_of.cloned().map(Temporal::AsOf);
        let views = match system.knows_views() {
            true => self.readable_views(view.schema(), temporal.as_ref()),
            false => ReadableViews::default(),
        };
        let flexible = self.are_flexible;
        let relation = system.at(self.database, event, &view, &views, flexible);
        Ok(self.add(PlanInput::Relation(relation), system.relation().schema(), Period::at(event)))
    }

    /// What PRAGMAs answer at a moment, the present where none is given.
    ///
    /// # Errors
    /// Those of the moment; `no-period` where it is a period.
    pub fn pragma_answers(
        &self,
        temporal: Option<&Temporal>,
        span: Span,
    ) -> Result<PragmaAnswers, Error> {
        let mut beside = self.beside();
        let (event, view) = match temporal {
            None => (self.present.period().last, self.present.clone()),
            Some(Temporal::AsOf(as_of)) => {
                let event = self.resolver.resolve(as_of)?;
                (event, beside.view_of(Period::at(event), as_of.span)?)
            }
            Some(Temporal::All { .. } | Temporal::From { .. } | Temporal::Between { .. }) => {
                let message =
                    "a PRAGMA tells of one moment, and has no versions to find in a period";
                return Err(Error::new("no-period", message, span));
            }
        };
        // What a view has inside can ask for its own columns, which are not known yet.
        let views = match self.is_beside {
            true => ReadableViews::default(),
            false => self.readable_views(view.schema(), temporal),
        };
        Ok(PragmaAnswers::new(self.session, event, view, views))
    }

    /// A slot filled with what a name means.
    fn add(&mut self, input: PlanInput, schema: Arc<TableSchema>, period: Period) -> TableSource {
        let (rows, statistics) = match &input {
            PlanInput::Table(view) => {
                // Those of another session have the same identities.
                let known = Some(view.schema().id).filter(|table| !table.is_temporary());
                (view.row_estimate(), known.and_then(|table| self.database.statistics(table)))
            }
            PlanInput::Relation(_) | PlanInput::Function(_) => (RELATION_ROWS, None),
        };
        self.inputs.push(input);
        self.periods.push(Some(period));
        TableSource { slot: self.inputs.len() - 1, schema, period, rows, statistics }
    }

    /// The stretch of the log that a range is, and the table that a name means for it.
    ///
    /// # Errors
    /// As [`PointResolver::events`], and where there never was such a table.
    pub fn stretch(
        &mut self,
        table: Option<&ObjectName>,
        range: &Range,
    ) -> Result<(Period, Option<TableId>), Error> {
        let period = self.resolver.events(range, self.present.committed())?;
        let table = table.map(|name| self.whenever(name)).transpose()?;
        Ok((period, table))
    }

    /// The table of a name, now or, if it is gone, the last one that had it.
    fn whenever(&mut self, name: &ObjectName) -> Result<TableId, Error> {
        if self.temporary_table(name).is_some() {
            return Err(self.no_past(name, ""));
        }
        if let Some(table) = self.present.schema().table(&name.name) {
            return Ok(table.id);
        }
        let last = self.present.committed();
        let created = |(created, _): &(EventId, Option<EventId>)| *created;
        let lifetimes = self.database.lifetimes(&name.name);
        let Some(created) = lifetimes.iter().map(created).rfind(|created| *created <= last) else {
            return Err(self.missing(name, last, false, self.present.schema()));
        };
        let view = self.view_of(Period::at(created), name.span)?;
        Ok(view.schema().table(&name.name).map_or(TableId(created), |table| table.id))
    }

    /// The last result, which is as it was read: it has no other moment.
    fn last_result(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        if let Some(temporal) = temporal {
            let message = "_ is the last result, which has no past";
            let help = "ask its statement again with AS OF".to_string();
            return Err(Error::new("no-past", message, temporal.span()).help(Some(help)));
        }
        let stored = self.results.last().map_err(|(message, help)| {
            Error::new("no-result", message, name.span).help(Some(help))
        })?;
        let (schema, moment) = (stored.schema(), stored.moment());
        let last = PlanInput::Relation(Arc::new(LastResultRelation(stored)));
        let source = self.add(last, schema, Period::at(moment.unwrap_or_default()));
        self.periods[source.slot] = moment.map(Period::at);
        Ok(source)
    }
}

/// The moment at which a system table is read.
///
/// # Errors
/// `no-period` where it is a period: these tables are made of the log, which has no versions.
fn one_moment(system: SystemTable, temporal: Option<&Temporal>) -> Result<Option<&AsOf>, Error> {
    let range = match temporal {
        None => return Ok(None),
        Some(Temporal::AsOf(as_of)) => return Ok(Some(as_of)),
        Some(Temporal::All { .. }) => String::new(),
        Some(Temporal::From { from, to, .. }) => format!(" FROM {from} TO {to}"),
        Some(Temporal::Between { from, to, .. }) => format!(" BETWEEN {from} AND {to}"),
    };
    let name = system.relation().name;
    let help = if system == SystemTable::Events {
        format!("EVENTS{range} gives those events")
    } else if system.is_schema() {
        "AS OF reads it at one moment, _schema_history has every change".to_owned()
    } else {
        "AS OF reads it at one moment, and WHERE finds events of a range".to_owned()
    };
    let span = temporal.map_or(Span::default(), Temporal::span);
    let message = format!("{name} is made of the log and has no versions to find in a period");
    Err(Error::new("no-period", message, span).help(Some(help)))
}

impl Catalog for StatementCatalog<'_> {
    fn table(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        if let Some(system) = SystemTable::of(name) {
            if let (Some(temporal), SchemaName::Temporary) = (temporal, system.schema_name()) {
                return Err(self.no_past(name, &temporal.to_string()));
            }
            return self.system(system, one_moment(system, temporal)?);
        }
        if name.name == last_result::NAME {
            return self.last_result(name, temporal);
        }
        if let Some(table) = self.temporary_table(name) {
            self.check_no_moment(name, temporal)?;
            let input = PlanInput::Table(self.present.table(&table));
            let source = self.add(input, table, self.present.period());
            self.periods[source.slot] = None;
            return Ok(source);
        }
        self.names_moment |= temporal.is_some();
        let (period, past) = match temporal {
            None => (self.present.period(), None),
            Some(temporal) => {
                let period = self.resolver.period(temporal)?;
                (period, Some(self.view_of(period, temporal.span())?))
            }
        };
        let view = past.as_ref().unwrap_or(&self.present);
        let Some(schema) = view.schema().find_table(name.schema, &name.name).cloned() else {
            let past = temporal.is_some() || period.last < self.database.head();
            return Err(self.missing(name, period.last, past, view.schema()));
        };
        let rows = if period.first <= period.last {
            view.table(&schema)
        } else {
            // There are no rows at the start, of whatever table.
            self.view_of(Period::at(EventId::START), name.span)?.table(&schema)
        };
        Ok(self.add(PlanInput::Table(rows), schema, period))
    }

    fn view(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<Option<Arc<CreateView>>, Error> {
        if SystemTable::of(name).is_some() || name.name == last_result::NAME {
            return Ok(None);
        }
        self.named_view(name, temporal)
    }

    fn view_columns(&mut self, name: &ObjectName) -> Result<Arc<TableSchema>, Error> {
        self.described(name, None).map(|(columns, _)| columns)
    }

    fn rely_on(&mut self, definition: &Arc<Definition>) {
        self.definitions.push(Arc::clone(definition));
    }

    fn target(&mut self, name: &ObjectName) -> Result<TableSource, Error> {
        if name.name == last_result::NAME {
            let message = "_ is the last result, which nothing changes";
            return Err(Error::new("read-only-table", message, name.span));
        }
        match SystemTable::of(name) {
            None if self.present.schema().find_view(name.schema, &name.name).is_some() => {
                let message = format!("{} is a view: its rows are those of its query", name.name);
                Err(Error::new("read-only-table", message, name.span).help(Some(
                    "an INSTEAD OF trigger says what to do, or write to its tables".to_owned(),
                )))
            }
            None => self.table(name, None),
            // SQLite's dumps make virtual tables so.
            Some(SystemTable::Master | SystemTable::TemporaryMaster) => {
                let message = format!(
                    "virtual tables are not supported, nor is writing to {}, which makes them",
                    name.name
                );
                let help = "--keep-going loads the rest of a dump".to_owned();
                Err(Error::new("unsupported", message, name.span).help(Some(help)))
            }
            Some(_) => {
                let message = format!("{} is written by the database alone", name.name);
                Err(Error::new("read-only-table", message, name.span))
            }
        }
    }

    fn history(
        &mut self,
        history: &History,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        let last = match temporal {
            // Only the moment of a whole statement comes here.
            Some(temporal) => self.resolver.period(temporal)?.last,
            None => self.present.committed(),
        };
        if self.temporary_table(&history.table).is_some() {
            return Err(self.no_past(&history.table, ""));
        }
        let period = self.resolver.events(&history.range, last)?;
        let last = period.last;
        let view = self.view_of(Period::at(last), history.span)?;
        let Some(table) = view.schema().table(&history.table.name).cloned() else {
            let past = history.range.end.is_some() || last < self.database.head();
            return Err(self.missing_at("TO", &history.table, last, past, view.schema()));
        };
        let filter = history.filter.as_ref();
        let filter = filter.map(|filter| planner::row_numbers(&table, filter)).transpose()?;
        let limit = history.limit.as_ref().map(planner::constant).transpose()?;
        let schema =
            relations::HistoryRelation::SCHEMA.called(&format!("history of {}", table.name));
        let database = Arc::clone(self.database);
        let relation = relations::HistoryRelation::new(database, table, period, filter, limit);
        Ok(self.add(PlanInput::Relation(Arc::new(relation)), schema, Period::at(last)))
    }

    fn events(&mut self, events: &EventSelection) -> Result<TableSource, Error> {
        self.settle(Span::default())?;
        let (period, table) = self.stretch(events.table.as_ref(), &events.range)?;
        let limit = events.limit.as_ref().map(planner::constant).transpose()?;
        let relation =
            relations::EventsRelation::new(Arc::clone(self.database), period, table, limit);
        let schema = SystemTable::Events.relation().schema();
        Ok(self.add(PlanInput::Relation(Arc::new(relation)), schema, Period::at(period.last)))
    }

    fn check_moment(&mut self, as_of: &AsOf) -> Result<(), Error> {
        self.resolver.resolve(as_of).map(|_| ())
    }

    fn pragmas(&mut self, temporal: Option<&Temporal>, span: Span) -> Result<usize, Error> {
        let answers = self.pragma_answers(temporal, span)?;
        let period = Period::at(answers.event());
        self.inputs.push(PlanInput::Function(Arc::new(answers)));
        self.periods.push(Some(period));
        Ok(self.inputs.len() - 1)
    }

    fn show(&mut self, subject: ShowSubject, as_of: Option<&AsOf>) -> Result<TableSource, Error> {
        self.system(SystemTable::shown(subject), as_of)
    }

    fn check_new(&self, name: &Identifier) -> Result<(), Error> {
        if name.name == last_result::NAME {
            let message = "\"_\" is the name of the last result";
            return Err(Error::new("reserved-name", message, name.span));
        }
        if SystemTable::named(&name.name).is_some() {
            let message = format!("\"{}\" is a table that every database has", name.name);
            return Err(Error::new("reserved-name", message, name.span));
        }
        if name.name.get(..SQLITE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SQLITE)) {
            let message =
                format!("names that begin with {SQLITE} are kept for SQLite's own tables");
            return Err(Error::new("reserved-name", message, name.span));
        }
        Ok(())
    }

    fn schema(&self) -> &Schema {
        self.present.schema()
    }

    fn is_flexible(&self) -> bool {
        self.are_flexible
    }

    fn is_like_case_sensitive(&self) -> bool {
        self.session.is_on(PragmaSwitch::CaseSensitiveLike)
    }

    fn constant(&self, expression: &BoundExpression) -> Option<Value> {
        executor::constant(expression)
    }
}
