//! What EXPLAIN ANALYZE measures: rows, batches and time of every operator.
//!
//! Only a [`Context`](super::Context) with a [`Profile`] has operators wrapped; without one nothing
//! here runs. What is opened several times, as a query inside of an expression is for each list of its
//! arguments, is measured as one: an operator is known by its place in the plan, which the lines of
//! [`Planned::lines`](crate::planner::Planned::lines) name.

use super::Error;
use super::datum::Batch;
use super::operator::{BoxedOperator, Operator};
use super::spill::Spilled;
use crate::planner::OperatorId;
use crate::storage::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What one operator did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorProfile {
    /// How many rows it gave.
    pub rows: usize,
    /// In how many batches.
    pub batches: usize,
    /// What it wrote to temporary files.
    pub spilled: Spilled,
    /// The time it took, its inputs' left out.
    pub own: Duration,
    /// The time it took with its inputs.
    pub total: Duration,
}

/// The profiles of one statement's operators.
#[derive(Debug)]
pub struct Profile {
    clock: Arc<dyn Clock>,
    measurements: Mutex<Measurements>,
}

#[derive(Debug, Default)]
struct Measurements {
    operators: HashMap<OperatorId, OperatorProfile>,
    /// For each operator that works right now, the time that its inputs took so far.
    inner: Vec<Duration>,
}

impl Profile {
    /// Nothing measured yet, time by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Profile {
        Profile { clock, measurements: Mutex::default() }
    }

    /// What was measured of an operator so far; `None` where it was never opened.
    pub fn operator(&self, id: OperatorId) -> Option<OperatorProfile> {
        self.measurements().operators.get(&id).copied()
    }

    fn measurements(&self) -> MutexGuard<'_, Measurements> {
        // Counters are right whoever panicked beside them.
        self.measurements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next operator's way into a profile; does nothing where there is none.
#[derive(Clone, Debug)]
pub struct Probe(Option<(Arc<Profile>, OperatorId)>);

impl Probe {
    /// A probe for an operator that is opened now.
    pub fn new(profile: Option<&Arc<Profile>>, id: OperatorId) -> Probe {
        Probe(profile.map(|profile| {
            profile.measurements().operators.entry(id).or_default();
            (Arc::clone(profile), id)
        }))
    }

    /// Does a piece of the operator's work.
    pub fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let Some((profile, id)) = &self.0 else { return work() };
        profile.measurements().inner.push(Duration::ZERO);
        let started = profile.clock.elapsed();
        let done = work();
        let took = profile.clock.elapsed().saturating_sub(started);
        let mut measurements = profile.measurements();
        let inputs = measurements.inner.pop().unwrap_or_default();
        if let Some(outer) = measurements.inner.last_mut() {
            *outer += took;
        }
        let operator = measurements.operators.entry(*id).or_default();
        operator.own += took.saturating_sub(inputs);
        operator.total += took;
        done
    }

    /// Counts a batch that came out.
    pub fn count(&self, rows: usize) {
        if let Some((profile, id)) = &self.0 {
            let mut measurements = profile.measurements();
            let operator = measurements.operators.entry(*id).or_default();
            operator.rows += rows;
            operator.batches += 1;
        }
    }

    /// Notes what was written to temporary files so far.
    pub fn note_spilled(&self, spilled: Spilled) {
        if let Some((profile, id)) = &self.0 {
            profile.measurements().operators.entry(*id).or_default().spilled = spilled;
        }
    }

    /// The operator that `open` gives, measured where there is a profile.
    ///
    /// # Errors
    /// Those of `open`, as they are.
    pub fn wrap(
        self,
        open: impl FnOnce() -> Result<BoxedOperator, Error>,
    ) -> Result<BoxedOperator, Error> {
        let rows = self.time(open)?;
        Ok(match self.0 {
            None => rows,
            Some(_) => Box::new(ProfiledOperator { rows, probe: self }),
        })
    }
}

/// An operator that is watched.
struct ProfiledOperator {
    rows: BoxedOperator,
    probe: Probe,
}

impl Operator for ProfiledOperator {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let batch = self.probe.time(|| self.rows.next())?;
        if let Some(batch) = &batch {
            self.probe.count(batch.rows);
        }
        self.probe.note_spilled(self.rows.spilled());
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Timestamp;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Each look at it is a millisecond later.
    #[derive(Debug, Default)]
    struct TickingClock(AtomicU64);

    impl Clock for TickingClock {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }

        fn elapsed(&self) -> Duration {
            Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    struct BatchesOfThree(usize);

    impl Operator for BatchesOfThree {
        fn next(&mut self) -> Result<Option<Batch>, Error> {
            let more = self.0 > 0;
            self.0 = self.0.saturating_sub(1);
            Ok(more.then(|| Batch::new(Vec::new(), 3)))
        }
    }

    struct PassThrough(BoxedOperator);

    impl Operator for PassThrough {
        fn next(&mut self) -> Result<Option<Batch>, Error> {
            self.0.next()
        }
    }

    #[test]
    fn own_time_is_without_the_inputs() -> Result<(), Error> {
        let profile = Arc::new(Profile::new(Arc::new(TickingClock::default())));
        let (outer_id, inner_id) = (OperatorId::of(&1_u64), OperatorId::of(&2_u32));
        let mut rows = Probe::new(Some(&profile), outer_id).wrap(|| {
            let input =
                Probe::new(Some(&profile), inner_id).wrap(|| Ok(Box::new(BatchesOfThree(2))))?;
            Ok(Box::new(PassThrough(input)))
        })?;
        while rows.next()?.is_some() {}
        let ms = Duration::from_millis;
        // Opening and three times next: a millisecond inside, and one on each side of it outside.
        let spilled = Spilled::default();
        let inner = OperatorProfile { rows: 6, batches: 2, spilled, own: ms(4), total: ms(4) };
        let outer = OperatorProfile { own: ms(8), total: ms(12), ..inner };
        assert_eq!(profile.operator(outer_id), Some(outer));
        assert_eq!(profile.operator(inner_id), Some(inner));
        Ok(())
    }
}
