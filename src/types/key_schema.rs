//! Keys: by what rows are found, and perhaps kept unique.
//!
//! Most keys are some columns as they are, and `columns` says all of them. One that says more, how texts
//! compare, which way it goes, or that a part is an expression, lists its `parts` besides; one with a
//! `condition` is only about the rows for which that is true. Expressions are kept as SQL text, as all
//! definitions are: what reads a schema need not know the language.

use super::{Collation, ConflictResolution, EventId, TableSchema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A key's identity: the event that made it and its place in that event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    /// The event that created the table or the index.
    pub event: EventId,
    /// Its place among the keys that the event created, from 0.
    pub ordinal: usize,
}

/// What a key was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// PRIMARY KEY.
    Primary,
    /// UNIQUE in CREATE TABLE.
    Unique,
    /// CREATE INDEX, with or without UNIQUE.
    Index,
}

/// By what rows are found, and perhaps kept unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySchema {
    /// Which key this is.
    #[serde(skip)]
    pub id: KeyId,
    /// The name of an index or of a constraint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it was declared as.
    pub kind: KeyKind,
    /// Whether two rows may not agree on all its parts (rows with a NULL among them may).
    pub unique: bool,
    /// What becomes of a row that agrees with another, where the constraint says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<ConflictResolution>,
    /// Indexes in the table of the columns that it is made from, each once: the columns that are parts
    /// of it, in the key's order, then those that only its expressions and its condition read.
    pub columns: Vec<usize>,
    /// Its parts where they are more than the columns as they are; empty where they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<KeyPart>,
    /// Which rows it is about, as SQL text of an expression; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The statement of a CREATE INDEX; empty for the keys of CREATE TABLE.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sql: String,
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPart {
    /// What it is.
    #[serde(flatten)]
    pub source: KeySource,
    /// How its texts compare.
    #[serde(default, skip_serializing_if = "Collation::is_binary")]
    pub collation: Collation,
    /// Whether larger values come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

/// What a part of a key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// The table's column at this index.
    Column(usize),
    /// The SQL text of an expression over the table's columns.
    Expression(String),
}

impl KeySchema {
    /// A key of columns as they are, which has no name and is nobody's yet.
    pub fn new(kind: KeyKind, unique: bool, columns: Vec<usize>) -> KeySchema {
        KeySchema {
            id: KeyId::default(),
            name: None,
            kind,
            unique,
            on_conflict: None,
            columns,
            parts: Vec::new(),
            condition: None,
            sql: String::new(),
        }
    }

    /// Its parts in the key's order.
    pub fn parts(&self, table: &TableSchema) -> Cow<'_, [KeyPart]> {
        if !self.parts.is_empty() {
            return Cow::Borrowed(&self.parts);
        }
        Cow::Owned(self.columns.iter().map(|column| KeyPart::of_column(table, *column)).collect())
    }

    /// How many parts it has.
    pub fn part_count(&self) -> usize {
        if self.parts.is_empty() { self.columns.len() } else { self.parts.len() }
    }

    /// Its first part; a key has one at least.
    pub fn first_part(&self, table: &TableSchema) -> Option<Cow<'_, KeyPart>> {
        match self.parts.first() {
            Some(part) => Some(Cow::Borrowed(part)),
            None => self.columns.first().map(|at| Cow::Owned(KeyPart::of_column(table, *at))),
        }
    }

    /// The columns that its parts are, in the key's order; `None` where a part is an expression.
    pub fn part_columns(&self) -> Option<Cow<'_, [usize]>> {
        if self.parts.is_empty() {
            return Some(Cow::Borrowed(&self.columns));
        }
        let columns = self.parts.iter().map(|part| part.source.column());
        columns.collect::<Option<Vec<usize>>>().map(Cow::Owned)
    }

    /// Whether a row has to be computed with before it is known what it has of the key.
    pub fn is_computed(&self) -> bool {
        self.condition.is_some() || self.parts.iter().any(|part| part.source.column().is_none())
    }

    /// Whether two keys are made of the same parts and about the same rows.
    pub fn is_same_as(&self, other: &KeySchema, table: &TableSchema) -> bool {
        self.parts(table) == other.parts(table) && self.condition == other.condition
    }

    /// What its parts are called: `owner`, `lower(owner)`, `owner COLLATE NOCASE` where that is not the
    /// column's own.
    pub fn part_names(&self, table: &TableSchema) -> Vec<String> {
        let name = |part: &KeyPart| {
            let (name, own) = match &part.source {
                KeySource::Column(at) => match table.columns.get(*at) {
                    Some(column) => (column.name.as_str(), column.collation),
                    None => ("?", Collation::Binary),
                },
                KeySource::Expression(text) => (text.as_str(), Collation::Binary),
            };
            match part.collation {
                collation if collation == own => name.to_owned(),
                collation => format!("{name} COLLATE {collation}"),
            }
        };
        self.parts(table).iter().map(name).collect()
    }

    /// Calls `visit` with every index of a column.
    pub fn for_each_column_mut(&mut self, mut visit: impl FnMut(&mut usize)) {
        self.columns.iter_mut().for_each(&mut visit);
        for part in &mut self.parts {
            if let KeySource::Column(column) = &mut part.source {
                visit(column);
            }
        }
    }
}

impl KeyPart {
    /// A column as it is: ascending, its texts by its own collation.
    pub fn of_column(table: &TableSchema, column: usize) -> KeyPart {
        let collation = table.columns.get(column).map(|known| known.collation).unwrap_or_default();
        KeyPart { source: KeySource::Column(column), collation, descending: false }
    }
}

impl KeySource {
    /// The column, if it is one.
    pub fn column(&self) -> Option<usize> {
        match self {
            KeySource::Column(column) => Some(*column),
            KeySource::Expression(_) => None,
        }
    }
}
