//! The columns that names can mean.
//!
//! Each table takes as many positions as it has columns, its hidden ones included: they are found by
//! their names and by nothing else, so that `*` and USING know nothing of them.

use super::suggest::suggest;
use super::{BoundExpression, Error};
use crate::language::ast::Identifier;
use crate::types::{Column, PseudoColumn, TableSchema};
use std::sync::Arc;

/// One table of a FROM.
#[derive(Clone, Debug)]
pub struct ScopeTable {
    /// What the query calls it.
    pub name: String,
    /// The table.
    pub schema: Arc<TableSchema>,
    /// The position of its first column.
    pub start: usize,
    /// The columns that USING merged into ones further left: they answer only to the table's name.
    pub merged: Vec<usize>,
}

impl ScopeTable {
    /// The column at an index of the table.
    fn at(&self, index: usize) -> BoundExpression {
        BoundExpression::column(self.start + index, self.schema.type_of(index))
    }

    /// The index of what a name means in every table, whatever its columns are: a hidden column, or
    /// what SQLite calls the row's number.
    fn hidden(&self, name: &str) -> Option<usize> {
        self.schema.rowid(name).or_else(|| self.schema.pseudo_column(name))
    }
}

/// The one column that was found by a name, if any.
fn one_of<'a>(
    mut found: impl Iterator<Item = (&'a ScopeTable, usize)>,
    column: &Identifier,
) -> Result<Option<BoundExpression>, Error> {
    let Some((first, index)) = found.next() else { return Ok(None) };
    if let Some((second, _)) = found.next() {
        let message = format!("\"{}\" could be a column of two tables", column.name);
        let name = if first.schema.column(&column.name).is_some() {
            first.schema.name_of(index)
        } else {
            &column.name
        };
        let help = format!("write {}.{name} or {}.{name}", first.name, second.name);
        return Err(Error::new("ambiguous-column", message, column.span).help(Some(help)));
    }
    Ok(Some(first.at(index)))
}

/// All tables of a FROM, in order; an expression over them reads by the position of a column among
/// all their columns.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The tables.
    pub tables: Vec<ScopeTable>,
    /// How many of the first tables names cannot mean: those to the left of the parentheses that an
    /// ON stands in.
    pub hidden: usize,
}

impl Scope {
    /// A scope of one table.
    pub fn of(name: &str, schema: &Arc<TableSchema>) -> Scope {
        let mut scope = Scope::default();
        scope.add(name, schema);
        scope
    }

    /// Adds a table behind those that are there.
    pub fn add(&mut self, name: &str, schema: &Arc<TableSchema>) {
        let (start, schema) = (self.width(), schema.clone());
        self.tables.push(ScopeTable { name: name.to_string(), schema, start, merged: Vec::new() });
    }

    /// How many columns there are, the hidden ones included.
    pub fn width(&self) -> usize {
        self.tables.last().map_or(0, |table| table.start + table.schema.width())
    }

    /// The positions of all columns that are neither hidden nor merged, with their tables.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &ScopeTable, &Column)> {
        self.visible().iter().flat_map(|table| {
            let columns = table.schema.columns.iter().enumerate();
            columns
                .filter(|(index, _)| !table.merged.contains(index))
                .map(move |(index, column)| (table.start + index, table, column))
        })
    }

    /// Marks the column at a position as merged into one further left.
    pub fn merge(&mut self, position: usize) {
        if let Some(table) = self.tables.iter_mut().rev().find(|table| table.start <= position) {
            table.merged.push(position - table.start);
        }
    }

    /// The table with this name.
    pub fn table(&self, name: &str) -> Option<&ScopeTable> {
        self.visible().iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// The name of the column at a position.
    pub fn name(&self, position: usize) -> &str {
        let table = self.tables.iter().rev().find(|table| table.start <= position);
        table.map_or("", |table| table.schema.name_of(position - table.start))
    }

    /// What `name` or `table.name` means; `None` where it means nothing.
    ///
    /// # Errors
    /// A name that could mean two columns, or a table that is not there.
    pub fn find(
        &self,
        table: Option<&Identifier>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        if let Some(qualifier) = table {
            let Some(table) = self.table(&qualifier.name) else {
                let names = self.visible().iter().map(|table| table.name.as_str());
                let message = format!("no table \"{}\" in this statement", qualifier.name);
                return Err(Error::new("unknown-table", message, qualifier.span)
                    .help(suggest(&qualifier.name, names)));
            };
            let found = table.schema.column(&column.name).or_else(|| table.hidden(&column.name));
            return Ok(found.map(|index| table.at(index)));
        }
        let declared = self
            .columns()
            .filter(|(_, _, candidate)| candidate.name.eq_ignore_ascii_case(&column.name))
            .map(|(position, table, _)| (table, position - table.start));
        if let Some(found) = one_of(declared, column)? {
            return Ok(Some(found));
        }
        let hidden =
            self.visible().iter().filter_map(|table| Some((table, table.hidden(&column.name)?)));
        one_of(hidden, column)
    }

    /// The tables that names can mean.
    fn visible(&self) -> &[ScopeTable] {
        &self.tables[self.hidden..]
    }

    /// The error for a name that means nothing.
    pub fn unknown(&self, table: Option<&Identifier>, column: &Identifier) -> Error {
        let tables: Vec<&ScopeTable> = self
            .visible()
            .iter()
            .filter(|known| table.is_none_or(|table| known.name.eq_ignore_ascii_case(&table.name)))
            .collect();
        let message = match tables.as_slice() {
            [] => format!("no column \"{}\": there is no table here", column.name),
            [table] => format!("{} has no column \"{}\"", table.name, column.name),
            _ => format!("no table here has a column \"{}\"", column.name),
        };
        let declared = tables.iter().flat_map(|table| &table.schema.columns);
        // Only who writes an underscore can have meant one of the hidden ones.
        let has_hidden =
            tables.iter().any(|table| table.schema.width() > table.schema.columns.len());
        let hidden = PseudoColumn::ALL.iter().map(|column| column.name());
        let hidden = hidden.filter(|_| column.name.starts_with('_') && has_hidden);
        let names = declared.map(|column| column.name.as_str()).chain(hidden);
        let help = suggest(&column.name, names).or_else(|| {
            column.quoted.then(|| format!("did you mean '{}'?", column.name.replace('\'', "''")))
        });
        let error = Error::new("unknown-column", message, column.span).help(help);
        tables.iter().fold(error, |error, table| error.note(table.schema.to_string()))
    }
}
