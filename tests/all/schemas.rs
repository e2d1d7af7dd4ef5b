//! Schemas that others measure themselves with: those of TPC-DS and of the Join Order Benchmark bind,
//! and the widest joins of the latter have a plan at once.

use crate::answer::{rows_of, told};
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

const TPCDS: &str = include_str!("schemas/tpcds.sql");
const JOB: &str = include_str!("schemas/job.sql");

/// A session with a schema, and the names of its tables.
fn made(schema: &str) -> (Session, Vec<String>) {
    let database = Database::in_memory().expect("a database");
    let mut session = Session::new(Arc::new(database));
    for statement in schema.split_inclusive(";\n") {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}\n{error}"));
    }
    let names = rows_of(&mut session, "SELECT name FROM _tables ORDER BY name").expect("names");
    let names = names.iter().map(|row| row[0].to_text().into_owned()).collect();
    (session, names)
}

#[test]
fn the_tables_of_tpcds_and_job_bind() {
    for (schema, count) in [(TPCDS, 25), (JOB, 21)] {
        let (mut session, names) = made(schema);
        assert_eq!(names.len(), count);
        for name in names {
            assert_eq!(told(&mut session, &format!("SELECT * FROM {name}")), "");
        }
    }
}

#[test]
fn the_widest_joins_of_job_have_a_plan() {
    let (mut session, _) = made(JOB);
    for query in include_str!("schemas/job-queries.sql").split_inclusive(";\n") {
        let answer = rows_of(&mut session, query).unwrap_or_else(|e| panic!("{query}\n{e}"));
        assert_eq!(answer.len(), 1, "a minimum of nothing");
    }
}
