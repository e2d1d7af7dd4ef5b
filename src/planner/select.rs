//! SELECT becomes a logical plan.

use super::bind::Binder;
use super::compound::CompoundOrder;
use super::expression::{BoundExpression, BoundKind};
use super::from_clause::FromBinder;
use super::functions::AggregateFunction;
use super::logical::{ColumnNames, ComputedColumn, Logical, LogicalAggregate, LogicalKey};
use super::order_ties::{self, TieKey};
use super::plan::AggregateCall;
use super::query::{LogicalQuery, QueryColumn};
use super::scope::{Scope, ScopeColumn};
use super::subquery::SubqueryBinder;
use super::surroundings::Surroundings;
use super::window::{self, BoundWindow, WindowBinder};
use super::{Error, Planning, collation, function_arguments};
use crate::language::ast::{
    Expression, ExpressionKind, NamedWindow, OrderItem, Select, SelectItem, UnaryOperator,
};
use crate::types::{Collation, Name, Span, Value};

/// One column of the answer.
pub(super) struct SelectedColumn {
    name: Name,
    /// Whether the name was given by AS, or by `*` as in SQLite: only then other clauses know it.
    is_alias: bool,
    /// What it is.
    pub expression: BoundExpression,
}

/// The order that is said of a SELECT's rows.
enum SelectOrder<'a, 'o> {
    /// Its query's, whose keys may be any expressions over its tables.
    Own(&'a [OrderItem]),
    /// That of the compound that it is a part of, whose keys it may know.
    Compound(&'a mut CompoundOrder<'o>),
}

/// Binds a SELECT and the order that its query has.
pub(super) fn bind<'q>(
    select: &'q Select,
    order_by: &[OrderItem],
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    bind_ordered(select, SelectOrder::Own(order_by), surroundings, planning)
}

/// Binds a SELECT that is a part of a compound.
pub(super) fn bind_part<'q>(
    select: &'q Select,
    order: &mut CompoundOrder<'_>,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    bind_ordered(select, SelectOrder::Compound(order), surroundings, planning)
}

fn bind_ordered<'q>(
    select: &'q Select,
    order: SelectOrder<'_, '_>,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    // Most queries read one table.
    let mut scope = Scope::new(Vec::with_capacity(usize::from(select.from.is_some())));
    let rows = match &select.from {
        Some(reference) => {
            let binder = FromBinder::new(planning, &mut scope, surroundings);
            binder.with_items(&select.items).bind_all(reference)?
        }
        None => Logical::OneRow,
    };
    let order_by = if let SelectOrder::Own(order_by) = &order { *order_by } else { &[] };
    let core = SelectCore::bind(select, order_by, &scope, surroundings, planning)?;
    if let SelectOrder::Compound(order) = order {
        let references = planning.references();
        order.resolve(|expression| {
            let known = references.map(|references| references.count());
            let item = core.item_of(expression, &scope);
            // What is none of its columns means a column of another SELECT.
            if let (Some(references), Some(known), None) = (references, known, item) {
                references.truncate(known);
            }
            item
        });
    }
    let bound = core.over(rows, &mut planning.names)?;
    let reads_hidden = scope.knows_hidden_columns();
    Ok(bound.sorted(select.distinct, order_by, reads_hidden, &mut planning.names))
}

/// The SELECT without FROM whose items are these, by their names, with the aggregates and the window
/// functions that were gathered of them.
pub(super) fn of_one_row(
    items: Vec<(Name, BoundExpression)>,
    (aggregates, windows): (Vec<AggregateCall>, Vec<BoundWindow>),
    planning: &mut Planning<'_>,
) -> Result<LogicalQuery, Error> {
    let item = |(name, expression)| SelectedColumn { name, is_alias: false, expression };
    let items = items.into_iter().map(item).collect();
    let is_grouped = !aggregates.is_empty();
    let (filter, groups, having, order) = Default::default();
    let core = SelectCore { items, filter, groups, aggregates, windows, having, order, is_grouped };
    let names = &mut planning.names;
    Ok(core.over(Logical::OneRow, names)?.sorted(false, &[], false, names))
}

impl SelectedColumn {
    /// Whether AS or `*` gave it this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.is_alias && self.name.eq_ignore_ascii_case(name)
    }
}

/// The expressions of a SELECT, over the columns of its FROM.
struct SelectCore {
    items: Vec<SelectedColumn>,
    filter: Vec<BoundExpression>,
    groups: Vec<BoundExpression>,
    aggregates: Vec<AggregateCall>,
    windows: Vec<BoundWindow>,
    having: Option<BoundExpression>,
    order: Vec<BoundExpression>,
    is_grouped: bool,
}

/// A SELECT whose rows are made, with what is to be projected of them.
struct ProjectedSelect {
    logical: Logical,
    items: Vec<SelectedColumn>,
    order: Vec<BoundExpression>,
}

impl SelectCore {
    fn bind(
        select: &Select,
        order_by: &[OrderItem],
        scope: &Scope,
        surroundings: &Surroundings<'_>,
        planning: &mut Planning<'_>,
    ) -> Result<SelectCore, Error> {
        window::check(&select.windows)?;
        let (mut aggregates, mut windows) = (Vec::new(), Vec::new());
        let binder = ItemBinder { scope, surroundings, clause: "SELECT", windows: &select.windows };
        let gathered = (&mut aggregates, &mut windows);
        let items = binder.bind(&select.items, Some(gathered), planning)?;
        // Only what the items have can an alias stand for.
        let has_gathered = !aggregates.is_empty() || !windows.is_empty();
        // As in SQLite: what is no query of groups by its columns or GROUP BY is none by what follows.
        let is_grouped = !select.group_by.is_empty() || !aggregates.is_empty();
        let subqueries = Some(SubqueryBinder { planning: &mut *planning, surroundings });
        let mut binder = Binder { aliases: &items, subqueries, ..Binder::new(scope, "WHERE") };
        let filter = match &select.filter {
            Some(condition) => {
                let bound = binder.condition(condition)?;
                if has_gathered {
                    refuse_gathered(&bound, condition, "WHERE")?;
                }
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
            if has_gathered {
                refuse_gathered(&group, expression, "GROUP BY")?;
            }
            groups.push(collation::comparable(group));
        }
        if let Some(having) = select.having.as_ref().filter(|_| !is_grouped) {
            let message = "HAVING is for groups: there is no GROUP BY, and no aggregate to select";
            return Err(Error::new("misplaced-having", message, having.span)
                .help(Some("a condition on rows is WHERE".into())));
        }
        binder.aggregates = is_grouped.then_some(&mut aggregates);
        binder.clause = "HAVING";
        let having = match &select.having {
            Some(having) => {
                let bound = binder.condition(having)?;
                refuse_windows(&bound, having, "HAVING")?;
                Some(bound)
            }
            None => None,
        };
        binder.clause = "ORDER BY";
        binder.windows = Some(WindowBinder { named: &select.windows, calls: &mut windows });
        // One row has no order, as SQLite sees it: an aggregate says nothing about it.
        let mut unused = Vec::new();
        let is_one_row = select.from.is_none() && !is_grouped;
        if is_one_row {
            binder.aggregates = Some(&mut unused);
        }
        let mut order = Vec::with_capacity(order_by.len());
        for item in order_by {
            let key = match sort_alias(item, &items)? {
                Some(expression) => expression,
                None => binder.bind(&item.expression)?,
            };
            let is_unused = is_one_row && key.has_aggregate();
            order.push(if is_unused {
                BoundExpression::of(Value::Null)
            } else {
                collation::comparable(key)
            });
        }
        binder.record_windows(&select.windows);
        Ok(SelectCore { items, filter, groups, aggregates, windows, having, order, is_grouped })
    }

    /// The index of the item that an expression is: by a name that AS or `*` gave, or as the same value.
    fn item_of(&self, expression: &Expression, scope: &Scope) -> Option<usize> {
        if let ExpressionKind::Column { table: None, column } = &expression.kind
            && let Some(named) = self.items.iter().position(|item| item.is_called(&column.name))
        {
            return Some(named);
        }
        let mut aggregates = self.aggregates.clone();
        let binder = Binder::new(scope, "ORDER BY");
        let mut binder = Binder { aggregates: Some(&mut aggregates), ..binder };
        let bound = binder.bind(expression).ok()?;
        self.items.iter().position(|item| item.expression == bound)
    }

    /// The rows to be projected: those of FROM that WHERE lets through, or the groups of them that
    /// HAVING lets through.
    fn over(self, rows: Logical, names: &mut ColumnNames) -> Result<ProjectedSelect, Error> {
        let SelectCore { mut items, filter, groups, aggregates, mut windows, having, .. } = self;
        let (mut order, is_grouped) = (self.order, self.is_grouped);
        let mut logical = function_arguments::place(rows, filter)?;
        if is_grouped {
            let mut grouping = Grouping::new(groups, aggregates, names);
            let expressions = items.iter_mut().map(|item| &mut item.expression).chain(&mut order);
            let expressions =
                expressions.chain(windows.iter_mut().flat_map(BoundWindow::expressions_mut));
            expressions.for_each(|expression| grouping.regroup(expression, names));
            let having: Vec<BoundExpression> = having
                .into_iter()
                .map(|mut having| {
                    grouping.regroup(&mut having, names);
                    having
                })
                .collect();
            let Grouping { groups, aggregates } = grouping;
            let input = Box::new(logical);
            let aggregate = LogicalAggregate { input, groups, aggregates };
            logical = Logical::Aggregate(aggregate).filtered(having);
        }
        if !windows.is_empty() {
            let items = items.iter_mut().map(|item| &mut item.expression);
            let mut above: Vec<&mut BoundExpression> = items.chain(&mut order).collect();
            logical = window::over(windows, logical, &mut above, names);
        }
        Ok(ProjectedSelect { logical, items, order })
    }
}

/// What a SELECT groups by, and what it computes of each group.
struct Grouping {
    groups: Vec<ComputedColumn>,
    aggregates: Vec<(usize, AggregateCall)>,
}

impl Grouping {
    fn new(
        groups: Vec<BoundExpression>,
        aggregates: Vec<AggregateCall>,
        names: &mut ColumnNames,
    ) -> Grouping {
        let groups = groups.into_iter().map(|group| ComputedColumn::new(group, names)).collect();
        let identified = aggregates.into_iter().map(|call| identified(call, names));
        Grouping { groups, aggregates: identified.collect() }
    }

    /// Turns an expression over rows into one over groups: group values and aggregates become
    /// columns, any other column becomes an aggregate of its own.
    fn regroup(&mut self, expression: &mut BoundExpression, names: &mut ColumnNames) {
        let (data_type, traits) = (expression.data_type, expression.traits);
        let column = |column| BoundExpression::column(column, data_type).with_traits(traits);
        if let Some(group) = self.groups.iter().find(|group| group.expression == *expression) {
            *expression = column(group.column);
            return;
        }
        if let BoundKind::Aggregate(index) = expression.kind {
            *expression = column(self.aggregates[index].0);
        } else if let BoundKind::Column(_) = expression.kind {
            let bare = AggregateCall {
                function: AggregateFunction::Bare,
                arguments: vec![expression.clone()],
                distinct: false,
                collation: Collation::Binary,
                order: Vec::new(),
                filter: None,
                data_type,
                place: expression.place,
            };
            let known = self.aggregates.iter().find(|(_, call)| *call == bare);
            let bare = known.map(|(column, _)| *column).unwrap_or_else(|| {
                self.aggregates.push(identified(bare, names));
                self.aggregates[self.aggregates.len() - 1].0
            });
            *expression = column(bare);
        } else {
            expression.for_each_operand_mut(|operand| self.regroup(operand, names));
        }
    }
}

/// An aggregate with an identity of its own.
fn identified(call: AggregateCall, names: &mut ColumnNames) -> (usize, AggregateCall) {
    (names.add_displayed(|names| call.display(names)), call)
}

impl ProjectedSelect {
    /// The query that it is: projection, DISTINCT and ORDER BY on top of the rows, of which hidden columns
    /// may be read or are not.
    fn sorted(
        self,
        distinct: bool,
        order_by: &[OrderItem],
        mut reads_hidden: bool,
        names: &mut ColumnNames,
    ) -> LogicalQuery {
        let ProjectedSelect { logical, items, order } = self;
        let mut projected: Vec<ComputedColumn> = Vec::with_capacity(items.len());
        let mut output: Vec<QueryColumn> = Vec::with_capacity(items.len());
        for SelectedColumn { name, expression, .. } in items {
            let (data_type, traits) = (expression.data_type, expression.traits);
            let mut computed = ComputedColumn::new(expression, names);
            if projected.iter().any(|known| known.column == computed.column) {
                computed.column = names.add(&name);
            }
            let (column, as_operand) = (computed.column, traits);
            output.push(QueryColumn { name, data_type, column, traits, as_operand });
            projected.push(computed);
        }
        // Rows of groups have no number, and DISTINCT gives the first of each.
        let ties = match distinct {
            true => Vec::new(),
            false => order_ties::ties(&logical, order_by, &order),
        };
        let mut keys = Vec::with_capacity(order.len());
        for (item, expression) in order_by.iter().zip(order) {
            if expression.is_constant() {
                continue;
            }
            let column = ComputedColumn::among(&mut projected, expression, names);
            keys.push(LogicalKey::of(item, column));
        }
        reads_hidden |= !ties.is_empty();
        for TieKey { expression, descending } in ties {
            let column = ComputedColumn::among(&mut projected, expression, names);
            keys.push(LogicalKey { column, descending, nulls_first: !descending });
        }
        let distinct_by = distinct.then(|| distinct_columns(&output, &mut projected, names));
        let mut logical = Logical::Project { input: Box::new(logical), columns: projected };
        if let Some(columns) = distinct_by {
            logical = Logical::Distinct { input: Box::new(logical), columns };
        }
        if !keys.is_empty() {
            logical = Logical::Sort { input: Box::new(logical), keys, first: None };
        }
        if reads_hidden {
            logical.read_hidden_columns();
        }
        LogicalQuery { logical, output }
    }
}

/// The columns by which DISTINCT tells the rows of an answer from each other.
fn distinct_columns(
    output: &[QueryColumn],
    projected: &mut Vec<ComputedColumn>,
    names: &mut ColumnNames,
) -> Vec<usize> {
    let mut columns: Vec<usize> = output.iter().map(|column| column.column).collect();
    for (item, column) in columns.iter_mut().enumerate() {
        let comparable = collation::comparable(projected[item].expression.clone());
        if comparable != projected[item].expression {
            *column = ComputedColumn::among(projected, comparable, names);
        }
    }
    columns
}

/// What the items of a SELECT, or of RETURNING, are bound with.
struct ItemBinder<'a, 'q> {
    scope: &'a Scope,
    surroundings: &'a Surroundings<'q>,
    clause: &'static str,
    /// WINDOW.
    windows: &'a [NamedWindow],
}

/// Where the aggregates and the window functions of items are gathered.
type Gathered<'a> = (&'a mut Vec<AggregateCall>, &'a mut Vec<BoundWindow>);

impl ItemBinder<'_, '_> {
    fn bind(
        &self,
        items: &[SelectItem],
        mut gathered: Option<Gathered<'_>>,
        planning: &mut Planning<'_>,
    ) -> Result<Vec<SelectedColumn>, Error> {
        let ItemBinder { scope, surroundings, clause, windows: named } = *self;
        let mut bound = Vec::with_capacity(items.len());
        let item = |column: &ScopeColumn, expression: BoundExpression| SelectedColumn {
            name: column.name.clone(),
            is_alias: true,
            expression,
        };
        for selected in items {
            match selected {
                SelectItem::Star(place) => {
                    if scope.relations.is_empty() {
                        let message = "* means all columns, and there is no table here";
                        return Err(Error::new("unknown-table", message, place.0));
                    }
                    scope.check_star(place.0)?;
                    bound.extend(scope.columns().map(|(_, column)| item(column, column.bare())));
                }
                SelectItem::TableStar(table) => {
                    let columns = scope.columns_of(table)?.into_iter();
                    bound.extend(columns.map(|(column, value)| item(column, value)));
                }
                SelectItem::Expression { expression, alias } => {
                    let (aggregates, windows) = match &mut gathered {
                        Some((aggregates, calls)) => {
                            (Some(&mut **aggregates), Some(WindowBinder { named, calls }))
                        }
                        None => (None, None),
                    };
                    let subqueries =
                        Some(SubqueryBinder { planning: &mut *planning, surroundings });
                    let binder = Binder::new(scope, clause);
                    let mut binder = Binder { aggregates, windows, subqueries, ..binder };
                    let value = binder.bind(expression)?;
                    let name = match (alias, &expression.kind, &value.kind) {
                        (Some(alias), _, _) => alias.name.clone(),
                        (
                            None,
                            ExpressionKind::Column { column: written, .. },
                            BoundKind::Column(column),
                        ) => Name::new(scope.answer_name(*column, &written.name)),
                        (None, _, _) => planning
                            .text
                            .get(expression.span.start..expression.span.end)
                            .map_or_else(|| expression.to_string().into(), Name::new),
                    };
                    bound.push(SelectedColumn {
                        name,
                        is_alias: alias.is_some(),
                        expression: value,
                    });
                }
            }
        }
        Ok(bound)
    }
}

/// The items of RETURNING: what each is called, and what it is over the columns of one table.
///
/// # Errors
/// Those of a SELECT's items; `misplaced-aggregate` of one.
pub(super) fn returned_items(
    items: &[SelectItem],
    scope: &Scope,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning<'_>,
) -> Result<Vec<(Name, BoundExpression)>, Error> {
    let binder = ItemBinder { scope, surroundings, clause: "RETURNING", windows: &[] };
    let items = binder.bind(items, None, planning)?;
    Ok(items.into_iter().map(|item| (item.name, item.expression)).collect())
}

/// The item that a bare integer means as a column's number, perhaps with a COLLATE behind it.
fn ordinal(
    expression: &Expression,
    items: &[SelectedColumn],
    clause: &str,
) -> Result<Option<BoundExpression>, Error> {
    let (expression, said) = collation::behind(expression)?;
    let Some(number) = signed_integer(expression) else { return Ok(None) };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    match index.and_then(|index| items.get(index)) {
        Some(item) => Ok(Some(collation::collated(item.expression.clone(), said))),
        None => Err(no_such_ordinal(clause, number, items.len(), expression.span)),
    }
}

/// The error for the number of a column that is not there.
pub(super) fn no_such_ordinal(clause: &str, number: i64, columns: usize, span: Span) -> Error {
    let message = format!("{clause} {number}: the columns are numbered 1 to {columns}");
    Error::new("unknown-column", message, span)
}

/// The integer that a literal with signs before it is.
pub(super) fn signed_integer(expression: &Expression) -> Option<i64> {
    if let ExpressionKind::Unary { operator, operand } = &expression.kind {
        return match operator {
            UnaryOperator::Plus => signed_integer(operand),
            UnaryOperator::Minus => signed_integer(operand)?.checked_neg(),
            UnaryOperator::Not | UnaryOperator::BitNot => None,
        };
    }
    let ExpressionKind::Literal(literal) = &expression.kind else { return None };
    if let Value::Integer(number) = literal.value { Some(number) } else { None }
}

/// In ORDER BY an alias comes before a column of the same name. A name that neither AS nor `*` gave is
/// looked up among the tables, where it may be that of two columns.
fn sort_alias(
    item: &OrderItem,
    items: &[SelectedColumn],
) -> Result<Option<BoundExpression>, Error> {
    let (expression, said) = collation::behind(&item.expression)?;
    if let ExpressionKind::Column { table: None, column } = &expression.kind {
        let named = items.iter().find(|item| item.is_called(&column.name));
        return Ok(named.map(|item| collation::collated(item.expression.clone(), said)));
    }
    ordinal(&item.expression, items, "ORDER BY")
}

/// Refuses aggregates and window functions that an alias stands for.
fn refuse_gathered(
    bound: &BoundExpression,
    expression: &Expression,
    clause: &str,
) -> Result<(), Error> {
    if bound.has_aggregate() {
        let message = format!("an aggregate cannot stand in {clause}");
        return Err(Error::new("misplaced-aggregate", message, expression.span));
    }
    refuse_windows(bound, expression, clause)
}

fn refuse_windows(
    bound: &BoundExpression,
    expression: &Expression,
    clause: &str,
) -> Result<(), Error> {
    if bound.has_window() {
        return Err(window::misplaced("a window function", clause, expression.span));
    }
    Ok(())
}
