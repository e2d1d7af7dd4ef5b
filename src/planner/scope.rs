//! The columns that names can mean.

use super::suggest::suggest;
use super::{BoundExpression, Error};
use crate::language::ast::Identifier;
use crate::types::DataType;

/// One column that a name can mean.
#[derive(Clone, Debug)]
pub struct ScopeColumn {
    /// What the query calls its table.
    pub table: String,
    /// The column's name.
    pub name: String,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether USING merged it into a column further left: it answers only to its table's name.
    pub merged: bool,
}

/// The columns of all tables of a FROM, in order; an expression over them reads by this order.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The columns.
    pub columns: Vec<ScopeColumn>,
    /// A line about each table, shown beside errors: `accounts(id, owner)`.
    pub tables: Vec<(String, String)>,
}

impl Scope {
    /// What `name` or `table.name` means; `None` where it means nothing.
    ///
    /// # Errors
    /// A name that could mean two columns, or a table that is not there.
    pub fn find(
        &self,
        table: Option<&Identifier>,
        column: &Identifier,
    ) -> Result<Option<BoundExpression>, Error> {
        if let Some(table) = table
            && !self.tables.iter().any(|(name, _)| name.eq_ignore_ascii_case(&table.name))
        {
            let names = self.tables.iter().map(|(name, _)| name.as_str());
            let message = format!("no table \"{}\" in this statement", table.name);
            return Err(
                Error::new("unknown-table", message, table.span).help(suggest(&table.name, names))
            );
        }
        let mut found = self.columns.iter().enumerate().filter(|(_, candidate)| {
            candidate.name.eq_ignore_ascii_case(&column.name)
                && match table {
                    Some(table) => candidate.table.eq_ignore_ascii_case(&table.name),
                    None => !candidate.merged,
                }
        });
        let Some((index, first)) = found.next() else { return Ok(None) };
        if let Some((_, second)) = found.next() {
            let message = format!("\"{}\" could be a column of two tables", column.name);
            let help = format!(
                "write {}.{name} or {}.{name}",
                first.table,
                second.table,
                name = first.name
            );
            return Err(Error::new("ambiguous-column", message, column.span).help(Some(help)));
        }
        Ok(Some(BoundExpression::column(index, first.data_type)))
    }

    /// The error for a name that means nothing.
    pub fn unknown(&self, table: Option<&Identifier>, column: &Identifier) -> Error {
        let lines: Vec<&(String, String)> = self
            .tables
            .iter()
            .filter(|(name, _)| table.is_none_or(|table| name.eq_ignore_ascii_case(&table.name)))
            .collect();
        let message = match lines.as_slice() {
            [] => format!("no column \"{}\": there is no table here", column.name),
            [(name, _)] => format!("{name} has no column \"{}\"", column.name),
            _ => format!("no table here has a column \"{}\"", column.name),
        };
        let names = self.columns.iter().filter_map(|candidate| {
            lines.iter().any(|(name, _)| *name == candidate.table).then_some(&*candidate.name)
        });
        let help = suggest(&column.name, names).or_else(|| {
            column.quoted.then(|| format!("did you mean '{}'?", column.name.replace('\'', "''")))
        });
        let error = Error::new("unknown-column", message, column.span).help(help);
        lines.iter().fold(error, |error, (_, line)| error.note(line.clone()))
    }
}
