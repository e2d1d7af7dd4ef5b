//! A statement as what stands between its literals: another one of the same shape is known by its bytes.
//!
//! ```text
//!   INSERT INTO t VALUES (7, 'seven')        INSERT INTO t VALUES (8, 'eight')
//!   ├─────── before ──────┤│├┤└── text ┘├┤    the same bytes, literals of the same kinds between them
//! ```
//!
//! It saves making tokens of a text of which nothing but the literals is new. Nothing is decided here: what
//! matches has the shape that [`Prepared`] gives it, and the same literals.

use super::lexer::{Lexer, continues_name};
use super::prepared::{LiteralToken, Prepared};
use crate::types::{Literal, Span};

/// What the texts of a shape have in common, byte by byte.
#[derive(Clone, Debug)]
pub struct Template {
    text: Box<str>,
    /// Where each literal stands in it, and what it is.
    literals: Vec<LiteralToken>,
}

impl Template {
    /// That of a statement; `None` of one with parameters, whose values are not in its text.
    pub fn of(prepared: &Prepared<'_>) -> Option<Template> {
        let literals = prepared.literal_tokens();
        let has_parameters = literals.iter().any(LiteralToken::is_parameter);
        (!has_parameters)
            .then(|| Template { text: prepared.text().into(), literals: literals.into() })
    }

    /// The literals of a text that differs in nothing else; `None` of any other text.
    pub fn literals(&self, text: &str) -> Option<Vec<Literal>> {
        // Statements that begin alike mostly end otherwise.
        let tail = self.literals.last().map_or(0, |last| last.span().end);
        if !text.as_bytes().ends_with(&self.text.as_bytes()[tail..]) {
            return None;
        }
        let mut values = Vec::with_capacity(self.literals.len());
        // How far both texts are alike, but for literals.
        let (mut known, mut at) = (0, 0);
        for literal in &self.literals {
            let Span { start, end } = literal.span();
            at = behind(text, at, &self.text[known..start])?;
            if runs_on(text, at) {
                return None;
            }
            let token = Lexer::new(text, at).next().ok()?;
            if token.kind != literal.kind() || token.span.start != at {
                return None;
            }
            known = end;
            at = token.span.end;
            values.push(literal.value(&text[token.span.start..at])?);
        }
        (text[at..] == self.text[known..]).then_some(values)
    }
}

/// The place behind some bytes that stand at another.
fn behind(text: &str, at: usize, expected: &str) -> Option<usize> {
    let is_there = text.as_bytes()[at..].starts_with(expected.as_bytes());
    is_there.then_some(at + expected.len())
}

/// Whether a literal that begins at a place would be one token with what stands before it.
fn runs_on(text: &str, at: usize) -> bool {
    let (before, behind) = text.as_bytes().split_at(at);
    match (before.last(), behind.first()) {
        (Some(before), Some(next)) => {
            continues_name(*next) && (continues_name(*before) || *before == b'.')
        }
        (None, _) | (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Parameters;
    use proptest::prelude::*;

    fn template(text: &str) -> Template {
        let prepared = Prepared::new(text, &Parameters::new()).expect("it can be prepared");
        Template::of(&prepared).expect("it has no parameters")
    }

    #[test]
    fn texts_that_differ_in_literals_match() {
        let known =
            template("UPDATE t SET a = -5, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31'");
        let values = |text: &str| {
            let values = known.literals(text)?;
            Some(values.iter().map(Literal::to_string).collect::<Vec<_>>().join(" "))
        };
        let same = "UPDATE t SET a = -77, b=X'' WHERE c = 'it''s; x' AND d = DATE '2026-02-01'";
        insta::assert_snapshot!(values(same).unwrap_or_default(), @"77 x'' 'it''s; x' '2026-02-01'");
        for other in [
            "UPDATE t SET a = 5, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31'",
            "UPDATE t SET a = -5.0, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31'",
            "UPDATE t SET a = - 5, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31'",
            "UPDATE t SET a = -5, b=x'0F' WHERE c = 'x' AND d = DATE '2026-02-31'",
            "UPDATE t SET a = -5, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31';",
            "UPDATE t SET a = -9223372036854775808, b=x'0F' WHERE c = 'x' AND d = DATE '2026-01-31'",
            "",
        ] {
            assert_eq!(values(other), None, "{other}");
        }
        let place = template("SELECT a1.5 FROM t ORDER BY 2");
        assert!(place.literals("SELECT a1.7 FROM t ORDER BY 2").is_some());
        for other in ["SELECT a12.5 FROM t ORDER BY 2", "SELECT a1.5 FROM t ORDER BY 3"] {
            assert!(place.literals(other).is_none(), "{other}");
        }
        let parameters = Parameters::new();
        assert!(Prepared::new("SELECT ?", &parameters).is_none());
    }

    proptest! {
        /// What matches has the same shape, and the same literals.
        #[test]
        fn a_match_is_what_the_tokens_say(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    " ", "a", "x", "n", "1", "22", "1.5", ".5", "5e3", "'a'", "'b''c'", "x'0f'", "n'x'",
                    "-", ".", ",", "(", ")", "DATE ", "'2026-01-31'", "BY ", "--\n", "/**/", "[a]", "\"b\"",
                    "0x1F", "é", "99999999999999999999", "=",
                ]),
                0..12,
            ),
            others in prop::collection::vec(
                (0..12_usize, prop::sample::select(vec!["7", "2.5", "'z'", "x'00'", "a", ".", "'2026-02-30'", ""])),
                0..4,
            ),
        ) {
            let none = Parameters::new();
            let text = format!("SELECT {}", words.concat());
            let mut changed = words.clone();
            for (at, other) in others {
                if let Some(word) = changed.get_mut(at) {
                    *word = other;
                }
            }
            let other = format!("SELECT {}", changed.concat());
            let Some(known) = Prepared::new(&text, &none) else { return Ok(()) };
            let Some(matched) = Template::of(&known).and_then(|known| known.literals(&other)) else {
                return Ok(());
            };
            let prepared = Prepared::new(&other, &none).expect("what matches can be prepared");
            prop_assert_eq!(prepared.shape(), known.shape());
            prop_assert_eq!(prepared.literals(&none).map(|literals| literals.values), Some(matched));
        }
    }
}
