//! Cutting off what a crash left behind the last whole transaction.

use super::RecoveredLog;
use super::replay::TornTail;
use crate::storage::log::{LOG, Locator, Log};
use std::ops::Range;

impl RecoveredLog {
    /// Cuts the tail behind the last whole transaction if that may be done, and says so.
    pub(super) fn cut(
        &mut self,
        log: &dyn Log,
        part: Range<Locator>,
        tail: &TornTail,
        writable: bool,
    ) {
        let (head, bytes) = (self.index.head(), log.size_of(part.clone()));
        let is_blank = log.is_blank(part.clone());
        let what = match tail.events {
            _ if is_blank => format!("{bytes} bytes of zeros"),
            0 => format!("{bytes} unfinished bytes"),
            1 => "1 unfinished event".into(),
            events => format!("{events} unfinished events"),
        };
        let what = format!("{LOG}: {what} after event {head}");
        if !writable {
            self.notices.push(format!("{what} left out"));
            return;
        }
        let end = part.start;
        // Zeros are what a file grew by, and nothing is lost with them.
        let kept = match is_blank {
            true => Ok(None),
            false => log.keep(part).map(Some),
        };
        match kept.and_then(|kept| log.cut(end).map(|()| kept)) {
            Ok(None) => self.notices.push(format!("{what} cut")),
            Ok(Some(kept)) => {
                self.notices.push(format!("{what} cut, kept in {}", kept.display()));
            }
            Err(error) => {
                self.notices.push(format!("{what} left out: {error}"));
                self.refusal = Some(format!("the log could not be repaired: {error}"));
            }
        }
    }
}
