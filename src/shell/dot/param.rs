//! Values for the `$name` and `?` of statements.

use super::{DotCommand, DotCommandError, DotCommandGroup};
use crate::render::{self, Diagnostic};
use crate::shell::Shell;
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "Parameters",
    commands: &[
        DotCommand {
            name: ".param",
            arguments: USAGE,
            help: "the values of $name and ? in statements",
            details: DETAILS,
            run: param,
        },
        DotCommand {
            name: ".parameter",
            arguments: USAGE,
            help: "the same",
            details: DETAILS,
            run: param,
        },
    ],
};

/// What stands behind `.param`.
const USAGE: &str = "set|unset|list|clear [NAME] [TEXT]";

/// What its words mean.
const DETAILS: &[(&str, &str)] = &[
    ("set NAME TEXT", "gives $NAME a value: a literal of SQL, or else the text itself"),
    ("unset NAME", "takes it back"),
    ("list", "shows all"),
    ("clear", "takes all back"),
];

/// `.param set NAME VALUE`, `.param unset NAME`, `.param list`, `.param clear`
fn param(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let verb = words[0].to_ascii_lowercase();
    match (verb.as_str(), &words[1..]) {
        ("set", [name, value]) => {
            shell.connection.set_parameter(name, value).map_err(DotCommandError::Failed)?;
        }
        ("unset", [name]) => {
            if !shell.connection.unset_parameter(name) {
                let message = format!("the parameter {name} has no value");
                let help = Some(".param list shows which have".to_owned());
                return Err(DotCommandError::Failed(
                    Diagnostic::new("unknown-parameter", message).help(help),
                ));
            }
        }
        ("clear", []) => shell.connection.clear_parameters(),
        ("list", []) => {
            let shown = shell.connection.parameters().iter();
            let shown: Vec<_> =
                shown.map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let width = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            for (name, value) in shown {
                let (name, value) = (render::escape(&name), render::escape(&value));
                writeln!(shell.out, "{name:width$} {value}")?;
            }
        }
        _ => {
            let message = "usage: .param set NAME VALUE, unset NAME, list or clear";
            return Err(DotCommandError::Failed(Diagnostic::new("dot-command", message)));
        }
    }
    Ok(())
}
