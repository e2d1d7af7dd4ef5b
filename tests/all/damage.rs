//! Damage as a user meets it: what ends writing, what is remembered, what can still be read.

use crate::shell::TestDirectory;
use crate::shell::piped::Piped;
use std::fs;
use std::path::PathBuf;

/// Seven events: a table, three rows, a change, a named snapshot, one more row; and the log's path.
fn mini() -> (TestDirectory, PathBuf) {
    let place = TestDirectory::new();
    let script = "CREATE TABLE a(id INTEGER PRIMARY KEY, v TEXT);\n\
                  INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, 'z');\n\
                  UPDATE a SET v = 'q' WHERE id = 2;\nSNAPSHOT 's';\nINSERT INTO a VALUES (4, 'w');\n";
    let run = place.run(&["mini", "--clock", "2026-01-01T00:00:00Z+1"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let log = place.path().join("mini/events.log");
    (place, log)
}

/// Where the line of an event begins.
fn line_of(bytes: &[u8], event: u64) -> usize {
    let text = format!("{{\"event\":{event},");
    bytes.windows(text.len()).position(|found| found == text.as_bytes()).expect("a line")
}

/// Damages the line of an event in the file as it is; gives where the line begins.
fn damage(log: &PathBuf, event: u64) -> usize {
    let mut bytes = fs::read(log).expect("a log");
    let at = line_of(&bytes, event);
    bytes[at + 40] ^= 1;
    fs::write(log, bytes).expect("a log");
    at
}

#[test]
fn once_damage_was_seen_nothing_is_written_by_this_session_or_a_later_one() {
    let (place, log) = mini();
    let at = damage(&log, 3);
    let before = fs::read(&log).expect("a log");
    let script = "VERIFY;\nINSERT INTO a VALUES (78, 'x');\nSELECT count(*) FROM a;\n";
    let run = place.run(&["mini", "--keep-going", "--receipts"], script);
    assert_eq!(run.code, 1);
    let refused = format!(
        "error[damaged]: nothing is written any more: mini/events.log is damaged at byte {at}, event 3"
    );
    assert!(run.err.contains(&refused), "{}", run.err);
    assert!(run.err.contains("asof --salvage NEWDIR"), "{}", run.err);
    // Reading goes on.
    assert!(run.out.ends_with("4\n"), "{}", run.out);
    assert!(!run.out.contains("event 8"), "{}", run.out);
    assert_eq!(fs::read(&log).expect("a log"), before);
    let record = fs::read_to_string(place.path().join("mini/DAMAGED")).expect("it is remembered");
    let record: serde_json::Value = serde_json::from_str(&record).expect("a line of JSON");
    assert_eq!((&record["file"], &record["event"]), (&"events.log".into(), &3.into()));
    assert_eq!(record["offset"], at);
    for removed in [None, Some("_catalog.json"), Some("events.index")] {
        if let Some(name) = removed {
            fs::remove_file(place.path().join("mini").join(name)).expect("it is there");
        }
        let run = place.run(&["mini", "SELECT count(*) FROM a"], "");
        assert_eq!((run.code, run.out.as_str()), (3, ""), "without {removed:?}: {}", run.err);
        assert!(run.err.contains("asof --read-only DATABASE reads"), "{}", run.err);
        assert!(!run.err.contains("nothing is lost"), "{}", run.err);
        let run = place.run(&["--read-only", "mini", "SELECT count(*) FROM a"], "");
        assert_eq!((run.code, run.out.as_str()), (0, "4\n"), "without {removed:?}: {}", run.err);
        assert!(!run.err.contains("nothing is lost"), "{}", run.err);
    }
    assert_eq!(fs::read(&log).expect("a log"), before);
}

#[cfg(unix)]
#[test]
fn the_record_belongs_to_its_owner_and_goes_when_the_log_is_good_again() {
    use std::os::unix::fs::PermissionsExt;
    let (place, log) = mini();
    let good = fs::read(&log).expect("a log");
    damage(&log, 5);
    assert_eq!(place.run(&["mini", "VERIFY"], "").code, 1);
    let record = place.path().join("mini/DAMAGED");
    let mode = fs::metadata(&record).expect("it is remembered").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(&log, good).expect("a log");
    let run = place.run(&["mini", "INSERT INTO a VALUES (5, 'v'); SELECT count(*) FROM a"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "5\n"), "{}", run.err);
    assert!(run.err.contains("it is good again, all of it was read"), "{}", run.err);
    assert!(!record.exists());
    let run = place.run(&["mini", "VERIFY"], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn what_one_process_finds_ends_the_writing_of_another() {
    let (place, log) = mini();
    let mut writer = Piped::new(&place, &["--receipts", "mini"]);
    let said = writer.ask("INSERT INTO a VALUES (5, 'v')");
    assert!(said.contains("#8 INSERT"), "{said}");
    damage(&log, 2);
    let before = fs::read(&log).expect("a log");
    let reader = place.run(&["--read-only", "mini", "SELECT count(*) FROM a AS OF EVENT 2"], "");
    assert_eq!((reader.code, reader.out.as_str()), (1, ""), "{}", reader.err);
    assert!(place.path().join("mini/DAMAGED").exists());
    writer.send("INSERT INTO a VALUES (6, 'u');\n");
    let (code, said) = writer.end();
    assert_eq!(code, Some(1));
    assert!(said.contains("error[damaged]: nothing is written any more"), "{said}");
    assert_eq!(fs::read(&log).expect("a log"), before);
    assert_eq!(place.run(&["mini", "SELECT 1"], "").code, 3);
}

#[test]
fn moments_on_both_sides_of_damage_can_be_read() {
    let (place, log) = mini();
    damage(&log, 4);
    let ask = |point: &str| {
        let query = format!("SELECT count(*) FROM a AS OF {point}");
        let run = place.run(&["--read-only", "mini", &query], "");
        (run.code, run.out.trim().to_owned(), run.err)
    };
    for (point, count) in
        [("EVENT 1", "0"), ("EVENT 3", "2"), ("SNAPSHOT 's'", "3"), ("LATEST", "4")]
    {
        let (code, out, err) = ask(point);
        assert_eq!((code, out.as_str()), (0, count), "{point}: {err}");
    }
    for point in ["EVENT 4", "EVENT 5"] {
        let (code, _, err) = ask(point);
        assert_eq!(code, 1, "{point}: {err}");
        assert!(err.contains("event 4: the checksum is wrong"), "{point}: {err}");
    }
}

#[test]
fn what_stands_behind_the_damage_is_salvaged_too() {
    let (place, log) = mini();
    damage(&log, 3);
    fs::remove_file(place.path().join("mini/_catalog.json")).expect("it is there");
    let run = place.run(&["mini", "--salvage", "saved"], "");
    assert_eq!(run.code, 4, "{}", run.err);
    let said: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        said[..3],
        [
            "salvaged event 1 to saved",
            "salvaged what events 2–6 led to, as events 2–4",
            "salvaged event 7 as event 5",
        ]
    );
    assert!(said[3].starts_with("lost: events 2–6, one by one: 5 lines, "), "{}", run.out);
    assert!(said.contains(&"  3 changes of rows of a in all"), "{}", run.out);
    let run = place.run(&["saved", "SELECT * FROM a; VERIFY"], "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("1|x\n2|q\n3|z\n4|w\n"), "{}", run.out);
    let run = place.run(&["mini", "--salvage", "saved"], "");
    assert_eq!(run.code, 1, "nothing is written over: {}", run.err);
}

#[test]
fn a_log_of_another_history_is_refused() {
    let place = TestDirectory::new();
    let setup = "CREATE TABLE a(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'base')";
    assert_eq!(place.run(&["f1", setup], "").code, 0);
    fs::create_dir(place.path().join("f2")).expect("a directory");
    for name in ["events.log", "events.index", "_catalog.json", "a.db"] {
        let from = place.path().join("f1").join(name);
        fs::copy(from, place.path().join("f2").join(name)).expect(name);
    }
    assert_eq!(place.run(&["f1", "INSERT INTO a VALUES (2, 'one')"], "").code, 0);
    let more = "INSERT INTO a VALUES (2, 'two'); INSERT INTO a VALUES (3, 'three')";
    assert_eq!(place.run(&["f2", more], "").code, 0);
    for name in ["events.log", "events.index"] {
        let from = place.path().join("f2").join(name);
        fs::copy(from, place.path().join("f1").join(name)).expect(name);
    }
    let log = place.path().join("f1/events.log");
    let before = fs::read(&log).expect("a log");
    for _ in 0..2 {
        let run = place.run(&["f1", "SELECT * FROM a; INSERT INTO a VALUES (9, 'new')"], "");
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
        assert!(run.err.contains("another history than f1/_catalog.json"), "{}", run.err);
        assert!(!run.err.contains("nothing is lost"), "{}", run.err);
    }
    assert_eq!(fs::read(&log).expect("a log"), before);
    assert!(!place.path().join("f1/DAMAGED").exists());
}

#[cfg(unix)]
#[test]
fn a_sparse_log_is_refused_before_it_is_read() {
    let (place, log) = mini();
    let good = fs::read(&log).expect("a log");
    let file = fs::OpenOptions::new().write(true).open(&log).expect("a log");
    file.set_len(1 << 40).expect("a sparse file");
    let run = place.run(&["mini", "SELECT count(*) FROM a"], "");
    assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
    assert!(run.err.contains("bytes without the end of a line"), "{}", run.err);
    let run = place.run(&["--read-only", "mini", "SELECT count(*) FROM a"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "4\n"), "{}", run.err);
    // Put right, it goes on; so it does where a crash has left some zeros.
    file.set_len(u64::try_from(good.len()).expect("small") + 8192).expect("a file");
    let run = place.run(&["mini", "SELECT count(*) FROM a"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "4\n"), "{}", run.err);
    assert!(run.err.contains("8192 bytes of zeros after event 7 cut"), "{}", run.err);
    assert!(!place.path().join("mini/lost+found").exists());
    assert_eq!(fs::read(&log).expect("a log"), good);
}
