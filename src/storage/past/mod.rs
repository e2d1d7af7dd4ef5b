//! How a moment is reached: in the present epoch, in one that is loaded, or in one to be loaded from a
//! snapshot and the events after it.
//!
//! The [`QueryEngine`] decides; `epoch` says what an epoch is and keeps the loaded ones, `restore`
//! makes a state of what a projection holds, `schedule` says how long epochs are.

pub(crate) mod epoch;
mod query_engine;
pub(crate) mod restore;
pub(crate) mod schedule;

pub use query_engine::QueryEngine;
