//! Statements that look at the schema and at plans: EXPLAIN, DESCRIBE, SHOW TABLES.

use super::catalog::StatementCatalog;
use super::outcome::{self, Outcome};
use super::{Error, Session};
use crate::language::ast::{AsOf, Identifier, Statement, Temporal};
use crate::planner::{self, Catalog};
use crate::types::{DataType, KeyKind, Row, TableSchema, Value};

impl Session {
    /// The plan of a statement, a line a row.
    pub(super) fn explain(&self, statement: &Statement, text: &str) -> Result<Outcome, Error> {
        if !matches!(
            statement,
            Statement::Select(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::CreateTable(_)
                | Statement::DropTable { .. }
                | Statement::AlterTable { .. }
                | Statement::CreateIndex(_)
                | Statement::DropIndex { .. }
        ) {
            let lines = vec![vec![Value::text(format!("{statement} needs no plan"))]];
            return outcome::fixed(&[("plan", DataType::Text)], lines, None);
        }
        let mut catalog = StatementCatalog::new(self.database(), self.present()?);
        let planned = planner::plan(statement, text, &mut catalog)?;
        let lines = planned.to_string().lines().map(|line| vec![Value::text(line)]).collect();
        outcome::fixed(&[("plan", DataType::Text)], lines, catalog.moment())
    }

    /// The columns of a table, a row each.
    pub(super) fn describe(
        &self,
        name: &Identifier,
        as_of: Option<&AsOf>,
    ) -> Result<Outcome, Error> {
        let mut catalog = StatementCatalog::new(self.database(), self.present()?);
        let temporal = as_of.cloned().map(Temporal::AsOf);
        let source = catalog.table(name, temporal.as_ref())?;
        let columns = [
            ("column", DataType::Text),
            ("type", DataType::Text),
            ("null", DataType::Text),
            ("key", DataType::Text),
            ("default", DataType::Text),
        ];
        let rows = (0..source.schema.columns.len()).map(|at| describe_column(&source.schema, at));
        outcome::fixed(&columns, rows.collect(), Some(source.period.last))
    }

    /// The tables at a moment, a row each.
    pub(super) fn show_tables(&self, as_of: Option<&AsOf>) -> Result<Outcome, Error> {
        let mut catalog = StatementCatalog::new(self.database(), self.present()?);
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

fn describe_column(table: &TableSchema, at: usize) -> Row {
    let column = &table.columns[at];
    let declared = if column.declared.is_empty() {
        column.data_type.to_string()
    } else {
        column.declared.clone()
    };
    let in_key =
        |kind: KeyKind| table.keys.iter().any(|key| key.kind == kind && key.columns.contains(&at));
    let key = if in_key(KeyKind::Primary) {
        "primary"
    } else if in_key(KeyKind::Unique) {
        "unique"
    } else if in_key(KeyKind::Index) {
        "index"
    } else {
        ""
    };
    let nullable = !column.not_null && table.integer_primary_key() != Some(at);
    vec![
        Value::text(&column.name),
        Value::text(declared),
        Value::text(if nullable { "yes" } else { "no" }),
        Value::text(key),
        column.default.as_ref().map_or(Value::Null, Value::text),
    ]
}
