//! The gate before every stream: nobody is told of what is not durable.
//!
//! A script's writes are staged, and what they say waits in the buffer of the output. Whatever leaves that
//! buffer, to standard output, standard error, a file or a program, passes here, and waits until the disk
//! has all that was staged before it was said.

use crate::render::Diagnostic;
use crate::session::Error;
use crate::storage::Database;
use crate::types::EventId;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

/// The gate of a shell's streams.
pub(super) type SharedGate = Rc<OutputGate>;

/// What has to be durable before anything is said.
#[derive(Default)]
pub(super) struct OutputGate {
    awaited: RefCell<Option<(Arc<Database>, EventId)>>,
    /// What the disk said: from then on nothing passes.
    failure: RefCell<Option<Diagnostic>>,
}

impl OutputGate {
    /// Closes it until an event is durable.
    pub(super) fn hold(&self, database: &Arc<Database>, event: EventId) {
        *self.awaited.borrow_mut() = Some((Arc::clone(database), event));
    }

    /// Whether nothing has to be waited for.
    pub(super) fn is_open(&self) -> bool {
        let is_durable = |(database, event): &(Arc<Database>, EventId)| database.is_settled(*event);
        self.failure.borrow().is_none() && self.awaited.borrow().as_ref().is_none_or(is_durable)
    }

    /// Waits until it is open.
    ///
    /// # Errors
    /// Where the disk refused; the same from then on, until [`OutputGate::take_failure`].
    pub(super) fn settle(&self) -> io::Result<()> {
        if let Some((database, event)) = self.awaited.take()
            && let Err(refused) = database.settle(event)
        {
            *self.failure.borrow_mut() = Some(Diagnostic::from(&Error::from(refused)));
        }
        match &*self.failure.borrow() {
            None => Ok(()),
            Some(refused) => Err(io::Error::other(refused.message.clone())),
        }
    }

    /// Whether the disk refused.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// What the disk said, once it refused; the gate is open again.
    pub(super) fn take_failure(&self) -> Option<Diagnostic> {
        self.failure.take()
    }
}

/// A stream behind the gate.
pub(super) struct GatedWriter {
    /// The stream.
    pub(super) inner: Box<dyn Write>,
    /// The gate.
    pub(super) gate: SharedGate,
}

impl Write for GatedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.settle()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
