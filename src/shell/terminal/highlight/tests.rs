//! What the buffer looks like.

use super::*;

fn painter(known: &SchemaNames, colours: bool) -> StatementHighlighter<'_> {
    StatementHighlighter {
        known,
        colours,
        is_final: false,
        above: "",
        more: None,
        prompt: 5,
        width: 8,
        columns: 80,
    }
}

/// The painted pieces of a text, with the cursor behind it.
fn styles(text: &str) -> Vec<(&str, Style)> {
    let known = SchemaNames::of(&[("t", &["id"])]);
    let parts = StatementPieces::of(text);
    let styles = painter(&known, true).styles(text, &parts, Some(text.len()));
    styles.into_iter().map(|(range, style)| (&text[range], style)).collect()
}

#[test]
fn pieces_are_painted_as_what_they_are() {
    assert_eq!(
        styles("SELECT id, 'a' -- b\nFROM t WHERE 1.5 /* c"),
        [
            ("SELECT", Style::Keyword),
            ("'a'", Style::Text),
            ("-- b", Style::Comment),
            ("FROM", Style::Keyword),
            ("WHERE", Style::Keyword),
            ("1.5", Style::Number),
            ("/* c", Style::Comment),
        ]
    );
    assert_eq!(styles("x 'open"), [("'open", Style::Text)]);
    assert_eq!(styles(".mode box"), []);
}

/// The names of a text that are marked as unknown.
fn unknown(text: &str) -> Vec<&str> {
    let marked = styles(text).into_iter().filter(|(_, style)| *style == Style::Unknown);
    marked.map(|(name, _)| name).collect()
}

#[test]
fn names_that_nothing_has_are_marked_when_they_are_finished() {
    assert_eq!(unknown("SELECT ix FROM t WHERE id > 1 "), ["ix"]);
    assert_eq!(unknown("SELECT * FROM tt; DELETE FROM lg ;"), ["tt", "lg"]);
    assert_eq!(unknown("INSERT INTO t (id, jd) VALUES (1, 2) "), ["jd"]);
    assert_eq!(unknown("SELECT x.ie FROM t x "), ["ie"]);
    assert_eq!(unknown("SELECT * FROM tt"), Vec::<&str>::new());
}

#[test]
fn names_that_may_be_right_are_not() {
    for text in [
        "SELECT x.id AS o, max(ID) most FROM t x ORDER BY o, most ",
        "SELECT _row, \"id\" FROM t ",
        "SELECT name FROM sqlite_master ",
        "SELECT id FROM t AS OF TAG before_delete ",
        "SELECT gone FROM t AS OF EVENT 3 ",
        "CREATE TABLE u (a INTEGER) ",
    ] {
        assert_eq!(unknown(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn without_colours_only_prompts_are_painted() {
    let known = SchemaNames::default();
    let text = "SELECT 'a\nb',\n(1,\n2)";
    let buffer = padding::pad(text, 8);
    let shown = painter(&known, false).paint(&buffer, buffer.len());
    assert_eq!(shown, "SELECT 'a\n   '..> b',\n   ...> (1,\n   (..> 2)");
}

#[test]
fn lines_above_the_buffer_count() {
    let known = SchemaNames::default();
    let above = StatementHighlighter { above: "SELECT 'x\n", ..painter(&known, false) };
    let buffer = padding::pad("y'\n, (1\n", 8);
    assert_eq!(above.paint(&buffer, buffer.len()), "y'\n   ...> , (1\n   (..> ");
    let above = StatementHighlighter { colours: true, ..above };
    let shown = above.paint("y' FROM", 7);
    assert_eq!(shown, format!("{} {}", Style::Text.paint("y'"), Style::Keyword.paint("FROM")));
}

#[test]
fn what_is_painted_takes_the_columns_that_are_counted() {
    let known = SchemaNames::default();
    let shown = painter(&known, false).paint("a\tb\u{1b}[31mc\u{7}", 0);
    assert_eq!(shown, "a  bc");
    // Nobody is shown text in another order than it has, nor what hides between letters; the editor
    // gives the filler of Hangul columns all the same.
    for (text, painted) in [("ad\u{200b}min\u{e0041}", "admin"), ("\u{202e}gpj", "gpj")] {
        assert_eq!(painter(&known, false).paint(text, 0), painted);
    }
    let filler = '\u{115f}';
    let shown = painter(&known, false).paint(&format!("a{filler}b"), 0);
    assert_eq!(shown, format!("a{}b", " ".repeat(filler.width().unwrap_or(0))));
}

#[test]
fn brackets_are_found_outside_texts() {
    let text = "(')' , ())";
    let parts = StatementPieces::of(text);
    assert_eq!(parts.brackets(text, 0), Some([0, 9]));
    assert_eq!(parts.brackets(text, 10), Some([0, 9]));
    assert_eq!(parts.brackets(text, 8), Some([7, 8]));
    assert_eq!(parts.brackets(text, 2), None);
}

#[test]
fn a_long_buffer_is_painted_in_one_pass() {
    let known = SchemaNames::of(&[("t", &["id"])]);
    let text = "INSERT INTO t VALUES (1, 'a');\n".repeat(3000);
    let shown = painter(&known, false).paint(&text, text.len());
    assert_eq!(shown.matches("...> ").count(), 3000);
}
