//! Where a parser finds the tokens of a text: all of them side by side, or a page of them at a time.
//!
//! A token is several times as large as the text of a short one, so that those of a large text are not
//! kept. It is lexed once to learn where each page begins, and a page again when a token of it is
//! asked for; a parser goes forwards, so that each page is read about once.

use super::ParseError;
use super::lexer::{Lexer, Tokens, tokenize};
use super::token::{Token, TokenKind};
use crate::types::Span;
use std::cell::RefCell;

/// The most bytes of a text whose tokens are all kept.
const MAX_WHOLE_SIZE: usize = 64 << 10;

/// How many tokens a page has.
const PAGE: usize = 1024;

/// How many pages are kept: the one that is read, and those around it to look ahead and back.
const KEPT: usize = 4;

/// The tokens of a text; the last is the end.
#[derive(Clone, Copy)]
pub(super) struct TokenSource<'a> {
    /// All of them; none where there are pages.
    whole: &'a [Token],
    /// A page at a time.
    pages: Option<&'a Pages<'a>>,
}

impl<'a> TokenSource<'a> {
    /// These tokens, at least one.
    pub fn whole(whole: &'a [Token]) -> TokenSource<'a> {
        TokenSource { whole, pages: None }
    }

    /// Those of these pages.
    fn paged(pages: &'a Pages<'a>) -> TokenSource<'a> {
        TokenSource { whole: &[], pages: Some(pages) }
    }

    /// How many there are, at least one.
    pub fn len(self) -> usize {
        self.pages.map_or(self.whole.len(), |pages| pages.length)
    }

    /// Whether they are those of a large text.
    pub fn is_paged(self) -> bool {
        self.pages.is_some()
    }

    /// The token at an index below the length.
    #[inline]
    pub fn at(self, index: usize) -> Token {
        match self.whole.get(index) {
            Some(token) => *token,
            None => self.of_page(index),
        }
    }

    /// The same where no token is at hand.
    #[cold]
    #[inline(never)]
    fn of_page(self, index: usize) -> Token {
        self.pages.map_or_else(|| self.whole[self.whole.len() - 1], |pages| pages.at(index))
    }
}

/// What became of a text: its tokens, and what was wrong where they end.
pub(super) enum LexedText<'a> {
    /// Of a small text.
    Whole(Tokens),
    /// Of a large one.
    Paged(Box<Pages<'a>>),
}

impl<'a> LexedText<'a> {
    /// Splits a text into tokens.
    pub fn new(text: &'a str) -> LexedText<'a> {
        match text.len() {
            ..=MAX_WHOLE_SIZE => LexedText::Whole(tokenize(text)),
            _ => LexedText::Paged(Box::new(Pages::new(text))),
        }
    }

    /// The tokens.
    pub fn source(&self) -> TokenSource<'_> {
        match self {
            LexedText::Whole(found) => TokenSource::whole(&found.tokens),
            LexedText::Paged(pages) => TokenSource::paged(pages),
        }
    }

    /// Why the rest of the text is no token, if the end is not the end of the text.
    pub fn error(&self) -> Option<&ParseError> {
        match self {
            LexedText::Whole(found) => found.error.as_ref(),
            LexedText::Paged(pages) => pages.error.as_ref(),
        }
    }
}

/// The tokens of a large text, lexed again when they are asked for.
pub(super) struct Pages<'a> {
    text: &'a str,
    /// The byte from which each page is lexed.
    starts: Vec<usize>,
    /// How many tokens there are, the end included.
    length: usize,
    /// The end, which is that of the text only where nothing is wrong.
    end: Token,
    error: Option<ParseError>,
    /// Pages that were read, each in the place that its number has here.
    kept: RefCell<[Page; KEPT]>,
}

/// One page, if it was read.
#[derive(Default)]
struct Page {
    number: Option<usize>,
    tokens: Vec<Token>,
}

impl<'a> Pages<'a> {
    fn new(text: &'a str) -> Pages<'a> {
        let mut lexer = Lexer::new(text, 0);
        let (mut starts, mut length) = (Vec::new(), 0);
        let (end, error) = loop {
            if length % PAGE == 0 {
                starts.push(lexer.position());
            }
            length += 1;
            match lexer.next() {
                Ok(token) if token.kind == TokenKind::End => break (token, None),
                Ok(_) => {}
                Err(error) => {
                    let span = Span::new(error.span.start, error.span.start);
                    break (Token { kind: TokenKind::End, span }, Some(*error));
                }
            }
        };
        Pages { text, starts, length, end, error, kept: RefCell::default() }
    }

    fn at(&self, index: usize) -> Token {
        if index + 1 >= self.length {
            return self.end;
        }
        let number = index / PAGE;
        let page = &mut self.kept.borrow_mut()[number % KEPT];
        if page.number != Some(number) {
            page.number = Some(number);
            page.tokens.clear();
            let mut lexer = Lexer::new(self.text, self.starts[number]);
            // What cannot be lexed is where the end is, which is no token of a page.
            page.tokens.extend(std::iter::from_fn(|| lexer.next().ok()).take(PAGE));
        }
        page.tokens[index % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All tokens of both ways, wherever the parser stands.
    fn check(text: &str) {
        let whole = tokenize(text);
        let pages = Pages::new(text);
        let source = TokenSource::paged(&pages);
        assert_eq!(source.len(), whole.tokens.len());
        assert_eq!(pages.error, whole.error);
        let jumps = (0..20).map(|at| at * 7919 % source.len());
        for at in (0..source.len()).chain((0..source.len()).rev()).chain(jumps) {
            assert_eq!(source.at(at), whole.tokens[at], "{at}");
        }
        assert!(pages.kept.borrow().iter().all(|page| page.tokens.len() <= PAGE));
    }

    #[test]
    fn pages_hold_the_tokens_of_the_whole() {
        for count in [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * KEPT * PAGE] {
            for unit in ["x ", "'a b' /* c */ ", "\n-- 'open\n 1.5,"] {
                let text = unit.repeat(count);
                for end in ["", "'open", "{\"a\""] {
                    check(&format!("\u{feff}{text}{end}"));
                }
            }
        }
    }
}
