//! Tables, their columns and keys, and all of them together at one moment.

use super::key_schema::{KeyId, KeyKind, KeySchema, KeySource};
use super::{
    Collation, ConflictResolution, DataType, Definition, DefinitionKind, EventId, ForeignKey,
    SchemaName, Tree, Value,
};
use crate::types::Name;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Folds the ASCII letters of an identifier: names that fold alike are the same name.
pub fn fold(name: &str) -> String {
    folded(name).into_owned()
}

/// The same, of which most names are one already.
fn folded(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

/// A table's identity: the event that created it. Dropped and created again, it is another table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub EventId);

impl TableId {
    /// Of what can be read like a table and is none.
    pub const NONE: TableId = TableId(EventId::NEVER);
    /// Of a temporary table before it is made, and of what is temporary and can be read like a table.
    pub const TEMPORARY: TableId = TableId(EventId::FIRST_TEMPORARY);

    /// The schema that the table is in.
    pub fn schema_name(self) -> SchemaName {
        self.0.schema_name()
    }

    /// Whether it is a temporary one.
    pub fn is_temporary(self) -> bool {
        self.schema_name() == SchemaName::Temporary
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A column's identity: the event that made it and its place in that event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId {
    /// The event that created the column.
    pub event: EventId,
    /// Its place among the columns that the event created, from 0.
    pub ordinal: usize,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Which column this is, whatever it is called.
    #[serde(skip)]
    pub id: ColumnId,
    /// The name in its declared spelling.
    pub name: Name,
    /// What it holds.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// The type as the user wrote it, `NVARCHAR(160)`; empty where none was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub declared: String,
    /// How its texts compare, by themselves and in the keys that say nothing else.
    #[serde(default, skip_serializing_if = "Collation::is_binary")]
    pub collation: Collation,
    /// Whether NULL is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    /// What becomes of a row that is NULL there and may not be, where NOT NULL says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_null: Option<ConflictResolution>,
    /// The default as SQL text of an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// How its value is computed from the others of its row, where nobody gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generation>,
    /// Its definition as it was written where ALTER TABLE added it; empty where the table has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sql: String,
    /// What the rows have that were there before the column was added; NULL in columns that came
    /// with their table.
    #[serde(default = "null", skip_serializing_if = "Value::is_null", with = "super::tagged_json")]
    pub initial: Value,
}

fn null() -> Value {
    Value::Null
}

impl Column {
    /// A column of which nothing is known but its name and its type, and which is nobody's yet.
    pub fn new(name: impl Into<Name>, data_type: DataType) -> Column {
        Column {
            id: ColumnId::default(),
            name: name.into(),
            data_type,
            declared: String::new(),
            collation: Collation::default(),
            not_null: false,
            on_null: None,
            default: None,
            generated: None,
            sql: String::new(),
            initial: Value::Null,
        }
    }
}

/// GENERATED ALWAYS AS.
///
/// A row has the value as it has any other, whether VIRTUAL or STORED was said: what a row was then is a
/// fact that the log knows, and no later reader has to compute again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// What the value is, as SQL text of an expression over the columns of the table.
    #[serde(rename = "as")]
    pub expression: String,
    /// Whether STORED was said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stored: bool,
}

/// Prints `AS (a + b) STORED`, or VIRTUAL.
impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if self.stored { "STORED" } else { "VIRTUAL" };
        write!(f, "AS ({}) {kept}", self.expression)
    }
}

/// A CHECK as declared. One of which there is nothing else to say is written as its condition alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenCheck", into = "WrittenCheck")]
pub struct CheckConstraint {
    /// The name behind CONSTRAINT.
    pub name: Option<String>,
    /// What must not be false, as SQL text of an expression.
    pub condition: String,
    /// The column that it was declared with, by index, and goes with.
    pub column: Option<usize>,
}

/// A CHECK as the log has it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenCheck {
    Unnamed(String),
    Detailed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        check: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<usize>,
    },
}

impl From<WrittenCheck> for CheckConstraint {
    fn from(written: WrittenCheck) -> CheckConstraint {
        match written {
            WrittenCheck::Unnamed(condition) => {
                CheckConstraint { name: None, condition, column: None }
            }
            WrittenCheck::Detailed { name, check, column } => {
                CheckConstraint { name, condition: check, column }
            }
        }
    }
}

impl From<CheckConstraint> for WrittenCheck {
    fn from(check: CheckConstraint) -> WrittenCheck {
        let CheckConstraint { name, condition, column } = check;
        match (name, column) {
            (None, None) => WrittenCheck::Unnamed(condition),
            (name, column) => WrittenCheck::Detailed { name, check: condition, column },
        }
    }
}

/// What a column demands that is added to a table, besides what [`Column`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedConstraints {
    /// Its CHECKs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckConstraint>,
    /// What it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
}

impl AddedConstraints {
    /// Whether it demands nothing.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty() && self.foreign_keys.is_empty()
    }
}

/// What is said of a table as a whole. Reserved words of the format that nobody can say yet are here,
/// too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOptions {
    /// STRICT, which every table is that is not FLEXIBLE.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// FLEXIBLE: its columns have SQLite's affinities.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flexible: bool,
    /// WITHOUT ROWID, which changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_rowid: bool,
    /// FROM EVENTS: only handlers of recorded events write it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_events: bool,
}

impl TableOptions {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == TableOptions::default()
    }
}

/// Prints `WITHOUT ROWID, STRICT`; nothing where nothing was said.
impl fmt::Display for TableOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.from_events, "FROM EVENTS"),
            (self.without_rowid, "WITHOUT ROWID"),
            (self.strict, "STRICT"),
            (self.flexible, "FLEXIBLE"),
        ];
        let said: Vec<&str> =
            words.iter().filter(|(said, _)| *said).map(|(_, word)| *word).collect();
        f.write_str(&said.join(", "))
    }
}

/// One table at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSchema {
    /// Which table this is, whatever it is called.
    #[serde(skip)]
    pub id: TableId,
    /// The name in its declared spelling.
    pub name: Name,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its keys: of CREATE TABLE first (the primary key before the others), then its indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeySchema>,
    /// Whether the INTEGER PRIMARY KEY never gives a number twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autoincrement: bool,
    /// What was said behind the columns.
    #[serde(default, skip_serializing_if = "TableOptions::is_empty")]
    pub options: TableOptions,
    /// CHECK constraints, those of columns too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckConstraint>,
    /// FOREIGN KEY constraints, those of columns too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// The statement that created it.
    pub sql: String,
}

impl TableSchema {
    /// The same table with identities given by the event that creates it.
    pub fn created_by(mut self, event: EventId) -> TableSchema {
        self.id = TableId(event);
        for (ordinal, column) in self.columns.iter_mut().enumerate() {
            column.id = ColumnId { event, ordinal };
        }
        for (ordinal, key) in self.keys.iter_mut().enumerate() {
            key.id = KeyId { event, ordinal };
        }
        self
    }

    /// Takes a column out with the constraints that were declared with it, and moves those behind it up
    /// in the keys and foreign keys. One that a key has is left there, since the key would be another
    /// without it.
    pub fn remove_column(&mut self, index: usize) {
        if index >= self.columns.len() || self.is_key_column(index) {
            return;
        }
        self.columns.remove(index);
        self.checks.retain(|check| check.column != Some(index));
        self.foreign_keys.retain(|key| !key.columns.contains(&index));
        let moved = |column: &mut usize| *column -= usize::from(*column > index);
        self.keys.iter_mut().for_each(|key| key.for_each_column_mut(moved));
        self.checks.iter_mut().filter_map(|check| check.column.as_mut()).for_each(moved);
        self.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(moved);
    }

    /// Calls `visit` with the SQL text of every expression over its columns: the conditions of CHECK,
    /// generated columns, then the parts and conditions of keys.
    pub fn for_each_expression_mut(&mut self, mut visit: impl FnMut(&mut String)) {
        self.checks.iter_mut().for_each(|check| visit(&mut check.condition));
        let generated = self.columns.iter_mut().filter_map(|column| column.generated.as_mut());
        generated.for_each(|generation| visit(&mut generation.expression));
        for key in &mut self.keys {
            for part in &mut key.parts {
                if let KeySource::Expression(text) = &mut part.source {
                    visit(text);
                }
            }
            key.condition.iter_mut().for_each(&mut visit);
        }
    }

    /// The texts that [`TableSchema::for_each_expression_mut`] visits, in its order.
    pub fn expressions(&self) -> Vec<String> {
        let (mut table, mut texts) = (self.clone(), Vec::new());
        table.for_each_expression_mut(|text| texts.push(std::mem::take(text)));
        texts
    }

    /// Whether a foreign key of it refers to a table, which is in the same schema then.
    pub fn refers_to(&self, table: &TableSchema) -> bool {
        self.keys_to(table).next().is_some()
    }

    /// The foreign keys of it that refer to a table, in their order.
    pub fn keys_to<'a>(
        &'a self,
        table: &TableSchema,
    ) -> impl DoubleEndedIterator<Item = &'a ForeignKey> {
        let is_beside = self.id.schema_name() == table.id.schema_name();
        self.foreign_keys.iter().filter(move |key| is_beside && key.is_to(&table.name))
    }

    /// Whether a key has the column, or a foreign key that was not declared with it.
    pub fn is_key_column(&self, index: usize) -> bool {
        self.keys.iter().any(|key| key.columns.contains(&index))
            || self.foreign_keys.iter().any(|key| !key.of_column && key.columns.contains(&index))
    }

    /// The columns that a row is given, by index: all but those that are computed.
    pub fn given_columns(&self) -> Vec<usize> {
        let all = self.columns.iter().enumerate();
        all.filter(|(_, column)| column.generated.is_none()).map(|(index, _)| index).collect()
    }

    /// Whether a constraint says of a row that breaks it something else than that the statement fails.
    pub fn has_resolutions(&self) -> bool {
        let is_own = |said: Option<ConflictResolution>| {
            said.is_some_and(|said| said != ConflictResolution::Abort)
        };
        self.columns.iter().any(|column| is_own(column.on_null))
            || self.keys.iter().any(|key| is_own(key.on_conflict))
    }

    /// The names of its columns in order.
    pub fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// The index of the column with this name, in any case.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The primary key.
    pub fn primary_key(&self) -> Option<&KeySchema> {
        self.keys.iter().find(|key| key.kind == KeyKind::Primary)
    }

    /// The column that fills itself: the one INTEGER column of the primary key. In a STRICT table, as in
    /// SQLite, it has to be called INTEGER, and an INT is a number like others.
    pub fn integer_primary_key(&self) -> Option<usize> {
        let [column] = self.primary_key()?.columns.as_slice() else { return None };
        let known = &self.columns[*column];
        let is_called = !self.options.strict || known.declared.eq_ignore_ascii_case("INTEGER");
        (known.data_type == DataType::Integer && is_called).then_some(*column)
    }

    /// Whether a key is an INTEGER PRIMARY KEY, also in a table WITHOUT ROWID, where it is no row's number.
    pub fn is_integer_key(&self, key: &KeySchema) -> bool {
        let (KeyKind::Primary, [column]) = (key.kind, key.columns.as_slice()) else { return false };
        let is_called = || self.columns[*column].declared.eq_ignore_ascii_case("INTEGER");
        self.integer_primary_key() == Some(*column) || self.options.without_rowid && is_called()
    }

    /// The places of its keys in the order in which they are asked about a row, as in SQLite: what numbers
    /// the rows comes first, then the key that was made last; those behind that say REPLACE for themselves.
    pub fn keys_as_asked(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.keys.len()).collect();
        if places.len() > 1 {
            places.sort_by_cached_key(|place| {
                let key = &self.keys[*place];
                let is_integer = self.is_integer_key(key);
                let is_number = is_integer && !self.options.without_rowid;
                let replaces = key.on_conflict == Some(ConflictResolution::Replace);
                // Without numbers it is made when all that CREATE TABLE says is known.
                let made = (key.kind == KeyKind::Index, is_integer, *place);
                (!is_number, replaces, Reverse(made))
            });
        }
        places
    }
}

/// Prints `accounts(id, owner, balance)`.
impl fmt::Display for TableSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        write!(f, "{}({})", self.name, names.join(", "))
    }
}

/// All tables, views, triggers and settings at one moment. A clone shares everything with its original.
///
/// What is asked of it by name alone is about the database; [`Schema::within`] is the one of another
/// name, and what begins with `find` looks into both.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    tables: Tree<String, Arc<TableSchema>>,
    views: Tree<String, Arc<Definition>>,
    triggers: Tree<String, Arc<Definition>>,
    settings: Tree<String, Arc<Definition>>,
    /// The names that foreign keys refer to, folded, once somebody asked.
    referenced: Arc<OnceLock<HashSet<String>>>,
    /// What is temporary, in a session that has such; it has nothing temporary itself.
    pub temporary: Option<Arc<Schema>>,
    /// How many schema changes led here.
    pub version: u64,
}

impl Schema {
    /// The table with this name, in any case.
    pub fn table(&self, name: &str) -> Option<&Arc<TableSchema>> {
        self.tables.get(&*folded(name))
    }

    /// All tables, by name.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        self.tables.iter().map(|(_, table)| table)
    }

    /// The table and the key of the index with this name, in any case.
    pub fn index(&self, name: &str) -> Option<(&Arc<TableSchema>, &KeySchema)> {
        self.tables().find_map(|table| {
            let named = |key: &&KeySchema| {
                key.kind == KeyKind::Index
                    && key.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name))
            };
            table.keys.iter().find(named).map(|key| (table, key))
        })
    }

    /// Whether a foreign key refers to a table: one of another, or one of its own.
    pub fn is_referenced(&self, table: &TableSchema) -> bool {
        let home = self.home(table.id);
        let find = || {
            let keys = home.tables().flat_map(|other| &other.foreign_keys);
            keys.map(|key| fold(&key.references)).collect()
        };
        let referenced: &HashSet<String> = home.referenced.get_or_init(find);
        !referenced.is_empty() && referenced.contains(&fold(&table.name))
    }

    /// Puts a table in the place of the one with its name, if any.
    pub fn put(&mut self, table: Arc<TableSchema>) {
        self.referenced = Arc::default();
        self.tables.insert(fold(&table.name), table);
    }

    /// The definition of this kind and name, in any case.
    pub fn definition(&self, kind: DefinitionKind, name: &str) -> Option<&Arc<Definition>> {
        self.definitions_of(kind).get(&*folded(name))
    }

    /// The view with this name, in any case.
    pub fn view(&self, name: &str) -> Option<&Arc<Definition>> {
        self.definition(DefinitionKind::View, name)
    }

    /// All views, by name.
    pub fn views(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.views.iter().map(|(_, view)| view)
    }

    /// All triggers, by name.
    pub fn triggers(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.triggers.iter().map(|(_, trigger)| trigger)
    }

    /// All views and triggers, in the order in which they were created.
    pub fn views_and_triggers(&self) -> Vec<&Arc<Definition>> {
        in_order(self.views().chain(self.triggers()))
    }

    /// All views, triggers and settings, in the order in which they were created.
    pub fn definitions(&self) -> Vec<&Arc<Definition>> {
        let settings = self.settings.iter().map(|(_, setting)| setting);
        in_order(self.views().chain(self.triggers()).chain(settings))
    }

    /// Puts a definition in the place of the one with its name, if any.
    pub fn put_definition(&mut self, definition: Arc<Definition>) {
        let name = fold(&definition.name);
        match definition.kind {
            DefinitionKind::View => self.views.insert(name, definition),
            DefinitionKind::Trigger => self.triggers.insert(name, definition),
            DefinitionKind::Setting => self.settings.insert(name, definition),
        };
    }

    /// Takes the definition of this kind and name out.
    pub fn remove_definition(&mut self, kind: DefinitionKind, name: &str) {
        let name = fold(name);
        match kind {
            DefinitionKind::View => self.views.remove(name.as_str()),
            DefinitionKind::Trigger => self.triggers.remove(name.as_str()),
            DefinitionKind::Setting => self.settings.remove(name.as_str()),
        };
    }

    /// Whether it has a trigger itself.
    pub(super) fn has_own_triggers(&self) -> bool {
        !self.triggers.is_empty()
    }

    /// Whether two schemas have the same tables, views, triggers and settings.
    pub fn is_same(&self, other: &Schema) -> bool {
        let is_alike = match (&self.temporary, &other.temporary) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.is_same(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let is_same = |kind| self.definitions_of(kind).iter().eq(other.definitions_of(kind).iter());
        is_alike && self.tables().eq(other.tables()) && DefinitionKind::ALL.into_iter().all(is_same)
    }

    fn definitions_of(&self, kind: DefinitionKind) -> &Tree<String, Arc<Definition>> {
        match kind {
            DefinitionKind::View => &self.views,
            DefinitionKind::Trigger => &self.triggers,
            DefinitionKind::Setting => &self.settings,
        }
    }

    /// Takes the table with this name out.
    pub fn remove(&mut self, name: &str) -> Option<Arc<TableSchema>> {
        self.referenced = Arc::default();
        self.tables.remove(&*folded(name))
    }
}

/// Definitions in the order in which they were created.
fn in_order<'a>(
    definitions: impl Iterator<Item = &'a Arc<Definition>>,
) -> Vec<&'a Arc<Definition>> {
    let mut all: Vec<&Arc<Definition>> = definitions.collect();
    all.sort_by_key(|definition| definition.id);
    all
}
