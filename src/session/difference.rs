//! What differs between two moments: definitions, then rows.

use super::net::Net;
use super::outcome::{self, Outcome};
use super::relations::{integer, optional};
use super::{Error, Session};
use crate::language::ast::{At, Identifier};
use crate::planner::{Catalog, create_index, create_table};
use crate::storage::row_json;
use crate::types::{
    DataType, KeyKind, KeySchema, Period, Row, TableId, TableSchema, Value, exact_json, fold,
};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Session {
    /// The net difference between two moments, of one table or of all, a row each. From a later moment
    /// to an earlier one it tells what would lead back.
    ///
    /// # Errors
    /// Where a point is none, or there is no such table at either.
    pub fn difference(&self, from: &At, to: &At, table: Option<&str>) -> Result<Outcome, Error> {
        const COLUMNS: &[(&str, DataType)] = &[
            ("table_name", DataType::Text),
            ("op", DataType::Text),
            ("row", DataType::Integer),
            ("changed", DataType::Text),
            ("old", DataType::Json),
            ("new", DataType::Json),
        ];
        let catalog = self.catalog()?;
        let from = catalog.moments().resolve(&from.as_of(false))?;
        let to = catalog.moments().resolve(&to.as_of(false))?;
        let (first, last) = (from.min(to), from.max(to));
        let before = self.database.view(Period::at(first))?;
        let after = self.database.view(Period::at(last))?;
        let mut tables: BTreeMap<TableId, [Option<&Arc<TableSchema>>; 2]> = BTreeMap::new();
        for (side, view) in [&before, &after].into_iter().enumerate() {
            for schema in view.schema().tables() {
                tables.entry(schema.id).or_default()[side] = Some(schema);
            }
        }
        if let Some(name) = table {
            let is_named = |table: &&Arc<TableSchema>| table.name.eq_ignore_ascii_case(name);
            tables.retain(|_, sides| sides.iter().flatten().any(is_named));
            if tables.is_empty() {
                self.catalog()?.table(&Identifier::of(name), None)?;
            }
        }
        // By name; of one that was dropped and made again, first the one that went.
        let mut tables: Vec<_> = tables.into_values().collect();
        tables.sort_by_cached_key(|[before, after]| after.or(*before).map(|t| fold(&t.name)));
        let mut rows = Vec::new();
        for [before, after] in tables {
            let reversed = to < from;
            let [old, new] = if reversed { [after, before] } else { [before, after] };
            rows.extend(definition_rows(old.map(Arc::as_ref), new.map(Arc::as_ref)));
            let Some(table) = after else { continue };
            for net in self.net(table, Period { first: first.next(), last })? {
                let net = match reversed {
                    true => Net { row: net.row, old: net.new, new: net.old },
                    false => net,
                };
                rows.push(difference_row(table, &net)?);
            }
        }
        outcome::fixed(COLUMNS, rows, Some(to))
    }
}

/// What differs between the definitions of one table and of its indexes: the statements that make
/// each, before and after. Indexes go with their table.
fn definition_rows(old: Option<&TableSchema>, new: Option<&TableSchema>) -> Vec<Row> {
    let Some(table) = new.or(old).filter(|_| old != new) else { return Vec::new() };
    let (was, is) = (old.map(create_table), new.map(create_table));
    let op = match (&was, &is) {
        (None, _) => Some("create_table"),
        (_, None) => Some("drop_table"),
        (Some(was), Some(is)) => (was != is).then_some("alter_table"),
    };
    let mut rows = Vec::new();
    if let Some(op) = op {
        rows.push(definition_row(table, op, None, [was, is]));
    }
    if let Some(new) = new {
        let kept = |keys: Option<&TableSchema>, key: &KeySchema| {
            keys.is_some_and(|table| table.keys.iter().any(|other| other.id == key.id))
        };
        if let Some(old) = old {
            for key in indexes(old).filter(|key| !kept(Some(new), key)) {
                let sides = [Some(create_index(old, key)), None];
                rows.push(definition_row(table, "drop_index", key.name.as_deref(), sides));
            }
        }
        for key in indexes(new).filter(|key| !kept(old, key)) {
            let sides = [None, Some(create_index(new, key))];
            rows.push(definition_row(table, "create_index", key.name.as_deref(), sides));
        }
    }
    rows
}

fn indexes(table: &TableSchema) -> impl Iterator<Item = &KeySchema> {
    table.keys.iter().filter(|key| key.kind == KeyKind::Index)
}

/// A change of a definition as [`Session::difference`] tells it.
fn definition_row(
    table: &TableSchema,
    op: &str,
    what: Option<&str>,
    statements: [Option<String>; 2],
) -> Row {
    let told = [Value::text(&table.name), Value::text(op), Value::Null, optional(what)];
    let statements = statements.map(|sql| {
        let text = sql.map(|sql| exact_json(&Value::text(sql)));
        text.map_or(Value::Null, |text| Value::Json(text.into()))
    });
    told.into_iter().chain(statements).collect()
}

/// A difference as [`Session::difference`] tells it: of an update only what it changed.
fn difference_row(table: &TableSchema, net: &Net) -> Result<Row, Error> {
    let changed = net.changed();
    let image = |row: Option<&Row>| -> Result<Value, Error> {
        let Some(row) = row else { return Ok(Value::Null) };
        let of = |at: usize| (&table.columns[at], &row[at]);
        let text = match &changed {
            Some(changed) => row_json(changed.iter().map(|at| of(*at)))?,
            None => row_json((0..table.columns.len()).map(of))?,
        };
        Ok(Value::Json(text.into()))
    };
    let names = changed.as_ref().map(|changed| {
        let names: Vec<&str> = changed.iter().map(|at| &*table.columns[*at].name).collect();
        names.join(", ")
    });
    Ok(vec![
        Value::text(&table.name),
        Value::text(net.operation()),
        integer(net.row.0),
        optional(names.as_deref()),
        image(net.old.as_ref())?,
        image(net.new.as_ref())?,
    ])
}
