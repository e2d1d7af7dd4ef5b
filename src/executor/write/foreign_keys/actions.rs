//! What a change of rows does to those that refer to them.

use super::super::super::Error;
use super::super::super::evaluate::Context;
use super::super::place::row_name;
use super::super::row::{Failures, WriteRow};
use super::super::{demands, generate, unique};
use super::check::{failed, sides};
use super::keys::{Referenced, ReferringRow, TouchedTable, referring, touched, values_of};
use super::rewritten::note_rewritten;
use crate::planner;
use crate::storage::{Change, Fork, View};
use crate::types::{ForeignKey, ForeignKeyAction, Row, RowId, TableId, TableSchema, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What becomes of a row that refers.
struct Fate {
    old: Row,
    /// `None` where it goes.
    new: Option<Row>,
    /// The columns that foreign keys give it.
    written: Vec<usize>,
    /// The operation that did it.
    cause: usize,
}

/// What becomes of the rows of one table.
struct Fates {
    table: Arc<TableSchema>,
    rows: BTreeMap<RowId, Fate>,
}

/// A key that is no longer what rows refer to.
struct LostKey {
    old: Vec<Value>,
    /// What it became; `None` where its row went.
    new: Option<Vec<Value>>,
    cause: usize,
}

/// What the operations of a fork from one on do to rows that refer, each with the operation that does it.
///
/// # Errors
/// `foreign-key` where RESTRICT says so; those of rows that may not be as an action makes them.
pub(super) fn of(
    fork: &mut Fork,
    first: usize,
    context: &Context,
) -> Result<Vec<(Change, usize)>, Error> {
    let view = fork.view();
    let children: Vec<Arc<TableSchema>> = view
        .schema()
        .all_tables()
        .filter(|table| !table.foreign_keys.is_empty())
        .cloned()
        .collect();
    let is_wanted = |table: &TableSchema| children.iter().any(|child| child.refers_to(table));
    let mut fates: Vec<Fates> = Vec::new();
    let mut places: HashMap<TableId, usize> = HashMap::new();
    for touched in touched(fork, &view, first, is_wanted)? {
        for child in &children {
            for key in child.keys_to(&touched.table) {
                // What nobody refers to by now asks for no key.
                let referenced = match Referenced::of(view.schema(), child, key) {
                    Ok(referenced) => referenced,
                    Err(_) if !touched.has_gone() => continue,
                    Err(mismatch) => return Err(mismatch),
                };
                let place = *places.entry(child.id).or_insert_with(|| {
                    fates.push(Fates { table: Arc::clone(child), rows: BTreeMap::new() });
                    fates.len() - 1
                });
                let of_key = (child, key);
                for acted in acted_rows(&view, &touched, of_key, &referenced, context)? {
                    fates[place].note(acted, key);
                }
            }
        }
    }
    let mut changes = Vec::new();
    for fates in fates {
        changes.extend(fates.changes(fork, &view, context)?);
    }
    Ok(changes)
}

/// What a foreign key makes of a row that refers.
pub(super) struct ActedRow {
    pub found: ReferringRow,
    /// What the row refers by from now on; `None` where it goes.
    pub values: Option<Vec<Value>>,
    /// The operation that did it.
    pub cause: usize,
}

/// What a foreign key does where what it refers to becomes something else, or goes.
fn action_of(constraint: &ForeignKey, is_update: bool, context: &Context) -> ForeignKeyAction {
    let action = if is_update { constraint.on_update } else { constraint.on_delete };
    let is_put_off = action == ForeignKeyAction::Restrict && context.enforcement.defer_foreign_keys;
    if is_put_off { ForeignKeyAction::NoAction } else { action }
}

/// Finds out what one foreign key does to the rows of its table.
pub(super) fn acted_rows(
    view: &View,
    touched: &TouchedTable,
    (table, constraint): (&Arc<TableSchema>, &ForeignKey),
    referenced: &Referenced,
    context: &Context,
) -> Result<Vec<ActedRow>, Error> {
    let key_of = |row: &Row| values_of(row, &referenced.columns);
    let mut lost: Vec<LostKey> = Vec::new();
    for touched in touched.rows.iter().rev() {
        let Some(old) = touched.old.as_ref().map(key_of) else { continue };
        let new = touched.new.as_ref().map(key_of);
        if new.as_ref() == Some(&old) || old.iter().any(Value::is_null) {
            continue;
        }
        let action = action_of(constraint, new.is_some(), context);
        if action != ForeignKeyAction::NoAction {
            lost.push(LostKey { old, new, cause: touched.operation });
        }
    }
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Vec<Value>> = lost.iter().map(|lost| lost.old.clone()).collect();
    let mut rows = Vec::new();
    for found in referring(&view.table(table), constraint, referenced, &keys)? {
        let lost = &lost[found.key];
        let action = action_of(constraint, lost.new.is_some(), context);
        let values = match (action, &lost.new) {
            (ForeignKeyAction::NoAction, _) => continue,
            (ForeignKeyAction::Restrict, _) => {
                return Err(restricted(table, constraint, referenced, &lost.old, &found));
            }
            (ForeignKeyAction::Cascade, None) => None,
            (ForeignKeyAction::Cascade, Some(new)) => Some(new.clone()),
            (ForeignKeyAction::SetNull, _) => Some(vec![Value::Null; constraint.columns.len()]),
            (ForeignKeyAction::SetDefault, _) => Some(defaults(table, constraint, context)?),
        };
        let values = values.map(|values| accepted(table, constraint, values)).transpose()?;
        rows.push(ActedRow { found, values, cause: lost.cause });
    }
    Ok(rows)
}

/// Values as the columns of a foreign key hold them.
fn accepted(
    table: &TableSchema,
    constraint: &ForeignKey,
    values: Vec<Value>,
) -> Result<Vec<Value>, Error> {
    let accept = |(column, value): (&usize, Value)| {
        let of = &table.columns[*column];
        of.data_type.accept(value).map_err(|rejected| {
            let message = format!("{}.{}: {rejected}", table.name, of.name);
            Error::failed("type", message)
        })
    };
    constraint.columns.iter().zip(values).map(accept).collect()
}

impl Fates {
    /// Notes what becomes of a row: another key of it may have said something of it already.
    fn note(&mut self, acted: ActedRow, constraint: &ForeignKey) {
        let ActedRow { found: ReferringRow { row, values: old, .. }, values, cause } = acted;
        let untouched = || Fate { new: Some(old.clone()), old, written: Vec::new(), cause };
        let fate = self.rows.entry(row).or_insert_with(untouched);
        let (Some(new), Some(values)) = (&mut fate.new, values) else {
            (fate.new, fate.cause) = (None, cause);
            return;
        };
        for (column, value) in constraint.columns.iter().zip(values) {
            new[*column] = value;
        }
        fate.written.extend(&constraint.columns);
    }

    /// The changes of the rows, which are asked what every row that changes is asked.
    fn changes(
        self,
        fork: &mut Fork,
        view: &View,
        context: &Context,
    ) -> Result<Vec<(Change, usize)>, Error> {
        let Fates { table, mut rows } = self;
        let causes: Vec<usize> = rows.values().map(|fate| fate.cause).collect();
        let written: Vec<Vec<usize>> =
            rows.values_mut().map(|fate| std::mem::take(&mut fate.written)).collect();
        let of_fate = |(place, (row, Fate { old, new, .. })): (usize, (RowId, Fate))| WriteRow {
            row: Some(row),
            moved: None,
            old: Some(old),
            new,
            place,
        };
        let mut rows: Vec<WriteRow> = rows.into_iter().enumerate().map(of_fate).collect();
        let mut failures = Failures::default();
        let broken = |error: planner::Error| Error::failed(error.code, error.to_string());
        let generated = planner::generated_columns_of(&table).map_err(broken)?;
        let checks = planner::checks_of(&table).map_err(broken)?;
        generate::fill(&table, &generated, &mut rows, context, &mut failures);
        demands::check_not_null(&table, &rows, &mut failures);
        demands::check_conditions(&table, &checks, &rows, context, &mut failures)?;
        unique::check(&table, &view.table(&table), &rows, |_| true, &mut failures);
        if let Some((index, error)) = failures.first() {
            return Err(about_acted(error, &table, &rows[index]));
        }
        for rows in rows.chunk_by(|row, next| written[row.place] == written[next.place]) {
            let given = &written[rows[0].place];
            let computed = planner::generated_changed_by(&table, given).map_err(broken)?;
            let is_computed = |column| computed.iter().any(|one| one.column == column);
            let is_written = |column| given.contains(&column) || is_computed(column);
            note_rewritten(fork, &table, rows, &is_written);
        }
        let changes = super::super::changes(&table, rows);
        Ok(changes.into_iter().zip(causes).collect())
    }
}

/// An error of a row that a foreign key changes.
fn about_acted(error: Error, table: &TableSchema, row: &WriteRow) -> Error {
    let Error::Row(mut about) = error else { return error };
    about.row = None;
    let name = row.old.as_ref().and_then(|old| row_name(table, old, row.row));
    about.notes.extend(
        name.map(|name| format!("the row of {} that a foreign key changes: {name}", table.name)),
    );
    Error::Row(about)
}

/// What the columns of a foreign key have by default.
fn defaults(
    table: &TableSchema,
    constraint: &ForeignKey,
    context: &Context,
) -> Result<Vec<Value>, Error> {
    let value = |column: &usize| {
        let bound = planner::column_default(table, *column)
            .map_err(|error| Error::failed("type", error.to_string()))?;
        context.constant(&bound)
    };
    constraint.columns.iter().map(value).collect()
}

/// The error of RESTRICT.
fn restricted(
    child: &TableSchema,
    constraint: &ForeignKey,
    referenced: &Referenced,
    key: &[Value],
    found: &ReferringRow,
) -> Error {
    let own = values_of(&found.values, &constraint.columns);
    let message = format!(
        "{} is referred to by {}: {}, RESTRICT",
        sides(&referenced.table, &referenced.columns, key),
        sides(child, &constraint.columns, &own),
        constraint.title(),
    );
    let name = row_name(child, &found.values, Some(found.row));
    failed(message, name.map(|name| format!("the row of {}: {name}", child.name)))
}
