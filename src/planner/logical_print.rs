//! Logical plans as text, for EXPLAIN VERBOSE: an operator a line, inputs indented below.

use super::common_table::LogicalShared;
use super::expression::BoundExpression;
use super::logical::{
    ColumnNames, Logical, LogicalAggregate, LogicalJoin, LogicalKey, LogicalTable, LogicalWindow,
};
use super::print::over;

impl Logical {
    /// The lines of the plan, its columns called by these names.
    pub fn lines(&self, names: &ColumnNames) -> Vec<String> {
        let mut lines = Vec::new();
        self.print(names, 0, &mut lines);
        lines
    }

    fn print(&self, names: &ColumnNames, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!("{}{}", "  ".repeat(depth), self.head(names)));
        self.for_each_input(|input| input.print(names, depth + 1, lines));
    }

    /// The line of this operator alone.
    fn head(&self, names: &ColumnNames) -> String {
        let all = |columns: &[usize]| named(columns.iter().copied(), names);
        match self {
            Logical::OneRow => "one row".into(),
            Logical::Values(values) => values.rows.title(),
            Logical::Append { columns, .. } => format!("append {}", all(columns)),
            Logical::SetFilter(filter) => {
                let verb = if filter.keeps_common { "intersect" } else { "except" };
                format!("{verb} {}", all(&filter.left_columns))
            }
            Logical::Table(table) => table.head(names),
            Logical::Function(function) => function.head(names),
            Logical::Filter { conditions, .. } => format!("filter {}", all_of(conditions, names)),
            Logical::Project { columns, .. } => {
                let columns =
                    columns.iter().map(|computed| computed.expression.display(names.as_slice()));
                format!("project {}", columns.collect::<Vec<_>>().join(", "))
            }
            Logical::Join(LogicalJoin { kind, on, .. }) => {
                let kind = kind.word();
                let on = if on.is_empty() {
                    String::new()
                } else {
                    format!(" on {}", all_of(on, names))
                };
                format!("{kind} join{on}")
            }
            Logical::Aggregate(LogicalAggregate { groups, aggregates, .. }) => {
                let computed = named(aggregates.iter().map(|(column, _)| *column), names);
                let groups = named(groups.iter().map(|group| group.column), names);
                let by = if groups.is_empty() { String::new() } else { format!(" by {groups}") };
                format!("aggregate {computed}{by}")
            }
            Logical::Distinct { columns, .. } => format!("distinct {}", all(columns)),
            Logical::Sort { keys, first, .. } => {
                let first = if first.is_some() { ", the first rows only" } else { "" };
                format!("sort by {}{first}", in_order(keys, names))
            }
            Logical::Window(LogicalWindow { partition, order, calls, .. }) => {
                let calls = named(calls.iter().map(|(call, _)| *call), names);
                format!("window {calls}{}", over(&all(partition), &in_order(order, names)))
            }
            Logical::Limit { limits, .. } => limits.to_string(),
            Logical::Shared(LogicalShared { table, columns }) => {
                format!("table {} of with ({})", table.name, all(columns))
            }
            Logical::Recursive(recursive) => {
                format!("recursive table {} ({})", recursive.name, all(&recursive.columns))
            }
            Logical::RecursiveRows(rows) => {
                format!("rows of {} so far ({})", rows.name, all(&rows.columns))
            }
        }
    }
}

impl LogicalTable {
    fn head(&self, names: &ColumnNames) -> String {
        let (name, label) = (&self.source.schema.name, &self.label);
        let columns = named(self.columns.iter().map(|column| self.first + column), names);
        let by = self.path.words(&self.source.schema);
        let filter = match self.conditions.as_slice() {
            [] => String::new(),
            conditions => format!(" where {}", all_of(conditions, names)),
        };
        format!("table {name}{label}{by} ({columns}){filter}")
    }
}

fn in_order(keys: &[LogicalKey], names: &ColumnNames) -> String {
    let keys = keys.iter().map(|key| {
        let direction = if key.descending { " desc" } else { "" };
        format!("{}{direction}", names.name(key.column))
    });
    keys.collect::<Vec<_>>().join(", ")
}

fn named(columns: impl Iterator<Item = usize>, names: &ColumnNames) -> String {
    let columns: Vec<&str> = columns.map(|column| names.name(column)).collect();
    columns.join(", ")
}

fn all_of(conditions: &[BoundExpression], names: &ColumnNames) -> String {
    let conditions = conditions.iter().map(|condition| condition.display(names.as_slice()));
    conditions.collect::<Vec<_>>().join(" and ")
}
