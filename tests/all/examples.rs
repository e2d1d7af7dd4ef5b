//! The examples, run as a reader would run them.

use crate::shell::Place;
use std::path::Path;
use std::{env, fs};

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "main is for cargo run --example")]
mod embed;

/// Runs a script of the examples by a fixed clock and compares what it says with what it said.
fn says_what_it_said(script: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let path = examples.join(script);
    let path = path.to_str().expect("a path in UTF-8");
    let run = Place::new().run(&["--clock", "2026-03-01T09:00:00Z+60", "-f", path], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let golden = examples.join(script).with_extension("out");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &run.out).expect("a golden file");
    }
    let said = fs::read_to_string(&golden).expect("text; UPDATE_GOLDEN=1 writes it");
    assert!(run.out == said, "UPDATE_GOLDEN=1 cargo test writes:\n{}", run.out);
    said
}

#[test]
fn the_tour_says_what_it_said() {
    let said = says_what_it_said("tour.sql");
    // Nobody who runs it without --clock reads anything else.
    let tour = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tour.sql");
    let tour = tour.to_str().expect("a path in UTF-8");
    assert_eq!(Place::new().run(&["-f", tour], "").out, said);
}

#[test]
fn the_history_says_what_it_said() {
    says_what_it_said("history.sql");
}

#[test]
fn the_library_example_runs_twice_on_one_directory() {
    let place = Place::new();
    let path = place.path().join("stock");
    let said = || {
        let mut out = Vec::new();
        embed::run(&path, &mut out).expect("it runs");
        String::from_utf8(out).expect("text")
    };
    insta::assert_snapshot!(said(), @r"
    +1 event · #4 UPDATE stock (1 row)
    as of event 3:
      12 apples
      3 pears
    as of event 4:
      7 apples
      3 pears
    ");
    assert!(said().starts_with("+1 event · #9 UPDATE stock (1 row)\n"));
}
