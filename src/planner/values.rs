//! The rows of VALUES in a plan: constants stay where the statement has them.

use super::exact_numbers;
use super::expression::BoundExpression;
use crate::language::ast::{ListItem, ValueRows};
use crate::types::{DataType, Literal, Value};
use std::sync::Arc;

/// Rows of constant expressions, of which most are constants: those are the statement's own, and only
/// what is more than that was bound.
#[derive(Clone, Debug, Default)]
pub struct BoundRows {
    /// What the statement says.
    written: Arc<ValueRows>,
    /// How many rows there are.
    length: usize,
    /// What each value of a row goes into.
    targets: Vec<Target>,
    /// What is no constant, in order.
    expressions: Vec<BoundExpression>,
}

/// Where a value of each row goes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The column's type.
    pub data_type: DataType,
    /// Whether a number keeps its digits where the type does not say how exact it has to be.
    pub is_lossless: bool,
    /// What DEFAULT is; `None` where no row says it.
    pub default: Option<BoundExpression>,
}

/// How far somebody has read the values of rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValuePlace {
    /// How many values.
    value: usize,
    /// How many of them were no constants.
    expression: usize,
}

/// One value of a row.
#[derive(Debug)]
pub enum BoundValue<'a> {
    /// A constant.
    Constant(Value),
    /// What is to be computed.
    Expression(&'a BoundExpression),
}

impl Target {
    /// What a constant is for the column.
    pub fn constant(&self, literal: Literal) -> Value {
        if self.is_lossless && self.data_type == DataType::Any {
            return literal.lossless();
        }
        exact_numbers::assigned_constant(literal, self.data_type)
    }
}

impl BoundRows {
    /// Rows that stand in a statement, with what is no constant in them, in order.
    pub(super) fn new(
        written: Arc<ValueRows>,
        targets: Vec<Target>,
        expressions: Vec<BoundExpression>,
    ) -> BoundRows {
        let length = written.len();
        BoundRows { written, length, targets, expressions }
    }

    /// One row without values.
    pub(super) fn empty_row() -> BoundRows {
        let (written, targets, expressions) = (Arc::default(), Vec::new(), Vec::new());
        BoundRows { written, length: 1, targets, expressions }
    }

    /// What EXPLAIN says of them.
    pub(super) fn title(&self) -> String {
        let plural = if self.length == 1 { "" } else { "s" };
        format!("{} row{plural} of values", self.length)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many values each row has.
    pub fn width(&self) -> usize {
        self.targets.len()
    }

    /// The values of all rows, one row behind the other.
    pub fn values(&self) -> impl Iterator<Item = BoundValue<'_>> {
        let mut place = ValuePlace::default();
        self.written.values().iter().map(move |item| self.bound(item, &mut place))
    }

    /// The values from a place on, which goes on with each of them.
    pub fn values_from<'a>(
        &'a self,
        place: &'a mut ValuePlace,
    ) -> impl Iterator<Item = BoundValue<'a>> {
        let rest = self.written.values().iter_from(place.value);
        rest.map(move |item| self.bound(item, place))
    }

    /// What the item at a place is, which becomes the next.
    fn bound(&self, item: ListItem, place: &mut ValuePlace) -> BoundValue<'_> {
        let target = &self.targets[place.value % self.targets.len()];
        place.value += 1;
        match item {
            ListItem::Constant(literal) => BoundValue::Constant(target.constant(literal)),
            ListItem::Default => {
                BoundValue::Expression(target.default.as_ref().expect("what a row says is bound"))
            }
            ListItem::Expression(_) => {
                place.expression += 1;
                BoundValue::Expression(&self.expressions[place.expression - 1])
            }
        }
    }

    /// Whether queries stand in what is no constant.
    pub fn has_queries(&self) -> bool {
        self.expressions().any(BoundExpression::has_subquery)
    }

    /// Everything that is no constant.
    pub fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        let defaults = self.targets.iter().filter_map(|target| target.default.as_ref());
        self.expressions.iter().chain(defaults)
    }

    /// The same to be changed.
    pub(super) fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        let defaults = self.targets.iter_mut().filter_map(|target| target.default.as_mut());
        self.expressions.iter_mut().chain(defaults)
    }
}
