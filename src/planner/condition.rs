//! Conditions: equalities, and chains of AND and OR, taken apart and put together.

use super::expression::{BoundExpression, BoundKind, Comparison};
use crate::types::DataType;

/// The two sides of an AND or OR.
type ChainLink = (Box<BoundExpression>, Box<BoundExpression>);

impl BoundExpression {
    /// `a = b` of operands that compare as they are.
    pub fn equal(a: BoundExpression, b: BoundExpression) -> BoundExpression {
        let kind = BoundKind::Compare(Comparison::Equal, Box::new(a), Box::new(b));
        BoundExpression::new(kind, DataType::Boolean)
    }

    /// Splits `a AND b AND c` into its parts.
    pub fn conjuncts(self) -> Vec<BoundExpression> {
        self.links(|kind| if let BoundKind::And(a, b) = kind { Ok((a, b)) } else { Err(kind) })
    }

    /// The parts that OR joins.
    pub fn disjuncts(self) -> Vec<BoundExpression> {
        self.links(|kind| if let BoundKind::Or(a, b) = kind { Ok((a, b)) } else { Err(kind) })
    }

    /// The parts of a chain in order, of which `split` gives the two sides of a link.
    fn links(self, split: fn(BoundKind) -> Result<ChainLink, BoundKind>) -> Vec<BoundExpression> {
        let (mut parts, mut behind) = (Vec::new(), Vec::new());
        let mut next = Some(self);
        while let Some(BoundExpression { kind, data_type, traits, place, parts: known }) = next {
            next = match split(kind) {
                Ok((a, b)) => {
                    behind.push(*b);
                    Some(*a)
                }
                Err(kind) => {
                    parts.push(BoundExpression { kind, data_type, traits, place, parts: known });
                    behind.pop()
                }
            };
        }
        parts
    }

    /// Joins parts with OR; `None` if there are none.
    pub fn any_of(parts: impl IntoIterator<Item = BoundExpression>) -> Option<BoundExpression> {
        parts.into_iter().reduce(|a, b| {
            BoundExpression::new(BoundKind::Or(Box::new(a), Box::new(b)), DataType::Boolean)
        })
    }

    /// Joins parts with AND; `None` if there are none.
    pub fn all_of(parts: impl IntoIterator<Item = BoundExpression>) -> Option<BoundExpression> {
        parts.into_iter().reduce(|a, b| {
            BoundExpression::new(BoundKind::And(Box::new(a), Box::new(b)), DataType::Boolean)
        })
    }
}
