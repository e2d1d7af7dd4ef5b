//! Statements that differ in nothing but their literals.
//!
//! A script says `UPDATE t SET a = 5 WHERE id = 7` a million times with other numbers. Its tokens are
//! split into a *shape*, in which each literal is only its type, and the literals' values; statements
//! of one shape have one plan, with slots where the literals stood. `$name` and `?` are literals whose
//! values come from elsewhere.

use super::Symbol;
use super::ast::Statement;
use super::keyword::Keyword;
use super::lexer::{Tokens, tokenize};
use super::parameters::{Numbering, Parameters};
use super::parser::{literal_value, parse_with_slots};
use super::token::{Token, TokenKind};
use crate::types::{DataType, Span, Value};

/// A statement as its shape and the values of its literals.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Where each literal begins, and its type.
    literals: Vec<(usize, DataType)>,
    /// What statements of one shape have in common, as bytes to compare.
    pub shape: Vec<u8>,
    /// The values of the literals, in order.
    pub values: Vec<Value>,
}

impl<'a> Prepared<'a> {
    /// Splits a statement; `None` for one that is no INSERT, UPDATE, DELETE or SELECT, that does not
    /// lex, or whose literals say more than their type does: a JSON object, an integer beyond 64 bits,
    /// a parameter that is NULL or has no value.
    pub fn new(text: &'a str, parameters: &Parameters) -> Option<Prepared<'a>> {
        let Tokens { tokens, error: None } = tokenize(text) else { return None };
        let changes_or_reads = [Keyword::Insert, Keyword::Update, Keyword::Delete, Keyword::Select];
        match tokens.first()?.kind {
            TokenKind::Keyword(keyword) if changes_or_reads.contains(&keyword) => {}
            _ => return None,
        }
        let mut prepared = Prepared {
            text,
            tokens: Vec::new(),
            literals: Vec::new(),
            shape: Vec::with_capacity(text.len() + tokens.len()),
            values: Vec::new(),
        };
        let mut numbering = Numbering::default();
        for token in &tokens {
            match token.kind {
                TokenKind::Parameter => {
                    prepared.push_parameter(token, &mut numbering, parameters)?
                }
                _ => prepared.push(token)?,
            }
        }
        prepared.tokens = tokens;
        Some(prepared)
    }

    fn push(&mut self, token: &Token) -> Option<()> {
        let word = &self.text[token.span.start..token.span.end];
        let literal = match token.kind {
            TokenKind::Json | TokenKind::Parameter => return None,
            TokenKind::Text => Some((b't', DataType::Text)),
            TokenKind::Blob => Some((b'b', DataType::Blob)),
            TokenKind::Integer => Some((b'i', DataType::Integer)),
            TokenKind::Real => Some((b'r', DataType::Real)),
            TokenKind::End | TokenKind::Symbol(Symbol::Semicolon) => return Some(()),
            TokenKind::Keyword(_)
            | TokenKind::Name
            | TokenKind::QuotedName
            | TokenKind::Symbol(_) => None,
        };
        match literal {
            Some((mark, data_type)) => {
                let value = literal_value(token.kind, word).ok()?;
                if matches!((data_type, &value), (DataType::Integer, Value::Real(_))) {
                    return None;
                }
                self.shape.extend_from_slice(&[0, mark]);
                self.literals.push((token.span.start, data_type));
                self.values.push(value);
            }
            None => {
                self.shape.push(1);
                self.shape.extend_from_slice(word.as_bytes());
            }
        }
        Some(())
    }

    /// A parameter's mark differs from a literal's: a sign before one is never part of it.
    fn push_parameter(
        &mut self,
        token: &Token,
        numbering: &mut Numbering,
        parameters: &Parameters,
    ) -> Option<()> {
        let name = numbering.name(&self.text[token.span.start..token.span.end])?;
        let value = parameters.find(&name)?;
        let (mark, data_type) = match value {
            Value::Integer(_) => (b'i', DataType::Integer),
            Value::Real(_) => (b'r', DataType::Real),
            Value::Text(_) => (b't', DataType::Text),
            Value::Blob(_) => (b'b', DataType::Blob),
            _ => return None,
        };
        self.shape.extend_from_slice(&[2, mark]);
        self.literals.push((token.span.start, data_type));
        self.values.push(value.clone());
        Some(())
    }

    /// Which literal stands in a part of the text, if exactly one does.
    pub fn literal_in(&self, span: Span) -> Option<usize> {
        let inside = |(start, _): &(usize, DataType)| (span.start..span.end).contains(start);
        let mut found = self.literals.iter().enumerate().filter(|(_, literal)| inside(literal));
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    }

    /// The syntax tree with a slot for each literal of an expression; `None` where it is no statement.
    pub fn parse(&self) -> Option<Statement> {
        parse_with_slots(self.text, &self.tokens, &self.literals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_differ_in_literals_have_one_shape() {
        let none = Parameters::new();
        let prepared = |text: &'static str| Prepared::new(text, &none).expect("it can be prepared");
        let (one, other) = (
            prepared("UPDATE t SET a = -5 WHERE b = 'x' AND c = 1.5;"),
            prepared("UPDATE t SET a  = -77 WHERE b = 'it''s' /* no */ AND c = 2e3"),
        );
        assert_eq!(one.shape, other.shape);
        let shown: Vec<String> = other.values.iter().map(Value::to_string).collect();
        assert_eq!(shown, ["77", "'it''s'", "2000.0"]);
        let tree = one.parse().expect("a statement");
        insta::assert_snapshot!(tree, @"UPDATE t SET a = -?1 WHERE b = ?2 AND c = ?3");
        for different in [
            "UPDATE t SET a = -5 WHERE b = 'x' AND c = 1;",
            "UPDATE t SET a = 5 WHERE b = 'x' AND c = 1.5;",
            "UPDATE t SET b = -5 WHERE b = 'x' AND c = 1.5;",
        ] {
            assert_ne!(prepared(different).shape, one.shape, "{different}");
        }
        for never in
            ["SELECT $a", "CREATE TABLE t(a)", "SELECT 9223372036854775808", "SELECT 'open", ""]
        {
            assert!(Prepared::new(never, &none).is_none(), "{never}");
        }
    }
}
