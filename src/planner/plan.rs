//! Plans: what the executor does, operator by operator, printed by EXPLAIN as a tree.

use super::expression::BoundExpression;
use super::functions::AggregateFunction;
use crate::language::ast::{Annotations, JoinKind};
use crate::storage::Change;
use crate::types::{DataType, TableSchema};
use std::fmt;
use std::sync::Arc;

/// One operator and its inputs. Expressions read their input's columns by index.
#[derive(Clone, Debug)]
pub enum Plan {
    /// One row without columns: SELECT without FROM.
    OneRow,
    /// Rows of a table.
    Access(TableAccess),
    /// Rows for which the predicate is true.
    Filter {
        /// Where the rows come from.
        input: Box<Plan>,
        /// What must be true.
        predicate: BoundExpression,
    },
    /// New columns from the input's.
    Project {
        /// Where the rows come from.
        input: Box<Plan>,
        /// The columns.
        expressions: Vec<BoundExpression>,
    },
    /// Pairs of rows; the left order is kept, and the right order among the partners of one row.
    Join(Join),
    /// One row per group: first the group's values, then the aggregates.
    Aggregate {
        /// Where the rows come from.
        input: Box<Plan>,
        /// What groups have in common; empty for one group of all rows.
        groups: Vec<BoundExpression>,
        /// What is computed of each group.
        aggregates: Vec<AggregateCall>,
    },
    /// The first of all rows that agree on the first `columns` columns.
    Distinct {
        /// Where the rows come from.
        input: Box<Plan>,
        /// How many columns count.
        columns: usize,
    },
    /// Rows in order; equal ones keep theirs.
    Sort {
        /// Where the rows come from.
        input: Box<Plan>,
        /// By what, the most significant first.
        keys: Vec<SortKey>,
        /// Only the first so many are wanted: the sum of LIMIT and OFFSET.
        limit: Option<Limits>,
    },
    /// Some rows of all.
    Limit {
        /// Where the rows come from.
        input: Box<Plan>,
        /// How many.
        limits: Limits,
    },
}

/// LIMIT and OFFSET as constant expressions.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many rows; all where absent or negative.
    pub limit: Option<BoundExpression>,
    /// How many rows are left out before.
    pub offset: Option<BoundExpression>,
}

/// How rows of a table are reached.
#[derive(Clone, Debug)]
pub struct TableAccess {
    /// Which of the statement's views.
    pub slot: usize,
    /// The table as that view knows it.
    pub table: Arc<TableSchema>,
    /// What EXPLAIN calls it beside its name, `accounts a as of event 2`.
    pub label: Option<String>,
    /// The table's columns that are read, by index; the hidden ones stand behind the others.
    pub columns: Vec<usize>,
    /// How many of them come out; the others serve the filter only.
    pub output: usize,
    /// By which way.
    pub path: Path,
    /// What must be true, over `columns`.
    pub filter: Option<BoundExpression>,
}

/// The way to rows of a table.
#[derive(Clone, Debug)]
pub enum Path {
    /// All rows.
    Scan,
    /// The rows that have one of these values in a key's first columns.
    Find {
        /// Which of the table's keys.
        key: usize,
        /// Lists of constants, each for the key's first columns.
        values: Vec<Vec<BoundExpression>>,
    },
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// The side whose order is kept.
    pub left: Box<Plan>,
    /// The side that is held in memory.
    pub right: Box<Plan>,
    /// Which rows come out.
    pub kind: JoinKind,
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
    /// Which rows count.
    pub filter: Option<BoundExpression>,
    /// The type of its result.
    pub data_type: DataType,
}

/// One key of a sort.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// The input's column.
    pub column: usize,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// A planned statement.
#[derive(Clone, Debug)]
pub enum Planned {
    /// Rows come out.
    Query(Query),
    /// Rows change.
    Write(Write),
    /// The schema changes, or nothing does because IF EXISTS or IF NOT EXISTS says so.
    Schema {
        /// `CREATE TABLE` and its like.
        verb: &'static str,
        /// The table or index.
        name: String,
        /// What changes.
        changes: Vec<Change>,
        /// What the rows that are there have in a column that is added, a constant expression.
        initial: Option<BoundExpression>,
    },
}

/// A plan whose rows are the answer.
#[derive(Clone, Debug)]
pub struct Query {
    /// The plan.
    pub plan: Plan,
    /// Name and type of each column.
    pub columns: Vec<(String, DataType)>,
}

/// A change of a table's rows.
#[derive(Clone, Debug)]
pub struct Write {
    /// The table as it is now.
    pub table: Arc<TableSchema>,
    /// Which of the statement's views is the table's present.
    pub slot: usize,
    /// What happens.
    pub action: Action,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

impl Write {
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub fn verb(&self) -> &'static str {
        match self.action {
            Action::Insert { .. } => "INSERT",
            Action::Update { .. } => "UPDATE",
            Action::Delete { .. } => "DELETE",
        }
    }
}

/// What happens to a table's rows.
#[derive(Clone, Debug)]
pub enum Action {
    /// New rows.
    Insert {
        /// Where their values come from.
        source: Source,
        /// For each column of the table where its value comes from.
        columns: Vec<Fill>,
    },
    /// New values for the rows reached; the access reads all columns in order, and behind them the
    /// hidden ones that new values are made from.
    Update {
        /// Which rows.
        access: TableAccess,
        /// Column and new value, over the columns of the access.
        assignments: Vec<(usize, BoundExpression)>,
    },
    /// The rows reached go; the access reads all columns in order.
    Delete {
        /// Which rows.
        access: TableAccess,
    },
}

/// Where the rows of an INSERT come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Rows of constant expressions.
    Values(Vec<Vec<BoundExpression>>),
    /// Rows of a query.
    Query(Box<Query>),
}

/// Where a column's value comes from.
#[derive(Clone, Debug)]
pub enum Fill {
    /// The source's column at this index.
    Source(usize),
    /// The column's default, NULL where it has none.
    Default(BoundExpression),
}

impl Plan {
    /// The types of the columns that come out.
    pub fn types(&self) -> Vec<DataType> {
        match self {
            Plan::OneRow => Vec::new(),
            Plan::Access(access) => {
                let type_of = |column: &usize| access.table.type_of(*column);
                access.columns[..access.output].iter().map(type_of).collect()
            }
            Plan::Project { expressions, .. } => {
                expressions.iter().map(|expression| expression.data_type).collect()
            }
            Plan::Join(join) => {
                let mut types = join.left.types();
                types.extend(join.right.types());
                types
            }
            Plan::Aggregate { groups, aggregates, .. } => groups
                .iter()
                .map(|group| group.data_type)
                .chain(aggregates.iter().map(|aggregate| aggregate.data_type))
                .collect(),
            Plan::Filter { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => input.types(),
        }
    }

    /// Calls `visit` with every expression of the plan.
    pub fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match self {
            Plan::OneRow => {}
            Plan::Access(access) => access.for_each_expression(visit),
            Plan::Filter { input, predicate } => {
                visit(predicate);
                input.for_each_expression(visit);
            }
            Plan::Project { input, expressions } => {
                expressions.iter().for_each(&mut *visit);
                input.for_each_expression(visit);
            }
            Plan::Join(join) => {
                join.equal.iter().flat_map(|(a, b)| [a, b]).for_each(&mut *visit);
                join.condition.iter().for_each(&mut *visit);
                join.left.for_each_expression(visit);
                join.right.for_each_expression(visit);
            }
            Plan::Aggregate { input, groups, aggregates } => {
                groups.iter().for_each(&mut *visit);
                for aggregate in aggregates {
                    aggregate.arguments.iter().chain(&aggregate.filter).for_each(&mut *visit);
                }
                input.for_each_expression(visit);
            }
            Plan::Sort { input, limit: limits, .. } => {
                limits.iter().for_each(|limits| limits.for_each_expression(visit));
                input.for_each_expression(visit);
            }
            Plan::Limit { input, limits } => {
                limits.for_each_expression(visit);
                input.for_each_expression(visit);
            }
            Plan::Distinct { input, .. } => input.for_each_expression(visit),
        }
    }

    /// Names for the columns that come out, for EXPLAIN only.
    fn names(&self) -> Vec<String> {
        match self {
            Plan::OneRow => Vec::new(),
            Plan::Access(access) => access.names()[..access.output].to_vec(),
            Plan::Project { input, expressions } => {
                let names = input.names();
                expressions.iter().map(|expression| expression.display(&names)).collect()
            }
            Plan::Join(join) => {
                let mut names = join.left.names();
                names.extend(join.right.names());
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
            Plan::Filter { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => input.names(),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:indent$}", "", indent = depth * 2)?;
        match self {
            Plan::OneRow => writeln!(f, "one row"),
            Plan::Access(access) => writeln!(f, "{access}"),
            Plan::Filter { input, predicate } => {
                writeln!(f, "filter {}", predicate.display(&input.names()))?;
                input.write(f, depth + 1)
            }
            Plan::Project { input, .. } => {
                writeln!(f, "project {}", self.names().join(", "))?;
                input.write(f, depth + 1)
            }
            Plan::Join(join) => {
                join.write_head(f)?;
                join.left.write(f, depth + 1)?;
                join.right.write(f, depth + 1)
            }
            Plan::Aggregate { input, groups, aggregates } => {
                let names = input.names();
                let computed: Vec<String> =
                    aggregates.iter().map(|aggregate| aggregate.display(&names)).collect();
                write!(f, "aggregate {}", computed.join(", "))?;
                if !groups.is_empty() {
                    let groups: Vec<String> =
                        groups.iter().map(|group| group.display(&names)).collect();
                    write!(f, " by {} (holds one row per group)", groups.join(", "))?;
                }
                writeln!(f)?;
                input.write(f, depth + 1)
            }
            Plan::Distinct { input, .. } => {
                writeln!(f, "distinct (holds the rows that came out)")?;
                input.write(f, depth + 1)
            }
            Plan::Sort { input, keys, limit } => {
                let names = input.names();
                let keys: Vec<String> = keys.iter().map(|key| key.display(&names)).collect();
                let holds = if limit.is_some() { "the first rows" } else { "all rows" };
                writeln!(f, "sort by {} (holds {holds})", keys.join(", "))?;
                input.write(f, depth + 1)
            }
            Plan::Limit { input, limits } => {
                write!(f, "limit")?;
                limits.limit.iter().try_for_each(|limit| write!(f, " {limit}"))?;
                limits.offset.iter().try_for_each(|offset| write!(f, " from row {offset}"))?;
                writeln!(f)?;
                input.write(f, depth + 1)
            }
        }
    }
}

impl Limits {
    fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        self.limit.iter().chain(&self.offset).for_each(visit);
    }
}

impl Planned {
    /// Calls `visit` with every expression of the statement.
    pub fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match self {
            Planned::Query(query) => query.plan.for_each_expression(visit),
            Planned::Schema { .. } => {}
            Planned::Write(write) => match &write.action {
                Action::Insert { source, columns } => {
                    match source {
                        Source::Values(rows) => rows.iter().flatten().for_each(&mut *visit),
                        Source::Query(query) => query.plan.for_each_expression(visit),
                    }
                    for fill in columns {
                        if let Fill::Default(expression) = fill {
                            visit(expression);
                        }
                    }
                }
                Action::Update { access, assignments } => {
                    assignments.iter().for_each(|(_, value)| visit(value));
                    access.for_each_expression(visit);
                }
                Action::Delete { access } => access.for_each_expression(visit),
            },
        }
    }
}

/// Prints the tree, an operator a line, inputs indented below.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// Prints what is written, then the plan of the rows it reads.
impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Planned::Query(query) => write!(f, "{}", query.plan),
            Planned::Schema { verb, name, .. } => writeln!(f, "{} {name}", verb.to_lowercase()),
            Planned::Write(write) => {
                let name = &write.table.name;
                match &write.action {
                    Action::Insert { source: Source::Query(query), .. } => {
                        writeln!(f, "insert into {name}")?;
                        query.plan.write(f, 1)
                    }
                    Action::Insert { source: Source::Values(rows), .. } => {
                        writeln!(f, "insert into {name}\n  {} rows of values", rows.len())
                    }
                    Action::Update { access, assignments } => {
                        let names = access.names();
                        let set: Vec<String> = assignments
                            .iter()
                            .map(|(column, value)| {
                                format!("{} = {}", names[*column], value.display(&names))
                            })
                            .collect();
                        writeln!(f, "update {name} set {}\n  {access}", set.join(", "))
                    }
                    Action::Delete { access } => writeln!(f, "delete from {name}\n  {access}"),
                }
            }
        }
    }
}

impl Join {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = (self.left.names(), self.right.names());
        let kind = match self.kind {
            JoinKind::Inner => "inner",
            JoinKind::Left => "left",
            JoinKind::Cross => "cross",
        };
        let method = if self.equal.is_empty() { "loop" } else { "hash" };
        write!(f, "{kind} {method} join")?;
        for (at, (a, b)) in self.equal.iter().enumerate() {
            let word = if at == 0 { " on" } else { " and" };
            write!(f, "{word} {} = {}", a.display(&left), b.display(&right))?;
        }
        if let Some(condition) = &self.condition {
            let names: Vec<String> = left.into_iter().chain(right).collect();
            write!(f, " where {}", condition.display(&names))?;
        }
        writeln!(f, " (holds the right side)")
    }
}

impl TableAccess {
    fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        if let Path::Find { values, .. } = &self.path {
            values.iter().flatten().for_each(&mut *visit);
        }
        self.filter.iter().for_each(visit);
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| self.table.name_of(*column).to_string()).collect()
    }
}

/// Prints `scan accounts (id, owner) where …` or `find accounts by primary key id = 5 …`.
impl fmt::Display for TableAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let label = self.label.as_ref().unwrap_or(&self.table.name);
        match &self.path {
            Path::Scan => write!(f, "scan {label}")?,
            Path::Find { key, values } => {
                let key = &self.table.keys[*key];
                let name = key.name.as_deref().unwrap_or(match key.kind {
                    crate::types::KeyKind::Primary => "primary key",
                    crate::types::KeyKind::Unique => "unique key",
                    crate::types::KeyKind::Index => "index",
                });
                write!(f, "find {label} by {name}")?;
                for (at, tuple) in values.iter().enumerate() {
                    f.write_str(if at == 0 { " " } else { " or " })?;
                    for (at, (column, value)) in key.columns.iter().zip(tuple).enumerate() {
                        let and = if at == 0 { "" } else { " and " };
                        write!(f, "{and}{} = {value}", self.table.columns[*column].name)?;
                    }
                }
            }
        }
        write!(f, " ({})", names[..self.output].join(", "))?;
        match &self.filter {
            Some(filter) => write!(f, " where {}", filter.display(&names)),
            None => Ok(()),
        }
    }
}

impl SortKey {
    fn display(&self, names: &[String]) -> String {
        let name = names.get(self.column).cloned().unwrap_or_default();
        let direction = if self.descending { " desc" } else { "" };
        // SQLite's default puts NULLs where the smallest values are.
        let nulls = match (self.nulls_first, self.descending) {
            (true, true) => " nulls first",
            (false, false) => " nulls last",
            (true, false) | (false, true) => "",
        };
        format!("{name}{direction}{nulls}")
    }
}

impl AggregateCall {
    fn display(&self, names: &[String]) -> String {
        let arguments: Vec<String> =
            self.arguments.iter().map(|argument| argument.display(names)).collect();
        let inner = if arguments.is_empty() { "*".to_string() } else { arguments.join(", ") };
        let distinct = if self.distinct { "distinct " } else { "" };
        let filter = match &self.filter {
            Some(filter) => format!(" where {}", filter.display(names)),
            None => String::new(),
        };
        format!("{}({distinct}{inner}){filter}", self.function.name())
    }
}
