//! Expressions value by value.
//!
//! What a recursion does a million times is mostly one comparison and one addition of two values, and a
//! table of a few rows is compared with a few constants: to make columns of these and to drop them again
//! costs more than the values do. They mean here what they mean for columns, by the same functions of
//! values; everything that is not listed is a column of one row.

use super::datum::{self, Batch, Datum};
use super::evaluate::Context;
use super::{Error, arithmetic, cast, compare, functions};
use crate::planner::{BoundExpression, BoundKind, ScalarFunction};
use crate::types::column::{ColumnBuilder, value_at};
use crate::types::{DataType, Literal, Value, with_stack};
use std::borrow::Cow;

/// The most rows that are computed value by value: more cost less as columns.
const FEW_ROWS: usize = 6;

/// The longest list that a value is looked for in item by item.
const FEW_ITEMS: usize = 16;

/// A row of a batch, which an expression may read columns of.
#[derive(Clone, Copy)]
struct BatchRow<'a> {
    batch: &'a Batch,
    row: usize,
}

impl BatchRow<'static> {
    /// For what reads no column.
    const NONE: BatchRow<'static> = BatchRow { batch: &Batch::new(Vec::new(), 1), row: 0 };
}

/// Whether an expression is computed value by value for the rows of a batch: they are few, and it is made
/// of what is listed here.
pub(super) fn is_by_value(expression: &BoundExpression, batch: &Batch) -> bool {
    batch.rows <= FEW_ROWS && has_operands(expression) && is_listed(expression)
}

fn has_operands(expression: &BoundExpression) -> bool {
    let mut has_operands = false;
    expression.for_each_operand(|_| has_operands = true);
    has_operands
}

fn is_listed(expression: &BoundExpression) -> bool {
    let mut is_listed = match &expression.kind {
        BoundKind::InList { list, .. } => list.len() <= FEW_ITEMS,
        BoundKind::Literal(_)
        | BoundKind::Number(_)
        | BoundKind::Column(_)
        | BoundKind::Parameter { .. }
        | BoundKind::ExactParameter(_)
        | BoundKind::Argument(_)
        | BoundKind::Arithmetic(..)
        | BoundKind::Compare(..)
        | BoundKind::And(..)
        | BoundKind::Or(..)
        | BoundKind::Not(_)
        | BoundKind::Truth(_)
        | BoundKind::Negate(_)
        | BoundKind::BitNot(_)
        | BoundKind::Case { .. }
        | BoundKind::Cast(_)
        | BoundKind::Affinity(..)
        | BoundKind::CollationKey(..)
        | BoundKind::Call(..) => true,
        BoundKind::CurrentTime(_)
        | BoundKind::Aggregate(_)
        | BoundKind::Window(_)
        | BoundKind::CompareRows(..)
        | BoundKind::Concat(..)
        | BoundKind::Match { .. }
        | BoundKind::Let { .. }
        | BoundKind::Bound
        | BoundKind::Subquery(_) => false,
    };
    expression.for_each_operand(|operand| is_listed = is_listed && self::is_listed(operand));
    is_listed
}

impl Context {
    /// Computes an expression that reads no column.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn constant(&self, expression: &BoundExpression) -> Result<Value, Error> {
        self.value(expression, BatchRow::NONE)
    }

    /// Computes an expression for each row of a few; one value for all where there is one.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub(super) fn few_values(
        &self,
        expression: &BoundExpression,
        batch: &Batch,
    ) -> Result<Datum, Error> {
        if batch.rows == 1 {
            return Ok(Datum::Scalar(self.value(expression, BatchRow { batch, row: 0 })?));
        }
        let mut builder = ColumnBuilder::new(expression.data_type, batch.rows);
        for row in 0..batch.rows {
            builder.push(&self.value(expression, BatchRow { batch, row })?)?;
        }
        Ok(Datum::Array(builder.finish()))
    }

    fn value(&self, expression: &BoundExpression, at: BatchRow<'_>) -> Result<Value, Error> {
        with_stack(|| self.scalar(expression, at)).map_err(|error| error.at(expression.place))
    }

    /// What most operands are, which takes no stack; a value that is there already is only looked at.
    fn operand<'a>(
        &'a self,
        operand: &'a BoundExpression,
        at: BatchRow<'_>,
    ) -> Result<Cow<'a, Value>, Error> {
        if let BoundKind::Literal(value) = &operand.kind {
            return Ok(Cow::Borrowed(value));
        }
        if let BoundKind::Column(index) = operand.kind {
            let value = value_at(&at.batch.columns[index], operand.data_type, at.row);
            return Ok(Cow::Owned(value));
        }
        if let BoundKind::Argument(index) = operand.kind {
            return Ok(Cow::Borrowed(self.subqueries.argument(index)));
        }
        self.value(operand, at).map(Cow::Owned)
    }

    /// The same to be handed on.
    fn owned_operand(&self, operand: &BoundExpression, at: BatchRow<'_>) -> Result<Value, Error> {
        self.operand(operand, at).map(Cow::into_owned)
    }

    fn scalar<'a>(
        &'a self,
        expression: &'a BoundExpression,
        at: BatchRow<'_>,
    ) -> Result<Value, Error> {
        let result = expression.data_type;
        let of = |operand| self.operand(operand, at);
        let made = |operand| self.owned_operand(operand, at);
        let conform = |value: Value| datum::conform(value, result);
        match &expression.kind {
            BoundKind::Literal(value) | BoundKind::Number(Literal { value, .. }) => {
                Ok(value.clone())
            }
            BoundKind::Column(_) | BoundKind::Argument(_) => made(expression),
            BoundKind::Parameter { index, .. } => Ok(self.given(*index)),
            BoundKind::ExactParameter(index) => Ok(self.digits(*index)),
            BoundKind::Arithmetic(operator, a, b) => {
                Ok(conform(arithmetic::compute_as(result, *operator, &*of(a)?, &*of(b)?)?))
            }
            BoundKind::Compare(comparison, a, b) => {
                let truth = compare::compare(*comparison, &*of(a)?, &*of(b)?);
                Ok(truth.map_or(Value::Null, Value::Boolean))
            }
            BoundKind::And(a, b) => self.scalar_logic(true, a, b, at),
            BoundKind::Or(a, b) => self.scalar_logic(false, a, b, at),
            BoundKind::Not(a) => {
                let truth = made(a)?;
                Ok(if let Value::Boolean(truth) = truth { Value::Boolean(!truth) } else { truth })
            }
            BoundKind::Truth(a) => Ok(compare::value_truth(&*of(a)?)),
            BoundKind::Negate(a) => Ok(conform(arithmetic::negate(result, &*of(a)?)?)),
            BoundKind::BitNot(a) => Ok(conform(arithmetic::bit_not(&*of(a)?))),
            BoundKind::Cast(a) => Ok(conform(cast::cast(&*of(a)?, result)?)),
            BoundKind::Affinity(affinity, a) => Ok(conform(affinity.of(made(a)?))),
            BoundKind::CollationKey(collation, a) => Ok(conform(collation.key_of(made(a)?))),
            BoundKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    let truth = datum::conform(made(condition)?, DataType::Boolean);
                    if truth.is_true() {
                        return Ok(conform(made(value)?));
                    }
                }
                Ok(otherwise.as_deref().map_or(Ok(Value::Null), made).map(conform)?)
            }
            BoundKind::InList { operand, list, negated } if list.len() <= FEW_ITEMS => {
                self.scalar_in(operand, list, *negated, at)
            }
            BoundKind::Call(function, arguments) => {
                self.scalar_call(*function, arguments, result, at)
            }
            BoundKind::CurrentTime(_)
            | BoundKind::Aggregate(_)
            | BoundKind::Window(_)
            | BoundKind::CompareRows(..)
            | BoundKind::Concat(..)
            | BoundKind::InList { .. }
            | BoundKind::Match { .. }
            | BoundKind::Let { .. }
            | BoundKind::Bound
            | BoundKind::Subquery(_) => self.of_one_row(expression, at),
        }
    }

    /// AND or OR; the right side is not computed where the left decides.
    fn scalar_logic(
        &self,
        and: bool,
        a: &BoundExpression,
        b: &BoundExpression,
        at: BatchRow<'_>,
    ) -> Result<Value, Error> {
        let decided = Value::Boolean(!and);
        let left = self.owned_operand(a, at)?;
        if left == decided {
            return Ok(left);
        }
        let right = self.owned_operand(b, at)?;
        Ok(if right == decided || left == Value::Boolean(and) { right } else { Value::Null })
    }

    /// `operand [NOT] IN (list)`; all items are computed, as they are for columns.
    fn scalar_in(
        &self,
        operand: &BoundExpression,
        list: &[BoundExpression],
        negated: bool,
        at: BatchRow<'_>,
    ) -> Result<Value, Error> {
        let wanted = self.operand(operand, at)?;
        let (mut found, mut unknown) = (false, wanted.is_null() && !list.is_empty());
        for item in list {
            let item = self.operand(item, at)?;
            unknown |= item.is_null();
            found |= !item.is_null() && item == wanted;
        }
        Ok(match (found, unknown) {
            (true, _) => Value::Boolean(!negated),
            (false, true) => Value::Null,
            (false, false) => Value::Boolean(negated),
        })
    }

    /// A function; coalesce computes no more arguments than it needs.
    fn scalar_call(
        &self,
        function: ScalarFunction,
        arguments: &[BoundExpression],
        result: DataType,
        at: BatchRow<'_>,
    ) -> Result<Value, Error> {
        if function == ScalarFunction::Coalesce {
            for argument in arguments {
                let value = datum::conform(self.owned_operand(argument, at)?, result);
                if !value.is_null() {
                    return Ok(value);
                }
            }
            return Ok(Value::Null);
        }
        let values: Result<Vec<Value>, Error> =
            arguments.iter().map(|argument| self.owned_operand(argument, at)).collect();
        datum::limited(datum::conform(functions::call(function, &values?, self)?, result))
    }

    /// What an expression is as a column of one row.
    fn of_one_row(&self, expression: &BoundExpression, at: BatchRow<'_>) -> Result<Value, Error> {
        let row = at.batch.slice(at.row, 1);
        Ok(self.columns(expression, &row)?.value(expression.data_type, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::{Affinity, Arithmetic, Comparison};
    use crate::types::Collation;
    use crate::types::column::array_of;

    fn values() -> [Value; 7] {
        [
            Value::Null,
            Value::Integer(3),
            Value::Integer(i64::MAX),
            Value::Real(-0.5),
            Value::text("2x"),
            Value::Boolean(true),
            Value::Boolean(false),
        ]
    }

    fn truth(operand: BoundExpression) -> Box<BoundExpression> {
        Box::new(BoundExpression::new(BoundKind::Truth(Box::new(operand)), DataType::Boolean))
    }

    /// Some of each kind that is computed by value, of two operands.
    fn kinds(a: &BoundExpression, b: &BoundExpression) -> Vec<(BoundKind, DataType)> {
        let boxed = |operand: &BoundExpression| Box::new(operand.clone());
        let compare = |comparison| BoundKind::Compare(comparison, boxed(a), boxed(b));
        let (any, boolean) = (DataType::Any, DataType::Boolean);
        let in_list = |list: Vec<BoundExpression>, negated| BoundKind::InList {
            operand: boxed(a),
            list: list.into(),
            negated,
        };
        let call = |function| BoundKind::Call(function, vec![a.clone(), b.clone()]);
        let otherwise = Some(boxed(a));
        let branches = vec![(*truth(a.clone()), b.clone())];
        vec![
            (BoundKind::Arithmetic(Arithmetic::Add, boxed(a), boxed(b)), any),
            (BoundKind::Arithmetic(Arithmetic::Modulo, boxed(a), boxed(b)), any),
            (compare(Comparison::Less), boolean),
            (compare(Comparison::NotEqual), boolean),
            (compare(Comparison::Is), boolean),
            (BoundKind::And(truth(a.clone()), truth(b.clone())), boolean),
            (BoundKind::Or(truth(a.clone()), truth(b.clone())), boolean),
            (BoundKind::Not(truth(a.clone())), boolean),
            (BoundKind::Negate(boxed(a)), any),
            (BoundKind::BitNot(boxed(a)), DataType::Integer),
            (BoundKind::Cast(boxed(a)), DataType::Integer),
            (BoundKind::Cast(boxed(a)), DataType::Text),
            (BoundKind::Affinity(Affinity::Numeric, boxed(a)), any),
            (BoundKind::CollationKey(Collation::NoCase, boxed(a)), any),
            (in_list(vec![b.clone(), BoundExpression::of(Value::Integer(3))], false), boolean),
            (in_list(vec![b.clone()], true), boolean),
            (in_list(Vec::new(), true), boolean),
            (BoundKind::Case { branches: branches.clone(), otherwise: None }, any),
            (BoundKind::Case { branches, otherwise }, any),
            (call(ScalarFunction::Coalesce), any),
            (call(ScalarFunction::Nullif), any),
        ]
    }

    /// What an expression is for each row, or its error.
    fn each(
        computed: Result<Datum, Error>,
        data_type: DataType,
        rows: usize,
    ) -> Result<Vec<String>, String> {
        let column = computed.map_err(|error| error.to_string())?;
        Ok((0..rows).map(|row| format!("{:?}", column.value(data_type, row))).collect())
    }

    #[test]
    fn constants_say_what_columns_say() {
        let context = Context::of_constants();
        let values = values();
        for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
            for (kind, data_type) in
                kinds(&BoundExpression::of(a.clone()), &BoundExpression::of(b.clone()))
            {
                let expression = BoundExpression::new(kind, data_type);
                let by_value = context.constant(&expression).map(Datum::Scalar);
                let by_row = context.columns(&expression, BatchRow::NONE.batch);
                let (by_value, by_row) = (each(by_value, data_type, 1), each(by_row, data_type, 1));
                assert_eq!(by_value, by_row, "{expression}");
            }
        }
    }

    #[test]
    fn few_rows_say_what_columns_say() {
        let context = Context::of_constants();
        let (a, b) =
            (BoundExpression::column(0, DataType::Any), BoundExpression::column(1, DataType::Any));
        // All pairs; one row alone, a few, and all that are no error.
        let values = values();
        let pairs: Vec<(&Value, &Value)> =
            values.iter().flat_map(|a| values.iter().map(move |b| (a, b))).collect();
        for size in [1, 2, 5, FEW_ROWS] {
            for rows in pairs.chunks(size) {
                let left = array_of(DataType::Any, rows.iter().map(|row| row.0)).expect("small");
                let right = array_of(DataType::Any, rows.iter().map(|row| row.1)).expect("small");
                let batch = Batch::new(vec![left, right], rows.len());
                for (kind, data_type) in kinds(&a, &b) {
                    let expression = BoundExpression::new(kind, data_type);
                    assert!(is_by_value(&expression, &batch), "{expression}");
                    let by_value =
                        each(context.few_values(&expression, &batch), data_type, batch.rows);
                    let by_column =
                        each(context.columns(&expression, &batch), data_type, batch.rows);
                    assert_eq!(by_value, by_column, "{expression}");
                }
            }
        }
    }
}
