//! What HELP says: the topics of the language, and of functions every single one.

use crate::language::help_topics::{self, HelpTopic};
use crate::planner::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS, Signature};

/// The topic that lists functions.
const FUNCTIONS: &str = "functions";

/// The longest usage that the column of usages is made for; what a longer one gives stands right
/// behind it.
const WIDEST_USAGE: usize = 24;

/// A topic, or the list of all where none is asked for.
pub fn help(topic: Option<&HelpTopic>) -> String {
    match topic {
        None => help_topics::overview(),
        Some(topic) if topic.name == FUNCTIONS => format!("{topic}\n\n{}", functions()),
        Some(topic) => topic.to_string(),
    }
}

/// Every function in a line.
fn functions() -> String {
    let scalar = SCALAR_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let aggregates = AGGREGATE_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let headed = |title: &str, lines: Vec<String>| format!("{title}:\n{}", lines.join("\n"));
    format!(
        "{}\n\n{}",
        headed("Functions of a row", scalar.collect()),
        headed("Aggregates", aggregates.collect())
    )
}

fn line(signature: &Signature) -> String {
    let Signature { usage, about, .. } = signature;
    format!("  {usage:WIDEST_USAGE$}  {about}")
}
