//! ON CONFLICT … DO: what becomes of a new row that meets one that is there.

use super::super::bind::Binder;
use super::super::expression::{BoundExpression, BoundKind};
use super::super::scope::{Scope, ScopeRelation};
use super::super::subquery::SubqueryBinder;
use super::super::surroundings::Surroundings;
use super::super::write_plan::{BoundUpsert, UpsertUpdate};
use super::super::{Error, Planning, collation, key_definition};
use super::{assign, generated};
use crate::language::ast::{
    Assignment, Expression, Identifier, IndexedColumn, Upsert, UpsertAction,
};
use crate::types::{Collation, KeyPart, KeySchema, KeySource, PseudoColumn, TableSchema};

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
    let mut bound: Vec<BoundUpsert> = Vec::with_capacity(upserts.len());
    for (index, upsert) in upserts.iter().enumerate() {
        if upsert.target.is_empty() && index + 1 < upserts.len() {
            let message = "an ON CONFLICT that names no columns is the last";
            return Err(Error::new("upsert", message, upsert.span.0));
        }
        let Met { mut keys, mut by_number } = met(upsert, table, name, planning)?;
        // The first clause that is about a key counts.
        keys.retain(|key| !bound.iter().any(|before| before.keys.contains(key)));
        by_number &= !bound.iter().any(|before| before.by_number);
        let update = match &upsert.action {
            UpsertAction::Nothing => None,
            UpsertAction::Update { assignments, filter } => {
                let filter = filter.as_ref();
                Some(update(assignments, filter, table, name, surroundings, planning)?)
            }
        };
        bound.push(BoundUpsert { keys, by_number, update });
    }
    Ok(bound)
}

/// A part of what ON CONFLICT names.
struct TargetPart {
    expression: BoundExpression,
    /// What COLLATE says; any collation where it says nothing.
    collation: Option<Collation>,
}

impl TargetPart {
    fn bind(part: &IndexedColumn, scope: &Scope) -> Result<TargetPart, Error> {
        let (expression, collation) = part.collated();
        let expression = Binder::new(scope, "ON CONFLICT").bind(expression)?;
        let collation = collation.map(collation::named).transpose()?;
        Ok(TargetPart { expression, collation })
    }

    /// Whether it names a part of a key.
    fn names(&self, part: &KeyPart, table: &TableSchema) -> bool {
        let is_source = match part.source {
            KeySource::Column(at) => self.expression.kind == BoundKind::Column(at),
            KeySource::Expression(_) => key_definition::of_source(&part.source, table)
                .is_ok_and(|known| known == self.expression),
        };
        is_source && self.collation.is_none_or(|said| said == part.collation)
    }
}

/// By what a clause says that a new row meets another.
struct Met {
    /// Keys, by their places in the table.
    keys: Vec<usize>,
    /// The number that it is given.
    by_number: bool,
}

/// What a clause is about: the keys that have just these parts, in any order, and are about all rows or
/// those of the same condition; or the number of a row.
fn met(
    upsert: &Upsert,
    table: &TableSchema,
    name: &Identifier,
    planning: &Planning,
) -> Result<Met, Error> {
    if upsert.target.is_empty() {
        // A row that meets several changes the one by whose key it is asked first.
        let mut keys = table.keys_as_asked();
        keys.retain(|place| table.keys[*place].unique);
        return Ok(Met { keys, by_number: true });
    }
    let unique = table.keys.iter().enumerate().filter(|(_, key)| key.unique);
    let scope = Scope::of(&name.name, table).recording(planning.references(), table);
    let parts = upsert.target.iter().map(|part| TargetPart::bind(part, &scope));
    let parts = parts.collect::<Result<Vec<TargetPart>, Error>>()?;
    let filter = upsert.target_filter.as_ref();
    let filter = filter.map(|filter| Binder::new(&scope, "ON CONFLICT").condition(filter));
    let filter = filter.transpose()?;
    let is_meant = |key: &KeySchema| {
        let is_about = key.condition.as_ref().is_none_or(|text| {
            let known = key_definition::condition(text, table);
            known.is_ok_and(|known| Some(&known) == filter.as_ref())
        });
        let of_key = key.parts(table);
        is_about
            && of_key.len() == parts.len()
            && of_key.iter().all(|known| parts.iter().any(|part| part.names(known, table)))
    };
    let keys: Vec<usize> =
        unique.filter(|(_, key)| is_meant(key)).map(|(place, _)| place).collect();
    let number = BoundKind::Column(table.index_of(PseudoColumn::Row));
    let by_number = matches!(parts.as_slice(), [only] if only.expression.kind == number);
    if keys.is_empty() && !by_number {
        return Err(no_key(table, upsert));
    }
    Ok(Met { keys, by_number })
}

fn no_key(table: &TableSchema, upsert: &Upsert) -> Error {
    let shown: Vec<String> = upsert.target.iter().map(|part| part.expression.to_string()).collect();
    let filter = upsert.target_filter.as_ref();
    let filter = filter.map_or_else(String::new, |filter| format!(" WHERE {filter}"));
    let target = format!("({}){filter}", shown.join(", "));
    let message = format!("no PRIMARY KEY or UNIQUE of {} has the columns {target}", table.name);
    let keys = table.keys.iter().filter(|key| key.unique);
    let key = |key: &KeySchema| {
        let parts = key.part_names(table).join(", ");
        let condition = key.condition.as_ref();
        let condition = condition.map_or_else(String::new, |text| format!(" WHERE {text}"));
        format!("({parts}){condition}")
    };
    let keys: Vec<String> = keys.map(key).collect();
    let help = match keys.as_slice() {
        [] => format!("CREATE UNIQUE INDEX … ON {} {target} makes them one", table.name),
        keys => format!("rows of {} meet by {}", table.name, keys.join(" or ")),
    };
    Error::new("upsert", message, upsert.span.0).help(Some(help))
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
    let first = names.add_table(table);
    names.add_table(table);
    let there = ScopeRelation::table(&name.name, table, first);
    let excluded = ScopeRelation::excluded(EXCLUDED, table, first + width);
    let excluded = excluded.of_present(table.id, true);
    let scope = Scope::new(vec![there, excluded]).recording(planning.references(), table);
    let mut assignments =
        assign::bind(assignments, (table, false), &scope, surroundings, planning)?;
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
    let generated = generated::changed_by(table, assignments.iter().map(|(column, _)| column))?;
    Ok(UpsertUpdate { columns, assignments, generated, filter })
}
