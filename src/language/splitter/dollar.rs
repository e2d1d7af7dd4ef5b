//! PostgreSQL's texts between `$$` and `$$`, or `$tag$` and `$tag$`: bodies of functions, mostly, in
//! which any `;` and quote may stand. No statement of ours has them; one that has is refused, and
//! skipped whole.

use crate::language::lexer::continues_name;

/// The length of the `$$` or `$tag$` that begins at `at`, `Some(None)` if none does, `None` where only
/// what follows the text tells. `$tag$` counts only where a routine is made, and not in what may be a
/// parameter.
pub(super) fn opening(
    text: &str,
    start: Option<usize>,
    at: usize,
    ended: bool,
) -> Option<Option<usize>> {
    let is_in_name =
        at.checked_sub(1).is_some_and(|before| continues_name(text.as_bytes()[before]));
    if is_in_name {
        return Some(None);
    }
    let behind = &text.as_bytes()[at + 1..];
    let tag = behind.iter().take_while(|byte| continues_name(**byte) && **byte != b'$').count();
    match behind.get(tag) {
        None if !ended => None,
        Some(b'$') if tag == 0 || makes_routine(&text[start.unwrap_or(at)..at]) => {
            Some(Some(tag + 2))
        }
        Some(_) | None => Some(None),
    }
}

/// Whether a statement that begins so is one whose text may be in dollars.
fn makes_routine(statement: &str) -> bool {
    let mut words = statement.split_whitespace().take(4);
    let is = |word: &str, known: &[&str]| known.iter().any(|k| k.eq_ignore_ascii_case(word));
    words.next().is_some_and(|first| {
        is(first, &["DO"])
            || is(first, &["CREATE"]) && words.any(|word| is(word, &["FUNCTION", "PROCEDURE"]))
    })
}
