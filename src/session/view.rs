//! Which view a name means, and when: a view travels through time as the tables do that it reads.

use super::Session;
use super::catalog::StatementCatalog;
use crate::language::ast::{CreateView, ObjectName, Temporal};
use crate::planner::{self, Catalog, Error, parse_view};
use crate::types::{Definition, DefinitionKind, EventId, Schema, SchemaName, TableSchema};
use std::sync::Arc;

/// The views that can be read, with their columns, as if they were tables.
#[derive(Debug, Default)]
pub(super) struct ReadableViews(Vec<Arc<TableSchema>>);

impl ReadableViews {
    /// Those of a schema.
    pub fn within(&self, home: SchemaName) -> impl Iterator<Item = &Arc<TableSchema>> {
        self.0.iter().filter(move |view| view.id.schema_name() == home)
    }

    /// The one of a schema that has this name.
    pub fn named(&self, home: SchemaName, name: &str) -> Option<&Arc<TableSchema>> {
        self.within(home).find(|view| view.name.eq_ignore_ascii_case(name))
    }
}

impl StatementCatalog<'_> {
    /// The view of a name at a moment; where it did not exist yet, by its first definition, which a
    /// notice tells.
    ///
    /// # Errors
    /// Those of the moment, and `syntax` of a definition that cannot be read.
    pub(super) fn named_view(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<Option<Arc<CreateView>>, Error> {
        let names = self.names();
        if names.temporary.is_some()
            && names.schema_of(name.schema, &name.name) == SchemaName::Temporary
        {
            // It has no past, and what it names may.
            let view = names.within(SchemaName::Temporary).view(&name.name).cloned();
            return view.map(|view| self.parsed(view, name)).transpose();
        }
        let past = match temporal {
            None => None,
            Some(temporal) => Some(self.past_schema(temporal, name.span)?),
        };
        let schema = past.as_ref().map_or(self.names(), |(_, schema)| schema);
        if schema.find_table(name.schema, &name.name).is_some() {
            return Ok(None);
        }
        let known = schema.find_view(name.schema, &name.name).cloned();
        let last = past.as_ref().map_or_else(|| self.present_event(), |(last, _)| *last);
        let Some(definition) = known.or_else(|| self.first_view(name, last)) else {
            return Ok(None);
        };
        self.parsed(definition, name).map(Some)
    }

    /// The statement of a view that was found by a name.
    fn parsed(
        &mut self,
        definition: Arc<Definition>,
        name: &ObjectName,
    ) -> Result<Arc<CreateView>, Error> {
        let view = parse_view(&definition).map_err(|error| Error { span: name.span, ..error })?;
        self.definitions.push(definition);
        Ok(view)
    }

    /// The first definition of a view that did not exist yet at an event.
    fn first_view(&mut self, name: &ObjectName, at: EventId) -> Option<Arc<Definition>> {
        if name.schema == Some(SchemaName::Temporary) {
            return None;
        }
        let first = self.database().first_definition(DefinitionKind::View, &name.name);
        let (event, definition) = first.filter(|(event, _)| *event > at)?;
        let name = &definition.name;
        let notice = format!(
            "view {name} did not exist at event {at}: it is read as event {event} defined it first"
        );
        self.resolver().notice(notice);
        Some(definition)
    }

    /// A table or a view with its columns at a moment, and the event that this is.
    ///
    /// # Errors
    /// Those of the moment, `unknown-table` where there is neither, and those of a view's query.
    pub(super) fn described(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<(Arc<TableSchema>, EventId), Error> {
        let Some(_) = Catalog::view(self, name, temporal)? else {
            let source = self.table(name, temporal)?;
            return Ok((source.schema, source.period.last));
        };
        let event = match temporal {
            None => self.present_event(),
            Some(temporal) => self.past_schema(temporal, name.span)?.0,
        };
        let definition = self.definitions.pop().expect("it was found above");
        let schema = planner::view_schema(&definition, temporal.cloned(), self);
        Ok((schema.map_err(|error| Error { span: name.span, ..error })?, event))
    }

    /// The views of a schema that can be read.
    pub(super) fn readable_views(
        &self,
        schema: &Schema,
        temporal: Option<&Temporal>,
    ) -> ReadableViews {
        let views: Vec<Arc<Definition>> = schema.all_views().map(Arc::clone).collect();
        let read = |view: Arc<Definition>| {
            let mut inner = self.beside();
            planner::view_schema(&view, temporal.cloned(), &mut inner).ok()
        };
        ReadableViews(views.into_iter().filter_map(read).collect())
    }
}

impl Session {
    /// The views that can be read now, with their columns, as if they were tables.
    ///
    /// # Errors
    /// `corrupt` where a file that the present is made of is damaged, `io` where it cannot be read.
    pub fn views(&self) -> Result<Vec<Arc<TableSchema>>, super::Error> {
        let catalog = self.catalog()?;
        let schema = self.schema()?;
        Ok(catalog.readable_views(&schema, None).0)
    }
}
