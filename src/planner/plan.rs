//! Plans: what the executor does, operator by operator.

use super::expression::{BoundExpression, BoundKind, BoundSubquery};
use super::function_scan::FunctionScan;
use super::functions::AggregateFunction;
use super::join_type::JoinType;
use super::values::BoundRows;
use super::window::WindowCall;
use super::with_plan::{CommonTablePlan, RecursivePlan};
use super::write_plan::Write;
use crate::language::ast::Identifier;
use crate::storage::SchemaChange;
use crate::types::{Collation, CompactSpan, DataType, KeySchema, Name, TableSchema, with_stack};
use std::sync::Arc;

/// One operator and its inputs. Expressions read their input's columns by index. What an operator needs
/// while it runs is shared with it, so that opening a plan copies nothing of it.
#[derive(Clone, Debug)]
pub enum Plan {
    /// One row without columns: SELECT without FROM.
    OneRow,
    /// Rows of a table.
    Access(Arc<TableAccess>),
    /// The rows of a function, for each row of an input.
    Function(Arc<FunctionScan>),
    /// Rows for which the predicate is true.
    Filter {
        /// Where the rows come from.
        input: Box<Plan>,
        /// What must be true.
        predicate: Arc<BoundExpression>,
    },
    /// New columns from the input's.
    Project {
        /// Where the rows come from.
        input: Box<Plan>,
        /// The columns.
        expressions: Arc<[BoundExpression]>,
    },
    /// Pairs of rows; the left order is kept, and the right order among the partners of one row.
    Join(Arc<Join>),
    /// One row per group: first the group's values, then the aggregates.
    Aggregate {
        /// Where the rows come from.
        input: Box<Plan>,
        /// What groups have in common; empty for one group of all rows.
        groups: Arc<[BoundExpression]>,
        /// What is computed of each group.
        aggregates: Arc<[AggregateCall]>,
    },
    /// The input's columns, and behind them window functions. The rows come partition by partition,
    /// each in order.
    Window {
        /// Where the rows come from.
        input: Box<Plan>,
        /// What the rows of a partition agree on.
        partition: Arc<[SortKey]>,
        /// Their order; those with equal keys are peers.
        order: Arc<[SortKey]>,
        /// What is computed of each row.
        calls: Arc<[WindowCall]>,
    },
    /// The first of all rows that agree on their first columns.
    Distinct {
        /// Where the rows come from.
        input: Box<Plan>,
        /// The types of the columns that count.
        types: Arc<[DataType]>,
    },
    /// Rows in order; equal ones keep theirs.
    Sort {
        /// Where the rows come from.
        input: Box<Plan>,
        /// By what, the most significant first.
        keys: Arc<[SortKey]>,
        /// Only the first so many are wanted: the sum of LIMIT and OFFSET.
        limit: Option<Limits>,
    },
    /// Rows that stand in the statement, of columns of these types.
    Values {
        /// The rows.
        rows: Arc<BoundRows>,
        /// The types.
        types: Arc<[DataType]>,
    },
    /// The rows of all inputs, which have columns of the same types, one input behind the other.
    Append {
        /// Where the rows come from.
        inputs: Vec<Plan>,
    },
    /// The left rows that the right side has, or those that it has not.
    SetFilter {
        /// The side whose rows come out.
        left: Box<Plan>,
        /// The side that is held in memory, with columns of the same types as the left's first ones.
        right: Box<Plan>,
        /// The types of the columns of both.
        types: Arc<[DataType]>,
        /// Whether those come out that it has; else the others.
        keeps_common: bool,
    },
    /// Some rows of all.
    Limit {
        /// Where the rows come from.
        input: Box<Plan>,
        /// How many.
        limits: Limits,
    },
    /// The rows of a table of WITH that has several readers.
    Shared(CommonTablePlan),
    /// The rows of a recursive table.
    Recursive(Arc<RecursivePlan>),
    /// The rows that a step of a recursive table is given, and behind them their numbers.
    RecursiveRows {
        /// The number of the table.
        number: usize,
        /// What it is called.
        name: Name,
        /// The types of the columns.
        types: Arc<[DataType]>,
    },
}

/// LIMIT and OFFSET as constant expressions.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many rows; all where absent or negative.
    pub limit: Option<Box<BoundExpression>>,
    /// How many rows are left out before.
    pub offset: Option<Box<BoundExpression>>,
}

/// What EXPLAIN says of a table behind its name: ` a as of event 2`.
#[derive(Clone, Debug, Default)]
pub struct TableLabel {
    /// What the statement calls it, where it says so.
    pub alias: Option<Name>,
    /// When it is read, if the statement says so: ` as of event 2`, with the blank before it.
    pub moment: Option<String>,
}

/// How rows of a table are reached.
#[derive(Clone, Debug)]
pub struct TableAccess {
    /// Which of the statement's views.
    pub slot: usize,
    /// The table as that view knows it.
    pub table: Arc<TableSchema>,
    /// What EXPLAIN says of it beside its name.
    pub label: TableLabel,
    /// The table's columns that are read, by index; the hidden ones stand behind the others.
    pub columns: Vec<usize>,
    /// How many of them come out; the others serve the filter only.
    pub output: usize,
    /// By which way.
    pub path: AccessPath,
    /// What must be true, over `columns`.
    pub filter: Option<BoundExpression>,
    /// The order in which they come where it is seen and they may be kept in another: keys over the
    /// table's columns by index.
    pub order: Vec<OrderKey>,
}

/// The way to rows of a table.
#[derive(Clone, Debug)]
pub enum AccessPath {
    /// All rows.
    Scan,
    /// The rows of these numbers, which are constants.
    Numbered(Vec<BoundExpression>),
    /// The rows that have one of these values in a key's first columns.
    Find {
        /// Which of the table's keys.
        key: usize,
        /// Lists of constants, each for the key's first columns.
        values: Vec<Vec<BoundExpression>>,
    },
    /// The rows that may be partners of a left row, where the table is the right side of a join: those
    /// that have its values in a key's first parts.
    Lookup {
        /// Which of the table's keys.
        key: usize,
        /// The values over the columns of the left side, for the key's first parts.
        values: Vec<BoundExpression>,
    },
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// The side whose order is kept.
    pub left: Box<Plan>,
    /// The side that is held in memory.
    pub right: Box<Plan>,
    /// The types of the columns of both.
    pub types: (Arc<[DataType]>, Arc<[DataType]>),
    /// Which rows come out.
    pub kind: JoinType,
    /// Pairs that must be equal: over the left columns, over the right columns.
    pub equal: Vec<(BoundExpression, BoundExpression)>,
    /// What else must be true, over the left and then the right columns.
    pub condition: Option<BoundExpression>,
}

/// One aggregate of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub function: AggregateFunction,
    /// Its arguments; none for `count(*)`.
    pub arguments: Vec<BoundExpression>,
    /// Whether equal values count once.
    pub distinct: bool,
    /// How texts of its first argument compare, where it compares them.
    pub collation: Collation,
    /// In which order it takes the rows of a group; as they come where it is empty.
    pub order: Vec<OrderKey>,
    /// Which rows count.
    pub filter: Option<BoundExpression>,
    /// The type of its result.
    pub data_type: DataType,
    /// Where it stands in the statement, if it does; two that differ in this alone are equal.
    pub place: CompactSpan,
}

/// A key of an order that is no column.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// What is compared.
    pub expression: BoundExpression,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

impl AggregateCall {
    /// The expressions that it is made of.
    pub fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        let order = self.order.iter().map(|key| &key.expression);
        self.arguments.iter().chain(order).chain(&self.filter)
    }

    /// The same to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        let order = self.order.iter_mut().map(|key| &mut key.expression);
        self.arguments.iter_mut().chain(order).chain(&mut self.filter)
    }
}

/// One key of a sort.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// The input's column.
    pub column: usize,
    /// Its type.
    pub data_type: DataType,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// A planned statement.
#[derive(Clone, Debug)]
pub enum Planned {
    /// Rows come out.
    Query(QueryPlan),
    /// Rows change.
    Write(Box<Write>),
    /// The schema changes, or nothing does because IF EXISTS or IF NOT EXISTS says so.
    Schema(Box<SchemaPlan>),
}

/// A change of the schema.
#[derive(Clone, Debug)]
pub struct SchemaPlan {
    /// `CREATE TABLE` and its like.
    pub verb: &'static str,
    /// The table, index, view or trigger.
    pub name: Name,
    /// What changes.
    pub changes: Vec<SchemaChange>,
    /// What the rows that are there have in a column that is added, a constant expression.
    pub initial: Option<BoundExpression>,
    /// The first rows of the table that is created.
    pub rows: Option<QueryPlan>,
    /// What is to be said of the definition, a line each.
    pub notices: Vec<String>,
}

impl SchemaPlan {
    /// A change about which there is nothing more to say.
    pub fn new(verb: &'static str, name: &Identifier, changes: Vec<SchemaChange>) -> SchemaPlan {
        let (initial, rows, notices) = Default::default();
        SchemaPlan { verb, name: name.name.clone(), changes, initial, rows, notices }
    }
}

impl From<SchemaPlan> for Planned {
    fn from(plan: SchemaPlan) -> Planned {
        Planned::Schema(Box::new(plan))
    }
}

/// A plan whose rows are the answer.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// The plan.
    pub plan: Plan,
    /// Name and type of each column.
    pub columns: Vec<(Name, DataType)>,
}

impl Plan {
    /// The types of the columns that come out.
    pub fn types(&self) -> Vec<DataType> {
        match self {
            Plan::OneRow => Vec::new(),
            Plan::Shared(shared) => shared.plan.types(),
            Plan::Recursive(recursive) => recursive.types.to_vec(),
            Plan::RecursiveRows { types, .. } => types.to_vec(),
            Plan::Values { types, .. } => types.to_vec(),
            Plan::Access(access) => {
                let type_of = |column: &usize| access.table.type_of(*column);
                access.columns[..access.output].iter().map(type_of).collect()
            }
            Plan::Function(scan) => {
                let mut types = scan.input.types();
                types.extend(scan.columns().iter().map(|(_, data_type)| data_type));
                types
            }
            Plan::Project { expressions, .. } => {
                expressions.iter().map(|expression| expression.data_type).collect()
            }
            Plan::Join(join) => {
                let (left, right) = &join.types;
                let right: &[DataType] = if join.kind.gives_right() { right } else { &[] };
                left.iter().chain(right).copied().collect()
            }
            Plan::Aggregate { groups, aggregates, .. } => groups
                .iter()
                .map(|group| group.data_type)
                .chain(aggregates.iter().map(|aggregate| aggregate.data_type))
                .collect(),
            Plan::Window { input, calls, .. } => {
                let mut types = input.types();
                types.extend(calls.iter().map(|call| call.data_type));
                types
            }
            Plan::Append { inputs } => inputs.first().map(Plan::types).unwrap_or_default(),
            Plan::Filter { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. }
            | Plan::SetFilter { left: input, .. } => input.types(),
        }
    }

    /// Calls `visit` with every direct input, in the order in which the executor opens them, on stack that is
    /// left for whoever calls itself so.
    pub fn for_each_input<'a>(&'a self, mut visit: impl FnMut(&'a Plan)) {
        let mut visit = |input: &'a Plan| with_stack(|| visit(input));
        match self {
            Plan::OneRow | Plan::Access(_) | Plan::Values { .. } | Plan::RecursiveRows { .. } => {}
            Plan::Shared(shared) => visit(&shared.plan),
            Plan::Function(scan) => visit(&scan.input),
            Plan::Recursive(recursive) => {
                visit(&recursive.initial);
                recursive.steps.iter().for_each(|step| visit(&step.plan));
            }
            Plan::Filter { input, .. }
            | Plan::Project { input, .. }
            | Plan::Aggregate { input, .. }
            | Plan::Window { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => visit(input),
            Plan::Join(join) => {
                visit(&join.left);
                visit(&join.right);
            }
            Plan::SetFilter { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Plan::Append { inputs } => inputs.iter().for_each(visit),
        }
    }

    /// Calls `visit` with every operator, those of rows that are held for several readers once. `held` are the
    /// numbers of those that were visited.
    fn for_each_operator<'a>(&'a self, held: &mut Vec<usize>, visit: &mut impl FnMut(&'a Plan)) {
        visit(self);
        if let Plan::Shared(shared) = self {
            if held.contains(&shared.number) {
                return;
            }
            held.push(shared.number);
        }
        self.for_each_input(|input| input.for_each_operator(held, visit));
    }

    /// Calls `visit` with every expression of the plan.
    pub fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        self.for_each_operator(&mut Vec::new(), &mut |operator| operator.for_each_own(visit));
    }

    /// The same of this operator, not of its inputs.
    fn for_each_own<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match self {
            Plan::OneRow
            | Plan::Distinct { .. }
            | Plan::Append { .. }
            | Plan::SetFilter { .. }
            | Plan::Shared(_)
            | Plan::Recursive(_)
            | Plan::RecursiveRows { .. } => {}
            Plan::Values { rows, .. } => rows.expressions().for_each(&mut *visit),
            Plan::Access(access) => access.for_each_expression(visit),
            Plan::Function(scan) => {
                scan.arguments.iter().chain(&scan.condition).for_each(&mut *visit);
            }
            Plan::Filter { predicate, .. } => visit(predicate),
            Plan::Project { expressions, .. } => expressions.iter().for_each(&mut *visit),
            Plan::Join(join) => {
                join.equal.iter().flat_map(|(a, b)| [a, b]).for_each(&mut *visit);
                join.condition.iter().for_each(&mut *visit);
            }
            Plan::Aggregate { groups, aggregates, .. } => {
                groups.iter().for_each(&mut *visit);
                aggregates.iter().flat_map(AggregateCall::expressions).for_each(&mut *visit);
            }
            Plan::Window { calls, .. } => {
                calls.iter().flat_map(WindowCall::expressions).for_each(&mut *visit);
            }
            Plan::Sort { limit: limits, .. } => {
                limits.iter().flat_map(Limits::expressions).for_each(visit);
            }
            Plan::Limit { limits, .. } => limits.expressions().for_each(visit),
        }
    }

    /// The access to a table that the plan is, if it is nothing else.
    pub fn as_access(&self) -> Option<&Arc<TableAccess>> {
        if let Plan::Access(access) = self { Some(access) } else { None }
    }

    /// Calls `visit` with every table access of the plan.
    pub fn for_each_access<'a>(&'a self, visit: &mut impl FnMut(&'a TableAccess)) {
        self.for_each_operator(&mut Vec::new(), &mut |operator| {
            if let Some(access) = operator.as_access() {
                visit(access);
            }
        });
    }

    /// Names for the columns that come out, for EXPLAIN only.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Plan::OneRow => Vec::new(),
            Plan::Shared(shared) => shared.plan.names(),
            Plan::Recursive(recursive) => recursive.initial.names(),
            Plan::Values { types, .. } | Plan::RecursiveRows { types, .. } => {
                (1..=types.len()).map(|number| format!("column{number}")).collect()
            }
            Plan::Access(access) => access.names()[..access.output].to_vec(),
            Plan::Function(scan) => {
                let mut names = scan.input.names();
                names.extend(scan.columns().iter().map(|(name, _)| (*name).to_owned()));
                names
            }
            Plan::Project { input, expressions } => {
                let names = input.names();
                expressions.iter().map(|expression| expression.display(&names)).collect()
            }
            Plan::Join(join) => {
                let mut names = join.left.names();
                if join.kind.gives_right() {
                    names.extend(join.right.names());
                }
                names
            }
            Plan::Aggregate { input, groups, aggregates } => {
                let names = input.names();
                groups
                    .iter()
                    .map(|group| group.display(&names))
                    .chain(aggregates.iter().map(|aggregate| aggregate.display(&names)))
                    .collect()
            }
            Plan::Window { input, calls, .. } => {
                let mut names = input.names();
                let called: Vec<String> = calls.iter().map(|call| call.display(&names)).collect();
                names.extend(called);
                names
            }
            Plan::Append { inputs } => inputs.first().map(Plan::names).unwrap_or_default(),
            Plan::Filter { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. }
            | Plan::SetFilter { left: input, .. } => input.names(),
        }
    }
}

impl Limits {
    /// The expressions that they are made of.
    pub fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        self.limit.iter().chain(&self.offset).map(Box::as_ref)
    }

    /// The same to be changed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        self.limit.iter_mut().chain(&mut self.offset).map(Box::as_mut)
    }
}

impl Planned {
    /// Calls `visit` with every query inside of an expression of the statement, those inside of
    /// others included.
    pub fn for_each_subquery<'a>(&'a self, visit: &mut dyn FnMut(&'a BoundSubquery)) {
        self.for_each_expression(&mut |expression| expression.for_each_subquery(visit));
    }

    /// Calls `visit` with every table access of the statement.
    pub fn for_each_access<'a>(&'a self, visit: &mut impl FnMut(&'a TableAccess)) {
        self.for_each_subquery(&mut |subquery| subquery.plan.for_each_access(visit));
        match self {
            Planned::Query(query) => query.plan.for_each_access(visit),
            Planned::Schema(schema) => {
                schema.rows.iter().for_each(|rows| rows.plan.for_each_access(visit));
            }
            Planned::Write(write) => write.for_each_access(visit),
        }
    }

    /// Calls `visit` with every expression of the statement.
    pub fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match self {
            Planned::Query(query) => query.plan.for_each_expression(visit),
            Planned::Schema(schema) => {
                schema.rows.iter().for_each(|rows| rows.plan.for_each_expression(visit));
            }
            Planned::Write(write) => write.for_each_expression(visit),
        }
    }
}

impl TableAccess {
    /// The key by which partners of left rows are looked up, and the values for its first parts.
    pub fn lookup(&self) -> Option<(&KeySchema, &[BoundExpression])> {
        match &self.path {
            AccessPath::Lookup { key, values } => Some((&self.table.keys[*key], values)),
            AccessPath::Scan | AccessPath::Numbered(_) | AccessPath::Find { .. } => None,
        }
    }

    /// Whether its order is that of the INTEGER PRIMARY KEY alone.
    pub fn is_by_number(&self) -> bool {
        let [key] = &*self.order else { return false };
        let number = self.table.integer_primary_key();
        let is_number =
            number.is_some_and(|number| key.expression.kind == BoundKind::Column(number));
        is_number && !key.descending
    }

    pub(super) fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match &self.path {
            AccessPath::Scan => {}
            AccessPath::Numbered(numbers) => numbers.iter().for_each(&mut *visit),
            AccessPath::Find { values, .. } => values.iter().flatten().for_each(&mut *visit),
            AccessPath::Lookup { values, .. } => values.iter().for_each(&mut *visit),
        }
        self.filter.iter().for_each(visit);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| self.table.name_of(*column).to_string()).collect()
    }
}
