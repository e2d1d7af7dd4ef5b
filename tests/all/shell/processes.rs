//! Several processes, processes that are killed, and a log that others lay hands on.

use super::piped::Piped;
use super::{TABLE, TestDirectory};
use std::fs;
use std::io::{BufRead, Read, Write};
use std::process::Command;

fn database(rows: usize) -> TestDirectory {
    let place = TestDirectory::new();
    let inserts: String =
        (0..rows).map(|n| format!("INSERT INTO t VALUES ({n}, 'x');\n")).collect();
    assert_eq!(place.run(&["bank"], format!("{TABLE}{inserts}")).code, 0);
    place
}

#[test]
fn a_second_writer_waits_in_vain_and_is_told_for_whom() {
    let place = database(1);
    let mut first = Piped::new(&place, &["--receipts", "bank"]);
    assert_eq!(first.ask("INSERT INTO t VALUES (2, 'y')"), "+1 event · #3 INSERT t (1 row)\n");
    let write = ["--busy-timeout", "0.2", "bank", "INSERT INTO t VALUES (3, 'z')"];
    let second = place.run(&write, "");
    assert_eq!(second.code, 3);
    let holder = format!("error[busy]: bank is in use by process {}", first.child.id());
    assert!(second.err.contains(&holder), "{}", second.err);
    let reader = place.run(&["--read-only", "bank", "SELECT count(*) FROM t"], "");
    assert_eq!((reader.code, reader.out.as_str()), (0, "2\n"));
    assert_eq!(first.end(), (Some(0), String::new()));
    assert_eq!(place.run(&write, "").code, 0);
}

#[test]
fn what_was_acknowledged_survives_a_killed_process() {
    for round in 0..20 {
        let place = database(0);
        let mut loading = Piped::new(&place, &["--receipts", "bank"]);
        let mut input = loading.input;
        // It is killed in the middle of whatever it does after so many acknowledgements.
        let feed = std::thread::spawn(move || {
            let text = "x".repeat(50 * round);
            while writeln!(input, "INSERT INTO t VALUES (1, '{text}');").is_ok() {}
        });
        let mut lines = loading.output.by_ref().lines();
        let mut acknowledged = 0;
        for _ in 0..round * 3 {
            lines.next().expect("it goes on").expect("text");
            acknowledged += 1;
        }
        loading.child.kill().expect("it runs");
        acknowledged += lines.map_while(Result::ok).filter(|line| line.ends_with(')')).count();
        loading.child.wait().expect("it was killed");
        feed.join().expect("it stops where nobody listens");
        let after = place.run(&["bank", "SELECT count(*) FROM t"], "");
        assert_eq!(after.code, 0, "{}", after.err);
        let rows: usize = after.out.trim().parse().expect("a number");
        assert!(rows >= acknowledged, "{acknowledged} acknowledged, {rows} there");
    }
}

#[test]
fn nothing_is_acknowledged_that_nobody_would_find_again() {
    let place = database(1);
    let mut session = Piped::new(&place, &["--receipts", "bank"]);
    session.ask("INSERT INTO t VALUES (2, 'y')");
    fs::rename(place.path().join("bank"), place.path().join("moved")).expect("a directory");
    writeln!(session.input, "INSERT INTO t VALUES (3, 'z');").expect("it listens");
    let (code, said) = session.end();
    assert_eq!(code, Some(1));
    assert!(said.contains("error[replaced]: bank/events.log was moved"), "{said}");
    assert_eq!(place.run(&["moved", "SELECT count(*) FROM t"], "").out, "2\n");
}

#[test]
fn a_damaged_log_is_named_read_as_far_as_it_is_good_and_never_touched() {
    let place = database(9);
    let log = place.path().join("bank/events.log");
    let mut bytes = fs::read(&log).expect("a log");
    let at = bytes
        .windows(11)
        .position(|window| window == b"{\"event\":5,")
        .expect("event 5 stands there");
    bytes[at + 30] ^= 4;
    fs::write(&log, &bytes).expect("a log");
    // The present does not need the line.
    let run = place.run(&["bank", "SELECT count(*) FROM t"], "");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "9\n", ""));
    // Nor do moments before it; whoever needs it is told.
    let run = place.run(&["bank", "SELECT count(*) FROM t AS OF EVENT 3"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "2\n"));
    assert!(run.err.contains("event 5") && run.err.contains("nothing is written"), "{}", run.err);
    let past = "SELECT count(*) FROM t AS OF EVENT 6";
    let run = place.run(&["--read-only", "bank", past], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(
        run.err.contains(&format!("events.log is damaged at byte {at}, event 5")),
        "{}",
        run.err
    );
    // From then on nobody writes.
    let run = place.run(&["bank", "INSERT INTO t VALUES (1, 'x')"], "");
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let place_named = format!("bank/events.log is damaged at byte {at}, event 5");
    assert!(run.err.contains(&place_named), "{}", run.err);
    assert!(run.err.contains("events 1 to 4 are intact"), "{}", run.err);
    let run = place.run(&["--read-only", "bank", "SELECT count(*) FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "9\n"));
    assert!(run.err.starts_with("notice: ") && run.err.contains(&place_named), "{}", run.err);
    // Without anything behind the damage there is what is before it.
    for name in ["events.index", "_catalog.json"] {
        fs::remove_file(place.path().join("bank").join(name)).expect("it is there");
    }
    let run = place.run(&["--read-only", "bank", "SELECT count(*) FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "3\n"));
    assert!(run.err.starts_with("notice: ") && run.err.contains(&place_named), "{}", run.err);
    assert_eq!(fs::read(&log).expect("a log"), bytes);
}

#[test]
fn what_is_good_of_a_damaged_database_is_salvaged_and_the_rest_is_listed() {
    let place = database(9);
    let log = place.path().join("bank/events.log");
    let whole = fs::read(&log).expect("a log");
    let find = |what: &[u8]| whole.windows(what.len()).position(|window| window == what);
    let at = find(b"{\"event\":5,").expect("event 5 stands there");
    let mut bytes = whole.clone();
    bytes[at + 1] = b'!';
    fs::write(&log, &bytes).expect("a log");
    // The index still vouches for it, and the row files tell what came of it.
    let run = place.run(&["--salvage", "rescued", "bank"], "");
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(
        run.err.contains(&format!("events.log is damaged at byte {at}, event 5")),
        "{}",
        run.err
    );
    let said: Vec<&str> = run.out.lines().collect();
    let lost = format!(
        "lost: events 5–10, one by one: 6 lines, {} bytes of the log from byte {at} on",
        whole.len() - at
    );
    assert_eq!(
        said[..5],
        [
            "salvaged events 1–4 to rescued",
            "salvaged what events 5–10 led to, as events 5–10",
            &lost,
            "  cannot be read",
            "  event 6, insert of t",
        ]
    );
    assert_eq!((said.len(), said[9]), (10, "  5 changes of rows of t in all"));
    assert_eq!(fs::read(&log).expect("a log"), bytes);
    let run = place.run(&["rescued", "INSERT INTO t VALUES (70, 'x'); SELECT count(*) FROM t"], "");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "10\n", ""));
    // Nothing is written over, and what is good is wholly good.
    let run = place.run(&["--salvage", "rescued", "bank"], "");
    assert_eq!(run.code, 1);
    let run = place.run(&["--salvage", "again", "rescued"], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out, "salvaged events 1–11 to again\nnothing is lost\n");
    assert_eq!(place.run(&["--salvage", "none", "nowhere"], "").code, 3);
}

#[test]
fn a_directory_of_other_things_is_left_alone() {
    let place = TestDirectory::new();
    fs::create_dir(place.path().join("photos")).expect("a directory");
    place.write("photos/cat.jpg", "");
    for statement in ["SELECT 1", TABLE] {
        let run = place.run(&["photos", statement], "");
        assert_eq!(run.code, 3);
        let message = "photos is not a database: `cat.jpg` is there and events.log is not";
        assert!(run.err.contains(message), "{}", run.err);
    }
    assert_eq!(fs::read_dir(place.path().join("photos")).expect("a directory").count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_that_cannot_be_created_is_none() {
    // Nobody may make a directory there, not even root.
    let new = "/proc/asof-test";
    let place = TestDirectory::new();
    for script in [TABLE.to_owned(), format!("BEGIN;\n{TABLE}COMMIT;\n")] {
        let run = place.run(&[new], script);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
        assert!(run.err.contains("error[io]: cannot create /proc/asof-test: "), "{}", run.err);
    }
    // In memory there is nothing to be created, and a point that is none is no reason to go.
    assert_eq!(place.run(&["-c", "SET AS OF EVENT 9"], "").code, 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_link_in_the_place_of_the_log_is_refused_at_once() {
    let place = TestDirectory::new();
    for name in ["pipe", "link"] {
        fs::create_dir(place.path().join(name)).expect("a directory");
    }
    let made = Command::new("mkfifo").arg(place.path().join("pipe/events.log")).status();
    assert!(made.expect("every Unix has it").success());
    std::os::unix::fs::symlink("/dev/zero", place.path().join("link/events.log")).expect("a link");
    for name in ["pipe", "link"] {
        for options in [&["--read-only", name][..], &[name][..]] {
            let run = place.run(options, "SELECT 1;");
            assert_eq!(run.code, 3);
            assert!(run.err.contains("events.log is no regular file"), "{}", run.err);
        }
    }
}

#[test]
fn every_line_of_the_log_is_json() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE \"a\u{1b}\\\"\"\"(\"b\u{7}\" INTEGER PRIMARY KEY, c TEXT, d REAL, e BLOB);\n\
        INSERT INTO \"a\u{1b}\\\"\"\" VALUES (1, 'q\"\\\u{1}é\u{2028}', 1e300, x'00ff'), (2, '', -0.0, NULL);\n\
        BEGIN WITH (intent = 'it''s \"so\"');\nUPDATE \"a\u{1b}\\\"\"\" SET c = d;\n\
        DELETE FROM \"a\u{1b}\\\"\"\" WHERE \"b\u{7}\" = 1;\nCOMMIT;\nDROP TABLE \"a\u{1b}\\\"\"\";\n";
    let run = place.run(&["bank"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let log = fs::read_to_string(place.path().join("bank/events.log")).expect("a log");
    assert_eq!(log.lines().count(), 8);
    for line in log.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(value.is_object() && !line.contains('\u{1b}'), "{line}");
    }
}

#[test]
fn the_same_script_makes_the_same_bytes_whatever_it_does() {
    let script = "CREATE TABLE t(a INTEGER PRIMARY KEY, b TIMESTAMP DEFAULT CURRENT_TIMESTAMP);\n\
        CREATE INDEX by_b ON t(b);\nINSERT INTO t(a) VALUES (1), (2);\nBEGIN;\n\
        UPDATE t SET a = a + 10;\nDELETE FROM t WHERE a = 12;\nCOMMIT;\nBEGIN;\n\
        INSERT INTO t(a) VALUES (3);\nROLLBACK;\nINSERT INTO t(a) VALUES (3);\n\
        DROP INDEX by_b;\nDROP TABLE t;\n";
    for clock in ["2026-01-31T12:00:00Z+60", "9999-12-31T23:50:00Z+1", "0000-01-01+0"] {
        let log = || {
            let place = TestDirectory::new();
            let run = place.run(&["--clock", clock, "bank"], script);
            assert_eq!((run.code, run.err.as_str()), (0, ""), "{clock}");
            let log = fs::read_to_string(place.path().join("bank/events.log")).expect("a log");
            // The header has the uuid, which is another one each time.
            let (_, events) = log.split_once('\n').expect("a header");
            events.to_owned()
        };
        assert!(log() == log(), "{clock}");
    }
}
