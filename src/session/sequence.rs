//! `sqlite_sequence`: the counters of AUTOINCREMENT as rows that can be written, as SQLite's dumps do.
//!
//! There is no such table: a row is a table's counter, and a write of it sets that. What rows and values
//! a write means is asked by the query that SQL makes of it, so that conditions and expressions are
//! what they are everywhere; what comes out is a [`Change::Counter`] for each, an event with the number
//! before and after. A row that is deleted is a counter that begins again behind the largest number there
//! is.

use super::relations::SystemTable;
use super::{Error, PendingStatement, Receipt, Session};
use crate::executor;
use crate::language::ast::{
    AssignedValue, Assignment, Expression, ExpressionKind, Identifier, Insert, InsertSource,
    ObjectName, PlannableStatement, Query, QueryStatement, RowLimits, Select, SelectItem,
    TableReference, WriteStatement,
};
use crate::planner::{self, Planned};
use crate::storage::{Change, Fork, View};
use crate::types::column::value_at;
use crate::types::{DataType, Row, Schema, Span, Value};

/// The columns that the table would have.
const NAME: &str = "name";
const SEQ: &str = "seq";

/// What a statement does to the counters; `None` of one that does nothing to them.
pub(super) fn counter_write(statement: PlannableStatement<'_>) -> Option<&WriteStatement> {
    let PlannableStatement::Write(write) = statement else { return None };
    let table = SystemTable::named(&write.table().name);
    (table == Some(SystemTable::Sequence)).then_some(write)
}

impl Session {
    /// Records what a statement does to the counters, which is such a write.
    ///
    /// # Errors
    /// `unknown-table` and `type` of a row that is no counter; what its query fails with.
    pub(super) fn write_sequence(
        &self,
        fork: &mut Fork,
        write: &WriteStatement,
    ) -> Result<Receipt, Error> {
        let view = fork.view();
        let mut counters = Vec::new();
        for query in queries(write)? {
            for row in self.rows_of(query, view.clone())? {
                counters.push(counter(view.schema(), &row, write.table().span)?);
            }
        }
        drop(view);
        let rows = counters.len();
        let events = fork.record(counters)?;
        let name = SystemTable::Sequence.relation().name.to_owned();
        Ok(Receipt { verb: write.verb(), name: name.into(), rows, events, committed: None })
    }

    /// The rows of a query over a view.
    fn rows_of(&self, query: Query, view: View) -> Result<Vec<Row>, Error> {
        let statement = QueryStatement::Query(Box::new(query));
        let statement = PlannableStatement::Query(&statement);
        let executable = self.executable(PendingStatement::Parsed { statement, text: "" }, view)?;
        let Planned::Query(query) = executable.plan.planned() else {
            unreachable!("the plan of a SELECT is a query")
        };
        let types: Vec<DataType> = query.columns.iter().map(|(_, data_type)| *data_type).collect();
        let mut batches = executor::open(&query.plan, executable.inputs, executable.context)?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next()? {
            for row in 0..batch.rows {
                let typed = batch.columns.iter().zip(&types);
                rows.push(typed.map(|(array, of)| value_at(array, *of, row)).collect());
            }
        }
        Ok(rows)
    }
}

/// The counter that a row of a name and a number sets.
fn counter(schema: &Schema, row: &Row, place: Span) -> Result<Change, Error> {
    let [name, last] = row.as_slice() else { unreachable!("the queries give two columns") };
    let table = schema.find_table(None, &name.to_text()).filter(|table| table.autoincrement);
    let Some(table) = table.cloned() else {
        let message = format!("no table with AUTOINCREMENT is called {name}");
        return Err(planner::Error::new("unknown-table", message, place).into());
    };
    // As SQLite reads it: the integer that a text begins with, and none below that of the first row.
    Ok(Change::Counter { table, last: executor::to_integer(last).max(0) })
}

/// The error of a write that says more than what becomes of which counters.
fn says_more(table: &Identifier) -> Error {
    let message = "sqlite_sequence takes INSERT, UPDATE … SET seq = … and DELETE, with WHERE alone";
    planner::Error::new("unsupported", message, table.span).into()
}

/// Whether a write says more than what becomes of which counters.
fn is_plain(write: &WriteStatement) -> bool {
    let no_limits = |limits: &RowLimits| *limits == RowLimits::default();
    match write {
        WriteStatement::Insert(insert) => {
            insert.with.is_empty() && insert.upserts.is_empty() && insert.returning.is_empty()
        }
        WriteStatement::Update(update) => {
            update.with.is_empty()
                && update.from.is_none()
                && update.returning.is_empty()
                && no_limits(&update.limits)
        }
        WriteStatement::Delete(delete) => {
            delete.with.is_empty() && delete.returning.is_empty() && no_limits(&delete.limits)
        }
    }
}

/// The queries that give the name and the new number of each counter that is set.
fn queries(write: &WriteStatement) -> Result<Vec<Query>, Error> {
    if !is_plain(write) {
        return Err(says_more(write.table()));
    }
    match write {
        WriteStatement::Insert(insert) => inserted(insert),
        WriteStatement::Update(update) => {
            let (mut name, mut seq) = (column(NAME), column(SEQ));
            for assignment in &update.assignments {
                let Assignment::One(assigned, value) = assignment else {
                    return Err(says_more(&update.table));
                };
                let value = match value {
                    AssignedValue::Expression(expression) => expression.clone(),
                    AssignedValue::Default(place) => literal(Value::Null, place.0),
                };
                *place_of(assigned, [&mut name, &mut seq])? = value;
            }
            let table = (&update.table, &update.alias);
            Ok(vec![select([name, seq], Some(table), update.filter.clone())])
        }
        WriteStatement::Delete(delete) => {
            let begin = literal(Value::Integer(0), delete.table.span);
            let table = (&delete.table, &delete.alias);
            Ok(vec![select([column(NAME), begin], Some(table), delete.filter.clone())])
        }
    }
}

/// The same of an INSERT, whose rows have a name and a number in the order of its columns.
fn inserted(insert: &Insert) -> Result<Vec<Query>, Error> {
    let names: Vec<&str> = match insert.columns.as_slice() {
        [] => vec![NAME, SEQ],
        named => named.iter().map(|column| column.name.as_str()).collect(),
    };
    let nothing = || literal(Value::Null, insert.table.span);
    let mut queries = Vec::new();
    match &insert.source {
        InsertSource::Values(rows) => {
            if rows.width() != names.len() {
                let (columns, values) = (names.len(), rows.width());
                let message = format!("{columns} columns of sqlite_sequence and {values} values");
                let error = planner::Error::new("column-count", message, insert.table.span);
                return Err(error.into());
            }
            let mut values = rows.values().iter();
            for _ in 0..rows.len() {
                let (mut name, mut seq) = (nothing(), nothing());
                for (column, value) in names.iter().zip(values.by_ref().take(names.len())) {
                    // The number of a row of this table means nothing.
                    if column.eq_ignore_ascii_case("rowid") {
                        continue;
                    }
                    let Some(expression) = value.to_expression(insert.table.span) else { continue };
                    let column = Identifier { span: insert.table.span, ..Identifier::of(*column) };
                    *place_of(&column, [&mut name, &mut seq])? = expression;
                }
                queries.push(select([name, seq], None, None));
            }
        }
        InsertSource::Query(query) if insert.columns.is_empty() => {
            queries.push(Query::clone(query));
        }
        InsertSource::Query(_) | InsertSource::Objects(_) | InsertSource::DefaultValues => {
            let message = "sqlite_sequence takes VALUES (name, seq), or SELECT of both";
            let error = planner::Error::new("unsupported", message, insert.table.span);
            return Err(error.into());
        }
    }
    Ok(queries)
}

/// The place of a column among the name and the number.
fn place_of<'a>(
    column: &Identifier,
    [name, seq]: [&'a mut Expression; 2],
) -> Result<&'a mut Expression, Error> {
    match column.name.to_ascii_lowercase().as_str() {
        NAME => Ok(name),
        SEQ => Ok(seq),
        _ => {
            let message = format!("sqlite_sequence has no column \"{}\"", column.name);
            let error = planner::Error::new("unknown-column", message, column.span);
            Err(error.note("sqlite_sequence(name, seq)").into())
        }
    }
}

fn column(name: &str) -> Expression {
    let kind = ExpressionKind::Column { table: None, column: Identifier::of(name) };
    Expression { kind, span: Span::default() }
}

fn literal(value: Value, span: Span) -> Expression {
    Expression { kind: ExpressionKind::Literal(value.into()), span }
}

/// A query of these columns, of a table and what it is called, where a condition is true.
fn select(
    columns: [Expression; 2],
    table: Option<(&ObjectName, &Option<Identifier>)>,
    filter: Option<Expression>,
) -> Query {
    let item = |expression| SelectItem::Expression { expression, alias: None };
    let from = table.map(|(name, alias)| TableReference::Table {
        name: name.clone(),
        temporal: None,
        alias: alias.clone(),
        index_hint: None,
    });
    Query::of(Select {
        distinct: false,
        items: columns.into_iter().map(item).collect(),
        from,
        filter,
        group_by: Vec::new(),
        having: None,
        windows: Vec::new(),
    })
}
