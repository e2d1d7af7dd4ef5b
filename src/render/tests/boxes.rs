//! Boxes.

use super::*;

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
    let number = |i: i64| if i == 10_400 { -9_123_456_789 } else { i };
    let many: Vec<Vec<Value>> = (0..10_500)
        .map(|i| {
            let text = if i > 10_200 { "longer" } else { "abc" };
            vec![Value::Integer(number(i)), Value::text(text)]
        })
        .collect();
    let columns = [("n", DataType::Integer), ("t", DataType::Text)];
    for mode in [Mode::Box, Mode::Table] {
        let text = drawn(rows(&columns, &many), &format(mode));
        let framed: Vec<&str> = text.lines().take_while(|line| !line.contains("rows")).collect();
        assert!(framed.iter().all(|line| width(line) == width(framed[0])), "{mode:?}");
    }
    let text = drawn(rows(&columns, &many), &format(Mode::Box));
    assert!(text.contains("│    9999 │ abc │\n│   10000 │ abc │\n"));
    assert!(text.contains("│   10201 │ lon │\n│         │ ger │\n"));
    // Half a number is marked as such.
    assert!(
        text.contains("│ -91234… │ lon │\n│   56789 │ ger │\n"),
        "{}",
        &text[text.len() - 9000..]
    );
    assert!(text.ends_with("10500 rows · as of event 42\n"));
    // Where all rows are known there is nothing to grow.
    let text = drawn(rows(&columns, &many[..5000]), &format(Mode::Box));
    assert!(text.contains("\n│ 4999 │ abc │\n└──────┴─────┘\n"));
}

/// How a terminal of so many columns is drawn to.
fn terminal(columns: usize) -> Format {
    Format { terminal: true, width: Some(columns), rows: Some(6), ..format(Mode::Box) }
}

/// Values that are hard to measure.
fn world() -> Rows {
    let columns = [("id", DataType::Integer), ("what", DataType::Text), ("said", DataType::Text)];
    let texts = [
        ("漢字", "日本語のとても長い文章は空白がないので途中で折り返されます"),
        ("👩‍👩‍👧‍👦 and 🇫🇷🇯🇵", "families, flags and thumbs 👍🏽 stay whole where they are cut 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"),
        (
            "e\u{301}a\u{308}",
            "marks that combine take no room of their own: e\u{301}e\u{301}e\u{301}",
        ),
        ("tab\there", "bell\u{7} escape\u{1b}[31m line\nnew"),
    ];
    let row = |(id, (what, said)): (i64, &(&str, &str))| {
        vec![Value::Integer(id), Value::text(*what), Value::text(*said)]
    };
    let values: Vec<Vec<Value>> = (1..).zip(&texts).map(row).collect();
    rows(&columns, &values)
}

/// Draws, and makes sure that every line of a frame ends at the same column within the width.
fn fitted(rows: Rows, format: &Format) -> String {
    let text = drawn(rows, format);
    let frame = text.lines().filter(|line| line.starts_with(['│', '┌', '├', '└']));
    let widths: Vec<usize> = frame.map(width).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    assert!(text.lines().all(|line| format.width.is_none_or(|room| width(line) <= room)), "{text}");
    text
}

#[test]
fn a_terminal_is_shown_types_and_every_script() {
    insta::assert_snapshot!(fitted(world(), &terminal(60)), @r"
    ┌─────┬─────────────┬──────────────────────────────────────┐
    │  id │ what        │ said                                 │
    │ int │ text        │ text                                 │
    ├─────┼─────────────┼──────────────────────────────────────┤
    │   1 │ 漢字        │ 日本語のとても長い文章は空白がないの │
    │     │             │ で途中で折り返されます               │
    │   2 │ 👩‍👩‍👧‍👦 and 🇫🇷🇯🇵 │ families, flags and thumbs 👍🏽 stay   │
    │     │             │ whole where they are cut 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦      │
    │   3 │ éä          │ marks that combine take no room of   │
    │     │             │ their own: ééé                       │
    │   4 │ tab\there   │ bell\a escape\e[31m line↵new         │
    └─────┴─────────────┴──────────────────────────────────────┘
    4 rows · as of event 42
    ");
    insta::assert_snapshot!(fitted(world(), &terminal(80)), @r"
    ┌─────┬─────────────┬──────────────────────────────────────────────────────────┐
    │  id │ what        │ said                                                     │
    │ int │ text        │ text                                                     │
    ├─────┼─────────────┼──────────────────────────────────────────────────────────┤
    │   1 │ 漢字        │ 日本語のとても長い文章は空白がないので途中で折り返されま │
    │     │             │ す                                                       │
    │   2 │ 👩‍👩‍👧‍👦 and 🇫🇷🇯🇵 │ families, flags and thumbs 👍🏽 stay whole where they are  │
    │     │             │ cut 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦                                               │
    │   3 │ éä          │ marks that combine take no room of their own: ééé        │
    │   4 │ tab\there   │ bell\a escape\e[31m line↵new                             │
    └─────┴─────────────┴──────────────────────────────────────────────────────────┘
    4 rows · as of event 42
    ");
    insta::assert_snapshot!(fitted(world(), &terminal(200)), @r"
    ┌─────────┬─────────────┬────────────────────────────────────────────────────────────────────┐
    │      id │ what        │ said                                                               │
    │ integer │ text        │ text                                                               │
    ├─────────┼─────────────┼────────────────────────────────────────────────────────────────────┤
    │       1 │ 漢字        │ 日本語のとても長い文章は空白がないので途中で折り返されます         │
    │       2 │ 👩‍👩‍👧‍👦 and 🇫🇷🇯🇵 │ families, flags and thumbs 👍🏽 stay whole where they are cut 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦 │
    │       3 │ éä          │ marks that combine take no room of their own: ééé                  │
    │       4 │ tab\there   │ bell\a escape\e[31m line↵new                                       │
    └─────────┴─────────────┴────────────────────────────────────────────────────────────────────┘
    4 rows · as of event 42
    ");
}

#[test]
fn types_need_no_room_of_their_own() {
    insta::assert_snapshot!(fitted(people(), &terminal(56)), @r#"
    ┌──────────────────┬──────────┬──────┬───────┬─────────┐
    │               id │ name     │ paid │   sum │ more    │
    │          integer │ text     │ bool │   dec │ any     │
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
}

fn numbers(count: i64) -> Rows {
    let values: Vec<Vec<Value>> =
        (1..=count).map(|n| vec![Value::Integer(n), Value::text(format!("row {n}"))]).collect();
    rows(&[("n", DataType::Integer), ("t", DataType::Text)], &values)
}

#[test]
fn a_terminal_is_shown_the_first_and_the_last_rows() {
    insta::assert_snapshot!(fitted(numbers(5000), &terminal(80)), @r"
    ┌─────────┬──────────┐
    │       n │ t        │
    │ integer │ text     │
    ├─────────┼──────────┤
    │       1 │ row 1    │
    │       2 │ row 2    │
    │       3 │ row 3    │
    │       ⋮ │ ⋮        │
    │    4998 │ row 4998 │
    │    4999 │ row 4999 │
    │    5000 │ row 5000 │
    └─────────┴──────────┘
    5000 rows (6 shown, .last for all) · as of event 42
    ");
    // The mark would stand where the one row has room.
    assert!(fitted(numbers(7), &terminal(80)).contains("\n7 rows · as of"));
    assert!(
        fitted(numbers(8), &terminal(80)).contains("\n8 rows (6 shown, .last for all) · as of")
    );
    // Elsewhere nothing is left out.
    let all = drawn(numbers(5000), &Format { terminal: false, ..terminal(80) });
    assert_eq!(all.lines().count(), 5000 + 5);
    let lines = Format { vertical: Vertical::On, rows: Some(2), ..terminal(80) };
    insta::assert_snapshot!(drawn(numbers(9), &lines), @r"
    ──┬────────────────────────────────────────
    n │ 1
    t │ row 1
    ⋮
    ──┬────────────────────────────────────────
    n │ 9
    t │ row 9
    9 rows (2 shown, .last for all) · as of event 42
    ");
}

#[test]
fn columns_without_room_are_hidden_in_the_middle_and_told() {
    let columns: Vec<(String, DataType)> =
        (1..=300).map(|n| (format!("column_{n}"), DataType::Text)).collect();
    let columns: Vec<(&str, DataType)> =
        columns.iter().map(|(name, data_type)| (name.as_str(), *data_type)).collect();
    let row: Vec<Value> = (1..=300).map(|n| Value::text(format!("value {n}"))).collect();
    let values = [row.clone(), row.clone()];
    insta::assert_snapshot!(fitted(rows(&columns, &values), &terminal(60)), @r"
    ┌──────────┬──────────┬───┬────────────┬────────────┐
    │ column_1 │ column_2 │ … │ column_299 │ column_300 │
    │ text     │ text     │ … │ text       │ text       │
    ├──────────┼──────────┼───┼────────────┼────────────┤
    │ value 1  │ value 2  │ … │ value 299  │ value 300  │
    │ value 1  │ value 2  │ … │ value 299  │ value 300  │
    └──────────┴──────────┴───┴────────────┴────────────┘
    2 rows · as of event 42 · 296 columns hidden: column_3 …
    column_298 (.x auto shows them)
    ");
    insta::assert_snapshot!(fitted(rows(&columns[..7], &[row[..7].to_vec(), row[..7].to_vec()]), &terminal(60)), @r"
    ┌──────────┬──────────┬──────────┬───┬──────────┬──────────┐
    │ column_1 │ column_2 │ column_3 │ … │ column_6 │ column_7 │
    │ text     │ text     │ text     │ … │ text     │ text     │
    ├──────────┼──────────┼──────────┼───┼──────────┼──────────┤
    │ value 1  │ value 2  │ value 3  │ … │ value 6  │ value 7  │
    │ value 1  │ value 2  │ value 3  │ … │ value 6  │ value 7  │
    └──────────┴──────────┴──────────┴───┴──────────┴──────────┘
    2 rows · as of event 42 · hidden: column_4, column_5 (.x
    auto shows them)
    ");
    // Nothing of one row, nothing that was asked for, and nothing elsewhere is hidden.
    let whole = |text: &str| (1..=300).all(|n| text.contains(&format!("column_{n} │ value {n}\n")));
    assert!(whole(&fitted(rows(&columns, &values[..1]), &terminal(60))));
    let auto = Format { vertical: Vertical::Auto, ..terminal(60) };
    assert!(whole(&fitted(rows(&columns, &values), &auto)));
    let elsewhere = Format { terminal: false, ..terminal(60) };
    assert!(whole(&fitted(rows(&columns, &values), &elsewhere)));
    // A frame that does not fit for two columns.
    assert!(fitted(rows(&columns, &values), &terminal(20)).contains("column_1 │ "));
}

#[test]
fn a_box_of_nothing_is_a_box() {
    let columns = [("id", DataType::Integer), ("name", DataType::Text)];
    insta::assert_snapshot!(fitted(rows(&columns, &[]), &terminal(80)), @r"
    ┌─────────┬──────┐
    │      id │ name │
    │ integer │ text │
    ├─────────┼──────┤
    └─────────┴──────┘
    0 rows · as of event 42
    ");
    insta::assert_snapshot!(fitted(Rows::new(Vec::new(), None, std::iter::empty()), &terminal(80)), @r"0 rows");
}

#[test]
fn a_table_is_ascii() {
    insta::assert_snapshot!(drawn(history(), &Format { terminal: true, rows: None, width: Some(80), ..format(Mode::Table) }), @r#"
    +-------+-----------------+-----+----------------------+-----------------------+
    | event | at              | ... | old                  | new                   |
    |   int | timestamp       | ... | json                 | json                  |
    +-------+-----------------+-----+----------------------+-----------------------+
    |     1 | 2026-11-22      | ... | NULL                 | {"id":1,"owner":"Ada" |
    |       | 21:55:06.220688 |     |                      | ,"balance":"100.00"}  |
    |     2 | 2026-11-22      | ... | {"balance":"100.00"} | {"balance":"70.00"}   |
    |       | 21:55:06.220688 |     |                      |                       |
    +-------+-----------------+-----+----------------------+-----------------------+
    2 rows · as of event 42 · all NULL: intent · hidden: first_rev (.x auto shows
    them)
    "#);
    let long = Format { rows: Some(4), terminal: true, footer: false, ..format(Mode::Table) };
    assert!(drawn(numbers(99), &long).is_ascii());
}

#[test]
fn widths_are_what_somebody_says() {
    let widths = Format { widths: vec![5, -12, 4], ..format(Mode::Box) };
    insta::assert_snapshot!(drawn(people(), &widths), @r#"
    ┌──────────────────┬──────────────┬──────┬───────┬─────────┐
    │ id               │         name │ paid │   sum │ more    │
    ├──────────────────┼──────────────┼──────┼───────┼─────────┤
    │ 9007199254740993 │         née, │ 1    │  9.90 │     0.1 │
    │                  │     "Müller" │      │       │         │
    │ 2                │              │ NULL │  NULL │ NULL    │
    │ 3                │     漢字↵new │ 0    │ -0.05 │ x'00ff' │
    │                  │   \e[31mline │      │       │         │
    └──────────────────┴──────────────┴──────┴───────┴─────────┘
    3 rows · as of event 42
    "#);
}

#[test]
fn a_terminal_sees_what_is_a_value_and_what_is_not() {
    let values = [vec![Value::Null, Value::text("NULL")]];
    let columns = [("a", DataType::Integer), ("b", DataType::Text)];
    colored::control::set_override(true);
    let text = drawn(rows(&columns, &values), &Format { colour: true, ..terminal(80) });
    insta::assert_snapshot!(text.replace('\u{1b}', "<esc>"), @r"
    <esc>[2m┌─────────┬──────┐<esc>[0m
    <esc>[2m│<esc>[0m       <esc>[1ma<esc>[0m <esc>[2m│<esc>[0m <esc>[1mb<esc>[0m    <esc>[2m│<esc>[0m
    <esc>[2m│<esc>[0m <esc>[2minteger<esc>[0m <esc>[2m│<esc>[0m <esc>[2mtext<esc>[0m <esc>[2m│<esc>[0m
    <esc>[2m├─────────┼──────┤<esc>[0m
    <esc>[2m│<esc>[0m    <esc>[2mNULL<esc>[0m <esc>[2m│<esc>[0m NULL <esc>[2m│<esc>[0m
    <esc>[2m└─────────┴──────┘<esc>[0m
    <esc>[2m1 row · as of event 42<esc>[0m
    ");
}

#[test]
fn a_value_does_not_fill_screens() {
    let text = Value::text("word ".repeat(100_000));
    let long = || rows(&[("t", DataType::Text)], &[vec![text.clone()]]);
    let several = rows(&[("t", DataType::Text)], &[vec![text.clone()], vec![Value::text("one")]]);
    assert_eq!(fitted(several, &terminal(60)).lines().count(), 4 + 10 + 1 + 2);
    let text = fitted(long(), &terminal(60));
    assert_eq!(text.lines().count(), 4 + 30 + 2, "{text}");
    assert!(text.contains("│ …"), "{text}");
    assert!(text.ends_with(" · long values cut (.last shows them)\n"), "{text}");
    // Whoever asks for all gets all, and so does who is no terminal.
    for format in
        [Format { rows: None, ..terminal(60) }, Format { terminal: false, ..terminal(60) }]
    {
        assert_eq!(fitted(long(), &format).matches("word").count(), 100_000);
    }
}
