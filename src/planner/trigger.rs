//! Triggers: what they do is planned as any statement is, in which OLD and NEW are arguments.
//!
//! Inside of a trigger `OLD.a` and `NEW.a` are constants, like the columns of the query around a
//! subquery; so a statement of its body is planned once, and run for each row with other arguments.

use super::bind::Binder;
use super::ddl;
use super::functions::ScalarFunction;
use super::plan::{Planned, SchemaPlan};
use super::references::{ReferenceRecorder, References};
use super::rewrites::Rewriting;
use super::scope::{Scope, ScopeRelation};
use super::subquery::OuterScope;
use super::write::replacing_defaults;
use super::{BoundExpression, BoundKind, Catalog, Error, Planning, home, plan_statement};
use crate::language::ast::{
    Annotations, CreateTrigger, Expression, ObjectName, PlannableStatement, Query, QueryStatement,
    RaiseAction, SchemaStatement, Select, SelectItem, Statement, TriggerEvent, TriggerTime,
};
use crate::language::parse_definition;
use crate::storage::SchemaChange;
use crate::types::{
    ConflictResolution, DataType, Definition, DefinitionKind, Schema, SchemaName, Span, TableSchema,
};
use std::rc::Rc;
use std::sync::Arc;

impl Binder<'_, '_> {
    /// Binds what ends a trigger.
    pub(super) fn raise(
        &mut self,
        action: RaiseAction,
        message: Option<&Expression>,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let in_trigger =
            self.subqueries.as_ref().is_some_and(|binder| binder.planning.outer.is_some());
        if !in_trigger {
            let message = "RAISE stands in triggers only";
            return Err(Error::new("misplaced-raise", message, span));
        }
        let arguments = message.map(|message| self.bind(message)).transpose()?;
        let arguments = arguments.into_iter().collect();
        let kind = BoundKind::Call(ScalarFunction::Raise(action), arguments);
        Ok(BoundExpression::new(kind, DataType::Any))
    }
}

/// What a row is called that is there, and one that comes.
const ROWS: [&str; 2] = ["old", "new"];

/// What changes of rows a trigger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowEvent {
    /// A row comes.
    Insert,
    /// A row becomes another.
    Update,
    /// A row goes.
    Delete,
}

impl RowEvent {
    /// What fires a trigger.
    pub fn of(event: &TriggerEvent) -> RowEvent {
        match event {
            TriggerEvent::Insert => RowEvent::Insert,
            TriggerEvent::Update(_) => RowEvent::Update,
            TriggerEvent::Delete => RowEvent::Delete,
        }
    }
}

/// A statement of a trigger, or its WHEN as a query of one value.
#[derive(Clone, Debug)]
pub struct TriggerStatement {
    /// Its plan, in which arguments stand for values of the row.
    pub planned: Planned,
    /// The values, over the row that is there and, behind it, the one that comes: of each its declared
    /// columns and then its number.
    pub arguments: Vec<BoundExpression>,
}

/// The statement of a trigger's definition.
///
/// # Errors
/// `syntax` and its like where this version cannot read it.
pub fn parse_trigger(definition: &Definition) -> Result<CreateTrigger, Error> {
    let name = &definition.name;
    match parse_definition(&definition.sql) {
        Ok(Some(SchemaStatement::CreateTrigger(trigger))) => {
            // Its text is kept from the name on.
            Ok(CreateTrigger { temporary: definition.is_temporary(), ..*trigger })
        }
        Ok(_) => {
            let message = format!("the definition of trigger {name} makes no trigger");
            Err(Error::new("syntax", message, Span::default()))
        }
        Err(error) => {
            let message = format!("trigger {name} cannot be read: {}", error.message);
            Err(Error::new(error.code, message, Span::default()).help(error.help))
        }
    }
}

/// How many values of a row a trigger knows: its declared columns and its number.
pub fn trigger_width(table: &TableSchema) -> usize {
    table.columns.len() + 1
}

/// Plans a statement of a trigger on a table or a view.
///
/// # Errors
/// As [`plan`](super::plan), with spans in the text of the definition.
pub fn plan_in_trigger(
    statement: PlannableStatement<'_>,
    trigger: &CreateTrigger,
    table: &TableSchema,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<TriggerStatement, Error> {
    TriggerText { trigger, table, text, references: None }.plan(statement, catalog)
}

/// What the statements of a trigger are planned with.
struct TriggerText<'a> {
    trigger: &'a CreateTrigger,
    /// What it is on.
    table: &'a TableSchema,
    /// What its spans point into.
    text: &'a str,
    /// Where what its names mean is recorded, if it is.
    references: Option<&'a Rc<References>>,
}

impl TriggerText<'_> {
    fn plan(
        &self,
        statement: PlannableStatement<'_>,
        catalog: &mut dyn Catalog,
    ) -> Result<TriggerStatement, Error> {
        let TriggerText { trigger, table, text, references } = *self;
        let scope = rows_of(trigger, table, references);
        let outer = OuterScope::of_rows(&scope);
        let mut rewriting = Rewriting::new(true);
        let mut planning = Planning::new(text, catalog, &mut rewriting);
        planning.outer = Some(&outer);
        planning.within = (!trigger.temporary).then_some(SchemaName::Main);
        planning.recorder = references.map(|references| ReferenceRecorder::new(references, 0));
        let mut planned = plan_statement(statement, &mut planning)?;
        if let Planned::Write(write) = &mut planned {
            // What OR says of whoever fires it holds for it, too, and may be REPLACE.
            write.defaults = replacing_defaults(&write.table, Some(ConflictResolution::Replace))?;
        }
        Ok(TriggerStatement { planned, arguments: outer.into_arguments() })
    }

    /// Plans what a WHEN says, as a query of one value.
    fn plan_condition(
        &self,
        condition: &Expression,
        catalog: &mut dyn Catalog,
    ) -> Result<TriggerStatement, Error> {
        let item = SelectItem::Expression { expression: condition.clone(), alias: None };
        let query = Query::of(Select::of_items(vec![item]));
        let statement = QueryStatement::Query(Box::new(query));
        self.plan(PlannableStatement::Query(&statement), catalog)
    }

    /// Plans all that it has, and finds the columns that UPDATE OF names.
    ///
    /// # Errors
    /// As [`plan_in_trigger`], and `unknown-column` of UPDATE OF.
    fn plan_all(&self, catalog: &mut dyn Catalog) -> Result<(), Error> {
        let TriggerText { trigger, table, references, .. } = *self;
        if let Some(condition) = &trigger.condition {
            self.plan_condition(condition, catalog)?;
        }
        for statement in trigger.body.0.iter().filter_map(Statement::plannable) {
            self.plan(statement, catalog)?;
        }
        let TriggerEvent::Update(columns) = &trigger.event else { return Ok(()) };
        for name in columns {
            let Some(column) = table.column(&name.name) else {
                return Err(super::write::unknown_column(table, &name.name, name.span));
            };
            if let Some(references) = references {
                references.record(name.span, table.id, Some(column));
            }
        }
        Ok(())
    }
}

/// Records what the names in a trigger mean.
///
/// # Errors
/// `unknown-table` where what it is on is gone, `unknown-column` of UPDATE OF, and those of its statements.
pub(super) fn record_references(
    definition: &Definition,
    references: &Rc<References>,
    catalog: &mut dyn Catalog,
) -> Result<(), Error> {
    let trigger = parse_trigger(definition)?;
    let schema = definition.table_schema.unwrap_or_else(|| definition.schema_name());
    let on = ObjectName { schema: Some(schema), ..trigger.table.clone() };
    let table = match catalog.view(&on, None)? {
        Some(_) => catalog.view_columns(&on)?,
        None => {
            let table = catalog.target(&on)?.schema;
            references.record(on.span, table.id, None);
            table
        }
    };
    let (trigger, table, references) = (&trigger, &*table, Some(references));
    TriggerText { trigger, table, text: &definition.sql, references }.plan_all(catalog)
}

/// Plans the WHEN of a trigger.
///
/// # Errors
/// As [`plan_in_trigger`].
pub fn plan_condition(
    condition: &Expression,
    trigger: &CreateTrigger,
    table: &TableSchema,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<TriggerStatement, Error> {
    TriggerText { trigger, table, text, references: None }.plan_condition(condition, catalog)
}

/// The rows that a trigger knows, under their names.
fn rows_of(
    trigger: &CreateTrigger,
    table: &TableSchema,
    references: Option<&Rc<References>>,
) -> Scope {
    let is_known = match trigger.event {
        TriggerEvent::Insert => [false, true],
        TriggerEvent::Update(_) => [true, true],
        TriggerEvent::Delete => [true, false],
    };
    let mut scope = Scope { references: references.cloned(), ..Scope::default() };
    for (at, name) in ROWS.into_iter().enumerate().filter(|(at, _)| is_known[*at]) {
        let first = at * trigger_width(table);
        let mut row = ScopeRelation::row(name, table, first).of_present(table.id, true);
        if trigger.time == TriggerTime::InsteadOf && at == 1 {
            // Nothing converts what is written into a view.
            row.columns.iter_mut().for_each(|column| column.data_type = DataType::Any);
        }
        scope.relations.push(row);
    }
    scope
}

/// Plans a CREATE TRIGGER. What its statements name need not be there, as in SQLite; then a notice says so.
///
/// # Errors
/// `trigger-exists`, `unknown-table`, `trigger` of a time that the table or view does not have, and of a
/// body that says something of the transaction.
pub(super) fn create(
    create: &CreateTrigger,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let (verb, name) = ("CREATE TRIGGER", &create.name);
    let (home, on) = home_of(create, catalog.schema())?;
    let create = &CreateTrigger { temporary: home == SchemaName::Temporary, ..create.clone() };
    catalog.check_new(name)?;
    // What it is on is asked for first, as in SQLite, also where the trigger is there.
    let view = catalog.view(&on, None)?;
    let table = match &view {
        Some(_) => catalog.view_columns(&on)?,
        None => catalog.target(&on)?.schema,
    };
    let schema = catalog.schema().within(home);
    if let Some(known) = schema.definition(DefinitionKind::Trigger, &name.name) {
        if create.if_not_exists {
            return Ok(SchemaPlan::new(verb, name, Vec::new()).into());
        }
        let message = format!("trigger \"{}\" is already there", known.name);
        return Err(Error::new("trigger-exists", message, name.span));
    }
    let said = create.body.0.iter().filter_map(Statement::annotations);
    if let Some(said) = said.into_iter().find(|said| **said != Annotations::default()) {
        let message = "what a trigger does is of the transaction that fires it";
        return Err(Error::new("trigger", message, said.span)
            .help(Some("WITH belongs to the statement that fires it".to_owned())));
    }
    let mut returned = create.body.0.iter().filter_map(|statement| match statement {
        Statement::Write(write) => write.returning().first(),
        Statement::Query(_) | Statement::Schema(_) | Statement::Session(_) => None,
    });
    if let Some(item) = returned.next() {
        let message = "nobody is there to see what a trigger's statement returns";
        return Err(Error::new("trigger", message, item.span())
            .help(Some("leave RETURNING out of it".to_owned())));
    }
    check_time(create, &table, view.is_some())?;
    let definition = Definition {
        id: home::new_id(home),
        kind: DefinitionKind::Trigger,
        name: name.name.to_string(),
        table: Some(table.name.to_string()),
        table_schema: (home == SchemaName::Temporary).then(|| table.id.schema_name()),
        sql: ddl::definition_from(verb, name, text, &create.annotations),
    };
    let notices = unready(create, &table, text, catalog)?;
    let changes = vec![SchemaChange::CreateDefinition(Arc::new(definition))];
    Ok(SchemaPlan { notices, ..SchemaPlan::new(verb, name, changes) }.into())
}

/// The schema of a trigger that comes to be, and the name of what it is on as it is looked up for it: as in
/// SQLite, one on what is temporary is temporary.
fn home_of(create: &CreateTrigger, schema: &Schema) -> Result<(SchemaName, ObjectName), Error> {
    let CreateTrigger { temporary, name, table, .. } = create;
    let of_table = schema.schema_of(table.schema, &table.name);
    let is_implied = name.schema.is_none() && of_table == SchemaName::Temporary;
    match home::of_new(*temporary || is_implied, name, "trigger")? {
        SchemaName::Temporary => Ok((SchemaName::Temporary, table.clone())),
        SchemaName::Main => {
            let on = home::looked_up_in(SchemaName::Main, table, &format!("trigger {name}"))?;
            Ok((SchemaName::Main, on))
        }
    }
}

/// Refuses a trigger that could not fire when it says.
fn check_time(create: &CreateTrigger, table: &TableSchema, is_view: bool) -> Result<(), Error> {
    let CreateTrigger { time, event, table: at, .. } = create;
    let (message, help) = match (time, is_view) {
        (TriggerTime::InsteadOf, false) => {
            let message = format!("INSTEAD OF is for views, and {} is a table", table.name);
            (message, "BEFORE or AFTER is for tables")
        }
        (TriggerTime::Before | TriggerTime::After, true) => {
            let message = format!("{time} {event} is for tables, and {} is a view", table.name);
            (message, "INSTEAD OF is for views")
        }
        (TriggerTime::InsteadOf, true) | (TriggerTime::Before | TriggerTime::After, false) => {
            return Ok(());
        }
    };
    Err(Error::new("trigger", message, at.span).help(Some(help.to_owned())))
}

/// Says why a trigger cannot run as things are, if it cannot.
fn unready(
    create: &CreateTrigger,
    table: &TableSchema,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Vec<String>, Error> {
    let name = &create.name.name;
    let planned = TriggerText { trigger: create, table, text, references: None }.plan_all(catalog);
    match planned {
        Ok(()) => Ok(Vec::new()),
        Err(error) if error.code == home::TEMPORARY_NAME => Err(error),
        Err(error) => Ok(vec![format!("trigger {name} cannot run as things are: {error}")]),
    }
}
