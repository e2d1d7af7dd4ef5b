//! Text becomes tokens.
//!
//! One pass over the bytes; a token is a kind and a span, nothing is copied. Every byte that ends a
//! token is ASCII, so spans never cut a character. A text that cannot go on as tokens ends the
//! stream: the tokens before it are kept, so that an earlier mistake is reported first.

use super::token::{Symbol, Token, TokenKind};
use super::{Keyword, ParseError};
use crate::types::{Span, is_control};

/// The tokens of a text, the last of which is [`TokenKind::End`], and what was wrong at that end.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The tokens, without blanks and comments.
    pub tokens: Vec<Token>,
    /// Why the rest of the text is no token, if the end is not the end of the text.
    pub error: Option<ParseError>,
}

/// Splits a text into tokens. A byte order mark at the start is skipped.
pub fn tokenize(text: &str) -> Tokens {
    let mut lexer = Lexer::new(text, 0);
    // The densest statements have about one token per three bytes; a guess that holds saves the copies.
    let mut tokens = Vec::with_capacity(text.len() / 3 + 4);
    loop {
        match lexer.next() {
            Ok(token) => {
                tokens.push(token);
                if token.kind == TokenKind::End {
                    return Tokens { tokens, error: None };
                }
            }
            Err(error) => {
                let end = Span::new(error.span.start, error.span.start);
                tokens.push(Token { kind: TokenKind::End, span: end });
                return Tokens { tokens, error: Some(*error) };
            }
        }
    }
}

/// What stands at a place of a text that need not be a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// A token.
    Token(TokenKind),
    /// A comment, closed or not.
    Comment,
    /// What is opened by this byte and never closed.
    Open(u8),
    /// What is no token.
    Bad,
}

/// The next piece of any text from a place on, comments included, blanks skipped.
pub(super) fn lexeme(text: &str, at: usize) -> Option<(Span, Lexeme)> {
    let mut lexer = Lexer::new(text, at);
    lexer.skip_spaces();
    let start = lexer.at;
    let opener = *lexer.bytes.get(start)?;
    let found = match lexer.skip_comment() {
        Ok(true) => return Some((Span::new(start, lexer.at), Lexeme::Comment)),
        Ok(false) => lexer.next(),
        Err(error) => Err(error),
    };
    Some(match found {
        Ok(token) => (token.span, Lexeme::Token(token.kind)),
        Err(error) if error.incomplete => (Span::new(start, text.len()), Lexeme::Open(opener)),
        Err(error) => (Span::new(start, error.span.end), Lexeme::Bad),
    })
}

/// What a byte can begin or continue; what may stand inside a name comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum ByteClass {
    Letter,
    Digit,
    Dollar,
    Blank,
    Other,
}

/// The class of every byte; all bytes of characters beyond ASCII are letters.
static CLASSES: [ByteClass; 256] = classes();

const fn classes() -> [ByteClass; 256] {
    let mut classes = [ByteClass::Other; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => ByteClass::Blank,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => ByteClass::Letter,
            b'0'..=b'9' => ByteClass::Digit,
            b'$' => ByteClass::Dollar,
            _ => ByteClass::Other,
        };
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

fn byte_class(byte: u8) -> ByteClass {
    CLASSES[usize::from(byte)]
}

/// Whether a byte can stand inside a name.
pub(super) fn continues_name(byte: u8) -> bool {
    byte_class(byte) <= ByteClass::Dollar
}

/// Whether a byte can begin a name.
pub(super) fn begins_name(byte: u8) -> bool {
    byte_class(byte) == ByteClass::Letter
}

/// Reads one token after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

type Lexed<T> = Result<T, Box<ParseError>>;

impl<'a> Lexer<'a> {
    /// A lexer at a place, behind the byte order mark that may stand at the start.
    pub fn new(text: &'a str, at: usize) -> Lexer<'a> {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Lexer { bytes: text.as_bytes(), text, at: at.max(mark) }
    }

    /// The byte behind the last token.
    pub fn position(&self) -> usize {
        self.at
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token; the end, again and again, where there is none.
    #[inline(always)]
    pub fn next(&mut self) -> Lexed<Token> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(&byte) = self.bytes.get(start) else {
            return Ok(Token { kind: TokenKind::End, span: Span::new(start, start) });
        };
        let kind = match byte_class(byte) {
            ByteClass::Letter => self.word(byte)?,
            ByteClass::Digit => self.number()?,
            ByteClass::Dollar | ByteClass::Blank | ByteClass::Other => match lone_symbol(byte) {
                Some(symbol) => {
                    self.at += 1;
                    TokenKind::Symbol(symbol)
                }
                None => self.mark(byte)?,
            },
        };
        Ok(Token { kind, span: Span::new(start, self.at) })
    }

    /// Skips blanks and comments.
    fn skip_blanks(&mut self) -> Lexed<()> {
        loop {
            self.skip_spaces();
            // What most tokens begin with begins no comment.
            if !matches!(self.peek(0), b'-' | b'/') || !self.skip_comment()? {
                return Ok(());
            }
        }
    }

    /// Skips blanks alone.
    fn skip_spaces(&mut self) {
        self.skip(|byte| byte_class(byte) == ByteClass::Blank);
    }

    /// Skips bytes of a kind.
    fn skip(&mut self, is_such: impl Fn(u8) -> bool) {
        let mut at = self.at;
        while self.bytes.get(at).is_some_and(|byte| is_such(*byte)) {
            at += 1;
        }
        self.at = at;
    }

    /// Skips one comment, if one begins here.
    #[inline(never)]
    fn skip_comment(&mut self) -> Lexed<bool> {
        match (self.peek(0), self.peek(1)) {
            (b'-', b'-') => {
                let rest = &self.bytes[self.at..];
                let end = rest.iter().position(|byte| *byte == b'\n');
                self.at += end.unwrap_or(rest.len());
            }
            (b'/', b'*') => match self.text[self.at + 2..].find("*/") {
                Some(length) => self.at += length + 4,
                None => return Err(self.open("comment", 2)),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    #[inline(always)]
    fn word(&mut self, first: u8) -> Lexed<TokenKind> {
        if self.peek(1) == b'\'' {
            match first {
                b'x' | b'X' => return self.blob(),
                b'n' | b'N' => {
                    self.at += 1;
                    return self.quoted(b'\'', "text").map(|()| TokenKind::Text);
                }
                _ => {}
            }
        }
        let start = self.at;
        self.skip_name();
        Ok(match Keyword::at(self.bytes, start, self.at - start) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None => TokenKind::Name,
        })
    }

    fn skip_name(&mut self) {
        self.skip(continues_name);
    }

    /// Skips digits and, between two of them, `_`.
    fn skip_digits(&mut self, is_digit: fn(&u8) -> bool) {
        while is_digit(&self.peek(0)) {
            self.at += 1 + usize::from(self.peek(1) == b'_' && is_digit(&self.peek(2)));
        }
    }

    #[inline(never)]
    fn number(&mut self) -> Lexed<TokenKind> {
        let start = self.at;
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X') {
            self.at += 2;
            let digits = self.at;
            self.skip_digits(u8::is_ascii_hexdigit);
            let empty = self.at == digits;
            return self.ended_number(start, empty, TokenKind::Integer);
        }
        let mut kind = TokenKind::Integer;
        self.skip_digits(u8::is_ascii_digit);
        if self.peek(0) == b'.' {
            kind = TokenKind::Real;
            self.at += 1;
            self.skip_digits(u8::is_ascii_digit);
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                kind = TokenKind::Real;
                self.at += 1 + sign;
                self.skip_digits(u8::is_ascii_digit);
            }
        }
        self.ended_number(start, false, kind)
    }

    /// A number must not run into a word.
    fn ended_number(&mut self, start: usize, empty: bool, kind: TokenKind) -> Lexed<TokenKind> {
        let end = self.at;
        self.skip_name();
        if self.at > end || empty {
            let word = &self.text[start..self.at];
            let message = format!("`{word}` is no number");
            return Err(bad(Span::new(start, self.at), message, false));
        }
        Ok(kind)
    }

    #[inline(never)]
    fn blob(&mut self) -> Lexed<TokenKind> {
        let start = self.at;
        self.at += 1;
        self.quoted(b'\'', "blob")?;
        let digits = &self.bytes[start + 2..self.at - 1];
        if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
            let message = "a blob is pairs of hexadecimal digits".to_owned();
            return Err(bad(Span::new(start, self.at), message, false));
        }
        Ok(TokenKind::Blob)
    }

    /// Skips what stands between two quotes; a doubled quote inside is one of it.
    fn quoted(&mut self, quote: u8, what: &'static str) -> Lexed<()> {
        let rest = &self.bytes[self.at..];
        let mut length = 1;
        while let Some(next) = rest[length..].iter().position(|byte| *byte == quote) {
            length += next + 1;
            if rest.get(length) != Some(&quote) {
                self.at += length;
                return Ok(());
            }
            length += 1;
        }
        Err(self.open(what, 1))
    }

    /// Skips a JSON object: braces are counted, but not those in its strings.
    fn json(&mut self) -> Lexed<TokenKind> {
        let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
        for (offset, byte) in self.bytes[self.at..].iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if inside => escaped = true,
                b'"' => inside = !inside,
                b'{' if !inside => depth += 1,
                b'}' if !inside => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += offset + 1;
                        return Ok(TokenKind::Json);
                    }
                }
                _ => {}
            }
        }
        Err(self.open("JSON object", 1))
    }

    #[inline(never)]
    fn mark(&mut self, byte: u8) -> Lexed<TokenKind> {
        match byte {
            b'\'' => return self.quoted(byte, "text").map(|()| TokenKind::Text),
            b'"' | b'`' => return self.quoted(byte, "name").map(|()| TokenKind::QuotedName),
            b'[' => {
                let Some(length) = self.bytes[self.at..].iter().position(|byte| *byte == b']')
                else {
                    return Err(self.open("name", 1));
                };
                self.at += length + 1;
                return Ok(TokenKind::QuotedName);
            }
            b'{' => return self.json(),
            b'.' if self.peek(1).is_ascii_digit() => return self.number(),
            b'?' => {
                self.at += 1;
                self.skip_digits(u8::is_ascii_digit);
                return Ok(TokenKind::Parameter);
            }
            b'$' | b':' | b'@' if begins_name(self.peek(1)) => {
                self.at += 1;
                self.skip_name();
                return Ok(TokenKind::Parameter);
            }
            _ => {}
        }
        let Some((symbol, length)) = symbol(byte, self.peek(1), self.peek(2)) else {
            return Err(self.stray());
        };
        self.at += length;
        Ok(TokenKind::Symbol(symbol))
    }

    /// The error for a character that begins nothing.
    fn stray(&self) -> Box<ParseError> {
        if self.bytes[self.at..].starts_with(b"::") {
            let span = Span::new(self.at, self.at + 2);
            let mut error = bad(span, "no operator is called `::`".to_owned(), false);
            error.help = Some("CAST(x AS INTEGER) makes an INTEGER of x".to_owned());
            return error;
        }
        let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.at, self.at + length);
        let character = &self.text[span.start..span.end];
        let message = if character.chars().all(is_control) {
            format!("no statement holds the character {}", character.escape_unicode())
        } else {
            format!("no statement holds the character `{character}` outside quotes")
        };
        bad(span, message, false)
    }

    /// The error for what is opened here and never closed.
    fn open(&self, what: &str, length: usize) -> Box<ParseError> {
        let span = Span::new(self.at, self.at + length);
        bad(span, format!("this {what} is never closed"), true)
    }
}

fn bad(span: Span, message: String, incomplete: bool) -> Box<ParseError> {
    let code = if incomplete { "unfinished" } else { "bad-token" };
    Box::new(ParseError { code, message, span, help: None, incomplete })
}

/// The symbol that begins and ends with a byte, where no longer one begins so.
fn lone_symbol(byte: u8) -> Option<Symbol> {
    Some(match byte {
        b'(' => Symbol::LeftParenthesis,
        b')' => Symbol::RightParenthesis,
        b',' => Symbol::Comma,
        b';' => Symbol::Semicolon,
        b'*' => Symbol::Star,
        b'/' => Symbol::Slash,
        b'%' => Symbol::Percent,
        b'+' => Symbol::Plus,
        b'&' => Symbol::Ampersand,
        b'~' => Symbol::Tilde,
        _ => return None,
    })
}

/// The longest symbol at the start of three bytes, of those that may be longer.
fn symbol(first: u8, second: u8, third: u8) -> Option<(Symbol, usize)> {
    Some(match (first, second, third) {
        (b'-', b'>', b'>') => (Symbol::LongArrow, 3),
        (b'-', b'>', _) => (Symbol::Arrow, 2),
        (b'|', b'|', _) => (Symbol::Concat, 2),
        (b'<', b'<', _) => (Symbol::ShiftLeft, 2),
        (b'<', b'>', _) => (Symbol::NotEqual, 2),
        (b'<', b'=', _) => (Symbol::LessEqual, 2),
        (b'>', b'>', _) => (Symbol::ShiftRight, 2),
        (b'>', b'=', _) => (Symbol::GreaterEqual, 2),
        (b'=', b'=', _) => (Symbol::DoubleEqual, 2),
        (b'!', b'=', _) => (Symbol::BangEqual, 2),
        (b'.', ..) => (Symbol::Dot, 1),
        (b'-', ..) => (Symbol::Minus, 1),
        (b'|', ..) => (Symbol::Bar, 1),
        (b'=', ..) => (Symbol::Equal, 1),
        (b'<', ..) => (Symbol::Less, 1),
        (b'>', ..) => (Symbol::Greater, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a text as their own texts, and the error behind them.
    fn split(text: &str) -> (Vec<&str>, Option<String>) {
        let Tokens { tokens, error } = tokenize(text);
        let texts = tokens.iter().map(|token| &text[token.span.start..token.span.end]);
        let mut texts: Vec<&str> = texts.collect();
        texts.pop();
        (texts, error.map(|error| error.message))
    }

    #[test]
    fn tokens_are_cut_where_they_end() {
        let text =
            "\u{feff}a.b--c\n<>->>x'0f'N'é''s'n''[a]]`b``c`/**/{\"}\\\"\":{}};?1$x 1.5e-3.5 0xFg";
        let (tokens, error) = split(text);
        assert_eq!(tokens, ["a", ".", "b", "<>", "->>", "x'0f'", "N'é''s'", "n''", "[a]"]);
        assert_eq!(error.as_deref(), Some("no statement holds the character `]` outside quotes"));
        let (tokens, error) = split("`b``c`/**/{\"}\\\"\":{}};?1$x :é 1.5e-3.5 .5e 0xFg");
        assert_eq!(tokens, ["`b``c`", "{\"}\\\"\":{}}", ";", "?1", "$x", ":é", "1.5e-3", ".5"]);
        assert_eq!(error.as_deref(), Some("`.5e` is no number"));
    }

    #[test]
    fn every_symbol_is_one_token() {
        for symbol in Symbol::ALL {
            let tokens = tokenize(symbol.text()).tokens;
            assert_eq!(tokens.len(), 2);
            assert_eq!(tokens[0].kind, TokenKind::Symbol(*symbol));
            assert_eq!(symbol.quoted(), format!("`{}`", symbol.text()));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_lexer_panic(text in "\\PC*|[-'\"/*{}\\[\\]`xNn0.e;é\\\\ \\x00\n]*") {
            let Tokens { tokens, error } = tokenize(&text);
            let mut last = 0;
            for token in &tokens {
                assert!(token.span.start >= last && text.is_char_boundary(token.span.end));
                last = token.span.end;
            }
            if let Some(error) = error {
                assert!(error.span.end <= text.len() && text.is_char_boundary(error.span.end));
                assert_eq!(error.span.start, last);
            }
        }
    }
}
