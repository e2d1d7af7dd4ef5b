//! The shell at a terminal: what is typed, and what the screen shows.

mod editing;
mod pasting;
pub(crate) mod screen;
mod widths;

use super::shell::TestDirectory;
use super::shell::piped::Piped;
use screen::Screen;

/// A place with a bank of two accounts: events 1 to 3.
fn bank() -> TestDirectory {
    let place = TestDirectory::new();
    let script = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);
        INSERT INTO accounts (owner, balance) VALUES ('Ada', 100), ('Bob', 50);";
    assert_eq!(place.run(&["bank"], script).code, 0);
    place
}

#[test]
fn a_first_minute() {
    let place = TestDirectory::new();
    let mut screen = Screen::start(&place, &["bank"], 80, 24);
    screen.wait_line("bank@0> ");
    screen.keys("CREATE TABLE accounts (owner TEXT, balance INTEGER);\r").wait_line("bank@1> ");
    screen.keys("INSERT INTO accounts VALUES ('Ada', 100);\r").wait_line("bank@2> ");
    screen.keys("UPDATE accounts SET balance = 90;\r").wait_line("bank@3> ");
    screen.keys("SELECT owner, balance FROM accounts AS OF EVENT 2;\r").wait_for("100");
    screen.wait_line("bank@3> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let run = place.run(&["bank"], "SELECT balance FROM accounts;");
    assert_eq!(run.out, "90\n");
}

#[test]
fn the_past_and_a_transaction_stand_in_the_prompt() {
    let place = bank();
    let mut screen = Screen::start(&place, &["bank"], 80, 24);
    screen.wait_line("bank@3> ");
    screen.keys("SET AS OF EVENT 2;\r").wait_line("bank@2/3 past> ");
    assert_eq!(screen.paint("bank@2/3 past").colour, vt100::Color::Idx(3));
    screen.keys("SET AS OF LATEST;\r").wait_line("bank@3> ");
    screen.keys("BEGIN;\r").wait_line("bank@3+0*> ");
    screen.keys("DELETE FROM accounts;\r").wait_line("bank@3+2*> ");
    screen.keys("ROLLBACK;\r").wait_line("bank@3> ");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn rows_go_into_a_pipe_and_prompts_to_the_terminal() {
    let place = bank();
    let mut screen = Screen::start_shell(&place, "\"$ASOF\" -q bank | cat > rows", 80, 24);
    screen.wait_line("bank@3> ").keys("SELECT owner FROM accounts;\r").wait_for("accounts;");
    screen.wait_line("bank@3> ").keys("\x04");
    screen.end();
    let rows = std::fs::read_to_string(place.path().join("rows")).expect("what tee wrote");
    assert!(rows.ends_with("Ada\nBob\n"), "{rows}");
    assert!(!rows.contains('\x1b') && !rows.contains('>'), "{rows}");
}

#[test]
fn a_smaller_terminal_keeps_the_line() {
    let place = bank();
    let mut screen = Screen::start(&place, &["bank"], 80, 24);
    screen.wait_line("bank@3> ").keys("SELECT owner").wait_line("bank@3> SELECT owner");
    screen.resize(60, 10).keys(" FROM accounts").wait_for("bank@3> SELECT owner FROM accounts");
    screen.keys(";\r").wait_for("Bob");
    screen.wait_line("bank@3> ").keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_shell_starts_hears_the_signals_that_end_it() {
    let place = bank();
    let mask = "grep SigBlk /proc/self/status";
    let own = std::process::Command::new("sh").args(["-c", mask]).output().expect("sh runs");
    let own = String::from_utf8(own.stdout).expect("it is ASCII");
    let own = own.split_whitespace().last().expect("a mask").to_owned();
    let run = place.run(&["bank", &format!(".shell {mask}")], "");
    assert!(run.out.trim_end().ends_with(&own), "{}", run.out);
    let mut screen = Screen::start(&place, &["bank"], 80, 24);
    screen.wait_line("bank@3> ").keys(&format!(".shell {mask}\r")).wait_for(&own);
    // A pager is started elsewhere, in the same way.
    screen.wait_line("bank@3> ").keys(&format!(".once '|cat > rows; {mask} > mask'\r"));
    screen.wait_line("bank@3> ").keys("SELECT owner FROM accounts;\r");
    screen.wait_line("bank@3> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let masked = std::fs::read_to_string(place.path().join("mask")).expect("what grep wrote");
    assert!(masked.trim_end().ends_with(&own), "{masked}");
}

#[test]
fn ctrl_c_ends_the_wait_for_a_database_that_another_writes() {
    let place = bank();
    let mut first = Piped::new(&place, &["--receipts", "bank"]);
    let receipt = first.ask("INSERT INTO accounts (owner, balance) VALUES ('Eve', 1)");
    assert_eq!(receipt, "+1 event · #4 INSERT accounts (1 row)\n");
    let mut screen = Screen::start(&place, &["--busy-timeout", "600", "bank"], 80, 24);
    screen.wait_line("bank@4> ").keys("DELETE FROM accounts;\r").wait_for("accounts;");
    std::thread::sleep(std::time::Duration::from_millis(300));
    screen.keys("\x03").wait_for("interrupted after").wait_line("bank@4> ");
    screen.keys("SELECT count(*) FROM accounts;\r").wait_for("3").wait_line("bank@4> ");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    assert_eq!(first.end().0, Some(0));
}

#[test]
fn a_signal_that_ends_the_session_leaves_the_terminal_as_it_was() {
    let place = bank();
    let line = "\"$ASOF\" -q bank; echo ended $?; stty -a; echo done";
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let kill = format!(".shell (sleep 0.3; kill -{signal} $PPID) > nothing 2>&1 &\r");
        for working in [false, true] {
            let mut screen = Screen::start_shell(&place, line, 80, 24);
            screen.wait_line("bank@3> ").keys("BEGIN;\r").wait_line("bank@3+0*> ");
            screen.keys("DELETE FROM accounts;\r").wait_line("bank@3+2*> ");
            screen.keys(&kill).wait_for("PPID").wait_line("bank@3+2*> ");
            if working {
                let tables = "accounts a, accounts b, ".repeat(20);
                let query = format!("SELECT count(*) FROM _events, {tables}accounts c;\r");
                screen.keys("ROLLBACK;\r").keys(&query);
            } else {
                screen.keys("SELECT 'what stands here").wait_for("here");
            }
            screen.wait_for(&format!("ended {code}")).wait_for("done");
            let shown = screen.contents();
            for flag in [" echo ", " icanon ", " icrnl "] {
                assert!(shown.contains(flag), "{flag}: {shown}");
            }
            screen.end();
        }
    }
    let run = place.run(&["bank", "SELECT count(*) FROM accounts"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "2\n"));
}

#[test]
fn headers_are_bold_unless_colours_are_refused() {
    let place = bank();
    let mut screen = Screen::start(&place, &["bank"], 80, 24);
    screen.wait_line("bank@3> ").keys("SELECT owner FROM accounts;\r").wait_for("│ owner");
    screen.wait_line("bank@3> ");
    assert!(screen.paint("owner │").bold);
    drop(screen);
    let mut screen = Screen::start_with(&place, &["bank"], 80, 24, &[("NO_COLOR", "1")]);
    screen.wait_line("bank@3> ").keys("SELECT owner FROM accounts;\r").wait_for("│ owner");
    screen.wait_line("bank@3> ");
    assert!(!screen.paint("owner │").bold);
    assert!(!screen.sent().contains("\x1b[1m"));
}

#[test]
fn ctrl_c_clears_the_line_and_an_invalid_byte_is_one_error() {
    let place = bank();
    let mut screen = Screen::start(&place, &["bank"], 80, 10);
    screen.wait_line("bank@3> ").keys("DELETE FROM accounts").wait_for("accounts");
    screen.keys("\x03").wait_line("bank@3> ").bytes(b"\xff").wait_sent("cannot read this line");
    screen.wait_line("bank@3> ").keys(".print done\r").wait_for("\ndone\n");
    screen.keys(&".print x\r".repeat(20)).wait_gone("accounts");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    assert!(screen.transcript().contains("bank@3> DELETE FROM accounts"));
    assert!(screen.contents().ends_with("bank@3>"));
}
