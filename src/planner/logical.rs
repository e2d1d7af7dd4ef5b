//! Logical plans: what rows are wanted, before it is decided how they are reached.
//!
//! Expressions here read columns by *identity*: a number that one column has in the whole statement,
//! wherever it comes by. A rewrite moves operators without touching an expression; where a column
//! stands among its input's is decided once, by [`lower`](super::lower).

use super::TableSource;
use super::column_set::ColumnSet;
use super::common_table::LogicalShared;
use super::expression::{BoundExpression, BoundKind};
use super::function_scan::LogicalFunction;
use super::join_type::JoinType;
use super::plan::{AccessPath, AggregateCall, Limits, TableLabel};
use super::recursive::{LogicalRecursive, RecursivePart, RecursiveRows};
use super::scan_order::SeenOrder;
use super::values::BoundRows;
use super::window::WindowCall;
use crate::language::ast::OrderItem;
use crate::types::{DataType, Span, TableSchema, with_stack};
use std::ops::Range;
use std::sync::Arc;

/// One operator and its inputs.
#[derive(Clone, Debug)]
pub(super) enum Logical {
    /// One row without columns: SELECT without FROM.
    OneRow,
    /// The rows of a table.
    Table(Box<LogicalTable>),
    /// The rows of a function, for each row of an input.
    Function(Box<LogicalFunction>),
    /// Rows for which all conditions are true.
    Filter { input: Box<Logical>, conditions: Vec<BoundExpression> },
    /// Columns that are computed from the input's; no others come out.
    Project { input: Box<Logical>, columns: Vec<ComputedColumn> },
    /// Pairs of rows, for which all conditions are true.
    Join(LogicalJoin),
    /// One row per group: the groups' values, then the aggregates.
    Aggregate(LogicalAggregate),
    /// Window functions beside the columns of rows that come partition by partition, in order.
    Window(LogicalWindow),
    /// The first of all rows that agree on some columns; the other columns come out besides.
    Distinct { input: Box<Logical>, columns: Vec<usize> },
    /// Rows in order; equal ones keep theirs. `first`: only the first so many are wanted.
    Sort { input: Box<Logical>, keys: Vec<LogicalKey>, first: Option<Limits> },
    /// Some rows of all.
    Limit { input: Box<Logical>, limits: Limits },
    /// Rows that stand in the statement.
    Values(LogicalValues),
    /// The rows of all inputs, one input behind the other. Each has the columns that become these, in
    /// this order.
    Append { inputs: Vec<(Logical, Vec<usize>)>, columns: Vec<usize> },
    /// The left rows that the right side has too, or those that it has not; in the order of the left.
    SetFilter(LogicalSetFilter),
    /// The rows of a table of WITH.
    Shared(LogicalShared),
    /// The rows of a recursive table.
    Recursive(Box<LogicalRecursive>),
    /// The rows that a part of a recursive table is given.
    RecursiveRows(Box<RecursiveRows>),
}

/// Rows that stand in the statement.
#[derive(Clone, Debug)]
pub(super) struct LogicalValues {
    /// The rows.
    pub rows: Arc<BoundRows>,
    /// The identities of their columns.
    pub columns: Vec<usize>,
    /// Their types.
    pub types: Vec<DataType>,
}

impl LogicalValues {
    /// What is no constant in them; it reads no column.
    fn expressions(&self) -> impl Iterator<Item = &BoundExpression> {
        self.rows.expressions()
    }

    /// The same to be changed.
    fn expressions_mut(&mut self) -> impl Iterator<Item = &mut BoundExpression> {
        Arc::make_mut(&mut self.rows).expressions_mut()
    }
}

/// INTERSECT or EXCEPT.
#[derive(Clone, Debug)]
pub(super) struct LogicalSetFilter {
    /// The side whose rows come out.
    pub left: Box<Logical>,
    /// The side that they are looked for in.
    pub right: Box<Logical>,
    /// The columns of the left that are compared; the others come out besides.
    pub left_columns: Vec<usize>,
    /// Those that they are compared with.
    pub right_columns: Vec<usize>,
    /// Whether those come out that are found; else the others.
    pub keeps_common: bool,
}

/// The keys of a table by which its rows may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsableKeys {
    /// All.
    All,
    /// The one that INDEXED BY names, where it does.
    Only(usize, Span),
    /// That of its rows' numbers, where it has numbers: NOT INDEXED.
    Number,
}

/// A table that is read.
#[derive(Clone, Debug)]
pub(super) struct LogicalTable {
    /// The table, and which of the statement's views shows it.
    pub source: TableSource,
    /// What EXPLAIN says of it beside its name.
    pub label: TableLabel,
    /// The identity of its first column; the others follow, the hidden ones last.
    pub first: usize,
    /// The indexes of the columns that come out.
    pub columns: Vec<usize>,
    /// What must be true of its rows, by identities.
    pub conditions: Vec<BoundExpression>,
    /// Whose order of them is seen.
    pub seen: SeenOrder,
    /// Which of its keys may be used.
    pub usable: UsableKeys,
    /// How they are reached. What it finds makes the conditions true that chose it.
    pub path: AccessPath,
}

/// A column that is computed.
#[derive(Clone, Debug)]
pub(super) struct ComputedColumn {
    /// Its identity; the input's where it is only handed on.
    pub column: usize,
    /// What it is.
    pub expression: BoundExpression,
}

impl LogicalKey {
    /// The key that an item of ORDER BY is, once it is known which column it means.
    pub fn of(item: &OrderItem, column: usize) -> LogicalKey {
        let nulls_first = item.nulls_first.unwrap_or(!item.descending);
        LogicalKey { column, descending: item.descending, nulls_first }
    }

    /// The key of a column in ascending order, NULLs first.
    pub fn ascending(column: usize) -> LogicalKey {
        LogicalKey { column, descending: false, nulls_first: true }
    }
}

impl ComputedColumn {
    /// The identity of the one among some that is an expression, which is added where there is none.
    pub fn among(
        columns: &mut Vec<ComputedColumn>,
        expression: BoundExpression,
        names: &mut ColumnNames,
    ) -> usize {
        if let Some(known) = columns.iter().find(|known| known.expression == expression) {
            return known.column;
        }
        let computed = ComputedColumn::new(expression, names);
        let column = computed.column;
        columns.push(computed);
        column
    }

    /// A column that is handed on, or a new one.
    pub fn new(expression: BoundExpression, names: &mut ColumnNames) -> ComputedColumn {
        let column = if let BoundKind::Column(column) = expression.kind {
            column
        } else {
            names.add_displayed(|names| expression.display(names))
        };
        ComputedColumn { column, expression }
    }
}

/// Two inputs joined.
#[derive(Clone, Debug)]
pub(super) struct LogicalJoin {
    /// The side whose order is kept.
    pub left: Box<Logical>,
    /// The other.
    pub right: Box<Logical>,
    /// Which rows come out.
    pub kind: JoinType,
    /// What must be true of a pair.
    pub on: Vec<BoundExpression>,
}

/// An input in groups.
#[derive(Clone, Debug)]
pub(super) struct LogicalAggregate {
    /// Where the rows come from.
    pub input: Box<Logical>,
    /// What the rows of a group have in common; empty for one group of all rows.
    pub groups: Vec<ComputedColumn>,
    /// What is computed of each group, with its identity.
    pub aggregates: Vec<(usize, AggregateCall)>,
}

/// Window functions over one window.
#[derive(Clone, Debug)]
pub(super) struct LogicalWindow {
    /// Where the rows come from, sorted by the partition and then by the order.
    pub input: Box<Logical>,
    /// What the rows of a partition have in common.
    pub partition: Vec<usize>,
    /// Their order; those with equal keys are peers.
    pub order: Vec<LogicalKey>,
    /// What is computed of each row, with its identity.
    pub calls: Vec<(usize, WindowCall)>,
}

/// One key of a sort.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogicalKey {
    /// The column.
    pub column: usize,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// Hands out the identities of a statement's columns, and knows what to call them where plans are shown.
#[derive(Debug)]
pub(super) struct ColumnNames {
    /// How many there are.
    count: usize,
    /// What they are called; nobody needs it where no plan is shown.
    names: Option<Vec<String>>,
}

impl ColumnNames {
    /// No columns; whether their names will be asked for.
    pub fn new(are_asked_for: bool) -> ColumnNames {
        ColumnNames { count: 0, names: are_asked_for.then(Vec::new) }
    }

    /// The identity of a column that is called so.
    pub fn add(&mut self, name: &str) -> usize {
        self.add_displayed(|_| name.to_owned())
    }

    /// The identity of a column that is called as `display` says, which is given the names so far.
    pub fn add_displayed(&mut self, display: impl FnOnce(&[String]) -> String) -> usize {
        if let Some(names) = &mut self.names {
            names.push(display(names));
        }
        self.count += 1;
        self.count - 1
    }

    /// The identity of the first of some columns; the others follow.
    pub fn add_all<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> usize {
        let first = self.count;
        names.for_each(|name| {
            self.add(name);
        });
        first
    }

    /// The identity of the first of a table's columns, the hidden ones included; the others follow.
    pub fn add_table(&mut self, table: &TableSchema) -> usize {
        let first = self.count;
        if let Some(names) = &mut self.names {
            names.extend((0..table.width()).map(|index| table.name_of(index).to_owned()));
        }
        self.count += table.width();
        first
    }

    /// What a column is called.
    pub fn name(&self, column: usize) -> &str {
        self.as_slice().get(column).map_or("?", String::as_str)
    }

    /// The names, by identity.
    pub fn as_slice(&self) -> &[String] {
        self.names.as_deref().unwrap_or_default()
    }
}

/// Visits the inputs of an operator, borrowed either way: the one list of what has which.
macro_rules! inputs {
    ($logical:expr, $visit:ident, $($borrow:tt)+) => {
        match $logical {
            Logical::OneRow
            | Logical::Table(_)
            | Logical::Values(_)
            | Logical::Shared(_)
            | Logical::RecursiveRows(_) => {}
            Logical::Recursive(recursive) => {
                let LogicalRecursive { initial, parts, .. } = $($borrow)+ **recursive;
                $visit(initial);
                for RecursivePart { logical, .. } in parts {
                    $visit(logical);
                }
            }
            Logical::Append { inputs, .. } => {
                for (input, _) in inputs {
                    $visit(input);
                }
            }
            Logical::SetFilter(filter) => {
                let LogicalSetFilter { left, right, .. } = filter;
                $visit(left);
                $visit(right);
            }
            Logical::Filter { input, .. }
            | Logical::Project { input, .. }
            | Logical::Aggregate(LogicalAggregate { input, .. })
            | Logical::Window(LogicalWindow { input, .. })
            | Logical::Distinct { input, .. }
            | Logical::Sort { input, .. }
            | Logical::Limit { input, .. } => $visit(input),
            Logical::Function(function) => $visit($($borrow)+ function.input),
            Logical::Join(join) => {
                let LogicalJoin { left, right, .. } = join;
                $visit(left);
                $visit(right);
            }
        }
    };
}

/// Visits the expressions of an operator alone, borrowed either way.
macro_rules! expressions {
    ($logical:expr, $visit:ident, $iter:ident, $expressions:ident, $($borrow:tt)+) => {
        match $logical {
            Logical::OneRow
            | Logical::Distinct { .. }
            | Logical::Append { .. }
            | Logical::Shared(_)
            | Logical::Recursive(_)
            | Logical::RecursiveRows(_)
            | Logical::SetFilter(_) => {}
            Logical::Values(values) => values.$expressions().for_each($visit),
            Logical::Table(table) => table.conditions.$iter().for_each($visit),
            Logical::Filter { conditions, .. }
            | Logical::Join(LogicalJoin { on: conditions, .. }) => {
                conditions.$iter().for_each($visit);
            }
            Logical::Function(function) => {
                let LogicalFunction { arguments, on, .. } = $($borrow)+ **function;
                arguments.$iter().chain(on).for_each($visit);
            }
            Logical::Project { columns, .. } => {
                columns.$iter().for_each(|computed| $visit($($borrow)+ computed.expression));
            }
            Logical::Aggregate(LogicalAggregate { groups, aggregates, .. }) => {
                groups.$iter().for_each(|group| $visit($($borrow)+ group.expression));
                for (_, call) in aggregates {
                    call.$expressions().for_each(&mut $visit);
                }
            }
            Logical::Window(LogicalWindow { calls, .. }) => {
                for (_, call) in calls {
                    call.$expressions().for_each(&mut $visit);
                }
            }
            Logical::Sort { first: limits, .. } => {
                if let Some(limits) = limits {
                    limits.$expressions().for_each($visit);
                }
            }
            Logical::Limit { limits, .. } => limits.$expressions().for_each($visit),
        }
    };
}

impl Logical {
    /// Calls `visit` with every direct input, on stack that is left for whoever calls itself so.
    pub fn for_each_input<'a>(&'a self, mut visit: impl FnMut(&'a Logical)) {
        let mut visit = |input: &'a Logical| with_stack(|| visit(input));
        inputs!(self, visit, &);
    }

    /// The same for inputs to be changed.
    pub fn for_each_input_mut(&mut self, mut visit: impl FnMut(&mut Logical)) {
        let mut visit = |input: &mut Logical| with_stack(|| visit(input));
        inputs!(self, visit, &mut);
    }

    /// Calls `visit` with every expression of this operator, not of its inputs.
    pub fn for_each_expression<'a>(&'a self, mut visit: impl FnMut(&'a BoundExpression)) {
        expressions!(self, visit, iter, expressions, &);
    }

    /// The same for expressions to be changed.
    pub fn for_each_expression_mut(&mut self, mut visit: impl FnMut(&mut BoundExpression)) {
        expressions!(self, visit, iter_mut, expressions_mut, &mut);
    }

    /// The operator itself, to be put back as another.
    pub fn take(&mut self) -> Logical {
        std::mem::replace(self, Logical::OneRow)
    }

    /// Whether a column of this identity comes out, or would if it were asked for.
    pub fn has(&self, column: usize) -> bool {
        match self {
            Logical::OneRow => false,
            Logical::Values(LogicalValues { columns, .. })
            | Logical::Append { columns, .. }
            | Logical::Shared(LogicalShared { columns, .. }) => columns.contains(&column),
            Logical::Recursive(recursive) => recursive.columns.contains(&column),
            Logical::RecursiveRows(rows) => {
                rows.columns.contains(&column) || rows.ordinal == column
            }
            Logical::Table(table) => table.identities().contains(&column),
            Logical::Function(function) => {
                function.identities().contains(&column) || function.input.has(column)
            }
            Logical::Project { columns, .. } => columns.iter().any(|known| known.column == column),
            Logical::Aggregate(LogicalAggregate { groups, aggregates, .. }) => {
                groups.iter().any(|group| group.column == column)
                    || aggregates.iter().any(|(aggregate, _)| *aggregate == column)
            }
            Logical::Window(LogicalWindow { input, calls, .. }) => {
                calls.iter().any(|(call, _)| *call == column) || input.has(column)
            }
            Logical::Join(LogicalJoin { left, right, kind, .. }) => {
                left.has(column) || kind.gives_right() && right.has(column)
            }
            Logical::SetFilter(LogicalSetFilter { left: input, .. })
            | Logical::Filter { input, .. }
            | Logical::Distinct { input, .. }
            | Logical::Sort { input, .. }
            | Logical::Limit { input, .. } => input.has(column),
        }
    }

    /// Whether an expression reads columns of this operator only, and at least one.
    pub fn has_all_of(&self, expression: &BoundExpression) -> bool {
        expression.reads_only(|column| self.has(column))
    }

    /// Puts the operator below a filter, if there are conditions.
    pub fn filter(&mut self, conditions: Vec<BoundExpression>) {
        if !conditions.is_empty() {
            *self = Logical::Filter { input: Box::new(self.take()), conditions };
        }
    }

    /// The operator below a filter, if there are conditions.
    pub fn filtered(mut self, conditions: Vec<BoundExpression>) -> Logical {
        self.filter(conditions);
        self
    }

    /// Lets the hidden columns of tables come out that some expression reads.
    pub fn read_hidden_columns(&mut self) {
        let mut read = ColumnSet::default();
        self.note_columns(&mut read);
        self.add_hidden_columns(&read);
    }

    fn note_columns(&self, read: &mut ColumnSet) {
        self.for_each_expression(|expression| {
            expression.for_each_column(&mut |column| read.insert(column));
        });
        self.for_each_input(|input| input.note_columns(read));
    }

    fn add_hidden_columns(&mut self, read: &ColumnSet) {
        if let Logical::Table(table) = self {
            let (first, declared) = (table.first, table.source.schema.columns.len());
            let hidden = first + declared..table.identities().end;
            for column in read.within(hidden) {
                if !table.columns.contains(&(column - first)) {
                    table.columns.push(column - first);
                }
            }
        }
        if let Logical::Function(function) = self {
            let (first, shown) = (function.first, function.function.shown());
            for column in read.within(first + shown..function.identities().end) {
                if !function.columns.contains(&(column - first)) {
                    function.columns.push(column - first);
                }
            }
        }
        self.for_each_input_mut(|input| input.add_hidden_columns(read));
    }
}

impl LogicalTable {
    /// A table of which all declared columns are read, by a scan.
    pub fn new(source: TableSource, label: TableLabel, first: usize) -> LogicalTable {
        let columns = (0..source.schema.columns.len()).collect();
        let (conditions, usable, path) = (Vec::new(), UsableKeys::All, AccessPath::Scan);
        let seen = SeenOrder::Index;
        LogicalTable { source, label, first, columns, conditions, seen, usable, path }
    }

    /// The identities of its columns.
    pub fn identities(&self) -> Range<usize> {
        self.first..self.first + self.source.schema.width()
    }
}
