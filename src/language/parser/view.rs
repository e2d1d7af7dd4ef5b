//! Views: what is kept as it is written.

use super::super::Keyword;
use super::super::ast::{CreateView, DropDefinition, SchemaStatement, Statement};
use super::super::token::Symbol;
use super::annotations::annotations;
use super::expected::NameKind;
use super::input::{Parsed, TokenInput, word};
use super::name::{columns, object_name};
use super::select::query;
use super::table::{if_exists, if_not_exists, temporary};
use crate::types::DefinitionKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

/// `CreateView ::= 'CREATE' ['OR' 'REPLACE'] ['TEMP'] 'VIEW' ['IF' 'NOT' 'EXISTS'] ObjectName [Names]
///                'AS' Query [Annotations]`
pub(super) fn create_view(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Create)(input)?;
    let (rest, or_replace) = opt((word(Keyword::Or), word(Keyword::Replace))).parse(rest)?;
    let (rest, temporary) = temporary(rest)?;
    let (rest, _) = word(Keyword::View)(rest)?;
    let (rest, if_not_exists) = match or_replace {
        Some(_) => (rest, false),
        None => if_not_exists(rest)?,
    };
    let (rest, name) = object_name(NameKind::New)(rest)?;
    let (rest, columns) = if rest.is_symbol(0, Symbol::LeftParenthesis) {
        columns(None)(rest)?
    } else {
        rest.note(Symbol::LeftParenthesis);
        (rest, Vec::new())
    };
    let (rest, query) = preceded(word(Keyword::As), query).parse(rest)?;
    let (rest, annotations) = annotations(rest)?;
    let (or_replace, query) = (or_replace.is_some(), query);
    let view =
        CreateView { or_replace, temporary, if_not_exists, name, columns, query, annotations };
    Ok((rest, SchemaStatement::CreateView(view).into()))
}

/// `DropDefinition ::= 'DROP' ('VIEW' | 'TRIGGER') ['IF' 'EXISTS'] ObjectName [Annotations]`
pub(super) fn drop_definition(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Drop)(input)?;
    let (rest, (kind, named)) = alt((
        value((DefinitionKind::View, NameKind::Table), word(Keyword::View)),
        value((DefinitionKind::Trigger, NameKind::Trigger), word(Keyword::Trigger)),
    ))
    .parse(rest)?;
    let (rest, if_exists) = if_exists(rest)?;
    let (rest, name) = object_name(named)(rest)?;
    let (rest, annotations) = annotations(rest)?;
    let drop = DropDefinition { kind, if_exists, name, annotations };
    Ok((rest, SchemaStatement::DropDefinition(drop).into()))
}
