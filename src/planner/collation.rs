//! COLLATE, and what texts become so that they compare by a collation.
//!
//! Nothing below the binder knows how a collation compares: where it is not BINARY, an expression's
//! [key](BoundKind::CollationKey) is compared, joined, grouped or sorted in its place, and what comes
//! out is the expression.

use super::Error;
use super::comparison_traits::CollationDerivation;
use super::expression::{BoundExpression, BoundKind};
use super::functions::AggregateFunction;
use super::suggest::suggest;
use crate::language::ast::{Expression, ExpressionKind, Identifier};
use crate::types::{Collation, DataType, Literal};

/// The collation of a name.
///
/// # Errors
/// `unknown-collation`.
pub(super) fn named(name: &Identifier) -> Result<Collation, Error> {
    Collation::from_name(&name.name).ok_or_else(|| {
        let names = Collation::ALL.map(Collation::name);
        let message = format!("no collation \"{}\"", name.name);
        let help = suggest(&name.name, names)
            .unwrap_or_else(|| format!("the collations are {}", names.join(", ")));
        Error::new("unknown-collation", message, name.span).help(Some(help))
    })
}

/// An expression without the COLLATE behind it, and that; the last of several counts.
///
/// # Errors
/// `unknown-collation`.
pub(super) fn behind(
    mut expression: &Expression,
) -> Result<(&Expression, Option<Collation>), Error> {
    let mut said = None;
    while let ExpressionKind::Collate { operand, collation } = &expression.kind {
        let collation = named(collation)?;
        said = said.or(Some(collation));
        expression = operand;
    }
    Ok((expression, said))
}

/// An expression that compares by a collation, if one is said.
pub(super) fn collated(
    mut expression: BoundExpression,
    said: Option<Collation>,
) -> BoundExpression {
    if let Some(collation) = said {
        expression.traits.collation = CollationDerivation::Explicit(collation);
    }
    expression
}

/// What an expression compares as, which stands by itself: in ORDER BY, GROUP BY, DISTINCT.
pub(super) fn comparable(expression: BoundExpression) -> BoundExpression {
    let collation = expression.traits.collation.collation();
    expression.collation_key(collation)
}

impl BoundExpression {
    /// What the expression compares as by a collation.
    pub fn collation_key(self, collation: Collation) -> BoundExpression {
        if collation.is_binary() || !may_be_text(self.data_type) {
            return self;
        }
        let (data_type, traits) = (self.data_type, self.traits);
        if let BoundKind::Literal(value) | BoundKind::Number(Literal { value, .. }) = &self.kind {
            let key = collation.key_of(value.clone());
            if key == *value {
                return self;
            }
            return BoundExpression::literal(key, data_type).with_traits(traits);
        }
        let data_type = if data_type == DataType::Json { DataType::Text } else { data_type };
        let kind = BoundKind::CollationKey(collation, Box::new(self));
        BoundExpression::new(kind, data_type).with_traits(traits)
    }
}

/// How a function compares that chooses one of its arguments: as the first of them that has a collation.
pub(super) fn of_choice(arguments: &[BoundExpression]) -> Collation {
    let derivations = arguments.iter().map(|argument| argument.traits.collation);
    let mut known = derivations.filter(|known| *known != CollationDerivation::None);
    let collation = known.next().unwrap_or_default().collation();
    let may_be_text = arguments.iter().any(|argument| may_be_text(argument.data_type));
    if may_be_text { collation } else { Collation::Binary }
}

/// The COLLATE that stands in the first argument that has one.
pub(super) fn said_by(arguments: &[BoundExpression]) -> CollationDerivation {
    let mut said = arguments.iter().map(|argument| argument.traits.collation);
    said.find(|said| matches!(said, CollationDerivation::Explicit(_))).unwrap_or_default()
}

/// How an aggregate compares the texts of its first argument; as they are where it does not.
pub(super) fn of_aggregate(
    function: AggregateFunction,
    distinct: bool,
    arguments: &[BoundExpression],
) -> Collation {
    let is_extreme = matches!(function, AggregateFunction::Min | AggregateFunction::Max);
    match arguments.first() {
        Some(first) if (distinct || is_extreme) && may_be_text(first.data_type) => {
            first.traits.collation.collation()
        }
        Some(_) | None => Collation::Binary,
    }
}

/// Whether a value of this type can be a text with another key than itself.
pub(super) fn may_be_text(data_type: DataType) -> bool {
    match data_type {
        DataType::Text | DataType::Json | DataType::Any | DataType::Flexible(_) => true,
        DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp
        | DataType::Blob => false,
    }
}
