//! `.diff`: what differs between two moments, of all tables: definitions, and the rows of each
//! table's [`Difference`].

use super::outcome::{self, Outcome};
use super::relations::{Difference, DifferenceSide, change_text};
use super::{Error, Session};
use crate::executor::{self, Batch, Context, Relation};
use crate::language::ast::{Identifier, ObjectName, SpannedPoint};
use crate::planner::{Catalog, create_index, create_table};
use crate::storage::{SchemaChange, definition_changes, row_json};
use crate::types::column::value_at;
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
    ("change", DataType::Text),
    ("old", DataType::Json),
    ("new", DataType::Json),
];

impl Session {
    /// The net difference between two moments, of one table or of all, a row each. From a later moment
    /// to an earlier one it tells what would lead back.
    ///
    /// # Errors
    /// The codes of a point that is none: `beyond-head`, `before-start`, `unknown-tag`, `unknown-snapshot`,
    /// `timestamp`; `unknown-table` where there is no such table at either.
    pub fn difference(
        &self,
        from: &SpannedPoint,
        to: &SpannedPoint,
        table: Option<&str>,
    ) -> Result<Outcome, Error> {
        let catalog = self.catalog()?;
        let from = catalog.resolver().resolve(&from.as_of(false))?;
        let to = catalog.resolver().resolve(&to.as_of(false))?;
        let now = catalog.resolver().now();
        let context = self.context(now, Arc::default());
        let before = self.database.view(Period::at(from))?;
        let after = self.database.view(Period::at(to))?;
        let mut pairs = pairs(before.schema(), after.schema());
        if let Some(name) = table {
            let is_named = |table: &Arc<TableSchema>| table.name.eq_ignore_ascii_case(name);
            pairs.retain(|pair| pair.iter().flatten().any(is_named));
            let views = [&before, &after].map(|view| view.schema().view(name));
            if pairs.is_empty() && views == [None, None] {
                self.catalog()?.table(&ObjectName::of(name), None)?;
            }
        }
        let database = Arc::clone(&self.database);
        let batches = pairs.into_iter().flat_map(move |[before, after]| {
            let definitions = definition_rows(before.as_deref(), after.as_deref());
            let is_gone = after.is_none();
            let [before, after] =
                [(before, from), (after, to)].map(|(table, event)| DifferenceSide { table, event });
            let rows = TableDifference::new(Difference::new(&database, before, after), &context);
            let definitions =
                (!definitions.is_empty()).then(|| outcome::batch_of(COLUMNS, &definitions));
            // A table is made before its rows, and goes after them.
            let (first, last) = if is_gone { (None, definitions) } else { (definitions, None) };
            first.into_iter().chain(rows).chain(last)
        });
        let changed = changed_definitions(before.schema(), after.schema(), table);
        let changed = (!changed.is_empty()).then(|| outcome::batch_of(COLUMNS, &changed));
        let rows = outcome::streamed(COLUMNS, batches.chain(changed), Some(to));
        Ok(Outcome::Rows(rows).listing(now))
    }
}

/// A table before and after.
type TablePair = [Option<Arc<TableSchema>>; 2];

/// The tables of two moments, those that are to be compared together, by name.
///
/// What has one name at both moments and is another table is two: one goes, the other comes. A table
/// that has another name is the same as long as nobody else has either of its names; else AS OF by
/// name shows other rows, and it goes under the one and comes under the other.
fn pairs(before: &Schema, after: &Schema) -> Vec<TablePair> {
    let by_id = |schema: &Schema| -> BTreeMap<_, _> {
        schema.tables().map(|table| (table.id, Arc::clone(table))).collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut pairs: Vec<TablePair> = Vec::new();
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
struct TableDifference {
    difference: Difference,
    /// The columns of the difference, and those of each side under their names.
    schema: Arc<TableSchema>,
    context: Context,
    /// Absent before the first.
    rows: Option<executor::BoxedOperator>,
    is_done: bool,
}

impl TableDifference {
    fn new(difference: Difference, context: &Context) -> TableDifference {
        let (schema, context) = (difference.schema(), context.clone());
        TableDifference { difference, schema, context, rows: None, is_done: false }
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
        let rows = (0..found.rows).map(|row| self.row_in_words(&found, row));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        outcome::batch_of(COLUMNS, &rows).map(Some)
    }

    /// A row as `.diff` tells it: of an update only what it changed.
    fn row_in_words(&self, batch: &Batch, row: usize) -> Result<Row, Error> {
        let value = |column: usize| {
            value_at(&batch.columns[column], self.schema.columns[column].data_type, row)
        };
        let images = [0, 1].map(|side| -> Row { self.places(side).map(&value).collect() });
        let operation = value(0);
        let is = |name: &str| matches!(&operation, Value::Text(text) if **text == *name);
        let is_shown = |at: usize| !is("update") || !images[0][at].is_same(&images[1][at]);
        let image = |side: usize| -> Result<Value, Error> {
            let columns = self.difference.columns(side).filter(|(at, _)| is_shown(*at));
            let columns = columns.map(|(at, column)| (column, &images[side][at]));
            let text = row_json(columns.collect::<Vec<_>>().into_iter())?;
            Ok(Value::Json(text.into()))
        };
        let of_side = |side: usize| self.difference.columns(side).map(move |(at, _)| at);
        let change = if is("insert") {
            change_text::inserted(of_side(1).map(|at| &images[1][at]))
        } else if is("delete") {
            change_text::deleted(of_side(0).map(|at| &images[0][at]))
        } else {
            let names = self.difference.names().enumerate().filter(|(at, _)| is_shown(*at));
            let changed = names.map(|(at, name)| (name, &images[0][at], &images[1][at]));
            change_text::updated_row(&value(1), &self.difference.key(&images[0]), changed)
        };
        let table = self.difference.name();
        Ok(vec![
            Value::text(table),
            operation.clone(),
            value(1),
            Value::text(change_text::in_table(table, &change)),
            if is("insert") { Value::Null } else { image(0)? },
            if is("delete") { Value::Null } else { image(1)? },
        ])
    }

    /// Where the values of a side stand in a batch.
    fn places(&self, side: usize) -> impl Iterator<Item = usize> {
        (0..self.difference.names().count()).map(move |at| Difference::place(at, side))
    }
}

impl Iterator for TableDifference {
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
        let change = match old.zip(new) {
            Some((old, new)) => alteration(old, new),
            None => {
                let name = Identifier::of(table.name.clone());
                format!("{} {name}", op.to_uppercase().replace('_', " "))
            }
        };
        rows.push(definition_row(&table.name, op, change, [was, is]));
    }
    if let Some(new) = new {
        let remains = |keys: Option<&TableSchema>, key: &KeySchema| {
            keys.is_some_and(|table| table.keys.iter().any(|other| other.id == key.id))
        };
        if let Some(old) = old {
            for key in indexes(old).filter(|key| !remains(Some(new), key)) {
                let sides = [Some(create_index(old, key)), None];
                let change = format!("DROP INDEX {}", index_name(key));
                rows.push(definition_row(&table.name, "drop_index", change, sides));
            }
        }
        for key in indexes(new).filter(|key| !remains(old, key)) {
            let sides = [None, Some(create_index(new, key))];
            let on = Identifier::of(table.name.clone());
            let change = format!("CREATE INDEX {} ON {on}", index_name(key));
            rows.push(definition_row(&table.name, "create_index", change, sides));
        }
    }
    rows
}

/// The views and triggers that differ, those of one table or view or of all.
fn changed_definitions(before: &Schema, after: &Schema, table: Option<&str>) -> Vec<Row> {
    let row = |change: SchemaChange| {
        let (verb, sides) = match &change {
            SchemaChange::CreateDefinition(new) => ("CREATE", [None, Some(new.sql.clone())]),
            SchemaChange::DropDefinition(old) => ("DROP", [Some(old.sql.clone()), None]),
            SchemaChange::ReplaceDefinition { old, new } => {
                ("REPLACE", [old, new].map(|side| Some(side.sql.clone())))
            }
            SchemaChange::CreateTable(_)
            | SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. } => return None,
        };
        let definition = change.definition()?;
        if table.is_some_and(|table| !definition.table_name().eq_ignore_ascii_case(table)) {
            return None;
        }
        let words = change_text::definition_words(verb, definition);
        Some(definition_row(definition.table_name(), change.name(), words, sides))
    };
    definition_changes(before, after).into_iter().filter_map(row).collect()
}

/// What was altered, in the words of the statements that do it.
fn alteration(old: &TableSchema, new: &TableSchema) -> String {
    let same = |table: &TableSchema, column: &Column| -> Option<String> {
        table.columns.iter().find(|other| other.id == column.id).map(|other| other.name.to_string())
    };
    let mut parts = Vec::new();
    if old.name != new.name {
        parts.push(format!("RENAME TO {}", Identifier::of(new.name.clone())));
    }
    for column in &old.columns {
        let name = Identifier::of(column.name.clone());
        match same(new, column) {
            None => parts.push(format!("DROP COLUMN {name}")),
            Some(is) if is != column.name => {
                parts.push(format!("RENAME COLUMN {name} TO {}", Identifier::of(is)));
            }
            Some(_) => {}
        }
    }
    let added = new.columns.iter().filter(|column| same(old, column).is_none());
    parts.extend(added.map(|column| format!("ADD COLUMN {}", Identifier::of(column.name.clone()))));
    format!("ALTER TABLE {} {}", Identifier::of(old.name.clone()), parts.join(", "))
        .trim_end()
        .into()
}

fn index_name(key: &KeySchema) -> Identifier {
    Identifier::of(key.name.as_deref().unwrap_or_default())
}

fn indexes(table: &TableSchema) -> impl Iterator<Item = &KeySchema> {
    table.keys.iter().filter(|key| key.kind == KeyKind::Index)
}

/// A change of a definition as [`Session::difference`] tells it.
fn definition_row(table: &str, op: &str, change: String, statements: [Option<String>; 2]) -> Row {
    let described = [Value::text(table), Value::text(op), Value::Null, Value::text(change)];
    let statements = statements.map(|sql| {
        let text = sql.map(|sql| exact_json(&Value::text(sql)));
        text.map_or(Value::Null, |text| Value::Json(text.into()))
    });
    described.into_iter().chain(statements).collect()
}
