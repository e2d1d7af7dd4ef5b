//! A database that is not there, or cannot be had: what still works, and that a run ends with 3
//! for the same reasons whoever asks for it.

use super::piped::Piped;
use super::{TABLE, TestDirectory};
use std::fs;

#[test]
fn a_missing_database_answers_as_an_empty_one_does() {
    let cases = [
        ("SELECT 1 + 1", "2\n"),
        (".tables", ""),
        (".schema", ""),
        (".indexes", ""),
        ("SHOW TABLES", ""),
        ("SELECT name FROM _tables", ""),
        ("SELECT count(*) FROM sqlite_master", "0\n"),
        ("EVENTS", ""),
        (".log", ""),
        ("BEGIN; SELECT 2; COMMIT", "2\n"),
        (
            "SELECT 1; CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (7); SELECT a FROM t",
            "1\n7\n",
        ),
    ];
    for (script, answer) in cases {
        let place = TestDirectory::new();
        for arguments in [&["new"][..], &["--read-only", "new"]] {
            if arguments.len() == 2 && script.contains("CREATE") {
                continue;
            }
            let run = place.run(arguments, script);
            assert_eq!((run.code, run.out.as_str()), (0, answer), "{script}: {}", run.err);
            let is_there = place.path().join("new").exists();
            assert_eq!(is_there, script.contains("CREATE"), "{script}");
        }
    }
    for script in ["HELP", ".help", "EXPLAIN SELECT 1"] {
        let run = TestDirectory::new().run(&["new"], script);
        assert_eq!((run.code, run.out.is_empty()), (0, false), "{script}: {}", run.err);
    }
}

#[test]
fn what_a_missing_database_would_have_is_not_there() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["bank"], TABLE).code, 0);
    let scripts = [
        "SELECT a FROM t",
        "SELECT 1;\nSELECT x.a FROM t AS x JOIN u ON x.a = u.a",
        "INSERT INTO t VALUES (1, 'x')",
        "UPDATE t SET a = 1",
        "DROP TABLE t",
        "DESCRIBE t",
        "HISTORY t",
        "EXPLAIN SELECT a FROM t",
        "SET AS OF EVENT 2",
        "SET AS OF TAG x",
        "VERIFY",
        ".verify",
        ".goto 2",
        ".blame t 1",
        ".dump",
        ".export x.csv t",
        ".save copy",
    ];
    for script in scripts {
        let run = place.run(&["bnak"], script);
        assert_eq!(run.code, 3, "{script}: {}", run.err);
        assert!(run.err.contains("there is no database bnak yet"), "{script}: {}", run.err);
        assert!(run.err.contains("did you mean bank?"), "{script}: {}", run.err);
        assert!(!place.path().join("bnak").exists(), "{script}");
    }
    let read = place.run(&["bnak", "SELECT a FROM t"], "");
    assert!(read.err.starts_with("-c:1:15: error[not-found]"), "{}", read.err);
    let other = place.run(&["elsewhere", "SELECT a FROM t"], "");
    assert!(other.err.contains("its first CREATE TABLE will create it"), "{}", other.err);
    // It is not the missing database that makes these wrong.
    for script in ["SELECT 1 / 'x", "SELEC 1", "SELECT a", "COMMIT", "SELECT CAST('x' AS DATE)"] {
        assert_eq!(place.run(&["bnak"], script).code, 1, "{script}");
    }
    let write = place.run(&["--read-only", "bnak", TABLE], "");
    assert_eq!(write.code, 3, "{}", write.err);
    assert!(!place.path().join("bnak").exists());
}

#[test]
fn somebody_else_may_create_it_meanwhile() {
    let place = TestDirectory::new();
    let mut waiting = Piped::new(&place, &["bank"]);
    assert_eq!(waiting.ask("SELECT 1"), "1\n");
    assert_eq!(place.run(&["bank"], format!("{TABLE}INSERT INTO t VALUES (5, 'x');")).code, 0);
    assert_eq!(waiting.ask("SELECT a FROM t"), "5\n");
    waiting.send("INSERT INTO t VALUES (6, 'y');\n");
    assert_eq!(waiting.ask("SELECT sum(a) FROM t"), "11\n");
    assert_eq!(waiting.end(), (Some(0), String::new()));
}

/// The ways to have a statement run on a database, all of which end with one code.
fn ways(place: &TestDirectory, database: &str, write: &str) -> Vec<(String, i32, String)> {
    place.write("write.sql", write);
    place.write("t.csv", "a,b\n1,x\n");
    let open = format!(".open {database}\n");
    let runs: [(&str, Vec<&str>, String); 8] = [
        ("-c", vec![database, "-c", write], String::new()),
        ("a word", vec![database, write], String::new()),
        ("-f", vec![database, "-f", "write.sql"], String::new()),
        ("standard input", vec![database], write.to_owned()),
        (".read", vec![database], ".read write.sql\n".to_owned()),
        (".open", vec![], format!("{open}{write}\n")),
        (".open and .read", vec!["-c", &open, "-c", ".read write.sql"], String::new()),
        (".import", vec![database], ".import t.csv t\n".to_owned()),
    ];
    let run = |(way, arguments, input): (&str, Vec<&str>, String)| {
        let run = place.run(&[&["--busy-timeout", "0.1"], &arguments[..]].concat(), input);
        (way.to_owned(), run.code, run.err)
    };
    runs.into_iter().map(run).collect()
}

#[test]
fn a_run_ends_with_3_for_the_same_reasons_by_every_way() {
    let place = TestDirectory::new();
    let write = "INSERT INTO t VALUES (2, 'y');";
    for name in ["locked", "corrupt", "headless"] {
        let made = place.run(&[name], format!("{TABLE}INSERT INTO t VALUES (1, 'x');"));
        assert_eq!(made.code, 0, "{}", made.err);
    }
    let mut holder = Piped::new(&place, &["--receipts", "locked"]);
    assert!(holder.ask(write).starts_with("+1 event"));
    let log = place.path().join("corrupt/events.log");
    let text = fs::read_to_string(&log).expect("a log").replacen("'x'", "'z'", 1);
    fs::write(&log, text.replacen("\"x\"", "\"z\"", 1)).expect("it is ours");
    fs::remove_file(place.path().join("headless/events.log")).expect("a log");
    fs::create_dir(place.path().join("photos")).expect("a directory");
    place.write("photos/cat.jpg", "");
    place.write("file", "text");
    let cases = [
        // Reading needs no lock; these all write.
        ("locked", "error[busy]"),
        ("corrupt", "error[corrupt]"),
        ("headless", "error["),
        ("photos", "error[not-a-database]"),
        ("file", "error[not-a-database]"),
        ("missing", "error[not-found]"),
        ("/proc/asof-test", "error["),
    ];
    for (database, message) in cases {
        for (way, code, err) in ways(&place, database, write) {
            // An import makes its table, and with it the database.
            if (way.as_str(), database) == (".import", "missing") {
                assert_eq!(code, 0, "{err}");
                fs::remove_dir_all(place.path().join(database)).expect("it was created");
                continue;
            }
            if database == "/proc/asof-test" && !cfg!(target_os = "linux") {
                continue;
            }
            assert_eq!(code, 3, "{database} by {way}: {err}");
            assert!(err.contains(message), "{database} by {way}: {err}");
        }
    }
    assert_eq!(holder.end(), (Some(0), String::new()));
}

/// A database whose log begins with a header of another version.
fn of_version(version: u64, is_sealed: bool) -> TestDirectory {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["bank"], format!("{TABLE}INSERT INTO t VALUES (7, 'x');")).code, 0);
    let path = place.path().join("bank/events.log");
    let log = fs::read_to_string(&path).expect("a log");
    let (header, events) = log.split_once('\n').expect("lines");
    let header = header.replace("\"version\":3", &format!("\"version\":{version}"));
    let (said, seal) = header.rsplit_once(",\"crc\":\"").expect("a checksum");
    let sealed = format!("{:08x}\"}}", crc32c::crc32c(said.as_bytes()));
    assert_ne!(sealed, seal, "the checksum is stale");
    let seal = if is_sealed { sealed.as_str() } else { seal };
    fs::write(&path, format!("{said},\"crc\":\"{seal}\n{events}")).expect("a log");
    place
}

#[test]
fn a_log_of_another_format_is_refused_in_words() {
    for (version, way) in [
        (2, "the asof that wrote it can .dump it, and this one runs the dump"),
        (4, "a newer asof wrote it: that one reads it"),
    ] {
        let place = of_version(version, true);
        let said = format!(
            "error[format]: bank/events.log has version {version} of the format, and only 3 is \
             read\n   = {way}\n"
        );
        for arguments in [
            &["bank", "SELECT a FROM t"][..],
            &["--read-only", "bank", "SELECT a FROM t"],
            &["bank", "--salvage", "saved"],
        ] {
            let run = place.run(arguments, "");
            let told = (run.code, run.out.as_str(), run.err.as_str());
            assert_eq!(told, (3, "", said.as_str()), "{arguments:?}");
        }
        for (way, code, err) in ways(&place, "bank", "INSERT INTO t VALUES (8, 'y');") {
            assert_eq!(code, 3, "{way}: {err}");
            assert!(err.contains("has version"), "{way}: {err}");
        }
        let is_there = |name: &str| place.path().join(name).exists();
        assert_eq!((is_there("bank/DAMAGED"), is_there("saved")), (false, false));
    }
}

/// One changed digit makes another version of the format, whose checksum tells that it is none.
#[test]
fn a_damaged_version_is_damage_and_no_other_format() {
    let place = of_version(4, false);
    let run = place.run(&["bank", "SELECT a FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let said = "error[corrupt]: bank/events.log is damaged at byte 0, event 0: the header's \
                checksum is wrong; nothing was changed\n   = asof --read-only DATABASE reads";
    assert!(run.err.starts_with(said), "{}", run.err);
    assert!(!run.err.contains("version"), "{}", run.err);
    // What the files beside it know of it is enough to read everything, and to save it.
    let run = place.run(&["--read-only", "bank", "SELECT a FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "7\n"), "{}", run.err);
    let run = place.run(&["bank", "--salvage", "saved"], "");
    assert_eq!(run.code, 0, "{}", run.err);
    let run = place.run(&["saved", "INSERT INTO t VALUES (8, 'y'); SELECT sum(a) FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "15\n"), "{}", run.err);
}
