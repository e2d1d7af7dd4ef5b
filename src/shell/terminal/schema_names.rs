//! The names that highlighting and completion know: a copy that is made anew only when the schema may
//! have changed.

use crate::language::{OutputName, TableName};
use crate::planner::{PRAGMAS, TABLE_FUNCTIONS, TableFunction};
use crate::session::Session;
use crate::shell::Connection;
use crate::storage::Database;
use crate::types::{KeyKind, SchemaName, fold};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the copy was made at: the database's name, its head, the point in the past, how many events the
/// transaction has, and the version of what is temporary.
type SchemaStamp = (String, u64, Option<u64>, Option<usize>, Option<u64>);

/// A table and its columns, as they are spelt.
pub(super) struct TableNames {
    /// The table's name.
    pub(super) name: String,
    /// Its columns' names.
    pub(super) columns: Vec<String>,
    /// The names of its indexes.
    indexes: Vec<String>,
}

/// The tables as the session sees them.
#[derive(Default)]
pub(super) struct SchemaNames {
    stamp: Option<SchemaStamp>,
    /// The database, for what the log says when somebody asks.
    database: Option<Arc<Database>>,
    /// By folded name.
    tables: BTreeMap<String, TableNames>,
    /// The names of triggers.
    triggers: Vec<String>,
    /// The parameters that have values, each with its mark.
    parameters: Vec<String>,
}

impl SchemaNames {
    /// Makes the copy anew if something happened since.
    pub(super) fn refresh(&mut self, connection: &Connection) {
        self.parameters =
            connection.parameters().iter().map(|(name, _)| name.to_string()).collect();
        let past = connection.session().and_then(Session::past).map(|event| event.0);
        let schema = connection.session().map(Session::schema);
        let temporary = schema.as_ref().and_then(|schema| schema.as_ref().ok()?.temporary.clone());
        let temporary = temporary.map(|temporary| temporary.version);
        let transaction = connection.transaction();
        let stamp = (connection.name(), connection.head(), past, transaction, temporary);
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        self.tables.clear();
        self.stamp = Some(stamp);
        self.database = connection.session().map(|session| Arc::clone(session.database()));
        let Some(Ok(schema)) = schema else { return };
        // What is temporary hides what it shares a name with.
        let temporary = schema.within(SchemaName::Temporary);
        for table in schema.tables().chain(temporary.tables()) {
            let columns: Vec<String> =
                table.columns.iter().map(|column| column.name.to_string()).collect();
            let keys = table.keys.iter().filter(|key| key.kind == KeyKind::Index);
            let indexes = keys.filter_map(|key| key.name.clone()).collect();
            let known = TableNames { name: table.name.to_string(), columns, indexes };
            self.tables.insert(fold(&table.name), known);
        }
        self.triggers = schema.all_triggers().map(|trigger| trigger.name.clone()).collect();
        let views = connection.session().and_then(|session| session.views().ok());
        for view in views.into_iter().flatten() {
            let columns = view.columns.iter().map(|column| column.name.to_string()).collect();
            let known = TableNames { name: view.name.to_string(), columns, indexes: Vec::new() };
            self.tables.insert(fold(&view.name), known);
        }
    }

    /// The database, if it exists.
    pub(super) fn database(&self) -> Option<&Arc<Database>> {
        self.database.as_ref()
    }

    /// The tables, by name.
    pub(super) fn tables(&self) -> impl Iterator<Item = &TableNames> {
        self.tables.values()
    }

    /// The names of indexes.
    pub(super) fn indexes(&self) -> impl Iterator<Item = &String> {
        self.tables().flat_map(|table| &table.indexes)
    }

    /// The names of triggers.
    pub(super) fn triggers(&self) -> &[String] {
        &self.triggers
    }

    /// The parameters that have values.
    pub(super) fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// A table by its name in any case.
    pub(super) fn table(&self, name: &str) -> Option<&TableNames> {
        self.tables.get(&fold(name))
    }

    /// The names of the columns of what a statement names, as far as they are known.
    pub(super) fn columns_of(&self, table: &TableName) -> Vec<String> {
        let Some(columns) = &table.columns else { return self.columns_of_name(&table.name) };
        let names = columns.iter().flat_map(|column| match column {
            OutputName::One(name) => vec![name.clone()],
            OutputName::AllOf(name) => self.columns_of_name(name),
        });
        names.collect()
    }

    /// The names of the columns of a table, a view or a function in the place of one.
    fn columns_of_name(&self, name: &str) -> Vec<String> {
        if let Some(table) = self.table(name) {
            return table.columns.clone();
        }
        let function = TableFunction::named(name);
        let shown = function.map_or(&[][..], |function| &function.columns()[..function.shown()]);
        shown.iter().map(|(column, _)| (*column).to_owned()).collect()
    }

    /// Whether a name is a table's, was one once, or may be one that the system has.
    pub(super) fn has_table(&self, name: &str) -> bool {
        self.table(name).is_some()
            || name.starts_with('_')
            || fold(name).starts_with("sqlite_")
            || self.database().is_some_and(|database| !database.lifetimes(name).is_empty())
    }
}

#[cfg(test)]
impl SchemaNames {
    /// Tables by name and columns, each with an index, and the parameter `$n`.
    pub(super) fn of(tables: &[(&str, &[&str])]) -> SchemaNames {
        let mut known = SchemaNames { parameters: vec!["$n".into()], ..SchemaNames::default() };
        for (name, columns) in tables {
            let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
            let indexes =
                vec![format!("{name}_by_{}", columns.first().map_or("none", String::as_str))];
            let name = (*name).to_string();
            known.tables.insert(fold(&name), TableNames { name, columns, indexes });
        }
        known
    }
}

/// What begins a call of a function in the place of a table; as few look for them, nothing until a word
/// of one is begun.
pub(super) fn table_functions(word: &str) -> impl Iterator<Item = String> {
    let names = TABLE_FUNCTIONS.iter().map(|entry| entry.signature.name);
    let names = names.chain(PRAGMAS.iter().map(|entry| entry.signature.name));
    let is_begun = !word.is_empty();
    names.filter(move |_| is_begun).map(|name| format!("{name}("))
}
