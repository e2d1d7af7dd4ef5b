//! What is temporary: tables of one session, kept in memory as those of the log are, and by nobody else.
//!
//! Their changes are operations that a [`State`] applies, like those of events. They are numbered beside
//! the log, from [`EventId::FIRST_TEMPORARY`](crate::types::EventId::FIRST_TEMPORARY) on, so that what is temporary is known by its identity
//! alone wherever it stands beside what is not: one [`View`] shows both, one [`Fork`] changes both.
//!
//! ```text
//!             operations of the log ──▶ commit ──▶ events ──▶ State of the database
//!   Fork ──┤
//!             temporary operations ──────────────────────▶ State of the session
//! ```
//!
//! [`Fork`]: super::Fork

use super::Error;
use super::state::State;
use super::view::View;
use crate::storage::Operation;
use crate::types::Period;

/// How many operations there are at least between two epochs.
const OPERATIONS_PER_EPOCH: u64 = 4_096;

/// The temporary tables of a session with all that belongs to them.
#[derive(Debug)]
pub struct TemporaryState {
    state: State,
    /// What shows it as it is.
    view: View,
}

impl TemporaryState {
    /// Nothing yet, beside what a view shows.
    pub fn beside(view: &View) -> TemporaryState {
        let state = State::temporary(&view.parts().blocks);
        let view = shown(&state);
        TemporaryState { state, view }
    }

    /// What there is now.
    pub fn view(&self) -> View {
        self.view.clone()
    }

    /// Does what a transaction did to what it saw here.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where what it builds upon cannot be read back: then some of it was done, and
    /// nobody should look any more.
    pub fn commit(&mut self, operations: Vec<Operation>) -> Result<(), Error> {
        // Nobody looks while it changes, so that nothing is copied.
        self.view = shown(&State::temporary(self.state.blocks()));
        let mut is_other = false;
        for operation in operations {
            is_other |= operation.schema_change().is_some();
            self.state.apply_operation(self.state.head().next(), &operation)?;
        }
        // The past of what is temporary is nobody's: nothing is kept of what ended.
        let since = self.state.head().0 - self.state.base().0;
        let rows = self.state.row_count(self.state.head());
        if is_other || since > OPERATIONS_PER_EPOCH.max(rows) {
            self.state.start_epoch()?;
        }
        self.view = shown(&self.state);
        Ok(())
    }
}

/// What a state shows as it is.
pub(super) fn shown(state: &State) -> View {
    state.view(Period::at(state.head()))
}
