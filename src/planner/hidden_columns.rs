//! The columns that a table has whatever it is, and SQLite's names for the number of a row.

use super::comparison_traits::{CollationDerivation, ComparisonTraits};
use super::scope::{ScopeColumn, WantedName};
use crate::types::{Name, TableSchema};
use std::cell::OnceCell;
use std::sync::Arc;

/// Columns that are found by their names only. Most statements name none, so that those of a table are
/// made when the first name is that of no other column.
#[derive(Clone, Debug, Default)]
pub(super) struct HiddenColumns {
    /// The table that they are of, and the identity of its first column.
    table: Option<(Arc<TableSchema>, usize)>,
    made: OnceCell<Vec<ScopeColumn>>,
}

impl HiddenColumns {
    /// These columns.
    pub fn of(columns: Vec<ScopeColumn>) -> HiddenColumns {
        HiddenColumns { table: None, made: columns.into() }
    }

    /// Those of a table whose schema is shared, and whose first column has this identity.
    pub fn shared(schema: Arc<TableSchema>, first: usize) -> HiddenColumns {
        HiddenColumns { table: Some((schema, first)), made: OnceCell::new() }
    }

    /// Whether somebody has asked for them.
    pub fn are_made(&self) -> bool {
        self.made.get().is_some()
    }

    /// The columns.
    pub fn get(&self) -> &[ScopeColumn] {
        self.made.get_or_init(|| match &self.table {
            Some((schema, first)) => hidden_columns(schema, *first),
            None => Vec::new(),
        })
    }

    /// The same to be changed.
    pub fn get_mut(&mut self) -> &mut Vec<ScopeColumn> {
        self.get();
        self.made.get_mut().expect("they were made just now")
    }
}

/// A column of a table by its index, under a name.
pub(super) fn schema_column(
    schema: &TableSchema,
    first: usize,
    name: Name,
    index: usize,
) -> ScopeColumn {
    ScopeColumn {
        name,
        data_type: schema.type_of(index),
        column: first + index,
        traits: schema_traits(schema, index),
        is_merged: false,
        is_shadowed: false,
        merged: None,
        place: None,
    }
}

/// What a table answers to besides its declared columns.
pub(super) fn hidden_columns(schema: &TableSchema, first: usize) -> Vec<ScopeColumn> {
    let column =
        |name: &'static str, index| schema_column(schema, first, Name::new_static(name), index);
    let is_free =
        |name: &&&str| !schema.columns.iter().any(|known| WantedName::new(name).is(&known.name));
    let numbers = schema.row_number().into_iter().flat_map(|number| {
        let names = TableSchema::ROWID_NAMES.iter().filter(is_free);
        names.map(move |name| column(name, number))
    });
    let others = (schema.columns.len()..schema.width())
        .filter_map(|index| Some(column(schema.pseudo(index)?.name(), index)));
    numbers.chain(others).collect()
}

/// What counts besides where a table's column is compared; the hidden ones have no collation.
fn schema_traits(schema: &TableSchema, index: usize) -> ComparisonTraits {
    let collation = match schema.columns.get(index) {
        Some(column) => CollationDerivation::Implicit(column.collation),
        None => CollationDerivation::None,
    };
    ComparisonTraits { collation, ..ComparisonTraits::of_column(schema.type_of(index)) }
}
