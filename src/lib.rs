//! An event-sourced SQL database: every change is an event, every query can be asked as of any event.
//!
//! ```
//! use asof::session::{Error, Outcome, Session};
//! use asof::storage::Database;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Error> {
//! let database = Arc::new(Database::in_memory()?);
//! let mut session = Session::new(database);
//! session.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT)")?; // event 1
//! session.execute("INSERT INTO accounts (owner) VALUES ('Ada'), ('Bob')")?; // events 2 and 3
//! session.execute("DELETE FROM accounts")?; // events 4 and 5
//!
//! let rows_at = |session: &mut Session, event: u64| -> Result<usize, Error> {
//!     let query = format!("SELECT * FROM accounts AS OF EVENT {event}");
//!     let Outcome::Rows(rows) = session.execute(&query)? else { return Ok(0) };
//!     rows.map(|batch| Ok(batch?.rows)).sum()
//! };
//! assert_eq!(rows_at(&mut session, 3)?, 2);
//! assert_eq!(rows_at(&mut session, 4)?, 1);
//! assert_eq!(rows_at(&mut session, 5)?, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # The life of a statement
//!
//! Text goes down on one side and rows come up on the other. Each arrow is a type.
//!
//! 1. The [`shell`] cuts its input into statements with a [`Splitter`](language::Splitter) and hands
//!    them one by one to [`Session::execute`](session::Session::execute), the one function that sees
//!    the whole way.
//! 2. [`tokenize`](language::tokenize) makes tokens of the text, and
//!    [`parse_statement`](language::parse_statement) a [`Statement`](language::ast::Statement), by one
//!    function for each production of the grammar.
//! 3. The session resolves every moment that the statement names to an [`EventId`](types::EventId),
//!    and asks the [`Database`](storage::Database) for its [`View`](storage::View) there. Nothing
//!    after this step knows about time.
//! 4. [`plan`](planner::plan) reads the schemas of those views through a [`Catalog`](planner::Catalog):
//!    names become columns and types are checked, rewrites push conditions down and find keys, and
//!    columns become positions. A [`Planned`](planner::Planned) query or write comes out.
//! 5. A query: [`open`](executor::open) turns its [`Plan`](planner::Plan) into operators over one
//!    [`PlanInput`](executor::PlanInput) for each table it names: a [`TableView`](storage::TableView), or a
//!    [`Relation`](executor::Relation) made from the log as it is read. They give
//!    [`Rows`](session::Rows), one Arrow batch at a time, as they are asked for.
//! 6. A write: [`write`](executor::write()) takes its rows through the steps that check them against
//!    types and keys, and records what they change in a [`Fork`](storage::Fork), which is the open
//!    transaction, or one for this statement alone.
//! 7. [`Database::commit`](storage::Database::commit) numbers the fork's operations as
//!    [`Event`](storage::Event)s, hands them to the [`EventStore`](storage::EventStore), which writes and
//!    syncs them, and [`State::apply`](storage::State::apply) makes them visible. Replaying the log at
//!    opening calls the same function. A script's statements are staged
//!    ([`Session::stage`](session::Session::stage)): many are synced at once, and what they say is held
//!    until then.
//! 8. The [`Outcome`](session::Outcome), rows or a [`Receipt`](session::Receipt), is drawn by
//!    [`draw`](render::draw); an [`Error`](session::Error) of any floor by [`report`](render::report).
//!
//! # The floors
//!
//! Imports go down only; a test reads every one of them.
//!
//! ```text
//! 7  main                 arguments, exit codes
//! 6  shell                scripts, the prompt, dot-commands
//! 5  render               an outcome or an error becomes text
//! 4  session              text in, outcome out
//! 3  executor             a plan and its views become batches of rows, or changes
//! 2  planner              a syntax tree and a schema become a plan
//! 1  language | storage   siblings; neither knows that the other exists
//! 0  types                values, schemas, event ids, places in a text
//! ```

pub mod executor;
pub mod language;
pub mod planner;
pub mod render;
pub mod session;
pub mod shell;
pub mod storage;
pub mod types;
