//! What ALTER TABLE does to texts: names in them follow what they mean.
//!
//! A view or a trigger is rewritten name by name, in the places that mean what gets another name, and
//! then bound as things are behind the change. Where one cannot be read then, or means something else,
//! the change is refused, and says which stands in its way.

use super::altered_catalog::AlteredCatalog;
use super::definition::ADD_COLUMN;
use super::references::{self, NameReference};
use super::{Catalog, Error};
use crate::language::ast::Identifier;
use crate::language::{Highlight, HighlightKind, highlight};
use crate::storage::SchemaChange;
use crate::types::{Definition, SchemaName, Span, TableSchema, fold};
use std::cmp::Ordering;
use std::sync::Arc;

/// The pieces of the text of an expression, behind what makes it a statement.
fn expression_pieces(text: &str) -> Vec<Highlight> {
    pieces_behind("SELECT ", text)
}

/// The pieces of a text that stands behind another.
fn pieces_behind(before: &str, text: &str) -> Vec<Highlight> {
    let pieces = highlight(&format!("{before}{text}")).into_iter();
    let moved = |piece: Highlight| {
        let start = piece.span.start.checked_sub(before.len())?;
        let span = Span { start, end: piece.span.end - before.len() };
        Some(Highlight { span, ..piece })
    };
    pieces.filter_map(moved).collect()
}

/// The text of an expression of a table with its columns standing alone, without the name of the table:
/// so it stays what it is whatever the table is called.
pub(super) fn unqualified(text: &str) -> String {
    without_tables(text, &expression_pieces(text))
}

/// The same of the definition of a column.
pub(super) fn unqualified_column(text: &str) -> String {
    without_tables(text, &pieces_behind(ADD_COLUMN, text))
}

/// The same of a constraint of the table.
pub(super) fn unqualified_constraint(text: &str) -> String {
    without_tables(text, &pieces_behind("ALTER TABLE t ADD ", text))
}

fn without_tables(text: &str, pieces: &[Highlight]) -> String {
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    let is_point = |piece: &Highlight| &text[piece.span.start..piece.span.end] == ".";
    for (index, pair) in pieces.windows(2).enumerate() {
        if let ([Highlight { kind: HighlightKind::Table(_), span }, point], true) =
            (pair, is_point(&pair[1]))
        {
            // Before it the name of its schema may stand.
            let before = index.checked_sub(2).map(|first| &pieces[first..index]);
            let first = match before {
                Some([schema, point]) if is_point(point) => schema.span,
                Some(_) | None => *span,
            };
            kept.push_str(&text[at..first.start]);
            at = point.span.end;
        }
    }
    kept.push_str(&text[at..]);
    kept
}

/// The text of an expression of one table under another name of one of its columns.
pub(super) fn in_expression(text: &str, from: &str, to: &str) -> String {
    let named = expression_columns(text).into_iter().filter(|(_, name)| fold(name) == fold(from));
    let name = Identifier::of(to).to_string();
    edited(text, named.map(|(span, _)| (span, name.clone())).collect())
}

/// Where an expression names columns, and which.
fn expression_columns(text: &str) -> Vec<(Span, String)> {
    columns_of(&expression_pieces(text))
}

/// Where pieces of a text name columns, and which.
fn columns_of(pieces: &[Highlight]) -> Vec<(Span, String)> {
    let column = |piece: &Highlight| {
        let HighlightKind::Column { name, .. } = &piece.kind else { return None };
        Some((piece.span, name.clone()))
    };
    pieces.iter().filter_map(column).collect()
}

/// What makes of an expression that stands in a text the one that it became: mostly, other names for
/// columns.
pub(super) fn expression_edits(pieces: &[Highlight], place: Span, now: &str) -> Vec<Edit> {
    let inside = |span: &Span| place.start <= span.start && span.end <= place.end;
    let mut written = columns_of(pieces);
    written.retain(|(span, _)| inside(span));
    let names = expression_columns(now);
    if written.len() != names.len() {
        return vec![(place, now.to_owned())];
    }
    let pairs = written.into_iter().zip(names).filter(|((_, old), (_, new))| old != new);
    pairs.map(|((span, _), (_, new))| (span, Identifier::of(new).to_string())).collect()
}

/// A place of a text and what comes there.
pub(super) type Edit = (Span, String);

/// A text with edits, which do not overlap.
pub(super) fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut edited, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in edits {
        edited.push_str(text.get(at..span.start).unwrap_or_default());
        edited.push_str(&new);
        at = span.end.max(at);
    }
    edited.push_str(text.get(at..).unwrap_or_default());
    edited
}

/// The views and triggers as a change of a table makes them.
pub(super) struct AlteredDefinitions {
    /// Of each, what its names meant before.
    before: Vec<(Arc<Definition>, Vec<NameReference>)>,
    /// Of those whose text is another now, that text.
    changes: Vec<SchemaChange>,
}

impl AlteredDefinitions {
    /// All views and triggers as they are.
    ///
    /// # Errors
    /// `alter-table` of one that cannot be read as things are: nobody knows what its names mean.
    pub fn of(at: &Identifier, catalog: &mut dyn Catalog) -> Result<AlteredDefinitions, Error> {
        let schema = catalog.schema();
        let schemas =
            SchemaName::ALL.into_iter().flat_map(|name| schema.within(name).definitions());
        let definitions: Vec<Arc<Definition>> = schemas.map(Arc::clone).collect();
        let mut before = Vec::with_capacity(definitions.len());
        for definition in definitions {
            let references = references::of_definition(&definition, catalog).map_err(|error| {
                refused(&definition, "cannot be read as things are", &error, at)
            })?;
            before.push((definition, references));
        }
        Ok(AlteredDefinitions { before, changes: Vec::new() })
    }

    /// Lets those that name the table, or this column of it, name it so from now on.
    pub fn rename(mut self, table: &TableSchema, column: Option<usize>, to: &Identifier) -> Self {
        let name = Identifier::of(to.name.clone()).to_string();
        for (old, references) in &self.before {
            let is_meant = |reference: &&NameReference| {
                reference.table == table.id && reference.column == column
            };
            let edits: Vec<Edit> = references
                .iter()
                .filter(is_meant)
                .filter_map(|reference| Some((reference.span?, name.clone())))
                .collect();
            if edits.is_empty() {
                continue;
            }
            let is_on = column.is_none() && old.is_on(table.id.schema_name(), &table.name);
            let new = Arc::new(Definition {
                sql: edited(&old.sql, edits),
                table: if is_on { Some(to.name.to_string()) } else { old.table.clone() },
                ..Definition::clone(old)
            });
            self.changes.push(SchemaChange::ReplaceDefinition { old: Arc::clone(old), new });
        }
        self
    }

    /// What becomes of them beside the change itself, if all of them can be read behind it, and their
    /// names mean what they meant.
    ///
    /// # Errors
    /// `alter-table` of one that cannot, or whose names mean something else.
    pub fn checked(
        self,
        change: &SchemaChange,
        at: &Identifier,
        catalog: &mut dyn Catalog,
    ) -> Result<Vec<SchemaChange>, Error> {
        let AlteredDefinitions { before, changes } = self;
        let all: Vec<SchemaChange> = std::iter::once(change).chain(&changes).cloned().collect();
        let mut catalog = AlteredCatalog::new(catalog, &all);
        // The columns behind one that goes move up; what named that one cannot mean the same.
        let moved = |one: &NameReference| {
            let SchemaChange::DropColumn { table, column } = change else {
                return (one.table, one.column);
            };
            let behind = one.column.map(|known| match known.cmp(column) {
                _ if one.table != table.id => known,
                Ordering::Less => known,
                Ordering::Equal => usize::MAX,
                Ordering::Greater => known - 1,
            });
            (one.table, behind)
        };
        for (old, references) in before {
            let now = changes.iter().find_map(|change| {
                let SchemaChange::ReplaceDefinition { old: replaced, new } = change else {
                    return None;
                };
                Arc::ptr_eq(replaced, &old).then(|| Arc::clone(new))
            });
            let now = now.unwrap_or(old);
            let meant = references::of_definition(&now, &mut catalog)
                .map_err(|error| refused(&now, "could not be read after that", &error, at))?;
            let meant = meant.iter().map(|one| (one.table, one.column));
            if !meant.eq(references.iter().map(moved)) {
                let error =
                    Error::new("alter-table", "a name in it would mean another column", at.span);
                return Err(refused(&now, "could not stay what it is", &error, at));
            }
        }
        Ok(changes)
    }
}

/// The error for a view or a trigger that stands in the way.
fn refused(definition: &Definition, what: &str, error: &Error, at: &Identifier) -> Error {
    let Definition { kind, name, .. } = definition;
    let message = format!("{kind} {name} {what}: {}", error.message);
    Error::new("alter-table", message, at.span).help(Some(format!(
        "DROP {} {} comes first; then make it again",
        kind.keyword(),
        Identifier::of(name)
    )))
}
