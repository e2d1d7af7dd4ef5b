//! Other spellings of options: `--csv`, and sqlite3's with one dash.

use asof::render::Mode;
use clap::{ArgAction, Command};
use std::ffi::OsString;

/// What sqlite3 calls an option, and ours; where its value follows as the next word, ours ends with `=`.
const SPELLINGS: &[(&str, &str)] = &[
    ("bail", "--bail"),
    ("batch", "--batch"),
    ("cmd", "--cmd="),
    ("echo", "--echo"),
    ("header", "--headers=on"),
    ("headers", "--headers=on"),
    ("help", "--help"),
    ("init", "--init="),
    ("noheader", "--headers=off"),
    ("noheaders", "--headers=off"),
    ("nullvalue", "--null="),
    ("readonly", "--read-only"),
    ("safe", "--safe"),
    ("separator", "--separator="),
    ("tabs", "--mode=tsv"),
    ("version", "--version"),
];

/// Options of sqlite3 that have no counterpart, and what to use instead.
const FOREIGN: &[(&str, &str)] = &[
    ("A", "asof keeps no archives: tar does"),
    ("append", "a database is a directory of its own"),
    ("ascii", "--tsv or --csv separates values"),
    ("deserialize", "without DATABASE, asof works in memory"),
    ("interactive", "asof prompts where standard input is a terminal"),
    ("newline", "lines end with a line feed"),
    ("stats", ".stats shows them"),
    ("unsafe-testing", "there is nothing of the kind here"),
    ("zip", "asof keeps no archives"),
];

/// Turns `--csv` and sqlite3's spellings into the options that this command knows.
///
/// # Errors
/// A sentence where an option of sqlite3 has no counterpart.
pub(super) fn translated(
    command: &Command,
    arguments: impl Iterator<Item = OsString>,
) -> Result<Vec<OsString>, String> {
    let mut translated: Vec<OsString> = Vec::new();
    // The first word is the program's name.
    let (mut is_value, mut is_literal) = (true, false);
    // What the value that comes next belongs to.
    let mut pending: Option<&str> = None;
    for argument in arguments {
        if let Some(option) = pending.take() {
            let mut whole = OsString::from(option);
            whole.push(argument);
            translated.push(whole);
            continue;
        }
        let text = argument.to_str().unwrap_or("").to_string();
        if is_value || is_literal || !text.starts_with('-') {
            is_value = false;
            translated.push(argument);
            continue;
        }
        is_literal = text == "--";
        is_value = takes_value(command, &text);
        match spelling(&text)? {
            Some(meant) if meant.ends_with('=') => pending = Some(meant),
            Some(meant) => translated.push(meant.into()),
            None => match mode(&text) {
                Some(mode) => translated.push(format!("--mode={mode}").into()),
                None => translated.push(argument),
            },
        }
    }
    // An option without its value: clap says so.
    translated.extend(pending.map(|option| option.trim_end_matches('=').into()));
    Ok(translated)
}

/// Whether the word after this option, as it is written, is its value.
fn takes_value(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|argument| {
        let is_long = argument.get_long().is_some_and(|long| option == format!("--{long}"));
        let is_short = argument.get_short().is_some_and(|short| option == format!("-{short}"));
        let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
        takes && (is_long || is_short)
    })
}

/// The mode whose name an option is.
fn mode(option: &str) -> Option<Mode> {
    Mode::from_name(option.trim_start_matches('-'))
}

/// The option that a foreign spelling means.
fn spelling(option: &str) -> Result<Option<&'static str>, String> {
    // Two dashes are our own, but for what the help shows with a value.
    let Some(name) = option.strip_prefix('-') else { return Ok(None) };
    let name = match name.strip_prefix('-') {
        Some(own @ ("header" | "noheader" | "noheaders" | "readonly")) => own,
        Some(_) => return Ok(None),
        None => name,
    };
    if let Some((_, help)) = FOREIGN.iter().find(|(foreign, _)| *foreign == name) {
        return Err(format!("there is no option -{name}: {help}"));
    }
    Ok(SPELLINGS.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours))
}

#[cfg(test)]
mod tests {
    use super::super::Arguments;
    use super::*;
    use clap::CommandFactory;

    fn shown(arguments: &[&str]) -> Result<Vec<String>, String> {
        let words = translated(&Arguments::command(), arguments.iter().map(OsString::from))?;
        Ok(words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn foreign_spellings_are_translated_and_values_are_not() -> Result<(), String> {
        assert_eq!(
            shown(&["asof", "-csv", "--json", "-header", "-readonly", "bank"])?,
            ["asof", "--mode=csv", "--mode=json", "--headers=on", "--read-only", "bank"]
        );
        assert_eq!(
            shown(&["asof", "-c", "-csv", "--", "-csv"])?,
            ["asof", "-c", "-csv", "--", "-csv"]
        );
        assert_eq!(shown(&["asof", "--headers", "on"])?, ["asof", "--headers", "on"]);
        assert_eq!(shown(&["asof", "-init", "-x", "-cmd"])?, ["asof", "--init=-x", "--cmd"]);
        assert_eq!(shown(&["asof", "-o", "-csv"])?, ["asof", "-o", "-csv"]);
        assert_eq!(shown(&["asof", "-separator", "-"])?, ["asof", "--separator=-"]);
        assert!(shown(&["asof", "-ascii"]).is_err());
        Ok(())
    }

    #[test]
    fn every_spelling_is_of_an_option() {
        let command = Arguments::command();
        for (theirs, ours) in SPELLINGS {
            let name = ours.trim_start_matches('-').split('=').next();
            let is_known = command.get_arguments().any(|argument| argument.get_long() == name);
            assert!(is_known || matches!(name, Some("help" | "version")), "{theirs}: {ours}");
        }
    }
}
