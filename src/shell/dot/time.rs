//! Moving in time, and what happened.

use super::{DotCommand, DotCommandError, DotCommandGroup};
use crate::language::ast::{
    Annotations, AsOf, Identifier, SessionStatement, SpannedPoint, Statement,
};
use crate::language::parse_statement_with;
use crate::render::Diagnostic;
use crate::session::{Error, Outcome, Session};
use crate::shell::Shell;
use crate::shell::run::quoted;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "Time",
    commands: &[
        DotCommand {
            name: ".back",
            arguments: "[N]",
            help: "go N events back (1)",
            details: &[("N", "how many events")],
            run: |shell, arguments| step(shell, arguments, false),
        },
        DotCommand {
            name: ".blame",
            arguments: "TABLE KEY...",
            help: "who last set each column of a row, and when",
            details: &[
                ("TABLE", "the table"),
                ("KEY", "the values of its primary key, or of _row where it has none"),
            ],
            run: blame,
        },
        DotCommand {
            name: ".diff",
            arguments: "POINT POINT [TABLE]",
            help: "what differs between two moments",
            details: &[
                ("POINT", "an event's number, -1, TX n, a tag, LATEST, a time in quotes"),
                ("TABLE", "only this one"),
            ],
            run: diff,
        },
        DotCommand {
            name: ".goto",
            arguments: "POINT",
            help: "read as of EVENT n, TAG 'x', yesterday, …",
            details: &[(
                "POINT",
                "an event's number, -1, TX n, a tag, yesterday 14:00: see .help points",
            )],
            run: goto,
        },
        DotCommand {
            name: ".log",
            arguments: "[N|TABLE] [TABLE]",
            help: "the newest events, the last of them last",
            details: &[("N", "how many (20)"), ("TABLE", "only its events")],
            run: log,
        },
        DotCommand {
            name: ".mark",
            arguments: "NAME",
            help: "give this moment a name: TAG 'NAME'",
            details: &[("NAME", "in quotes if it has blanks")],
            run: mark,
        },
        DotCommand {
            name: ".next",
            arguments: "[N]",
            help: "go N events on (1), at most to the present",
            details: &[("N", "how many events")],
            run: |shell, arguments| step(shell, arguments, true),
        },
        DotCommand {
            name: ".now",
            arguments: "",
            help: "come back to the present",
            details: &[],
            run: |shell, _| go_to(shell, "LATEST"),
        },
        DotCommand {
            name: ".undo",
            arguments: "[OPT]...",
            help: "take the last transaction back, in a new one",
            details: &[(
                "OPT",
                "what the new one says of itself: --intent, --actor, --note or --id, with its TEXT",
            )],
            run: undo,
        },
        DotCommand {
            name: ".verify",
            arguments: "",
            help: "read every file again and hold it against the log",
            details: &[],
            run: |shell, _| run(shell, "VERIFY"),
        },
    ],
};

/// `.undo`, with what its transaction says of itself.
fn undo(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let mut annotations = Annotations::default();
    for option in arguments.chunks(2) {
        let field = match option[0].as_str() {
            "--intent" => &mut annotations.intent,
            "--actor" => &mut annotations.actor,
            "--note" => &mut annotations.note,
            "--id" => &mut annotations.id,
            other => {
                let help = ".undo takes --intent, --actor, --note and --id";
                return Err(failed(
                    "dot-command",
                    format!("there is no option {other} here"),
                    help,
                ));
            }
        };
        let Some(text) = option.get(1) else {
            let help = "a text with blanks stands in quotes";
            return Err(failed("dot-command", format!("{} needs a text", option[0]), help));
        };
        *field = Some(text.clone());
    }
    shell.connection.take_over()?;
    with_session(shell, |session| session.undo(&annotations))
}

fn goto(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    go_to(shell, &arguments[0])
}

fn go_to(shell: &mut Shell, point: &str) -> Result<(), DotCommandError> {
    let went = shell.go_to(point);
    shell.notices();
    let outcome = went?;
    shell.plain_outcome(outcome).map_err(DotCommandError::Stop)
}

/// Goes some events back or on from where the session is.
fn step(shell: &mut Shell, arguments: &[String], is_on: bool) -> Result<(), DotCommandError> {
    let events = arguments.first().map_or(Ok(1), |word| number(word))?;
    let session = shell.connection.current()?;
    let (here, head) = (session.past().unwrap_or_else(|| session.head()), session.head());
    let target = if is_on { here.0.saturating_add(events) } else { here.0.saturating_sub(events) };
    if !is_on && events > here.0 {
        let message = format!("there are only {here} events to go back");
        return Err(failed("before-start", message, "START is the empty database"));
    }
    if is_on && here == head {
        return Err(failed("beyond-head", "this is the present", ".back goes into the past"));
    }
    match target < head.0 {
        true => go_to(shell, &format!("EVENT {target}")),
        false => go_to(shell, "LATEST"),
    }
}

fn blame(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    with_session(shell, |session| session.blame(&arguments[0], &arguments[1..]))
}

/// The first words of points that are two words each: two that a number follows, then those of texts.
pub(in crate::shell) const POINT_WORDS: &[&str] = &["EVENT", "TX", "SNAPSHOT", "TAG", "TIMESTAMP"];

/// The words of points that are two words each (`EVENT 1`, `TAG 'first day'`) as one argument each.
pub(in crate::shell) fn points(words: &[String]) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        let (numbers, texts) = POINT_WORDS.split_at(2);
        let takes_number = numbers.iter().any(|known| is(known));
        let takes_text = texts.iter().any(|known| is(known));
        let second = if takes_number || takes_text { words.next() } else { None };
        arguments.push(match second {
            None => word.clone(),
            Some(second) if takes_number || second.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{word} {second}")
            }
            Some(second) => format!("{word} {}", quoted(second)),
        });
    }
    arguments
}

fn diff(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.connection.current()?;
    let (from, to) = (point(shell, &arguments[0])?, point(shell, &arguments[1])?);
    let table = arguments.get(2).map(String::as_str);
    with_session(shell, |session| session.difference(&from, &to, table))
}

/// How many events `.log` lists where nobody says.
const LISTED: usize = 20;

fn log(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let (numbers, names): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .partition(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()));
    if numbers.len() > 1 || names.len() > 1 {
        let help = ".log 20 accounts lists the newest 20 of accounts";
        return Err(failed("dot-command", ".log takes one number and one table", help));
    }
    // Of more events than can be counted all are listed.
    let count = numbers.first().map_or(LISTED, |word| word.parse().unwrap_or(usize::MAX));
    let table = names.first().map(|name| name.as_str());
    with_session(shell, |session| session.newest_events(count, table))
}

fn mark(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    run(shell, &format!("TAG {}", Identifier::of(&arguments[0])))
}

/// One event whole: its row before and after.
pub(super) fn event(shell: &mut Shell, word: &str) -> Result<(), DotCommandError> {
    let event = number(word.trim_start_matches('#'))?;
    if event == 0 {
        return Err(failed("beyond-head", "the first event is 1", ".log lists the events"));
    }
    let head = shell.connection.current()?.head();
    if event > head.0 {
        let message = format!("event {event} has not happened; the last is {head}");
        return Err(failed("beyond-head", message, ".log lists the events"));
    }
    run(shell, &format!("REPLAY BETWEEN EVENT {event} AND EVENT {event}"))
}

/// Runs a statement that stands for a command.
fn run(shell: &mut Shell, statement: &str) -> Result<(), DotCommandError> {
    let outcome = shell.connection.execute(statement);
    shell.notices();
    let outcome = outcome?;
    shell.plain_outcome(outcome).map_err(DotCommandError::Stop)
}

/// Asks the session.
fn with_session(
    shell: &mut Shell,
    ask: impl FnOnce(&mut Session) -> Result<Outcome, Error>,
) -> Result<(), DotCommandError> {
    shell.connection.current()?;
    let outcome = shell.connection.session_mut().map(ask).transpose();
    shell.notices();
    match outcome {
        Ok(None) => Ok(()),
        Ok(Some(outcome)) => shell.plain_outcome(outcome).map_err(DotCommandError::Stop),
        Err(error) => Err(shell.connection.connection_error(error).into()),
    }
}

/// A point that is one word; a time needs no quotes of its own.
fn point(shell: &Shell, word: &str) -> Result<SpannedPoint, DotCommandError> {
    let given = shell.connection.parameters();
    let parse = |point: &str| {
        let set = parse_statement_with(&format!("SET AS OF {point}"), given);
        let Ok(Some(Statement::Session(set))) = set else { return None };
        let SessionStatement::SetAsOf(AsOf { point, before: false, span }) = *set else {
            return None;
        };
        Some(SpannedPoint { point, span })
    };
    let numbered = word.strip_prefix('#').unwrap_or(word);
    shell.meanings(numbered).iter().find_map(|point| parse(point)).ok_or_else(|| {
        failed("syntax", format!("{word} is no point"), "an event's number, -1, TAG x, yesterday")
    })
}

fn number(word: &str) -> Result<u64, DotCommandError> {
    word.parse().map_err(|_| {
        let message = format!("{word} is no number of events");
        DotCommandError::Failed(Diagnostic::new("dot-command", message))
    })
}

fn failed(code: &str, message: impl Into<String>, help: &str) -> DotCommandError {
    DotCommandError::Failed(Diagnostic::new(code, message).help(Some(help.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_two_words_are_one_argument() {
        let words = |line: &str| points(&crate::shell::dot::words(line, usize::MAX));
        assert_eq!(words("1 LATEST t"), ["1", "LATEST", "t"]);
        assert_eq!(words("EVENT 1 tx 2 t"), ["EVENT 1", "tx 2", "t"]);
        assert_eq!(words("TAG monthly SNAPSHOT 1"), ["TAG 'monthly'", "SNAPSHOT 1"]);
        assert_eq!(
            words("\"TAG 'first day'\" tag 'first day'"),
            ["TAG 'first day'", "tag 'first day'"]
        );
        assert_eq!(words("EVENT"), ["EVENT"]);
    }
}
