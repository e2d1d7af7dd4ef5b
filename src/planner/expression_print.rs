//! Bound expressions as text, for EXPLAIN.

use super::expression::{Affinity, BoundExpression, BoundKind, SubqueryRole};
use crate::language::ast::Quantifier;
use crate::types::with_stack;
use std::fmt;

impl SubqueryRole {
    /// What EXPLAIN says of it.
    pub(super) fn words(self) -> String {
        match self {
            SubqueryRole::Scalar => "subquery".to_owned(),
            SubqueryRole::Exists => "exists subquery".to_owned(),
            SubqueryRole::Field(column) => format!("column {} of subquery", column + 1),
            SubqueryRole::Contains => "in subquery".to_owned(),
            SubqueryRole::Compares(comparison, Quantifier::Any) => {
                format!("{} any subquery", comparison.symbol())
            }
            SubqueryRole::Compares(comparison, Quantifier::All) => {
                format!("{} all subquery", comparison.symbol())
            }
        }
    }
}

impl Affinity {
    /// What EXPLAIN says of it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Affinity::Numeric => "as number",
            Affinity::Decimal => "as decimal",
            Affinity::Text => "as text",
            Affinity::Boolean => "as boolean",
            Affinity::Date(_) => "as date",
            Affinity::Timestamp => "as timestamp",
        }
    }
}

/// Prints the expression with `#0` for the column at index 0; see [`BoundExpression::display`].
impl fmt::Display for BoundExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &|index| format!("#{index}"))
    }
}

impl BoundExpression {
    /// The expression as text, its columns called by these names.
    pub fn display(&self, names: &[String]) -> String {
        struct NamedColumns<'a>(&'a BoundExpression, &'a [String]);
        impl fmt::Display for NamedColumns<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f, &|index| {
                    self.1.get(index).cloned().unwrap_or_else(|| format!("#{index}"))
                })
            }
        }
        NamedColumns(self, names).to_string()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, name: &dyn Fn(usize) -> String) -> fmt::Result {
        with_stack(|| self.write_kind(f, name))
    }

    fn write_kind(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &dyn Fn(usize) -> String,
    ) -> fmt::Result {
        let infix = |f: &mut fmt::Formatter<'_>, symbol: &str, a: &Self, b: &Self| {
            f.write_str("(")?;
            a.write(f, name)?;
            write!(f, " {symbol} ")?;
            b.write(f, name)?;
            f.write_str(")")
        };
        let call = |f: &mut fmt::Formatter<'_>, function: &str, arguments: &[&Self]| {
            write!(f, "{function}(")?;
            for (at, argument) in arguments.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { ", " })?;
                argument.write(f, name)?;
            }
            f.write_str(")")
        };
        match &self.kind {
            BoundKind::Literal(value) => write!(f, "{value}"),
            BoundKind::Number(literal) => write!(f, "{literal}"),
            BoundKind::Parameter { index, .. } | BoundKind::ExactParameter(index) => {
                write!(f, "?{}", index + 1)
            }
            BoundKind::Column(index) => f.write_str(&name(*index)),
            BoundKind::CurrentTime(word) => write!(f, "{word}"),
            BoundKind::Argument(index) => write!(f, "outer {}", index + 1),
            BoundKind::Subquery(subquery) => call(f, &subquery.title(), &subquery.asked()),
            BoundKind::Aggregate(index) => write!(f, "aggregate {index}"),
            BoundKind::Window(index) => write!(f, "window {index}"),
            BoundKind::Let { value, body } => call(f, "with it = ", &[value, body]),
            BoundKind::Bound => f.write_str("it"),
            BoundKind::Negate(a) => call(f, "-", &[a]),
            BoundKind::BitNot(a) => call(f, "~", &[a]),
            BoundKind::Not(a) => call(f, "NOT ", &[a]),
            BoundKind::Truth(a) => call(f, "truth", &[a]),
            BoundKind::Affinity(affinity, a) => call(f, affinity.words(), &[a]),
            BoundKind::CollationKey(collation, a) => {
                a.write(f, name)?;
                write!(f, " COLLATE {collation}")
            }
            BoundKind::Arithmetic(operator, a, b) => infix(f, operator.symbol(), a, b),
            BoundKind::Compare(operator, a, b) => infix(f, operator.symbol(), a, b),
            BoundKind::CompareRows(operator, pairs) => {
                let (left, right): (Vec<&Self>, Vec<&Self>) =
                    pairs.iter().map(|(left, right)| (left, right)).unzip();
                call(f, "", &left)?;
                call(f, &format!(" {} ", operator.symbol()), &right)
            }
            BoundKind::And(a, b) => infix(f, "AND", a, b),
            BoundKind::Or(a, b) => infix(f, "OR", a, b),
            BoundKind::Concat(a, b) => infix(f, "||", a, b),
            BoundKind::InList { operand, list, negated } => {
                operand.write(f, name)?;
                f.write_str(if *negated { " NOT" } else { "" })?;
                call(f, " IN ", &list.iter().collect::<Vec<_>>())
            }
            BoundKind::Match { kind, operand, pattern, negated, .. } => {
                let not = if *negated { "NOT " } else { "" };
                infix(f, &format!("{not}{kind}"), operand, pattern)
            }
            BoundKind::Case { branches, otherwise } => {
                case(f, name, branches, otherwise.as_deref())
            }
            BoundKind::Cast(a) => {
                f.write_str("CAST(")?;
                a.write(f, name)?;
                write!(f, " AS {})", self.data_type)
            }
            BoundKind::Call(function, arguments) => {
                call(f, function.name(), &arguments.iter().collect::<Vec<_>>())
            }
        }
    }
}

/// Prints `CASE WHEN a THEN b ELSE c END`.
fn case(
    f: &mut fmt::Formatter<'_>,
    name: &dyn Fn(usize) -> String,
    branches: &[(BoundExpression, BoundExpression)],
    otherwise: Option<&BoundExpression>,
) -> fmt::Result {
    f.write_str("CASE")?;
    let parts = branches.iter().flat_map(|(a, b)| [(" WHEN ", a), (" THEN ", b)]);
    for (word, part) in parts.chain(otherwise.map(|otherwise| (" ELSE ", otherwise))) {
        f.write_str(word)?;
        part.write(f, name)?;
    }
    f.write_str(" END")
}
