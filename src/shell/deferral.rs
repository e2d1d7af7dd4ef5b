//! Scripts do not wait for the disk statement by statement: what each says is held until it is true.

use super::first_word::first_word;
use super::{ProgressWriter, Shell, Stop};
use crate::render::TextOrigin;
use crate::types::EventId;
use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

/// How long something that was said may be held, but for a statement behind it that takes longer.
const PATIENCE: Duration = Duration::from_millis(5);

/// With so many places of statements noted, those of durable ones are forgotten.
const MOST_NOTED: usize = 1 << 12;

/// The statements whose outcome may be held: they say little, and mostly take no time.
const HELD_WORDS: [&str; 10] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "BEGIN",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
];

/// What a script did that is not known to be durable.
#[derive(Default)]
pub(super) struct Deferral {
    /// Whether statements are staged.
    is_on: bool,
    /// The last event of each statement that made some, and where the statement stands, in order.
    noted: VecDeque<(EventId, TextOrigin)>,
    /// Since when something that was said is held.
    held_since: Option<Instant>,
}

impl Deferral {
    /// Lets statements be staged, or not; gives whether they were.
    pub(super) fn turn(&mut self, is_on: bool) -> bool {
        std::mem::replace(&mut self.is_on, is_on)
    }

    /// Whether statements are staged.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }
}

impl Shell {
    /// Notes what a statement staged.
    pub(super) fn note_staged(&mut self, origin: &TextOrigin) {
        let Some(session) = self.connection.session() else { return };
        let (staged, noted) = (session.staged(), &mut self.deferral.noted);
        if noted.back().is_some_and(|(last, _)| *last >= staged) || staged == EventId::START {
            return;
        }
        self.gate.hold(session.database(), staged);
        if noted.len() >= MOST_NOTED {
            let head = session.database().head();
            noted.drain(..noted.partition_point(|(event, _)| *event <= head));
        }
        noted.push_back((staged, origin.clone()));
    }

    /// Gives out what is held before a statement that may take long.
    pub(super) fn before_statement(&mut self, text: &str) -> io::Result<()> {
        let is_due = |since: Instant| since.elapsed() >= PATIENCE;
        let may_stay = || {
            is_quick(text) && !self.deferral.held_since.is_some_and(is_due) && !self.gate.is_open()
        };
        match self.out.buffer().is_empty() || may_stay() {
            true => Ok(()),
            false => self.hand_out(),
        }
    }

    /// Gives out what a statement said, or holds it for the next.
    pub(super) fn after_statement(&mut self, text: &str) -> io::Result<()> {
        if self.out.buffer().is_empty() && self.deferral.is_on {
            return Ok(());
        }
        let held = *self.deferral.held_since.get_or_insert_with(Instant::now);
        if self.deferral.is_on
            && is_quick(text)
            && held.elapsed() < PATIENCE
            && !self.gate.is_open()
        {
            return Ok(());
        }
        self.hand_out()
    }

    /// Gives out everything that was said, once it is true.
    ///
    /// # Errors
    /// Where the output refuses, and where the disk does.
    pub(super) fn hand_out(&mut self) -> io::Result<()> {
        self.deferral.held_since = None;
        self.gate.settle()?;
        self.out.flush()?;
        self.deferral.noted.clear();
        Ok(())
    }

    /// Tells that the disk refused what was staged, if it did: what was said of it is never given out.
    pub(super) fn disk_refused(&mut self, result: Result<(), Stop>) -> Result<(), Stop> {
        let Some(refused) = self.gate.take_failure() else { return result };
        discard(&mut self.out);
        if let Some(session) = self.connection.session_mut() {
            // It is told below, with the place.
            drop(session.settle());
        }
        if self.connection.transaction().is_none() {
            self.transaction_start = None;
        }
        let head = self.connection.head();
        let noted = std::mem::take(&mut self.deferral.noted);
        let first = noted.into_iter().find(|(event, _)| event.0 > head);
        let origin = first.map(|(_, origin)| origin).unwrap_or_default();
        let stop = self.fail(&refused, "", &origin);
        let from = match &origin.name {
            Some(name) => format!("from {name}:{} on", origin.line),
            None => "behind it".to_owned(),
        };
        self.say(&format!(
            "the database is safe up to event {head}; whether what was done {from} is kept nobody \
             knows: open the database again to see"
        ))?;
        Err(stop)
    }
}

/// Whether a statement's outcome may be held.
fn is_quick(text: &str) -> bool {
    let first = first_word(text);
    HELD_WORDS.iter().any(|word| word.eq_ignore_ascii_case(first))
}

/// Forgets what a stream holds.
fn discard(out: &mut BufWriter<ProgressWriter>) {
    let nowhere = ProgressWriter { inner: Box::new(io::sink()), progress: Default::default() };
    let writer = std::mem::replace(out, BufWriter::with_capacity(0, nowhere));
    let (stream, _held) = writer.into_parts();
    *out = BufWriter::with_capacity(super::BUFFER, stream);
}

#[cfg(test)]
mod tests;
