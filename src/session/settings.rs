//! SET of what is on or off, and of what statements may hold before they write to temporary files.

use super::cache::PlanCache;
use super::{Outcome, Session};
use crate::language::ast::Switch;
use crate::types::ByteSize;

impl Session {
    /// SET of a switch.
    pub(super) fn set_switch(&mut self, switch: Switch, is_on: bool) -> Outcome {
        Outcome::Done(match switch {
            Switch::FlexibleTypes => {
                self.set_flexible_types(is_on);
                let what = if is_on { "FLEXIBLE" } else { "strict" };
                format!("new tables are {what} unless they say otherwise")
            }
            Switch::ForeignKeys if self.transaction.is_some() => {
                let what = if self.foreign_keys { "held" } else { "not held" };
                format!("foreign keys stay {what} until the transaction ends")
            }
            Switch::ForeignKeys => {
                self.foreign_keys = is_on;
                let what = if is_on { "held" } else { "not held" };
                format!("foreign keys are {what}")
            }
            Switch::RecursiveTriggers => {
                self.recursive_triggers = is_on;
                let what = if is_on { "fire" } else { "do not fire" };
                format!("triggers {what} inside of themselves")
            }
            Switch::Rewrites => {
                if is_on != self.rewrites {
                    // The plans that are shared were made the other way.
                    self.cache = PlanCache::default();
                }
                self.rewrites = is_on;
                let what = if is_on { "rewritten" } else { "run as they are bound" };
                format!("plans are {what}")
            }
        })
    }

    /// Whether new tables are FLEXIBLE that do not say what they are; STRICT says it.
    pub fn flexible_types(&self) -> bool {
        self.flexible_types
    }

    /// Says what [`Session::flexible_types`] is, as `SET flexible_types` does.
    pub fn set_flexible_types(&mut self, is_on: bool) {
        if is_on != self.flexible_types {
            // Plans know whose types their expressions have.
            self.cache = PlanCache::default();
            self.triggers.take();
        }
        self.flexible_types = is_on;
    }

    /// SET MEMORY.
    pub(super) fn set_memory(&mut self, size: Option<ByteSize>) -> Outcome {
        let size = size.unwrap_or(self.first_memory);
        self.database.memory().set_limit(size.0);
        Outcome::Done(format!(
            "statements hold at most {size} before they write to temporary files"
        ))
    }

    /// What statements may hold before they write to temporary files.
    pub fn memory(&self) -> ByteSize {
        ByteSize(self.database.memory().limit())
    }

    /// Lets the database's statements hold so much from now on; SET MEMORY = DEFAULT comes back to it.
    pub fn begin_with_memory(&mut self, size: ByteSize) {
        self.first_memory = size;
        self.database.memory().set_limit(size.0);
    }
}
