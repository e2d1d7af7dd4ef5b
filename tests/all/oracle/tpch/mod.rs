//! The 22 queries of TPC-H at scale 0.01: the same answers as SQLite's, in the present and as of the
//! moment before everything was deleted.
//!
//! The queries are those of the public specification in the words that both sides know. Constants are
//! widened where a query would find nothing in so little data: every one has an answer here.

mod rows;

use super::{Pair, rows_of};

const SCHEMA: &str = include_str!("schema.sql");

/// The scale in thousandths; ten times as much with `ASOF_EXHAUSTIVE`.
const SCALE: usize = 10;

/// The queries with their titles.
fn queries() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = include_str!("queries.sql").split("-- ").skip(1);
    all.map(|query| query.split_once('\n').expect("a title and a query"))
}

#[test]
fn the_queries_of_tpch_have_sqlites_answers() {
    let exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    let scale = if exhaustive { 10 * SCALE } else { SCALE };
    let mut pair = Pair::new();
    for statement in SCHEMA.split_inclusive(";\n") {
        pair.execute(statement);
    }
    pair.execute("BEGIN");
    rows::of_scale(scale).iter().for_each(|statement| pair.execute(statement));
    pair.execute("COMMIT");
    pair.sqlite.execute_batch("ANALYZE").expect("statistics");
    let mut answers = Vec::new();
    for (title, query) in queries() {
        let differs = pair.difference(query, false);
        assert_eq!(differs, None, "{title}");
        let rows = rows_of(&mut pair.session, query).expect("the same as before");
        assert!(!rows.is_empty(), "{title} has an answer");
        answers.push(rows);
    }
    pair.session.execute("TAG 'full'").expect("a tag");
    for table in ["lineitem", "orders", "partsupp"] {
        pair.session.execute(&format!("DELETE FROM {table}")).expect("rows to delete");
    }
    for ((title, query), then) in queries().zip(answers) {
        let rows = rows_of(&mut pair.session, &format!("AS OF TAG full {query}"));
        let rows = rows.unwrap_or_else(|error| panic!("{title} as of then: {error}"));
        assert_eq!(rows, then, "{title} as of then");
    }
}
