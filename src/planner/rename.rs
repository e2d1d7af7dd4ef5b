//! What ALTER TABLE does to the texts of views and triggers: names in them follow what they mean.
//!
//! A text is rewritten name by name, in the spelling that it has, where nothing else in it can be meant;
//! where something can, the change is refused, and says which definition stands in its way.

use super::Error;
use crate::language::ast::Identifier;
use crate::language::{Highlight, HighlightKind, highlight};
use crate::storage::SchemaChange;
use crate::types::{Definition, DefinitionKind, Schema, Span, TableSchema, fold};
use std::sync::Arc;

/// The text of a definition and what its words are.
struct DefinitionText<'a> {
    definition: &'a Arc<Definition>,
    pieces: Vec<Highlight>,
}

impl<'a> DefinitionText<'a> {
    fn of(definition: &'a Arc<Definition>) -> DefinitionText<'a> {
        DefinitionText { definition, pieces: highlight(&definition.sql) }
    }

    fn word(&self, piece: &Highlight) -> &str {
        &self.definition.sql[piece.span.start..piece.span.end]
    }

    /// Whether it names a table or a view.
    fn names(&self, table: &str) -> bool {
        self.pieces.iter().any(|piece| is_table(piece, table))
    }

    /// Whether it gives something a name: an alias, a table of WITH. Its own name is none of these.
    fn gives(&self, name: &str) -> bool {
        let given = self.pieces.iter().filter(|piece| matches!(piece.kind, HighlightKind::Name));
        given.skip(1).any(|piece| unquoted(self.word(piece)) == fold(name))
    }

    /// Whether a piece names a column so, but for those that a view declares.
    fn is_column(&self, piece: &Highlight, column: &str) -> bool {
        let HighlightKind::Column { name, .. } = &piece.kind else { return false };
        fold(name) == fold(column) && piece.span.start >= self.body()
    }

    /// Where what it does begins: behind the AS of a view.
    fn body(&self) -> usize {
        let is_as = |piece: &&Highlight| self.word(piece).eq_ignore_ascii_case("AS");
        match self.definition.kind {
            DefinitionKind::View => {
                self.pieces.iter().find(is_as).map_or(0, |piece| piece.span.start)
            }
            DefinitionKind::Trigger | DefinitionKind::Setting => 0,
        }
    }

    /// The text with another name in these places.
    fn with(&self, wanted: impl Fn(&Highlight) -> bool, name: &str) -> String {
        let name = Identifier::of(name).to_string();
        let (mut text, mut at) = (String::new(), 0);
        for piece in self.pieces.iter().filter(|piece| wanted(piece)) {
            text.push_str(&self.definition.sql[at..piece.span.start]);
            text.push_str(&name);
            at = piece.span.end;
        }
        text.push_str(&self.definition.sql[at..]);
        text
    }

    fn refused(&self, what: &str, at: &Identifier) -> Error {
        let Definition { kind, name, .. } = &**self.definition;
        let message = format!("{kind} {name} names \"{what}\", and more than one thing by it");
        Error::new("alter-table", message, at.span).help(Some(format!(
            "DROP {} {} comes first; then make it again",
            kind.keyword(),
            Identifier::of(name)
        )))
    }
}

fn is_table(piece: &Highlight, table: &str) -> bool {
    matches!(&piece.kind, HighlightKind::Table(name) if fold(name) == fold(table))
}

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
    without_tables(text, &pieces_behind("ALTER TABLE t ADD COLUMN ", text))
}

/// The same of a constraint of the table.
pub(super) fn unqualified_constraint(text: &str) -> String {
    without_tables(text, &pieces_behind("ALTER TABLE t ADD ", text))
}

fn without_tables(text: &str, pieces: &[Highlight]) -> String {
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    for pair in pieces.windows(2) {
        if let ([Highlight { kind: HighlightKind::Table(_), span }, point], true) =
            (pair, &text[pair[1].span.start..pair[1].span.end] == ".")
        {
            kept.push_str(&text[at..span.start]);
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

/// A name without its quotes, folded.
fn unquoted(word: &str) -> String {
    fold(word.trim_matches(['"', '`', '[', ']', '\'']))
}

/// What becomes of views and triggers where a table gets another name.
///
/// # Errors
/// `alter-table` where the text of one means something else by one of the names, too.
pub(super) fn of_table(
    table: &TableSchema,
    to: &Identifier,
    schema: &Schema,
) -> Result<Vec<SchemaChange>, Error> {
    let mut changes = Vec::new();
    for old in schema.naming(table) {
        let text = DefinitionText::of(old);
        if !text.names(&table.name) {
            continue;
        }
        if text.gives(&table.name) || (fold(&table.name) != fold(&to.name) && text.gives(&to.name))
        {
            return Err(text.refused(&table.name, to));
        }
        let is_on = old.is_on(table.id.schema_name(), &table.name);
        let new = Definition {
            sql: text.with(|piece| is_table(piece, &table.name), &to.name),
            table: if is_on { Some(to.name.clone()) } else { old.table.clone() },
            ..Definition::clone(old)
        };
        changes.push(SchemaChange::ReplaceDefinition { old: Arc::clone(old), new: Arc::new(new) });
    }
    Ok(changes)
}

/// What becomes of views and triggers where a column of a table gets another name.
///
/// # Errors
/// `alter-table` where the text of one could mean another column by the name.
pub(super) fn of_column(
    table: &TableSchema,
    column: &str,
    to: &Identifier,
    schema: &Schema,
) -> Result<Vec<SchemaChange>, Error> {
    let mut changes = Vec::new();
    for old in naming(table, column, schema) {
        let text = DefinitionText::of(old);
        let others = schema.all_tables().filter(|other| other.id != table.id);
        let mut others = others.filter(|other| text.names(&other.name));
        let is_others = others.any(|other| other.column(column).is_some());
        // What a view that it reads calls its columns is in another text.
        let reads_view =
            schema.all_views().any(|view| view.name != old.name && text.names(&view.name));
        if is_others || reads_view || text.gives(column) {
            return Err(text.refused(column, to));
        }
        let sql = text.with(|piece| text.is_column(piece, column), &to.name);
        let new = Definition { sql, ..Definition::clone(old) };
        changes.push(SchemaChange::ReplaceDefinition { old: Arc::clone(old), new: Arc::new(new) });
    }
    Ok(changes)
}

/// Makes sure that no view and no trigger names a column that goes.
///
/// # Errors
/// `alter-table` where one does.
pub(super) fn check_unnamed(
    table: &TableSchema,
    column: &Identifier,
    schema: &Schema,
) -> Result<(), Error> {
    let Some(definition) = naming(table, &column.name, schema).next() else { return Ok(()) };
    let Definition { kind, name, .. } = &**definition;
    let message = format!("{kind} {name} names \"{}\"", column.name);
    let help = format!("DROP {} {} comes first", kind.keyword(), Identifier::of(name));
    Err(Error::new("alter-table", message, column.span).help(Some(help)))
}

/// The views and triggers that name a table and a column so.
fn naming<'a>(
    table: &'a TableSchema,
    column: &'a str,
    schema: &'a Schema,
) -> impl Iterator<Item = &'a Arc<Definition>> {
    schema.naming(table).into_iter().filter(move |definition| {
        let text = DefinitionText::of(definition);
        text.names(&table.name) && text.pieces.iter().any(|piece| text.is_column(piece, column))
    })
}
