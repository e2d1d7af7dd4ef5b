//! The end of a run: what is open is is_reported, what was said is written, and there is one exit code.

use super::{INTERRUPTED_CODE, Shell, Stop};
use crate::render::{self, Diagnostic, TextOrigin};
use std::io::{self, Write};

impl Shell {
    /// Brings the row files up, which dropping the database would do without a word.
    pub(super) fn checkpoint(&mut self) {
        let Some(session) = self.connection.session() else { return };
        if let Err(error) = session.database().checkpoint() {
            let _ = self.say(&format!("notice: the row files are not up to date: {error}"));
        }
    }

    /// Ends the run: an open transaction is rolled back and is_reported, everything said is written.
    ///
    /// Gives the exit code.
    pub fn finish(&mut self, stop: Result<(), Stop>) -> u8 {
        let origin = TextOrigin::default();
        let mut stop = self.name_output_error(stop, "", &origin);
        if self.redirect.is_some() {
            let restored = self.restore(&origin);
            stop = stop.and(restored);
        }
        let is_reported = matches!(
            stop,
            Err(Stop::Failed | Stop::Unavailable | Stop::Interrupted | Stop::Output(_))
        );
        if let (Some(transaction_start), false) =
            (self.transaction_start.take(), is_reported && !self.settings.keep_going)
        {
            let events = self.connection.transaction().unwrap_or(0);
            let message = format!(
                "the transaction that begins here was never committed: {events} event{} rolled back",
                if events == 1 { "" } else { "s" }
            );
            let error = Diagnostic::new("open-transaction", message)
                .help(Some("end it with COMMIT".to_string()));
            self.fail(&error, &transaction_start.text, &transaction_start.origin);
        }
        let stop = stop.and_then(|()| self.out.flush().map_err(Stop::from));
        self.checkpoint();
        self.notices();
        let flushed = self.out.flush();
        match (stop, flushed) {
            (Err(Stop::Output(error)), _) | (_, Err(error)) => self.refused(&error),
            (Err(Stop::Exit(0)) | Ok(()), Ok(())) => u8::from(self.failed),
            (Err(Stop::Exit(code)), Ok(())) => code,
            (Err(Stop::Failed), Ok(())) => 1,
            (Err(Stop::Unavailable), Ok(())) => 3,
            (Err(Stop::Interrupted), Ok(())) => INTERRUPTED_CODE,
        }
    }

    /// What an error of standard output means: a closed pipe is no fault of anyone.
    fn refused(&mut self, error: &io::Error) -> u8 {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return 141;
        }
        let message = format!("cannot write to standard output: {error}");
        let origin = TextOrigin::default();
        let diagnostic = Diagnostic::new("output", message);
        let _ = render::report(&diagnostic, "", &origin, &self.report_options(), &mut self.errors);
        1
    }
}
