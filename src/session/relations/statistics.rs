//! `sqlite_stat1`: what ANALYZE finds of the tables of a moment, in SQLite's words.
//!
//! It is counted as it is read, so that it is there whether ANALYZE was asked or not, and of the past as
//! well; what the planner goes by is what ANALYZE found last.

use super::super::pragmas::sqlite_indexes;
use super::{RelationSchema, optional, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation, table_statistics};
use crate::storage::{self, TableStatistics, View};
use crate::types::{DataType, KeyKind, Row, TableSchema, Value};

pub(super) const SCHEMA: RelationSchema = RelationSchema {
    name: "sqlite_stat1",
    columns: &[("tbl", DataType::Text), ("idx", DataType::Text), ("stat", DataType::Text)],
};

/// The statistics of all tables of a view.
#[derive(Debug)]
pub(super) struct StatisticsRelation(pub View);

impl Relation for StatisticsRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let mut rows: Vec<Row> = Vec::new();
        for table in self.0.schema().tables() {
            rows.extend(rows_of(table, &table_statistics(&self.0.table(table), context)?));
        }
        let rows = rows.into_iter().map(|row| Ok::<_, storage::Error>(Some(row)));
        Ok(relation_rows(&SCHEMA, columns, context, rows, |row, column| {
            Ok(row.get(column).cloned().unwrap_or(Value::Null))
        }))
    }

    fn source(&self) -> String {
        format!("{}: the rows of all tables", SCHEMA.name)
    }
}

/// A row for each key that is an index to SQLite; one for the table where none has all its rows. Of what
/// is empty nothing is said.
fn rows_of(table: &TableSchema, statistics: &TableStatistics) -> Vec<Row> {
    let row = |index: Option<&str>, stat: String| {
        vec![Value::text(&table.name), optional(index), Value::text(stat)]
    };
    let (mut rows, mut is_counted) = (Vec::new(), false);
    for (name, key) in sqlite_indexes(table) {
        // The rows themselves are this one.
        let is_table = key.kind == KeyKind::Primary && table.options.without_rowid;
        let name = if is_table { table.name.as_str() } else { &name };
        let Some(known) = statistics.key(key.id).filter(|known| known.rows > 0) else { continue };
        is_counted |= key.condition.is_none();
        let shared = (1..=known.distinct.len()).filter_map(|parts| known.rows_per_value(parts));
        let numbers: Vec<String> =
            std::iter::once(known.rows).chain(shared).map(|number| number.to_string()).collect();
        rows.push(row(Some(name), numbers.join(" ")));
    }
    if !is_counted && statistics.rows > 0 {
        rows.push(row(None, statistics.rows.to_string()));
    }
    rows
}
