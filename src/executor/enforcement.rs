//! What a session wants of constraints.

/// Which constraints a statement's writes are held to, besides those that always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// Whether foreign keys hold.
    pub foreign_keys: bool,
    /// Whether they hold no sooner than at the end of the transaction, whatever they say: then RESTRICT is
    /// NO ACTION, too.
    pub defer_foreign_keys: bool,
    /// Whether CHECK is asked.
    pub checks: bool,
}

impl Enforcement {
    /// Whether foreign keys are asked when a statement ends.
    pub fn asks_foreign_keys(self) -> bool {
        self.foreign_keys && !self.defer_foreign_keys
    }
}

/// Every constraint holds as it says itself.
impl Default for Enforcement {
    fn default() -> Enforcement {
        Enforcement { foreign_keys: true, defer_foreign_keys: false, checks: true }
    }
}
