//! LIKE, GLOB, REGEXP and `||`, and the keys that texts compare by.

use super::Error;
use super::datum::{Datum, check_length, map_values, shared};
use crate::planner::PatternKind;
use crate::types::{Collation, DataType, Value};
use arrow_array::StringArray;
use arrow_array::cast::AsArray;

/// One step of a pattern.
#[derive(Debug, PartialEq)]
enum PatternStep {
    /// Exactly this character, in lower case where case is ignored.
    One(char),
    /// Any character.
    Any,
    /// Any characters, also none.
    Many,
    /// One of these ranges, or none of them.
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// The most bytes that a pattern of LIKE or GLOB has, as in SQLite.
const MAX_PATTERN: usize = 50_000;

/// The most memory that one regular expression takes, in bytes.
const MAX_REGEX: usize = 1 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub enum Pattern {
    /// Of LIKE or GLOB.
    Wildcards(WildcardPattern),
    /// Of REGEXP.
    Regex(regex::Regex),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// `regexp` of what is no regular expression, or one that takes too much memory; `text-limit` of another
    /// pattern that is too long.
    pub fn new(kind: PatternKind, pattern: &str, escape: Option<char>) -> Result<Pattern, Error> {
        if kind != PatternKind::Regexp && pattern.len() > MAX_PATTERN {
            let message = format!("a pattern of LIKE or GLOB has at most {MAX_PATTERN} bytes");
            return Err(Error::failed("text-limit", message));
        }
        let steps = match kind {
            PatternKind::Like => like_steps(pattern, escape, true),
            PatternKind::CaseSensitiveLike => like_steps(pattern, escape, false),
            PatternKind::Glob => glob_steps(pattern),
            PatternKind::Regexp => {
                let built = regex::RegexBuilder::new(pattern).size_limit(MAX_REGEX).build();
                return built.map(Pattern::Regex).map_err(|error| not_a_regex(pattern, &error));
            }
        };
        Ok(Pattern::Wildcards(WildcardPattern { steps, fold: kind == PatternKind::Like }))
    }

    /// Whether the text matches: the whole of it, any part of it for REGEXP.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Wildcards(wildcards) => wildcards.matches(text),
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

fn not_a_regex(pattern: &str, error: &regex::Error) -> Error {
    let pattern = Value::text(pattern);
    let why = error.to_string();
    // The lines before draw the pattern and a caret.
    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
    let message = format!("{} is no regular expression: {why}", pattern.shortened());
    Error::failed("regexp", message)
}

/// A compiled pattern of LIKE or GLOB.
#[derive(Debug)]
pub struct WildcardPattern {
    steps: Vec<PatternStep>,
    fold: bool,
}

impl WildcardPattern {
    /// Whether the whole text matches. Goes back to the last `%` only, so the time is at most the
    /// product of both lengths.
    fn matches(&self, text: &str) -> bool {
        let (mut step, mut rest) = (0, text.chars());
        let mut last_many: Option<(usize, std::str::Chars)> = None;
        loop {
            if self.steps.get(step) == Some(&PatternStep::Many) {
                step += 1;
                last_many = Some((step, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            let Some(c) = ahead.next() else {
                return self.steps[step..].iter().all(|step| *step == PatternStep::Many);
            };
            if self.steps.get(step).is_some_and(|step| self.step_takes(step, c)) {
                step += 1;
                rest = ahead;
                continue;
            }
            let Some((after, from)) = &mut last_many else { return false };
            from.next();
            step = *after;
            rest = from.clone();
        }
    }

    fn step_takes(&self, step: &PatternStep, c: char) -> bool {
        match step {
            PatternStep::One(wanted) if self.fold => c.to_ascii_lowercase() == *wanted,
            PatternStep::One(wanted) => c == *wanted,
            PatternStep::Any => true,
            PatternStep::Many => false,
            PatternStep::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

fn like_steps(pattern: &str, escape: Option<char>, fold: bool) -> Vec<PatternStep> {
    let one = |c: char| PatternStep::One(if fold { c.to_ascii_lowercase() } else { c });
    let mut chars = pattern.chars();
    let mut steps = Vec::new();
    while let Some(c) = chars.next() {
        steps.push(if Some(c) == escape {
            match chars.next() {
                Some(escaped) => one(escaped),
                // An escape of nothing matches nothing.
                None => PatternStep::Set { negated: false, ranges: Vec::new() },
            }
        } else {
            match c {
                '%' => PatternStep::Many,
                '_' => PatternStep::Any,
                c => one(c),
            }
        });
    }
    steps
}

fn glob_steps(pattern: &str) -> Vec<PatternStep> {
    let mut chars = pattern.chars().peekable();
    let mut steps = Vec::new();
    while let Some(c) = chars.next() {
        steps.push(match c {
            '*' => PatternStep::Many,
            '?' => PatternStep::Any,
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                // A `]` directly behind the bracket is a member of the set.
                if chars.next_if_eq(&']').is_some() {
                    ranges.push((']', ']'));
                }
                while let Some(low) = chars.next_if(|c| *c != ']') {
                    let mut ahead = chars.clone();
                    match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(high)) if high != ']' => {
                            ranges.push((low, high));
                            chars = ahead;
                        }
                        _ => ranges.push((low, low)),
                    }
                }
                match chars.next() {
                    Some(_) => PatternStep::Set { negated, ranges },
                    // A set without its end matches nothing.
                    None => PatternStep::Set { negated: false, ranges: Vec::new() },
                }
            }
            c => PatternStep::One(c),
        });
    }
    steps
}

/// Matches each row's text with its pattern.
///
/// # Errors
/// `escape` where the escape is not one character, `regexp` of what is no regular expression.
pub fn evaluate(
    kind: PatternKind,
    operand: (&Datum, DataType),
    pattern: (&Datum, DataType),
    escape: Option<(&Datum, DataType)>,
    negated: bool,
    rows: usize,
) -> Result<Datum, Error> {
    let mut operands = vec![operand, pattern];
    operands.extend(escape);
    // The pattern is nearly always one constant: compiled once, kept while it stays the same.
    let mut compiled: Option<(Value, Value, Pattern)> = None;
    map_values(rows, DataType::Boolean, &operands, |values| {
        if values.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let escape = values.get(2).unwrap_or(&Value::Null);
        let same = compiled
            .as_ref()
            .is_some_and(|(pattern, with, _)| *pattern == values[1] && with == escape);
        if !same {
            let new = Pattern::new(kind, &values[1].to_text(), escape_character(escape)?)?;
            compiled = Some((values[1].clone(), escape.clone(), new));
        }
        let matches = compiled.as_ref().is_some_and(|(.., p)| p.matches(&values[0].to_text()));
        Ok(Value::Boolean(matches != negated))
    })
}

/// The character of an ESCAPE.
pub fn escape_character(value: &Value) -> Result<Option<char>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    let text = value.to_text();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(c)),
        _ => Err(Error::failed("escape", format!("ESCAPE {value} is not one character"))),
    }
}

/// `a || b` for each row.
///
/// # Errors
/// `text-limit` of what is too long.
pub fn concat(a: (&Datum, DataType), b: (&Datum, DataType), rows: usize) -> Result<Datum, Error> {
    map_values(rows, DataType::Text, &[a, b], |values| {
        if values.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let (left, right) = (values[0].to_text(), values[1].to_text());
        check_length(left.len() + right.len())?;
        let mut text = left.into_owned();
        text.push_str(&right);
        Ok(Value::Text(text.into()))
    })
}

/// What each text compares as by a collation.
///
/// # Errors
/// None of its own.
pub fn collation_key(
    collation: Collation,
    operand: (&Datum, DataType),
    result: DataType,
    rows: usize,
) -> Result<Datum, Error> {
    if let (Datum::Array(array), DataType::Text) = operand {
        let texts = array.as_string::<i32>().iter();
        let keys: StringArray = texts.map(|text| text.map(|text| collation.key(text))).collect();
        return Ok(shared(keys));
    }
    map_values(rows, result, &[operand], |values| Ok(collation.key_of(values[0].clone())))
}

/// SQLite's `unistr`: `\0041`, `\+000041`, `\u0041` and `\U00000041` are the character of that number,
/// `\\` is a backslash. Its dumps write control characters so.
///
/// # Errors
/// `escape` where something else stands behind a backslash, or a number that no character has.
pub fn unescape(text: &str) -> Result<Value, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let (skipped, digits) = match behind.as_bytes().first() {
            Some(b'\\') => {
                out.push('\\');
                rest = &behind[1..];
                continue;
            }
            Some(b'u') => (1, 4),
            Some(b'+') => (1, 6),
            Some(b'U') => (1, 8),
            _ => (0, 4),
        };
        let end = skipped + digits;
        let number = behind.get(skipped..end).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let character = number.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(character) = character.and_then(char::from_u32) else {
            let escape: String = rest[at..].chars().take(1 + end).collect();
            let message = format!("{} in unistr is no character", Value::text(escape));
            return Err(Error::failed("escape", message));
        };
        out.push(character);
        rest = &behind[end..];
    }
    out.push_str(rest);
    Ok(Value::text(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_ignores_ascii_case_only() {
        let like = |pattern: &str, text: &str| {
            Pattern::new(PatternKind::Like, pattern, Some('\\')).is_ok_and(|p| p.matches(text))
        };
        assert!(like("%rock%", "AC/DC ROCKs"));
        assert!(like("a_c", "aéc"));
        assert!(like("É", "É") && !like("É", "é"));
        assert!(like("100\\%", "100%") && !like("100\\%", "100x"));
        assert!(like("%", "") && like("", "") && !like("", "a"));
        assert!(like("%a%b%c", "xxaybzzc") && !like("%a%b%c", "xxaybzz"));
        assert!(!like("a\\", "a") && !like("a\\", "a\\"));
        assert!(!like(&"%a".repeat(50), &"b".repeat(5_000)));
    }

    #[test]
    fn escapes_are_characters() {
        let text = |text: &str| unescape(text).map(|value| value.to_text().into_owned());
        let said = text(r"a\u000ab\0041\+01f600\U0001F600\\u0041é\u00e9");
        assert_eq!(said.expect("all are characters"), "a\nbA😀😀\\u0041éé");
        for wrong in [r"\", r"\u00g0", r"\ud800", r"\12", r"a\U00110000", r"\é€"] {
            let error = text(wrong).expect_err("no character");
            assert!(error.to_string().contains("is no character"), "{wrong}: {error}");
        }
    }

    #[test]
    fn glob_knows_sets() {
        let glob = |p: &str, text: &str| {
            Pattern::new(PatternKind::Glob, p, None).is_ok_and(|p| p.matches(text))
        };
        assert!(glob("*.rs", "lib.rs") && !glob("*.RS", "lib.rs"));
        assert!(glob("[a-c]?[^x]", "b-y") && !glob("[a-c]?[^x]", "b-x"));
        assert!(!glob("[ab", "a") && !glob("[^ab", "c"));
        assert!(glob("[]]", "]") && glob("[a-]", "-") && !glob("[", "["));
    }
}
