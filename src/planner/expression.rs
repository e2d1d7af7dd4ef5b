//! Expressions by position: names are gone, types are known.

pub use super::bound_operators::{Arithmetic, Comparison};
use super::comparison_traits::{CollationDerivation, ComparisonTraits, OperandAffinity};
use super::expression_parts::ExpressionParts;
use super::functions::ScalarFunction;
use super::logical::Logical;
use super::plan::Plan;
use crate::language::ast::{CurrentTime, MatchKind, Quantifier};
use crate::types::{Collation, CompactSpan, DataType, Literal, Value, with_stack};
use std::fmt;
use std::slice::{Iter, IterMut};
use std::sync::Arc;

/// An expression over the columns of an operator's input, with its static type.
pub struct BoundExpression {
    /// What it is.
    pub kind: BoundKind,
    /// The type of its values.
    pub data_type: DataType,
    /// What counts besides where it is compared. Two expressions that differ in this alone are equal:
    /// they have the same value.
    pub traits: ComparisonTraits,
    /// Where it stands in the statement, if it does; the same is true of this.
    pub place: CompactSpan,
    /// What is among its parts; the same is true of this.
    pub(super) parts: ExpressionParts,
}

impl PartialEq for BoundExpression {
    fn eq(&self, other: &BoundExpression) -> bool {
        self.data_type == other.data_type && with_stack(|| self.kind == other.kind)
    }
}

impl Clone for BoundExpression {
    fn clone(&self) -> BoundExpression {
        with_stack(|| BoundExpression {
            kind: self.kind.clone(),
            data_type: self.data_type,
            traits: self.traits,
            place: self.place,
            parts: self.parts,
        })
    }
}

impl fmt::Debug for BoundExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BoundExpression");
        with_stack(|| shown.field("kind", &self.kind).field("type", &self.data_type).finish())
    }
}

/// What a bound expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundKind {
    /// A constant.
    Literal(Value),
    /// The statement's parameter, a constant while it runs; by itself, if it is a number.
    Parameter {
        /// Which.
        index: usize,
        /// The type of the digits of a number that is no INTEGER, where they are known.
        exact: Option<DataType>,
    },
    /// The digits of such a parameter.
    ExactParameter(usize),
    /// A number that is no INTEGER, by itself: the nearest real.
    Number(Literal),
    /// The input's column at this index.
    Column(usize),
    /// The time of the statement.
    CurrentTime(CurrentTime),
    /// The aggregate at this index; only while a SELECT is being planned.
    Aggregate(usize),
    /// The window function at this index; only while a SELECT is being planned.
    Window(usize),
    /// `-x`
    Negate(Box<BoundExpression>),
    /// `~x`
    BitNot(Box<BoundExpression>),
    /// `NOT x` of a boolean
    Not(Box<BoundExpression>),
    /// Whether a value counts as true: a number other than 0, a text that begins with one.
    Truth(Box<BoundExpression>),
    /// Arithmetic.
    Arithmetic(Arithmetic, Box<BoundExpression>, Box<BoundExpression>),
    /// A comparison of operands that are already converted to what they compare as.
    Compare(Comparison, Box<BoundExpression>, Box<BoundExpression>),
    /// An order of rows of values, which the first pair decides that differs; pair by pair already
    /// converted to what they compare as.
    CompareRows(Comparison, Vec<(BoundExpression, BoundExpression)>),
    /// AND of booleans
    And(Box<BoundExpression>, Box<BoundExpression>),
    /// OR of booleans
    Or(Box<BoundExpression>, Box<BoundExpression>),
    /// `||`
    Concat(Box<BoundExpression>, Box<BoundExpression>),
    /// `operand [NOT] IN (list)`, list items converted to what the operand compares as.
    InList {
        /// What is looked for.
        operand: Box<BoundExpression>,
        /// Where it is looked for; shared, because it may be long, and operators have their own plans.
        list: Arc<Vec<BoundExpression>>,
        /// Whether the answer is turned around.
        negated: bool,
    },
    /// LIKE, GLOB or REGEXP.
    Match {
        /// Which.
        kind: PatternKind,
        /// The text.
        operand: Box<BoundExpression>,
        /// The pattern.
        pattern: Box<BoundExpression>,
        /// The escape character.
        escape: Option<Box<BoundExpression>>,
        /// Whether the answer is turned around.
        negated: bool,
    },
    /// CASE with conditions that are booleans.
    Case {
        /// Condition and result.
        branches: Vec<(BoundExpression, BoundExpression)>,
        /// The result where no condition is true.
        otherwise: Option<Box<BoundExpression>>,
    },
    /// CAST to this expression's type.
    Cast(Box<BoundExpression>),
    /// What SQLite's affinity makes of a value before a comparison.
    Affinity(Affinity, Box<BoundExpression>),
    /// The text that a text compares as by a collation.
    CollationKey(Collation, Box<BoundExpression>),
    /// An expression about a value that is computed once; [`BoundKind::Bound`] in `body`, but in no
    /// other Let there, is that value.
    Let {
        /// What is computed once.
        value: Box<BoundExpression>,
        /// What is said about it.
        body: Box<BoundExpression>,
    },
    /// The value of the Let around it: the last column of the batch that its body sees.
    Bound,
    /// What a query inside of the expression comes to.
    Subquery(Box<BoundSubquery>),
    /// The argument at this index of the subquery that the expression stands in: a column of a query
    /// around it, which is one value as long as the subquery runs.
    Argument(usize),
    /// A scalar function.
    Call(ScalarFunction, Vec<BoundExpression>),
}

/// How a text is matched with a pattern, by what LIKE means in the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// LIKE, ASCII case ignored.
    Like,
    /// LIKE where `case_sensitive_like` is on.
    CaseSensitiveLike,
    /// GLOB.
    Glob,
    /// REGEXP.
    Regexp,
}

impl PatternKind {
    /// The one that an operator is.
    pub(super) fn of(kind: MatchKind, is_case_sensitive: bool) -> PatternKind {
        match kind {
            MatchKind::Like if is_case_sensitive => PatternKind::CaseSensitiveLike,
            MatchKind::Like => PatternKind::Like,
            MatchKind::Glob => PatternKind::Glob,
            MatchKind::Regexp => PatternKind::Regexp,
        }
    }
}

/// Prints the operator.
impl fmt::Display for PatternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PatternKind::Like | PatternKind::CaseSensitiveLike => "LIKE",
            PatternKind::Glob => "GLOB",
            PatternKind::Regexp => "REGEXP",
        })
    }
}

/// A query inside of an expression.
#[derive(Clone, Debug)]
pub struct BoundSubquery {
    /// Its number in the statement, from 1.
    pub number: usize,
    /// What becomes of its rows.
    pub role: SubqueryRole,
    /// What is looked for among its rows, converted to what it compares as: as many as these have.
    pub operands: Vec<BoundExpression>,
    /// The columns of queries around it that it reads.
    pub arguments: Vec<BoundExpression>,
    /// The query, with one column where its rows are not only counted.
    pub plan: Arc<Plan>,
    /// The same before it was rewritten, for a rewrite of the query around it.
    pub(super) source: Arc<SubquerySource>,
}

/// A query inside of an expression as it was bound.
#[derive(Debug)]
pub(super) struct SubquerySource {
    /// Its rows.
    pub logical: Logical,
    /// The columns of its answer.
    pub columns: Vec<BoundExpression>,
}

/// What becomes of the rows of a query inside of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubqueryRole {
    /// The value of the first row, NULL where there is none.
    Scalar,
    /// Whether there is a row.
    Exists,
    /// The value in this column of the first row, NULL where there is none: a part of a row value.
    Field(usize),
    /// Whether one of them is equal to the operands; NULL where only a NULL could be.
    Contains,
    /// Whether the operand compares so with one of them, or with all.
    Compares(Comparison, Quantifier),
}

impl BoundSubquery {
    /// What EXPLAIN calls it.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.role.words(), self.number)
    }

    /// What is asked about it, the operands first.
    pub(super) fn asked(&self) -> Vec<&BoundExpression> {
        self.operands.iter().chain(&self.arguments).collect()
    }

    /// The type of a column of its rows.
    fn value_type(&self, column: usize) -> DataType {
        self.plan.types().get(column).copied().unwrap_or(DataType::Any)
    }

    /// The type of what it comes to.
    pub fn data_type(&self) -> DataType {
        match self.role {
            SubqueryRole::Scalar => self.value_type(0),
            SubqueryRole::Field(column) => self.value_type(column),
            SubqueryRole::Exists | SubqueryRole::Contains | SubqueryRole::Compares(..) => {
                DataType::Boolean
            }
        }
    }
}

/// Subqueries are equal if they are the same one, asked about the same.
impl PartialEq for BoundSubquery {
    fn eq(&self, other: &BoundSubquery) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
            && self.role == other.role
            && self.operands == other.operands
            && self.arguments == other.arguments
    }
}

/// What a comparison makes of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// A text that is a number becomes that number.
    Numeric,
    /// The same with all of its digits, beside a DECIMAL.
    Decimal,
    /// A number becomes its text.
    Text,
    /// A text that is a truth value becomes that, one that is a number becomes that number.
    Boolean,
    /// Everything becomes a day, so that it compares with one as its moment would.
    Date(DayRounding),
    /// Everything becomes a moment.
    Timestamp,
}

/// What becomes of a moment that begins no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayRounding {
    /// It is equal to no day.
    Exact,
    /// The day that it lies in.
    Down,
    /// The day after that.
    Up,
}

/// Visits the direct operands of a kind, borrowed either way: the one list of what has which.
macro_rules! operands {
    ($kind:expr, $visit:ident, $iter:ident, $items:ident) => {
        match $kind {
            BoundKind::Literal(_)
            | BoundKind::Parameter { .. }
            | BoundKind::Number(_)
            | BoundKind::ExactParameter(_)
            | BoundKind::Column(_)
            | BoundKind::CurrentTime(_)
            | BoundKind::Aggregate(_)
            | BoundKind::Window(_)
            | BoundKind::Argument(_)
            | BoundKind::Bound => {}
            BoundKind::CompareRows(_, pairs) => {
                for (a, b) in pairs {
                    $visit(a);
                    $visit(b);
                }
            }
            BoundKind::Subquery(subquery) => {
                subquery.operands.$iter().for_each(|operand| $visit(operand));
                subquery.arguments.$iter().for_each($visit);
            }
            BoundKind::Let { value, body } => {
                $visit(value);
                $visit(body);
            }
            BoundKind::Negate(a)
            | BoundKind::BitNot(a)
            | BoundKind::Not(a)
            | BoundKind::Truth(a)
            | BoundKind::Cast(a)
            | BoundKind::Affinity(_, a)
            | BoundKind::CollationKey(_, a) => $visit(a),
            BoundKind::Arithmetic(_, a, b)
            | BoundKind::Compare(_, a, b)
            | BoundKind::And(a, b)
            | BoundKind::Or(a, b)
            | BoundKind::Concat(a, b) => {
                $visit(a);
                $visit(b);
            }
            BoundKind::InList { operand, list, .. } => {
                $visit(operand);
                $items(list).for_each($visit);
            }
            BoundKind::Match { operand, pattern, escape, .. } => {
                $visit(operand);
                $visit(pattern);
                escape.$iter().for_each(|escape| $visit(escape));
            }
            BoundKind::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    $visit(condition);
                    $visit(result);
                }
                otherwise.$iter().for_each(|otherwise| $visit(otherwise));
            }
            BoundKind::Call(_, arguments) => arguments.$iter().for_each($visit),
        }
    };
}

/// The items of a shared list.
fn shared(list: &Arc<Vec<BoundExpression>>) -> Iter<'_, BoundExpression> {
    list.iter()
}

/// The items of a list to be changed, which is copied if it is shared.
fn owned(list: &mut Arc<Vec<BoundExpression>>) -> IterMut<'_, BoundExpression> {
    Arc::make_mut(list).iter_mut()
}

impl BoundKind {
    /// Calls `visit` on every direct operand.
    pub(super) fn for_each_operand<'a>(&'a self, mut visit: impl FnMut(&'a BoundExpression)) {
        operands!(self, visit, iter, shared);
    }
}

impl BoundExpression {
    /// An expression with no traits but its type, and the collation that its first operand with a COLLATE
    /// says.
    pub fn new(kind: BoundKind, data_type: DataType) -> BoundExpression {
        let mut said = CollationDerivation::None;
        let parts = ExpressionParts::with_visit(&kind, |operand| {
            if let (CollationDerivation::None, explicit @ CollationDerivation::Explicit(_)) =
                (said, operand.traits.collation)
            {
                said = explicit;
            }
        });
        let is_query = matches!(kind, BoundKind::Subquery(_));
        let collation = if is_query { CollationDerivation::None } else { said };
        let traits = ComparisonTraits { collation, ..Default::default() };
        BoundExpression { kind, data_type, traits, place: CompactSpan::default(), parts }
    }

    /// Changes what it is, and knows its parts again.
    pub(super) fn change_kind(&mut self, change: impl FnOnce(&mut BoundKind)) {
        change(&mut self.kind);
        self.parts = ExpressionParts::of(&self.kind);
    }

    /// Makes it one of another kind.
    pub(super) fn become_kind(&mut self, kind: BoundKind) {
        self.change_kind(|known| *known = kind);
    }

    /// What is among its parts.
    pub fn parts(&self) -> ExpressionParts {
        debug_assert_eq!(self.parts, ExpressionParts::of(&self.kind), "a part was changed alone");
        self.parts
    }

    /// Whether a query stands in it.
    pub fn has_subquery(&self) -> bool {
        self.parts().any(ExpressionParts::SUBQUERY)
    }

    /// The same with these traits.
    pub(super) fn with_traits(self, traits: ComparisonTraits) -> BoundExpression {
        BoundExpression { traits, ..self }
    }

    /// A constant of its own type.
    pub fn of(value: Value) -> BoundExpression {
        let data_type = value.data_type();
        BoundExpression::literal(value, data_type)
    }

    /// A constant as it stands in a statement.
    pub fn constant(literal: &Literal) -> BoundExpression {
        match literal.exact {
            None => BoundExpression::of(literal.value.clone()),
            Some(_) => BoundExpression::new(BoundKind::Number(literal.clone()), DataType::Real),
        }
    }

    /// A constant of a type.
    pub fn literal(value: Value, data_type: DataType) -> BoundExpression {
        BoundExpression::new(BoundKind::Literal(value), data_type)
    }

    /// The value of a constant that stands in the statement.
    pub fn as_constant(&self) -> Option<&Value> {
        if let BoundKind::Literal(value) | BoundKind::Number(Literal { value, .. }) = &self.kind {
            return Some(value);
        }
        None
    }

    /// What a query comes to.
    pub(super) fn subquery(subquery: BoundSubquery) -> BoundExpression {
        let data_type = subquery.data_type();
        BoundExpression::new(BoundKind::Subquery(Box::new(subquery)), data_type)
    }

    /// The input's column at `index`.
    pub fn column(index: usize, data_type: DataType) -> BoundExpression {
        BoundExpression::new(BoundKind::Column(index), data_type)
    }

    /// The same value, which pulls nothing that it is compared with.
    pub(super) fn without_affinity(mut self) -> BoundExpression {
        self.traits.affinity = OperandAffinity::None;
        self
    }

    /// Calls `visit` on every direct operand.
    pub fn for_each_operand<'a>(&'a self, mut visit: impl FnMut(&'a BoundExpression)) {
        with_stack(|| operands!(&self.kind, visit, iter, shared));
    }

    /// The same for operands to be changed.
    pub fn for_each_operand_mut(&mut self, mut visit: impl FnMut(&mut BoundExpression)) {
        self.change_kind(|kind| with_stack(|| operands!(kind, visit, iter_mut, owned)));
    }

    /// Calls `visit` with every query inside, those inside of others included.
    pub fn for_each_subquery<'a>(&'a self, visit: &mut dyn FnMut(&'a BoundSubquery)) {
        if !self.has_subquery() {
            return;
        }
        if let BoundKind::Subquery(subquery) = &self.kind {
            visit(subquery);
            let plan = &subquery.plan;
            plan.for_each_expression(&mut |expression| expression.for_each_subquery(visit));
        }
        self.for_each_operand(|operand| with_stack(|| operand.for_each_subquery(visit)));
    }

    /// Whether the value is the same for every row.
    pub fn is_constant(&self) -> bool {
        let of_rows = ExpressionParts::COLUMN
            .or(ExpressionParts::AGGREGATE)
            .or(ExpressionParts::WINDOW)
            .or(ExpressionParts::VOLATILE);
        !self.parts().any(of_rows)
    }

    /// Whether the value is another one each time it is computed.
    pub fn is_volatile(&self) -> bool {
        self.parts().any(ExpressionParts::VOLATILE)
    }

    /// Whether computing it for a row can be an error.
    pub fn may_fail(&self) -> bool {
        self.parts().any(ExpressionParts::FALLIBLE)
    }

    /// Calls `visit` with the index of every column it reads.
    pub fn for_each_column(&self, visit: &mut impl FnMut(usize)) {
        if let BoundKind::Column(index) = &self.kind {
            visit(*index);
        } else if self.reads_column() {
            self.for_each_operand(|operand| operand.for_each_column(visit));
        }
    }

    /// Whether it reads a column, and only such.
    pub(super) fn reads_only(&self, is_such: impl Fn(usize) -> bool) -> bool {
        let (mut all, mut any) = (true, false);
        self.for_each_column(&mut |column| {
            any = true;
            all = all && is_such(column);
        });
        all && any
    }

    /// Replaces the index of every column it reads.
    pub fn map_columns(&mut self, map: &impl Fn(usize) -> usize) {
        if let BoundKind::Column(index) = &mut self.kind {
            *index = map(*index);
        } else if self.reads_column() {
            // Its parts stay what they are.
            let visit = |operand: &mut BoundExpression| operand.map_columns(map);
            with_stack(|| operands!(&mut self.kind, visit, iter_mut, owned));
        }
    }

    /// Turns positions in a scope into positions in a layout, which lists the scope's positions that
    /// an operator's input has.
    ///
    /// # Panics
    /// If the layout lacks a column: what is needed is asked for before anything is laid out.
    pub fn relocate(&mut self, layout: &[usize]) {
        self.map_columns(&|column| {
            layout.iter().position(|have| *have == column).unwrap_or_else(|| {
                unreachable!("column {column} is needed but was not asked for in {layout:?}")
            })
        });
    }

    /// Whether an aggregate stands in it; only while a SELECT is being planned.
    pub fn has_aggregate(&self) -> bool {
        self.parts().any(ExpressionParts::AGGREGATE)
    }

    /// Whether a window function stands in it; only while a SELECT is being planned.
    pub fn has_window(&self) -> bool {
        self.parts().any(ExpressionParts::WINDOW)
    }

    /// Whether it reads a column of its input.
    pub(super) fn reads_column(&self) -> bool {
        self.parts().any(ExpressionParts::COLUMN)
    }

    /// Whether it reads an argument of the query that it stands in.
    pub(super) fn reads_argument(&self) -> bool {
        self.parts().any(ExpressionParts::ARGUMENT)
    }

    /// Puts what the arguments of a subquery stand for in their place.
    pub(super) fn replace_arguments(&mut self, arguments: &[BoundExpression]) {
        if let BoundKind::Argument(index) = self.kind {
            let traits = self.traits;
            *self = arguments[index].clone().with_traits(traits);
        } else if self.reads_argument() {
            self.for_each_operand_mut(|operand| operand.replace_arguments(arguments));
        }
    }
}
