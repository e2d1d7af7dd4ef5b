//! Transactions and the savepoints in them.

use super::super::Keyword;
use super::super::ast::{Identifier, SessionStatement, Statement};
use super::super::token::TokenKind;
use super::annotations::annotations;
use super::expected::NameKind;
use super::input::{Parsed, TokenInput, word};
use super::name::{is_name, label};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::opt;

/// `Begin ::= 'BEGIN' ['DEFERRED' | 'IMMEDIATE' | 'EXCLUSIVE'] ['TRANSACTION' [Label]] [Annotations]`
pub(super) fn begin(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let kinds = alt((word(Keyword::Deferred), word(Keyword::Immediate), word(Keyword::Exclusive)));
    let (at, _) = word(Keyword::Begin)(input)?;
    let (rest, kind) = opt(kinds).parse(at)?;
    let is_immediate = kind.is_some() && !at.is_word(0, Keyword::Deferred);
    let (named, _) = opt(word(Keyword::Transaction)).parse(rest)?;
    if named.word().eq_ignore_ascii_case("expect") {
        return named.unsupported("BEGIN EXPECT EVENT");
    }
    let (rest, ()) = transaction_name(rest)?;
    let (rest, annotations) = annotations(rest)?;
    Ok((rest, SessionStatement::Begin { is_immediate, annotations }.into()))
}

/// `['TRANSACTION' [Label]]`: a name, as SQLite takes it, means nothing.
fn transaction_name(input: TokenInput<'_>) -> Parsed<'_, ()> {
    let (rest, transaction) = opt(word(Keyword::Transaction)).parse(input)?;
    let is_named = is_name(rest.peek()) || rest.kind == TokenKind::Text;
    // These go on with what follows.
    let goes_on = [Keyword::With, Keyword::To].iter().any(|word| rest.is_word(0, *word));
    if transaction.is_none() || !is_named || goes_on {
        return Ok((rest, ()));
    }
    let (rest, _) = label(NameKind::New)(rest)?;
    Ok((rest, ()))
}

/// `Commit ::= ('COMMIT' | 'END') ['TRANSACTION' [Label]]`
pub(super) fn commit(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, ()) = transaction_name(input.skip(1))?;
    Ok((rest, SessionStatement::Commit.into()))
}

/// `Rollback ::= 'ROLLBACK' ['TRANSACTION' [Label]] ['TO' ['SAVEPOINT'] Label]`
pub(super) fn rollback(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, ()) = transaction_name(input.skip(1))?;
    if rest.is_word(0, Keyword::To) {
        let (rest, name) = savepoint_name(rest.skip(1))?;
        return Ok((rest, SessionStatement::RollbackTo(name).into()));
    }
    rest.note(Keyword::To);
    Ok((rest, SessionStatement::Rollback.into()))
}

/// `Savepoint ::= 'SAVEPOINT' Label`
pub(super) fn savepoint(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, name) = label(NameKind::New)(input.skip(1))?;
    Ok((rest, SessionStatement::Savepoint(name).into()))
}

/// `Release ::= 'RELEASE' ['SAVEPOINT'] Label`
pub(super) fn release(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, name) = savepoint_name(input.skip(1))?;
    Ok((rest, SessionStatement::Release(name).into()))
}

/// `['SAVEPOINT'] Label`; the word alone is a name.
fn savepoint_name(input: TokenInput<'_>) -> Parsed<'_, Identifier> {
    let next = input.skip(1).peek();
    let is_word =
        input.is_word(0, Keyword::Savepoint) && (is_name(next) || next.kind == TokenKind::Text);
    input.note(Keyword::Savepoint);
    label(NameKind::New)(input.skip(usize::from(is_word)))
}
