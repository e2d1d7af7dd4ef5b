//! INSERT, UPDATE and DELETE become plans.
//!
//! Where rows come from is a query like any other: that of an INSERT, or the table itself, joined with
//! what FROM names. Everything else that a write says of its rows (SET, ON CONFLICT, RETURNING) is bound
//! over the table's columns, each by a file of its own.

mod assign;
mod change;
mod checks;
mod columns;
mod generated;
mod insert;
mod returning;
mod upsert;

pub(super) use change::{delete, update};
pub use checks::all as checks_of;
pub(super) use checks::condition as check_condition;
pub use columns::column_default;
pub(super) use columns::{named_columns, replacing_defaults, unknown_column};
pub(super) use generated::check as check_generated;
pub use generated::{all as generated_columns_of, changed_by as generated_changed_by};
pub use insert::load;
pub(super) use insert::{insert, object_values};
pub(super) use returning::bind as returned;
