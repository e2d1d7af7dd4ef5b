//! Expressions: operands, and one loop that climbs the table of operators.

use super::super::Keyword;
use super::super::ast::precedence::{
    self, AND, BITS, COLLATE, COMPARISON, CONCAT, EQUALITY, OR, PRODUCT, SIGN, SUM,
};
use super::super::ast::{
    BinaryOperator, Expression, ExpressionKind, ExpressionList, MatchKind, ObjectName,
    UnaryOperator,
};
use super::super::parameters::{self, ParameterName};
use super::super::token::{Symbol, TokenKind};
use super::constant::{CONSTANT_WORDS, constant_word, is_moment, literal, moment, slot};
use super::expected::{Expected, NameKind};
use super::input::{
    MAX_EXPRESSIONS, MAX_HEIGHT, Parsed, TokenInput, clause, comma_list, each_between_commas,
    nested, symbol, word,
};
use super::name::{identifier, is_name, label, name, schema_before};
use super::predicate::{between, in_list, is, matches, not, null_test, quantified, quantifier};
use super::select::{begins_query, query_in_parentheses};
use super::table::type_name;
use super::time::begins_range_behind;
use super::trigger::raise;
use super::window::function;
use crate::types::{Literal, with_stack};
use nom::Parser;
use nom::combinator::opt;
use nom::multi::many1;
use nom::sequence::preceded;

/// `Expression ::= Operand (operator Operand)*`
pub(super) fn expression(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    climb(input, 0)
}

/// What stands behind an operand.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOperator),
    Is,
    Null(BinaryOperator),
    Not,
    Between,
    In,
    Match(MatchKind),
    Collate,
    /// MATCH, which this version does not run.
    Unsupported,
}

/// The table of operators between and behind operands.
fn infix(kind: TokenKind) -> Option<(Infix, u8)> {
    use BinaryOperator as B;
    Some(match kind {
        TokenKind::Symbol(symbol) => match symbol {
            Symbol::Equal | Symbol::DoubleEqual => (Infix::Binary(B::Equal), EQUALITY),
            Symbol::NotEqual | Symbol::BangEqual => (Infix::Binary(B::NotEqual), EQUALITY),
            Symbol::Less => (Infix::Binary(B::Less), COMPARISON),
            Symbol::LessEqual => (Infix::Binary(B::LessEqual), COMPARISON),
            Symbol::Greater => (Infix::Binary(B::Greater), COMPARISON),
            Symbol::GreaterEqual => (Infix::Binary(B::GreaterEqual), COMPARISON),
            Symbol::Ampersand => (Infix::Binary(B::BitAnd), BITS),
            Symbol::Bar => (Infix::Binary(B::BitOr), BITS),
            Symbol::ShiftLeft => (Infix::Binary(B::ShiftLeft), BITS),
            Symbol::ShiftRight => (Infix::Binary(B::ShiftRight), BITS),
            Symbol::Plus => (Infix::Binary(B::Add), SUM),
            Symbol::Minus => (Infix::Binary(B::Subtract), SUM),
            Symbol::Star => (Infix::Binary(B::Multiply), PRODUCT),
            Symbol::Slash => (Infix::Binary(B::Divide), PRODUCT),
            Symbol::Percent => (Infix::Binary(B::Modulo), PRODUCT),
            Symbol::Concat => (Infix::Binary(B::Concat), CONCAT),
            Symbol::Arrow => (Infix::Binary(B::Arrow), CONCAT),
            Symbol::LongArrow => (Infix::Binary(B::LongArrow), CONCAT),
            Symbol::LeftParenthesis
            | Symbol::RightParenthesis
            | Symbol::Comma
            | Symbol::Semicolon
            | Symbol::Dot
            | Symbol::Tilde => return None,
        },
        TokenKind::Keyword(keyword) => match keyword {
            Keyword::Or => (Infix::Binary(B::Or), OR),
            Keyword::And => (Infix::Binary(B::And), AND),
            Keyword::Is => (Infix::Is, EQUALITY),
            Keyword::Isnull => (Infix::Null(B::Is), EQUALITY),
            Keyword::Notnull => (Infix::Null(B::IsNot), EQUALITY),
            Keyword::Not => (Infix::Not, EQUALITY),
            Keyword::Between => (Infix::Between, EQUALITY),
            Keyword::In => (Infix::In, EQUALITY),
            Keyword::Like => (Infix::Match(MatchKind::Like), EQUALITY),
            Keyword::Glob => (Infix::Match(MatchKind::Glob), EQUALITY),
            Keyword::Collate => (Infix::Collate, COLLATE),
            Keyword::Regexp => (Infix::Match(MatchKind::Regexp), EQUALITY),
            Keyword::Match => (Infix::Unsupported, EQUALITY),
            _ => return None,
        },
        _ => return None,
    })
}

/// Reads an operand and every operator behind it that binds at least as tightly as `minimum`.
pub(super) fn climb(input: TokenInput<'_>, minimum: u8) -> Parsed<'_, Expression> {
    with_stack(|| climb_on(input, minimum))
}

fn climb_on(input: TokenInput<'_>, minimum: u8) -> Parsed<'_, Expression> {
    let tallest = &input.state.tallest;
    let before = tallest.replace(0);
    let operand = operand(input, minimum);
    let Ok((rest, _)) = &operand else { return operand };
    count(input)?;
    // What most operands are is handed on from where it is.
    if infix(rest.kind).is_none_or(|(_, precedence)| precedence < minimum) {
        rest.note(Expected::Operator);
        tallest.set(before.max(tallest.get() + 1));
        return operand;
    }
    operators(input, minimum, operand, before)
}

/// Reads the operators behind the operand that begins at `input`, the tallest expression before which
/// was so tall.
fn operators<'a>(
    input: TokenInput<'a>,
    minimum: u8,
    operand: Parsed<'a, Expression>,
    before: usize,
) -> Parsed<'a, Expression> {
    let tallest = &input.state.tallest;
    let (mut rest, mut left) = operand?;
    let mut height = tallest.replace(0) + 1;
    while let Some((infix, precedence)) = infix(rest.kind) {
        if precedence < minimum
            || matches!(infix, Infix::Between) && begins_range_behind(rest, &left)
        {
            break;
        }
        (rest, left) = if let Infix::Binary(operator) = infix {
            let behind = rest.skip(1);
            if operator.is_comparison()
                && let Some(quantifier) = quantifier(behind)
            {
                quantified(input, behind, operator, quantifier, left)?
            } else {
                let (behind, right) = climb(behind, precedence + 1)?;
                (behind, binary(input, behind, operator, left, right))
            }
        } else {
            special(input, rest, infix, left)?
        };
        height = tallest.replace(0).max(height) + 1;
        count(input)?;
        if height > MAX_HEIGHT {
            let message = format!("an expression of more than {MAX_HEIGHT} levels");
            return rest.fail("nesting-limit", message);
        }
    }
    rest.note(Expected::Operator);
    tallest.set(before.max(height));
    Ok((rest, left))
}

/// Counts one more expression, up to [`MAX_EXPRESSIONS`].
#[inline]
fn count(input: TokenInput<'_>) -> Parsed<'_, ()> {
    let expressions = &input.state.expressions;
    expressions.set(expressions.get() + 1);
    if expressions.get() <= MAX_EXPRESSIONS { Ok((input, ())) } else { too_many(input) }
}

#[cold]
fn too_many(input: TokenInput<'_>) -> Parsed<'_, ()> {
    let message = format!("a statement of more than {MAX_EXPRESSIONS} expressions");
    let help = "constants in VALUES and IN do not count; several statements may have as many each";
    let span = input.peek().span;
    input.fail_at(span, "expression-limit", message, Some(help.to_owned()))
}

#[inline]
pub(super) fn at<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    kind: ExpressionKind,
) -> Expression {
    Expression { kind, span: input.span_to(rest) }
}

pub(super) fn binary<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    operator: BinaryOperator,
    left: Expression,
    right: Expression,
) -> Expression {
    let (left, right) = (Box::new(left), Box::new(right));
    at(input, rest, ExpressionKind::Binary { operator, left, right })
}

/// The operators that are words, at `operator`; `input` is where the left operand begins.
#[inline(never)]
fn special<'a>(
    input: TokenInput<'a>,
    operator: TokenInput<'a>,
    infix: Infix,
    left: Expression,
) -> Parsed<'a, Expression> {
    let behind = operator.skip(1);
    match infix {
        Infix::Is => is(input, behind, left),
        Infix::Null(operator) => Ok((behind, null_test(input, behind, operator, left))),
        Infix::Not => not(input, behind, left),
        Infix::Between => between(input, behind, false, left),
        Infix::In => in_list(input, behind, false, left),
        Infix::Match(kind) => matches(input, behind, kind, false, left),
        Infix::Collate => {
            let (rest, collation) = label(NameKind::Collation)(behind)?;
            let (operand, collation) = (Box::new(left), Box::new(collation));
            Ok((rest, at(input, rest, ExpressionKind::Collate { operand, collation })))
        }
        Infix::Unsupported => operator.unsupported("MATCH"),
        Infix::Binary(_) => operator.no_match(Expected::Operator),
    }
}

/// `[Expression, …]`, before a `)`, as a list that may be long.
pub(super) fn expression_list(input: TokenInput<'_>) -> Parsed<'_, ExpressionList> {
    if input.is_symbol(0, Symbol::RightParenthesis) {
        return Ok((input, ExpressionList::default()));
    }
    let mut list = ExpressionList::default();
    let (rest, _) = each_between_commas(input, |input| {
        let (rest, item) = expression(input)?;
        push(&mut list, item, input);
        Ok((rest, ()))
    })?;
    Ok((rest, list))
}

/// Puts an expression that stands at a place behind a list, where a constant takes no tree.
pub(super) fn push(list: &mut ExpressionList, item: Expression, input: TokenInput<'_>) {
    if matches!(item.kind, ExpressionKind::Literal(_)) {
        let expressions = &input.state.expressions;
        expressions.set(expressions.get().saturating_sub(1));
    }
    list.push(item);
}

/// `[Expression, …]`, before a `)`.
pub(super) fn expressions(input: TokenInput<'_>) -> Parsed<'_, Vec<Expression>> {
    if input.is_symbol(0, Symbol::RightParenthesis) {
        return Ok((input, Vec::new()));
    }
    comma_list(expression)(input)
}

/// What operators stand between. NOT may follow a tighter operator, whose `minimum` it is read under.
fn operand(input: TokenInput<'_>, minimum: u8) -> Parsed<'_, Expression> {
    match input.kind {
        TokenKind::Integer | TokenKind::Real | TokenKind::Text | TokenKind::Blob => literal(input),
        TokenKind::Name | TokenKind::QuotedName => column_or_function(input),
        TokenKind::Keyword(Keyword::Not) if minimum > precedence::NOT => {
            // It prints in parentheses, and what prints must parse: it counts as if it had them.
            nested(input, |input| prefix(input, UnaryOperator::Not))
        }
        TokenKind::Keyword(keyword) => word_operand(input, keyword),
        TokenKind::Symbol(Symbol::LeftParenthesis) => in_parentheses(input),
        TokenKind::Symbol(Symbol::Minus)
            if matches!(input.ahead(1).kind, TokenKind::Integer | TokenKind::Real) =>
        {
            literal(input)
        }
        TokenKind::Symbol(Symbol::Minus) => prefix(input, UnaryOperator::Minus),
        TokenKind::Symbol(Symbol::Plus) => prefix(input, UnaryOperator::Plus),
        TokenKind::Symbol(Symbol::Tilde) => prefix(input, UnaryOperator::BitNot),
        TokenKind::Parameter => parameter(input),
        TokenKind::Json => input.fail_at(
            input.peek().span,
            "syntax",
            "a JSON object is no expression".to_owned(),
            Some("as a value it is a text: '{…}'".to_owned()),
        ),
        TokenKind::End | TokenKind::Symbol(_) => input.no_match(Expected::Expression),
    }
}

/// The words that begin an expression.
pub(in crate::language) fn operand_words() -> impl Iterator<Item = Keyword> {
    let others = [Keyword::Case, Keyword::Cast, Keyword::Not];
    CONSTANT_WORDS.iter().copied().chain(others)
}

/// The words that go on with an expression, and that this version runs.
pub(in crate::language) fn operator_words() -> impl Iterator<Item = Keyword> {
    Keyword::all().filter(|word| {
        let infix = infix(TokenKind::Keyword(*word));
        infix.is_some_and(|(infix, _)| !matches!(infix, Infix::Unsupported))
    })
}

/// `Parameter ::= '?' | '?' Integer | '$' Name | ':' Name | '@' Name`, one token
#[inline(never)]
fn parameter(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let (token, rest, state) = (input.peek(), input.skip(1), input.state);
    if let Some(parameter) = slot(state.parameters, token.span.start) {
        return Ok((rest, at(input, rest, parameter)));
    }
    if state.is_definition.get() {
        return input.unsupported("a parameter in what is kept as it is written");
    }
    let (rest, (name, value)) = given(input)?;
    let kind = value
        .map_or(ExpressionKind::Variable(name), |value| ExpressionKind::Literal(value.clone()));
    Ok((rest, at(input, rest, kind)))
}

/// What a parameter is called, and its value if values were given.
pub(super) fn given(input: TokenInput<'_>) -> Parsed<'_, (ParameterName, Option<&Literal>)> {
    let Some(name) = input.parameter() else {
        let message = format!("{} is no parameter: they are ?1 to ?32766", input.word());
        return input.fail("bad-parameter", message);
    };
    let Some(given) = input.state.given else { return Ok((input.skip(1), (name, None))) };
    match given.find(&name) {
        Some(value) => Ok((input.skip(1), (name, Some(value)))),
        None => input.fail_with(parameters::unknown(&name, input.peek().span)),
    }
}

#[inline(never)]
fn word_operand(input: TokenInput<'_>, keyword: Keyword) -> Parsed<'_, Expression> {
    match keyword {
        _ if CONSTANT_WORDS.contains(&keyword) => constant_word(input),
        Keyword::Date | Keyword::Timestamp if is_moment(input) => moment(input),
        Keyword::Case => nested(input, case),
        Keyword::Cast if input.is_symbol(1, Symbol::LeftParenthesis) => nested(input, cast),
        Keyword::Raise if input.is_symbol(1, Symbol::LeftParenthesis) => nested(input, raise),
        Keyword::Not => prefix(input, UnaryOperator::Not),
        Keyword::Exists => {
            let (rest, query) = nested(input.skip(1), query_in_parentheses)?;
            Ok((rest, at(input, rest, ExpressionKind::Exists(query))))
        }
        Keyword::Select => {
            input.note(Expected::Expression);
            input.no_match(NameKind::New)
        }
        _ if keyword.is_reserved() => input.no_match(Expected::Expression),
        _ => column_or_function(input),
    }
}

#[inline(never)]
fn prefix(input: TokenInput<'_>, operator: UnaryOperator) -> Parsed<'_, Expression> {
    let minimum = if operator == UnaryOperator::Not { precedence::NOT } else { SIGN };
    let (rest, operand) = nested(input, |input| climb(input.skip(1), minimum))?;
    let operand = Box::new(operand);
    Ok((rest, at(input, rest, ExpressionKind::Unary { operator, operand })))
}

#[inline(never)]
fn in_parentheses(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    if begins_query(input.skip(1)) {
        let (rest, query) = nested(input, query_in_parentheses)?;
        return Ok((rest, at(input, rest, ExpressionKind::Subquery(query))));
    }
    let (rest, mut inner) = nested(input, |input| expression(input.skip(1)))?;
    if rest.is_symbol(0, Symbol::Comma) {
        return row(input, rest, inner);
    }
    rest.note(Symbol::Comma);
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    inner.span = input.span_to(rest);
    Ok((rest, inner))
}

/// The other values of a row in parentheses, behind the first.
#[inline(never)]
fn row<'a>(
    input: TokenInput<'a>,
    comma: TokenInput<'a>,
    first: Expression,
) -> Parsed<'a, Expression> {
    let (rest, others) = nested(comma, |comma| comma_list(expression)(comma.skip(1)))?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    let values = std::iter::once(first).chain(others).collect();
    Ok((rest, at(input, rest, ExpressionKind::Row(values))))
}

/// `[[Database '.'] Name '.'] Name | Function`
#[inline(never)]
fn column_or_function(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let rest = input.skip(1);
    if rest.is_symbol(0, Symbol::LeftParenthesis) {
        return nested(input, function);
    }
    let first = identifier(input, input.peek());
    if !rest.is_symbol(0, Symbol::Dot) {
        input.note_name(NameKind::Column(None));
        rest.note(Symbol::Dot);
        let kind = ExpressionKind::Column { table: None, column: first };
        return Ok((rest, at(input, rest, kind)));
    }
    let has_database = is_name(rest.ahead(1)) && rest.is_symbol(2, Symbol::Dot);
    let (start, table) = match has_database {
        true => {
            let (start, schema) = schema_before(input)?;
            (start, ObjectName { schema, identifier: identifier(start, start.peek()) })
        }
        false => (input, first.into()),
    };
    start.note_name(NameKind::Table);
    let (rest, column) = name(NameKind::Column(Some(start.at())))(start.skip(2))?;
    if !has_database {
        rest.offer(Symbol::Dot);
    }
    let kind = ExpressionKind::Column { table: Some(Box::new(table)), column };
    Ok((rest, at(input, rest, kind)))
}

/// `['DISTINCT' | 'ALL']`; gives whether it was DISTINCT.
pub(super) fn distinct(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let (rest, distinct) = input.eat(Keyword::Distinct);
    if distinct {
        return Ok((rest, true));
    }
    let (rest, _) = rest.eat(Keyword::All);
    Ok((rest, false))
}

/// `Cast ::= 'CAST' '(' Expression 'AS' TypeName? ')'`
fn cast(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let (rest, operand) = expression(input.skip(2))?;
    let (rest, type_name) = preceded(word(Keyword::As), opt(type_name)).parse(rest)?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    let (operand, type_name) = (Box::new(operand), type_name.map(Box::new));
    Ok((rest, at(input, rest, ExpressionKind::Cast { operand, type_name })))
}

/// `Case ::= 'CASE' [Expression] ('WHEN' … 'THEN' …)+ ['ELSE' Expression] 'END'`
fn case(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let (rest, _) = word(Keyword::Case)(input)?;
    let (rest, operand) = if rest.is_word(0, Keyword::When) {
        (rest, None)
    } else {
        rest.note(Keyword::When);
        let (rest, operand) = expression(rest)?;
        (rest, Some(Box::new(operand)))
    };
    let when = preceded(word(Keyword::When), expression);
    let then = preceded(word(Keyword::Then), expression);
    let (rest, branches) = many1((when, then)).parse(rest)?;
    let (rest, otherwise) = clause(Keyword::Else, expression)(rest)?;
    let (rest, _) = word(Keyword::End)(rest)?;
    let otherwise = otherwise.map(Box::new);
    Ok((rest, at(input, rest, ExpressionKind::Case { operand, branches, otherwise })))
}
