//! Whether the first record of a file names columns.
//!
//! Nobody says so in the file: a record is a header if each of its fields is the name of a column, and
//! a row if none is. One that has some of each may be a header with a slip, whose rows would otherwise
//! go where they do not belong, in silence: it is refused until somebody says what it is.

use super::fields::Field;
use crate::planner::suggest;
use crate::render::Diagnostic;
use crate::types::{TableSchema, fold};

/// How many names a message holds.
const MOST_NAMED: usize = 3;

/// How much of a field a message holds, in characters.
const LONGEST: usize = 40;

/// The columns that a record names; `None` where it is a row. `said` is what was said of it.
///
/// # Errors
/// Which of its fields are no columns, where it has to be a header or may be one.
pub(super) fn names(
    fields: &[Field<'_>],
    table: &TableSchema,
    said: Option<bool>,
    place: &str,
) -> Result<Option<Vec<String>>, Diagnostic> {
    if said == Some(false) {
        return Ok(None);
    }
    let texts = fields.iter().map(|field| field.as_ref().map_or("", |text| text.trim()));
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        texts.clone().partition(|text| table.column(text).is_some());
    if unknown.is_empty() {
        return Ok(Some(texts.map(str::to_owned).collect()));
    }
    if known.is_empty() && said.is_none() {
        return Ok(None);
    }
    let (is_one, table_name) = (unknown.len() == 1, &table.name);
    let what = if is_one { "which is no column" } else { "which are no columns" };
    let of_it = match known.is_empty() {
        true => String::new(),
        false => format!("{}, and ", listed(&known)),
    };
    let message = format!("{place} names {of_it}{}, {what} of {table_name}", listed(&unknown));
    let columns = || table.columns.iter().map(|column| column.name.as_str());
    let near = unknown.iter().find_map(|name| suggest(&fold(name), columns()));
    let way_out = match (said, near) {
        (None, Some(near)) => format!("{near} --no-header says that it is no header but a row"),
        (None, None) => "--no-header says that it is no header but a row".to_owned(),
        (Some(_), Some(near)) => near,
        (Some(_), None) => format!("{table_name} has {}", listed(&columns().collect::<Vec<_>>())),
    };
    Err(Diagnostic::new("import", message).help(Some(way_out)))
}

/// Names in a sentence: the first of them where there are many.
fn listed(names: &[&str]) -> String {
    let shown = |name: &&str| match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None if name.is_empty() => "an empty field".to_owned(),
        None => (*name).to_owned(),
    };
    let more = names.len().saturating_sub(MOST_NAMED);
    if more > 1 {
        let first: Vec<String> = names[..MOST_NAMED].iter().map(shown).collect();
        return format!("{} and {more} more", first.join(", "));
    }
    match names {
        [] => String::new(),
        [one] => shown(one),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(shown).collect();
            format!("{} and {}", first.join(", "), shown(last))
        }
    }
}
