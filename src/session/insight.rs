//! Statements that look at the schema: DESCRIBE, SHOW TABLES.

use super::outcome::{self, Outcome};
use super::relations::column_row;
use super::{Error, Session};
use crate::language::ast::{AsOf, Identifier, Temporal};
use crate::planner::Catalog;
use crate::types::{DataType, Value};

impl Session {
    /// The columns of a table, a row each.
    pub(super) fn describe(
        &self,
        name: &Identifier,
        as_of: Option<&AsOf>,
    ) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let temporal = as_of.cloned().map(Temporal::AsOf);
        let source = catalog.table(name, temporal.as_ref())?;
        let columns = [
            ("column", DataType::Text),
            ("type", DataType::Text),
            ("null", DataType::Text),
            ("key", DataType::Text),
            ("default", DataType::Text),
        ];
        let rows = (0..source.schema.columns.len()).map(|at| column_row(&source.schema, at));
        outcome::fixed(&columns, rows.collect(), Some(source.period.last))
    }

    /// The tables at a moment, a row each.
    pub(super) fn show_tables(&self, as_of: Option<&AsOf>) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let (event, view) = catalog.view(as_of)?;
        let columns = [
            ("table", DataType::Text),
            ("columns", DataType::Text),
            ("created", DataType::Integer),
        ];
        let rows = view.schema().tables().map(|table| {
            let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
            let created = i64::try_from(table.id.0.0).unwrap_or(i64::MAX);
            vec![Value::text(&table.name), Value::text(names.join(", ")), Value::Integer(created)]
        });
        outcome::fixed(&columns, rows.collect(), Some(event))
    }
}
