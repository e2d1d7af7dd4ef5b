//! Text that cannot command a terminal, and how wide it is there.

use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// Whether a terminal would obey this character, or hide what follows it, instead of showing it:
/// C0 and C1 controls, DEL, line and paragraph separators, the marks that reorder text, and what takes
/// no room or looks like a blank and is none. The two joiners and the variation selectors stay: words
/// of many scripts and pictures are written with them.
pub(super) fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}' | '\u{fff9}'..='\u{fffb}')
        || matches!(
            c,
            '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}'
        )
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

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
