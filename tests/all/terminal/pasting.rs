//! Pastes, with brackets and without, transcripts, Ctrl-C, and terminals that can do little.

use super::bank;
use super::screen::Screen;
use std::fmt::Write as _;

/// As many statements, each on a line of its own.
fn inserts(count: usize) -> String {
    (1..=count).fold(String::new(), |mut text, index| {
        let _ =
            writeln!(text, "INSERT INTO accounts (owner, balance) VALUES ('o{index}', {index});");
        text
    })
}

/// Pastes inserts and checks that all ran, in order.
fn paste_all(count: usize, is_bracketed: bool) {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "--clock", "2026-01-01", "bank"], 100, 24);
    screen.wait_line("bank@3> ");
    let text = inserts(count).replace('\n', "\r");
    if is_bracketed {
        screen.keys(&format!("\x1b[200~{text}\x1b[201~"));
        let shown = if count > 100 { format!("{count} lines⟧") } else { format!("{count});") };
        screen.wait_for(&shown).keys("\r");
    } else {
        screen.keys(&text);
    }
    screen.wait_line(&format!("bank@{}> ", count + 3)).keys("\x04");
    assert_eq!(screen.end(), 0);
    let query = "SELECT count(*), min(id = balance + 2), max(id) FROM accounts WHERE id > 2;";
    let rows = place.run(&["bank"], query);
    assert_eq!(rows.out, format!("{count}|1|{}\n", count + 2));
}

#[test]
fn fifty_lines_with_brackets_run_at_enter() {
    paste_all(50, true);
}

#[test]
fn fifty_lines_without_brackets_run_as_they_come() {
    paste_all(50, false);
}

#[test]
fn five_thousand_lines_with_brackets_stand_by_name() {
    paste_all(5000, true);
}

#[test]
fn five_thousand_lines_without_brackets_lose_none() {
    paste_all(5000, false);
}

#[test]
fn one_statement_of_many_lines_is_pasted_as_one() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ");
    let rows: Vec<String> = (1..=2000).map(|index| format!("\t('\to{index}', {index})")).collect();
    let text = format!("INSERT INTO accounts (owner, balance) VALUES\r{};\r", rows.join(",\r"));
    screen.keys(&text).wait_line("bank@2003> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let rows = place.run(&["bank"], "SELECT count(*) FROM accounts WHERE owner LIKE '\to%';");
    assert_eq!(rows.out, "2000\n");
}

#[test]
fn an_error_in_a_paste_does_not_stop_it() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ");
    screen.keys("\x1b[200~.print one\nSELECT * FROM nowhere;\n.print two\x1b[201~");
    screen.wait_line("   ...> .print two").keys("\r").wait_for("\ntwo\n");
    assert!(screen.contents().contains("unknown-table"), "{}", screen.contents());
}

#[test]
fn a_transcript_runs_without_its_prompts() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ");
    let transcript = "bank@3> SELECT owner AS first\n   ...> FROM accounts WHERE id = 1;\n\
        ┌───────┐\n│ first │\n└───────┘\nbank@3> .print done\ndone\n";
    screen.keys(&format!("\x1b[200~{transcript}\x1b[201~")).wait_for(".print done");
    screen.keys("\r").wait_for("│ Ada").wait_line("bank@3> ");
    assert!(!screen.contents().contains("error"), "{}", screen.contents());
}

#[test]
fn ctrl_c_stops_what_runs_and_not_the_session() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ");
    let many = "INSERT INTO accounts (owner) SELECT a.owner FROM accounts a, accounts b";
    for _ in 0..3 {
        screen.keys(&format!("{many};\r"));
    }
    screen
        .wait_line("bank@1807> ")
        .keys("SELECT count(*) FROM accounts a, accounts b, accounts c;\r");
    screen.wait_for("accounts c;").keys("\x03").wait_for("interrupted after");
    screen.wait_for("nothing was written").keys(".print on\r").wait_for("\non\n").keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn ctrl_c_stops_an_import_that_shows_how_far_it_is() {
    let place = bank();
    let lines: String = (0..3_000_000).map(|n| format!("{n},x\n")).collect();
    std::fs::write(place.path().join("many.csv"), lines).expect("a file");
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ").keys("CREATE TABLE many (n INTEGER PRIMARY KEY, t TEXT);\r");
    for (table, head) in [("many", "bank@4> "), ("anew", "bank@4> ")] {
        screen.wait_line(head).keys(&format!(".import many.csv {table}\r"));
        screen.wait_for("% · ").keys("\x03").wait_for("nothing was written").wait_line(head);
        assert!(!screen.contents().contains("% · "), "{}", screen.contents());
        screen.keys(".clear\r");
    }
    screen.wait_line("bank@4> ").keys("SELECT count(*) AS found FROM many;\r");
    screen.wait_for("│       0 │").keys(".tables\r").wait_for("accounts").keys("\x04");
    assert_eq!(screen.end(), 0);
    assert!(!screen.contents().contains("anew"), "{}", screen.contents());
}

#[test]
fn a_dumb_terminal_gets_lines_and_nothing_else() {
    let place = bank();
    let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &[("TERM", "dumb")]);
    screen.wait_line("bank@3> ").keys("SELECT nothing\r").wait_line("   ...> ");
    // Ctrl-C forgets what was begun.
    screen.keys("SELECT").wait_line("   ...> SELECT").keys("\x03").wait_line("bank@3> ");
    screen.keys("\x03").wait_for("^C\nbank@3> ^C\nbank@3>").wait_line("bank@3> ");
    screen.keys("SELECT owner\r").wait_line("   ...> ");
    screen.keys("FROM accounts;\r").wait_for("Bob").wait_line("bank@3> ");
    screen.keys(&inserts(50).replace('\n', "\r")).wait_sent("bank@53> ").keys("quit\r");
    assert_eq!(screen.end(), 0);
    assert!(!screen.sent().contains('\x1b'), "{}", screen.sent());
}

#[test]
fn a_dumb_terminal_runs_what_the_editor_leaves() {
    let place = bank();
    std::fs::write(place.path().join("editor"), "echo '+ 40;' >> \"$1\"\n").expect("a script");
    let editor = format!("sh {}", place.path().join("editor").display());
    let environment = [("TERM", "dumb"), ("EDITOR", editor.as_str())];
    let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &environment);
    screen.wait_line("bank@3> ").keys("SELECT\r").wait_line("   ...> ").keys("2\r");
    screen.wait_for("2\n   ...>").keys(".edit\r").wait_for("bank@3> SELECT\n2\n+ 40;\n");
    screen.wait_for(" 42 │").wait_line("bank@3> ");
}

#[test]
fn a_terminal_that_shrinks_keeps_a_statement_of_many_lines() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "bank"], 80, 24);
    screen.wait_line("bank@3> ").keys("SELECT owner,").wait_for("owner,");
    screen.keys("\r").wait_line("   ...> ").resize(60, 24);
    screen.keys("balance FROM accounts").wait_line("   ...> balance FROM accounts");
    screen.keys(";").wait_for("accounts;").keys("\r").wait_for("│ Bob");
}
