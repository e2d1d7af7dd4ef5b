//! Statements of many lines, the history, hints, completion, the editor.

use super::bank;
use super::screen::Screen;
use crate::shell::TestDirectory;
use std::fs;
use vt100::Color;

/// A shell at the bank's prompt.
fn start(place: &TestDirectory, columns: u16) -> Screen {
    let mut screen = Screen::start(place, &["-q", "bank"], columns, 24);
    screen.wait_line("bank@3> ");
    screen
}

/// Types a line that is not complete; the next prompt follows.
fn line(screen: &mut Screen, typed: &str, prompt: &str) {
    let last = typed.chars().last().expect("something is typed");
    screen.keys(typed).wait_for(typed);
    assert!(!last.is_whitespace());
    screen.keys("\r").wait_line(prompt);
}

#[test]
fn a_statement_of_many_lines_is_one_buffer_and_comes_back_as_one() {
    let place = bank();
    let mut screen = start(&place, 80);
    line(&mut screen, "SELECT owner,", "   ...> ");
    line(&mut screen, "'a", "   '..> ");
    line(&mut screen, "b' AS text, (balance", "   (..> ");
    line(&mut screen, "+ 1) AS more", "   ...> ");
    // Back over the beginning of the line into the one before it.
    screen.keys("\x7f").wait_line("   (..> + 1) AS more");
    screen.keys("1 FROM accounts;").wait_for("more1 FROM");
    screen.keys("\r").wait_for("┌").wait_line("bank@3> ");
    let whole =
        "SELECT owner,\n   ...> 'a\n   '..> b' AS text, (balance\n   (..> + 1) AS more1 FROM";
    assert!(screen.contents().contains(whole), "{}", screen.contents());
    screen.keys(".clear\r").wait_gone("Ada");
    // As a whole, and a line of it is changed.
    screen.wait_line("bank@3> ").keys("\x1b[A").wait_for(".clear");
    screen.keys("\x1b[A").wait_line("   (..> + 1) AS more1 FROM accounts;");
    screen.keys("\x1b[A").keys("\x1b[A").keys("\x1b[A").keys("\x05, id").wait_for("owner,, id");
    screen.keys("\x7f\x7f\x7f\x7f\x7f, id,\r").wait_for("more1 │").wait_line("bank@3> ");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    let history = fs::read_to_string(place.path().join("home/asof/history")).expect("a history");
    assert_eq!(
        history,
        "#V2\nSELECT owner,\\n'a\\nb' AS text, (balance\\n+ 1) AS more1 FROM accounts;\n.clear\n\
         SELECT owner, id,\\n'a\\nb' AS text, (balance\\n+ 1) AS more1 FROM accounts;\n"
    );
}

#[test]
fn alt_enter_and_ctrl_j_always_insert_a_line() {
    let place = bank();
    let mut screen = start(&place, 80);
    screen.keys("SELECT 1;").wait_for("SELECT 1;");
    screen.keys("\x1b\r").wait_line("   ...> ");
    screen.keys("SELECT 2;").wait_for("SELECT 2;");
    screen.keys("\n").wait_line("   ...> ");
    screen.keys("\r").wait_for(" 2 │").wait_line("bank@3> ");
    assert!(screen.contents().contains(" 1 │"), "{}", screen.contents());
}

#[test]
fn sessions_side_by_side_lose_no_history() {
    let place = bank();
    let mut first = start(&place, 80);
    let mut second = Screen::start(&place, &["-q"], 80, 24);
    second.wait_line("memory@0> ").keys(".print two\r").wait_for("\ntwo\n");
    first.keys(".print one\r").wait_for("\none\n");
    second.keys(" .print secret\r").wait_for("\nsecret\n").keys(".print three\r");
    second.wait_for("\nthree\n").keys("\x04");
    first.keys("\x04");
    assert_eq!((first.end(), second.end()), (0, 0));
    let mut third = start(&place, 80);
    third.keys(".history 4\r").wait_for("\n.print two\n.print one\n.print three\n");
    // A hint from the history, taken with an arrow.
    third.wait_line("bank@3> ").keys(".clear\r").wait_gone(".print one").wait_line("bank@3> ");
    third.keys(".print ").wait_line("bank@3> .print ").keys("t").wait_for(".print three");
    assert!(third.paint("hree").dim);
    third.keys("\x1b[C").wait_line("bank@3> .print three").keys("\x15").wait_line("bank@3> ");
}

#[test]
fn what_is_typed_has_its_colours_and_wrong_names_a_line() {
    let place = bank();
    let mut screen = start(&place, 80);
    screen.keys("SELECT ownr, 'x' FROM nowhere, accounts").wait_for("accounts");
    screen.keys(" ").wait_line("bank@3> SELECT ownr, 'x' FROM nowhere, accounts ");
    assert_eq!(screen.paint("SELECT").colour, Color::Idx(4));
    assert_eq!(screen.paint("'x'").colour, Color::Idx(2));
    assert!(screen.paint("nowhere").underline);
    assert!(!screen.paint("accounts").underline);
    screen.keys("\x03").wait_line("bank@3> ").keys("SELECT ownr FROM accounts WHERE (id ");
    screen.wait_line("bank@3> SELECT ownr FROM accounts WHERE (id ").keys("= 1");
    screen.wait_line("bank@3> SELECT ownr FROM accounts WHERE (id = 1").keys(")");
    screen.wait_line("bank@3> SELECT ownr FROM accounts WHERE (id = 1)");
    assert!(screen.paint("ownr FROM").underline);
    assert_eq!(screen.paint("(id = 1)").colour, Color::Idx(3));
    let mut plain = Screen::start_with(&place, &["-q"], 80, 24, &[("NO_COLOR", "1")]);
    plain.wait_line("memory@0> ").keys("SELECT (1").wait_line("memory@0> SELECT (1");
    plain.keys("\r").wait_line("     (..> ");
    assert_eq!(plain.paint("SELECT").colour, Color::Default);
    assert!(!plain.paint("(..>").dim);
}

#[test]
fn candidates_come_from_the_grammar_the_schema_and_the_log() {
    let place = bank();
    for columns in [60, 80, 200] {
        let mut screen = start(&place, columns);
        screen.keys("SELECT * FROM acc").wait_for("FROM acc");
        screen.keys("\t").wait_line("bank@3> SELECT * FROM accounts ");
        screen.keys("AS OF EVENT ").wait_line("bank@3> SELECT * FROM accounts AS OF EVENT ");
        screen.keys("\t").wait_for("CREATE TABLE accounts");
        screen.wait_for("accounts + 1, Ada");
        screen.keys("2").wait_line("bank@3> SELECT * FROM accounts AS OF EVENT 2");
        screen.keys("\x03").wait_line("bank@3> ").keys(".mode j").wait_for(".mode j");
        screen.keys("\t").wait_line("bank@3> .mode json").keys("\x03");
        screen.wait_line("bank@3> ").keys("\x04");
        assert_eq!(screen.end(), 0);
    }
}

#[test]
fn tags_indexes_points_and_files_are_offered_as_they_are_written() {
    let place = bank();
    let script = "CREATE INDEX by_owner ON accounts (owner); TAG 'first day'; SNAPSHOT 'monday';";
    assert_eq!(place.run(&["bank"], script).code, 0);
    fs::write(place.path().join("new rows.csv"), "id,owner\n9,Cleo\n").expect("a file");
    let mut screen = Screen::start(&place, &["-q", "bank", "-v", "night=5"], 80, 24);
    screen.wait_line("bank@6> ");
    for (typed, completed) in [
        ("DROP INDEX by", "DROP INDEX by_owner"),
        ("SELECT 1 AS OF TAG 'f", "SELECT 1 AS OF TAG 'first day'"),
        ("SELECT 1 AS OF TAG f", "SELECT 1 AS OF TAG \"first day\""),
        ("SELECT 1 AS OF SNAPSHOT '", "SELECT 1 AS OF SNAPSHOT 'monday'"),
        ("SELECT 1 AS OF EVENT $n", "SELECT 1 AS OF EVENT $night"),
        (".goto TAG 'f", ".goto TAG 'first day'"),
        (".diff EVENT 1 TAG 'f", ".diff EVENT 1 TAG 'first day'"),
        (".diff 1 2 acc", ".diff 1 2 accounts"),
        (".import new", ".import 'new rows.csv' "),
        (".import 'new", ".import 'new rows.csv' "),
        (".export x.csv SELECT own", ".export x.csv SELECT owner"),
        (".sch", ".schema "),
        ("upd", "update "),
    ] {
        screen.keys(typed).wait_line(&format!("bank@6> {typed}"));
        screen.keys("\t").wait_line(&format!("bank@6> {completed}"));
        screen.keys("\x03").wait_line("bank@6> ");
    }
    screen.keys(".import new").wait_for("new").keys("\t").wait_for("csv'").keys("fresh\r");
    screen.wait_for("fresh").wait_line("bank@8> ").keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_name_over_two_lines_is_not_completed() {
    let place = bank();
    let mut screen = start(&place, 80);
    line(&mut screen, "SELECT \"acc", "   \"..> ");
    screen.keys("öacc").wait_line("   \"..> öacc").keys("\t").keys("x");
    screen.wait_line("   \"..> öaccx").keys("\x03").wait_line("bank@3> ");
}

#[test]
fn the_editor_gets_the_statement_and_gives_it_back_for_review() {
    let place = bank();
    let script = "#!/bin/sh\nsed s/Ada/Bob/ \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n";
    fs::write(place.path().join("editor"), script).expect("a script");
    let editor = format!("sh {}", place.path().join("editor").display());
    let environment = [("EDITOR", editor.as_str())];
    let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &environment);
    screen.wait_line("bank@3> ").keys("SELECT 'Ada';\r").wait_for("│ Ada");
    screen.wait_line("bank@3> ").keys(".edit\r").wait_line("bank@3> SELECT 'Bob';");
    screen.keys("\r").wait_for("│ Bob").wait_line("bank@3> ");
    // The statement that is being typed.
    line(&mut screen, "SELECT 1, 'Ada'", "   ...> ");
    screen.keys("\\e").wait_for("\\e").keys("\r").wait_line("bank@3> SELECT 1, 'Bob'");
    screen.keys("\x03").wait_line("bank@3> ").keys("DELETE 'Ada'").wait_for("DELETE 'Ada'");
    screen.keys("\x18\x05").wait_line("bank@3> DELETE 'Bob'");
}

/// Hands a statement to the editor line by line, each as fast as programs type, and checks what comes
/// back.
fn edited(first: &str, second: &str, prompts: [&str; 2], back: &str, last: &str) {
    let place = bank();
    fs::write(place.path().join("editor"), "cp \"$1\" given\n").expect("a script");
    let editor = format!("sh {}", place.path().join("editor").display());
    let environment = [("EDITOR", editor.as_str())];
    let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &environment);
    screen.wait_line("bank@3> ").keys(&format!("{first}\r")).wait_line(prompts[0]);
    screen.keys(second).wait_line(&format!("{}{second}", prompts[0]));
    screen.keys("\r").wait_line(prompts[1]).keys(".edit").wait_for(".edit");
    screen.keys("\r").wait_for(back).wait_line(last);
    let given = fs::read_to_string(place.path().join("given")).expect("what the editor got");
    assert_eq!(given, format!("{first}\n{second}\n"));
    screen.keys(";\r").wait_for("┌").wait_line("bank@3> ");
}

#[test]
fn the_editor_gets_lines_that_were_handed_over_before() {
    let text = ["   '..> ", "   ...> "];
    edited("SELECT 'x", "y'", text, "bank@3> SELECT 'x\n", "   '..> y'");
    let name = ["   \"..> ", "   ...> "];
    edited("SELECT 1 AS \"x", "y\"", name, "bank@3> SELECT 1 AS \"x\n", "   \"..> y\"");
    edited("SELECT 1,", "2", ["   ...> "; 2], "bank@3> SELECT 1,\n", "   ...> 2");
}

#[test]
fn what_comes_all_at_once_has_its_colours() {
    let place = bank();
    for term in ["xterm-256color", "screen", "tmux-256color"] {
        let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &[("TERM", term)]);
        screen.wait_line("bank@3> ").keys("SELECT owner, 'x', (12) FROM nosuch ");
        screen.wait_line("bank@3> SELECT owner, 'x', (12) FROM nosuch ");
        assert_eq!(screen.paint("SELECT").colour, Color::Idx(4), "{term}");
        assert_eq!(screen.paint("'x'").colour, Color::Idx(2));
        assert_eq!(screen.paint("12").colour, Color::Idx(6));
        assert!(screen.paint("nosuch").underline);
    }
}

#[test]
fn an_alias_behind_the_cursor_is_known() {
    let place = bank();
    let mut screen = start(&place, 80);
    screen.keys("SELECT a. FROM accounts a;").wait_for("accounts a;");
    screen.keys(&"\x1b[D".repeat(" FROM accounts a;".len())).wait_column("bank@3> SELECT a.".len());
    screen.keys("ow").wait_for("a.ow FROM").keys("\t").wait_for("SELECT a.owner FROM accounts a;");
}

#[test]
fn leaving_names_the_statement_that_is_not_run() {
    let place = bank();
    let told = "\nthe unfinished statement was not run: SELECT 'a b' , c FROM accounts a";
    let end = |screen: &mut Screen| {
        screen.keys("\x04");
        assert_eq!(screen.end(), 0);
        assert!(screen.contents().contains(told), "{}", screen.contents());
    };
    let mut screen = start(&place, 80);
    line(&mut screen, "SELECT 'a b'", "   ...> ");
    line(&mut screen, ", c FROM accounts a", "   ...> ");
    end(&mut screen);
    for term in ["xterm", "dumb"] {
        let mut screen = Screen::start_with(&place, &["-q", "bank"], 80, 24, &[("TERM", term)]);
        screen.wait_line("bank@3> ").keys("SELECT 'a b'\r").wait_line("   ...> ");
        screen.keys(", c FROM accounts a\r").wait_for("a\n   ...>");
        end(&mut screen);
    }
    // A cursor that stands in a line deletes.
    let mut screen = start(&place, 80);
    line(&mut screen, "SELECT 'a b'", "   ...> ");
    screen.keys("x\x01\x04").wait_line("   ...> ").keys("\x03").wait_line("bank@3> ");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    assert!(!screen.contents().contains("not run"), "{}", screen.contents());
}

#[test]
fn an_editor_that_fails_is_told() {
    let place = bank();
    let mut screen =
        Screen::start_with(&place, &["-q", "bank"], 80, 24, &[("VISUAL", "/nowhere/editor")]);
    screen.wait_line("bank@3> ").keys(".edit\r").wait_for("error[editor]");
    screen.wait_line("bank@3> ").keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn bare_words_are_commands() {
    let place = bank();
    let mut screen = start(&place, 80);
    screen.keys("\\dt\r").wait_for("\naccounts\n").wait_line("bank@3> ");
    screen.keys("clear\r").wait_gone("accounts");
    screen.wait_line("bank@3> ").keys("  .tables;\r").wait_for("\naccounts\n");
    screen.wait_line("bank@3> ").keys("\\d accounts\r").wait_for("CREATE TABLE accounts");
    screen.wait_line("bank@3> ").keys("?\r").wait_sent(".history");
    screen.wait_line("bank@3> ").keys("exit\r");
    assert_eq!(screen.end(), 0);
}

#[test]
fn the_prompt_is_what_prompt_says() {
    let place = bank();
    let mut screen = start(&place, 80);
    screen.keys(".prompt '銀行 {head}{state}> ' '続 '\r").wait_line("銀行 3> ");
    screen.keys("SELECT '🏦 漢字'").wait_line("銀行 3> SELECT '🏦 漢字'");
    screen.keys("\r").wait_line("     続 ").keys(";").wait_for("続 ;");
    screen.keys("\r").wait_for("│ 🏦 漢字").wait_line("銀行 3> ");
    screen.keys(".prompt\r").wait_line("bank@3> ");
}

#[test]
fn nothing_is_opened_where_only_safe_things_are_done() {
    let place = bank();
    let mut screen = Screen::start(&place, &["-q", "--safe", "bank"], 80, 24);
    screen.wait_line("bank@3> ").keys(".edit\r").wait_for("error[safe-mode]");
    screen.wait_line("bank@3> ").keys("SELECT 1").wait_for("SELECT 1").keys("\x18\x05");
    // What is not opened is not lost.
    screen.wait_for("SELECT 1\nerror[safe-mode]").wait_line("bank@3> SELECT 1");
    screen.keys("\x03").wait_line("bank@3> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    assert_eq!(screen.contents().matches("error[safe-mode]").count(), 2);
}
