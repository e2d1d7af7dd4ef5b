//! What stands before the line.

use super::padding;
use crate::render;
use crate::session::Session;
use crate::shell::Shell;
use colored::Colorize;
use std::fmt;

/// The prompt where `.prompt` gave none.
const MAIN: &str = "{database}@{event}{state}> ";

/// What `.prompt` gave.
#[derive(Clone, Default)]
pub(in crate::shell) struct PromptTemplates {
    /// Before a statement: `{database}`, `{event}` (that you see), `{head}` and `{state}`.
    pub(in crate::shell) main: Option<String>,
    /// Before its further lines: `{open}`.
    pub(in crate::shell) more: Option<String>,
}

/// As `.prompt` is given them.
impl fmt::Display for PromptTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let main = self.main.as_deref().unwrap_or(MAIN);
        let more = self.more.as_deref().unwrap_or(padding::CONTINUATION);
        write!(f, "\"{main}\" \"{more}\"")
    }
}

impl Shell {
    /// How many savepoints the open transaction has.
    fn savepoints(&self) -> usize {
        self.connection.session().map_or(0, Session::savepoints)
    }

    /// The prompt and how it is shown: `bank@42> `, in a transaction `bank@42+3*> `, behind
    /// a savepoint of it `bank@42+3**> `, in the past
    /// `bank@17/42 past> ` in yellow.
    pub(super) fn prompt(&self) -> (String, String) {
        let head = self.connection.head();
        let past = self.connection.session().and_then(Session::past);
        let state = match (past, self.connection.transaction()) {
            (Some(_), _) => format!("/{head} past"),
            (None, Some(count)) => format!("+{count}{}", depth(1 + self.savepoints())),
            (None, None) => String::new(),
        };
        let event = past.map_or(head, |event| event.0);
        let template = self.interaction.templates.main.as_deref().unwrap_or(MAIN);
        let prompt = fill(
            template,
            &[
                ("{database}", &self.connection.name()),
                ("{event}", &event.to_string()),
                ("{head}", &head.to_string()),
                ("{state}", &state),
            ],
        );
        let prompt = render::escape(&prompt).into_owned();
        if past.is_some() && self.settings.format.colour {
            let styled = prompt.yellow().to_string();
            return (prompt, styled);
        }
        (prompt.clone(), prompt)
    }
}

/// How deep in a transaction: a star for it and one for each savepoint, or their number.
fn depth(depth: usize) -> String {
    if depth <= 3 { "*".repeat(depth) } else { format!("*{depth}") }
}

/// Puts values in the place of their names, in one pass: a value is not read again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_savepoint_is_a_star_until_they_are_many() {
        assert_eq!([1, 2, 3, 4, 12].map(depth), ["*", "**", "***", "*4", "*12"]);
    }

    #[test]
    fn a_template_is_filled_once() {
        let values = [("{a}", "{b}"), ("{b}", "2")];
        assert_eq!(fill("{a}{b} {c} {", &values), "{b}2 {c} {");
    }
}
