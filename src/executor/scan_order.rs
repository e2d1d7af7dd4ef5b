//! The rows of a table in the order that its access wants.
//!
//! Mostly they are kept in it: keys grow. A table knows whether its INTEGER PRIMARY KEY always grew; of
//! another order it is looked at once for each access of a statement, by reading what the order is by and
//! nothing else, and the rows stream. Where it is not so they are sorted, as for ORDER BY.

use super::Error;
use super::access::{AccessRows, WiderColumns};
use super::batches::BatchCutter;
use super::datum::Batch;
use super::demand::RowDemand;
use super::evaluate::Context;
use super::input::PlanInput;
use super::operator::BoxedOperator;
use super::sort::Sort;
use super::sort_keys::SortKeys;
use super::streaming::Project;
use crate::planner::{AccessPath, BoundExpression, BoundKind, SortKey, TableAccess};
use crate::storage::TableView;
use crate::types::DataType;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::sync::Arc;

/// How many rows are sorted without a look at the order that they have.
const FEW_ROWS: usize = 64;

/// Opens the way to the rows of a table, of which something is asked.
///
/// # Errors
/// As [`AccessRows::open`].
pub fn open(
    access: &Arc<TableAccess>,
    context: &Arc<Context>,
    demand: &RowDemand,
) -> Result<BoxedOperator, Error> {
    let PlanInput::Table(view) = context.input(access.slot) else {
        return Ok(Box::new(AccessRows::open(access, context, demand)?));
    };
    let is_kept_so = match access.path {
        _ if access.order.is_empty() => true,
        AccessPath::Scan if access.is_by_number() && view.is_in_key_order() => true,
        // To sort them takes no longer than to look.
        AccessPath::Scan if view.row_estimate() <= FEW_ROWS => false,
        AccessPath::Scan => context.is_in_order(access, || is_in_order(access, view, context))?,
        AccessPath::Numbered(_) | AccessPath::Find { .. } | AccessPath::Lookup { .. } => false,
    };
    if is_kept_so {
        return Ok(Box::new(AccessRows::open(access, context, demand)?));
    }
    sorted(access, context)
}

/// What the keys of an access' order are over the columns that are read for them.
fn keys_over(access: &TableAccess, columns: &mut Vec<usize>) -> Vec<BoundExpression> {
    let over = |expression: &BoundExpression| {
        let mut key = expression.clone();
        key.for_each_column(&mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
        let place = |column: usize| columns.iter().position(|known| *known == column);
        key.map_columns(&|column| place(column).unwrap_or(column));
        key
    };
    access.order.iter().map(|key| &key.expression).map(over).collect()
}

/// The keys of a sort by an access' order, the values of which stand in these columns.
fn sort_keys(access: &TableAccess, places: impl Iterator<Item = usize>) -> Arc<[SortKey]> {
    let keys = access.order.iter().zip(places).map(|(key, column)| SortKey {
        column,
        data_type: key.expression.data_type,
        descending: key.descending,
        nulls_first: key.nulls_first,
    });
    keys.collect()
}

/// Whether the rows of a table are kept in the order of an access.
fn is_in_order(access: &TableAccess, view: &TableView, context: &Context) -> Result<bool, Error> {
    let mut columns = Vec::new();
    let keys = keys_over(access, &mut columns);
    let sort_keys = sort_keys(access, 0..);
    let is_number = matches!(
        &*sort_keys,
        [SortKey { data_type: DataType::Integer, descending: false, nulls_first: true, .. }]
    );
    // NULL is before all numbers.
    let (mut last, mut last_number) = (Vec::new(), None);
    for rows in view.scan(&columns) {
        context.check()?;
        let rows = rows?;
        let whole = Batch::new(rows.columns, rows.rows.len());
        for batch in growing_pieces(&whole) {
            let values: Vec<ArrayRef> = keys
                .iter()
                .map(|key| context.evaluate(key, &batch)?.into_array(key.data_type, batch.rows))
                .collect::<Result<_, Error>>()?;
            if is_number {
                for number in values[0].as_primitive::<Int64Type>() {
                    if number < last_number {
                        return Ok(false);
                    }
                    last_number = number;
                }
                continue;
            }
            let keys = SortKeys::of(&Batch::new(values, batch.rows), &sort_keys);
            for row in 0..batch.rows {
                if keys.at(row) < last.as_slice() {
                    return Ok(false);
                }
                last.clear();
                last.extend_from_slice(keys.at(row));
            }
        }
    }
    Ok(true)
}

/// A batch in pieces, each eight times as long as the one before: rows that are in no order are known to be
/// in none by the first few.
fn growing_pieces(batch: &Batch) -> impl Iterator<Item = Batch> {
    let (mut start, mut length) = (0, 8);
    std::iter::from_fn(move || {
        let rows = length.min(batch.rows - start);
        let piece = (rows > 0).then(|| batch.slice(start, rows));
        (start, length) = (start + rows, 8 * length);
        piece
    })
}

/// The rows of an access, sorted.
fn sorted(access: &Arc<TableAccess>, context: &Arc<Context>) -> Result<BoxedOperator, Error> {
    let mut read = access.columns.clone();
    let keys = keys_over(access, &mut read);
    let mut output: Vec<usize> = (0..access.output).collect();
    let mut place_of = |key: &BoundExpression| {
        let BoundKind::Column(place) = key.kind else { return None };
        let known = output.iter().position(|known| *known == place);
        Some(known.unwrap_or_else(|| {
            output.push(place);
            output.len() - 1
        }))
    };
    let places: Option<Vec<usize>> = keys.iter().map(&mut place_of).collect();
    if places.is_none() {
        output = (0..read.len()).collect();
    }
    let types: Vec<DataType> =
        output.iter().map(|place| access.table.type_of(read[*place])).collect();
    let given = |columns: usize| {
        let typed = types[..columns].iter().enumerate();
        typed.map(|(place, data_type)| BoundExpression::column(place, *data_type))
    };
    let projected = |input: BoxedOperator, expressions: Vec<BoundExpression>| {
        let (input, expressions) = (BatchCutter::new(input), expressions.into());
        Box::new(Project { input, expressions, context: Arc::clone(context) })
    };
    let (width, count) = (access.output, output.len());
    let wider = WiderColumns { read, output };
    let mut rows: BoxedOperator = Box::new(AccessRows::open_wider(access, wider, context)?);
    let is_wider = places.is_none() || count > width;
    let sort_keys = match places {
        Some(places) => sort_keys(access, places.into_iter()),
        None => {
            rows = projected(rows, given(count).chain(keys).collect());
            sort_keys(access, count..)
        }
    };
    let sorted = Box::new(Sort::new(rows, sort_keys, None, Arc::clone(context)));
    Ok(if is_wider { projected(sorted, given(width).collect()) } else { sorted })
}
