//! What could follow at the cursor: the notes that make error messages, read as completion.
//!
//! The text up to the cursor is parsed without its unfinished last word, and whatever a production
//! would have taken at the end is the answer. One pass, no schema: names are slots that the shell
//! fills from what it knows.

use super::Keyword;
use super::ast::TableReference;
use super::lexer::tokenize;
use super::parser::{
    Expected, NameKind, expected_at_end, name_at, operand_words, operator_words, tables_at,
};
use super::token::{Symbol, Token, TokenKind};

/// What begins a literal of a moment, the quote of its text included.
const MOMENT_WORDS: [&str; 2] = ["DATE '", "TIMESTAMP '"];

/// What could follow at the end of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Where the unfinished word begins, in bytes; the end of the text if there is none.
    pub start: usize,
    /// Words and symbols of the language, as the grammar writes them; several if they only come
    /// together.
    pub words: Vec<&'static str>,
    /// What names and numbers could stand there.
    pub slots: Vec<CompletionSlot>,
}

/// What a name or a number is of, that could stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompletionSlot {
    /// A table.
    Table,
    /// A column.
    Column {
        /// The name or the alias of its table; without one, any table of the statement has it.
        qualifier: Option<String>,
    },
    /// The number of an event.
    Event,
    /// The number of a transaction.
    Transaction,
    /// A tag, as a name or as a text.
    Tag,
    /// A snapshot, as a number or its name as a text.
    Snapshot,
    /// An index.
    Index,
    /// A trigger.
    Trigger,
    /// A function, which a `(` follows.
    Function,
    /// A type of columns.
    DataType,
    /// The name of a collation.
    Collation,
    /// A time in quotes.
    Moment,
    /// A name that is new; nothing can be offered.
    NewName,
    /// A parameter, with its mark.
    Parameter,
    /// What HELP can be asked about.
    Topic,
}

/// A table that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// Its name.
    pub name: String,
    /// What the statement calls it.
    pub alias: Option<String>,
}

/// Says what could follow at the end of a text, which is where the cursor stands. Only the last
/// statement counts; one that cannot be right whatever follows expects nothing.
pub fn completions(text: &str) -> Completions {
    let found = tokenize(text);
    let mut tokens = found.tokens;
    let mut start = text.len();
    let mut only_slots = false;
    match found.error {
        // An open text or name can be what is asked for; an open comment is nothing.
        Some(error) => match text.as_bytes().get(error.span.start) {
            Some(b'\'' | b'"' | b'`' | b'[') if error.incomplete => {
                start = error.span.start;
                only_slots = true;
            }
            _ => return Completions { start, ..Completions::default() },
        },
        None if in_line_comment(text, &tokens) => {
            return Completions { start, ..Completions::default() };
        }
        None => {
            if let [.., last, _] = tokens.as_slice()
                && last.span.end == text.len()
                && is_unfinished(*last)
            {
                start = last.span.start;
                tokens.remove(tokens.len() - 2);
            }
        }
    }
    let statement = last_statement(&tokens);
    let expected = expected_at_end(text, statement);
    let mut completions = Completions { start, ..Completions::default() };
    expected.into_iter().for_each(|what| completions.add(what, text, statement));
    if only_slots {
        completions.keep_quoted(text.as_bytes()[start]);
    }
    completions
}

/// Whether more letters could make another token of one that ends at the cursor.
fn is_unfinished(token: Token) -> bool {
    use TokenKind::{Integer, Keyword, Name, Parameter, Real};
    matches!(token.kind, Keyword(_) | Name | Integer | Real | Parameter)
}

/// Whether a `--` stands on the last line behind the last token.
fn in_line_comment(text: &str, tokens: &[Token]) -> bool {
    let behind = tokens.len().checked_sub(2).map_or(0, |last| tokens[last].span.end);
    let rest = &text[behind..];
    let line = rest.rfind('\n').map_or(rest, |at| &rest[at + 1..]);
    // A block comment on the line is closed, or the lexer had said so.
    let line = line.rfind("*/").map_or(line, |at| &line[at + 2..]);
    line.contains("--")
}

/// The tokens behind the last `;` that has any behind it.
fn last_statement(tokens: &[Token]) -> &[Token] {
    let semicolon = TokenKind::Symbol(Symbol::Semicolon);
    let before = tokens.iter().rposition(|token| token.kind == semicolon);
    &tokens[before.map_or(0, |at| at + 1)..]
}

impl Completions {
    /// Adds what one note stands for.
    fn add(&mut self, expected: Expected, text: &str, tokens: &[Token]) {
        let is_point = matches!(
            expected,
            Expected::Event
                | Expected::Transaction
                | Expected::Snapshot
                | Expected::Time
                | Expected::Point
                | Expected::Name(NameKind::Tag)
        );
        match expected {
            Expected::Words(words) => self.add_word(words),
            Expected::Symbol(symbol) => self.add_word(symbol.text()),
            Expected::Name(named) => self.add_name(named, text, tokens),
            Expected::Event => self.add_slot(CompletionSlot::Event),
            Expected::Transaction => self.add_slot(CompletionSlot::Transaction),
            Expected::Snapshot => self.add_slot(CompletionSlot::Snapshot),
            Expected::Time => self.add_slot(CompletionSlot::Moment),
            Expected::Point => {
                self.add_slot(CompletionSlot::Event);
                self.add_slot(CompletionSlot::Moment);
            }
            Expected::Expression => {
                self.add_slot(CompletionSlot::Column { qualifier: None });
                self.add_slot(CompletionSlot::Function);
                self.add_slot(CompletionSlot::Parameter);
                operand_words().for_each(|word| self.add_word(word.text()));
                MOMENT_WORDS.iter().for_each(|word| self.add_word(word));
            }
            Expected::Operator => operator_words().for_each(|word| self.add_word(word.text())),
            Expected::Topic => self.add_slot(CompletionSlot::Topic),
            Expected::Other(_) => {}
        }
        // Whatever a point is of, a parameter can give it.
        if is_point {
            self.add_slot(CompletionSlot::Parameter);
        }
    }

    fn add_name(&mut self, named: NameKind, text: &str, tokens: &[Token]) {
        self.add_slot(match named {
            NameKind::New => CompletionSlot::NewName,
            NameKind::Table => CompletionSlot::Table,
            NameKind::Index => CompletionSlot::Index,
            NameKind::Trigger => CompletionSlot::Trigger,
            NameKind::Tag => CompletionSlot::Tag,
            NameKind::Function => CompletionSlot::Function,
            NameKind::DataType => CompletionSlot::DataType,
            NameKind::Collation => CompletionSlot::Collation,
            NameKind::Column(of) => {
                CompletionSlot::Column { qualifier: of.and_then(|at| name_at(text, tokens, at)) }
            }
        });
    }

    fn add_word(&mut self, word: &'static str) {
        if !self.words.contains(&word) {
            self.words.push(word);
        }
    }

    fn add_slot(&mut self, slot: CompletionSlot) {
        if !self.slots.contains(&slot) {
            self.slots.push(slot);
        }
    }

    /// Keeps what a text, or a name in quotes, could be.
    fn keep_quoted(&mut self, quote: u8) {
        self.words.clear();
        self.slots.retain(|slot| match slot {
            CompletionSlot::Tag => true,
            CompletionSlot::Snapshot | CompletionSlot::Moment => quote == b'\'',
            CompletionSlot::Table
            | CompletionSlot::Column { .. }
            | CompletionSlot::Index
            | CompletionSlot::Trigger => quote != b'\'',
            CompletionSlot::Event
            | CompletionSlot::Transaction
            | CompletionSlot::Function
            | CompletionSlot::DataType
            | CompletionSlot::Collation
            | CompletionSlot::NewName
            | CompletionSlot::Parameter
            | CompletionSlot::Topic => false,
        });
    }
}

/// The tables that the last statement of a text names, also where it is not finished.
pub fn tables_of(text: &str) -> Vec<TableName> {
    let mut tokens = tokenize(text).tokens;
    // A `;` at the end belongs to the statement before it.
    while let [.., last, _] = tokens.as_slice()
        && last.kind == TokenKind::Symbol(Symbol::Semicolon)
    {
        tokens.remove(tokens.len() - 2);
    }
    let tokens = last_statement(&tokens);
    TableFinder { text, tokens, at: 0, depth: 0, list: None, found: Vec::new() }.find()
}

/// Looks for tables in the tokens of one statement.
struct TableFinder<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The place that is looked at.
    at: usize,
    /// How many parentheses are open there.
    depth: usize,
    /// How many are open where the list of a FROM stands.
    list: Option<usize>,
    found: Vec<TableName>,
}

impl TableFinder<'_> {
    fn keyword(&self, at: usize) -> Option<Keyword> {
        self.tokens.get(at)?.kind.keyword()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most tokens say nothing about tables")]
    fn find(mut self) -> Vec<TableName> {
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
                TokenKind::Keyword(Keyword::From | Keyword::Join) if of_rows => self.reference(),
                TokenKind::Keyword(Keyword::Into | Keyword::References) => self.name(self.at),
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
        self.found
    }

    /// Takes the table that a statement names behind its first words.
    fn first_words(&mut self) {
        use Keyword::{
            Alter, Create, Describe, Drop, Events, Exists, For, History, If, Index, Not, Of, On,
            Replay, Table, Temp, Temporary, Unique, Update,
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

    /// Takes the name at a place.
    fn name(&mut self, at: usize) {
        if let Some(name) = name_at(self.text, self.tokens, at) {
            self.push(name, None);
        }
    }

    /// Takes what a list of tables names here, and goes on behind it.
    fn reference(&mut self) {
        loop {
            self.list = Some(self.depth);
            if let Some((found, behind)) = tables_at(self.text, self.tokens, self.at) {
                self.take(found);
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

    fn take(&mut self, found: TableReference) {
        match found {
            TableReference::Table { name, alias, .. } => {
                self.push(name.identifier.name, alias.map(|alias| alias.name));
            }
            TableReference::History { history, alias } => {
                self.push(history.table.identifier.name, alias.map(|alias| alias.name));
            }
            TableReference::Function(call) => {
                self.push(call.name.identifier.name, call.alias.map(|alias| alias.name));
            }
            // What its columns are called is known to the planner alone.
            TableReference::Query { .. } => {}
            TableReference::Join { left, right, .. } => {
                self.take(*left);
                self.take(*right);
            }
        }
    }

    fn push(&mut self, name: String, alias: Option<String>) {
        let table = TableName { name, alias };
        if !self.found.contains(&table) {
            self.found.push(table);
        }
    }
}

#[cfg(test)]
mod tests;
