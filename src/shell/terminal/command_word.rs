//! The words of a dot-command's line, each with where it stands and the quote that it leaves open.

/// A word of a command's line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CommandWord {
    /// Where it begins.
    pub(super) start: usize,
    /// What it is without its quotes.
    pub(super) text: String,
    /// The quote that is open at its end.
    pub(super) open: Option<char>,
}

impl CommandWord {
    /// The words of a line; the last is the one at its end, which may be empty.
    pub(super) fn all(line: &str) -> Vec<CommandWord> {
        let mut words = Vec::new();
        let mut word: Option<CommandWord> = None;
        for (start, c) in line.char_indices() {
            let open = word.as_ref().and_then(|word| word.open);
            if open.is_none() && c.is_whitespace() {
                words.extend(word.take());
                continue;
            }
            let word = word.get_or_insert_with(|| CommandWord { start, ..CommandWord::default() });
            match open {
                Some(open) if c == open => word.open = None,
                None if matches!(c, '\'' | '"') => word.open = Some(c),
                _ => word.text.push(c),
            }
        }
        words.push(word.unwrap_or(CommandWord { start: line.len(), ..CommandWord::default() }));
        words
    }
}
