//! Collations: which texts are equal, and which comes first.
//!
//! A collation is a function from a text to its *key*: two texts compare as the bytes of their keys do.
//! Everything that compares, sorts, groups or finds texts by one computes the key and goes on as it
//! would with any text, so that no two of them can disagree.

use super::Value;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// How texts compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Collation {
    /// By their bytes.
    #[default]
    Binary,
    /// By their bytes, the ASCII letters without regard to case.
    NoCase,
    /// By their bytes, spaces at the end left out.
    RTrim,
}

impl Collation {
    /// All of them.
    pub const ALL: [Collation; 3] = [Collation::Binary, Collation::NoCase, Collation::RTrim];

    /// The collation of a name, in any case.
    pub fn from_name(name: &str) -> Option<Collation> {
        Collation::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Collation::Binary => "BINARY",
            Collation::NoCase => "NOCASE",
            Collation::RTrim => "RTRIM",
        }
    }

    /// Whether it is the one that leaves every text as it is.
    pub fn is_binary(&self) -> bool {
        *self == Collation::Binary
    }

    /// What is written behind something that compares so: nothing for BINARY.
    pub fn suffix(self) -> String {
        if self.is_binary() { String::new() } else { format!(" COLLATE {self}") }
    }

    /// The key of a text.
    pub fn key(self, text: &str) -> Cow<'_, str> {
        match self {
            Collation::Binary => Cow::Borrowed(text),
            Collation::NoCase if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Cow::Owned(text.to_ascii_lowercase())
            }
            Collation::NoCase => Cow::Borrowed(text),
            Collation::RTrim => Cow::Borrowed(text.trim_end_matches(' ')),
        }
    }

    /// The order of two values.
    pub fn compare(self, a: &Value, b: &Value) -> Ordering {
        match (a, b) {
            (Value::Text(a) | Value::Json(a), Value::Text(b) | Value::Json(b)) => {
                self.key(a).as_bytes().cmp(self.key(b).as_bytes())
            }
            _ => a.compare(b),
        }
    }

    /// The same of a value; only a text has another key than itself.
    pub fn key_of(self, value: Value) -> Value {
        match &value {
            Value::Text(text) | Value::Json(text) => match self.key(text) {
                Cow::Borrowed(key) if key.len() == text.len() => value,
                key @ (Cow::Borrowed(_) | Cow::Owned(_)) => Value::Text(Arc::from(key)),
            },
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Real(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Timestamp(_)
            | Value::Blob(_) => value,
        }
    }
}

impl fmt::Display for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_equal_where_texts_are() {
        let equal = |collation: Collation, a: &str, b: &str| collation.key(a) == collation.key(b);
        assert!(equal(Collation::NoCase, "straße Ä", "STRAßE Ä"));
        assert!(!equal(Collation::NoCase, "ä", "Ä"));
        assert!(equal(Collation::RTrim, "a  ", "a"));
        assert!(!equal(Collation::RTrim, " a", "a"));
        assert!(!equal(Collation::RTrim, "a\t", "a"));
        assert!(!equal(Collation::Binary, "a", "A"));
        // Among the signs between the two alphabets letters are small ones.
        assert!(Collation::NoCase.key("A") > Collation::NoCase.key("_"));
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(Collation::from_name("noCase"), Some(Collation::NoCase));
        assert_eq!(Collation::from_name("nocas"), None);
    }
}
