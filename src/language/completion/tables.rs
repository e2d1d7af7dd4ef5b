//! The tables that a statement names, and what it calls the columns of the queries in it, also where it
//! is not finished.

use super::last_statement;
use crate::language::Keyword;
use crate::language::ast::{
    ExpressionKind, Identifier, ObjectName, Query, QueryBody, SelectItem, TableReference,
};
use crate::language::lexer::tokenize;
use crate::language::parser::{name_at, query_in_parentheses_at, tables_at};
use crate::language::token::{Symbol, Token, TokenKind};

/// A table that a statement names, or a query that stands in the place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// Its name; empty of a query.
    pub name: String,
    /// What the statement calls it.
    pub alias: Option<String>,
    /// What the columns of a query or of a table of WITH are called; `None` of any other table.
    pub columns: Option<Vec<OutputName>>,
}

/// What a query calls columns that come out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputName {
    /// One column.
    One(String),
    /// All columns of a table that the statement says no more of.
    AllOf(String),
}

impl TableName {
    /// What qualifies its columns.
    pub fn called(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    fn new(name: &str, alias: Option<&Identifier>, with: &[TableName]) -> TableName {
        let common = with.iter().rev().find(|common| common.name.eq_ignore_ascii_case(name));
        let columns = common.and_then(|common| common.columns.clone());
        TableName {
            name: name.to_owned(),
            alias: alias.map(|alias| alias.name.to_string()),
            columns,
        }
    }
}

/// What a statement names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementTables {
    /// The tables and queries that columns can be of.
    pub tables: Vec<TableName>,
    /// Those of WITH.
    pub with: Vec<TableName>,
}

/// The tables that the last statement of a text names.
pub fn tables_of(text: &str) -> Vec<TableName> {
    tables_around(text, text.len()).tables
}

/// What the last statement of a text names, where a place in it is asked about: what a query in FROM reads
/// counts inside of that query alone.
pub fn tables_around(text: &str, place: usize) -> StatementTables {
    let mut tokens = tokenize(text).tokens;
    // A `;` at the end belongs to the statement before it.
    while let [.., last, _] = tokens.as_slice()
        && last.kind == TokenKind::Symbol(Symbol::Semicolon)
    {
        tokens.remove(tokens.len() - 2);
    }
    let mut found = Vec::new();
    if let Some(table) = trigger_table(text, &tokens) {
        for half in ["NEW", "OLD"] {
            let alias = Some(half.to_owned());
            found.push(TableName { name: table.clone(), alias, columns: None });
        }
    }
    let tokens = last_statement(&tokens);
    let finder =
        TableFinder { text, tokens, place, at: 0, depth: 0, list: None, found, with: Vec::new() };
    finder.find()
}

/// The table of the trigger whose definition the last statement is in.
fn trigger_table(text: &str, tokens: &[Token]) -> Option<String> {
    let is = |at: usize, word: Keyword| {
        tokens.get(at).is_some_and(|token: &Token| token.kind.keyword() == Some(word))
    };
    let begins = |at: &usize| {
        is(*at, Keyword::Create) && (1..4).any(|words| is(at + words, Keyword::Trigger))
    };
    let first = (0..tokens.len()).rev().find(begins)?;
    let is_done = (first..tokens.len()).any(|at| {
        let next = tokens.get(at + 1).map(|token| token.kind);
        is(at, Keyword::End) && next == Some(TokenKind::Symbol(Symbol::Semicolon))
    });
    let on = (first..tokens.len()).find(|at| is(*at, Keyword::On)).filter(|_| !is_done)?;
    name_at(text, tokens, on + 1)
}

/// Looks for tables in the tokens of one statement.
struct TableFinder<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The place in the text that is asked about.
    place: usize,
    /// The token that is looked at.
    at: usize,
    /// How many parentheses are open there.
    depth: usize,
    /// How many are open where the list of a FROM stands.
    list: Option<usize>,
    found: Vec<TableName>,
    with: Vec<TableName>,
}

impl TableFinder<'_> {
    fn keyword(&self, at: usize) -> Option<Keyword> {
        self.tokens.get(at)?.kind.keyword()
    }

    fn is_symbol(&self, at: usize, symbol: Symbol) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol(symbol))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most tokens say nothing about tables")]
    fn find(mut self) -> StatementTables {
        self.first_words();
        let first = self.keyword(0);
        let of_rows = !matches!(first, Some(Keyword::History | Keyword::Replay | Keyword::Events));
        while self.at < self.tokens.len() {
            self.at += 1;
            match self.tokens[self.at - 1].kind {
                TokenKind::Symbol(Symbol::LeftParenthesis) => self.depth += 1,
                TokenKind::Symbol(Symbol::RightParenthesis) => {
                    self.depth = self.depth.saturating_sub(1);
                    self.list = self.list.filter(|list| *list <= self.depth);
                }
                TokenKind::Symbol(Symbol::Comma) if self.list == Some(self.depth) => {
                    self.reference();
                }
                TokenKind::Keyword(Keyword::With) => self.common_tables(self.at),
                TokenKind::Keyword(Keyword::From | Keyword::Join) if of_rows => self.reference(),
                TokenKind::Keyword(Keyword::Into | Keyword::References) => self.name(self.at),
                TokenKind::Keyword(Keyword::Conflict) => self.excluded(),
                TokenKind::Keyword(
                    Keyword::Where
                    | Keyword::Group
                    | Keyword::Having
                    | Keyword::Order
                    | Keyword::Limit
                    | Keyword::Select
                    | Keyword::Set,
                ) => self.list = None,
                _ => {}
            }
        }
        StatementTables { tables: self.found, with: self.with }
    }

    /// Takes the table that a statement names behind its first words.
    fn first_words(&mut self) {
        use Keyword::{
            Alter, Create, Describe, Drop, Events, Exists, For, History, If, Index, Not, Of, On,
            Replay, Table, Temp, Temporary, Trigger, Unique, Update, View,
        };
        let mut at = 1;
        let mut skip = |words: &[Keyword]| {
            while self.keyword(at).is_some_and(|word| words.contains(&word)) {
                at += 1;
            }
        };
        match self.keyword(0) {
            Some(Update | Describe | Replay) => {}
            Some(History) => skip(&[Of]),
            Some(Events) if self.keyword(1) == Some(For) => skip(&[For]),
            Some(Alter | Create | Drop) => {
                skip(&[Temp, Temporary, Table, Unique, Index, If, Not, Exists]);
                // What these are of stands elsewhere.
                if let Some(Trigger | View) = self.keyword(at) {
                    return;
                }
                if (1..3).any(|at| self.keyword(at) == Some(Index)) {
                    // The name of the index stands between.
                    at += 1;
                    if self.keyword(at) != Some(On) {
                        return;
                    }
                    at += 1;
                }
            }
            _ => return,
        }
        self.name(at);
    }

    /// Takes the tables of a WITH, behind which a place is.
    fn common_tables(&mut self, at: usize) {
        let mut at = at + usize::from(self.keyword(at) == Some(Keyword::Recursive));
        while let Some(name) = name_at(self.text, self.tokens, at) {
            at += 1;
            let mut columns = Vec::new();
            if self.is_symbol(at, Symbol::LeftParenthesis) {
                while let Some(column) = name_at(self.text, self.tokens, at + 1) {
                    columns.push(OutputName::One(column));
                    at += 2;
                }
                at += usize::from(self.is_symbol(at, Symbol::RightParenthesis));
            }
            if self.keyword(at) != Some(Keyword::As) {
                return;
            }
            at += 1;
            at += usize::from(self.keyword(at) == Some(Keyword::Not));
            at += usize::from(self.keyword(at) == Some(Keyword::Materialized));
            // Its columns may be those of itself.
            let column_names = (!columns.is_empty()).then_some(columns);
            let own = TableName { name: name.clone(), alias: None, columns: column_names.clone() };
            let found = query_in_parentheses_at(self.text, self.tokens, at);
            let columns = column_names
                .or_else(|| found.as_ref().map(|(query, _)| output_names(query, &self.with)));
            self.with.push(TableName { columns, ..own });
            let Some((_, behind)) = found else { return };
            if !self.is_symbol(behind, Symbol::Comma) {
                return;
            }
            at = behind + 1;
        }
    }

    /// The new row of an INSERT, whom ON CONFLICT calls so.
    fn excluded(&mut self) {
        if let (Some(Keyword::On), Some(table)) =
            (self.at.checked_sub(2).and_then(|at| self.keyword(at)), self.found.first())
        {
            let (name, alias) = (table.name.clone(), Some("excluded".to_owned()));
            self.push(TableName { name, alias, columns: None });
        }
    }

    /// Takes the name at a place.
    fn name(&mut self, at: usize) {
        if let Some(name) = name_at(self.text, self.tokens, at) {
            self.push(TableName::new(&name, None, &self.with));
        }
    }

    /// Takes what a list of tables names here, and goes on behind it.
    fn reference(&mut self) {
        loop {
            self.list = Some(self.depth);
            if let Some((found, behind)) = tables_at(self.text, self.tokens, self.at) {
                named(&found, &self.with).into_iter().for_each(|table| self.push(table));
                self.inner(behind);
                self.at = behind;
                return;
            }
            // Parentheses that are not closed yet.
            let next = self.tokens.get(self.at).map(|token| token.kind);
            if next != Some(TokenKind::Symbol(Symbol::LeftParenthesis)) {
                return self.name(self.at);
            }
            self.depth += 1;
            self.at += 1;
        }
    }

    /// Takes what is named inside of tables that end before a token, where the place asked about is there.
    fn inner(&mut self, behind: usize) {
        let tokens = &self.tokens[self.at..behind];
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
        if !(first.span.end..=last.span.start).contains(&self.place) {
            return;
        }
        // The list itself is known by now: what is behind its first parenthesis is looked at.
        let Some(open) = tokens
            .iter()
            .position(|token| token.kind == TokenKind::Symbol(Symbol::LeftParenthesis))
        else {
            return;
        };
        // Every list of tokens has an end.
        let tokens: Vec<Token> =
            tokens[open + 1..].iter().chain(self.tokens.last()).copied().collect();
        let (found, with) = (Vec::new(), self.with.clone());
        let (text, place, tokens) = (self.text, self.place, tokens.as_slice());
        let finder = TableFinder { text, tokens, place, at: 0, depth: 0, list: None, found, with };
        finder.find().tables.into_iter().for_each(|table| self.push(table));
    }

    fn push(&mut self, table: TableName) {
        if !self.found.contains(&table) {
            self.found.push(table);
        }
    }
}

/// The tables and queries that stand in the place of one, with those of WITH that are known there.
fn named(found: &TableReference, with: &[TableName]) -> Vec<TableName> {
    let of = |name: &ObjectName, alias: &Option<Identifier>| {
        vec![TableName::new(&name.identifier.name, alias.as_ref(), with)]
    };
    match found {
        TableReference::Table { name, alias, .. } => of(name, alias),
        TableReference::History { history, alias } => of(&history.table, alias),
        TableReference::Function(call) => of(&call.name, &call.alias),
        TableReference::Query { query, alias } => {
            let alias = alias.as_ref().map(|alias| alias.name.clone());
            vec![TableName {
                name: String::new(),
                alias: alias.map(Into::into),
                columns: Some(output_names(query, with)),
            }]
        }
        TableReference::Join { left, right, .. } => {
            let mut both = named(left, with);
            both.extend(named(right, with));
            both
        }
    }
}

/// What a query calls what comes out of it, as far as it says that itself.
fn output_names(query: &Query, with: &[TableName]) -> Vec<OutputName> {
    let mut known = with.to_vec();
    for common in &query.with {
        let columns = match common.columns.as_slice() {
            [] => output_names(&common.query, &known),
            given => given.iter().map(|column| OutputName::One(column.name.to_string())).collect(),
        };
        let (name, columns) = (common.name.name.clone(), Some(columns));
        known.push(TableName { name: name.into(), alias: None, columns });
    }
    of_body(&query.body, &known)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a column has a name, what is computed none")]
fn of_body(body: &QueryBody, with: &[TableName]) -> Vec<OutputName> {
    let select = match body {
        QueryBody::Select(select) => select,
        QueryBody::Values(rows) => {
            return (1..=rows.width()).map(|at| OutputName::One(format!("column{at}"))).collect();
        }
        QueryBody::Compound { first, .. } => return of_body(first, with),
    };
    let read = select.from.as_ref().map_or_else(Vec::new, |from| named(from, with));
    let all_of = |table: &TableName| match &table.columns {
        Some(columns) => columns.clone(),
        None => vec![OutputName::AllOf(table.name.clone())],
    };
    let name = |item: &SelectItem| match item {
        SelectItem::Star(_) => read.iter().flat_map(all_of).collect(),
        SelectItem::TableStar(table) => {
            let is_it = |of: &&TableName| of.called().eq_ignore_ascii_case(&table.identifier.name);
            read.iter().find(is_it).map_or_else(Vec::new, all_of)
        }
        SelectItem::Expression { alias: Some(alias), .. } => {
            vec![OutputName::One(alias.name.to_string())]
        }
        SelectItem::Expression { expression, alias: None } => match &expression.kind {
            ExpressionKind::Column { column, .. } => vec![OutputName::One(column.name.to_string())],
            _ => Vec::new(),
        },
    };
    let mut names: Vec<OutputName> = Vec::new();
    for found in select.items.iter().flat_map(name) {
        // Once is enough, and keeps lists short that read others twice.
        if !names.contains(&found) {
            names.push(found);
        }
    }
    names
}
