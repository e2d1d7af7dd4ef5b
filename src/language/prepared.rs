//! Statements that differ in nothing but their literals.
//!
//! A script says `UPDATE t SET a = 5 WHERE id = 7` a million times with other numbers. Each is split into
//! a *shape*, its text in which each literal is only its type, and the literals' values; statements of
//! one shape have one plan, with slots where the literals stood. `$name` and `?` are literals whose
//! values come from elsewhere.
//!
//! Behind ORDER BY and GROUP BY a whole number may be the place of a column of the result, which says what
//! the statement does: there it is a word of the shape.
//!
//! Beside a DECIMAL, how many digits a literal has decides the type of what is computed. Where that is
//! so, the digits are part of the shape, too ([`LiteralSharing::SameDigits`]).

use super::ast::Statement;
use super::keyword::Keyword;
use super::lexer::{Lexer, Tokens, tokenize};
use super::parameters::{ParameterNumbering, Parameters};
use super::parser::{LiteralSlot, literal_value, parse_lexed, parse_with_slots};
use super::token::{Token, TokenKind};
use super::{ParseError, Symbol};
use crate::types::{DataType, Literal, Span, Value};

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

/// A statement as its tokens and its shape.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    literals: Vec<LiteralToken>,
    /// What statements of one shape have in common, as bytes to compare.
    shape: Vec<u8>,
}

/// A token that is a literal, or stands for one.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiteralToken {
    token: Token,
    /// What the word before a text makes of it, which is part of the shape: `DATE '…'`.
    moment: Option<DataType>,
}

impl LiteralToken {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.token.span
    }

    /// Which token it is.
    pub fn kind(&self) -> TokenKind {
        self.token.kind
    }

    /// Whether its value stands elsewhere.
    pub fn is_parameter(&self) -> bool {
        self.token.kind == TokenKind::Parameter
    }

    /// What a word in its place is; `None` where that says more than its type does, or is none.
    pub fn value(&self, word: &str) -> Option<Literal> {
        let literal = literal_value(self.token.kind, word).ok()?;
        let literal = match self.moment {
            Some(moment) => moment.accept(literal.value).ok()?.into(),
            None => literal,
        };
        is_shared(self.token.kind, &literal).then_some(literal)
    }
}

/// Whether a literal says no more than its type does: an integer beyond 64 bits does, and a number of more
/// digits than a DECIMAL has.
fn is_shared(kind: TokenKind, literal: &Literal) -> bool {
    match &literal.exact {
        None => true,
        Some(exact) => kind != TokenKind::Integer && matches!(exact, Value::Decimal(_)),
    }
}

/// The literals of a statement, in order.
#[derive(Clone, Debug, Default)]
pub struct StatementLiterals {
    /// Where each stands.
    slots: Vec<LiteralSlot>,
    /// What each is.
    pub values: Vec<Literal>,
}

impl<'a> Prepared<'a> {
    /// Splits a statement; `None` for one that is no INSERT, UPDATE, DELETE or SELECT, that does not
    /// lex, that is too large, or whose parameters or JSON objects say more than their type does.
    pub fn new(text: &'a str, parameters: &Parameters) -> Option<Prepared<'a>> {
        if text.len() > MAX_SHARED_SIZE {
            return None;
        }
        let changes_or_reads = [Keyword::Insert, Keyword::Update, Keyword::Delete, Keyword::Select];
        let first = Lexer::new(text, 0).next().ok()?.kind.keyword()?;
        if !changes_or_reads.contains(&first) {
            return None;
        }
        let Tokens { tokens, error: None } = tokenize(text) else { return None };
        let mut prepared = Prepared { text, tokens, literals: Vec::new(), shape: Vec::new() };
        prepared.split(parameters)?;
        Some(prepared)
    }

    /// Finds the literals, and the shape: the text of the tokens as it stands, but that each literal is only
    /// its type, and that nothing stands around them. `None` where a parameter or a JSON object says more
    /// than its type does.
    fn split(&mut self, parameters: &Parameters) -> Option<()> {
        let Prepared { text, tokens, literals, shape } = self;
        let is_said = |kind| !matches!(kind, TokenKind::End | TokenKind::Symbol(Symbol::Semicolon));
        let last = tokens.iter().rposition(|token| is_said(token.kind))?;
        let bytes = text.as_bytes();
        shape.reserve_exact(text.len() + tokens.len());
        let mut numbering = ParameterNumbering::default();
        let mut places = ResultPlaces::default();
        // From where on the text is still to be copied, and the token before.
        let (mut from, mut before) = (tokens[0].span.start, TokenKind::End);
        for token in &tokens[..=last] {
            let Token { kind, span } = *token;
            let mut moment = None;
            let literal = match kind {
                _ if places.may_be(kind) => None,
                TokenKind::Keyword(_)
                | TokenKind::Name
                | TokenKind::QuotedName
                | TokenKind::Symbol(_)
                | TokenKind::End => None,
                TokenKind::Json => return None,
                TokenKind::Parameter => {
                    let given = parameters.find(&numbering.name(&text[span.start..span.end])?)?;
                    Some([PARAMETER, mark(given.value.data_type())?])
                }
                TokenKind::Text => {
                    moment = moment_behind(before);
                    Some([LITERAL, mark(moment.unwrap_or(DataType::Text))?])
                }
                TokenKind::Blob => Some([LITERAL, mark(DataType::Blob)?]),
                TokenKind::Integer => Some([LITERAL, mark(DataType::Integer)?]),
                TokenKind::Real => Some([LITERAL, mark(DataType::Real)?]),
            };
            if let Some(literal) = literal {
                shape.extend_from_slice(&bytes[from..span.start]);
                shape.extend_from_slice(&literal);
                literals.push(LiteralToken { token: *token, moment });
                from = span.end;
            }
            before = kind;
        }
        shape.extend_from_slice(&bytes[from..tokens[last].span.end]);
        Some(())
    }

    /// The statement.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What statements whose literals have the same types have in common, as bytes to compare.
    pub fn shape(&self) -> &[u8] {
        &self.shape
    }

    /// The tokens that are literals, in order.
    pub(super) fn literal_tokens(&self) -> &[LiteralToken] {
        &self.literals
    }

    /// The literals; `None` where one says more than its type does: an integer beyond 64 bits, a number of
    /// more digits than a DECIMAL has, a day that is none. `parameters` are those that it was made with.
    pub fn literals(&self, parameters: &Parameters) -> Option<StatementLiterals> {
        let mut literals = StatementLiterals::default();
        let mut numbering = ParameterNumbering::default();
        literals.values.reserve_exact(self.literals.len());
        literals.slots.reserve_exact(self.literals.len());
        for literal in &self.literals {
            let Span { start, end } = literal.token.span;
            let word = &self.text[start..end];
            let value = match literal.is_parameter() {
                true => {
                    let given = parameters.find(&numbering.name(word)?)?;
                    is_shared(literal.token.kind, given).then(|| given.clone())
                }
                false => literal.value(word),
            };
            literals.push(start, value?)?;
        }
        Some(literals)
    }

    /// What statements whose literals are as exact as these have in common, as bytes to compare.
    pub fn exact_shape(&self, literals: &StatementLiterals) -> Vec<u8> {
        let mut shape = self.shape.clone();
        // No word begins so.
        shape.push(3);
        for slot in &literals.slots {
            if let Some(DataType::Decimal { precision, scale }) = slot.exact {
                shape.extend_from_slice(&[precision, scale]);
            }
        }
        shape
    }

    /// The syntax tree with a slot for each literal of an expression; `None` where it is no statement.
    pub fn parse(
        &self,
        literals: &StatementLiterals,
        sharing: LiteralSharing,
    ) -> Option<Statement> {
        let mut slots = literals.slots.clone();
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

impl StatementLiterals {
    fn push(&mut self, start: usize, literal: Literal) -> Option<()> {
        let data_type = literal.value.data_type();
        mark(data_type)?;
        let exact = literal.exact.as_ref().map(Value::data_type);
        self.slots.push(LiteralSlot { start, data_type, exact });
        self.values.push(literal);
        Some(())
    }

    /// Which of them stands in a part of the text, if exactly one does.
    pub fn only_in(&self, span: Span) -> Option<usize> {
        let mut found = self.within(span);
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    }

    /// Whether none of them stands in a part of the text.
    pub fn none_in(&self, span: Span) -> bool {
        self.within(span).next().is_none()
    }

    /// Those that stand in a part of the text.
    fn within(&self, span: Span) -> impl Iterator<Item = (usize, &LiteralSlot)> {
        let inside = move |slot: &LiteralSlot| (span.start..span.end).contains(&slot.start);
        self.slots.iter().enumerate().filter(move |(_, slot)| inside(slot))
    }
}

/// The type of a text behind a word that makes it a moment.
fn moment_behind(before: TokenKind) -> Option<DataType> {
    if before == TokenKind::Keyword(Keyword::Date) {
        Some(DataType::Date)
    } else if before == TokenKind::Keyword(Keyword::Timestamp) {
        Some(DataType::Timestamp)
    } else {
        None
    }
}

/// What a literal begins with in a shape, and a parameter: a sign before that one is never part of it. No
/// token begins so.
const LITERAL: u8 = 0;
const PARAMETER: u8 = 2;

/// Follows the tokens of a statement, and knows where a whole number may be the place of a column.
#[derive(Debug, Default)]
struct ResultPlaces {
    /// How many parentheses are open.
    depth: usize,
    /// How many were at the BY whose list this is, or a part of.
    list: Option<usize>,
}

impl ResultPlaces {
    /// Takes the next token; whether it is a number that may be a place. What stands deeper in a list than
    /// its terms do is taken for one, too: that costs no more than a plan of its own.
    fn may_be(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::Integer => return self.list.is_some(),
            TokenKind::Symbol(Symbol::LeftParenthesis) => self.depth += 1,
            TokenKind::Symbol(Symbol::RightParenthesis) => {
                self.depth = self.depth.saturating_sub(1);
                self.list = self.list.filter(|list| *list <= self.depth);
            }
            TokenKind::Keyword(Keyword::By) => {
                self.list.get_or_insert(self.depth);
            }
            // What follows a list.
            TokenKind::Keyword(
                Keyword::Having | Keyword::Limit | Keyword::As | Keyword::Before,
            ) => {
                self.list = self.list.filter(|list| *list < self.depth);
            }
            TokenKind::Keyword(_)
            | TokenKind::Symbol(_)
            | TokenKind::Name
            | TokenKind::QuotedName
            | TokenKind::Parameter
            | TokenKind::Text
            | TokenKind::Blob
            | TokenKind::Real
            | TokenKind::Json
            | TokenKind::End => {}
        }
        false
    }
}

/// What stands for a literal of a type in a shape; `None` for types whose values decide about plans.
fn mark(data_type: DataType) -> Option<u8> {
    match data_type {
        DataType::Integer => Some(b'i'),
        DataType::Real => Some(b'r'),
        DataType::Text => Some(b't'),
        DataType::Blob => Some(b'b'),
        DataType::Date => Some(b'd'),
        DataType::Timestamp => Some(b'm'),
        DataType::Numeric
        | DataType::Decimal { .. }
        | DataType::Boolean
        | DataType::Json
        | DataType::Any
        | DataType::Flexible(_) => None,
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
            prepared(" UPDATE t SET a = -77 WHERE b = 'it''s' AND c = 2e3 -- no"),
        );
        let literals = |prepared: &Prepared| prepared.literals(&none).expect("literals");
        assert_eq!(one.shape(), other.shape());
        assert_ne!(one.exact_shape(&literals(&one)), other.exact_shape(&literals(&other)));
        let shown: Vec<String> = literals(&other).values.iter().map(Literal::to_string).collect();
        assert_eq!(shown, ["77", "'it''s'", "2000.0"]);
        let tree = |prepared: &Prepared| {
            prepared.parse(&literals(prepared), LiteralSharing::SameTypes).expect("a statement")
        };
        let tree_of_one = tree(&one);
        insta::assert_snapshot!(tree_of_one, @"UPDATE t SET a = -?1 WHERE b = ?2 AND c = ?3");
        for different in [
            "UPDATE t SET a = -5 WHERE b = 'x' AND c = 1;",
            "UPDATE t SET a = 5 WHERE b = 'x' AND c = 1.5;",
            "UPDATE t SET b = -5 WHERE b = 'x' AND c = 1.5;",
        ] {
            assert_ne!(prepared(different).shape(), one.shape(), "{different}");
        }
        let day = prepared("SELECT date FROM t WHERE date = DATE '2026-01-31'");
        let other = prepared("SELECT date FROM t WHERE date = DATE '2026-02-01'");
        assert_eq!(day.shape(), other.shape());
        let text = prepared("SELECT date FROM t WHERE date = '2026-02-01'");
        assert_ne!(day.shape(), text.shape());
        let values = literals(&day).values;
        assert!(matches!(values[..], [Literal { value: Value::Date(_), .. }]));
        insta::assert_snapshot!(tree(&day), @"SELECT date FROM t WHERE date = ?1");
        let one = prepared("SELECT 1");
        for same in
            [" SELECT 2", "\nSELECT 2 ;", "SELECT 2;;", "/**/SELECT 2 -- two", "\u{feff}SELECT 2"]
        {
            assert_eq!(prepared(same).shape(), one.shape(), "{same}");
        }
        for different in
            ["SELECT 2; x", "SELECT ; 2", "SELECT 2 2", "SELECT\"2\"", "SELECT 2x", "SELECT  2"]
        {
            let shape = Prepared::new(different, &none).map(|prepared| prepared.shape().to_vec());
            assert_ne!(shape.as_deref(), Some(one.shape()), "{different}");
        }
        for more in ["SELECT DATE '2026-02-30'", "SELECT 9223372036854775808"] {
            assert!(prepared(more).literals(&none).is_none(), "{more}");
        }
        for never in ["SELECT $a", "CREATE TABLE t(a)", "SELECT 'open", ""] {
            assert!(Prepared::new(never, &none).is_none(), "{never}");
        }
        let sized = |size: usize| format!("SELECT '{}'", "x".repeat(size - 9));
        for (size, is_shared) in [(-1, true), (0, true), (1, false)] {
            let text = sized(MAX_SHARED_SIZE.saturating_add_signed(size));
            assert_eq!(Prepared::new(&text, &none).is_some(), is_shared, "{size}");
        }
    }

    #[test]
    fn a_number_that_may_be_the_place_of_a_column_is_a_word() {
        let none = Parameters::new();
        for (text, tree_of_text) in [
            (
                "SELECT a, 3 FROM t WHERE a > 3 ORDER BY 2, a + 1 LIMIT 1",
                "SELECT a, ?1 FROM t WHERE a > ?2 ORDER BY 2, a + 1 LIMIT ?3",
            ),
            (
                "SELECT a FROM t WHERE a IN (SELECT 1 ORDER BY 1) GROUP BY 1 HAVING a > 1",
                "SELECT a FROM t WHERE a IN (SELECT ?1 ORDER BY 1) GROUP BY 1 HAVING a > ?2",
            ),
            ("SELECT sum(1) OVER (ORDER BY 1), 1", "SELECT sum(?1) OVER (ORDER BY 1), ?2"),
            (
                "SELECT 1 ORDER BY (SELECT 1 ORDER BY 1 LIMIT 1), 1",
                "SELECT ?1 ORDER BY (SELECT 1 ORDER BY 1 LIMIT 1), 1",
            ),
            ("SELECT 1.5 ORDER BY 1.5, 'a'", "SELECT ?1 ORDER BY ?2, ?3"),
        ] {
            let prepared = Prepared::new(text, &none).expect("it can be prepared");
            let literals = prepared.literals(&none).expect("literals");
            let tree = prepared.parse(&literals, LiteralSharing::SameTypes).expect("a statement");
            assert_eq!(tree.to_string(), tree_of_text);
        }
        let moment = Prepared::new("SELECT a FROM t ORDER BY 1 AS OF EVENT 5", &none);
        let literals = moment.expect("it can be prepared").literals(&none).expect("literals");
        assert_eq!(literals.values.len(), 1);
    }
}
