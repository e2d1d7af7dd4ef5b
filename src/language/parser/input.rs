//! What parsers eat: a place among the tokens, and one shared note of how far anyone came.
//!
//! A missed token notes what was expected if its place is the furthest yet, so `alt` and `opt` lose
//! nothing. The first pass only keeps the place; only where that pass fails, a second one over the
//! same tokens collects the words. A statement that parses pays nothing for its error messages.

use super::super::parameters::{ParameterName, ParameterNumbering, Parameters};
use super::super::token::{Symbol, Token, TokenKind};
use super::super::token_source::TokenSource;
use super::super::{Keyword, ParseError};
use super::expected::{Expected, NameKind};
use crate::types::{DataType, Span, with_stack};
use nom::error::ErrorKind;
use nom::{IResult, Needed};
use std::cell::{Cell, RefCell};
use std::iter::Enumerate;

/// The place of a literal that is to be a parameter.
#[derive(Clone, Copy, Debug)]
pub(in crate::language) struct LiteralSlot {
    /// Where it begins.
    pub start: usize,
    /// Its type by itself.
    pub data_type: DataType,
    /// Its type beside a DECIMAL, of a number that is no INTEGER, where its digits are known.
    pub exact: Option<DataType>,
}

/// How deep parentheses, calls, CASE, NOT and other prefixes may stand in each other.
pub const MAX_NESTING: usize = 100;

/// How tall the tree of one expression may be, long chains of operators included; SQLite's limit.
pub const MAX_HEIGHT: usize = 1_000;

/// How many terms a SELECT may have to give, to group by or to sort by, each: they are compared with
/// each other; SQLite's limit.
pub const MAX_TERMS: usize = 2_000;

/// How many there is room for from the start.
const FEW_TERMS: usize = 4;

/// How many expressions a statement may have, parts of others counted, constants in lists not: those
/// take some 200 bytes each, and the latter a few times their text.
pub const MAX_EXPRESSIONS: usize = 1_000_000;

/// What a production gives: the rest and its node.
pub(super) type Parsed<'a, T> = IResult<TokenInput<'a>, T, NoMatch>;

/// A place among the tokens of a text, in two registers.
#[derive(Clone, Copy)]
pub(super) struct TokenInput<'a> {
    /// The index of the next token.
    index: u32,
    /// What the next token is, which is asked many times.
    pub kind: TokenKind,
    /// What all places share.
    pub state: &'a ParseState<'a>,
}

// Every production takes one and gives one.
const _: () = assert!(size_of::<TokenInput<'_>>() == 16);

/// Where an expression ends because BETWEEN begins the range behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StopAtRange {
    /// Behind a comparison or another condition.
    BehindConditions,
    /// Behind everything.
    Always,
}

/// What is shared by all places of one parse.
pub(super) struct ParseState<'a> {
    /// The whole text.
    pub text: &'a str,
    /// All tokens; the last is the end.
    pub tokens: TokenSource<'a>,
    /// The index of the last token.
    pub last: usize,
    /// The furthest token that was missed.
    pub furthest: Cell<usize>,
    /// What would have fitted there; collected in the second pass only.
    pub expected: Option<RefCell<Vec<Expected>>>,
    /// Whether what is only good to be offered is collected, too.
    pub completing: bool,
    /// Which tokens are names, and of what; collected for highlighting only.
    pub names: Option<RefCell<Vec<(usize, NameKind)>>>,
    /// How many brackets of any kind are open.
    pub depth: Cell<usize>,
    /// The height of the tallest expression since this was last taken.
    pub tallest: Cell<usize>,
    /// How many expressions were read that take trees.
    pub expressions: Cell<usize>,
    /// Where literals begin that are to be parameters, and their types.
    pub parameters: &'a [LiteralSlot],
    /// The values of `$name` and `?`; without them they stay what they are.
    pub given: Option<&'a Parameters>,
    /// Whether the statement is kept as it stands, so that only constants are constant in it.
    pub is_definition: Cell<bool>,
    /// The BETWEEN that may begin a range behind the expression that is read, and when it does.
    pub range: Cell<Option<(usize, StopAtRange)>>,
    /// Up to which token `?` were counted, and how many.
    pub numbered: Cell<(usize, ParameterNumbering)>,
    /// How often somebody looked at a token.
    #[cfg(test)]
    pub visits: Cell<usize>,
}

impl<'a> ParseState<'a> {
    /// A state for the first pass.
    pub fn new(text: &'a str, tokens: TokenSource<'a>) -> ParseState<'a> {
        ParseState {
            text,
            tokens,
            last: tokens.len() - 1,
            furthest: Cell::new(0),
            expected: None,
            completing: false,
            names: None,
            depth: Cell::new(0),
            tallest: Cell::new(0),
            expressions: Cell::new(0),
            parameters: &[],
            given: None,
            is_definition: Cell::new(false),
            range: Cell::new(None),
            numbered: Cell::default(),
            #[cfg(test)]
            visits: Cell::new(0),
        }
    }

    /// A state for the second pass, which collects what is expected at `furthest`.
    pub fn collecting(text: &'a str, tokens: TokenSource<'a>, furthest: usize) -> ParseState<'a> {
        let mut state = ParseState::new(text, tokens);
        state.furthest = Cell::new(furthest);
        state.expected = Some(RefCell::new(Vec::new()));
        state
    }

    /// A state for a pass that collects everything that could follow the last token.
    pub fn completing(text: &'a str, tokens: TokenSource<'a>) -> ParseState<'a> {
        let mut state = ParseState::collecting(text, tokens, tokens.len() - 1);
        state.completing = true;
        state
    }

    /// A state for a pass that collects which tokens are names.
    pub fn naming(text: &'a str, tokens: TokenSource<'a>) -> ParseState<'a> {
        let mut state = ParseState::new(text, tokens);
        state.names = Some(RefCell::new(Vec::new()));
        state
    }

    /// The text of a place.
    pub fn slice(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }
}

impl<'a> TokenInput<'a> {
    /// The place of the token with an index; the last one behind it, too.
    #[inline]
    pub fn new(state: &'a ParseState<'a>, at: usize) -> TokenInput<'a> {
        let at = at.min(state.last);
        #[cfg(test)]
        state.visits.update(|visits| visits + 1);
        // A statement has fewer tokens than bytes, and at most 64 MiB of them.
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        TokenInput { index, kind: state.tokens.at(at).kind, state }
    }

    /// The index of the next token.
    #[inline]
    pub fn at(self) -> usize {
        usize::try_from(self.index).unwrap_or(usize::MAX)
    }

    /// The next token, which is the end where there is no other.
    #[inline]
    pub fn peek(self) -> Token {
        self.ahead(0)
    }

    /// The token `count` behind the next one.
    #[inline]
    pub fn ahead(self, count: usize) -> Token {
        #[cfg(test)]
        self.state.visits.update(|visits| visits + 1);
        self.state.tokens.at((self.at() + count).min(self.state.last))
    }

    /// What the token `count` behind the next one is.
    #[inline]
    fn kind_ahead(self, count: usize) -> TokenKind {
        if count == 0 { self.kind } else { self.ahead(count).kind }
    }

    /// Whether the token `count` behind the next one is this word.
    #[inline]
    pub fn is_word(self, count: usize, keyword: Keyword) -> bool {
        self.kind_ahead(count) == TokenKind::Keyword(keyword)
    }

    /// Whether the next token is this symbol.
    #[inline]
    pub fn is_symbol(self, count: usize, symbol: Symbol) -> bool {
        self.kind_ahead(count) == TokenKind::Symbol(symbol)
    }

    /// Eats a word that may stand here; whether it did.
    #[inline]
    pub fn eat(self, keyword: Keyword) -> (TokenInput<'a>, bool) {
        if self.is_word(0, keyword) {
            return (self.skip(1), true);
        }
        self.note(keyword);
        (self, false)
    }

    /// The text of the next token.
    pub fn word(self) -> &'a str {
        self.state.slice(self.peek().span)
    }

    /// The place behind `count` tokens.
    #[inline]
    pub fn skip(self, count: usize) -> TokenInput<'a> {
        TokenInput::new(self.state, self.at() + count)
    }

    /// The span from here to the end of what was eaten before `rest`.
    #[inline]
    pub fn span_to(self, rest: TokenInput<'_>) -> Span {
        let start = self.peek().span.start;
        let last = self.state.tokens.at(rest.at().saturating_sub(1)).span.end;
        Span::new(start, last.max(start))
    }

    /// Notes that `expected` would have fitted here.
    #[inline]
    pub fn note(self, expected: impl Into<Expected>) {
        match &self.state.expected {
            None => self.state.furthest.set(self.state.furthest.get().max(self.at())),
            Some(collected) => self.collect(collected, expected.into()),
        }
    }

    /// Keeps what would have fitted here, if this is the furthest place.
    #[cold]
    fn collect(self, collected: &RefCell<Vec<Expected>>, expected: Expected) {
        let mut collected = collected.borrow_mut();
        if self.at() == self.state.furthest.get() && !collected.contains(&expected) {
            collected.push(expected);
        }
    }

    /// Notes what would have fitted here, too, and would only make a message longer.
    #[inline]
    pub fn offer(self, expected: impl Into<Expected>) {
        if self.state.completing {
            self.note(expected);
        }
    }

    /// What the next token, a parameter, is called; `None` if its number is out of range.
    pub fn parameter(self) -> Option<ParameterName> {
        let ParseState { text, tokens, numbered, .. } = self.state;
        let (counted, mut numbering) = numbered.get();
        // A parser that came back counts again.
        let from = if counted > self.at() { 0 } else { counted };
        if from == 0 {
            numbering = ParameterNumbering::default();
        }
        let parameters = (from..=self.at()).map(|at| tokens.at(at));
        let parameters = parameters.filter(|token| token.kind == TokenKind::Parameter);
        let names = parameters.map(|token| numbering.name(&text[token.span.start..token.span.end]));
        let name = names.last().flatten();
        numbered.set((self.at() + 1, numbering));
        name
    }

    /// Says that the next token is a name, and of what.
    pub fn note_name(self, named: NameKind) {
        if let Some(names) = &self.state.names {
            names.borrow_mut().push((self.at(), named));
        }
    }

    /// Misses here: another production may fit.
    pub fn no_match<T>(self, expected: impl Into<Expected>) -> Parsed<'a, T> {
        self.note(expected);
        Err(nom::Err::Error(NoMatch(None)))
    }

    /// Fails here for good.
    pub fn fail<T>(self, code: &'static str, message: String) -> Parsed<'a, T> {
        self.fail_at(self.peek().span, code, message, None)
    }

    /// Fails for good at a place, perhaps with a way out.
    pub fn fail_at<T>(
        self,
        span: Span,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) -> Parsed<'a, T> {
        self.fail_with(ParseError { code, message, span, help, incomplete: false })
    }

    /// Fails for good with this error.
    pub fn fail_with<T>(self, error: ParseError) -> Parsed<'a, T> {
        Err(nom::Err::Failure(NoMatch(Some(Box::new(error)))))
    }

    /// Fails because the language knows what stands here, and this version does not run it.
    pub fn unsupported<T>(self, feature: &str) -> Parsed<'a, T> {
        self.fail("unsupported", format!("{feature} is not supported yet"))
    }
}

/// Eats one word of the language.
pub(super) fn word<'a>(keyword: Keyword) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Span> {
    move |input| {
        let token = input.peek();
        if token.kind == TokenKind::Keyword(keyword) {
            Ok((input.skip(1), token.span))
        } else {
            input.no_match(keyword)
        }
    }
}

/// Eats one symbol.
pub(super) fn symbol<'a>(symbol: Symbol) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Span> {
    move |input| {
        let token = input.peek();
        if token.kind == TokenKind::Symbol(symbol) {
            Ok((input.skip(1), token.span))
        } else {
            input.no_match(symbol)
        }
    }
}

/// Eats a production that may stand here, with the word that it begins with.
pub(super) fn clause<'a, T>(
    first: Keyword,
    production: impl Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Option<T>> {
    move |input| {
        let (rest, begins) = input.eat(first);
        if !begins {
            return Ok((input, None));
        }
        let (rest, node) = production(rest)?;
        Ok((rest, Some(node)))
    }
}

/// Eats a word, BY and terms; `clause` is what they stand in, which may be missing.
pub(super) fn terms_by<'a, T>(
    first: Keyword,
    clause: &'static str,
    production: impl Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Vec<T>> {
    let terms = terms(clause, production);
    move |input| {
        let (rest, begins) = input.eat(first);
        if !begins {
            return Ok((input, Vec::new()));
        }
        let (rest, _) = word(Keyword::By)(rest)?;
        terms(rest)
    }
}

/// Eats `(`, one production and `)`.
pub(super) fn parenthesised<'a, T>(
    production: impl Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, T> {
    move |input| {
        let (rest, _) = symbol(Symbol::LeftParenthesis)(input)?;
        let (rest, node) = production(rest)?;
        let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
        Ok((rest, node))
    }
}

/// Eats one or more of a production with commas between them.
pub(super) fn comma_list<'a, T>(
    production: impl Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Vec<T>> {
    move |input| {
        let mut list = Vec::new();
        let (rest, _) = each_between_commas(input, |input| {
            let (rest, item) = production(input)?;
            list.push(item);
            Ok((rest, ()))
        })?;
        Ok((rest, list))
    }
}

/// The same with at most [`MAX_TERMS`] of them; `clause` is what they stand in.
pub(super) fn terms<'a, T>(
    clause: &'static str,
    production: impl Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Vec<T>> {
    move |input| {
        let mut list = Vec::with_capacity(FEW_TERMS);
        let (rest, _) = each_between_commas(input, |input| {
            if list.len() == MAX_TERMS {
                let message = format!("{clause} has more than {MAX_TERMS} terms");
                return input.fail("term-limit", message);
            }
            let (rest, item) = production(input)?;
            list.push(item);
            Ok((rest, ()))
        })?;
        Ok((rest, list))
    }
}

/// Eats one or more of a production with commas between them, which keeps what it finds; gives how
/// many there were.
pub(super) fn each_between_commas<'a>(
    input: TokenInput<'a>,
    mut production: impl FnMut(TokenInput<'a>) -> Parsed<'a, ()>,
) -> Parsed<'a, usize> {
    let (mut rest, ()) = production(input)?;
    let mut count = 1;
    while rest.is_symbol(0, Symbol::Comma) {
        (rest, ()) = production(rest.skip(1))?;
        count += 1;
    }
    rest.note(Symbol::Comma);
    Ok((rest, count))
}

/// Runs a production one level deeper, up to [`MAX_NESTING`].
pub(super) fn nested<'a, T>(
    input: TokenInput<'a>,
    production: impl FnOnce(TokenInput<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, T> {
    let depth = input.state.depth.get();
    if depth == MAX_NESTING {
        let message = format!("nested deeper than {MAX_NESTING} levels");
        return input.fail("nesting-limit", message);
    }
    input.state.depth.set(depth + 1);
    let parsed = with_stack(|| production(input));
    input.state.depth.set(depth);
    parsed
}

/// Why a production did not fit: a note was left, or a whole error if nothing else can fit.
pub(super) struct NoMatch(pub Option<Box<ParseError>>);

impl<'a> nom::error::ParseError<TokenInput<'a>> for NoMatch {
    fn from_error_kind(_: TokenInput<'a>, _: ErrorKind) -> NoMatch {
        NoMatch(None)
    }

    fn append(_: TokenInput<'a>, _: ErrorKind, other: NoMatch) -> NoMatch {
        other
    }
}

/// The tokens from a place on, without the end.
pub(super) struct Rest<'a>(TokenInput<'a>);

impl Iterator for Rest<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let token = self.0.peek();
        self.0 = self.0.skip(1);
        (token.kind != TokenKind::End).then_some(token)
    }
}

/// What nom's combinators need to walk over tokens.
impl<'a> nom::Input for TokenInput<'a> {
    type Item = Token;
    type Iter = Rest<'a>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.state.last - self.at()
    }

    fn take(&self, _: usize) -> Self {
        *self
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.skip(index), *self)
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        Rest(*self)
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if count <= self.input_len() { Ok(count) } else { Err(Needed::Unknown) }
    }
}
