//! The picture of a session in the README: a real one, drawn from the screen of a real terminal.
//!
//! `UPDATE_GOLDEN=1 cargo test --test all picture` draws it again.

use crate::golden::assert_golden;
use crate::shell::TestDirectory;
use crate::terminal::screen::Screen;
use std::fmt::Write;
use std::path::Path;
use vt100::{Cell, Color};

/// What is typed, and the prompt that answers it.
const SESSION: &[(&str, &str)] = &[
    ("CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);", "bank@1> "),
    ("INSERT INTO accounts (owner, balance) VALUES ('Ada', 100), ('Bob', 20);", "bank@3> "),
    ("UPDATE accounts SET balance = 70 WHERE owner = 'Ada' WITH (actor = 'amy');", "bank@4> "),
    ("SELECT owner, balance FROM accounts AS OF EVENT 3;", "bank@4> "),
    ("SELECT event, actor, change FROM (HISTORY OF accounts WHERE id = 1) h;", "bank@4> "),
    ("SET AS OF EVENT 3;", "bank@3/4 past> "),
];

/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (88, 30);

/// Size of a character cell, and how far below its top the letters stand.
const CELL: (f64, f64, f64) = (8.4, 19.0, 14.0);

/// The window around the screen.
const MARGIN: f64 = 16.0;
const BAR: f64 = 32.0;

#[test]
fn the_picture_in_the_readme_is_a_session() {
    let place = TestDirectory::new();
    // How long it took is no part of the picture.
    let arguments = ["--clock", "2026-03-01T09:00:00Z+60", "-cmd", ".timer off", "bank"];
    let mut screen = Screen::start(&place, &arguments, SIZE.0, SIZE.1);
    screen.wait_line("bank@0> ");
    let mut before = "bank@0> ";
    for (statement, prompt) in SESSION {
        // Typed by hand: what comes at once is a paste, and nobody paints a paste.
        for (typed, key) in statement.char_indices() {
            screen.keys(&key.to_string()).wait_column(before.len() + typed + key.len_utf8());
        }
        screen.keys("\r").wait_line(prompt);
        before = prompt;
    }
    let drawn = screen.with(drawing);
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/session.svg");
    assert_golden(&path, &drawn);
}

/// The screen in a window, as SVG.
fn drawing(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let used = (0..rows).rfind(|row| !line(screen, *row, columns).trim().is_empty());
    let rows = used.map_or(1, |row| row + 1);
    let width = f64::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL.1 + BAR + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"14\">\n\
         <title>A session of asof</title>\n\
         <rect width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"#1b1d23\"/>\n"
    );
    for (at, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let x = MARGIN + 4.0 + 18.0 * f64::from(u8::try_from(at).unwrap_or(0));
        writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"16\" r=\"5.5\" fill=\"{colour}\"/>")
            .expect("a text takes it");
    }
    for row in 0..rows {
        runs(screen, row, columns, &mut svg);
    }
    svg + "</svg>\n"
}

fn line(screen: &vt100::Screen, row: u16, columns: u16) -> String {
    screen.contents_between(row, 0, row, columns)
}

/// Draws a row: one text for each run of cells that look the same.
fn runs(screen: &vt100::Screen, row: u16, columns: u16, svg: &mut String) {
    let look = |cell: &Cell| (colour(cell), cell.bold(), cell.underline());
    let mut column = 0;
    while column < columns {
        let first = screen.cell(row, column).expect("a cell of the screen");
        let start = column;
        let mut text = String::new();
        while let Some(cell) = screen.cell(row, column).filter(|_| column < columns) {
            if look(cell) != look(first) {
                break;
            }
            // The right half of a wide character has no contents of its own.
            if !cell.is_wide_continuation() {
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
            }
            column += 1;
        }
        let blank = text.len() - text.trim_start().len();
        let start = start + u16::try_from(blank).unwrap_or(0);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let y = BAR + f64::from(row) * CELL.1 + CELL.2;
        // Each letter has its place, so that every font keeps the columns.
        let mut places = String::new();
        let mut at = start;
        for letter in text.chars() {
            let x = MARGIN + f64::from(at) * CELL.0;
            write!(places, "{}{x:.1}", if at == start { "" } else { " " })
                .expect("a text takes it");
            let width = unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
            at += u16::try_from(width).unwrap_or(0);
        }
        let (fill, bold, underline) = look(first);
        let bold = if bold { " font-weight=\"bold\"" } else { "" };
        let underline = if underline { " text-decoration=\"underline\"" } else { "" };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        writeln!(
            svg,
            "<text x=\"{places}\" y=\"{y:.1}\" fill=\"{fill}\"{bold}{underline}>{text}</text>"
        )
        .expect("a text takes it");
    }
}

/// The colour of a cell's letters in the picture.
fn colour(cell: &Cell) -> &'static str {
    const NORMAL: [&str; 8] =
        ["#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0"];
    match cell.fgcolor() {
        _ if cell.dim() => "#7d8590",
        Color::Idx(index) => NORMAL[usize::from(index % 8)],
        Color::Default | Color::Rgb(..) => "#d7dae0",
    }
}
