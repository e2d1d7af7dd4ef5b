//! Errors and notices.

use super::*;

fn error(text: &str, marked: &str, place: &TextOrigin) -> String {
    let start = text.find(marked).expect("the marked text is there");
    let diagnostic = Diagnostic {
        code: "unknown-column".into(),
        message: "accounts has no column \"owne\"".into(),
        span: Some(Span::new(start, start + marked.len())),
        help: Some("did you mean \"owner\"?".into()),
        notes: vec!["accounts(id, owner, balance)".into()],
    };
    let mut out = Vec::new();
    report(&diagnostic, text, place, &ReportOptions::default(), &mut out)
        .expect("a vector takes every byte");
    String::from_utf8(out).expect("text")
}

fn seed(line: usize, column: usize) -> TextOrigin {
    TextOrigin { name: Some("seed.sql".into()), line, column }
}

#[test]
fn a_script_error_names_its_place() {
    let text = "SELECT owne FROM accounts WHERE id = 1;";
    insta::assert_snapshot!(error(text, "owne", &seed(7, 1)), @r#"
    seed.sql:7:8: error[unknown-column]: accounts has no column "owne"
     7 | SELECT owne FROM accounts WHERE id = 1;
       |        ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
    let terminal = TextOrigin::default();
    insta::assert_snapshot!(error(text, "owne", &terminal), @r#"
    error[unknown-column]: accounts has no column "owne"
     1 | SELECT owne FROM accounts WHERE id = 1;
       |        ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
}

#[test]
fn the_line_of_a_long_statement_is_the_right_one() {
    let text = "SELECT id,\r\n\towne,\r\n  balance FROM accounts";
    insta::assert_snapshot!(error(text, "owne", &seed(99, 30)), @r#"
    seed.sql:100:2: error[unknown-column]: accounts has no column "owne"
     100 |     owne,
         |     ^^^^ did you mean "owner"?
         = accounts(id, owner, balance)
    "#);
    // The first line of a text that begins in the middle of a line.
    let text = "SELECT owne FROM accounts";
    assert!(error(text, "owne", &seed(7, 20)).starts_with("seed.sql:7:27: error"));
}

#[test]
fn tabs_wide_characters_and_controls_do_not_misplace_the_caret() {
    insta::assert_snapshot!(error("SELECT\t'漢字',\towne", "owne", &seed(1, 1)), @r#"
    seed.sql:1:14: error[unknown-column]: accounts has no column "owne"
     1 | SELECT  '漢字', owne
       |                 ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
    insta::assert_snapshot!(error("SELECT '\u{1b}[31m', owne", "owne", &seed(1, 1)), @r#"
    seed.sql:1:17: error[unknown-column]: accounts has no column "owne"
     1 | SELECT '\e[31m', owne
       |                  ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
    insta::assert_snapshot!(error("SELECT e\u{301}, 漢字 FROM t", "漢字", &seed(1, 1)), @r#"
    seed.sql:1:12: error[unknown-column]: accounts has no column "owne"
     1 | SELECT é, 漢字 FROM t
       |           ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
}

#[test]
fn a_line_of_megabytes_is_cut_around_the_caret() {
    let text = format!("INSERT INTO t VALUES {} owne {}", "(1),".repeat(999), "(2),".repeat(999));
    insta::assert_snapshot!(error(&text, "owne", &seed(1, 1)), @r#"
    seed.sql:1:4019: error[unknown-column]: accounts has no column "owne"
     1 | …1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1),(1), owne (2),(2),(2),(2),(2),(2),(2),(2),(2),(2),(2),(…
       |                                                              ^^^^ did you mean "owner"?
       = accounts(id, owner, balance)
    "#);
}

#[test]
fn what_is_missing_at_the_end_is_shown_behind_the_last_word() {
    let diagnostic = Diagnostic {
        code: "unfinished".into(),
        message: "expected a table".into(),
        span: Some(Span::new(17, 17)),
        ..Diagnostic::default()
    };
    let mut out = Vec::new();
    report(&diagnostic, "SELECT id\nFROM  \n\n", &seed(3, 1), &ReportOptions::default(), &mut out)
        .expect("writes");
    insta::assert_snapshot!(String::from_utf8(out).expect("text"), @r#"
    seed.sql:4:5: error[unfinished]: expected a table
     4 | FROM  
       |     ^
    "#);
}

#[test]
fn an_error_without_a_place_has_help_and_notes_below() {
    let diagnostic = Diagnostic {
        notes: vec!["a \u{1b}[31mnote".into()],
        ..Diagnostic::new("unique", "accounts.id 7 is taken").help(Some("use REPLACE".into()))
    };
    let mut out = Vec::new();
    report(&diagnostic, "INSERT …", &seed(3, 1), &ReportOptions::default(), &mut out)
        .expect("writes");
    insta::assert_snapshot!(String::from_utf8(out).expect("text"), @r#"
    seed.sql:3:1: error[unique]: accounts.id 7 is taken
       = use REPLACE
       = a \e[31mnote
    "#);
}

#[test]
fn a_name_of_a_megabyte_is_not_told_in_full() {
    let long = "é".repeat(1 << 20);
    let diagnostic = Diagnostic {
        code: "unknown-column".into(),
        message: format!("no column \"{long}\" here"),
        help: Some(long.clone()),
        notes: vec![long],
        ..Diagnostic::default()
    };
    let mut out = Vec::new();
    report(&diagnostic, "SELECT 1", &seed(1, 1), &ReportOptions::default(), &mut out)
        .expect("writes");
    let text = String::from_utf8(out).expect("text");
    assert!(text.chars().count() < 2000 && text.contains("é…é"), "{text}");
    assert!(text.lines().next().is_some_and(|line| line.ends_with("é\" here")), "{text}");
}

/// An error as it is told in a manner.
fn reported(error: &Diagnostic, text: &str, place: &TextOrigin, options: &ReportOptions) -> String {
    let mut out = Vec::new();
    report(error, text, place, options, &mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("text")
}

fn wrong() -> Diagnostic {
    Diagnostic {
        code: "unknown-column".into(),
        message: "accounts has no \u{1b}[31m column \"owne\"".into(),
        span: Some(Span::new(7, 11)),
        help: Some("did you mean \"owner\"?".into()),
        notes: vec!["accounts(id,\nowner)".into(), "two".into()],
    }
}

#[test]
fn a_program_reads_one_line_for_each_error() {
    let short = ReportOptions { format: ErrorFormat::Short, ..ReportOptions::default() };
    let text = "SELECT owne FROM accounts";
    insta::assert_snapshot!(reported(&wrong(), text, &seed(7, 1), &short), @r#"seed.sql:7:8: error[unknown-column]: accounts has no \e[31m column "owne" (did you mean "owner"?)"#);
    let json = ReportOptions { format: ErrorFormat::Json, ..ReportOptions::default() };
    let line = reported(&wrong(), text, &seed(7, 1), &json);
    insta::assert_snapshot!(line, @r#"{"code":"unknown-column","message":"accounts has no \u001b[31m column \"owne\"","file":"seed.sql","line":7,"column":8,"offset":7,"length":4,"help":"did you mean \"owner\"?","notes":["accounts(id,\nowner)","two"]}"#);
    let read: serde_json::Value = serde_json::from_str(&line).expect("valid JSON");
    assert_eq!(read["message"], "accounts has no \u{1b}[31m column \"owne\"");
    assert_eq!((&read["offset"], &read["length"]), (&7.into(), &4.into()));
    let place = TextOrigin::default();
    insta::assert_snapshot!(reported(&Diagnostic::new("usage", "no"), "", &place, &json), @r#"{"code":"usage","message":"no","file":null,"line":1,"column":1,"offset":null,"length":null,"help":null,"notes":[]}"#);
    let mut out = Vec::new();
    notice("stopped \u{9b}here", &json, &mut out).expect("a vector takes every byte");
    insta::assert_snapshot!(String::from_utf8(out).expect("text"), @r#"{"code":"notice","message":"stopped \u009bhere"}"#);
}

#[test]
fn an_error_at_a_terminal_keeps_to_its_width() {
    let long = "a long way out, or a fact that is not, in many words";
    let error = Diagnostic {
        message: "the table has no such column, whatever anyone may have said about it".into(),
        help: Some(long.into()),
        notes: vec![long.into()],
        ..wrong()
    };
    let options = ReportOptions { width: Some(40), ..ReportOptions::default() };
    let place = TextOrigin::default();
    let text = "SELECT owne, and_then, much_more, that_is, of_no, interest FROM accounts";
    let text = reported(&error, text, &place, &options);
    insta::assert_snapshot!(text, @r"
    error[unknown-column]: the table has
      no such column, whatever anyone may
      have said about it
     1 | SELECT owne, and_then, much_more,…
       |        ^^^^
       = a long way out, or a fact that is
         not, in many words
       = a long way out, or a fact that is
         not, in many words
    ");
    assert!(text.lines().all(|line| width(line) <= 40), "{text}");
}
