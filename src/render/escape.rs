//! Text that cannot command a terminal, and how wide it is there.

use crate::types::is_control;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// The text with every control character shown: `\e`, `↵`, `\t`, `\u{202e}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        escape_character(c, &mut shown);
    }
    Cow::Owned(shown)
}

/// Appends one character, shown if it is a control character.
pub(super) fn escape_character(c: char, shown: &mut String) {
    match c {
        '\n' => shown.push('↵'),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        '\u{1b}' => shown.push_str("\\e"),
        '\0' => shown.push_str("\\0"),
        '\u{7}' => shown.push_str("\\a"),
        '\u{8}' => shown.push_str("\\b"),
        c if is_control(c) => shown.extend(c.escape_unicode()),
        c => shown.push(c),
    }
}

/// Columns that a text without control characters takes on a terminal.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_comes_through() {
        let cases = [
            ("plain née 漢", "plain née 漢"),
            ("a\nb\r\n", "a↵b\\r↵"),
            ("\u{1b}]52;c;x\u{7}", "\\e]52;c;x\\a"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("ad\u{200b}min\u{ad}", "ad\\u{200b}min\\u{ad}"),
            ("a\u{e0041}\u{2060}", "a\\u{e0041}\\u{2060}"),
            ("می\u{200c}خواهم \u{2764}\u{fe0f}", "می\u{200c}خواهم \u{2764}\u{fe0f}"),
            ("a\tb\u{8}\u{7f}", "a\\tb\\b\\u{7f}"),
        ];
        for (text, shown) in cases {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!((width("abc"), width("漢字"), width("née")), (3, 4, 3));
    }
}
