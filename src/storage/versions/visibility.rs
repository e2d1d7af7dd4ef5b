//! The one comparison that is time travel.

use crate::types::{EventId, Period};

/// Whether a version that lives for the events `from .. to` is visible in a period.
pub(super) fn is_visible(from: EventId, to: EventId, period: Period) -> bool {
    from <= period.last && to > period.first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_lives_from_its_first_event_until_before_its_end() {
        let seen = |first: u64, last: u64| {
            let period = Period { first: EventId(first), last: EventId(last) };
            is_visible(EventId(3), EventId(5), period)
        };
        assert_eq!([2, 3, 4, 5].map(|at| seen(at, at)), [false, true, true, false]);
        assert!(seen(0, u64::MAX) && seen(1, 3) && seen(4, 9));
        assert!(!seen(0, 2) && !seen(5, 9));
    }
}
