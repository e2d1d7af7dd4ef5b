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

impl Binder<'_, '_> {
    /// The values that stand where something is compared: those of a row, those of a query's first
    /// row, or one.
    ///
    /// # Errors
    /// As of any expression.
    pub(super) fn row(&mut self, expression: &Expression) -> Result<Vec<BoundExpression>, Error> {
        if let ExpressionKind::Row(values) = &expression.kind {
            return values.iter().map(|value| self.bind(value)).collect();
        }
        if let ExpressionKind::Subquery(query) = &expression.kind {
            return self.first_row(query, expression.span);
        }
        Ok(vec![self.bind(expression)?])
    }

    /// Whether an operand is one value and cannot be a row.
    fn is_value(operand: &Expression) -> bool {
        !matches!(operand.kind, ExpressionKind::Row(_) | ExpressionKind::Subquery(_))
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
        if Self::is_value(left) && Self::is_value(right) {
            let left = self.bind(left)?;
            let left = if asks_truth { truth(left) } else { left };
            return Ok(coerce::compare(comparison, left, self.bind(right)?));
        }
        let mut values = self.row(left)?;
        if asks_truth {
            values = values.into_iter().map(truth).collect();
        }
        let others = self.row(right)?;
        compare(comparison, values, others, span)
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
        let of_values = |operand, low, high| {
            coerce::computed_once(operand, |operand| {
                let low = coerce::compare(Comparison::GreaterEqual, operand.clone(), low);
                both(low, coerce::compare(Comparison::LessEqual, operand, high))
            })
        };
        if [operand, low, high].into_iter().all(Self::is_value) {
            return Ok(of_values(self.bind(operand)?, self.bind(low)?, self.bind(high)?));
        }
        let (mut values, mut low, mut high) = (self.row(operand)?, self.row(low)?, self.row(high)?);
        if let ([_], [_], [_]) = (&*values, &*low, &*high) {
            return Ok(of_values(values.remove(0), low.remove(0), high.remove(0)));
        }
        let low = compare(Comparison::GreaterEqual, values.clone(), low, span)?;
        Ok(both(low, compare(Comparison::LessEqual, values, high, span)?))
    }

    /// `operand [NOT] IN (list)`.
    pub(super) fn in_list(
        &mut self,
        operand: &Expression,
        list: &ExpressionList,
        negated: bool,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        if Self::is_value(operand) {
            let operand = self.bind(operand)?;
            let list: Result<Vec<_>, _> = list.iter().map(|item| self.item(&item)).collect();
            return Ok(coerce::in_list(operand, list?, negated));
        }
        let mut values = self.row(operand)?;
        if values.len() == 1 {
            let list: Result<Vec<_>, _> = list.iter().map(|item| self.item(&item)).collect();
            return Ok(coerce::in_list(values.remove(0), list?, negated));
        }
        let mut equal = Vec::with_capacity(list.len());
        for item in list.iter() {
            let row = match &item {
                ListItem::Expression(expression) => self.row(expression)?,
                ListItem::Constant(_) | ListItem::Default => vec![self.item(&item)?],
            };
            equal.push(compare(Comparison::Equal, values.clone(), row, span)?);
        }
        let nowhere = || BoundExpression::of(Value::Boolean(false));
        Ok(not_if(negated, BoundExpression::any_of(equal).unwrap_or_else(nowhere)))
    }
}

/// Compares two rows as SQLite would.
///
/// # Errors
/// `column-count` of rows that have not as many values.
pub(super) fn compare(
    comparison: Comparison,
    left: Vec<BoundExpression>,
    right: Vec<BoundExpression>,
    span: Span,
) -> Result<BoundExpression, Error> {
    if left.len() != right.len() {
        return Err(lengths(left.len(), right.len(), span));
    }
    let mut pairs = left.into_iter().zip(right);
    if pairs.len() == 1
        && let Some((left, right)) = pairs.next()
    {
        return Ok(coerce::compare(comparison, left, right));
    }
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
