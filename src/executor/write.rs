//! INSERT, UPDATE and DELETE: rows in, changes out. Nothing is changed here; what comes out was
//! checked and is ready to be recorded.

use super::Error;
use super::access::AccessRows;
use super::constraint::{UniqueKeys, row_name};
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::input::PlanInput;
use super::plan_operators::open_operator;
use super::profile::Probe;
use crate::planner::{
    BoundExpression, BoundValue, BulkLoad, ColumnSource, InsertInput, TableAccess, Write,
    WriteAction,
};
use crate::storage::{Change, TableView, check_row};
use crate::types::{Column, DataType, Row, RowId, TableSchema, Value, column::value_at};
use std::sync::Arc;

/// What a write changes.
pub struct ChangeSet {
    /// The changes in order.
    pub changes: Vec<Change>,
    /// How many rows the statement reached.
    pub rows: usize,
}

/// Computes and checks what a write changes.
///
/// # Errors
/// `type` of a value that its column cannot hold, `not-null`, `unique` of a key that is already there,
/// `key-exhausted` where no number is left for a row, `rowid` of a number that a row cannot have; and
/// what [`Context::evaluate`] says of the expressions.
pub fn write(write: &Write, inputs: &[PlanInput], context: &Context) -> Result<ChangeSet, Error> {
    let context = &context.over(inputs);
    let probe = context.probe();
    let changes = probe.time(|| compute(write, inputs, context))?;
    probe.count(changes.rows);
    Ok(changes)
}

fn compute(write: &Write, inputs: &[PlanInput], context: &Context) -> Result<ChangeSet, Error> {
    let view = inputs[write.slot].table();
    match &write.action {
        WriteAction::Insert { input, columns, row } => {
            let mut insert = Insertion::new(&write.table, view, columns, context);
            insert.row = *row;
            insert.fill(input, inputs)?;
            insert.finish(input)
        }
        WriteAction::Update { access, assignments } => {
            update(&write.table, access, assignments, inputs, context)
        }
        WriteAction::Delete { access } => delete(&write.table, access, inputs, context),
    }
}

/// The rows that an UPDATE or a DELETE reaches.
struct TargetRows {
    rows: AccessRows,
    probe: Probe,
}

impl TargetRows {
    fn open(
        access: &TableAccess,
        inputs: &[PlanInput],
        context: &Context,
    ) -> Result<TargetRows, Error> {
        let probe = context.probe();
        let rows = probe.time(|| AccessRows::open(access, inputs, context))?;
        Ok(TargetRows { rows, probe })
    }

    fn next(&mut self) -> Result<Option<(Vec<RowId>, Batch)>, Error> {
        let next = self.probe.time(|| self.rows.next_rows())?;
        if let Some((rows, _)) = &next {
            self.probe.count(rows.len());
        }
        Ok(next)
    }
}

/// The rows of an INSERT as they gather.
struct Insertion<'a> {
    table: &'a Arc<TableSchema>,
    view: &'a TableView,
    columns: &'a [ColumnSource],
    context: &'a Context,
    /// The column that fills itself and the last number it got.
    filling: Option<(usize, Option<i64>)>,
    unique: UniqueKeys<'a>,
    /// Which value of the input is the number of its row, if one is.
    row: Option<usize>,
    /// The numbers that were given, as many as rows if there is a value for them.
    numbers: Vec<Option<RowId>>,
    rows: Vec<Row>,
}

impl<'a> Insertion<'a> {
    fn new(
        table: &'a Arc<TableSchema>,
        view: &'a TableView,
        columns: &'a [ColumnSource],
        context: &'a Context,
    ) -> Insertion<'a> {
        let filling = table.integer_primary_key().map(|column| (column, None));
        let unique = UniqueKeys::of(table, |_| true);
        let (row, numbers, rows) = (None, Vec::new(), Vec::new());
        Insertion { table, view, columns, context, filling, unique, row, numbers, rows }
    }

    fn fill(&mut self, input: &InsertInput, inputs: &[PlanInput]) -> Result<(), Error> {
        match input {
            InsertInput::Values(rows) => {
                let mut all = rows.values();
                self.rows.reserve(rows.len());
                for _ in 0..rows.len() {
                    let added = self.evaluate(all.by_ref().take(rows.width()));
                    let added = added.and_then(|values| self.add(values));
                    added.map_err(|error| self.in_values(error, rows.len()))?;
                }
            }
            InsertInput::Query(query) => {
                let types: Vec<_> = query.columns.iter().map(|(_, data_type)| *data_type).collect();
                let mut rows = open_operator(&query.plan, inputs, self.context)?;
                while let Some(batch) = rows.next()? {
                    for row in 0..batch.rows {
                        let values = || -> Vec<Value> {
                            let typed = batch.columns.iter().zip(&types);
                            typed.map(|(array, t)| value_at(array, *t, row)).collect()
                        };
                        self.add(values()).map_err(|error| self.in_query(error, &values()))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The values of a row of VALUES.
    fn evaluate<'b>(&self, row: impl Iterator<Item = BoundValue<'b>>) -> Result<Vec<Value>, Error> {
        let value = |(at, value): (usize, BoundValue<'b>)| {
            match value {
            BoundValue::Constant(value) => Ok(value),
            BoundValue::Expression(expression) => {
                self.context.constant(expression).map_err(|error| {
                    let is_given = |fill: &ColumnSource| matches!(fill, ColumnSource::Input(from) if *from == at);
                    let column = self.columns.iter().position(is_given);
                    error.of_row(Some(self.rows.len()), column)
                })
            }
        }
        };
        let mut values = Vec::with_capacity(self.table.columns.len());
        for item in row.enumerate() {
            values.push(value(item)?);
        }
        Ok(values)
    }

    /// An error of a row of VALUES with its place among so many of them: the value that stands there,
    /// and where many do, which row and column that is.
    fn in_values(&self, error: Error, count: usize) -> Error {
        let Error::Row(mut row) = error else { return error };
        row.value = match row.column.map(|column| &self.columns[column]) {
            Some(ColumnSource::Input(at)) => Some(*at),
            Some(ColumnSource::Default(_)) => None,
            None => self.row,
        };
        let number = row.row.filter(|_| count > 1).map(|number| number + 1);
        let column = row.column.map(|column| self.table.columns[column].name.as_str());
        let place = number.map(|number| match column {
            Some(column) => format!("row {number}, column {column}"),
            None => format!("row {number}"),
        });
        row.notes.splice(0..0, place);
        Error::Row(row)
    }

    /// An error of the row of a query that has these values, with the row's key.
    fn in_query(&self, error: Error, values: &[Value]) -> Error {
        let Error::Row(mut row) = error else { return error };
        let given = |fill: &ColumnSource| match fill {
            ColumnSource::Input(at) => values[*at].clone(),
            ColumnSource::Default(_) => Value::Null,
        };
        let given: Row = self.columns.iter().map(given).collect();
        let number = row.row.map_or(0, |number| number + 1);
        let name = row_name(self.table, &given, None);
        let name = name.map_or_else(String::new, |name| format!(": {name}"));
        row.notes.insert(0, format!("row {number} of the query{name}"));
        Error::Row(row)
    }

    /// Takes a row of the input in.
    fn add(&mut self, mut values: Vec<Value>) -> Result<(), Error> {
        let (columns, context) = (self.columns, self.context);
        if let Some(row) = self.row {
            let number = row_number(self.table, std::mem::replace(&mut values[row], Value::Null))
                .map_err(|error| error.of_row(Some(self.rows.len()), None))?;
            self.numbers.push(number);
        }
        self.enter(|index| match &columns[index] {
            ColumnSource::Input(at) => Ok(std::mem::replace(&mut values[*at], Value::Null)),
            ColumnSource::Default(expression) => context.constant(expression),
        })
    }

    /// Takes a row in whose columns have these values.
    fn enter(
        &mut self,
        mut value_of: impl FnMut(usize) -> Result<Value, Error>,
    ) -> Result<(), Error> {
        let mut row = Vec::with_capacity(self.table.columns.len());
        let number = Some(self.rows.len());
        for index in 0..self.table.columns.len() {
            let value = value_of(index)
                .and_then(|value| assign(self.table, &self.table.columns[index], value))
                .map_err(|error| error.of_row(number, Some(index)))?;
            row.push(match &self.filling {
                Some((column, _)) if *column == index => self.number(value)?,
                _ => value,
            });
        }
        check_not_null(self.table, self.filling.map(|(column, _)| column), &row)
            .map_err(|(column, error)| error.of_row(number, Some(column)))?;
        self.unique.add(self.table, &row)?;
        self.rows.push(row);
        Ok(())
    }

    /// The value of the column that fills itself: the next number for NULL.
    fn number(&mut self, given: Value) -> Result<Value, Error> {
        let Some((_, last)) = &mut self.filling else { return Ok(given) };
        if let Value::Integer(number) = given {
            // Numbers given by hand count once the present's largest is known.
            *last = last.map(|last| last.max(number));
            if last.is_none() && self.rows.is_empty() {
                return Ok(given);
            }
        }
        let known = match *last {
            Some(last) => last,
            None => {
                let given = self.rows.iter().filter_map(|row| integer_key(self.table, row)).max();
                largest(self.table, self.view).max(given.unwrap_or(0))
            }
        };
        if let Value::Integer(number) = given {
            *last = Some(known.max(number));
            return Ok(given);
        }
        let next = known.checked_add(1).ok_or_else(|| {
            let message = format!("{} has no number left for a new row", self.table.name);
            Error::failed("key-exhausted", message)
        })?;
        *last = Some(next);
        Ok(Value::Integer(next))
    }

    /// Checks what is left to check of the row that came last, its size and its keys beside the rows
    /// that are there; it goes again if it cannot stay.
    fn check_last(&mut self) -> Result<(), Error> {
        let Some(row) = self.rows.last() else { return Ok(()) };
        let sized = check_row(self.table, row).map_err(Error::from);
        let checked = sized.and_then(|()| self.unique.check_row(self.table, self.view, row));
        if checked.is_err() {
            self.rows.pop();
        }
        checked
    }

    fn finish(self, input: &InsertInput) -> Result<ChangeSet, Error> {
        let checked = self.unique.check(self.table, self.view, |_| false);
        checked.map_err(|error| self.in_input(error, input))?;
        self.check_numbers()?;
        Ok(self.changes())
    }

    /// An error of a row of the input that was taken in, with its place.
    fn in_input(&self, error: Error, input: &InsertInput) -> Error {
        match (input, error) {
            (InsertInput::Values(rows), error) => self.in_values(error, rows.len()),
            (InsertInput::Query(_), Error::Row(mut row)) => {
                let values = row.row.and_then(|number| self.rows.get(number));
                let name = values.and_then(|values| row_name(self.table, values, None));
                row.notes.splice(0..0, name.map(|name| format!("the row of the query: {name}")));
                Error::Row(row)
            }
            (InsertInput::Query(_), error) => error,
        }
    }

    /// Checks the numbers that rows are given: a row keeps its own for ever, and they only count up.
    fn check_numbers(&self) -> Result<(), Error> {
        let mut next = self.view.next_row();
        for number in &self.numbers {
            if let Some(row) = number.filter(|row| *row < next) {
                let message = format!(
                    "{} cannot have a row {row} any more: its rows count up, the next is {next}",
                    self.table.name
                );
                let help = "without rowid among the columns it gets the next".to_owned();
                return Err(Error::Failed { code: "rowid", message, help: Some(help) });
            }
            next = RowId(number.unwrap_or(next).0.saturating_add(1));
        }
        Ok(())
    }

    fn changes(self) -> ChangeSet {
        let rows = self.rows.len();
        let numbers = self.numbers.into_iter().chain(std::iter::repeat(None));
        let change = |(new, row)| Change::Insert { table: self.table.clone(), row, new };
        ChangeSet { changes: self.rows.into_iter().zip(numbers).map(change).collect(), rows }
    }
}

/// The number that a row is given; `None` for NULL, which is the next.
fn row_number(table: &TableSchema, value: Value) -> Result<Option<RowId>, Error> {
    let wrong = |value: String| {
        let message = format!("{value} is no number of a row of {}", table.name);
        let help = format!("it is a whole number from 1 to {MAX_ROW}");
        Error::Failed { code: "rowid", message, help: Some(help) }
    };
    let shown = value.shortened();
    let accepted = DataType::Integer.accept(value).map_err(|rejected| wrong(rejected.value))?;
    let Value::Integer(number) = accepted else { return Ok(None) };
    let row = u64::try_from(number).ok().filter(|row| (1..=MAX_ROW).contains(row));
    row.map(|row| Some(RowId(row))).ok_or_else(|| wrong(shown))
}

/// The largest number that a row can be given: room for more rows than there will ever be is left
/// above it.
const MAX_ROW: u64 = 1 << 62;

/// A row on its way into a table: `None` where a column has its default.
pub type PartialRow = Vec<Option<Value>>;

/// Computes what rows that come from outside of the language change, each as an INSERT of its own
/// would: one that is refused is handed to `refuse` by its place, and the others go on.
pub fn load(
    load: &BulkLoad,
    view: &TableView,
    rows: impl Iterator<Item = (u64, PartialRow)>,
    context: &Context,
    mut refuse: impl FnMut(u64, Error),
) -> ChangeSet {
    let mut insert = Insertion::new(&load.table, view, &[], context);
    for (place, mut values) in rows {
        let mut value_of = |column: usize| {
            let given = load.places[column].and_then(|at| values.get_mut(at)?.take());
            given.map_or_else(|| context.constant(&load.defaults[column]), Ok)
        };
        let entered = insert.enter(&mut value_of).and_then(|()| insert.check_last());
        if let Err(error) = entered {
            refuse(place, error);
        }
    }
    insert.changes()
}

fn integer_key(table: &TableSchema, row: &Row) -> Option<i64> {
    let Value::Integer(number) = row[table.integer_primary_key()?] else { return None };
    Some(number)
}

/// The number from which new ones count on, at least 0.
fn largest(table: &TableSchema, view: &TableView) -> i64 {
    let present = table.primary_key().and_then(|key| {
        let Some(Value::Integer(number)) = view.largest(key.id) else { return None };
        Some(number)
    });
    let ever = if table.autoincrement { view.autoincrement() } else { 0 };
    present.unwrap_or(0).max(ever).max(0)
}

/// The way out for a value that a column cannot hold: that of SQLite.
const FLEXIBLE: &str =
    "a FLEXIBLE table takes any value, as in SQLite: SET flexible_types = on, or --flexible-types";

/// A value as the column holds it.
pub(super) fn assign(table: &TableSchema, column: &Column, value: Value) -> Result<Value, Error> {
    column.data_type.accept(value).map_err(|rejected| {
        let message = format!("{}.{} cannot hold it: {rejected}", table.name, column.name);
        let help = (!rejected.infinite).then(|| FLEXIBLE.to_owned());
        Error::Failed { code: "type", message, help }
    })
}

/// The first column without a value that needs one, with the error.
fn check_not_null(
    table: &TableSchema,
    fills_itself: Option<usize>,
    row: &Row,
) -> Result<(), (usize, Error)> {
    let missing = table.columns.iter().zip(row).enumerate().find(|(index, (column, value))| {
        value.is_null() && (column.not_null || fills_itself == Some(*index))
    });
    match missing {
        None => Ok(()),
        Some((index, (column, _))) => {
            let message = format!("{}.{} must not be NULL", table.name, column.name);
            Err((index, Error::failed("not-null", message)))
        }
    }
}

fn update(
    table: &Arc<TableSchema>,
    access: &TableAccess,
    assignments: &[(usize, BoundExpression)],
    inputs: &[PlanInput],
    context: &Context,
) -> Result<ChangeSet, Error> {
    let view = inputs[access.slot].table();
    let assigned = |column: &usize| assignments.iter().any(|(index, _)| index == column);
    let mut unique = UniqueKeys::of(table, |key| key.columns.iter().any(assigned));
    let fills_itself = table.integer_primary_key();
    let mut targets = TargetRows::open(access, inputs, context)?;
    let mut changes = Vec::new();
    while let Some((rows, batch)) = targets.next()? {
        let values: Result<Vec<Datum>, Error> =
            assignments.iter().map(|(_, value)| context.evaluate(value, &batch)).collect();
        let values = values?;
        for (at, row) in rows.into_iter().enumerate() {
            let old = row_at(table, &batch, at);
            let mut new = old.clone();
            for ((column, expression), value) in assignments.iter().zip(&values) {
                let value = value.value(expression.data_type, at);
                new[*column] = assign(table, &table.columns[*column], value).map_err(|error| {
                    in_row(
                        assigned_by(error.of_row(None, Some(*column)), assignments),
                        table,
                        &old,
                        row,
                    )
                })?;
            }
            check_not_null(table, fills_itself, &new)
                .map_err(|(column, error)| error.of_row(None, Some(column)))
                .and_then(|()| unique.add(table, &new))
                .map_err(|error| in_row(assigned_by(error, assignments), table, &old, row))?;
            changes.push(Change::Update { table: table.clone(), row, old, new });
        }
    }
    if !unique.is_empty() {
        let touched: std::collections::HashSet<_> = changes
            .iter()
            .filter_map(|change| {
                let Change::Update { row, .. } = change else { return None };
                Some(*row)
            })
            .collect();
        let checked = unique.check(table, view, |row| touched.contains(&row));
        checked.map_err(|error| in_update(assigned_by(error, assignments), &changes))?;
    }
    let rows = changes.len();
    Ok(ChangeSet { changes, rows })
}

/// An error of a row that an UPDATE changes, with the assignment of the column that it is about.
fn assigned_by(error: Error, assignments: &[(usize, BoundExpression)]) -> Error {
    let Error::Row(mut row) = error else { return error };
    row.value = assignments.iter().position(|(column, _)| Some(*column) == row.column);
    Error::Row(row)
}

/// An error of a row that is there, with its name, which it had before.
fn in_row(error: Error, table: &TableSchema, old: &Row, number: RowId) -> Error {
    let Error::Row(mut row) = error else { return error };
    // What other row of an UPDATE has the key says its number, which means nothing to anybody.
    row.notes.clear();
    row.row = None;
    let name = row_name(table, old, Some(number));
    row.notes.extend(name.map(|name| format!("the row changed: {name}")));
    Error::Row(row)
}

/// An error of one of the rows that an UPDATE changes, by its number among them, with its name.
fn in_update(error: Error, changes: &[Change]) -> Error {
    let Error::Row(mut row) = error else { return error };
    let change = row.row.take().and_then(|number| changes.get(number));
    if let Some(Change::Update { table, row: number, old, .. }) = change {
        let name = row_name(table, old, Some(*number));
        row.notes.splice(0..0, name.map(|name| format!("the row changed: {name}")));
    }
    Error::Row(row)
}

fn delete(
    table: &Arc<TableSchema>,
    access: &TableAccess,
    inputs: &[PlanInput],
    context: &Context,
) -> Result<ChangeSet, Error> {
    let mut targets = TargetRows::open(access, inputs, context)?;
    let mut changes = Vec::new();
    while let Some((rows, batch)) = targets.next()? {
        for (at, row) in rows.into_iter().enumerate() {
            let old = row_at(table, &batch, at);
            changes.push(Change::Delete { table: table.clone(), row, old });
        }
    }
    let rows = changes.len();
    Ok(ChangeSet { changes, rows })
}

fn row_at(table: &TableSchema, batch: &Batch, row: usize) -> Row {
    let typed = batch.columns.iter().zip(&table.columns);
    typed.map(|(array, column)| value_at(array, column.data_type, row)).collect()
}
