//! Names, aliases and texts.

use super::super::Keyword;
use super::super::ast::{Identifier, ObjectName};
use super::super::keyword::WordClass;
use super::super::token::{Symbol, Token, TokenKind};
use super::constant::without_separators;
use super::dialect_hints;
use super::expected::{Expected, NameKind};
use super::input::{Parsed, TokenInput, comma_list, parenthesised};
use super::time::begins_temporal;
use super::window::begins_windows;
use crate::types::{Name, SchemaName};

/// `Name ::= PlainName | QuotedName | a word that is not reserved`
pub(super) fn name<'a>(of: NameKind) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Identifier> {
    move |input| {
        if !is_name(input.peek()) {
            return input.no_match(of);
        }
        input.note_name(of);
        Ok((input.skip(1), identifier(input, input.peek())))
    }
}

/// `Label ::= Text | Name`: SQLite takes a text for a name wherever it can be nothing else, and its
/// dumps have such names.
pub(super) fn label<'a>(of: NameKind) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Identifier> {
    move |input| {
        if input.kind != TokenKind::Text {
            return name(of)(input);
        }
        let (rest, name) = text(input)?;
        input.note_name(of);
        Ok((rest, Identifier { name: name.into(), span: input.peek().span, quoted: false }))
    }
}

/// Whether a token can be a name.
#[inline]
pub(super) fn is_name(token: Token) -> bool {
    match token.kind {
        TokenKind::Name | TokenKind::QuotedName => true,
        TokenKind::Keyword(keyword) => !keyword.is_reserved(),
        _ => false,
    }
}

/// `ObjectName ::= (Database '.')? Name`: a table, a view, an index or a trigger.
pub(super) fn object_name<'a>(of: NameKind) -> impl Fn(TokenInput<'a>) -> Parsed<'a, ObjectName> {
    move |input| {
        let (behind, schema) = schema_before(input)?;
        let (rest, identifier) = label(of)(behind)?;
        if schema.is_none() {
            rest.offer(Symbol::Dot);
        }
        Ok((rest, ObjectName { schema, identifier }))
    }
}

/// `Database ::= 'MAIN' | 'TEMP'`, which are no words of the language, and the dot behind it, if another
/// name follows.
///
/// # Errors
/// `unknown-database` of any other.
pub(super) fn schema_before(input: TokenInput<'_>) -> Parsed<'_, Option<SchemaName>> {
    if !is_name(input.peek()) || !input.is_symbol(1, Symbol::Dot) {
        return Ok((input, None));
    }
    if let Some(schema) = schema_name(input) {
        return Ok((input.skip(2), Some(schema)));
    }
    let (_, database) = name(NameKind::New)(input)?;
    let hint = dialect_hints::schema(&database.name, input.skip(2).word());
    let (message, help) = hint.unwrap_or_else(|| {
        let message = format!("there is no database \"{}\"", database.name);
        let help = "the one that is open is called main, and temporary tables are in temp: write \
                    main.t, temp.t, or t alone";
        (message, help.to_owned())
    });
    input.fail_at(database.span, "unknown-database", message, Some(help))
}

/// The schema that a token names.
pub(super) fn schema_name(input: TokenInput<'_>) -> Option<SchemaName> {
    SchemaName::named(&identifier(input, input.peek()).name)
}

/// The name of a table that is there.
pub(super) fn table_name(input: TokenInput<'_>) -> Parsed<'_, ObjectName> {
    object_name(NameKind::Table)(input)
}

/// `Names ::= '(' Label (',' Label)* ')'`, columns of one table.
pub(super) fn columns<'a>(
    of: Option<usize>,
) -> impl Fn(TokenInput<'a>) -> Parsed<'a, Vec<Identifier>> {
    parenthesised(comma_list(label(NameKind::Column(of))))
}

/// `Alias ::= 'AS' (Name | Text) | a text, or a name that cannot go on with the clause`, or nothing.
pub(super) fn alias(input: TokenInput<'_>) -> Parsed<'_, Option<Identifier>> {
    let found = match input.kind {
        TokenKind::Name | TokenKind::QuotedName | TokenKind::Text => label(NameKind::New)(input),
        TokenKind::Keyword(Keyword::As) if !begins_temporal(input) => {
            label(NameKind::New)(input.skip(1))
        }
        TokenKind::Keyword(keyword)
            if keyword.class() == WordClass::Free
                && !begins_temporal(input)
                && !begins_windows(input) =>
        {
            name(NameKind::New)(input)
        }
        _ => {
            input.note(Keyword::As);
            return Ok((input, None));
        }
    };
    match found {
        Ok((rest, alias)) => Ok((rest, Some(alias))),
        // Behind an AS that is none of an alias.
        Err(nom::Err::Error(_)) => Ok((input, None)),
        Err(failure) => Err(failure),
    }
}

/// A text between single quotes.
pub(super) fn text(input: TokenInput<'_>) -> Parsed<'_, String> {
    text_for(TEXT)(input)
}

/// Any text between single quotes.
const TEXT: Expected = Expected::Other("a text in single quotes");

/// A text between single quotes that stands for something.
pub(super) fn text_for<'a>(what: Expected) -> impl Fn(TokenInput<'a>) -> Parsed<'a, String> {
    move |input| {
        if input.kind == TokenKind::Text {
            Ok((input.skip(1), unquote(input.word())))
        } else {
            input.no_match(what)
        }
    }
}

/// A whole number without a sign.
pub(super) fn number(input: TokenInput<'_>) -> Parsed<'_, u64> {
    number_of(NUMBER)(input)
}

/// Any number.
pub(super) const NUMBER: Expected = Expected::Other("a number");

/// A whole number without a sign that stands for something.
pub(super) fn number_of<'a>(what: Expected) -> impl Fn(TokenInput<'a>) -> Parsed<'a, u64> {
    move |input| {
        if input.kind == TokenKind::Integer { whole(input) } else { input.no_match(what) }
    }
}

/// The value of an integer token.
fn whole(input: TokenInput<'_>) -> Parsed<'_, u64> {
    let digits = &*without_separators(input.word());
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    match hexadecimal.map_or_else(|| digits.parse(), |hex| u64::from_str_radix(hex, 16)) {
        Ok(number) => Ok((input.skip(1), number)),
        Err(_) => input.fail("number-range", format!("{digits} is no number below 2^64")),
    }
}

/// The identifier that a token is.
pub(super) fn identifier(input: TokenInput<'_>, token: Token) -> Identifier {
    let text = input.state.slice(token.span);
    if token.kind != TokenKind::QuotedName {
        return Identifier { name: Name::new(text), span: token.span, quoted: false };
    }
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let name = inside.map_or_else(|| unquote(text).into(), Name::new);
    Identifier { name, span: token.span, quoted: text.starts_with('"') }
}

/// What stands between quotes, doubled ones made one; an `N` before them is dropped.
pub(super) fn unquote(text: &str) -> String {
    let text = text.trim_start_matches(['n', 'N']);
    let inner = &text[1..text.len() - 1];
    match text.as_bytes()[0] {
        b'\'' if inner.contains('\'') => inner.replace("''", "'"),
        b'"' if inner.contains('"') => inner.replace("\"\"", "\""),
        b'`' if inner.contains('`') => inner.replace("``", "`"),
        _ => inner.to_owned(),
    }
}
