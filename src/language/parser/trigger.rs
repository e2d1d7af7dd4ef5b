//! Triggers, and the body of statements that hold statements.

use super::super::Keyword;
use super::super::ast::{
    CreateTrigger, Expression, ExpressionKind, RaiseAction, SchemaStatement, Statement,
    StatementList, TriggerEvent, TriggerTime,
};
use super::super::token::{Symbol, TokenKind};
use super::annotations::annotations;
use super::expected::{Expected, NameKind};
use super::expression::expression;
use super::input::{Parsed, TokenInput, comma_list, symbol, word};
use super::name::{label, object_name, table_name};
use super::statement::row_statement;
use super::table::{if_not_exists, temporary};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

/// The most statements of a body.
pub const MAX_BODY: usize = 1_000;

/// `CreateTrigger ::= 'CREATE' ['TEMP'] 'TRIGGER' ['IF' 'NOT' 'EXISTS'] ObjectName
///                   ['BEFORE' | 'AFTER' | 'INSTEAD' 'OF'] TriggerEvent 'ON' ObjectName
///                   ['FOR' 'EACH' 'ROW'] ['WHEN' Expression] Body [Annotations]`
pub(super) fn create_trigger(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, temporary) = preceded(word(Keyword::Create), temporary).parse(input)?;
    let (rest, _) = word(Keyword::Trigger)(rest)?;
    let (rest, if_not_exists) = if_not_exists(rest)?;
    let (rest, name) = object_name(NameKind::New)(rest)?;
    let (rest, time) = opt(trigger_time).parse(rest)?;
    let (rest, event) = trigger_event(rest)?;
    let (rest, table) = preceded(word(Keyword::On), table_name).parse(rest)?;
    let each_row = (word(Keyword::For), word(Keyword::Each), word(Keyword::Row));
    let (rest, _) = opt(each_row).parse(rest)?;
    let (rest, condition) = opt(preceded(word(Keyword::When), expression)).parse(rest)?;
    let (rest, body) = body(rest)?;
    let (rest, annotations) = annotations(rest)?;
    let time = time.unwrap_or(TriggerTime::Before);
    let trigger = CreateTrigger {
        temporary,
        if_not_exists,
        name,
        time,
        event,
        table,
        condition,
        body,
        annotations,
    };
    Ok((rest, SchemaStatement::CreateTrigger(Box::new(trigger)).into()))
}

/// `TriggerTime ::= 'BEFORE' | 'AFTER' | 'INSTEAD' 'OF'`
fn trigger_time(input: TokenInput<'_>) -> Parsed<'_, TriggerTime> {
    let instead = preceded(word(Keyword::Instead), word(Keyword::Of));
    alt((
        value(TriggerTime::Before, word(Keyword::Before)),
        value(TriggerTime::After, word(Keyword::After)),
        value(TriggerTime::InsteadOf, instead),
    ))
    .parse(input)
}

/// `TriggerEvent ::= 'INSERT' | 'DELETE' | 'UPDATE' ['OF' Label, …]`
fn trigger_event(input: TokenInput<'_>) -> Parsed<'_, TriggerEvent> {
    match input.kind {
        TokenKind::Keyword(Keyword::Insert) => Ok((input.skip(1), TriggerEvent::Insert)),
        TokenKind::Keyword(Keyword::Delete) => Ok((input.skip(1), TriggerEvent::Delete)),
        TokenKind::Keyword(Keyword::Update) => {
            let named = comma_list(label(NameKind::Column(None)));
            let (rest, of) = opt(preceded(word(Keyword::Of), named)).parse(input.skip(1))?;
            Ok((rest, TriggerEvent::Update(of.unwrap_or_default())))
        }
        _ => {
            input.note(Keyword::Insert);
            input.note(Keyword::Delete);
            input.no_match(Keyword::Update)
        }
    }
}

/// `Body ::= 'BEGIN' (BodyStatement ';')+ 'END'`
pub(super) fn body(input: TokenInput<'_>) -> Parsed<'_, StatementList> {
    let (mut rest, _) = word(Keyword::Begin)(input)?;
    let mut statements = Vec::new();
    loop {
        let (behind, statement) = body_statement(rest)?;
        if statements.len() == MAX_BODY {
            let message = format!("a body has more than {MAX_BODY} statements");
            return rest.fail("term-limit", message);
        }
        statements.push(statement);
        (rest, _) = symbol(Symbol::Semicolon)(behind)?;
        if rest.is_word(0, Keyword::End) {
            return Ok((rest.skip(1), StatementList(statements)));
        }
        rest.note(Keyword::End);
    }
}

/// What may stand in a body.
const BODY_STATEMENT: Expected = Expected::Other("INSERT, UPDATE, DELETE or a query");

/// `BodyStatement ::= Insert | Update | Delete | Query`
fn body_statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let Some(statement) = row_statement(input) else { return input.no_match(BODY_STATEMENT) };
    statement
}

/// `Raise ::= 'RAISE' '(' ( 'IGNORE' | ( 'ABORT' | 'FAIL' | 'ROLLBACK' ) ',' Expression ) ')'`
pub(super) fn raise(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let (rest, _) = (word(Keyword::Raise), symbol(Symbol::LeftParenthesis)).parse(input)?;
    let (rest, action) = alt((
        value(RaiseAction::Ignore, word(Keyword::Ignore)),
        value(RaiseAction::Abort, word(Keyword::Abort)),
        value(RaiseAction::Fail, word(Keyword::Fail)),
        value(RaiseAction::Rollback, word(Keyword::Rollback)),
    ))
    .parse(rest)?;
    let (rest, message) = if action == RaiseAction::Ignore {
        (rest, None)
    } else {
        let (rest, message) = preceded(symbol(Symbol::Comma), expression).parse(rest)?;
        (rest, Some(Box::new(message)))
    };
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    let kind = ExpressionKind::Raise { action, message };
    Ok((rest, Expression { kind, span: input.span_to(rest) }))
}
