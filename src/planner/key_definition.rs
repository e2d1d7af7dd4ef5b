//! The definitions of keys that have to be computed, bound: parts and condition as expressions.

use super::Error;
use super::bind::{Binder, truth};
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::functions::{ScalarFunction, Volatility};
use super::scope::Scope;
use crate::language::ast::Expression;
use crate::language::parse_expression;
use crate::types::{DataType, KeySchema, KeySource, Span, TableSchema, Value};

/// A key as expressions over the columns that it is made from, in the order of [`KeySchema::columns`].
#[derive(Clone, Debug)]
pub struct BoundKey {
    /// Its parts.
    pub parts: Vec<BoundExpression>,
    /// Which rows it is about; all where absent.
    pub condition: Option<BoundExpression>,
    /// The types of the columns.
    pub types: Vec<DataType>,
}

/// A table's key as expressions.
///
/// # Errors
/// Those of its definition, which was sound when it was made.
pub fn bound_key(key: &KeySchema, table: &TableSchema) -> Result<BoundKey, Error> {
    let place = |column: usize| key.columns.iter().position(|known| *known == column);
    let placed = |mut expression: BoundExpression| {
        expression.map_columns(&|column| place(column).unwrap_or_default());
        expression
    };
    let mut parts = Vec::new();
    for part in key.parts(table).iter() {
        parts.push(placed(of_source(&part.source, table)?));
    }
    let condition = key.condition.as_deref().map(|text| condition(text, table));
    let condition = condition.transpose()?.map(placed);
    let types = key.columns.iter().map(|column| table.type_of(*column)).collect();
    Ok(BoundKey { parts, condition, types })
}

/// What a part of a key is, over the table's columns.
pub(super) fn of_source(source: &KeySource, table: &TableSchema) -> Result<BoundExpression, Error> {
    match source {
        KeySource::Column(column) => Ok(BoundExpression::column(*column, table.type_of(*column))),
        KeySource::Expression(text) => {
            let expression = parsed(text)?;
            bind(&expression, table)
        }
    }
}

fn parsed(text: &str) -> Result<Expression, Error> {
    parse_expression(text).map_err(|_| {
        let message = format!("the definition \"{text}\" cannot be read");
        Error::new("index-expression", message, Span::default())
    })
}

/// The condition of a key, over the table's columns.
pub(super) fn condition(text: &str, table: &TableSchema) -> Result<BoundExpression, Error> {
    let expression = parsed(text)?;
    Ok(truth(bind(&expression, table)?))
}

/// Binds an expression of an index, which is a function of a row and of nothing else.
///
/// # Errors
/// `index-expression` of what can change while the row stays the same, and those of any expression.
pub(super) fn bind(expression: &Expression, table: &TableSchema) -> Result<BoundExpression, Error> {
    bind_over(&Scope::of_row(table), expression, table)
}

/// The same over a scope of the table, in which its columns may stand with its name.
///
/// # Errors
/// Those of [`bind`].
pub(super) fn bind_over(
    scope: &Scope,
    expression: &Expression,
    table: &TableSchema,
) -> Result<BoundExpression, Error> {
    let bound = Binder::new(scope, "an index").bind(expression)?;
    let refused = |what: &str| {
        let message = format!("{what} cannot stand in an index");
        Error::new("index-expression", message, expression.span)
            .help(Some("an index is made of what the columns of a row say by themselves".into()))
    };
    beyond_row(&bound, table).map_or(Ok(bound), |what| Err(refused(what)))
}

/// What an expression says that the declared columns of a row do not say by themselves.
pub(super) fn beyond_row(
    expression: &BoundExpression,
    table: &TableSchema,
) -> Option<&'static str> {
    let mut is_hidden = false;
    expression.for_each_column(&mut |column| is_hidden |= column >= table.columns.len());
    changing(expression).or_else(|| is_hidden.then_some("a hidden column"))
}

/// What in an expression can change while the row stays the same.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds are looked for, and all others by their operands"
)]
pub(super) fn changing(expression: &BoundExpression) -> Option<&'static str> {
    let mut found = match &expression.kind {
        BoundKind::CurrentTime(_) => Some("the time of a statement"),
        BoundKind::Parameter { .. } | BoundKind::ExactParameter(_) => Some("a parameter"),
        BoundKind::Call(function, arguments) => match function.volatility() {
            Volatility::Volatile => Some("a function that gives another value each time"),
            _ if matches!(function, ScalarFunction::Session(_)) => Some("what a session did"),
            // The calendar knows what time it is only where it is asked for it.
            Volatility::Stable if arguments.is_empty() || arguments.iter().any(says_now) => {
                Some("the time of a statement")
            }
            Volatility::Stable | Volatility::Immutable => None,
        },
        _ => None,
    };
    expression.for_each_operand(|operand| found = found.or_else(|| changing(operand)));
    found
}

fn says_now(argument: &BoundExpression) -> bool {
    argument.as_constant().is_some_and(|value| value.to_text().eq_ignore_ascii_case("now"))
}

/// Whether conditions on a table's rows, whose columns' identities begin at `first`, make a key's
/// condition true: each part of it is one of them, or says that something is no NULL which they compare.
pub(super) fn is_implied(
    key: &KeySchema,
    table: &TableSchema,
    first: usize,
    conditions: &[BoundExpression],
) -> bool {
    let Some(text) = &key.condition else { return true };
    let Ok(mut wanted) = condition(text, table) else { return false };
    wanted.map_columns(&|column| first + column);
    wanted.conjuncts().iter().all(|wanted| makes_true(conditions, wanted))
}

/// Whether conditions make another one true: it is one of them or has an alternative that is, or says
/// that something is no NULL which they compare.
fn makes_true(conditions: &[BoundExpression], wanted: &BoundExpression) -> bool {
    if let BoundKind::Or(a, b) = &wanted.kind
        && (makes_true(conditions, a) || makes_true(conditions, b))
    {
        return true;
    }
    conditions.iter().any(|known| known == wanted || makes_known(known, wanted))
}

/// What has a collation key, which is NULL where the key is.
fn uncollated(operand: &BoundExpression) -> &BoundExpression {
    if let BoundKind::CollationKey(_, inner) = &operand.kind { inner } else { operand }
}

/// Whether a condition cannot be true where `wanted`, an `x IS NOT NULL`, is not.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds are looked for, and all others by their operands"
)]
fn makes_known(condition: &BoundExpression, wanted: &BoundExpression) -> bool {
    let BoundKind::Compare(Comparison::IsNot, tested, null) = &wanted.kind else { return false };
    if null.kind != BoundKind::Literal(Value::Null) {
        return false;
    }
    let is_null = |operand: &BoundExpression| is_null_with(operand, uncollated(tested));
    match &condition.kind {
        BoundKind::Compare(Comparison::Is | Comparison::IsNot, ..) => false,
        BoundKind::Compare(_, a, b) => is_null(a) || is_null(b),
        // Nothing is in a list of nothing, NULL neither.
        BoundKind::InList { operand, list, .. } => !list.is_empty() && is_null(operand),
        BoundKind::Match { operand, .. } | BoundKind::Truth(operand) => is_null(operand),
        BoundKind::Not(operand) => makes_known(operand, wanted),
        _ => false,
    }
}

/// Whether an expression is NULL where `tested` is.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds are looked for, and all others may be something"
)]
fn is_null_with(expression: &BoundExpression, tested: &BoundExpression) -> bool {
    let expression = uncollated(expression);
    let of_operand = match &expression.kind {
        BoundKind::Negate(operand)
        | BoundKind::BitNot(operand)
        | BoundKind::Affinity(_, operand)
        | BoundKind::Cast(operand) => is_null_with(operand, tested),
        BoundKind::Arithmetic(_, a, b) | BoundKind::Concat(a, b) => {
            is_null_with(a, tested) || is_null_with(b, tested)
        }
        _ => false,
    };
    of_operand || expression == tested
}
