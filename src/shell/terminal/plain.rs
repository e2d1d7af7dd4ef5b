//! A terminal that can do nothing but lines (`TERM=dumb`), or one that prompts cannot be written to.

use super::Given;
use std::io::{self, BufRead, IsTerminal, Write};

/// Reads a line as the terminal gives it, behind a prompt where somebody sees it.
pub(super) fn read(prompt: &str) -> Given {
    let written = if io::stdout().is_terminal() {
        show(prompt, &mut io::stdout())
    } else if io::stderr().is_terminal() {
        show(prompt, &mut io::stderr())
    } else {
        Ok(())
    };
    if written.is_err() {
        return Given::End;
    }
    let mut line = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(0) => Given::End,
        Ok(_) => match String::from_utf8(line) {
            Ok(line) => Given::Text(line.trim_end_matches(['\n', '\r']).to_string()),
            Err(error) => Given::Unreadable(error.utf8_error().to_string()),
        },
        Err(error) => Given::Unreadable(error.to_string()),
    }
}

fn show(prompt: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(prompt.as_bytes())?;
    out.flush()
}
