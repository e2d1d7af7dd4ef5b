//! Statements, found by their first word in one table.

use super::super::Keyword;
use super::super::ast::{
    AssignedValue, Delete, ExplainMode, ExpressionList, Identifier, Insert, InsertSource,
    MaintenanceKind, QueryStatement, SessionStatement, SourceSpan, Statement, Update, ValueRows,
    WriteStatement,
};
use super::super::token::{Symbol, TokenKind};
use super::super::token_source::TokenSource;
use super::annotations::annotations;
use super::dialect_hints;
use super::expected::{Expected, NameKind};
use super::expression::{expression, push};
use super::input::{
    Parsed, TokenInput, comma_list, each_between_commas, parenthesised, symbol, word,
};
use super::name::{alias, columns, is_database, is_name, label, object_name, table_name};
use super::object::{JSON_OBJECT, json_object};
use super::select::{goes_on, not_indexed, query};
use super::table::{alter, create, drop};
use super::time::{
    as_of, begins_moment, events, history_statement, no_moment, replay, set, show, snapshot, tag,
};
use super::transaction::{begin, commit, release, rollback, savepoint};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;
use std::sync::Arc;

/// A first word, the production that it begins, and the function that reads it.
type StatementEntry = (Keyword, &'static str, fn(TokenInput<'_>) -> Parsed<'_, Statement>);

/// Every statement.
const STATEMENTS: &[StatementEntry] = &[
    (Keyword::Select, "Query", query_statement),
    (Keyword::With, "Query", query_statement),
    (Keyword::Values, "Query", query_statement),
    (Keyword::Insert, "Insert", insert),
    (Keyword::Update, "Update", update),
    (Keyword::Delete, "Delete", delete),
    (Keyword::Create, "Create", create),
    (Keyword::Drop, "Drop", drop),
    (Keyword::Alter, "Alter", alter),
    (Keyword::Begin, "Begin", begin),
    (Keyword::Commit, "Commit", commit),
    (Keyword::End, "Commit", commit),
    (Keyword::Rollback, "Rollback", rollback),
    (Keyword::Savepoint, "Savepoint", savepoint),
    (Keyword::Release, "Release", release),
    (Keyword::As, "Query", query_statement),
    (Keyword::Before, "Query", query_statement),
    (Keyword::History, "History", history_statement),
    (Keyword::Events, "Events", events),
    (Keyword::Replay, "Replay", replay),
    (Keyword::Snapshot, "Snapshot", snapshot),
    (Keyword::Tag, "Tag", tag),
    (Keyword::Set, "Set", set),
    (Keyword::Explain, "Explain", explain),
    (Keyword::Describe, "Describe", describe),
    (Keyword::Desc, "Describe", describe),
    (Keyword::Help, "Help", help),
    (Keyword::Show, "Show", show),
    (Keyword::Verify, "Verify", verify),
    (Keyword::Pragma, "Pragma", pragma),
    (Keyword::Vacuum, "Maintenance", maintenance),
    (Keyword::Analyze, "Maintenance", maintenance),
    (Keyword::Reindex, "Maintenance", maintenance),
];

/// The first word of every statement with the production of `grammar/asof.ebnf` that it begins.
pub fn productions() -> impl Iterator<Item = (Keyword, &'static str)> {
    STATEMENTS.iter().map(|(first, production, _)| (*first, *production))
}

/// Any statement.
const STATEMENT: Expected = Expected::Other("a statement");

/// `Statement ::= Select | Insert | …`
pub(super) fn statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    if let TokenKind::Keyword(first) = input.peek().kind
        && let Some((.., parse)) = STATEMENTS.iter().find(|(keyword, ..)| *keyword == first)
    {
        // Conditions and defaults of a table are kept with it.
        input.state.is_definition.set(matches!(first, Keyword::Create | Keyword::Alter));
        return parse(input);
    }
    if matches!(input.peek().kind, TokenKind::Keyword(_) | TokenKind::Name) {
        dialect_hints::refuse(input)?;
    }
    for (keyword, ..) in STATEMENTS {
        input.note(if *keyword == Keyword::As { "AS OF" } else { keyword.text() });
    }
    input.no_match(STATEMENT)
}

fn query_statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, query) = query(input)?;
    Ok((rest, Statement::Query(QueryStatement::Query(Box::new(query)))))
}

/// `Insert ::= 'INSERT' 'INTO' ObjectName [Names] rows [Annotations]`
fn insert(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Insert)(input)?;
    if rest.is_word(0, Keyword::Or) {
        let action = rest.skip(1).word().to_ascii_uppercase();
        return rest.unsupported(&format!("INSERT OR {action}"));
    }
    let (rest, table) = preceded(word(Keyword::Into), table_name).parse(rest)?;
    let (rest, columns) = if rest.is_symbol(0, Symbol::LeftParenthesis) {
        columns(Some(rest.at - 1))(rest)?
    } else {
        rest.note(Symbol::LeftParenthesis);
        (rest, Vec::new())
    };
    let (rest, source) = insert_source(rest, columns.is_empty())?;
    if rest.is_word(0, Keyword::On) {
        return rest.unsupported("ON CONFLICT");
    }
    let (rest, annotations) = annotations(rest)?;
    let insert = Insert { table, columns, source, annotations };
    if is_statistics(&insert.table) {
        return Ok((rest, accepted(input, rest)));
    }
    Ok((rest, Statement::Write(WriteStatement::Insert(insert))))
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
    match input.peek().kind {
        TokenKind::Keyword(Keyword::Values) => {
            let (rest, rows) = values(input.skip(1))?;
            // Rows that stand there are of no moment, and what is written is the present.
            if goes_on(rest) && !begins_moment(rest) {
                let (rest, query) = query(input)?;
                return Ok((rest, InsertSource::Query(Box::new(query))));
            }
            Ok((rest, InsertSource::Values(rows)))
        }
        TokenKind::Keyword(Keyword::Select | Keyword::With | Keyword::As | Keyword::Before) => {
            let (rest, query) = query(input)?;
            Ok((rest, InsertSource::Query(Box::new(query))))
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
    let mut list = match input.state.tokens {
        TokenSource::Whole(_) => ExpressionList::default(),
        TokenSource::Paged(_) => ExpressionList::with_capacity(nom::Input::input_len(&input) / 2),
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

/// `Target ::= ObjectName [Alias] ['NOT' 'INDEXED']`, the table that is changed and what it is called.
fn target(input: TokenInput<'_>) -> Parsed<'_, (Identifier, Option<Identifier>)> {
    let (rest, table) = table_name(input)?;
    let (rest, ()) = no_moment(rest)?;
    let (rest, alias) = opt(alias).parse(rest)?;
    let (rest, ()) = not_indexed(rest)?;
    Ok((rest, (table, alias)))
}

/// `Update ::= 'UPDATE' Target 'SET' Assignment (',' Assignment)* ['WHERE' Expression] [Annotations]`
fn update(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Update)(input)?;
    if rest.is_word(0, Keyword::Or) {
        let action = rest.skip(1).word().to_ascii_uppercase();
        return rest.unsupported(&format!("UPDATE OR {action}"));
    }
    let of = rest.at + if rest.is_symbol(1, Symbol::Dot) { 2 } else { 0 };
    let (rest, (table, alias)) = target(rest)?;
    let (rest, _) = word(Keyword::Set)(rest)?;
    let (rest, assignments) = comma_list(|input| assignment(input, of))(rest)?;
    if rest.is_word(0, Keyword::From) {
        return rest.unsupported("UPDATE … FROM");
    }
    let (rest, filter) = opt(preceded(word(Keyword::Where), expression)).parse(rest)?;
    let (rest, annotations) = annotations(rest)?;
    if is_statistics(&table) {
        return Ok((rest, accepted(input, rest)));
    }
    Ok((
        rest,
        Statement::Write(WriteStatement::Update(Update {
            table,
            alias,
            assignments,
            filter,
            annotations,
        })),
    ))
}

/// `Assignment ::= Label '=' Assigned`, a column of the table that the token `of` names.
fn assignment(input: TokenInput<'_>, of: usize) -> Parsed<'_, (Identifier, AssignedValue)> {
    if input.is_symbol(0, Symbol::LeftParenthesis) {
        return input.unsupported("SET of several columns in parentheses");
    }
    let (rest, column) = label(NameKind::Column(Some(of)))(input)?;
    let (rest, _) = symbol(Symbol::Equal)(rest)?;
    let (rest, value) = assigned(rest)?;
    Ok((rest, (column, value)))
}

/// `Delete ::= 'DELETE' 'FROM' Target ['WHERE' Expression] [Annotations]`
fn delete(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Delete)(input)?;
    let (rest, (table, alias)) = preceded(word(Keyword::From), target).parse(rest)?;
    let (rest, filter) = opt(preceded(word(Keyword::Where), expression)).parse(rest)?;
    let (rest, annotations) = annotations(rest)?;
    if is_statistics(&table) {
        return Ok((rest, accepted(input, rest)));
    }
    Ok((
        rest,
        Statement::Write(WriteStatement::Delete(Delete { table, alias, filter, annotations })),
    ))
}

/// `Explain ::= 'EXPLAIN' ['QUERY' 'PLAN' | 'VERBOSE' | 'ANALYZE'] (a statement but EXPLAIN and
/// ANALYZE)`
fn explain(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Explain)(input)?;
    let (rest, query_plan) = opt((word(Keyword::Query), word(Keyword::Plan))).parse(rest)?;
    let (rest, mode) = match query_plan {
        Some(_) => (rest, None),
        None => opt(alt((
            value(ExplainMode::Verbose, word(Keyword::Verbose)),
            value(ExplainMode::Analyze, word(Keyword::Analyze)),
        )))
        .parse(rest)?,
    };
    if rest.is_word(0, Keyword::Explain) || rest.is_word(0, Keyword::Analyze) {
        return rest.no_match(STATEMENT);
    }
    let (rest, explained) = statement(rest)?;
    let (mode, statement) = (mode.unwrap_or(ExplainMode::Plan), Box::new(explained));
    Ok((rest, Statement::Session(SessionStatement::Explain { mode, statement })))
}

/// `Describe ::= ('DESCRIBE' | 'DESC') ObjectName [AsOf]`
fn describe(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, table) = table_name(input.skip(1))?;
    let (rest, as_of) = opt(as_of).parse(rest)?;
    Ok((rest, Statement::Session(SessionStatement::Describe { table, as_of })))
}

/// `Help ::= 'HELP' [Topic]`, the words of a topic being of any kind. The session knows what there is.
fn help(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let first = input.skip(1);
    let (mut rest, mut words) = (first, Vec::new());
    while matches!(rest.peek().kind, TokenKind::Keyword(_) | TokenKind::Name) {
        words.push(rest.word());
        rest = rest.skip(1);
    }
    if words.is_empty() {
        first.note(Expected::Topic);
        return Ok((rest, Statement::Session(SessionStatement::Help(None))));
    }
    let span = first.span_to(rest);
    let asked = Identifier { name: words.join(" "), span, quoted: false };
    Ok((rest, Statement::Session(SessionStatement::Help(Some(asked)))))
}

/// `Pragma ::= 'PRAGMA' ObjectName ['=' PragmaValue | '(' PragmaValue ')']`
fn pragma(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let first = input.skip(1);
    // Nothing is kept in either, so the temporary one can be asked, too.
    let skipped = if first.is_symbol(1, Symbol::Dot) && is_database(first) { 2 } else { 0 };
    let (rest, _) = object_name(NameKind::New)(first.skip(skipped))?;
    let (rest, value) = opt(preceded(symbol(Symbol::Equal), pragma_value)).parse(rest)?;
    let (rest, _) = match value {
        Some(()) => (rest, None),
        None => opt(parenthesised(pragma_value)).parse(rest)?,
    };
    Ok((rest, accepted(input, rest)))
}

/// `PragmaValue ::= ['+' | '-'] (Integer | Real) | Text | Name | a reserved word`
fn pragma_value(input: TokenInput<'_>) -> Parsed<'_, ()> {
    let signed = input.is_symbol(0, Symbol::Minus) || input.is_symbol(0, Symbol::Plus);
    let value = input.skip(usize::from(signed));
    match value.peek().kind {
        TokenKind::Integer | TokenKind::Real => Ok((value.skip(1), ())),
        TokenKind::Text | TokenKind::Name | TokenKind::QuotedName | TokenKind::Keyword(_)
            if !signed =>
        {
            Ok((value.skip(1), ()))
        }
        _ => value.no_match(Expected::Other("a value")),
    }
}

/// `Verify ::= 'VERIFY'`
fn verify(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let rest = input.skip(1);
    if rest.word().eq_ignore_ascii_case("AGAINST") {
        return input.unsupported("VERIFY AGAINST");
    }
    Ok((rest, Statement::Session(SessionStatement::Verify)))
}

/// `Maintenance ::= 'VACUUM' [Database] | ('ANALYZE' | 'REINDEX') [Database | ObjectName]`
fn maintenance(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let verb = match input.peek().kind {
        TokenKind::Keyword(Keyword::Analyze) => MaintenanceKind::Analyze,
        TokenKind::Keyword(Keyword::Reindex) => MaintenanceKind::Reindex,
        _ => MaintenanceKind::Vacuum,
    };
    let first = input.skip(1);
    let is_alone = is_name(first.peek()) && !first.is_symbol(1, Symbol::Dot);
    let (rest, name) = if is_alone && is_database(first) {
        (first.skip(1), None)
    } else if verb != MaintenanceKind::Vacuum {
        opt(object_name(NameKind::Table)).parse(first)?
    } else if is_alone {
        let message = format!("there is no database \"{}\"", first.word());
        let help = "VACUUM names no table, and does nothing here".to_owned();
        return first.fail_at(first.peek().span, "unknown-database", message, Some(help));
    } else {
        (first, None)
    };
    if verb == MaintenanceKind::Vacuum && rest.is_word(0, Keyword::Into) {
        return rest.unsupported("VACUUM INTO");
    }
    Ok((rest, Statement::Session(SessionStatement::Maintenance { verb, name })))
}

/// A statement that does nothing, as it stands.
pub(super) fn accepted<'a>(input: TokenInput<'a>, rest: TokenInput<'a>) -> Statement {
    Statement::Session(SessionStatement::Accepted(
        input.state.slice(input.span_to(rest)).to_owned(),
    ))
}
