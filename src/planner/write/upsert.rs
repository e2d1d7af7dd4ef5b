//! ON CONFLICT … DO: what becomes of a new row that meets one that is there.

use super::super::bind::Binder;
use super::super::scope::{Scope, ScopeRelation};
use super::super::subquery::SubqueryBinder;
use super::super::surroundings::Surroundings;
use super::super::write_plan::{BoundUpsert, UpsertUpdate};
use super::super::{Error, Planning};
use super::columns::named_columns;
use super::{assign, generated};
use crate::language::ast::{
    Assignment, Expression, Identifier, IndexedColumn, Upsert, UpsertAction,
};
use crate::types::{KeySchema, Span, TableSchema};

/// What the new row is called, whose values were to be inserted.
const EXCLUDED: &str = "excluded";

/// The clauses of an INSERT into a table that it calls `name`.
pub(super) fn bind(
    upserts: &[Upsert],
    table: &TableSchema,
    name: &Identifier,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<Vec<BoundUpsert>, Error> {
    let mut bound = Vec::with_capacity(upserts.len());
    for (index, upsert) in upserts.iter().enumerate() {
        if upsert.target.is_empty() && index + 1 < upserts.len() {
            let message = "an ON CONFLICT that names no columns is the last";
            return Err(Error::new("upsert", message, upsert.span.0));
        }
        let keys = keys(upsert, table)?;
        let update = match &upsert.action {
            UpsertAction::Nothing => None,
            UpsertAction::Update { assignments, filter } => {
                let filter = filter.as_ref();
                Some(update(assignments, filter, table, name, surroundings, planning)?)
            }
        };
        bound.push(BoundUpsert { keys, update });
    }
    Ok(bound)
}

/// The keys that a clause is about, by their places in the table.
fn keys(upsert: &Upsert, table: &TableSchema) -> Result<Vec<usize>, Error> {
    let unique = table.keys.iter().enumerate().filter(|(_, key)| key.unique);
    if upsert.target.is_empty() {
        return Ok(unique.map(|(place, _)| place).collect());
    }
    let name = |part: &IndexedColumn| {
        part.column().cloned().ok_or_else(|| {
            let message = "ON CONFLICT names columns: an index of expressions is met without any";
            Error::new("upsert", message, part.expression.span)
        })
    };
    let names: Vec<Identifier> = upsert.target.iter().map(name).collect::<Result<_, _>>()?;
    let columns = match names.as_slice() {
        [one] if table.column(&one.name).is_none() && table.rowid(&one.name).is_some() => {
            table.integer_primary_key().into_iter().collect()
        }
        [..] => named_columns(table, &names)?,
    };
    let is_meant = |key: &KeySchema| {
        key.condition.is_none()
            && key.part_columns().is_some_and(|parts| {
                parts.len() == columns.len() && parts.iter().all(|part| columns.contains(part))
            })
    };
    let keys: Vec<usize> =
        unique.filter(|(_, key)| is_meant(key)).map(|(place, _)| place).collect();
    if keys.is_empty() {
        return Err(no_key(table, &names, upsert.span.0));
    }
    Ok(keys)
}

fn no_key(table: &TableSchema, names: &[Identifier], span: Span) -> Error {
    let names: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
    let names = names.join(", ");
    let message = format!("no PRIMARY KEY or UNIQUE of {} has the columns ({names})", table.name);
    let keys = table.keys.iter().filter(|key| key.unique && !key.is_computed());
    let keys = keys.map(|key| format!("({})", key.part_names(table).join(", ")));
    let keys: Vec<String> = keys.collect();
    let help = match keys.as_slice() {
        [] => format!("CREATE UNIQUE INDEX … ON {} ({names}) makes them one", table.name),
        keys => format!("rows of {} meet by {}", table.name, keys.join(" or ")),
    };
    Error::new("upsert", message, span).help(Some(help))
}

/// DO UPDATE, over the row that is there and behind it the new one.
fn update(
    assignments: &[Assignment],
    filter: Option<&Expression>,
    table: &TableSchema,
    name: &Identifier,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<UpsertUpdate, Error> {
    let width = table.width();
    let names = &mut planning.names;
    let first = names.add_all((0..width).map(|index| table.name_of(index)));
    names.add_all((0..width).map(|index| table.name_of(index)));
    let there = ScopeRelation::table(&name.name, table, first);
    let excluded = ScopeRelation::table(EXCLUDED, table, first + width).qualified_only();
    let scope = Scope { relations: vec![there, excluded], hidden: 0 };
    let mut assignments = assign::bind(assignments, table, &scope, surroundings, planning)?;
    let subqueries = Some(SubqueryBinder { planning, surroundings });
    let mut binder = Binder { subqueries, ..Binder::new(&scope, "WHERE") };
    let mut filter = filter.map(|filter| binder.condition(filter)).transpose()?;
    let mut columns: Vec<usize> = Vec::new();
    let mut all = assignments.iter_mut().map(|(_, value)| value).chain(&mut filter);
    for expression in all.by_ref() {
        expression.for_each_column(&mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
    }
    let all = assignments.iter_mut().map(|(_, value)| value).chain(&mut filter);
    all.for_each(|expression| expression.relocate(&columns));
    columns.iter_mut().for_each(|column| *column -= first);
    let generated = generated::changed_by(table, &assignments)?;
    Ok(UpsertUpdate { columns, assignments, generated, filter })
}
