//! The vocabulary of functions that stand in the place of a table: one table for names, arguments,
//! columns and what HELP says of each. The executor gives each its rows.

use super::functions::Signature;
use crate::types::DataType;

/// A function that gives rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFunction {
    /// The elements of a JSON array, or the members of an object.
    JsonEach,
    /// Everything that a JSON document has inside.
    JsonTree,
    /// Numbers from one to another.
    GenerateSeries,
}

/// One table function of the table.
#[derive(Clone, Copy, Debug)]
pub struct TableFunctionEntry {
    /// How it is called, and what it gives.
    pub signature: Signature,
    /// What it means.
    pub function: TableFunction,
    /// Its columns; those behind [`TableFunctionEntry::shown`] are its arguments, which `*` leaves out.
    pub columns: &'static [(&'static str, DataType)],
}

impl TableFunctionEntry {
    /// How many of its columns `*` means.
    pub fn shown(&self) -> usize {
        self.columns.len() - self.signature.most
    }
}

/// What both functions of a JSON document give.
const JSON_COLUMNS: &[(&str, DataType)] = &[
    ("key", DataType::Any),
    ("value", DataType::Any),
    ("type", DataType::Text),
    ("atom", DataType::Any),
    ("id", DataType::Integer),
    ("parent", DataType::Integer),
    ("fullkey", DataType::Text),
    ("path", DataType::Text),
    ("json", DataType::Any),
    ("root", DataType::Text),
];

/// Every table function.
pub const TABLE_FUNCTIONS: &[TableFunctionEntry] = &[
    TableFunctionEntry {
        signature: Signature::new(
            "json_each([json, root])",
            "a row for each element of a document",
        ),
        function: TableFunction::JsonEach,
        columns: JSON_COLUMNS,
    },
    TableFunctionEntry {
        signature: Signature::new("json_tree([json, root])", "a row for all that is in a document"),
        function: TableFunction::JsonTree,
        columns: JSON_COLUMNS,
    },
    TableFunctionEntry {
        signature: Signature::new("generate_series([start, stop, step])", "numbers, one a row"),
        function: TableFunction::GenerateSeries,
        columns: &[
            ("value", DataType::Integer),
            ("start", DataType::Integer),
            ("stop", DataType::Integer),
            ("step", DataType::Integer),
        ],
    },
];

impl TableFunction {
    /// The function of a name, in any case.
    pub fn named(name: &str) -> Option<TableFunction> {
        let is_called =
            |entry: &&TableFunctionEntry| entry.signature.name.eq_ignore_ascii_case(name);
        TABLE_FUNCTIONS.iter().find(is_called).map(|entry| entry.function)
    }

    /// What the table says of it.
    pub fn entry(self) -> &'static TableFunctionEntry {
        let is_it = |entry: &&TableFunctionEntry| entry.function == self;
        TABLE_FUNCTIONS.iter().find(is_it).expect("every table function has an entry")
    }
}
