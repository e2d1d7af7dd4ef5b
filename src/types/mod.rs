//! Floor 0: the words every floor above speaks.
//!
//! Values and their types, schemas, event ids and periods, places in a text. Nothing here knows the
//! language, a file or a query. Two decisions were made here: a value in an Arrow array and a
//! [`Value`] are the same thing in two shapes ([`mod@column`] converts), and equality and order of
//! values exist once, in [`Value::compare`], with [`key`] as its byte form for indexes, groups,
//! joins and sorts.

mod affinity;
mod byte_size;
mod collation;
pub mod column;
mod conflict;
mod constraint_edit;
mod control;
mod data_type;
mod datetime;
mod decimal;
mod definition;
mod foreign_key;
mod ids;
pub mod key;
pub mod key_hash;
mod key_schema;
pub mod key_table;
mod literal;
pub mod memory;
mod number;
mod pseudo_column;
pub mod row_filter;
mod schema;
mod schema_lookup;
mod schema_name;
mod span;
mod stack;
mod tagged_json;
pub mod text_codes;
mod tree;
mod value;
pub mod word_table;

pub use affinity::ColumnAffinity;
pub use byte_size::ByteSize;
pub use collation::Collation;
pub use conflict::ConflictResolution;
pub use constraint_edit::ConstraintEdit;
pub use control::is_control;
pub use data_type::{ConversionError, DataType, MAX_JSON_DEPTH};
pub use datetime::{Date, Timestamp};
pub use decimal::Decimal;
pub use definition::{Definition, DefinitionKind};
pub use foreign_key::{ForeignKey, ForeignKeyAction};
pub use ids::{EventId, Period, RowId, TxId};
pub use key_schema::{KeyId, KeyKind, KeyPart, KeySchema, KeySource};
pub use literal::Literal;
pub use number::{
    compare_integer_real, integer_prefix, numeric_prefix, parse_number, whole_number,
};
pub use pseudo_column::PseudoColumn;
pub use schema::{
    AddedConstraints, CheckConstraint, Column, ColumnId, Generation, Schema, TableId, TableOptions,
    TableSchema, fold,
};
pub use schema_name::SchemaName;
pub use span::{CompactSpan, Span};
pub use stack::with_stack;
pub use tagged_json::{exact_json, infinity_name, infinity_named, parse_exact_json};
pub use tree::Tree;
pub use value::{Row, Value};

/// What something is called: a text that is shared, or that has room in the place of its pointers, as most
/// names have.
pub use smol_str::SmolStr as Name;
