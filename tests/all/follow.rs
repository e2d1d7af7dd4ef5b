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
    shell.wait_for("once that process has ended, open the database again");
    shell.keys("SET AS OF EVENT 2;\r").wait_for("past>");
    write(&mut writer, "INSERT INTO t VALUES (1)");
    shell.keys("SELECT 3000 + sum(a) FROM t;\r").wait_for("3041").wait_for("bank@2/4 past>");
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    assert_eq!(writer.end(), (Some(0), String::new()));
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
