//! What a statement is, at a glance.

/// The first word of a statement, behind blanks and comments.
pub(super) fn first_word(text: &str) -> &str {
    // Most begin with it.
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters > 0 {
        return &text[..letters];
    }
    let mut rest = text.trim_start();
    loop {
        let skipped = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            let word = rest.trim_start_matches('(').trim_start();
            let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
            return &word[..end];
        };
        rest = skipped.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_blanks_comments_and_parentheses() {
        let cases = [
            ("SELECT 1", "SELECT"),
            ("  -- note\n /* a */ /* b */ values(1)", "values"),
            ("((SELECT 1))", "SELECT"),
            ("-- only", ""),
            ("", ""),
        ];
        for (text, word) in cases {
            assert_eq!(first_word(text), word);
        }
    }
}
