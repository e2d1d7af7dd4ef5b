//! The same statement with other numbers: it shares a plan with the first.

/// The words before a number that may be another one. (`seq <> 0` keeps away what is there in SQLite alone.)
const BEFORE: &[&str] =
    &[" = ", " < ", " > ", " + ", " * ", " AND ", " BETWEEN ", " LIMIT ", " OFFSET "];

/// The statement with each whole number that stands behind such a word one greater; nothing where none does.
pub fn with_other_numbers(sql: &str) -> Option<String> {
    let mut other = String::with_capacity(sql.len());
    let mut changed = false;
    for (at, part) in sql.split('\'').enumerate() {
        if at > 0 {
            other.push('\'');
        }
        let is_text = at % 2 == 1;
        let mut rest = part;
        while let Some(from) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let (before, number) = rest.split_at(from);
            let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
            let (digits, behind) = number.split_at(end);
            let is_whole =
                !behind.starts_with(|letter: char| letter == '.' || letter.is_alphanumeric());
            other.push_str(before);
            match digits.parse::<u32>() {
                Ok(one)
                    if !is_text && is_whole && BEFORE.iter().any(|word| before.ends_with(word)) =>
                {
                    other.push_str(&(u64::from(one) + 1).to_string());
                    changed = true;
                }
                _ => other.push_str(digits),
            }
            rest = behind;
        }
        other.push_str(rest);
    }
    changed.then_some(other)
}

#[test]
fn numbers_that_are_no_places_are_others() {
    let one =
        "SELECT x.a1, 3, 'b = 1' FROM t1 x WHERE (x.a1 + 1.5 > 2 OR x.b = 7) ORDER BY 1, 2 LIMIT 3";
    let other =
        "SELECT x.a1, 3, 'b = 1' FROM t1 x WHERE (x.a1 + 1.5 > 3 OR x.b = 8) ORDER BY 1, 2 LIMIT 4";
    assert_eq!(with_other_numbers(one).as_deref(), Some(other));
    assert_eq!(with_other_numbers("SELECT a1 FROM t ORDER BY 1"), None);
}
