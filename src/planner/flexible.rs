//! What an expression means in a session whose new tables are FLEXIBLE, where it differs.
//!
//! The columns of such tables hold what SQLite's hold. What is computed from them has SQLite's types
//! as well: `typeof` knows its five, a comparison comes to an INTEGER wherever it is more than a condition,
//! constants that come to more than 64 bits are a REAL, a CAST to a type that nobody knows makes numbers, and
//! the functions whose names begin with `jsonb` give SQLite's binary form of JSON.

use super::Planning;
use super::bind::Binder;
use super::expression::{Arithmetic, BoundExpression, BoundKind};
use super::functions::{JsonFunction, ScalarFunction, TypeNames};
use super::logical::{ComputedColumn, Logical};
use super::query::{LogicalQuery, QueryColumn};
use crate::types::{DataType, Value};

impl Binder<'_, '_> {
    /// Whether expressions are SQLite's in the session. What is kept with a table means the same in
    /// all of them.
    pub(super) fn is_flexible(&self) -> bool {
        self.subqueries.as_ref().is_some_and(|queries| queries.planning.catalog.is_flexible())
    }

    /// What a function, or a CASE, is given as the session means it: SQLite has no truth values, a
    /// comparison comes to a number.
    pub(super) fn given(&self, value: BoundExpression) -> BoundExpression {
        if self.is_flexible() { number_of_truth(value) } else { value }
    }

    /// The function that one is of these arguments in the session.
    pub(super) fn meant(
        &self,
        function: ScalarFunction,
        arguments: &[BoundExpression],
    ) -> ScalarFunction {
        if let (ScalarFunction::Typeof(_), [value]) = (function, arguments)
            && self.is_flexible()
            && !has_one_name(value.data_type)
        {
            ScalarFunction::Typeof(TypeNames::Sqlite)
        } else {
            function
        }
    }

    /// What a function of this name gives, in the form that it has in the session: a document from
    /// those whose names begin with `jsonb` in SQLite's binary one.
    pub(super) fn form(&self, name: &str, given: BoundExpression) -> BoundExpression {
        if !name.starts_with("jsonb") || !self.is_flexible() {
            return given;
        }
        let is_document = given.data_type == DataType::Json;
        let data_type = if is_document { DataType::Blob } else { DataType::Any };
        let place = given.place;
        let function = ScalarFunction::Json(JsonFunction::Binary);
        let form = BoundExpression::new(BoundKind::Call(function, vec![given]), data_type);
        BoundExpression { place, ..form }
    }

    /// Arithmetic of integer constants may come to a real.
    pub(super) fn may_round(&self, mut computed: BoundExpression) -> BoundExpression {
        let is_constant = |operand: &BoundExpression| {
            matches!(operand.kind, BoundKind::Literal(_) | BoundKind::Parameter { .. })
        };
        let may_round = if let BoundKind::Negate(operand) = &computed.kind {
            is_constant(operand)
        } else if let BoundKind::Arithmetic(
            Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide,
            left,
            right,
        ) = &computed.kind
        {
            is_constant(left) && is_constant(right)
        } else {
            false
        };
        if may_round && computed.data_type == DataType::Integer && self.is_flexible() {
            computed.data_type = DataType::Numeric;
        }
        computed
    }
}

/// Whether the types of all values of a type have the same names in every session: an index of `typeof` of
/// them, which is kept with its table, is about what a session asks.
fn has_one_name(data_type: DataType) -> bool {
    match data_type {
        DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Text
        | DataType::Blob
        | DataType::Flexible(_) => true,
        DataType::Boolean
        | DataType::Date
        | DataType::Timestamp
        | DataType::Json
        | DataType::Any => false,
    }
}

/// A truth value that is computed as the number that it is in SQLite; that of a column, which a strict
/// table has, stays one.
fn number_of_truth(value: BoundExpression) -> BoundExpression {
    let is_column = matches!(value.kind, BoundKind::Column(_) | BoundKind::Argument(_));
    if value.data_type != DataType::Boolean || is_column {
        return value;
    }
    let place = value.place;
    let number = BoundExpression::new(BoundKind::Cast(Box::new(value)), DataType::Integer);
    BoundExpression { place, ..number }
}

/// The truth value that such a number is of, where it is asked as one again.
pub(super) fn truth_of_number(number: &mut BoundExpression) -> Option<BoundExpression> {
    let is_number = number.data_type == DataType::Integer;
    if let BoundKind::Cast(inner) = &mut number.kind
        && inner.data_type == DataType::Boolean
        && is_number
    {
        return Some(std::mem::replace(inner.as_mut(), BoundExpression::of(Value::Null)));
    }
    None
}

/// A query that becomes a relation: its columns that are computed truth values are numbers, too, and those
/// that are JSON are texts, as SQLite knows no more of a value from another query.
pub(super) fn relation(query: LogicalQuery, planning: &mut Planning) -> LogicalQuery {
    let becomes = |column: &QueryColumn| {
        let data_type = if column.data_type == DataType::Boolean {
            DataType::Integer
        } else if column.data_type == DataType::Json {
            DataType::Text
        } else {
            return None;
        };
        (!is_handed_on(&query.logical, column.column)).then_some(data_type)
    };
    if !planning.catalog.is_flexible() {
        return query;
    }
    let types: Vec<Option<DataType>> = query.output.iter().map(becomes).collect();
    if types.iter().all(Option::is_none) {
        return query;
    }
    let LogicalQuery { logical, output } = query;
    let mut columns = Vec::with_capacity(output.len());
    let output = output.into_iter().zip(types).map(|(known, becomes)| {
        let expression = known.bound();
        let Some(data_type) = becomes else {
            columns.push(ComputedColumn { column: known.column, expression });
            return known;
        };
        let cast = BoundKind::Cast(Box::new(expression));
        let column = planning.names.add(&known.name);
        columns.push(ComputedColumn { column, expression: BoundExpression::new(cast, data_type) });
        QueryColumn { column, data_type, ..known }
    });
    let output = output.collect();
    LogicalQuery { logical: Logical::Project { input: Box::new(logical), columns }, output }
}

/// Whether a query hands a column of its tables on.
fn is_handed_on(logical: &Logical, column: usize) -> bool {
    let mut found = false;
    if let Logical::Project { input, columns } = logical {
        let is_it = |known: &&ComputedColumn| known.column == column;
        return columns.iter().find(is_it).is_some_and(|known| {
            if let BoundKind::Column(inner) = known.expression.kind {
                return is_handed_on(input, inner);
            }
            matches!(known.expression.kind, BoundKind::Argument(_))
        });
    }
    if matches!(logical, Logical::Table(_)) {
        return true;
    }
    logical
        .for_each_input(|input| found = found || input.has(column) && is_handed_on(input, column));
    found
}
