//! VERIFY and `.verify`: what they say of a database that is sound, and of each damaged file.

use crate::shell::TestDirectory;
use std::fs;

/// A database with a file of every kind.
fn bank() -> TestDirectory {
    let place = TestDirectory::new();
    let script = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT);\n\
                  INSERT INTO accounts (owner) VALUES ('Ada'), ('Bob');\n\
                  SNAPSHOT 'two';\n\
                  INSERT INTO accounts (owner) VALUES ('Eve');\n";
    let run = place.run(&["bank"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    place
}

/// What is said of a database with nothing wrong.
const SOUND: &str = "\
events.log|5 events|5|ok
events.index|5 entries|5|ok
_catalog.json|1 table|5|ok
accounts.db|3 rows|5|ok
snapshots/snapshot_1.json|2 rows|4|ok
";

#[test]
fn a_sound_database_is_so_however_it_is_asked() {
    let place = bank();
    for arguments in [
        &["bank", "VERIFY"][..],
        &["bank", "-c", ".verify"],
        &["--read-only", "bank", "verify;"],
        &["--at", "EVENT 2", "bank", "VERIFY"],
        &["bank", "-c", "BEGIN; DELETE FROM accounts; VERIFY; ROLLBACK"],
    ] {
        let run = place.run(arguments, "");
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, SOUND, ""), "{arguments:?}");
    }
    let boxed = place.run(&["--box", "bank", "VERIFY"], "").out;
    assert!(boxed.contains("5 rows · 5 events, nothing is damaged"), "{boxed}");
}

#[test]
fn a_database_that_is_not_there_is_not_sound() {
    let place = TestDirectory::new();
    let run = place.run(&["bank", "VERIFY"], "");
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let run = place.run(&["--receipts", "-c", "CREATE TABLE t (a); VERIFY"], "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.ends_with("the database is in memory: there are no files to verify\n"));
}

/// Damages a file behind an open database, by its own shell command, and has that verify itself.
fn verified(place: &TestDirectory, name: &str, at: usize, verify: &str) -> crate::shell::Run {
    let path = place.path().join("bank").join(name);
    let mut bytes = fs::read(&path).expect(name);
    bytes[at] ^= 1;
    fs::write(place.path().join("damaged"), &bytes).expect("a file");
    // In the same file, not in its place.
    let script = format!("SELECT 1;\n.shell cat damaged > bank/{name}\n{verify}\nSELECT 2;\n");
    place.run(&["bank"], script)
}

#[test]
fn a_file_that_is_damaged_is_named_and_what_helps() {
    for (name, code, help) in [
        ("events.log", "corrupt", "asof --salvage NEWDIR bank copies"),
        ("events.index", "projection", "close the database and open it"),
        ("_catalog.json", "projection", "close the database and open it"),
        ("accounts.db", "projection", "close the database and open it"),
        ("snapshots/snapshot_1.json", "projection", "remove snapshots/snapshot_1.json"),
    ] {
        for verify in ["VERIFY;", ".verify"] {
            let place = bank();
            // Where a third of the file is behind it, which is inside a row or an entry.
            let size = fs::read(place.path().join("bank").join(name)).expect(name).len();
            let run = verified(&place, name, size / 3 + 7, verify);
            assert_eq!(run.code, 1, "{name}: {}", run.err);
            let error = format!("error[{code}]: bank/{name} ");
            assert!(run.err.contains(&error), "{name}: {}", run.err);
            assert!(run.err.contains(help), "{name}: {}", run.err);
            assert!(run.err.contains("at byte "), "{name}: {}", run.err);
            // The rows are there all the same, and nothing runs behind it.
            let line = run.out.lines().find(|line| line.starts_with(name)).expect("its row");
            assert!(line.contains("|damaged: "), "{line}");
            assert_eq!(run.out.lines().count(), 6, "{}", run.out);
        }
    }
}

#[test]
fn programs_get_all_rows_and_an_error() {
    let place = bank();
    let run = verified(&place, "accounts.db", 9, ".mode json\nVERIFY;");
    assert_eq!(run.code, 1);
    let text = run.out.strip_prefix("1\n").expect("the first row");
    let rows: Vec<serde_json::Value> = serde_json::from_str(text).expect("whole JSON");
    let states: Vec<bool> = rows.iter().map(|row| row["state"] == "ok").collect();
    assert_eq!(states, [true, true, true, false, true]);
    assert_eq!((&rows[3]["file"], &rows[3]["event"]), (&"accounts.db".into(), &5.into()));
}

#[test]
fn opening_again_helps_where_it_is_said_to() {
    for name in ["events.index", "_catalog.json", "accounts.db"] {
        let place = bank();
        assert_eq!(verified(&place, name, 20, "VERIFY;").code, 1);
        let notices = place.run(&["bank", "SELECT 1"], "").err;
        assert!(notices.contains(name), "{notices}");
        let run = place.run(&["bank", "VERIFY"], "");
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, SOUND, ""), "{name}");
    }
}

#[test]
fn what_is_of_later_versions_is_refused_by_name() {
    for statement in ["VERIFY AGAINST 'x'", "SHOW DIGEST"] {
        let run = TestDirectory::new().run(&["-c", statement], "");
        assert_eq!(run.code, 1);
        let name = statement.trim_end_matches(" 'x'");
        assert!(run.err.contains(&format!("{name} is not supported yet")), "{}", run.err);
    }
}

/// Rows that break a constraint are there and are read; VERIFY names them, and nothing is damaged.
#[test]
fn rows_that_break_a_constraint_are_named_and_read() {
    let place = TestDirectory::new();
    let made = "CREATE TABLE p(k INTEGER PRIMARY KEY);\n\
        CREATE TABLE c(id INTEGER PRIMARY KEY, k INTEGER REFERENCES p);\n\
        INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1, 1), (2, NULL);\n\
        SET foreign_keys = off;\nINSERT INTO c VALUES (3, 9);\nDELETE FROM p;\n";
    assert_eq!(place.run(&["bank"], made).err, "");
    let run = place.run(&["bank"], "SELECT count(*) FROM c;\nVERIFY;");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let said: Vec<&str> = run.out.lines().filter(|line| line.contains("breaks")).collect();
    assert_eq!(
        said,
        [
            "table c|||breaks a constraint: id 1: c.k 1 refers to p.k 1, which is not there: FOREIGN KEY",
            "table c|||breaks a constraint: id 3: c.k 9 refers to p.k 9, which is not there: FOREIGN KEY",
        ]
    );
    let mended = "INSERT INTO p VALUES (1), (9);\nVERIFY;";
    assert!(!place.run(&["bank"], mended).out.contains("breaks"));
}
