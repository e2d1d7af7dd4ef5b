//! Statements that differ in nothing but their literals.
//!
//! A script says `UPDATE t SET a = 5 WHERE id = 7` a million times with other numbers. Its tokens are
//! split into a *shape*, in which each literal is only its type, and the literals' values; statements
//! of one shape have one plan, with slots where the literals stood. `$name` and `?` are literals whose
//! values come from elsewhere.
//!
//! Beside a DECIMAL, how many digits a literal has decides the type of what is computed. Where that is
//! so, the digits are part of the shape, too ([`LiteralSharing::SameDigits`]).

use super::ast::Statement;
use super::keyword::Keyword;
use super::lexer::{Tokens, tokenize};
use super::parameters::{ParameterNumbering, Parameters};
use super::parser::{LiteralSlot, literal_value, parse_lexed, parse_with_slots};
use super::token::{Token, TokenKind};
use super::{ParseError, Symbol};
use crate::types::{DataType, Literal, Span, Value};
use std::borrow::Cow;

/// The most bytes of a statement that shares its plan. A larger one takes long by itself, and what is
/// kept of it would be many times as large.
pub const MAX_SHARED_SIZE: usize = 64 << 10;

/// What the literals of statements that share a plan have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralSharing {
    /// Their types.
    SameTypes,
    /// Their types, and how many digits those have that are no INTEGER.
    SameDigits,
}

/// A statement as its shape and the values of its literals.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Where each literal stands.
    literals: Vec<LiteralSlot>,
    /// What statements of one shape have in common, as bytes to compare.
    shape: Vec<u8>,
    /// The literals, in order.
    pub values: Vec<Literal>,
}

impl<'a> Prepared<'a> {
    /// Splits a statement; `None` for one that is no INSERT, UPDATE, DELETE or SELECT, that does not
    /// lex, that is too large, or whose literals say more than their type does: a JSON object, an integer beyond 64 bits,
    /// a number of more digits than a DECIMAL has, a parameter that is NULL or has no value.
    pub fn new(text: &'a str, parameters: &Parameters) -> Option<Prepared<'a>> {
        if text.len() > MAX_SHARED_SIZE {
            return None;
        }
        let Tokens { tokens, error: None } = tokenize(text) else { return None };
        let changes_or_reads = [Keyword::Insert, Keyword::Update, Keyword::Delete, Keyword::Select];
        if !changes_or_reads.contains(&tokens.first()?.kind.keyword()?) {
            return None;
        }
        let mut prepared = Prepared {
            text,
            tokens: Vec::new(),
            literals: Vec::new(),
            shape: Vec::with_capacity(text.len() + tokens.len()),
            values: Vec::new(),
        };
        let mut numbering = ParameterNumbering::default();
        let mut before = TokenKind::End;
        for token in &tokens {
            let is_text = token.kind == TokenKind::Text;
            if token.kind == TokenKind::Parameter {
                prepared.push_parameter(token, &mut numbering, parameters)?;
            } else if is_text && before == TokenKind::Keyword(Keyword::Date) {
                prepared.push_moment(token, DataType::Date)?;
            } else if is_text && before == TokenKind::Keyword(Keyword::Timestamp) {
                prepared.push_moment(token, DataType::Timestamp)?;
            } else {
                prepared.push(token)?;
            }
            before = token.kind;
        }
        prepared.tokens = tokens;
        Some(prepared)
    }

    /// The statement.
    pub fn text(&self) -> &'a str {
        self.text
    }

    fn push(&mut self, token: &Token) -> Option<()> {
        let word = &self.text[token.span.start..token.span.end];
        match token.kind {
            TokenKind::Json | TokenKind::Parameter => return None,
            TokenKind::Text | TokenKind::Blob | TokenKind::Integer | TokenKind::Real => {
                let literal = literal_value(token.kind, word).ok()?;
                if token.kind == TokenKind::Integer && literal.exact.is_some() {
                    return None;
                }
                self.push_literal(0, token, literal)?;
            }
            TokenKind::End | TokenKind::Symbol(Symbol::Semicolon) => {}
            TokenKind::Keyword(_)
            | TokenKind::Name
            | TokenKind::QuotedName
            | TokenKind::Symbol(_) => {
                self.shape.push(1);
                self.shape.extend_from_slice(word.as_bytes());
            }
        }
        Some(())
    }

    /// The text of `DATE '…'`, whose word is part of the shape.
    fn push_moment(&mut self, token: &Token, data_type: DataType) -> Option<()> {
        let word = &self.text[token.span.start..token.span.end];
        let text = literal_value(token.kind, word).ok()?.value;
        self.push_literal(0, token, data_type.accept(text).ok()?.into())
    }

    fn push_literal(&mut self, kind: u8, token: &Token, literal: Literal) -> Option<()> {
        let (mark, data_type) = match literal.value {
            Value::Integer(_) => (b'i', DataType::Integer),
            Value::Real(_) => (b'r', DataType::Real),
            Value::Text(_) => (b't', DataType::Text),
            Value::Blob(_) => (b'b', DataType::Blob),
            Value::Date(_) => (b'd', DataType::Date),
            Value::Timestamp(_) => (b'm', DataType::Timestamp),
            Value::Null | Value::Boolean(_) | Value::Decimal(_) | Value::Json(_) => return None,
        };
        let exact = match &literal.exact {
            None => None,
            Some(exact @ Value::Decimal(_)) => Some(exact.data_type()),
            Some(_) => return None,
        };
        self.shape.extend_from_slice(&[kind, mark]);
        self.literals.push(LiteralSlot { start: token.span.start, data_type, exact });
        self.values.push(literal);
        Some(())
    }

    /// A parameter's mark differs from a literal's: a sign before one is never part of it.
    fn push_parameter(
        &mut self,
        token: &Token,
        numbering: &mut ParameterNumbering,
        parameters: &Parameters,
    ) -> Option<()> {
        let name = numbering.name(&self.text[token.span.start..token.span.end])?;
        self.push_literal(2, token, parameters.find(&name)?.clone())
    }

    /// What statements that share a plan have in common, as bytes to compare.
    pub fn shape(&self, sharing: LiteralSharing) -> Cow<'_, [u8]> {
        if sharing == LiteralSharing::SameTypes {
            return Cow::Borrowed(&self.shape);
        }
        let mut shape = self.shape.clone();
        // No word begins so.
        shape.push(3);
        for slot in &self.literals {
            if let Some(DataType::Decimal { precision, scale }) = slot.exact {
                shape.extend_from_slice(&[precision, scale]);
            }
        }
        Cow::Owned(shape)
    }

    /// Which literal stands in a part of the text, if exactly one does.
    pub fn literal_in(&self, span: Span) -> Option<usize> {
        let inside = |slot: &LiteralSlot| (span.start..span.end).contains(&slot.start);
        let mut found = self.literals.iter().enumerate().filter(|(_, slot)| inside(slot));
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    }

    /// The syntax tree with a slot for each literal of an expression; `None` where it is no statement.
    pub fn parse(&self, sharing: LiteralSharing) -> Option<Statement> {
        let mut slots = self.literals.clone();
        if sharing == LiteralSharing::SameTypes {
            slots.iter_mut().for_each(|slot| slot.exact = None);
        }
        parse_with_slots(self.text, &self.tokens, &slots)
    }

    /// The syntax tree of the statement by itself, with its literals where they stand; `parameters` are
    /// those that it was made with.
    ///
    /// # Errors
    /// As [`parse_statement_with`](super::parse_statement_with).
    pub fn parse_alone(&self, parameters: &Parameters) -> Result<Option<Statement>, ParseError> {
        parse_lexed(self.text, &self.tokens, parameters)
    }
}

/// Where in a text the tokens stand that another text of the same shape has in a span; `None` where it
/// begins or ends with no token.
pub fn span_in(span: Span, of: &str, text: &str) -> Option<Span> {
    let (known, now) = (tokenize(of).tokens, tokenize(text).tokens);
    let first = known.iter().position(|token| token.span.start == span.start)?;
    let last = known.iter().position(|token| token.span.end == span.end)?;
    Some(now.get(first)?.span.to(now.get(last)?.span))
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
        let shape = |prepared: &Prepared| prepared.shape(LiteralSharing::SameTypes).into_owned();
        assert_eq!(shape(&one), shape(&other));
        assert_ne!(one.shape(LiteralSharing::SameDigits), other.shape(LiteralSharing::SameDigits));
        let shown: Vec<String> = other.values.iter().map(Literal::to_string).collect();
        assert_eq!(shown, ["77", "'it''s'", "2000.0"]);
        let tree = one.parse(LiteralSharing::SameTypes).expect("a statement");
        insta::assert_snapshot!(tree, @"UPDATE t SET a = -?1 WHERE b = ?2 AND c = ?3");
        for different in [
            "UPDATE t SET a = -5 WHERE b = 'x' AND c = 1;",
            "UPDATE t SET a = 5 WHERE b = 'x' AND c = 1.5;",
            "UPDATE t SET b = -5 WHERE b = 'x' AND c = 1.5;",
        ] {
            assert_ne!(shape(&prepared(different)), shape(&one), "{different}");
        }
        let day = prepared("SELECT date FROM t WHERE date = DATE '2026-01-31'");
        let other = prepared("SELECT date FROM t WHERE date = DATE '2026-02-01'");
        assert_eq!(shape(&day), shape(&other));
        let text = prepared("SELECT date FROM t WHERE date = '2026-02-01'");
        assert_ne!(shape(&day), shape(&text));
        assert!(matches!(day.values[..], [Literal { value: Value::Date(_), .. }]));
        let tree = day.parse(LiteralSharing::SameTypes).expect("a statement");
        insta::assert_snapshot!(tree, @"SELECT date FROM t WHERE date = ?1");
        assert!(Prepared::new("SELECT DATE '2026-02-30'", &none).is_none());
        for never in
            ["SELECT $a", "CREATE TABLE t(a)", "SELECT 9223372036854775808", "SELECT 'open", ""]
        {
            assert!(Prepared::new(never, &none).is_none(), "{never}");
        }
        let sized = |size: usize| format!("SELECT '{}'", "x".repeat(size - 9));
        for (size, is_shared) in [(-1, true), (0, true), (1, false)] {
            let text = sized(MAX_SHARED_SIZE.saturating_add_signed(size));
            assert_eq!(Prepared::new(&text, &none).is_some(), is_shared, "{size}");
        }
    }
}
