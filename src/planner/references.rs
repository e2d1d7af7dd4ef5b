//! What the names in the text of a view or a trigger mean: tables, and columns of tables.
//!
//! They are recorded while the text is bound, so each means what it means there. An alias, a column of
//! a query and what another view calls its columns are none of them.

use super::bind::Binder;
use super::scope::Scope;
use super::surroundings::CommonTableKey;
use super::{Catalog, Error, Planning, trigger, view};
use crate::language::ast::{History, Identifier};
use crate::types::{Definition, DefinitionKind, Span, TableId, TableSchema};
use std::cell::RefCell;
use std::rc::Rc;

/// A name that means a table, or a column of one; or a column that is meant without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameReference {
    /// Where it stands in the text; the columns that NATURAL JOIN shares stand nowhere.
    pub span: Option<Span>,
    /// The table.
    pub table: TableId,
    /// Which of its columns, if it means one.
    pub column: Option<usize>,
}

/// The names that were met so far.
#[derive(Debug, Default)]
pub(super) struct References(RefCell<Vec<NameReference>>);

impl References {
    /// Records a name.
    pub fn record(&self, span: Span, table: TableId, column: Option<usize>) {
        self.0.borrow_mut().push(NameReference { span: Some(span), table, column });
    }

    /// How many were met.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Forgets all but the first so many.
    pub fn truncate(&self, count: usize) {
        self.0.borrow_mut().truncate(count);
    }

    /// Records a column that is shared by a join; `span` is where USING names it.
    pub fn record_shared(&self, span: Option<Span>, table: TableId, column: usize) {
        self.0.borrow_mut().push(NameReference { span, table, column: Some(column) });
    }
}

/// Where a statement records its names, and what of it is in its own text.
#[derive(Clone, Debug)]
pub(super) struct ReferenceRecorder {
    /// Gets the names.
    pub references: Rc<References>,
    /// How many views are being bound where it is: what those inside of them name stands in other texts.
    pub views: usize,
    /// The tables of WITH that were bound.
    pub tables: Vec<CommonTableKey>,
}

impl ReferenceRecorder {
    /// A recorder of a text inside of so many views, of which nothing is bound yet.
    pub fn new(references: &Rc<References>, views: usize) -> ReferenceRecorder {
        ReferenceRecorder { references: Rc::clone(references), views, tables: Vec::new() }
    }
}

impl Planning<'_> {
    /// Where names that are bound now are recorded, if they are.
    pub fn references(&self) -> Option<&Rc<References>> {
        let recorder = self.recorder.as_ref();
        let recorder = recorder.filter(|recorder| recorder.views == self.views.len());
        recorder.map(|recorder| &recorder.references)
    }

    /// Records the name of a table.
    pub fn record_table(&self, name: &Identifier, table: TableId) {
        if let Some(references) = self.references() {
            references.record(name.span, table, None);
        }
    }

    /// Records the names in a history of a table as it is now.
    ///
    /// # Errors
    /// Those of its WHERE.
    pub fn record_history(&self, history: &History) -> Result<(), Error> {
        let Some(references) = self.references() else { return Ok(()) };
        let named = self.looked_up(&history.table)?;
        let Some(table) = self.catalog.schema().find_table(named.schema, &named.name) else {
            return Ok(());
        };
        references.record(history.table.span, table.id, None);
        let scope = Scope::of(&table.name, table).recording(Some(references), table);
        match &history.filter {
            Some(filter) => Binder::new(&scope, "WHERE").condition(filter).map(drop),
            None => Ok(()),
        }
    }

    /// Records the name of a column that a write gives a value.
    pub fn record_column(&self, name: &Identifier, table: &TableSchema, column: usize) {
        if let Some(references) = self.references() {
            references.record(name.span, table.id, Some(column));
        }
    }
}

/// What the names in a definition mean, in the order in which they stand there.
///
/// # Errors
/// Those of the definition as things are: `unknown-table`, `unknown-column`, `ambiguous-column` and all
/// others of a view's query and a trigger's statements.
pub(super) fn of_definition(
    definition: &Definition,
    catalog: &mut dyn Catalog,
) -> Result<Vec<NameReference>, Error> {
    let references = Rc::new(References::default());
    match definition.kind {
        DefinitionKind::View => view::record_references(definition, &references, catalog)?,
        DefinitionKind::Trigger => trigger::record_references(definition, &references, catalog)?,
        DefinitionKind::Setting => {}
    }
    let mut found = references.0.take();
    found.sort_by_key(|reference| (reference.span.map(|span| span.start), reference.column));
    found.dedup();
    Ok(found)
}
