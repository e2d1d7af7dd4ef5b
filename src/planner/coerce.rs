//! What operands are converted to before they are compared: SQLite's rules of affinity, and the rule of
//! moments.
//!
//! A number's column makes a number of a text beside it, a text's column makes a text of a number
//! that has no affinity of its own, literals beside literals stay what they are. A boolean's column
//! reads the words for truth besides.
//!
//! Beside a day or a moment, of whatever expression, everything becomes one ([`Affinity::of`]): the
//! text that an INSERT would take is that moment, however it is written; what is none comes before or
//! behind all of them. So both sides have one type, for which keys are looked up, rows are joined and
//! columns are compared as they are, whether the text is a literal, a parameter or a column.

use super::bind::not_if;
use super::comparison_traits::{OperandAffinity, SaidAffinity};
use super::exact_numbers;
use super::expression::{Affinity, BoundExpression, BoundKind, Comparison, DayRounding};
use crate::types::{DataType, Date, Decimal, Literal, Timestamp, Value, whole_number};
use std::sync::Arc;

/// Compares two operands as SQLite would.
pub(super) fn compare(
    comparison: Comparison,
    left: BoundExpression,
    right: BoundExpression,
) -> BoundExpression {
    let (left, right) = operands(comparison, left, right);
    let kind = BoundKind::Compare(comparison, Box::new(left), Box::new(right));
    BoundExpression::new(kind, DataType::Boolean)
}

/// Two operands of which the smaller is looked for; both are moments where one is, as a day is none
/// that a moment of it would be before and behind.
pub(super) fn ordered_operands(
    left: BoundExpression,
    right: BoundExpression,
) -> (BoundExpression, BoundExpression) {
    let is_date = |operand: &BoundExpression| operand.data_type == DataType::Date;
    if is_date(&left) != is_date(&right) {
        let moment = |operand| converted(Affinity::Timestamp, operand);
        return (moment(left), moment(right));
    }
    operands(Comparison::Less, left, right)
}

/// An expression that compares one operand several times and computes it once: `value` is behind
/// it unless repeating it costs nothing.
pub(super) fn computed_once(
    value: BoundExpression,
    body: impl FnOnce(BoundExpression) -> BoundExpression,
) -> BoundExpression {
    let costs_nothing = matches!(
        value.kind,
        BoundKind::Column(_)
            | BoundKind::Literal(_)
            | BoundKind::Parameter { .. }
            | BoundKind::Number(_)
            | BoundKind::ExactParameter(_)
    );
    if costs_nothing {
        return body(value);
    }
    let bound = BoundExpression::new(BoundKind::Bound, value.data_type).with_traits(value.traits);
    let body = body(bound);
    let data_type = body.data_type;
    let kind = BoundKind::Let { value: Box::new(value), body: Box::new(body) };
    BoundExpression::new(kind, data_type)
}

/// Two operands as they are compared with each other.
pub(super) fn operands(
    comparison: Comparison,
    left: BoundExpression,
    right: BoundExpression,
) -> (BoundExpression, BoundExpression) {
    if left.data_type.is_moment() || right.data_type.is_moment() {
        return moments(comparison, left, right);
    }
    let (pull_left, pull_right) = (left.traits.affinity.pull(), right.traits.affinity.pull());
    let collation = left.traits.collation.beside(right.traits.collation);
    let right = exact_numbers::compared(right, left.data_type);
    let left = exact_numbers::compared(left, right.data_type);
    let left = settled(convert(left, pull_left, pull_right), pull_right);
    let right = settled(convert(right, pull_right, pull_left), pull_left);
    (left.collation_key(collation), right.collation_key(collation))
}

/// Two operands of which one is a day or a moment, as they are compared with each other.
fn moments(
    comparison: Comparison,
    left: BoundExpression,
    right: BoundExpression,
) -> (BoundExpression, BoundExpression) {
    let day = |comparison| Affinity::Date(DayRounding::beside(comparison));
    match (left.data_type, right.data_type) {
        (a, b) if a == b => (left, right),
        (DataType::Timestamp, _) => (left, converted(Affinity::Timestamp, right)),
        (_, DataType::Timestamp) => (converted(Affinity::Timestamp, left), right),
        (DataType::Date, _) => (left, converted(day(comparison), right)),
        // The other side is the day.
        (_, _) => (converted(day(comparison.flipped()), left), right),
    }
}

/// `operand IN (list)`: each item is compared as if it had no affinity of its own.
pub(super) fn in_list(
    operand: BoundExpression,
    list: Vec<BoundExpression>,
    negated: bool,
) -> BoundExpression {
    let pulling = operand.traits.affinity.pull();
    let is_one = operand.data_type.is_moment();
    let item = |item: BoundExpression| {
        if is_one && operand.data_type == item.data_type {
            item
        } else if operand.data_type == DataType::Date {
            converted(Affinity::Date(DayRounding::Exact), item)
        } else if operand.data_type == DataType::Timestamp {
            converted(Affinity::Timestamp, item)
        } else {
            let item = exact_numbers::compared(item, operand.data_type);
            convert(item, OperandAffinity::None, pulling)
        }
    };
    let is_day = |item: &BoundExpression| item.data_type.is_moment() && !is_one;
    // Mostly there are none: a long list is not copied to find that out.
    let (days, list) = match list.iter().any(is_day) {
        true => list.into_iter().partition(is_day),
        false => (Vec::new(), list),
    };
    let list = list.into_iter().map(item).collect();
    if days.is_empty() {
        return among(operand, list, negated);
    }
    // Beside each of those that are moments the operand is one, too.
    computed_once(operand, |operand| {
        let compared = |day| compare(Comparison::Equal, operand.clone(), day);
        let equal = days.into_iter().map(compared);
        let equal: Vec<_> = equal.chain([among(operand.clone(), list, false)]).collect();
        let found = BoundExpression::any_of(equal).expect("there is one at least");
        not_if(negated, found)
    })
}

/// `operand IN (list)` of items that compare as they are.
fn among(operand: BoundExpression, list: Vec<BoundExpression>, negated: bool) -> BoundExpression {
    let is_decimal = |t: &DataType| matches!(t, DataType::Decimal { .. });
    let with = list.iter().map(|item| item.data_type).find(is_decimal);
    let operand = exact_numbers::compared(operand, with.unwrap_or(DataType::Any));
    let operand = settled(operand, OperandAffinity::None);
    let collation = operand.traits.collation.collation();
    let operand = operand.collation_key(collation);
    let list = list.into_iter().map(|item| item.collation_key(collation)).collect();
    let kind = BoundKind::InList { operand: Box::new(operand), list: Arc::new(list), negated };
    BoundExpression::new(kind, DataType::Boolean)
}

/// The operand as it is compared with one that pulls.
fn convert(
    operand: BoundExpression,
    own: OperandAffinity,
    pulling: OperandAffinity,
) -> BoundExpression {
    let apply = match pulling {
        // What a column of numbers holds is one, or will never be.
        OperandAffinity::Number | OperandAffinity::Decimal
            if matches!(own, OperandAffinity::Number | OperandAffinity::Decimal) =>
        {
            None
        }
        OperandAffinity::Number => (!operand.data_type.is_number()).then_some(Affinity::Numeric),
        OperandAffinity::Decimal => (!operand.data_type.is_number()).then_some(Affinity::Decimal),
        OperandAffinity::Truth => (!operand.data_type.is_number()).then_some(Affinity::Boolean),
        OperandAffinity::Text => {
            let loose = own == OperandAffinity::None && operand.data_type != DataType::Text;
            loose.then_some(Affinity::Text)
        }
        OperandAffinity::Whatever | OperandAffinity::None | OperandAffinity::Said(_) => None,
    };
    match apply {
        None => operand,
        Some(affinity) => converted(affinity, operand),
    }
}

/// The operand as its own affinity makes it beside another, where it is not that yet. Beside numbers
/// everything is made one, and texts beside texts stay what they are.
fn settled(operand: BoundExpression, beside: OperandAffinity) -> BoundExpression {
    let OperandAffinity::Said(own) = operand.traits.affinity else { return operand };
    let apply = match (own, beside) {
        (SaidAffinity::Text, OperandAffinity::None) => Some(Affinity::Text),
        (SaidAffinity::Number, _) | (_, OperandAffinity::Number) => Some(Affinity::Numeric),
        (SaidAffinity::Decimal, _) | (_, OperandAffinity::Decimal) => Some(Affinity::Decimal),
        (SaidAffinity::Truth, _) | (_, OperandAffinity::Truth) => Some(Affinity::Boolean),
        (
            SaidAffinity::Text,
            OperandAffinity::Text | OperandAffinity::Whatever | OperandAffinity::Said(_),
        ) => None,
    };
    match apply {
        None => operand,
        Some(affinity) => converted(affinity, operand),
    }
}

fn may_be_blob(data_type: DataType) -> bool {
    matches!(data_type, DataType::Blob | DataType::Any | DataType::Flexible(_))
}

/// The operand as an affinity makes it, at once where it is a literal.
fn converted(affinity: Affinity, operand: BoundExpression) -> BoundExpression {
    let data_type = match affinity {
        Affinity::Numeric | Affinity::Decimal | Affinity::Boolean => DataType::Any,
        Affinity::Date(_) => DataType::Date,
        Affinity::Timestamp => DataType::Timestamp,
        // A blob stays one.
        Affinity::Text if may_be_blob(operand.data_type) => DataType::Any,
        Affinity::Text => DataType::Text,
    };
    if let BoundKind::Literal(literal) | BoundKind::Number(Literal { value: literal, .. }) =
        &operand.kind
    {
        let value = affinity.of(literal.clone());
        if value.is_null() {
            return BoundExpression::literal(value, data_type);
        }
        // What is no moment is better shown as it was written.
        if !value.is_beside_all_moments() {
            return BoundExpression::of(value);
        }
    }
    BoundExpression::new(BoundKind::Affinity(affinity, Box::new(operand)), data_type)
}

impl DayRounding {
    /// What becomes of a moment on the right side of a comparison with a day. A day is before noon of
    /// a day where it is before the next one, and behind it where it is behind that one.
    fn beside(comparison: Comparison) -> DayRounding {
        match comparison {
            Comparison::Equal | Comparison::NotEqual | Comparison::Is | Comparison::IsNot => {
                DayRounding::Exact
            }
            Comparison::Less | Comparison::GreaterEqual => DayRounding::Up,
            Comparison::LessEqual | Comparison::Greater => DayRounding::Down,
        }
    }

    /// The day for a moment.
    fn of(self, at: Timestamp) -> Date {
        let day = at.date();
        match self {
            _ if at == Timestamp::BEFORE_ALL => Date::BEFORE_ALL,
            _ if at == Timestamp::BEHIND_ALL => Date::BEHIND_ALL,
            _ if day.midnight() == at => day,
            DayRounding::Exact => Date::BEHIND_ALL,
            DayRounding::Down => day,
            DayRounding::Up => Date(day.0.saturating_add(1)),
        }
    }
}

/// The moment that a value is beside one. Numbers come before all and blobs behind all, as they do
/// beside texts; a text that is no moment comes behind all.
fn moment(value: &Value) -> Timestamp {
    match value {
        Value::Timestamp(at) => *at,
        Value::Date(day) => day.midnight(),
        Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
            Timestamp::BEFORE_ALL
        }
        Value::Text(_) => match DataType::Timestamp.accept(value.clone()) {
            Ok(Value::Timestamp(at)) => at,
            _ => Timestamp::BEHIND_ALL,
        },
        Value::Null | Value::Json(_) | Value::Blob(_) => Timestamp::BEHIND_ALL,
    }
}

impl Affinity {
    /// What the affinity makes of a value.
    pub fn of(self, value: Value) -> Value {
        match (self, &value) {
            (_, Value::Null) => value,
            (Affinity::Boolean, Value::Text(_)) => DataType::Boolean
                .accept(value.clone())
                .unwrap_or_else(|_| Affinity::Numeric.of(value)),
            (Affinity::Numeric, Value::Text(text)) => whole_number(text).unwrap_or(value),
            (Affinity::Decimal, Value::Text(text)) => match Decimal::parse_leading(text) {
                Some(decimal) => Value::Decimal(decimal),
                None => whole_number(text).unwrap_or(value),
            },
            (
                Affinity::Text,
                Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_),
            ) => Value::text(value.to_text()),
            (Affinity::Date(to_day), _) => Value::Date(to_day.of(moment(&value))),
            (Affinity::Timestamp, _) => Value::Timestamp(moment(&value)),
            (Affinity::Numeric | Affinity::Decimal | Affinity::Text | Affinity::Boolean, _) => {
                value
            }
        }
    }
}
