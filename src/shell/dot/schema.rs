//! The tables and what made them.

use super::{DotCommand, DotCommandError, DotCommandGroup};
use crate::planner::{create_index, create_table, created_object};
use crate::render::{self, Diagnostic};
use crate::shell::Shell;
use crate::types::{KeyKind, Schema, SchemaName, TableSchema, fold};
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "Tables",
    commands: &[
        DotCommand {
            name: ".databases",
            arguments: "",
            help: "what is open, and where it is",
            details: &[],
            run: databases,
        },
        DotCommand {
            name: ".indexes",
            arguments: "[TABLE]",
            help: "the names of indexes, those of a table",
            details: &[("TABLE", "a name, or a LIKE pattern: % is any text, _ one character")],
            run: indexes,
        },
        DotCommand {
            name: ".schema",
            arguments: "[TABLE]",
            help: "the statements that made tables, views and triggers",
            details: &[("TABLE", "a name, or a LIKE pattern: % is any text, _ one character")],
            run: schema,
        },
        DotCommand {
            name: ".tables",
            arguments: "[PATTERN]",
            help: "the names of tables and views, those like a LIKE pattern",
            details: &[("PATTERN", "a name, or a LIKE pattern: % is any text, _ one character")],
            run: tables,
        },
    ],
};

/// The tables now, or why there are none to ask for.
fn now(shell: &Shell) -> Result<Schema, DotCommandError> {
    let session = shell.connection.current()?;
    session.schema().map_err(|error| DotCommandError::Failed(Diagnostic::from(&error)))
}

fn databases(shell: &mut Shell, _: &[String]) -> Result<(), DotCommandError> {
    let session = shell.connection.current()?;
    let database = session.database();
    let path = database.path().map(|path| std::path::absolute(path).unwrap_or(path.to_path_buf()));
    let path = path.map_or("in memory".to_string(), |path| path.display().to_string());
    let access = if database.is_read_only() { "read-only" } else { "read and write" };
    let line = format!("{}: {path}, {access}, event {}", database.name(), database.head());
    Ok(writeln!(shell.out, "{}", render::escape(&line))?)
}

fn indexes(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let pattern = arguments.first().map_or("%", String::as_str).to_lowercase();
    let schema = now(shell)?;
    let tables = schema.all_tables().filter(|table| is_like(&table.name.to_lowercase(), &pattern));
    let keys = tables.flat_map(|table| table.keys.iter().map(move |key| (table.id, key)));
    let keys = keys.filter(|(_, key)| key.kind == KeyKind::Index);
    let mut names: Vec<String> = keys
        .filter_map(|(of, key)| Some(shown_name(of.schema_name(), key.name.as_deref()?)))
        .collect();
    names.sort_unstable();
    for name in names {
        writeln!(shell.out, "{}", render::escape(&name))?;
    }
    Ok(())
}

fn tables(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let pattern = arguments.first().map_or("%", String::as_str).to_lowercase();
    let schema = now(shell)?;
    let tables = schema.all_tables().map(|table| (table.id.schema_name(), table.name.as_str()));
    let views = schema.all_views().map(|view| (view.schema_name(), view.name.as_str()));
    let is_shown = |(_, name): &(_, &str)| is_like(&name.to_lowercase(), &pattern);
    let names = tables.chain(views).filter(is_shown);
    let mut names: Vec<String> = names.map(|(home, name)| shown_name(home, name)).collect();
    names.sort_by_key(|name| fold(name));
    for name in names {
        writeln!(shell.out, "{}", render::escape(&name))?;
    }
    Ok(())
}

fn schema(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let pattern = arguments.first().map_or("%", String::as_str).to_lowercase();
    let schema = now(shell)?;
    let is_shown = |name: &str| is_like(&name.to_lowercase(), &pattern);
    for home in [SchemaName::Main, SchemaName::Temporary] {
        let within = schema.within(home);
        let tables = within.tables().filter(|table| is_shown(&table.name));
        let definitions = within.views_and_triggers().into_iter();
        let definitions =
            definitions.filter(|known| is_shown(&known.name) || is_shown(known.table_name()));
        let definitions = definitions.map(|known| known.sql.clone());
        for statement in tables.flat_map(|table| statements(table)).chain(definitions) {
            let statement = match home {
                SchemaName::Main => statement,
                SchemaName::Temporary => in_temp(&statement),
            };
            let shown: Vec<_> = statement.lines().map(render::escape).collect();
            writeln!(shell.out, "{};", shown.join("\n"))?;
        }
    }
    Ok(())
}

/// A name as it is listed, with that of its schema where it is not the database.
fn shown_name(home: SchemaName, name: &str) -> String {
    match home {
        SchemaName::Main => name.to_owned(),
        SchemaName::Temporary => format!("{home}.{name}"),
    }
}

/// A statement that makes what is temporary, as sqlite3 shows it: with the schema before the name.
fn in_temp(statement: &str) -> String {
    match created_object(statement) {
        Some((verb, name)) => {
            format!("{verb} {}.{}", SchemaName::Temporary, &statement[name..])
        }
        None => statement.to_owned(),
    }
}

/// The statements that make a table and its indexes, without `;`.
pub(in crate::shell) fn statements(table: &TableSchema) -> impl Iterator<Item = String> {
    let indexes = table.keys.iter().filter(|key| key.kind == KeyKind::Index);
    let indexes = indexes.map(|key| create_index(table, key));
    std::iter::once(create_table(table)).chain(indexes).filter(|sql| !sql.is_empty())
}

/// LIKE on lower-case names: `%` is any text, `_` any character. A word without them is itself.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    if first == '%' {
        let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return ends.into_iter().any(|at| is_like(&name[at..], rest));
    }
    let mut characters = name.chars();
    match characters.next() {
        Some(c) if first == '_' || c == first => is_like(characters.as_str(), rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_like() {
        assert!(is_like("accounts", "%"));
        assert!(is_like("accounts", "acc%"));
        assert!(is_like("née", "n_e"));
        assert!(!is_like("accounts", "account"));
    }
}
