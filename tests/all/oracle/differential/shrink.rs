//! Makes a script that shows a difference small: statements go first, then words of the last one.
//!
//! The method is delta debugging: parts of halving size are left out as long as what is left shows a
//! difference (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002).

/// The smallest list found of which `fails` still holds.
pub fn shrink<T: Clone>(mut items: Vec<T>, fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut size = items.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut smaller = false;
        while at < items.len() {
            let mut rest = items[..at].to_vec();
            rest.extend_from_slice(&items[(at + size).min(items.len())..]);
            if rest.len() < items.len() && fails(&rest) {
                items = rest;
                smaller = true;
            } else {
                at += size;
            }
        }
        size = match (smaller, size) {
            (true, _) => size,
            (false, size) => size / 2,
        };
    }
    items
}

/// The words of a statement, none of them split: what a part of one may be cut between.
pub fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quoted = false;
    let mut joined = false;
    for letter in sql.chars() {
        let part = letter.is_alphanumeric() || matches!(letter, '_' | '.');
        match words.last_mut() {
            Some(word) if quoted || (part && joined) => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        if letter == '\'' {
            quoted = !quoted;
        }
        joined = part && !quoted;
    }
    words
}

#[test]
fn a_list_is_shrunk_to_what_matters() {
    let matters = |items: &[u32]| items.contains(&3) && items.contains(&17);
    assert_eq!(shrink((0..40).collect(), matters), [3, 17]);
    assert_eq!(words("a.b<='x y' + 12"), ["a.b", "<", "=", "'x y'", " ", "+", " ", "12"]);
}
