//! The triggers of a session's writes: bound once for a schema, and ready to fire.

use super::Session;
use super::catalog::StatementCatalog;
use crate::executor::{self, Trigger, TriggerFault, TriggerProgram, TriggerSource};
use crate::language::ast::{CreateTrigger, Statement, TriggerEvent};
use crate::planner::{self, RowEvent, parse_trigger, plan_condition, plan_in_trigger};
use crate::storage::{Fork, View};
use crate::types::{Definition, Schema, SchemaName, TableSchema, fold};
use std::collections::HashMap;
use std::sync::Arc;

/// What fires triggers: changes of rows of a table or a view, by its schema and name.
type FiringKey = (SchemaName, String, RowEvent);

/// The triggers that were bound, by what fires them.
#[derive(Debug, Default)]
pub(super) struct TriggerCache {
    /// The schema that they were bound for.
    schema: Schema,
    known: HashMap<FiringKey, Arc<[Arc<Trigger>]>>,
}

impl TriggerSource for Session {
    fn triggers(
        &self,
        table: &TableSchema,
        event: RowEvent,
        fork: &Fork,
    ) -> Result<Option<Arc<[Arc<Trigger>]>>, executor::Error> {
        let view = fork.view();
        let schema = view.schema();
        let home = table.id.schema_name();
        let is_on = |trigger: &&Arc<Definition>| trigger.is_on(home, &table.name);
        if !schema.all_triggers().any(|trigger| is_on(&trigger)) {
            return Ok(None);
        }
        let asked = (home, fold(&table.name), event);
        {
            let mut cache = self.triggers.borrow_mut();
            if !cache.schema.is_same(schema) {
                *cache = TriggerCache { schema: schema.clone(), known: HashMap::new() };
            }
            if let Some(known) = cache.known.get(&asked) {
                return Ok(Some(Arc::clone(known)));
            }
        }
        let mut on: Vec<Arc<Definition>> =
            schema.all_triggers().filter(is_on).map(Arc::clone).collect();
        // The newest fires first, as in SQLite, and those that are temporary before the others.
        on.sort_by_key(|trigger| std::cmp::Reverse(trigger.id));
        let mut bound = Vec::new();
        for definition in on {
            let trigger = self.bound_trigger(&definition, table, event, &view);
            bound.extend(trigger.map_err(|error| fault(error, &definition))?.map(Arc::new));
        }
        let bound: Arc<[Arc<Trigger>]> = bound.into();
        self.triggers.borrow_mut().known.insert(asked, Arc::clone(&bound));
        Ok(Some(bound))
    }
}

/// Why a trigger cannot run.
fn fault(error: planner::Error, trigger: &Definition) -> TriggerFault {
    let planner::Error { code, message, help, .. } = error;
    let message = format!("trigger {} cannot run: {message}", trigger.name);
    TriggerFault { code, message, help }
}

/// WHEN, and what a trigger does.
type TriggerPrograms = (Option<TriggerProgram>, Vec<TriggerProgram>);

impl Session {
    /// A trigger ready to fire; `None` where something else fires it.
    fn bound_trigger(
        &self,
        definition: &Definition,
        table: &TableSchema,
        event: RowEvent,
        view: &View,
    ) -> Result<Option<Trigger>, planner::Error> {
        let parsed = parse_trigger(definition)?;
        if RowEvent::of(&parsed.event) != event {
            return Ok(None);
        }
        let columns = match &parsed.event {
            TriggerEvent::Update(columns) if !columns.is_empty() => {
                Some(columns.iter().filter_map(|column| table.column(&column.name)).collect())
            }
            TriggerEvent::Insert | TriggerEvent::Delete | TriggerEvent::Update(_) => None,
        };
        let programs = self.programs(&parsed, &definition.sql, table, view);
        let (programs, fault) = match programs {
            Ok(programs) => (programs, None),
            Err(error) => (TriggerPrograms::default(), Some(fault(error, definition))),
        };
        let (condition, statements) = programs;
        let (id, name, time) = (definition.id, definition.name.clone(), parsed.time);
        Ok(Some(Trigger { id, name, time, columns, condition, statements, fault }))
    }

    /// What a trigger of this text does.
    fn programs(
        &self,
        parsed: &CreateTrigger,
        text: &str,
        table: &TableSchema,
        view: &View,
    ) -> Result<TriggerPrograms, planner::Error> {
        let condition = parsed.condition.as_ref().map(|condition| {
            self.program(parsed, view, |catalog| {
                plan_condition(condition, parsed, table, text, catalog)
            })
        });
        let condition = condition.transpose()?;
        let statements = parsed.body.0.iter().filter_map(Statement::plannable).map(|statement| {
            self.program(parsed, view, |catalog| {
                plan_in_trigger(statement, parsed, table, text, catalog)
            })
        });
        Ok((condition, statements.collect::<Result<_, _>>()?))
    }

    /// A statement of a trigger with the tables that fill its slots.
    fn program(
        &self,
        trigger: &CreateTrigger,
        view: &View,
        plan: impl FnOnce(
            &mut StatementCatalog<'_>,
        ) -> Result<planner::TriggerStatement, planner::Error>,
    ) -> Result<TriggerProgram, planner::Error> {
        let mut catalog = StatementCatalog::new(self, view.clone());
        let statement = plan(&mut catalog)?;
        let present = catalog.moment().is_none_or(|moment| moment == view.period().last)
            && catalog.several().is_none();
        match catalog.tables() {
            Some(tables) if present => Ok(TriggerProgram { statement, tables }),
            Some(_) | None => {
                let message = "a trigger reads tables and views as they are when it fires";
                let help = "leave out AS OF, and the tables that the database writes";
                Err(planner::Error::new("trigger", message, trigger.name.span)
                    .help(Some(help.to_owned())))
            }
        }
    }
}
