//! A second shell beside one that writes: at a terminal it follows, in a script it waits in vain.

use super::shell::Place;
use super::shell::piped::Piped;
use super::terminal::screen::Screen;

/// Runs a statement until it is acknowledged.
fn write(writer: &mut Piped, statement: &str) {
    let line = writer.ask(statement);
    assert!(line.starts_with("+1 event"), "{line}");
}

#[test]
fn a_second_shell_at_a_terminal_follows_the_first() {
    let place = Place::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    write(&mut writer, "INSERT INTO t VALUES (41)");
    let mut shell = Screen::start(&place, &["bank"], 120, 30);
    let holder = format!("process {} is writing to bank", writer.child.id());
    shell.wait_for(&format!("{holder}: this shell is read-only and follows it"));
    shell.wait_for("bank@2>").keys("SELECT 1000 + sum(a) FROM t;\r").wait_for("1041");
    write(&mut writer, "INSERT INTO t VALUES (58)");
    shell.keys("SELECT 2000 + sum(a) FROM t;\r").wait_for("2099").wait_for("bank@3>");
    shell.keys("INSERT INTO t VALUES (1);\r").wait_for("error[read-only]: process");
    shell.wait_for("once that process has ended, this shell takes over: write again");
    shell.keys("SET AS OF EVENT 2;\r").wait_for("past>");
    write(&mut writer, "INSERT INTO t VALUES (1)");
    shell.keys("SELECT 3000 + sum(a) FROM t;\r").wait_for("3041").wait_for("bank@2/4 past>");
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    assert_eq!(writer.end(), (Some(0), String::new()));
}

#[test]
fn a_shell_that_follows_takes_over_once_the_first_has_ended() {
    let place = Place::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    let mut shell = Screen::start(&place, &["bank", "-v", "n=7"], 120, 30);
    let first = format!("process {}", writer.child.id());
    shell.wait_for(&format!("{first} is writing to bank")).wait_for("bank@1>");
    shell.keys("INSERT INTO t VALUES ($n);\r").wait_for("error[read-only]");
    assert_eq!(writer.end(), (Some(0), String::new()));
    // Another one is in the way now, and is the one that is named.
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "INSERT INTO t VALUES (41)");
    let second = format!("process {} is writing to bank", writer.child.id());
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
    let place = Place::new();
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
fn a_read_only_shell_at_a_terminal_follows_and_a_script_does_not() {
    let place = Place::new();
    let mut writer = Piped::new(&place, &["--receipts", "bank"]);
    write(&mut writer, "CREATE TABLE t(a INTEGER)");
    let mut shell = Screen::start(&place, &["--read-only", "bank"], 120, 30);
    shell.wait_for("bank@1>");
    let mut script = Piped::new(&place, &["--read-only", "bank"]);
    let mut count = || script.ask("SELECT count(*) FROM t");
    assert_eq!(count(), "0\n");
    write(&mut writer, "INSERT INTO t VALUES (1)");
    assert_eq!(count(), "0\n");
    shell.keys("SELECT 1000 + count(*) FROM t;\r").wait_for("1001");
    shell.keys("DELETE FROM t;\r").wait_for("error[read-only]");
    for piped in [script, writer] {
        assert_eq!(piped.end(), (Some(0), String::new()));
    }
}
