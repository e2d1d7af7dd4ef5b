//! What HELP says: the topics of the language, and of functions every single one.

use super::Error;
use crate::language::ast::Identifier;
use crate::language::help_topics::{self, HelpTopic, folded};
use crate::planner::{
    AGGREGATE_FUNCTIONS, PRAGMAS, PragmaEntry, SCALAR_FUNCTIONS, ScalarFunction, Signature,
    TABLE_FUNCTIONS, WINDOW_FUNCTIONS, instead_of_function,
};
use std::collections::BTreeSet;

/// The topic that lists functions, and the one that says what those of dates and times take.
const FUNCTIONS: &str = "functions";
const DATES: &str = "dates";

/// The topic that lists the PRAGMAs that answer.
const PRAGMA: &str = "pragma";

/// The longest usage that the column of usages is made for; what a longer one gives stands right
/// behind it.
const WIDEST_USAGE: usize = 24;

/// The most names that are offered for one that there is not.
const MAX_NEAREST: usize = 3;

/// What the statement HELP answers: the list of all topics where none is asked for.
///
/// # Errors
///
/// [`Error::UnknownTopic`] where neither a topic nor a function has that name.
pub(super) fn answer(asked: Option<&Identifier>) -> Result<String, Error> {
    let Some(Identifier { name, span, .. }) = asked else { return Ok(help_topics::overview()) };
    help(name).ok_or_else(|| {
        let nearest = nearest_subjects(name, "HELP");
        let list = || "HELP lists the topics, HELP functions the functions".to_owned();
        let help = nearest.unwrap_or_else(list);
        Error::UnknownTopic { asked: name.to_string(), span: *span, help }
    })
}

/// What there is to say of a topic or of functions, in any case: of both where they share a name,
/// what is called so before what is found under it. `None` where nothing has that name.
pub fn help(asked: &str) -> Option<String> {
    let name = folded(asked);
    let found = help_topics::topic(&name);
    let topic = found.map(|topic| match topic.name {
        FUNCTIONS => format!("{topic}\n\n{}", functions()),
        PRAGMA => format!("{topic}\n\n{}", pragmas()),
        _ => topic.to_string(),
    });
    let functions = function(&name);
    let parts = match found {
        Some(HelpTopic { name: own, .. }) if *own == name => [topic, functions],
        _ => [functions, topic],
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// Everything that HELP can be asked about by its own name, with what it is in a line: topics, then
/// functions.
pub fn help_subjects() -> impl Iterator<Item = (&'static str, &'static str)> {
    let topics = help_topics::topics().map(|topic| (topic.name, topic.about));
    let mut seen = BTreeSet::new();
    let is_first = move |(name, _): &(&'static str, &'static str)| seen.insert(*name);
    topics.chain(signatures().map(|signature| (signature.name, signature.about))).filter(is_first)
}

/// A question after the few subjects that a name begins, or else is a slip away from, each behind the
/// command that asks about it; or what to write instead of a function of another system. `None` where
/// nothing is near.
pub fn nearest_subjects(asked: &str, command: &str) -> Option<String> {
    let asked = folded(asked);
    if let Some(instead) = instead_of_function(&asked) {
        return Some(instead);
    }
    let length = asked.chars().count();
    let distance = |name: &'static str| {
        let is_begun = length > 1 && name.starts_with(&asked);
        let distance = if is_begun { 0 } else { strsim::osa_distance(&asked, name) };
        (distance * 3 <= length).then_some((distance, name))
    };
    let topics = help_topics::topics().flat_map(HelpTopic::names);
    let near = topics.chain(signatures().map(|signature| signature.name)).filter_map(distance);
    let near: BTreeSet<(usize, &str)> = near.collect();
    // What a word begins is what it means, if there is such a thing.
    let is_begun = near.first().is_some_and(|(distance, _)| *distance == 0);
    let meant = near.into_iter().filter(|(distance, _)| *distance == 0 || !is_begun);
    let nearest: Vec<String> =
        meant.take(MAX_NEAREST).map(|(_, name)| format!("{command} {name}")).collect();
    (!nearest.is_empty()).then(|| format!("did you mean {}?", nearest.join(" or ")))
}

/// How every function is called, those of a row first.
fn signatures() -> impl Iterator<Item = &'static Signature> {
    let scalar = SCALAR_FUNCTIONS.iter().map(|entry| &entry.signature);
    let aggregates = AGGREGATE_FUNCTIONS.iter().map(|entry| &entry.signature);
    let windows = WINDOW_FUNCTIONS.iter().map(|entry| &entry.signature);
    let tables = TABLE_FUNCTIONS.iter().map(|entry| &entry.signature);
    scalar.chain(aggregates).chain(windows).chain(tables)
}

/// How the functions of a name are called and what they give: a scalar one and an aggregate can share
/// it. `None` where there is none.
fn function(name: &str) -> Option<String> {
    let named = signatures().filter(|signature| signature.name == name);
    let said: Vec<String> =
        named.map(|found| format!("{}\n  {}", found.usage, found.about)).collect();
    if said.is_empty() {
        return None;
    }
    let is_calendar = SCALAR_FUNCTIONS.iter().any(|entry| {
        entry.signature.name == name && matches!(entry.function, ScalarFunction::Calendar(_))
    });
    let topics = if is_calendar { format!("{DATES}, {FUNCTIONS}") } else { FUNCTIONS.to_owned() };
    Some(format!("{}\n\nSee also: {topics}", said.join("\n")))
}

/// Every function in a line.
fn functions() -> String {
    let scalar = SCALAR_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let aggregates = AGGREGATE_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let windows = WINDOW_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let tables = TABLE_FUNCTIONS.iter().map(|entry| line(&entry.signature));
    let headed = |title: &str, lines: Vec<String>| format!("{title}:\n{}", lines.join("\n"));
    format!(
        "{}\n\n{}\n\n{}\n\n{}",
        headed("Functions of a row", scalar.collect()),
        headed("Aggregates", aggregates.collect()),
        headed("Before OVER, where aggregates can stand, too", windows.collect()),
        headed("In the place of a table", tables.collect())
    )
}

/// Every PRAGMA that answers in a line.
fn pragmas() -> String {
    let line = |entry: &PragmaEntry| {
        format!("  {:WIDEST_USAGE$}  {}", entry.name(), entry.signature.about)
    };
    let lines: Vec<String> = PRAGMAS.iter().map(line).collect();
    format!("PRAGMAs that answer, each also FROM pragma_NAME(arg):\n{}", lines.join("\n"))
}

fn line(signature: &Signature) -> String {
    let Signature { usage, about, .. } = signature;
    format!("  {usage:WIDEST_USAGE$}  {about}")
}
