//! Expressions by names.

use super::super::ParameterName;
use super::{
    ExpressionList, Identifier, ObjectName, OrderItem, Over, Query, RaiseAction, TypeName,
};
use crate::types::{DataType, Literal, Span, with_stack};
use std::fmt;
use std::sync::Arc;

/// An expression and its place.
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

// Expressions are handed on by value while they are read.
const _: () = assert!(size_of::<Expression>() <= 72);

/// Expressions are equal if they say the same, wherever they stand.
impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        with_stack(|| self.kind == other.kind)
    }
}

impl Clone for Expression {
    fn clone(&self) -> Expression {
        with_stack(|| Expression { kind: self.kind.clone(), span: self.span })
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Expression");
        with_stack(|| shown.field("kind", &self.kind).field("span", &self.span).finish())
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// A constant. TRUE and FALSE are booleans; an integer beyond 64 bits is a real.
    Literal(Literal),
    /// `DATE 'text'` or `TIMESTAMP 'text'`, whether or not the text is one.
    Moment {
        /// DATE or TIMESTAMP.
        data_type: DataType,
        /// The text.
        text: Arc<str>,
    },
    /// A constant that is given each time the statement runs, of one type.
    Parameter {
        /// Which of the statement's parameters, from 0.
        index: usize,
        /// The type of its values.
        data_type: DataType,
        /// Their type beside a DECIMAL, of numbers that are no INTEGER, once it is known how many
        /// digits they have.
        exact: Option<DataType>,
    },
    /// `$name` or `?1` in a statement that was not given its values.
    Variable(ParameterName),
    /// CURRENT_TIMESTAMP and its like: the time of the statement.
    CurrentTime(CurrentTime),
    /// `column` or `table.column`.
    Column {
        /// The table's name or alias.
        table: Option<Box<ObjectName>>,
        /// The column's name.
        column: Identifier,
    },
    /// An operator before its operand.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// What it applies to.
        operand: Box<Expression>,
    },
    /// An operator between two operands. `x ISNULL` and `x IS NULL` are `x IS NULL` here.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// The left operand.
        left: Box<Expression>,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `operand [NOT] BETWEEN low AND high`.
    Between {
        /// What is compared.
        operand: Box<Expression>,
        /// Whether NOT stood there.
        negated: bool,
        /// The lower bound, inclusive.
        low: Box<Expression>,
        /// The upper bound, inclusive.
        high: Box<Expression>,
    },
    /// `operand [NOT] IN (list)`; the list may be empty.
    InList {
        /// What is looked for.
        operand: Box<Expression>,
        /// Whether NOT stood there.
        negated: bool,
        /// Where it is looked for.
        list: ExpressionList,
    },
    /// `(query)`: the first value of its first row, NULL where there is none.
    Subquery(Box<Query>),
    /// `EXISTS (query)`: whether it has a row.
    Exists(Box<Query>),
    /// `operand [NOT] IN (query)`, or the name of a table, which is a query of all it has.
    InQuery {
        /// What is looked for.
        operand: Box<Expression>,
        /// Whether NOT stood there.
        negated: bool,
        /// Where it is looked for: a query of one column.
        query: Box<Query>,
    },
    /// `operand operator ANY (query)`, or ALL: whether a comparison holds for one of the rows, or for
    /// all of them.
    Quantified {
        /// What is compared.
        operand: Box<Expression>,
        /// The comparison.
        operator: BinaryOperator,
        /// For how many of the rows it is to hold.
        quantifier: Quantifier,
        /// What it is compared with.
        query: Box<Query>,
    },
    /// `(value, value, …)`: a row of at least two values, which is compared as a whole.
    Row(Vec<Expression>),
    /// `operand [NOT] LIKE pattern [ESCAPE escape]`, GLOB or REGEXP.
    Match {
        /// LIKE, GLOB or REGEXP.
        kind: MatchKind,
        /// The text.
        operand: Box<Expression>,
        /// Whether NOT stood there.
        negated: bool,
        /// The pattern.
        pattern: Box<Expression>,
        /// The escape character, of LIKE only.
        escape: Option<Box<Expression>>,
    },
    /// `RAISE(IGNORE)`, `RAISE(ABORT, message)`: ends what a trigger does.
    Raise {
        /// How.
        action: RaiseAction,
        /// What is said of it; none of IGNORE.
        message: Option<Box<Expression>>,
    },
    /// `CASE [operand] WHEN … THEN … [ELSE …] END`.
    Case {
        /// What each WHEN is compared with; without it each WHEN is a condition.
        operand: Option<Box<Expression>>,
        /// WHEN and THEN, at least one pair.
        branches: Vec<(Expression, Expression)>,
        /// ELSE.
        otherwise: Option<Box<Expression>>,
    },
    /// `operand COLLATE collation`.
    Collate {
        /// What compares by it.
        operand: Box<Expression>,
        /// The collation's name.
        collation: Box<Identifier>,
    },
    /// `CAST(operand AS type)`.
    Cast {
        /// What is converted.
        operand: Box<Expression>,
        /// The type converted to; without one, a number.
        type_name: Option<Box<TypeName>>,
    },
    /// The call of a function.
    Function(Box<FunctionCall>),
}

impl Expression {
    /// Whether it is true or false whatever it is about: a comparison, or what AND, OR and NOT make.
    pub fn is_condition(&self) -> bool {
        match &self.kind {
            ExpressionKind::Binary { operator, .. } => operator.is_condition(),
            ExpressionKind::Unary { operator, .. } => *operator == UnaryOperator::Not,
            ExpressionKind::Between { .. }
            | ExpressionKind::InList { .. }
            | ExpressionKind::InQuery { .. }
            | ExpressionKind::Exists(_)
            | ExpressionKind::Quantified { .. }
            | ExpressionKind::Match { .. } => true,
            ExpressionKind::Literal(_)
            | ExpressionKind::Parameter { .. }
            | ExpressionKind::Variable(_)
            | ExpressionKind::CurrentTime(_)
            | ExpressionKind::Moment { .. }
            | ExpressionKind::Column { .. }
            | ExpressionKind::Subquery(_)
            | ExpressionKind::Row(_)
            | ExpressionKind::Case { .. }
            | ExpressionKind::Collate { .. }
            | ExpressionKind::Cast { .. }
            | ExpressionKind::Raise { .. }
            | ExpressionKind::Function(_) => false,
        }
    }
}

/// `name([DISTINCT] arguments [ORDER BY …]) [WITHIN GROUP (ORDER BY …)] [FILTER (WHERE filter)]
/// [OVER window]`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    /// The function's name.
    pub name: Identifier,
    /// Whether DISTINCT stood there.
    pub distinct: bool,
    /// The arguments.
    pub arguments: FunctionArguments,
    /// In which order an aggregate takes its rows.
    pub order_by: Vec<OrderItem>,
    /// The values that an ordered-set aggregate is of, and their order; empty of any other call.
    pub within_group: Vec<OrderItem>,
    /// Which rows an aggregate takes.
    pub filter: Option<Expression>,
    /// Which rows it is computed of, for each row anew.
    pub over: Option<Over>,
}

/// The arguments of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionArguments {
    /// `*`, as in `count(*)`.
    Star,
    /// A list, perhaps empty.
    List(Vec<Expression>),
}

/// A word for the time of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurrentTime {
    /// CURRENT_DATE.
    Date,
    /// CURRENT_TIME, a text `HH:MM:SS`.
    Time,
    /// CURRENT_TIMESTAMP.
    Timestamp,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `+`, which changes nothing.
    Plus,
    /// NOT
    Not,
    /// `~`
    BitNot,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// OR
    Or,
    /// AND
    And,
    /// `=` or `==`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// IS, or IS NOT DISTINCT FROM
    Is,
    /// IS NOT, or IS DISTINCT FROM
    IsNot,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `||`
    Concat,
    /// `->`: a part of a JSON document, as JSON.
    Arrow,
    /// `->>`: a part of a JSON document, as a value of SQL.
    LongArrow,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
}

impl BinaryOperator {
    /// Whether it compares its operands: what may stand before ANY and ALL.
    pub fn is_comparison(self) -> bool {
        match self {
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => true,
            BinaryOperator::Or
            | BinaryOperator::And
            | BinaryOperator::Is
            | BinaryOperator::IsNot
            | BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::Concat
            | BinaryOperator::Arrow
            | BinaryOperator::LongArrow
            | BinaryOperator::BitAnd
            | BinaryOperator::BitOr
            | BinaryOperator::ShiftLeft
            | BinaryOperator::ShiftRight => false,
        }
    }

    /// Whether it gives a truth value.
    fn is_condition(self) -> bool {
        let is_of_truth = matches!(self, BinaryOperator::Or | BinaryOperator::And);
        let is_is = matches!(self, BinaryOperator::Is | BinaryOperator::IsNot);
        is_of_truth || is_is || self.is_comparison()
    }
}

/// For how many of a query's rows a comparison is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// ANY, or SOME: for one of them.
    Any,
    /// ALL: for each of them.
    All,
}

/// How a text is matched with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    /// `%` and `_`, ASCII case ignored.
    Like,
    /// `*`, `?` and `[…]`, case counts.
    Glob,
    /// A regular expression that holds anywhere in the text.
    Regexp,
}
