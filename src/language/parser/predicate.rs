//! What is asked of an operand behind it: IS, BETWEEN, IN, LIKE and its like, ANY and ALL.

use super::super::Keyword;
use super::super::ast::precedence::COMPARISON;
use super::super::ast::{BinaryOperator, Expression, ExpressionKind, MatchKind, Quantifier};
use super::super::token::{Symbol, TokenKind};
use super::expression::{at, binary, climb, expression_list};
use super::input::{Parsed, TokenInput, clause, nested, parenthesised, word};
use super::name::is_name;
use super::select::{begins_query, query_in_parentheses, whole_table};
use crate::types::Value;

/// `NOT BETWEEN`, `NOT IN`, `NOT LIKE`, `NOT GLOB`, `NOT REGEXP`, `NOT NULL`, behind the NOT.
pub(super) fn not<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    left: Expression,
) -> Parsed<'a, Expression> {
    let behind = rest.skip(1);
    match rest.kind {
        TokenKind::Keyword(Keyword::Null) => {
            Ok((behind, null_test(input, behind, BinaryOperator::IsNot, left)))
        }
        TokenKind::Keyword(Keyword::Between) => between(input, behind, true, left),
        TokenKind::Keyword(Keyword::In) => in_list(input, behind, true, left),
        TokenKind::Keyword(Keyword::Like) => matches(input, behind, MatchKind::Like, true, left),
        TokenKind::Keyword(Keyword::Glob) => matches(input, behind, MatchKind::Glob, true, left),
        TokenKind::Keyword(Keyword::Regexp) => {
            matches(input, behind, MatchKind::Regexp, true, left)
        }
        TokenKind::Keyword(Keyword::Match) => rest.unsupported("MATCH"),
        _ => {
            for keyword in ["BETWEEN", "IN", "LIKE", "GLOB", "REGEXP"] {
                rest.note(keyword);
            }
            rest.no_match("NULL")
        }
    }
}

pub(super) fn null_test<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    operator: BinaryOperator,
    left: Expression,
) -> Expression {
    let word = rest.state.tokens.at(rest.at() - 1).span;
    let null = Expression { kind: ExpressionKind::Literal(Value::Null.into()), span: word };
    binary(input, rest, operator, left, null)
}

/// `IS [NOT] [DISTINCT FROM]`, behind the IS.
pub(super) fn is<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    left: Expression,
) -> Parsed<'a, Expression> {
    let (rest, not) = rest.eat(Keyword::Not);
    let (rest, distinct) = clause(Keyword::Distinct, word(Keyword::From))(rest)?;
    let operator =
        if not == distinct.is_some() { BinaryOperator::Is } else { BinaryOperator::IsNot };
    let (rest, right) = climb(rest, COMPARISON)?;
    Ok((rest, binary(input, rest, operator, left, right)))
}

/// `low AND high`, each without another BETWEEN unless in parentheses.
pub(super) fn between<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    negated: bool,
    left: Expression,
) -> Parsed<'a, Expression> {
    let (rest, low) = climb(rest, COMPARISON)?;
    let (rest, _) = word(Keyword::And)(rest)?;
    let (rest, high) = climb(rest, COMPARISON)?;
    let (operand, low, high) = (Box::new(left), Box::new(low), Box::new(high));
    Ok((rest, at(input, rest, ExpressionKind::Between { operand, negated, low, high })))
}

/// `( [Expression, …] )`
pub(super) fn in_list<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    negated: bool,
    left: Expression,
) -> Parsed<'a, Expression> {
    let is_list = rest.is_symbol(0, Symbol::LeftParenthesis);
    if is_list && begins_query(rest.skip(1)) || !is_list && is_name(rest.peek()) {
        let (rest, query) =
            if is_list { nested(rest, query_in_parentheses)? } else { whole_table(rest)? };
        let operand = Box::new(left);
        return Ok((rest, at(input, rest, ExpressionKind::InQuery { operand, negated, query })));
    }
    let (rest, list) = nested(rest, parenthesised(expression_list))?;
    Ok((rest, at(input, rest, ExpressionKind::InList { operand: Box::new(left), negated, list })))
}

/// `pattern [ESCAPE character]`
pub(super) fn matches<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    kind: MatchKind,
    negated: bool,
    left: Expression,
) -> Parsed<'a, Expression> {
    let (mut rest, pattern) = climb(rest, COMPARISON)?;
    let mut escape = None;
    if kind == MatchKind::Like {
        let (behind, found) = clause(Keyword::Escape, |input| climb(input, COMPARISON))(rest)?;
        (rest, escape) = (behind, found.map(Box::new));
    }
    let (operand, pattern) = (Box::new(left), Box::new(pattern));
    let kind = ExpressionKind::Match { kind, operand, negated, pattern, escape };
    Ok((rest, at(input, rest, kind)))
}

/// ANY, SOME or ALL before a query in parentheses; elsewhere the first two are names.
pub(super) fn quantifier(input: TokenInput<'_>) -> Option<Quantifier> {
    if !input.is_symbol(1, Symbol::LeftParenthesis) || !begins_query(input.skip(2)) {
        return None;
    }
    match input.kind {
        TokenKind::Keyword(Keyword::All) => Some(Quantifier::All),
        TokenKind::Keyword(Keyword::Any | Keyword::Some) => Some(Quantifier::Any),
        _ => None,
    }
}

/// `('ANY' | 'SOME' | 'ALL') '(' Query ')'` behind a comparison.
#[inline(never)]
pub(super) fn quantified<'a>(
    input: TokenInput<'a>,
    rest: TokenInput<'a>,
    operator: BinaryOperator,
    quantifier: Quantifier,
    left: Expression,
) -> Parsed<'a, Expression> {
    let (rest, query) = nested(rest.skip(1), query_in_parentheses)?;
    let operand = Box::new(left);
    let kind = ExpressionKind::Quantified { operand, operator, quantifier, query };
    Ok((rest, at(input, rest, kind)))
}
