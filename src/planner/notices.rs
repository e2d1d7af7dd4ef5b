//! What is to be said of a definition that is taken and is not all that it says.

use super::suggest::suggest;
use crate::language::ast::{ColumnConstraintKind, ColumnDefinition, ExpressionKind, TypeName};
use crate::types::{DataType, Literal, Value};

/// The notices about a table's new columns, a line each: type names that nobody knows, and defaults that
/// are a text without its quotes.
pub(super) fn of_definition(table: &str, columns: &[ColumnDefinition]) -> Vec<String> {
    unknown_types(table, columns).chain(plain_defaults(table, columns)).collect()
}

/// A line for every default that is a word, which its author may have meant for more.
fn plain_defaults<'a>(
    table: &'a str,
    columns: &'a [ColumnDefinition],
) -> impl Iterator<Item = String> + 'a {
    let constraints = |column: &'a ColumnDefinition| {
        column.constraints.iter().map(move |constraint| (column, &constraint.kind))
    };
    columns.iter().flat_map(constraints).filter_map(move |(column, kind)| {
        let ColumnConstraintKind::Default(default) = kind else { return None };
        let ExpressionKind::Literal(Literal { value: Value::Text(text), .. }) = &default.kind
        else {
            return None;
        };
        // Quotes take their place.
        let is_plain = default.span.end - default.span.start == text.len();
        is_plain.then(|| {
            let name = &column.name.name;
            format!(
                "{name} of {table} has the text '{text}' as its default: a word there is a text"
            )
        })
    })
}

/// A line for every type name that is none, with the columns that have it and what they became.
fn unknown_types<'a>(
    table: &'a str,
    columns: &'a [ColumnDefinition],
) -> impl Iterator<Item = String> + 'a {
    let unknown = |column: &'a ColumnDefinition| {
        let type_name = column.type_name.as_ref()?;
        (!DataType::is_name(&type_name.name)).then_some((type_name, column.name.name.as_str()))
    };
    let mut found: Vec<(&TypeName, Vec<&str>)> = Vec::new();
    for (type_name, column) in columns.iter().filter_map(unknown) {
        let same = |(known, _): &&mut (&TypeName, Vec<&str>)| {
            known.name.eq_ignore_ascii_case(&type_name.name)
        };
        match found.iter_mut().find(same) {
            Some((_, columns)) => columns.push(column),
            None => found.push((type_name, vec![column])),
        }
    }
    found.into_iter().map(move |(type_name, columns)| unknown_type(table, type_name, &columns))
}

fn unknown_type(table: &str, type_name: &TypeName, columns: &[&str]) -> String {
    let TypeName { name, arguments, .. } = type_name;
    let became = DataType::from_sql(name, arguments).unwrap_or(DataType::Any);
    let why = match suggest_type(name) {
        Some(help) => format!(" ({help})"),
        None if became == DataType::Any => String::new(),
        None => ", and its name has the letters of one".to_owned(),
    };
    let are = if columns.len() == 1 { "is" } else { "are" };
    format!("{} of {table} {are} {became}: there is no type \"{name}\"{why}", columns.join(", "))
}

/// The type that a misspelt name may mean.
pub(super) fn suggest_type(name: &str) -> Option<String> {
    suggest(name, DataType::names())
}
