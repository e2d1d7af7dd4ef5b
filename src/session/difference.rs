//! `.diff`: what differs between two moments, of all tables: definitions, and the rows of each
//! table's [`Difference`].

use super::outcome::{self, Outcome, OutputColumn, Rows};
use super::relations::{Difference, Side, optional};
use super::{Error, Session};
use crate::executor::{self, Batch, Context, Relation};
use crate::language::ast::{At, Identifier};
use crate::planner::{Catalog, create_index, create_table};
use crate::storage::row_json;
use crate::types::column::{array_of, value_at};
use crate::types::{
    Column, DataType, KeyKind, KeySchema, Period, Row, Schema, TableSchema, Value, exact_json, fold,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What `.diff` tells.
const COLUMNS: &[(&str, DataType)] = &[
    ("table_name", DataType::Text),
    ("op", DataType::Text),
    ("row", DataType::Integer),
    ("changed", DataType::Text),
    ("old", DataType::Json),
    ("new", DataType::Json),
];

impl Session {
    /// The net difference between two moments, of one table or of all, a row each. From a later moment
    /// to an earlier one it tells what would lead back.
    ///
    /// # Errors
    /// Where a point is none, or there is no such table at either.
    pub fn difference(&self, from: &At, to: &At, table: Option<&str>) -> Result<Outcome, Error> {
        let catalog = self.catalog()?;
        let from = catalog.moments().resolve(&from.as_of(false))?;
        let to = catalog.moments().resolve(&to.as_of(false))?;
        let context = self.context(catalog.moments().now(), Arc::new([]));
        let before = self.database.view(Period::at(from))?;
        let after = self.database.view(Period::at(to))?;
        let mut pairs = pairs(before.schema(), after.schema());
        if let Some(name) = table {
            let is_named = |table: &Arc<TableSchema>| table.name.eq_ignore_ascii_case(name);
            pairs.retain(|pair| pair.iter().flatten().any(is_named));
            if pairs.is_empty() {
                self.catalog()?.table(&Identifier::of(name), None)?;
            }
        }
        let database = Arc::clone(&self.database);
        let batches = pairs.into_iter().flat_map(move |[before, after]| {
            let definitions = definition_rows(before.as_deref(), after.as_deref());
            let is_gone = after.is_none();
            let [before, after] =
                [(before, from), (after, to)].map(|(table, event)| Side { table, event });
            let rows = Differing::new(Difference::new(&database, before, after), &context);
            let definitions = (!definitions.is_empty()).then(|| Ok(batch(&definitions)));
            // A table is made before its rows, and goes after them.
            let (first, last) = if is_gone { (None, definitions) } else { (definitions, None) };
            first.into_iter().chain(rows).chain(last)
        });
        let columns: Vec<OutputColumn> = COLUMNS
            .iter()
            .map(|(name, data_type)| OutputColumn { name: (*name).into(), data_type: *data_type })
            .collect();
        let schema = outcome::arrow_schema(&columns);
        let batches = batches.map(move |batch| outcome::record_batch(&schema, batch?));
        Ok(Outcome::Rows(Rows::new(columns, Some(to), batches)))
    }
}

/// A table before and after.
type Pair = [Option<Arc<TableSchema>>; 2];

/// The tables of two moments, those that are to be compared together, by name.
///
/// What has one name at both moments and is another table is two: one goes, the other comes. A table
/// that has another name is the same as long as nobody else has either of its names; else AS OF by
/// name shows other rows, and it goes under the one and comes under the other.
fn pairs(before: &Schema, after: &Schema) -> Vec<Pair> {
    let by_id = |schema: &Schema| -> BTreeMap<_, _> {
        schema.tables().map(|table| (table.id, Arc::clone(table))).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for id in ids {
        match (old.get(id).cloned(), new.get(id).cloned()) {
            (Some(old), Some(new))
                if fold(&old.name) != fold(&new.name)
                    && (before.table(&new.name).is_some() || after.table(&old.name).is_some()) =>
            {
                pairs.extend([[Some(old), None], [None, Some(new)]]);
            }
            (old, new) => pairs.push([old, new]),
        }
    }
    // By name; of one that stands for two tables, first the one that goes.
    let name = |table: &Arc<TableSchema>| fold(&table.name);
    pairs.sort_by_cached_key(|[old, new]| (new.as_ref().or(old.as_ref()).map(name), new.is_some()));
    pairs
}

/// The rows of one table's difference as `.diff` tells them.
struct Differing {
    difference: Difference,
    /// The columns of the difference, and those of each side under their names.
    schema: Arc<TableSchema>,
    context: Context,
    /// Absent before the first.
    rows: Option<executor::Rows>,
    is_done: bool,
}

impl Differing {
    fn new(difference: Difference, context: &Context) -> Differing {
        let (schema, context) = (difference.schema(), context.clone());
        Differing { difference, schema, context, rows: None, is_done: false }
    }

    fn advance(&mut self) -> Result<Option<Batch>, Error> {
        let mut rows = match self.rows.take() {
            Some(rows) => rows,
            None => {
                let all: Vec<usize> = (0..self.schema.columns.len()).collect();
                self.difference.open(&all, &self.context)?
            }
        };
        let Some(found) = rows.next()? else { return Ok(None) };
        self.rows = Some(rows);
        let told = (0..found.rows).map(|row| self.told(&found, row));
        Ok(Some(batch(&told.collect::<Result<Vec<_>, _>>()?)))
    }

    /// A row as `.diff` tells it: of an update only what it changed.
    fn told(&self, batch: &Batch, row: usize) -> Result<Row, Error> {
        let value = |column: usize| {
            value_at(batch.columns[column].as_ref(), self.schema.columns[column].data_type, row)
        };
        let operation = value(0);
        let is = |name: &str| matches!(&operation, Value::Text(text) if **text == *name);
        let is_changed = |at: usize| {
            let [old, new] = [0, 1].map(|side| value(Difference::place(at, side)));
            !is("update") || !old.is_same(&new)
        };
        let image = |side: usize| -> Result<Value, Error> {
            let columns: Vec<(Column, Value)> = self
                .difference
                .columns(side)
                .filter(|(at, _)| is_changed(*at))
                .map(|(at, column)| (column.clone(), value(Difference::place(at, side))))
                .collect();
            let text = row_json(columns.iter().map(|(column, value)| (column, value)))?;
            Ok(Value::Json(text.into()))
        };
        let changed = || {
            let names = self.difference.names();
            let names = names.enumerate().filter(|(at, _)| is_changed(*at)).map(|(_, name)| name);
            names.collect::<Vec<_>>().join(", ")
        };
        Ok(vec![
            Value::text(self.difference.name()),
            operation.clone(),
            value(1),
            optional(is("update").then(changed).as_deref()),
            if is("insert") { Value::Null } else { image(0)? },
            if is("delete") { Value::Null } else { image(1)? },
        ])
    }
}

impl Iterator for Differing {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = self.advance().transpose();
        self.is_done = !matches!(batch, Some(Ok(_)));
        batch
    }
}

/// Rows of [`COLUMNS`] as a batch.
fn batch(rows: &[Row]) -> Batch {
    let array = |(at, (_, data_type)): (usize, &(&str, DataType))| {
        array_of(*data_type, rows.iter().map(|row| &row[at]))
    };
    Batch { columns: COLUMNS.iter().enumerate().map(array).collect(), rows: rows.len() }
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
