//! What each piece of a text is, for painting it.
//!
//! The lexer finds the pieces, in any text; the parser says which words are names, and of what, as far
//! as it can read each statement. Behind a mistake a word of the language is taken for one.

use super::lexer::{Lexeme, lexeme, tokenize};
use super::parser::{NameKind, name_at, names};
use super::token::{Symbol, Token, TokenKind};
use crate::types::Span;

/// A piece of a text. Pieces stand in order and do not overlap; between them are blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: HighlightKind,
}

/// What a piece of a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HighlightKind {
    /// A word of the language that is none of the names below.
    Keyword,
    /// The name of a table, or the alias of one before a `.`.
    Table(String),
    /// The name of a column, or of an alias of the query's.
    Column {
        /// The name or the alias of its table; without one, any table of the statement has it.
        qualifier: Option<String>,
        /// Its name without quotes.
        name: String,
    },
    /// The name of a function.
    Function,
    /// A word of a type.
    DataType,
    /// Any other name: a new one, an alias, an index, a tag.
    Name,
    /// A text in single quotes, closed or not.
    Text,
    /// A number.
    Number,
    /// Bytes, `x'…'`.
    Blob,
    /// A JSON object, closed or not.
    Json,
    /// `?`, `$name`, `:name` or `@name`.
    Parameter,
    /// An operator or a mark of punctuation.
    Symbol,
    /// A comment, closed or not.
    Comment,
    /// What begins nothing.
    Unknown,
}

/// The pieces of a text, whatever it is.
pub fn highlight(text: &str) -> Vec<Highlight> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some((span, found)) = lexeme(text, at) {
        pieces.push(Highlight { span, kind: kind(found) });
        at = span.end;
    }
    let tokens = tokenize(text).tokens;
    let semicolon = TokenKind::Symbol(Symbol::Semicolon);
    for statement in tokens.split_inclusive(|token| token.kind == semicolon) {
        name_pieces(text, statement, &mut pieces);
    }
    pieces
}

/// What a piece is as far as the lexer knows.
fn kind(found: Lexeme) -> HighlightKind {
    match found {
        Lexeme::Comment | Lexeme::Open(b'/') => HighlightKind::Comment,
        Lexeme::Bad => HighlightKind::Unknown,
        Lexeme::Open(b'{') => HighlightKind::Json,
        Lexeme::Open(b'x' | b'X') => HighlightKind::Blob,
        Lexeme::Open(b'"' | b'`' | b'[') => HighlightKind::Name,
        Lexeme::Open(_) => HighlightKind::Text,
        Lexeme::Token(kind) => match kind {
            TokenKind::Keyword(_) => HighlightKind::Keyword,
            TokenKind::Name | TokenKind::QuotedName => HighlightKind::Name,
            TokenKind::Text => HighlightKind::Text,
            TokenKind::Blob => HighlightKind::Blob,
            TokenKind::Integer | TokenKind::Real => HighlightKind::Number,
            TokenKind::Json => HighlightKind::Json,
            TokenKind::Parameter => HighlightKind::Parameter,
            TokenKind::Symbol(_) | TokenKind::End => HighlightKind::Symbol,
        },
    }
}

/// Tells the pieces that are names of one statement.
fn name_pieces(text: &str, statement: &[Token], pieces: &mut [Highlight]) {
    // Every list of tokens ends with the end.
    let mut tokens = statement.to_vec();
    if let Some(last) = tokens.last_mut() {
        last.kind = TokenKind::End;
    }
    for (at, named) in names(text, &tokens) {
        let place = tokens[at].span;
        let Ok(piece) = pieces.binary_search_by_key(&place.start, |piece| piece.span.start) else {
            continue;
        };
        let name = |at| name_at(text, &tokens, at).unwrap_or_default();
        pieces[piece].kind = match named {
            NameKind::New
            | NameKind::Index
            | NameKind::Trigger
            | NameKind::Tag
            | NameKind::Collation => HighlightKind::Name,
            NameKind::Table => HighlightKind::Table(name(at)),
            NameKind::Function => HighlightKind::Function,
            NameKind::DataType => HighlightKind::DataType,
            NameKind::Column(of) => {
                HighlightKind::Column { qualifier: of.map(name), name: name(at) }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a text, each with the first letters of its kind.
    fn shown(text: &str) -> String {
        let pieces = highlight(text).into_iter().map(|piece| {
            let kind = if let HighlightKind::Table(name) = piece.kind {
                format!("T({name})")
            } else if let HighlightKind::Column { qualifier, name } = piece.kind {
                let table = qualifier.map_or(String::new(), |table| table + ".");
                format!("C({table}{name})")
            } else {
                format!("{:?}", piece.kind)
            };
            format!("{}={kind}", &text[piece.span.start..piece.span.end])
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_what_they_are_used_as() {
        assert_eq!(
            shown("SELECT events, h.\"a\"\"b\", max(tag) AS first FROM history h"),
            "SELECT=Keyword events=C(events) ,=Symbol h=T(h) .=Symbol \"a\"\"b\"=C(h.a\"b) ,=Symbol \
             max=Function (=Symbol tag=C(tag) )=Symbol AS=Keyword first=Name FROM=Keyword \
             history=T(history) h=Name"
        );
        assert_eq!(
            shown("UPDATE t SET a = NULL; EVENTS FOR events"),
            "UPDATE=Keyword t=T(t) SET=Keyword a=C(t.a) ==Symbol NULL=Keyword ;=Symbol \
             EVENTS=Keyword FOR=Keyword events=T(events)"
        );
        assert_eq!(
            shown("CREATE TABLE t (a DOUBLE PRECISION)"),
            "CREATE=Keyword TABLE=Keyword t=Name (=Symbol a=Name DOUBLE=DataType \
             PRECISION=DataType )=Symbol"
        );
    }

    #[test]
    fn words_of_moments_are_names_unless_a_text_stands_behind_them() {
        assert_eq!(
            shown("SELECT date, date('now'), DATE '2026-01-31' FROM timestamp"),
            "SELECT=Keyword date=C(date) ,=Symbol date=Function (=Symbol 'now'=Text )=Symbol \
             ,=Symbol DATE=Keyword '2026-01-31'=Text FROM=Keyword timestamp=T(timestamp)"
        );
    }

    #[test]
    fn half_a_text_is_painted_to_its_end() {
        assert_eq!(
            shown("SELECT 1.5, x'0f' -- done\n/* and */ FROM 'it''s open"),
            "SELECT=Keyword 1.5=Number ,=Symbol x'0f'=Blob -- done=Comment /* and */=Comment \
             FROM=Keyword 'it''s open=Text"
        );
        assert_eq!(shown("] SELECT [a b"), "]=Unknown SELECT=Keyword [a b=Name");
        assert_eq!(shown("12abc ?1 /* x"), "12abc=Unknown ?1=Parameter /* x=Comment");
        assert_eq!(shown("x'0 {\"a\": "), "x'0 {\"a\": =Blob");
        assert_eq!(shown("{\"a\": "), "{\"a\": =Json");
        assert_eq!(shown(" \u{feff}é"), "\u{feff}é=Name");
    }
}
