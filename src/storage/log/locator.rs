//! Places in a log, which only whoever keeps its lines can read.

use super::text::push_u64;
use serde::Deserialize;

/// Where in a log a line begins, or where the last one ends.
///
/// Places of one log are in the order of its lines, and that is all that can be told of them: what the
/// number inside means is known to the log that gave it. A line keeps its place for as
/// long as nothing is taken out of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Locator(u64);

impl Locator {
    /// The place that a log means by a number.
    pub(super) fn of(number: u64) -> Locator {
        Locator(number)
    }

    /// The number that was meant.
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// The place as another file keeps it.
    pub(crate) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// Reads what [`Locator::to_bytes`] made.
    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Locator {
        Locator(u64::from_le_bytes(bytes))
    }

    /// Appends the place as JSON.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        push_u64(out, self.0);
    }
}
