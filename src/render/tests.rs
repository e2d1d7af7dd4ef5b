//! Screens: each mode and the carets.

use super::*;
use crate::session::OutputColumn;
use crate::types::column::array_of;
use crate::types::{DataType, Date, Decimal, EventId, Span, Timestamp, Value};
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use std::sync::Arc;

fn rows(columns: &[(&str, DataType)], values: &[Vec<Value>]) -> Rows {
    let output: Vec<OutputColumn> = columns
        .iter()
        .map(|(name, data_type)| OutputColumn { name: (*name).into(), data_type: *data_type })
        .collect();
    let fields: Vec<Field> =
        output.iter().map(|c| Field::new(&c.name, c.data_type.arrow(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batches: Vec<_> = values
        .chunks(2)
        .map(|chunk| {
            let arrays = output.iter().enumerate().map(|(at, column)| {
                array_of(column.data_type, chunk.iter().map(move |row| &row[at]))
            });
            RecordBatch::try_new(schema.clone(), arrays.collect()).expect("columns of one length")
        })
        .map(Ok)
        .collect();
    Rows::new(output, Some(EventId(42)), batches.into_iter())
}

fn people() -> Rows {
    let columns = [
        ("id", DataType::Integer),
        ("name", DataType::Text),
        ("paid", DataType::Boolean),
        ("sum", DataType::Decimal { precision: 10, scale: 2 }),
        ("more", DataType::Any),
    ];
    let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
    rows(
        &columns,
        &[
            vec![
                Value::Integer(9_007_199_254_740_993),
                Value::text("née, \"Müller\""),
                Value::Boolean(true),
                decimal(990),
                Value::Real(0.1),
            ],
            vec![Value::Integer(2), Value::text(""), Value::Null, Value::Null, Value::Null],
            vec![
                Value::Integer(3),
                Value::text("漢字\nnew \u{1b}[31mline"),
                Value::Boolean(false),
                decimal(-5),
                Value::Blob([0, 255].as_slice().into()),
            ],
        ],
    )
}

fn format(mode: Mode) -> Format {
    Format { mode, headers: true, terminal: false, colour: false, width: None, footer: true }
}

fn drawn(rows: Rows, format: &Format) -> String {
    let mut out = Vec::new();
    draw(rows, format, &|| None, &mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("text")
}

#[test]
fn list_is_what_sqlite_prints() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::List)).replace('\u{1b}', "<esc>"), @r#"
    id|name|paid|sum|more
    9007199254740993|née, "Müller"|1|9.90|0.1
    2|""|||
    3|漢字
    new <esc>[31mline|0|-0.05|x'00ff'
    "#);
}

#[test]
fn csv_quotes_what_rfc_4180_says() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::Csv)).replace('\u{1b}', "<esc>"), @r#"
    id,name,paid,sum,more
    9007199254740993,"née, ""Müller""",1,9.90,0.1
    2,"",,,
    3,"漢字
    new <esc>[31mline",0,-0.05,x'00ff'
    "#);
}

#[test]
fn tsv_keeps_a_row_on_one_line() {
    let text =
        drawn(people(), &format(Mode::Tsv)).replace('\u{1b}', "<esc>").replace('\t', "<tab>");
    insta::assert_snapshot!(text, @r#"
    id<tab>name<tab>paid<tab>sum<tab>more
    9007199254740993<tab>née, "Müller"<tab>1<tab>9.90<tab>0.1
    2<tab>""<tab><tab><tab>
    3<tab>漢字\nnew <esc>[31mline<tab>0<tab>-0.05<tab>x'00ff'
    "#);
}

#[test]
fn json_is_exact_and_reads_back() {
    let text = drawn(people(), &format(Mode::Json));
    insta::assert_snapshot!(text, @r#"
    [{"id":9007199254740993,"name":"née, \"Müller\"","paid":true,"sum":9.90,"more":0.1},
    {"id":2,"name":"","paid":null,"sum":null,"more":null},
    {"id":3,"name":"漢字\nnew \u001b[31mline","paid":false,"sum":-0.05,"more":"AP8="}]
    "#);
    let read: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(read[2]["name"], "漢字\nnew \u{1b}[31mline");
    assert_eq!(read[0]["id"], 9_007_199_254_740_993_i64);
    assert_eq!(drawn(rows(&[("a", DataType::Any)], &[]), &format(Mode::Json)), "[]\n");
    assert_eq!(drawn(rows(&[("a", DataType::Any)], &[]), &format(Mode::Ndjson)), "");
}

#[test]
fn json_keeps_columns_of_one_name_apart() {
    let integers = vec![Value::Integer(1), Value::Integer(2), Value::Integer(3)];
    let columns = [("id", DataType::Integer), ("id", DataType::Integer), ("j", DataType::Integer)];
    let text = drawn(rows(&columns, &[integers.clone(), integers]), &format(Mode::Ndjson));
    assert_eq!(text, "{\"id\":1,\"id:1\":2,\"j\":3}\n{\"id\":1,\"id:1\":2,\"j\":3}\n");
}

#[test]
fn line_names_every_value() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::Line)).replace('\u{1b}', "<esc>"), @r#"
       id = 9007199254740993
     name = née, "Müller"
     paid = 1
      sum = 9.90
     more = 0.1

       id = 2
     name = 
     paid = 
      sum = 
     more = 

       id = 3
     name = 漢字
    new <esc>[31mline
     paid = 0
      sum = -0.05
     more = x'00ff'
    "#);
}

#[test]
fn boxes_line_up_and_show_what_they_cannot_print() {
    insta::assert_snapshot!(drawn(people(), &format(Mode::Box)), @r#"
    ┌──────────────────┬─────────────────────┬──────┬───────┬─────────┐
    │               id │ name                │ paid │   sum │ more    │
    ├──────────────────┼─────────────────────┼──────┼───────┼─────────┤
    │ 9007199254740993 │ née, "Müller"       │    1 │  9.90 │     0.1 │
    │                2 │                     │ NULL │  NULL │ NULL    │
    │                3 │ 漢字↵new \e[31mline │    0 │ -0.05 │ x'00ff' │
    └──────────────────┴─────────────────────┴──────┴───────┴─────────┘
    3 rows · as of event 42
    "#);
}

#[test]
fn a_box_is_fitted_by_wrapping() {
    let narrow = Format { width: Some(56), ..format(Mode::Box) };
    let text = drawn(people(), &narrow);
    insta::assert_snapshot!(text, @r#"
    ┌──────────────────┬──────────┬──────┬───────┬─────────┐
    │               id │ name     │ paid │   sum │ more    │
    ├──────────────────┼──────────┼──────┼───────┼─────────┤
    │ 9007199254740993 │ née,     │    1 │  9.90 │     0.1 │
    │                  │ "Müller" │      │       │         │
    │                2 │          │ NULL │  NULL │ NULL    │
    │                3 │ 漢字↵new │    0 │ -0.05 │ x'00ff' │
    │                  │ \e[31mli │      │       │         │
    │                  │ ne       │      │       │         │
    └──────────────────┴──────────┴──────┴───────┴─────────┘
    3 rows · as of event 42
    "#);
    assert!(text.lines().all(|line| width(line) <= 56));
}

/// What HISTORY shows, of the rows that a teacher without intents has.
fn history() -> Rows {
    let columns = [
        ("event", DataType::Integer),
        ("at", DataType::Timestamp),
        ("first_rev", DataType::Integer),
        ("intent", DataType::Text),
        ("old", DataType::Json),
        ("new", DataType::Json),
    ];
    let at = Value::Timestamp(Timestamp::parse("2026-11-22 21:55:06.220688").expect("a time"));
    let json = |text: &str| Value::Json(text.into());
    let image = json(r#"{"id":1,"owner":"Ada","balance":"100.00"}"#);
    let (old, new) = (json(r#"{"balance":"100.00"}"#), json(r#"{"balance":"70.00"}"#));
    let (one, two) = (Value::Integer(1), Value::Integer(2));
    let insert = vec![one.clone(), at.clone(), one, Value::Null, Value::Null, image];
    rows(&columns, &[insert, vec![two.clone(), at, two, Value::Null, old, new]])
}

#[test]
fn where_no_box_fits_columns_without_a_value_are_left_out() {
    let narrow = Format { width: Some(85), ..format(Mode::Box) };
    insta::assert_snapshot!(drawn(history(), &narrow), @r#"
    ┌───────┬─────────────────┬───────────┬──────────────────────┬──────────────────────┐
    │ event │ at              │ first_rev │ old                  │ new                  │
    ├───────┼─────────────────┼───────────┼──────────────────────┼──────────────────────┤
    │     1 │ 2026-11-22      │         1 │ NULL                 │ {"id":1,"owner":"Ada │
    │       │ 21:55:06.220688 │           │                      │ ",                   │
    │       │                 │           │                      │ "balance":"100.00"}  │
    │     2 │ 2026-11-22      │         2 │ {"balance":"100.00"} │ {"balance":"70.00"}  │
    │       │ 21:55:06.220688 │           │                      │                      │
    └───────┴─────────────────┴───────────┴──────────────────────┴──────────────────────┘
    2 rows · as of event 42 · all NULL: intent
    "#);
    // Without a footer nothing would tell what is missing.
    let quiet = Format { footer: false, ..narrow };
    assert!(drawn(history(), &quiet).contains("intent"));
}

#[test]
fn where_no_box_fits_at_all_rows_become_lines() {
    let narrow = Format { width: Some(50), ..format(Mode::Box) };
    let text = drawn(history(), &narrow);
    insta::assert_snapshot!(text, @r#"
    ──────────┬──────────────────────────────────────
        event │ 1
           at │ 2026-11-22 21:55:06.220688
    first_rev │ 1
          old │ NULL
          new │ {"id":1,"owner":"Ada",
              │ "balance":"100.00"}
    ──────────┬──────────────────────────────────────
        event │ 2
           at │ 2026-11-22 21:55:06.220688
    first_rev │ 2
          old │ {"balance":"100.00"}
          new │ {"balance":"70.00"}
    2 rows · as of event 42 · all NULL: intent
    "#);
    assert!(text.lines().all(|line| width(line) <= 50));
}

#[test]
fn rows_beyond_the_first_page_keep_its_widths() {
    let many: Vec<Vec<Value>> = (0..1500)
        .map(|i| vec![Value::Integer(i), Value::text(if i > 1200 { "longer" } else { "abc" })])
        .collect();
    let text =
        drawn(rows(&[("n", DataType::Integer), ("t", DataType::Text)], &many), &format(Mode::Box));
    assert!(text.contains("│ 999 │ abc │\n│ 1000 │ abc │\n"));
    assert!(text.contains("│ 1201 │ lon │\n│     │ ger │\n"));
    assert!(text.ends_with("1500 rows · as of event 42\n"));
}

#[test]
fn no_byte_of_a_value_commands_a_terminal() {
    for entry in MODES {
        for colour in [false, true] {
            let at_terminal = Format { terminal: true, colour, ..format(entry.mode) };
            let columns = [("a\u{1b}[2J", DataType::Text), ("j", DataType::Json)];
            let value = "x\u{1b}]52;c;AAAA\u{7}\u{9b}31m\u{202e}\r\u{8}";
            let values = vec![Value::text(value), Value::Json("[\"\u{9b}31m\"]".into())];
            let text = drawn(rows(&columns, &[values]), &at_terminal);
            for bad in ["\u{1b}]", "\u{1b}[2J", "\u{9b}", "\u{7}", "\u{202e}", "\r", "\u{8}"] {
                assert!(!text.contains(bad), "{bad:?} in {}: {text:?}", entry.name);
            }
        }
    }
}

#[test]
fn dates_and_reals_read_as_they_are_written() {
    let columns = [("d", DataType::Date), ("r", DataType::Real), ("s", DataType::Real)];
    let values = vec![Value::Date(Date(0)), Value::Real(1e300), Value::Real(2.0)];
    let text = |mode| drawn(rows(&columns, std::slice::from_ref(&values)), &format(mode));
    assert_eq!(text(Mode::List), "d|r|s\n1970-01-01|1e300|2.0\n");
    assert_eq!(text(Mode::Ndjson), "{\"d\":\"1970-01-01\",\"r\":1e300,\"s\":2.0}\n");
}

fn error(text: &str, marked: &str, place: &Place) -> String {
    let start = text.find(marked).expect("the marked text is there");
    let diagnostic = Diagnostic {
        code: "unknown-column".into(),
        message: "accounts has no column \"owne\"".into(),
        span: Some(Span::new(start, start + marked.len())),
        help: Some("did you mean \"owner\"?".into()),
        notes: vec!["accounts(id, owner, balance)".into()],
    };
    let mut out = Vec::new();
    report(&diagnostic, text, place, false, &mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("text")
}

fn seed(line: usize, column: usize) -> Place {
    Place { name: Some("seed.sql".into()), line, column }
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
    let terminal = Place { name: None, line: 1, column: 1 };
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
    report(&diagnostic, "SELECT id\nFROM  \n\n", &seed(3, 1), false, &mut out).expect("writes");
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
    report(&diagnostic, "INSERT …", &seed(3, 1), false, &mut out).expect("writes");
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
    report(&diagnostic, "SELECT 1", &seed(1, 1), false, &mut out).expect("writes");
    let text = String::from_utf8(out).expect("text");
    assert!(text.chars().count() < 2000 && text.contains("é…é"), "{text}");
    assert!(text.lines().next().is_some_and(|line| line.ends_with("é\" here")), "{text}");
}
