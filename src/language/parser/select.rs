//! Queries and moments.

use super::super::Keyword;
use super::super::ast::{
    AsOf, JoinConstraint, JoinKind, OrderItem, Place, Point, Select, SelectItem, TableReference,
};
use super::super::keyword::WordClass;
use super::super::token::{Symbol, TokenKind};
use super::expression::{distinct, expression};
use super::input::{Input, Parsed, comma_list, nested, symbol, word};
use super::name::{alias, name, names, number, table_name, text};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// The most tables one query joins: their tree is walked recursively.
pub const MAX_TABLES: usize = 200;

/// `Select ::= [AsOf] 'SELECT' … [AsOf]`
pub(super) fn select(input: Input<'_>) -> Parsed<'_, Select> {
    let (rest, first) = opt(as_of).parse(input)?;
    let (rest, _) = word(Keyword::Select)(rest)?;
    let (rest, distinct) = distinct(rest)?;
    let (rest, items) = comma_list(select_item)(rest)?;
    let (rest, from) = opt(preceded(word(Keyword::From), from)).parse(rest)?;
    let behind_from = rest;
    let (rest, filter) = opt(preceded(word(Keyword::Where), expression)).parse(rest)?;
    let by = |keyword| (word(keyword), word(Keyword::By));
    let (rest, group_by) = opt(preceded(by(Keyword::Group), comma_list(expression))).parse(rest)?;
    let (rest, having) = opt(preceded(word(Keyword::Having), expression)).parse(rest)?;
    not_compound(rest)?;
    let (rest, order_by) = opt(preceded(by(Keyword::Order), comma_list(order_item))).parse(rest)?;
    let (rest, (limit, offset)) = limit(rest)?;
    if first.is_none() && rest.at == behind_from.at {
        not_ambiguous(behind_from, from.as_ref())?;
    }
    let (rest, last) = opt(as_of).parse(rest)?;
    if let (Some(first), Some(last)) = (&first, &last) {
        let help = format!("the statement is already read AS OF {}", first.point);
        let message = "AS OF stands twice for the statement".to_owned();
        return rest.fail_at(last.span, "syntax", message, Some(help));
    }
    not_compound(rest)?;
    let select = Select {
        as_of: first.or(last),
        distinct,
        items,
        from,
        filter,
        group_by: group_by.unwrap_or_default(),
        having,
        order_by: order_by.unwrap_or_default(),
        limit,
        offset,
    };
    Ok((rest, select))
}

/// Names the set operations, which are not yet run.
fn not_compound(input: Input<'_>) -> Parsed<'_, ()> {
    match input.peek().kind {
        TokenKind::Keyword(keyword @ (Keyword::Union | Keyword::Intersect | Keyword::Except)) => {
            input.unsupported(keyword.text())
        }
        _ => Ok((input, ())),
    }
}

/// Refuses `FROM a, b AS OF point` with nothing behind it: it could mean `b` or the statement.
fn not_ambiguous<'a>(rest: Input<'a>, from: Option<&TableReference>) -> Parsed<'a, ()> {
    let Some(TableReference::Join { right, constraint: JoinConstraint::None, .. }) = from else {
        return Ok((rest, ()));
    };
    let TableReference::Table { name, as_of: Some(as_of), alias } = &**right else {
        return Ok((rest, ()));
    };
    let last = rest.state.tokens[rest.at - 1].span;
    if as_of.span.end != last.end || begins_as_of(rest) {
        return Ok((rest, ()));
    }
    let alias = alias.as_ref().unwrap_or(name);
    let message = format!("{as_of} could belong to {name} alone or to every table");
    let help = format!("{name} alone: {name} {as_of} AS {alias}; every table: {as_of} SELECT …");
    rest.fail_at(as_of.span, "ambiguous-as-of", message, Some(help))
}

/// `SelectItem ::= '*' | Name '.' '*' | Expression [Alias]`
fn select_item(input: Input<'_>) -> Parsed<'_, SelectItem> {
    if input.is_symbol(0, Symbol::Star) {
        let rest = input.skip(1);
        return Ok((rest, SelectItem::Star(Place(input.peek().span))));
    }
    input.note("`*`");
    if input.is_symbol(1, Symbol::Dot) && input.is_symbol(2, Symbol::Star) {
        let (_, table) = name(input)?;
        return Ok((input.skip(3), SelectItem::TableStar(table)));
    }
    let (rest, expression) = expression(input)?;
    let (rest, alias) = opt(alias).parse(rest)?;
    Ok((rest, SelectItem::Expression { expression, alias }))
}

/// `OrderItem ::= Expression ['ASC' | 'DESC'] ['NULLS' ('FIRST' | 'LAST')]`
fn order_item(input: Input<'_>) -> Parsed<'_, OrderItem> {
    let (rest, expression) = expression(input)?;
    let (rest, descending) = direction(rest)?;
    let (rest, nulls) = opt(word(Keyword::Nulls)).parse(rest)?;
    if nulls.is_none() {
        return Ok((rest, OrderItem { expression, descending, nulls_first: None }));
    }
    let (rest, first) = opt(word(Keyword::First)).parse(rest)?;
    let rest = if first.is_none() { word(Keyword::Last)(rest)?.0 } else { rest };
    Ok((rest, OrderItem { expression, descending, nulls_first: Some(first.is_some()) }))
}

/// `['ASC' | 'DESC']`, true for DESC.
pub(super) fn direction(input: Input<'_>) -> Parsed<'_, bool> {
    let (rest, ascending) = opt(word(Keyword::Asc)).parse(input)?;
    if ascending.is_some() {
        return Ok((rest, false));
    }
    let (rest, descending) = opt(word(Keyword::Desc)).parse(rest)?;
    Ok((rest, descending.is_some()))
}

type Limit = (Option<super::Expression>, Option<super::Expression>);

/// `['LIMIT' Expression [('OFFSET' | ',') Expression]]`; before a comma stands the offset.
fn limit(input: Input<'_>) -> Parsed<'_, Limit> {
    let (rest, first) = opt(preceded(word(Keyword::Limit), expression)).parse(input)?;
    if first.is_none() {
        return Ok((rest, (None, None)));
    }
    let (rest, offset) = opt(preceded(word(Keyword::Offset), expression)).parse(rest)?;
    if offset.is_some() {
        return Ok((rest, (first, offset)));
    }
    let (rest, limit) = opt(preceded(symbol(Symbol::Comma), expression)).parse(rest)?;
    Ok((rest, if limit.is_some() { (limit, first) } else { (first, None) }))
}

/// `From ::= TableReference (Join TableReference [JoinConstraint])*`
fn from(input: Input<'_>) -> Parsed<'_, TableReference> {
    let (mut rest, mut left) = table_reference(input)?;
    let mut tables = 1;
    loop {
        let (behind, kind) = opt(join).parse(rest)?;
        let Some(kind) = kind else {
            return Ok((rest, left));
        };
        tables += 1;
        if tables > MAX_TABLES {
            return rest.fail("nesting-limit", format!("more than {MAX_TABLES} tables"));
        }
        let (behind, right) = table_reference(behind)?;
        let (behind, constraint) = join_constraint(behind)?;
        let (boxed, right) = (Box::new(left), Box::new(right));
        left = TableReference::Join { left: boxed, kind, right, constraint };
        rest = behind;
    }
}

/// `Join ::= ',' | ['INNER' | 'LEFT' ['OUTER'] | 'CROSS'] 'JOIN'`
fn join(input: Input<'_>) -> Parsed<'_, JoinKind> {
    let (skipped, kind) = match input.peek().kind {
        TokenKind::Symbol(Symbol::Comma) => return Ok((input.skip(1), JoinKind::Cross)),
        TokenKind::Keyword(Keyword::Join) => (0, JoinKind::Inner),
        TokenKind::Keyword(Keyword::Inner) => (1, JoinKind::Inner),
        TokenKind::Keyword(Keyword::Cross) => (1, JoinKind::Cross),
        TokenKind::Keyword(Keyword::Left) => {
            (1 + usize::from(input.is_word(1, Keyword::Outer)), JoinKind::Left)
        }
        TokenKind::Keyword(keyword @ (Keyword::Natural | Keyword::Right | Keyword::Full)) => {
            return input.unsupported(&format!("{keyword} JOIN"));
        }
        _ => {
            for expected in ["`,`", "JOIN", "LEFT JOIN"] {
                input.note(expected);
            }
            return input.miss("CROSS JOIN");
        }
    };
    let (rest, _) = word(Keyword::Join)(input.skip(skipped))?;
    Ok((rest, kind))
}

/// `JoinConstraint ::= 'ON' Expression | 'USING' '(' Name, … ')'`
fn join_constraint(input: Input<'_>) -> Parsed<'_, JoinConstraint> {
    let (rest, on) = opt(preceded(word(Keyword::On), expression)).parse(input)?;
    if let Some(on) = on {
        return Ok((rest, JoinConstraint::On(on)));
    }
    let (rest, using) = opt(preceded(word(Keyword::Using), names)).parse(rest)?;
    Ok((rest, using.map_or(JoinConstraint::None, JoinConstraint::Using)))
}

/// `TableReference ::= Name [AsOf] [Alias] [AsOf] ['NOT' 'INDEXED'] | '(' From ')'`
fn table_reference(input: Input<'_>) -> Parsed<'_, TableReference> {
    if input.is_symbol(0, Symbol::LeftParenthesis) {
        return nested(input, |input| {
            let behind = input.skip(1);
            let first = behind.peek().kind;
            if matches!(
                first,
                TokenKind::Keyword(Keyword::Select | Keyword::With | Keyword::Values)
            ) {
                return behind.unsupported("a derived table");
            }
            let (rest, tables) = from(behind)?;
            let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
            Ok((rest, tables))
        });
    }
    let (rest, name) = table_name(input)?;
    if rest.is_symbol(0, Symbol::LeftParenthesis) {
        return input.unsupported("a function as a table");
    }
    if rest.word().eq_ignore_ascii_case("for")
        && rest.skip(1).word().eq_ignore_ascii_case("system_time")
    {
        return rest.unsupported("FOR SYSTEM_TIME");
    }
    let (rest, before) = opt(as_of).parse(rest)?;
    let (rest, alias) = opt(alias).parse(rest)?;
    let (rest, as_of) = match before {
        Some(_) => (rest, before),
        None => opt(as_of).parse(rest)?,
    };
    let not_indexed = rest.is_word(0, Keyword::Not) && rest.is_word(1, Keyword::Indexed);
    let rest = rest.skip(if not_indexed { 2 } else { 0 });
    if rest.is_word(0, Keyword::Indexed) {
        return rest.unsupported("INDEXED BY");
    }
    Ok((rest, TableReference::Table { name, as_of, alias }))
}

/// Whether AS OF and the beginning of a point stand here; `AS of` alone is an alias.
pub(super) fn begins_as_of(input: Input<'_>) -> bool {
    input.is_word(0, Keyword::As)
        && input.is_word(1, Keyword::Of)
        && match input.ahead(2).kind {
            TokenKind::Integer | TokenKind::Text | TokenKind::Name => true,
            // `AS OF` with nothing behind it must not silently mean the present.
            TokenKind::Symbol(symbol) => {
                matches!(symbol, Symbol::Minus | Symbol::Semicolon | Symbol::RightParenthesis)
            }
            TokenKind::End => true,
            TokenKind::Keyword(keyword) => keyword.class() == WordClass::Free,
            TokenKind::QuotedName
            | TokenKind::Blob
            | TokenKind::Real
            | TokenKind::Json
            | TokenKind::Parameter => false,
        }
}

/// `AsOf ::= 'AS' 'OF' Point`
pub(super) fn as_of(input: Input<'_>) -> Parsed<'_, AsOf> {
    if !begins_as_of(input) {
        return input.miss("AS OF");
    }
    let (rest, point) = point(input.skip(2))?;
    Ok((rest, AsOf { point, span: input.span_to(rest) }))
}

/// The points that come with later versions.
const LATER_POINTS: &[&str] = &["TAG", "SNAPSHOT"];

/// `Point ::= ['EVENT'] Integer | 'EVENT' '-' Integer | 'TX' Integer | 'START' | 'LATEST'
///          | 'TIMESTAMP' Text`
fn point(input: Input<'_>) -> Parsed<'_, Point> {
    let later = |word: &&&str| input.word().eq_ignore_ascii_case(word);
    match input.peek().kind {
        TokenKind::Keyword(Keyword::Timestamp) => {
            let (rest, iso) = text(input.skip(1))?;
            Ok((rest, Point::Timestamp(iso)))
        }
        TokenKind::Keyword(Keyword::Event) => {
            if input.is_symbol(1, Symbol::Minus) {
                let (rest, events) = number(input.skip(2))?;
                return Ok((rest, Point::EventsBack(events)));
            }
            let (rest, event) = number(input.skip(1))?;
            Ok((rest, Point::Event(event)))
        }
        TokenKind::Keyword(Keyword::Tx) => {
            let (rest, transaction) = number(input.skip(1))?;
            Ok((rest, Point::Transaction(transaction)))
        }
        TokenKind::Keyword(Keyword::Start) => Ok((input.skip(1), Point::Start)),
        TokenKind::Keyword(Keyword::Latest) => Ok((input.skip(1), Point::Latest)),
        TokenKind::Integer => {
            let (rest, event) = number(input)?;
            Ok((rest, Point::Event(event)))
        }
        TokenKind::Text => input.fail_at(
            input.peek().span,
            "unsupported",
            "a point in words is not supported yet".to_owned(),
            Some("a moment is written TIMESTAMP '2024-05-01 12:00'".to_owned()),
        ),
        _ => match LATER_POINTS.iter().find(later) {
            Some(point) => input.unsupported(&format!("AS OF {point}")),
            None => {
                for word in ["EVENT", "TX", "START", "LATEST", "TIMESTAMP"] {
                    input.note(word);
                }
                input.miss("the number of an event")
            }
        },
    }
}
