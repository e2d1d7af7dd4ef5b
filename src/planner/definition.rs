//! The statements that make a table and its indexes as they are.
//!
//! A table keeps the CREATE TABLE that somebody wrote, for its words, its comments and its blanks. ALTER
//! TABLE changes the table and not those words; so where they no longer say what the table is, they are
//! edited in the places where they do not, and stay what they are everywhere else.

use super::rename::{Edit, edited, expression_edits};
use crate::language::ast::{
    AlterAction, ColumnConstraintKind, ColumnDefinition, CreateTable, ForeignKeyClause, Identifier,
    ObjectName, SchemaStatement, TableConstraintKind, TableOption,
};
use crate::language::{Highlight, HighlightKind, highlight, parse_definition};
use crate::types::{CheckConstraint, Column, ForeignKey, KeySchema, KeySource, Span, TableSchema};

/// The CREATE TABLE that makes this table wherever it runs, without `;`: as it was written, unless the table
/// was altered.
pub fn create_table(table: &TableSchema) -> String {
    let mut text = create_flexible_table(table);
    let pieces = highlight(&text);
    let mut words = pieces.iter().filter(|piece| piece.kind != HighlightKind::Comment);
    let says_so = created(&text).is_none_or(|create| {
        !table.options.flexible || create.options.contains(&TableOption::Flexible)
    });
    // What a session makes every new table stands in no statement.
    if let Some(last) = words.next_back().filter(|_| !says_so) {
        let is_first = text.get(last.span.start..last.span.end) == Some(")");
        text.insert_str(last.span.end, if is_first { " FLEXIBLE" } else { ", FLEXIBLE" });
    }
    text
}

/// The same where every new table is FLEXIBLE, as in SQLite.
pub fn create_flexible_table(table: &TableSchema) -> String {
    let written = without_end(&table.sql);
    let edits = created(written).and_then(|create| TableText::new(written, &create, table).edits());
    edits.map_or_else(|| written.to_owned(), |edits| edited(written, edits))
}

/// The verb of a CREATE statement, without TEMP, and where the name begins in it; `None` of any other text.
pub fn created_object(sql: &str) -> Option<(&'static str, usize)> {
    let Ok(Some(statement)) = parse_definition(sql) else { return None };
    let (verb, name) = match &statement {
        SchemaStatement::CreateTable(create) => ("CREATE TABLE", &create.name),
        SchemaStatement::CreateTableAs(create) => ("CREATE TABLE", &create.name),
        SchemaStatement::CreateIndex(create) if create.unique => {
            ("CREATE UNIQUE INDEX", &create.name)
        }
        SchemaStatement::CreateIndex(create) => ("CREATE INDEX", &create.name),
        SchemaStatement::CreateView(create) => ("CREATE VIEW", &create.name),
        SchemaStatement::CreateTrigger(create) => ("CREATE TRIGGER", &create.name),
        SchemaStatement::AlterTable { .. }
        | SchemaStatement::DropTable { .. }
        | SchemaStatement::DropDefinition(_)
        | SchemaStatement::DropIndex { .. } => return None,
    };
    Some((verb, name.span.start))
}

/// A CREATE TABLE that a text is.
pub(super) fn created(text: &str) -> Option<CreateTable> {
    match parse_definition(text) {
        Ok(Some(SchemaStatement::CreateTable(create))) => Some(create),
        Ok(_) | Err(_) => None,
    }
}

/// The CREATE INDEX that makes an index of this table, without `;`: as it was written, unless the table
/// was altered.
pub fn create_index(table: &TableSchema, key: &KeySchema) -> String {
    let written = without_end(&key.sql);
    let Ok(Some(SchemaStatement::CreateIndex(create))) = parse_definition(written) else {
        return written.to_owned();
    };
    let pieces = highlight(written);
    let mut edits = Vec::new();
    rename(&create.table, &table.name, &mut edits);
    for (indexed, part) in create.columns.iter().zip(key.parts(table).iter()) {
        match &part.source {
            KeySource::Column(column) => {
                if let (Some(name), Some(column)) = (indexed.column(), table.columns.get(*column)) {
                    rename(name, &column.name, &mut edits);
                }
            }
            KeySource::Expression(now) => {
                edits.extend(expression_edits(&pieces, indexed.collated().0.span, now));
            }
        }
    }
    if let (Some(condition), Some(now)) = (&create.condition, &key.condition) {
        edits.extend(expression_edits(&pieces, condition.span, now));
        edits.extend(table_edits(&pieces, condition.span, &create.table.name, &table.name));
    }
    edited(written, edits)
}

/// A column as ADD COLUMN takes it.
pub fn column_definition(column: &Column) -> String {
    let mut words = vec![Identifier::of(column.name.clone()).to_string()];
    words.extend((!column.declared.is_empty()).then(|| column.declared.clone()));
    let collation = Some(column.collation).filter(|collation| !collation.is_binary());
    words.extend(collation.map(|collation| format!("COLLATE {collation}")));
    words.extend(column.not_null.then(|| "NOT NULL".to_owned()));
    words.extend(column.on_null.map(|resolution| format!("ON CONFLICT {resolution}")));
    words.extend(column.default.as_ref().map(|default| format!("DEFAULT ({default})")));
    words.extend(column.generated.as_ref().map(|how| format!("GENERATED ALWAYS {how}")));
    words.join(" ")
}

/// A statement without the `;` behind it.
pub(super) fn without_end(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';').trim_end()
}

/// A name that is another one now.
fn rename(name: &Identifier, now: &str, edits: &mut Vec<Edit>) {
    if name.name != now {
        edits.push((name.span, Identifier::of(now).to_string()));
    }
}

/// A CREATE TABLE beside the table that it made.
struct TableText<'a> {
    create: &'a CreateTable,
    table: &'a TableSchema,
    pieces: Vec<Highlight>,
    constraints: Constraints<'a>,
    edits: Vec<Edit>,
}

impl<'a> TableText<'a> {
    fn new(text: &str, create: &'a CreateTable, table: &'a TableSchema) -> TableText<'a> {
        let constraints = Constraints::of(table);
        TableText { create, table, pieces: highlight(text), constraints, edits: Vec::new() }
    }

    /// What ALTER TABLE did since; `None` where the table cannot have come of it.
    fn edits(mut self) -> Option<Vec<Edit>> {
        let (create, table) = (self.create, self.table);
        rename(&create.name, &table.name, &mut self.edits);
        let mut last_kept = None;
        for (ordinal, definition) in create.columns.iter().enumerate() {
            match self.place(ordinal) {
                Some(place) => {
                    last_kept = Some(ordinal);
                    self.column(definition, place);
                }
                // It goes with the comma behind it.
                None => {
                    if let Some(next) = create.columns.get(ordinal + 1) {
                        let (start, end) = (definition.span.start, next.span.start);
                        self.edits.push((Span { start, end }, String::new()));
                    }
                }
            }
        }
        let end = create.columns.last()?.span.end;
        let added = table.columns.iter().enumerate().filter(|(_, column)| !self.is_written(column));
        let added = added.map(|(place, column)| added_column(table, place, column));
        let mut added: Vec<String> = added.collect();
        // The last ones go with the comma before them.
        let start = match last_kept {
            Some(kept) => {
                added.iter_mut().for_each(|definition| definition.insert_str(0, ", "));
                create.columns[kept].span.end
            }
            None => {
                added.iter_mut().skip(1).for_each(|definition| definition.insert_str(0, ", "));
                create.columns.first()?.span.start
            }
        };
        self.edits.push((Span { start, end }, added.concat()));
        for constraint in &create.constraints {
            match &constraint.kind {
                TableConstraintKind::PrimaryKey { columns, .. }
                | TableConstraintKind::Unique(columns) => {
                    let names: Vec<&Identifier> =
                        columns.iter().map(|column| column.column()).collect::<Option<_>>()?;
                    names.into_iter().try_for_each(|name| self.rename_column(name))?;
                }
                TableConstraintKind::ForeignKey { columns, references } => {
                    columns.iter().try_for_each(|name| self.rename_column(name))?;
                    let key = self.constraints.foreign_key(None);
                    refer(references, key, &mut self.edits);
                }
                TableConstraintKind::Check(condition) => {
                    let check = self.constraints.check(None);
                    self.expression(condition.span, check.map(|check| check.condition.as_str()));
                }
            }
        }
        Some(self.edits)
    }

    /// Whether a column stands in the statement: those are known by their places there.
    fn is_written(&self, column: &Column) -> bool {
        column.id.event == self.table.id.0
    }

    /// Where the table has the column that stands at a place in the statement now.
    fn place(&self, ordinal: usize) -> Option<usize> {
        let mut columns = self.table.columns.iter();
        columns.position(|column| self.is_written(column) && column.id.ordinal == ordinal)
    }

    /// The name of a column behind its definition.
    fn rename_column(&mut self, name: &Identifier) -> Option<()> {
        let is_named = |known: &ColumnDefinition| known.name.name.eq_ignore_ascii_case(&name.name);
        let place = self.place(self.create.columns.iter().position(is_named)?)?;
        rename_if_other(name, &self.table.columns[place].name, &mut self.edits);
        Some(())
    }

    fn column(&mut self, definition: &ColumnDefinition, place: usize) {
        let table = self.table;
        let column = &table.columns[place];
        rename(&definition.name, &column.name, &mut self.edits);
        for constraint in &definition.constraints {
            match &constraint.kind {
                ColumnConstraintKind::Check(condition) => {
                    let check = self.constraints.check(Some(place));
                    self.expression(condition.span, check.map(|check| check.condition.as_str()));
                }
                ColumnConstraintKind::Generated { expression, .. } => {
                    let now = column.generated.as_ref();
                    self.expression(expression.span, now.map(|now| now.expression.as_str()));
                }
                ColumnConstraintKind::References(clause) => {
                    let key = self.constraints.foreign_key(Some(place));
                    refer(clause, key, &mut self.edits);
                }
                ColumnConstraintKind::PrimaryKey { .. }
                | ColumnConstraintKind::NotNull
                | ColumnConstraintKind::Null
                | ColumnConstraintKind::Unique
                | ColumnConstraintKind::Default(_)
                | ColumnConstraintKind::Collate(_) => {}
            }
        }
    }

    /// An expression over the table's columns, as it reads now.
    fn expression(&mut self, place: Span, now: Option<&str>) {
        let Some(now) = now else { return };
        self.edits.extend(expression_edits(&self.pieces, place, now));
        let (written, name) = (&self.create.name.name, &self.table.name);
        self.edits.extend(table_edits(&self.pieces, place, written, name));
    }
}

/// Lets an expression say the name that a table has now.
fn table_edits(pieces: &[Highlight], place: Span, written: &str, now: &str) -> Vec<Edit> {
    if written == now {
        return Vec::new();
    }
    let inside =
        |piece: &&Highlight| place.start <= piece.span.start && piece.span.end <= place.end;
    let is_table = |piece: &&Highlight| matches!(&piece.kind, HighlightKind::Table(of) if of.eq_ignore_ascii_case(written));
    let named = pieces.iter().filter(inside).filter(is_table);
    let name = Identifier::of(now).to_string();
    named.map(|piece| (piece.span, name.clone())).collect()
}

/// A name in another case is the name that was written.
fn rename_if_other(name: &Identifier, now: &str, edits: &mut Vec<Edit>) {
    if !name.name.eq_ignore_ascii_case(now) {
        rename(name, now, edits);
    }
}

/// The constraints of a table that its statement has not come to yet, in their order.
struct Constraints<'a> {
    checks: Vec<&'a CheckConstraint>,
    foreign_keys: Vec<&'a ForeignKey>,
}

impl<'a> Constraints<'a> {
    fn of(table: &'a TableSchema) -> Constraints<'a> {
        let (checks, foreign_keys) = (table.checks.iter(), table.foreign_keys.iter());
        Constraints { checks: checks.collect(), foreign_keys: foreign_keys.collect() }
    }

    /// The next CHECK of a column, or of the table. Some logs do not say of those of columns whose they are.
    fn check(&mut self, column: Option<usize>) -> Option<&'a CheckConstraint> {
        let find = |of| self.checks.iter().position(|check| check.column == of);
        find(column).or_else(|| find(None)).map(|at| self.checks.remove(at))
    }

    /// The same of foreign keys.
    fn foreign_key(&mut self, column: Option<usize>) -> Option<&'a ForeignKey> {
        let find = |column: Option<usize>| {
            self.foreign_keys.iter().position(|key| match column {
                Some(column) => key.of_column && key.columns == [column],
                None => !key.of_column,
            })
        };
        find(column).or_else(|| find(None)).map(|at| self.foreign_keys.remove(at))
    }
}

/// Lets a clause name what its foreign key refers to now.
fn refer(clause: &ForeignKeyClause, key: Option<&ForeignKey>, edits: &mut Vec<Edit>) {
    let Some(key) = key else { return };
    rename(&clause.table, &key.references, edits);
    for (name, now) in clause.columns.iter().zip(&key.referenced) {
        rename(name, now, edits);
    }
}

/// What makes a statement of the definition of a column that was added.
pub(super) const ADD_COLUMN: &str = "ALTER TABLE t ADD COLUMN ";

/// The definition of a column that came later: as it was written, if that is known, but for what was
/// altered since.
fn added_column(table: &TableSchema, place: usize, column: &Column) -> String {
    let text = format!("{ADD_COLUMN}{}", column.sql);
    let Ok(Some(SchemaStatement::AlterTable {
        action: AlterAction::AddColumn(definition),
        table: name,
        ..
    })) = parse_definition(&text)
    else {
        return column_definition(column);
    };
    let create = CreateTable {
        temporary: false,
        if_not_exists: false,
        name: ObjectName::of(table.name.clone()).at(name.span),
        columns: Vec::new(),
        constraints: Vec::new(),
        options: Vec::new(),
        annotations: Default::default(),
    };
    let mut of_text = TableText::new(&text, &create, table);
    of_text.column(&definition, place);
    edited(&text, of_text.edits)[ADD_COLUMN.len()..].to_owned()
}
