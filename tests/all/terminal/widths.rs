//! The same session on a narrow, a usual and a wide terminal, with letters of two columns.

use super::screen::Screen;
use crate::shell::TestDirectory;

/// The screen behind a session with wide letters, as wide as the terminal.
fn screen(columns: u16) -> String {
    let place = TestDirectory::new();
    let script = "CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT, city TEXT, said TEXT);
        INSERT INTO notes (author, city, said) VALUES
            ('田中', '東京', 'a first line that is long enough to be wrapped on a narrow terminal'),
            ('Zoë 🚀', 'Genève', NULL), ('Bob', 'Ohio', 'short');";
    assert_eq!(place.run(&["bank"], script).code, 0);
    let mut screen = Screen::start(&place, &["-cmd", ".timer off", "bank"], columns, 24);
    screen.wait_line("bank@4> ").keys("SELECT * FROM notes;\r").wait_for("3 rows");
    screen.wait_line("bank@4> ").keys("SELECT '漢字' AS 字;\r").wait_for("1 row");
    screen.wait_line("bank@4> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let contents = screen.contents();
    let behind = contents.find("bank@4> SELECT * ").expect("what was typed");
    contents[behind..].to_string()
}

#[test]
fn the_first_box_behind_a_resize_has_the_new_width() {
    let place = TestDirectory::new();
    for columns in [60, 90] {
        let mut screen = Screen::start(&place, &["-q"], 80, 24);
        screen.wait_line("memory@0> ").resize(columns, 24);
        screen.keys("SELECT replace('xxxxxxxxxxxx', 'x', 'one two ') AS a;\r").wait_for("└");
        let shown = screen.wait_line("memory@0> ").contents();
        let top = shown.lines().find(|line| line.starts_with('┌')).expect("a box");
        assert!(top.ends_with('┐'), "{shown}");
        assert_eq!(top.chars().count(), usize::from(columns), "{shown}");
    }
}

#[test]
fn a_receipt_is_wrapped_between_words() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE observations (a); INSERT INTO observations VALUES (1);";
    assert_eq!(place.run(&["bank"], script).code, 0);
    assert_eq!(place.run(&["bank", "-c", ".undo"], "").code, 0);
    let mut screen = Screen::start(&place, &["-cmd", ".timer off", "bank"], 60, 24);
    screen.wait_line("bank@3> ").keys(".undo\r");
    let shown = screen.wait_line("bank@4> ").contents();
    let told = shown.lines().skip_while(|line| !line.starts_with("+1 event")).take(2);
    let told: Vec<&str> = told.map(str::trim_end).collect();
    let expected = [
        "+1 event · #4 UNDO transaction 3 (undoes the undo of",
        "  transaction 2), DELETE observations (1 row)",
    ];
    assert_eq!(told, expected, "{shown}");
}

#[test]
fn sixty_columns() {
    insta::assert_snapshot!(screen(60), @r"
    bank@4> SELECT * FROM notes;
    ┌─────┬────────┬────────┬──────────────────────────────────┐
    │  id │ author │ city   │ said                             │
    │ int │ text   │ text   │ text                             │
    ├─────┼────────┼────────┼──────────────────────────────────┤
    │   1 │ 田中   │ 東京   │ a first line that is long enough │
    │     │        │        │ to be wrapped on a narrow        │
    │     │        │        │ terminal                         │
    │   2 │ Zoë 🚀 │ Genève │ NULL                             │
    │   3 │ Bob    │ Ohio   │ short                            │
    └─────┴────────┴────────┴──────────────────────────────────┘
    3 rows · as of event 4
    bank@4> SELECT '漢字' AS 字;
    ┌──────┐
    │ 字   │
    │ text │
    ├──────┤
    │ 漢字 │
    └──────┘
    1 row
    bank@4>
    ");
}

#[test]
fn eighty_columns() {
    insta::assert_snapshot!(screen(80), @r"
    bank@4> SELECT * FROM notes;
    ┌─────┬────────┬────────┬──────────────────────────────────────────────────────┐
    │  id │ author │ city   │ said                                                 │
    │ int │ text   │ text   │ text                                                 │
    ├─────┼────────┼────────┼──────────────────────────────────────────────────────┤
    │   1 │ 田中   │ 東京   │ a first line that is long enough to be wrapped on a  │
    │     │        │        │ narrow terminal                                      │
    │   2 │ Zoë 🚀 │ Genève │ NULL                                                 │
    │   3 │ Bob    │ Ohio   │ short                                                │
    └─────┴────────┴────────┴──────────────────────────────────────────────────────┘
    3 rows · as of event 4
    bank@4> SELECT '漢字' AS 字;
    ┌──────┐
    │ 字   │
    │ text │
    ├──────┤
    │ 漢字 │
    └──────┘
    1 row
    bank@4>
    ");
}

#[test]
fn two_hundred_columns() {
    insta::assert_snapshot!(screen(200), @r"
    bank@4> SELECT * FROM notes;
    ┌─────────┬────────┬────────┬─────────────────────────────────────────────────────────────────────┐
    │      id │ author │ city   │ said                                                                │
    │ integer │ text   │ text   │ text                                                                │
    ├─────────┼────────┼────────┼─────────────────────────────────────────────────────────────────────┤
    │       1 │ 田中   │ 東京   │ a first line that is long enough to be wrapped on a narrow terminal │
    │       2 │ Zoë 🚀 │ Genève │ NULL                                                                │
    │       3 │ Bob    │ Ohio   │ short                                                               │
    └─────────┴────────┴────────┴─────────────────────────────────────────────────────────────────────┘
    3 rows · as of event 4
    bank@4> SELECT '漢字' AS 字;
    ┌──────┐
    │ 字   │
    │ text │
    ├──────┤
    │ 漢字 │
    └──────┘
    1 row
    bank@4>
    ");
}

#[test]
fn a_dump_commands_no_terminal_and_loads_all_the_same() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE \"a\u{202e}b\"(x TEXT);\n\
                  INSERT INTO \"a\u{202e}b\" VALUES ('e\u{1b}]2;pwned\u{7}z\u{200b}y\u{e0041}');";
    assert_eq!(place.run(&["bank"], script).code, 0);
    let mut screen = Screen::start(&place, &["bank", ".dump"], 100, 20);
    screen.wait_for("COMMIT;");
    let sent = screen.sent();
    for hostile in ["\u{1b}]2;pwned", "\u{202e}", "\u{200b}", "\u{e0041}"] {
        assert!(!sent.contains(hostile), "{sent:?}");
    }
    let literal = "('e'||char(27)||']2;pwned'||char(7)||'z'||char(8203)||'y'||char(917569))";
    assert!(screen.contents().contains(literal), "{}", screen.contents());
    // A file gets the characters themselves.
    let dumped = place.run(&["bank", ".dump"], "").out;
    assert!(dumped.contains("pwned\u{7}z\u{200b}y\u{e0041}'"), "{dumped}");
}
