//! Tokens.

use super::Keyword;
use crate::types::Span;

/// One token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// What a token is. Its text stays in the statement; nothing is copied while lexing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The end of the text, which is always the last token.
    End,
    /// A word of the language.
    Keyword(Keyword),
    /// A name without quotes.
    Name,
    /// A name in `"…"`, `[…]` or `` `…` ``.
    QuotedName,
    /// A text, `'…'` or `N'…'`.
    Text,
    /// Bytes, `x'…'`.
    Blob,
    /// Decimal digits, or hexadecimal ones behind `0x`.
    Integer,
    /// A number with a point or an exponent.
    Real,
    /// A whole JSON object.
    Json,
    /// `?`, `$name`, `:name` or `@name`.
    Parameter,
    /// An operator or a mark of punctuation.
    Symbol(Symbol),
}

impl TokenKind {
    /// The word of the language that it is, if it is one.
    pub fn keyword(self) -> Option<Keyword> {
        if let TokenKind::Keyword(keyword) = self { Some(keyword) } else { None }
    }
}

macro_rules! symbols {
    ($($name:ident $text:literal)*) => {
        /// An operator or a mark of punctuation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Symbol {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Symbol {
            /// Every symbol.
            pub const ALL: &[Symbol] = &[$(Symbol::$name,)*];

            /// The symbol as it is written.
            pub fn text(self) -> &'static str {
                match self {
                    $(Symbol::$name => $text,)*
                }
            }

            /// The symbol between backquotes, for messages.
            pub(super) fn quoted(self) -> &'static str {
                match self {
                    $(Symbol::$name => concat!("`", $text, "`"),)*
                }
            }
        }
    };
}

symbols! {
    LeftParenthesis "(" RightParenthesis ")" Comma "," Semicolon ";" Dot "."
    Star "*" Slash "/" Percent "%" Plus "+" Minus "-" Concat "||" Ampersand "&" Bar "|"
    ShiftLeft "<<" ShiftRight ">>" Tilde "~" Equal "=" DoubleEqual "==" NotEqual "<>"
    BangEqual "!=" Less "<" LessEqual "<=" Greater ">" GreaterEqual ">=" Arrow "->"
    LongArrow "->>"
}
