//! Plans that are used again: statements that differ in nothing but their literals share one.
//!
//! A plan may be shared only if it would be the same for any values of the same types: every literal
//! became a parameter of it, and none was looked at on the way. GROUP BY, ORDER BY and names of
//! computed columns look at literals, so that only simple SELECTs are shared.

use super::outcome::{OutputColumn, arrow_schema};
use crate::language::Prepared;
use crate::language::ast::{
    AsOf, ExpressionKind, InsertSource, Point, Select, SelectItem, Statement, TableReference,
    Temporal,
};
use crate::planner::{BoundExpression, BoundKind, Planned};
use crate::storage::View;
use crate::types::{PseudoColumn, TableSchema};
use arrow_schema::SchemaRef;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The most shapes that are remembered; then all are forgotten at once.
const MOST_SHAPES: usize = 256;

/// A plan with parameters, over its tables at one moment: the present, or the event that one of the
/// literals is.
#[derive(Debug)]
pub(super) struct SharedPlan {
    pub planned: Planned,
    /// Which literal is the event; none for the present.
    pub moment: Option<usize>,
    /// The table of each slot as it was when the plan was made.
    pub tables: Vec<Arc<TableSchema>>,
    /// The columns of a query.
    pub columns: Vec<OutputColumn>,
    pub schema: SchemaRef,
}

impl SharedPlan {
    /// A plan to be shared; `None` where other literals would have another plan. `statement` is what
    /// it is the plan of.
    pub fn new(
        planned: Planned,
        tables: Vec<Arc<TableSchema>>,
        prepared: &Prepared,
        statement: &Statement,
    ) -> Option<SharedPlan> {
        let moment = match moment_of(statement) {
            Some(as_of) => Some(prepared.literal_in(as_of.span)?),
            None => None,
        };
        let mut found = BTreeSet::from_iter(moment);
        // When a version ended is asked of other views than what was visible.
        let mut sound = true;
        planned.for_each_access(&mut |access| {
            let asks = |column: &usize| access.table.pseudo(*column) == Some(PseudoColumn::EventTo);
            sound = sound && (moment.is_none() || !access.columns.iter().any(asks));
        });
        planned.for_each_expression(&mut |expression| {
            sound = sound && note_parameters(expression, &mut found);
        });
        if !sound || found.len() != prepared.values.len() {
            return None;
        }
        let columns = match &planned {
            Planned::Query(query) => OutputColumn::of(query),
            Planned::Write(_) | Planned::Schema { .. } => Vec::new(),
        };
        let schema = arrow_schema(&columns);
        Some(SharedPlan { planned, moment, tables, columns, schema })
    }

    /// Whether the tables of a view are what the plan was made for.
    pub fn fits(&self, view: &View) -> bool {
        let schema = view.schema();
        self.tables.iter().all(|table| {
            schema.table(&table.name).is_some_and(|now| Arc::ptr_eq(now, table) || now == table)
        })
    }
}

/// Gathers the parameters of an expression; false where one would be converted before it is compared,
/// because for some values the conversion is none and a key could be used.
fn note_parameters(expression: &BoundExpression, found: &mut BTreeSet<usize>) -> bool {
    match &expression.kind {
        BoundKind::Parameter(index) => {
            found.insert(*index);
            true
        }
        BoundKind::Affinity(_, operand) if matches!(operand.kind, BoundKind::Parameter(_)) => false,
        BoundKind::Compare(_, a, b) if is_time_beside_parameter(a, b) => false,
        BoundKind::InList { operand, list, .. }
            if list.iter().any(|item| is_time_beside_parameter(operand, item)) =>
        {
            false
        }
        _ => {
            let mut sound = true;
            expression.for_each_operand(|operand| sound = sound && note_parameters(operand, found));
            sound
        }
    }
}

/// Whether a literal here may be read as a date, by its digits.
fn is_time_beside_parameter(a: &BoundExpression, b: &BoundExpression) -> bool {
    use crate::types::DataType::{Date, Timestamp};
    let parameter = |e: &BoundExpression| matches!(e.kind, BoundKind::Parameter(_));
    let time = |e: &BoundExpression| matches!(e.data_type, Date | Timestamp);
    parameter(a) && time(b) || parameter(b) && time(a)
}

/// Whether statements of this kind can share a plan at all.
pub(super) fn is_shareable(statement: &Statement) -> bool {
    match statement {
        Statement::Insert(insert) => matches!(insert.source, InsertSource::Values(_)),
        Statement::Update(_) | Statement::Delete(_) => true,
        Statement::Select(select) => is_simple(select),
        _ => false,
    }
}

fn is_simple(select: &Select) -> bool {
    let named = |item: &SelectItem| match item {
        SelectItem::Star(_) | SelectItem::TableStar(_) => true,
        SelectItem::Expression { expression, alias } => {
            alias.is_some() || matches!(expression.kind, ExpressionKind::Column { .. })
        }
    };
    one_table_at_one_moment(select)
        && select.items.iter().all(named)
        && select.group_by.is_empty()
        && select.having.is_none()
        && select.order_by.is_empty()
}

/// Whether a query reads one table, now or as of an event by its number.
fn one_table_at_one_moment(select: &Select) -> bool {
    let is_number = |as_of: &AsOf| matches!(as_of.point, Point::Event(_)) && !as_of.before;
    match (&select.from, &select.as_of) {
        (Some(TableReference::Table { temporal: None, .. }), as_of) => {
            as_of.as_ref().is_none_or(is_number)
        }
        (Some(TableReference::Table { temporal: Some(Temporal::AsOf(as_of)), .. }), None) => {
            is_number(as_of)
        }
        _ => false,
    }
}

/// The moment of a statement that [`is_shareable`], if it names one.
fn moment_of(statement: &Statement) -> Option<&AsOf> {
    let Statement::Select(select) = statement else { return None };
    match &select.from {
        Some(TableReference::Table { temporal: Some(Temporal::AsOf(as_of)), .. }) => Some(as_of),
        _ => select.as_of.as_ref(),
    }
}

/// The plans of a session by the shape of their statements.
#[derive(Debug, Default)]
pub(super) struct PlanCache {
    /// `None` for a shape that cannot share a plan.
    plans: HashMap<Vec<u8>, Option<Arc<SharedPlan>>>,
}

impl PlanCache {
    /// What is known of a shape: nothing, that it has no shared plan, or the plan.
    pub fn find(&self, shape: &[u8]) -> Option<Option<Arc<SharedPlan>>> {
        self.plans.get(shape).cloned()
    }

    /// Remembers a shape's plan, or that it has none.
    pub fn put(&mut self, shape: Vec<u8>, plan: Option<Arc<SharedPlan>>) {
        if self.plans.len() >= MOST_SHAPES {
            self.plans.clear();
        }
        self.plans.insert(shape, plan);
    }
}
