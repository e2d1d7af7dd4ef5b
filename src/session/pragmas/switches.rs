//! What a session turns on and off by PRAGMAs: `query_only`, `case_sensitive_like`,
//! `ignore_check_constraints` and `defer_foreign_keys`.

use super::super::cache::PlanCache;
use super::super::{Error, Session};
use crate::executor::Enforcement;
use crate::planner::PragmaSwitch;

impl Session {
    /// Whether a PRAGMA turned it on.
    pub(in crate::session) fn is_on(&self, switch: PragmaSwitch) -> bool {
        self.switched_on.contains(&switch)
    }

    /// Turns it on or off.
    pub(super) fn turn(&mut self, switch: PragmaSwitch, is_on: bool) {
        let is_changed = match is_on {
            true => self.switched_on.insert(switch),
            false => self.switched_on.remove(&switch),
        };
        if is_changed && switch == PragmaSwitch::CaseSensitiveLike {
            // Plans know which LIKE they have.
            self.cache = PlanCache::default();
            self.triggers.take();
        }
    }

    /// Makes sure that something can be changed: the session is in the present and does more than query.
    ///
    /// # Errors
    /// `past` and `read-only` where it is not so.
    pub(in crate::session) fn check_changeable(&self) -> Result<(), Error> {
        self.check_present()?;
        if self.is_on(PragmaSwitch::QueryOnly) { Err(Error::QueryOnly) } else { Ok(()) }
    }

    /// Which constraints the session's writes hold.
    pub(in crate::session) fn enforcement(&self) -> Enforcement {
        Enforcement {
            foreign_keys: self.foreign_keys,
            defer_foreign_keys: self.is_on(PragmaSwitch::DeferForeignKeys),
            checks: !self.is_on(PragmaSwitch::IgnoreCheckConstraints),
        }
    }

    /// Foreign keys are deferred no longer than a transaction lasts.
    pub(in crate::session) fn end_deferring(&mut self) {
        self.switched_on.remove(&PragmaSwitch::DeferForeignKeys);
    }
}
