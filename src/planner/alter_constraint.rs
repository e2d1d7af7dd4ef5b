//! ALTER TABLE of a constraint: what becomes of it, and of the text of the definition that says it.
//!
//! The text is edited where the constraint stands, and stays what it is everywhere else: that of the
//! statement that created the table, or of the column if ALTER TABLE added it.

use super::definition::{ADD_COLUMN, column_definition, created, without_end};
use super::write::named_columns;
use super::{Error, ddl, rename};
use crate::language::ast::{
    AlterAction, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, Identifier,
    SchemaStatement, TableConstraint, TableConstraintKind,
};
use crate::language::parse_definition;
use crate::storage::SchemaChange;
use crate::types::{
    CheckConstraint, Column, ConflictResolution, ConstraintEdit, Span, TableSchema,
};
use std::sync::Arc;

/// ADD CONSTRAINT, which can be a CHECK.
///
/// # Errors
/// `alter-table` of another constraint, and of a name that one has already; those of the condition.
pub(super) fn add(
    table: Arc<TableSchema>,
    constraint: &TableConstraint,
    text: &str,
) -> Result<SchemaChange, Error> {
    let span = constraint.span.0;
    let refused = |message: String, help: String| {
        Err(Error::new("alter-table", message, span).help(Some(help)))
    };
    let name = &table.name;
    match &constraint.kind {
        TableConstraintKind::Check(_) => {}
        TableConstraintKind::Unique(columns) => {
            let columns: Vec<String> =
                columns.iter().map(|column| column.expression.to_string()).collect();
            let help = format!("CREATE UNIQUE INDEX … ON {name} ({})", columns.join(", "));
            return refused("a UNIQUE is added to a table as an index".to_owned(), help);
        }
        TableConstraintKind::PrimaryKey { .. } | TableConstraintKind::ForeignKey { .. } => {
            let message = format!("{name} gets its keys when it is created: a CHECK can be added");
            let help = "a column that is added can say REFERENCES".to_owned();
            return refused(message, help);
        }
    }
    if let Some(new) = constraint.name.as_ref().filter(|new| has_constraint(&table, &new.name)) {
        let message = format!("{name} has a constraint {new} already");
        return Err(Error::new("alter-table", message, new.span));
    }
    let mut after = TableSchema::clone(&table);
    ddl::table_constraint(&mut after, constraint)?;
    let check = after.checks.pop().expect("it was added above");
    let written = text.get(span.start..span.end);
    let written = written.map_or_else(|| constraint.to_string(), rename::unqualified_constraint);
    altered(table, ConstraintEdit::AddCheck(check), |text| text.insert_last(&written))
}

/// DROP CONSTRAINT.
///
/// # Errors
/// `alter-table` of a key, and where no constraint is called so.
pub(super) fn drop(table: Arc<TableSchema>, name: &Identifier) -> Result<SchemaChange, Error> {
    let is_it = |other: &Option<String>| is_called(other.as_deref(), &name.name);
    if let Some(check) = table.checks.iter().position(|check| is_it(&check.name)) {
        let edit = ConstraintEdit::DropCheck(check);
        return altered(table, edit, |text| text.remove(Some(&name.name), Kind::Check, None));
    }
    if let Some(key) = table.foreign_keys.iter().position(|key| is_it(&key.name)) {
        let edit = ConstraintEdit::DropForeignKey(key);
        return altered(table, edit, |text| text.remove(Some(&name.name), Kind::ForeignKey, None));
    }
    if let Some(column) = not_null_called(&table, &name.name)
        && let Some(change) = drop_not_null_of(Arc::clone(&table), column, name)?
    {
        return Ok(change);
    }
    let is_key = table.keys.iter().any(|key| is_it(&key.name));
    let message = match is_key || has_constraint(&table, &name.name) {
        true => format!("{name} of {} is a key or a default, and stays", table.name),
        false => format!("{} has no constraint {name}", table.name),
    };
    Err(Error::new("alter-table", message, name.span))
}

/// SET NOT NULL; nothing where the column says so already.
///
/// # Errors
/// `unknown-column`.
pub(super) fn set_not_null(
    table: Arc<TableSchema>,
    name: &Identifier,
    on_null: Option<ConflictResolution>,
) -> Result<Option<SchemaChange>, Error> {
    let column = named_columns(&table, std::slice::from_ref(name))?[0];
    let now = &table.columns[column];
    if now.not_null && now.on_null == on_null {
        return Ok(None);
    }
    let words = on_null.map_or_else(
        || "NOT NULL".to_owned(),
        |resolution| format!("NOT NULL ON CONFLICT {resolution}"),
    );
    let edit = ConstraintEdit::SetNotNull { column, on_null };
    let change = altered(table, edit, |text| {
        text.remove(None, Kind::NotNull, Some(column));
        text.insert_behind(column, &words);
    });
    change.map(Some)
}

/// DROP NOT NULL; nothing where the column takes NULL already.
///
/// # Errors
/// `unknown-column`; `alter-table` of a column of the primary key.
pub(super) fn drop_not_null(
    table: Arc<TableSchema>,
    name: &Identifier,
) -> Result<Option<SchemaChange>, Error> {
    let column = named_columns(&table, std::slice::from_ref(name))?[0];
    drop_not_null_of(table, column, name)
}

fn drop_not_null_of(
    table: Arc<TableSchema>,
    column: usize,
    at: &Identifier,
) -> Result<Option<SchemaChange>, Error> {
    if !table.columns[column].not_null {
        return Ok(None);
    }
    let in_key = table.primary_key().is_some_and(|key| key.columns.contains(&column));
    let may_be_null = table.options.flexible && !table.options.without_rowid;
    if in_key && !may_be_null && table.integer_primary_key() != Some(column) {
        let called = &table.columns[column].name;
        let message = format!("\"{called}\" is in the primary key of {}, never NULL", table.name);
        return Err(Error::new("alter-table", message, at.span));
    }
    let edit = ConstraintEdit::DropNotNull { column };
    altered(table, edit, |text| text.remove(None, Kind::NotNull, Some(column))).map(Some)
}

/// What a constraint demands, as far as ALTER TABLE tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Check,
    ForeignKey,
    NotNull,
    Other,
}

/// A constraint where it stands.
struct WrittenConstraint {
    name: Option<String>,
    kind: Kind,
    /// The column of the table that it stands with.
    column: Option<usize>,
    span: Span,
}

/// The text of a definition that says constraints.
struct ConstraintText {
    text: String,
    constraints: Vec<WrittenConstraint>,
    /// The columns of the table that stand in it, and where they end.
    columns: Vec<(usize, usize)>,
    /// Where the last part of it ends.
    end: usize,
}

impl ConstraintText {
    /// Of the statement that created the table; `None` where it is none that can be read.
    fn of_table(table: &TableSchema) -> Option<ConstraintText> {
        let text = without_end(&table.sql).to_owned();
        let create = created(&text)?;
        let end = create.columns.last()?.span.end;
        let end = create.constraints.last().map_or(end, |last| last.span.0.end);
        let mut all = ConstraintText { text, constraints: Vec::new(), columns: Vec::new(), end };
        for (ordinal, definition) in create.columns.iter().enumerate() {
            let is_it =
                |column: &Column| column.id.event == table.id.0 && column.id.ordinal == ordinal;
            // One that is gone is none of the table's, and neither are its constraints.
            if let Some(column) = table.columns.iter().position(is_it) {
                all.add_column(column, definition);
            }
        }
        for TableConstraint { name, kind, span, .. } in &create.constraints {
            let kind = match kind {
                TableConstraintKind::Check(_) => Kind::Check,
                TableConstraintKind::ForeignKey { .. } => Kind::ForeignKey,
                TableConstraintKind::PrimaryKey { .. } | TableConstraintKind::Unique(_) => {
                    Kind::Other
                }
            };
            let name = name.as_ref().map(|name| name.name.to_string());
            all.constraints.push(WrittenConstraint { name, kind, column: None, span: span.0 });
        }
        Some(all)
    }

    /// Of a column that was added.
    fn of_column(table: &TableSchema, at: usize) -> Option<ConstraintText> {
        let column = table.columns.get(at)?;
        let written = match column.sql.as_str() {
            "" => column_definition(column),
            written => written.to_owned(),
        };
        let text = format!("{ADD_COLUMN}{written}");
        let Ok(Some(SchemaStatement::AlterTable {
            action: AlterAction::AddColumn(definition),
            ..
        })) = parse_definition(&text)
        else {
            return None;
        };
        let (constraints, columns, end) = (Vec::new(), Vec::new(), definition.span.end);
        let mut all = ConstraintText { text, constraints, columns, end };
        all.add_column(at, &definition);
        Some(all)
    }

    fn add_column(&mut self, column: usize, definition: &ColumnDefinition) {
        self.columns.push((column, definition.span.end));
        for ColumnConstraint { name, kind, span, .. } in &definition.constraints {
            let kind = match kind {
                ColumnConstraintKind::Check(_) => Kind::Check,
                ColumnConstraintKind::References(_) => Kind::ForeignKey,
                ColumnConstraintKind::NotNull => Kind::NotNull,
                ColumnConstraintKind::PrimaryKey { .. }
                | ColumnConstraintKind::Null
                | ColumnConstraintKind::Unique
                | ColumnConstraintKind::Default(_)
                | ColumnConstraintKind::Collate(_)
                | ColumnConstraintKind::Generated { .. } => Kind::Other,
            };
            let (name, column) = (name.as_ref().map(|name| name.name.to_string()), Some(column));
            self.constraints.push(WrittenConstraint { name, kind, column, span: span.0 });
        }
    }

    /// Takes constraints of a kind out: those of a name, or of a column, with the comma before them if
    /// one stands there, and no more blanks left than they need.
    fn remove(&mut self, name: Option<&str>, kind: Kind, column: Option<usize>) {
        let is_it = |of: &WrittenConstraint| {
            of.kind == kind
                && name.is_none_or(|name| is_called(of.name.as_deref(), name))
                && (column.is_none() || of.column == column)
        };
        let gone: Vec<Span> =
            self.constraints.iter().filter(|of| is_it(of)).map(|of| of.span).collect();
        for span in gone.into_iter().rev() {
            let mut start = self.text[..span.start].trim_end().len();
            let end = self.behind_blanks(span.end);
            let is_last = self.text[end..].chars().next().is_none_or(|next| ",)".contains(next));
            if is_last && self.text[..start].ends_with(',') {
                start -= 1;
            }
            let blank = if is_last { "" } else { " " };
            self.text.replace_range(start..end, blank);
            let shorter = end - start - blank.len();
            let moved =
                |at: &mut usize| *at -= if *at >= end { shorter } else { *at - (*at).min(start) };
            self.columns.iter_mut().map(|(_, end)| end).for_each(moved);
            moved(&mut self.end);
        }
    }

    fn behind_blanks(&self, at: usize) -> usize {
        self.text.len() - self.text[at..].trim_start().len()
    }

    /// Adds a constraint behind the definition of a column.
    fn insert_behind(&mut self, column: usize, words: &str) {
        if let Some((_, end)) = self.columns.iter().find(|(of, _)| *of == column) {
            self.text.insert_str(self.behind_blanks(*end), &format!(" {words}"));
        }
    }

    /// Adds a constraint behind all others.
    fn insert_last(&mut self, words: &str) {
        self.text.insert_str(self.behind_blanks(self.end), &format!(", {words}"));
    }
}

/// The change that an edit of a constraint is, whose definition is edited, too.
fn altered(
    table: Arc<TableSchema>,
    edit: ConstraintEdit,
    rewrite: impl FnOnce(&mut ConstraintText),
) -> Result<SchemaChange, Error> {
    let home = edit.definition(&table);
    let text = match home {
        Some(column) => ConstraintText::of_column(&table, column),
        None => ConstraintText::of_table(&table),
    };
    let sql = match (text, home) {
        (Some(mut text), home) => {
            rewrite(&mut text);
            home.map_or(text.text.clone(), |_| text.text[ADD_COLUMN.len()..].trim_end().to_owned())
        }
        // What cannot be read stays what it is.
        (None, Some(column)) => table.columns[column].sql.clone(),
        (None, None) => table.sql.clone(),
    };
    Ok(SchemaChange::AlterConstraint { table, edit: Box::new(edit), sql })
}

fn is_called(name: Option<&str>, wanted: &str) -> bool {
    name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

/// All definitions of a table that say constraints.
fn definitions(table: &TableSchema) -> impl Iterator<Item = ConstraintText> + '_ {
    let added = table.columns.iter().enumerate();
    let added = added.filter(|(_, column)| column.id.event != table.id.0);
    let added = added.filter_map(|(at, _)| ConstraintText::of_column(table, at));
    ConstraintText::of_table(table).into_iter().chain(added)
}

/// Whether a constraint of the table is called so.
fn has_constraint(table: &TableSchema, name: &str) -> bool {
    let is_it = |of: &WrittenConstraint| is_called(of.name.as_deref(), name);
    definitions(table).any(|text| text.constraints.iter().any(is_it))
}

/// The column whose NOT NULL is called so.
fn not_null_called(table: &TableSchema, name: &str) -> Option<usize> {
    definitions(table).find_map(|text| {
        let mut not_null = text.constraints.iter().filter(|of| of.kind == Kind::NotNull);
        not_null.find(|of| is_called(of.name.as_deref(), name))?.column
    })
}

/// The ALTER TABLE that does this to a constraint of a table.
pub fn alteration(table: &TableSchema, edit: &ConstraintEdit) -> String {
    let column = |at: usize| {
        Identifier::of(table.columns.get(at).map_or("?", |column| column.name.as_str()))
    };
    let what = match edit {
        ConstraintEdit::AddCheck(check) => add_check(check),
        ConstraintEdit::DropCheck(at) => {
            drop_constraint(table.checks.get(*at).and_then(|check| check.name.as_deref()))
        }
        ConstraintEdit::DropForeignKey(at) => {
            drop_constraint(table.foreign_keys.get(*at).and_then(|key| key.name.as_deref()))
        }
        ConstraintEdit::SetNotNull { column: at, on_null } => {
            let on_null = on_null.map(|resolution| format!(" ON CONFLICT {resolution}"));
            format!("ALTER COLUMN {} SET NOT NULL{}", column(*at), on_null.unwrap_or_default())
        }
        ConstraintEdit::DropNotNull { column: at } => {
            format!("ALTER COLUMN {} DROP NOT NULL", column(*at))
        }
    };
    altering(table, &what)
}

/// `ALTER TABLE t …`
fn altering(table: &TableSchema, what: &str) -> String {
    format!("ALTER TABLE {} {what}", Identifier::of(table.name.clone()))
}

fn drop_constraint(name: Option<&str>) -> String {
    format!("DROP CONSTRAINT {}", Identifier::of(name.unwrap_or("?")))
}

/// What takes back that a constraint of a table, as it was before, was altered.
pub fn reverse_alteration(table: &TableSchema, edit: &ConstraintEdit) -> String {
    let reverse = match edit {
        ConstraintEdit::AddCheck(CheckConstraint { name: Some(name), .. }) => {
            return altering(table, &drop_constraint(Some(name)));
        }
        ConstraintEdit::DropCheck(at) => {
            table.checks.get(*at).cloned().map(ConstraintEdit::AddCheck)
        }
        ConstraintEdit::SetNotNull { column, .. } => match table.columns.get(*column) {
            Some(before) if before.not_null => {
                Some(ConstraintEdit::SetNotNull { column: *column, on_null: before.on_null })
            }
            Some(_) | None => Some(ConstraintEdit::DropNotNull { column: *column }),
        },
        ConstraintEdit::DropNotNull { column } => {
            let on_null = table.columns.get(*column).and_then(|before| before.on_null);
            Some(ConstraintEdit::SetNotNull { column: *column, on_null })
        }
        ConstraintEdit::AddCheck(_) | ConstraintEdit::DropForeignKey(_) => None,
    };
    let anew = || format!("{}; INSERT INTO … SELECT fills it", without_end(&table.sql));
    reverse.map_or_else(anew, |reverse| alteration(table, &reverse))
}

fn add_check(check: &CheckConstraint) -> String {
    let name = check.name.as_ref().map(|name| format!("CONSTRAINT {} ", Identifier::of(name)));
    format!("ADD {}CHECK ({})", name.unwrap_or_default(), check.condition)
}
