//! A line on a terminal that tells how far long work is.
//!
//! It appears after a second, so that short work stays quiet, and only where someone looks. A
//! [`ProgressWriter`] around a stream takes it away before anything else is written there; work that goes on
//! brings it back.

use crate::render;
use crate::session::ProgressHandler;
use indicatif::{FormattedDuration, HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Work that takes no longer is not worth a line.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a line stands before it is drawn again.
const PACE: Duration = Duration::from_millis(100);

/// How far one work is.
pub(super) struct Progress {
    what: String,
    /// All its bytes, if they are known.
    total: Option<u64>,
    done: u64,
    started: Instant,
    /// When the line is drawn next; `None` where it never is.
    next_draw: Option<Instant>,
    /// The line, while it is there.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to watch a work; `what` says in a word or two which, `total` is its bytes if they are
    /// known, and `terminal` whether standard error is one.
    pub(super) fn new(what: &str, total: Option<u64>, terminal: bool) -> Progress {
        let started = Instant::now();
        Progress {
            what: render::escape(what).into_owned(),
            total,
            done: 0,
            started,
            next_draw: terminal.then(|| started + PATIENCE),
            bar: None,
        }
    }

    /// Counts bytes that were worked through.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        let Some(next_draw) = self.next_draw else { return };
        let now = Instant::now();
        if now < next_draw {
            return;
        }
        self.next_draw = Some(now + PACE);
        let line = self.line(now - self.started);
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg}").expect("the template is well-formed");
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        bar.set_message(line);
        bar.tick();
    }

    /// Takes the line away, for what else is to be said.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// `seed.sql: 41% · 12.3 MiB/s · 7s left`; without a total what is done and how fast.
    fn line(&self, elapsed: Duration) -> String {
        let Progress { what, total, done, .. } = self;
        let milliseconds = elapsed.as_millis().max(1);
        let rate = u64::try_from(u128::from(*done) * 1000 / milliseconds).unwrap_or(u64::MAX);
        let speed = HumanBytes(rate);
        // A file may have grown since it was measured.
        match total.filter(|total| *total >= *done && *total > 0) {
            None => format!("{what}: {} · {speed}/s", HumanBytes(*done)),
            Some(total) => {
                let percent = u128::from(*done) * 100 / u128::from(total);
                let left = match (total - done).checked_div(rate) {
                    Some(seconds) => FormattedDuration(Duration::from_secs(seconds)).to_string(),
                    None => "?".to_string(),
                };
                format!("{what}: {percent}% · {speed}/s · {left} left")
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What draws such a line for a statement that takes long.
pub(super) fn progress_handler(terminal: bool) -> ProgressHandler {
    ProgressHandler::new(move |what, total| {
        let mut progress = Progress::new(what, Some(total), terminal);
        Box::new(move |done| progress.advance(done.saturating_sub(progress.done)))
    })
}

/// The line of whatever the shell works at, shared with the streams that must not cross it.
pub(super) type SharedProgress = Rc<RefCell<Option<Progress>>>;

/// A stream before which the line goes away.
pub(super) struct ProgressWriter {
    /// The stream.
    pub(super) inner: Box<dyn Write>,
    /// The line.
    pub(super) progress: SharedProgress,
}

impl Write for ProgressWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(progress) = self.progress.borrow_mut().as_mut() {
            progress.clear();
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_percent_rate_and_what_is_left() {
        let mut progress = Progress::new("seed\n.sql", Some(400 << 20), false);
        progress.advance(100 << 20);
        let line = progress.line(Duration::from_secs(10));
        assert_eq!(line, "seed↵.sql: 25% · 10.00 MiB/s · 00:00:30 left");
        progress.advance(u64::MAX);
        assert!(progress.line(Duration::from_secs(10)).starts_with("seed↵.sql: 16.00 EiB"));
        assert_eq!(Progress::new("x", Some(9), false).line(PACE), "x: 0% · 0 B/s · ? left");
        assert_eq!(Progress::new("x", Some(0), false).line(PACE), "x: 0 B · 0 B/s");
    }

    #[test]
    fn nothing_is_drawn_where_nobody_looks_or_before_a_second() {
        let mut unseen = Progress::new("x", None, false);
        unseen.started -= PATIENCE;
        unseen.advance(1);
        assert!(unseen.bar.is_none());
        let mut seen = Progress::new("x", None, true);
        seen.advance(1);
        assert!(seen.bar.is_none());
        seen.next_draw = Some(seen.started);
        seen.advance(1);
        assert!(seen.bar.is_some());
        let progress: SharedProgress = Rc::new(RefCell::new(Some(seen)));
        let mut stream =
            ProgressWriter { inner: Box::new(io::sink()), progress: Rc::clone(&progress) };
        stream.write_all(b"said").expect("a sink takes all");
        assert!(progress.borrow().as_ref().is_some_and(|progress| progress.bar.is_none()));
    }
}
