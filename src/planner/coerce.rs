//! What operands are converted to before they are compared: SQLite's rules of affinity.
//!
//! A number's column makes a number of a text beside it, a text's column makes a text of a number
//! that has no affinity of its own, literals beside literals stay what they are. A date's column
//! meets a literal that is a whole date as a date; beside any other text a date counts as its text,
//! so that `day >= '2009'` and `day LIKE '2009-%'` mean what they mean in SQLite.

use super::exact;
use super::expression::{Affinity, BoundExpression, BoundKind, Comparison};
use crate::types::{DataType, Date, Decimal, Timestamp, Value, whole_number};

/// Which side an operand pulls the other to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pull {
    Number,
    Decimal,
    Text,
    Time,
    /// A column that takes whatever comes: it pulls nothing and is not pulled to a text.
    Whatever,
    None,
}

fn pull(expression: &BoundExpression) -> Pull {
    if !matches!(expression.kind, BoundKind::Column(_) | BoundKind::Cast(_)) {
        return Pull::None;
    }
    match expression.data_type {
        DataType::Text | DataType::Json => Pull::Text,
        DataType::Date | DataType::Timestamp => Pull::Time,
        DataType::Blob | DataType::Any => Pull::Whatever,
        DataType::Decimal { .. } => Pull::Decimal,
        DataType::Integer | DataType::Real | DataType::Numeric | DataType::Boolean => Pull::Number,
    }
}

/// Compares two operands as SQLite would.
pub(super) fn compare(
    comparison: Comparison,
    left: BoundExpression,
    right: BoundExpression,
) -> BoundExpression {
    let pull = pull(&left);
    compare_pulled(comparison, left, pull, right)
}

/// The left side of comparisons, and where it pulls their right sides to.
pub(super) struct Operand {
    expression: BoundExpression,
    pull: Pull,
}

impl Operand {
    /// Compares it as SQLite would.
    pub fn compare(&self, comparison: Comparison, right: BoundExpression) -> BoundExpression {
        compare_pulled(comparison, self.expression.clone(), self.pull, right)
    }
}

/// An expression that compares one operand several times and computes it once: `value` is behind
/// it unless repeating it costs nothing.
pub(super) fn computed_once(
    value: BoundExpression,
    body: impl FnOnce(&Operand) -> BoundExpression,
) -> BoundExpression {
    let pull = pull(&value);
    let costs_nothing = matches!(
        value.kind,
        BoundKind::Column(_)
            | BoundKind::Literal(_)
            | BoundKind::Parameter { .. }
            | BoundKind::Number(_)
            | BoundKind::ExactParameter(_)
    );
    if costs_nothing {
        return body(&Operand { expression: value, pull });
    }
    let data_type = value.data_type;
    let expression = BoundExpression { kind: BoundKind::Bound, data_type };
    let body = body(&Operand { expression, pull });
    BoundExpression {
        data_type: body.data_type,
        kind: BoundKind::Let { value: Box::new(value), body: Box::new(body) },
    }
}

fn compare_pulled(
    comparison: Comparison,
    left: BoundExpression,
    pull_left: Pull,
    right: BoundExpression,
) -> BoundExpression {
    let pull_right = pull(&right);
    let right = exact::compared(right, left.data_type);
    let left = exact::compared(left, right.data_type);
    let left = convert(left, pull_left, pull_right);
    let right = convert(right, pull_right, pull_left);
    BoundExpression {
        kind: BoundKind::Compare(comparison, Box::new(left), Box::new(right)),
        data_type: DataType::Boolean,
    }
}

/// `operand IN (list)`: each item is compared as if it had no affinity of its own.
pub(super) fn in_list(
    operand: BoundExpression,
    list: Vec<BoundExpression>,
    negated: bool,
) -> BoundExpression {
    let pulling = pull(&operand);
    let item = |item| convert(exact::compared(item, operand.data_type), Pull::None, pulling);
    let list: Vec<BoundExpression> = list.into_iter().map(item).collect();
    let with =
        list.iter().map(|item| item.data_type).find(|t| matches!(t, DataType::Decimal { .. }));
    let operand = exact::compared(operand, with.unwrap_or(DataType::Any));
    BoundExpression {
        kind: BoundKind::InList { operand: Box::new(operand), list, negated },
        data_type: DataType::Boolean,
    }
}

/// The operand as it is compared with one that pulls.
fn convert(operand: BoundExpression, own: Pull, pulling: Pull) -> BoundExpression {
    let apply = match pulling {
        Pull::Number => (!operand.data_type.is_number()).then_some(Affinity::Numeric),
        Pull::Decimal => (!operand.data_type.is_number()).then_some(Affinity::Decimal),
        Pull::Text => {
            let loose = own == Pull::None && operand.data_type != DataType::Text;
            loose.then_some(Affinity::Text)
        }
        Pull::Time => return time(operand),
        Pull::Whatever | Pull::None => None,
    };
    match (apply, &operand.kind) {
        (None, _) => operand,
        (Some(affinity), BoundKind::Literal(value)) => {
            BoundExpression::of(affinity.of(value.clone()))
        }
        (Some(affinity), BoundKind::Number(number)) => {
            BoundExpression::of(affinity.of(number.value.clone()))
        }
        (Some(affinity), _) => BoundExpression {
            data_type: match affinity {
                Affinity::Numeric | Affinity::Decimal => DataType::Any,
                Affinity::Text => match operand.data_type {
                    DataType::Blob | DataType::Any => DataType::Any,
                    _ => DataType::Text,
                },
            },
            kind: BoundKind::Affinity(affinity, Box::new(operand)),
        },
    }
}

/// A literal that is a whole day or moment as that; anything else as it is.
fn time(operand: BoundExpression) -> BoundExpression {
    let BoundKind::Literal(Value::Text(text)) = &operand.kind else { return operand };
    // Only the canonical text: another spelling of the same moment is another text to SQLite.
    let day = Date::parse(text).map(Value::Date);
    let moment = Timestamp::parse(text).map(Value::Timestamp);
    match moment.or(day).filter(|time| *time.to_text() == **text) {
        Some(time) => BoundExpression::of(time),
        None => operand,
    }
}

impl Affinity {
    /// What the affinity makes of a value.
    pub fn of(self, value: Value) -> Value {
        match (self, &value) {
            (Affinity::Numeric, Value::Text(text)) => whole_number(text).unwrap_or(value),
            (Affinity::Decimal, Value::Text(text)) => match Decimal::parse_leading(text) {
                Some(decimal) => Value::Decimal(decimal),
                None => whole_number(text).unwrap_or(value),
            },
            (
                Affinity::Text,
                Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_),
            ) => Value::text(value.to_text()),
            _ => value,
        }
    }
}
