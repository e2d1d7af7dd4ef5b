//! Numbers beside DECIMALs: their digits count, and what is computed of them is a DECIMAL.
//!
//! A number with a point is a REAL by itself, as in SQLite. Where it meets a DECIMAL, in arithmetic, in
//! a comparison, among the results of a CASE or on its way into a column, it is what is written: so is
//! a sum, difference or product of such numbers, and a choice between them. Which of both it is, is
//! decided here and nowhere else.

use super::Error;
use super::common_type::common_type;
use super::expression::{Arithmetic, BoundExpression, BoundKind};
use super::functions::ScalarFunction;
use super::logical::{ComputedColumn, Logical};
use crate::types::{ColumnAffinity, DataType, Decimal, Literal, Span, Value, with_stack};

/// The most digits of a DECIMAL.
const MOST: u8 = 38;

/// The fewest digits behind the point that a quotient has.
const QUOTIENT: u8 = 10;

/// The scale of a quotient of numbers with so many digits behind the point.
pub fn quotient_scale(a: u8, b: u8) -> u8 {
    a.max(b).clamp(QUOTIENT, MOST)
}

fn is_decimal(data_type: DataType) -> bool {
    matches!(data_type, DataType::Decimal { .. })
}

/// The type that a column of a FLEXIBLE table is meant for, where its numbers are exact.
fn meant(data_type: DataType) -> DataType {
    if let DataType::Flexible(ColumnAffinity::Decimal { precision, scale }) = data_type {
        DataType::Decimal { precision, scale }
    } else {
        data_type
    }
}

/// Digits before and behind the point of an exact type.
fn digits(data_type: DataType) -> Option<(u8, u8)> {
    match data_type {
        DataType::Boolean => Some((1, 0)),
        DataType::Integer => Some((19, 0)),
        DataType::Decimal { precision, scale } => Some((precision.saturating_sub(scale), scale)),
        DataType::Real
        | DataType::Numeric
        | DataType::Text
        | DataType::Date
        | DataType::Timestamp
        | DataType::Blob
        | DataType::Json
        | DataType::Any
        | DataType::Flexible(_) => None,
    }
}

/// The type with so many digits; the most there are where those are more.
fn decimal(whole: u8, scale: u8) -> DataType {
    let scale = scale.min(MOST);
    DataType::Decimal { precision: whole.saturating_add(scale).clamp(1, MOST), scale }
}

/// The type of `a operator b` if both are exact and one is a DECIMAL.
pub(super) fn arithmetic_type(
    operator: Arithmetic,
    left: DataType,
    right: DataType,
) -> Option<DataType> {
    if !is_decimal(left) && !is_decimal(right) {
        return None;
    }
    let ((whole, scale), (other_whole, other_scale)) = (digits(left)?, digits(right)?);
    let most = scale.max(other_scale);
    match operator {
        Arithmetic::Add | Arithmetic::Subtract => {
            Some(decimal(whole.max(other_whole).saturating_add(1), most))
        }
        Arithmetic::Multiply => Some(decimal(whole + other_whole, scale + other_scale)),
        Arithmetic::Divide => Some(decimal(MOST, quotient_scale(scale, other_scale))),
        Arithmetic::Modulo => Some(decimal(whole.max(other_whole), most)),
        Arithmetic::BitAnd | Arithmetic::BitOr | Arithmetic::ShiftLeft | Arithmetic::ShiftRight => {
            None
        }
    }
}

/// The DECIMAL that holds all values of two exact types, one of which is one.
pub(super) fn common_decimal(a: DataType, b: DataType) -> Option<DataType> {
    if !is_decimal(a) && !is_decimal(b) || a == DataType::Boolean || b == DataType::Boolean {
        return None;
    }
    let ((whole, scale), (other_whole, other_scale)) = (digits(a)?, digits(b)?);
    let (whole, scale) = (whole.max(other_whole), scale.max(other_scale));
    (whole + scale <= MOST).then(|| decimal(whole, scale))
}

/// The type of `round(x, n)` of a DECIMAL; `n` is `None` where only the row says it.
pub(super) fn rounded_type(argument: DataType, places: Option<i64>) -> DataType {
    match (argument, places) {
        (DataType::Decimal { precision, scale }, Some(places)) => {
            let places = u8::try_from(places.max(0)).unwrap_or(u8::MAX).min(scale);
            decimal(precision.saturating_sub(scale).saturating_add(1), places)
        }
        (DataType::Decimal { .. }, None) => DataType::Any,
        _ => DataType::Real,
    }
}

/// Whether an expression is made of numbers alone, one of them no INTEGER.
fn is_numeral(expression: &BoundExpression) -> bool {
    let mut has_point = false;
    is_of_numbers(expression, &mut has_point) && has_point
}

fn is_of_numbers(expression: &BoundExpression, has_point: &mut bool) -> bool {
    with_stack(|| is_kind_of_numbers(expression, has_point))
}

fn is_kind_of_numbers(expression: &BoundExpression, has_point: &mut bool) -> bool {
    let mut all = |mut parts: &mut dyn Iterator<Item = &BoundExpression>| {
        Iterator::all(&mut parts, |part| is_of_numbers(part, has_point))
    };
    match &expression.kind {
        BoundKind::Number(_) => {
            *has_point = true;
            true
        }
        BoundKind::Literal(value) => matches!(value, Value::Integer(_) | Value::Null),
        BoundKind::Parameter { .. } => {
            *has_point |= expression.data_type == DataType::Real;
            matches!(expression.data_type, DataType::Integer | DataType::Real)
        }
        BoundKind::Negate(a) => all(&mut std::iter::once(&**a)),
        BoundKind::Arithmetic(operator, a, b) => {
            let is_exact =
                matches!(operator, Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply);
            is_exact && all(&mut [&**a, &**b].into_iter())
        }
        BoundKind::Case { branches, otherwise } => {
            let results = branches.iter().map(|(_, result)| result);
            all(&mut results.chain(otherwise.as_deref()))
        }
        BoundKind::Call(function, arguments) => is_choice(*function) && all(&mut arguments.iter()),
        BoundKind::ExactParameter(_)
        | BoundKind::Column(_)
        | BoundKind::CurrentTime(_)
        | BoundKind::Aggregate(_)
        | BoundKind::Window(_)
        | BoundKind::BitNot(_)
        | BoundKind::Not(_)
        | BoundKind::Truth(_)
        | BoundKind::Compare(..)
        | BoundKind::CompareRows(..)
        | BoundKind::And(..)
        | BoundKind::Or(..)
        | BoundKind::Concat(..)
        | BoundKind::InList { .. }
        | BoundKind::Subquery(_)
        | BoundKind::Argument(_)
        | BoundKind::Match { .. }
        | BoundKind::Cast(_)
        | BoundKind::Affinity(..)
        | BoundKind::CollationKey(..)
        | BoundKind::Let { .. }
        | BoundKind::Bound => false,
    }
}

/// Whether a function gives one of its arguments.
pub(super) fn is_choice(function: ScalarFunction) -> bool {
    matches!(function, ScalarFunction::Coalesce | ScalarFunction::Max(_) | ScalarFunction::Min(_))
}

/// A numeral with all of its digits; `None` if a number in it has more than a decimal.
fn exact(numeral: &BoundExpression) -> Option<BoundExpression> {
    if let BoundKind::Number(literal) = &numeral.kind {
        let Some(Value::Decimal(digits)) = literal.exact else { return None };
        return Some(BoundExpression::of(Value::Decimal(digits)));
    }
    if let BoundKind::Parameter { index, exact } = &numeral.kind
        && numeral.data_type == DataType::Real
    {
        let data_type = exact.unwrap_or(DataType::Any);
        return Some(BoundExpression::new(BoundKind::ExactParameter(*index), data_type));
    }
    let mut numeral = numeral.clone();
    let mut fits = true;
    for_each_part(&mut numeral, |part| match exact(part) {
        Some(digits) => *part = digits,
        None => fits = false,
    });
    numeral.data_type = type_of(&numeral);
    fits.then_some(numeral)
}

/// Visits the numbers that a numeral is made of.
fn for_each_part(numeral: &mut BoundExpression, mut visit: impl FnMut(&mut BoundExpression)) {
    if !matches!(numeral.kind, BoundKind::Case { .. }) {
        return numeral.for_each_operand_mut(visit);
    }
    numeral.change_kind(|kind| {
        if let BoundKind::Case { branches, otherwise } = kind {
            // Its conditions are none.
            branches.iter_mut().for_each(|(_, result)| visit(result));
            otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
        }
    });
}

/// The type of a numeral from those of its parts.
fn type_of(numeral: &BoundExpression) -> DataType {
    if let BoundKind::Negate(a) = &numeral.kind {
        a.data_type
    } else if let BoundKind::Arithmetic(operator, a, b) = &numeral.kind {
        arithmetic_type(*operator, a.data_type, b.data_type).unwrap_or(numeral.data_type)
    } else if let BoundKind::Case { branches, otherwise } = &numeral.kind {
        common(branches.iter().map(|(_, result)| result).chain(otherwise.as_deref()))
    } else if let BoundKind::Call(_, arguments) = &numeral.kind {
        common(arguments)
    } else {
        numeral.data_type
    }
}

/// The type for the result of several expressions; NULL literals have no say.
pub(super) fn common<'a>(expressions: impl IntoIterator<Item = &'a BoundExpression>) -> DataType {
    common_type(expressions.into_iter().map(|expression| {
        (!matches!(expression.kind, BoundKind::Literal(Value::Null)))
            .then_some(expression.data_type)
    }))
}

/// An operand of arithmetic with a DECIMAL.
///
/// # Errors
/// `decimal-overflow` where it is written with more digits than a DECIMAL has.
fn computed(operand: BoundExpression, span: Span) -> Result<BoundExpression, Error> {
    if !is_numeral(&operand) {
        return Ok(operand);
    }
    exact(&operand).ok_or_else(|| {
        let message = format!("{operand} has more than {MOST} digits, and stands beside a DECIMAL");
        Error::new("decimal-overflow", message, span)
            .help(Some("CAST(… AS REAL) computes with rounding".into()))
    })
}

/// Both operands of arithmetic, as they are computed with.
///
/// # Errors
/// `decimal-overflow` where one beside a DECIMAL is written with more digits than that has.
pub(super) fn operands(
    left: BoundExpression,
    right: BoundExpression,
    span: Span,
) -> Result<(BoundExpression, BoundExpression), Error> {
    match (is_decimal(left.data_type), is_decimal(right.data_type)) {
        (true, false) => Ok((left, computed(right, span)?)),
        (false, true) => Ok((computed(left, span)?, right)),
        (true, true) | (false, false) => Ok((left, right)),
    }
}

/// What is compared with an expression of this type.
pub(super) fn compared(operand: BoundExpression, with: DataType) -> BoundExpression {
    if !is_decimal(meant(with)) || !is_numeral(&operand) {
        return operand;
    }
    if let BoundKind::Number(Literal { exact: Some(Value::Text(digits)), .. }) = &operand.kind {
        let leading = Decimal::parse_leading(digits).map(Value::Decimal);
        return leading.map_or(operand, BoundExpression::of);
    }
    exact(&operand).unwrap_or(operand)
}

/// Whether all digits of a number count for a column or a CAST of this type: one that keeps them, or
/// where they say whether it is an INTEGER.
fn keeps_digits(to: DataType) -> bool {
    matches!(meant(to), DataType::Decimal { .. } | DataType::Integer | DataType::Numeric)
}

/// What a column of this type is given by a constant.
pub(super) fn assigned_constant(literal: Literal, to: DataType) -> Value {
    let Literal { value, exact } = literal;
    exact.filter(|_| keeps_digits(to)).unwrap_or(value)
}

/// What a column or a CAST of this type is given.
pub(super) fn assigned(value: BoundExpression, to: DataType) -> BoundExpression {
    if let BoundKind::Number(Literal { exact: Some(digits), .. }) = &value.kind
        && keeps_digits(to)
    {
        return BoundExpression::of(digits.clone());
    }
    if let BoundKind::Parameter { index, .. } = &value.kind
        && keeps_digits(to)
        && value.data_type == DataType::Real
    {
        return BoundExpression::new(BoundKind::ExactParameter(*index), DataType::Any);
    }
    let is_exact = is_decimal(meant(to)) && is_numeral(&value);
    is_exact.then(|| exact(&value)).flatten().unwrap_or(value)
}

/// Alternatives of which one is the result: exact if one of them is a DECIMAL.
pub(super) fn alternatives<'a>(results: impl Iterator<Item = &'a mut BoundExpression>) {
    let results: Vec<&mut BoundExpression> = results.collect();
    if !results.iter().any(|result| is_decimal(result.data_type)) {
        return;
    }
    for result in results {
        if is_numeral(result)
            && let Some(digits) = exact(result)
        {
            *result = digits;
        }
    }
}

/// Hands the types of the columns that a query's rows go into to the numbers in its projections.
/// `columns` are identities; what comes back are the projected columns as they are now.
pub(super) fn assign_columns(
    logical: &mut Logical,
    columns: &[(usize, DataType)],
) -> Vec<(usize, DataType)> {
    match logical {
        Logical::Project { input, columns: computed } => {
            let mut below = Vec::new();
            for ComputedColumn { column, expression } in computed.iter_mut() {
                let wanted = columns.iter().find(|(wanted, _)| wanted == column);
                let Some((_, data_type)) = wanted else { continue };
                if let BoundKind::Column(input) = expression.kind {
                    below.push((input, *data_type));
                } else {
                    *expression = assigned(expression.clone(), *data_type);
                }
            }
            let changed = assign_columns(input, &below);
            for ComputedColumn { expression, .. } in computed.iter_mut() {
                if let BoundKind::Column(input) = expression.kind
                    && let Some((_, now)) = changed.iter().find(|(known, _)| *known == input)
                {
                    expression.data_type = *now;
                }
            }
            let types = computed.iter().map(|known| (known.column, known.expression.data_type));
            types.collect()
        }
        Logical::Limit { input, .. }
        | Logical::Sort { input, .. }
        | Logical::Distinct { input, .. } => assign_columns(input, columns),
        Logical::OneRow
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)
        | Logical::Table(_)
        | Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Join(_)
        | Logical::Aggregate(_)
        | Logical::Window(_) => Vec::new(),
    }
}
