//! A script of SQL that makes the tables, views and triggers again as they are now.
//!
//! It is one transaction and runs in asof and, but for values that only asof has, in sqlite3. What was
//! before is not in it: that is what `.save` copies.

use crate::language::ast::Identifier;
use crate::render::{self, Diagnostic};
use crate::session::{Outcome, OutputColumn, Rows};
use crate::shell::dot::{DotCommandError, statements};
use crate::shell::{INTERRUPTED, Shell};
use crate::types::column::value_at;
use crate::types::{ColumnAffinity, DataType, TableSchema, Value, fold};
use arrow_array::ArrayRef;
use std::io::{self, Write};
use std::time::Instant;

/// How many rows one INSERT has.
const ROWS: usize = 100;

/// How long one INSERT gets, in bytes, before it ends.
const LENGTH: usize = 64 << 10;

impl Shell {
    /// Prints the script of these tables, or of all.
    ///
    /// # Errors
    /// `unknown-table` where one is not there, `not-found` where the database is not; any code with which
    /// the query of a table stops; [`Stop::Output`](crate::shell::Stop) where the output takes no more.
    pub(in crate::shell) fn dump(&mut self, names: &[String]) -> Result<(), DotCommandError> {
        let session = self.connection.existing()?;
        let schema = session.schema().map_err(|error| Diagnostic::from(&error))?;
        let is_wanted = |of: &str| names.is_empty() || names.iter().any(|n| fold(n) == fold(of));
        let unknown = names.iter().find(|n| schema.table(n).is_none() && schema.view(n).is_none());
        if let Some(name) = unknown {
            let tables = schema.tables().map(|table| table.name.as_str());
            let known = tables.chain(schema.views().map(|view| view.name.as_str()));
            return Err(Diagnostic::new("unknown-table", format!("no table \"{name}\""))
                .help(crate::planner::suggest(name, known))
                .into());
        }
        let tables: Vec<_> = schema.tables().filter(|table| is_wanted(&table.name)).collect();
        if tables.iter().any(|table| !table.foreign_keys.is_empty()) {
            // Rows may come before those that they refer to.
            writeln!(self.out, "PRAGMA foreign_keys=OFF;")?;
        }
        writeln!(self.out, "BEGIN;")?;
        for table in &tables {
            self.dump_table(table)?;
        }
        for table in tables.iter().filter(|table| table.autoincrement) {
            self.dump_counter(table)?;
        }
        // Triggers come when all rows are there, so that none fires.
        for definition in schema.views_and_triggers() {
            if is_wanted(definition.table_name()) {
                self.dump_statement(&definition.sql)?;
            }
        }
        Ok(writeln!(self.out, "COMMIT;")?)
    }

    fn dump_table(&mut self, table: &TableSchema) -> Result<(), DotCommandError> {
        let started = Instant::now();
        let mut made = statements(table);
        if let Some(create) = made.next() {
            self.dump_statement(&create)?;
        }
        // What is generated is computed again.
        let given = table.given_columns().into_iter().map(|at| &table.columns[at].name);
        let given: Vec<String> =
            given.map(|name| Identifier::of(name.clone()).to_string()).collect();
        let query =
            format!("SELECT {} FROM {}", given.join(", "), Identifier::of(table.name.clone()));
        let rows = match self.connection.execute(&query) {
            Ok(Outcome::Rows(rows)) => rows,
            Ok(_) => return Ok(()),
            Err(connection_error) => {
                return Err(match connection_error.diagnostic().code == INTERRUPTED {
                    true => DotCommandError::Stop(self.interrupted(started)),
                    false => connection_error.into(),
                });
            }
        };
        self.dump_rows(table, rows, started)?;
        for index in made {
            self.dump_statement(&index)?;
        }
        Ok(())
    }

    /// Writes what makes the AUTOINCREMENT counter of a table what it is, where the rows alone do not.
    fn dump_counter(&mut self, table: &TableSchema) -> Result<(), DotCommandError> {
        let (name, text) =
            (Identifier::of(table.name.clone()), Value::text(&*table.name).to_string());
        let query = format!(
            "SELECT seq, (SELECT max(rowid) FROM {name}) FROM sqlite_sequence WHERE name = {text}"
        );
        let Outcome::Rows(rows) = self.connection.execute(&query)? else { return Ok(()) };
        let mut counters = Vec::new();
        for batch in rows {
            let batch = batch.map_err(|error| Diagnostic::from(&error))?;
            let value = |column: usize| value_at(&batch.columns[column], DataType::Integer, 0);
            counters.extend((batch.rows > 0).then(|| (value(0), value(1))));
        }
        for (last, largest) in counters.into_iter().filter(|(last, largest)| last != largest) {
            // As in SQLite, a table that got rows has a counter by then.
            let statement = match largest.is_null() {
                true => format!("INSERT INTO sqlite_sequence VALUES ({text}, {last})"),
                false => format!("UPDATE sqlite_sequence SET seq = {last} WHERE name = {text}"),
            };
            self.dump_statement(&statement)?;
        }
        Ok(())
    }

    /// Writes a statement that defines something; its names command no terminal.
    fn dump_statement(&mut self, statement: &str) -> io::Result<()> {
        if !self.format().terminal {
            return writeln!(self.out, "{statement};");
        }
        let shown: Vec<_> = statement.lines().map(render::escape).collect();
        writeln!(self.out, "{};", shown.join("\n"))
    }

    fn dump_rows(
        &mut self,
        table: &TableSchema,
        rows: Rows,
        started: Instant,
    ) -> Result<(), DotCommandError> {
        let columns = rows.columns.clone();
        let terminal = self.format().terminal;
        let name = Identifier::of(table.name.clone()).to_string();
        let name = if terminal { render::escape(&name) } else { name.as_str().into() };
        let begin = format!("INSERT INTO {name} VALUES\n");
        let (mut text, mut count) = (String::new(), 0);
        for batch in rows {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) if error.code() == INTERRUPTED => {
                    return Err(DotCommandError::Stop(self.interrupted(started)));
                }
                Err(error) => return Err(Diagnostic::from(&error).into()),
            };
            for row in 0..batch.rows {
                text.push_str(if count == 0 { &begin } else { ",\n" });
                let value = |(column, array): (&OutputColumn, &ArrayRef)| {
                    literal(&value_at(array, column.data_type, row), column.data_type, terminal)
                };
                let values: Vec<String> = columns.iter().zip(&batch.columns).map(value).collect();
                text.push_str(&format!("({})", values.join(", ")));
                count += 1;
                if count >= ROWS || text.len() >= LENGTH {
                    writeln!(self.out, "{text};")?;
                    (text, count) = (String::new(), 0);
                }
            }
        }
        if count > 0 {
            writeln!(self.out, "{text};")?;
        }
        Ok(())
    }
}

/// A value as SQL that a column of this type reads back as it was, for a script or a terminal.
fn literal(value: &Value, column: DataType, terminal: bool) -> String {
    let is_decimal = matches!(column, DataType::Flexible(ColumnAffinity::Decimal { .. }));
    let is_any = column.is_mixed() && !is_decimal;
    let cast = |data_type: &str| format!("CAST('{}' AS {data_type})", value.to_text());
    match value {
        Value::Json(text) if is_any => {
            format!("CAST({} AS JSON)", render::text_literal(text, terminal))
        }
        Value::Text(text) | Value::Json(text) => render::text_literal(text, terminal),
        Value::Date(_) if is_any => cast("DATE"),
        Value::Timestamp(_) if is_any => cast("TIMESTAMP"),
        Value::Decimal(decimal) if is_any => cast(&format!("DECIMAL(38, {})", decimal.scale)),
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Blob(_) => value.to_string(),
    }
}
