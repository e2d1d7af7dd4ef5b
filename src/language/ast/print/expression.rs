//! Expressions as SQL.

use super::super::precedence::{ATOM, COLLATE, COMPARISON, EQUALITY};
use super::super::{
    BinaryOperator, CurrentTime, Expression, ExpressionKind, FunctionArguments, FunctionCall,
    MatchKind, Quantifier, TypeName, UnaryOperator,
};
use super::CommaList;
use crate::types::{Literal, Value, with_stack};
use std::fmt::{self, Display};

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for ExpressionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_stack(|| match self {
            ExpressionKind::Literal(Literal {
                value: value @ (Value::Date(_) | Value::Timestamp(_)),
                ..
            }) => write!(f, "{} {value}", value.data_type()),
            ExpressionKind::Literal(value) => value.fmt(f),
            ExpressionKind::Moment { data_type, text } => {
                write!(f, "{data_type} {}", Value::Text(text.clone()))
            }
            ExpressionKind::Parameter { index, .. } => write!(f, "?{}", index + 1),
            ExpressionKind::Variable(name) => name.fmt(f),
            ExpressionKind::CurrentTime(word) => word.fmt(f),
            ExpressionKind::Column { table: Some(table), column } => write!(f, "{table}.{column}"),
            ExpressionKind::Column { table: None, column } => column.fmt(f),
            ExpressionKind::Unary { operator, operand } => unary(f, *operator, operand),
            ExpressionKind::Binary { operator, left, right } => {
                operand(f, left, operator.precedence())?;
                write!(f, " {operator} ")?;
                operand(f, right, operator.precedence() + 1)
            }
            ExpressionKind::Between { operand, negated, low, high } => {
                between(f, operand, *negated, low, high)
            }
            ExpressionKind::InList { operand: left, negated, list } => {
                operand(f, left, EQUALITY)?;
                write!(f, " {}IN ({list})", not(*negated))
            }
            ExpressionKind::InQuery { operand: left, negated, query } => {
                operand(f, left, EQUALITY)?;
                write!(f, " {}IN ({query})", not(*negated))
            }
            ExpressionKind::Subquery(query) => write!(f, "({query})"),
            ExpressionKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExpressionKind::Quantified { operand: left, operator, quantifier, query } => {
                operand(f, left, operator.precedence())?;
                write!(f, " {operator} {quantifier} ({query})")
            }
            ExpressionKind::Row(values) => write!(f, "({})", CommaList(values)),
            ExpressionKind::Match { .. } => matches(f, self),
            ExpressionKind::Case { .. } => case(f, self),
            ExpressionKind::Collate { operand: left, collation } => {
                operand(f, left, COLLATE)?;
                write!(f, " COLLATE {collation}")
            }
            ExpressionKind::Cast { operand, type_name } => {
                write!(f, "CAST({operand} AS")?;
                type_name.iter().try_for_each(|type_name| write!(f, " {type_name}"))?;
                f.write_str(")")
            }
            ExpressionKind::Raise { action, message: None } => write!(f, "RAISE({action})"),
            ExpressionKind::Raise { action, message: Some(message) } => {
                write!(f, "RAISE({action}, {message})")
            }
            ExpressionKind::Function(call) => call.fmt(f),
        })
    }
}

/// Prints an operand, in parentheses if it binds less tightly than `minimum`.
fn operand(f: &mut fmt::Formatter<'_>, operand: &Expression, minimum: u8) -> fmt::Result {
    if operand.kind.precedence() < minimum {
        f.write_str("(")?;
        operand.kind.fmt(f)?;
        f.write_str(")")
    } else {
        operand.kind.fmt(f)
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// A minus directly before a number would become part of it, and before a minus a comment.
fn unary(f: &mut fmt::Formatter<'_>, operator: UnaryOperator, inner: &Expression) -> fmt::Result {
    operator.fmt(f)?;
    let mut minimum = operator.precedence();
    if operator == UnaryOperator::Minus {
        let is_minus =
            matches!(inner.kind, ExpressionKind::Unary { operator: UnaryOperator::Minus, .. });
        if is_minus || inner.kind.is_number(true) {
            f.write_str(" ")?;
        } else if inner.kind.is_number(false) {
            minimum = ATOM + 1;
        }
    }
    operand(f, inner, minimum)
}

fn between(
    f: &mut fmt::Formatter<'_>,
    left: &Expression,
    negated: bool,
    low: &Expression,
    high: &Expression,
) -> fmt::Result {
    operand(f, left, EQUALITY)?;
    write!(f, " {}BETWEEN ", not(negated))?;
    operand(f, low, COMPARISON)?;
    f.write_str(" AND ")?;
    operand(f, high, COMPARISON)
}

fn matches(f: &mut fmt::Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    let ExpressionKind::Match { kind, operand: left, negated, pattern, escape } = kind else {
        return Err(fmt::Error);
    };
    operand(f, left, EQUALITY)?;
    write!(f, " {}{kind} ", not(*negated))?;
    operand(f, pattern, COMPARISON)?;
    if let Some(escape) = escape {
        f.write_str(" ESCAPE ")?;
        operand(f, escape, COMPARISON)?;
    }
    Ok(())
}

fn case(f: &mut fmt::Formatter<'_>, kind: &ExpressionKind) -> fmt::Result {
    let ExpressionKind::Case { operand, branches, otherwise } = kind else {
        return Err(fmt::Error);
    };
    f.write_str("CASE")?;
    if let Some(operand) = operand {
        write!(f, " {operand}")?;
    }
    for (when, then) in branches {
        write!(f, " WHEN {when} THEN {then}")?;
    }
    super::part(f, "ELSE", otherwise.as_ref())?;
    f.write_str(" END")
}

impl fmt::Display for FunctionCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FunctionCall { name, distinct, arguments, order_by, within_group, filter, over } = self;
        let distinct = if *distinct { "DISTINCT " } else { "" };
        match arguments {
            FunctionArguments::Star => write!(f, "{name}({distinct}*")?,
            FunctionArguments::List(list) => write!(f, "{name}({distinct}{}", CommaList(list))?,
        }
        if !order_by.is_empty() {
            write!(f, " ORDER BY {}", CommaList(order_by))?;
        }
        f.write_str(")")?;
        if !within_group.is_empty() {
            write!(f, " WITHIN GROUP (ORDER BY {})", CommaList(within_group))?;
        }
        if let Some(filter) = filter {
            write!(f, " FILTER (WHERE {filter})")?;
        }
        super::part(f, "OVER", over.as_ref())
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.arguments.is_empty() {
            write!(f, "({})", CommaList(&self.arguments))?;
        }
        if !self.behind.is_empty() {
            write!(f, " {}", self.behind)?;
        }
        Ok(())
    }
}

impl fmt::Display for CurrentTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CurrentTime::Date => "CURRENT_DATE",
            CurrentTime::Time => "CURRENT_TIME",
            CurrentTime::Timestamp => "CURRENT_TIMESTAMP",
        })
    }
}

/// Prints the operator with the space that it needs behind it.
impl fmt::Display for UnaryOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::Not => "NOT ",
            UnaryOperator::BitNot => "~",
        })
    }
}

impl fmt::Display for BinaryOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BinaryOperator::Or => "OR",
            BinaryOperator::And => "AND",
            BinaryOperator::Equal => "=",
            BinaryOperator::NotEqual => "<>",
            BinaryOperator::Less => "<",
            BinaryOperator::LessEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterEqual => ">=",
            BinaryOperator::Is => "IS",
            BinaryOperator::IsNot => "IS NOT",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::Concat => "||",
            BinaryOperator::Arrow => "->",
            BinaryOperator::LongArrow => "->>",
            BinaryOperator::BitAnd => "&",
            BinaryOperator::BitOr => "|",
            BinaryOperator::ShiftLeft => "<<",
            BinaryOperator::ShiftRight => ">>",
        })
    }
}

impl fmt::Display for Quantifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Quantifier::Any => "ANY",
            Quantifier::All => "ALL",
        })
    }
}

impl fmt::Display for MatchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MatchKind::Like => "LIKE",
            MatchKind::Glob => "GLOB",
            MatchKind::Regexp => "REGEXP",
        })
    }
}
