//! Statements, found by their first word in one table.

use super::super::Keyword;
use super::super::ast::{
    ExplainMode, Identifier, MaintenanceKind, ObjectName, PragmaStatement, QueryStatement,
    SessionStatement, Statement, Switch,
};
use super::super::pragma_value::turns_on;
use super::super::token::{Symbol, TokenKind};
use super::alter::alter;
use super::dialect_hints;
use super::expected::{Expected, NameKind};
use super::input::{Parsed, TokenInput, parenthesised, symbol, word};
use super::name::{identifier, is_name, object_name, schema_name, table_name};
use super::select::query;
use super::table::{create, drop};
use super::time::{events, history_statement, maybe_as_of, replay, set, show, snapshot, tag};
use super::transaction::{begin, commit, release, rollback, savepoint};
use super::write::{delete, insert, update, with_statement};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

/// A first word, the production that it begins, and the function that reads it.
type StatementEntry = (Keyword, &'static str, fn(TokenInput<'_>) -> Parsed<'_, Statement>);

/// Every statement.
const STATEMENTS: &[StatementEntry] = &[
    (Keyword::Select, "Query", query_statement),
    (Keyword::With, "Query", with_statement),
    (Keyword::Values, "Query", query_statement),
    (Keyword::Insert, "Insert", insert),
    (Keyword::Replace, "Insert", insert),
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
    if let TokenKind::Keyword(first) = input.kind
        && let Some((.., parse)) = STATEMENTS.iter().find(|(keyword, ..)| *keyword == first)
    {
        // Conditions and defaults of a table are kept with it.
        input.state.is_definition.set(matches!(first, Keyword::Create | Keyword::Alter));
        return parse(input);
    }
    if matches!(input.kind, TokenKind::Keyword(_) | TokenKind::Name) {
        dialect_hints::refuse(input)?;
    }
    for (keyword, ..) in STATEMENTS {
        input.note(if *keyword == Keyword::As { "AS OF" } else { keyword.text() });
    }
    input.no_match(STATEMENT)
}

/// A statement that changes rows or reads them, by its first word; `None` where another stands there. What
/// is said of definitions goes on in it.
pub(super) fn row_statement(input: TokenInput<'_>) -> Option<Parsed<'_, Statement>> {
    let TokenKind::Keyword(first) = input.kind else { return None };
    let (.., parse) = STATEMENTS.iter().find(|(keyword, production, _)| {
        *keyword == first && ["Query", "Insert", "Update", "Delete"].contains(production)
    })?;
    Some(parse(input))
}

fn query_statement(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, query) = query(input)?;
    Ok((rest, Statement::Query(QueryStatement::Query(query))))
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
    Ok((rest, SessionStatement::Explain { mode, statement }.into()))
}

/// `Describe ::= ('DESCRIBE' | 'DESC') ObjectName [AsOf]`
fn describe(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, table) = table_name(input.skip(1))?;
    let (rest, as_of) = maybe_as_of(rest)?;
    Ok((rest, SessionStatement::Describe { table, as_of }.into()))
}

/// `Help ::= 'HELP' [Topic]`, the words of a topic being of any kind. The session knows what there is.
fn help(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let first = input.skip(1);
    let (mut rest, mut words) = (first, Vec::new());
    while matches!(rest.kind, TokenKind::Keyword(_) | TokenKind::Name) {
        words.push(rest.word());
        rest = rest.skip(1);
    }
    if words.is_empty() {
        first.note(Expected::Topic);
        return Ok((rest, SessionStatement::Help(None).into()));
    }
    let span = first.span_to(rest);
    let asked = Identifier { name: words.join(" ").into(), span, quoted: false };
    Ok((rest, SessionStatement::Help(Some(asked)).into()))
}

/// `Pragma ::= 'PRAGMA' ObjectName ['=' PragmaValue | '(' PragmaValue ')']`
fn pragma(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let first = input.skip(1);
    let (rest, ObjectName { schema, identifier: name }) = object_name(NameKind::New)(first)?;
    let (rest, value) = opt(preceded(symbol(Symbol::Equal), pragma_value)).parse(rest)?;
    let (rest, value) = match value {
        Some(_) => (rest, value),
        None => opt(parenthesised(pragma_value)).parse(rest)?,
    };
    let words = input.state.slice(input.span_to(rest));
    if let Some(switch) = switch_pragma(words) {
        return Ok((rest, switch));
    }
    let (name, words) = (name.name, words.to_owned());
    let pragma = PragmaStatement { schema, name: name.into(), value, words };
    Ok((rest, SessionStatement::Pragma(pragma).into()))
}

/// What `PRAGMA foreign_keys = value` and `recursive_triggers` say, in all of SQLite's spellings.
fn switch_pragma(words: &str) -> Option<Statement> {
    let (_, rest) = words.split_at_checked("PRAGMA".len())?;
    let rest = rest.trim().to_ascii_lowercase();
    let rest = rest.strip_prefix("main.").unwrap_or(&rest);
    let named = [Switch::ForeignKeys, Switch::RecursiveTriggers].into_iter().find_map(|switch| {
        let name = switch.keyword().text().to_ascii_lowercase();
        Some((switch, rest.strip_prefix(&name)?.trim()))
    });
    let (switch, value) = named?;
    let value = value.strip_prefix('=').or_else(|| value.strip_prefix('(')?.strip_suffix(')'))?;
    let value = value.trim().trim_start_matches('+').trim_start().trim_matches(['\'', '"']);
    let is_on = turns_on(value);
    Some(SessionStatement::SetSwitch { switch, is_on }.into())
}

/// `PragmaValue ::= ['+' | '-'] (Integer | Real) | Text | Name | a reserved word`
fn pragma_value(input: TokenInput<'_>) -> Parsed<'_, String> {
    let signed = input.is_symbol(0, Symbol::Minus) || input.is_symbol(0, Symbol::Plus);
    let value = input.skip(usize::from(signed));
    let number = if input.is_symbol(0, Symbol::Plus) { value } else { input };
    match value.kind {
        TokenKind::Integer | TokenKind::Real => {
            let rest = value.skip(1);
            Ok((rest, input.state.slice(number.span_to(rest)).to_owned()))
        }
        TokenKind::Text | TokenKind::Name | TokenKind::QuotedName | TokenKind::Keyword(_)
            if !signed =>
        {
            let word = identifier(value, value.peek()).name;
            let quoted = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
            let plain = quoted.map(|text| text.replace("''", "'"));
            Ok((value.skip(1), plain.unwrap_or_else(|| word.to_string())))
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
    Ok((rest, SessionStatement::Verify.into()))
}

/// `Maintenance ::= 'VACUUM' [Database] | ('ANALYZE' | 'REINDEX') [Database | ObjectName]`
fn maintenance(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let verb = match input.kind {
        TokenKind::Keyword(Keyword::Analyze) => MaintenanceKind::Analyze,
        TokenKind::Keyword(Keyword::Reindex) => MaintenanceKind::Reindex,
        _ => MaintenanceKind::Vacuum,
    };
    let first = input.skip(1);
    let is_alone = is_name(first.peek()) && !first.is_symbol(1, Symbol::Dot);
    let (rest, name) = if is_alone && schema_name(first).is_some() {
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
    Ok((rest, SessionStatement::Maintenance { verb, name }.into()))
}

/// A statement that does nothing, as it stands.
pub(super) fn accepted<'a>(input: TokenInput<'a>, rest: TokenInput<'a>) -> Statement {
    SessionStatement::Accepted(input.state.slice(input.span_to(rest)).to_owned()).into()
}
