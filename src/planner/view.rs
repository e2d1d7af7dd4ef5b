//! Views: queries that have a name in the schema.
//!
//! A view is bound wherever it is named, as if its query stood there, by the definition and the tables
//! of that moment; so rewrites go through it, and nothing is kept of it but its text. What is wrong with
//! that text is said where the view is named, since spans point into the statement alone.

use super::from_clause::FromBinder;
use super::logical::Logical;
use super::plan::{Planned, SchemaPlan};
use super::query::{self, LogicalQuery};
use super::references::{ReferenceRecorder, References};
use super::rewrites::Rewriting;
use super::surroundings::Surroundings;
use super::{Catalog, Error, Planning, ddl, home, scope, suggest};
use crate::language::ast::{
    CreateView, DropDefinition, Identifier, ObjectName, SchemaStatement, Temporal,
};
use crate::language::parse_definition;
use crate::storage::SchemaChange;
use crate::types::{
    Column, ColumnId, DataType, Definition, DefinitionKind, EventId, SchemaName, TableId,
    TableOptions, TableSchema, with_stack,
};
use std::rc::Rc;
use std::sync::Arc;

/// How deep views name views: each is bound inside of the one before.
const MAX_DEPTH: usize = 100;

/// The query of a view's definition, with the names of its columns.
///
/// # Errors
/// `syntax` and its like where this version cannot read it.
pub fn parse_view(definition: &Definition) -> Result<Arc<CreateView>, Error> {
    let span = crate::types::Span::default();
    match parse_definition(&definition.sql) {
        Ok(Some(SchemaStatement::CreateView(view))) => {
            // Its text is kept from the name on.
            Ok(Arc::new(CreateView { temporary: definition.is_temporary(), ..view }))
        }
        Ok(_) => {
            let message = format!("the definition of view {} makes no view", definition.name);
            Err(Error::new("syntax", message, span))
        }
        Err(error) => {
            let message = format!("view {} cannot be read: {}", definition.name, error.message);
            Err(Error::new(error.code, message, span).help(error.help))
        }
    }
}

/// The columns of a view as if it were a table, by what it names in the catalog's present.
///
/// # Errors
/// Those of its query.
pub fn view_schema(
    definition: &Definition,
    temporal: Option<Temporal>,
    catalog: &mut dyn Catalog,
) -> Result<Arc<TableSchema>, Error> {
    let view = parse_view(definition)?;
    let mut rewriting = Rewriting::new(false);
    let mut planning = Planning::new(&definition.sql, catalog, &mut rewriting);
    let name = ObjectName::of(&definition.name);
    let bound = bind(&view, &name, temporal, &mut planning)?;
    let mut names: Vec<String> = Vec::with_capacity(bound.output.len());
    for (ordinal, column) in bound.output.iter().enumerate() {
        let name = view.columns.get(ordinal).map_or(&column.name, |name| &name.name);
        let is_taken = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let free = scope::free_name(name, is_taken);
        names.push(free);
    }
    let column = |((ordinal, column), name): ((usize, &query::QueryColumn), String)| {
        let is_known = column.data_type != DataType::Any;
        Column {
            id: ColumnId { event: EventId::NEVER, ordinal },
            declared: if is_known { column.data_type.to_string() } else { String::new() },
            collation: column.traits.collation.collation(),
            ..Column::new(name, column.data_type)
        }
    };
    Ok(Arc::new(TableSchema {
        id: match definition.schema_name() {
            SchemaName::Main => TableId::NONE,
            SchemaName::Temporary => TableId::TEMPORARY,
        },
        name: definition.name.as_str().into(),
        columns: bound.output.iter().enumerate().zip(names).map(column).collect(),
        keys: Vec::new(),
        autoincrement: false,
        options: TableOptions::default(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: definition.sql.clone(),
    }))
}

/// Records what the names in a view's query mean.
///
/// # Errors
/// Those of its query.
pub(super) fn record_references(
    definition: &Definition,
    references: &Rc<References>,
    catalog: &mut dyn Catalog,
) -> Result<(), Error> {
    let view = parse_view(definition)?;
    let mut rewriting = Rewriting::new(false);
    let mut planning = Planning::new(&definition.sql, catalog, &mut rewriting);
    planning.recorder = Some(ReferenceRecorder::new(references, 1));
    bind(&view, &ObjectName::of(&definition.name), None, &mut planning).map(drop)
}

/// Binds a view that is named so in the statement.
fn bind(
    view: &CreateView,
    name: &Identifier,
    temporal: Option<Temporal>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let called = &view.name.name;
    let home = view.home();
    let is_it = |(schema, open): &(SchemaName, String)| {
        *schema == home && open.eq_ignore_ascii_case(called)
    };
    if planning.views.iter().any(is_it) {
        let message = format!("view {called} is defined by itself");
        return Err(Error::new("view-recursion", message, name.span));
    }
    if planning.views.len() == MAX_DEPTH {
        let message = format!("views are defined by more than {MAX_DEPTH} others");
        return Err(Error::new("nesting-limit", message, name.span));
    }
    if planning.views.is_empty() {
        planning.view_span = name.span;
    }
    planning.views.push((home, called.to_string()));
    let within = match home {
        SchemaName::Main => Some(SchemaName::Main),
        SchemaName::Temporary => None,
    };
    let within = std::mem::replace(&mut planning.within, within);
    let surroundings = Surroundings::at(temporal);
    let bound = with_stack(|| query::bind(&view.query, &surroundings, planning));
    planning.views.pop();
    planning.within = within;
    bound.and_then(|query| check_width(view, query)).map_err(|error| {
        let note = format!("in view {called}");
        let known = error.notes.contains(&note);
        let error = Error { span: name.span, ..error };
        if known { error } else { error.note(note) }
    })
}

/// Makes sure that a view has as many columns as it has names for.
fn check_width(view: &CreateView, query: LogicalQuery) -> Result<LogicalQuery, Error> {
    let (names, have) = (view.columns.len(), query.output.len());
    if names == 0 || names == have {
        return Ok(query);
    }
    let message = format!("view {} has {have} columns and {names} names for them", view.name.name);
    Err(Error::new("column-count", message, view.name.span))
}

impl FromBinder<'_, '_, '_> {
    /// The answer of a view under its name here.
    pub(super) fn add_view(
        &mut self,
        view: &CreateView,
        name: &Identifier,
        called: &Identifier,
        temporal: Option<Temporal>,
    ) -> Result<Logical, Error> {
        self.count(called)?;
        let query = bind(view, name, temporal, self.planning)?;
        let query = query.called(&view.name, &view.columns)?;
        let answer = self.add_answer(called, query);
        if let Some(relation) = self.scope.relations.last_mut() {
            relation.schema = Some(view.home());
        }
        Ok(answer)
    }
}

/// Plans a CREATE VIEW. What its query names need not be there, as in SQLite; then a notice says so.
///
/// # Errors
/// `view-exists`, `table-exists` and `index-exists` of a name that is taken, and those of
/// [`Catalog::check_new`].
pub(super) fn create(
    create: &CreateView,
    text: &str,
    planning: &mut Planning,
) -> Result<Planned, Error> {
    let (verb, name) = ("CREATE VIEW", &create.name);
    let home = home::of_new(create.temporary, name, "view")?;
    planning.catalog.check_new(name)?;
    let schema = planning.catalog.schema().within(home);
    let known = schema.view(&name.name).cloned();
    let is_there = known.is_some() || schema.table(&name.name).is_some();
    if is_there && create.if_not_exists {
        return Ok(SchemaPlan::new(verb, name, Vec::new()).into());
    }
    if known.is_none() || !create.or_replace {
        ddl::check_free(name, planning.catalog.schema().within(home))?;
    }
    let definition = Definition {
        id: known.as_ref().map_or(home::new_id(home), |known| known.id),
        kind: DefinitionKind::View,
        name: known.as_ref().map_or_else(|| name.name.to_string(), |known| known.name.clone()),
        table: None,
        table_schema: None,
        sql: ddl::definition_from(verb, name, text, &create.annotations),
    };
    let notices = unreadable(create, planning)?;
    let changes = match known {
        Some(old) if old.is_alike(&definition) => Vec::new(),
        Some(old) => vec![SchemaChange::ReplaceDefinition { old, new: Arc::new(definition) }],
        None => vec![SchemaChange::CreateDefinition(Arc::new(definition))],
    };
    Ok(SchemaPlan { notices, ..SchemaPlan::new(verb, name, changes) }.into())
}

/// Says why a view cannot be read as things are, if it cannot.
///
/// # Errors
/// `temporary-name` where it could never be.
fn unreadable(create: &CreateView, planning: &mut Planning) -> Result<Vec<String>, Error> {
    let name = &create.name.name;
    match bind(create, &create.name, None, planning) {
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.code == home::TEMPORARY_NAME => Err(error),
        Err(error) => Ok(vec![format!("view {name} cannot be read as things are: {error}")]),
    }
}

/// Plans a DROP VIEW or a DROP TRIGGER.
///
/// # Errors
/// `unknown-view` and `unknown-trigger` where there is none of the name, without IF EXISTS.
pub(super) fn drop_definition(
    drop: &DropDefinition,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let DropDefinition { kind, if_exists, name, .. } = drop;
    let is_view = *kind == DefinitionKind::View;
    let (verb, unknown) = match is_view {
        true => ("DROP VIEW", "unknown-view"),
        false => ("DROP TRIGGER", "unknown-trigger"),
    };
    let schema = catalog.schema();
    if let Some(definition) = schema.find_definition(*kind, name.schema, &name.name) {
        let mut changes = ddl::dropped_triggers(schema, definition.schema_name(), &definition.name);
        changes.retain(|_| is_view);
        changes.push(SchemaChange::DropDefinition(Arc::clone(definition)));
        return Ok(SchemaPlan::new(verb, name, changes).into());
    }
    if let Some(table) = schema.find_table(name.schema, &name.name).filter(|_| is_view) {
        let message = format!("{} is a table, and no view", table.name);
        return Err(Error::new(unknown, message, name.span)
            .help(Some(format!("DROP TABLE {} drops it", Identifier::of(table.name.clone())))));
    }
    if *if_exists {
        return Ok(SchemaPlan::new(verb, name, Vec::new()).into());
    }
    let names = schema.definitions().into_iter().filter(|known| known.kind == *kind);
    let message = format!("no {kind} \"{}\"", name.name);
    let help = suggest(&name.name, names.map(|known| known.name.as_str()));
    Err(Error::new(unknown, message, name.span).help(help))
}
