//! What a statement gives, as plain values: the form in which answers are compared.

use asof::session::{Error, Outcome, Session};
use asof::types::Value;
use asof::types::column::ColumnReader;

/// Runs a statement; gives its rows, none where it gives none.
pub fn rows_of(session: &mut Session, sql: &str) -> Result<Vec<Vec<Value>>, Error> {
    let Outcome::Rows(rows) = session.execute(sql)? else { return Ok(Vec::new()) };
    let types: Vec<_> = rows.columns.iter().map(|column| column.data_type).collect();
    let mut all = Vec::new();
    for batch in rows {
        let batch = batch?;
        let columns = batch.columns.iter().zip(&types);
        let columns: Vec<ColumnReader<'_>> =
            columns.map(|(array, data_type)| ColumnReader::of(array, *data_type)).collect();
        let row = |row| columns.iter().map(|column| column.at(row)).collect();
        all.extend((0..batch.rows).map(row));
    }
    Ok(all)
}

/// Runs statements, each of which has to run.
pub fn run(session: &mut Session, statements: &[&str]) {
    for statement in statements {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}\n{error}"));
    }
}

/// The rows of a query, or its error's code and sentence.
pub fn told(session: &mut Session, sql: &str) -> String {
    match rows_of(session, sql) {
        Ok(rows) => {
            let row = |row: &Vec<_>| {
                row.iter().map(ToString::to_string).collect::<Vec<String>>().join(" ")
            };
            rows.iter().map(row).collect::<Vec<String>>().join(", ")
        }
        Err(error) => format!("{}: {error}", error.code()),
    }
}

/// The plan of a statement of a table t without where its views come from.
pub fn plan(session: &mut Session, sql: &str) -> String {
    let lines = rows_of(session, &format!("EXPLAIN {sql}")).expect("a plan");
    let lines = lines.iter().flatten().map(ToString::to_string);
    lines.filter(|line| !line.starts_with("'t: ")).collect::<Vec<String>>().join(", ")
}
