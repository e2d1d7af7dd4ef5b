//! HELP, asked about everything it knows; what it shows is run.

use crate::shell::Place;
use asof::language::{parse_script, reference};
use asof::session::{Outcome, Session};
use asof::storage::Database;
use std::sync::Arc;

/// What the examples are asked on.
const PREPARATION: &str = "
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);
    INSERT INTO accounts (owner, balance) VALUES ('Ada', 100), ('Bob', 50);
    TAG opened;
    UPDATE accounts SET balance = balance - 30 WHERE id = 1;
    CREATE TABLE movements (account INTEGER, amount INTEGER);";

/// Runs every statement of a script to its last row, and gives the number of rows.
fn run(session: &mut Session, script: &str) -> usize {
    let mut rows = 0;
    for (_, span) in parse_script(script).unwrap_or_else(|error| panic!("{script}\n{error}")) {
        let text = &script[span.start..span.end];
        match session.execute(text) {
            Ok(Outcome::Rows(batches)) => {
                for batch in batches {
                    rows += batch.unwrap_or_else(|error| panic!("{text}\n{error}")).num_rows();
                }
            }
            Ok(Outcome::Replay(frames)) => {
                for frame in *frames {
                    frame.unwrap_or_else(|error| panic!("{text}\n{error}"));
                    rows += 1;
                }
            }
            Ok(Outcome::Changed(_) | Outcome::Done(_) | Outcome::Text(_) | Outcome::Nothing) => {}
            Err(error) => panic!("{text}\n{error}"),
        }
    }
    rows
}

#[test]
fn every_example_runs() {
    for topic in reference::topics() {
        let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
        run(&mut session, PREPARATION);
        let rows = run(&mut session, topic.example);
        let asks = topic.example.contains("SELECT") && !topic.example.contains("WHERE id = 1");
        assert!(rows > 0 || !asks, "{}: {} gives no row", topic.name, topic.example);
    }
}

#[test]
fn the_shell_helps_with_a_topic() {
    let place = Place::new();
    let overview = place.run(&["-c", "HELP"], "");
    assert_eq!((overview.code, overview.err.as_str()), (0, ""));
    for topic in reference::topics() {
        assert!(overview.out.contains(topic.about), "{}", topic.name);
    }
    let topic = place.run(&["-c", "help  Group BY"], "");
    assert!(topic.out.starts_with("SELECT: reads rows"), "{}", topic.out);
    assert!(topic.out.contains("Query          ::= 'SELECT'"), "{}", topic.out);
    assert_eq!(place.run(&["-c", ".help group by"], "").out, topic.out);
    assert_eq!(place.run(&[], "HELP group by;\n").out, topic.out);
}

#[test]
fn a_misspelt_topic_is_put_right() {
    for said in ["HELP 'x'", "HELP selct", ".help selct"] {
        let run = Place::new().run(&["-c", said], "");
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{said}");
        let wanted = if said.ends_with("selct") { "select" } else { "a topic" };
        assert!(run.err.contains(wanted), "{}", run.err);
    }
}

#[test]
fn help_makes_no_database() {
    let place = Place::new();
    let run = place.run(&["bank", "HELP tag"], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(!place.path().join("bank").exists());
}
