//! Shells beside each other: who reads follows whoever writes, and takes that place with its first write.

use super::shell::TestDirectory;
use super::shell::piped::Piped;
use super::terminal::screen::Screen;

/// Runs a statement until it is acknowledged.
fn write(writer: &mut Piped, statement: &str) {
    let line = writer.ask(statement);
    assert!(line.starts_with("+1 event"), "{line}");
}

#[test]
fn a_second_shell_at_a_terminal_follows_the_first() {
    let place = TestDirectory::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    write(&mut writer, "INSERT INTO t VALUES (41)");
    let mut shell = Screen::start(&place, &["--busy-timeout", "0.1", "bank"], 120, 30);
    let holder = format!("process {} is writing to bank", writer.child.id());
    shell.wait_for(&format!("{holder}: this shell is read-only and follows it"));
    shell.wait_for("bank@2>").keys("SELECT 1000 + sum(a) FROM t;\r").wait_for("1041");
    write(&mut writer, "INSERT INTO t VALUES (58)");
    shell.keys("SELECT 2000 + sum(a) FROM t;\r").wait_for("2099").wait_for("bank@3>");
    let busy = format!("error[busy]: bank is in use by process {}", writer.child.id());
    shell.keys("INSERT INTO t VALUES (1);\r").wait_for(&busy);
    shell.wait_for("reading goes on beside it; once that process has ended, write again");
    shell.keys("SET AS OF EVENT 2;\r").wait_for("past>");
    write(&mut writer, "INSERT INTO t VALUES (1)");
    shell.keys("SELECT 3000 + sum(a) FROM t;\r").wait_for("3041").wait_for("bank@2/4 past>");
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    assert_eq!(writer.end(), (Some(0), String::new()));
}

#[test]
fn a_shell_that_follows_takes_over_once_the_first_has_ended() {
    let place = TestDirectory::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    let mut shell = Screen::start(&place, &["--busy-timeout", "0.1", "bank", "-v", "n=7"], 120, 30);
    let first = format!("process {}", writer.child.id());
    shell.wait_for(&format!("{first} is writing to bank")).wait_for("bank@1>");
    shell.keys("INSERT INTO t VALUES ($n);\r").wait_for("error[busy]");
    assert_eq!(writer.end(), (Some(0), String::new()));
    // Another one is in the way now, and is the one that is named.
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "INSERT INTO t VALUES (41)");
    let second = format!("bank is in use by process {}", writer.child.id());
    shell.keys(".undo\r").wait_for(&second);
    assert_eq!(writer.end(), (Some(0), String::new()));
    shell.keys("SELECT 1000 + sum(a) FROM t;\r").wait_for("1041");
    let notice = format!("notice: {first} has ended: this shell writes to bank now");
    shell.keys("INSERT INTO t VALUES ($n);\r").wait_for(&notice).wait_for("bank@3>");
    shell.keys("SELECT 2000 + sum(a) FROM t;\r").wait_for("2048");
    // Now this one is in the way of others.
    let write = ["--busy-timeout", "0.1", "bank", "DELETE FROM t"];
    assert_eq!(place.run(&write, "").code, 3);
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    assert_eq!(place.run(&["bank", "SELECT sum(a) FROM t"], "").out, "48\n");
}

#[test]
fn commands_that_write_take_over_as_well() {
    let place = TestDirectory::new();
    let file = place.path().join("t.csv");
    std::fs::write(file, "58\n").expect("a file");
    for (command, sum) in [(".undo", "1000"), (".import t.csv t", "1099"), (".mark x", "1041")] {
        std::fs::remove_dir_all(place.path().join("bank")).unwrap_or_default();
        let mut writer = Piped::new(&place, &["--receipts", "bank"]);
        write(&mut writer, "CREATE TABLE t(a INTEGER)");
        write(&mut writer, "INSERT INTO t VALUES (41)");
        let mut shell = Screen::start(&place, &["bank"], 120, 30);
        shell.wait_for("this shell is read-only and follows it").wait_for("bank@2>");
        assert_eq!(writer.end(), (Some(0), String::new()));
        shell.keys(&format!("{command}\r")).wait_for("this shell writes to bank now");
        shell.wait_for("bank@3>");
        let sum_of = "SELECT 1000 + coalesce(sum(a), 0) FROM t;\r";
        shell.keys(sum_of).wait_for(sum).keys(".quit\r");
        assert_eq!(shell.end(), 0, "{command}");
    }
}

#[test]
fn whoever_may_only_read_follows_too() {
    let place = TestDirectory::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    let mut shell = Screen::start(&place, &["--read-only", "bank"], 120, 30);
    shell.wait_for("bank@1>");
    let mut script = Piped::new(&place, &["--read-only", "bank"]);
    let mut count = || script.ask("SELECT count(*) FROM t");
    assert_eq!(count(), "0\n");
    write(&mut writer, "INSERT INTO t VALUES (1)");
    assert_eq!(count(), "1\n");
    shell.keys("SELECT 1000 + count(*) FROM t;\r").wait_for("1001");
    shell.keys("DELETE FROM t;\r").wait_for("error[read-only]");
    assert_eq!(writer.end(), (Some(0), String::new()));
    // The place is free, and whoever was told to read only does not take it.
    shell.keys("DELETE FROM t;\r").wait_for("error[read-only]").keys(".quit\r");
    assert_eq!(shell.end(), 0);
    assert_eq!(script.end(), (Some(0), String::new()));
}

/// A shell with one table of one row, 41, that has written it and stays open.
fn holder(place: &TestDirectory) -> Piped {
    let mut writer = Piped::new(place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    write(&mut writer, "INSERT INTO t VALUES (41)");
    writer
}

/// Runs a script that needs nobody to wait for anybody.
fn at_once(place: &TestDirectory, script: &str) -> (i32, String, String) {
    let run = place.run(&["--busy-timeout", "0", "bank"], script);
    (run.code, run.out, run.err)
}

#[test]
fn a_script_that_only_reads_answers_beside_a_shell_that_has_written() {
    let place = TestDirectory::new();
    let mut writer = holder(&place);
    let reads = "SELECT sum(a) FROM t;\nBEGIN;\nSELECT sum(a) FROM t AS OF EVENT 1;\nCOMMIT;\n";
    assert_eq!(at_once(&place, reads), (0, "41\n\n".to_owned(), String::new()));
    let mut reader = Piped::new(&place, &["bank"]);
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "41\n");
    write(&mut writer, "INSERT INTO t VALUES (58)");
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "99\n");
    let (code, _, err) = at_once(&place, "SELECT 1;\nINSERT INTO t VALUES (1);\n");
    assert_eq!(code, 3);
    let busy = format!("stdin:2:1: error[busy]: bank is in use by process {}", writer.child.id());
    assert!(err.starts_with(&busy), "{err}");
    assert_eq!(writer.end(), (Some(0), String::new()));
    // Whoever has read so far writes now.
    reader.send("INSERT INTO t VALUES (1);\n");
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "100\n");
    let (code, _, _) = at_once(&place, "DELETE FROM t");
    assert_eq!(code, 3);
    assert_eq!(reader.end(), (Some(0), String::new()));
    assert_eq!(at_once(&place, "DELETE FROM t").0, 0);
}

#[test]
fn an_idle_shell_that_wrote_nothing_is_in_nobodys_way() {
    let place = TestDirectory::new();
    assert_eq!(holder(&place).end(), (Some(0), String::new()));
    let mut shell = Screen::start(&place, &["bank"], 120, 30);
    shell.wait_for("bank@2>");
    let mut idle = Piped::new(&place, &["bank"]);
    let mut reading = Piped::new(&place, &["bank"]);
    assert_eq!(reading.ask("SELECT sum(a) FROM t"), "41\n");
    let mut begun = Piped::new(&place, &["bank"]);
    begun.send("BEGIN;\n");
    assert_eq!(begun.ask("SELECT sum(a) FROM t"), "41\n");
    assert_eq!(at_once(&place, "INSERT INTO t VALUES (58)"), (0, String::new(), String::new()));
    assert_eq!(idle.ask("SELECT sum(a) FROM t"), "99\n");
    assert_eq!(reading.ask("SELECT sum(a) FROM t"), "99\n");
    shell.keys("SELECT 1000 + sum(a) FROM t;\r").wait_for("1099").wait_for("bank@3>");
    // What a transaction has read stays, and is nothing to write upon.
    assert_eq!(begun.ask("SELECT sum(a) FROM t"), "41\n");
    begun.send("INSERT INTO t VALUES (1);\n");
    let (code, err) = begun.end();
    assert_eq!(code, Some(1));
    assert!(err.contains("error[stale]"), "{err}");
    // A write that is refused is none.
    shell.keys("INSERT INTO t VALUES ('x');\r").wait_for("error[type").wait_for("bank@3>");
    assert_eq!(at_once(&place, "INSERT INTO t VALUES (1)"), (0, String::new(), String::new()));
    shell.keys("SELECT 2000 + sum(a) FROM t;\r").wait_for("2100").wait_for("bank@4>");
    shell.keys("INSERT INTO t VALUES (2);\r").wait_for("bank@5>");
    assert_eq!(at_once(&place, "DELETE FROM t").0, 3);
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    for piped in [idle, reading] {
        assert_eq!(piped.end(), (Some(0), String::new()));
    }
}

#[test]
fn a_transaction_takes_the_place_with_its_first_write() {
    let place = TestDirectory::new();
    assert_eq!(holder(&place).end(), (Some(0), String::new()));
    let mut begun = Piped::new(&place, &["bank"]);
    begun.send("BEGIN;\n");
    // It waits for what comes next, and has read nothing yet.
    assert_eq!(begun.ask("SELECT 1"), "1\n");
    assert_eq!(at_once(&place, "INSERT INTO t VALUES (58)").0, 0);
    begun.send("ROLLBACK;\nBEGIN;\nINSERT INTO t VALUES (1);\n");
    assert_eq!(begun.ask("SELECT sum(a) FROM t"), "100\n");
    assert_eq!(at_once(&place, "DELETE FROM t").0, 3);
    begun.send("COMMIT;\n");
    assert_eq!(begun.ask("SELECT sum(a) FROM t"), "100\n");
    assert_eq!(begun.end(), (Some(0), String::new()));
    assert_eq!(at_once(&place, "SELECT sum(a) FROM t"), (0, "100\n".to_owned(), String::new()));
}

#[test]
fn two_that_only_read_write_in_turn() {
    let place = TestDirectory::new();
    assert_eq!(holder(&place).end(), (Some(0), String::new()));
    let mut one = Piped::new(&place, &["--busy-timeout", "0.1", "bank"]);
    let mut two = Piped::new(&place, &["--busy-timeout", "0.1", "--keep-going", "bank"]);
    for piped in [&mut one, &mut two] {
        assert_eq!(piped.ask("SELECT sum(a) FROM t"), "41\n");
    }
    one.send("INSERT INTO t VALUES (58);\n");
    assert_eq!(one.ask("SELECT sum(a) FROM t"), "99\n");
    assert_eq!(two.ask("SELECT sum(a) FROM t"), "99\n");
    // Whoever holds it is killed: nothing that was acknowledged is lost, and the next one writes.
    one.child.kill().expect("it runs");
    one.child.wait().expect("it was killed");
    two.send("INSERT INTO t VALUES (1);\n");
    assert_eq!(two.ask("SELECT sum(a) FROM t"), "100\n");
    let (code, err) = two.end();
    assert_eq!(code, Some(0), "{err}");
    let verified = place.run(&["bank", "VERIFY"], "");
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert_eq!(at_once(&place, "SELECT count(*) FROM t").1, "3\n");
}

#[test]
fn what_a_killed_writer_left_unfinished_is_cut_by_who_takes_its_place() {
    let place = TestDirectory::new();
    let mut writer = holder(&place);
    let mut reader = Piped::new(&place, &["bank"]);
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "41\n");
    writer.child.kill().expect("it runs");
    writer.child.wait().expect("it was killed");
    let log = place.path().join("bank/events.log");
    let whole = std::fs::read(&log).expect("a log");
    let torn = [&whole[..], b"{\"event\":3,\"tx\":3,\"at"].concat();
    std::fs::write(&log, &torn).expect("it is ours");
    // Reading cuts nothing.
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "41\n");
    assert_eq!(std::fs::read(&log).expect("a log"), torn);
    reader.send("INSERT INTO t VALUES (58);\n");
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "99\n");
    let (code, said) = reader.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(std::fs::read(&log).expect("a log").starts_with(&whole));
    let verified = place.run(&["bank", "VERIFY"], "");
    assert_eq!(verified.code, 0, "{}", verified.err);
}

#[test]
fn beside_a_shell_that_found_damage_nobody_opens_the_database_but_to_read_only() {
    let place = TestDirectory::new();
    let mut writer = holder(&place);
    let log = place.path().join("bank/events.log");
    let good = std::fs::read(&log).expect("a log");
    let mut damaged = good.clone();
    let at = damaged.len() - 40;
    damaged[at] ^= 1;
    std::fs::write(&log, &damaged).expect("it is ours");
    writer.send("VERIFY;\n");
    assert_eq!(writer.child.wait().expect("it ends").code(), Some(1));
    let mut keeps = Piped::new(&place, &["--read-only", "bank"]);
    assert_eq!(keeps.ask("SELECT count(*) FROM t AS OF EVENT 1"), "0\n");
    let (code, _, err) = at_once(&place, "SELECT count(*) FROM t AS OF EVENT 1");
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("error[corrupt]"), "{err}");
    std::fs::write(&log, &good).expect("it is ours");
    assert_eq!(at_once(&place, "SELECT sum(a) FROM t").1, "41\n");
    keeps.end();
}

#[test]
fn nobody_takes_the_place_of_a_damaged_log() {
    let place = TestDirectory::new();
    assert_eq!(holder(&place).end(), (Some(0), String::new()));
    let mut reader = Piped::new(&place, &["bank"]);
    assert_eq!(reader.ask("SELECT sum(a) FROM t"), "41\n");
    let log = place.path().join("bank/events.log");
    let mut damaged = std::fs::read(&log).expect("a log");
    let at = damaged.len() - 40;
    damaged[at] ^= 1;
    std::fs::write(&log, &damaged).expect("it is ours");
    reader.send("INSERT INTO t VALUES (58);\n");
    let (code, err) = reader.end();
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("error[corrupt]"), "{err}");
    assert_eq!(std::fs::read(&log).expect("a log"), damaged);
    assert!(place.path().join("bank/DAMAGED").is_file());
}
