//! The one place that decides how the past is reached.
//!
//! Today there is one epoch: the log replayed from event 0, which every view shares.

use super::Error;
use super::state::State;
use super::view::View;
use crate::storage::Event;
use crate::types::{EventId, Period};
use std::sync::{PoisonError, RwLock};

/// Gives views of any point or period up to the last event.
#[derive(Debug, Default)]
pub struct QueryEngine {
    head: RwLock<State>,
}

impl QueryEngine {
    /// An engine over what the log's events led to.
    pub fn new(state: State) -> QueryEngine {
        QueryEngine { head: RwLock::new(state) }
    }

    /// What was visible in a period.
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where the period ends behind the last event.
    pub fn view(&self, period: Period) -> Result<View, Error> {
        self.read(|state| {
            let head = state.head();
            if period.last > head {
                return Err(Error::BeyondHead { event: period.last, head });
            }
            Ok(state.view(period))
        })
    }

    /// What is visible now.
    pub fn latest(&self) -> View {
        self.read(|state| state.view(Period::at(state.head())))
    }

    /// The last event.
    pub fn head(&self) -> EventId {
        self.read(State::head)
    }

    /// The periods in which a table of this name existed; see [`State::lifetimes`].
    pub fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        self.read(|state| state.lifetimes(table))
    }

    /// Applies events that were committed. Views see all of them or none.
    pub fn apply(&self, events: &[Event]) {
        let mut state = self.head.write().unwrap_or_else(PoisonError::into_inner);
        events.iter().for_each(|event| state.apply(event));
    }

    fn read<T>(&self, with: impl FnOnce(&State) -> T) -> T {
        // A writer that panicked left a state that is no worse than the events it applied.
        with(&self.head.read().unwrap_or_else(PoisonError::into_inner))
    }
}
