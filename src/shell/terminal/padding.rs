//! The lines behind the first begin below its text: what they are padded with.
//!
//! rustyline paints a buffer from the prompt on and every further line from the left edge. So each
//! newline of the buffer is followed by as many [`PAD`]s as the prompt is wide, and the painter shows
//! the continuation prompt in their place. They are the buffer's alone: the statement, the history
//! and every text inside quotes are read through [`unpad`].

use unicode_width::UnicodeWidthStr;

/// EN QUAD: blank, one column wide, and equal to EN SPACE for Unicode, whose normal forms never hold
/// it. A text that does loses it only where it is typed at the prompt.
pub(super) const PAD: char = '\u{2000}';

/// The continuation prompt where `.prompt` gave none.
pub(super) const CONTINUATION: &str = "{open}..> ";

/// The least width that `'..> ` needs.
const LEAST: usize = 5;

/// The columns of the padding below a prompt.
pub(super) fn width(prompt: &str) -> usize {
    prompt.width().max(LEAST)
}

/// That many columns, but no more than half of a terminal's, which are 0 if nobody knows them.
pub(super) fn narrow(width: usize, columns: usize) -> usize {
    if columns == 0 { width } else { width.min((columns / 2).max(LEAST)) }
}

/// A text as the buffer holds it below a prompt of this width.
pub(super) fn pad(text: &str, width: usize) -> String {
    text.replace('\n', &newline(width))
}

/// A newline as the buffer holds it.
pub(super) fn newline(width: usize) -> String {
    std::iter::once('\n').chain(std::iter::repeat_n(PAD, width)).collect()
}

/// The text that a buffer means.
pub(super) fn unpad(buffer: &str) -> String {
    buffer.replace(PAD, "")
}

/// The continuation prompt in this width: `   ...> `, with what is open in the place of the first
/// point.
pub(super) fn continuation(template: Option<&str>, open: &str, width: usize) -> String {
    let open = if open == ";" || open.is_empty() { "." } else { open };
    let template = template.unwrap_or(CONTINUATION);
    let mut text = template.replace("{open}", open);
    if text.width() > width && open.width() > 2 {
        text = template.replace("{open}", ".");
    }
    let mut prompt = " ".repeat(width.saturating_sub(text.width()));
    prompt.push_str(&text);
    while prompt.width() > width {
        prompt.pop();
    }
    let missing = width - prompt.width();
    prompt + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_never_reaches_the_text() {
        let text = "SELECT 'a\n  b',\n\n1;";
        let buffer = pad(text, 9);
        assert_eq!(buffer.matches(PAD).count(), 27);
        assert_eq!(unpad(&buffer), text);
    }

    #[test]
    fn half_of_a_terminal_is_for_the_text() {
        assert_eq!(narrow(9, 80), 9);
        assert_eq!(narrow(70, 80), 40);
        assert_eq!(narrow(9, 4), LEAST);
        assert_eq!(narrow(9, 0), 9);
    }

    #[test]
    fn continuation_prompts_have_the_width_of_the_first() {
        assert_eq!(continuation(None, ";", 8), "   ...> ");
        assert_eq!(continuation(None, "'", 9), "    '..> ");
        assert_eq!(continuation(None, "/*", 5), "/*..>");
        // A word is shown whole or not at all.
        assert_eq!(continuation(None, "BEGIN", 9), "BEGIN..> ");
        assert_eq!(continuation(None, "BEGIN", 8), "   ...> ");
        assert_eq!(continuation(Some("{open} 漢字 "), "(", 9), "  ( 漢字 ");
        assert_eq!(continuation(Some("漢字漢"), "(", 5), "漢字 ");
    }
}
