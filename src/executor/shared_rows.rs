//! The rows of a table of WITH that has several readers: computed once, as far as any of them reads.

use super::Error;
use super::datum::Batch;
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use super::plan_operators::open_operator;
use crate::planner::CommonTablePlan;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The tables of WITH that a statement has begun to read, by their numbers.
pub(super) type SharedTables = Arc<Mutex<HashMap<usize, Arc<SharedRows>>>>;

/// What was read of one so far, and where the rest comes from.
pub(super) struct SharedRows(Mutex<RowsSoFar>);

struct RowsSoFar {
    batches: Vec<Batch>,
    /// `None` once it came to an end.
    source: Option<BoxedOperator>,
}

impl fmt::Debug for SharedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedRows")
    }
}

impl SharedRows {
    fn progress(&self) -> MutexGuard<'_, RowsSoFar> {
        // Batches are whole whoever panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of its readers.
pub struct SharedReader {
    rows: Arc<SharedRows>,
    next: usize,
}

impl SharedReader {
    /// A reader from the first row on. The first of all opens the plan.
    ///
    /// # Errors
    /// As [`open`](super::open).
    pub fn open(shared: &CommonTablePlan, context: &Arc<Context>) -> Result<SharedReader, Error> {
        let tables = context.subqueries.shared.get_or_init(Arc::default);
        let known = || tables.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&shared.number).cloned();
        let rows = match found {
            Some(rows) => rows,
            None => {
                let source = Some(open_operator(&shared.plan, context)?);
                let rows = SharedRows(Mutex::new(RowsSoFar { batches: Vec::new(), source }));
                Arc::clone(known().entry(shared.number).or_insert_with(|| Arc::new(rows)))
            }
        };
        Ok(SharedReader { rows, next: 0 })
    }
}

impl Operator for SharedReader {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let mut progress = self.rows.progress();
        let RowsSoFar { batches, source } = &mut *progress;
        if self.next == batches.len() {
            match source.as_mut().map(|source| source.next()).transpose()?.flatten() {
                Some(batch) => batches.push(batch),
                None => {
                    *source = None;
                    return Ok(None);
                }
            }
        }
        self.next += 1;
        Ok(batches.get(self.next - 1).cloned())
    }
}
