//! SELECT becomes a plan.

use super::bind::{Binder, truth};
use super::expression::{BoundExpression, BoundKind};
use super::from_clause::{self, BoundFrom, ScopedPlan};
use super::functions::AggregateFunction;
use super::plan::{AggregateCall, Limits, Plan, Query, SortKey};
use super::scope::Scope;
use super::{Catalog, Error};
use crate::language::ast::{
    Expression, ExpressionKind, OrderItem, Select, SelectItem, Temporal, UnaryOperator,
};
use crate::types::{Column, Literal, Value};
use std::collections::BTreeSet;

/// One column of the answer.
struct SelectedColumn {
    name: String,
    /// Whether the name was given by AS: only then other clauses know it.
    is_alias: bool,
    expression: BoundExpression,
}

/// Plans a query. `source` is the text that its spans point into.
pub(super) fn plan(
    select: &Select,
    source: &str,
    catalog: &mut dyn Catalog,
) -> Result<Query, Error> {
    let mut scope = Scope::default();
    let moment = select.as_of.clone().map(Temporal::AsOf);
    let tables = match &select.from {
        Some(reference) => {
            Some(from_clause::bind(reference, moment.as_ref(), catalog, &mut scope)?)
        }
        None => None,
    };
    let mut aggregates = Vec::new();
    let items = bind_items(select, source, &scope, &mut aggregates)?;
    let aliases: Vec<(String, BoundExpression)> = items
        .iter()
        .filter(|item| item.is_alias)
        .map(|item| (item.name.clone(), item.expression.clone()))
        .collect();
    // As in SQLite: what is no query of groups by its columns or GROUP BY is none by what follows.
    let grouped = !select.group_by.is_empty() || !aggregates.is_empty();
    let mut binder = Binder { scope: &scope, aliases: &aliases, aggregates: None, clause: "WHERE" };
    let filter = match &select.filter {
        Some(condition) => {
            let bound = binder.condition(condition)?;
            refuse_aggregates(&bound, condition, "WHERE")?;
            bound.conjuncts()
        }
        None => Vec::new(),
    };
    binder.clause = "GROUP BY";
    let mut groups = Vec::with_capacity(select.group_by.len());
    for expression in &select.group_by {
        let group = match ordinal(expression, &items, "GROUP BY")? {
            Some(item) => item,
            None => binder.bind(expression)?,
        };
        refuse_aggregates(&group, expression, "GROUP BY")?;
        groups.push(group);
    }
    if let Some(having) = select.having.as_ref().filter(|_| !grouped) {
        let message = "HAVING is for groups: there is no GROUP BY, and no aggregate to select";
        return Err(Error::new("misplaced-having", message, having.span)
            .help(Some("a condition on rows is WHERE".into())));
    }
    binder.aggregates = grouped.then_some(&mut aggregates);
    binder.clause = "HAVING";
    let having = select.having.as_ref().map(|having| binder.bind(having)).transpose()?.map(truth);
    binder.clause = "ORDER BY";
    let mut order = Vec::with_capacity(select.order_by.len());
    for item in &select.order_by {
        order.push(match sort_alias(item, &items)? {
            Some(expression) => expression,
            None => binder.bind(&item.expression)?,
        });
    }
    let body = SelectCore { tables, filter, groups, aggregates, having, grouped };
    let (names, expressions): (Vec<String>, Vec<BoundExpression>) =
        items.into_iter().map(|item| (item.name, item.expression)).unzip();
    let (plan, expressions, order) = body.into_plan(expressions, order);
    let columns =
        names.into_iter().zip(&expressions).map(|(name, e)| (name, e.data_type)).collect();
    let plan = finish(select, plan, expressions, order)?;
    Ok(Query { plan, columns })
}

/// All of a SELECT that stands before its projection.
struct SelectCore {
    tables: Option<BoundFrom>,
    filter: Vec<BoundExpression>,
    groups: Vec<BoundExpression>,
    aggregates: Vec<AggregateCall>,
    having: Option<BoundExpression>,
    grouped: bool,
}

impl SelectCore {
    /// The plan of the rows to project, and the given expressions over its columns.
    fn into_plan(
        mut self,
        mut items: Vec<BoundExpression>,
        mut order: Vec<BoundExpression>,
    ) -> (Plan, Vec<BoundExpression>, Vec<BoundExpression>) {
        if self.grouped {
            let having = self.having.iter_mut();
            for expression in items.iter_mut().chain(&mut order).chain(having) {
                regroup(expression, &self.groups, &mut self.aggregates);
            }
        }
        let mut needed = BTreeSet::new();
        let mut need = |expression: &BoundExpression| {
            expression.for_each_column(&mut |column| {
                needed.insert(column);
            });
        };
        if self.grouped {
            self.groups.iter().for_each(&mut need);
            for aggregate in &self.aggregates {
                aggregate.arguments.iter().chain(&aggregate.filter).for_each(&mut need);
            }
        } else {
            items.iter().chain(&order).for_each(&mut need);
        }
        let rows = match self.tables {
            Some(mut tables) => {
                let (above, pushed): (Vec<_>, Vec<_>) =
                    self.filter.into_iter().partition(BoundExpression::is_constant);
                pushed.into_iter().for_each(|condition| tables.push_down(condition));
                tables.push_down_on();
                from_clause::filtered(tables.into_plan(&needed), above)
            }
            None => from_clause::filtered(
                ScopedPlan { plan: Plan::OneRow, layout: Vec::new() },
                self.filter,
            ),
        };
        let ScopedPlan { plan, layout } = rows;
        let relocate = |expression: &mut BoundExpression| expression.relocate(&layout);
        if !self.grouped {
            items.iter_mut().chain(&mut order).for_each(relocate);
            return (plan, items, order);
        }
        self.groups.iter_mut().for_each(relocate);
        for aggregate in &mut self.aggregates {
            aggregate.arguments.iter_mut().chain(&mut aggregate.filter).for_each(relocate);
        }
        let (groups, aggregates) = (self.groups, self.aggregates);
        let mut plan = Plan::Aggregate { input: Box::new(plan), groups, aggregates };
        if let Some(predicate) = self.having {
            plan = Plan::Filter { input: Box::new(plan), predicate };
        }
        (plan, items, order)
    }
}

/// Turns an expression over rows into one over groups: group values and aggregates become columns,
/// any other column becomes an aggregate of its own.
fn regroup(
    expression: &mut BoundExpression,
    groups: &[BoundExpression],
    aggregates: &mut Vec<AggregateCall>,
) {
    if let Some(index) = groups.iter().position(|group| group == expression) {
        *expression = BoundExpression::column(index, expression.data_type);
        return;
    }
    match expression.kind {
        BoundKind::Aggregate(index) => {
            *expression = BoundExpression::column(groups.len() + index, expression.data_type);
        }
        BoundKind::Column(_) => {
            let data_type = expression.data_type;
            let bare = AggregateCall {
                function: AggregateFunction::Bare,
                arguments: vec![expression.clone()],
                distinct: false,
                filter: None,
                data_type,
            };
            let index = aggregates.iter().position(|known| *known == bare).unwrap_or_else(|| {
                aggregates.push(bare);
                aggregates.len() - 1
            });
            *expression = BoundExpression::column(groups.len() + index, data_type);
        }
        _ => expression.for_each_operand_mut(|operand| regroup(operand, groups, aggregates)),
    }
}

fn bind_items(
    select: &Select,
    source: &str,
    scope: &Scope,
    aggregates: &mut Vec<AggregateCall>,
) -> Result<Vec<SelectedColumn>, Error> {
    let mut items = Vec::new();
    let item = |position: usize, column: &Column| {
        let expression = BoundExpression::column(position, column.data_type);
        SelectedColumn { name: column.name.clone(), is_alias: false, expression }
    };
    for selected in &select.items {
        match selected {
            SelectItem::Star(place) => {
                if scope.tables.is_empty() {
                    let message = "* means all columns, and there is no table here";
                    return Err(Error::new("unknown-table", message, place.0));
                }
                items.extend(scope.columns().map(|(position, _, column)| item(position, column)));
            }
            SelectItem::TableStar(table) => {
                let Some(table) = scope.table(&table.name) else {
                    let message = format!("no table \"{}\" in this statement", table.name);
                    return Err(Error::new("unknown-table", message, table.span));
                };
                let columns = table.schema.columns.iter().enumerate();
                items.extend(columns.map(|(index, column)| item(table.start + index, column)));
            }
            SelectItem::Expression { expression, alias } => {
                let aggregates = Some(&mut *aggregates);
                let mut binder = Binder { scope, aliases: &[], aggregates, clause: "SELECT" };
                let bound = binder.bind(expression)?;
                let name = match (alias, &bound.kind) {
                    (Some(alias), _) => alias.name.clone(),
                    (None, BoundKind::Column(position)) => scope.name(*position).to_string(),
                    (None, _) => source
                        .get(expression.span.start..expression.span.end)
                        .map_or_else(|| expression.to_string(), str::to_string),
                };
                items.push(SelectedColumn { name, is_alias: alias.is_some(), expression: bound });
            }
        }
    }
    Ok(items)
}

/// The item that a bare integer means as a column's number.
fn ordinal(
    expression: &Expression,
    items: &[SelectedColumn],
    clause: &str,
) -> Result<Option<BoundExpression>, Error> {
    let Some(number) = signed_integer(expression) else { return Ok(None) };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    match index.and_then(|index| items.get(index)) {
        Some(item) => Ok(Some(item.expression.clone())),
        None => {
            let message =
                format!("{clause} {number}: the columns are numbered 1 to {}", items.len());
            Err(Error::new("unknown-column", message, expression.span))
        }
    }
}

/// The integer that a literal with signs before it is.
fn signed_integer(expression: &Expression) -> Option<i64> {
    match &expression.kind {
        ExpressionKind::Literal(Literal { value: Value::Integer(number), .. }) => Some(*number),
        ExpressionKind::Unary { operator: UnaryOperator::Plus, operand } => signed_integer(operand),
        ExpressionKind::Unary { operator: UnaryOperator::Minus, operand } => {
            signed_integer(operand)?.checked_neg()
        }
        _ => None,
    }
}

/// In ORDER BY an alias comes before a column of the same name. A name that nobody gave by AS is
/// looked up among the tables, where it may be that of two columns.
fn sort_alias(
    item: &OrderItem,
    items: &[SelectedColumn],
) -> Result<Option<BoundExpression>, Error> {
    if let ExpressionKind::Column { table: None, column } = &item.expression.kind {
        let mut aliases = items.iter().filter(|item| item.is_alias);
        let named = aliases.find(|item| item.name.eq_ignore_ascii_case(&column.name));
        return Ok(named.map(|item| item.expression.clone()));
    }
    ordinal(&item.expression, items, "ORDER BY")
}

fn refuse_aggregates(
    bound: &BoundExpression,
    expression: &Expression,
    clause: &str,
) -> Result<(), Error> {
    if bound.has_aggregate() {
        let message = format!("an aggregate cannot stand in {clause}");
        return Err(Error::new("misplaced-aggregate", message, expression.span));
    }
    Ok(())
}

/// Projection, DISTINCT, ORDER BY and LIMIT on top of the rows.
fn finish(
    select: &Select,
    plan: Plan,
    items: Vec<BoundExpression>,
    order: Vec<BoundExpression>,
) -> Result<Plan, Error> {
    let visible = items.len();
    let mut columns = items;
    let mut keys = Vec::with_capacity(order.len());
    for (item, expression) in select.order_by.iter().zip(order) {
        if expression.is_constant() {
            continue;
        }
        let column = columns.iter().position(|have| *have == expression).unwrap_or_else(|| {
            columns.push(expression);
            columns.len() - 1
        });
        let nulls_first = item.nulls_first.unwrap_or(!item.descending);
        keys.push(SortKey { column, descending: item.descending, nulls_first });
    }
    let all = columns.len();
    let mut plan = project(plan, columns);
    if select.distinct {
        plan = Plan::Distinct { input: Box::new(plan), columns: visible };
    }
    let limits = limits(select)?;
    if !keys.is_empty() {
        // DISTINCT rows are few enough to be sorted whole.
        plan = Plan::Sort { input: Box::new(plan), keys, limit: limits.clone() };
    }
    if let Some(limits) = limits {
        plan = Plan::Limit { input: Box::new(plan), limits };
    }
    if all > visible {
        let types = plan.types();
        let first =
            (0..visible).map(|index| BoundExpression::column(index, types[index])).collect();
        plan = Plan::Project { input: Box::new(plan), expressions: first };
    }
    Ok(plan)
}

/// The projection, left out where it changes nothing.
fn project(plan: Plan, expressions: Vec<BoundExpression>) -> Plan {
    let same = expressions.iter().enumerate().all(|(at, e)| e.kind == BoundKind::Column(at));
    if same && plan.types().len() == expressions.len() && !matches!(plan, Plan::OneRow) {
        plan
    } else {
        Plan::Project { input: Box::new(plan), expressions }
    }
}

fn limits(select: &Select) -> Result<Option<Limits>, Error> {
    let scope = Scope::default();
    let mut binder = Binder { scope: &scope, aliases: &[], aggregates: None, clause: "LIMIT" };
    let mut bind = |expression: &Option<Expression>| match expression {
        Some(expression) => binder.bind(expression).map(Some),
        None => Ok(None),
    };
    let (limit, offset) = (bind(&select.limit)?, bind(&select.offset)?);
    let given = limit.is_some() || offset.is_some();
    Ok(given.then_some(Limits { limit, offset }))
}
