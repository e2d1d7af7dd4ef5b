//! The catalog as a change of the schema would leave it, for asking what could not be read then.

use super::BoundExpression;
use super::{Catalog, Error, TableSource, parse_view, view_schema};
use crate::language::ast::{
    AsOf, CreateView, EventSelection, History, Identifier, ObjectName, ShowSubject, Temporal,
};
use crate::storage::SchemaChange;
use crate::types::{Definition, EventId, Period, Schema, SchemaName, Span, TableSchema, Value};
use std::sync::Arc;

/// Whether tables are read by the names that they had, which no change of the schema changes.
fn is_past(temporal: Option<&Temporal>) -> bool {
    temporal.is_some_and(|temporal| !temporal.ends_latest())
}

/// A catalog whose present is another schema. What is planned by it is not run.
pub(super) struct AlteredCatalog<'a> {
    inner: &'a mut dyn Catalog,
    schema: Schema,
}

impl<'a> AlteredCatalog<'a> {
    /// The catalog behind these changes.
    pub fn new(inner: &'a mut dyn Catalog, changes: &[SchemaChange]) -> AlteredCatalog<'a> {
        let mut schema = inner.schema().clone();
        for change in changes {
            match change.schema_name() {
                SchemaName::Main => change.apply(&mut schema),
                SchemaName::Temporary => {
                    let mut temporary = schema.within(SchemaName::Temporary).clone();
                    change.apply(&mut temporary);
                    schema.temporary = Some(Arc::new(temporary));
                }
            }
        }
        AlteredCatalog { inner, schema }
    }

    /// The table of this name in the present, unless the name is one of what every database has.
    fn present(&self, name: &ObjectName) -> Result<Option<TableSource>, Error> {
        if let Some(schema) = self.schema.find_table(name.schema, &name.name) {
            let (schema, period) = (Arc::clone(schema), Period::at(EventId::START));
            return Ok(Some(TableSource { slot: 0, schema, period, rows: 0, statistics: None }));
        }
        if self.inner.schema().find_table(name.schema, &name.name).is_none() {
            return Ok(None);
        }
        Err(Error::new("unknown-table", format!("no table \"{}\"", name.name), name.span))
    }
}

impl Catalog for AlteredCatalog<'_> {
    fn table(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        let present = if is_past(temporal) { None } else { self.present(name)? };
        present.map_or_else(|| self.inner.table(name, temporal), Ok)
    }

    fn view(
        &mut self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<Option<Arc<CreateView>>, Error> {
        if is_past(temporal) {
            return self.inner.view(name, temporal);
        }
        self.schema.find_view(name.schema, &name.name).map(|known| parse_view(known)).transpose()
    }

    fn view_columns(&mut self, name: &ObjectName) -> Result<Arc<TableSchema>, Error> {
        match self.schema.find_view(name.schema, &name.name).map(Arc::clone) {
            Some(view) => view_schema(&view, None, self),
            None => self.inner.view_columns(name),
        }
    }

    fn rely_on(&mut self, definition: &Arc<Definition>) {
        self.inner.rely_on(definition);
    }

    fn target(&mut self, name: &ObjectName) -> Result<TableSource, Error> {
        self.present(name)?.map_or_else(|| self.inner.target(name), Ok)
    }

    fn history(
        &mut self,
        history: &History,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        if !history.ends_latest(temporal) {
            return self.inner.history(history, temporal);
        }
        // The log is as it is: there it has the name from before. What its WHERE names is recorded, and so
        // looked for, elsewhere.
        let History { table, .. } = history;
        let after = self.schema.find_table(table.schema, &table.name).map(|known| known.id);
        let before = self.inner.schema().all_tables().find(|known| Some(known.id) == after);
        let Some(before) = before.map(|known| known.name.clone()) else {
            return self.inner.history(history, temporal);
        };
        let identifier = Identifier { name: before, ..table.identifier.clone() };
        let table = ObjectName { identifier, ..table.clone() };
        self.inner.history(&History { table, filter: None, ..history.clone() }, temporal)
    }

    fn events(&mut self, events: &EventSelection) -> Result<TableSource, Error> {
        self.inner.events(events)
    }

    fn pragmas(&mut self, temporal: Option<&Temporal>, span: Span) -> Result<usize, Error> {
        self.inner.pragmas(temporal, span)
    }

    fn show(&mut self, subject: ShowSubject, as_of: Option<&AsOf>) -> Result<TableSource, Error> {
        self.inner.show(subject, as_of)
    }

    fn check_moment(&mut self, as_of: &AsOf) -> Result<(), Error> {
        self.inner.check_moment(as_of)
    }

    fn check_new(&self, name: &Identifier) -> Result<(), Error> {
        self.inner.check_new(name)
    }

    fn is_like_case_sensitive(&self) -> bool {
        self.inner.is_like_case_sensitive()
    }

    fn is_flexible(&self) -> bool {
        self.inner.is_flexible()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn constant(&self, expression: &BoundExpression) -> Option<Value> {
        self.inner.constant(expression)
    }
}
