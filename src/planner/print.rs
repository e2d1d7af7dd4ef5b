//! Plans as text: EXPLAIN's tree, an operator a line, inputs indented below.

use super::expression::BoundExpression;
use super::functions::{AggregateFunction, WindowFunction};
use super::plan::{
    AccessPath, AggregateCall, Join, Limits, OrderKey, Plan, Planned, SortKey, TableAccess,
    TableLabel,
};
use super::window::{Frame, WindowCall};
use super::write_plan::{BoundUpsert, InsertInput, Write, WriteAction};
use crate::language::ast::FrameBound;
use crate::types::{KeyKind, KeySchema, PseudoColumn, TableSchema, with_stack};
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

/// What tells an operator from the others of its plan, as long as that stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperatorId(usize);

impl OperatorId {
    /// The operator that a part of a plan describes.
    pub fn of<T>(part: &T) -> OperatorId {
        OperatorId(std::ptr::from_ref(part).addr())
    }
}

/// A line of EXPLAIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// What it says.
    pub text: String,
    /// The operator that it is about, if it is about one.
    pub operator: Option<OperatorId>,
}

/// The lines of EXPLAIN so far.
#[derive(Default)]
pub(super) struct PlanLines {
    lines: Vec<PlanLine>,
    /// The tables of WITH whose plans stand in them.
    tables: BTreeSet<usize>,
}

impl PlanLines {
    fn push(&mut self, depth: usize, text: &str, operator: Option<OperatorId>) {
        let text = format!("{}{text}", "  ".repeat(depth));
        self.lines.push(PlanLine { text, operator });
    }
}

impl Plan {
    /// What tells it from the other operators.
    pub fn id(&self) -> OperatorId {
        OperatorId::of(self)
    }

    /// Adds the line of this operator and those of its inputs.
    fn print(&self, lines: &mut PlanLines, depth: usize) {
        lines.push(depth, &self.head(), Some(self.id()));
        if let Plan::Shared(shared) = self
            && !lines.tables.insert(shared.number)
        {
            // All who read it have the same rows.
            return;
        }
        if let Plan::Recursive(recursive) = self {
            with_stack(|| recursive.initial.print(lines, depth + 1));
            for step in &recursive.steps {
                lines.push(depth + 1, step.title(), None);
                with_stack(|| step.plan.print(lines, depth + 2));
            }
            return;
        }
        self.for_each_input(|input| input.print(lines, depth + 1));
    }

    /// The line of this operator alone.
    fn head(&self) -> String {
        match self {
            Plan::OneRow => "one row".into(),
            Plan::Shared(shared) => format!("rows of {} (held for all who read them)", shared.name),
            Plan::Recursive(recursive) => recursive.title(),
            Plan::RecursiveRows { name, .. } => format!("rows of {name} so far"),
            Plan::Values { rows, .. } => rows.title(),
            Plan::Append { .. } => "append".into(),
            Plan::SetFilter { keeps_common: true, .. } => "intersect (holds the right side)".into(),
            Plan::SetFilter { keeps_common: false, .. } => "except (holds the right side)".into(),
            Plan::Access(access) => access.to_string(),
            Plan::Function(scan) => scan.head(),
            Plan::Filter { input, predicate } => {
                format!("filter {}", predicate.display(&input.names()))
            }
            Plan::Project { .. } => format!("project {}", self.names().join(", ")),
            Plan::Join(join) => join.head(),
            Plan::Aggregate { input, groups, aggregates } => {
                let names = input.names();
                let computed: Vec<String> =
                    aggregates.iter().map(|aggregate| aggregate.display(&names)).collect();
                let computed = computed.join(", ");
                if groups.is_empty() {
                    return format!("aggregate {computed}");
                }
                let groups: Vec<String> =
                    groups.iter().map(|group| group.display(&names)).collect();
                let groups = groups.join(", ");
                format!("aggregate {computed} by {groups} (holds one row per group)")
            }
            Plan::Window { input, partition, order, calls } => {
                let names = input.names();
                let calls: Vec<String> = calls.iter().map(|call| call.display(&names)).collect();
                let columns: Vec<&str> =
                    partition.iter().map(|key| names[key.column].as_str()).collect();
                let keys: Vec<String> = order.iter().map(|key| key.display(&names)).collect();
                let over = over(&columns.join(", "), &keys.join(", "));
                format!("window {}{over} (holds one partition)", calls.join(", "))
            }
            Plan::Distinct { .. } => "distinct (holds the rows that came out)".into(),
            Plan::Sort { input, keys, limit } => {
                let names = input.names();
                let keys: Vec<String> = keys.iter().map(|key| key.display(&names)).collect();
                let holds = if limit.is_some() { "the first rows" } else { "all rows" };
                format!("sort by {} (holds {holds})", keys.join(", "))
            }
            Plan::Limit { limits, .. } => limits.to_string(),
        }
    }
}

/// Prints `limit 10 from row 5`.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("limit")?;
        if let Some(limit) = &self.limit {
            write!(f, " {limit}")?;
        }
        match &self.offset {
            Some(offset) => write!(f, " from row {offset}"),
            None => Ok(()),
        }
    }
}

impl AccessPath {
    /// ` by _row = 7`, ` by primary key id = 5`, ` by primary key id` of a lookup; nothing for a scan.
    pub(super) fn words(&self, table: &TableSchema) -> String {
        let (key, values) = match self {
            AccessPath::Scan => return String::new(),
            AccessPath::Numbered(numbers) => {
                let name = PseudoColumn::Row.name();
                let equal: Vec<_> =
                    numbers.iter().map(|number| format!("{name} = {number}")).collect();
                return format!(" by {}", equal.join(" or "));
            }
            AccessPath::Find { key, values } => (&table.keys[*key], values),
            AccessPath::Lookup { key, values } => {
                let key = &table.keys[*key];
                let parts = &key.part_names(table)[..values.len()];
                return format!(" by {} {}", key.title(), parts.join(", "));
            }
        };
        let tuple = |values: &Vec<BoundExpression>| {
            let parts = key.part_names(table).into_iter().zip(values);
            let equal: Vec<_> = parts.map(|(part, value)| format!("{part} = {value}")).collect();
            equal.join(" and ")
        };
        let tuples: Vec<String> = values.iter().map(tuple).collect();
        format!(" by {} {}", key.title(), tuples.join(" or "))
    }
}

impl KeySchema {
    /// What EXPLAIN calls the key.
    fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.kind {
            KeyKind::Primary => "primary key",
            KeyKind::Unique => "unique key",
            KeyKind::Index => "index",
        })
    }
}

impl Planned {
    /// The lines of EXPLAIN: one for each operator, a parent before its inputs, which is the order
    /// in which the executor opens them; a write is the parent of what it reads.
    pub fn lines(&self) -> Vec<PlanLine> {
        let mut lines = PlanLines::default();
        match self {
            Planned::Query(query) => query.plan.print(&mut lines, 0),
            Planned::Schema(schema) => {
                lines.push(0, &format!("{} {}", schema.verb.to_lowercase(), schema.name), None);
                schema.rows.iter().for_each(|rows| rows.plan.print(&mut lines, 1));
            }
            Planned::Write(write) => write.print(&mut lines),
        }
        let mut printed = BTreeSet::new();
        self.for_each_subquery(&mut |subquery| {
            if printed.insert(subquery.number) {
                lines.push(0, &format!("subquery {}:", subquery.number), None);
                subquery.plan.print(&mut lines, 1);
            }
        });
        lines.lines
    }
}

impl Write {
    fn print(&self, lines: &mut PlanLines) {
        let name = &self.table.name;
        let id = Some(OperatorId::of(self));
        let resolution = self.resolution.map(|or| format!(" or {or}").to_lowercase());
        let or = resolution.unwrap_or_default();
        match &self.action {
            WriteAction::Insert { input, upserts, .. } => {
                lines.push(0, &format!("insert{or} into {name}"), id);
                for upsert in upserts {
                    lines.push(1, &upsert.display(&self.table), None);
                }
                match input {
                    InsertInput::Query(query) => query.plan.print(lines, 1),
                    InsertInput::Values(rows) => lines.push(1, &rows.title(), None),
                }
            }
            WriteAction::Update { rows, assignments, number } => {
                let names = rows.names();
                let number = number.iter().map(|to| format!("rowid = {}", to.display(&names)));
                let set = set_words(assignments, &names, number);
                lines.push(0, &format!("update{or} {name} set {set}"), id);
                rows.print(lines, 1);
            }
            WriteAction::Delete { rows } => {
                lines.push(0, &format!("delete from {name}"), id);
                rows.print(lines, 1);
            }
            WriteAction::InsteadOf { rows, .. } => {
                let verb = self.verb().to_lowercase();
                lines.push(0, &format!("{verb} {name} by its triggers"), id);
                rows.plan.print(lines, 1);
            }
        }
    }
}

impl BoundUpsert {
    /// `on conflict (a) do update set b = excluded.b`; without the key where it is about several.
    fn display(&self, table: &TableSchema) -> String {
        let of_keys = self.keys.iter().map(|key| table.keys[*key].part_names(table).join(", "));
        let of_number = self.by_number.then(|| "rowid".to_owned());
        let titles: BTreeSet<String> = of_keys.chain(of_number).collect();
        let mut titles = titles.into_iter();
        let about = match (titles.next(), titles.next()) {
            (Some(only), None) => format!(" ({only})"),
            (_, _) => String::new(),
        };
        let Some(update) = &self.update else { return format!("on conflict{about} do nothing") };
        let name = |column: &usize| match column.checked_sub(table.width()) {
            None => table.name_of(*column).to_string(),
            Some(given) => format!("excluded.{}", table.name_of(given)),
        };
        let names: Vec<String> = update.columns.iter().map(name).collect();
        let one = |(column, value): &(usize, BoundExpression)| {
            format!("{} = {}", table.name_of(*column), value.display(&names))
        };
        let set: Vec<String> = update.assignments.iter().map(one).collect();
        let filter = update.filter.as_ref();
        let filter = filter.map_or_else(String::new, |f| format!(" where {}", f.display(&names)));
        format!("on conflict{about} do update set {}{filter}", set.join(", "))
    }
}

/// `a = b + 1, c = 2`
fn set_words(
    assignments: &[(usize, BoundExpression)],
    names: &[String],
    number: impl Iterator<Item = String>,
) -> String {
    let one = |(column, value): &(usize, BoundExpression)| {
        format!("{} = {}", names[*column], value.display(names))
    };
    assignments.iter().map(one).chain(number).collect::<Vec<_>>().join(", ")
}

impl Join {
    fn head(&self) -> String {
        let (left, right) = (self.left.names(), self.right.names());
        let kind = self.kind.word();
        let is_lookup = self.right.as_access().is_some_and(|access| access.lookup().is_some());
        let method = match (is_lookup, self.equal.is_empty()) {
            (true, _) => "lookup",
            (false, true) => "loop",
            (false, false) => "hash",
        };
        let mut head = format!("{kind} {method} join");
        for (at, (a, b)) in self.equal.iter().enumerate() {
            let word = if at == 0 { "on" } else { "and" };
            // Writing to a string never fails.
            let _ = write!(head, " {word} {} = {}", a.display(&left), b.display(&right));
        }
        if let Some(condition) = &self.condition {
            let names: Vec<String> = left.into_iter().chain(right).collect();
            let _ = write!(head, " where {}", condition.display(&names));
        }
        if is_lookup { head } else { head + " (holds the right side)" }
    }
}

/// Prints ` a as of event 2`.
impl fmt::Display for TableLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(alias) = &self.alias {
            write!(f, " {alias}")?;
        }
        self.moment.iter().try_for_each(|moment| f.write_str(moment))
    }
}

/// Prints `scan accounts (id, owner) where …` or `find accounts by primary key id = 5 …`.
impl fmt::Display for TableAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let (name, label) = (&self.table.name, &self.label);
        match &self.path {
            AccessPath::Scan => write!(f, "scan {name}{label}")?,
            AccessPath::Numbered(_) | AccessPath::Lookup { .. } | AccessPath::Find { .. } => {
                write!(f, "find {name}{label}{}", self.path.words(&self.table))?
            }
        }
        write!(f, " ({})", names[..self.output].join(", "))?;
        if let Some(filter) = &self.filter {
            write!(f, " where {}", filter.display(&names))?;
        }
        if self.order.is_empty() || self.is_by_number() {
            return Ok(());
        }
        let all: Vec<String> =
            (0..self.table.width()).map(|column| self.table.name_of(column).to_string()).collect();
        let keys: Vec<String> = self.order.iter().map(|key| key.display(&all)).collect();
        write!(f, " in order of {}", keys.join(", "))
    }
}

/// ` desc nulls first`, as far as it has to be said: SQLite's default puts NULLs where the smallest values
/// are.
fn direction(descending: bool, nulls_first: bool) -> &'static str {
    match (descending, nulls_first) {
        (false, true) => "",
        (false, false) => " nulls last",
        (true, false) => " desc",
        (true, true) => " desc nulls first",
    }
}

impl SortKey {
    fn display(&self, names: &[String]) -> String {
        let name = names.get(self.column).cloned().unwrap_or_default();
        format!("{name}{}", direction(self.descending, self.nulls_first))
    }
}

/// ` over (partition by a order by b)`
pub(super) fn over(partition: &str, order: &str) -> String {
    let parts = [("partition by ", partition), ("order by ", order)];
    let parts = parts.iter().filter(|(_, part)| !part.is_empty());
    let parts: Vec<String> = parts.map(|(words, part)| format!("{words}{part}")).collect();
    format!(" over ({})", parts.join(" "))
}

impl WindowCall {
    /// The call without the window that it shares with others.
    pub(super) fn display(&self, names: &[String]) -> String {
        let WindowCall { function, arguments, filter, frame, .. } = self;
        let arguments: Vec<String> = arguments.iter().map(|each| each.display(names)).collect();
        let is_count = *function == WindowFunction::Aggregate(AggregateFunction::Count);
        let inner =
            if arguments.is_empty() && is_count { "*".into() } else { arguments.join(", ") };
        let filter = match filter {
            Some(filter) => format!(" where {}", filter.display(names)),
            None => String::new(),
        };
        format!("{}({inner}){filter}{frame}", function.name())
    }
}

/// Prints ` rows between 1 preceding and current row`; nothing where none was written.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Frame::default() {
            return Ok(());
        }
        let bound = |bound: &FrameBound<BoundExpression>| match bound {
            FrameBound::UnboundedPreceding => "unbounded preceding".to_owned(),
            FrameBound::Preceding(offset) => format!("{offset} preceding"),
            FrameBound::CurrentRow => "current row".to_owned(),
            FrameBound::Following(offset) => format!("{offset} following"),
            FrameBound::UnboundedFollowing => "unbounded following".to_owned(),
        };
        let (start, end) = (bound(&self.start), bound(&self.end));
        let unit = self.unit.to_string().to_lowercase();
        let exclusion = self.exclusion.to_string().to_lowercase();
        write!(f, " {unit} between {start} and {end}{exclusion}")
    }
}

impl AggregateCall {
    pub(super) fn display(&self, names: &[String]) -> String {
        let is_of_set = self.function.is_ordered_set();
        let written = if let AggregateFunction::OrderedSet(function) = self.function {
            function.written(&self.arguments)
        } else {
            &self.arguments
        };
        let arguments: Vec<String> =
            written.iter().map(|argument| argument.display(names)).collect();
        let inner = match arguments.as_slice() {
            [] if !is_of_set => "*".to_string(),
            arguments => arguments.join(", "),
        };
        let distinct = if self.distinct { "distinct " } else { "" };
        let order: Vec<String> = self.order.iter().map(|key| key.display(names)).collect();
        let order = match order.as_slice() {
            [] => String::new(),
            keys => format!("order by {}", keys.join(", ")),
        };
        let (name, collation) = (self.function.name(), self.collation.suffix());
        let call = match order.as_str() {
            "" => format!("{name}({distinct}{inner}{collation})"),
            order if is_of_set => format!("{name}({inner}) within group ({order})"),
            order => format!("{name}({distinct}{inner}{collation} {order})"),
        };
        match &self.filter {
            Some(filter) => format!("{call} where {}", filter.display(names)),
            None => call,
        }
    }
}

impl OrderKey {
    fn display(&self, names: &[String]) -> String {
        let key = self.expression.display(names);
        format!("{key}{}", direction(self.descending, self.nulls_first))
    }
}
