//! INSERT, UPDATE and DELETE.

use super::super::Keyword;
use super::super::ast::{
    AssignedValue, Assignment, CommonTable, Delete, Expression, ExpressionKind, ExpressionList,
    Identifier, IndexHint, Insert, InsertSource, ObjectName, Query, QueryBody, QueryStatement,
    RowLimits, SelectItem, SourceSpan, Statement, Update, Upsert, UpsertAction, ValueRows,
    WriteStatement,
};
use super::super::token::{Symbol, TokenKind};
use super::annotations::annotations;
use super::expected::NameKind;
use super::expression::{expression, push};
use super::input::{
    Parsed, TokenInput, comma_list, each_between_commas, nested, parenthesised, symbol, word,
};
use super::name::{alias, columns, label, name, table_name};
use super::object::{JSON_OBJECT, json_object};
use super::select::{
    begins_query, from, goes_on, index_hint, limit, order_by, query, query_in_parentheses,
    query_with, select_item, with,
};
use super::statement::accepted;
use super::table::indexed_columns;
use super::time::{begins_moment, moment_of_rows, no_moment};
use crate::types::ConflictResolution;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;
use std::sync::Arc;

/// What WITH stands before: `Insert | Update | Delete | Query`.
pub(super) fn with_statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, tables) = with(input.skip(1))?;
    match rest.kind {
        TokenKind::Keyword(Keyword::Insert | Keyword::Replace) => insert_with(rest, tables),
        TokenKind::Keyword(Keyword::Update) => update_with(rest, tables),
        TokenKind::Keyword(Keyword::Delete) => delete_with(rest, tables),
        _ => {
            for verb in [Keyword::Insert, Keyword::Update, Keyword::Delete] {
                rest.offer(verb);
            }
            let (rest, query) = query_with(rest, None, tables)?;
            Ok((rest, Statement::Query(QueryStatement::Query(query))))
        }
    }
}

/// `Insert ::= [With] ('INSERT' ['OR' Resolution] | 'REPLACE') 'INTO' ObjectName ['AS' Name] [Names] rows
/// Upsert* [Returning] [Annotations]`
pub(super) fn insert(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    insert_with(input, Vec::new())
}

fn insert_with(input: TokenInput<'_>, with: Vec<CommonTable>) -> Parsed<'_, Statement> {
    let (rest, resolution) = if input.is_word(0, Keyword::Replace) {
        (input.skip(1), Some(ConflictResolution::Replace))
    } else {
        or_resolution(word(Keyword::Insert)(input)?.0)?
    };
    let (rest, table) = preceded(word(Keyword::Into), table_name).parse(rest)?;
    let of = rest.at() - 1;
    let (rest, alias) = match begins_moment(rest) {
        true => (rest, None),
        false => opt(preceded(word(Keyword::As), name(NameKind::New))).parse(rest)?,
    };
    let (rest, columns) = if rest.is_symbol(0, Symbol::LeftParenthesis) {
        columns(Some(of))(rest)?
    } else {
        rest.note(Symbol::LeftParenthesis);
        (rest, Vec::new())
    };
    let (mut rest, source) = insert_source(rest, columns.is_empty())?;
    let mut upserts = Vec::new();
    while let (behind, Some(one)) = opt(|input| upsert(input, of)).parse(rest)? {
        upserts.push(one);
        rest = behind;
    }
    let (rest, returning) = returning(rest)?;
    let (rest, annotations) = annotations(rest)?;
    let insert =
        Insert { with, resolution, table, alias, columns, source, upserts, returning, annotations };
    if is_statistics(&insert.table) {
        return Ok((rest, accepted(input, rest)));
    }
    Ok((rest, Statement::Write(WriteStatement::Insert(Box::new(insert)))))
}

/// `['OR' Resolution]`
fn or_resolution(input: TokenInput<'_>) -> Parsed<'_, Option<ConflictResolution>> {
    opt(preceded(word(Keyword::Or), resolution)).parse(input)
}

/// `Resolution ::= 'ROLLBACK' | 'ABORT' | 'FAIL' | 'IGNORE' | 'REPLACE'`
pub(super) fn resolution(input: TokenInput<'_>) -> Parsed<'_, ConflictResolution> {
    alt((
        value(ConflictResolution::Rollback, word(Keyword::Rollback)),
        value(ConflictResolution::Abort, word(Keyword::Abort)),
        value(ConflictResolution::Fail, word(Keyword::Fail)),
        value(ConflictResolution::Ignore, word(Keyword::Ignore)),
        value(ConflictResolution::Replace, word(Keyword::Replace)),
    ))
    .parse(input)
}

/// Whether a table is one of those in which SQLite keeps what ANALYZE found. Dumps write to them; the
/// planner here needs none of it.
fn is_statistics(table: &Identifier) -> bool {
    ["sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&table.name))
}

/// The rows of an INSERT: `Values | JsonObject, … | Select | 'DEFAULT' 'VALUES'`.
///
/// Objects and default values take no list of columns.
fn insert_source(input: TokenInput<'_>, all_columns: bool) -> Parsed<'_, InsertSource> {
    match input.kind {
        TokenKind::Keyword(Keyword::Values) => {
            let (rest, rows) = values(input.skip(1))?;
            // Rows that stand there are of no moment, and what is written is the present.
            if goes_on(rest) && !begins_moment(rest) {
                let (rest, query) = query(input)?;
                return match &*query {
                    Query { as_of: Some(as_of), body: QueryBody::Values(_), .. } => {
                        moment_of_rows(rest, as_of)
                    }
                    _ => Ok((rest, InsertSource::Query(query))),
                };
            }
            Ok((rest, InsertSource::Values(rows)))
        }
        TokenKind::Keyword(Keyword::Select | Keyword::With | Keyword::As | Keyword::Before) => {
            let (rest, query) = query(input)?;
            Ok((rest, InsertSource::Query(query)))
        }
        TokenKind::Json if all_columns => {
            let (rest, objects) = comma_list(json_object)(input)?;
            Ok((rest, InsertSource::Objects(objects)))
        }
        TokenKind::Keyword(Keyword::Default) if all_columns => {
            let (rest, _) = word(Keyword::Values)(input.skip(1))?;
            Ok((rest, InsertSource::DefaultValues))
        }
        _ => {
            input.note("VALUES");
            input.note("SELECT");
            if all_columns {
                input.note("DEFAULT VALUES");
                input.note(JSON_OBJECT);
            }
            input.no_match("AS OF")
        }
    }
}

/// `Values ::= 'VALUES' '(' Expression, … ')' (',' '(' Expression, … ')')*`, behind the word; rows of
/// one length.
pub(super) fn values(input: TokenInput<'_>) -> Parsed<'_, Arc<ValueRows>> {
    // A list that grows takes as much again; where it is large, it has room for all that can come.
    let mut list = match input.state.tokens.is_paged() {
        false => ExpressionList::default(),
        true => ExpressionList::with_capacity(nom::Input::input_len(&input) / 2),
    };
    let (mut rest, width) = value_row(input, &mut list)?;
    while rest.is_symbol(0, Symbol::Comma) {
        let start = rest.skip(1);
        let (behind, count) = value_row(start, &mut list)?;
        if count != width {
            let message = format!("this row has {count} values, the first has {width}");
            return start.fail_at(start.span_to(behind), "row-length", message, None);
        }
        rest = behind;
    }
    rest.note(Symbol::Comma);
    list.shrink();
    Ok((rest, Arc::new(ValueRows::new(width, list))))
}

/// `'(' Assigned, … ')'`, each of which goes behind a list; gives how many there are.
fn value_row<'a>(input: TokenInput<'a>, list: &mut ExpressionList) -> Parsed<'a, usize> {
    let (rest, _) = symbol(Symbol::LeftParenthesis)(input)?;
    let (rest, count) = each_between_commas(rest, |input| {
        let (rest, value) = assigned(input)?;
        match value {
            AssignedValue::Expression(expression) => push(list, expression, input),
            AssignedValue::Default(place) => list.push_default(place.0),
        }
        Ok((rest, ()))
    })?;
    let (rest, _) = symbol(Symbol::RightParenthesis)(rest)?;
    Ok((rest, count))
}

/// `Assigned ::= Expression | 'DEFAULT'`
fn assigned(input: TokenInput<'_>) -> Parsed<'_, AssignedValue> {
    if input.is_word(0, Keyword::Default) {
        return Ok((input.skip(1), AssignedValue::Default(SourceSpan(input.peek().span))));
    }
    input.offer(Keyword::Default);
    let (rest, expression) = expression(input)?;
    Ok((rest, AssignedValue::Expression(expression)))
}

/// `Upsert ::= 'ON' 'CONFLICT' [IndexedColumns ['WHERE' Expression]] 'DO' ('NOTHING' | 'UPDATE' 'SET'
/// Assignment, … ['WHERE' Expression])`, of the table that the token `of` names.
fn upsert(input: TokenInput<'_>, of: usize) -> Parsed<'_, Upsert> {
    let (rest, _) = (word(Keyword::On), word(Keyword::Conflict)).parse(input)?;
    let start = rest;
    let (rest, target) = if rest.is_symbol(0, Symbol::LeftParenthesis) {
        indexed_columns(rest, Some(of))?
    } else {
        rest.note(Symbol::LeftParenthesis);
        (rest, Vec::new())
    };
    let span =
        SourceSpan(if target.is_empty() { input.span_to(rest) } else { start.span_to(rest) });
    let (rest, target_filter) = match target.as_slice() {
        [] => (rest, None),
        [..] => condition(rest)?,
    };
    let (rest, _) = word(Keyword::Do)(rest)?;
    if rest.is_word(0, Keyword::Nothing) {
        let action = UpsertAction::Nothing;
        return Ok((rest.skip(1), Upsert { target, target_filter, action, span }));
    }
    rest.note(Keyword::Nothing);
    let (rest, _) = (word(Keyword::Update), word(Keyword::Set)).parse(rest)?;
    let (rest, assignments) = assignments(rest, of)?;
    let (rest, filter) = condition(rest)?;
    let action = UpsertAction::Update { assignments, filter };
    Ok((rest, Upsert { target, target_filter, action, span }))
}

/// `['WHERE' Expression]`
fn condition(input: TokenInput<'_>) -> Parsed<'_, Option<super::Expression>> {
    opt(preceded(word(Keyword::Where), expression)).parse(input)
}

/// `Returning ::= 'RETURNING' SelectItem, …`, or nothing
fn returning(input: TokenInput<'_>) -> Parsed<'_, Vec<SelectItem>> {
    let (rest, items) =
        opt(preceded(word(Keyword::Returning), comma_list(select_item))).parse(input)?;
    Ok((rest, items.unwrap_or_default()))
}

/// `[Returning] RowLimits [Returning]`, of which SQLite has the first RETURNING.
///
/// `RowLimits ::= ['ORDER' 'BY' OrderItem, …] ['LIMIT' …]`
fn returning_and_limits(input: TokenInput<'_>) -> Parsed<'_, (Vec<SelectItem>, RowLimits)> {
    let (rest, first) = returning(input)?;
    let (rest, order_by) = order_by(rest)?;
    let (rest, (limit, offset)) = limit(rest)?;
    let (rest, items) = if first.is_empty() { returning(rest)? } else { (rest, first) };
    Ok((rest, (items, RowLimits { order_by, limit, offset })))
}

/// The table that is changed, what it is called, and by which indexes its rows are found.
type ParsedTarget = (ObjectName, Option<Identifier>, Option<IndexHint>);

/// `Target ::= ObjectName [Alias] [IndexHint]`
fn target(input: TokenInput<'_>) -> Parsed<'_, ParsedTarget> {
    let (rest, table) = table_name(input)?;
    let (rest, ()) = no_moment(rest)?;
    let (rest, alias) = alias(rest)?;
    let (rest, hint) = index_hint(rest)?;
    Ok((rest, (table, alias, hint)))
}

/// `Update ::= [With] 'UPDATE' ['OR' Resolution] Target 'SET' Assignment (',' Assignment)* ['FROM' From]
/// ['WHERE' Expression] [Returning] RowLimits [Annotations]`
pub(super) fn update(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    update_with(input, Vec::new())
}

fn update_with(input: TokenInput<'_>, with: Vec<CommonTable>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Update)(input)?;
    let (rest, resolution) = or_resolution(rest)?;
    let of = rest.at() + if rest.is_symbol(1, Symbol::Dot) { 2 } else { 0 };
    let (rest, (table, alias, index_hint)) = target(rest)?;
    let (rest, _) = word(Keyword::Set)(rest)?;
    let (rest, assignments) = assignments(rest, of)?;
    let (rest, from) = opt(preceded(word(Keyword::From), from)).parse(rest)?;
    let (rest, filter) = condition(rest)?;
    let (rest, (returning, limits)) = returning_and_limits(rest)?;
    let (rest, annotations) = annotations(rest)?;
    if is_statistics(&table) {
        return Ok((rest, accepted(input, rest)));
    }
    let update = Update {
        with,
        resolution,
        table,
        alias,
        index_hint,
        assignments,
        from,
        filter,
        returning,
        limits,
        annotations,
    };
    Ok((rest, Statement::Write(WriteStatement::Update(Box::new(update)))))
}

/// `Assignments ::= Assignment (',' Assignment)*`
fn assignments(input: TokenInput<'_>, of: usize) -> Parsed<'_, Vec<Assignment>> {
    comma_list(|input| assignment(input, of))(input)
}

/// `Assignment ::= Label '=' Assigned | '(' Label, … ')' '=' ('(' Assigned, … ')' | '(' Query ')')`,
/// columns of the table that the token `of` names. The values may stand in more parentheses.
fn assignment(input: TokenInput<'_>, of: usize) -> Parsed<'_, Assignment> {
    if !input.is_symbol(0, Symbol::LeftParenthesis) {
        input.offer(Symbol::LeftParenthesis);
        let (rest, column) = label(NameKind::Column(Some(of)))(input)?;
        let (rest, _) = symbol(Symbol::Equal)(rest)?;
        let (rest, value) = assigned(rest)?;
        return Ok((rest, Assignment::One(column, value)));
    }
    let (rest, columns) = columns(Some(of))(input)?;
    let (values, _) = symbol(Symbol::Equal)(rest)?;
    if values.is_symbol(0, Symbol::LeftParenthesis) && begins_query(values.skip(1)) {
        let (rest, query) = nested(values, query_in_parentheses)?;
        let span = SourceSpan(values.span_to(rest));
        return Ok((rest, Assignment::Query(columns, query, span)));
    }
    let (rest, list) = match columns.as_slice() {
        // A single one is a value like any other.
        [_] => assigned(values).map(|(rest, value)| (rest, vec![value]))?,
        [..] => {
            let (rest, list) = parenthesised(comma_list(assigned))(values)?;
            (rest, unwrapped(list))
        }
    };
    if list.len() != columns.len() {
        let message = format!("{} columns and {} values", columns.len(), list.len());
        return values.fail_at(values.span_to(rest), "column-count", message, None);
    }
    Ok((rest, Assignment::Several(columns, list)))
}

/// Values of which a row in parentheses is the only one are those of the row.
fn unwrapped(mut list: Vec<AssignedValue>) -> Vec<AssignedValue> {
    if let [AssignedValue::Expression(Expression { kind: ExpressionKind::Row(row), .. })] =
        list.as_mut_slice()
    {
        return std::mem::take(row).into_iter().map(AssignedValue::Expression).collect();
    }
    list
}

/// `Delete ::= [With] 'DELETE' 'FROM' Target ['WHERE' Expression] [Returning] RowLimits
/// [Annotations]`
pub(super) fn delete(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    delete_with(input, Vec::new())
}

fn delete_with(input: TokenInput<'_>, with: Vec<CommonTable>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Delete)(input)?;
    let (rest, target) = preceded(word(Keyword::From), target).parse(rest)?;
    let (table, alias, index_hint) = target;
    let (rest, filter) = condition(rest)?;
    let (rest, (returning, limits)) = returning_and_limits(rest)?;
    let (rest, annotations) = annotations(rest)?;
    if is_statistics(&table) {
        return Ok((rest, accepted(input, rest)));
    }
    let delete = Delete { with, table, alias, index_hint, filter, returning, limits, annotations };
    Ok((rest, Statement::Write(WriteStatement::Delete(Box::new(delete)))))
}
