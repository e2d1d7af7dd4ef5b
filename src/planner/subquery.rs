//! Queries inside of expressions.
//!
//! A column of a query around one is an *argument* of it: a constant while it runs, so that it is
//! planned as any other query, may find rows by a key that an argument fixes, and has one answer for
//! one list of arguments.

use super::bind::Binder;
use super::expression::{BoundExpression, BoundKind, BoundSubquery, Comparison, SubqueryRole};
use super::logical::{ComputedColumn, Logical};
use super::query::{self, LogicalQuery, QueryColumn, Surroundings};
use super::scope::Scope;
use super::{Error, Planning, coerce};
use crate::language::ast::{Expression, Identifier, Query};
use crate::types::{DataType, Span};
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
    aliases: &'a [(String, BoundExpression)],
    /// What is around that.
    outer: Option<&'a OuterScope<'a>>,
    /// What the subquery has read of all that so far.
    arguments: RefCell<Vec<BoundExpression>>,
}

impl OuterScope<'_> {
    /// The argument that a name means; `None` where it means nothing.
    ///
    /// # Errors
    /// `ambiguous-column` for a name that could mean two columns.
    pub fn find(
        &self,
        relation: Option<&Identifier>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        let is_here = relation.is_none_or(|name| self.scope.relation(&name.name).is_some());
        let mut found = if is_here { self.scope.find(relation, column)? } else { None };
        if found.is_none() && relation.is_none() {
            let is_called =
                |(alias, _): &&(String, BoundExpression)| alias.eq_ignore_ascii_case(&column.name);
            found = self.aliases.iter().find(is_called).map(|(_, expression)| expression.clone());
        }
        if let (None, Some(outer)) = (&found, self.outer) {
            found = outer.find(relation, column)?;
        }
        Ok(found.map(|found| self.argument(found)))
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

impl Binder<'_, '_> {
    /// Binds a query of which one value is taken, or whether there is a row.
    pub(super) fn subquery(
        &mut self,
        role: SubqueryRole,
        query: &Query,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let open = self.open_subquery(query, span)?;
        if role == SubqueryRole::Scalar {
            let QueryColumn { data_type, traits, .. } = *one_column(&open.query, span)?;
            return Ok(self.planned_subquery(open, role, None, data_type).with_traits(traits));
        }
        Ok(self.planned_subquery(open, role, None, DataType::Boolean))
    }

    /// Binds `operand IN (query)`.
    pub(super) fn in_query(
        &mut self,
        operand: &Expression,
        query: &Query,
        span: Span,
    ) -> Result<BoundExpression, Error> {
        let operand = self.bind(operand)?;
        let mut open = self.open_subquery(query, span)?;
        let QueryColumn { column, data_type, ref name, traits } = *one_column(&open.query, span)?;
        let (name, value) = (name.clone(), BoundExpression::column(column, data_type));
        // The rows come out as they are compared.
        let (operand, value) =
            coerce::operands(Comparison::Equal, operand, value.with_traits(traits));
        if value.kind != BoundKind::Column(column)
            && let Some(SubqueryBinder { planning, .. }) = &mut self.subqueries
        {
            let data_type = value.data_type;
            let computed = ComputedColumn::new(value, &mut planning.names);
            let column = computed.column;
            open.query.output = vec![QueryColumn { name, data_type, column, traits }];
            let input = Box::new(open.query.logical);
            open.query.logical = Logical::Project { input, columns: vec![computed] };
        }
        let role = SubqueryRole::Contains;
        Ok(self.planned_subquery(open, role, Some(operand), DataType::Boolean))
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
        let outer = OuterScope { scope, aliases, outer, arguments: RefCell::default() };
        let query = query::bind(query, &surroundings.below(&outer), planning)?;
        Ok(OpenSubquery { number, query, arguments: outer.arguments.into_inner() })
    }

    fn planned_subquery(
        &mut self,
        open: OpenSubquery,
        role: SubqueryRole,
        operand: Option<BoundExpression>,
        data_type: DataType,
    ) -> BoundExpression {
        let OpenSubquery { number, query, arguments } = open;
        let Some(SubqueryBinder { planning, .. }) = &mut self.subqueries else {
            unreachable!("a subquery was bound with it")
        };
        let plan = Arc::new(query::finish(query, planning).plan);
        let subquery = BoundSubquery { number, role, operand, arguments, plan };
        BoundExpression::new(BoundKind::Subquery(Box::new(subquery)), data_type)
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
