//! Rows of values, compared as a whole: `(a, b) = (1, 2)`, `(a, b) IN (SELECT …)`.
//!
//! A row is none of the types that expressions have: it stands only where something is compared. What
//! asks whether rows are equal becomes that of their values, so that keys find them and joins match
//! them; an order of rows is decided by the first values that differ.

use super::Error;
use super::bind::{Binder, boolean, boxed, not_if, truth};
use super::coerce;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::operators::binary;
use crate::language::ast::{BinaryOperator, Expression, ExpressionKind, ExpressionList, ListItem};
use crate::types::{Span, Value};

/// What HELP for a misplaced row says.
const WHERE_ROWS_STAND: &str =
    "rows are compared with rows, as (a, b) = (1, 2), and found by IN: (a, b) IN (SELECT …)";

/// The error of a row where one value is asked for.
pub(super) fn misplaced(span: Span) -> Error {
    Error::new("row-value", "a row of values is no value", span)
        .help(Some(WHERE_ROWS_STAND.to_owned()))
}

/// The error of rows of different lengths.
pub(super) fn lengths(left: usize, right: usize, span: Span) -> Error {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let message = format!("{left} value{} cannot be compared with {right}", plural(left));
    Error::new("column-count", message, span)
}

/// What stands where something is compared.
#[derive(Clone)]
pub(super) enum ComparisonOperand {
    /// One value.
    Value(BoundExpression),
    /// Several values, or none.
    Row(Vec<BoundExpression>),
}

impl ComparisonOperand {
    /// The same with something else in the place of each value.
    fn map(self, change: impl Fn(BoundExpression) -> BoundExpression) -> ComparisonOperand {
        match self {
            ComparisonOperand::Value(value) => ComparisonOperand::Value(change(value)),
            ComparisonOperand::Row(row) => {
                ComparisonOperand::Row(row.into_iter().map(change).collect())
            }
        }
    }

    /// The values.
    pub fn into_row(self) -> Vec<BoundExpression> {
        match self {
            ComparisonOperand::Value(value) => vec![value],
            ComparisonOperand::Row(row) => row,
        }
    }
}

impl Binder<'_, '_> {
    /// What stands where something is compared: a value, a row, or a query's first row.
    ///
    /// # Errors
    /// As of any expression.
    pub(super) fn operand(&mut self, expression: &Expression) -> Result<ComparisonOperand, Error> {
        let row: Vec<BoundExpression> = if let ExpressionKind::Row(values) = &expression.kind {
            values.iter().map(|value| self.bind(value)).collect::<Result<_, _>>()?
        } else if let ExpressionKind::Subquery(query) = &expression.kind {
            self.first_row(query, expression.span)?
        } else {
            return Ok(ComparisonOperand::Value(self.bind(expression)?));
        };
        match <[BoundExpression; 1]>::try_from(row) {
            Ok([only]) => Ok(ComparisonOperand::Value(only)),
            Err(row) => Ok(ComparisonOperand::Row(row)),
        }
    }

    /// The same as a row, which may be one value.
    pub(super) fn row(&mut self, expression: &Expression) -> Result<Vec<BoundExpression>, Error> {
        self.operand(expression).map(ComparisonOperand::into_row)
    }

    /// An operator between two operands, which may be rows where it compares them.
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let Some(comparison) = Comparison::of(operator) else {
            let computed = binary(operator, self.bind(left)?, self.bind(right)?, span)?;
            return Ok(self.may_round(computed));
        };
        // IS TRUE and IS FALSE ask whether a value counts as that.
        let asks_truth = matches!(comparison, Comparison::Is | Comparison::IsNot)
            && matches!(&right.kind, ExpressionKind::Literal(literal)
                if matches!(literal.value, Value::Boolean(_)));
        let mut left = self.operand(left)?;
        if asks_truth {
            left = left.map(truth);
        }
        compare(comparison, left, self.operand(right)?, span)
    }

    /// `operand BETWEEN low AND high`.
    pub(super) fn between(
        &mut self,
        operand: &Expression,
        low: &Expression,
        high: &Expression,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let both = |low, high| boolean(BoundKind::And(boxed(low), boxed(high)));
        match (self.operand(operand)?, self.operand(low)?, self.operand(high)?) {
            (
                ComparisonOperand::Value(operand),
                ComparisonOperand::Value(low),
                ComparisonOperand::Value(high),
            ) => Ok(coerce::computed_once(operand, |operand| {
                let low = coerce::compare(Comparison::GreaterEqual, operand.clone(), low);
                both(low, coerce::compare(Comparison::LessEqual, operand, high))
            })),
            (operand, low, high) => {
                let low = compare(Comparison::GreaterEqual, operand.clone(), low, span)?;
                Ok(both(low, compare(Comparison::LessEqual, operand, high, span)?))
            }
        }
    }

    /// `operand [NOT] IN (list)`.
    pub(super) fn in_list(
        &mut self,
        operand: &Expression,
        list: &ExpressionList,
        negated: bool,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let row = match self.operand(operand)? {
            ComparisonOperand::Value(value) => {
                let list: Result<Vec<_>, _> = list.iter().map(|item| self.item(&item)).collect();
                return Ok(coerce::in_list(value, list?, negated));
            }
            row @ ComparisonOperand::Row(_) => row,
        };
        let mut equal = Vec::with_capacity(list.len());
        for item in list.iter() {
            let other = match &item {
                ListItem::Expression(expression) => self.operand(expression)?,
                ListItem::Constant(_) | ListItem::Default => {
                    ComparisonOperand::Value(self.item(&item)?)
                }
            };
            equal.push(compare(Comparison::Equal, row.clone(), other, span)?);
        }
        let nowhere = || BoundExpression::of(Value::Boolean(false));
        Ok(not_if(negated, BoundExpression::any_of(equal).unwrap_or_else(nowhere)))
    }
}

/// Compares two operands as SQLite would.
///
/// # Errors
/// `column-count` of rows that have not as many values.
pub(super) fn compare(
    comparison: Comparison,
    left: ComparisonOperand,
    right: ComparisonOperand,
    span: Span,
) -> Result<BoundExpression, Error> {
    let (left, right) = match (left, right) {
        (ComparisonOperand::Value(left), ComparisonOperand::Value(right)) => {
            return Ok(coerce::compare(comparison, left, right));
        }
        (left, right) => (left.into_row(), right.into_row()),
    };
    if left.len() != right.len() {
        return Err(lengths(left.len(), right.len(), span));
    }
    let pairs = left.into_iter().zip(right);
    let compared = match comparison {
        Comparison::Equal | Comparison::Is => BoundExpression::all_of(
            pairs.map(|(left, right)| coerce::compare(comparison, left, right)),
        ),
        Comparison::NotEqual | Comparison::IsNot => BoundExpression::any_of(
            pairs.map(|(left, right)| coerce::compare(comparison, left, right)),
        ),
        Comparison::Less
        | Comparison::LessEqual
        | Comparison::Greater
        | Comparison::GreaterEqual => {
            let pairs = pairs.map(|(left, right)| coerce::ordered_operands(left, right));
            Some(boolean(BoundKind::CompareRows(comparison, pairs.collect())))
        }
    };
    Ok(compared.expect("a row has two values at least"))
}
