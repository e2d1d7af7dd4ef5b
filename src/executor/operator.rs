//! What an operator is.

use super::Error;
use super::datum::Batch;
use super::spill::Spilled;

/// A source of batches. An empty batch is never given.
pub trait Operator: Send {
    /// The next rows, `None` at the end.
    ///
    /// # Errors
    /// What [`Context::evaluate`](super::Context::evaluate) says of a row on the way, `interrupted`, and
    /// the codes of storage where rows cannot be read.
    fn next(&mut self) -> Result<Option<Batch>, Error>;

    /// What it wrote to temporary files because the memory was spent.
    fn spilled(&self) -> Spilled {
        Spilled::default()
    }
}

/// An operator behind a pointer.
pub type BoxedOperator = Box<dyn Operator>;
