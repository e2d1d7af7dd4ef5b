//! Tables and indexes: what is created, altered and dropped.

use super::super::Keyword;
use super::super::ast::{
    ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateIndex, CreateTable,
    CreateTableAs, Expression, ExpressionKind, ForeignKeyClause, Identifier, IndexedColumn,
    SchemaStatement, SourceSpan, Statement, TableConstraint, TableConstraintKind, TableOption,
    TypeName,
};
use super::super::lexer::{begins_name, continues_name};
use super::super::token::{Symbol, TokenKind};
use super::annotations::annotations;
use super::constant::literal;
use super::constant::{CONSTANT_WORDS, constant_word, is_moment, moment};
use super::expected::{Expected, NameKind};
use super::expression::expression;
use super::input::{Parsed, TokenInput, comma_list, parenthesised, word};
use super::name::{columns, identifier, label, number, object_name, table_name, unquote};
use super::select::{direction, query};
use super::trigger::create_trigger;
use super::view::{create_view, drop_definition};
use super::write::resolution;
use crate::types::{ConflictResolution, ForeignKeyAction, Value};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::multi::{fold_many0, many0};
use nom::sequence::preceded;

/// `Create ::= CreateTable | CreateTableAs | CreateIndex | CreateView | CreateTrigger`
pub(super) fn create(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = temporary(input.skip(1))?;
    match rest.kind {
        TokenKind::Keyword(Keyword::Table) => create_table(input),
        TokenKind::Keyword(Keyword::Unique | Keyword::Index) => create_index(input),
        TokenKind::Keyword(Keyword::View | Keyword::Or) => create_view(input),
        TokenKind::Keyword(Keyword::Trigger) => create_trigger(input),
        TokenKind::Keyword(Keyword::Virtual) => rest.unsupported("CREATE VIRTUAL TABLE"),
        TokenKind::Name if rest.word().eq_ignore_ascii_case("materialized") => {
            rest.unsupported("CREATE MATERIALIZED VIEW")
        }
        _ => {
            if rest.at() == input.at() + 1 {
                for expected in ["INDEX", "UNIQUE", "OR REPLACE VIEW"] {
                    rest.note(expected);
                }
            }
            rest.note("TABLE");
            rest.note("TRIGGER");
            rest.no_match("VIEW")
        }
    }
}

/// `['TEMP' | 'TEMPORARY']`
pub(super) fn temporary(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let (rest, found) = opt(alt((word(Keyword::Temp), word(Keyword::Temporary)))).parse(input)?;
    Ok((rest, found.is_some()))
}

/// `['IF' 'EXISTS']`
pub(super) fn if_exists(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let (rest, found) = opt((word(Keyword::If), word(Keyword::Exists))).parse(input)?;
    Ok((rest, found.is_some()))
}

/// `['IF' 'NOT' 'EXISTS']`
pub(super) fn if_not_exists(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let words = (word(Keyword::If), word(Keyword::Not), word(Keyword::Exists));
    let (rest, found) = opt(words).parse(input)?;
    Ok((rest, found.is_some()))
}

/// `CreateTable ::= 'CREATE' ['TEMP'] 'TABLE' ['IF' 'NOT' 'EXISTS'] Label '(' … ')' options`, and
/// `CreateTableAs ::= 'CREATE' ['TEMP'] 'TABLE' ['IF' 'NOT' 'EXISTS'] Label options 'AS' Query`
fn create_table(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Create)(input)?;
    let (rest, temporary) = temporary(rest)?;
    let (rest, _) = word(Keyword::Table)(rest)?;
    let (rest, if_not_exists) = if_not_exists(rest)?;
    let (rest, name) = object_name(NameKind::New)(rest)?;
    if !rest.is_symbol(0, Symbol::LeftParenthesis) {
        rest.note(Symbol::LeftParenthesis);
        let (rest, options) = table_options(rest)?;
        let (rest, _) = word(Keyword::As)(rest)?;
        // Only its rows are kept, not the query.
        input.state.is_definition.set(false);
        let (rest, query) = query(rest)?;
        let (rest, annotations) = annotations(rest)?;
        let table = CreateTableAs { temporary, if_not_exists, name, options, query, annotations };
        return Ok((rest, SchemaStatement::CreateTableAs(table).into()));
    }
    let (rest, (columns, constraints)) = parenthesised(columns_and_constraints)(rest)?;
    let (rest, options) = table_options(rest)?;
    let (rest, annotations) = annotations(rest)?;
    let table =
        CreateTable { temporary, if_not_exists, name, columns, constraints, options, annotations };
    Ok((rest, SchemaStatement::CreateTable(table).into()))
}

type TableElements = (Vec<ColumnDefinition>, Vec<TableConstraint>);

/// `ColumnDefinition (',' ColumnDefinition)* [',' Constraint ([','] Constraint)*]`, where a constraint is
/// `TableConstraint` or a name of nothing, `('CONSTRAINT' Label)+`.
///
/// SQLite does without the comma between table constraints; scripts rely on it.
fn columns_and_constraints(input: TokenInput<'_>) -> Parsed<'_, TableElements> {
    let (mut rest, first) = column_definition(input)?;
    let mut columns = vec![first];
    let (mut constraints, mut is_behind_columns) = (Vec::new(), false);
    loop {
        let comma = rest.is_symbol(0, Symbol::Comma);
        rest.note(Symbol::Comma);
        let behind = rest.skip(usize::from(comma));
        if begins_table_constraint(behind) && (comma || is_behind_columns) {
            is_behind_columns = true;
            let (unnamed, _) = constraint_name(behind)?;
            let names_nothing = [Symbol::Comma, Symbol::RightParenthesis]
                .into_iter()
                .any(|end| unnamed.is_symbol(0, end));
            if names_nothing {
                rest = unnamed;
                continue;
            }
            let (behind, constraint) = table_constraint(behind)?;
            constraints.push(constraint);
            rest = behind;
        } else if comma && !is_behind_columns {
            let (behind, column) = column_definition(behind)?;
            columns.push(column);
            rest = behind;
        } else if comma {
            return behind.no_match(Expected::Other("a table constraint"));
        } else {
            return Ok((rest, (columns, constraints)));
        }
    }
}

/// `[TableOption (',' TableOption)*]`
fn table_options(input: TokenInput<'_>) -> Parsed<'_, Vec<TableOption>> {
    let (rest, options) = opt(comma_list(table_option)).parse(input)?;
    Ok((rest, options.unwrap_or_default()))
}

/// `TableOption ::= 'WITHOUT' 'ROWID' | 'STRICT' | 'FLEXIBLE'`
fn table_option(input: TokenInput<'_>) -> Parsed<'_, TableOption> {
    if input.is_word(0, Keyword::From) && input.is_word(1, Keyword::Events) {
        return input.unsupported("FROM EVENTS");
    }
    let rowid = preceded(word(Keyword::Without), word(Keyword::Rowid));
    alt((
        value(TableOption::WithoutRowid, rowid),
        value(TableOption::Strict, word(Keyword::Strict)),
        value(TableOption::Flexible, word(Keyword::Flexible)),
    ))
    .parse(input)
}

/// `ColumnDefinition ::= Label [TypeName] ColumnConstraint* ('CONSTRAINT' Label)*`
pub(super) fn column_definition(input: TokenInput<'_>) -> Parsed<'_, ColumnDefinition> {
    let (rest, name) = label(NameKind::New)(input)?;
    let (rest, type_name) = opt(type_name).parse(rest)?;
    let (rest, constraints) = many0(column_constraint).parse(rest)?;
    let (rest, _) = constraint_name(rest)?;
    Ok((rest, ColumnDefinition { name, type_name, constraints, span: input.span_to(rest) }))
}

/// `TypeName ::= Name+ ['(' Integer [',' Integer] ')' Name*]`
///
/// Words that may be names make up a type, until one that begins a constraint. Those behind the
/// parentheses are other systems': `INT(11) UNSIGNED`.
pub(super) fn type_name(input: TokenInput<'_>) -> Parsed<'_, TypeName> {
    let (rest, name) = type_words(input)?;
    if name.is_empty() {
        return rest.no_match(NameKind::DataType);
    }
    let (rest, arguments) = opt(parenthesised(comma_list(number))).parse(rest)?;
    let (rest, behind) =
        if arguments.is_some() { type_words(rest)? } else { (rest, String::new()) };
    let arguments = arguments.unwrap_or_default();
    Ok((rest, TypeName { name, arguments, behind, span: input.span_to(rest) }))
}

/// The words of a type, one space between them.
fn type_words(input: TokenInput<'_>) -> Parsed<'_, String> {
    let mut rest = input;
    let mut words = String::new();
    loop {
        let token = rest.peek();
        let word = match token.kind {
            TokenKind::Name => rest.word().to_owned(),
            TokenKind::Keyword(Keyword::Generated) if rest.is_word(1, Keyword::Always) => break,
            // What a column that ALTER TABLE adds ends with, never a type.
            TokenKind::Keyword(Keyword::With) => break,
            TokenKind::Keyword(keyword) if !keyword.is_reserved() => rest.word().to_owned(),
            TokenKind::QuotedName => match plain(identifier(rest, token).name.into()) {
                Some(word) => word,
                None => return rest.no_match(Expected::Other("a type without quotes")),
            },
            TokenKind::Text => match plain(unquote(rest.word())) {
                Some(word) => word,
                None => return rest.no_match(Expected::Other("a type without quotes")),
            },
            _ => break,
        };
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&word);
        rest.note_name(NameKind::DataType);
        rest = rest.skip(1);
    }
    Ok((rest, words))
}

/// A quoted word of a type that would be the same without its quotes.
fn plain(word: String) -> Option<String> {
    let plain = word.bytes().next().is_some_and(begins_name)
        && word.bytes().all(continues_name)
        && !Keyword::find(&word)
            .is_some_and(|word| word.is_reserved() || word == Keyword::Generated);
    plain.then_some(word)
}

/// `('CONSTRAINT' Label)*`
///
/// The last name is the constraint's. As in SQLite, those that no constraint follows name nothing.
fn constraint_name(input: TokenInput<'_>) -> Parsed<'_, Option<Identifier>> {
    let mut names = fold_many0(constraint_label, || None, |_, name| Some(name));
    names.parse(input)
}

/// `'CONSTRAINT' Label`
fn constraint_label(input: TokenInput<'_>) -> Parsed<'_, Identifier> {
    preceded(word(Keyword::Constraint), label(NameKind::New)).parse(input)
}

/// `ColumnConstraint ::= ('CONSTRAINT' Label)* …`
fn column_constraint(input: TokenInput<'_>) -> Parsed<'_, ColumnConstraint> {
    let (rest, name) = constraint_name(input)?;
    let behind = rest.skip(1);
    let TokenKind::Keyword(first) = rest.kind else {
        return not_column_constraint(rest);
    };
    let (rest, kind) = match first {
        Keyword::Primary => {
            let (behind, (kind, on_conflict)) = primary_key(rest)?;
            let span = SourceSpan(input.span_to(behind));
            return Ok((behind, ColumnConstraint { name, kind, on_conflict, span }));
        }
        Keyword::Not => {
            let (behind, _) = word(Keyword::Null)(behind)?;
            (behind, ColumnConstraintKind::NotNull)
        }
        Keyword::Null => (behind, ColumnConstraintKind::Null),
        Keyword::Unique => (behind, ColumnConstraintKind::Unique),
        Keyword::Default => {
            let (behind, value) = default_value(behind)?;
            (behind, ColumnConstraintKind::Default(value))
        }
        Keyword::Check => {
            let (behind, condition) = parenthesised(expression)(behind)?;
            (behind, ColumnConstraintKind::Check(condition))
        }
        Keyword::References => {
            let (behind, clause) = foreign_key_clause(rest)?;
            (behind, ColumnConstraintKind::References(clause))
        }
        Keyword::Collate => {
            let (behind, collation) = label(NameKind::Collation)(behind)?;
            (behind, ColumnConstraintKind::Collate(collation))
        }
        Keyword::Generated | Keyword::As => generated(rest)?,
        _ => return not_column_constraint(rest),
    };
    let (rest, on_conflict) = match first {
        Keyword::Not | Keyword::Null | Keyword::Unique => on_conflict(rest)?,
        _ => (rest, None),
    };
    let span = SourceSpan(input.span_to(rest));
    Ok((rest, ColumnConstraint { name, kind, on_conflict, span }))
}

fn not_column_constraint<T>(input: TokenInput<'_>) -> Parsed<'_, T> {
    for expected in ["PRIMARY KEY", "NOT NULL", "UNIQUE", "DEFAULT", "CHECK", "REFERENCES"] {
        input.note(expected);
    }
    for also in ["COLLATE", "GENERATED ALWAYS AS", "NULL"] {
        input.offer(also);
    }
    input.no_match(Expected::Other("a constraint"))
}

/// `OnConflict ::= 'ON' 'CONFLICT' ('ROLLBACK' | 'ABORT' | 'FAIL' | 'IGNORE' | 'REPLACE')`, or nothing
pub(super) fn on_conflict(input: TokenInput<'_>) -> Parsed<'_, Option<ConflictResolution>> {
    let words = (word(Keyword::On), word(Keyword::Conflict));
    opt(preceded(words, resolution)).parse(input)
}

/// `'PRIMARY' 'KEY' ['ASC' | 'DESC'] [OnConflict] ['AUTOINCREMENT']`
fn primary_key(
    input: TokenInput<'_>,
) -> Parsed<'_, (ColumnConstraintKind, Option<ConflictResolution>)> {
    let (rest, _) = (word(Keyword::Primary), word(Keyword::Key)).parse(input)?;
    let (rest, descending) = direction(rest)?;
    let (rest, on_conflict) = on_conflict(rest)?;
    let (rest, autoincrement) = opt(word(Keyword::Autoincrement)).parse(rest)?;
    let autoincrement = autoincrement.is_some();
    Ok((rest, (ColumnConstraintKind::PrimaryKey { descending, autoincrement }, on_conflict)))
}

/// `Default ::= ['+' | '-'] number | Text | Blob | Moment | a constant word | Name | '(' Expression ')'`
///
/// A name is a text here, as old dumps have it, in whichever quotes or without.
fn default_value(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    match input.kind {
        TokenKind::Symbol(Symbol::LeftParenthesis) => parenthesised(expression)(input),
        TokenKind::Keyword(word) if CONSTANT_WORDS.contains(&word) => constant_word(input),
        TokenKind::Keyword(_) if is_moment(input) => moment(input),
        TokenKind::Name | TokenKind::Keyword(_) if is_plain_default(input) => {
            let kind = ExpressionKind::Literal(Value::text(input.word()).into());
            Ok((input.skip(1), Expression { kind, span: input.peek().span }))
        }
        TokenKind::QuotedName => {
            let text = identifier(input, input.peek()).name;
            let kind = ExpressionKind::Literal(Value::text(text).into());
            Ok((input.skip(1), Expression { kind, span: input.peek().span }))
        }
        TokenKind::Integer | TokenKind::Real | TokenKind::Text | TokenKind::Blob => literal(input),
        TokenKind::Symbol(Symbol::Minus | Symbol::Plus) => literal(input),
        _ => {
            CONSTANT_WORDS.iter().for_each(|word| input.offer(*word));
            input.offer(Symbol::LeftParenthesis);
            input.no_match(Expected::Other("a constant or an expression in parentheses"))
        }
    }
}

/// Whether a word stands here that is no word of the grammar, and no call.
fn is_plain_default(input: TokenInput<'_>) -> bool {
    let is_word = match input.kind {
        TokenKind::Keyword(word) => !word.is_reserved(),
        _ => true,
    };
    is_word && !input.is_symbol(1, Symbol::LeftParenthesis)
}

/// `Generated ::= ['GENERATED' 'ALWAYS'] 'AS' '(' Expression ')' ['STORED' | 'VIRTUAL']`
fn generated(input: TokenInput<'_>) -> Parsed<'_, ColumnConstraintKind> {
    let words = (word(Keyword::Generated), word(Keyword::Always));
    let (rest, _) = opt(words).parse(input)?;
    let (rest, _) = word(Keyword::As)(rest)?;
    let (rest, expression) = parenthesised(expression)(rest)?;
    let stored = value(true, word(Keyword::Stored));
    let (rest, stored) = opt(alt((stored, value(false, word(Keyword::Virtual))))).parse(rest)?;
    let stored = stored.unwrap_or(false);
    Ok((rest, ColumnConstraintKind::Generated { expression, stored }))
}

pub(super) fn begins_table_constraint(input: TokenInput<'_>) -> bool {
    matches!(
        input.kind,
        TokenKind::Keyword(
            Keyword::Constraint
                | Keyword::Primary
                | Keyword::Unique
                | Keyword::Check
                | Keyword::Foreign
        )
    )
}

/// `TableConstraint ::= ('CONSTRAINT' Label)* …`
pub(super) fn table_constraint(input: TokenInput<'_>) -> Parsed<'_, TableConstraint> {
    let (rest, name) = constraint_name(input)?;
    let behind = rest.skip(1);
    let (rest, kind) = match rest.kind {
        TokenKind::Keyword(Keyword::Primary) => {
            let (behind, _) = word(Keyword::Key)(behind)?;
            let parts = |input| {
                let (rest, columns) = comma_list(|input| indexed_column(input, None))(input)?;
                let (rest, counted) = opt(word(Keyword::Autoincrement)).parse(rest)?;
                Ok((rest, (columns, counted.is_some())))
            };
            let (behind, (columns, autoincrement)) = parenthesised(parts)(behind)?;
            (behind, TableConstraintKind::PrimaryKey { columns, autoincrement })
        }
        TokenKind::Keyword(Keyword::Unique) => {
            let (behind, columns) = indexed_columns(behind, None)?;
            (behind, TableConstraintKind::Unique(columns))
        }
        TokenKind::Keyword(Keyword::Check) => {
            let (behind, condition) = parenthesised(expression)(behind)?;
            (behind, TableConstraintKind::Check(condition))
        }
        TokenKind::Keyword(Keyword::Foreign) => {
            let (behind, _) = word(Keyword::Key)(behind)?;
            let (behind, columns) = columns(None)(behind)?;
            let (behind, references) = foreign_key_clause(behind)?;
            (behind, TableConstraintKind::ForeignKey { columns, references })
        }
        _ => {
            for expected in ["PRIMARY KEY", "UNIQUE", "CHECK"] {
                rest.note(expected);
            }
            return rest.no_match("FOREIGN KEY");
        }
    };
    let (rest, on_conflict) = match &kind {
        TableConstraintKind::ForeignKey { .. } => (rest, None),
        TableConstraintKind::PrimaryKey { .. }
        | TableConstraintKind::Unique(_)
        | TableConstraintKind::Check(_) => on_conflict(rest)?,
    };
    let span = SourceSpan(input.span_to(rest));
    Ok((rest, TableConstraint { name, kind, on_conflict, span }))
}

/// What may stand behind the table of a foreign key, in any order.
enum ReferenceClause {
    OnDelete(ForeignKeyAction),
    OnUpdate(ForeignKeyAction),
    Match,
}

/// `ForeignKeyClause ::= 'REFERENCES' Label ['(' Label, … ')'] actions ['DEFERRABLE' …]`
fn foreign_key_clause(input: TokenInput<'_>) -> Parsed<'_, ForeignKeyClause> {
    let (rest, table) = preceded(word(Keyword::References), table_name).parse(input)?;
    let (rest, columns) = opt(columns(Some(rest.at() - 1))).parse(rest)?;
    let on = |keyword| preceded((word(Keyword::On), word(keyword)), foreign_key_action);
    let (rest, parts) = many0(alt((
        on(Keyword::Delete).map(ReferenceClause::OnDelete),
        on(Keyword::Update).map(ReferenceClause::OnUpdate),
        (word(Keyword::Match), label(NameKind::New)).map(|_| ReferenceClause::Match),
    )))
    .parse(rest)?;
    let (rest, deferred) = opt(deferrable).parse(rest)?;
    let columns = columns.unwrap_or_default();
    let (on_delete, on_update) = (None, None);
    let mut clause =
        ForeignKeyClause { table: table.identifier, columns, on_delete, on_update, deferred };
    for part in parts {
        match part {
            ReferenceClause::OnDelete(action) => clause.on_delete = Some(action),
            ReferenceClause::OnUpdate(action) => clause.on_update = Some(action),
            ReferenceClause::Match => {}
        }
    }
    Ok((rest, clause))
}

/// `ForeignKeyAction ::= 'NO' 'ACTION' | 'RESTRICT' | 'CASCADE' | 'SET' ('NULL' | 'DEFAULT')`
fn foreign_key_action(input: TokenInput<'_>) -> Parsed<'_, ForeignKeyAction> {
    let set = |keyword| preceded(word(Keyword::Set), word(keyword));
    alt((
        value(ForeignKeyAction::NoAction, (word(Keyword::No), word(Keyword::Action))),
        value(ForeignKeyAction::Restrict, word(Keyword::Restrict)),
        value(ForeignKeyAction::Cascade, word(Keyword::Cascade)),
        value(ForeignKeyAction::SetNull, set(Keyword::Null)),
        value(ForeignKeyAction::SetDefault, set(Keyword::Default)),
    ))
    .parse(input)
}

/// `['NOT'] 'DEFERRABLE' ['INITIALLY' ('DEFERRED' | 'IMMEDIATE')]`, true if checked at the commit.
fn deferrable(input: TokenInput<'_>) -> Parsed<'_, bool> {
    let (rest, not) = opt(word(Keyword::Not)).parse(input)?;
    let (rest, _) = word(Keyword::Deferrable)(rest)?;
    let deferred = value(true, word(Keyword::Deferred));
    let when = alt((deferred, value(false, word(Keyword::Immediate))));
    let (rest, initially) = opt(preceded(word(Keyword::Initially), when)).parse(rest)?;
    Ok((rest, not.is_none() && initially == Some(true)))
}

/// `IndexedColumns ::= '(' IndexedColumn (',' IndexedColumn)* ')'`, columns of the table that the token
/// `of` names.
pub(super) fn indexed_columns(
    input: TokenInput<'_>,
    of: Option<usize>,
) -> Parsed<'_, Vec<IndexedColumn>> {
    parenthesised(comma_list(|input| indexed_column(input, of)))(input)
}

/// `IndexedColumn ::= Expression ['ASC' | 'DESC']`
///
/// A text in quotes that stands alone is the name of a column.
fn indexed_column(input: TokenInput<'_>, of: Option<usize>) -> Parsed<'_, IndexedColumn> {
    let (rest, expression) = match column_alone(input, of) {
        Ok(found) => found,
        // Where nothing stands yet, a column is what mostly does.
        Err(error) if input.kind == TokenKind::End => return Err(error),
        Err(_) => expression(input)?,
    };
    let (rest, descending) = direction(rest)?;
    Ok((rest, IndexedColumn { expression, descending }))
}

/// `Label ['COLLATE' Label]`, and nothing behind it but the end of the part.
fn column_alone(input: TokenInput<'_>, of: Option<usize>) -> Parsed<'_, Expression> {
    let (behind, column) = label(NameKind::Column(of))(input)?;
    let kind = ExpressionKind::Column { table: None, column };
    let mut expression = Expression { kind, span: input.span_to(behind) };
    let collation = preceded(word(Keyword::Collate), label(NameKind::Collation));
    let (rest, collation) = opt(collation).parse(behind)?;
    if let Some(collation) = collation {
        let (operand, collation) = (Box::new(expression), Box::new(collation));
        let kind = ExpressionKind::Collate { operand, collation };
        expression = Expression { kind, span: input.span_to(rest) };
    }
    let ends = rest.is_symbol(0, Symbol::Comma)
        || rest.is_symbol(0, Symbol::RightParenthesis)
        || rest.is_word(0, Keyword::Asc)
        || rest.is_word(0, Keyword::Desc);
    if ends { Ok((rest, expression)) } else { rest.no_match(Symbol::RightParenthesis) }
}

/// `CreateIndex ::= 'CREATE' ['UNIQUE'] 'INDEX' ['IF' 'NOT' 'EXISTS'] Label 'ON' Label '(' … ')'`
fn create_index(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Create)(input)?;
    let (rest, unique) = opt(word(Keyword::Unique)).parse(rest)?;
    let (rest, _) = word(Keyword::Index)(rest)?;
    let (rest, if_not_exists) = if_not_exists(rest)?;
    let (rest, name) = object_name(NameKind::New)(rest)?;
    let (rest, table) = preceded(word(Keyword::On), table_name).parse(rest)?;
    let (rest, columns) = indexed_columns(rest, Some(rest.at() - 1))?;
    let (rest, condition) = opt(preceded(word(Keyword::Where), expression)).parse(rest)?;
    let unique = unique.is_some();
    let (rest, annotations) = annotations(rest)?;
    let index = CreateIndex { unique, if_not_exists, name, table, columns, condition, annotations };
    Ok((rest, SchemaStatement::CreateIndex(index).into()))
}

/// `Drop ::= 'DROP' ('TABLE' | 'INDEX') ['IF' 'EXISTS'] Label [Annotations]
///         | 'DROP' ('VIEW' | 'TRIGGER') 'IF' 'EXISTS' Label`
///
/// There are no views and no triggers to be dropped: where that is an error, it says so.
pub(super) fn drop(input: TokenInput<'_>) -> Parsed<'_, Statement> {
    let (rest, _) = word(Keyword::Drop)(input)?;
    if rest.is_word(0, Keyword::View) || rest.is_word(0, Keyword::Trigger) {
        return drop_definition(input);
    }
    rest.note(Keyword::View);
    rest.note(Keyword::Trigger);
    let table = value(true, word(Keyword::Table));
    let (rest, table) = alt((table, value(false, word(Keyword::Index)))).parse(rest)?;
    let (rest, if_exists) = opt((word(Keyword::If), word(Keyword::Exists))).parse(rest)?;
    let (rest, name) = object_name(if table { NameKind::Table } else { NameKind::Index })(rest)?;
    let if_exists = if_exists.is_some();
    let (rest, annotations) = annotations(rest)?;
    let statement = if table {
        SchemaStatement::DropTable { if_exists, name, annotations }.into()
    } else {
        SchemaStatement::DropIndex { if_exists, name, annotations }.into()
    };
    Ok((rest, statement))
}
