//! A statement in the user's editor.

use crate::render::Diagnostic;
use crate::shell::programs::spawn;
use crate::shell::{Shell, dot};
use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

impl Shell {
    /// Opens a text in the editor; what it leaves stands at the next prompt, for Enter to run.
    ///
    /// # Errors
    /// `editor` where it cannot be started, fails, or leaves what is no text; `safe-mode` where `--safe`
    /// forbids it.
    pub(in crate::shell) fn edit(&mut self, text: &str) -> Result<(), Diagnostic> {
        if self.settings.safe {
            return Err(dot::refused(".edit"));
        }
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            Diagnostic::new("editor", format!("{what}: {error}"))
        };
        let mut file = tempfile::Builder::new()
            .prefix("asof-")
            .suffix(".sql")
            .tempfile()
            .map_err(|error| failed("cannot make a file for the editor", &error))?;
        file.write_all(format!("{}\n", text.trim_end()).as_bytes())
            .and_then(|()| file.flush())
            .map_err(|error| failed("cannot write the file for the editor", &error))?;
        let editor = editor();
        self.interaction.lend_terminal();
        let started = spawn(&mut command(&editor, file.path().as_os_str()));
        let done = started.and_then(|mut editor| editor.wait());
        self.interaction.take_terminal_back();
        // Ctrl-C was for the editor.
        self.connection.forget_interrupt();
        let name = editor.to_string_lossy();
        match done {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(failed(&format!("the editor {name} failed"), &status)),
            Err(error) => {
                let error = failed(&format!("cannot start the editor {name}"), &error);
                return Err(error.help(Some("$VISUAL or $EDITOR names it".to_string())));
            }
        }
        let mut edited = String::new();
        // An editor may have put another file in its place.
        let read = std::fs::read_to_string(file.path()).or_else(|_| {
            file.seek(SeekFrom::Start(0))?;
            file.read_to_string(&mut edited).map(|_| edited)
        });
        let edited = read.map_err(|error| failed("cannot read what the editor left", &error))?;
        self.interaction.next = Some(edited.trim_end().to_string());
        Ok(())
    }
}

/// The editor that the user chose, or the one that every system has.
fn editor() -> OsString {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os);
    let fallback = if cfg!(windows) { "notepad" } else { "vi" };
    chosen.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| fallback.into())
}

/// The editor's command line may have arguments of its own: the system's shell reads it.
fn command(editor: &OsString, file: &std::ffi::OsStr) -> Command {
    let mut command = if cfg!(windows) {
        let mut command = Command::new(editor);
        command.arg(file);
        command
    } else {
        let mut line = editor.clone();
        line.push(" \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line).arg(editor).arg(file);
        command
    };
    // Standard output may be a pipe; the editor needs the terminal.
    if let Ok(terminal) = std::fs::OpenOptions::new().write(true).open("/dev/tty") {
        command.stdout(Stdio::from(terminal));
    }
    command
}
