//! A terminal that can do nothing but lines (`TERM=dumb`), or one that prompts cannot be written to.

use super::PromptResult;
use crate::render;
use crate::shell::pending_input;
use std::io::{self, BufRead, IsTerminal, Write};

/// Reads a line as the terminal gives it, behind a prompt where somebody sees it, until Ctrl-C is
/// pressed.
pub(super) fn read(prompt: &str, is_interrupted: impl Fn() -> bool) -> PromptResult {
    if show(prompt).is_err() {
        return PromptResult::End(String::new());
    }
    // Ctrl-C ends no read, but the terminal itself took back the line in which it was typed.
    if !pending_input::for_input(&is_interrupted) {
        return if show("\n").is_ok() {
            PromptResult::Cleared
        } else {
            PromptResult::End(String::new())
        };
    }
    let mut line = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(0) => {
            // What follows begins on a line of its own; nobody can be told that it does not.
            let _ = show("\n");
            PromptResult::End(String::new())
        }
        Ok(_) => match String::from_utf8(line) {
            Ok(line) => PromptResult::Text(line.trim_end_matches(['\n', '\r']).to_string()),
            Err(error) => PromptResult::Unreadable(error.utf8_error().to_string()),
        },
        Err(error) => PromptResult::Unreadable(error.to_string()),
    }
}

/// Shows a text behind a prompt, as if it had been typed.
pub(super) fn echo(prompt: &str, text: &str) {
    let lines: Vec<_> = text.lines().map(render::escape).collect();
    // Where this cannot be shown, the next prompt cannot either, which ends the session.
    let _ = show(&format!("{prompt}{}\n", lines.join("\n")));
}

/// Writes where somebody sees it.
fn show(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        write(text, &mut io::stdout())
    } else if io::stderr().is_terminal() {
        write(text, &mut io::stderr())
    } else {
        Ok(())
    }
}

fn write(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
