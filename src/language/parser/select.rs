//! Queries.

use super::super::Keyword;
use super::super::ast::{
    AsOf, CommonTable, Expression, FunctionReference, History, IndexHint, JoinConstraint, JoinKind,
    OrderItem, Query, QueryBody, Select, SelectItem, SetOperator, SourceSpan, TableReference,
};
use super::super::token::{Symbol, TokenKind};
use super::expected::NameKind;
use super::expression::{distinct, expression};
use super::input::{Parsed, TokenInput, clause, comma_list, nested, symbol, terms, terms_by, word};
use super::name::{alias, columns, is_name, label, name, table_name};
use super::time::{
    begins_history_of, begins_moment, history, history_of, maybe_as_of, maybe_temporal,
};
use super::window::windows;
use super::write::values;
use crate::types::{Span, fold};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;
use std::collections::HashSet;

/// The most tables one query joins: their tree is walked recursively.
pub const MAX_TABLES: usize = 200;

/// The most parts of a compound query, which are planned as one tree.
pub const MAX_PARTS: usize = 500;

/// `Query ::= AsOf UndatedQuery | UndatedQuery [AsOf]`
pub(super) fn query(input: TokenInput<'_>) -> Parsed<'_, Box<Query>> {
    let (rest, as_of) = maybe_as_of(input)?;
    let (rest, with) = clause(Keyword::With, with)(rest)?;
    query_with(rest, as_of, with.unwrap_or_default())
}

/// The rest of a query, behind its moment and its WITH:
/// `UndatedQuery ::= ['WITH' CommonTable, …] QueryPart (SetOperator QueryPart)*
///                   ['ORDER' 'BY' OrderItem, …] ['LIMIT' …]`
pub(super) fn query_with(
    input: TokenInput<'_>,
    as_of: Option<AsOf>,
    with: Vec<CommonTable>,
) -> Parsed<'_, Box<Query>> {
    let (behind_body, body) = query_body(input)?;
    let (rest, order_by) = order_by(behind_body)?;
    let (rest, (limit, offset)) = limit(rest)?;
    let mut query = Box::new(Query { as_of, with, body, order_by, limit, offset });
    if query.as_of.is_none() && rest.at() == behind_body.at() {
        not_ambiguous(rest, &query.body)?;
    }
    let (rest, last) = maybe_as_of(rest)?;
    if let (Some(first), Some(last)) = (&query.as_of, &last) {
        let help = format!("the statement is already read {first}");
        let message = "AS OF stands twice for the statement".to_owned();
        return rest.fail_at(last.span, "syntax", message, Some(help));
    }
    if set_operator_begins(rest) {
        let message = "ORDER BY, LIMIT and AS OF of a compound query stand behind its last part";
        return rest.fail("syntax", message.to_owned());
    }
    if let Some(last) = last {
        query.as_of = Some(last);
    }
    Ok((rest, query))
}

/// `With ::= 'WITH' ['RECURSIVE'] CommonTable, …`, behind the WITH: what reads itself says so by that
/// alone.
pub(super) fn with(rest: TokenInput<'_>) -> Parsed<'_, Vec<CommonTable>> {
    rest.offer(Keyword::Recursive);
    let is_name = rest.is_word(1, Keyword::As) || rest.is_symbol(1, Symbol::LeftParenthesis);
    let rest = rest.skip(usize::from(rest.is_word(0, Keyword::Recursive) && !is_name));
    let (rest, tables) = comma_list(common_table)(rest)?;
    let mut known = HashSet::new();
    let is_again = |table: &&CommonTable| !known.insert(fold(&table.name.name));
    if let Some(again) = tables.iter().find(is_again) {
        let message = format!("two tables of WITH are called \"{}\"", again.name.name);
        return rest.fail_at(again.name.span, "ambiguous-table", message, None);
    }
    Ok((rest, tables))
}

/// `CommonTable ::= Name [Names] 'AS' [['NOT'] 'MATERIALIZED'] '(' Query ')'`
fn common_table(input: TokenInput<'_>) -> Parsed<'_, CommonTable> {
    let (rest, name) = name(NameKind::New)(input)?;
    let (rest, columns) = if rest.is_symbol(0, Symbol::LeftParenthesis) {
        columns(None)(rest)?
    } else {
        rest.note(Symbol::LeftParenthesis);
        (rest, Vec::new())
    };
    let (rest, _) = word(Keyword::As)(rest)?;
    let (rest, is_negated) = rest.eat(Keyword::Not);
    let (rest, materialized) = if is_negated {
        (word(Keyword::Materialized)(rest)?.0, Some(false))
    } else {
        let (rest, found) = rest.eat(Keyword::Materialized);
        (rest, found.then_some(true))
    };
    let (rest, query) = nested(rest, query_in_parentheses)?;
    Ok((rest, CommonTable { name, columns, materialized, query: *query }))
}

/// `'(' Query ')'`
pub(super) fn query_in_parentheses(input: TokenInput<'_>) -> Parsed<'_, Box<Query>> {
    let (rest, _) = symbol(Symbol::LeftParenthesis)(input)?;
    let (rest, query) = query(rest)?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    Ok((rest, query))
}

/// `QueryPart (SetOperator QueryPart)*`
fn query_body(input: TokenInput<'_>) -> Parsed<'_, QueryBody> {
    let (mut rest, first) = query_part(input)?;
    let mut others = Vec::new();
    while let (behind, Some(operator)) = set_operator(rest) {
        if others.len() + 1 >= MAX_PARTS {
            let message = format!("more than {MAX_PARTS} parts of a compound query");
            return rest.fail("nesting-limit", message);
        }
        let (behind, part) = query_part(behind)?;
        others.push((operator, part));
        rest = behind;
    }
    if others.is_empty() {
        return Ok((rest, first));
    }
    Ok((rest, QueryBody::Compound { first: Box::new(first), others }))
}

/// `QueryPart ::= Select | Values`
fn query_part(input: TokenInput<'_>) -> Parsed<'_, QueryBody> {
    if input.is_word(0, Keyword::Values) {
        let (rest, rows) = values(input.skip(1))?;
        return Ok((rest, QueryBody::Values(rows)));
    }
    let (rest, select) = select(input)?;
    Ok((rest, QueryBody::Select(select)))
}

/// `SetOperator ::= 'UNION' 'ALL'? | 'INTERSECT' | 'EXCEPT'`, if one stands here.
fn set_operator(input: TokenInput<'_>) -> (TokenInput<'_>, Option<SetOperator>) {
    let behind = input.skip(1);
    match input.kind {
        TokenKind::Keyword(Keyword::Union) => {
            let (rest, all) = behind.eat(Keyword::All);
            (rest, Some(if all { SetOperator::UnionAll } else { SetOperator::Union }))
        }
        TokenKind::Keyword(Keyword::Intersect) => (behind, Some(SetOperator::Intersect)),
        TokenKind::Keyword(Keyword::Except) => (behind, Some(SetOperator::Except)),
        _ => {
            for operator in [Keyword::Union, Keyword::Intersect, Keyword::Except] {
                input.note(operator);
            }
            (input, None)
        }
    }
}

fn set_operator_begins(input: TokenInput<'_>) -> bool {
    matches!(input.kind, TokenKind::Keyword(Keyword::Union | Keyword::Intersect | Keyword::Except))
}

/// `Select ::= 'SELECT' ['DISTINCT' | 'ALL'] SelectItem, … ['FROM' From] ['WHERE' Expression]
///             ['GROUP' 'BY' Expression, …] ['HAVING' Expression] ['WINDOW' NamedWindow, …]`
fn select(input: TokenInput<'_>) -> Parsed<'_, Box<Select>> {
    let (rest, _) = word(Keyword::Select)(input)?;
    let (rest, distinct) = distinct(rest)?;
    let (rest, items) = terms("SELECT", select_item)(rest)?;
    let (rest, from) = clause(Keyword::From, from)(rest)?;
    let (rest, filter) = clause(Keyword::Where, expression)(rest)?;
    let (rest, group_by) = terms_by(Keyword::Group, "GROUP BY", expression)(rest)?;
    let (rest, having) = clause(Keyword::Having, expression)(rest)?;
    let (rest, windows) = windows(rest)?;
    let select = Select { distinct, items, from, filter, group_by, having, windows };
    Ok((rest, Box::new(select)))
}

/// Refuses `FROM a, b AS OF point` with nothing behind it: it could mean `b` or the statement; and so
/// of the last part of a compound query.
fn not_ambiguous<'a>(rest: TokenInput<'a>, body: &QueryBody) -> Parsed<'a, ()> {
    let (select, is_alone) = match body {
        QueryBody::Select(select) => (Some(select), true),
        QueryBody::Compound { others, .. } => match others.last() {
            Some((_, QueryBody::Select(select))) => (Some(select), false),
            _ => (None, false),
        },
        QueryBody::Values(_) => (None, true),
    };
    let from = select.and_then(|select| select.from.as_ref());
    let table = match from {
        Some(TableReference::Join { right, constraint: JoinConstraint::None, .. }) => &**right,
        Some(table) if !is_alone => table,
        _ => return Ok((rest, ())),
    };
    let Some((name, alias, as_of)) = table.dated() else { return Ok((rest, ())) };
    let last = rest.state.tokens.at(rest.at() - 1).span;
    // FOR SYSTEM_TIME belongs to a table and to nothing else.
    let of_table = rest.state.slice(as_of.span).get(..3).is_some_and(is_for);
    if of_table || as_of.span.end != last.end || begins_moment(rest) {
        return Ok((rest, ()));
    }
    let alias = alias.unwrap_or(name);
    let message = format!("{as_of} could belong to {name} alone or to every table");
    let arguments = if let TableReference::Function(_) = table { "(…)" } else { "" };
    let help = format!(
        "{name} alone: {name}{arguments} {as_of} AS {alias}; every table: {as_of} SELECT …"
    );
    rest.fail_at(as_of.span, "ambiguous-as-of", message, Some(help))
}

fn is_for(word: &str) -> bool {
    word.eq_ignore_ascii_case("for")
}

/// `SelectItem ::= '*' | [Database '.'] Name '.' '*' | Expression [Alias]`
pub(super) fn select_item(input: TokenInput<'_>) -> Parsed<'_, SelectItem> {
    if input.is_symbol(0, Symbol::Star) {
        let rest = input.skip(1);
        return Ok((rest, SelectItem::Star(SourceSpan(input.peek().span))));
    }
    input.note(Symbol::Star);
    let of_table =
        |words| input.is_symbol(words, Symbol::Dot) && input.is_symbol(words + 1, Symbol::Star);
    if of_table(1) {
        let (_, table) = name(NameKind::Table)(input)?;
        return Ok((input.skip(3), SelectItem::TableStar(table.into())));
    }
    if input.is_symbol(1, Symbol::Dot) && of_table(3) {
        let (rest, table) = table_name(input)?;
        return Ok((rest.skip(2), SelectItem::TableStar(table)));
    }
    if is_name(input.peek()) && input.is_symbol(1, Symbol::Dot) {
        input.skip(2).offer(Symbol::Star);
    }
    let (rest, expression) = expression(input)?;
    let (rest, alias) = alias(rest)?;
    Ok((rest, SelectItem::Expression { expression, alias }))
}

/// `['ORDER' 'BY' OrderItem, …]`
pub(super) fn order_by(input: TokenInput<'_>) -> Parsed<'_, Vec<OrderItem>> {
    terms_by(Keyword::Order, "ORDER BY", order_item)(input)
}

/// `OrderItem ::= Expression ['ASC' | 'DESC'] ['NULLS' ('FIRST' | 'LAST')]`
pub(super) fn order_item(input: TokenInput<'_>) -> Parsed<'_, OrderItem> {
    let (rest, expression) = expression(input)?;
    let (rest, descending) = direction(rest)?;
    let (rest, nulls) = rest.eat(Keyword::Nulls);
    if !nulls {
        return Ok((rest, OrderItem { expression, descending, nulls_first: None }));
    }
    let (rest, first) = rest.eat(Keyword::First);
    let rest = if first { rest } else { word(Keyword::Last)(rest)?.0 };
    Ok((rest, OrderItem { expression, descending, nulls_first: Some(first) }))
}

/// `Direction ::= 'ASC' | 'DESC'`, or nothing; true for DESC.
pub(super) fn direction(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let (rest, ascending) = input.eat(Keyword::Asc);
    if ascending {
        return Ok((rest, false));
    }
    Ok(rest.eat(Keyword::Desc))
}

type LimitClause = (Option<super::Expression>, Option<super::Expression>);

/// `['LIMIT' Expression [('OFFSET' | ',') Expression]]`; before a comma stands the offset.
pub(super) fn limit(input: TokenInput<'_>) -> Parsed<'_, LimitClause> {
    let (rest, first) = clause(Keyword::Limit, expression)(input)?;
    if first.is_none() {
        return Ok((rest, (None, None)));
    }
    let (rest, offset) = clause(Keyword::Offset, expression)(rest)?;
    if offset.is_some() {
        return Ok((rest, (first, offset)));
    }
    let (rest, limit) = opt(preceded(symbol(Symbol::Comma), expression)).parse(rest)?;
    Ok((rest, if limit.is_some() { (limit, first) } else { (first, None) }))
}

/// `From ::= TableReference (Join TableReference [JoinConstraint]
///                          | 'NATURAL' [JoinKind] 'JOIN' TableReference)*`
pub(super) fn from(input: TokenInput<'_>) -> Parsed<'_, TableReference> {
    let (mut rest, mut left) = table_reference(input)?;
    let mut tables = 1;
    loop {
        let (behind, operator) = join(rest)?;
        let Some((kind, natural)) = operator else {
            return Ok((rest, left));
        };
        tables += 1;
        if tables > MAX_TABLES {
            return rest.fail("nesting-limit", format!("more than {MAX_TABLES} tables"));
        }
        let (behind, right) = table_reference(behind)?;
        let (behind, constraint) = match natural {
            None => join_constraint(behind)?,
            Some(place) => {
                no_constraint(behind, place)?;
                (behind, JoinConstraint::Natural)
            }
        };
        let (boxed, right) = (Box::new(left), Box::new(right));
        left = TableReference::Join { left: boxed, kind, right, constraint };
        rest = behind;
    }
}

/// `Join ::= ',' | [JoinKind] 'JOIN'`, or `'NATURAL' [JoinKind] 'JOIN'` with the place of NATURAL;
/// `JoinKind ::= 'INNER' | 'CROSS' | ('LEFT' | 'RIGHT' | 'FULL') ['OUTER']`.
fn join(input: TokenInput<'_>) -> Parsed<'_, Option<(JoinKind, Option<Span>)>> {
    if input.is_symbol(0, Symbol::Comma) {
        return Ok((input.skip(1), Some((JoinKind::Cross, None))));
    }
    let natural = input.is_word(0, Keyword::Natural).then(|| input.peek().span);
    let behind = if natural.is_some() { input.skip(1) } else { input };
    let (kind, is_outer) = match behind.kind {
        TokenKind::Keyword(Keyword::Join) => (None, false),
        TokenKind::Keyword(Keyword::Inner) => (Some(JoinKind::Inner), false),
        TokenKind::Keyword(Keyword::Cross) => (Some(JoinKind::Cross), false),
        TokenKind::Keyword(Keyword::Left) => (Some(JoinKind::Left), true),
        TokenKind::Keyword(Keyword::Right) => (Some(JoinKind::Right), true),
        TokenKind::Keyword(Keyword::Full) => (Some(JoinKind::Full), true),
        _ => {
            if natural.is_none() {
                behind.note(Symbol::Comma);
                behind.offer(Keyword::Natural);
            }
            behind.note("JOIN");
            behind.note("LEFT JOIN");
            for word in ["INNER JOIN", "RIGHT JOIN", "FULL JOIN"] {
                behind.offer(word);
            }
            behind.note("CROSS JOIN");
            return Ok((input, None));
        }
    };
    let mut rest = behind.skip(usize::from(kind.is_some()));
    if is_outer {
        rest.offer(Keyword::Outer);
        rest = rest.skip(usize::from(rest.is_word(0, Keyword::Outer)));
    }
    let (rest, found) = rest.eat(Keyword::Join);
    let join = (kind.unwrap_or(JoinKind::Inner), natural);
    Ok(if found { (rest, Some(join)) } else { (input, None) })
}

/// Refuses ON and USING behind a NATURAL join, which says itself what rows belong together.
fn no_constraint(input: TokenInput<'_>, natural: Span) -> Parsed<'_, ()> {
    if !input.is_word(0, Keyword::On) && !input.is_word(0, Keyword::Using) {
        return Ok((input, ()));
    }
    let message = format!("a NATURAL join takes no {}", input.word().to_ascii_uppercase());
    let help = "NATURAL joins on all columns that both sides call alike: leave one of both out";
    input.fail_at(natural, "syntax", message, Some(help.into()))
}

/// `JoinConstraint ::= 'ON' Expression | 'USING' '(' Name, … ')'`
fn join_constraint(input: TokenInput<'_>) -> Parsed<'_, JoinConstraint> {
    if begins_upsert(input) {
        return Ok((input, JoinConstraint::None));
    }
    let (rest, on) = clause(Keyword::On, expression)(input)?;
    if let Some(on) = on {
        return Ok((rest, JoinConstraint::On(on)));
    }
    let (rest, using) = clause(Keyword::Using, columns(None))(rest)?;
    Ok((rest, using.map_or(JoinConstraint::None, JoinConstraint::Using)))
}

/// Whether ON CONFLICT stands here, which goes on with an INSERT: no condition begins so.
fn begins_upsert(input: TokenInput<'_>) -> bool {
    input.is_word(0, Keyword::On)
        && input.is_word(1, Keyword::Conflict)
        && (input.is_word(2, Keyword::Do) || input.is_symbol(2, Symbol::LeftParenthesis))
}

/// `TableReference ::= Label [Arguments] [Temporal] [Alias] [Temporal] [IndexHint]
///                    | '(' From ')' [Alias] | '(' History ')' [Alias] | 'HISTORY' 'OF' Label [Alias]`
pub(super) fn table_reference(input: TokenInput<'_>) -> Parsed<'_, TableReference> {
    if input.is_symbol(0, Symbol::LeftParenthesis) {
        return nested(input, tables_in_parentheses);
    }
    if begins_history_of(input) {
        let (rest, table) = history_of(input)?;
        let (filter, range, limit) = Default::default();
        let history = History { table, filter, range, limit, span: input.span_to(rest) };
        return history_reference(rest, history);
    }
    input.offer(Symbol::LeftParenthesis);
    input.offer("HISTORY OF");
    if input.kind == TokenKind::Text && input.word().contains('.') {
        // Elsewhere that is a file.
        return input.no_match(NameKind::Table);
    }
    let (rest, name) = table_name(input)?;
    if input.is_word(0, Keyword::History) {
        rest.offer(Keyword::Of);
    }
    rest.offer(Symbol::LeftParenthesis);
    let (rest, arguments) = arguments(rest)?;
    let (rest, before) = maybe_temporal(rest)?;
    let (rest, alias) = alias(rest)?;
    let (rest, temporal) = match before {
        Some(_) => (rest, before),
        None => maybe_temporal(rest)?,
    };
    if let Some(arguments) = arguments {
        let call = FunctionReference { name, arguments, temporal, alias };
        return Ok((rest, TableReference::Function(Box::new(call))));
    }
    let (rest, index_hint) = index_hint(rest)?;
    let (temporal, index_hint) = (temporal.map(Box::new), index_hint.map(Box::new));
    Ok((rest, TableReference::Table { name, temporal, alias, index_hint }))
}

/// `Arguments ::= '(' [Expression, …] ')'`, if a parenthesis stands here.
fn arguments(input: TokenInput<'_>) -> Parsed<'_, Option<Vec<Expression>>> {
    if !input.is_symbol(0, Symbol::LeftParenthesis) {
        input.note(Symbol::LeftParenthesis);
        return Ok((input, None));
    }
    let behind = input.skip(1);
    if behind.is_symbol(0, Symbol::RightParenthesis) {
        return Ok((behind.skip(1), Some(Vec::new())));
    }
    behind.note(Symbol::RightParenthesis);
    let (rest, arguments) = nested(behind, comma_list(expression))?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    Ok((rest, Some(arguments)))
}

/// `IndexHint ::= 'INDEXED' 'BY' Name | 'NOT' 'INDEXED'`, or nothing.
pub(super) fn index_hint(input: TokenInput<'_>) -> Parsed<'_, Option<IndexHint>> {
    if input.is_word(0, Keyword::Not) && input.is_word(1, Keyword::Indexed) {
        return Ok((input.skip(2), Some(IndexHint::NotIndexed)));
    }
    if !input.is_word(0, Keyword::Indexed) {
        return Ok((input, None));
    }
    let (rest, _) = word(Keyword::By)(input.skip(1))?;
    let (rest, index) = label(NameKind::Index)(rest)?;
    Ok((rest, Some(IndexHint::IndexedBy(index))))
}

/// `'(' From ')' [Alias] | '(' History ')' [Alias] | '(' Query ')' [Alias]`
fn tables_in_parentheses(input: TokenInput<'_>) -> Parsed<'_, TableReference> {
    let behind = input.skip(1);
    if begins_query(behind) {
        let (rest, query) = query_in_parentheses(input)?;
        let (rest, alias) = alias(rest)?;
        return Ok((rest, TableReference::Query { query, alias }));
    }
    if begins_history_of(behind) {
        let (rest, history) = history(behind)?;
        if rest.is_symbol(0, Symbol::RightParenthesis) {
            return history_reference(rest.skip(1), history);
        }
    }
    let (rest, tables) = from(behind)?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    let span = input.span_to(rest);
    let (rest, alias) = alias(rest)?;
    Ok((
        rest,
        match alias {
            Some(alias) => tables.called(alias, span),
            None => tables,
        },
    ))
}

/// Whether a query goes on here that began with its rows.
pub(super) fn goes_on(input: TokenInput<'_>) -> bool {
    set_operator_begins(input)
        || begins_moment(input)
        || matches!(input.kind, TokenKind::Keyword(Keyword::Order | Keyword::Limit))
}

/// The name of a table, as the query of all that it has.
pub(super) fn whole_table(input: TokenInput<'_>) -> Parsed<'_, Box<Query>> {
    let (rest, name) = table_name(input)?;
    let span = name.span;
    let from = TableReference::Table { name, temporal: None, alias: None, index_hint: None };
    Ok((rest, Box::new(Query::of(Select::all_of(from, span)))))
}

/// Whether a query begins here.
pub(super) fn begins_query(input: TokenInput<'_>) -> bool {
    matches!(
        input.kind,
        TokenKind::Keyword(
            Keyword::Select | Keyword::With | Keyword::Values | Keyword::As | Keyword::Before
        )
    )
}

/// `[Alias]` behind a history.
fn history_reference(rest: TokenInput<'_>, history: History) -> Parsed<'_, TableReference> {
    let (rest, alias) = alias(rest)?;
    Ok((rest, TableReference::History { history: Box::new(history), alias }))
}
