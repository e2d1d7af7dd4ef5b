//! Queries inside of expressions.
//!
//! A column of a query around one is an *argument* of it: a constant while it runs, so that it is
//! planned as any other query, may find rows by a key that an argument fixes, and has one answer for
//! one list of arguments.

use super::bind::{Binder, not_if};
use super::calls::{gather, is_of_outer, misplaced_aggregate};
use super::comparison_traits::ComparisonTraits;
use super::expression::{
    BoundExpression, BoundKind, BoundSubquery, Comparison, SubqueryRole, SubquerySource,
};
use super::logical::{ComputedColumn, Logical};
use super::plan::AggregateCall;
use super::query::{self, LogicalQuery, QueryColumn};
use super::scope::Scope;
use super::select::SelectedColumn;
use super::surroundings::Surroundings;
use super::{Error, Planning, coerce, row_value};
use crate::language::ast::{BinaryOperator, Expression, Identifier, ObjectName, Quantifier, Query};
use crate::types::Span;
use std::cell::RefCell;
use std::sync::Arc;

/// What the queries inside of expressions are bound with.
pub(super) struct SubqueryBinder<'a, 'p> {
    /// The statement's.
    pub planning: &'a mut Planning<'p>,
    /// What the expression's query knows of those around it.
    pub surroundings: &'a Surroundings<'a>,
}

/// What names can mean that a subquery does not know itself.
pub(super) struct OuterScope<'a> {
    /// The columns of the query around it.
    scope: &'a Scope,
    /// The names that its SELECT gives.
    aliases: &'a [SelectedColumn],
    /// What is around that.
    outer: Option<Outer<'a>>,
    /// How many there are around it, itself counted.
    depth: usize,
    /// What the subquery has read of all that so far.
    arguments: RefCell<Vec<BoundExpression>>,
    /// The aggregates of the query around it, if it can have some there.
    aggregates: Option<RefCell<Vec<AggregateCall>>>,
    /// The clause that the subquery stands in.
    clause: &'static str,
    /// Whether only names with a relation before them mean something here: OLD and NEW of a trigger.
    is_qualified: bool,
}

impl<'a> OuterScope<'a> {
    /// The rows that a trigger's statements know, under their names.
    pub fn of_rows(scope: &'a Scope) -> OuterScope<'a> {
        let (outer, aggregates, arguments, depth) = (None, None, RefCell::default(), 1);
        let (aliases, clause, is_qualified) = (&[][..], "a trigger", true);
        OuterScope { scope, aliases, outer, depth, arguments, aggregates, clause, is_qualified }
    }

    /// What was read of it.
    pub fn into_arguments(self) -> Vec<BoundExpression> {
        self.arguments.into_inner()
    }
}

/// What a query can read of those around it.
#[derive(Clone, Copy)]
pub(super) struct Outer<'a> {
    /// The nearest of them, which hands on what is read of the others.
    nearest: &'a OuterScope<'a>,
    /// The greatest depth of those whose names mean something: a table of WITH that is named further
    /// inside knows nothing of what is there.
    known: usize,
}

impl<'a> Outer<'a> {
    /// All that is around.
    pub fn of(nearest: &'a OuterScope<'a>) -> Outer<'a> {
        Outer { nearest, known: nearest.depth }
    }

    /// What is around here, as far as it is known further outside.
    pub fn up_to(self, outside: Option<Outer<'_>>) -> Option<Outer<'a>> {
        let known = self.known.min(outside?.known);
        Some(Outer { known, ..self })
    }

    /// The same where nothing is known but the rows of a trigger around all; `None` where none is.
    pub fn up_to_trigger(self) -> Option<Outer<'a>> {
        let known = self.known.min(1);
        self.nearest.is_in_trigger().then_some(Outer { known, ..self })
    }

    /// The argument that a name means; `None` where it means nothing.
    ///
    /// # Errors
    /// `ambiguous-column` for a name that could mean two columns.
    pub fn find(
        self,
        relation: Option<&ObjectName>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        self.nearest.find(self.known, relation, column)
    }

    /// Whether an aggregate of a query inside is about columns of queries around it alone. Rows that a trigger
    /// knows are of no query: they are values.
    pub fn has_columns_of(self, call: &AggregateCall) -> bool {
        is_of_outer(call) && self.nearest.has_columns_of(call.clone())
    }

    /// How many arguments there are here and further out.
    pub fn marks(self) -> Vec<usize> {
        self.nearest.marks()
    }

    /// The argument that is an aggregate of a query around, whose columns it is about alone. What it is
    /// about was bound as arguments behind `marks`, which go again. The name and the place are for
    /// errors.
    ///
    /// # Errors
    /// `misplaced-aggregate` where that query cannot have one.
    pub fn aggregate(
        self,
        call: AggregateCall,
        marks: &[usize],
        named: (&str, Span),
    ) -> Result<BoundExpression, Error> {
        self.nearest.aggregate(call, marks, named)
    }
}

impl OuterScope<'_> {
    /// Whether the outermost of what is known are the rows of a trigger.
    fn is_in_trigger(&self) -> bool {
        self.outer.map_or(self.is_qualified, |outer| outer.nearest.is_in_trigger())
    }

    /// Whether the columns that an aggregate is about, all of them from here or further out, are of a query.
    fn has_columns_of(&self, mut call: AggregateCall) -> bool {
        let arguments = self.arguments.borrow();
        call.expressions_mut().for_each(|expression| expression.replace_arguments(&arguments));
        match self.outer {
            _ if self.is_qualified => false,
            Some(outer) if is_of_outer(&call) => outer.nearest.has_columns_of(call),
            Some(_) | None => true,
        }
    }

    fn find(
        &self,
        known: usize,
        relation: Option<&ObjectName>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        let is_known = self.depth <= known;
        let is_named = |name: &ObjectName| self.scope.relation(name).is_some();
        let is_here = is_known && relation.map_or(!self.is_qualified, is_named);
        let mut found = if is_here { self.scope.find(relation, column)? } else { None };
        if found.is_none() && relation.is_none() && is_known {
            let item = self.aliases.iter().find(|item| item.is_called(&column.name));
            found = item.map(|item| item.expression.clone());
        }
        if let (None, Some(outer)) = (&found, self.outer) {
            found = outer.nearest.find(known.min(outer.known), relation, column)?;
        }
        Ok(found.map(|found| self.argument(found)))
    }

    /// How many arguments there are here and further out.
    fn marks(&self) -> Vec<usize> {
        let mut marks = vec![self.arguments.borrow().len()];
        marks.extend(self.outer.map(Outer::marks).unwrap_or_default());
        marks
    }

    /// The argument that is an aggregate of the query around, whose columns it is about alone, or of one
    /// further out. What it is about was bound as arguments behind `marks`, which go again. The name
    /// and the place are for errors.
    ///
    /// # Errors
    /// `misplaced-aggregate` where that query cannot have one.
    fn aggregate(
        &self,
        mut call: AggregateCall,
        marks: &[usize],
        named: (&str, Span),
    ) -> Result<BoundExpression, Error> {
        let mut arguments = self.arguments.borrow_mut();
        call.expressions_mut().for_each(|expression| expression.replace_arguments(&arguments));
        let (mark, further) = marks.split_first().unwrap_or((&0, &[]));
        arguments.truncate(*mark);
        drop(arguments);
        let (name, span) = named;
        let value = match (self.outer, &self.aggregates) {
            (Some(outer), _) if outer.has_columns_of(&call) => {
                outer.aggregate(call, further, named)?
            }
            (_, Some(aggregates)) => gather(call, &mut aggregates.borrow_mut(), span)?,
            (_, None) => return Err(misplaced_aggregate(name, self.clause, span)),
        };
        Ok(self.argument(value))
    }

    /// The argument that hands an expression of the outer query on.
    fn argument(&self, value: BoundExpression) -> BoundExpression {
        let (data_type, traits) = (value.data_type, value.traits);
        let mut arguments = self.arguments.borrow_mut();
        let index = arguments.iter().position(|known| *known == value).unwrap_or_else(|| {
            arguments.push(value);
            arguments.len() - 1
        });
        BoundExpression::new(BoundKind::Argument(index), data_type).with_traits(traits)
    }
}

/// A query that is bound, but not planned, and what it reads of those around it.
struct OpenSubquery {
    number: usize,
    query: LogicalQuery,
    arguments: Vec<BoundExpression>,
}

impl<'b, 'p> Binder<'b, 'p> {
    /// Binds a query of which one value is taken, or whether there is a row.
    pub(super) fn subquery(
        &mut self,
        role: SubqueryRole,
        query: &Query,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let open = self.open_subquery(query, span)?;
        if role == SubqueryRole::Scalar {
            let traits = one_column(&open.query, span)?.operand_traits().of_one_value();
            return Ok(self.planned_subquery(open, role, Vec::new()).with_traits(traits));
        }
        Ok(self.planned_subquery(open, role, Vec::new()))
    }

    /// Binds a query of which the values of the first row are taken.
    pub(super) fn first_row(
        &mut self,
        query: &Query,
        span: Span,
    ) -> Result<Vec<BoundExpression>, Error> {
        let open = self.open_subquery(query, span)?;
        let traits: Vec<ComparisonTraits> =
            open.query.output.iter().map(QueryColumn::operand_traits).collect();
        let first = self.planned_subquery(open, SubqueryRole::Scalar, Vec::new());
        let BoundKind::Subquery(subquery) = &first.kind else { return Ok(vec![first]) };
        if let [traits] = traits.as_slice() {
            return Ok(vec![first.with_traits(traits.of_one_value())]);
        }
        let field = |(column, traits)| {
            let role = SubqueryRole::Field(column);
            BoundExpression::subquery(BoundSubquery { role, ..(**subquery).clone() })
                .with_traits(traits)
        };
        Ok(traits.into_iter().enumerate().map(field).collect())
    }

    /// Binds `operand IN (query)`.
    pub(super) fn in_query(
        &mut self,
        operand: &Expression,
        query: &Query,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let operands = self.row(operand)?;
        let open = self.open_subquery(query, span)?;
        self.compared_subquery(SubqueryRole::Contains, operands, open, span)
    }

    /// Binds `operand operator ANY (query)`, or ALL.
    pub(super) fn quantified(
        &mut self,
        operand: &Expression,
        operator: BinaryOperator,
        quantifier: Quantifier,
        query: &Query,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let operands = self.row(operand)?;
        let open = self.open_subquery(query, span)?;
        let comparison = Comparison::of(operator).expect("the parser knows what compares");
        match (comparison, quantifier) {
            (Comparison::Equal, Quantifier::Any) => {
                self.compared_subquery(SubqueryRole::Contains, operands, open, span)
            }
            (Comparison::NotEqual, Quantifier::All) => {
                let found = self.compared_subquery(SubqueryRole::Contains, operands, open, span)?;
                Ok(not_if(true, found))
            }
            _ if operands.len() > 1 => {
                let message = format!("rows are not compared by {operator} {quantifier}");
                let help = "of rows there are = ANY, which is IN, and <> ALL, which is NOT IN";
                Err(Error::new("row-value", message, span).help(Some(help.to_owned())))
            }
            _ => {
                let role = SubqueryRole::Compares(comparison, quantifier);
                self.compared_subquery(role, operands, open, span)
            }
        }
    }

    /// A query whose rows are compared with operands. They come out as they are compared.
    fn compared_subquery(
        &mut self,
        role: SubqueryRole,
        operands: Vec<BoundExpression>,
        mut open: OpenSubquery,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let columns = std::mem::take(&mut open.query.output);
        if columns.len() != operands.len() {
            return Err(row_value::lengths(operands.len(), columns.len(), span));
        }
        let comparison = match role {
            SubqueryRole::Compares(comparison, _) => comparison,
            SubqueryRole::Scalar
            | SubqueryRole::Exists
            | SubqueryRole::Field(_)
            | SubqueryRole::Contains => Comparison::Equal,
        };
        let (mut converted, mut computed) = (Vec::new(), Vec::new());
        let mut is_same = true;
        for (operand, known) in operands.into_iter().zip(columns) {
            let value = BoundExpression::column(known.column, known.data_type);
            let value = value.with_traits(known.as_operand);
            let (operand, value) = coerce::operands(comparison, operand, value);
            is_same &= value.kind == BoundKind::Column(known.column);
            let data_type = value.data_type;
            let value = ComputedColumn::new(value, &mut self.binder_of_queries().planning.names);
            open.query.output.push(QueryColumn { data_type, column: value.column, ..known });
            converted.push(operand);
            computed.push(value);
        }
        if !is_same {
            let input = Box::new(open.query.logical);
            open.query.logical = Logical::Project { input, columns: computed };
        }
        Ok(self.planned_subquery(open, role, converted))
    }

    /// What queries are bound with, once one was opened.
    fn binder_of_queries(&mut self) -> &mut SubqueryBinder<'b, 'p> {
        self.subqueries.as_mut().expect("a query was opened with it")
    }

    fn open_subquery(&mut self, query: &Query, span: Span) -> Result<OpenSubquery, Error> {
        let (scope, aliases) = (self.scope, self.aliases);
        let Some(SubqueryBinder { planning, surroundings }) = &mut self.subqueries else {
            let message = format!("a query cannot stand in {}", self.clause);
            return Err(Error::new("misplaced-subquery", message, span));
        };
        planning.subqueries += 1;
        let number = planning.subqueries;
        let outer = surroundings.outer;
        let outer = OuterScope {
            scope,
            aliases,
            outer,
            depth: outer.map_or(0, |outer| outer.nearest.depth) + 1,
            arguments: RefCell::default(),
            aggregates: self.aggregates.as_deref().cloned().map(RefCell::new),
            clause: self.clause,
            is_qualified: false,
        };
        let query = query::bind(query, &surroundings.below(&outer), planning)?;
        let OuterScope { arguments, aggregates, .. } = outer;
        // Those that were there keep their places.
        if let (Some(known), Some(now)) = (&mut self.aggregates, aggregates) {
            **known = now.into_inner();
        }
        Ok(OpenSubquery { number, query, arguments: arguments.into_inner() })
    }

    /// What names can mean that the query does not know itself.
    pub(super) fn outer(&self) -> Option<Outer<'b>> {
        self.subqueries.as_ref().and_then(|binder| binder.surroundings.outer)
    }

    fn planned_subquery(
        &mut self,
        open: OpenSubquery,
        role: SubqueryRole,
        operands: Vec<BoundExpression>,
    ) -> BoundExpression {
        let OpenSubquery { number, query, arguments } = open;
        let column = |known: &QueryColumn| {
            BoundExpression::column(known.column, known.data_type).with_traits(known.traits)
        };
        let columns = query.output.iter().map(column).collect();
        let source = Arc::new(SubquerySource { logical: query.logical.clone(), columns });
        let is_ordered = match role {
            SubqueryRole::Scalar | SubqueryRole::Field(_) => true,
            SubqueryRole::Exists | SubqueryRole::Contains | SubqueryRole::Compares(..) => false,
        };
        let (identities, planning) = (query.identities(), &mut *self.binder_of_queries().planning);
        let plan = Arc::new(planning.plan_in_order(query.logical, &identities, is_ordered));
        let subquery = BoundSubquery { number, role, operands, arguments, plan, source };
        BoundExpression::subquery(subquery)
    }
}

/// The one column that a query has whose rows are values.
fn one_column(query: &LogicalQuery, span: Span) -> Result<&QueryColumn, Error> {
    match query.output.as_slice() {
        [column] => Ok(column),
        columns => {
            let message = format!("a query that is a value has 1 column, not {}", columns.len());
            Err(Error::new("column-count", message, span))
        }
    }
}
