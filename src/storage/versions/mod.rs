//! The versions of all rows, and views of them at any moment.
//!
//! Events flow in: [`State::apply`] is the one function that knows what an event does. [`View`]s flow
//! out: a schema and the rows visible at one point or in one period. The decision made here: *a row
//! version lives for a period of events*, and one comparison in one function (`visibility`) is all
//! that knows about time. Nothing is copied for a view; what a later change would disturb is copied
//! then, and only if a view still holds it.
//!
//! From the bottom up:
//!
//! * `column`, `dictionaries`, `zone_map`, `chunk`: versions in chunks, Arrow arrays once a chunk is full;
//! * `blocks`: these arrays, in memory as long as there is room, else in a temporary file;
//! * `row_map`, `bytes`, `key_index`: the way from a row, and from the values of a key, to versions;
//! * `run`, `table`: all versions of one table, in order of rows as far as they came so;
//! * `layer`: versions in a period, with what a fork lays over them;
//! * `merge`: the runs of all layers as one; `scan`, `gather`, `hidden_columns`: batches of that;
//! * `changes`: what happened to rows, event by event;
//! * [`View`], [`State`], [`Fork`] (a transaction).

mod blocks;
mod bytes;
mod changes;
mod chunk;
mod column;
mod dictionaries;
mod fork;
mod gather;
mod hidden_columns;
mod key_index;
mod key_shape;
mod layer;
mod merge;
mod origin;
mod row_map;
mod run;
mod scan;
mod state;
mod table;
mod temporary;
#[cfg(test)]
mod tests;
mod view;
mod visibility;
mod zone_map;

use super::Error;

pub(crate) use blocks::BlockCache;
pub use changes::{RowChange, RowChanges};
pub use fork::{Fork, RewrittenRow, Savepoint};
pub use hidden_columns::EventLookup;
pub use origin::{Base, Origin};
pub use scan::Scan;
pub use state::State;
pub use table::KeyFunction;
pub use temporary::TemporaryState;
pub use view::{LocatedVersion, RowBatch, TableView, View};
