//! Long texts in lines, between graphemes.

use super::width;
use unicode_segmentation::UnicodeSegmentation;

/// What a line of a value is best cut behind: spaces, and what stands between the parts of names and
/// documents.
pub(super) const VALUE: &[char] = &[' ', ',', '_'];
/// What a line of a sentence is cut behind.
const SENTENCE: &[char] = &[' '];

/// Cuts a sentence into lines of at most `columns`, between words where it can be.
pub fn wrap(text: &str, columns: usize) -> Vec<&str> {
    wrap_behind(text, columns, SENTENCE)
}

/// Cuts every line of a text into lines of at most `columns`, between words where it can be; what goes on
/// stands two columns behind where its line began.
pub fn wrap_lines(text: &str, columns: usize) -> String {
    let mut wrapped = Vec::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let further = " ".repeat((indent + 2).min(columns / 2));
        let room = columns - further.len();
        // What fits stays as it is; else every line has the room of those that are indented.
        let parts = if width(line) <= columns { vec![line] } else { wrap(line, room) };
        for (number, part) in parts.into_iter().enumerate() {
            let before = if number == 0 { "" } else { &further };
            wrapped.push(format!("{before}{}", part.trim_end_matches(' ')));
        }
    }
    wrapped.join("\n")
}

/// Whether a text fits into so many columns, found out without measuring a long one.
fn fits(text: &str, columns: usize) -> bool {
    text.len() <= 4 * columns && width(text) <= columns
}

/// Cuts a text into lines of at most `columns`, between graphemes, after one of `breaks` where one is
/// near.
pub(super) fn wrap_behind<'a>(text: &'a str, columns: usize, breaks: &[char]) -> Vec<&'a str> {
    if width(text) <= columns {
        return vec![text];
    }
    let mut lines = Vec::new();
    let (mut start, mut used, mut space) = (0, 0, None);
    for (index, grapheme) in text.grapheme_indices(true) {
        let wide = width(grapheme);
        // A space at the end of a line is not seen: it needs no room.
        if used + wide > columns && index > start && grapheme != " " {
            let end = match space {
                Some(space) if 2 * (space - start) >= index - start => space,
                // What is behind the space is one more line and no piece of one.
                Some(space) if fits(&text[space..], columns) => space,
                _ => index,
            };
            lines.push(text[start..end].trim_end_matches(' '));
            used = width(&text[end..index]);
            (start, space) = (end, None);
        }
        used += wide;
        if grapheme.len() == 1 && grapheme.contains(breaks) {
            space = Some(index + 1);
        }
    }
    lines.push(&text[start..]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_between_words_and_never_inside_a_grapheme() {
        let wrap = |text, columns| wrap_behind(text, columns, VALUE);
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("one, two, three", 9), ["one, two,", "three"]);
        assert_eq!(wrap("2026-11-22 21:55:06.220688", 24), ["2026-11-22", "21:55:06.220688"]);
        assert_eq!(wrap("{\"id\":1,\"a\":2}", 10), ["{\"id\":1,", "\"a\":2}"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
        assert_eq!(wrap("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn lines_keep_their_indent_and_what_fits_stays() {
        let text = "AsOf ::= A\n\n  SELECT owner, balance FROM accounts;\n漢字 漢字 漢字";
        assert_eq!(wrap_lines(text, 40), text);
        assert_eq!(
            wrap_lines(text, 20),
            "AsOf ::= A\n\n  SELECT owner,\n    balance FROM\n    accounts;\n漢字 漢字 漢字"
        );
        for columns in 1..40 {
            let wrapped = wrap_lines("  SELECT owner, balance FROM accounts;", columns);
            assert!(wrapped.lines().all(|line| width(line) <= columns), "{columns}: {wrapped}");
        }
    }
}
