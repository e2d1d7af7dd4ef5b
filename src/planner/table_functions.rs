//! The vocabulary of functions that stand in the place of a table: one table for names, arguments,
//! columns and what HELP says of each. The executor gives each its rows.

use super::functions::Signature;
use super::pragmas::PRAGMAS;
use crate::types::{DataType, TableSchema};

/// Where a series ends that is not told.
pub const LAST_OF_SERIES: i64 = 0xffff_ffff;

/// A function that gives rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFunction {
    /// The elements of a JSON array, or the members of an object.
    JsonEach,
    /// Everything that a JSON document has inside.
    JsonTree,
    /// Numbers from one to another.
    GenerateSeries,
    /// What a PRAGMA answers: that of this number among all.
    Pragma(usize),
}

/// One table function of the table.
#[derive(Clone, Copy, Debug)]
pub struct TableFunctionEntry {
    /// How it is called, and what it gives.
    pub signature: Signature,
    /// What it means.
    pub function: TableFunction,
    /// Its columns; the last ones are its arguments, which `*` leaves out.
    pub columns: &'static [(&'static str, DataType)],
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
        signature: Signature::new("jsonb_each([json, root])", "json_each"),
        function: TableFunction::JsonEach,
        columns: JSON_COLUMNS,
    },
    TableFunctionEntry {
        signature: Signature::new("jsonb_tree([json, root])", "json_tree"),
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
        let is_it = |signature: &Signature| signature.name.eq_ignore_ascii_case(name);
        let known = TABLE_FUNCTIONS.iter().find(|entry| is_it(&entry.signature));
        let pragma = || PRAGMAS.iter().position(|entry| is_it(&entry.signature));
        known.map(|entry| entry.function).or_else(|| pragma().map(TableFunction::Pragma))
    }

    /// How it is called, and what it gives.
    pub fn signature(self) -> &'static Signature {
        match self {
            TableFunction::Pragma(number) => &PRAGMAS[number].signature,
            TableFunction::JsonEach | TableFunction::JsonTree | TableFunction::GenerateSeries => {
                &self.entry().signature
            }
        }
    }

    /// All its columns, the arguments behind the others.
    pub fn columns(self) -> &'static [(&'static str, DataType)] {
        match self {
            TableFunction::Pragma(number) => PRAGMAS[number].columns,
            TableFunction::JsonEach | TableFunction::JsonTree | TableFunction::GenerateSeries => {
                self.entry().columns
            }
        }
    }

    /// The index of what is its rowid, which stands behind all its columns.
    pub fn rowid(self) -> usize {
        self.columns().len()
    }

    /// Name and type of a column by its index, of the rowid, too.
    pub fn column(self, index: usize) -> (&'static str, DataType) {
        let rowid = (TableSchema::ROWID_NAMES[0], DataType::Integer);
        self.columns().get(index).copied().unwrap_or(rowid)
    }

    /// How many of them `*` means.
    pub fn shown(self) -> usize {
        self.columns().len() - self.signature().most
    }

    fn entry(self) -> &'static TableFunctionEntry {
        let is_it = |entry: &&TableFunctionEntry| entry.function == self;
        TABLE_FUNCTIONS.iter().find(is_it).expect("every table function has an entry")
    }
}
