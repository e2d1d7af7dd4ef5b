//! Compounds: several queries whose rows become those of one, and the order of these.
//!
//! What UNION, INTERSECT and EXCEPT give is a set, and as in SQLite its rows come in the order of their
//! values where ORDER BY says nothing else. A key of ORDER BY is a column's number, or what one of the
//! SELECTs calls a column or computes as it: the first of them that does.

use super::collation;
use super::common_type::compound_type;
use super::comparison_traits::CollationDerivation;
use super::expression::{BoundExpression, BoundKind};
use super::logical::{ComputedColumn, Logical, LogicalKey, LogicalSetFilter};
use super::query::{LogicalQuery, QueryColumn, bind_part, collate, widened};
use super::select::{no_such_ordinal, signed_integer};
use super::surroundings::Surroundings;
use super::{Error, Planning};
use crate::language::ast::{Expression, ExpressionKind, OrderItem, QueryBody, SetOperator};
use crate::types::{Collation, DataType, Span};

/// The ORDER BY of a compound.
#[derive(Default)]
pub(super) struct CompoundOrder<'a> {
    keys: Vec<CompoundKey<'a>>,
}

/// A key of such an ORDER BY.
struct CompoundKey<'a> {
    item: &'a OrderItem,
    /// What it is without the COLLATE behind it.
    expression: &'a Expression,
    /// That COLLATE.
    said: Option<Collation>,
    /// The index of the column that it is, once a SELECT said so.
    column: Option<usize>,
}

impl<'a> CompoundOrder<'a> {
    /// The order that is written.
    ///
    /// # Errors
    /// `unknown-collation`.
    pub fn new(order_by: &'a [OrderItem]) -> Result<CompoundOrder<'a>, Error> {
        let key = |item: &'a OrderItem| {
            let (expression, said) = collation::behind(&item.expression)?;
            Ok(CompoundKey { item, expression, said, column: None })
        };
        Ok(CompoundOrder { keys: order_by.iter().map(key).collect::<Result<_, Error>>()? })
    }

    /// Asks a SELECT for the index of its column that an expression is, for each key of which no
    /// SELECT before it knew.
    pub fn resolve(&mut self, mut column_of: impl FnMut(&Expression) -> Option<usize>) {
        for key in self.keys.iter_mut().filter(|key| key.column.is_none()) {
            key.column = column_of(key.expression);
        }
    }

    /// The columns of the answer that it is by, each with the collation that it is compared by, and
    /// what is written of them.
    ///
    /// # Errors
    /// `unknown-column` of what is no column of the answer.
    pub fn columns(
        &self,
        output: &[QueryColumn],
    ) -> Result<Vec<(BoundExpression, &'a OrderItem)>, Error> {
        let column = |key: &CompoundKey<'a>| {
            let column = ordered_column(key, output)?;
            Ok((collation::collated(column.bound(), key.said), key.item))
        };
        self.keys.iter().map(column).collect()
    }
}

/// The column of a compound that a key of its ORDER BY means.
fn ordered_column<'o>(
    key: &CompoundKey<'_>,
    output: &'o [QueryColumn],
) -> Result<&'o QueryColumn, Error> {
    let expression = key.expression;
    if let Some(number) = signed_integer(expression) {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        return match index.and_then(|index| output.get(index)) {
            Some(column) => Ok(column),
            None => Err(no_such_ordinal("ORDER BY", number, output.len(), expression.span)),
        };
    }
    if let Some(column) = key.column.and_then(|column| output.get(column)) {
        return Ok(column);
    }
    if let ExpressionKind::Column { table: None, column: name } = &expression.kind
        && let Some(column) = output.iter().find(|c| c.name.eq_ignore_ascii_case(&name.name))
    {
        return Ok(column);
    }
    let names: Vec<&str> = output.iter().map(|column| column.name.as_str()).collect();
    let message = "ORDER BY of several queries is by a column of the result";
    Err(Error::new("unknown-column", message, expression.span)
        .help(Some(format!("write its number, or one of the names {}", names.join(", ")))))
}

/// Binds a compound. As in SQLite, the other columns of a set decide where ORDER BY does not.
///
/// # Errors
/// Those of its parts; `column-count` where they have different numbers of columns, `unknown-column` of
/// a key of ORDER BY that is none of them, `unknown-collation`.
pub(super) fn bind<'q>(
    first: &'q QueryBody,
    others: &'q [(SetOperator, QueryBody)],
    order_by: &[OrderItem],
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let mut order = CompoundOrder::new(order_by)?;
    let (query, collations) = bind_parts(first, others, &mut order, surroundings, planning)?;
    let mut query = sorted(query, &order, is_set(others), planning)?;
    collate(&mut query.output, &collations);
    Ok(query)
}

/// Binds the parts that a recursive table begins with, and gives the collations that its columns have
/// for others: those of the first part. `order` learns what the parts say of its keys.
///
/// # Errors
/// Those of the parts; `column-count` where they have different numbers of columns.
pub(super) fn bind_initial<'q>(
    first: &'q QueryBody,
    others: &'q [(SetOperator, QueryBody)],
    order: &mut CompoundOrder<'_>,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<(LogicalQuery, Vec<CollationDerivation>), Error> {
    let (query, collations) = bind_parts(first, others, order, surroundings, planning)?;
    let query = sorted(query, &CompoundOrder::default(), is_set(others), planning)?;
    Ok((query, collations))
}

/// Binds some parts of a compound; `order` learns what they say of its keys. The last operator's set
/// has no order yet. The columns have the collations that they are compared by within the compound:
/// of the first part that has one. Beside them stand those of the first part, which others know.
fn bind_parts<'q>(
    first: &'q QueryBody,
    others: &'q [(SetOperator, QueryBody)],
    order: &mut CompoundOrder<'_>,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<(LogicalQuery, Vec<CollationDerivation>), Error> {
    let mut bound = bind_part(first, order, surroundings, planning)?;
    let collations = bound.collations();
    for (index, (operator, part)) in others.iter().enumerate() {
        let part = bind_part(part, order, surroundings, planning)?;
        if *operator == SetOperator::UnionAll && is_set(&others[..index]) {
            bound = sorted(bound, &CompoundOrder::default(), true, planning)?;
        }
        bound = combined(bound, *operator, part, planning)?;
    }
    Ok((bound, collations))
}

/// Whether what is combined by these operators has no row twice.
fn is_set(others: &[(SetOperator, QueryBody)]) -> bool {
    others.last().is_some_and(|(operator, _)| match operator {
        SetOperator::UnionAll => false,
        SetOperator::Union | SetOperator::Intersect | SetOperator::Except => true,
    })
}

/// A query in an order that its own columns give: those that are written, and of a set then all others.
///
/// # Errors
/// `unknown-column` of a key that is none of its columns.
pub(super) fn sorted(
    query: LogicalQuery,
    order: &CompoundOrder<'_>,
    is_set: bool,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let LogicalQuery { logical, output } = query;
    let (mut compared, items): (Vec<_>, Vec<_>) = order.columns(&output)?.into_iter().unzip();
    // What is equal by another collation than the set's is not yet in order.
    let written: Vec<BoundExpression> =
        compared.iter().cloned().map(collation::comparable).collect();
    let is_written =
        |column: &&QueryColumn| written.contains(&collation::comparable(column.bound()));
    if is_set {
        let others: Vec<BoundExpression> =
            output.iter().filter(|column| !is_written(column)).map(QueryColumn::bound).collect();
        compared.extend(others);
    }
    if compared.is_empty() {
        return Ok(LogicalQuery { logical, output });
    }
    let (input, columns) = with_keys(logical, &output, compared.into_iter(), planning);
    let key = |(index, column): (usize, usize)| match items.get(index) {
        Some(item) => LogicalKey::of(item, column),
        None => LogicalKey::ascending(column),
    };
    let keys = columns.into_iter().enumerate().map(key).collect();
    let logical = Logical::Sort { input: Box::new(input), keys, first: None };
    Ok(LogicalQuery { logical, output })
}

/// Makes sure that the parts of a compound have as many columns.
pub(super) fn check_width(operator: SetOperator, left: usize, right: usize) -> Result<(), Error> {
    if left == right {
        return Ok(());
    }
    let message = format!("the parts of {operator} have {left} and {right} columns");
    Err(Error::new("column-count", message, Span::default()))
}

/// Two queries whose rows become those of one; its columns are called as the first's.
///
/// # Errors
/// `column-count` where they have different numbers of columns.
pub(super) fn combined(
    left: LogicalQuery,
    operator: SetOperator,
    right: LogicalQuery,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    check_width(operator, left.output.len(), right.output.len())?;
    let pairs = left.output.iter().zip(&right.output);
    let types: Vec<DataType> =
        pairs.map(|(a, b)| compound_type(a.data_type, b.data_type)).collect();
    let pairs = left.output.iter().zip(&right.output);
    let output: Vec<QueryColumn> = pairs
        .zip(&types)
        .map(|((column, other), data_type)| QueryColumn {
            name: column.name.clone(),
            data_type: *data_type,
            column: planning.names.add(&column.name),
            traits: column.traits.combined(other.traits, *data_type),
            as_operand: other.as_operand,
        })
        .collect();
    let columns: Vec<usize> = output.iter().map(|column| column.column).collect();
    let inputs = [left, right].map(|side| widened(side, &types, planning));
    let [left, right] = inputs;
    let logical = match operator {
        SetOperator::UnionAll => append(left, right, columns),
        SetOperator::Union => {
            let mut logical = append(without_distinct(left), right, columns);
            // Of texts that a collation takes for equal SQLite gives those of the later query.
            let folds = |column: &QueryColumn| {
                !matches!(collation::comparable(column.bound()).kind, BoundKind::Column(_))
            };
            if let Logical::Append { inputs, .. } = &mut logical
                && output.iter().any(folds)
            {
                inputs.rotate_right(1);
            }
            let (input, columns) =
                with_keys(logical, &output, output.iter().map(QueryColumn::bound), planning);
            Logical::Distinct { input: Box::new(input), columns }
        }
        SetOperator::Intersect | SetOperator::Except => {
            let keeps_common = operator == SetOperator::Intersect;
            let (mut left, mut right) = (left, right);
            // The collations are those of the result.
            for side in [&mut left.output, &mut right.output] {
                side.iter_mut().zip(&output).for_each(|(own, column)| own.traits = column.traits);
            }
            let identities = left.identities();
            let keys = |side: LogicalQuery, planning: &mut Planning| {
                let compared = side.output.iter().map(QueryColumn::bound);
                with_keys(side.logical, &side.output, compared, planning)
            };
            let (input, left_columns) = keys(left, planning);
            let (right, right_columns) = keys(right, planning);
            let distinct =
                Logical::Distinct { input: Box::new(input), columns: left_columns.clone() };
            let rows = Logical::SetFilter(LogicalSetFilter {
                left: Box::new(distinct),
                right: Box::new(right),
                left_columns,
                right_columns,
                keeps_common,
            });
            let renamed = columns.iter().zip(identities).zip(&types);
            let renamed = renamed.map(|((column, input), data_type)| ComputedColumn {
                column: *column,
                expression: BoundExpression::column(input, *data_type),
            });
            Logical::Project { input: Box::new(rows), columns: renamed.collect() }
        }
    };
    Ok(LogicalQuery { logical, output })
}

/// A query's rows with what some of its columns compare as, and the columns that say it.
fn with_keys(
    logical: Logical,
    output: &[QueryColumn],
    compared: impl Iterator<Item = BoundExpression>,
    planning: &mut Planning,
) -> (Logical, Vec<usize>) {
    let handed_on =
        |known: &QueryColumn| ComputedColumn { column: known.column, expression: known.bound() };
    let mut columns: Vec<ComputedColumn> = output.iter().map(handed_on).collect();
    let mut keys = Vec::with_capacity(output.len());
    for expression in compared {
        let key = ComputedColumn::new(collation::comparable(expression), &mut planning.names);
        keys.push(key.column);
        if !matches!(key.expression.kind, BoundKind::Column(_)) {
            columns.push(key);
        }
    }
    if columns.len() == output.len() {
        return (logical, keys);
    }
    (Logical::Project { input: Box::new(logical), columns }, keys)
}

/// The rows of one query behind those of another; of several, one operator.
fn append(left: LogicalQuery, right: LogicalQuery, columns: Vec<usize>) -> Logical {
    let right_columns = right.identities();
    let left_columns = left.identities();
    let is_append =
        matches!(&left.logical, Logical::Append { columns, .. } if *columns == left_columns);
    let mut inputs = if is_append && let Logical::Append { inputs, .. } = left.logical {
        inputs
    } else {
        vec![(left.logical, left_columns)]
    };
    inputs.push((right.logical, right_columns));
    Logical::Append { inputs, columns }
}

/// The rows of a UNION with those that it has twice: another UNION drops them, too.
fn without_distinct(query: LogicalQuery) -> LogicalQuery {
    let columns = query.identities();
    let is_union = matches!(
        &query.logical,
        Logical::Distinct { input, columns: distinct }
            if *distinct == columns && matches!(**input, Logical::Append { .. })
    );
    let logical = if is_union && let Logical::Distinct { input, .. } = query.logical {
        *input
    } else {
        query.logical
    };
    LogicalQuery { logical, output: query.output }
}
