//! The first step of a write: its rows, read wholly before anything changes.

use super::super::Error;
use super::super::batches::each_part;
use super::super::datum::{Batch, Datum};
use super::super::direct_row::{DirectRow, direct_row};
use super::super::evaluate::Context;
use super::super::plan_operators::open_operator;
use super::assign::{assign, moved_to, row_number};
use super::place::{in_query, in_row, in_values};
use super::row::WriteRow;
use crate::planner::{
    BoundExpression, BoundRows, BoundValue, ColumnSource, InsertInput, Plan, QueryPlan, RowEvent,
    Write, WriteAction,
};
use crate::types::{ColumnAffinity, DataType, Row, RowId, TableSchema, Value, column::value_at};
use arrow_array::ArrayRef;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The rows of a write, in order: new ones with their defaults, those that change with what they become,
/// those that go. A column that fills itself is NULL where nothing is given.
pub(super) fn read(write: &Write, context: &Arc<Context>) -> Result<Vec<WriteRow>, Error> {
    match &write.action {
        WriteAction::Insert { input, columns, row, .. } => {
            let source = NewRows { table: &write.table, columns, row: *row, context };
            match input {
                InsertInput::Values(rows) => source.values(rows),
                InsertInput::Query(query) => source.query(query, context),
            }
        }
        WriteAction::Update { rows, assignments, number } => {
            updated(&write.table, rows, (assignments, number.as_deref()), context)
        }
        WriteAction::Delete { rows } => deleted(&write.table, rows, context),
        WriteAction::InsteadOf { event, rows, columns, assigned } => {
            of_view(&write.table, (*event, assigned), rows, columns, context)
        }
    }
}

/// The rows of a view that its triggers are told of.
fn of_view(
    view: &TableSchema,
    (event, assigned): (RowEvent, &[(usize, Option<ColumnAffinity>)]),
    query: &QueryPlan,
    columns: &[Option<usize>],
    context: &Arc<Context>,
) -> Result<Vec<WriteRow>, Error> {
    let mut rows = open_operator(&query.plan, context)?;
    let mut read = Vec::new();
    while let Some(batch) = rows.next()? {
        for at in 0..batch.rows {
            let value = |column: &Option<usize>| match column {
                Some(column) => value_at(&batch.columns[*column], query.columns[*column].1, at),
                None => Value::Null,
            };
            let values: Row = columns.iter().map(value).collect();
            let (old, new) = match event {
                RowEvent::Insert => (None, Some(values)),
                RowEvent::Delete => (Some(values), None),
                RowEvent::Update => {
                    let mut old = values;
                    let mut new = old.split_off(view.columns.len());
                    for (column, affinity) in assigned {
                        let given = std::mem::replace(&mut new[*column], Value::Null);
                        new[*column] = match affinity {
                            Some(affinity) => affinity.convert(given),
                            None => given,
                        };
                    }
                    (Some(old), Some(new))
                }
            };
            read.push(WriteRow { row: None, moved: None, old, new, place: read.len() });
        }
    }
    Ok(read)
}

/// Where the rows of an INSERT come from.
pub(super) struct NewRows<'a> {
    pub table: &'a TableSchema,
    pub columns: &'a [ColumnSource],
    /// Which value of the input is the number of its row, if one is.
    pub row: Option<usize>,
    pub context: &'a Context,
}

impl NewRows<'_> {
    /// The row that the next values of VALUES make, of so many to a row.
    fn next_of<'b>(
        &self,
        values: &mut impl Iterator<Item = BoundValue<'b>>,
        width: usize,
        place: usize,
    ) -> Result<WriteRow, Error> {
        let is_next = |(at, fill): (usize, &ColumnSource)| is_given(fill, at);
        let are_in_order =
            width == self.columns.len() && self.columns.iter().enumerate().all(is_next);
        if self.row.is_some() || !are_in_order {
            return self.row(self.evaluate(values.take(width), place)?, place);
        }
        // Each goes where it stands, so that none is kept until all are known.
        let new = new_row(self.table, place, |_| match values.next() {
            Some(BoundValue::Constant(value)) => Ok(value),
            Some(BoundValue::Expression(expression)) => self.context.constant(expression),
            None => Ok(Value::Null),
        })?;
        Ok(WriteRow { row: None, moved: None, old: None, new: Some(new), place })
    }

    /// Those of VALUES.
    pub fn values(&self, rows: &BoundRows) -> Result<Vec<WriteRow>, Error> {
        let mut all = rows.values();
        let mut read = Vec::with_capacity(rows.len());
        for place in 0..rows.len() {
            let row = self.next_of(&mut all, rows.width(), place);
            read.push(row.map_err(|error| in_values(error, self, rows.len()))?);
        }
        Ok(read)
    }

    /// Those of a query, which is read in its context.
    fn query(&self, query: &QueryPlan, context: &Arc<Context>) -> Result<Vec<WriteRow>, Error> {
        let types: Vec<_> = query.columns.iter().map(|(_, data_type)| *data_type).collect();
        let mut rows = open_operator(&query.plan, context)?;
        let mut read = Vec::new();
        while let Some(batch) = rows.next()? {
            for at in 0..batch.rows {
                let values = || -> Vec<Value> {
                    let typed = batch.columns.iter().zip(&types);
                    typed.map(|(array, t)| value_at(array, *t, at)).collect()
                };
                let row = self.row(values(), read.len());
                read.push(row.map_err(|error| in_query(error, self, &values()))?);
            }
        }
        Ok(read)
    }

    /// The values of a row of VALUES.
    fn evaluate<'b>(
        &self,
        row: impl Iterator<Item = BoundValue<'b>>,
        place: usize,
    ) -> Result<Vec<Value>, Error> {
        let mut values = Vec::with_capacity(self.table.columns.len());
        for (at, value) in row.enumerate() {
            values.push(match value {
                BoundValue::Constant(value) => value,
                BoundValue::Expression(expression) => {
                    self.context.constant(expression).map_err(|error| {
                        let column = self.columns.iter().position(|fill| is_given(fill, at));
                        error.of_row(Some(place), column)
                    })?
                }
            });
        }
        Ok(values)
    }

    /// The new row that these values of the input make.
    fn row(&self, mut values: Vec<Value>, place: usize) -> Result<WriteRow, Error> {
        let number = match self.row {
            Some(at) => row_number(self.table, std::mem::replace(&mut values[at], Value::Null))
                .map_err(|error| error.of_row(Some(place), None))?,
            None => None,
        };
        let new = new_row(self.table, place, |index| match &self.columns[index] {
            ColumnSource::Input(at) => Ok(std::mem::replace(&mut values[*at], Value::Null)),
            ColumnSource::Default(expression) => self.context.constant(expression),
        })?;
        Ok(WriteRow { row: number, moved: None, old: None, new: Some(new), place })
    }
}

/// Whether a column is given the value at a place.
fn is_given(fill: &ColumnSource, at: usize) -> bool {
    matches!(fill, ColumnSource::Input(from) if *from == at)
}

/// A row whose columns have these values.
pub(super) fn new_row(
    table: &TableSchema,
    place: usize,
    mut value_of: impl FnMut(usize) -> Result<Value, Error>,
) -> Result<Row, Error> {
    let mut row = Vec::with_capacity(table.columns.len());
    for (index, column) in table.columns.iter().enumerate() {
        let value = value_of(index).and_then(|value| assign(table, column, value));
        row.push(value.map_err(|error| error.of_row(Some(place), Some(index)))?);
    }
    Ok(row)
}

/// Calls `visit` with every batch of the rows that an UPDATE or a DELETE reaches, and with the number of
/// each row.
fn for_each_target(
    table: &TableSchema,
    plan: &Plan,
    context: &Arc<Context>,
    mut visit: impl FnMut(&Batch, Vec<(RowId, usize)>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut rows = open_operator(plan, context)?;
    let column = table.columns.len();
    while let Some(batch) = rows.next()? {
        let number = |at: usize| {
            let number = value_at(&batch.columns[column], DataType::Integer, at);
            let Value::Integer(number) = number else { return None };
            Some((RowId(number.unsigned_abs()), at))
        };
        let targets = (0..batch.rows).filter_map(number).collect();
        visit(&batch, targets)?;
    }
    Ok(())
}

/// Whether a plan may give a row several times.
fn may_repeat(plan: &Plan) -> bool {
    !matches!(plan, Plan::Access(_))
}

/// The rows of an UPDATE. Where one comes several times, joined with others, the last counts.
fn updated(
    table: &TableSchema,
    plan: &Plan,
    assigned: (&[(usize, BoundExpression)], Option<&BoundExpression>),
    context: &Arc<Context>,
) -> Result<Vec<WriteRow>, Error> {
    if let Some(direct) = direct_row(plan, context)? {
        let changed = direct_target(table, plan, direct, assigned, context)?;
        return Ok(changed.into_iter().collect());
    }
    let (assignments, number) = assigned;
    let mut read: Vec<WriteRow> = Vec::new();
    let mut places: Option<HashMap<RowId, usize>> = may_repeat(plan).then(HashMap::new);
    for_each_target(table, plan, context, |batch, rows| {
        // Each row's new values, in parts where one batch has no room for them.
        let parts = each_part(batch, |part| {
            let given = assignments.iter().map(|(_, value)| value).chain(number);
            let values: Result<Vec<Datum>, Error> =
                given.map(|value| context.evaluate(value, part)).collect();
            Ok((part.rows, values?))
        })?;
        let values_of: Vec<(usize, &[Datum])> = parts
            .iter()
            .flat_map(|(rows, values)| (0..*rows).map(move |at| (at, values.as_slice())))
            .collect();
        for (row, at) in rows {
            let old = row_at(table, &batch.columns, at);
            let (at, values) = values_of[at];
            let value = |index: usize, data_type| values[index].value(data_type, at);
            let changed = changed_row(table, (row, old), assigned, value)?;
            let place = read.len();
            let known = places.as_mut().map_or(place, |known| *known.entry(row).or_insert(place));
            match read.get_mut(known) {
                Some(known) => (known.new, known.moved) = (changed.new, changed.moved),
                None => read.push(WriteRow { place, ..changed }),
            }
        }
        Ok(())
    })?;
    Ok(read)
}

/// What a row becomes by assignments, whose values are known.
fn changed_row(
    table: &TableSchema,
    (row, old): (RowId, Row),
    (assignments, number): (&[(usize, BoundExpression)], Option<&BoundExpression>),
    value: impl Fn(usize, DataType) -> Value,
) -> Result<WriteRow, Error> {
    let mut new = old.clone();
    for (index, (column, expression)) in assignments.iter().enumerate() {
        let value = value(index, expression.data_type);
        new[*column] = assign(table, &table.columns[*column], value).map_err(|error| {
            in_row(error.of_row(None, Some(*column)), table, expression.place, &old, row)
        })?;
    }
    let moved = number.map(|expression| {
        moved_to(table, value(assignments.len(), expression.data_type))
            .map_err(|error| in_row(error.of_row(None, None), table, expression.place, &old, row))
    });
    let moved = moved.transpose()?.filter(|moved| *moved != row);
    Ok(WriteRow { row: Some(row), moved, old: Some(old), new: Some(new), place: 0 })
}

/// The row of an UPDATE that there is a direct way to, if there is one: its columns, and behind them its
/// number. Values that do not read it are computed without a batch of it.
pub(super) fn direct_target(
    table: &TableSchema,
    plan: &Plan,
    direct: DirectRow,
    assigned: (&[(usize, BoundExpression)], Option<&BoundExpression>),
    context: &Context,
) -> Result<Option<WriteRow>, Error> {
    let DirectRow::One(old) = direct else { return Ok(None) };
    let (assignments, number) = assigned;
    let mut batch: Option<Batch> = None;
    let mut values = Vec::with_capacity(assignments.len() + 1);
    for expression in assignments.iter().map(|(_, value)| value).chain(number) {
        values.push(if expression.is_constant() {
            context.constant(expression)?
        } else {
            let batch = match &mut batch {
                Some(batch) => batch,
                none => none.insert(Batch::of_row(&plan.types(), &old)?),
            };
            context.evaluate(expression, batch)?.value(expression.data_type, 0)
        });
    }
    let Some(target) = target_of(table, old) else { return Ok(None) };
    let value = |index: usize, _| values[index].clone();
    changed_row(table, target, assigned, value).map(Some)
}

/// The row that stands before its number, and further columns.
fn target_of(table: &TableSchema, mut values: Row) -> Option<(RowId, Row)> {
    let Some(Value::Integer(number)) = values.get(table.columns.len()) else { return None };
    let row = RowId(number.unsigned_abs());
    values.truncate(table.columns.len());
    Some((row, values))
}

/// The row of a DELETE that there is a direct way to, if there is one.
pub(super) fn direct_deletion(table: &TableSchema, direct: DirectRow) -> Option<WriteRow> {
    let DirectRow::One(values) = direct else { return None };
    let (row, old) = target_of(table, values)?;
    Some(WriteRow { row: Some(row), moved: None, old: Some(old), new: None, place: 0 })
}

fn deleted(
    table: &TableSchema,
    plan: &Plan,
    context: &Arc<Context>,
) -> Result<Vec<WriteRow>, Error> {
    if let Some(direct) = direct_row(plan, context)? {
        return Ok(direct_deletion(table, direct).into_iter().collect());
    }
    let mut read = Vec::new();
    let mut known: Option<HashSet<RowId>> = may_repeat(plan).then(HashSet::new);
    for_each_target(table, plan, context, |batch, rows| {
        for (row, at) in rows {
            if known.as_mut().is_none_or(|known| known.insert(row)) {
                let (old, place) = (Some(row_at(table, &batch.columns, at)), read.len());
                read.push(WriteRow { row: Some(row), moved: None, old, new: None, place });
            }
        }
        Ok(())
    })?;
    Ok(read)
}

/// The row of a table at a place of a batch, whose first columns are the table's.
pub(super) fn row_at(table: &TableSchema, columns: &[ArrayRef], row: usize) -> Row {
    let typed = columns.iter().zip(&table.columns);
    typed.map(|(array, column)| value_at(array, column.data_type, row)).collect()
}
