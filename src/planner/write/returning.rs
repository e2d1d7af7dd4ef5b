//! RETURNING: what comes out of each row that a write reached.

use super::super::scope::{Scope, ScopeRelation};
use super::super::select::returned_items;
use super::super::surroundings::Surroundings;
use super::super::write_plan::BoundReturning;
use super::super::{Error, Planning};
use crate::language::ast::{Identifier, SelectItem};
use crate::types::{PseudoColumn, Span, TableSchema};

/// The expressions of RETURNING over the columns of a row, which the statement calls `name`; `None`
/// where there are none.
///
/// # Errors
/// Those of a SELECT; `returning` of a hidden column that is not known before the transaction is
/// committed.
pub(in super::super) fn bind(
    items: &[SelectItem],
    table: &TableSchema,
    name: &Identifier,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<Option<BoundReturning>, Error> {
    if items.is_empty() {
        return Ok(None);
    }
    let names = &mut planning.names;
    let first = names.add_table(table);
    let mut relations = vec![ScopeRelation::table(&name.name, table, first)];
    if !name.name.eq_ignore_ascii_case(&table.name) {
        // SQLite knows it by its own name alone.
        relations.push(ScopeRelation::table(&table.name, table, first).qualified_only());
    }
    let scope = Scope::new(relations);
    let mut columns: Vec<usize> = Vec::new();
    let mut expressions = Vec::new();
    let mut names = Vec::new();
    let place = items.iter().find_map(|item| match item {
        SelectItem::Expression { expression, .. } => Some(expression.span),
        SelectItem::Star(_) | SelectItem::TableStar(_) => None,
    });
    for (name, expression) in returned_items(items, &scope, surroundings, planning)? {
        expression.for_each_column(&mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
        check_known(table, &columns, first, place.unwrap_or_default())?;
        names.push((name, expression.data_type));
        expressions.push(expression);
    }
    expressions.iter_mut().for_each(|expression| expression.relocate(&columns));
    columns.iter_mut().for_each(|column| *column -= first);
    Ok(Some(BoundReturning { columns, expressions, names }))
}

/// Refuses what nobody knows of a row before its transaction is committed.
fn check_known(
    table: &TableSchema,
    columns: &[usize],
    first: usize,
    span: Span,
) -> Result<(), Error> {
    let unknown = columns.iter().find_map(|column| {
        let hidden = table.pseudo(column - first)?;
        (!matches!(hidden, PseudoColumn::Row | PseudoColumn::Rev)).then_some(hidden)
    });
    let Some(hidden) = unknown else { return Ok(()) };
    let message = format!("{} is not known before the transaction is committed", hidden.name());
    let help = "RETURNING knows _row and _rev; the receipt says which events it were".to_owned();
    Err(Error::new("returning", message, span).help(Some(help)))
}
