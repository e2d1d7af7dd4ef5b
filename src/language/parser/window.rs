//! Calls of functions, and the windows that they are computed over.

use super::super::Keyword;
use super::super::ast::{
    Expression, ExpressionKind, FrameBound, FrameExclusion, FrameUnit, FunctionArguments,
    FunctionCall, NamedWindow, OrderItem, Over, SourceSpan, Window, WindowFrame,
};
use super::super::token::{Symbol, TokenKind};
use super::expected::NameKind;
use super::expression::{at, distinct, expression, expressions};
use super::input::{
    Parsed, TokenInput, clause, comma_list, nested, parenthesised, symbol, terms, terms_by, word,
};
use super::name::{is_name, name};
use super::select::order_item;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

/// `Function ::= Name '(' ('*' | ['DISTINCT' | 'ALL'] [Expression, … ['ORDER' 'BY' OrderItem, …]]) ')'
///               ['WITHIN' 'GROUP' '(' 'ORDER' 'BY' OrderItem, … ')']
///               ['FILTER' '(' 'WHERE' Expression ')'] ['OVER' (Name | Window)]`
pub(super) fn function(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let (rest, name) = name(NameKind::Function)(input)?;
    let (rest, _) = symbol(Symbol::LeftParenthesis)(rest)?;
    let behind = rest.at();
    rest.offer(Symbol::Star);
    let (rest, distinct) = distinct(rest)?;
    let (rest, arguments, order_by) = if rest.is_symbol(0, Symbol::Star) && rest.at() == behind {
        (rest.skip(1), FunctionArguments::Star, Vec::new())
    } else {
        let (rest, list) = expressions(rest)?;
        let (rest, order_by) = if list.is_empty() { (rest, Vec::new()) } else { order_by(rest)? };
        (rest, FunctionArguments::List(list), order_by)
    };
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    let (rest, within_group) = within_group(rest)?;
    let (rest, filter) = filter(rest)?;
    let (rest, over) = over(rest)?;
    let call = FunctionCall { name, distinct, arguments, order_by, within_group, filter, over };
    Ok((rest, at(input, rest, ExpressionKind::Function(Box::new(call)))))
}

/// `['ORDER' 'BY' OrderItem, …]`, which a completion alone is told of.
fn order_by(input: TokenInput<'_>) -> Parsed<'_, Vec<OrderItem>> {
    if !input.is_word(0, Keyword::Order) {
        input.offer(Keyword::Order);
        return Ok((input, Vec::new()));
    }
    terms_by(Keyword::Order, "ORDER BY", order_item)(input)
}

/// `['WITHIN' 'GROUP' '(' 'ORDER' 'BY' OrderItem, … ')']`; without GROUP and a parenthesis WITHIN is a
/// name.
fn within_group(input: TokenInput<'_>) -> Parsed<'_, Vec<OrderItem>> {
    input.offer(Keyword::Within);
    let begins = input.is_word(0, Keyword::Within)
        && input.is_word(1, Keyword::Group)
        && input.is_symbol(2, Symbol::LeftParenthesis);
    if !begins {
        return Ok((input, Vec::new()));
    }
    let order = |input| {
        let by = (word(Keyword::Order), word(Keyword::By));
        preceded(by, terms("ORDER BY", order_item)).parse(input)
    };
    parenthesised(order)(input.skip(2))
}

/// `['FILTER' '(' 'WHERE' Expression ')']`; without the parenthesis FILTER is a name.
fn filter(input: TokenInput<'_>) -> Parsed<'_, Option<Expression>> {
    input.offer(Keyword::Filter);
    if !input.is_word(0, Keyword::Filter) || !input.is_symbol(1, Symbol::LeftParenthesis) {
        return Ok((input, None));
    }
    let condition = |input| preceded(word(Keyword::Where), expression).parse(input);
    let (rest, filter) = parenthesised(condition)(input.skip(1))?;
    Ok((rest, Some(filter)))
}

/// `['OVER' (Name | Window)]`; before anything else OVER is a name.
fn over(input: TokenInput<'_>) -> Parsed<'_, Option<Over>> {
    input.offer(Keyword::Over);
    if !input.is_word(0, Keyword::Over) {
        return Ok((input, None));
    }
    let behind = input.skip(1);
    if behind.is_symbol(0, Symbol::LeftParenthesis) {
        let (rest, window) = window(behind)?;
        return Ok((rest, Some(Over::Window(Box::new(window)))));
    }
    behind.offer(Symbol::LeftParenthesis);
    if !is_name(behind.peek()) {
        return Ok((input, None));
    }
    let (rest, name) = name(NameKind::New)(behind)?;
    Ok((rest, Some(Over::Name(name))))
}

/// Whether the WINDOW clause begins here; before anything but a definition WINDOW is a name.
pub(super) fn begins_windows(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::Window) && is_name(input.ahead(1)) && input.is_word(2, Keyword::As)
}

/// `['WINDOW' NamedWindow, …]`
pub(super) fn windows(input: TokenInput<'_>) -> Parsed<'_, Vec<NamedWindow>> {
    input.offer(Keyword::Window);
    if !input.is_word(0, Keyword::Window) {
        return Ok((input, Vec::new()));
    }
    comma_list(named_window)(input.skip(1))
}

/// `NamedWindow ::= Name 'AS' Window`
fn named_window(input: TokenInput<'_>) -> Parsed<'_, NamedWindow> {
    let (rest, name) = name(NameKind::New)(input)?;
    let (rest, _) = word(Keyword::As)(rest)?;
    let (rest, window) = window(rest)?;
    Ok((rest, NamedWindow { name, window }))
}

/// `Window ::= '(' [Name] ['PARTITION' 'BY' Expression, …] ['ORDER' 'BY' OrderItem, …] [Frame] ')'`
fn window(input: TokenInput<'_>) -> Parsed<'_, Window> {
    nested(input, |input| {
        let (rest, _) = symbol(Symbol::LeftParenthesis)(input)?;
        let (rest, base) = if is_name(rest.peek()) && !begins_part(rest) {
            let (rest, base) = name(NameKind::New)(rest)?;
            (rest, Some(base))
        } else {
            (rest, None)
        };
        let (rest, partition_by) = terms_by(Keyword::Partition, "PARTITION BY", expression)(rest)?;
        let (rest, order_by) = terms_by(Keyword::Order, "ORDER BY", order_item)(rest)?;
        let (rest, frame) = opt(frame).parse(rest)?;
        let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
        let span = SourceSpan(input.span_to(rest));
        Ok((rest, Window { base, partition_by, order_by, frame, span }))
    })
}

/// Whether a part of a window begins with this word, which is no name then.
fn begins_part(input: TokenInput<'_>) -> bool {
    matches!(
        input.kind,
        TokenKind::Keyword(Keyword::Partition | Keyword::Rows | Keyword::Range | Keyword::Groups)
    )
}

/// `Frame ::= ('ROWS' | 'RANGE' | 'GROUPS') (FrameStart | 'BETWEEN' FrameStart 'AND' FrameEnd)
///            ['EXCLUDE' ('NO' 'OTHERS' | 'CURRENT' 'ROW' | 'GROUP' | 'TIES')]`
fn frame(input: TokenInput<'_>) -> Parsed<'_, WindowFrame> {
    let unit = alt((
        value(FrameUnit::Rows, word(Keyword::Rows)),
        value(FrameUnit::Range, word(Keyword::Range)),
        value(FrameUnit::Groups, word(Keyword::Groups)),
    ));
    let (rest, unit) = { unit }.parse(input)?;
    let (rest, between) = rest.eat(Keyword::Between);
    let (rest, start) = frame_start(rest)?;
    let (rest, end) = if between {
        preceded(word(Keyword::And), frame_end).parse(rest)?
    } else {
        (rest, FrameBound::CurrentRow)
    };
    let (rest, exclusion) = clause(Keyword::Exclude, frame_exclusion)(rest)?;
    let exclusion = exclusion.unwrap_or(FrameExclusion::NoOthers);
    let span = SourceSpan(input.span_to(rest));
    Ok((rest, WindowFrame { unit, start, end, exclusion, span }))
}

fn frame_exclusion(input: TokenInput<'_>) -> Parsed<'_, FrameExclusion> {
    let no_others = (word(Keyword::No), word(Keyword::Others));
    let current_row = (word(Keyword::Current), word(Keyword::Row));
    alt((
        value(FrameExclusion::NoOthers, no_others),
        value(FrameExclusion::CurrentRow, current_row),
        value(FrameExclusion::Group, word(Keyword::Group)),
        value(FrameExclusion::Ties, word(Keyword::Ties)),
    ))
    .parse(input)
}

/// `FrameStart ::= 'UNBOUNDED' 'PRECEDING' | FrameBound`
fn frame_start(input: TokenInput<'_>) -> Parsed<'_, FrameBound> {
    if input.is_word(0, Keyword::Unbounded) && input.is_word(1, Keyword::Following) {
        let help = "it begins with UNBOUNDED PRECEDING, n PRECEDING, CURRENT ROW or n FOLLOWING";
        return no_bound(input, "a frame cannot begin behind the last row", help);
    }
    input.note("UNBOUNDED PRECEDING");
    if input.is_word(0, Keyword::Unbounded) {
        let (rest, _) = word(Keyword::Preceding)(input.skip(1))?;
        return Ok((rest, FrameBound::UnboundedPreceding));
    }
    frame_bound(input)
}

/// `FrameEnd ::= FrameBound | 'UNBOUNDED' 'FOLLOWING'`
fn frame_end(input: TokenInput<'_>) -> Parsed<'_, FrameBound> {
    if input.is_word(0, Keyword::Unbounded) && input.is_word(1, Keyword::Preceding) {
        let help = "it ends with n PRECEDING, CURRENT ROW, n FOLLOWING or UNBOUNDED FOLLOWING";
        return no_bound(input, "a frame cannot end before the first row", help);
    }
    input.note("UNBOUNDED FOLLOWING");
    if input.is_word(0, Keyword::Unbounded) {
        let (rest, _) = word(Keyword::Following)(input.skip(1))?;
        return Ok((rest, FrameBound::UnboundedFollowing));
    }
    frame_bound(input)
}

fn no_bound<'a>(input: TokenInput<'a>, message: &str, help: &str) -> Parsed<'a, FrameBound> {
    let span = input.span_to(input.skip(2));
    input.fail_at(span, "window-frame", message.to_owned(), Some(help.to_owned()))
}

/// `FrameBound ::= 'CURRENT' 'ROW' | Expression ('PRECEDING' | 'FOLLOWING')`
fn frame_bound(input: TokenInput<'_>) -> Parsed<'_, FrameBound> {
    input.note("CURRENT ROW");
    if input.is_word(0, Keyword::Current) && input.is_word(1, Keyword::Row) {
        return Ok((input.skip(2), FrameBound::CurrentRow));
    }
    let (rest, offset) = expression(input)?;
    let (rest, preceding) = rest.eat(Keyword::Preceding);
    if preceding {
        return Ok((rest, FrameBound::Preceding(offset)));
    }
    let (rest, _) = word(Keyword::Following)(rest)?;
    Ok((rest, FrameBound::Following(offset)))
}
