//! The examples, run as a reader would run them.

use crate::golden::assert_golden;
use crate::shell::TestDirectory;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "main is for cargo run --example")]
mod embed;

/// The folder of the examples.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The clock that a script's own first lines ask for; the tour is always the same without.
fn clock(script: &Path) -> Option<String> {
    let text = fs::read_to_string(script).expect("a script");
    let (_, behind) = text.split_once("--clock ")?;
    behind.split_whitespace().next().map(str::to_string)
}

/// Runs a script as its first lines say and compares what it says with what it said.
fn says_what_it_said(script: &Path) {
    let path = script.to_str().expect("a path in UTF-8");
    let clock = clock(script);
    let clock = clock.as_ref().map(|clock| ["--clock", clock]);
    let arguments: Vec<&str> = clock.iter().flatten().copied().chain(["-f", path]).collect();
    let run = TestDirectory::new().run(&arguments, "");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}");
    let golden = script.with_extension("out");
    assert_golden(&golden, &run.out);
}

#[test]
fn every_script_says_what_it_said_and_fits_a_terminal() {
    let entries = fs::read_dir(examples()).expect("the examples");
    let scripts = entries.map(|entry| entry.expect("an entry").path());
    let mut scripts: Vec<PathBuf> = scripts
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    scripts.sort();
    let names: Vec<_> = scripts.iter().filter_map(|path| path.file_stem()).collect();
    assert_eq!(names, ["audit", "bank", "history", "lesson", "shop", "tour", "undo"]);
    for script in &scripts {
        says_what_it_said(script);
        let said = fs::read_to_string(script.with_extension("out")).expect("text");
        let wide = said.lines().filter(|line| line.chars().count() > 132);
        assert_eq!(wide.collect::<Vec<_>>(), [""; 0], "{script:?}");
    }
}

#[test]
fn the_library_example_runs_twice_on_one_directory() {
    let place = TestDirectory::new();
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

/// What a program of the examples' kind prints, if this machine has its interpreter.
fn python(arguments: &[&str]) -> Option<String> {
    let output = match Command::new("python3").args(arguments).output() {
        Ok(output) => output,
        Err(error) => {
            let _ = writeln!(io::stderr(), "skipped, python3 does not run: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn others_read_the_files_without_us() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE Track (TrackId INTEGER PRIMARY KEY, Name TEXT, UnitPrice REAL);
        INSERT INTO Track (Name, UnitPrice) VALUES ('Für Elise', 0.99), ('Fugue \"in\" G', 1.99);
        INSERT INTO Track (Name) VALUES (NULL), ('gone');
        SNAPSHOT 'before';";
    assert_eq!(place.run(&["shop"], script).code, 0);
    // In place: a version that ended stays in the file, marked, until little else is left.
    let more =
        "UPDATE Track SET UnitPrice = 1.29 WHERE TrackId = 1; DELETE FROM Track WHERE TrackId = 4";
    assert_eq!(place.run(&["shop"], more).code, 0);
    let rows = place.run(&["--ndjson", "shop", "SELECT *, _row, _rev, _event FROM Track"], "").out;
    let parsed = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/read_rows.py");
    let file = place.path().join("shop/track.db");
    let paths = [script, file].map(|path| path.to_str().expect("a path in UTF-8").to_owned());
    if let Some(read) = python(&[&paths[0], &paths[1]]) {
        let mut read = parsed(&read);
        read.sort_by_key(|row| row["_row"].as_u64());
        for row in &mut read {
            row.as_object_mut().expect("an object").remove("_crc");
        }
        assert_eq!(read, parsed(&rows));
    }
    // The log is a line of JSON per event, the snapshot and the catalog are one document each.
    let text = |name: &str| fs::read_to_string(place.path().join("shop").join(name)).expect(name);
    let log = parsed(&text("events.log"));
    assert_eq!(log[1]["op"], "create_table");
    assert_eq!(log.last().expect("lines")["event"], 8);
    let snapshot: serde_json::Value =
        serde_json::from_str(&text("snapshots/snapshot_1.json")).expect("JSON");
    assert_eq!((&snapshot["id"], &snapshot["event_id"]), (&1.into(), &6.into()));
    assert_eq!(snapshot["tables"]["Track"][3]["row"]["Name"], "gone");
    assert_eq!(snapshot["indexes"]["Track"]["(TrackId)"], serde_json::json!([1, 2, 3, 4]));
    let catalog: serde_json::Value = serde_json::from_str(&text("_catalog.json")).expect("JSON");
    assert_eq!(catalog["tables"]["Track"]["file"]["live"], 3);
}
