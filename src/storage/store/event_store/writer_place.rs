//! The writer's place: who has it, and giving it up while there is nothing to write.
//!
//! Opening takes the place, where nobody has it, to repair what a crash left; who goes on only to read
//! gives it up and [follows](EventStore::follow) whoever takes it then. It is not taken back in this
//! store: whoever wants to write opens the database again, which repairs what may have happened
//! meanwhile, under the lock and before anything is written.

use super::EventStore;
use std::sync::atomic::Ordering;

/// Why nothing may be written by whoever has given the place up.
const GIVEN_UP: &str = "its writer's place was given up, so that others can write";

impl EventStore {
    /// Whether all that was read of the log is good and was found to be what every mark says.
    pub(crate) fn is_sound(&self) -> bool {
        self.check_undamaged().is_ok() && (self.read_only.is_none() || self.follows)
    }

    /// Why nothing may be written, if so.
    pub fn read_only(&self) -> Option<&str> {
        let given_up = self.has_given_up().then_some(GIVEN_UP);
        self.read_only.as_deref().or(given_up)
    }

    /// Whether this store has the writer's place of its directory.
    pub(crate) fn has_place(&self) -> bool {
        self.writer().lock.is_some()
    }

    /// Lets others write; reading goes on, and follows them.
    pub(crate) fn give_up(&self) {
        let mut writer = self.writer();
        if writer.lock.is_some() {
            self.given_up.store(true, Ordering::Release);
            // What was staged before is written while nobody else may.
            self.settle_all(&mut writer);
            writer.lock = None;
        }
    }

    /// Whether the place was given up.
    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}
