//! Floor 3: a plan and its inputs become rows, or changes.
//!
//! In: a plan and one [`PlanInput`] per slot, mostly a [`TableView`]. Out: batches of Arrow arrays, drawn one by one from an
//! [`Operator`]; or the checked changes of a write, recorded in a [`Fork`]. Nothing here knows when a
//! view is.
//!
//! Decided here: operators stream; a sort, the right side of a join and the groups of an aggregate
//! hold rows, and EXPLAIN says so. They hold batches as they came, count them against the budget that
//! the session has ([`MemoryBudget`](crate::types::memory::MemoryBudget)), and go on with temporary files where it is spent: the answer is
//! the same, in the same order, and EXPLAIN ANALYZE says what was written. One evaluator ([`Context`]) computes every expression, those of
//! VALUES included; a constant stays one scalar. The meaning of an operator or a function is a
//! function of [`Value`](crate::types::Value)s; where a column is computed by another way, it is
//! because that way says the same, which a test beside it shows:
//!
//! * `+ - *` of integers: an overflow is computed again by value, for its error;
//! * arithmetic of doubles by our own loop, as Arrow keeps -0.0 and NaN where we have 0.0 and NULL,
//!   and divides by zero;
//! * comparisons of columns of one type, or of a column and a constant that its type holds exactly;
//! * sums of doubles by compensated addition in the order of rows, never by Arrow's `sum`, whose
//!   result depends on the layout; sums of integers and decimals by checked addition, as Arrow's
//!   wraps;
//! * `substr` of a column with fixed numbers, which allocates nothing for a row;
//! * LIKE and sorting by our own: Arrow folds more than ASCII, and its sort is not stable.

mod access;
mod accumulate;
mod aggregate;
mod arithmetic;
mod batches;
mod cast;
mod change_counts;
mod code_numbers;
mod compare;
mod constraint;
mod datetime;
mod datum;
mod demand;
mod direct_row;
mod distinct;
mod enforcement;
mod error;
mod evaluate;
mod exact_columns;
mod function_columns;
mod functions;
mod gathered;
mod group_table;
mod held;
mod held_keys;
mod input;
mod integer_range;
mod join;
mod join_keys;
mod join_spilled;
mod join_table;
mod kernels;
mod key_join;
mod key_numbers;
mod key_rows;
mod membership;
mod numbered;
mod operator;
mod ordered_set;
mod paged;
mod partitions;
mod percentile;
mod plan_operators;
mod profile;
mod recursive;
mod row_key;
mod row_set;
mod runs;
mod runtime_filter;
mod scalar;
mod scan_order;
mod schema_write;
mod set;
mod set_filter;
mod shared_rows;
mod sort;
mod sort_keys;
mod spill;
mod statistics;
mod streaming;
mod subquery;
mod sums;
mod table_functions;
mod text;
mod truths;
mod waiting;
mod window;
mod write;

pub use arithmetic::to_integer;
pub use change_counts::ChangeCounts;
pub use constraint::schema_changes;
pub use datum::Batch;
pub use enforcement::Enforcement;
pub use error::{Error, ExpressionError, RowError};
pub use evaluate::{Context, Resources, check, constant};
pub use functions::{COMPILE_OPTIONS, MAX_TEXT, fifteen_digits};
pub use input::{FunctionSource, PlanInput, Relation};
pub use operator::{BoxedOperator, Operator};
pub use plan_operators::{QueryRows, open, run};
pub use profile::{OperatorProfile, Profile};
pub use schema_write::write_schema;
pub use spill::Spilled;
pub use statistics::table_statistics;
pub use write::{
    Audit, CheckedConstraints, Failure, MAX_TRIGGER_DEPTH, NoTriggers, PartialRow, Trigger,
    TriggerFault, TriggerProgram, TriggerSource, Written, check_foreign_keys, load,
    unreferenced_rows, write,
};

#[cfg(doc)]
use crate::storage::{Fork, TableView};
