//! asof as a library: open a database, write, read the present and the past.
//!
//! `cargo run --example embed [DIRECTORY]`; without a directory it uses one that is gone at the end.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use asof::session::{Error, Outcome, Session};
use asof::storage::{Database, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    run(&given.unwrap_or_else(|| temporary.path().join("stock")), &mut io::stdout())
}

/// Keeps stock in a database at `path`; what it reads goes to `out`.
pub fn run(path: &Path, out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    // The database can be shared between threads; each user of it has a session.
    let database = Arc::new(Database::open(path, OpenOptions::default())?);
    let mut session = Session::new(database);

    session.execute("CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, pieces INTEGER)")?;
    session.execute("DELETE FROM stock")?;
    session.execute("INSERT INTO stock VALUES ('apples', 12), ('pears', 3)")?;
    let before = session.head();

    // Durable when execute returns, and annotated with what it means.
    let sale = "UPDATE stock SET pieces = pieces - 5 WHERE item = 'apples' WITH (intent = 'Sold')";
    if let Outcome::Changed(receipt) = session.execute(sale)? {
        writeln!(out, "{receipt}")?;
    }

    for moment in [before, session.head()] {
        writeln!(out, "as of event {moment}:")?;
        let query = format!("SELECT item, pieces FROM stock ORDER BY item AS OF EVENT {moment}");
        for (item, pieces) in stock(&mut session, &query)? {
            writeln!(out, "  {pieces} {item}")?;
        }
    }
    Ok(())
}

/// The rows of a query that gives a text and an integer, neither of them NULL.
fn stock(session: &mut Session, query: &str) -> Result<Vec<(String, i64)>, Error> {
    let Outcome::Rows(rows) = session.execute(query)? else { return Ok(Vec::new()) };
    let mut stock = Vec::new();
    for batch in rows.record_batches() {
        // An Arrow RecordBatch: one typed array for each column, some thousand rows at a time.
        let batch = batch?;
        let items = batch.column(0).as_string::<i32>();
        let pieces = batch.column(1).as_primitive::<Int64Type>();
        stock.extend(items.iter().flatten().map(String::from).zip(pieces.iter().flatten()));
    }
    Ok(stock)
}
